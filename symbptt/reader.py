r"""A note as a page: its displayed equations as definitions and claims, with whatever had to be assumed said.

>>> note = read_formula(r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}")
>>> print(note.rows[0].links[0].vectors)
(L1) d h_t/d w = ∂⁺h_t/∂w
>>> print(*note.assumed, sep="\n")
h_t = f(x_t, h_{t-1}, w), because nothing says what h_t is
w is a weight, x_t is data
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from symbptt.derivation import Derivation, Equation
from symbptt.differentials import Derivative, parse_formula
from symbptt.document import Display, Document, Inline, read_document, split_document
from symbptt.errors import IllTyped, NotationError, PageError, Place, Unreadable
from symbptt.formulas import Alphabet, Formulas
from symbptt.grammar import Cells, Chain, Group, Mark, Name, Row, Scripted, Terms, single, walk_marks
from symbptt.letters import ENTRYWISE, FUNCTIONS, LOSSES, Key, Survey, survey
from symbptt.notation import (
    ONE,
    Apply,
    At,
    Expr,
    Index,
    Kind,
    Letter,
    Number,
    Shape,
    Zero,
    free_indices,
    substitute,
    walk,
)
from symbptt.shapes import check_definition
from symbptt.sizing import Defined, all_scalars, every_letter, infer

RowKind: TypeAlias = Literal["definition", "claim", "unread"]

EQUAL = frozenset({"=", ":=", r"\equiv", r"\triangleq", r"\coloneqq"})


@dataclass(frozen=True, slots=True)
class Link:
    """One equation between two neighbouring sides of a display, where its letters are vectors and where scalars.

    None: on that page it cannot be stated, as ``why`` says.
    """

    tag: str
    kind: Literal["definition", "claim"]
    vectors: Equation | None
    scalars: Equation | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """One displayed equation: what it is, and the equations in it; or why it was not read, and where."""

    display: Display
    kind: RowKind
    links: tuple[Link, ...] = ()
    reason: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read. ``vectors`` is None where its definitions compose for scalars only."""

    path: str
    title: str
    rows: tuple[Printed, ...]
    vectors: Derivation | None
    scalars: Derivation
    assumed: tuple[str, ...]
    document: Document


def read_note(path: Path) -> Note:
    """Read a note in LaTeX or Markdown; raises :class:`NoteError` where the file or its displays cannot be found."""
    return read(read_document(path))


def read_formula(text: str) -> Note:
    """Read one formula without delimiters, as ``--latex`` has it."""
    return read(split_document(f"\\[{text}\\]", "--latex"))


# --------------------------------------------------------------------------------------------------- statements


@dataclass
class _Statement:
    """What a display or an inline formula says, as far as it can be parsed."""

    item: Display | Inline
    chains: Cells = ()
    error: Unreadable | None = None

    @property
    def is_display(self) -> bool:
        return isinstance(self.item, Display)


def _statements(document: Document) -> list[_Statement]:
    made: list[_Statement] = []
    for item in document.items:
        if isinstance(item, Display) and item.bare_tag:
            continue
        if isinstance(item, Inline) and "=" not in item.formula.text:
            continue
        try:
            made.append(_Statement(item, parse_formula(item.formula.text)))
        except Unreadable as error:
            made.append(_Statement(item, error=error))
    return made


def _plain_left(found: Survey, chain: Chain) -> tuple[Key, Index | None, Mark] | None:
    """The state or letter that stands alone on the left of a chain; None where something else does."""
    if chain.continued or not chain.relations or chain.relations[0] not in EQUAL:
        return None
    (sign, row), *more = chain.sides[0].terms
    if more or sign or len(row.factors) != 1:
        return None
    (mark,) = row.factors
    if not isinstance(mark, (Name, Scripted)) or (isinstance(mark, Scripted) and mark.primes):
        return None
    try:
        name = found.key(mark)
    except Unreadable:
        return None
    if name is None or (isinstance(mark, Scripted) and any(not _is_step(cells) for cells in mark.above)):
        return None
    key, index = name
    if key.stem in found.indices and not key.label and not key.dressed and index is None:
        return None
    return key, index, mark


