"""What functions and losses are written with where they are defined is bound there, whatever it is elsewhere."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read_text
from tests.pages import words_of

CELL = r"h_t = f(W h_{t-1} + U x_t)"
SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"
SLIP = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t) W"


def note(*parts: str) -> str:
    return "\n\n".join(part if "$" in part or part.startswith("#") else f"$$\n{part}\n$$" for part in parts)


def words(*parts: str) -> list[str]:
    return words_of(read_text(note(*parts), "note.md"))


@pytest.mark.parametrize(
    "said",
    [
        r"f(x) = \tanh(x)",
        r"The activation is $f(x) = \tanh(x)$.",
        r"f(x) = \tanh(x), \quad f'(x) = 1 - \tanh^2(x)",
        r"f(x) = \tanh x",
    ],
)
def test_an_argument_is_bound_where_the_input_has_its_name(said: str) -> None:
    assert words(said, CELL, SLOPE)[-1] == "proved"
    assert words(said, CELL, SLIP)[-1] == "refuted"


def test_a_derivative_of_a_named_function_is_judged_for_its_own_argument() -> None:
    assert words(r"f(x) = \tanh(x)", CELL, r"f'(x) = 1 - f(x)^2")[-1] == "proved"
    assert words(r"f(x) = \tanh(x)", CELL, r"f'(x) = 1 - f(x)")[-1] == "refuted"


def test_a_gate_of_an_input_keeps_the_letter_that_has_a_step() -> None:
    assert words(r"h_t = \tanh(W h_{t-1} + U x_t)", r"\sigma(x) = \frac{1}{1 + e^{-x}}", r"\sigma'(x) = 1 - \sigma(x)")[
        -1
    ] == ("refuted")


@pytest.mark.parametrize(
    "said", [r"Recall that $f'(x) = 1 - f(x)^2$.", r"f'(x) = 1 - f(x)^2", r"f(x) = \operatorname{foo}(x)"]
)
def test_what_is_said_of_a_function_and_not_read_leaves_open_which_it_is(said: str) -> None:
    assert words(CELL, said, SLOPE)[-1] in ("undecided", "unread")
    assert words(CELL, r"Recall that $g'(x) = 1 - g(x)^2$.", SLOPE)[-1] == "refuted"


SUM = r"\sum_{t=1}^T \frac12 \|z_t - y_t\|^2"
GRADIENT = r"\sum_{t=1}^T (z_t - y_t)"


@pytest.mark.parametrize("listed", ["", "(z, y)", "(W, b)", "(b)", r"(\theta)"])
@pytest.mark.parametrize("above", ["", "(W, b)", "(z, y)"])
def test_a_loss_is_its_letter_whatever_it_is_printed_with(listed: str, above: str) -> None:
    if listed and above not in ("", listed):
        return
    page = (r"z_t = W x_t + b", f"J{listed} = {SUM}")
    claim = rf"\frac{{\partial J{above}}}{{\partial b}} = "
    assert words(*page, claim + GRADIENT, r"\frac{\partial J}{\partial z_t} = z_t - y_t")[-2:] == ["proved"] * 2
    assert words(*page, claim + GRADIENT.replace("-", "+"))[-1] == "refuted"


@pytest.mark.parametrize("above", ["(V)", "(W + V, b)", "(2 b)"])
def test_a_loss_of_something_else_is_not_its_letter(above: str) -> None:
    page = (r"z_t = W x_t + b", f"J(W, b) = {SUM}")
    assert words(*page, rf"\frac{{\partial J{above}}}{{\partial b}} = {GRADIENT}")[-1] not in ("proved", "refuted")
