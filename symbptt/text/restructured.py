r"""The mathematics of reStructuredText between dollar signs, so that it is found as that of Markdown is.

>>> source = Source.of("Let :math:`w = 2`.\n\n.. math:: h = w x\n   :label: one\n\nSo.\n", "note.rst")
>>> print(*blank_restructured(source)[0].split("\n"), sep="|")
Let       $w = 2$.||$$        h = w x|   \label{one}$$So.|

Read are the role and the directive ``math``, with its ``:label:``; in a directive an empty line ends a row. Literal
text, code, comments and every other sign of LaTeX hold no mathematics and are blanked; what stands in any other
directive is text. docutils gives lines and no columns, and places would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symbptt.text.source import Source, blank

_DIRECTIVE = re.compile(r"(?P<indent>[ \t]*)\.\.[ \t]+(?P<name>[A-Za-z][\w.:+-]*?)::(?P<rest>[ \t][^\n]*|)\Z")
_COMMENT = re.compile(r"[ \t]*\.\.(?:[ \t]|\Z)")
_OPTION = re.compile(r"[ \t]*:(?P<name>[\w-]+):[ \t]*(?P<value>[^{}\\\n]*?)[ \t]*\Z")
_INLINE = re.compile(r"(?P<role>:math:)`(?P<one>[^`\n]+(?:\n[^`\n]+)*)`|``.+?``|[$\\]", re.DOTALL)
_LITERAL = frozenset(
    "code code-block sourcecode literalinclude parsed-literal raw highlight doctest testcode testsetup testoutput "
    "prompt plot graphviz mermaid include image figure toctree bibliography".split()
)
"""Directives whose content is no text of the page."""
_EMPTY = re.compile(r"(?<=\S)[ \t]*\n[ \t]*\n(?:[ \t]*\n)*(?=[ \t]*\S)")
"""Empty lines between two rows."""
_NOT_COMMENTS = re.compile(r"[ \t]*\.\.[ \t]+(?:_[^\n]*:|\[[^\]\n]+\][ \t]|\|[^|\n]+\|[ \t])")


def blank_restructured(source: Source) -> tuple[str, int]:
    """The text of a file in reStructuredText with mathematics between dollar signs, and where its body begins."""
    lines = _Lines(source.text.split("\n"))
    return "".join(lines.written()), 0


@dataclass(slots=True)
class _Lines:
    """The lines of a file, walked through block by block."""

    lines: list[str]
    place: int = 0

    def written(self) -> Iterator[str]:
        """Every character of the file or what stands in its place, each line with its end."""
        pending: list[str] = []
        while self.place < len(self.lines):
            line = self.lines[self.place]
            directive, is_comment = _DIRECTIVE.match(line), _COMMENT.match(line) and not _NOT_COMMENTS.match(line)
            ends_literally = line.rstrip().endswith("::") and directive is None and not is_comment
            if directive is None and (not is_comment or ends_literally):
                pending.append(line)
                self.place += 1
                if not ends_literally:
                    continue
            elif directive is not None and directive["name"] not in (*_LITERAL, "math"):
                pending.append(blank(line[: directive.start("rest")]) + directive["rest"])
                self.place += 1
                continue
            yield from self._text(pending)
            pending = []
            if directive is not None and directive["name"] == "math":
                yield from self._display(directive)
                continue
            indent = _indent(line)
            if not ends_literally:
                yield self._ended(blank(line), self.place)
                self.place += 1
            yield from (self._ended(blank(self.lines[place]), place) for place in self._block(indent))
        yield from self._text(pending)

    def _ended(self, line: str, place: int) -> str:
        return line if place == len(self.lines) - 1 else f"{line}\n"

    def _text(self, lines: list[str]) -> Iterator[str]:
        """Text in which only what the role ``math`` says so is mathematics; a formula may run over lines."""
        if not lines:
            return
        text = _INLINE.sub(_without_signs, "\n".join(lines))
        yield text if self.place == len(self.lines) else f"{text}\n"

    def _block(self, indent: int) -> range:
        """The lines from here on that are indented more, with the empty ones among them; they are walked past."""
        begin = stop = self.place
        while self.place < len(self.lines):
            line = self.lines[self.place]
            if line.strip() and _indent(line) <= indent:
                break
            self.place += 1
            stop = self.place if line.strip() else stop
        self.place = stop
        return range(begin, stop)

    def _display(self, directive: re.Match[str]) -> Iterator[str]:
        """A directive ``math``: what stands in it between two dollar signs, and a row more behind each empty line."""
        self.place += 1
        first = "$$" + " " * (directive.start("rest") - 2) + directive["rest"]
        held = [first, *(self.lines[place] for place in self._block(len(directive["indent"])))]
        options = 1
        while options < len(held) and (option := _OPTION.match(held[options])):
            held[options] = _as_latex(option, held[options])
            options += 1
        # Its end takes the place of the empty line behind it; else that of a space before its last line.
        empty = self.lines[self.place] if self.place < len(self.lines) and not self.lines[self.place].strip() else None
        room = min(len(self.lines) - self.place, 1) if empty is None else len(empty) + 1 + (not self._is_last)
        self.place += empty is not None
        for _ in range(2 - room):
            held[-1] = held[-1].replace(" ", "", 1)
        # In it a dollar sign is no delimiter; the first two stand for the directive.
        head, text = ("\n".join(part).replace("$", " ") for part in (held[:options], held[options:]))
        rows = _EMPTY.sub(lambda found: r"\\".ljust(len(found[0])), text)
        # No empty line is left behind the options: it would end a paragraph.
        whole = re.sub(r"\n(?=[ \t]*\n)", " ", "\n".join(filter(None, (head, rows))))
        yield f"$${whole[2:]}{'$$'.ljust(room)}"

    @property
    def _is_last(self) -> bool:
        return self.place == len(self.lines) - 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _as_latex(option: re.Match[str], line: str) -> str:
    """The label of a directive as LaTeX has it, of as many characters where it fits; any other option blanked."""
    label = rf"\label{{{option['value']}}}"
    indent = " " * _indent(line)
    return (indent + label).ljust(len(line)) if option["name"] == "label" and option["value"] else blank(line)


def _without_signs(found: re.Match[str]) -> str:
    if found["role"]:
        return " " * len(found["role"]) + f"${found['one'].replace('$', ' ')}$"
    return blank(found[0])
