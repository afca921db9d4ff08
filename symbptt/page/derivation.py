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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from symbptt.errors import PageError, Place
from symbptt.page.equations import Equation as Equation
from symbptt.page.equations import EquationKind as EquationKind
from symbptt.page.equations import Ranges as Ranges
from symbptt.page.equations import head as head
from symbptt.page.equations import weights_in as weights_in
from symbptt.page.notation import (
    Apply,
    At,
    Expr,
    Index,
    Letter,
    Partial,
    Total,
    Written,
    children,
    expr,
    free_indices,
    walk,
)
from symbptt.page.resolved import ResolvedPage, taken_at

_RECORDS: list[list[Derivation]] = []


@contextmanager
def recorded() -> Iterator[list[Derivation]]:
    """A list of every derivation that is made inside the block, in any thread, in the order in which they are made."""
    made: list[Derivation] = []
    _RECORDS.append(made)
    try:
        yield made
    finally:
        _RECORDS[:] = [other for other in _RECORDS if other is not made]


def _place() -> Place:
    # The line that called define, claim or misread: the first frame outside this file.
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


@dataclass(frozen=True, slots=True)
class Start:
    """That something is said, and not read, of what a state starts from: it is not assumed to be zero.

    ``defined``: an equation says what it is, and that it is constant is then no default either.
    """

    where: str
    defined: bool


