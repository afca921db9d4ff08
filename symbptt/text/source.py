"""The text of a note, with the line and the column of each offset, and excerpts with a caret under it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
class Source:
    """The text of one file; an offset is a position in ``text``, from 0."""

    path: str
    text: str
    newlines: tuple[int, ...]

    @staticmethod
    def of(text: str, path: str) -> Source:
        """The text with uniform line ends, and with spaces for characters that would steer a terminal.

        Raises :class:`NoteError` for more than ``CHARACTERS`` characters.
        """
        if len(text) > CHARACTERS:
            raise NoteError(
                f"the note has {len(text):,} characters, expected at most {CHARACTERS:,}; split it", Place(path)
            )
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSAFE)
        return Source(path, text, tuple(match.start() for match in re.finditer("\n", text)))

    def place(self, offset: int) -> Place:
        """The line and the column of an offset, both from 1."""
        line = bisect_right(self.newlines, offset - 1)
        return Place(self.path, line + 1, offset - (self.newlines[line - 1] + 1 if line else 0) + 1)

    def excerpt(self, offset: int, width: int = WIDTH) -> str:
        """The line of an offset, cut to ``width`` columns, and a caret under the offset.

        >>> print(Source.of("Let\\nh = W ? x", "note.md").excerpt(10))
        h = W ? x
              ^
        """
        place = self.place(offset)
        start = offset - place.column + 1
        stop = self.newlines[place.line - 1] if place.line <= len(self.newlines) else len(self.text)
        line, caret = self.text[start:stop].replace("\t", " "), place.column - 1
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
