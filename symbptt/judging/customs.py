"""What authors mean by custom and do not say: σ is the logistic function, targets sum to one.

Each custom is a page of its own, with the same equations. It is made once, so that the claims which are judged on it
share what is unrolled there.

>>> from symbptt.page.notation import function, indices, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, W, sigma = state("h", n), weight("W", n, n), function("sigma")
>>> page = Derivation("A gate")
>>> _ = page.define("1", h[t], sigma(W @ h[t - 1]))
>>> [custom.words for custom in customs_of(page)]
['sigma is the logistic function']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import ONE, Letter, ones
from symbptt.reader.customs import SIGMA


@dataclass(frozen=True, eq=False)
class Custom:
    """A page on which one letter is what it is by custom, ``meant``; ``words`` say what that is."""

    page: Derivation
    letter: Letter
    meant: Letter
    words: str

    def stated(self, equation: Equation) -> Equation:
        """A claim as it stands on that page."""
        return equation.with_letter(self.letter, self.meant)


def customs_of(page: Derivation) -> tuple[Custom, ...]:
    """Every custom that a page leaves room for."""
    return (*_logistic(page), *_summing(page))


def is_subject(page: Derivation, equation: Equation) -> bool:
    """Whether a custom of the page bears on a claim."""
    under = page.letters_under(equation.letters)
    return any(letter in under for letter in (*_unnamed(page), *_free_targets(page)))


def _unnamed(page: Derivation) -> Iterator[Letter]:
    sigma = page.meaning.letters.get(SIGMA)
    if sigma is not None and sigma.is_entrywise and SIGMA not in page.bound:
        yield sigma


def _logistic(page: Derivation) -> Iterator[Custom]:
    """An arbitrary σ, the logistic function."""
    for sigma in _unnamed(page):
        logistic = replace(sigma, symbol="sigmoid").spelled(str(sigma), sigma.latex or rf"\{SIGMA}")
        yield Custom(page.with_letter(sigma, logistic), sigma, logistic, f"{sigma} is the logistic function")


def targets(page: Derivation) -> Iterator[Letter]:
    """Data beside a logarithm."""
    beside = {
        letter
        for entry in page
        if entry.kind == "definition" and any(letter.symbol == "log" for letter in entry.letters)
        for letter in entry.letters
    }
    for target in sorted(beside, key=str):
        if target.kind == "data" and target.shape is not None and target.shape[0] != ONE and target.shape[1] == ONE:
            yield target


def _free_targets(page: Derivation) -> Iterator[Letter]:
    return (target for target in targets(page) if target.symbol not in page.bound)


def _summing(page: Derivation) -> Iterator[Custom]:
    """A target that sums to one: data beside a logarithm, any data over their sum."""
    for target in _free_targets(page):
        taken, now = page.meaning.letters, page.meaning.step
        name = next(name for k in range(100) if (name := f"any{k or ''}_{target.symbol}"[:31]) not in taken)
        summing, free = replace(target, kind="state"), replace(target, symbol=name)[now]
        meant = page.with_letter(target, summing)
        meant.define(f"{target} sums to one", summing[now], free / (ones(free).T @ free))
        yield Custom(meant, target, summing, f"{target[now]} sums to one")
