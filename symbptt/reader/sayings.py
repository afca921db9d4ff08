r"""What whole sentences say of letters and signs: that a first state depends on weights, that σ is any function.

>>> [said.first_states for said in sentences("Let $h_0 = 0$. The loss depends on $h_0$.")]
[(), ('h_0',)]
>>> [starts_otherwise(said) for said in sentences("Here $h_0$ depends on $W$. The loss depends on $h_0$.")]
[True, False]
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from symbptt.reader import customs
from symbptt.reader.wording import CODE
from symbptt.text import vocabulary

_DISPLAYS = re.compile(
    r"\$\$.*?\$\$|\\\[.*?\\\]|\\begin\{(?P<kind>(?:equation|alignat|align|gather|multline|eqnarray|displaymath|flalign)"
    r"\*?)\}.*?\\end\{(?P=kind)\}",
    re.DOTALL,
)
_COMMENTS = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE = re.compile(
    r"\$([^$]*)\$|\\\((.*?)\\\)|(?<![\w\\$^{])[A-Za-z](?:_\{?0\}?(?![\w}])|₀)|(?<![\w\\$^{])σ(?![\w$^_}])", re.DOTALL
)
"""A formula in a sentence, or a first state or σ that is written without dollars."""
_ENDS = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!cf)(?<!resp)(?<!w\.r\.t)(?<!z\.B)[.;!?](?=\s|\Z)|[。；！？]|\n[ \t]*\n")
_LONG = 600
"""Cap on the characters of a sentence that are looked at."""
_SCRIPT = r"(?:\s*[_^]\s*(?:\{[^{}]*\}|\w))*"
_NAME = r"(?:\\(?:boldsymbol|bm|mathbf|mathrm|vec|hat|tilde|bar)\s*\{?\s*)?\\?[A-Za-z]+\}?"
_FIRST = re.compile(rf"{_NAME}{_SCRIPT}\s*(?:_\s*\{{?0\}}?|\^\s*\{{?[(\[<]0[)\]>]\}}?|\(0\)|\[0\]){_SCRIPT}")
WEIGHT = re.compile(
    rf"{_NAME}(?:_\s*(?:\{{(?![^{{}}]*(?<![A-Za-z])[tk](?![A-Za-z]))[^{{}}\d]*\}}|[a-su-z]))?"
    r"(?:\^\s*\{?\s*(?:\\top|\\intercal|T|[a-z]+)\s*\}?)?"
)
"""A letter without a step."""
_LETTER = re.compile(rf"{_NAME}{_SCRIPT}")
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
_WITHOUT_INPUT = re.compile(r"without (?:any )?(?:inputs?|bias(?:es)?)")
_NOT_CONSTANT = re.compile(
    rf"{_STARTS}{_LEADS}(?:(?:{vocabulary.NEGATION.anywhere})[^,，:：;§◆]{{0,40}}?(?:{vocabulary.CONSTANT.anywhere})|"
    rf"{vocabulary.VARYING.anywhere}|"
    rf"(?:{vocabulary.CONSTANT.elsewhere}){_CLAUSE}{{0,4}}?(?:{vocabulary.NEGATION.elsewhere}))|"
    rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;§◆]{{0,60}}?{_STARTS}{_CLAUSE}{{0,30}}?(?:{vocabulary.CONSTANT.anywhere})|"
    rf"(?:{vocabulary.VARYING.anywhere})\s*{_STARTS}",
    re.IGNORECASE,
)
_NOT_ZERO = re.compile(
    rf"{_STARTS}{_LEADS}(?:(?:{vocabulary.NEGATION.anywhere})[^,，:：;§◆]{{0,20}}?(?:{vocabulary.ZERO.anywhere})|"
    rf"non-?zero)",
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
_SIGMA = re.compile(r"(?:\\sigma|σ)(?:_\{?[gh]\}?)?(?:\s*\(\s*(?:\\cdot|·|[a-z])\s*\))?")
_SAYS = re.compile(
    rf"(?:{_AND}[§◆])*\s*(?:[,，]\s*|:\s*|"
    rf"\(\s*)?(?:(?!{vocabulary.AND.anywhere})[\w’']+\s+){{0,2}}?(?:{vocabulary.IS.anywhere}|"
    rf"{vocabulary.TAKEN_AS.anywhere}|(?={vocabulary.ANY_FUNCTION.anywhere}))(?P<what>[^,，.:：()§◆]*)",
    re.IGNORECASE,
)
_ANY_BEFORE = re.compile(
    rf"(?:{vocabulary.ANY_FUNCTION.anywhere})(?:\s*(?!{vocabulary.AND.anywhere}|"
    rf"{vocabulary.LOGISTIC.anywhere})[\w’'-]+){{0,4}}?\s*(?:[§◆]{_AND})*\Z",
    re.IGNORECASE,
)
_OTHER_BEFORE = re.compile(
    rf"(?:{vocabulary.OTHER_FUNCTION.anywhere})\s*(?:(?:{vocabulary.ACTIVATION.anywhere}|"
    rf"{vocabulary.FUNCTION_NOUNS.anywhere}|unit)\s*)?\Z",
    re.IGNORECASE,
)
_ANY = re.compile(vocabulary.ANY_FUNCTION.anywhere, re.IGNORECASE)
_OTHER = re.compile(vocabulary.OTHER_FUNCTION.anywhere, re.IGNORECASE)
_LOGISTIC = re.compile(vocabulary.LOGISTIC.anywhere, re.IGNORECASE)
_ALL_ANY = re.compile(
    rf"(?:{vocabulary.ACTIVATION.anywhere})(?!\s*[§◆])[^,，:：§◆]{{0,25}}?(?:{vocabulary.IS.anywhere})"
    rf"[^,，:：§◆]{{0,25}}?(?:{vocabulary.ANY_FUNCTION.anywhere})|"
    rf"(?:{vocabulary.ANY_FUNCTION.anywhere})\s*(?:[\w-]+\s+){{0,2}}?(?:{vocabulary.ACTIVATION.anywhere})(?!\w*\s*[§◆])",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(r"§[^,，.:：()§◆]{0,30}\Z")
_PARTIAL_SIGN = re.compile(
    r"(?:\\partial|∂)(?:\s*\(?\s*(?:\\cdot|·)?\s*\)?\s*/\s*(?:\\partial|∂)\s*\(?\s*(?:\\cdot|·|[A-Z])?\s*\)?)?|"
    r"\\partial\s*\\?\w+(?:_\{?[\w-]+\}?)?\s*/\s*\\partial\s*[A-Z]|"
    r"\\d?frac\s*\{\s*\\partial\s*(?:\\cdot)?\s*\}\s*\{\s*\\partial\s*(?:\\cdot|[A-Z])?\s*\}"
)
"""The sign ∂ by itself."""
_PARTIALS = rf"(?:◆|∂(?![⁺^+])|{vocabulary.EVERY_DERIVATIVE.anywhere})"
_OF_PARTIALS = re.compile(
    rf"(?P<before>[^,，:：;]{{0,60}}?){_PARTIALS}(?P<behind>[^,，:：;]*)"
    rf"(?P<more>[,，:：](?=\s*(?:\w+\s)?(?:{vocabulary.REFERRING.anywhere}))[^,，:：;]*)?",
    re.IGNORECASE,
)
_ONE_OF_TWO = re.compile(
    rf"(?<![\w-])(?:{vocabulary.AND.anywhere}|while|but|whereas|während|tandis|mientras|а)(?![\w-])", re.IGNORECASE
)
_TOTAL = re.compile(rf"{vocabulary.TOTAL.anywhere}", re.IGNORECASE)
_IMMEDIATE = re.compile(rf"{vocabulary.IMMEDIATE.anywhere}|{vocabulary.HELD.anywhere}", re.IGNORECASE)
_THROUGH = re.compile(vocabulary.GOING_THROUGH.anywhere, re.IGNORECASE)
_IS = re.compile(
    rf"[^,，:：;§]{{0,30}}?(?:{vocabulary.IS.anywhere}|for|means?|für|pour|para)(?![\w-])[^§]{{0,60}}", re.IGNORECASE
)
_LIST = rf"◆(?:{_AND}◆)*"
_SAME = re.compile(
    rf"(?P<two>◆(?:{_AND}◆)+)[^§◆]{{0,40}}?(?:{vocabulary.TIED.anywhere})|"
    rf"◆[^,，:：;§◆]{{0,40}}?(?:{vocabulary.TIED.anywhere})[^,，:：;§◆]{{0,25}}?◆|"
    rf"◆[^,，:：;§◆]{{0,15}}◆[^,，:：;§◆]{{0,15}}?(?:{vocabulary.TIED.elsewhere})|"
    rf"◆[^,，:：;§◆]{{0,40}}(?:{vocabulary.IS.anywhere})[^,，:：;§◆]{{0,40}}◆\s*(?:{vocabulary.ONCE_MORE.anywhere})|"
    rf"(?:{vocabulary.TIED.anywhere})[^,，:：;§◆]{{0,25}}?◆(?:{_AND}(?:(?:as|for|als|comme|como)\s+)?◆)+",
    re.IGNORECASE,
)
_OVER_STEPS = re.compile(vocabulary.OVER_STEPS.anywhere, re.IGNORECASE)
_FED = re.compile(
    rf"(?:{vocabulary.DATA_NOUNS.anywhere})(?:\s*§)?{_LEADS}(?P<verb>{vocabulary.DEPENDING.anywhere})(?P<rest>[^;]*)|"
    rf"(?:{vocabulary.DATA_NOUNS.anywhere})(?:\s*§)?{_ONE}{{0,30}}◆{_ONE}{{0,20}}?(?:{vocabulary.DEPENDING.elsewhere})",
    re.IGNORECASE,
)
_STEPPED = re.compile(rf"{_NAME}(?:_\s*(?:t|\{{\s*t\s*(?:-\s*\d+)?\s*\}})|\(t(?:-\d+)?\))")
"""A letter at step t, or at one before it."""
_FED_BACK = re.compile(
    rf"(?:{vocabulary.DATA_NOUNS.anywhere})(?:\s*[§◆])?[^:：;。§◆]{{0,80}}?"
    r"(?:(?:depends?|depending|dependent) (?:on|upon)|functions? of|"
    r"(?:computed|generated|produced|made|built|derived|obtained) (?:by|from|out of|of)|"
    rf"häng\w+ (?:von|ab)|dépend\w* d\w+|depend\w+ de|завис\w+ от|依赖于?|取决于){_CLAUSE}{{0,30}}?◆",
    re.IGNORECASE,
)
_OF_FUNCTION = re.compile(
    rf"§(?P<leads>[^,，:：;§◆]{{0,40}}?)(?:{vocabulary.OWN_PARAMETERS.anywhere})(?P<rest>[^,，:：;§◆]{{0,60}})◆|"
    rf"§[^,，:：;§◆]{{0,15}}◆(?P<behind>[^,，:：;§◆]{{0,20}}?)(?:{vocabulary.OWN_PARAMETERS.elsewhere})",
    re.IGNORECASE,
)
_ONLY_THROUGH = re.compile(vocabulary.ONLY_THROUGH.anywhere, re.IGNORECASE)
_PROPERTY_OF = re.compile(
    rf"(?P<one>§)\s*[,(]?\s*(?:[\w’']+\s+|{vocabulary.UNSPACED}){{0,4}}?"
    rf"(?:{vocabulary.GIVEN.anywhere}|{vocabulary.EITHER_END.anywhere})|"
    rf"(?:{vocabulary.GIVEN.anywhere})\s*(?:[\w-]+\s+){{0,2}}(?P<other>§)",
    re.IGNORECASE,
)
_WEIGHTS_ARE = re.compile(
    rf"(?:weights?|matri(?:x|ces)|gewichte?|matrizen|poids|matrices?|pesos)[^,;:.]{{0,20}}\b(?:is|are|be|sind|ist|"
    rf"sont|est|son|es)\b"
    rf"[^,;:.]{{0,20}}?(?:{vocabulary.GIVEN.anywhere})",
    re.IGNORECASE,
)
_ALTERED = re.compile(
    rf"(?:{vocabulary.ALTERING.anywhere})\s*(?:(?:the|each|every|hidden|whole|state|wir|den|die|das|l['’]état|le|"
    rf"la)\s+){{0,3}}(?P<one>§)"
    rf"(?=\s*(?:by|to|onto|at|between|so|before|after|[,.]|\Z|durch|auf|par|à))",
    re.IGNORECASE,
)
_SUPERSEDES = re.compile(vocabulary.SUPERSEDING.anywhere, re.IGNORECASE)
_PASSIVE = re.compile(
    r"(?:is|are|be|been|being|was|were|gets?|wird|werden|ist|sind|sei|est|sont|soit|es|son|é|è|被|заменя)"
)
_A_FUNCTION = re.compile(rf"{vocabulary.ACTIVATION.anywhere}|tanh|relu|sigmoid|\bsine?\b", re.IGNORECASE)
_OF_FEW = re.compile(rf"\s*(?P<letter>{_LETTER.pattern})\s*(?:\\in(?![A-Za-z])|∈)\s*\\?(?:left\s*\\)?\{{")
_SUPPOSED_OF = re.compile(vocabulary.SUPPOSED_OF.anywhere, re.IGNORECASE)
_RELATION = re.compile(r"(?<![<>:])=|\\equiv(?![A-Za-z])|≡")
_TREATED = re.compile(
    rf"(?:(?:{vocabulary.TREATED.anywhere})[^,，:：;§]{{0,30}}§|§[^,，:：;§]{{0,30}}?(?:{vocabulary.TREATED.anywhere}))",
    re.IGNORECASE,
)
_CONSTANT = re.compile(rf"{vocabulary.CONSTANT.anywhere}|detach\w*|fro[sz]\w+|eingefroren|冻结|凍結", re.IGNORECASE)
_OF_DERIVATIVES = re.compile(rf"{vocabulary.OF_DERIVATIVES.anywhere}", re.IGNORECASE)
_ROW_MAJOR = re.compile(vocabulary.ROW_MAJOR.anywhere, re.IGNORECASE)
_STACKING = re.compile(rf"{vocabulary.STACKING.anywhere}", re.IGNORECASE)
_VEC = r"\\otimes(?![A-Za-z])|⊗|kron|(?<![\\A-Za-z])vec(?![A-Za-z])"
_EMPTY_PRODUCT = re.compile(
    rf"(?:{vocabulary.EMPTY_PRODUCT.anywhere})[^,，:：;]{{0,40}}?(?:(?:{vocabulary.ZERO.anywhere})|⓪|"
    rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;]{{0,20}}?(?:{vocabulary.NEUTRAL_ELEMENT.anywhere}|①))",
    re.IGNORECASE,
)
_EMPTY_SUM = re.compile(
    rf"(?:{vocabulary.EMPTY_SUM.anywhere})[^,，:：;]{{0,40}}?(?:(?:{vocabulary.NEUTRAL_ELEMENT.anywhere})|①|"
    rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;]{{0,20}}?(?:{vocabulary.ZERO.anywhere}|⓪))",
    re.IGNORECASE,
)
_NUMERALS = {"0": "⓪", "1": "①", "I": "①"}
_PRIME = re.compile(
    rf"(?:{vocabulary.PRIME.anywhere})(?P<told>[^,，:：;]{{0,40}}?(?:{vocabulary.MARKS.anywhere})[^,，:：;]{{0,60}}|"
    rf"[^,，:：;]{{0,60}}?(?:{vocabulary.SLOPE_NOUNS.anywhere})[^,，:：;]{{0,20}})",
    re.IGNORECASE,
)
_PRIMED = re.compile(r"\\?[A-Za-z]+\s*(?:'|\^\{?\\prime\}?|′)(?:\s*\(.{0,20}\))?")
_PRIMED_ELSE = re.compile(
    rf"◆\s*(?:{vocabulary.MARKS.anywhere})[^,，:：;]{{0,20}}?(?:{vocabulary.ANOTHER.anywhere}|"
    rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;]{{0,20}}?(?:{vocabulary.SLOPE_NOUNS.anywhere}))"
    rf"(?P<rest>[^,，:：;]*)",
    re.IGNORECASE,
)
_SLOPE = re.compile(vocabulary.SLOPE_NOUNS.anywhere, re.IGNORECASE)
_OTHER_LOGARITHM = re.compile(vocabulary.OTHER_LOGARITHM.anywhere, re.IGNORECASE)
_OTHER_SOFTMAX = re.compile(vocabulary.OTHER_SOFTMAX.anywhere, re.IGNORECASE)
_NOT_A_POWER = re.compile(vocabulary.NOT_A_POWER.anywhere, re.IGNORECASE)
BARS = r"\\\||\\[lr]?Vert(?![A-Za-z])|‖|\\(?:left|right)\s*\\\|"
"""The bars of a norm, as a pattern."""
EUCLIDEAN = (
    r"euclid|eukli|frobenius|(?<!\w)[2l]_?2?[- ]?norm|2-norm|usual|standard|length|(?:inner|dot) product|square|root|"
    r"betrag|欧"
)
"""Words for the norm that they are the bars of."""
POWER = r"\^\s*\{?\s*\(?\s*[2-9]"
"""A number above a letter, from two on, as a pattern."""
_CDOT = r"\\cdot(?![A-Za-z])|·|⋅"


@dataclass(frozen=True, slots=True)
class _Subject:
    """A sign by its name or shown; what it may be said to be, as patterns; and how it is used."""

    named: str
    shown: str
    meant: str
    used: str


_SQUARED = r"each|entry|entries|element|component|coordinate|point|pro eintrag|chaque|逐|要素"
_SUBJECTS = tuple(
    (
        re.compile(rf"(?<![\w-])(?:{one.named})(?!\w)", re.IGNORECASE),
        re.compile(one.shown),
        re.compile(one.meant, re.IGNORECASE),
        one.used,
    )
    for one in (
        _Subject(vocabulary.SQUARE_SIGN.anywhere, rf"\\?\w+\s*{POWER}\s*\}}?", _SQUARED, POWER),
        _Subject(vocabulary.NORM_SIGN.anywhere, rf"(?:{BARS})[^=]*(?:{BARS})[^=]*", EUCLIDEAN, BARS),
        _Subject(
            vocabulary.PLUS_SIGN.anywhere,
            r".{0,20}\^\s*\{?\s*(?:\+|\\dagger)\s*\}?",
            vocabulary.IMMEDIATE.anywhere,
            r"\^\s*\{?\s*(?:\+|\\dagger)",
        ),
        _Subject(
            r"\\?(?:operatorname\{)?diag\}?(?:\([^()]*\))?",
            "(?!)",
            "(?<!anti)(?<!anti-)(?<!off-)(?<!sub)(?<!super)diagonal",
            "diag",
        ),
        _Subject(
            r"vec(?:\([^()]*\))?",
            "(?!)",
            r"columns?(?!.*(?:last|revers|right to left|backward|upper|lower|half))",
            "vec|kron|otimes",
        ),
        _Subject(
            r"exponentials?", "(?!)", "natural|base e|each|entry|element|component|derivative|matrix|own", r"\\exp|e\^"
        ),
        _Subject(vocabulary.SUM_SIGN.anywhere, r"\\sum.{0,12}", "(?!)", r"\\sum(?![A-Za-z])|∑"),
        _Subject(
            vocabulary.TOTAL_SIGN.anywhere,
            r"(?:\\mathrm\s*\{)?d\}?(?:\s*/\s*(?:\\mathrm\s*\{)?d\}?\s*\\?\w?)?|"
            r"\\[dt]?frac\s*\{\s*d[^{}]*\}\s*\{\s*d[^{}]*\}",
            rf"\A(?!.*(?:{vocabulary.IMMEDIATE.anywhere}|{vocabulary.HELD.anywhere})).*(?:{vocabulary.TOTAL.anywhere}|"
            rf"all|every|mov|"
            "through|deriv|differential|\\Z)",
            r"\\[dt]?frac\s*\{\s*(?:\\mathrm\s*\{)?d(?![a-z])|/\s*(?:\\mathrm\s*\{)?d(?![a-z])",
        ),
    )
)
_OF_SUM = re.compile(vocabulary.OTHER_SUM.anywhere, re.IGNORECASE)
_OPENS_CLAUSE = re.compile(
    rf"(?:\A|[,，:：;(]|{vocabulary.CLAUSE.anywhere}|(?<![\w-])(?:by|that|throughout|below|note)(?![\w-]))"
    r"\W*(?:(?:the|an?|all|every|"
    r"each|any|der|die|das|ein|alle|le|la|les|un|une|el|los|las) )?\Z",
    re.IGNORECASE,
)
_PREDICATE = re.compile(
    rf"\s*[,(]?\s*(?:of an? (?:\w+ ){{0,2}}?|over (?:§|\w+) )?(?:here |always |(?:we |i )?(?=mean|understand))?"
    rf"(?:(?:{vocabulary.MARKS.anywhere}|mean|understand|taken)"
    r"(?! (?:below|above|less|more|at|bounded|small|large|close))|"
    r"(?P<does>runs?|ranges?|goes|go|extends?|reach(?:es)?|skips?|leaves?|omits?|jumps?|covers?|reads?|lists?|stacks?|"
    r"takes?|writes?))",
    re.IGNORECASE,
)


def _closed_by_subject(said: Sentence) -> Iterator[str]:
    """The signs of which a sentence says that they are what they are not here, or what is not understood."""
    for named, shown, meant, used in _SUBJECTS:
        words = said.marked(shown)
        for subject in (*re.finditer("◆", words), *named.finditer(words)):
            found = _PREDICATE.match(words, subject.end())
            is_shown = subject[0] == "◆"
            if found is None or (found["does"] and is_shown) or not _OPENS_CLAUSE.search(words[: subject.start()]):
                continue
            rest = re.split(r"[.;,](?:\s|\Z)|:", words[found.end() :])[0]
            told = rest if "sum" not in used else (_OF_SUM.search(rest) or [""])[0]
            if told.strip() and (not meant.search(told) or _NOT.search(told)):
                yield used


def _said_to_be(name: vocabulary.Words, meant: vocabulary.Words) -> re.Pattern[str]:
    """A sign, by its name or shown, and words for what it is said to be."""
    return re.compile(
        rf"(?:◆|(?:{name.anywhere})(?:\s*◆)?)[^,，:：;§◆]{{0,60}}?(?:{meant.anywhere})|"
        rf"(?:{meant.anywhere})[^,，:：;§◆]{{0,30}}?◆",
        re.IGNORECASE,
    )


_DOT_EACH = _said_to_be(vocabulary.DOT, vocabulary.EACH_ENTRY)
_STAR_EACH = _said_to_be(vocabulary.STAR_SIGN, vocabulary.EACH_ENTRY)
_STAR_OTHER = _said_to_be(vocabulary.STAR_SIGN, vocabulary.OTHER_PRODUCT)
_FROM_ZERO = re.compile(
    rf"{vocabulary.COUNTED_FROM_ZERO.anywhere}|(?<![\\A-Za-z])t(?:=|\\in)\\?0,(?:1,)*(?:2,)?(?:\\[lc]?dots|\.\.\.|"
    rf"…),\\?[A-Za-z]+-1|"
    r"(?<![A-Za-z\d])0(?:\\leq?(?![a-z])|≤)t(?:<|\\lt|(?:\\leq?(?![a-z])|≤)\\?[A-Za-z]+-1)",
    re.IGNORECASE,
)
_ONE_STEP = re.compile(vocabulary.ONE_STEP.anywhere, re.IGNORECASE)
_IF = re.compile(
    vocabulary.SUPPOSED_OF.anywhere + r"|(?<![\w-])(?:if|when|wenn|falls|si|если)(?![\w-])|如果|もし", re.IGNORECASE
)
_SEVERAL_ONES = re.compile(vocabulary.SEVERAL_ONES.anywhere, re.IGNORECASE)
_LEFT_KRONECKER = re.compile(r"(?<![\w-])(?:left|reversed?|transposed?) kronecker|linkes? kronecker", re.IGNORECASE)
_LAST_STEP = re.compile("T")
_ELSEWHERE = (
    (re.compile(vocabulary.IN_DEGREES.anywhere, re.IGNORECASE), r"\\(?:sin|cos|tan|arc\w+)(?![a-z])"),
    (
        re.compile(
            r"◆ (?:standing|stands?|short|means?|meaning|denot\w+|abbreviates?)[^.;,]*(?<=\w)\b"
            r"(?<!step)(?<!time)(?<!transpose)(?<!length)(?<!horizon)(?<!steps)(?<!sequence)(?<!last)\s*(?=[.;,]|\Z)"
        ),
        r"_\s*\{?\s*T(?![a-z])",
    ),
)
_ABBREVIATES = re.compile(
    r"abbreviat\w* \$(?P<long>[^$]+)\$ (?:\w+ ){0,2}?(?:by|as|to|with) \$(?P<short>[^$]+)\$|"
    r"(?:writ|us)(?:e|es|ing) \$(?P<b>[^$]+)\$ (?:for|instead of|in place of) \$(?P<a>[^$]+)\$"
)
_NEGATED = re.compile(rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;]{{0,15}}\Z", re.IGNORECASE)


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
        return tuple(filter(WEIGHT.fullmatch, self.formulas))


@functools.lru_cache(maxsize=1)
def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text; displays and code end them. Those who look for settings and for signs share them."""
    for other in (_COMMENTS, _DISPLAYS, CODE):
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
    return tuple(made)


