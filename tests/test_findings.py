"""What is not as it should be, as tools take it: the same in every run, with its place, its end and its fix."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import symbptt
from symbptt import judge_note
from symbptt.reader.note import read_text
from symbptt.show.findings import FORMATS, findings_of
from symbptt.verdicts import Sheet
from tests.commands import run_here
from tests.pages import ROOT

CELL = r"$$h_t = \tanh(W h_{t-1} + U x_t)$$"
LEFT = r"\frac{\partial h_t}{\partial h_{t-1}} = "
TRUE, FALSE = LEFT + r"\operatorname{diag}(1 - h_t^2) W", LEFT + r"W \operatorname{diag}(1 - h_t^2)"
GNU = re.compile(r"^(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<word>[\w-]+): (?P<message>.*)$")
"""What a problem matcher of VS Code and an errorformat of Vim, %f:%l:%c: %m, take."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("book")
    (made / "a,b.md").write_text(
        f"{CELL}\n\n$$\n{FALSE} \\tag{{8}}\n$$\n\n$${TRUE}$$\n\n$$\\frac{{\\partial h_t}}{{\\partial \\foo}} = 1$$\n"
    )
    cell = {"cell_type": "markdown", "source": f"{CELL}\n\n$${FALSE}$$"}
    (made / "c.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": ""}, cell]}))
    (made / "good.md").write_text(f"{CELL}\n\n$${TRUE}$$\n")
    return made


@cache
def judged(folder: Path) -> tuple[Sheet, ...]:
    """The notes of the folder in the order in which a check of it has them, judged once."""
    with contextlib.chdir(folder):
        return tuple(map(judge_note, sorted(path.name for path in folder.iterdir() if path.is_file())))


def written(folder: Path, kind: str) -> str:
    """What ``check --format`` writes to standard output: the findings in that format."""
    return FORMATS[kind](findings_of(judged(folder)), symbptt.__version__)


@pytest.mark.parametrize("kind", ["concise", "json"])
def test_a_check_writes_the_findings_in_a_format_and_sums_them_up_beside_it(folder: Path, kind: str) -> None:
    done = run_here("check", ".", "--jobs", "1", "--format", kind, cwd=folder)
    assert done.returncode == 1
    assert "Unexpected in a,b.md: (8) refuted, (L9) unread\nUnexpected in c.ipynb: (cell-2-L3) refuted" in done.stderr
    assert not re.search(r"\d s\b", done.stdout + done.stderr)
    # Judged twice, and the same to the letter.
    assert done.stdout == written(folder, kind)


def test_one_line_each_is_what_editors_take(folder: Path) -> None:
    lines = written(folder, "concise").splitlines()
    found = [taken.groups()[:4] for line in lines if (taken := GNU.match(line))]
    assert found == [
        ("a,b.md", "4", "1", "refuted"),
        ("a,b.md", "9", "3", "unread"),
        ("c.ipynb:cell 2", "3", "3", "refuted"),
    ]
    assert len(lines) == 3
    assert lines[0].endswith("one change makes it true: W and diag(1 - h_t^{2}) on the right stand in the wrong order")
    assert "foo is not known here" in lines[1]


def test_json_has_every_part_by_its_name(folder: Path) -> None:
    first, second, third = json.loads(written(folder, "json"))
    assert (first["path"], first["line"], first["column"]) == ("a,b.md", 4, 1)
    source = (folder / "a,b.md").read_text().splitlines()[first["line"] - 1]
    assert source[first["column"] - 1 : first["end_column"] - 1].startswith(FALSE)
    assert first["fix"]["latex"].endswith(r"\operatorname{diag}(1 - h_{t}^{2}) W \tag{8}")
    assert second["fix"] is None
    assert (third["path"], third["cell"], third["line"], third["word"]) == ("c.ipynb", "cell 2", 3, "refuted")


