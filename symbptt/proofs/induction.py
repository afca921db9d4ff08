"""Proofs for all t, all sizes and any activation at once: both sides as words, and their normal forms compared.

>>> from symbptt.page.notation import d, function, indices, partial, sizes, state, weight
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
False Σ_{i=1..t-1} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w) - ∂h_t/∂h_{t-1} · ∂⁺h_{t-1}/∂w
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbptt.errors import NotationError, Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import instances
from symbptt.page.notation import Expr, Index, Letter, free_indices, substitute
from symbptt.page.shapes import agree
from symbptt.proofs.definitions import Definitions, Known
from symbptt.proofs.derivatives import Reader
from symbptt.proofs.words import Step, Telling, add_into
from symbptt.proofs.writing import form_written, plain_text, steps_written, terms_written, uppers_of

CASES = 3
"""How many first steps may be proved one by one when a proof for all t needs a later start."""


@dataclass(frozen=True, slots=True)
class Induction:
    """What the words say of an equation: proved with its steps, or not, with the reason and what is left over.

    ``residue`` is the difference of the two normal forms that no rule reduces; it is no counterexample.
    """

    proved: bool
    reason: str = ""
    residue: Expr | None = None
    tellings: tuple[Telling, ...] = field(default=(), repr=False, compare=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The premises, then for each weight and case both sides as read, with the rules that reduce them."""
        return tuple(step for telling in self.tellings for step in telling())


def reader_of(page: Derivation) -> Reader:
    """What reads a page in words, and keeps what it finds for the next claim on it."""
    return Reader(Definitions(page))


def induct(page: Derivation, equation: Equation, start: int, reader: Reader | None = None) -> Induction:
    """Prove an equation for every t >= ``start``, any sizes, any activation, in each of its weights.

    With a horizon T beside a time t, for every T >= ``start`` and 1 <= t <= T. Where a proof needs t to be larger, up
    to ``CASES`` first steps are proved one by one. ``reader`` is one that has read other claims of the page. Raises
    :class:`IllTyped` where the sides have no common meaning.
    """
    reader = (reader or reader_of(page)).again()
    tellings: list[Telling] = [reader.told]
    for weight in equation.weights or (None,):
        found = _for_all(reader, equation, weight, start)
        tellings += found.tellings
        if not found.proved:
            return replace(found, tellings=tuple(tellings))
    return Induction(True, tellings=tuple(tellings))


def follow(page: Derivation, equation: Equation, step: int, reader: Reader | None = None) -> Induction:
    """Prove an equation at one step, for any sizes and any activation, in each of its weights."""
    reader = (reader or reader_of(page)).again()
    found = _at_step(reader, equation, step, equation.weights or (None,))
    return replace(found, tellings=(reader.told, *found.tellings))


def _for_all(reader: Reader, equation: Equation, weight: Letter | None, start: int) -> Induction:
    left, right = reader.page.resolved(equation, weight)
    agree(reader.page, left, right)
    general = sides_compared(reader, left, right, assumed(reader.page, equation, left, right, start))
    if general.proved or not _at_step(reader, equation, start + CASES, (weight,), is_shown=False).proved:
        return general
    tellings: list[Telling] = []
    for first in range(start, start + CASES):
        alone = _at_step(reader, equation, first, (weight,))
        if not alone.proved:
            break
        case = Step("case", f"t = {first}", "", "proved on its own")
        tellings += [*alone.tellings, lambda case=case: (case,)]  # type: ignore[misc]  # the case of this turn
        later = sides_compared(reader, left, right, assumed(reader.page, equation, left, right, first + 1))
        if later.proved:
            return replace(later, tellings=(*tellings, *later.tellings))
    return general


def _at_step(
    reader: Reader, equation: Equation, step: int, weights: tuple[Letter | None, ...], *, is_shown: bool = True
) -> Induction:
    tellings: list[Telling] = []
    for values, weight in instances(reader.page, equation, step):
        if weight in weights:
            left, right = (substitute(side, values) for side in reader.page.resolved(equation, weight))
            agree(reader.page, left, right)
            found = sides_compared(reader, left, right, (), is_shown=is_shown)
            tellings += found.tellings
            if not found.proved:
                return replace(found, tellings=tuple(tellings))
    return Induction(True, tellings=tuple(tellings))


def assumed(page: Derivation, equation: Equation, left: Expr, right: Expr, start: int) -> Known:
    """What is assumed of the index letters of a claim that is stated from ``start`` on."""
    bound = [index.name() for index, _, _ in equation.for_each]
    free = sorted((free_indices(left) | free_indices(right)) - set(bound))
    horizons = [name for name in free if name in page.meaning.horizons]
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


def sides_compared(reader: Reader, left: Expr, right: Expr, known: Known, *, is_shown: bool = True) -> Induction:
    """Whether both sides are one normal form where ``known`` holds. ``is_shown``: what is left over is written, too."""
    try:
        read = [reader.read(side, known) for side in (left, right)]
        (kernel, one), (_, other) = normal = [reader.normal(side, known) for side in (left, right)]
    except (Undecided, NotationError) as error:
        return Induction(False, plain_text(str(error)))
    difference = dict(one)
    add_into(difference, other, Fraction(-1))

    def telling() -> Iterator[Step]:
        common = form_written(one, reader.families, kernel)
        for side, terms, (reduced, _) in zip((left, right), read, normal, strict=True):
            shown = terms_written(terms, reader.families, known)
            same = str(shown) == str(common)
            rules = () if same else steps_written(reduced, reader.families, uppers_of(common))
            yield Step("as read", side, "", shown, rules, known)
        if not difference:
            yield from (Step("normal form", side, "", common, known=known) for side in (left, right))

    if not difference:
        return Induction(True, tellings=(telling,))
    if not is_shown:
        return Induction(False)
    try:
        residue = form_written(difference, reader.families, kernel)
    except (Undecided, NotationError) as error:
        return Induction(False, f"no rule reduces the difference, nor is it written: {plain_text(str(error))}")
    return Induction(False, f"no rule reduces the difference {residue}", residue, (telling,))
