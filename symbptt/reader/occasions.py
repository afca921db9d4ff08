r"""The step that the words before a display say it is for: at the last step, in the first step.

>>> find_occasion("For the last step only,")
Occasion(step='last', sure=True, phrase='For the last step')
>>> find_occasion("In the last step, nothing comes from later, hence").sure
False
>>> find_occasion("In the first step we differentiate the loss:"), find_occasion("The last step follows from")
(None, None)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from symbptt.text import vocabulary


@dataclass(frozen=True, slots=True)
class Occasion:
    """A step that a sentence names by words."""

    step: Literal["first", "last"]
    sure: bool
    """Whether the sentence says nothing else; where it does, it may be one about a step of the derivation."""
    phrase: str


_STEPS: tuple[tuple[Literal["first", "last"], re.Pattern[str]], ...] = (
    ("first", re.compile(vocabulary.FIRST_STEP.anywhere, re.IGNORECASE)),
    ("last", re.compile(vocabulary.LAST_STEP.anywhere, re.IGNORECASE)),
)
_AT_LAST = re.compile(
    r"\b(?:at|for|zum|am|im|au|à l['’]|en|в) ?(?:time step|time|step|zeitpunkt|zeitschritt|schritt|temps|"
    r"instant|instante|paso|"
    r"pas|момент|шаге?) ?\$\s*T\s*\$",
    re.IGNORECASE,
)
_BESIDE = rf"\s|[,:;，：、；]|§|{vocabulary.BESIDE_STEP.anywhere}"
_ONLY_BESIDE = re.compile(rf"(?>(?:{_BESIDE})*)", re.IGNORECASE)
_FINDS = re.compile(rf"(?>(?:{_BESIDE}|{vocabulary.OBTAINING.anywhere})*)", re.IGNORECASE)
_OF_TIME = re.compile(vocabulary.OF_TIME.anywhere, re.IGNORECASE)
_AT = re.compile(r"(?:for|at|on|during|für|bei|beim|pour|para|для|对于?)(?![\w-])", re.IGNORECASE)
"""Before a step of a derivation stands another word: in."""
_OF_ELSE = re.compile(
    r"\s*(?:of|in) (?!(?:the|a|our) (?:whole )?(?:sequence|series|time|network|recurrence|input)|all\b)", re.IGNORECASE
)
_DERIVING = re.compile(vocabulary.DERIVING.anywhere, re.IGNORECASE)
_DOES = re.compile(
    r"[\s,]*(?:we|one|you|I)\s+(?>(?:\w+ly\s+|then\s+|only\s+|just\s+|now\s+|also\s+)*)"
    rf"(?!(?:have|has|do|must|can|{vocabulary.OBTAINING.en})\b)\w+",
    re.IGNORECASE,
)
"""In the last step we do something: that is one of a derivation."""
_CLAUSE = re.compile(rf"[,，]\s*(?:{vocabulary.ASIDE_CLAUSE.anywhere})[^,，]*(?=[,，]|\Z)", re.IGNORECASE)
_BEGINS = re.compile(rf"(?:[,;:，；：、]|\A|(?:{vocabulary.BESIDE_STEP.anywhere}))\s*\Z", re.IGNORECASE)


def find_occasion(sentence: str) -> Occasion | None:
    """The step that a sentence before a display says it is for; § stands for its formulas, but for T."""
    sentence = _AT_LAST.sub("at the last step", sentence)
    for step, pattern in _STEPS:
        for found in pattern.finditer(sentence):
            before, rest = sentence[: found.start()], sentence[found.end() :]
            if _OF_ELSE.match(rest) or _DERIVING.search(rest) or _DOES.match(rest) or not _BEGINS.search(before):
                continue
            alone = _ONLY_BESIDE.fullmatch(before) is not None
            plain = _CLAUSE.sub("", rest)
            of_time = _AT.match(found[0]) or _OF_TIME.search(found[0])
            sure = alone and (_FINDS if of_time else _ONLY_BESIDE).fullmatch(plain) is not None
            return Occasion(step, sure, found[0].strip())
    return None
