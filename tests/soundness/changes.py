"""What is done to a true claim: slips, as of a tired hand, and rewrites, which leave it true; and random claims.

A slip is made at one place of an expression, whatever the expression is: a bound or a step off by one, a sign, a term
or factor dropped or doubled, two neighbours swapped, one derivative for the other, a transpose too many or too few,
another letter of the same shape, a product in the other order, a slope for its function. Some slips change nothing, as
a sum from 0 where the derivative of h_0 is 0: what is true of the result is not said here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Block,
    Copy,
    Diag,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Kronecker,
    Letter,
    Mul,
    Number,
    Partial,
    Power,
    Product,
    Ranged,
    Shape,
    Sum,
    Total,
    Transpose,
    d,
    diag,
    free_indices,
    hadamard,
    kronecker,
    partial,
    substitute,
)
from tests.soundness.pages import Claim, i, j, t

Change = tuple[str, Expr]


# --------------------------------------------------------------------------------------------------- everywhere


def everywhere(node: Expr, change: Callable[[Expr], Iterator[Change]]) -> Iterator[Change]:
    """What a change of one place makes of an expression, with its name, for every place."""
    yield from change(node)
    for field in fields(node):
        inner = getattr(node, field.name)
        if field.name in ("of", "wrt", "part", "like", "weight") and isinstance(
            node, (Total, Partial, Identity, Block)
        ):
            continue  # what is differentiated, and in what, is changed as a whole
        if isinstance(inner, Expr) and not isinstance(inner, Letter):
            for said, made in everywhere(inner, change):
                yield said, _with(node, made) if isinstance(node, Ranged) else _changed(node, field.name, made)
        elif isinstance(inner, tuple) and inner and isinstance(inner[0], Expr):
            for place, part in enumerate(inner):
                for said, made in everywhere(part, change):
                    yield said, _parts(node, field.name, (*inner[:place], made, *inner[place + 1 :]))


def _parts(node: Expr, name: str, parts: tuple[Expr, ...]) -> Expr:
    # Sums and products are flat, as they are when they are written.
    if isinstance(node, (Add, Mul, Hadamard)):
        kind = type(node)
        return kind(tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))))
    return _changed(node, name, parts)


def _changed(node: Any, name: str, value: object) -> Expr:
    made: Expr = replace(node, **{name: value})
    return made


def _with(node: Sum | Product, body: Expr, lower: int = 0, upper: int = 0) -> Expr:
    bounds = (node.bounds[0], node.lower + lower, node.upper + upper)
    if isinstance(node, Product):
        return Product(body, bounds, ascending=node.ascending)
    return Sum(body, bounds)


def _joined(kind: type[Add] | type[Mul] | type[Hadamard], parts: tuple[Expr, ...]) -> Expr:
    return parts[0] if len(parts) == 1 else kind(parts)


# --------------------------------------------------------------------------------------------------- slips


def slips(page: Derivation, node: Expr) -> Iterator[Change]:
    """Every slip of an expression with its name, each at one place."""
    letters = sorted({one for equation in page for one in equation.letters}, key=lambda letter: letter.symbol)

    def others(letter: Letter) -> Iterator[Letter]:
        return (one for one in letters if one != letter and (one.kind, one.shape) == (letter.kind, letter.shape))

    return everywhere(node, lambda one: _slips(one, others))


def _slips(node: Expr, others: Callable[[Letter], Iterator[Letter]]) -> Iterator[Change]:
    yield "sign", -node
    match node:
        case Ranged():
            for change in (-1, 1):
                yield "lower bound", _with(node, node.body, lower=change)
                yield "upper bound", _with(node, node.body, upper=change)
            if isinstance(node, Product):
                yield "order", Product(node.body, node.bounds, ascending=not node.ascending)
        case Add(parts):
            for place in range(len(parts)):
                yield "dropped term", _joined(Add, parts[:place] + parts[place + 1 :])
                yield "doubled term", Add((*parts, parts[place]))
        case Mul(parts):
            for place in range(len(parts)):
                yield "dropped factor", _joined(Mul, parts[:place] + parts[place + 1 :])
            for place in range(len(parts) - 1):
                a, b = parts[place : place + 2]
                yield "swapped neighbours", Mul((*parts[:place], b, a, *parts[place + 2 :]))
        case Hadamard(parts):
            for place in range(len(parts)):
                yield "dropped factor", _joined(Hadamard, parts[:place] + parts[place + 1 :])
            yield "matrix product for ⊙", Mul(parts)
        case Kronecker(left, right):
            yield "swapped neighbours", Kronecker(right, left)
            yield "transposed", Kronecker(left, Transpose(right))
        case Power(base, exponent):
            for change in (-1, 1):
                yield "exponent", Power(base, exponent + change)
        case IndexValue(index):
            for change in (-1, 1):
                yield "number", IndexValue(index + change)
        case At(letter, index):
            for change in (-1, 1):
                yield "step", At(letter, index + change)
            for other in others(letter):
                yield "other letter", At(other, index)
        case Letter(kind="weight"):
            yield "transposed", Transpose(node)
            for other in others(node):
                yield "other weight", other
        case Transpose(of):
            yield "not transposed", of
        case Diag(of):
            yield "not a diagonal", of
        case Apply(function, arguments, primes) if function.shape is None:
            yield "other slope", Apply(function, arguments, 1 - primes if primes < 2 else 1)
        case Total() | Partial():
            yield from _derivatives(node, others)


def _derivatives(node: Total | Partial, others: Callable[[Letter], Iterator[Letter]]) -> Iterator[Change]:
    of, wrt = node.of, node.wrt
    if isinstance(node, Total) and isinstance(of, At) and not isinstance(wrt, Copy):
        yield "immediate for total", Partial(of, wrt)
    if isinstance(node, Partial):
        yield "total for immediate", Total(of, wrt)
        if node.is_jacobian():
            yield "transposed", Transpose(node)
    if isinstance(of, At):
        for change in (-1, 1):
            yield "step above", replace(node, of=At(of.letter, of.index + change))
    if isinstance(wrt, At):
        for change in (-1, 1):
            yield "step below", replace(node, wrt=At(wrt.letter, wrt.index + change))
        for other in others(wrt.letter):
            yield "other letter below", replace(node, wrt=At(other, wrt.index))
    if isinstance(wrt, Copy):
        yield "every copy", replace(node, wrt=wrt.weight)
        for change in (-1, 1):
            yield "other copy", replace(node, wrt=Copy(wrt.weight, wrt.index + change))
    if isinstance(wrt, Letter):
        for other in others(wrt):
            yield "other weight", replace(node, wrt=other)


# --------------------------------------------------------------------------------------------------- rewrites


def rewrites(node: Expr) -> Iterator[Change]:
    """Every rewrite of one place that leaves the value what it was."""
    return everywhere(node, _rewrites)


def _rewrites(node: Expr) -> Iterator[Change]:
    yield "twice transposed", Transpose(Transpose(node))
    yield "half of twice", Number(Fraction(1, 2)) * (2 * node)
    yield "twice without once", 2 * node - node
    match node:
        case Add(parts):
            yield "terms turned round", Add(parts[::-1])
            yield "negated twice", -_joined(Add, tuple(-part for part in parts))
        case Mul(parts) if len(parts) > 1:
            yield "transposed and turned round", Transpose(Mul(tuple(Transpose(part) for part in parts[::-1])))
            for place, part in enumerate(parts):
                if isinstance(part, Add):
                    terms = (Mul((*parts[:place], term, *parts[place + 1 :])) for term in part.parts)
                    yield "multiplied out", Add(tuple(terms))
                if isinstance(part, Sum) and part.index not in free_indices(_joined(Mul, parts)):
                    body = Mul((*parts[:place], part.body, *parts[place + 1 :]))
                    yield "drawn into the sum", Sum(body, part.bounds)
        case Hadamard(parts):
            yield "factors turned round", Hadamard(parts[::-1])
        case Sum(body, (index, lower, upper)):
            moved = substitute(body, {index.name(): index - 1})
            yield "moved index", Sum(moved, (index, lower + 1, upper + 1))
            if isinstance(body, Add):
                yield "term by term", Add(tuple(Sum(part, node.bounds) for part in body.parts))
            yield "one term in front, taken back", node + body_at(body, index, upper) - body_at(body, index, upper)
            yield (
                "counted from the end",
                Sum(substitute(body, {index.name(): lower + upper - index}), (index, lower, upper)),
            )
        case Product(body, (index, lower, upper), ascending):
            moved = substitute(body, {index.name(): index + 1})
            yield "moved index", Product(moved, (index, lower - 1, upper - 1), ascending=ascending)
            turned = Transpose(substitute(body, {}))
            yield "transposed factors", Transpose(Product(turned, node.bounds, ascending=not ascending))
            yield (
                "counted from the end",
                Product(substitute(body, {index.name(): lower + upper - index}), node.bounds, ascending=not ascending),
            )
        case Power(base, exponent) if exponent.terms:
            yield "one more and one less", Power(base, exponent + 1) * Power(base, Index.of(-1))
        case Diag(Hadamard(parts)):
            yield "diagonals multiplied", Mul(tuple(Diag(part) for part in parts))


def body_at(body: Expr, index: Index, at: Index) -> Expr:
    """The body of a sum where its index is ``at``."""
    return substitute(body, {index.name(): at})


# --------------------------------------------------------------------------------------------------- random claims


class Maker:
    """Random expressions that compose, in the letters of a page."""

    def __init__(self, page: Derivation, rng: random.Random) -> None:
        self._rng = rng
        letters = sorted({one for equation in page for one in equation.letters}, key=lambda letter: letter.symbol)
        defined = {equation.left.letter for equation in page if isinstance(equation.left, At)}
        self._states = [one for one in letters if one in defined and one.shape is not None and one.shape[1] == ONE]
        self._weights = [one for one in letters if one.kind == "weight" and one.shape is not None]
        self._functions = [one for one in letters if one.kind == "function" and one.shape is None]
        self._data = [one for one in letters if one.kind == "data"]

    def claim(self) -> Claim:
        """A claim about a derivative of a state; most are false."""
        state, weight = self._rng.choice(self._states), self._rng.choice(self._weights)
        before = self._rng.choice(self._states)
        assert state.shape is not None
        assert before.shape is not None
        options: list[Expr] = [d(state[t], weight), partial(state[t], before[t - 1])]
        left = self._rng.choice(options)
        columns = before.shape[0] if isinstance(left, Partial) else weight.shape[0] * weight.shape[1]  # type: ignore[index]
        return Claim(left, self.of((state.shape[0], columns), t, 3))

    def of(self, shape: Shape, at: Index, depth: int) -> Expr:
        """An expression of this shape, at this step."""
        rng = self._rng
        options = list(self._leaves(shape, at))
        if depth <= 0 and options:
            return rng.choice(options)
        choice = rng.randrange(8)
        if choice == 0:
            return self.of(shape, at, depth - 1) + self.of(shape, at, depth - 1)
        if choice == 1:
            return self.of(shape, at, depth - 1) - self.of(shape, at, depth - 1)
        if choice in (2, 3):
            state = rng.choice(self._states)
            assert state.shape is not None
            return self.of((shape[0], state.shape[0]), at, depth - 1) @ self.of(
                (state.shape[0], shape[1]), at, depth - 1
            )
        if choice == 4 and shape[0] == shape[1]:
            low = rng.choice([Index.of(1), Index.of(2), at])
            return Product(self.of(shape, j, 0), (j, low, rng.choice([at, at - 1])), ascending=rng.random() < 0.3)
        if choice == 5 and at == t:
            return Sum(self.of(shape, i, depth - 1), (i, rng.choice([1, 2]), rng.choice([t, t - 1])))
        if choice == 6 and shape[0] == shape[1]:
            return diag(self.of((shape[0], ONE), at, depth - 1))
        if choice == 7 and rng.random() < 0.5:
            return Number(Fraction(rng.choice([-2, -1, 2, 3]), rng.choice([1, 2]))) * self.of(shape, at, depth - 1)
        return rng.choice(options) if options else self.of(shape, at, depth)

    def _leaves(self, shape: Shape, at: Index) -> Iterator[Expr]:
        for letter in (*self._states, *self._data):
            if letter.shape == shape:
                yield letter[at]
                yield letter[at - 1]
                for other in self._states:
                    if other.shape == shape:
                        yield hadamard(letter[at], other[at])
        for letter in self._weights:
            if letter.shape == shape:
                yield letter
            if letter.shape == shape[::-1]:
                yield letter.T
        for one in self._states:
            assert one.shape is not None
            if one.shape[0] != shape[0]:
                continue
            for other in (*self._states, *self._data):
                if other.shape is not None and other.shape[0] == shape[1] and other.shape[1] == ONE:
                    yield partial(one[at], other[at - 1]) if other.kind == "state" else partial(one[at], other[at])
            for weight in self._weights:
                if weight.shape is not None and weight.shape[0] * weight.shape[1] == shape[1]:
                    yield d(one[at], weight)
                    yield d(one[at - 1], weight)
                    yield partial(one[at], weight)
                    if weight.shape[0] == shape[0]:
                        inner: list[Expr] = [Identity(weight @ weight.T), diag(one[at])]
                        yield kronecker(one[at - 1].T, self._rng.choice(inner))
