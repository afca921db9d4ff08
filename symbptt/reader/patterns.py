r"""Matrices written out with dots: the one formula that all their entries are made by.

A diagonal one has zeros or nothing beside its diagonal. In any other the corners have the numbers 1 and n of their row
and column; what is the same in all of them but for these numbers is the entry, and what stands between must fit too.

>>> from symbptt.reader.differentials import parse_formula
>>> text = r"\begin{pmatrix} a_{11} & \cdots & a_{1n} \\ \vdots & & \vdots \\ a_{m1} & \cdots & a_{mn} \end{pmatrix}"
>>> (found,) = (mark for mark in walk_marks(with_patterns(parse_formula(text))) if isinstance(mark, EntryMatrix))
>>> found.diagonal, found.entry.terms[0][1].factors[0].entry
(False, ('i', 'j'))
>>> odd = with_patterns(parse_formula(text.replace("a_{mn}", "a_{nm}")))
>>> any(isinstance(mark, EntryMatrix) for mark in walk_marks(odd))
False
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symbptt.errors import Unreadable
from symbptt.reader import customs
from symbptt.reader.differentials import parse_formula
from symbptt.reader.grammar import (
    Cells,
    EntryMatrix,
    Glyph,
    Mark,
    Matrix,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    SumMark,
    as_cells,
    is_dots,
    mapped,
    single,
    walk_marks,
)
from symbptt.reader.statements import Statement, rewrite
from symbptt.text.document import Document, Inline

_PLACES = {f"{customs.ROW}§": customs.ROW, f"{customs.COLUMN}§": customs.COLUMN}
_ENTRIES_OF = re.compile(
    r"[^.;$]{0,30}\b(?:entr(?:y|ies)|elements?|components?|coefficients?)\s+of\s+(?:the\s+(?:matrix|weight)s?\s+)?"
    r"\$(?P<of>[^$]+)\$"
)


class _UnlikeError(Exception):
    """Entries that are not made by one formula."""


def tell_patterns(document: Document, statements: Sequence[Statement]) -> None:
    """Let every matrix of the note that is written out with dots be the formula of its entries."""

    def read(formulas: Sequence[Cells]) -> list[Cells]:
        told = [with_patterns(cells) for cells in formulas]
        inside = [mark for mark in walk_marks(tuple(told)) if isinstance(mark, EntryMatrix)]
        names = dict(_told_entries(document)) | dict(_small_letters(told, inside)) if inside else {}
        return [_renamed(cells, names) for cells in told]

    if any(isinstance(mark, Matrix) for one in statements for mark in walk_marks((one.chains, one.parsed, one.sides))):
        rewrite(statements, read)


def with_patterns(value: Any) -> Any:
    """Marks with each matrix that has dots as the formula of its entries, where they are made by one."""
    value = mapped(value, with_patterns)
    if isinstance(value, Matrix):
        try:
            return _pattern(value) or value
        except _UnlikeError:
            return value
    return value


def _pattern(matrix: Matrix) -> EntryMatrix | None:
    rows = [[_apart(cell) for cell in row] for row in matrix.rows]
    width = len(rows[0])
    dotted = any(is_dots(_only(cell)) for row in rows for cell in row)
    if not dotted or len(rows) < 3 or width < 3 or any(len(row) != width for row in rows):
        return None
    beside = [rows[r][c] for r in range(len(rows)) for c in range(width) if r != c]
    if len(rows) == width and all(cell is None or _is_zero(cell) or is_dots(_only(cell)) for cell in beside):
        return _diagonal(matrix, [rows[k][k] for k in range(width)])
    corners = (rows[0][0], rows[0][-1], rows[-1][0], rows[-1][-1])
    entry, last = _merged(corners, {"row": set[str](), "column": set[str]()})
    made = EntryMatrix(matrix.start, matrix.end, _entered(entry), diagonal=False)
    lines = _labels([_is_apart(row) for row in rows])
    across = _labels([_is_apart([row[c] for row in rows]) for c in range(width)])
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell is None or is_dots(_only(cell)):
                continue
            _check(cell, entry, _number(lines[r], last["row"]), _number(across[c], last["column"]))
    return made


def _diagonal(matrix: Matrix, cells: Sequence[SumMark | None]) -> EntryMatrix | None:
    first, final = cells[0], cells[-1]
    if first is None or final is None or is_dots(_only(first)) or is_dots(_only(final)):
        return None
    entry, last = _merged((first, first, final, final), {"row": set[str](), "column": set[str]()})
    labels = _labels([cell is None or is_dots(_only(cell)) for cell in cells])
    for cell, label in zip(cells, labels, strict=True):
        if cell is not None and not is_dots(_only(cell)):
            _check(cell, entry, _number(label, last["row"]), None)
    if not last["row"]:
        return None
    return EntryMatrix(matrix.start, matrix.end, _entered(entry), diagonal=True)


def _labels(apart: Sequence[bool]) -> list[int | None]:
    """The number of each row: counted from the first, None for the last one behind dots."""
    if True not in apart:
        raise _UnlikeError
    dots = apart.index(True)
    if any(not one for one in apart[dots:-1]) or apart[-1]:
        raise _UnlikeError
    return [*range(1, dots + 1), *[0] * (len(apart) - dots - 1), None]


def _number(label: int | None, last: set[str]) -> Mark | None:
    if label is None:
        return NameMark(0, 0, next(iter(last))) if last else None
    return Numeral(0, 0, str(label))


def _is_apart(cells: Sequence[SumMark | None]) -> bool:
    """Whether a row or a column has dots or nothing in it."""
    return all(cell is None or is_dots(_only(cell)) for cell in cells)


def _only(cell: SumMark | None) -> Mark | None:
    return single(as_cells_of(cell)) if cell is not None else None


def as_cells_of(side: SumMark) -> Cells:
    """A sum as cells that hold nothing else."""
    (chain,) = as_cells(side)
    return (replace(chain, sides=(side,)),)


def _is_zero(cell: SumMark) -> bool:
    mark = _only(cell)
    return isinstance(mark, Numeral) and mark.text == "0"


# --------------------------------------------------------------------------------------------------- entries


def _apart(value: Any) -> Any:
    """An entry with each digit below a letter by itself."""
    if isinstance(value, ScriptedMark) and value.below is not None:
        value = replace(value, below=_digits(value.below))
    return mapped(value, _apart)


def _digits(value: Any) -> Any:
    if isinstance(value, ProductMark):
        spread = [
            Numeral(0, 0, digit) if isinstance(mark, Numeral) else mark
            for mark in value.factors
            for digit in (mark.text if isinstance(mark, Numeral) and mark.text.isdecimal() else "_")
        ]
        return replace(value, factors=tuple(spread))
    return mapped(value, _digits)


def _merged(corners: tuple[Any, Any, Any, Any], last: dict[str, set[str]]) -> tuple[Any, dict[str, set[str]]]:
    """What is the same in the four corners, with letters for the numbers of row and column; and the last numbers."""
    made = _merge(corners, last)
    if any(len(letters) > 1 for letters in last.values()):
        raise _UnlikeError
    return made, last


def _merge(corners: tuple[Any, ...], last: dict[str, set[str]]) -> Any:
    first = corners[0]
    if all(other == first for other in corners):
        return first
    if all(isinstance(one, tuple) and len(one) == len(first) for one in corners):
        return tuple(_merge(parts, last) for parts in zip(*corners, strict=True))
    texts = tuple(_leaf(one) for one in corners)
    if None not in texts:
        above, right, below, _ = texts
        for way, place, end in (("row", f"{customs.ROW}§", below), ("column", f"{customs.COLUMN}§", right)):
            expected = ("1", "1", end, end) if way == "row" else ("1", end, "1", end)
            if above == "1" and texts == expected and end is not None and not end.isdecimal():
                last[way].add(end)
                return NameMark(0, 0, place)
        raise _UnlikeError
    if len({type(one) for one in corners}) > 1 or not isinstance(first, Mark):
        raise _UnlikeError
    names = [name for name in first.__dataclass_fields__ if name not in ("start", "end")]
    return replace(first, **{name: _merge(tuple(getattr(one, name) for one in corners), last) for name in names})


def _leaf(mark: Any) -> str | None:
    if isinstance(mark, Numeral):
        return mark.text
    return mark.stem if isinstance(mark, NameMark) and not mark.dressed else None


def _check(cell: SumMark, entry: Any, row: Mark | None, column: Mark | None) -> None:
    """Raise where what stands in a row and a column is not the entry there."""
    if _put(_put(entry, f"{customs.ROW}§", row), f"{customs.COLUMN}§", column) != cell:
        raise _UnlikeError


def _put(value: Any, letter: str, by: Mark | None) -> Any:
    if isinstance(value, NameMark) and value.stem == letter:
        return by
    return mapped(value, lambda part: _put(part, letter, by))


def _entered(value: Any) -> Any:
    """The entry with the letters of row and column apart from the step; raises where they stand anywhere else."""
    if isinstance(value, NameMark) and value.stem in _PLACES:
        raise _UnlikeError
    if isinstance(value, ScriptedMark) and value.below is not None:
        entry, kept = list[str](), list[Any]()
        for cells in ((chain,) for chain in value.below):
            marks = cells[0].sides[0].terms[0][1].factors if len(cells[0].sides) == 1 else ()
            places = [_PLACES[mark.stem] for mark in marks if isinstance(mark, NameMark) and mark.stem in _PLACES]
            if places and len(places) == len(marks):
                entry += places
            else:
                kept += [_entered(chain) for chain in cells]
        if entry:
            rest = replace(value, below=tuple(kept) or None, entry=tuple(entry))
            return replace(rest, base=_entered(value.base), above=_entered(value.above))
    return mapped(value, _entered)


# --------------------------------------------------------------------------------------------------- names


def _told_entries(document: Document) -> Iterator[tuple[Glyph, Glyph]]:
    """The letters of which the words say that they are the entries of another: a_{ij} are the entries of A."""
    for item in document.items:
        found = _ENTRIES_OF.match(item.after) if isinstance(item, Inline) else None
        if found is None:
            continue
        try:
            small, large = (single(parse_formula(text)) for text in (item.formula.text, found["of"]))
        except Unreadable:
            continue
        if isinstance(small, ScriptedMark) and isinstance(small.base, NameMark) and isinstance(large, NameMark):
            yield small.base.glyph, large.glyph


def _small_letters(told: Sequence[Cells], inside: Sequence[EntryMatrix]) -> Iterator[tuple[Glyph, Glyph]]:
    """By custom a_{ij} is an entry of A, where the note has an A and no other a."""
    entries = [mark for mark in walk_marks(tuple(inside)) if isinstance(mark, ScriptedMark) and len(mark.entry) == 2]
    outside = {mark.glyph for mark in _outside(tuple(told))}
    for stem, dressed in {mark.base.glyph for mark in entries if isinstance(mark.base, NameMark)}:
        large = stem.upper(), dressed
        if stem.islower() and large in outside and (stem, dressed) not in outside:
            yield (stem, dressed), large


def _outside(part: Any) -> Iterator[NameMark]:
    """The letters that stand in no matrix."""
    if isinstance(part, tuple):
        for inner in part:
            yield from _outside(inner)
    elif isinstance(part, NameMark):
        yield part
    elif isinstance(part, Mark) and not isinstance(part, (Matrix, EntryMatrix)):
        yield from _outside(tuple(getattr(part, name) for name in part.__dataclass_fields__))


def _renamed(value: Any, names: dict[Glyph, Glyph]) -> Any:
    """Marks with the entries of a matrix below the letter of the matrix."""
    value = mapped(value, lambda part: _renamed(part, names))
    if isinstance(value, ScriptedMark) and len(value.entry) == 2 and isinstance(value.base, NameMark):
        stem, dressed = names.get(value.base.glyph, value.base.glyph)
        return replace(value, base=replace(value.base, stem=stem, dressed=dressed))
    return value
