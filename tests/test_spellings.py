"""What authors write otherwise and mean alike: fonts, braces, words, roots and powers of e; with near twins."""

from __future__ import annotations

import pytest

from symbptt import judge_note
from tests.test_door import note, words

CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}}"


class TestSwitchesOfFonts:
    @pytest.mark.parametrize(
        ("right", "word"),
        [
            (r"{\rm diag}(1 - {\bf h}_t^2) {\bf W}_{\rm rec}", "proved"),
            (r"{\rm diag}(1 - {\bf h_t}^2) {\bf W}_{\rm rec}", "proved"),
            (r"{\rm diag}(1 - {\bf h}_t^2) {\bf W}_{\rm rec}^T", "refuted"),
            (r"{\rm diag}(1 - {\bf h}_{t-1}^2) {\bf W}_{\rm rec}", "refuted"),
        ],
    )
    def test_a_switch_in_braces_is_the_font_of_what_follows_it(self, right: str, word: str) -> None:
        cell = r"{\bf h}_t = \tanh({\bf W}_{\rm rec} {\bf h}_{t-1} + {\bf U} {\bf x}_t)"
        assert words(cell, rf"\frac{{\partial {{\bf h}}_t}}{{\partial {{\bf h_{{t-1}}}}}} = {right}")[-1] == word

    def test_a_derivative_may_be_written_with_an_upright_d(self) -> None:
        cell = r"{\bf h}_t = \tanh({\bf W} {\bf h}_{t-1})"
        assert words(cell, r"\frac{{\rm d} {\cal L}}{\rm d {\bf W}} = 0")[-1] == "refuted"

    def test_a_switch_in_the_middle_of_braces_is_not_read(self) -> None:
        assert words(CELL, rf"{SLOPE} = \operatorname{{diag}}(1 - {{h_t \bf }}^2) W")[-1] == "unread"


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        (r"\frac{\partial {h}_{t}}{\partial {h}_{t-1}} = \operatorname{diag}(1 - {h}_t^2) {W}", "proved"),
        (r"\frac{\partial {h}_{t}}{\partial {h}_{t-1}} = \operatorname{diag}(1 - {h}_t^2) {W}^{T}", "refuted"),
        (r"\frac{\partial {h}_{t}}{\partial {h}_{t-1}} = \operatorname{diag}(1 - {h}_{t-1}^2) {W}", "refuted"),
    ],
)
def test_braces_around_one_letter_hold_nothing_together(claim: str, word: str) -> None:
    assert words(CELL, claim)[-1] == word


class TestWords:
    @pytest.mark.parametrize("diag", [r"\text{Diag}", r"\mathrm{Diag}", r"\operatorname{Diag}", "Diag", r"\Diag"])
    def test_diag_with_a_capital_letter_is_diag(self, diag: str) -> None:
        assert words(CELL, rf"{SLOPE} = {diag}(1 - h_t^2) W", rf"{SLOPE} = {diag}(1 - h_t) W")[1:] == [
            "proved",
            "refuted",
        ]

    def test_a_named_function_may_begin_with_a_capital_letter(self) -> None:
        cell = r"h_t = \text{Tanh}(W h_{t-1} + U x_t)"
        claims = [rf"{SLOPE} = diag(1 - {function}^2(W h_{{t-1}} + U x_t)) W" for function in ("tanh", "sigmoid")]
        assert words(cell, *claims)[1:] == ["proved", "refuted"]

    def test_a_word_before_a_bracket_that_nothing_explains_is_no_weight(self) -> None:
        assert words(CELL, rf"{SLOPE} = \text{{offdiag}}(1 - h_t^2) W")[-1] == "unread"


