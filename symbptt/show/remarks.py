"""What is said of a verdict below its row: one list of typed remarks, and how each is written as text, HTML and LaTeX.

Whoever shows a verdict writes all of them, in their order. A remark of a new kind is a new row in each of the three
writers, and a writer that lacks it does not pass the type checker.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never

from symbptt.page.derivation import Equation
from symbptt.page.notation import Expr, Number
from symbptt.printing.displays import aligned
from symbptt.printing.mathml import equation_mathml, text
from symbptt.printing.mathml import prose as prose_html
from symbptt.printing.tex import latex, prose
from symbptt.printing.widths import LINE
from symbptt.verdicts import Fix, Reading, Row, Slip, Verdict, Witness

WIDTH = 76
"""Columns of the terms that are lined up."""
LISTED = 8
"""How many terms of a kind are listed."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: how a misreading misreads, what is against a claim, why it is not decided, for whom it holds, what a
    proof checker says."""

    kind: Literal["why", "printed", "meaning", "reason", "cut", "hint", "scope", "certificate"]
    words: str


@dataclass(frozen=True, slots=True)
class Formula:
    """An equation that holds in place of what is printed, and what it differs in; ``source`` is its LaTeX."""

    kind: Literal["read as", "or as", "one change makes it true"]
    words: str
    equation: Equation
    source: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What was not read: why, and the line of the note with a caret under the place."""

    reason: str
    lines: str


Remark: TypeAlias = Said | Witness | Formula | Slip | Excerpt
"""A witness is remarked on by its values, a slip by the terms of both sides, where they first differ."""


def remarks_on(row: Row) -> list[Remark]:
    """What is said of a row, in the order in which it is shown."""
    return list(_of_row(row))


def _of_row(row: Row) -> Iterator[Remark]:
    if row.expected and row.kind != "misreading":
        yield Said("why", f"expected to be {row.expected}: {row.why}".removesuffix(": "))
    elif row.why:
        yield Said("why", row.why)
    if row.excerpt:
        yield Excerpt(row.reason, row.excerpt)
    elif row.reason:
        yield Said("reason", row.reason)
    verdict = row.verdict
    if verdict is None or row.links:
        return
    if row.kind != "misreading" and (row.reworded or verdict.word != "proved"):
        yield Said("printed", row.shown)
    yield from of_verdict(verdict)
    if verdict.word == "proved" and row.kind == "misreading":
        yield Said("hint", "it is true for these sizes and steps: ask for larger ones to see it fail")
    if row.certificate is not None:
        yield Said("certificate", row.certificate.words)


def of_verdict(verdict: Verdict) -> Iterator[Remark]:
    """The remarks on a verdict by itself."""
    if verdict.reading is not None:
        yield from of_part(verdict.reading)
    if verdict.word == "refuted" and verdict.witness is not None:
        # Of what one sign may mean, that which the example is against.
        if verdict.meaning:
            yield Said("meaning", verdict.meaning)
    elif verdict.reason:
        yield Said("reason", verdict.reason)
    if verdict.witness is not None:
        yield verdict.witness
    if verdict.slip is not None:
        yield from of_part(verdict.slip)
    if verdict.word == "proved" and verdict.scope is not None and verdict.scope.activation != verdict.scope.names:
        yield Said("scope", verdict.scope.activation)


def of_part(part: Reading | Fix | Slip | Witness) -> Iterator[Remark]:
    """The remarks on what a verdict carries, by itself."""
    match part:
        case Reading():
            yield Formula("read as", part.words, part.equation, reading_latex(part))
            for other in part.others:
                yield Formula("or as", other.words, other.equation, reading_latex(other))
        case Fix():
            yield Formula("one change makes it true", part.words, part.equation, fix_latex(part))
        case Slip():
            for fix in part.fixes:
                yield from of_part(fix)
            if part.cut:
                yield Said("cut", part.cut)
            if part.terms:
                yield part
        case Witness():
            yield part
        case _:
            assert_never(part)


# --------------------------------------------------------------------------------------------------- in words


def reading_latex(reading: Reading) -> str:
    """The corrected equation, to put back on the page: d total, ∂⁺ immediate, every bound explicit."""
    said = " = ".join(map(latex, reading.equation.sides))
    return rf"{said}, \quad {' = '.join(map(latex, reading.start))} = 0" if reading.start else said


def fix_latex(fix: Fix) -> str:
    """The corrected equation, and from where on it is true."""
    said = " = ".join(map(latex, fix.equation.sides))
    return said if fix.since is None else rf"{said}, \quad {fix.since[0]} \ge {fix.since[1]}"


def witness_text(witness: Witness) -> str:
    """The values of a witness that are not zero, and both sides there; of an arbitrary function, that it may be one."""
    rest = {name: value for name, value in witness.values.items() if value != "0"}
    values = ", ".join(f"{name} = {value}" for name, value in rest.items())
    zeros = len(witness.values) - len(rest)
    if zeros:
        values += f"{', ' if values else ''}{'all else' if rest else 'everything'} 0"
    return f"{_allowed(witness.functions)}{values}: left {witness.lhs}, right {witness.rhs} ({witness.where})"


