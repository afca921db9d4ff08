"""How the gradient of a node passes to what stands in it: one rule for each node, in the notation itself.

A gradient has the shape of what it is taken in. Where C = A B has the gradient G, A has G Bᵀ and B has Aᵀ G; a ⊙ b
gives G ⊙ b and G ⊙ a; f(a) gives G ⊙ f'(a). What comes out is written as a person would, by ``tidy``. Nothing is
proved here: what these rules make is a claim like any other, and is judged as one.

>>> from symbptt.page.notation import function, indices, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, z, W, U = state("h", n), state("z", n), weight("W", n, n), weight("U", n, n)
>>> page = Derivation("A product")
>>> _ = page.define("z", z[t], W @ h[t - 1])
>>> _ = page.define("h", h[t], W @ z[t])
>>> delta = state("delta", n)
>>> for leaf, rate, _ in Rules(page, {}).pulled(W @ hadamard(z[t], U @ h[t - 1]), delta[t]):
...     print(leaf, "gets", rate)
W gets delta_t · (z_t ⊙ (U · h_{t-1}))ᵀ
z_t gets (Wᵀ · delta_t) ⊙ (U · h_{t-1})
U gets ((Wᵀ · delta_t) ⊙ z_t) · h_{t-1}ᵀ
h_{t-1} gets Uᵀ · ((Wᵀ · delta_t) ⊙ z_t)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple, assert_never

from symbptt import functions
from symbptt.deriving.tidy import added, difference, elementwise, multiplied, transposed
from symbptt.errors import Undecided
from symbptt.judging.customs import targets
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Sum,
    Total,
    Transpose,
    Zero,
    function,
    hadamard,
    ones,
    partial,
    softmax_of,
    walk,
)
from symbptt.page.shapes import SCALAR, shape


class Pulled(NamedTuple):
    """What one place in an expression gets: a state or data letter at a step, or a weight, and its gradient there.

    ``ranges`` are the sums over steps that the place stands under, (index, lower, upper).
    """

    leaf: At | Letter
    rate: Expr
    ranges: tuple[tuple[Index, Index, Index], ...] = ()


class _Written:
    """The arithmetic in which the derivative of a named function is written in the notation, for a column ``like``."""

    def __init__(self, like: Expr) -> None:
        self.like = like

    def number(self, numerator: int, denominator: int) -> _Entries:
        """A rational number in every entry."""
        return _Entries(multiplied(Number(Fraction(numerator, denominator)), ones(self.like)))

    def inverse(self, value: _Entries) -> _Entries:
        """One over every entry."""
        return _Entries(Apply(function("reciprocal"), (value.node,)))

    def named(self, name: str, argument: _Entries) -> _Entries:
        """A function of the table, entry by entry."""
        return _Entries(Apply(function(name), (argument.node,)))


@dataclass(frozen=True)
class _Entries:
    node: Expr

    def __add__(self, other: _Entries) -> _Entries:
        return _Entries(added([self.node, other.node]))

    def __sub__(self, other: _Entries) -> _Entries:
        return _Entries(difference(self.node, other.node))

    def __mul__(self, other: _Entries) -> _Entries:
        return _Entries(elementwise(self.node, other.node))


@dataclass
class Rules:
    """The rules for the definitions of one page; ``values`` are the letters that are what an expression is.

    A definition h_t = tanh(z_t) makes h_t the value of tanh at z_t, and 1 - h_t ⊙ h_t its slope. ``logarithms`` are
    the letters that nothing but a logarithm is taken of. ``named`` gives what the argument of a function gets a name,
    where it is made of several things that get their share of it.
    """

    page: Derivation
    values: Mapping[Expr, Expr]
    logarithms: frozenset[Letter] = frozenset()
    named: Callable[[Expr, Expr], Expr] | None = None

    def pulled(self, node: Expr, rate: Expr) -> Iterator[Pulled]:
        """What each place in ``node`` gets where ``node`` has the gradient ``rate``.

        Raises :class:`Undecided` for what has no rule.
        """
        if not any(self.moves(part) for part in walk(node)):
            return
        match node:
            case Letter() | At():
                yield Pulled(node, rate)
            case Add(parts):
                for part in parts:
                    yield from self.pulled(part, rate)
            case Hadamard(parts):
                for place, part in enumerate(parts):
                    others = parts[:place] + parts[place + 1 :]
                    yield from self.pulled(part, elementwise(rate, *others))
            case Mul():
                if (inside := softmax_of(node)) is not None:
                    value = self.values.get(node, node)
                    weighed = multiplied(value, transposed(value), rate)
                    yield from self.pulled(inside, difference(elementwise(rate, value), weighed))
                else:
                    yield from self._of_product(node, rate)
            case Transpose(of):
                yield from self.pulled(of, transposed(rate))
            case Diag(of):
                on_diagonal = hadamard(Identity(node), rate)
                yield from self.pulled(of, multiplied(on_diagonal, ones(of)))
            case Concat():
                raise Undecided(
                    f"{node} is a row of blocks: give the columns of the weight beside it names of their own, "
                    "U h_{t-1} + W x_t for W [h_{t-1}; x_t], and there is a rule for each"
                )
            case Power(base, exponent):
                yield from self._of_power(node, base, exponent, rate)
            case Apply():
                yield from self._of_function(node, rate)
            case Sum():
                for leaf, share, ranges in self.pulled(node.body, rate):
                    yield Pulled(leaf, share, (node.bounds, *ranges))
            case Number() | IndexValue() | Zero() | Identity() | Ones():
                return
            case Kronecker() | Product() | Copy() | Total() | Partial() | Block() | Laid() | Either():
                raise Undecided(f"{node} stands in a definition, and there is no rule for its gradient")
            case _:
                assert_never(node)

    def moves(self, node: Expr) -> bool:
        """Whether a gradient may be taken in a letter: a state at a step, or a weight."""
        return (isinstance(node, Letter) and node.kind == "weight") or (
            isinstance(node, At) and node.letter.kind == "state"
        )

    # ------------------------------------------------------------------------------------------- products

    def _of_product(self, node: Mul, rate: Expr) -> Iterator[Pulled]:
        """Each factor: what stands before it transposed, the gradient, what stands behind it transposed."""
        chains = list(self._chains(node.parts))
        for place, chain in enumerate(chains):
            others = [multiplied(*other) for k, other in enumerate(chains) if k != place]
            scalars = [other for other in others if self._shape(other) == SCALAR]
            matrices = [other for other in others if self._shape(other) != SCALAR]
            if self._shape(multiplied(*chain)) != SCALAR:
                matrices, own = [], multiplied(*scalars, rate)
            elif matrices:
                # A scalar s in s M gets the sum of the entries of M ⊙ G.
                (matrix,) = matrices
                rows, columns = self._shape(matrix)
                if SCALAR[0] not in (rows, columns):
                    raise Undecided(f"{node} is a matrix times a number that depends on weights: there is no rule")
                column = SCALAR[1] == columns
                inner = (transposed(matrix), rate) if column else (rate, transposed(matrix))
                own = multiplied(*scalars, *inner)
            else:
                own = multiplied(*scalars, rate)
            for k, part in enumerate(chain):
                before, behind = chain[:k], chain[k + 1 :]
                factors = (*map(transposed, reversed(before)), own, *map(transposed, reversed(behind)))
                if isinstance(part, Diag) and behind and self._shape(multiplied(*behind))[1] == SCALAR[1]:
                    # diag(v) u is v ⊙ u.
                    above = multiplied(*map(transposed, reversed(before)), own)
                    yield from self.pulled(part.of, elementwise(above, multiplied(*behind)))
                else:
                    yield from self.pulled(part, multiplied(*factors))

    def _chains(self, parts: Sequence[Expr]) -> Iterator[tuple[Expr, ...]]:
        """A product as products of matrices, each of them a scalar but one: numbers, and y_tᵀ log(p_t)."""
        chain: list[Expr] = []
        for part in parts:
            if self._shape(part) == SCALAR:
                yield (part,)
                continue
            chain.append(part)
            if self._shape(Mul(tuple(chain)) if len(chain) > 1 else part) == SCALAR:
                yield tuple(chain)
                chain = []
        if chain:
            yield tuple(chain)

    def _shape(self, node: Expr) -> tuple[Any, Any]:
        return shape(self.page, node)

    def _of_power(self, node: Power, base: Expr, exponent: Index, rate: Expr) -> Iterator[Pulled]:
        if exponent.terms or self._shape(base) != SCALAR:
            raise Undecided(f"{node} is a power of what depends on weights: there is no rule for its gradient")
        count = exponent.constant
        less = base if count == 2 else Power(base, Index.of(count - 1))
        yield from self.pulled(base, multiplied(Number(Fraction(count)), rate, less))

    # ------------------------------------------------------------------------------------------- functions

    def _of_function(self, node: Apply, rate: Expr) -> Iterator[Pulled]:
        if node.function.is_entrywise:
            (argument,) = node.arguments
            if node.function.symbol == "log" and (inside := self._softmax_at(argument)) is not None:
                yield from self.pulled(inside, self._cross_entropy(argument, rate))
            else:
                yield from self._of_argument(argument, elementwise(rate, self.slope(node)))
            return
        for argument in dict.fromkeys(node.arguments):
            if not any(map(self.moves, walk(argument))):
                continue
            if not isinstance(argument, (At, Letter)):
                raise Undecided(
                    f"{node} is an arbitrary function of {argument}: give that a letter, to write the derivative in it"
                )
            if self._shape(node) == SCALAR:
                slope = partial(node, argument)
                is_number = self._shape(argument) == SCALAR
                yield Pulled(argument, multiplied(rate, slope if is_number else Laid(slope, "shaped")))
            elif self._shape(argument)[1] == SCALAR[1]:
                yield Pulled(argument, multiplied(transposed(partial(node, argument)), rate))
            else:
                raise Undecided(f"{node} is an arbitrary function of the matrix {argument}: there is no rule")

    def _of_argument(self, argument: Expr, rate: Expr) -> Iterator[Pulled]:
        if self.named is not None and len([*replace(self, named=None).pulled(argument, rate)]) > 1:
            rate = self.named(argument, rate)
        yield from self.pulled(argument, rate)

    def slope(self, node: Apply) -> Expr:
        """The derivative of a function that acts on each entry, there where it is applied.

        From the table where it is named, and its value or its argument is a letter; otherwise with a prime.
        """
        (argument,) = node.arguments
        row = functions.row_called(node.function.symbol)
        value = self.values.get(node, node)
        prime = Apply(node.function, node.arguments, node.primes + 1)
        if row is None or node.primes:
            return prime
        if isinstance(value, Apply) and not isinstance(argument, (At, Letter)):
            return prime
        made = row.slope(_Written(argument), _Entries(argument), _Entries(value))
        assert isinstance(made, _Entries)
        met = {part.function.symbol for part in walk(made.node) if isinstance(part, Apply)}
        # A derivative that no page has a name for, a step, is written with a prime.
        return prime if any(functions.row_called(name) is None for name in met) else made.node

    # ------------------------------------------------------------------------------------------- softmax

    def _softmax_at(self, argument: Expr) -> Expr | None:
        """What a softmax is taken of, where an argument is one, or a letter for one that nothing else is made of."""
        if isinstance(argument, At) and argument.letter not in self.logarithms:
            return None
        known = next((said for said, letter in self.values.items() if letter == argument), argument)
        return softmax_of(known)

    def _cross_entropy(self, value: Expr, rate: Expr) -> Expr:
        """The gradient in what a softmax ``value`` is taken of, that of its logarithm being ``rate``.

        It is rate - value (1ᵀ rate); with -y for the rate and entries of y that sum to one, value - y.
        """
        target = multiplied(Number(Fraction(-1)), rate)
        summing = next((node for node in walk(target) if isinstance(node, At) and self.sums_to_one(node)), None)
        if summing is not None and multiplied(*_without(target, summing), summing) == target:
            return multiplied(*_without(target, summing), Add((value, -1 * summing)))
        return difference(rate, multiplied(value, transposed(ones(rate)), rate))

    def sums_to_one(self, node: At) -> bool:
        """Whether the entries of a column sum to one by its definition, or by the custom for targets."""
        body = self.page.meaning.defined(node.letter).body if self.page.definitions(node.letter) else None
        if body is None:
            return node.letter in set(targets(self.page)) and node.letter.symbol not in self.page.bound
        return _is_over_its_sum(body)


def _without(node: Expr, factor: Expr) -> tuple[Expr, ...]:
    parts = node.parts if isinstance(node, Mul) else (node,)
    return tuple(part for part in parts if part != factor)


def _is_over_its_sum(node: Expr) -> bool:
    """Whether an expression is a column over the sum of its entries."""
    return isinstance(node, Mul) and node == node.parts[0] / (ones(node.parts[0]).T @ node.parts[0])
