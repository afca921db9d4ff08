r"""The words around a formula: whether they introduce it, deny it or limit it.

>>> said = judge_words("A common mistake is to write ", ".")
>>> said.how, said.phrase
('denied', 'mistake')
>>> [judge_words(*around).how for around in [("where ", ""), ("The loss vanishes when ", "."), ("From ", " one sees")]]
['introduced', 'supposed', '']
>>> lead_in("For $t \\ge 2$ we have", "").conditions
('t \\ge 2',)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from symbptt.reader import customs
from symbptt.text.document import Display, Inline

_MATH = re.compile(r"\$([^$]*)\$|\\\((.*?)\\\)", re.DOTALL)
_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!cf)(?<!Eq)(?<!eq)(?<!Fig)(?<!resp)[.!?](?=\s|\Z)|\n[ \t]*\n")
_LISTED = re.compile(r"(?:§[\s,;]*(?:and\b)?[\s,;]*)+\Z")
_INTRODUCES = re.compile(rf"(?<![\w-])(?:{'|'.join(customs.INTRODUCING)})(?![\w-])|:\s*\Z", re.IGNORECASE)
_DENIES = re.compile(rf"(?<![\w-])(?:{'|'.join(customs.DENYING)})(?![\w-])", re.IGNORECASE)
_LIMITS = re.compile(rf"(?<![\w-])(?:{'|'.join(customs.LIMITING)})(?![\w-])", re.IGNORECASE)
_SUPPOSES = re.compile(
    r"(?<![\w-])(?:if|when|whenever|unless|once|until|provided|for|at|case|suppos\w+|imagine|pretend\w*)"
    r"(?: that| all| each| every| any| also| we have| it holds that)*\s*\Z",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[\s,]*(?:(?:this|that|it|the (?:last )?(?:equation|formula|claim|identity|result)|which)\s+)?"
    r"(?:(?:is|are|was|were|would be|seems)\s+(?:\w+\s+){0,2}?"
    r"(?:false|wrong|incorrect|untrue|invalid|erroneous|a mistake|a common mistake|an error|"
    r"not (?:\w+ )?(?:true|correct|right|valid|the case|what))|(?:do|does|did|can) ?not "
    r"(?:hold|follow|be)|fails?\b|cannot (?:hold|be))",
    re.IGNORECASE,
)
_LIMITED_BEHIND = re.compile(
    r"[\s,]*(?:and |but |or )?(?:holds |hold |is true |is valid |(?:is|are) (?=for|when|if|at|only))?"
    r"(?P<word>if|when|whenever|while|unless|provided|only|except|for|at|in|on|or)(?![\w-])(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_EVERY = re.compile(r"\s*(?:all|every|each|any|the (?!\w*\s*(?:case|first|last))|a |an )", re.IGNORECASE)
_OF_CASES = re.compile(rf"(?<![\w-])(?:{'|'.join(customs.CASES)})(?![\w-])", re.IGNORECASE)
_ALL_STEPS = re.compile(r"dots|\.\.\.|…|\\ge(?:q|qslant)?\s*1(?!\d)|>\s*0(?!\d)|\\in(?![a-z])")


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words around a formula make of it; ``phrase`` are those that decide."""

    how: Literal["introduced", "denied", "limited", "supposed", ""] = ""
    phrase: str = ""
    conditions: tuple[str, ...] = ()
    """Formulas in the sentence of a display that say for which steps it is stated."""


def _spoken(text: str) -> tuple[str, list[str]]:
    """A text with § in place of each formula, and the formulas."""
    return _MATH.sub("§", text), [one or other for one, other in _MATH.findall(text)]


def _last_sentence(text: str) -> str:
    stripped = text.rstrip()
    ends = [found.end() for found in _END.finditer(stripped)]
    return "" if ends and ends[-1] == len(stripped) else stripped[ends[-1] if ends else 0 :]


def _first_sentence(text: str) -> str:
    """The rest of a sentence behind a formula, or the whole one that follows; none where it leads on to the next."""
    text = re.sub(r"\A\s*\([^()\s]{1,12}\)", "", text).lstrip()
    found = _END.search(text)
    if found is None or not found[0].strip():
        return "" if text[:1].isupper() else text[: found.start()] if found else text
    return text[: found.start()]


