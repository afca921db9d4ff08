"""Reading notes: a long document with many displays, and a short note read and judged. No time is asserted.

``python -m pytest tests/benchmarks/reading.py --benchmark-only``
"""

from __future__ import annotations

from typing import Any

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read, read_note
from symbptt.text.document import split_document
from tests.pages import ROOT

LINES, DISPLAYS = 10_000, 500
FORMS = (
    r"h_t = \phi(W_{hh} h_{t-1} + W_{xh} x_t + b_h)",
    r"\frac{\partial h_t}{\partial W_{hh}} = \frac{\partial^+ h_t}{\partial W_{hh}} "
    r"+ \frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial W_{hh}}",
    r"\frac{d h_t}{d W_{hh}} = \sum_{i=1}^{t} \left( \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} \right) "
    r"\frac{\partial^+ h_i}{\partial W_{hh}}",
    r"L = \frac{1}{T} \sum_{t=1}^{T} \ell(y_t, h_t)",
    r"a_t = b_t + c_t b_{t-1} + c_t c_{t-1} a_{t-2}",
)


def long_document() -> str:
    """As many lines and displays as are asked for, with inline mathematics between them."""
    apart = LINES // DISPLAYS
    lines: list[str] = []
    for number in range(DISPLAYS):
        lines += ["$$", FORMS[number % len(FORMS)], rf"\tag{{{number + 1}}}", "$$"]
        lines += [f"Line {k} speaks of $h_t$ and of $W_{{hh}}$." for k in range(apart - 4)]
    return "\n".join(lines)


def test_a_long_document_is_read(benchmark: Any) -> None:
    text = long_document()
    assert text.count("\n") + 1 == LINES
    note = benchmark.pedantic(lambda: read(split_document(text, "long.md")), rounds=3)
    assert len(note.rows) == DISPLAYS


def test_a_note_is_read_and_judged(benchmark: Any) -> None:
    path = ROOT / "derivations" / "d2l.md"
    rows = benchmark.pedantic(lambda: list(judge_note(read_note(path))), rounds=3)
    assert {row.verdict.word for row in rows if row.verdict is not None} == {"proved"}
