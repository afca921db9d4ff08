"""What a claim means: the verdict on the page as printed, and where that is false, the readings under which it holds.

As printed, every ∂state/∂weight of an equation has one meaning, all total or all immediate, and bounds, order and
symbols are taken at their word. If one of these two makes the equation true it is ``proved``. If neither does but a
mixed reading does, it is ``holds-as-read``, with the literal refutation beside it (DESIGN: verdicts).

A reading holds only where it is proved at four steps, because at t <= 2 and with n = 1 wrong ones hold too, and where
it says something: 0 = 0 is no reading of a claim. Before a proof the two sides are compared at a random point, which
puts most readings out without a word; those that agree there are proved.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from symbptt.errors import PageError, SymbpttError, UsageError, fault
from symbptt.judging.proving import Bench, Question, Verdict, Word, page_sizes, prove
from symbptt.meaning.variants import IMMEDIATE, TOTAL, Variant, Variants, printed_in_two_ways
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import closed_step, definition_at, first_step, instances, unstated
from symbptt.page.notation import (
    At,
    Expr,
    Index,
    Letter,
    Partial,
    Total,
    Zero,
    children,
    walk,
)
from symbptt.page.shapes import agree
from symbptt.printing.tex import latex
from symbptt.refuting.residues import Matrix

STEPS = 4
"""At how many steps a reading has to be proved; at fewer, wrong ones hold too."""
SIZE = 2
"""The least size of a reading's proof; with one row matrices commute."""
TRIED = 4096
"""How many readings are compared."""
HELD = 32
"""How many readings are proved; more that hold than these tell a reader nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a claim, as the equation that it then is, with what was chosen in words."""

    equation: Equation
    words: str
    beside: str = ""
    """What is taken beside the page, as LaTeX."""

    @property
    def latex(self) -> str:
        """The corrected equation, to put back on the page: d total, ∂⁺ immediate, every bound explicit."""
        said = " = ".join(map(latex, self.equation.sides))
        return rf"{said}, \quad {self.beside}" if self.beside else said

    def told(self) -> dict[str, str]:
        """For the report."""
        return {"words": self.words, "latex": self.latex}


class Sieve:
    """Both sides of many equations at one random point, at the steps at which a reading has to hold.

    ``steps`` are those where ``equation`` is stated; a reading that is not stated at one of them is none. Raises
    :class:`NotStated` and :class:`IllTyped` where the equation has no step at all.
    """

    def __init__(self, bench: Bench, equation: Equation, question: Question, steps: Sequence[int] = ()) -> None:
        self.bench = bench
        if not steps:
            closed = closed_step(bench.page, equation)
            start = first_step(bench.page, equation)
            steps = (closed,) if closed is not None else range(start, start + STEPS)
        sizes = {name: max(size, SIZE) for name, size in page_sizes(bench.page, question.sizes).items()}
        self.question = Question(tuple(steps), sizes, question.activation, "unrolled")
        written = equation.weights[0] if equation.weights else None
        self._values: list[tuple[int, Mapping[str, int]]] = []
        for step in steps:
            if not unstated(bench.page, equation, step):
                read = instances(bench.page, equation, step)
                self._values += [(step, values) for values, weight in read if weight == written]
        # What is false is seen to be false at a late step first.
        self._values.reverse()

    def passes(self, left: Expr, right: Expr) -> bool:
        """Whether both sides agree at the point at every step, and are not zero at all of them.

        Raises what unrolling raises where a side has no value, and :class:`IllTyped` where the shapes do not compose.
        """
        page = self.bench.page
        agree(page, page.resolve(left), page.resolve(right))
        zero = True
        for _, values in self._values:
            one, other = (self._value(side, values) for side in (left, right))
            if one.shape != other.shape or (one != other).any():
                return False
            zero = zero and not one.any()
        return not zero

    def differs(self, left: Expr, right: Expr) -> int | None:
        """The first step at which the sides certainly differ, None where they agree or have no value."""
        try:
            for step, values in reversed(self._values):
                one, other = (self._value(side, values) for side in (left, right))
                if one.shape != other.shape or (one != other).any():
                    return step
        except SymbpttError:
            return None
        return None

    def vanishes(self, node: Expr) -> bool:
        """Whether an expression is zero at every step; not where it has no value by itself, as inside a Σ."""
        try:
            return not any(self._value(node, values).any() for _, values in self._values)
        except SymbpttError:
            return False

    def proves(self, equation: Equation) -> bool:
        """Whether it is proved at every step of the sieve, by exact arithmetic with all entries written out."""
        return prove(self.bench.page, equation, self.question, self.bench).word == "proved"

    def _value(self, side: Expr, values: Mapping[str, int]) -> Matrix:
        return self.bench.point(self.question.sizes, self.question.activation).value(side, values)


