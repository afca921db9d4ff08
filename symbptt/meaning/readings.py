"""The readings of a claim that hold, nearest to what is printed first."""

from __future__ import annotations

from collections.abc import Iterator

from symbptt.meaning.variants import Trial, Variants
from symbptt.page.derivation import Derivation, Equation
from symbptt.verdicts import Reading

TRIED = 4096
"""How many readings are compared."""
HELD = 32
"""How many readings are proved; more that hold than these tell a reader nothing."""
CUT = f"the search stopped at {TRIED:,} readings, or {HELD} that hold"


def holding(page: Derivation, equation: Equation, trial: Trial) -> Iterator[Reading | None]:
    """The readings of a claim that a trial passes and proves, nearest to the printed one first; none with idle terms.

    None where the search was cut: there are more than ``TRIED`` readings, or more than ``HELD`` that hold.
    """
    variants = Variants(page, *equation.sides)
    tried = held = 0
    for departures in range(variants.most + 1):
        for variant in variants.within(departures):
            tried += 1
            if tried > TRIED or held == HELD:
                yield None
                return
            candidate = equation.with_sides(variant.left, variant.right)
            says_something = variant.left != variant.right and trial.passes(candidate)
            if says_something and variant.idle(trial) is None and trial.proves(candidate):
                held += 1
                yield Reading(variant.words() or "as printed", candidate)
    if variants.cut:
        yield None
