"""What every letter of a note is taken to be, before any of its formulas is built.

Definitions count first, then abbreviations of derivatives, then what only seems to be a definition, then spellings of
one quantity, and at last how a letter is used.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from symbptt.page.notation import ONE, Index, Kind, Shape
from symbptt.reader.alphabet import Alphabet
from symbptt.reader.bounds import LAST
from symbptt.reader.customs import DIAGONAL, ENTRYWISE, FUNCTIONS, LOSSES, ONES, WHOLE
from symbptt.reader.grammar import Chain, Group, NameMark, ProductMark, ScriptedMark, SumMark, names_in, walk_marks
from symbptt.reader.letters import Key, Survey, survey
from symbptt.reader.statements import LetterChain, Statement, holds_derivative, letter_chains, plain_left
from symbptt.text.document import Display, Inline


@dataclass
class Plan:
    """What every letter is taken to be."""

    survey: Survey
    kinds: dict[Key, Kind] = field(default_factory=dict)
    same: dict[Key, Key] = field(default_factory=dict)
    """Other spellings of a defined letter."""
    defined: dict[Key, str] = field(default_factory=dict)
    """The letters that are defined, each with the tag or the line of its first definition."""
    general: set[Key] = field(default_factory=set)
    """Letters that are defined at every step."""
    said: list[str] = field(default_factory=list)
    """What was decided, in words."""
    shaped_functions: set[Key] = field(default_factory=set)
    """Functions of their arguments as wholes, which make a state of them."""
    abbreviations: set[Key] = field(default_factory=set)
    """Letters that stand for a derivative."""
    meanings: dict[Key, Chain] = field(default_factory=dict)
    """For each abbreviation, the chain that says at any step which derivative it is."""

    unsaid: set[Key] = field(default_factory=set)
    """Letters of which the note does not say what they are, and something is assumed of them, or nothing."""

    def shaped(self) -> dict[str, Shape]:
        """A shape for each function that has one, so that it is told from those that act entry by entry."""
        alphabet = Alphabet(self.survey, self.kinds, {}, self.same)
        return {alphabet.letter(key, "function").symbol: (ONE, ONE) for key in self.shaped_functions}


def make_plan(statements: Sequence[Statement]) -> Plan:
    """Say of every letter what it is, from all that could be parsed."""
    parsed = [statement for statement in statements if statement.error is None]
    plan = Plan(survey(chain for statement in statements for chain in (*statement.chains, *statement.left)))
    said_of_letters = list(letter_chains(plan.survey, parsed))
    for found in said_of_letters:
        _note_definition(plan, found)
    _keep_abbreviations(plan, said_of_letters, parsed)
    _note_unread_definitions(plan, statements)
    _note_spellings(plan)
    sides = tuple(chain.sides for statement in parsed for chain in statement.chains)
    for key, index in plan.survey.names(sides):
        _note_use(plan, key, index)
    _note_shaped_functions(plan, sides)
    return plan


# --------------------------------------------------------------------------------------------------- definitions


def _note_definition(plan: Plan, found: LetterChain) -> None:
    """A letter is a state or a weight where it is defined, and an abbreviation where it is given to a derivative."""
    key, index, chain = found.key, found.index, found.chain
    # T = 3 sets a size, and W = W^T is a property of W: neither is a definition.
    if index is None and (not has_letters(chain) or key in found.right_keys(plan.survey)):
        return
    if abbreviates(plan.survey, chain):
        plan.abbreviations.add(key)
        return
    plan.defined.setdefault(key, where_said(found.statement.item))
    if index is not None and index.terms:
        plan.general.add(key)
    # A letter that derivatives are taken in, and that is never differentiated, is a weight.
    only_in = key in plan.survey.bottoms - plan.survey.tops
    runs = any(step is not None for _, step in plan.survey.names(chain.sides[1:]))
    plan.kinds[key] = "weight" if index is None and (only_in or not runs) else "state"


def _note_unread_definitions(plan: Plan, statements: Sequence[Statement]) -> None:
    """A letter on the left of a display that could not be read is a state that this display defines."""
    for statement in (statement for statement in statements if statement.is_display):
        for left in (plain_left(plan.survey, chain) for chain in statement.left):
            if left is not None and left[0] not in plan.kinds and left[0] not in plan.abbreviations:
                plan.defined.setdefault(left[0], where_said(statement.item))
                plan.kinds[left[0]] = "state"


def where_said(item: Display | Inline) -> str:
    """The tag of a display, or the line of an inline formula."""
    return f"({item.tag})" if isinstance(item, Display) else f"line {item.place.line}"


def has_letters(chain: Chain) -> bool:
    """Whether the right sides of a chain hold more than numbers."""
    return any(True for _ in names_in(chain.sides[1:]))


# --------------------------------------------------------------------------------------------------- abbreviations


def abbreviates(found: Survey, chain: Chain) -> bool:
    """Whether a chain gives a letter to a derivative, or to a matrix that is made of diag and weights."""
    return any(map(holds_derivative, chain.sides[1:])) or _is_matrix(found, chain.sides[1])


def _is_matrix(found: Survey, terms: SumMark) -> bool:
    def of_diag(term: ProductMark) -> bool:
        names = [found.name(mark) for mark in term.factors if isinstance(mark, (NameMark, ScriptedMark))]
        alone = all(name is not None and name[1] is None for name in names)
        return alone and any(name is not None and name[0].stem == DIAGONAL for name in names)

    return all(of_diag(term) for _, term in terms.terms)


def _keep_abbreviations(plan: Plan, said_of_letters: Sequence[LetterChain], parsed: Sequence[Statement]) -> None:
    """Decide which letters abbreviate a derivative, and which are defined otherwise.

    A letter that is given to a derivative first abbreviates it, and later equations of it are claims. One that is first
    defined by anything else is no abbreviation, and that it equals a derivative is a claim; unless it is made of
    abbreviations only, as in the recurrence a_t = b_t + c_t a_{t-1}.
    """
    made_of: dict[Key, set[Key]] = {}
    at_last_step: dict[Key, Chain] = {}
    for found in (found for found in said_of_letters if found.key in plan.abbreviations):
        key, index, chain = found.key, found.index, found.chain
        inside = list(plan.survey.names(chain.sides[1:2]))
        others = {name for name, _ in inside}
        if abbreviates(plan.survey, chain):
            at_any_step = index is None or (len(index.terms) == 1 and index.terms[0][1] == 1)
            if at_any_step and key not in others:
                (at_last_step if index == LAST else plan.meanings).setdefault(key, chain)
        elif key not in plan.meanings and not _is_before(index, [at for name, at in inside if name == key]):
            made_of.setdefault(key, set()).update(others - {key})
    # δ_T alone tells the meaning only where δ has no other step in the note.
    for key, chain in at_last_step.items():
        if key not in plan.meanings and _steps(plan, parsed, key) == {LAST}:
            plan.meanings[key] = chain
    for key in plan.meanings.keys() - made_of.keys():
        plan.defined.pop(key, None)
        plan.general.discard(key)
        plan.kinds.pop(key, None)
    while lost := {key for key in plan.abbreviations & made_of.keys() if not made_of[key] <= plan.abbreviations}:
        plan.abbreviations -= lost


def _is_before(index: Index | None, own: Sequence[Index | None]) -> bool:
    """Whether no recurrence of a state has this index: a fixed step, or one that is computed from later steps."""
    if index is None or not index.terms:
        return index is not None
    gaps = [at - index for at in own if at is not None]
    return any(not gap.terms and gap.constant > 0 for gap in gaps)


def _steps(plan: Plan, parsed: Sequence[Statement], key: Key) -> set[Index | None]:
    """The indices that a letter has in a note."""
    return {index for name, index in plan.survey.names(tuple(s.chains for s in parsed)) if name == key}


# --------------------------------------------------------------------------------------------------- other letters


def _note_spellings(plan: Plan) -> None:
    """A letter that nobody defines is a defined one where they differ in an accent or a font only."""
    for key in sorted((plan.survey.tops | plan.survey.bottoms) - plan.defined.keys(), key=lambda key: key.symbol):
        alike = [
            known
            for known in plan.defined
            if (known.stem, known.label) == (key.stem, key.label) and known.dressed != key.dressed
        ]
        if len(alike) == 1:
            (known,) = alike
            plan.same[key] = known
            shown = (key.text, known.text) if key.text != known.text else (key.plain_latex, known.plain_latex)
            plan.said.append(f"{shown[0]} is {shown[1]}, which {plan.defined[known]} defines")


def _note_use(plan: Plan, key: Key, index: Index | None) -> None:
    """A letter that nothing defines is a state where it is differentiated, else data at a step and a weight without."""
    found = plan.survey
    if key in plan.kinds or key in plan.same or key.stem in (ONES, DIAGONAL) or found.is_identity(key):
        return
    if index is not None:
        plan.kinds[key] = "state" if key in found.tops else "data"
        return
    is_index = key.stem in found.indices and not key.label and not key.dressed
    is_function = key in found.functions or (key in found.tops and key.stem in FUNCTIONS and key.stem not in LOSSES)
    lacks_step = key.glyph in found.timed and not key.label and not key.whole
    lacks_argument = key.stem in ENTRYWISE or key.dressed == ("mathbb",)
    if not (is_index or is_function or lacks_step or lacks_argument):
        plan.kinds[key] = "state" if key in found.tops else "weight"


def _note_shaped_functions(plan: Plan, sides: object) -> None:
    """A function maps its arguments as wholes where it has several, or is differentiated, or is no activation."""
    found = plan.survey
    for factors in (mark.factors for mark in walk_marks(sides) if isinstance(mark, ProductMark)):
        for one, other in itertools.pairwise(factors):
            name = found.name(one) if isinstance(one, (NameMark, ScriptedMark)) else None
            group = other.base if isinstance(other, ScriptedMark) else other
            if name is None or name[0] not in found.functions or not isinstance(group, Group):
                continue
            if len(group.cells) > 1 or name[0].stem not in ENTRYWISE:
                plan.shaped_functions.add(name[0])
    plan.shaped_functions |= {key for key in found.tops if key in found.functions or key.stem in WHOLE}