def read(page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None) -> Verdict:
    """The verdict on a claim in which what is printed may mean several things.

    Raises what :func:`~symbptt.judging.proving.prove` raises.
    """
    began = time.perf_counter()
    bench = bench or Bench(page)
    try:
        verdict, proved = _read(bench, equation, question or Question())
        verdict = replace(verdict, read_as=proved)
    except (PageError, UsageError):
        raise
    except Exception as error:
        # A fault in here must not lose the verdict on this claim, nor those on the others.
        verdict = Verdict("undecided", reason=fault(error))
    return replace(verdict, seconds=time.perf_counter() - began)


def as_variant(page: Derivation, equation: Equation, variant: Variant) -> Equation:
    """The equation with both sides as they were read, and the weights that it is then stated in."""
    return equation.with_sides(variant.left, variant.right)


def holding(sieve: Sieve, page: Derivation, equation: Equation) -> Iterator[Reading | None]:
    """The readings of a claim that are proved at the steps of the sieve, nearest to the printed one first.

    None where the search was cut: there are more than ``TRIED`` readings, or more than ``HELD`` that hold.
    """
    variants = Variants(page, *equation.sides)
    tried = held = 0
    for departures in range(variants.most + 1):
        for variant in variants.within(departures):
            tried += 1
            if tried > TRIED or held == HELD:
                yield None
                return
            if variant.left != variant.right and _passes(sieve, variant):
                candidate = as_variant(page, equation, variant)
                if sieve.proves(candidate):
                    held += 1
                    yield Reading(candidate, variant.words() or "as printed")
    if variants.cut:
        yield None


def _passes(sieve: Sieve, variant: Variant) -> bool:
    try:
        return sieve.passes(variant.left, variant.right)
    except SymbpttError:
        return False


# --------------------------------------------------------------------------------------------------- the verdict


def _read(bench: Bench, equation: Equation, question: Question) -> tuple[Verdict, Equation | None]:
    """The verdict, and the equation that was proved."""
    page = bench.page
    variants = Variants(page, *equation.sides)
    literal = [variants.literal(meaning) for meaning in ((TOTAL, IMMEDIATE) if variants.derivatives else (TOTAL,))]
    bench, equation = _settled(bench, equation, question)
    written = [as_variant(page, equation, variant) for variant in literal]
    said = [variant.literally() for variant in literal]
    try:
        closed = closed_step(page, written[0])
        sieve = Sieve(bench, written[0], question)
    except SymbpttError:
        # Why there is no step is said by the proof.
        closed, sieve = None, None
    if closed is not None:
        question = replace(question, steps=(closed,))

    verdicts = []
    for candidate in written:
        verdicts.append(_at(closed, _literally(bench, candidate, question, sieve)))
        if verdicts[-1].word == "not-stated":
            return verdicts[-1], None
        if verdicts[-1].word == "proved" and not (variants.derivatives and _says_nothing(sieve, candidate)):
            break
    for candidate, verdict, name in zip(written, verdicts, said, strict=False):
        empty = variants.derivatives and _says_nothing(sieve, candidate)
        if verdict.word == "proved" and (not empty or all(other.word == "proved" for other in verdicts)):
            return _with_reason(verdict, name), candidate

    false, word = _literal(verdicts, said)
    if sieve is not None:
        found, cut = _found(bench, sieve, equation, question, closed)
        if found:
            (chosen, proof), *others = found
            reason = "; ".join(
                part for part in (_literally_false(false), f"as read: {proof.reason}" if proof.reason else "") if part
            )
            told = {**chosen.told(), "others": [other.told() for other, _ in others]}
            verdict = replace(
                proof,
                word="holds-as-read",
                literal=word,
                witness=false.witness,
                reading=told,
                reason=reason + cut,
            )
            return verdict, chosen.equation if not chosen.beside else None
        false = replace(false, reason=false.reason + cut)
    if word == "ill-typed" and (composed := _composed(bench, variants, equation, question)) is not None:
        return composed, None
    return replace(false, literal=word), None


def _composed(bench: Bench, variants: Variants, equation: Equation, question: Question) -> Verdict | None:
    """The refutation of the nearest reading that composes, where what is printed does not; None where none composes.

    So that nobody falls back on scalars, for which the order of factors cannot be wrong.
    """
    for variant in islice(chain.from_iterable(map(variants.within, range(variants.most + 1))), TRIED):
        candidate = as_variant(bench.page, equation, variant)
        try:
            agree(bench.page, *(bench.page.resolve(side) for side in candidate.sides))
        except SymbpttError:
            continue
        verdict = prove(bench.page, candidate, question, bench)
        if verdict.word != "refuted":
            return None
        reason = f"as printed it does not compose; read so that {variant.words()}: {verdict.reason}"
        return replace(verdict, literal="ill-typed", reason=reason)
    return None


def _at(closed: int | None, verdict: Verdict) -> Verdict:
    # An equation without a free index is about its own step, whatever method proved it.
    if closed is None or verdict.scope is None:
        return verdict
    return replace(verdict, scope=replace(verdict.scope, steps=str(closed), start=closed))