def _is_step(cells: Cells) -> bool:
    return isinstance(single(cells), Group)


def _holds_derivative(terms: Terms) -> bool:
    return any(isinstance(mark, Derivative) for mark in walk_marks(terms))


def _names_in(mark: object) -> Iterator[Mark]:
    """The names of a formula, without the letters of their scripts."""
    if isinstance(mark, tuple):
        for part in mark:
            yield from _names_in(part)
    elif isinstance(mark, Scripted):
        if isinstance(mark.base, Name):
            yield mark
        else:
            yield from _names_in(mark.base)
    elif isinstance(mark, Name):
        yield mark
    elif isinstance(mark, Mark):
        for name in mark.__dataclass_fields__:
            if name not in ("start", "end", "relations", "sign"):
                yield from _names_in(getattr(mark, name))


# --------------------------------------------------------------------------------------------------- what is what


@dataclass
class _Plan:
    """What every letter is taken to be, before any formula is built."""

    survey: Survey
    kinds: dict[Key, Kind] = field(default_factory=dict)
    same: dict[Key, Key] = field(default_factory=dict)
    defined: dict[Key, str] = field(default_factory=dict)
    """What a definition says first, by the tag or line that says it."""
    said: list[str] = field(default_factory=list)
    shaped_functions: set[Key] = field(default_factory=set)
    """Functions that map all their arguments together to a state."""
    told: set[Key] = field(default_factory=set)
    """Letters that stand for a derivative."""

    def shaped(self) -> dict[str, Shape]:
        """A shape for each function that has one, so that it is told from those that act entry by entry."""
        alphabet = Alphabet(self.survey, self.kinds, {}, self.same)
        return {alphabet.letter(key, "function").symbol: (ONE, ONE) for key in self.shaped_functions}


def _plan(statements: Sequence[_Statement]) -> _Plan:
    parsed = [statement for statement in statements if statement.error is None]
    found = survey(chain for statement in parsed for chain in statement.chains)
    plan = _Plan(found)
    derived = plan.told
    for statement in parsed:
        for chain in statement.chains:
            left = _plain_left(found, chain)
            if left is None:
                continue
            key, index, _ = left
            # A number for a letter, T = 3, says nothing of how it is made; a derivative is abbreviated by its letter.
            if index is None and not _has_letters(chain.sides[1:]):
                continue
            if any(_holds_derivative(side) for side in chain.sides[1:]):
                derived.add(key)
            else:
                plan.defined.setdefault(key, _where(statement.item))
                # What is only ever differentiated in is a weight, whatever a stray formula says of it.
                weight = key in found.bottoms - found.tops or not _is_timed(found, chain)
                plan.kinds[key] = "weight" if index is None and weight else "state"
    _spellings(plan)
    for statement in parsed:
        for chain in statement.chains:
            for mark in _names_in(chain.sides):
                _sort(plan, mark, derived)
            for row in (mark for mark in walk_marks(chain.sides) if isinstance(mark, Row)):
                for one, other in itertools.pairwise(row.factors):
                    _note_call(plan, one, other)
    plan.shaped_functions |= {key for key in found.tops if key in found.functions or key.stem in FUNCTIONS - ENTRYWISE - LOSSES}
    return plan


def _note_call(plan: _Plan, one: Mark, other: Mark) -> None:
    name = plan.survey.key(one) if isinstance(one, (Name, Scripted)) else None
    group = other.base if isinstance(other, Scripted) else other
    if name is None or name[0] not in plan.survey.functions or not isinstance(group, Group):
        return
    if len(group.cells) > 1 or name[0].stem not in ENTRYWISE:
        plan.shaped_functions.add(name[0])


def _where(item: Display | Inline) -> str:
    return f"({item.tag})" if isinstance(item, Display) else f"line {item.place.line}"


def _has_letters(sides: Sequence[Terms]) -> bool:
    return any(True for _ in _names_in(tuple(sides)))


