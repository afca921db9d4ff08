"""Definitions that a note leaves out: what it differentiates and nowhere defines, each said in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from symbptt.page.notation import (
    Apply,
    Expr,
    Index,
    substitute,
)
from symbptt.reader.alphabet import Alphabet
from symbptt.reader.bounds import STEP
from symbptt.reader.customs import (
    ASSUMED_INPUTS,
    ASSUMED_LOSS,
    ASSUMED_STEP,
    ASSUMED_WEIGHT,
    FUNCTIONS,
    INPUTS,
    LOSSES,
    OUTPUTS,
    SPARE_FUNCTIONS,
)
from symbptt.reader.grammar import Chain, Factors, Group, Name, Scripted, walk_marks
from symbptt.reader.letters import Key
from symbptt.reader.plan import Plan, where_said
from symbptt.reader.statements import Statement, names_in, plain_left
from symbptt.reader.translation import Translator


@dataclass(frozen=True, slots=True)
class Assumption:
    """A definition that the note leaves out."""

    tag: str
    key: Key
    build: Callable[[Translator], tuple[Expr, Expr]]
    uses: frozenset[Key]


def assume(plan: Plan, statements: Sequence[Statement]) -> list[Assumption]:
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


def _uses(plan: Plan, parsed: Sequence[Statement]) -> dict[Key, set[Key]]:
    """What each defined letter is made of directly."""
    found: dict[Key, set[Key]] = {}
    for statement in parsed:
        for chain in statement.chains:
            left = plain_left(plan.survey, chain)
            if left is not None:
                found.setdefault(left[0], set()).update(keys_in(plan, chain.sides[1:]))
    return found


def keys_in(plan: Plan, sides: object) -> Iterator[Key]:
    """The names that stand in some sides, by the spelling that is defined."""
    for mark in names_in(sides):
        name = plan.survey.name(mark)
        if name is not None:
            yield plan.same.get(name[0], name[0])


def _summands(plan: Plan, parsed: Sequence[Statement]) -> Iterator[Assumption]:
    """l_t, where it is the summand of L = Σ ell(y_t, d_t) that only another side names."""
    wanted = [
        key
        for key in plan.survey.tops
        if plan.kinds.get(key) == "state" and key not in plan.defined and key.stem in LOSSES
    ]
    for statement in parsed:
        for chain in statement.chains:
            left = plain_left(plan.survey, chain)
            if left is None or left[1] is not None or not wanted:
                continue
            found = _summand(plan, chain)
            if found is None:
                continue
            counter, call = found
            key = min(wanted, key=lambda key: key.symbol)
            head, group = call.factors
            listed: tuple[Key, Group] | None = None
            if isinstance(group, Group) and plan.survey.depends(head, group):
                # L_t(o_t, y_t) is L_t, and says what of.
                if (name := plan.survey.name(head)) is None or name[0] not in wanted:
                    return
                key, listed = name[0], (Key(_spare(plan)[0]), group)
                plan.shaped_functions.add(listed[0])

            def build(
                translator: Translator,
                key: Key = key,
                call: Factors = call,
                counter: str = counter,
                listed: tuple[Key, Group] | None = listed,
            ) -> tuple[Expr, Expr]:
                of = translator.alphabet.letter(key, "state")[STEP]
                said = translator.term(call) if listed is None else translator.applied(*listed)
                return of, substitute(said, {counter: STEP})

            shown = _plainly(plan, build)
            plan.said.append(f"{shown}, the summand of {where_said(statement.item)}")
            yield Assumption(f"assumed {key.symbol}", key, build, frozenset(keys_in(plan, call)))
            return


def _summand(plan: Plan, chain: Chain) -> tuple[str, Factors] | None:
    """The index and the application of a function that a Σ runs over."""
    for mark in walk_marks(chain.sides):
        if not isinstance(mark, Factors):
            continue
        for place, factor in enumerate(mark.factors[:-2]):
            if isinstance(factor, Scripted) and getattr(factor.base, "text", "") == r"\sum" and factor.below:
                rest = mark.factors[place + 1 :]
                counters = [name.stem for name in walk_marks(factor.below) if isinstance(name, Name)]
                name = plan.survey.name(rest[0]) if len(rest) == 2 else None
                group = rest[-1]
                if name is None or not isinstance(group, Group) or not counters:
                    continue
                # L_t(h_t) may be a product, E_t(y_t, o_t) is none.
                if name[1] is None or len(group.cells) > 1:
                    return counters[0], Factors(rest[0].start, rest[1].end, rest)
    return None


def _plainly(plan: Plan, build: Callable[[Translator], tuple[Expr, Expr]]) -> str:
    left, right = build(Translator(Alphabet(plan.survey, plan.kinds, plan.shaped(), plan.same)))
    return f"{left} = {right}"


def _outputs(plan: Plan, uses: dict[Key, set[Key]], made: Sequence[Assumption]) -> None:
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
                (k for k in inside if plan.kinds.get(k) == "data" and k.stem not in INPUTS),
                key=lambda k: (k.stem != of.stem, k.stem not in OUTPUTS, "hat" not in k.dressed, k.symbol),
            )
            if given:
                plan.same[given[0]] = of
                del plan.kinds[given[0]]
                uses[key] = {of if k == given[0] else k for k in uses[key]}
                plan.said.append(
                    f"{given[0].text}_t is {of.text}_t, because ∂{key.text}_t/∂{bottom.text}_t is written and "
                    f"nothing else leads from {key.text} to {bottom.text}"
                )


def _function_of(plan: Plan, key: Key, missing: Sequence[Key], parsed: Sequence[Statement]) -> Assumption:
    """An arbitrary function of what a letter is differentiated in; of its past and the weights where it recurs."""
    jacobians = {(plan.same.get(of, of), lag) for of, lag in plan.survey.jacobians.get(key, set())}
    before = [of for of, lag in jacobians if of == key]
    now = sorted({of for of, lag in jacobians if lag == Index.of(0) and of != key}, key=lambda of: of.symbol)
    now = [of for of in now if not any(of in _now(plan, other) for other in now if other != of)]
    recurs = bool(before) or not now
    spare = _spare(plan)
    wanted = _unnamed_function(plan, parsed) if recurs else None
    loss = key.stem in LOSSES and ASSUMED_LOSS in spare
    other = ASSUMED_LOSS if loss else next(name for name in spare if name != ASSUMED_LOSS)
    stem = ASSUMED_STEP if recurs else other
    function = wanted or Key(stem)
    plan.shaped_functions.add(function)
    given = next(Key(name) for name in ASSUMED_INPUTS if plan.kinds.get(Key(name)) in (None, "data"))
    weights = sorted(
        (of for of in plan.survey.bottoms if plan.kinds.get(of) == "weight" and of not in plan.defined),
        key=lambda of: of.symbol,
    ) or [Key(ASSUMED_WEIGHT)]
    if recurs:
        plan.kinds.setdefault(given, "data")
        for of in weights:
            plan.kinds.setdefault(of, "weight")

    def build(translator: Translator) -> tuple[Expr, Expr]:
        letter = translator.alphabet.letter
        of = letter(key, "state")
        arguments: list[Expr] = []
        if recurs:
            arguments = [letter(given, "data")[STEP], of[STEP - 1], *(letter(weight, "weight") for weight in weights)]
        else:
            arguments = [letter(inner, "state")[STEP] for inner in now]
        return of[STEP], Apply(letter(function, "function"), tuple(arguments))

    plan.said.append(f"{_plainly(plan, build)}, because nothing says what {key.text}_t is")
    return Assumption(f"assumed {key.symbol}", key, build, frozenset())


def _spare(plan: Plan) -> list[str]:
    """Names of functions that the note does not use."""
    taken = {known.stem for known in plan.survey.functions} | {known.stem for known in plan.kinds}
    return [name for name in SPARE_FUNCTIONS if name not in taken]


def _now(plan: Plan, key: Key) -> set[Key]:
    return {of for of, lag in plan.survey.jacobians.get(key, set()) if lag == Index.of(0)}


def _unnamed_function(plan: Plan, parsed: Sequence[Statement]) -> Key | None:
    """The function that claims differentiate and no definition names: it names the step that is assumed."""
    named = set()
    for statement in parsed:
        for chain in statement.chains:
            if plain_left(plan.survey, chain) is not None:
                named |= set(keys_in(plan, chain.sides[1:]))
    loose = [key for key in plan.survey.tops if key not in plan.kinds and key not in named and key.stem in FUNCTIONS]
    return min(loose, key=lambda key: key.symbol) if len(loose) == 1 else None
