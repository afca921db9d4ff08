r"""e to a power that is an expression, as exp of it: e^{-x}, e^{W x + b}, where the note has no other e.

An e that stands anywhere without a power is a letter of its own, an error or an embedding, and what stands above it may
be a step, a layer or a label. So may a letter above e that is a script elsewhere; and of a matrix the power would be
another function than exp of each entry.

>>> from symbptt.reader.differentials import parse_formula
>>> [with_exponentials(parse_formula(text), frozenset()) != parse_formula(text) for text in ("e^{-x}", "e^2", "e^{-W}")]
[True, False, False]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from symbptt.errors import Unreadable
from symbptt.page.greek import GREEK
from symbptt.reader import customs
from symbptt.reader.grammar import (
    Cells,
    EntrywisePower,
    Group,
    Mark,
    NameMark,
    ProductMark,
    ScriptedMark,
    is_transpose,
    mapped,
    only_side,
    only_term,
    single,
    walk_marks,
)
from symbptt.reader.letters import index_in
from symbptt.reader.statements import Statement, rewrite
from symbptt.text.document import Document

_OTHER = re.compile(r"(?<![A-Za-z\\])e(?![A-Za-z])(?!\s*\}?\s*\^)")
"""An e without a power."""
_SAID = re.compile(r"(?<![\w\\])e(?!\w)\s+(?:is|are|be|denotes?|stands|ist|est)(?!\w)")
_COUNTED = {*customs.COUNTERS, *customs.LAYERS, *customs.INDEX_WORDS, customs.STEP, customs.LAST}


def tell_exponentials(document: Document, statements: Sequence[Statement]) -> None:
    """Let e to the power of an expression be exp of it wherever the note has no other e."""
    texts = [item.formula.text for item in document.items]
    if not any("e" in text for text in texts) or any(map(_OTHER.search, texts)) or _SAID.search(document.words):
        return
    scripts = frozenset(_scripts([(one.chains, one.parsed, one.sides) for one in statements]))
    rewrite(statements, lambda formulas: [with_exponentials(cells, scripts) for cells in formulas])


def _scripts(parts: Any) -> set[str]:
    """The letters that stand in scripts, but for those above e."""
    scripted = [mark for part in parts for mark in walk_marks(part) if isinstance(mark, ScriptedMark)]
    inside = [
        (mark.below, () if _is_e(mark.base) else mark.above)
        for mark in scripted
        if mark.below is not None or not _is_e(mark.base)
    ]
    return {name.stem for cells in inside for name in walk_marks(cells) if isinstance(name, NameMark)}


def with_exponentials(value: Any, scripts: frozenset[str]) -> Any:
    """Marks with exp of what stands above e, where that is an expression and none of these letters that are scripts."""
    value = mapped(value, lambda part: with_exponentials(part, scripts))
    if isinstance(value, ProductMark) and any(_power(mark, scripts) for mark in value.factors):
        factors: list[Mark] = []
        for mark in value.factors:
            cells = _power(mark, scripts)
            if cells is None:
                factors.append(mark)
            else:
                factors += [NameMark(mark.start, mark.start + 1, "exp"), Group(mark.start + 1, mark.end, "(", cells)]
        return replace(value, factors=tuple(factors))
    return value


def _is_e(mark: Mark) -> bool:
    return isinstance(mark, NameMark) and mark.glyph == ("e", ())


def _power(mark: Mark, scripts: frozenset[str]) -> Cells | None:
    """What stands above e, where it is the argument of an exponential."""
    if not isinstance(mark, ScriptedMark) or not _is_e(mark.base) or len(mark.above) != 1:
        return None
    (cells,) = mark.above
    side = only_side(cells)
    if mark.below is not None or mark.primes or mark.entry or side is None or _is_script(cells, scripts):
        return None
    ends = [term.factors[-1] for _, term in side.terms]
    return None if any(isinstance(end, NameMark) and end.stem[:1].isupper() for end in ends) else cells


def _is_script(cells: Cells, scripts: frozenset[str]) -> bool:
    """Whether it may be a step, a layer, a number, a label or a transpose."""
    inside = single(cells)
    if is_transpose(inside) or isinstance(inside, (EntrywisePower, Group)):
        return True
    try:
        index = index_in(cells)
    except Unreadable:
        return True
    if index is not None:
        return index.letters() <= scripts | _COUNTED
    # Letters side by side are a word as soon as a product.
    term = only_term(cells)
    factors = term.factors if term is not None else (None,)
    return all(isinstance(mark, NameMark) and not mark.dressed and mark.stem not in GREEK for mark in factors)
