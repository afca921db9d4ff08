r"""Signs that a note explains: what is written with one that it explains otherwise than it is read here is not read.

>>> [means_else(r"\odot", said) is None for said in (" is the entrywise product.", " is the matrix product.")]
[True, False]
>>> means_else("f'", " is applied to each entry."), means_else("f'", " is the inverse of f.")
(None, "f\\s*'")
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from symbptt.errors import Unreadable
from symbptt.reader import customs
from symbptt.reader.sayings import BARS, POWER, Sentence, said_of_partials, sentences, signs_meant_otherwise
from symbptt.reader.statements import Statement
from symbptt.text import vocabulary
from symbptt.text.document import Display, Document, Inline

_MEANS = re.compile(
    r"\s*,?\s*(?:(?:does not|will|shall|always|here) )?(?:denotes?|stands? for|means?|represents?|"
    r"(?:is|are) (?:not )?(?:the|an?|any|some|short(?:hand)?)\b|bezeichne\w*|"
    r"ist (?:nicht )?d(?:er|ie|as)|steh(?:t|en) für|désignent?|"
    r"est (?:l[ea]\b|l['’])|représentent?|表示|记为)(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_WRITTEN_FOR = re.compile(r"\b(?:writ(?:e|ing|ten)|us(?:e|ing)|denot(?:e|ing)|schreiben)\s*\Z", re.IGNORECASE)
_FOR = re.compile(r"\s*(?:for|für)\s+(?:the|a|die|das|den)\b(?P<rest>.*)", re.DOTALL | re.IGNORECASE)
_BY = re.compile(r"\b(?:by|mit|par|unter)\s*\Z", re.IGNORECASE)
_WE_MEAN = re.compile(
    r"\s*,?\s*(?:we (?:always |here )?(?:mean|denote|understand)|(?:is|are) meant|meinen wir|verstehen wir|"
    r"(?:bezeichnen|nous (?:désignons|entendons)|on (?:désigne|entend)))(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_WITH = re.compile(r"(?<![\w-])(?:with|mit|avec|con)\s*\Z", re.IGNORECASE)
_WITH_THE = re.compile(r"\s+(?:the|an?|de[mr]|la|le|el)\b(?P<rest>[^.;,$]*)", re.IGNORECASE)
_SIGN = re.compile(
    r"(?<![\w-])(?:the )?(?:signs?|symbols?|notation|zeichen|symbol|signe|signo|знак|记号)\s*\Z", re.IGNORECASE
)
_WHATEVER = re.compile(r"\s+(?!in\b|of\b|for\b|to\b|and\b|above\b|below\b|behind\b)\w+(?P<rest>[^.;$]*)", re.IGNORECASE)
"""What a sign does, whatever the verb is."""
_MEANT_BY = re.compile(
    r"(?P<rest>[^.;]{0,200}?)\b(?:is|are) (?:\w+ )?(?:meant|denoted|written|understood|abbreviated) (?:here )?(?:by|"
    r"as|with)\s*\Z",
    re.IGNORECASE,
)
_NORM_SAID = re.compile(
    rf"\s*(?:{BARS})[^=]*?(?:{BARS})\s*(?:_\s*(?:\{{[^{{}}]*\}}|\w))?\s*(?P<power>\^\s*\{{?\s*2\s*\}}?)?\s*:?=(?P<right>.*)",
    re.DOTALL,
)
_ROOT = re.compile(r"\\sqrt|\^\s*\{?\s*1\s*/\s*2|\\frac\s*\{?1\}?\s*\{?2")
_OF_SQUARES = re.compile(
    r"(?P<one>\\?\w+)\s*\^\s*\{?\s*\\(?:top|intercal|mathsf|mathrm)[^A-Za-z]*\s*T?\}?\}?\s*(?P=one)|\^\s*\{?\s*2|\\langle|\\cdot"
)
_OTHER_SUM = re.compile(
    r"\\(?:dagger|max|min|sup|bar|overline|ast|int)(?![a-z])|\^\s*\{?\s*[*3-9p]|(?<![A-Za-z])[A-Z](?![A-Za-z}])|_\{?\s*w|w_"
)
_PRIMED_AS = re.compile(
    r"\s*\\?[A-Za-z]+\s*(?:'|\^\{?\\prime\}?)\s*:?=\s*\\?(?:(?:operatorname|mathrm)\s*\{)?[A-Za-z]+\}?\s*"
)
_SLASHED = re.compile(r"\A\s*(\\partial|d)\s*([^\s/]+)\s*/\s*(\\partial|d)\s*(\S+)\s*\Z")
_PARTIAL = re.compile(r"\\partial|\\[dt]?frac\s*\{\s*\\partial|∂")
_TREATS = re.compile(
    r"\s*,?\s*(?:treats?|holds?|keeps?|takes?|is taken (?:with|while)|traite|hält)\b(?P<rest>[^.;]*)", re.IGNORECASE
)
_ALL_DERIVATIVES = re.compile(
    r"\b(?:all|every) (?:the )?(?:partial )?derivatives? (?:here )?(?:is|are)\b[^.;$]*", re.IGNORECASE
)
_OF_PRODUCTS = re.compile(r"\b(?:products?|factors?)\b", re.IGNORECASE)
_SENTENCES = re.compile(r"[.;:!?]|\n(?=[ \t]*\n)")
_LISTED = re.compile(r"\$\s*(?:,|and|und|et|, and)\s*\Z")
_MULTIPLE = re.compile(r"\$[^$]*(?<![_^\d{,.+-])\d[^$]*\$")
PartialSign: TypeAlias = Literal["∂", "d", "∂⁺"]
_OWN = f"{vocabulary.IMMEDIATE.anywhere}|{vocabulary.HELD.anywhere}"
_RATHER = re.compile(
    r"[\s,]+(?:(?:and|but|und|aber|et|mais) )?(?:never|not|rather than|instead of|nie|nicht|jamais|und nie) "
)
_NOT = re.compile(r"(?<![\w-])(?:not|nicht|n['’]|ne|不)(?![\w-])", re.IGNORECASE)


def means_else(text: str, after: str, before: str = "") -> str | None:
    """The sign that an inline formula shows, as a pattern, where words give it a meaning that it has not here."""
    said = _MEANS.match(after) or (_FOR.match(after) if _WRITTEN_FOR.search(before) else None)
    said = said or (_WE_MEAN.match(after) if _BY.search(before) else None)
    said = said or (_WITH_THE.match(after) if _WITH.search(before) else None)
    said = said or (_WHATEVER.match(after) if _SIGN.search(before) else None)
    said = said or _MEANT_BY.search(before)
    if said is None:
        return None
    ends = r"[.;](?:\s|\Z)" if _LISTED.search(before) else r"[.;](?:\s|\Z)|,|\band\b|\bund\b|\bet\b"
    clause = re.split(ends, said["rest"])[0]
    text = _SLASHED.sub(r"\\frac{\g<1> \g<2>}{\g<3> \g<4>}", text)
    for row in customs.SIGNS:
        shown = re.fullmatch(row.alone, text.strip())
        if shown is not None:
            meant = re.search(row.meant, clause, re.IGNORECASE) and not re.search(
                customs.OTHERWISE, clause, re.IGNORECASE
            )
            denied = _NOT.search(said[0][: len(said[0]) - len(said["rest"])] + clause)
            if meant and not denied and not _MULTIPLE.search(clause):
                return None
            return row.used or r"\s*".join(map(re.escape, re.findall(r"\\?[A-Za-z]+|\S", shown["sign"])))
    return None


def stated_partials(document: Document, said_in: Sequence[Sentence]) -> tuple[PartialSign, str]:
    """What a note says that a plain ∂ in a weight is, d or ∂⁺; ∂ where it does not say, or says both.

    Beside it, where it says something of it that is not understood.
    """
    said: set[PartialSign] = set()
    for inline in document.inlines:
        if not _PARTIAL.match(inline.formula.text) or "+" in inline.formula.text:
            continue
        found = _MEANS.match(inline.after) or _TREATS.match(inline.after)
        found = found or (_FOR.match(inline.after) if _WRITTEN_FOR.search(inline.before) else None)
        said |= _partials_in(re.split(r"[.;](?:\s|\Z)|,", found[0].lstrip(" ,"))[0]) if found else set()
    for sentence in _ALL_DERIVATIVES.finditer(document.words):
        said |= _partials_in(sentence[0])
    told = [(one.at, said_of_partials(one)) for one in said_in]
    known: dict[str, PartialSign] = {"d": "d", "∂⁺": "∂⁺"}
    said |= {known[sign] for _, sign in told if sign in known}
    unclear = next((document.place_at(at).spoken for at, sign in told if sign == "?"), "")
    return (said.pop() if len(said) == 1 else "∂"), unclear


def _partials_in(words: str) -> set[PartialSign]:
    # Immediate and never total: what stands behind the negation is what it is not.
    words, *_ = re.split(_RATHER, words, maxsplit=1)
    if _NOT.search(words):
        return set()
    found: dict[PartialSign, str] = {"d": vocabulary.TOTAL.anywhere, "∂⁺": _OWN}
    return {sign for sign, pattern in found.items() if re.search(pattern, words, re.IGNORECASE)}


def ascends(document: Document) -> bool:
    """Whether a note says that its products have the earliest factor on the left."""
    return any(
        _OF_PRODUCTS.search(said) and re.search(customs.OF_ASCENDING, said, re.IGNORECASE) and not _NOT.search(said)
        for said in _SENTENCES.split(document.words)
    )


def _defined_signs(document: Document) -> Iterator[tuple[str, Display | Inline]]:
    """The signs that a formula defines as what they are not here: a norm that is no root of squares, f' = tanh."""
    for item in document.items:
        text = item.formula.text
        if (norm := _NORM_SAID.match(text)) is not None and isinstance(item, Inline):
            right = norm["right"]
            rooted = norm["power"] is not None or _ROOT.search(right)
            if not (rooted and _OF_SQUARES.search(right)) or _OTHER_SUM.search(re.sub(r"\^\s*\{?\s*T\b", "", right)):
                yield BARS, item
        if _PRIMED_AS.fullmatch(text):
            yield r"'|\\prime|′", item


