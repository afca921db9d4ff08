"""What is proved, compared with numbers from oracles that know nothing of it.

Each proved side is evaluated at random points in NumPy. An oracle is given the left side alone and the page's own
definitions: no SymPy, no normal form and no proved formula takes part in it, so that a wrong rule for a derivative
shows here even where both sides of a claim share it. Agreement proves nothing; a disagreement refutes.

A claim about a sum over steps is compared term by term as well, through the copy of the weight that each step has to
itself: d y/d w^(i) against what the right side says of step i, each relative to its own size. A term that has vanished
beside the others is as visible as the largest. Where doubles say that the sides differ, both are worked out again at
that point in as many digits as the difference needs, fifty at least, and those decide. A term that is smaller than
1e-320 of the whole is not seen.

An arbitrary elementwise function is taken as tanh, an arbitrary function with a shape as ``spaces.NUMPY.arbitrary``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from sympy import S

from symbptt.errors import SymbpttError, UsageError
from symbptt.functions import TABLE
from symbptt.judging.compiled import ANY, function_of
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, page_sizes
from symbptt.oracles.points import Points
from symbptt.oracles.spaces import Array, Digits
from symbptt.oracles.ways import (
    COMPLEX_STEP,
    DIGITS_ORACLE,
    FIFTY,
    SETTLED,
    TOLERANCE,
    WHY,
    Oracle,
    as_arranged,
    ask,
    check_name,
    in_digits,
)
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, instances, unstated
from symbptt.page.notation import (
    Add,
    At,
    Block,
    Copy,
    Expr,
    Index,
    IndexValue,
    Laid,
    Letter,
    Mul,
    Partial,
    Total,
    Zero,
    rebuild,
    walk,
)
from symbptt.page.shapes import agree
from symbptt.proofs.cascades import write_side
from symbptt.proofs.unrolled import Matrix, Unrolling
from symbptt.verdicts import EPS, Comparison, Question

NUDGE = 2.0**-20
"""The relative change of every input by which the condition of a point is measured."""
NUDGES = 3
"""In how many random directions."""
FAINT = 1e-280
"""Below this doubles lose digits: a term so small is worked out in digits."""
DEEPEST = 2000
"""The most digits that a dispute is settled in."""


def unanswered(tag: str, step: int, reason: str, oracle: str = COMPLEX_STEP, weight: str = "") -> Comparison:
    """The comparison of a claim that an oracle has no answer to."""
    return Comparison(tag, step, weight, "no oracle", oracle, TOLERANCE, WHY, reason=reason)


def crosscheck(
    page: Derivation,
    equations: Iterable[Equation],
    question: Question | None = None,
    *,
    points: int = 10,
    seed: int = 0,
    every_step: bool = False,
    bench: Bench | None = None,
    oracles: Sequence[str] = (COMPLEX_STEP,),
    by_term: bool = True,
    norms: Mapping[str, float] = MappingProxyType({}),
    dtype: str = "float64",
    lambdified: bool = False,
) -> Iterator[Comparison]:
    """Each claim at its largest stated step (or at every one), once for each weight it is stated in and each oracle.

    ``bench`` lends what was unrolled for a proof with a named activation. ``oracles`` are names of
    ``oracles.ORACLES``. ``by_term`` compares a derivative in a weight term by term too (in the row of complex step)
    and measures the condition of the points; without it a term that has vanished beside the others is not seen.
    ``norms`` scales letters to a spectral norm, by name: ``{"W_hh": 0.9}``. ``dtype`` complex128 takes complex points:
    a derivative is then that of a holomorphic function, complex step has no way to it, and terms are compared with
    fifty digits. ``lambdified``: a right side that is not too large is the function that SymPy's lambdify wrote; its
    terms are those of the graph walked, as both are without it.

    No claim or misreading is left out: where nothing can be compared the outcome is ``no oracle``, with the reason;
    definitions claim nothing and have no row. Raises :class:`UsageError` for less than one point or step, a negative
    seed, a name that no oracle or letter has, another dtype, or relu at complex points, :class:`PageError` where the
    page's definitions do not compose.
    """
    if points < 1 or seed < 0:
        raise UsageError(f"expected at least one point and a seed from 0 up, not {points} and {seed}")
    question = question or Question()
    asked = sorted(set(question.steps))
    if not asked:
        raise UsageError("expected at least one step to compare at")
    if not oracles:
        raise UsageError("expected at least one oracle to compare with")
    for oracle_name in oracles:
        check_name(oracle_name)
    check_norms(page, norms)
    name = ANY if question.activation == "any" else question.activation
    sizes = page_sizes(page, question.sizes)
    bench = bench or Bench(page)
    unrolling, _ = bench.unrolled(sizes, name)
    shared = None if norms else bench.oracle(sizes, name, points, seed, dtype)
    oracle = shared or Oracle(page, sizes, name, points, seed, norms, dtype)
    check_dtype(dtype, "relu" if oracle.has_kinks else name)
    finest = COMPLEX_STEP if dtype == "float64" else DIGITS_ORACLE
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
            reason = silent[asked[-1]]
            for oracle_name in oracles:
                yield unanswered(equation.tag, asked[-1], reason, oracle_name)
        for step in stated if every_step else stated[-1:]:
            readings: dict[Letter | None, list[dict[str, int]]] = {}
            for values, weight in instances(page, equation, step):
                readings.setdefault(weight, []).append(values)
            for weight, every in readings.items():
                sides = _derivative_first(*page.resolved(equation, weight))
                read = [
                    _Instance(oracle, _written(bench, unrolling, sides, values, weight, lambdified)) for values in every
                ]
                in_weight = "" if weight is None else str(weight)
                condition = max((one.condition(seed) for one in read), default=math.nan) if by_term else math.nan
                for oracle_name in oracles:
                    row = _compared(unanswered(equation.tag, step, "", oracle_name, in_weight), read, points)
                    if by_term and oracle_name == finest and row.outcome == "agree":
                        row = _term_by_term(row, read)
                    yield row if row.outcome == "no oracle" else replace(row, condition=condition)


def check_norms(page: Derivation, norms: Mapping[str, float]) -> None:
    """Raises :class:`UsageError` unless each name is a letter of the page and each norm a positive, finite number."""
    letters = page.meaning.letters
    for name, norm in norms.items():
        if name not in letters:
            raise UsageError(f"no letter of the page is called {name}: expected one of {', '.join(sorted(letters))}")
        if not (math.isfinite(norm) and norm > 0):
            raise UsageError(f"the norm of {name} is {norm}: expected a number above 0")


def check_dtype(dtype: str, activation: str) -> None:
    """Raises :class:`UsageError` for anything but float64, and complex128 with a holomorphic activation."""
    if dtype not in ("float64", "complex128"):
        raise UsageError(f"expected float64 or complex128, not {dtype}: fewer digits settle nothing")
    if dtype == "complex128" and activation != "any" and TABLE[activation].kinks:
        raise UsageError(
            f"{activation} is not holomorphic: it has no derivative at complex points; compare it in float64"
        )


# --------------------------------------------------------------------------------------------------- one claim


def _derivative_first(left: Expr, right: Expr) -> tuple[Expr, Expr]:
    """Both sides, a derivative before what is claimed to be one: that is what an oracle knows."""
    one, other = (isinstance(side, (Total, Partial, Block, Laid)) for side in (left, right))
    return (right, left) if other and not one else (left, right)


class _Written:
    """A claim in one weight where every index has its number, written out: the same at every point."""

    def __init__(
        self,
        unrolling: Unrolling,
        sides: tuple[Expr, Expr],
        values: Mapping[str, int],
        weight: Letter | None,
        lambdified: bool,
    ) -> None:
        self.unrolling, self.sides, self.values, self.weight = unrolling, sides, values, weight
        self.is_lambdified = lambdified

    @functools.cached_property
    def left(self) -> Expr:
        return expand(self.sides[0], self.values)

    @functools.cached_property
    def right(self) -> Expr:
        return expand(self.sides[1], self.values)

    @functools.cached_property
    def matrix(self) -> Matrix:
        return write_side(self.unrolling, self.sides[1], self.values)

    @functools.cached_property
    def function(self) -> NumpyFunction:
        return function_of(self.matrix) if self.is_lambdified else NumpyFunction(self.matrix)

    @functools.cached_property
    def shares(self) -> tuple[list[tuple[int, Expr]], NumpyFunction] | None:
        """(step, left) of what each step's own copy of the weight contributes, and the right sides one below another.

        None where the claim is in no weight, or cannot be taken apart. Steps that contribute to neither side are left
        out.
        """
        weight = self.weight
        if weight is None or not any(
            isinstance(node, (Total, Partial)) and node.wrt == weight for node in walk(self.left)
        ):
            return None
        # A horizon such as T stands in a range or a factor, 1/T, before it is written out; every step lies below it.
        last = max([*self.values.values(), *(_steps(self.left))], default=0)
        found: list[tuple[int, Expr]] = []
        given: list[Matrix] = []
        try:
            for step in range(last + 1):
                left, right = (_at_copy(side, weight, step) for side in (self.left, self.right))
                pair = [self.unrolling.written_out(side) for side in (left, right)]
                if any(entry is not S.Zero for side in pair for entry in side.flat):
                    found.append((step, left))
                    given.append(pair[1])
        except (SymbpttError, OverflowError):
            return None
        # All at once: most of what they are computed from is shared.
        return (found, NumpyFunction(np.vstack(given))) if found else None


def _written(
    bench: Bench,
    unrolling: Unrolling,
    sides: tuple[Expr, Expr],
    values: Mapping[str, int],
    weight: Letter | None,
    lambdified: bool,
) -> _Written:
    """As the bench has it, where the claim was compared at other points before."""
    key = (unrolling, sides, tuple(values.items()), weight, lambdified)
    if key not in bench.written:
        bench.written[key] = _Written(unrolling, sides, values, weight, lambdified)
    made = bench.written[key]
    assert isinstance(made, _Written)
    return made


class _Instance:
    """A claim that is written out, at random points, and the numbers of its right side there."""

    def __init__(self, oracle: Oracle, written: _Written) -> None:
        self.oracle, self.written, self.values = oracle, written, written.values

    @property
    def left(self) -> Expr:
        return self.written.left

    @property
    def function(self) -> NumpyFunction:
        return self.written.function

    @functools.cached_property
    def points(self) -> Points:
        return self.oracle.points_of(self.oracle.asked(self.left)[0])

    @functools.cached_property
    def given(self) -> Array:
        # Much of a page is the same in each of its claims, and is computed once.
        written = self.written
        computed = None if written.is_lambdified else NumpyFunction(written.matrix, self.points.computed)
        return self.at_points(computed or self.function)

    def at_points(self, function: NumpyFunction) -> Array:
        found = function({symbol: self.points.entry(symbol.name) for symbol in function.symbols}, self.oracle.dtype)
        return np.broadcast_to(found, (self.oracle.points, *function.shape))

    def condition(self, seed: int) -> float:
        """The largest relative change of the right side at a point, per relative change of the inputs; 0 for none."""
        try:
            size = np.linalg.norm(self.given, axis=(-2, -1))
            draw = np.random.default_rng([seed, 1])
            entries = {symbol: self.points.entry(symbol.name) for symbol in self.function.symbols}
            signs = [
                {symbol: draw.choice((-1.0, 1.0), entry.shape) for symbol, entry in entries.items()}
                for _ in range(NUDGES)
            ]
            # In all directions at once, as more points.
            moved = {
                symbol: entry * (1.0 + NUDGE * np.stack([one[symbol] for one in signs]))
                for symbol, entry in entries.items()
            }
            with np.errstate(invalid="ignore"):
                change = np.linalg.norm(self.function(moved, self.oracle.dtype) - self.given, axis=(-2, -1))
            worst = np.max(np.broadcast_to(change, (NUDGES, len(size))), axis=0) / NUDGE
            return float(np.max(worst[size > 0] / size[size > 0], initial=0.0))
        except (SymbpttError, OverflowError):
            return math.nan

    # ------------------------------------------------------------------------------------------- in digits

    def settled(self, point: int, digits: int) -> tuple[bool, str]:
        """Whether the sides are equal at one point to the digits asked for; and what was found, in words."""
        digits = min(digits, DEEPEST)
        space = Digits(3 * digits)
        context = space.context
        values = {symbol: self.points.entry(symbol.name)[point].item() for symbol in self.function.symbols}
        right = self.function.exactly(values, space)
        left = as_arranged(self.oracle, self.left, in_digits(self.oracle, self.left, digits, point))[0]
        size = context.norm([context.convert(entry) for entry in left.flat])
        off = context.norm([a - b for a, b in zip(left.flat, right.flat, strict=True)])
        relative = off / size if size else off
        same = bool(relative <= context.mpf(10) ** (FIFTY - digits) * context.mpf(SETTLED))
        return same, f"in {digits} digits they differ by {context.nstr(relative, 2)} of the left one"

    def digits_for(self, point: int, difference: float) -> int:
        """How many digits tell a difference of that size from rounding: fifty of the difference itself."""
        total = float(np.linalg.norm(self.given[point]))
        if not (math.isfinite(difference) and math.isfinite(total)):
            return FIFTY
        lost = [-math.log10(max(size, 1e-320)) for size in (total, difference)]
        return FIFTY + math.ceil(max(0.0, *lost))


def _compared(row: Comparison, read: Sequence[_Instance], points: int) -> Comparison:
    """The row of an oracle, filled with what it says of every instance."""
    worst, tolerance, why, count, seen, silent = 0.0, TOLERANCE, WHY, 0, points, ""
    verdicts: list[tuple[bool, str]] = []
    for one in read:
        try:
            reference = ask(row.oracle, one.oracle, one.left)
            given = one.given[: len(reference.value)]
        except (SymbpttError, OverflowError) as failure:
            silent = silent or str(failure)
            continue
        count, seen = count + 1, min(seen, len(given))
        error = relative_error(given, reference.value)
        worst = max(worst, error)
        if count == 1 or reference.tolerance > tolerance:
            tolerance, why = reference.tolerance, reference.why
        if error > reference.tolerance:
            with np.errstate(invalid="ignore"):
                off = np.linalg.norm(given - reference.value, axis=(-2, -1))
            place = int(np.argmax(np.where(np.isfinite(off), off, math.inf)))
            size = error if math.isfinite(error) else 1.0
            same, found = _settled(one, place, one.digits_for(place, size * float(np.linalg.norm(given[place]))))
            where = _where(one.values)
            said = f"{where} the right side is off by {error:.2g} of the norm of the left, which {row.oracle} gives"
            verdicts.append((same, f"{said}; {found}" if found else said))
    against = [said for same, said in verdicts if not same]
    if silent and not against:
        return replace(row, reason=silent)
    reason = next(iter(against or [said for _, said in verdicts]), "")
    return replace(
        row,
        outcome="disagree" if against else "agree",
        points=seen,
        instances=count,
        error=worst,
        tolerance=tolerance,
        why=why,
        reason=reason,
    )


def _where(values: Mapping[str, int]) -> str:
    return "at " + ", ".join(f"{name} = {value}" for name, value in values.items())


def _settled(one: _Instance, point: int, digits: int) -> tuple[bool, str]:
    try:
        return one.settled(point, digits)
    except (SymbpttError, OverflowError, ValueError, ZeroDivisionError) as error:
        # Nothing but doubles is left: what they say stands.
        return False, f"no more digits could be had: {error}"


# --------------------------------------------------------------------------------------------------- terms


def _term_by_term(row: Comparison, read: Sequence[_Instance]) -> Comparison:
    """The row with each step's share compared by itself; a share that differs is a dispute about the whole."""
    terms, worst, reason = 0, 0.0, row.reason
    for one in read:
        for step, left, given in _shares(one):
            reference = ask(row.oracle, one.oracle, left).value
            given = given[: len(reference)]
            terms += 1
            size = np.linalg.norm(reference, axis=(-2, -1))
            off = np.linalg.norm(given - reference, axis=(-2, -1))
            # A share that is not there has no size of its own: what is off counts whole.
            error = np.divide(off, size, out=np.where(off > 0, 1.0, 0.0), where=size > 0)
            worst = max(worst, float(error.max()))
            # A unit of relu that is off gives a true zero; any other function a number too small for doubles.
            lost = (size < FAINT) & ~((size == 0.0) & one.oracle.has_kinks)
            for place in np.flatnonzero((error > TOLERANCE) | lost):
                deep = FAINT / 10.0**40 if size[place] < FAINT else float(off[place])
                same, found = _settled(one, int(place), one.digits_for(int(place), deep))
                said = f"{_where(one.values)} the term of step {step} is off by {error[place]:.2g} of itself; {found}"
                if not same:
                    return replace(row, outcome="disagree", terms=terms, term_error=float(error.max()), reason=said)
                reason = reason or said
    return replace(row, terms=terms, term_error=worst if terms else math.nan, reason=reason)


