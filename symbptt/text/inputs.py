r"""A note with the files that it brings in, by ``\input`` and its kin, in their places.

>>> note = Source.of("Let \\input{parts/one}.", "note.tex")
>>> print(*with_inputs(note, note.text, 0, None).missing)
line 1: parts/one is not read: the note is no file, and nothing stands beside it

Only files in the folder of the note are read, each once. What is not read may have said anything: whoever
judges the note is told.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from symbptt.errors import NoteError
from symbptt.text.passages import blank_tex
from symbptt.text.source import CHARACTERS, Part, Source, blank, text_of

ABOVE = 2
"""How many folders above that of a file are looked through for a document that brings it in."""
LOOKED_AT = 200
"""Cap on the files that are looked at for that."""
FILES = 1_000
"""Cap on the files that a note brings in."""
DEPTH = 20
"""Cap on files in files."""

_INPUT = re.compile(
    r"\\\\|"
    r"\\(?P<one>input|include|subfile)\s*\{(?P<name>[^{}\n]{1,200})\}|"
    r"\\input[ \t]+(?P<bare>[^\s{}\\%$&#]{1,200})|"
    r"\\(?:sub)?(?:import|inputfrom|includefrom)\*?\s*\{(?P<folder>[^{}\n]{1,200})\}\s*\{(?P<file>[^{}\n]{1,200})\}|"
    r"\\(?:input|include|subfile|(?:sub)?(?:import|inputfrom|includefrom))(?![A-Za-z@])"
)


@dataclass(frozen=True, slots=True)
class Whole:
    """The text of a note and of what it brings in, the same with all that holds no mathematics blanked, and where its
    body begins; and what is not read, each with its line and why."""

    source: Source
    blanked: str
    body: int
    missing: tuple[str, ...]


def with_inputs(source: Source, blanked: str, body: int, folder: Path | None) -> Whole:
    """The note with each file that it brings in spliced in; ``folder`` is where it stands, None where it is no file.

    Raises :class:`NoteError` where it is then longer than a note may be, or a file has what a note must not have.
    """
    joiner = _Joiner(folder, {Path(source.path).resolve()})
    joiner.add(source, blanked, 0)
    inserted = sum(length for before, length in joiner.inserted if before < body)
    joined = Source.joined("".join(joiner.texts), tuple(joiner.parts), source.path)
    return Whole(joined, "".join(joiner.blanked), body + inserted, tuple(joiner.missing))


_ROOT = re.compile(
    r"\A(?:[ \t]*%[^\n]*\n|\s*\n){0,20}?[ \t]*%[ \t]*!TEX[ \t]+root[ \t]*=[ \t]*(?P<name>[^\n]{1,200}?)[ \t]*\n"
)
_SUBFILE = re.compile(r"\\documentclass\s*\[(?P<name>[^\]\n]{1,200})\]\s*\{subfiles\}")


def documents_around(path: Path) -> list[Path]:
    """The documents that a LaTeX file is a part of: the one that it names itself, else those near it that bring it in.

    They stand in its folder or in one of the two above; what cannot be read is none.
    """
    with contextlib.suppress(NoteError, OSError, ValueError):
        text = text_of(path)
        for said in filter(None, (_ROOT.match(text), _SUBFILE.search(text[:2000]))):
            named = path.parent / said["name"]
            named = named if named.suffix else named.with_name(f"{named.name}.tex")
            if named.is_file() and not named.samefile(path):
                return [named]
        if not re.search(r"\\begin\s*\{document\}", text):
            return [near for near in _near(path) if _brings_in(near, path)]
    return []


def _near(path: Path) -> Iterator[Path]:
    here = path.resolve().parent
    folders = [path.parent, *here.parents[:ABOVE]]
    # A link that leads nowhere, or in a circle, is no file.
    files = (near for folder in folders for near in sorted(folder.glob("*.tex")) if near.is_file())
    return itertools.islice((near for near in files if not near.samefile(path)), LOOKED_AT)


def _brings_in(document: Path, path: Path) -> bool:
    """Whether a document, with its preamble, brings in a file, by another one of its files or itself."""
    try:
        source = Source.of(text_of(document), str(document))
        blanked, body = blank_tex(source)
        if not body:
            return False
        whole = with_inputs(source, blanked, body, document.parent)
    except (NoteError, OSError):
        return False
    return any(part.file and Path(part.path).resolve() == path.resolve() for part in whole.source.parts)


def preamble_of(path: Path) -> Whole:
    """What stands before the body of a document, with the files of macros that it brings in there."""
    source = Source.of(text_of(path), str(path))
    blanked, body = blank_tex(source)
    if not body:
        return Whole(source, blanked, body, ())
    return with_inputs(Source.of(source.text[:body], str(path), path.name), blanked[:body], 0, path.parent)


def with_macros(whole: Whole, sources: Sequence[Source]) -> Whole:
    """A note behind the preambles of other files, of which only the macros count: no text of theirs is the note's."""
    for source in reversed(sources):
        blanked, body = blank_tex(source)
        text = (blanked[:body] if body else blanked) + "\n"
        moved = (replace(part, start=part.start + len(text)) for part in whole.source.parts)
        joined = Source.joined(text + whole.source.text, (Part(0, source.path), *moved), whole.source.path)
        whole = replace(whole, source=joined, blanked=text + whole.blanked, body=whole.body + len(text))
    return whole


