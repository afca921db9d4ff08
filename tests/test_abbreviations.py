"""Letters that stand for a derivative: told before or behind their use, once, and claimed of ever after."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.verdicts import Row
from tests.pages import UNEXPLAINED, as_note, words

TANH = r"h_t = \tanh(W h_{t-1} + U x_t)"
STEP = r"\frac{\partial h_t}{\partial h_{t-1}}"
CHAIN = r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W} + J_t \frac{d h_{t-1}}{d W}"
LOSS = r"L = \sum_{t=1}^T \frac12 (h_t - y_t)^\top (h_t - y_t)"
TOLD = r"\delta_t = \frac{\partial L}{\partial h_t}"
RECURSION = r"\delta_t = (h_t - y_t)^\top + \delta_{t+1} \operatorname{diag}(1 - h_{t+1}^2) W"
SUM = r"\frac{d L}{d W} = \sum_{t=1}^T \delta_t \frac{\partial^+ h_t}{\partial W}"


def judged(*displays: str, text: str = "") -> list[Row]:
    return list(judge_note(as_note(*displays, text=text), question=UNEXPLAINED))


class TestToldBehind:
    @pytest.mark.parametrize("between", [r",\quad ", r",\quad \text{where } ", r" \text{ with } "])
    def test_in_the_same_display_it_is_known_before(self, between: str) -> None:
        true, false = (f"{CHAIN}{between}J_t = {step}" for step in (STEP, STEP.replace("t-1", "t-2")))
        assert words(TANH, true)[:2] == ["definition", "proved"]
        assert words(TANH, false)[:2] == ["definition", "refuted"]

    def test_in_a_later_display_or_a_sentence_it_is_known_before(self) -> None:
        assert words(TANH, CHAIN, f"J_t = {STEP}") == ["definition", "proved", "definition"]
        assert words(TANH, CHAIN, text=f"Here $J_t = {STEP}$.") == ["definition", "proved"]
        wrong = STEP.replace("t-1", "t-2")
        assert words(TANH, CHAIN, text=f"Here $J_t = {wrong}$.") == ["definition", "refuted"]

    def test_what_is_not_told_is_data(self) -> None:
        assert words(TANH, CHAIN) == ["definition", "refuted"]

    def test_what_goes_round_in_a_circle_is_not_read(self) -> None:
        rows = judged(TANH, f"A_t = B_t + {STEP}", f"B_t = A_t - {STEP}")
        assert [row.kind for row in rows] == ["definition", "unread", "unread"]
        assert "goes round in a circle" in rows[1].reason


class TestToldOnce:
    def test_a_recursion_of_what_was_told_is_a_claim(self) -> None:
        false = RECURSION.replace("1 - h_{t+1}^2", "1 - h_t^2")
        assert words(TANH, LOSS, TOLD, RECURSION, false, SUM)[2:] == ["definition", "proved", "refuted", "proved"]

    def test_so_it_is_where_it_is_told_behind_because_it_refers_forward(self) -> None:
        assert words(TANH, LOSS, RECURSION, TOLD, SUM)[2:] == ["proved", "definition", "proved"]

    def test_a_false_recursion_does_not_become_what_it_is(self) -> None:
        told, direct = r"S_t = \frac{d h_t}{d U}", r"\frac{\partial^+ h_t}{\partial U}"
        found = words(TANH, told, f"J_t = {STEP}", "S_t = J_t S_{t-1}", f"S_t = {direct} + J_t S_{{t-1}}")
        assert found == ["definition"] * 3 + ["refuted", "proved"]

    def test_a_value_at_one_step_is_a_claim(self) -> None:
        told = r"S_t = \frac{d h_t}{d U}"
        assert words(TANH, told, "S_0 = 0", "S_1 = 0")[2:] == ["proved", "refuted"]
        assert words(TANH, "S_0 = 0", told)[1:] == ["proved", "definition"]
        assert words(TANH, LOSS, TOLD, r"\delta_{T+1} = 0", r"\delta_T = 0")[3:] == ["proved", "refuted"]

    def test_what_is_told_at_the_last_step_is_not_taken_to_hold_before(self) -> None:
        rows = judged(TANH, LOSS, r"\delta_T = \frac{\partial L}{\partial h_T}", SUM)
        assert [row.kind for row in rows[2:]] == ["unread", "unread"]
        assert "said at one step only" in rows[2].reason
        spoken_of_last = r"\frac{\partial L}{\partial h_T} = \delta_T"
        assert words(TANH, LOSS, r"\delta_T = \frac{\partial L}{\partial h_T}", spoken_of_last)[3] == "proved"

    def test_a_state_that_is_defined_first_stays_one(self) -> None:
        page = ("a_t = b_t + c_t a_{t-1}", r"\frac{\partial a_t}{\partial a_{t-1}} = c_t")
        assert words(page[0], r"a_t = \frac{\partial a_t}{\partial b_t}", page[1]) == [
            "definition",
            "refuted",
            "proved",
        ]


class TestWhatIsMadeOfOne:
    PAGE = (r"a_t = W h_{t-1} + U x_t", r"h_t = \tanh(a_t)", LOSS)
    GATE = r"\epsilon_t = \delta_t \odot (1 - h_t^2)"
    PASSED = r"\delta_t = h_t - y_t + W^\top \epsilon_{t+1}"

    @pytest.mark.parametrize("told", [TOLD, TOLD + r" = h_t - y_t + W^\top (\delta_{t+1} \odot (1 - h_{t+1}^2))"])
    @pytest.mark.parametrize("last", [True, False])
    def test_stands_for_a_derivative_too(self, told: str, last: bool) -> None:
        """The last step is that of the loss: ε_t says nothing by itself."""
        true, false = (
            rf"\frac{{\partial L}}{{\partial W}} = \sum_{{t=1}}^T {factor} h_{{t-1}}^\top"
            for factor in (r"\epsilon_t", r"\delta_t")
        )
        page = [*self.PAGE, *([self.GATE, told] if last else [told, self.GATE]), true, false]
        *_, right, wrong = words(*page)
        assert (right, wrong) == ("proved", "refuted")
        assert "unread" not in words(*page)

    def test_a_recursion_by_way_of_it_is_a_claim(self) -> None:
        ahead = self.PASSED.replace("t+1", "t")
        assert words(*self.PAGE, TOLD, self.GATE, self.PASSED, ahead)[3:] == ["definition"] * 2 + ["proved", "refuted"]

    def test_what_a_derivative_of_one_step_stands_in_is_a_state_as_before(self) -> None:
        page = (TANH, f"J_t = {STEP}", r"e_t = J_t x_t", r"e_t = \operatorname{diag}(1 - h_t^2) W x_t")
        assert words(*page) == ["definition"] * 3 + ["proved"]
