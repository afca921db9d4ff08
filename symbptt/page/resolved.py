"""What each name on a page means: found once, and asked by every room that interprets the page.

>>> from symbptt.page.derivation import Derivation
>>> from symbptt.page.notation import function, indices, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, f, phi = state("h", n), weight("w", n, n), function("f", n), function("phi")
>>> page = Derivation("A recurrence that is named f")
>>> _ = page.define("1", h[t], f(h[t - 1], w), phi(w @ h[t - 1]))
>>> print(page.meaning.resolve(f(h[t - 2], w)))
h_{t-1}
>>> defined = page.meaning.defined(h)
>>> print(defined.head, "=", defined.body)
h_t = phi(w · h_{t-1})
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TypeVar

from symbptt.errors import IllTyped, PageError, Undecided
from symbptt.page.equations import Equation, head, step_of
from symbptt.page.notation import (
    Apply,
    At,
    Block,
    Copy,
    Expr,
    Index,
    Letter,
    Partial,
    Ranged,
    Shape,
    Total,
    children,
    exchanged,
    free_indices,
    rebuild,
    substitute,
    walk,
)

_Item = TypeVar("_Item")
LAST = "T"
"""The last step, where a page has no other name for it."""


@dataclass(frozen=True, slots=True)
class Defined:
    """What a page says of one letter, with every name in it resolved.

    ``body`` is what it is at ``head``, its step as a letter; None where the page says nothing for every step. A letter
    without an index, such as L = Σ_{t=1}^T l_t, stands at its clock T, or at 0 where it depends on no index.
    ``fixed`` is what the page says of single steps, ``ends``, for a letter that runs backwards, of steps counted from
    the last one. An application of a function with a shape that is all the page says is an arbitrary function of its
    arguments; a body outranks it.
    """

    head: At
    body: Expr | None
    fixed: Mapping[int, Expr]
    has_index: bool
    ends: Mapping[int, Expr] = field(default_factory=dict)
    _found: dict[Index, Expr] = field(default_factory=dict, repr=False, compare=False)

    def at(self, index: Index) -> Expr | None:
        """What it is at ``index``, what the page says of that step alone left aside."""
        if self.body is None or not self.head.index.terms:
            return self.body
        if index not in self._found:
            self._found[index] = substitute(self.body, {self.head.index.name(): index})
        return self._found[index]


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim between resolved sides: the index letters free in it, and in the ranges that it is stated for.

    ``horizons`` are those that a letter without an index stands at, T for L; ``times`` the others.
    """

    sides: tuple[Expr, Expr]
    horizons: tuple[str, ...]
    times: tuple[str, ...]

    @property
    def clock(self) -> str | None:
        """The index letter that is the step, the horizon where there is one; None for a claim about fixed steps."""
        return next(iter((*self.horizons, *self.times)), None)


