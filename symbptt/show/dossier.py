"""All that a report says of one page, judged and gathered, before it is written in any language.

What an equation is comes from the notation that was read, never from the text of a note; what was not read is kept as
text, and whoever writes it out escapes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from symbptt.errors import Stopped, SymbpttError, UsageError
from symbptt.judging.pages import convention_of, judged_equations, settled_rows
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr, Ranged, walk
from symbptt.printing.displays import written_out
from symbptt.reader.results import Note, ReadDisplay
from symbptt.reader.sources import read_all
from symbptt.show.blocks import Block, Sentence
from symbptt.show.explain import told
from symbptt.show.report import comparisons_of, summary
from symbptt.verdicts import Comparison, Question, Row, Sheet
from symbptt.workers import Crew, apart

TABLE = (1, 2, 3, 4)
"""The steps of the table of expanded terms: at t = 4 no two readings of the box look alike any more."""
LEGEND = (
    "d is the total derivative, ∂⁺ the immediate partial, with every earlier state held fixed; ∂ of a state in an "
    "earlier state is a Jacobian. Π descends: its largest index stands on the left. An empty Σ is 0, an empty Π is I."
)
AS_PRINTED = "A plain ∂ in a weight is as the note prints it; how it was read stands beside the verdict."


@dataclass(frozen=True, slots=True)
class Written:
    """An equation at one step, once for each value of its ranges; or why there is none."""

    step: int
    displays: tuple[tuple[Expr, ...], ...] = ()
    reason: str = ""


Told: TypeAlias = tuple[tuple[Written, ...], tuple[Block, ...]]
"""An equation at the steps of the table, and why its verdict is what it is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One equation of a report. ``equation`` is None for what was not read, ``links`` are those of a chain."""

    row: Row
    equation: Equation | None = None
    """As it stands on the page."""
    links: tuple[Entry, ...] = ()
    terms: tuple[Written, ...] = ()
    proof: tuple[Block, ...] = ()
    """What ``--explain`` tells."""
    source: str = ""
    """What stands in the note where it was not read."""

    @property
    def why(self) -> str:
        """What the explanation of its verdict is called."""
        if self.row.word in ("proved", "holds-as-read"):
            return "Why it is true"
        return "Where it fails" if self.row.word == "refuted" else "What was tried"


@dataclass(frozen=True, slots=True)
class Dossier:
    """A page with its verdicts. ``page`` is what names and signs are looked up in."""

    sheet: Sheet
    page: Derivation
    source: str
    entries: tuple[Entry, ...]
    summary: tuple[str, ...]

    @property
    def comparisons(self) -> list[Comparison]:
        """What was proved, compared with numbers."""
        return comparisons_of(self.sheet)

    @property
    def origin(self) -> str:
        """Where it was published, and the file that it is in."""
        return " · ".join(part for part in (self.source, self.sheet.path) if part)

    @property
    def sections(self) -> Iterator[tuple[str, list[Entry]]]:
        """The entries under their headings: what a script misreads on purpose stands apart."""
        apart = "" if self.sheet.is_note else "misreading"
        yield "Equations", [entry for entry in self.entries if entry.row.kind != apart]
        if misread := [entry for entry in self.entries if entry.row.kind == apart]:
            yield "Ways to misread it", misread

    @property
    def legend(self) -> str:
        """What the signs mean."""
        return f"{LEGEND} {AS_PRINTED}" if self.sheet.is_note else LEGEND

    @property
    def settled(self) -> bool:
        """Whether every verdict is what the page hopes for."""
        return all(row.settled for row in self.sheet.rows)


def gather(path: Path, question: Question, crew: Crew | None = None, macros: Path | None = None) -> list[Dossier]:
    """Judge the pages of a script, or a note; raises what reading them raises, :class:`UsageError` for a folder.

    With a crew its workers read, judge and explain.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and a report is of one script or note: name a file in it")
    return [
        of_note(page, question, crew) if isinstance(page, Note) else _of_page(script, page, question, crew)
        for script, page in read_all([path], crew, macros)
    ]


def _of_page(path: Path, page: Derivation, question: Question, crew: Crew | None) -> Dossier:
    began = time.perf_counter()
    rows = list(judged_equations(page, None, question, crew))
    entries = [
        Entry(row, equation, (), *tell_of(crew, page, equation, row, question))
        for row, equation in zip(rows, page, strict=True)
    ]
    sheet = Sheet(str(path), page.title, rows)
    said = summary([sheet], time.perf_counter() - began)
    return Dossier(sheet, page, page.source, tuple(entries), tuple(said))


def of_note(note: Note, question: Question, crew: Crew | None = None) -> Dossier:
    """Judge a note that was read."""
    began = time.perf_counter()
    with settled_rows(note, question, crew) as (note, judged):
        rows = tuple(judged(note.rows))
    sheet = Sheet(note.path, note.title, rows, note.assumed, is_note=True, convention=convention_of(note))
    entries = [
        entry_of(row, printed, lambda page, equation, part: tell_of(crew, page, equation, part, question))
        for row, printed in zip(sheet, note.rows, strict=True)
    ]
    said = summary([sheet], time.perf_counter() - began)
    return Dossier(sheet, note.page, "", tuple(entries), tuple(said))


def entry_of(row: Row, printed: ReadDisplay, tell: Callable[[Derivation, Equation, Row], Told]) -> Entry:
    """What is said of a display of a note that was judged; ``tell`` writes out why."""
    parts = [_of_link(part, tell) for part in row.parts] if printed.links else []
    if not parts:
        return Entry(row, source=printed.display.source)
    return Entry(row, links=tuple(parts)) if row.links else parts[0]


def _of_link(row: Row, tell: Callable[[Derivation, Equation, Row], Told]) -> Entry:
    if row.printed is None:
        return Entry(row, source=row.shown)
    # What a note prints with one sign for two derivatives is written out as it was read.
    if row.explained is None or row.page is None:
        return Entry(row, row.printed)
    return Entry(row, row.printed, (), *tell(row.page, row.explained, row))


def tell_of(crew: Crew | None, page: Derivation, equation: Equation, row: Row, question: Question) -> Told:
    """The expanded terms of an equation and the explanation of its verdict, within what a claim may take."""
    try:
        return apart(crew, _worked_out, page, equation, row, question)
    except Stopped as stopped:
        return (), (Sentence((f"{row.word}; why is not written: {stopped}.",)),)


def _worked_out(page: Derivation, equation: Equation, row: Row, question: Question) -> Told:
    return _terms(page, equation) if row.equation is not None else (), _proof(page, equation, row, question)


def _terms(page: Derivation, equation: Equation) -> tuple[Written, ...]:
    """What is true at the steps of the table, where writing it out says more than the equation does."""
    is_range = any(isinstance(node, Ranged) for side in equation.chain for node in walk(side))
    if equation.kind == "definition" or not is_range:
        return ()
    return tuple(_written(page, equation, step) for step in TABLE)


def _written(page: Derivation, equation: Equation, step: int) -> Written:
    try:
        return Written(step, tuple(tuple(sides) for sides in written_out(page, equation, step)))
    except SymbpttError as error:
        return Written(step, reason=str(error))


def _proof(page: Derivation, equation: Equation, row: Row, question: Question) -> tuple[Block, ...]:
    return () if row.verdict is None else tuple(told(page, equation, row.of_reading, question))


def every(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries of a report and the links of chains among them."""
    for entry in entries:
        yield entry
        yield from entry.links
