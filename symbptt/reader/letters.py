r"""Which letter is what: what the formulas of a note say of their letters by the way they use them.

A survey looks at every formula before any is read. A subscript is an index where it counts (``h_{t-1}``, or a letter
that a Σ or Π binds), and otherwise a part of the name (``W_{hh}``, ``f_1``); what stands before a parenthesis with
several arguments, or has a prime, is a function.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from symbptt.errors import Unreadable
from symbptt.page.notation import Index
from symbptt.reader.customs import (
    APPLIED_LOSSES,
    COUNTERS,
    FUNCTIONS,
    IDENTITY,
    INDEX_WORDS,
    LOSSES,
    PLAIN_FONTS,
    STEP,
)
from symbptt.reader.differentials import Derivative, argument, is_call
from symbptt.reader.grammar import (
    BIG,
    EQUAL,
    Cells,
    Chain,
    Factors,
    Group,
    Mark,
    Name,
    Numeral,
    Scripted,
    Sign,
    Terms,
    single,
    walk_marks,
)

LONGEST = 31
"""How many characters a name inside the notation may have."""
LARGEST = 1000
"""The largest number that an index or a bound may hold."""


@dataclass(frozen=True, slots=True)
class Key:
    r"""What makes two names one: the stem, its accents and fonts, and what below it is not an index."""

    stem: str
    dressed: tuple[str, ...] = ()
    label: str = ""
    whole: bool = False
    """It stands without an index and is defined so, as E = Σ E_t does: E and E_t are two quantities."""

    @property
    def symbol(self) -> str:
        """The name inside the notation; no two names share one."""
        # No label holds an underscore, so that h_{hat} and \\hat h are two.
        made = "_".join(part for part in (self.stem, self.label) if part)
        made = "__".join((made, *self.dressed, *(["whole"] if self.whole else [])))
        return made if len(made) <= LONGEST else f"{made[: LONGEST - 9]}_{zlib.crc32(made.encode()):08x}"

    @property
    def latex(self) -> str:
        """Its LaTeX; empty where the symbol says it all."""
        if not self.dressed and not self.whole:
            return ""
        return self.plain_latex

    @property
    def plain_latex(self) -> str:
        """Its LaTeX, whatever the symbol says."""
        made = f"\\{self.stem}" if len(self.stem) > 1 else self.stem
        for dress in reversed(self.dressed):
            made = rf"\{dress}{{{made}}}"
        label = self.label if len(self.label) < 3 else rf"\mathrm{{{self.label}}}"
        return made + (f"_{{{label}}}" if label else "")

    @property
    def text(self) -> str:
        """As it stands in plain text."""
        accents = {
            "hat": "\u0302",
            "tilde": "\u0303",
            "bar": "\u0304",
            "dot": "\u0307",
            "vec": "\u20d7",
            "check": "\u030c",
        }
        made = self.stem + "".join(accents.get(dress, "") for dress in self.dressed)
        return f"{made}_{self.label}" if self.label else made


# --------------------------------------------------------------------------------------------------- indices


def affine(terms: Terms, letters: frozenset[str] | None = None) -> Index | None:
    """The index that the terms are, ``t - 1``; None where they are none, or hold a letter outside ``letters``."""
    total = Index.of(0)
    for sign, term in terms.terms:
        if sign not in ("", "+", "-"):
            return None
        factor, letter = -1 if sign == "-" else 1, None
        for mark in term.factors:
            if isinstance(mark, Numeral) and "." not in mark.text and letter is None:
                if len(mark.text) > 9:
                    raise _too_large(mark.text, mark)
                factor *= int(mark.text)
            elif isinstance(mark, Name) and not mark.dressed and letter is None and _counts(mark.stem, letters):
                letter = mark.stem
            else:
                return None
        if abs(factor) > LARGEST:
            raise _too_large(str(abs(factor)), term)
        total = total + (Index.letter(letter) if letter else Index.of(1)).scaled(factor)
    return total


def _too_large(number: str, at: Mark) -> Unreadable:
    said = number if len(number) <= 12 else f"a number of {len(number)} digits"
    return Unreadable(f"{said} is more than the limit of {LARGEST:,} for an index or a bound", at.start)


def _counts(stem: str, letters: frozenset[str] | None) -> bool:
    if letters is not None:
        return stem in letters
    return len(stem) == 1 or stem in INDEX_WORDS


def index_in(cells: Cells, letters: frozenset[str] | None = None) -> Index | None:
    """The index that a script is, in parentheses or not: ``_{t-1}``, ``^{(t)}``."""
    if len(cells) != 1 or len(cells[0].sides) != 1 or cells[0].continued:
        return None
    mark = single(cells)
    if isinstance(mark, Group):
        return index_in(mark.cells, letters)
    return affine(cells[0].sides[0], letters)


def label_in(cells: Cells) -> str:
    """What a script says as a part of a name, ``xh``; raises :class:`Unreadable` where it is more than letters."""
    made: list[str] = []
    for chain in cells:
        for side in chain.sides:
            for sign, term in side.terms:
                for mark in term.factors:
                    if isinstance(mark, Name) and not mark.dressed:
                        made.append(mark.stem)
                    elif isinstance(mark, Numeral):
                        made.append(mark.text)
                    elif isinstance(mark, Group):
                        made.append(label_in(mark.cells))
                    else:
                        raise Unreadable("expected an index such as t-1, or letters, in this script", mark.start)
                if sign or len(chain.sides) > 1:
                    raise Unreadable("expected an index such as t-1, or letters, in this script", term.start)
    return "".join(made)


# --------------------------------------------------------------------------------------------------- the survey


@dataclass
class Survey:
    """What all formulas of a note together say of their letters."""

    indices: frozenset[str] = frozenset({STEP})
    """Letters that count."""
    timed: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    """Stems that have an index somewhere."""
    wholes: frozenset[tuple[str, tuple[str, ...]]] = frozenset()
    """Those of them that are defined without an index too."""
    functions: frozenset[Key] = frozenset()
    """Names that are applied somewhere."""
    tops: frozenset[Key] = frozenset()
    """Names that are differentiated somewhere."""
    bottoms: frozenset[Key] = frozenset()
    """Names that a derivative is taken in somewhere."""
    jacobians: dict[Key, set[tuple[Key, Index]]] = field(default_factory=dict)
    """What each name is differentiated in, with how far back that is in time."""

    def key(self, mark: Mark) -> tuple[Key, Index | None] | None:
        """The name a mark is, and its index; None for a mark that is no name. Scripts that mean an operation (a
        transpose, a power) are none of the name's.
        """  # fmt: skip
        base, below = (mark.base, mark.below) if isinstance(mark, Scripted) else (mark, None)
        if not isinstance(base, Name):
            return None
        label, index = "", None
        if below is not None:
            found = index_in(below, self.indices) if (base.stem, base.dressed) in self.timed else None
            if found is None and len(below) > 1 and (base.stem, base.dressed) in self.timed:
                raise Unreadable("an index and something else below one letter: entries are not read", below[0].start)
            if found is not None:
                index = found
            else:
                label = label_in(below)
        for cells in mark.above if isinstance(mark, Scripted) else ():
            inside = single(cells)
            if isinstance(inside, Group) and (found := index_in(inside.cells, self.indices)) is not None:
                if found.terms and index is None:
                    index = found
                elif not found.terms:
                    label += label_in(inside.cells)
        whole = index is None and not label and (base.stem, base.dressed) in self.wholes
        return Key(base.stem, base.dressed, label, whole), index

    def is_identity(self, key: Key) -> bool:
        """Whether a letter that nothing defines is the identity: I, in any font, alone or with a size below."""
        fonts = {*PLAIN_FONTS, "mathbb"}
        used = self.tops | self.bottoms | self.functions
        return (
            key.stem == IDENTITY
            and fonts.issuperset(key.dressed)
            and len(key.label) < 2
            and not key.label.isdecimal()
            and (key.stem, key.dressed) not in self.timed
            and key not in used
        )

    def depends(self, mark: Mark, behind: Mark | None) -> bool:
        """Whether a bracket behind a letter with a step lists what it depends on: E_t(y_t, o_t) is E_t.

        What is a function by its name has no step, and what stands behind it is no remark.
        """
        group, name = argument(behind), self.name(mark)
        if group is None or name is None or (isinstance(mark, Scripted) and mark.primes):
            return False
        # f_1(x, w) has a number in its name.
        if name[1] is None or not name[1].terms:
            return False
        return len(group.cells) > 1 and (name[0].stem in LOSSES or name[0].stem not in FUNCTIONS)

    def name(self, mark: Mark) -> tuple[Key, Index | None] | None:
        """As ``key``; None too where a script cannot be read, which is said when the formula is read."""
        try:
            return self.key(mark)
        except Unreadable:
            return None


def _said(cells: Cells | None, letters: frozenset[str] | None = None) -> Index | None:
    """The index that a script is; None too where it is too large, which is said when the formula is read."""
    try:
        return None if cells is None else index_in(cells, letters)
    except Unreadable:
        return None


def survey(chains: Iterable[Chain]) -> Survey:
    """Look at every formula once for its indices, once for its functions and derivatives."""
    every = list(chains)
    indices = {STEP}
    for mark in _marks(every):
        if isinstance(mark, Scripted):
            indices |= _index_letters(mark)
    counting = frozenset(indices)
    stems = [
        (mark.base, mark.below, mark.above)
        for mark in _marks(every)
        if isinstance(mark, Scripted) and isinstance(mark.base, Name)
    ]
    timed = {(base.stem, base.dressed) for base, below, above in stems if _has_time(below, above, counting)}
    # w^{(k)} is a copy of w, and no state at k, where a derivative is taken in w itself.
    below_only = {(base.stem, base.dressed) for base, below, _ in stems if _has_time(below, (), counting)}
    bottoms = (mark.wrt for mark in _marks(every) if isinstance(mark, Derivative))
    timed -= {(mark.stem, mark.dressed) for mark in bottoms if isinstance(mark, Name)} - below_only
    # In d h_3/d w the 3 is a step, though no letter counts there.
    tops = [mark.of.factors[0] for mark in _marks(every) if isinstance(mark, Derivative)]
    for mark in (top for top in tops if isinstance(top, Scripted) and isinstance(top.base, Name)):
        fixed = _said(mark.below)
        if fixed is not None and not fixed.terms and isinstance(mark.base, Name) and mark.base.stem not in FUNCTIONS:
            timed.add((mark.base.stem, mark.base.dressed))
    # Below a letter that has a time a lone i, j, k counts too.
    for base, below, _ in stems:
        lone = single(below)
        if (base.stem, base.dressed) in timed and isinstance(lone, Name) and lone.stem in COUNTERS and not lone.dressed:
            indices.add(lone.stem)
    found = Survey(frozenset(indices), frozenset(timed), frozenset(timed.intersection(_defined_alone(every))))
    rows = [mark.factors for mark in _marks(every) if isinstance(mark, Factors)]
    found.functions = frozenset(_applied(found, rows))
    _note_derivatives(found, rows)
    return found


def _defined_alone(every: Iterable[Chain]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The letters that stand by themselves, with nothing below them, on the left of an equals sign."""
    for chain in every:
        terms = chain.sides[0].terms
        if (
            EQUAL.issuperset(chain.relations[:1])
            and chain.relations
            and not chain.continued
            and len(terms) == 1
            and not terms[0][0]
        ):
            mark, *more = terms[0][1].factors
            if isinstance(mark, Name) and not more:
                yield mark.stem, mark.dressed


