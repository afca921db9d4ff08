"""Which of a letter's scripts is its step, an entry, a label or an operation; each reading with its near twin."""

from __future__ import annotations

import pytest

from symbptt.reader.telling import told_derivatives
from tests.pages import as_note, words

RAISED = (r"\mathbf{z}^{k} = \mathbf{V} \mathbf{s}^{k-1} + \mathbf{u}^{k}", r"\mathbf{s}^{k} = \tanh(\mathbf{z}^{k})")
LINEAR = (r"s^t = A s^{t-1} + B u^t",)
ANGLES = (r"q^{<t>} = \tanh(w q^{<t-1>} + v x^{<t>})",)
BRACKETS = (r"v[k] = \tanh(F v[k-1] + G e[k]), \quad k \ge 1", "o[k] = C v[k]")
CALLED = (r"\mathrm{net}_i(t) = \sum_j w_{ij} s_j(t-1) + x_i(t)", r"s_i(t) = \tanh(\mathrm{net}_i(t))")
LABELS = (r"a^h_t = W^{hh} h_{t-1} + W^{\text{in}} x_t + b^h", r"h_t = \tanh(a^h_t)", r"a^o_t = W^{oh} h_t + b^o")
LAYERS = (r"h^1_t = \tanh(W^1 h^1_{t-1} + U^1 x_t)", r"h^2_t = \tanh(W^2 h^2_{t-1} + U^2 h^1_t)")
BOTH = (r"z_t = W^h h_{t-1} + W_h x_t", r"h_t = \tanh(z_t)")
PRIMED = (r"h'_t = \tanh(A h_{t-1} + B x_t)", r"h_t = g_t \odot h_{t-1} + (1 - g_t) \odot h'_t")
LOSS = (r"a_t = W h_{t-1} + x_t", r"h_t = \tanh(a_t)", r"L = \sum_{t=1}^T \ell_t(h_t)")


@pytest.mark.parametrize(
    ("page", "true", "false"),
    [
        (
            RAISED,
            r"\partial \mathbf{s}^{k}/\partial \mathbf{s}^{k-1} = \mathrm{diag}(1 - (\mathbf{s}^k)^2) \mathbf{V}",
            r"\partial \mathbf{s}^{k}/\partial \mathbf{s}^{k-1} = \mathrm{diag}(1 - (\mathbf{s}^{k-1})^2) \mathbf{V}",
        ),
        (LINEAR, r"\frac{\partial s^t}{\partial s^j} = A^{t-j}", r"\frac{\partial s^t}{\partial s^j} = A^{t-j+1}"),
        (
            ANGLES,
            r"\frac{d q^{<t>}}{d v} = (1 - (q^{<t>})^2) (x^{<t>} + w \frac{d q^{<t-1>}}{d v})",
            r"\frac{d q^{<t>}}{d v} = (1 - (q^{<t-1>})^2) (x^{<t>} + w \frac{d q^{<t-1>}}{d v})",
        ),
        (
            BRACKETS,
            r"\frac{\partial o[k]}{\partial v[k-1]} = C\, \mathrm{diag}(1 - v[k]^2) F",
            r"\frac{\partial o[k]}{\partial v[k-1]} = C\, F \mathrm{diag}(1 - v[k]^2)",
        ),
        (
            BRACKETS,
            r"\frac{\partial v[k]}{\partial v[j]} = \prod_{i=j+1}^{k} \mathrm{diag}(1 - v[i]^2) F",
            r"\frac{\partial v[k]}{\partial v[j]} = \prod_{i=j}^{k} \mathrm{diag}(1 - v[i]^2) F",
        ),
        (
            CALLED,
            r"\partial s_i(t)/\partial s_j(t-1) = (1 - s_i(t)^2) w_{ij}",
            r"\partial s_i(t)/\partial s_j(t-1) = (1 - s_i(t)^2) w_{ji}",
        ),
        (
            LABELS,
            r"\frac{\partial a^o_t}{\partial h_{t-1}} = W^{oh} \mathrm{diag}(1 - h_t^2) W^{hh}",
            r"\frac{\partial a^o_t}{\partial h_{t-1}} = W^{hh} \mathrm{diag}(1 - h_t^2) W^{hh}",
        ),
        (
            LABELS,
            r"\frac{\partial^+ h_t}{\partial b^h} = \mathrm{diag}(1 - h_t^2)",
            r"\frac{\partial^+ h_t}{\partial b^o} = \mathrm{diag}(1 - h_t^2)",
        ),
        (
            LAYERS,
            r"\frac{\partial h^2_t}{\partial h^1_t} = \mathrm{diag}(1 - (h^2_t)^2) U^2",
            r"\frac{\partial h^2_t}{\partial h^2_{t-1}} = \mathrm{diag}(1 - (h^1_t)^2) W^1",
        ),
        (
            BOTH,
            r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W^h",
            r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W_h",
        ),
        (
            PRIMED,
            r"\frac{\partial h_t}{\partial h'_t} = \mathrm{diag}(1 - g_t)",
            r"\frac{\partial h_t}{\partial h'_t} = \mathrm{diag}(g_t)",
        ),
        (
            ("a^{(k)} = A h^{(k-1)} + x^{(k)}", r"h^{(k)} = \tanh(a^{(k)})"),
            r"\frac{\partial a^{(k)}}{\partial h^{(k-1)}} = A",
            r"\frac{\partial h^{(k)}}{\partial h^{(k-1)}} = A",
        ),
    ],
)
def test_a_script_is_what_the_whole_page_makes_of_it(page: tuple[str, ...], true: str, false: str) -> None:
    found = words(*page, true, false)
    assert found[: len(page)] == ["definition"] * len(page)
    assert found[-2] == "proved"
    # Another matrix may have another size.
    assert found[-1] in ("refuted", "ill-typed")


