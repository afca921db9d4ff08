"""Which function the words beside a letter say that it is.

>>> function_said("", " is the logistic sigmoid."), function_said("the sigmoid ", ","), function_said("", " is any.")
('sigmoid', 'sigmoid', '')
>>> function_said("", " is usually the sigmoid."), function_said("", " denotes the softmax.")
('?', 'softmax')
"""

from __future__ import annotations

import re

from symbptt.functions import TABLE
from symbptt.reader import customs
from symbptt.reader.wording import wording_of
from symbptt.text import vocabulary
from symbptt.text.document import Inline

_NAMES = {name.lower(): row.called[0] for row in TABLE.values() for name in (*row.called, *row.words)}
_OTHERS = (customs.SOFTMAX, *customs.WITHOUT_NOTATION)
_EVERY = sorted({*_NAMES, *(name.lower() for name in _OTHERS)}, key=len, reverse=True)
_ENDS = rf"(?!(?!{vocabulary.UNSPACED})[\w-])"
"""The end of a word; in Chinese and Japanese words stand against each other."""
_NAME = rf"(?P<name>{'|'.join(map(re.escape, _EVERY))}){_ENDS}"
_FUNCTION = rf"{_NAME}(?:[\s-]*(?:{vocabulary.FUNCTION_NOUNS.anywhere}))*"
_KINDS = rf"(?:(?:{vocabulary.FUNCTION_KINDS.anywhere})\s*)*"
_IS = rf"\s*[,:=(—–-]*\s*(?:(?:{vocabulary.IS.anywhere})\s*)?"
_IS_NAMED = re.compile(rf"{_IS}{_KINDS}{_FUNCTION}(?=\s*(?:[.,;:)(。，；：、]|\Z|{vocabulary.SAID_BEHIND.anywhere}))")
_OPENS = rf"(?:(?:\A|[.,;:(。，；：、]|(?:\A|\n)\s*(?:[-*+•]|\d+[.)]|\\item\b)|{vocabulary.CLAUSE.anywhere})\s*)"
_STANDS_FIRST = re.compile(rf"{_OPENS}(?:(?:the\s+)?(?:{vocabulary.FUNCTION_NOUNS.anywhere})\s*)?\Z", re.IGNORECASE)
_NAMED_BEFORE = re.compile(rf"{_OPENS}(?:the\s+)?{_KINDS}{_FUNCTION}\s*\Z", re.IGNORECASE)
_NAMED = rf"(?<![\w-]){_NAME}|tangens|tangente|hyperbol|logisti[sqck]|sigmo[iï]d"
_FONT = r"\$\s*\\?(?:(?:mathrm|text\w*|operatorname)\s*\{)?"
_NAMED_NEAR = re.compile(
    rf"(?P<between>[^$.;。；]{{0,60}}?)(?:{_NAMED}|{_FONT}(?:{'|'.join(map(re.escape, _NAMES))})\b)", re.IGNORECASE
)
_NAMED_NEAR_BEFORE = re.compile(rf"(?:{_NAMED})(?P<between>[^$.,;。，；]{{0,30}}?)\Z", re.IGNORECASE)
_ANY = re.compile(vocabulary.ANY_FUNCTION.anywhere, re.IGNORECASE)
_EACH = vocabulary.ACTS_ENTRYWISE.en
_WHOLE = re.compile(
    rf"(?=\s*,?\s*(?:is|acts|works|denotes?|does|normali|standardi|mixes|an?|the))[^$]{{0,60}}?(?:{vocabulary.ACTS_WHOLE.en})"
)
_HEDGES = re.compile(vocabulary.HEDGES.anywhere, re.IGNORECASE)
_SET_APART = re.compile(r"[$`*_]|\\(?:text\w*|mathrm|operatorname|emph)\b|\\(?=[A-Za-z])|[{}]")


def function_of(inline: Inline) -> str:
    """The named function that the words beside a letter say it is, where nothing denies or limits that."""
    said = function_said(inline.before, inline.after)
    if said and wording_of(inline).how in ("denied", "limited", "supposed"):
        return "?"
    return said


def acts_entrywise(inline: Inline) -> bool:
    """Whether the words beside a letter say that it is a function of each entry."""
    behind = re.split(r"[.;$](?:\s|\Z)|,", re.sub(r"\A\s*,", "", inline.after))[0]
    near = re.search(rf"(?<![\w-])(?:{_EACH})\s*\Z", inline.before, re.IGNORECASE)
    said = near or re.match(rf"\s*(?:is|acts|works|denotes|applied|an?|the|,)\b[^$]*?(?<![\w-])(?:{_EACH})\b", behind)
    return bool(said) and wording_of(inline).how not in ("denied", "limited", "supposed") and "not " not in behind


def function_said(before: str, after: str) -> str:
    """The function that the words before a letter or behind it name; a question mark where they only speak of one."""
    behind = _SET_APART.sub("", re.split(r"[.;](?:\s|\Z)|[。；]", after)[0]).lower()
    if _WHOLE.match(behind):
        return customs.WITHOUT_NOTATION.names[0]
    listed = re.search(r"(?:\$[^$=]*\$\s*(?:,|and|, and)\s*)+\Z", before)
    found, rest = _IS_NAMED.match(behind), behind
    if found is not None and _STANDS_FIRST.search(before):
        rest = behind[found.end() :]
    elif found := _NAMED_BEFORE.search(_SET_APART.sub("", before)):
        rest = behind
    elif _IS_NAMED.match(behind):
        return "?"
    if found is not None:
        here = vocabulary.FROM_HERE.anywhere
        partly = re.search(here, re.split(r"[.;](?:\s|\Z)|[。；]", before)[-1], re.IGNORECASE) or re.search(
            here, behind
        )
        return (
            "?"
            if listed or partly or _HEDGES.search(rest)
            else _NAMES.get(found["name"].lower(), found["name"].lower())
        )
    near = _NAMED_NEAR.match(after) or _NAMED_NEAR_BEFORE.search(before)
    return "?" if near is not None and not _ANY.search(near["between"]) else ""
