"""Definitions as people write them, each with a true claim that rests on it and one with a slip."""

from __future__ import annotations

import pytest

from tests.pages import words
from tests.test_door import words as words_beside

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
        found = words(
            *(
                text.replace("t+1", "k+1").replace("_t", "_k")
                for text in (rf"{self.NEXT}, \quad k = 0, 1, \dots", *self.CLAIMS)
            )
        )
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


class TestParameters:
    TOTAL = (
        r"\frac{d s_t}{d \psi} = \frac{\partial F}{\partial \psi} + \frac{\partial F}{\partial s_{t-1}} "
        r"\frac{d s_{t-1}}{d \psi}"
    )

    @pytest.mark.parametrize("step", [r"F(s_{t-1}, u_t; \psi)", r"F_\psi(s_{t-1}, u_t)", r"F_{\psi}(u_t, s_{t-1})"])
    def test_weights_stand_behind_a_semicolon_or_below_the_function(self, step: str) -> None:
        name = r"F_\psi" if "_" in step[:2] else "F"
        true = self.TOTAL.replace("F", name)
        assert words(rf"s_t = {step}", true, true.replace("+", "-")) == ["definition", "proved", "refuted"]

    def test_two_functions_with_their_own_weights_are_two(self) -> None:
        chain = r"\frac{d y_t}{d \alpha} = \frac{\partial g_\beta(s_t)}{\partial s_t} \frac{d s_t}{d \alpha}"
        found = words(
            r"s_t = f_\alpha(s_{t-1}, u_t)",
            r"y_t = g_\beta(s_t)",
            chain,
            r"\frac{d y_t}{d \beta} = \frac{\partial g_\beta(s_t)}{\partial \beta}",
            r"\frac{d y_t}{d \beta} = \frac{\partial f_\alpha}{\partial \alpha}",
        )
        assert found[:4] == ["definition", "definition", "proved", "proved"]
        assert found[4] in ("refuted", "ill-typed")

    @pytest.mark.parametrize("loss", ["c", "q", "R"])
    def test_a_letter_before_a_parenthesis_around_one_state_everywhere_is_a_function(self, loss: str) -> None:
        step, whole = r"s_t = f(s_{t-1}, u_t, \theta)", rf"J(\theta) = \sum_{{t=1}}^{{T}} {loss}(s_t)"
        gradient = rf"\frac{{d J(\theta)}}{{d \theta}} = \sum_{{t=1}}^{{T}} \frac{{d {loss}(s_t)}}{{d s_t}}"
        true, false = (
            gradient + rf"\frac{{{of} s_t}}{{{of[:1] if of == 'd' else r'∂'} \theta}}" for of in ("d", "∂^+")
        )
        assert words(step, whole, true, false) == ["definition", "definition", "proved", "refuted"]

    def test_what_is_differentiated_may_name_the_weights_it_depends_on(self) -> None:
        slopes = r"\frac{∂ f}{∂ \theta} + \frac{∂ f}{∂ s_{t-1}} \frac{d s_{t-1}(\theta)}{d \theta}"
        true = rf"\frac{{d s_t(\theta)}}{{d \theta}} = {slopes}"
        found = words(r"s_t = f(s_{t-1}, u_t, \theta)", true, true.replace("+", "-"))
        assert found == ["definition", "proved", "refuted"]
        # Elsewhere it may be a product, and nothing is dropped.
        found = words("s_t = s_{t-1} (w) + u_t", r"\frac{d s_1}{d w} = s_0", r"\frac{d s_1}{d w} = 0")
        assert found[1:] == ["undecided", "undecided"]

    def test_a_letter_that_is_differentiated_in_is_a_factor(self) -> None:
        # Were v a function, it would be none that a derivative is taken in.
        found = words("h_t = w (h_{t-1})", "o_t = v (h_t)", r"\frac{d o_t}{d v} = h_t", r"\frac{d o_t}{d v} = h_{t-1}")
        assert found[1:] == ["definition", "proved", "refuted"]


