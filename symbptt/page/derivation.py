"""A page: an ordered list of definitions, claims and misreadings.

>>> from symbptt.page.notation import d, function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> _ = page.claim("2", d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w))
>>> print(page["2"])
(2) d h_t/d w = ∂⁺h_t/∂w + ∂h_t/∂h_{t-1} · d h_{t-1}/d w
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from symbptt.errors import IllTyped, NotationError, PageError, Place
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
    Total,
    Written,
    children,
    expr,
    free_indices,
    rebuild,
    replace_letter,
    substitute,
    walk,
)

EquationKind: TypeAlias = Literal["definition", "claim", "misreading"]
Ranges: TypeAlias = "tuple[tuple[Index, Index, Index], ...]"


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation of a page, as it stands there.

    ``names`` are the function applications between the two sides of a definition, ``h_t = f(x_t, h_{t-1}) = ...``.
    ``for_each`` are the ranges (index, lower, upper) it is stated for besides its step. ``weights`` are the weights
    it is stated in: the one that is written, and those that may stand in its place. ``since`` are the tags of its
    premises, ``start`` the first step it is stated for where the page says so. A misreading says which equation it
    misreads (``of``) and how (``why``).
    """

    tag: str
    kind: EquationKind
    left: Expr
    right: Expr | None
    place: Place
    names: tuple[Apply, ...] = ()
    for_each: Ranges = ()
    weights: tuple[Letter, ...] = ()
    since: tuple[str, ...] = ()
    start: int | None = None
    of: str = ""
    why: str = ""

    def __str__(self) -> str:
        text = f"({self.tag}) {' = '.join(map(str, self.chain))}"
        for index, lower, upper in self.for_each:
            text += f", {index} = {lower}..{upper}"
        return text

    @property
    def chain(self) -> tuple[Expr, ...]:
        """Everything between the equals signs, in the order in which it stands."""
        return (self.left, *self.names, *(() if self.right is None else (self.right,)))

    @property
    def letters(self) -> Iterator[Letter]:
        """Every letter of the equation, those of the weights that may stand in for the written one among them."""
        return (node for side in (*self.chain, *self.weights) for node in walk(side) if isinstance(node, Letter))

    def with_sides(self, left: Expr, right: Expr) -> Equation:
        """The same equation between other sides, stated in the weights that these differentiate in."""
        written = weights_in(left, right)
        stand_ins = [weight for weight in self.weights if weight not in weights_in(*self.sides)]
        return replace(self, left=left, right=right, weights=(*written, *stand_ins) if len(written) == 1 else ())

    def with_letter(self, old: Letter, new: Letter) -> Equation:
        """The same equation with one letter in place of another."""
        right = None if self.right is None else replace_letter(self.right, old, new)
        names = [replace_letter(name, old, new) for name in self.names]
        applied = tuple(name for name in names if isinstance(name, Apply))
        return replace(self, left=replace_letter(self.left, old, new), right=right, names=applied)

    @property
    def sides(self) -> tuple[Expr, Expr]:
        """Left and right side of a claim or misreading."""
        if self.right is None:
            raise NotationError(f"({self.tag}) has no right side to compare")
        return self.left, self.right


_RECORDS: ContextVar[tuple[list[Derivation], ...]] = ContextVar("records", default=())


@contextmanager
def recorded() -> Iterator[list[Derivation]]:
    """A list of every derivation that is made inside the block, in the order in which they are made."""
    made: list[Derivation] = []
    token = _RECORDS.set((*_RECORDS.get(), made))
    try:
        yield made
    finally:
        _RECORDS.reset(token)


def _place() -> Place:
    # The line that called define, claim or misread: the first frame outside this file.
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


