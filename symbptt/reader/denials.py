r"""Sentences that say of a display by its number that it is wrong: equation (4) does not hold, and neither does (5).

>>> told = spoken_of("Equation (2) is wrong, (3) is right, and neither does (4) hold.", ["2", "3", "4"])
>>> [(number, phrase) for number, phrase, _ in told]
[('2', 'is wrong'), ('4', 'neither does')]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from symbptt.errors import Place
from symbptt.reader.wording import CODE, FAULTED, RETRACTED, SENTENCE_END
from symbptt.text import vocabulary
from symbptt.text.document import Document

_NO_PROSE = re.compile(
    r"\$\$.*?\$\$|(?<!\\)\\\[.{0,4000}?\\\]|"
    r"\\begin\{(?P<name>(?:equation|align|gather|multline|eqnarray|displaymath|alignat|flalign)\*?)\}.{0,20000}?"
    r"\\end\{(?P=name)\}|<!--.{0,2000}?-->",
    re.DOTALL,
)
"""Displays and comments, in which no sentence stands."""
_FOOTNOTE = re.compile(r"^\[\^(?P<name>[^\]\s]{1,40})\]:[ \t]*(?P<text>[^\n]{0,2000})", re.MULTILINE)
_MARKED_BEHIND = re.compile(r"[ \t.,;]*\[\^(?P<name>[^\]\s]{1,40})\](?!:)")
_MARKED_BEFORE = re.compile(r"\[\^(?P<name>[^\]\s]{1,40})\][ \t]*[.,:]?\s*\Z")
_LONGEST = 4_000
"""Cap on the characters of a sentence; a longer one is looked at in parts."""
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_MENTION = re.compile(
    r"\\(?:eqref|ref|[cC]ref|autoref)\s*\{(?P<label>[^{}]*)\}|[(（](?P<number>[^()（）\s]{1,12})[)）]"
)
_AND = (
    r"(?:\s|[-,，、&/–—]|~|\b(?:and|or|nor|noch|ni|both|unlike|like|in contrast to|"
    r"equations?|eqs?\.|und|oder|et|ou|y|o|и)\b|"
    "和|与|及|と|式)*"
)
_LIST = re.compile(rf"¶(?:{_AND}¶)*")
_BETWEEN = re.compile(
    r"(?:[\s,，]|\b(?:however|also|too|above|below|then|now|itself|both|all|in turn|by contrast|"
    r"on the other hand)\b|[式都均皆也])*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:](?=\s)|[，；：]")
_SPEAKS = re.compile(rf"(?:{vocabulary.TURNING.anywhere}|{vocabulary.FAULTY.anywhere})", re.IGNORECASE)
_NAMED = (
    r"(?:\s|[:：~]|\b(?:is|are|was|were|in|of|with|that|the|equations?|eqs?\.?|formulas?|formulae|identity|identities|"
    r"claims?|displays?|relations?|result|ist|sind|gleichung(?:en)?|formel|"
    r"in der|est|sont|dans|l['’]équation|la formule|"
    r"es|son|en|la|ecuación|fórmula|в|формуле?|уравнени\w+|равенств\w+)\b|的是|式|公式|等式|在)*"
)
"""Words that may stand between what is said and the number that it is said of."""
_ERROR = r"\berrors? in\b|\bfehler in\b|\berreurs? dans\b|\berrore?s? en\b|\bошибк\w+ в\b"
_FAULT_BEFORE = re.compile(rf"(?<!no )(?<!without )(?:{vocabulary.FAULTY.anywhere}|{_ERROR}){_NAMED}\Z", re.IGNORECASE)
_REASON = re.compile(
    rf"\b(?:by|from|using|via|see|with|nach|aus|par|selon|por|según|по|由|根据){_NAMED}\Z", re.IGNORECASE
)
"""By (2) it is wrong to do so: that says nothing of (2)."""
_FORBIDS = re.compile(
    rf"\s*(?:please\s+)?(?:(?:do not|don't|never)\s+(?:use|trust|believe)|ignore|disregard|strike|forget){_NAMED}\Z",
    re.IGNORECASE,
)
_ONLY_NAMED = re.compile(_NAMED, re.IGNORECASE)
_NEITHER = re.compile(
    r"\b(?:neither|nor)\s+(?:(?:do|does|did|is|are|was|were|has|have|can)\b)" + _NAMED + r"\Z", re.IGNORECASE
)
_SO_IS = re.compile(
    rf"(?:\b(?:so|as) (?:is|are|was|does|do)|\bthe same (?:is true|holds|goes|applies) (?:for|of|to)|\blikewise|"
    rf"\bebenso|\bde même|\bлюбое|同样){_NAMED}\Z",
    re.IGNORECASE,
)
_NONE_OF = re.compile(rf"\b(?:neither|none of|weder|ni|ninguna de|ни){_NAMED}\Z", re.IGNORECASE)
_HOLDS = re.compile(
    r"\s*(?:holds?|is|are|gilt|gelten|ist|est|sont|es|son|вер\w+)\b\s*(?:\Z|true|right|correct|valid|wahr|richtig|vraie?s?|"
    r"correct\w*)?",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:would|wäre|serait|seraient|sería|бы)\b(?=.*\b(?:if|without|otherwise|had|unless|wenn|ohne|sonst|si|sans|sin)\b)|"
    r"\b(?:if|without|otherwise|had|unless|wenn|ohne|sonst|si|sans|sin)\b.*\b(?:would|wäre|serait|seraient|sería|бы)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Without the second term (3) would be wrong: that says nothing of it as it stands."""


