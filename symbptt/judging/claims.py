"""The verdict on one claim: as printed, as it may be read, by which change it would hold, and what numbers say of it.

As printed, every ∂state/∂weight of an equation has one meaning, all total or all immediate, and bounds, order and
symbols are taken at their word. If one of these two makes the equation true it is ``proved``. If neither does but a
mixed reading does, it is ``holds-as-read``, with the literal refutation beside it (DESIGN: verdicts).

A reading holds only where it is proved at four steps, because at t <= 2 and with n = 1 wrong ones hold too, and where
it says something: 0 = 0 is no reading of a claim. Before a proof the two sides are compared at a random point, which
puts most readings out without a word; those that agree there are proved.

Nothing leaves this room as proved before it was compared with numbers that know nothing of the proof: a wrong rule for
a derivative, shared by both sides, shows there alone.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import NamedTuple, TypeAlias

from symbptt.errors import PageError, SymbpttError, UsageError, fault
from symbptt.judging.admission import unsaid
from symbptt.judging.comparison import crosscheck, unanswered
from symbptt.judging.customs import is_subject
from symbptt.judging.methods import Bench, check_question, decide, page_sizes
from symbptt.judging.sieve import Sieve
from symbptt.meaning.readings import CUT, TRIED, holding
from symbptt.meaning.slips import fixes
from symbptt.meaning.variants import IMMEDIATE, TOTAL, Choice, Variants, printed_in_two_ways
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import closed_step, definition_at
from symbptt.page.notation import ONE, At, Diag, Expr, Index, Letter, Partial, Total, Zero, children, walk
from symbptt.page.shapes import agree, shape
from symbptt.proofs.alignment import align
from symbptt.verdicts import Comparison, Fix, Question, Reading, Scope, Slip, Verdict

COMPARED_STEPS, COMPARED_SIZES = 8, 4
"""Up to which t and sizes what is proved is compared with numbers; larger sizes are compared at these."""


class Proof(NamedTuple):
    """What was proved, on which page."""

    bench: Bench
    equation: Equation


Decider: TypeAlias = Callable[[Bench, Equation, Question], "tuple[Verdict, Proof | None]"]


def prove(
    page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None
) -> Verdict:
    """The verdict on one claim or misreading at its word, by the first method that decides it.

    Raises :class:`UsageError` for a definition, for an equation of another page, and where the method or the activation
    has no such name, :class:`PageError` where the page's definitions do not compose; whatever else goes wrong with the
    claim is its verdict.
    """
    check_claim(page, equation)
    return _judged(page, equation, question, bench, _at_its_word)


def verdict_on(
    page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None
) -> Verdict:
    """The verdict on one claim or misreading: read first where what is printed may mean several things.

    A claim that is refuted is looked through for the slip that explains it; a misreading says itself how it is wrong.
    """
    decider = _read if printed_in_two_ways(equation) else _at_its_word
    return _judged(page, equation, question, bench, decider, explains=True)


def verdict_as_printed(
    page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None
) -> Verdict:
    """The verdict on a claim of a note, where every sign may mean what a person would try.

    Where a custom bears on it, it is looked for a slip under that custom alone: most are true there.
    """
    return _judged(page, equation, question, bench, _read, explains=not is_subject(page, equation))


def check_claim(page: Derivation, equation: Equation) -> None:
    """Raises :class:`UsageError` for a definition, and for an equation that the page does not have."""
    if equation.kind == "definition":
        raise UsageError(f"({equation.tag}) is a definition: it says what {equation.left} is, and claims nothing")
    if not any(known.tag == equation.tag and known.place == equation.place for known in page):
        raise UsageError(f"({equation.tag}) is no equation of {page.title!r}: judge it on the page that states it")


def _judged(
    page: Derivation,
    equation: Equation,
    question: Question | None,
    bench: Bench | None,
    decider: Decider,
    *,
    explains: bool = False,
) -> Verdict:
    question = question or Question()
    check_question(question)
    bench = bench or Bench(page)
    began = time.perf_counter()
    try:
        verdict, proof = decider(bench, equation, question)
        if proof is not None and (why := unsaid(*proof, question)):
            verdict = Verdict("undecided", reason=why)
        elif proof is not None:
            verdict = _compared(verdict, proof, question)
        elif explains and question.slips and verdict.word == "refuted" and equation.kind == "claim":
            verdict = replace(verdict, slip=explained(bench, equation, question))
        elif question.slips and verdict.word == "ill-typed" and equation.kind == "claim":
            verdict = replace(verdict, slip=as_diagonal(bench, equation, question))
    except (PageError, UsageError):
        raise
    except Exception as error:
        # A fault in here must not lose the verdict on this claim, nor those on the others.
        verdict = Verdict("undecided", reason=fault(error))
    return replace(verdict, seconds=time.perf_counter() - began)


def _at_its_word(bench: Bench, equation: Equation, question: Question) -> tuple[Verdict, Proof | None]:
    verdict = decide(bench, equation, question)
    return verdict, Proof(bench, equation) if verdict.word == "proved" else None


# --------------------------------------------------------------------------------------------------- numbers


def _compared(verdict: Verdict, proof: Proof, question: Question) -> Verdict:
    """The verdict on what was proved, as the numbers leave it: what they contradict is not proved."""
    found = _comparisons(proof.bench, proof.equation, question, verdict.scope)
    against = _against(found)
    if against is not None:
        reason = f"{verdict.method} proves it, but {against.reason}; please report this"
        literal = None if verdict.literal == "proved" else verdict.literal
        return Verdict("undecided", verdict.method, reason=reason, literal=literal, comparisons=found)
    if verdict.reading is not None:
        others = verdict.reading.others
        kept = tuple(other for other in others if not _is_contradicted(proof.bench, other.equation, question))
        verdict = replace(verdict, reading=replace(verdict.reading, others=kept))
    return replace(verdict, comparisons=found)


def _comparisons(
    bench: Bench, equation: Equation, question: Question, scope: Scope | None = None
) -> tuple[Comparison, ...] | None:
    """The comparison of an equation with numbers; None where all steps asked for are past those that a check goes to.

    A rule that is wrong for large matrices is wrong for small ones, so that larger sizes are compared at the largest
    that a check goes to; and what is proved for every step is compared at an earlier one.
    """
    steps = tuple(step for step in question.steps if step <= COMPARED_STEPS)
    if not steps and scope is not None and scope.steps == "all" and scope.start <= COMPARED_STEPS:
        steps = (COMPARED_STEPS,)
    if not steps:
        return None
    sizes = {name: min(size, COMPARED_SIZES) for name, size in page_sizes(bench.page, question.sizes).items()}
    asked = replace(question, steps=steps, sizes=sizes)
    try:
        return tuple(crosscheck(bench.page, [equation], asked, by_term=False, bench=bench))
    except Exception as error:
        # Where numbers cannot be had they contradict nothing; why not is said.
        return (unanswered(equation.tag, max(steps), fault(error)),)


def _against(comparisons: Sequence[Comparison] | None) -> Comparison | None:
    return next((found for found in comparisons or () if found.outcome == "disagree"), None)


def _is_contradicted(bench: Bench, equation: Equation, question: Question) -> bool:
    return _against(_comparisons(bench, equation, question)) is not None


# --------------------------------------------------------------------------------------------------- slips


def explained(bench: Bench, equation: Equation, question: Question) -> Slip | None:
    """What one slip explains a refuted claim, and at the smallest step the terms by which its sides differ.

    None where neither is found. Raises nothing: the claim has its verdict already.
    """
    page = bench.page
    try:
        base = next(Variants(page, *equation.sides).within(0))
        literal = equation.with_sides(base.left, base.right)
        sieve = Sieve(bench, literal, question)
        found, nearest, cut = fixes(page, equation, sieve)
        kept = tuple(fix for fix in found if not _is_contradicted(bench, fix.equation, question))
        step = sieve.differs(nearest or literal)
        at, terms = align(page, nearest or literal, step) if step is not None else ({}, ())
    except SymbpttError:
        return None
    except Exception as error:
        return Slip(cut=fault(error, " in the search for a slip"))
    return Slip(kept, at, terms, cut) if kept or terms or cut else None


def as_diagonal(bench: Bench, equation: Equation, question: Question) -> Slip | None:
    """The fix of a Jacobian that is printed as the column on its diagonal; None where it is not that."""
    try:
        for variant in Variants(bench.page, *equation.sides).within(0):
            literal = equation.with_sides(variant.left, variant.right)
            one, other = (shape(bench.page, side) for side in bench.page.resolved(literal))
            if one[0] == one[1] == other[0] != other[1] == ONE:
                mended = equation.with_sides(variant.left, Diag(variant.right))
                found = decide(bench, mended, question)
                if found.word == "proved" and not _is_contradicted(bench, mended, question):
                    words = ", with ".join(
                        part for part in ("the right side should be in diag", variant.words()) if part
                    )
                    return Slip((Fix(words, mended),))
    except SymbpttError:
        return None
    except Exception as error:
        return Slip(cut=fault(error, " in the search for a slip"))
    return None


# --------------------------------------------------------------------------------------------------- readings


def _read(bench: Bench, equation: Equation, question: Question) -> tuple[Verdict, Proof | None]:
    """The verdict on a claim in which what is printed may mean several things, and what was proved."""
    page = bench.page
    variants = Variants(page, *equation.sides)
    literal = [variants.literal(meaning) for meaning in ((TOTAL, IMMEDIATE) if variants.derivatives else (TOTAL,))]
    bench, equation = _settled(bench, equation, question)
    page = bench.page
    written = [equation.with_sides(variant.left, variant.right) for variant in literal]
    meanings = [variant.literally() for variant in literal]
    try:
        closed = closed_step(page, written[0])
        sieve = Sieve(bench, written[0], question)
    except SymbpttError:
        # Why there is no step is said by the proof.
        closed, sieve = None, None
    if closed is not None:
        question = replace(question, steps=(closed,))

    verdicts: list[Verdict] = []
    empty: list[bool] = []
    idle: list[Choice | None] = []
    for variant, candidate in zip(literal, written, strict=True):
        verdicts.append(_at(closed, _literally(bench, candidate, question, sieve)))
        empty.append(variants.derivatives and (sieve is None or sieve.says_nothing(candidate, question.steps)))
        idle.append(variant.idle(sieve) if sieve is not None and verdicts[-1].word == "proved" else None)
        if verdicts[-1].word == "not-stated":
            return verdicts[-1], None
        if verdicts[-1].word == "proved" and not empty[-1] and idle[-1] is None:
            break
    for candidate, verdict, meaning, nothing, choice in zip(written, verdicts, meanings, empty, idle, strict=False):
        says_something = choice is None and (not nothing or all(other.word == "proved" for other in verdicts))
        if verdict.word == "proved" and says_something:
            reason = "; ".join(part for part in (meaning, verdict.reason) if part)
            return replace(verdict, reason=reason, meaning=meaning, read_as=candidate), Proof(bench, candidate)

    false = _literal(verdicts, meanings, idle)
    if sieve is not None:
        found, cut = _found(bench, sieve, equation, question, closed)
        if found:
            return _as_read(false, found, cut)
        false = replace(false, reason="; ".join(part for part in (false.reason, cut) if part))
    if false.word == "ill-typed" and (composed := _composed(bench, variants, equation, question)) is not None:
        return composed, None
    return false, None


class Held(NamedTuple):
    """A reading that holds, with its verdict, on the page that it holds on."""

    reading: Reading
    verdict: Verdict
    bench: Bench


def _as_read(false: Verdict, found: Sequence[Held], cut: str) -> tuple[Verdict, Proof]:
    """The verdict on a claim that is false as printed, by the readings that hold."""
    (chosen, proof, bench), *others = found
    printed = false.reason if false.word != "ill-typed" else f"as printed: {false.reason}"
    reason = "; ".join(part for part in (printed, f"as read: {proof.reason}" if proof.reason else "", cut) if part)
    verdict = replace(
        proof,
        word="holds-as-read",
        literal=false.literal,
        witness=false.witness,
        meaning=false.meaning,
        reading=replace(chosen, others=tuple(other.reading for other in others)),
        reason=reason,
        # What holds beside the page is no equation of the page.
        read_as=None if chosen.start else chosen.equation,
    )
    return verdict, Proof(bench, chosen.equation)


def _composed(bench: Bench, variants: Variants, equation: Equation, question: Question) -> Verdict | None:
    """The refutation of the nearest reading that composes, where what is printed does not; None where none composes.

    So that nobody falls back on scalars, for which the order of factors cannot be wrong.
    """
    for variant in islice(chain.from_iterable(map(variants.within, range(variants.most + 1))), TRIED):
        candidate = equation.with_sides(variant.left, variant.right)
        try:
            agree(bench.page, *(bench.page.resolve(side) for side in candidate.sides))
        except SymbpttError:
            continue
        verdict = decide(bench, candidate, question)
        if verdict.word != "refuted":
            return None
        meaning = f"as printed it does not compose; read so that {variant.words()}"
        return replace(verdict, literal="ill-typed", meaning=meaning, reason=f"{meaning}: {verdict.reason}")
    return None


def _at(closed: int | None, verdict: Verdict) -> Verdict:
    # An equation without a free index is about its own step, whatever method proved it.
    if closed is None or verdict.scope is None:
        return verdict
    return replace(verdict, scope=replace(verdict.scope, steps=str(closed), start=closed))


def _literally(bench: Bench, equation: Equation, question: Question, sieve: Sieve | None) -> Verdict:
    differs = sieve.differs(equation) if sieve is not None and question.method is None else None
    if differs in question.steps:
        # It is false: the method that finds the example is asked, and no other.
        verdict = decide(bench, equation, replace(question, method="unrolled"))
        if verdict.word == "refuted":
            return verdict
    return decide(bench, equation, question)


def _literal(verdicts: Sequence[Verdict], meanings: Sequence[str], idle: Sequence[Choice | None]) -> Verdict:
    """What is said of the claim as printed where neither meaning makes it true."""
    words = {verdict.word for verdict in verdicts}
    if words == {"ill-typed"}:
        return verdicts[0]
    reasons = []
    for verdict, meaning, choice in zip(verdicts, meanings, idle, strict=True):
        taken = f"as printed, {meaning}" if meaning else "as printed"
        if choice is not None:
            reasons.append(f"{taken}, {choice.printed} {choice.where.place} counts for nothing: it is zero")
        elif verdict.word == "proved":
            reasons.append(f"{taken}, it says nothing: both sides are zero, or one and the same")
        else:
            reasons.append(f"{taken}: {verdict.reason}")
    place = next((place for place, verdict in enumerate(verdicts) if verdict.word == "refuted"), None)
    if place is None:
        tried = tuple(one for verdict in verdicts for one in verdict.tried)
        return Verdict("undecided", reason="; ".join(dict.fromkeys(reasons)), tried=tried)
    false = verdicts[place]
    meaning = f"as printed, {meanings[place]}" if meanings[place] else ""
    if "undecided" in words:
        reason = "; ".join(dict.fromkeys(reasons))
        return Verdict("undecided", witness=false.witness, reason=reason, meaning=meaning)
    return Verdict("refuted", false.method, witness=false.witness, reason=reasons[place], meaning=meaning)


def _found(
    bench: Bench, sieve: Sieve, equation: Equation, question: Question, closed: int | None
) -> tuple[list[Held], str]:
    """The readings that hold, and what is to be said where the search was cut."""
    found, cut = _holding(bench, sieve, equation, question, closed)
    if found:
        return found, cut
    for states in _unstarted(bench.page, equation):
        page = copy.copy(bench.page)
        page.equations = list(page.equations)
        try:
            for state in states:
                page.define(f"{state} = 0", state, Zero(state))
            started = Bench(page)
            # The derivative of a loss over all steps has one meaning, which no first state that is 0 makes true.
            behind = page.meaning.runs_backwards(states[0].letter)
            inner = Sieve(started, sieve.equation if behind else equation, question, sieve.steps)
        except SymbpttError:
            continue
        for reading, verdict, _ in _holding(started, inner, equation, question, closed)[0]:
            words = f"{reading.words}, with {' = '.join(map(str, states))} = 0"
            found.append(Held(replace(reading, words=words, start=states), verdict, started))
        if found:
            break
    return found, cut


def _holding(
    bench: Bench, sieve: Sieve, equation: Equation, question: Question, closed: int | None
) -> tuple[list[Held], str]:
    found: list[Held] = []
    cut = ""
    for reading in holding(bench.page, equation, sieve):
        if reading is None:
            cut = CUT
        elif (verdict := _scoped(bench, reading.equation, question, sieve)) is not None:
            found.append(Held(reading, _at(closed, verdict), bench))
    return found, cut


def _scoped(bench: Bench, equation: Equation, question: Question, sieve: Sieve) -> Verdict | None:
    """For whom a reading that is proved at the steps of the sieve holds; None where the question asked refutes it."""
    verdict = decide(bench, equation, question)
    if verdict.word in ("refuted", "ill-typed"):
        return None
    return verdict if verdict.word == "proved" else decide(bench, equation, sieve.question)


def _unstarted(page: Derivation, equation: Equation) -> Iterator[tuple[At, ...]]:
    """The first values of recurrent states in a claim, outside its derivatives, that the page leaves out.

    A state whose first value is printed in the claim is none of them: who writes x_0 does not leave it out as zero.
    What runs backwards has its first value behind the last step, and all of it together.
    """
    every = [node for side in equation.sides for node in walk(side) if isinstance(node, At)]
    printed = {node.letter for node in every if node.index == Index.of(0)}
    found = dict.fromkeys(letter for side in equation.sides for letter in _valued(side) if letter not in printed)
    backwards = [letter for letter in found if page.meaning.runs_backwards(letter)]
    if behind := tuple(dict.fromkeys(state for letter in backwards for state in page.meaning.unended(letter, every))):
        yield behind
    for letter in found:
        if letter in backwards:
            continue
        try:
            body = definition_at(page, letter[1])
            first = definition_at(page, letter[0])
        except SymbpttError:
            continue
        open_ = letter.symbol not in page.starts
        if open_ and body is not None and first is None and any(node == letter[0] for node in walk(body)):
            yield (letter[0],)


def _valued(node: Expr) -> Iterator[Letter]:
    if isinstance(node, At) and node.letter.kind == "state":
        yield node.letter
    elif not isinstance(node, (Total, Partial)):
        for part in children(node):
            yield from _valued(part)


# --------------------------------------------------------------------------------------------------- premises


def _settled(bench: Bench, equation: Equation, question: Question) -> tuple[Bench, Equation]:
    """The page with the premises of a claim as they were read; one that holds in no way is no premise."""
    page = bench.page
    open_ones = [tag for tag in equation.since if printed_in_two_ways(page[tag])]
    if not open_ones:
        return bench, equation
    for tag in open_ones:
        if tag not in bench.meant:
            bench.meant[tag] = None  # a premise of itself is none
            bench.meant[tag] = _read(bench, page[tag], question)[0].read_as
    settled = copy.copy(page)
    settled.equations = [bench.meant.get(known.tag) or known for known in page]
    since = tuple(tag for tag in equation.since if tag not in open_ones or bench.meant[tag] is not None)
    return bench.beside(settled), replace(equation, since=since)