class TestOperators:
    STEP = r"h_t = \tanh(W h_{t-1} + U x_t)"

    @pytest.mark.parametrize(
        "true",
        [
            r"\frac{\partial}{\partial h_{t-1}} \tanh(W h_{t-1} + U x_t) = \mathrm{diag}(1 - h_t^2) W",
            r"\frac{\partial}{\partial h_{t-1}} \left[ \tanh(W h_{t-1} + U x_t) \right] = \mathrm{diag}(1 - h_t^2) W",
            r"\frac{\partial (W h_{t-1} + U x_t)}{\partial h_{t-1}} = W \in \mathbb{R}^{n \times n}",
            r"\partial_{h_{t-1}} h_t = \mathrm{diag}(1 - h_t^2) W \in \mathbb{R}^{n \times n}",
            r"D_{h_{t-1}} h_t = \mathrm{diag}(1 - h_t^2) W",
            r"D_U h_t = D^+_U h_t + \mathrm{diag}(1 - h_t^2) W D_U h_{t-1}",
            r"\frac{d}{d U} h_t = \frac{∂^+ h_t}{∂ U} + \frac{∂ h_t}{∂ h_{t-1}} \frac{d}{d U} h_{t-1}",
        ],
    )
    def test_what_stands_behind_one_is_differentiated(self, true: str) -> None:
        false = true.replace(" W", " U W") if "W D_U" not in true else true.replace("W D_U", "D_U")
        false = false.replace("{d}{d U} h_{t-1}", "{d}{d U} h_t")
        _, proved, other = words(self.STEP, true, false)
        assert proved == "proved"
        assert other in ("refuted", "ill-typed")

    def test_a_letter_with_a_label_is_no_operator(self) -> None:
        true = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) D_h"
        assert words(r"h_t = \tanh(D_h h_{t-1} + D_x x_t)", true) == ["definition", "proved"]
        told = r"D_t = \mathrm{diag}(1 - h_t^2)"
        jacobian = r"\frac{\partial h_t}{\partial h_{t-1}} = D_t W"
        assert words(self.STEP, told, jacobian)[2] == "proved"


class TestCases:
    STEP = r"h_t = \begin{cases} h_0 & t = 0 \\ \tanh(W h_{t-1} + U x_t) & t \ge 1 \end{cases}"
    CLAIM = r"\frac{d h_t}{d W} = \begin{cases} %s, & t = 0 \\ %s & \text{%s} \end{cases}"
    FULL = r"\frac{\partial^+ h_t}{\partial W} + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}"
    CUT = r"\frac{\partial^+ h_t}{\partial W}"

    @pytest.mark.parametrize("condition", ["otherwise", r"if $t \ge 1$", "for $t > 0$"])
    def test_each_case_is_a_claim_and_the_row_is_the_worst_of_them(self, condition: str) -> None:
        claims = [self.CLAIM % ("0", right, condition) for right in (self.FULL, self.CUT)]
        assert words(self.STEP, *claims) == ["definition", "proved", "refuted"]

    def test_a_case_of_one_step_counts_too(self) -> None:
        jacobian = r"\frac{\partial h_t}{\partial h_k} = \begin{cases} %s & k = t \\ %s & k < t \end{cases}"
        below = r"\prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}"
        assert words(self.STEP, jacobian % ("I", below), jacobian % ("W", below))[1:] == ["proved", "refuted"]

    def test_a_condition_on_anything_but_steps_is_not_read(self) -> None:
        spike = r"h_t = \begin{cases} W x_t & x_t > 0 \\ 0 & \text{otherwise} \end{cases}"
        assert words(spike, r"\frac{\partial h_t}{\partial x_t} = W") == ["unread", "undecided"]

    def test_a_step_that_no_case_is_about_is_unknown(self) -> None:
        gap = r"h_t = \begin{cases} h_0 & t = 0 \\ \tanh(W h_{t-1} + U x_t) & t \ge 2 \end{cases}"
        assert words(gap, TRUE) == ["unread", "undecided"]

    def test_an_array_behind_a_brace_runs_backwards_from_its_last_step(self) -> None:
        loss = r"L = \sum_{t=1}^{T} \ell(h_t, y_t)"
        back = (
            r"\lambda_t = \left\{ \begin{array}{ll} \frac{\partial \ell(h_T, y_T)}{\partial h_T}, & t = T \\"
            r"\frac{∂ \ell(h_t, y_t)}{∂ h_t} + \lambda_{t+1} \frac{∂ h_{t+1}}{∂ h_t}, & t < T"
            r"\end{array} \right."
        )
        total = r"\frac{d L}{d W} = \sum_{t=1}^{T} \lambda_{%s} \frac{\partial^+ h_t}{\partial W}"
        found = words(rf"h_t = {BODY}", loss, back, total % "t", total % "t-1")
        assert found == ["definition", "definition", "definition", "proved", "refuted"]

    def test_several_equations_behind_a_brace_are_each_for_itself(self) -> None:
        pair = r"\begin{cases} z_t = W h_{t-1} + U x_t \\ h_t = \tanh(z_t) \end{cases}"
        slopes = r"\frac{∂ h_t}{∂ z_t} &= \mathrm{diag}(1 - h_t^2) \\ \frac{∂ z_t}{∂ h_{t-1}} &= %s"
        both = rf"\begin{{cases}} {slopes} \end{{cases}}"
        assert words(pair, both % "W", both % "W^2") == ["definition", "proved", "refuted"]


