"""Which convention a page keeps to, and what is false under it."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note, settled
from symbptt.reader.note import read
from symbptt.reader.results import Note
from symbptt.text.document import split_document
from symbptt.verdicts import Question, Sheet
from tests.pages import UNEXPLAINED, words_of

CELL = (
    r"a_t = A s_{t-1} + B u_t \tag{1}",
    r"s_t = \psi(a_t) \tag{2}",
    r"J = \sum_{t=1}^T \ell(s_t, r_t) \tag{3}",
    r"v_t = s_t^\top s_t \tag{4}",
)
"""The last one says only that the letters are vectors."""
SLOPE = r"\operatorname{diag}(\psi'(a_t))"
OF_A = r"\frac{d J}{d A}"
GRADIENT = r"\frac{d J}{d A} = \sum_{t=1}^T \frac{d J}{d a_t} s_{t-1}^\top"
GRADIENT_TOO = r"\frac{d J}{d B} = \sum_{t=1}^T \frac{d J}{d a_t} u_t^\top"
TURNED = r"\frac{d J}{d A} = \sum_{t=1}^T s_{t-1} \frac{d J}{d a_t}"
TURNED_TOO = r"\frac{d J}{d B} = \sum_{t=1}^T u_t \frac{d J}{d a_t}"
ROWS = r"\frac{d J}{d A} = \sum_{t=1}^T \frac{d J}{d s_t} \frac{\partial^+ s_t}{\partial A}"
JACOBIAN, TRANSPOSED = rf"\frac{{\partial s_t}}{{\partial s_{{t-1}}}} = {SLOPE} A", rf"A^\top {SLOPE}"
CHAIN = (
    r"\frac{\partial s_t}{\partial s_{t-2}} = "
    r"\frac{\partial s_{t-1}}{\partial s_{t-2}} \frac{\partial s_t}{\partial s_{t-1}}"
)


def note_of(*claims: str, text: str = "", cell: tuple[str, ...] = CELL) -> Note:
    displays = [*cell, *(rf"{claim} \tag{{c{place}}}" for place, claim in enumerate(claims))]
    return read(split_document("\n\n".join([text, *(f"$$\n{display}\n$$" for display in displays)]), "note.md"))


def judged(*claims: str, text: str = "") -> Sheet:
    return judge_note(note_of(*claims, text=text), question=Question(steps=(1, 2, 3), slips=False))


def words(*claims: str, text: str = "") -> list[str]:
    return [row.word for row in judged(*claims, text=text) if row.kind == "claim"]


def with_right(claim: str, right: str) -> str:
    return f"{claim.split(' = ')[0]} = {right}"


@pytest.mark.parametrize(
    ("claims", "convention"),
    [
        ((ROWS,), "numerator"),
        ((GRADIENT,), "mixed"),
        ((JACOBIAN,), "numerator"),
        ((with_right(JACOBIAN, TRANSPOSED),), "denominator"),
        ((GRADIENT, with_right(JACOBIAN, TRANSPOSED)), "denominator"),
        ((GRADIENT, JACOBIAN), "mixed"),
        ((TURNED, TURNED_TOO), "numerator with transposed matrices"),
        ((CHAIN,), "numerator"),
    ],
)
def test_a_convention_is_found_from_what_composes_and_is_true(claims: tuple[str, ...], convention: str) -> None:
    found = settled(note_of(*claims))
    assert found.keeps is not None
    assert found.keeps.name == convention


def test_what_is_true_under_the_convention_of_its_page_is_proved_and_its_twins_are_not() -> None:
    late = GRADIENT.replace("s_{t-1}", "s_t")
    swapped = with_right(GRADIENT, r"\sum_{t=1}^T s_{t-1} (\frac{d J}{d a_t})^\top")
    assert words(GRADIENT, late, swapped) == ["proved", "refuted", "refuted"]
    flat = with_right(JACOBIAN, TRANSPOSED)
    assert words(GRADIENT, flat, with_right(JACOBIAN, rf"A {SLOPE}")) == ["proved", "proved", "refuted"]


def test_a_gradient_in_a_row_beside_gradients_in_columns_holds_as_read_and_its_twin_does_not() -> None:
    doubled = with_right(ROWS, "2 " + ROWS.split(" = ")[1])
    *_, row, _ = (row for row in judged(GRADIENT, GRADIENT_TOO, ROWS, doubled) if row.kind == "claim")
    assert words(GRADIENT, GRADIENT_TOO, ROWS, doubled) == ["proved", "proved", "holds-as-read", "refuted"]
    assert row.verdict is not None
    assert row.verdict.literal == "ill-typed"
    assert row.verdict.reading is not None
    assert row.verdict.reading.words.startswith("gradients are rows")


def test_an_order_of_derivatives_alone_is_a_slip_and_no_convention() -> None:
    assert words(CHAIN) == ["refuted"]
    assert words(JACOBIAN, CHAIN) == ["proved", "refuted"]
    assert words(with_right(JACOBIAN, TRANSPOSED), CHAIN) == ["proved", "proved"]


def test_a_jacobian_that_is_written_out_settles_how_the_others_lie() -> None:
    assert words(JACOBIAN, with_right(JACOBIAN, TRANSPOSED)) == ["proved", "refuted"]


def test_transposed_gradients_are_taken_from_two_claims_only() -> None:
    assert words(TURNED) == ["ill-typed"]
    assert words(TURNED, TURNED_TOO) == ["proved", "proved"]
    assert words(TURNED, TURNED_TOO.replace("u_t", "u_{t-1}")) == ["ill-typed", "ill-typed"]
    assert words(TURNED, text="All derivatives are in numerator layout.") == ["proved"]


SAID = {
    "Gradients have the shape of what they are taken in.": ("mixed", "denominator"),
    "Columns everywhere: a gradient has the shape of what it is taken by.": ("mixed", "denominator"),
    "Gradients are columns.": ("mixed", "denominator"),
    "We use the denominator layout.": ("denominator",),
    r"Here $\frac{\partial p}{\partial q}$ has a row for each entry of $q$ and a column for each entry of $p$.": (
        "denominator",
    ),
    r"Here $\partial p / \partial q$ has a row for each entry of $p$.": (
        "numerator",
        "numerator with transposed matrices",
        "mixed",
    ),
    "All derivatives are in numerator layout.": ("numerator", "numerator with transposed matrices"),
    "Jacobians and gradients are in numerator layout.": ("numerator", "numerator with transposed matrices"),
    "The Jacobian of one step in numerator layout is as follows.": (
        "numerator",
        "numerator with transposed matrices",
        "mixed",
    ),
    "We do not use the denominator layout.": (
        "numerator",
        "numerator with transposed matrices",
        "mixed",
        "denominator",
    ),
    "The rows of A are examples.": ("numerator", "numerator with transposed matrices", "mixed", "denominator"),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_page_says_of_derivatives_leaves_these_conventions(said: str) -> None:
    assert tuple(convention.name for convention in note_of(GRADIENT, text=said).layouts) == SAID[said]


def test_a_stated_convention_binds() -> None:
    assert words(GRADIENT, text="Gradients are columns, in the shape of their matrix.") == ["proved"]
    assert words(GRADIENT, text="All derivatives are in numerator layout.") == ["ill-typed"]
    assert words(ROWS, text="Gradients are columns, in the shape of their matrix.") == ["ill-typed"]
    assert words(GRADIENT, JACOBIAN, text="The Jacobian is written in numerator layout.") == ["proved", "proved"]
    flat = with_right(JACOBIAN, TRANSPOSED)
    assert words(flat, text="A Jacobian has a row for each entry of the upper vector.") == ["refuted"]
    assert words(flat, JACOBIAN, text="We use the denominator layout.") == ["proved", "refuted"]


def test_a_report_names_the_convention_and_where_it_is_stated() -> None:
    found, stated = judged(GRADIENT), judged(GRADIENT, text="Gradients are columns.")
    assert found.convention == stated.convention == "mixed"
    assert found.assumed[-1] == "gradients have the shape of what they are taken in"
    assert stated.assumed[-1] == "gradients have the shape of what they are taken in: line 1 says so"


def test_a_condition_on_a_step_of_another_letter_is_taken_into_account() -> None:
    cell = (r"s_k = \psi(A s_{k-1} + u_k) \tag{1}", r"J = \ell(s_T) \tag{2}")
    claim = r"\frac{d J}{d s_k} = \frac{d J}{d s_{k+1}} \frac{\partial s_{k+1}}{\partial s_k}"
    note = note_of(rf"{claim}, \quad k < T", rf"{claim}, \quad k \le T", cell=cell)
    rows = [row for row in judge_note(note, question=Question(steps=(1, 2, 3), slips=False)) if row.kind == "claim"]
    assert [row.word for row in rows] == ["proved", "refuted"]


OF_S = r"\frac{d J}{d s_t} = \frac{d \ell(s_t, r_t)}{d s_t}"
SLIPS = {
    rf"{OF_A} = \sum_{{t=1}}^T s_{{t-1}} (\frac{{d J}}{{d a_t}})^\top": (
        "s_{t-1} · (∂J/∂a_t)ᵀ on the right should be ∂J/∂a_t · s_{t-1}ᵀ"
    ),
    rf"{OF_A} = \sum_{{t=1}}^T \frac{{d J}}{{d s_t}} s_{{t-1}}^\top": "the factor psi'(a_t) on the right is missing",
    rf"{OF_A} = \sum_{{t=1}}^T \frac{{d J}}{{d a_t}} s_t^\top": "s_t on the right should be s_{t-1}",
    rf"{OF_S} + A \frac{{d J}}{{d a_{{t+1}}}}, \quad t < T": "A in term 2 should be transposed",
    rf"{OF_S}, \quad t < T": "a term is missing: (∂a_{t+1}/∂s_t)ᵀ · ∂J/∂a_{t+1}",
}


@pytest.mark.parametrize("claim", SLIPS)
def test_the_slip_in_a_gradient_is_named_in_the_layout_of_its_page(claim: str) -> None:
    *_, row = judge_note(note_of(GRADIENT, GRADIENT_TOO, claim), question=Question(steps=(1, 2, 3)))
    assert row.verdict is not None
    assert row.verdict.word == "refuted"
    assert row.verdict.slip is not None
    assert SLIPS[claim] in [fix.words for fix in row.verdict.slip.fixes]


@pytest.mark.parametrize("loss", [r"\ell_t(s_t)", "E_t(s_t)", "E_t(r_t, s_t)", "L_t(s_t)"])
def test_a_loss_of_a_step_depends_on_what_stands_behind_it_and_is_no_data(loss: str) -> None:
    cell = (*CELL[:2], rf"J = \sum_{{t=1}}^T {loss}", CELL[3])
    late = GRADIENT.replace("s_{t-1}", "s_t")
    rows = [row for row in judge_note(note_of(GRADIENT, late, cell=cell), question=UNEXPLAINED) if row.kind == "claim"]
    assert [row.word for row in rows] == ["proved", "refuted"]


def test_what_stands_beside_a_number_in_a_factor_is_a_number() -> None:
    cell = (
        r"a_t = A s_{t-1} + u_t",
        r"s_t = (1 - \beta) s_{t-1} + \beta \tanh(a_t)",
        r"J = \sum_{t=1}^T \ell(s_t, r_t)",
    )
    true = (
        r"\frac{d J}{d A} = \beta \sum_{t=1}^T \left( (1 - \tanh^2(a_t)) \odot \frac{d J}{d s_t} \right) s_{t-1}^\top"
    )
    rows = judge_note(note_of(true, true.replace(r"\beta ", r"(1 - \beta) "), cell=cell), question=UNEXPLAINED)
    assert [row.word for row in rows if row.kind == "claim"] == ["proved", "refuted"]


def test_a_letter_that_is_shifted_is_a_step_and_counts_no_entries_below_a_transpose() -> None:
    cell = tuple(said.replace("_t", "_k").replace("{t-1}", "{k-1}").replace("t=1", "k=1") for said in CELL)
    gradient = GRADIENT.replace("_t", "_k").replace("{t-1}", "{k-1}").replace("t=1", "k=1")
    swapped = r"\frac{d J}{d A} = \sum_{k=1}^T s_{k-1} \delta_k^\top"
    rows = judge_note(note_of(r"\delta_k = \frac{d J}{d a_k}", gradient, swapped, cell=cell), question=UNEXPLAINED)
    assert [row.word for row in rows][-3:] == ["definition", "proved", "refuted"]


def test_a_letter_that_is_counted_up_to_the_step_counts_no_entries_below_a_power() -> None:
    product = r"\frac{\partial s_t}{\partial s_0} = \prod_{j=1}^{t} (1 - s_j^2) w"
    note = note_of(product, f"{product}^2", cell=(r"s_t = \tanh(w s_{t-1} + v u_t)",))
    assert words_of(note)[1:] == ["holds-as-read", "refuted"]
