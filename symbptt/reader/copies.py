r"""Copies of a weight, one for each step: with W_t = W for every t, or told so in words, W_t is W.

A derivative in W_k is then one in the copy that step k uses.

>>> from symbptt.reader.differentials import parse_formula
>>> told, = parse_formula(r"W_1 = W_2 = \dots = W_T = W")
>>> equal_copies(told)
('W', ())
>>> chains = with_copies(frozenset({("W", ())}), parse_formula(r"\frac{\partial h_t}{\partial W_k} = W_t"))
>>> chains[0].sides[1].terms[0][1].factors[0].stem
'W'
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from symbptt.errors import Unreadable
from symbptt.reader.differentials import Derivative, parse_formula
from symbptt.reader.grammar import (
    Cells,
    Chain,
    Glyph,
    Group,
    Mark,
    NameMark,
    ScriptedMark,
    as_cells,
    is_dots,
    is_transpose,
    mapped,
    mark_at,
    single,
    walk_marks,
)
from symbptt.reader.letters import index_in
from symbptt.reader.statements import NOT_INTRODUCED, Statement, rewrite, where_said
from symbptt.reader.wording import wording_of
from symbptt.text.document import Document, Inline

_EVERY = re.compile(r"\s*,?\s*(?:for|at)\s+(?:all|every|each|any)\b")
_BEHIND = re.compile(r"[^.;]{0,60}\bcop(?:y|ies)\s+of\b")
_BEFORE = re.compile(r"\bcop(?:y|ies)\s*\Z")


def tell_copies(document: Document, statements: Sequence[Statement]) -> dict[Glyph, str]:
    """Let the copies of weights that a note speaks of be these weights: these, each with where it says so.

    What the note says of them is no equation of the page.
    """
    told = dict(_in_words(document))
    made = {glyph for statement in statements for chain in statement.chains if (glyph := _defined(chain)) is not None}
    for statement in statements:
        alike = [equal_copies(chain) for chain in statement.chains]
        if not alike or None in alike or not _is_said(statement):
            continue
        if made.intersection(alike):
            continue
        told |= {glyph: where_said(statement.item) for glyph in alike if glyph is not None}
        _pass_over(statement, "each step has its own copy of a weight")
    if told:
        rewrite(statements, lambda formulas: [with_copies(frozenset(told), cells) for cells in formulas])
    return told


def tie_layers(statements: Sequence[Statement], letter: str) -> dict[Glyph, str]:
    """Let the weights that are said to be one for every layer, W^{(l)} = W, have no layer: these, each with where.

    A derivative in the weight of one layer alone is not read then.
    """
    tied: dict[Glyph, str] = {}
    for statement in statements if letter else ():
        alike = {equal_copies(chain): chain for chain in statement.chains}
        of_layers = all(
            _layer(mark_at(chain, 0)) == letter or _layer(mark_at(chain, -1)) == letter for chain in alike.values()
        )
        if not alike or None in alike or not of_layers or not _is_said(statement):
            continue
        tied |= {glyph: where_said(statement.item) for glyph in alike if glyph is not None}
        _pass_over(statement, "each layer has the same weight")
    for statement in statements if tied else ():
        if any(isinstance(mark, Derivative) and _is_tied(mark.wrt, tied) for mark in walk_marks(statement.parsed)):
            statement.drop(
                Unreadable("a derivative in the weight of one layer is not read where all layers share it", 0)
            )
    if tied:
        rewrite(statements, lambda formulas: [_untied(cells, tied) for cells in formulas])
    return tied


def _layer(mark: Mark | None) -> str:
    """The letter that a weight has for its layer; empty for any other mark."""
    step = _step(mark) if isinstance(mark, ScriptedMark) else None
    index = index_in(step[0]) if step is not None else None
    return index.name() if index is not None and index.terms and not index.constant else ""


def _is_tied(mark: Mark, tied: Collection[Glyph]) -> bool:
    return isinstance(mark, ScriptedMark) and _copied(mark) in tied


def _untied(value: Any, tied: Collection[Glyph]) -> Any:
    """Marks with these weights without their layers."""
    if isinstance(value, ScriptedMark) and _is_tied(replace(value, above=_scripts(value)), tied):
        assert isinstance(value.base, NameMark)
        kept = tuple(cells for cells in value.above if cells not in _scripts(value))
        return replace(value, above=kept) if kept else value.base
    return mapped(value, lambda part: _untied(part, tied))


def _scripts(mark: ScriptedMark) -> tuple[Cells, ...]:
    """What stands above a letter and may be its layer."""
    return tuple(cells for cells in mark.above if isinstance(single(cells), Group))


def _pass_over(statement: Statement, why: str) -> None:
    """What is said of copies is no equation of the page."""
    if statement.is_display:
        statement.aside = why
    else:
        statement.passed, statement.sides = f"it says that {why}", ()


def _is_said(statement: Statement) -> bool:
    item = statement.item
    said = isinstance(item, Inline) and statement.passed == NOT_INTRODUCED and _EVERY.match(item.after) is not None
    return statement.counts or said


def _in_words(document: Document) -> Iterator[tuple[Glyph, str]]:
    """The letters with a step of which the words around them say that they are copies, each with where."""
    for item in document.items:
        if not isinstance(item, Inline) or item.stands_in:
            continue
        if _BEHIND.match(item.after) is None and _BEFORE.search(item.before) is None:
            continue
        try:
            glyph = _copied(single(parse_formula(item.formula.text)))
        except Unreadable:
            continue
        if glyph is not None and wording_of(item).how not in ("denied", "limited", "supposed"):
            yield glyph, where_said(item)


def equal_copies(chain: Chain) -> Glyph | None:
    """The weight that all sides are copies of; None where they say anything else."""
    marks = [mark_at(chain, place) for place in range(len(chain.sides))]
    if chain.continued or set(chain.relations) != {"="}:
        return None
    plain = {mark.glyph for mark in marks if isinstance(mark, NameMark)}
    copies = {_copied(mark) for mark in marks if not isinstance(mark, NameMark) and not is_dots(mark)}
    return next(iter(plain)) if len(plain) == 1 and copies == plain else None


def _defined(chain: Chain) -> Glyph | None:
    """The letter at a step that stands alone on the left of an equation which says more than that it is one weight."""
    left = mark_at(chain, 0) if chain.relations else None
    return _copied(left) if left is not None and equal_copies(chain) is None else None


def _copied(mark: Mark | None) -> Glyph | None:
    """The letter that a mark is at a step, and nothing else of it."""
    step = _step(mark) if isinstance(mark, ScriptedMark) else None
    if not isinstance(mark, ScriptedMark) or not isinstance(mark.base, NameMark):
        return None
    return mark.base.glyph if step is not None and len(step) == 2 and not step[1] else None


def _step(mark: ScriptedMark) -> tuple[Cells, tuple[Cells, ...]] | None:
    """The one script of a letter that is a step, and the others."""
    # T alone above a letter is the transpose, and below it the last step.
    above = [cells for cells in mark.above if not is_transpose(single(cells)) and _is_index(cells)]
    steps = above if mark.below is None else [mark.below, *above]
    if len(steps) != 1 or mark.primes or not _is_index(steps[0]):
        return None
    inside = single(steps[0])
    cells = inside.cells if isinstance(inside, Group) else steps[0]
    return cells, tuple(other for other in mark.above if other is not steps[0])


def _is_index(cells: Cells) -> bool:
    try:
        return index_in(cells) is not None
    except Unreadable:
        return False  # a number that is too large is reported where the script is read


def with_copies(copied: frozenset[Glyph], value: Any) -> Any:
    """Marks with each copy as its weight, but for derivatives in a copy, which are in that of its step."""
    if isinstance(value, Derivative):
        wrt, of = value.wrt, with_copies(copied, value.of)
        if isinstance(wrt, ScriptedMark) and isinstance(wrt.base, NameMark) and wrt.base.glyph in copied:
            found = _step(wrt)
            if found is not None:
                group = Group(wrt.base.end, wrt.end, "(", found[0])
                wrt = replace(wrt, below=None, above=(as_cells(group), *found[1]))
        return replace(value, of=of, wrt=wrt)
    if isinstance(value, ScriptedMark) and isinstance(value.base, NameMark) and value.base.glyph in copied:
        found = _step(value)
        if found is not None:
            return replace(value, below=None, above=found[1]) if found[1] or value.label else value.base
    return mapped(value, lambda part: with_copies(copied, part))
