"""Which convention a page keeps to: what its prose states, or else what most of its claims compose and hold under.

A page has one convention (DESIGN: conventions). Where it is not stated each claim is put to every convention at one
random point; that chooses between readings of the page and proves nothing. A product of derivatives alone says by the
order of its factors only that it is the other way round, which may be the slip itself: for transposed Jacobians it
counts for nothing. Transposed gradients in matrices are taken from two claims on, because one alone may be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from symbptt.errors import SymbpttError
from symbptt.judging.methods import Bench
from symbptt.judging.sieve import Sieve
from symbptt.meaning.variants import IMMEDIATE, TOTAL, Variants
from symbptt.page.conventions import (
    CONVENTIONS,
    DENOMINATOR,
    MIXED,
    TURNED,
    Convention,
    is_explicit,
    stated_by,
    writes_jacobian_out,
)
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.shapes import agree
from symbptt.verdicts import Question

Fit: TypeAlias = Literal["clashes", "composes", "holds"]
FITS: tuple[Fit, ...] = ("clashes", "composes", "holds")
Fits: TypeAlias = Mapping[str, Fit]
"""How a claim fits each convention, by its name."""
TURNED_CLAIMS = 2
"""How many claims have to be true of transposed gradients, and of no others, for a page that keeps to them."""


class Evidence(NamedTuple):
    """What one display says of the convention: how it fits each, all its links together.

    ``explicit``: not derivatives alone. ``jacobian``: it says what a Jacobian is made of.
    """

    fits: Fits
    explicit: bool
    jacobian: bool

    def says(self, convention: Convention, fit: Fit) -> bool:
        """Whether the display fits a convention so well, and not by the order of derivatives alone."""
        if FITS.index(self.fits[convention.name]) < FITS.index(fit):
            return False
        return convention != DENOMINATOR or self.jacobian or self.says(MIXED, fit)


def fits_of(page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None) -> Fits:
    """How a claim fits each convention; raises nothing for what does not compose."""
    bench = bench or Bench(page)
    known: dict[Equation, Fit] = {}
    found: dict[str, Fit] = {}
    for convention in CONVENTIONS:
        stated = stated_by(page, equation, convention)
        if stated not in known:
            known[stated] = _fit(bench, stated, question or Question())
        found[convention.name] = known[stated]
    return found


UNKNOWN: Fits = dict.fromkeys((convention.name for convention in CONVENTIONS), "clashes")
"""What is said of a claim that could not be tried."""


def _fit(bench: Bench, equation: Equation, question: Question) -> Fit:
    best: Fit = "clashes"
    variants = Variants(bench.page, *equation.sides)
    for meaning in (TOTAL, IMMEDIATE) if variants.derivatives else (TOTAL,):
        variant = variants.literal(meaning)
        literal = equation.with_sides(variant.left, variant.right)
        try:
            agree(bench.page, *(bench.page.resolve(side) for side in literal.sides))
            best = "composes"
            if Sieve(bench, literal, question).passes(literal):
                return "holds"
        except SymbpttError:
            continue
    return best


def together(page: Derivation, links: Sequence[tuple[Equation, Fits]]) -> Evidence:
    """What the links of one chain say: they keep to one convention."""
    fits = {
        convention.name: FITS[min(FITS.index(fits[convention.name]) for _, fits in links)] for convention in CONVENTIONS
    }
    sides = [side for equation, _ in links for side in equation.sides]
    return Evidence(fits, is_explicit(sides), writes_jacobian_out(page, sides))


def chosen(displays: Sequence[Evidence], allowed: Sequence[Convention] = CONVENTIONS) -> Convention:
    """The convention under which most displays are true; of several, that under which most compose, the first first."""

    def score(convention: Convention) -> tuple[int, int]:
        true, whole = (sum(display.says(convention, fit) for display in displays) for fit in ("holds", "composes"))
        return true, whole

    known = [
        convention for convention in allowed if convention != TURNED or MIXED not in allowed or _is_turned(displays)
    ]
    return max(known, key=score)


def _is_turned(displays: Sequence[Evidence]) -> bool:
    """Whether enough of a page speaks for transposed gradients in matrices, and for no other layout."""
    alone = [
        display
        for display in displays
        if display.fits[TURNED.name] == "holds"
        and all(display.fits[other.name] != "holds" for other in CONVENTIONS if other != TURNED)
    ]
    return len(alone) >= TURNED_CLAIMS


def left_open(displays: Sequence[Evidence], keeps: Convention, allowed: Sequence[Convention]) -> tuple[Convention, ...]:
    """The conventions under which a single claim may be read beside that of its page.

    Where a Jacobian that is written out lies as the convention of the page has it, no other one is transposed.
    """
    settled = any(
        display.explicit and display.fits[keeps.name] == "holds" != display.fits[DENOMINATOR.name]
        for display in displays
    )
    return tuple(one for one in allowed if one == keeps or not (settled and one == DENOMINATOR))


def is_open(page: Derivation, equation: Equation, convention: Convention) -> bool:
    """Whether a single claim may be read under a convention that its page does not keep to."""
    return convention != TURNED and (convention != DENOMINATOR or writes_jacobian_out(page, equation.sides))
