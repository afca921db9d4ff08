r"""How far the derivatives of a page are written out: products of named partials, their matrices, or weights alone.

``terms`` leaves every derivative its name. ``jacobians`` writes each Jacobian as the matrix that it is by the page's
own definitions, ``full`` writes immediate partials and total derivatives too, and every state down to h_0.

>>> from symbptt.page.notation import data, function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, m = sizes("n m")
>>> h, x, phi = state("h", n), data("x", m), function("phi")
>>> W, U = weight("W", n, n), weight("U", n, m)
>>> page = Derivation("A recurrence")
>>> _ = page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
>>> print(deepened(page, partial(h[2], h[1]), "jacobians"))
diag(phi'(W · h_1 + U · x_2)) · W
>>> print(deepened(page, partial(h[2], W), "full"))
diag(phi'(W · phi(W · h_0 + U · x_1) + U · x_2)) · (phi(W · h_0 + U · x_1)ᵀ ⊗ I)

A differential is a sum of terms L · dv · R over what may vary. The rules are those of matrix calculus, d(XY) = dX Y +
X dY, d phi(a) = diag(phi'(a)) da, d(a ⊙ b) = diag(b) da + diag(a) db; a weight enters as its vec, vec(L dW r) =
(rᵀ ⊗ L) vec dW. This room judges nothing: what it writes is proved against the named partial in the tests, by the
kernel that knows none of these rules.

Terms of a differential that are equal are counted, and what several end in stands once behind their sum: ½ aᵀ + ½ aᵀ is
aᵀ, and A B v + C B v is (A + C) B v.

A function of several vectors keeps its partial, ∂ell(o_t, y_t)/∂o_t: written in weights it would be a derivative at a
value, for which a page has no sign. So o_t keeps its name there, and :mod:`symbptt.printing.naming` says what it is. In
the copy of a weight, w^(i), a state varies by what step i alone has of the weight.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never

from symbptt.errors import BudgetExceeded, Undecided
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at, tidied
from symbptt.page.inside import Fixed, fixed_in
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Sum,
    Total,
    Transpose,
    Zero,
    children,
    rebuild,
    walk,
)
from symbptt.page.shapes import SCALAR, parts, shape

Depth: TypeAlias = Literal["terms", "jacobians", "full"]
DEPTHS: tuple[Depth, ...] = ("terms", "jacobians", "full")
LIMIT = 20_000
"""How many signs one side may be written out into: some twenty pages, which nobody reads."""
STEPS = 32
"""How many steps states may stand inside each other."""


def deepened(page: Derivation, node: Expr, depth: Depth) -> Expr:
    """A resolved expression at one step with its derivatives written out as far as ``depth`` says.

    Raises :class:`BudgetExceeded` past ``LIMIT`` signs, and :class:`Undecided` where a derivative cannot be written
    without inventing a sign.
    """
    states = States(page)
    made = derived(page, node, depth)
    check_length(states.signs(made) if depth == "full" else signs(made), depth)
    return states.unfolded(made) if depth == "full" else made


def derived(page: Derivation, node: Expr, depth: Depth) -> Expr:
    """The same with every state left by its name, and of any length."""
    if depth == "terms":
        return node
    last = max((part.index.value() for part in walk(node) if isinstance(part, At)), default=0)
    if depth == "full" and last > STEPS:
        raise _too_long(depth, f"states of {last:,} steps inside each other, and {STEPS}")
    return _Writer(page, depth).written(node)


def check_length(count: int, depth: Depth) -> None:
    """Raise :class:`BudgetExceeded` where that many signs are more than anyone reads."""
    if count > LIMIT:
        raise _too_long(depth, f"{count:,} signs, and {LIMIT:,}")


def _too_long(depth: Depth, what: str) -> BudgetExceeded:
    return BudgetExceeded(
        f"written out, --depth {depth} has {what} are the limit: ask for a smaller step or a lesser depth"
    )


class States:
    """What the states of a page are at their steps, each in the states before it."""

    def __init__(self, page: Derivation) -> None:
        self.page = page
        self._writer = _Writer(page, "full")
        self._bodies: dict[At, Expr | None] = {}
        self._signs: dict[At, int] = {}

    def body(self, state: At) -> Expr | None:
        """What a state is, the states in it by their names; None for what is given."""
        if state not in self._bodies:
            is_state = state.letter.kind == "state" and not state.index.terms
            said = definition_at(self.page, state) if is_state else None
            self._bodies[state] = None if said is None else tidied(self._writer.written(said))
        return self._bodies[state]

    def unfolded(self, node: Expr, kept: Container[At] = ()) -> Expr:
        """The expression with its states written out, but for those that are kept; a partial is still taken at them."""
        if isinstance(node, At):
            body = None if node in kept else self.body(node)
            return node if body is None else self.unfolded(body, kept)
        if isinstance(node, (Partial, *SIGNLESS)):
            return node
        return rebuild(node, lambda part: self.unfolded(part, kept), lambda index: index)

    def signs(self, node: Expr) -> int:
        """How many signs an expression would have with all its states written out."""
        return signs(node) + sum(self._more(state) * count for state, count in named_in(node).items())

    def _more(self, state: At) -> int:
        if state not in self._signs:
            body = self.body(state)
            self._signs[state] = 0 if body is None else self.signs(body) - 1
        return self._signs[state]


SIGNLESS = (Zero, Identity, Ones)
"""What is written without that which its shape is like."""


def as_written(node: Expr, closed: Container[Expr] = ()) -> Iterator[Expr]:
    """What stands in an expression as it is written, outside before inside; a partial, or what is closed, as one."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, (Partial, *SIGNLESS)) and (part is node or part not in closed):
            pending += children(part)[::-1]


