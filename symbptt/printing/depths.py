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

A function of several vectors keeps its partial, ∂ell(o_t, y_t)/∂o_t: written in weights it would be a derivative at a
value, for which a page has no sign. So o_t keeps its name there, and :func:`left_named` says what it is, as one writes
"where o_t = …" on the board. In the copy of a weight, w^(i), a state varies by what step i alone has of the weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never

from symbptt.errors import BudgetExceeded, Undecided
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at
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
STEPS = 64
"""How many steps states may stand inside each other."""


def deepened(page: Derivation, node: Expr, depth: Depth) -> Expr:
    """A resolved expression at one step with its derivatives written out as far as ``depth`` says.

    Raises :class:`BudgetExceeded` past ``LIMIT`` signs, and :class:`Undecided` where a derivative cannot be written
    without inventing a sign.
    """
    if depth == "terms":
        return node
    writer = _Writer(page, depth)
    last = max((part.index.value() for part in walk(node) if isinstance(part, At)), default=0)
    if depth == "full" and last > STEPS:
        raise writer.too_long(f"states of {last:,} steps inside each other, and {STEPS}")
    made = writer.written(node)
    count = signs(made)
    if count > LIMIT:
        raise writer.too_long(f"{count:,} signs, and {LIMIT:,}")
    return made


def left_named(page: Derivation, sides: Iterable[Expr]) -> list[tuple[At, Expr]]:
    """The states that derivatives written out at full depth are still taken at or in, each with what it is.

    In the order in which they are met. Raises as :func:`deepened` does.
    """
    found: dict[At, Expr] = {}
    for node in (node for side in sides for node in _partials(side)):
        for state in (part for part in walk(node) if isinstance(part, At)):
            is_state = state.letter.kind == "state" and not state.index.terms
            if is_state and state not in found and definition_at(page, state) is not None:
                found[state] = deepened(page, state, "full")
    return list(found.items())


def _partials(node: Expr) -> Iterator[Partial]:
    if isinstance(node, Partial):
        yield node
    elif not isinstance(node, (Zero, Identity, Ones)):
        for child in children(node):
            yield from _partials(child)


def signs(node: Expr) -> int:
    """How many letters, numbers and functions an expression has as it is written."""
    known: dict[Expr, int] = {}

    def count(part: Expr) -> int:
        # A part that stands in many places is walked once.
        if part not in known:
            inside = children(part)
            has_sign = isinstance(part, (Apply, Diag, Transpose, Kronecker)) or not inside
            known[part] = int(has_sign) + sum(map(count, inside))
        return known[part]

    return count(node)


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
    """Writes the derivatives of one page; ``depth`` says which, and whether states are followed to h_0."""

    def __init__(self, page: Derivation, depth: Depth) -> None:
        self.page, self.depth = page, depth
        self._states: dict[At, Expr] = {}
        self._rates: dict[tuple[At, _Moving, Fixed | None], list[_Term]] = {}

    def too_long(self, what: str) -> BudgetExceeded:
        """The error for a result that is longer than anyone reads."""
        return BudgetExceeded(
            f"written out, --depth {self.depth} has {what} are the limit: ask for a smaller step or a lesser depth"
        )

    def written(self, node: Expr) -> Expr:
        """The expression with derivatives and, where the depth is full, states written out."""
        match node:
            case Partial():
                return self._partial(node)
            case Total() if self.depth == "full":
                return self._derivative(node.of, node.wrt, None)
            case Total():
                return node
            case At() if self.depth == "full":
                return self._state(node)
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

    def _state(self, node: At) -> Expr:
        if node not in self._states:
            body = definition_at(self.page, node) if node.letter.kind == "state" else None
            self._states[node] = node if body is None else self.written(body)
        return self._states[node]

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
        return terms, wrt

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
            self._rates[key] = [] if body is None else self._differential(body, moving, inside)
            if len(self._rates[key]) > LIMIT:
                raise self.too_long(f"{len(self._rates[key]):,} terms, and {LIMIT:,}")
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
        turned = (tuple(_transposed(part) for part in reversed(side)) for side in (term.right, term.left))
        left, right = turned
        return _Term(left, term.of, right, not term.flipped)

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