def starts_otherwise(said: Sentence) -> bool:
    """Whether a sentence says that a first state is no constant, that it depends on something, or may; or is not 0."""
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
        if not _NOT.search(told) and not _NO_WEIGHT.search(_WITHOUT_INPUT.sub("", found["rest"])):
            return True
    return _NOT_CONSTANT.search(words) is not None or _NOT_ZERO.search(words) is not None


def moving_start(formula: str) -> str:
    """The first state of which a formula says that a derivative of it is not zero."""
    found = _STARTS_MOVING.match(formula.strip())
    letter = found["letter"] if found is not None else ""
    return letter if letter.count("{") == letter.count("}") else letter.rstrip("}")


def said_of_sigma(said: Sentence) -> Literal["any", "other", ""]:
    """Whether a sentence says that σ may be any function, or one that is not the logistic one."""
    words = said.marked(_SIGMA)
    if any(not _OF_ANOTHER.search(words[: found.start()]) for found in _ALL_ANY.finditer(words)):
        return "any"
    for place in (found.start() for found in re.finditer("◆", words)):
        before, told = words[:place], _SAYS.match(words, place + 1)
        what = told[0] if told is not None else ""
        # An activation that is not necessarily logistic is named behind a comma.
        denied = told is not None and _OTHER.match(words[told.end() :].lstrip(" ,"))
        if _LOGISTIC.search(what) and not _NOT.search(what):
            continue
        if _ANY_BEFORE.search(before) or _ANY.search(what):
            return "any"
        if (
            _OTHER_BEFORE.search(before)
            or _OTHER.search(what)
            or (_LOGISTIC.search(what) and _NOT.search(what))
            or denied
        ):
            return "other"
    return ""


