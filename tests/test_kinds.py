"""Notes in each kind of file: what stands in them is found in its place, and what is no text of the page is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbptt import read_formula, read_note
from symbptt.errors import NoteError
from symbptt.reader.note import read_text
from symbptt.text.document import split_document
from tests.commands import run_here
from tests.pages import words_of

CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
LEFT = r"\frac{\partial h_t}{\partial h_{t-1}} = "
TRUE, FALSE = LEFT + r"\operatorname{diag}(1 - h_t^2) W", LEFT + r"W \operatorname{diag}(1 - h_t^2)"

WITH_A_MACRO = FALSE.replace("h_t", r"\st")


def displays(text: str, path: str) -> list[tuple[str, str, str]]:
    """The tag, the place and the formula of each display of a note."""
    found = split_document(text, path).displays
    return [(one.tag, str(one.place), " ".join(one.formula.text.split())) for one in found]


RST = rf"""A cell
======

Let :math:`w = 2`; it costs $5 and \(x\), and ``$a = b$`` is code.

.. math:: {CELL}
   :label: cell

.. math::
   :nowrap:

   {TRUE}

   {FALSE}

.. note::

   .. math:: a_t = b_t

Literally::

   $$b = c$$

.. a comment: $$c = d$$

.. code-block:: python

   x = "$$d = e$$"

