"""A user's own gradient code, compared with proved claims of a page, or with what is derived of it.

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

from symbptt.deriving.derived import Derived, derive
from symbptt.deriving.pytorch import is_module, of_arrays
from symbptt.deriving.slips import pages_with_a_slip
from symbptt.errors import SymbpttError, UsageError
from symbptt.judging.claims import prove
from symbptt.judging.compiled import ANY
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, page_sizes
from symbptt.judging.pages import select
from symbptt.oracles.forward import Forward, Model
from symbptt.oracles.points import Points
from symbptt.oracles.spaces import NUMPY, Array, Digits
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, instances, unstated
from symbptt.page.notation import At, Expr, Index, Laid, Letter, Total, walk
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
    slip: str = ""
    """The one slip that explains what the function returns: a bound it is kept within, or of a derived gradient the one
    change of the derivation with which all of it comes out; empty where there is none."""
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
    derivation: Derivation | Derived,
    tag: str | Sequence[str] | None = None,
    fn: OwnFunction | None = None,
    question: Question | None = None,
    *,
    of: str | Letter | None = None,
    points: int = 3,
    seed: int = 0,
    pytorch: bool = False,
) -> FunctionComparison:
    """A user's gradient function against the proved claims with these tags, or without any against what is derived.

    ``crosscheck_function(page, of=L, fn=mine)`` derives the gradients of the loss ``of`` (of the only one where it is
    left out), each of them proved; where the function disagrees, ``slip`` says which one slip in the derivation gives
    what it returns, where one does. What ``derive`` returned is taken in place of the page, so that several functions
    are compared with gradients that are derived once.

    ``fn(t=..., **letters)`` is called with the last step and every letter that the page leaves open, by name: a weight
    (rows, columns), data (t + 1, rows) whose entry k is x_k, a first state ``h_0`` (rows,), all float64. It returns a
    mapping from each weight's name, or that name behind a ``d``, to the derivative of the claims' left side: (rows,
    columns) like the weight where the left side is a scalar, else with its rows in front, or (rows of the left side,
    entries of the weight as vec). A column may come back as (rows,). Single precision is compared as such; the letters
    are copies, so that a function may write into them.

    ``pytorch``: it is a function of tensors, and may return the loss, which PyTorch differentiates. A module of PyTorch
    is taken as it is: the weights of the page are its parameters of the same names, and it is called with the rest.

    Raises :class:`UsageError` where a tag is unknown, not proved or stated in no single weight, and where the function
    cannot be called so or returns no mapping with the weights in it. What it raises itself, and a shape or a number
    that is wrong, is a disagreement.
    """
    if fn is None:
        raise UsageError("expected the function that is compared: crosscheck_function(page, of=L, fn=mine)")
    if isinstance(derivation, Derived):
        if tag is not None or of is not None:
            raise UsageError("what is derived has its loss and its claims: expected no tag and no loss beside it")
        derived = derivation
    elif tag is not None:
        if of is not None:
            raise UsageError("expected tags of claims, or the loss whose gradients are derived, not both")
        tags = [tag] if isinstance(tag, str) else tag
        return _compared(derivation, tags, _own(derivation, fn, pytorch), question, points, seed)
    else:
        derived = derive(derivation, of=of, question=question)
    wrong = next((row for row in derived.rows if row.word != "proved"), None)
    if wrong is not None:
        said = "; ".join(derived.readings) or (wrong.verdict.reason if wrong.verdict is not None else "")
        raise UsageError(f"({wrong.tag}) is {wrong.word}: only what is proved is compared with. {said}")
    tags = [row.tag for row in derived.rows if row.equation is not None and row.equation.weights]
    return _compared(derived.page, tags, _own(derived.page, fn, pytorch), question, points, seed, derived)


def _own(page: Derivation, fn: OwnFunction, pytorch: bool) -> OwnFunction:
    """A user's function as one of arrays."""
    weights = tuple(letter.symbol for letter in _open(page) if letter.kind == "weight")
    return of_arrays(fn, weights) if pytorch or is_module(fn) else fn


