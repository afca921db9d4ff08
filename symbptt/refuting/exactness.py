"""Numbers that settle whether two values differ: fractions, and intervals where a function has no rational values.

An arbitrary function is one that ``standins`` has; with an argument too large to show anything both kinds give up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

from mpmath.ctx_iv import MPIntervalContext

from symbptt import functions
from symbptt.errors import NotExact
from symbptt.oracles.spaces import Objects
from symbptt.refuting.standins import Polynomial, Stand, stand_value

DIGITS = 1 << 11
"""How many binary digits an argument may have at a point."""
SHOWN = 12
"""How many decimals of an enclosure are shown; more where the sides differ later."""
UNMENTIONED = Polynomial(0, 0)
"""What a function is taken to be that neither side speaks of: their values do not depend on it."""


class Exact(Objects):
    """A space of such numbers, in which a function ``name`` is what ``taken`` says."""

    def __init__(self, taken: Mapping[str, Stand]) -> None:
        self.taken = taken

    def checked(self, argument: Any) -> Any:
        """The argument; raises :class:`NotExact` where it is too large to go on with."""
        raise NotImplementedError

    def apart(self, one: Any, other: Any) -> bool:
        """Whether two values certainly differ."""
        raise NotImplementedError

    def shown(self, values: Sequence[Any]) -> list[str]:
        """Values as they are reported; the last one is not 0, and shows it."""
        raise NotImplementedError

    def entry(self, value: Any) -> Any:
        """A float, exactly."""
        return self.rational(*float(value).as_integer_ratio())

    def stand(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """What stands for an arbitrary function, at numbers."""
        at = [self.checked(argument) for argument in arguments]
        return stand_value(self.taken.get(name, UNMENTIONED), component, orders, at, self.rational)


class Fractions(Exact):
    """Exact evaluation: every value a fraction, an arbitrary function a fixed rational one."""

    def rational(self, numerator: int, denominator: int) -> Fraction:
        """A fraction."""
        return Fraction(numerator, denominator)

    def inverted(self, value: Fraction) -> Fraction:
        """One over a fraction; raises :class:`NotExact` for 0."""
        if not value:
            raise NotExact("a division by zero at this point")
        return 1 / value

    def at(self, name: str, argument: Fraction) -> Fraction:
        """A named function; raises :class:`NotExact` where its value is no fraction."""
        return functions.Rationals().named(name, self.checked(argument))

    def checked(self, argument: Fraction) -> Fraction:
        """The argument, of so many digits at most."""
        # A square at each of many steps doubles the digits each time: such a point shows nothing to a reader.
        if max(abs(argument.numerator), argument.denominator).bit_length() > DIGITS:
            raise NotExact("the values at this point grow too large")
        return argument

    def apart(self, one: Any, other: Any) -> bool:
        """Whether two fractions differ."""
        return bool(one != other)

    def shown(self, values: Sequence[Any]) -> list[str]:
        """The fractions."""
        return [str(value) for value in values]


class Intervals(Exact):
    """Rigorous enclosures, for functions with no rational values."""

    def __init__(self, taken: Mapping[str, Stand], precision: int) -> None:
        super().__init__(taken)
        self._context = MPIntervalContext()
        self._context.prec = precision
        self._library = functions.Intervals(self._context)

    def rational(self, numerator: int, denominator: int) -> Any:
        """An enclosure of a fraction."""
        return self._context.mpf(numerator) / denominator

    def inverted(self, value: Any) -> Any:
        """One over an interval; raises :class:`NotExact` where that may hold 0."""
        if value.a <= 0 <= value.b:
            raise NotExact("a division by what may be zero at this point")
        return 1 / value

    def at(self, name: str, argument: Any) -> Any:
        """A named function."""
        return self._library.named(name, self.checked(argument))

    def checked(self, argument: Any) -> Any:
        """The argument, of so many digits at most."""
        if abs(argument).b > 2**DIGITS:
            raise NotExact("the values at this point grow too large")
        return argument

    def apart(self, one: Any, other: Any) -> bool:
        """Whether two intervals have no number in common."""
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