def _allowed(functions: Sequence[str]) -> str:
    """Why a function that nobody wrote down counts: what is claimed for any function is claimed for it."""
    if not functions:
        return ""
    names = list(dict.fromkeys(re.split(r"[\[(]", said)[0] for said in functions))
    any_of = "may be any function" if len(names) == 1 else "may be any functions"
    return f"{' and '.join(names)} {any_of}, so also {'; '.join(functions)}; "


def step_text(slip: Slip) -> str:
    """The step at which the terms of both sides are shown."""
    return "at " + ", ".join(f"{name} = {value}" for name, value in sorted(slip.at.items()))


def lined_up(slip: Slip) -> dict[str, list[tuple[Expr, str]]]:
    """The terms by where they stand, each with how often, where one side has it more often than the other."""
    listed: dict[str, list[tuple[Expr, str]]] = {}
    for term in slip.terms:
        kind, count, said = "unequal", Fraction(1), f" (left {term.left}, right {term.right})"
        if term.left == term.right or not term.right:
            kind, count, said = "left only" if not term.right else "both sides", term.left, ""
        elif not term.left:
            kind, count, said = "right only", term.right, ""
        listed.setdefault(kind, []).append((term.term if count == 1 else Number(count) * term.term, said))
    order = ("both sides", "unequal", "left only", "right only")
    return {kind: listed[kind] for kind in order if kind in listed}


def terms_text(slip: Slip) -> list[str]:
    """The terms of both sides by where they stand, as lines of text."""
    listed = lined_up(slip)
    lines = [step_text(slip)] if listed else []
    width = max(map(len, listed), default=0) + 2
    for kind, terms in listed.items():
        for position, (term, said) in enumerate(terms[:LISTED]):
            label = f"{kind}:" if not position else ""
            lines += textwrap.wrap(
                f"{term}{said}", WIDTH, initial_indent=f"  {label:<{width}}", subsequent_indent=" " * (width + 4)
            )
        if len(terms) > LISTED:
            lines.append(f"  {'':<{width}}and {len(terms) - LISTED} more")
    return lines


# --------------------------------------------------------------------------------------------------- writers


def as_text(remark: Remark) -> list[str]:
    """A remark as paragraphs of text; one with line breaks in it is laid out already."""
    match remark:
        case Said():
            return [remark.words]
        case Witness():
            return [witness_text(remark)]
        case Formula():
            return [f"{remark.kind}: {remark.words}", remark.source]
        case Slip():
            return terms_text(remark)
        case Excerpt():
            return [f"{remark.reason}\n{remark.lines}"]
        case _:
            assert_never(remark)


def as_html(remark: Remark) -> str:
    """A remark as HTML below an equation that is shown already."""
    match remark:
        case Said(kind="printed"):
            return ""
        case Said():
            return _paragraph(remark.words)
        case Witness():
            return _paragraph(_example(remark))
        case Formula():
            said = _paragraph(_sentence(f"{remark.kind}: {remark.words}"))
            whole = f'{said}<div class="math">{equation_mathml(remark.equation.sides)}</div>'
            # What is read otherwise stays as it is printed; a change may be put in its place.
            return f'<div class="change">{whole}</div>' if remark.kind == "one change makes it true" else whole
        case Slip():
            rows = "".join(
                f"<tr><td>{text(kind)}</td><td>{''.join(map(_term_html, terms[:LISTED]))}{_more(terms)}</td></tr>"
                for kind, terms in lined_up(remark).items()
            )
            said = _paragraph(_sentence(f"the terms of both sides {step_text(remark)}:"))
            return f'{said}<div class="scroll"><table class="list terms">{rows}</table></div>'
        case Excerpt():
            return f"{_paragraph(_sentence(remark.reason))}<pre>{text(remark.lines)}</pre>"
        case _:
            assert_never(remark)


def as_tex(remark: Remark) -> str:
    """A remark as paragraphs of LaTeX, for a document with amsmath, below an equation that is set already."""
    match remark:
        case Said(kind="printed"):
            return ""
        case Said():
            return _set(remark.words)
        case Witness():
            return _set(_example(remark))
        case Formula():
            rows = " \\\\\n".join(aligned("", remark.equation.sides, LINE))
            return _set(_sentence(f"{remark.kind}: {remark.words}:")) + f"\n\\begin{{align*}}\n{rows}\n\\end{{align*}}"
        case Slip():
            lines = [_set(_sentence(f"the terms of both sides {step_text(remark)}:"))]
            for kind, terms in lined_up(remark).items():
                shown = ", ".join(f"${latex(term)}${prose(said)}" for term, said in terms[:LISTED])
                lines.append(rf"\par {kind}: {shown}{f', and {len(terms) - LISTED} more' * (len(terms) > LISTED)}")
            return "\n".join(lines)
        case Excerpt():
            return _set(remark.reason)
        case _:
            assert_never(remark)


def _example(witness: Witness) -> str:
    return f"Example: {witness_text(witness)}; difference {witness.difference}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _paragraph(words: str) -> str:
    return f'<p class="remark">{prose_html(words)}</p>'


def _set(words: str) -> str:
    return rf"\par {prose(words)}"


def _term_html(listed: tuple[Expr, str]) -> str:
    term, said = listed
    return f"<div>{equation_mathml([term])}{prose_html(said)}</div>"


def _more(terms: Sequence[tuple[Expr, str]]) -> str:
    return f"<div>and {len(terms) - LISTED} more</div>" if len(terms) > LISTED else ""
