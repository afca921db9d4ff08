"""A page run forward on dual numbers: the values of both sides of an equation without SymPy, a second time.

Every definition is evaluated as it is written, on pairs (value, slope) with (a, a')·(b, b') = (ab, a'b + ab') and
phi((a, a')) = (phi(a), phi'(a)·a'). A derivative is the slope that comes out where the entry it is taken in goes in
with slope 1. No graph, no normal form and none of SymPy's rules takes part in that, and what is added and multiplied
may be fractions, intervals or residues, so that a witness found on the unrolled graph is checked by another way through
the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from symbptt.functions import TABLE
from symbptt.oracles.forward import Forward, Leaves, Model, Motion, as_jacobian
from symbptt.oracles.spaces import Array, Space
from symbptt.page.inside import Fixed
from symbptt.page.notation import Block, Expr, Letter, Partial, Total

UNSAID = Fraction(1)
"""An entry that a point does not speak of, because what is asked does not depend on it: away from the kink of relu."""


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """Arrays that move: their values, and their slopes with the axis of what moves in front; None: none moves."""

    value: Any
    slope: Any = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""
        return tuple(self.value.shape)

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, _sum(self.slope, other.slope))

    def __sub__(self, other: Dual) -> Dual:
        turned = None if other.slope is None else -other.slope
        return Dual(self.value - other.value, _sum(self.slope, turned))

    def __neg__(self) -> Dual:
        return self._each(lambda array: -array)

    def __mul__(self, other: Dual) -> Dual:
        return self._product(other, lambda one, another: one * another)

    def __matmul__(self, other: Dual) -> Dual:
        return self._product(other, lambda one, another: one @ another)

    def __getitem__(self, place: Any) -> Dual:
        return self._each(lambda array: array[place])

    def swapaxes(self, one: int, other: int) -> Dual:
        """Two axes exchanged, counted from the last."""
        return self._each(lambda array: array.swapaxes(one, other))

    def jacobian(self) -> Dual:
        """What ``forward.as_jacobian`` makes of values and slopes."""
        return self._each(_jacobian)

    def _each(self, change: Callable[[Any], Any]) -> Dual:
        return Dual(change(self.value), None if self.slope is None else change(self.slope))

    def _product(self, other: Dual, times: Callable[[Any, Any], Any]) -> Dual:
        one = None if self.slope is None else times(self.slope, other.value)
        another = None if other.slope is None else times(self.value, other.slope)
        return Dual(times(self.value, other.value), _sum(one, another))


def _sum(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def _jacobian(slope: Any) -> Any:
    return slope.jacobian() if isinstance(slope, Dual) else as_jacobian(slope)


class Duals:
    """Dual numbers over a space, themselves a space: a derivative inside a derivative takes duals over duals."""

    def __init__(self, base: Space) -> None:
        self.base = base

    def array(self, values: Array) -> Dual:
        """Numbers that do not move."""
        return Dual(self.base.array(values))

    def rational(self, numerator: int, denominator: int) -> Dual:
        """A rational number by itself, which does not move."""
        return Dual(self.base.rational(numerator, denominator))

    def number(self, numerator: int, denominator: int) -> Dual:
        """A rational number as a 1 by 1 matrix, which does not move."""
        return Dual(self.base.number(numerator, denominator))

    def side_by_side(self, blocks: Sequence[Dual]) -> Dual:
        """Matrices with the same rows as one."""
        value = self.base.side_by_side([block.value for block in blocks])
        if all(block.slope is None for block in blocks):
            return Dual(value)
        zeros = [self.base.array(np.zeros(block.shape[-2:])) for block in blocks]
        slopes = [zero if block.slope is None else block.slope for zero, block in zip(zeros, blocks, strict=True)]
        return Dual(value, self.base.side_by_side(slopes))

    def inverse(self, value: Dual) -> Dual:
        """One over each entry."""
        one = self.base.inverse(value.value)
        return Dual(one, None if value.slope is None else -(one * one * value.slope))

    def named(self, name: str, argument: Dual) -> Dual:
        """A named function, and its derivative by the textbook."""
        value = self.base.named(name, argument.value)
        if argument.slope is None:
            return Dual(value)
        return Dual(value, TABLE[name].slope(self.base, argument.value, value) * argument.slope)

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Dual]) -> Dual:
        """What stands for an arbitrary function: its slope is that of one order more in each argument."""
        at = [argument.value for argument in arguments]
        slopes = [
            self.base.arbitrary(name, component, [order + (place == k) for k, order in enumerate(orders)], at)
            * argument.slope
            for place, argument in enumerate(arguments)
            if argument.slope is not None
        ]
        return Dual(self.base.arbitrary(name, component, orders, at), reduce(add, slopes) if slopes else None)


class Run(Forward):
    """A page at one choice of sizes, numbers and functions, derivatives too.

    A derivative starts a run over this one, on duals over its numbers, in which the entries it is taken in go in with
    slope 1. What it is taken in is shared by all that is differentiated in it.
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
        under: Run | None = None,
    ) -> None:
        super().__init__(model, space, leaves, moves, only, held, fixed)
        self._under = under
        self._axes: int = 0 if under is None else under._axes + 1
        self._runs: dict[Motion, Run] = {}
        self._derivatives: dict[Expr, Any] = {}

    def leaf(self, letter: Letter, mark: int | None, step: int) -> Any:
        """A letter that the page leaves open, as the run below has it."""
        return self._leaves(letter, mark) if self._under is None else Dual(self._under.given(letter, mark, step))

    def named(self, name: str, order: int, argument: Any) -> Any:
        """A named function differentiated so often: each time the slope on duals over the space."""
        return _differentiated(self.space, name, order, argument)

    def derivative(self, node: Total | Partial | Block) -> Any:
        """The value of a derivative in numerator layout, each once."""
        found = self._derivatives.get(node)
        if found is None:
            of = node.of.of if isinstance(node, Block) else node.of
            motion = self.model.motion(node)
            slope = self._moving(motion).differentiated(of).slope
            if slope is None:
                rows, columns = self.model.size(of)
                found = self.space.array(np.zeros((rows * columns, len(motion.places))))
            else:
                found = _jacobian(slope)
            self._derivatives[node] = found
        return found

    def _still(self, letter: Letter, step: int) -> Dual:
        return Dual(self.state(letter, step))

    def _moving(self, motion: Motion) -> Run:
        if motion not in self._runs:
            over = Duals(self.space)
            moves = {
                letter: Dual(self.space.array(np.zeros(unit.shape[-2:])), self.space.array(unit))
                for letter, unit in motion.units(self.model.size, self._axes).items()
            }
            run = Run(self.model, over, self._leaves, moves, motion.only, self._still, motion.fixed, self)
            self._runs[motion] = run
        return self._runs[motion]


def _differentiated(space: Space, name: str, order: int, argument: Any) -> Any:
    if not order:
        return space.named(name, argument)
    one = space.array(np.ones(argument.shape[-2:]))
    slope = _differentiated(Duals(space), name, order - 1, Dual(argument, one)).slope
    return space.array(np.zeros(argument.shape[-2:])) if slope is None else slope * one


def run_at(model: Model, point: Mapping[str, Fraction], space: Space) -> Run:
    """The page at a point, which has the entries of letters by name, ``W_hh[1,2]`` or ``X_3[1]``."""

    def leaf(letter: Letter, step: int | None) -> Any:
        rows, columns = model.size(letter)
        owner = letter.symbol if step is None else f"{letter.symbol}_{step}"
        made = np.empty((rows, columns), dtype=object)
        for row, column in np.ndindex(rows, columns):
            name = f"{owner}[{row + 1}{f',{column + 1}' if columns > 1 else ''}]"
            value = point.get(name, UNSAID)
            made[row, column] = space.rational(value.numerator, value.denominator)
        return made

    return Run(model, space, leaf)
