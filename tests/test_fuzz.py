"""The fuzzer of ``python -m tests.fuzz``: that it notices what the reader dies of, and a share of it."""

from __future__ import annotations

import pytest

from tests.fuzz import made, main


def test_a_share_of_the_texts_is_read_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--n", "200", "--seed", "5"])
    assert status == 0, capsys.readouterr().out


def test_the_texts_are_of_many_kinds_and_the_same_every_time() -> None:
    texts = [made(number, 5) for number in range(60)]
    assert texts == [made(number, 5) for number in range(60)]
    assert len(set(texts)) == len(texts)
    assert {len(text.split("\n\n")) for text, _ in texts} > {2, 4}
    assert {name for _, name in texts} == {"note.md", "note.tex", "note.rst", "note.ipynb"}


@pytest.mark.parametrize("error", [RecursionError, IndexError, AssertionError, MemoryError])
def test_what_the_reader_dies_of_is_noticed(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(document: object) -> None:
        raise error("planted")

    monkeypatch.setattr("symbptt.reader.note.read", broken)
    assert main(["--n", "5"]) == 1
    assert "planted" in capsys.readouterr().out


def test_a_display_that_is_lost_is_noticed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Short:
        rows = ()

    monkeypatch.setattr("symbptt.reader.note.read", lambda document: Short())
    assert main(["--n", "3"]) == 1
    assert "a display is lost" in capsys.readouterr().out
