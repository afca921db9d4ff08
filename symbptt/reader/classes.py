r"""The class of a step as an index: log p_{t,c_t} is Σ_k c_{t,k} log p_{t,k}.

A letter with a step that stands where an entry stands, or beside a counter in an indicator, 1_{k=c_t}, is the place of
the 1 in a one-hot column. That column has the name of the letter here: e_{c_t} is c_t, and 1_{k=c_t} an entry of it.

>>> from symbptt.reader.differentials import parse_formula
>>> told, letters = with_classes([parse_formula(r"L_t = -\log p_{t,c_t}"), parse_formula(r"v_t = p_t - e_{c_t}")])
>>> print(letters, *(mark.stem for mark in walk_marks(told[1]) if isinstance(mark, NameMark)))
[('c', ())] v t p t c t
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symbptt.errors import Unreadable
from symbptt.reader import customs
from symbptt.reader.differentials import Derivative
from symbptt.reader.factors import range_sign
from symbptt.reader.grammar import (
    Cells,
    Chain,
    Glyph,
    Group,
    Mark,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    Sign,
    SumMark,
    as_cells,
    mapped,
    mark_at,
    single,
    walk_marks,
    with_parts,
)
from symbptt.reader.settings import Target
from symbptt.reader.statements import Statement, rewrite
from symbptt.reader.wording import wording_of
from symbptt.text.document import Document

_COUNTS = frozenset((customs.STEP, *customs.COUNTERS, *customs.INDEX_WORDS))


_KNOWN = r"(?:correct|true|target|right|actual|gold|observed|ground[- ]truth)"
_CLASS = r"(?:class|label|word|token|category|symbol|character)(?:\s+index)?\b"
_IS_CLASS = re.compile(
    rf"\s*,?\s*(?:is|denotes|being)\s+(?:the\s+)?(?:index\s+of\s+(?:the\s+)?)?{_KNOWN}\s+{_CLASS}(?!\s+of)"
)
_NAMED_CLASS = re.compile(rf"(?i:\bthe)\s+{_KNOWN}\s+{_CLASS}\s+(?:is\s+)?\Z")


def name_classes(document: Document, statements: Sequence[Statement]) -> tuple[str, ...]:
    r"""Let a letter that words call the class, the k of -\log \hat y_{t,k}, be that of its step; what is said of it."""
    said = {
        inline.formula.text.strip(): inline.place.spoken
        for inline in document.inlines
        if re.fullmatch(r"\s*[a-z]\s*", inline.formula.text)
        and (_IS_CLASS.match(inline.after) or _NAMED_CLASS.search(inline.before))
        and wording_of(inline).how not in ("denied", "limited")
    }
    used = {mark.stem for mark in walk_marks(tuple(one.parsed for one in statements)) if isinstance(mark, NameMark)}
    spare = [stem for stem in customs.SPARE_CLASSES if stem not in used]
    told: list[str] = []
    for (stem, where), name in zip(said.items(), spare, strict=False):
        column = ScriptedMark(0, 0, NameMark(0, 0, name), as_cells(NameMark(0, 0, customs.STEP)), (), 0)
        chains = [chain for one in statements if one.counts for chain in one.chains]
        if stem not in customs.COUNTERS or not any(_is_of_class(chain, stem) for chain in chains):
            continue
        for one in statements:
            if one.counts and any(_derives_in(chain, stem) for chain in one.chains):
                one.drop(Unreadable(f"{stem} is the class, as {where} says: what is said of that entry is not read", 0))
            one.chains, one.parsed = (
                tuple(chain if _counts_with(chain, stem) else _as_class(chain, stem, column) for chain in part)
                for part in (one.chains, one.parsed)
            )
        told.append(f"{stem} is the class {name}_t of the step, as {where} says")
    return tuple(told)


def _below(mark: object, stem: str) -> bool:
    """Whether a letter stands below a mark, by itself."""
    cells = mark.below if isinstance(mark, ScriptedMark) and mark.below is not None else ()
    return any(isinstance(name, NameMark) and name.glyph == (stem, ()) for name in walk_marks(cells))


def _is_of_class(chain: Chain, stem: str) -> bool:
    """Whether a chain says what a loss is by an entry that nothing in it counts."""
    left = mark_at(chain, 0)
    base = left.base if isinstance(left, ScriptedMark) else left
    is_loss = isinstance(base, NameMark) and base.stem in customs.LOSSES and not chain.continued
    return is_loss and not _counts_with(chain, stem) and any(_below(mark, stem) for mark in walk_marks(chain.sides[1:]))


def _derives_in(chain: Chain, stem: str) -> bool:
    return any(isinstance(mark, Derivative) and _below(mark.wrt, stem) for mark in walk_marks(chain))


def _counts_with(chain: Chain, stem: str) -> bool:
    """Whether a letter counts something in a chain: below a sign, or below the letter on the left."""
    signs = (mark for mark in walk_marks(chain) if isinstance(mark, ScriptedMark) and isinstance(mark.base, Sign))
    tops = (mark.of.factors[0] for mark in walk_marks(chain) if isinstance(mark, Derivative))
    return any(_below(mark, stem) for mark in (*signs, *tops, mark_at(chain, 0)))


def _as_class(value: Any, stem: str, column: ScriptedMark) -> Any:
    """Marks with the class in place of the letter below others."""
    if isinstance(value, NameMark):
        return replace(column, start=value.start, end=value.end) if value.glyph == (stem, ()) else value
    return mapped(value, lambda part: _as_class(part, stem, column))


def tell_classes(statements: Sequence[Statement]) -> Iterator[tuple[Cells, Target]]:
    """Let classes be read as one-hot columns; yields each letter that is one, with where it is said."""
    found: list[Glyph] = []

    def read(formulas: Sequence[Cells]) -> Sequence[Cells]:
        told, letters = with_classes(formulas)
        found.extend(letters)
        return told

    rewrite(statements, read)
    for stem, dressed in found:
        name = NameMark(0, 0, stem, dressed)
        column = ScriptedMark(0, 0, name, as_cells(NameMark(0, 0, customs.STEP)), (), 0)
        yield as_cells(column), Target("its use as an index", one_hot=True)


def with_classes(formulas: Sequence[Cells]) -> tuple[list[Cells], list[Glyph]]:
    """The formulas with the entries of one-hot columns for classes, and the letters that are classes.

    A letter that is defined, or differentiated, or that anything is differentiated in, is none.
    """
    every = tuple(formulas)
    others = {mark.glyph for mark in _no_classes(formulas)}
    shown = (glyph for mark in walk_marks(every) for glyph in (_class(mark), *_made_one_hot(mark)))
    letters = dict.fromkeys(glyph for glyph in shown if glyph is not None and glyph not in others)
    if not letters:
        return list(formulas), []
    known = frozenset(letters)
    return [_with_sums(_with_columns(cells, known), known) for cells in formulas], list(letters)


def _no_classes(formulas: Sequence[Cells]) -> Iterator[NameMark]:
    related = (chain for cells in formulas for chain in cells if chain.relations and not chain.continued)
    marks = [mark_at(chain, 0) for chain in related]
    for mark in walk_marks(tuple(formulas)):
        if isinstance(mark, Derivative):
            marks += (mark.of.factors[0], mark.wrt)
    for one in marks:
        name = one.base if isinstance(one, ScriptedMark) else one
        if isinstance(name, NameMark):
            yield name


# --------------------------------------------------------------------------------------------------- what a class is


def _stepped(mark: Mark | None) -> NameMark | None:
    """The letter of a mark that is one with a script, and counts nothing itself."""
    base = mark.base if isinstance(mark, ScriptedMark) and not mark.primes else None
    return base if isinstance(base, NameMark) and base.stem not in _COUNTS else None


def _class(mark: Mark) -> Glyph | None:
    """The letter that a mark shows to be a class: that in p_{t,c_t}, e_{c_t} or k = c_t."""
    if isinstance(mark, Chain):
        if mark.relations != ("=",) or mark.continued:
            return None
        counter, name = mark_at(mark, 0), _stepped(mark_at(mark, 1))
        counts = isinstance(counter, NameMark) and counter.stem in customs.COUNTERS
        return name.glyph if counts and name is not None else None
    if not isinstance(mark, ScriptedMark) or mark.below is None or not isinstance(mark.base, (NameMark, Group)):
        return None
    names = [name for cell in mark.below if (name := _stepped(single((cell,)))) is not None]
    if len(names) != 1 or not (len(mark.below) == 2 or mark.above or _is_unit(mark.base) or _is_bracket(mark.base)):
        return None
    return names[0].glyph


def _made_one_hot(mark: Mark) -> Iterator[Glyph]:
    """The letters that a mark shows to be classes by onehot(c_t)."""
    for one, behind in itertools.pairwise(mark.factors) if isinstance(mark, ProductMark) else ():
        if isinstance(one, NameMark) and one.stem in customs.ONE_HOT and isinstance(behind, Group):
            name = _stepped(single(behind.cells))
            if name is not None:
                yield name.glyph


def _is_unit(mark: Mark) -> bool:
    """Whether a letter with a class below it is the one-hot column: e or a bold 1."""
    return isinstance(mark, NameMark) and mark.stem in customs.UNITS


def _is_bracket(mark: Mark) -> bool:
    return isinstance(mark, Group) and mark.opening in ("(", "[")


# --------------------------------------------------------------------------------------------------- rewriting


def _with_columns(value: Any, letters: frozenset[Glyph]) -> Any:
    if isinstance(value, ProductMark):
        value = with_parts(value, factors=tuple(_columns(value.factors, letters)))
    return mapped(value, lambda part: _with_columns(part, letters))


def _with_sums(value: Any, letters: frozenset[Glyph]) -> Any:
    if isinstance(value, SumMark):
        value = replace(value, terms=tuple((sign, _summed(term, letters)) for sign, term in value.terms))
    return mapped(value, lambda part: _with_sums(part, letters))


def _columns(factors: Sequence[Mark], letters: frozenset[Glyph]) -> Iterator[Mark]:
    """The factors with the column or its entry for e_{c_t}, 1_{k=c_t}, [k = c_t] and δ_{k,c_t}."""
    at = 0
    while at < len(factors):
        mark, behind = factors[at], factors[at + 1] if at + 1 < len(factors) else None
        at += 1
        is_one = isinstance(mark, Numeral) and mark.text == customs.ONES
        named = is_one or (
            isinstance(mark, NameMark) and mark.stem in (customs.ONES, customs.IDENTITY, *customs.ONE_HOT)
        )
        inside = behind.cells if named and isinstance(behind, Group) else None
        if inside is not None and (made := _column(inside, letters)) is not None:
            yield made
            at += 1
            continue
        if _stepped(mark) and isinstance(mark, ScriptedMark) and isinstance(behind, Group) and behind.opening == "[":
            # p_t[c_t] is p_{t,c_t}.
            name = _stepped(single(behind.cells))
            if name is not None and name.glyph in letters:
                yield replace(mark, below=(*(mark.below or ()), *behind.cells))
                at += 1
                continue
        cells = mark.below if isinstance(mark, ScriptedMark) and not mark.above else None
        base = mark.base if isinstance(mark, ScriptedMark) else mark
        if isinstance(mark, Group) and mark.opening == "[":
            cells = mark.cells if any(chain.relations for chain in mark.cells) else None
        elif not (_is_unit(base) or (isinstance(base, Numeral) and base.text == customs.ONES) or _is_delta(base)):
            cells = None
        made = _column(cells, letters) if cells is not None else None
        yield mark if made is None else made


def _is_delta(mark: Mark) -> bool:
    return isinstance(mark, NameMark) and mark.glyph == ("delta", ())


def _column(cells: Cells, letters: frozenset[Glyph]) -> Mark | None:
    """c_t for a class alone, and its entry for one beside a counter: k = c_t, or k, c_t."""
    group = single(cells)
    if isinstance(group, Group):
        return _column(group.cells, letters)
    if len(cells) == 1 and cells[0].relations == ("=",):
        marks = [mark_at(cells[0], place) for place in range(len(cells[0].sides))]
    elif len(cells) == 1 and len(term := cells[0].sides[0].terms[0][1].factors) == 2:
        marks = list(term)
    else:
        marks = [single((cell,)) for cell in cells]
    classes = [mark for mark in marks if (name := _stepped(mark)) is not None and name.glyph in letters]
    counters = [mark for mark in marks if isinstance(mark, NameMark) and mark.stem in customs.COUNTERS]
    if len(classes) != 1 or len(classes) + len(counters) != len(marks) or len(counters) > 1:
        return None
    (one,) = classes
    assert isinstance(one, ScriptedMark)
    return _entry(one, counters[0]) if counters else one


def _entry(mark: ScriptedMark, counter: NameMark) -> ScriptedMark:
    """The entry of a letter with a step."""
    return replace(mark, below=(*(mark.below or ()), *as_cells(counter)))


def _summed(term: ProductMark, letters: frozenset[Glyph]) -> ProductMark:
    """A term with the sum over its class in front, behind every Σ and Π before it; p_{t,c_t} is then p_{t,k}."""
    place = next((at for at, mark in enumerate(term.factors) if _has_class(mark, letters)), None)
    if place is None or _is_taken_inside(term.factors[place]):
        return term
    first = max((at + 1 for at, mark in enumerate(term.factors[:place]) if range_sign(mark) is not None), default=0)
    used = {mark.stem for mark in walk_marks(term) if isinstance(mark, NameMark)}
    stem = next(stem for stem in customs.CLASS_COUNTERS if stem not in used)
    counter = NameMark(term.start, term.start, stem)
    found: list[ScriptedMark] = []
    rest = tuple(_counted(mark, letters, counter, found) for mark in term.factors[first:])
    total = ScriptedMark(term.start, term.start, Sign(term.start, term.start, r"\sum"), as_cells(counter), (), 0)
    return replace(term, factors=(*term.factors[:first], total, _entry(found[0], counter), *rest))


def _has_class(part: object, letters: frozenset[Glyph]) -> bool:
    return any(isinstance(mark, ScriptedMark) and _class(mark) in letters for mark in walk_marks(part))


def _is_taken_inside(mark: Mark) -> bool:
    """Whether the class is one of a part of the factor: of a term among several, or behind a Σ in brackets."""
    if not isinstance(mark, Group):
        return isinstance(mark, Derivative)
    several = any(len(side.terms) > 1 for chain in mark.cells for side in chain.sides)
    return several or any(range_sign(part) is not None for part in walk_marks(mark.cells))


def _counted(value: Any, letters: frozenset[Glyph], counter: NameMark, found: list[ScriptedMark]) -> Any:
    """Marks with a counter for the class, which is noted."""
    if isinstance(value, ScriptedMark) and _class(value) in letters and value.below is not None:
        cells: list[Chain] = []
        for cell in value.below:
            one = single((cell,))
            name = _stepped(one)
            if name is not None and name.glyph in letters and isinstance(one, ScriptedMark):
                found.append(one)
                cells += as_cells(counter)
            else:
                cells.append(cell)
        return replace(value, below=tuple(cells))
    return mapped(value, lambda part: _counted(part, letters, counter, found))
