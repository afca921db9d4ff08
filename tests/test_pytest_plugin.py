"""Derivations as tests: what pytest collects of a folder, what fails there and how, and ``assert_proved``."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import symbptt
import symbptt.judging.pages
import symbptt.reader.sources
from symbptt import Question, assert_proved, d, judge_note, partial, read_formula, read_note
from symbptt.errors import NoEquation, UsageError
from symbptt.folders import files_below
from symbptt.script import builds_page
from symbptt.show import failures
from tests.commands import PAGE, begin
from tests.guide import GUIDE, blocks
from tests.pages import ROOT, W, box, h, recurrence, t

pytest_plugins = ["pytester"]
# A run of pytest inside of this one forgets what it loads: all of it is loaded before, and once.
PUBLIC = [getattr(symbptt, name) for name in symbptt.__all__]
INSTALLED = any(point.value == "symbptt.pytest_plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "symbptt.pytest_plugin")

SCRIPT = """
page.claim("copies", d(h[t], U), Sum(d(h[t], copy_at(U, i)), (i, 1, t)))
page.claim("false", d(h[t], W), partial(h[t], W))
page.misread("wrong", d(h[t], W), partial(h[t], W), of=page["copies"], why="the past is left out")
page.misread("true", d(h[t], W), d(h[t], W), of=page["copies"], why="nothing")
"""
NOTE = r"""
$$ h_t = \tanh(W h_{t-1} + U x_t) \tag{h} $$
$$ \|h_t\| \le 1 \tag{bound} $$
$$ \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W \tag{true} $$
$$ \frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(1 - h_t^2) \tag{swapped} $$
<!-- symbptt: refuted, the factors are swapped -->
$$ \frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(1 - h_t^2) \tag{known} $$
$$ \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2 W \tag{broken} $$
"""
RAN = "from pathlib import Path\nPath(__file__).with_suffix('.ran').touch()\n"
"""What shows that a file was run."""


def run(pytester: pytest.Pytester, *options: str) -> tuple[dict[str, int], str]:
    """How many tests of a run of pytest ended how, and what it printed."""
    begin()
    done = pytester.runpytest_inprocess("-v", "-p", "no:cacheprovider", *PLUGIN, *options)
    return done.parseoutcomes(), done.stdout.str()


def test_a_script_in_a_folder_is_one_test_an_equation_and_every_other_file_is_left_alone(
    pytester: pytest.Pytester,
) -> None:
    pages = {
        "page.py": PAGE.replace("W @ h[t - 1]", "W @ h[t - 1] + W @ h[t - 2]") + SCRIPT,
        "strangers.py": RAN + "raise SystemExit('this is nobody else\\'s to run')",
        "library.py": RAN + "from symbptt import Derivation\ndef made(title): return Derivation(title)",
        "main.py": RAN + PAGE.replace("page", "if __name__ == '__main__': page"),
        "test_own.py": PAGE + "def test_own(): assert len(list(page)) == 1",
    }
    for name, text in pages.items():
        pytester.path.joinpath(name).write_text(text)
    (pytester.path / "note.md").write_text(NOTE)
    outcomes, printed = run(pytester)
    assert outcomes == {"failed": 2, "passed": 3}
    assert list(pytester.path.glob("*.ran")) == []
    lines = [line.partition("[")[0].split() for line in printed.splitlines() if line.startswith("page.py::")]
    assert lines == [
        *(["page.py::copies", "PASSED"], ["page.py::false", "FAILED"]),
        *(["page.py::wrong", "PASSED"], ["page.py::true", "FAILED"]),
    ]
    # Both sides, the witness, the fix and its LaTeX; and what a misreading that is true says.
    for said in (
        "(false) is refuted, expected proved or holds-as-read",
        "\npage.py:12\n",
        "(false) d h_t/d W = ∂⁺h_t/∂W",
        "left 42, right 21 (its one entry in W)",
        "(true) is proved, expected refuted, because it is declared wrong",
        "(true) d h_t/d W = d h_t/d W",
    ):
        assert " ".join(said.split()) in " ".join(printed.split())
    assert "Traceback" not in printed
    assert "symbptt/" not in printed.replace(str(ROOT), "")


STEPS = r"""
$$ h_t = \tanh(W h_{t-1} + W h_{t-2} + U x_t) $$
$$ \frac{d h_t}{d U} = \sum_{i=1}^t \frac{\partial h_t}{\partial U^{(i)}} \tag{copies} $$
$$ \frac{d h_t}{d U} = \frac{\partial^+ h_t}{\partial U} + \frac{\partial^+ h_t}{\partial h_{t-1}}
   \frac{\partial^+ h_{t-1}}{\partial U} \tag{slip} $$
