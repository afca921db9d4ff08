"""What readings and fixes of a claim are put through: one random point at four steps, then a proof at these steps.

At fewer steps, or with one row, wrong ones hold too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

from symbptt.errors import SymbpttError
from symbptt.judging.methods import Bench, decide, page_sizes
from symbptt.page.derivation import Equation
from symbptt.page.expansion import closed_step, first_step, instances, unstated
from symbptt.page.notation import Expr, free_indices
from symbptt.page.shapes import agree
from symbptt.refuting.residues import Matrix
from symbptt.verdicts import Question

STEPS = 4
"""At how many steps a reading has to be proved."""
SIZE = 2
"""The least size of a reading's proof; with one row matrices commute."""


class Sieve:
    """Both sides of many equations at one random point, at the steps at which a reading has to hold.

    ``steps`` are those where ``equation`` is stated; a reading that is not stated at one of them is none. Raises
    :class:`NotStated` and :class:`IllTyped` where the equation has no step at all.
    """

    def __init__(self, bench: Bench, equation: Equation, question: Question, steps: Sequence[int] = ()) -> None:
        self.bench, self.equation = bench, equation
        if not steps:
            closed = closed_step(bench.page, equation)
            start = first_step(bench.page, equation)
            steps = (closed,) if closed is not None else range(start, start + STEPS)
        self.steps = tuple(steps)
        sizes = {name: max(size, SIZE) for name, size in page_sizes(bench.page, question.sizes).items()}
        self.question = Question(self.steps, sizes, question.activation, "unrolled")
        written = equation.weights[0] if equation.weights else None
        self._values: list[tuple[int, Mapping[str, int]]] = []
        for step in self.steps:
            if not unstated(bench.page, equation, step):
                read = instances(bench.page, equation, step)
                self._values += [(step, values) for values, weight in read if weight == written]
        # What is false is seen to be false at a late step first.
        self._values.reverse()

    def at(self, equation: Equation, steps: Sequence[int]) -> Sieve:
        """The same for an equation at other steps."""
        return Sieve(self.bench, equation, self.question, steps)

    def passes(self, equation: Equation) -> bool:
        """Whether both sides agree at the point at every step, and are not zero at all of them."""
        try:
            return self._agrees(equation)
        except SymbpttError:
            return False

    def says_nothing(self, equation: Equation, steps: Sequence[int]) -> bool:
        """Whether both sides of what is proved at these steps are one expression, or zero at each of them."""
        looked = [values for step, values in self._values if step in steps] or [values for _, values in self._values]
        try:
            sides = ((side, values) for values in looked for side in equation.sides)
            return equation.left == equation.right or not any(self._value(*side).any() for side in sides)
        except SymbpttError:
            return False

    def _agrees(self, equation: Equation) -> bool:
        page = self.bench.page
        left, right = equation.sides
        agree(page, page.resolve(left), page.resolve(right))
        zero = True
        for _, values in self._values:
            one, other = (self._value(side, values) for side in (left, right))
            if one.shape != other.shape or (one != other).any():
                return False
            zero = zero and not one.any()
        return not zero

    def differs(self, equation: Equation) -> int | None:
        """The first step at which the sides certainly differ, None where they agree or have no value."""
        try:
            for step, values in reversed(self._values):
                one, other = (self._value(side, values) for side in equation.sides)
                if one.shape != other.shape or (one != other).any():
                    return step
        except SymbpttError:
            return None
        return None

    def vanishes(self, node: Expr) -> bool:
        """Whether an expression is zero wherever its indices stand, and somewhere has a value; inside a Σ too."""
        try:
            free = sorted(free_indices(self.bench.page.resolve(node)))
        except SymbpttError:
            return False
        has_value = False
        for values in product(range(1, max(self.steps, default=0) + 1), repeat=len(free)):
            try:
                if self._value(node, dict(zip(free, values, strict=True))).any():
                    return False
                has_value = True
            except SymbpttError:
                pass
        return has_value

    def proves(self, equation: Equation) -> bool:
        """Whether it is proved for every step, or at every one of the sieve, with all entries written out."""
        asked = (replace(self.question, method=method) for method in ("adjoint", "backwards", "unrolled"))
        return any(decide(self.bench, equation, question).word == "proved" for question in asked)

    def _value(self, side: Expr, values: Mapping[str, int]) -> Matrix:
        return self.bench.point(self.question.sizes, self.question.activation).value(side, values)
