"""What a page's definitions say, at a step ``#`` that every other step is counted from.

A *pattern* is a state at that step, ``h_#``, or an application such as ``ell(o_#, d_#)``. :class:`Own` is its
definition: what it is made of, how many steps back, which weights are in it, and from which step on it holds. Letters
of the same step that lead back to a state, as gates do, stand in it as what they are defined as: z_t and h_t with
h_t = phi(z_t), z_t = W h_{t-1} are one recurrence, that of h_t = phi(W h_{t-1}).

>>> from symbptt.page.notation import d, function, indices, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> own = Definitions(page).own(At(h, CLOCK))
>>> print(own.body, own.uses == ((h, 1),), *own.weights, own.first)
phi(w · h_{#-1}) True w 1
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Expr,
    Index,
    Letter,
    Mul,
    Product,
    Ranged,
    Sum,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import parts
from symbptt.proofs.words import Factor, entails

CLOCK = Index((("#", 1),))
"""The step in a pattern; no page can write it."""
ZERO = Index.of(0)

Known = tuple[Index, ...]
"""Indices that are >= 0."""


@dataclass(frozen=True, slots=True)
class Own:
    """A definition at the step ``#``: its right side, the one for step 0 if any, and what stands in them.

    ``uses`` are the states with how many steps back they are taken; ``first`` the first step the right side is for.
    ``ranged``: it sums over time, so that its derivative is taken inside the sum. ``inside`` are the letters of the
    same step that were replaced in the right side.
    """

    body: Expr
    base: Expr | None
    uses: tuple[tuple[Letter, int], ...]
    data: frozenset[tuple[Letter, int]]
    weights: frozenset[Letter]
    base_weights: frozenset[Letter]
    ranged: bool
    first: int
    is_state: bool
    inside: tuple[Letter, ...] = ()

    @property
    def begins(self) -> bool:
        """Whether it is a state that is constant at step 0, where its right side would reach before the first step."""
        return self.is_state and self.first == 1 and self.base is None


@dataclass(slots=True)
class Families:
    """The kernel's names for families of letters: one name for one pattern."""

    _names: dict[Expr, str] = field(default_factory=dict)
    _patterns: dict[str, Expr] = field(default_factory=dict)

    def name(self, pattern: Expr) -> str:
        """The kernel's name for a family of letters, one name for one pattern."""
        if pattern not in self._names:
            name = str(pattern)
            while name in self._patterns:
                name += "'"
            self._names[pattern] = name
            self._patterns[name] = pattern
        return self._names[pattern]

    def pattern(self, name: str) -> Expr:
        """The pattern of a family."""
        return self._patterns[name]

    def written(self, factor: Factor, letter: str) -> Expr:
        """A factor as the page would write it; ``letter`` is free for a product."""
        pattern = self._patterns[factor.name]
        if factor.first == factor.last:
            return substitute(pattern, {"#": factor.first})
        index = Index(((letter, 1),))
        low, high = (factor.first, factor.last) if factor.ascending else (factor.last, factor.first)
        return Product(substitute(pattern, {"#": index}), (index, low, high), ascending=factor.ascending)