class Derivation:
    """A page under construction: equations in the order in which they are stated."""

    def __init__(self, title: str | None, *, source: str = "") -> None:
        self.title = (title or "").strip().split("\n")[0].rstrip(".")
        self.source = source
        self.equations: list[Equation] = []
        self.unread: dict[str, str] = {}
        """Which equation says what a state is, where one does; that it defines it here is another matter."""
        self._letters: dict[str, Letter] = {}
        self._here: Place | None = None
        self.place = _place()
        for made in _RECORDS.get():
            made.append(self)

    def __getitem__(self, tag: str) -> Equation:
        for equation in self.equations:
            if equation.tag == tag:
                return equation
        raise PageError(f"no equation is tagged ({tag}): the page has {', '.join(e.tag for e in self.equations)}")

    def __iter__(self) -> Iterator[Equation]:
        return iter(self.equations)

    def __repr__(self) -> str:
        return f"<Derivation {self.title!r}: {len(self.equations)} equations>"

    # ------------------------------------------------------------------------------------------- stating

    @contextmanager
    def placed(self, place: Place) -> Iterator[None]:
        """What is stated inside the block stands at ``place``, in a note, and not where it is called."""
        before, self._here = self._here, place
        try:
            yield
        finally:
            self._here = before

    def define(self, tag: str, left: Expr, *sides: Written) -> Equation:
        """``left`` is what the last side says; sides that apply a function with a shape name the step.

        The step of ``left`` is a bare index letter, or a number for a base case such as ``h[0]``. A left side that
        is only ever named, ``h_t = f(x_t, h_{t-1}, w)``, is an arbitrary function of what is named.
        """
        place = self._here or _place()
        written = [expr(side) for side in sides]
        names = tuple(side for side in written if isinstance(side, Apply) and side.function.shape is not None)
        bodies = [side for side in written if side not in names]
        if len(bodies) > 1:
            raise PageError(f"equation ({tag}): a definition has one right side, not {len(bodies)}", place)
        if not written:
            raise PageError(f"equation ({tag}): a definition needs a right side", place)
        equation = Equation(tag, "definition", left, bodies[0] if bodies else None, place, names)
        self._check_definition(equation)
        return self._append(equation)

    def claim(
        self,
        tag: str,
        left: Expr,
        right: Written,
        *,
        since: Iterable[Equation] = (),
        for_each: Sequence[tuple[Index, int | Index, int | Index]] = (),
        also_in: Sequence[Letter] = (),
        start: int | None = None,
    ) -> Equation:
        """The page says that ``left`` equals ``right`` for every step from ``start`` on.

        Without ``start`` it is stated as soon as it makes sense: h_{t-2} needs t = 2.
        ``for_each`` adds ranges, (i, 1, t) for "for i = 1..t"; ``also_in`` states the same with other weights in
        place of the one that is written; ``since`` names the premises.
        """
        return self._state(tag, "claim", left, right, since, for_each, also_in, start)

    def misread(
        self,
        tag: str,
        left: Expr,
        right: Written,
        *,
        of: Equation,
        why: str,
        for_each: Sequence[tuple[Index, int | Index, int | Index]] = (),
        start: int | None = None,
    ) -> Equation:
        """A wrong way to read equation ``of``; ``why`` says in words which. It is expected to be refuted."""
        return self._state(tag, "misreading", left, right, (), for_each, (), start, of=of.tag, why=why)

    def _state(
        self,
        tag: str,
        kind: EquationKind,
        left: Expr,
        right: Written,
        since: Iterable[Equation],
        for_each: Sequence[tuple[Index, int | Index, int | Index]],
        also_in: Sequence[Letter],
        start: int | None,
        of: str = "",
        why: str = "",
    ) -> Equation:
        place = self._here or _place()
        body = expr(right)
        written = weights_in(left, body)
        if also_in and len(written) != 1:
            raise PageError(
                f"equation ({tag}): also_in needs one weight to stand in for, but the equation differentiates in "
                f"{', '.join(map(str, written)) or 'none'}",
                place,
            )
        ranges = tuple((index, Index.of(lower), Index.of(upper)) for index, lower, upper in for_each)
        for place_of, (index, lower, upper) in enumerate(ranges):
            later = {other.name() for other, _, _ in ranges[place_of:]} & (lower.letters() | upper.letters())
            if later:
                raise PageError(
                    f"equation ({tag}): the range of {index} uses {' and '.join(sorted(later))}, which no range before "
                    "it binds; give that range first",
                    place,
                )
        if start is not None and (isinstance(start, bool) or not isinstance(start, int) or start < 0):
            raise PageError(f"equation ({tag}): start is a step from 0 on, not {start!r}", place)
        premises = tuple(premise.tag for premise in since)
        weights = (*written, *also_in) if len(written) == 1 else ()
        return self._append(
            Equation(tag, kind, left, body, place, (), ranges, weights, premises, start, of=of, why=why)
        )

    def _append(self, equation: Equation) -> Equation:
        for earlier in self.equations:
            if earlier.tag == equation.tag:
                raise PageError(
                    f"equation ({equation.tag}): the tag is already used at line {earlier.place.line}; give it another",
                    equation.place,
                )
        self._check_letters(equation)
        self.equations.append(equation)
        return equation

    def _check_letters(self, equation: Equation) -> None:
        # One name, one letter: entries are told apart by name once a page is unrolled, h_0[1] from W[1,2].
        letters = dict(self._letters)
        for letter in equation.letters:
            known = letters.setdefault(letter.symbol, letter)
            if known != letter:
                raise PageError(
                    f"equation ({equation.tag}): {letter.symbol} is declared twice, as {known.kind} and as "
                    f"{letter.kind} or with two shapes; give one of them another name",
                    equation.place,
                )
        for name in letters:
            base, _, step = name.rpartition("_")
            if base in letters and step.isdecimal() and letters[base].kind in ("state", "data"):
                raise PageError(
                    f"equation ({equation.tag}): {name} cannot be told from {base} at step {step}; "
                    f"give it another name, such as {base}{step}",
                    equation.place,
                )
        self._letters = letters

    def with_letter(self, old: Letter, new: Letter) -> Derivation:
        """A page of the same equations with one letter in place of another."""
        made = copy.copy(self)
        made.equations = [equation.with_letter(old, new) for equation in self]
        return made

    # ------------------------------------------------------------------------------------------- what is defined

    def letters_under(self, letters: Iterable[Letter]) -> set[Letter]:
        """These letters and those of their definitions, down to what the page leaves open."""
        seen: set[Letter] = set()
        pending = list(letters)
        while pending:
            letter = pending.pop()
            if letter not in seen:
                seen.add(letter)
                pending.extend(inner for known in self.definitions(letter) for inner in known.letters)
        return seen

    def definitions(self, letter: Letter) -> tuple[Equation, ...]:
        """The definitions whose left side is ``letter``, in page order."""
        return tuple(
            equation for equation in self.equations if equation.kind == "definition" and _head(equation.left) == letter
        )

    def body(self, letter: Letter, step: int) -> Expr | None:
        """What the page says ``letter`` is at ``step``; for an unindexed letter, at that value of its clock.

        Resolved, but for a name that is all the page says: an application of a function with a shape is then an
        arbitrary function of its arguments. None: the page has no definition for that step.
        """
        general: Expr | None = None
        found_body = False
        for equation in self.definitions(letter):
            index = equation.left.index if isinstance(equation.left, At) else None
            if index is not None and not index.terms:
                if index.value() == step:
                    return self._own(equation)
            elif general is None or (equation.right is not None and not found_body):
                # A body outranks a name: h_t = f_1(h_{t-1}, w) after h_t = phi(...) only names the step.
                found_body = equation.right is not None
                clock = self.clock(letter) if index is None else None
                values = _clock_at(index, step) if index is not None else {clock: step} if clock else {}
                general = substitute(self._own(equation), values)
        return general

    def _own(self, equation: Equation) -> Expr:
        if equation.right is not None:
            return self.resolve(equation.right)
        name = equation.names[-1]
        return Apply(name.function, tuple(self.resolve(argument) for argument in name.arguments))

    def clock(self, letter: Letter) -> str | None:
        """The index letter that an unindexed state depends on, T for L = (1/T) Σ_{t=1}^T l_t; None for none."""
        for equation in self.definitions(letter):
            if isinstance(equation.left, Letter):
                said = equation.right if equation.right is not None else equation.names[-1]
                free = sorted(free_indices(said))
                if len(free) > 1:
                    raise PageError(
                        f"equation ({equation.tag}): {letter} has no index, but depends on {' and '.join(free)}",
                        equation.place,
                    )
                return free[0] if free else None
        return None

    def resolve(self, node: Expr) -> Expr:
        """The expression with every named function and unindexed state replaced by the state at its step.

        ``f_1`` in ∂f_1/∂w becomes the h_t that it names, ``f(x_j, h_{j-1}, w)`` the h_j, and L the L at T. Raises
        :class:`IllTyped` where a function is differentiated in what is not among its arguments.
        """
        if isinstance(node, Partial):
            wrt = self._resolve_wrt(node.wrt)
            if isinstance(node.of, Letter) and node.of.kind == "function":
                named, arguments = self._named(node.of)
            elif isinstance(node.of, Apply) and (found := self._match(node.of)) is not None:
                named, arguments = found, node.of.arguments
            else:
                of = self.resolve(node.of)
                said = self._general(of) if isinstance(of, At) and node.own else of if isinstance(of, Apply) else None
                return Partial(of, wrt, said is not None and _is_indirect(said, wrt))
            if not any(_covers(argument, node.wrt) for argument in arguments):
                raise IllTyped(
                    f"{node.of} has no argument {node.wrt}: it is a function of {', '.join(map(str, arguments))}"
                )
            said = self._general(named)
            return Partial(named, wrt, said is not None and _is_indirect(said, wrt))
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
            if node.kind == "state" and self.definitions(node):
                clock = self.clock(node)
                return At(node, Index.letter(clock) if clock else Index.of(0))
            return node
        if isinstance(node, Apply):
            found = self._match(node)
            if found is not None and self.has_body(found.letter):
                return found
            return replace(node, arguments=tuple(self.resolve(argument) for argument in node.arguments))
        if isinstance(node, (At, Copy)):
            return node
        return rebuild(node, self.resolve, lambda index: index)

    def resolved(self, equation: Equation, weight: Letter | None = None) -> tuple[Expr, Expr]:
        """Both sides resolved, with ``weight`` in place of the weight that is written."""
        left, right = (self.resolve(side) for side in equation.sides)
        if weight is None or weight == equation.weights[0]:
            return left, right
        return replace_letter(left, equation.weights[0], weight), replace_letter(right, equation.weights[0], weight)

    def _general(self, named: At) -> Expr | None:
        """What the page says a named state is, at the state's index."""
        general = [
            equation
            for equation in self.definitions(named.letter)
            if isinstance(equation.left, At) and equation.left.index.terms
        ]
        for equation in sorted(general, key=lambda equation: equation.right is None):
            assert isinstance(equation.left, At)
            clock = next(iter(equation.left.index.letters()))
            return substitute(self._own(equation), {clock: named.index - equation.left.index.constant})
        return None

    def is_seen_twice(self, of: At, wrt: At) -> bool:
        """Whether a state, at most one step back, stands in the definition of another and in what else stands there."""
        said = self._general(of)
        back = of.index - wrt.index
        if said is None or back.terms or back.constant not in (0, 1):
            return False
        inside = list(walk(said))
        return wrt in inside and any(self._leads(node, wrt) for node in inside if node != wrt)

    def _leads(self, node: Expr, wrt: At) -> bool:
        """Whether a state or a sum of states may depend on another state; at a step before it, nothing does."""
        if isinstance(node, Ranged):
            return any(isinstance(part, At) and part.letter.kind == "state" for part in walk(node))
        if not isinstance(node, At) or node.letter.kind != "state":
            return False
        ahead = node.index - wrt.index
        if node == wrt or ahead.terms or ahead.constant not in (0, 1):
            return ahead.constant >= 0 or bool(ahead.terms)
        said = self._general(node)
        return said is not None and any(self._leads(inner, wrt) for inner in walk(said))

    def has_body(self, letter: Letter) -> bool:
        """Whether the page says more of a state than the name of its step."""
        return any(equation.right is not None for equation in self.definitions(letter))

    def _resolve_wrt(self, wrt: Expr) -> Expr:
        return self.resolve(wrt) if isinstance(wrt, Letter) and wrt.kind == "state" else wrt

    def _names(self, function: Letter) -> Iterator[tuple[At, Apply]]:
        for equation in self.equations:
            for name in equation.names:
                if name.function == function and isinstance(equation.left, At):
                    yield equation.left, name

    def _named(self, function: Letter) -> tuple[At, tuple[Expr, ...]]:
        named = list(self._names(function))
        if not named:
            raise IllTyped(f"{function} has no meaning on the page: no definition says h_t = {function}(...)")
        if len({state for state, _ in named}) > 1:
            raise IllTyped(f"{function} names {' and '.join(str(state) for state, _ in named)}: write its arguments")
        return named[0][0], tuple(argument for _, name in named for argument in name.arguments)

    def _match(self, applied: Apply) -> At | None:
        # f(x_j, h_{j-1}, w) names h_j when the page says h_t = f(x_t, h_{t-1}, w): the shift is read off the
        # first index, and the whole application must then agree.
        for state, name in self._names(applied.function):
            if name == applied:
                return state
            if not state.index.terms:
                continue
            clock = next(iter(state.index.letters()))
            for shift in _shifts(name, applied, clock):
                if substitute(name, {clock: shift}) == applied:
                    return At(state.letter, state.index.substitute({clock: shift}))
        known = [str(name) for _, name in self._names(applied.function)]
        if known:
            raise IllTyped(f"{applied} has no meaning on the page, which says {' and '.join(known)}")
        return None

    # ------------------------------------------------------------------------------------------- checks

    def _check_definition(self, equation: Equation) -> None:
        tag, left, place = equation.tag, equation.left, equation.place
        if isinstance(left, Letter):
            if left.kind not in ("state", "weight"):
                raise PageError(f"equation ({tag}): {left} is a {left.kind}; a page defines states and weights", place)
        elif not (isinstance(left, At) and left.letter.kind == "state"):
            raise PageError(
                f"equation ({tag}): the left side of a definition is a state such as h[t], not {left}; "
                "use claim for an equation between two expressions",
                place,
            )
        head = _head(left)
        assert head is not None
        if equation.right is not None:
            for earlier in self.definitions(head):
                if earlier.right is not None and (isinstance(left, Letter) or _same_step(earlier.left, left)):
                    raise PageError(
                        f"equation ({tag}): {left} is already defined by ({earlier.tag}); "
                        "a second right side is a claim",
                        place,
                    )
        for said in equation.chain[1:]:
            if isinstance(left, At):
                self._check_step(tag, left, bare=equation.right is not None, place=place)
                self._check_forward(tag, left, left.index, said, place)
            elif left.kind == "state" and len(free_indices(said)) == 1:
                # L = Σ_{t=1}^T l_t stands at its clock T.
                self._check_forward(tag, left, Index.letter(next(iter(free_indices(said)))), said, place)
            for node in walk(said):
                if isinstance(node, (Total, Partial, Block, Copy)):
                    raise PageError(f"equation ({tag}): a definition holds no derivative, but has {node}", place)
        self._check_circle(equation)

    def _check_step(self, tag: str, left: At, *, bare: bool, place: Place) -> None:
        letters = dict(left.index.terms)
        if letters and (list(letters.values()) != [1] or (bare and left.index.constant)):
            raise PageError(
                f"equation ({tag}): the step of {left} is not a bare index letter; define the state at t, "
                "or at a number for a first step",
                place,
            )

    def _check_forward(self, tag: str, left: Expr, step: Index, said: Expr, place: Place) -> None:
        for node, index in latest(said):
            ahead = index - step
            if ahead.terms and isinstance(left, At):
                raise PageError(
                    f"equation ({tag}): the step of {node} cannot be compared with that of {left}; "
                    "a definition may use earlier steps only",
                    place,
                )
            if node.letter.kind == "state" and ahead.constant > 0 and not ahead.terms:
                raise PageError(
                    f"equation ({tag}): {left} refers forward in time to {node}; "
                    "a definition may use earlier steps only",
                    place,
                )

    def _check_circle(self, equation: Equation) -> None:
        # h_t may use o_t and o_t may use g_t, but following steps at the same time must not lead back to h_t.
        uses: dict[str, set[str]] = {}
        for known in (*self.equations, equation):
            if known.kind == "definition" and isinstance(known.left, At) and known.right is not None:
                same = uses.setdefault(known.left.letter.symbol, set())
                for node, index in latest(known.right):
                    if node.letter.kind == "state" and index == known.left.index:
                        same.add(node.letter.symbol)
                same.update(_unindexed(known.right))
            elif known.kind == "definition" and isinstance(known.left, Letter) and known.right is not None:
                uses.setdefault(known.left.symbol, set()).update(
                    node.symbol for node in walk(known.right) if isinstance(node, Letter)
                )
        head = _head(equation.left)
        assert head is not None
        reached: set[str] = set()
        pending = list(uses.get(head.symbol, ()))
        while pending:
            name = pending.pop()
            if name == head.symbol:
                raise PageError(
                    f"equation ({equation.tag}): {equation.left} is defined by itself"
                    + (" at the same step" if isinstance(equation.left, At) else ""),
                    equation.place,
                )
            if name not in reached:
                reached.add(name)
                pending.extend(uses.get(name, ()))