def _is_timed(found: Survey, chain: Chain) -> bool:
    """Whether what a letter without an index is made of runs in time, as L = Σ l_t does."""
    for mark in _names_in(chain.sides[1:]):
        name = found.key(mark)
        if name is not None and name[1] is not None:
            return True
    return False


def _spellings(plan: _Plan) -> None:
    """Letters that nobody defines, but that differ from a defined one in an accent or a font only."""
    every = set(plan.survey.tops | plan.survey.bottoms)
    for key in sorted(every - plan.defined.keys(), key=lambda key: key.symbol):
        alike = [
            known
            for known in plan.defined
            if (known.stem, known.label) == (key.stem, key.label) and known.dressed != key.dressed
        ]
        if len(alike) == 1:
            plan.same[key] = alike[0]
            plan.said.append(f"{key.text} is {alike[0].text}, which {plan.defined[alike[0]]} defines")


def _sort(plan: _Plan, mark: Mark, derived: set[Key]) -> None:
    found = plan.survey
    try:
        name = found.key(mark)
    except Unreadable:
        return
    if name is None:
        return
    key, index = name
    if key in plan.kinds or key in plan.same or key in derived:
        return
    if index is not None:
        plan.kinds[key] = "state" if key in found.tops else "data"
    elif key.stem in found.indices and not key.label and not key.dressed:
        return
    elif key in found.functions or (key in found.tops and key.stem in FUNCTIONS - LOSSES):
        return
    elif (key.stem, key.dressed) in found.timed and not key.label:
        return
    elif key.stem not in ENTRYWISE and key.dressed != ("mathbb",):
        plan.kinds[key] = "state" if key in found.tops else "weight"


# --------------------------------------------------------------------------------------------------- building