def said_of_partials(said: Sentence) -> Literal["∂⁺", "d", "?", ""]:
    """What a sentence says that a plain ∂ is; a question mark where it says something of it that is not understood."""
    for found in _OF_PARTIALS.finditer(said.marked(_PARTIAL_SIGN)):
        behind = _ONE_OF_TWO.split(found["behind"])[0]
        before = re.split("§", _ONE_OF_TWO.split(found["before"])[-1])[-1]
        clause = f"{before} {behind} {found['more'] or ''}"
        total, immediate = (pattern.search(clause) is not None for pattern in (_TOTAL, _IMMEDIATE))
        if not total and not immediate and not _THROUGH.search(f"{clause} {found['behind']}"):
            continue
        told = _IS.match(behind)
        where = told[0] if told is not None else before
        if total == immediate or _NOT.search(clause) or not (_TOTAL if total else _IMMEDIATE).search(where):
            return "?"
        return "d" if total else "∂⁺"
    return ""


def tied_letters(said: Sentence) -> tuple[str, ...]:
    """The weights that a sentence says to be the same as others, or to be in what comes in from outside."""
    words = said.marked(WEIGHT)
    if "◆" not in words:
        return ()
    for found in _SAME.finditer(words):
        rest = re.split(r"[,，:：;]", words[found.end() :])[0]
        if not _NOT.search(found[0]) and not _OVER_STEPS.search(found[0] + rest):
            return tuple(said.weights)
    return ()


