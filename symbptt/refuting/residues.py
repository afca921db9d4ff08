"""Both sides at random points modulo a large prime: strong evidence where a proof is too large, never a proof.

Every symbol takes a random residue, and so does every atom ``phi(a)``, once for each value of its argument, whatever
function phi is. The two sides are polynomials in these. Where they differ as polynomials they agree at a random point
with a probability of at most their degree over the prime (Schwartz and Zippel), to which is added that of two
different arguments meeting in one residue.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from symbptt.errors import BudgetExceeded, IllTyped, NotExact, NotStated, SymbpttError
from symbptt.functions import TABLE
from symbptt.oracles.forward import Model, arranged
from symbptt.oracles.spaces import Objects
from symbptt.page.expansion import expand
from symbptt.page.notation import (
    Add,
    At,
    Diag,
    Hadamard,
    Identity,
    Laid,
    Letter,
    Mul,
    Power,
    Product,
    Ranged,
    Sum,
    Transpose,
    Zero,
    children,
    free_indices,
    owner,
    walk,
)
from symbptt.page.notation import Expr as Written
from symbptt.page.shapes import POWER, shape
from symbptt.refuting.duals import Run

BITS = 521
PRIME = 2**BITS - 1
"""A Mersenne prime, so large that one point settles what any page can ask."""


@dataclass(slots=True)
class Residue:
    """A number modulo the prime, from 0 to below it.

    Hundreds of thousands are made for a page: it is not frozen, which would make each twice as dear, and nobody writes
    into one.
    """

    value: int

    def __add__(self, other: Residue | int) -> Residue:
        total = self.value + _value(other)
        return Residue(total if 0 <= total < PRIME else total % PRIME)

    def __sub__(self, other: Residue | int) -> Residue:
        return Residue((self.value - _value(other)) % PRIME)

    def __neg__(self) -> Residue:
        return Residue(-self.value % PRIME)

    def __mul__(self, other: Residue | int) -> Residue:
        made = self.value * _value(other)
        # 2^BITS is 1 modulo the prime, so that the upper bits are added to the lower ones; a division takes longer.
        while made > PRIME:
            made = (made & PRIME) + (made >> BITS)
        return Residue(made if 0 <= made < PRIME else made % PRIME)

    def __truediv__(self, other: Residue | int) -> Residue:
        if not _value(other) % PRIME:
            raise NotExact("a division by zero at a random point")
        return Residue(self.value * pow(_value(other), -1, PRIME) % PRIME)

    def __rsub__(self, other: int) -> Residue:
        return -self + other

    def __rtruediv__(self, other: int) -> Residue:
        return Residue(other % PRIME) / self

    def __pow__(self, exponent: int) -> Residue:
        return Residue(pow(self.value, exponent, PRIME))

    __radd__, __rmul__ = __add__, __mul__

    def __bool__(self) -> bool:
        return self.value != 0


def _value(number: Residue | int) -> int:
    return number.value if isinstance(number, Residue) else number


class Residues(Objects):
    """Numbers modulo the prime, with one random function for each name and order."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(64)
        self.atoms: set[tuple[str, ...]] = set()
        """The functions that were met, each with what it was applied to."""

    def entry(self, value: Any) -> Residue:
        """A float, exactly."""
        return self.rational(*float(value).as_integer_ratio())

    def rational(self, numerator: int, denominator: int) -> Residue:
        """A fraction."""
        return Residue(numerator % PRIME) / denominator

    def inverted(self, value: Residue) -> Residue:
        """One over a residue; raises :class:`NotExact` for 0."""
        return 1 / value

    def symbol(self, name: str) -> Residue:
        """The residue of an entry of a letter."""
        return self._random("symbol", name)

    def at(self, name: str, argument: Residue) -> Residue:
        """A named function, one that is a composition of others as such."""
        written = TABLE[name].written
        if written is not None:
            made: Residue = written(argument, lambda other: self.at(other, argument))
            return made
        return self._applied("named", name, f"{argument.value:x}")

    def stand(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Residue]) -> Residue:
        """An arbitrary function; each of its derivatives is another one."""
        return self._applied(
            "arbitrary", name, str(component), *map(str, orders), *(f"{argument.value:x}" for argument in arguments)
        )

    def _applied(self, *said: str) -> Residue:
        self.atoms.add(said)
        return self._random(*said)

    def _random(self, *said: str) -> Residue:
        # Two blocks of 512 bits: the remainder is as good as uniform.
        text = "\0".join(said).encode()
        blocks = (hashlib.blake2b(text, key=self._key, person=person).digest() for person in (b"one", b"two"))
        return Residue(int.from_bytes(b"".join(blocks)) % PRIME)


