"""Notes judged: what true and false displays come back as, against complex step, and that none is lost."""

from __future__ import annotations

import re

import pytest

from symbptt.judging.pages import judge_note
from symbptt.verdicts import Row
from tests.pages import UNEXPLAINED, as_note, words, words_of

VANILLA = r"h_t = \phi(W h_{t-1} + U x_t)"
JACOBIAN, DIRECT = r"\frac{\partial h_t}{\partial h_{t-1}}", r"\frac{\partial^+ h_t}{\partial W}"
CHAIN = rf"\frac{{d h_t}}{{d W}} = {DIRECT} + {JACOBIAN} \frac{{d h_{{t-1}}}}{{d W}}"
CUT = rf"{DIRECT} + {JACOBIAN} \frac{{\partial^+ h_{{t-1}}}}{{\partial W}}"
TANH = r"h_t = \tanh(W h_{t-1} + U x_t)"


def judged(*displays: str) -> list[Row]:
    note = as_note(*displays)
    rows = list(judge_note(note, question=UNEXPLAINED))
    assert len(rows) == len(note.rows) == len(displays)
    for row in rows:
        assert row.kind != "claim" or row.verdict is not None
    return rows


def claimed(definition: str, *claims: str) -> list[str]:
    first, *others = words(definition, *claims)
    assert first == "definition"
    return others


# --------------------------------------------------------------------------------------------------- small notes


class TestOneSlip:
    """A true formula, and beside it the same with one slip; the words in that order."""

    @pytest.mark.parametrize(
        ("definition", "true", "false"),
        [
            (
                VANILLA,
                r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\phi'(W h_{t-1} + U x_t)) W",
                r"\frac{\partial h_t}{\partial h_{t-1}} = W^\top \mathrm{diag}(\phi'(W h_{t-1} + U x_t))",
            ),
            (
                VANILLA,
                r"\frac{dh_t}{dW} = \sum_{1 \le k \le t} \frac{∂h_t}{∂h_k} \frac{∂^+ h_k}{∂W}",
                r"\frac{dh_t}{dW} = \sum_{1 \le k < t} \frac{∂h_t}{∂h_k} \frac{∂^+ h_k}{∂W}",
            ),
            (
                VANILLA,
                r"\frac{\partial h_t}{\partial h_k} = \prod_{t \ge i > k} \frac{\partial h_i}{\partial h_{i-1}}",
                r"\frac{\partial h_t}{\partial h_k} = \prod_{t \ge i \ge k} \frac{\partial h_i}{\partial h_{i-1}}",
            ),
            (
                VANILLA,
                r"\frac{∂h_T}{∂h_t} = \frac{∂h_T}{∂h_{t+1}} \frac{∂h_{t+1}}{∂h_t}",
                r"\frac{∂h_T}{∂h_t} = \frac{∂h_{t+1}}{∂h_t} \frac{∂h_T}{∂h_{t+1}}",
            ),
            (
                TANH,
                r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W",
                r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 + h_t^2) W",
            ),
            ("s_t = w s_{t-1}", "s_t = w^{t-k} s_k", "s_t = w^{t-k+1} s_k"),
            ("s_t = w s_{t-1}", r"\frac{d s_t}{d w} = t w^{t-1} s_0", r"\frac{d s_t}{d w} = t w^{t} s_0"),
            ("a_t = b_t + c_t a_{t-1}", "a_2 = b_2 + c_2 b_1 + c_2 c_1 a_0", "a_2 = b_2 + c_2 a_0"),
            (
                "a_t = b_t + c_t a_{t-1}",
                r"\prod_{j=1}^t c_j = c_t c_{t-1} \cdots c_1",
                r"\prod_{j=1}^t c_j = c_t \cdots c_2",
            ),
            (
                "h_t = f(x_t, h_{t-1}, θ)",
                r"\frac{d h_t}{dθ} = \frac{∂^+ h_t}{∂θ} + \frac{∂h_t}{∂h_{t-1}} \frac{d h_{t-1}}{dθ}",
                r"\frac{d h_t}{dθ} = \frac{∂^+ h_t}{∂θ} + \frac{∂h_t}{∂h_{t-1}} \frac{∂^+ h_{t-1}}{∂θ}",
            ),
        ],
    )
    def test_a_slip_is_told_from_the_formula(self, definition: str, true: str, false: str) -> None:
        assert claimed(definition, true, false) == ["proved", "refuted"]

    def test_one_sign_throughout_is_proved_as_total_and_a_sign_for_two_things_only_as_read(self) -> None:
        chain = r"\frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial w}"
        named, own = "h_t = f(x_t, h_{t-1}, w)", r"\frac{\partial f(x_t, h_{t-1}, w)}{\partial w}"
        left, direct = r"\frac{\partial h_t}{\partial w}", r"\frac{\partial h_t}{\partial w}"
        assert claimed(
            named, f"{left} = {own} + {chain}", f"{left} = {direct} + {chain}", f"{left} = {own} - {chain}"
        ) == ["proved", "holds-as-read", "refuted"]


