"""``symbptt check``: every equation with its verdict, or one equation explained."""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from rich.console import Console

import symbptt
from symbptt.commands.baseline import Baseline
from symbptt.commands.sources import (
    check_output,
    check_tags,
    crew_of,
    hold_equations,
    is_asked,
    judging_crew,
    nothing_in,
    question_of,
    read_sources,
)
from symbptt.commands.terminal import Interrupted, Line, interruptions, open_console
from symbptt.errors import NOT_PROVED, OK, Stopped, UsageError
from symbptt.files import write_whole
from symbptt.judging.pages import Rows, convention_of, judged_rows, rows_of, select, settled_rows, unjudged
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Entry, Note
from symbptt.reader.sources import Source
from symbptt.show.explain import explanation
from symbptt.show.findings import FORMATS, Finding, concise, findings_of
from symbptt.show.remarks import Remark, Said, as_text, remarks_on
from symbptt.show.report import as_json, json_pieces, numbers_line, print_sheet, summary
from symbptt.verdicts import Question, Row, Sheet, Witness
from symbptt.workers import Crew, apart

_NO_ASCII = re.compile(r"[^\x00-\x7f]")
EXPLAINED = 80
"""Columns of an explanation."""
SPARED = 10
"""How many times longer than writing the report so far is waited before it is written anew."""


def run_check(options: argparse.Namespace) -> int:
    """Judge, print each row when it is judged, and write the report; returns the exit status."""
    if options.explain is not None:
        return _explain(options)
    began = time.perf_counter()
    form = _form(options)
    baseline = Baseline(options.baseline) if options.write_baseline else Baseline.of(options.baseline)
    console = open_console() if form == "text" else None
    kept = _Kept(None if form == "report" else options.json)
    with interruptions() as answer, Line(console) as line, ExitStack() as stack:

        def idle() -> None:
            answer()
            line.turn()
            kept.renew(pages)

        pages: list[_Page] = []
        crew = crew_of(options, idle)
        sources = read_sources(options, crew)
        if found := hold_equations(sources):
            check_tags(sources, options.tag)
        if kept.path is not None:
            check_output(kept.path, [path for path, _ in sources])
        pages += [_Page.of(source, options.tag, question_of(options, source[0])) for source in sources]
        line.begin(sum(len(page.asked) for page in pages))
        run = _Run(stack.enter_context(judging_crew(crew, options.dask)), line, baseline)
        _judge(run, pages, form, console, quiet=options.quiet)
    # Of a part of the equations, or of what was not judged, nobody knows what is not there any more.
    whole = options.tag is None and run.interrupted is None and not options.write_baseline
    files = [path for path, _ in sources]
    files += (part for _, page in sources if isinstance(page, Note) for part in page.parts)
    stale = baseline.stale(files) if whole else []
    if console is not None:
        _sum_up(console, pages, stale, time.perf_counter() - began, quiet=options.quiet)
    elif form != "report":
        sheets = [page.sheet for page in pages]
        _print(FORMATS[form]([*findings_of(sheets), *stale], symbptt.__version__))
        print(*summary(sheets), sep="\n", file=sys.stderr)
    kept.write(pages)
    if run.interrupted is not None:
        print("symbptt: interrupted; what was judged so far is above", file=sys.stderr)
        return run.interrupted.status
    if not found and not options.allow_none:
        raise nothing_in(options.paths or [path for path, _ in sources])
    if options.write_baseline:
        count = baseline.write([page.sheet for page in pages])
        print(f"{options.baseline}: {count} open row{'s' * (count != 1)} written", file=sys.stderr)
        return OK
    return OK if all(row.settled for page in pages for row in page.judged) and not stale else NOT_PROVED


