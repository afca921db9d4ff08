"""A user's own gradient code, compared with a proved expression.

The function is given what the page leaves open and returns a gradient for each weight. It is asked step after step from
the first on, at several random points, and at last where one letter is large: a clip that was left on, or a term that
is small beside the others, shows only there. What differs first is named: parameter, step, entry, both numbers.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn, TypeAlias

import numpy as np

from symbptt.errors import UsageError
from symbptt.judging.claims import prove
from symbptt.judging.compiled import ANY
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, page_sizes
from symbptt.judging.pages import select
from symbptt.oracles.points import Points
from symbptt.oracles.spaces import Array, Digits
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import instances, unstated
from symbptt.page.notation import At, Letter, Total, walk
from symbptt.page.shapes import shape
from symbptt.proofs.cascades import write_side
from symbptt.proofs.unrolled import Unrolling
from symbptt.verdicts import Question

OwnFunction: TypeAlias = Callable[..., Mapping[str, Any]]

DOUBLE, SINGLE = 1e-9, 1e-4
"""The tolerance for what comes back in double and in single precision, relative to the norm of a parameter's gradient:
another order of the same sums differs by far less, one slip by far more."""
ALLOWED = 1000.0
"""How many times what the proved expression itself loses in doubles at a point is allowed there."""
BLIND = 1e-3
"""A tolerance from which a point tells nothing, and is left out: everything is saturated there."""
LARGE = 100.0
"""The norm of the one letter that is large."""
DIGITS = 60


@dataclass(frozen=True, slots=True)
class FunctionComparison:
    """What a user's function was found to be. It has no truth value: compare ``outcome``.

    Where it disagrees, ``parameter``, ``step`` and ``entry`` are the first that differ: parameters in the order of the
    claims, entries counted from 1 as on a page, (row, column) or (row of the left side, row, column).
    """

    outcome: Literal["agree", "disagree"]
    compared: int
    """How many gradients were compared: a parameter at a step and a point each."""
    error: float = 0.0
    """‖given - proved‖/‖proved‖ for the gradient that differs, or the largest there was."""
    tolerance: float = DOUBLE
    parameter: str = ""
    step: int = 0
    entry: tuple[int, ...] = ()
    expected: float = math.nan
    given: float = math.nan
    large: str = ""
    """The letter that had to be large for the difference to show; empty where it shows at values of order 1."""
    reason: str = ""
    not_compared: tuple[str, ...] = ()
    """What the function returns beside the weights that the claims are stated in."""

    def __bool__(self) -> NoReturn:
        raise TypeError("a comparison has no truth value: compare its outcome, found.outcome == 'agree'")


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One weight that a proved claim is stated in."""

    equation: Equation
    weight: Letter
    rows: int
    """Entries of the left side."""
    size: tuple[int, int]