class TestBlocks:
    STEP = r"h_t = \tanh(M %s + b)"
    SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) %s"

    @pytest.mark.parametrize(
        ("column", "whole"),
        [
            ("[h_{t-1}, x_t]", "[A, B]"),
            ("[h_{t-1}; x_t]", r"\begin{bmatrix} A & B \end{bmatrix}"),
            (r"\begin{pmatrix} h_{t-1} \\ x_t \end{pmatrix}", r"[A \quad B]"),
            (r"[h_{t-1}^\top, x_t^\top]^\top", "[A, B]"),
        ],
    )
    def test_a_weight_in_blocks_stands_before_columns_below_each_other(self, column: str, whole: str) -> None:
        found = words(f"M = {whole}", self.STEP % column, self.SLOPE % "A", self.SLOPE % "B")
        assert found == ["definition", "definition", "proved", "ill-typed"]

    def test_the_blocks_are_in_the_order_of_the_columns(self) -> None:
        found = words("M = [A, B]", self.STEP % "[x_t, h_{t-1}]", self.SLOPE % "B", self.SLOPE % "A")
        assert found == ["definition", "definition", "proved", "ill-typed"]

    def test_a_gradient_in_the_whole_weight_has_the_columns_of_what_it_stands_before(self) -> None:
        total = r"\frac{d h_t}{d M} = \frac{\partial^+ h_t}{\partial M} + %s \frac{d h_{t-1}}{d M}"
        slope = r"\mathrm{diag}(1 - h_t^2) A"
        immediate = r"\frac{\partial^+ h_t}{\partial M} = %s^\top \otimes \mathrm{diag}(1 - h_t^2)"
        found = words(
            "M = [A, B]",
            self.STEP % "[h_{t-1}, x_t]",
            total % slope,
            total % slope.replace("h_t", "h_{t-1}"),
            immediate % "[h_{t-1}, x_t]",
            immediate % "[h_t, x_t]",
        )
        assert found[2:] == ["proved", "refuted", "proved", "refuted"]

    def test_rows_of_data_stand_beside_each_other(self) -> None:
        assert words(r"h_t = \tanh([x_t, h_{t-1}] W + b)", "o_t = h_t V") == ["definition", "definition"]

    @pytest.mark.parametrize(
        ("first", "second"), [("{:,1:n}", "{:,n+1:n+d}"), ("{[:, :n]}", "{[:, n:]}"), ("{:,:n}", "{:,n+1:}")]
    )
    def test_columns_by_their_numbers_are_the_blocks(self, first: str, second: str) -> None:
        step = r"h_t = \tanh(W [h_{t-1}; x_t])"
        inputs = r"\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(1 - h_t^2) W_"
        found = words(step, self.SLOPE % f"W_{first}", inputs + second, inputs + first)
        assert found == ["definition", "proved", "proved", "ill-typed"]

    @pytest.mark.parametrize("columns", ["{:,2:n}", "{:,n:m}", "{1:n,:}"])
    def test_other_columns_are_not_read(self, columns: str) -> None:
        step = r"h_t = \tanh(W [h_{t-1}; x_t; y_t])"
        assert words(step, self.SLOPE % f"W_{columns}") == ["definition", "unread"]

    def test_the_number_of_columns_may_be_that_of_another_letter(self) -> None:
        step, claim = r"h_t = \tanh(W [h_{t-1}; x_t])", self.SLOPE % "W_{:,1:n}"
        assert words(step, claim) == ["definition", "proved"]
        other = r"x_t \in \mathbb{R}^n"
        assert words(step, claim, other)[:2] == ["definition", "unread"]


