"""``symbptt report`` and ``plot``: the whole derivation as a document, and its terms as a picture."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence

import symbptt
from symbptt.commands.sources import NOT_PROVED, OK, check_output, kind_of, pages_in, question_of
from symbptt.errors import SymbpttError, UsageError
from symbptt.files import write_whole
from symbptt.proof import prove
from symbptt.show.dossier import Dossier, gather
from symbptt.show.plots import Picture, boxed, can_draw, draw

REPORTS, PLOTS = (".html", ".pdf", ".tex"), (".svg", ".png", ".pdf")


def run_report(options: argparse.Namespace) -> int:
    """Write the report; returns the exit status."""
    kind = kind_of(options.output, REPORTS)
    check_output(options.output, [options.path])
    # A check that writes no report does not wait for what writes one.
    from symbptt.show.paper import compile_pdf, write_latex
    from symbptt.show.webpage import write_html

    dossiers = gather(options.path, question_of(options), jobs=options.jobs, timeout=options.timeout)
    pictures = [] if kind == ".tex" else _pictures(dossiers, options.activation)
    content: str | bytes
    if kind == ".html":
        content = write_html(dossiers, pictures, symbptt.__version__)
    else:
        named = {f"plot{place}.pdf": picture for place, picture in enumerate(pictures)}
        content = write_latex(dossiers, named, symbptt.__version__)
        if kind == ".pdf":
            assert isinstance(content, str)
            content = compile_pdf(content, {name: picture.drawn("pdf") for name, picture in named.items()})
    write_whole(options.output, content)
    return OK if all(dossier.settled for dossier in dossiers) else NOT_PROVED


def _pictures(dossiers: Sequence[Dossier], activation: str) -> list[Picture]:
    """The plot of each page with a boxed sum that is proved, where matplotlib is there."""
    made: list[Picture] = []
    for dossier in dossiers if can_draw() else ():
        proved = {row.tag for row in dossier.sheet.rows if row.kind == "claim" and row.word == "proved"}
        for equation in boxed(dossier.page):
            if equation.tag in proved:
                with contextlib.suppress(SymbpttError):
                    made.append(draw(dossier.page, equation, activation))
                    break
    return made


def run_plot(options: argparse.Namespace) -> int:
    """Draw the terms of the first boxed sum; returns the exit status."""
    kind = kind_of(options.output, PLOTS)
    check_output(options.output, [options.path])
    if options.seed < 0:
        raise UsageError(f"expected a seed from 0 on, not {options.seed}")
    for _, page in pages_in([options.path]):
        for equation in boxed(page):
            if options.tag in (None, equation.tag):
                if prove(page, equation).word != "proved":
                    raise UsageError(
                        f"({equation.tag}) is not proved, and only proved terms are drawn: see symbptt check"
                    )
                picture = draw(page, equation, options.activation, step=options.steps, seed=options.seed)
                write_whole(options.output, picture.drawn(kind.removeprefix(".")))
                return OK
    wanted = f"({options.tag})" if options.tag else "no claim of the page"
    raise UsageError(
        f"{options.path}: {wanted} is {'not ' if options.tag else ''}a sum of products of Jacobians to draw"
    )
