"""What is said under a hash seed, as JSON, but for the seconds: ``PYTHONHASHSEED=1 python -m tests.seeded``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from symbptt.printing.documents import page_latex
from symbptt.proofs.induction import induct
from symbptt.show.dossier import gather
from symbptt.show.excerpts import Style, note_latex
from symbptt.show.paper import write_latex
from symbptt.show.plots import draw
from symbptt.show.webpage import write_html
from symbptt.verdicts import Question
from tests.commands import run
from tests.pages import NOTE, judged, note


def report_as_json() -> str:
    """The verdicts, readings and witnesses of a check."""
    said = run("check", str(NOTE), "--json", "-", "--steps", "1..3").stdout
    return re.sub(r'("seconds": )[\d.e-]+', r"\1S", said)


def report_as_documents() -> str:
    """The same page as HTML and as TeX."""
    found = gather(NOTE, Question(steps=(1, 2)))
    return write_html(found, [], "0") + write_latex(found, {}, "0")


def explanation() -> str:
    """The box on one page."""
    return run("check", str(NOTE), "--explain", "box", known=True).stdout


def steps_of_a_proof() -> str:
    """The steps of two proofs, one of which gets stuck."""
    page = note()
    return "\n".join(str(step) for tag in ("4", "box-order") for step in induct(page, page[tag], 1).steps)


def script_as_latex() -> str:
    """The note at several steps, depths and signs."""
    page = note()
    return "".join(
        [
            page_latex(page, None, None, True),
            page_latex(page, None, 4, True),
            page_latex(page, None, 3, True, depth="full"),
            page_latex(page, None, 4, True, notation="d2l"),
        ]
    )


def notes_as_latex() -> str:
    """Notes as they stand and written out."""
    notes = [judged(name) for name in ("islam.md", "d2l.md", "pascanu.tex")]
    return "".join(note_latex(read, None, Style(step, "full"), rows) for read, rows in notes for step in (None, 3))


def picture() -> str:
    """The plot of the box."""
    page = note()
    return draw(page, page["box"], step=3).drawn("svg").decode()


PARTS: list[Callable[[], str]] = [
    report_as_json,
    report_as_documents,
    explanation,
    steps_of_a_proof,
    script_as_latex,
    notes_as_latex,
    picture,
]


def timeless(text: str) -> str:
    """What is said without the seconds that it took."""
    return re.sub(r"\d+\.\d+\ss\b", "S", text)


if __name__ == "__main__":
    print(json.dumps({part.__name__: timeless(part()) for part in PARTS}))