def crosscheck_function(
    derivation: Derivation,
    tag: str | Sequence[str],
    fn: OwnFunction,
    question: Question | None = None,
    *,
    points: int = 3,
    seed: int = 0,
) -> FunctionComparison:
    """A user's gradient function against the proved claims with these tags.

    ``fn(t=..., **letters)`` is called with the last step and every letter that the page leaves open, by name: a weight
    (rows, columns), data (t + 1, rows) whose entry k is x_k, a first state ``h_0`` (rows,), all float64. It returns a
    mapping from each weight's name, or that name behind a ``d``, to the derivative of the claims' left side: (rows,
    columns) like the weight where the left side is a scalar, else with its rows in front, or (rows of the left side,
    entries of the weight as vec). A column may come back as (rows,). Single precision is compared as such; the letters
    are copies, so that a function may write into them.

    Raises :class:`UsageError` where a tag is unknown, not proved or stated in no single weight, and where the function
    cannot be called so or returns no mapping with the weights in it. What it raises itself, and a shape or a number
    that is wrong, is a disagreement.
    """
    question = question or Question(sizes={"n": 3, "d": 2, "q": 2})
    if points < 1 or seed < 0:
        raise UsageError(f"expected at least one point and a seed from 0 up, not {points} and {seed}")
    bench = Bench(derivation)
    equations = [_proved(derivation, name, question, bench) for name in ([tag] if isinstance(tag, str) else tag)]
    name = ANY if question.activation == "any" else question.activation
    sizes = page_sizes(derivation, question.sizes)
    unrolling, _ = bench.unrolled(sizes, name)
    parameters = [one for equation in equations for one in _parameters(derivation, equation, sizes)]
    letters = _open(derivation)
    _check_callable(
        fn, ["t", *(letter.symbol for letter in letters), *(f"{h.symbol}_0" for h in _first_states(derivation))]
    )
    stated = [
        step
        for step in sorted(set(question.steps))
        if not any(unstated(derivation, equation, step) for equation in equations)
    ]
    if not stated:
        raise UsageError("no step that was asked for is one that the claims are stated for")
    trials: list[tuple[int, Points, int, str]] = []
    plain = Points(derivation, sizes, points, seed)
    trials += [(step, plain, place, "") for step in stated for place in range(points)]
    for letter in letters:
        wide = Points(derivation, sizes, 1, seed, {letter.symbol: LARGE})
        trials.append((stated[-1], wide, 0, letter.symbol))
    compared, worst = 0, 0.0
    beside: tuple[str, ...] = ()
    for step, at, place, large in trials:
        try:
            returned = fn(t=step, **_arguments(derivation, letters, at, place, step))
        except Exception as error:
            # The function is the user's: whatever it raises is said of it.
            said = f"at t = {step} it raised {type(error).__name__}: {error}"
            return FunctionComparison("disagree", compared, math.inf, step=step, large=large, reason=said)
        found = _returned(returned, parameters)
        beside = tuple(str(key) for key in returned if key not in {key for key, _ in found.values()})
        for one in parameters:
            expected, lost = _expected(derivation, unrolling, one, at, place, step)
            tolerance = max(SINGLE if found[one.weight][1].dtype == np.float32 else DOUBLE, ALLOWED * lost)
            if tolerance > BLIND:
                continue
            compared += 1
            outcome = _judged(one, found[one.weight][1], expected, tolerance)
            worst = max(worst, outcome.error)
            if outcome.outcome == "disagree":
                where = f", {large} scaled to norm {LARGE:g}" if large else ""
                said = f"{found[one.weight][0]} at t = {step}{where}: {outcome.reason}"
                return replace(
                    outcome,
                    compared=compared,
                    tolerance=tolerance,
                    parameter=found[one.weight][0],
                    step=step,
                    large=large,
                    reason=said,
                    not_compared=beside,
                )
    return FunctionComparison("agree", compared, worst, not_compared=beside)


def _proved(page: Derivation, tag: str, question: Question, bench: Bench) -> Equation:
    found = select(page, tag)
    if len(found) != 1:
        known = ", ".join(entry.tag for entry in page if entry.kind == "claim")
        raise UsageError(f"no single claim is tagged {tag}: expected one of {known}")
    (equation,) = found
    if equation.kind != "claim" or not equation.weights or equation.for_each:
        raise UsageError(f"({tag}) is no claim in one weight at a time: there is no gradient to compare with")
    left, _ = page.resolved(equation)
    if not isinstance(left, Total) or not isinstance(left.wrt, Letter):
        raise UsageError(f"({tag}) has no total derivative in a weight on its left, but {left}")
    verdict = prove(page, equation, question, bench)
    if verdict.word != "proved":
        raise UsageError(f"({tag}) is {verdict.word}: only what is proved is compared with. {verdict.reason}")
    return equation


def _parameters(page: Derivation, equation: Equation, sizes: Mapping[str, int]) -> Iterator[_Parameter]:
    for weight in equation.weights:
        if page.definitions(weight):
            continue  # a concatenation: its blocks are the parameters of a program
        left, _ = page.resolved(equation, weight)
        assert isinstance(left, Total)
        rows = math.prod(dim.at(sizes) for dim in shape(page, left.of))
        size = shape(page, weight)
        yield _Parameter(equation, weight, rows, (size[0].at(sizes), size[1].at(sizes)))


def _open(page: Derivation) -> list[Letter]:
    """Weights and data of the page, and the states that have a first value, each once, in page order."""
    found: dict[Letter, None] = {}
    for equation in page:
        if equation.kind == "definition":
            for letter in equation.letters:
                if letter.kind == "data" or (letter.kind == "weight" and not page.definitions(letter)):
                    found[letter] = None
    return list(found)


def _first_states(page: Derivation) -> Iterator[Letter]:
    """The states that need a value at step 0 which the page does not give."""
    for equation in page:
        left = equation.left
        if equation.kind != "definition" or not isinstance(left, At) or equation.right is None or not left.index.terms:
            continue
        recurs = any(isinstance(node, At) and node == At(left.letter, left.index - 1) for node in walk(equation.right))
        fixed = any(
            isinstance(known.left, At) and not known.left.index.terms for known in page.definitions(left.letter)
        )
        if recurs and not fixed:
            yield left.letter