class TestCopies:
    STEP = r"h_t = \tanh(W_t h_{t-1} + U x_t)"
    PLAIN = r"h_t = \tanh(W h_{t-1} + U x_t)"
    SUM = r"\frac{d h_T}{d W} = \sum_{k=1}^{T} \frac{\partial h_%s}{\partial W_k}"

    @pytest.mark.parametrize("said", ["W_t = W", r"W_1 = W_2 = \dots = W_T = W", "W = W_k"])
    def test_weights_that_are_one_at_every_step_are_one(self, said: str) -> None:
        found = words(said, self.STEP, self.SUM % "T", self.SUM % "k")
        assert found == ["aside", "definition", "proved", "refuted"]

    @pytest.mark.parametrize("copy", ["W_k", "W_{(k)}", "W^{(k)}"])
    def test_words_tell_of_copies(self, copy: str) -> None:
        said = rf"¶Write ${copy}$ for the copy of $W$ that step $k$ uses."
        true, false = (
            rf"\frac{{∂ h_t}}{{∂ {copy}}} = \frac{{∂ h_t}}{{∂ h_{i}}} \frac{{∂ h_k}}{{∂ {copy}}}"
            for i in ("k", "{k+1}")
        )
        assert words_beside(said, self.PLAIN, true, false) == ["definition", "proved", "refuted"]

    def test_each_copy_is_the_weight(self) -> None:
        each = r"\frac{\partial W_k}{\partial W} = %s"
        assert words("W_t = W", self.STEP, each % "I", each % "0")[2:] == ["proved", "refuted"]

    def test_where_the_words_deny_it_there_are_no_copies(self) -> None:
        denied = "¶It is wrong that $W_t = W$ for every $t$."
        assert words_beside(denied, self.STEP, self.SUM % "T") == ["unread", "unread"]


class TestWrittenWithDots:
    STEP = r"q_t = \tanh(V q_{t-1} + B u_t)"
    JACOBIAN = r"\frac{\partial q_t}{\partial q_{t-1}} = "
    DIAGONAL = r"\begin{pmatrix} %s & & 0 \\ & \ddots & \\ 0 & & %s \end{pmatrix}"
    FULL = r"\begin{bmatrix} %s & \cdots & %s \\ \vdots & & \vdots \\ %s & \cdots & %s \end{bmatrix}"
    ENDS = ("1 - q_{t,1}^2", "1 - q_{t,m}^2")

    def test_a_diagonal_is_told_by_its_ends(self) -> None:
        found = words(
            self.STEP,
            self.JACOBIAN + self.DIAGONAL % self.ENDS + "V",
            self.JACOBIAN + "V" + self.DIAGONAL % self.ENDS,
            self.JACOBIAN + self.DIAGONAL % ("1 - q_{t,1}^2", "1 + q_{t,m}^2") + "V",
            self.JACOBIAN + self.DIAGONAL % ("1 - q_{t,1}^2", "1 - q_{t,1}^2") + "V",
        )
        assert found == ["definition", "proved", "refuted", "unread", "unread"]

    def test_what_stands_between_must_fit(self) -> None:
        matrix = (
            r"\begin{pmatrix} 1 - q_{t,1}^2 & 0 & \cdots & 0 \\ 0 & 1 - q_{t,%s}^2 & \cdots & 0 \\"
            r"\vdots & \vdots & \ddots & \vdots \\ 0 & 0 & \cdots & 1 - q_{t,m}^2 \end{pmatrix} V"
        )
        assert words(self.STEP, *(self.JACOBIAN + matrix % second for second in "23"))[1:] == ["proved", "unread"]

    def test_a_full_matrix_is_told_by_its_corners(self) -> None:
        slope = "(1 - q_{t,%s}^2) v_{%s}"
        corners = [(1, "11"), (1, "1m"), ("m", "m1"), ("m", "mm")]
        rows = tuple(slope % corner for corner in corners)
        columns = tuple(slope % (pair[1], pair) for _, pair in corners)
        turned = tuple(slope % (row, pair[::-1]) for row, pair in corners)
        one_slip = (*rows[:3], slope % (1, "mm"))
        claims = [self.JACOBIAN + self.FULL % made for made in (rows, columns, turned, one_slip)]
        assert words(self.STEP, *claims)[1:] == ["proved", "refuted", "refuted", "unread"]

    def test_its_entries_may_be_derivatives(self) -> None:
        partial = r"\frac{\partial q_{t,%s}}{\partial q_{t-1,%s}}"
        ends = [("1", "1"), ("1", "m"), ("m", "1"), ("m", "m")]
        claims = [self.JACOBIAN + self.FULL % tuple(partial % pair[::turn] for pair in ends) for turn in (1, -1)]
        assert words(self.STEP, *claims)[1:] == ["proved", "refuted"]

    def test_a_matrix_without_dots_is_not_filled_in(self) -> None:
        bare = self.JACOBIAN + r"\begin{pmatrix} 1 - q_{t,1}^2 & \\ & 1 - q_{t,m}^2 \end{pmatrix} V"
        assert words(self.STEP, bare) == ["definition", "unread"]