def _shares(one: _Instance) -> Iterator[tuple[int, Expr, Array]]:
    """(step, left, numbers of the right): what each step's own copy of the weight contributes to both sides.

    Nothing where there are none, or where they do not add up to the whole right side, as when a derivative in the
    weight is not a factor of every term.
    """
    if one.written.shares is None:
        return
    found, function = one.written.shares
    try:
        shares = one.at_points(function)
    except (SymbpttError, OverflowError):
        return
    each = np.split(shares, len(found), axis=-2)
    if relative_error(np.sum(each, axis=0), one.given) < math.sqrt(EPS):
        for (step, left), given in zip(found, each, strict=True):
            yield step, left, given


def _steps(node: Expr) -> Iterator[int]:
    for part in walk(node):
        if isinstance(part, (At, IndexValue)) and not part.index.terms:
            yield part.index.value()


def _at_copy(node: Expr, weight: Letter, step: int) -> Expr:
    """The expression with the copy of a weight at one step in place of the weight it is differentiated in."""
    if isinstance(node, Block) and node.of.wrt == weight:
        return _at_copy(replace(node.of, wrt=node.part), node.part, step)
    if isinstance(node, (Total, Partial)):
        if isinstance(node.wrt, Copy) and node.wrt.weight == weight:
            return node if node.wrt.index.value() == step else Zero(node)
        if node.wrt == weight:
            # What is immediate at another step does not use this copy.
            if isinstance(node, Partial) and isinstance(node.of, At) and node.of.index.value() != step:
                return Zero(node)
            return replace(node, wrt=Copy(weight, Index.of(step)))
        return node
    if isinstance(node, Laid) and isinstance(_at_copy(node.of, weight, step), Zero):
        return Zero(node)
    if isinstance(node, Mul):
        # From the last factor, which mostly is the one in the weight: where it vanishes the others need no look, and
        # left in place the zeros of all other steps would be multiplied out for each step again.
        factors: list[Expr] = []
        for part in reversed(node.parts):
            factors.append(_at_copy(part, weight, step))
            if isinstance(factors[-1], Zero):
                return Zero(node)
        return Mul(tuple(reversed(factors)))
    changed = rebuild(node, lambda part: _at_copy(part, weight, step), lambda index: index)
    if isinstance(changed, Add):
        kept = tuple(part for part in changed.parts if not isinstance(part, Zero))
        return Add(kept) if len(kept) > 1 else kept[0] if kept else Zero(node)
    return changed


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
