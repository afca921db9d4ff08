"""Definitions as people write them, each with a true claim that rests on it and one with a slip."""

from __future__ import annotations

import pytest

from tests.test_notes import words

TRUE = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W"
FALSE = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_{t-1}^2) W"
BODY = r"\tanh(W h_{t-1} + U x_t)"


class TestTheOtherWayRound:
    @pytest.mark.parametrize("sign", ["=", "=:", "= :", r"\eqqcolon"])
    def test_what_can_only_be_a_definition_is_one(self, sign: str) -> None:
        assert words(rf"{BODY} {sign} h_t", TRUE, FALSE) == ["definition", "proved", "refuted"]

    def test_a_letter_that_has_a_definition_gets_no_other(self) -> None:
        assert words(rf"h_t = {BODY}", r"\tanh(U x_t) = h_t", TRUE) == ["definition", "refuted", "proved"]
        assert words(r"\tanh(U x_t) = h_t", rf"h_t = {BODY}")[0] == "refuted"

    def test_a_property_of_a_weight_defines_nothing(self) -> None:
        assert words(r"W^\top W = I", rf"h_t = {BODY}", TRUE) == ["aside", "definition", "proved"]

    def test_a_letter_in_both_sides_is_defined_by_neither(self) -> None:
        assert words(r"W h_t + U x_t = h_t", TRUE)[1] == "undecided"

    def test_a_sign_with_a_colon_says_which_side_is_defined(self) -> None:
        assert words(rf"{BODY} =: h_t = q_t", TRUE, FALSE)[1:] == ["proved", "refuted"]
        assert words(rf"a_t =: {BODY} =: h_t", TRUE) == ["unread", "undecided"]


class TestTheNextStep:
    NEXT = r"h_{t+1} = \tanh(W h_t + U x_{t+1})"
    CLAIMS = (
        r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_{t+1}^2) W",
        r"\frac{\partial h_{t+1}}{\partial h_t} = \mathrm{diag}(1 - h_t^2) W",
    )

    @pytest.mark.parametrize(
        "condition", [r"t = 0, 1, \dots", r"t \ge 0", r"t = 0, \dots, T-1", r"0 \le t < T", r"t = 0, 1, 2, \ldots"]
    )
    def test_it_is_the_step_for_every_other_one(self, condition: str) -> None:
        found = words(rf"{self.NEXT} \qquad {condition}", *self.CLAIMS)
        assert found == ["definition", "proved", "refuted"]

    def test_its_step_may_have_any_name(self) -> None:
        found = words(*(text.replace("t+1", "k+1").replace("_t", "_k") for text in
                        (rf"{self.NEXT}, \quad k = 0, 1, \dots", *self.CLAIMS)))
        assert found == ["definition", "proved", "refuted"]

    def test_nothing_says_what_comes_before_its_first_step(self) -> None:
        assert words(rf"{self.NEXT}, \quad t \ge 1", self.CLAIMS[0]) == ["unread", "undecided"]
        assert words(rf"h_t = {BODY}, \quad t \ge 0", TRUE) == ["unread", "undecided"]
        assert words(rf"{self.NEXT}, \quad t = 0, \dots, T-3", self.CLAIMS[0]) == ["unread", "undecided"]


def test_functions_by_their_names_may_stand_behind_an_equation() -> None:
    where = r"\quad \text{where } D_t = \operatorname{diag}(1 - h_t^2)"
    true, false = (rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {right} {where}" for right in ("D_t W", "W D_t"))
    assert words(rf"h_t = {BODY}", true) == ["definition", "proved"]
    assert words(rf"h_t = {BODY}", false) == ["definition", "refuted"]