class TestWhatAFunctionMeans:
    def test_tanh_is_tanh_and_a_letter_is_any_function(self) -> None:
        slope = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t \odot h_t) W"
        assert claimed(TANH, slope) == ["proved"]
        assert claimed(VANILLA, slope) == ["refuted"]

    def test_the_scope_says_tanh(self) -> None:
        row = judged(TANH, r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t \odot h_t) W")[1]
        assert row.verdict is not None
        assert row.verdict.scope is not None
        assert row.verdict.scope.activation == "tanh"

    def test_tanh_is_tanh_beside_an_arbitrary_function_too(self) -> None:
        cell = (r"c_t = \sigma(W c_{t-1} + U x_t)", r"h_t = \tanh(c_t)")
        step = r"\frac{\partial c_t}{\partial c_{t-1}}"
        true = rf"\frac{{\partial h_t}}{{\partial c_{{t-1}}}} = \mathrm{{diag}}(1 - \tanh(c_t)^2) {step}"
        false = true.replace(r"\tanh(c_t)^2", r"\sigma(c_t)^2")
        *_, one, other = judged(*cell, true, false)
        assert one.verdict is not None
        assert one.verdict.scope is not None
        assert other.verdict is not None
        assert (one.verdict.word, other.verdict.word) == ("proved", "refuted")
        assert (one.verdict.scope.activation, one.verdict.reason) == ("any", "tanh is what it is called")

    def test_two_functions_are_each_what_they_are_called(self) -> None:
        cell = (r"z_t = \mathrm{sigmoid}(W h_{t-1} + U x_t)", r"h_t = \tanh(V z_t)")
        true = r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(1 - h_t \odot h_t) V"
        false = r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(h_t \odot (1 - h_t)) V"
        *_, one, other = judged(*cell, true, false)
        assert one.verdict is not None
        assert other.verdict is not None
        assert (one.verdict.word, other.verdict.word) == ("proved", "refuted")

    def test_sigma_is_read_as_the_logistic_function_where_it_is_true_for_that_alone(self) -> None:
        gate, slope = r"z_t = \sigma(W h_{t-1} + U x_t)", r"\frac{\partial z_t}{\partial h_{t-1}} = \mathrm{diag}"
        page = (gate, r"h_t = z_t \odot h_{t-1}")
        true, false = rf"{slope}(z_t \odot (1 - z_t)) W", rf"{slope}(1 - z_t^2) W"
        *_, one, other = judged(*page, true, false)
        assert (one.word, other.word) == ("holds-as-read", "refuted")
        assert one.verdict is not None
        assert one.verdict.reading is not None
        assert (one.verdict.literal, one.verdict.reading.words) == ("refuted", "sigma is the logistic function")
        assert one.verdict.witness is not None
        # Any other letter is an arbitrary function.
        assert words(*(entry.replace(r"\sigma", r"\phi") for entry in (*page, true)))[-1] == "refuted"

    @pytest.mark.parametrize("name", ["sech", "erf", "sgn", "artanh"])
    def test_of_a_function_by_its_name_its_slope_is_known_and_nothing_else(self, name: str) -> None:
        function = rf"\operatorname{{{name}}}"
        step = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(%s(W h_{t-1})) W"
        found = claimed(rf"h_t = {function}(W h_{{t-1}})", step % f"{function}'", step % function)
        assert found == ["proved", "undecided"]

    def test_what_is_false_for_any_function_is_true_of_exp_and_not_refuted_where_nothing_is_known(self) -> None:
        claim, slip = (
            rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = \mathrm{{diag}}({a}) W" for a in ("h_t", "2h_t")
        )
        assert claimed(r"h_t = \exp(W h_{t-1})", claim, slip) == ["proved", "refuted"]
        assert claimed(r"h_t = \sinh(W h_{t-1})", claim, slip) == ["undecided", "undecided"]
        assert claimed(r"h_t = \phi(W h_{t-1})", claim) == ["refuted"]


