r"""Networks without steps, z = W x + b: what is no weight is at one step, the same for all, which stands nowhere.

>>> from symbptt.reader.differentials import parse_formula
>>> made = [*parse_formula(r"z = W x + b"), *parse_formula(r"L = \frac{1}{2} (z - y)^2")]
>>> sorted(stem for stem, _, _ in without_weights(made))
['L', 'x', 'y', 'z']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from symbptt.errors import Unreadable
from symbptt.functions import row_called
from symbptt.page.notation import NOW
from symbptt.reader import customs
from symbptt.reader.differentials import parse_formula
from symbptt.reader.grammar import (
    BIG,
    EQUAL,
    Chain,
    NameMark,
    ScriptedMark,
    Sign,
    mapped,
    mark_at,
    names_in,
    walk_marks,
)
from symbptt.reader.letters import index_in, label_in
from symbptt.reader.statements import Statement, rewrite

_WEIGHTS = frozenset({"w", "b", "v", "theta", "vartheta", "omega", "beta", "gamma", "alpha", "lambda", "eta"})


class Name(NamedTuple):
    """A letter by its stem, its accents and fonts, and its label."""

    stem: str
    dressed: tuple[str, ...]
    label: str


def tell_now(statements: Sequence[Statement]) -> None:
    """Let the letters of a network without steps that are no weights be at one step, which stands nowhere."""
    every = tuple(chain for one in statements for chain in (*one.chains, *one.parsed))
    if _has_steps(every):
        return
    made = without_weights(chain for one in statements if one.counts for chain in one.chains)
    if made:
        rewrite(statements, lambda formulas: [_at_now(cells, made) for cells in formulas])


def _has_steps(chains: Sequence[Chain]) -> bool:
    """Whether anything in formulas may be a step: t, what a Σ runs over, the number of a state with one weight."""
    scripts = [mark.below for mark in walk_marks(chains) if isinstance(mark, ScriptedMark) and mark.below]
    if any(isinstance(mark, Sign) and mark.text in BIG for mark in walk_marks(chains)):
        return True
    indices = [index for cells in scripts if (index := index_in(cells)) is not None]
    if any(
        index.terms and (index.constant or not {customs.STEP, customs.LAST}.isdisjoint(index.letters()))
        for index in indices
    ):
        return True
    for chain in chains:
        left = _name(mark_at(chain, 0))
        right = [name for mark in names_in(chain.sides[1:]) if (name := _name(mark)) is not None]
        again = left is not None and any(name.stem == left.stem and name.label != left.label for name in right)
        if again and any(name.stem.isupper() and not name.label for name in right):
            return True
    return False


def without_weights(chains: Iterable[Chain]) -> frozenset[Name]:
    """The letters that are data, or made of data; none where a page defines no letter."""
    uses: dict[Name, set[Name]] = {}
    for chain in chains:
        left = mark_at(chain, 0)
        if chain.continued or not chain.relations or chain.relations[0] not in EQUAL or (name := _name(left)) is None:
            continue
        right = {other for mark in names_in(chain.sides[1:]) if (other := _name(mark)) is not None}
        uses.setdefault(name, set()).update(right - {name})
    leaves = {name for right in uses.values() for name in right if name not in uses and row_called(name.stem) is None}
    found = data = {name for name in leaves if _is_data(name)}
    while more := {name for name, right in uses.items() if name not in found and right & found}:
        found = found | more
    return frozenset(found) if found != data else frozenset()


def _is_data(name: Name) -> bool:
    """Whether a letter that nothing defines is an input or a target and no weight."""
    return name.stem in customs.INPUTS or (name.stem not in _WEIGHTS and not name.stem[:1].isupper())


def _name(mark: object) -> Name | None:
    """The letter that a mark is, with the label below it; None for anything else."""
    base = mark.base if isinstance(mark, ScriptedMark) else mark
    if not isinstance(base, NameMark) or base.stem in (
        *customs.ENTRYWISE,
        *customs.LOSS_FUNCTIONS,
        customs.TRANSPOSE,
        customs.TOP,
    ):
        return None
    if not isinstance(mark, ScriptedMark):
        return Name(*base.glyph, "")
    try:
        return Name(*base.glyph, mark.label or label_in(mark.below or ()))
    except Unreadable:
        return None


_STEP = parse_formula(rf"\mathrm{{{NOW}}}")


def _at_now(value: Any, made: frozenset[Name]) -> Any:
    """Marks with these letters at their step."""
    name = _name(value)
    if isinstance(value, ScriptedMark) and name is not None:
        kept = mapped(value, lambda part: part if part is value.base else _at_now(part, made))
        return replace(kept, below=_STEP, label=name.label) if name in made else kept
    if isinstance(value, NameMark) and name in made:
        return ScriptedMark(value.start, value.end, value, _STEP, (), 0)
    return mapped(value, lambda part: _at_now(part, made))
