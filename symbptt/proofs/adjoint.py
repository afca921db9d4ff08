"""Explicit formulas for every step and any sizes: the chain rule run backwards from a loss, a few steps at a time.

The derivative of L in a letter s_k is what L itself says of s_k, and over every letter b_j whose definition s_k stands
in, dL/db_j · ∂b_j/∂s_k; a shared weight has one such term for each step that uses it. That is the chain rule of
``onestep``, which is confirmed for each definition that is used, read from the other end: with A the matrix of all
∂b_j/∂s_k of a page, which has no cycle, the derivatives in s are the column of (I - A)^{-1} = I + A (I - A)^{-1}, by
which they are taken forwards, and those of L its row of (I - A)^{-1} = I + (I - A)^{-1} A.

Both sides of a claim are written with every letter at its step, and their difference is reduced: derivatives of L at
the steps that the claim speaks of are put together from those after them, and what comes from beyond these steps is one
opaque letter for each state, the same on both sides. Sums over steps are compared term by term over the range that
they have in common, and what stands outside it beside the other terms. Whatever depends on where a step lies (t = T,
t = 1) is decided by looking at both cases.

>>> from symbptt.functions import activation
>>> from symbptt.page.notation import Sum, d, data, function, hadamard, indices, partial, sizes, slope, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, z, y, L = state("h", n), state("z", n), data("y", n), state("L")
>>> W, phi, ell = weight("W", n, n), function("phi"), function("ell", 1)
>>> page = Derivation("A recurrence with a loss")
>>> _ = page.define("1", z[t], W @ h[t - 1])
>>> _ = page.define("2", h[t], phi(z[t]))
>>> _ = page.define("3", L, Sum(ell(h[t], y[t]), (t, 1, T)))
>>> back = hadamard(d(L, h[t + 1]).T, slope(phi, z[t + 1])).T @ W
>>> true = page.claim("true", d(L, h[t]), partial(ell(h[t], y[t]), h[t]) + back, for_each=[(t, 1, T - 1)])
>>> false = page.claim("false", d(L, h[t]), back, for_each=[(t, 1, T - 1)])
>>> follow_adjoint(page, true, 1, activation("any")).proved
True
>>> print(follow_adjoint(page, false, 1, activation("any")).reason)
the sides differ by ∂1ell(h_t, y_t)[a]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice, permutations, product
from typing import Literal, NamedTuple, TypeAlias, TypeVar, get_args

from symbptt.errors import BudgetExceeded, Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import definition_at
from symbptt.page.notation import (
    Add,
    At,
    Diag,
    Expr,
    Hadamard,
    Index,
    Letter,
    Mul,
    Power,
    Sum,
    Total,
    Transpose,
    substitute,
    walk,
)
from symbptt.page.shapes import agree
from symbptt.proofs.contraction import Entry, Form, Kernel, Spaces
from symbptt.proofs.indexed import Value
from symbptt.proofs.induction import assumed
from symbptt.proofs.local import WRITTEN_OUT, Atom, Known, Local, Open, Rate, Terms
from symbptt.proofs.words import entails, slope_of

LIMIT = 1_000
"""How many terms a form may have: a claim that is true needs a few hundred at most."""
CASES = 24
"""How many cases of where the steps lie one claim may be divided into."""
NEARBY = 12
"""How many derivatives are put together from the very next ones where all of them are too much."""
ALIGNMENTS = 6
"""In how many ways the ranges of several sums may be laid over each other."""

Way: TypeAlias = Literal["backwards", "forwards", "both"]
"""From where a derivative is put together: of L over what L is made of, of a state in a weight over the step before."""
WAYS: tuple[Way, ...] = get_args(Way)

Range: TypeAlias = "tuple[str, Index, Index]"


class Piece(NamedTuple):
    """A term summed over ranges of steps, the outermost first; of the left side, or with its sign turned the right."""

    ranges: tuple[Range, ...]
    form: Form
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Adjoint:
    """What is said of an equation: proved for every step and any sizes, or not decided, and why."""

    proved: bool
    reason: str = ""


D = TypeVar("D", bound="Difference")


def follow_adjoint(page: Derivation, equation: Equation, start: int, activation: Activation) -> Adjoint:
    """Prove an equation for every step from ``start`` on and any sizes, in each of its weights.

    Raises :class:`IllTyped` where the sides have no common meaning.
    """
    for weight in equation.weights or (None,):
        found, _ = followed(page, equation, weight, start, activation, Difference)
        if not found.proved:
            return found
    return Adjoint(True)


def followed(
    page: Derivation, equation: Equation, weight: Letter | None, start: int, activation: Activation, make: type[D]
) -> tuple[Adjoint, D]:
    """The same in one weight, and the difference of the sides in the way in which they were reduced last."""
    left, right = page.resolved(equation, weight)
    agree(page, left, right)
    known = assumed(page, equation, left, right, start)
    found = Adjoint(False)
    for way in _ways(page, left, right):
        difference = make(page, activation, known, way)
        try:
            rest = difference.residue(left, right)
        except (BudgetExceeded, Undecided) as error:
            rest = str(error)
        found = found if found.reason and rest else Adjoint(not rest, rest)
        if found.proved or not difference.has_forward:
            break
    return found, difference


def _ways(page: Derivation, left: Expr, right: Expr) -> tuple[Way, ...]:
    """The ways, the likeliest first: forwards where both sides have a state differentiated in a weight, as in RTRL."""

    def has_state(side: Expr) -> bool:
        rates = (node for node in walk(side) if isinstance(node, Total) and isinstance(node.wrt, Letter))
        return any(isinstance(rate.of, At) and page.meaning.defined(rate.of.letter).has_index for rate in rates)

    return ("forwards", "backwards", "both") if has_state(left) and has_state(right) else WAYS


class Difference:
    """The difference of two sides, and what is left of it."""

    def __init__(self, page: Derivation, activation: Activation, known: Known, way: Way) -> None:
        self.page = page
        self.kernel = Kernel(LIMIT)
        self.start = Local(page, activation, self.kernel, known)
        self.way = way
        self.has_forward = False
        self.cases = CASES
        self.spaces: tuple[Spaces, Spaces] = ((), ())
        self.forward: dict[tuple[At, At | Letter], list[tuple[At, Form]]] = {}
        """Over what derivatives of states were put together from those of the states before."""
        self._bound = 0

    def residue(self, left: Expr, right: Expr) -> str:
        """What is left of left - right, in words; empty where it is 0."""
        one, other = ([*self.pieces(self.start, side)] for side in (left, right))
        if len({value[:2] for _, value in (*one, *other)}) > 1:
            raise Undecided("the entries of the two sides are not compared one by one")
        self.spaces = one[0][1][:2]
        pieces = [Piece(ranges, value.form) for ranges, value in one]
        pieces += [Piece(ranges, negated(value.form), True) for ranges, value in other]
        return self.left_over(self.start, pieces)

    # ------------------------------------------------------------------------------------------- reading

    def letter(self) -> str:
        """A new index letter, which no page can write."""
        self._bound += 1
        return f"#{self._bound}"

    def pieces(self, local: Local, node: Expr) -> Iterator[tuple[tuple[Range, ...], Value]]:
        """A side as terms summed over steps, outside of everything else."""
        match node:
            case Add(parts):
                for part in parts:
                    yield from self.pieces(local, part)
            case Mul(parts) | Hadamard(parts):
                times = local._times if isinstance(node, Mul) else local._entrywise
                for factors in product(*([*self.pieces(local, part)] for part in parts)):
                    ranges = tuple(one for ranges, _ in factors for one in ranges)
                    yield ranges, reduce(times, (value for _, value in factors))
            case Transpose(of):
                yield from ((ranges, local._transposed(value)) for ranges, value in self.pieces(local, of))
            case Diag(of):
                yield from ((ranges, local._diagonal(value)) for ranges, value in self.pieces(local, of))
            case Sum():
                name = self.letter()
                step = Index(((name, 1),))
                inner = local.under((*local.known, step - node.lower, node.upper - step))
                body = substitute(node.body, {node.index: step})
                for ranges, value in self.pieces(inner, body):
                    yield ((name, node.lower, node.upper), *ranges), value
            case _:
                yield (), local.side(node)

    def spread(self, local: Local, piece: Piece) -> Iterator[Piece]:
        """A term in which every derivative in a weight is the sum over the steps that use it."""
        local = local.under((*local.known, *conditions(piece.ranges)))
        for name, atom in list(local.atoms_in(piece.form)):
            self.has_forward |= isinstance(atom, Power)
            if isinstance(atom, Rate) and self.is_spread(local, atom):
                with_it = {term: value for term, value in piece.form.items() if _has(self.kernel, term.factors, name)}
                rest = {term: value for term, value in piece.form.items() if term not in with_it}
                if rest:
                    yield from self.spread(local, piece._replace(form=rest))
                for ranges, form, _ in self.uses(local, atom):
                    made = self.kernel.substituted(with_it, {name: form})
                    yield from self.spread(local, piece._replace(ranges=(*piece.ranges, *ranges), form=made))
                return
        yield piece

    def is_spread(self, local: Local, rate: Rate) -> bool:
        """Whether a derivative is written as a sum over steps."""
        if rate.held:
            return False
        indexed = self.is_grown(rate)
        self.has_forward |= indexed
        if not indexed and self.way != "backwards":
            return isinstance(rate.wrt, Letter) or local.reaches_on(rate)
        return isinstance(rate.wrt, Letter) and not (indexed and self.way == "forwards")

    def uses(self, local: Local, rate: Rate) -> Iterator[Piece]:
        """A derivative as terms summed over steps: those at which L is made of something, or that use a weight."""
        root, wrt, _ = rate
        back = Rows(local, self, {})
        for node in back.whole(root):
            for ranges, value in back.body(node):
                if isinstance(wrt, Letter) and (form := local.derived(value, wrt)):
                    yield Piece(ranges, self.chained(local, back.row(root, node), form, root, node, wrt))
                if self.way != "backwards":
                    for at in local.states_in(value.form):
                        if not local.is_whole(at):
                            yield from self.forwards(local, back.row(root, node), rate, node, ranges, value, at)
        if self.way != "backwards" and back.whole(root):
            return
        assert isinstance(wrt, Letter)
        for letter in local.made_of(root.letter):
            if (fixed := back.fixed_uses(root, letter)) is not None:
                for at in fixed:
                    row = local.letter(Rate(root, at)).form
                    yield Piece((), self.chained(local, row, local.slope(at, wrt), root, at, wrt))
                continue
            name = self.letter()
            step = Index(((name, 1),))
            at = At(letter, step)
            last = back.last(root)
            inside = local.under((*local.known, step - 1, last - step))
            if form := inside.slope(at, wrt):
                row = inside.letter(Rate(root, at)).form
                yield Piece(((name, Index.of(1), last),), self.chained(inside, row, form, root, at, wrt))
            first = At(letter, Index.of(0))
            if definition_at(self.page, first) is not None and (form := local.slope(first, wrt)):
                row = local.letter(Rate(root, first)).form
                yield Piece((), self.chained(local, row, form, root, first, wrt))

    def forwards(
        self, local: Local, row: Form, rate: Rate, node: At, ranges: tuple[Range, ...], value: Value, at: At
    ) -> Iterator[Piece]:
        """The term of a loss for one state that it is made of: from the step on of what it is differentiated in."""
        root, wrt, _ = rate
        if isinstance(wrt, At):
            if len(ranges) > 1 or any(slope_of(at.index, name) != 1 for name, _, _ in ranges):
                raise Undecided(f"{node} sums over steps that {at} is not counted from")
            for place, (name, lower, upper) in enumerate(ranges):
                first = wrt.index - (at.index - Index(((name, 1),)))
                if local.holds(first - lower):
                    ranges = (*ranges[:place], (name, first, upper), *ranges[place + 1 :])
            if not ranges and not local.holds(at.index - wrt.index):
                return
        inside = local.under((*local.known, *conditions(ranges)))
        inner = inside.follows(at, wrt, None)
        form = self.chained(
            inside, self.chained(inside, row, inside.derived(value, at), root, node, at), inner, root, at, wrt
        )
        yield Piece(ranges, form)

    def chained(self, local: Local, row: Form, form: Form, root: At, at: At, wrt: At | Letter) -> Form:
        """d root/d at · ∂at/∂wrt."""
        rows, between, columns = (local._taken_in(end)[1] for end in (root, at, wrt))
        return local.through(row, form, rows, between, columns)

    # ------------------------------------------------------------------------------------------- sums over steps

    def left_over(self, local: Local, pieces: list[Piece]) -> str:
        """What is left of a sum of terms where this is assumed, in words; empty where it is 0."""
        try:
            spread = [made for piece in pieces for made in self.spread(local, piece)]
            flat = [made for piece in spread for made in self.settled(local, piece)]
            return self.laid_over(local, flat)
        except Open as error:
            if any(name.startswith("#") for name, _ in error.condition.terms):
                raise Undecided(f"what a sum over steps is made of differs from term to term: {error}") from None
            for case, values in self.both(local, error.condition):
                moved = [self.moved(case, piece, values) for piece in pieces]
                if rest := self.left_over(case, moved):
                    return rest
            return ""

    def both(self, local: Local, condition: Index) -> Iterator[tuple[Local, Mapping[str, Index]]]:
        """Both cases of a condition, as far as there are any, and as many as one claim may have."""
        for case in local.both(condition):
            self.cases -= 1
            if self.cases < 0:
                raise BudgetExceeded(f"more than {CASES} cases of where the steps lie")
            yield case

    def moved(self, local: Local, piece: Piece, values: Mapping[str, Index]) -> Piece:
        """A term with index letters replaced."""
        if not values:
            return piece
        ranges = tuple(
            (name, lower.substitute(values), upper.substitute(values)) for name, lower, upper in piece.ranges
        )
        return piece._replace(ranges=ranges, form=local.moved(piece.form, values))

    def settled(self, local: Local, piece: Piece) -> Iterator[Piece]:
        """A term without ranges that are empty or short."""
        for place, (name, lower, upper) in enumerate(piece.ranges):
            before = local.under((*local.known, *conditions(piece.ranges[:place])))
            width = upper - lower
            if entails(before.known, -1 - width):
                return
            if not width.terms and width.constant < WRITTEN_OUT:
                rest = piece._replace(ranges=piece.ranges[:place] + piece.ranges[place + 1 :])
                for at in range(width.constant + 1):
                    yield from self.settled(local, self.moved(local, rest, {name: lower + at}))
                return
        if piece.form:
            yield piece

    def laid_over(self, local: Local, pieces: list[Piece]) -> str:
        """What is left where sums are compared term by term over the range that they have in common."""
        single = [self.turned(local, piece) for piece in pieces if len(piece.ranges) == 1]
        others = [piece for piece in pieces if len(piece.ranges) != 1]
        rest = ""
        for shifts in islice(product(*self.shifts(single)), ALIGNMENTS):
            moved = [self.shifted(local, piece, by) for piece, by in zip(single, shifts, strict=True)]
            rest = self.grouped(local, [*moved, *others])
            if not rest:
                return ""
        return rest

    def turned(self, local: Local, piece: Piece) -> Piece:
        """A sum that runs up where every step in it runs down."""
        ((name, lower, upper),) = piece.ranges
        slopes = {slope_of(step, name) for _, atom in local.atoms_in(piece.form) for step in steps_of(atom)} - {0}
        if slopes != {-1}:
            return piece
        return piece._replace(form=local.moved(piece.form, {name: lower + upper - Index(((name, 1),))}))

    def shifts(self, pieces: list[Piece]) -> Iterator[tuple[int, ...]]:
        """By how much each sum may be counted from another step, so that an end is that of the first with such ends."""
        seen: dict[tuple[Terms, Terms], Range] = {}
        for piece in pieces:
            ((name, lower, upper),) = piece.ranges
            _, low, high = seen.setdefault((lower.terms, upper.terms), (name, lower, upper))
            yield tuple(dict.fromkeys(((upper - high).constant, (lower - low).constant)))

    def shifted(self, local: Local, piece: Piece, by: int) -> Piece:
        """A sum counted from another step."""
        ((name, lower, upper),) = piece.ranges
        form = local.moved(piece.form, {name: Index(((name, 1),), by)}) if by else piece.form
        return piece._replace(ranges=((name, lower - by, upper - by),), form=form)

    def grouped(self, local: Local, pieces: list[Piece]) -> str:
        """What is left of sums whose ends are a fixed number of steps apart, and of what they leave over."""
        bare = [piece for piece in pieces if not piece.ranges]
        if rest := self.nested(local, [piece for piece in pieces if len(piece.ranges) > 1]):
            return rest
        groups: dict[tuple[Terms, Terms], list[Piece]] = {}
        for piece in pieces:
            if len(piece.ranges) == 1:
                ((_, low, high),) = piece.ranges
                groups.setdefault((low.terms, high.terms), []).append(piece)
        for group in groups.values():
            ranges = [piece.ranges[0] for piece in group]
            name = ranges[0][0]
            lower = max((low for _, low, _ in ranges), key=lambda end: end.constant)
            upper = min((high for _, _, high in ranges), key=lambda end: end.constant)
            common: list[Piece] = []
            for piece in group:
                taken = list(self.peeled(local, piece, lower, upper))
                bare += taken
                ((own, _, _),) = piece.ranges
                moved = local.moved(piece.form, {own: Index(((name, 1),))})
                common.append(piece._replace(ranges=((name, lower, upper),), form=moved))
            inside = local.under((*local.known, Index(((name, 1),)) - lower, upper - Index(((name, 1),))))
            if rest := self.nothing(inside, common):
                return f"in the sums over the steps from {lower} to {upper} {rest}"
        return self.nothing(local, bare)

    def nested(self, local: Local, pieces: list[Piece]) -> str:
        """What is left of sums over several steps, those over the same steps compared term by term in any order."""
        while pieces:
            first, *others = pieces
            names = [name for name, _, _ in first.ranges]
            region = _region(local.known, first.ranges, {})
            together, pieces = [first], []
            for piece in others:
                for order in permutations(names) if len(piece.ranges) == len(names) else ():
                    renamed = {old: Index(((new, 1),)) for (old, _, _), new in zip(piece.ranges, order, strict=True)}
                    if _region(local.known, piece.ranges, renamed) == region:
                        together.append(piece._replace(ranges=first.ranges, form=local.moved(piece.form, renamed)))
                        break
                else:
                    pieces.append(piece)
            inside = local.under((*local.known, *region))
            if rest := self.nothing(inside, together):
                return f"in the sums over several steps {rest}"
        return ""

    def peeled(self, local: Local, piece: Piece, lower: Index, upper: Index) -> Iterator[Piece]:
        """The terms of a sum outside of a range that it is cut down to; a range that may be empty has none to take."""
        ((name, low, high),) = piece.ranges
        while low != lower:
            if local.holds(high - low):
                yield piece._replace(ranges=(), form=local.moved(piece.form, {name: low}))
            low = low + 1
        while high != upper:
            if local.holds(high - low):
                yield piece._replace(ranges=(), form=local.moved(piece.form, {name: high}))
            high = high - 1

    # ------------------------------------------------------------------------------------------- one term

    def nothing(self, local: Local, pieces: Sequence[Piece]) -> str:
        """What is left of terms at one step in each case of where it lies, in words; empty where it is 0."""
        form = self.kernel.total(piece.form for piece in pieces)
        found = self.remaining(local, pieces, False)
        if found and any(self.is_grown(atom) for _, atom in local.atoms_in(form)):
            return self.remaining(local, pieces, True)
        return found

    def is_grown(self, atom: object) -> bool:
        """Whether it is the derivative of a state, which may be put together from the states before it."""
        return isinstance(atom, Rate) and not atom.held and not self.start.is_whole(atom.of)

    def remaining(self, local: Local, pieces: Sequence[Piece], grows: bool) -> str:
        """What is left of them, in words, with or without what derivatives of states are put together from."""
        form = self.kernel.total(piece.form for piece in pieces)
        try:
            rest = self.reduced(local, form, grows) if form else form
        except Open as error:
            for case, values in self.both(local, error.condition):
                if found := self.remaining(case, [self.moved(case, piece, values) for piece in pieces], grows):
                    return found
            return ""
        return f"the sides differ by {self.kernel.shown(rest)}" if rest else ""

    def reduced(self, local: Local, form: Form, grows: bool) -> Form:
        """A form with its derivatives put together from those of later steps, and its states from earlier ones."""
        atoms = list(local.atoms_in(form))
        ends: dict[Terms, int] = {}
        for _, atom in atoms:
            for step in steps_of(atom):
                ends[step.terms] = max(step.constant, ends.get(step.terms, step.constant))
        back = Rows(local, self, ends)
        rates = {name: atom for name, atom in atoms if isinstance(atom, Rate)}
        if grows:
            form = self.kernel.substituted(form, self.grown(local, rates))
            rates = {name: atom for name, atom in local.atoms_in(form) if isinstance(atom, Rate)}
        inside = {name: rate for name, rate in rates.items() if isinstance(rate.wrt, At) and not rate.held}
        try:
            images = {name: back.row(rate.of, rate.wrt) for name, rate in inside.items() if isinstance(rate.wrt, At)}
            form = self.kernel.substituted(form, images)
        except BudgetExceeded:
            if self.vanishes_nearby(local, form, Rows(local, self, ends, is_near=True)):
                return {}
            raise
        if any(isinstance(atom, Power) for _, atom in local.atoms_in(form)):
            form = local.merged(form)
        return local.opened(form) if form else form

    def vanishes_nearby(self, local: Local, form: Form, near: Rows) -> bool:
        """Whether nothing is left of a form when its earliest derivatives are put together from the very next ones.

        In a network of many letters these say all, and what they are made of themselves would be too much.
        """
        for _ in range(NEARBY):
            rates = {name: atom for name, atom in local.atoms_in(form) if isinstance(atom, Rate) and not atom.held}
            first = self.earliest(local, rates)
            if first is None or not isinstance(wrt := rates[first].wrt, At):
                return False
            form = self.kernel.substituted(form, {first: near.row(rates[first].of, wrt)})
            if not form or not local.opened(form):
                return True
        return False

    def earliest(self, local: Local, rates: Mapping[str, Rate]) -> str | None:
        """The derivative in the letter that no other one of them is computed from."""
        letters = {name: rate.wrt for name, rate in rates.items() if isinstance(rate.wrt, At)}
        for name, at in letters.items():
            others = (other for other in letters.values() if other != at)
            if not any(_is_before(local, other, at) for other in others):
                return name
        return None

    def grown(self, local: Local, rates: Mapping[str, Rate]) -> dict[str, Form]:
        """Derivatives of states put together from those of the letters that they are computed from."""
        lowest: dict[Terms, int] = {}
        inside = {name: rate for name, rate in rates.items() if self.is_grown(rate)}
        for rate in inside.values():
            step = rate.of.index
            lowest[step.terms] = min(step.constant, lowest.get(step.terms, step.constant))

        def grow(of: At, wrt: At | Letter) -> Form:
            step = of.index
            if step.constant < lowest.get(step.terms, step.constant):
                return local.follows(of, wrt, None)
            if step.terms and not entails(local.known, step - 1):
                return local.follows(of, wrt, None)
            if isinstance(wrt, At) and (power := local.steady(of, wrt)) is not None:
                return power
            if isinstance(wrt, At) and (of == wrt or not local.holds(step - wrt.index - 1)):
                return local.follows(of, wrt, None)
            value = local.body(of)
            if value is None:
                return {}
            terms = [] if isinstance(wrt, At) and wrt.letter.kind == "state" else [local.slope(of, wrt)]
            followed = [(state, grow(state, wrt)) for state in list(local.states_in(value.form))]
            terms += [self.chained(local, local.slope(of, at), inner, of, at, wrt) for at, inner in followed if inner]
            self.forward[of, wrt] = [(at, local.slope(of, at)) for at, inner in followed if inner]
            return self.kernel.total(terms)

        return {name: grow(rate.of, rate.wrt) for name, rate in inside.items()}


class Rows:
    """Derivatives put together from those of later letters; what comes from beyond the ``ends`` is opaque."""

    def __init__(
        self, local: Local, difference: Difference, ends: Mapping[Terms, int], *, is_near: bool = False
    ) -> None:
        self.local = local
        self.is_near = is_near
        """Whether a derivative is put together from those of the very next letters, and no further."""
        self.difference = difference
        self.kernel = local.kernel
        self.ends = ends
        self.links: dict[tuple[At, At], list[tuple[At, Form]]] = {}
        """What each derivative was put together over: letters, and the derivative of each in what it is taken in."""
        self.carried: set[tuple[At, At]] = set()
        """Which of them have a part that comes from beyond the ends."""
        self.rows: dict[tuple[At, At], Form] = {}
        self._bodies: dict[At, list[tuple[tuple[Range, ...], Value]]] = {}
        self._whole: dict[At, tuple[At, ...]] = {}

    def whole(self, root: At) -> tuple[At, ...]:
        """The letters without an index that a loss is made of, itself first."""
        if root not in self._whole:
            found: dict[At, None] = {}
            pending = [root] if self.local.is_whole(root) else []
            while pending:
                node = pending.pop()
                if node not in found:
                    found[node] = None
                    for _, value in self.body(node):
                        pending += filter(self.local.is_whole, self.local.states_in(value.form))
            self._whole[root] = tuple(found)
        return self._whole[root]

    def body(self, node: At) -> list[tuple[tuple[Range, ...], Value]]:
        """What a letter without an index is, as terms summed over steps."""
        if node not in self._bodies:
            said = self.local.page.meaning.defined(node.letter).at(node.index)
            if said is None:
                raise Undecided(f"the page does not say what {node.letter} is")
            self._bodies[node] = list(self.difference.pieces(self.local, said))
        return self._bodies[node]

    def last(self, root: At) -> Index:
        """The last step that a state or a loss is made of: T, or a later one that stands in the loss itself."""
        ends = [root.index]
        for node in self.whole(root):
            for ranges, value in self.body(node):
                for at in self.local.states_in(value.form):
                    end = at.index
                    for name, lower, upper in reversed(ranges):
                        end = end.substitute({name: upper if slope_of(end, name) > 0 else lower})
                    ends.append(end)
        for last in ends:
            if all(entails(self.local.known, last - end) for end in ends):
                return last
        raise Undecided(f"the last step that {root} is made of is not told")

    def row(self, root: At, wrt: At) -> Form:
        """d root/d wrt."""
        if (root, wrt) not in self.rows:
            self.rows[root, wrt] = self._row(root, wrt)
        return self.rows[root, wrt]

    def _row(self, root: At, wrt: At) -> Form:
        local = self.local
        whole = self.whole(root)
        if root == wrt:
            spaces = local._taken_in(wrt)[1]
            return local._identity(spaces, spaces).form
        inside = [(node, self.within(node, wrt)) for node in whole if node != wrt]
        links = [(node, form) for node, form in inside if form]
        if local.is_whole(wrt):
            return self._linked(root, wrt, links)
        if not whole and not (root.index - wrt.index).terms:
            return local.follows(root, wrt, None)
        if not whole and (power := local.steady(root, wrt)) is not None:
            return power
        last = self.last(root)
        if entails(local.known, wrt.index - last - 1):
            if not whole:
                raise Undecided(f"the derivative of {root} in the later {wrt} is not stated")
            return {}
        if not whole and root.letter == wrt.letter and local.is_same(root.index, wrt.index):
            raise Undecided(f"{root} and {wrt} are one letter")  # no case leaves two names for one step
        carried = False
        for at in self.users(root, wrt):
            if entails(local.known, at.index - last - 1):
                continue
            if at.index.constant > self.ends.get(at.index.terms, at.index.constant):
                carried = True
            elif local.holds(last - at.index) and (form := local.slope(at, wrt)):
                links.append((at, form))
        return self.kernel.total([self._linked(root, wrt, links), self.carry(root, wrt) if carried else {}])

    def _linked(self, root: At, wrt: At, links: list[tuple[At, Form]]) -> Form:
        self.links[root, wrt] = links
        chained = self.difference.chained
        rows = {at: self.next_row(root, at) for at, _ in links}
        return self.kernel.total(chained(self.local, rows[at], form, root, at, wrt) for at, form in links)

    def next_row(self, root: At, at: At) -> Form:
        """d root/d at of a letter that stands next to what is differentiated in."""
        if self.is_near and at != root and not self.local.is_whole(at):
            return self.local.letter(Rate(root, at)).form
        return self.row(root, at)

    def users(self, root: At, wrt: At) -> Iterator[At]:
        """The letters whose definition a letter may stand in."""
        for letter in self.local.made_of(root.letter):
            backs = [back for other, back in self.local.uses(letter) if other == wrt.letter]
            # At step 0 a letter may have a definition of its own.
            if wrt.index == Index.of(0) and 0 not in backs:
                backs.append(0)
            yield from (At(letter, wrt.index + back) for back in backs)

    def fixed_uses(self, root: At, letter: Letter) -> tuple[At, ...] | None:
        """A letter at the one step at which a loss is made of it, where it leads to nothing else; None where it does.

        So the output at the last step is all there is to differentiate where the loss is of the last step alone. Two
        steps, T and 1, may be one: they are not told here.
        """
        others = self.local.made_of(root.letter)
        if not self.whole(root) or any(used == letter for one in others for used, _ in self.local.uses(one)):
            return None
        found: dict[At, None] = {}
        for node in self.whole(root):
            for ranges, value in self.body(node):
                used = [at for at in self.local.states_in(value.form) if at.letter == letter]
                if ranges and used:
                    return None
                found |= dict.fromkeys(used)
        return tuple(found) if len(found) < 2 else None

    def carry(self, root: At, wrt: At) -> Form:
        """What reaches a letter from beyond the ends, as a letter of its own."""
        rows, columns = (self.local._taken_in(end)[1] for end in (root, wrt))
        self.carried.add((root, wrt))
        beyond = self.ends[wrt.index.terms] - wrt.index.constant
        name = f"({self.local.name(Rate(root, wrt))} by way of more than {beyond} steps)"
        return self.kernel.single(Entry(name), len(rows + columns))

    def within(self, node: At, wrt: At) -> Form:
        """The derivative of what a letter without an index is in one letter that stands in it."""
        local = self.local
        terms: list[Form] = []
        for ranges, value in self.body(node):
            if any(isinstance(atom, Rate) for _, atom in local.atoms_in(value.form)):
                raise Undecided(f"{node} is defined by a derivative")
            inside = [atom for _, atom in local.atoms_in(value.form) if isinstance(atom, At)]
            for at in (atom for atom in inside if atom.letter == wrt.letter):
                values: dict[str, Index] = {}
                if ranges:
                    if len(ranges) > 1:
                        raise Undecided(f"{node} sums over several steps")
                    ((name, lower, upper),) = ranges
                    slope = slope_of(at.index, name)
                    if abs(slope) != 1:
                        raise Undecided(f"{node} sums over steps that {at} is not counted from")
                    rest = at.index - Index(((name, slope),))
                    values = {name: (wrt.index - rest).scaled(slope)}
                    step = values[name]
                    if not (local.holds(step - lower) and local.holds(upper - step)):
                        continue
                elif not local.is_same(at.index, wrt.index):
                    continue
                form = local.derived(value, at)
                terms.append(local.moved(form, values) if values else form)
        return self.kernel.total(terms)


# --------------------------------------------------------------------------------------------------- steps


def _is_before(local: Local, one: At, other: At) -> bool:
    """Whether one letter is computed before the other, or at an earlier step."""
    if one.index != other.index:
        return one.index.terms == other.index.terms and one.index.constant < other.index.constant
    seen = {other.letter}
    pending = [other.letter]
    while pending:
        made_of = {used for used, back in local.uses(pending.pop()) if back == 0} - seen
        seen |= made_of
        pending += [letter for letter in made_of if letter.kind == "state"]
    return one.letter in seen


def negated(form: Form) -> Form:
    """A form with its sign turned."""
    return {term: -value for term, value in form.items()}


def _has(kernel: Kernel, factors: Iterable[tuple[int, tuple[int, ...]]], name: str) -> bool:
    return any(kernel.labels[label] == Entry(name) for label, _ in factors)


def conditions(ranges: Iterable[Range]) -> Iterator[Index]:
    """What is >= 0 of the steps in ranges."""
    for name, lower, upper in ranges:
        step = Index(((name, 1),))
        yield from (step - lower, upper - step)


def _region(known: Known, ranges: Iterable[Range], names: Mapping[str, Index]) -> frozenset[Index]:
    """Where sums over several steps run: the conditions that do not follow from the others."""
    kept = [condition.substitute(names) for condition in conditions(ranges)]
    for condition in sorted(kept, key=str):
        others = [other for other in kept if other != condition]
        if entails((*known, *others), condition):
            kept = others
    return frozenset(kept)


def steps_of(atom: Atom) -> tuple[Index, ...]:
    """The steps that a letter stands at."""
    if isinstance(atom, Rate):
        return (atom.wrt.index,) if isinstance(atom.wrt, At) else ()
    return (atom.index,) if isinstance(atom, At) else ()
