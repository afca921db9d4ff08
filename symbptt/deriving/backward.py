"""The backward pass of a page: what each letter of a step gets from the loss, from the last step down.

Of each letter s of the step the gradient is named δs. It is what the loss says of s, and over every letter whose
definition s stands in, what that one passes to it (``rules``): of the same step, or of a later one, so that δs_t
recurs from δ_{t+1}. At the last steps, where nothing comes behind, it is defined by itself. The gradient in a weight
is the sum over the steps of what each of them passes to it.

These are equations of a page of their own. They claim to be gradients, and whoever asks has them judged.

>>> from symbptt.page.notation import function, indices, sizes, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, W, L, ell = state("h", n), weight("W", n, n), state("L"), function("ell", 1)
>>> page = Derivation("A recurrence")
>>> _ = page.define("h", h[t], function("tanh")(W @ h[t - 1]))
>>> _ = page.define("L", L, Sum(ell(h[t]), (t, 1, T)))
>>> made = backward_pass(page, L)
>>> for equation in made.page.equations[2:]:
...     print(equation)
(delta h T) δh_T = ∂ell(h_T)/∂h_T
(delta h) δh_t = ∂ell(h_t)/∂h_t + Wᵀ · δh̄_{t+1}
(delta h bar) δh̄_t = δh_t ⊙ (1 - h_t^{2})
(dL/dh) d L/d h_t = δh_t
(dL/dW) d L/d W = Σ_{t=1..T} (δh̄_t · h_{t-1}ᵀ)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from symbptt.deriving.rules import Pulled, Rules
from symbptt.deriving.steps import Backward, Definitions, free_tag, plain
from symbptt.deriving.tidy import UNIT, added, is_number
from symbptt.errors import Undecided
from symbptt.page.conventions import MIXED, Convention, laid_by, printed_under
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import At, Expr, Index, Letter, Sum, Zero, d, free_indices, owner, substitute, walk
from symbptt.page.resolved import in_order
from symbptt.page.shapes import shape
from symbptt.printing.tex import latex

DRESSES = (("bar", "\u0304"), ("check", "\u030c"), ("vec", "\u20d7"), ("dot", "\u0307"))
"""Accents for the argument of a function that has no letter, as LaTeX and as text: h̄ where h is tanh(...)."""
LONGEST = 31


@dataclass
class _Share:
    """What one place passes to a letter: ``rate`` at the step t, by a letter ``lag`` steps later.

    ``at_end``: at the step T + ``lag`` alone, and not at every one.
    """

    rate: Expr
    lag: int = 0
    at_end: bool = False


def backward_pass(
    page: Derivation, loss: Letter, weights: Sequence[Letter] | None = None, layout: Convention = MIXED
) -> Backward:
    """The backward pass of a page with respect to a loss, its derivatives laid out as ``layout`` says.

    Raises :class:`Undecided` where a definition has no rule.
    """
    made = _Pass(page, loss)
    made.run()
    return made.written(weights if weights is not None else page.weights_under(loss), layout)


class _Pass(Definitions):
    """One backward pass while it is put together."""

    def __init__(self, page: Derivation, loss: Letter) -> None:
        super().__init__(page, loss)
        self.loss = loss
        self.shares: dict[Letter, list[_Share]] = {}
        """What each state gets, by letters at the step t."""
        self.summed: dict[Letter, list[Expr]] = {}
        """What each weight gets at each step."""
        self.alone: dict[Letter, list[Expr]] = {}
        """What each weight gets beside the sum over the steps."""
        self.arguments: dict[Letter, list[tuple[Letter, Expr]]] = {}
        """Of each state the gradients in arguments that have no letter, with what they are."""
        self.order: list[Letter] = []
        """The states whose gradient is named, those that use others before these."""
        self.unnamed: list[tuple[Letter, Expr]] = []
        """States whose gradient is written out wherever it is needed."""
        self.names: dict[Letter, Letter] = {}
        self.taken = {*page.meaning.letters}
        self.made: set[str] = set()

    # ------------------------------------------------------------------------------------------- the pass

    def run(self) -> None:
        """Collect what every letter gets: from the loss first, then from each letter after those that use it."""
        for pulled in self.rules.pulled(self.bodies[self.loss], UNIT):
            self._from_loss(pulled)
        for letter in self._users_first():
            own = self.shares.get(letter, [])
            if letter in self.rules.logarithms and not own:
                continue  # the gradient of its logarithm went on to what its softmax is taken of
            if not self._recurs(letter) and self._is_passed_on(own):
                self.shares.pop(letter, None)
                for share in own:
                    self._through(letter, share)
                if not all(share.at_end or is_number(share.rate) for share in own):
                    self.unnamed.append((letter, added([share.rate for share in own])))
                continue
            self.order.append(letter)
            rules = replace(self.rules, named=partial(self._named, letter))
            for pulled in rules.pulled(self.bodies[letter], self.delta(letter)[self.step]):
                self._from_step(pulled)

    def _users_first(self) -> list[Letter]:
        return in_order(
            self.letters,
            lambda letter: [
                user for user in self.letters if user != letter and At(letter, self.step) in walk(self.bodies[user])
            ],
        )

    def _is_passed_on(self, shares: Sequence[_Share]) -> bool:
        """Whether the gradient in a letter has no name of its own.

        The loss is a sum of that letter, or is of its last step alone, or it has 1/T in it: a definition at the step t
        would not say what T is.
        """
        named = {*self.names.values()}
        own = [node for share in shares for node in walk(share.rate)]
        if any(self.last.letters() & free_indices(share.rate) for share in shares if not share.at_end):
            return not any(isinstance(node, At) and node.letter in named for node in own)
        return all(is_number(share.rate) for share in shares) or all(
            share.at_end and share.lag == 0 for share in shares
        )

    def _recurs(self, letter: Letter) -> bool:
        return any(
            isinstance(node, At) and node.letter == letter and node.index not in (self.step, self.last)
            for body in self.bodies.values()
            for node in walk(body)
        )

    def _through(self, letter: Letter, share: _Share) -> None:
        step = self.last + share.lag if share.at_end else self.step
        for pulled in self.rules.pulled(self.at(letter, step), share.rate):
            if share.at_end:
                self._from_loss(pulled)
            else:
                self._from_step(pulled)

    def _from_loss(self, pulled: Pulled) -> None:
        leaf, rate, ranges = pulled
        if ranges:
            whole = (self.step, Index.of(1), self.last)
            if ranges != (whole,):
                raise Undecided(f"{self.loss} sums over other steps than 1..{self.last}")
            self._from_step(Pulled(leaf, rate))
        elif isinstance(leaf, Letter):
            self.alone.setdefault(leaf, []).append(rate)
        elif leaf.letter in self.letters:
            behind = leaf.index - self.last
            if behind.terms or behind.constant > 0:
                raise Undecided(f"{self.loss} is made of {leaf}, which is no step counted from the last one")
            self.shares.setdefault(leaf.letter, []).append(_Share(rate, behind.constant, True))

    def _from_step(self, pulled: Pulled) -> None:
        """What a letter of the step t passes on."""
        leaf, rate, ranges = pulled
        if ranges:
            raise Undecided(f"a letter of a step sums over steps: there is no recursion for {leaf}")
        if isinstance(leaf, Letter):
            self.summed.setdefault(leaf, []).append(rate)
            return
        if leaf.letter not in self.letters:
            return
        gap = self.step - leaf.index
        if gap.terms:
            if self.page.meaning.defined(leaf.letter).fixed:
                raise Undecided(f"{leaf} is used at every step: there is no recursion for it")
            return
        if gap.constant < 0:
            raise Undecided(f"{leaf} is used by an earlier step")
        moved = substitute(rate, {self.step.name(): self.step + gap.constant})
        self.shares.setdefault(leaf.letter, []).append(_Share(moved, gap.constant))

    # ------------------------------------------------------------------------------------------- names

    def delta(self, letter: Letter) -> Letter:
        """The letter for the gradient in a state."""
        if letter not in self.names:
            self.names[letter] = self._letter(letter, "")
        return self.names[letter]

    def _named(self, letter: Letter, _: Expr, rate: Expr) -> Expr:
        """The gradient in an argument that has no letter, by a name of its own."""
        known = self.arguments.setdefault(letter, [])
        for one, own in known:
            if own == rate:
                return one[self.step]
        if len(known) == len(DRESSES):
            raise Undecided(f"the definition of {letter} applies more functions to sums than there are names for")
        made = self._letter(letter, DRESSES[len(known)][0])
        known.append((made, rate))
        return made[self.step]

    def _letter(self, letter: Letter, dress: str) -> Letter:
        symbol, spelled, written = f"delta_{letter.symbol}", str(letter), latex(letter)
        if dress:
            stem, scripts = _split(written)
            short, behind = _split(spelled)
            symbol, spelled = f"{symbol}_{dress}", short + dict(DRESSES)[dress] + behind
            written = rf"\{dress}{{{stem}}}{scripts}"
        while symbol in self.taken or len(symbol) > LONGEST:
            symbol = f"delta_{len(self.taken)}"
        self.taken.add(symbol)
        self.made.add(symbol)
        made = Letter(symbol, "state", shape(self.page, letter))
        return made.spelled(f"δ{spelled}", rf"\delta {written}")

    # ------------------------------------------------------------------------------------------- the equations

    def written(self, weights: Sequence[Letter], layout: Convention) -> Backward:
        """The page with what was collected."""
        made = self.definitions()
        given = len(made.equations)
        t, name = self.step, self.step.name()
        for letter in self.order:
            delta, shares = self.delta(letter), self.shares[letter]
            reach = max((share.lag for share in shares if not share.at_end), default=0)
            ends = [-share.lag for share in shares if share.at_end]
            before = max(reach, *(end + 1 for end in ends)) if ends else reach
            like = letter[t]
            if self._by_zeros:
                if ends:
                    raise Undecided(f"{letter} recurs over several steps, and {self.loss} is of one step alone")
                before = 0
            for back in range(before):
                own = [share.rate for share in shares if (share.at_end and -share.lag == back)]
                own += [
                    substitute(share.rate, {name: self.last - back})
                    for share in shares
                    if not share.at_end and share.lag <= back
                ]
                right = added(own) if own else Zero(like)
                self._define(made, f"delta {plain(letter)} {self.last - back}", delta[self.last - back], right, layout)
            running = [share.rate for share in shares if not share.at_end]
            right = added(running) if running else Zero(like)
            self._define(made, f"delta {plain(letter)}", delta[t], right, layout)
            for (argument, rate), (dress, _) in zip(self.arguments.get(letter, []), DRESSES, strict=False):
                self._define(made, f"delta {plain(letter)} {dress}", argument[t], rate, layout)
        if self._by_zeros:
            self._behind_the_end(made, layout)
        claims = [self._gradient_claim(made, letter[t], rate, layout) for letter, rate in self.unnamed]
        claims += [self._gradient_claim(made, letter[t], self.delta(letter)[t], layout) for letter in self.order]
        refused = {}
        for weight in weights:
            try:
                claims.append(self._gradient_claim(made, weight, self._gradient(weight), layout))
            except Undecided as why:
                refused[weight.symbol] = str(why)
        return Backward(made, self.loss, tuple(claims), len(made.equations) - given, refused)

    def _from_first(self) -> dict[Letter, list[Expr]]:
        """What each weight gets by the states that start from it: h_0 has a gradient as well."""
        meaning, found = self.page.meaning, dict[Letter, list[Expr]]()
        begun = {letter: fixed for letter in self.letters if self._moves(fixed := meaning.defined(letter).fixed)}
        rates = {letter: [self._at_zero(letter, share) for share in self.shares.get(letter, [])] for letter in begun}
        for letter, fixed in begun.items():
            if set(fixed) != {0}:
                raise Undecided(f"{letter} has a definition of its own at another step than 0")
            known = [rate for rate in rates[letter] if rate is not None]
            for leaf, rate, ranges in Rules(self.page, {}).pulled(self.opened(fixed[0]), added(known)):
                if isinstance(leaf, At) or ranges:
                    raise Undecided(f"{letter} starts from {leaf}")
                found.setdefault(leaf, []).append(rate)
        return found

    def _moves(self, fixed: Mapping[int, Expr]) -> bool:
        return any(self.rules.moves(node) for said in fixed.values() for node in walk(said))

    def _at_zero(self, letter: Letter, share: _Share) -> Expr | None:
        """A share of a first state; None for one of its own step, which no letter is computed at."""
        if share.at_end or share.lag > 1:
            raise Undecided(f"{letter} starts from what depends on weights, and is used several steps later")
        return substitute(share.rate, {self.step.name(): Index.of(0)}) if share.lag else None

    @property
    def _by_zeros(self) -> bool:
        """Whether what comes behind the last step is said to be 0, because a letter recurs over several steps."""
        return max((share.lag for own in self.shares.values() for share in own), default=0) > 1

    def _behind_the_end(self, made: Derivation, layout: Convention) -> None:
        """δ_{T+1} = 0, and so on for each letter and step that a recursion looks ahead to."""
        ahead: dict[Letter, int] = {}
        for node in (node for own in self.shares.values() for share in own for node in walk(share.rate)):
            if isinstance(node, At) and node.letter.symbol in self.made:
                ahead[node.letter] = max(ahead.get(node.letter, 0), (node.index - self.step).constant)
        for letter, most in ahead.items():
            for k in range(1, most + 1):
                at = letter[self.last + k]
                self._define(made, f"delta {plain(letter)} {at.index}", at, Zero(letter[self.step]), layout)

    def _gradient(self, weight: Letter) -> Expr:
        terms: list[Expr] = []
        if weight in self.summed:
            terms.append(Sum(added(self.summed[weight]), (self.step, 1, self.last)))
        terms += self.alone.get(weight, [])
        terms += self._from_first().get(weight, [])
        return added(terms) if terms else Zero(weight)

    def _define(self, made: Derivation, tag: str, left: Expr, right: Expr, layout: Convention) -> None:
        # A definition says what it says in any layout; only how its derivatives are printed changes.
        equation = made.define(free_tag(made, tag), left, right)
        made.equations[-1] = printed_under(made, equation, layout)

    def _gradient_claim(self, made: Derivation, wrt: At | Letter, right: Expr, layout: Convention) -> Equation:
        left = laid_by(made, d(self.loss, wrt), MIXED)
        equation = self.claim(made, self.loss, owner(wrt), left, right)
        made.equations[-1] = printed_under(made, equation, layout)
        return made.equations[-1]


def _split(name: str) -> tuple[str, str]:
    """A name as its stem, which an accent stands above, and its scripts."""
    for place, sign in enumerate(name):
        if sign in "_^" and name[:place].count("{") == name[:place].count("}"):
            return name[:place], name[place:]
    return name, ""
