"""Files that are written whole, and what is written where the stream has no sign for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from symbptt.files import write_whole
from tests.commands import run, run_apart, script


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.json"
    for target in (tmp_path / "real" / "there.json", tmp_path / "real" / "new.json"):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        (tmp_path / "real" / "there.json").write_text("old")
        write_whole(link, "made")
        assert link.is_symlink()
        assert target.read_text() == "made"


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody is asked whether a process runs")
def test_what_a_killed_process_left_is_cleared_and_what_another_writes_is_not(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    left = tmp_path / f".out.json.{ended.pid}.abcd.part"
    others = [tmp_path / f".out.json.{os.getpid()}.abcd.part", tmp_path / f".mine.json.{ended.pid}.abcd.part"]
    for path in (left, *others):
        path.write_text("")
    write_whole(tmp_path / "out.json", "made")
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / "out.json"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_does_not_cost_the_table(tmp_path: Path) -> None:
    path = script(tmp_path, 'page.claim("1", h[t], h[t])')
    done = run("check", str(path), "--json", "/dev/full")
    assert "1 claim: 1 proved" in done.stdout
    assert (done.returncode, done.stderr) == (2, "symbptt: cannot write /dev/full: No space left on device\n")


FORMULA = r"\frac{d h_t}{d w} = 2 \frac{\partial^+ h_t}{\partial w}"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_stream_without_the_signs_is_written_to(encoding: str) -> None:
    done = run("check", "--latex", FORMULA, encoding=encoding)
    assert (done.returncode, done.stderr) == (1, "")
    assert r"\u2202" in done.stdout
    written = run("check", "--latex", FORMULA, "--json", "-", encoding=encoding)
    (source,) = json.loads(written.stdout)["sources"]
    assert "²" in source["equations"][0]["reason"]


def test_a_process_whose_stream_has_none_of_the_signs_writes_to_it_too() -> None:
    done = run_apart("check", "--latex", FORMULA, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (1, "")
    assert r"\u2202" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.parametrize("text", ["", "Nothing but words.\n", "\\input{chap1}\n"])
def test_a_note_without_an_equation_is_no_success(tmp_path: Path, text: str) -> None:
    path = tmp_path / "note.tex"
    path.write_text(text)
    done = run("check", str(path), "--json", str(tmp_path / "report.json"))
    assert done.returncode == 5
    assert done.stderr.startswith(f"symbptt: {path}: there is no equation; expected")
    assert [source["equations"] for source in json.loads((tmp_path / "report.json").read_text())["sources"]] == [[]]
    assert run("latex", str(path)).returncode == 5


def test_a_folder_with_nothing_to_read_is_no_success_and_one_beside_a_note_is_none(tmp_path: Path) -> None:
    folder, note = tmp_path / "empty", tmp_path / "note.md"
    folder.mkdir()
    note.write_text("$$h_t = \\phi(W h_{t-1})$$\n")
    assert run("check", str(folder)).returncode == 5
    assert run("check", str(folder), str(note)).returncode == 0