def altered_letters(said: Sentence) -> tuple[str, ...]:
    """The letters to which a sentence says that something is done beside their definition."""
    places = [found.start() for found in re.finditer("§", said.words)]
    made = (said.formulas[places.index(found.start("one"))] for found in _ALTERED.finditer(said.words))
    return tuple(text for text in made if _LETTER.fullmatch(text)) if not _NOT.search(said.words) else ()


def superseded(said: Sentence) -> tuple[str, ...] | None:
    """The formulas that a sentence says to be something else from there on; none: whatever it may be. None: nothing.

    >>> [superseded(said) for said in sentences("From now on $W$ is diagonal. We use ReLU instead. Then it follows.")]
    [('W',), (), None]
    """
    found = _SUPERSEDES.search(said.marked(WEIGHT))
    # What is replaced may be anything, unless it is a letter or a function.
    vague = found is not None and _PASSIVE.match(found[0]) and not said.formulas and not _A_FUNCTION.search(said.words)
    return said.formulas if found is not None and not vague else None


def fed_letters(said: Sentence) -> tuple[str, ...]:
    """The weights with which a sentence says that inputs are made."""
    words = said.marked(WEIGHT)
    for found in _FED.finditer(words) if "◆" in words else ():
        if "◆" in found[0] and not _NOT.search(found[0]) and not _AN_OBJECT.search(words[: found.start()]):
            return said.weights
    # The inputs depend on h_{t-1}: what comes in is then no data.
    return tuple(said.formulas) if _FED_BACK.search(said.marked(_STEPPED)) and not _NOT.search(said.words) else ()


