"""One step differentiated by SymPy, with symbolic sizes: the premise of every proof for all t.

For a definition ``y = F(states, weights)`` the total derivative is the immediate partial plus, for each state in F, the
Jacobian in that state times the state's own total derivative. That is checked for each definition, not assumed: one
component of F is written entry by entry, Σ_k W[a,k] u[k], with every weight entry and every state entry a function of
one parameter ε, and differentiated once by SymPy. The derivative has to be, term by term, the one with the states held
plus the ones in which a single state moves. ε is any direction in the weights, so that all weights, each entry of each,
and the blocks of a concatenated one are covered together.

A component is free (its row a is a letter), sizes are letters, and an elementwise function is an arbitrary
differentiable one. An argument of a function of several vectors stands for any one of its entries: the sum over the
entries is the chain rule of a differentiable function, linear in the argument's rate on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import sympy

from symbptt.derivation import Derivation
from symbptt.errors import Undecided
from symbptt.notation import (
    Add,
    Apply,
    At,
    Expr,
    Index,
    IndexValue,
    Letter,
    Mul,
    Number,
    Power,
    Shape,
    Sum,
    Transpose,
    walk,
)
from symbptt.shapes import SCALAR, shape

Atoms: TypeAlias = "frozenset[tuple[Any, int]]"
LinearForm: TypeAlias = "dict[tuple[Atoms, Atoms], Any]"


class Entry(sympy.Function):  # type: ignore[misc]  # sympy's classes are untyped
    """An entry of a letter: its name, its time, its row and column, and ε, or 0 where it is held."""

    def fdiff(self, argindex: int = 5) -> Any:
        """Its rate of change along ε."""
        return Rate(*self.args[:4])

    def _sympystr(self, printer: Any) -> str:
        name, time, row, column = (printer.doprint(argument) for argument in self.args[:4])
        step = "" if self.args[1] == ALWAYS else f"_{{{time}}}"
        return f"{name}{step}[{row}{'' if column == '1' else f',{column}'}]"


class Rate(sympy.Function):  # type: ignore[misc]
    """The rate of change of an entry along ε."""

    def _sympystr(self, printer: Any) -> str:
        return f"d{Entry(*self.args, EPSILON)._sympystr(printer)}"


class Value(sympy.Function):  # type: ignore[misc]
    """An arbitrary differentiable function at its arguments: its name, its component, the arguments."""

    def fdiff(self, argindex: int = 3) -> Any:
        """Its slope in one argument."""
        return Slope(sympy.Integer(argindex - 2), *self.args)

    def _sympystr(self, printer: Any) -> str:
        name, _, *arguments = self.args
        return f"{name}({', '.join(map(printer.doprint, arguments))})"


class Slope(sympy.Function):  # type: ignore[misc]
    """The slope of an arbitrary function in one argument."""

    def _sympystr(self, printer: Any) -> str:
        place, name, _, *arguments = self.args
        return f"∂{place}{name}({', '.join(map(printer.doprint, arguments))})"


EPSILON = sympy.Symbol("ε", real=True)
ROW = sympy.Symbol("a.", integer=True)
"""The component; no index letter of a page has a dot in its name."""
ALWAYS = sympy.Symbol("always")
"""The time of what has none, a weight."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What SymPy confirmed of one definition: the states that contribute, the component and its derivative as text.

    In the text ``dW[a,k]`` is the rate of an entry, ``∂1phi(...)`` the slope of a function in its first argument.
    """

    body: Expr
    states: tuple[At, ...]
    component: str
    derivative: str


def relation(page: Derivation, body: Expr) -> Relation:
    """The one-step relation of a definition's right side.

    Raises :class:`Undecided` where the right side is not made of what this room can differentiate, or where the
    normal forms of the two sides of the relation differ.
    """
    shapes = tuple(
        (node, shape(page, node))
        for node in dict.fromkeys(walk(body))
        if isinstance(node, (Letter, At)) and not (isinstance(node, Letter) and node.kind == "function")
    )
    return _relation(body, shapes)


@lru_cache(maxsize=256)
def _relation(body: Expr, shapes: tuple[tuple[Expr, Shape], ...]) -> Relation:
    states = tuple(dict.fromkeys(node for node in walk(body) if isinstance(node, At) and node.letter.kind == "state"))
    known = dict(shapes)
    component = _Writer(known, lambda node: True).entry(body, ROW, sympy.Integer(1))
    total = _rate(component)
    parts: Counter[tuple[Atoms, Atoms]] = Counter()
    for moving in (None, *states):
        held = _Writer(known, _only(moving)).entry(body, ROW, sympy.Integer(1))
        parts.update(_rate(held))
    if {key: value for key, value in parts.items() if value} != total:
        raise Undecided(f"the derivative of {body} is not the sum of its parts in any way that was found")
    return Relation(body, states, str(component), str(sympy.diff(component, EPSILON)))


def _only(moving: At | None) -> Callable[[Expr], bool]:
    # None: the weights move and every state is held. A state: it alone moves.
    def moves(node: Expr) -> bool:
        return isinstance(node, Letter) if moving is None else node == moving

    return moves


# --------------------------------------------------------------------------------------------------- writing entries


@dataclass(slots=True)
class _Writer:
    """Writes one entry of an expression; ``moves`` says which letters depend on ε."""

    shapes: dict[Expr, Shape]
    moves: Callable[[Expr], bool]
    rows: int = field(default=0)

    def entry(self, node: Expr, row: Any, column: Any) -> Any:
        match node:
            case Number():
                return sympy.Rational(node.value.numerator, node.value.denominator)
            case IndexValue():
                return _time(node.index)
            case Power(base=IndexValue(time), exponent=Index(terms=(), constant=exponent)):
                return _time(time) ** exponent
            case Letter(kind="weight") | At():
                return self._letter(node, row, column)
            case Transpose():
                return self.entry(node.of, column, row)
            case Add():
                return sympy.Add(*(self.entry(part, row, column) for part in node.parts))
            case Mul():
                return self._product(list(node.parts), row, column)
            case Sum():
                over = (sympy.Symbol(node.index, integer=True), _time(node.lower), _time(node.upper))
                return sympy.Sum(self.entry(node.body, row, column), over)
            case Apply() if node.function.shape is None and len(node.arguments) == 1:
                return Value(_name(node.function), sympy.Integer(0), self.entry(node.arguments[0], row, column))
            case Apply():
                arguments = [self.entry(argument, self._row(), sympy.Integer(1)) for argument in node.arguments]
                return Value(_name(node.function), row, *arguments)
            case _:
                raise Undecided(f"{node} in a definition is not differentiated for all sizes")

    def _letter(self, node: Letter | At, row: Any, column: Any) -> Any:
        letter, time = (node.letter, _time(node.index)) if isinstance(node, At) else (node, ALWAYS)
        epsilon = EPSILON if letter.kind != "data" and self.moves(node) else sympy.Integer(0)
        return Entry(_name(letter), time, row, column, epsilon)

    def _row(self) -> Any:
        self.rows += 1
        return sympy.Symbol(f"k.{self.rows}", integer=True)

    def _product(self, parts: list[Expr], row: Any, column: Any) -> Any:
        scalars = [part for part in parts if self._shape(part) == SCALAR]
        matrices = [part for part in parts if self._shape(part) != SCALAR]
        result = sympy.Mul(*(self.entry(part, sympy.Integer(1), sympy.Integer(1)) for part in scalars))
        bounds = []
        for position, part in enumerate(matrices):
            last = position == len(matrices) - 1
            inner = column if last else self._inner(part)
            result = result * self.entry(part, row, inner)
            if not last and inner != 1:
                bounds.append((inner, 1, sympy.Symbol(str(self._shape(part)[1]), integer=True)))
            row = inner
        return sympy.Sum(result, *bounds) if bounds else result

    def _inner(self, part: Expr) -> Any:
        # A product over one column, as in an outer product, sums over nothing.
        return sympy.Integer(1) if self._shape(part)[1] == SCALAR[1] else self._row()

    def _shape(self, node: Expr) -> Shape:
        match node:
            case Number() | IndexValue() | Power(base=IndexValue()):
                return SCALAR
            case Letter() | At():
                return self.shapes[node]
            case Transpose():
                rows, columns = self._shape(node.of)
                return columns, rows
            case Add():
                return self._shape(node.parts[0])
            case Mul():
                matrices = [found for part in node.parts if (found := self._shape(part)) != SCALAR]
                return (matrices[0][0], matrices[-1][1]) if matrices else SCALAR
            case Sum():
                return self._shape(node.body)
            case Apply():
                return node.function.shape or self._shape(node.arguments[0])
            case _:
                raise Undecided(f"{node} in a definition is not differentiated for all sizes")


def _name(letter: Letter) -> Any:
    return sympy.Symbol(letter.symbol)


def _time(index: Index) -> Any:
    return sympy.Add(
        *(count * sympy.Symbol(name, integer=True) for name, count in index.terms), sympy.Integer(index.constant)
    )


# --------------------------------------------------------------------------------------------------- comparing


def _rate(component: Any) -> LinearForm:
    """The derivative along ε, at ε = 0, as a sum of products of atoms under Σ; nothing is simplified."""
    derivative = sympy.diff(component, EPSILON)
    form: Counter[tuple[Atoms, Atoms]] = Counter()
    for coefficient, atoms, bounds in _products(derivative):
        key = frozenset(Counter(atom.xreplace({EPSILON: sympy.Integer(0)}) for atom in atoms).items())
        form[key, frozenset(Counter(bounds).items())] += coefficient
    return {key: value for key, value in form.items() if value}


def _products(node: Any) -> Iterator[tuple[Any, tuple[Any, ...], tuple[Any, ...]]]:
    """The terms of an expression, each a coefficient, its atoms, and the ranges that are summed over."""
    if isinstance(node, sympy.Add):
        for part in node.args:
            yield from _products(part)
    elif isinstance(node, sympy.Sum):
        for coefficient, atoms, bounds in _products(node.function):
            yield coefficient, atoms, _apart(bounds, tuple(node.limits))
    elif isinstance(node, sympy.Mul):
        terms: list[tuple[Any, tuple[Any, ...], tuple[Any, ...]]] = [(sympy.Integer(1), (), ())]
        free: set[Any] = set()
        for part in node.args:
            right = list(_products(part))
            _closed(free, right)
            _closed(part.free_symbols, terms)
            free |= part.free_symbols
            terms = [(a * c, p + q, _apart(m, n)) for a, p, m in terms for c, q, n in right]
        yield from terms
    elif isinstance(node, sympy.Rational):
        yield node, (), ()
    else:
        yield sympy.Integer(1), (node,), ()


def _apart(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    # Σ may be pulled out of a product only where each binds a letter of its own.
    if {bound[0] for bound in left} & {bound[0] for bound in right}:
        raise Undecided("a definition uses one index letter in two sums")
    return (*left, *right)


def _closed(free: set[Any], terms: list[tuple[Any, tuple[Any, ...], tuple[Any, ...]]]) -> None:
    if any(bound[0] in free for _, _, bounds in terms for bound in bounds):
        raise Undecided("a definition uses an index letter inside a sum and outside it")