def _has_time(below: Cells | None, above: tuple[Cells, ...], indices: frozenset[str]) -> bool:
    for cells in (below, *(cells for cells in above if isinstance(single(cells), Group))):
        index = _said(cells, indices)
        if index is not None and index.terms:
            return True
    return False


def _index_letters(mark: Scripted) -> set[str]:
    found: set[str] = set()
    if isinstance(mark.base, Sign) and mark.base.text in BIG:
        for cells in (mark.below, *mark.above):
            for chain in cells or ():
                for side in chain.sides:
                    index = _said((Chain(side.start, side.end, (side,), ()),))
                    found |= index.letters() if index is not None else set()
    elif isinstance(mark.base, Name) and mark.below is not None:
        index = _said(mark.below)
        if index is not None and index.terms and (index.constant or len(index.terms) > 1):
            found |= index.letters()
    return found


def _applied(found: Survey, rows: Iterable[Sequence[Mark]]) -> Iterator[Key]:
    for factors in rows:
        for one, other in zip(factors, (*factors[1:], None), strict=True):
            for mark, behind in _calls(one, other):
                name = found.name(mark)
                if name is None:
                    continue
                if found.depends(mark, behind):
                    continue
                key, index = name
                primed = isinstance(mark, Scripted) and mark.primes > 0
                group = argument(behind)
                several = group is not None and len(group.cells) > 1
                if primed or (group is not None and (several or (index is None and _applies(key)))):
                    yield key