def _form(options: argparse.Namespace) -> str:
    """What goes to standard output: ``text``, the ``report`` in JSON, or findings in one of ``FORMATS``."""
    if options.write_baseline and options.baseline is None:
        raise UsageError("--write-baseline writes the file that --baseline names: give both")
    if options.json is None or str(options.json) != "-":
        form: str = options.format
        return form
    if options.format != "text":
        raise UsageError(f"--json - and --format {options.format} both write to standard output: name a file for one")
    return "report"


def _judge(run: _Run, pages: Sequence[_Page], form: str, console: Console | None, *, quiet: bool) -> None:
    """Judge page after page, and show each row when it is judged, where rows are shown."""
    if console is not None:
        for page in pages:
            print_sheet(console, run.settled(page), run.rows(page), page.tags, quiet=quiet)
    elif form == "report":
        for piece in json_pieces(symbptt.__version__, ((run.settled(page), run.rows(page)) for page in pages)):
            _print(piece)
    else:
        for page in pages:
            run.settled(page)
            deque(run.rows(page), maxlen=0)


def _sum_up(console: Console, pages: Sequence[_Page], stale: Sequence[Finding], seconds: float, *, quiet: bool) -> None:
    """The lines below the table: how numbers agree, how many claims there were, what is not as expected."""
    numbers = [text for page in pages if not quiet for text in numbers_line(page.judged)]
    for text in (*numbers, *summary([page.sheet for page in pages], seconds)):
        # A number is not parted from its unit at the end of a line.
        for part in textwrap.wrap(re.sub(r"(?<=[0-9]) s$", "\u00a0s", text), console.width):
            console.print(part.replace("\u00a0", " "), no_wrap=True)
    for text in concise(stale, symbptt.__version__).splitlines():
        console.print(text, soft_wrap=True, markup=False)
    sys.stdout.flush()


def _print(text: str) -> None:
    """Write what a program reads."""
    sys.stdout.write(text if _has_every_sign(sys.stdout) else _NO_ASCII.sub(_escaped, text))
    sys.stdout.flush()


