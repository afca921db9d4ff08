"""A note as a page: its rows, and what is assumed and said."""

from __future__ import annotations

from pathlib import Path

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read_formula, read_note
from symbptt.reader.results import Note
from tests.pages import ROOT, UNEXPLAINED, as_note, words_of

VANILLA = r"h_t = \phi(W h_{t-1} + U x_t)"


def kinds(*displays: str, text: str = "") -> list[str]:
    return [row.kind for row in as_note(*displays, text=text).rows]


def equations(read: Note) -> list[str]:
    made = [link.vectors or link.scalars for row in read.rows for link in row.links]
    return [str(equation).split(") ", 1)[1] for equation in made if equation is not None]


class TestRows:
    def test_there_are_as_many_rows_as_displays_whatever_they_hold(self) -> None:
        displays = (VANILLA, "(", r"\text{see above}", r"\foo", "1 = 1", "h_t = ", "a_t", r"\tag{3}")
        assert len(kinds(*displays)) == len(displays)

    def test_what_cannot_be_read_keeps_what_can_be(self) -> None:
        found = kinds(VANILLA, r"\sum_{i=1}^{1000000000000} x_i = x_1", "h_{t,1} = 0", r"\frac{d h_t}{d W} = 0")
        assert found == ["definition", "unread", "unread", "claim"]

    def test_many_equations_of_one_display_are_its_links(self) -> None:
        (row,) = as_note("a_t = b_t = c_t = b_t").rows
        assert len(row.links) == 3
        assert [link.kind for link in row.links] == ["definition", "claim", "claim"]

    def test_a_row_that_begins_with_a_sign_goes_on_from_the_one_before(self) -> None:
        first, second = as_note(r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}", "= 0").rows
        assert second.links[0].chain == first.links[0]
        assert str(second.links[0].vectors).endswith("∂⁺h_t/∂w = 0")

    def test_a_sign_with_nothing_before_it_is_refused(self) -> None:
        (row,) = as_note("= 0").rows
        assert "nothing stands before it" in row.reason

    def test_a_box_around_an_equation_changes_nothing(self) -> None:
        assert equations(as_note(VANILLA, r"\boxed{h_t = h_{t-1}}")) == equations(as_note(VANILLA, "h_t = h_{t-1}"))

    def test_align_is_a_row_for_each_number_and_aligned_is_one(self) -> None:
        rows = r"a_t &= b_t + c_t a_{t-1} \\ a_1 &= b_1 + c_1 a_0"
        assert kinds(rf"\begin{{aligned}} {rows} \end{{aligned}}") != []
        assert len(kinds(rf"\begin{{aligned}} {rows} \end{{aligned}}")) == 2


class TestDefinitions:
    def test_an_inline_definition_is_used_and_has_no_row(self) -> None:
        read = as_note(r"\frac{d a_t}{d w} = a_{t-1} + w \frac{d a_{t-1}}{d w}", text="Here $a_t = w a_{t-1}$.")
        assert [row.kind for row in read.rows] == ["claim"]
        assert [row.verdict.word for row in judge_note(read, question=UNEXPLAINED) if row.verdict is not None] == [
            "proved"
        ]

    def test_an_inline_remark_that_is_none_is_no_definition(self) -> None:
        read = as_note(VANILLA, text="At $t = 1$ and for $T = 5$ nothing changes.")
        assert read.assumed == as_note(VANILLA).assumed

    def test_a_name_for_the_step_is_an_alias(self) -> None:
        read = as_note(VANILLA, text="Let $h_t = f_1(h_{t-1}, W)$ and $h_{t-1} = g_1(h_{t-2}, W)$.")
        assert "f_1 names h_t" in read.assumed
        assert "g_1 names h_{t-1}" in read.assumed

    def test_what_a_loss_depends_on_may_be_listed_with_dots(self) -> None:
        listed = as_note(VANILLA, r"L(x_1, \ldots, x_T) = \sum_{t=1}^T \ell(y_t, h_t)")
        assert equations(listed)[-1] == "L = Σ_{t=1..T} ell(y_t, h_t)"

    def test_dots_in_a_function_elsewhere_are_refused(self) -> None:
        row = as_note(VANILLA, r"h_t = f(x_1, \ldots, x_t)").rows[-1]
        assert row.kind == "unread"

    def test_a_second_body_is_a_claim_and_a_name_is_not(self) -> None:
        assert kinds(VANILLA, r"h_t = \phi(W h_{t-1})") == ["definition", "claim"]
        assert kinds("h_t = f(x_t, h_{t-1}, W)", VANILLA) == ["definition", "definition"]


