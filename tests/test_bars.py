"""Bars behind derivatives and labels on them: which derivative they make, and which ones are not read."""

from __future__ import annotations

import pytest

from tests.pages import words

CELL = r"s_t = \tanh(A s_{t-1} + B u_t)"
LSTM = (r"f_t = \sigma(W h_{t-1} + U x_t)", r"c_t = f_t \odot c_{t-1} + \tanh(V h_{t-1})", r"h_t = \tanh(c_t)")
ONE_STEP = r"\frac{d s_t}{d A} = %s + \frac{\partial s_t}{\partial s_{t-1}} \frac{d s_{t-1}}{d A}"
TWICE = r"\frac{d s_t}{d A} = %s + \frac{\partial s_t}{\partial s_{t-1}} %s"


IMMEDIATE = [
    r"\left.\frac{\partial s_t}{\partial A}\right|_{s_{t-1}}",
    r"\frac{\partial s_t}{\partial A}\Big|_{s_{t-1}}",
    r"\frac{\partial s_t}{\partial A}\Bigr\vert_{s_{t-1} \text{ fixed}}",
    r"\left.\frac{d s_t}{d A}\right|_{s_{t-1} = \text{const}}",
    r"\frac{\partial s_t}{\partial A}\bigg|_{s_{t-1}, u_t \text{ fest}}",
    r"\left(\frac{\partial s_t}{\partial A}\right)_{s_{t-1}}",
    r"\frac{\partial s_t}{\partial A}^{\text{direct}}",
    r"\left(\frac{\partial s_t}{\partial A}\right)_{\text{explicit}}",
    r"\left.\frac{\partial s_t}{\partial A}\right|_{\text{immédiate}}",
    r"\left(\frac{\partial s_t}{\partial A}\right)^{\text{直接}}",
    r"\frac{\partial^{\text{imm}} s_t}{\partial A}",
    r"\frac{\partial^{\mathrm{direkt}} s_t}{\partial A}",
]


@pytest.mark.parametrize("written", IMMEDIATE)
def test_a_bar_that_holds_the_state_before_or_a_label_makes_the_immediate_partial(written: str) -> None:
    before = written.replace("{t-1}", "{t-2}").replace("s_t", "s_{t-1}").replace("u_t", "u_{t-1}")
    made = words(
        CELL, ONE_STEP % written, TWICE % (written, before), rf"{written} = \frac{{\partial^+ s_t}}{{\partial A}}"
    )
    assert made == ["definition", "proved", "refuted", "proved"]


@pytest.mark.parametrize(
    "written",
    [
        r"\left.\frac{\partial s_t}{\partial A}\right|_{s_t}",
        r"\left.\frac{\partial s_t}{\partial A}\right|_{s_{t-2}}",
        r"\left.\frac{\partial s_t}{\partial A}\right|_{A}",
        r"\left.\frac{\partial s_t}{\partial A}\right|_{A = 0}",
        r"\left.\frac{\partial s_t}{\partial A}\right|_{s_{t-1} \text{ free}}",
        r"\left.\frac{\partial s_t}{\partial A} + s_t\right|_{s_{t-1}}",
        r"s_t|_{s_{t-1}}",
        r"\frac{\partial s_t}{\partial A}^{\text{approx}}",
        r"\left(\frac{d s_t}{d A}\right)_{\text{direct}}",
        r"\frac{\partial^{\text{naive}} s_t}{\partial A}",
        r"|s_t|",
    ],
)
def test_any_other_bar_or_label_is_not_read(written: str) -> None:
    assert words(CELL, ONE_STEP % written) == ["definition", "unread"]


@pytest.mark.parametrize(
    "total",
    [
        r"\left(\frac{\partial %s}{\partial A}\right)_{\text{total}}",
        r"\frac{\mathrm{D} %s}{\mathrm{D} A}",
        r"\frac{\mathrm D %s}{\mathrm D A}",
        r"\frac{\partial^{\text{tot}} %s}{\partial A}",
        r"\frac{\partial %s}{\partial A}^{\text{vollständig}}",
    ],
)
def test_a_label_or_a_capital_d_makes_the_total_derivative(total: str) -> None:
    step = rf"{total % 's_t'} = %s + \frac{{\partial s_t}}{{\partial s_{{t-1}}}} {total % 's_{t-1}'}"
    immediate = r"\frac{\partial^+ s_t}{\partial A}"
    assert words(CELL, step % immediate, step % (total % "s_t"), rf"{total % 's_t'} = {immediate}") == [
        *("definition", "proved", "refuted", "refuted")
    ]


def test_with_several_states_a_bar_has_to_hold_each_of_them() -> None:
    step = (
        r"\frac{d c_t}{d W} = \left.\frac{\partial c_t}{\partial W}\right|_{%s}"
        r" + \left.\frac{\partial c_t}{\partial c_{t-1}}\right|_{h_{t-1}} \frac{d c_{t-1}}{d W}%s"
    )
    other = r" + \left.\frac{\partial c_t}{\partial h_{t-1}}\right|_{c_{t-1}} \frac{d h_{t-1}}{d W}"
    both = "c_{t-1}, h_{t-1}"
    claims = [step % (both, other), step % (both, ""), step % ("c_{t-1}", other), step % (f"f_t, {both}", other)]
    assert words(*LSTM, *claims)[3:] == ["proved", "refuted", "unread", "unread"]
    slope = r"\left.\frac{\partial c_t}{\partial c_{t-1}}\right|_{%s} = \operatorname{diag}(f_t)"
    assert words(*LSTM, slope % "h_{t-1}", slope % "W")[3:] == ["proved", "unread"]


def test_copies_of_a_weight_are_that_weight_where_a_bar_says_so() -> None:
    copies = r"\frac{d s_t}{d A} = \sum_{k=1}^{%s} \left.\frac{\partial s_t}{\partial A^{(k)}}\right|_{A^{(k)} = %s}"
    assert words(CELL, copies % ("t", "A"), copies % ("t-1", "A"), copies % ("t", "B")) == [
        *("definition", "proved", "refuted", "unread")
    ]
