r"""The bounds of a Σ or Π: ``j=i+1`` below and ``t`` above, ``1 \le k \le t`` or ``t \ge i > k`` below."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from symbptt.errors import Unreadable
from symbptt.page.notation import Index
from symbptt.reader import customs
from symbptt.reader.grammar import Cells, Chain, Group, Mark, SumMark, is_dots
from symbptt.reader.letters import LARGEST, affine, index_in

Range: TypeAlias = tuple[Index, Index, Index]
STEP, LAST = Index.letter(customs.STEP), Index.letter(customs.LAST)
"""The index of the steps, and the last step."""


_ORDERS = {
    **dict.fromkeys(("<", "lt"), ("<", 1)),
    **dict.fromkeys((">", "gt"), (">", 1)),
    **dict.fromkeys(("le", "leq", "leqslant"), ("<", 0)),
    **dict.fromkeys(("ge", "geq", "geqslant"), (">", 0)),
}


class Bounds(NamedTuple):
    """The index of a Σ or Π and its bounds; ``word``: the range taken literally, where a shifted index is written."""

    counter: str
    low: Index
    high: Index
    word: Range | None = None


def read_bounds(
    below: Cells | None, above: tuple[Cells, ...], mark: Mark, letters: frozenset[str], last: Index = LAST
) -> Bounds:
    """The index and its bounds; raises :class:`Unreadable` where they cannot be read. All steps end at ``last``."""
    if below is not None and not above and (listed := _listed(below, letters)) is not None:
        return _checked(listed, below[0])
    if below is None or len(below) != 1:
        raise Unreadable("expected one index with its bounds below, such as j=i+1", mark.start)
    (chain,) = below
    if chain.continued:
        raise Unreadable("expected an index before the sign, such as j=i+1", chain.start)
    indices = [affine(side, letters) for side in chain.sides]
    if any(index is None for index in indices):
        raise Unreadable("a bound is not an index: expected sums of indices and whole numbers", chain.start)
    found = [index for index in indices if index is not None]
    if chain.relations == ("=",):
        if len(above) != 1:
            raise Unreadable("it has no upper bound: expected one above, as in \\sum_{t=1}^{T}", mark.end)
        upper = index_in(above[0], letters)
        if upper is None:
            raise Unreadable(
                "the upper bound is not an index: expected a sum of indices and whole numbers", above[0][0].start
            )
        return _checked(_written_for(found[0], found[1], upper, chain), chain)
    if not chain.relations and not above and found[0] == STEP:
        # Σ_t L_t runs over all steps.
        return Bounds(STEP.name(), Index.of(1), last)
    if len(chain.relations) == 1 and not above and (way := order(chain.relations[0])[0]) and not found[0].constant:
        # Σ_{k <= t} runs from the first step on, and Σ_{t > k} up to the last one.
        end, sign = (Index.of(1), r"\le") if way == "<" else (last, r"\ge")
        return _checked(_between_signs(chain, (end, *found), (sign, *chain.relations)), chain)
    if len(chain.relations) == 2 and not above:
        return _checked(_between_signs(chain, found, chain.relations), chain)
    raise Unreadable("it has no bounds: expected j=i+1 below and t above, or 1 \\le j \\le t below", mark.start)


def has_open_end(chain: Chain) -> bool:
    """Whether what stands below a Σ leaves out where it begins or ends: t alone, k <= t, or t > k."""
    return not chain.relations or (len(chain.relations) == 1 and order(chain.relations[0])[0] != "")


def _listed(below: Cells, letters: frozenset[str]) -> Bounds | None:
    r"""The bounds that a list gives, ``k=1,2,\dots,t`` or ``k \in \{1, \dots, t\}``, upwards or downwards."""
    head = below[0]
    if len(head.sides) != 2:
        return None
    group = _only(head.sides[1])
    if head.relations == (r"\in",) and len(below) == 1 and isinstance(group, Group) and group.opening == "{":
        cells = group.cells
    elif head.relations == ("=",) and len(below) > 2:
        cells = (replace(head, sides=head.sides[1:], relations=()), *below[1:])
    else:
        return None
    counted = affine(head.sides[0], letters)
    dots = [place for place, chain in enumerate(cells) if is_dots(_only(chain.sides[0]))]
    values = [affine(chain.sides[0], letters) for place, chain in enumerate(cells) if place not in dots]
    found = [value for value in values if value is not None]
    plain = all(len(chain.sides) == 1 for chain in cells)
    if counted is None or counted.constant or len(counted.terms) != 1 or counted.terms[0][1] != 1 or not plain:
        return None
    if len(dots) != 1 or dots[0] not in range(1, len(cells) - 1) or len(found) != len(values):
        raise Unreadable("expected a list such as k = 1, 2, \\dots, t", head.start)
    down = found[1] == found[0] - 1 if dots[0] > 1 else runs_down(found[0], found[-1])
    step = -1 if down else 1
    before, behind = found[: dots[0]], found[dots[0] :]
    if any(b - a != Index.of(step) for part in (before, behind) for a, b in itertools.pairwise(part)):
        raise Unreadable("a list below Σ or Π goes by one", head.start)
    low, high = (found[-1], found[0]) if down else (found[0], found[-1])
    return Bounds(counted.name(), low, high)


def _only(side: SumMark) -> Mark | None:
    (sign, term), *more = side.terms
    return term.factors[0] if not (sign or more) and len(term.factors) == 1 else None


def _written_for(counted: Index, lower: Index, upper: Index, chain: Chain) -> Bounds:
    if len(counted.terms) != 1 or counted.terms[0][1] != 1:
        raise Unreadable("expected one index letter on the left of the bound", chain.start)
    counter = counted.terms[0][0]
    shift = counted.constant
    letter = Index.letter(counter)
    if not shift:
        return Bounds(counter, lower, upper)
    # j-1 = i..t: literally j - 1 runs up to t; an author may mean that j does.
    return Bounds(counter, lower - shift, upper, (letter, lower - shift, upper - shift))


def _between_signs(chain: Chain, found: Sequence[Index], signs: Sequence[str]) -> Bounds:
    left, middle, right = found
    first, second = map(order, signs)
    if {first[0], second[0]} not in ({"<"}, {">"}):
        raise Unreadable("expected two signs the same way, such as 1 \\le k \\le t", chain.start)
    if middle.constant or len(middle.terms) != 1 or middle.terms[0][1] != 1:
        raise Unreadable("expected one index letter between the signs", chain.start)
    if first[0] == ">":
        left, right, first, second = right, left, second, first
    return Bounds(middle.name(), left + first[1], right - second[1])


def _checked(found: Bounds, at: Mark) -> Bounds:
    counter, low, high = found[:3]
    if counter in low.letters() | high.letters():
        raise Unreadable(f"the bounds of {counter} have {counter} in them", at.start)
    if max(abs(low.constant), abs(high.constant)) > LARGEST:
        raise Unreadable(f"a bound is more than the limit of {LARGEST:,}", at.start)
    return found


def runs_down(low: Index, high: Index) -> bool:
    """Whether bounds descend, as in Π_{j=t}^{k+1}: T is larger than t, and t than any other letter."""
    gap = high - low
    if is_last(low) and not high.terms:
        return True
    for letter in (LAST, STEP):
        for name, count in gap.terms:
            if name == letter.name():
                return count < 0
    return not gap.terms and gap.constant < 0


def is_last(index: Index) -> bool:
    """Whether it is the last step, or some steps from it: T, N-1."""
    return [name.isupper() for name in index.letters()] == [True]


def order(sign: str) -> tuple[str, int]:
    """The direction of a sign of order, ``<`` or ``>``, and 1 where it is strict; an empty one for other signs."""
    return _ORDERS.get(sign.removeprefix("\\"), ("", 0))
