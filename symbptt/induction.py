"""Proofs for all t, all sizes and any activation at once: both sides as words, and their normal forms compared.

>>> from symbptt.notation import d, function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> six = page.claim("6", d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w))
>>> induct(page, six, 1).proved
True
>>> slip = page.claim("slip", d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ partial(h[t - 1], w))
>>> found = induct(page, slip, 1)
>>> print(found.proved, found.residue)
False -∂⁺h_t/∂w - ∂h_t/∂h_{t-1} · ∂⁺h_{t-1}/∂w + Σ_{i=1..t} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from symbptt.definitions import Definitions, Families, Known
from symbptt.derivation import Derivation, Equation
from symbptt.errors import NotationError, Undecided
from symbptt.expansion import instances
from symbptt.notation import (
    Add,
    Expr,
    Index,
    IndexValue,
    Letter,
    Mul,
    Number,
    Power,
    Sum,
    free_indices,
    substitute,
)
from symbptt.premises import Reader
from symbptt.shapes import agree
from symbptt.words import Form, Kernel, Step, Word, add_into, entails, slope_of

CASES = 3
"""How many first steps may be proved one by one when a proof for all t needs a later start."""


@dataclass(frozen=True, slots=True)
class Induction:
    """What the words say of an equation: proved with its steps, or not, with the reason and what is left over.

    ``residue`` is the difference of the two normal forms that no rule reduces; it is no counterexample.
    """

    proved: bool
    steps: tuple[Step, ...] = ()
    reason: str = ""
    residue: Expr | str | None = None


def induct(page: Derivation, equation: Equation, start: int) -> Induction:
    """Prove an equation for every t >= ``start``, any sizes, any activation, in each of its weights.

    With a horizon T beside a time t, for every T >= ``start`` and 1 <= t <= T. Where a proof needs t to be larger, up
    to ``CASES`` first steps are proved one by one. Raises :class:`IllTyped` where the sides have no common meaning.
    """
    reader = Reader(Definitions(page))
    steps: list[Step] = []
    for weight in equation.weights or (None,):
        found = _for_all(reader, equation, weight, start)
        steps += found.steps
        if not found.proved:
            return replace(found, steps=(*reader.steps, *steps))
    return Induction(True, (*reader.steps, *steps))


def follow(page: Derivation, equation: Equation, step: int) -> Induction:
    """Prove an equation at one step, for any sizes and any activation, in each of its weights."""
    reader = Reader(Definitions(page))
    found = _at_step(reader, equation, step, equation.weights or (None,))
    return replace(found, steps=(*reader.steps, *found.steps))


def _for_all(reader: Reader, equation: Equation, weight: Letter | None, start: int) -> Induction:
    left, right = reader.page.resolved(equation, weight)
    agree(reader.page, left, right)
    general = _compared(reader, left, right, _assumed(reader.page, equation, left, right, start))
    if general.proved or not _at_step(reader, equation, start + CASES, (weight,)).proved:
        return general
    steps: list[Step] = []
    for first in range(start, start + CASES):
        alone = _at_step(reader, equation, first, (weight,))
        if not alone.proved:
            break
        steps += [*alone.steps, Step("case", f"t = {first}", "", "proved on its own")]
        later = _compared(reader, left, right, _assumed(reader.page, equation, left, right, first + 1))
        if later.proved:
            return replace(later, steps=(*steps, *later.steps))
    return general


def _at_step(reader: Reader, equation: Equation, step: int, weights: tuple[Letter | None, ...]) -> Induction:
    steps: list[Step] = []
    for values, weight in instances(reader.page, equation, step):
        if weight in weights:
            left, right = (substitute(side, values) for side in reader.page.resolved(equation, weight))
            agree(reader.page, left, right)
            found = _compared(reader, left, right, ())
            steps += found.steps
            if not found.proved:
                return replace(found, steps=tuple(steps))
    return Induction(True, tuple(steps))


def _assumed(page: Derivation, equation: Equation, left: Expr, right: Expr, start: int) -> Known:
    bound = [index.name() for index, _, _ in equation.for_each]
    free = sorted((free_indices(left) | free_indices(right)) - set(bound))
    horizons = [name for name in free if name in _horizons(page)]
    known: list[Index] = []
    for name in free:
        letter = Index.letter(name)
        if name in horizons:
            known.append(letter - max(start, 1))
        elif horizons:
            known += [letter - 1, *(Index.letter(horizon) - letter for horizon in horizons)]
        else:
            known.append(letter - start)
    for index, lower, upper in equation.for_each:
        known += [index - lower, upper - index]
    return tuple(known)


def _horizons(page: Derivation) -> set[str | None]:
    return {
        page.clock(known.left)
        for known in page
        if known.kind == "definition" and isinstance(known.left, Letter) and known.left.kind == "state"
    }


def _compared(reader: Reader, left: Expr, right: Expr, known: Known) -> Induction:
    kernel = Kernel(known, reader.vanishing, reader.families.spell)
    try:
        one, other = (kernel.normal(reader.read(side, known)) for side in (left, right))
    except (Undecided, NotationError) as error:
        return Induction(False, reason=str(error))
    difference = dict(one)
    add_into(difference, other, Fraction(-1))
    if not difference:
        ends = [Step("normal form", str(side), "", kernel.shown(form)) for side, form in ((left, one), (right, other))]
        return Induction(True, (*kernel.steps(), *ends))
    written = _written(difference, reader.families, known)
    residue = kernel.shown(difference) if written is None else written
    return Induction(False, kernel.steps(), f"no rule reduces the difference {residue}", residue)


# --------------------------------------------------------------------------------------------------- writing


def _written(form: Form, families: Families, known: Known) -> Expr | None:
    """A difference in the notation of the page; None where sums stand inside sums."""
    letters = (name for name in "ijkmnpqrsuvxyz" if not any(slope_of(row, name) for row in known))
    index, inner = next(letters), next(letters)
    ranges: dict[Word, dict[Index, Fraction]] = {}
    terms: list[Expr] = []
    for word, coefficient in form.items():
        if len(word.bounds) > 1:
            return None
        if word.bounds:
            ranges.setdefault(word._replace(bounds=()), {})[word.bounds[0]] = coefficient
        else:
            terms.append(_product_of(word, coefficient, families, inner))
    for word, ends in ranges.items():
        body = word.substitute({"#0": Index(((index, 1),))})
        while ends:
            upper = max((end for end in ends if ends[end] > 0), key=lambda end: len(end.terms), default=None)
            below = min((end for end in ends if ends[end] < 0), key=lambda end: len(end.terms), default=None)
            if upper is None or below is None:
                return None
            count = min(ends[upper], -ends[below])
            sign = -1 if entails(known, below - upper) else 1
            low, high = (below + 1, upper) if sign > 0 else (upper + 1, below)
            terms.append(Sum(_product_of(body, sign * count, families, inner), (Index(((index, 1),)), low, high)))
            for end, change in ((upper, -count), (below, count)):
                ends[end] += change
                if not ends[end]:
                    del ends[end]
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _product_of(word: Word, coefficient: Fraction, families: Families, letter: str) -> Expr:
    factors: list[Expr] = [] if coefficient == 1 else [Number(coefficient)]
    factors += [Power(IndexValue(index), Index.of(exponent)) for index, exponent in word.scalars]
    factors += [families.written(factor, letter) for factor in word.factors]
    return Mul(tuple(factors)) if len(factors) > 1 else factors[0] if factors else Number(Fraction(1))