class TestSignsOfDefinition:
    CLAIM = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"

    @pytest.mark.parametrize(
        "sign",
        [
            ":=", ": =", r"\coloneqq", r"\equiv", r"\triangleq", r"\doteq", r"\overset{\text{def}}{=}",
            r"\stackrel{\mathrm{def}}{=}", r"\stackrel{def}=", r"\overset{\Delta}{=}", r"\overset{(a)}{=}",
        ],
    )  # fmt: skip
    def test_it_is_an_equals_sign(self, sign: str) -> None:
        assert claimed(TANH.replace("=", sign, 1), self.CLAIM) == ["proved"]
        assert claimed(TANH, self.CLAIM.replace("=", sign)) == ["proved"]

    @pytest.mark.parametrize("sign", [r"\overset{?}{=}", r"\overset{d}{=}", r"\overset{!}{=}"])
    def test_another_sign_or_word_over_it_makes_no_equation(self, sign: str) -> None:
        assert words(TANH.replace("=", sign, 1), self.CLAIM) == ["unread", "undecided"]
        assert claimed(TANH, self.CLAIM.replace("=", sign)) == ["unread"]

    @pytest.mark.parametrize("sign", [r"\approx", r"\propto", "≈"])
    def test_a_likeness_is_an_aside_and_no_definition_is_assumed_in_its_place(self, sign: str) -> None:
        assert words(TANH.replace("=", sign, 1), self.CLAIM) == ["aside", "undecided"]
        assert claimed(TANH, self.CLAIM.replace("=", sign)) == ["aside"]

    @pytest.mark.parametrize("sign", [r"\doteq", r"\overset{\text{def}}{=}", "≡"])
    def test_in_a_sentence_it_defines_too(self, sign: str) -> None:
        note = as_note(self.CLAIM, text=f"Here ${TANH.replace('=', sign, 1)}$ throughout.")
        assert words_of(note) == ["proved"]


class TestWhatIsPrintedIsTakenAtItsWord:
    @staticmethod
    def step(at: str, before: str) -> str:
        return rf"\frac{{\partial h_{{{at}}}}}{{\partial h_{{{before}}}}}"

    def test_factors_written_out_with_dots_stand_in_their_order(self) -> None:
        left, factors = self.step("t", "k") + " = ", [self.step("t", "t-1"), self.step("t-1", "t-2")]
        rising = [self.step("k+1", "k"), self.step("k+2", "k+1"), r"\cdots", self.step("t", "t-1")]
        falling = [*factors, r"\cdots", self.step("k+1", "k")]
        assert claimed(VANILLA, left + " ".join(falling), left + " ".join(rising)) == ["proved", "refuted"]

    def test_where_factors_with_dots_rise_the_slip_is_their_order_and_speaks_of_no_product_sign(self) -> None:
        steps = r"\cdots".join((self.step("k+1", "k") + self.step("k+2", "k+1"), self.step("t", "t-1")))
        row = judge_note(as_note(VANILLA, f"{self.step('t', 'k')} = {steps}")).rows[1]
        assert row.verdict is not None
        assert row.verdict.slip is not None
        said = [repair.words for repair in row.verdict.slip.fixes]
        assert "the factors with dots should descend, the largest index on the left" in said

    def test_the_order_of_a_product_sign_is_open_and_that_of_its_abbreviated_factors_with_dots_is_not(self) -> None:
        short, left = f"J_t = {self.step('t', 't-1')}", self.step("t", "k") + " = "
        found = claimed(
            VANILLA, short, left + r"J_t J_{t-1} \cdots J_{k+1}", left + r"J_{k+1} J_{k+2} \cdots J_t",
            left + r"\prod_{j=k+1}^t J_j",
        )  # fmt: skip
        assert found == ["definition", "proved", "refuted", "proved"]

    def test_a_first_state_is_taken_for_zero_only_where_it_is_left_out(self) -> None:
        forced = r"\sum_{j=1}^k A^{k-j} B u_j"
        found = claimed(
            "x_k = A x_{k-1} + B u_k", f"x_k = A^k x_0 + {forced}", f"x_k = A^{{k-1}} x_0 + {forced}", f"x_k = {forced}"
        )
        assert found == ["proved", "refuted", "holds-as-read"]


