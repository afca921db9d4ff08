"""Letters that are losses by custom and states on a page: the cell C of an LSTM; and losses that stay losses."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read_text
from tests.pages import words_of

GATED = r"""$$f_t = \sigma(W_f \cdot [h_{t-1}, x_t] + b_f)$$
$$i_t = \sigma(W_i \cdot [h_{t-1}, x_t] + b_i)$$
$$\tilde{C}_t = \tanh(W_C \cdot [h_{t-1}, x_t] + b_C)$$
$$C_t = f_t * C_{t-1} + i_t * \tilde{C}_t$$
$$o_t = \sigma(W_o [h_{t-1}, x_t] + b_o)$$
$$h_t = o_t * \tanh(C_t)$$
"""
SHORT = r"""$$f_t = \sigma(W h_{t-1} + U x_t)$$
$$LETTER_t = f_t \odot LETTER_{t-1} + f_t$$
$$h_t = \tanh(LETTER_t)$$
"""
RUNNING = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$E_t = \frac{1}{2} \|h_t - y_t\|^2$$
$$L_t = \gamma * L_{t-1} + E_t$$
"""


def words(text: str) -> list[str]:
    return words_of(read_text(text, "note.md"))


def test_an_lstm_with_a_capital_cell_is_read() -> None:
    slope = r"$$\frac{\partial h_t}{\partial C_t} = \operatorname{diag}(o_t \odot (1 - \tanh^2(C_t)))$$"
    assert words(GATED + slope) == ["definition"] * 6 + ["proved"]
    assert words(GATED + slope.replace(r"\tanh^2(C_t)", r"\tanh(C_t)"))[-1] == "refuted"


@pytest.mark.parametrize("letter", ["C", "E", "J", "L", "S"])
def test_a_letter_with_a_gate_and_an_earlier_step_of_its_own_is_a_state(letter: str) -> None:
    page = SHORT.replace("LETTER", letter)
    slope = rf"$$\frac{{\partial h_t}}{{\partial {letter}_t}} = \operatorname{{diag}}(1 - h_t^2)$$"
    assert words(page + slope) == ["definition"] * 3 + ["proved"]
    assert words(page + slope.replace("h_t^2", "h_t"))[-1] == "refuted"


def test_a_loss_that_runs_on_stays_a_loss() -> None:
    slope = r"$$\frac{\partial E_t}{\partial h_t} = h_t - y_t$$"
    assert words(RUNNING + slope)[-1] == "proved"
    assert words(RUNNING + slope.replace("- y", "+ y"))[-1] == "refuted"
    assert words(RUNNING + r"$$\frac{\partial L_t}{\partial E_t} = \operatorname{diag}(E_t)$$")[-1] != "proved"


CALLED = r"""WORDS
$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$y_t = V h_t$$
$$\frac{\partial LETTER}{\partial V} = \sum_{t=1}^T \frac{\partial LETTER}{\partial y_t} h_t^T$$
"""


@pytest.mark.parametrize(
    "said", ["The cost is $LETTER$.", "We minimise the objective function $LETTER$.", "$LETTER$ is the loss."]
)
@pytest.mark.parametrize("letter", [r"\xi", "f", "G"])
def test_what_words_call_the_loss_is_one(said: str, letter: str) -> None:
    page = CALLED.replace("WORDS", said).replace("LETTER", letter)
    assert words(page)[-1] == "proved"
    assert words(page.replace("h_t^T", "h_{t-1}^T"))[-1] == "refuted"


@pytest.mark.parametrize("said", ["", "The cost is not $LETTER$.", "The noise is $LETTER$."])
def test_what_nothing_calls_a_loss_is_none(said: str) -> None:
    page = CALLED.replace("WORDS", said).replace("LETTER", r"\xi")
    assert words(page)[-1] not in ("proved", "refuted")
