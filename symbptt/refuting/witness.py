"""The smallest example at which the two sides of an equation differ.

The sizes are tried from 1 up, the values are small rationals, first found by trying and then set to 0 or 1, many at
once and then one by one, as long as the sides still differ. With an arbitrary activation every value is an exact
rational; with tanh, sigmoid or softplus both sides are enclosed in intervals that cannot meet. Nothing is written out:
a point costs what the shared graph costs. What is found is evaluated a second time by running the page on dual numbers
(``duals``), which knows nothing of that graph, before it is reported.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any, Protocol, TypeAlias

from mpmath.ctx_iv import MPIntervalContext
from sympy import Basic, Expr, Symbol

from symbptt.errors import NotExact
from symbptt.functions import TABLE, Intervals, Rationals
from symbptt.proofs.graph import Arithmetic, evaluate, postorder
from symbptt.proofs.heads import Arbitrary, Head, Named
from symbptt.refuting.duals import Field
from symbptt.refuting.sampling import told_apart
from symbptt.refuting.standins import Parity, Polynomial, Stand, stand_value

TRIES = 24
"""How many points are tried at one entry before the next entry."""
ENTRIES = 4
"""How many differing entries are tried at one size."""
WORK = 1_000_000
"""How many nodes may be evaluated to try points at one entry, and again to make one simpler: a few seconds."""
FEWEST = 8
"""How many points are tried however large the graph is."""
DIGITS = 1 << 11
"""How many binary digits an argument may have at a point."""
PRECISIONS = (160, 1280)
"""Bits of the interval arithmetic; a long recurrence widens an interval at every step."""
SHOWN = 12
"""How many decimals of an enclosure are shown; more where the sides differ later."""

Again: TypeAlias = Callable[[Mapping[str, Fraction], Field], "tuple[Sequence[Any], Sequence[Any]]"]
"""The entries of both sides at a point, found a second way."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where an equation fails: the step, the sizes, the values, and both sides there, exact or as enclosures."""

    t: int
    sizes: dict[str, int]
    values: dict[str, str]
    lhs: str
    rhs: str
    difference: str
    where: str
    """The entry that differs."""
    functions: tuple[str, ...] = ()
    """What arbitrary functions were taken to be."""


UNMENTIONED = Polynomial(0, 0)
"""What a function is taken to be that neither side speaks of: their values do not depend on it."""


class _Arithmetic(Arithmetic, Field, Protocol):
    taken: Mapping[str, Stand]

    def apart(self, one: Any, other: Any) -> bool:
        """Whether two values certainly differ."""

    def shown(self, values: Sequence[Any]) -> list[str]:
        """Values as they are reported; the last one is not 0, and shows it."""


class _Numbers:
    """What both kinds of numbers do alike."""

    def __init__(self, taken: Mapping[str, Stand]) -> None:
        self.taken = taken

    def number(self, numerator: int, denominator: int) -> Any:
        raise NotImplementedError

    def named(self, name: str, argument: Any) -> Any:
        raise NotImplementedError

    def checked(self, argument: Any) -> None:
        """Raise :class:`NotExact` where an argument is too large to go on with."""
        raise NotImplementedError

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        for argument in arguments:
            self.checked(argument)
        return stand_value(self.taken.get(name, UNMENTIONED), component, orders, arguments, self.number)

    def head(self, node: Head, arguments: Sequence[Any]) -> Any:
        if isinstance(node, Arbitrary):
            return self.arbitrary(node.args[0].name, int(node.args[1]), node.orders, arguments)
        assert isinstance(node, Named)
        return self.named(node.name, *arguments)


