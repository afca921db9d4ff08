"""A proved claim as a file for Coq: what is assumed as hypotheses, the claim as a theorem, and a proof of it.

What the proof of the chain rule rests on and takes as steps (:mod:`symbptt.proofs.induction`) is written a second time
here: each one-step relation is a hypothesis, each closed form a lemma by induction, the claim a theorem. Coq checks all
of it again by rules of its own, which stand at the head of each file (``chain.v``).
"""

from __future__ import annotations

import hashlib
import itertools
import re
import textwrap
from collections.abc import Iterator
from collections.abc import Sequence as Listed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from symbptt.emit.gallina import SOURCE, Gallina, Names, Sequence
from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import first_step
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Copy,
    Expr,
    Identity,
    Index,
    IndexValue,
    Letter,
    Mul,
    Number,
    Partial,
    Power,
    Ranged,
    Sum,
    Total,
    Zero,
    free_indices,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import agree
from symbptt.printing.tex import equation_latex
from symbptt.proofs.definitions import CLOCK, Known, Own, at_step
from symbptt.proofs.derivatives import Reader, Variable
from symbptt.proofs.induction import assumed, reader_of
from symbptt.proofs.onestep import relation
from symbptt.proofs.words import Word, anchor
from symbptt.verdicts import Row

RULES = Path(__file__).with_name("chain.v")
T, B, K = (Index.letter(name) for name in "tbk")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A claim for Coq: the theorem's name, what is assumed with what is stated, and the section with the proof."""

    theorem: str
    statement: str
    section: str


def certificate(page: Derivation, equation: Equation, *, taken: Listed[str] = (), plain: bool = True) -> Certificate:
    """The certificate of a claim as it stands, in the first of its weights, whether or not the claim is true.

    Raises :class:`Undecided` with the reason where it has none. ``taken`` are the names of other theorems in the
    file; ``plain``: with the page's own letters.
    """
    return Writer(page, equation, Gallina(reader_of(page), Names(plain)), frozenset(taken)).written()


def heading(row: Row, equation: Equation) -> Iterator[str]:
    """What a claim is on the page, as a comment."""
    yield f"(* ({comment(row.tag)}), which is {row.word}. On the page:"
    yield textwrap.indent(comment(row.source.strip() or equation_latex(row.printed or equation)), "     ")
    if row.verdict is not None and row.verdict.reading is not None:
        yield f"   Read as: {comment(row.verdict.reading.words)}."
    yield f"   Here: {comment(str(equation))}"
    if equation.weights[1:]:
        others = ", ".join(map(str, equation.weights[1:]))
        yield f"   in {equation.weights[0]}; of {others} this theorem says nothing."
    yield "*)"


def file_of(path: str, content: bytes, certificates: Listed[Certificate]) -> str:
    """The whole file: what it proves and takes for granted, the rules, and each claim with its proof."""
    head = INTRODUCTION.format(path=comment(path), digest=hashlib.sha256(content).hexdigest())
    asked = [f"Print Assumptions {made.theorem.capitalize()}.{made.theorem}." for made in certificates]
    return (
        "\n\n".join(
            [head + RULES.read_text(encoding="utf-8"), *(made.section for made in certificates), "\n".join(asked)]
        )
        + "\n"
    )


INTRODUCTION = """(* Claims of {path}
   (SHA-256 {digest}).

   Proved here, by Coq: each theorem, for every t, for matrices of any sizes over any ring that is named.
   Taken for granted, as hypotheses that the theorems name: the chain rule at one step, and that the first state is
   given. Derivatives are opaque sequences of matrices here: that they are the derivatives of the functions on the
   page is not proved in this file.

   To check it: coqc FILE.v, with Coq 8.16 and MathComp 1.15 (Debian: coq, libcoq-mathcomp-algebra). Each
   "Closed under the global context" says that a theorem rests on nothing but its hypotheses. *)

"""


class Hypothesis(NamedTuple):
    """What is assumed, and why a reader of the page grants it."""

    name: str
    statement: str
    why: str

    def __str__(self) -> str:
        return f"(* {comment(self.why)} *)\nHypothesis {self.name} : {self.statement}."


class Stated(NamedTuple):
    """The claim itself: its sides, what is known of its letters, and its statement."""

    left: Expr
    right: Expr
    known: Known
    letters: list[str]
    statement: str


