"""``symbptt check``: every equation with its verdict, or one equation explained."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import symbptt
from symbptt.commands.sources import check_output, check_tags, is_asked, question_of, read_sources
from symbptt.commands.terminal import open_console, show_progress
from symbptt.errors import INTERRUPTED, NOT_PROVED, OK, UsageError
from symbptt.files import write_whole
from symbptt.judging.pages import judged_displays, judged_equations, select, unjudged
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Note, ReadDisplay
from symbptt.show.explain import explanation
from symbptt.show.remarks import as_text, remarks_on
from symbptt.show.report import as_json, numbers_line, print_sheet, summary
from symbptt.verdicts import Question, Row, Sheet

EXPLAINED = 80
"""Columns of an explanation."""


def run_check(options: argparse.Namespace) -> int:
    """Judge, print and write the report; returns the exit status."""
    if options.explain is not None:
        return _explain(options)
    began = time.perf_counter()
    to_stdout = options.json is not None and str(options.json) == "-"
    question = question_of(options)
    sources = read_sources(options)
    check_tags(sources, options.tag)
    if options.json is not None and not to_stdout:
        check_output(options.json, [path for path, _ in sources])
    sheets: list[Sheet] = []
    numbers: list[str] = []
    interrupted = False
    entries = [
        [entry for entry in (page.rows if isinstance(page, Note) else page) if is_asked(page, entry, options.tag)]
        for _, page in sources
    ]
    with show_progress(sum(map(len, entries))) as step:
        for (path, page), asked in zip(sources, entries, strict=True):
            rows: list[Row] = []
            sheets.append(
                Sheet(
                    str(path), page.title, rows, page.assumed if isinstance(page, Note) else (), isinstance(page, Note)
                )
            )
            try:
                if not interrupted:
                    step("", 0)
                    for row in judged_rows(page, asked, question, options):
                        rows.append(row)
                        step(row.tag, 1)
                    numbers += numbers_line(rows)
            except KeyboardInterrupt:
                interrupted = True
            # What an interrupt left is reported too, as not judged.
            rows.extend(map(unjudged, asked[len(rows) :]))
    if options.json is not None:
        report = as_json(symbptt.__version__, sheets)
        if to_stdout:
            sys.stdout.write(report)
        else:
            write_whole(options.json, report)
    if not to_stdout:
        console = open_console()
        for sheet in sheets:
            print_sheet(console, sheet)
        for line in (*numbers, *summary(sheets, time.perf_counter() - began)):
            # A number is not parted from its unit at the end of a line.
            for part in textwrap.wrap(re.sub(r"(?<=[0-9]) s$", "\u00a0s", line), console.width):
                console.print(part.replace("\u00a0", " "), no_wrap=True)
    sys.stdout.flush()
    if interrupted:
        print("symbptt: interrupted; what was judged so far is above", file=sys.stderr)
        return INTERRUPTED
    return OK if all(row.settled for sheet in sheets for row in sheet.rows) else NOT_PROVED


def judged_rows(
    page: Derivation | Note, asked: Sequence[Equation | ReadDisplay], question: Question, options: argparse.Namespace
) -> Iterator[Row]:
    """The rows of one page, as they are judged."""
    if isinstance(page, Note):
        displays = [entry for entry in asked if isinstance(entry, ReadDisplay)]
        return judged_displays(page, displays, question, jobs=options.jobs, timeout=options.timeout)
    equations = [entry for entry in asked if isinstance(entry, Equation)]
    return judged_equations(page, equations, question, jobs=options.jobs, timeout=options.timeout)


def _explain(options: argparse.Namespace) -> int:
    for other in ("json", "tag"):
        if getattr(options, other) is not None:
            raise UsageError(f"--explain prints one equation as text: leave out --{other} (see symbptt check --help)")
    question = question_of(options)
    sources = read_sources(options)
    check_tags(sources, [options.explain])
    rows: list[Row] = []
    for _, page in sources:
        asked = select(page, options.explain)
        for row in judged_rows(page, asked, question, options):
            rows.append(row)
            for part in row.parts:
                print(*[""] * bool(part is not rows[0]), *_explained_row(part, question), sep="\n")
    return OK if all(row.settled for row in rows) else NOT_PROVED


def _explained_row(row: Row, question: Question) -> list[str]:
    """The lines that explain a row: the proof of what holds as read stands under its reading."""
    verdict = row.verdict
    if row.equation is None or row.page is None:
        told = [f"({row.tag}) {row.word}", *(text for remark in remarks_on(row) for text in as_text(remark))]
        return [line for text in told for part in text.split("\n") for line in textwrap.wrap(part, EXPLAINED)]
    if verdict is None or verdict.reading is None:
        return list(explanation(row.page, row.equation, verdict, question))
    printed = [f"({row.tag}) {row.shown}", f"As printed it is {verdict.literal}. Read as: {verdict.reading.words}."]
    proof = explanation(row.page, row.equation, replace(verdict, word="proved", witness=None), question)
    return [*(line for text in printed for line in textwrap.wrap(text, EXPLAINED)), "", *proof]