class _Rationals(_Numbers):
    """Exact evaluation: every value a fraction, an arbitrary function a fixed rational one."""

    def number(self, numerator: int, denominator: int) -> Fraction:
        return Fraction(numerator, denominator)

    def inverse(self, value: Fraction) -> Fraction:
        if not value:
            raise NotExact("a division by zero at this point")
        return 1 / value

    def checked(self, argument: Fraction) -> None:
        # A square at each of many steps doubles the digits each time: such a point shows nothing to a reader.
        if max(abs(argument.numerator), argument.denominator).bit_length() > DIGITS:
            raise NotExact("the values at this point grow too large")

    def named(self, name: str, argument: Fraction) -> Fraction:
        self.checked(argument)
        return Rationals().named(name, argument)

    def apart(self, one: Any, other: Any) -> bool:
        return bool(one != other)

    def shown(self, values: Sequence[Any]) -> list[str]:
        return [str(value) for value in values]


class _Intervals(_Numbers):
    """Rigorous enclosures, for activations with no rational values."""

    def __init__(self, taken: Mapping[str, Stand], precision: int) -> None:
        super().__init__(taken)
        self._context = MPIntervalContext()
        self._context.prec = precision
        self._library = Intervals(self._context)

    def number(self, numerator: int, denominator: int) -> Any:
        return self._context.mpf(numerator) / denominator

    def inverse(self, value: Any) -> Any:
        if value.a <= 0 <= value.b:
            raise NotExact("a division by what may be zero at this point")
        return 1 / value

    def checked(self, argument: Any) -> None:
        if abs(argument).b > 2**DIGITS:
            raise NotExact("the values at this point grow too large")

    def named(self, name: str, argument: Any) -> Any:
        self.checked(argument)
        return self._library.named(name, argument)

    def apart(self, one: Any, other: Any) -> bool:
        difference = one - other
        return bool(difference.a > 0 or difference.b < 0)

    def shown(self, values: Sequence[Any]) -> list[str]:
        """The enclosures, rounded outwards to 12 decimals, or to three of the difference where that is smaller."""
        ends = [(_fraction(value.a), _fraction(value.b)) for value in values]
        least = min(map(abs, ends[-1]))
        digits = SHOWN
        while least * 10**digits < 100:
            digits += 1
        return [_enclosure(low, high, digits) for low, high in ends]


def _fraction(end: Any) -> Fraction:
    # The end of an interval is itself an interval of one binary number, (sign, mantissa, exponent, bits).
    sign, mantissa, exponent, _ = end._mpi_[0]
    size = int(mantissa) * 2**exponent if exponent >= 0 else Fraction(int(mantissa), 2**-exponent)
    return Fraction(-size if sign else size)


def _enclosure(low: Fraction, high: Fraction, digits: int) -> str:
    if low == high:
        return str(low)
    scale = 10**digits
    return f"[{_decimal(floor(low * scale), digits)}, {_decimal(ceil(high * scale), digits)}]"