def named_in(node: Expr) -> Counter[At]:
    """How often each letter with a step is written in an expression, outside of the partials that are taken in it."""
    return Counter(part for part in as_written(node) if isinstance(part, At))


def taken_at(node: Expr) -> Iterator[At]:
    """The letters with a step that partials in an expression are taken at or in."""
    for partial in (part for part in as_written(node) if isinstance(part, Partial)):
        yield from (part for part in walk(partial) if isinstance(part, At))


def signs(node: Expr) -> int:
    """How many letters, numbers and functions an expression has as it is written."""
    inside = children(node)
    has_sign = isinstance(node, (Apply, Diag, Transpose, Kronecker)) or not inside
    return int(has_sign) + sum(map(signs, inside))


# --------------------------------------------------------------------------------------------------- differentials


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of a differential: ``left`` · d ``of`` · ``right``, with d ``of`` transposed where it is ``flipped``."""

    left: tuple[Expr, ...]
    of: Letter | At
    right: tuple[Expr, ...] = ()
    flipped: bool = False
    whole: bool = False
    """``left`` ends in a partial in ``of``, which stands before the vec of d ``of``."""


@dataclass(frozen=True, slots=True)
class _Moving:
    """What varies. Of the copy of a weight, that is its use at the step ``only``; ``step`` is the one looked at."""

    nodes: frozenset[Expr]
    only: int | None = None
    step: int = 0

    def __contains__(self, node: object) -> bool:
        return node in self.nodes and self.only in (None, self.step)

    def at(self, step: int) -> _Moving:
        """What varies in the definition of a state at that step."""
        return self if self.only is None else replace(self, step=step)


class _Writer:
    """Writes the derivatives of one page, the states in them by their names; ``depth`` says which derivatives."""

    def __init__(self, page: Derivation, depth: Depth) -> None:
        self.page, self.depth = page, depth
        self._rates: dict[tuple[At, _Moving, Fixed | None], list[_Term]] = {}

    def written(self, node: Expr) -> Expr:
        """The expression with its derivatives written out."""
        match node:
            case Partial():
                return self._partial(node)
            case Total() if self.depth == "full":
                return self._derivative(node.of, node.wrt, None)
            case Total():
                return node
            case Laid():
                return self._laid(node)
            case Zero() | Identity() | Ones():
                return node
            case Add() | Mul() | Hadamard():
                return replace(node, parts=tuple(map(self.written, node.parts)))
            case _:
                return rebuild(node, self.written, lambda index: index)

    def _laid(self, node: Laid) -> Expr:
        """A derivative in another layout; written out it is transposed, or put together in the shape of its matrix."""
        if node.arrangement == "transposed" or ONE in shape(self.page, node):
            inner = self.written(node.of)
            if isinstance(inner, (Total, Partial, Block)):
                return replace(node, of=inner)
            is_row = node.arrangement == "shaped" and shape(self.page, node)[0] == ONE
            return inner if is_row or node.arrangement == "shaped transposed" else _transposed(inner)
        if self.depth != "full" or not isinstance(node.of, (Total, Partial)):
            return node
        fixed = None if isinstance(node.of, Total) else fixed_in(self.page, node.of)
        terms, wrt = self._terms(node.of.of, node.of.wrt, fixed)
        if not terms:
            return Zero(node)
        made = [self._shaped(term, wrt) for term in terms]
        whole = made[0] if len(made) == 1 else Add(tuple(made))
        return whole if node.arrangement == "shaped" else _transposed(whole)

    def _shaped(self, term: _Term, wrt: Expr) -> Expr:
        """Where the derivative of a number is l dV r, it is lᵀ rᵀ in the shape of V; where that is l dVᵀ r, r l."""
        if term.of != wrt or term.whole:
            raise Undecided(f"the derivative in {wrt} is not written out in its shape: it varies as a part of a whole")
        numbers = [part for part in (*term.left, *term.right) if self._is_scalar(part)]
        sides = [[part for part in side if not self._is_scalar(part)] for side in (term.left, term.right)]
        if not all(sides):
            raise Undecided(f"the derivative in {wrt} is not written out: it stands in front of nothing")
        left, right = map(_joined, sides)
        return _joined((*numbers, right, left) if term.flipped else (*numbers, *map(_turned, (left, right))))

    def _partial(self, node: Partial) -> Expr:
        jacobian = node.is_jacobian()
        if not jacobian and self.depth != "full":
            return node
        if isinstance(node.of, Apply) and node.of.function.shape is not None:
            return node
        return self._derivative(node.of, node.wrt, fixed_in(self.page, node))

    def _derivative(self, of: Expr, wrt: Expr, fixed: Fixed | None) -> Expr:
        """The derivative in numerator layout, the states that are ``fixed`` held."""
        terms, moving = self._terms(of, wrt, fixed)
        return self._assembled(terms, moving) if terms else Zero(Partial(of, wrt))

    def _terms(self, of: Expr, wrt: Expr, fixed: Fixed | None) -> tuple[list[_Term], Expr]:
        """The differential, the states that are ``fixed`` held, and what varies in it."""
        only = wrt.index.value() if isinstance(wrt, Copy) else None
        wrt = wrt.weight if isinstance(wrt, Copy) else wrt
        nodes = (wrt, *(parts(self.page, wrt) if isinstance(wrt, Letter) else ()))
        moving = _Moving(frozenset(nodes), only)
        if isinstance(of, At) and of.letter.kind == "state":
            body = definition_at(self.page, of)
            terms = [_Term((), of)] if of == wrt else []
            if body is not None and not terms:
                terms = self._differential(body, moving.at(of.index.value()), fixed)
        else:
            terms = self._differential(of, moving, fixed)
        return self._collected(terms, of), wrt

    # ------------------------------------------------------------------------------------------- rules

    def _differential(self, node: Expr, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        if node in moving:
            assert isinstance(node, (Letter, At))
            return [_Term((), node)]
        match node:
            case At():
                return self._rate(node, moving, fixed)
            case Letter() | Number() | IndexValue() | Zero() | Identity() | Ones():
                return self._composed(node, moving, fixed)
            case Add():
                return [term for part in node.parts for term in self._differential(part, moving, fixed)]
            case Mul():
                return self._product(list(node.parts), moving, fixed)
            case Hadamard():
                return self._entrywise(node, moving, fixed)
            case Transpose():
                return [self._flipped(term) for term in self._differential(node.of, moving, fixed)]
            case Apply():
                return self._applied(node, moving, fixed)
            case Power():
                return self._power(node, moving, fixed)
            case (
                Copy()
                | Kronecker()
                | Diag()
                | Concat()
                | Sum()
                | Product()
                | Total()
                | Partial()
                | Block()
                | Laid()
                | Either()
            ):
                if any(part in moving for part in walk(node)):
                    raise Undecided(f"the derivative of {node} is not written out: no rule for it is known here")
                return []
            case _:
                assert_never(node)

    def _composed(self, node: Expr, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        body = self.page.meaning.defined(node).body if isinstance(node, Letter) else None
        if body is not None and self._differential(body, moving, fixed):
            raise Undecided(f"{node} is put together from other weights: its derivative is not written out")
        return []

    def _rate(self, node: At, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        if node.letter.kind != "state" or (fixed is not None and fixed.holds(node.letter, node.index.value())):
            return []
        moving = moving.at(node.index.value())
        key = (node, moving, fixed)
        if key not in self._rates:
            body = definition_at(self.page, node)
            inside = None if fixed is None else fixed.at(node.index.value())
            terms = [] if body is None else self._differential(body, moving, inside)
            self._rates[key] = self._collected(terms, node)
            if len(self._rates[key]) > LIMIT:
                raise _too_long(self.depth, f"{len(self._rates[key]):,} terms, and {LIMIT:,}")
        return self._rates[key]

    def _product(self, factors: list[Expr], moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        made: list[_Term] = []
        for place, factor in enumerate(factors):
            before, after = factors[:place], factors[place + 1 :]
            found = self._differential(factor, moving, fixed)
            made += [self._placed(before, factor, term, after) for term in found]
        return made

    def _placed(self, before: list[Expr], factor: Expr, term: _Term, after: list[Expr]) -> _Term:
        scalar = self._is_scalar(factor)
        others = [part for part in (*before, *after) if not self._is_scalar(part)]
        scalars = [part for part in (*before, *after) if self._is_scalar(part)]
        if scalar and others:
            # ds · W u: the column W u goes in front of the number that moves.
            column = self._column(Mul(tuple(others)) if len(others) > 1 else others[0])
            return replace(term, left=(*self._all(scalars), *column, *term.left))
        inside = (part for part in after if not self._is_scalar(part))
        left = (part for part in before if not self._is_scalar(part))
        return replace(
            term, left=(*self._all(scalars), *self._all(left), *term.left), right=(*term.right, *self._all(inside))
        )

    def _column(self, node: Expr) -> tuple[Expr, ...]:
        if shape(self.page, node)[1] != ONE:
            raise Undecided(f"the derivative of a number times {node} is not written out: only that of a column is")
        return self._all([node])

    def _entrywise(self, node: Hadamard, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        made: list[_Term] = []
        for place, factor in enumerate(node.parts):
            others = (*node.parts[:place], *node.parts[place + 1 :])
            for term in self._differential(factor, moving, fixed):
                self._column(factor)
                beside = self._all(others)
                whole = beside[0] if len(beside) == 1 else Hadamard(beside)
                made.append(replace(term, left=(self._diagonal(whole, node), *term.left)))
        return made

    def _flipped(self, term: _Term) -> _Term:
        left, right = (tuple(map(self._turned, reversed(side))) for side in (term.right, term.left))
        return _Term(left, term.of, right, not term.flipped)

    def _turned(self, factor: Expr) -> Expr:
        return factor if self._is_scalar(factor) else _transposed(factor)

    def _applied(self, node: Apply, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        if node.function.shape is not None:
            return self._opaque(node, moving, fixed)
        (argument,) = node.arguments
        terms = self._differential(argument, moving, fixed)
        if not terms:
            return []
        self._column(argument)
        slope = Apply(node.function, self._all(node.arguments), node.primes + 1)
        return [replace(term, left=(self._diagonal(slope, argument), *term.left)) for term in terms]

    def _opaque(self, node: Apply, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        made: list[_Term] = []
        for argument in dict.fromkeys(node.arguments):
            if argument not in moving and any(part in moving for part in self._weights_of(argument)):
                raise Undecided(f"{node} is differentiated in a part of its argument {argument}, which has no sign")
            terms = self._differential(argument, moving, fixed)
            if terms and not isinstance(argument, (Letter, At)):
                raise Undecided(f"{node} is differentiated in {argument}, for which a page has no sign")
            for term in terms:
                # Only the arguments of the function that are written vary, not what they are made of.
                own = Partial(node, argument, _has_others(node, argument))
                made.append(replace(term, left=(own, *term.left), whole=isinstance(argument, Letter)))
        return made

    def _weights_of(self, argument: Expr) -> tuple[Letter, ...]:
        is_weight = isinstance(argument, Letter) and argument.kind == "weight"
        return parts(self.page, argument) if is_weight else ()

    def _power(self, node: Power, moving: _Moving, fixed: Fixed | None) -> list[_Term]:
        terms = self._differential(node.base, moving, fixed)
        if not terms:
            return []
        if not self._is_scalar(node.base):
            raise Undecided(f"the derivative of {node} is not written out: only that of a number's power is")
        exponent = node.exponent.value()
        factor = (Number(Fraction(exponent)), Power(self._all([node.base])[0], Index.of(exponent - 1)))
        slope = factor[:1] if exponent == 1 else factor
        return [replace(term, left=(*slope, *term.left)) for term in terms]

    def _collected(self, terms: list[_Term], of: Expr) -> list[_Term]:
        """The terms of the differential of something, equal ones counted, what several end in behind their sum."""
        groups: dict[_Term, dict[tuple[Expr, ...], Fraction]] = {}
        for term in terms:
            if term.flipped and not term.whole and self._is_scalar(of):
                # A number is its own transpose.
                term = self._flipped(term)
            (number, left), (other, right) = map(_numbers_apart, (term.left, term.right))
            lefts = groups.setdefault(replace(term, left=(), right=right), {})
            lefts[left] = lefts.get(left, Fraction(0)) + number * other
        return [
            replace(rest, left=(*_numbered(number), *left))
            for rest, lefts in groups.items()
            for left, number in _summed(lefts).items()
        ]

    # ------------------------------------------------------------------------------------------- writing

    def _all(self, factors: Iterable[Expr]) -> tuple[Expr, ...]:
        return tuple(map(self.written, factors)) if self.depth == "full" else tuple(factors)

    def _is_scalar(self, node: Expr) -> bool:
        return shape(self.page, node) == SCALAR

    def _diagonal(self, column: Expr, like: Expr) -> Expr:
        return column if self._is_scalar(like) else Diag(column)

    def _assembled(self, terms: list[_Term], wrt: Expr) -> Expr:
        """The terms as one matrix times vec dv; those in different blocks of one weight share a row where they can."""
        groups: list[list[_Term]] = []
        for term in terms:
            for group in groups if wrt != term.of else ():
                same = replace(group[0], of=term.of, right=term.right) == term
                if same and term.of not in {other.of for other in group}:
                    group.append(term)
                    break
            else:
                groups.append([term])
        made = [self._matrix(group, wrt) for group in groups]
        return made[0] if len(made) == 1 else Add(tuple(made))

    def _matrix(self, terms: list[_Term], wrt: Expr) -> Expr:
        term = terms[0]
        row = _transposed(_joined(term.right)) if term.right else None
        flipped = term.flipped
        if term.whole and (wrt != term.of or flipped or not all(map(self._is_scalar, term.right))):
            raise Undecided(f"the derivative in {wrt} is not written out: {term.of} is an argument as a whole")
        if wrt != term.of:
            row, flipped = self._blocks(terms, wrt)
        rows, columns = shape(self.page, wrt)
        if flipped:
            rows, columns = columns, rows
        if term.whole or (rows != ONE and columns == ONE):
            # What is behind dv is a number.
            return self._times((*term.right, *term.left), terms[0])
        if rows == ONE:
            return self._times((*term.left, *((row,) if row is not None and columns != ONE else term.right)), terms[0])
        if row is None:
            raise Undecided(f"the derivative of {term.of} by itself is not written out: it stands in front of nothing")
        side = self._identity(term)
        return _joined((*term.left, Kronecker(side, row) if flipped else Kronecker(row, side)))

    def _times(self, factors: tuple[Expr, ...], term: _Term) -> Expr:
        if factors:
            return _joined(factors)
        return Number(Fraction(1)) if self._is_scalar(term.of) else self._identity(term)

    def _identity(self, term: _Term) -> Expr:
        """The identity with as many rows as dv has where it stands."""
        side = Transpose(term.of) if term.flipped else term.of
        return Identity(Mul((side, Transpose(side))))

    def _blocks(self, terms: list[_Term], wrt: Expr) -> tuple[Expr, bool]:
        """Rᵀ over the blocks that a weight is put together from, and whether the weight is their transpose."""
        assert isinstance(wrt, Letter)
        body = self.page.meaning.defined(wrt).body
        flip = isinstance(body, Transpose)
        blocks = body.of if isinstance(body, Transpose) else body
        if not isinstance(blocks, Concat) or any(not isinstance(part, Letter) for part in blocks.parts):
            raise Undecided(f"the derivative in {wrt} = {body} is not written out block by block")
        if any(term.flipped for term in terms):
            raise Undecided(f"the derivative in {wrt} is not written out where a block of it stands transposed")
        rights = {term.of: term.right for term in terms}
        rows: list[Expr] = []
        for part in blocks.parts:
            assert isinstance(part, Letter)
            if not rights.get(part, (part,)):
                raise Undecided(f"the derivative in {wrt} is not written out: {part} stands by itself")
            rows.append(_transposed(_joined(rights[part])) if part in rights else Zero(self._row_like(part)))
        return Concat(tuple(rows)), flip

    def _row_like(self, part: Letter) -> Expr:
        # One row with as many columns as the block has.
        one = Ones(Letter("one", "data", (ONE, shape(self.page, part)[0])))
        return Mul((one, part))


def _has_others(node: Apply, argument: Expr) -> bool:
    is_state = isinstance(argument, At) and argument.letter.kind == "state"
    states = (part for part in walk(node) if isinstance(part, At) and part.letter.kind == "state")
    return is_state and any(part != argument for part in states)


def _numbers_apart(factors: tuple[Expr, ...]) -> tuple[Fraction, tuple[Expr, ...]]:
    """The number among factors, and the rest of them."""
    numbers = [factor.value for factor in factors if isinstance(factor, Number)]
    return math.prod(numbers, start=Fraction(1)), tuple(factor for factor in factors if not isinstance(factor, Number))


def _summed(products: Mapping[tuple[Expr, ...], Fraction]) -> dict[tuple[Expr, ...], Fraction]:
    """A sum of products, each so many times, as few of them: what several end or begin in is a factor of their sum."""
    return _gathered(_gathered(products, last=True), last=False)


def _gathered(products: Mapping[tuple[Expr, ...], Fraction], *, last: bool) -> dict[tuple[Expr, ...], Fraction]:
    groups: dict[Expr | None, dict[tuple[Expr, ...], Fraction]] = {}
    for factors, number in products.items():
        if number:
            groups.setdefault(factors[-1 if last else 0] if factors else None, {})[factors] = number
    made: dict[tuple[Expr, ...], Fraction] = {}
    for group in groups.values():
        places = zip(*(reversed(factors) if last else factors for factors in group), strict=False)
        alike = len(list(itertools.takewhile(lambda at: len(set(at)) == 1, places)))
        # Of each product something has to be left: I + A is written by nobody.
        common = min(alike, min(map(len, group)) - 1)
        if len(group) == 1 or common < 1:
            made |= group
        elif last:
            front = _sum_of(_summed({factors[:-common]: number for factors, number in group.items()}))
            made[front, *next(iter(group))[-common:]] = Fraction(1)
        else:
            behind = _sum_of(_summed({factors[common:]: number for factors, number in group.items()}))
            made[*next(iter(group))[:common], behind] = Fraction(1)
    return made


def _sum_of(products: Mapping[tuple[Expr, ...], Fraction]) -> Expr:
    """Products as their sum, what is subtracted behind what is added; diagonal matrices as one."""
    counted = sorted(products.items(), key=lambda each: each[1] < 0)
    diagonals = [factors[0].of for factors in products if len(factors) == 1 and isinstance(factors[0], Diag)]
    if len(diagonals) == len(products) > 1:
        return Diag(_sum_of({(of,): number for of, number in zip(diagonals, products.values(), strict=True)}))
    terms = tuple(_joined((*_numbered(number), *factors)) for factors, number in counted)
    return terms[0] if len(terms) == 1 else Add(terms)


def _numbered(number: Fraction) -> list[Expr]:
    return [Number(number)] if number != 1 else []


def _transposed(node: Expr) -> Expr:
    return node.of if isinstance(node, Transpose) else node if isinstance(node, (Diag, Identity)) else Transpose(node)


def _turned(node: Expr) -> Expr:
    """The transpose of a product, its factors turned and in the other order."""
    return _joined(_transposed(part) for part in reversed(node.parts)) if isinstance(node, Mul) else _transposed(node)


def _joined(factors: Iterable[Expr]) -> Expr:
    flat = tuple(_flat(factors))
    return flat[0] if len(flat) == 1 else Mul(flat)


def _flat(factors: Iterable[Expr]) -> Iterator[Expr]:
    for factor in factors:
        if isinstance(factor, Mul):
            yield from _flat(factor.parts)
        else:
            yield factor
