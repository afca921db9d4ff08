"""Both sides of a claim as functions of arrays, by ``sympy.lambdify``.

Its own walk is over whole trees, and an unrolled side is a small graph and a huge tree. It is given placeholders for
the expressions and, as its ``cse``, the shared graph as named subexpressions, so that each node is printed once. Only
symbols of our own are lambdified, and functions by names of our own that are bound to rules of ours: no name or text of
a page reaches what it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Basic, Expr, Function, Integer, Rational, Symbol, lambdify

from symbptt.errors import NotExact, UsageError
from symbptt.functions import activation as activation_called
from symbptt.judging.evaluation import NumpyFunction, rule_of
from symbptt.judging.methods import Bench, page_sizes
from symbptt.oracles.points import entry_called
from symbptt.oracles.spaces import NUMPY, Array
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import instances, unstated
from symbptt.page.notation import Letter
from symbptt.page.shapes import agree, shape
from symbptt.proofs.cascades import write_side
from symbptt.proofs.graph import inputs, postorder
from symbptt.proofs.heads import Head
from symbptt.proofs.unrolled import Matrix
from symbptt.verdicts import DEFAULT_SIZES, DEFAULT_STEPS

ANY = "tanh"
"""The activation that stands for an arbitrary elementwise function."""
NODES = 2000
"""How many nodes a graph may have to be written out: 0.1 ms each, and more beyond; larger ones are walked."""


class Compiled(NumpyFunction):
    """A matrix of expressions as a function of arrays that ``lambdify`` wrote; ``source`` is its text."""

    def __init__(self, entries: Matrix) -> None:
        super().__init__(entries)
        self._function = _lambdified(list(entries.flat), self.symbols)
        self.source = str(self._function.__doc__).partition("Source code:\n\n")[2].partition("\n\n\nImported")[0]

    def _entries(self, given: Mapping[str, Any]) -> Sequence[Any]:
        values: Sequence[Any] = self._function(*[given[symbol.name] for symbol in self.symbols])
        return values


def function_of(entries: Matrix) -> NumpyFunction:
    """A matrix of expressions as a function: lambdified, or walked where its graph is too large to write out.

    Raises :class:`NotExact` for a node that is no arithmetic.
    """
    return Compiled(entries) if len(postorder(list(entries.flat))) <= NODES else NumpyFunction(entries)


def _lambdified(roots: Sequence[Expr], symbols: Sequence[Symbol]) -> Callable[..., Sequence[Any]]:
    # Plain symbols with short names of our own: for Dummies it would substitute names of its own, in whole trees.
    said: dict[Basic, Expr] = {symbol: Symbol(f"x{place}", real=True) for place, symbol in enumerate(symbols)}
    arguments = list(said.values())
    named: list[tuple[Symbol, Expr]] = []
    rules: dict[str, Callable[..., Any]] = {}
    heads: dict[tuple[Basic, ...], Any] = {}
    for node in postorder(roots):
        if node in said:
            continue
        if isinstance(node, (Integer, Rational)):
            said[node] = node
            continue
        args = [said[arg] for arg in inputs(node)]
        if isinstance(node, Head):
            head = (type(node), *node.args[: len(node.args) - len(args)])
            if head not in heads:
                heads[head] = Function(f"f{len(heads)}")
                rules[f"f{len(rules)}"] = rule_of(node, NUMPY)
            written = heads[head](*args)
        elif node.is_Add or node.is_Mul or (node.is_Pow and isinstance(node.args[1], Integer)):
            written = node.func(*args)
        else:
            raise NotExact(f"{type(node).__name__} has no exact value")
        said[node] = Symbol(f"n{len(named)}", real=True)
        named.append((said[node], written))
    results = [said[root] for root in roots]
    placeholders = [Symbol("r")] * len(roots)
    made: Callable[..., Sequence[Any]] = lambdify(
        arguments, placeholders, modules=[rules, "numpy"], cse=lambda _: (named, results)
    )
    return made


# --------------------------------------------------------------------------------------------------- for a user


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim as a function: called with an array for each letter, by name."""

    shape: tuple[int, int]
    """Rows and columns of what it returns, a derivative in numerator layout with vec for the entries of a matrix."""
    arguments: Mapping[str, tuple[int, ...]]
    """The letters that it depends on, and their shapes."""
    source: str = field(repr=False)
    """The function that SymPy wrote; empty where the graph is walked, being too large to write out."""
    _function: NumpyFunction = field(repr=False)
    _letters: Mapping[str, Letter] = field(repr=False)

    def __call__(self, **values: Any) -> Array:
        """The value, (..., rows, columns): axes in front of the shapes are points, and broadcast.

        Letters that it does not depend on may be given too. Raises :class:`UsageError` for one that is missing, that
        nothing knows, or that has another shape.
        """
        given: dict[str, Array] = {}
        for name, expected in self.arguments.items():
            if name not in values:
                raise UsageError(f"{name} is missing: expected {_listed(self.arguments)}")
            given[name] = np.asarray(values[name])
            if given[name].shape[given[name].ndim - len(expected) :] != expected or given[name].ndim < len(expected):
                raise UsageError(f"{name} has the shape {given[name].shape}: expected {expected}, points in front")
        complex_ = any(np.iscomplexobj(value) for value in given.values())
        entries = {symbol: self._entry(str(symbol.name), given) for symbol in self._function.symbols}
        return self._function(entries, np.complex128 if complex_ else np.float64)

    def _entry(self, name: str, given: Mapping[str, Array]) -> Array:
        letter, step, row, column = entry_called(self._letters, name)
        called = _called(letter, step)
        place: tuple[int, ...] = (step, row, column) if letter.kind == "data" and step is not None else (row, column)
        # A column of one step is given without its second axis.
        entry: tuple[Any, ...] = (..., *place[: len(self.arguments[called])])
        return np.asarray(given[called][entry])


