"""The unrolled graph of both sides in numbers: doubles, digits, fractions, intervals, residues.

The graph is walked and no code is written, so that no text of a page can run; every shared subexpression is computed
once. What a function is at a number is asked of the space (``oracles.spaces``), never of SymPy.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational, Symbol

from symbptt.errors import NotExact, UsageError
from symbptt.functions import TABLE
from symbptt.oracles.spaces import NUMPY, Array, Digits, Objects, Space
from symbptt.proofs.graph import inputs, postorder
from symbptt.proofs.heads import Arbitrary, Head, Named
from symbptt.proofs.unrolled import Matrix
from symbptt.refuting import residues
from symbptt.refuting.exactness import Exact


class Walk:
    """Expressions evaluated in a space, again and again at other points; ``symbols`` are those they depend on.

    With ``known``, nodes that have a value already, always at the same point: what is computed is added to them.
    """

    def __init__(self, roots: Sequence[Expr], known: dict[Basic, Any] | None = None) -> None:
        self._roots, self._known = roots, known
        self.nodes: list[Basic] = postorder(roots, known or ())
        self.symbols = tuple(node for node in self.nodes if isinstance(node, Symbol))

    def values(self, given: Mapping[str, Any], space: Space) -> list[Any]:
        """The value of each expression where the symbols of these names have these values.

        Raises :class:`NotExact` for a node that is no arithmetic, and what the space raises.
        """
        if self._known is None:
            return self._anew([given[symbol.name] for symbol in self.symbols], space)
        values = self._known
        values |= {symbol: given[symbol.name] for symbol in self.symbols}
        for node in self.nodes:
            if node not in values:
                values[node] = _computed(node, [values[arg] for arg in inputs(node)], space)
        return [values[root] for root in self._roots]

    @functools.cached_property
    def _places(self) -> tuple[list[tuple[Basic, list[int]]], list[int]]:
        # Where the arguments of each node stand, and the roots: a node of SymPy is dear to look up.
        places = {node: place for place, node in enumerate(self.nodes)}
        return [(node, [places[arg] for arg in inputs(node)]) for node in self.nodes], [places[r] for r in self._roots]

    def _anew(self, given: list[Any], space: Space) -> list[Any]:
        steps, roots = self._places
        values: list[Any] = []
        symbols = iter(given)
        for node, args in steps:
            if isinstance(node, Symbol):
                values.append(next(symbols))
            else:
                values.append(_computed(node, [values[arg] for arg in args], space))
        return [values[root] for root in roots]


def _computed(node: Basic, args: Sequence[Any], space: Space) -> Any:
    if isinstance(node, Mul):
        return functools.reduce(operator.mul, args)
    if isinstance(node, Add):
        return functools.reduce(operator.add, args)
    if isinstance(node, Head):
        return rule_of(node, space)(*args)
    if isinstance(node, (Integer, Rational)):
        return space.rational(int(node.p), int(node.q))
    if isinstance(node, Pow) and isinstance(node.args[1], Integer):
        exponent = int(node.args[1])
        power = functools.reduce(operator.mul, [args[0]] * abs(exponent), space.rational(1, 1))
        return power if exponent >= 0 else space.inverse(power)
    raise NotExact(f"{type(node).__name__} has no exact value")


def rule_of(node: Head, space: Space) -> Callable[..., Any]:
    """What the function of a node is in a space."""
    if isinstance(node, Arbitrary):
        name, component, orders = str(node.args[0].name), int(node.args[1]), node.orders
        return lambda *arguments: space.arbitrary(name, component, orders, arguments)
    assert isinstance(node, Named)
    return functools.partial(space.named, node.name)


class Entry:
    """One entry of both sides, as a search for a witness asks for it."""

    def __init__(self, left: Expr, right: Expr) -> None:
        self._walk = Walk([left, right])
        self.names: Sequence[str] = sorted(str(symbol.name) for symbol in self._walk.symbols)
        self.functions: Sequence[tuple[str, int, int]] = [
            (str(node.args[0].name), int(node.args[1]), node.count)
            for node in self._walk.nodes
            if isinstance(node, Arbitrary)
        ]
        named = [node.name for node in self._walk.nodes if isinstance(node, Named)]
        self.is_rational = all(TABLE[name].rational for name in named)
        self.work = len(self._walk.nodes)

    def values(self, point: Mapping[str, Fraction], space: Exact) -> list[Any]:
        """Both entries at a point."""
        return self._walk.values(
            {name: space.rational(value.numerator, value.denominator) for name, value in point.items()}, space
        )


def both(left: Matrix, right: Matrix) -> residues.Sides:
    """The entries of both sides, as what compares them at a random point asks for them."""
    walk = Walk([*left.flat, *right.flat])

    def sides(value: Callable[[str], Any], space: Objects) -> tuple[list[Any], list[Any]]:
        found = walk.values({symbol.name: value(symbol.name) for symbol in walk.symbols}, space)
        return found[: left.size], found[left.size :]

    return sides


def told_apart(left: Matrix, right: Matrix) -> list[int]:
    """The places of the entries that differ at a random point, at the cost of the graph.

    Where one of them has no value there, those that are not one and the same node.
    """
    try:
        return residues.told_apart(both(left, right))
    except NotExact:
        return [place for place, (one, other) in enumerate(zip(left.flat, right.flat, strict=True)) if one is not other]


class NumpyFunction:
    """A matrix of expressions as a function of arrays; ``symbols`` are those it depends on, beside what is known."""

    def __init__(self, entries: Matrix, known: dict[Basic, Any] | None = None) -> None:
        self.shape = entries.shape
        self._walk = Walk(list(entries.flat), known)
        self.symbols = self._walk.symbols

    def __call__(self, values: Mapping[Symbol, Any], dtype: Any = np.float64) -> Array:
        """The matrix where each symbol has its value: an array of ``dtype`` and of shape (\\*batch, rows, columns).

        The values broadcast against each other to the shape ``batch``, constants too; ``dtype`` is float64 or
        complex128. What overflows or divides by zero comes back as inf or nan. Raises ``KeyError`` for a symbol without
        a value, ``OverflowError`` for a rational that no float is near, :class:`UsageError` for another dtype, and
        :class:`NotExact` for a node that is no arithmetic.
        """
        if np.dtype(dtype) not in (np.float64, np.complex128):
            raise UsageError(f"expected float64 or complex128, not {np.dtype(dtype)}: fewer digits settle nothing")
        given = {symbol.name: np.asarray(value, dtype=dtype) for symbol, value in values.items()}
        with np.errstate(all="ignore"):
            entries = self._entries(given)
        batch = np.broadcast_shapes(*(np.shape(value) for value in (*given.values(), *entries)))
        whole = np.stack([np.broadcast_to(entry, batch) for entry in entries], axis=-1).astype(dtype, copy=False)
        return whole.reshape(*batch, *self.shape)

    def _entries(self, given: Mapping[str, Any]) -> Sequence[Any]:
        return self._walk.values(given, NUMPY)

    def exactly(self, values: Mapping[Symbol, complex], space: Digits) -> Array:
        """The matrix at one point in so many digits: (rows, columns) of numbers of mpmath."""
        given = {symbol.name: space.entry(value) for symbol, value in values.items()}
        return np.array([*self._walk.values(given, space), None], dtype=object)[:-1].reshape(self.shape)
