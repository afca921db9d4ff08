r"""The letters of a note: the name that each of them is, and how all formulas together use it.

A survey goes through every formula before any is read. A subscript is an index if it varies (``h_{t-1}``, or a letter
that a Σ or Π binds), and else a part of the name (``W_{hh}``, ``f_1``). A name with a prime, or before a parenthesis
with several arguments, is a function.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from symbptt.errors import Unreadable
from symbptt.page.greek import GREEK
from symbptt.page.notation import NOW, Index
from symbptt.reader import customs
from symbptt.reader.differentials import Derivative, argument, is_call
from symbptt.reader.grammar import (
    BIG,
    EQUAL,
    Cells,
    Chain,
    Glyph,
    Group,
    Mark,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    Sign,
    SumMark,
    as_cells,
    is_sign,
    mark_at,
    names_in,
    only_side,
    single,
    walk_marks,
)

PREFIXED = {"delta": "δ", "Delta": "Δ", "d": "d"}
"""The signs before a letter that make another letter of it, as accents do."""
PRIMED = "prime"
"""What a letter with a prime has for a label, once for each."""
LONGEST = 31
"""Cap on the characters of a name in the notation."""
LARGEST = 1000
"""Cap on the numbers in an index or a bound."""


class Key(NamedTuple):
    r"""The identity of a name: its stem, its accents and fonts, and the scripts that tell it from others.

    A tuple, because every letter of every formula is asked for its own many times.
    """

    stem: str
    dressed: tuple[str, ...] = ()
    label: str = ""
    """What stands below and is no step, and behind ^ what stands above and is none."""
    whole: bool = False
    """It has no index, and a letter of that look has one: in E = Σ E_t, E and E_t are two quantities."""

    @property
    def glyph(self) -> Glyph:
        """The stem with its accents and fonts."""
        return self.stem, self.dressed

    @property
    def shown(self) -> str:
        """The stem as the page has it."""
        return self.stem.removesuffix(customs.NO_LOSS).removesuffix(customs.CALLED_LOSS)

    @property
    def symbol(self) -> str:
        """The name in the notation, which no two names share."""
        # No label contains an underscore, so that h_{hat} and \\hat h differ.
        below, _, above = self.label.partition("^")
        made = "_".join(part for part in (self.shown, below) if part)
        made = "__".join((made, *self.dressed, *([f"up_{above}"] if above else []), *(["whole"] if self.whole else [])))
        return made if len(made) <= LONGEST else f"{made[: LONGEST - 9]}_{zlib.crc32(made.encode()):08x}"

    @property
    def latex(self) -> str:
        """Its LaTeX; empty where the symbol determines it."""
        if not self.dressed and not self.whole and self.stem != customs.WIDTH and "^" not in self.label:
            return ""
        return self.plain_latex

    @property
    def plain_latex(self) -> str:
        """Its LaTeX."""
        made, *dresses = self.shown, *reversed(self.dressed)
        if made in GREEK:
            made = f"\\{made}"
        elif made == customs.WIDTH:
            made = r"\Delta t"
        elif len(made) > 1 and not (dresses and dresses[0] in customs.WORD_FONTS):
            made = rf"\mathrm{{{made}}}"
        for dress in dresses:
            made = rf"\mathrm{{d}} {made}" if dress == "d" else rf"\{dress}{{{made}}}"
        below, _, above = self.label.partition("^")
        made += f"_{{{_upright(below)}}}" if below else ""
        return made + (f"^{{({above})}}" if above.isdecimal() else f"^{{{_upright(above)}}}" if above else "")

    @property
    def text(self) -> str:
        """The name in plain text."""
        accents = {
            "hat": "\u0302",
            "tilde": "\u0303",
            "bar": "\u0304",
            "dot": "\u0307",
            "vec": "\u20d7",
            "check": "\u030c",
        }
        made = self.shown + "".join(accents.get(dress, "") for dress in self.dressed)
        made = "Δt" if self.stem == customs.WIDTH else made
        made = "".join(PREFIXED.get(dress, "") for dress in self.dressed) + made
        below, _, above = self.label.partition("^")
        made += f"_{below}" if below else ""
        if above.startswith(PRIMED):
            return made + "'" * above.count(PRIMED)
        return made + (f"^({above})" if above.isdecimal() else f"^{above}" if above else "")


def _upright(label: str) -> str:
    if label.startswith(PRIMED):
        return r"\prime" * label.count(PRIMED)
    return label if len(label) < 3 else rf"\mathrm{{{label}}}"


# --------------------------------------------------------------------------------------------------- indices


def affine(terms: SumMark, letters: frozenset[str] | None = None) -> Index | None:
    """A sum of letters and whole numbers as an index, ``t - 1``; None for anything else, or another letter."""
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
            elif isinstance(mark, NameMark) and not mark.dressed and letter is None and _counts(mark.stem, letters):
                letter = mark.stem
            else:
                return None
        if abs(factor) > LARGEST:
            raise _too_large(str(abs(factor)), term)
        total = total + (Index.letter(letter).scaled(factor) if letter else factor)
    return total


def _too_large(number: str, at: Mark) -> Unreadable:
    said = number if len(number) <= 12 else f"a number of {len(number)} digits"
    return Unreadable(f"{said} is more than the limit of {LARGEST:,} for an index or a bound", at.start)


def _counts(stem: str, letters: frozenset[str] | None) -> bool:
    if letters is not None:
        return stem in letters
    return (len(stem) == 1 and stem != customs.TOP) or stem in customs.INDEX_WORDS


def index_in(cells: Cells, letters: frozenset[str] | None = None) -> Index | None:
    """The index that a script is, with or without parentheses: ``_{t-1}``, ``^{(t)}``; None for anything else."""
    side, mark = only_side(cells), single(cells)
    if isinstance(mark, Group):
        return index_in(mark.cells, letters)
    return affine(side, letters) if side is not None else None


def label_in(cells: Cells) -> str:
    """A script as a part of a name, ``xh``; raises :class:`Unreadable` for more than letters and digits."""
    made: list[str] = []
    for chain in cells:
        for side in chain.sides:
            for sign, term in side.terms:
                for mark in term.factors:
                    if isinstance(mark, NameMark) and not mark.dressed:
                        made.append(mark.stem)
                    elif isinstance(mark, Numeral):
                        made.append(mark.text)
                    elif isinstance(mark, Group):
                        made.append(label_in(mark.cells))
                    elif isinstance(mark, ScriptedMark) and mark.below and not (mark.above or mark.primes):
                        # f_{W_{hy}} is a function with a weight in it.
                        made.append(label_in((*as_cells(mark.base), *mark.below)))
                    else:
                        raise Unreadable("expected an index such as t-1, or letters, in this script", mark.start)
                if sign or len(chain.sides) > 1:
                    raise Unreadable("expected an index such as t-1, or letters, in this script", term.start)
    return "".join(made)


# --------------------------------------------------------------------------------------------------- the survey


@dataclass(frozen=True)
class Survey:
    """How all formulas of a note use its letters."""

    indices: frozenset[str]
    """Index letters."""
    timed: frozenset[Glyph]
    """Letters that have a step somewhere."""
    wholes: frozenset[Glyph]
    """Letters with a step that are defined without one too, as E = Σ E_t."""
    functions: frozenset[Key] = frozenset()
    """Names that are applied somewhere."""
    told: frozenset[Key] = frozenset()
    """Those among them that an equation gives a value: s(z) = 1/(1 + e^{-z})."""
    lefts: frozenset[Key] = frozenset()
    """Names that stand alone on the left of an equation."""
    dependent: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)
    """What is said to depend on other letters, with those of its step: such a letter is no data."""
    tops: frozenset[Key] = frozenset()
    """Names that are differentiated somewhere."""
    totals: frozenset[Key] = frozenset()
    """Those that are differentiated with d somewhere: a ∂ of them may then mean another derivative."""
    bottoms: frozenset[Key] = frozenset()
    """Names that a derivative is taken in somewhere."""
    jacobians: Mapping[Key, frozenset[tuple[Key, Index]]] = field(default_factory=dict)
    """What each name is differentiated in, with how far back that is in time."""
    powers: frozenset[str] = frozenset()
    """Letters that are numbers by custom and have an index above them: γ^{T-t}."""
    ranges: Mapping[str, tuple[Index, Index]] = field(default_factory=dict)
    """The letters that every Σ with bounds runs over alike, from a number up to the last step, with these bounds."""
    last: Index = field(default=Index.letter(customs.LAST))
    """The last step, which the sums over all steps of the note end at."""

    def key(self, mark: Mark) -> tuple[Key, Index | None] | None:
        """The name that a mark is, and its index; None for a mark that is no name.

        What stands above is an operation, a transpose or a power, and no part of the name.
        """
        base, below = (mark.base, mark.below) if isinstance(mark, ScriptedMark) else (mark, None)
        if not isinstance(base, NameMark):
            return None
        label, index = "", None
        if below is not None:
            timed = base.glyph in self.timed
            index = index_in(below, self.indices) if timed else None
            if index is None and timed and len(below) > 1:
                raise Unreadable("an index and something else below one letter: entries are not read", below[0].start)
            if index is None and _counts_twice(below, self.indices):
                raise Unreadable("two indices below one letter: it is another one for each of them", below[0].start)
            label = label_in(below) if index is None else ""
        label += mark.label if isinstance(mark, ScriptedMark) else ""
        whole = index is None and not label and base.glyph in self.wholes
        return Key(base.stem, base.dressed, label, whole), index

    def name(self, mark: Mark) -> tuple[Key, Index | None] | None:
        """As ``key``; None too where a script cannot be read, which is reported when it is translated."""
        try:
            return self.key(mark)
        except Unreadable:
            return None

    def names(self, part: object) -> Iterator[tuple[Key, Index | None]]:
        """The names in a mark or in a tuple of marks, with their indices."""
        for mark in names_in(part):
            if (name := self.name(mark)) is not None:
                yield name

    def is_identity(self, key: Key) -> bool:
        """Whether a letter that nothing defines is the identity: I, in any font, alone or with a size below."""
        return (
            key.stem == customs.IDENTITY
            and all(font in customs.PLAIN_FONTS or font == "mathbb" for font in key.dressed)
            and len(key.label) < 2
            and not key.label.isdecimal()
            and key.glyph not in self.timed
            and key not in self.tops | self.bottoms | self.functions
        )

    def depends(self, mark: Mark, behind: Mark | None) -> bool:
        """Whether a bracket behind a letter with a step lists what it depends on: E_t(y_t, o_t) is E_t.

        A name that is a function by custom has no step, and what stands behind it is its argument.
        """
        group, name = argument(behind), self.name(mark)
        if group is None or name is None or (isinstance(mark, ScriptedMark) and mark.primes):
            return False
        # In f_1(x, w) the 1 is a label.
        if name[1] is None or not name[1].terms:
            return False
        if len(group.cells) == 1:
            # ℓ_t(h_t) is the loss of its step.
            one = single(group.cells)
            inside = self.name(one) if one is not None else None
            is_loss = name[0].stem in customs.LOSSES and name[0] not in self.lefts
            return is_loss and inside is not None and inside[1] == name[1]
        return name[0].stem in customs.LOSSES or name[0].stem not in customs.FUNCTIONS

    def listed(self, products: Iterable[Sequence[Mark]]) -> Iterator[tuple[Key, tuple[Key, ...]]]:
        """The letters that are said to depend on others, E_t(y_t, o_t), each with those of its step that are listed."""
        for mark, behind in itertools.chain.from_iterable(map(itertools.pairwise, products)):
            name, group = self.name(mark), argument(behind)
            if name is not None and group is not None and self.depends(mark, behind):
                marks = (single((cell,)) for cell in group.cells)
                inside = (self.name(one) for one in marks if one is not None)
                yield name[0], tuple(found[0] for found in inside if found is not None and found[1] == name[1])


def survey(chains: Iterable[Chain]) -> Survey:
    """Survey the formulas of a note: first their indices, then their names, which depend on these."""
    every = tuple(chains)
    marks = list(walk_marks(every))
    scripted = [mark for mark in marks if isinstance(mark, ScriptedMark)]
    named = [_Named(mark.base, mark) for mark in scripted if isinstance(mark.base, NameMark)]
    indices = frozenset({customs.STEP, NOW}.union(*map(_index_letters, scripted)))
    derivatives = [mark for mark in marks if isinstance(mark, Derivative)]
    timed = _timed(named, derivatives, indices, frozenset(_numbered_losses(every)))
    indices |= _lone_indices(named, timed)
    timed = timed.union(_at_the_last_step(named, every, indices))
    wholes = timed.intersection((*_defined_alone(every), *_whole_losses(derivatives)))
    steps = {name for one in named if (at := _said(one.scripted.below, indices)) for name in at.letters()}
    counters = {customs.STEP} if customs.STEP in steps else {name for name in steps if not name.isupper()}
    ends = {upper for counter, upper in summed_up_to(marks) if counter in counters} or {customs.LAST}
    raised = (mark for mark in scripted if isinstance(mark.base, NameMark) and mark.base.stem in customs.NUMBERS)
    powers = frozenset(
        mark.base.stem
        for mark in raised
        for cells in mark.above
        if isinstance(mark.base, NameMark) and (power := _said(cells, indices)) is not None and _counts_steps(power)
    )
    last = Index.letter(customs.LAST if len(ends) > 1 else min(ends))
    found = Survey(indices, timed, wholes, powers=powers, ranges=_summed_alike(scripted, last), last=last)
    products = [mark.factors for mark in marks if isinstance(mark, ProductMark)]
    found = replace(
        found, functions=frozenset((*_applied(found, products), *_only_applied(found, every, products, derivatives)))
    )
    found = replace(found, told=found.functions.intersection(_told_by_an_equation(found, every)))
    alone = (mark_at(chain, 0) for chain in every)
    lefts = (found.name(mark) for mark in alone if mark is not None)
    found = replace(found, lefts=frozenset(name[0] for name in lefts if name is not None))
    found = replace(found, dependent=dict(found.listed(products)))
    return _with_derivatives(found, [mark for factors in products for mark in factors if isinstance(mark, Derivative)])


def _counts_twice(below: Cells, indices: frozenset[str]) -> bool:
    """Whether two indices stand below a letter, one of them the step: α_{t,s} is no letter with a label."""
    marks = [single((cell,)) for cell in below]
    if len(marks) == 1 and (side := only_side(below)) is not None and len(side.terms) == 1:
        marks = list(side.terms[0][1].factors)
    stems = [mark.stem for mark in marks if isinstance(mark, NameMark) and not mark.dressed]
    return len(stems) == len(marks) == 2 and customs.STEP in stems and indices.issuperset(stems)


def _counts_steps(power: Index) -> bool:
    """Whether what stands above a letter counts steps, and is no T by itself, which may be a transpose."""
    return bool(power.terms) and power != Index.letter(customs.LAST)


def summed_up_to(marks: Iterable[Mark]) -> Iterator[tuple[str, str]]:
    """The counter of each Σ from 1 to a letter, and that letter."""
    for mark in marks:
        if not isinstance(mark, ScriptedMark) or not is_sign(mark.base, r"\sum") or len(mark.above) != 1:
            continue
        upper, chain = single(mark.above[0]), mark.below[0] if mark.below is not None else None
        if isinstance(upper, NameMark) and chain is not None and chain.relations == ("=",) and not chain.continued:
            counter, low = mark_at(chain, 0), mark_at(chain, 1)
            if isinstance(counter, NameMark) and isinstance(low, Numeral) and low.text == "1":
                yield counter.stem, upper.stem


class _Named(NamedTuple):
    """A name with scripts."""

    name: NameMark
    scripted: ScriptedMark

    def has_step(self, indices: frozenset[str]) -> bool:
        """Whether its subscript is an index."""
        index = _said(self.scripted.below, indices)
        return index is not None and bool(index.terms)


def _said(cells: Cells | None, letters: frozenset[str] | None = None) -> Index | None:
    """As ``index_in``; None too for a number that is too large."""
    try:
        return None if cells is None else index_in(cells, letters)
    except Unreadable:
        return None


def _index_letters(mark: ScriptedMark) -> frozenset[str]:
    """The letters that a mark shows to be indices: those in the bounds of Σ and Π, and the t in h_{t-1}."""
    found: list[Index | None] = []
    if isinstance(mark.base, Sign) and mark.base.text in BIG:
        sides = [side for cells in (mark.below, *mark.above) for chain in cells or () for side in chain.sides]
        found = [_said(as_cells(side)) for side in sides]
    elif isinstance(mark.base, NameMark):
        index = _said(mark.below)
        if index is not None and index.terms and (index.constant or len(index.terms) > 1):
            found = [index]
    return frozenset().union(*(index.letters() for index in found if index is not None))


def _timed(
    named: Sequence[_Named], derivatives: Sequence[Derivative], indices: frozenset[str], numbered: frozenset[Glyph]
) -> frozenset[Glyph]:
    """The letters that have a step somewhere; a number below one that is ``numbered`` tells it from others."""
    timed = {one.name.glyph for one in named if one.has_step(indices)}
    # In d h_3/d w the 3 is a step.
    tops = {derivative.of.factors[0] for derivative in derivatives}
    for name, mark in (one for one in named if one.scripted in tops and one.name.stem not in customs.FUNCTIONS):
        fixed = _said(mark.below)
        if fixed is not None and not fixed.terms and name.glyph not in numbered:
            timed.add(name.glyph)
    return frozenset(timed)


def _numbered_losses(every: Iterable[Chain]) -> Iterator[Glyph]:
    """The losses that have a number and are defined as sums over steps: in L_1 = Σ_t ℓ(h_t) no 1 is a step."""
    for chain in every:
        left = mark_at(chain, 0) if chain.relations and not chain.continued else None
        if isinstance(left, ScriptedMark) and isinstance(left.base, NameMark) and left.base.stem in customs.LOSSES:
            number = _said(left.below)
            sums = any(_sums_over_steps(mark) for mark in walk_marks(chain.sides[1:]))
            if number is not None and not number.terms and sums:
                yield left.base.glyph


def _sums_over_steps(mark: Mark) -> bool:
    """Whether it is a Σ whose index is that of the steps, or ends at the last one."""
    if not isinstance(mark, ScriptedMark) or not is_sign(mark.base, *BIG) or not mark.below:
        return False
    counted = mark.below[0].sides[0].terms[0][1].factors[0]
    last = [index.letters() for cells in mark.above if (index := _said(cells)) is not None]
    return (isinstance(counted, NameMark) and counted.stem == customs.STEP) or {customs.LAST} in last


def _lone_indices(named: Sequence[_Named], timed: frozenset[Glyph]) -> frozenset[str]:
    """The i, j, k that stand alone below a letter that has a step elsewhere."""
    below = [single(mark.below) for name, mark in named if name.glyph in timed]
    lone = [mark for mark in below if isinstance(mark, NameMark) and not mark.dressed]
    return frozenset(mark.stem for mark in lone if mark.stem in customs.COUNTERS)


def _at_the_last_step(named: Sequence[_Named], every: Iterable[Chain], indices: frozenset[str]) -> Iterator[Glyph]:
    """The letters that are defined at the last step alone, as in o_T = V h_T where T is the last step."""
    lefts = {mark_at(chain, 0) for chain in every if not chain.continued and chain.relations[:1] == ("=",)}
    for name, mark in named if customs.LAST in indices else ():
        if mark in lefts and _said(mark.below, indices) == Index.letter(customs.LAST):
            yield name.glyph


def _summed_alike(scripted: Iterable[ScriptedMark], last: Index) -> Mapping[str, tuple[Index, Index]]:
    """The bounds of the letters that every Σ with bounds runs over alike, from a number up to the last step."""
    found: dict[str, set[tuple[Index | None, Index | None]]] = {}
    for mark in scripted:
        if is_sign(mark.base, r"\sum") and mark.below is not None and len(mark.below) == 1 and mark.below[0].relations:
            chain = mark.below[0]
            counter = mark_at(chain, 0)
            plain = chain.relations == ("=",) and not chain.continued and len(mark.above) == 1
            bounds = (_said(as_cells(chain.sides[1])), _said(mark.above[0])) if plain else (None, None)
            for name in [counter] if isinstance(counter, NameMark) else walk_marks(mark.below):
                if isinstance(name, NameMark):
                    found.setdefault(name.stem, set()).add(bounds)
    alike = {name: next(iter(bounds)) for name, bounds in found.items() if len(bounds) == 1}
    return {
        name: (low, high) for name, (low, high) in alike.items() if low is not None and not low.terms and high == last
    }


def _defined_alone(every: Iterable[Chain]) -> Iterator[Glyph]:
    """The letters that stand by themselves, with nothing below them, on the left of an equals sign."""
    for chain in every:
        (sign, term), *more = chain.sides[0].terms
        defines = bool(chain.relations) and chain.relations[0] in EQUAL and not chain.continued
        if defines and not sign and not more and len(term.factors) == 1 and isinstance(term.factors[0], NameMark):
            yield term.factors[0].glyph


def _whole_losses(derivatives: Iterable[Derivative]) -> Iterator[Glyph]:
    """The losses that are differentiated without a step: in ∂L/∂w and ∂L_t/∂w, L and L_t are two quantities."""
    for mark in derivatives:
        if (
            len(mark.of.factors) == 1
            and isinstance(name := mark.of.factors[0], NameMark)
            and name.stem in customs.LOSSES
        ):
            yield name.glyph


def _applied(found: Survey, products: Iterable[Sequence[Mark]]) -> Iterator[Key]:
    """The names that are functions: with a prime, or before a parenthesis that is their argument."""
    for factors in products:
        for mark, behind in zip(factors, (*factors[1:], None), strict=True):
            primed = isinstance(mark, ScriptedMark) and mark.primes > 0
            group = argument(behind) if is_call(mark, behind) else None
            name = found.name(mark) if primed or group is not None else None
            if name is None or (group is not None and found.depends(mark, group)):
                continue
            key, index = name
            if primed or (group is not None and (len(group.cells) > 1 or (index is None and _applies(key)))):
                yield key


def _only_applied(
    found: Survey, every: Iterable[Chain], products: Iterable[Sequence[Mark]], derivatives: Iterable[Derivative]
) -> frozenset[Key]:
    """The names behind which there is a parenthesis wherever they stand, around a letter with a step: c(s_t).

    Or around a letter without one on the left of an equation, which says what the function is: s(z) = 1/(1+e^{-z}).
    """
    applied = set(_told_by_an_equation(found, every))
    others = {name[0] for mark in derivatives if (name := found.name(mark.wrt)) is not None}
    for factors in products:
        for mark, behind in zip(factors, (*factors[1:], None), strict=True):
            if not isinstance(mark, (NameMark, ScriptedMark)) or (name := found.name(mark)) is None:
                continue
            group, key = argument(behind), name[0]
            inside = found.name(one) if group is not None and (one := single(group.cells)) is not None else None
            # 𝕀(h_t) is an indicator, or the identity.
            plain = name[1] is None and "mathbb" not in key.dressed
            if inside is not None and inside[1] is not None and inside[1].terms and plain:
                applied.add(key)
            elif group is None:
                others.add(key)
    known = (*customs.WITHOUT_NOTATION, customs.DIAGONAL, customs.VEC, *found.indices)
    own = {key for key in applied if key.stem in known}
    return frozenset(applied - others - own)


def _told_by_an_equation(found: Survey, every: Iterable[Chain]) -> Iterator[Key]:
    """The names that stand before a letter in parentheses on the left, where the right side is made of that letter."""
    for chain in every:
        (sign, term), *more = chain.sides[0].terms
        if sign or more or chain.continued or chain.relations[:1] != ("=",) or len(term.factors) != 2:
            continue
        head, group = found.name(term.factors[0]), argument(term.factors[1])
        inside = single(group.cells) if group is not None else None
        right = {mark.glyph for mark in walk_marks(chain.sides[1:]) if isinstance(mark, NameMark)}
        plain = isinstance(inside, NameMark) and inside.glyph not in found.timed and inside.stem not in found.indices
        if plain and isinstance(inside, NameMark) and inside.glyph in right and head is not None and head[1] is None:
            yield head[0]


def _applies(key: Key) -> bool:
    r"""Whether a parenthesis behind a name is its argument: f, \mathcal{L}, L; but h (1 - h) is a product."""
    return (
        key.stem in customs.FUNCTIONS
        or "mathcal" in key.dressed
        or (key.stem in customs.APPLIED_LOSSES and not key.label)
    )


def _with_derivatives(found: Survey, derivatives: Sequence[Derivative]) -> Survey:
    """The survey with what is differentiated, and in what."""
    bottoms: set[Key] = set()
    totals: set[Key] = set()
    jacobians: dict[Key, set[tuple[Key, Index]]] = {}
    for mark in derivatives:
        top, bottom = found.name(mark.of.factors[0]), found.name(mark.wrt)
        if bottom is not None:
            bottoms.add(bottom[0])
        # That ∂W/∂W is the identity says of W no more than that.
        if top is not None and not (top == bottom and top[1] is None):
            totals.update((top[0],) if mark.sign == "d" else ())
            pairs = jacobians.setdefault(top[0], set())
            if bottom is not None and bottom[1] is not None and top[1] is not None:
                pairs.add((bottom[0], top[1] - bottom[1]))
    return replace(
        found,
        tops=frozenset((*jacobians, *found.dependent)),
        totals=frozenset(totals),
        bottoms=frozenset(bottoms),
        jacobians={top: frozenset(pairs) for top, pairs in jacobians.items() if pairs},
    )
