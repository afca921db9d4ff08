r"""The columns of a weight by their numbers: W_{:,1:n} are those that h_{t-1} is multiplied by in W [h_{t-1}; x_t].

A weight that stands before several columns, one below the other, has as many blocks side by side. What the page calls
its columns from 1 to n is the first of them, and so on: nothing else composes, unless the page gives n to another size.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symbptt.page.notation import Index
from symbptt.reader.differentials import TIMES
from symbptt.reader.grammar import (
    Cells,
    Group,
    Mark,
    Matrix,
    NameMark,
    ProductMark,
    ScriptedMark,
    Span,
    as_cells,
    is_sign,
    mapped,
    single,
    walk_marks,
    with_parts,
)
from symbptt.reader.letters import Key, Survey, affine


@dataclass(frozen=True, slots=True)
class Slice:
    """Columns of a weight: the first one, and the last; None where it is not written."""

    of: Key
    low: Index | None
    high: Index | None

    @property
    def key(self) -> Key:
        """The name of these columns, as a weight of its own."""
        low, high = ("" if end is None else re.sub(r"\W", "and", str(end)) for end in (self.low, self.high))
        return self.of._replace(label=f"{self.of.label}{low}to{high}")

    @property
    def is_first(self) -> bool:
        """Whether it begins with the first column, which is counted from 1 or, in code, from 0."""
        return self.low in (None, Index.of(0), Index.of(1))


def with_slices(found: Survey, value: Any) -> Any:
    """Marks with a name for the columns of each weight that are written by their numbers."""
    if isinstance(value, ProductMark):
        value = with_parts(value, factors=tuple(_named(found, value.factors)))
    return mapped(value, lambda part: with_slices(found, part))


def _named(found: Survey, factors: Sequence[Mark]) -> Iterator[Mark]:
    at = 0
    while at < len(factors):
        mark, behind = factors[at], factors[at + 1] if at + 1 < len(factors) else None
        own, beside = slice_at(found, mark), slice_beside(found, mark, behind)
        told = own or beside
        if told is not None:
            base = mark.base if isinstance(mark, ScriptedMark) else mark
            end = behind.end if own is None and behind is not None else mark.end
            label = as_cells(NameMark(base.start, end, told.key.label))
            powers = mark.above if isinstance(mark, ScriptedMark) else ()
            mark = ScriptedMark(base.start, end, base, label, powers, 0)
            at += own is None
        yield mark
        at += 1


def find_slices(found: Survey, part: object) -> Iterator[Slice]:
    """The columns of weights that are written by their numbers."""
    for factors in (mark.factors for mark in walk_marks(part) if isinstance(mark, ProductMark)):
        for mark, behind in zip(factors, (*factors[1:], None), strict=True):
            told = slice_at(found, mark) or slice_beside(found, mark, behind)
            if told is not None:
                yield told


def slice_at(found: Survey, mark: Mark) -> Slice | None:
    """W_{:,1:n}, and W_{[:, :n]}."""
    if not isinstance(mark, ScriptedMark) or mark.below is None or mark.primes or not isinstance(mark.base, NameMark):
        return None
    inside = single(mark.below)
    cells = inside.cells if isinstance(inside, Group) and inside.opening == "[" else mark.below
    return _columns(Key(mark.base.stem, mark.base.dressed), cells)


def slice_beside(found: Survey, mark: Mark, behind: Mark | None) -> Slice | None:
    """W[:, :n]."""
    if not isinstance(behind, Group) or behind.opening != "[" or not isinstance(mark, (NameMark, ScriptedMark)):
        return None
    name = found.name(mark)
    return None if name is None or name[1] is not None else _columns(name[0], behind.cells)


def _columns(of: Key, cells: Cells) -> Slice | None:
    rows, columns = (single((cell,)) for cell in cells) if len(cells) == 2 else (None, None)
    if not isinstance(rows, Span) or not isinstance(columns, Span) or rows.low is not None or rows.high is not None:
        return None
    ends = [None if end is None else affine(end) for end in (columns.low, columns.high)]
    unread = any(end is None and side is not None for end, side in zip(ends, (columns.low, columns.high), strict=True))
    return None if unread else Slice(of, *ends)


# --------------------------------------------------------------------------------------------------- blocks


def blocks(
    found: Survey, formulas: Cells, known: Sequence[Slice], spaces: Sequence[str]
) -> Mapping[Key, tuple[Key, ...]]:
    """For each weight whose columns are written by their numbers, its blocks; none where they are not those."""
    made: dict[Key, tuple[Key, ...]] = {}
    for of in dict.fromkeys(one.of for one in known):
        own = list(dict.fromkeys(one for one in known if one.of == of))
        stacks = list(_stacks(found, formulas, of))
        if stacks and len({len(parts) for parts in stacks}) == 1:
            order = _in_order(own, len(stacks[0]))
            if order is not None and not _is_another_size(order, stacks, spaces):
                spare = (of._replace(label=f"{of.label}block{place + 1}") for place in range(len(order)))
                made[of] = tuple(other if one is None else one.key for one, other in zip(order, spare, strict=True))
    return made


def _stacks(found: Survey, formulas: Cells, of: Key) -> Iterator[list[Key]]:
    """The letters below each other in the columns that a weight stands before."""
    for mark in walk_marks(formulas):
        factors = [one for one in mark.factors if not is_sign(one, *TIMES)] if isinstance(mark, ProductMark) else []
        for one, behind in itertools.pairwise(factors):
            name = found.name(one) if isinstance(one, (NameMark, ScriptedMark)) else None
            if name == (of, None) and len(parts := _parts(behind)) > 1:
                names = [next(iter(found.names(part)), None) for part in parts]
                yield [key[0] if key is not None else of for key in names]


def _parts(mark: Mark) -> list[object]:
    if isinstance(mark, Matrix) and all(len(row) == 1 for row in mark.rows):
        return [row[0] for row in mark.rows]
    return list(mark.cells) if isinstance(mark, Group) and mark.opening == "[" else []


def _in_order(own: Sequence[Slice], count: int) -> list[Slice | None] | None:
    """The slices, each at the place of its block; None where they leave a gap, overlap, or are too many."""
    firsts = [one for one in own if one.is_first]
    first = firsts[0] if firsts else None
    if firsts[1:] or (first is None and (count != 2 or len(own) != 1)):
        return None
    order: list[Slice | None] = [first]
    rest = [one for one in own if one is not first]
    while rest:
        before = order[-1]
        last = before.high if before is not None else None
        # The next one begins behind the last column, or, where they are counted from 0, at that number.
        following = [
            one
            for one in rest
            if last is None or (one.low is not None and one.low - last in (Index.of(0), Index.of(1)))
        ]
        if len(following) != 1 or (before is not None and last is None):
            return None
        order += following
        rest = [one for one in rest if one is not following[0]]
    if len(order) > count or (first is not None and first.high is None):
        return None
    ends = [one.high for one in order if one is not None]
    if len(order) < count and ends and ends[-1] is None:
        return None
    return [*order, *[None] * (count - len(order))]


_NEXT = (Index.of(0), Index.of(1))
"""How far behind the last column of a block the next one begins."""


def _is_another_size(order: Sequence[Slice | None], stacks: Sequence[Sequence[Key]], spaces: Sequence[str]) -> bool:
    """Whether the page gives one of the widths to another letter, or another width to the letter of a block."""
    every = {key.stem for parts in stacks for key in parts}
    told = (found for text in spaces for found in _COLUMN.finditer(text))
    said = [(found["stem"], found["size"]) for found in told if found["stem"] in every]
    before: Index | None = None
    for place, one in enumerate(order):
        if one is not None and one.high is not None and (one.is_first or before is not None):
            width = one.high if before is None else one.high - before
            stems = {parts[place].stem for parts in stacks}
            for stem, size in said:
                if (stem in stems) != (size == str(width)):
                    return True
        before = one.high if one is not None else None
    return False


_COLUMN = re.compile(
    r"(?P<stem>[A-Za-z]+)\s*\}?\s*(?:_\s*(?:\{[^{}]*\}|\w)\s*)?(?:\\in(?![A-Za-z])|∈)\s*\\mathbb\s*\{?\s*R\s*\}?\s*\^\s*\{?\s*"
    r"(?P<size>[A-Za-z]\w*)\s*\}?(?!\s*\\times)"
)
