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

from symbptt.reader.conditions import KNOWN
from symbptt.reader.occasions import Occasion, find_occasion
from symbptt.text import vocabulary
from symbptt.text.document import Display, Inline

CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)|(?<!`)`[^`\n]+`(?!`)", re.MULTILINE | re.DOTALL)
"""Code, whose words say nothing of a formula."""
_WRAPPED = re.compile(r"[ \t]*\n[ \t]*|~")
"""Where a line of text ends and the sentence goes on, and a space that does not break."""
_MATH = re.compile(r"\$([^$]*)\$|\\\((.*?)\\\)", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![\\*])\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?!\*)|\\(?:emph|text(?:bf|it|sl|sc|up))\s*(?=\{)")
SENTENCE_END = re.compile(
    r"(?<!e\.g)(?<!i\.e)(?<!cf)(?<!Eq)(?<!eq)(?<!Fig)(?<!resp)(?<!w\.r\.t)[.!?](?=\s|\Z)|[。！？]|\n[ \t]*\n"
)
_ENDS = (".", "!", "?", "。")
_CLAUSE = re.compile(r"[,;:](?=\s)|[，；：、]")
_LISTED = re.compile(r"(?:§[\s,;]*(?:and\b)?[\s,;]*)+\Z")
_INTRODUCES = re.compile(rf"{vocabulary.INTRODUCING.anywhere}|[:：]\s*\Z", re.IGNORECASE)
_DENIES = re.compile(vocabulary.DENYING.anywhere, re.IGNORECASE)
_LIMITS = re.compile(vocabulary.LIMITING.anywhere, re.IGNORECASE)
_OF_OTHERS = re.compile(vocabulary.OF_OTHERS.anywhere, re.IGNORECASE)
_SUPPOSES_ELSEWHERE = re.compile(rf"(?:{vocabulary.SUPPOSING.elsewhere})\s*(?:\w+\s+)?\Z", re.IGNORECASE)
_SUPPOSED_BEHIND = re.compile(rf"\s*(?:{vocabulary.SUPPOSED.anywhere})")
_INTRODUCED_BEHIND = re.compile(rf"[\s,]*(?:{vocabulary.INTRODUCED.anywhere})")
_FEW = rf"(?:(?:[A-Za-zÀ-ÿ]+['’\s]*){{0,3}}?|(?:{vocabulary.BACK_REFERRING.anywhere})[^\W\d]{{0,8}}?)"
"""A few words that lead from a formula to what is said of it."""
_DENIED_ELSEWHERE_BEHIND = re.compile(rf"[\s,，]*{_FEW}(?:{vocabulary.DENYING.elsewhere})", re.IGNORECASE)
_LIMITED_ELSEWHERE_BEHIND = re.compile(
    rf"[\s,，(（]*{_FEW}(?:{vocabulary.LIMITING.elsewhere})|{_SUPPOSED_BEHIND.pattern}", re.IGNORECASE
)
_SHORT = 60
"""Characters of a paragraph that may say only that the display above it is wrong."""
_APART = re.compile(r"[ \t.,;]*\n[ \t]*\n")
_OF_THE_LAST = re.compile(r"[ \t.,;]*\n(?![ \t]*\n)(?:(?!\n[ \t]*\n).)+[.!。！]\s*\n[ \t]*\n\s*", re.DOTALL)
"""A paragraph that follows a display at once, and is set apart from the one behind it."""
_DUE = re.compile(r"\W*(?:to-?do|fixme|xxx)", re.IGNORECASE)
_CROSSED = re.compile(rf"\A[ \t]*([{vocabulary.CROSSES}])[^\w\n]*$", re.MULTILINE)
_NAMES_A_LOSS = r"(?: (?:an?|the|some|any) (?:[\w-]+ ){0,2}?(?:loss|cost|objective|error)(?: function)? §)"
"""For a loss L = ...: that says what L is, and limits nothing."""
_GOVERNED = re.compile(
    rf"(?:(?<![\w-])(?:for(?!{_NAMES_A_LOSS})|if|when|whenever|at|unless|provided|(?<!without )assuming|suppos\w+)\b|"
    rf"{vocabulary.SUPPOSING.elsewhere})[^,:，：、§]{{0,40}}§[^,:，：、]*|"
    rf"§[^,:，：、§]{{0,8}}?(?:{vocabulary.SUPPOSED.anywhere})",
    re.IGNORECASE,
)
"""Formulas in what a word makes a condition, up to the end of its clause."""
_SUPPOSES = re.compile(
    r"(?<![\w-])(?:if|when|whenever|unless|once|until|provided|for|at|case|suppos\w+|imagine|pretend\w*)"
    r"(?: that| all| each| every| any| also| we have| it holds that)*\s*\Z",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[\s,]*(?:(?:(?:this|the)(?: last)? (?:equation|formula|claim|identity|result)|this|that|it|which)\s+)?"
    r"(?:(?:is|are|was|were|would be|seems)\s+(?:\w+\s+){0,2}?"
    r"(?:false|wrong|incorrect|untrue|invalid|erroneous|a mistake|a common mistake|an error|refuted|disproved|"
    r"what (?:an? )?(?:careless|naive|beginner|(?:\w+ ){0,3}(?:might|may|could) (?:write|think|expect))|"
    r"not (?:(?!only\b)\w+ )?(?:true|correct|right|valid|the case|what))|(?:do|does|did|can) ?not "
    r"(?:hold|follow|be)|fails?\b|cannot (?:hold|be))",
    re.IGNORECASE,
)
FAULTED = re.compile(
    rf"(?:(?!{vocabulary.UNFAULTY.anywhere}).)*?(?:{vocabulary.FAULTY.anywhere})", re.IGNORECASE | re.DOTALL
)
RETRACTED = re.compile(
    rf"(?:(?!{vocabulary.UNFAULTY.of('en', 'zh')}).)*?(?:{vocabulary.RETRACTING.anywhere})|.*[{vocabulary.CROSSES}]",
    re.IGNORECASE | re.DOTALL,
)
_TURNS = re.compile(rf"[\s,，(（–—-]*(?:{vocabulary.TURNING.anywhere})", re.IGNORECASE)
_SPEAKS = re.compile(
    r"[\s,(–—-]*(?:is|are|was|were|has|have|had|contains?|must|should|cannot|lacks|misses|turns out|proves|which)\b"
)
"""Words that need the formula before them: what stands behind them is said of that one."""
_SPEAKS_BACK = re.compile(
    r"(?:(?:but|yet|however|alas|sadly|unfortunately|still|here),?\s+)*(?:this|that|it|they|these|those|he|she|"
    r"(?:all|most|none) of them|the (?:\w+ )?(?:order|authors?|"
    r"signs?|index|indices|factors|transposes?|sum|bounds?|product|formula|equation|identity|result|display|claim|"
    r"line|statement|expression|equality|above|foregoing)"
    r"(?: of (?:the )?\w+| above| here)?)\s+"
    r"(?:is|are|was|were|has|have|contains?|must|should|cannot|can|does|do|lacks|fails?|needs)\b",
    re.IGNORECASE,
)
_INSERTED = re.compile(rf"\s*(?:{vocabulary.INSERTED.anywhere})\s*", re.IGNORECASE)
_WRITES = re.compile(rf"\s*(?:{vocabulary.WRITING.anywhere})", re.IGNORECASE)
_BESIDES = re.compile(rf"\s*(?:{vocabulary.ASIDE_CLAUSE.anywhere})", re.IGNORECASE)
_DENIES_AT_ONCE = re.compile(rf"\s*(?:{vocabulary.DENYING.anywhere})\s*[,，]", re.IGNORECASE)
FOR = re.compile("for|für|pour|para|для|对于?", re.IGNORECASE)
_NAMES_DERIVATIVE = re.compile(
    r"\s*\\?[A-Za-z]+(?:_\s*(?:\{[^{}=]*\}|\w))?\s*:?=\s*"
    r"(?:\\[dt]?frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{?d\}?)(?![A-Za-z])|\\nabla|\\partial)[^=+]*"
)
_ASKS = re.compile(
    rf"\s*(?:(?:but|and|so|or|now|then),?\s+)?(?!(?:whether|ob)\b)"
    rf"(?:{vocabulary.ASKING.of(*vocabulary.SPACED)})|"
    rf".*\b(?:whether|ob)\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
_ASKS_TOGETHER = re.compile(vocabulary.ASKING.of("zh", "ja"))
_AT_A_STEP = re.compile(
    rf"(?<!starting )(?<!beginning )(?<!start )(?<!begin )(?<!starts )(?<!begins )(?<!started )(?<!beginnend )"
    rf"(?:{vocabulary.SETTING_STEP.anywhere})\s*§",
    re.IGNORECASE,
)
_GOES_ON = re.compile(rf"[\s,]*(?:{vocabulary.GOES_ON.anywhere})")
_LEADS_ON = re.compile(
    rf"(?:\A|.*(?:[,;:]|\b(?:that|so|hence|thus|then|and|is)\b))\s*(?:{vocabulary.LEADS_ON.anywhere})"
    r"(?: we (?:have|get|find|obtain))?[\s,:]*\Z",
    re.IGNORECASE,
)
"""Words that belong to the formula: two times, up to a factor."""
_STEP_VALUE = re.compile(r"\s*t\s*(?:=|[<>≤≥]|\\(?:leq?|geq?|lt|gt)(?![A-Za-z]))")
_LIMITED_BEHIND = re.compile(
    r"[\s,({]*(?:and |but |or )?(?:holds |hold |is true |is valid |(?:is|are) (?=for|when|if|at|only))?"
    r"(?P<word>if|when|whenever|while|unless|provided|only|except|for|at|in|on|or)(?![\w-])(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_EVERY = re.compile(r"\s*(?:all|every|each|any|the (?!\w*\s*(?:case|first|last))|a |an )", re.IGNORECASE)
_OF_CASES = re.compile(vocabulary.CASES.anywhere, re.IGNORECASE)
_OF_ITS_OWN = re.compile(r"当[^,，。]*时\s*[,，](?![^。]*(?:[上该此本]式|公式|等式|成立|有效|才|这|此|它))")
"""A sentence of a paragraph of its own, that says of something else than the formula before it what holds when."""
_FOLLOWS = re.compile(r"\b(?:following|below|folgende\w*|suivante?s?)\b|以下|下式|次の", re.IGNORECASE)
_ALL_STEPS = re.compile(r"dots|\.\.\.|…|\\ge(?:q|qslant)?\s*1(?!\d)|>\s*0(?!\d)|\\in(?![a-z])")


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words around a formula make of it; ``phrase`` are those that decide."""

    how: Literal["introduced", "denied", "limited", "supposed", "foreign", ""] = ""
    phrase: str = ""
    conditions: tuple[str, ...] = ()
    """Formulas in the sentence of a display that say for which steps it is stated."""
    occasion: Occasion | None = None
    """The step that the sentence names by words."""


def spoken(text: str) -> tuple[str, list[str]]:
    """A text with § in place of each formula and without signs of emphasis, and the formulas."""
    return _EMPHASIS.sub("", _MATH.sub("§", text)), [one or other for one, other in _MATH.findall(text)]


def sentence_around(inline: Inline) -> str:
    """The sentence that an inline formula stands in, with its formulas."""
    before, after = (
        _MATH.sub(lambda found: found[0].replace(".", "\0"), part) for part in (inline.before, inline.after)
    )
    ends = [found.end() for found in SENTENCE_END.finditer(before)]
    end = SENTENCE_END.search(after)
    around = f"{before[ends[-1] if ends else 0 :]}${inline.formula.text}${after[: end.start()] if end else after}"
    return around.replace("\0", ".").strip()


def is_taken_back(before: str, after: str) -> bool:
    """Whether the sentence before that of a formula or the one behind it takes something back, or it is a question."""
    said, behind = spoken(before)[0].rstrip(), spoken(after)[0]
    whole = _last_sentence(said[:-1] + " ") if said.endswith(_ENDS) else ""
    end = SENTENCE_END.search(behind)
    asked = end is not None and end[0].strip() in ("?", "？")
    follows = re.split(SENTENCE_END, behind[end.end() :])[0] if end is not None else ""
    back = judge_words(follows + " ", "").how == "denied"
    return asked or back or judge_words(whole, "").how in ("denied", "limited", "supposed")


def _last_sentence(text: str) -> str:
    stripped = text.rstrip()
    ends = [found.end() for found in SENTENCE_END.finditer(stripped)]
    return "" if ends and ends[-1] == len(stripped) else stripped[ends[-1] if ends else 0 :]


def _announcing(text: str) -> str:
    """The sentence that ends a text, where it speaks of the formula that follows."""
    whole = _last_sentence(text.rstrip()[:-1] + " ")
    return whole if _FOLLOWS.search(whole) else ""


def _first_sentence(text: str) -> str:
    """The rest of a sentence behind a formula, or the whole one that follows; none where it leads on to the next."""
    text = re.sub(r"\A\s*\([^()\s]{1,12}\)", "", text).lstrip()
    found = SENTENCE_END.search(text)
    if found is None or not found[0].strip():
        begins = text[:1].isupper() or vocabulary.is_unspaced(text[:1])
        return "" if begins else text[: found.start()] if found else text
    return text[: found.start()]


def wording_of(inline: Inline) -> Wording:
    """What the words around an inline formula make of it; for δ_t = ∂L/∂z_t says what δ_t is and is no condition."""
    said = judge_words(inline.before, inline.after)
    names = said.how == "supposed" and FOR.fullmatch(said.phrase) and _NAMES_DERIVATIVE.fullmatch(inline.formula.text)
    return Wording("introduced", said.phrase) if names else said


def judge_words(before: str, after: str) -> Wording:
    """As :func:`wording_of`, for the text before a formula and behind it."""
    sentence = _WRAPPED.sub(" ", _last_sentence(spoken(before)[0] + " ").strip() + " ")
    behind = _WRAPPED.sub(" ", _first_sentence(spoken(after)[0])) if not after.startswith(_ENDS) else ""
    if denied := _DENIES.search(sentence) or _denied_behind(behind):
        return Wording("denied", denied[0].strip())
    clause = _LISTED.sub("", sentence)
    if supposed := _SUPPOSES.search(clause) or _SUPPOSES_ELSEWHERE.search(clause) or _SUPPOSED_BEHIND.match(behind):
        return Wording("supposed", supposed[0].strip())
    limited = _LIMITS.search(clause) or _OF_OTHERS.search(clause) or re.search(r"\b(?:either|or)\s*\Z", sentence)
    if limited or (limited := _limit_behind(behind, spoken(after)[1])):
        return Wording("limited", limited[0].strip()[:40])
    if introduced := _INTRODUCES.search(clause) or _INTRODUCED_BEHIND.match(behind):
        return Wording("introduced", introduced[0].strip())
    return Wording()


def _denied_behind(behind: str) -> re.Match[str] | None:
    return _DENIED_BEHIND.match(behind) or _DENIED_ELSEWHERE_BEHIND.match(behind)


def _limit_behind(behind: str, formulas: list[str]) -> re.Match[str] | None:
    """The words behind a formula that say when it holds, if that is not for every step."""
    found = _LIMITED_BEHIND.match(behind)
    if found is None:
        return _LIMITED_ELSEWHERE_BEHIND.match(behind)
    if found["word"].lower() == "while" and not found["rest"].strip(" ,:"):
        # While another display follows: that is set against this one.
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
    """What the sentence that a display stands in makes of it; nothing where a comment says that it is wrong."""
    if display.declared_wrong:
        return Wording()
    # What stands behind it and begins with the number of another display is said of that one.
    other = re.match(r"\s*\((?P<number>[^()\s]{1,12})\)", display.after)
    is_of_another = other is not None and display.printed not in ("", other["number"], other[0].strip())
    is_of_another &= other is not None and RETRACTED.match(other["number"]) is None
    return lead_in(display.before, "" if is_of_another else display.after)


def lead_in(before: str, after: str) -> Wording:
    """As :func:`wording_around`, for the text before a display and behind it."""
    words, formulas = spoken(before)
    sentence = _last_sentence(words) or _announcing(words)
    if sentence.lstrip().startswith("#"):
        sentence = ""
    sentence = _WRAPPED.sub(" ", sentence)
    inside = formulas[len(formulas) - sentence.count("§") :] if "§" in sentence else []
    spoken_behind, formulas_behind = spoken(after)
    behind = _WRAPPED.sub(" ", _first_sentence(spoken_behind))
    clause = _last_clause(sentence)
    # "It is not true, in general, that": the clauses before belong to what is said.
    told = sentence if clause.endswith(("that", "dass", "daß", "que", "что")) else _told_with(sentence, clause)
    if denied := _DENIES.search(told + " ") or _denied_behind(behind) or _faulted_behind(spoken_behind):
        return Wording("denied", denied[0].strip())
    if (taken := _said_near(words, spoken_behind)) is not None:
        return taken
    if asked := _ASKS.match(sentence) or _ASKS_TOGETHER.search(clause) or _ASKS_TOGETHER.search(behind[:20]):
        return Wording("limited", asked[0].strip()[:40])
    if part := _LEADS_ON.match(sentence) or _GOES_ON.match(spoken_behind):
        return Wording("limited", part[0].strip()[:40])
    shown = iter(inside)
    occasion = find_occasion(re.sub("§", lambda _: "$T$" if next(shown, "").strip() == "T" else "§", sentence))
    conditions = [*_conditions(sentence, inside)]
    # With a capital letter another sentence begins.
    behind = "" if behind[:1].isupper() or (after.startswith("\n\n") and _OF_ITS_OWN.match(behind)) else behind
    if (limit := _limit_behind(behind, formulas_behind)) is not None:
        said = [*_conditions(behind, formulas_behind)]
        if not said:
            return Wording("limited", limit[0].strip()[:40])
        conditions += said
    limited = _LIMITS.match(sentence.lstrip()) or _LIMITS.search(clause)
    if limited and not conditions and not (occasion is not None and occasion.sure):
        return Wording("limited", limited.string[limited.start() :].strip()[:40])
    return Wording("", "", tuple(conditions), occasion)


def _said_near(before: str, behind: str) -> Wording | None:
    """What the sentence directly before a display, or the paragraph behind it, makes of it in words of any language."""
    near = [_WRAPPED.sub(" ", _directly_before(before)), *_sentences_behind(behind)]
    for said in near:
        if (taken := RETRACTED.match(said)) is not None:
            return Wording("denied", taken[0].strip()[-40:])
    foreign = next((said for said in near if vocabulary.is_foreign(said, KNOWN)), "")
    return Wording("foreign", foreign.strip()[:40]) if foreign else None


def _directly_before(text: str) -> str:
    """The sentence that ends a text, in its last paragraph, or the heading there."""
    last = re.split(r"\n[ \t]*\n", text.rstrip())[-1]
    if _OF_THE_LAST.fullmatch(text):
        return ""
    return _last_sentence(last) or _last_sentence(last.rstrip()[:-1] + " ")


def _sentences_behind(text: str) -> list[str]:
    """The sentences of the paragraph behind a display, and a short one below it, which lead on to no other display."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip(), maxsplit=2)
    beside = paragraphs[:0] if _APART.match(text) else paragraphs[:1]
    told = [*beside, *(one for one in paragraphs[len(beside) :][:1] if len(one) < _SHORT and not _DUE.match(one))]
    said = (_WRAPPED.sub(" ", part) for one in told for part in SENTENCE_END.sub(r"\g<0>\0", one).split("\0"))
    whole = [one.strip() for one in said if one.rstrip().endswith((".", "!", "。", "！", ")"))]
    return [*whole, *_CROSSED.findall(text)]


def _last_clause(sentence: str) -> str:
    """The last clause of a sentence that says anything: not that of a word between commas."""
    clauses = _CLAUSE.split(sentence.rstrip(" :,：，"))
    while len(clauses) > 1 and _INSERTED.fullmatch(clauses[-1]):
        clauses.pop()
    return clauses[-1]


def _told_with(sentence: str, clause: str) -> str:
    """The last clause before a display, with those before it that it only goes on from: tempting, but wrong, to write.

    Others give a reason, or say more of something in them.
    """
    if not _WRITES.match(clause):
        return f"{at_once[0]} {clause}" if (at_once := _DENIES_AT_ONCE.match(sentence)) else clause
    parts = _CLAUSE.split(sentence)
    return ", ".join(part for part in parts if not _BESIDES.match(part) or FAULTED.match(part))


def _faulted_behind(text: str) -> re.Match[str] | None:
    """The words behind a formula that say that it is not right, where they say it of that one."""
    text = re.sub(r"\A\s*\([^()\s]{1,12}\)", "", text).lstrip()
    end = SENTENCE_END.search(text)
    whole = _WRAPPED.sub(" ", text[: end.start()] if end else text)
    clauses = _CLAUSE.split(whole)
    first = clauses[0]
    if (opened := _TURNS.fullmatch(first)) and len(clauses) > 1:
        # But, as is easily seen, it is wrong.
        first = f"{opened[0]} {clauses[-1]}"
    is_open = end is None or not end[0].strip()
    leads_on = is_open and len(clauses) == 1
    capital = text[:1].isupper()
    # An open sentence that begins here is one about the next display.
    if is_open and (capital or vocabulary.is_unspaced(text[:1])):
        return None
    if not (_SPEAKS_BACK if capital else _TURNS).match(first):
        return None
    return None if leads_on and not _SPEAKS.match(first) else FAULTED.match(first)


def _conditions(sentence: str, formulas: list[str]) -> list[str]:
    """The formulas that a word of limitation makes conditions of."""
    made: list[str] = []
    for found in _GOVERNED.finditer(sentence):
        first = sentence[: found.start()].count("§")
        made += formulas[first : first + found[0].count("§")]
    for found in _AT_A_STEP.finditer(sentence):
        place = sentence[: found.start()].count("§")
        made += [said for said in formulas[place : place + 1] if _STEP_VALUE.match(said) and said not in made]
    made = [said for said in made if not _NAMES_DERIVATIVE.fullmatch(said)]
    return [said for said in made if re.search(r"[=<>≤≥≠]|\\(?:leq?|geq?|lt|gt|neq?)(?![A-Za-z])", said)]