def test_github_marks_the_lines(folder: Path) -> None:
    first, second, third = written(folder, "github").splitlines()
    assert first.startswith("::error file=a%2Cb.md,title=symbptt%3A refuted,line=4,endLine=4,col=1,endColumn=")
    assert "::(8) as printed: the sides differ" in first
    assert second.startswith("::error file=a%2Cb.md,title=symbptt%3A unread,line=9,endLine=9,col=3,")
    assert third.startswith("::error file=c.ipynb,title=symbptt%3A refuted::cell 2, line 3: (cell-2-L3)")


def test_sarif_has_places_and_fixes(folder: Path) -> None:
    log = json.loads(written(folder, "sarif"))
    (ran,) = log["runs"]
    assert (log["version"], ran["tool"]["driver"]["name"]) == ("2.1.0", "symbptt")
    rules = [rule["id"] for rule in ran["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in ran["results"]] == ["refuted", "unread", "refuted"]
    region = ran["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (4, 1)
    (fix,) = ran["results"][0]["fixes"]
    assert (
        applied(folder, fix).splitlines()[3] == fix["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"]
    )
    (folder / "fixed").mkdir(exist_ok=True)
    (folder / "fixed" / "one.md").write_text(applied(folder, fix))
    assert "(8)" not in run_here("check", "fixed", "--jobs", "1", "--format", "concise", cwd=folder).stdout
    (folder / "fixed" / "one.md").unlink()
    # In a notebook lines are those of a cell, which SARIF does not know.
    assert "region" not in ran["results"][2]["locations"][0]["physicalLocation"]
    assert "fixes" not in ran["results"][2]


def applied(folder: Path, fix: dict[str, Any]) -> str:
    """A file with a fix of SARIF in it."""
    (change,) = fix["artifactChanges"]
    (replaced,) = change["replacements"]
    region = replaced["deletedRegion"]
    assert region["startLine"] == region["endLine"]
    lines = (folder / change["artifactLocation"]["uri"]).read_text().splitlines(keepends=True)
    line = lines[region["startLine"] - 1]
    inserted = replaced["insertedContent"]["text"]
    lines[region["startLine"] - 1] = line[: region["startColumn"] - 1] + inserted + line[region["endColumn"] - 1 :]
    return "".join(lines)


def test_quiet_shows_what_is_not_as_it_should_be_and_the_summary(folder: Path) -> None:
    done = run_here("check", ".", "--jobs", "1", "--quiet", cwd=folder)
    shown = [line.split()[:2] for line in done.stdout.splitlines()]
    assert ["8", "refuted"] in shown
    assert not any("proved" in words for words in shown)
    assert "good.md" not in done.stdout
    assert "assumptions" not in done.stdout
    assert "4 claims: 2 refuted, 2 proved. 3 definitions. 1 unread." in done.stdout
    done = run_here("check", "good.md", "--jobs", "1", "--quiet", cwd=folder)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)


def test_two_outputs_are_not_written_over_each_other(folder: Path) -> None:
    done = run_here("check", "good.md", "--json", "-", "--format", "json", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "both write to standard output" in done.stderr


class TestExpectations:
    @pytest.mark.parametrize(
        ("comment", "claim", "word", "settled"),
        [
            ("refuted, the order", FALSE, "refuted", True),
            ("refuted", TRUE, "proved", False),
            ("ill-typed", FALSE, "refuted", False),
            ("undecided, nobody knows", TRUE, "proved", False),
            ("undecided", FALSE, "refuted", False),
            ("unread, a sign of its own", LEFT + r"\foo W", "unread", True),
            ("unread", TRUE, "proved", False),
            ("refuted", LEFT + r"\foo W", "unread", False),
            ("ignore, a sketch", FALSE, "aside", True),
            ("ignore", LEFT + r"\foo W", "aside", True),
        ],
    )
    @pytest.mark.parametrize("ending", ["md", "rst", "tex"])
    def test_a_comment_says_what_is_expected(
        self, tmp_path: Path, ending: str, comment: str, claim: str, word: str, settled: bool
    ) -> None:
        cell, form = {
            "md": (CELL, "<!-- symbptt: %s -->\n$$%s$$"),
            "rst": (f".. math:: {CELL[2:-2]}\n", ".. symbptt: %s\n\n.. math::\n\n   %s"),
            "tex": (CELL, "%% symbptt: %s\n\\[%s\\]"),
        }[ending]
        path = tmp_path / f"note.{ending}"
        path.write_text(f"{cell}\n{form % (comment, claim)}\n")
        row = list(judge_note(path))[-1]
        assert (row.word, row.settled) == (word, settled)

    def test_what_is_ignored_has_no_verdict_and_says_why(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text(f"{CELL}\n\n<!-- symbptt: ignore, a sketch -->\n$${FALSE}$$\n")
        done = run_here("check", "a.md", "--jobs", "1", cwd=tmp_path)
        assert done.returncode == 0
        assert "ignored: a sketch" in done.stdout
        # What defines a letter goes on defining it.
        (tmp_path / "a.md").write_text(f"<!-- symbptt: ignore -->\n{CELL}\n\n$${FALSE}$$\n")
        assert "1 refuted. 1 definition." in run_here("check", "a.md", "--jobs", "1", cwd=tmp_path).stdout

    def test_another_word_is_an_error_that_lists_them(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text(f"<!-- symbptt: wrong -->\n{CELL}\n")
        done = run_here("check", "a.md", cwd=tmp_path)
        assert done.returncode == 2
        assert "a.md:1:15: expected one of refuted, ill-typed, undecided, unread, ignore" in done.stderr

    def test_a_comment_in_code_or_in_another_file_or_cell_is_about_nothing(self, tmp_path: Path) -> None:
        comment, claim = "<!-- symbptt: ignore, a sketch -->", f"$${FALSE}$$"
        for before in (f"`{comment}`", f"A comment is `{comment}`"):
            assert [row.word for row in judge_note(read_text(f"{CELL}\n\n{before}\n{claim}", "a.md"))][1] == "refuted"
        cells = [{"cell_type": "markdown", "source": text} for text in (f"{CELL}\n\n{comment}\n", claim)]
        assert [row.word for row in judge_note(read_text(json.dumps({"cells": cells}), "a.ipynb"))][1] == "refuted"
        (tmp_path / "part.tex").write_text("A part.\n% symbptt: ignore, a sketch\n")
        (tmp_path / "a.tex").write_text(f"{CELL}\n\n\\input{{part}}\n{claim}\n")
        assert [row.word for row in judge_note(tmp_path / "a.tex")][1] == "refuted"
        # In one cell, and in one file, it is about the display behind it.
        cells = [{"cell_type": "markdown", "source": text} for text in (CELL, f"{comment}\n{claim}")]
        assert [row.word for row in judge_note(read_text(json.dumps({"cells": cells}), "a.ipynb"))][1] == "aside"


class TestBaseline:
    def test_only_what_is_new_fails_and_what_is_gone_is_said(self, tmp_path: Path) -> None:
        note = tmp_path / "a.md"
        note.write_text(f"{CELL}\n\n$${FALSE}$$\n")

        def check(*more: str) -> tuple[int, str, str]:
            done = run_here(
                "check", "a.md", "--jobs", "1", "--format", "concise", "--baseline", "open.json", *more, cwd=tmp_path
            )
            return done.returncode, done.stdout, done.stderr

        assert check()[0] == 2
        assert "the baseline cannot be read" in check()[2]
        assert check("--write-baseline")[0] == 0
        assert check()[:2] == (0, "")
        # Lines and tags may move; another word or another text is new.
        note.write_text(f"A line.\n\n{CELL}\n\n$${FALSE}$$\n")
        assert check()[:2] == (0, "")
        note.write_text(f"{CELL}\n\n$${FALSE}$$\n\n$${FALSE}$$\n\n$${LEFT}W$$\n")
        status, found, _ = check()
        assert (status, [line.split(": ")[1] for line in found.splitlines()]) == (1, ["refuted", "refuted"])
        note.write_text(f"{CELL}\n\n$${TRUE}$$\n")
        status, found, _ = check()
        assert status == 1
        assert found == (
            "a.md:1:1: settled: (L3) it is in the baseline, and is not found any more; write the baseline anew with "
            "--write-baseline\n"
        )
        # Of one equation alone nobody knows what else is gone.
        assert check("--tag", "L3")[:2] == (0, "")
        assert "0 open rows written" in check("--write-baseline")[2]
        assert check()[:2] == (0, "")

    def test_what_is_gone_from_a_chapter_is_said_where_the_book_is_checked(self, tmp_path: Path) -> None:
        (tmp_path / "book.tex").write_text("\\begin{document}\n\\input{one}\n\\end{document}\n")
        (tmp_path / "one.tex").write_text(f"{CELL}\n\n$${FALSE}$$\n")
        asked = ["check", "book.tex", "--jobs", "1", "--format", "concise", "--baseline", "open.json"]
        assert run_here(*asked, "--write-baseline", cwd=tmp_path).returncode == 0
        assert (run_here(*asked, cwd=tmp_path).stdout, run_here(*asked, cwd=tmp_path).returncode) == ("", 0)
        (tmp_path / "one.tex").write_text(f"{CELL}\n\n$${TRUE}$$\n")
        done = run_here(*asked, cwd=tmp_path)
        assert (done.returncode, done.stdout.split(": ")[:2]) == (1, ["one.tex:1:1", "settled"])

    def test_what_is_none_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text(f"{CELL}\n")
        for text in ("[]", "{", '{"symbptt-baseline": 2, "open": []}', '{"symbptt-baseline": 1, "open": [{}]}'):
            (tmp_path / "open.json").write_text(text)
            done = run_here("check", "a.md", "--baseline", "open.json", cwd=tmp_path)
            assert (done.returncode, done.stdout) == (2, "")
            assert "open.json: it is no baseline; write it anew" in done.stderr
        assert "give both" in run_here("check", "a.md", "--write-baseline", cwd=tmp_path).stderr


@pytest.mark.skipif(shutil.which("vim") is None, reason="vim is not installed")
def test_vim_takes_the_lines_by_the_format_of_the_guide(folder: Path, tmp_path: Path) -> None:
    guide = (ROOT / "derivations" / "guide" / "projects.md").read_text(encoding="utf-8")
    (form,) = re.findall(r"errorformat=(\S+\\ %m)", guide)
    (tmp_path / "lines").write_text(
        run_here("check", "a,b.md", "--format", "concise", "--jobs", "1", cwd=folder).stdout
    )
    shown = "for e in getqflist() | echo bufname(e.bufnr) e.lnum e.col e.valid e.text | endfor"
    asked_for = [f"set errorformat={form}", "cgetfile lines", "redir! > list", shown, "redir END", "qa!"]
    commands = [part for command in asked_for for part in ("-c", command)]
    subprocess.run(["vim", "-u", "NONE", "-es", *commands], cwd=tmp_path, timeout=60, check=True)
    found = (tmp_path / "list").read_text(encoding="utf-8").strip().splitlines()
    assert [line.split(":")[0] for line in found] == ["a,b.md 4 1 1 refuted", "a,b.md 9 3 1 unread"]


def test_the_problem_matcher_of_the_guide_takes_the_lines(folder: Path) -> None:
    guide = (ROOT / "derivations" / "guide" / "projects.md").read_text(encoding="utf-8")
    task = json.loads(
        next(text for text in re.findall(r"```json\n(.*?)```", guide, re.DOTALL) if "problemMatcher" in text)
    )
    pattern = task["problemMatcher"]["pattern"]
    for line in written(folder, "concise").splitlines():
        taken = re.search(pattern["regexp"], line)
        assert taken is not None
        assert (taken[pattern["file"]].split(":")[0], taken[pattern["code"]]) in (
            ("a,b.md", "refuted"),
            ("a,b.md", "unread"),
            ("c.ipynb", "refuted"),
        )
        assert int(taken[pattern["line"]]) >= 3