class TestHowFarAProductReaches:
    SLOPE = r"\operatorname{diag}(\phi'(W h_{j-1} + U x_j))"

    def claim(self, body: str) -> str:
        return rf"\frac{{d h_t}}{{d W}} = \sum_{{k=1}}^t \prod_{{j=k+1}}^t {body} \frac{{\partial^+ h_k}}{{\partial W}}"

    @pytest.mark.parametrize("times", [" ", r" \cdot "])
    def test_it_may_end_behind_a_factor_without_its_index(self, times: str) -> None:
        row = judged(VANILLA, self.claim(f"{self.SLOPE}{times}W{times}"))[1]
        assert row.verdict is not None
        assert row.verdict.word == "holds-as-read"
        assert row.verdict.reading is not None
        assert "reaches over diag(phi'(W · h_{j-1} + U · x_j)) · W" in row.verdict.reading.words
        assert claimed(VANILLA, self.claim(rf"\left({self.SLOPE} W\right)")) == ["proved"]

    @pytest.mark.parametrize("body", ["W {}", "{} W W", r"{} W^\top"])
    def test_wherever_it_ends_a_wrong_factor_is_refuted_and_not_for_scalars(self, body: str) -> None:
        row = judged(VANILLA, self.claim(body.format(self.SLOPE)))[1]
        assert row.verdict is not None
        assert (row.verdict.word, row.verdict.literal) == ("refuted", "ill-typed")
        assert row.verdict.witness is not None
        assert row.verdict.reason.startswith("as printed it does not compose; read so that Π over j reaches over")

    def test_bounds_from_the_top_down_are_empty_at_their_word_and_count_down_as_read(self) -> None:
        step, left = r"\frac{\partial h_j}{\partial h_{j-1}}", r"\frac{\partial h_t}{\partial h_k} = "
        true, false = (judged(VANILLA, rf"{left}\prod_{{j=t}}^{{{low}}} {step}")[1].verdict for low in ("k+1", "k"))
        assert true is not None
        assert false is not None
        assert (true.word, true.literal, false.word) == ("holds-as-read", "refuted", "refuted")
        assert true.reading is not None
        assert true.reading.words == "j runs from t down to k+1"
        assert claimed(VANILLA, rf"{left}\prod_{{j=k+1}}^{{t}} {step}") == ["proved"]

    def test_a_sum_that_counts_down_is_read_so_too(self) -> None:
        term = r"\frac{\partial h_t}{\partial h_k} \frac{\partial^+ h_k}{\partial W}"
        total = r"\frac{d h_t}{d W} = "
        found = claimed(VANILLA, *(rf"{total}\sum_{{k=t}}^{{{low}}} {term}" for low in "12"))
        assert found == ["holds-as-read", "refuted"]


class TestWhatAQuantityDependsOn:
    OUTPUT = r"\hat y_t = V h_t"
    SPLIT = r"\frac{d E}{d W} = \sum_{t=%d}^T \frac{d E_t}{d W}"

    @pytest.mark.parametrize("left", ["E_t", r"E_t(y_t, \hat y_t)"])
    def test_several_arguments_behind_a_step_are_a_remark_and_said(self, left: str) -> None:
        page = (
            TANH,
            self.OUTPUT,
            rf"{left} = (y_t - \hat y_t)^\top (y_t - \hat y_t)",
            r"E = \sum_{t=1}^T E_t(y_t, \hat y_t)",
        )
        assert words(*page, self.SPLIT % 1, self.SPLIT % 2) == ["definition"] * 4 + ["proved", "refuted"]
        assert "what stands in parentheses behind E_t is what it depends on" in as_note(*page).assumed

    def test_where_nothing_else_says_what_it_is_it_is_a_function_of_them(self) -> None:
        chain = r"\frac{d E_t}{d W} = \frac{\partial E_t}{\partial %s} \frac{d %s}{d W}"
        page = TANH, self.OUTPUT, r"E = \sum_{t=1}^T E_t(y_t, \hat y_t)", self.SPLIT % 1
        found = words(*page, chain % (r"\hat y_t", r"\hat y_t"), r"\frac{d E_t}{d W} = 0")
        assert found == ["definition"] * 3 + ["proved", "proved", "refuted"]
        assert "E_t = ell(y_t, y\u0302_t), the summand of (L10)" in as_note(*page).assumed

    @pytest.mark.parametrize("one", ["E_t(y_t)", "h_t(x_t)", "E_t(1 - y_t)"])
    def test_one_is_an_argument_or_a_factor_and_not_read(self, one: str) -> None:
        row = judged(TANH, r"E_t = y_t^\top h_t", rf"E = \sum_{{t=1}}^T {one}")[2]
        assert row.kind == "unread"
        assert "is a product or says what it depends on" in row.reason

    def test_a_sum_behind_a_state_is_a_factor(self) -> None:
        assert claimed("s_t = w s_{t-1}", "s_t = w (s_t - s_t + s_{t-1})", "s_t (1 - s_t) = s_t - s_t^2")[1:] == [
            "proved"
        ]


