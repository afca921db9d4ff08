"""The text of a note, with the line and the column of each offset, and excerpts with a caret under it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from symbptt.errors import NoteError, Place

CHARACTERS = 2_000_000
"""Cap on the characters of a note."""
WIDTH = 76
"""Columns of an excerpt."""

# Control characters steer a terminal, and bidirectional overrides show a false order of the text.
_UNSAFE = {
    code: " "
    for code in (*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
    if chr(code) not in "\n\t"
}


@dataclass(frozen=True, slots=True)
class Part:
    """From the offset ``start`` to the next part, a text stands in a file from a line and a column on.

    ``file`` is the name by which a note brings that file in; empty for the note itself.
    """

    start: int
    path: str
    file: str = ""
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a note, in parts where it brings in files; an offset is a position in ``text``, from 0."""

    path: str
    text: str
    newlines: tuple[int, ...]
    parts: tuple[Part, ...]

    @staticmethod
    def of(text: str, path: str, file: str = "") -> Source:
        """The text with uniform line ends, and with spaces for characters that would steer a terminal.

        ``file`` is the name by which a note brings it in.

        Raises :class:`NoteError` for more than ``CHARACTERS`` characters.
        """
        if len(text) > CHARACTERS:
            raise NoteError(
                f"the note has {len(text):,} characters, expected at most {CHARACTERS:,}; split it", Place(path)
            )
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSAFE)
        return Source.joined(text, (Part(0, path, file),), path)

    @staticmethod
    def joined(text: str, parts: tuple[Part, ...], path: str) -> Source:
        """The text of several parts of the note in a file."""
        return Source(path, text, tuple(match.start() for match in re.finditer("\n", text)), parts)

    def _part(self, offset: int) -> Part:
        return self.parts[bisect_right(self.parts, offset, key=lambda part: part.start) - 1]

    def begins(self, offset: int) -> int:
        """Where the part of an offset begins."""
        return self._part(offset).start

    def place(self, offset: int) -> Place:
        """The line and the column of an offset, both from 1."""
        part = self._part(offset)
        before = bisect_left(self.newlines, offset)
        line = before - bisect_left(self.newlines, part.start)
        column = offset - self.newlines[before - 1] if line else offset - part.start + part.column
        return Place(part.path, part.line + line, column, part.file)

    def excerpt(self, offset: int, width: int = WIDTH) -> str:
        """The line of an offset, cut to ``width`` columns, and a caret under the offset.

        >>> print(Source.of("Let\\nh = W ? x", "note.md").excerpt(10))
        h = W ? x
              ^
        """
        before = bisect_left(self.newlines, offset)
        start = max(self.newlines[before - 1] + 1 if before else 0, self._part(offset).start)
        ends = [*self.newlines[before : before + 1], *(part.start for part in self.parts if part.start > offset)]
        stop = min(ends, default=len(self.text))
        line, caret = self.text[start:stop].replace("\t", " "), offset - start
        if len(line) > width:
            first = min(max(0, caret - width // 2), len(line) - width)
            cut = line[first : first + width]
            caret -= first
            if first:
                cut = "…" + cut[1:]
            if first + width < len(line):
                cut = cut[:-1] + "…"
            line = cut
        return f"{line.rstrip()}\n{' ' * caret}^"

    def error(self, offset: int, message: str) -> NoteError:
        """An error that points to an offset."""
        return NoteError(message, self.place(offset))


def text_of(path: Path) -> str:
    """The text in a file; raises :class:`NoteError` for one that cannot be read or that is not UTF-8."""
    place = Place(str(path))
    try:
        if not path.is_file():
            raise NoteError("there is no such file, expected a note; correct the path", place)
        with path.open("rb") as stream:
            content = stream.read(4 * CHARACTERS + 1)
    except OSError as error:
        raise NoteError(f"cannot be read ({error.strerror}), expected a note; look at its permissions", place) from None
    return decoded(content, str(path))


def decoded(content: bytes, path: str) -> str:
    """The text that bytes are; raises :class:`NoteError` where they are not UTF-8."""
    try:
        if (zero := content.find(b"\0")) >= 0:
            raise UnicodeDecodeError("utf-8", content, zero, zero + 1, "UTF-16 has such bytes")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        place = Place(path, line, error.start - (before.rfind(b"\n") + 1) + 1)
        raise NoteError("a byte here is not UTF-8, expected UTF-8 text; save the note as UTF-8", place) from None


def blank(text: str) -> str:
    """The text with a space for every character but line ends.

    >>> blank("a\\nbc")
    ' \\n  '
    """
    return re.sub(r"[^\n]", " ", text)


def matching_braces(text: str) -> dict[int, int]:
    r"""For each ``{`` that is closed, the position of its ``}``; ``\{`` is no brace.

    >>> matching_braces(r"\frac{a}{{b}\}}")
    {5: 7, 9: 11, 8: 14}
    """
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in re.finditer(r"\\.|[{}]", text, flags=re.DOTALL):
        if match.group() == "{":
            opened.append(match.start())
        elif match.group() == "}" and opened:
            closing[opened.pop()] = match.start()
    return closing


def replaced(text: str, pattern: re.Pattern[str], by: Callable[[str], str] = blank) -> str:
    """The text with each match replaced by a text of the same length, so that offsets stay valid."""
    return pattern.sub(lambda match: by(match.group()), text)


def with_spans(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """The text with each span ``start:stop`` replaced by a text of the same length; the spans are in order."""
    made: list[str] = []
    copied = 0
    for start, stop, by in spans:
        made += [text[copied:start], by]
        copied = stop
    return "".join(made) + text[copied:]