@dataclass(slots=True)
class Writer:
    """Writes one claim; what a letter rests on is met while the claim is written."""

    page: Derivation
    equation: Equation
    gallina: Gallina
    taken: frozenset[str] = frozenset()
    hypotheses: list[Hypothesis] = field(default_factory=list)
    lemmas: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    """The names of what is put in for a letter, each with whether it has a condition."""
    done: set[Expr] = field(default_factory=set)
    closed: dict[Expr, Expr] = field(default_factory=dict)
    concrete: dict[Expr, tuple[Expr | None, Expr]] = field(default_factory=dict)
    """What a letter is by its hypotheses, those that it is made of first: at step 0 where that is its own, and at t."""
    is_proved: bool = True
    """Whether a proof is written, which takes closed forms."""
    starts: bool = False

    @property
    def reader(self) -> Reader:
        """What reads the page in words."""
        return self.gallina.reader

    def written(self) -> Certificate:
        """The claim with its proof."""
        left, right, known = self._sides()
        self._find_closed_forms((left, right), known)
        stated = self.stated()
        theorem = self.theorem("claim")
        lines = [*self.declared(), *map(str, self.hypotheses), *self.lemmas, self._tactic()]
        straight = (straightened(left, self.reader, known), straightened(right, self.reader, known))
        moved = [
            f"transitivity ({self.gallina.term(new, known)}); {which} by alike."
            for old, new, which in zip((left, right), straight, ("first", "last"), strict=True)
            if new != old
        ]
        lines += [f"Theorem {theorem} : {stated.statement}.", "Proof.", *self._proof(stated, moved), "Qed."]
        module = theorem.capitalize()
        section = "\n".join([f"Module {module}.", "Section Claim.", *lines, "End Claim.", f"End {module}."])
        assumptions = [*self.declared(), *(f"{one.name} : {one.statement}" for one in self.hypotheses)]
        return Certificate(theorem, "\n".join([*assumptions, stated.statement]), section)

    def _sides(self) -> tuple[Expr, Expr, Known]:
        weight = self.equation.weights[0] if self.equation.weights else None
        left, right = self.page.resolved(self.equation, weight)
        agree(self.page, left, right)
        return left, right, assumed(self.page, self.equation, left, right, first_step(self.page, self.equation))

    def stated(self) -> Stated:
        """The claim, for every value of its letters; what it rests on is gathered in :attr:`hypotheses`."""
        left, right, known = self._sides()
        self.starts = any(
            isinstance(node, Ranged) and node.lower == Index.of(0) for side in (left, right) for node in walk(side)
        )
        letters = sorted(free_indices(left) | free_indices(right) | {name for row in known for name in row.letters()})
        self.gallina.scope = "claim"
        claim = f"{self.gallina.term(left, known)}\n    = {self.gallina.term(right, known)}"
        names = " ".join(map(self.gallina.letter, letters))
        before = (f"forall {names} : nat, " if names else "") + self._conditions(known)
        self.gallina.scope = ""
        self._rest()
        return Stated(left, right, known, letters, before.rstrip() + f"\n  {claim}")

    def theorem(self, kind: str) -> str:
        """A name for the theorem that no other has."""
        tag = re.sub("[^A-Za-z0-9]+", "_", self.equation.tag.replace("'", "_prime"))
        names = (f"{kind}_{tag}{suffix}" for suffix in itertools.chain([""], (f"_{n}" for n in itertools.count(2))))
        return next(name for name in names if name not in self.taken)

    def _find_closed_forms(self, sides: tuple[Expr, Expr], known: Known) -> None:
        for side in sides:
            self.reader.read(side, known)
        for step in self.reader.told():
            if step.rule == "closed form":
                assert isinstance(step.at, Expr)
                assert isinstance(step.result, Expr)
                pattern = substitute(step.at, {"k": CLOCK, "b": Index(((SOURCE, 1),))})
                self.closed[pattern] = step.result
            elif step.rule in ("block", "through one letter"):
                raise Undecided(f"its proof uses that {step.at} = {step.result}, which has no counterpart in Coq yet")

    # ------------------------------------------------------------------------------------------- what is assumed

    def _explain(self, met: Sequence) -> None:
        """The hypotheses on a letter, and its closed form where it leads back to itself; those it rests on first."""
        self.done.add(met.pattern)
        pattern = met.pattern
        match pattern:
            case Total(of, Letter(kind="weight") as weight):
                self._on_weight(met, of, Variable(weight))
            case Total(of, Copy(weight, _)):
                self._on_source(met, of, Variable(weight, B))
            case Partial(of, At(Letter(kind="state") as letter, index)) if index == Index(((SOURCE, 1),)):
                self._on_source(met, of, Variable(letter, B))
            case At(Letter(kind="state")):
                self._on_letter(met, pattern)
            case Partial(_, Letter(kind="weight")) if self.starts:
                if (self.reader.families.name(pattern), 0) in self.reader.vanishing:
                    self._suppose(f"{met.name}_0", "", f"{met.name} 0%N = 0", "the first state is given")

    def _on_weight(self, met: Sequence, of: Expr, source: Variable) -> None:
        own = self.reader.definitions.own(of)
        if own.ranged:
            value = _linear(own.body, source)
            self._suppose_at(
                met, max(own.first, 1), at_step(value), f"d passes through the sum in the definition of {at_step(of)}"
            )
            self._rest()
            self.concrete[met.pattern] = (None, at_step(value))
            return
        terms = list(self.reader.of_weight(of, source.letter))
        relation_ = self._sum([*terms, *self._passed(of, source)], of, source)
        is_recurrent = self.reader.definitions.recurrent(of)
        if own.first > 0 and own.is_state:
            first = self.reader.injected(of, Index.of(0), source, ())
            vanishing = self.reader.vanishing
            if not all(any((factor.name, 0) in vanishing for factor in term.factors) for term in first):
                raise Undecided(f"{at_step(of, Index.of(0))} depends on {source}")
            given = f"{at_step(of, Index.of(0))} is given, whatever {source} is"
            self._suppose(f"{met.name}_start", "", f"{met.name} 0%N = 0", given)
        why = f"the chain rule, one step of {at_step(of)} = {at_step(own.body)}"
        self._suppose_at(met, own.first, relation_, why, f"{met.name}_step", rewrite=not is_recurrent)
        self._rest()
        start = Zero(substitute(met.pattern, {"#": T})) if own.first > 0 and own.is_state else None
        self.concrete[met.pattern] = (start, relation_)
        if is_recurrent:
            self._closed_form(met, own)

    def _on_source(self, met: Sequence, of: Expr, source: Variable) -> None:
        own, (t, b) = self.reader.definitions.own(of), map(self.gallina.letter, "tb")
        if own.ranged:
            said = f"{met.name} {t} {b} = {self._plain(at_step(_linear(own.body, source)), (T - B, B - 1))}"
            why = f"d passes through the sum in the definition of {at_step(of)}; terms of earlier steps stay"
            self._suppose(f"{met.name}_sum", f"forall {t} {b} : nat, {self._conditions((B - 1, T - B))}", said, why)
            self._rest()
            return
        itself = source.is_state and isinstance(of, At) and of.letter == source.letter
        parts: list[Expr] = []
        if itself:
            here: Expr = Identity(substitute(met.pattern, {"#": T, SOURCE: T}))
        else:
            if not source.is_state:
                parts += self.reader.of_weight(of, source.letter)
            here = self._sum([*parts, *self._passed(of, source, same_step=True)], of, source)
        after = self._sum(list(self._passed(of, source)), of, source)
        # Where only its own step counts, no closed form was needed.
        is_recurrent = met.pattern in self.closed and self.reader.definitions.recurrent(of)
        known: Known = (T - own.first,) if own.first and not itself else ()
        now = list(self._passed(of, source, same_step=True))
        if not itself and not parts and len(now) == len(list(self._passed(of, source))):
            # Made of letters of its own step alone: one relation from the step of its variable on.
            said = f"{met.name} {t} {b} = {self._plain(after, (T - B, B))}"
            before = f"forall {t} {b} : nat, {self._conditions((*known, T - B))}"
            self._suppose(f"{met.name}_step", before, said, f"the chain rule, inside the step of {at_step(of)}")
            self._rest()
            return
        self._suppose(
            f"{met.name}_here",
            f"forall {t} {b} : nat, {t} = {b} -> {self._conditions(known)}",
            f"{met.name} {t} {b} = {self._plain(here, known)}",
            "at the step of its variable",
            rewrite=not is_recurrent,
        )
        least, known = known, (T - B - 1, B)
        self._suppose(
            f"{met.name}_step",
            f"forall {t} {b} : nat, {self._conditions(known[:1])}",
            f"{met.name} {t} {b} = {self._plain(after, known)}",
            "the chain rule at later steps",
            rewrite=not is_recurrent,
        )
        self._rest()
        if is_recurrent:
            self._closed_form(met, own, tuple(row.substitute({"t": B}) for row in least))

    def _on_letter(self, met: Sequence, pattern: At) -> None:
        own = self.reader.definitions.own(pattern)
        if isinstance(own.body, Apply):
            return
        is_recurrent = self.reader.definitions.recurrent(pattern)
        if own.base is not None:
            self._suppose(
                f"{met.name}_start",
                "",
                f"{met.name} 0%N = {self._plain(own.base, ())}",
                "on the page",
                rewrite=not is_recurrent,
            )
        self._suppose_at(met, own.first, at_step(own.body), "on the page", f"{met.name}_step", rewrite=not is_recurrent)
        self._rest()
        if is_recurrent:
            self._closed_form(met, own)

    def _passed(self, of: Expr, source: Variable, *, same_step: bool = False) -> Iterator[Expr]:
        """What reaches a state through each state in its one step that sees the variable.

        ``same_step``: the variable stands at that step, so that no state of an earlier one sees it.
        """
        node = at_step(of)
        there = replace(source, at=T) if same_step else source
        for state in relation(self.page, self.reader.definitions.own(of).body).states:
            back = (CLOCK - state.index).constant
            seen = self.reader.sees(At(state.letter, CLOCK), source) or (
                source.is_state and state.letter == source.letter
            )
            if seen and (not back or not same_step):
                yield Mul((Partial(node, at_step(state)), there.derivative(at_step(state))))

    @staticmethod
    def _sum(terms: list[Expr], of: Expr, source: Variable) -> Expr:
        if not terms:
            return Zero(source.derivative(at_step(of)))
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def _rest(self) -> None:
        while todo := [met for met in self.gallina.sequences.values() if met.pattern not in self.done]:
            self._explain(todo[0])

    def _plain(self, value: Expr, known: Known) -> str:
        return self.gallina.term(value, (T, B, K, *known))

    def _conditions(self, known: Known) -> str:
        return "".join(f"{self.gallina.known(row)} -> " for row in known)

    def _suppose_at(
        self, met: Sequence, first: int, value: Expr, why: str, name: str = "", *, rewrite: bool = True
    ) -> None:
        known: Known = (T - first,) if first else ()
        t = self.gallina.letter("t")
        before = f"forall {t} : nat, {self._conditions(known)}"
        self._suppose(
            name or f"{met.name}_sum",
            before,
            f"{met.name} {t} = {self._plain(value, (T - first,))}",
            why,
            rewrite=rewrite,
        )

    def _suppose(self, name: str, before: str, said: str, why: str, *, rewrite: bool = True) -> None:
        self.hypotheses.append(Hypothesis(name, f"{before}{said}", why))
        if rewrite:
            self.rewritten.append(_rule(name, "->" in before))

    # ------------------------------------------------------------------------------------------- what is proved

    def _closed_form(self, met: Sequence, own: Own, begins: Known = ()) -> None:
        if not self.is_proved:
            return
        if met.pattern not in self.closed:
            raise Undecided(f"{met.pattern} has no closed form")
        if own.first != 1:
            raise Undecided(f"{met.pattern} starts at step {own.first}")
        form, name = self.closed[met.pattern], f"{met.name}_closed"
        lines, k, b = ["(* In closed form, by induction. *)", self._tactic()], *map(self.gallina.letter, "kb")
        if met.indices == 1:
            lines += [
                f"Lemma {name} {k} : {met.name} {k} = {self._plain(form, (K,))}.",
                "Proof.",
                f"elim: {k} => [|{k} IH].",
                f"- rewrite ?{met.name}_start. settle." if self._has(f"{met.name}_start") else "- settle.",
                f"- rewrite {met.name}_step ?subSS ?subn0 ?IH //. settle.",
                "Qed.",
            ]
        else:
            lines += [
                f"Lemma {name} {k} {b} : {self._conditions((*begins, K - B))}"
                f"{met.name} {k} {b} = {self._plain(form, (K - B, B))}.",
                "Proof.",
                f"move=> *; have [u ->] : exists u, {k} = ({b} + u)%N by exists ({k} - {b})%N; arith.",
                "elim: u => [|u IH].",
                f"- by rewrite addn0 {met.name}_here //; settle.",
                f"- by rewrite addnS {met.name}_step ?subSS ?subn0 ?IH; [settle | arith].",
                "Qed.",
            ]
        self.lemmas += lines
        self.rewritten.append(_rule(name, met.indices > 1))

    def _has(self, name: str) -> bool:
        return any(one.name == name for one in self.hypotheses)

    def _tactic(self) -> str:
        return f"Ltac known ::= repeat first [{' | '.join([*self.rewritten, 'fail'])}]."

    def declared(self) -> list[str]:
        """The ring, the sizes and the letters."""
        ring = "comUnitRingType" if self.gallina.inverts else "ringType"
        sizes = list(self.gallina.sizes.values())
        lines = [f"Variable R : {ring}."]
        if sizes:
            lines.append(f"Variables {' '.join(sizes)} : nat.")
        lines += [f"Variable {met.declared}." for met in self.gallina.sequences.values()]
        return lines

    def _proof(self, stated: Stated, moved: list[str]) -> list[str]:
        names = list(map(self.gallina.letter, stated.letters))
        lines = [f"move=> {' '.join(names)} *." if names else ""]
        lines += moved
        for name, letter in zip(names, stated.letters, strict=True):
            least = max((-row.constant for row in stated.known if row.terms == ((letter, 1),)), default=0)
            if 0 < least <= 9:
                lines += [
                    f"have [u E] : exists u, {name} = u.+{least} by exists ({name} - {least})%N; arith.",
                    f"subst {name}; rename u into {name}.",
                ]
        return [*filter(None, lines), "rewrite ?subSS ?subn0.", "settle."]