class _Builder:
    """The statements of a note as equations, in one choice of shapes; without a page, only what they say."""

    def __init__(self, plan: _Plan, shapes: Mapping[str, Shape], page: Derivation | None) -> None:
        self.plan = plan
        self.page = page
        self.formulas = Formulas(Alphabet(plan.survey, plan.kinds, shapes, plan.same))
        self.definitions: list[Defined] = []
        self.expressions: list[Expr] = []
        self.links: dict[Place, list[tuple[str, Literal["definition", "claim"], Equation | None, str]]] = {}
        self.errors: dict[Place, Unreadable] = {}
        self.ignored: list[str] = []
        self._displayed: set[Place] = set()
        self._bodies: dict[tuple[str, int | None], str] = {}
        self._previous: Expr | None = None

    def run(self, statements: Sequence[_Statement], assumed: Sequence[_Assumed]) -> None:
        """State everything: first what is assumed, then the note in its order."""
        for entry in assumed:
            left, right = entry.build(self.formulas)
            self._define(entry.tag, Place("assumed"), left, [right])
        for statement in statements:
            if statement.error is None:
                self._state(statement)
        self._settle()

    def _settle(self) -> None:
        """Take back the definitions that do not compose, once all of them are there to use each other."""
        for equation in list(self.page or ()):
            assert self.page is not None
            if equation.kind != "definition":
                continue
            try:
                check_definition(self.page, equation)
            except PageError as error:
                self.page.equations.remove(equation)
                self._refuse(equation, _unplaced(error))
                self._settle()
                return

    def _refuse(self, equation: Equation, why: str) -> None:
        if equation.place in self._displayed:
            self.errors.setdefault(equation.place, Unreadable(why, 0))
        else:
            self.ignored.append(f"line {equation.place.line}: {equation} is not used: {why}")

    def letters(self) -> list[Letter]:
        """Every letter that any expression holds."""
        return list(dict.fromkeys(every_letter(self.expressions)))

    # ------------------------------------------------------------------------------------------- statements

    def _state(self, statement: _Statement) -> None:
        item = statement.item
        count = 0
        if isinstance(item, Display):
            self._displayed.add(item.place)
        for chain in statement.chains:
            try:
                for tag, *rest in self._chain(statement, chain, count):
                    self.links.setdefault(item.place, []).append((tag, *rest))
                    count += 1
            except (Unreadable, NotationError, PageError) as error:
                at = error if isinstance(error, Unreadable) else Unreadable(_unplaced(error), chain.start)
                if isinstance(item, Display):
                    self.errors.setdefault(item.place, at)
                elif _plain_left(self.plan.survey, chain) is not None:
                    self.ignored.append(f"line {item.place.line}: {item.formula.text.strip()} is not used: {at}")
        if isinstance(item, Display) and not statement.chains:
            self.errors[item.place] = Unreadable("there is no equation in it", 0)

    def _chain(
        self, statement: _Statement, chain: Chain, count: int
    ) -> Iterator[tuple[str, Literal["definition", "claim"], Equation | None, str]]:
        item, is_display = statement.item, statement.is_display
        if not chain.relations and count:
            return  # t = 1, 2, ..., T behind an equation
        if not chain.relations:
            raise Unreadable("there is no equation in it: expected an equals sign", chain.start)
        if any(relation not in EQUAL for relation in chain.relations):
            if count:
                return
            odd = next(relation for relation in chain.relations if relation not in EQUAL)
            raise Unreadable(f"{odd} makes no equation: expected =", chain.start)
        base = item.tag if isinstance(item, Display) else f"line {item.place.line}"
        tags = (base if not number else f"{base}:{number + 1}" for number in range(count, 10_000))
        if (left := _plain_left(self.plan.survey, chain)) is not None:
            yield from self._plain(statement, chain, left, tags)
            return
        if not is_display or _is_aside(self.plan.survey, chain, count):
            return
        sides = [self.formulas.side(side) for side in chain.sides]
        if chain.continued:
            if self._previous is None:
                raise Unreadable("it begins with = but nothing stands before it to go on from", chain.start)
            sides = [self._previous, *sides]
        yield from self._claims(item.place, _aside(item), sides, tags)

    def _plain(
        self, statement: _Statement, chain: Chain, left: tuple[Key, Index | None, Mark], tags: Iterator[str]
    ) -> Iterator[tuple[str, Literal["definition", "claim"], Equation | None, str]]:
        key, index, _ = left
        place, is_display = statement.item.place, statement.is_display
        if any(_holds_derivative(side) for side in chain.sides[1:]):
            if not is_display and key not in self.plan.told:
                return
            said = self.formulas.side(chain.sides[1])
            self._tell(key, index, said, chain)
            sides = [said, *(self.formulas.side(side) for side in chain.sides[2:])]
            yield next(tags), "definition", None, f"{key.text} stands for {said}"
            yield from self._claims(place, "", sides, tags)
            return
        if index is None and not _has_letters(chain.sides[1:]):
            if is_display:
                raise Unreadable("it sets a number: expected a definition of a state, or a claim", chain.start)
            return
        of = self.formulas.side(chain.sides[0])
        sides = [_zero(self.formulas.side(side), of) for side in chain.sides[1:]]
        self.expressions += [of, *sides]
        names = [side for side in sides if _names_step(side)]
        bodies = [side for side in sides if side not in names]
        step = _step(of)
        symbol = of.letter.symbol if isinstance(of, At) else of.symbol if isinstance(of, Letter) else ""
        if not bodies or (symbol, step) not in self._bodies:
            new = [*names, *bodies[:1]]
            if bodies:
                self._bodies[symbol, step] = statement.item.place.path
            yield next(tags), "definition", self._define_checked(statement, of, new), ""
            yield from self._claims(place, "", bodies, tags)
        elif is_display:
            yield from self._claims(place, _aside(statement.item), [of, *sides], tags)
        self._previous = sides[-1] if is_display else self._previous

    def _define_checked(self, statement: _Statement, of: Expr, sides: Sequence[Expr]) -> Equation | None:
        item = statement.item
        tag = item.tag if isinstance(item, Display) else f"line {item.place.line}"
        if self.page is not None and any(known.tag == tag for known in self.page):
            tag = next(f"{tag}:{k}" for k in range(2, 10_000) if all(e.tag != f"{tag}:{k}" for e in self.page))
        return self._define(tag, item.place, of, sides)

    def _define(self, tag: str, place: Place, of: Expr, sides: Sequence[Expr]) -> Equation | None:
        self.expressions += [of, *sides]
        self.definitions.append(Defined(of, tuple(sides)))
        if self.page is None:
            return None
        with self.page.placed(place):
            return self.page.define(tag, of, *sides)

    def _tell(self, key: Key, index: Index | None, said: Expr, chain: Chain) -> None:
        if index is not None:
            if len(index.terms) != 1 or index.terms[0][1] != 1:
                raise Unreadable("expected a bare index on the left of an abbreviation", chain.start)
            said = substitute(said, {index.terms[0][0]: Index.letter("t") - index.constant})
        self.formulas.alphabet.told[key] = said

    # ------------------------------------------------------------------------------------------- claims

    def _claims(
        self, place: Place, aside: str, sides: Sequence[Expr], tags: Iterator[str]
    ) -> Iterator[tuple[str, Literal["definition", "claim"], Equation | None, str]]:
        self.expressions += sides
        for left, right in itertools.pairwise(sides):
            tag = next(tags)
            try:
                yield tag, "claim", self._claim(tag, place, aside, left, _zero(right, left)), ""
            except (NotationError, PageError) as error:
                yield tag, "claim", None, _unplaced(error)
        if sides:
            self._previous = sides[-1]

    def _claim(self, tag: str, place: Place, aside: str, left: Expr, right: Expr) -> Equation | None:
        if self.page is None:
            return None
        with self.page.placed(place):
            return self.page.claim(tag, left, right, for_each=self._ranges(left, right), start=_start(aside))

    def _ranges(self, left: Expr, right: Expr) -> list[tuple[Index, int | Index, int | Index]]:
        """Ranges for the indices that are free besides the step, each from 1 up to it."""
        assert self.page is not None
        try:
            free = set(free_indices(self.page.resolve(left)) | free_indices(self.page.resolve(right)))
        except IllTyped:
            return []
        horizons = {self.page.clock(node) for side in (left, right) for node in walk(side) if _is_unindexed(node)}
        times = sorted(free - horizons)
        if len(times) < 2:
            return []
        step = next((name for name in ("T", "t") if name in times), times[-1])
        return [(Index.letter(name), 1, Index.letter(step)) for name in times if name != step]


