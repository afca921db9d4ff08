"""Named functions: one row for each, read wherever something has to know what tanh is.

Only the values are shared by everything. The derivative stands twice, once as it is given to SymPy (``rule``) and once
as the textbook has it (``slope``, on numbers); complex step knows neither, so that a mistake in one column is seen by
the other two. No SymPy here: the oracles and the dual numbers read the same rows.

To add a function, add a row to :data:`TABLE`, here or from outside:

>>> import math
>>> swing = NamedFunction(
...     name="swing",
...     called=("swing",),
...     value=lambda m, a: m.sin(a) * m.sin(a),
...     rule=lambda f, a, at: 2 * at("sin") * at("cos"),
...     slope=lambda m, a, f: m.number(2, 1) * m.named("sin", a) * m.named("cos", a),
...     code=("np.sin(a) ** 2", "np.sin(2.0 * a)", "2.0 * np.cos(2.0 * a)"),
... )
>>> swing.value(math, 0.0)
0.0

A derivative that is no function of the table is a row too (``step`` for relu), with no name that pages call it by. A
function of a whole column is no row but a composition of rows, ``notation.softmax``: what reads exp, sums and quotients
reads it, and nothing else has to be said of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from symbptt.errors import NotExact, UsageError


class Arithmetic(Protocol):
    """Numbers that add, subtract and multiply, and what a derivative by hand may ask of them."""

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number."""

    def inverse(self, value: Any) -> Any:
        """One over a number."""

    def named(self, name: str, argument: Any) -> Any:
        """A function of :data:`TABLE` at an argument."""


