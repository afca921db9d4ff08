"""Derivatives of gates as the column on their diagonal, as pages print them; and the class of a step by a counter."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read_text
from tests.pages import words_of

CELL = r"""$$f_t = \sigma(W_f h_{t-1} + U_f x_t)$$
$$c_t = f_t \odot c_{t-1} + f_t$$
$$h_t = \tanh(c_t)$$
"""
CLASS = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$\hat y_t = \operatorname{softmax}(V h_t)$$
$$L_t = -\log \hat y_{t,k}$$
WORDS
$$\frac{\partial L_t}{\partial h_t} = V^\top (\hat y_t - e_k)$$
"""
TOLD = ["where $k$ is the correct class.", "where $k$ is the index of the target word.", "The true label is $k$."]


@pytest.mark.parametrize(
    ("claim", "fixes"),
    [
        (r"\frac{\partial h_t}{\partial c_t} = 1 - h_t^2", ["the right side should be in diag"]),
        (r"\frac{\partial h_t}{\partial c_t} = 1 - h_t", []),
        (r"\frac{\partial c_t}{\partial f_t} = f_t", []),
    ],
)
def test_a_column_in_place_of_a_diagonal_matrix_is_ill_typed_and_has_a_fix_where_it_is_right(
    claim: str, fixes: list[str]
) -> None:
    *_, row = judge_note(read_text(f"{CELL}$${claim}$$", "note.md"))
    verdict = row.verdict
    assert verdict is not None
    assert verdict.word == "ill-typed"
    assert [fix.words for fix in verdict.slip.fixes if verdict.slip] == fixes if verdict.slip else not fixes


@pytest.mark.parametrize("told", TOLD)
def test_a_counter_that_is_called_the_class_is_that_of_the_step(told: str) -> None:
    page = CLASS.replace("WORDS", told)
    assert words_of(read_text(page, "note.md"))[-1] == "proved"
    assert words_of(read_text(page.replace("- e_k", "+ e_k"), "note.md"))[-1] == "refuted"


@pytest.mark.parametrize("told", ["", "where $k$ is not the correct class.", "where $k$ is the size of a class."])
def test_a_counter_that_is_not_called_so_is_no_class(told: str) -> None:
    assert words_of(read_text(CLASS.replace("WORDS", told), "note.md"))[-1] not in ("proved", "refuted")


def test_what_composes_for_columns_alone_is_no_claim_about_numbers() -> None:
    gate = r"$$f_t = \sigma(W_f [h_{t-1}, x_t] + b_f)$$"
    page = f"{gate}\n$$c_t = f_t * c_{{t-1}} + f_t$$\n$$h_t = f_t * \\tanh(c_t)$$\n"
    claim = r"$$\frac{\partial c_t}{\partial c_{t-1}} = f_t$$"
    *_, row = judge_note(read_text(page + claim, "note.md"))
    assert row.verdict is not None
    assert row.verdict.word == "ill-typed"
    assert "n×n" in row.verdict.reason
