"""What an arbitrary function is taken to be at a point, where both sides of a claim are given their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from symbptt.errors import NotExact


class Stand(Protocol):
    """What an arbitrary function is taken to be at a point: one for which a claim fails refutes it for all.

    It is a function of s = Σ m·a_m + component alone, so that each argument counts and each component is another.
    """

    def of(self, s: Any, order: int, number: Callable[[int, int], Any]) -> Any:
        """The derivative of that order at s, in any arithmetic."""

    def said(self, name: str, component: int, count: int) -> str:
        """The function of ``count`` arguments in words."""


def stand_value(
    taken: Stand, component: int, orders: Sequence[int], arguments: Sequence[Any], number: Callable[[int, int], Any]
) -> Any:
    """A component of the function at its arguments, differentiated ``orders[m]`` times in argument m."""
    s = number(component, 1)
    factor = 1
    for place, (argument, order) in enumerate(zip(arguments, orders, strict=True), 1):
        s = s + number(place, 1) * argument
        factor *= place**order
    value = taken.of(s, sum(orders), number)
    return value if factor == 1 else number(factor, 1) * value


def _spelled(name: str, component: int, count: int) -> tuple[str, str, str]:
    """The function as it is written, the letter of its argument, and what that stands for; ``ell(a_1, a_2)``."""
    entry = f"[{component + 1}]" if component else ""
    if count == 1 and not component:
        return f"{name}(a)", "a", ""
    terms = [f"{k if k > 1 else ''}a_{k}" for k in range(1, count + 1)] + [str(component)] * bool(component)
    letters = "a" if count == 1 and not component else ", ".join(f"a_{k}" for k in range(1, count + 1))
    return f"{name}{entry}({letters})", "s", f" with s = {' + '.join(terms)}"


@dataclass(frozen=True, slots=True)
class Polynomial:
    """shift + s + curvature·s²."""

    shift: int
    curvature: int

    def of(self, s: Any, order: int, number: Callable[[int, int], Any]) -> Any:
        """The derivative of that order at s."""
        c = number(self.curvature, 1)
        if order == 0:
            return number(self.shift, 1) + s + c * s * s
        if order == 1:
            return number(1, 1) + number(2, 1) * c * s
        return number(2, 1) * c if order == 2 else number(0, 1)

    def said(self, name: str, component: int, count: int) -> str:
        """The function in words, ``phi(a) = a + a²``."""
        function, letter, meaning = _spelled(name, component, count)
        square = f"{self.curvature if self.curvature > 1 else ''}{letter}²"
        parts = [str(self.shift)] * bool(self.shift) + [letter] + [square] * bool(self.curvature)
        return f"{function} = {' + '.join(parts)}{meaning}"


@dataclass(frozen=True, slots=True)
class Parity:
    """0 with one slope at even whole numbers, 1 with another slope at odd ones: curved, and small over any t.

    A polynomial that is not straight doubles the digits of a state at every step. This is one of the smooth functions
    sin²(πs/2) + sin(πs)·(p + q cos πs)/π, whose slopes are p + q at even s and q - p at odd ones.
    """

    even: int
    odd: int

    def of(self, s: Any, order: int, number: Callable[[int, int], Any]) -> Any:
        """The value or slope at s; raises :class:`NotExact` between whole numbers, and for the second derivative."""
        if order > 1 or s.denominator != 1:
            raise NotExact("this function is rational, with its slope, at whole numbers only")
        odd = s.numerator % 2
        if order:
            return number(self.odd if odd else self.even, 1)
        return number(odd, 1)

    def said(self, name: str, component: int, count: int) -> str:
        """The function in words, ``phi(a) = 0 with slope 1 at even a, 1 with slope 2 at odd a``."""
        function, letter, meaning = _spelled(name, component, count)
        return (
            f"{function} = 0 with slope {self.even} at even {letter}, 1 with slope {self.odd} at odd {letter}{meaning}"
        )
