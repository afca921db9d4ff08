"""How values show themselves in a notebook and in a terminal.

An expression and an equation display as LaTeX, a derivation as its page, a verdict, the verdicts on a page and a note
as HTML without any script. Each has a plain text too, ``str``, for a terminal. ``symbptt`` hangs these functions on its
values when it is imported; they are loaded when a notebook asks.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console

from symbptt.judging.pages import judge
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr
from symbptt.printing.displays import displayed, fragment
from symbptt.printing.mathml import equation_mathml, ranges_mathml, text
from symbptt.printing.tex import equation_latex, escaped, latex
from symbptt.reader.results import Note
from symbptt.show.remarks import as_html, of_verdict, remarks_on
from symbptt.show.report import print_sheet, whom
from symbptt.verdicts import Question, Row, Sheet, Verdict

WIDTH = 100
"""Columns of a table as plain text."""
VERDICTS = ("", "equation", "verdict", "for whom, and why")
READ = ("", "equation", "read as a", "")
LEFT = ' style="text-align: left; vertical-align: top"'


def tabulate(page: Derivation, question: Question | None = None, *, jobs: int = 1) -> Sheet:
    """The verdicts on every equation of a page, which show themselves as a table: those of :func:`judge`."""
    return judge(page, None, question, jobs=jobs)


def latex_of(value: Expr | Equation | Derivation) -> str:
    """The LaTeX that a notebook sets: an expression or equation as a formula, a derivation as all its equations."""
    if isinstance(value, Derivation):
        rows = [fragment(equation.tag, displayed(value, equation)) for equation in value]
        return "\n".join([*([rf"\textbf{{{escaped(value.title)}}}"] if value.title else []), *rows])
    if isinstance(value, Equation):
        return rf"$${equation_latex(value)} \tag{{{escaped(value.tag)}}}$$"
    return rf"$\displaystyle {latex(value)}$"


def html_of(value: Verdict | Row | Sheet | Note) -> str:
    """The HTML that a notebook shows: a verdict in one line, rows and notes as a table."""
    if isinstance(value, Verdict):
        facts = " · ".join(fact for fact in (whom(value), value.method) if fact)
        return f"<b>{text(value.word)}</b> {text(facts)}{''.join(map(as_html, of_verdict(value)))}"
    if isinstance(value, Row):
        return _table("", VERDICTS, [_row(part) for part in value.parts])
    if isinstance(value, Sheet):
        return _table(value.title or value.path, VERDICTS, [_row(part) for row in value for part in row.parts])
    rows = []
    for display in value.rows:
        shown = [equation for link in display.links if (equation := link.vectors or link.scalars) is not None]
        formula = "".join(map(_formula, shown)) or f"<code>{text(display.display.source)}</code>"
        rows.append((f"({text(display.tag)})", formula, f"<b>{display.kind}</b>", text(display.reason)))
    said = "".join(f"<li>{text(line)}</li>" for line in value.assumed)
    return f"<div>{_table(value.title or value.path, READ, rows)}<ul>{said}</ul></div>"


def _table(title: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th{LEFT}>{name}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td{LEFT}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{text(title)}</caption><tr>{head}</tr>{body}</table>"


def _row(row: Row) -> tuple[str, ...]:
    shown = _formula(row.printed) if row.printed is not None else f"<code>{text(row.source)}</code>"
    said = f"<p>{text(whom(row.verdict))}</p>" if row.verdict is not None else ""
    return f"({text(row.tag)})", shown, f"<b>{text(row.word)}</b>", said + "".join(map(as_html, remarks_on(row)))


def _formula(equation: Equation) -> str:
    return equation_mathml(equation.chain, ranges_mathml(equation.for_each))


def text_of(value: Derivation | Verdict | Row | Sheet | Note) -> str:
    """What a terminal shows: a derivation as on the board, rows as a check prints them, a note as what was read."""
    if isinstance(value, Derivation):
        return "\n".join([*([value.title] if value.title else []), *map(str, value)])
    if isinstance(value, Verdict):
        return " · ".join(part for part in (value.word, whom(value), value.method, value.reason) if part)
    if isinstance(value, Note):
        rows = [f"({row.tag}) {row.kind}" + f": {row.reason}" * bool(row.reason) for row in value.rows]
        return "\n".join([value.title or value.path, *rows, *value.assumed])
    stream = io.StringIO()
    sheet = Sheet("", "", [value], is_note=True) if isinstance(value, Row) else value
    print_sheet(Console(file=stream, width=WIDTH, highlight=False, color_system=None), sheet)
    return stream.getvalue().strip("\n")
