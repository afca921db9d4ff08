r"""Letters without a step that are made of the last state, o = V h_T: they are at the last step too.

Where a derivative is taken in such a letter, it needs a place in the computation, and that is the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbptt.page.notation import Index
from symbptt.reader import customs
from symbptt.reader.grammar import Glyph, NameMark, ScriptedMark, as_cells, has_norm, is_sign, mapped, walk_marks
from symbptt.reader.letters import Survey
from symbptt.reader.statements import LetterChain, Statement, letter_chains, rewrite


def put_at_the_last_step(found: Survey, statements: Sequence[Statement]) -> list[str]:
    """Let such letters have the last step below them, in all formulas of a note; their names."""
    said = [one for one in letter_chains(found, [one for one in statements if one.counts]) if _is_open(found, one)]
    taken_in = {key.glyph for key in found.bottoms}
    final: set[Glyph] = set()
    for _ in said:
        more = {one.key.glyph for one in said if _is_final(found, one, final)}
        if more == final:
            break
        final = more
    # What is made of one in which a derivative is taken goes with it.
    moved = final & taken_in
    for _ in said:
        moved |= {one.key.glyph for one in said if moved & _made_of(found, one) and one.key.glyph in final}
    if not moved:
        return []
    rewrite(statements, lambda formulas: [_placed(found.last, moved, cells) for cells in formulas])
    return sorted({one.key.text for one in said if one.key.glyph in moved})


def _is_open(found: Survey, one: LetterChain) -> bool:
    """Whether a letter is given without a step, and is no loss, which has none."""
    plain = not one.key.label and one.key.glyph not in found.timed and one.index is None
    is_loss = one.key.stem in customs.LOSSES or one.statement.of_loss or has_norm(one.chain.sides[1:])
    return plain and not is_loss and one.key not in found.functions


def _is_final(found: Survey, one: LetterChain, final: set[Glyph]) -> bool:
    """Whether it is made of something at the last step or some steps before, of a sum up to there, or of what is."""
    sides, last = one.chain.sides[1:], found.last.letters()
    at_last = any(index is not None and index.letters() == last for _, index in found.names(sides))
    sums = (mark for mark in walk_marks(sides) if isinstance(mark, ScriptedMark) and is_sign(mark.base, r"\sum"))
    above = (name for mark in sums for name in walk_marks(mark.above) if isinstance(name, NameMark))
    return at_last or any(name.stem in last for name in above) or bool(final & _made_of(found, one))


def _made_of(found: Survey, one: LetterChain) -> set[Glyph]:
    return {key.glyph for key, _ in found.names(one.chain.sides[1:])}


def _placed(last: Index, moved: set[Glyph], value: Any) -> Any:
    """Marks with the last step below those letters."""
    name = value.base if isinstance(value, ScriptedMark) else value
    if not isinstance(name, NameMark) or name.glyph not in moved or getattr(value, "below", None) is not None:
        return mapped(value, lambda part: _placed(last, moved, part))
    (step,) = last.letters()
    below = as_cells(NameMark(name.start, name.end, step))
    above, primes = (value.above, value.primes) if isinstance(value, ScriptedMark) else ((), 0)
    return ScriptedMark(value.start, value.end, name, below, above, primes)
