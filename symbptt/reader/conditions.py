r"""The aside behind an equation: from which step on it holds, for which indices, and what it defines.

>>> pieces = split_aside(r"\text{for } t \ge 2, \; 1 \le k < t")
>>> said = read_conditions(pieces.conditions, frozenset({"t", "k"}))
>>> said.start, {name: tuple(map(str, bounds)) for name, bounds in said.ranges.items()}
(2, {'k': ('1', 't-1')})
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symbptt.errors import Unreadable
from symbptt.page.notation import Index
from symbptt.reader.bounds import LAST, STEP, order
from symbptt.reader.differentials import parse_formula
from symbptt.reader.grammar import EQUAL, Chain, Group, NameMark, SumMark, is_dots, single
from symbptt.reader.letters import affine

TEXT = re.compile(r"\\(?:text[a-z]*|mbox|hbox|mathrm|rm)\s*\{([^{}]*)\}")
WORD = re.compile(r"(?<![A-Za-z\\_^])[A-Za-z]{2,}(?![A-Za-z])|\\(?:forall|q?quad)(?![A-Za-z])|\\[,;:! ]|s\.t\.")
DOTS = re.compile(r"\s*(?:\\[lc]?dots[a-z]?|\.\.\.|…)\s*\Z")
RELATED = re.compile(
    r"[=<>≤≥≡]|\\(?:equiv|triangleq|coloneqq?|doteq|eqdef|leq?|geq?|lt|gt|in|neq?|leqslant|geqslant)(?![A-Za-z])"
)
NOT_READ = "the condition behind the equation is not read: expected t \\ge 2, t < T, 1 \\le k \\le t or words"


@dataclass(frozen=True, slots=True)
class AsideParts:
    """An aside in parts: its conditions on indices, each with the list that follows it, and its equations."""

    conditions: tuple[tuple[Chain, tuple[str, ...]], ...] = ()
    equations: tuple[Chain, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """The steps and indices that an equation is stated for."""

    start: int | None = None
    ranges: Mapping[str, tuple[Index, Index]] = field(default_factory=dict)
    last: Index | None = None
    """The last step that the equation is stated for, where it is T or so many before it."""


def split_aside(aside: str) -> AsideParts:
    """The mathematics of an aside, without its words; raises :class:`Unreadable` where a part is no formula."""
    # In a text box only the mathematics counts.
    plain = TEXT.sub(lambda box: ", " + ", ".join(box[1].split("$")[1::2]) + " ", aside)
    conditions: list[tuple[Chain, tuple[str, ...]]] = []
    equations: list[Chain] = []
    for piece in _pieces(WORD.sub(" , ", plain)):
        if DOTS.match(piece) or not RELATED.search(piece):
            # The rest of a list, 1, 2, \dots, T; a letter alone, as words mention one, is no condition.
            if conditions:
                chain, rest = conditions[-1]
                conditions[-1] = chain, (*rest, piece.strip())
            continue
        for chain in parse_formula(piece):
            if EQUAL.issuperset(chain.relations) and not _is_counted(chain):
                equations.append(chain)
            else:
                conditions.append((chain, ()))
    return AsideParts(tuple(conditions), tuple(equations))


def _pieces(text: str) -> list[str]:
    """The text between commas and semicolons outside of brackets."""
    made, depth = [""], 0
    for sign in text:
        depth += (sign in "{([") - (sign in "})]")
        if sign in ",;" and depth <= 0:
            made.append("")
        else:
            made[-1] += sign
    plain = (piece.strip() if DOTS.match(piece) else piece.strip(" .\n\t") for piece in made)
    return [piece for piece in plain if piece]


def _is_counted(chain: Chain) -> bool:
    """Whether an equation sets a letter to an index, as in t = 1."""
    return len(chain.sides) == 2 and _letter(chain.sides[0]) is not None and affine(chain.sides[1]) is not None


def _letter(terms: SumMark) -> str | None:
    """The letter without scripts, accents or font that a side is; None for anything else."""
    (sign, term), *more = terms.terms
    mark, *factors = term.factors
    return mark.stem if isinstance(mark, NameMark) and not (sign or more or factors or mark.dressed) else None


def read_conditions(
    conditions: Sequence[tuple[Chain, tuple[str, ...]]], indices: frozenset[str], step: str = STEP.name()
) -> Conditions:
    """The steps and ranges that conditions state; raises :class:`Unreadable` for one that cannot be read."""
    start: int | None = None
    last: Index | None = None
    ranges: dict[str, tuple[Index, Index]] = {}
    now = Index.letter(step)
    for chain, rest in conditions:
        name, low, high = _bounds(chain, rest, indices, step)
        if name == step:
            if high is not None and not high.terms:
                raise Unreadable(f"{NOT_READ}; {step} ends at {high} there", 0)
            if (low is not None and low.terms) or not (high is None or high.letters() == LAST.letters()):
                raise Unreadable(NOT_READ, 0)
            start = low.constant if low is not None else start
            last = high or last
        else:
            ranges[name] = (low if low is not None else Index.of(1), high if high is not None else now)
    return Conditions(start, ranges, last)


def _bounds(
    chain: Chain, rest: tuple[str, ...], indices: frozenset[str], step: str
) -> tuple[str, Index | None, Index | None]:
    """The letter that a condition is about, its first and its last value; None for one that is not stated."""
    if chain.relations == ("=",):
        name, low = _letter(chain.sides[0]), affine(chain.sides[1], indices)
        if name is None or name not in indices | {step} or low is None or not any(DOTS.match(part) for part in rest):
            raise Unreadable(f"{NOT_READ}; put a fixed step into the equation itself, as in h_2", 0)
        (last, *_) = parse_formula(rest[-1]) if not DOTS.match(rest[-1]) else (None,)
        high = affine(last.sides[0], indices | LAST.letters()) if last is not None else None
        return name, low, high
    if chain.relations == (r"\in",) and (name := _letter(chain.sides[0])) in indices | {step} and name is not None:
        return _listed(name, chain.sides[1], indices)
    sides = [affine(side, indices | {step} | LAST.letters()) for side in chain.sides]
    ways = [order(relation) for relation in chain.relations]
    if any(side is None for side in sides) or {sign for sign, _ in ways} not in ({"<"}, {">"}):
        raise Unreadable(NOT_READ, 0)
    found = [side for side in sides if side is not None]
    if ways[0][0] == ">":
        found, ways = found[::-1], ways[::-1]
    if len(found) == 3 and _is_letter(found[1]):
        return found[1].name(), found[0] + ways[0][1], found[2] - ways[1][1]
    if len(found) != 2:
        raise Unreadable(NOT_READ, 0)
    low, high = found
    if _is_letter(high) and not low.terms:
        return high.name(), low + ways[0][1], None
    if _is_letter(low) and low != LAST:
        return low.name(), None, high - ways[0][1]
    raise Unreadable(NOT_READ, 0)


def _listed(name: str, terms: SumMark, indices: frozenset[str]) -> tuple[str, Index | None, Index | None]:
    r"""The letter with the ends of a set: ``\{1, \dots, T\}``, or an interval ``[1, T]``."""
    mark = terms.terms[0][1].factors[0]
    if isinstance(mark, Group) and mark.opening in ("{", "[") and len(mark.cells) >= 2:
        ends = [affine(mark.cells[place].sides[0], indices | LAST.letters()) for place in (0, -1)]
        dots = any(is_dots(single((cell,))) for cell in mark.cells)
        if all(end is not None for end in ends) and (dots or mark.opening == "["):
            return name, ends[0], ends[1]
    raise Unreadable(NOT_READ, 0)


def _is_letter(index: Index) -> bool:
    return not index.constant and len(index.terms) == 1 and index.terms[0][1] == 1