class ResolvedPage:
    """The definitions of a page and what its names stand for; each question is answered once."""

    def __init__(self, equations: Iterable[Equation]) -> None:
        self.equations = list(equations)
        self.written_out: dict[At, Expr | None] = {}
        """The definitions at single steps that were written out, for those who write them out."""
        self.unstated: dict[tuple[Equation, int], str] = {}
        """Why equations are not stated at steps that were asked for, or the empty string."""
        self._definitions: dict[Letter, tuple[Equation, ...]] = {}
        self._names: dict[Letter, list[tuple[At, Apply]]] = {}
        self._defined: dict[Letter, Defined] = {}
        self._found: dict[At, Expr | None] = {}
        self._sides: dict[tuple[Equation, Letter | None], tuple[Expr, Expr]] = {}
        self._resolved: dict[Expr, tuple[Expr, Expr]] = {}
        self._stated: dict[Equation, Stated] = {}
        self._reached: dict[Letter, frozenset[Letter]] = {}
        self.shapes: dict[Expr, Shape] = {}
        """Rows and columns of what was asked for, for those who find them."""
        self.confirmed: set[Expr] = set()
        """The right sides whose one-step relation was confirmed, for those who confirm it."""
        for equation in self.equations:
            if equation.kind == "definition" and (letter := head(equation.left)) is not None:
                self._definitions[letter] = (*self.definitions(letter), equation)
            if isinstance(equation.left, At):
                for name in equation.names:
                    self._names.setdefault(name.function, []).append((equation.left, name))

    def rewritten(self, equations: Sequence[Equation]) -> ResolvedPage:
        """What is meant where some equations have other right sides: what that leaves as it is is not found again."""
        made = ResolvedPage(equations)
        changed = [new for old, new in zip(self.equations, made.equations, strict=True) if old is not new]
        try:
            is_like = made._names == self._names and made._backwards == self._backwards
            is_like = is_like and (not self._backwards or made.last == self.last)
        except PageError:
            return made
        if not is_like or any(new.kind == "definition" and not isinstance(new.left, At) for new in changed):
            return made  # what letters stand for may be another one
        others = {letter for new in changed if (letter := head(new.left)) is not None}
        same = {
            letter: known
            for letter, known in self._defined.items()
            if (plain := letter if letter.last is None else replace(letter, last=None)) not in others
            and plain in self._without_derivatives
        }
        made._defined.update(same)
        for state, said in self.written_out.items():
            if state.letter in same and (state.letter.last is not None or state.index.value()):
                made.written_out[state] = said
        return made

    @cached_property
    def _without_derivatives(self) -> frozenset[Letter]:
        """The letters that are defined without a derivative, which means what all that leads to it says."""
        known = self._definitions.items()
        sides = {letter: [side for equation in every for side in equation.chain] for letter, every in known}
        return frozenset(letter for letter, every in sides.items() if not any(map(_holds_derivative, every)))

    @cached_property
    def step(self) -> Index:
        """The letter of the step, in which the definitions are written."""
        return step_of(equation.left for equation in self.equations if equation.kind == "definition")

    @cached_property
    def users(self) -> Mapping[Letter, frozenset[Letter]]:
        """For each letter those that the page defines by it."""
        found: dict[Letter, set[Letter]] = {}
        for letter, known in self._definitions.items():
            for node in (node for equation in known for side in equation.chain[1:] for node in walk(side)):
                if isinstance(node, Letter):
                    found.setdefault(node, set()).add(letter)
        return {letter: frozenset(used) for letter, used in found.items()}

    @cached_property
    def letters(self) -> Mapping[str, Letter]:
        """Every letter of the page by its symbol, in page order; no two have one symbol."""
        return {letter.symbol: letter for equation in self.equations for letter in equation.letters}

    # ------------------------------------------------------------------------------------------- definitions

    def definitions(self, letter: Letter) -> tuple[Equation, ...]:
        """The definitions whose left side is ``letter``, in page order."""
        return self._definitions.get(letter if letter.last is None else replace(letter, last=None), ())

    def defined(self, letter: Letter) -> Defined:
        """What the page says of a letter; a body outranks a name."""
        found = self._defined.get(letter)
        if found is None:
            found = self._read(letter) if letter.last is None else self._from_its_last(letter)
            self._defined[letter] = found
        return found

    def _from_its_last(self, letter: Letter) -> Defined:
        """What the page says of a letter that runs backwards from a step of its own."""
        assert letter.last is not None
        known, last = self.defined(replace(letter, last=None)), {self.last: letter.last}
        fixed, ends = (
            {step: substitute(said, last) for step, said in every.items()} for every in (known.fixed, known.ends)
        )
        body = None if known.body is None else substitute(known.body, last)
        return Defined(At(letter, known.head.index), body, fixed, True, ends)

    def _read(self, letter: Letter) -> Defined:
        known = self.definitions(letter)
        has_index = not any(isinstance(equation.left, Letter) for equation in known)
        ends = self._ends(letter)
        clock, body = (None, None) if has_index else (self.clock(letter), None)
        at = Index.letter(clock) if clock is not None else Index.of(0)
        fixed: dict[int, Expr] = {}
        # h_t = f_1(h_{t-1}, w) after h_t = phi(...) only names the step.
        for equation in sorted(known, key=lambda equation: equation.right is None):
            if equation in ends:
                continue
            index = equation.left.index if isinstance(equation.left, At) else None
            if index is not None and not index.terms:
                fixed.setdefault(index.value(), self._own(equation))
            elif body is None:
                body = self._own(equation)
                if index is not None:
                    (clock,) = index.letters()
                    at = Index.letter(clock)
                    body = substitute(body, {clock: at - index.constant})
            elif equation.right is not None:
                raise equation.fault(
                    f"{equation.left} is already defined at every step; a second right side is a claim"
                )
        said = {ahead: self._own(equation) for equation, ahead in ends.items()}
        return Defined(At(self._ended(letter), at), body, fixed, has_index, said)

    def _own(self, equation: Equation) -> Expr:
        if equation.right is not None:
            return self.resolve(equation.right)
        name = equation.names[-1]
        return Apply(name.function, tuple(map(self.resolve, name.arguments)))

    def general(self, letter: Letter) -> Defined:
        """The one definition of a letter for every step from 1 on; raises :class:`Undecided` where there is none."""
        if self.runs_backwards(letter):
            raise Undecided(f"{letter} runs backwards in time")
        defined = self.defined(letter)
        if defined.body is not None and _holds_derivative(defined.body):
            raise Undecided(f"{letter} is made of derivatives")
        for step in defined.fixed:
            if step:
                raise Undecided(f"{letter} has a definition of its own at the step {step}")
        if defined.body is None:
            raise Undecided(f"the page does not say what {letter} is at each step")
        return defined

    def body(self, letter: Letter, step: int) -> Expr | None:
        """What the page says ``letter`` is at ``step``; for a letter without an index, at that value of its clock."""
        defined = self.defined(letter)
        if letter.last is not None:
            ahead = step - letter.last.value()
            if ahead > 0 or ahead in defined.ends:
                return defined.ends.get(ahead)
        return defined.fixed[step] if step in defined.fixed else defined.at(Index.of(step))

    def _at(self, named: At) -> Expr | None:
        # What a state with an index is, by its definition for every step.
        if named not in self._found:
            defined = self.defined(named.letter)
            said = defined.has_index and named.letter.last is None
            self._found[named] = defined.at(named.index) if said else None
        return self._found[named]

    # ------------------------------------------------------------------------------------------- index letters

    def clock(self, letter: Letter) -> str | None:
        """The index letter that an unindexed state depends on, T for L = (1/T) Σ_{t=1}^T l_t; None for none.

        What is made of such a state depends on it, too.
        """
        free: set[str] = set()
        seen = [letter]
        for one in seen:  # which grows by what its letters are made of
            for said in (_said(equation) for equation in self.definitions(one) if isinstance(equation.left, Letter)):
                used = {node.letter for node in _states(said)}
                free |= free_indices(said) | ({self.last} if used & self._backwards else set())
                seen += [node for node in walk(said) if isinstance(node, Letter) and node not in seen]
        if len(free) > 1:
            raise self.definitions(letter)[0].fault(
                f"{letter} has no index, but depends on {' and '.join(sorted(free))}"
            )
        return next(iter(free), None)

    @cached_property
    def horizons(self) -> frozenset[str]:
        """The index letters that the states without an index stand at, and those that run backwards come from."""
        clocks = {self.clock(letter) for letter in self._definitions if letter.kind == "state"}
        ends = {self.last} if self._backwards else set()
        return frozenset(clock for clock in clocks if clock is not None) | ends

    # ------------------------------------------------------------------------------------------- backwards in time

    def runs_backwards(self, letter: Letter) -> bool:
        """Whether a state is computed from later steps, as δ_t is from δ_{t+1}, by itself or through others."""
        return letter.last is not None or letter in self._backwards

    def is_differentiable(self, letter: Letter) -> bool:
        """Whether a letter may be differentiated: nothing that runs backwards or is made of derivatives leads to it."""
        return (letter if letter.last is None else replace(letter, last=None)) not in self._not_differentiated

    @cached_property
    def _not_differentiated(self) -> frozenset[Letter]:
        every = [equation for known in self._definitions.values() for equation in known]
        made = {head(e.left) for e in every if e.right is not None and _holds_derivative(e.right)}
        return self._led_to({letter for letter in made if letter is not None}, every)

    @cached_property
    def _backwards(self) -> frozenset[Letter]:
        """The states at a step that a definition which looks ahead leads to."""
        indexed = [e for known in self._definitions.values() for e in known if isinstance(e.left, At)]
        return self._led_to({e.left.letter for e in indexed if isinstance(e.left, At) and looks_ahead(e)}, indexed)

    def _led_to(self, letters: Iterable[Letter], every: Sequence[Equation]) -> frozenset[Letter]:
        """These letters, and those that a definition makes of them."""
        found, new = frozenset[Letter](), frozenset(letters)
        while new:
            found |= new
            using = (equation for equation in every if not found.isdisjoint(equation.letters))
            new = frozenset(letter for equation in using if (letter := head(equation.left)) is not None) - found
        return found

    @cached_property
    def last(self) -> str:
        """The index letter of the step that everything which runs backwards comes from.

        It is that of what is said beside a recursion, or else the one that a letter without an index stands at; where
        neither is said, a letter that recurs comes from T.
        """
        every = [equation for known in self._definitions.values() for equation in known]
        clocks = {name for e in every if isinstance(e.left, Letter) for name in free_indices(_said(e))}
        ahead = {name for e in every if looks_ahead(e) for name in free_indices(e.left)}
        said = {name for letter in self._backwards for name in self._steps(letter) if len(self._steps(letter)) > 1}
        names = ((said & clocks) or (said - ahead) or clocks) - ahead
        if not names and all(
            isinstance(e.left, At) and e.left.letter in _right_letters(e) for e in every if looks_ahead(e)
        ):
            # What recurs by later steps of its own comes from a constant behind the last step, by whatever name.
            names = {LAST} - ahead
        if len(names) != 1:
            first = next(e for e in every if looks_ahead(e))
            which = f"only one of {' and '.join(sorted(names))}" if names else "a last step such as T"
            raise first.fault(f"{first.left} is computed from later steps: expected {which} that it comes from")
        return next(iter(names))

    def _steps(self, letter: Letter) -> frozenset[str]:
        """The index letters that definitions of a letter are for."""
        return frozenset(name for equation in self.definitions(letter) for name in free_indices(equation.left))

    def _ends(self, letter: Letter) -> Mapping[Equation, int]:
        """What is said of a letter that runs backwards at the last step or behind it, with how far behind that is."""
        if letter not in self._backwards or len(self._steps(letter)) < 2:
            return {}
        steps = {e: e.left.index for e in self.definitions(letter) if isinstance(e.left, At)}
        return {equation: at.constant for equation, at in steps.items() if at.letters() == {self.last}}

    def unended(self, letter: Letter, written: Iterable[At] = ()) -> Iterator[At]:
        """The values behind the last step, where the page leaves them out, that what runs backwards comes from.

        Among them those of ``written``: a claim on δ_{t+1} is one on δ_{T+1} too.
        """
        behind = Index.letter(self.last) + 1
        for one in dict.fromkeys(replace(one, last=None) for one in (letter, *sorted(self.leads_to(letter), key=str))):
            if self._ended(one) not in self.leads_to(one):
                continue
            later = [] if self._ends(one) else [at.letter for known in self.definitions(one) for at in _ahead(known)]
            later += [at.letter for at in written if at.letter == one and at.index.terms and at.index.constant == 1]
            yield from (At(every, behind) for every in dict.fromkeys(later) if not self._ends(every))

    def _ended(self, letter: Letter) -> Letter:
        """A letter with the step that it comes from, where it runs backwards."""
        return replace(letter, last=Index.letter(self.last)) if letter in self._backwards else letter

    def stated(self, equation: Equation) -> Stated:
        """A claim with its names resolved and its free indices told apart."""
        if equation not in self._stated:
            left, right = self.resolved(equation)
            bound = {index.name() for index, _, _ in equation.for_each}
            ranges = {name for _, lower, upper in equation.for_each for name in lower.letters() | upper.letters()}
            free = sorted((free_indices(left) | free_indices(right) | ranges) - bound)
            horizons = tuple(name for name in free if name in self.horizons)
            times = tuple(name for name in free if name not in self.horizons)
            self._stated[equation] = Stated((left, right), horizons, times)
        return self._stated[equation]

    # ------------------------------------------------------------------------------------------- names

    def resolve(self, node: Expr) -> Expr:
        """The expression with every named function and unindexed state replaced by the state at its step.

        ``f_1`` in ∂f_1/∂w becomes the h_t that it names, ``f(x_j, h_{j-1}, w)`` the h_j, and L the L at T. Raises
        :class:`IllTyped` where a function is differentiated in what is not among its arguments.
        """
        # Of equal letters each keeps its own spelling: what was made of another one is not taken for it.
        before, made = self._resolved.get(node, (None, None))
        if made is None or before is not node:
            made = self._resolving(node)
            self._resolved[node] = node, made
        return made

    def _resolving(self, node: Expr) -> Expr:
        if isinstance(node, Partial):
            wrt = self._resolve_wrt(node.wrt)
            if isinstance(node.of, Letter) and node.of.kind == "function":
                named, arguments = self._named(node.of)
            elif isinstance(node.of, Apply) and (found := self._match(node.of)) is not None:
                named, arguments = found, node.of.arguments
            else:
                return self._settled(replace(node, of=self.resolve(node.of), wrt=wrt))
            if not any(_covers(argument, node.wrt) for argument in arguments):
                raise IllTyped(
                    f"{node.of} has no argument {node.wrt}: it is a function of {', '.join(map(str, arguments))}"
                )
            return self._settled(self._in_argument(named, wrt, arguments))
        if isinstance(node, Total):
            # d f_1/d w is the total derivative of the state that f_1 names.
            names_step = isinstance(node.of, Letter) and node.of.kind == "function"
            inner = self._named(node.of)[0] if names_step and isinstance(node.of, Letter) else self.resolve(node.of)
            return Total(inner, self._resolve_wrt(node.wrt))
        if isinstance(node, Block):
            inner = self.resolve(node.of)
            assert isinstance(inner, (Total, Partial))
            return Block(inner, node.part)
        if isinstance(node, Letter):
            return self.defined(node).head if node.kind == "state" and self.definitions(node) else node
        if isinstance(node, Apply):
            found = self._match(node)
            if found is not None and self._has_body(found.letter):
                return At(self._ended(found.letter), found.index)
            return replace(node, arguments=tuple(self.resolve(argument) for argument in node.arguments))
        if isinstance(node, At):
            return At(self._ended(node.letter), node.index) if node.letter in self._backwards else node
        if isinstance(node, Copy):
            return node
        return rebuild(node, self.resolve, lambda index: index)

    def resolved(self, equation: Equation, weight: Letter | None = None) -> tuple[Expr, Expr]:
        """Both sides resolved, with ``weight`` in place of the weight that is written."""
        if (equation, weight) not in self._sides:
            left, right = (self.resolve(side) for side in equation.sides)
            if weight is not None and weight != equation.weights[0]:
                left, right = (exchanged(side, equation.weights[0], weight) for side in (left, right))
            self._sides[equation, weight] = left, right
        return self._sides[equation, weight]

    # ------------------------------------------------------------------------------------------- inside a step

    def leads_to(self, letter: Letter) -> frozenset[Letter]:
        """The states that what the page says of a letter leads to, at whatever step."""
        if letter not in self._reached:
            found: dict[Letter, None] = {}
            pending = [letter]
            while pending:
                defined = self.defined(pending.pop())
                for said in (defined.body, *defined.fixed.values(), *defined.ends.values()):
                    for node in _states(said) if said is not None else ():
                        if node.letter not in found:
                            found[node.letter] = None
                            pending.append(node.letter)
            self._reached[letter] = frozenset(found)
        return self._reached[letter]

    def is_together(self, one: Letter, other: Letter) -> bool:
        """Whether two states are of one recurrence: each leads to the other."""
        return other in self.leads_to(one) and one in self.leads_to(other)

    def opened(self, of: At, stops: Container[Letter] = (), within: Letter | None = None) -> Expr | None:
        """What a state is at each step, the letters of its step replaced by what they are; None where it is not said.

        Those in ``stops`` stand as they are; with ``within`` so do those that are of no recurrence with that letter.
        """
        said = self._at(of)
        return None if said is None else self._opened(said, of, (of.letter,), stops, within)

    def _opened(
        self, node: Expr, of: At, above: tuple[Letter, ...], stops: Container[Letter], within: Letter | None
    ) -> Expr:
        if not isinstance(node, At):
            return rebuild(node, lambda part: self._opened(part, of, above, stops, within), lambda index: index)
        letter = node.letter
        if letter.kind != "state" or node.index != of.index or letter in stops or letter in above:
            return node
        if within is not None and not self.is_together(letter, within):
            return node
        said = self._at(node)
        return node if said is None else self._opened(said, of, (*above, letter), stops, within)

    def beside(self, of: At) -> bool:
        """Whether other states of its step stand in the definition of a state."""
        said = self._at(of)
        return said is not None and any(node.index == of.index or _has_ranged(said) for node in _states(said))

    def sums_over_steps(self, letter: Letter) -> bool:
        """Whether a letter without an index, such as L = Σ_t l_t, is a sum over steps."""
        defined = self.defined(letter)
        return not defined.has_index and defined.body is not None and _has_ranged(defined.body)

    def is_of_one_step(self, letter: Letter) -> bool:
        """Whether a letter has a step of its own, or is made of no states: L = l(h_T) has no immediate partial."""
        defined = self.defined(letter)
        return defined.has_index or defined.body is None or not any(True for _ in _states(defined.body))

    def apart(self, options: tuple[Total | Partial, ...]) -> tuple[Total | Partial, ...]:
        """What one sign may mean, each meaning once."""
        kept: dict[Expr, Total | Partial] = {}
        for option in options:
            if isinstance(option, Partial) and not self._is_meant(option):
                continue
            try:
                kept.setdefault(self.resolve(option), option)
            except IllTyped:
                kept[option] = option  # what is wrong with it is said by who judges it
        return tuple(kept.values())

    def _is_meant(self, option: Partial) -> bool:
        """Whether a plain ∂ may mean this one.

        It is of the own definition alone where the state stands in it, at most one step before. It holds what is beside
        the way over several steps where the way is one step after another: else it is unrolled.
        """
        of, wrt = option.of, option.wrt
        if option.own and isinstance(of, Letter) and isinstance(wrt, At):
            body = self.defined(of).body
            return body is not None and any(node.letter == wrt.letter for node in _states(body))
        if not (isinstance(of, At) and isinstance(wrt, At) and option.is_jacobian()):
            return not option.own
        near = of.index - wrt.index in (Index.of(0), Index.of(1))
        if option.own:
            said = self._at(of)
            return near and said is not None and wrt in walk(said)
        return not option.held or near or not self._looks_further(of, wrt)

    def _in_argument(self, named: At, wrt: Expr, arguments: tuple[Expr, ...]) -> Partial:
        """The derivative of a named function in one of its arguments, the others held."""
        said = self._at(named)
        given = {self.resolve(argument) for argument in arguments}
        if said is None or given.issuperset(_states(said)):
            return Partial(named, wrt, own=True)
        beside = [node for node in given if node != wrt and isinstance(node, At) and node.letter.kind == "state"]
        if any(node.index == named.index for node in beside):
            listed = ", ".join(map(str, arguments))
            raise Undecided(f"the partial of {named} as a function of {listed} alone: its definition has other letters")
        return Partial(named, wrt, held=True)

    def _settled(self, node: Partial) -> Partial:
        """The derivative with what is held said only where it makes a difference."""
        of, wrt = node.of, node.wrt
        if isinstance(of, Apply):
            one = all(map(self._is_one_definition, {state.letter for state in _states(of)}))
            return replace(node, own=self._is_apart(of, of, wrt) if one else wrt in walk(of), held=False)
        if not isinstance(of, At) or of.letter.kind != "state":
            return replace(node, held=node.held and node.is_jacobian())
        if not node.is_jacobian() and not self.is_of_one_step(of.letter):
            why = "sums over steps" if self.sums_over_steps(of.letter) else "has no step of its own"
            raise IllTyped(f"{of.letter} {why}: it has a total derivative in {wrt}, and no immediate partial")
        own, held = node.own, node.held and node.is_jacobian()
        said, opened = self._at(of), self.opened(of)
        if said is None or opened is None or not self._is_one_definition(of.letter):
            return Partial(of, wrt, own, held and not own)
        if own and not self._is_apart(said, of, wrt):
            own, held = False, node.is_jacobian()
        if held and not own:
            held = self._is_through_others(of, wrt, opened)
        return Partial(of, wrt, own, held and not own)

    def _is_one_definition(self, letter: Letter) -> bool:
        """Whether nothing inside the step of a letter is defined in another way at a step from 1 on."""
        letters = {letter, *self.leads_to(letter)}
        fixed = ((step, said) for inner in letters for step, said in self.defined(inner).fixed.items())
        return not any(step or any(True for _ in _states(said)) for step, said in fixed)

    def _is_apart(self, said: Expr, of: Expr, wrt: Expr) -> bool:
        """Whether what stands in a definition beside ``wrt`` may depend on it inside the step."""
        if isinstance(wrt, At) and wrt.letter.kind == "state":
            if _has_ranged(said):
                return True
            if isinstance(of, Apply):
                return wrt in walk(said) and any(self._may_see(node, wrt) for node in _states(said) if node != wrt)
            back = of.index - wrt.index if isinstance(of, At) else Index.of(0)
            if back not in (Index.of(0), Index.of(1)):
                return True  # over several steps the states on the way would follow
        elif isinstance(of, Apply) and not self._contains(said, wrt):
            return False
        index = of.index if isinstance(of, At) else None
        beside = [node for node in _states(said) if node != wrt and index in (None, node.index)]
        stops = (wrt.letter,) if isinstance(wrt, At) else ()
        inside = (self.opened(node, stops) for node in beside)
        return any(self._contains(said, wrt) for said in inside if said is not None)

    def _is_through_others(self, of: At, wrt: Expr, opened: Expr) -> bool:
        """Whether a letter of an earlier step than ``of`` may depend on a state that is varied, other than the states
        on the way to it; a state without a step, of which nothing is said, may stand anywhere."""
        if not isinstance(wrt, At):
            return True
        back = of.index - wrt.index
        if _has_ranged(opened):
            return True
        if not back.terms and back.constant <= 0:
            return False
        if back == Index.of(1):
            others = (node for node in _states(opened) if node.index == wrt.index and node != wrt)
            return any(self._may_see(node, wrt) for node in others)
        way = self.opened(wrt)
        if way is None or _has_ranged(way) or not self._is_one_definition(wrt.letter):
            return True
        letters = {node.letter for side in (opened, way) for node in _states(side)} - {wrt.letter}
        return self._looks_further(of, wrt) or any(wrt.letter in self.leads_to(letter) for letter in letters)

    def _looks_further(self, of: At, wrt: At) -> bool:
        """Whether the letter that is varied is used more than one step back: it may then stand in the step itself."""
        sides = ((at, self.opened(at)) for at in (of, wrt))
        used = ((at, node) for at, side in sides if side is not None for node in _states(side))
        return any(node.letter == wrt.letter and node.index != at.index - 1 for at, node in used)

    def _may_see(self, node: At, wrt: At) -> bool:
        """Whether a state may depend on another one that is varied by itself."""
        ahead = node.index - wrt.index
        if ahead.terms:
            return wrt.letter in self.leads_to(node.letter)
        if ahead.constant:
            return ahead.constant > 0 and wrt.letter in self.leads_to(node.letter)
        opened = self.opened(node, stops=(wrt.letter,))
        return opened is None or _has_ranged(opened) or wrt in walk(opened)

    def _contains(self, said: Expr, wrt: Expr) -> bool:
        """Whether a weight or a part of it, data or a state stands in an expression."""
        if isinstance(wrt, At):
            return _has_ranged(said) or wrt in walk(said)
        wanted = self._bases(wrt.weight if isinstance(wrt, Copy) else wrt)
        return any(
            isinstance(node, Letter) and node.kind == "weight" and not wanted.isdisjoint(self._bases(node))
            for node in walk(said)
        )

    def _bases(self, weight: Expr) -> frozenset[Expr]:
        """The weights that one is put together from, itself where it is of none."""
        known = self.definitions(weight) if isinstance(weight, Letter) else ()
        inside = (node for equation in known if equation.right is not None for node in walk(equation.right))
        parts = [node for node in inside if isinstance(node, Letter) and node.kind == "weight"]
        return frozenset[Expr]().union(*map(self._bases, parts)) if parts else frozenset((weight,))

    def _has_body(self, letter: Letter) -> bool:
        # Whether the page says more of a state than the name of its step.
        return any(equation.right is not None for equation in self.definitions(letter))

    def _resolve_wrt(self, wrt: Expr) -> Expr:
        return self.resolve(wrt) if isinstance(wrt, At) or (isinstance(wrt, Letter) and wrt.kind == "state") else wrt

    def _named(self, function: Letter) -> tuple[At, tuple[Expr, ...]]:
        named = self._names.get(function, [])
        if not named:
            raise IllTyped(f"{function} has no meaning on the page: no definition says h_t = {function}(...)")
        if len({state for state, _ in named}) > 1:
            raise IllTyped(f"{function} names {' and '.join(str(state) for state, _ in named)}: write its arguments")
        return named[0][0], tuple(argument for _, name in named for argument in name.arguments)

    def _match(self, applied: Apply) -> At | None:
        # f(x_j, h_{j-1}, w) names h_j when the page says h_t = f(x_t, h_{t-1}, w): the shift is read off the
        # first index, and the whole application must then agree.
        known = self._names.get(applied.function, [])
        for state, name in known:
            if name == applied:
                return state
            if not state.index.terms:
                continue
            clock = next(iter(state.index.letters()))
            for shift in _shifts(name, applied, clock):
                if substitute(name, {clock: shift}) == applied:
                    return At(state.letter, state.index.substitute({clock: shift}))
        if known:
            said = " and ".join(str(name) for _, name in known)
            raise IllTyped(f"{applied} has no meaning on the page, which says {said}")
        return None


