"""Everything that a command works out is kept to a time and a memory, what it shows as well as what it judges."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from symbptt.errors import Stopped
from symbptt.workers import Crew, apart
from tests.commands import run, script

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
SLOW = "stopped after 3 s"


def endless(*arguments: Any, **options: Any) -> None:
    time.sleep(60)


def stopped(monkeypatch: pytest.MonkeyPatch, folder: Path, slow: str, *arguments: str) -> Any:
    """How a command ends of which one part, by its name in the code, would never end."""
    (folder / "page.md").write_text(PAGE)
    script(folder, SUM)
    options = [argument.replace("FOLDER", str(folder)) for argument in arguments]
    assert run(*options).returncode == 0, "it ends well where nothing is slow"
    for made in folder.glob("out.*"):
        made.unlink()
    monkeypatch.setattr(f"symbptt.{slow}", endless)
    began = time.monotonic()
    done = run(*options, "--timeout", "3")
    assert time.monotonic() - began < 30
    assert SLOW in done.stdout + done.stderr + "".join(made.read_text() for made in folder.glob("out.html"))
    assert "internal error" not in done.stderr
    return done


@pytest.mark.parametrize("name", ["page.md", "page.py"])
def test_an_explanation_that_never_ends_leaves_the_verdict(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    slow = "commands.check._explained_row"
    done = stopped(monkeypatch, tmp_path, slow, "check", f"FOLDER/{name}", "--explain", "2")
    assert done.returncode == 0
    assert done.stdout == f"(2) proved\nWhy is not written: {SLOW}.\n"


@pytest.mark.parametrize("name", ["page.md", "page.py"])
def test_a_report_has_every_row_although_its_explanations_never_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    slow = "show.dossier._worked_out"
    done = stopped(monkeypatch, tmp_path, slow, "report", f"FOLDER/{name}", "-o", "FOLDER/out.html")
    assert done.returncode == 0
    assert f"proved; why is not written: {SLOW}." in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize(
    ("slow", "arguments", "message"),
    [
        ("show.excerpts._excerpt", ["latex", "FOLDER/page.md", "--steps", "3"], f"(h) at t = 3: {SLOW}"),
        ("printing.documents._fragment", ["latex", "FOLDER/page.py", "--steps", "3"], f"(h) at t = 3: {SLOW}"),
        (
            "commands.latex.explained_latex",
            ["latex", "FOLDER/page.md", "--explain", "2"],
            f"(2) is proved, and why is not written: {SLOW}",
        ),
        (
            "commands.latex.explanation_latex",
            ["latex", "FOLDER/page.py", "--explain", "2"],
            f"(2) is proved, and why is not written: {SLOW}",
        ),
        (
            "commands.numeric.emit",
            ["numeric", "FOLDER/page.md", "--tag", "2", "--emit", "FOLDER/out.py"],
            f"(2) is not emitted: {SLOW}",
        ),
        (
            "reader.note.read_formula",
            ["check", "--latex", r"\frac{d h_t}{d w} = \frac{d h_t}{d w}"],
            f"--latex: it was not read to its end: {SLOW}",
        ),
    ],
)
def test_what_is_not_worked_out_in_time_is_one_line_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slow: str, arguments: list[str], message: str
) -> None:
    done = stopped(monkeypatch, tmp_path, slow, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"symbptt: {message}\n"
    assert not list(tmp_path.glob("out.*"))


def test_a_picture_that_is_never_drawn_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = stopped(monkeypatch, tmp_path, "commands.report._drawn", "plot", "FOLDER/page.md", "-o", "FOLDER/out.svg")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"symbptt: (2) is not drawn: {SLOW}\n"


def test_a_report_says_which_picture_it_leaves_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    slow = "commands.report._drawn"
    done = stopped(monkeypatch, tmp_path, slow, "report", "FOLDER/page.md", "-o", "FOLDER/out.html")
    assert done.stderr.splitlines() == [f"a picture of (2) is left out: {SLOW}"] * 2


def test_a_comparison_that_never_ends_agrees_with_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = "commands.numeric._Compare.__call__"
    done = stopped(monkeypatch, tmp_path, slow, "numeric", "FOLDER/page.md", "--oracle", "complex step")
    assert done.returncode == 1
    assert "no oracle" in done.stdout


def test_a_call_within_its_means_answers_and_one_without_a_crew_is_made_here() -> None:
    assert apart(Crew(seconds=20), sorted, "ba") == apart(None, sorted, "ba") == ["a", "b"]
    with pytest.raises(ZeroDivisionError):
        apart(Crew(seconds=20), divmod, 1, 0)
    with pytest.raises(Stopped, match=r"stopped at 50 MiB of memory"):
        apart(Crew(seconds=20, mebibytes=50), _filled)


def _filled() -> None:
    kept = bytearray(200 * 2**20)
    time.sleep(10 + len(kept) % 2)
