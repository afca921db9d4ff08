"""What a test says of an equation that is not as it should be: the lines of a check, and what was expected instead."""

from __future__ import annotations

from pathlib import Path

from symbptt.errors import NoEquation, UsageError
from symbptt.judging.pages import crew_of, judged_rows, page_at, question_for, select
from symbptt.page.derivation import Derivation
from symbptt.reader.results import Entry, Note, claims_of, is_claim, is_declared_wrong
from symbptt.show.display import text_of
from symbptt.verdicts import Question, Row


def failure(row: Row) -> str:
    """What a row is and what was expected, where it stands, and below that what a check prints of it."""
    expected = " or ".join(row.hoped) or "proved or holds-as-read"
    if row.kind == "misreading":
        expected = f"{expected}, because it is declared wrong"
    shown = [row.shown] * (row.kind == "misreading")
    return "\n".join([f"({row.tag}) is {row.word}, expected {expected}", str(row.place), *shown, text_of(row)])


def claims_nothing(page: Derivation | Note) -> str:
    """That there is nothing to judge on a page: a test of it would pass whatever stands there."""
    path = page.path if isinstance(page, Note) else page.place
    return f"{path}: {page.title!r} claims nothing; expected at least one equation that is no definition"


def assert_proved(
    page: Derivation | Note | str | Path,
    *claims: str | Entry,
    question: Question | None = None,
    timeout: float | None = None,
    memory: int | None = None,
) -> None:
    """For tests: raises :class:`AssertionError`, which says what a check would, where a claim is not proved.

    ``page`` is what :func:`judge` and :func:`judge_note` take; ``claims`` are equations of it, or their tags. Each must
    be proved or hold as read. Without ``claims`` all of the page is as it should be: each claim is proved or holds as
    read, and what is declared wrong comes out so. ``timeout`` (seconds) and ``memory`` (MiB) are for each claim.

    Raises :class:`UsageError` for what is named and is no claim of the page, :class:`NoEquation` for a page without
    claims, and what reading a path raises.

    >>> from symbptt import read_formula
    >>> assert_proved(read_formula(r"\\\\frac{d h_t}{d W} = \\\\frac{d h_t}{d W}"))
    """
    __tracebackhide__ = True
    if isinstance(page, (Derivation, Note)):
        made = page
    else:
        made, question = page_at(page), question or question_for(page)
    named = [entry for claim in claims for entry in _claims_named(made, claim)]
    asked = named if claims else claims_of(made)
    if not asked:
        raise NoEquation(claims_nothing(made))
    rows = judged_rows(made, asked, question, crew_of(1, timeout, memory))
    wrong = [row for row in rows if not (row.proved if claims else row.settled)]
    if wrong:
        raise AssertionError("\n\n".join(map(failure, wrong)))


def _claims_named(page: Derivation | Note, claim: str | Entry) -> tuple[Entry, ...]:
    found = select(page, claim) if isinstance(claim, str) else (claim,)
    if not found:
        raise UsageError(f"no equation is tagged {claim}: expected one of {', '.join(entry.tag for entry in page)}")
    for entry in found:
        if is_declared_wrong(entry) or not is_claim(entry):
            kind = "declared wrong" if is_declared_wrong(entry) else "no claim"
            raise UsageError(f"({entry.tag}) is {kind}, and cannot be proved: name a claim, or no equation at all")
    return found
