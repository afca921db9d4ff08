"""The customs that the reader goes by: one table, each row with its reason, and no list of letters anywhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbptt.reader import customs
from symbptt.reader.customs import Custom
from tests.pages import ROOT

ROWS = {name: row for name, row in vars(customs).items() if isinstance(row, Custom)}
ROOMS = sorted(path for path in (ROOT / "symbptt/reader").glob("*.py") if path.name != "customs.py")


def lists_of_letters(text: str) -> Iterator[list[str]]:
    """Tuples, lists and sets of at least two names, one of them a letter; and words that are split into such."""
    for node in ast.walk(ast.parse(text)):
        words: list[object] = []
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            words = [part.value if isinstance(part, ast.Constant) else None for part in node.elts]
        elif isinstance(node, ast.Attribute) and node.attr == "split" and isinstance(node.value, ast.Constant):
            words = list(str(node.value.value).split())
        names = [word for word in words if isinstance(word, str) and word.isalpha()]
        # The Greek alphabet is what can be typed, and no custom.
        if len(names) == len(words) > 1 and any(len(name) == 1 for name in names) and names[0] != "alpha":
            yield names


def test_every_custom_names_something_once_and_says_why() -> None:
    assert len(ROWS) > 15
    for name, row in ROWS.items():
        assert row.names, name
        assert len(set(row.names)) == len(row.names), name
        assert len(row.reason) > 10, name
    assert len({row.reason for row in ROWS.values()}) == len(ROWS)


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.stem)
def test_no_other_room_of_the_reader_lists_letters(room: Path) -> None:
    assert list(lists_of_letters(room.read_text())) == []


@pytest.mark.parametrize("text", ['LOSSES = frozenset("L E J".split())', 'stem in ("x", "u")', "sizes = ['n', 'd']"])
def test_a_list_of_letters_in_a_room_is_found(text: str) -> None:
    assert len(list(lists_of_letters(text))) == 1
