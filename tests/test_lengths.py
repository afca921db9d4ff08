"""Losses over some of the steps: one that begins after a burn-in, for a number that is said; several with numbers."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.show.report import whom
from tests.pages import UNEXPLAINED, as_note

CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
LOSS = r"L = \sum_{t=\tau+1}^{T} \ell(h_t, y_t)"
STEP = r"\frac{\partial \ell(h_t, y_t)}{\partial h_t}"
TRUE = rf"\frac{{d L}}{{d W}} = \sum_{{t=\tau+1}}^{{T}} {STEP} \frac{{d h_t}}{{d W}}"


def words(*displays: str) -> list[str]:
    return [row.word for row in judge_note(as_note(*displays), question=UNEXPLAINED) if row.kind != "definition"]


def test_a_loss_that_begins_after_a_burn_in_is_judged_for_a_number_of_steps() -> None:
    back = rf"\frac{{\partial L}}{{\partial h_t}} = {STEP} + \frac{{\partial L}}{{\partial h_{{t+1}}}} "
    back += r"\frac{\partial h_{t+1}}{\partial h_t}"
    sheet = judge_note(
        as_note(CELL, LOSS, TRUE, TRUE.replace(r"\tau+1", r"\tau"), rf"{back}, \quad t > \tau", back),
        question=UNEXPLAINED,
    )
    assert [row.word for row in sheet] == ["definition"] * 2 + ["proved", "refuted", "proved", "refuted"]
    assert sheet.assumed[0] == "tau = 2, where it is a number of steps"
    verdict = sheet.rows[2].verdict
    assert verdict is not None
    assert whom(verdict) == "any phi, any sizes, every t, tau = 2"


@pytest.mark.parametrize(("number", "word"), [(1, "proved"), (3, "proved"), (40, "undecided")])
def test_the_number_of_the_note_is_taken(number: int, word: str) -> None:
    assert words(CELL, LOSS, rf"\tau = {number}", TRUE)[-1] == word


def test_a_letter_that_counts_is_none() -> None:
    of_entries = r"E = \frac{1}{2} \sum_{t=1}^{T} \sum_{i=1}^{n} (h_{t,i} - y_{t,i})^2"
    assert not as_note(CELL, of_entries).given
    box = r"\frac{d h_t}{d W} = \sum_{\tau=1}^{t} \frac{\partial h_t}{\partial h_\tau} "
    box += r"\frac{\partial^+ h_\tau}{\partial W}"
    assert not as_note(CELL, box, r"L = \sum_{t=1}^{T} \ell(h_t)").given
    assert words(CELL, LOSS, box) == ["proved"]


def test_a_loss_with_a_number_that_sums_over_steps_is_no_loss_of_a_step() -> None:
    parts = (r"L_1 = \sum_{t=1}^T \ell(h_t)", r"L_2 = \frac12 \sum_{t=1}^T \|h_t\|^2", r"L = L_1 + \alpha L_2")
    true = r"\frac{d L}{d W} = \frac{d L_1}{d W} + \alpha \frac{d L_2}{d W}"
    assert words(CELL, *parts, true, true.replace(r"\alpha", "")) == ["proved", "refuted"]
    whole, of_step = r"L = \sum_{t=1}^{2} L_t", r"L_1 = \sum_{k} h_{1,k}^2"
    assert words(CELL, whole, r"L_t = \ell(h_t)", of_step) != ["proved"]


@pytest.mark.parametrize("bound", [r"1 \le t \le T", r"0 < t \le T", r"T \ge t \ge 1", r"1 \leq t \leq T"])
def test_what_stands_between_two_signs_counts_and_is_no_length(bound: str) -> None:
    loss = rf"L = \sum_{{{bound}}} \ell(h_t, y_t)"
    true = rf"\frac{{d L}}{{d W}} = \sum_{{{bound}}} {STEP} \frac{{d h_t}}{{d W}}"
    assert not as_note(CELL, loss, true).given
    assert words(CELL, loss, true, true.replace("= ", "= 2 ")) == ["proved", "refuted"]
