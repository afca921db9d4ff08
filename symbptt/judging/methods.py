"""The methods by which an equation is proved or refuted, and what they say together.

``METHODS`` is the one list of them, the strongest cheap one first. ``decide`` is a pure function of the page, the
equation and the question; a :class:`Bench` only remembers what was unrolled already. What it calls proved was not yet
compared with numbers: ``claims`` does that before a verdict is given to anyone.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from symbptt.errors import (
    BudgetExceeded,
    IllTyped,
    NotExact,
    NotRead,
    NotStated,
    SymbpttError,
    Undecided,
    UsageError,
    fault,
)
from symbptt.functions import ARBITRARY, TABLE, Activation, activation
from symbptt.judging.evaluation import Entry, both, told_apart
from symbptt.oracles.forward import Model
from symbptt.oracles.ways import Oracle
from symbptt.page.derivation import Derivation, Equation, weights_in
from symbptt.page.expansion import expand, first_step, instances, slopes, unstated
from symbptt.page.notation import (
    At,
    Block,
    Copy,
    Expr,
    IndexValue,
    Letter,
    Number,
    Partial,
    Power,
    Total,
    substitute,
    walk,
)
from symbptt.page.shapes import agree, check
from symbptt.proofs.adjoint import follow_adjoint
from symbptt.proofs.backwards import Backwards, candidates, running
from symbptt.proofs.certificate import certify, states_in
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.heads import terms_of_slope
from symbptt.proofs.indexed import follow_indexed
from symbptt.proofs.induction import follow, induct, reader_of
from symbptt.proofs.premises import follows
from symbptt.proofs.unrolled import Unrolling
from symbptt.refuting.duals import run_at
from symbptt.refuting.exactness import Exact
from symbptt.refuting.residues import Point, agree_at_random
from symbptt.refuting.witness import Values, search, sizes_up_to
from symbptt.verdicts import DEFAULT_SIZES, Question, Scope, Tried, Verdict, Witness

EXPANDED = 1024
"""How many monomials an entry may have to be written out; past it a certificate of each step is cheaper."""
LONGEST = 32
"""The last step that is written out, however few monomials an entry has."""
TOLD = 3
"""At which of the steps asked for it is looked at whether a claim is false: most slips show there."""
REWRITTEN = 4
"""At how many of the steps asked for it is looked at whether a claim follows from its premises."""
SIFTED = 4
"""At how many of the steps asked for the sides are compared at a random point before they are reduced."""
INDEXED = 16
"""The last step that is unrolled with letters for the sizes."""
LOOKED_AT = 64
"""Up to which step it is looked at whether an equation is stated there."""
OTHER_SIZE = 2
"""The number that a size letter other than n, d and q stands for."""


class Bench:
    """What was unrolled and reduced for one page, kept so that no claim pays for it twice."""

    def __init__(self, page: Derivation) -> None:
        self.page = page
        self.reader = reader_of(page)
        self.meant: dict[str, Equation | None] = {}
        """Premises that a note prints in one way and means in several, as they were read; None: in no way they hold."""
        self.meant_backwards: dict[tuple[Letter, tuple[tuple[str, int], ...], str], Expr | None] = {}
        """The derivative that each letter which runs backwards was found to be; None: no known one."""
        self.left_open: dict[tuple[Equation, Activation], str] = {}
        """Why equations that what runs backwards rests on are not proved for every step; empty where they are."""
        self.written: dict[tuple[object, ...], object] = {}
        """Claims written out at a step, which are compared at other points without being written out again."""
        self._points: dict[tuple[tuple[tuple[str, int], ...], str], Point] = {}
        self._oracles: dict[tuple[object, ...], Oracle] = {}
        self._unrolled: dict[tuple[tuple[tuple[str, int], ...], Activation], tuple[Unrolling, NormalForms]] = {}
        check(page)

    def unrolled(self, sizes: Mapping[str, int], name: str, *, for_all: bool = False) -> tuple[Unrolling, NormalForms]:
        """The page unrolled with these sizes and this activation, and the normal forms over its atoms.

        ``for_all``: functions that go by a name of their own are arbitrary too.
        """
        standing = ARBITRARY if for_all else activation(name)
        key = (tuple(sorted(sizes.items())), standing)
        if key not in self._unrolled:
            self._unrolled[key] = Unrolling(self.page, sizes, standing), NormalForms(divided=True)
        return self._unrolled[key]

    def point(self, sizes: Mapping[str, int], name: str) -> Point:
        """The random point at which readings of the page are compared before one of them is proved."""
        key = (tuple(sorted(sizes.items())), name)
        if key not in self._points:
            self._points[key] = Point(Model(self.page, sizes, name))
        return self._points[key]

    def oracle(self, sizes: Mapping[str, int], name: str, points: int, seed: int, dtype: str) -> Oracle:
        """The page at random points, where every claim on it is compared with the same numbers."""
        key = (tuple(sorted(sizes.items())), name, points, seed, dtype)
        if key not in self._oracles:
            self._oracles[key] = Oracle(self.page, sizes, name, points, seed, dtype=dtype)
        return self._oracles[key]

    def beside(self, page: Derivation) -> Bench:
        """A bench for a page with the same definitions, which shares all that was unrolled."""
        made = copy.copy(self)
        made.page = page
        return made


def page_sizes(page: Derivation, asked: Mapping[str, int]) -> dict[str, int]:
    """A number for each size letter of the page: the one asked for, or 2."""
    every = page.meaning.letters.values()
    letters = {name for letter in every for dim in letter.shape or () for name in dim.letters()}
    ordered = sorted(letters, key=lambda name: (name not in DEFAULT_SIZES, "ndq".find(name), name))
    return {name: asked.get(name, OTHER_SIZE) for name in ordered}


# --------------------------------------------------------------------------------------------------- methods


def by_induction(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """Induction over t from the one-step relation of the page's own definitions: every t, any size, any activation."""
    start = first_step(bench.page, equation)
    found = induct(bench.page, equation, start, bench.reader)
    if not found.proved:
        return Verdict("undecided", "induction", reason=found.reason)
    return Verdict(
        "proved", "induction", Scope("any", "any", "all", start), reason=_premises(bench, equation, question)
    )


