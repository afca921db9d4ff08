"""Files and folders as what they hold: the pages of scripts, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from symbptt.errors import ScriptError, Stopped
from symbptt.files import is_note
from symbptt.page.derivation import Derivation
from symbptt.reader.results import Note
from symbptt.script import load, scripts_in
from symbptt.workers import Crew, Workers, apart

Source: TypeAlias = "tuple[Path, Derivation | Note]"


def read_all(paths: Sequence[Path], crew: Crew | None = None) -> list[Source]:
    """The pages of scripts and the notes that the paths name, those of a folder in the order of their names.

    What another note brings in is read in its place there, and not by itself unless it is named. With a crew its
    workers read them, each file within what a claim may take. Raises what reading a file raises, and
    :class:`ScriptError` where that takes too much or a script ends its process.
    """
    files = [file for path in paths for file in _files(path)]
    if crew is None:
        return _by_themselves(paths, [(file, page) for file in files for page in _read(file)])
    found: list[Source] = []
    with Workers(_read, crew) as workers:
        for file, answer in [(file, workers.ask(file)) for file in files]:
            try:
                found += [(file, page) for page in answer()]
            except Stopped as stopped:
                raise _unfinished(str(file), stopped) from None
    return _by_themselves(paths, found)


def read_alone(formula: str, crew: Crew) -> list[Source]:
    """One formula without delimiters, read by a worker as a file is."""
    from symbptt.reader.note import read_formula

    try:
        return [(Path("--latex"), apart(crew, read_formula, formula))]
    except Stopped as stopped:
        raise _unfinished("--latex", stopped) from None


def _unfinished(named: str, stopped: Stopped) -> ScriptError:
    return ScriptError(f"{named}: it was not read to its end: {stopped}")


def _by_themselves(paths: Sequence[Path], found: Sequence[Source]) -> list[Source]:
    notes = (page for _, page in found if isinstance(page, Note))
    parts = {Path(part.path).resolve() for note in notes for part in note.document.source.parts if part.file}
    return [(file, page) for file, page in found if file in paths or file.resolve() not in parts]


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted([*(entry for entry in path.iterdir() if is_note(entry)), *scripts_in(path)])
    elif is_note(path):
        yield path
    else:
        yield from scripts_in(path)


def _read(path: Path) -> Sequence[Derivation | Note]:
    if not is_note(path):
        return load(path)
    # A check of scripts does not wait for the grammar of notes.
    from symbptt.reader.note import read_note

    return [read_note(path)]
