"""Every script, prime and accent of a formula counts: on one name or bracket it changes what is read, or it is refused.

The notation that is read is compared, so that nothing has to be judged: one notation has one verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from symbptt.judging.pages import judge_note
from tests.pages import as_note

TANH = r"h_t = \tanh(W h_{t-1} + U x_t)"
JACOBIAN = r"\frac{\partial h_t}{\partial h_{t-1}}"
PAGES = [
    (TANH, rf"{JACOBIAN} = \operatorname{{diag}}(1 - h_t^2) W"),
    (
        r"h_t = \phi(W h_{t-1} + U x_t)",
        r"\frac{d h_t}{d W} = \sum_{k=1}^t \left(\prod_{j=k+1}^t"
        r" \mathrm{diag}(\phi'(W h_{j-1} + U x_j)) W \right) \frac{\partial^+ h_k}{\partial W}",
    ),
    (
        r"a_t = b_t + c_t a_{t-1}",
        r"a_t = c_t c_{t-1} \cdots c_1 a_0 + \sum_{i=1}^t \left[\prod_{j=i+1}^t c_j\right] b_i",
    ),
    (r"z_t = \sigma(V h_{t-1})", r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot x_t"),
]
BEHIND = ("^2", "^{-1}", r"^\top", "_2", "'", r"^{\dagger}", "^+", "^{(2)}", "^{(t)}", "_t")
AROUND = (r"\hat", r"\tilde", r"\dot", r"\underline", r"\mathcal", r"\mathbf")
NAME = re.compile(r"\\(?:mathrm|operatorname)\{diag\}|\\[a-z]+(?![a-z])|(?<![\\a-z{])[A-Za-z](?![a-z])|\d|[)\]}]")
APART = (r"\frac", r"\left", r"\right")

Read = tuple[list[tuple[object, ...]], tuple[str, ...]]


def as_read(displays: tuple[str, ...]) -> Read | None:
    """What a note says and what it assumes; None where a display of it is unread."""
    note = as_note(*displays)
    if any(row.kind == "unread" for row in note.rows):
        return None
    links = [link for row in note.rows for link in row.links]
    return (
        [(link.kind, *(None if e is None else e.chain for e in (link.vectors, link.scalars))) for link in links],
        note.assumed,
    )


def marked(display: str) -> Iterator[tuple[str, str, str, str]]:
    """The display with one mark more: the mark, what it is put on, what stands before that, and the display."""
    for found in NAME.finditer(display):
        before, name, rest = display[: found.start()], found[0], display[found.end() :]
        if name not in APART:
            for mark in BEHIND:
                yield mark, name, before, before + name + mark + rest
        if name not in (*APART, ")", "]", "}"):
            for mark in AROUND:
                yield mark, name, before, f"{before}{mark}{{{name}}}{rest}"


def is_meaningless(mark: str, name: str, before: str, page: tuple[str, ...]) -> bool:
    """Whether a mark says nothing, by rule."""
    # The index that stands below says the same above.
    if mark == "^{(t)}":
        return True
    # ∂⁺h/∂W has its sign above, and may have it below too.
    if mark == "^+" and name == r"\partial":
        return bool(re.search(r"\\partial\^\+ \w+\}\{\Z", before))
    # ∂y/∂x^T is the Jacobian that ∂y/∂x is.
    if mark == r"^\top" and re.search(r"\}\{\\partial [^{}]*(\{[^{}]*)?\Z", before):
        return True
    # A font does not make another word, and a bold 1 beside a column is the 1 that it is beside it anyway.
    if "diag" in name or name in (r"\tanh", "1"):
        return mark == r"\mathbf"
    # The accent of a letter that stands once in a note is a part of its name: there is no other to tell it from.
    alone = sum(len(re.findall(rf"{re.escape(name)}(?![a-z{{])", display)) for display in page) == 1
    return mark in AROUND and alone


@pytest.mark.parametrize("page", PAGES, ids=["a step", "a sum", "scalars", "a gate"])
def test_a_mark_more_is_another_notation_or_is_said_or_is_not_read(page: tuple[str, ...]) -> None:
    plain = as_read(page)
    assert plain is not None
    tried = silent = 0
    for place, display in enumerate(page):
        for mark, name, before, changed in marked(display):
            found = as_read((*page[:place], changed, *page[place + 1 :]))
            tried += 1
            if found == plain or (found is not None and found[0] == plain[0] and mark in BEHIND):
                assert is_meaningless(mark, name, before, page), changed
                silent += 1
    assert tried > 300
    assert silent < tried / 10


@pytest.mark.parametrize("name", [r"\hat{\tanh}", r"\tilde{\tanh}", r"\tanh_2", r"\tanh^{(2)}", r"\mathcal{\tanh}"])
def test_a_tanh_with_a_mark_is_not_tanh_and_one_in_another_font_is(name: str) -> None:
    def word(function: str) -> str:
        claim = rf"{JACOBIAN} = \operatorname{{diag}}(1 - h_t^2) W"
        *_, row = judge_note(as_note(TANH.replace(r"\tanh", function), claim))
        assert row.verdict is not None
        return row.verdict.word

    # A number in parentheses above it may be an order of its derivative too: it is not read.
    assert word(name) == ("undecided" if "(2)" in name else "refuted")
    assert word(r"\mathbf{\tanh}") == word(r"\tanh") == "proved"


@pytest.mark.parametrize("mark", ["^{-1}", r"^\top", "'", "_n", "^k", r"^{\prime}", "^{(t)}"])
def test_a_mark_on_diag_is_not_dropped_and_a_square_is_that_of_the_matrix(mark: str) -> None:
    slope = r"\operatorname{diag}%s(1 - h_t^2)%s W"
    rows = list(
        judge_note(as_note(TANH, *(f"{JACOBIAN} = {slope % marks}" for marks in [(mark, ""), ("^2", ""), ("", "^2")])))
    )
    assert rows[1].kind == "unread"
    assert "diag" in rows[1].reason
    assert [row.word for row in rows[2:]] == ["refuted", "refuted"]
    assert [row.shown for row in rows[2:]] == [rows[2].shown] * 2