def _has_every_sign(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")


def _escaped(sign: re.Match[str]) -> str:
    """A sign in a string of JSON, for a stream that has no such sign."""
    return json.dumps(sign[0])[1:-1]


@dataclass
class _Page:
    """A page that is being checked: what is asked of it, and the rows that are known."""

    page: Derivation | Note
    asked: Sequence[Entry]
    sheet: Sheet
    judged: list[Row]
    question: Question
    rows: Rows | None = None
    """What gives its rows, once it was begun with."""
    workers: ExitStack = field(default_factory=ExitStack)
    """Who judges it, until its last row."""

    @staticmethod
    def of(source: Source, tags: Sequence[str] | None, question: Question) -> _Page:
        path, page = source
        judged: list[Row] = []
        sheet = Sheet(str(path), page.title, judged, is_note=isinstance(page, Note))
        return _Page(page, [entry for entry in page if is_asked(page, entry, tags)], sheet, judged, question)

    def begin(self, crew: Crew) -> None:
        """Find the convention of a note; whoever found it judges its rows."""
        if isinstance(self.page, Note):
            settling = settled_rows(self.page, self.question, crew)
            self.page, self.rows = self.workers.enter_context(settling)
        else:
            self.rows = self.workers.enter_context(rows_of(self.page, self.question, crew))

    @property
    def tags(self) -> list[str]:
        return [entry.tag for entry in self.asked]

    @property
    def whole(self) -> Sheet:
        """The sheet with a row for what was not come to, too."""
        return replace(self.sheet, rows=[*self.judged, *map(unjudged, self.asked[len(self.judged) :])])


@dataclass
class _Run:
    """Judges one page after the other, until it is interrupted."""

    crew: Crew
    line: Line
    baseline: Baseline
    interrupted: Interrupted | None = None

    def settled(self, page: _Page) -> Sheet:
        """The sheet of a page with what it was read with, its convention among that."""
        try:
            if self.interrupted is None:
                page.begin(self.crew)
        except Interrupted as interrupted:
            self.interrupted = interrupted
        assumed = page.page.assumed if isinstance(page.page, Note) else ()
        page.sheet = replace(page.sheet, assumed=assumed, convention=convention_of(page.page))
        return page.sheet

    def rows(self, page: _Page) -> Iterator[Row]:
        """The rows of a page, each when it is judged; behind an interruption, as not judged."""
        with page.workers:
            try:
                if self.interrupted is None and page.rows is not None:
                    for found in page.rows(page.asked):
                        row = self.baseline.expected(found)
                        page.judged.append(row)
                        self.line.step(row.tag)
                        yield row
            except Interrupted as interrupted:
                self.interrupted = interrupted
        for entry in page.asked[len(page.judged) :]:
            page.judged.append(unjudged(entry))
            yield page.judged[-1]


class _Kept:
    """The file with the report, which keeps what is known at any time, so that no kill loses it."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known = 0
        # A pipe is written to once.
        self._next = 0.0 if path is not None and (path.is_file() or not path.exists()) else float("inf")

    def renew(self, pages: Sequence[_Page]) -> None:
        """Write what is known, where there is something new and writing would not take most of the time."""
        began = time.monotonic()
        known = sum(len(page.judged) for page in pages)
        if known == self._known or began < self._next:
            return
        self._known = known
        try:
            self.write(pages)
        except UsageError:
            # That it cannot be written is said at the end, below the table.
            self._next = float("inf")
        else:
            self._next = time.monotonic() + SPARED * (time.monotonic() - began)

    def write(self, pages: Sequence[_Page]) -> None:
        """Write the report, with what was not come to as not judged."""
        if self.path is not None:
            write_whole(self.path, as_json(symbptt.__version__, [page.whole for page in pages]))


def _explain(options: argparse.Namespace) -> int:
    for other in ("json", "tag"):
        if getattr(options, other) is not None:
            raise UsageError(f"--explain prints one equation as text: leave out --{other} (see symbptt check --help)")
    crew = crew_of(options)
    sources = read_sources(options, crew)
    check_tags(sources, [options.explain])
    rows: list[Row] = []
    for path, page in sources:
        question = question_of(options, path)
        asked = select(page, options.explain)
        for row in list(judged_rows(page, asked, question, crew)):
            rows.append(row)
            for part in row.parts:
                print(*[""] * bool(part is not rows[0]), *_explained_within(crew, part, question), sep="\n")
    return OK if all(row.settled for row in rows) else NOT_PROVED


def _explained_within(crew: Crew, row: Row, question: Question) -> list[str]:
    try:
        return apart(crew, _explained_row, row, question)
    except Stopped as stopped:
        return [f"({row.tag}) {row.word}", f"Why is not written: {stopped}."]


def _explained_row(row: Row, question: Question) -> list[str]:
    """The lines that explain a row: the proof of what holds as read stands under its reading."""
    verdict, equation = row.verdict, row.explained
    if equation is None or row.page is None:
        return _wrapped([f"({row.tag}) {row.word}", *(text for remark in remarks_on(row) for text in as_text(remark))])
    if verdict is None or verdict.reading is None:
        told = explanation(row.page, equation, verdict, question)
        more = [text for remark in remarks_on(row) if not _is_told(remark, equation) for text in as_text(remark)]
        return [*told, "", *_wrapped(more)] if more and row.word == "refuted" else told
    printed = [f"({row.tag}) {row.shown}", f"As printed it is {verdict.literal}. Read as: {verdict.reading.words}."]
    proof = explanation(row.page, equation, replace(verdict, word="proved", witness=None), question)
    return [*_wrapped(printed), "", *proof]


def _is_told(remark: Remark, equation: Equation) -> bool:
    """Whether the explanation of a refutation says it itself."""
    kinds = ("printed", "why") if equation.kind == "misreading" else ("printed",)
    return isinstance(remark, Witness) or (isinstance(remark, Said) and remark.kind in kinds)


def _wrapped(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for part in text.split("\n") for line in textwrap.wrap(part, EXPLAINED)]
