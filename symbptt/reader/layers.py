r"""Layers with a letter, h^{(l)}_t = tanh(W^{(l)} h^{(l-1)}_t + ...), written out for a number of layers.

A script counts layers where it varies by a shift beside a step. Each formula with that letter becomes one for each
layer that it is stated for, and the number of layers is that of the note, or :data:`COUNT` where it leaves that open:
what is proved is then proved for so many layers, and that is said. Nothing is read for any number of them at once.

>>> from symbptt.reader.differentials import parse_formula
>>> told = parse_formula(r"s_t^{(l)} = \tanh(A^{(l)} s_t^{(l-1)} + B^{(l)} s_{t-1}^{(l)})")
>>> print(layer_letter([tuple(told)], "The layers are stacked."))
l
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from symbptt.errors import Unreadable
from symbptt.page.notation import Index
from symbptt.reader import customs
from symbptt.reader.bounds import LAST, STEP, read_bounds
from symbptt.reader.conditions import Condition, read_conditions
from symbptt.reader.differentials import Derivative
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
    SumMark,
    as_cells,
    is_sign,
    is_transpose,
    mapped,
    mark_at,
    single,
    walk_marks,
)
from symbptt.reader.letters import index_in
from symbptt.reader.statements import Statement, where_said
from symbptt.text import vocabulary
from symbptt.text.document import Document

COUNT, MOST = 3, 6
"""How many layers a note is written out for that leaves their number open: a first, a last and one between them; and
the most."""
_LAYER = re.compile(vocabulary.LAYER.anywhere, re.IGNORECASE)
_SHARED = re.compile(rf"{vocabulary.TIED.anywhere}|{vocabulary.SHARING.anywhere}", re.IGNORECASE)
_TIME = re.compile(vocabulary.TIME.anywhere, re.IGNORECASE)
_NUMBERS = {"two": 2, "three": 3, "four": 4}
_COUNTED = re.compile(
    r"\b(?P<count>two|three|four|\d+)[- ]layer(?:ed)?\b|\b(?:with|of|has|have)\s+(?P<of>two|three|four|\d+)\s+layers\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.;!?。；]+")


class _Slot(NamedTuple):
    """A place among the scripts of a letter: which one, and the part of it where it has several."""

    side: str
    place: int
    opening: str
    """The bracket that it stands in: h^{(2)} may be a layer where h^2 is a power."""
    part: int
    parts: int


_BEHIND = _Slot("behind", 0, "(", 0, 1)
"""The bracket behind a letter, where a step may stand, and no layer does."""


class _Script(NamedTuple):
    """What stands in such a place."""

    slot: _Slot
    chain: Chain

    def at(self, letters: frozenset[str] | None = None) -> Index | None:
        """The index that it is; None for anything else."""
        try:
            return index_in((self.chain,), letters)
        except Unreadable:
            return None  # it is reported where the script is read


@dataclass(frozen=True, slots=True)
class Layers:
    """How the layers of a note are counted."""

    letter: str
    count: int
    top: str = ""
    """The letter for how many there are; empty where there is none."""
    placed: Mapping[Glyph, frozenset[_Slot]] = field(default_factory=dict)
    """Where the layer of a letter stands."""
    where: str = ""
    """Where the note says how many there are."""
    narrowed: tuple[str, ...] = ()
    """Of which layers alone a display is stated, in words."""

    @property
    def said(self) -> tuple[str, ...]:
        """What was taken to be so, in words."""
        so = f", as {self.where} says" if self.where else ", because nothing says how many"
        return f"{self.letter} counts layers: the network is taken to have {self.count}{so}", *self.narrowed


def layer_letter(formulas: Sequence[Cells], words: str) -> str:
    """The letter that counts layers; empty where no script does, or where it is not clear which."""
    is_said = _LAYER.search(words) is not None
    uses: list[tuple[list[tuple[str, int]], list[tuple[str, int]]]] = []
    for mark, behind in _letters(tuple(formulas)):
        found = [(script.slot, at) for script in _scripts(mark) if (at := _counted(script.at())) is not None]
        beside = _counted(_Script(_BEHIND, behind.cells[0]).at()) if behind and len(behind.cells) == 1 else None
        # A letter that is an entry elsewhere stands below.
        counting = [at for slot, at in found if at[0] in customs.LAYERS or (is_said and slot.side == "above")]
        uses.append((counting, [at for _, at in found] + ([beside] if beside is not None else [])))
    steps = {customs.STEP, "tau"} | {letter for _, every in uses for letter, shift in every if shift}
    moved, alone = set[str](), set[str]()
    for counting, every in uses:
        for letter, shift in counting:
            others = {other for other, _ in every} - {letter}
            # h^{(l-1)}_t moves beside a step, and W^{(l)} stands beside none.
            moved |= {letter} if shift and others & steps else set()
            alone |= {letter} if not others & steps else set()
    made = (moved & alone) - {customs.STEP, "tau"}
    made = made & {*customs.LAYERS} or made
    return made.pop() if len(made) == 1 else ""


def tell_layers(document: Document, statements: list[Statement], letter: str, *, ties: bool = False) -> Layers | None:
    """Write the statements out for each layer, in their place; None where nothing counts layers.

    ``letter`` is that of :func:`layer_letter`; ``ties``: formulas say which weights all layers share.
    """
    if not letter:
        return None
    layers = _counted_layers(document, statements, letter)
    for statement in statements:
        _set_aside(layers, statement)
    tied = any(_shares_layers(one[0]) for one in _SENTENCE.finditer(document.words))
    # Where no weight has a layer any more, the words say nothing else.
    tied = tied and not (ties and not any(_is_weight(letter, *one) for one in _letters(_formulas(statements))))
    instances: list[_Instance] = []
    for statement in statements:
        try:
            if tied and _mentions(layers, statement.parsed):
                raise Unreadable("the words say that layers share something, which is not read", 0)
            instances += _instances(layers, statement)
        except Unreadable as error:
            statement.drop(error)
            instances.append(_Instance(statement, statement))
    known = _known(instances)
    made: list[Statement] = []
    narrowed: list[str] = []
    for _, group in itertools.groupby(instances, lambda one: id(one.of)):
        every = list(group)
        kept, lost = _kept(layers, every, known)
        made += kept
        if lost:
            narrowed.append(lost)
    statements[:] = made
    return replace(layers, narrowed=tuple(narrowed))


def _formulas(statements: Sequence[Statement]) -> tuple[Cells, ...]:
    return tuple(one.parsed or one.chains for one in statements)


def _is_weight(letter: str, mark: ScriptedMark, behind: Group | None) -> bool:
    """Whether a letter has a layer and nothing beside it."""
    scripts = [script.at() for script in _scripts(mark)]
    return behind is None and len(scripts) == 1 and scripts[0] is not None and letter in scripts[0].letters()


def _kept(layers: Layers, every: Sequence[_Instance], known: frozenset[_Pair]) -> tuple[list[Statement], str]:
    """The statements at the layers whose letters there are, and in words which layers these are not."""
    statement = every[0].of
    if every[0].layer is None or not statement.counts:
        return [one.told for one in every], ""
    fitting = [(one, told) for one in every if (told := one.limited(known)) is not None]
    if not fitting or (every[0].bound and len(fitting) < len(every)):
        why = "it is of a layer that is not there, or of letters that nothing defines: expected l < L, or definitions"
        statement.drop(Unreadable(why, 0))
        return [statement], ""
    whole = [str(one.layer) for one, told in fitting if one.told.chains == told.chains]
    lost = len(whole) < layers.count and statement.is_display and not every[0].bound
    said = f"{where_said(statement.item)} is stated for {layers.letter} = {', '.join(whole)}" if lost else ""
    return [told for _, told in fitting], said


def _shares_layers(sentence: str) -> bool:
    """Whether a sentence says that layers have something in common, and not that all steps have."""
    shared = _SHARED.search(sentence)
    if shared is None or _LAYER.search(sentence) is None:
        return False
    layer, time = (sign.search(sentence, shared.end()) for sign in (_LAYER, _TIME))
    if layer is None or time is None:
        return layer is not None or _TIME.search(sentence) is None
    return layer.start() < time.start()


def with_layers(layers: Layers | None, marks: Cells) -> list[Cells]:
    """What words speak of, for each layer."""
    if layers is None:
        return [marks]
    return list(dict.fromkeys(_at(layers, marks, {layers.letter: k}, set()) for k in range(1, layers.count + 1)))


# ------------------------------------------------------------------------------------------------- what counts


def _letters(part: object) -> Iterator[tuple[ScriptedMark, Group | None]]:
    """The letters with scripts, each with the bracket behind it."""
    for mark in walk_marks(part):
        marks = mark.factors if isinstance(mark, ProductMark) else (mark.wrt,) if isinstance(mark, Derivative) else ()
        for one, behind in zip(marks, (*marks[1:], None), strict=False):
            if isinstance(one, ScriptedMark) and isinstance(one.base, NameMark):
                yield one, behind if isinstance(behind, Group) and behind.opening in ("(", "[") else None


def _scripts(mark: ScriptedMark) -> Iterator[_Script]:
    """What stands below and above a letter, part by part."""
    sides = [("below", 0, mark.below)] if mark.below is not None else []
    for side, place, cells in (*sides, *(("above", place, cells) for place, cells in enumerate(mark.above))):
        if is_transpose(single(cells)):
            continue
        inside = single(cells)
        opening = inside.opening if isinstance(inside, Group) and inside.opening in ("(", "[") else ""
        parts = inside.cells if isinstance(inside, Group) and opening else cells
        for part, chain in enumerate(parts):
            yield _Script(_Slot(side, place, opening, part, len(parts)), chain)


def _counted(index: Index | None) -> tuple[str, int] | None:
    """The one letter of an index, and what is added to it."""
    if index is None or len(index.terms) != 1 or index.terms[0][1] != 1:
        return None
    return index.terms[0][0], index.constant


def _counted_layers(document: Document, statements: Sequence[Statement], letter: str) -> Layers:
    """Where layers stand, and how many there are."""
    formulas = [cells for one in statements for cells in (one.parsed, one.chains, *one.sides)]
    placed: dict[Glyph, set[_Slot]] = defaultdict(set)
    for mark, _ in _letters(tuple(formulas)):
        for script in _scripts(mark):
            index = script.at(frozenset({letter}))
            if index is not None and index.terms:
                placed[_glyph(mark)].add(script.slot)
    made = Layers(letter, COUNT, placed={glyph: frozenset(slots) for glyph, slots in placed.items()})
    tops: set[str] = set()
    numbers: set[int] = {0}
    for mark, _ in _letters(tuple(formulas)):
        for script in _scripts(mark):
            index = script.at() if script.slot in placed.get(_glyph(mark), ()) else None
            counted = _counted(index)
            if counted is not None and counted[0].isupper() and counted[0] != LAST.name():
                tops.add(counted[0])
            if index is not None and not index.terms:
                numbers.add(index.constant)
    made = replace(made, top=tops.pop() if len(tops) == 1 else "")
    said = [(found["count"] or found["of"], found.start()) for found in _COUNTED.finditer(document.words)]
    for word, at in said[:1]:
        made = replace(made, count=_NUMBERS.get(word.lower()) or int(word), where=document.place_at(at).spoken)
    for statement in statements:
        for chain in (*statement.chains, *(chain for chain, _ in statement.conditions)):
            if (count := _sets_count(made, chain)) is not None:
                made = replace(made, count=count, where=where_said(statement.item))
    if not made.top and not made.where and max(numbers) > 1:
        made = replace(made, count=max(numbers), where="the highest number of a layer in it")
    return replace(made, count=max(made.count, *numbers))


def _sets_count(layers: Layers, chain: Chain) -> int | None:
    """The number of layers that a formula gives, as L = 2 does."""
    if not layers.top or chain.relations != ("=",) or chain.continued:
        return None
    left, right = (index_in(as_cells(side)) for side in chain.sides)
    return right.constant if left == Index.letter(layers.top) and right is not None and not right.terms else None


def _set_aside(layers: Layers, statement: Statement) -> None:
    """What says how many layers there are, or which, is no equation."""
    left = [mark_at(chain, 0) for chain in statement.chains]
    counts = [isinstance(mark, NameMark) and mark.glyph in ((layers.letter, ()), (layers.top, ())) for mark in left]
    if not counts or not all(counts) or not statement.counts:
        return
    if any(_sets_count(layers, chain) is None and not _lists(layers, chain) for chain in statement.chains):
        return
    why = "it says which layers there are"
    if statement.is_display:
        statement.aside = why
    else:
        statement.passed, statement.sides = why, ()


def _lists(layers: Layers, chain: Chain) -> bool:
    mark = mark_at(chain, 0)
    return isinstance(mark, NameMark) and mark.stem == layers.letter


def _glyph(mark: ScriptedMark) -> Glyph:
    assert isinstance(mark.base, NameMark)
    return mark.base.glyph


def _mentions(layers: Layers, value: object) -> bool:
    """Whether a layer by its letter is in a script."""
    own = frozenset({layers.letter})
    return any(
        (index := script.at(own)) is not None and index.terms
        for mark, _ in _letters(value)
        for script in _scripts(mark)
    )


# ------------------------------------------------------------------------------------------------- one for each


_Pair = tuple[Glyph, int]
"""A letter of one layer."""


@dataclass(frozen=True, slots=True)
class _Instance:
    """A statement at one layer; ``layer`` is None for one that is for no layer in particular."""

    of: Statement
    told: Statement
    layer: int | None = None
    left: tuple[_Pair, ...] = ()
    """The letter that stands alone on its left."""
    sides: tuple[tuple[frozenset[_Pair], ...], ...] = ()
    """The letters of each side of each of its chains."""
    bound: bool = False
    """Whether the note says itself that it is stated for that layer."""

    def limited(self, known: frozenset[_Pair]) -> Statement | None:
        """It with the sides whose letters are all known; None where too few are left to state anything."""
        chains = []
        for chain, sides in zip(self.told.chains, self.sides, strict=True):
            fit = list(itertools.takewhile(lambda pairs: pairs <= known, sides))
            if len(fit) < 2 - chain.continued:
                return None
            relations = chain.relations[: len(fit) - 1 + chain.continued]
            chains.append(replace(chain, sides=chain.sides[: len(fit)], relations=relations))
        made = copy(self.told)
        made.chains = tuple(chains)
        return made


def _instances(layers: Layers, statement: Statement) -> list[_Instance]:
    """A statement at each layer that it may be stated for."""
    names = {layers.top: layers.count} if layers.top else {}
    if layers.count > MOST:
        if _mentions(layers, statement.parsed):
            raise Unreadable(f"{layers.count} layers are more than the {MOST} that are written out", 0)
        return [_Instance(statement, statement)]
    own, others = _ranges(layers, statement)
    fixed = _told(layers, statement, names)
    fixed.conditions = others
    if not any(_mentions(layers, part) for part in (fixed.chains, fixed.parsed, *fixed.sides)):
        return [_Instance(statement, fixed, None, _left(layers, fixed), _pairs(layers, fixed))]
    low, high = own if own is not None else (-1, layers.count + 1) if statement.counts else (1, layers.count)
    made = []
    for k in range(low, high + 1):
        told = _told(layers, statement, {**names, layers.letter: k})
        told.conditions = others
        left = _left(layers, told)
        tops = itertools.chain.from_iterable(_tops(layers, chain) for chain in told.chains)
        if own is None and any(not 1 <= number <= layers.count for _, number in (*left, *tops)):
            continue
        made.append(_Instance(statement, told, k, left, _pairs(layers, told), own is not None))
    return made


def _tops(layers: Layers, chain: Chain) -> Iterator[_Pair]:
    """The letters of layers that are differentiated on the left of an equation."""
    for mark in walk_marks(chain.sides[0]):
        if isinstance(mark, Derivative):
            for one in mark.of.factors:
                yield from _pairs_in(layers, one) if isinstance(one, ScriptedMark) else ()


def _told(layers: Layers, statement: Statement, names: Mapping[str, int]) -> Statement:
    """A statement with numbers for the letters of layers."""
    made, strange = copy(statement), set[int]()
    made.chains, made.parsed, *sides = (
        _at(layers, part, names, strange) for part in (statement.chains, statement.parsed, *statement.sides)
    )
    made.sides = tuple(sides)
    if strange and statement.counts:
        raise Unreadable("a letter or a sign that counts layers here is not read", min(strange))
    return made


def _ranges(layers: Layers, statement: Statement) -> tuple[tuple[int, int] | None, tuple[Condition, ...]]:
    """The layers that conditions name, and the other conditions."""
    letters = frozenset({layers.letter, layers.top} - {""})
    low, high, said = 1, layers.count, False
    others: list[Condition] = []
    for chain, rest in statement.conditions:
        if _sets_count(layers, chain) is not None:
            continue
        names = {mark.stem for mark in walk_marks(chain) if isinstance(mark, NameMark)}
        if layers.letter not in names:
            others.append((chain, rest))
            continue
        found = read_conditions([(chain, rest)], letters)
        bounds = {**found.ranges, **{name: (at, at) for name, at in found.at.items()}}
        if bounds.keys() != {layers.letter}:
            raise Unreadable("a condition on layers is not read", chain.start)
        one, other = (_number(layers, bound) for bound in bounds[layers.letter])
        low, high, said = max(low, one), min(high, other), True
    return ((low, high) if said else None), tuple(others)


def _number(layers: Layers, bound: Index) -> int:
    """A bound of layers as a number; where there is none the conditions have the step."""
    if bound == STEP:
        return layers.count
    value = bound - Index.letter(layers.top) + layers.count if layers.top in bound.letters() else bound
    if value.terms:
        raise Unreadable("a condition on layers is not read", 0)
    return value.constant


def _at(layers: Layers, value: Any, names: Mapping[str, int], strange: set[int]) -> Any:
    """Marks with numbers for the letters of layers, each as a label of its letter; where what is not read stands
    comes into ``strange``."""
    if isinstance(value, ProductMark):
        for place, mark in enumerate(value.factors):
            if isinstance(mark, ScriptedMark) and is_sign(mark.base, *BIG):
                counter = _counter(layers, mark, value.factors[place + 1 :])
                if counter:
                    return _written_out(layers, value, place, counter, names, strange)
    if isinstance(value, ScriptedMark) and isinstance(value.base, NameMark):
        value = _raised(layers, value, names, strange)
    return mapped(value, lambda part: _at(layers, part, names, strange))


def _raised(layers: Layers, mark: ScriptedMark, names: Mapping[str, int], strange: set[int]) -> ScriptedMark:
    """A letter with its layer as a label."""
    for script in _scripts(mark) if _glyph(mark) in layers.placed else ():
        if script.slot not in layers.placed[_glyph(mark)]:
            continue
        index = script.at()
        counted = _counted(index)
        if index is None or (index.terms and (counted is None or counted[0] not in names)):
            if counted is not None and (counted[0] != layers.letter or layers.letter in names):
                strange.add(mark.start)
            continue
        number = index.constant + (names[counted[0]] if counted is not None else 0)
        return replace(_without_slot(mark, script.slot), label=f"^{number}")
    return mark


def _without_slot(mark: ScriptedMark, slot: _Slot) -> ScriptedMark:
    """A letter without one of its scripts."""
    if slot.side == "below":
        assert mark.below is not None
        return replace(mark, below=_without(mark.below, slot) or None)
    cells = _without(mark.above[slot.place], slot)
    return replace(mark, above=(*mark.above[: slot.place], *([cells] if cells else []), *mark.above[slot.place + 1 :]))


def _without(cells: Cells, slot: _Slot) -> Cells:
    """A script without one of its parts."""
    inside = single(cells)
    parts = inside.cells if isinstance(inside, Group) and slot.opening else cells
    kept = (*parts[: slot.part], *parts[slot.part + 1 :])
    if not kept or parts is cells or not isinstance(inside, Group) or is_transpose(single(kept)):
        return kept
    return as_cells(replace(inside, cells=kept))


def _counter(layers: Layers, sign: ScriptedMark, behind: Sequence[Mark]) -> str:
    """The letter that a Σ or Π runs over where that counts layers."""
    first = sign.below[0].sides[0].terms[0][1].factors[0] if sign.below else None
    letter = first.stem if isinstance(first, NameMark) else ""
    for mark, _ in _letters(tuple(behind)):
        for script in _scripts(mark):
            counted = _counted(script.at())
            if counted is not None and counted[0] == letter and script.slot in layers.placed.get(_glyph(mark), ()):
                return letter
    return ""


def _written_out(
    layers: Layers, product: ProductMark, place: int, counter: str, names: Mapping[str, int], strange: set[int]
) -> ProductMark:
    """A product with a sum over layers written out term by term."""
    sign, rest = product.factors[place], product.factors[place + 1 :]
    assert isinstance(sign, ScriptedMark)
    values = _summed_layers(layers, sign, counter, names)
    before = product.factors[:place]
    if values is None or not is_sign(sign.base, r"\sum"):
        strange.add(sign.start)
        return product
    terms = [
        ("+" if number else "", replace(product, factors=_at(layers, rest, {**names, counter: k}, strange)))
        for number, k in enumerate(values)
    ]
    made: Mark = Numeral(sign.start, sign.end, "0")
    if terms:
        side = SumMark(sign.start, product.end, tuple(terms))
        made = Group(sign.start, product.end, "(", as_cells(side))
    return replace(product, factors=(*(_at(layers, mark, names, strange) for mark in before), made))


def _summed_layers(layers: Layers, sign: ScriptedMark, counter: str, names: Mapping[str, int]) -> range | None:
    """The layers that a Σ runs over; None where its bounds are not read."""
    if isinstance(single(sign.below or ()), NameMark) and not sign.above:
        return range(1, layers.count + 1)
    try:
        bounds = read_bounds(sign.below, sign.above, sign, frozenset({counter, *names}), Index.of(layers.count))
    except Unreadable:
        return None
    low, high = (
        bound.constant + sum(count * names[name] for name, count in bound.terms) for bound in (bounds.low, bounds.high)
    )
    return range(low, high + 1) if bounds.word is None else None


def _left(layers: Layers, statement: Statement) -> tuple[_Pair, ...]:
    """The letter of a layer that stands alone on the left."""
    chain = statement.chains[0] if statement.chains and statement.counts else None
    if chain is None or chain.continued or not chain.relations or chain.relations[0] not in EQUAL:
        return ()
    (sign, term), *more = chain.sides[0].terms
    first, *behind = term.factors
    if sign or more or len(behind) > 1 or any(not isinstance(mark, Group) for mark in behind):
        return ()
    return tuple(_pairs_in(layers, first)) if isinstance(first, ScriptedMark) else ()


def _pairs(layers: Layers, statement: Statement) -> tuple[tuple[frozenset[_Pair], ...], ...]:
    return tuple(tuple(frozenset(_pairs_in(layers, side)) for side in chain.sides) for chain in statement.chains)


def _pairs_in(layers: Layers, part: object) -> Iterator[_Pair]:
    """The letters of layers, each with its number."""
    marks: Iterable[ScriptedMark] = (mark for mark, _ in _letters(part))
    if isinstance(part, ScriptedMark):
        marks = [part] if isinstance(part.base, NameMark) else []
    for mark in marks:
        if mark.label:
            yield _glyph(mark), int(mark.label[1:])


def _known(instances: Sequence[_Instance]) -> frozenset[_Pair]:
    """The letters of layers that there are: those that are defined, and what they are made of.

    A recursion at the last layer speaks of one that is not there, and defines nothing.
    """
    defining = [one for one in instances if one.left and one.told.counts]
    made = {glyph for one in defining for glyph, _ in one.left}
    while True:
        lefts = {pair for one in defining for pair in one.left}
        mentioned = {pair for one in defining for sides in one.sides for pairs in sides for pair in pairs}
        known = frozenset(lefts | {(glyph, k) for glyph, k in mentioned if k >= 0 and (glyph not in made or not k)})
        kept = [one for one in defining if one.layer is None or one.limited(known) is not None]
        if len(kept) == len(defining):
            return known
        defining = kept