def _unplaced(error: Exception) -> str:
    place = getattr(error, "place", None)
    return str(error).removeprefix(f"{place}: ")


def _is_unindexed(node: Expr) -> bool:
    return isinstance(node, Letter) and node.kind == "state"


def _names_step(side: Expr) -> bool:
    """Whether a side only gives the step a name, h_t = f(x_t, h_{t-1}, w)."""
    return isinstance(side, Apply) and side.function.shape is not None


def _zero(side: Expr, like: Expr) -> Expr:
    return Zero(like) if side == Number.of(0) else side


def _step(of: Expr) -> int | None:
    return of.index.constant if isinstance(of, At) and not of.index.terms else None


def _is_aside(found: Survey, chain: Chain, count: int) -> bool:
    """Whether a chain behind an equation is a condition on an index, as t = 1, 2, ..., T."""
    name = chain.sides[0].terms[0][1].factors[0]
    return bool(count) and isinstance(name, Name) and name.stem in found.indices


def _aside(item: Display | Inline) -> str:
    return item.aside if isinstance(item, Display) else ""


def _start(aside: str) -> int | None:
    """The first step that a condition behind an equation asks for, t \\ge 2."""
    found = re.search(r"t\s*(>|\\geq?(?:slant)?(?![a-z])|≥)\s*(\d{1,3})", aside)
    return None if found is None else int(found[2]) + (found[1] == ">")


# --------------------------------------------------------------------------------------------------- assumptions


@dataclass(frozen=True, slots=True)
class _Assumed:
    """A definition that the note leaves out."""

    tag: str
    key: Key
    build: Callable[[Formulas], tuple[Expr, Expr]]
    uses: frozenset[Key]