def test_the_t_above_a_letter_whose_step_stands_above_is_the_last_step() -> None:
    product, power = (rf"\frac{{\partial h^T}}{{\partial h^0}} = {right}" for right in (r"\prod_{j=1}^T A", "A^T"))
    assert words("h^t = A h^{t-1}", product, power)[1:] == ["proved", "refuted"]


def test_a_loss_of_a_step_may_be_told_in_words_where_their_sum_is_differentiated() -> None:
    page = (r"h^{(t)} = \tanh(W h^{(t-1)} + x^{(t)})", r"L = \sum_{t=1}^T L^{(t)}")
    true, false = (
        rf"\frac{{d L}}{{d W}} = \sum_{{t=1}}^T \frac{{\partial L^{{(t)}}}}{{\partial h^{{(t)}}}} {last}"
        for last in (r"\frac{d h^{(t)}}{d W}", r"\frac{\partial^+ h^{(t)}}{\partial W}")
    )
    found = words(*page, true, false, text="Here $L^{(t)}$ is a function of $h^{(t)}$.")
    assert found == ["definition", "definition", "proved", "refuted"]


def test_what_was_decided_is_said() -> None:
    assert "the step stands above s, u, z" in {said.replace("𝐬", "s") for said in as_note(*RAISED).assumed}
    assert "the step stands in brackets behind e, o, v" in as_note(*BRACKETS).assumed
    assert "the number above U, W, h is a label" in as_note(*LAYERS).assumed


@pytest.mark.parametrize(
    ("page", "true", "false"),
    [
        # A bare A makes A^{t-j} a power, and a bare w makes w(k-1) a product.
        (LINEAR, r"s^t = A^t s^0 + \sum_{j=1}^t A^{t-j} B u^j", r"s^t = A^t s^0 + \sum_{j=1}^t A^{t-j+1} B u^j"),
        (
            ("h_k = w h_{k-1} + w (k-1)",),
            r"\frac{\partial h_k}{\partial h_{k-1}} = w",
            r"\frac{\partial h_k}{\partial h_{k-1}} = w (k-1)",
        ),
        # W^{(k)} is the copy of step k where W stands alone too.
        (
            (r"h_t = \tanh(W h_{t-1})",),
            r"\frac{d h_t}{d W} = \sum_{k=1}^t \frac{d h_t}{d W^{(k)}}",
            r"\frac{d h_t}{d W} = \sum_{k=1}^t \frac{d h_k}{d W^{(k)}}",
        ),
        (
            (r"h_t = \tanh(W h_{t-1})",),
            r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W",
            r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W^2",
        ),
    ],
)
def test_a_power_a_product_and_a_copy_are_no_steps(page: tuple[str, ...], true: str, false: str) -> None:
    assert words(*page, true, false)[len(page) :] == ["proved", "refuted"]


