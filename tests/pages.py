"""Pages that several tests judge."""

from __future__ import annotations

import functools
import os
import runpy
import shutil
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, TypeVar

import pytest

from symbptt import Derivation, Product, Sum, data, function, indices, judge_note, partial, sizes, state, weight
from symbptt.judging.pages import rows_of
from symbptt.page.notation import At, Expr, Index, Letter
from symbptt.reader.note import read, read_note
from symbptt.reader.results import Note
from symbptt.store import Store
from symbptt.text.document import split_document
from symbptt.verdicts import Question, Row
from symbptt.workers import Crew

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
NOTE = ROOT / "derivations" / "bptt.py"
TESTED = os.environ.get("SYMBPTT_TESTED", "")
"""A folder for what the processes of one run of the tests find out for each other; empty where there is no such run."""

t, i, j, tau = indices("t i j tau")
n, D = sizes("n d")
h, x = state("h", n), data("x", D)
W, U, phi = weight("W", n, n), weight("U", n, D), function("phi")


def note() -> Derivation:
    """The note, freshly built."""
    page = runpy.run_path(str(NOTE))["bptt"]
    assert isinstance(page, Derivation)
    return page


Found = TypeVar("Found")


@functools.cache
def _found() -> Store:
    return Store(Path(TESTED) / "found")


def once(name: str, find: Callable[[], Found]) -> Found:
    """What is found out by that name, once in a run of the tests: by whichever of its processes asks first."""
    found: Found | None = _found().get(name) if TESTED else None
    if found is None:
        found = find()
        if TESTED:
            _found().put(name, found)
    return found


@functools.cache
def judged(name: str) -> tuple[Note, tuple[Row, ...]]:
    """A note of ``derivations/`` with its verdicts, found out once in a run of the tests."""

    def find() -> tuple[Note, tuple[Row, ...]]:
        found = read_note(ROOT / "derivations" / name)
        return found, tuple(judge_note(found))

    return once(f"judged {name}", find)


def recurrence() -> Derivation:
    """h_t = phi(W h_{t-1} + U x_t), and nothing else."""
    page = Derivation("A recurrence")
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
    return page


def jacobian(step: Index) -> Expr:
    """∂h_k/∂h_{k-1}."""
    return partial(h[step], h[step - 1])


def box(weight: Letter = W, at: At = h[t]) -> Expr:
    """The right side of the box."""
    return partial(at, weight) + Sum(
        Product(jacobian(j), (j, i + 1, at.index)) @ partial(h[i], weight), (i, 1, at.index - 1)
    )


UNEXPLAINED = Question(slips=False)
"""What is asked where no slip is looked at: to search for one takes longer than to refute."""


class Here(Executor):
    """Works in this process, and only when the answer is waited for."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        made = Later()
        made.call = lambda: call(*arguments, **named)
        return made


class Later(Future[Any]):
    call: Callable[[], Any]

    def done(self) -> bool:
        return True

    def result(self, timeout: float | None = None) -> Any:
        return self.call()


class Known(Store):
    """Answers by all that they depend on, as long as this process lasts: one page stands in many notes of the tests."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self.answers.get(key)

    def put(self, key: str, value: Any) -> None:
        self.answers[key] = value


ONCE = Crew(executor=Here(), store=Known())
"""Judges here, each claim of a page once."""


def rows(*displays: str, text: str = "", question: Question = UNEXPLAINED) -> list[Row]:
    """The rows of such a note, one for each display."""
    found = list(judge_note(as_note(*displays, text=text), question=question))
    assert len(found) == len(displays)
    return found


def words(*displays: str, text: str = "") -> list[str]:
    """What each display of such a note is: its verdict, or its kind."""
    return words_of(as_note(*displays, text=text))


def words_of(note: Note) -> list[str]:
    """What each display of a note is; only that is asked, and no claim of one page twice.

    Who plants a fault in what judges asks :func:`judge_note`: an answer found under it would be told to other tests.
    """
    with rows_of(note, UNEXPLAINED, ONCE) as rows:
        return [row.word for row in rows(note.rows)]


def as_note(*displays: str, text: str = "") -> Note:
    """A Markdown note with these displays, each three lines below the one before it, and behind them some text."""
    return read(split_document("\n\n".join([*(f"$$\n{display}\n$$" for display in displays), text]), "note.md"))
