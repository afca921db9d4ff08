r"""What whole sentences say of letters and signs: that a first state depends on weights, that σ is any function.

>>> [said.first_states for said in sentences("Let $h_0 = 0$. The loss depends on $h_0$.")]
[(), ('h_0',)]
>>> [starts_otherwise(said) for said in sentences("Here $h_0$ depends on $W$. The loss depends on $h_0$.")]
[True, False]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symbptt.reader.wording import CODE
from symbptt.text import vocabulary

_DISPLAYS = re.compile(
    r"\$\$.*?\$\$|\\\[.*?\\\]|\\begin\{(?P<kind>(?:equation|alignat|align|gather|multline|eqnarray|displaymath|flalign)"
    r"\*?)\}.*?\\end\{(?P=kind)\}",
    re.DOTALL,
)
_INLINE = re.compile(r"\$([^$]*)\$|\\\((.*?)\\\)|(?<![\w\\$^{])[A-Za-z](?:_\{?0\}?(?![\w}])|₀)", re.DOTALL)
"""A formula in a sentence, or a first state that is written without dollars."""
_ENDS = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!cf)(?<!resp)(?<!w\.r\.t)(?<!z\.B)[.;!?](?=\s|\Z)|[。；！？]|\n[ \t]*\n")
_LONG = 600
"""Cap on the characters of a sentence that are looked at."""
_SCRIPT = r"(?:\s*[_^]\s*(?:\{[^{}]*\}|\w))*"
_NAME = r"(?:\\(?:boldsymbol|bm|mathbf|mathrm|vec|hat|tilde|bar)\s*\{?\s*)?\\?[A-Za-z]+\}?"
_FIRST = re.compile(rf"{_NAME}{_SCRIPT}\s*(?:_\s*\{{?0\}}?|\^\s*\{{?[(\[<]0[)\]>]\}}?|\(0\)|\[0\]){_SCRIPT}")
_WEIGHT = re.compile(
    rf"{_NAME}(?:_\s*(?:\{{(?![^{{}}]*(?<![A-Za-z])[tk](?![A-Za-z]))[^{{}}\d]*\}}|[a-su-z]))?"
    r"(?:\^\s*\{?\s*(?:\\top|\\intercal|T|[a-z]+)\s*\}?)?"
)
"""A letter without a step."""
_AND = rf"\s*(?:,|/|\+|(?:{vocabulary.AND.anywhere}))\s*"
_STARTS = rf"(?:◆(?:{_AND}◆)*|(?:{vocabulary.FIRST_STATE.anywhere})(?!\s*\(?[§◆])(?:\s*[,(]\s*◆\s*[,)])?)"
"""First states, by their letters or in words."""
_CLAUSE = r"[^,，:：;§◆]"
_APART = r"(?:\s*(?:,[^,:;◆]{1,40},|\([^()◆]{1,40}\)))?"
_LEADS = (
    rf"{_APART}(?:{_CLAUSE}{{0,60}}?|[^§◆]{{0,80}}?[,，:：]{_CLAUSE}{{0,12}}?(?:{vocabulary.REFERRING.anywhere})"
    rf"{_CLAUSE}{{0,30}}?)"
)
"""What may stand between something and what is said of it."""
_ONE = rf"(?:(?!{vocabulary.AND.anywhere}){_CLAUSE})"
_DEPENDS = re.compile(
    rf"(?P<what>{_STARTS})(?:(?P<leads>{_LEADS})(?P<verb>{vocabulary.DEPENDING.anywhere})|"
    rf"(?P<around>{_ONE}{{0,30}}§{_ONE}{{0,20}}?)(?P<last>{vocabulary.DEPENDING.elsewhere}))(?P<rest>[^,，:：;]{{0,60}})",
    re.IGNORECASE,
)
_NOT = re.compile(vocabulary.NEGATION.anywhere, re.IGNORECASE)
_NO_WEIGHT = re.compile(rf"{vocabulary.NEGATION.anywhere}|{vocabulary.RANDOM.anywhere}", re.IGNORECASE)
_NOT_CONSTANT = re.compile(
    rf"{_STARTS}{_LEADS}(?:(?:{vocabulary.NEGATION.anywhere})[^,，:：;§◆]{{0,40}}?(?:{vocabulary.CONSTANT.anywhere})|"
    rf"{vocabulary.VARYING.anywhere}|(?:{vocabulary.CONSTANT.elsewhere}){_CLAUSE}{{0,4}}?(?:{vocabulary.NEGATION.elsewhere}))|"
    rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;§◆]{{0,60}}?{_STARTS}{_CLAUSE}{{0,30}}?(?:{vocabulary.CONSTANT.anywhere})|"
    rf"(?:{vocabulary.VARYING.anywhere})\s*{_STARTS}",
    re.IGNORECASE,
)
_AN_OBJECT = re.compile(
    rf"(?:{vocabulary.OBJECTS.anywhere})(?:\s+(?:the|an?|de[mnr]|die|das|l[ae]|les|el))?\s*\Z", re.IGNORECASE
)
_WHICH = re.compile(rf"\s*,?\s*(?:{vocabulary.REFERRING.anywhere})\b", re.IGNORECASE)
_STARTS_MOVING = re.compile(
    rf"(?:\\d?frac\s*\{{)?\s*(?:\\partial|\\mathrm\s*\{{?d\}}?|d)\s*\{{?\s*(?P<letter>{_FIRST.pattern}).*?(?:\\neq?(?![A-Za-z])|\\not\s*=|≠)\s*0",
    re.DOTALL,
)
_LATER = re.compile(r"_\s*\{?\s*1|\(1\)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence: its words with § for each formula, the formulas, and where it begins in the text."""

    words: str
    formulas: tuple[str, ...]
    at: int

    def marked(self, pattern: re.Pattern[str]) -> str:
        """The words with ◆ for the formulas that are wholly as a pattern has them."""
        left = iter(self.formulas)
        return re.sub("§", lambda _: "◆" if pattern.fullmatch(next(left, "")) else "§", self.words)

    @property
    def first_states(self) -> tuple[str, ...]:
        """The formulas that are a first state."""
        return tuple(filter(_FIRST.fullmatch, self.formulas))

    @property
    def weights(self) -> tuple[str, ...]:
        """The formulas that are a letter without a step."""
        return tuple(filter(_WEIGHT.fullmatch, self.formulas))


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text; displays and code end them."""
    for other in (_DISPLAYS, CODE):
        text = other.sub(lambda found: "\n\n".ljust(len(found[0])), text)
    text = re.sub("[§◆\0]", " ", text)
    formulas = [(found.start(), (found[1] or found[2] or found[0]).strip()) for found in _INLINE.finditer(text)]
    words = _INLINE.sub(lambda found: "§".ljust(len(found[0]), "\0"), text)
    made: list[Sentence] = []
    start = place = 0
    for stop in [*(found.end() for found in _ENDS.finditer(words)), len(words)]:
        part = words[start:stop]
        if part.strip("\0 \n"):
            shown = " ".join(part.replace("\0", "").split())[:_LONG]
            inside = (formula.replace("₀", "_0") for _, formula in formulas[place : place + shown.count("§")])
            made.append(Sentence(shown, tuple(inside), start + len(part) - len(part.lstrip())))
        place += part.count("§")
        start = stop
    return made


def starts_otherwise(said: Sentence) -> bool:
    """Whether a sentence says that a first state is no constant: that it depends on something, or may."""
    words = said.marked(_FIRST)
    for found in _DEPENDS.finditer(words):
        in_words_only = "◆" not in found["what"]
        # The first state is h_1 where h_0 is something that it is computed from.
        if in_words_only and ("◆" in words or any(map(_LATER.search, said.formulas))):
            continue
        leads = found["leads"] or found["around"] or ""
        if _AN_OBJECT.search(words[: found.start()]) and not _WHICH.match(leads):
            continue
        told = re.split(r"[:：]", leads)[-1] + (found["verb"] or found["last"])
        if not _NOT.search(told) and not _NO_WEIGHT.search(found["rest"]):
            return True
    return _NOT_CONSTANT.search(words) is not None


def moving_start(formula: str) -> str:
    """The first state of which a formula says that a derivative of it is not zero."""
    found = _STARTS_MOVING.match(formula.strip())
    letter = found["letter"] if found is not None else ""
    return letter if letter.count("{") == letter.count("}") else letter.rstrip("}")
