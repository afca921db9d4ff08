"""The cell magic: a cell is judged behind what the other cells of its notebook say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

import symbptt
from symbptt.errors import NoteError, SymbpttError, UsageError
from symbptt.notebook import Notebook
from symbptt.verdicts import Sheet
from tests.commands import KNOWN, begin
from tests.guide import GUIDE, blocks

STATE = "# A network\n\n$$ h_t = \\tanh(W h_{t-1} + U x_t) \\tag{h} $$\n"
OTHER = STATE.replace(r"\tanh", r"\phi")
CLAIM = r"$$ \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W \tag{J} $$"
SWAPPED = r"$$ \frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(1 - h_t^2) \tag{K} $$"


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Cells are judged by one worker, and what one test has judged another takes for granted."""
    begin()
    with mock.patch.dict(os.environ, KNOWN), mock.patch("symbptt.workers.processors", return_value=1):
        yield


def words(sheet: Sheet) -> dict[str, str]:
    return {row.tag: row.word for row in sheet}


def test_a_cell_is_judged_behind_the_definitions_macros_and_words_of_the_cells_before_it() -> None:
    notebook = Notebook()
    macro = "\\newcommand{\\J}{\\frac{\\partial h_t}{\\partial h_{t-1}}}\n\nLet $\\sigma = \\tanh$.\n\n"
    assert words(notebook.judged("In [1]", macro + STATE.replace(r"\tanh", r"\sigma"), "", "a")) == {"h": "definition"}
    sheet = notebook.judged("In [2]", "\n" + CLAIM.replace("\\frac{\\partial h_t}{\\partial h_{t-1}}", r"\J"), "", "b")
    assert words(sheet) == {"J": "proved"}
    assert sheet.assumed[0] == "carried over from In [1]: (h)"
    assert (sheet["J"].place.path, sheet["J"].place.line) == ("In [2]", 2)
    # Without these words it is of another function.
    silent = Notebook()
    silent.judged("In [1]", STATE.replace(r"\tanh", r"\sigma"), "", "a")
    assert words(silent.judged("In [2]", CLAIM, "", "b")) == {"J": "refuted"}
    # A slip is judged behind both cells.
    wrong = notebook.judged("In [3]", SWAPPED, "--steps 1..2 --tag K", "c")
    assert words(wrong) == {"K": "refuted"}
    assert wrong.assumed[:2] == ("carried over from In [1]: (h)", "carried over from In [2]: its words")
    # Without what defines the state, nothing is known of it.
    alone = notebook.judged("In [4]", CLAIM, "--fresh", "d")
    assert words(alone)["J"] != "proved"
    assert not any(line.startswith("carried over") for line in alone.assumed)


def test_a_cell_that_is_run_again_replaces_what_it_said() -> None:
    notebook = Notebook()
    notebook.judged("In [1]", STATE, "", "a")
    assert words(notebook.judged("In [2]", CLAIM, "", "b")) == {"J": "proved"}
    again = notebook.judged("In [3]", OTHER, "", "a")
    assert words(again) == {"h": "definition"}
    assert "it takes the place of In [1], which defines h" in again.assumed
    later = notebook.judged("In [4]", CLAIM, "", "b")
    assert words(later) == {"J": "refuted"}
    assert later.assumed[:2] == ("carried over from In [3]: (h)", "it takes the place of In [2]")
    # Another cell that defines the letter once more makes a claim of it: nothing that a page says is ignored.
    assert words(notebook.judged("In [5]", STATE, "", "c")) == {"h-2": "refuted"}


def test_where_nothing_tells_the_cells_apart_a_definition_replaces_the_one_before_it() -> None:
    notebook = Notebook()
    notebook.judged("In [1]", STATE)
    assert words(notebook.judged("In [2]", CLAIM)) == {"J": "proved"}
    assert "it takes the place of In [1], which defines h" in notebook.judged("In [3]", OTHER).assumed
    assert words(notebook.judged("In [4]", CLAIM)) == {"J": "refuted"}


def test_a_cell_that_cannot_be_read_says_nothing_to_the_next() -> None:
    notebook = Notebook()
    notebook.judged("In [1]", STATE, "", "a")
    with pytest.raises(NoteError, match=r"In \[2\]:1"):
        notebook.judged("In [2]", "$$ h_t", "", "a")
    assert words(notebook.judged("In [3]", CLAIM, "", "b"))["J"] != "proved"
    for line, said in (
        ("--steps none", "expected FIRST..LAST"),
        ("--hidden '", "cannot be read"),
        ("--tag Z", "no equation is tagged Z: expected one of"),
    ):
        with pytest.raises(UsageError, match=said):
            notebook.judged("In [4]", CLAIM, line, "b")


def test_the_cells_of_the_guide_come_out_as_it_says() -> None:
    notebook = Notebook()
    cells = [block for block in blocks(GUIDE / "testing.md") if block.comment.startswith("cell: ")]
    for number, block in enumerate(cells):
        first, _, text = block.text.partition("\n")
        sheet = notebook.judged(f"In [{number}]", text, first.removeprefix("%%symbptt"), str(number))
        assert [row.word for row in sheet] == block.comment.removeprefix("cell: ").split()
    assert len(cells) == 2


def test_ipython_runs_it_and_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell: Any = interactive.InteractiveShell()
    try:
        shell.run_cell("%load_ext symbptt")
        assert shell.run_cell("%%symbptt\n" + STATE, cell_id="a").result["h"].word == "definition"
        found = shell.run_cell("%%symbptt --steps 1..3\n" + CLAIM, cell_id="b").result
        assert words(found) == {"J": "proved"}
        assert words(shell.run_cell("%%symbptt\n" + OTHER, cell_id="a").result) == {"h": "definition"}
        assert words(shell.run_cell("%%symbptt\n" + CLAIM, cell_id="b").result) == {"J": "refuted"}
        capsys.readouterr()
        shell.run_cell("%%symbptt --steps none\n" + CLAIM)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        assert "expected FIRST..LAST such as 1..5" in printed.out + printed.err
    finally:
        shell.history_manager.end_session()


def test_the_magic_is_no_name_of_the_package() -> None:
    assert callable(symbptt.load_ipython_extension)
    assert "load_ipython_extension" not in dir(symbptt)
    assert issubclass(NoteError, SymbpttError)
