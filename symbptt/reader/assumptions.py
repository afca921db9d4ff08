"""Definitions that a note leaves out: what it differentiates and nowhere defines, each said in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symbptt.page.notation import Apply, Expr, Index, substitute
from symbptt.reader import customs
from symbptt.reader.alphabet import Alphabet
from symbptt.reader.bounds import STEP
from symbptt.reader.grammar import Chain, Group, NameMark, ProductMark, ScriptedMark, is_sign, walk_marks
from symbptt.reader.letters import Key
from symbptt.reader.plan import Plan, where_said
from symbptt.reader.statements import LetterChain, Statement, letter_chains
from symbptt.reader.translation import Translator


@dataclass(frozen=True, slots=True)
class Assumption:
    """A definition that the note leaves out."""

    tag: str
    key: Key
    build: Callable[[Translator], tuple[Expr, Expr]]


def assume(plan: Plan, statements: Sequence[Statement]) -> list[Assumption]:
    """Definitions for what the note differentiates and does not define: summands of a loss, outputs, then the rest."""
    chains = list(letter_chains(plan.survey, (statement for statement in statements if statement.error is None)))
    uses: dict[Key, set[Key]] = {}
    """What each defined letter is made of directly."""
    for found in chains:
        uses.setdefault(found.key, set()).update(_right_keys(plan, found))
    made: list[Assumption] = []
    if (summand := _summand(plan, chains)) is not None:
        made.append(summand[0])
        uses[summand[0].key] = summand[1]
    _identify_outputs(plan, uses)
    known = plan.defined.keys() | {entry.key for entry in made}
    missing = [
        key
        for key in sorted(plan.survey.tops, key=lambda key: key.symbol)
        if plan.kinds.get(key) == "state" and key not in known and key.glyph in plan.survey.timed
    ]
    return made + [_function_of(plan, key, chains) for key in missing]


def _right_keys(plan: Plan, found: LetterChain) -> set[Key]:
    """The names on the right of a chain, by the spelling that is defined."""
    return {plan.same.get(key, key) for key in found.right_keys(plan.survey)}


# --------------------------------------------------------------------------------------------------- summands


def _summand(plan: Plan, chains: Sequence[LetterChain]) -> tuple[Assumption, set[Key]] | None:
    """l_t and what it is made of, where it is the summand of L = Σ ell(y_t, d_t) that only another side names."""
    wanted = [
        key
        for key in plan.survey.tops
        if plan.kinds.get(key) == "state" and key not in plan.defined and key.stem in customs.LOSSES
    ]
    for found in chains if wanted else ():
        called = _called_in_sum(plan, found.chain) if found.index is None else None
        if called is None:
            continue
        counter, call = called
        key = min(wanted, key=lambda key: key.symbol)
        head, group = call.factors
        listed: tuple[Key, Group] | None = None
        if isinstance(group, Group) and plan.survey.depends(head, group):
            # L_t(o_t, y_t) is L_t, with its arguments.
            if (name := plan.survey.name(head)) is None or name[0] not in wanted:
                return None
            key, listed = name[0], (Key(_spare(plan)[0]), group)
            plan.shaped_functions.add(listed[0])

        def build(
            translator: Translator,
            key: Key = key,
            call: ProductMark = call,
            counter: str = counter,
            listed: tuple[Key, Group] | None = listed,
        ) -> tuple[Expr, Expr]:
            of = translator.alphabet.letter(key, "state")[STEP]
            said = translator.term(call) if listed is None else translator.applied(*listed)
            return of, substitute(said, {counter: STEP})

        plan.said.append(f"{_in_words(plan, build)}, the summand of {where_said(found.statement.item)}")
        inside = {plan.same.get(name, name) for name, _ in plan.survey.names(call)}
        return Assumption(f"assumed {key.symbol}", key, build), inside
    return None


def _called_in_sum(plan: Plan, chain: Chain) -> tuple[str, ProductMark] | None:
    """The index of a Σ, and the function with its arguments that it runs over."""
    for factors in (mark.factors for mark in walk_marks(chain.sides) if isinstance(mark, ProductMark)):
        for place, sign in enumerate(factors[:-2]):
            if not (isinstance(sign, ScriptedMark) and is_sign(sign.base, r"\sum") and sign.below):
                continue
            rest = factors[place + 1 :]
            counters = [name.stem for name in walk_marks(sign.below) if isinstance(name, NameMark)]
            name = plan.survey.name(rest[0]) if len(rest) == 2 else None
            group = rest[-1]
            # L_t(h_t) may be a product, E_t(y_t, o_t) cannot.
            if name is None or not isinstance(group, Group) or not counters:
                continue
            if name[1] is None or len(group.cells) > 1:
                return counters[0], ProductMark(rest[0].start, rest[1].end, rest)
    return None


def _in_words(plan: Plan, build: Callable[[Translator], tuple[Expr, Expr]]) -> str:
    left, right = build(Translator(Alphabet(plan.survey, plan.kinds, plan.shaped(), plan.same)))
    return f"{left} = {right}"


# --------------------------------------------------------------------------------------------------- outputs


def _identify_outputs(plan: Plan, uses: dict[Key, set[Key]]) -> None:
    """y_t is the output o_t, where ∂l_t/∂o_t is written and l_t = ell(y_t, d_t) has nothing else for it."""
    for top, bottoms in sorted(plan.survey.jacobians.items(), key=lambda item: item[0].symbol):
        key = plan.same.get(top, top)
        for bottom, lag in sorted(bottoms, key=lambda pair: pair[0].symbol):
            of = plan.same.get(bottom, bottom)
            inside = _reached(uses, key)
            if lag != Index.of(0) or of == key or of in inside or key not in uses or plan.kinds.get(of) != "state":
                continue
            given = sorted(
                (k for k in inside if plan.kinds.get(k) == "data" and k.stem not in customs.INPUTS),
                key=lambda k: (k.stem != of.stem, k.stem not in customs.OUTPUTS, "hat" not in k.dressed, k.symbol),
            )
            if given:
                plan.same[given[0]] = of
                del plan.kinds[given[0]]
                uses[key] = {of if k == given[0] else k for k in uses[key]}
                plan.said.append(
                    f"{given[0].text}_t is {of.text}_t, because ∂{key.text}_t/∂{bottom.text}_t is written and "
                    f"nothing else leads from {key.text} to {bottom.text}"
                )


def _reached(uses: dict[Key, set[Key]], key: Key) -> set[Key]:
    """What a letter is made of, directly or through others."""
    found: set[Key] = set()
    pending = [key]
    while pending:
        new = uses.get(pending.pop(), set()) - found
        found |= new
        pending += new
    return found


# --------------------------------------------------------------------------------------------------- functions


def _function_of(plan: Plan, key: Key, chains: Sequence[LetterChain]) -> Assumption:
    """An arbitrary function of what a letter is differentiated in; of its past and the weights where it recurs."""
    recurs = any(plan.same.get(of, of) == key for of, _ in plan.survey.jacobians.get(key, ()))
    now = sorted({plan.same.get(of, of) for of in _same_step(plan, key)} - {key}, key=lambda of: of.symbol)
    now = [of for of in now if not any(of in _same_step(plan, other) for other in now if other != of)]
    recurs = recurs or not now
    function = (_unnamed_function(plan, chains) or Key(customs.ASSUMED_STEP)) if recurs else _free_function(plan, key)
    plan.shaped_functions.add(function)
    given = next(Key(name) for name in customs.ASSUMED_INPUTS if plan.kinds.get(Key(name)) in (None, "data"))
    weights = sorted(
        (of for of in plan.survey.bottoms if plan.kinds.get(of) == "weight" and of not in plan.defined),
        key=lambda of: of.symbol,
    ) or [Key(customs.ASSUMED_WEIGHT)]
    if recurs:
        plan.kinds.setdefault(given, "data")
        for of in weights:
            plan.kinds.setdefault(of, "weight")

    def build(translator: Translator) -> tuple[Expr, Expr]:
        letter = translator.alphabet.letter
        of = letter(key, "state")
        arguments: list[Expr]
        if recurs:
            arguments = [letter(given, "data")[STEP], of[STEP - 1], *(letter(weight, "weight") for weight in weights)]
        else:
            arguments = [letter(inner, "state")[STEP] for inner in now]
        return of[STEP], Apply(letter(function, "function"), tuple(arguments))

    plan.said.append(f"{_in_words(plan, build)}, because nothing says what {key.text}_t is")
    return Assumption(f"assumed {key.symbol}", key, build)


def _spare(plan: Plan) -> list[str]:
    """Names of functions that the note does not use."""
    taken = {known.stem for known in plan.survey.functions} | {known.stem for known in plan.kinds}
    return [name for name in customs.SPARE_FUNCTIONS if name not in taken]


def _free_function(plan: Plan, key: Key) -> Key:
    """The name of an assumed function whose value is this letter; the one for losses is kept for a loss."""
    spare = _spare(plan)
    if key.stem in customs.LOSSES and customs.ASSUMED_LOSS in spare:
        return Key(customs.ASSUMED_LOSS)
    return Key(next(name for name in spare if name != customs.ASSUMED_LOSS))


def _same_step(plan: Plan, key: Key) -> set[Key]:
    """What a letter is differentiated in at its own step."""
    return {of for of, lag in plan.survey.jacobians.get(key, ()) if lag == Index.of(0)}


def _unnamed_function(plan: Plan, chains: Sequence[LetterChain]) -> Key | None:
    """The function that claims differentiate and no definition names: it names the step that is assumed."""
    named = {key for found in chains for key in _right_keys(plan, found)}
    unnamed = plan.survey.tops - plan.kinds.keys() - named
    loose = [key for key in unnamed if key.stem in customs.FUNCTIONS]
    return loose[0] if len(loose) == 1 else None