def _unindexed(node: Expr) -> Iterator[str]:
    """The states that stand without an index, as L does for L = Σ_{t=1}^T l_t."""
    if isinstance(node, Letter) and node.kind == "state":
        yield node.symbol
    elif not isinstance(node, At):
        for child in children(node):
            yield from _unindexed(child)


def _is_indirect(said: Expr, wrt: Expr) -> bool:
    """Whether ``said`` may depend on a state through another one in it, which may come after or beside that state."""
    if not (isinstance(wrt, At) and wrt.letter.kind == "state"):
        return False
    for node in walk(said):
        if isinstance(node, Ranged) and any(
            isinstance(part, At) and part.letter.kind == "state" for part in walk(node)
        ):
            return True
        if isinstance(node, At) and node.letter.kind == "state" and node != wrt:
            ahead = node.index - wrt.index
            if ahead.terms or ahead.constant >= 0:
                return True
    return False


def weights_in(*sides: Expr) -> tuple[Letter, ...]:
    """The weights that the sides differentiate in, each once, in the order in which they stand."""
    found: dict[Letter, None] = {}
    for side in sides:
        for node in walk(side):
            if isinstance(node, (Total, Partial)):
                if isinstance(node.wrt, Letter) and node.wrt.kind == "weight":
                    found[node.wrt] = None
                elif isinstance(node.wrt, Copy):
                    found[node.wrt.weight] = None
    return tuple(found)


