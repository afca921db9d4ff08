"""How values show themselves in a notebook and in a terminal.

An expression and an equation display as LaTeX, a derivation as its page; verdicts and what they carry, the verdicts on
a page, notes, derived gradients, their code and comparisons as HTML without any script. Each has a plain text too,
``str``, for a terminal. ``symbptt`` hangs these functions on its
values when it is imported; they are loaded when a notebook asks.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TypeAlias

from rich.console import Console

from symbptt.deriving.audit import FunctionComparison
from symbptt.deriving.derived import Derived
from symbptt.emit.emission import Emitted
from symbptt.judging.pages import judge
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr
from symbptt.printing.dialects import in_dialect
from symbptt.printing.displays import displayed, fragment
from symbptt.printing.mathml import equation_mathml, prose, ranges_mathml, text
from symbptt.printing.tex import equation_latex, escaped, latex
from symbptt.reader.results import Note, ReadDisplay
from symbptt.show.derivation import also_in, print_derived, said_below, summary_of, word_of
from symbptt.show.remarks import as_html, as_text, of_part, of_verdict, remarks_on
from symbptt.show.report import print_sheet, whom
from symbptt.verdicts import Comparison, Fix, Question, Reading, Row, Sheet, Slip, Verdict, Witness

Shown: TypeAlias = (
    Verdict | Reading | Fix | Slip | Witness | Row | Sheet | Note | Derived | Emitted | Comparison | FunctionComparison
)
"""What shows itself as HTML."""
WIDTH = 100
"""Columns of a table as plain text."""
VERDICTS = ("", "equation", "verdict", "for whom, and why")
READ = ("", "equation", "read as a", "")
DERIVED = ("", "equation", "verdict")
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


def html_of(value: Shown) -> str:
    """The HTML that a notebook shows: a verdict in one line, rows, notes and derived gradients as a table."""
    match value:
        case Verdict():
            facts = " · ".join(fact for fact in (whom(value), value.method) if fact)
            return f"<b>{text(value.word)}</b> {prose(facts)}{''.join(map(as_html, of_verdict(value)))}"
        case Row():
            return _table("", VERDICTS, [_row(part) for part in value.parts])
        case Sheet():
            table = _table(value.title or value.path, VERDICTS, [_row(part) for row in value for part in row.parts])
            return f"<div>{table}{_listed('Read with these assumptions', value.assumed)}</div>"
        case Note():
            table = _table(value.title or value.path, READ, list(map(_display, value.rows)))
            return f"<div>{table}{_listed('Read with these assumptions', value.assumed)}</div>"
        case Derived():
            words = {row.tag: row for row in value.rows}
            rows: list[tuple[str, ...]] = []
            for title, equations in value.groups():
                rows += [("", f"<b>{title}</b>", ""), *(_derived(value, one, words.get(one.tag)) for one in equations)]
            table = _table(value.page.title or "Gradients", DERIVED, rows)
            below = "".join(_listed(title, lines) for title, lines in said_below(value))
            return f"<div>{table}<p>{prose(summary_of(value))}</p>{below}</div>"
        case Emitted():
            return f"<pre>{text(value.source)}</pre>"
        case Comparison() | FunctionComparison():
            word, *said = _compared(value)
            return f"<div><b>{text(word)}</b> {'<br/>'.join(map(prose, said))}</div>"
        case _:
            return f"<div>{''.join(map(as_html, of_part(value)))}</div>"


def _listed(title: str, lines: Sequence[str]) -> str:
    said = "".join(f"<li>{prose(line)}</li>" for line in lines)
    return f"<p>{text(title)}</p><ul>{said}</ul>" if said else ""


def _display(row: ReadDisplay) -> tuple[str, ...]:
    shown = [equation for link in row.links if (equation := link.vectors or link.scalars) is not None]
    formula = "".join(map(_formula, shown)) or f"<code>{text(row.display.source)}</code>"
    return f"({text(row.tag)})", formula, f"<b>{row.kind}</b>", prose(row.reason)


def _derived(derived: Derived, equation: Equation, row: Row | None) -> tuple[str, ...]:
    sides = [in_dialect(derived.page, side, derived.dialect) for side in equation.chain]
    shown = equation_mathml(sides, ranges_mathml(equation.for_each)) + prose(also_in(equation))
    return f"({text(equation.tag)})", shown, f"<b>{text(word_of(row))}</b>"


def _compared(found: Comparison | FunctionComparison) -> list[str]:
    """The outcome of a comparison, and its facts."""
    if isinstance(found, Comparison):
        where = f"({found.tag})" + f" in {found.weight}" * bool(found.weight) + f" at t = {found.step}, {found.oracle}"
        numbers = f": relative error {found.error:.1e}, tolerance {found.tolerance:.0e}"
        return [found.outcome, where + numbers * (found.outcome != "no oracle"), *filter(None, [found.reason])]
    said = f"{found.compared} gradients compared, largest relative error {found.error:.1e}"
    facts = [found.reason or said] if found.outcome == "disagree" else [said, *filter(None, [found.reason])]
    return [found.outcome, *facts, *[f"not compared: {', '.join(found.not_compared)}"] * bool(found.not_compared)]


def _table(title: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th{LEFT}>{name}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td{LEFT}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{text(title)}</caption><tr>{head}</tr>{body}</table>"


def _row(row: Row) -> tuple[str, ...]:
    shown = _formula(row.printed) if row.printed is not None else f"<code>{text(row.source)}</code>"
    said = f"<p>{prose(whom(row.verdict))}</p>" if row.verdict is not None else ""
    return f"({text(row.tag)})", shown, f"<b>{text(row.word)}</b>", said + "".join(map(as_html, remarks_on(row)))


def _formula(equation: Equation) -> str:
    return equation_mathml(equation.chain, ranges_mathml(equation.for_each))


def text_of(value: Derivation | Shown) -> str:
    """What a terminal shows: a derivation as on the board, rows as a check prints them, a note as what was read."""
    match value:
        case Derivation():
            return "\n".join([*([value.title] if value.title else []), *map(str, value)])
        case Verdict():
            return " · ".join(part for part in (value.word, whom(value), value.method, value.reason) if part)
        case Note():
            rows = [f"({row.tag}) {row.kind}" + f": {row.reason}" * bool(row.reason) for row in value.rows]
            return "\n".join([value.title or value.path, *rows, *value.assumed])
        case Emitted():
            return value.source
        case Comparison() | FunctionComparison():
            return " · ".join(_compared(value))
        case Row() | Sheet() | Derived():
            stream = io.StringIO()
            # In Jupyter a console would show each of its lines by itself, whatever file it is given.
            console = Console(file=stream, width=WIDTH, highlight=False, color_system=None, force_jupyter=False)
            if isinstance(value, Derived):
                print_derived(console, value)
            else:
                print_sheet(console, Sheet("", "", [value], is_note=True) if isinstance(value, Row) else value)
            return stream.getvalue().strip("\n")
        case _:
            return "\n".join(line for remark in of_part(value) for line in as_text(remark))