class TestRoots:
    @pytest.mark.parametrize(
        ("claim", "word"),
        [
            (r"\operatorname{diag}\left(\frac{1}{2 \sqrt{v_t}}\right)", "proved"),
            (r"\operatorname{diag}\left(\frac{1}{2 s_t}\right)", "proved"),
            (r"\operatorname{diag}\left(\frac{1}{\sqrt{v_t}}\right)", "refuted"),
            (r"\operatorname{diag}\left(\frac{1}{2 \sqrt{s_t}}\right)", "refuted"),
            (r"\operatorname{diag}\left(\frac{1}{2 \sqrt[3]{v_t}}\right)", "unread"),
        ],
    )
    def test_a_root_is_that_of_each_entry(self, claim: str, word: str) -> None:
        page = r"v_t = \exp(W v_{t-1} + U x_t)", r"s_t = \sqrt{v_t}"
        assert words(*page, rf"\frac{{\partial s_t}}{{\partial v_t}} = {claim}")[-1] == word

    def test_a_root_may_stand_below_a_bar(self) -> None:
        page = CELL, r"a_t = \frac{Q h_t}{\sqrt{d_k}}"
        left = r"\frac{\partial a_t}{\partial h_t}"
        assert words(*page, rf"{left} = \frac{{Q}}{{\sqrt{{d_k}}}}", rf"{left} = \frac{{Q}}{{d_k}}")[2:] == [
            "proved",
            "refuted",
        ]


class TestPowersOfE:
    @pytest.mark.parametrize("power", ["e^{-z}", r"\mathrm{e}^{-z}", "e^{ - z }"])
    def test_e_to_a_power_is_exp_of_it(self, power: str) -> None:
        page = r"h_t = s(W h_{t-1} + U x_t)", rf"s(z) = \frac{{1}}{{1 + {power}}}"
        claims = [rf"{SLOPE} = \operatorname{{diag}}({slope}) W" for slope in (r"h_t \odot (1 - h_t)", "1 - h_t^2")]
        assert words(*page, *claims) == ["definition", "aside", "proved", "refuted"]

    def test_e_to_a_sum_is_exp_of_it(self) -> None:
        page = CELL, "y_t = e^{V h_t + b}"
        claims = [rf"\frac{{\partial y_t}}{{\partial h_t}} = {right}" for right in (r"\operatorname{diag}(y_t) V", "V")]
        assert words(*page, *claims)[2:] == ["proved", "refuted"]

    @pytest.mark.parametrize("other", ["e_t = y_t - d_t", "The error is $e$.", "A = B e", "¶Here e is an error."])
    def test_beside_another_e_it_is_none(self, other: str) -> None:
        page = CELL, r"y_t = V h_t e^{-c}"
        assert ["exp(" in str(note(*page, *more).scalars) for more in ((), (other,))] == [True, False]

    @pytest.mark.parametrize("power", ["e^{-W}", "e^2", "e^{t-1}", "e^{rec}", "e^T", "e^{(k)}"])
    def test_what_may_be_a_matrix_or_a_script_above_e_is_no_argument_of_exp(self, power: str) -> None:
        assert "exp(" not in str(note(CELL, rf"y_t = V h_t {power}", "W = R + k").scalars)

    @pytest.mark.parametrize(
        ("value", "word"), [(r"\tanh(z)", "proved"), ("z^2", "undecided"), (r"\frac{1}{1 + \exp(-z)}", "refuted")]
    )
    def test_a_letter_that_an_equation_says_to_be_a_function_is_one(self, value: str, word: str) -> None:
        page = r"h_t = s(W h_{t-1} + U x_t)", f"s(z) = {value}"
        assert words(*page, rf"{SLOPE} = \operatorname{{diag}}(1 - h_t^2) W")[-1] == word