def _assume(plan: _Plan, statements: Sequence[_Statement]) -> list[_Assumed]:
    """Definitions for what the note differentiates and does not define, each said in words."""
    parsed = [statement for statement in statements if statement.error is None]
    made = list(_summands(plan, parsed))
    uses = _uses(plan, parsed)
    for entry in made:
        uses[entry.key] = set(entry.uses)
    _outputs(plan, uses, made)
    known = plan.defined.keys() | {entry.key for entry in made}
    missing = [
        key
        for key in sorted(plan.survey.tops, key=lambda key: key.symbol)
        if plan.kinds.get(key) == "state" and key not in known and (key.stem, key.dressed) in plan.survey.timed
    ]
    made += [_function_of(plan, key, missing, parsed) for key in missing]
    return made


def _uses(plan: _Plan, parsed: Sequence[_Statement]) -> dict[Key, set[Key]]:
    """What each defined letter is made of directly."""
    found: dict[Key, set[Key]] = {}
    for statement in parsed:
        for chain in statement.chains:
            left = _plain_left(plan.survey, chain)
            if left is not None:
                found.setdefault(left[0], set()).update(_keys(plan, chain.sides[1:]))
    return found


def _keys(plan: _Plan, sides: object) -> Iterator[Key]:
    for mark in _names_in(sides):
        name = plan.survey.key(mark)
        if name is not None:
            yield plan.same.get(name[0], name[0])


def _summands(plan: _Plan, parsed: Sequence[_Statement]) -> Iterator[_Assumed]:
    """l_t, where it is the summand of L = Σ ell(y_t, d_t) that only another side names."""
    wanted = [
        key
        for key in plan.survey.tops
        if plan.kinds.get(key) == "state" and key not in plan.defined and key.stem in LOSSES
    ]
    for statement in parsed:
        for chain in statement.chains:
            left = _plain_left(plan.survey, chain)
            if left is None or left[1] is not None or not wanted:
                continue
            found = _summand(chain)
            if found is None:
                continue
            counter, call = found
            key = min(wanted, key=lambda key: key.symbol)
            index = Index.letter("t")

            def build(formulas: Formulas, key: Key = key, call: Row = call, counter: str = counter) -> tuple[Expr, Expr]:
                of = formulas.alphabet.letter(key, "state")[index]
                return of, substitute(formulas.row(call), {counter: index})

            shown = _plainly(plan, build)
            plan.said.append(f"{shown}, the summand of {_where(statement.item)}")
            yield _Assumed(f"assumed {key.symbol}", key, build, frozenset(_keys(plan, call)))
            return


def _summand(chain: Chain) -> tuple[str, Row] | None:
    """The index and the application that a Σ runs over."""
    for mark in walk_marks(chain.sides):
        if not isinstance(mark, Row):
            continue
        for place, factor in enumerate(mark.factors[:-2]):
            if isinstance(factor, Scripted) and getattr(factor.base, "text", "") == r"\sum" and factor.below:
                rest = mark.factors[place + 1 :]
                counters = [name.stem for name in walk_marks(factor.below) if isinstance(name, Name)]
                if len(rest) == 2 and isinstance(rest[1], Group) and isinstance(rest[0], (Name, Scripted)) and counters:
                    return counters[0], Row(rest[0].start, rest[1].end, rest)
    return None


def _plainly(plan: _Plan, build: Callable[[Formulas], tuple[Expr, Expr]]) -> str:
    left, right = build(Formulas(Alphabet(plan.survey, plan.kinds, plan.shaped(), plan.same)))
    return f"{left} = {right}"


