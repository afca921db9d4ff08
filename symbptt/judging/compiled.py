"""Both sides of a claim as functions of arrays, by ``sympy.lambdify``.

Its own walk is over whole trees, and an unrolled side is a small graph and a huge tree. It is given placeholders for
the expressions and, as its ``cse``, the shared graph as named subexpressions, so that each node is printed once. Only
symbols of our own are lambdified, and functions by names of our own that are bound to rules of ours: no name or text of
a page reaches what it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Basic, Expr, Function, Integer, Rational, Symbol, lambdify

from symbptt.errors import NotExact
from symbptt.judging.evaluation import NumpyFunction, rule_of
from symbptt.oracles.spaces import NUMPY
from symbptt.proofs.graph import inputs, postorder
from symbptt.proofs.heads import Head
from symbptt.proofs.unrolled import Matrix

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
