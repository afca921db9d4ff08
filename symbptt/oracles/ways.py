"""Independent ways to the value of a left side. None of them reads the right side, a proof, or a rule of this package.

Each is given the page's own definitions and a left side, and returns the derivative at the same random points:

* ``complex step``: Im h(w + iε)/ε in double precision;
* ``central differences``: (h(w + ε) - h(w - ε))/2ε, the ε of each entry where rounding and truncation balance;
* ``50 digits``: central differences again, by mpmath, in so many digits that fifty are right;
* ``backward pass`` and ``forward sensitivity``: BPTT and RTRL written by hand (``passes``), where the page fits;
* ``autograd``, ``JAX``, ``PyTorch``: reverse mode by somebody else's hands, in double precision, where installed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from symbptt.errors import NoOracle, UsageError
from symbptt.functions import TABLE
from symbptt.oracles import passes
from symbptt.oracles.forward import Forward, Leaves, Model, Motion, arranged, as_jacobian
from symbptt.oracles.points import Points
from symbptt.oracles.spaces import LIBRARIES, NUMPY, Array, Digits, Space, autodiff, installed
from symbptt.page.derivation import Derivation
from symbptt.page.notation import Block, Copy, Expr, Laid, Letter, Partial, Total, Transpose, owner, walk

STEP = 1e-30
"""The complex step: no difference is taken, so it may be this small, and its square is lost in rounding."""
KINK = 1e-6
"""How near to a kink an argument may come. The step is imaginary, so no argument moves across the kink."""
SPARE = 32
"""How many points are drawn with relu for one that is kept: where all units are off, 0 itself may be an argument."""
TOLERANCE = 1e-12
"""How far apart the sides may be, relative to the norm of the left one. Two independent ways in double precision
differ by 1e-15 to 2e-13, the latter one run in hundreds; a wrong formula is off by far more at values of order 1. It
is purely relative, so that small gradients do not let a false claim pass."""
WHY = "rounding of doubles"
SAFETY = 100.0
"""How many times the error that central differences expect of themselves is allowed: it is estimated from one third
derivative and one second difference, and either may be small by chance."""
BLIND = 1e-3
"""From which tolerance on central differences tell nothing: the derivative is lost in the rounding of the value."""
FIFTY = 50
SETTLED = 1e-45
"""The tolerance of fifty digits: five of them are left for rounding on the way."""
GUARD = 15
"""Digits more than three times those that are asked for."""


class Oracle(Model):
    """A page at random points, and what was said of it there."""

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
        super().__init__(page, sizes, activation)
        self.points, self.dtype = points, dtype
        letters = {letter for letter in page.meaning.letters.values() if letter.is_entrywise}
        rows = [TABLE[name] for name in dict.fromkeys(map(self.acts, letters))]
        self.has_kinks = any(row.kinks for row in rows)
        """Whether a function of the page has a kink, as relu does."""
        self._limits = [f"away from the kinks of {row.name}" for row in rows if row.kinks]
        self._limits += [f"in the domain of {row.name}" for row in rows if row.above is not None]
        self._limits += [f"small enough for {row.name}" for row in rows if row.largest is not None]
        self._seed, self._norms = seed, norms
        self._points: dict[Expr | None, Points] = {}
        self.answers: dict[tuple[str, Expr], Reference | NoOracle] = {}
        """What was said of a left side, by the name of the way to it."""

    def asked(self, side: Expr) -> tuple[Expr, Motion | None]:
        """What is differentiated and what moves (None: it is a value); raises :class:`NoOracle` for any other side."""
        side = bare(side)
        derivative = side.of if isinstance(side, Block) else side
        of = derivative.of if isinstance(derivative, (Total, Partial)) else side
        for node in walk(of):
            if isinstance(node, (Total, Partial, Block, Copy)):
                raise NoOracle(f"the left side is made of derivatives such as {node}: complex step gives one at a time")
        return of, self.motion(side) if isinstance(side, (Total, Partial, Block)) else None

    def moving(self, side: Expr) -> tuple[Expr, Motion]:
        """What is differentiated and what moves; raises :class:`NoOracle` where nothing is."""
        of, motion = self.asked(side)
        if motion is None:
            raise NoOracle("it is a value: there is nothing to differentiate")
        return of, motion

    def moved(self, side: Expr, leaves: Leaves, moves: Mapping[Letter, Any], space: Space = NUMPY) -> Any:
        """The value of what a side differentiates, with these moves where it says that something moves."""
        of, motion = self.moving(side)
        held = Forward(self, space, leaves).state
        return Forward(self, space, leaves, moves, motion.only, held, motion.fixed).differentiated(of)

    def points_of(self, of: Expr) -> Points:
        """The points at which a value is looked at: those away from kinks, and in the domain of every function."""
        limited = of if self._limits else None
        if limited not in self._points:
            self._points[limited] = self._drawn_for(of)
        return self._points[limited]

    def _drawn_for(self, of: Expr) -> Points:
        if not self._limits:
            return Points(self.page, self.sizes, self.points, self._seed, self._norms, self.dtype)
        count = SPARE * self.points
        wide = Points(self.page, self.sizes, count, self._seed, self._norms, self.dtype)
        run = Forward(self, NUMPY, wide.of)
        with np.errstate(all="ignore"):  # outside of a domain it is nan, and no such point is kept
            run.value(of)
        clear = np.flatnonzero(np.broadcast_to(run.nearest, (count,)) >= KINK)
        if len(clear) < self.points:
            raise NoOracle(
                f"{len(clear)} of {count} random points are {' and '.join(self._limits)}: {self.points} needed"
            )
        return wide.chosen(clear[: self.points])


def bare(side: Expr) -> Expr:
    """What a side arranges in another layout, or transposes."""
    while isinstance(side, (Laid, Transpose)):
        side = side.of
    return side


def as_arranged(oracle: Oracle, side: Expr, value: Array) -> Array:
    """The value of a side, (..., rows, columns), from that of what it arranges."""
    match side:
        case Laid(of, arrangement):
            inner = as_arranged(oracle, of, value)
            return np.asarray(arranged(inner, arrangement, oracle.size(owner(side.wrt))))
        case Transpose(of):
            return as_arranged(oracle, of, value).swapaxes(-1, -2)
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Reference:
    """What an oracle says that a left side is, (points, rows, columns), with the tolerance that it deserves and why."""

    value: Array
    """Fewer points than the oracle has where each is dear: then the first ones."""
    tolerance: float = TOLERANCE
    why: str = WHY


Way: TypeAlias = Callable[[Oracle, Expr], Reference]


def complex_step(oracle: Oracle, side: Expr) -> Reference:
    """The page run forward with an imaginary step; a side that differentiates nothing is its value."""
    of, motion = oracle.asked(side)
    points = oracle.points_of(of)
    if motion is None:
        value = Forward(oracle, NUMPY, points.of).value(of)
        return Reference(np.broadcast_to(value, (oracle.points, *value.shape[-2:])))
    if oracle.dtype == "complex128":
        raise NoOracle("the points are complex already: an imaginary step would not be told from them")
    moves = {letter: STEP * 1j * unit for letter, unit in motion.units(oracle.size, 1).items()}
    value = oracle.moved(side, points.of, moves)
    slope = np.broadcast_to(np.imag(value) / STEP, (len(motion.places), oracle.points, *value.shape[-2:]))
    return Reference(as_jacobian(slope))


# --------------------------------------------------------------------------------------------------- differences


def _moved(oracle: Oracle, side: Expr) -> tuple[Callable[[Array], Array], tuple[int, int]]:
    # The value as a function of how far each entry is moved: (entries, points) to (entries, points, rows, columns).
    of, motion = oracle.moving(side)
    points = oracle.points_of(of)
    units = motion.units(oracle.size, 1)
    shape = (len(motion.places), oracle.points)

    def value(steps: Array) -> Array:
        moves = {letter: steps[:, :, np.newaxis, np.newaxis] * unit for letter, unit in units.items()}
        found = oracle.moved(side, points.of, moves)
        return np.broadcast_to(found, (*shape, *found.shape[-2:]))

    return value, shape


def central(oracle: Oracle, side: Expr) -> Reference:
    """Central differences, with the step at which rounding, r/ε, and truncation, ε²|h‴|/6, balance.

    h‴ is estimated by differences over a wide step, r over a narrow one. The tolerance is ``SAFETY`` times the
    error that is expected of the balance, relative to the norm of the derivative.
    """
    value, shape = _moved(oracle, side)
    eps = np.finfo(np.float64).eps

    def norm(values: Array) -> Array:
        return np.asarray(np.linalg.norm(values, axis=(-2, -1)))

    wide = np.full(shape, 2.0**-7)
    third = norm(value(2 * wide) - 2 * value(wide) + 2 * value(-wide) - value(-2 * wide)) / (2 * wide**3)
    # A second difference over so little is all rounding: that of the value, and of what it was computed from.
    narrow, middle = np.full(shape, 2.0**-40), value(np.zeros(shape))
    rounding = np.maximum(eps * norm(middle), norm(value(narrow) - 2 * middle + value(-narrow)) / 2)
    # Where h‴ is lost in its own rounding, it is at most that.
    third = np.maximum(third, rounding / wide**3) + np.finfo(np.float64).tiny
    step = np.clip((3 * rounding / third) ** (1 / 3), narrow, wide)
    # A power of two: w + ε is then rounded, but ε itself is not.
    step = 2.0 ** np.round(np.log2(step))
    slope = (value(step) - value(-step)) / (2 * step)[:, :, np.newaxis, np.newaxis]
    expected = rounding / step + third * step**2 / 6
    reference = as_jacobian(slope)
    error = float(np.linalg.norm(expected) / (np.linalg.norm(reference) or 1.0))
    if SAFETY * error > BLIND:
        raise NoOracle(f"central differences expect an error of {error:.1g}: the derivative is lost in rounding")
    return Reference(reference, SAFETY * error, "rounding, truncation")


def in_digits(oracle: Oracle, side: Expr, digits: int, at: int | None = None) -> Array:
    """The left side as numbers of mpmath, (points, rows, columns), at every point or at one of them.

    A derivative is a central difference at the step 10^-digits, worked out in three times the digits and some: both
    of its errors are near 10^(-2·digits), so that ``digits`` of a derivative above 10^-digits are right.
    """
    of, motion = oracle.asked(side)
    points = oracle.points_of(of)
    chosen = slice(None) if at is None else slice(at, at + 1)
    space = Digits(3 * digits + GUARD)

    @functools.cache
    def leaf(letter: Letter, step: int | None) -> Array:
        made: Array = space.array(points.of(letter, step)[chosen])
        return made

    count = 1 if at is not None else oracle.points
    if motion is None:
        value = Forward(oracle, space, leaf).value(of)
        return np.broadcast_to(value, (count, *value.shape[-2:]))
    small = space.context.mpf(10) ** -digits
    units = motion.units(oracle.size, 1)

    def moved(step: Any) -> Array:
        moves = {letter: space.array(unit) * step for letter, unit in units.items()}
        found: Array = oracle.moved(side, leaf, moves, space)
        return found

    slope = (moved(small) - moved(-small)) / (2 * small)
    return as_jacobian(np.broadcast_to(slope, (len(motion.places), count, *slope.shape[-2:])))


def fifty_digits(oracle: Oracle, side: Expr) -> Reference:
    """Central differences in 165 digits, of which 50 are right, then rounded to doubles.

    Only the first points are worked out, because each is dear.
    """
    count = min(oracle.points, EXACT_POINTS)
    exact = np.concatenate([in_digits(oracle, side, FIFTY, place) for place in range(count)])
    return Reference(np.asarray(exact, dtype=oracle.dtype), TOLERANCE, WHY)


EXACT_POINTS = 2
"""At how many points fifty digits are asked for; a dispute is settled at the point where it is worst."""


# --------------------------------------------------------------------------------------------------- hand-written


def _by_pass(one: Callable[..., Mapping[Letter, Array]], oracle: Oracle, side: Expr) -> Reference:
    of, motion = oracle.moving(side)
    task = passes.read_task(oracle.page, of)
    weights = list(dict.fromkeys(letter for letter, _, _ in motion.places))
    if motion.fixed is not None or not set(weights) <= set(task.weights):
        raise NoOracle(f"the passes give total derivatives of {of} in its weights, not {side}")
    run = passes.Run(task, oracle.acts, oracle.points_of(of).of)
    return Reference(passes.columns(one(run, weights, motion.only), motion.places))


# --------------------------------------------------------------------------------------------------- autodiff


def _by_library(name: str, oracle: Oracle, side: Expr) -> Reference:
    """One reverse pass a row of the left side, all points at once: no point sees another's weights."""
    of, motion = oracle.moving(side)
    space = autodiff(name)
    points = oracle.points_of(of)
    letters = list(dict.fromkeys(letter for letter, _, _ in motion.places))
    zeros = {letter: np.zeros((oracle.points, *oracle.size(letter)), dtype=oracle.dtype) for letter in letters}

    def leaf(letter: Letter, step: int | None) -> Any:
        return space.array(points.of(letter, step))

    def entry(row: int, column: int, moves: dict[Any, Any]) -> Any:
        return oracle.moved(side, leaf, moves, space)[..., row, column].sum()

    rows, width = oracle.size(of)
    slopes = []
    for column in range(width):
        for row in range(rows):
            try:
                found = space.gradient(functools.partial(entry, row, column), zeros)
            except NoOracle:
                raise
            except Exception as why:
                # What goes wrong in somebody else's library is no word on the claim.
                raise NoOracle(f"{name} failed: {type(why).__name__}: {why}") from None
            slopes.append(np.stack([found[letter][:, r, c] for letter, r, c in motion.places], axis=-1))
    return Reference(np.stack(slopes, axis=1))