def parametrised(said: Sentence) -> tuple[str, ...]:
    """The letters that a sentence says to have weights in them: any but functions may have them as well."""
    if len(said.weights) < 2:
        return ()
    made: list[str] = []
    for place, text in enumerate(said.formulas):
        if WEIGHT.fullmatch(text):
            # All but this one are weights it may be made of.
            marks = ["◆" if WEIGHT.fullmatch(other) else "¶" for other in said.formulas]
            marks[place] = "§"
            pieces = said.words.split("§")
            words = "".join(map("".join, itertools.zip_longest(pieces, marks, fillvalue="")))
            found = _OF_FUNCTION.search(words)
            if found is not None and not _NOT.search(found[0]) and not _ONLY_THROUGH.search(words):
                made.append(text)
    return tuple(made)


def narrowed_formulas(said: Sentence) -> tuple[str, ...]:
    """The formulas whose letters a sentence gives a property, or holds fixed, in a way that is not made use of.

    An empty one stands for all weights.
    """
    places = [found.start() for found in re.finditer("§", said.words)]
    made: list[str] = []
    for found in _PROPERTY_OF.finditer(said.words):
        at = found.start("one") if found["one"] else found.start("other")
        text = said.formulas[places.index(at)]
        made += [text] if _LETTER.fullmatch(text) and not _NOT.search(found[0]) else []
    if "§" not in said.words and (whole := _WEIGHTS_ARE.search(said.words)) and not _NOT.search(whole[0]):
        made.append("")
    # One of a few values: m_t ∈ {0, 1}^n.
    made += [few["letter"] for text in said.formulas if (few := _OF_FEW.match(text)) is not None]
    if _SUPPOSED_OF.search(said.words):
        made += [text for text in said.formulas if _RELATION.search(text)]
    treated = _TREATED.search(said.words)
    if treated is not None and _CONSTANT.search(said.words):
        about_derivatives = _OF_DERIVATIVES.search(said.words) or any(
            re.search(r"\\partial|∂|\\frac", text) for text in said.formulas
        )
        if not about_derivatives and not _NOT.search(treated[0]):
            made.append(said.formulas[said.words[: treated.end()].count("§") - 1])
    return tuple(made)


