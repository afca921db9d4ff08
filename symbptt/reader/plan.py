"""What every letter of a note is taken to be, before any of its formulas is built.

Definitions count first, then abbreviations of derivatives, then what only seems to be a definition, then spellings of
one quantity, and at last how a letter is used.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbptt.errors import Unreadable
from symbptt.functions import row_called
from symbptt.page.conventions import CONVENTIONS, Convention
from symbptt.page.derivation import Start
from symbptt.page.notation import ONE, Index, Kind, Shape
from symbptt.reader import customs
from symbptt.reader.alphabet import Alphabet
from symbptt.reader.bounds import LAST, STEP, is_last
from symbptt.reader.conditions import Conditions, read_conditions
from symbptt.reader.customs import DIAGONAL, ENTRYWISE, FUNCTIONS, INPUTS, LOSSES, MAPS, ONES, SIGMA, VEC, WHOLE
from symbptt.reader.differentials import Derivative, argument, is_call
from symbptt.reader.factors import range_sign
from symbptt.reader.finals import put_at_the_last_step
from symbptt.reader.grammar import (
    EQUAL,
    Cells,
    Chain,
    Group,
    NameMark,
    ProductMark,
    ScriptedMark,
    SumMark,
    has_norm,
    names_in,
    only_side,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key, Survey, summed_up_to, survey
from symbptt.reader.parameters import fill_arguments, with_parameters
from symbptt.reader.results import LastStep
from symbptt.reader.settings import Prose, Settings, Target, find_settings, set_slopes
from symbptt.reader.slices import blocks, find_slices, with_slices
from symbptt.reader.statements import LetterChain, Statement, holds_derivative, letter_chains, plain_left, where_said


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
    layouts: tuple[Convention, ...] = CONVENTIONS
    """The conventions that the words leave room for."""
    shaped_functions: set[Key] = field(default_factory=set)
    """Functions of their arguments as wholes, which make a state of them."""
    gradients: set[Key] = field(default_factory=set)
    """Letters at a step that are made of a derivative of what has no step, directly or through others."""
    abbreviations: set[Key] = field(default_factory=set)
    """Letters that stand for a derivative."""
    meanings: dict[Key, Chain] = field(default_factory=dict)
    """For each abbreviation, the chain that says at any step which derivative it is."""
    starts: dict[Key, int] = field(default_factory=dict)
    """The first step of a recurrence that begins later than at 1."""
    reach: dict[Key, int] = field(default_factory=dict)
    """How many steps back a recurrence goes."""
    closed: dict[Key, str] = field(default_factory=dict)
    """Letters that the note speaks of in a way that is not read, each with where: nothing is assumed of them."""
    narrowed: dict[Key, str] = field(default_factory=dict)
    """Letters that the note gives a property or a value that is not made use of, each with where: what is true of any
    other is true of them, and what is false of others may be true of them."""
    named: dict[Key, str] = field(default_factory=dict)
    """Functions that the note says to be named ones."""
    unread: dict[Key, str] = field(default_factory=dict)
    """Functions and weights that the note says to be something that is not read."""
    again: list[LetterChain] = field(default_factory=list)
    """What is said of a letter again: in the text behind its definition, or in a display below another heading."""
    state_in_words: str = ""
    """Where it is said in words how a state is computed."""
    lasts: dict[str, LastStep] = field(default_factory=dict)
    """The number that a last step is given, by its letter."""
    numbers: set[Key] = field(default_factory=set)
    """Letters that are said to be numbers."""
    all_numbers: str = ""
    """Where it is said that every letter is a number."""
    star: str = ""
    """Where it is said that a star multiplies entry by entry."""
    vectorises: bool = False
    """Whether a formula writes the vec of a matrix."""
    losses: set[Key] = field(default_factory=set)
    """Losses by what the words say, beside those by custom."""
    backwards: set[Key] = field(default_factory=set)
    """Letters that are computed from later steps of theirs, before the note gives them to a derivative."""
    ends: dict[Key, set[Index]] = field(default_factory=dict)
    """The last steps, T or T+1, of which the note says what a letter is there, where it has other steps too."""
    targets: dict[Key, Target] = field(default_factory=dict)
    """Data whose entries sum to one."""
    free_targets: dict[Key, Key] = field(default_factory=dict)
    """For each of them the data that it is, over their sum."""
    partials: str = "∂"
    """What a plain ∂ of a state in a weight is said to be: d or ∂⁺."""
    ascends: bool = False
    """Whether it is said that products have the first factor on the left."""
    begins: dict[Key, Start] = field(default_factory=dict)
    """Letters of whose first value something is said that is not read."""
    blocks: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)
    """Weights whose columns have names of their own, by their numbers."""

    def alphabet(self, shapes: Mapping[str, Shape]) -> Alphabet:
        """The letters as the notation has them, with these shapes."""
        return Alphabet(self.survey, self.kinds, shapes, self.same, named=self.named, star=self.star)

    any_sigma: bool = False
    """Whether σ is said to be any function, and so is not the logistic one by custom."""
    unsaid: set[Key] = field(default_factory=set)
    """Letters of which the note does not say what they are, and something is assumed of them, or nothing."""

    def fixed_step(self, key: Key, index: Index | None) -> int | Index | None:
        """The one step that is spoken of at an index: a number, or the last one of a letter that has others."""
        if index is not None and index.terms:
            return index if index in self.ends.get(key, ()) else None
        return index.constant if index is not None else None

    def shaped(self) -> dict[str, Shape]:
        """A shape for each function that has one, so that it is told from those that act entry by entry."""
        alphabet = self.alphabet({})
        return {alphabet.letter(key, "function").symbol: (ONE, ONE) for key in self.shaped_functions}


def make_plan(statements: Sequence[Statement], prose: Prose) -> Plan:
    """Say of every letter what it is, from all that could be parsed."""
    plan = Plan(survey(_surveyed(statements)))
    if final := put_at_the_last_step(plan.survey, statements):
        plan.survey = survey(_surveyed(statements))
        plan.said.append(f"{', '.join(final)} without a step is made of the last state, and is at the last step")
    plan.said += fill_arguments(plan.survey, statements)
    for statement in statements:
        statement.chains = with_parameters(plan.survey, statement.chains)
    _name_slices(plan, statements, prose)
    _turn_definitions(plan.survey, statements)
    plan.survey = survey(_surveyed(statements))
    _read_conditions(plan, statements)
    settings = find_settings(plan.survey, statements)
    _name_functions(plan, settings, prose)
    set_slopes(plan.survey, statements, settings)
    plan.named.update(settings.named)
    plan.narrowed.update(settings.narrowed)
    plan.unread.update(settings.closed)
    plan.lasts = settings.lasts
    if prose.one_step is not None:
        plan.lasts.setdefault(LAST.name(), prose.one_step)
    _note_backwards(plan, statements)
    _note_second_definitions(plan, statements)
    parsed = [statement for statement in statements if statement.counts]
    said_of_letters = list(letter_chains(plan.survey, parsed))
    _note_gradients(plan, said_of_letters)
    for found in said_of_letters:
        _note_definition(plan, found)
    _keep_abbreviations(plan, said_of_letters, parsed)
    _note_unread_definitions(plan, statements)
    _close_letters(plan, statements, prose)
    _note_spellings(plan, parsed)
    sides = tuple(chain.sides for statement in parsed for chain in statement.chains)
    for key, index in plan.survey.names(sides):
        _note_use(plan, key, index)
    _note_targets(plan, prose, settings.targets)
    every = walk_marks(tuple(statement.chains for statement in parsed))
    plan.vectorises = any(isinstance(mark, NameMark) and mark.glyph == (VEC, ()) for mark in every)
    if plan.vectorises:
        plan.said.append("⊗ is the Kronecker product, of columns too, as vec is written")
    plan.state_in_words = prose.state
    plan.partials, plan.ascends = prose.partials, prose.ascends
    if prose.partials != "∂":
        plan.said.append(f"∂ of a state in a weight is {prose.partials}, as the words say")
    if prose.ascends:
        plan.said.append("products have the first factor on the left, as the words say")
    plan.all_numbers, plan.star = prose.all_numbers, prose.star
    plan.numbers |= {key for marks in prose.numbers for key, _ in plan.survey.names(marks) if key in plan.kinds}
    plan.said += [f"{key.text} is a number, as the text says" for key in sorted(plan.numbers, key=lambda key: key.text)]
    plan.layouts, plan.any_sigma = prose.layouts, prose.any_sigma or any(map(_says_sigma, statements))
    for key in plan.survey.functions if prose.other_sigma else ():
        if key.stem == SIGMA and key not in plan.named:
            plan.narrowed.setdefault(key, prose.other_sigma)
    _note_shaped_functions(plan, [chain for statement in parsed for chain in statement.chains], prose)
    return plan


def _says_sigma(statement: Statement) -> bool:
    """Whether a display says what σ of something is, so that custom does not."""
    for chain in statement.chains or statement.parsed:
        head = chain.sides[0].terms[0][1].factors[0] if len(chain.sides) > 1 and chain.relations[0] in EQUAL else None
        if isinstance(head, NameMark) and head.stem == SIGMA and len(chain.sides[0].terms[0][1].factors) > 1:
            return True
    return False


def _name_functions(plan: Plan, settings: Settings, prose: Prose) -> None:
    """Let the sentences of a note say which function a letter is, as its formulas do."""
    # Where it is only spoken of as one, it is none that another sentence names either.
    for spoken in sorted(prose.spoken, key=lambda spoken: spoken.function == "?"):
        names = {key for key, _ in plan.survey.names(spoken.marks)} if spoken.function else set()
        for key in names & plan.survey.functions:
            where = spoken.where
            if spoken.function == "?":
                settings.named.pop(key, None)
                settings.narrowed.setdefault(key, where)
            elif row_called(spoken.function) is None or settings.named.get(key, spoken.function) != spoken.function:
                settings.named.pop(key, None)
                settings.closed[key] = where
            elif key not in settings.closed:
                settings.named[key] = spoken.function
                plan.said.append(f"{key.text} is {spoken.function}, as {where} says")


def _surveyed(statements: Sequence[Statement]) -> Iterator[Chain]:
    for statement in statements:
        if statement.counts:
            yield from statement.chains
        elif statement.error is not None and statement.is_display:
            yield from (chain for cells in statement.sides for chain in cells)


def _read_conditions(plan: Plan, statements: Sequence[Statement]) -> None:
    """What the conditions of each equation say; one whose conditions cannot be read is not read."""
    marks = list(walk_marks(tuple(statement.chains for statement in statements if statement.counts)))
    limited = (one for one in statements if one.counts and (one.conditions or one.occasion is not None))
    for statement in limited:
        step = _step_of(plan, statement)
        lasts = frozenset(upper for counter, upper in summed_up_to(marks) if counter == step)
        try:
            statement.said = read_conditions(statement.conditions, plan.survey.indices, step, lasts)
            if statement.occasion is not None and _runs_over(plan, statement, step):
                first = None if _counts_from_zero(plan, statements, step) else Index.of(1)
                ends = lasts | (plan.survey.indices & {LAST.name()})
                last = Index.letter(next(iter(ends))) if len(ends) == 1 else None
                statement.said = _at_occasion(statement, step, last if statement.occasion.step == "last" else first)
        except Unreadable as error:
            statement.drop(error)


def _runs_over(plan: Plan, statement: Statement, step: str) -> bool:
    """Whether a letter of an equation has a free step."""
    for side in (side for chain in statement.chains for side in chain.sides):
        ranges = [big for mark in walk_marks(side) if (big := range_sign(mark)) is not None]
        below = [mark for _, cells, _ in ranges for mark in walk_marks(cells or ())]
        counted = {mark.stem for mark in below if isinstance(mark, NameMark)}
        names = (index for _, index in plan.survey.names(side) if index is not None)
        if step not in counted and any(step in index.letters() for index in names):
            return True
    return False


def _counts_from_zero(plan: Plan, statements: Sequence[Statement], step: str) -> bool:
    """Whether the first step may be 0: where that is written, or a letter that is no state has that step."""
    written = re.compile(rf"(?<![A-Za-z\\]){re.escape(step)}\s*(?:=|≥|\\geq?(?![A-Za-z]))\s*0(?![.\d])")
    if any(written.search(statement.item.formula.text) for statement in statements):
        return True
    names = plan.survey.names(tuple(statement.chains for statement in statements if statement.counts))
    return bool({key for key, index in names if index == Index.of(0)} - plan.survey.lefts)


def _at_occasion(statement: Statement, step: str, value: Index | None) -> Conditions:
    """The conditions with the step that words name, ``value``; raises :class:`Unreadable` where that is not clear."""
    occasion, said = statement.occasion, statement.said
    assert occasion is not None
    if not occasion.sure:
        raise Unreadable(f"the words around it may limit it to one step: {occasion.phrase}", 0)
    if value is None:
        raise Unreadable(f"the words around it limit it to one step, and it is not clear which: {occasion.phrase}", 0)
    if said.at.get(step, value) != value or said.start is not None or said.last is not None:
        raise Unreadable(f"the words around it limit it to one step, beside another condition: {occasion.phrase}", 0)
    return replace(said, at={**said.at, step: value})


def _name_slices(plan: Plan, statements: Sequence[Statement], prose: Prose) -> None:
    """Let columns that are written by their numbers be blocks of their weight; what has others in it is not read."""
    counted = [statement for statement in statements if statement.counts]
    formulas = tuple(chain for statement in counted for chain in statement.chains)
    known = [one for one in find_slices(plan.survey, formulas) if one.of not in plan.survey.lefts]
    plan.blocks = blocks(plan.survey, formulas, known, prose.spaces)
    for statement in counted:
        slices = list(find_slices(plan.survey, statement.chains))
        if any(one.of not in plan.blocks for one in slices):
            statement.drop(Unreadable("it is not clear which columns these are, by what the weight stands before", 0))
        if slices:
            statement.chains = with_slices(plan.survey, statement.chains)


def _turn_definitions(found: Survey, statements: Sequence[Statement]) -> None:
    """Let what can only be a definition, φ(W h_{t-1}) = h_t, have its letter on the left.

    It is one where nothing else stands for the letter at every step, on the left or on the right, before it.
    """
    held = itertools.chain.from_iterable([s.chains] if s.counts else s.sides[:1] for s in statements if not s.aside)
    known = {key for key, _ in alone(found, held)}
    for statement in (statement for statement in statements if statement.counts):
        chains = []
        for chain in statement.chains:
            other_way = replace(chain, sides=chain.sides[::-1])
            name = plain_left(found, other_way) if plain_left(found, chain) is None else None
            if name is not None and not holds_derivative_in(chain) and _is_new(found, name, chain, known):
                chain = other_way
                known.add(name[0])
            chains.append(chain)
        statement.chains = tuple(chains)


def _is_new(found: Survey, name: tuple[Key, Index | None], chain: Chain, known: set[Key]) -> bool:
    """Whether a letter on the right is one that this chain may define: at every step, and by others.

    A letter without a step is one where it is differentiated: W^T W = I says of W what it is like.
    """
    key, index = name
    if index is None and key not in found.tops:
        return False
    others = {other for other, _ in found.names(chain.sides[:-1])} - {key}
    here = {at for other, at in found.names(chain.sides[:-1]) if other == key}
    return (index is None or bool(index.terms)) and index not in here and key not in known and bool(others)


def _step_of(plan: Plan, statement: Statement) -> str:
    """What a display calls its step: t, or the one index letter of a letter on its left and of all that it equals."""
    lefts = [name for chain in statement.chains if (name := plain_left(plan.survey, chain)) is not None]
    held = [index for _, index in plan.survey.names(statement.chains) if index is not None]
    letters = frozenset().union(*(index.letters() for index in held)) - LAST.letters()
    told = bool(lefts) and lefts[0][1] is not None and lefts[0][1].letters() == letters and len(letters) == 1
    return next(iter(letters)) if told else STEP.name()


# --------------------------------------------------------------------------------------------------- definitions


def _note_definition(plan: Plan, found: LetterChain) -> None:
    """A letter is a state or a weight where it is defined, and an abbreviation where it is given to a derivative."""
    key, index, chain = found.key, found.index, found.chain
    # T = 3 sets a size, and W = W^T is a property of W: neither is a definition.
    if index is None and (not has_letters(chain) or key in found.right_keys(plan.survey)):
        return
    if key not in plan.backwards and abbreviates(plan, chain):
        plan.abbreviations.add(key)
        return
    if found.statement.of_loss:
        plan.losses.add(key)
    plan.defined.setdefault(key, where_said(found.statement.item))
    if index is not None and plan.fixed_step(key, index) is None and not found.statement.said.at:
        plan.general.add(key)
        own = [step for name, step in plan.survey.names(chain.sides[1:]) if name == key and step is not None]
        back = [(index - step).constant for step in own if not (index - step).terms]
        plan.reach.setdefault(key, max(back, default=0))
        if (start := found.statement.said.start) is not None and start + index.constant > 1:
            plan.starts.setdefault(key, start + index.constant)
    # A letter that derivatives are taken in, that is never differentiated and not made of states, is a weight.
    only_in = key in plan.survey.bottoms - plan.survey.tops
    names = list(plan.survey.names(chain.sides[1:]))
    runs = any(step is not None or plan.kinds.get(name) == "state" for name, step in names)
    made_of_losses = any(name.stem in LOSSES or name in plan.losses for name, _ in names)
    is_loss = has_norm(chain.sides[1:]) or ((key.stem in LOSSES or key in plan.losses) and made_of_losses)
    plan.kinds[key] = "weight" if index is None and not runs and (only_in or not is_loss) else "state"


def _note_unread_definitions(plan: Plan, statements: Sequence[Statement]) -> None:
    """A letter on the left of a display that could not be read is a state that this display defines."""
    for statement in (statement for statement in statements if statement.is_display and statement.error):
        for key, _ in alone(plan.survey, statement.sides[:1]):
            if key not in plan.kinds and key not in plan.abbreviations:
                plan.defined.setdefault(key, where_said(statement.item))
                plan.kinds[key] = "state"


def alone(found: Survey, sides: Iterable[Cells]) -> Iterator[tuple[Key, Index | None]]:
    """The letters that are a whole side, each with its index."""
    for cells in sides:
        for chain in cells:
            if (name := plain_left(found, chain)) is not None:
                yield name


def _note_backwards(plan: Plan, statements: Sequence[Statement]) -> None:
    """The letters that recur by later steps: by what is first said of each of them at any step.

    So does what is made of a later step beside what is said of it at the last one: y_t = r_t + v_{t+1}, y_T = r_T.
    Where no last step is said, a letter that is told to be a derivative, before or behind, is that derivative.
    """
    said = list(letter_chains(plan.survey, (statement for statement in statements if statement.counts)))
    first: dict[Key, LetterChain] = {}
    for found in said:
        others = (other for other in said if other.key == found.key and other.index != found.index)
        if found.index is not None and found.index.terms and not (is_last(found.index) and any(others)):
            first.setdefault(found.key, found)
    uses = {key: _gaps(plan, found) for key, found in first.items()}
    told = {found.key for found in said if _tells(plan, found)}
    every = tuple(statement.chains for statement in statements if statement.counts)
    steps = {(key, name) for key, at in plan.survey.names(every) if at is not None for name in at.letters()}
    for found in (found for found in said if found.index is not None and is_last(found.index)):
        assert found.index is not None
        if any(key == found.key and name not in found.index.letters() for key, name in steps):
            plan.ends.setdefault(found.key, set()).add(found.index)
    for key in uses:
        together = {key, *(other for other in _led_to(uses, key) if key in _led_to(uses, other))}
        ahead = any(gap > 0 for one in together for other, gap in uses[one] if other in together)
        ends = key in plan.ends and any(gap > 0 for _, gap in uses[key])
        if ends or (ahead and (together & plan.ends.keys() or together.isdisjoint(told))):
            plan.backwards.add(key)


def _tells(plan: Plan, found: LetterChain) -> bool:
    """Whether a chain gives a letter to a derivative that is not made of it."""
    return holds_derivative(found.chain.sides[1]) and all(
        key != found.key for key, _ in plan.survey.names(found.chain.sides[1:2])
    )


def _gaps(plan: Plan, found: LetterChain) -> set[tuple[Key, int]]:
    """The letters at a step on the right of a chain, each with how many steps ahead it is."""
    used = ((key, at - found.index) for key, at in plan.survey.names(found.chain.sides[1:2]) if at and found.index)
    return {(key, ahead.constant) for key, ahead in used if not ahead.terms}


def _led_to(uses: Mapping[Key, set[tuple[Key, int]]], key: Key) -> set[Key]:
    """The letters that a letter is computed from, directly or through others."""
    found: set[Key] = set()
    pending = [key]
    while pending:
        new = {other for other, _ in uses.get(pending.pop(), ())} - found
        found |= new
        pending += new
    return found


def _note_second_definitions(plan: Plan, statements: Sequence[Statement]) -> None:
    """What has a definition is not defined again: not by a formula in the text, nor by a display where it was not read.

    What a formula in the text is used for, or why it is not, is said.
    """
    taken: dict[tuple[Key, int | Index | None], str] = {}
    shown: dict[Key, Statement] = {}
    shown_first: dict[tuple[Key, int | Index | None], str] = {}
    unread: set[tuple[Key, int | Index | None]] = set()
    for statement in (statement for statement in statements if statement.is_display and not statement.aside):
        sides = [statement.chains] if statement.counts else statement.sides[:1]
        for key, index in list(alone(plan.survey, sides)):
            of = (key, plan.fixed_step(key, index))
            where = taken.setdefault(of, where_said(statement.item))
            if not statement.counts and not statement.denied and where == where_said(statement.item):
                unread.add(of)
            elif statement.counts and of in unread:
                statement.drop(Unreadable(f"{where}, which says what {key.text} is, is not read", 0))
    for one in letter_chains(plan.survey, (one for one in statements if one.is_display and one.counts)):
        names = _only_names(plan.survey, one.chain)
        if names or plan.fixed_step(one.key, one.index) is not None or holds_derivative_in(one.chain):
            continue
        if shown.setdefault(one.key, one.statement).section != one.statement.section:
            plan.again.append(one)
    for statement in (statement for statement in statements if statement.counts and statement.said.start is not None):
        for key, index in alone(plan.survey, [statement.chains]):
            assert statement.said.start is not None
            first = statement.said.start + index.constant if index is not None and index.terms else 0
            if first > 1 and (key, first - 1) not in taken:
                statement.drop(Unreadable(f"nothing says what {key.text} is before the first step of its condition", 0))
    for statement in (statement for statement in statements if not statement.is_display and statement.counts):
        kept: list[Chain] = []
        for chain in statement.chains:
            found = plain_left(plan.survey, chain)
            if found is None or _only_names(plan.survey, chain):
                kept.append(chain)
                continue
            key, step = found[0], plan.fixed_step(*found)
            begins = step == 0 or key in plan.backwards
            known = taken.get((key, step)) or (taken.get((key, None)) if step is not None and not begins else None)
            if holds_derivative_in(chain) and shown_first.get((key, step), "") not in (
                "",
                _bare(statement.text_of(chain)),
            ):
                _leave_open(plan, statements, statement, key)
            if known is not None and holds_derivative_in(chain) and not _is_behind(plan, statements, statement, key):
                # It stands for a derivative, and what is displayed of it later is a claim.
                known = None
            if known is None:
                taken[key, step] = where_said(statement.item)
                shown_first[key, step] = _bare(statement.text_of(chain))
                kept.append(chain)
            else:
                typed = statement.text_of(chain)
                if shown_first.get((key, step), _bare(typed)) != _bare(typed):
                    plan.unread.setdefault(key, f"{where_said(statement.item)} beside {known}")
                elif step is None and key in shown and shown[key].item.formula.offset < statement.item.formula.offset:
                    plan.again.append(LetterChain(statement, chain, *found))
                plan.said.append(f"{where_said(statement.item)}: {typed} is not used: {known} says what {key.text} is")
        statement.chains = tuple(kept)


def _leave_open(plan: Plan, statements: Sequence[Statement], again: Statement, key: Key) -> None:
    """Let no display go by a letter behind a place where it is said to stand for another derivative than before."""
    behind = itertools.dropwhile(lambda other: other is not again, statements)
    for statement in (one for one in behind if one.is_display and one.counts):
        if any(name == key for name, _ in plan.survey.names(statement.chains)):
            statement.drop(Unreadable(f"{where_said(again.item)} says again what {key.text} is", 0))


def _bare(text: str) -> str:
    """A formula without spaces and signs of size."""
    return re.sub(r"\s|[{}.,;]|\\(?:left|right|[bB]igg?[lr]?|[,;!: ])(?![A-Za-z])", "", text)


def _is_behind(plan: Plan, statements: Sequence[Statement], statement: Statement, key: Key) -> bool:
    """Whether a display before a statement is about a letter."""
    before = itertools.takewhile(lambda other: other is not statement, statements)
    displays = (other for other in before if other.is_display and other.counts)
    return any(name == key for other in displays for name, _ in alone(plan.survey, [other.chains]))


def _only_names(found: Survey, chain: Chain) -> bool:
    """Whether all right sides are single applications, which name a step: h_t = f(x_t, h_{t-1})."""
    for side in chain.sides[1:]:
        (sign, term), *more = side.terms
        if sign or more or len(term.factors) != 2 or not is_call(*term.factors):
            return False
        name = found.name(term.factors[0])
        if name is None or name[0].stem in ENTRYWISE:
            return False
    return True


# --------------------------------------------------------------------------------------------------- spoken of


def _close_letters(plan: Plan, statements: Sequence[Statement], prose: Prose) -> None:
    """Nothing is assumed of a letter that the note speaks of where that is not read."""
    found = plan.survey
    every = list(letter_chains(found, [statement for statement in statements if statement.counts]))
    recurs = (one for one in every if one.index is not None and one.index.terms)
    makes = {key for one in recurs for key, index in found.names(one.chain.sides[1:]) if index is None}
    for statement in statements:
        where = where_said(statement.item)
        if statement.aside:
            for key, _ in alone(found, statement.sides[:1]):
                if key in found.tops:
                    _close(plan, key, where)
            continue
        if statement.counts:
            _close_implicit(plan, statement)
            continue
        for place, (key, index) in enumerate(alone(found, statement.sides)):
            # ∂h_t/∂h_{t-1} = W does not say what W is, which h_t is made with.
            if index is None and (key.stem in found.indices or (key in makes and _takes_derivative(statement))):
                continue
            numeric = not any(True for _ in found.names(tuple(chain.sides[1:] for chain in statement.chains)))
            # At t = 1 and for T = 5 are no definitions.
            if not (statement.is_display or place or (statement.chains and numeric and index is None)):
                plan.said.append(
                    f"{where}: {statement.item.formula.text} is not used: {statement.passed or statement.error}"
                )
            if index is not None and not index.terms and index.constant == 0:
                shown = statement.is_display and statement.error is not None
                # What a sentence with "not" says of it is not read, and so it is not open either.
                defined = not numeric and (shown or not statement.is_display)
                known = plan.begins.get(key)
                if known is None or (defined and not known.defined):
                    plan.begins[key] = Start(where, defined)
            elif key in plan.backwards and index is not None and is_last(index):
                # What it begins with at the end is not read, and is not open either.
                if index not in plan.ends.get(key, ()):
                    plan.narrowed.setdefault(key, where)
            elif not statement.supposed or key in found.tops:
                _close(plan, key, where)
        if not _takes_derivative(statement) and not statement.supposed:
            # What is said of h_t^T, or of 2 h_t, is said of h_t.
            steps = {key for key, index in found.names(statement.sides[:1]) if index is not None and index.terms}
            for key in steps if len(steps) == 1 else ():
                _close(plan, key, where)
        if statement.error is not None and not any(map(holds_derivative_in, itertools.chain(*statement.sides))):
            for key in {key for key, _ in found.names(statement.sides[:1])} - plan.defined.keys():
                plan.narrowed.setdefault(key, where)
    for one in every:
        # Of p = softmax(a) p_t is no data: it is an entry, and those are not read.
        part = one.key._replace(whole=False)
        if (
            one.key.whole
            and one.key.stem not in LOSSES
            and part not in {key for key, _ in found.names(one.chain.sides[1:])}
        ):
            _close(plan, part, where_said(one.statement.item))
    differentiated = {key.glyph for key in found.tops}
    # What is said of D^{(l)}, or of δ_t, is said of D^{(1)} and of δ_1 too.
    named = (*plan.defined.items(), *plan.closed.items())
    spoken = {key.glyph: where for key, where in named if key.label.lstrip("^") in customs.COUNTERS}
    for said in prose.spoken:
        for key, _ in found.names(said.marks):
            # What L_t is made of is assumed where L = Σ L_t is differentiated.
            made = said.made and key not in found.tops and key not in found.functions
            made &= not (key.stem in LOSSES and key.glyph in differentiated)
            # A named function is that one: what is said of it, that it is applied, makes no other of it.
            if key in found.functions and (said.function or (row_called(key.stem) is not None and not key.dressed)):
                continue
            if said.tied:
                plan.unread.setdefault(key, said.where)
            elif said.defines or made:
                _close(plan, key, said.where)
                if not key.label.lstrip("^").isdecimal():
                    spoken[key.glyph] = said.where
            elif said.limits or (said.function and key not in plan.defined):
                plan.narrowed.setdefault(key, said.where)

    for key in dict.fromkeys(key for key, _ in found.names(tuple(one.chains for one in statements))):
        if key.glyph in spoken and key.label.lstrip("^").isdecimal() and key not in plan.defined:
            _close(plan, key, spoken[key.glyph])
    _leave_starts_open(plan, statements, prose)
    _note_told(plan, statements, prose)
    if prose.penalty:
        losses = plan.losses | {key for key in plan.defined if key.stem in LOSSES}
        plan.unread.update((key, prose.penalty) for key in losses if key not in plan.unread)
    if prose.beside:
        states = {key for key in plan.defined if key.glyph in found.timed and plan.kinds.get(key) == "state"}
        plan.unread.update((key, prose.beside) for key in states if key not in plan.unread)


def _takes_derivative(statement: Statement) -> bool:
    """Whether the first side of what is not read holds a derivative."""
    return any(holds_derivative_in(chain) for cells in statement.sides[:1] for chain in cells)


def _arguments(found: Survey, statements: Sequence[Statement], function: Key) -> set[Key]:
    """The letters without a step that a function has among its arguments, each by itself."""
    made: set[Key] = set()
    products = walk_marks(tuple(statement.chains for statement in statements if statement.counts))
    for factors in (mark.factors for mark in products if isinstance(mark, ProductMark)):
        for one, other in itertools.pairwise(factors):
            name = found.name(one) if isinstance(one, (NameMark, ScriptedMark)) else None
            group = argument(other) if name is not None and name[0] == function else None
            for cell in group.cells if group is not None and len(group.cells) > 1 else ():
                alone = single((cell,))
                own = found.name(alone) if isinstance(alone, (NameMark, ScriptedMark)) else None
                made |= {own[0]} if own is not None and own[1] is None else set()
    return made


def _is_summed_from_zero(found: Survey, one: LetterChain) -> bool:
    """Whether a loss is a sum over the steps 0 to T-1 of what stands there: not of what stands one step later."""
    steps = {index for _, index in found.names(one.chain.sides[1:])}
    return STEP in steps and STEP + 1 not in steps and bool(_SUMMED_FROM_ZERO.search(one.statement.item.formula.text))


_SUMMED_FROM_ZERO = re.compile(
    r"\\sum\s*(?:\\limits)?\s*_\s*\{\s*t\s*=\s*0\s*\}\s*\^\s*\{\s*\\?[A-Za-z]+\s*-\s*1\s*\}|"
    r"\\sum\s*(?:\\limits)?\s*\^\s*\{\s*\\?[A-Za-z]+\s*-\s*1\s*\}\s*_\s*\{\s*t\s*=\s*0\s*\}"
)
"""A sum over the steps from 0 to T-1."""


def _leave_starts_open(plan: Plan, statements: Sequence[Statement], prose: Prose) -> None:
    """Nothing rests on a first state that is said to be no constant, where no formula says what it is."""
    found = plan.survey
    said_of = [
        chain for statement in statements if statement.counts for chain in statement.chains if has_letters(chain)
    ]
    told = {key for key, index in alone(found, [tuple(said_of)]) if plan.fixed_step(key, index) == 0}
    every = {key for key in plan.general if plan.kinds.get(key) == "state"} if not told else set()
    for said in (said for said in prose.spoken if said.begins):
        own = {key for key, index in found.names(said.marks) if plan.fixed_step(key, index) == 0} or every
        for key in own - told:
            plan.begins[key] = Start(said.where, defined=True)
    _leave_step_zero_open(plan, statements, prose)


def _leave_step_zero_open(plan: Plan, statements: Sequence[Statement], prose: Prose) -> None:
    """Where the first step is step 0, the state there is computed and no constant, unless a formula says what it is."""
    found = plan.survey
    counted = [statement for statement in statements if statement.counts]
    chains = tuple(chain for statement in counted for chain in statement.chains)
    told = {key for key, index in alone(found, [chains]) if plan.fixed_step(key, index) == 0}
    states = {key for key in plan.general - told if plan.kinds.get(key) == "state"}
    names = ((key, index) for one in statements for key, index in found.names(one.parsed) if index is not None)
    earlier = {key for key, index in names if not index.terms and index.constant < 0}
    losses = (one for one in letter_chains(found, counted) if one.index is None)
    summed = any(_is_summed_from_zero(found, one) for one in losses)
    where = prose.from_zero or "the step that a sum begins at, or one before the first"
    for key in states if prose.from_zero or summed else states & earlier:
        plan.begins.setdefault(key, Start(where, defined=True))


def _note_told(plan: Plan, statements: Sequence[Statement], prose: Prose) -> None:
    """What whole sentences say of letters, and no formula has."""
    found = plan.survey
    # Where a formula says what goes in, that is gone by.
    shown = any(key.stem in INPUTS for key in plan.defined)
    for said in prose.spoken:
        names = list(found.names(said.marks))
        if said.fed and not shown:
            plan.unread.update((key, said.where) for key, _ in names if key not in plan.unread)
        if said.parametrised and names and (key := names[0][0]) in found.functions:
            # f(x_t, h_{t-1}; ψ) shows what is in it.
            shows = {weight for weight, _ in names[1:]} <= _arguments(found, statements, key)
            if not shows:
                plan.unread.setdefault(key, said.where)
        is_letter = isinstance(single(said.marks), (NameMark, ScriptedMark))
        if said.narrowed and not said.marks:
            every = found.names(tuple(statement.chains for statement in statements if statement.counts))
            names = [(key, index) for key, index in every if index is None and key not in plan.defined]
        if said.narrowed and (is_letter or all(index is None for _, index in names)):
            for key in {key for key, _ in names} - found.functions:
                plan.narrowed.setdefault(key, said.where)


def _close(plan: Plan, key: Key, where: str) -> None:
    if key not in plan.defined and key not in plan.abbreviations:
        plan.closed.setdefault(key, where)
        plan.kinds[key] = "state"


def _close_implicit(plan: Plan, statement: Statement) -> None:
    """A definition that is written as f^{-1}(h_t) = ..., or h_t^T = ..., is none to go by."""
    found = plan.survey
    for chain in statement.chains:
        if chain.continued or holds_derivative_in(chain) or plain_left(found, chain) is not None:
            continue
        sides = chain.sides if statement.is_display else chain.sides[:1]
        for key in {key for key, _ in found.names(sides)} & found.tops - found.functions:
            _close(plan, key, where_said(statement.item))


def holds_derivative_in(chain: Chain) -> bool:
    """Whether a chain contains a derivative."""
    return any(map(holds_derivative, chain.sides))


def has_letters(chain: Chain) -> bool:
    """Whether the right sides of a chain hold more than numbers."""
    return any(True for _ in names_in(chain.sides[1:]))


# --------------------------------------------------------------------------------------------------- abbreviations


def _note_gradients(plan: Plan, said_of_letters: Sequence[LetterChain]) -> None:
    """Follow ε_t = δ_t ⊙ f_t from δ_t = ∂L/∂h_t: a step of ε_t says nothing without the last step, which L has."""
    said = [one for one in said_of_letters if one.index is not None and one.key not in plan.backwards]
    made_of = {one.key: _at_steps(plan, one.chain) for one in said}
    plan.gradients = {one.key for one in said if _holds_gradient(plan.survey, one.chain)}
    while new := {key for key, used in made_of.items() if key not in used and used & plan.gradients} - plan.gradients:
        plan.gradients |= new


def _holds_gradient(found: Survey, chain: Chain) -> bool:
    """Whether a derivative of a letter without a step stands in what a chain gives to a letter."""
    tops = (mark.of for mark in walk_marks(chain.sides[1:]) if isinstance(mark, Derivative))
    return any(all(index is None for _, index in found.names(top)) for top in tops)


def abbreviates(plan: Plan, chain: Chain) -> bool:
    """Whether a chain gives a letter to a derivative, or to a matrix that is made of diag and weights."""
    return (
        any(map(holds_derivative, chain.sides[1:]))
        or _is_matrix(plan.survey, chain.sides[1])
        or not plan.gradients.isdisjoint(_at_steps(plan, chain))
    )


def _at_steps(plan: Plan, chain: Chain) -> set[Key]:
    """The letters with a step in what a chain gives to a letter."""
    return {name for name, at in plan.survey.names(chain.sides[1:2]) if at is not None}


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
        if abbreviates(plan, chain):
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
    """Whether no recurrence of a state has this index: a fixed step, the last one, or one computed from later steps."""
    if index is None or not index.terms or is_last(index):
        return index is not None
    gaps = [at - index for at in own if at is not None]
    return any(not gap.terms and gap.constant > 0 for gap in gaps)


def _steps(plan: Plan, parsed: Sequence[Statement], key: Key) -> set[Index | None]:
    """The indices that a letter has in a note."""
    return {index for name, index in plan.survey.names(tuple(s.chains for s in parsed)) if name == key}


# --------------------------------------------------------------------------------------------------- other letters


def _note_spellings(plan: Plan, parsed: Sequence[Statement]) -> None:
    """A letter that nobody defines is a defined one where they differ in a font only; ŷ beside y is another letter.

    Where no definition contains o, and no formula has it beside the ô that one defines, it is that without its accent.

    So is one that stands in no definition, where another that differs in a font only does: a page that has both in
    its definitions, or at a step and without one, means two.
    """
    found = plan.survey
    before = set(plan.same)
    every = [chain for statement in parsed for chain in statement.chains]
    defining = [
        chain.sides for chain in every if plain_left(found, chain) is not None and not holds_derivative_in(chain)
    ]
    inside = [{key for key, _ in found.names(sides)} for sides in defining]
    for key in sorted((found.tops | found.bottoms) - plan.defined.keys(), key=lambda key: key.symbol):
        alike = [known for known in plan.defined if _is_in_another_font(key, known)]
        if not alike and not any(key in names for names in inside):
            beside = {other for chain in every for names in [_keys(found, chain)] if key in names for other in names}
            alike = [known for known in plan.defined if known not in beside and _is_bare(key, known)]
        if len(alike) == 1 and not any({key, *alike} <= names for names in inside):
            (known,) = alike
            _spell(plan, key, known, f"which {plan.defined[known]} defines")
    known_ones = set[Key]().union(*inside) | plan.defined.keys()
    timed = {key for key, index in found.names(tuple(every)) if index is not None}
    others = {key for key, _ in found.names(tuple(every))} - known_ones - plan.same.keys() - found.functions
    for key in sorted(others - plan.abbreviations - plan.kinds.keys(), key=lambda key: key.symbol):
        alike = [known for known in known_ones if _is_in_another_font(key, known)]
        counts = key.stem in found.indices and not key.label
        if len(alike) == 1 and not counts and (key in timed) == (alike[0] in timed) and alike[0] not in found.functions:
            _spell(plan, key, alike[0], "as they differ in a font only")
    for key in plan.same.keys() - before:
        for said in (plan.narrowed, plan.unread):
            if key in said:
                said.setdefault(plan.same[key], said[key])


def _keys(found: Survey, chain: Chain) -> set[Key]:
    return {key for key, _ in found.names(chain)}


def _is_bare(key: Key, known: Key) -> bool:
    """Whether a letter is another one without its accents."""
    fonts = {*customs.PLAIN_FONTS, *customs.VECTOR_FONTS}
    accents = {*known.dressed} - fonts
    return (
        (known.stem, known.label, known.whole) == (key.stem, key.label, key.whole)
        and bool(accents)
        and ({*key.dressed} <= fonts)
    )


def _is_in_another_font(key: Key, known: Key) -> bool:
    same = (known.stem, known.label, known.whole) == (key.stem, key.label, key.whole) and known.dressed != key.dressed
    return same and {*known.dressed} ^ {*key.dressed} <= {*customs.PLAIN_FONTS, *customs.VECTOR_FONTS}


def _spell(plan: Plan, key: Key, known: Key, why: str) -> None:
    plan.same[key] = known
    shown = (key.text, known.text) if key.text != known.text else (key.plain_latex, known.plain_latex)
    plan.said.append(f"{shown[0]} is {shown[1]}, {why}")


def _note_use(plan: Plan, key: Key, index: Index | None) -> None:
    """A letter that nothing defines is a state where it is differentiated, else data at a step and a weight without."""
    found = plan.survey
    if key in plan.kinds or key in plan.same or key.stem in (ONES, DIAGONAL, VEC) or found.is_identity(key):
        return
    if index is not None:
        plan.kinds[key] = "state" if key in found.tops else "data"
        return
    is_index = key.stem in found.indices and not key.label and not key.dressed
    is_function = key in found.functions or (key in found.tops and key.stem in FUNCTIONS and key.stem not in LOSSES)
    lacks_step = key.glyph in found.timed and not key.label and not key.whole
    # In f(x_t; φ) with ∂f/∂φ the φ is a weight.
    lacks_argument = (key.stem in ENTRYWISE and key not in found.bottoms) or key.dressed == ("mathbb",)
    if not (is_index or is_function or lacks_step or lacks_argument):
        plan.kinds[key] = "state" if key in found.tops else "weight"


def _note_targets(plan: Plan, prose: Prose, summed: Mapping[Key, Target]) -> None:
    """Which data the note says to sum to one; where it is not clear of what it says so, it may be any."""
    targets = [key for key, kind in plan.kinds.items() if kind == "data" and key.stem not in INPUTS]
    said = [([key], target) for key, target in summed.items()]
    for marks, target in prose.targets:
        named = [name for name, _ in plan.survey.names(marks)][:1]
        said.append((named or (targets if len(targets) == 1 else []), target))
    for key, target in ((key, target) for keys, target in said for key in keys if key in targets):
        if key not in plan.targets or target.one_hot:
            plan.targets[key] = target
        if plan.narrowed.get(key) == target.where:
            del plan.narrowed[key]
    for key in targets if prose.to_one and not plan.targets else ():
        plan.narrowed.setdefault(key, prose.to_one)


def _note_shaped_functions(plan: Plan, chains: Iterable[Chain], prose: Prose) -> None:
    """A function maps its arguments as wholes where it has several, or is differentiated, or is no activation."""
    found = plan.survey
    entrywise = {key for said in prose.spoken if said.entrywise for key, _ in found.names(said.marks)}
    primed: set[Key] = set()
    wholes: set[Key] = set()
    bare: set[Key] = set()
    for chain in chains:
        left = plain_left(found, chain)
        for factors in (mark.factors for mark in walk_marks(chain) if isinstance(mark, ProductMark)):
            for one, other in itertools.pairwise(factors):
                name = found.name(one) if isinstance(one, (NameMark, ScriptedMark)) else None
                group = other.base if isinstance(other, ScriptedMark) else other
                if name is None or name[0] not in found.functions or not isinstance(group, Group):
                    continue
                if isinstance(one, ScriptedMark) and one.primes:
                    primed.add(name[0])
                if len(group.cells) > 1 or (left is not None and left[0].stem in LOSSES):
                    wholes.add(name[0])
                elif (name[0].stem not in MAPS and name[0] not in found.told) or not _is_computed(group):
                    bare.add(name[0])
    wholes |= {key for key in bare - entrywise if key.stem not in ENTRYWISE}
    wholes |= {key for key in found.tops - entrywise if _is_whole(found, key)}
    # A prime says that it acts on each entry of its one argument, and so does the name of one that does.
    entries = {key for key in wholes if row_called(key.stem) is not None and not key.dressed}
    plan.shaped_functions |= wholes - primed - entries
    plan.shaped_functions -= plan.named.keys()


def _is_whole(found: Survey, key: Key) -> bool:
    """Whether what is differentiated is a function of its arguments as wholes, and no activation."""
    return key.stem in WHOLE or (key in found.functions and key.stem not in ENTRYWISE)


def _is_computed(group: Group) -> bool:
    """Whether what a function is applied to is a sum or a product, which goes into it entry by entry."""
    side = only_side(group.cells)
    return side is not None and (len(side.terms) > 1 or len(side.terms[0][1].factors) > 1)
