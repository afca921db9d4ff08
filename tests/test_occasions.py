"""A step that words before a display name: it is judged there, or unread where it is not clear which is meant."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read
from symbptt.reader.occasions import find_occasion
from symbptt.text.document import split_document
from tests.pages import words_of

CELL = r"$$s_t = \tanh(A s_{t-1} + B u_t)$$"
LOSS = r"$$E = \sum_{t=1}^T \ell(s_t)$$"
AT_LAST = r"$$\frac{d E}{d s_t} = \frac{\partial \ell(s_t)}{\partial s_t}$$"
FALSE_AT_LAST = r"$$\frac{d E}{d s_t} = 2 \frac{\partial \ell(s_t)}{\partial s_t}$$"
AT_FIRST = r"$$\frac{d s_t}{d A} = \frac{\partial^+ s_t}{\partial A}$$"
ALWAYS = r"""$$\frac{d s_t}{d A} = \frac{\partial^+ s_t}{\partial A}
+ \frac{\partial s_t}{\partial s_{t-1}} \frac{d s_{t-1}}{d A}$$"""


def last_word(*parts: str) -> str:
    return words_of(read(split_document("\n\n".join(parts), "note.md")))[-1]


@pytest.mark.parametrize(
    "said",
    [
        "For the last step only,",
        "At the last step we simply have",
        "In the final step,",
        "At the very last time step this is",
        "We have, at the last step,",
        "Only at the last step do we have",
        "At time $T$ we have",
        "With $t = T$ we find",
        "Setting $t = T$ gives",
        "At the end of the sequence we have",
        "For the last\nstep only,",
        "Im letzten Schritt gilt",
        "Mit $t = T$ gilt",
        "On a, pour le dernier pas seulement,",
        "En el último paso se tiene",
        "На последнем шаге имеем",
        "对于最后一步，有",
        "最後のステップでは、",
    ],
)
def test_what_is_said_for_the_last_step_is_judged_there(said: str) -> None:
    page = (CELL, LOSS, "Gradients are columns.")
    assert last_word(*page, said, AT_LAST) == "proved"
    assert last_word(*page, said, FALSE_AT_LAST) == "refuted"


@pytest.mark.parametrize(
    "said",
    [
        "For the first step only,",
        "In the first step",
        "For the first step alone, where there is no past,",
        "In the first step, where $s_0$ is given,",
        "Beim ersten Schritt gilt",
        "À la première étape, on a",
        "Para el primer paso,",
        "На первом шаге",
        "在第一步，",
        "最初の時刻では",
    ],
)
def test_what_is_said_for_the_first_step_is_judged_there(said: str) -> None:
    assert last_word(CELL, said, AT_FIRST) == "proved"
    assert last_word(CELL, AT_FIRST) == "refuted"


def test_where_steps_may_be_counted_from_0_the_first_one_is_not_clear() -> None:
    later = r"The data are $u_0, u_1, \dots$; $$y = u_0 + s_1$$"
    assert last_word(CELL, later, "In the first step", AT_FIRST) == "unread"


@pytest.mark.parametrize(
    "said",
    [
        "In the last step, nothing comes from later, hence",
        "As long as nothing follows,",
        "For a sequence of length one,",
        "Im letzten Schritt erhalten wir",
        "Tant que rien ne suit,",
    ],
)
def test_what_may_be_said_for_one_step_only_is_unread(said: str) -> None:
    assert last_word(CELL, LOSS, "Gradients are columns.", said, AT_LAST) == "unread"


@pytest.mark.parametrize(
    "said",
    [
        "In the first step of the proof we have",
        "In the first step we differentiate the loss:",
        "In the last step, we apply the chain rule:",
        "As a first step we differentiate:",
        "The last step follows from",
        "In the last step the two terms are collected:",
        "From the first step on,",
        "For the first time we have",
        "Starting with $t = T$ and going down,",
        "Im ersten Schritt leiten wir ab, mit der Herleitung von oben:",
        "第一步，代入定义得",
    ],
)
def test_a_step_of_a_derivation_is_no_condition(said: str) -> None:
    assert find_occasion(said) is None
    assert last_word(CELL, said, ALWAYS) == "proved"


def test_a_display_about_the_last_step_itself_is_not_changed_by_words_that_name_it() -> None:
    own = r"$$\delta_T = \frac{\partial \ell(s_T)}{\partial s_T}$$"
    page = (CELL, LOSS, "Gradients are columns.")
    assert last_word(*page, "At the last step,", own) == last_word(*page, own)
    total = r"$$\frac{d E}{d A} = \sum_{t=1}^T \frac{d \ell(s_t)}{d A}$$"
    assert last_word(CELL, LOSS, "In the last step, nothing else counts, so", total) == last_word(CELL, LOSS, total)