class TestDerivativesOfRows:
    SLOPE = r"\operatorname{diag}(1 - h_t^2)"
    ROW = r"\frac{\partial h_t^\top}{\partial h_{t-1}}"
    IN_ROW = r"\frac{\partial h_t}{\partial h_{t-1}^\top}"

    def test_a_row_differentiated_is_the_transposed_jacobian_and_in_a_row_it_is_the_jacobian(self) -> None:
        turned, plain = rf"W^\top {self.SLOPE}", rf"{self.SLOPE} W"
        assert claimed(TANH, f"{self.ROW} = {turned}", f"{self.ROW} = {plain}") == ["proved", "refuted"]
        assert claimed(TANH, f"{self.IN_ROW} = {plain}", f"{self.IN_ROW} = {turned}") == ["proved", "refuted"]
        assert claimed(TANH, f"\\left({self.ROW}\\right)^T = {plain}") == ["proved"]

    def test_a_product_may_be_transposed_as_a_whole(self) -> None:
        left = r"\frac{\partial (W h_t)^\top}{\partial h_{t-1}}"
        true, false = rf"{left} = W^\top {self.SLOPE} W^\top", rf"{left} = W {self.SLOPE} W"
        assert claimed(TANH, true, false) == ["proved", "refuted"]

    @pytest.mark.parametrize(
        "odd",
        [
            r"\frac{\partial h_t^\top}{\partial h_{t-1}^\top}",
            r"\frac{\partial h_t^\top}{\partial W}",
            r"\frac{d h_t}{d W^\top}",
        ],
    )
    def test_where_nobody_can_tell_how_it_lies_it_is_not_read(self, odd: str) -> None:
        row = judged(TANH, f"{odd} = {self.SLOPE} W")[1]
        assert row.kind == "unread"
        assert "write it without" in row.reason

    def test_a_row_that_is_no_transposed_letter_is_judged_for_scalars_at_most(self) -> None:
        row = judged(TANH, rf"\frac{{\partial (h_t^\top W)}}{{\partial h_{{t-1}}}} = W {self.SLOPE} W")[1]
        assert row.verdict is not None
        assert row.verdict.scope is None or row.verdict.scope.sizes == {"n": 1, "d": 1}


LSTM = (
    r"f_t = \sigma(W h_{t-1} + U x_t)",
    r"o_t = \sigma(V h_{t-1} + R x_t)",
    r"c_t = f_t \odot c_{t-1} + x_t",
    r"h_t = o_t \odot \tanh(c_t)",
)