def by_adjoints(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """The chain rule backwards at steps that are letters, explicit formulas and all: every t, any size."""
    start = first_step(bench.page, equation)
    if (step := _differs_at_random(bench, equation, question)) is not None:
        return Verdict("undecided", "adjoint", reason=f"at t = {step} the sides differ at a random point")
    for standing in (ARBITRARY, activation(question.activation)):
        found = follow_adjoint(bench.page, equation, start, standing)
        if found.proved:
            scope, said = _scoped(bench, equation, question, "any", arbitrary=standing is ARBITRARY)
            reason = "; ".join(filter(None, (said, _divided(bench.page, equation))))
            return Verdict("proved", "adjoint", replace(scope, steps="all", start=start), reason=reason)
        if not _is_named(bench, equation, question):
            break
    return Verdict("undecided", "adjoint", reason=found.reason)


def _differs_at_random(bench: Bench, equation: Equation, question: Question) -> int | None:
    """The last of the first steps asked for at which the sides differ at the random point; None where they agree."""
    point = bench.point(page_sizes(bench.page, question.sizes), question.activation)
    for step in reversed(question.steps[:SIFTED]):
        for values, weight in instances(bench.page, equation, step):
            one, other = (point.value(side, values) for side in bench.page.resolved(equation, weight))
            if one.shape != other.shape or (one != other).any():
                return step
    return None


def by_backwards(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """What runs backwards is shown to be a derivative by induction downwards, and replaced by it: every t, any size."""
    if running(bench.page, equation) and (step := _differs_at_random(bench, equation, question)) is not None:
        return Verdict("undecided", "backwards", reason=f"at t = {step} the sides differ at a random point")
    found = shown_downwards(bench, equation, question)
    if isinstance(found, str):
        return Verdict("undecided", "backwards", reason=found)
    now, start = bench.page.meaning.step, first_step(bench.page, equation)
    scope, said = _scoped(bench, equation, question, "any", arbitrary=found.standing is ARBITRARY)
    taken = [f"{At(letter, now)} is {substitute(value, {'#': now})}" for letter, value in found.meant.items()]
    told = f"by induction downwards {' and '.join(taken)}" if taken else ""
    reason = "; ".join(filter(None, (told, said, _divided(bench.page, equation))))
    return Verdict("proved", "backwards", replace(scope, steps="all", start=start), reason=reason)


class Downwards(NamedTuple):
    """A proof by induction downwards: what letters are at the step ``#``, the equations that make them so, the claim
    without them, and what the functions are taken to be."""

    meant: Mapping[Letter, Expr]
    obligations: tuple[Equation, ...]
    rewritten: tuple[Equation, ...]
    standing: Activation


def shown_downwards(bench: Bench, equation: Equation, question: Question) -> Downwards | str:
    """The proof of a claim by induction downwards, or why there is none."""
    page, start, why = bench.page, first_step(bench.page, equation), "nothing in it runs backwards"
    letters = running(page, equation)
    found = ((letter, _meant(bench, letter, question)) for letter in letters)
    meant = {letter: said for letter, said in found if said is not None}
    for low in (1, 0) if letters else ():
        backwards = Backwards(page, meant, low)
        try:
            obligations, rewritten = tuple(backwards.obligations()), tuple(backwards.rewritten(equation, start))
        except Undecided as error:
            why = str(error)
            continue
        for standing in (ARBITRARY, activation(question.activation)):
            open_ones = (left for one in (*obligations, *rewritten) if (left := _left_open(bench, one, standing)))
            if not (why := next(open_ones, "")):
                return Downwards(meant, obligations, rewritten, standing)
    return why


def _meant(bench: Bench, letter: Letter, question: Question) -> Expr | None:
    """The first derivative that a letter which runs backwards agrees with at a random point, at the step ``#``."""
    key = letter, tuple(sorted(question.sizes.items())), question.activation
    if key not in bench.meant_backwards:
        step = bench.page.meaning.defined(letter).head.index
        place = bench.page.definitions(letter)[0].place
        asked = replace(question, steps=tuple(range(1, SIFTED + 1)))
        bench.meant_backwards[key] = None
        for said in candidates(bench.page, letter):
            claim = Equation("", "claim", At(letter, step), substitute(said, {"#": step}), place)
            try:
                if _differs_at_random(bench, claim, asked) is None:
                    bench.meant_backwards[key] = said
                    break
            except SymbpttError:
                continue
    return bench.meant_backwards[key]


def _left_open(bench: Bench, equation: Equation, standing: Activation) -> str:
    """Why an equation is not proved for every step and any sizes; empty where it is."""
    if (equation, standing) not in bench.left_open:
        start = 1 if equation.start is None else equation.start
        why = ""
        inductive = functools.partial(induct, reader=bench.reader)
        for way in (inductive, functools.partial(follow_adjoint, activation=standing)):
            try:
                found = way(bench.page, equation, start)
            except (IllTyped, NotStated, Undecided, NotExact, BudgetExceeded) as error:
                why = f"{equation.tag}: {error}"
                continue
            why = "" if found.proved else f"{equation.tag}: {found.reason}"
            if found.proved:
                break
        bench.left_open[equation, standing] = why
    return bench.left_open[equation, standing]


def by_words(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """The same rules at each step asked for, without induction: any size and any activation."""
    for step in question.steps:
        found = follow(bench.page, equation, step, bench.reader)
        if not found.proved:
            return Verdict("undecided", "words", reason=f"at t = {step}: {found.reason}")
    said = _premises(bench, equation, question)
    return Verdict("proved", "words", Scope("any", "any", _span(question.steps)), reason=said)


def _premises(bench: Bench, equation: Equation, question: Question) -> str:
    """Whether the premises that the page names are enough by themselves, in words; empty where it names none."""
    if not equation.since:
        return ""
    named = " and ".join(f"({tag})" for tag in equation.since)
    used: dict[str, None] = {}
    for step in question.steps[:REWRITTEN]:
        try:
            found = follows(bench.page, equation, step)
        except BudgetExceeded as error:
            return f"not followed from {named}: {error}"
        if not found.holds:
            lacking = f", which say nothing of {' or '.join(found.missing)}" if found.missing else ""
            return f"true by the definitions, but at t = {step} it does not follow from {named} alone{lacking}"
        used.update(dict.fromkeys(found.used))
    return f"follows from {' and '.join(f'({tag})' for tag in used)}"


def by_indices(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """Unroll to h_0 with letters for the sizes, differentiate a component, contract: any size, at a given t."""
    if question.steps[-1] > INDEXED:
        return Verdict("undecided", "indexed", reason=f"t = {question.steps[-1]} is past its last step, {INDEXED}")
    found = _indexed(bench, equation, question, ARBITRARY)
    if found.word == "proved" or not _is_named(bench, equation, question):
        return found
    if _differs_at_random(bench, equation, question) is not None:
        return found  # the terms that a named slope has are not written out for what is false
    return _indexed(bench, equation, question, activation(question.activation))


def _is_named(bench: Bench, equation: Equation, question: Question) -> bool:
    """Whether what is not proved for arbitrary functions, which is shorter, may hold for the named ones."""
    return any(taken.name != "any" for taken in _standing(bench.page, equation, question))


def _indexed(bench: Bench, equation: Equation, question: Question, standing: Activation) -> Verdict:
    for step in question.steps:
        found = follow_indexed(bench.page, equation, step, standing)
        if not found.proved:
            return Verdict("undecided", "indexed", reason=found.reason)
    scope, said = _scoped(bench, equation, question, "any", arbitrary=standing is ARBITRARY)
    reason = "; ".join(filter(None, (said, _divided(bench.page, equation))))
    return Verdict("proved", "indexed", scope, reason=reason)


def _standing(page: Derivation, equation: Equation, question: Question) -> dict[Activation, str]:
    """What the functions that act on each entry are taken to be in what an equation speaks of, and one that is."""
    acting = [letter for letter in page.letters_under(equation.letters) if letter.is_entrywise]
    return {activation(question.activation).standing_for(letter.symbol): str(letter) for letter in acting}


def _scoped(
    bench: Bench, equation: Equation, question: Question, sizes: str | dict[str, int], *, arbitrary: bool = False
) -> tuple[Scope, str]:
    """For whom it holds, ``any`` activation where one function is arbitrary; and then, in words, which is not."""
    steps = _span(question.steps)
    standing = _standing(bench.page, equation, question) or {activation(question.activation): ""}
    named = {taken: letter for taken, letter in standing.items() if taken.name != "any"}
    limit = {taken: TABLE[taken.name].limit for taken in named}
    if arbitrary or not named:
        kinked = sorted(f"{letter} {limit[taken]}" for taken, letter in named.items() if limit[taken])
        return Scope("any", sizes, steps), " and ".join(kinked)
    if len(named) == len(standing):
        ordered = sorted(named, key=lambda taken: (bool(limit[taken]), taken.name))
        said, names = (" and ".join(parts) for parts in zip(*((one.said, one.name) for one in ordered), strict=True))
        return Scope(said, sizes, steps, names=names), ""
    ordered = sorted(named, key=lambda taken: named[taken])
    limits = "".join(f", {limit[taken]}" for taken in ordered if limit[taken])
    return Scope("any", sizes, steps), f"{' and '.join(named[taken] for taken in ordered)} is what it is called{limits}"


def by_unrolling(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """Unroll to h_0 with explicit matrices, differentiate with SymPy, compare every entry's normal form."""
    if question.activation == "any" and _is_named(bench, equation, question):
        # What holds for an arbitrary activation is shorter to prove, and holds for the named one too.
        proved, differing = _unrolled(bench, equation, question, for_all=True)
        if differing is None:
            return proved
    proved, differing = _unrolled(bench, equation, question)
    return proved if differing is None else _refutation(bench, equation, question, *differing)


Instance: TypeAlias = tuple[int, Mapping[str, int], "Letter | None"]
"""A step, the indices of an equation there, and the weight that it is in."""


def _unrolled(
    bench: Bench, equation: Equation, question: Question, *, for_all: bool = False
) -> tuple[Verdict, Instance | None]:
    """What is proved, and the first instance at which the sides differ; ``for_all``: where every function is any."""
    sizes = page_sizes(bench.page, question.sizes)
    unrolling, forms = bench.unrolled(sizes, question.activation, for_all=for_all)
    acting = () if for_all else _standing(bench.page, equation, question)
    terms = max(map(terms_of_slope, acting), default=1)
    small = [step for step in question.steps if _is_small(sizes, terms, step)]
    without_value: IllTyped | None = None
    for step in small:
        for values, weight in instances(bench.page, equation, step):
            try:
                left, right = (unrolling.side(side, values) for side in bench.page.resolved(equation, weight))
            except IllTyped as error:
                # A^{t-k-1} has no value at k = t; where it has one, the sides may differ.
                without_value = without_value or error
                continue
            if not all(forms.equal(list(left.flat), list(right.flat))):
                return Verdict("undecided", "unrolled"), (step, values, weight)
    if without_value is not None:
        raise without_value
    scope, named = _scoped(bench, equation, question, sizes, arbitrary=for_all)
    large = question.steps[len(small) :]
    said = f"by certificates: {_certified(bench, unrolling, equation, large)} entries" if large else ""
    where = _divided(bench.page, equation)
    return Verdict("proved", "unrolled", scope, reason="; ".join(filter(None, (said, named, where)))), None


def _divided(page: Derivation, equation: Equation) -> str:
    """What the claim or a definition divides by: that it is not 0 is taken for granted, and said."""
    definitions = [entry for entry in page if entry.kind == "definition"]
    written = [side for entry in (equation, *definitions) for side in entry.chain]
    powers = [node for side in written for node in walk(side) if isinstance(node, Power) and node.exponent.constant < 0]
    divisors = dict.fromkeys(str(node.base) for node in powers if not isinstance(node.base, (Number, IndexValue)))
    return f"where {' and '.join(divisors)} {'is' if len(divisors) == 1 else 'are'} not 0" if divisors else ""


def _is_small(sizes: Mapping[str, int], terms: int, step: int) -> bool:
    """Whether a side may be written out down to h_0: its number of monomials is known before it is."""
    branches = max(sizes.values(), default=1) * terms
    return step <= LONGEST and branches ** (step - 1) <= EXPANDED


def _certified(bench: Bench, unrolling: Unrolling, equation: Equation, steps: tuple[int, ...]) -> int:
    """How many entries the one-step relations under the claim were checked in; the claim follows from them by words."""
    sides = bench.page.resolved(equation)
    if any(isinstance(node, (Block, Copy)) for side in sides for node in walk(side)):
        raise BudgetExceeded(f"t = {steps[0]} is too large to write out, and copies and blocks have no certificate")
    for step in steps:
        found = follow(bench.page, equation, step, bench.reader)
        if not found.proved:
            raise BudgetExceeded(f"t = {step} is too large to write out, and words leave it open: {found.reason}")
    # The states at and below the last step are those of every step before it.
    read = instances(bench.page, equation, steps[-1])
    last = dict.fromkeys(state for values, _ in read for state in states_in(sides, values))
    entries, fails = certify(unrolling, equation.weights or weights_in(*sides), last)
    if fails:
        raise BudgetExceeded(f"no certificate: {fails}")
    return entries


def _refutation(
    bench: Bench, equation: Equation, question: Question, step: int, values: Mapping[str, int], weight: Letter | None
) -> Verdict:
    largest = page_sizes(bench.page, question.sizes)
    involved = {name for letter in bench.page.letters_under(equation.letters) for name in _size_letters(letter)}
    for small in sizes_up_to({name: size for name, size in largest.items() if name in involved}):
        sizes = dict.fromkeys(largest, 1) | small
        unrolling, _ = bench.unrolled(sizes, question.activation)
        sides = bench.page.resolved(equation, weight)
        left, right = (unrolling.side(side, values) for side in sides)

        model = Model(bench.page, sizes, question.activation)

        def again(
            point: Values, space: Exact, model: Model = model, sides: tuple[Expr, Expr] = sides
        ) -> tuple[list[Any], list[Any]]:
            run = run_at(model, point, space)
            one, other = (run.value(expand(side, values)) for side in sides)
            return list(one.flat), list(other.flat)

        differing = ((place, Entry(left.flat[place], right.flat[place])) for place in told_apart(left, right))
        found = search(differing, again, bench.page.units)
        if found is not None:
            row, column = divmod(found.place, left.shape[1])
            witness = Witness(
                step,
                small,
                _as_spelled(bench.page, found.values),
                found.lhs,
                found.rhs,
                found.difference,
                (row + 1, column + 1) if left.size > 1 else None,
                weight,
                {name: value for name, value in values.items() if value != step},
                found.functions,
            )
            said = "".join(f"; {function}" for function in found.functions)
            reason = f"the sides differ at t = {step} in {witness.where}{said}"
            return Verdict("refuted", "unrolled", witness=witness, reason=reason)
    return Verdict(
        "undecided",
        "unrolled",
        reason=f"the sides differ as polynomials at t = {step}, but no exact value was found that tells them apart",
    )


def _as_spelled(page: Derivation, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a witness with each letter as the page spells it: W^rec[1], and not the name it has inside."""
    letters = {letter.symbol: str(letter) for equation in page for letter in equation.letters}
    made = {}
    for name, value in values.items():
        owner, bracket, entry = name.partition("[")
        symbol, _, step = owner.rpartition("_")
        spelled = letters.get(owner) or (f"{letters[symbol]}_{step}" if symbol in letters else owner)
        made[f"{spelled}{bracket}{entry}"] = value
    return made


def _size_letters(letter: Letter) -> set[str]:
    return {name for dim in letter.shape or () for name in dim.letters()}


def by_sampling(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """Both sides unrolled, at a random point modulo a large prime: no proof, but a refutation where they differ."""
    unrolling, _ = bench.unrolled(page_sizes(bench.page, question.sizes), question.activation)
    entries, weakest = 0, 0
    for step in question.steps:
        for values, weight in instances(bench.page, equation, step):
            left, right = (unrolling.side(side, values) for side in bench.page.resolved(equation, weight))
            same, bits = agree_at_random(both(left, right))
            if not same:
                return _refutation(bench, equation, question, step, values, weight)
            entries, weakest = entries + left.size, min(weakest or bits, bits)
    said = f"{entries} entries agree at a random point modulo 2^521 - 1, error below 2^-{weakest}; that is no proof"
    return Verdict("undecided", "sampled", reason=said)


Method: TypeAlias = Callable[[Bench, Equation, Question], Verdict]
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "induction": by_induction,
        "adjoint": by_adjoints,
        "backwards": by_backwards,
        "words": by_words,
        "indexed": by_indices,
        "unrolled": by_unrolling,
        "sampled": by_sampling,
    }
)


# --------------------------------------------------------------------------------------------------- deciding


def check_question(question: Question) -> None:
    """Raises :class:`UsageError` where the method or the activation has no such name."""
    activation(question.activation)
    if question.method is not None and question.method not in METHODS:
        raise UsageError(f"no method is called {question.method!r}: expected one of {', '.join(METHODS)}")


def decide(bench: Bench, equation: Equation, question: Question) -> Verdict:
    """What the first method says that decides an equation, or why none does; raises nothing but :class:`PageError`."""
    try:
        agree(bench.page, *bench.page.resolved(equation))
        _check_weights(bench.page, equation)
        start = first_step(bench.page, equation)
        stated = tuple(
            step for step in sorted(set(question.steps)) if step >= start and _is_stated(bench.page, equation, step)
        )
    except NotRead as error:
        return Verdict("undecided", reason=str(error))
    except IllTyped as error:
        return Verdict("ill-typed", reason=str(error))
    except NotStated as error:
        return Verdict("not-stated", reason=str(error))
    except BudgetExceeded as error:
        return Verdict("undecided", reason=str(error))
    if not stated:
        return Verdict("not-stated", reason=f"it is stated from t = {start} on")
    question = replace(question, steps=stated)
    tried: list[Tried] = []
    for name in _in_order(bench, equation, question):
        found = _attempt(bench, equation, question, name, METHODS[name])
        if found.word not in ("undecided", "ill-typed"):
            return found
        tried.append(Tried(name, found.word, found.reason))
    # A method may have no reading for what another one has: ill-typed is what all of them say.
    if all(one.word == "ill-typed" for one in tried):
        return Verdict("ill-typed", reason="; ".join(dict.fromkeys(one.reason for one in tried)))
    reason = "; ".join(f"{one.method}: {one.reason}" for one in tried)
    return Verdict("undecided", reason=reason, tried=tuple(tried))


def _in_order(bench: Bench, equation: Equation, question: Question) -> Iterator[str]:
    """The names of the methods as they are to be tried, or of the one asked for."""
    if question.method is not None:
        yield question.method
        return
    if _is_taken_backwards(bench.page, equation):
        yield "unrolled"
        return
    first, *others = METHODS
    yield first
    if _is_seen_to_be_false(bench, equation, replace(question, steps=question.steps[:TOLD])):
        # What can only prove has no use there: the method that finds the example comes before it.
        others.sort(key="unrolled".__ne__)
    yield from others


def _is_taken_backwards(page: Derivation, equation: Equation) -> bool:
    """Whether a derivative is of or in what runs backwards, or leads to it: only the unrolled page knows of these."""
    sides = page.resolved(equation)
    taken = [node for side in sides for node in walk(side) if isinstance(node, (Total, Partial))]
    letters = {part for node in taken for part in walk(node) if isinstance(part, Letter) and part.kind == "state"}
    letters = letters.union(*map(page.meaning.leads_to, letters))
    return any(map(page.meaning.runs_backwards, letters))


def _is_seen_to_be_false(bench: Bench, equation: Equation, question: Question) -> bool:
    """Whether a random point tells the sides apart."""
    try:
        return _differs_at_random(bench, equation, question) is not None
    except Exception:
        # Each method says for itself why it has no answer.
        return False


def _check_weights(page: Derivation, equation: Equation) -> None:
    """Raises :class:`IllTyped` for a weight or data that no definition contains: every derivative in it is 0."""
    known = {letter for entry in page if entry.kind == "definition" for letter in entry.letters}
    nodes = [node for side in equation.sides for node in walk(side) if isinstance(node, (Total, Partial))]
    data = {node.wrt.letter for node in nodes if isinstance(node.wrt, At) and node.wrt.letter.kind == "data"}
    for letter in (*(equation.weights or weights_in(*equation.sides)), *sorted(data, key=str)):
        if letter not in known and not page.definitions(letter):
            raise IllTyped(f"{letter} has no meaning on the page: no definition contains it")


def _is_stated(page: Derivation, equation: Equation, step: int) -> bool:
    # What makes sense at a step makes sense at every later one, unless an index runs against it, as h_{4-t} does.
    backwards = any(slope < 0 for side in equation.sides for slope in slopes(side))
    return (step > LOOKED_AT and not backwards) or not unstated(page, equation, step)


def _attempt(bench: Bench, equation: Equation, question: Question, name: str, method: Method) -> Verdict:
    try:
        return method(bench, equation, question)
    except IllTyped as error:
        return Verdict("ill-typed", name, reason=str(error))
    except (BudgetExceeded, NotExact, NotStated, Undecided) as error:
        return Verdict("undecided", name, reason=str(error))
    except (MemoryError, RecursionError):
        return Verdict("undecided", name, reason="it needs more memory than there is")
    except Exception as error:
        # A fault of a method must not lose the verdict on this claim, nor those on the others.
        return Verdict("undecided", name, reason=fault(error))


def _span(steps: tuple[int, ...]) -> str:
    if steps == tuple(range(steps[0], steps[-1] + 1)):
        return f"{steps[0]}..{steps[-1]}" if len(steps) > 1 else str(steps[0])
    return ", ".join(map(str, steps))