class Derivation:
    """A page under construction: equations in the order in which they are stated."""

    def __init__(self, title: str | None, *, source: str = "") -> None:
        self.title = (title or "").strip().split("\n")[0].rstrip(".")
        self.source = source
        self.equations: list[Equation] = []
        self.unread: dict[str, str] = {}
        """The states whose definition was not read, by their symbols, each with where that stands."""
        self.unsaid: frozenset[str] = frozenset()
        """The symbols of letters of which the page itself does not say what they are: something is assumed of them."""
        self.taken: frozenset[str] = frozenset()
        """The symbols of letters that are taken for data, because nothing defines them."""
        self.units: frozenset[str] = frozenset()
        """The symbols of data of which one entry is 1 and the others are 0, at every step: nothing else refutes."""
        self.by_entries: set[str] = set()
        """The tags of equations about entries: no layout says where these stand."""
        self.vectorises = False
        """Whether it writes the vec of matrices, so that ⊗ of two columns is the Kronecker product."""
        self.starts: dict[str, Start] = {}
        """What is said of the first values of states and is not read, by their symbols."""
        self.bound: frozenset[str] = frozenset()
        """The symbols of letters of which the words of a note leave nothing to custom."""
        self.convention = "numerator"
        """How the note that it was read from lays derivatives out, by its name."""
        self._letters: dict[str, Letter] = {}
        self._here: Place | None = None
        self._meaning: ResolvedPage | None = None
        self.place = _place()
        for made in _RECORDS:
            made.append(self)

    def __getitem__(self, tag: str) -> Equation:
        for equation in self.equations:
            if equation.tag == tag:
                return equation
        raise PageError(f"no equation is tagged ({tag}): the page has {', '.join(e.tag for e in self.equations)}")

    def __iter__(self) -> Iterator[Equation]:
        return iter(self.equations)

    def __getstate__(self) -> dict[str, object]:
        # A copy, and a worker's, finds out for itself what the names mean.
        return {**vars(self), "_meaning": None}

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
        body = expr(right)
        written = weights_in(left, body)
        ranges = tuple((index, Index.of(lower), Index.of(upper)) for index, lower, upper in for_each)
        weights = (*written, *also_in) if len(written) == 1 else ()
        premises = tuple(premise.tag for premise in since)
        place = self._here or _place()
        made = Equation(tag, kind, left, body, place, (), ranges, weights, premises, start, of=of, why=why)
        if also_in and len(written) != 1:
            listed = ", ".join(map(str, written)) or "none"
            raise made.fault(f"also_in needs one weight to stand in for, but the equation differentiates in {listed}")
        for place_of, (index, lower, upper) in enumerate(ranges):
            later = {other.name() for other, _, _ in ranges[place_of:]} & (lower.letters() | upper.letters())
            if later:
                listed = " and ".join(sorted(later))
                raise made.fault(
                    f"the range of {index} uses {listed}, which no range before it binds; give that range first"
                )
        if start is not None and (isinstance(start, bool) or not isinstance(start, int) or start < 0):
            raise made.fault(f"start is a step from 0 on, not {start!r}")
        return self._append(made)

    def _append(self, equation: Equation) -> Equation:
        for earlier in self.equations:
            if earlier.tag == equation.tag:
                raise equation.fault(f"the tag is already used at line {earlier.place.line}; give it another")
        self._check_letters(equation)
        self.equations.append(equation)
        return equation

    def _check_letters(self, equation: Equation) -> None:
        # One name, one letter: entries are told apart by name once a page is unrolled, h_0[1] from W[1,2].
        letters = dict(self._letters)
        for letter in equation.letters:
            known = letters.setdefault(letter.symbol, letter)
            if known != letter:
                raise equation.fault(
                    f"{letter.symbol} is declared twice, as {known.kind} and as {letter.kind} or with two shapes; "
                    "give one of them another name"
                )
        for name in letters:
            base, _, step = name.rpartition("_")
            if base in letters and step.isdecimal() and letters[base].kind in ("state", "data"):
                raise equation.fault(
                    f"{name} cannot be told from {base} at step {step}; give it another name, such as {base}{step}"
                )
        self._letters = letters

    def with_letter(self, old: Letter, new: Letter) -> Derivation:
        """A page of the same equations with one letter in place of another."""
        made = copy.copy(self)
        made.equations = [equation.with_letter(old, new) for equation in self]
        made._letters = {symbol: new if letter == old else letter for symbol, letter in self._letters.items()}
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

    def weights_under(self, letter: Letter) -> tuple[Letter, ...]:
        """The weights that a letter depends on and that the page leaves open, in page order."""
        under = self.letters_under([letter])
        every = (one for one in self.meaning.letters.values() if one in under)
        return tuple(one for one in every if one.kind == "weight" and not self.definitions(one))

    @property
    def meaning(self) -> ResolvedPage:
        """What each name means by the equations that the page has now."""
        if self._meaning is None or self._meaning.equations != self.equations:
            self._meaning = ResolvedPage(self.equations)
        return self._meaning

    def rewritten(self, equations: list[Equation]) -> Derivation:
        """This page where some equations have other right sides."""
        made = copy.copy(self)
        made.equations, made._meaning = equations, self.meaning.rewritten(equations)
        return made

    def definitions(self, letter: Letter) -> tuple[Equation, ...]:
        """The definitions whose left side is ``letter``, in page order."""
        return self.meaning.definitions(letter)

    def clock(self, letter: Letter) -> str | None:
        """The index letter that an unindexed state depends on, T for L = (1/T) Σ_{t=1}^T l_t; None for none."""
        return self.meaning.clock(letter)

    def resolve(self, node: Expr) -> Expr:
        """The expression with every named function and unindexed state replaced by the state at its step."""
        return self.meaning.resolve(node)

    def resolved(self, equation: Equation, weight: Letter | None = None) -> tuple[Expr, Expr]:
        """Both sides resolved, with ``weight`` in place of the weight that is written."""
        return self.meaning.resolved(equation, weight)

    # ------------------------------------------------------------------------------------------- checks

    def _check_definition(self, equation: Equation) -> None:
        left = equation.left
        if isinstance(left, Letter):
            if left.kind not in ("state", "weight"):
                raise equation.fault(f"{left} is a {left.kind}; a page defines states and weights")
        elif not (isinstance(left, At) and left.letter.kind == "state"):
            raise equation.fault(
                f"the left side of a definition is a state such as h[t], not {left}; "
                "use claim for an equation between two expressions"
            )
        letter = head(left)
        assert letter is not None
        if equation.right is not None:
            for earlier in self.definitions(letter):
                if earlier.right is not None and _is_of_one_step(earlier, equation):
                    raise equation.fault(
                        f"{left} is already defined by ({earlier.tag}); a second right side is a claim"
                    )
        for said in equation.chain[1:]:
            if isinstance(left, At):
                self._check_step(equation, left)
                self._check_forward(equation, left.index, said)
            elif left.kind == "state" and len(free_indices(said)) == 1:
                # L = Σ_{t=1}^T l_t stands at its clock T.
                self._check_forward(equation, Index.letter(next(iter(free_indices(said)))), said)
        self._check_circle(equation)
        self._check_direction(equation)

    def _check_step(self, equation: Equation, left: At) -> None:
        if [slope for _, slope in left.index.terms] not in ([], [1]):
            raise equation.fault(
                f"the step of {left} is not one index letter; define the state at t, or at a number for a first step"
            )

    def _check_forward(self, equation: Equation, step: Index, said: Expr) -> None:
        left = equation.left
        for node, _, index in taken_at(said):
            ahead = index - step
            if ahead.terms and isinstance(left, At):
                raise equation.fault(
                    f"the step of {node} cannot be compared with that of {left}; "
                    "a definition may use steps that are a fixed number away"
                )
            runs = isinstance(left, At) and bool(left.index.terms)
            if node.letter.kind == "state" and ahead.constant > 0 and not ahead.terms and not runs:
                raise equation.fault(
                    f"{left} refers forward in time to {node}; a definition may use earlier steps only"
                )

    def _check_direction(self, equation: Equation) -> None:
        # What is computed from later steps is not used by what it is computed from: no recurrence runs both ways.
        gaps: dict[str, dict[str, set[int]]] = {}
        for known in (*self.equations, equation):
            if known.kind == "definition" and (defined := head(known.left)) is not None:
                for symbol, steps in _gaps(known).items():
                    gaps.setdefault(defined.symbol, {}).setdefault(symbol, set()).update(steps)
        letter = head(equation.left)
        assert letter is not None
        after = _reached(letter.symbol, gaps)
        together = {symbol for symbol in after if letter.symbol in _reached(symbol, gaps)}
        ahead = {step for one in together for other, every in gaps[one].items() if other in together for step in every}
        if min(ahead, default=0) < 0 < max(ahead, default=0):
            raise equation.fault(f"{equation.left} is computed from earlier and from later steps of itself")

    def _check_circle(self, equation: Equation) -> None:
        # h_t may use o_t and o_t may use g_t, but following steps at the same time must not lead back to h_t.
        uses: dict[str, set[str]] = {}
        for known in (*self.equations, equation):
            if known.kind == "definition" and known.right is not None and (defined := head(known.left)) is not None:
                uses.setdefault(defined.symbol, set()).update(_used_at_its_step(known.left, known.right))
        letter = head(equation.left)
        assert letter is not None
        if letter.symbol in _reached(letter.symbol, uses):
            at = " at the same step" if isinstance(equation.left, At) else ""
            raise equation.fault(f"{equation.left} is defined by itself{at}")


