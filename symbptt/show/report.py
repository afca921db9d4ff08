"""Verdicts as a person reads them on a terminal, and as JSON."""

from __future__ import annotations

import json
import math
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from symbptt.judging.comparison import Comparison
from symbptt.judging.proving import Scope, Verdict, Word
from symbptt.page.derivation import Derivation, Equation
from symbptt.printing.tex import equation_latex
from symbptt.refuting.witness import Witness

RowKind: TypeAlias = Literal["definition", "claim", "misreading", "unread"]
COLOURS = {
    "proved": "green",
    "holds-as-read": "cyan",
    "refuted": "red",
    "ill-typed": "red",
    "undecided": "yellow",
    "not-stated": "yellow",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One equation with its verdict; None for a definition, for what was not read, or where the check was stopped.

    ``shown`` is the equation in plain text, ``why`` how a misreading misreads, ``reason`` why it was not read.
    ``links`` are the equations of a chain, each with its own verdict; that of the chain is then the first one that does
    not hold.
    """

    tag: str
    kind: RowKind
    line: int
    latex: str
    shown: str
    verdict: Verdict | None
    why: str = ""
    reason: str = ""
    links: tuple[Row, ...] = ()
    excused: bool = False
    """It was not read, but there is no equation in it either."""
    hoped: Word = "refuted"
    """How a misreading is declared to come out."""
    equation: Equation | None = None
    """The equation that was judged, on ``page``; of one that was read, as it was read."""
    page: Derivation | None = None
    printed: Equation | None = None
    """The equation as it stands on the page; of a chain in a note, from the side that the chain is judged against."""

    @staticmethod
    def of(equation: Equation, verdict: Verdict | None, page: Derivation | None = None) -> Row:
        """The row of an equation of a script."""
        line, latex = equation.place.line, equation_latex(equation)
        read = verdict.read_as if verdict is not None else None
        shown = str(equation)
        said = equation if verdict is None or verdict.reading is None else None
        made = Row(equation.tag, equation.kind, line, latex, shown, verdict, equation.why)
        return replace(made, equation=read or said, page=page, printed=equation)

    @property
    def word(self) -> str:
        """The verdict word, ``definition``, ``unread``, or ``not judged``."""
        if self.verdict is not None:
            return self.verdict.word
        return self.kind if self.kind in ("definition", "unread") else "not judged"

    @property
    def proved(self) -> bool:
        """Whether it is a claim that was proved, as printed or as read."""
        return self.kind == "claim" and self.word in ("proved", "holds-as-read")

    @property
    def of_reading(self) -> Verdict | None:
        """The verdict on ``equation``: what holds as read is proved of its reading."""
        if self.verdict is None or self.verdict.reading is None:
            return self.verdict
        return replace(self.verdict, word="proved", witness=None)

    @property
    def settled(self) -> bool:
        """Whether the verdict is what the page hopes for: a claim holds, a misreading is refuted, all is read."""
        good = {"definition": ("definition",), "claim": ("proved", "holds-as-read"), "misreading": (self.hoped,)}
        return self.excused or self.word in good.get(self.kind, ())


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was judged of one page; of a note, ``assumed`` is what was taken for granted to read it."""

    path: str
    title: str
    rows: Sequence[Row]
    assumed: Sequence[str] = ()
    is_note: bool = False


# --------------------------------------------------------------------------------------------------- terminal


def print_sheet(console: Console, sheet: Sheet) -> None:
    """One row an equation in page order, then what is wrong with those that are not proved."""
    console.print(Text(sheet.title or sheet.path, style="bold"))
    if sheet.title and sheet.path:
        console.print(Text(sheet.path, style="dim"))
    tags = max((len(row.tag) for row in sheet.rows), default=0)
    kind = ""
    for row in sheet.rows:
        heading = "misreading" if row.kind == "misreading" and not sheet.is_note else "equation"
        if heading != kind:
            kind = heading
            console.print()
            if kind == "misreading":
                console.print(Text("Ways to misread it, each to be refuted", style="bold"))
        _print_row(console, row, tags)
    if sheet.assumed:
        console.print()
        console.print(Text("Read with these assumptions", style="bold"))
        for text in sheet.assumed:
            _print_remark(console, text, 2)
    console.print()


def _print_row(console: Console, row: Row, tags: int, indent: int = 0) -> None:
    console.print(_line(row, tags, indent), soft_wrap=True)
    inset = indent + tags + 2
    for text in remarks(row):
        _print_remark(console, text, inset)
    for link in row.links:
        _print_row(console, link, tags, indent + 2)


def _print_remark(console: Console, text: str, inset: int) -> None:
    indent = " " * inset
    for line in text.split("\n"):
        # What is laid out by spaces, a line of the note with its caret, is not filled again.
        laid_out = "\n" in text
        wrapped = textwrap.fill(line, console.width - 1, initial_indent=indent, subsequent_indent=indent)
        console.print(Text(indent + line if laid_out else wrapped, style="dim"), soft_wrap=True)


def summary(sheets: Sequence[Sheet], seconds: float) -> list[str]:
    """How many claims there were and how many are settled, and the names of those that are not."""
    rows = [row for sheet in sheets for row in sheet.rows]
    parts = []
    for kind, noun in (("claim", "claim"), ("misreading", "misreading")):
        words = Counter(row.word for row in rows if row.kind == kind)
        if words:
            total = sum(words.values())
            listed = ", ".join(f"{count} {word}" for word, count in words.items())
            parts.append(f"{total} {noun}{'s' if total != 1 else ''}: {listed}")
    definitions = sum(row.kind == "definition" for row in rows)
    parts.append(f"{definitions} definition{'s' if definitions != 1 else ''}")
    unread = sum(row.kind == "unread" and not row.excused for row in rows)
    if unread:
        parts.append(f"{unread} unread")
    lines = [f"{'. '.join(parts)}. {seconds:.1f} s"]
    open_rows = [row for row in rows if not row.settled]
    if open_rows:
        listed = ", ".join(f"({row.tag}) {row.word}" for row in open_rows)
        lines.append(f"Not as the page hopes: {listed}")
    return lines


def _line(row: Row, tags: int, indent: int) -> Text:
    verdict = row.verdict
    line = Text(" " * indent + f"{row.tag:<{max(tags - indent, 1)}}  ")
    if verdict is None:
        return line.append(row.word, style="dim" if row.settled else "yellow")
    line.append(f"{verdict.word:<13}  ", style="green" if row.settled else COLOURS[verdict.word])
    line.append(f"{whom(verdict):<30} {verdict.method or '':<9} {verdict.seconds:5.2f} s")
    return line


def whom(verdict: Verdict) -> str:
    """For whom a proof holds, or where a refutation is; empty where nothing is known."""
    if verdict.witness is not None and verdict.scope is None:
        return f"at t={verdict.witness.t}, {_sizes(verdict.witness.sizes)}"
    if verdict.scope is None:
        return ""
    scope = verdict.scope
    phi = "any phi" if scope.activation == "any" else scope.activation.split(",")[0]
    steps = f"t={scope.steps}"
    if scope.steps == "all":
        steps = "every t" + (f">={scope.start}" if scope.start > 1 else "")
    scalars = isinstance(scope.sizes, dict) and set(scope.sizes.values()) <= {1}
    return f"{phi}, {'scalars' if scalars else _sizes(scope.sizes)}, {steps}"


def _sizes(sizes: str | dict[str, int]) -> str:
    return "any sizes" if isinstance(sizes, str) else " ".join(f"{name}={size}" for name, size in sizes.items())


def remarks(row: Row) -> list[str]:
    """What is said below a row: what it reads as, where it fails, and by which change it would hold."""
    verdict = row.verdict
    if verdict is None:
        return [row.reason] if row.reason else []
    if row.links:
        return []
    said = []
    if row.kind == "misreading":
        said.append(row.why)
    elif verdict.word != "proved":
        said.append(row.shown)
    if verdict.reading is not None:
        said += [f"read as: {verdict.reading['words']}", verdict.reading["latex"]]
        for other in verdict.reading["others"]:
            said += [f"or as: {other['words']}", other["latex"]]
        said.append(verdict.reason)
    if verdict.witness is not None:
        meaning, refuted, _ = verdict.reason.partition(": the sides differ")
        if refuted and verdict.reading is None:
            said.append(meaning)  # of what one sign may mean, that which the example is against
        said.append(witness_text(verdict.witness))
    elif verdict.reason and verdict.reading is None:
        said.append(verdict.reason)
    if verdict.slip is not None:
        for repair in verdict.slip.repairs:
            said += [f"one change makes it true: {repair.words}", repair.latex]
        said += [*([verdict.slip.cut] if verdict.slip.cut else []), *verdict.slip.lines]
    if verdict.word == "proved" and row.kind == "misreading":
        said.append("it is true for these sizes and steps: ask for larger ones to see it fail")
    if verdict.word == "proved" and verdict.scope is not None and "," in verdict.scope.activation:
        said.append(verdict.scope.activation)
    return said


def witness_text(witness: Witness) -> str:
    """The values of a witness that are not zero, and both sides there."""
    rest = {name: value for name, value in witness.values.items() if value != "0"}
    values = ", ".join(f"{name} = {value}" for name, value in rest.items())
    zeros = len(witness.values) - len(rest)
    if zeros:
        values += f"{', ' if values else ''}{'all else' if rest else 'everything'} 0"
    functions = "".join(f"{said}; " for said in witness.functions)
    return f"{functions}{values}: left {witness.lhs}, right {witness.rhs} ({witness.where})"


# --------------------------------------------------------------------------------------------------- numbers


def numeric_line(comparisons: Sequence[Comparison]) -> str:
    """The cross-check in one line: how many claims agree, the worst error, and every disagreement by name."""
    outcomes: dict[str, set[str]] = {"agree": set(), "disagree": set(), "no oracle": set()}
    for comparison in comparisons:
        outcomes[comparison.outcome].add(comparison.tag)
    compared = [comparison for comparison in comparisons if comparison.outcome != "no oracle"]
    line = "Numbers: no proved claim has an oracle"
    if compared:
        worst = max(compared, key=lambda comparison: comparison.error)
        agreeing = len(outcomes["agree"] - outcomes["disagree"])
        line = (
            f"Numbers: {agreeing} of {len({comparison.tag for comparison in compared})} proved claims agree with "
            f"{worst.oracle}, worst relative error {worst.error:.1e} ({worst.tag}, t = {worst.step})"
        )
    for outcome in ("disagree", "no oracle"):
        if outcomes[outcome]:
            line += f"; {outcome}: {', '.join(sorted(outcomes[outcome]))}"
    return line


def contradicted(rows: Sequence[Row], comparisons: Sequence[Comparison]) -> list[Row]:
    """The rows, where a claim that the numbers contradict is no longer proved."""
    against = {comparison.tag: comparison for comparison in comparisons if comparison.outcome == "disagree"}
    made = list(rows)
    for place, row in enumerate(made):
        wrong = next((part.tag for part in (row, *row.links) if part.tag in against), None)
        if wrong is not None and row.verdict is not None:
            reason = f"{row.verdict.method} proves it, but {against[wrong].reason}; please report this"
            made[place] = replace(row, verdict=replace(row.verdict, word="undecided", scope=None, reason=reason))
    return made


def print_numeric(console: Console, title: str, comparisons: Sequence[Comparison], left_out: Sequence[str]) -> None:
    """One row a claim and weight: the worst error over the finest oracles, in ulps too, the condition, the verdict.

    Below it one row an oracle: how many it could compare, the worst error, and the tolerance with its reason.
    """
    console.print(Text(title, style="bold"))
    claims: dict[tuple[str, int, str], list[Comparison]] = {}
    oracles: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        claims.setdefault((comparison.tag, comparison.step, comparison.weight), []).append(comparison)
        oracles.setdefault(comparison.oracle, []).append(comparison)
    table = _table("equation", "t>", "in", "oracles>", "worst error>", "ulps>", "condition>", "terms>", "verdict")
    for (tag, step, weight), rows in claims.items():
        compared = [row for row in rows if row.outcome != "no oracle"]
        against = [row.oracle for row in rows if row.outcome == "disagree"]
        # Differences are far coarser than the others: they have a row of their own below.
        tightest = min((row.tolerance for row in compared), default=0.0)
        worst = max((row for row in compared if row.tolerance <= tightest), key=lambda row: row.error, default=None)
        condition = max((row.condition for row in compared), default=math.nan)
        verdict = f"disagree: {', '.join(against)}" if against else "agree" if compared else "no oracle"
        table.add_row(
            tag,
            str(step),
            weight,
            str(len(compared)),
            *(["", ""] if worst is None else [f"{worst.error:.1e}", f"{worst.ulps:.2g}"]),
            "" if math.isnan(condition) else f"{condition:.2g}",
            str(max((row.terms for row in rows), default=0) or ""),
            verdict,
            style="red" if against else None,
        )
    console.print(table)
    console.print()
    by_oracle = _table("oracle", "agree>", "against>", "cannot say>", "worst error>", "tolerance>", "because")
    for oracle, rows in oracles.items():
        compared = [row for row in rows if row.outcome != "no oracle"]
        counts = [str(sum(row.outcome == word for row in rows)) for word in ("agree", "disagree", "no oracle")]
        widest = max(compared, key=lambda row: row.tolerance, default=None)
        by_oracle.add_row(
            oracle,
            *counts,
            f"{max(row.error for row in compared):.1e}" if compared else "",
            *(["", rows[0].reason] if widest is None else [f"{widest.tolerance:.0e}", widest.why]),
        )
    console.print(by_oracle)
    for comparison in comparisons:
        if comparison.reason and comparison.outcome != "no oracle":
            console.print(Text(f"{comparison.tag}: {comparison.reason}", style="dim"))
    for tag, rows in _by_tag(comparisons).items():
        if all(row.outcome == "no oracle" for row in rows):
            console.print(Text(f"{tag}: {rows[0].reason}", style="dim"))
    if left_out:
        console.print(f"Not compared, because not proved: {', '.join(left_out)}")
    # The first of those with the most answers: complex step has none for a derivative at complex points.
    spoken = max(oracles.values(), key=lambda rows: sum(row.outcome != "no oracle" for row in rows), default=[])
    console.print(numeric_line(spoken))


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading.removesuffix(">"), justify="right" if heading.endswith(">") else "left")
    return table


