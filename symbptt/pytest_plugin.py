"""pytest collects derivations, one item an equation: the scripts in its paths, and with ``--symbptt-notes`` the notes.

A script is found by its text (:func:`builds_page`); no other Python file is opened by more than that, and none is run
that is pytest's own: ``test_*.py`` or what ``python_files`` says, and ``conftest.py``. Scripts are run, notes are read
and claims are judged in processes of their own, each kept to ``--symbptt-timeout`` and ``--symbptt-memory``. Collecting
only reads; an equation is judged when its item is run. What fails is what fails a check: an item passes where a claim
is proved or holds as read, and where what is declared wrong comes out so. Definitions and asides are no items, and a
page of definitions alone is an error. With ``--symbptt-steps`` a claim is an item for each of these steps: it is judged
once, for all of them, and again at a step alone only where it does not hold, so that no step fails at which it is true.

pytest loads this room in every project of whoever has symbptt installed: until there is something to read, it imports
nothing that reads and nothing that judges.
"""

from __future__ import annotations

import fnmatch
import importlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from symbptt.arguments import LIMITS, steps
from symbptt.errors import Place, SymbpttError
from symbptt.files import NOTES, is_note
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Entry, Note, claims_of
from symbptt.script import builds_page
from symbptt.store import users_store
from symbptt.verdicts import Question, Row
from symbptt.workers import Crew

if TYPE_CHECKING:
    from symbptt.judging.pages import Rows

MARKER = "symbptt"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a run of pytest may say of derivations."""
    group = parser.getgroup("symbptt", "derivations of gradients")
    group.addoption("--symbptt-notes", action="store_true", help=f"collect notes ({', '.join(NOTES)}) too")
    group.addoption(
        f"--{MARKER}-steps",
        type=steps,
        metavar="1..5",
        help="one test for each equation and each of these steps (default: one for each equation)",
    )
    for name, known in LIMITS.items():
        group.addoption(f"--{MARKER}-{name}", **known)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", f"{MARKER}: an equation of a derivation, judged by symbptt")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The equations of a file that is a script, or a note where notes are asked for."""
    if file_path.suffix == ".py":
        is_ours = not _is_of_pytest(file_path, parent.config) and builds_page(file_path)
    else:
        is_ours = parent.config.getoption("--symbptt-notes") and is_note(file_path)
    if not is_ours or (not parent.session.isinitpath(file_path) and _is_left_out(file_path, parent.session)):
        return None
    return DerivationFile.from_parent(parent, path=file_path)


def _is_left_out(path: Path, session: pytest.Session) -> bool:
    """Whether a check of the folder that is named, or of the root, leaves it out."""
    from symbptt.folders import is_left_out

    root = next((folder for folder in path.parents if session.isinitpath(folder)), session.config.rootpath)
    try:
        return is_left_out(path, root)
    except SymbpttError as error:
        # Settings that are not understood.
        raise pytest.Collector.CollectError(str(error)) from None


def _is_of_pytest(path: Path, config: pytest.Config) -> bool:
    patterns: list[str] = config.getini("python_files")
    named = (fnmatch.fnmatch(str(path) if "/" in pattern else path.name, pattern) for pattern in patterns)
    return path.name == "conftest.py" or any(named)


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Leave out the notes that another note brings in, which are read in their place there, unless they are named."""
    parts = {part for item in items if isinstance(item, _Item) for part in item.page.parts}
    items[:] = [
        item
        for item in items
        if not isinstance(item, _Item) or session.isinitpath(item.path) or item.path.resolve() not in parts
    ]


# --------------------------------------------------------------------------------------------------- what is collected


class DerivationFile(pytest.File):
    """A script with its pages, or a note."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each equation that claims something, named by its tag; for a page without one, its error."""
        names, steps = Counter[str](), self.config.getoption("--symbptt-steps")
        for read in self._read():
            page = _Page(read, self.path, steps, self._crew)
            for entry in (asked := claims_of(read)):
                names[entry.tag] += 1
                # A tag may be that of an equation of another page of the script, too.
                name = entry.tag if names[entry.tag] == 1 else f"{entry.tag} #{names[entry.tag]}"
                for step in steps if steps and _is_to_hold(entry) else (None,):
                    item = name if step is None else f"{name}[t{step}]"
                    yield EquationItem.from_parent(self, name=item, page=page, entry=entry, step=step)
            # A text without a display, or with none but asides, is no page.
            if not asked and any(entry.kind != "aside" for entry in read):
                yield EmptyItem.from_parent(self, name=read.title or "page", page=page)

    def _read(self) -> list[Derivation | Note]:
        from symbptt.reader.sources import read_all

        if is_note(self.path):
            # The process that reads is a copy of this one, and would load it anew for each note.
            importlib.import_module("symbptt.reader.note")
        # What is said names the file as whoever runs pytest here would.
        here = Path.cwd()
        path = self.path.relative_to(here) if self.path.is_relative_to(here) else self.path
        try:
            return [page for _, page in read_all([path], self._crew)]
        except SymbpttError as error:
            raise self.CollectError(str(error)) from None

    @property
    def _crew(self) -> Crew:
        timeout, memory, unless = (self.config.getoption(f"--{MARKER}-{name}") for name in LIMITS)
        return Crew(1, timeout, memory, store=users_store(unless=unless))