class TestEntriesThatAreTheSame:
    PAGE = "o_t = V x_t", r"p_t = \operatorname{softmax}(o_t)"
    LEFT = r"\frac{\partial p_{t,i}}{\partial o_{t,j}}"

    @pytest.mark.parametrize(
        ("right", "word"),
        [
            (r"p_{t,i} (1 - p_{t,j}), \quad i = j", "proved"),
            (r"p_{t,i} (1 - p_{t,i}), \quad i=j.", "proved"),
            (r"p_{t,i} (1 - p_{t,j}) \quad \text{if } i = j", "proved"),
            (r"p_{t,i} (1 + p_{t,j}), \quad i = j", "refuted"),
            (r"p_{t,i} (1 - p_{t,j})", "refuted"),
            (r"-p_{t,i} p_{t,j}, \quad i \neq j", "proved"),
            (r"p_{t,i} p_{t,j}, \quad i \neq j", "refuted"),
            (r"p_{t,i} (1 - p_{t,j}), \quad i = j, j = k", "unread"),
        ],
    )
    def test_a_condition_says_that_two_entries_are_the_same(self, right: str, word: str) -> None:
        assert words(*self.PAGE, rf"{self.LEFT} = {right}")[2:] == [word]

    @pytest.mark.parametrize(("factor", "word"), [("(1 - a_i)", "proved"), ("(1 + a_i)", "refuted")])
    def test_so_it_does_where_nothing_has_a_step(self, factor: str, word: str) -> None:
        page = r"a_j = \frac{\exp(z_j)}{\sum_{k=1}^{n} \exp(z_k)}"
        claim = rf"\frac{{\partial a_j}}{{\partial z_i}} = a_i {factor}, \quad i = j"
        assert words(page, claim) == ["definition", word]

    def test_what_a_letter_is_on_its_diagonal_defines_none(self) -> None:
        claim = r"\frac{\partial h_{t,i}}{\partial x_{t,j}} = a_i, \quad i = j"
        defined, said = words("h_t = D x_t", r"D_{ij} = a_i, \quad i = j", claim)[1:]
        assert defined == "unread"
        assert said != "proved"

    def test_a_condition_about_what_a_sum_runs_over_is_not_read(self) -> None:
        claim = rf"\sum_i {self.LEFT} = p_{{t,j}} (1 - p_{{t,j}}), \quad i = j"
        assert words(*self.PAGE, claim)[2:] == ["unread"]

    def test_an_equation_of_letters_that_are_no_indices_is_one(self) -> None:
        assert words(CELL, rf"{SLOPE} = \operatorname{{diag}}(1 - h_t^2) W, \quad W = V")[1:] != ["proved"]


@pytest.mark.parametrize(
    ("behind", "word"),
    [
        (r"当 \(T\) 很大且 \(\|W_{hh}\| < 1\) 时，连乘使梯度指数衰减。", "proved"),
        (r"当 \(\|W_{hh}\| < 1\) 时，上式成立。", "unread"),
        (r"当 \(\|W_{hh}\| < 1\) 时。", "unread"),
    ],
)
def test_a_sentence_of_its_own_says_nothing_of_the_formula_before_it(behind: str, word: str) -> None:
    assert words(CELL, rf"{SLOPE} = \operatorname{{diag}}(1 - h_t^2) W", f"¶{behind}")[-1] == word


def test_a_subscript_behind_an_equation_is_no_word() -> None:
    claim = rf"{SLOPE} = \operatorname{{diag}}(1 - h_t^2) W \quad \text{{for }} W_{{hh}} \ge 3"
    (*_, row) = judge_note(note(CELL, claim))
    assert "hh" not in row.reason
    assert row.kind == "unread"


class TestLists:
    CELL = r"h_t = f(W_{hh} h_{t-1} + W_{xh} x_t)"
    SLOPE = rf"{SLOPE} = \operatorname{{diag}}(f'(W_{{hh}} h_{{t-1}} + W_{{xh}} x_t)) W_{{hh}}"
    FUNCTION = r"- $f(\cdot)$ is an activation function (like $\tanh$ or sigmoid)"

    @pytest.mark.parametrize(
        ("item", "word"),
        [
            ("$W_{hh}$ and $W_{xh}$ are weight matrices,", "proved"),
            ("$W_{hh}$ and $W_{xh}$ are weight matrices", "proved"),
            ("$W_{hh}$ is the product of $A$ and $W_{xh}$,", "undecided"),
            ("$W_{hh}$ is twice $W_{xh}$", "undecided"),
        ],
    )
    def test_what_an_item_says_of_its_letters_ends_with_it(self, item: str, word: str) -> None:
        assert words(self.CELL, f"- {item}\n{self.FUNCTION}", self.SLOPE)[-1] == word

    def test_a_dash_in_a_sentence_ends_nothing(self) -> None:
        assert words(self.CELL, "Here $W_{hh}$ is - $A$ times $B$.", self.SLOPE)[-1] == "undecided"


