"""Verdicts as a person reads them on a terminal, and as JSON."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from symbptt.judging.claims import COMPARED_STEPS
from symbptt.printing.tex import equation_latex
from symbptt.show.findings import dumped
from symbptt.show.remarks import as_text, fix_latex, reading_latex, remarks_on
from symbptt.verdicts import Certified, Comparison, Reading, Row, Scope, Sheet, Verdict, Witness

COLOURS = {
    "proved": "green",
    "holds-as-read": "cyan",
    "refuted": "red",
    "ill-typed": "red",
    "undecided": "yellow",
    "not-stated": "yellow",
}


# --------------------------------------------------------------------------------------------------- terminal


def print_sheet(
    console: Console,
    sheet: Sheet,
    coming: Iterable[Row] | None = None,
    tags: Iterable[str] | None = None,
    *,
    quiet: bool = False,
) -> None:
    """One row an equation in page order, each with what is wrong with it where it is not proved.

    Where the rows are still ``coming``, each is printed when it comes; ``tags`` are those that will have come.
    ``quiet``: only what is not as it should be, and nothing of a page that is.
    """
    rows = iter(sheet.rows if coming is None else coming)
    if quiet:
        rows = (row for row in rows if not row.settled)
        first = next(rows, None)
        if first is None:
            return
        rows = itertools.chain([first], rows)
    console.print(Text(sheet.title or sheet.path, style="bold"))
    if sheet.title and sheet.path:
        console.print(Text(sheet.path, style="dim"))
    longest = max(map(len, (row.tag for row in sheet.rows) if tags is None else tags), default=0)
    kind = ""
    for row in rows:
        heading = "misreading" if row.kind == "misreading" and not sheet.is_note else "equation"
        if heading != kind:
            kind = heading
            console.print()
            if kind == "misreading":
                console.print(Text("Ways to misread it, each to be refuted", style="bold"))
        _print_row(console, row, longest)
    if sheet.assumed and not quiet:
        console.print()
        console.print(Text("Read with these assumptions", style="bold"))
        for text in sheet.assumed:
            _print_remark(console, text, 2)
    console.print()


def _print_row(console: Console, row: Row, tags: int, indent: int = 0) -> None:
    console.print(_line(row, tags, indent), soft_wrap=True)
    inset = indent + tags + 2
    for text in (text for remark in remarks_on(row) for text in as_text(remark)):
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


def summary(sheets: Sequence[Sheet], seconds: float | None = None) -> list[str]:
    """How many claims there were and how many are settled, and the names of those that are not, file by file."""
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
    if asides := sum(row.kind == "aside" for row in rows):
        parts.append(f"{asides} aside{'s' if asides != 1 else ''}")
    unread = sum(row.kind == "unread" for row in rows)
    if unread:
        parts.append(f"{unread} unread")
    lines = [f"{'. '.join(parts)}." + (f" {seconds:.1f} s" if seconds is not None else "")]
    for sheet in sheets:
        if open_rows := [row for row in sheet.rows if not row.settled]:
            listed = ", ".join(f"({row.tag}) {row.word}" for row in open_rows)
            lines.append(f"Unexpected{f' in {sheet.path}' if len(sheets) > 1 else ''}: {listed}")
    return lines


def _line(row: Row, tags: int, indent: int) -> Text:
    verdict = row.verdict
    line = Text(" " * indent + f"{row.tag:<{max(tags - indent, 1)}}  ")
    if verdict is None:
        return line.append(row.word, style="dim" if row.settled else "yellow")
    line.append(f"{verdict.word:<13}  ", style="green" if row.settled else COLOURS[verdict.word])
    line.append(
        f"{whom(verdict):<30} {verdict.method or '':<9} {'   kept' if verdict.kept else f'{verdict.seconds:5.2f} s'}"
    )
    return line


def whom(verdict: Verdict) -> str:
    """For whom a proof holds, or where a refutation is; empty where nothing is known."""
    if verdict.witness is not None and verdict.scope is None:
        return f"at t={verdict.witness.t}, {_sizes(verdict.witness.sizes)}"
    if verdict.scope is None:
        return ""
    scope = verdict.scope
    phi = "any phi" if scope.activation == "any" else scope.names
    steps = f"t={scope.steps}"
    if scope.steps == "all":
        steps = "every t" + (f">={scope.start}" if scope.start > 1 else "")
    scalars = isinstance(scope.sizes, dict) and set(scope.sizes.values()) <= {1}
    return ", ".join((phi, "scalars" if scalars else _sizes(scope.sizes), steps, *scope.given))


def _sizes(sizes: str | dict[str, int]) -> str:
    return "any sizes" if isinstance(sizes, str) else " ".join(f"{name}={size}" for name, size in sizes.items())


# --------------------------------------------------------------------------------------------------- numbers


def numbers_line(rows: Iterable[Row]) -> list[str]:
    """The line that says how what was proved compares with numbers; none where nothing was proved."""
    parts = [part for row in rows for part in row.parts if part.proved and part.verdict is not None]
    if any(part.verdict is not None and part.verdict.comparisons is None for part in parts):
        return [f"Numbers: compared up to t = {COMPARED_STEPS}; symbptt numeric goes on"]
    comparisons = comparisons_of(rows)
    return [numeric_line(comparisons)] if comparisons else []


def comparisons_of(rows: Iterable[Row]) -> list[Comparison]:
    """The comparisons of the claims among some rows."""
    claims = [part.verdict for row in rows for part in row.parts if part.kind == "claim" and part.verdict is not None]
    return [comparison for verdict in claims for comparison in verdict.comparisons or ()]


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
    return "".join(json_pieces(version, ((sheet, sheet.rows) for sheet in sheets)))


def json_pieces(version: str, sheets: Iterable[tuple[Sheet, Iterable[Row]]]) -> Iterator[str]:
    """The report as JSON, one piece for each row as it comes."""
    yield f'{{\n  "symbptt": {dumped(version)},\n  "sources": ['
    between = ""
    for sheet, rows in sheets:
        head = f'"path": {dumped(sheet.path)},\n"title": {dumped(sheet.title)},\n"equations": ['
        yield between + "\n    {\n" + textwrap.indent(head, " " * 6)
        inner = ""
        for row in rows:
            yield f"{inner}\n" + textwrap.indent(dumped(_entry(row)), " " * 8)
            inner = ","
        said = f',\n"convention": {dumped(sheet.convention)},\n"assumptions": {dumped(list(sheet.assumed))}'
        yield ("\n      ]" if inner else "]") + textwrap.indent(said, " " * 6) + "\n    }"
        between = ","
    yield ("\n  ]" if between else "]") + "\n}\n"


def _entry(row: Row) -> dict[str, Any]:
    verdict = row.verdict
    judged = verdict if verdict is not None else Verdict("undecided")
    known = {
        "verdict": judged.word,
        "literal": judged.literal,
        "method": judged.method,
        "scope": _scope_entry(judged.scope) if judged.scope is not None else None,
        "reading": _reading_entry(judged.reading) if judged.reading is not None else None,
        "witness": _witness_entry(judged.witness) if judged.witness is not None else None,
        "fixes": [_said(fix.words, fix_latex(fix)) for fix in judged.slip.fixes] if judged.slip is not None else [],
        "reason": "; ".join([*([row.why] if row.why else []), *_reasons(judged)]) or None,
        "kept": judged.kept,
        "seconds": round(judged.seconds, 6),
    }
    entry = {
        "tag": row.tag,
        "kind": row.kind,
        "path": row.place.path,
        "line": row.place.line,
        "column": row.place.column,
        "end": {"line": row.end.line, "column": row.end.column} if row.end is not None else None,
        "latex": row.source or (equation_latex(row.printed) if row.printed is not None else ""),
        "read": row.shown or None,
        **(known if verdict is not None else dict.fromkeys(known)),
    }
    if row.reason:
        entry["reason"] = "\n".join(part for part in (row.reason, row.excerpt) if part)
    if row.certificate is not None:
        entry["certificate"] = _certified(row.certificate)
    return entry


def _certified(certificate: Certified) -> dict[str, Any]:
    said = {key: getattr(certificate, key) for key in ("defined", "beyond", "checker", "file", "reason")}
    assumptions = list(certificate.assumptions) if certificate.checker else None
    return {
        "theorem": certificate.theorem,
        **{key: value or None for key, value in said.items()},
        "assumptions": assumptions,
    }


def _reasons(verdict: Verdict) -> Iterator[str]:
    if verdict.reason:
        yield verdict.reason
    if verdict.slip is not None:
        for fix in verdict.slip.fixes:
            yield f"one change makes it true: {fix.words}: {fix_latex(fix)}"
        if verdict.slip.cut:
            yield verdict.slip.cut


def _said(words: str, formula: str) -> dict[str, Any]:
    return {"words": words, "latex": formula}


def _scope_entry(scope: Scope) -> dict[str, Any]:
    given = {"given": list(scope.given)} if scope.given else {}
    return {"activation": scope.activation, "sizes": scope.sizes, "steps": scope.steps, **given}


def _reading_entry(reading: Reading) -> dict[str, Any]:
    others = [_said(other.words, reading_latex(other)) for other in reading.others]
    return {**_said(reading.words, reading_latex(reading)), "others": others}


def _witness_entry(witness: Witness) -> dict[str, Any]:
    # Where it is and what arbitrary functions were taken to be is said in the reason.
    return {name: getattr(witness, name) for name in ("t", "sizes", "values", "lhs", "rhs", "difference")}
