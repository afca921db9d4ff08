"""A proof by the chain rule backwards, retraced: the steps that a person would write down, each put together anew.

The method reduces the difference of the sides as far as it goes. A person stops earlier, at the derivatives that the
other side is written in, so that is tried first; what is told is what then makes both sides the same form.

>>> from symbptt.functions import activation
>>> from symbptt.page.notation import d, function, indices, laid, Sum, sizes, slope, hadamard, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, z, L = state("h", n), state("z", n), state("L")
>>> W, phi, ell = weight("W", n, n), function("phi"), function("ell", 1)
>>> page = Derivation("A recurrence with a loss")
>>> _ = page.define("1", z[t], W @ h[t - 1])
>>> _ = page.define("2", h[t], phi(z[t]))
>>> _ = page.define("3", L, Sum(ell(h[t]), (t, 1, T)))
>>> back = [laid(d(L, letter[t]), "shaped") for letter in (z, h)]
>>> claim = page.claim("4", back[0], hadamard(back[1], slope(phi, z[t])))
>>> for step in retraced(page, claim, 1, activation("any")):
...     print(step)
backwards: d L/d z_t = (∂°h_t/∂z_t)ᵀ · d L/d h_t
as read: d L/d z_t = d L/d h_t ⊙ phi'(z_t)
as read: d L/d h_t ⊙ phi'(z_t) = d L/d h_t ⊙ phi'(z_t)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from symbptt.errors import BudgetExceeded, Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Add,
    At,
    Expr,
    Index,
    Laid,
    Letter,
    Mul,
    Partial,
    Sum,
    Total,
    free_indices,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import SCALAR, shape
from symbptt.proofs.adjoint import Difference, Piece, Rows, Way, conditions, followed, negated, steps_of
from symbptt.proofs.contraction import Form
from symbptt.proofs.indexed import Value
from symbptt.proofs.local import Fixed, Known, Local, Rate, Terms
from symbptt.proofs.matrices import Layout, Matrices
from symbptt.proofs.words import Step
from symbptt.proofs.writing import compared


class Leaf(NamedTuple):
    """Terms that were found to be the same on both sides, in which case of where the steps lie."""

    cases: tuple[str, ...]
    local: Local
    pieces: Sequence[Piece]
    grows: bool


def retraced(page: Derivation, equation: Equation, start: int, activation: Activation) -> tuple[Step, ...]:
    """The steps of a proof in the first weight of an equation; none where it is not proved so."""
    weight = equation.weights[0] if equation.weights else None
    found, difference = followed(page, equation, weight, start, activation, Retraced)
    if not found.proved:
        return ()
    return tuple(Telling(difference, equation, *page.resolved(equation, weight)).steps())


class Retraced(Difference):
    """The difference of two sides, which keeps where they were found to be the same."""

    def __init__(self, page: Derivation, activation: Activation, known: Known, way: Way) -> None:
        super().__init__(page, activation, known, way)
        self.leaves: list[Leaf] = []
        self.sums: dict[Rate, list[Piece]] = {}
        """What each derivative in a shared weight is the sum of."""
        self._cases: tuple[str, ...] = ()

    def uses(self, local: Local, rate: Rate) -> Iterator[Piece]:
        """A derivative as terms summed over steps."""
        made = list(super().uses(local, rate))
        self.sums.setdefault(rate, made)
        yield from made

    def both(self, local: Local, condition: Index) -> Iterator[tuple[Local, Mapping[str, Index]]]:
        """Both cases of a condition; what is found under one is kept with what it says."""
        before = self._cases
        for case, values in super().both(local, condition):
            said = [f"{name} = {value}" for name, value in values.items() if not name.startswith("#")]
            more = condition if case.known[-1] == condition else -1 - condition
            self._cases = (*before, said[0] if said else _below(more))
            try:
                yield case, values
            finally:
                self._cases = before

    def grouped(self, local: Local, pieces: list[Piece]) -> str:
        """What is left of sums; nothing of them is kept where that is something."""
        count = len(self.leaves)
        rest = super().grouped(local, pieces)
        if rest:
            del self.leaves[count:]
        return rest

    def remaining(self, local: Local, pieces: Sequence[Piece], grows: bool) -> str:
        """What is left of terms at one step."""
        count, cases = len(self.leaves), self._cases
        rest = super().remaining(local, pieces, grows)
        if rest:
            del self.leaves[count:]
        elif len(self.leaves) == count and pieces:
            self.leaves.append(Leaf(cases, local, pieces, grows))
        return rest


class Telling:
    """Writes the steps of one proof in the layout of its equation."""

    def __init__(self, difference: Retraced, printed: Equation, left: Expr, right: Expr) -> None:
        self.difference = difference
        self.printed = tuple(unindexed(difference.page, side) for side in printed.sides)
        self.sides = left, right
        nodes = [node for side in self.sides for node in walk(side)]
        layouts = {node.arrangement for node in nodes if isinstance(node, Laid)}
        turned = "transposed" in layouts or difference.page.convention == "denominator"
        self.layout: Layout = "numerator" if not layouts else "denominator" if turned else "mixed"
        has_d = any(isinstance(node, Total) and isinstance(node.wrt, At) for node in nodes)
        self.sign = "d" if has_d else "∂"
        self.told: set[Step] = set()
        taken = free_indices(left) | free_indices(right)
        self.free = taken
        self.taken = set(taken)
        self.letters: dict[str, Index] = {}

    def steps(self) -> Iterator[Step]:
        """Sums over the uses of a weight; then in each case the derivatives by the chain rule, and both sides."""
        local = self.difference.start
        for rate, pieces in self.difference.sums.items():
            yield Step("spread", self.matrices(local).rate(rate), "", self.summed(local, pieces, rate))
        leaves = self.difference.leaves
        for leaf in leaves:
            ranges = next((piece.ranges for piece in leaf.pieces if piece.ranges), ())
            said = [f"{self.letter(name, upper)} = {lower}..{upper}" for name, lower, upper in ranges]
            if leaf.cases or ranges:
                yield Step("case", " and ".join(leaf.cases), self.renamed(", ".join(said)), "")
            yield from self.leaf(leaf, alone=len(leaves) == 1 and not ranges)

    def matrices(self, local: Local) -> Matrices:
        """What writes forms as the equation is laid out."""
        return Matrices(local, self.layout, self.sign)

    def letter(self, name: str, upper: Index) -> Index:
        """The letter that stands for a summation letter of the method: t below T where t is free, k and others else."""
        if name not in self.letters:
            wanted = ("t" if upper.letters() == {"T"} else "") + "ksrijmpq"
            found = next(letter for letter in wanted if letter not in self.taken)
            self.taken.add(found)
            self.letters[name] = Index.letter(found)
        return self.letters[name]

    def plain(self, part: Expr | str) -> Expr | str:
        """The same with letters that a page can write."""
        return self.renamed(part) if isinstance(part, str) else substitute(part, dict(self.letters))

    def renamed(self, text: str) -> str:
        """A text with letters that a page can write."""
        for name, index in self.letters.items():
            text = re.sub(rf"{re.escape(name)}(?!\d)", str(index), text)
        return text

    def summed(self, local: Local, pieces: Sequence[Piece], rate: Rate) -> Expr | str:
        """A derivative as the sum that it was spread over."""
        parts: list[Expr] = []
        for ranges, form, _ in pieces:
            inside = local.under((*local.known, *conditions(ranges)))
            if not ranges and self.vanishes(inside, form):
                continue
            made = self.matrices(inside).written(self.value(local, rate, form))
            over = [(self.letter(name, upper), low, upper) for name, low, upper in ranges]
            if isinstance(made, str):
                said = " ".join(f"Σ_{{{index}={low}..{upper}}}" for index, low, upper in over)
                return self.renamed(f"{said} {made}".strip())
            made = substitute(made, dict(self.letters))
            for ends in reversed(over):
                made = Sum(made, ends)
            parts.append(made)
        whole = parts[0] if len(parts) == 1 else Add(tuple(parts))
        return self.plain(whole)

    def vanishes(self, local: Local, form: Form) -> bool:
        """Whether a term is 0, as that of a step which the loss does not see."""
        try:
            return not self.difference.reduced(local, form, False)
        except Undecided:
            return False

    def value(self, local: Local, rate: Rate, form: Form) -> Value:
        """The entries of a derivative as it is printed."""
        of, wrt = rate.of.letter, rate.wrt.letter if isinstance(rate.wrt, At) else rate.wrt
        shaped = shape(local.page, of) == SCALAR and (self.layout != "numerator" or ONE not in shape(local.page, wrt))
        value = Value(sum(local._of_letter(of), ()), local._taken_in(rate.wrt)[1], form)
        if shaped:
            return Value(*local._of_letter(wrt), form)
        return local._transposed(value) if value.rows and self.layout == "denominator" else value

    # ------------------------------------------------------------------------------------------- one case

    def leaf(self, leaf: Leaf, *, alone: bool) -> Iterator[Step]:
        """What both sides are, and the derivatives that they are put together from."""
        local = leaf.local
        kernel = self.difference.kernel
        one = kernel.total(piece.form for piece in leaf.pieces if not piece.is_right)
        other = negated(kernel.total(piece.form for piece in leaf.pieces if piece.is_right))
        matrices = self.matrices(local)
        if alone:
            for node in self.derivatives():
                yield from self.once(self.within_a_step(local, node))
        left, right, links = self.reached(local, one, other, grows=leaf.grows)
        for step in links:
            yield from self.once(step)
        for side, before, after in zip(self.printed, (one, other), (left, right), strict=True):
            said = side if alone else self.plain(matrices.written(Value(*self.difference.spaces, before)))
            yield Step("as read", said, "", self.plain(matrices.written(Value(*self.difference.spaces, after))))

    def once(self, steps: Step | Iterator[Step]) -> Iterator[Step]:
        """Steps that were not told before."""
        for step in (steps,) if isinstance(steps, Step) else steps:
            if step not in self.told:
                self.told.add(step)
                yield step

    def reached(self, local: Local, one: Form, other: Form, *, grows: bool) -> tuple[Form, Form, list[Step]]:
        """Both sides as one form, with the derivatives taken as few steps backwards as that needs."""
        if not grows and self.same(local, one, other):
            return *self.opened(local, one, other), []
        kernel = self.difference.kernel
        rates = [[atom for _, atom in local.atoms_in(form) if isinstance(atom, Rate)] for form in (one, other)]
        ends: dict[Terms, int] = {}
        for _, atom in (*local.atoms_in(one), *local.atoms_in(other)):
            for step in steps_of(atom):
                ends[step.terms] = max(step.constant, ends.get(step.terms, step.constant))
        attempts = () if grows else ((True, False, rates[1]), (False, True, rates[0]))
        for turn_one, turn_other, kept in (*attempts, (True, True, [])):
            rows = Rows(local, self.difference, ends)
            rows.rows.update({(rate.of, rate.wrt): local.letter(rate).form for rate in kept if is_inside(rate)})
            self.difference.forward.clear()
            try:
                left = self.expanded(local, rows, one, grows=grows) if turn_one else one
                right = self.expanded(local, rows, other, grows=grows) if turn_other else other
                if self.same(local, left, right):
                    steps = [*self.forwards(local), *self.backwards(local, rows)]
                    return *self.opened(local, left, right), steps
            except (Undecided, BudgetExceeded):
                continue
        whole = kernel.total([one, negated(other)])
        rest = self.difference.reduced(local, whole, grows)
        assert not rest, "what was found to be the same is the same"
        return one, other, []

    def expanded(self, local: Local, rows: Rows, form: Form, *, grows: bool) -> Form:
        """A form with its derivatives put together over what they go through."""
        kernel = self.difference.kernel
        rates = {name: atom for name, atom in local.atoms_in(form) if isinstance(atom, Rate)}
        if grows:
            form = kernel.substituted(form, self.difference.grown(local, rates))
            rates = {name: atom for name, atom in local.atoms_in(form) if isinstance(atom, Rate)}
        inside = {name: rate for name, rate in rates.items() if is_inside(rate)}
        images = {name: rows.row(rate.of, rate.wrt) for name, rate in inside.items() if isinstance(rate.wrt, At)}
        return local.merged(kernel.substituted(form, images))

    def same(self, local: Local, one: Form, other: Form) -> bool:
        """Whether two forms are one, states opened where that is needed."""
        difference = self.difference.kernel.total([one, negated(other)])
        return not difference or local.vanishes(difference)

    def opened(self, local: Local, one: Form, other: Form) -> tuple[Form, Form]:
        """Both forms as they are the same: as they stand, or with the states in them opened."""
        if one == other:
            return one, other
        try:
            left, right = local.opened(one), local.opened(other)
        except Undecided:
            return one, other
        return (left, right) if left == right else (one, other)

    # ------------------------------------------------------------------------------------------- the chain rule

    def backwards(self, local: Local, rows: Rows) -> Iterator[Step]:
        """The derivatives of a loss over what a letter stands in, in the order in which they are needed."""
        for (root, wrt), links in rows.links.items():
            if links and root != wrt:
                yield self.backward(local, root, wrt, links, carried=(root, wrt) in rows.carried)

    def backward(self, local: Local, root: At, wrt: At, links: Sequence[tuple[At, Form]], *, carried: bool) -> Step:
        """d root/d wrt over the letters that wrt stands in."""
        matrices, chained = self.matrices(local), self.difference.chained
        parts: list[Expr] = []
        inner: list[Step] = []
        for at, form in _ordered(links, root):
            own = Partial(matrices.letter(at), wrt, own=True)
            parts.append(matrices.laid(own) if at == root else matrices.chained(own, Rate(root, at)))
            inner.append(self.one_step(local, at, wrt, form))
        whole: Expr | str = parts[0] if len(parts) == 1 else Add(tuple(parts))
        if not all(map(self.is_vector, (root, wrt, *(at for at, _ in links)))):
            # The derivative of a matrix in a matrix is no matrix.
            forms = (chained(local, local.letter(Rate(root, at)).form, form, root, at, wrt) for at, form in links)
            whole = matrices.written(self.value(local, Rate(root, wrt), self.difference.kernel.total(forms)))
            inner = []
        condition = "what comes from later steps is the same on both sides" if carried else ""
        return Step("backwards", self.plain(matrices.rate(Rate(root, wrt))), condition, self.plain(whole), tuple(inner))

    def forwards(self, local: Local) -> Iterator[Step]:
        """The derivatives of states over the states that they are computed from."""
        matrices = self.matrices(local)
        for (of, wrt), links in reversed(self.difference.forward.items()):
            direct = [] if isinstance(wrt, At) and wrt.letter.kind == "state" else [local.slope(of, wrt)]
            parts: list[Expr] = [matrices.laid(Partial(of, wrt, own=True)) for form in direct if form]
            inner: list[Step] = []
            for at, form in _ordered(links):
                own = Partial(of, at, own=True)
                inner.append(self.one_step(local, of, at, form))
                outer = matrices.laid(own)
                if at == wrt:
                    parts.append(outer)
                else:
                    factors = (outer, matrices.rate(Rate(at, wrt)))
                    parts.append(Mul(factors[::-1] if self.layout == "denominator" else factors))
            if parts:
                whole = parts[0] if len(parts) == 1 else Add(tuple(parts))
                yield Step("forwards", self.plain(matrices.rate(Rate(of, wrt))), "", self.plain(whole), tuple(inner))

    def derivatives(self) -> Iterator[Total | Partial]:
        """The derivatives in the equation that are taken inside a fixed number of steps."""
        found: dict[Total | Partial, None] = {}
        for node in (node for side in self.sides for node in walk(side)):
            if isinstance(node, (Total, Partial)) and free_indices(node) <= self.free:
                found[node] = None
        yield from found

    def within_a_step(self, local: Local, node: Total | Partial) -> Iterator[Step]:
        """A derivative of a state by the chain rule inside its step, over each letter on the way."""
        of, wrt = node.of, node.wrt
        if not isinstance(of, At) or of.letter.kind != "state" or local.is_whole(of):
            return
        if not isinstance(wrt, (At, Letter)) or (isinstance(wrt, At) and (of.index - wrt.index).terms):
            return
        through = isinstance(node, Total) or (node.is_jacobian() and not (node.held or node.own))
        if isinstance(node, Total) and isinstance(wrt, Letter):
            return
        fixed = None if through else local._fixed(node)
        yield from self.inside(local, node, of, wrt, fixed)

    def inside(
        self, local: Local, node: Total | Partial, of: At, wrt: At | Letter, fixed: Fixed | None
    ) -> Iterator[Step]:
        """The derivative of a state over the letters in its definition, then those of these letters."""
        value = local.body(of)
        if value is None or of == wrt:
            return
        matrices = self.matrices(local)
        parts: list[Expr] = []
        inner: list[Step] = []
        pending: list[At] = []
        if not (isinstance(wrt, At) and wrt.letter.kind == "state") and local.derived(value, wrt):
            parts.append(matrices.laid(Partial(of, wrt, own=True)))
        for at in sorted(local.states_in(value.form), key=str):
            if not local.follows(at, wrt, fixed):
                continue
            own = Partial(of, at, own=True)
            inner.append(self.one_step(local, of, at, local.derived(value, at)))
            outer = matrices.laid(own)
            if at == wrt:
                parts.append(outer)
                continue
            factors = outer, matrices.laid(replace(node, of=at))
            parts.append(Mul(factors[::-1] if self.layout == "denominator" else factors))
            pending.append(at)
        if not parts:
            return
        whole = parts[0] if len(parts) == 1 else Add(tuple(parts))
        yield Step("inside", matrices.laid(replace(node, of=of)), "", whole, tuple(inner))
        for at in pending:
            yield from self.inside(local, node, at, wrt, None if fixed is None else fixed.at(of.index))

    def one_step(self, local: Local, of: At, wrt: At, form: Form) -> Step:
        """The derivative of one definition in one letter in it, as the matrix that it is."""
        matrices = self.matrices(local)
        printed = matrices.laid(Partial(matrices.letter(of), wrt, own=True))
        value = self.value(local, Rate(of, wrt), form)
        return Step("one step", self.plain(printed), "", self.plain(matrices.written(value)))

    def is_vector(self, at: At) -> bool:
        """Whether it is no matrix."""
        return ONE in shape(self.difference.page, at.letter)


def unindexed(page: Derivation, node: Expr) -> Expr:
    """An expression in which a letter without an index, such as L = Σ_t l_t, has none: L_T is L."""
    if isinstance(node, At) and node.letter.kind == "state" and page.definitions(node.letter):
        return node if page.meaning.defined(node.letter).has_index else node.letter
    return rebuild(node, lambda part: unindexed(page, part), lambda index: index)


def _below(more: Index) -> str:
    """``more`` >= 0 in words: t < T for T - t - 1."""
    ahead, behind = (Index(tuple((name, abs(by)) for name, by in more.terms if by * sign > 0)) for sign in (1, -1))
    return f"{behind} < {ahead}" if more.constant == -1 and ahead.terms and behind.terms else compared(more)


def _ordered(links: Iterable[tuple[At, Form]], first: At | None = None) -> list[tuple[At, Form]]:
    return sorted(links, key=lambda link: (link[0] != first, str(link[0])))


def is_inside(rate: Rate) -> bool:
    """Whether it is the derivative in a letter at a step, everything that is computed from it following."""
    return isinstance(rate.wrt, At) and not rate.held