class TestFormulasOnLinesOfTheirOwn:
    BLOCK = "$h_t = \\tanh(W h_{t-1} + U x_t)$\n$y_t = V h_t$"
    CLAIM = r"\frac{\partial y_t}{\partial h_t} = V"

    @pytest.mark.parametrize(
        ("before", "behind", "word"),
        [
            ("### Forward\n", "", "proved"),
            ("**Forward**\n", "", "proved"),
            ("The equations of the network are:\n", "", "proved"),
            ("### A common mistake\n", "", "undecided"),
            ("### Forward\n", "\n\nThese are wrong.", "undecided"),
            ("### Forward\n", "\nif the step is even.", "undecided"),
            ("### Why this fails\n", "", "undecided"),
            ("From this we go on to\n", "", "undecided"),
        ],
    )
    def test_they_are_definitions_below_a_heading_or_a_colon(self, before: str, behind: str, word: str) -> None:
        assert words(f"{before}{self.BLOCK}{behind}", self.CLAIM)[-1] == word

    def test_a_derivative_among_them_is_no_definition(self) -> None:
        claim = r"\frac{\partial y_t}{\partial h_t} = 3 V"
        assert words(f"### Forward\n{self.BLOCK}\n${claim}$", claim)[-1] != "proved"

    def test_a_bracketed_formula_and_one_with_an_accent_are_such_lines(self) -> None:
        block = "### Forward\n$h_t = \\tanh(W h_{t-1} + U x_t)$\n\\(\\hat y_t = V h_t\\)"
        assert words(block, r"\frac{\partial \hat y_t}{\partial h_t} = V")[-1] == "proved"


class TestShapes:
    @pytest.mark.parametrize(
        "said",
        [
            r"[h_t] = [D \times 1]",
            r"[W] = D \times D",
            r"h_t = [D \times 1]",
            r"h_t : D \times 1",
            r"[\mathbf{W}_{xh}] = [H \times D]",
            r"\dim(h_t) = D \times 1",
            r"\text{shape}(W) = (D, D)",
        ],
    )
    def test_a_shape_is_no_claim(self, said: str) -> None:
        assert words(CELL, said, rf"{SLOPE} = \operatorname{{diag}}(1 - h_t^2) W")[1:] == ["aside", "proved"]

    @pytest.mark.parametrize("said", [r"h_t = [W \times U]", r"[h_t] = [2 h_t]", r"[h_t] = [x_t \times 1]"])
    def test_an_equation_in_brackets_is_one(self, said: str) -> None:
        assert words(CELL, said)[-1] not in ("aside", "proved")


class TestDisplaysThatGoOn:
    PAGE = CELL, "o_t = V h_t", r"L = \sum_{t=1}^T \frac{1}{2} \|o_t - y_t\|^2"
    LEFT = r"\frac{\partial L}{\partial o_t}"

    def test_a_derivative_alone_is_the_left_side_of_the_display_behind_it(self) -> None:
        rows = words(*self.PAGE, self.LEFT, "= o_t - y_t", "= y_t - o_t")
        assert rows[3:] == ["aside", "proved", "refuted"]

    def test_a_letter_alone_is_defined_by_the_display_behind_it(self) -> None:
        assert words("h_t", r"= \tanh(W h_{t-1} + U x_t)", rf"{SLOPE} = W")[1:] == ["definition", "refuted"]

    def test_with_words_between_it_is_not_clear_what_a_display_goes_on_from(self) -> None:
        assert words(*self.PAGE, self.LEFT, "¶by the chain rule", "= o_t - y_t")[-1] == "unread"

    def test_words_before_its_left_side_are_about_the_whole_equation(self) -> None:
        assert words(*self.PAGE, "¶It is wrong to write", self.LEFT, "= o_t - y_t")[-1] == "unread"