@dataclass(slots=True)
class Definitions:
    """The definitions of one page, each read once."""

    page: Derivation
    _owns: dict[Expr, Own] = field(default_factory=dict)
    _folded: dict[Expr, tuple[Expr, int]] = field(default_factory=dict)
    _reached: dict[Expr, frozenset[Expr]] = field(default_factory=dict)

    def own(self, pattern: Expr) -> Own:
        """What the page says of h_#, or of an application such as ell(o_#, d_#)."""
        if pattern not in self._owns:
            self._owns[pattern] = self._read(pattern)
        return self._owns[pattern]

    def _read(self, pattern: Expr) -> Own:
        inside: tuple[Letter, ...] = ()
        body, base = pattern, None
        if isinstance(pattern, At):
            body, base = self._said(pattern.letter)
            if inside := self._inside(pattern.letter):
                opened = self.page.meaning.opened(pattern, within=pattern.letter)
                assert opened is not None
                body = opened
        if base is not None and any(isinstance(node, At) and node.letter.kind == "state" for node in walk(base)):
            raise Undecided(f"what {pattern} starts from is made of other states")
        ranged = any(isinstance(node, Ranged) for node in walk(body))
        uses: dict[tuple[Letter, int], None] = {}
        data: set[tuple[Letter, int]] = set()
        for node in walk(body):
            if isinstance(node, At):
                back = CLOCK - node.index
                if back.terms and not ranged:
                    raise Undecided(
                        f"{at_step(pattern)} uses {at_step(node)}, which is not a fixed number of steps back"
                    )
                if node.letter.kind == "state":
                    if back.constant < 0 and not ranged:
                        raise Undecided(f"{at_step(pattern)} uses the later {at_step(node)}")
                    uses[node.letter, back.constant] = None
                else:
                    data.add((node.letter, back.constant))
        reaches = max((back for _, back in (*uses, *data)), default=0)
        lags = [back for _, back in uses]
        begins = 1 if base is not None else max(lags, default=0)
        if not ranged and any(back > begins for _, back in data):
            raise Undecided(f"{at_step(pattern)} uses data from before the first step")
        first = 1 if base is not None else 0 if ranged else max(reaches, 0)
        weights, base_weights = (self.weights(side) for side in (body, base))
        is_state = isinstance(pattern, At)
        return Own(body, base, tuple(uses), frozenset(data), weights, base_weights, ranged, first, is_state, inside)

    def _inside(self, letter: Letter) -> tuple[Letter, ...]:
        """The letters of the same step that a letter is computed from and that lead back to it."""
        found: dict[Letter, None] = {}
        pending = [letter]
        while pending:
            inner = pending.pop()
            body, base = self._said(inner)
            if inner != letter and base is not None:
                raise Undecided(f"{inner}, inside the step of {letter}, starts from a value of its own")
            for node in walk(body):
                if isinstance(node, At) and node.index == CLOCK and self.page.meaning.is_together(node.letter, letter):
                    if node.letter == letter:
                        raise Undecided(f"{letter} leads back to itself inside its step")
                    if node.letter not in found:
                        found[node.letter] = None
                        pending.append(node.letter)
        return tuple(found)

    def _said(self, letter: Letter) -> tuple[Expr, Expr | None]:
        general = self.page.meaning.general(letter)
        body = general.at(CLOCK)
        assert body is not None
        return body, general.fixed.get(0)

    def weights(self, body: Expr | None) -> frozenset[Letter]:
        """The weights in a right side, each of the parts that one is put together from."""
        if body is None:
            return frozenset()
        found = [node for node in walk(body) if isinstance(node, Letter) and node.kind == "weight"]
        return frozenset(part for weight in found for part in parts(self.page, weight))

    def site(self, node: Expr, known: Known) -> tuple[Expr, Index]:
        """A state or an application as a pattern at a step; an application that a definition names is that state."""
        if isinstance(node, Letter) and node.kind == "state":
            node = self.page.resolve(node)
        if isinstance(node, At):
            return At(node.letter, CLOCK), node.index
        index = next((inner.index for inner in walk(node) if isinstance(inner, At)), None)
        if index is None or not isinstance(node, Apply):
            raise Undecided(f"{node} is not a state at a step")
        pattern = counted(node, index)
        if (folded := self._folds().get(pattern)) is not None:
            state, ahead = folded
            if entails(known, index - ahead - self.own(state).first):
                return state, index - ahead
        return pattern, index

    def _folds(self) -> dict[Expr, tuple[Expr, int]]:
        # ell(o_#, d_#) is l_# where the page says so.
        if not self._folded:
            for equation in self.page:
                if equation.kind == "definition" and isinstance(equation.left, At) and equation.left.index.terms:
                    state = At(equation.left.letter, CLOCK)
                    try:
                        body, _ = self._said(state.letter)
                        index = next((inner.index for inner in walk(body) if isinstance(inner, At)), None)
                        if isinstance(body, Apply) and index is not None:
                            self._folded.setdefault(counted(body, index), (state, (index - CLOCK).constant))
                    except Undecided:
                        continue
        return self._folded

    def reach(self, pattern: Expr) -> frozenset[Expr]:
        """The patterns of all states that a definition leads to, itself only if it leads back."""
        if pattern in self._reached:
            return self._reached[pattern]
        found: dict[Expr, None] = {}
        pending = [pattern]
        while pending:
            for letter, _ in self.own(pending.pop()).uses:
                inner = At(letter, CLOCK)
                if inner not in found:
                    found[inner] = None
                    pending.append(inner)
        self._reached[pattern] = frozenset(found)
        return self._reached[pattern]

    def recurrent(self, pattern: Expr) -> bool:
        """Whether a state leads back to itself; raises where not by its own step before and nothing else."""
        if pattern not in self.reach(pattern):
            return False
        for letter, back in self.own(pattern).uses:
            inner = At(letter, CLOCK)
            if (inner == pattern and back != 1) or (inner != pattern and pattern in self.reach(inner)):
                raise Undecided(f"{at_step(pattern)} leads back to itself in more ways than by the step before")
        return True


def at_step(pattern: Expr, at: Index | None = None) -> Expr:
    """The expression that a pattern is at a step; at t where none is given."""
    return substitute(pattern, {"#": Index.letter("t") if at is None else at})


def counted(node: Expr, index: Index) -> Expr:
    """The expression with every index counted from ``#`` instead of ``index``."""

    def moved(inner: Index) -> Index:
        ahead = inner - index
        if ahead.terms:
            raise Undecided(f"{node} is not at one step")
        return CLOCK + ahead

    def rebuilt(part: Expr) -> Expr:
        if isinstance(part, Ranged):
            raise Undecided(f"{node} is not at one step")
        return rebuild(part, rebuilt, moved)

    return rebuilt(node)


def states_in(node: Expr) -> Iterator[Expr]:
    """The states and applications that a linear expression is made of."""
    if isinstance(node, (Add, Mul)):
        for part in node.parts:
            yield from states_in(part)
    elif isinstance(node, Sum):
        yield from states_in(node.body)
    elif isinstance(node, (Letter, Apply)) or (isinstance(node, At) and node.letter.kind == "state"):
        yield node
