"""Python text for what is emitted: lines, names, indices, sizes.

No text of a page reaches code but names, numbers, and docstrings. The letters of a page are plain names already
(``notation.NAME``); one that Python, NumPy or the module itself uses is written with a ``_`` behind it. What stands in
a docstring is on one line and without quotes or backslashes.
"""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from symbptt.errors import Undecided
from symbptt.page.layout import terms_of
from symbptt.page.notation import Dim, Index

TAKEN = frozenset({"np", "self", "forward", "gradient", "terms", "value", "states", "whole"})
"""What the module and its class are called by; every other name of theirs begins with ``_``, as no letter can, or is
that of a variable where letters are attributes."""
ATOM = re.compile(r"[\w.]+(\[[^\[\]()]*\])?\Z|[\w.]+\([^()]*\)\Z")
"""Text that needs no parentheses wherever it stands."""


WIDTH = 100
"""How long a line may be before a sum is written over several."""
BLANK = "\0"
"""A blank at which no line ends."""
BLANK = "\0"
"""A blank at which no line ends."""


class Code:
    """Lines of Python under construction, with names that are new."""

    def __init__(self, depth: int = 0) -> None:
        self.lines: list[str] = []
        self._depth = depth
        self._counts: dict[str, int] = {}

    def line(self, text: str = "") -> None:
        """One line at the present depth."""
        self.lines.append("    " * self._depth + text if text else "")

    def assign(self, target: str, text: str, sign: str = "=") -> None:
        """``target = text``, a long sum over several lines."""
        terms = terms_of(text)
        if len("    " * self._depth + f"{target} {sign} {text}") <= WIDTH or len(terms) == 1:
            self.line(f"{target} {sign} {text}")
            return
        with self.block(f"{target} {sign} ("):
            for term in terms:
                self.line(term)
        self.line(")")

    def listed(self, head: str, items: Iterable[str], end: str) -> None:
        """``head items end``, a tuple or a dictionary; a long one over several lines."""
        listed = list(items)
        text = f"{head}{', '.join(listed)}{',' * (len(listed) == 1 and head.endswith('('))}{end}"
        if len("    " * self._depth + text) <= WIDTH:
            self.line(text)
            return
        with self.block(head):
            are_names = all(item.isidentifier() for item in listed)
            for line in textwrap.wrap(", ".join(listed), WIDTH - 12) if are_names else listed:
                self.line(line.removesuffix(",") + ",")
        self.line(end)

    def unpacked(self, names: Iterable[str], text: str) -> None:
        """``names = text``, a tuple."""
        listed = list(names)
        if len(listed) > 1 and len(", ".join(listed)) + len(text) < WIDTH - 16:
            self.line(f"{', '.join(listed)} = {text}")
        else:
            self.listed("(", listed, f") = {text}")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """What is written inside stands under ``head``, which ends in a colon."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def name(self, stem: str) -> str:
        """A name that was not used before."""
        self._counts[stem] = self._counts.get(stem, 0) + 1
        return f"{stem}{self._counts[stem]}"

    def bound(self, text: str, stem: str) -> str:
        """The text itself where it is a name, and else a new name for what it computes."""
        if text.isidentifier():
            return text
        name = self.name(stem)
        self.line(f"{name} = {text}")
        return name


class Names:
    """Names in Python for those of a page, each of them once: one that is taken gets a mark."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {*TAKEN, *taken}

    def new(self, symbol: str) -> str:
        """A name that is nothing else's."""
        while symbol in self._taken or keyword.iskeyword(symbol) or hasattr(builtins, symbol):
            symbol += "_"
        self._taken.add(symbol)
        return symbol


def index_text(index: Index, names: Mapping[str, str]) -> str:
    """An index as Python; raises :class:`Undecided` for one that is bound nowhere."""
    text = ""
    for letter, count in sorted(index.terms, key=lambda term: term[1] < 0):
        if letter not in names:
            raise Undecided(f"{letter} is free beside the step: there is no loop that it runs over")
        size = "" if abs(count) == 1 else f"{abs(count)} * "
        sign = ("-" if count < 0 else "") if not text else " - " if count < 0 else " + "
        text += f"{sign}{size}{names[letter]}"
    if index.constant or not text:
        constant = str(abs(index.constant))
        sign = ("-" if index.constant < 0 else "") if not text else " - " if index.constant < 0 else " + "
        text += f"{sign}{constant}"
    return text


def dim_text(dim: Dim, known: Iterable[str], sizes: str = "self._sizes") -> str:
    """A size as Python, from the sizes of the arrays; raises :class:`Undecided` for one that no array shows.

    ``known`` are the sizes, as they are written, that arrays have as rows or columns.
    """
    if dim.letters() and str(dim) in known:
        return f'{sizes}["{dim}"]'
    terms = []
    for letters, count in dim.terms:
        for letter in letters:
            if letter not in known:
                raise Undecided(f"the size {letter} is that of no argument by itself")
        factors = [f'{sizes}["{letter}"]' for letter in letters]
        terms.append(" * ".join(([str(count)] if count != 1 or not factors else []) + factors))
    return " + ".join(terms)


def tuple_text(items: Iterable[str]) -> str:
    """A tuple of what is given as Python."""
    listed = list(items)
    return f"({', '.join(listed)}{',' * (len(listed) == 1)})"


def wrapped(text: str) -> str:
    """The text as a factor or the object of a method."""
    return text if ATOM.match(text) or _is_call(text) else f"({text})"


def _is_call(text: str) -> bool:
    """Whether all of the text is one function with its arguments."""
    head, _, rest = text.partition("(")
    depth = 1
    for place, sign in enumerate(rest, 1):
        depth += (sign in "([{") - (sign in ")]}")
        if not depth:
            return re.fullmatch(r"[\w.]+", head) is not None and place == len(rest)
    return False


def quoted(text: str) -> str:
    """Text of a page as it may stand inside a docstring: on one line, without backslashes and double quotes."""
    plain = text.replace("\\", "/").replace('"', "'")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())
