"""A first state that a sentence sets to zero is zero, and one that it only speaks of is not."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read
from symbptt.text.document import split_document

CELL = r"$$h_t = A h_{t-1} + B x_t$$"
CLOSED = r"$$h_t = \sum_{k=1}^{t} A^{t-k} B x_k$$"


def last_word(said: str) -> str:
    note = read(split_document("\n\n".join([said, CELL, CLOSED]), "note.md"))
    return list(judge_note(note))[-1].word


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