class TestWhatIsSaid:
    def test_letters_are_told_by_their_use(self) -> None:
        assert as_note(VANILLA).assumed == ("W, U are weights", "x_t is data", "phi is an arbitrary function")

    def test_a_letter_that_nobody_defines_is_a_function_and_that_is_said(self) -> None:
        read = read_formula(r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}")
        assert read.assumed[0] == "h_t = f(x_t, h_{t-1}, w), because nothing says what h_t is"

    def test_a_letter_that_somebody_defines_is_not(self) -> None:
        assert not any("because nothing" in line for line in as_note(VANILLA, r"\frac{d h_t}{d W} = 0").assumed)

    def test_a_function_with_a_meaning_of_its_own_is_not_called_arbitrary(self) -> None:
        assert not any("tanh" in line for line in as_note(r"h_t = \tanh(W h_{t-1})").assumed)

    def test_an_index_that_nothing_binds_has_its_range(self) -> None:
        read = as_note(VANILLA, r"\frac{\partial h_t}{\partial h_k} = 0", r"\frac{\partial h_t}{\partial h_{k+1}} = 0")
        assert [text.rsplit(", ", 1)[1] for text in equations(read)[1:]] == ["k = 1..t", "k = 1..t-1"]


def test_a_note_in_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "note.tex"
    path.write_text(rf"\documentclass{{article}}\begin{{document}}\[{VANILLA}\]\end{{document}}")
    assert equations(read_note(path)) == ["h_t = phi(W · h_{t-1} + U · x_t)"]
    assert (ROOT / "derivations" / "d2l.md").exists()


class TestShapes:
    AFTER = r"\frac{\partial H_t}{\partial H_{t-1}}"
    BEFORE = r"\frac{\partial H_{t-1}}{\partial H_{t-2}}"
    TRUE = rf"\frac{{\partial H_t}}{{\partial H_{{t-2}}}} = {AFTER} {BEFORE}"
    FALSE = rf"\frac{{\partial H_t}}{{\partial H_{{t-2}}}} = {BEFORE} {AFTER}"

    def test_a_state_before_its_weight_is_rows_and_its_weight_no_number(self) -> None:
        found = as_note(r"H_t = \phi(H_{t-1} B + X_t G)", self.TRUE, self.FALSE)
        assert found.vectors is not None
        shapes = {letter.symbol: letter.shape for equation in found.vectors for letter in equation.letters}
        assert [str(dim) for name in "HBXG" for dim in shapes[name] or ()] == ["n", "m", "m", "m", "n", "d", "d", "m"]
        assert words_of(found) == ["definition", "proved", "refuted"]

    def test_a_state_behind_its_weight_is_a_column_and_a_number_behind_it_is_one(self) -> None:
        found = as_note(r"H_t = \phi(B H_{t-1} + G X_t)", self.TRUE, self.FALSE)
        assert found.vectors is not None
        shapes = {letter.symbol: letter.shape for equation in found.vectors for letter in equation.letters}
        assert [str(dim) for name in "HBXG" for dim in shapes[name] or ()] == ["n", "1", "n", "n", "d", "1", "n", "d"]
        assert words_of(found) == ["definition", "proved", "refuted"]

    def test_what_does_not_compose_is_ill_typed_and_no_fault(self) -> None:
        jacobian = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(W h_{t-1} + %s)) W"
        displays = (jacobian % term for term in ("U x_t", r"x_t U^\top"))
        rows = judge_note(as_note(r"h_t = \phi(W h_{t-1} + U x_t)", *displays), question=UNEXPLAINED)
        assert [row.word for row in rows] == ["definition", "proved", "ill-typed"]


class TestSteps:
    def test_a_letter_whose_step_stands_above_has_a_first_step_there_too(self) -> None:
        product = (
            r"\frac{\partial h^{(t)}}{\partial h^{(0)}} = \prod_{j=%d}^{t} \frac{\partial h^{(j)}}{\partial h^{(j-1)}}"
        )
        rows = judge_note(
            as_note(r"h^{(t)} = \phi(W h^{(t-1)} + U x^{(t)})", product % 1, product % 2), question=UNEXPLAINED
        )
        assert [row.word for row in rows] == ["definition", "proved", "refuted"]

    def test_a_number_above_a_letter_whose_step_stands_below_is_a_label(self) -> None:
        found = as_note(r"h^{(1)}_t = \phi(W^{(1)} h^{(1)}_{t-1} + U x_t)")
        assert found.vectors is not None
        assert {letter.symbol for equation in found.vectors for letter in equation.letters} == {
            "h__up_1",
            "W__up_1",
            "U",
            "x",
            "phi",
        }
