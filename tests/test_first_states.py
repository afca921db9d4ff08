"""A first state that a sentence sets to zero is zero, and one that it only speaks of is not."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read
from symbptt.text.document import split_document
from tests.pages import as_note, words_of

CELL = r"$$h_t = A h_{t-1} + B x_t$$"
CLOSED = r"$$h_t = \sum_{k=1}^{t} A^{t-k} B x_k$$"


def last_word(said: str) -> str:
    note = read(split_document("\n\n".join([said, CELL, CLOSED]), "note.md"))
    return words_of(note)[-1]


@pytest.mark.parametrize(
    "said",
    [
        "Start from $h_0=0$.",
        "We start from $h_0 = 0$ and iterate.",
        "A linear system, $h_0 = 0$, with input $x_t$:",
        "A linear system ($h_0 = 0$):",
        "Data $x_t$ and $h_0 = 0$.",
        "Initially, $h_0 = 0$.",
        "$h_0 = 0$ at the start.",
        "The system starts at rest, $h_{0} = 0$.",
        "Wir beginnen mit $h_0 = 0$.",
        "On part de $h_0 = 0$.",
        "Partimos de $h_0 = 0$.",
        "Начинаем с $h_0 = 0$.",
        "从 $h_0 = 0$ 开始。",
        "初期値 $h_0 = 0$ から始める。",
    ],
)
def test_a_first_state_that_a_sentence_sets_to_zero_is_zero(said: str) -> None:
    assert last_word(said) == "proved"


@pytest.mark.parametrize(
    "said",
    [
        "We do not start from $h_0 = 0$.",
        "Never start from $h_0=0$.",
        "We start from a trained state instead of $h_0 = 0$.",
        "Do we start from $h_0 = 0$?",
        "One may start from $h_0 = 0$.",
        "People often start from $h_0 = 0$.",
        "If we start from $h_0 = 0$, the sum is short.",
        "The case $h_0 = 0$ is treated elsewhere.",
        "Start from $h_0 = 0$ or from a trained state.",
        "Unlike before, $h_0 = 0$, is not used.",
        "On ne part pas de $h_0 = 0$.",
        "Wir beginnen nicht mit $h_0 = 0$.",
        "我们不从 $h_0 = 0$ 开始。",
    ],
)
def test_a_first_state_that_a_sentence_only_speaks_of_is_not_zero(said: str) -> None:
    assert last_word(said) != "proved"


class TestCountingFromZero:
    """Where the first step is step 0, h_0 is computed there; what does not depend on it is judged all the same."""

    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
    FIRST = r"\frac{d h_0}{d U} = 0"
    LATER = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"

    def words(self, said: str) -> list[str]:
        found = words_of(as_note(self.CELL, self.FIRST, self.LATER, text=said))
        return [word for word in found if word != "definition"]

    @pytest.mark.parametrize(
        "said",
        [
            r"The steps are $t = 0, 1, \dots, T-1$.",
            r"The state before is $h_{-1} = 0$.",
            "We count the steps from zero.",
            "We count from $t = 0$.",
            r"The loss is $L = \sum_{t=0}^{T-1} \|h_t\|^2$.",
            "Wir zählen die Schritte ab null.",
            "时间步从0开始。",
        ],
    )
    def test_the_state_of_step_zero_is_no_constant(self, said: str) -> None:
        assert self.words(said) == ["undecided", "proved"]

    @pytest.mark.parametrize(
        "said",
        [
            r"The steps are $t = 1, \dots, T$.",
            "We start from a state $h_0$.",
            "We do not count from zero.",
            r"The states are $h_t$ for $t = 0, \dots, T$.",
            r"Let $L = \sum_{t=0}^{T-1} \|h_{t+1}\|^2$.",
            r"Start from $h_0 = 0$, and from $h_{-1} = 0$ before it.",
        ],
    )
    def test_elsewhere_it_is_one(self, said: str) -> None:
        assert self.words(said) == ["proved", "proved"]


def test_nothing_is_said_of_an_encoder_where_the_first_state_of_the_decoder_is_not_read() -> None:
    said = (
        r"The encoder is $h_t = \tanh(W h_{t-1} + U x_t)$. The decoder starts from $s_0 = h_T$ and runs",
        r"$$s_k = \tanh(Q s_{k-1})$$",
        r"with the loss $L = \sum_{k=1}^T \ell(s_k)$; gradients are columns.",
        r"$$\frac{\partial L}{\partial h_T} = 0$$",
        r"$$\frac{\partial L}{\partial h_T} = Q^\top \operatorname{diag}(1 - s_1^2) \frac{\partial L}{\partial s_1}$$",
        r"$$\frac{\partial s_k}{\partial s_{k-1}} = \operatorname{diag}(1 - s_k^2) Q$$",
    )
    note = read(split_document("\n\n".join(said), "note.md"))
    assert words_of(note)[1:] == ["undecided", "undecided", "proved"]