def _compared(
    derivation: Derivation,
    tags: Sequence[str],
    fn: OwnFunction,
    question: Question | None,
    points: int,
    seed: int,
    derived: Derived | None = None,
) -> FunctionComparison:
    question = question or Question(sizes={"n": 3, "d": 2, "q": 2})
    if points < 1 or seed < 0:
        raise UsageError(f"expected at least one point and a seed from 0 up, not {points} and {seed}")
    bench = Bench(derivation)
    if derived is None:
        equations = [_proved(derivation, name, question, bench) for name in tags]
    else:
        equations = [derivation[name] for name in tags]
    name = ANY if question.activation == "any" else question.activation
    sizes = page_sizes(derivation, question.sizes)
    unrolling, _ = bench.unrolled(sizes, name)
    parameters = [one for equation in equations for one in _parameters(derivation, equation, sizes)]
    letters = _open(derivation)
    # What a state is at step 0 may follow from others there: h_0 = o_0 ⊙ tanh(c_0).
    firsts = {
        f"{letter.symbol}_0": NumpyFunction(unrolling.written_out(At(letter, Index.of(0))))
        for letter in _first_states(derivation)
    }
    _check_callable(fn, ["t", *(letter.symbol for letter in letters), *firsts])
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
            returned = fn(t=step, **_arguments(letters, firsts, at, place, step))
        except UsageError:
            raise
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
                slip = _bounded(one, found[one.weight][1], expected)
                if derived is not None and not large and not slip:

                    def returned_at(step: int, at: Points = at, place: int = place) -> Mapping[Letter, Array]:
                        again = fn(t=step, **_arguments(letters, firsts, at, place, step))
                        return {weight: value for weight, (_, value) in _returned(again, parameters).items()}

                    slip = _slip(derived, parameters, returned_at, (sizes, name), (at, place), (step, stated[-1]))
                said += f"; so it is where {slip}" if slip else ""
                return replace(
                    outcome,
                    compared=compared,
                    tolerance=tolerance,
                    parameter=found[one.weight][0],
                    step=step,
                    large=large,
                    reason=said,
                    slip=slip,
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
    left = _derivative(page.resolved(equation)[0])
    if left is None or not isinstance(left.wrt, Letter):
        raise UsageError(f"({tag}) has no total derivative in a weight on its left, but {equation.left}")
    verdict = prove(page, equation, question, bench)
    if verdict.word != "proved":
        raise UsageError(f"({tag}) is {verdict.word}: only what is proved is compared with. {verdict.reason}")
    return equation


def _parameters(page: Derivation, equation: Equation, sizes: Mapping[str, int]) -> Iterator[_Parameter]:
    for weight in equation.weights:
        if page.definitions(weight):
            continue  # a concatenation: its blocks are the parameters of a program
        left = _derivative(page.resolved(equation, weight)[0])
        assert left is not None
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


def _first_states(page: Derivation) -> list[Letter]:
    """The states that a first step reads at step 0, and that the page gives no value there."""
    found: dict[Letter, None] = {}
    for equation in page:
        left = equation.left
        if equation.kind != "definition" or not isinstance(left, At) or equation.right is None or not left.index.terms:
            continue
        for node in walk(equation.right):
            if isinstance(node, At) and node.letter.kind == "state" and node.index == left.index - 1:
                found[node.letter] = None
    return [letter for letter in found if 0 not in page.meaning.defined(letter).fixed]


def _check_callable(fn: OwnFunction, names: Sequence[str]) -> None:
    try:
        inspect.signature(fn).bind(**dict.fromkeys(names))
    except (TypeError, ValueError) as why:
        raise UsageError(f"the function is called with {', '.join(names)} by name, but {why}") from None


def _arguments(
    letters: Sequence[Letter], firsts: Mapping[str, NumpyFunction], at: Points, place: int, step: int
) -> dict[str, Array]:
    given: dict[str, Array] = {}
    for letter in letters:
        if letter.kind == "weight":
            given[letter.symbol] = at.of(letter, None)[place].copy()
        else:
            given[letter.symbol] = np.stack([at.of(letter, k)[place, :, 0] for k in range(step + 1)])
    for name, first in firsts.items():
        given[name] = np.asarray(first(_point(first, at, place)), dtype=np.float64)[:, 0].copy()
    return given


def _point(function: NumpyFunction, at: Points, place: int) -> dict[Any, float]:
    """The numbers of what a function is asked for at a point."""
    return {symbol: float(at.entry(symbol.name)[place]) for symbol in function.symbols}


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
    point = _point(function, at, place)
    exact = np.asarray(function.exactly(point, Digits(DIGITS)), dtype=np.float64)
    lost = float(np.linalg.norm(function(point) - exact) / (np.linalg.norm(exact) or 1.0))
    return _as_weight(one, exact), lost


def _as_weight(one: _Parameter, value: Array) -> Array:
    """A derivative in a weight as (rows of the left side, rows, columns)."""
    rows, columns = one.size
    if isinstance(one.equation.left, Laid):
        return value.reshape(1, rows, columns)
    return value.reshape(one.rows, columns, rows).swapaxes(-1, -2)


def _derivative(node: Expr) -> Total | None:
    """The total derivative that a side is, in whatever layout."""
    inner = node.of if isinstance(node, Laid) else node
    return inner if isinstance(inner, Total) else None


def _bounded(one: _Parameter, value: Array, expected: Array) -> str:
    """That what a function returns is right but for a bound that it is kept within; empty where it is not."""
    if value.size != expected.size or not np.isfinite(value).all():
        return ""
    given = value.reshape(expected.shape)
    most, factor = float(np.abs(given).max()), float(np.linalg.norm(given) / (np.linalg.norm(expected) or 1.0))
    if most and np.allclose(given, np.clip(expected, -most, most), rtol=DOUBLE, atol=0.0):
        return f"every entry is kept within {most:.6g}"
    if 0 < factor < 1 and np.allclose(given, factor * expected, rtol=1e-6, atol=0.0):
        return f"it is kept within the norm {np.linalg.norm(given):.6g}, or {factor:.6g} times as large"
    return ""


def _slip(
    derived: Derived,
    parameters: Sequence[_Parameter],
    returned_at: Callable[[int], Mapping[Letter, Array]],
    model: tuple[Mapping[str, int], str],
    where: tuple[Points, int],
    steps: tuple[int, ...],
) -> str:
    """The slip that gives all that a function returns, at the first step that differs and at the last one."""
    wanted = {step: returned_at(step) for step in dict.fromkeys(steps)}
    for words, page in pages_with_a_slip(derived.page, derived.given):
        try:
            if all(_gives(page, parameters, wanted[step], model, where, step) for step in wanted):
                return words
        except (SymbpttError, ArithmeticError):
            continue  # what has no meaning was written by nobody
    return ""


def _gives(
    page: Derivation,
    parameters: Sequence[_Parameter],
    wanted: Mapping[Letter, Array],
    model: tuple[Mapping[str, int], str],
    where: tuple[Points, int],
    step: int,
) -> bool:
    """Whether a page makes gradients of the numbers that a function returned."""
    at, place = where
    run = Forward(Model(page, *model), NUMPY, lambda letter, k: at.of(letter, k)[place])
    for one in parameters:
        equation = page[one.equation.tag]
        _, right = page.resolved(equation, one.weight)
        values = next(values for values, weight in instances(page, equation, step) if weight == one.weight)
        with np.errstate(all="ignore"):  # what is inf or nan is none that was returned
            value = np.asarray(run.value(expand(right, values)))
        outcome = _judged(one, wanted[one.weight], _as_weight(one, value), DOUBLE)
        if outcome.outcome == "disagree":
            return False
    return True


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
