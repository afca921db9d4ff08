r"""Displays with a brace before their rows: one equation in several cases, or several equations.

>>> for case in find_cases(r"h_t = \begin{cases} 0 & t = 0 \\ \tanh(W h_{t-1}) & \text{otherwise} \end{cases}"):
...     print(" ".join(case.formula.split()), "|", case.condition)
h_t = 0 | t = 0
h_t = \tanh(W h_{t-1}) | t \ge 1
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbptt.text.equations import outside_groups
from symbptt.text.source import blank

_BRACED = re.compile(
    r"\\begin\{(?P<name>[dr]?cases)\}(?P<rows>.*)\\end\{(?P=name)\}"
    r"|\\left\s*\\\{\s*\\begin\{(?P<array>array|aligned|matrix)\}(?:\{[lcr|@\s{}]*\})?(?P<lines>.*)"
    r"\\end\{(?P=array)\}\s*\\right\s*\.",
    re.DOTALL,
)
_RELATED = re.compile(r"(?:=|\\(?:triangleq|coloneqq?|equiv)(?![A-Za-z]))[\s&]*\Z")
_BEGINS_RELATED = re.compile(r"\s*(?:=|:=|\\(?:triangleq|coloneqq?|equiv)(?![A-Za-z]))")
_NEW_ROW = re.compile(r"\\\\(?:\s*\[[^\]]*\])?")
_OTHERWISE = re.compile(r"otherwise|\belse\b|sonst|sinon|其他|其它|否则")
_ONE_STEP = re.compile(r"(?<![A-Za-z\\])(?P<step>[A-Za-z])\s*=\s*(?P<value>\d+|[A-Z])(?![A-Za-z\d])")


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its equation at the place that it has in the display, and the condition on which it is stated."""

    formula: str
    condition: str


def find_cases(text: str) -> list[Case]:
    """The rows behind a brace, each as an equation of its own; none where a display has no such brace, or more."""
    found = _BRACED.search(text)
    if found is None or re.search(r"[^\s.,;]", text[found.end() :]) or "cases}" in (found["rows"] or ""):
        return []
    group = "rows" if found["rows"] is not None else "lines"
    before, start = text[: found.start()], found.start(group)
    rows = _split(found[group], _NEW_ROW)
    if before.strip(" &\n\t") and not _RELATED.search(before):
        return []
    whole = not before.strip(" &\n\t")
    made: list[Case] = []
    for at, row in rows:
        if not row.strip():
            continue
        (_, body), *columns = _split(row, re.compile("&"))
        condition = "".join(column for _, column in columns)
        if whole and (not columns or _BEGINS_RELATED.match(condition)):
            body, condition = row.replace("&", " "), ""
        shown = blank(before) if whole else before
        formula = (shown + blank(text[len(before) : start + at]) + body).rstrip(" ,;.\n\t")
        made.append(Case(formula, condition.strip(" ,;.\n\t")))
    return [Case(case.formula, _settled(case, made)) if not whole else case for case in made]


def _settled(case: Case, every: list[Case]) -> str:
    """The condition of a case; that of the last one may be left to those of the others."""
    if case.condition and not _OTHERWISE.search(case.condition):
        return case.condition
    others = [_ONE_STEP.search(other.condition) for other in every if other is not case]
    told = others[0] if len(others) == 1 else None
    if told is None or case is not every[-1]:
        return case.condition or r"\text{otherwise}"
    step, value = told["step"], told["value"]
    return rf"{step} \ge {int(value) + 1}" if value.isdecimal() else rf"{step} < {value}"


def _split(text: str, at: re.Pattern[str]) -> list[tuple[int, str]]:
    """The parts of a text between signs outside of braces and environments, each with its place."""
    plain, made, start = outside_groups(text), list[tuple[int, str]](), 0
    for found in at.finditer(plain):
        made.append((start, text[start : found.start()]))
        start = found.end()
    return [*made, (start, text[start:])]