def _is_to_hold(entry: Entry) -> bool:
    """Whether it is a claim that shall hold: what is declared to be anything else is that as a whole."""
    return entry.kind == "claim" and (isinstance(entry, Equation) or entry.display.declared is None)


@dataclass
class _Page:
    """A page or a note, and who judges what it claims."""

    read: Derivation | Note
    path: Path
    steps: tuple[int, ...] | None
    """Those that each are an item; None: those of its settings are asked, and are none."""
    crew: Crew
    _known: dict[tuple[int, int | None], Row] = field(default_factory=dict)
    _judges: dict[int | None, Rows] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def parts(self) -> set[Path]:
        """The files that a note brings in."""
        parts = self.read.document.source.parts if isinstance(self.read, Note) else ()
        return {Path(part.path).resolve() for part in parts if part.file}

    @cached_property
    def question(self) -> Question:
        """What is asked of all its claims."""
        from symbptt.judging.pages import question_for

        asked = question_for(self.path)
        return replace(asked, steps=self.steps or asked.steps)

    def row(self, entry: Entry, file: pytest.Collector | None, step: int | None = None) -> Row:
        """An equation with its verdict, at one step where one is named: judged once, however many items ask.

        The workers that judge it stay as long as pytest is in that file.
        """
        from symbptt.judging.pages import rows_of

        known = id(entry), step
        if known not in self._known:
            if step not in self._judges:
                assert file is not None
                if not self._judges:
                    file.addfinalizer(self._close)
                asked = self.question if step is None else replace(self.question, steps=(step,))
                self._judges[step] = self._open.enter_context(rows_of(self.read, asked, self.crew))
            self._known[known] = next(self._judges[step]([entry]))
        return self._known[known]

    def _close(self) -> None:
        self._judges.clear()
        self._open.close()


class _Item(pytest.Item):
    funcargs: ClassVar[dict[str, object]] = {}
    """No fixture is used; pytest-benchmark before 5.1 asks every item."""

    def __init__(self, *, page: _Page, **known: Any) -> None:
        super().__init__(**known)
        self.page = page
        self.add_marker(MARKER)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.page.read.place if isinstance(self.page.read, Derivation) else Place(str(self.path))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what a failure is headed by."""
        return self.path, self.place.line - 1 if self.place.line else None, f"{self.path.name} ({self.name})"


class EquationItem(_Item):
    """An equation, or an equation at one step, which is judged when it is run."""

    def __init__(self, *, entry: Entry, step: int | None = None, **known: Any) -> None:
        super().__init__(**known)
        self.entry = entry
        self.step = step
        if step is not None and self.config.pluginmanager.hasplugin("xdist"):
            # With --dist loadgroup one process judges it.
            self.add_marker(pytest.mark.xdist_group(f"{self.path}::{entry.tag}"))

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.entry.place if isinstance(self.entry, Equation) else self.entry.display.place

    def runtest(self) -> None:
        """Judge it, and fail with what a check says where it is not as it should be."""
        from symbptt.show.failures import failure

        try:
            row = self.page.row(self.entry, self.parent)
            if self.step is not None:
                row = self._at(self.step, row)
        except SymbpttError as error:
            pytest.fail(str(error), pytrace=False)
        if not row.settled:
            pytest.fail(failure(row), pytrace=False)

    def _at(self, step: int, whole: Row) -> Row:
        """The row at one step: that of all of them, but where these do not fail alike."""
        verdict = whole.verdict
        if whole.settled:
            for scope in (part.verdict.scope for part in whole.parts if part.verdict is not None):
                if scope is not None and (step < scope.start or step not in (scope.listed or (step,))):
                    pytest.skip(
                        f"it is proved for t = {scope.steps}"
                        if scope.listed
                        else f"it is stated from t = {scope.start} on"
                    )
            return whole
        if verdict is None or verdict.word != "refuted" or verdict.witness is None:
            return whole
        # The step of the witness is one of these, or each of them fails: what is refuted never passes as a whole.
        if verdict.witness.t == step or verdict.witness.t not in self.page.question.steps:
            return whole
        alone = self.page.row(self.entry, self.parent, step)
        if alone.word == "not-stated" and alone.verdict is not None:
            pytest.skip(alone.verdict.reason)
        return alone


class EmptyItem(_Item):
    """A page that claims nothing: an error, since it would pass whatever stood there."""

    def setup(self) -> None:
        """Say so, before anything runs."""
        from symbptt.show.failures import claims_nothing

        pytest.fail(claims_nothing(self.page.read), pytrace=False)

    def runtest(self) -> None:
        """Nothing, behind that error."""