def _by_tag(comparisons: Sequence[Comparison]) -> dict[str, list[Comparison]]:
    found: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        found.setdefault(comparison.tag, []).append(comparison)
    return found


# --------------------------------------------------------------------------------------------------- JSON


def as_json(version: str, sheets: Sequence[Sheet]) -> str:
    """The report as JSON, in the fixed form."""
    sources = [
        {
            "path": sheet.path,
            "title": sheet.title,
            "equations": [_entry(row) for row in sheet.rows],
        }
        for sheet in sheets
    ]
    return json.dumps({"symbptt": version, "sources": sources}, indent=2, ensure_ascii=False) + "\n"


def _entry(row: Row) -> dict[str, Any]:
    verdict = row.verdict
    judged = verdict if verdict is not None else Verdict("undecided")
    slip = judged.slip
    known = {
        "verdict": judged.word,
        "literal": judged.literal,
        "method": judged.method,
        "scope": _scope_entry(judged.scope) if judged.scope is not None else None,
        "reading": judged.reading,
        "witness": _witness_entry(judged.witness) if judged.witness is not None else None,
        "reason": "; ".join(part for part in (row.why, judged.reason, slip.said if slip else "") if part) or None,
        "seconds": round(judged.seconds, 6),
    }
    entry = {
        "tag": row.tag,
        "kind": row.kind,
        "line": row.line,
        "latex": row.latex,
        **(known if verdict is not None else dict.fromkeys(known)),
    }
    if row.reason:
        entry["reason"] = row.reason
    return entry


def _scope_entry(scope: Scope) -> dict[str, Any]:
    return {"activation": scope.activation, "sizes": scope.sizes, "steps": scope.steps}


def _witness_entry(witness: Witness) -> dict[str, Any]:
    entry = asdict(witness)
    # Where it is and what arbitrary functions were taken to be is said in the reason.
    del entry["where"], entry["functions"]
    return entry