@pytest.mark.parametrize("display", [r"h_t = h_t'", r"\frac{\partial h_t^{(l)}}{\partial W} = 0"])
def test_what_may_be_several_things_is_not_read(display: str) -> None:
    assert words(r"h_t = \tanh(W h_{t-1} + U x_t)", display) == ["definition", "unread"]


# --------------------------------------------------------------------------------------------------- told in words


@pytest.mark.parametrize(
    "text",
    [
        r"We write $g_t$ for the gradient of $L$ in $a_t$, a column.",
        r"Let $g_t$ be the derivative of the loss with respect to $a_t$, a column.",
        r"All gradients are columns, and $g_t$ denotes the adjoint of the loss at $a_t$.",
    ],
)
def test_a_letter_that_is_told_to_be_a_derivative_is_it(text: str) -> None:
    true, false = (rf"\frac{{d L}}{{d W}} = \sum_{{t=1}}^T g_t h_{{{at}}}^\top" for at in ("t-1", "t"))
    assert words(*LOSS, true, false, text=text)[3:] == ["proved", "refuted"]


@pytest.mark.parametrize(
    "text",
    [
        r"Let $g_t$ be half the gradient of $L$ in $a_t$, a column.",
        r"Here $g_t$ is not the gradient of $L$ in $a_t$ but that in $h_t$.",
        r"If $g_t$ is the gradient of $L$ in $a_t$, all is well.",
        r"Here $g_t$ is the gradient of the loss in $a_t$, clipped to norm one. Gradients are columns.",
        r"Here $g_t$ is the gradient of the loss in $a_t$ for $t = T$ only, a column.",
        r"Ignoring later steps, $g_t$ is the gradient of the loss in $a_t$, a column.",
        r"Let $g_t$ be the gradient of the regularised loss in $a_t$, a column.",
    ],
)
def test_a_letter_that_is_told_to_be_something_like_a_derivative_is_nothing_known(text: str) -> None:
    claim = r"\frac{d L}{d W} = \sum_{t=1}^T g_t h_{t-1}^\top"
    assert words(*LOSS, claim, text=text)[3:] == ["undecided"]


def test_several_letters_are_told_in_one_sentence() -> None:
    said = r"$dh_t$ and $da_t$ are names for the gradient of $E$ in $h_t$ and $a_t$"
    assert told_derivatives(said, "L") == {"dh_t": r"\frac{d E}{d h_t}", "da_t": r"\frac{d E}{d a_t}"}
    assert told_derivatives(r"$dh_t$ and $da_t$ are names for the gradient of $E$ in $h_t$", "L") == {}
    assert told_derivatives(r"$g_t$ is the gradient of the loss in $h_t$", "") == {}


def test_a_sign_before_a_letter_makes_another_letter() -> None:
    page = (*LOSS, r"\delta h_t = \frac{d L}{d h_t}", r"\delta a_t = \frac{d L}{d a_t}")
    true, false = (rf"\delta a_t = (1 - h_t^{power}) \odot \delta h_t" for power in (2, 3))
    assert words(*page, true, false, text="Gradients are columns.")[5:] == ["proved", "refuted"]


def test_a_step_is_put_in_only_where_the_note_says_that_it_is_left_out() -> None:
    page = (r"f_t = \sigma(A x_t)", r"c_t = f \odot c_{t-1}")
    true, false = (
        rf"\frac{{\partial c_t}}{{\partial c_{{t-1}}}} = \mathrm{{diag}}({right})" for right in ("f", "1 - f")
    )
    assert words(*page, true, false, text="The step of a gate is left out.") == [
        "definition",
        "definition",
        "proved",
        "refuted",
    ]
    assert words(*page, true, false)[1] == "unread"
    assert words(*page, true, false, text="No index is omitted.")[1] == "unread"


