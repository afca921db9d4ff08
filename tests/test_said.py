"""What the words of a note say of its letters: that they are numbers, what a star is, of what a loss is the sum."""

from __future__ import annotations

import pytest

from tests.pages import words

GAIN = r"z_t = \tanh(s M z_{t-1} + N u_t)"
SLOPE = r"\frac{\partial z_t}{\partial z_{t-1}} = %s\operatorname{diag}(1 - z_t^2) M"


@pytest.mark.parametrize(
    "said",
    [
        *("Let $s$ be a scalar gain.", "A gain $s$, a number.", "Here $s$ is a real number.", "with the scalar $s$."),
        *("Mit einer skalaren Verstärkung $s$.", "设标量增益 $s$。"),
        *("Sei $s$ eine reelle Zahl.", "où $s$ est un scalaire.", "donde $s$ es un escalar.", "其中 $s$ 是标量。"),
        "ここで $s$ はスカラーである。",
    ],
)
def test_a_letter_that_is_said_to_be_a_number_is_one_and_a_derivative_in_it_is_a_column(said: str) -> None:
    in_it = r"\frac{\partial^+ z_t}{\partial s} = %s\operatorname{diag}(1 - z_t^2) M z_{t-1}"
    claims = (SLOPE % r"s\, ", SLOPE % "", in_it % "", in_it % r"s\, ")
    assert words(GAIN, *claims, text=said) == ["definition", "proved", "refuted", "proved", "refuted"]


@pytest.mark.parametrize(
    "said", ["The letter $s$ is not a scalar.", "", "Here $s$ is the number of units.", "a scalar times $s$"]
)
def test_a_letter_of_which_that_is_not_said_is_none(said: str) -> None:
    assert words(GAIN, SLOPE % r"s\, ", text=said)[-1] not in ("proved", "holds-as-read")


def test_where_every_letter_is_a_number_factors_stand_in_any_order_and_signs_of_vectors_speak_against_it() -> None:
    cell, claim = r"h_t = \tanh(w h_{t-1} + u x_t)", r"\frac{\partial h_t}{\partial h_{t-1}} = w (1 %s h_t^2)"
    said = "One unit, everything a number."
    assert words(cell, claim % "-", claim % "+", text=said) == ["definition", "proved", "refuted"]
    order = r"\frac{\partial h_t}{\partial h_{t-1}} = w \operatorname{diag}(1 - h_t^2)"
    assert words(cell, order, text=said)[-1] == "refuted"


@pytest.mark.parametrize(("said", "found"), [("Everything is a number.", "proved"), ("", "ill-typed")])
def test_beside_a_diag_what_composes_for_numbers_alone_is_no_slip_where_all_are_said_to_be_numbers(
    said: str, found: str
) -> None:
    gated = r"h_t = x_t \odot h_{t-1} + \tanh(w h_{t-1})"
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = x_t + \operatorname{diag}(1 - \tanh(w h_{t-1})^2) w"
    assert words(gated, claim, text=said)[-1] == found
    assert words(gated, claim.replace("1 -", "1 +"), text=said)[-1] == (found if not said else "refuted")


@pytest.mark.parametrize(
    "said",
    [
        "A star multiplies entry by entry.",
        "The symbol $*$ denotes the Hadamard product.",
        "We write $*$ for the element-wise product.",
        "Der Stern steht für das elementweise Produkt.",
        "$*$ 表示逐元素相乘。",
    ],
)
def test_a_star_that_is_said_to_multiply_entry_by_entry_does(said: str) -> None:
    gate, mix = r"a_t = \sigma(P s_{t-1} + Q u_t)", r"s_t = (1 - a_t) * s_{t-1} + a_t * u_t"
    slope = r"\frac{\partial s_t}{\partial a_t} = \operatorname{diag}(u_t%s)"
    assert words(gate, mix, slope % " - s_{t-1}", slope % "", text=said)[2:] == ["proved", "refuted"]
    assert words(gate, mix, slope % " - s_{t-1}", text="The star is not an element-wise product.")[-1] != "proved"