def _outputs(plan: _Plan, uses: dict[Key, set[Key]], made: Sequence[_Assumed]) -> None:
    """y_t is the output o_t, where ∂l_t/∂o_t is written and l_t = ell(y_t, d_t) has nothing else for it."""

    def reached(key: Key) -> set[Key]:
        found: set[Key] = set()
        pending = [key]
        while pending:
            for inner in uses.get(pending.pop(), set()):
                if inner not in found:
                    found.add(inner)
                    pending.append(inner)
        return found

    for top, bottoms in sorted(plan.survey.jacobians.items(), key=lambda item: item[0].symbol):
        key = plan.same.get(top, top)
        for bottom, lag in sorted(bottoms, key=lambda pair: pair[0].symbol):
            of = plan.same.get(bottom, bottom)
            inside = reached(key)
            if lag != Index.of(0) or of == key or of in inside or key not in uses or plan.kinds.get(of) != "state":
                continue
            given = sorted(
                (k for k in inside if plan.kinds.get(k) == "data" and k.stem not in ("x", "X", "u")),
                key=lambda k: (k.stem != of.stem, k.stem not in ("o", "y", "z"), "hat" not in k.dressed, k.symbol),
            )
            if given:
                plan.same[given[0]] = of
                del plan.kinds[given[0]]
                uses[key] = {of if k == given[0] else k for k in uses[key]}
                plan.said.append(
                    f"{given[0].text}_t is {of.text}_t, because ∂{key.text}_t/∂{bottom.text}_t is written and "
                    f"nothing else leads from {key.text} to {bottom.text}"
                )


def _function_of(plan: _Plan, key: Key, missing: Sequence[Key], parsed: Sequence[_Statement]) -> _Assumed:
    """An arbitrary function of what the note differentiates a letter in; of its past and the weights where it recurs."""
    jacobians = {(plan.same.get(of, of), lag) for of, lag in plan.survey.jacobians.get(key, set())}
    before = [of for of, lag in jacobians if of == key]
    now = sorted({of for of, lag in jacobians if lag == Index.of(0) and of != key}, key=lambda of: of.symbol)
    now = [of for of in now if not any(of in _now(plan, other) for other in now if other != of)]
    recurs = bool(before) or not now
    taken = {known.stem for known in plan.survey.functions} | {known.stem for known in plan.kinds}
    spare = [name for name in ("ell", "g", "k", "F", "G", "phi", "psi") if name not in taken]
    wanted = _unnamed_function(plan, parsed) if recurs else None
    stem = "f" if recurs else "ell" if key.stem in LOSSES and "ell" in spare else next(n for n in spare if n != "ell")
    function = wanted or Key(stem)
    plan.shaped_functions.add(function)
    given = next(Key(name) for name in ("x", "u", "v", "z") if plan.kinds.get(Key(name)) in (None, "data"))
    weights = sorted(
        (of for of in plan.survey.bottoms if plan.kinds.get(of) == "weight" and of not in plan.defined),
        key=lambda of: of.symbol,
    ) or [Key("w")]
    if recurs:
        plan.kinds.setdefault(given, "data")
        for of in weights:
            plan.kinds.setdefault(of, "weight")
    t = Index.letter("t")

    def build(formulas: Formulas) -> tuple[Expr, Expr]:
        letter = formulas.alphabet.letter
        of = letter(key, "state")
        arguments: list[Expr] = []
        if recurs:
            arguments = [letter(given, "data")[t], of[t - 1], *(letter(weight, "weight") for weight in weights)]
        else:
            arguments = [letter(inner, "state")[t] for inner in now]
        return of[t], Apply(letter(function, "function"), tuple(arguments))

    plan.said.append(f"{_plainly(plan, build)}, because nothing says what {key.text}_t is")
    return _Assumed(f"assumed {key.symbol}", key, build, frozenset())


def _now(plan: _Plan, key: Key) -> set[Key]:
    return {of for of, lag in plan.survey.jacobians.get(key, set()) if lag == Index.of(0)}


def _unnamed_function(plan: _Plan, parsed: Sequence[_Statement]) -> Key | None:
    """The function that claims differentiate and no definition names: it names the step that is assumed."""
    named = set()
    for statement in parsed:
        for chain in statement.chains:
            if _plain_left(plan.survey, chain) is not None:
                named |= set(_keys(plan, chain.sides[1:]))
    loose = [key for key in plan.survey.tops if key not in plan.kinds and key not in named and key.stem in FUNCTIONS]
    return min(loose, key=lambda key: key.symbol) if len(loose) == 1 else None


