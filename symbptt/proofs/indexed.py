"""Sizes as letters on the unrolled expression: one step t as a number, n and d as they stand, Σ over their indices.

A state is unrolled to h_0 with a letter for its component, h_2[a] = phi(Σ_k W[a,k] h_1[k] + ...), and differentiated
as it stands in the entry W[p,q], with Kronecker deltas that are contracted against the sums. No chain rule that a page
could claim is used. A value is an exact sum of products of factors under sums over 1..n; its normal form names the
summation indices canonically, so that equal normal forms are equal values for every size. An entry of d h_t/dW has t
terms, one for each path, where explicit sizes have n^(t-1) monomials.

>>> from symbptt.functions import activation
>>> from symbptt.page.notation import d, function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> six = page.claim("6", d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w))
>>> follow_indexed(page, six, 8, activation("any"))
Indexed(proved=True, reason='', terms=8)
>>> slip = page.claim("slip", d(h[t], w), partial(h[t], w))
>>> print(follow_indexed(page, slip, 2, activation("any")).reason)
at t = 2 in w: the sides differ by h_0[c] phi'(arg h_1)[b] phi'(arg h_2)[a] w[a,b]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import NamedTuple, assert_never

from symbptt.errors import IllTyped, NotStated, Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation, Equation, weights_in
from symbptt.page.expansion import definition_at, expand, instances
from symbptt.page.inside import fixed_in
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Dim,
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
    owner,
)
from symbptt.page.shapes import agree, parts, shape
from symbptt.proofs.contraction import DELTA, UNIT, Entry, Form, Kernel, Opaque, Space, Spaces
from symbptt.proofs.heads import ARGUMENT, differentiated
from symbptt.proofs.unrolled import UNROLLED, View, recurred

# --------------------------------------------------------------------------------------------------- values


class Value(NamedTuple):
    """A matrix at any row and column: its form's free indices are those of the row, then those of the column.

    A row is as many indices as it takes: none for a scalar, two for the vec of a matrix.
    """

    rows: Spaces
    columns: Spaces
    form: Form

    @property
    def spaces(self) -> Spaces:
        """What its free indices run over."""
        return self.rows + self.columns


class Unrolled:
    """A page at explicit steps with letters for its sizes.

    ``block``: derivatives in the concatenated weight that has this part are taken in it alone.
    """

    def __init__(self, page: Derivation, activation: Activation, kernel: Kernel, block: Letter | None = None) -> None:
        self.page = page
        self.activation = activation
        self.kernel = kernel
        self.block = block
        self._states: dict[tuple[Letter, int, View], Value] = {}
        self._sides: dict[Expr, Value] = {}
        self._shared: dict[str, Form] = {}
        self._symbolic: dict[str, At] = {}

    def side(self, node: Expr) -> Value:
        """One side of an equation, resolved and written out at a step.

        Raises :class:`NotStated` before the first step, :class:`IllTyped` where it makes no sense, and
        :class:`Undecided` where its indices are not told apart by their sizes alone.
        """
        if node not in self._sides:
            self._sides[node] = self._evaluate(node, UNROLLED, None)
        return self._sides[node]

    def _evaluate(self, node: Expr, view: View, step: int | None) -> Value:
        """A closed expression; ``step`` is that of the definition it stands in, None on the page itself."""

        def inner(part: Expr) -> Value:
            return self.side(part) if step is None else self._evaluate(part, view, step)

        match node:
            case Number():
                return _number(node.value)
            case IndexValue():
                return self._counter(node.index)
            case Letter():
                return self._weight(node, view, step)
            case At():
                return self._at(node, view)
            case Add():
                return self._sum([inner(part) for part in node.parts])
            case Mul():
                return reduce(self._times, map(inner, node.parts))
            case Hadamard():
                return reduce(self._entrywise, map(inner, node.parts))
            case Power():
                return self._power(inner(node.base), node.exponent)
            case Apply():
                return self._applied(node, [inner(argument) for argument in node.arguments])
            case Diag():
                return self._diagonal(inner(node.of))
            case Total() | Partial() | Block() if view != UNROLLED:
                raise Undecided(f"{node} inside another derivative is not differentiated with sizes as letters")
            case Total():
                return self._total(node)
            case Partial():
                return self._partial(node)
            case Block():
                return self.side(replace(node.of, wrt=node.part))
            case Transpose():
                return self._transposed(inner(node.of))
            case Laid():
                # The entries are the same, and so is their order: a row over the entries of a matrix is that matrix.
                value = inner(node.of)
                if node.arrangement == "transposed":
                    return self._transposed(value)
                shaped = Value(*self._shaped(node), value.form)
                return shaped if node.arrangement == "shaped" else self._transposed(shaped)
            case Zero():
                return Value(*self._spaces(node.like), {})
            case Ones():
                return Value(*self._spaces(node.like), {UNIT: 1})
            case Identity():
                return self._identity(*self._spaces(node.like))
            case Kronecker():
                return self._kronecker(inner(node.left), inner(node.right))
            case Copy() | Sum() | Product() | Concat() | Either():
                raise Undecided(f"{node} has no entries with sizes as letters")
            case _:
                assert_never(node)

    # ------------------------------------------------------------------------------------------- spaces

    def _of_letter(self, letter: Letter) -> tuple[Spaces, Spaces]:
        rows, columns = shape(self.page, letter)
        return _space(rows), _space(columns)

    def _spaces(self, node: Expr) -> tuple[Spaces, Spaces]:
        """The rows and columns of what is not evaluated, because it holds the index of an empty Σ or Π."""
        match node:
            case Letter():
                return self._of_letter(node)
            case At():
                return self._of_letter(node.letter)
            case Add() | Hadamard():
                return self._spaces(node.parts[0])
            case Mul():
                factors = [found for found in map(self._spaces, node.parts) if any(found)]
                return (factors[0][0], factors[-1][1]) if factors else ((), ())
            case Sum() | Product():
                return self._spaces(node.body)
            case Power():
                return self._spaces(node.base)
            case Apply():
                of = node.function.shape
                return (_space(of[0]), _space(of[1])) if of else self._spaces(node.arguments[0])
            case Diag():
                rows, _ = self._spaces(node.of)
                return rows, rows
            case Transpose():
                return self._spaces(node.of)[::-1]
            case Total() | Partial():
                return sum(self._spaces(node.of), ()), self._taken_in(node.wrt)[1]
            case Block():
                return self._spaces(replace(node.of, wrt=node.part))
            case Laid(of, "transposed"):
                return self._spaces(of)[::-1]
            case Laid():
                rows, columns = self._shaped(node)
                return (rows, columns) if node.arrangement == "shaped" else (columns, rows)
            case Zero() | Identity() | Ones():
                return self._spaces(node.like)
            case Number() | IndexValue():
                return (), ()
            case Kronecker():
                return _blockwise(self._spaces(node.left), self._spaces(node.right))
            case Copy() | Concat() | Either():
                raise Undecided(f"{node} has no entries with sizes as letters")
            case _:
                assert_never(node)

    def _shaped(self, node: Laid) -> tuple[Spaces, Spaces]:
        """Rows and columns of what a derivative is taken in."""
        if any(space.of for space in self._taken_in(node.wrt)[1]):
            raise Undecided(f"{node} is known block by block only, and not in the shape of {node.wrt}")
        return self._of_letter(owner(node.wrt))

    def _taken_in(self, wrt: Expr) -> tuple[str, Spaces]:
        """The letter whose entries a derivative is taken in, and what the column of the derivative runs over."""
        match wrt:
            case At():
                return f"{wrt.letter.symbol}_{wrt.index}", sum(self._of_letter(wrt.letter), ())
            case Copy(weight, index):
                name, columns = self._taken_in(weight)
                return f"{name}^({index})", columns
            case Letter(kind="weight"):
                blocks = parts(self.page, wrt)
                if blocks == (wrt,):
                    return wrt.symbol, sum(self._of_letter(wrt), ())
                if self.block not in blocks or parts(self.page, self.block) != (self.block,):
                    raise Undecided(f"{wrt} is not proved block by block")
                # One more index, of size 1, says that this is a block only; no product may sum over it.
                own = (Space(ONE), *sum(self._of_letter(self.block), ()))
                return self.block.symbol, tuple(Space(space.size, wrt.symbol) for space in own)
            case _:
                raise IllTyped(f"a derivative is taken in a letter, not in {wrt}")

    # ------------------------------------------------------------------------------------------- letters

    def _entries(self, letter: Letter, mark: str) -> Value:
        rows, columns = self._of_letter(letter)
        return Value(rows, columns, self.kernel.single(Entry(letter.symbol + mark), len(rows + columns)))

    def _weight(self, letter: Letter, view: View, step: int | None) -> Value:
        if letter.kind != "weight":
            raise IllTyped(f"{letter} is a {letter.kind}: it has no value without its index or arguments")
        if (body := self.page.meaning.defined(letter).body) is not None:
            return self._evaluate(body, view, step if step is not None else 0)
        if not view.copies:
            return self._entries(letter, "")
        self._shared[f"{letter.symbol}^({step})"] = self._entries(letter, "").form
        return self._entries(letter, f"^({step})")

    def _at(self, node: At, view: View) -> Value:
        step = node.index.value()
        if node.letter.kind == "state":
            return self._state(node.letter, step, view)
        if step < 0:
            raise NotStated(f"it refers to {node}, before the first step")
        return self._entries(node.letter, f"_{step}")

    def _state(self, letter: Letter, step: int, view: View) -> Value:
        if view.is_symbol(letter, step):
            self._symbolic[f"{letter.symbol}_{step}"] = letter[step]
            return self._entries(letter, f"_{step}")
        if (letter, step, view) not in self._states:
            first = 0 if view.fixed is None else step
            for at in (*recurred(letter, step, definition_at(self.page, letter[step]), first), step):
                if (letter, at, view) not in self._states:
                    self._states[letter, at, view] = self._own(letter[at], view)
        return self._states[letter, step, view]

    def _own(self, node: At, view: View) -> Value:
        """A state by its own definition; where that would reach before step 0, the constant it starts from."""
        body, view = definition_at(self.page, node), view.at(node.index.value())
        if body is None:
            return self._entries(node.letter, f"_{node.index.value()}")
        value = self._evaluate(body, view, node.index.value())
        if view == UNROLLED:
            named = self.kernel.spelled
            named.setdefault(self.kernel.family(value.spaces, value.form), str(node))
            if isinstance(body, Apply) and body.function.shape is None:
                argument = self._evaluate(body.arguments[0], view, node.index.value())
                named.setdefault(self.kernel.family(argument.spaces, argument.form), f"arg {node}")
        return value

    def _applied(self, node: Apply, arguments: list[Value]) -> Value:
        function = node.function
        families = tuple(self.kernel.family(argument.spaces, argument.form) for argument in arguments)
        if function.shape is None:
            (argument,), (family,) = arguments, families
            written = differentiated(self.activation, function.symbol, node.primes)
            return argument._replace(form=self.kernel.composed(written, family))
        if any(space.of for argument in arguments for space in argument.spaces):
            raise Undecided(f"{function} is applied to a whole of which only a block is known")
        rows = _space(function.shape[0])
        return Value(rows, (), self.kernel.single(Opaque(function.symbol, len(rows), families), len(rows)))

    # ------------------------------------------------------------------------------------------- derivatives

    def _total(self, node: Total) -> Value:
        match node.wrt:
            case At(letter=Letter(kind="state")):
                return self._varied(node)
            case Copy():
                return self._unmarked(self._derivative(self._evaluate(node.of, View(copies=True), 0), node.wrt))
            case _:
                return self._derivative(self.side(node.of), node.wrt)

    def _partial(self, node: Partial) -> Value:
        if node.is_jacobian():
            return self._varied(node)
        view = View(fixed_in(self.page, node), copies=isinstance(node.wrt, Copy))
        return self._unmarked(self._released(self._derivative(self._value(node.of, view), node.wrt)))

    def _value(self, of: Expr, view: View) -> Value:
        """What is differentiated: a state by its own definition."""
        if isinstance(of, At) and of.letter.kind == "state":
            if of.index.value() < 0:
                raise NotStated(f"it refers to {of}, before the first step")
            return self._own(of, view)
        return self._evaluate(of, view, 0)

    def _varied(self, node: Total | Partial) -> Value:
        """The derivative in a state that is varied by itself."""
        of, wrt = node.of, node.wrt
        assert isinstance(wrt, At)
        if wrt.index.value() < 0:
            raise NotStated(f"it refers to {wrt}, before the first step")
        _, columns = self._taken_in(wrt)
        if of == wrt:
            return self._identity(columns, columns)
        fixed = fixed_in(self.page, node)
        values = self._evaluate(of, View(cut=wrt), 0) if fixed is None else self._value(of, View(fixed, wrt))
        return self._released(self._derivative(values, wrt))

    def _released(self, value: Value) -> Value:
        """The value with states that were symbols replaced by what they are once unrolled."""
        labels = (self.kernel.labels[number] for number in self.kernel.below(value.form))
        named = {label.name for label in labels if isinstance(label, Entry)}
        states = {name: self._symbolic[name] for name in named & self._symbolic.keys()}
        # One that the page starts from is that symbol.
        moved = {name: node for name, node in states.items() if definition_at(self.page, node) is not None}
        values = {name: self._at(node, UNROLLED).form for name, node in moved.items()}
        return value._replace(form=self.kernel.substituted(value.form, values)) if values else value

    def _unmarked(self, value: Value) -> Value:
        """Copies of weights replaced by the weight they are copies of."""
        return value._replace(form=self.kernel.substituted(value.form, self._shared))

    def _derivative(self, value: Value, wrt: Expr) -> Value:
        name, columns = self._taken_in(wrt)
        count, marks = len(value.spaces), _marks(columns)
        form = self.kernel.derivative(value.form, count, name, len(columns) - marks)
        indices = (*range(count), *range(count + marks, count + len(columns)))
        return Value(value.spaces, columns, self.kernel.product((), [(form, indices)]))

    # ------------------------------------------------------------------------------------------- matrices

    def _sum(self, terms: list[Value]) -> Value:
        for term in terms[1:]:
            if term[:2] != terms[0][:2]:
                raise Undecided(f"{_sizes(terms[0])} and {_sizes(term)} are not added with sizes as letters")
        return terms[0]._replace(form=self.kernel.total(term.form for term in terms))

    def _entrywise(self, left: Value, right: Value) -> Value:
        if left[:2] != right[:2]:
            raise Undecided(f"{_sizes(left)} and {_sizes(right)} are not multiplied entry by entry")
        at = range(len(left.spaces))
        return left._replace(form=self.kernel.product((), [(left.form, at), (right.form, at)]))

    def _diagonal(self, value: Value) -> Value:
        if value.columns or any(space.of for space in value.rows):
            raise Undecided(f"{_sizes(value)} is no column whose entries are put on a diagonal")
        identity = self._identity(value.rows, value.rows)
        pieces = [(value.form, range(len(value.rows))), (identity.form, range(2 * len(value.rows)))]
        return identity._replace(form=self.kernel.product((), pieces))

    def _times(self, left: Value, right: Value) -> Value:
        if not left.spaces or not right.spaces:
            rows, columns = len(left.spaces), len(right.spaces)
            inner: Spaces = ()
            kept = left if left.spaces else right
        else:
            inner = left.columns
            if inner != right.rows or any(space.of for space in inner):
                raise Undecided(f"{_sizes(left)} times {_sizes(right)} is not multiplied with sizes as letters")
            rows, columns = len(left.rows), len(right.columns)
            kept = Value(left.rows, right.columns, {})
        over = range(-1, -1 - len(inner), -1)
        pieces = [(left.form, (*range(rows), *over)), (right.form, (*over, *range(rows, rows + columns)))]
        return kept._replace(form=self.kernel.product(tuple(space.size for space in inner), pieces))

    def _transposed(self, value: Value) -> Value:
        rows, columns = len(value.rows), len(value.columns)
        indices = (*range(columns, columns + rows), *range(columns))
        return Value(value.columns, value.rows, self.kernel.product((), [(value.form, indices)]))

    def _identity(self, rows: Spaces, columns: Spaces) -> Value:
        if rows != columns:
            raise Undecided("an identity has its rows and columns in one order")
        pairs = tuple((DELTA, (place, len(rows) + place)) for place in range(len(rows)))
        return Value(rows, columns, self.kernel.collected([(1, (), pairs)]))

    def _kronecker(self, left: Value, right: Value) -> Value:
        rows, columns = _blockwise(left[:2], right[:2])
        # The index of the right factor is the fast one, as that of the row is in a vec.
        places = iter(range(len(rows + columns)))
        right_rows, left_rows, right_columns, left_columns = (
            [next(places) for _ in side] for side in (right.rows, left.rows, right.columns, left.columns)
        )
        pieces = [(left.form, (*left_rows, *left_columns)), (right.form, (*right_rows, *right_columns))]
        return Value(rows, columns, self.kernel.product((), pieces))

    def _counter(self, index: Index) -> Value:
        return _number(Fraction(index.value()))

    def _power(self, base: Value, exponent: Index) -> Value:
        times = exponent.value()
        if times >= 0:
            return reduce(self._times, [base] * times, self._identity(base.rows, base.columns))
        if base.spaces or not base.form:
            raise Undecided("only a scalar that is not 0 is divided by with sizes as letters")
        if base.form.keys() == {UNIT}:
            return _number(Fraction(base.form[UNIT]) ** times)
        return Value((), (), self.kernel.composed(ARGUMENT**times, self.kernel.family((), base.form)))


def _number(value: Fraction) -> Value:
    return Value((), (), {UNIT: value} if value else {})


def _blockwise(left: tuple[Spaces, Spaces], right: tuple[Spaces, Spaces]) -> tuple[Spaces, Spaces]:
    rows, columns = (after + before for before, after in zip(left, right, strict=True))
    return rows, columns


def _space(size: Dim) -> Spaces:
    return () if size == ONE else (Space(size),)


def _marks(spaces: Spaces) -> int:
    return sum(space.size == ONE for space in spaces)


def _sizes(value: Value) -> str:
    return " × ".join(f"({','.join(str(space.size) for space in side)})" for side in value[:2])


# --------------------------------------------------------------------------------------------------- proving


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the indexed normal forms say of an equation at a step: proved for every size, or not decided, and why.

    ``terms`` is how many terms the largest form had. Unequal normal forms refute nothing.
    """

    proved: bool
    reason: str = ""
    terms: int = 0


