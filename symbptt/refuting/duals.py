"""A page run forward on dual numbers: the values of both sides of an equation without SymPy, a second time.

Every definition is evaluated as it is written, on pairs (value, slope) with (a, a')·(b, b') = (ab, a'b + ab') and
phi((a, a')) = (phi(a), phi'(a)·a'). A derivative is the slope that comes out where the entry it is taken in goes in
with slope 1. No graph, no normal form and none of SymPy's rules takes part in that, and what is added and multiplied
may be fractions or intervals, so that a witness found on the unrolled graph is checked by another way through the page.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

import numpy as np

from symbptt.errors import IllTyped
from symbptt.functions import TABLE, Activation
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Expr,
    Hadamard,
    Identity,
    IndexValue,
    Kronecker,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Total,
    Transpose,
    Zero,
    children,
)
from symbptt.page.shapes import parts, shape

Matrix: TypeAlias = "np.ndarray[Any, Any]"
"""Rows by columns of numbers of one kind."""
UNSAID = Fraction(1)
"""An entry that a point does not speak of, because what is asked does not depend on it: away from the kink of relu."""

Place: TypeAlias = tuple[Letter, int, int]
"""An entry of a letter: row and column, from 0."""


class Field(Protocol):
    """Numbers that add, subtract and multiply, and what a function is on them."""

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number."""

    def inverse(self, value: Any) -> Any:
        """One over a number; raises :class:`NotExact` for 0."""

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """A component of what stands for an arbitrary function, differentiated ``orders[m]`` times in argument m."""

    def named(self, name: str, argument: Any) -> Any:
        """A named function."""


@dataclass(frozen=True, slots=True)
class Dual:
    """A number that moves: its value and its slope."""

    value: Any
    slope: Any

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __sub__(self, other: Dual) -> Dual:
        return Dual(self.value - other.value, self.slope - other.slope)

    def __mul__(self, other: Dual) -> Dual:
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)


class Duals:
    """Dual numbers over a field, itself a field: a derivative inside a derivative takes duals over duals."""

    def __init__(self, base: Field) -> None:
        self.base = base
        self._zero = base.number(0, 1)

    def number(self, numerator: int, denominator: int) -> Dual:
        """A rational number, which does not move."""
        return self.still(self.base.number(numerator, denominator))

    def still(self, value: Any) -> Dual:
        """A number that does not move."""
        return Dual(value, self._zero)

    def moving(self, value: Any) -> Dual:
        """A number that the derivative is taken in."""
        return Dual(value, self.base.number(1, 1))

    def inverse(self, value: Dual) -> Dual:
        """One over a number."""
        one = self.base.inverse(value.value)
        return Dual(one, self._zero - one * one * value.slope)

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Dual]) -> Dual:
        """What stands for an arbitrary function: its slope is that of one order more in each argument."""
        at = [argument.value for argument in arguments]
        slope = self._zero
        for place, argument in enumerate(arguments):
            once_more = [order + (place == k) for k, order in enumerate(orders)]
            slope = slope + self.base.arbitrary(name, component, once_more, at) * argument.slope
        return Dual(self.base.arbitrary(name, component, orders, at), slope)

    def named(self, name: str, argument: Dual) -> Dual:
        """A named function, and its derivative by the textbook."""
        value = self.base.named(name, argument.value)
        return Dual(value, TABLE[name].slope(self.base, argument.value, value) * argument.slope)


