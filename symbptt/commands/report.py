"""``symbptt report`` and ``plot``: the whole derivation as a document, and its terms as a picture."""

from __future__ import annotations

import argparse
import importlib
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import symbptt
from symbptt.commands.sources import check_output, check_tags, crew_of, is_asked, kind_of, question_of, read_path
from symbptt.errors import NOT_PROVED, OK, BudgetExceeded, Stopped, SymbpttError, UsageError
from symbptt.files import is_note, write_whole
from symbptt.judging.pages import judged_displays, judged_equations
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Note
from symbptt.show.dossier import Dossier, gather
from symbptt.show.measures import STEPS, is_boxed
from symbptt.show.plots import NEEDED, SUBJECTS, Drawn, Subject, can_draw, draw, drawable
from symbptt.verdicts import Row
from symbptt.workers import Crew, Workers, apart

REPORTS, PLOTS = (".html", ".pdf", ".tex"), (".svg", ".png", ".pdf")


def run_report(options: argparse.Namespace) -> int:
    """Write the report; returns the exit status."""
    kind = kind_of(options.output, REPORTS)
    check_output(options.output, [options.path])
    # A check that writes no report does not wait for what writes one.
    from symbptt.show.paper import compile_pdf, found_pdflatex, write_latex
    from symbptt.show.webpage import write_html

    if kind == ".pdf":
        found_pdflatex()  # before anything is worked out
    crew = crew_of(options)
    dossiers = gather(options.path, question := question_of(options, options.path), crew, options.macros)
    if options.certificates is not None:
        from symbptt.commands.certify import certify_dossier

        kind_of(options.certificates, (".v",))
        check_output(options.certificates, [options.path])
        if len(dossiers) != 1:
            raise UsageError(f"{options.path} holds {len(dossiers)} derivations: name a file with one")
        dossiers = [certify_dossier(dossiers[0], options.path, options.certificates, crew)]
    pictures = _pictures(dossiers, question.activation, "svg" if kind == ".html" else "pdf", crew)
    if kind == ".html":
        write_whole(options.output, write_html(dossiers, pictures, symbptt.__version__))
    else:
        named = dict(zip(_names(options.output), pictures, strict=False))
        drawn = {name: picture.content for name, picture in named.items()}
        written = write_latex(dossiers, named, symbptt.__version__)
        if kind == ".pdf":
            write_whole(options.output, compile_pdf(written, drawn))
        else:
            # The pictures first, so that the document never names one that is not there.
            for name, content in drawn.items():
                write_whole(options.output.with_name(name), content)
            write_whole(options.output, written)
            if drawn:
                print(f"{' and '.join(drawn)} stand beside {options.output.name}, which includes them")
    if not pictures and not can_draw() and any(True for dossier in dossiers for _ in drawable(dossier.sheet.rows)):
        print(f"no pictures: {NEEDED}", file=sys.stderr)
    return OK if all(dossier.settled for dossier in dossiers) else NOT_PROVED


def _names(output: Path) -> Iterator[str]:
    """The files that a document's pictures stand in: its own name, as far as TeX takes it for one."""
    stem = re.sub(r"[^A-Za-z0-9_-]", "-", output.stem)
    return (f"{stem}-plot{place}.pdf" for place in itertools.count())


def _pictures(dossiers: Sequence[Dossier], activation: str, kind: str, crew: Crew) -> list[Drawn]:
    """The pictures of the first boxed sum of each page that is proved and can be drawn, where matplotlib is there."""
    made: list[Drawn] = []
    boxed = [found for one in dossiers for found in itertools.islice(drawable(one.sheet.rows), 1)] if can_draw() else []
    if boxed:
        # Once here and not in every worker, which is a copy of this process.
        importlib.import_module("matplotlib.figure")
    with Workers(_drawn, crew) as workers:
        asked = [
            (equation.tag, workers.ask(page, equation, activation, (subject,), kind, STEPS, 0))
            for page, equation in boxed
            for subject in SUBJECTS
        ]
        for tag, answer in asked:
            try:
                made.append(answer())
            except Stopped as stopped:
                print(f"a picture of ({tag}) is left out: {stopped}", file=sys.stderr)
            except SymbpttError:
                # Where no weight can be scaled, the other picture still stands.
                continue
    return made


def _drawn(
    page: Derivation, equation: Equation, activation: str, subjects: Sequence[Subject], kind: str, step: int, seed: int
) -> Drawn:
    picture = draw(page, equation, activation, step=step, seed=seed, subjects=subjects)
    return Drawn(picture.caption, picture.drawn(kind))


def run_plot(options: argparse.Namespace) -> int:
    """Draw the terms of the first boxed sum; returns the exit status."""
    kind = kind_of(options.output, PLOTS)
    check_output(options.output, [options.path])
    if options.seed < 0:
        raise UsageError(f"expected a seed from 0 on, not {options.seed}")
    crew = crew_of(options)
    sources = read_path(options.path, crew, options.macros)
    tags = None if options.tag is None else [options.tag]
    check_tags(sources, tags)
    rows = [row for _, page in sources for row in _judged(page, tags, crew)]
    found = next(drawable(rows), None)
    if found is None:
        raise UsageError(_nothing_drawn(options, rows))
    subjects = SUBJECTS if options.only is None else (options.only,)
    ending = kind.removeprefix(".")
    try:
        picture = apart(crew, _drawn, *found, options.activation, subjects, ending, options.steps, options.seed)
    except Stopped as stopped:
        raise BudgetExceeded(f"({found[1].tag}) is not drawn: {stopped}") from None
    write_whole(options.output, picture.content)
    return OK


def _judged(page: Derivation | Note, tags: Sequence[str] | None, crew: Crew) -> Iterator[Row]:
    """The rows of what may be drawn; of a note all, as only a verdict says what is meant."""
    if isinstance(page, Note):
        yield from judged_displays(page, [row for row in page.rows if is_asked(page, row, tags)], crew=crew)
        return
    asked = [entry for entry in page if is_asked(page, entry, tags) and entry.kind == "claim" and is_boxed(page, entry)]
    yield from judged_equations(page, asked, crew=crew)


def _nothing_drawn(options: argparse.Namespace, rows: Sequence[Row]) -> str:
    for row in rows if options.tag is not None or not is_note(options.path) else ():
        if row.kind in ("aside", "unread"):
            why = "was not read" if row.kind == "unread" else "is an aside"
            return f"{options.path}: ({row.tag}) {why}: see symbptt check"
        if row.kind == "claim" and not row.proved:
            return f"({row.tag}) is not proved, and only proved terms are drawn: see symbptt check"
    wanted = f"({options.tag}) is not" if options.tag else "no claim of the page is"
    return f"{options.path}: {wanted} a sum of products of Jacobians to draw"