class TestFonts:
    CELL = r"\mathbf{h}_t = \tanh(\mathbf{W}_h \mathbf{h}_{t-1} + \mathbf{U} \mathbf{x}_t)"
    LEFT = r"\frac{\partial h_t}{\partial h_{t-1}}"

    @pytest.mark.parametrize(
        ("claim", "word"),
        [
            (rf"{LEFT} = \operatorname{{diag}}(1 - h_t^2) W_h", "proved"),
            (rf"{LEFT} = \operatorname{{diag}}(1 - h_t^2) W_h^T", "refuted"),
            (r"\frac{\partial h_t}{\partial x_t} = \operatorname{diag}(1 - h_t^2) U", "proved"),
            (r"\frac{\partial h_t}{\partial x_t} = \operatorname{diag}(1 - h_t^2) \tilde{U}", "ill-typed"),
            (r"\frac{\partial h_t}{\partial x_t} = \operatorname{diag}(1 - h_t^2) W", "ill-typed"),
        ],
    )
    def test_a_letter_in_no_definition_is_the_one_that_differs_in_a_font_only(self, claim: str, word: str) -> None:
        assert words(self.CELL, claim)[-1] == word

    def test_two_letters_in_one_definition_are_two(self) -> None:
        page = r"\mathbf{y}_t = V x_t", r"L = \sum_{t=1}^T \|\mathbf{y}_t - y_t\|^2"
        claims = [rf"\frac{{\partial L}}{{\partial {y}}} = 5 (\mathbf{{y}}_t - y_t)" for y in ("y_t", r"\mathbf{y}_t")]
        assert words(*page, *claims)[2:] == ["refuted", "refuted"]

    def test_a_weight_beside_one_in_another_font_is_another(self) -> None:
        cell = r"\mathbf{h}_t = \tanh(\mathbf{W} \mathbf{h}_{t-1} + W \mathbf{x}_t)"
        assert words(cell, rf"{self.LEFT} = \operatorname{{diag}}(1 - h_t^2) W")[-1] == "ill-typed"

    def test_what_is_said_of_a_letter_in_one_font_holds_in_the_other(self) -> None:
        claim = rf"{self.LEFT} = \operatorname{{diag}}(1 - h_t^2) W_h^T"
        assert words(self.CELL, "Here $W_h$ is symmetric.", claim)[-1] == "undecided"

    @pytest.mark.parametrize(("step", "word"), [("(3)", "proved"), ("(2)", "refuted")])
    def test_a_letter_has_its_step_above_in_another_font_too(self, step: str, word: str) -> None:
        page = (
            r"\mathbf{a}^{(n)} = \sigma(\mathbf{z}^{(n)})",
            r"\mathbf{z}^{(n)} = \mathbf{W}^{(n)} \mathbf{a}^{(n-1)} + \mathbf{b}^{(n)}",
        )
        left = r"\frac{\partial \mathbf{a}^{(3)}}{\partial \mathbf{z}^{(3)}}"
        assert words(*page, rf"{left} = \operatorname{{diag}}(\sigma'({{z}}^{{{step}}}))")[-1] == word


class TestSumsWithoutBounds:
    PAGE = "z_i = W x_i", r"L = \sum_{i=1}^n \frac{1}{2} \|z_i - y_i\|^2"
    CLAIM = r"\frac{\partial L}{\partial W} = \sum_i (z_i - y_i) x_i^T"

    def test_a_sum_has_the_bounds_of_the_others_over_its_letter(self) -> None:
        assert words(*self.PAGE, self.CLAIM, self.CLAIM.replace("= ", "= 2 "))[2:] == ["proved", "refuted"]

    def test_the_assumptions_say_so(self) -> None:
        said = "Σ over i without bounds runs from 1 to n, as the others over it do"
        assert said in note(*self.PAGE, self.CLAIM).assumed

    @pytest.mark.parametrize(
        "other", [r"E = \sum_{i=2}^n \|z_i\|^2", r"E = \sum_{i=1}^k \|z_i\|^2", r"E = \sum_{i \neq k} \|z_i\|^2"]
    )
    def test_where_others_have_different_bounds_it_is_not_read(self, other: str) -> None:
        assert words(*self.PAGE, other, self.CLAIM)[-1] == "unread"

    def test_the_bounds_of_another_letter_are_not_its_own(self) -> None:
        assert words(*self.PAGE, self.CLAIM.replace("_i", "_j"))[-1] == "unread"


