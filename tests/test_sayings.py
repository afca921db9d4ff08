"""What whole sentences say of letters and signs: what they take back is not proved; their near twins change nothing."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from tests.pages import as_note

CELL = (r"z_t = W h_{t-1} + U x_t", r"h_t = \tanh(z_t)")
BOX = (
    r"\frac{d h_t}{d W} = \sum_{k=1}^t \frac{\partial h_t}{\partial h_k} \frac{\partial^+ h_k}{\partial W}",
    r"\frac{d h_1}{d W} = \frac{\partial^+ h_1}{\partial W}",
)


def words(*displays: str, text: str) -> list[str]:
    """The verdicts on the claims among these displays."""
    rows = judge_note(as_note(*displays, text=text))
    return [row.word for row in rows if row.kind != "definition"]


class TestFirstStates:
    @pytest.mark.parametrize(
        "said",
        [
            "Here $h_0$ depends on $W$.",
            "The first state is produced from the input by the same weights $W$ and $U$.",
            "$h_0$ is a function of $W$.",
            "We do not assume that $h_0$ is constant: it may depend on $W$.",
            r"where $h_0$ is computed with $W$ from the context, so $d h_0 / d W \neq 0$.",
            r"Note that $\frac{d h_0}{d W} \ne 0$.",
            "Note that the initial hidden state is not a constant here.",
            "$h_0$ need not be constant.",
            "Starting from $h_0$, which is computed with $W$, we unroll.",
            "The initial state, $h_0$, is the output of a network with weights $W$.",
            "h_0 depends on W.",
            *(
                "Der Anfangszustand $h_0$ hängt von $W$ ab.",
                "wobei $h_0$ nicht konstant ist: $h_0$ ist nicht konstant.",
            ),
            *("L'état initial $h_0$ dépend de $W$.", "$h_0$ n'est pas constant."),
            *("El estado inicial $h_0$ depende de $W$.", "Начальное состояние $h_0$ зависит от $W$."),
            *("初始状态 $h_0$ 依赖于 $W$。", "$h_0$ 不是常数。", "初始状态由 $W$ 计算得到。"),
            *("初期状態 $h_0$ は $W$ に依存する。", "初期状態 $h_0$ は定数ではない。"),
        ],
    )
    def test_nothing_rests_on_a_first_state_that_is_said_to_be_no_constant(self, said: str) -> None:
        assert words(*CELL, *BOX, text=said) == ["undecided", "undecided"]

    @pytest.mark.parametrize(
        "said",
        [
            "$h_0$ is a constant.",
            "$h_0$ is given, and $h_t$ depends on $W$.",
            "$h_0$ does not depend on $W$.",
            "The initial state $h_0$ is independent of the weights.",
            "$h_0 = 0$.",
            "The first state $h_1$ depends on $W$ and $U$.",
            "The first hidden state is computed from $h_0$ and $x_1$.",
            "The gradient with respect to $h_0$ is computed by the same recursion.",
            "Unrolling down to $h_0$, the state depends on $W$ through each step.",
            "$h_0$ is drawn at random.",
            "Since the initial state $h_0$ is constant, $d h_0/dW = 0$.",
            *("Der Anfangszustand $h_0$ ist konstant.", "$h_0$ hängt nicht von $W$ ab."),
            *("$h_0$ ne dépend pas de $W$.", "$h_0$ no depende de $W$.", "$h_0$ не зависит от $W$."),
            *("$h_0$ 不依赖于 $W$。", "$h_0$ 是常数，$h_t$ 依赖于 $W$。", "$h_0$ は $W$ に依存しない。"),
        ],
    )
    def test_a_first_state_that_is_constant_stays_one(self, said: str) -> None:
        assert words(*CELL, *BOX, text=said) == ["proved", "proved"]

    def test_what_a_formula_says_of_a_first_state_goes_before_words(self) -> None:
        start = r"h_0 = \tanh(W c)"
        whole = BOX[0] + r" + \frac{\partial h_t}{\partial h_0} \frac{d h_0}{d W}"
        assert words(start, *CELL, BOX[0], whole, text="$h_0$ depends on $W$.") == ["refuted", "proved"]
