r"""Arguments on the left of the definition of a function, f(x) = \tanh(x): they are bound, whatever x is elsewhere.

Where the page has another letter of that name with a script, x_t, the argument is written as a letter that stands
nowhere. What a loss is printed with, J(W, b), is no argument: that is J.

>>> from symbptt.reader.differentials import parse_formula
>>> (chain,) = parse_formula(r"f'(x) = 1 - f(x)^2")
>>> [mark.stem for mark in walk_marks(_bound(chain, frozenset({("x", ())}), ["a"])) if isinstance(mark, NameMark)]
['f', 'a', 'f', 'a']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from symbptt.reader import customs
from symbptt.reader.differentials import argument, is_call
from symbptt.reader.grammar import (
    Chain,
    Glyph,
    Group,
    Mark,
    NameMark,
    ProductMark,
    ScriptedMark,
    is_equation,
    mapped,
    single,
    walk_marks,
    with_parts,
)
from symbptt.reader.statements import Statement, rewrite


def tell_dummies(statements: Sequence[Statement]) -> None:
    """Let what functions have for arguments where they are defined be letters that stand nowhere else."""
    marks = list(walk_marks(tuple((one.chains, one.parsed, one.sides) for one in statements)))
    scripted = {
        mark.base.glyph
        for mark in marks
        if isinstance(mark, ScriptedMark) and isinstance(mark.base, NameMark) and mark.below is not None
    }
    used = {mark.stem for mark in marks if isinstance(mark, NameMark)}
    spare = [name for name in customs.SPARE_ARGUMENTS if name not in used]
    for one in statements:
        one.chains, one.parsed = (
            tuple(_bound(chain, scripted, spare) for chain in chains) for chains in (one.chains, one.parsed)
        )
        if one.sides and one.sides[0]:
            renamed = _renamed(one.sides[0][0], scripted, spare)
            one.sides = tuple(_with(renamed, cells) for cells in one.sides)


def _bound(chain: Chain, scripted: Collection[Glyph], spare: Sequence[str]) -> Chain:
    """A chain with other names for the arguments on its left."""
    renamed = _renamed(chain, scripted, spare)
    bound: Chain = _with(renamed, chain)
    return bound


def _renamed(chain: Chain, scripted: Collection[Glyph], spare: Sequence[str]) -> Mapping[Glyph, str]:
    """The arguments of the function on the left that are letters with scripts elsewhere, each with its other name."""
    (sign, term), *more = chain.sides[0].terms
    if not is_equation(chain) or sign or more:
        return {}
    if len(term.factors) != 2 or not is_call(*term.factors):
        return {}
    head, group = term.factors[0], argument(term.factors[1])
    base = head.base if isinstance(head, ScriptedMark) else head
    if not isinstance(base, NameMark) or base.stem not in customs.FUNCTIONS or base.stem in customs.LOSSES:
        return {}
    cells = group.cells if group is not None else ()
    letters = [mark.glyph for cell in cells if isinstance(mark := single((cell,)), NameMark)]
    if len(letters) < len(cells) or len(set(letters)) < len(letters):
        return {}
    inside = {
        mark.base.glyph
        for mark in walk_marks(chain)
        if isinstance(mark, ScriptedMark) and isinstance(mark.base, NameMark) and mark.below is not None
    }
    bound = [glyph for glyph in letters if glyph in scripted]
    return {} if inside.intersection(letters) or len(bound) > len(spare) else dict(zip(bound, spare, strict=False))


def _with(renamed: Mapping[Glyph, str], value: Any) -> Any:
    """Marks with these letters by their other names."""
    if not renamed:
        return value
    if isinstance(value, NameMark):
        return replace(value, stem=renamed[value.glyph], dressed=()) if value.glyph in renamed else value
    return mapped(value, lambda part: _with(renamed, part))


def drop_listed(statements: Sequence[Statement]) -> None:
    """Let a loss that is defined be that letter where it is printed with what it depends on: J(W, b) is J."""
    chains = [chain for one in statements if one.counts for chain in (*one.parsed, *one.chains)]
    every = tuple((one.chains, one.parsed, one.sides) for one in statements)
    calls = [call for term in walk_marks(every) if isinstance(term, ProductMark) for call in _calls(term)]
    stems = Counter(mark.glyph for mark in walk_marks(every) if isinstance(mark, NameMark))
    inside = Counter(
        mark.glyph
        for _, group in calls
        for mark in walk_marks(group)
        if mark is not group and isinstance(mark, NameMark)
    )
    told: dict[Glyph, set[tuple[Glyph, ...]]] = {}
    for chain in chains:
        (sign, term), *more = chain.sides[0].terms
        head = term.factors[0]
        if isinstance(head, NameMark) and is_equation(chain) and not (sign or more) and len(term.factors) <= 2:
            lists = [_letters(group) for glyph, group in _calls(term) if glyph == head.glyph]
            if len(lists) == len(term.factors) - 1:
                told.setdefault(head.glyph, set()).update(found for found in lists if found is not None)
    known = {
        glyph
        for glyph, lists in told.items()
        if len(lists) < 2
        and all(
            (letters := _letters(group)) is not None
            and all(letters == listed for listed in lists)
            and all(stems[one] > inside[one] or one[0] in customs.ANY_WEIGHT for one in letters)
            for of, group in calls
            if of == glyph
        )
    }
    if known:
        rewrite(statements, lambda formulas: [_without_lists(known, cells) for cells in formulas])


def _calls(term: ProductMark) -> Iterator[tuple[Glyph, Mark]]:
    """The losses without scripts in a product that stand before a parenthesis, each with that."""
    for head, behind in pairwise(term.factors):
        if isinstance(head, NameMark) and head.stem in customs.LOSSES and argument(behind) is not None:
            yield head.glyph, behind


def _letters(group: Mark) -> tuple[Glyph, ...] | None:
    """The letters without scripts that a parenthesis lists, in their order; None where it holds anything else."""
    cells = group.cells if isinstance(group, Group) else ()
    letters = tuple(mark.glyph for cell in cells if isinstance(mark := single((cell,)), NameMark))
    return letters if len(letters) == len(cells) > 0 else None


def _without_lists(known: Collection[Glyph], value: Any) -> Any:
    """Marks without the parentheses behind these letters."""
    if isinstance(value, ProductMark):
        listed = [group for glyph, group in _calls(value) if glyph in known]
        kept = tuple(mark for mark in value.factors if not any(mark is group for group in listed))
        value = with_parts(value, factors=kept)
    return mapped(value, lambda part: _without_lists(known, part))
