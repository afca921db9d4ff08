"""``symbptt latex``: equations, expanded terms and proofs as LaTeX."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from symbptt.commands.sources import check_output, check_tags, crew_of, is_asked, read_path
from symbptt.errors import OK, BudgetExceeded, Stopped, UsageError
from symbptt.files import write_whole
from symbptt.judging.pages import judged_displays, judged_rows, select
from symbptt.printing.documents import document, page_latex
from symbptt.reader.results import Note
from symbptt.reader.sources import Source
from symbptt.show.excerpts import Style, explained_latex, note_latex
from symbptt.show.explain import explanation_latex
from symbptt.verdicts import Question
from symbptt.workers import Crew, apart


def run_latex(options: argparse.Namespace) -> int:
    """Write equations or a proof; returns the exit status."""
    crew = crew_of(options)
    sources = read_path(options.path, crew, options.macros)
    if options.output is not None:
        check_output(options.output, [path for path, _ in sources])
    if options.standalone and len(sources) > 1:
        raise UsageError(f"{options.path} holds {len(sources)} derivations; --standalone needs a file with one")
    if options.explain is not None:
        text = _explained(options, sources, crew)
    elif options.method is not None:
        raise UsageError("--method is a method of proof: it needs --explain TAG (see symbptt latex --help)")
    else:
        text = _set(options, sources, crew)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_whole(options.output, text)
    return OK


def _set(options: argparse.Namespace, sources: Sequence[Source], crew: Crew) -> str:
    if options.depth != "terms" and options.steps is None:
        raise UsageError(f"--depth {options.depth} writes an equation out at one step: add --steps T")
    check_tags(sources, options.tag)
    made = []
    for _, page in sources:
        if isinstance(page, Note):
            displays = [row for row in page.rows if is_asked(page, row, options.tag)] if options.tag else None
            style = Style(options.steps, options.depth, options.notation, options.standalone)
            rows = list(judged_displays(page, displays, crew=crew))
            made.append(note_latex(page, displays, style, rows, crew))
        else:
            tags = [equation.tag for equation in page if is_asked(page, equation, options.tag)]
            depth, notation = options.depth, options.notation
            standalone = options.standalone
            made.append(page_latex(page, tags, options.steps, standalone, depth=depth, notation=notation, crew=crew))
    return "\n".join(made)


def _explained(options: argparse.Namespace, sources: Sequence[Source], crew: Crew) -> str:
    for other in ("tag", "steps"):
        if getattr(options, other) is not None:
            raise UsageError(
                f"--explain writes the proof of one equation: leave out --{other} (see symbptt latex --help)"
            )
    check_tags(sources, [options.explain])
    question = Question(method=options.method)
    made: list[str] = []
    for _, page in sources:
        for row in list(judged_rows(page, select(page, options.explain), question, crew)):
            try:
                if isinstance(page, Note):
                    made.append(apart(crew, explained_latex, row, question))
                elif row.printed is not None:
                    made.append(apart(crew, explanation_latex, page, row.printed, row.verdict, question))
            except Stopped as stopped:
                raise BudgetExceeded(f"({row.tag}) is {row.word}, and why is not written: {stopped}") from None
    return document(sources[0][1].title, made) if options.standalone else "\n".join(made)