$$ \frac{d h_t}{d W} = \frac{d h_t}{d W}, \quad t \ge 3 \tag{late} $$
$$ \frac{d h_2}{d U} = \frac{\partial^+ h_2}{\partial U} + \frac{\partial h_2}{\partial h_1} \frac{d h_1}{d U}
   \tag{two} $$
<!-- symbptt: refuted, the past is left out -->
$$ \frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W} \tag{known} $$
"""


def test_a_step_is_a_test_where_steps_are_asked_for_and_fails_where_the_equation_is_false(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, tuple[int, ...]]] = []
    plain = symbptt.judging.pages.rows_of

    @contextmanager
    def counted(page: Any, question: Question, crew: Any) -> Iterator[Any]:
        with plain(page, question, crew) as rows:

            def told(entries: Any) -> Any:
                asked.extend((entry.tag, question.steps) for entry in entries)
                return rows(entries)

            yield told

    monkeypatch.setattr(symbptt.judging.pages, "rows_of", counted)
    (pytester.path / "note.md").write_text(STEPS)
    outcomes, printed = run(pytester, "--symbptt-notes", "--symbptt-steps", "1..3", "-rs", "--strict-markers")
    lines = [line.split()[:2] for line in printed.splitlines() if "::" in line and "%]" in line]
    ended = {name.removeprefix("note.md::"): how for name, how in lines}
    by_tag = {tag: [ended.pop(f"{tag}[t{step}]")[0] for step in (1, 2, 3)] for tag in ("copies", "slip", "late", "two")}
    assert by_tag == {"copies": list("PPP"), "slip": list("PPF"), "late": list("SSP"), "two": list("SPS")}
    assert ended.pop("known") == "PASSED"
    assert ended == {}
    assert "it is stated from t = 3 on" in printed
    assert "it is proved for t = 2" in printed
    # Each claim is judged once; what is refuted, once more at each step at which that has not shown it.
    every = (1, 2, 3)
    whole = [(tag, every) for tag in ("copies", "slip", "late", "two", "known")]
    assert sorted(asked) == sorted([*whole, *(("slip", (step,)) for step in (1, 2))])
    # One step is chosen by its name.
    only = run(pytester, "--symbptt-notes", "--symbptt-steps", "1..3", "-k", "t3 and slip")[0]
    assert only == {"failed": 1, "deselected": sum(outcomes.values()) - 1}


def test_limits_and_steps_are_as_strict_as_those_of_a_command(pytester: pytest.Pytester) -> None:
    for option, value, said in (
        ("timeout", "0", "expected a number of seconds above 0"),
        ("timeout", "nan", "expected a number of seconds above 0"),
        ("memory", "-1", "expected a whole number from 1 on"),
        ("steps", "3..1", "the first step of 3..1 is after the last"),
    ):
        done = pytester.runpytest_inprocess(*PLUGIN, f"--symbptt-{option}={value}")
        assert done.ret == pytest.ExitCode.USAGE_ERROR
        assert said in done.stderr.str()


def test_notes_are_collected_where_they_are_asked_for_and_a_page_without_claims_is_an_error(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "note.md").write_text(NOTE)
    (pytester.path / "empty.md").write_text(r"Let $$ h_t = \tanh(W h_{t-1}) \tag{h} $$")
    (pytester.path / "README.md").write_text(r"No derivation, though it takes $$ \|h_t\| \le 1 $$")
    (pytester.path / "plain.md").write_text("Nor this one.")
    (pytester.path / "whole.tex").write_text(r"\[ h_t = \tanh(W h_{t-1}) \] \input{part}")
    (pytester.path / "part.tex").write_text(
        r"\[ \frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W \tag{part} \]"
    )
    outcomes, printed = run(pytester, "--symbptt-notes", "--durations=2")
    assert outcomes == {"errors": 1, "failed": 2, "passed": 3}
    lines = [line.split()[:2] for line in printed.splitlines() if "::" in line and "%]" in line]
    assert lines == [
        ["empty.md::empty", "ERROR"],
        ["note.md::true", "PASSED"],
        ["note.md::swapped", "FAILED"],
        ["note.md::known", "PASSED"],
        ["note.md::broken", "FAILED"],
        ["whole.tex::part", "PASSED"],
    ]
    for said in (
        "'empty' claims nothing; expected at least one equation that is no definition",
        "W[1,2] = 1, h_0[2] = 1, all else 0: left [0.41",
        "one change makes it true: W and diag(1 - h_t^{2}) on the right stand in the wrong order",
        r"\frac{\partial h_{t}}{\partial h_{t-1}} = \operatorname{diag}(1 - h_{t}^{2}) W",
        "(broken) is unread, expected proved or holds-as-read",
        "s call     note.md::",
    ):
        assert said in printed
    assert "Traceback" not in printed


def test_tests_are_chosen_by_their_tags_and_by_their_marker_and_a_script_that_raises_is_no_test(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "page.py").write_text(PAGE + SCRIPT)
    (pytester.path / "test_own.py").write_text("def test_wrong(): pass")
    options = ("--strict-markers", "--collect-only", "-qq")
    assert run(pytester, *options, "-m", "symbptt", "-k", "wrong or copies")[1].splitlines()[:2] == [
        "page.py::copies",
        "page.py::wrong",
    ]
    assert run(pytester, "-m", "not symbptt")[0] == {"passed": 1, "deselected": 4}
    # Two pages of a script may have the same tags.
    (pytester.path / "page.py").write_text(PAGE + SCRIPT + PAGE + SCRIPT)
    listed = run(pytester, *options, "page.py")[1].splitlines()
    assert listed[:8] == [
        f"page.py::{tag}{more}" for more in ("", " #2") for tag in ("copies", "false", "wrong", "true")
    ]
    (pytester.path / "page.py").write_text(PAGE + "1 / 0")
    outcomes, printed = run(pytester)
    assert outcomes == {"errors": 1}
    assert "page.py:10: the script raised ZeroDivisionError: division by zero" in printed
    assert "Traceback" not in printed


def test_the_settings_above_a_file_count_and_what_a_note_expects_is_expected(pytester: pytest.Pytester) -> None:
    (pytester.path / "symbptt.toml").write_text('activation = "tanh"\nsteps = "1..2"\nignore = ["old/"]')
    (pytester.path / "old").mkdir()
    (pytester.path / "old" / "page.py").write_text(PAGE + SCRIPT)
    slope = "page.claim('slope', partial(h[t], h[t - 1]), diag(ones(h[t]) - hadamard(h[t], h[t])) @ W)\n"
    (pytester.path / "page.py").write_text(PAGE + slope)
    (pytester.path / "note.md").write_text(NOTE.replace("$$ \\frac", "<!-- symbptt: ignore, later -->\n$$ \\frac", 2))
    outcomes, printed = run(pytester, "--symbptt-notes")
    lines = [line.split()[:2] for line in printed.splitlines() if "::" in line and "%]" in line]
    assert lines == [["note.md::known", "PASSED"], ["note.md::broken", "FAILED"], ["page.py::slope", "PASSED"]]
    assert outcomes == {"failed": 1, "passed": 2}
    (pytester.path / "symbptt.toml").write_text("")
    assert run(pytester)[0] == {"failed": 3, "passed": 2}
    (pytester.path / "symbptt.toml").write_text("step = 3")
    outcomes, printed = run(pytester)
    assert outcomes == {"errors": 1}
    assert "no setting is called 'step'" in printed
    assert "Traceback" not in printed


def test_what_a_check_of_the_folder_leaves_out_is_left_out_unless_it_is_named(pytester: pytest.Pytester) -> None:
    (pytester.path / ".git").mkdir()
    (pytester.path / ".gitignore").write_text("old/\n")
    for folder in ("_build", "old", "node_modules", "kept"):
        (pytester.path / "book" / folder).mkdir(parents=True)
        (pytester.path / "book" / folder / "note.md").write_text(NOTE)

    def collected(*named: str) -> set[str]:
        printed = run(pytester, "--symbptt-notes", "--collect-only", "-qq", *named)[1]
        return {line.partition("::")[0] for line in printed.splitlines() if "::" in line}

    assert collected() == collected("book") == {"book/kept/note.md"}
    assert {str(path.relative_to(pytester.path)) for path in files_below(pytester.path)} == collected()
    assert collected("book/_build") == {"book/_build/note.md"}
    assert collected("book/old/note.md") == {"book/old/note.md"}


def test_what_takes_too_long_is_stopped_and_the_next_file_is_judged(pytester: pytest.Pytester) -> None:
    (pytester.path / "endless.py").write_text(PAGE + "while True: pass")
    (pytester.path / "page.py").write_text(PAGE + SCRIPT)
    outcomes, printed = run(pytester, "--symbptt-timeout", "2", "-k", "wrong", "--continue-on-collection-errors")
    assert outcomes == {"errors": 1, "passed": 1, "deselected": 3}
    assert "endless.py: it was not read to its end: stopped after 2 s" in printed


def test_the_guide_shows_what_pytest_says(pytester: pytest.Pytester) -> None:
    page = GUIDE / "testing.md"
    (note,) = (block for block in blocks(page) if block.comment == "file: slip.md")
    (block,) = (block for block in blocks(page) if block.comment == "pytest")
    (pytester.path / "slip.md").write_text(note.text)
    program, *options = block.command.split()
    assert program == "pytest"
    _, printed = run(pytester, *options)
    shown = [" ".join(line.split()) for line in block.shown.splitlines() if line]
    assert len(shown) == 8
    lines = iter([" ".join(re.sub(r"\[ *[0-9]+%\]$", "", line).split()) for line in printed.splitlines()])
    assert [line for line in shown if line not in lines] == []


def test_on_several_processors_every_equation_has_its_report(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    (pytester.path / "page.py").write_text(PAGE.replace("W @ h[t - 1]", "W @ h[t - 1] + W @ h[t - 2]") + SCRIPT)
    outcomes, _ = run(pytester, "-n", "1", "--dist", "loadgroup", "--symbptt-steps", "1..2")
    assert outcomes == {"failed": 2, "passed": 4}


def test_in_a_project_without_derivations_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text("def test_theirs(): pass")
    program = (
        f"import sys, pytest; sys.path.insert(0, {str(ROOT)!r}); import symbptt.pytest_plugin as plugin;"
        f"options = ['-q', '-p', 'no:cacheprovider', *{PLUGIN!r}];"
        "assert pytest.main(options) == 0;"
        "assert plugin in [sys.modules[name] for name in sys.modules];"
        "print([name for name in ('sympy', 'numpy', 'lark', 'rich', 'symbptt.reader.note') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# --------------------------------------------------------------------------------------------------- scripts

SCRIPTS = {
    "from symbptt import Derivation\npage = Derivation('a')": True,
    "from symbptt import *\nwith open('x') as file:\n    pages = [Derivation(line) for line in file]": True,
    "import symbptt as s\npage: s.Derivation = s.Derivation('a')": True,
    "import symbptt.page.derivation\nsymbptt.page.derivation.Derivation('a')": True,
    "from symbptt import Derivation as Page\ndef make():\n    return Page('a')\nmake()": True,
    "from symbptt import Derivation\ndef make(t):\n    return Derivation(t)\npages = list(map(make, 'ab'))": True,
    "from symbptt import Derivation\nclass A:\n    def m(self):\n        return Derivation('a')\nA().m()": True,
    "from symbptt import Derivation\npage = Derivation(": True,
    "from symbptt import Derivation\ndef make():\n    return Derivation('a')": False,
    "from symbptt import Derivation\nclass A:\n    def m(self):\n        return Derivation('a')": False,
    "from symbptt import Derivation\nif __name__ == '__main__':\n    Derivation('a')": False,
    "from symbptt import Derivation\ndef judged(page: Derivation) -> None: ...\nprint('Derivation(a)')": False,
    "from theirs import Derivation\nimport symbptt\nDerivation('a')": False,
    "from .symbptt import Derivation\nDerivation('a')": False,
    "import symbptt\nsymbptt.prove('Derivation(1)')": False,
    "page = Derivation('a')": False,
    "'''\nfrom symbptt import Derivation\npage = Derivation('a')\n'''": False,
    "page = Derivation(": False,
}


def test_a_script_is_found_by_its_text_and_no_file_is_run_for_it(tmp_path: Path) -> None:
    for number, text in enumerate(SCRIPTS):
        (tmp_path / f"file{number:02}.py").write_text(RAN + text)
    found = {text: builds_page(tmp_path / f"file{number:02}.py") for number, text in enumerate(SCRIPTS)}
    assert found == SCRIPTS
    (tmp_path / "_hidden.py").write_text("from symbptt import Derivation\npage = Derivation('a')")
    named = [f"file{number:02}.py" for number, expected in enumerate(SCRIPTS.values()) if expected]
    assert [path.name for path in files_below(tmp_path)] == named
    assert list(tmp_path.glob("*.ran")) == []


def test_of_this_repository_the_note_is_a_script_and_no_room_is() -> None:
    assert [path.name for path in files_below(ROOT / "derivations") if path.suffix == ".py"] == ["bptt.py"]
    rooms = list((ROOT / "symbptt").glob("**/*.py"))
    assert len(rooms) > 100
    assert [room for room in rooms if builds_page(room)] == []


# --------------------------------------------------------------------------------------------------- assert_proved


def test_what_is_proved_is_asserted_and_what_is_false_raises_what_the_plugin_prints() -> None:
    page = recurrence()
    true = page.claim("box", d(h[t], W), box())
    false = page.claim("slip", d(h[t], W), partial(h[t], W))
    few = Question(steps=(1, 2))
    assert_proved(page, "box", question=few)
    assert_proved(page, true, question=few)
    with pytest.raises(AssertionError) as raised:
        assert_proved(page, true, false, question=few)
    said = str(raised.value)
    assert said.startswith("(slip) is refuted, expected proved or holds-as-read\n")
    row = next(iter(symbptt.judging.pages.judge(page, [false], few)))
    assert said.splitlines()[3:] == failures.failure(row).splitlines()[3:]
    with pytest.raises(AssertionError):
        assert_proved(page, question=few)
    with pytest.raises(UsageError, match="no equation is tagged none: expected one of h, box, slip"):
        assert_proved(page, "none")
    with pytest.raises(UsageError, match=r"\(h\) is no claim, and cannot be proved"):
        assert_proved(page, "h")


def test_of_a_page_what_is_declared_wrong_is_to_be_refuted_and_cannot_be_asserted_by_itself() -> None:
    page = recurrence()
    with pytest.raises(NoEquation, match="'A recurrence' claims nothing"):
        assert_proved(page)
    claim = page.claim("box", d(h[t], W), box())
    wrong = page.misread("wrong", d(h[t], W), partial(h[t], W), of=claim, why="the past is left out")
    few = Question(steps=(1, 2))
    assert_proved(page, question=few)
    with pytest.raises(UsageError, match=r"\(wrong\) is declared wrong, and cannot be proved"):
        assert_proved(page, wrong)
    page.misread("right", d(h[t], W), box(), of=claim, why="nothing")
    with pytest.raises(AssertionError, match=r"\(right\) is proved, expected refuted, because it is declared wrong"):
        assert_proved(page, question=few)


def test_notes_formulas_and_files_are_asserted_too(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(NOTE)
    assert_proved(path, "true", timeout=60)
    note = read_note(path)
    with pytest.raises(AssertionError) as raised:
        assert_proved(note)
    heads = [line for line in str(raised.value).splitlines() if "expected" in line]
    assert heads == [
        "(swapped) is refuted, expected proved or holds-as-read",
        "(broken) is unread, expected proved or holds-as-read",
    ]
    open_rows = [row.tag for row in judge_note(note) if not row.settled]
    assert open_rows == ["swapped", "broken"]
    with pytest.raises(UsageError, match=r"\(known\) is declared wrong"):
        assert_proved(note, "known")
    with pytest.raises(UsageError, match=r"\(bound\) is no claim"):
        assert_proved(note, "bound")
    with pytest.raises(AssertionError, match=r"\(L1\) is refuted"):
        assert_proved(read_formula(r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}"))
