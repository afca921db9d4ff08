"""Functions as SymPy heads: arbitrary ones, and the named activations.

Each is a module-level subclass of ``Function`` that knows its derivative and nothing else, so that SymPy never
rewrites, evaluates or guesses about it: a derivative is again a clean node, and it pickles and prints stably.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Protocol

from sympy import Expr, Function, Integer, S, Symbol

from symbptt.errors import NotExact, UsageError


class Head(Function):  # type: ignore[misc]  # sympy is untyped
    """A real, commuting function that SymPy may differentiate but not evaluate."""

    # Stated outright: SymPy would otherwise ask the whole graph below for each new node.
    is_real = True
    is_commutative = True

    def __new__(cls, *args: Expr, **options: Any) -> Head:
        """A new node; SymPy's own constructor would look for an equal one in a cache, and compare whole trees."""
        made: Head = Expr.__new__(cls, *args)
        # Hashed while its arguments are: from the top of a deep graph it would be a deep recursion.
        hash(made)
        return made

    @property
    def inputs(self) -> tuple[Expr, ...]:
        """What it is applied to."""
        return tuple(self.args)


class Arbitrary(Head):
    """An arbitrary differentiable function: name, component, order of differentiation in each argument, arguments.

    ``Arbitrary(phi, 0, 1, a)`` is phi'(a); ``Arbitrary(ell, 0, 0, 1, y, o)`` is ∂ell/∂o at (y, o).
    """

    @classmethod
    def of(cls, name: str, component: int, arguments: list[Expr]) -> Expr:
        """Component ``component`` of the function ``name`` at ``arguments``."""
        return cls(Symbol(name, real=True), Integer(component), *[S.Zero] * len(arguments), *arguments)

    @property
    def count(self) -> int:
        """The number of arguments."""
        return (len(self.args) - 2) // 2

    @property
    def orders(self) -> tuple[int, ...]:
        """How often it was differentiated in each argument."""
        return tuple(int(order) for order in self.args[2 : 2 + self.count])

    @property
    def inputs(self) -> tuple[Expr, ...]:
        """What it is applied to, without its name, component and orders."""
        return tuple(self.args[2 + self.count :])

    def fdiff(self, argindex: int = 1) -> Expr:
        """The derivative in one argument: the same function, differentiated once more there."""
        place = argindex - 1 - self.count
        if place < 2:
            return S.Zero
        args = list(self.args)
        args[place] += 1
        return Arbitrary(*args)


class Tanh(Head):
    """tanh, whose derivative is 1 - tanh²."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """1 - tanh²."""
        return 1 - self**2


class Sigmoid(Head):
    """1/(1 + e^-a), whose derivative is s(1 - s)."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """s(1 - s)."""
        return self * (1 - self)


class Softplus(Head):
    """log(1 + e^a), whose derivative is the sigmoid."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """The sigmoid."""
        return Sigmoid(self.args[0])


class Relu(Head):
    """max(0, a); its derivative is the unit step, away from the kink at 0."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """The unit step."""
        return Step(self.args[0])


class Step(Head):
    """0 below 0 and 1 above it; 0 itself is the kink, where nothing is said."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """Zero away from the kink."""
        return S.Zero


ARGUMENT = Symbol("argument", real=True)
"""What a function of one argument is written over, before it is put at an entry."""


@dataclass(frozen=True, slots=True)
class Activation:
    """What ``--activation`` binds the elementwise functions of a page to, but those that go by a name of their own."""

    name: str
    head: type[Head] | None
    """None: the identity, or for ``any`` an arbitrary function of the letter's own name."""
    said: str
    """How a scope names it."""
    slopes: int = 1
    """How many terms its derivative has as a polynomial in atoms."""
    for_all: bool = False
    """Whether it stands for every letter, one called tanh too."""

    def standing_for(self, letter: str) -> Activation:
        """The activation that the function ``letter`` is: tanh for one called tanh, whatever stands beside it."""
        return self if self.for_all or letter not in CALLED else ACTIVATIONS[CALLED[letter]]

    def of(self, letter: str, argument: Expr) -> Expr:
        """The activation that stands for ``letter``, applied to one entry."""
        own = self.standing_for(letter)
        if own.head is not None:
            return own.head(argument)
        return argument if own.name == "identity" else Arbitrary.of(letter, 0, [argument])

    def slope(self, letter: str, order: int) -> Expr:
        """SymPy's derivative of that ``order`` of the activation that stands for ``letter``, over ``ARGUMENT``."""
        written = self.of(letter, ARGUMENT)
        for _ in range(order):
            written = written.diff(ARGUMENT)
        return written


ACTIVATIONS = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Activation("any", None, "any"),
            Activation("tanh", Tanh, "tanh", 2),
            Activation("sigmoid", Sigmoid, "sigmoid", 2),
            Activation("relu", Relu, "relu, away from its kink at 0"),
            Activation("softplus", Softplus, "softplus"),
            Activation("identity", None, "identity"),
        )
    }
)
CALLED = MappingProxyType({name: name for name in ACTIVATIONS if name not in ("any", "identity")} | {"ReLU": "relu"})
"""Functions that are what they are called: the activation that each is."""
ARBITRARY = Activation("any", None, "any", for_all=True)
"""An arbitrary function for every letter: what holds for it holds for tanh."""


def activation(name: str) -> Activation:
    """The activation called ``name``; raises :class:`UsageError` with the list of those there are."""
    if name not in ACTIVATIONS:
        raise UsageError(f"no activation is called {name!r}: expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


class Stand(Protocol):
    """What an arbitrary function is taken to be at a point: one for which a claim fails refutes it for all.

    It is a function of s = Σ m·a_m + component alone, so that each argument counts and each component is another.
    """

    def of(self, s: Any, order: int, number: Callable[[int, int], Any]) -> Any:
        """The derivative of that order at s, in any arithmetic."""

    def said(self, name: str, component: int, count: int) -> str:
        """The function of ``count`` arguments in words."""


def stand_value(
    taken: Stand,
    component: int,
    orders: Sequence[int],
    arguments: Sequence[Any],
    number: Callable[[int, int], Any],
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


def rational_value(kind: type[Head], argument: Fraction) -> Fraction:
    """The exact value of a piecewise linear head; raises :class:`NotExact` at a kink, and for any other head."""
    if kind not in (Relu, Step):
        raise NotExact(f"{kind.__name__} has no rational value")
    if argument == 0:
        raise NotExact(f"{kind.__name__} has its kink at 0")
    above = argument if kind is Relu else Fraction(1)
    return above if argument > 0 else Fraction(0)


def interval_value(kind: type[Head], argument: Any, exp: Callable[[Any], Any], log: Callable[[Any], Any]) -> Any:
    """An enclosure of a named activation at an interval, given enclosures of exp and log."""
    if kind is Tanh:
        return 1 - 2 / (exp(2 * argument) + 1)
    if kind is Sigmoid:
        return 1 / (1 + exp(-argument))
    if kind is Softplus:
        return log(1 + exp(argument))
    if kind in (Relu, Step) and (argument.a > 0 or argument.b < 0):
        above = argument if kind is Relu else argument * 0 + 1
        return above if argument.a > 0 else argument * 0
    raise NotExact(f"{kind.__name__} has no value at {argument}")
