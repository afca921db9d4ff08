"""Networks without steps: what is no weight is at one step, and no formula shows it."""

from __future__ import annotations

import pytest

from symbptt import judge_note
from symbptt.reader.note import read
from symbptt.text.document import split_document

LAYER = ["z = W x + b", r"a = \phi(z)", r"L = \ell(a, y)"]
SQUARED = ["z = W x + b", r"L = \frac{1}{2} \| z - y \|^2"]
TWO = ["z_1 = A_1 x + b_1", r"a_1 = \phi(z_1)", "z_2 = A_2 a_1 + b_2", r"E = \frac{1}{2} \| z_2 - d \|^2"]
ENTRIES = [r"p_i = \frac{\exp(s_i)}{\sum_{k=1}^n \exp(s_k)}"]
NUMBERS = [r"\hat{y} = w x + b", r"L = \frac{1}{2} (\hat{y} - y)^2"]


def rows(definitions: list[str], *claims: str, text: str = "") -> list[str]:
    """The words of the claims of a note."""
    shown = "\n\n".join(f"$$\n{one}\n$$" for one in (*definitions, *claims))
    found = [row.word for row in judge_note(read(split_document(f"{text}\n\n{shown}", "note.md")))]
    assert found[: len(definitions)] == ["definition"] * len(definitions)
    return found[len(definitions) :]


@pytest.mark.parametrize(
    ("definitions", "true", "false"),
    [
        (SQUARED, r"\frac{\partial L}{\partial z} = z - y", r"\frac{\partial L}{\partial z} = y - z"),
        (SQUARED, r"\frac{\partial L}{\partial W} = (z - y) x^T", r"\frac{\partial L}{\partial W} = 2 (z - y) x^T"),
        (SQUARED, r"\frac{\partial L}{\partial W} = (z - y) x^T", r"\frac{\partial L}{\partial W} = x (z - y)^T"),
        (SQUARED, r"\frac{\partial L}{\partial x} = W^T (z - y)", r"\frac{\partial L}{\partial x} = W (z - y)"),
        (
            LAYER,
            r"\frac{\partial L}{\partial b} = \frac{\partial L}{\partial a} \odot \phi'(z)",
            r"\frac{\partial L}{\partial b} = \frac{\partial L}{\partial a} \odot \phi'(a)",
        ),
        (
            TWO,
            r"\frac{\partial E}{\partial A_1} = (A_2^T (z_2 - d) \odot \phi'(z_1)) x^T",
            r"\frac{\partial E}{\partial A_1} = (A_1^T (z_2 - d) \odot \phi'(z_1)) x^T",
        ),
        (
            TWO,
            r"\frac{\partial E}{\partial b_1} = A_2^T (z_2 - d) \odot \phi'(z_1)",
            r"\frac{\partial E}{\partial b_1} = A_2^T (z_2 - d)",
        ),
        (
            ENTRIES,
            r"\frac{\partial p_i}{\partial s_j} = p_i (\delta_{ij} - p_j)",
            r"\frac{\partial p_i}{\partial s_j} = p_j (\delta_{ij} - p_j)",
        ),
        (
            NUMBERS,
            r"\frac{\partial L}{\partial w} = (\hat{y} - y) x",
            r"\frac{\partial L}{\partial w} = (\hat{y} - y) w",
        ),
        (["f = x y + z"], r"\frac{\partial f}{\partial x} = y", r"\frac{\partial f}{\partial x} = x"),
    ],
)
def test_a_gradient_is_proved_and_its_twin_is_not(definitions: list[str], true: str, false: str) -> None:
    proved, other = rows(definitions, true, false)
    assert proved == "proved"
    assert other in ("refuted", "ill-typed")


def test_the_logistic_loss_and_the_softmax_have_their_gradients() -> None:
    logistic = ["z = w^T x + b", r"q = \sigma(z)", r"L = -(y \log q + (1 - y) \log(1 - q))"]
    claims = [r"\frac{\partial L}{\partial w} = (q - y) x", r"\frac{\partial L}{\partial w} = (y - q) x"]
    assert rows(logistic, *claims, text=r"Here $\sigma$ is the logistic function.") == ["proved", "refuted"]
    softmax = ["z = W x + b", r"p = \mathrm{softmax}(z)", r"L = -\sum_{i=1}^n y_i \log p_i"]
    claims = [r"\frac{\partial L}{\partial z} = p - y", r"\frac{\partial L}{\partial z} = y - p"]
    found = rows(softmax, *claims, text=r"Let $\sum_{i=1}^n y_i = 1$.")
    assert found[0] in ("proved", "holds-as-read")
    assert found[1] != "proved"


def test_formulas_are_shown_without_a_step() -> None:
    text = "\n\n".join(f"$$\n{one}\n$$" for one in (*SQUARED, r"\frac{\partial L}{\partial z} = y - z"))
    (row,) = [row for row in judge_note(read(split_document(text, "note.md"))) if row.word == "refuted"]
    assert "now" not in str(row.equation)
    assert row.verdict is not None
    assert row.verdict.slip is not None
    assert all("now" not in str(fix.equation) for fix in row.verdict.slip.fixes)


def test_a_network_with_steps_keeps_them() -> None:
    recurrent = ["h_2 = W h_1", "h_1 = W h_0"]
    assert rows(recurrent, r"\frac{\partial h_2}{\partial h_0} = W W")[0] != "refuted"
    note = read(split_document("$$h_t = W h_{t-1} + U x$$\n\n$$L = v^T h_T$$", "note.md"))
    assert note.page.meaning.letters["x"].kind == "weight"


def test_what_is_made_of_weights_alone_is_no_state() -> None:
    note = read(split_document("$$L = w^T w$$\n\n$$\\frac{\\partial L}{\\partial w} = 2 w^T$$", "note.md"))
    assert [row.word for row in judge_note(note)] == ["definition", "proved"]
    assert note.page.meaning.letters["w"].kind == "weight"


def test_a_loss_with_other_arguments_than_its_own_is_another_one() -> None:
    page = r"J(W, b) = \frac{1}{2} \| W x + b - y \|^2"

    def said(listed: str) -> str:
        claim = rf"\frac{{\partial J({listed})}}{{\partial b}} = W x + b - y"
        return [row.word for row in judge_note(read(split_document(f"$${page}$$\n\n$${claim}$$", "note.md")))][-1]

    assert said("W, b") == "proved"
    assert {said(listed) for listed in ("2W, b", "b, W", "W, 0")}.isdisjoint(("proved", "holds-as-read"))


def test_a_sigma_that_a_display_defines_is_not_the_logistic_function() -> None:
    text = "$$\\sigma(x) = \\tanh(x)$$\n\n$$a = \\sigma(W x)$$\n\n$$%s$$"
    claim = r"\frac{\partial a}{\partial x} = \operatorname{diag}(a \odot (1 - a)) W"
    assert [row.word for row in judge_note(read(split_document(text % claim, "note.md")))][-1] == "refuted"
    undefined = "$$a = \\sigma(W x)$$\n\n$$%s$$"
    assert [row.word for row in judge_note(read(split_document(undefined % claim, "note.md")))][-1] == "holds-as-read"


def test_a_letter_that_counts_examples_counts_no_entries() -> None:
    note = read(split_document("$$z_k = W x_k$$\n\n$$\\frac{\\partial z_k}{\\partial x_l} = W_{kl}$$", "note.md"))
    assert [row.word for row in judge_note(note)][-1] != "proved"
