"""What an explanation is made of, sentences and displays, and how they are laid out as text, HTML and LaTeX."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from symbptt.page.notation import Expr
from symbptt.printing.displays import aligned
from symbptt.printing.mathml import equation_mathml, markup, prose
from symbptt.printing.tex import latex
from symbptt.printing.tex import prose as prose_latex

WIDTH = 80
"""Columns of the text."""

STUB = 24
"""Columns that a broken line has at least, where it can."""
HELD = "\u00a0"
"""A blank that no line is broken at."""
SHORT = 14
"""Columns of a left side that the right side may stand beside over several lines."""

TOMBSTONE = r"\rule{1ex}{1ex}"
r"""The end of a proof; \blacksquare would need more than amsmath."""

ENDED = "\u2003∎"
"""The same in HTML, at some distance."""

Part: TypeAlias = "str | Expr"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with formulas in them; ``opens`` a step, which is then numbered."""

    parts: tuple[Part, ...]
    opens: bool = False
    fresh: bool = False
    """Whether it begins a line."""


@dataclass(frozen=True, slots=True)
class Display:
    """What equals what, on lines of its own. ``label`` stands in front where it is no equation; ``ends`` a proof."""

    sides: tuple[Part, ...]
    label: str = ""
    ends: bool = False


Block: TypeAlias = "Sentence | Display"


def as_lines(title: str, blocks: Iterable[Block]) -> list[str]:
    """The blocks below a formula, as lines of at most 80 columns where a formula can be broken."""
    lines = _broken(title, "", "    ")
    number = 0
    paragraph = ""
    margin = ("", "")

    def close() -> None:
        nonlocal paragraph, margin
        if paragraph:
            lines.extend(_wrapped(paragraph, *margin))
        paragraph, margin = "", (margin[1], margin[1])

    for block in blocks:
        if isinstance(block, Display):
            close()
            lines += _laid([str(side) for side in block.sides], block.label)
            lines[-1] += "  ∎" if block.ends else ""
            continue
        if block.opens or block.fresh:
            close()
        if block.opens:
            number += 1
            lines.append("")
            margin = (f"{number}. ", "   ")
        paragraph += " " * bool(paragraph) + "".join(map(_kept, block.parts))
    close()
    return [line.rstrip() for line in lines]


def as_latex(blocks: Iterable[Block]) -> list[str]:
    """The blocks as lines of LaTeX, for a document with amsmath; entries, as SymPy has them, stay text."""
    made: list[str] = []
    listed = False
    for block in blocks:
        if isinstance(block, Display):
            if all(isinstance(side, Expr) for side in block.sides):
                rows = aligned("", [side for side in block.sides if isinstance(side, Expr)])
                end = rf" \qquad {TOMBSTONE}" if block.ends else ""
                made.append("\\begin{align*}\n" + " \\\\\n".join(rows) + f"{end}\n\\end{{align*}}")
            elif block.label:
                made.append(r"\par " + prose_latex(f"{block.label}: {block.sides[0]}"))
            else:
                entry = _set(" = ".join(map(str, block.sides)))
                made.append(rf"\begin{{quote}}\raggedright {entry}\end{{quote}}")
            continue
        if block.opens and not listed:
            listed = True
            made.append(r"\begin{enumerate}")
        text = "".join(f"${latex(part)}$" if isinstance(part, Expr) else _set(part) for part in block.parts)
        made.append((r"\item " if block.opens else "") + text)
    return [*made, *([r"\end{enumerate}"] if listed else [])]


def as_html(blocks: Iterable[Block]) -> str:
    """The blocks as HTML: paragraphs, numbered steps, displays as MathML that scroll where they are wide."""
    made: list[str] = []
    listed = is_open = False
    for block in blocks:
        if isinstance(block, Display) or block.opens or block.fresh:
            made += ["</p>"] * is_open
            is_open = False
        if isinstance(block, Display):
            made.append(_display_html(block))
            continue
        if block.opens:
            made.append("</li><li>" if listed else "<ol><li>")
            listed = True
        made.append(" " if is_open else "<p>")
        is_open = True
        made += [_inline_html(part) if isinstance(part, Expr) else prose(part) for part in block.parts]
    return "".join([*made, *["</p>"] * is_open, *["</li></ol>"] * listed])


def _display_html(block: Display) -> str:
    sides = [side for side in block.sides if isinstance(side, Expr)]
    if len(sides) == len(block.sides):
        return f'<div class="math">{equation_mathml(sides, f"<mtext>{ENDED}</mtext>" * block.ends)}</div>'
    label = f"{block.label}: " if block.label else ""
    said = prose(label + " = ".join(map(str, block.sides)) + ENDED * block.ends)
    return f'<p class="{"remark" if block.label else "formula"}">{said}</p>'


def _inline_html(formula: Expr) -> str:
    # A formula in a line of text does not break: where it is wider than the line it scrolls.
    return f'<span class="inline"><math>{markup(formula)}</math></span>'


def _set(text: str) -> str:
    return f" {TOMBSTONE}".join(map(prose_latex, text.split("∎")))


def _wrapped(text: str, first: str, later: str) -> list[str]:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(HELD, " ") for line in lines]


def _kept(part: Part) -> str:
    """A part of a sentence; what is read as one is not broken over lines, where it is short enough."""
    text = str(part)
    if isinstance(part, Expr):
        return text.replace(" ", HELD) if len(text) <= WIDTH - 14 else text
    return re.sub(r" ?(>=|<=|=|<) ", lambda sign: sign[0].replace(" ", HELD), text)


def _laid(sides: Sequence[str], label: str) -> list[str]:
    if label:
        return [f"      {label:<12} {sides[0]}"]
    whole = " = ".join(sides)
    if len(whole) + 6 <= WIDTH:
        return [f"      {whole}"]
    first, *rest = sides
    if len(rest) == 1 and len(first) <= SHORT:
        return _broken(whole, "      ", "          ")
    lines = _broken(first, "      ", "          ")
    for side in rest:
        lines += _broken(f"= {side}", "        ", "            ")
    return lines


def _broken(text: str, first: str, later: str) -> list[str]:
    """A formula over lines, broken before = + and -, as far outside of brackets as it can be."""
    if len(first) + len(text) <= WIDTH:
        return [first + text]
    best: tuple[int, int] | None = None
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if place > 4 and len(first) + place <= WIDTH and re.match(r" [=+·-] ", text[place:]):
            # An early break outside of brackets would leave a stub.
            rank = 4 * depth + " =+-·".index(text[place + 1]) // 2
            if best is None or rank <= best[0] or best[1] < STUB:
                best = (rank, place)
    if best is None:
        return [first + text]
    return [first + text[: best[1]], *_broken(text[best[1] + 1 :], later, later)]