@dataclass(frozen=True, slots=True)
class Degree:
    """The degree of a polynomial in atoms: sums keep the larger, products add."""

    value: int

    def __add__(self, other: Degree) -> Degree:
        return Degree(max(self.value, other.value))

    __sub__ = __add__

    def __neg__(self) -> Degree:
        return self

    def __mul__(self, other: Degree) -> Degree:
        return Degree(self.value + other.value)


class Degrees(Objects):
    """The degree of every value; ``largest`` is that of any argument of a function."""

    def __init__(self) -> None:
        self.largest = 0

    def entry(self, value: Any) -> Degree:
        """A number."""
        return Degree(0)

    def rational(self, numerator: int, denominator: int) -> Degree:
        """A number."""
        return Degree(0)

    def inverted(self, value: Degree) -> Degree:
        """One over a value is counted as the value is: both sides multiplied by it have no more."""
        return value

    def at(self, name: str, argument: Degree) -> Degree:
        """A named function is an atom."""
        return self.stand(name, 0, (), [argument])

    def stand(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Degree]) -> Degree:
        """An arbitrary function is an atom."""
        self.largest = max([self.largest, *(argument.value for argument in arguments)])
        return Degree(1)


Sides: TypeAlias = "Callable[[Callable[[str], Any], Objects], tuple[Sequence[Any], Sequence[Any]]]"
"""The entries of both sides in a space, where an entry of a letter has the value that is asked for by its name."""


