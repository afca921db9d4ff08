r"""Networks without steps, z = W x + b: what is no weight is at one step, the same for all, which stands nowhere.

>>> from symbptt.reader.differentials import parse_formula
>>> made = [*parse_formula(r"z = W x + b"), *parse_formula(r"L = \frac{1}{2} (z - y)^2")]
>>> sorted(stem for stem, _, _ in without_weights(made))
['L', 'x', 'y', 'z']
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from symbptt.errors import Unreadable
from symbptt.functions import row_called
from symbptt.page.notation import NOW
from symbptt.reader import customs
from symbptt.reader.differentials import is_call, parse_formula
from symbptt.reader.grammar import (
    BIG,
    Chain,
    Glyph,
    NameMark,
    ProductMark,
    ScriptedMark,
    is_equation,
    is_sign,
    mapped,
    mark_at,
    names_in,
    walk_marks,
)
from symbptt.reader.letters import index_in, label_in
from symbptt.reader.statements import Statement, rewrite, settle_entries

_NO_LETTERS = frozenset(customs.FUNCTIONS) - {*customs.MAPS} | {
    *customs.WITHOUT_NOTATION,
    customs.TRANSPOSE,
    customs.TOP,
    customs.DIAGONAL,
    customs.VEC,
}


_LISTING = frozenset(customs.LOSSES) - frozenset(customs.LOSS_FUNCTIONS)
"""Losses that may be printed with what they depend on."""


class Name(NamedTuple):
    """A letter by its stem, its accents and fonts, and its label."""

    stem: str
    dressed: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Now:
    """The letters of a network without steps that are no weights, and what counts entries in it."""

    letters: frozenset[Name] = frozenset()
    entries: frozenset[str] = frozenset()

    def told(self, value: Any) -> Any:
        """A mark, or a tuple of marks, with these letters at their step."""
        name = _name(value, self.entries) if self.letters else None
        if isinstance(value, ScriptedMark) and name is not None:
            kept = mapped(value, lambda part: part if part is value.base else self.told(part))
            counted = _counted(value, self.entries)
            if counted:
                return replace(kept, below=_STEP if name in self.letters else None, entry=counted)
            return replace(kept, below=_STEP, label=name.label) if name in self.letters else kept
        if isinstance(value, NameMark) and name in self.letters:
            return ScriptedMark(value.start, value.end, value, _STEP, (), 0)
        return mapped(value, self.told) if self.letters else value


def tell_now(statements: Sequence[Statement]) -> Now:
    """Let the letters of a network without steps that are no weights be at one step, which stands nowhere."""
    every = tuple(chain for one in statements for chain in (*one.chains, *one.parsed))
    entries = frozenset(_entries(every))
    if _has_steps(every, entries):
        return Now()
    for statement in statements:
        settle_entries(statement, entries)
    applied = {
        one.stem
        for mark in walk_marks(every)
        if isinstance(mark, ProductMark)
        for one, other in itertools.pairwise(mark.factors)
        if isinstance(one, NameMark) and one.stem in (*customs.MAPS, *_LISTING) and is_call(one, other)
    }
    if not applied.isdisjoint(_LISTING):
        # Of what else than its definition says J(2 W, b) is, is not read.
        return Now()
    made = without_weights((chain for one in statements if one.counts for chain in one.chains), entries)
    now = Now(frozenset(name for name in made if name.stem not in applied), entries)
    rewrite(statements, lambda formulas: [now.told(cells) for cells in formulas])
    return now


def _entries(chains: Sequence[Chain]) -> Iterator[str]:
    """The letters that count entries: below letters that stand without them too, or with two of them in one formula."""
    bare = {mark.base.glyph for mark in _scripted(chains) if mark.below is None and isinstance(mark.base, NameMark)}
    scripted = {id(mark.base) for mark in walk_marks(chains) if isinstance(mark, ScriptedMark)}
    bare |= {mark.glyph for mark in walk_marks(chains) if isinstance(mark, NameMark) and id(mark) not in scripted}
    for chain in chains:
        below: dict[Glyph, set[str]] = {}
        for mark in _scripted((chain,)):
            label = _label(mark)
            if label and isinstance(mark.base, NameMark) and set(label) <= {*customs.COUNTERS, "n"} - {customs.LAST}:
                below.setdefault(mark.base.glyph, set()).update(label)
                if mark.base.glyph in bare:
                    yield from label
        for letters in below.values():
            yield from letters if len(letters) > 1 else ()


def _scripted(chains: Sequence[Chain]) -> Iterator[ScriptedMark]:
    return (mark for mark in walk_marks(chains) if isinstance(mark, ScriptedMark))


def _has_steps(chains: Sequence[Chain], entries: frozenset[str]) -> bool:
    """Whether anything in formulas may be a step: t, what a Σ runs over, the number of a state with one weight."""
    for mark in _scripted(chains):
        index = index_in(mark.below) if mark.below else None
        if is_sign(mark.base, *BIG):
            counted = mark_at(mark.below[0], 0) if mark.below else None
            if not (isinstance(counted, NameMark) and counted.stem in entries):
                return True
        elif index is not None and index.terms:
            letters = index.letters()
            if index.constant or not {customs.STEP, customs.LAST}.isdisjoint(letters):
                return True
    for chain in chains:
        head = mark_at(chain, 0)
        left = _name(head, entries)
        if isinstance(head, ScriptedMark) and _counted(head, entries):
            bare = (mark for mark in names_in(chain.sides[1:]) if isinstance(mark, NameMark))
            if any(mark.stem[:1].isupper() for mark in bare):
                # In z_i = W x_i with a whole matrix i is an example.
                return True
        right = [name for mark in names_in(chain.sides[1:]) if (name := _name(mark, entries)) is not None]
        again = left is not None and any(name.stem == left.stem and name.label != left.label for name in right)
        if again and any(name.stem.isupper() and not name.label for name in right):
            return True
    return False


def without_weights(chains: Iterable[Chain], entries: frozenset[str] = frozenset()) -> frozenset[Name]:
    """The letters that are data, or made of data; where nothing is, the losses."""
    uses: dict[Name, set[Name]] = {}
    for chain in chains:
        left = _name(mark_at(chain, 0), entries)
        if not is_equation(chain) or left is None:
            continue
        right = {other for mark in names_in(chain.sides[1:]) if (other := _name(mark, entries)) is not None}
        uses.setdefault(left, set()).update(right - {left})
    leaves = {name for right in uses.values() for name in right if name not in uses and row_called(name.stem) is None}
    found = data = {name for name in leaves if name.stem not in entries and _is_data(name)}
    while more := {name for name, right in uses.items() if name not in found and right & found}:
        found = found | more
    return frozenset(found) if found != data else frozenset(name for name in uses if name.stem in customs.LOSSES)


def _is_data(name: Name) -> bool:
    """Whether a letter that nothing defines is an input or a target and no weight."""
    return name.stem in customs.INPUTS or (name.stem not in customs.PARAMETERS and not name.stem[:1].isupper())


def _name(mark: object, entries: frozenset[str]) -> Name | None:
    """The letter that a mark is, with the label below it; None for anything else."""
    base = mark.base if isinstance(mark, ScriptedMark) else mark
    if not isinstance(base, NameMark) or base.stem in _NO_LETTERS:
        return None
    if not isinstance(mark, ScriptedMark) or _counted(mark, entries):
        return Name(*base.glyph, "")
    label = mark.label or _label(mark)
    return Name(*base.glyph, label) if label is not None else None


def _label(mark: ScriptedMark) -> str | None:
    """What stands below a letter; None for more than letters and digits."""
    try:
        return label_in(mark.below or ())
    except Unreadable:
        return None


def _counted(mark: ScriptedMark, entries: frozenset[str]) -> tuple[str, ...]:
    """What counts the entries of a letter, where something does."""
    return tuple(label) if (label := _label(mark)) and set(label) <= entries else ()


_STEP = parse_formula(rf"\mathrm{{{NOW}}}")
