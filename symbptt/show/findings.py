"""What is not as it should be, as other tools take it: a line each, annotations of GitHub, SARIF, JSON.

The same page has the same findings in every run: no times, no counters. A finding has the place where it begins and the
one behind its end, as far as that is known, and of a display of a note the change that would make it true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbptt.show.remarks import fix_latex
from symbptt.verdicts import Row, Sheet

WORDS: Mapping[str, str] = {
    "proved": "It is proved, and something else was expected of it.",
    "holds-as-read": "It holds if read in one way, and something else was expected of it.",
    "refuted": "An exact example has the two sides differ.",
    "ill-typed": "The shapes or the letters of the equation do not fit together.",
    "undecided": "No method decides whether it is true.",
    "not-stated": "It says nothing at the steps that were asked for.",
    "unread": "It could not be read as an equation.",
    "not judged": "The check ended before it was judged.",
    "settled": "It is in the baseline, and is not found any more.",
}
"""What each word of a finding says."""
_NAMES = re.compile(r"\\(?:tag\*?|label)\s*\{[^{}]*\}")
_OPEN = ("undecided", "not-stated", "not judged", "settled")
"""Words of findings that are no errors of the page."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that is not as it should be. Lines and columns count from 1; the end is behind the last character.

    In a notebook they count from the beginning of the ``cell``.
    """

    path: str
    cell: str
    line: int
    column: int
    end_line: int
    end_column: int
    tag: str
    word: str
    message: str
    fix: Mapping[str, str] | None = None
    """The change that makes it true: in words, and as LaTeX of the whole equation, with its tag and its label."""
    replaces: bool = False
    """Whether that LaTeX may take the place of what the finding is about: it does for no link of a chain."""

    @property
    def is_error(self) -> bool:
        """Whether the page is wrong there, and not only open."""
        return self.word not in _OPEN


def findings_of(sheets: Iterable[Sheet]) -> list[Finding]:
    """The findings of pages in their order, of a chain those of its links."""
    return [finding for sheet in sheets for row in sheet.rows for finding in findings_in(row)]


def findings_in(row: Row) -> Iterator[Finding]:
    """What is not as it should be in a row; of a chain one for each such link."""
    if row.settled:
        return
    parts = [part for part in row.parts if not part.settled] if not row.expected else []
    for part in parts or [row]:
        fixes = _changes(row, part)
        place, end = row.place, row.end or row.place
        yield Finding(
            place.container,
            place.file if place.container != place.path else "",
            max(place.line, 1),
            max(place.column, 1),
            max(end.line, 1),
            max(end.column, 1),
            part.tag,
            part.word,
            _message(row, part),
            fixes[0] if fixes else None,
            replaces=bool(fixes) and _is_replaceable(row, part),
        )


def replacements(row: Row) -> list[Mapping[str, str]]:
    """Each change that makes a display true that is not as it should be, and that may take its place."""
    return _changes(row, row) if not row.settled and _is_replaceable(row, row.parts[0]) else []


def _changes(row: Row, part: Row) -> list[Mapping[str, str]]:
    """Each change that makes a part of a row true: in words, and as LaTeX with the names that the display has."""
    slip = part.verdict.slip if part.verdict is not None else None
    names = _NAMES.findall(row.source)
    return [{"words": fix.words, "latex": " ".join([fix_latex(fix), *names])} for fix in (slip.fixes if slip else ())]


def _is_replaceable(row: Row, part: Row) -> bool:
    return part is row and row.end is not None and bool(row.source)


def _message(row: Row, part: Row) -> str:
    """One line: what was expected instead, and why it is what it is."""
    said = [f"expected {' or '.join(row.hoped)}"] if row.expected or row.kind == "misreading" else []
    verdict = part.verdict
    said += [part.reason or (verdict.reason if verdict is not None else "") or part.shown]
    if verdict is not None and verdict.slip is not None:
        said += [f"one change makes it true: {fix.words}" for fix in verdict.slip.fixes[:1]]
    return f"({part.tag}) " + " ".join("; ".join(filter(None, said)).split())


# --------------------------------------------------------------------------------------------------- formats


def concise(findings: Sequence[Finding], version: str) -> str:
    """``path:line:column: word: message``, one line each, as compilers of GNU have it and editors take it."""
    return "".join(
        f"{':'.join(filter(None, (one.path, one.cell)))}:{one.line}:{one.column}: {one.word}: {one.message}\n"
        for one in findings
    )


def github(findings: Sequence[Finding], version: str) -> str:
    """Commands of a workflow of GitHub, which become annotations at their lines."""
    lines = []
    for one in findings:
        kind = "error" if one.is_error else "warning"
        where: dict[str, object] = {"file": one.path, "title": f"symbptt: {one.word}"}
        if not one.cell:
            where |= {"line": one.line, "endLine": one.end_line}
        if not one.cell and one.line == one.end_line:
            # Columns are taken on one line only.
            where |= {"col": one.column, "endColumn": one.end_column}
        said = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in where.items())
        lines.append(f"::{kind} {said}::{_escaped(_with_cell(one))}\n")
    return "".join(lines)


def _with_cell(one: Finding) -> str:
    """The message of a tool that knows the lines of a file alone."""
    return f"{one.cell}, line {one.line}: {one.message}" if one.cell else one.message


def _escaped(text: str, more: str = "") -> str:
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def as_list(findings: Sequence[Finding], version: str) -> str:
    """A list in JSON, with every part of a finding by its name."""
    return dumped([_entry(one) for one in findings]) + "\n"


def _entry(one: Finding) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Finding.__slots__}


def sarif(findings: Sequence[Finding], version: str) -> str:
    """The Static Analysis Results Interchange Format, 2.1.0 (OASIS), as code scanning takes it."""
    used = [word for word in WORDS if any(one.word == word for one in findings)]
    driver = {
        "name": "symbptt",
        "version": version,
        "rules": [{"id": word, "shortDescription": {"text": WORDS[word]}} for word in used],
    }
    results = [_result(one, used.index(one.word)) for one in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return dumped(log) + "\n"


def _result(one: Finding, rule: int) -> dict[str, Any]:
    region = {"startLine": one.line, "startColumn": one.column, "endLine": one.end_line, "endColumn": one.end_column}
    artifact = {"uri": one.path.replace("\\", "/")}
    location: dict[str, Any] = {"artifactLocation": artifact} | ({} if one.cell else {"region": region})
    made: dict[str, Any] = {
        "ruleId": one.word,
        "ruleIndex": rule,
        "level": "error" if one.is_error else "warning",
        "message": {"text": _with_cell(one)},
        "locations": [{"physicalLocation": location}],
    }
    if one.fix is not None and one.replaces and not one.cell:
        replaced = {"deletedRegion": region, "insertedContent": {"text": one.fix["latex"]}}
        changes = [{"artifactLocation": artifact, "replacements": [replaced]}]
        made["fixes"] = [{"description": {"text": one.fix["words"]}, "artifactChanges": changes}]
    return made


def dumped(value: Any) -> str:
    """JSON as a person reads it too: indented, each sign as it is."""
    return json.dumps(value, indent=2, ensure_ascii=False)


FORMATS: Mapping[str, Callable[[Sequence[Finding], str], str]] = {
    "concise": concise,
    "github": github,
    "sarif": sarif,
    "json": as_list,
}
"""How findings are written, by what a user calls it; each takes them and the version of symbptt."""