def _applies(key: Key) -> bool:
    r"""Whether a parenthesis behind a name is its argument: f, \mathcal{L}, L; but h (1 - h) is a product."""
    return key.stem in FUNCTIONS or "mathcal" in key.dressed or (key.stem in APPLIED_LOSSES and not key.label)


def _calls(one: Mark, other: Mark | None) -> Iterator[tuple[Mark, Mark | None]]:
    if is_call(one, other):
        yield one, other
    elif isinstance(one, Scripted) and one.primes:
        yield one, None


def _note_derivatives(found: Survey, rows: Iterable[Sequence[Mark]]) -> None:
    tops: set[Key] = set()
    bottoms: set[Key] = set()
    for factors in rows:
        for mark in factors:
            if not isinstance(mark, Derivative):
                continue
            below = found.name(mark.wrt)
            if below is not None:
                bottoms.add(below[0])
            top = found.name(mark.of.factors[0])
            if top is not None:
                tops.add(top[0])
                if below is not None and below[1] is not None and top[1] is not None:
                    found.jacobians.setdefault(top[0], set()).add((below[0], top[1] - below[1]))
    found.tops, found.bottoms = frozenset(tops), frozenset(bottoms)


def _marks(every: Iterable[Chain]) -> Iterator[Mark]:
    for chain in every:
        yield from walk_marks(chain)
