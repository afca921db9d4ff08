"""What runs backwards in time is a derivative of a loss: by induction downwards, from the last step on.

A recursion such as δ_t = φ'(z_t) ⊙ (Vᵀ e_t + Wᵀ δ_{t+1}) with δ_{T+1} = 0 defines δ_t at every step from T down. If
dL/dz_t is what δ_t is at the last step, and what the recursion makes of dL/dz_{t+1} at every step before, then δ_t is
dL/dz_t: these are equations in which no letter runs backwards, and other methods prove them for every step. So is a
claim about δ in which every δ_t is replaced by dL/dz_t. Letters that no derivative is found for are replaced by what
they are defined as, so that of those that use each other some are enough.

Here such equations are only written down; which of them hold is found by who asks.

>>> from symbptt.page.notation import Sum, Zero, d, function, hadamard, indices, sizes, slope, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, z, lam, L = state("h", n), state("z", n), state("lam", n), state("L")
>>> W, phi, ell = weight("W", n, n), function("phi"), function("ell", 1)
>>> page = Derivation("A recurrence with a loss")
>>> _ = page.define("1", z[t], W @ h[t - 1])
>>> _ = page.define("2", h[t], phi(z[t]))
>>> _ = page.define("3", L, Sum(ell(h[t]), (t, 1, T)))
>>> _ = page.define("4", lam[T + 1], Zero(h[t]))
>>> _ = page.define("5", lam[t], d(ell(h[t]), h[t]).T + W.T @ hadamard(slope(phi, z[t + 1]), lam[t + 1]))
>>> claim = page.claim("6", lam[t].T, d(L, h[t]))
>>> (letter,) = running(page, claim)
>>> print(", ".join(map(str, candidates(page, letter))))
(d L/d h_#)ᵀ, d L/d h_#, d L/d z_#
>>> for equation in Backwards(page, {letter: next(candidates(page, letter))}, 1).obligations():
...     print(equation)
(lam_t) (d L/d h_t)ᵀ = (d ell(h_t)/d h_t)ᵀ + Wᵀ · (phi'(z_{t+1}) ⊙ (d L/d h_{t+1})ᵀ), t = 1..T
(lam_T+1) (d L/d h_{T+1})ᵀ = 0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Apply,
    At,
    Diag,
    Expr,
    Hadamard,
    Index,
    Laid,
    Letter,
    Mul,
    Ranged,
    Total,
    Transpose,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import SCALAR, shape
from symbptt.proofs.definitions import CLOCK, Known
from symbptt.proofs.induction import assumed
from symbptt.proofs.words import entails

LAGS = 3
"""How many steps before the last one may be looked at by themselves."""


class _Reaches(Undecided):
    """A letter stands at a step at which it is not known to be what the recursion makes of it."""


def running(page: Derivation, equation: Equation) -> tuple[Letter, ...]:
    """The letters that run backwards in an equation and in what these are defined as."""
    found = dict.fromkeys(letter for side in page.resolved(equation) for letter in _backwards_in(side))
    for letter in list(found):
        found |= dict.fromkeys(one for one in sorted(page.meaning.leads_to(letter), key=str) if one.last is not None)
    return tuple(found)


def _backwards_in(node: Expr) -> Iterator[Letter]:
    return (part for part in walk(node) if isinstance(part, Letter) and part.last is not None)


def candidates(page: Derivation, letter: Letter) -> Iterator[Expr]:
    """The derivatives that a letter may be, at the step ``#``: those that the page claims it to be before all others.

    A column or a matrix is a derivative in the shape of what it is taken in, a row one in numerator layout; in a state,
    or in what an activation is applied to.
    """
    own = shape(page, letter)
    for equation in page:
        if equation.kind == "claim" and not equation.for_each and not equation.weights:
            yield from _claimed(page, letter, *equation.sides)
            yield from _claimed(page, letter, *equation.sides[::-1])
    for loss in _losses(page, letter):
        for state in sorted(page.meaning.leads_to(loss), key=str):
            defined = page.meaning.defined(state)
            if not defined.has_index or not page.meaning.is_differentiable(state):
                continue
            taken_in, rate = shape(page, state), Total(loss, At(state, CLOCK))
            if taken_in == own:
                yield rate if own == SCALAR else Laid(rate, "shaped")
            elif own[0] == ONE and taken_in == (own[1], ONE):
                yield rate
            else:
                continue
            body = defined.at(CLOCK)
            if isinstance(body, Apply) and body.function.is_entrywise and not isinstance(body.arguments[0], At):
                slope = replace(body, primes=body.primes + 1)
                yield Hadamard((slope, Laid(rate, "shaped"))) if taken_in == own else Mul((rate, Diag(slope)))


def _claimed(page: Derivation, letter: Letter, one: Expr, other: Expr) -> Iterator[Expr]:
    """What a claim says that a letter is, where it says that with nothing that runs backwards."""
    at = one.of if isinstance(one, Transpose) else one
    if not isinstance(at, At) or at.letter != replace(letter, last=None) or not at.index.terms:
        return
    if not any(page.meaning.runs_backwards(part) for part in walk(other) if isinstance(part, Letter)):
        (name,) = at.index.letters()
        said = substitute(other, {name: CLOCK - at.index.constant})
        yield Transpose(said) if isinstance(one, Transpose) else said


def _losses(page: Derivation, letter: Letter) -> Iterator[Letter]:
    """The scalars without an index that stand at the step which a letter comes from."""
    for loss in page.meaning.letters.values():
        if loss.kind == "state" and page.definitions(loss) and not page.meaning.defined(loss).has_index:
            at_last = letter.last is not None and page.clock(loss) in letter.last.letters()
            if at_last and page.meaning.is_differentiable(loss) and shape(page, loss) == SCALAR:
                yield loss


@dataclass(frozen=True, slots=True)
class Backwards:
    """What letters that run backwards are taken to be, ``meant`` at the step ``#``, from the step ``low`` on."""

    page: Derivation
    meant: Mapping[Letter, Expr]
    low: int

    def obligations(self) -> Iterator[Equation]:
        """The equations that make every letter what it is taken to be: at the last steps, and at each one before.

        At one step a letter may be used by another one: what it is defined as does not lead back to it there. Raises
        :class:`Undecided` where what a letter is at the last step is a constant, or stands in no such equation.
        """
        for letter in self.meant:
            self._check_direction(letter)
            step, last = self.page.meaning.defined(letter).head.index, self._last(letter)
            body, lag = self._before_the_end(letter, step, last)
            bounds = (step, Index.of(self.low), last - lag)
            yield self._equation(letter, step, body, (bounds,), 1)
            for ahead in range(1 - lag, self._top(letter) + 1):
                first = max(1, self.low - ahead)
                at = last + ahead
                yield self._equation(letter, at, self.defined(At(letter, at), (last - first,)), (), first)

    def _check_direction(self, letter: Letter) -> None:
        """Raise :class:`Undecided` for a letter that recurs by earlier steps: an induction downwards is none for it."""
        meaning = self.page.meaning
        for other in (one for one in meaning.leads_to(letter) if meaning.is_together(one, letter)):
            head, *said = meaning.defined(other).head, meaning.defined(other).body
            used = [node for side in said if side is not None for node in walk(side) if isinstance(node, At)]
            for node in (node for node in used if meaning.is_together(node.letter, letter)):
                gap = node.index - head.index
                if gap.terms or gap.constant < 0:
                    raise Undecided(f"{letter} recurs by {node}, which is no later step")

    def _before_the_end(self, letter: Letter, step: Index, last: Index) -> tuple[Expr, int]:
        """What a letter is at each step but the last ones, and how many these are."""
        for lag in range(LAGS):
            try:
                known = (last - 1, step - self.low, last - lag - step)
                return self.defined(At(letter, step), known), lag
            except _Reaches as error:
                why = error
        raise Undecided(str(why))

    def _equation(
        self, letter: Letter, at: Index, body: Expr, ranges: tuple[tuple[Index, Index, Index], ...], start: int
    ) -> Equation:
        place = self.page.definitions(letter)[0].place
        left = substitute(self.meant[letter], {"#": at})
        return Equation(f"{letter}_{at}", "claim", left, body, place, for_each=ranges, start=start)

    def rewritten(self, equation: Equation, start: int) -> Iterator[Equation]:
        """A claim without letters that run backwards, for its last steps by themselves where that is needed."""
        last = Index.letter(self.page.meaning.last)
        left, right = self.page.resolved(equation)
        try:
            yield self._without(equation, left, right, start)
            return
        except _Reaches:
            pass
        times = self.page.meaning.stated(equation).times
        ranged = {index.name(): (index, lower, upper) for index, lower, upper in equation.for_each}
        name = next(iter((*times, *ranged)), "")
        index, lower, upper = ranged.get(name, (Index.letter(name or "t"), Index.of(1), last))
        if not name or (upper - last).terms or lower.terms or equation.for_each[1:]:
            raise Undecided("its last steps are not told from the others")
        for lag in range(1, LAGS):
            try:
                before = replace(equation, for_each=((index, lower, last - lag),))
                made = self._without(before, left, right, start)
            except _Reaches:
                continue
            yield made
            for ahead in range(1 - lag, (upper - last).constant + 1):
                first = max(start, lower.constant - ahead)
                alone = replace(equation, for_each=())
                one, other = (substitute(side, {name: last + ahead}) for side in (left, right))
                yield self._without(alone, one, other, first)
            return
        raise Undecided("its last steps are not told from the others")

    def _without(self, equation: Equation, left: Expr, right: Expr, start: int) -> Equation:
        known = assumed(self.page, equation, left, right, start)
        made = equation.with_sides(*(self.replaced(side, known) for side in (left, right)))
        return replace(made, start=start)

    def replaced(self, node: Expr, known: Known) -> Expr:
        """An expression in which every letter that runs backwards is what it is taken to be, or defined as."""
        if isinstance(node, At) and node.letter.last is not None:
            self._need(known, node.index - self.low, node)
            if node.letter not in self.meant:
                return self.defined(node, known)
            self._need(known, self._last(node.letter) + self._top(node.letter) - node.index, node)
            return substitute(self.meant[node.letter], {"#": node.index})
        if isinstance(node, Ranged):
            index = Index.letter(node.index)
            known = (*known, index - node.lower, node.upper - index)
        return rebuild(node, lambda part: self.replaced(part, known), lambda index: index)

    def defined(self, node: At, known: Known) -> Expr:
        """What a letter is defined as at a step, nothing that runs backwards left in it."""
        defined, last = self.page.meaning.defined(node.letter), self._last(node.letter)
        ahead = node.index - last
        said = defined.ends.get(ahead.constant) if not ahead.terms else None
        if said is None:
            self._need(known, last + min(defined.ends, default=1) - 1 - node.index, node)
            said = defined.at(node.index)
        if said is None or defined.fixed:
            raise Undecided(f"the page does not say what {node.letter} is at each step")
        return self.replaced(said, known)

    def _need(self, known: Known, condition: Index, node: At) -> None:
        if not entails(known, condition):
            raise _Reaches(f"{node}: {condition} >= 0 does not follow")

    def _last(self, letter: Letter) -> Index:
        assert letter.last is not None
        return letter.last

    def _top(self, letter: Letter) -> int:
        """How many steps behind the last one the page says what a letter is."""
        return max((0, *self.page.meaning.defined(letter).ends))