class _RefusedError(Exception):
    """Why a file is not read."""


@dataclass
class _Joiner:
    """The text of a note as far as it is put together."""

    folder: Path | None
    known: set[Path]
    """The files that are part of it: each is read once, wherever else it is named."""
    texts: list[str] = field(default_factory=list)
    blanked: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    inserted: list[tuple[int, int]] = field(default_factory=list)
    """By how many characters each file that the note itself brings in makes it longer, with where that is."""
    length: int = 0

    def add(self, source: Source, blanked: str, depth: int) -> None:
        """Add a text, and in it the texts that it brings in, each at a greater ``depth``."""
        copied = 0
        is_tex = depth > 0 or source.path.lower().endswith(".tex")
        for command in _INPUT.finditer(blanked):
            braced = command["name"] or (f"{command['folder']}/{command['file']}" if command["file"] else "")
            # In Markdown the name of a command alone is a word of the text.
            if command[0] == r"\\" or not (braced or is_tex):
                continue
            name = (braced or command["bare"] or "").strip(" \t\"'")
            try:
                path = self._found(name, Path(source.path).parent, depth)
                part = self._read(path)
            except (_RefusedError, NoteError) as why:
                said = source.place(command.start()).spoken
                self.missing.append(f"{said}: {name or command[0]} is not read: {why}")
                continue
            if len(self.known) > FILES or self.length + len(part.text) > CHARACTERS:
                most = f"{FILES:,} files and {CHARACTERS:,} characters"
                raise source.error(command.start(), f"one file too many, expected at most {most}; split the note")
            before = self.length + command.start() - copied
            self._copy(source, blanked, copied, command.start())
            text, body = blank_tex(part)
            apart = "\n\n" if command["one"] == "include" else ""
            self._write(apart)
            # The preamble of a file that can be set by itself is none of the note's.
            self.add(part, blank(text[:body]) + text[body:], depth + 1)
            copied = command.end()
            # Behind its end TeX reads the rest of the line on, and a comment in its last line ends with it.
            self._write(apart if re.compile(r"[ \t]*(?:\n|\Z)").match(source.text, copied) else "\n")
            if not depth:
                self.inserted.append((command.start(), self.length - before - len(command[0])))
        self._copy(source, blanked, copied, len(source.text.rstrip("\n")) if source.parts[0].file else len(source.text))

    def _found(self, name: str, beside: Path, depth: int) -> Path:
        """The file of that name in the folder of the note, or beside the file that names it."""
        if self.folder is None:
            raise _RefusedError("the note is no file, and nothing stands beside it")
        if not name or re.search(r"[\\#]", name):
            raise _RefusedError("its name is not written out")
        try:
            places = [base / (name + ending) for base in (self.folder, beside) for ending in (".tex", "")]
            path = next((path for path in places if path.is_file()), None)
            if path is None:
                raise _RefusedError("there is no such file beside the note")
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise _RefusedError("it does not stand in the folder of the note")
        except (OSError, RuntimeError, ValueError):
            raise _RefusedError("it cannot be found") from None
        if depth == DEPTH:
            raise _RefusedError(f"it is brought in {DEPTH} files deep")
        return path

    def _read(self, path: Path) -> Source:
        """The text of a file; none where it is part of the note already."""
        inside = path.resolve()
        text = "" if inside in self.known else text_of(path)
        self.known.add(inside)
        assert self.folder is not None
        return Source.of(text, str(path), inside.relative_to(self.folder.resolve()).as_posix())

    def _copy(self, source: Source, blanked: str, start: int, stop: int) -> None:
        place = source.place(start)
        self.parts.append(Part(self.length, place.path, place.file, place.line, place.column))
        within = (part for part in source.parts if start < part.start < stop)
        self.parts += [replace(part, start=self.length + part.start - start) for part in within]
        self._write(source.text[start:stop], blanked[start:stop])

    def _write(self, text: str, blanked: str | None = None) -> None:
        self.texts.append(text)
        self.blanked.append(text if blanked is None else blanked)
        self.length += len(text)
