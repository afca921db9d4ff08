r"""The roles of scripts: what of a letter's scripts is its step, its entries, a label, and what is an operation.

Between the grammar, which commits to nothing, and everything that asks what a letter is. The roles are decided for each
letter by its use in the whole note (:func:`find_roles`); then every letter is written in one way (:meth:`Roles.told`):
its step below it, its entries and labels apart, and above it nothing but operations such as a power. So h^t, h^{(t)},
h(t) and h[t] are h_t, z^h_t is a letter z with the label h, and y_{t,k} and y_{t[k]} are the entry k of y_t.

>>> from symbptt.reader.differentials import parse_formula
>>> cells = parse_formula(r"c^t = \tanh(A c^{t-1} + B^{rec} x^t)")
>>> roles = find_roles([cells])
>>> print(*roles.said, sep="\n")
the step stands above c, x
what stands above B is a label
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from symbptt.errors import Unreadable
from symbptt.page.notation import Index
from symbptt.reader import customs
from symbptt.reader.bounds import LAST, STEP
from symbptt.reader.differentials import Derivative
from symbptt.reader.grammar import (
    BIG,
    Cells,
    Chain,
    EntrywisePower,
    Glyph,
    Group,
    Mark,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    SumMark,
    as_cells,
    is_sign,
    is_transpose,
    mapped,
    single,
    walk_marks,
    with_parts,
)
from symbptt.reader.letters import PRIMED, Key, index_in, label_in

_ALWAYS = frozenset((STEP.name(), LAST.name()))
_COUNTERS = frozenset(customs.COUNTERS)
_INDICES = _COUNTERS | {*customs.INDEX_WORDS}


@dataclass(frozen=True, slots=True)
class Roles:
    """What the scripts of a note are, and how its letters are written for the reader."""

    steps: frozenset[str]
    """The letters that count steps."""
    entries: frozenset[str]
    """The letters that count entries."""
    below: frozenset[Glyph]
    """The letters that have a step below or above them somewhere."""
    lower: frozenset[Glyph]
    """The letters whose step stands below somewhere, and varies."""
    above: frozenset[Glyph]
    """The letters whose step stands above."""
    behind: frozenset[Glyph]
    """The letters whose step stands in a bracket behind them."""
    raised: frozenset[Glyph]
    """The letters that have a label above them."""
    numbered: frozenset[Glyph]
    """The letters that a number above them tells from others, and is no power."""
    primed: frozenset[Glyph]
    """The letters that a prime tells from others, and is no derivative."""
    left_out: frozenset[Glyph]
    """The letters whose step the note says to be left out."""
    prefixes: frozenset[str]
    """The signs that make one letter with the one behind them, as in \\delta c_t."""
    fonts: Mapping[Glyph, Glyph] = field(default_factory=dict)
    """The letters that are others, from which they differ in a font only, with these."""

    @property
    def said(self) -> Iterator[str]:
        """What was decided, in words."""
        for glyphs, words in (
            (self.above, "the step stands above"),
            (self.behind, "the step stands in brackets behind"),
            (self.raised - self.numbered, "what stands above {} is a label"),
            (self.numbered, "the number above {} is a label"),
            (self.primed, "{} with a prime is another letter"),
            (self.left_out, "{} without a step is that of the step of its equation"),
        ):
            named = ", ".join(sorted({Key(*glyph).text for glyph in glyphs}))
            if named:
                yield words.format(named) if "{}" in words else f"{words} {named}"
        for glyph, known in self.fonts.items():
            yield f"{Key(*glyph).plain_latex} is {Key(*known).plain_latex}, as they differ in a font only"
        for prefix in sorted(self.prefixes):
            yield f"{Key('', (prefix,)).text} before a letter makes one letter with it"

    def told(self, value: Any) -> Any:
        """A mark, or a tuple of marks, with the scripts of every letter in their places."""
        if isinstance(value, ScriptedMark):
            # What is left in its scripts is a step, a label or a power, and holds no letter with scripts.
            return with_parts(value, base=self.told(value.base))
        if isinstance(value, Chain) and self.left_out and (step := _only_step(value, self.steps)) is not None:
            value = _with_steps(value, self.left_out, step)
        if isinstance(value, ProductMark):
            value = with_parts(value, factors=tuple(self._factors(value.factors)))
        elif isinstance(value, Derivative):
            value = with_parts(value, wrt=self._alone(value.wrt))
        return mapped(value, self.told)

    def _alone(self, mark: Mark) -> Mark:
        """What a derivative is taken in, as one letter where it is one: q(t) stands here as a group of two marks."""
        inside = mark.cells[0].sides[0].terms[0][1].factors if isinstance(mark, Group) and not mark.opening else (mark,)
        made = tuple(self._factors(inside))
        return made[0] if len(made) == 1 else mark

    def _factors(self, factors: Sequence[Mark]) -> Iterator[Mark]:
        """The factors of a product, each letter with its scripts in their places."""
        joined = list(_joined(factors, self.prefixes))
        at = 0
        while at < len(joined):
            mark, behind = joined[at], joined[at + 1] if at + 1 < len(joined) else None
            at += 1
            if (inside := _exponential(mark)) is not None:
                yield from inside
                continue
            found = self._parts(mark, behind)
            if found is not None:
                mark, used = found
                at += used - 1
            yield mark

    def _parts(self, mark: Mark, behind: Mark | None) -> tuple[Mark, int] | None:
        """A letter with its scripts in their places, and how many marks it was written with; None for no letter."""
        if (inner := _entry_of_group(mark, self.entries)) is not None:
            return inner, 1
        name, scripted = _named(mark)
        primes = scripted.primes if scripted is not None else 0
        if name is None:
            return None
        name = replace(name, dressed=self.fonts.get(name.glyph, name.glyph)[1])
        told, layer = (scripted.entry, scripted.label) if scripted is not None else ((), "")
        below, above = (scripted.below, scripted.above) if scripted is not None else (None, ())
        lower = _letters(below)
        has_entry = bool(lower) and set(lower) <= self.entries
        entry: tuple[str, ...] = ()
        label = ""
        end, powers = mark.end, tuple[Cells, ...]()
        bracket = _step_behind(behind, self.steps | _INDICES) if name.glyph in self.behind else None
        raised = [
            cells for cells in above if not _is_layer(cells, above) and self._is_raised_step(name.glyph, below, cells)
        ]
        # T beside a step is the transpose, and else the last step.
        raised = [cells for cells in raised if not is_transpose(single(cells))] or raised
        split = _split(below, self.steps, self.entries)
        if bracket is not None or len(raised) == 1:
            if below is not None:
                entry, label = (lower, "") if has_entry else ((), label_in(below))
            if bracket is not None and behind is not None:
                below, powers, end = bracket[0].cells, bracket[1], behind.end
            else:
                below, above = raised[0], tuple(cells for cells in above if cells is not raised[0])
        elif split is not None:
            below, entry, label = split
        elif has_entry and (len(lower) == 2 or name.glyph not in self.below):
            below, entry = None, lower
        upper = [_letters(cells) for cells in above]
        # z_k^l(t) has the entries k and l.
        is_beside = below is not None and (bool(entry) or bracket is not None)
        if is_beside and upper and all(letters and set(letters) <= self.entries for letters in upper):
            entry, above = (*entry, *itertools.chain(*upper)), ()
        if primes and name.glyph in self.primed:
            label, primes = f"{label}^{PRIMED * primes}", 0
        elif name.glyph in self.raised:
            said = _label_of(above, self.steps, is_numbered=name.glyph in self.numbered)
            label, above = (f"{label}^{said[0]}", said[1]) if said is not None else (label, above)
        made = ScriptedMark(mark.start, end, name, below, (*above, *powers), primes, told or entry, label + layer)
        is_bare = scripted is None and made == ScriptedMark(mark.start, mark.end, name, None, (), 0)
        return None if is_bare else (made, 1 + (bracket is not None))

    def _is_raised_step(self, glyph: Glyph, below: Cells | None, cells: Cells) -> bool:
        """Whether a superscript is the step of its letter."""
        index = _index(cells)
        if index is None:
            return False
        if glyph in self.above:
            return index.letters() <= self.steps | _INDICES
        entry = _letters(below)
        if entry and set(entry) <= self.entries:
            return _is_step(cells)
        # Beside h_t, h^{(t)} is the same.
        is_plain = below is None and isinstance(single(cells), Group) and glyph in self.lower
        return is_plain and bool(index.terms) and index.letters() <= self.steps


# --------------------------------------------------------------------------------------------------- what is decided


_Place: TypeAlias = Literal["left", "above", "below", ""]
"""Where a product stands: alone on the left of an equation, above or below the bar of a derivative, or elsewhere."""


class _Use(NamedTuple):
    """A letter somewhere in a note, with what stands below, above and in a bracket behind it."""

    glyph: Glyph
    below: Cells | None
    above: tuple[Cells, ...]
    behind: Group | None
    primes: int
    place: _Place
    is_turned: bool
    """Whether a T stands above it, the transpose or the last step."""

    @property
    def is_left(self) -> bool:
        """Whether it is alone on the left of an equation."""
        return self.place == "left"

    @property
    def is_whole(self) -> bool:
        """Whether it may be a whole loss beside those of a step: a bare L that is defined or differentiated."""
        return self.glyph[0] in customs.LOSSES and self.below is None and self.place in ("left", "above")


def find_roles(chains: Sequence[Cells], *, leaves_out: bool = False) -> Roles:
    """Decide what the scripts of each letter are, from their use in all formulas of a note.

    ``leaves_out``: the note says that it leaves out steps.
    """
    every = tuple(chains)
    prefixes = _prefixes(every)
    uses = list(_uses(every, prefixes))
    by_glyph: dict[Glyph, list[_Use]] = defaultdict(list)
    for use in uses:
        by_glyph[use.glyph].append(use)
    steps = frozenset(_shifted(every, uses)) | _ALWAYS
    behind = frozenset(_stepped_behind(by_glyph, steps))
    above = frozenset(_stepped_above(by_glyph, steps))
    counters = (_COUNTERS | _summed(every)) - steps - {"tau"}
    entries = frozenset(_entry_letters(every, uses, steps, counters, behind | above))
    stepped = frozenset(use.glyph for use in uses if any(_is_step(cells) for cells in (use.below, *use.above) if cells))
    lower = frozenset(use.glyph for use in uses if _has_step_below(use, steps))
    numbered = frozenset(_numbered(by_glyph)) - above
    raised = frozenset(
        glyph for glyph, own in by_glyph.items() if _is_labelled(glyph, own, steps | entries, above | numbered)
    )
    primed = frozenset(
        glyph
        for glyph, own in by_glyph.items()
        if any(use.primes and use.place in ("left", "below") for use in own)
        and not any(use.primes and use.behind for use in own)
    )
    # Where a prime makes s' another state than s, it makes A' another weight than A, and no transpose or slope.
    primed |= {
        glyph
        for glyph, own in by_glyph.items()
        if primed
        and glyph[0].isupper()
        and any(use.primes for use in own)
        and not any(use.behind and not use.is_turned for use in own)
    }
    left_out = frozenset(
        glyph
        for glyph, own in by_glyph.items()
        if leaves_out
        and glyph[0] not in customs.LOSSES
        and not any(use.behind for use in own)
        and any(use.below is None for use in own)
        and any(use.is_left and use.below and (at := _index(use.below)) is not None and at.terms for use in own)
        and not any(use.is_left and not use.below for use in own)
    )
    raised |= numbered
    fonts = dict(_other_fonts(every, by_glyph, above))
    return Roles(steps, entries, stepped, lower, above, behind, raised, numbered, primed, left_out, prefixes, fonts)


def _has_step_below(use: _Use, steps: frozenset[str]) -> bool:
    index = _index(use.below)
    return index is not None and bool(index.terms) and index.letters() <= steps


def _uses(part: object, prefixes: frozenset[str]) -> Iterator[_Use]:
    """The letters of a note, but for those in the scripts of others."""
    for factors, place in _products(part):
        joined = tuple(_joined(factors, prefixes))
        for mark, behind in zip(joined, (*joined[1:], None), strict=True):
            name, scripted = _named(mark)
            if name is None:
                continue
            base = behind.base if isinstance(behind, ScriptedMark) and behind.below is None else behind
            group = base if isinstance(base, Group) and base.opening in ("(", "[") else None
            if group is not None and isinstance(behind, ScriptedMark) and _index(group.cells) is None:
                # A transposed bracket is a factor.
                group = None if any(is_transpose(single(cells)) for cells in behind.above) else group
            below, above = (scripted.below, scripted.above) if scripted is not None else (None, ())
            kept = tuple(cells for cells in above if not _is_operation(cells))
            whole = len(joined) == 1 + (group is not None)
            primes = scripted.primes if scripted is not None else 0
            turned = any(is_transpose(single(cells)) for cells in above)
            yield _Use(name.glyph, below, kept, group, primes, place if whole else "", turned)


def _is_operation(cells: Cells) -> bool:
    return is_transpose(single(cells)) or isinstance(single(cells), EntrywisePower)


def _products(part: object) -> Iterator[tuple[tuple[Mark, ...], _Place]]:
    """The products in a mark, each with its place; those in scripts are left out."""
    if isinstance(part, tuple):
        for inner in part:
            yield from _products(inner)
    elif isinstance(part, Chain):
        for place, side in enumerate(part.sides):
            is_left = place == 0 and bool(part.relations) and not part.continued and len(side.terms) == 1
            for sign, term in side.terms:
                yield term.factors, "left" if is_left and not sign else ""
                yield from _products(term.factors)
    elif isinstance(part, ScriptedMark):
        yield from _products((part.base, part.above) if _exponential(part) is not None else part.base)
    elif isinstance(part, Derivative):
        yield part.of.factors, "above"
        yield from _products(part.of.factors)
        if isinstance(part.wrt, Group):
            yield from _products(part.wrt)
        else:
            yield (part.wrt,), "below"
    elif isinstance(part, Mark):
        if isinstance(part, ProductMark):
            yield part.factors, ""
        yield from _products(tuple(getattr(part, name) for name in part.__dataclass_fields__))


def _shifted(part: object, uses: Iterable[_Use]) -> Iterator[str]:
    """The letters that count steps: with a number added, as in h_{k-1}, or counted up to a step."""
    alone: dict[Glyph, set[str]] = defaultdict(set)
    moved: dict[Glyph, set[str]] = defaultdict(set)
    for use in uses:
        for cells in (use.below, *use.above):
            index = _index(cells[:1]) if cells else None
            if index is not None and index.constant:
                yield from index.letters()
        index = _index(use.behind.cells) if use.behind is not None else None
        if index is not None and len(index.terms) == 1 and index.terms[0][1] == 1:
            (moved if index.constant else alone)[use.glyph] |= index.letters()
    for glyph, letters in moved.items():
        yield from letters & alone[glyph]
    for mark in walk_marks(part):
        if isinstance(mark, ScriptedMark) and is_sign(mark.base, r"\sum", r"\prod") and mark.below:
            # Between k and t, or from T down.
            sides = [as_cells(side) for side in mark.below[0].sides]
            ends = [cells for cells in (*sides, *mark.above) if _is_step(cells) and _letters(cells)[:1]]
            counted = [single(cells) for cells in (sides[:1] if len(sides) < 3 else sides[1:2])]
            if ends or (mark.above and _is_step(mark.above[0])):
                yield from (name.stem for name in counted if isinstance(name, NameMark))


def _summed(part: object) -> set[str]:
    """The letters that a Σ without an end counts."""
    found: set[str] = set()
    for mark in walk_marks(part):
        if isinstance(mark, ScriptedMark) and is_sign(mark.base, r"\sum") and mark.below and not mark.above:
            found.update(_letters(mark.below))
    return found


def _stepped_behind(by_glyph: dict[Glyph, list[_Use]], steps: frozenset[str]) -> Iterator[Glyph]:
    """The letters that have a step in the bracket behind them wherever they stand, where one is defined so."""

    def step(use: _Use) -> Index | None:
        index = _index(use.behind.cells) if use.behind is not None and all(map(_letters, use.above)) else None
        return index if index is not None and index.letters() <= steps | _INDICES else None

    found = {
        glyph: [index for use in own if (index := step(use)) is not None]
        for glyph, own in by_glyph.items()
        if glyph[0] not in customs.NAMED and glyph[0] != customs.DIAGONAL
    }
    # A bare L is the whole loss beside that of a step.
    apart = {
        glyph: [use for use in own if not (use.is_whole and use.behind is None)] for glyph, own in by_glyph.items()
    }
    whole = {
        glyph
        for glyph, at in found.items()
        if len(at) == len(apart[glyph]) and any(one.terms and one.letters() <= steps for one in at)
    }
    moves = {glyph for glyph in whole if any(one.constant and one.terms for one in found[glyph])}
    if any(use.is_left for glyph in whole for use in by_glyph[glyph]) and moves:
        yield from whole


def _stepped_above(by_glyph: dict[Glyph, list[_Use]], steps: frozenset[str]) -> Iterator[Glyph]:
    """The letters that have a step above them wherever they stand."""
    known = {glyph: _raised_steps(own, steps) for glyph, own in by_glyph.items()}
    plain = [(use, at) for glyph, own in by_glyph.items() for use, at, grouped in known[glyph] if not grouped]
    is_custom = any(use.is_left and at.terms for use, at in plain) and any(at.terms and at.constant for _, at in plain)
    for glyph, own in by_glyph.items():
        found = known[glyph]
        lower = [_index(use.below[:1]) for use in own if use.below]
        if not any(at.terms for _, at, _ in found) or any(
            index is not None and index.terms and index.letters() <= steps for index in lower
        ):
            continue
        # A bare L is the whole loss beside that of a step; a bare w is no letter at a step, and w^{(k)} a copy of it.
        bare = [use for use in own if not (use.above or use.is_turned or use.is_whole)]
        grouped = all(is_grouped for _, _, is_grouped in found)
        if not bare and (grouped or (is_custom and glyph[0] not in customs.NUMBERS)):
            yield glyph


def _other_fonts(
    every: Sequence[Cells], by_glyph: dict[Glyph, list[_Use]], above: frozenset[Glyph]
) -> Iterator[tuple[Glyph, Glyph]]:
    """The letters in no definition that have an index above them wherever they stand, each with one in another font.

    That is the one letter with a step above it that differs from it in a font only.
    """
    fonts = {*customs.PLAIN_FONTS, *customs.VECTOR_FONTS}
    chains = [chain for cells in every for chain in cells]
    plain = [chain for chain in chains if not any(isinstance(mark, Derivative) for mark in walk_marks(chain))]
    defining = {mark.glyph for mark in walk_marks(tuple(plain)) if isinstance(mark, NameMark)}
    for glyph, own in by_glyph.items():
        alike = [known for known in above if known[0] == glyph[0] and {*known[1]} ^ {*glyph[1]} <= fonts]
        raised = (use.above for use in own if not use.is_turned)
        indexed = [len(cells) == 1 and _index(cells[0]) is not None for cells in raised]
        if len(alike) == 1 and glyph not in above | defining and len(indexed) == len(own) and all(indexed):
            yield glyph, alike[0]


def _raised_steps(own: Sequence[_Use], steps: frozenset[str]) -> list[tuple[_Use, Index, bool]]:
    """The superscripts of a letter that may be its step, each with its place and whether it stands in brackets."""
    found = []
    for use in own:
        for cells in use.above:
            index = _index(cells) if not _is_layer(cells, use.above) else None
            if index is not None and index.letters() <= steps | _INDICES:
                found.append((use, index, isinstance(single(cells), Group)))
    return found if any(at.terms and at.letters() <= steps for _, at, _ in found) else []


def _numbered(by_glyph: dict[Glyph, list[_Use]]) -> Iterator[Glyph]:
    """The letters with a number above them wherever they stand, where such letters are defined or differentiated in."""

    def number(use: _Use) -> bool:
        mark = single(use.above[0]) if len(use.above) == 1 else None
        return isinstance(mark, Numeral) and mark.text.isdecimal()

    whole = {glyph for glyph, own in by_glyph.items() if all(map(number, own))}
    if any(use.place in ("left", "below") for glyph in whole for use in by_glyph[glyph]):
        yield from whole


def _is_labelled(glyph: Glyph, own: Sequence[_Use], counted: frozenset[str], above: frozenset[Glyph]) -> bool:
    """Whether something stands above a letter that tells it from others: a word, a number in brackets, a letter."""
    if any(_is_layer(cells, use.above) for use in own for cells in use.above):
        return True
    if glyph in above or glyph[0] in (*customs.NAMED, "e"):
        return False
    labels = {found[0] for use in own if (found := _label_of(use.above, counted)) is not None}
    words = {label for label in labels if len(label) > 1 or label.isdecimal()}
    # h^n where h stands alone elsewhere may be a power of it, and f^n(x) that of f(x).
    # In brackets no letter is a power: W^{(i)} is the W of the input gate where no W stands alone.
    grouped = any(isinstance(single(cells), Group) for use in own for cells in use.above)
    letters = {label for label in labels - words if grouped or label not in customs.COUNTERS}
    bare = any(not use.above and (use.below is None or _has_step_below(use, counted)) for use in own)
    return bool(words) or (bool(letters) and not bare and not any(use.behind for use in own))


def _entry_letters(
    part: object, uses: Sequence[_Use], steps: frozenset[str], counters: frozenset[str], stepped: frozenset[Glyph]
) -> Iterator[str]:
    """The letters that count entries: those beside a step in the scripts of one letter tell."""
    known: set[str] = set()
    pairs = []
    alike: dict[Glyph, list[tuple[set[str], bool]]] = defaultdict(list)
    for use in uses:
        entry = _letters(use.below)
        if len(entry) == 2:
            pairs.append(set(entry))
            alike[use.glyph].append((set(entry), use.place == "below"))
        if use.below is not None and (found := _bracketed(use.below)) is not None:
            known.update(found[1])
        elif use.below is not None and len(use.below) == 2:
            if _is_step(use.below[:1]) and set(own := _letters(use.below[1:])) <= counters:
                known.update(own)
        elif entry and set(entry) <= counters:
            # T alone above x_k may be the transpose, and 2 a power: they tell nothing.
            raised = [cells for cells in use.above if _is_step(cells) and not _may_be_power(cells)]
            called = use.behind is not None and use.behind.opening == "(" and _is_step(use.behind.cells)
            if len(raised) == 1 or called or use.glyph in stepped:
                known.update(entry)
                known.update(*(own for cells in use.above if called and set(own := _letters(cells)) <= counters))
    for mark in walk_marks(part):
        if isinstance(mark, ScriptedMark) and isinstance(mark.base, Group) and mark.base.opening:
            inside = single(mark.base.cells)
            if mark.base.opening == "{" or isinstance(inside, Derivative) or _named(inside)[1] is not None:
                known.update(set(_letters(mark.below)) & counters)
    while known and (more := {one for pair in pairs if pair & known and pair <= counters for one in pair} - known):
        known |= more
    # Where w_{ij} is an entry of w, a derivative in w_{pq} is in another one.
    known |= {
        one
        for own in alike.values()
        for pair, is_taken_in in own
        if is_taken_in and any(other <= known for other, _ in own)
        for one in pair
    }
    yield from known - steps


# --------------------------------------------------------------------------------------------------- steps left out


def _only_step(chain: Chain, steps: frozenset[str]) -> Cells | None:
    """The step that the letters of an equation have, where it is one and the same but for numbers added."""
    found = {}
    letters: set[str] = set()
    for use in _uses((chain,), frozenset()):
        index = _index(use.below)
        if use.below is not None and index is not None and index.terms and index.letters() <= steps:
            letters |= index.letters()
            if not index.constant:
                found[index] = use.below
    return next(iter(found.values())) if len(letters) == len(found) == 1 else None


def _with_steps(value: Any, glyphs: frozenset[Glyph], step: Cells) -> Any:
    """A mark, or a tuple of marks, with a step below each of these letters that has no script."""
    if isinstance(value, NameMark) and value.glyph in glyphs:
        return ScriptedMark(value.start, value.end, value, step, (), 0)
    if isinstance(value, ScriptedMark) and isinstance(value.base, NameMark):
        bare = value.base.glyph in glyphs and value.below is None
        return replace(value, below=step) if bare else value
    return mapped(value, lambda part: _with_steps(part, glyphs, step))


# --------------------------------------------------------------------------------------------------- prefixes


def _prefixes(part: object) -> frozenset[str]:
    r"""The signs that only ever stand before a letter, and once on the left with it alone, as \delta in \delta c_t."""
    known: dict[str, list[bool]] = {sign: [] for sign in (*customs.VARIED, "d")}
    wholes: set[str] = set()
    for factors, where in _products(part):
        for place, mark in enumerate(factors):
            name, scripted = _named(mark)
            if name is None or name.stem not in known or name.dressed:
                continue
            behind = factors[place + 1] if place + 1 < len(factors) else None
            other, _ = _named(behind) if behind is not None else (None, None)
            known[name.stem].append(scripted is None and other is not None and other.stem not in known)
            if where == "left" and place == 0 and len(factors) == 2 and other is not None:
                wholes.add(name.stem)
    return frozenset(sign for sign in wholes if all(known[sign]))


def _joined(factors: Sequence[Mark], prefixes: frozenset[str]) -> Iterator[Mark]:
    """The factors with each prefix and the letter behind it as one letter."""
    at = 0
    while at < len(factors):
        mark, behind = factors[at], factors[at + 1] if at + 1 < len(factors) else None
        at += 1
        if isinstance(mark, NameMark) and mark.stem in prefixes and not mark.dressed and behind is not None:
            name, scripted = _named(behind)
            if name is not None:
                one = NameMark(mark.start, name.end, name.stem, (mark.stem, *name.dressed))
                yield one if scripted is None else replace(scripted, start=mark.start, base=one)
                at += 1
                continue
        yield mark


# --------------------------------------------------------------------------------------------------- small things


def _named(mark: Mark | None) -> tuple[NameMark | None, ScriptedMark | None]:
    """The letter that a mark is, and its scripts where it has any."""
    if isinstance(mark, NameMark):
        return mark, None
    if isinstance(mark, ScriptedMark) and isinstance(mark.base, NameMark):
        return mark.base, mark
    return None, None


def _index(cells: Cells | None) -> Index | None:
    """The index that a script is; None for anything else, and for a number that is too large."""
    try:
        return None if cells is None else index_in(cells)
    except Unreadable:
        return None  # it is reported where the script is read


def _is_step(cells: Cells) -> bool:
    """Whether a script is a step by its letters alone: t, t - 1, a number, or the last step."""
    index = _index(cells)
    return index is not None and index.letters() <= _ALWAYS and not is_transpose(single(cells))


def _may_be_power(cells: Cells) -> bool:
    """Whether a superscript is a number from 2 on, without brackets."""
    mark = single(cells)
    return isinstance(mark, Numeral) and mark.text not in ("0", "1")


def _is_layer(cells: Cells, above: Sequence[Cells]) -> bool:
    """Whether a superscript is a number in square brackets with a step in others beside it: the layer in a^{[1](t)}."""
    beside = [single(other) for other in above if other is not cells]
    inside = single(cells)
    is_number = isinstance(inside, Group) and inside.opening == "[" and isinstance(single(inside.cells), Numeral)
    return is_number and any(
        isinstance(mark, Group) and mark.opening == "(" and _index(mark.cells) is not None for mark in beside
    )


def _letters(cells: Cells | None) -> tuple[str, ...]:
    """The letters that a script consists of, side by side or with commas; none where anything else is in it."""
    made: list[str] = []
    for chain in cells or ():
        terms = chain.sides[0].terms
        marks = terms[0][1].factors if len(chain.sides) == 1 and len(terms) == 1 and not terms[0][0] else (chain,)
        for mark in marks:
            if not isinstance(mark, NameMark) or mark.dressed or len(mark.stem) != 1:
                return ()
            made.append(mark.stem)
    return tuple(made)


def _bracketed(below: Cells) -> tuple[Cells | None, tuple[str, ...]] | None:
    """A subscript with its entries in square brackets: t[i] as t and i, [i, j] as i and j."""
    if len(below) != 1 or len(below[0].sides) != 1:
        return None
    *terms, (sign, last) = below[0].sides[0].terms
    group = last.factors[-1]
    entry = _letters(group.cells) if isinstance(group, Group) and group.opening == "[" else ()
    if not entry:
        return None
    rest = last.factors[:-1]
    kept = (*terms, (sign, replace(last, end=rest[-1].end, factors=rest))) if rest else tuple(terms)
    if not kept:
        return None if sign else (None, entry)
    side = SumMark(below[0].start, group.start, kept)
    return as_cells(side), entry


def _split(
    below: Cells | None, steps: frozenset[str], entries: frozenset[str]
) -> tuple[Cells | None, tuple[str, ...], str] | None:
    """A subscript as a step with entries or a label beside it; None where it is one thing alone."""
    if below is None:
        return None
    if (found := _bracketed(below)) is not None:
        return (*found, "") if set(found[1]) <= entries else None
    if len(below) != 2:
        return None
    for step, other in ((below[:1], below[1:]), (below[1:], below[:1])):
        index = _index(step)
        if index is None or not index.letters() <= steps:
            continue
        entry = _letters(other)
        if entry and set(entry) <= entries:
            return step, entry, ""
        if index.terms and entry and not set(entry) & (steps | entries):
            return step, (), label_in(other)
    return None


def _label_of(
    above: Sequence[Cells], counted: frozenset[str], *, is_numbered: bool = False
) -> tuple[str, tuple[Cells, ...]] | None:
    """The label among superscripts, and the other ones; None where there is none."""
    for place, cells in enumerate(above):
        inside = single(cells)
        content = inside.cells if isinstance(inside, Group) and inside.opening in ("(", "[") else cells
        marks = [mark for mark in walk_marks(content) if isinstance(mark, (NameMark, Numeral))]
        number = single(content)
        if isinstance(number, Numeral):
            if (content is cells and not is_numbered) or "." in number.text:
                continue
        elif any(isinstance(mark, Numeral) for mark in marks[:1]):
            continue
        if any(
            isinstance(mark, NameMark) and (mark.dressed or mark.stem in counted | {customs.TRANSPOSE, customs.TOP})
            for mark in marks
        ):
            continue
        try:
            label = label_in(content)
        except Unreadable:
            continue
        if label:
            return label, (*above[:place], *above[place + 1 :])
    return None


def _step_behind(behind: Mark | None, steps: frozenset[str]) -> tuple[Group, tuple[Cells, ...]] | None:
    """The bracket behind a letter that is its step, and what stands above that bracket."""
    base, above = behind, tuple[Cells, ...]()
    if isinstance(behind, ScriptedMark) and behind.below is None and not behind.primes:
        base, above = behind.base, behind.above
    if not isinstance(base, Group) or base.opening not in ("(", "["):
        return None
    index = _index(base.cells)
    return (base, above) if index is not None and index.letters() <= steps else None


def _exponential(mark: Mark) -> tuple[Mark, Mark] | None:
    """What e with a letter's name above it is: exp of that, an argument and no script."""
    match mark:
        case ScriptedMark(base=NameMark(stem="e", dressed=()) as base, below=None, above=(cells,), primes=0):
            if any(isinstance(inner, ScriptedMark) for inner in walk_marks(cells)):
                return replace(base, stem="exp"), Group(base.end, mark.end, "(", cells)
    return None


