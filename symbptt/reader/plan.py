"""What every letter of a note is taken to be, before any of its formulas is built."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from symbptt.page.notation import ONE, Index, Kind, Shape
from symbptt.reader.alphabet import Alphabet
from symbptt.reader.bounds import LAST
from symbptt.reader.customs import DIAGONAL, ENTRYWISE, FUNCTIONS, LOSSES, ONES, WHOLE
from symbptt.reader.grammar import Chain, Factors, Group, Mark, Name, Scripted, Terms, walk_marks
from symbptt.reader.letters import Key, Survey, survey
from symbptt.reader.statements import Statement, holds_derivative, names_in, plain_left
from symbptt.text.document import Display, Inline


@dataclass
class Plan:
    """What every letter is taken to be, before any formula is built."""

    survey: Survey
    kinds: dict[Key, Kind] = field(default_factory=dict)
    same: dict[Key, Key] = field(default_factory=dict)
    defined: dict[Key, str] = field(default_factory=dict)
    """What a definition says first, by the tag or line that says it."""
    general: set[Key] = field(default_factory=set)
    """Letters that are defined at every step."""
    said: list[str] = field(default_factory=list)
    shaped_functions: set[Key] = field(default_factory=set)
    """Functions that map all their arguments together to a state."""
    told: set[Key] = field(default_factory=set)
    """Letters that stand for a derivative."""
    telling: dict[Key, Chain] = field(default_factory=dict)
    """What says for which derivative such a letter stands, at any step."""

    def shaped(self) -> dict[str, Shape]:
        """A shape for each function that has one, so that it is told from those that act entry by entry."""
        alphabet = Alphabet(self.survey, self.kinds, {}, self.same)
        return {alphabet.letter(key, "function").symbol: (ONE, ONE) for key in self.shaped_functions}


def make_plan(statements: Sequence[Statement]) -> Plan:
    """Look at all that could be parsed, and say of every letter what it is."""
    parsed = [statement for statement in statements if statement.error is None]
    found = survey(chain for statement in statements for chain in (*statement.chains, *statement.left))
    plan = Plan(found)
    derived = plan.told
    for statement in parsed:
        for chain in statement.chains:
            left = plain_left(found, chain)
            if left is None:
                continue
            key, index, _ = left
            # A number for a letter, T = 3, says nothing of how it is made; a derivative is abbreviated by its letter.
            if index is None and not has_letters(chain.sides[1:]):
                continue
            # W = W^T says something of W, and not what it is.
            inside = (found.name(mark) for mark in names_in(chain.sides[1:]))
            if index is None and any(name is not None and name[0] == key for name in inside):
                continue
            if abbreviates(found, chain):
                derived.add(key)
            else:
                plan.defined.setdefault(key, where_said(statement.item))
                if index is not None and index.terms:
                    plan.general.add(key)
                # What is only ever differentiated in is a weight, whatever a stray formula says of it.
                weight = key in found.bottoms - found.tops or not _is_timed(found, chain)
                plan.kinds[key] = "weight" if index is None and weight else "state"
    _keep_abbreviations(plan, parsed)
    for statement in statements:
        for left in (plain_left(found, chain) for chain in statement.left):
            if left is not None and left[0] not in plan.kinds and left[0] not in derived and statement.is_display:
                plan.defined.setdefault(left[0], where_said(statement.item))
                plan.kinds[left[0]] = "state"
    _spellings(plan)
    for statement in parsed:
        for chain in statement.chains:
            for mark in names_in(chain.sides):
                _sort(plan, mark)
            for term in (mark for mark in walk_marks(chain.sides) if isinstance(mark, Factors)):
                for one, other in itertools.pairwise(term.factors):
                    _note_call(plan, one, other)
    plan.shaped_functions |= {key for key in found.tops if key in found.functions or key.stem in WHOLE}
    return plan


def _keep_abbreviations(plan: Plan, parsed: Sequence[Statement]) -> None:
    """Tell what a letter stands for from what is claimed of it.

    A letter told to be a derivative before anything else is made of it is that derivative, and what it is made of later
    is claimed. One that is made of other things first is no abbreviation: that it is a derivative too is then a claim.
    Only where all that it is made of stands for derivatives as well, the recurrence a_t = b_t + c_t a_{t-1}, does one
    letter serve for both.
    """
    made_of: dict[Key, set[Key]] = {}
    last: dict[Key, Chain] = {}
    for chain in (chain for statement in parsed for chain in statement.chains):
        left = plain_left(plan.survey, chain)
        if left is None or left[0] not in plan.told:
            continue
        key, index, _ = left
        inside = [name for mark in names_in(chain.sides[1:2]) if (name := plan.survey.name(mark)) is not None]
        names = {name for name, _ in inside}
        if abbreviates(plan.survey, chain):
            bare = index is None or (len(index.terms) == 1 and index.terms[0][1] == 1)
            if bare and key not in names:
                (last if index == LAST else plan.telling).setdefault(key, chain)
        elif key not in plan.telling and not _is_before(index, [at for name, at in inside if name == key]):
            made_of.setdefault(key, set()).update(names - {key})
    # δ_T says nothing of the steps before the last, unless it is never spoken of these.
    for key, chain in last.items():
        if key not in plan.telling and _steps(plan, parsed, key) == {LAST}:
            plan.telling[key] = chain
    for key in plan.telling.keys() - made_of.keys():
        plan.defined.pop(key, None)
        plan.general.discard(key)
        plan.kinds.pop(key, None)
    while lost := {key for key in plan.told & made_of.keys() if not made_of[key] <= plan.told}:
        plan.told -= lost


def abbreviates(found: Survey, chain: Chain) -> bool:
    """Whether a chain gives a letter to a derivative, or to a matrix that is made of diag and weights."""
    return any(map(holds_derivative, chain.sides[1:])) or _is_matrix(found, chain.sides[1])


def _is_matrix(found: Survey, terms: Terms) -> bool:
    def of_diag(term: Factors) -> bool:
        names = [found.name(mark) for mark in term.factors if isinstance(mark, (Name, Scripted))]
        alone = all(name is not None and name[1] is None for name in names)
        return alone and any(name is not None and name[0].stem == DIAGONAL for name in names)

    return all(of_diag(term) for _, term in terms.terms)


def _is_before(index: Index | None, own: Sequence[Index | None]) -> bool:
    """Whether no definition of a state has this index: a fixed one, or one that is made of later steps."""
    if index is None or not index.terms:
        return index is not None
    gaps = [at - index for at in own if at is not None]
    return any(not gap.terms and gap.constant > 0 for gap in gaps)


def _steps(plan: Plan, parsed: Sequence[Statement], key: Key) -> set[Index | None]:
    """The indices that a letter has in a note."""
    names = (plan.survey.name(mark) for statement in parsed for mark in names_in(statement.chains))
    return {name[1] for name in names if name is not None and name[0] == key}


def _note_call(plan: Plan, one: Mark, other: Mark) -> None:
    name = plan.survey.name(one) if isinstance(one, (Name, Scripted)) else None
    group = other.base if isinstance(other, Scripted) else other
    if name is None or name[0] not in plan.survey.functions or not isinstance(group, Group):
        return
    if len(group.cells) > 1 or name[0].stem not in ENTRYWISE:
        plan.shaped_functions.add(name[0])


def where_said(item: Display | Inline) -> str:
    """How a person is told where something stands."""
    return f"({item.tag})" if isinstance(item, Display) else f"line {item.place.line}"


def has_letters(sides: Sequence[Terms]) -> bool:
    """Whether sides hold more than numbers."""
    return any(True for _ in names_in(tuple(sides)))


def _is_timed(found: Survey, chain: Chain) -> bool:
    """Whether what a letter without an index is made of runs in time, as L = Σ l_t does."""
    for mark in names_in(chain.sides[1:]):
        name = found.name(mark)
        if name is not None and name[1] is not None:
            return True
    return False


def _spellings(plan: Plan) -> None:
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
            one, other = (
                (key.text, alike[0].text) if key.text != alike[0].text else (key.plain_latex, alike[0].plain_latex)
            )
            plan.said.append(f"{one} is {other}, which {plan.defined[alike[0]]} defines")


def _sort(plan: Plan, mark: Mark) -> None:
    found = plan.survey
    name = found.name(mark)
    if name is None:
        return
    key, index = name
    if key in plan.kinds or key in plan.same or key.stem in (ONES, DIAGONAL) or found.is_identity(key):
        return
    bare = key.stem in found.indices and not key.label and not key.dressed
    applied = key in found.functions or (key in found.tops and key.stem in FUNCTIONS and key.stem not in LOSSES)
    lost = (key.stem, key.dressed) in found.timed and not key.label
    if index is not None:
        plan.kinds[key] = "state" if key in found.tops else "data"
    elif bare or applied or lost:
        return
    elif key.stem not in ENTRYWISE and key.dressed != ("mathbb",):
        plan.kinds[key] = "state" if key in found.tops else "weight"