@dataclass(frozen=True, slots=True)
class Lambdified:
    """Both sides of a claim at one step, with sizes given, as functions of arrays; it says nothing of their equality.

    ``left`` and ``right`` are called with the letters that the page leaves open, by name: a weight (rows, columns),
    data (steps + 1, rows) whose entry k is x_k, a first state ``h_0`` (rows,). Calling the whole returns both values.
    """

    claim: str
    left: Side
    right: Side
    steps: int
    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    """The numbers of the free indices."""

    @property
    def arguments(self) -> dict[str, tuple[int, ...]]:
        """The letters that either side depends on, and their shapes."""
        return {**self.left.arguments, **self.right.arguments}

    def __call__(self, **values: Any) -> tuple[Array, Array]:
        """The values of both sides."""
        return self.left(**values), self.right(**values)

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {value}" for name, value in {**self.indices, **self.sizes}.items())
        return f"{self.claim}, {at}: a function of {_listed(self.arguments)}"


def lambdified(
    page: Derivation,
    claim: Equation | str,
    *,
    steps: int = max(DEFAULT_STEPS),
    sizes: Mapping[str, int] = MappingProxyType(DEFAULT_SIZES),
    activation: str = "any",
    weight: Letter | str | None = None,
    at: Mapping[str, int] = MappingProxyType({}),
) -> Lambdified:
    """Both sides of a claim, unrolled to ``steps`` and differentiated by SymPy, as functions that its lambdify wrote.

    ``claim`` is an equation of the page or its tag, ``weight`` the one it is taken in where it is stated in several
    (the first), ``at`` the numbers of indices that run through a range, such as t beside T. With ``any`` an arbitrary
    elementwise function is tanh, and one with a shape a fixed smooth one, as in ``crosscheck``.

    Nothing is proved by it: a false claim has two functions that differ. Raises :class:`UsageError` where the page has
    no such claim, weight or step, and what unrolling raises where a side has no meaning.
    """
    equation = _claim(page, claim)
    name = ANY if activation_called(activation).name == "any" else activation
    why = unstated(page, equation, steps)
    if why:
        raise UsageError(f"({equation.tag}) is not stated at {steps}: {why}")
    known = {str(one): one for one in equation.weights}
    if weight is not None and str(weight) not in known:
        raise UsageError(f"({equation.tag}) is not stated in {weight}: expected one of {', '.join(known) or 'none'}")
    taken = next(iter(equation.weights), None) if weight is None else known[str(weight)]
    fitting = [
        values
        for values, wrt in instances(page, equation, steps)
        if wrt == taken and all(values.get(index) == number for index, number in at.items())
    ]
    if len(fitting) != 1:
        listed = " or ".join(str(values) for values, wrt in instances(page, equation, steps) if wrt == taken)
        raise UsageError(f"({equation.tag}) at {steps} is read with {listed}: say which by at=")
    sides = page.resolved(equation, taken)
    agree(page, *sides)
    sized = page_sizes(page, sizes)
    unrolling, _ = Bench(page).unrolled(sized, name)
    functions = [function_of(write_side(unrolling, side, fitting[0])) for side in sides]
    letters = page.meaning.letters
    shapes: dict[str, tuple[int, ...]] = {}
    for symbol in (symbol for function in functions for symbol in function.symbols):
        letter, step, _, _ = entry_called(letters, str(symbol.name))
        rows, columns = (dim.at(sized) for dim in shape(page, letter))
        own = (rows,) if columns == 1 and step is not None else (rows, columns)
        called = _called(letter, step)
        if letter.kind == "data":
            own = (max(shapes.get(called, (steps + 1,))[0], int(step or 0) + 1), *own)
        shapes[called] = own
    left, right = (_side(function, shapes, letters) for function in functions)
    return Lambdified(str(equation), left, right, steps, sized, fitting[0])


def _claim(page: Derivation, claim: Equation | str) -> Equation:
    found = [known for known in page if known.tag == claim] if isinstance(claim, str) else [claim]
    if len(found) != 1 or found[0] not in list(page) or found[0].kind == "definition":
        tag = claim if isinstance(claim, str) else claim.tag
        listed = ", ".join(known.tag for known in page if known.kind != "definition")
        raise UsageError(f"({tag}) is no claim of the page: expected one of {listed or 'none'}")
    return found[0]


def _called(letter: Letter, step: int | None) -> str:
    """What a letter is called among the arguments; a first state goes with its step."""
    return f"{letter.symbol}_{step}" if letter.kind == "state" else letter.symbol


def _side(function: NumpyFunction, shapes: Mapping[str, tuple[int, ...]], letters: Mapping[str, Letter]) -> Side:
    called = [_called(*entry_called(letters, str(symbol.name))[:2]) for symbol in function.symbols]
    source = function.source if isinstance(function, Compiled) else ""
    rows, columns = function.shape
    return Side((rows, columns), {name: shapes[name] for name in sorted(set(called))}, source, function, letters)


def _listed(arguments: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape_}" for name, shape_ in arguments.items()) or "nothing"