def straightened(node: Expr, reader: Reader, known: Known) -> Expr:
    """The expression with each Σ over the last index that its letter stands in, as the kernel moves it."""

    def inside(part: Expr) -> Expr:
        return straightened(part, reader, known)

    if not isinstance(node, Sum):
        return rebuild(node, inside, lambda index: index)
    letter = Index(((f"{node.index}'", 1),))
    (name,) = letter.letters()
    within = (*known, letter - node.lower, node.upper - letter)
    body = straightened(substitute(node.body, {node.index: letter}), reader, within)
    try:
        places = {anchor(Word((), term.scalars, term.factors), name) for term in reader.read(body, within)}
    except Undecided:
        return node
    if len(places) != 1 or (place := places.pop()) is None or place == (1, Index.of(0)):
        return node
    slope, rest = place
    if slope > 0:
        lower, upper, there = node.lower + rest, node.upper + rest, letter - rest
    else:
        lower, upper, there = rest - node.upper, rest - node.lower, rest - letter
    return Sum(substitute(body, {name: there}), (letter, lower, upper))


def _linear(node: Expr, source: Variable) -> Expr:
    """The derivative of a sum over steps, taken inside it."""
    match node:
        case Add():
            return Add(tuple(_linear(part, source) for part in node.parts))
        case Mul():
            parts = [
                part if isinstance(part, (Number, IndexValue, Power)) else _linear(part, source) for part in node.parts
            ]
            return Mul(tuple(parts))
        case Sum():
            index, lower, upper = node.bounds
            if source.at is not None:
                if lower != Index.of(1) or any(at != index for at in _steps_of(node.body)):
                    raise Undecided(f"{node} does not run from step 1 over letters at its own step")
                lower = source.at
            return Sum(_linear(node.body, source), (index, lower, upper))
        case At() | Apply():
            return source.derivative(node)
        case _:
            raise Undecided(f"{node} is not linear in states")


def _steps_of(node: Expr) -> set[Index]:
    return {part.index for part in walk(node) if isinstance(part, At)}


def _rule(name: str, is_conditional: bool) -> str:
    return f"(rewrite {name}; [|arith..])" if is_conditional else f"(rewrite {name})"


def comment(text: str) -> str:
    """Text of a page inside a comment of Coq, which knows brackets and strings of its own."""
    return text.replace("(*", "( *").replace("*)", "* )").replace('"', "''")