# --------------------------------------------------------------------------------------------------- reading


def read(document: Document) -> Note:
    """The page that a document's displays make, in their order."""
    statements = _statements(document)
    plan = _plan(statements)
    assumed = _assume(plan, statements)
    draft = _Builder(plan, plan.shaped(), None)
    draft.run(statements, assumed)
    letters = draft.letters()
    losses = frozenset(key.symbol for key, kind in plan.kinds.items() if kind == "state" and key.stem in LOSSES)
    vectors: _Builder | None = None
    with contextlib.suppress(IllTyped):
        vectors = _Builder(plan, infer(draft.definitions, letters, losses), _page(document))
        vectors.run(statements, assumed)
    scalars = _Builder(plan, all_scalars(draft.definitions, letters), _page(document))
    scalars.run(statements, assumed)
    errors = {statement.item.place: statement.error for statement in statements if statement.error is not None}
    rows = tuple(_printed(document, display, draft, vectors, scalars, errors) for display in document.displays)
    assert scalars.page is not None
    return Note(
        document.path,
        document.title,
        rows,
        vectors.page if vectors is not None else None,
        scalars.page,
        tuple((*plan.said, *_said(plan, draft), *(vectors or scalars).ignored)),
        document,
    )


def _page(document: Document) -> Derivation:
    return Derivation(document.title, source=document.path)


def _printed(
    document: Document,
    display: Display,
    draft: _Builder,
    vectors: _Builder | None,
    scalars: _Builder,
    errors: Mapping[Place, Unreadable],
) -> Printed:
    if display.bare_tag:
        return Printed(display, "unread", reason="it holds a number and no equation: the number is that of the display before")
    of_page = [builder.errors.get(display.place) for builder in (vectors, scalars) if builder is not None]
    error = errors.get(display.place) or draft.errors.get(display.place) or (of_page[0] if all(of_page) else None)
    if error is not None:
        return Printed(display, "unread", (), str(error), document.place_at(display.formula.at(error.offset)))
    on_vectors = {tag: (made, why) for tag, _, made, why in vectors.links.get(display.place, [])} if vectors else {}
    on_scalars = {tag: (made, why) for tag, _, made, why in scalars.links.get(display.place, [])}
    links = []
    for tag, kind, _, why in draft.links.get(display.place, []):
        one, other = on_vectors.get(tag, (None, "")), on_scalars.get(tag, (None, ""))
        links.append(Link(tag, kind, one[0], other[0], why or one[1] or other[1]))
    kind: RowKind = "claim" if any(link.kind == "claim" for link in links) else "definition"
    if not links:
        return Printed(display, "unread", (), "there is no equation in it", display.place)
    return Printed(display, kind, tuple(links))


def _said(plan: _Plan, draft: _Builder) -> Iterator[str]:
    """What letters that nothing defines were taken to be, and what the names of steps name."""
    letters = draft.letters()
    for kind, noun in (("weight", "a weight"), ("data", "data"), ("function", "an arbitrary function")):
        made_here = {entry.left for entry in draft.definitions}
        own = [str(letter) for letter in letters if letter.kind == kind and letter not in made_here]
        own = list(dict.fromkeys(own))
        if own and kind == "weight" and len(own) > 1:
            noun = "weights"
        if own and kind == "function" and len(own) > 1:
            noun = "arbitrary functions"
        if own:
            yield f"{', '.join(own)} {'is' if len(own) == 1 or kind == 'data' and len(own) == 1 else 'are'} {noun}"
    named: dict[str, list[str]] = {}
    for entry in draft.definitions:
        for side in entry.sides:
            if _names_step(side) and isinstance(side, Apply) and len(entry.sides) == 1:
                named.setdefault(str(entry.left), []).append(str(side.function))
    for state, functions in named.items():
        if len(functions) > 1 or functions[0] not in ("f",):
            yield f"{' and '.join(dict.fromkeys(functions))} {'name' if len(functions) > 1 else 'names'} {state}"