@pytest.mark.parametrize(
    "said",
    [
        r"The loss $L$ is the sum of the losses $\ell_t(h_t)$ over all steps; gradients are columns.",
        r"The total loss $L$ is the sum of $\ell_t(h_t)$. Gradients are columns.",
        r"La perte $L$ est la somme des pertes $\ell_t(h_t)$. Gradients are columns.",
    ],
)
def test_a_loss_is_the_sum_that_the_words_say(said: str) -> None:
    back = (
        r"\frac{\partial L}{\partial h_{t-1}} = \left(\frac{\partial h_t}{\partial h_{t-1}}\right)^\top"
        r" \frac{\partial L}{\partial h_t}%s, \quad t \ge 2"
    )
    claims = (back % r" + \frac{\partial \ell_{t-1}}{\partial h_{t-1}}", back % "")
    assert words(r"h_t = \tanh(W h_{t-1} + x_t)", *claims, text=said) == ["definition", "proved", "refuted"]


def test_a_loss_that_the_words_deny_to_be_the_sum_is_none() -> None:
    claim = r"\frac{d L}{d W} = \sum_{t=1}^{T} \frac{d \ell_t}{d W}"
    said = r"The loss $L$ is not the sum of $\ell_t(h_t)$."
    assert words(r"h_t = \tanh(W h_{t-1} + x_t)", claim, text=said)[-1] != "proved"


def test_words_that_say_how_a_defined_loss_is_made_leave_its_definition_as_it_is() -> None:
    shown = (r"h_t = f(h_{t-1}, x_t, \theta)", r"C = \frac{1}{T} \sum_{t=1}^{T} C_t")
    claim = r"\frac{d C}{d \theta} = %s\sum_{t=1}^{T} \frac{\partial C_t}{\partial h_t} \frac{d h_t}{d \theta}"
    said = "The cost $C$ is the mean over the steps, and $C_t$ depends on $h_t$ only."
    assert words(*shown, claim % r"\frac{1}{T} ", claim % "", text=said)[2:] == ["proved", "refuted"]


def test_a_product_reaches_over_the_sum_in_which_its_index_stands() -> None:
    cell = (
        r"r_t = \lambda r_{t-1} + \tanh(V r_{t-1} + u_t)",
        r"G_t = \operatorname{diag}(1 - \tanh(V r_{t-1} + u_t)^2)",
    )
    claim = r"\frac{\partial r_t}{\partial r_k} = %s"
    sides = (
        r"\prod_{i=k+1}^{t} \lambda I + G_i V",
        r"\prod_{i=k+1}^{t} \lambda I + V G_i",
        r"\lambda^{t-k} I + \prod_{i=k+1}^{t} G_i V",
        r"\prod_{i=k+1}^{t} \lambda I + G_i V + I",
    )
    made = words(*cell, *(claim % side for side in sides), text=r"A leak $\lambda$, a number.")
    assert made[2:] == ["proved", "refuted", "refuted", "unread"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("To $E$ we add weight decay.", "undecided"),
        ("A penalty on the weights is then added.", "undecided"),
        ("No penalty is added.", "proved"),
        ("We add no weight decay to $E$.", "proved"),
    ],
)
def test_a_loss_to_which_something_is_added_in_words_is_not_the_one_displayed(said: str, word: str) -> None:
    page = (r"q_t = \tanh(M q_{t-1} + u_t)", r"E = \sum_{t=1}^T \ell(q_t)")
    claim = r"\frac{d E}{d M} = \sum_{t=1}^T \frac{\partial E}{\partial q_t} \frac{\partial^+ q_t}{\partial M}"
    assert words(*page, claim, text=said)[2:] == [word]


@pytest.mark.parametrize(
    "said",
    ["with numbers $g$ and $s$.", "Here $s$, $g$ and $k$ are numbers.", "The letters $g$ and $s$ are real numbers."],
)
def test_letters_in_a_list_of_numbers_are_numbers(said: str) -> None:
    assert words(GAIN, SLOPE % r"s\, ", SLOPE % "", text=said) == ["definition", "proved", "refuted"]


