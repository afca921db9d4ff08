r"""Letters for a number of steps, as the τ of a loss that begins after a burn-in, L = Σ_{t=τ+1}^T L_t, as that number.

Such a letter is no index that a definition could have: it is :data:`LENGTH` where the note gives it no number, and that
is said, in each row too.

>>> from symbptt.reader.differentials import parse_formula
>>> length_letter([*parse_formula(r"E = \sum_{t=\tau+1}^{T} E_t")])
'tau'
>>> length_letter([*parse_formula(r"E_k = \sum_{t=k}^{T} e_t"), *parse_formula(r"E = \sum_{t=1}^{T} E_t")])
''
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from symbptt.errors import Unreadable
from symbptt.reader.grammar import (
    BIG,
    Cells,
    Chain,
    NameMark,
    Numeral,
    ScriptedMark,
    as_cells,
    is_sign,
    mapped,
    mark_at,
    walk_marks,
)
from symbptt.reader.letters import index_in
from symbptt.reader.statements import Statement, rewrite

LENGTH, MOST = 2, 3
"""The number that such a letter is where the note gives it none, and the largest that is taken from a note."""


def length_letter(chains: Iterable[Chain]) -> str:
    """The letter that a bound of a Σ has in the definition of a letter without a step; empty where there is not one."""
    found: set[str] = set()
    for chain in chains:
        if chain.relations and not chain.continued and isinstance(mark_at(chain, 0), NameMark):
            counters, bounds = _bounds(chain)
            found |= {name for name in bounds - counters if not name.isupper()}
    return found.pop() if len(found) == 1 else ""


def tell_lengths(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Let such a letter be its number wherever no Σ or Π runs over it, and say so."""
    letter = length_letter(chain for one in statements if one.counts for chain in one.chains)
    numbers = {number for one in statements if one.counts for number in _given(one, letter)}
    if not letter or len(numbers) > 1 or max(numbers, default=LENGTH) > MOST:
        return ()
    number = numbers.pop() if numbers else LENGTH
    for statement in statements:
        if letter in _bounds(statement.parsed)[0] or any(_given(statement, letter)):
            continue
        rewrite([statement], lambda formulas: [_with(cells, letter, number) for cells in formulas])
        statement.conditions = tuple((_with(chain, letter, number), rest) for chain, rest in statement.conditions)
    return (f"{letter} = {number}",)


def _bounds(part: object) -> tuple[set[str], set[str]]:
    """The letters that each Σ and Π runs over, and those where it begins, or ends before a last step."""
    counters, bounds = set[str](), set[str]()
    for mark in walk_marks(part):
        if isinstance(mark, ScriptedMark) and is_sign(mark.base, *BIG) and mark.below:
            # In 1 <= t <= T it stands between the signs.
            counted = mark_at(mark.below[0], 1 if len(mark.below[0].sides) > 2 else 0)
            counters |= {counted.stem} if isinstance(counted, NameMark) else set()
            # What a sum over entries ends at is their number.
            ends = [letters for letters in map(_letters, mark.above) if any(name.isupper() for name in letters)]
            bounds |= _letters(mark.below).union(*ends)
    return counters, bounds


def _letters(cells: Cells) -> set[str]:
    """The letters in the sides of a bound."""
    found: set[str] = set()
    for side in (side for chain in cells for side in chain.sides):
        try:
            index = index_in(as_cells(side))
        except Unreadable:
            continue  # it is reported where the bound is read
        found |= index.letters() if index is not None else set()
    return found


def _given(statement: Statement, letter: str) -> Iterator[int]:
    """The numbers that a statement gives a letter."""
    for chain in statement.chains:
        left, right = mark_at(chain, 0), mark_at(chain, 1) if len(chain.sides) == 2 else None
        if isinstance(left, NameMark) and left.glyph == (letter, ()) and isinstance(right, Numeral):
            yield int(right.text) if right.text.isdecimal() else MOST + 1


def _with(value: Any, letter: str, number: int) -> Any:
    """Marks with a number in place of a letter."""
    if isinstance(value, NameMark) and value.glyph == (letter, ()):
        return Numeral(value.start, value.end, str(number))
    return mapped(value, lambda part: _with(part, letter, number))
