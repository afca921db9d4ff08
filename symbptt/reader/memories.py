r"""Letters that are losses by custom and states on a page: the C of an LSTM, C_t = f_t \odot C_{t-1} + i_t \odot g_t.

>>> from symbptt.reader.differentials import parse_formula
>>> states_among(parse_formula(r"C_t = f_t \odot C_{t-1} + i_t"))
frozenset({'C'})
>>> states_among(parse_formula(r"L_t = \gamma * L_{t-1} + \ell(h_t)"))
frozenset()
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from symbptt.reader import customs
from symbptt.reader.differentials import Derivative, argument
from symbptt.reader.grammar import (
    EQUAL,
    Chain,
    Glyph,
    Mark,
    NameMark,
    ProductMark,
    ScriptedMark,
    has_norm,
    is_sign,
    mapped,
    mark_at,
    only_side,
    walk_marks,
)
from symbptt.reader.statements import Statement, rewrite
from symbptt.reader.wording import wording_of
from symbptt.text.document import Document

_STEMS = frozenset(name for name in customs.LOSSES if len(name) == 1)
_GATES = (r"\odot", r"\circ", r"\otimes", "*", r"\ast")
_SQUASHING = frozenset({*customs.ACTIVATIONS, "tanh", "sigmoid"})
_OTHER_LETTERS = frozenset({"mathcal", "mathscr", "mathfrak", "mathbb"})


def tell_memories(statements: Sequence[Statement]) -> frozenset[str]:
    """Let what is a state on this page be no loss by custom; the stems of these letters."""
    found = states_among(chain for one in statements if one.counts for chain in one.chains)
    stems = frozenset(stem for stem in found if not any(_stands_alone(one, stem) for one in statements))
    if stems:
        rewrite(statements, lambda formulas: [as_states(stems, cells) for cells in formulas])
    return stems


def tell_losses(document: Document, statements: Sequence[Statement]) -> frozenset[str]:
    """Let what words call the loss, the cost or the objective be one: a letter that is differentiated, not applied."""
    every = tuple((one.chains, one.parsed, one.sides) for one in statements)
    applied = {
        head.stem
        for term in walk_marks(every)
        if isinstance(term, ProductMark)
        for head, behind in pairwise(term.factors)
        if isinstance(head, NameMark) and argument(behind) is not None
    }
    tops = {
        base.stem
        for mark in walk_marks(every)
        if isinstance(mark, Derivative) and isinstance(base := _base(mark.of.factors[0]), NameMark)
    }
    indices = {mark.stem for one in walk_marks(every) if isinstance(one, ScriptedMark) for mark in _names_below(one)}
    recurs = {
        base.stem
        for one in statements
        for chain in one.chains
        if isinstance(base := _base(mark_at(chain, 0)), NameMark)
        and any(isinstance(mark, NameMark) and mark.glyph == base.glyph for mark in walk_marks(chain.sides[1:]))
    }
    stems = frozenset(
        stem
        for inline in document.inlines
        if (found := _LETTER.fullmatch(inline.formula.text)) is not None
        and (stem := found["stem"]) not in customs.LOSSES
        and stem in tops - applied - indices - recurs
        and (_CALLED.search(inline.before) or _IS_CALLED.match(inline.after))
        and wording_of(inline).how not in ("denied", "limited", "supposed")
    )
    if stems:
        rewrite(statements, lambda formulas: [as_losses(stems, cells) for cells in formulas])
    return stems


_LETTER = re.compile(r"\s*\\?(?P<stem>[A-Za-z]+)\s*")
_CALLED = re.compile(
    r"\b(?:the|our|a|total|overall)\s+(?:loss|cost|objective)(?:\s+function)?\s*"
    r"(?:(?:is|called|denoted by|is denoted by)\s*)?\Z",
    re.IGNORECASE,
)
_IS_CALLED = re.compile(
    r"\s*(?:is|denotes|be)\s+(?:the|our|a)\s+(?:total\s+|overall\s+)?(?:loss|cost|objective)(?:\s+function)?\s*(?:[.,;)]|\Z)"
)


def _base(mark: Mark | None) -> Mark | None:
    return mark.base if isinstance(mark, ScriptedMark) else mark


def _names_below(mark: ScriptedMark) -> Iterator[NameMark]:
    return (name for name in walk_marks(mark.below or ()) if isinstance(name, NameMark))


def as_losses(stems: frozenset[str], value: Any) -> Any:
    """Marks in which these letters are losses; in a label they are none."""
    if isinstance(value, NameMark):
        return (
            replace(value, stem=value.stem + customs.CALLED_LOSS) if value.glyph in {(s, ()) for s in stems} else value
        )
    if isinstance(value, ScriptedMark):
        below = value.below
        return replace(mapped(replace(value, below=None), lambda part: as_losses(stems, part)), below=below)
    return mapped(value, lambda part: as_losses(stems, part))


def states_among(chains: Iterable[Chain]) -> frozenset[str]:
    """The letters that are losses by custom and have a gate, or a function that acts on entries, around themselves."""
    every = tuple(chains)
    inside = {glyph for chain in every for glyph in _squashed(chain)}
    recurs: dict[Glyph, bool] = defaultdict(bool)
    for chain in every:
        left = mark_at(chain, 0)
        if chain.continued or chain.relations[:1] == () or chain.relations[0] not in EQUAL:
            continue
        if (glyph := _glyph(left)) is None or has_norm(chain.sides[1:]) or not isinstance(left, ScriptedMark):
            continue
        own = [mark for mark in walk_marks(chain.sides[1:]) if _glyph(mark) == glyph and _step(mark) != _step(left)]
        recurs[glyph] |= bool(own) and (glyph in inside or any(_is_gated(chain, mark) for mark in own))
        recurs[glyph] |= bool(glyph[1]) and _is_squashed(mark_at(chain, 1), chain)
    return frozenset(stem for (stem, _), is_state in recurs.items() if is_state)


def as_states(stems: frozenset[str], value: Any) -> Any:
    """Marks in which these letters are no losses; in a label, W_C, they are none."""
    if isinstance(value, NameMark):
        is_one = value.stem in stems and not _OTHER_LETTERS.intersection(value.dressed)
        return replace(value, stem=value.stem + customs.NO_LOSS) if is_one else value
    if isinstance(value, ScriptedMark):
        below = value.below
        kept = mapped(replace(value, below=None), lambda part: as_states(stems, part))
        return replace(kept, below=below)
    return mapped(value, lambda part: as_states(stems, part))


def _stands_alone(statement: Statement, stem: str) -> bool:
    """Whether a letter stands without a script anywhere but in a label: it is then another quantity too."""

    found: list[NameMark] = []

    def look(value: Any) -> Any:
        if isinstance(value, NameMark):
            found.append(value)
        elif isinstance(value, ScriptedMark):
            has_script = isinstance(value.base, NameMark) and value.below is not None
            mapped(value.above if has_script else (value.base, value.above), look)
        else:
            mapped(value, look)
        return value

    look((statement.chains, statement.parsed, statement.sides))
    return any(mark.stem == stem and not _OTHER_LETTERS.intersection(mark.dressed) for mark in found)


def _glyph(mark: Mark | None) -> Glyph | None:
    """The letter with a script below it that a mark is, where it is a loss by custom."""
    base = mark.base if isinstance(mark, ScriptedMark) and mark.below is not None else None
    is_one = isinstance(base, NameMark) and base.stem in _STEMS and not _OTHER_LETTERS.intersection(base.dressed)
    return base.glyph if isinstance(base, NameMark) and is_one else None


def _step(mark: Mark) -> list[str]:
    """What stands below a letter, without its places."""
    below = mark.below if isinstance(mark, ScriptedMark) else ()
    return [str(getattr(part, "stem", getattr(part, "text", ""))) for part in walk_marks(below)]


def _is_gated(chain: Chain, mark: Mark) -> bool:
    """Whether a letter is multiplied entry by entry with another one that has a step."""
    for term in (term for term in walk_marks(chain.sides[1:]) if isinstance(term, ProductMark)):
        for at, sign in enumerate(term.factors[1:-1], 1):
            beside = (term.factors[at - 1], term.factors[at + 1])
            if is_sign(sign, *_GATES) and mark in beside:
                other = beside[1] if beside[0] is mark or beside[0] == mark else beside[0]
                if isinstance(other, ScriptedMark) and isinstance(other.base, NameMark) and other.below is not None:
                    return True
    return False


def _squashed(chain: Chain) -> Iterable[Glyph]:
    """The letters in the argument of an activation."""
    for term in (term for term in walk_marks(chain) if isinstance(term, ProductMark)):
        for name, behind in zip(term.factors, term.factors[1:], strict=False):
            base = name.base if isinstance(name, ScriptedMark) else name
            if isinstance(base, NameMark) and base.stem in _SQUASHING:
                yield from (glyph for mark in walk_marks(behind) if (glyph := _glyph(mark)) is not None)


def _is_squashed(mark: Mark | None, chain: Chain) -> bool:
    """Whether the right side of a chain is an activation of a sum or a product."""
    (sign, term), *more = chain.sides[1].terms
    if sign or more or mark is not None or len(term.factors) != 2:
        return False
    head, group = term.factors[0], argument(term.factors[1])
    base = head.base if isinstance(head, ScriptedMark) else head
    side = only_side(group.cells) if group is not None else None
    computed = side is not None and (len(side.terms) > 1 or len(side.terms[0][1].factors) > 1)
    return isinstance(base, NameMark) and base.stem in _SQUASHING and computed
