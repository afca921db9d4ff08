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
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Listed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from symbptt.emit.gallina import SOURCE, Gallina, Names, Sequence
from symbptt.emit.moves import RULES as MOVES
from symbptt.emit.moves import Moves
from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import closed_step, first_step
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
from symbptt.proofs.induction import assumed, reader_of, sides_compared
from symbptt.proofs.onestep import relation
from symbptt.proofs.words import Step, Word, anchor
from symbptt.proofs.writing import plain_text, told
from symbptt.verdicts import Row

RULES = Path(__file__).with_name("chain.v")
T, B, K = (Index.letter(name) for name in "tbk")


class Section(NamedTuple):
    """What is stated in one section: what is declared, assumed and proved ahead of the claim, and the claim itself."""

    premises: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A claim for Coq: the theorem's name, what is assumed with what is stated, and the sections with the proof.

    ``of_definitions`` has the claim once more, of the derivatives of what the page defines; ``beyond`` says why not.
    """

    theorem: str
    statement: str
    claim: Section
    of_definitions: Section | None = None
    beyond: str = ""

    @property
    def defined(self) -> str:
        """The theorem of the derivatives of what the page defines; empty where there is none."""
        return f"{self.theorem}_defined" if self.of_definitions else ""


def certificate(
    page: Derivation, equation: Equation, *, taken: Listed[str] = (), plain: bool = True, anyway: bool = False
) -> Certificate:
    """The certificate of a claim as it stands, in the first of its weights.

    Raises :class:`Undecided` with the reason where it has none. ``taken`` are the names of other theorems in the
    file; ``plain``: with the page's own letters; ``anyway``: also where the sides are not seen to be equal, so that it
    is seen whether Coq refuses it.
    """
    return Writer(page, equation, Gallina(reader_of(page), Names(plain)), frozenset(taken), anyway=anyway).written()


def headed(made: Certificate, row: Row, equation: Equation, words: str = "") -> Certificate:
    """The certificate with what the claim is on the page, as a comment; ``words`` say which meaning of it is meant."""
    lines = [
        f"(* ({comment(row.tag)}), which is {row.word}. On the page:",
        textwrap.indent(comment(row.source.strip() or equation_latex(row.printed or equation)), "     "),
    ]
    if not words and row.verdict is not None and row.verdict.reading is not None:
        words = row.verdict.reading.words
    if words:
        lines.append(f"   Read as: {comment(words)}.")
    lines.append(f"   Here: {comment(str(equation))}")
    if equation.weights[1:]:
        others = ", ".join(map(str, equation.weights[1:]))
        lines.append(f"   in {equation.weights[0]}; of {others} this theorem says nothing.")
    return replace(made, claim=made.claim._replace(lines=("\n".join([*lines, "*)"]), *made.claim.lines)))


def file_of(path: str, content: bytes, certificates: Listed[Certificate]) -> str:
    """The whole file: what it proves and takes for granted, the rules, and the claims with their proofs.

    Claims that rest on the same premises stand in one module, with what follows from these proved once.
    """
    head = INTRODUCTION.format(path=comment(path), digest=hashlib.sha256(content).hexdigest())
    rules = [RULES, *([MOVES] if any(made.of_definitions for made in certificates) else [])]
    groups: dict[tuple[object, ...], list[Certificate]] = {}
    for made in certificates:
        groups.setdefault((made.claim.premises, made.of_definitions and made.of_definitions.premises), []).append(made)
    texts, theorems = [rule.read_text(encoding="utf-8") for rule in rules], []
    for number, group in enumerate(groups.values(), 1):
        module = f"Claims{number}"
        theorems += [f"@{module}.{name}" for made in group for name in (made.theorem, made.defined) if name]
        texts.append("\n".join([f"Module {module}.", *_sections(group), f"End {module}."]))
    asked = _wrapped(f"Definition certified := ({', '.join(theorems)}).")
    texts.append(f"(* What all of them rest on. *)\n{asked}\nPrint Assumptions certified.")
    return head + "\n\n".join(texts) + "\n"


def _sections(group: Listed[Certificate]) -> Iterator[str]:
    """The sections of claims that rest on the same premises."""
    kept: dict[str, list[Section]] = {"Claim": [made.claim for made in group]}
    kept["Defined"] = [made.of_definitions for made in group if made.of_definitions is not None]
    for name, sections in kept.items():
        if sections:
            yield f"Section {name}."
            for line in (*sections[0].premises, *(line for section in sections for line in section.lines)):
                yield line if line.startswith("(*") else "\n".join(map(_wrapped, line.split("\n")))
            yield f"End {name}."
    for beyond in dict.fromkeys(made.beyond for made in group if made.beyond):
        yield f"(* Nothing is proved of the definitions themselves: {comment(beyond)}. *)"


INTRODUCTION = """(* Claims of {path}
   (SHA-256 {digest}).

   Proved here, by Coq: each theorem, for every t, for matrices of any sizes over any ring that is named.
   Taken for granted, as hypotheses that the theorems name: by claim_..., the chain rule at one step, and that the
   first state is given; derivatives are opaque sequences of matrices there. By claim_..._defined, the definitions of
   the page, and derivations of a commutative ring, of which derivatives are made; the chain rule is proved there.
   That the derivatives of analysis are such derivations is not proved in this file.

   To check it: coqc FILE.v, with Coq 8.16 and MathComp 1.15 (Debian: coq, libcoq-mathcomp-algebra).
   "Closed under the global context" says that the theorems rest on nothing but their hypotheses. *)

