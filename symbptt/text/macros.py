r"""Expands the macros that a note defines, with a map from each character back to the file.

Read are ``\newcommand`` and its kin, ``\def`` with plain parameters, ``\let``, ``\DeclareMathOperator``. A definition
holds from where it stands to the end of the group in braces around it, else to the end of the note. Delimited
parameters and packages are left as they stand: the grammar then names the command that it does not know.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from symbptt.text.source import Source, blank, matching_braces

DEPTH = 20
"""Cap on the depth of macros in macros."""
GROWTH = 1_000_000
"""Cap on the characters that macros add to a note."""

_COMMAND = re.compile(r"\\(?:([A-Za-z@]+)|.)", flags=re.DOTALL)
_NEW = re.compile(r"\*?\s*(\{)?\s*\\([A-Za-z@]+)\s*(?(1)\})\s*(?:\[([0-9])\])?\s*(?:\[([^\]\[\n]{0,200})\])?\s*(?=\{)")
_DEF = re.compile(r"\s*()\\([A-Za-z@]+)\s*((?:#[1-9])*)()\s*(?=\{)")
_OPERATOR = re.compile(r"(\*?)\s*\{?\s*\\([A-Za-z@]+)\s*\}?()()\s*(?=\{)")
_LET = re.compile(r"\s*()\\([A-Za-z@]+)\s*=?\s*\\([A-Za-z@]+)()")
_DEFINERS = {
    "newcommand": _NEW,
    "renewcommand": _NEW,
    "providecommand": _NEW,
    "def": _DEF,
    "let": _LET,
    "DeclareMathOperator": _OPERATOR,
}
_ANY_DEFINER = re.compile(r"\\(?:(?:re)?newcommand|providecommand|def|let|DeclareMathOperator)(?![A-Za-z])")
_BARE = re.compile(r"(?:\A|[^\\A-Za-z@}\]*])\Z")
"""What stands before a brace that begins a group, and is no argument."""
# Commands that structure a note, which must not be redefined.
_FIXED = {"begin", "end", "left", "right", "tag", "label", "text", "mbox", "boxed", "frac"} | _DEFINERS.keys()
_WANTS_ARGUMENT = re.compile(
    r"(?:[\^_]|\\(?:hat|bar|tilde|dot|ddot|vec|widehat|widetilde|overline|underline|math[a-z]+|frac|sqrt|boldsymbol))\s*\Z"
)
_ENDS_IN_WORD = re.compile(r"\\[A-Za-z@]+\Z")


@dataclass(frozen=True, slots=True)
class Expansion:
    """A text without macros; piece k of it begins at ``starts[k]`` and comes from ``origins[k]`` of the file.

    A piece of width 0 is copied from the file. Any other piece is the expansion of a macro, and all of it points to the
    use of the macro, which is that many characters wide.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[int, ...]
    widths: tuple[int, ...]

    def origin(self, position: int) -> int:
        """The offset in the file of the character at ``position`` of the expanded text."""
        piece = bisect_right(self.starts, position) - 1
        return self.origins[piece] + (0 if self.widths[piece] else position - self.starts[piece])

    def behind(self, position: int) -> int:
        """The offset in the file just behind the character at ``position``."""
        piece = bisect_right(self.starts, position) - 1
        return self.origin(position) + (self.widths[piece] or 1)

    def slice(self, start: int, stop: int) -> tuple[int, ...]:
        """The offset in the file of each character; empty for a text that is copied from one place."""
        if bisect_right(self.starts, start) == bisect_right(self.starts, max(start, stop - 1)):
            piece = bisect_right(self.starts, start) - 1
            if not self.widths[piece]:
                return ()
        return tuple(self.origin(position) for position in range(start, stop))


@dataclass(frozen=True, slots=True)
class _Macro:
    name: str
    arity: int
    default: str | None
    body: str
    is_primitive: bool = False
    """Whether its body is a command of TeX as that was, whatever is made of its name."""


