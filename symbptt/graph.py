"""SymPy expressions as shared graphs: each node is visited once, and never by recursion.

An unrolled state is a small graph and a huge tree. ``sympy.diff``, ``subs`` and ``evalf`` walk the tree; these walks
do the same on the graph, asking SymPy for each node's own rule.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any, Protocol

from sympy import Add, Basic, Dummy, Expr, Integer, Mul, Pow, Rational, S, Symbol

from symbptt.errors import NotExact
from symbptt.heads import Head


def inputs(node: Basic) -> tuple[Basic, ...]:
    """What a node is computed from."""
    return node.inputs if isinstance(node, Head) else node.args


def postorder(roots: Iterable[Basic]) -> list[Basic]:
    """Every node of the graph once, arguments before what they are arguments of."""
    seen: set[Basic] = set()
    order: list[Basic] = []
    for root in roots:
        pending: list[tuple[Basic, bool]] = [(root, False)]
        while pending:
            node, ready = pending.pop()
            if ready:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                pending.append((node, True))
                pending.extend((arg, False) for arg in inputs(node) if arg not in seen)
    return order


def differentiate(roots: Sequence[Expr], symbols: Sequence[Symbol]) -> list[list[Expr]]:
    """The derivative of each root in each symbol: one row a root, one column a symbol.

    The sum, over the arguments that move, of the node's own derivative in that argument times the argument's.
    """
    order = postorder(roots)
    columns = []
    for symbol in symbols:
        moves: dict[Basic, Expr] = {symbol: S.One}
        for node in order:
            terms = [
                _own_derivative(node, place) * moves[arg] for place, arg in enumerate(inputs(node)) if arg in moves
            ]
            if terms:
                total = Add(*terms)
                if total is not S.Zero:
                    moves[node] = total
        columns.append([moves.get(root, S.Zero) for root in roots])
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in roots]


def _own_derivative(node: Basic, place: int) -> Expr:
    if isinstance(node, Add):
        return S.One
    if isinstance(node, Head):
        return node.fdiff(place + 1 + len(node.args) - len(node.inputs))
    fixed = node.args[1] if isinstance(node, Pow) and place == 0 else None
    rule, places = _rule(node.func, len(node.args), place, fixed)
    return rule.xreplace(dict(zip(places, node.args, strict=True)))


@cache
def _rule(func: type[Basic], count: int, place: int, exponent: Basic | None) -> tuple[Expr, tuple[Dummy, ...]]:
    """SymPy's own derivative of ``func`` in one argument, over dummies that stand for the arguments.

    A fixed exponent is kept, because the derivative of a^b at a dummy b is not that of a² as SymPy writes it.
    """
    places = tuple(Dummy(real=True) for _ in range(count))
    args = places if exponent is None else (places[0], exponent)
    return func(*args).diff(places[place]), places


def substitute(roots: Sequence[Expr], values: Mapping[Basic, Basic]) -> list[Expr]:
    """The roots with nodes replaced, everything above a replaced node built anew."""
    if not values:
        return list(roots)
    done: dict[Basic, Basic] = {}
    for node in postorder(roots):
        if node in values:
            done[node] = values[node]
        else:
            old = inputs(node)
            new = [done[arg] for arg in old]
            fixed = node.args[: len(node.args) - len(old)]
            done[node] = node if all(map(operator.is_, new, old)) else node.func(*fixed, *new)
    return [done[root] for root in roots]


class Arithmetic(Protocol):
    """What a graph can be evaluated in: fractions, intervals, arrays. Its values add, multiply and divide."""

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number."""

    def head(self, node: Head, arguments: Sequence[Any]) -> Any:
        """A function at its arguments."""


def evaluate(roots: Sequence[Expr], symbols: Mapping[Basic, Any], arithmetic: Arithmetic) -> list[Any]:
    """The value of each root where the symbols have these values.

    Raises :class:`NotExact` for a node that is no symbol, number, function, sum, product or whole power.
    """
    values: dict[Basic, Any] = {}
    for node in postorder(roots):
        values[node] = _value(node, values, symbols, arithmetic)
    return [values[root] for root in roots]


def _value(node: Basic, values: Mapping[Basic, Any], symbols: Mapping[Basic, Any], arithmetic: Arithmetic) -> Any:
    number = arithmetic.number
    if isinstance(node, Symbol):
        return symbols[node]
    if isinstance(node, (Integer, Rational)):
        return number(int(node.p), int(node.q))
    args = [values[arg] for arg in inputs(node)]
    if isinstance(node, Head):
        return arithmetic.head(node, args)
    if isinstance(node, Add):
        return functools.reduce(operator.add, args)
    if isinstance(node, Mul):
        return functools.reduce(operator.mul, args)
    if isinstance(node, Pow) and isinstance(node.args[1], Integer):
        exponent = int(node.args[1])
        total = number(1, 1)
        for _ in range(abs(exponent)):
            total = total * args[0]
        if exponent < 0 and isinstance(total, Fraction) and total == 0:
            raise NotExact(f"{node} divides by zero at this point")
        return total if exponent >= 0 else number(1, 1) / total
    raise NotExact(f"{type(node).__name__} has no exact value")
