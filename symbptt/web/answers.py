"""What is said of a pasted note: its rows as data for the page in the browser, one row explained, or its report.

An answer comes in pieces, so that a row is shown when it is judged: how many there are, each of them, what is said of
all; a piece with an ``error`` is the last.

A note is data: it stands in no folder, so it brings in no file, and all that is shown of it is escaped. Whoever calls
this has a crew, which reads, judges and writes within its limits; what is pasted is judged by nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import symbptt
from symbptt.errors import NoEquation, Stopped, SymbpttError
from symbptt.judging.pages import convention_of, settled_rows, unjudged
from symbptt.page.derivation import Derivation, Equation
from symbptt.printing.mathml import prose
from symbptt.reader.results import Note, ReadDisplay
from symbptt.reader.sources import note_at
from symbptt.show.dossier import Told, entry_of, of_note, tell_of
from symbptt.show.findings import replacements
from symbptt.show.report import summary
from symbptt.show.webpage import article, write_html
from symbptt.verdicts import Question, Row, Sheet
from symbptt.workers import Crew, Workers, apart

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


def answer(asked: Asked, question: Question, crew: Crew | None = None, macros: Path | None = None) -> Iterator[Answer]:
    """What the browser is sent; a note that cannot be read is an ``error`` alone."""
    timed = _timed(crew)
    try:
        note = apart(timed, note_at, NAME, macros, asked.text)
        if not note.rows:
            yield {"count": 0}
            raise NoEquation("there is no equation yet; put each between $$ and $$, or between \\[ and \\]")
        if asked.kind == "check":
            yield from _checked(note, question, timed, crew)
        elif asked.kind == "explain":
            yield from _explained(note, asked.row, question, timed)
        else:
            dossier = of_note(note, question, timed)
            yield {"report": apart(crew, write_html, [dossier], [], symbptt.__version__)}
    except Stopped as stopped:
        yield {"error": f"The note was {stopped}."}
    except _LateError:
        yield {"error": "The note takes too long: split it, or start with a larger --timeout."}
    except SymbpttError as error:
        yield {"error": str(error)}


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


def _checked(note: Note, question: Question, timed: Crew | None, crew: Crew | None) -> Iterator[Answer]:
    yield {"count": len(note.rows)}
    rows: list[Row] = []
    with _writer(crew) as written:
        try:
            with settled_rows(note, question, timed) as (note, judged):
                for row in judged(note.rows):
                    rows.append(row)
                    yield {"row": written(row, note.rows[len(rows) - 1])}
        except _LateError:
            pass
        for display in note.rows[len(rows) :]:
            rows.append(unjudged(display))
            yield {"row": written(rows[-1], display)}
    sheet = Sheet(str(NAME), note.title, rows, note.assumed, is_note=True, convention=convention_of(note))
    yield {"summary": summary([sheet]), "assumed": list(map(prose, note.assumed))}


@contextmanager
def _writer(crew: Crew | None) -> Iterator[Callable[[Row, ReadDisplay], Answer]]:
    """What writes rows without a word of why, which takes as long as to find it out: one worker for all of them."""
    if crew is None:
        yield _plainly
        return
    with Workers(_plainly, crew) as workers:
        yield lambda row, display: workers.ask(row, display)()


def _plainly(row: Row, display: ReadDisplay) -> Answer:
    return _written(row, display, lambda *_: ((), ()))


def _explained(note: Note, place: int, question: Question, crew: Crew | None) -> Iterator[Answer]:
    asked = note.rows[place : place + 1]
    with settled_rows(note, question, crew) as (_, judged):
        for row, display in zip(judged(asked), asked, strict=True):
            yield {
                "row": _written(
                    row, display, lambda page, equation, part: tell_of(crew, page, equation, part, question)
                )
            }


def _written(row: Row, display: ReadDisplay, tell: Callable[[Derivation, Equation, Row], Told]) -> Answer:
    end = row.end or row.place
    return {
        "tag": row.tag,
        "word": row.word,
        "settled": row.settled,
        "from": [row.place.line, row.place.column],
        "to": [end.line, end.column],
        "fixes": replacements(row),
        "explains": any(part.verdict is not None and part.explained is not None for part in row.parts),
        "html": "".join(article(entry_of(row, display, tell), "", {})),
    }