def _entry_of_group(mark: Mark, entries: frozenset[str]) -> Mark | None:
    r"""An entry of a letter in brackets, \{y_t\}_i, or of a gradient, (\nabla_{o_t} L)_i: that in the entry."""
    if not isinstance(mark, ScriptedMark) or not isinstance(mark.base, Group) or mark.below is None or mark.primes:
        return None
    entry, inside = _letters(mark.below), single(mark.base.cells)
    if not entry or not set(entry) <= entries:
        return None
    if isinstance(inside, Derivative):
        name, scripted = _named(inside.wrt)
        of, _ = _named(inside.of.factors[0])
        is_gradient = inside.sign == "∇" or (of is not None and of.stem in customs.LOSSES)
        if name is None or not is_gradient or mark.above or (scripted is not None and scripted.entry):
            return None
        made = scripted or ScriptedMark(name.start, name.end, name, None, (), 0)
        return replace(inside, wrt=replace(made, entry=entry))
    name, scripted = _named(inside)
    if name is None or (scripted and (scripted.above or scripted.primes)):
        return None
    below = scripted.below if scripted is not None else None
    return ScriptedMark(mark.start, mark.end, name, below, mark.above, 0, entry)


# --------------------------------------------------------------------------------------------------- the last step


def labelled_last(formulas: Sequence[Cells]) -> ScriptedMark | None:
    """The last step where a label stands below it wherever a sum ends there, as in T_x; None where T stands alone."""
    marks = [
        mark for mark in walk_marks(tuple(formulas)) if isinstance(mark, ScriptedMark) and is_sign(mark.base, *BIG)
    ]
    ends = {single(mark.above[0]) for mark in marks if len(mark.above) == 1}
    named = {end for end in ends if (name := _named(end)[0]) is not None and name.glyph == (customs.LAST, ())}
    (only, *more) = named or {None}
    label = single(only.below) if isinstance(only, ScriptedMark) and not (more or only.above or only.primes) else None
    return only if isinstance(only, ScriptedMark) and isinstance(label, NameMark) else None


def with_bare_last(last: ScriptedMark, value: Any) -> Any:
    """Marks with T for T_x."""
    if value == last:
        return NameMark(value.start, value.end, customs.LAST)
    return mapped(value, lambda part: with_bare_last(last, part))
