"""Functions as SymPy heads: arbitrary ones, and the named ones of ``functions.TABLE``.

Each is a module-level subclass of ``Function`` that knows its derivative and nothing else, so that SymPy never
rewrites, evaluates or guesses about it: a derivative is again a clean node, and it pickles and prints stably. Its name
is an argument, because a class that is made for each name does not pickle.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Add, Expr, Function, Integer, S, Symbol

from symbptt.functions import TABLE, Activation, NamedFunction


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


class Named(Head):
    """A named function at one argument, ``Named(tanh, a)``; its derivative is the ``rule`` of its row."""

    @classmethod
    def of(cls, name: str, argument: Expr) -> Expr:
        """The function at an argument, written out where its row says how."""
        row = TABLE[name]
        if row.written is not None:
            return row.written(argument, lambda other: cls.of(other, argument))
        return cls(Symbol(name, real=True), argument)

    @property
    def name(self) -> str:
        """The name of its row."""
        return str(self.args[0].name)

    @property
    def inputs(self) -> tuple[Expr, ...]:
        """What it is applied to."""
        return tuple(self.args[1:])

    def fdiff(self, argindex: int = 2) -> Expr:
        """The derivative in its argument."""
        rule = TABLE[self.name].rule
        assert rule is not None, f"{self.name} is written out"
        (argument,) = self.inputs
        return S.Zero if argindex < 2 else S(rule(self, argument, lambda other: Named.of(other, argument)))


ARGUMENT = Symbol("argument", real=True)
"""What a function of one argument is written over, before it is put at an entry."""


def applied(activation: Activation, letter: str, argument: Expr) -> Expr:
    """What the function ``letter`` is under an activation, applied to one entry."""
    own = activation.standing_for(letter)
    return Arbitrary.of(letter, 0, [argument]) if own.name == "any" else Named.of(own.name, argument)


def differentiated(activation: Activation, letter: str, order: int) -> Expr:
    """SymPy's derivative of that ``order`` of the function ``letter`` under an activation, over ``ARGUMENT``."""
    written = applied(activation, letter, ARGUMENT)
    for _ in range(order):
        written = written.diff(ARGUMENT)
    return written


def terms_of_slope(activation: Activation) -> int:
    """How many terms the derivative has as a polynomial in atoms: 2 for tanh, whose derivative is 1 - tanh²."""
    return 1 if activation.name == "any" else _terms(TABLE[activation.name])


@cache
def _terms(row: NamedFunction) -> int:
    return len(Add.make_args(Named.of(row.name, ARGUMENT).diff(ARGUMENT).expand()))
