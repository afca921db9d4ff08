"""The definitions of a page run forward on numbers, and differentiated by complex step.

d y/d w = Im y(w + ih)/h. No SymPy, no normal form and no proved formula takes part in it, so that a wrong rule for a
derivative shows here even where both sides of a claim share it.

An arbitrary function with a shape is taken as ``numeric.arbitrary``.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from symbptt import functions
from symbptt.errors import IllTyped, NoOracle
from symbptt.oracles.numeric import FLOATS, Array, slope_by_hand
from symbptt.oracles.spaces import NUMPY, Space
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
    walk,
)
from symbptt.page.shapes import parts, shape

Leaves: TypeAlias = Callable[[Letter, "int | None"], Any]
"""Values for what the page leaves open: a weight (step None), data or a first state, as (..., rows, columns)."""

STEP = 1e-30
"""The complex step: no difference is taken, so it may be this small, and its square is lost in rounding."""
KINK = 1e-6
"""How near to 0 an argument of relu may come. The step is imaginary, so no argument moves across the kink."""
FIRST = 1000
"""Added to a step to seed its generator: a state may start at h_{-1}, and a seed is not negative."""
SPARE = 32
"""How many points are drawn with relu for one that is kept: where all units are off, 0 itself may be an argument."""


# --------------------------------------------------------------------------------------------------- points


class Points:
    """Random values, of order 1 and none near 0, for whatever a page leaves open.

    Each letter has a generator of its own, seeded by its name and step, so that its values do not depend on what else
    was asked for. A weight is divided by the root of its number of columns, so that nothing saturates. ``norms`` are
    the letters whose matrices are scaled to a spectral norm, by name. complex128 adds an imaginary part half as large.
    """

    def __init__(
        self,
        page: Derivation,
        sizes: Mapping[str, int],
        count: int,
        seed: int,
        norms: Mapping[str, float] = MappingProxyType({}),
        dtype: str = "float64",
    ) -> None:
        self._page, self._sizes, self._count, self._seed = page, sizes, count, seed
        self._norms, self._dtype = norms, dtype
        self._chosen: Array = np.arange(count)
        self._drawn: dict[tuple[Letter, int | None], Array] = {}
        self._letters = {letter.symbol: letter for equation in page for letter in equation.letters}

    def chosen(self, places: Array) -> Points:
        """Only the points at these places."""
        fewer = Points(self._page, self._sizes, self._count, self._seed, self._norms, self._dtype)
        fewer._chosen = places
        return fewer

    def of(self, letter: Letter, step: int | None) -> Array:
        """A weight (step None), data or a first state at each point: (points, rows, columns)."""
        key = (letter, step)
        if key not in self._drawn:
            draw = np.random.default_rng([self._seed, 0 if step is None else step + FIRST, *letter.symbol.encode()])
            rows, columns = (dim.at(self._sizes) for dim in shape(self._page, letter))
            size = (self._count, rows, columns)
            values: Array = draw.uniform(0.5, 1.5, size) * draw.choice((-1.0, 1.0), size)
            if self._dtype == "complex128":
                # Half, so that few arguments come near the poles of the activations.
                values = values + 0.5j * draw.uniform(0.5, 1.5, size) * draw.choice((-1.0, 1.0), size)
            if letter.symbol in self._norms:
                values = values * (self._norms[letter.symbol] / np.linalg.norm(values, 2, axis=(-2, -1), keepdims=True))
            elif step is None:
                values = values / math.sqrt(columns)
            self._drawn[key] = values[self._chosen]
        return self._drawn[key]

    def entry(self, name: str) -> Array:
        """The value at each point, (points,), of a symbol named as in ``unroll``: ``W_hh[1,2]``, ``X_3[1]``."""
        owner, _, place = name.removesuffix("]").partition("[")
        row, column = (int(number) - 1 for number in f"{place},1".split(",")[:2])
        letter, step = self._letters.get(owner), None
        if letter is None or letter.kind != "weight":
            base, _, mark = owner.rpartition("_")
            letter, step = self._letters[base], int(mark)
        values: Array = self.of(letter, step)[:, row, column]
        return values


# --------------------------------------------------------------------------------------------------- the oracle


class Oracle:
    """The definitions of a page run forward on numbers, and differentiated by complex step."""

    def __init__(
        self,
        page: Derivation,
        sizes: Mapping[str, int],
        activation: str,
        points: int,
        seed: int,
        norms: Mapping[str, float] = MappingProxyType({}),
        dtype: str = "float64",
    ) -> None:
        self.page, self.sizes, self.points = page, sizes, points
        self.standing, self.dtype = functions.activation(activation), dtype
        letters = {letter for equation in page for letter in equation.letters if letter.is_entrywise}
        rows = {row.name: row for row in map(self.row, letters)}.values()
        self.has_kinks = any(row.kinks for row in rows)
        """Whether a function of the page has a kink, as relu does."""
        self._limits = [f"away from the kinks of {row.name}" for row in rows if row.kinks]
        self._limits += [f"in the domain of {row.name}" for row in rows if row.above is not None]
        self._seed, self._norms = seed, norms
        self._points: dict[Expr, Points] = {}
        self.answers: dict[tuple[str, Expr], Any] = {}
        """What was said of a left side, by the name of the way to it; ``oracles`` keeps it here."""
        self._bodies: dict[tuple[Letter, int], Expr | None] = {}
        self._references: dict[Expr, tuple[Array, Points]] = {}

    def row(self, function: Letter) -> functions.NamedFunction:
        """What a function of the page is."""
        return functions.TABLE[self.acts(function)]

    def acts(self, function: Letter) -> str:
        """The activation that a function of the page is taken to be: its own, where it is called by one."""
        return self.standing.standing_for(function.symbol).name

    def reference(self, side: Expr) -> tuple[Array, Points]:
        """The value of an expanded left side, (points, rows, columns), and the points.

        A derivative has the entries of its numerator as rows and those of its denominator as columns, both as vec.
        Raises :class:`NoOracle` where the side is neither a value nor one derivative of a value.
        """
        if side not in self._references:
            self._references[side] = self._reference(side)
        return self._references[side]

    def _reference(self, side: Expr) -> tuple[Array, Points]:
        of, wrt = self.asked(side)
        if self.dtype == "complex128" and wrt is not None:
            raise NoOracle("the points are complex already: an imaginary step would not be told from them")
        points = self.points_of(of)
        if wrt is None:
            value = Forward(self, points.of).value(of)
            return np.broadcast_to(value, (self.points, *value.shape[-2:])), points
        return self._complex_step(of, wrt, points), points

    def asked(self, side: Expr) -> tuple[Expr, Expr | None]:
        """What is differentiated and in what (None: it is a value); raises :class:`NoOracle` for any other side."""
        # The block of d y/d [A B] that belongs to A is what moves when the entries of A do.
        derivative, wrt = (side.of, side.part) if isinstance(side, Block) else (side, getattr(side, "wrt", None))
        if isinstance(derivative, Partial) and (derivative.own or not derivative.is_jacobian()):
            raise NoOracle(
                f"{derivative} is immediate: it holds earlier states still, and the recurrence moves them all"
            )
        of = derivative.of if isinstance(derivative, (Total, Partial)) else side
        for node in walk(of):
            if isinstance(node, (Total, Partial, Block, Copy)):
                raise NoOracle(f"the left side is made of derivatives such as {node}: complex step gives one at a time")
        return of, wrt

    def points_of(self, of: Expr) -> Points:
        """The points at which a value is looked at: those away from kinks, and in the domain of every function."""
        if of not in self._points:
            self._points[of] = self._drawn_for(of)
        return self._points[of]

    def _drawn_for(self, of: Expr) -> Points:
        if not self._limits:
            return Points(self.page, self.sizes, self.points, self._seed, self._norms, self.dtype)
        count = SPARE * self.points
        wide = Points(self.page, self.sizes, count, self._seed, self._norms, self.dtype)
        run = Forward(self, wide.of)
        run.value(of)
        clear = np.flatnonzero(np.broadcast_to(run.nearest, (count,)) >= KINK)
        if len(clear) < self.points:
            raise NoOracle(
                f"{len(clear)} of {count} random points are {' and '.join(self._limits)}: {self.points} needed"
            )
        return wide.chosen(clear[: self.points])

    def _complex_step(self, of: Expr, wrt: Expr, points: Points) -> Array:
        places = self.places(wrt)
        moves = {letter: STEP * 1j * move for letter, move in self.moves(places).items()}
        value = Forward(self, points.of, moves, only(wrt)).value(of)
        slope = np.broadcast_to(np.imag(value) / STEP, (len(places), self.points, *value.shape[-2:]))
        return as_jacobian(slope)

    def moves(self, places: Sequence[tuple[Letter, int, int]]) -> dict[Letter, Array]:
        """For each letter (entries, 1, rows, columns): 1 at the k-th of ``places`` in the k-th entry, else 0."""
        moves: dict[Letter, Array] = {}
        for k, (letter, row, column) in enumerate(places):
            if letter not in moves:
                moves[letter] = np.zeros((len(places), 1, *self.numbers(letter)))
            moves[letter][k, 0, row, column] = 1.0
        return moves

    def places(self, wrt: Expr) -> list[tuple[Letter, int, int]]:
        """The entries of what is differentiated in, as vec, each as the entry of a letter that stands there.

        Found by reading the definition on numbered entries: w_h = [W_xh W_hh]ᵀ is then a matrix of their numbers.
        """
        known: list[tuple[Letter, int, int]] = []

        def numbered(letter: Letter, _: int | None) -> Array:
            rows, columns = self.numbers(letter)
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
            numbers = Forward(self, numbered).value(letter)
        return [known[int(number)] for number in numbers.T.flat]

    def numbers(self, node: Expr) -> tuple[int, int]:
        """Rows and columns as numbers."""
        rows, columns = shape(self.page, node)
        return rows.at(self.sizes), columns.at(self.sizes)

    def body(self, letter: Letter, step: int) -> Expr | None:
        """What the page says a state is at a step; None where it starts there, from a value of its own."""
        key = (letter, step)
        if key not in self._bodies:
            self._bodies[key] = definition_at(self.page, letter[step])
        return self._bodies[key]


def only(wrt: Expr) -> int | None:
    """The one step at which something moves, for a state, data or the copy of a weight; None for a weight."""
    return wrt.index.value() if isinstance(wrt, (At, Copy)) else None


def as_jacobian(slope: Array) -> Array:
    """From (entry moved, point, row, column) to (point, vec of the value, vec of what moves)."""
    entries, points = slope.shape[:2]
    return np.moveaxis(np.swapaxes(slope, -1, -2).reshape(entries, points, -1), 0, -1)


class Forward:
    """One run of the recurrence: each state once, from its own definition, with some entries moved.

    ``moves`` are added to letters, an axis of moves in front of the points; with ``only`` they are added to the state
    or data of that step, or to a weight where the definition of that step uses it. ``nearest`` is how near an
    argument came to a kink or to the end of a domain. Leaves and moves are arrays of the ``space`` in which it is run.
    """

    def __init__(
        self,
        oracle: Oracle,
        leaves: Leaves,
        moves: Mapping[Letter, Any] | None = None,
        only: int | None = None,
        space: Space = NUMPY,
    ) -> None:
        self._oracle, self._leaves, self._space = oracle, leaves, space
        self._moves, self._only = moves or {}, only
        self._states: dict[tuple[Letter, int], Any] = {}
        self.nearest: Array = np.asarray(math.inf)

    def value(self, node: Expr) -> Any:
        """The value of an expanded expression without derivatives, (..., rows, columns)."""
        # What a state is computed from comes first, so that no recursion is deeper than one definition.
        pending = list(_states(node))
        while pending:
            letter, step = pending[-1]
            body = self._oracle.body(letter, step)
            missing = [] if body is None else [key for key in _states(body) if key not in self._states]
            if missing and (letter, step) not in self._states:
                pending.extend(missing)
                continue
            pending.pop()
            if (letter, step) not in self._states:
                own = self._leaves(letter, step) if body is None else self._value(body, step)
                self._states[letter, step] = self._moved(letter, step, own)
        return self._value(node, 0)

    def _moved(self, letter: Letter, step: int, value: Any) -> Any:
        move = self._moves.get(letter)
        return value if move is None or self._only not in (None, step) else value + move

    def _value(self, node: Expr, step: int) -> Any:
        """``step`` is that of the definition that ``node`` stands in."""
        match node:
            case Number():
                return self._space.number(node.value.numerator, node.value.denominator)
            case IndexValue():
                return self._space.number(node.index.value(), 1)
            case Letter(kind="weight"):
                for equation in self._oracle.page.definitions(node):
                    if equation.right is not None:
                        return self._value(equation.right, step)
                return self._moved(node, step, self._leaves(node, None))
            case At(letter=Letter(kind="data")):
                at = node.index.value()
                return self._moved(node.letter, at, self._leaves(node.letter, at))
            case At():
                return self._states[node.letter, node.index.value()]
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
                return column * self._space.array(np.eye(column.shape[-2]))
            case Concat():
                return self._space.side_by_side([self._value(part, step) for part in node.parts])
            case Transpose():
                return self._value(node.of, step).swapaxes(-1, -2)
            case Zero():
                return self._space.array(np.zeros(self._oracle.numbers(node.like)))
            case Ones():
                return self._space.array(np.ones(self._oracle.numbers(node.like)))
            case Identity():
                return self._space.array(np.eye(*self._oracle.numbers(node.like)))
            case _:
                raise IllTyped(f"{node} has no value on the page")

    def _applied(self, node: Apply, arguments: list[Any]) -> Any:
        function = node.function
        if function.shape is None:
            (argument,) = arguments
            name = self._oracle.acts(function)
            for margin in self._oracle.row(function).margins(np.real(argument)) if self._space is NUMPY else ():
                self.nearest = np.minimum(self.nearest, margin.min(axis=(-2, -1)))
            if node.primes > 1:
                raise NoOracle(f"{node} is a derivative of order {node.primes}: only slopes are written down here")
            if node.primes and self._space is not NUMPY:
                raise NoOracle(f"{node}: slopes are written down for NumPy only")
            if node.primes:
                return slope_by_hand(name, argument, FLOATS.named(name, argument))
            return self._space.elementwise(name, argument)
        entries = [
            argument[..., row, column]
            for argument in arguments
            for column in range(argument.shape[-1])
            for row in range(argument.shape[-2])
        ]
        rows = range(function.shape[0].at(self._oracle.sizes))
        return self._space.column([self._space.arbitrary(function.symbol, row, entries) for row in rows])

    def _power(self, base: Any, exponent: int) -> Any:
        # Repeated products: a complex power by logarithms would lose the digits of the step.
        if exponent < 0 and base.shape[-2:] != (1, 1):
            raise IllTyped("a negative power of a matrix is not a page's notation")
        power = self._space.array(np.eye(base.shape[-1]))
        for bit in f"{abs(exponent):b}":
            power = power @ power
            power = power @ base if bit == "1" else power
        return power if exponent >= 0 else 1 / power


def _states(node: Expr) -> Iterator[tuple[Letter, int]]:
    if isinstance(node, At) and node.letter.kind == "state":
        yield node.letter, node.index.value()
    elif not isinstance(node, (Zero, Identity)):  # these only have the shape of what is in them
        for child in children(node):
            yield from _states(child)


def _times(left: Any, right: Any) -> Any:
    scalar = (1, 1) in (left.shape[-2:], right.shape[-2:])
    return left * right if scalar else left @ right


def _kronecker(left: Any, right: Any) -> Any:
    blocks = left[..., :, None, :, None] * right[..., None, :, None, :]
    rows, columns = left.shape[-2] * right.shape[-2], left.shape[-1] * right.shape[-1]
    return blocks.reshape((*blocks.shape[:-4], rows, columns))
