"""What the code for a claim needs: which states it runs, in which order, from which step, and what it must be given.

Read off the page's definitions, for every step at once: where a definition is not the same at each step from 1 on,
:class:`Undecided` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import definition_at, expand, first_step, instances
from symbptt.page.notation import Apply, At, Copy, Expr, Index, Letter, Ranged, walk
from symbptt.page.resolved import Defined, in_order

FARTHEST = 64
"""The largest fixed step that a claim may name."""
LOOKED_AT = 4
"""At how many steps from the first on a claim and the definitions are looked at. Indices are affine, so that how far
they reach back or ahead of the step shows in the first of these."""


@dataclass(frozen=True, slots=True)
class Recursion:
    """A state as it is run: ``body`` at the step ``head``, from the step ``start`` on.

    ``base`` is what the page says of step 0 by itself, None where it says nothing or nothing needs it.
    """

    head: At
    body: Expr
    start: int
    base: Expr | None = None


@dataclass(frozen=True, slots=True)
class Backward:
    """A letter that runs backwards: ``body`` at the step ``head``; ``ends`` at steps counted from the last one."""

    head: At
    body: Expr
    ends: Mapping[int, Expr]

    @property
    def letter(self) -> Letter:
        """The letter, by itself."""
        return replace(self.head.letter, last=None)

    @property
    def begins(self) -> int:
        """How far behind the last step the body is used first."""
        return min(self.ends, default=1) - 1

    def bodies(self, last: Index) -> tuple[tuple[Expr, Index], ...]:
        """The body and what is said at the ends, each with the step that it is for."""
        return (self.body, self.head.index), *((end, last) for end in self.ends.values())


@dataclass(frozen=True, slots=True)
class FirstState:
    """A state at a step where the page has no definition for it, so that it must be given."""

    state: Letter
    step: int

    @property
    def symbol(self) -> str:
        """What it is called."""
        return f"{self.state.symbol}_{self.step}" if self.step >= 0 else f"{self.state.symbol}_minus_{-self.step}"


@dataclass(frozen=True, slots=True)
class Needs:
    """The states that a claim needs, each after those it is computed from, and what the page leaves open."""

    recursions: tuple[Recursion, ...]
    unindexed: tuple[Letter, ...]
    weights: tuple[Letter, ...]
    data: tuple[Letter, ...]
    first_states: tuple[FirstState, ...]
    first: int
    """The first step at which the claim is stated."""
    clock: str | None
    """The index letter that is the step, T beside a horizon; None for a claim about fixed steps."""
    others: tuple[str, ...]
    """The index letters beside it."""
    ahead: int
    """How many steps behind the step the states are run."""
    least: int
    """Up to which step they are run at least; 0 where the step alone tells."""
    backwards: tuple[Backward, ...] = ()
    """The letters that run backwards, each after those of its step that it is computed from."""
    lowest: int = 1
    """Down to which step they run."""


def find_needs(page: Derivation, equation: Equation, left: Expr, right: Expr) -> Needs:
    """The needs of one claim with these sides, resolved; raises :class:`Undecided` where there is no such code."""
    first = first_step(page, equation)
    stated = page.meaning.stated(equation)
    clock, bound = stated.clock, [index.name() for index, _, _ in equation.for_each]
    others = tuple(name for name in (*sorted((*stated.horizons, *stated.times)), *bound) if name != clock)
    letters = list(_closure(page, left, right))
    backwards = _backwards(page, letters, clock)
    behind = {one.letter for one in backwards}
    states = [letter for letter in letters if letter.kind == "state" and replace(letter, last=None) not in behind]
    general = {letter: page.meaning.general(letter) for letter in states}
    unindexed = tuple(letter for letter in states if not general[letter].has_index)
    for node in (*walk(left), *walk(right)):
        if isinstance(node, At) and node.letter in unindexed and node.index != _own_index(page, node.letter, clock):
            raise Undecided(f"{node} is {node.letter} at another step than its own")
    order = run_order(general, unindexed)
    seen, ahead, least = _reached(page, equation, (left, right), first, clock, unindexed)
    asked = {step for letter, step in seen if replace(letter, last=None) in behind}
    lowest = min(asked, default=1)
    seen = {(letter, step) for letter, step in seen if replace(letter, last=None) not in behind}
    for one in backwards:
        named, beyond = _used_backwards(page, one, lowest, behind)
        seen |= named
        ahead = max(ahead, beyond)
    for letter in order:
        if letter not in unindexed:
            for step in range(1, LOOKED_AT):
                seen |= set(_states_in(_checked(page, letter, step), unindexed))
    recursions, first_states = [], []
    for letter in reversed(order):
        at_zero = None if letter in unindexed or (letter, 0) not in seen else definition_at(page, letter[0])
        if at_zero is not None and any(node.index.value() < 0 for node in _data_in(at_zero)):
            at_zero = None
        if at_zero is not None:
            # Whatever step 0 is computed from comes later in this loop.
            seen |= set(_states_in(at_zero, unindexed))
        steps = sorted(step for other, step in seen if other == letter and step <= 0)
        first_states += [FirstState(letter, step) for step in reversed(steps) if step < 0 or at_zero is None]
        head, body, base = general[letter].head, general[letter].body, general[letter].fixed.get(0)
        assert body is not None
        recursions.append(Recursion(head, body, 1 if at_zero is None else 0, None if at_zero is None else base))
    weights = [letter for letter in letters if letter.kind == "weight" and not page.definitions(letter)]
    data = [letter for letter in letters if letter.kind == "data"]
    return Needs(
        tuple(reversed(recursions)),
        unindexed,
        tuple(weights),
        tuple(data),
        tuple(reversed(first_states)),
        first,
        clock,
        others,
        ahead,
        least,
        tuple(backwards),
        min(lowest, 1),
    )


def _backwards(page: Derivation, letters: Sequence[Letter], clock: str | None) -> list[Backward]:
    """The letters that run backwards, in the order in which those of one step are computed."""
    meaning = page.meaning
    known: dict[Letter, Backward] = {}
    for letter in dict.fromkeys(replace(one, last=None) for one in letters if one.kind == "state"):
        if not meaning.runs_backwards(letter):
            continue
        defined = meaning.defined(letter)
        used = [node for node in walk(defined.body) if isinstance(node, At)] if defined.body is not None else []
        ahead = any(meaning.runs_backwards(node.letter) and node.index != defined.head.index for node in used)
        if clock != meaning.last or defined.body is None or defined.fixed or (ahead and not defined.ends):
            raise Undecided(f"{letter} runs backwards in time, and nothing says where from")
        known[letter] = Backward(defined.head, defined.body, defined.ends)

    def used_by(one: Backward) -> Iterator[Backward]:
        for body, now in one.bodies(Index.letter(meaning.last)):
            for node in walk(body):
                other = known.get(replace(node.letter, last=None)) if isinstance(node, At) else None
                if isinstance(node, At) and other is not None and other is not one and node.index == now:
                    yield other

    return in_order(known.values(), used_by)


def _used_backwards(
    page: Derivation, one: Backward, lowest: int, behind: set[Letter]
) -> tuple[set[tuple[Letter, int]], int]:
    """The states that a letter which runs backwards uses at the lowest step; how far beyond the last step it goes."""
    seen: set[tuple[Letter, int]] = set()
    beyond = 0
    last = Index.letter(page.meaning.last)
    for body, now in one.bodies(last):
        at = 0 if now == last else one.begins
        if any(isinstance(node, Ranged) for node in walk(body)):
            raise Undecided(f"{one.letter} runs backwards and sums over steps")
        for node in walk(body):
            if not isinstance(node, At) or replace(node.letter, last=None) in behind:
                continue
            gap, from_last = node.index - now, node.index - last
            if gap.terms and from_last.terms:
                raise Undecided(f"{one.letter} runs backwards and uses {node}")
            beyond = max(beyond, from_last.constant if gap.terms else at + gap.constant)
            if not gap.terms and now != last and node.letter.kind == "state":
                seen.add((node.letter, lowest + gap.constant))
            elif not gap.terms and now != last and lowest + gap.constant < 0:
                raise Undecided(f"{one.letter} needs {node.letter} before the first entry")
    return seen, beyond


def _own_index(page: Derivation, letter: Letter, clock: str | None) -> Index | None:
    own = page.clock(letter)
    return Index.of(0) if own is None else Index.letter(own) if own == clock else None


def _closure(page: Derivation, *sides: Expr) -> Iterator[Letter]:
    """Every state, weight and data letter that the sides lead to, the definitions of the page in their order."""
    reached: set[Letter] = set()
    pending = [*sides]
    while pending:
        for letter in walk(pending.pop()):
            if isinstance(letter, Letter) and letter.kind != "function" and letter not in reached:
                reached.add(letter)
                pending += _bodies(page, letter)
    for known in page:
        if known.kind == "definition":
            for letter in known.letters:
                if letter in reached:
                    reached.remove(letter)
                    yield letter
    yield from reached


def _bodies(page: Derivation, letter: Letter) -> list[Expr]:
    known = page.definitions(letter)
    said = [entry.right for entry in known if entry.right is not None] or [entry.names[-1] for entry in known[:1]]
    return [page.resolve(body) for body in said]


def run_order(general: Mapping[Letter, Defined], unindexed: Sequence[Letter] = ()) -> list[Letter]:
    """The states with these definitions, each after those of its step that it is computed from."""

    def used(letter: Letter) -> Iterator[Letter]:
        head, body = general[letter].head, general[letter].body
        assert body is not None
        for node in walk(body):
            if not isinstance(node, At) or node.letter not in general or node.letter == letter:
                continue
            if letter in unindexed or node.index == head.index or (node.index - head.index).terms:
                yield node.letter

    return in_order(sorted(general, key=lambda letter: letter in unindexed), used)


def _checked(page: Derivation, letter: Letter, step: int) -> Expr:
    body = definition_at(page, letter[step])
    if body is None:
        raise Undecided(f"{letter} has no definition at the step {step}")
    early = next((node for node in _data_in(body) if node.index.value() < 0), None)
    if early is not None:
        raise Undecided(f"{letter[step]} needs {early}, before the first entry")
    return body


def _data_in(node: Expr) -> Iterator[At]:
    return (part for part in walk(node) if isinstance(part, At) and part.letter.kind == "data")


def _states_in(node: Expr, unindexed: tuple[Letter, ...]) -> Iterator[tuple[Letter, int]]:
    for part in walk(node):
        if isinstance(part, At) and part.letter.kind == "state" and part.letter not in unindexed:
            yield part.letter, part.index.value()


def _reached(
    page: Derivation,
    equation: Equation,
    sides: tuple[Expr, Expr],
    first: int,
    clock: str | None,
    unindexed: tuple[Letter, ...],
) -> tuple[set[tuple[Letter, int]], int, int]:
    """The states at the steps that the sides name; how far ahead of the step these go, and how far they go at least."""
    seen: set[tuple[Letter, int]] = set()
    fixed = max((index.value() for side in sides for index in _indices_in(side) if not index.terms), default=0)
    if fixed > FARTHEST:
        raise Undecided(f"({equation.tag}) names the step {fixed}: more than {FARTHEST} are not looked at")
    latest: dict[int, int] = {}
    beyond = max(first, fixed)
    for step in range(first, beyond + LOOKED_AT) if clock is not None else (0,):
        named = [0]
        for values, _ in instances(page, equation, step):
            for side in sides:
                whole = expand(side, values)
                seen |= set(_states_in(whole, unindexed))
                named += [
                    part.index.value()
                    for part in walk(whole)
                    if isinstance(part, (At, Copy))
                    and not (isinstance(part, At) and page.meaning.runs_backwards(part.letter))
                ]
        latest[step] = max(named)
    if clock is None:
        return seen, 0, latest[0]
    # An empty sum reaches less far: from some step on the distance is the same, or there is none.
    *gaps, gap = [max(0, latest[step] - step) for step in range(beyond, beyond + LOOKED_AT)]
    if max(gaps) > gap or gaps[-1] != gap:
        raise Undecided(f"({equation.tag}) reaches steps that do not move with its own")
    short = [latest[step] for step in latest if latest[step] > step + gap]
    return seen, gap, max(short, default=0)


def _indices_in(node: Expr) -> Iterator[Index]:
    for part in walk(node):
        if isinstance(part, (At, Copy)):
            yield part.index
        elif isinstance(part, Ranged):
            yield from (part.lower, part.upper)


def open_functions(nodes: Iterable[Expr]) -> list[str]:
    """The functions with a shape that the page leaves open, by name."""
    found = (part.function for node in nodes for part in walk(node) if isinstance(part, Apply))
    return list(dict.fromkeys(letter.symbol for letter in found if letter.shape is not None))
