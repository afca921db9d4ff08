"""What somebody meets who types a command for the first time."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from symbptt.cli import _COMMANDS
from symbptt.commands.new import PAGES
from symbptt.files import NOTES
from tests.commands import COMMAND, asked, run_here
from tests.pages import ROOT, needs_tex


@pytest.mark.parametrize("command", _COMMANDS)
def test_each_command_shows_an_example_of_itself(command: str) -> None:
    shown = asked(command, "--help")
    assert shown.returncode == 0
    assert f"for example: symbptt {command} " in shown.stdout


def test_a_file_in_place_of_a_command_is_told_which_command_is_meant(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("hw.md", "page.py", "folder"):
        done = run_here(name, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"symbptt: no command is called {name}: did you mean symbptt check {name}?\n"
    assert "invalid choice: 'chekc'" in run_here("chekc", cwd=tmp_path).stderr


class TestNewPages:
    @pytest.mark.parametrize("ending", PAGES)
    def test_each_checks_as_it_stands_and_is_never_written_over(self, tmp_path: Path, ending: str) -> None:
        name = f"first{ending}"
        assert run_here("new", name, cwd=tmp_path).stdout == f"{name} is written; symbptt check {name} judges it\n"
        done = run_here("check", name, "--jobs", "1", cwd=tmp_path)
        assert done.returncode == 0
        assert "2 claims: 2 proved. 1 misreading: 1 refuted. 1 definition." in done.stdout
        (tmp_path / name).write_text("mine")
        again = run_here("new", name, cwd=tmp_path)
        assert again.returncode == 2
        assert f"{name} is there already, and is left as it is" in again.stderr
        assert (tmp_path / name).read_text() == "mine"

    def test_another_ending_is_an_error_that_names_those_that_there_are(self, tmp_path: Path) -> None:
        done = run_here("new", "first.docx", cwd=tmp_path)
        assert done.returncode == 2
        assert "expected a file ending in .md, .tex or .py" in done.stderr
        assert list(tmp_path.iterdir()) == []

    @needs_tex
    def test_the_one_in_latex_compiles(self, tmp_path: Path) -> None:
        (tmp_path / "first.tex").write_text(PAGES[".tex"])
        latex = shutil.which("pdflatex")
        assert latex is not None
        done = subprocess.run(
            [latex, "-interaction=nonstopmode", "-halt-on-error", "first.tex"], cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 0, done.stdout


def test_a_page_without_an_equation_is_no_failure_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Nothing.\n")
    assert run_here("check", "a.md", cwd=tmp_path).returncode == 5
    assert run_here("check", "a.md", "--allow-none", cwd=tmp_path).returncode == 0
    (tmp_path / "b.md").write_text("$$h_t = W h_{t-1}$$\n\n$$h_1 = 2 W h_0$$\n")
    assert run_here("check", ".", "--allow-none", "--jobs", "1", cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("symbptt ", {"check", "derive", "new"}),
        ("symbptt check --form", {"--format"}),
        ("symbptt check --format s", {"sarif"}),
    ],
)
def test_a_shell_is_told_what_may_come_next(tmp_path: Path, line: str, expected: set[str]) -> None:
    pytest.importorskip("argcomplete")
    told = tmp_path / "told"
    asks = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(told), "_ARGCOMPLETE_IFS": "\n"}
    environment = {**os.environ, **asks, "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9"}
    subprocess.run(COMMAND, env=environment, capture_output=True, timeout=120, check=False)
    assert expected <= {word.strip() for word in told.read_text().split("\n")}


def test_the_lines_for_ci_are_those_that_run(tmp_path: Path) -> None:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "derivations/guide/projects.md")]
    lines = [re.findall(r"^- run: (symbptt .*)$", text, re.MULTILINE) for text in texts]
    assert lines[0] == lines[1][:1] == ["symbptt check --format github ."]
    (tmp_path / "homework.md").write_text("$$h_t = W h_{t-1}$$\n\n$$h_1 = 2 W h_0$$\n")
    _, *asked_for = shlex.split(lines[0][0])
    done = run_here(*asked_for, "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=homework.md,title=symbptt%3A refuted,line=3,")
    (tmp_path / "homework.md").write_text("$$h_t = W h_{t-1}$$\n\n$$h_1 = W h_0$$\n")
    assert run_here(*asked_for, "--jobs", "1", cwd=tmp_path).returncode == 0


def test_the_hook_of_pre_commit_names_a_command_that_there_is_and_the_endings_of_notes(tmp_path: Path) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^ *entry: symbptt (.*)$", hook, re.MULTILINE)
    (files,) = re.findall(r"^ *files: (.*)$", hook, re.MULTILINE)
    assert all(re.search(files, f"note{ending}") for ending in NOTES)
    assert not re.search(files, "page.py")
    (tmp_path / "README.md").write_text("No equation.\n")
    assert run_here(*shlex.split(entry), "README.md", cwd=tmp_path).returncode == 0
