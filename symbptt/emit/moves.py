"""From a page's definitions to the relations of one step: what a certificate assumes, proved one floor down.

Weights and states are matrices over a commutative ring here, a function that acts on each entry is a function of the
ring, and there is a derivation of the ring for each number in the weight: d(a + b) = d a + d b, d(a b) = d a b + a d b,
d(phi(a)) = phi'(a) d a. A definition of the page is a hypothesis as it stands, and a second time a function of letters
that move (``h_moves``): an immediate partial has the columns that it moves by where the weight alone moves, a Jacobian
those where one state moves, a total derivative those that the derivations give. That these satisfy the one-step
relation is proved by the rules in ``moves.v``, and so the claim follows for them.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from symbptt.emit.gallina import SOURCE, Gallina, Sequence
from symbptt.errors import Undecided
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Expr,
    Hadamard,
    Index,
    Letter,
    Mul,
    Ones,
    Partial,
    Total,
    Transpose,
    substitute,
    unsigned,
    walk,
)
from symbptt.page.shapes import parts, shape
from symbptt.proofs.definitions import CLOCK, Known, Own, at_step
from symbptt.proofs.derivatives import Variable
from symbptt.proofs.onestep import relation

RULES = Path(__file__).with_name("moves.v")
T = Index.letter("t")
BOUND = frozenset("ajkt")
"""What is bound by ``fun`` and ``forall`` in what is written here, so that no letter of a page is called that."""


class Operation(NamedTuple):
    """How an operation is written of matrices, and of matrices that move, and how firmly the first binds."""

    standing: str
    moving: str
    binds: int


SUM, PRODUCT, APPLICATION, ATOM = range(4)
OPERATIONS = {
    "held": Operation("{}", "held {}", APPLICATION),
    "sum": Operation("{} + {}", "add {} {}", SUM),
    "difference": Operation("{} - {}", "add {} (opposite {})", SUM),
    "minus": Operation("- {}", "opposite {}", SUM),
    "product": Operation("{} *m {}", "times {} {}", PRODUCT),
    "entrywise": Operation("entrywise {} {}", "by_entries {} {}", APPLICATION),
    "function": Operation("map_mx {} {}", "apply {} {}", APPLICATION),
    "transpose": Operation("{}^T", "turned {}", ATOM),
}


@dataclass(slots=True)
class Moves:
    """What one claim assumes of derivatives in a weight, proved from the definitions of the page.

    ``parameters`` is how many numbers the weight has, as the claim calls it.
    """

    gallina: Gallina
    weight: Letter
    parameters: str
    variables: dict[str, None] = field(default_factory=dict)
    hypotheses: dict[str, None] = field(default_factory=dict)
    lemmas: list[str] = field(default_factory=list)
    moving: dict[Letter, str] = field(default_factory=dict)
    """The function of letters that move, for each state that was met."""
    given: dict[Letter, list[str]] = field(default_factory=dict)
    """The immediate partials of a state that are 0 at step 0."""
    still: dict[str, None] = field(default_factory=dict)
    """What says that a letter does not move with the weight."""

    # ------------------------------------------------------------------------------------------- letters

    def name(self, wanted: str, *thing: object) -> str:
        """An identifier for one thing, which is no other letter's."""
        return self.gallina.names.of(("moves", *(thing or [wanted])), f"letter_{wanted}" if wanted in BOUND else wanted)

    def size(self, node: Expr) -> tuple[str, str]:
        """Its rows and columns."""
        rows, columns = shape(self.gallina.reader.page, node)
        return self.gallina.size(rows), self.gallina.size(columns)

    def letter(self, letter: Letter) -> str:
        """A weight, or a letter with a step, as a variable."""
        name, is_weight = self.name(letter.symbol, letter), letter.kind == "weight"
        rows, columns = self.size(letter if is_weight else At(letter, T))
        self.variables[f"Variable {name} : {'nat -> ' * (not is_weight)}'M[R]_({rows}, {columns})."] = None
        return name

    def here(self, of: Expr, known: Known) -> str:
        """A letter where it stands."""
        if isinstance(of, At):
            return f"{self.letter(of.letter)} {self.gallina.index(of.index, known)}"
        assert isinstance(of, Letter)
        return self.letter(of)

    def holds(self, letter: Letter) -> None:
        """That a letter does not move with the weight."""
        name, d, is_weight = self.letter(letter), self.name("D"), letter.kind == "weight"
        said = self.name(f"{d}_{letter.symbol}", letter, "still")
        self.hypotheses[
            f"Hypothesis {said} : forall k, map_mx ({d} k) {name} = 0."
            if is_weight
            else f"Hypothesis {said} : forall k t, map_mx ({d} k) ({name} t) = 0."
        ] = None
        self.still[f"along_held ({said} k)" if is_weight else f"along_held ({said} k _)"] = None

    def function(self, function: Letter) -> tuple[str, str, str]:
        """A function that acts on each entry, its slope, and the chain rule for them."""
        name, slope = self.name(function.symbol, function), self.name(f"{function.symbol}_slope", function, "slope")
        d = self.name("D")
        chain = self.name(f"{d}_{function.symbol}", function, "chain")
        self.variables[f"Variables {name} {slope} : R -> R."] = None
        self.hypotheses[f"Hypothesis {chain} : forall k a, {d} k ({name} a) = {slope} a * {d} k a."] = None
        return name, slope, chain

    # ------------------------------------------------------------------------------------------- definitions

    def formula(self, node: Expr, known: Known, moving: Mapping[Expr, str] | None = None) -> str:
        """A right side of matrices, or, where it is told what moves, of matrices that move."""
        return self._formula(node, known, moving)[0]

    def _formula(self, node: Expr, known: Known, moving: Mapping[Expr, str] | None) -> tuple[str, int]:
        """A formula, and how firmly what stands outermost in it binds."""

        def written(operation: str, *parts: tuple[str, int]) -> tuple[str, int]:
            standing, moved, binds = OPERATIONS[operation]
            binds, needs = (binds, binds) if moving is None else (APPLICATION, ATOM)
            texts = []
            for place, (text, level) in enumerate(parts):
                # To the left of +, - and *m stands what binds as they do; a sign binds more firmly than *m.
                is_left = not place and operation in ("sum", "difference", "product")
                least = APPLICATION if operation == "minus" else needs if is_left else min(needs + 1, ATOM)
                texts.append(text if level >= max(least, ATOM * (moving is not None)) else f"({text})")
            return (standing if moving is None else moved).format(*texts), binds

        def part(inner: Expr) -> tuple[str, int]:
            return self._formula(inner, known, moving)

        def held(text: str, level: int) -> tuple[str, int]:
            return (text, level) if moving is None else written("held", (text, level))

        match node:
            case Letter(kind="weight") | At():
                if moving is not None:
                    if node in moving:
                        return moving[node], ATOM
                    self.holds(node if isinstance(node, Letter) else node.letter)
                return held(self.here(node, known), ATOM if isinstance(node, Letter) else APPLICATION)
            case Add():
                whole = part(node.parts[0])
                for sign, positive in map(unsigned, node.parts[1:]):
                    whole = written("difference" if sign else "sum", whole, part(positive))
                return whole
            case Mul() if unsigned(node)[0]:
                return written("minus", part(unsigned(node)[1]))
            case Mul():
                for left, right in itertools.pairwise(node.parts):
                    if self.size(left)[1] != self.size(right)[0]:
                        raise Undecided(f"{node} is a number times a matrix, which is no product of matrices")
                return functools.reduce(functools.partial(written, "product"), map(part, node.parts))
            case Hadamard():
                return functools.reduce(functools.partial(written, "entrywise"), map(part, node.parts))
            case Apply(function, (argument,), 0) if function.is_entrywise:
                name, slope, _ = self.function(function)
                return written("function", (name if moving is None else f"{name} {slope}", ATOM), part(argument))
            case Transpose():
                return written("transpose", part(node.of))
            case Ones():
                rows, columns = self.size(node)
                return held(f"(const_mx 1%:R : 'M[R]_({rows}, {columns}))", ATOM)
            case _:
                raise Undecided(f"what {node} moves is not known: it is no sum, product or function of each entry")

    def defined(self, state: At) -> Own:
        """A state by its definition, as a hypothesis and as a function of letters that move, written once."""
        own = self.gallina.reader.definitions.own(state)
        letter = state.letter
        if letter in self.moving:
            return own
        if own.ranged or own.base is not None or not own.is_state or self.size(At(letter, T))[1] != "1":
            raise Undecided(f"{at_step(state)} is no column that is computed from its own step and the one before")
        self.moving[letter] = self.name(f"{letter.symbol}_moves", letter, "moves")
        name, body, known, t = self.letter(letter), at_step(own.body), _known(own), self.gallina.letter("t")
        value = self.formula(body, known)
        said = self.name(f"{letter.symbol}_defined", letter, "defined")
        before = "".join(f"{self.gallina.known(row)} -> " for row in known if own.first)
        self.hypotheses[f"Hypothesis {said} : forall {t}, {before}{name} {t} = {value}."] = None
        arguments = self.arguments(own)
        typed = " ".join(f"({name} : moving R {' '.join(self.size(of))})" for of, name in arguments.items())
        self.lemmas.append(
            f"Definition {self.moving[letter]} ({t} : nat) {typed} :=\n  {self.formula(body, known, arguments)}."
        )
        return own

    def states(self, own: Own) -> list[At]:
        """The states in a right side at t."""
        return [
            At(state.letter, T - (CLOCK - state.index)) for state in relation(self.gallina.reader.page, own.body).states
        ]

    def arguments(self, own: Own) -> dict[Expr, str]:
        """What may move in a right side, with its name there: parts of the weight, then states."""
        weights = [part for part in parts(self.gallina.reader.page, self.weight) if part in own.weights]
        found: dict[Expr, str] = {part: self.name(part.symbol, part, "moving") for part in weights}
        return found | {of: self.name(of.letter.symbol, of, "moving") for of in self.states(own)}

    def inside(self, of: Expr, own: Own) -> str:
        """A letter of a right side as an argument."""
        text = self.here(of, _known(own))
        return f"({text})" if isinstance(of, At) else text

    def applied(self, state: At, own: Own, moving: Mapping[Expr, str]) -> str:
        """The function of a state's letters at t; these move as told, ``{}`` being the letter, and no other does."""
        values = [moving.get(of, "(held {})").format(self.inside(of, own)) for of in self.arguments(own)]
        return " ".join([self.moving[state.letter], self.gallina.letter("t"), *values])

    # ------------------------------------------------------------------------------------------- letters of the claim

    def define(self, met: Sequence, *, is_given: bool) -> None:
        """A letter of the claim as the derivative that it stands for. Raises :class:`Undecided` for any other.

        ``is_given``: an immediate partial of a state at step 0 stands in the claim, where it is 0.
        """
        d, t = self.name("D"), self.gallina.letter("t")
        match met.pattern:
            case Total(At() as state, wrt) if wrt == self.weight:
                self.defined(state)
                body = f"columns (fun k => along ({d} k) ({self.letter(state.letter)} {t}))"
            case Partial(At() as state, wrt, _, False) if wrt == self.weight:
                own = self.defined(state)
                weights: dict[Expr, str] = {
                    of: f"(along ({d} k) {{}})" for of in self.arguments(own) if isinstance(of, Letter)
                }
                body = f"columns (fun k => {self.applied(state, own, weights)})"
            case Partial(At() as state, At(letter, index), False, False) if met.indices == 1:
                own, there = self.defined(state), At(letter, T - (CLOCK - index))
                others = [other for other in self.states(own) if other != there]
                if len(others) == len(self.states(own)) or any(self._follows(other, there) for other in others):
                    raise Undecided(f"{at_step(met.pattern)} is more than what {there} moves in the definition itself")
                body = f"columns (fun j => {self.applied(state, own, {there: '({}, unit j)'})})"
            case _:
                shown = substitute(at_step(met.pattern), {SOURCE: Index.letter("b")})
                raise Undecided(f"{shown} is no derivative in {self.weight}, and no Jacobian of one step")
        rows, columns = met.shape
        if is_given:
            # What moves a state at step 0, where it is given, is nothing.
            body = f"if (0 < {t})%N then {body} else 0"
            self.given.setdefault(state.letter, []).append(met.name)
        self.lemmas.append(f"Definition {met.name} {t} : 'M[R]_({rows}, {columns}) :=\n  {body}.")

    def _follows(self, other: At, there: At) -> bool:
        """Whether a state of a right side may be computed from another one there, which then moves it too."""
        back = Variable(there.letter, Index.letter("b"))
        return (other.index - there.index).constant >= 0 and self.gallina.reader.sees(At(other.letter, CLOCK), back)

    def start(self, met: Sequence, name: str, statement: str) -> None:
        """A derivative is 0 at step 0, where the state is given."""
        assert isinstance(met.pattern, Total)
        assert isinstance(met.pattern.of, At)
        letter, d = met.pattern.of.letter, self.name("D")
        said = self.name(f"{d}_{letter.symbol}_start", letter, "start")
        self.hypotheses[f"Hypothesis {said} : forall k, map_mx ({d} k) ({self.letter(letter)} 0%N) = 0."] = None
        self.lemmas += [f"Lemma {name} : {statement}.", f"Proof. by apply: columns_held => k; exact: {said}. Qed."]

    def step(self, met: Sequence, name: str, statement: str) -> None:
        """The relation of one step: derivations pass into the definition, and what each state moves is split off."""
        assert isinstance(met.pattern, Total)
        state = met.pattern.of
        assert isinstance(state, At)
        own, d, t = self.defined(state), self.name("D"), self.gallina.letter("t")
        along = f"(along ({d} k) {{}})"
        moving: dict[Expr, str] = {of: along for of in self.arguments(own) if isinstance(of, Letter)}
        is_direct, seen = bool(moving), []
        for of in self.states(own):
            if self.gallina.reader.sees(At(of.letter, CLOCK), Variable(self.weight)):
                moving[of] = along
                seen.append(of)
            else:
                self.holds(of.letter)
        whole = f"(fun k => {self.applied(state, own, moving)})"
        rules = [f"along_{rule} ({d}_rules k)" for rule in ("number", "add", "opposite", "times", "by_entries")]
        rules.append("along_turned")
        functions = dict.fromkeys(part.function for part in walk(own.body) if isinstance(part, Apply))
        rules += [f"along_apply _ ({self.function(function)[2]} k)" for function in functions]
        defined = self.name(f"{state.letter.symbol}_defined", state.letter, "defined")
        later = [self.name("later")] if own.first else []
        # An immediate partial that is 0 at step 0 is what moves the state at any later one.
        opening = [f"rewrite /{given}" for given in self.given.get(state.letter, ())] if is_direct else []
        end = " ".join(["by", *opening, *later]) + "." if opening else "by []."
        opened = f"rewrite /{self.moving[state.letter]}"
        lines = [
            f"move=> {' '.join([t, *later])}; rewrite /{met.name} (@columns_same _ _ _ _ {whole}); last first.",
            f"  by move=> k; rewrite {defined} //; {opened} !({', '.join([*self.still, *rules])}).",
        ]
        rest = whole
        for of in reversed(seen):
            del moving[of]
            rest = f"(fun k => {self.applied(state, own, moving)})"
            unit = f"(fun j => {self.applied(state, own, {of: '({}, unit j)'})})"
            value = f"(fun k => {along.format(self.inside(of, own))})"
            lines.append(
                f"rewrite (@columns_split _ _ _ _ _ {rest} {unit} {value}); last by move=> k; {opened}; split_up."
            )
        if not is_direct:
            lines.append(f"rewrite (@columns_held _ _ _ {rest}) ?add0r; last by move=> k; {opened}; stand_still.")
        self.lemmas += [f"Lemma {name} : {statement}.", "Proof.", *lines, end, "Qed."]

    def zero(self, met: Sequence, name: str, statement: str) -> None:
        """An immediate partial of a state that is given is 0."""
        self.lemmas.append(f"Lemma {name} : {statement}. Proof. by []. Qed.")

    def premises(self) -> list[str]:
        """All that was declared, assumed, defined and proved."""
        sizes, d = list(self.gallina.sizes.values()), self.name("D")
        return [
            "Variable R : comRingType.",
            *([f"Variables {' '.join(sizes)} : nat."] if sizes else []),
            *self.variables,
            f"(* A derivation for each number in {self.weight}. *)",
            f"Variable {d} : 'I_{self.parameters} -> R -> R.",
            f"Hypothesis {d}_rules : forall k, derivation ({d} k).",
            *self.hypotheses,
            *self.lemmas,
        ]


def _known(own: Own) -> Known:
    return (T - own.first,)