def signs_meant_otherwise(said: Sentence) -> tuple[str, ...]:
    """The signs to which a sentence gives a meaning that they have not here, as patterns."""
    words, made = said.words, []
    numerals = said.words
    for text in said.formulas:
        numerals = numerals.replace("§", _NUMERALS.get(text, "¶"), 1)
    found = _ROW_MAJOR.search(words)
    about_vec = _STACKING.search(words) or any(re.search(_VEC, text) for text in said.formulas)
    if found is not None and about_vec and not _NEGATED.search(words[: found.start()]):
        made.append(_VEC)
    if _EMPTY_PRODUCT.search(numerals):
        made.append(r"\\prod(?![A-Za-z])|∏")
    if _EMPTY_SUM.search(numerals):
        made.append(r"\\sum(?![A-Za-z])|∑")
    prime, primed = _PRIME.search(words), _PRIMED_ELSE.search(said.marked(_PRIMED))
    told = [*([prime["told"]] if prime is not None else []), *([primed[0]] if primed is not None else [])]
    if any(_NOT.search(part) or not _SLOPE.search(part) for part in told):
        made.append(r"'|\\prime|′")
    shown = iter(said.formulas)
    spelled = re.sub("§", lambda _: re.sub(r"\\(?=log|ln|mathrm|text|operatorname)", "", next(shown, "")), words)
    for pattern, sign in ((_OTHER_LOGARITHM, r"\\log(?![a-z])|\\ln(?![a-z])"), (_OTHER_SOFTMAX, "softmax")):
        other = pattern.search(spelled)
        if other is not None and not _NEGATED.search(spelled[: other.start()]) and not _NOT.search(other[0]):
            made.append(sign)
    if _LEFT_KRONECKER.search(words):
        made.append(_VEC)
    if _NOT_A_POWER.search(words) and any(re.search(POWER, text) for text in said.formulas):
        made.append(POWER)
    dotted, starred = (said.marked(re.compile(rf"\w?\s*(?:{sign})\s*\w?")) for sign in (_CDOT, customs.STARS))
    if (dot := _DOT_EACH.search(dotted)) is not None and not _NOT.search(dot[0]):
        made.append(_CDOT)
    each, other = _STAR_EACH.search(starred), _STAR_OTHER.search(starred)
    if (each is not None and _NOT.search(each[0])) or (other is not None and not _NOT.search(other[0])):
        made.append(customs.STARS)
    made += _closed_by_subject(said)
    made += [used for pattern, used in _ELSEWHERE if pattern.search(said.marked(_LAST_STEP))]
    for short, long in (
        (two["short"] or two["b"], two["long"] or two["a"]) for two in _ABBREVIATES.finditer(shown_in(said))
    ):
        if re.search(r"\d|[-+]|\\frac|\\cdot", re.sub(r"_\{[^{}]*\}", "", long)) and short in long and short != long:
            made.append(r"(?s:.)")
    return tuple(made)


def shown_in(said: Sentence) -> str:
    """The words of a sentence with its formulas between dollars."""
    left = iter(said.formulas)
    return re.sub("§", lambda _: f"${next(left, '')}$", said.words)


def has_several_ones(said: Sentence) -> bool:
    """Whether a sentence says that targets do not sum to one."""
    found = _SEVERAL_ONES.search(said.words)
    return found is not None and not _NEGATED.search(said.words[: found.start()])


def has_one_step(said: Sentence) -> bool:
    """Whether a sentence says that every sequence has one step."""
    found = _ONE_STEP.search(shown_in(said).replace("$", ""))
    return found is not None and not _NOT.search(said.words) and not _IF.search(said.words)


def counts_from_zero(said: Sentence) -> bool:
    """Whether a sentence says that the first step is step 0, and not only that there is a state before the first."""
    left = iter(said.formulas)
    words = re.sub("§", lambda _: re.sub(r"\s|[${}]", "", next(left, "")), said.words)
    found = _FROM_ZERO.search(words)
    return found is not None and not _NEGATED.search(words[: found.start()])
