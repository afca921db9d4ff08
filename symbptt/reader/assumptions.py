"""Definitions that a note leaves out: what it differentiates and nowhere defines, each said in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbptt.page.notation import Apply, Concat, Expr, Index, Sum, substitute
from symbptt.reader import customs
from symbptt.reader.bounds import LAST, STEP
from symbptt.reader.compositions import NORMALISED
from symbptt.reader.grammar import Cells, Chain, Group, NameMark, ProductMark, ScriptedMark, is_sign, walk_marks
from symbptt.reader.letters import Key, index_in
from symbptt.reader.plan import Plan
from symbptt.reader.statements import LetterChain, Statement, letter_chains, where_said
from symbptt.reader.translation import Translator


@dataclass(frozen=True, slots=True)
class Assumption:
    """A definition that the note leaves out."""

    tag: str
    key: Key
    build: Callable[[Translator], tuple[Expr, Expr]]


def assume(plan: Plan, statements: Sequence[Statement]) -> list[Assumption]:
    """Definitions for what the note leaves open: summands of a loss, outputs, a recurrence, losses.

    Whatever else is differentiated and nowhere defined stays open, so that nothing about it is decided.
    """
    chains = list(letter_chains(plan.survey, (statement for statement in statements if statement.counts)))
    uses: dict[Key, set[Key]] = {}
    """What each defined letter is made of directly."""
    for found in chains:
        uses.setdefault(found.key, set()).update(_right_keys(plan, found))
    made: list[Assumption] = []
    if (summand := _summand(plan, chains)) is not None:
        made.append(summand[0])
        uses[summand[0].key] = summand[1]
    _identify_outputs(plan, uses)
    _recognise_inputs(plan, uses)
    said = len(made)
    known = {*plan.defined, *plan.closed, *(entry.key for entry in made)}
    made += _assumed_outputs(plan, known)
    known |= {entry.key for entry in made}
    if (state := _recurrence(plan, known, uses, chains)) is not None:
        if plan.state_in_words:
            plan.closed[state.key] = plan.state_in_words
        else:
            made.append(state)
    known |= {*plan.closed, *(entry.key for entry in made)}
    made += _losses(plan, statements, chains, known, uses)
    plan.unsaid |= {entry.key for entry in made[said:]}
    _leave_open(plan, {*plan.defined, *(entry.key for entry in made)}, uses)
    made += [_in_blocks(plan, key, blocks) for key, blocks in plan.blocks.items()]
    return made + [_summing(plan, key) for key in plan.targets if plan.kinds.get(key) == "data"]


def _in_blocks(plan: Plan, key: Key, blocks: Sequence[Key]) -> Assumption:
    """A weight as its blocks side by side, which says no more and no less of it."""
    plan.kinds |= dict.fromkeys((key, *blocks), "weight")

    def build(translator: Translator) -> tuple[Expr, Expr]:
        letter = translator.alphabet.letter
        return letter(key, "weight"), Concat(tuple(letter(block, "weight") for block in blocks))

    plan.said.append(f"{_in_words(plan, build)}, as many columns in each as the rows that it is multiplied by")
    return Assumption(f"assumed {key.symbol}", key, build)


def _summing(plan: Plan, key: Key) -> Assumption:
    """Data that sum to one are any data over their sum, which says no more and no less of them."""
    free = next(
        one for dress in customs.SPARE_ACCENTS if (one := key._replace(dressed=(dress, *key.dressed))) not in plan.kinds
    )
    plan.kinds |= {key: "state", free: "data"}
    plan.free_targets[key] = free

    def build(translator: Translator) -> tuple[Expr, Expr]:
        letter = translator.alphabet.letter
        return letter(key, "state")[STEP], Apply(NORMALISED, (letter(free, "data")[STEP],))

    where, one_hot = plan.targets[key].where, plan.targets[key].one_hot
    said = "is one-hot" if one_hot else "sums to one"
    plan.said.append(f"{key.text}_t {said}, as {where} says: it is {free.text}_t over the sum of its entries")
    return Assumption(f"assumed {key.symbol}", key, build)


def _right_keys(plan: Plan, found: LetterChain) -> set[Key]:
    """The names on the right of a chain, by the spelling that is defined."""
    return {plan.same.get(key, key) for key in found.right_keys(plan.survey)}


# --------------------------------------------------------------------------------------------------- summands


def _summand(plan: Plan, chains: Sequence[LetterChain]) -> tuple[Assumption, set[Key]] | None:
    """l_t and what it is made of, where it is the summand of L = Σ ell(y_t, d_t) that only another side names."""
    wanted = [
        key
        for key in plan.survey.tops
        if plan.kinds.get(key) == "state"
        and key not in plan.defined.keys() | plan.closed
        and key.stem in customs.LOSSES
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
    left, right = build(Translator(plan.alphabet(plan.shaped())))
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


def _reached(uses: Mapping[Key, set[Key]], key: Key) -> set[Key]:
    """What a letter is made of, directly or through others."""
    found: set[Key] = set()
    pending = [key]
    while pending:
        new = uses.get(pending.pop(), set()) - found
        found |= new
        pending += new
    return found


# --------------------------------------------------------------------------------------------------- functions


def _recognise_inputs(plan: Plan, uses: dict[Key, set[Key]]) -> None:
    """An input that a definition takes in is data above the bar too: ∂x_t/∂w = 0."""
    taken_in = set[Key]().union(*uses.values())
    for key in [key for key in plan.survey.tops if key.stem in customs.INPUTS and key not in plan.defined]:
        if plan.kinds.get(key) == "state" and key in taken_in and key not in dict(plan.survey.jacobians.get(key, ())):
            plan.kinds[key] = "data"


def _assumed_outputs(plan: Plan, known: set[Key]) -> list[Assumption]:
    """An output that a loss is differentiated in is a function of the states that it is itself differentiated in."""
    made: list[Assumption] = []
    lost = {of for loss in plan.survey.jacobians if loss.stem in customs.LOSSES for of in _same_step(plan, loss)}
    for key in sorted(lost & plan.survey.tops, key=lambda key: key.symbol):
        states = sorted(_same_step(plan, key), key=lambda of: of.symbol)
        alone = {of for of, _ in plan.survey.jacobians.get(key, ())} == set(states) != set()
        if key in known or key.stem not in customs.OUTPUTS or not alone or key in states:
            continue
        function = _free_function(plan, key)
        plan.shaped_functions.add(function)

        def build(
            translator: Translator, key: Key = key, function: Key = function, states: Sequence[Key] = states
        ) -> tuple[Expr, Expr]:
            letter = translator.alphabet.letter
            arguments = tuple(letter(of, "state")[STEP] for of in states)
            return letter(key, "state")[STEP], Apply(letter(function, "function"), arguments)

        made.append(_assumed(plan, key, build))
    return made


def _same_step(plan: Plan, key: Key) -> set[Key]:
    """What a letter is differentiated in at its own step."""
    return {of for of, lag in plan.survey.jacobians.get(key, ()) if lag == Index.of(0)}


def _recurrence(
    plan: Plan, known: set[Key], uses: Mapping[Key, set[Key]], chains: Sequence[LetterChain]
) -> Assumption | None:
    """An arbitrary function of its past, an input and the weights, for the one state of a note that is left open.

    Only where nothing that the note says of it or of others stands against that: no other state recurs, and it is
    differentiated in itself, the input and weights alone.
    """
    missing = [
        key
        for key in sorted(plan.survey.tops, key=lambda key: key.symbol)
        if plan.kinds.get(key) == "state" and key not in known and key.stem not in customs.LOSSES
    ]
    if len(missing) != 1 or any(key in _reached(uses, key) for key in uses):
        return None
    (key,) = missing
    given = next(Key(name) for name in customs.ASSUMED_INPUTS if plan.kinds.get(Key(name)) in (None, "data"))
    taken_in = {plan.same.get(of, of) for of, _ in plan.survey.jacobians.get(key, ())}
    if key.glyph not in plan.survey.timed or not taken_in <= {key, given}:
        return None
    function = _unnamed_function(plan, chains) or Key(customs.ASSUMED_STEP)
    plan.shaped_functions.add(function)
    weights = sorted(
        (of for of in plan.survey.bottoms if plan.kinds.get(of) == "weight" and of not in plan.defined),
        key=lambda of: of.symbol,
    ) or [Key(customs.ASSUMED_WEIGHT)]
    plan.kinds.setdefault(given, "data")
    for of in weights:
        plan.kinds.setdefault(of, "weight")

    def build(translator: Translator) -> tuple[Expr, Expr]:
        letter = translator.alphabet.letter
        of = letter(key, "state")
        arguments: list[Expr] = [
            letter(given, "data")[STEP],
            of[STEP - 1],
            *(letter(weight, "weight") for weight in weights),
        ]
        return of[STEP], Apply(letter(function, "function"), tuple(arguments))

    return _assumed(plan, key, build)


def _assumed(plan: Plan, key: Key, build: Callable[[Translator], tuple[Expr, Expr]]) -> Assumption:
    of, body = build(Translator(plan.alphabet(plan.shaped())))
    plan.said.append(f"{of} = {body}, because nothing says what {of} is")
    return Assumption(f"assumed {key.symbol}", key, build)


# --------------------------------------------------------------------------------------------------- losses


def _losses(
    plan: Plan,
    statements: Sequence[Statement],
    chains: Sequence[LetterChain],
    known: set[Key],
    uses: dict[Key, set[Key]],
) -> list[Assumption]:
    """Losses that the note differentiates and nowhere defines: L_t of the outputs at its step, L the sum of these.

    For derivatives of first order a sum over the steps is as good as any function of all states: what is arbitrary in
    either is the slope in each of them.
    """
    every = tuple(chain for statement in statements for chain in statement.chains)
    timed = {key for key, index in plan.survey.names(every) if index is not None}
    parts = {part for found in chains if found.key.stem in customs.LOSSES for part in _summands(plan, found)}
    missing = [
        key
        for key in sorted(plan.survey.tops | parts, key=lambda key: key.symbol)
        if key.stem in customs.LOSSES and key not in known and plan.kinds.get(key) in ("state", "data")
    ]
    outputs = _outputs(plan, chains, known, uses)
    if not outputs:
        return []
    made: list[Assumption] = []
    for key in sorted(missing, key=lambda key: key not in timed):
        plan.kinds[key] = "state"
        summands = [of for of in (*plan.defined, *(entry.key for entry in made)) if of in timed and of != key]
        summands = [of for of in summands if of.stem in customs.LOSSES and plan.kinds.get(of) == "state"]
        alike = [of for of in summands if of.glyph == key.glyph] or summands
        if key not in timed and len(alike) > 1:
            continue
        function = None if key not in timed and alike else _free_function(plan, key)
        if function is not None:
            plan.shaped_functions.add(function)
        counted = None if key in timed else _horizon(every, plan)
        written = {plan.same.get(of, of) for of in _same_step(plan, key)}
        of_these = [of for of in outputs if of in written] or outputs
        # What is listed behind it is what it depends on, and nothing else.
        said = [of for of in plan.survey.dependent.get(key, ()) if plan.kinds.get(of) == "state"]
        of_these = said or of_these

        def build(
            translator: Translator,
            key: Key = key,
            function: Key | None = function,
            alike: Sequence[Key] = alike,
            counted: Index | None = counted,
            of_these: Sequence[Key] = of_these,
        ) -> tuple[Expr, Expr]:
            letter = translator.alphabet.letter
            body: Expr = (
                letter(alike[0], "state")[STEP]
                if function is None
                else Apply(letter(function, "function"), tuple(letter(of, "state")[STEP] for of in of_these))
            )
            of = letter(key, "state")
            return (of[STEP], body) if counted is None else (of, Sum(body, (STEP, Index.of(1), counted)))

        uses[key] = {*of_these, *alike[:1]}
        made.append(_assumed(plan, key, build))
    return made


def _summands(plan: Plan, found: LetterChain) -> Iterator[Key]:
    """What a loss is a sum of: the letters with a step that no other letter with a step is multiplied by."""
    products = (mark for mark in walk_marks(found.chain.sides[1:]) if isinstance(mark, ProductMark))
    for product in products:
        inside = {key for key, index in plan.survey.names(product) if index is not None}
        if len(inside) == 1:
            yield from inside


def _outputs(plan: Plan, chains: Sequence[LetterChain], known: set[Key], uses: Mapping[Key, set[Key]]) -> list[Key]:
    """The states at which a step ends: those that no other state, a loss aside, is made of at the same step.

    What runs backwards comes after the losses.
    """
    own = {key for key in known if plan.kinds.get(key) == "state" and key.stem not in customs.LOSSES}
    own = {key for key in own if plan.backwards.isdisjoint({key, *_reached(uses, key)})}
    own = {key for key in own if key in plan.general or key not in plan.defined}
    inside = {
        plan.same.get(name, name)
        for found in chains
        if found.key in own
        for name, index in plan.survey.names(found.chain.sides[1:])
        if index == found.index and name != found.key
    }
    return sorted(own - inside, key=lambda key: key.symbol)


def _horizon(every: Cells, plan: Plan) -> Index:
    """The last step: the upper bound of a Σ that nothing else binds or steps through, T where there is none."""
    signs = [mark for mark in walk_marks(every) if isinstance(mark, ScriptedMark) and is_sign(mark.base, r"\sum")]
    bound = {name.stem for mark in signs for name in walk_marks(mark.below) if isinstance(name, NameMark)}
    ends = [index_in(mark.above[0], plan.survey.indices) for mark in signs if mark.above]
    letters = [end for end in ends if end is not None and not end.constant and len(end.terms) == 1]
    free = [end for end in letters if end != STEP and not end.letters() & bound]
    return LAST if LAST in free or not free else free[0]


def _leave_open(plan: Plan, known: set[Key], uses: Mapping[Key, set[Key]]) -> None:
    """Note what is differentiated and stays undefined, and what is data for no better reason than that.

    What goes into a recurrence is its input, and a target stands in a loss beside a state; a loss that is made of
    nothing else is a function of letters that the note does not explain.
    """
    explained: set[Key] = set()
    for key, used in uses.items():
        beside = any(plan.kinds.get(one) == "state" and one in known for one in used)
        if key in _reached(uses, key) or (key.stem in customs.LOSSES and beside):
            explained |= used
    loose = {key for key, kind in plan.kinds.items() if kind == "data" and key not in known | explained}
    loose = {key for key in loose if key.stem not in customs.INPUTS}
    for loss in (key for key in uses if key.stem in customs.LOSSES):
        inside = _reached(uses, loss)
        if not any(plan.kinds.get(key) in ("state", "weight") and key.stem not in customs.LOSSES for key in inside):
            plan.kinds.update(dict.fromkeys(inside & loose, "state"))
    states = {key for key, kind in plan.kinds.items() if kind == "state" and key not in known}
    plan.unsaid |= states | loose


def _spare(plan: Plan) -> list[str]:
    """Names of functions that the note does not use."""
    taken = {known.stem for known in (*plan.survey.functions, *plan.kinds, *plan.shaped_functions)}
    return [name for name in customs.SPARE_FUNCTIONS if name not in taken]


def _free_function(plan: Plan, key: Key) -> Key:
    """The name of an assumed function whose value is this letter; the one for losses is kept for a loss."""
    spare = _spare(plan)
    if key.stem in customs.LOSSES and customs.ASSUMED_LOSS in spare:
        return Key(customs.ASSUMED_LOSS)
    return Key(next(name for name in spare if name != customs.ASSUMED_LOSS))


def _unnamed_function(plan: Plan, chains: Sequence[LetterChain]) -> Key | None:
    """The function that claims differentiate and no definition names: it names the step that is assumed."""
    named = {key for found in chains for key in _right_keys(plan, found)}
    unnamed = plan.survey.tops - plan.kinds.keys() - named
    loose = [key for key in unnamed if key.stem in customs.FUNCTIONS]
    return loose[0] if len(loose) == 1 else None
