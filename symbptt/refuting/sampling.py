"""Two expressions at random points modulo a large prime: strong evidence where a proof is too large, never a proof.

Every symbol takes a random residue, and so does every atom ``phi(a)``, once for each value of its argument, whatever
function phi is. The two sides are polynomials in these. Where they differ as polynomials they agree at a random point
with a probability of at most their degree over the prime (Schwartz and Zippel), to which is added that of two
different arguments meeting in one residue.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from sympy import Basic, Expr, Symbol

from symbptt.errors import BudgetExceeded, IllTyped, NotExact, SymbpttError
from symbptt.page.notation import (
    Add,
    Diag,
    Hadamard,
    Mul,
    Power,
    Product,
    Ranged,
    Sum,
    Transpose,
    children,
    free_indices,
)
from symbptt.page.notation import Expr as Written
from symbptt.page.shapes import POWER, shape
from symbptt.proofs.graph import evaluate, inputs, postorder
from symbptt.proofs.heads import Head
from symbptt.proofs.unrolled import Unrolling

PRIME = 2**521 - 1
"""A Mersenne prime, so large that one point settles what any page can ask."""


@dataclass(frozen=True, slots=True)
class Residue:
    """A number modulo the prime."""

    value: int

    def __add__(self, other: Residue) -> Residue:
        return Residue((self.value + other.value) % PRIME)

    def __mul__(self, other: Residue) -> Residue:
        return Residue(self.value * other.value % PRIME)

    def __truediv__(self, other: Residue) -> Residue:
        if not other.value:
            raise NotExact("a division by zero at a random point")
        return Residue(self.value * pow(other.value, -1, PRIME) % PRIME)


class _Residues:
    """Evaluation modulo the prime, with one random function for each head."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(64)

    def number(self, numerator: int, denominator: int) -> Residue:
        return Residue(numerator % PRIME) / Residue(denominator % PRIME)

    def symbol(self, symbol: Symbol) -> Residue:
        return self._random("symbol", symbol.name)

    def head(self, node: Head, arguments: Sequence[Any]) -> Residue:
        name = node.args[: len(node.args) - len(node.inputs)]
        return self._random(type(node).__name__, *map(str, name), *(f"{argument.value:x}" for argument in arguments))

    def _random(self, *said: str) -> Residue:
        # Two blocks of 512 bits: the remainder is as good as uniform.
        text = "\0".join(said).encode()
        blocks = (hashlib.blake2b(text, key=self._key, person=person).digest() for person in (b"one", b"two"))
        return Residue(int.from_bytes(b"".join(blocks)) % PRIME)


class _Degrees:
    """The degree of every node as a polynomial in atoms, itself an arithmetic: sums keep the larger, products add."""

    @dataclass(frozen=True, slots=True)
    class Degree:
        value: int

        def __add__(self, other: _Degrees.Degree) -> _Degrees.Degree:
            return _Degrees.Degree(max(self.value, other.value))

        def __mul__(self, other: _Degrees.Degree) -> _Degrees.Degree:
            return _Degrees.Degree(self.value + other.value)

        __truediv__ = __mul__

    def number(self, numerator: int, denominator: int) -> Degree:
        return self.Degree(0)

    def head(self, node: Head, arguments: Sequence[Any]) -> Degree:
        return self.Degree(1)


