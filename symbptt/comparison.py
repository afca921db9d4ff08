"""Proved claims against numbers that know nothing of the proof.

The right side of a claim, as it was unrolled and differentiated by SymPy, is evaluated at random points in double
precision. Its left side is found a second way: the definitions of the page are run forward as they are written, in
complex NumPy arrays, and differentiated by complex step, d y/d w = Im y(w + ih)/h. No SymPy, no normal form and no
proved formula takes part in that, so that a wrong rule for a derivative shows here even where both sides of a claim
share it. Agreement proves nothing; a disagreement refutes.

An arbitrary elementwise function is taken as tanh, an arbitrary function with a shape as ``numeric.arbitrary``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeAlias

import numpy as np

from symbptt.derivation import Derivation, Equation
from symbptt.errors import SymbpttError, UsageError
from symbptt.expansion import expand, instances, unstated
from symbptt.notation import Letter
from symbptt.numeric import Array, to_numpy
from symbptt.proof import Bench, Question, page_sizes
from symbptt.recurrence import Oracle
from symbptt.shapes import agree
from symbptt.unroll import Unrolling

Outcome: TypeAlias = Literal["agree", "disagree", "no oracle"]

TOLERANCE = 1e-12
"""How far apart the sides may be, relative to the norm of the left one. Two independent ways in double precision
differ by 1e-15 to 2e-13, the latter one run in hundreds; a wrong formula is off by far more at values of order 1. It
is purely relative, so that small gradients do not let a false claim pass."""
ANY = "tanh"
"""The activation that stands for an arbitrary elementwise function."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim in one weight at one step. It has no truth value: compare ``outcome``.

    ``error`` is ‖right - left‖/‖left‖ in the Frobenius norm over all points, the largest over the ``instances`` (values
    of the other indices that the claim is stated for); nan where there was no oracle.
    """

    tag: str
    step: int
    weight: str
    """Empty where the claim is stated in none, or in several at once."""
    outcome: Outcome
    points: int = 0
    instances: int = 0
    error: float = math.nan
    tolerance: float = TOLERANCE
    reason: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a comparison has no truth value: compare its outcome, comparison.outcome == 'agree'")


def crosscheck(
    page: Derivation,
    equations: Iterable[Equation],
    question: Question | None = None,
    *,
    points: int = 10,
    seed: int = 0,
    every_step: bool = False,
    bench: Bench | None = None,
) -> Iterator[Comparison]:
    """Each claim at its largest stated step (or at every one), once for each weight it is stated in.

    ``bench`` lends what was unrolled for a proof with a named activation. No claim or misreading is left out: where
    nothing can be compared the outcome is ``no oracle``, with the reason; definitions claim nothing and have no row.
    Raises :class:`UsageError` for less than one point or step, or a negative seed, :class:`PageError` where the page's
    definitions do not compose.
    """
    if points < 1 or seed < 0:
        raise UsageError(f"expected at least one point and a seed from 0 up, not {points} and {seed}")
    question = question or Question()
    asked = sorted(set(question.steps))
    if not asked:
        raise UsageError("expected at least one step to compare at")
    name = ANY if question.activation == "any" else question.activation
    sizes = page_sizes(page, question.sizes)
    unrolling, _ = (bench or Bench(page)).unrolled(sizes, name)
    oracle = Oracle(page, sizes, name, points, seed)
    for equation in equations:
        if equation.kind == "definition":
            continue
        try:
            agree(page, *page.resolved(equation))
            silent = {step: unstated(page, equation, step) for step in asked}
        except SymbpttError as error:
            silent = dict.fromkeys(asked, str(error))
        stated = [step for step in asked if not silent[step]]
        if not stated:
            yield Comparison(equation.tag, asked[-1], "", "no oracle", reason=silent[asked[-1]])
        for step in stated if every_step else stated[-1:]:
            readings: dict[Letter | None, list[dict[str, int]]] = {}
            for values, weight in instances(page, equation, step):
                readings.setdefault(weight, []).append(values)
            for weight, every in readings.items():
                yield _compared(oracle, unrolling, equation, step, weight, every)


def _compared(
    oracle: Oracle,
    unrolling: Unrolling,
    equation: Equation,
    step: int,
    weight: Letter | None,
    every: list[dict[str, int]],
) -> Comparison:
    row = functools.partial(Comparison, equation.tag, step, "" if weight is None else str(weight))
    left, right = oracle.page.resolved(equation, weight)
    worst, where, count, unanswered = 0.0, every[0], 0, ""
    for values in every:
        try:
            reference, point = oracle.reference(expand(left, values))
            function = to_numpy(unrolling.side(right, values))
            given = function({symbol: point.entry(symbol.name) for symbol in function.symbols})
        except (SymbpttError, OverflowError) as why:
            unanswered = unanswered or str(why)
            continue
        count += 1
        error = relative_error(np.broadcast_to(given, reference.shape), reference)
        if error > worst:
            worst, where = error, values
    if worst > TOLERANCE:
        indices = ", ".join(f"{name} = {value}" for name, value in where.items())
        reason = f"at {indices} the right side is off by {worst:.2g} of the norm of the left, which complex step gives"
        return row("disagree", oracle.points, count, worst, reason=reason)
    if unanswered:
        return row("no oracle", reason=unanswered)
    return row("agree", oracle.points, count, worst)


def relative_error(given: Array, reference: Array) -> float:
    """‖given - reference‖/‖reference‖ over all points together; both are (points, rows, columns).

    Together, because at a single point a gradient may happen to be small by cancellation, and its own relative error
    then says nothing. A reference that is exactly zero at every point has no relative error: there ‖given‖ itself
    counts. Infinite where a value is not finite.
    """
    if not (np.isfinite(given).all() and np.isfinite(reference).all()):
        return math.inf
    # Divided by the largest entry first: the squares of a small gradient would underflow.
    peak = np.abs(reference).max() or 1.0
    norm = np.linalg.norm(reference / peak) or 1.0
    return float(np.linalg.norm((given - reference) / peak) / norm)
