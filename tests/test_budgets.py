"""All that a command works out is kept to a time and a memory, what it shows as well: in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from symbptt.errors import Stopped
from symbptt.workers import Crew, apart
from tests.commands import run, script


def _waits(seconds: float) -> None:
    threading.Event().wait(seconds)


PAGE = r"""$$h_t = \phi(W h_{t-1} + U x_t) \tag{1}$$

$$\frac{d h_t}{d W} =
\sum_{i=1}^{t} \left( \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} \right) \frac{\partial^+ h_i}{\partial W}
\tag{2}$$
"""
SUM = """
i, j = indices("i j")
terms = Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], W)
page.claim("2", d(h[t], W), Sum(terms, (i, 1, t)))
"""
ENDED = "its process ended early, with exit status 3"


def ends(*arguments: Any, **options: Any) -> None:
    """What never answers, as it is stopped or dies: only in a process of its own does that harm nobody."""
    assert multiprocessing.parent_process() is not None, "this is worked out in the process of the command"
    os._exit(3)


def cut_short(monkeypatch: pytest.MonkeyPatch, folder: Path, part: str, *arguments: str, compared: bool = True) -> Any:
    """How a command ends of which one part, by its name in the code, never answers."""
    (folder / "page.md").write_text(PAGE)
    script(folder, SUM)
    options = [argument.replace("FOLDER", str(folder)) for argument in arguments]
    assert not compared or run(*options, known=True).returncode == 0, "it ends well where nothing is cut short"
    for made in folder.glob("out.*"):
        made.unlink()
    monkeypatch.setattr(f"symbptt.{part}", ends)
    done = run(*options, known=True)
    assert ENDED in done.stdout + done.stderr + "".join(made.read_text() for made in folder.glob("out.html"))
    assert "internal error" not in done.stderr
    return done


@pytest.mark.parametrize("name", ["page.md", "page.py"])
def test_an_explanation_that_is_cut_short_leaves_the_verdict(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    part = "commands.check._explained_row"
    done = cut_short(monkeypatch, tmp_path, part, "check", f"FOLDER/{name}", "--explain", "2")
    assert done.returncode == 0
    assert done.stdout == f"(2) proved\nWhy is not written: {ENDED}.\n"


@pytest.mark.parametrize("name", ["page.md", "page.py"])
def test_a_report_has_every_row_although_its_explanations_are_cut_short(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    # What is drawn is cut short by itself, below.
    monkeypatch.setattr("symbptt.commands.report.can_draw", lambda: False)
    part = "show.dossier._worked_out"
    done = cut_short(monkeypatch, tmp_path, part, "report", f"FOLDER/{name}", "-o", "FOLDER/out.html")
    assert done.returncode == 0
    assert f"proved; why is not written: {ENDED}." in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize(
    ("part", "arguments", "message"),
    [
        ("show.excerpts._excerpt", ["latex", "FOLDER/page.md", "--steps", "3"], f"(1) at t = 3: {ENDED}"),
        ("printing.documents._fragment", ["latex", "FOLDER/page.py", "--steps", "3"], f"(h) at t = 3: {ENDED}"),
        (
            "commands.latex.explained_latex",
            ["latex", "FOLDER/page.md", "--explain", "2"],
            f"(2) is proved, and why is not written: {ENDED}",
        ),
        (
            "commands.latex.explanation_latex",
            ["latex", "FOLDER/page.py", "--explain", "2"],
            f"(2) is proved, and why is not written: {ENDED}",
        ),
        (
            "commands.numeric.emit",
            ["numeric", "FOLDER/page.md", "--tag", "2", "--emit", "FOLDER/out.py"],
            f"(2) is not emitted: {ENDED}",
        ),
        (
            "reader.note.read_formula",
            ["check", "--latex", r"\frac{d h_t}{d w} = \frac{d h_t}{d w}"],
            f"--latex: it was not read to its end: {ENDED}",
        ),
    ],
)
def test_what_is_cut_short_is_one_line_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str, arguments: list[str], message: str
) -> None:
    done = cut_short(monkeypatch, tmp_path, part, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"symbptt: {message}\n"
    assert not list(tmp_path.glob("out.*"))


def test_a_picture_that_is_cut_short_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    asked = ["plot", "FOLDER/page.md", "--only", "norms", "--steps", "2", "-o", "FOLDER/out.svg"]
    done = cut_short(monkeypatch, tmp_path, "commands.report._drawn", *asked)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"symbptt: (2) is not drawn: {ENDED}\n"


def test_a_report_says_which_picture_it_leaves_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    part = "commands.report._drawn"
    done = cut_short(monkeypatch, tmp_path, part, "report", "FOLDER/page.md", "-o", "FOLDER/out.html", compared=False)
    # With its pictures it ends well, in the guide and in tests.test_show.
    assert done.stderr.splitlines() == [f"a picture of (2) is left out: {ENDED}"] * 2


def test_a_comparison_that_is_cut_short_agrees_with_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    part = "commands.numeric._Compare.__call__"
    done = cut_short(monkeypatch, tmp_path, part, "numeric", "FOLDER/page.md", "--oracle", "complex step")
    assert done.returncode == 1
    assert "no oracle" in done.stdout


def test_a_call_within_its_means_answers_and_one_without_a_crew_is_made_here() -> None:
    assert apart(Crew(seconds=20), sorted, "ba") == apart(None, sorted, "ba") == ["a", "b"]
    with pytest.raises(ZeroDivisionError):
        apart(Crew(seconds=20), divmod, 1, 0)
    with pytest.raises(Stopped, match=r"stopped after 0\.2 s"):
        apart(Crew(seconds=0.2), _waits, 60)
    with pytest.raises(Stopped, match=r"stopped at 50 MiB of memory"):
        apart(Crew(seconds=20, mebibytes=50), _filled)


def _filled() -> None:
    kept = bytearray(200 * 2**20)
    _waits(60 + len(kept) % 2)
