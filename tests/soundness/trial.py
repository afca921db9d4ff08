"""One trial: a claim is made, judged through both doors, and held against the evaluator."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from symbptt.errors import SymbpttError
from symbptt.judging.claims import prove
from symbptt.judging.methods import Bench
from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.note import read
from symbptt.text.document import split_document
from symbptt.verdicts import Question, Verdict
from tests.soundness.changes import Maker, rewrites, slips
from tests.soundness.evaluator import CONVENTIONS, Evaluator, Truth, Unclear
from tests.soundness.latex import NotWritten, any_style, literal, meanings, note
from tests.soundness.pages import FAMILIES, OTHERS, SIZES, Claim, Family
from tests.soundness.pages import made as made_page
from tests.waiting import TooLong, limited

STEPS = range(1, 6)
FARTHER = range(1, 7)
SECONDS = 30
"""After how long one claim is given up."""
EXPLAINED = 10
"""One claim in so many is searched for the slip that explains it, which takes half the time and decides nothing."""
Door: TypeAlias = Literal["page", "note"]
Outcome: TypeAlias = Literal[
    "true accepted",
    "true undecided",
    "true unread",
    "false rejected",
    "false undecided",
    "false unread",
    "not stated",
    "unclear",
    "too long",
    "false accepted",
    "true refuted",
    "fault",
]
WRONG: tuple[Outcome, ...] = ("false accepted", "true refuted", "fault")


@dataclass(frozen=True)
class Finding:
    """What came of one claim at one door."""

    number: int
    door: Door
    outcome: Outcome
    family: str
    made: str
    claim: str
    said: str = ""
    source: str = ""


@dataclass
class Asked:
    """A claim on its page, how it was made, and what it is worth."""

    family: Family
    page: Derivation
    claim: Equation
    made: str
    truth: Truth
    evaluator: Evaluator


# --------------------------------------------------------------------------------------------------- making


def make(number: int, seed: int) -> Asked | None:
    """The claim with this number; None where what was made cannot be stated on a page, or has no settled meaning."""
    rng = random.Random(f"{seed} {number}")
    family = made_page(rng.choice([*FAMILIES]))
    base = rng.choice(sorted(family.claims))
    claim, made = family.claims[base], base
    kind = rng.choice(["slip", "slip", "two slips", "rewrite", "rewritten slip", "random"])
    if kind == "random":
        try:
            claim, made = Maker(family.page, rng).claim(), "random"
        except (IndexError, RecursionError):
            return None
    if kind in ("rewrite", "rewritten slip"):
        for _ in range(rng.choice([1, 2, 3])):
            claim, made = _changed(rng, family, claim, made, "rewrite")
    if kind in ("slip", "two slips", "rewritten slip"):
        for _ in range(2 if kind == "two slips" else 1):
            claim, made = _changed(rng, family, claim, made, "slip")
    try:
        equation = family.page.claim("C", claim.left, claim.right, for_each=claim.for_each)
        evaluator = Evaluator(family.page)
        truth = evaluator.truth(equation, STEPS, SIZES)
    except (SymbpttError, Unclear):
        return None
    return Asked(family, family.page, equation, made, truth, evaluator)


def _changed(rng: random.Random, family: Family, claim: Claim, made: str, how: str) -> tuple[Claim, str]:
    left = rng.random() < 0.15
    side = claim.left if left else claim.right
    options = list(slips(family.page, side) if how == "slip" else rewrites(side))  # type: ignore[arg-type]
    said, changed = rng.choice(options)
    sides = (changed, claim.right) if left else (claim.left, changed)
    return Claim(*sides, claim.for_each), f"{made}; {said}"


# --------------------------------------------------------------------------------------------------- doors

Prove: TypeAlias = Callable[[Derivation, Equation], Verdict]


def through_page(number: int, asked: Asked) -> Finding:
    """The verdict on the claim at its word, held against the evaluator."""
    try:
        with limited(SECONDS):
            verdict = prove(asked.page, asked.claim, None, Bench(asked.page))
    except TooLong:
        return _finding(number, "page", "too long", asked)
    except Exception:
        return _finding(number, "page", "fault", asked, traceback.format_exc(limit=-3))
    said = f"{verdict.word} by {verdict.method}: {verdict.reason}; {verdict.scope}"
    if "internal error" in verdict.reason:
        return _finding(number, "page", "fault", asked, said)
    return _finding(number, "page", _outcome(asked, verdict), asked, said)


def _outcome(asked: Asked, verdict: Verdict) -> Outcome:
    truth = asked.truth
    if verdict.word == "proved":
        assert verdict.scope is not None
        broken = truth.clash or truth.differs
        if not broken and verdict.scope.sizes == "any":
            other = asked.evaluator.truth(asked.claim, FARTHER, OTHERS)
            broken = other.clash or other.differs
        if broken:
            return "false accepted"
        return "true accepted" if truth.same else "not stated"
    if verdict.word == "undecided":
        return "true undecided" if truth.holds else "false undecided"
    if not truth.same and not truth.differs and not truth.clash:
        return "not stated"
    if truth.holds and verdict.word in ("refuted", "ill-typed"):
        # A shape may be wrong for other sizes alone.
        other = asked.evaluator.truth(asked.claim, STEPS, OTHERS)
        return "true refuted" if other.holds else "false rejected"
    if verdict.word == "not-stated":
        return "true undecided" if truth.holds else "not stated"
    return "false rejected"


def through_note(number: int, asked: Asked, seed: int) -> Finding:
    """The verdict on the claim as it is printed in a note, held against what it may mean there."""
    rng = random.Random(f"{seed} {number} note")
    plain = rng.random() < 0.35
    style = any_style(asked.page, rng, plain=plain)
    try:
        text = note(asked.page, asked.claim, style)
    except NotWritten as error:
        return _finding(number, "note", "unclear", asked, f"not written: {error}")
    try:
        with limited(SECONDS):
            question = Question(slips=number % EXPLAINED == 0)
            *defined, row = judge_note(read(split_document(text, "note.md")), question=question)
    except TooLong:
        return _finding(number, "note", "too long", asked, "", text)
    except Exception:
        return _finding(number, "note", "fault", asked, traceback.format_exc(limit=-3), text)
    verdict = row.verdict
    said = f"{row.word}: {row.reason if verdict is None else verdict.reason}"
    if verdict is not None and "internal error" in verdict.reason:
        return _finding(number, "note", "fault", asked, said, text)
    if verdict is not None and verdict.reading is not None:
        said += f"; read: {verdict.reading.words}"
    try:
        outcome = _outcome_of_note(asked, verdict, plain=plain, row_word=row.word)
    except Unclear as error:
        return _finding(number, "note", "unclear", asked, f"{error}; {said}", text)
    if any(one.kind != "definition" for one in defined) and outcome not in WRONG:
        said = f"definitions came back as {[one.kind for one in defined]}; {said}"
    return _finding(number, "note", outcome, asked, said, text)


def _outcome_of_note(asked: Asked, verdict: Verdict | None, *, plain: bool, row_word: str) -> Outcome:
    printed = list(literal(asked.claim, plain=plain))
    sizes: Mapping[str, int] = SIZES
    scope = None if verdict is None else verdict.scope
    if scope is not None and isinstance(scope.sizes, dict) and set(scope.sizes.values()) == {1}:
        sizes = dict.fromkeys(SIZES, 1)
    is_true = any(_holds(asked, one, "numerator", sizes) for one in printed)
    if verdict is None:
        return "true unread" if is_true else "false unread"
    if verdict.word in ("proved", "holds-as-read"):
        if is_true:
            return "true accepted"
        if any(_holds(asked, one, convention, sizes) for one in printed for convention in CONVENTIONS[1:]):
            return "true accepted"
        if verdict.word == "holds-as-read" and _may_be_read(asked, plain, sizes):
            return "true accepted"
        if not asked.truth.same and not asked.truth.differs and not asked.truth.clash:
            return "not stated"
        return "false accepted"
    if verdict.word in ("undecided", "not-stated"):
        return "true undecided" if is_true else "false undecided"
    return "true refuted" if is_true and _holds(asked, printed[0], "numerator", OTHERS) else "false rejected"


def _may_be_read(asked: Asked, plain: bool, sizes: Mapping[str, int]) -> bool:
    return any(
        _holds(asked, one, convention, sizes, zero_start=zero)
        for one in meanings(asked.page, asked.claim, plain=plain)
        for convention in CONVENTIONS
        for zero in (False, True)
    )


def _holds(
    asked: Asked, claim: Equation, convention: Any, sizes: Mapping[str, int], *, zero_start: bool = False
) -> bool:
    """Whether a claim of a note holds, where gates beside each other are multiplied entry by entry."""
    try:
        truth = asked.evaluator.truth(claim, STEPS, sizes, convention=convention, zero_start=zero_start, gates=True)
        return truth.holds
    except Unclear:
        return False


def _finding(number: int, door: Door, outcome: Outcome, asked: Asked, said: str = "", source: str = "") -> Finding:
    return Finding(number, door, outcome, asked.family.name, asked.made, str(asked.claim), said, source)


def findings(number: int, seed: int, *, doors: tuple[Door, ...] = ("page", "note")) -> list[Finding]:
    """What came of the claim with this number at each door."""
    asked = make(number, seed)
    if asked is None:
        return []
    found = []
    if "page" in doors:
        found.append(through_page(number, asked))
    if "note" in doors:
        found.append(through_note(number, asked, seed))
    return found
