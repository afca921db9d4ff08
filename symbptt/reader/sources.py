"""Files and folders as what they hold: the pages of scripts, and notes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from symbptt.configuration import settings_for
from symbptt.errors import ScriptError, Stopped
from symbptt.files import is_note
from symbptt.page.conventions import BY_NAME
from symbptt.page.derivation import Derivation
from symbptt.reader.results import Note
from symbptt.script import load, script_at
from symbptt.text.source import CHARACTERS, decoded
from symbptt.workers import Crew, Workers, apart

Source: TypeAlias = "tuple[Path, Derivation | Note]"

STANDARD_INPUT, ALONE = Path("-"), Path("--latex")
_OF_LATEX = re.compile(r"^[ \t]*\\(?:documentclass|begin\s*\{document\})", re.MULTILINE)


def read_all(paths: Sequence[Path], crew: Crew | None = None, macros: Path | None = None) -> list[Source]:
    """The pages of scripts and the notes that the paths name, those in a folder and below it by their names.

    ``-`` is a note on standard input, in LaTeX where it is a document of that, else in Markdown. What another note
    brings in is read in its place there, and not by itself unless it is named. Notes are read with the LaTeX
    ``macros`` of a file, where one is given. With a crew its workers read them, each file within what a claim may take.
    Raises what reading a file raises, and :class:`ScriptError` where that takes too much or a script ends its process.
    """
    files = [file for path in paths for file in _files(path)]
    # What stands there can be read once, however often it is named.
    texts = {STANDARD_INPUT: _standard_input()} if STANDARD_INPUT in files else {}
    if crew is None:
        return _by_themselves(paths, [(file, page) for file in files for page in _read(file, macros, texts.get(file))])
    found: list[Source] = []
    with Workers(_read, crew) as workers:
        for file, answer in [(file, workers.ask(file, macros, texts.get(file))) for file in files]:
            try:
                found += [(file, page) for page in answer()]
            except Stopped as stopped:
                raise _unfinished(str(file), stopped) from None
    return _by_themselves(paths, found)


def read_alone(formula: str, crew: Crew, macros: Path | None = None) -> list[Source]:
    """One formula, read by a worker as a file is."""
    try:
        return [(ALONE, apart(crew, _formula, formula, macros))]
    except Stopped as stopped:
        raise _unfinished(str(ALONE), stopped) from None


def _unfinished(named: str, stopped: Stopped) -> ScriptError:
    return ScriptError(f"{named}: it was not read to its end: {stopped}")


def _by_themselves(paths: Sequence[Path], found: Sequence[Source]) -> list[Source]:
    parts = {part.resolve() for _, page in found if isinstance(page, Note) for part in page.parts}
    return [(file, page) for file, page in found if file in paths or file.resolve() not in parts]


def _files(path: Path) -> Iterator[Path]:
    if path == STANDARD_INPUT or is_note(path):
        yield path
    elif path.is_dir():
        from symbptt.folders import files_below  # what reads a .gitignore is loaded where a folder is searched

        yield from files_below(path)
    else:
        yield script_at(path)


def _standard_input() -> str:
    """A note that is piped in; raises :class:`NoteError` where it is not UTF-8."""
    return decoded(sys.stdin.buffer.read(4 * CHARACTERS + 1), str(STANDARD_INPUT))


def _read(path: Path, macros: Path | None, text: str | None) -> Sequence[Derivation | Note]:
    if text is None and not is_note(path):
        return load(path)
    note = note_at(path, macros, text)
    return note.models or (note,)


def note_at(path: Path, macros: Path | None = None, text: str | None = None) -> Note:
    """The note in a file, or the one of this text that is called so, read with what the settings above it say."""
    # A check of scripts does not wait for the grammar of notes.
    from symbptt.reader.note import read_note, read_text

    if text is None:
        return as_set(path, macros, lambda known: read_note(path, known))
    named = f"{path}.tex" if _OF_LATEX.search(text) else str(path)
    return as_set(path, macros, lambda known: read_text(text, named, known))


def as_set(path: Path, macros: Path | None, read: Callable[[Path | None], Note]) -> Note:
    """What is read with these macros, or those of the settings above a path, and under the convention of these."""
    settings = settings_for(path)
    note = read(macros or settings.macros)
    if settings.convention is not None and settings.path is not None and not note.layouts_said:
        told = (BY_NAME[settings.convention],), settings.path.name
        models = tuple(replace(model, layouts=told[0], layouts_said=told[1]) for model in note.models)
        note = replace(note, layouts=told[0], layouts_said=told[1], models=models)
    return note


def _formula(text: str, macros: Path | None) -> Note:
    from symbptt.reader.note import read_formula

    return as_set(ALONE, macros, lambda known: read_formula(text, known))