class Run:
    """The page at one choice of sizes, numbers and functions; ``point`` has entries by name, ``W_hh[1,2]``, ``X_3[1]``.

    A derivative starts a run over this one, on duals over its numbers, in which one entry goes in with slope 1: at
    every step, or at the one that the derivative is taken at. In it either the states that a definition speaks of are
    held, or all of them are run anew but the one that is cut out.
    """

    def __init__(
        self,
        page: Derivation,
        sizes: Mapping[str, int],
        activation: Activation,
        field: Field,
        point: Mapping[str, Fraction],
    ) -> None:
        self._page, self._sizes, self._activation = page, sizes, activation
        self._field, self._point = field, point
        self._under: Run | None = None
        self._moved: Place | None = None
        self._only: int | None = None
        self._held = False
        self._cut: tuple[Letter, int] | None = None
        self._values: dict[object, Matrix] = {}
        self._states: dict[tuple[Letter, int], Matrix] = {}
        self._runs: dict[object, Run] = {}

    def side(self, node: Expr) -> Matrix:
        """The value of one side, expanded, in numerator layout.

        Raises :class:`NotExact` where a number has no exact value here, :class:`IllTyped` where a node has none.
        """
        return self._value(node, 0)

    # ------------------------------------------------------------------------------------------- expressions

    def _value(self, node: Expr, step: int) -> Matrix:
        """``step`` is that of the definition that ``node`` stands in."""
        match node:
            case Number():
                return _filled((1, 1), lambda r, c: self._number(node.value.numerator, node.value.denominator))
            case IndexValue():
                return _filled((1, 1), lambda r, c: self._number(node.index.value()))
            case Letter(kind="weight"):
                return self._weight(node, step)
            case At(letter=Letter(kind="data")):
                return self._given(node.letter, node.index.value(), node.index.value())
            case At():
                return self._state(node.letter, node.index.value())
            case Add():
                return functools.reduce(operator.add, [self._value(part, step) for part in node.parts])
            case Mul():
                return functools.reduce(_times, [self._value(part, step) for part in node.parts])
            case Hadamard():
                return functools.reduce(operator.mul, [self._value(part, step) for part in node.parts])
            case Power():
                return self._power(self._value(node.base, step), node.exponent.value())
            case Apply():
                return self._applied(node, [self._value(argument, step) for argument in node.arguments])
            case Concat():
                return np.hstack([self._value(part, step) for part in node.parts])
            case Transpose():
                return self._value(node.of, step).T
            case Diag():
                column = self._value(node.of, step)
                zero = self._number(0)
                return _filled((len(column), len(column)), lambda r, c: column[r, 0] if r == c else zero)
            case Kronecker():
                left, right = self._value(node.left, step), self._value(node.right, step)
                rows, columns = right.shape
                return _filled(
                    (left.shape[0] * rows, left.shape[1] * columns),
                    lambda r, c: left[r // rows, c // columns] * right[r % rows, c % columns],
                )
            case Ones():
                return _filled(self._numbers(node.like), lambda r, c: self._number(1))
            case Zero():
                return _filled(self._numbers(node.like), lambda r, c: self._number(0))
            case Identity():
                return _filled(self._numbers(node.like), lambda r, c: self._number(int(r == c)))
            case Total() | Partial():
                return self._derivative(node, self._places(node.wrt))
            case Block():
                return self._derivative(node.of, self._places(node.part))
            case _:
                raise IllTyped(f"{node} has no value on the page")

    def _number(self, numerator: int, denominator: int = 1) -> Any:
        return self._field.number(numerator, denominator)

    def _numbers(self, node: Expr) -> tuple[int, int]:
        rows, columns = shape(self._page, node)
        return rows.at(self._sizes), columns.at(self._sizes)

    def _weight(self, letter: Letter, step: int) -> Matrix:
        for equation in self._page.definitions(letter):
            if equation.right is not None:
                return self._value(equation.right, step)
        return self._given(letter, None, step)

    def _given(self, letter: Letter, mark: int | None, step: int) -> Matrix:
        """The entries of a letter that the page leaves open, as they are used in the definition of ``step``."""
        if self._under is None:
            return self._read(letter, mark)
        here = self._only is None or self._only == step
        return self._lifted(letter, self._under._given(letter, mark, step), here)

    def _read(self, letter: Letter, mark: int | None) -> Matrix:
        rows, columns = self._numbers(letter)
        owner = letter.symbol if mark is None else f"{letter.symbol}_{mark}"

        def entry(row: int, column: int) -> Any:
            name = f"{owner}[{row + 1}{f',{column + 1}' if columns > 1 else ''}]"
            value = self._point.get(name, UNSAID)
            return self._number(value.numerator, value.denominator)

        return _filled((rows, columns), entry)

    def _lifted(self, letter: Letter, below: Matrix, here: bool) -> Matrix:
        field = self._field
        assert isinstance(field, Duals)

        def entry(row: int, column: int) -> Dual:
            moves = here and (letter, row, column) == self._moved
            return field.moving(below[row, column]) if moves else field.still(below[row, column])

        return _filled(below.shape, entry)

    def _power(self, base: Matrix, exponent: int) -> Matrix:
        if exponent < 0 and base.shape != (1, 1):
            raise IllTyped("a negative power of a matrix is not a page's notation")
        one = _filled(base.shape, lambda r, c: self._number(int(r == c)))
        power = functools.reduce(_times, [base] * abs(exponent), one)
        return power if exponent >= 0 else _filled((1, 1), lambda r, c: self._field.inverse(power[0, 0]))

    def _applied(self, node: Apply, arguments: list[Matrix]) -> Matrix:
        function = node.function
        if function.shape is None:
            (argument,) = arguments
            return _filled(argument.shape, lambda r, c: self._elementwise(function.symbol, node.primes, argument[r, c]))
        entries = [entry for argument in arguments for entry in argument.T.flat]
        orders = [0] * len(entries)
        return _filled(
            (function.shape[0].at(self._sizes), 1),
            lambda r, c: self._field.arbitrary(function.symbol, r, orders, entries),
        )

    def _elementwise(self, name: str, primes: int, argument: Any) -> Any:
        own = self._activation.standing_for(name)
        if own.name == "any":
            return self._field.arbitrary(name, 0, [primes], [argument])
        return _differentiated(self._field, own.name, primes, argument)

    # ------------------------------------------------------------------------------------------- states

    def _state(self, letter: Letter, step: int) -> Matrix:
        here = self._cut == (letter, step)
        if self._under is not None and (here or self._held):
            return self._lifted(letter, self._under._state(letter, step), here)
        # What a state is computed from comes first, so that no recursion is deeper than one definition.
        pending = [(letter, step)]
        while pending:
            key = pending[-1]
            body = definition_at(self._page, key[0][key[1]])
            used = [] if body is None else [k for k in _states_in(body) if k not in self._states and k != self._cut]
            if used and key not in self._states:
                pending.extend(used)
                continue
            pending.pop()
            if key not in self._states:
                self._states[key] = self._given(*key, key[1]) if body is None else self._value(body, key[1])
        return self._states[letter, step]

    # ------------------------------------------------------------------------------------------- derivatives

    def _derivative(self, node: Total | Partial, places: Sequence[Place]) -> Matrix:
        key = (node, tuple(places))
        if key not in self._values:
            columns = [self._moving(node, place)._slopes_of(node) for place in places]
            self._values[key] = _filled((len(columns[0]), len(columns)), lambda r, c: columns[c][r])
        return self._values[key]

    def _slopes_of(self, node: Total | Partial) -> list[Any]:
        of = node.of
        if self._held and isinstance(of, At) and of.letter.kind == "state":
            # Its own definition once, what it speaks of held.
            step = of.index.value()
            body = definition_at(self._page, of)
            made = self._given(of.letter, step, step) if body is None else self._value(body, step)
        else:
            made = self._value(of, 0)
        return [entry.slope for entry in made.T.flat]

    def _moving(self, node: Total | Partial, place: Place) -> Run:
        """The run in which one entry of what ``node`` is taken in moves, shared by all that is differentiated in it."""
        of_state = isinstance(node.wrt, At) and node.wrt.letter.kind == "state"
        held = isinstance(node, Partial) and (node.own or not of_state)
        key = (held, node.wrt, place)
        if key not in self._runs:
            run = Run(self._page, self._sizes, self._activation, Duals(self._field), self._point)
            run._under, run._moved, run._held = self, place, held
            if isinstance(node.wrt, (At, Copy)):
                run._only = node.wrt.index.value()
            if isinstance(node.wrt, At) and of_state:
                run._cut = node.wrt.letter, node.wrt.index.value()
            self._runs[key] = run
        return self._runs[key]

    def _places(self, wrt: Expr) -> list[Place]:
        """The entries of what is differentiated in, as vec; those of a weight put together are its parts'."""
        letter = wrt.weight if isinstance(wrt, Copy) else wrt.letter if isinstance(wrt, At) else wrt
        if not isinstance(letter, Letter):
            raise IllTyped(f"a derivative is taken in a letter, not in {wrt}")
        if letter.kind == "weight":
            parts(self._page, letter)  # raises where the weight is more than blocks side by side
        return list(self._numbered(letter).T.flat)

    def _numbered(self, node: Expr) -> Matrix:
        match node:
            case Letter():
                for equation in self._page.definitions(node) if node.kind == "weight" else ():
                    if equation.right is not None:
                        return self._numbered(equation.right)
                return _filled(self._numbers(node), lambda r, c: (node, r, c))
            case Concat():
                return np.hstack([self._numbered(part) for part in node.parts])
            case Transpose():
                return self._numbered(node.of).T
            case _:
                raise IllTyped(f"{node} is no weight put together from blocks")


def _differentiated(field: Field, name: str, order: int, argument: Any) -> Any:
    """A named function differentiated that often: each time the slope on duals over the field."""
    if not order:
        return field.named(name, argument)
    over = Duals(field)
    return _differentiated(over, name, order - 1, over.moving(argument)).slope


def _states_in(node: Expr) -> Iterator[tuple[Letter, int]]:
    if isinstance(node, At) and node.letter.kind == "state":
        yield node.letter, node.index.value()
    elif not isinstance(node, (Zero, Identity, Total, Partial, Block)):  # only a shape, or a run of its own
        for child in children(node):
            yield from _states_in(child)


def _filled(size: tuple[int, ...], entry: Callable[[int, int], Any]) -> Matrix:
    made = np.empty(size, dtype=object)
    for row, column in np.ndindex(size):
        made[row, column] = entry(row, column)
    return made


def _times(left: Matrix, right: Matrix) -> Matrix:
    if (1, 1) not in (left.shape, right.shape):
        return np.asarray(left @ right)
    scalar, other = (left, right) if left.shape == (1, 1) else (right, left)
    return _filled(other.shape, lambda r, c: scalar[0, 0] * other[r, c])