def follow_indexed(page: Derivation, equation: Equation, step: int, activation: Activation) -> Indexed:
    """Prove an equation at one step, for any sizes, in each of its weights, a concatenated one block by block.

    Raises :class:`IllTyped` and :class:`NotStated` where the sides have no meaning, :class:`BudgetExceeded` past
    ``LIMIT`` terms, and :class:`NotExact` where a function has no exact derivative.
    """
    kernel = Kernel()
    unrolled: dict[Letter | None, Unrolled] = {}
    for values, weight in instances(page, equation, step):
        sides = page.resolved(equation, weight)
        agree(page, *sides)
        written = ", ".join(f"{name} = {value}" for name, value in values.items())
        where = f"at {written}{f' in {weight}' if weight is not None else ''}"
        try:
            for block in _blocks(page, sides):
                if block not in unrolled:
                    unrolled[block] = Unrolled(page, activation, kernel, block)
                one, other = (unrolled[block].side(expand(side, values)) for side in sides)
                if one[:2] != other[:2] or _marks(one.spaces) > 1:
                    raise Undecided(f"the entries of {_sizes(one)} and {_sizes(other)} are not compared one by one")
                if one.form != other.form:
                    rest = kernel.total([one.form, {term: -value for term, value in other.form.items()}])
                    return Indexed(False, f"{where}: the sides differ by {kernel.shown(rest)}", kernel.largest)
        except Undecided as error:
            return Indexed(False, f"{where}: {error}", kernel.largest)
    return Indexed(True, "", kernel.largest)


def _blocks(page: Derivation, sides: Iterable[Expr]) -> tuple[Letter | None, ...]:
    """The blocks that the sides are proved in one by one; None where no weight is put together from others."""
    joined = [weight for weight in weights_in(*sides) if parts(page, weight) != (weight,)]
    if len(joined) > 1:
        raise Undecided(f"{' and '.join(map(str, joined))} are both put together from others")
    return parts(page, joined[0]) if joined else (None,)