def denied_by_number(document: Document) -> dict[Place, str]:
    """The displays that a sentence elsewhere says to be wrong, each with where that is said and by which words."""
    places: dict[str, list[Place]] = {}
    for display in document.displays:
        if not display.declared_wrong:
            for name in {display.printed, *_LABEL.findall(display.source)} - {""}:
                places.setdefault(name, []).append(display.place)
    made = dict(_in_footnotes(document))
    if not places:
        return made
    blanked = _NO_PROSE.sub(_blank, CODE.sub(_blank, document.words))
    for name, phrase, offset in spoken_of(blanked, places):
        for place in places[name]:
            made.setdefault(place, f"{document.place_at(offset).spoken} takes it back: ({name}) {phrase}")
    return made


def _in_footnotes(document: Document) -> Iterator[tuple[Place, str]]:
    """The displays that a footnote beside them says to be wrong, as :func:`denied_by_number` has them."""
    notes = {found["name"]: found for found in _FOOTNOTE.finditer(document.words)}
    for display in document.displays if notes else ():
        for mark in (_MARKED_BEHIND.match(display.after), _MARKED_BEFORE.search(display.before)):
            note = notes.get(mark["name"]) if mark is not None else None
            taken = _takes_back(note["text"]) if note is not None else None
            if note is not None and taken is not None:
                where = document.place_at(note.start()).spoken
                yield display.place, f"the footnote in {where} takes it back: {taken[0].strip()[-40:]}"


def _takes_back(text: str) -> re.Match[str] | None:
    return FAULTED.match(text) or RETRACTED.match(text)


def _blank(found: re.Match[str]) -> str:
    """Space of the same length and the same lines, so that no sentence goes on over a display."""
    return re.sub(r"[^\n]", " ", found[0])


def spoken_of(text: str, names: Collection[str]) -> Iterator[tuple[str, str, int]]:
    """The names of displays that sentences say to be wrong, each with the words that do and its place in the text."""
    start, denied = 0, False
    ends = {*(found.end() for found in SENTENCE_END.finditer(text)), *range(_LONGEST, len(text), _LONGEST), len(text)}
    for end in sorted(ends):
        told = list(_in_sentence(text[start:end], names, carried=denied))
        yield from ((name, phrase, start + offset) for name, phrase, offset in told)
        denied = bool(told)
        start = end


def _in_sentence(sentence: str, names: Collection[str], *, carried: bool) -> Iterator[tuple[str, str, int]]:
    """As :func:`spoken_of`, in one sentence; ``carried``: the one before it says that a display is wrong."""
    mentions: list[tuple[str, int]] = []

    def mark(found: re.Match[str]) -> str:
        name = (found["label"] or found["number"]).strip()
        if name not in names:
            return found[0]
        mentions.append((name, found.start()))
        return "¶"

    said = _MENTION.sub(mark, re.sub(r"\$[^$]*\$", lambda one: "§" * len(one[0]), sentence))
    said = re.sub(r"[\s~]", " ", said).rstrip(" .!?。！？")
    if not mentions or _SUPPOSED.search(said):
        return
    lists = list(_LIST.finditer(said))
    for place, found in enumerate(lists):
        first = said[: found.start()].count("¶")
        of = mentions[first : first + found[0].count("¶")]
        if re.search(r"¶\s*[-–—]+\s*¶", found[0]) and all(name.isdecimal() for name, _ in of):
            numbers = [int(name) for name, _ in of]
            inner = (name for name in names if name.isdecimal() and min(numbers) < int(name) < max(numbers))
            of += [(name, of[0][1]) for name in inner if name not in dict(of)]
        before = said[lists[place - 1].end() if place else 0 : found.start()]
        behind = said[found.end() : lists[place + 1].start() if place + 1 < len(lists) else len(said)]
        phrase = _denial(before, behind, carried=carried)
        if phrase:
            carried = True
            yield from ((name, phrase, offset) for name, offset in of)


def _denial(before: str, behind: str, *, carried: bool) -> str:
    """The words beside numbers that say that those displays are wrong; empty where none do."""
    if found := _FAULT_BEFORE.search(before) or _NEITHER.search(before) or _FORBIDS.match(before):
        return " ".join(found[0].split())
    if _REASON.search(before):
        return ""
    if carried and (found := _SO_IS.search(before)):
        return " ".join(found[0].split())
    told = _CLAUSE.split(behind[_end_of(_BETWEEN, behind) :])[0]
    if _NONE_OF.search(before) and _HOLDS.match(told):
        return " ".join(f"none {told}".split())
    if (taken := RETRACTED.match(before)) and _ONLY_NAMED.fullmatch(before, taken.end()):
        return " ".join(taken[0].split())
    found = _takes_back(told) if _SPEAKS.match(told) else None
    return " ".join(found[0].split()) if found else ""


def _end_of(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
