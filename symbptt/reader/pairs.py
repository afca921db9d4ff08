r"""Cases of a claim about entries: i = j and i \ne j, in the display, in its sentence or above it as a label.

>>> [(case.pair, case.clear) for case in [case_before("### Case 1: $i = j$\n\n$$\n", 21)] if case is not None]
[(Pair(one='i', other='j', equal=True), True)]
>>> case_before("where $\\delta_{ij} = 1$ if $i = j$, is\n$$", 40) is None
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from symbptt.errors import Unreadable
from symbptt.reader import customs
from symbptt.reader.conditions import NOT_READ
from symbptt.reader.differentials import Derivative
from symbptt.reader.factors import range_sign
from symbptt.reader.grammar import Chain, NameMark, ScriptedMark, mapped, mark_at, walk_marks
from symbptt.reader.wording import SENTENCE_END
from symbptt.text.document import headings

_LETTER = "[i-mp-s]"
_APART = r"\\neq?(?![A-Za-z])|\\not\s*=|≠|!="
_PAIR = re.compile(
    rf"(?<![\w\\{{}}_^$])(?P<math>\$|\\\()?\s*(?P<one>{_LETTER})\s*(?:(?P<equal>=)|{_APART})\s*(?P<other>{_LETTER})"
    r"(?![\w}_^=+-])(?!\s*[=+-])(?(math)\s*(?:\$|\\\)))"
)
_LABEL = re.compile(
    r"(?:[\s#>*_:.,;()–—\d-]|\\(?:item|(?:sub)*section\*?|paragraph\*?|textbf|emph|textit|noindent)(?![A-Za-z])|[{}]|"
    r"\b(?:the|an?|case|cases|first|second|secondly|one|two|for|if|when|where|with|now|then|next|and|let|consider|"
    r"diagonal|off-diagonal|off|entry|entries|element|elements|terms?|indices|equal|different|same|i|ii|fall|für|wenn|"
    r"cas|pour|si)\b|情况|当|若|时)*",
    re.IGNORECASE,
)
_OPENS = re.compile(r"(?:[\s*_:.,;)}\]]|时|のとき|\$\$|\\\[|\\begin\s*\{[a-z]+\*?\}|&|`{3,}\s*\{?math\}?)*")
_OF_DELTA = re.compile(r"\\delta|δ|kronecker|indicator|identity|mathbb|mathbf|\\bm|otherwise|\belse\b", re.IGNORECASE)


class Pair(NamedTuple):
    """Two letters of entries that are equal in a claim, or different."""

    one: str
    other: str
    equal: bool

    def __str__(self) -> str:
        return f"{self.one} {'=' if self.equal else '≠'} {self.other}"


@dataclass(frozen=True, slots=True)
class Case:
    """What stands above a display of two letters of entries; ``clear`` where it is the label of that display."""

    pair: Pair
    at: int
    clear: bool


def case_before(words: str, start: int, shown: Sequence[range] = ()) -> Case | None:
    """The case that a text makes of the display that begins at a place; ``shown`` are the displays of the text."""
    found = [one for one in _PAIR.finditer(words, 0, start) if not any(one.start("one") in span for span in shown)]
    titled = [head for head in headings(words[:start]) if head.level] if found else []
    for one in reversed(found):
        pair = Pair(one["one"], one["other"], one["equal"] is not None)
        if pair.one == pair.other:
            continue
        line = words.rfind("\n", 0, one.start()) + 1
        end = words.find("\n", one.end(), start)
        behind = words[one.end() : start if end < 0 else end]
        is_label = _LABEL.fullmatch(words[line : one.start()]) and _OPENS.fullmatch(behind)
        own = next((head for head in titled if line <= head.start <= one.start()), None)
        if is_label or own is not None:
            level = own.level if own is not None else max((h.level for h in titled[-1:] if h.start < line), default=9)
            if any(head.start > one.start() and head.level <= level for head in titled):
                return None
            return Case(pair, one.start("one"), bool(is_label and _OPENS.fullmatch(words[one.end() : start])))
        ends = [stop.end() for stop in SENTENCE_END.finditer(words, max(line - 400, 0), one.start())]
        sentence = words[ends[-1] if ends else max(line - 400, 0) : start]
        between = words[one.end() : start]
        if any(one.end() <= span.start < start for span in shown) or SENTENCE_END.search(between):
            continue
        if not _OF_DELTA.search(sentence):
            return Case(pair, one.start("one"), clear=False)
    return None


def pair_of(chain: Chain) -> Pair | None:
    """The letters that a condition says to be equal, or different; None for any other condition."""
    one, other = mark_at(chain, 0), mark_at(chain, 1) if len(chain.sides) == 2 else None
    equal = chain.relations == ("=",)
    if not (isinstance(one, NameMark) and isinstance(other, NameMark)) or not (
        equal or re.fullmatch(_APART, "".join(chain.relations))
    ):
        return None
    plain = not (one.dressed or other.dressed) and one.stem != other.stem
    return Pair(one.stem, other.stem, equal) if plain else None


def counts_entries(chains: Iterable[Chain], pair: Pair) -> bool:
    """Whether both letters count entries of letters in these chains."""
    return {pair.one, pair.other} <= set(_counted(tuple(chains)))


def shows_delta(chains: Iterable[Chain], pair: Pair) -> bool:
    """Whether δ_ij stands in these chains: they are for all entries."""
    marks = (mark for mark in walk_marks(tuple(chains)) if isinstance(mark, ScriptedMark))
    return any(
        isinstance(mark.base, NameMark)
        and mark.base.stem in ("delta", customs.ONES)
        and {pair.one, pair.other} == set(mark.entry)
        for mark in marks
    )


def _counted(part: object) -> list[str]:
    return [letter for mark in walk_marks(part) if isinstance(mark, ScriptedMark) for letter in mark.entry]


def check_pair(chains: Sequence[Chain], pair: Pair) -> None:
    """Raise :class:`Unreadable` where chains are no claims about derivatives of these entries alone."""
    summed = {
        mark.stem
        for every in walk_marks(tuple(chains))
        if (big := range_sign(every)) is not None
        for mark in walk_marks(big[1])
        if isinstance(mark, NameMark)
    }
    for chain in chains:
        derived = any(isinstance(mark, Derivative) for mark in walk_marks(chain.sides[0]))
        others = set(_counted(chain)) - {pair.one, pair.other}
        if chain.continued or not derived or not others <= summed or {pair.one, pair.other} & summed:
            raise Unreadable(NOT_READ, 0)


def with_equal(value: Any, pair: Pair) -> Any:
    """Marks with one of two equal letters in place of the other."""
    if isinstance(value, ScriptedMark) and pair.other in value.entry:
        kept = mapped(value, lambda part: with_equal(part, pair))
        return replace(kept, entry=tuple(pair.one if letter == pair.other else letter for letter in value.entry))
    return mapped(value, lambda part: with_equal(part, pair))
