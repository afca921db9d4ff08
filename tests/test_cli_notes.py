"""Notes and formulas on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.commands import asked, run_apart, run_here
from tests.pages import ROOT
from tests.test_cli import KEYS

TRUE = (
    r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}"
    r" + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d w}"
)
FALSE = TRUE.replace("d h_{t-1}}", "d h_t}")
NOTE = "# A page\n\n$$h_t = f(x_t, h_{t-1}, w) \\tag{1}$$\n\n$$" + TRUE + " \\tag{2}$$\n"


def note(folder: Path, text: str, name: str = "note.md") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_formula_is_judged_and_what_was_assumed_is_said() -> None:
    done = run_here("check", "--latex", TRUE)
    assert done.returncode == 0
    assert "proved         any phi, any sizes, every t    induction" in done.stdout
    assert "h_t = f(x_t, h_{t-1}, w), because nothing says what h_t is" in done.stdout


def test_a_formula_with_a_slip_is_refuted_with_its_witness() -> None:
    done = run_here("check", "--latex", FALSE)
    assert done.returncode == 1
    assert "refuted        at t=" in done.stdout
    assert "left" in done.stdout


def test_a_formula_and_paths_together_are_a_mistake() -> None:
    done = run_here("check", "--latex", TRUE, "derivations")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "symbptt: --latex checks one formula: leave out the paths (see symbptt check --help)\n"


def test_the_report_of_a_note_has_the_fixed_keys_and_a_row_for_each_display(tmp_path: Path) -> None:
    text = NOTE + "\n$$\\foo = h_t$$\n\n$$" + FALSE + " \\tag{4}$$\n"
    done = run_here("check", str(note(tmp_path, text)), "--json", "-")
    assert done.returncode == 1
    (source,) = json.loads(done.stdout)["sources"]
    assert source["title"] == "A page"
    assert [set(entry) for entry in source["equations"]] == [KEYS] * 4
    assert [(entry["tag"], entry["kind"], entry["line"], entry["verdict"]) for entry in source["equations"]] == [
        ("1", "definition", 3, None),
        ("2", "claim", 5, "proved"),
        ("L7", "unread", 7, None),
        ("4", "claim", 9, "refuted"),
    ]
    assert source["equations"][2]["reason"] == "line 7, column 3: \\foo is not known here\n$$\\foo = h_t$$\n  ^"
    assert source["equations"][1]["latex"] == TRUE + " \\tag{2}"


def test_what_cannot_be_read_is_shown_with_a_caret_and_is_no_success(tmp_path: Path) -> None:
    done = run_here("check", str(note(tmp_path, NOTE + "\n$$h_t = \\foo$$\n")))
    assert done.returncode == 1
    assert "line 7, column 9: \\foo is not known here" in done.stdout
    lines = done.stdout.splitlines()
    shown = next(place for place, line in enumerate(lines) if line.strip() == r"$$h_t = \foo$$")
    assert lines[shown + 1].index("^") == lines[shown].index("\\foo")
    assert "1 unread" in done.stdout


def test_a_display_that_never_ends_is_one_line_with_its_place(tmp_path: Path) -> None:
    path = note(tmp_path, "# A page\n\n$$h_t = f(x_t)\n\nand so on\n")
    done = run_here("check", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"symbptt: {path}:3:1: ")
    assert done.stderr.count("\n") == 1


def test_tags_choose_displays_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    path = note(tmp_path, NOTE)
    assert "2  proved" in run_here("check", str(path), "--tag", "2").stdout
    done = run_here("check", str(path), "--tag", "3")
    assert done.stderr == "symbptt: no equation is tagged 3: expected one of 1, 2\n"


def test_a_folder_is_checked_with_its_scripts_and_its_notes(tmp_path: Path) -> None:
    note(tmp_path, NOTE)
    note(tmp_path, NOTE, "_draft.md")
    (tmp_path / "page.py").write_text((ROOT / "derivations" / "bptt.py").read_text())
    done = run_here("check", str(tmp_path), "--tag", "2", "--tag", "5", "--json", "-")
    assert [Path(source["path"]).name for source in json.loads(done.stdout)["sources"]] == ["note.md", "page.py"]
    assert done.returncode == 0


def test_worker_processes_find_the_same_verdicts() -> None:
    path = str(ROOT / "derivations" / "errata.md")
    alone, many = (
        [
            (entry["tag"], entry["verdict"], entry["reading"])
            for entry in json.loads(done.stdout)["sources"][0]["equations"]
        ]
        for done in (asked("check", path, "--json", "-"), run_apart("check", path, "--json", "-", "--jobs", "2"))
    )
    assert alone == many
    assert len(alone) == 9


@pytest.mark.parametrize(("comment", "status"), [("refuted, it goes too far", 1), ("ill-typed", 1), ("false", 2)])
def test_a_true_equation_declared_wrong_is_no_success_and_an_unknown_word_is_an_error(
    tmp_path: Path, comment: str, status: int
) -> None:
    path = note(tmp_path, NOTE.replace("$$\\frac", f"<!-- symbptt: {comment} -->\n$$\\frac"))
    done = run_here("check", str(path))
    assert done.returncode == status
    if status == 2:
        assert "unread, ignore behind symbptt: in the comment, not 'false'" in done.stderr


def test_a_false_equation_declared_wrong_is_what_the_note_hopes(tmp_path: Path) -> None:
    path = note(tmp_path, NOTE.replace(TRUE, FALSE).replace("$$\\frac", "<!-- symbptt: refuted -->\n$$\\frac"))
    assert run_here("check", str(path)).returncode == 0


def test_a_display_that_holds_as_read_is_explained_with_its_reading_and_a_refuted_one_with_its_slip() -> None:
    done = run_here("check", "derivations/islam.md", "--explain", "box", known=True)
    assert done.returncode == 0
    assert "As printed it is refuted. Read as: ∂h_t/∂w_h on the left total" in done.stdout
    assert done.stdout.rstrip().endswith("∎")
    assert max(map(len, done.stdout.splitlines())) <= 80
    wrong = run_here("check", "derivations/errata.md", "--explain", "431", known=True)
    assert wrong.stdout.startswith("(431) ∂h_t/∂w = ")
    assert "refuted at t = 1, " in wrong.stdout
    assert "Then in its one entry" in wrong.stdout
    assert "every ∂h_t/∂w total" in wrong.stdout
    assert "j should\nstart at i+1" in wrong.stdout
    assert "∎" not in wrong.stdout


def test_a_number_of_over_a_thousand_digits_is_unread_and_a_product_of_shorter_ones_is_judged(tmp_path: Path) -> None:
    nines = "9" * 999
    shown = [f"$$o_t = 9{nines}{last} h_t$$" for last in ("", "9")]
    claim = r"$$\frac{d h_t}{d w} = " + rf"{nines} \cdot " * 5 + r"\frac{\partial^+ h_t}{\partial w}$$"
    done = run_here(
        "check", str(note(tmp_path, NOTE + "\n" + "\n\n".join([shown[1], shown[0].replace("o", "p"), claim])))
    )
    assert "line 7, column 9: a number of 1,001 digits stands here, expected at most 1,000" in done.stdout
    assert re.search(r"^L9 +definition$", done.stdout, re.MULTILINE)
    assert re.search(r"^L11 +refuted ", done.stdout, re.MULTILINE)
    assert "2 claims: 1 proved, 1 refuted" in done.stdout
    assert "internal error" not in done.stdout + done.stderr