def taken_at(node: Expr) -> Iterator[tuple[At, Index, Index]]:
    """Each letter with an index, the earliest step it is taken at and the latest, as the ranges around it allow."""
    if isinstance(node, At):
        yield node, node.index, node.index
    for child in children(node):
        for at, *steps in taken_at(child):
            if isinstance(node, Ranged):
                rising = dict(steps[0].terms).get(node.index, 0) > 0
                ends = (node.lower, node.upper) if rising else (node.upper, node.lower)
                steps = [step.substitute({node.index: end}) for step, end in zip(steps, ends, strict=True)]
            yield at, steps[0], steps[1]


def in_order(items: Iterable[_Item], uses: Callable[[_Item], Iterable[_Item]]) -> list[_Item]:
    """Items in their order, but each after those that it uses, as what is computed first comes first."""
    done: list[_Item] = []

    def visit(item: _Item) -> None:
        if item not in done:
            for other in uses(item):
                visit(other)
            done.append(item)

    for item in items:
        visit(item)
    return done


@lru_cache(maxsize=4096)
def looks_ahead(equation: Equation) -> bool:
    """Whether a definition of a state at each step uses a state of a later one."""
    return any(True for _ in _ahead(equation))


def _ahead(equation: Equation) -> Iterator[At]:
    """The states of later steps that a definition of a state at each step uses."""
    left = equation.left
    if isinstance(left, At) and left.index.terms:
        for at, _, late in (taken for said in equation.chain[1:] for taken in taken_at(said)):
            if at.letter.kind == "state" and not (ahead := late - left.index).terms and ahead.constant > 0:
                yield at


