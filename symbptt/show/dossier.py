"""All that a report says of one page, judged and gathered, before it is written in any language.

What an equation is comes from the notation that was read, never from the text of a note; what was not read is kept as
text, and whoever writes it out escapes it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from symbptt.errors import SymbpttError, UsageError
from symbptt.judging.comparison import Comparison, crosscheck
from symbptt.judging.proving import Question, page_sizes
from symbptt.judging.workers import judge
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr, Ranged, walk
from symbptt.printing.displays import written_out
from symbptt.reader.note import read_note
from symbptt.script import load, scripts_in
from symbptt.show.explain import explanation
from symbptt.show.notes import judge_note
from symbptt.show.report import Row, Sheet, contradicted, summary
from symbptt.text.document import is_note

TABLE = (1, 2, 3, 4)
"""The steps of the table of expanded terms: at t = 4 no two readings of the box look alike any more."""
LEGEND = (
    "d is the total derivative, ∂⁺ the immediate partial, with every earlier state held fixed; ∂ of a state in an "
    "earlier state is a Jacobian. Π descends: its largest index stands on the left. An empty Σ is 0, an empty Π is I."
)
AS_PRINTED = "A plain ∂ in a weight is as the note prints it; how it was read stands beside the verdict."
COMPARED_STEPS, COMPARED_SIZES = 8, 4
"""Up to which t and sizes proved claims are compared with numbers."""


@dataclass(frozen=True, slots=True)
class Written:
    """An equation at one step, once for each value of its ranges; or why there is none."""

    step: int
    displays: tuple[tuple[Expr, ...], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One equation of a report. ``equation`` is None for what was not read, ``links`` are those of a chain."""

    row: Row
    equation: Equation | None = None
    """As it stands on the page."""
    links: tuple[Entry, ...] = ()
    terms: tuple[Written, ...] = ()
    proof: tuple[str, ...] = ()
    """The lines of ``--explain``."""
    source: str = ""
    """What stands in the note where it was not read."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A page with its verdicts. ``page`` is what names and signs are looked up in."""

    sheet: Sheet
    page: Derivation
    source: str
    entries: tuple[Entry, ...]
    comparisons: tuple[Comparison, ...]
    summary: tuple[str, ...]

    @property
    def legend(self) -> str:
        """What the signs mean."""
        return f"{LEGEND} {AS_PRINTED}" if self.sheet.is_note else LEGEND

    @property
    def settled(self) -> bool:
        """Whether every verdict is what the page hopes for."""
        return all(row.settled for row in self.sheet.rows)


def gather(path: Path, question: Question, *, jobs: int = 1, timeout: float | None = None) -> list[Dossier]:
    """Judge the pages of a script, or a note; raises what reading them raises, :class:`UsageError` for a folder."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder, and a report is of one script or note: name a file in it")
    if is_note(path):
        return [_of_note(path, question, jobs, timeout)]
    return [_of_page(script, page, question, jobs, timeout) for script in scripts_in(path) for page in load(script)]


def _of_page(path: Path, page: Derivation, question: Question, jobs: int, timeout: float | None) -> Dossier:
    began = time.perf_counter()
    judged = judge(page, None, question, jobs=jobs, timeout=timeout)
    rows, comparisons = compared([Row.of(equation, verdict, page) for equation, verdict in judged], question)
    entries = [
        Entry(
            row,
            equation,
            terms=_terms(page, equation),
            proof=_proof(page, equation, row, question),
        )
        for row, equation in zip(rows, page, strict=True)
    ]
    sheet = Sheet(str(path), page.title, rows)
    said = summary([sheet], time.perf_counter() - began)
    return Dossier(sheet, page, page.source, tuple(entries), tuple(comparisons or ()), tuple(said))


def _of_note(path: Path, question: Question, jobs: int, timeout: float | None) -> Dossier:
    began = time.perf_counter()
    note = read_note(path)
    rows, comparisons = compared(list(judge_note(note, None, question, jobs=jobs, timeout=timeout)), question)
    entries = []
    for row, printed in zip(rows, note.rows, strict=True):
        parts = [_of_link(part, question) for part in row.links or (row,)] if printed.links else []
        if not parts:
            entries.append(Entry(row, source=printed.display.source))
        elif row.links:
            entries.append(Entry(row, links=tuple(parts)))
        else:
            entries.append(parts[0])
    sheet = Sheet(str(path), note.title, rows, note.assumed, is_note=True)
    said = summary([sheet], time.perf_counter() - began)
    return Dossier(sheet, note.vectors or note.scalars, "", tuple(entries), tuple(comparisons or ()), tuple(said))


def _of_link(row: Row, question: Question) -> Entry:
    if row.printed is None:
        return Entry(row, source=row.shown)
    # What a note prints with one sign for two derivatives is written out as it was read.
    if row.equation is None or row.page is None:
        return Entry(row, row.printed)
    terms, proof = _terms(row.page, row.equation), _proof(row.page, row.equation, row, question)
    return Entry(row, row.printed, terms=terms, proof=proof)


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


def _proof(page: Derivation, equation: Equation, row: Row, question: Question) -> tuple[str, ...]:
    return () if row.verdict is None else tuple(explanation(page, equation, row.of_reading, question))


def compared(rows: Sequence[Row], question: Question) -> tuple[list[Row], list[Comparison] | None]:
    """The cross-check of what was proved, as it was read; a claim that the numbers contradict is no longer proved.

    No comparisons, None, where the steps or the sizes are larger than a check goes to.
    """
    proved = by_page(part for row in rows for part in (row.links or (row,)))
    steps = tuple(step for step in question.steps if step <= COMPARED_STEPS)
    largest = max((size for page, _ in proved for size in page_sizes(page, question.sizes).values()), default=1)
    if not steps or largest > COMPARED_SIZES:
        return list(rows), None
    comparisons = [
        comparison
        for page, equations in proved
        for comparison in crosscheck(page, equations, replace(question, steps=steps), by_term=False)
    ]
    return contradicted(rows, comparisons), comparisons


def by_page(parts: Iterable[Row]) -> list[tuple[Derivation, list[Equation]]]:
    """What is proved, as it was read, page by page."""
    found: dict[int, tuple[Derivation, list[Equation]]] = {}
    for part in parts:
        if part.proved and part.page is not None and part.equation is not None:
            found.setdefault(id(part.page), (part.page, []))[1].append(part.equation)
    return list(found.values())


def every(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries of a report and the links of chains among them."""
    for entry in entries:
        yield entry
        yield from entry.links
