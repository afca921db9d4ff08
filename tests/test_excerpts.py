"""Displays of notes as LaTeX: as they stand, as they were read, written out, and what is never pasted unsaid."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from symbptt.judging.pages import judge_note, select
from symbptt.printing.displays import expanded, fragment
from symbptt.printing.documents import page_latex
from symbptt.reader.results import Note
from symbptt.show.excerpts import Style, explained_latex, note_latex
from symbptt.verdicts import Question
from tests.commands import run_here
from tests.pages import NOTE, ROOT, as_note, judged, note

ISLAM = ROOT / "derivations" / "islam.md"
TRUE = (
    r"\frac{\partial h_t}{\partial w} = \frac{\partial h_t}{\partial w} + \sum_{i=1}^{t-1}"
    r"\left( \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} \right) \frac{\partial h_i}{\partial w}"
)
FALSE = TRUE.replace("j=i+1", "j=i")
STEP = "h_t = f(x_t, h_{t-1}, w)"
CHAIN = (
    r"\frac{\partial h_t}{\partial w} = \frac{\partial f(x_t, h_{t-1}, w)}{\partial w} + "
    r"\frac{\partial f(x_t, h_{t-1}, w)}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial w}"
)


def excerpt(read: Note | str, tag: str | None = None, **style: object) -> str:
    """The excerpt of a note, or of one of ``derivations/``, which is judged once."""
    note, rows = judged(read) if isinstance(read, str) else (read, None)
    displays = select(note, tag) if tag else None
    if rows is not None and displays is not None:
        rows = tuple(row for row, display in zip(rows, note.rows, strict=True) if display in displays)
    return note_latex(note, displays, Style(**style), rows)  # type: ignore[arg-type]


def shown(text: str) -> list[str]:
    """The tags of what TeX would set, comments left out."""
    live = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
    return re.findall(r"\\tag\{(.*?)\}", live)


# --------------------------------------------------------------------------------------------------- as it stands


def test_what_holds_as_read_stands_as_printed_and_again_as_read_with_the_reading_said() -> None:
    text = excerpt("islam.md", "box")
    assert shown(text) == ["box", "box, as read"]
    printed, meant = text.split(r"\tag{box}")
    assert r"\prod_{j-1=i}^{t} \frac{\partial h_{j}}{\partial h_{j-1}}" in printed
    assert r"\frac{d " not in printed
    assert text.startswith("% (box) is refuted as it stands, and true read so: ∂h_t/∂w_h on the left total;")
    assert r"\frac{d h_{t}}{d w_{h}} &= \frac{\partial^{+} h_{t}}{\partial w_{h}}" in meant
    assert r"\prod_{j=i+1}^{t}" in meant


def test_what_is_proved_as_printed_stands_once_and_what_its_sign_means_is_a_comment() -> None:
    text = excerpt("islam.md", "6")
    assert shown(text) == ["6"]
    assert r"\frac{\partial h_{t}}{\partial w_{h}} &= \frac{\partial f_{1}}{\partial w_{h}}" in text
    assert text.startswith("% (6) is proved as it stands: every ∂h_t/∂w_h and ∂h_{t-1}/∂w_h total.\n")


def test_what_is_false_stands_as_printed_and_is_called_false_at_any_step() -> None:
    for step in (None, 3):
        text = excerpt(as_note(STEP, FALSE + r"\tag{1}"), "1", step=step)
        assert shown(text) == ["1"]
        assert re.match(r"% \(1\) is refuted as it stands(, and is not written out)?\.\n", text)
        assert ("not written out" in text) == (step is not None)
        assert r"\prod_{j=i}^{t}" in text
    text = excerpt(as_note(STEP, TRUE + r"\tag{1}"), "1", step=3)
    assert "refuted as it stands, and true read so" in text
    assert r"\prod" not in text


def test_every_display_of_a_note_is_there_and_what_was_not_read_is_comment_line_by_line() -> None:
    hostile = "\\foo = 1\n\\input{/etc/passwd} ^^5cwrite18\u2028\\input{x}\r\\end{document} h_t"
    read = as_note(STEP, hostile, TRUE)
    for style in (Style(), Style(step=2), Style(standalone=True)):
        text = note_latex(read, None, style)
        live = [line for line in re.split(r"[\n\r\u2028]", text) if not line.startswith("%")]
        assert not any("input" in line or "^^" in line or "foo" in line for line in live)
        assert text.count("was not read") == 1 + style.standalone
        assert "% \\input{/etc/passwd}" in text
        assert text.count(r"\end{document}") == 1 + style.standalone
    assert len(read.rows) == 3


def test_a_display_that_was_not_read_is_an_error_where_it_is_asked_for_and_its_neighbour_is_not() -> None:
    done = run_here("latex", "derivations/islam.md", "--tag", "L45", known=True)
    assert done.returncode == 2
    assert done.stderr == (
        "symbptt: derivations/islam.md: (L45) is an aside: a number, that of the display before it\n"
    )
    assert run_here("latex", "derivations/islam.md", "--tag", "L47", known=True).returncode == 0
    assert run_here("latex", "derivations/islam.md", "--tag", "L99", known=True).stderr.startswith(
        "symbptt: no equation is tagged L99: expected one of 1, 2, 3"
    )


def test_the_links_of_a_chain_are_rows_of_one_display_and_a_chain_over_displays_goes_on_from_its_first_side() -> None:
    text = excerpt("d2l.md", "9.7.3")
    assert text.count(r"\begin{align*}") == 1
    # Both links have one left side, in one row where a line holds them.
    assert re.findall(r"^(.*?)&=", text, flags=re.MULTILINE)[0] == r"\frac{\partial L}{\partial w_{h}} "
    assert text.count(r"\frac{\partial L}{\partial w_{h}}") == 1
    assert len(re.findall(r"(?<=[& ])= ", text)) == 2
    later = excerpt("islam.md", "10a")
    assert later.splitlines()[2].startswith(r"\frac{\partial h_{t}}{\partial w_{h}} &= \frac{\partial f_{1}}")


def test_behind_a_link_that_is_wrong_a_chain_goes_on_from_the_wrong_side_and_not_from_the_first() -> None:
    # A = B is false and B = C is true, so that A = C must not be called proved.
    wrong = r"\frac{\partial h_t}{\partial w} = 2 \frac{\partial h_t}{\partial w}"
    read = as_note(
        STEP, wrong + r"\tag{1}", r"= \frac{\partial h_t}{\partial w} + \frac{\partial h_t}{\partial w}\tag{2}"
    )
    text = excerpt(read)
    assert "(1) is refuted" in text
    assert "(2) is proved" in text
    assert text.splitlines()[-2].startswith(r"2 \frac{\partial h_{t}}{\partial w} &= ")


def test_an_abbreviation_is_set_as_what_it_stands_for() -> None:
    text = excerpt("d2l.md", "9.7.6b")
    assert r"b_{t} &= \frac{\partial f(x_{t}, h_{t-1}, w_{h})}{\partial w_{h}} \tag{9.7.6b}" in text


# --------------------------------------------------------------------------------------------------- written out


def test_at_a_step_a_note_says_what_the_page_with_both_derivatives_told_apart_says() -> None:
    page, read = note(), "islam.md"
    checked = 0
    for tag in ("5", "6", "7", "8", "9", "10a", "10b", "box"):
        for depth in ("terms", "jacobians", "full"):
            live = [line for line in excerpt(read, tag, step=4, depth=depth).splitlines() if line[:1] != "%"]
            assert "\n".join(live) == fragment(tag, *expanded(page, page[tag], 4, depth))
            checked += 1
    assert checked == 24


@pytest.mark.parametrize("dialect", ["note", "d2l"])
def test_at_a_step_a_note_is_set_in_the_signs_that_are_asked_for(dialect: str) -> None:
    text = excerpt(as_note(STEP, TRUE + r"\tag{1}"), "1", step=2, notation=dialect)
    assert r"\frac{d " not in text
    assert (r"\frac{\partial f(x_{2}, h_{1}, w)}{\partial w}" in text) == (dialect == "d2l")


def test_in_another_layout_a_sign_with_two_meanings_is_turned_as_one() -> None:
    text = excerpt("islam.md", "6", notation="denominator")
    assert r"\frac{\partial h_{t-1}}{\partial w_{h}} \frac{\partial f_{1}}{\partial h_{t-1}}" in text
    assert r"\frac{\partial f_{1}}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial w_{h}}" in excerpt(
        "islam.md", "6"
    )


def test_a_display_without_the_layout_that_is_asked_for_stands_as_it_is_and_says_why() -> None:
    errata = "errata.md"
    text = excerpt(errata, notation="mixed")
    assert text.count("is not in mixed layout: g(h_t, w) has no meaning on the page") == 1
    assert shown(text) == shown(excerpt(errata))
    # A reading has no such layout either where what is printed has none: it is a row over the entries of w.
    late = r"\frac{\partial l_t}{\partial w} = \frac{\partial l_t}{\partial h_t} \sum_{k=1}^{t} "
    late += r"\left( \prod_{j=k}^{t-1} \frac{\partial h_{j+1}}{\partial h_j} \right) \frac{\partial h_k}{\partial w}"
    gradient = as_note(r"h_t = \tanh(w h_{t-1} + u x_t)", r"l_t = \ell(h_t, y_t)", late + r"\tag{1}")
    row = excerpt(gradient, "1", notation="mixed")
    assert shown(row) == shown(excerpt(gradient, "1")) == ["1", "1, as read"]
    assert row.count("is not in mixed layout") == 2


def test_a_display_that_is_not_stated_at_a_step_says_so_and_one_step_later_it_is_there() -> None:
    read = "islam.md"
    assert excerpt(read, "8", step=2) == "% (8) is not stated at t = 2: it refers to h_{-1}, before the first step\n"
    assert shown(excerpt(read, "8", step=3)) == ["8"]


def test_what_is_judged_for_scalars_only_is_written_out_for_them() -> None:
    text = excerpt("linear.tex", "3", step=3, depth="full")
    assert shown(text) == ["3"]
    assert "w_{x} x_{1}" in text


# --------------------------------------------------------------------------------------------------- documents


def test_a_document_says_in_words_what_a_fragment_says_in_comments() -> None:
    text = excerpt("islam.md", None, standalone=True)
    assert r"(box) is refuted as it stands, and true read so: " in text
    assert r"A plain $\partial$ of a state in a weight is as the note prints it." in text
    assert "% (box)" not in text
    assert text.index("is refuted as it stands, and true read so") < text.index(r"\tag{box}")


def test_the_proof_of_a_display_stands_under_its_reading_and_a_false_one_has_its_example() -> None:
    read, _ = judged("islam.md")
    (row,) = judge_note(read, select(read, "box"))
    text = explained_latex(row, Question())
    assert text.startswith(r"\par\noindent (box) is refuted as it stands, and true read so: ")
    assert r"\rule{1ex}{1ex}" in text
    errata, _ = judged("errata.md")
    (wrong,) = judge_note(errata, select(errata, "431"))
    said = explained_latex(wrong, Question())
    assert said.startswith("\\par\\noindent (431) refuted\n\\begin{align*}")
    assert r"\rule{1ex}{1ex}" not in said
    assert "left " in said
    assert " right " in said


def test_the_command_writes_notes_scripts_and_folders_of_both(tmp_path: Path) -> None:
    target = tmp_path / "box.tex"
    done = run_here("latex", "derivations/islam.md", "--tag", "box", "--steps", "3", "-o", str(target), known=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert target.read_text() == excerpt("islam.md", "box", step=3)
    proof = run_here("latex", "derivations/islam.md", "--explain", "box", "--standalone", known=True)
    assert proof.returncode == 0
    assert proof.stdout.rstrip().endswith(r"\end{document}")
    both = tmp_path / "both"
    both.mkdir()
    for path in (ISLAM, NOTE):
        shutil.copy(path, both)
    folder = run_here("latex", str(both), "--tag", "box")
    assert folder.stdout.count(r"\tag{box}") == 2
    assert page_latex(note(), ["box"], None, False) in folder.stdout
    crowd = run_here("latex", str(both), "--standalone")
    assert crowd.stderr == f"symbptt: {both} holds 2 derivations; --standalone needs a file with one\n"
