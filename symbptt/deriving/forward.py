"""What runs forward: the Jacobians of one step, and what a weight does to each state by the states of the step before.

By d s_t/dW = ∂⁺s_t/∂W + Σ_r ∂⁺s_t/∂r_{t-1} · d r_{t-1}/dW over the states r that recur, real-time recurrent learning
(Williams and Zipser, 1989) needs no pass backward. Written out down to the first step, where one state recurs alone,
it is the sum over the steps that use the weight. All of this is numerator layout: a derivative in a matrix has a column
for each of its entries.

>>> from symbptt.page.notation import function, indices, sizes, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, W, L, ell = state("h", n), weight("W", n, n), state("L"), function("ell", 1)
>>> page = Derivation("A recurrence")
>>> _ = page.define("h", h[t], function("tanh")(W @ h[t - 1]))
>>> _ = page.define("L", L, Sum(ell(h[t]), (t, 1, T)))
>>> for name in ("rtrl", "expanded"):
...     for claim in forward_pass(page, L, (W,), name).claims:
...         print(claim)
(dh/dW) d h_t/d W = ∂⁺h_t/∂W + ∂h_t/∂h_{t-1} · d h_{t-1}/d W
(dL/dW) d L/d W = Σ_{t=1..T} (∂ell(h_t)/∂h_t · d h_t/d W)
(dh/dW) d h_t/d W = Σ_{i=1..t} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂W)
(dL/dW) d L/d W = Σ_{t=1..T} (∂ell(h_t)/∂h_t · d h_t/d W)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

from symbptt.deriving.jacobians import pushed
from symbptt.deriving.rules import Pulled
from symbptt.deriving.steps import Backward, Definitions
from symbptt.deriving.tidy import UNIT, added, multiplied, transposed
from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    At,
    Expr,
    Identity,
    Index,
    Laid,
    Letter,
    Product,
    Sum,
    d,
    diag,
    partial,
    rebuild,
    walk,
)
from symbptt.page.resolved import in_order
from symbptt.page.shapes import shape

Mode: TypeAlias = Literal["backward", "rtrl", "expanded", "jacobian"]
MODES: tuple[Mode, ...] = get_args(Mode)


def forward_pass(page: Derivation, loss: Letter, weights: Sequence[Letter], mode: str) -> Backward:
    """The sensitivities of a page and the gradients that they make; raises :class:`Undecided` for what has no rule."""
    return _Sensitivities(page, loss, mode).written(weights)


def step_jacobians(page: Derivation, loss: Letter | None) -> Backward:
    """The Jacobians of one step, of the letters under a loss or of all; raises :class:`Undecided` as above."""
    return _Steps(page, loss).jacobians()


class _Steps(Definitions):
    """What the states of a page do to each other over one step."""

    def __init__(self, page: Derivation, loss: Letter | None) -> None:
        super().__init__(page, loss)
        used = [node for body in self.bodies.values() for node in walk(body) if isinstance(node, At)]
        before = {node.letter: None for node in used if node.letter in self.letters and node.index == self.step - 1}
        self.recurrent = [letter for letter in self.letters if letter in before]
        for node in used:
            if node.letter in self.letters and node.index not in (self.step, self.step - 1, self.last):
                raise Undecided(f"{node} is used several steps later")

    def jacobians(self) -> Backward:
        """The page with what each letter of a step does in the states of the step before, those that recur last."""
        made = self.definitions()
        given, claims, t = len(made.equations), list[Equation](), self.step
        for before in (state[t - 1] for state in self.recurrent):
            known: dict[At, Expr] = {before: Identity(diag(before))}
            for letter in in_order(self.recurrent, self._beside):
                right = pushed(self.rules, self.bodies[letter], known)
                if right is not None:
                    known[letter[t]] = partial(letter[t], before, held=len(self.recurrent) > 1)
                    claims.append(self.claim(made, letter, before.letter, known[letter[t]], right))
        return Backward(made, None, tuple(claims), len(made.equations) - given, {})

    def _beside(self, letter: Letter) -> list[Letter]:
        """The letters of its step that a letter is computed from."""
        nodes = (node for node in walk(self.bodies[letter]) if isinstance(node, At) and node.index == self.step)
        return [node.letter for node in nodes if node.letter in self.letters]


class _Sensitivities(_Steps):
    """What weights do to the states of a page, and by them to a loss."""

    def __init__(self, page: Derivation, loss: Letter, mode: str) -> None:
        super().__init__(page, loss)
        self.loss, self.mode = loss, mode
        for letter in self.letters:
            if page.meaning.defined(letter).fixed:
                raise Undecided(f"{letter} has a definition of its own at a first step")
        if mode == "expanded" and len(self.recurrent) != 1:
            raise Undecided(f"{' and '.join(map(str, self.recurrent)) or 'nothing'} recurs: expected one state alone")

    def inside(self, letter: Letter) -> set[At | Letter]:
        """What a letter is made of inside its step: weights, and the states of the step before."""
        found: set[At | Letter] = set()
        pending, seen = [letter], {letter}
        while pending:
            for node in walk(self.bodies[pending.pop()]):
                if isinstance(node, At) and node.letter in self.letters:
                    if node.index == self.step and node.letter not in seen:
                        seen.add(node.letter)
                        pending.append(node.letter)
                    elif node.index != self.step:
                        found.add(node)
                elif isinstance(node, Letter) and node.kind == "weight":
                    found.add(node)
        return found

    def sensitivity(self, letter: Letter, weight: Letter) -> Expr:
        """What d s_t/dW is by the step before."""
        inside, t = self.inside(letter), self.step
        terms: list[Expr] = [partial(letter[t], weight)] if weight in inside else []
        for state in self.recurrent:
            if At(state, t - 1) in inside and weight in self.page.letters_under([state]):
                jacobian = partial(letter[t], state[t - 1], held=len(self.recurrent) > 1)
                terms.append(multiplied(jacobian, d(state[t - 1], weight)))
        return added(terms)

    def expanded(self, letter: Letter, weight: Letter) -> Expr:
        """The same written out down to the first step."""
        name = self.step.name()
        i, j = (Index.letter(next(one for one in pair if one != name)) for pair in (("i", "k"), ("j", "l")))
        cascade = Product(partial(letter[j], letter[j - 1]), (j, i + 1, self.step))
        return Sum(cascade @ partial(letter[i], weight), (i, 1, self.step))

    def _written(self, letter: Letter, weight: Letter) -> Expr:
        is_box = self.mode == "expanded" and letter in self.recurrent
        return self.expanded(letter, weight) if is_box else self.sensitivity(letter, weight)

    def written(self, weights: Sequence[Letter]) -> Backward:
        """The page with every sensitivity and the gradients."""
        made = self.definitions()
        given, claims = len(made.equations), list[Equation]()
        shares = [*self.rules.pulled(self.bodies[self.loss], UNIT)]
        leaves = {share.leaf.letter for share in shares if isinstance(share.leaf, At)}
        shown = dict.fromkeys([*self.recurrent, *(letter for letter in self.letters if letter in leaves)])
        for letter in shown:
            forms: dict[Expr, list[Letter]] = {}
            for weight in weights:
                if weight in self.page.letters_under([letter]):
                    right = self._written(letter, weight)
                    forms.setdefault(_without(right, weight), []).append(weight)
            for first, *others in forms.values():
                left, right = d(letter[self.step], first), self._written(letter, first)
                claims.append(self.claim(made, letter, first, left, right, others))
        for weight in weights:
            claims.append(self.claim(made, self.loss, weight, d(self.loss, weight), self._gradient(shares, weight)))
        return Backward(made, self.loss, tuple(claims), len(made.equations) - given, {})

    def _gradient(self, shares: Sequence[Pulled], weight: Letter) -> Expr:
        found: dict[tuple[tuple[Index, Index, Index], ...], list[Expr]] = {}
        for leaf, rate, ranges in shares:
            if isinstance(leaf, Letter):
                if leaf == weight:
                    raise Undecided(f"{self.loss} is made of {weight} itself: give what it is beside in it a letter")
                continue
            if leaf.letter not in self.letters or weight not in self.page.letters_under([leaf.letter]):
                continue
            if shape(self.page, leaf)[1] != ONE:
                raise Undecided(f"{leaf} is no column")
            found.setdefault(ranges, []).append(multiplied(_row(rate), d(leaf, weight)))
        terms = []
        for ranges, shared in found.items():
            term = added(shared)
            for bounds in reversed(ranges):
                term = Sum(term, bounds)
            terms.append(term)
        return added(terms)


def _row(rate: Expr) -> Expr:
    """A gradient as the row that it is in numerator layout."""
    return rate.of if isinstance(rate, Laid) else _plain(transposed(rate))


def _plain(node: Expr) -> Expr:
    """The derivative of a loss that was turned twice, as it is."""
    of = getattr(node, "of", None)
    return of.of if isinstance(of, Laid) else rebuild(node, _plain, lambda index: index)


def _without(node: Expr, weight: Letter) -> Expr:
    """An expression with its weight left open, to be compared with that of another."""
    if node == weight:
        return UNIT
    return rebuild(node, lambda part: _without(part, weight), lambda index: index) if not isinstance(node, At) else node
