"""The definitions of a page run forward on numbers: one interpreter for every kind of number.

A *space* says what the numbers are: doubles, digits, the arrays of a library, fractions, intervals, residues, duals.
Some entries of letters may move: what is added to them is a number of the space, an imaginary step or a slope of 1,
and what comes out says how the value moves with them. An immediate derivative holds the states of a run without moves.
No SymPy, no normal form and no proved formula takes part in it.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

import numpy as np

from symbptt import functions
from symbptt.errors import IllTyped, NoOracle
from symbptt.functions import TABLE
from symbptt.oracles.spaces import NUMPY, Array, Space
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at
from symbptt.page.inside import Fixed, fixed_in
from symbptt.page.notation import (
    Add,
    Apply,
    Arrangement,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
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
    owner,
)
from symbptt.page.shapes import parts, shape

Leaves: TypeAlias = Callable[[Letter, "int | None"], Any]
"""Values for what the page leaves open: a weight (step None), data or a first state, as (..., rows, columns)."""
Place: TypeAlias = tuple[Letter, int, int]
"""An entry of a letter: row and column, from 0."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves in a derivative: entries of letters, at one step or, with None, wherever they stand.

    ``fixed``: the states that stay what they were, but for the entries that move.
    """

    places: tuple[Place, ...]
    only: int | None
    fixed: Fixed | None

    def units(self, size: Callable[[Letter], tuple[int, int]], axes: int) -> dict[Letter, Array]:
        """For each letter (entries, 1, ..., rows, columns): 1 at the k-th of the places in the k-th entry, else 0.

        ``axes`` are those that stand between, of points or of what moves already.
        """
        made: dict[Letter, Array] = {}
        for k, (letter, row, column) in enumerate(self.places):
            if letter not in made:
                made[letter] = np.zeros((len(self.places), *[1] * axes, *size(letter)))
            made[letter][k, ..., row, column] = 1.0
        return made


class Model:
    """A page with numbers for its sizes and an activation for its elementwise functions."""

    def __init__(self, page: Derivation, sizes: Mapping[str, int], activation: str) -> None:
        self.page, self.sizes, self._standing = page, sizes, functions.activation(activation)
        self._uses: dict[tuple[Letter, int], tuple[tuple[Letter, int], ...]] = {}
        self._sizes: dict[Expr, tuple[int, int]] = {}

    def acts(self, function: Letter) -> str:
        """What a function of the page is taken to be, by name: its own row, where it is called by one."""
        return self._standing.standing_for(function.symbol).name

    def size(self, node: Expr) -> tuple[int, int]:
        """Rows and columns as numbers."""
        found = self._sizes.get(node)
        if found is None:
            rows, columns = shape(self.page, node)
            found = self._sizes[node] = rows.at(self.sizes), columns.at(self.sizes)
        return found

    def body(self, letter: Letter, step: int) -> Expr | None:
        """What the page says a state is at a step; None where it starts there, from a value of its own."""
        return definition_at(self.page, letter[step])

    def uses(self, letter: Letter, step: int) -> tuple[tuple[Letter, int], ...]:
        """The states that the definition of a state is computed from, found once for each."""
        found = self._uses.get((letter, step))
        if found is None:
            body = self.body(letter, step)
            found = self._uses[letter, step] = () if body is None else tuple(_states(body))
        return found

    def motion(self, node: Total | Partial | Block) -> Motion:
        """What moves in a derivative, and whether states are held."""
        # The block of d y/d [A B] that belongs to A is what moves when the entries of A do.
        derivative, wrt = (node.of, node.part) if isinstance(node, Block) else (node, node.wrt)
        only = wrt.index.value() if isinstance(wrt, (At, Copy)) else None
        return Motion(tuple(self.places(wrt)), only, fixed_in(self.page, derivative))

    def places(self, wrt: Expr) -> list[Place]:
        """The entries of what is differentiated in, as vec, each as the entry of a letter that stands there.

        Found by reading the definition on numbered entries: w_h = [W_xh W_hh]ᵀ is then a matrix of their numbers.
        """
        known: list[Place] = []

        def numbered(letter: Letter, _: int | None) -> Array:
            rows, columns = self.size(letter)
            first = len(known)
            known.extend((letter, row, column) for row in range(rows) for column in range(columns))
            return first + np.arange(rows * columns).reshape(rows, columns)

        letter = wrt.weight if isinstance(wrt, Copy) else wrt.letter if isinstance(wrt, At) else wrt
        if not isinstance(letter, Letter):
            raise IllTyped(f"a derivative is taken in a letter, not in {wrt}")
        if letter.kind != "weight":
            numbers = numbered(letter, None)
        else:
            parts(self.page, letter)  # raises where the weight is more than blocks side by side
            numbers = Forward(self, NUMPY, numbered).value(letter)
        return [known[int(number)] for number in numbers.T.flat]


class Forward:
    """One run of a page: each state once, from its own definition, with some entries moved.

    ``moves`` are added to letters, an axis of moves in front; with ``only`` they are added to the state or data of that
    step, or to a weight where the definition of that step uses it. ``held`` gives the states that are ``fixed``. Leaves
    and moves are numbers of the ``space``. ``nearest`` is how near an argument came to a kink or to the end
    of a domain.
    """

    def __init__(
        self,
        model: Model,
        space: Space,
        leaves: Leaves,
        moves: Mapping[Letter, Any] | None = None,
        only: int | None = None,
        held: Callable[[Letter, int], Any] | None = None,
        fixed: Fixed | None = None,
    ) -> None:
        self.model, self.space = model, space
        self._leaves, self._moves, self._only = leaves, moves or {}, only
        self._held, self._fixed = held, fixed
        self._states: dict[tuple[Letter, int], Any] = {}
        self.nearest: Array = np.asarray(math.inf)

    def value(self, node: Expr) -> Any:
        """The value of an expanded expression, (..., rows, columns)."""
        return self._value(node, 0)

    def differentiated(self, node: Expr) -> Any:
        """The value of what a derivative is taken of: where states are held, the own definition of a state."""
        if self._fixed is not None and isinstance(node, At) and node.letter.kind == "state":
            key = node.letter, node.index.value()
            if node.letter in self._moves and self._only == key[1]:
                return self.state(*key)
            body = self.model.body(*key)
            return self.given(*key, key[1]) if body is None else self._value(body, key[1])
        return self._value(node, 0 if self._fixed is None else self._fixed.step or 0)

    def state(self, letter: Letter, step: int) -> Any:
        """A state at a step."""
        known = self._states.get((letter, step))
        if known is not None:
            return known
        # What a state is computed from comes first, so that no recursion is deeper than one definition.
        pending = [(letter, step)]
        while pending:
            key = pending[-1]
            used = (one for one in self.model.uses(*key) if one not in self._states)
            missing = [one for one in used if not self._holds(*one, key[1])]
            if missing and key not in self._states:
                pending.extend(missing)
                continue
            pending.pop()
            if key not in self._states:
                body = self.model.body(*key)
                own = self.leaf(*key, key[1]) if body is None else self._value(body, key[1])
                self._states[key] = self._moved(*key, own)
        return self._states[letter, step]

    def _holds(self, letter: Letter, step: int, inside: int) -> bool:
        """Whether a state is fixed in a definition at the step ``inside``."""
        return self._fixed is not None and self._fixed.at(inside).holds(letter, step)

    def leaf(self, letter: Letter, mark: int | None, step: int) -> Any:
        """A letter that the page leaves open, before it moves; ``step`` is that of the definition it stands in."""
        return self._leaves(letter, mark)

    def given(self, letter: Letter, mark: int | None, step: int) -> Any:
        """A letter that the page leaves open, as it is used in the definition of ``step``."""
        return self._moved(letter, step, self.leaf(letter, mark, step))

    def named(self, name: str, order: int, argument: Any) -> Any:
        """A named function of each entry, differentiated so often; raises :class:`NoOracle` past the first time."""
        if order > 1:
            raise NoOracle(f"it has a derivative of order {order} of {name}: only slopes are written down here")
        value = self.space.named(name, argument)
        return value if not order else slope(self.space, name, argument, value)

    def derivative(self, node: Total | Partial | Block) -> Any:
        """The value of a derivative in numerator layout; only spaces whose numbers move have one."""
        raise IllTyped(f"{node} has no value on the page")

    def _moved(self, letter: Letter, step: int, value: Any) -> Any:
        move = self._moves.get(letter)
        return value if move is None or self._only not in (None, step) else value + move

    def _value(self, node: Expr, step: int) -> Any:
        """``step`` is that of the definition that ``node`` stands in."""
        match node:
            case Number():
                return self.space.number(node.value.numerator, node.value.denominator)
            case IndexValue():
                return self.space.number(node.index.value(), 1)
            case Letter(kind="weight"):
                body = self.model.page.meaning.defined(node).body
                return self.given(node, None, step) if body is None else self._value(body, step)
            case At(letter=Letter(kind="data")):
                return self.given(node.letter, node.index.value(), node.index.value())
            case At():
                key = node.letter, node.index.value()
                if self._held is not None and self._holds(*key, step):
                    return self._moved(*key, self._held(*key))
                return self.state(*key)
            case Add():
                return functools.reduce(operator.add, [self._value(part, step) for part in node.parts])
            case Mul():
                return functools.reduce(_times, [self._value(part, step) for part in node.parts])
            case Hadamard():
                return functools.reduce(operator.mul, [self._value(part, step) for part in node.parts])
            case Kronecker():
                return _kronecker(self._value(node.left, step), self._value(node.right, step))
            case Power():
                return self._power(self._value(node.base, step), node.exponent.value())
            case Apply():
                return self._applied(node, [self._value(argument, step) for argument in node.arguments])
            case Diag():
                column = self._value(node.of, step)
                return column * self.space.array(np.eye(column.shape[-2]))
            case Concat():
                return self.space.side_by_side([self._value(part, step) for part in node.parts])
            case Transpose():
                return self._value(node.of, step).swapaxes(-1, -2)
            case Zero():
                return self.space.array(np.zeros(self.model.size(node.like)))
            case Ones():
                return self.space.array(np.ones(self.model.size(node.like)))
            case Identity():
                return self.space.array(np.eye(*self.model.size(node.like)))
            case Total() | Partial() | Block():
                return self.derivative(node)
            case Laid():
                return arranged(self._value(node.of, step), node.arrangement, self.model.size(owner(node.wrt)))
            case Letter() | Copy() | Sum() | Product() | Either():
                raise IllTyped(f"{node} has no value on the page")
            case _:
                assert_never(node)

    def _applied(self, node: Apply, arguments: list[Any]) -> Any:
        function = node.function
        if function.shape is None:
            (argument,) = arguments
            name = self.model.acts(function)
            if name == "any":
                return self.space.arbitrary(function.symbol, 0, [node.primes], [argument])
            for margin in TABLE[name].margins(np.real(argument)) if self.space is NUMPY else ():
                self.nearest = np.minimum(self.nearest, margin.min(axis=(-2, -1)))
            return self.named(name, node.primes, argument)
        entries = [
            argument[..., row : row + 1, column : column + 1]
            for argument in arguments
            for column in range(argument.shape[-1])
            for row in range(argument.shape[-2])
        ]
        rows, still = range(function.shape[0].at(self.model.sizes)), [0] * len(entries)
        components = [self.space.arbitrary(function.symbol, row, still, entries) for row in rows]
        return self.space.side_by_side(components).swapaxes(-1, -2)

    def _power(self, base: Any, exponent: int) -> Any:
        # Repeated products: a complex power by logarithms would lose the digits of the step.
        if exponent < 0 and base.shape[-2:] != (1, 1):
            raise IllTyped("a negative power of a matrix is not a page's notation")
        power = self.space.array(np.eye(base.shape[-1]))
        for bit in f"{abs(exponent):b}":
            power = power @ power
            power = power @ base if bit == "1" else power
        return power if exponent >= 0 else self.space.inverse(power)


def slope(space: Space, name: str, argument: Any, value: Any) -> Any:
    """The derivative by hand of a named function of each entry, from its argument and its value."""
    return TABLE[name].slope(space, argument, value) * space.array(np.ones(argument.shape[-2:]))


def as_jacobian(slope: Array) -> Array:
    """From (entry moved, ..., row, column) to (..., vec of the value, vec of what moves)."""
    rows, columns = slope.shape[-2:]
    return np.moveaxis(np.swapaxes(slope, -1, -2).reshape(*slope.shape[:-2], rows * columns), 0, -1)


def arranged(row: Any, arrangement: Arrangement, size: tuple[int, int]) -> Any:
    """A derivative in numerator layout, (..., rows, columns), in another one; ``size`` is that of what is varied.

    Raises :class:`IllTyped` where what is differentiated is no scalar and the derivative would be shaped.
    """
    if arrangement != "transposed":
        if row.shape[-2] != 1:
            raise IllTyped("only the derivative of a scalar has the shape of what it is taken in")
        # A row over the entries of a matrix, column by column.
        row = row.reshape(*row.shape[:-2], *size[::-1])
    return row if arrangement == "shaped transposed" else row.swapaxes(-1, -2)


def _states(node: Expr) -> Iterator[tuple[Letter, int]]:
    if isinstance(node, At) and node.letter.kind == "state":
        yield node.letter, node.index.value()
    elif not isinstance(node, (Zero, Identity, Total, Partial, Block)):  # only a shape, or a run of its own
        for child in children(node):
            yield from _states(child)


def _times(left: Any, right: Any) -> Any:
    scalar = (1, 1) in (tuple(left.shape[-2:]), tuple(right.shape[-2:]))
    return left * right if scalar else left @ right


def _kronecker(left: Any, right: Any) -> Any:
    (a, b), (c, d) = left.shape[-2:], right.shape[-2:]
    rows, columns = np.indices((a * c, b * d))
    return left[..., rows // c, columns // d] * right[..., rows % c, columns % d]
