"""How values show themselves in a notebook, and the table of verdicts that a notebook or a terminal shows.

An expression and an equation display as LaTeX, a derivation as its page, a verdict and a table of verdicts as HTML
without any script. Each has a plain text too, ``str``, for a terminal. ``symbptt`` hangs these functions on its values
when it is imported; they are loaded when a notebook asks.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from symbptt.judging.comparison import crosscheck
from symbptt.judging.proving import Question, Verdict
from symbptt.judging.workers import judge
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr
from symbptt.printing.displays import displayed, fragment
from symbptt.printing.mathml import equation_mathml, ranges_mathml, text
from symbptt.printing.tex import equation_latex, escaped, latex
from symbptt.show.report import Row, Sheet, contradicted, print_sheet, whom, witness_text

WIDTH = 100
"""Columns of a table as plain text."""


@dataclass(frozen=True, slots=True)
class Table:
    """The verdicts on a page; it shows itself as HTML in a notebook and as text in a terminal."""

    page: Derivation
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        stream = io.StringIO()
        sheet = Sheet("", self.page.title, self.rows)
        print_sheet(Console(file=stream, width=WIDTH, highlight=False, color_system=None), sheet)
        return stream.getvalue().strip("\n")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        rows = "".join(_row(self.page[row.tag], row) for row in self.rows)
        head = "".join(f"<th{LEFT}>{name}</th>" for name in ("", "equation", "verdict", "for whom"))
        return f"<table><caption>{text(self.page.title)}</caption><tr>{head}</tr>{rows}</table>"


LEFT = ' style="text-align: left"'


def _row(equation: Equation, row: Row) -> str:
    scope = whom(row.verdict) if row.verdict is not None else ""
    shown = equation_mathml(equation.chain, ranges_mathml(equation.for_each))
    cells = (f"({text(row.tag)})", shown, f"<b>{text(row.word)}</b>", text(scope))
    return "<tr>" + "".join(f"<td{LEFT}>{cell}</td>" for cell in cells) + "</tr>"


def tabulate(page: Derivation, question: Question | None = None, *, jobs: int = 1) -> Table:
    """The verdicts on every equation of a page as a table, which shows itself; numbers have a say as in a check."""
    rows = [Row.of(equation, verdict) for equation, verdict in judge(page, None, question, jobs=jobs)]
    proved = [page[row.tag] for row in rows if row.kind == "claim" and row.word == "proved"]
    return Table(page, tuple(contradicted(rows, list(crosscheck(page, proved, question)))))


def latex_of(value: Expr | Equation | Derivation) -> str:
    """The LaTeX that a notebook sets: an expression or equation as a formula, a derivation as all its equations."""
    if isinstance(value, Derivation):
        rows = [fragment(equation.tag, displayed(value, equation)) for equation in value]
        return "\n".join([*([rf"\textbf{{{escaped(value.title)}}}"] if value.title else []), *rows])
    if isinstance(value, Equation):
        return rf"$${equation_latex(value)} \tag{{{escaped(value.tag)}}}$$"
    return rf"$\displaystyle {latex(value)}$"


def html_of(value: Verdict) -> str:
    """The HTML that a notebook shows of a verdict: one line."""
    facts = [whom(value), value.method or "", value.reason]
    facts += [witness_text(value.witness)] if value.witness is not None else []
    return f"<b>{text(value.word)}</b> {text(' · '.join(fact for fact in facts if fact))}"


def text_of(value: Derivation) -> str:
    """A derivation line by line, as on the board."""
    return "\n".join([*([value.title] if value.title else []), *map(str, value)])