def _right_letters(equation: Equation) -> frozenset[Letter]:
    return frozenset(node.letter for side in equation.chain[1:] for node in _states(side))


def _holds_derivative(node: Expr) -> bool:
    return any(isinstance(part, (Total, Partial, Block)) for part in walk(node))


def _said(equation: Equation) -> Expr:
    return equation.right if equation.right is not None else equation.names[-1]


def _states(node: Expr) -> Iterator[At]:
    return (part for part in walk(node) if isinstance(part, At) and part.letter.kind == "state")


def _has_ranged(node: Expr) -> bool:
    """Whether a Σ or Π in it runs over states."""
    return any(isinstance(part, Ranged) and any(True for _ in _states(part)) for part in walk(node))


def _covers(argument: Expr, wrt: Expr) -> bool:
    # f(w_h) may be differentiated in w_h, f(h_{t-1}) in h_{t-1}.
    return argument == wrt or (isinstance(wrt, Copy) and argument == wrt.weight)


def _shifts(pattern: Expr, actual: Expr, clock: str) -> Iterator[Index]:
    if isinstance(pattern, At) and isinstance(actual, At) and dict(pattern.index.terms) == {clock: 1}:
        yield actual.index - pattern.index.constant
    for one, other in zip(children(pattern), children(actual), strict=False):
        yield from _shifts(one, other, clock)
