"""I is the identity where nothing says otherwise, and only as large as what it stands beside."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.verdicts import Row
from tests.pages import UNEXPLAINED, as_note, words

TANH = r"h_t = \tanh(W h_{t-1} + U x_t)"
SAME = r"\frac{\partial h_t}{\partial h_t}"
INPUT = r"\frac{\partial h_t}{\partial x_t}"


def judged(*displays: str) -> list[Row]:
    return list(judge_note(as_note(*displays), question=UNEXPLAINED))


@pytest.mark.parametrize(
    "letter", ["I", r"\mathbf I", r"\mathbf{I}", r"\mathbb I", r"\boldsymbol{I}", "I_n", "I^T", "I^2"]
)
def test_it_stands_alone(letter: str) -> None:
    assert words(TANH, f"{SAME} = {letter}", f"{SAME} = 2 {letter}", f"{SAME} = -{letter}")[1:] == [
        "proved", "refuted", "refuted",
    ]  # fmt: skip


def test_it_stands_in_a_sum_and_as_a_factor() -> None:
    true = rf"{INPUT} = (I - \operatorname{{diag}}(h_t)^2) I U"
    assert words(TANH, true, true.replace("I -", "I +"), true.replace("(I -", "(2I -"))[1:] == [
        "proved", "refuted", "refuted",
    ]  # fmt: skip
    step, slope = r"\frac{\partial h_t}{\partial h_{t-1}}", r"\operatorname{diag}(\phi'(W h_{t-1})) W"
    skip = r"h_t = h_{t-1} + \phi(W h_{t-1})"
    assert words(skip, f"{step} = I + {slope}", f"{step} = {slope}")[1:] == ["proved", "refuted"]


def test_a_scalar_times_the_identity_stays_a_matrix() -> None:
    left = r"\frac{\partial h_t}{\partial h_{t-1}}"
    found = words(
        r"s_t = x_t^\top x_t", r"h_t = s_t h_{t-1} + W x_t", f"{left} = s_t I", f"{left} = I s_t", f"{left} = s_t I + I"
    )
    assert found[2:] == ["proved", "proved", "refuted"]


def test_it_is_said_and_is_then_no_weight() -> None:
    note = as_note(TANH, f"{SAME} = I")
    assert "I is the identity, as large as what it stands beside" in note.assumed
    assert "W, U are weights" in note.assumed


def test_a_letter_that_is_defined_differentiated_in_or_has_a_step_is_no_identity() -> None:
    one = r"\frac{\partial^+ h_t}{\partial I} = \frac{d h_t}{d I}"
    for page in ((r"h_t = \phi(I h_{t-1} + x_t)", one), (r"h_t = \phi(W h_{t-1} + I_t)",), (r"I = [W \ U]", TANH)):
        assert not any("identity" in said for said in as_note(*page).assumed)
    assert words(r"h_t = \phi(I h_{t-1} + x_t)", one)[1] == "refuted"


def test_where_its_size_cannot_be_told_it_is_not_read() -> None:
    for odd in (rf"{SAME} = \operatorname{{diag}}(\tanh(I))", "I = I", rf"{INPUT} = \mathbb{{I}}(h_t)"):
        row = judged(TANH, odd)[1]
        assert row.kind == "unread"
        assert "identity" in row.reason


def test_beside_what_is_not_square_it_is_judged_for_scalars_at_most() -> None:
    row = judged(TANH, f"{INPUT} = I")[1]
    assert row.verdict is not None
    assert row.verdict.word == "refuted"
    assert row.verdict.witness is not None
    assert set(row.verdict.witness.sizes.values()) == {1}


def test_two_identities_of_two_sizes_are_not_taken_for_one() -> None:
    row = judged(TANH, f"{SAME} = I_n", rf"{INPUT} = (I_d - \operatorname{{diag}}(h_t)^2) U")[2]
    assert row.kind == "unread"
    assert "the sizes of identities are not compared" in row.reason


@pytest.mark.parametrize("one", [r"\mathbf{1}", r"\mathbf 1", r"\mathbb{1}", r"\boldsymbol{1}"])
def test_a_bold_1_beside_a_column_is_the_column_of_ones_and_a_factor_is_not_read(one: str) -> None:
    claims = [rf"{INPUT} = \operatorname{{diag}}({inside}) U" for inside in (f"{one} - h_t^2", f"h_t^2 - {one}")]
    assert words(TANH, *claims)[1:] == ["proved", "refuted"]
    row = judged(TANH, rf"{INPUT} = {one} \operatorname{{diag}}(1 - h_t^2) U")[1]
    assert row.kind == "unread"
    assert "a 1 in this font is read as in" in row.reason


@pytest.mark.parametrize(("bias", "turned"), [(r"\mathbf 1 b", False), (r"\mathbf{1}_n b^\top", True)])
def test_a_bias_is_added_to_each_example_of_a_batch(bias: str, turned: bool) -> None:
    def gradient(of: str, first: int = 1) -> str:
        taken = rf"\frac{{\partial E}}{{\partial {of}_t}}"
        total = rf"({taken})^\top \mathbf 1" if turned else rf"\mathbf 1^\top {taken}"
        return rf"\frac{{\partial E}}{{\partial b}} = \sum_{{t={first}}}^{{T}} {total}"

    cell = (rf"Z_t = X_t W + H_{{t-1}} U + {bias}", r"H_t = \tanh(Z_t)", r"E = \sum_{t=1}^{T} \ell(H_t, Y_t)")
    own = gradient("Z").replace(r"\mathbf 1^\top ", "").replace(r" \mathbf 1", "")
    found = words(*cell, gradient("Z"), gradient("H"), gradient("Z", 2), own)[3:]
    assert found == ["proved", "refuted", "refuted", "ill-typed"]


def test_beside_a_matrix_it_makes_the_whole_as_large_as_the_other_side() -> None:
    left, state = r"\frac{\partial^+ H_t}{\partial B}", "H_t = A H_{t-1} B + X_t"
    first = r"\frac{\partial^+ H_t}{\partial A}"
    true = (rf"{left} = I \otimes (A H_{{t-1}})", rf"{first} = (H_{{t-1}} B)^\top \otimes I")
    false = (
        rf"{left} = (A H_{{t-1}}) \otimes I",
        rf"{left} = I \otimes (H_{{t-1}} A)",
        rf"{first} = I \otimes (H_{{t-1}} B)^\top",
    )
    assert words(state, *true) == ["definition", "proved", "proved"]
    assert set(words(state, *false)[1:]) <= {"refuted", "ill-typed"}
    verdict = judged(state, false[1])[1].verdict
    assert verdict is not None
    assert "its size cannot be told" in verdict.reason


def test_a_multiple_of_it_is_as_large_as_the_other_side() -> None:
    left, state = r"\frac{\partial^+ H_t}{\partial B}", "H_t = A H_{t-1} B + X_t"
    right = r"\left( I \otimes (A H_{t-1}) \right)"
    true = (
        rf"{left} = 2 {right} - {right}",
        rf"{left} = \frac{{1}}{{2}} \left( 2^\top \right)^\top {right}",
        rf"2 {left} = {right} + {right}",
    )
    false = (rf"{left} = 2 {right}", rf"{left} = \frac{{1}}{{2}} \left( 3^\top \right)^\top {right}")
    assert words(state, *true) == ["definition", "proved", "proved", "proved"]
    assert words(state, *false) == ["definition", "refuted", "refuted"]


def test_beside_an_empty_product_it_is_as_large_as_its_factors_would_be() -> None:
    chain = r"\left( \prod_{j=t}^{%s} \frac{\partial h_j}{\partial h_{j-1}} \right)"
    claim = rf"\frac{{\partial^+ h_t}}{{\partial W}} = {chain} \left( h_{{t-1}}^\top \otimes I \right)"
    state = "h_t = W h_{t-1}"
    assert words(state, claim % "t-1", claim % "t") == ["definition", "proved", "refuted"]
