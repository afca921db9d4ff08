"""What sentences say of a function."""

from __future__ import annotations

import pytest

from tests.pages import as_note, words_of


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("where $f$ is layer normalization.", "undecided"),
        ("where $f$ acts on the whole vector.", "undecided"),
        ("where $f$ is not an activation.", "undecided"),
        ("Here $f$ normalizes its argument to unit length.", "undecided"),
        ("where $f$ is an activation function.", "proved"),
        ("where $f$ is smooth.", "proved"),
    ],
)
def test_a_function_that_is_said_to_need_its_argument_whole_has_no_slope_at_each_entry(said: str, word: str) -> None:
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(f'(W h_{t-1} + U x_t)) W"
    note = as_note(r"h_t = f(W h_{t-1} + U x_t)", claim, text=said)
    assert words_of(note)[-1] == word
