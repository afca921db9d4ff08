"""What is said of a pasted note: its rows as data for the page in the browser, one row explained, or its report.

A note is data: it stands in no folder, so it brings in no file, and all that is shown of it is escaped. Whoever calls
this has a crew, which reads, judges and writes within its limits; what is pasted is judged by nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import symbptt
from symbptt.errors import NoEquation, Stopped, SymbpttError
from symbptt.judging.pages import convention_of, judged_rows, settled, unjudged
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Note, ReadDisplay
from symbptt.reader.sources import note_at
from symbptt.show.dossier import Told, entry_of, of_note, tell_of
from symbptt.show.findings import findings_in
from symbptt.show.report import summary
from symbptt.show.webpage import article, write_html
from symbptt.verdicts import Question, Row, Sheet
from symbptt.workers import Crew, apart

NAME = Path("note.md")
"""What a pasted note is called."""
WHOLE = 2
"""How many times longer than a claim a whole note may take; what is not come to then is not judged."""

Answer: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Asked:
    """The text of a note, and what is asked of it; ``row`` is the display that is to be explained, from 0."""

    kind: Literal["check", "explain", "report"]
    text: str
    row: int = 0


class _LateError(Exception):
    """The whole note takes too long."""


def answer(asked: Asked, question: Question, crew: Crew | None = None, macros: Path | None = None) -> Answer:
    """What the browser is sent; a note that cannot be read is an answer with an ``error`` alone."""
    timed = _timed(crew)
    try:
        note = apart(timed, note_at, NAME, macros, asked.text)
        if not note.rows:
            raise NoEquation("there is no equation yet; put each between $$ and $$, or between \\[ and \\]")
        if asked.kind == "check":
            return _checked(note, question, timed, crew)
        if asked.kind == "explain":
            return _explained(note, asked.row, question, timed)
        dossier = of_note(note, question, timed)
        return {"report": apart(crew, write_html, [dossier], [], symbptt.__version__)}
    except Stopped as stopped:
        return {"error": f"The note was {stopped}."}
    except _LateError:
        return {"error": "The note takes too long: split it, or start with a larger --timeout."}
    except SymbpttError as error:
        return {"error": str(error)}


def _timed(crew: Crew | None) -> Crew | None:
    """The crew, as long as a whole note may take."""
    if crew is None or crew.seconds is None:
        return crew
    first, ends = crew.idle, time.monotonic() + WHOLE * crew.seconds

    def idle() -> None:
        first()
        if time.monotonic() > ends:
            raise _LateError

    return replace(crew, idle=idle)


def _checked(note: Note, question: Question, timed: Crew | None, crew: Crew | None) -> Answer:
    rows: list[Row] = []
    try:
        note = settled(note, question, timed)
        rows.extend(judged_rows(note, note.rows, question, timed))
    except _LateError:
        rows += map(unjudged, note.rows[len(rows) :])
    sheet = Sheet(str(NAME), note.title, rows, note.assumed, is_note=True, convention=convention_of(note))
    return {"summary": summary([sheet]), "assumed": list(note.assumed), "rows": apart(crew, _plainly, sheet, note.rows)}


def _explained(note: Note, place: int, question: Question, crew: Crew | None) -> Answer:
    asked = note.rows[place : place + 1]
    note = settled(note, question, crew)
    rows = list(judged_rows(note, asked, question, crew))
    sheet = Sheet(str(NAME), note.title, rows, is_note=True)
    rows_told = _written(sheet, asked, lambda page, equation, row: tell_of(crew, page, equation, row, question))
    return {"rows": list(rows_told)}


def _plainly(sheet: Sheet, printed: Sequence[ReadDisplay]) -> list[Answer]:
    """The rows without a word of why, which takes as long as to find it out."""
    return list(_written(sheet, printed, lambda *_: ((), ())))


def _written(
    sheet: Sheet, printed: Sequence[ReadDisplay], tell: Callable[[Derivation, Equation, Row], Told]
) -> Iterator[Answer]:
    for row, display in zip(sheet, printed, strict=True):
        end, slip = row.end or row.place, row.verdict.slip if row.verdict is not None else None
        # The first change alone, as findings have it, where it may take the place of what is printed.
        found = [one for one in findings_in(row) if one.replaces and one.fix is not None]
        yield {
            "tag": row.tag,
            "word": row.word,
            "settled": row.settled,
            "from": [row.place.line, row.place.column],
            "to": [end.line, end.column],
            "fix": dict(found[0].fix or {}) if found else None,
            "fixes": len(slip.fixes) if slip is not None else 0,
            "explains": any(part.verdict is not None and part.equation is not None for part in row.parts),
            "html": "".join(article(entry_of(row, display, tell), "", {})),
        }