@lru_cache(maxsize=4096)
def _used_at_its_step(left: Expr, right: Expr) -> frozenset[str]:
    """The symbols that a definition uses at its own step: looked for once, however many definitions come behind it."""
    if not isinstance(left, At):
        return frozenset(node.symbol for node in walk(right) if isinstance(node, Letter))
    taken = taken_at(right)
    same = {node.letter.symbol for node, _, index in taken if node.letter.kind == "state" and index == left.index}
    return frozenset(same.union(_unindexed(right)))


def _unindexed(node: Expr) -> Iterator[str]:
    """The states that stand without an index, as L does for L = Σ_{t=1}^T l_t."""
    if isinstance(node, Letter) and node.kind == "state":
        yield node.symbol
    elif not isinstance(node, At):
        for child in children(node):
            yield from _unindexed(child)


def _is_of_one_step(one: Equation, other: Equation) -> bool:
    """Whether two definitions of a letter say what it is at the same step; what runs backwards may be said at T too."""
    left, right = one.left, other.left
    return not (isinstance(left, At) and isinstance(right, At)) or left.index == right.index


@lru_cache(maxsize=4096)
def _gaps(equation: Equation) -> Mapping[str, frozenset[int]]:
    """The states that a definition uses, by their symbols, and how many steps ahead; both ways where that is open."""
    step = equation.left.index if isinstance(equation.left, At) else None
    found: dict[str, frozenset[int]] = {}
    for said in equation.chain[1:]:
        differentiated = {part for node in walk(said) if isinstance(node, (Total, Partial)) for part in walk(node)}
        for node, early, late in taken_at(said):
            steps = frozenset((-1, 1))
            if step is not None and node not in differentiated:
                # Σ_{i=1}^{t-1} h_i is of earlier steps, however many.
                steps = frozenset(-1 if gap.terms else gap.constant for gap in (early - step, late - step))
            if node.letter.kind == "state":
                found[node.letter.symbol] = found.get(node.letter.symbol, frozenset()) | steps
    return found


def _reached(symbol: str, uses: Mapping[str, Iterable[str]]) -> set[str]:
    """What a letter leads to, by symbols."""
    found: set[str] = set()
    pending = list(uses.get(symbol, ()))
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(uses.get(name, ()))
    return found