def _check_callable(fn: OwnFunction, names: Sequence[str]) -> None:
    try:
        inspect.signature(fn).bind(**dict.fromkeys(names))
    except (TypeError, ValueError) as why:
        raise UsageError(f"the function is called with {', '.join(names)} by name, but {why}") from None


def _arguments(page: Derivation, letters: Sequence[Letter], at: Points, place: int, step: int) -> dict[str, Array]:
    given: dict[str, Array] = {}
    for letter in letters:
        if letter.kind == "weight":
            given[letter.symbol] = at.of(letter, None)[place].copy()
        else:
            given[letter.symbol] = np.stack([at.of(letter, k)[place, :, 0] for k in range(step + 1)])
    for letter in _first_states(page):
        given[f"{letter.symbol}_0"] = at.of(letter, 0)[place, :, 0].copy()
    return given


def _returned(returned: Any, parameters: Sequence[_Parameter]) -> dict[Letter, tuple[str, Array]]:
    names = ", ".join(one.weight.symbol for one in parameters)
    if not isinstance(returned, Mapping):
        raise UsageError(f"the function returned {type(returned).__name__}: expected a mapping with {names}")
    found: dict[Letter, tuple[str, Array]] = {}
    for one in parameters:
        for key in (one.weight.symbol, f"d{one.weight.symbol}"):
            if key in returned:
                value = np.asarray(returned[key])
                if value.dtype.kind not in "fiu":
                    raise UsageError(f"the function returned {key} as {value.dtype}: expected real numbers")
                found[one.weight] = key, value
                break
        else:
            listed = ", ".join(map(str, returned)) or "nothing"
            raise UsageError(f"the function returned {listed}: expected {one.weight.symbol} among them")
    return found


def _expected(
    page: Derivation, unrolling: Unrolling, one: _Parameter, at: Points, place: int, step: int
) -> tuple[Array, float]:
    """The proved gradient, (rows of the left side, rows, columns), and what of it doubles lose at this point."""
    _, right = page.resolved(one.equation, one.weight)
    values = next(values for values, weight in instances(page, one.equation, step) if weight == one.weight)
    function = NumpyFunction(write_side(unrolling, right, values))
    point = {symbol: float(at.entry(symbol.name)[place]) for symbol in function.symbols}
    exact = np.asarray(function.exactly(point, Digits(DIGITS)), dtype=np.float64)
    lost = float(np.linalg.norm(function(point) - exact) / (np.linalg.norm(exact) or 1.0))
    rows, columns = one.size
    return exact.reshape(one.rows, columns, rows).swapaxes(-1, -2), lost


def _judged(one: _Parameter, value: Array, expected: Array, tolerance: float) -> FunctionComparison:
    rows, columns = one.size
    known: dict[tuple[int, ...], Array] = {(one.rows, rows, columns): value}
    if value.shape == (one.rows, rows * columns) and one.rows * rows > 1:
        known[value.shape] = value.reshape(one.rows, columns, rows).swapaxes(-1, -2)
    if one.rows == 1:
        known[rows, columns] = value
    if columns == 1:
        known[(rows,) if one.rows == 1 else (one.rows, rows)] = value
    if value.shape not in known:
        said = " or ".join(map(str, known))
        return FunctionComparison("disagree", 1, math.inf, reason=f"it has shape {value.shape}, expected {said}")
    given = known[value.shape].reshape(expected.shape).astype(np.float64)
    norm = float(np.linalg.norm(expected)) or 1.0
    off = np.abs(given - expected)
    error = float(np.linalg.norm(off) / norm) if np.isfinite(given).all() else math.inf
    if error <= tolerance:
        return FunctionComparison("agree", 1, error)
    entries = np.argwhere(~(off <= tolerance * norm / math.sqrt(off.size)))
    first = tuple(int(k) for k in entries[0])
    shown = tuple(k + 1 for k in (first[1:] if one.rows == 1 else first))
    wrong, right = float(given[first]), float(expected[first])
    listed = ",".join(map(str, shown))
    return FunctionComparison(
        "disagree",
        1,
        error,
        tolerance,
        entry=shown,
        expected=right,
        given=wrong,
        reason=f"entry [{listed}] is {wrong:.6g}, proved {right:.6g}; off by {error:.2g} of the norm",
    )