COMPLEX_STEP = "complex step"
DIGITS_ORACLE = "50 digits"
ORACLES: Mapping[str, Way] = MappingProxyType(
    {
        COMPLEX_STEP: complex_step,
        "central differences": central,
        DIGITS_ORACLE: fifty_digits,
        "backward pass": functools.partial(_by_pass, passes.backward),
        "forward sensitivity": functools.partial(_by_pass, passes.forward),
        **{name: functools.partial(_by_library, name) for name in LIBRARIES},
    }
)
"""Every oracle by its name."""


def available() -> tuple[str, ...]:
    """The oracles there are on this machine: the libraries only where they are installed."""
    return tuple(name for name in ORACLES if name not in LIBRARIES or installed(name))


def check_name(name: str) -> None:
    """Raises :class:`UsageError`, with the list of those there are, where no oracle has this name."""
    if name not in ORACLES:
        raise UsageError(f"no oracle is called {name!r}: expected one of {', '.join(ORACLES)}")


def ask(name: str, oracle: Oracle, side: Expr) -> Reference:
    """What an oracle says of a left side, asked once; raises :class:`NoOracle` where it has no way to it."""
    if (name, side) not in oracle.answers:
        try:
            # What overflows is inf or nan, and agrees with nothing.
            with np.errstate(all="ignore"):
                answer = ORACLES[name](oracle, bare(side))
            oracle.answers[name, side] = replace(answer, value=as_arranged(oracle, side, answer.value))
        except NoOracle as why:
            oracle.answers[name, side] = why
    known = oracle.answers[name, side]
    if isinstance(known, NoOracle):
        raise NoOracle(str(known))
    return known