def drop_signs(document: Document, statements: Sequence[Statement]) -> None:
    """Let displays and formulas be unread that are written with signs to which the note gives another meaning."""
    for inline in document.inlines:
        sign = means_else(inline.formula.text, inline.after, inline.before)
        written = (entry for entry in statements if entry.counts and sign is not None and entry.item is not inline)
        for statement in written:
            if re.search(sign or "", statement.item.formula.text):
                why = f"{inline.place.spoken} gives {inline.formula.text} a meaning that is not read"
                statement.drop(Unreadable(why, 0))
    for sign, item in _defined_signs(document):
        for statement in (
            entry for entry in statements if entry.counts and entry.is_display and entry.item is not item
        ):
            if re.search(sign, statement.item.formula.text):
                statement.drop(Unreadable(f"{item.place.spoken} gives a sign in it a meaning that is not read", 0))
    # On a page of layers h^1 and h^2 the number is no power anyway.
    layered = any(re.search(r"\^\s*\{?\s*\(?\s*1\s*[\s)}_]", item.formula.text) for item in document.items)
    for said in sentences(document.words):
        for pattern in signs_meant_otherwise(said):
            for statement in (entry for entry in statements if entry.counts and entry.is_display):
                if re.search(pattern, statement.item.formula.text) and not (pattern == POWER and layered):
                    where = document.place_at(said.at).spoken
                    statement.drop(Unreadable(f"{where} gives a sign in it a meaning that is not read", 0))
