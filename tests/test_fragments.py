"""Every fragment of every derivation, at every depth and in all signs, through a real TeX."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import pytest

from symbptt.files import is_note
from symbptt.printing.depths import DEPTHS
from symbptt.printing.dialects import DIALECTS
from symbptt.printing.documents import page_latex
from symbptt.script import load
from symbptt.show.excerpts import Style, note_latex
from tests.pages import judged, needs_tex
from tests.test_show import DERIVATIONS
from tests.test_tex import compiled

STEPS = (1, 2, 3, 4)
STYLES = [Style(None, "terms", dialect) for dialect in DIALECTS]
STYLES += [
    Style(step, depth, dialect)
    for step, depth, dialect in itertools.product(STEPS, DEPTHS, DIALECTS)
    # Which signs there are is no matter of the step.
    if dialect == "plus" or step == 2
]


LONG = ("d2l_gradients.md", "gru.md", "lstm.md")
"""Written out in full they are longer than a line, or than anyone reads: a limit says so."""


def styles(path: Path) -> list[Style]:
    return STYLES[: len(DIALECTS)] if path.name in LONG else STYLES


@cache
def fragments(path: Path) -> list[str]:
    """The whole derivation in each style."""
    if not is_note(path):
        (page,) = load(path)
        return [page_latex(page, None, s.step, False, depth=s.depth, notation=s.notation) for s in STYLES]
    note, rows = judged(path.name)
    return [note_latex(note, None, style, rows) for style in styles(path)]


def paper(parts: list[str]) -> str:
    """An article of the standard class that loads amsmath and nothing else."""
    # Equal fragments are set once: the signs differ in what has derivatives only.
    body = "\n".join(f"{{\\allowdisplaybreaks\n{part}}}" for part in dict.fromkeys(parts))
    return f"\\documentclass{{article}}\\usepackage{{amsmath}}\\begin{{document}}\n{body}\\end{{document}}\n"


@needs_tex
@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.name)
def test_every_fragment_compiles_with_amsmath_alone_and_fits_the_line_of_an_article(path: Path, tmp_path: Path) -> None:
    parts = fragments(path)
    assert len(parts) == len(styles(path))
    assert len(STYLES) == 3 + 4 * 3 + 2 * 3
    assert all(r"\begin{align*}" in part for part in parts)
    said = compiled(paper(parts), tmp_path)
    assert "Overfull" not in said, said[said.index("Overfull") :][:600]


@needs_tex
def test_a_fragment_that_is_too_wide_or_no_latex_would_be_noticed(tmp_path: Path) -> None:
    wide = "\\begin{align*}\nx &= " + "x + " * 60 + "x\n\\end{align*}\n"
    assert "Overfull" in compiled(paper([wide]), tmp_path)
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        compiled(paper([r"\begin{align*} \nothing \end{align*}"]), tmp_path)