class TestKroneckersDelta:
    def test_where_its_entries_are_not_clear_it_is_not_read(self) -> None:
        assert words(CELL, rf"{SLOPE} = \delta_{{ij}} \operatorname{{diag}}(1 - h_t^2) W")[-1] == "unread"

    def test_so_it_is_not_with_one_counter_above(self) -> None:
        assert words(CELL, r"\frac{\partial S^{ij}}{\partial Q^{kl}} = \delta^i_k K^{jl}")[-1] == "unread"

    @pytest.mark.parametrize(("sign", "word"), [("-", "proved"), ("+", "refuted")])
    def test_it_is_one_or_zero_where_nothing_has_a_step(self, sign: str, word: str) -> None:
        page = r"p_i = \frac{e^{z_i}}{\sum_{k=1}^n e^{z_k}}"
        claim = rf"\frac{{\partial p_i}}{{\partial z_j}} = p_i (\delta_{{ij}} {sign} p_j)"
        assert words(page, claim)[-1] == word

    @pytest.mark.parametrize(("sign", "word"), [("-", "proved"), ("+", "refuted")])
    def test_beside_entries_of_a_step_it_is_one_or_zero(self, sign: str, word: str) -> None:
        claim = rf"\frac{{\partial p_{{t,i}}}}{{\partial o_{{t,j}}}} = p_{{t,i}} (\delta_{{ij}} {sign} p_{{t,j}})"
        assert words("o_t = V x_t", r"p_t = \operatorname{softmax}(o_t)", claim)[-1] == word

    def test_a_delta_that_the_note_defines_is_another_letter(self) -> None:
        rows = words(CELL, r"\delta_{ij} = A B", rf"{SLOPE} = \operatorname{{diag}}(1 - h_t^2) W")
        assert rows[-1] == "proved"


class TestAccents:
    OUTPUT = r"\hat y_t = V h_t"
    LOSS = r"L = \sum_{t=1}^T \frac{1}{2} \| \hat y_t - y_t \|^2"

    @pytest.mark.parametrize("accent", [r"\hat", r"\tilde", r"\bar"])
    def test_a_target_is_no_prediction_though_one_derivative_is_taken_in_it(self, accent: str) -> None:
        page = [one.replace(r"\hat", accent) for one in (CELL, self.OUTPUT, self.LOSS)]
        slip = rf"\frac{{\partial L}}{{\partial y_t}} = {accent} y_t - y_t"
        claim = rf"\frac{{\partial L}}{{\partial {accent} y_t}} = %s({accent} y_t - y_t)"
        assert words(*page, slip, claim % "5", claim % "")[3:] == ["refuted", "refuted", "proved"]

    def test_a_letter_with_an_accent_that_nothing_defines_is_another_one(self) -> None:
        page = (CELL, r"y_t = V h_t", r"L = \sum_{t=1}^T \| y_t - d_t \|^2")
        assert words(*page, r"\frac{\partial L}{\partial \hat y_t} = 2 (y_t - d_t)")[-1] not in (
            "proved",
            "holds-as-read",
        )
        assert words(*page, r"\frac{\partial L}{\partial y_t} = 2 (y_t - d_t)")[-1] == "proved"

    def test_where_no_formula_has_both_the_bare_letter_is_the_one_that_is_defined(self) -> None:
        page = (CELL, self.OUTPUT, r"L = \sum_{t=1}^T \| \hat y_t - d_t \|^2")
        claim = r"\frac{\partial L}{\partial h_T} = %s \frac{\partial L}{\partial y_T} V"
        assert words(*page, claim % "", claim % "2")[3:] == ["proved", "refuted"]
