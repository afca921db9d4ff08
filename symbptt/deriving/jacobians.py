"""How the Jacobian of a node is made of those of what stands in it: one rule for each node, in the notation itself.

Where c has the Jacobian J, A c has A J; a ⊙ b has diag(a) J_b + diag(b) J_a, and f(a) has diag(f'(a)) J_a. Nothing is
proved here: what these rules make is a claim like any other, and is judged as one.

>>> from symbptt.page.notation import hadamard, indices, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, z, W = state("h", n), state("z", n), weight("W", n, n)
>>> from symbptt.page.derivation import Derivation
>>> page = Derivation("A gate")
>>> _ = page.define("z", z[t], W @ h[t - 1])
>>> found = pushed(Rules(page, {}), hadamard(ones(z[t]) - z[t], h[t - 1]), {h[t - 1]: Identity(W), z[t]: W})
>>> print(found)
diag(1 - z_t) - diag(h_{t-1}) · W
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple, assert_never

from symbptt.deriving.rules import Rules
from symbptt.deriving.tidy import added, elementwise, is_scalar, multiplied, transposed
from symbptt.errors import Undecided
from symbptt.page.notation import (
    ONE,
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
    children,
    diag,
    ones,
    partial,
    softmax_of,
)
from symbptt.page.shapes import SCALAR, shape


class _Term(NamedTuple):
    """diag(column) · tail; without a column the tail alone."""

    column: Expr | None
    tail: Expr


def pushed(rules: Rules, node: Expr, inside: Mapping[At, Expr]) -> Expr | None:
    """The Jacobian of a column, ``inside`` being those of the letters in it; None where it is 0.

    Raises :class:`Undecided` for what has no rule.
    """
    return _Pushing(rules, inside).whole(node)


def _factors(columns: list[Expr | None], tail: Expr) -> tuple[Expr, ...]:
    if columns == [None]:
        return (tail,)
    like = next((column for column in columns if column is not None), tail)
    column = added([ones(like) if one is None else one for one in columns])
    numbers = [part for part in column.parts if is_scalar(part)] if isinstance(column, Mul) else []
    rest = [part for part in column.parts if part not in numbers] if isinstance(column, Mul) else [column]
    kept = [part for part in rest if not isinstance(part, Ones)]
    return (*numbers, *([_diagonal(multiplied(*kept))] if kept else []), tail)


class _Pushing:
    def __init__(self, rules: Rules, inside: Mapping[At, Expr]) -> None:
        self.rules, self.page, self.inside = rules, rules.page, inside

    def moves(self, node: Expr) -> bool:
        """Whether a letter that has a Jacobian stands in an expression, and not only for its shape."""
        if isinstance(node, (Ones, Zero, Identity)):
            return False
        return node in self.inside if isinstance(node, At) else any(map(self.moves, children(node)))

    def whole(self, node: Expr) -> Expr | None:
        """The Jacobian of a column as one expression, diagonals before the same thing put together."""
        found: dict[Expr, list[Expr | None]] = {}
        for column, tail in self.terms(node):
            found.setdefault(tail, []).append(column)
        terms = [multiplied(*_factors(columns, tail)) for tail, columns in found.items()]
        return added(terms) if terms else None

    def terms(self, node: Expr) -> Iterator[_Term]:
        """The Jacobian of a column as a sum."""
        if not self.moves(node):
            return
        match node:
            case At():
                yield _Term(None, self.inside[node])
            case Add(parts):
                for part in parts:
                    yield from self.terms(part)
            case Hadamard(parts):
                for place, part in enumerate(parts):
                    yield from self._scaled(elementwise(*parts[:place], *parts[place + 1 :]), part)
            case Mul(parts):
                if (of := softmax_of(node)) is not None:
                    value = self.rules.values.get(node, node)
                    for column, tail in self.terms(of):
                        below = tail if column is None else multiplied(_diagonal(column), tail)
                        yield _Term(value, below)
                        yield _Term(None, multiplied(Number(Fraction(-1)), value, transposed(value), below))
                else:
                    yield from self._of_product(parts)
            case Apply(function=function, arguments=arguments):
                if function.is_entrywise:
                    yield from self._scaled(self.rules.slope(node), arguments[0])
                    return
                for argument in dict.fromkeys(filter(self.moves, arguments)):
                    if not isinstance(argument, At) or shape(self.page, argument)[1] != ONE:
                        raise Undecided(f"{node} is an arbitrary function of {argument}: give that a letter")
                    yield _Term(None, multiplied(partial(node, argument), self.inside[argument]))
            case Letter() | Number() | IndexValue() | Zero() | Identity() | Ones():
                return
            case (Diag() | Transpose() | Concat() | Power() | Kronecker() | Sum() | Product() | Copy()) | (
                Total() | Partial() | Block() | Laid() | Either()
            ):
                raise Undecided(f"{node} stands in a definition, and there is no rule for its Jacobian")
            case _:
                assert_never(node)

    def _scaled(self, column: Expr, node: Expr) -> Iterator[_Term]:
        for own, tail in self.terms(node):
            yield _Term(column if own is None else elementwise(column, own), tail)

    def _of_product(self, parts: tuple[Expr, ...]) -> Iterator[_Term]:
        """A chain of matrices before a column, and numbers beside it: s c has the Jacobian s J_c + c J_s."""
        numbers = [part for part in parts if shape(self.page, part) == SCALAR]
        chain = [part for part in parts if shape(self.page, part) != SCALAR]
        for place, number in enumerate(numbers):
            others = (*numbers[:place], *numbers[place + 1 :], *chain)
            if self.moves(number) and chain and shape(self.page, multiplied(*chain))[1] != ONE:
                raise Undecided(f"{Mul(parts)} is a matrix times a number that moves: there is no rule")
            for own, tail in self.terms(number):
                yield _Term(None, multiplied(*others, *([] if own is None else [own]), tail))
        if not chain:
            return
        *before, last = chain
        if before and isinstance(before[-1], Diag) and self.moves(before[-1]):
            # diag(v) u is v ⊙ u.
            last = elementwise(before[-1].of, last)
            before.pop()
        if any(map(self.moves, before)) or isinstance(last, Transpose):
            raise Undecided(f"{Mul(parts)} moves before its last factor: there is no rule for its Jacobian")
        if before:
            if (inner := self.whole(last)) is not None:
                yield _Term(None, multiplied(*numbers, *before, inner))
            return
        for own, tail in self.terms(last):
            # A number stands with what is on the diagonal, so that a ∂z - b ∂z is (a - b) ∂z.
            yield _Term(multiplied(*numbers, ones(last) if own is None else own) if numbers else own, tail)


def _diagonal(column: Expr) -> Expr:
    """The diagonal matrix of a column; a number is one already."""
    return column if is_scalar(column) else diag(column)