@dataclass(slots=True)
class _Expander:
    """Collects the macros of a note and expands their uses."""

    source: Source
    macros: dict[str, _Macro] = field(default_factory=dict)
    grown: int = 0

    def definition(self, text: str, braces: dict[int, int], command: re.Match[str]) -> int:
        """Record the definition that begins with ``command``, and return its end; -1 for a kind that is not read."""
        head = _DEFINERS[command[1]].match(text, command.end())
        if head is not None and command[1] == "let":
            if head[2] not in _FIXED:
                self.macros[head[2]] = self.macros.get(head[3], _Macro(head[2], 0, None, rf"\{head[3]}", True))
            return head.end()
        if head is None or (stop := braces.get(head.end(), -1)) < 0:
            return -1
        name, body = head[2], text[head.end() + 1 : stop]
        if name in _FIXED:
            raise self.source.error(
                command.start(), rf"\{name} is given a new meaning, expected a macro of another name; rename it"
            )
        if command[1] == "providecommand" and name in self.macros:
            return stop + 1
        if command[1] == "DeclareMathOperator":
            self.macros[name] = _Macro(name, 0, None, rf"\operatorname{head[1]}{{{body}}}")
        elif command[1] == "def":
            self.macros[name] = _Macro(name, len(head[3]) // 2, None, body)
        else:
            self.macros[name] = _Macro(name, int(head[3] or 0), head[4] if head[3] else None, body)
        return stop + 1

    def arguments(
        self, text: str, braces: dict[int, int], macro: _Macro, position: int
    ) -> tuple[list[str], int] | None:
        """The arguments of a use and the end of it; None where it is no use of the macro."""
        found: list[str] = []
        for number in range(macro.arity):
            start = position
            while start < len(text) and text[start].isspace():
                start += 1
            if number == 0 and macro.default is not None:
                stop = text.find("]", start, start + 200) if text.startswith("[", start) else -1
                found.append(macro.default if stop < 0 else text[start + 1 : stop])
                position = position if stop < 0 else stop + 1
                continue
            if start in braces:
                found.append(text[start + 1 : braces[start]])
                position = braces[start] + 1
                continue
            token = _COMMAND.match(text, start) if text.startswith("\\", start) else None
            position = token.end() if token else start + 1
            if start >= len(text) or text[start] in "{}$&#":
                return None
            found.append(text[start:position])
        return found, position

    def meaning(self, macro: _Macro, found: list[str], use: int, depth: int) -> str:
        """The expansion of one use of a macro, with every macro in it expanded."""
        if depth > DEPTH:
            raise self.source.error(
                use, rf"\{macro.name} expands {DEPTH} macros deep, expected fewer; it may contain itself: write it out"
            )
        if macro.is_primitive:
            return macro.body
        pieces = re.split(r"#([1-9])", macro.body)
        filled = ""
        for number, piece in enumerate(pieces):
            if number % 2 and int(piece) > macro.arity:
                raise self.source.error(
                    use,
                    rf"\{macro.name} uses #{piece}, expected at most {macro.arity} arguments; correct its definition",
                )
            filled = _joined(filled, found[int(piece) - 1] if number % 2 else piece)
            if self.grown + len(filled) > GROWTH:
                break
        self.grown += len(filled) + 1
        if self.grown > GROWTH:
            raise self.source.error(
                use, f"the macros grow the note by over {GROWTH:,} characters, expected less; write this one out"
            )
        return self.fully(filled, use, depth)

    def fully(self, text: str, use: int, depth: int) -> str:
        """The text with every macro in it expanded."""
        if "\\" not in text:
            return text
        braces = matching_braces(text)
        done: list[str] = []
        position = 0
        while command := _COMMAND.search(text, position):
            macro = self.macros.get(command[1] or "")
            read = self.arguments(text, braces, macro, command.end()) if macro else None
            if macro is None or read is None:
                done.append(text[position : command.end()])
                position = command.end()
                continue
            done.append(text[position : command.start()])
            meant = self.meaning(macro, read[0], use, depth + 1)
            position = read[1]
            done.append(_fitted(meant, text, command.start(), position))
        return "".join(done) + text[position:]


def _joined(left: str, right: str) -> str:
    # \alpha and x must not become \alphax.
    apart = right[:1].isalpha() and _ENDS_IN_WORD.search(left, max(0, len(left) - 40))
    return f"{left} {right}" if apart else left + right


def _fitted(meant: str, text: str, start: int, stop: int) -> str:
    if _WANTS_ARGUMENT.search(text, max(0, start - 20), start):
        return f"{{{meant}}}"
    needs_space = text[stop : stop + 1].isalpha() and _ENDS_IN_WORD.search(meant, max(0, len(meant) - 40))
    return f"{meant} " if needs_space else meant


def expand(source: Source, text: str, body: int = 0) -> Expansion:
    r"""The text with the note's own macros expanded and their definitions blanked; before ``body`` all is blank.

    >>> note = Source.of(r"\newcommand{\W}{\mathbf{W}} \W x", "note.tex")
    >>> expand(note, note.text).text.strip()
    '\\mathbf{W} x'

    Raises :class:`NoteError` for a macro deeper than ``DEPTH`` or a note that grows by more than ``GROWTH`` characters.
    """
    if not _ANY_DEFINER.search(text):
        return Expansion(blank(text[:body]) + text[body:], (0,), (0,), (0,))
    expander = _Expander(source)
    # Definitions are often wrapped in these, which mean nothing here.
    expander.macros["ensuremath"] = _Macro("ensuremath", 1, None, "#1")
    expander.macros["xspace"] = _Macro("xspace", 0, None, "")
    braces = matching_braces(text)
    groups = sorted((one for one in braces.items() if _BARE.search(text, max(0, one[0] - 1), one[0])), reverse=True)
    inside: list[int] = []
    """Where the groups end that a command stands in, the innermost last."""
    outside: list[tuple[int, dict[str, _Macro]]] = []
    """Where groups end in which something is defined, the innermost last, each with the macros around it."""
    pieces: list[str] = []
    starts, origins, widths = [], [], []
    length = position = copied = 0

    def append(piece: str, origin: int, width: int) -> None:
        nonlocal length
        if piece:
            pieces.append(piece)
            starts.append(length)
            origins.append(origin)
            widths.append(width)
            length += len(piece)

    while command := _COMMAND.search(text, position):
        position = command.end()
        while groups and groups[-1][0] < command.start():
            inside.append(groups.pop()[1])
        while inside and inside[-1] < command.start():
            inside.pop()
        while outside and outside[-1][0] < command.start():
            expander.macros = outside.pop()[1]
        if command[1] in _DEFINERS:
            if inside and (not outside or inside[-1] < outside[-1][0]):
                outside.append((inside[-1], dict(expander.macros)))
            stop = expander.definition(text, braces, command)
            if stop >= 0:
                append(text[copied : command.start()], copied, 0)
                append(blank(text[command.start() : stop]), command.start(), 0)
                position = copied = stop
        elif command.start() >= body and (macro := expander.macros.get(command[1] or "")):
            read = expander.arguments(text, braces, macro, command.end())
            if read is not None:
                append(text[copied : command.start()], copied, 0)
                meant = _fitted(expander.meaning(macro, read[0], command.start(), 1), text, command.start(), read[1])
                append(meant, command.start(), read[1] - command.start())
                position = copied = read[1]
    append(text[copied:], copied, 0)
    if not starts:
        append(" ", 0, 0)
    expanded = Expansion("".join(pieces), tuple(starts), tuple(origins), tuple(widths))
    # Nothing is expanded before the body, so that its start is the same in both texts.
    return Expansion(
        blank(expanded.text[:body]) + expanded.text[body:], expanded.starts, expanded.origins, expanded.widths
    )
