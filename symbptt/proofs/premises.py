"""Whether a claim follows from the premises that the page names for it, by rewriting alone.

At one step each side is a sum of words: ordered products of derivatives taken as opaque letters. A premise with one
derivative on its left rewrites that letter, at whatever step it stands, into its right side. Nothing is differentiated
and no definition is used, but that a first state is constant. A derivative that no premise speaks of is named.

>>> from symbptt.page.notation import d, function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> D, J = partial(h[t], w), partial(h[t], h[t - 1])
>>> one = page.claim("2", d(h[t], w), D + J @ d(h[t - 1], w))
>>> E, K = partial(h[t - 1], w), partial(h[t - 1], h[t - 2])
>>> two = page.claim("3", d(h[t], w), D + J @ E + J @ K @ d(h[t - 2], w), since=[one])
>>> follows(page, two, 4)
Following(holds=True, used=('2',), missing=())
>>> alone = page.claim("4", d(h[t], w), D + J @ E + J @ K @ d(h[t - 2], w))
>>> follows(page, alone, 4).missing
('d h_2/d w', 'd h_4/d w')
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from symbptt.errors import BudgetExceeded
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import definition_at, expand, instances, unstated
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
    free_indices,
)

Words = dict[tuple[Expr, ...], Fraction]

LIMIT = 20_000
"""How many words one side may be rewritten into."""


@dataclass(frozen=True, slots=True)
class Following:
    """Whether both sides become the same words, by which premises, and which derivatives none of them speaks of."""

    holds: bool
    used: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def follows(page: Derivation, equation: Equation, step: int) -> Following:
    """Rewrite both sides of an equation at a step by its premises alone.

    Raises :class:`BudgetExceeded` where that takes more than ``LIMIT`` words, as it does for a premise whose left side
    comes back on its right.
    """
    used: dict[str, None] = {}
    missing: dict[str, None] = {}
    premises = [page[tag] for tag in equation.since]
    # A premise says what it says in the weights it is stated in, and in no other.
    rules = [(premise, page.resolved(premise, own)) for premise in premises for own in premise.weights or (None,)]
    known: dict[Expr, Words | None] = {}
    for values, weight in instances(page, equation, step):
        sides = [expand(side, values) for side in page.resolved(equation, weight)]
        one, other = (_rewritten(page, rules, side, known, used) for side in sides)
        if one != other:
            different = {word for word in one.keys() | other.keys() if one.get(word) != other.get(word)}
            left = {str(letter) for word in different for letter in word if isinstance(letter, Total)}
            missing.update(dict.fromkeys(sorted(left)))
            return Following(False, tuple(used), tuple(missing))
    return Following(True, tuple(used))


def _rewritten(
    page: Derivation,
    rules: list[tuple[Equation, tuple[Expr, Expr]]],
    side: Expr,
    known: dict[Expr, Words | None],
    used: dict[str, None],
) -> Words:
    done: Words = {}
    pending = list(_words(side).items())
    budget = LIMIT
    while pending:
        word, coefficient = pending.pop()
        budget -= 1
        if budget < 0:
            raise BudgetExceeded(f"rewriting by the premises takes more than {LIMIT:,} words")
        for place, letter in enumerate(word):
            if letter not in known:
                known[letter] = _meant(page, rules, letter, used)
            meant = known[letter]
            if meant is not None:
                pending += [
                    ((*word[:place], *inner, *word[place + 1 :]), coefficient * factor)
                    for inner, factor in meant.items()
                ]
                break
        else:
            total = done.get(word, Fraction(0)) + coefficient
            if total:
                done[word] = total
            else:
                done.pop(word, None)
    return done


def _meant(
    page: Derivation, rules: list[tuple[Equation, tuple[Expr, Expr]]], letter: Expr, used: dict[str, None]
) -> Words | None:
    """What a letter is rewritten into; None where no premise speaks of it."""
    if not isinstance(letter, Total):
        return None
    for premise, (left, right) in rules:
        for step in _steps(left, letter):
            if not unstated(page, premise, step):
                used[premise.tag] = None
                return _words(expand(right, dict.fromkeys(free_indices(left) | free_indices(right), step)))
    of = letter.of
    starts = isinstance(of, At) and of.index.value() == 0 and definition_at(page, of) is None
    return {} if starts else None


def _steps(pattern: Expr, letter: Total) -> Iterator[int]:
    """The step at which the left side of a premise is this letter: d h_{t-1}/d w is d h_3/d w at t = 4."""
    if isinstance(pattern, Total) and pattern.wrt == letter.wrt and isinstance(pattern.of, At):
        of = letter.of
        if isinstance(of, At) and of.letter == pattern.of.letter and len(pattern.of.index.terms) == 1:
            yield of.index.value() - pattern.of.index.constant


def _words(node: Expr) -> Words:
    match node:
        case Number():
            return {(): node.value} if node.value else {}
        case IndexValue():
            return {(): Fraction(node.index.value())} if node.index.value() else {}
        case Power(base=IndexValue() as base) if base.index.value():
            return {(): Fraction(base.index.value()) ** node.exponent.value()}
        case Identity():
            return {(): Fraction(1)}
        case Zero():
            return {}
        case Add():
            total: Words = {}
            for part in node.parts:
                for word, coefficient in _words(part).items():
                    total[word] = total.get(word, Fraction(0)) + coefficient
            return {word: coefficient for word, coefficient in total.items() if coefficient}
        case Mul():
            product: Words = {(): Fraction(1)}
            for part in node.parts:
                inner = _words(part)
                if len(product) * len(inner) > LIMIT:
                    raise BudgetExceeded(f"a product has more than {LIMIT:,} words")
                product = {(*a, *b): p * q for a, p in product.items() for b, q in inner.items()}
            return product
        case (
            Letter() | At() | Copy() | Power() | Sum() | Product() | Apply() | Total() | Partial() | Block() | Either()
        ):
            return {(node,): Fraction(1)}
        case Hadamard() | Kronecker() | Diag() | Concat() | Transpose() | Laid() | Ones():
            return {(node,): Fraction(1)}
        case _:
            assert_never(node)
