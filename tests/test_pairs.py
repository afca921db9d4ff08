"""Claims about entries that are for i = j, or for different i and j: in the display, its sentence or a label."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read_text
from tests.pages import words_of

PAGE = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$o_t = V h_t, \quad p_t = \operatorname{softmax}(o_t)$$

"""
DERIVATIVE = r"\frac{\partial p_{t,i}}{\partial o_{t,j}}"
SAME, APART = rf"{DERIVATIVE} = p_{{t,i}} (1 - p_{{t,i}})", rf"{DERIVATIVE} = -p_{{t,i}} p_{{t,j}}"
NO_SAME, NO_APART = rf"{DERIVATIVE} = p_{{t,i}} (1 + p_{{t,i}})", rf"{DERIVATIVE} = p_{{t,i}} p_{{t,j}}"
FORMS = [
    "$$CLAIM, \\quad PAIR$$",
    "$$CLAIM \\quad \\text{if } PAIR$$",
    "$$CLAIM \\quad (PAIR)$$",
    "For $PAIR$\n$$CLAIM$$",
    "If $PAIR$:\n$$CLAIM$$",
    "Case 1: $PAIR$\n$$CLAIM$$",
    "Case PAIR\n\n$$CLAIM$$",
    "**Case 1:** $PAIR$\n\n$$CLAIM$$",
    "### Case 1: $PAIR$\n\n$$CLAIM$$",
    "1. $PAIR$\n\n$$CLAIM$$",
    "First the diagonal, $PAIR$:\n$$CLAIM$$",
]


def words(text: str) -> list[str]:
    return words_of(read_text(PAGE + text, "note.md"))[3:]


def said(form: str, claim: str, pair: str) -> str:
    return form.replace("CLAIM", claim).replace("PAIR", pair)


@pytest.mark.parametrize("form", FORMS)
def test_equal_entries_are_one_entry(form: str) -> None:
    assert words(said(form, SAME, "i = j")) == ["proved"]
    assert words(said(form, NO_SAME, "i = j")) == ["refuted"]
    assert words(said(form, APART, "i = j")) == ["refuted"]


@pytest.mark.parametrize("form", FORMS)
def test_different_entries_leave_out_the_diagonal(form: str) -> None:
    assert words(said(form, APART, r"i \neq j")) == ["proved"]
    assert words(said(form, NO_APART, r"i \neq j")) == ["refuted"]
    assert words(said(form, SAME, r"i \neq j")) == ["refuted"]


def test_rows_behind_a_brace_are_for_their_entries() -> None:
    brace = r"$$%s = \begin{cases} %s & i = j \\ %s & i \neq j \end{cases}$$"
    same, apart = r"p_{t,i} (1 - p_{t,i})", r"-p_{t,i} p_{t,j}"
    assert words(brace % (DERIVATIVE, same, apart)) == ["proved"]
    assert words(brace % (DERIVATIVE, apart, same)) == ["refuted"]
    assert words(brace % (DERIVATIVE, same, apart[1:])) == ["refuted"]


@pytest.mark.parametrize(
    "text",
    [
        "### Case 1: $i = j$\n\n$$z_t = o_t$$\n\n$$CLAIM$$",
        "We turn to some $i = j$ and the result is\n$$CLAIM$$",
        "### Case 1: $i = j$\n\nThis is for the others\n$$CLAIM$$",
    ],
)
def test_what_may_be_for_some_entries_alone_is_unread(text: str) -> None:
    assert words(said(text, SAME, ""))[-1] == "unread"


@pytest.mark.parametrize(
    "before", ["", "### Case 1: $i = j$\n\n### Both\n\n", r"Here $\delta_{ij}$ is 1 where $i = j$, and so" + "\n"]
)
def test_a_case_that_is_over_and_a_delta_that_is_explained_limit_nothing(before: str) -> None:
    whole = rf"$${DERIVATIVE} = p_{{t,i}} (\delta_{{ij}} - p_{{t,j}})$$"
    assert words(before + whole) == ["proved"]
    assert words(f"{before}$${APART}$$") == ["refuted"]
    assert words(f"### Case 1: $i = j$\n\n$${SAME}$$\n\nTogether:\n{whole}") == ["proved", "proved"]
