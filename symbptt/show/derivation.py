"""Derived gradients on a terminal: what the page says, what was derived of it, the verdict on each claim."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from symbptt.deriving.derived import Derived
from symbptt.page.derivation import Equation
from symbptt.page.layout import terms_of
from symbptt.printing.dialects import in_dialect
from symbptt.show.report import COLOURS
from symbptt.verdicts import Row


def print_derived(console: Console, derived: Derived) -> None:
    """The equations in groups, each claim with its verdict, and why what is not shown is not."""
    console.print(Text(derived.page.title or "Gradients", style="bold"))
    words = {row.tag: row for row in derived.rows}
    for title, equations in derived.groups():
        console.print()
        console.print(Text(title, style="bold"))
        for equation in equations:
            _print_equation(console, derived, equation, words.get(equation.tag))
    for title, said in said_below(derived):
        console.print()
        console.print(Text(title, style="bold"))
        for text in said:
            filled = textwrap.fill(text, console.width - 1, initial_indent="  ", subsequent_indent="  ")
            console.print(Text(filled, style="dim"), soft_wrap=True)
    console.print()


def said_below(derived: Derived) -> Iterator[tuple[str, list[str]]]:
    """What is said below the equations, each list with its title: what is not shown and why, what was assumed."""
    notes = [f"({row.tag}) is {row.word} and is not shown: {_why(row)}" for row in derived.unproved]
    notes += [f"no gradient in {weight} was derived: {why}" for weight, why in derived.refused]
    held = [f"what holds as read: {words}" for words in derived.readings]
    titled = (("Not shown", notes), ("Read with these assumptions", [*held, *derived.said]))
    yield from ((title, said) for title, said in titled if said)


def word_of(row: Row | None) -> str:
    """The verdict on an equation, and for which steps where that is not all; empty for a definition."""
    scope = row.verdict.scope if row is not None and row.verdict is not None else None
    return "" if row is None else f"{row.word} for t = {scope.steps}" if scope and scope.steps != "all" else row.word


def also_in(equation: Equation) -> str:
    """In which other weights it is stated too, in words; empty where in none."""
    others = [str(weight) for weight in equation.weights[1:]]
    return f"and so in {', '.join(others)}" if others else ""


def _print_equation(console: Console, derived: Derived, equation: Equation, row: Row | None) -> None:
    left, *others = (str(in_dialect(derived.page, side, derived.dialect)) for side in equation.chain)
    verdict = word_of(row)
    room = console.width - 1 - (len(verdict) + 2 if verdict else 0)
    indent = " " * (len(left) + 5)
    lines = _wrapped(f"  {left} = {' = '.join(others)}", room, indent)
    text = Text("\n".join(lines))
    if row is not None and row.verdict is not None:
        text.append(" " * max(2, room + 2 - cell_len(lines[-1])))
        text.append(verdict, style=COLOURS.get(row.word, ""))
    if said := also_in(equation):
        text.append("\n" + textwrap.fill(said, room, initial_indent=indent, subsequent_indent=indent), style="dim")
    console.print(text, soft_wrap=True)


def _wrapped(text: str, room: int, indent: str) -> list[str]:
    """A formula over lines: broken before a term where that is enough, and else between any words."""
    lines = [""]
    for term in terms_of(text):
        if lines[-1] and cell_len(f"{lines[-1]} {term}") > room:
            lines.append(f"{indent}{term}")
        else:
            lines[-1] += f" {term}" if lines[-1] else term
    whole = (textwrap.wrap(line, room, subsequent_indent=indent, break_on_hyphens=False) for line in lines)
    return [line for one in whole for line in one]


def _why(row: Row) -> str:
    return " ".join(row.verdict.reason.split()) if row.verdict is not None and row.verdict.reason else "no reason"


def summary_of(derived: Derived) -> str:
    """How many claims were derived, and for whom they are proved."""
    proved = [row for row in derived.rows if row not in derived.unproved]
    scopes: Sequence[str] = list(dict.fromkeys(_scope(row) for row in proved))
    held = f", for {scopes[0]}" if len(scopes) == 1 else ""
    left = f", {len(derived.unproved)} not" if derived.unproved else ""
    return f"{len(derived.rows)} claims: {len(proved)} proved{left}{held}."


def _scope(row: Row) -> str:
    scope = row.verdict.scope if row.verdict is not None else None
    if scope is None:
        return ""
    sizes = "any sizes" if scope.sizes == "any" else f"sizes {scope.sizes}"
    return f"{sizes} and {'every t' if scope.steps == 'all' else f't = {scope.steps}'}"
