"""Functions as SymPy heads: arbitrary ones, and the named activations.

Each is a module-level subclass of ``Function`` that knows its derivative and nothing else, so that SymPy never
rewrites, evaluates or guesses about it: a derivative is again a clean node, and it pickles and prints stably.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

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
    """What ``--activation`` binds every elementwise function of a page to."""

    name: str
    head: type[Head] | None
    """None: the identity, or for ``any`` an arbitrary function of the letter's own name."""
    said: str
    """How a scope names it."""
    slopes: int = 1
    """How many terms its derivative has as a polynomial in atoms."""

    def of(self, letter: str, argument: Expr) -> Expr:
        """The activation that stands for ``letter``, applied to one entry."""
        if self.head is not None:
            return self.head(argument)
        return argument if self.name == "identity" else Arbitrary.of(letter, 0, [argument])

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


def activation(name: str) -> Activation:
    """The activation called ``name``; raises :class:`UsageError` with the list of those there are."""
    if name not in ACTIVATIONS:
        raise UsageError(f"no activation is called {name!r}: expected one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


@dataclass(frozen=True, slots=True)
class Polynomial:
    """What an arbitrary function is taken to be: shift + s + curvature·s², s being Σ m·a_m + component.

    Exact in any arithmetic: one function for which a claim fails refutes it for an arbitrary one.
    """

    shift: int
    curvature: int

    def value(self, node: Arbitrary, arguments: Sequence[Any], number: Callable[[int, int], Any]) -> Any:
        """The value of the function, or of a derivative of it, at its arguments."""
        s = number(int(node.args[1]), 1)
        factor = 1
        for place, (argument, order) in enumerate(zip(arguments, node.orders, strict=True), 1):
            s = s + number(place, 1) * argument
            factor *= place**order
        c, order = number(self.curvature, 1), sum(node.orders)
        values = (number(self.shift, 1) + s + c * s * s, number(1, 1) + number(2, 1) * c * s, number(2, 1) * c)
        return number(factor, 1) * values[order] if order < len(values) else number(0, 1)

    def said(self, node: Arbitrary) -> str:
        """The function in words, ``phi(a) = a + a²``."""
        name, component = node.args[0].name, int(node.args[1])
        plain = node.count == 1 and not component
        terms = [f"{k if k > 1 else ''}a_{k}" for k in range(1, node.count + 1)] + [str(component)] * bool(component)
        letters = "a" if plain else ", ".join(f"a_{k}" for k in range(1, node.count + 1))
        s = "a" if plain else "s"
        square = f"{self.curvature if self.curvature > 1 else ''}{s}²"
        parts = [str(self.shift)] * bool(self.shift) + [s] + [square] * bool(self.curvature)
        entry = f"[{component + 1}]" if component else ""
        return f"{name}{entry}({letters}) = {' + '.join(parts)}" + ("" if plain else f" with s = {' + '.join(terms)}")


def rational_value(node: Head, arguments: Sequence[Fraction]) -> Fraction:
    """The exact value of a piecewise linear head; raises :class:`NotExact` at a kink, and for any other head."""
    if not isinstance(node, (Relu, Step)):
        raise NotExact(f"{type(node).__name__} has no rational value")
    (argument,) = arguments
    if argument == 0:
        raise NotExact(f"{type(node).__name__} has its kink at 0")
    above = argument if isinstance(node, Relu) else Fraction(1)
    return above if argument > 0 else Fraction(0)


def interval_value(node: Head, argument: Any, exp: Callable[[Any], Any], log: Callable[[Any], Any]) -> Any:
    """An enclosure of a named activation at an interval, given enclosures of exp and log."""
    match node:
        case Tanh():
            return 1 - 2 / (exp(2 * argument) + 1)
        case Sigmoid():
            return 1 / (1 + exp(-argument))
        case Softplus():
            return log(1 + exp(argument))
        case _:
            raise NotExact(f"{type(node).__name__} has no interval rule")
