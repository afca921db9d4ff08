"""Dots and lists: what they leave out, upwards and downwards, and the same with one term too few."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from tests.pages import UNEXPLAINED, as_note, words_of

CELL = r"s_t = f(s_{t-1}, u_t, w)"
TERM = r"\frac{\partial s_t}{\partial s_{%s}} \frac{\partial^+ s_{%s}}{\partial w}"
LEAD = r"\frac{\partial^+ s_t}{\partial w}"


def word(claim: str) -> str:
    return words_of(as_note(CELL, claim))[-1]


def term(step: str) -> str:
    return TERM % (step, step)


@pytest.mark.parametrize(
    ("sum_", "expected"),
    [
        (f"{LEAD} + {term('t-1')} + \\dots + {term('1')}", "proved"),
        (f"{LEAD} + {term('t-1')} + {term('t-2')} + \\cdots + {term('1')}", "proved"),
        (f"{term('1')} + {term('2')} + \\dots + {term('t-1')} + {LEAD}", "proved"),
        (f"{term('t')} + {term('t-1')} + \\dots + {term('1')}", "proved"),
        (f"{LEAD} + {term('t-1')} + \\dots + {term('2')}", "refuted"),
        (f"{LEAD} + {term('t-2')} + \\dots + {term('1')}", "refuted"),
        (f"{term('t-1')} + \\dots + {term('1')}", "refuted"),
        (f"{LEAD} + {term('t-1')} + {term('t-3')} + \\dots + {term('1')}", "unread"),
        (f"{LEAD} + \\dots + {term('1')}", "unread"),
    ],
)
def test_a_sum_with_dots_may_begin_or_end_with_a_term_of_its_own(sum_: str, expected: str) -> None:
    assert word(rf"\frac{{d s_t}}{{d w}} = {sum_}") == expected


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (r"k = 1, \dots, t", "proved"),
        (r"k = 1, 2, \ldots, t", "proved"),
        (r"k = t, \dots, 1", "proved"),
        (r"k = t, t-1, \dots, 1", "proved"),
        (r"k \in \{1, \dots, t\}", "proved"),
        (r"k = t, \dots, 2", "refuted"),
        (r"k = 1, \dots, t-1", "refuted"),
        (r"k \in \{2, \dots, t\}", "refuted"),
        (r"k = 1, 3, \dots, t", "unread"),
        (r"k = 1, \dots", "unread"),
        (r"k \in \{1, t\}", "unread"),
        (r"k = 1, t", "unread"),
    ],
)
def test_a_sum_over_a_list_runs_over_all_that_it_names(below: str, expected: str) -> None:
    assert word(rf"\frac{{d s_t}}{{d w}} = \sum_{{{below}}} {term('k')}") == expected


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (r"j \in \{k+1, \dots, t\}", "proved"),
        (r"j = t, \dots, k+1", "proved"),
        (r"j = k+1, \dots, t", "proved"),
        (r"j \in \{k, \dots, t\}", "refuted"),
        (r"j = t-1, \dots, k+1", "refuted"),
    ],
)
def test_a_product_over_a_list_is_that_of_the_jacobians_from_the_last(below: str, expected: str) -> None:
    right = rf"\prod_{{{below}}} \frac{{\partial s_j}}{{\partial s_{{j-1}}}}"
    assert word(rf"\frac{{\partial s_t}}{{\partial s_k}} = {right}") == expected


def test_the_bounds_of_a_sign_that_has_none_may_stand_behind_the_equation() -> None:
    product = r"\frac{\partial h_t}{\partial h_k} = \prod_{i} \frac{\partial h_i}{\partial h_{i-1}}"
    sum_ = r"\frac{d h_t}{d W} = \sum_{i} \frac{\partial h_t}{\partial h_i} \frac{\partial^+ h_i}{\partial W}"
    claims = (
        rf"{product}, \qquad i = k+1, \dots, t",
        rf"{product} \quad \text{{for }} i = k, \dots, t",
        rf"{sum_} \quad \text{{for }} i = 1, \dots, t",
        rf"{sum_} \quad (i = 2, \dots, t)",
        sum_,
    )
    rows = list(judge_note(as_note(r"h_t = \tanh(W h_{t-1} + x_t)", *claims), question=UNEXPLAINED))
    assert [row.word for row in rows[1:]] == ["proved", "refuted", "proved", "refuted", "unread"]