def _decimal(scaled: int, digits: int) -> str:
    whole, rest = divmod(abs(scaled), 10**digits)
    return f"{'-' if scaled < 0 else ''}{whole}.{rest:0{digits}d}"


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that differs, by its place, at a point; and what arbitrary functions are taken to be there."""

    place: int
    values: dict[str, str]
    lhs: str
    rhs: str
    difference: str
    functions: tuple[str, ...]


def search(left: Sequence[Expr], right: Sequence[Expr], again: Again) -> Found | None:
    """The first differing entry with values at which it differs.

    ``left`` and ``right`` are the entries of both sides in one order, ``again`` gives their values a second way. None:
    no entry was told apart in both ways.
    """
    for k in told_apart(left, right)[:ENTRIES]:
        pair = _Pair(left[k], right[k])
        names = sorted({node.args[0].name for node in pair.functions})
        exact = all(TABLE[node.name].rational for node in pair.heads if isinstance(node, Named))
        # A state that is run again may hold a tanh though the sides do not: then fractions do not go far enough.
        for arithmetic in itertools.chain(_rationals(names) if exact else (), _intervals(names)):
            found = _point(pair, arithmetic)
            if found is None:
                continue
            point = _simplest(pair, found, arithmetic)
            shown = _rechecked(pair, k, point, arithmetic, again)
            if shown is not None:
                values = {symbol.name: str(value) for symbol, value in point.items()}
                said = {_said(arithmetic.taken, node) for node in pair.functions}
                return Found(k, values, shown[0], shown[1], shown[2], tuple(sorted(said)))
    return None


class _Pair:
    """One entry of both sides, as a graph that is evaluated many times."""

    def __init__(self, left: Expr, right: Expr) -> None:
        self._roots = (left, right)
        self._order: list[Basic] = postorder(self._roots)
        self.symbols = sorted((node for node in self._order if isinstance(node, Symbol)), key=lambda s: str(s.name))
        self.heads = [node for node in self._order if isinstance(node, Head)]
        self.functions = [node for node in self.heads if isinstance(node, Arbitrary)]
        self.affordable = max(FEWEST, WORK // len(self._order))

    def values(self, point: Mapping[Symbol, Fraction], arithmetic: _Arithmetic) -> tuple[Any, Any]:
        symbols = {symbol: arithmetic.number(value.numerator, value.denominator) for symbol, value in point.items()}
        left, right = evaluate(self._roots, symbols, arithmetic, order=self._order)
        return left, right

    def differs(self, point: Mapping[Symbol, Fraction], arithmetic: _Arithmetic) -> bool:
        try:
            left, right = self.values(point, arithmetic)
        except NotExact:
            return False
        return arithmetic.apart(left, right)


def _rationals(names: Sequence[str]) -> Iterator[_Arithmetic]:
    """The plainest function first.

    Curved ones tell slopes at different places apart; where each function is another one, a function in place of
    another shows; straight ones stay small over many steps, and so do those that only tell odd from even, which are
    curved.
    """
    yield _Rationals(dict.fromkeys(names, Polynomial(0, 1)))
    if not names:
        return
    yield _Rationals({name: Polynomial(place, place) for place, name in enumerate(names, 1)})
    yield _Rationals(dict.fromkeys(names, Polynomial(0, 0)))
    yield _Rationals({name: Parity(place, place + 1) for place, name in enumerate(names, 1)})


def _intervals(names: Sequence[str]) -> Iterator[_Arithmetic]:
    for precision in PRECISIONS:
        yield _Intervals(dict.fromkeys(names, Polynomial(0, 1)), precision)


def _said(taken: Mapping[str, Stand], node: Arbitrary) -> str:
    name = node.args[0].name
    return taken[name].said(name, int(node.args[1]), node.count)


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


def _point(pair: _Pair, arithmetic: _Arithmetic) -> dict[Symbol, Fraction] | None:
    for values in itertools.islice(_candidates(len(pair.symbols)), pair.affordable):
        point = dict(zip(pair.symbols, values, strict=True))
        if pair.differs(point, arithmetic):
            return point
    return None


def _simplest(pair: _Pair, point: dict[Symbol, Fraction], arithmetic: _Arithmetic) -> dict[Symbol, Fraction]:
    """As many values as the work allows set to 0, in halves of halves, and what is left of them to 1."""
    pending, left = [list(point)], pair.affordable
    while pending and left > 0:
        symbols = pending.pop()
        for simpler in (Fraction(0), Fraction(1)):
            trial = {**point, **dict.fromkeys(symbols, simpler)}
            if trial == point:
                break
            left -= 1
            if pair.differs(trial, arithmetic):
                point = trial
                break
            if len(symbols) > 1:
                half = len(symbols) // 2
                pending += [symbols[half:], symbols[:half]]
                break
    return point


def _rechecked(
    pair: _Pair, place: int, point: Mapping[Symbol, Fraction], arithmetic: _Arithmetic, again: Again
) -> list[str] | None:
    """Both sides and their difference as they are shown, when the second way gives the same non-zero difference."""
    left, right = pair.values(point, arithmetic)
    try:
        lefts, rights = again({symbol.name: value for symbol, value in point.items()}, arithmetic)
    except NotExact:
        return None
    difference, second = left - right, lefts[place] - rights[place]
    zero = arithmetic.number(0, 1)
    agrees = arithmetic.apart(second, zero) and not arithmetic.apart(second, difference)
    return arithmetic.shown([left, right, difference]) if agrees else None
