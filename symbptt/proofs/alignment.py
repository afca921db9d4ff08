"""The terms of both sides of an equation at one step, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbptt.errors import SymbpttError
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, instances, tidied
from symbptt.page.notation import substitute
from symbptt.proofs.definitions import Definitions
from symbptt.proofs.derivatives import Reader
from symbptt.proofs.words import Form, Kernel
from symbptt.proofs.writing import form_written, plainly
from symbptt.verdicts import Term

ZERO = Fraction(0)


def align(page: Derivation, equation: Equation, step: int) -> tuple[dict[str, int], tuple[Term, ...]]:
    """The indices' values and the terms where the sides first differ at a step; empty where words do not apply."""
    try:
        reader = Reader(Definitions(page))
        for values, weight in instances(page, equation, step):
            sides = [substitute(side, values) for side in page.resolved(equation, weight)]
            kernel = Kernel((), reader.vanishing)
            one, other = (kernel.normal(reader.read(side, ())) for side in sides)
            if one != other:
                return dict(values), tuple(_terms(reader, kernel, one, other))
    except SymbpttError:
        return {}, ()
    return {}, ()


def _terms(reader: Reader, kernel: Kernel, one: Form, other: Form) -> Iterator[Term]:
    for word in sorted({*one, *other}, key=lambda word: (len(word.factors), str(word))):
        written = tidied(expand(plainly(form_written({word: Fraction(1)}, reader.families, kernel)), {}))
        yield Term(written, one.get(word, ZERO), other.get(word, ZERO))
