"""The displays of a note, judged: one row each, in page order, nothing left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbptt.derivation import Derivation, Equation
from symbptt.proof import Question, Verdict, page_sizes
from symbptt.reader import Link, Note, Printed
from symbptt.report import Row
from symbptt.workers import judge


def selected(note: Note, tag: str) -> tuple[Printed, ...]:
    """The displays with this tag, or those that share it, ``10`` for ``10a`` and ``10b``."""
    exact = tuple(row for row in note.rows if row.display.tag == tag)
    if exact or not tag:
        return exact
    return tuple(row for row in note.rows if re.fullmatch(re.escape(tag) + "[a-z]+", row.display.tag))


def judge_note(
    note: Note,
    displays: Sequence[Printed] | None = None,
    question: Question | None = None,
    *,
    jobs: int = 1,
    timeout: float | None = None,
) -> Iterator[Row]:
    """Each display with its verdict, as they come; those given, or all. ``jobs`` and ``timeout`` as in ``judge``.

    A claim is judged for vectors; where it composes for scalars only, it is judged for these, and its scope says so.
    """
    displays = note.rows if displays is None else displays
    claims = [link for row in displays for link in row.links if link.kind == "claim"]
    first = _judged(note.vectors, [link.vectors for link in claims], question, jobs, timeout)
    for row in displays:
        if row.kind == "unread":
            yield _unread(note, row)
            continue
        parts = [_row(note, row, link, next(first) if link.kind == "claim" else None, question) for link in row.links]
        yield parts[0] if len(parts) == 1 else _chain(row, tuple(parts))


def unjudged(note: Note, display: Printed) -> Row:
    """The row of a display that was not come to."""
    return _unread(note, display) if display.kind == "unread" else _bare(display, "claim", "")


def _judged(
    page: Derivation | None,
    equations: Sequence[Equation | None],
    question: Question | None,
    jobs: int,
    timeout: float | None,
) -> Iterator[Verdict | None]:
    """A verdict for each equation; None for those that have no meaning on the page."""
    there = [equation for equation in equations if equation is not None]
    found = judge(page, there, question, jobs=jobs, timeout=timeout) if page is not None and there else iter(())
    for equation in equations:
        yield None if page is None or equation is None else next(found)[1]


def _row(note: Note, row: Printed, link: Link, verdict: Verdict | None, question: Question | None) -> Row:
    equation = link.vectors or link.scalars
    shown = str(equation).removeprefix(f"({link.tag}) ") if equation is not None else link.why
    made = replace(_bare(row, link.kind, shown), tag=link.tag if len(row.links) > 1 else row.display.tag)
    if link.kind == "definition":
        return made
    if (verdict is None or verdict.word == "ill-typed") and link.scalars is not None:
        (found,) = _judged(note.scalars, [link.scalars], question, 1, None)
        if found is not None and found.word != "ill-typed":
            return replace(made, verdict=_for_scalars(note, found))
    return replace(made, verdict=Verdict("ill-typed", reason=link.why) if verdict is None else verdict)


def _for_scalars(note: Note, verdict: Verdict) -> Verdict:
    if verdict.scope is None:
        return verdict
    sizes = page_sizes(note.vectors, {}) if note.vectors is not None else {"n": 2}
    return replace(verdict, scope=replace(verdict.scope, sizes=dict.fromkeys(sizes, 1)))


def _chain(row: Printed, parts: tuple[Row, ...]) -> Row:
    """A chain by its first link that does not hold; where all hold, by the first that holds only as read."""
    claims = [part for part in parts if part.kind == "claim" and part.verdict is not None]
    made = _bare(row, "claim" if claims else "definition", "")
    if not claims:
        return replace(made, links=parts)
    order = [
        *(part for part in claims if not part.settled),
        *(part for part in claims if part.word == "holds-as-read"),
        *claims,
    ]
    chosen = order[0].verdict
    assert chosen is not None
    listed = "; ".join(f"link {part.tag}: {part.word}" for part in claims)
    reason = f"{listed}; {order[0].shown}: {chosen.reason}" if chosen.word != "proved" else listed
    seconds = sum(part.verdict.seconds for part in claims if part.verdict is not None)
    return replace(made, verdict=replace(chosen, reason=reason, seconds=seconds), links=parts)


def _bare(row: Printed, kind: str, shown: str) -> Row:
    display = row.display
    assert kind in ("definition", "claim")
    return Row(
        display.tag, "claim" if kind == "claim" else "definition", display.place.line, display.source, shown, None
    )


def _unread(note: Note, row: Printed) -> Row:
    display = row.display
    reason = row.reason
    if row.place is not None:
        where = f"line {row.place.line}, column {row.place.column}: {row.reason}"
        reason = f"{where}\n{note.document.excerpt(row.offset)}"
    return Row(
        display.tag, "unread", display.place.line, display.source, "", None, reason=reason, excused=display.bare_tag
    )
