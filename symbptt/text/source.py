"""The text of a note, and where in it something stands: offsets, lines, columns, and the line with a caret under it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from symbptt.errors import NoteError, Place

CHARACTERS = 2_000_000
WIDTH = 76

# A terminal obeys control characters, and a reader believes the order that bidirectional overrides fake.
_UNSAFE = {
    code: " "
    for code in (*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
    if chr(code) not in "\n\t"
}


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file; an offset counts characters of ``text`` from 0."""

    path: str
    text: str
    newlines: tuple[int, ...]

    @staticmethod
    def of(text: str, path: str) -> Source:
        """The text with one kind of line end, and with spaces for characters that a terminal would obey.

        Raises :class:`NoteError` for more than ``CHARACTERS`` characters.
        """
        if len(text) > CHARACTERS:
            raise NoteError(
                f"the note has {len(text):,} characters, expected at most {CHARACTERS:,}; split it", Place(path)
            )
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSAFE)
        return Source(path, text, tuple(match.start() for match in re.finditer("\n", text)))

    def place(self, offset: int) -> Place:
        """Line and column, both from 1, of an offset."""
        line = bisect_right(self.newlines, offset - 1)
        return Place(self.path, line + 1, offset - (self.newlines[line - 1] + 1 if line else 0) + 1)

    def excerpt(self, offset: int, width: int = WIDTH) -> str:
        """The line that holds an offset, cut to ``width`` columns, and under it a caret that points there.

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
        """The error to raise about what stands at an offset."""
        return NoteError(message, self.place(offset))


def blank(text: str) -> str:
    """As many spaces as there are characters, with the line ends left in.

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
    """The text with each match replaced by one of the same length: offsets stay right."""
    return pattern.sub(lambda match: by(match.group()), text)