def _literally(bench: Bench, equation: Equation, question: Question, sieve: Sieve | None) -> Verdict:
    differs = sieve.differs(*equation.sides) if sieve is not None and question.method is None else None
    if differs in question.steps:
        # It is false: the method that finds the example is asked, and no other.
        verdict = prove(bench.page, equation, replace(question, method="unrolled"), bench)
        if verdict.word == "refuted":
            return verdict
    return prove(bench.page, equation, question, bench)


def _says_nothing(sieve: Sieve | None, equation: Equation) -> bool:
    """Whether both sides are one expression, or zero at every step that is looked at."""
    try:
        return equation.left == equation.right or sieve is None or not sieve.passes(*equation.sides)
    except SymbpttError:
        return False


def _literally_false(verdict: Verdict) -> str:
    return verdict.reason if verdict.reason.startswith("as printed") else f"as printed: {verdict.reason}"


def _with_reason(verdict: Verdict, *said: str) -> Verdict:
    return replace(verdict, reason="; ".join(part for part in (*said, verdict.reason) if part))


def _literal(verdicts: Sequence[Verdict], said: Sequence[str]) -> tuple[Verdict, Word]:
    """What is said of the claim as printed where neither meaning makes it true, and in one word."""
    reasons = []
    for verdict, name in zip(verdicts, said, strict=True):
        taken = f"as printed, {name}" if name else "as printed"
        if verdict.word == "proved":
            reasons.append(f"{taken}, it says nothing: both sides are zero, or one and the same")
        else:
            reasons.append(f"{taken}: {verdict.reason}")
    words = [verdict.word for verdict in verdicts]
    refuted = [verdict for verdict in verdicts if verdict.word == "refuted"]
    if refuted:
        reason = next(reason for verdict, reason in zip(verdicts, reasons, strict=True) if verdict.word == "refuted")
        word: Word = "undecided" if "undecided" in words else "refuted"
    else:
        reason = "; ".join(dict.fromkeys(reasons))
        word = "ill-typed" if set(words) == {"ill-typed"} else "undecided"
    if word == "ill-typed":
        return verdicts[0], word
    if refuted and word == "refuted":
        return Verdict("refuted", refuted[0].method, None, refuted[0].witness, reason), word
    witness = refuted[0].witness if refuted else None
    return Verdict("undecided", None, None, witness, "; ".join(dict.fromkeys(reasons))), word


def _found(
    bench: Bench, sieve: Sieve, equation: Equation, question: Question, closed: int | None
) -> tuple[list[tuple[Reading, Verdict]], str]:
    """The readings that hold with their verdicts, and what is to be said where the search was cut."""
    cut = ""
    found: list[tuple[Reading, Verdict]] = []
    for reading in holding(sieve, bench.page, equation):
        if reading is None:
            cut = f"; the search stopped at {TRIED:,} readings, or {HELD} that hold"
            continue
        verdict = _scoped(bench, reading, question, sieve)
        if verdict is not None:
            found.append((reading, _at(closed, verdict)))
    if found:
        return found, cut
    for state in _unstarted(bench.page, equation):
        page = copy.copy(bench.page)
        page.equations = list(page.equations)
        try:
            page.define(f"{state[0]} = 0", state[0], Zero(state[0]))
            started = Bench(page)
            inner = Sieve(started, equation, question, sieve.question.steps)
        except SymbpttError:
            continue
        for reading in holding(inner, page, equation):
            if reading is not None and (verdict := _scoped(started, reading, question, inner)) is not None:
                words = f"{reading.words}, with {state[0]} = 0"
                found.append((replace(reading, words=words, beside=f"{latex(state[0])} = 0"), _at(closed, verdict)))
        if found:
            break
    return found, cut


def _scoped(bench: Bench, reading: Reading, question: Question, sieve: Sieve) -> Verdict | None:
    """For whom a reading that is proved at the steps of the sieve holds; None where the question asked refutes it."""
    verdict = prove(bench.page, reading.equation, question, bench)
    if verdict.word in ("refuted", "ill-typed"):
        return None
    if verdict.word == "proved":
        return verdict
    return prove(bench.page, reading.equation, sieve.question, bench)


def _unstarted(page: Derivation, equation: Equation) -> Iterator[Letter]:
    """The recurrent states in a claim, outside its derivatives, for which the page says no first value.

    A state whose first value is printed in the claim is none of them: who writes x_0 does not leave it out as zero.
    """
    every = (node for side in equation.sides for node in walk(side) if isinstance(node, At))
    printed = {node.letter for node in every if node.index == Index.of(0)}
    found = dict.fromkeys(letter for side in equation.sides for letter in _valued(side) if letter not in printed)
    for letter in found:
        try:
            body = definition_at(page, letter[1])
            first = definition_at(page, letter[0])
        except SymbpttError:
            continue
        if body is not None and first is None and any(node == letter[0] for node in walk(body)):
            yield letter


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
            bench.meant[tag] = _read(bench, page[tag], question)[1]
    settled = copy.copy(page)
    settled.equations = [bench.meant.get(known.tag) or known for known in page]
    since = tuple(tag for tag in equation.since if tag not in open_ones or bench.meant[tag] is not None)
    return bench.beside(settled), replace(equation, since=since)