"""


class Hypothesis(NamedTuple):
    """What is assumed of a letter, by which rule, and why a reader of the page grants it."""

    of: Sequence
    rule: str
    statement: str
    why: str

    @property
    def name(self) -> str:
        """Its identifier."""
        return f"{self.of.name}_{self.rule}"

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
    closed: dict[Expr, Step] = field(default_factory=dict)
    concrete: dict[Expr, tuple[Expr | None, Expr]] = field(default_factory=dict)
    """What a letter is by its hypotheses, those that it is made of first: at step 0 where that is its own, and at t."""
    is_proved: bool = True
    """Whether a proof is written, which takes closed forms."""
    starts: bool = False
    anyway: bool = False
    """Whether it is written though the sides are not seen to be equal."""

    @property
    def reader(self) -> Reader:
        """What reads the page in words."""
        return self.gallina.reader

    def written(self) -> Certificate:
        """The claim with its proof."""
        left, right, known = self._sides()
        steps = self._told(left, right, known)
        stated = self.stated()
        theorem = self.theorem("claim")
        self.gallina.scope = "claim"
        lines: list[str] = []
        one, other = (step for step in steps if step.rule == "as read")
        for side, read in (("left", one), ("right", other)):
            # Of a claim that is false the right side has a form of its own, and no theorem follows.
            common = next((step.result for step in steps if step.rule == "normal form"), read.result)
            lines += [f"(* The {side} side. *)", *self._side(f"{theorem}_{side}", read, common)]
        names = list(map(self.gallina.letter, stated.letters))
        left_is, right_is = (f"exact: (@{theorem}_{side} {' '.join(names)})" for side in ("left", "right"))
        lines += [
            f"Theorem {theorem} : {stated.statement}.",
            "Proof using All.",
            f"by move=> {' '.join([*names, '*'])}; eapply etrans; [{left_is} | symmetry; {right_is}].",
            "Qed.",
        ]
        assumptions = [*self.declared(), *(f"{one.name} : {one.statement}" for one in self.assumed)]
        premises = (*self.declared(), *map(str, self.assumed), *(self.lemmas or [self._tactic()]))
        made = Certificate(theorem, "\n".join([*assumptions, stated.statement]), Section(premises, tuple(lines)))
        try:
            return replace(made, of_definitions=self._from_definitions(theorem, stated.statement))
        except Undecided as why:
            return replace(made, beyond=plain_text(str(why)))

    def _from_definitions(self, theorem: str, statement: str) -> Section:
        """The claim of the derivatives of what the page defines, where each hypothesis can be proved of them."""
        weight = self.equation.weights[0] if self.equation.weights else None
        columns = {met.shape[1] for met in self.letters if isinstance(met.pattern, Total)}
        if weight is None or len(columns) != 1:
            raise Undecided("it has no derivative in a weight")
        moves = Moves(self.gallina, weight, columns.pop())
        given = {one.of for one in self.assumed if one.rule == "0"}
        for met in self.letters:
            moves.define(met, is_given=met in given)
        proofs = {"0": moves.zero, "start": moves.start, "step": moves.step}
        for one in self.assumed:
            if one.rule not in proofs:
                raise Undecided(f"it rests on more than one step: {one.why}")
            proofs[one.rule](one.of, one.name, one.statement)
        proof = " ".join([theorem, *(one.name for one in self.assumed)])
        lines = (f"Theorem {theorem}_defined : {statement}.", f"Proof. exact: ({proof}). Qed.")
        return Section(tuple(moves.premises()), lines)

    @property
    def letters(self) -> list[Sequence]:
        """The opaque letters: totals, immediate partials, Jacobians, then others; of a kind, as they were met."""
        return sorted(self.gallina.sequences.values(), key=_rank)

    @property
    def assumed(self) -> list[Hypothesis]:
        """The hypotheses in the order of the letters that they are of."""
        places = {met.name: place for place, met in enumerate(self.letters)}
        return sorted(self.hypotheses, key=lambda one: places[one.of.name])

    def _sides(self) -> tuple[Expr, Expr, Known]:
        if (closed := closed_step(self.page, self.equation)) is not None:
            raise Undecided(f"it is about step {closed} alone, and a theorem here is about every step")
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

    def _told(self, left: Expr, right: Expr, known: Known) -> list[Step]:
        """What was done to both sides; the closed forms that were found on the way go to :attr:`closed`."""
        found = sides_compared(self.reader, left, right, known)
        for step in self.reader.told():
            if step.rule == "closed form":
                assert isinstance(step.at, Expr)
                self.closed[substitute(step.at, {"k": CLOCK, "b": Index(((SOURCE, 1),))})] = step
            elif step.rule in ("block", "through one letter"):
                raise Undecided(f"its proof uses that {step.at} = {step.result}, which has no counterpart in Coq yet")
        if not found.proved and not (self.anyway and found.tellings):
            raise Undecided(f"its sides are not one by the chain rule alone: {found.reason}")
        return list(found.steps)

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
                    self._suppose(met, "0", "", f"{met.name} 0%N = 0", "the first state is given")

    def _on_weight(self, met: Sequence, of: Expr, source: Variable) -> None:
        own = self.reader.definitions.own(of)
        if own.ranged:
            value = _linear(own.body, source)
            why = f"d passes through the sum in the definition of {at_step(of)}"
            self._suppose_at(met, "sum", max(own.first, 1), at_step(value), why)
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
            self._suppose(met, "start", "", f"{met.name} 0%N = 0", given)
        why = f"the chain rule, one step of {at_step(of)} = {at_step(own.body)}"
        self._suppose_at(met, "step", own.first, relation_, why, rewrite=not is_recurrent)
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
            self._suppose(met, "sum", f"forall {t} {b} : nat, {self._conditions((B - 1, T - B))}", said, why)
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
            self._suppose(met, "step", before, said, f"the chain rule, inside the step of {at_step(of)}")
            self._rest()
            return
        self._suppose(
            met,
            "here",
            f"forall {t} {b} : nat, {t} = {b} -> {self._conditions(known)}",
            f"{met.name} {t} {b} = {self._plain(here, known)}",
            "at the step of its variable",
            rewrite=not is_recurrent,
        )
        least, known = known, (T - B - 1, B)
        self._suppose(
            met,
            "step",
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
            base = f"{met.name} 0%N = {self._plain(own.base, ())}"
            self._suppose(met, "start", "", base, "on the page", rewrite=not is_recurrent)
        self._suppose_at(met, "step", own.first, at_step(own.body), "on the page", rewrite=not is_recurrent)
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

    def _suppose_at(self, met: Sequence, rule: str, first: int, value: Expr, why: str, *, rewrite: bool = True) -> None:
        known: Known = (T - first,) if first else ()
        t = self.gallina.letter("t")
        before = f"forall {t} : nat, {self._conditions(known)}"
        said = f"{met.name} {t} = {self._plain(value, (T - first,))}"
        self._suppose(met, rule, before, said, why, rewrite=rewrite)

    def _suppose(self, met: Sequence, rule: str, before: str, said: str, why: str, *, rewrite: bool = True) -> None:
        made = Hypothesis(met, rule, f"{before}{said}", why)
        self.hypotheses.append(made)
        if rewrite:
            self.rewritten.append(_rule(made.name, "->" in before))

    # ------------------------------------------------------------------------------------------- what is proved

    def _closed_form(self, met: Sequence, own: Own, begins: Known = ()) -> None:
        """A closed form by induction, with the steps inside it, as they were recorded."""
        if not self.is_proved:
            return
        if met.pattern not in self.closed:
            raise Undecided(f"{met.pattern} has no closed form")
        if own.first != 1:
            raise Undecided(f"{met.pattern} starts at step {own.first}")
        step, name = self.closed[met.pattern], f"{met.name}_closed"
        _, following = step.inner
        assert isinstance(step.result, Expr)
        assert isinstance(following.result, Expr)
        k, b = map(self.gallina.letter, "kb")
        known = (*begins, K - B)
        self.lemmas += self._rules(name, following.inner)
        self.lemmas += [f"(* From step {k}-1 to step {k}, by the relation of one step and the form at {k}-1. *)"]
        self.lemmas += self._lemma(f"{name}_next", following.result, step.result, (*begins, *following.known))
        self.lemmas += [f"(* {comment(str(step.at))} in closed form, by induction. *)"]
        if met.indices == 1:
            self.lemmas += [
                f"Lemma {name} {k} : {met.name} {k} = {self._plain(step.result, (K,))}.",
                "Proof.",
                f"elim: {k} => [|{k} IH].",
                f"- rewrite ?{met.name}_start. settle." if self._has(f"{met.name}_start") else "- settle.",
                f"- rewrite {met.name}_step ?subSS ?subn0 ?IH //. by_lemma (@{name}_next {k}.+1).",
                "Qed.",
            ]
        else:
            self.lemmas += [
                f"Lemma {name} {k} {b} : {self._conditions(known)}"
                f"{met.name} {k} {b} = {self._plain(step.result, known)}.",
                "Proof.",
                f"move=> *; have [u ->] : exists u, {k} = ({b} + u)%N by exists ({k} - {b})%N; arith.",
                "elim: u => [|u IH].",
                f"- by rewrite addn0 {met.name}_here //; settle.",
                f"- rewrite addnS {met.name}_step ?subSS ?subn0 ?IH; try by arith.",
                f"  by_lemma (@{name}_next {b} ({b} + u).+1).",
                "Qed.",
            ]
        rule = _rule(name, met.indices > 1)
        if any(node == substitute(met.pattern, {"#": Index.of(0)}) for node in walk(step.result)):
            # What it starts from stands in its closed form, and is left there.
            letter = f"context [{met.name} ?k]"
            rule = f"(match goal with |- {letter} => tryif constr_eq k 0%N then fail else rewrite ({name} k) end)"
        self.rewritten.append(rule)
        self.lemmas.append(self._tactic())

    def _lemma(
        self, name: str, left: Expr, right: Expr, known: Known, read: Expr | None = None, *, exchanges: bool = False
    ) -> list[str]:
        """An equation under what is known of its letters; ``read``: what the left side is by the lemma of that name."""
        letters = sorted({letter for row in known for letter in row.letters()})
        names = list(map(self.gallina.letter, letters))
        text = " ".join([f"Lemma {' '.join([name, *names])} :", self._conditions(known).strip()]).rstrip()
        least = {
            named: max((-row.constant for row in known if row.terms == ((letter, 1),)), default=0)
            for letter, named in zip(letters, names, strict=True)
        }
        ahead = [f"rewrite {name}_read //."] if read is not None else []
        for side, where in ((left if read is None else read, "first"), (right, "last")):
            if (straight := straightened(side, self.reader, known, exchanges=exchanges)) != side:
                ahead.append(f"transitivity ({self.gallina.term(straight, known)}); {where} by alike.")
        counted = [f"count {named} {bound}%N." for named, bound in least.items() if bound > 0]
        return [
            text,
            f"  {self.gallina.term(left, known)}",
            f"  = {self.gallina.term(right, known)}.",
            " ".join(["Proof.", "intros.", *ahead, *counted, "settle.", "Qed."]),
        ]

    def _rules(self, name: str, steps: Iterable[Step]) -> list[str]:
        """A lemma for each rule that was applied; what is told in words alone stands there in words."""
        lines: list[str] = []
        for number, step in enumerate(steps, 1):
            lines.append(f"(* {comment(told(step))} *)")
            if not isinstance(step.at, Expr) or not isinstance(step.result, Expr):
                continue
            left, right = (self.gallina.term(side, step.known) for side in (step.at, step.result))
            # A product over nothing is written as the identity that it is.
            if left != right:
                lines += self._lemma(f"{name}_{step.rule}{number}", step.at, step.result, step.known)
        return lines

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
        lines += [f"Variable {met.declared}." for met in self.letters]
        return lines

    def _side(self, name: str, read: Step, common: Expr | str) -> list[str]:
        """One side of the claim: as it was read, the rules that reduce it, and what both sides are."""
        assert isinstance(read.at, Expr)
        assert isinstance(read.result, Expr)
        assert isinstance(common, Expr)
        via, lines = None, []
        texts = {self._shown(side, read.known) for side in (read.at, common)}
        if len(texts) > 1 and self._shown(read.result, read.known) not in texts:
            via, lines = read.result, self._lemma(f"{name}_read", read.at, read.result, read.known)
        return [
            *lines,
            *self._rules(name, read.inner),
            *self._lemma(name, read.at, common, read.known, via, exchanges=True),
        ]

    def _shown(self, side: Expr, known: Known) -> str:
        """A side as text, whatever the letters of its sums are called."""
        return self.gallina.term(renumbered(side), known)


def _wrapped(line: str) -> str:
    return textwrap.fill(line, 118, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False) or line


def _rank(met: Sequence) -> tuple[int, int]:
    pattern = met.pattern
    is_weight = isinstance(pattern, Partial) and isinstance(pattern.wrt, Letter)
    return (
        0 if isinstance(pattern, Total) else 1 if is_weight else 2 if isinstance(pattern, Partial) else 3,
        met.indices,
    )


def renumbered(node: Expr, depth: int = 0) -> Expr:
    """The expression with its sums and products over letters that are called by their depth."""
    if not isinstance(node, Ranged):
        return rebuild(node, lambda part: renumbered(part, depth), lambda index: index)
    letter = Index(((f"i{depth}", 1),))
    body = renumbered(substitute(node.body, {node.index: letter}), depth + 1)
    return replace(node, body=body, bounds=(letter, node.lower, node.upper))


def straightened(node: Expr, reader: Reader, known: Known, *, exchanges: bool = False) -> Expr:
    """The expression with each Σ over the last index that its letter stands in, as the kernel moves it.

    ``exchanges``: of a Σ over what runs from the letter of another Σ on, the one with the earlier steps goes inside.
    """

    def inside(part: Expr) -> Expr:
        return straightened(part, reader, known, exchanges=exchanges)

    if not isinstance(node, Sum):
        return rebuild(node, inside, lambda index: index)
    letter = Index(((f"{node.index}'", 1),))
    (name,) = letter.letters()
    within = (*known, letter - node.lower, node.upper - letter)
    body = straightened(substitute(node.body, {node.index: letter}), reader, within, exchanges=exchanges)
    try:
        places = {anchor(Word((), term.scalars, term.factors), name) for term in reader.read(body, within)}
    except Undecided:
        return node
    place = places.pop() if len(places) == 1 else None
    if place is not None and place != (1, Index.of(0)):
        slope, rest = place
        if slope > 0:
            lower, upper, there = node.lower + rest, node.upper + rest, letter - rest
        else:
            lower, upper, there = rest - node.upper, rest - node.lower, rest - letter
        return Sum(substitute(body, {name: there}), (letter, lower, upper))
    if exchanges and isinstance(body, Sum) and body.bounds[1:] == (letter, node.upper):
        return Sum(Sum(body.body, (letter, node.lower, body.bounds[0])), (body.bounds[0], node.lower, node.upper))
    return node


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