def _head(left: Expr) -> Letter | None:
    return left.letter if isinstance(left, At) else left if isinstance(left, Letter) else None


def _clock_at(index: Index, step: int) -> dict[str, int]:
    # h_{t-1} at step 3 is where t is 4.
    (name, slope), *_ = index.terms
    return {name: (step - index.constant) // slope}


def _same_step(one: Expr, other: Expr) -> bool:
    def base(left: Expr) -> int | None:
        return left.index.value() if isinstance(left, At) and not left.index.terms else None

    return base(one) == base(other)


def _covers(argument: Expr, wrt: Expr) -> bool:
    # f(w_h) may be differentiated in w_h, f(h_{t-1}) in h_{t-1}.
    return argument == wrt or (isinstance(wrt, Copy) and argument == wrt.weight)


def latest(node: Expr) -> Iterator[tuple[At, Index]]:
    """Each indexed letter with the latest step it is taken at, the bound indices at the end that is later."""
    if isinstance(node, At):
        yield node, node.index
    for child in children(node):
        for at, index in latest(child):
            if isinstance(node, Ranged):
                slope = dict(index.terms).get(node.index, 0)
                index = index.substitute({node.index: node.upper if slope > 0 else node.lower})
            yield at, index


def _shifts(pattern: Expr, actual: Expr, clock: str) -> Iterator[Index]:
    if isinstance(pattern, At) and isinstance(actual, At) and dict(pattern.index.terms) == {clock: 1}:
        yield actual.index - pattern.index.constant
    for one, other in zip(children(pattern), children(actual), strict=False):
        yield from _shifts(one, other, clock)
