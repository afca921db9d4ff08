"""What may not make a claim true: terms that count for nothing, and assumptions through which both sides are zero."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.verdicts import Row
from tests.pages import UNEXPLAINED, as_note

STEP = r"h_t = \phi(W h_{t-1} + U x_t)"
OUTPUT = r"o_t = V h_t"
HOLDS = ("proved", "holds-as-read")


def judged(*displays: str) -> Row:
    """The last display of a note with its verdict."""
    return judge_note(as_note(*displays), question=UNEXPLAINED).rows[-1]


def word(*displays: str) -> str:
    return judged(*displays).word


class TestIdleTerms:
    OWN = r"\frac{\partial o_t}{\partial W}"

    @pytest.mark.parametrize("term", [rf"5 {OWN}", rf"\sum_{{i=1}}^{{t}} {OWN.replace('o_t', 'o_i')}"])
    def test_a_reading_in_which_a_written_derivative_is_zero_is_none(self, term: str) -> None:
        assert word(STEP, OUTPUT, f"{self.OWN} = {self.OWN} + {term}") == "refuted"

    def test_a_mixed_reading_in_which_every_derivative_counts_holds(self) -> None:
        first = r"\frac{\partial h_t}{\partial W}"
        assert (
            word(
                STEP,
                rf"{first} = {first} + \frac{{\partial h_t}}{{\partial h_{{t-1}}}} "
                r"\frac{\partial h_{t-1}}{\partial W}",
            )
            in HOLDS
        )

    def test_what_is_zero_whichever_way_it_is_read_may_stand_there(self) -> None:
        start = r"\frac{\partial h_t}{\partial W} = \frac{\partial h_t}{\partial W} + 5 \frac{\partial h_0}{\partial W}"
        assert word(STEP, start) in HOLDS


class TestLossesThatNothingDefines:
    SLOPE = r"\frac{d L}{d W} = %s \sum_{t=1}^{%s} \frac{d L}{d h_t} \frac{\partial^+ h_t}{\partial W}"

    @pytest.mark.parametrize("loss", ["L_t", "E_t", r"\ell_t", "J_t"])
    def test_the_summand_of_a_loss_is_no_data(self, loss: str) -> None:
        total = rf"L = \sum_{{t=1}}^{{T}} {loss}"
        assert word(STEP, total, self.SLOPE % ("", "T")) in HOLDS
        assert word(STEP, total, self.SLOPE % ("2", "T")) == "refuted"

    def test_a_loss_alone_is_a_function_of_the_states_and_that_is_said(self) -> None:
        assert word(STEP, self.SLOPE % ("", "T")) in HOLDS
        assert word(STEP, self.SLOPE % ("2", "T")) == "refuted"
        assert (
            "L = Σ_{t=1..T} ell(h_t), because nothing says what L is" in as_note(STEP, self.SLOPE % ("", "T")).assumed
        )

    def test_its_last_step_is_the_one_that_the_note_sums_to(self) -> None:
        assert word(STEP, self.SLOPE % ("", "N")) in HOLDS
        assert word(STEP, self.SLOPE % ("2", "N")) == "refuted"

    def test_with_both_written_one_is_the_sum_of_the_other_at_the_outputs(self) -> None:
        parts = r"\frac{d L}{d W} = %s \sum_{t=1}^{T} \frac{d L_t}{d W}"
        assert word(STEP, OUTPUT, parts % "") in HOLDS
        assert word(STEP, OUTPUT, parts % "2") == "refuted"
        said = as_note(STEP, OUTPUT, parts % "").assumed
        assert "L_t = ell(o_t), because nothing says what L_t is" in said

    def test_a_loss_that_is_defined_is_left_as_it_is(self) -> None:
        said = as_note(STEP, r"L = \sum_{t=1}^T \ell(h_t)", self.SLOPE % ("", "T")).assumed
        assert not any("because nothing" in line for line in said)

    def test_an_output_that_nothing_defines_is_no_data_either(self) -> None:
        row = judged(STEP, r"L = \sum_{t=1}^T \ell(o_t, y_t)", self.SLOPE % ("2", "T"))
        assert row.word == "undecided"


class TestOtherLettersThatNothingDefines:
    @pytest.mark.parametrize(
        "claim",
        [
            r"\frac{\partial \alpha_t}{\partial h_{t-1}} = 0",
            r"\frac{\partial \alpha_t}{\partial h_t} = 2 \frac{\partial \alpha_t}{\partial h_t}",
            r"\frac{d \alpha_t}{d W} = 0",
            r"\frac{d h_t}{d W} = \frac{d h_t}{d W} + 5 \frac{d \alpha_t}{d W}",
        ],
    )
    def test_what_is_differentiated_is_no_data(self, claim: str) -> None:
        row = judged(STEP, claim)
        assert row.word == "undecided"
        assert row.verdict is not None
        assert "nothing on the page says what" in row.verdict.reason

    def test_an_input_is_data_above_the_bar_too(self) -> None:
        assert word(STEP, r"\frac{\partial x_t}{\partial W} = 0") == "proved"
        assert word(STEP, r"\frac{\partial h_t}{\partial W} = 0") == "refuted"

    def test_a_derivative_in_a_letter_that_nothing_contains_is_not_decided(self) -> None:
        claim = r"\frac{d h_t}{d W} = \frac{d h_t}{d W} + 5 \frac{d h_t}{d q_t}"
        assert word(STEP, claim) not in HOLDS

    def test_a_recurrence_is_assumed_where_the_note_leaves_out_its_one_state(self) -> None:
        step = (
            r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w} + \frac{\partial h_t}{\partial h_{t-1}}"
            r" \frac{d h_{t-1}}{d w}"
        )
        assert word(step) == "proved"
        assert word(STEP, step.replace("h", "g")) == "undecided"


class TestBothSidesZero:
    def test_by_the_definitions_they_may_be(self) -> None:
        assert word(STEP, OUTPUT, r"\frac{d h_t}{d V} = 0") == "proved"
        assert word(STEP, OUTPUT, r"\frac{d h_t}{d V} = 2 \frac{d h_t}{d V}") == "proved"
        assert word(STEP, r"\frac{d h_0}{d W} = 0") == "proved"

    def test_through_an_assumption_they_may_not(self) -> None:
        last = r"L = \sum_{t=1}^{T} L_t"
        row = judged(STEP, OUTPUT, last, r"\frac{\partial L_t}{\partial h_{t+1}} = 0")
        assert row.word == "undecided"
        assert word(STEP, r"p_t = V s_t", r"\frac{d p_t}{d W} = 2 \frac{d p_t}{d W}") == "undecided"
        assert word(STEP, r"p_t = V x_t", r"\frac{d p_t}{d W} = 0") == "proved"

    def test_a_target_beside_a_state_takes_nothing_away(self) -> None:
        loss = r"L = \sum_{t=1}^T \ell(h_t, y_t)"
        assert word(STEP, OUTPUT, loss, r"\frac{d L}{d V} = 0") == "proved"
        assert word(STEP, OUTPUT, loss, r"\frac{d L}{d W} = 0") == "refuted"