@pytest.mark.parametrize(
    "said", ["with numbers $g$ and the matrix $s$.", "Here $s$, $g$ and $k$ are the numbers of units."]
)
def test_what_only_stands_beside_a_list_of_numbers_is_none(said: str) -> None:
    assert words(GAIN, SLOPE % r"s\, ", text=said)[-1] not in ("proved", "holds-as-read")


def test_of_numbers_alone_a_gradient_is_a_derivative() -> None:
    page = (
        r"c_t = a c_{t-1} + x_t",
        r"L = \sum_{t=1}^T \ell_t(c_t)",
        r"\nabla_a L = \sum_{t=1}^T \nabla_{c_t} L\, c_{t-1}",
    )
    true, false = (rf"\frac{{\partial c_t}}{{\partial c_k}} = a^{{t-k{more}}}" for more in ("", "+1"))
    found = words(*page, true, false, text="All of this with numbers $a$, $c_t$ and $x_t$.")
    assert found[2:] == ["proved", "proved", "refuted"]


def test_a_product_never_swallows_a_sum_whose_terms_both_have_its_index() -> None:
    cell = "h_t = A_t h_{t-1} + B_t h_{t-1} + x_t"
    left = r"\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} "
    assert words(cell, left + "A_j + B_j", left + "(A_j + B_j)") == ["definition", "unread", "proved"]
    # The product of I alone would run over nothing.
    residual = "h_t = h_{t-1} + B_t h_{t-1} + x_t"
    assert words(residual, left + "I + B_j", left + "B_j + I") == ["definition", "proved", "refuted"]


def test_a_weight_with_a_label_below_a_function_is_among_its_arguments() -> None:
    shown = (r"s_t = f_W(s_{t-1}, x_t)", r"o_t = f_{W_{so}}(s_t)")
    claim = r"\frac{d o_t}{d W} = \frac{\partial o_t}{\partial %s} \frac{d s_t}{d W}"
    in_it = r"\frac{d o_t}{d W_{so}} = \frac{\partial^+ o_t}{\partial W_{so}}"
    found = words(*shown, in_it, claim % "s_t", claim % "W_{so}")
    assert found == ["definition", "definition", "proved", "proved", "refuted"]


MASKED = r"h_t = m_t \odot \tanh(W h_{t-1} + U x_t)"
OF_MASKED = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(m_t \odot (1 - h_t^2)) W"


@pytest.mark.parametrize(
    "said",
    [
        "With fixed binary masks $m_t$.",
        r"The mask $m_t \in \{0, 1\}^n$ is drawn once.",
        "Each entry of $m_t$ is 0 or 1.",
        "Here $m_t$ is a Bernoulli mask.",
    ],
)
def test_what_is_false_is_not_refuted_where_words_leave_a_letter_a_few_values(said: str) -> None:
    assert words(MASKED, OF_MASKED, text=said) == ["definition", "undecided"]
    for other in ("The masks $m_t$ are drawn once.", "Each entry of $m_t$ is between 0 and 1."):
        assert words(MASKED, OF_MASKED, text=other) == ["definition", "refuted"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("The recurrent weights are symmetric.", "undecided"),
        ("All weights are positive definite matrices.", "undecided"),
        ("The weight matrix $W$ is self-adjoint.", "undecided"),
        ("$W$ is a reflection.", "undecided"),
        ("The weights are not symmetric.", "refuted"),
        ("The weights are random matrices.", "refuted"),
        ("$W$ is not symmetric.", "refuted"),
    ],
)
def test_nor_where_they_give_weights_a_property(said: str, word: str) -> None:
    page = (r"h_t = W h_{t-1} + U x_t", r"L = \ell(h_T)")
    claim = r"\nabla_{h_{t-1}} L = W \nabla_{h_t} L"
    assert words(*page, claim, text=said)[-1] == word