def wording_of(inline: Inline) -> Wording:
    """What the words around an inline formula make of it."""
    return judge_words(inline.before, inline.after)


def judge_words(before: str, after: str) -> Wording:
    """As :func:`wording_of`, for the text before a formula and behind it."""
    sentence = _last_sentence(_spoken(before)[0] + " ").strip() + " "
    behind = _first_sentence(_spoken(after)[0]) if not after.startswith((".", "!", "?")) else ""
    if denied := _DENIES.search(sentence) or _DENIED_BEHIND.match(behind):
        return Wording("denied", denied[0].strip())
    clause = _LISTED.sub("", sentence)
    if supposed := _SUPPOSES.search(clause):
        return Wording("supposed", supposed[0].strip())
    limited = _LIMITS.search(clause) or re.search(r"\b(?:either|or)\s*\Z", sentence)
    if limited or (limited := _limit_behind(behind, _spoken(after)[1])):
        return Wording("limited", limited[0].strip()[:40])
    if introduced := _INTRODUCES.search(clause) or re.match(
        r"[\s,]*(?:is|are|be|denotes?|defines?|means|stands)\b", behind
    ):
        return Wording("introduced", introduced[0].strip())
    return Wording()


def _limit_behind(behind: str, formulas: list[str]) -> re.Match[str] | None:
    """The words behind a formula that say when it holds, if that is not for every step."""
    found = _LIMITED_BEHIND.match(behind)
    if found is None:
        return None
    if found["word"].lower() in ("for", "at", "in", "on"):
        rest = found["rest"]
        about = rest.split(",")[0]
        if _OF_CASES.search(about):
            return found
        every = not about.lstrip().startswith("§") or (formulas and _ALL_STEPS.search(formulas[0]))
        if every or _EVERY.match(rest) or not re.search(r"[=<>]|\\[lg]e|\\ne", formulas[0] if formulas else ""):
            return None
    return found


def wording_around(display: Display) -> Wording:
    """What the sentence that a display stands in makes of it; nothing where a comment says what to expect of it."""
    return Wording() if display.declared is not None else lead_in(display.before, display.after)


def lead_in(before: str, after: str) -> Wording:
    """As :func:`wording_around`, for the text before a display and behind it."""
    words, formulas = _spoken(before)
    sentence = _last_sentence(words)
    if sentence.lstrip().startswith("#"):
        sentence = ""
    inside = formulas[len(formulas) - sentence.count("§") :] if "§" in sentence else []
    spoken_behind, formulas_behind = _spoken(after)
    behind = _first_sentence(spoken_behind)
    clause = re.split(r"[,;:](?=\s)", sentence.rstrip(" :,"))[-1]
    # "It is not true, in general, that": the clauses before belong to what is said.
    told = sentence if clause.endswith("that") else clause
    if denied := _DENIES.search(told + " ") or _DENIED_BEHIND.match(behind):
        return Wording("denied", denied[0].strip())
    conditions = [*_conditions(sentence, inside)]
    # With a capital letter another sentence begins.
    behind = "" if behind[:1].isupper() else behind
    if (limit := _limit_behind(behind, formulas_behind)) is not None:
        said = [*_conditions(behind, formulas_behind)]
        if not said:
            return Wording("limited", limit[0].strip()[:40])
        conditions += said
    limited = _LIMITS.match(sentence.lstrip()) or _LIMITS.search(clause)
    if limited and not conditions:
        return Wording("limited", limited.string[limited.start() :].strip()[:40])
    return Wording("", "", tuple(conditions))


def _conditions(sentence: str, formulas: list[str]) -> list[str]:
    """The formulas behind a word of limitation, up to the end of its clause."""
    made: list[str] = []
    for found in re.finditer(
        r"(?<![\w-])(?:for|if|when|whenever|at|unless|provided|assuming|suppos\w+)\b[^,:§]{0,40}§[^,:]*",
        sentence,
        re.IGNORECASE,
    ):
        first = sentence[: found.start()].count("§")
        made += formulas[first : first + found[0].count("§")]
    return [said for said in made if re.search(r"[=<>≤≥≠]|\\(?:leq?|geq?|lt|gt|neq?)(?![A-Za-z])", said)]
