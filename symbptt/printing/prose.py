"""Sentences with letters in them: which words are letters of a formula, for LaTeX and for MathML alike.

A sentence has its formulas as a line of text: h_{t-1}, W_hh[2,1], φ'(a), W^(i). What has a script, the name of a Greek
letter and a single letter that is no word are letters; the rest stays as it is.

>>> [str(part) for part in parts_of("take W_hh[2,1] = 1 and phi(a) = a + 1: a page (h) has it")]
['take ', 'W_hh[2,1]', ' = 1 and ', 'phi', '(', 'a', ') = ', 'a', ' + 1: a page (h) has it']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from symbptt.page.greek import GREEK

HAT = "\u0302"
_STEM = rf"(?P<stem>(?:{'|'.join(sorted(GREEK, key=len, reverse=True))})|[^\W\d_]{HAT}?)"
_FOUND = re.compile(
    rf"(?<![^\W\d])(?<![\\'’.])(?<! -)(?<!--)(?P<d>d(?=\w+[_\[]))?{_STEM}(?P<before>'*)"
    r"(?:_(?P<below>\{[\w+,-]+\}|[^\W_]+))?(?P<behind>'*)(?:\^\((?P<above>[\w+-]+)\))?(?:\^\{(?P<power>\w+)\})?"
    r"(?:\[(?P<entry>[\w+-]+(?:, ?[\w+-]+)*)\])?(?P<shift>[+-]\d+(?![\w.]))?(?![\w{]|\.\w|-[a-z]{2})"
    r"|(?P<sign>[ΣΠ])_\{(?P<range>[\w+=., -]+)\}"
)
_COMMAND = re.compile(rf"\\({'|'.join((*GREEK, 'tanh', 'exp', 'log', 'max'))})(?![A-Za-z])")
"""What a note spells with a backslash, and is a word here."""
_IS_ARTICLE = re.compile(r"[aAI]")
_OPERAND = re.compile(r"[²³)]| [+·⊙=-] ")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter with what stands below and above it, the entry of it that is meant, and a number added to an index."""

    stem: str
    primes: str = ""
    below: str = ""
    above: str = ""
    entry: str = ""
    shift: str = ""
    power: str = ""
    is_moved: bool = False
    """Whether it is the differential of that."""

    def __str__(self) -> str:
        below = self.below if len(self.below) < 2 or self.below.isalnum() else f"{{{self.below}}}"
        above, entry = f"^({self.above})" if self.above else "", f"[{self.entry}]" if self.entry else ""
        lead = "d" * self.is_moved + self.stem + (f"_{below}" if below else "")
        power = f"^{{{self.power}}}" if self.power else ""
        return f"{lead}{self.primes}{above}{power}{entry}{self.shift}"

    @property
    def has_hat(self) -> bool:
        """Whether the letter has a hat on."""
        return self.stem.endswith(HAT)


@dataclass(frozen=True, slots=True)
class Range:
    """The sign of a sum or product with what it runs over: k and 1 and n, or indices alone."""

    sign: str
    index: str
    lower: str = ""
    upper: str = ""


def parts_of(text: str) -> Iterator[str | Symbol | Range]:
    """The words of a sentence and the letters of formulas in it, in their order."""
    text = _COMMAND.sub(r"\1", text.replace(">=", "≥").replace("<=", "≤"))
    text = unicodedata.normalize("NFD", text)
    at = 0
    for found in _FOUND.finditer(text):
        part = _ranged(found) if found["sign"] else _symbol(found)
        if part is not None and (
            isinstance(part, Range) or _is_letter(part, text[: found.start()], text[found.end() :])
        ):
            if found.start() > at:
                yield text[at : found.start()]
            yield part
            at = found.end()
    if at < len(text):
        yield text[at:]


def _symbol(found: re.Match[str]) -> Symbol:
    scripts = {name: (found[name] or "").strip("{}") for name in ("below", "above", "entry", "shift", "power")}
    primes = found["before"] + found["behind"]
    return Symbol(found["stem"], primes, **scripts, is_moved=found["d"] is not None)


def _ranged(found: re.Match[str]) -> Range | None:
    plain = re.fullmatch(r"(\w+)=([\w+-]+)\.\.([\w+-]+)", found["range"])
    if plain is not None:
        return Range(found["sign"], *plain.groups())
    return Range(found["sign"], found["range"]) if re.fullmatch(r"\w+(, ?\w+)*", found["range"]) else None


def _is_letter(symbol: Symbol, before: str, behind: str) -> bool:
    if not f"{symbol.stem.removesuffix(HAT)}{symbol.below}{symbol.above}".isascii():
        return False
    if symbol.below or symbol.above or symbol.entry or symbol.power or symbol.has_hat:
        return not (symbol.shift and (symbol.below or symbol.entry))
    if symbol.stem == "e" and before[-1:].isdigit():
        return False
    if before.endswith("(") and behind.startswith(")"):
        # A tag in parentheses names an equation; behind a letter they hold an argument.
        return re.search(r"[^\W_]['}\]]*\($", before) is not None
    if _IS_ARTICLE.fullmatch(symbol.stem):
        return symbol.stem == "I" or _OPERAND.match(behind) is not None or before.endswith(("= ", "+ "))
    # A unit of time stands behind a number.
    return not (symbol.stem == "s" and before[-2:-1].isdigit())
