"""Notes as people write them, each in its own custom: what is true in them is accepted, and its near twin rejected."""

from __future__ import annotations

import re

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read
from symbptt.text.document import split_document
from symbptt.verdicts import Question
from tests.pages import ROOT

ACCEPTED, REJECTED = {"proved", "holds-as-read"}, {"refuted", "ill-typed"}

SECTIONS = re.split(r"^## ", (ROOT / "tests/golden/forms.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
NOTES = dict(section.split("\n", 1) for section in SECTIONS)


def found(text: str) -> dict[str, str]:
    """The word for each display of a note, by its tag."""
    note = read(split_document(text, "note.md"))
    return {str(row.tag).strip("()"): row.word for row in judge_note(note, question=Question(slips=False))}


@pytest.mark.parametrize("kind", NOTES)
def test_what_is_true_is_accepted_and_what_is_false_is_rejected(kind: str) -> None:
    words = found(NOTES[kind])
    true, false = ({tag: word for tag, word in words.items() if tag.endswith(end)} for end in "TF")
    assert true
    assert false
    assert set(true.values()) <= ACCEPTED, true
    assert set(false.values()) <= REJECTED, false


def test_a_value_behind_the_last_step_that_is_not_read_leaves_open_what_rests_on_it() -> None:
    note = NOTES["A pass that goes back from zero"].replace("Backward, from", "In sight of")
    words = found(note)
    assert {words["4T"], words["5T"], words["6F"]} == {"undecided"}


def test_arguments_that_are_left_out_are_assumed_where_no_other_state_may_be_among_them() -> None:
    note = NOTES["Arguments left out"]
    for other in (note.replace("h_{t-1}$ and $x_t$", "h_{t-1}$, $x_t$ and $c_{t-1}$"), note + "$$c_t = A c_{t-1}$$"):
        assert not set(found(other).values()) & ACCEPTED


def test_a_list_below_a_derivative_is_read_where_every_side_has_it() -> None:
    note = NOTES["Derivatives in several letters"]
    for claim in (r"\frac{d h_t}{d \{W, U\}} = 0", r"\frac{d h_t}{d \{W, U\}} = \frac{d h_t}{d \{U, W\}}"):
        assert found(f"{note}\n$$ {claim} \\tag{{9}} $$")["9"] == "unread"


def test_a_derivative_in_the_weight_of_one_layer_is_not_read_where_all_layers_share_it() -> None:
    assert found(NOTES["Layers of which a display says what they share"])["8"] == "unread"


@pytest.mark.parametrize("words", ["it is wrong that", "only rarely", "say,"])
def test_a_clause_that_is_no_formula_alone_defines_nothing(words: str) -> None:
    note = NOTES["A layer below the first, in a clause of its own"]
    assert not set(found(note.replace("; $h^{(0)}_t", f"; {words} $h^{{(0)}}_t")).values()) & ACCEPTED
