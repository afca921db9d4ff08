"""Verdicts kept from run to run: what is the same to the letter is not judged again, and damage is not believed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from symbptt.errors import Place
from symbptt.judging import established
from symbptt.judging.established import Established
from symbptt.judging.pages import judged_rows
from symbptt.page.derivation import Derivation, Start
from symbptt.page.notation import Product, function, indices, sizes, state, weight
from symbptt.store import VARIABLE, Store, users_store
from symbptt.verdicts import Question
from symbptt.workers import Crew, Workers
from tests.commands import run

NOTE = r"""
$$h_t = \tanh(W h_{t-1} + U x_t) \tag{1}$$

$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W \tag{2}$$

$$\frac{\partial h_t}{\partial h_{t-1}} = 2 W \tag{3}$$
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a note, of which verdicts are kept in a folder of its own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    (tmp_path / "note.md").write_text(NOTE)
    return tmp_path


def checked(folder: Path, *options: str) -> dict[str, dict[str, Any]]:
    """The claims of the note with what is said of each, by their tags."""
    done = run("check", "note.md", "--json", "-", *options, cwd=folder)
    assert not done.stderr
    entries = json.loads(done.stdout)["sources"][0]["equations"]
    return {entry["tag"]: entry for entry in entries if entry["kind"] == "claim"}