def agree_at_random(sides: Sides) -> tuple[bool, int]:
    """Whether all entries agree at one random point, and m: two that differ would do so with probability at most 2^-m.

    Raises :class:`NotExact` for what is no sum, product, whole power, symbol or function.
    """
    point, counted = Residues(), Degrees()
    left, right = sides(point.symbol, point)
    degrees = sides(lambda name: Degree(1), counted)
    largest = max([counted.largest, *(degree.value for side in degrees for degree in side)]) or 1
    pairs = len(point.atoms) * (len(point.atoms) - 1) // 2
    # The chance is below (bad points)/PRIME, which is at most 2^-m.
    bad = largest * (1 + pairs) * max(len(left), 1)
    return list(left) == list(right), (PRIME // bad).bit_length() - 1


def told_apart(sides: Sides) -> list[int]:
    """The places of the entries that differ at a random point; raises :class:`NotExact` where one has no value."""
    point = Residues()
    left, right = sides(point.symbol, point)
    return [place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]


Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"
"""Rows by columns of residues."""
RANGE = 1000
"""How many terms or factors a range may have at the point."""


class Point:
    """One random point that is kept: what is written on a page, evaluated there modulo the prime, each part once.

    Derivatives, states, data and weights are run forward on dual numbers; sums, products, powers and transposes of them
    are computed from what is known of their parts. So many ways to write one equation cost little more than one.
    Expressions that differ here differ; those that agree have to be proved equal.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._space = Residues()
        self._run = Run(model, self._space, self._leaf)
        self._leaves: dict[tuple[Written, int | None], Matrix] = {}
        self._read: dict[Written, tuple[Written, frozenset[str]]] = {}
        self._values: dict[tuple[Written, tuple[int, ...]], Matrix | SymbpttError] = {}

    def value(self, node: Written, values: Mapping[str, int]) -> Matrix:
        """One side of an equation, not yet resolved, where its indices have these values.

        Raises :class:`IllTyped`, :class:`NotStated`, :class:`BudgetExceeded` or :class:`NotExact` where it has none.
        """
        said, free = self._known(node)
        if not free <= values.keys():
            raise IllTyped(f"{node} has an index that nothing gives a value: {', '.join(sorted(free - values.keys()))}")
        key = (node, tuple([values[name] for name in sorted(free)]))
        found = self._values.get(key)
        if found is None:
            try:
                found = self._evaluated(said, {name: values[name] for name in free})
            except SymbpttError as error:
                found = error
            self._values[key] = found
        if isinstance(found, SymbpttError):
            raise found
        return found

    def _known(self, node: Written) -> tuple[Written, frozenset[str]]:
        found = self._read.get(node)
        if found is None:
            if isinstance(node, COMPUTED):
                free = frozenset[str]().union(*(self._known(part)[1] for part in children(node)))
                if isinstance(node, Ranged):
                    free = (free - {node.index}) | node.lower.letters() | node.upper.letters()
                elif isinstance(node, Power):
                    free |= node.exponent.letters()
                found = node, free
            else:
                said = self._model.page.resolve(node)
                shape(self._model.page, said)  # a run forward multiplies what does not compose, too
                found = said, free_indices(said)
            self._read[node] = found
        return found

    def _evaluated(self, node: Written, values: Mapping[str, int]) -> Matrix:
        match node:
            case Add():
                return reduce(_plus, [self.value(part, values) for part in node.parts])
            case Mul():
                return reduce(_times, [self.value(part, values) for part in node.parts])
            case Hadamard():
                return reduce(_entrywise, [self.value(part, values) for part in node.parts])
            case Transpose():
                return self.value(node.of, values).T
            case Laid():
                value = self.value(node.of, values)
                return np.asarray(arranged(value, node.arrangement, self._model.size(owner(node.wrt))))
            case Diag():
                column = self.value(node.of, values)
                if column.shape[1] != 1:
                    raise IllTyped(f"{column.shape} is no column, and makes no diagonal matrix")
                return np.asarray(self._eye(len(column)) * column)
            case Power():
                return self._power(self.value(node.base, values), node.exponent.substitute(values).value())
            case Ranged():
                return self._ranged(node, values)
            case _:
                whole = expand(node, values)
                early = next((at for at in walk(whole) if isinstance(at, At) and at.index.value() < 0), None)
                if early is not None:
                    raise NotStated(f"it refers to {early}, before the first step")
                return np.asarray(self._run.value(whole))

    def _leaf(self, letter: Letter, step: int | None) -> Matrix:
        if letter.kind == "data" and step is not None and step < 0:
            raise NotStated(f"it refers to {letter[step]}, before the first step")
        if (letter, step) not in self._leaves:
            mark = "" if step is None else f"_{step}"
            made = self._leaves[letter, step] = np.empty(self._model.size(letter), dtype=object)
            for row, column in np.ndindex(*made.shape):
                made[row, column] = self._space.symbol(f"{letter.symbol}{mark}[{row},{column}]")
        return self._leaves[letter, step]

    def _ranged(self, node: Ranged, values: Mapping[str, int]) -> Matrix:
        lower, upper = (bound.substitute(values).value() for bound in (node.lower, node.upper))
        if upper - lower > RANGE:
            raise BudgetExceeded(f"{node} has more than {RANGE} parts")
        parts = [self.value(node.body, {**values, node.index: at}) for at in range(lower, upper + 1)]
        if isinstance(node, Product):
            if any(part.shape[0] != part.shape[1] for part in parts):
                raise IllTyped("the factors of Π are square, or they do not compose")
            ordered = parts if node.ascending else parts[::-1]
            return reduce(_times, ordered) if ordered else np.asarray(self._run.value(Identity(self._body(node))))
        return reduce(_plus, parts) if parts else np.asarray(self._run.value(Zero(self._body(node))))

    def _body(self, node: Ranged) -> Written:
        return self._model.page.resolve(node.body)

    def _eye(self, size: int) -> Matrix:
        return np.asarray(self._space.array(np.eye(size)))

    def _power(self, base: Matrix, exponent: int) -> Matrix:
        if abs(exponent) > POWER:
            raise BudgetExceeded(f"a power of {exponent} is more than the limit of {POWER}")
        if base.shape[0] != base.shape[1] or (exponent < 0 and base.shape != (1, 1)):
            raise IllTyped("a negative power of a matrix is not a page's notation")
        power = reduce(_times, [base] * abs(exponent), self._eye(len(base)))
        return power if exponent >= 0 else np.asarray(self._space.inverse(power))


COMPUTED = (Add, Mul, Hadamard, Transpose, Laid, Diag, Power, Sum, Product)
"""What is computed from the residues of its parts; everything else is run forward."""


def _plus(one: Matrix, other: Matrix) -> Matrix:
    _need(one.shape == other.shape, one, other)
    return np.asarray(one + other)


def _entrywise(one: Matrix, other: Matrix) -> Matrix:
    _need(one.shape == other.shape, one, other)
    return np.asarray(one * other)


def _times(one: Matrix, other: Matrix) -> Matrix:
    if one.shape == (1, 1) or other.shape == (1, 1):
        return np.asarray(one * other)
    _need(one.shape[1] == other.shape[0], one, other)
    return np.asarray(one @ other)


def _need(fits: bool, one: Matrix, other: Matrix) -> None:
    if not fits:
        raise IllTyped(f"{one.shape} and {other.shape} do not compose")