.. math:: z_t = h_t"""


class TestRestructuredText:
    def test_its_mathematics_is_that_of_its_role_and_its_directive(self) -> None:
        assert displays(RST, "a.rst") == [
            ("cell", "a.rst:6:11", CELL),
            ("L12", "a.rst:12:4", TRUE),
            ("L14", "a.rst:14:4", FALSE),
            ("L18", "a.rst:18:14", "a_t = b_t"),
            ("L30", "a.rst:30:11", "z_t = h_t"),
        ]
        assert [one.source for one in split_document(RST, "a.rst").inlines] == ["w = 2"]

    def test_it_is_judged(self) -> None:
        words = words_of(read_text(RST, "a.rst"))
        assert words == ["definition", "proved", "refuted", "definition", "definition"]

    def test_its_comments_say_nothing_and_its_words_do(self) -> None:
        claim = LEFT + "(1 - h_t^2) W"
        note = f".. math:: {CELL}\n\n%s\n\n.. math:: {claim}\n"
        assert words_of(read_text(note % "All letters are scalars.", "a.rst")) == ["definition", "proved"]
        assert (
            words_of(read_text(note % ".. All letters are scalars.\n\nThe state is a vector.", "a.rst"))[1] != "proved"
        )
        denied = f".. math:: {CELL}\n\nIt is not true that\n\n.. math:: {TRUE}\n"
        assert words_of(read_text(denied, "a.rst")) == ["definition", "unread"]

    @pytest.mark.parametrize("behind", ["", "\n", "\nunindented", "\n\n", "\n  \nText"])
    def test_a_directive_ends_wherever_its_block_does(self, behind: str) -> None:
        for block in (".. math:: a_t = b_t", ".. math::\n\n   a_t = b_t"):
            assert [formula for *_, formula in displays(block + behind, "a.rst")] == ["a_t = b_t"]

    def test_the_place_behind_it_is_what_it_was(self) -> None:
        assert displays("Text\n\n.. math:: a_t = b_t\n\n.. math:: c_t = d_t", "a.rst")[1][1] == "a.rst:5:11"


def notebook(*cells: tuple[str, str]) -> str:
    """A notebook with these cells."""
    made = [{"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)} for kind, text in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


class TestNotebooks:
    def test_a_file_that_a_cell_would_include_is_missing_and_what_may_depend_on_it_is_undecided(self) -> None:
        cells = [
            ("markdown", "Let $W$ be a matrix."),
            ("markdown", "```{include} more.md\n```"),
            ("markdown", f"$${TRUE}$$"),
        ]
        note = read_text(notebook(*cells), "a.ipynb")
        assert note.missing == ("cell 2 line 1: more.md is not read: only what \\input brings in is",)
        assert words_of(note) == words_of(read_text("\n\n".join(text for _, text in cells), "a.md")) == ["undecided"]

    def test_the_lines_of_its_markdown_cells_are_counted_in_each(self, tmp_path: Path) -> None:
        path = tmp_path / "one.ipynb"
        path.write_text(
            notebook(
                ("markdown", f"# A cell\n\n$${CELL}$$"),
                ("code", f"x = '$${FALSE}$$'"),
                ("raw", "$$a = b$$"),
                ("markdown", f"Then\n\n$${FALSE}$$\n\n```\nno end is lost to the next cell\n```"),
                ("markdown", f"$${TRUE}$$"),
            )
        )
        note = read_note(path)
        assert [(row.tag, str(row.display.place)) for row in note.rows] == [
            ("cell-1-L3", f"{path}:cell 1:3:3"),
            ("cell-4-L3", f"{path}:cell 4:3:3"),
            ("cell-5-L1", f"{path}:cell 5:1:3"),
        ]
        assert note.title == "A cell"
        assert words_of(note) == ["definition", "refuted", "proved"]

    def test_a_code_cell_that_begins_with_the_magic_is_read_as_the_magic_reads_it(self) -> None:
        notes = (
            ("code", "%load_ext symbptt"),
            ("code", f"%%symbptt\nA network:\n\n$${CELL}$$"),
            ("code", f"\n  %%symbptt --steps 1..3 --fresh $$a_t = b_t$$\nthen $${TRUE}$$"),
            ("markdown", f"$${FALSE}$$"),
            # Of these a kernel makes something else, and none of them is the page's.
            ("code", f"# no magic\n%%symbptt\n$${FALSE}$$"),
            ("code", f"%%symbptts\n$${FALSE}$$"),
            ("code", f"%symbptt $${FALSE}$$"),
            ("code", f'text = r"""\n%%symbptt\n$${FALSE}$$"""'),
            ("raw", f"%%symbptt\n$${FALSE}$$"),
        )
        note = read_text(notebook(*notes), "a.ipynb")
        assert [(row.tag, str(row.display.place)) for row in note.rows] == [
            ("cell-2-L4", "a.ipynb:cell 2:4:3"),
            ("cell-3-L3", "a.ipynb:cell 3:3:8"),
            ("cell-4-L1", "a.ipynb:cell 4:1:3"),
        ]
        assert words_of(note) == ["definition", "proved", "refuted"]
        # The line of the magic says nothing, and a cell that is no Markdown is an error in its place.
        denying = notebook(notes[1], ("code", f"%%symbptt the following is false\n$${TRUE}$$"))
        assert words_of(read_text(denying, "a.ipynb")) == ["definition", "proved"]
        with pytest.raises(NoteError, match=r"a\.ipynb:cell 1:3:1: \$\$ opens a display"):
            read_text(notebook(("code", "%%symbptt\nopen\n$$a_t = b_t")), "a.ipynb")

    def test_what_a_cell_says_and_what_a_heading_takes_back_holds_in_the_others(self, tmp_path: Path) -> None:
        claim = LEFT + "W"
        below = ["## Wrong", "This is $h_t = W h_{t-1}$.", "## Right", f"$${claim}$$"]
        plain = ["## A state", *below[1:]]
        macros = tmp_path / "m.tex"
        macros.write_text("\n" * 5)
        for cells, words in ((plain, ["proved"]), (below, ["undecided"])):
            assert words_of(read_text(notebook(*(("markdown", text) for text in cells)), "a.ipynb")) == words
            assert words_of(read_text("\n\n".join(cells), "a.md")) == words
            # Files that are spliced in before it move no heading.
            assert words_of(read_text("\n\n".join(cells), "a.md", macros)) == words
        loss = r"$$\ell_t = \log \sum_{j} \exp(o_{t,j}) - g_t^\top o_t$$"
        left = r"\frac{\partial \ell_t}{\partial o_t} = \mathrm{softmax}(o_t)"
        states = [r"$$o_t = C s_t$$", r"$$s_t = \tanh(A s_{t-1} + u_t)$$"]
        told = [*states, loss, "where $g_t$ is one-hot. Gradients are columns.", f"$${left} - g_t$$", f"$${left}$$"]
        note = read_text(notebook(*(("markdown", text) for text in told)), "a.ipynb")
        assert words_of(note)[3:] == ["proved", "refuted"]

    def test_one_that_names_the_source_as_one_text_or_has_no_words_is_read(self) -> None:
        text = json.dumps({"cells": [{"cell_type": "markdown", "source": "$$a_t = b_t$$"}]})
        assert [tag for tag, *_ in displays(text, "a.ipynb")] == ["cell-1-L1"]
        assert displays(notebook(("code", "1")), "a.ipynb") == []

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"cells": [', "a.ipynb:1:12: it is no notebook: Expecting value"),
            ("[]", "a.ipynb: it is no notebook of format 4, expected a list of cells; save it anew in Jupyter"),
            ('{"worksheets": []}', "it is no notebook of format 4"),
            ("[" * 100_000, "it is nested too deeply"),
            (notebook(("markdown", "x"), ("markdown", "$$a = b")), r"a.ipynb:cell 2:1:1: \$\$ opens a display"),
        ],
    )
    def test_what_is_no_notebook_is_one_error(self, text: str, said: str) -> None:
        with pytest.raises(NoteError, match=said):
            split_document(text, "a.ipynb")


def test_labels_of_quarto_and_myst_are_tags_and_words_in_brackets_are_not() -> None:
    text = "$$a_t = b_t$$ {#eq-a .unnumbered}\n\n$$c_t = d_t$$ (eq:c)\n\n$$e_t = f_t$$ (linear)\n\n$$g_t = k_t$$ (3)\n"
    for ending in ("qmd", "md"):
        assert [tag for tag, *_ in displays(text, f"a.{ending}")] == ["eq-a", "eq:c", "L5", "3"]


@pytest.mark.parametrize(
    ("path", "line"),
    [("a.qmd", "{{< include _b.qmd >}}"), ("a.md", "```{include} b.md\n```"), ("a.rst", ".. include:: b.rst")],
)
def test_what_another_system_would_bring_in_is_said_not_to_be_read(path: str, line: str) -> None:
    made = {".rst": f".. math:: {CELL}\n\n.. math:: {TRUE}\n\n"}.get(Path(path).suffix, f"$${CELL}$$\n\n$${TRUE}$$\n\n")
    assert words_of(read_text(made, path)) == ["definition", "proved"]
    (said,) = split_document(made + line, path).missing
    assert "is not read: only what \\input brings in is" in said
    assert words_of(read_text(made + line, path)) == ["definition", "undecided"]


def test_what_stands_between_two_rules_is_text_and_what_begins_with_a_key_is_front_matter() -> None:
    wrong = f"$${FALSE}$$"
    for headed in ("title: a", "# of the page\ntitle: a", '"title": a', "abstract: |\n  $$h_t = W h_{t-1}$$"):
        assert words_of(read_text(f"---\n{headed}\n---\n\n$${CELL}$$\n\n{wrong}", "a.md")) == ["definition", "refuted"]
    for between in (f"\n$${CELL}$$\n\n{wrong}\n", f"$${CELL}$$\n{wrong}", f"It is $${CELL}$$ and so {wrong}"):
        words = words_of(read_text(f"---\n{between}\n---\n\n{wrong}", "a.md"))
        assert words == ["definition", "refuted", "refuted"]
    # Only the first cell of a notebook is the head of anything.
    cells = [("markdown", f"$${CELL}$$"), ("markdown", f"---\nNote: it is\n{wrong}\n---\n")]
    assert words_of(read_text(notebook(*cells), "a.ipynb")) == ["definition", "refuted"]
    cells = [("markdown", "---\ntitle: $$h_t = W h_{t-1}$$\n---\n"), *cells]
    assert words_of(read_text(notebook(*cells), "a.ipynb")) == ["definition", "refuted"]


class TestStandardInput:
    def test_it_is_read_once_and_is_latex_where_a_line_begins_a_document(self) -> None:
        text = f"$${CELL}$$ of which 100% hold, as in any `\\documentclass`: $${FALSE}$$"
        for named in (["-"], ["-", "-"]):
            found = run_here("check", *named, "--jobs", "1", standard_input=text.encode())
            assert found.returncode == 1
            assert found.stdout.count("Unexpected") == found.stdout.count("(L1b) refuted") == len(named)

    @pytest.mark.parametrize("wrapped", ["%s", "\\documentclass{article}\n\\begin{document}\n%s\n\\end{document}"])
    def test_a_note_may_be_piped_in(self, wrapped: str) -> None:
        comment = " % $$x = y$$" * (wrapped != "%s")
        text = wrapped % f"$${CELL}$$\n\n$${FALSE}$${comment}"
        found = run_here("check", "-", "--jobs", "1", standard_input=text.encode())
        assert (found.returncode, found.stderr) == (1, "")
        assert "1 claim: 1 refuted. 1 definition." in found.stdout

    def test_what_is_no_text_or_no_note_is_one_line(self) -> None:
        found = run_here("check", "-", standard_input=b"a\n\xff")
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr.startswith("symbptt: -:2:1: a byte here is not UTF-8")
        assert run_here("check", "-", standard_input=b"Nothing.").returncode == 5


@pytest.mark.parametrize(
    ("formula", "word"),
    [
        *((form % CELL, "definition") for form in ("%s", "$$%s$$", r"\[%s\]", " $%s$ ", r"\(%s\)")),
        (rf"\begin{{align}}{CELL}\end{{align}}", "definition"),
    ],
)
def test_a_formula_is_taken_with_its_delimiters(formula: str, word: str) -> None:
    note = read_formula(formula)
    assert words_of(note)[0] == word
    assert note.title == ""
    with pytest.raises(NoteError, match="opens a display that has no end"):
        read_formula("$$h_t = W h_{t-1}")


class TestMacros:
    @pytest.fixture
    def book(self, tmp_path: Path) -> Path:
        (tmp_path / "chapters").mkdir()
        (tmp_path / "book.tex").write_text(
            "\\documentclass{book}\n% All letters are scalars.\n\\newcommand{\\st}{h_t}\n"
            f"\\begin{{document}}\n$${CELL}$$\n\\input{{chapters/one}}\n\\end{{document}}\n"
        )
        (tmp_path / "chapters" / "one.tex").write_text(f"$${CELL}$$\n\n$${WITH_A_MACRO}$$\n")
        return tmp_path

    def test_a_chapter_has_those_of_the_document_that_brings_it_in(self, book: Path) -> None:
        note = read_note(book / "chapters" / "one.tex")
        assert words_of(note) == ["definition", "refuted"]
        assert note.assumed[0] == "macros of book.tex, which it is a part of"
        assert [str(row.display.place).rpartition("/")[2] for row in note.rows] == ["one.tex:1:3", "one.tex:3:3"]
        # Of two documents nobody knows which.
        (book / "other.tex").write_text((book / "book.tex").read_text())
        note = read_note(book / "chapters" / "one.tex")
        assert words_of(note) == ["definition", "unread"]
        assert note.assumed[0] == "book.tex and other.tex bring it in: the macros of none of them are read"
        # The one that it names itself.
        one = book / "chapters" / "one.tex"
        one.write_text(f"% !TEX root = ../other\n{one.read_text()}")
        assert words_of(read_note(one)) == ["definition", "refuted"]

    def test_those_of_a_file_that_the_preamble_brings_in_count_too_and_one_that_is_not_there_is_said(
        self, book: Path
    ) -> None:
        document, one = book / "book.tex", book / "chapters" / "one.tex"
        text = document.read_text()
        document.write_text(text.replace("\\newcommand{\\st}{h_t}\n", "\\input{macros}\n"))
        (book / "macros.tex").write_text("% $$a = b$$ All letters are scalars.\n\\newcommand{\\st}{h_t}\n")
        note = read_note(one)
        assert words_of(note) == ["definition", "refuted"]
        assert note.missing == ()
        # Of two that give it a meaning the last one counts, and nobody knows the one that is not there.
        (book / "macros.tex").write_text("\\newcommand{\\st}{g_t}\n")
        document.write_text(text.replace("% All", "\\input{macros}\n% All"))
        assert words_of(read_note(one)) == ["definition", "refuted"]
        document.write_text(text.replace("\\begin", "\\input{none}\n\\begin", 1))
        one.write_text(f"$${CELL}$$\n\n$${TRUE}$$\n")
        note = read_note(one)
        assert note.missing == ("book.tex line 4: none is not read: there is no such file beside the note",)
        assert words_of(note) == ["definition", "undecided"]

    def test_a_note_of_any_kind_is_read_with_those_of_a_file(self, tmp_path: Path) -> None:
        macros = tmp_path / "macros.tex"
        macros.write_text("% $$a = b$$ All letters are scalars.\n\\newcommand{\\st}{h_t}\n")
        note = tmp_path / "a.md"
        note.write_text(f"$${CELL}$$\n\n$${WITH_A_MACRO}$$\n")
        assert words_of(read_note(note)) == ["definition", "unread"]
        assert words_of(read_note(note, macros)) == ["definition", "refuted"]
        found = run_here("check", str(note), "--macros", str(macros), "--jobs", "1")
        assert "1 claim: 1 refuted." in found.stdout
        assert f"macros of {macros}" in " ".join(found.stdout.split())
        assert run_here("check", str(note), "--macros", str(tmp_path / "none.tex")).stderr.endswith(
            "none.tex: there is no such file, expected a note; correct the path\n"
        )
