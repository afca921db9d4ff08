"""The smallest example at which the two sides of an equation differ.

The sizes are tried from 1 up, the values are small rationals, first found by trying and then set to 0 or 1, many at
once and then one by one, as long as the sides still differ. With an arbitrary activation every value is an exact
rational; with tanh, sigmoid or softplus both sides are enclosed in intervals that cannot meet. What is found is
evaluated a second time, in another way through the page, before it is reported: a search is given both ways and knows
neither.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from symbptt.errors import NotExact
from symbptt.refuting.exactness import Exact, Fractions, Intervals
from symbptt.refuting.standins import Parity, Polynomial

TRIES = 24
"""How many points are tried at one entry before the next entry."""
ENTRIES = 4
"""How many differing entries are tried at one size."""
WORK = 1_000_000
"""How many nodes may be evaluated to try points at one entry, and again to make one simpler: a few seconds."""
FEWEST = 8
"""How many points are tried however large an entry is."""
PRECISIONS = (160, 1280)
"""Bits of the interval arithmetic; a long recurrence widens an interval at every step."""

Values: TypeAlias = Mapping[str, Fraction]
"""A point: the value of each entry of a letter, by its name."""


class Pair(Protocol):
    """One entry of both sides, evaluated many times."""

    names: Sequence[str]
    """The entries of letters that it depends on."""
    functions: Sequence[tuple[str, int, int]]
    """The arbitrary functions in it: name, component, number of arguments."""
    is_rational: bool
    """Whether it has no named function but those whose values at fractions are fractions."""
    work: int
    """How many nodes are evaluated at a point."""

    def values(self, point: Values, space: Exact) -> Sequence[Any]:
        """Both entries, left and right; raises :class:`NotExact` where one has no value."""


Again: TypeAlias = Callable[[Values, Exact], "tuple[Sequence[Any], Sequence[Any]]"]
"""The entries of both sides at a point, found a second way."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that differs, by its place, at a point; and what arbitrary functions are taken to be there."""

    place: int
    values: dict[str, str]
    lhs: str
    rhs: str
    difference: str
    functions: tuple[str, ...]


def search(pairs: Iterable[tuple[int, Pair]], again: Again, units: frozenset[str] = frozenset()) -> Found | None:
    """The first differing entry with values at which it differs.

    ``pairs`` are the entries that may differ, each with its place on a side; ``again`` gives the values of all entries
    a second way. ``units`` are letters of which one entry is 1 at every step and the others are 0. None: no entry was
    told apart in both ways.
    """
    for place, pair in itertools.islice(pairs, ENTRIES):
        names = sorted({name for name, _, _ in pair.functions})
        # A state that is run again may hold a tanh though the sides do not: then fractions do not go far enough.
        for space in itertools.chain(_rationals(names) if pair.is_rational else (), _intervals(names)):
            found = _point(pair, space, units)
            if found is None:
                continue
            point = _simplest(pair, found, space, units)
            shown = _rechecked(pair, place, point, space, again)
            if shown is not None:
                values = {name: str(value) for name, value in point.items()}
                said = {space.taken[name].said(name, component, count) for name, component, count in pair.functions}
                return Found(place, values, shown[0], shown[1], shown[2], tuple(sorted(said)))
    return None


def _affordable(pair: Pair) -> int:
    return max(FEWEST, WORK // pair.work)


def _differs(pair: Pair, point: Values, space: Exact) -> bool:
    try:
        left, right = pair.values(point, space)
    except NotExact:
        return False
    return space.apart(left, right)


def _rationals(names: Sequence[str]) -> Iterator[Exact]:
    """The plainest function first.

    Curved ones tell slopes at different places apart; where each function is another one, a function in place of
    another shows; straight ones stay small over many steps, and so do those that only tell odd from even, which are
    curved.
    """
    yield Fractions(dict.fromkeys(names, Polynomial(0, 1)))
    if not names:
        return
    yield Fractions({name: Polynomial(place, place) for place, name in enumerate(names, 1)})
    yield Fractions(dict.fromkeys(names, Polynomial(0, 0)))
    yield Fractions({name: Parity(place, place + 1) for place, name in enumerate(names, 1)})


def _intervals(names: Sequence[str]) -> Iterator[Exact]:
    for precision in PRECISIONS:
        yield Intervals(dict.fromkeys(names, Polynomial(0, 1)), precision)


def sizes_up_to(largest: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Choices of sizes up to ``largest``, the smallest total first: 1, 2, 3 and the largest itself for each letter."""
    names = list(largest)
    choices = itertools.product(*(sorted({*range(1, min(largest[name], 3) + 1), largest[name]}) for name in names))
    for choice in sorted(choices, key=lambda sizes: (sum(sizes), sizes)):
        yield dict(zip(names, choice, strict=True))


def _candidates(count: int) -> Iterator[list[Fraction]]:
    yield [Fraction(1)] * count
    yield [Fraction(k % 3 - 1 or 2) for k in range(count)]
    # A fixed seed: the same page gives the same witness every time. Whole numbers in turn with fractions.
    draw = random.Random(20240325)
    for turn in range(TRIES - 2):
        below = (1, 1, 1, 2) if turn % 2 else (1,)
        yield [Fraction(draw.choice((-2, -1, 1, 2, 3)), draw.choice(below)) for _ in range(count)]


def _with_units(point: dict[str, Fraction], units: frozenset[str]) -> dict[str, Fraction]:
    """The point with the largest entry of each of these letters 1 at its step, and the others 0."""
    made = dict(point)
    groups: dict[str, list[str]] = {}
    for name in point if units else ():
        letter_at_step = name.partition("[")[0]
        if letter_at_step.rpartition("_")[0] in units:
            groups.setdefault(letter_at_step, []).append(name)
    for names in groups.values():
        largest = max(names, key=lambda name: point[name])
        made |= {name: Fraction(name == largest) for name in names}
    return made


def _point(pair: Pair, space: Exact, units: frozenset[str]) -> dict[str, Fraction] | None:
    for values in itertools.islice(_candidates(len(pair.names)), _affordable(pair)):
        point = _with_units(dict(zip(pair.names, values, strict=True)), units)
        if _differs(pair, point, space):
            return point
    return None


def _simplest(pair: Pair, point: dict[str, Fraction], space: Exact, units: frozenset[str]) -> dict[str, Fraction]:
    """As many values as the work allows set to 0, in halves of halves, and what is left of them to 1."""
    pending, left = [list(point)], _affordable(pair)
    while pending and left > 0:
        names = pending.pop()
        for simpler in (Fraction(0), Fraction(1)):
            trial = _with_units({**point, **dict.fromkeys(names, simpler)}, units)
            if trial == point:
                break
            left -= 1
            if _differs(pair, trial, space):
                point = trial
                break
            if len(names) > 1:
                half = len(names) // 2
                pending += [names[half:], names[:half]]
                break
    return point


def _rechecked(pair: Pair, place: int, point: Values, space: Exact, again: Again) -> list[str] | None:
    """Both sides and their difference as they are shown, when the second way gives the same non-zero difference."""
    left, right = pair.values(point, space)
    try:
        lefts, rights = again(point, space)
    except NotExact:
        return None
    difference, second = left - right, lefts[place] - rights[place]
    zero = space.rational(0, 1)
    agrees = space.apart(second, zero) and not space.apart(second, difference)
    return space.shown([left, right, difference]) if agrees else None