class TestLastSteps:
    PAGE = (
        r"h^{(t)} = \tanh(b + W h^{(t-1)} + U x^{(t)})",
        r"o^{(t)} = c + V h^{(t)}",
        r"L = \sum_{t=1}^{%s} \ell(o^{(t)}, y^{(t)})",
    )
    CLAIM = (
        r"\nabla_{h^{(t)}} L = W^\top \operatorname{diag}\left(1 - (h^{(%s)})^2\right) \nabla_{h^{(t+1)}} L"
        r" + V^\top \nabla_{o^{(t)}} L, \quad t < %s"
    )

    @pytest.mark.parametrize("last", [r"\tau", "T", "N"])
    def test_a_condition_ends_where_the_sum_of_the_loss_does(self, last: str) -> None:
        page = (*self.PAGE[:2], self.PAGE[2] % last)
        assert words(*page, self.CLAIM % ("t+1", last), self.CLAIM % ("t", last))[3:] == ["proved", "refuted"]

    def test_a_letter_that_no_sum_ends_at_is_no_last_step(self) -> None:
        page = (*self.PAGE[:2], self.PAGE[2] % "T")
        assert words(*page, self.CLAIM % ("t+1", r"\tau"))[3:] == ["unread"]


@pytest.mark.parametrize("mark", [" T", r"\top", r" \top", r"\intercal"])
def test_a_transpose_may_stand_behind_angle_brackets(mark: str) -> None:
    page = (
        r"a^{\langle t \rangle} = \tanh(W a^{\langle t-1 \rangle} + U x^{\langle t \rangle})",
        r"L = \sum_{t=1}^{T} \ell(a^{\langle t \rangle})",
        r"z^{\langle t \rangle} = V a^{\langle t \rangle}",
    )
    left = r"\frac{\partial^+ z^{\langle t \rangle}}{\partial V} = a^{\langle t%s \rangle" + mark + r"} \otimes I"
    assert words(*page, left % "", left % "-1")[3:] == ["proved", "refuted"]


def test_where_a_prime_tells_states_apart_it_tells_weights_apart() -> None:
    page = (r"s'_t = \tanh(A' s'_{t-1} + B' x_t)", r"s_t = \tanh(A s_{t-1} + B s'_t)", r"L = \sum_{t=1}^T \ell(s_t)")
    left = r"\frac{\partial s'_t}{\partial s'_{t-1}} = \operatorname{diag}(1 - (s'_t)^2) "
    assert words(*page, left + "A'", left + "A")[3:] == ["proved", "ill-typed"]
    # By itself W' may be a transpose: it is not read.
    assert words(r"h_t = \tanh(W h_{t-1})", r"\frac{\partial h_t}{\partial h_{t-1}} = W'")[1] == "unread"


def test_what_is_said_of_a_letter_is_said_of_it_with_a_number_too() -> None:
    page = (
        r"h^{(1)}_t = \tanh(W^{(1)} x_t + R^{(1)} h^{(1)}_{t-1})",
        r"h^{(2)}_t = \tanh(W^{(2)} h^{(1)}_t + R^{(2)} h^{(2)}_{t-1})",
    )
    claim = r"\frac{\partial h^{(2)}_t}{\partial h^{(1)}_t} = D^{(2)}_t W^{(2)}"
    told = r"Let $D^{(l)}_t = \operatorname{diag}(1 - (h^{(l)}_t)^2)$ for $l = 1, 2$."
    assert words(*page, claim, text=told)[2:] == ["undecided"]


def test_a_last_step_that_always_has_a_label_is_the_last_step() -> None:
    page = (
        r"a^{\langle t \rangle} = \tanh(W a^{\langle t-1 \rangle} + U x^{\langle t \rangle})",
        r"L = \sum_{t=1}^{T_x} \ell(a^{\langle t \rangle})",
    )
    slope = r"(1 - (a^{\langle t \rangle})^2) \odot \nabla_{a^{\langle t \rangle}} L"
    left = rf"\nabla_U L = \sum_{{t=1}}^{{T_x}} \left({slope}\right)"
    last = r"\nabla_{a^{\langle T_x \rangle}} L = %s \nabla_{a^{\langle T_x \rangle}} \ell(a^{\langle T_x \rangle})"
    claims = (left + r" (x^{\langle t \rangle})^\top", left + r" (x^{\langle t-1 \rangle})^\top", last % "", last % "2")
    assert words(*page, *claims)[2:] == ["proved", "refuted", "proved", "refuted"]
    assert "T_x is the last step T" in as_note(*page, *claims).assumed
    # Beside a plain T, or another label, it is another step.
    for other in ("T", "T_y"):
        two = rf"M = \sum_{{t=1}}^{{{other}}} \ell(a^{{\langle t \rangle}})"
        assert "T_x is the last step T" not in as_note(*page, two).assumed
