"""``symbptt latex``: equations, expanded terms and proofs as LaTeX."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from symbptt.commands.sources import OK, check_output, choose, pages_in
from symbptt.derivation import Derivation
from symbptt.errors import UsageError
from symbptt.explain import explanation_latex
from symbptt.files import write_whole
from symbptt.proof import Question
from symbptt.typesetting.documents import document, page_latex
from symbptt.workers import judge


def run_latex(options: argparse.Namespace) -> int:
    """Write equations or a proof; returns the exit status."""
    pages = pages_in([options.path])
    if options.output is not None:
        check_output(options.output, [path for path, _ in pages])
    if options.standalone and len(pages) > 1:
        raise UsageError(f"{options.path} holds {len(pages)} derivations; --standalone needs a script with one")
    if options.explain is not None:
        text = _explained(options, pages)
    elif options.method is not None:
        raise UsageError("--method is a method of proof: it needs --explain TAG (see symbptt latex --help)")
    else:
        text = _set(options, pages)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_whole(options.output, text)
    return OK


def _set(options: argparse.Namespace, pages: Sequence[tuple[Path, Derivation]]) -> str:
    if options.depth != "terms" and options.steps is None:
        raise UsageError(f"--depth {options.depth} writes an equation out at one step: add --steps T")
    style = {"depth": options.depth, "dialect": options.notation}
    return "\n".join(
        page_latex(page, [equation.tag for equation in equations], options.steps, options.standalone, **style)
        for (_, page), equations in zip(pages, choose(pages, options.tag), strict=True)
    )


def _explained(options: argparse.Namespace, pages: Sequence[tuple[Path, Derivation]]) -> str:
    for other in ("tag", "steps"):
        if getattr(options, other) is not None:
            raise UsageError(
                f"--explain writes the proof of one equation: leave out --{other} (see symbptt latex --help)"
            )
    question = Question(method=options.method)
    chosen = choose(pages, [options.explain])
    made = [
        explanation_latex(page, equation, verdict, question)
        for (_, page), equations in zip(pages, chosen, strict=True)
        for equation, verdict in judge(page, equations, question)
    ]
    return document(pages[0][1].title, made) if options.standalone else "\n".join(made)