def words(claims: dict[str, dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(claim["verdict"], claim["kept"]) for claim in claims.values()]


FRESH = [("proved", False), ("refuted", False)]
KEPT = [("proved", True), ("refuted", True)]


def test_what_was_judged_is_not_judged_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = checked(folder)
    assert words(first) == FRESH
    asked: list[object] = []
    ask = Workers.ask

    def counted(self: Any, *arguments: Any) -> Callable[[], Any]:
        asked.append(arguments)
        return ask(self, *arguments)

    monkeypatch.setattr(Workers, "ask", counted)
    second = checked(folder)
    assert words(second) == KEPT
    # The file is read by a worker, and nothing else is asked of one.
    assert len(asked) == 1
    for tag, entry in second.items():
        assert entry == {**first[tag], "kept": True}
    assert "refuted at t = 1" in run("check", "note.md", "--explain", "3", cwd=folder).stdout
    told = run("check", "note.md", cwd=folder).stdout
    assert len(re.findall(r" kept$", told, re.MULTILINE)) == 2
    monkeypatch.setenv(VARIABLE, "")
    anew = run("check", "note.md", cwd=folder).stdout
    assert "kept" not in anew
    assert (
        re.sub(r" +kept$", "", told, flags=re.MULTILINE).splitlines()[:-2]
        == (re.sub(r" +[0-9.]+ s$", "", anew, flags=re.MULTILINE).splitlines()[:-2])
    )


def test_another_page_or_another_version_is_judged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(folder)
    assert words(checked(folder, "--steps", "1..3")) == FRESH
    # A definition changes, and what was true is false: nothing of the page as it was before is shown.
    (folder / "note.md").write_text(NOTE.replace("tanh", "sigma"))
    assert {kept for _, kept in words(checked(folder))} == {False}
    (folder / "note.md").write_text(NOTE)
    monkeypatch.setattr(established, "version", lambda: "another one")
    assert words(checked(folder)) == FRESH


def test_whoever_says_so_looks_nothing_up_and_keeps_nothing(folder: Path) -> None:
    (folder / "cache").mkdir()
    assert words(checked(folder, "--no-cache")) == FRESH
    assert not list((folder / "cache").iterdir())


class Dead(Executor):
    """Takes work, and ends before it is done."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(OSError("the machine is gone"))
        return future


def test_what_was_stopped_is_not_kept(tmp_path: Path) -> None:
    page, _, _ = page_and_letters()
    store = Store(tmp_path / "kept")
    (cut,) = judged_rows(page, [page["2"]], None, Crew(store=store, executor=Dead()))
    assert cut.word == "undecided"
    for kept in (False, True):
        (row,) = judged_rows(page, [page["2"]], None, Crew(store=store))
        assert row.verdict is not None
        assert (row.word, row.verdict.kept) == ("proved", kept)


# --------------------------------------------------------------------------------------------------- damage

SAID = {"a true claim": "proved", "a false claim": "refuted"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """What two claims were found to be."""
    made = Store(tmp_path / "kept")
    for key, value in SAID.items():
        made.put(key, value)
    assert believed(made) == SAID
    return made


def believed(store: Store) -> dict[str, str]:
    """What a run that opens it anew is told."""
    known = Store(store.folder)
    found = {key: known.get(key) for key in SAID}
    return {key: value for key, value in found.items() if value is not None}


def test_what_stands_in_the_place_of_another_is_not_believed(store: Store) -> None:
    with sqlite3.connect(store.folder / "cache.db") as database:
        rows = database.execute("SELECT rowid, value FROM Cache").fetchall()
        # The proof stands beside the false claim.
        for (row, _), (_, value) in zip(rows, reversed(rows), strict=True):
            database.execute("UPDATE Cache SET value = ? WHERE rowid = ?", (value, row))
    assert believed(store) == {}


@pytest.mark.parametrize("offset", [0, 31, 32, -1])
def test_a_changed_value_is_not_believed(store: Store, offset: int) -> None:
    with sqlite3.connect(store.folder / "cache.db") as database:
        for row, value in database.execute("SELECT rowid, value FROM Cache").fetchall():
            changed = bytearray(value)
            changed[offset] ^= 1
            database.execute("UPDATE Cache SET value = ? WHERE rowid = ?", (bytes(changed), row))
    assert believed(store) == {}


@pytest.mark.parametrize("value", [b"", b"short", "text", 7, None])
def test_what_is_no_kept_value_is_not_believed(store: Store, value: object) -> None:
    with sqlite3.connect(store.folder / "cache.db") as database:
        database.execute("UPDATE Cache SET value = ?", (value,))
    assert believed(store) == {}


@pytest.mark.parametrize("content", [b"", b"no database at all" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_thrown_away_and_a_new_one_begun(store: Store, content: bytes) -> None:
    # Also under the hands of one that has it open.
    (store.folder / "cache.db").write_bytes(content)
    assert believed(store) == {}
    again = Store(store.folder)
    again.get("a true claim")
    again.put("a true claim", "proved")
    assert believed(again) == {"a true claim": "proved"}
    assert store.get("a false claim") is None


def test_a_damaged_file_costs_a_check_nothing(folder: Path) -> None:
    checked(folder)
    (folder / "cache" / "verdicts" / "cache.db").write_bytes(b"no database at all" * 1000)
    assert words(checked(folder)) == FRESH
    assert words(checked(folder)) == KEPT


def test_a_folder_that_cannot_be_used_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("a file stands there")
    for _ in range(2):
        monkeypatch.setenv(VARIABLE, str(file))
        nowhere = users_store()
        assert nowhere is not None
        nowhere.put("a true claim", "proved")
        assert believed(nowhere) == {}
    assert file.read_text() == "a file stands there"
    monkeypatch.setenv(VARIABLE, "")
    assert users_store() is None


def test_a_folder_that_others_may_write_to_is_not_used(store: Store) -> None:
    store.folder.chmod(0o777)
    assert believed(store) == {}
    store.folder.chmod(0o700)
    assert believed(store) == SAID


# --------------------------------------------------------------------------------------------------- keys


def page_and_letters() -> tuple[Derivation, Any, Any]:
    (t,), (n,) = indices("t"), sizes("n")
    h, w, phi = state("h", n), weight("w", n, n), function("phi")
    page = Derivation("A recurrence")
    page.define("1", h[t], phi(w @ h[t - 1]))
    page.claim("2", h[t], phi(w @ h[t - 1]))
    return page, h, t


OTHER: dict[str, Any] = {
    "title": "Another", "source": "text", "unread": {"h": "line 3"}, "unsaid": frozenset({"h"}),
    "taken": frozenset({"x"}), "units": frozenset({"y"}), "vectorises": True, "by_entries": {"2"},
    "starts": {"h": Start("line 2", defined=True)}, "bound": frozenset({"y"}), "convention": "mixed",
    "place": Place("elsewhere.py", 3), "equations": [], "_letters": {},
}  # fmt: skip


def test_all_that_a_page_holds_is_in_the_key(tmp_path: Path) -> None:
    page, _, _ = page_and_letters()
    claim = page["2"]
    known = Established(Store(tmp_path), "verdict_on").key(page, claim, None)
    held = set(vars(page)) - set(established.PASSING)
    assert held == set(OTHER)
    for name, value in OTHER.items():
        before = getattr(page, name)
        assert before != value, name
        setattr(page, name, value)
        assert Established(Store(tmp_path), "verdict_on").key(page, claim, None) != known, name
        setattr(page, name, before)
    assert Established(Store(tmp_path), "verdict_on").key(page, claim, None) == known
    assert Established(Store(tmp_path), "verdict_as_printed").key(page, claim, None) != known


def equations() -> Iterator[tuple[Any, Any]]:
    """Pairs that are told apart by one thing that their text does not show."""
    page, h, t = page_and_letters()
    claim = page["2"]
    j = indices("j")[0]
    n = sizes("n")[0]
    yield claim, replace(claim, place=Place(claim.place.path, claim.place.line + 1))
    yield claim, replace(claim, start=2)
    yield replace(claim, left=state("h", n)), replace(claim, left=weight("h", n))
    product = Product(h[j], (j, 1, t))
    yield replace(claim, right=product), replace(claim, right=Product(h[j], (j, 1, t), ascending=True))
    yield replace(claim, right=product), replace(claim, right=Product(h[j], (j, 1, t), dots=True))
    yield replace(claim, right=state("h", n)[t]), replace(claim, right=state("h", n + 1)[t])
    yield replace(claim, right=h[t] * Fraction(1, 2)), replace(claim, right=h[t] * Fraction(1, 3))


def test_all_that_is_asked_is_in_the_key(tmp_path: Path) -> None:
    page, _, _ = page_and_letters()
    kept = Established(Store(tmp_path), "verdict_on")
    for one, other in equations():
        assert kept.key(page, one, None) != kept.key(page, other, None)
    changed: dict[str, Any] = {
        "steps": (1,),
        "sizes": {"n": 9},
        "activation": "tanh",
        "method": "words",
        "slips": False,
    }
    assert {field.name for field in fields(Question)} == set(changed)
    for name, value in changed.items():
        assert kept.key(page, page["2"], None) != kept.key(page, page["2"], replace(Question(), **{name: value}))
    assert kept.key(page, page["2"], None) == kept.key(page, page["2"], Question())


def test_the_version_is_that_of_the_code_and_of_what_it_rests_on() -> None:
    said = established.version()
    assert re.fullmatch(r"[0-9a-f]{64} 3\.\S+( (no \w+|\w+ \S+))+", said)
    for name in established.RESTS_ON:
        assert name in said