Beside: TypeAlias = Callable[[str], Any]
"""``at("sigmoid")``: another function of :data:`TABLE` at the same argument, for SymPy."""
Rule: TypeAlias = Callable[[Any, Any, Beside], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFunction:
    """A function of one number: its value, its derivative from two sources, and where it has none."""

    name: str
    called: tuple[str, ...] = ()
    """What formulas call it; empty: it is met only as a derivative."""
    words: tuple[str, ...] = ()
    """What sentences call it beside that."""
    value: Callable[[Any, Any], Any]
    """``value(m, a)`` with the operations of a library ``m``, spelled as NumPy's: exp, log, log1p, tanh, sin, cos,
    sqrt, real, where. Libraries are NumPy and those that differentiate (complex arrays too), :class:`Digits`,
    :class:`Intervals`, :class:`Rationals`."""
    enclosed: Callable[[Any, Any], Any] | None = None
    """The value on intervals, where ``value`` would use the argument more than once and widen them, or branch."""
    rational: bool = False
    """Whether the value at a fraction is a fraction."""
    written: Callable[[Any, Beside], Any] | None = None
    """For SymPy, ``written(a, at)``: the function as a composition of others."""
    rule: Rule | None = None
    """For SymPy, where it is not ``written``: ``rule(f, a, at)`` is the derivative at a, where the function is f."""
    slope: Callable[[Arithmetic, Any, Any], Any]
    """The derivative by hand, ``slope(m, a, f)``, from the argument and the value, in an arithmetic ``m``."""
    code: tuple[str, str, str]
    """NumPy text of the value at ``a``, of the slope and of the slope of that, from ``a`` and the value ``f``. None of
    them overflows where the value does not; each takes complex numbers, a branch being chosen by the real part."""
    kinks: tuple[int, ...] = ()
    """Arguments at which nothing is said."""
    above: int | None = None
    """The function is that of arguments above this number alone; None: of every number."""
    largest: int | None = None
    """No point is looked at where an argument is larger: exp(exp(exp(a))) is soon past any machine."""
    activation: bool = False
    """Whether ``--activation`` may bind the functions of a page to it."""

    @property
    def limit(self) -> str:
        """Where it is smooth, in words; empty where that is everywhere."""
        if self.kinks:
            return f"away from its kink{'s' * (len(self.kinks) > 1)} at {' and '.join(map(str, self.kinks))}"
        return "" if self.above is None else f"where its argument is above {self.above}"

    @property
    def said(self) -> str:
        """How a scope names it."""
        return f"{self.name}, {self.limit}" if self.limit else self.name

    def margins(self, argument: Any) -> list[Any]:
        """How far an argument is from each kink, and inside the bounds; all are positive where it may be looked at."""
        low = [] if self.above is None else [argument - self.above]
        high = [] if self.largest is None else [self.largest - argument]
        return [abs(argument - kink) for kink in self.kinks] + low + high

    def check(self, argument: Any) -> None:
        """Raises :class:`NotExact` where a number or an interval may be a kink or outside of the bounds."""
        if not all(margin > 0 for margin in self.margins(argument)):
            raise NotExact(f"{argument} is not certainly an argument of {self.said}")


def _sigmoid(m: Any, a: Any) -> Any:
    # From the exponential that cannot overflow.
    above = m.real(a) >= 0
    small = m.exp(m.where(above, -a, a))
    return m.where(above, 1.0, small) / (1.0 + small)


def _softplus(m: Any, a: Any) -> Any:
    # The exponential that cannot overflow; that chooses the branch of a complex number too.
    above = m.real(a) >= 0
    return m.where(above, a, 0.0) + m.log1p(m.exp(m.where(above, -a, a)))


SIGMOID_CODE = "0.5 * (1.0 + np.tanh(0.5 * a))"

TABLE: dict[str, NamedFunction] = {
    row.name: row
    for row in (
        NamedFunction(
            name="tanh",
            called=("tanh",),
            words=(
                *("hyperbolic tangent", "tangens hyperbolicus", "tangente hyperbolique", "tangente hiperbólica"),
                *("双曲正切", "双曲線正接"),
            ),
            value=lambda m, a: m.tanh(a),
            rule=lambda f, a, at: 1 - f**2,
            slope=lambda m, a, f: m.number(1, 1) - f * f,
            code=("np.tanh(a)", "1.0 - f * f", "-2.0 * f * (1.0 - f * f)"),
            activation=True,
        ),
        NamedFunction(
            name="sigmoid",
            called=("sigmoid",),
            words=(
                *("logistic sigmoid", "logistic", "sigmoidfunktion", "sigmoid-funktion", "logistische", "sigmoïde"),
                *("logistique", "sigmoide", "logística", "сигмоида", "シグモイド", "ロジスティック", "逻辑斯谛"),
            ),
            value=_sigmoid,
            enclosed=lambda m, a: 1 / (1 + m.exp(-a)),
            rule=lambda f, a, at: f * (1 - f),
            slope=lambda m, a, f: f - f * f,
            code=(SIGMOID_CODE, "f * (1.0 - f)", "f * (1.0 - f) * (1.0 - 2.0 * f)"),
            activation=True,
        ),
        NamedFunction(
            name="relu",
            called=("relu", "ReLU"),
            words=("rectified linear unit", "rectified linear", "rectifier"),
            value=lambda m, a: m.where(m.real(a) > 0, a, 0.0),
            rational=True,
            rule=lambda f, a, at: at("step"),
            slope=lambda m, a, f: m.named("step", a),
            code=("np.where(a.real > 0.0, a, 0.0)", "np.where(f.real > 0.0, np.ones_like(f), 0.0)", "np.zeros_like(a)"),
            kinks=(0,),
            activation=True,
        ),
        NamedFunction(
            name="softplus",
            called=("softplus",),
            value=_softplus,
            enclosed=lambda m, a: m.log1p(m.exp(a)),
            rule=lambda f, a, at: at("sigmoid"),
            slope=lambda m, a, f: m.named("sigmoid", a),
            code=(
                "np.where(a.real > 0.0, a, 0.0) + np.log1p(np.exp(np.where(a.real > 0.0, -a, a)))",
                SIGMOID_CODE,
                "0.25 * (1.0 - np.tanh(0.5 * a) ** 2)",
            ),
            activation=True,
        ),
        NamedFunction(
            name="identity",
            called=("identity",),
            value=lambda m, a: a,
            rational=True,
            written=lambda a, at: a,
            slope=lambda m, a, f: m.number(1, 1),
            code=("a", "np.ones_like(a)", "np.zeros_like(a)"),
            activation=True,
        ),
        NamedFunction(
            name="step",
            value=lambda m, a: m.where(m.real(a) > 0, 1.0, 0.0),
            rational=True,
            rule=lambda f, a, at: 0,
            slope=lambda m, a, f: m.number(0, 1),
            code=("np.where(a.real > 0.0, np.ones_like(a), 0.0)", "np.zeros_like(a)", "np.zeros_like(a)"),
            kinks=(0,),
        ),
        NamedFunction(
            name="exp",
            called=("exp",),
            words=("exponential", "exponentialfunktion", "exponentielle"),
            value=lambda m, a: m.exp(a),
            rule=lambda f, a, at: f,
            slope=lambda m, a, f: f,
            code=("np.exp(a)", "f", "f"),
            largest=64,
        ),
        NamedFunction(
            name="log",
            called=("log", "ln"),
            words=("natural logarithm", "logarithm"),
            value=lambda m, a: m.log(a),
            rule=lambda f, a, at: 1 / a,
            slope=lambda m, a, f: m.inverse(a),
            code=("np.log(a)", "1.0 / a", "-1.0 / (a * a)"),
            above=0,
        ),
        NamedFunction(
            name="sqrt",
            called=("sqrt",),
            value=lambda m, a: m.sqrt(a),
            rule=lambda f, a, at: 1 / (2 * f),
            slope=lambda m, a, f: m.inverse(f + f),
            code=("np.sqrt(a)", "0.5 / f", "-0.25 / (f * a)"),
            above=0,
        ),
        NamedFunction(
            name="reciprocal",
            called=("reciprocal",),
            value=lambda m, a: 1 / a,
            rational=True,
            written=lambda a, at: 1 / a,
            slope=lambda m, a, f: m.number(-1, 1) * f * f,
            code=("1.0 / a", "-f * f", "2.0 * f * f * f"),
            kinks=(0,),
        ),
        NamedFunction(
            name="sin",
            called=("sin",),
            words=("sine",),
            value=lambda m, a: m.sin(a),
            rule=lambda f, a, at: at("cos"),
            slope=lambda m, a, f: m.named("cos", a),
            code=("np.sin(a)", "np.cos(a)", "-f"),
        ),
        NamedFunction(
            name="cos",
            called=("cos",),
            words=("cosine",),
            value=lambda m, a: m.cos(a),
            rule=lambda f, a, at: -at("sin"),
            slope=lambda m, a, f: m.number(-1, 1) * m.named("sin", a),
            code=("np.cos(a)", "-np.sin(a)", "-f"),
        ),
        NamedFunction(
            name="silu",
            called=("silu", "SiLU", "swish"),
            value=lambda m, a: a * _sigmoid(m, a),
            enclosed=lambda m, a: a / (1 + m.exp(-a)),
            written=lambda a, at: a * at("sigmoid"),
            slope=lambda m, a, f: m.named("sigmoid", a) * (m.number(1, 1) + a - f),
            code=(
                f"a * {SIGMOID_CODE}",
                f"{SIGMOID_CODE} * (1.0 + a - f)",
                "0.25 * (1.0 - np.tanh(0.5 * a) ** 2) * (2.0 + a - 2.0 * f)",
            ),
        ),
    )
}
"""Every named function by its name."""


# --------------------------------------------------------------------------------------------------- libraries


class _Scalars:
    """Single numbers, with the operations that NumPy has on arrays; ``convert`` makes one of a plain 0 or 1."""

    convert: Callable[[Any], Any]

    def real(self, a: Any) -> Any:
        """A number that is real already."""
        return a

    def where(self, condition: Any, one: Any, other: Any) -> Any:
        """One of two numbers; raises :class:`NotExact` where the condition on an interval is open."""
        if condition is None:
            raise NotExact("an interval lies on both sides of a branch")
        return one if condition else other

    def named(self, name: str, argument: Any) -> Any:
        """A function of :data:`TABLE`."""
        return self.convert(TABLE[name].value(self, argument))


class Rationals(_Scalars):
    """Fractions, which have branches and nothing else."""

    convert = Fraction

    def named(self, name: str, argument: Any) -> Fraction:
        """The exact value; raises :class:`NotExact` where there is none, at a kink too."""
        if not TABLE[name].rational:
            raise NotExact(f"{name} has no rational value")
        TABLE[name].check(argument)
        return Fraction(super().named(name, argument))


class Intervals(_Scalars):
    """Enclosures in an mpmath context of intervals."""

    def __init__(self, context: Any) -> None:
        self.convert = context.convert
        self.exp, self.log, self.log1p = context.exp, context.log, context.log1p
        self.sin, self.cos, self.sqrt = context.sin, context.cos, context.sqrt

    def tanh(self, a: Any) -> Any:
        """The hyperbolic tangent, the argument used once."""
        return 1 - 2 / (self.exp(2 * a) + 1)

    def named(self, name: str, argument: Any) -> Any:
        """An enclosure; raises :class:`NotExact` where the interval may touch a kink or leave the domain."""
        row = TABLE[name]
        row.check(argument)
        return self.convert((row.enclosed or row.value)(self, argument))


class Digits(_Scalars):
    """Real and complex numbers in as many digits as an mpmath context has."""

    def __init__(self, context: Any) -> None:
        self.convert, self._real = context.convert, context.re
        self.exp, self.log, self.log1p, self.tanh = context.exp, context.log, context.log1p, context.tanh
        self.sin, self.cos, self.sqrt = context.sin, context.cos, context.sqrt

    def real(self, a: Any) -> Any:
        """The real part."""
        return self._real(a)

    def named(self, name: str, argument: Any) -> Any:
        """The value; raises :class:`NotExact` for an argument past the largest that is looked at."""
        largest = TABLE[name].largest
        if largest is not None and not self.real(argument) <= largest:
            raise NotExact(f"an argument of {name} is above {largest}")
        return super().named(name, argument)


# --------------------------------------------------------------------------------------------------- what pages say


@dataclass(frozen=True, slots=True)
class Activation:
    """What ``--activation`` binds the elementwise functions of a page to, but those that go by a name of their own."""

    name: str
    """A row's name, or ``any``: an arbitrary function of the letter's own name."""
    for_all: bool = False
    """Whether it stands for every letter, one called tanh too."""

    @property
    def said(self) -> str:
        """How a scope names it."""
        return self.name if self.name == "any" else TABLE[self.name].said

    def standing_for(self, letter: str) -> Activation:
        """The activation that the function ``letter`` is: tanh for one called tanh, whatever stands beside it."""
        own = None if self.for_all else row_called(letter)
        return self if own is None else Activation(own.name)


ARBITRARY = Activation("any", for_all=True)
"""An arbitrary function for every letter: what holds for it holds for tanh."""


def row_called(letter: str) -> NamedFunction | None:
    """The function that a letter of this name is; None: it may be any."""
    return next((row for row in TABLE.values() if letter in row.called), None)


def activations(*, named: bool = False) -> tuple[str, ...]:
    """The names of activations; ``named``: without ``any``."""
    return (*(() if named else ("any",)), *(row.name for row in TABLE.values() if row.activation))


def activation(name: str, *, named: bool = False) -> Activation:
    """The activation called ``name``; raises :class:`UsageError` with the list of those there are."""
    known = activations(named=named)
    if name not in known:
        raise UsageError(f"no activation is called {name!r}: expected one of {', '.join(known)}")
    return Activation(name)