SUM = r"L = \sum_{t=1}^T \ell(h_t)"
IN_IT = r"\frac{\partial L}{\partial z_t} = \operatorname{diag}(1 - h_t^2) \frac{\partial L}{\partial h_t}"


class TestWrittenOut:
    def test_a_letter_for_what_stands_written_out_elsewhere_stands_there(self) -> None:
        page = (r"h_t = \tanh(U x_t + W h_{t-1})", r"z_t = W h_{t-1} + U x_t", SUM)
        wrong = IN_IT.replace("h_t^2", "h_{t-1}^2")
        assert words(*page, IN_IT, wrong, r"\frac{\partial L}{\partial z_t} = 0")[3:] == [
            "proved",
            "refuted",
            "refuted",
        ]

    def test_it_does_so_at_every_step_and_below_a_sum(self) -> None:
        page = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"e_t = h_t - y_t", r"L = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2")
        claim = r"\frac{\partial L}{\partial e_t} = %s e_t"
        assert words(*page, claim % "", claim % "2")[3:] == ["proved", "refuted"]

    def test_nothing_is_said_of_a_derivative_in_a_letter_that_nothing_is_made_of(self) -> None:
        page = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"z_t = W h_{t-1} + U x_t + b", SUM)
        assert words(*page, IN_IT, r"\frac{\partial L}{\partial z_t} = 0")[3:] == ["undecided", "undecided"]


class TestStatedInText:
    CLAIMS = (TRUE, FALSE)

    @pytest.mark.parametrize(
        "said",
        [
            rf"For $h_t = {BODY}$ and ${SUM}$, in numerator layout:",
            rf"For $z_t = W h_{{t-1}} + U x_t$, $h_t = \tanh(z_t)$ and ${SUM}$:",
            rf"For $h_t = \tanh(z_t)$, $z_t = W h_{{t-1}} + U x_t$ and ${SUM}$:",
            rf"$h_t = {BODY}$, ${SUM}$.",
            rf"Consider $h_t = {BODY}$.",
        ],
    )
    def test_a_formula_behind_for_that_gives_a_new_letter_and_one_that_is_a_whole_sentence_define_it(
        self, said: str
    ) -> None:
        assert words_beside(said, *self.CLAIMS) == ["proved", "refuted"]

    @pytest.mark.parametrize(
        "said",
        [
            r"For $h_t = W h_{t-1}$, everything is linear.",
            r"This is a common mistake. $h_t = W h_{t-1} + U x_t$.",
            r"Many people believe this. $h_t = W h_{t-1} + U x_t$. It is not so.",
            r"$h_t = W h_{t-1} + U x_t$? The state is the hyperbolic tangent of that.",
            r"One could consider $h_t = W h_{t-1} + U x_t$.",
            r"If $h_t = W h_{t-1} + U x_t$, everything is linear.",
        ],
    )
    def test_one_that_is_taken_back_or_supposed_defines_nothing(self, said: str) -> None:
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = W"
        assert words_beside(said, claim, claim + " + 1") not in (["proved", "refuted"], ["holds-as-read", "refuted"])

    def test_a_letter_that_is_only_supposed_to_be_something_is_no_data(self) -> None:
        said = rf"For $z_t = W h_{{t-1}}$ let $h_t = \tanh(z_t)$ be the state and ${SUM}$ the loss."
        claims = (r"\frac{\partial L}{\partial W} = 0", r"\frac{\partial h_t}{\partial h_{t-1}} = 0")
        assert words_beside(said, *claims) == ["undecided", "undecided"]

    def test_a_letter_that_stands_before_is_no_new_one(self) -> None:
        first = rf"$h_t = {BODY}$, ${SUM}$."
        then = r"For $x_t = x_{t-1} + \sin(1)$ the input moves."
        claim = r"\frac{\partial L}{\partial U} = 0"
        assert words_beside(f"{first} {then}", claim) != ["proved"]

    def test_where_the_text_gives_a_letter_twice_and_not_the_same_neither_is_gone_by(self) -> None:
        first, then = r"In this section, let $h_t = W h_{t-1} + U x_t$.", r"Now let $h_t = \tanh(W h_{t-1} + U x_t)$."
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = W"
        assert words_beside(f"{first} {then}", claim, TRUE) == ["undecided", "undecided"]
        again = r"Recall that $h_t = W h_{t-1} + U  x_t$ is the state."
        assert words_beside(f"{first} {again}", claim, TRUE) == ["proved", "refuted"]