def test_the_gradient_of_a_function_is_that_in_its_argument() -> None:
    page = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"L = \sum_{t=1}^T \ell(h_t)")
    claim = r"\nabla_{h_T} L = \nabla \ell(h_T)"
    other = r"\nabla_{h_t} L = \nabla \ell(h_t)"
    assert words(*page, claim, other, claim.replace("(h_T)", "(h_T, x_T)"))[2:] == ["proved", "refuted", "unread"]


def test_what_is_made_of_a_letter_of_the_last_step_is_of_that_step_too() -> None:
    page = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"p = v^\top h_T", r"L = \frac12 (p - y)^2")
    claim = r"\frac{\partial L}{\partial v} = (p %s y) h_T^\top"
    assert words(*page, claim % "-", claim % "+")[2:] == ["definition", "proved", "refuted"]
    assert words(page[0], r"p = \tanh(q)", r"q = \tanh(p)", claim % "-")[-1] != "proved"


def test_a_step_size_is_no_step_function_and_k_may_run_to_k_max() -> None:
    cell = r"h_k = h_{k-1} + \eta \tanh(W h_{k-1}) \qquad k = 1, \dots, K"
    claims = (
        r"\frac{\partial h_k}{\partial h_{k-1}} = I + \eta \operatorname{diag}(1 - \tanh^2(W h_{k-1})) W",
        r"\frac{\partial h_k}{\partial h_{k-1}} = I - \eta \operatorname{diag}(1 - \tanh^2(W h_{k-1})) W",
    )
    total = r"L = \sum_{k=1}^{K} \ell(h_k)"
    assert words(cell, total, *claims, text=r"One explicit step with step size $\eta$.")[2:] == ["proved", "refuted"]


def test_what_is_said_from_a_place_of_the_page_on_is_no_name_of_a_function() -> None:
    page, slope = r"h_t = \phi(W h_{t-1} + U x_t)", r"\frac{\partial h_t}{\partial h_{t-1}} = W"
    general = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(W h_{t-1} + U x_t)) W"
    for said in ("From now on, $\\phi$ is the identity.", "In the next section $\\phi$ is the identity."):
        assert words(page, slope, general, text=said) == ["definition", "undecided", "proved"]
    assert words(page, slope, text=r"Here $\phi$ is the identity.") == ["definition", "proved"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("After each step we divide $h_t$ by its norm.", "undecided"),
        ("We clip the state $h_t$ to the unit ball.", "undecided"),
        ("Danach normieren wir $h_t$.", "undecided"),
        ("We reset $h_t$ to zero after every tenth step.", "undecided"),
        ("A gate with the reset $r_t$, and others.", "proved"),
        ("We do not normalise $h_t$.", "proved"),
        ("We clip the gradient.", "proved"),
    ],
)
def test_what_is_done_to_a_state_beside_its_definition_leaves_it_open(said: str, word: str) -> None:
    page = r"h_t = \tanh(W h_{t-1} + U x_t)"
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"
    assert words(page, claim, text=said)[-1] == word


class TestWhatStatesArePassedThrough:
    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
    SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"

    @pytest.mark.parametrize(
        "said",
        [
            "The hidden state is passed through dropout before the next step.",
            "We apply layer normalization to the hidden state.",
            "Recurrent dropout is applied at each step.",
            "Auf den Zustand wird nach jedem Schritt mit Dropout gearbeitet.",
            "我们使用层归一化。",
        ],
    )
    def test_and_no_formula_has_leaves_open_what_they_are(self, said: str) -> None:
        assert words(self.CELL, self.SLOPE, text=said) == ["definition", "undecided"]

    @pytest.mark.parametrize(
        "said", ["No dropout is used.", "We train without dropout.", "We do not use dropout here."]
    )
    def test_what_is_not_there_changes_nothing(self, said: str) -> None:
        assert words(self.CELL, self.SLOPE, text=said) == ["definition", "proved"]