def agree_at_random(left: Sequence[Expr], right: Sequence[Expr]) -> tuple[bool, int]:
    """Whether all entries agree at one random point, and m: two that differ would do so with probability at most 2^-m.

    Raises :class:`NotExact` for a node that is no sum, product, whole power, symbol or function.
    """
    both = [*left, *right]
    order = postorder(both)
    symbols = [node for node in order if isinstance(node, Symbol)]
    same = not _differing(left, right, order)

    heads = [node for node in order if isinstance(node, Head)]
    arguments = [argument for node in heads for argument in inputs(node)]
    degrees = evaluate([*both, *arguments], dict.fromkeys(symbols, _Degrees.Degree(1)), _Degrees())
    largest = max((degree.value for degree in degrees), default=0) or 1
    pairs = len(heads) * (len(heads) - 1) // 2
    # The chance is below (bad points)/PRIME, which is at most 2^-m.
    bad = largest * (1 + pairs) * max(len(left), 1)
    return same, (PRIME // bad).bit_length() - 1


Residues: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"
"""Rows by columns of whole numbers modulo the prime."""
RANGE = 1000
"""How many terms or factors a range may have at the point."""


class _Symbols(dict[Any, Residue]):
    """The residue of each symbol, asked for when it is met."""

    def __init__(self, arithmetic: _Residues) -> None:
        self._arithmetic = arithmetic

    def __missing__(self, symbol: Symbol) -> Residue:
        return self.setdefault(symbol, self._arithmetic.symbol(symbol))


class Point:
    """One random point that is kept: what is written on a page, evaluated there modulo the prime, each part once.

    Derivatives, states, data and weights are unrolled and evaluated; sums, products, powers and transposes of them are
    computed with the residues. So many ways to write one equation cost little more than one. Expressions that differ
    here differ; those that agree have to be proved equal.
    """

    def __init__(self, unrolling: Unrolling) -> None:
        self._unrolling = unrolling
        self._arithmetic = _Residues()
        self._symbols = _Symbols(self._arithmetic)
        self._nodes: dict[Basic, Any] = {}
        # Told apart by identity: variants of an equation share their parts, and a hash would walk each of them. The
        # expression is kept beside what is known of it, so that no other takes its place in memory.
        self._read: dict[int, tuple[Written, Written, frozenset[str]]] = {}
        self._values: dict[tuple[int, tuple[int, ...]], Residues | SymbpttError] = {}

    def value(self, node: Written, values: Mapping[str, int]) -> Residues:
        """One side of an equation, not yet resolved, where its indices have these values.

        Raises what unrolling raises: :class:`IllTyped`, :class:`NotStated`, :class:`BudgetExceeded` or
        :class:`NotExact`.
        """
        _, said, free = self._known(node)
        if not free <= values.keys():
            raise IllTyped(f"{node} has an index that nothing gives a value: {', '.join(sorted(free - values.keys()))}")
        key = (id(node), tuple(values[name] for name in sorted(free)))
        if key not in self._values:
            try:
                self._values[key] = self._evaluated(said, {name: values[name] for name in free})
            except SymbpttError as error:
                self._values[key] = error
        found = self._values[key]
        if isinstance(found, SymbpttError):
            raise found
        return found

    def _known(self, node: Written) -> tuple[Written, Written, frozenset[str]]:
        if id(node) not in self._read:
            if isinstance(node, COMPUTED):
                free = frozenset[str]().union(*(self._known(part)[2] for part in children(node)))
                if isinstance(node, Ranged):
                    free = (free - {node.index}) | node.lower.letters() | node.upper.letters()
                elif isinstance(node, Power):
                    free |= node.exponent.letters()
                self._read[id(node)] = node, node, free
            else:
                said = self._unrolling.page.resolve(node)
                self._read[id(node)] = node, said, free_indices(said)
        return self._read[id(node)]

    def _evaluated(self, node: Written, values: Mapping[str, int]) -> Residues:
        match node:
            case Add():
                return reduce(_plus, [self.value(part, values) for part in node.parts])
            case Mul():
                return reduce(_times, [self.value(part, values) for part in node.parts])
            case Hadamard():
                return reduce(_entrywise, [self.value(part, values) for part in node.parts])
            case Transpose():
                return self.value(node.of, values).T
            case Diag():
                column = self.value(node.of, values)
                return _reduced(_eye(len(column)) * column)
            case Power():
                return self._power(self.value(node.base, values), node.exponent.substitute(values).value())
            case Ranged():
                return self._ranged(node, values)
            case _:
                entries = self._unrolling.side(node, values)
                found = evaluate(list(entries.flat), self._symbols, self._arithmetic, self._nodes)
                return _array([residue.value for residue in found], entries.shape)

    def _ranged(self, node: Ranged, values: Mapping[str, int]) -> Residues:
        lower, upper = (bound.substitute(values).value() for bound in (node.lower, node.upper))
        if upper - lower > RANGE:
            raise BudgetExceeded(f"{node} has more than {RANGE} parts")
        parts = [self.value(node.body, {**values, node.index: at}) for at in range(lower, upper + 1)]
        if isinstance(node, Product):
            ordered = parts if node.ascending else parts[::-1]
            return reduce(_times, ordered) if ordered else _eye(self._numbers(node)[0])
        rows, columns = (0, 0) if parts else self._numbers(node)
        return reduce(_plus, parts) if parts else _array([0] * (rows * columns), (rows, columns))

    def _numbers(self, node: Ranged) -> tuple[int, int]:
        page = self._unrolling.page
        rows, columns = shape(page, page.resolve(node.body))
        return rows.at(self._unrolling.sizes), columns.at(self._unrolling.sizes)

    def _power(self, base: Residues, exponent: int) -> Residues:
        if abs(exponent) > POWER:
            raise BudgetExceeded(f"a power of {exponent} is more than the limit of {POWER}")
        if base.shape == (1, 1):
            if exponent < 0 and not base[0, 0]:
                raise NotExact("a division by zero at a random point")
            return _array([pow(int(base[0, 0]), exponent, PRIME)], (1, 1))
        if exponent < 0 or base.shape[0] != base.shape[1]:
            raise IllTyped("a negative power of a matrix is not a page's notation")
        return reduce(_times, [base] * exponent, _eye(len(base)))


COMPUTED = (Add, Mul, Hadamard, Transpose, Diag, Power, Sum, Product)
"""What is computed with residues; everything else is unrolled."""


def _array(entries: Sequence[int], size: tuple[int, ...]) -> Residues:
    made = np.empty(len(entries), dtype=object)
    made[:] = entries
    return made.reshape(size)


def _eye(size: int) -> Residues:
    return _array([int(row == column) for row in range(size) for column in range(size)], (size, size))


def _plus(one: Residues, other: Residues) -> Residues:
    _need(one.shape == other.shape, one, other)
    return _reduced(one + other)


def _entrywise(one: Residues, other: Residues) -> Residues:
    _need(one.shape == other.shape, one, other)
    return _reduced(one * other)


def _times(one: Residues, other: Residues) -> Residues:
    if one.shape == (1, 1) or other.shape == (1, 1):
        return _reduced(one * other)
    _need(one.shape[1] == other.shape[0], one, other)
    return _reduced(one @ other)


def _reduced(numbers: Residues) -> Residues:
    reduced: Residues = numbers % PRIME
    return reduced


def _need(fits: bool, one: Residues, other: Residues) -> None:
    if not fits:
        raise IllTyped(f"{one.shape} and {other.shape} do not compose")


def told_apart(left: Sequence[Expr], right: Sequence[Expr]) -> list[int]:
    """The places of the entries that differ at a random point, at the cost of the graph.

    Where one of them has no value there, for want of a rule, those that are not one and the same node.
    """
    try:
        return _differing(left, right, postorder([*left, *right]))
    except NotExact:
        return [place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one is not other]


def _differing(left: Sequence[Expr], right: Sequence[Expr], order: Sequence[Basic]) -> list[int]:
    point = _Residues()
    symbols = {node: point.symbol(node) for node in order if isinstance(node, Symbol)}
    values = evaluate([*left, *right], symbols, point, order=order)
    pairs = zip(values[: len(left)], values[len(left) :], strict=True)
    return [place for place, (one, other) in enumerate(pairs) if one != other]
