"""A folder is searched below for notes and scripts, and what a person would not mean is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbptt.folders import files_below
from symbptt.reader.sources import read_all

NOTE = "$$a_t = b_t$$\n"
SCRIPT = "from symbptt import Derivation\npage = Derivation('a')\n"
KEPT = {
    "a.md": NOTE,
    "b/c/d.tex": NOTE,
    "b/e.rst": ".. math:: a = b\n",
    "b/keep.log.md": NOTE,
    "f.qmd": NOTE,
    "g/h.ipynb": '{"cells": []}',
    "i/page.py": SCRIPT,
    "j.build/k.md": NOTE,
}
LEFT_OUT = {
    ".hidden/a.md": NOTE,
    "_build/a.md": NOTE,
    "b/_part.md": NOTE,
    "b/x.log.md": NOTE,
    "build/a.md": NOTE,
    "g/build/a.md": NOTE,
    "g/own.md": NOTE,
    "env/lib/a.md": NOTE,
    "env/pyvenv.cfg": "",
    "node_modules/x/a.md": NOTE,
    "setup.py": "raise SystemExit('a stranger is not run')\n",
    "data.txt": NOTE,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {
        **KEPT,
        **LEFT_OUT,
        ".gitignore": "build/\n*.log.md\n",
        "b/.gitignore": "!keep.log.md\n",
        "g/.gitignore": "/own.md\n",
        ".git/HEAD": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "link").symlink_to(tmp_path / "b")
    return tmp_path


def names(folder: Path, below: Path) -> list[str]:
    return [path.relative_to(below).as_posix() for path in files_below(folder)]


def test_what_git_ignores_and_what_is_hidden_or_built_is_left_out(tree: Path) -> None:
    assert names(tree, tree) == sorted(KEPT)
    # The rules of the folders above hold below them as well, in a repository.
    assert names(tree / "b", tree) == ["b/c/d.tex", "b/e.rst", "b/keep.log.md"]
    (tree / ".git" / "HEAD").unlink()
    (tree / ".git").rmdir()
    assert "b/x.log.md" in names(tree / "b", tree)


def test_a_folder_that_is_named_is_searched_whatever_it_is_called(tree: Path) -> None:
    assert names(tree / "_build", tree) == ["_build/a.md"]
    assert names(tree / ".hidden", tree) == [".hidden/a.md"]


def test_a_part_of_a_document_is_read_in_its_place_alone_unless_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "ch").mkdir()
    (tmp_path / "book.tex").write_text("\\begin{document}\n\\input{ch/one}\n\\end{document}\n")
    (tmp_path / "ch" / "one.tex").write_text(NOTE)
    (tmp_path / "ch" / "two.tex").write_text(NOTE)
    assert [path.name for path, _ in read_all([tmp_path])] == ["book.tex", "two.tex"]
    named = [path.name for path, _ in read_all([tmp_path, tmp_path / "ch" / "one.tex"])]
    assert sorted(named) == ["book.tex", "one.tex", "one.tex", "two.tex"]
