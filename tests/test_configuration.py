"""What a project says of its checks: the nearest file counts, the command line comes first, a mistake is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbptt import Question, assert_proved, judge, judge_note
from symbptt.configuration import Settings, settings_for
from symbptt.errors import UsageError
from symbptt.folders import files_below
from symbptt.judging.pages import question_for
from symbptt.notebook import Notebook
from symbptt.reader.note import read_text
from symbptt.reader.results import Note
from symbptt.reader.sources import note_at, read_all, read_alone
from symbptt.web.answers import Asked, answer
from symbptt.workers import Crew
from tests.commands import run

CELL = r"$$h_t = \phi(W h_{t-1} + U x_t)$$"
TANH = r"$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W$$"


def test_the_nearest_file_that_speaks_of_symbptt_counts_and_no_other(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert settings_for(inner / "note.md").path in (None, *(above / "symbptt.toml" for above in tmp_path.parents))
    (tmp_path / "symbptt.toml").write_text('steps = "2..3"\nhidden = 3\n')
    assert settings_for(inner / "note.md") == Settings(tmp_path / "symbptt.toml", (2, 3), {"n": 3})
    (inner / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert settings_for(inner).steps == (2, 3)
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.symbptt]\nactivation = "tanh"\n')
    assert settings_for(inner) == Settings(tmp_path / "a" / "pyproject.toml", activation="tanh")
    (tmp_path / "a" / "symbptt.toml").write_text("")
    assert settings_for(inner) == Settings(tmp_path / "a" / "symbptt.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step = 3", "no setting is called 'step': expected one of steps, hidden, inputs, outputs, activation"),
        ('steps = "3..1"', "steps = '3..1': expected FIRST..LAST"),
        ("steps = true", "expected FIRST..LAST"),
        ("hidden = 0", "hidden = 0: expected a whole number from 1 on"),
        ("hidden = true", "expected a whole number"),
        ('activation = "gelu2"', "expected one of any, "),
        ('ignore = "a"', "expected a list of patterns"),
        ('macros = "none.tex"', "expected a file of LaTeX macros beside the settings"),
        ('convention = "rows"', "expected one of numerator"),
        ("steps =", "it is no TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "symbptt.toml").write_text(text)
    with pytest.raises(UsageError) as raised:
        settings_for(tmp_path / "note.md")
    assert str(raised.value).startswith(f"{tmp_path / 'symbptt.toml'}: ")
    assert said in str(raised.value)
    (tmp_path / "note.md").write_text(CELL)
    done = run("check", "note.md", cwd=tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


def test_what_is_asked_is_theirs_unless_the_command_line_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text(f"{CELL}\n\n{TANH}\n")

    def words(*more: str) -> str:
        return run("check", "note.md", "--jobs", "1", *more, cwd=tmp_path).stdout

    assert "1 claim: 1 refuted" in words()
    (tmp_path / "symbptt.toml").write_text('activation = "tanh"\nsteps = "1..2"\nhidden = 1\n')
    assert "1 claim: 1 proved" in words()
    assert "1 claim: 1 refuted" in words("--activation", "any")


def test_macros_a_convention_and_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "symbptt.toml").write_text(
        'ignore = ["drafts/", "*.old.md"]\nmacros = "m.sty"\nconvention = "denominator"\n'
    )
    (tmp_path / "m.sty").write_text("\\newcommand{\\st}{h_t}\n")
    (tmp_path / "drafts").mkdir()
    for name in ("drafts/a.md", "b.old.md", "c.md"):
        (tmp_path / name).write_text("$$\\st = \\tanh(W h_{t-1})$$\n")
    assert [path.name for path in files_below(tmp_path)] == ["c.md"]
    ((_, note),) = read_all([tmp_path / "c.md"])
    assert isinstance(note, Note)
    assert [(one.name) for one in note.layouts] == ["denominator"]
    assert [entry.kind for entry in note] == ["definition"]
    # In Python too, where a path is judged.
    assert [row.kind for row in judge_note(tmp_path / "c.md")] == ["definition"]
    assert [row.kind for row in judge(tmp_path / "c.md")] == ["definition"]
    # What is named is read, and what the note says of itself comes first.
    (tmp_path / "b.old.md").write_text("Gradients are rows (numerator layout).\n\n$$\\st = \\tanh(W h_{t-1})$$\n")
    ((_, note),) = read_all([tmp_path / "b.old.md"])
    assert isinstance(note, Note)
    assert "denominator" not in [one.name for one in note.layouts]


def test_in_python_a_path_is_asked_what_its_settings_ask_and_a_question_says_all_of_it(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text(f"{CELL}\n\n{TANH}\n")
    assert [row.word for row in judge(note)] == ["definition", "refuted"]
    (tmp_path / "symbptt.toml").write_text('activation = "tanh"\nsteps = "1..2"\nhidden = 1\n')
    assert question_for(note) == Question((1, 2), {"n": 1, "d": 2, "q": 2}, "tanh")
    assert [row.word for row in judge(note)] == [row.word for row in judge_note(note)] == ["definition", "proved"]
    assert_proved(note)
    assert [row.word for row in judge(note, question=Question())] == ["definition", "refuted"]
    with pytest.raises(AssertionError):
        assert_proved(note, question=Question())


def test_what_stands_in_no_file_is_read_with_the_settings_of_the_folder_where_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "symbptt.toml").write_text('macros = "m.sty"\nconvention = "denominator"\n')
    (tmp_path / "m.sty").write_text("\\newcommand{\\st}{h_t}\n")
    (tmp_path / "other.sty").write_text("\\newcommand{\\st}{g_t}\n")
    cell = "$$\\st = W h_{t-1}$$\n\n$$\\frac{\\partial h_t}{\\partial h_{t-1}} = W^T$$\n"
    assert {row.word for row in judge_note(read_text(cell, "note.md"))} != {"definition", "proved"}
    monkeypatch.chdir(tmp_path)
    asked = [note_at(Path("-"), None, cell), read_alone(cell.partition("\n")[0], Crew())[0][1]]
    notes = [note for note in asked if isinstance(note, Note)]
    assert [row.word for note in notes for row in judge_note(note)] == ["definition", "proved", "definition"]
    pieces = answer(Asked("check", cell), Question())
    assert [piece["row"]["word"] for piece in pieces if "row" in piece] == ["definition", "proved"]
    assert [row.word for row in Notebook().judged("In [1]", cell)] == ["definition", "proved"]
    # What is typed comes first.
    assert "proved" not in [row.word for row in Notebook().judged("In [1]", cell, "--macros other.sty")]
