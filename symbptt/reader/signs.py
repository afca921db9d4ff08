r"""Signs that a note explains: what is written with one that it explains otherwise than it is read here is not read.

>>> [means_else(r"\odot", said) is None for said in (" is the entrywise product.", " is the matrix product.")]
[True, False]
>>> means_else("f'", " is applied to each entry."), means_else("f'", " is the inverse of f.")
(None, "f'")
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from symbptt.errors import Unreadable
from symbptt.reader import customs
from symbptt.reader.sayings import POWER, Sentence, said_of_partials, sentences, signs_meant_otherwise
from symbptt.reader.statements import Statement
from symbptt.text import vocabulary
from symbptt.text.document import Document

_MEANS = re.compile(
    r"\s*,?\s*(?:(?:does not|will|shall|always|here) )?(?:denotes?|stands? for|means?|represents?|"
    r"(?:is|are) (?:not )?(?:the|any|some)\b|bezeichne\w*|ist (?:nicht )?d(?:er|ie|as)|steh(?:t|en) für|désignent?|"
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
    if said is None:
        return None
    ends = r"[.;](?:\s|\Z)" if _LISTED.search(before) else r"[.;](?:\s|\Z)|,|\band\b|\bund\b|\bet\b"
    clause = re.split(ends, said["rest"])[0]
    for row in customs.SIGNS:
        shown = re.fullmatch(row.alone, text.strip())
        if shown is not None:
            meant = re.search(row.meant, clause, re.IGNORECASE) and not re.search(
                customs.OTHERWISE, clause, re.IGNORECASE
            )
            denied = _NOT.search(said[0][: len(said[0]) - len(said["rest"])] + clause)
            if meant and not denied and not _MULTIPLE.search(clause):
                return None
            return row.used or re.escape(shown["sign"])
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


def drop_signs(document: Document, statements: Sequence[Statement]) -> None:
    """Let displays and formulas be unread that are written with signs to which the note gives another meaning."""
    for inline in document.inlines:
        sign = means_else(inline.formula.text, inline.after, inline.before)
        written = (entry for entry in statements if entry.counts and sign is not None and entry.item is not inline)
        for statement in written:
            if re.search(sign or "", statement.item.formula.text):
                why = f"{inline.place.spoken} gives {inline.formula.text} a meaning that is not read"
                statement.drop(Unreadable(why, 0))
    # On a page of layers h^1 and h^2 the number is no power anyway.
    layered = any(re.search(r"\^\s*\{?\s*\(?\s*1\s*[\s)}_]", item.formula.text) for item in document.items)
    for said in sentences(document.words):
        for pattern in signs_meant_otherwise(said):
            for statement in (entry for entry in statements if entry.counts and entry.is_display):
                if re.search(pattern, statement.item.formula.text) and not (pattern == POWER and layered):
                    where = document.place_at(said.at).spoken
                    statement.drop(Unreadable(f"{where} gives a sign in it a meaning that is not read", 0))