class TestJacobiansOfGatedCells:
    def test_the_own_definition_alone_is_one_meaning_of_a_jacobian(self) -> None:
        kept, both = r"\operatorname{diag}(f_t)", r"\frac{\partial c_t}{\partial c_{t-1}}"
        direct, whole, false = judged(
            *LSTM,
            f"{both} = {kept}",
            rf"{both} = {kept} + \frac{{\partial c_t}}{{\partial f_t}} \frac{{\partial f_t}}{{\partial c_{{t-1}}}}",
            rf"{both} = \operatorname{{diag}}(o_t)",
        )[len(LSTM) :]
        words = [row.verdict.word for row in (direct, whole, false) if row.verdict is not None]
        assert words == ["proved", "proved", "refuted"]
        assert direct.verdict is not None
        assert direct.verdict.reason == "every ∂c_t/∂c_{t-1} immediate"

    def test_a_plus_says_that_nothing_is_unrolled_and_d_that_all_is(self) -> None:
        kept = r"\operatorname{diag}(f_t)"
        assert claimed(*LSTM, rf"\frac{{\partial^+ c_t}}{{\partial c_{{t-1}}}} = {kept}")[-1:] == ["proved"]
        assert claimed(*LSTM, rf"\frac{{d c_t}}{{d c_{{t-1}}}} = {kept}")[-1:] == ["refuted"]

    def test_a_ring_says_the_own_definition_alone_and_a_plain_sign_holds_so_at_best_as_read(self) -> None:
        gated = (r"z_t = \sigma(W h_{t-1} + U x_t)", r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot x_t")
        signs = r"\partial^{\circ}", r"\partial^{+}", r"\partial"
        found = claimed(
            *gated, *(rf"\frac{{{sign} h_t}}{{\partial h_{{t-1}}}} = \operatorname{{diag}}(z_t)" for sign in signs)
        )
        assert found[-3:] == ["proved", "refuted", "holds-as-read"]

    def test_a_jacobian_with_one_way_through_has_one_meaning(self) -> None:
        (row,) = judged(*LSTM, r"\frac{\partial h_t}{\partial o_t} = \operatorname{diag}(\tanh(c_t))")[len(LSTM) :]
        assert row.verdict is not None
        assert (row.verdict.word, row.verdict.reason) == ("proved", "")

    def test_several_steps_are_always_unrolled(self) -> None:
        lags = "h_t = f(h_{t-1}, h_{t-2}, w)"
        direct = r"\frac{\partial f(h_{t-1}, h_{t-2}, w)}{\partial h_{t-2}}"
        through = r"\frac{\partial h_t}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial h_{t-2}}"
        both = r"\frac{\partial h_t}{\partial h_{t-2}}"
        assert claimed(lags, f"{both} = {direct} + {through}", f"{both} = {direct}") == ["proved", "refuted"]


class TestPowersOfFunctions:
    def test_the_square_of_tanh_stands_on_its_name_or_behind_it(self) -> None:
        slope = r"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = \mathrm{{diag}}(1 - {}) W"
        true, same, false = (
            slope.format(it) for it in (r"\tanh^2(W h_{t-1})", r"\tanh(W h_{t-1})^2", r"\tanh(W h_{t-1})")
        )
        assert claimed(r"h_t = \tanh(W h_{t-1})", true, same, false) == ["proved", "proved", "refuted"]

    @pytest.mark.parametrize("name", [r"\sigma^2", r"\tanh^{-1}", "f^{k}"])
    def test_any_other_power_before_an_argument_is_not_read(self, name: str) -> None:
        (row,) = judged(rf"\frac{{d h_t}}{{d w}} = {name}(h_{{t-1}})")
        assert row.kind == "unread"
        assert "says two things" in row.reason


class TestSumsWithoutBounds:
    def test_a_sum_over_t_runs_over_all_steps_and_that_is_said(self) -> None:
        page = (TANH, r"L_t = \ell(h_t, y_t)", r"L = \sum_t L_t")
        each = r"\frac{\partial L_t}{\partial h_t} \frac{d h_t}{d W}"
        true, false = rf"\frac{{d L}}{{d W}} = \sum_t {each}", rf"\frac{{d L}}{{d W}} = \sum_{{t=2}}^T {each}"
        assert words(*page, true, false) == ["definition"] * 3 + ["proved", "refuted"]
        said = "Σ over t without bounds runs from 1 to T"
        assert said in as_note(*page).assumed
        assert said not in as_note(*page[:2], r"L = \sum_{t=1}^T L_t").assumed

    def test_a_sum_up_to_t_begins_at_the_first_step(self) -> None:
        term = r"\frac{{\partial h_t}}{{\partial h_k}} \frac{{\partial^+ h_k}}{{\partial w}}"
        claim = rf"\frac{{{{d h_t}}}}{{{{d w}}}} = \sum_{{{{{{}}}}}} {term}"
        true, false = (judged(claim.format(bound))[0] for bound in (r"k \le t", "k < t"))
        assert (true.word, false.word) == ("proved", "refuted")
        said = as_note(claim.format(r"k \le t")).assumed
        assert "Σ over k without a lower bound runs from 1 to t" in said

    def test_a_sum_over_another_index_needs_its_bounds(self) -> None:
        (row,) = judged(
            r"\frac{d h_t}{d w} = \sum_k \frac{\partial h_t}{\partial h_k} \frac{\partial^+ h_k}{\partial w}"
        )
        assert row.kind == "unread"
        assert "it has no bounds" in row.reason


class TestNames:
    def test_a_number_above_a_letter_in_parentheses_is_part_of_its_name(self) -> None:
        both = r"\frac{d h_t^{(2)}}{d w} = \frac{\partial^+ h_t^{(2)}}{\partial w}"
        assert words(r"h_t = \phi(W h_{t-1})", r"h_t^{(2)} = \phi(w x_t)", both) == ["definition"] * 2 + ["proved"]
        assert words(r"h_t = \phi(W h_{t-1})", r"h_t^{(2)} = \phi(w h_t^{(2)} )", both)[-1] != "proved"

    @pytest.mark.parametrize("sign", [r"\delta", r"\Delta"])
    def test_a_sign_that_looks_like_a_derivative_is_not_taken_for_a_factor(self, sign: str) -> None:
        (row,) = judged(rf"\frac{{{sign} h_t}}{{{sign} w}} = \frac{{\partial^+ h_t}}{{\partial w}}")
        assert row.kind == "unread"
        assert "is no derivative here" in row.reason


class TestMatricesByALetter:
    def test_a_letter_for_a_matrix_made_of_diag_and_weights_is_an_abbreviation(self) -> None:
        slope = r"\frac{\partial h_t}{\partial h_{t-1}} = "
        found = words(TANH, r"D_t = \operatorname{diag}(1 - h_t^2)", f"{slope} D_t W", f"{slope} W D_t")
        assert found == ["definition", "definition", "proved", "refuted"]
        found = words(TANH, r"J_t = \operatorname{diag}(1 - h_t^2) W", f"{slope} J_t", rf"{slope} J_t^\top")
        assert found == ["definition", "definition", "proved", "refuted"]

    def test_a_diagonal_matrix_times_a_state_is_a_state(self) -> None:
        page = (r"h_t = \phi(a_t)", r"a_t = \operatorname{diag}(x_t) h_{t-1}")
        claim = r"\frac{\partial a_t}{\partial h_{t-1}} = \operatorname{diag}(x_t)"
        assert words(*page, claim, f"{claim}^2") == ["definition", "definition", "proved", "refuted"]


class TestDefinitionsBehindClaims:
    @pytest.mark.parametrize("entrywise", ["h_t^2", r"h_t \odot h_t"])
    def test_a_claim_may_stand_before_the_definition_that_it_needs(self, entrywise: str) -> None:
        slope = r"\frac{\partial h_t}{\partial h_{t-1}} = " + rf"\operatorname{{diag}}(1 - {entrywise}) W"
        assert words(slope, TANH) == ["proved", "definition"]
        assert words(slope.replace("W", r"W^\top"), TANH) == ["refuted", "definition"]


class TestRows:
    @pytest.mark.parametrize("odd", [r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} b", r"\nabla b", r"\| b \|"])
    def test_what_needs_a_definition_that_is_not_read_is_undecided_and_says_so(self, odd: str) -> None:
        claim = r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
        unread, row = judged(rf"h_t = \tanh(W h_{{t-1}} + {odd})", claim)
        assert unread.kind == "unread"
        assert row.verdict is not None
        said = f"({unread.tag}), which says what h is, is not read"
        assert (row.verdict.word, row.verdict.reason) == ("undecided", f"as printed: {said}")
        assert claimed(r"h_t = \tanh(W h_{t-1} + b)", claim) == ["refuted"]

    def test_a_condition_on_t_beside_a_horizon_says_which_steps(self) -> None:
        page = (TANH, r"L_t = \ell(h_t, y_t)", r"L = \sum_{t=1}^T L_t")
        claim = (
            r"\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L_{t-1}}{\partial h_{t-1}}"
            r" + \frac{\partial L}{\partial h_t} \operatorname{diag}(1 - h_t^2) W"
        )
        assert words(*page, claim, rf"{claim}, \quad t \ge 2")[-2:] == ["refuted", "proved"]

    def test_no_display_ends_the_reading_of_the_others(self) -> None:
        rows = judged(r"E = \sum_t E_t(y_t, \hat y_t)", r"L = \sum_{t=1}^T L_t(h_t)", TANH, CHAIN)
        assert (rows[2].kind, rows[3].word) == ("definition", "proved")

    def test_every_display_is_a_row_and_every_claim_has_a_verdict(self) -> None:
        found = words(VANILLA, CHAIN, r"\nabla h_t = 0", "h_t = W", "(", r"h_t = U x_t = W h_{t-1}")
        assert found[:3] == ["definition", "proved", "unread"]
        assert found[4] == "aside"
        assert all(word in ("refuted", "ill-typed", "aside", "unread") for word in found[2:])

    def test_a_chain_is_judged_link_by_link_and_one_error_is_one_error(self) -> None:
        chain = rf"\begin{{aligned}} {CHAIN} \\ &= {CUT} \\ &= {CUT} \end{{aligned}}"
        note = as_note(VANILLA, chain)
        rows = list(judge_note(note, question=UNEXPLAINED))
        assert len(rows) == len(note.rows)
        links = [link.verdict.word for row in rows[1:] for link in (row.links or [row]) if link.verdict is not None]
        assert links == ["proved", "refuted", "proved"]

    def test_scalars_are_taken_only_where_vectors_do_not_compose_and_nothing_speaks_of_vectors(self) -> None:
        slope = r"\frac{\partial h_t}{\partial h_{t-1}} = "
        (vector,) = judged(TANH, rf"{slope} \mathrm{{diag}}(1 - h_t^2) W")[1:]
        (scalar,) = judged(TANH.replace("W", "w").replace("U", "u"), rf"{slope} (1 - h_t^2) w")[1:]
        (capital,) = judged(TANH, rf"{slope} (1 - h_t^2) W")[1:]
        assert capital.word == "undecided"
        assert vector.verdict is not None
        assert vector.verdict.scope is not None
        assert scalar.verdict is not None
        assert scalar.verdict.scope is not None
        assert (vector.verdict.scope.sizes, scalar.verdict.scope.sizes) == ("any", {"n": 1, "d": 1})

    @pytest.mark.parametrize("sign", [r"\mathrm{diag}(1 - h_t^2) W", "W^\\top", r"\phi(h_t) \odot h_t"])
    def test_where_the_page_has_vectors_what_composes_for_scalars_alone_is_ill_typed(self, sign: str) -> None:
        slope = r"\frac{\partial h_t}{\partial h_{t-1}} = "
        *_, scalar = judged(TANH, rf"{slope} {sign}", rf"{slope} (1 - h_t^2) W")
        assert scalar.verdict is not None
        assert scalar.verdict.word == "ill-typed"
        assert "a product needs 1 rows on its right, not n" in scalar.verdict.reason

    def test_there_a_definition_that_composes_for_scalars_alone_is_not_read(self) -> None:
        made, claim = r"q_t = (W \otimes W) h_t", r"\frac{\partial q_t}{\partial h_t} = W \otimes W"
        definition, other, row = judged(TANH, made, claim)
        assert (definition.kind, other.kind, row.word) == ("definition", "unread", "undecided")
        assert "W ⊗ W is nn×nn and h_t is n×1" in other.reason
        assert [row.word for row in judged(TANH, "q_t = (W W) h_t", claim.replace(r" \otimes", ""))][1:] == [
            "definition",
            "proved",
        ]

    def test_the_square_of_a_length_is_a_number(self) -> None:
        made, claim = r"q_t = \| W h_t \|^2", r"\frac{\partial q_t}{\partial h_t} = 2 h_t^\top W^\top W"
        assert [row.word for row in judged(TANH, made, claim)][1:] == ["definition", "proved"]
        assert [row.word for row in judged(TANH, made, claim.replace("= 2", "="))][1:] == ["definition", "refuted"]

    def test_bold_letters_are_vectors(self) -> None:
        bold = [entry.replace("h_", r"\mathbf{h}_") for entry in (TANH, r"\frac{d h_t}{d h_{t-1}} = (1 - h_t^2) W")]
        assert words(*bold) == ["definition", "ill-typed"]

    def test_a_claim_starts_where_it_makes_sense(self) -> None:
        row = judged(
            "a_t = b_t + c_t a_{t-1}", r"a_t = b_t + c_t b_{t-1} + c_t c_{t-1} b_{t-2} + c_t c_{t-1} c_{t-2} a_{t-3}"
        )[1]
        assert row.verdict is not None
        assert row.verdict.scope is not None
        assert (row.verdict.word, row.verdict.scope.start) == ("proved", 3)

    def test_a_definition_after_the_recurrence_is_a_claim_and_the_start_is_not(self) -> None:
        assert words("a_t = c_t a_{t-1}", "a_0 = 1", "a_1 = c_1", "a_2 = c_1") == [
            "definition", "definition", "proved", "refuted",
        ]  # fmt: skip
        assert words("a_t = c_t a_{t-1}", "a_1 = b_1") == ["definition", "refuted"]
        assert words("a_t = c_t a_{t-2}", "a_1 = b_1") == ["definition", "definition"]

    def test_a_state_is_no_abbreviation_of_its_derivative(self) -> None:
        assert words(VANILLA, r"h_t = \frac{d h_t}{d W}", CHAIN) == ["definition", "ill-typed", "proved"]

    def test_an_abbreviation_given_twice_is_a_claim_the_second_time(self) -> None:
        found = words(
            VANILLA,
            r"g_t = \frac{d h_t}{d W}",
            r"g_t = \frac{\partial^+ h_t}{\partial W} + \frac{\partial h_t}{\partial h_{t-1}} g_{t-1}",
            r"g_t = \frac{\partial^+ h_t}{\partial W}",
        )
        assert found == ["definition", "definition", "proved", "refuted"]

    def test_a_fault_while_one_claim_is_read_loses_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise IndexError("index 1 is out of bounds")

        monkeypatch.setattr("symbptt.judging.claims._read", fail)
        assert claimed(VANILLA, CHAIN, CHAIN) == ["undecided", "undecided"]

    def test_a_step_beside_a_vector_is_ill_typed_or_undecided_and_nothing_breaks(self) -> None:
        assert claimed(VANILLA, r"h_t = \phi(W h_{t-1} + t)")[0] in ("ill-typed", "undecided", "refuted")


class TestReasons:
    def test_each_reason_names_its_place_and_shows_the_piece(self) -> None:
        for row in judged(VANILLA, r"\nabla h_t = 0", "h_t = h", r"h_t = \foo", r"h_t = \sum_i x_i")[1:]:
            assert row.kind == "unread"
            line, caret = row.excerpt.splitlines()
            assert re.match(r"line \d+, column \d+: ", row.reason)
            assert caret.strip() == "^"
            assert len(caret) <= len(line) + 1


def test_where_a_side_has_no_value_at_some_index_it_is_refuted_at_another() -> None:
    linear = "s_t = A s_{t-1} + B u_t"
    left = r"\frac{\partial s_t}{\partial s_k}"
    assert claimed(linear, f"{left} = A^{{t-k-1}}", f"{left} = A^{{t-k}}") == ["refuted", "proved"]
    # With a value nowhere it is neither.
    assert claimed(linear, r"s_t = A^t s_0 + \sum_{k=1}^{t} A^{t-k-1} B u_k") == ["undecided"]


def test_an_empty_product_is_the_identity_in_an_explicit_formula() -> None:
    left, slope = r"\frac{\partial h_t}{\partial h_{t-1}}", r"\mathrm{diag}(1 - h_t^2) W"
    empty, one = (
        rf"{left} = \left( \prod_{{j={first}}}^{{t}} \frac{{\partial h_j}}{{\partial h_{{j-1}}}} \right) {slope}"
        for first in ("t+1", "t")
    )
    assert claimed(r"h_t = \tanh(W h_{t-1})", empty, one) == ["proved", "refuted"]
