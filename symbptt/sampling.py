"""Two expressions at random points modulo a large prime: strong evidence where a proof is too large, never a proof.

Every symbol takes a random residue, and so does every atom ``phi(a)``, once for each value of its argument, whatever
function phi is. The two sides are polynomials in these. Where they differ as polynomials they agree at a random point
with a probability of at most their degree over the prime (Schwartz and Zippel), to which is added that of two
different arguments meeting in one residue.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Expr, Symbol

from symbptt.errors import NotExact
from symbptt.graph import evaluate, inputs, postorder
from symbptt.heads import Head

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
    values = evaluate([*left, *right], symbols, point, order)
    pairs = zip(values[: len(left)], values[len(left) :], strict=True)
    return [place for place, (one, other) in enumerate(pairs) if one != other]
