"""From a page to words: proofs for all t, all sizes and any activation at once.

Every derivative on the page becomes words of the kernel over three families of letters, the immediate partials
∂⁺y_k/∂w, the one-step Jacobians ∂y_k/∂u_{k-c}, and values that are not taken apart. What may be said of them comes from
the page's own definitions:

* *one step*: d y_k = ∂⁺y_k + Σ_u ∂y_k/∂u · d u, over the states u in y's own definition, confirmed by SymPy (`onestep`);
* *closed form*: a state that uses itself one step back and nothing that leads back to it has, for k >= 0,
  d y_k = (Π_{j=1..k} J_j) d y_0 + Σ_{i=1..k} (Π_{j=i+1..k} J_j) B_i with B_i the other terms of its one step; the kernel
  proves it by induction for each state and weight before it is used. The derivative in the copy of a weight at step b,
  and the Jacobian in a state at step b, have the same form with the one source at b;
* *start*: h_0 is constant unless the page says otherwise; a weight that a definition does not contain, and data, add
  nothing;
* *block*: the columns of d y/d w_h that belong to a part of w_h are d y/d of that part;
* *linear*: derivatives pass through Σ, +, and numbers such as 1/T.

A claim is proved when both sides reach the same normal form. When they do not, nothing is said of its truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symbptt.derivation import Derivation, Equation
from symbptt.errors import PageError
from symbptt.expansion import instances
from symbptt.notation import (
    Add,
    Apply,
    At,
    Block,
    Copy,
    Expr,
    Identity,
    Index,
    IndexValue,
    Letter,
    Mul,
    Number,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Zero,
    free_indices,
    rebuild,
    substitute,
    walk,
)
from symbptt.onestep import relation
from symbptt.shapes import agree, parts
from symbptt.words import (
    LIMIT,
    Factor,
    Form,
    Kernel,
    Step,
    Term,
    UndecidedError,
    Word,
    add_into,
    chain,
    entails,
    number,
    polynomial,
    power,
    scaled,
    single,
    slope_of,
    summed,
    times,
)

CLOCK = Index((("#", 1),))
"""The step in a pattern such as h_#; no page can write it."""
ZERO = Index.of(0)
CASES = 3
"""How many first steps may be proved one by one when a proof for all t needs a later start."""

Terms = list[Term]
Known = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Induction:
    """What the words say of an equation: proved with its steps, or not, with the reason and what is left over.

    ``residue`` is the difference of the two normal forms that no rule reduces; it is no counterexample.
    """

    proved: bool
    steps: tuple[Step, ...] = ()
    reason: str = ""
    residue: Expr | str | None = None


def induct(page: Derivation, equation: Equation, start: int) -> Induction:
    """Prove an equation for every t >= ``start``, any sizes, any activation, in each of its weights.

    With a horizon T beside a time t, for every T >= ``start`` and 1 <= t <= T. Where a proof needs t to be larger, up
    to ``CASES`` first steps are proved one by one. Raises :class:`IllTyped` where the sides have no common meaning.
    """
    steps: dict[Step, None] = {}
    for weight in equation.weights or (None,):
        found = _for_all(page, equation, weight, start)
        steps.update(dict.fromkeys(found.steps))
        if not found.proved:
            return replace(found, steps=tuple(steps))
    return Induction(True, tuple(steps))


def follow(page: Derivation, equation: Equation, step: int) -> Induction:
    """Prove an equation at one step, for any sizes and any activation, in each of its weights."""
    return _at_step(page, equation, step, tuple(equation.weights) or (None,))


def _for_all(page: Derivation, equation: Equation, weight: Letter | None, start: int) -> Induction:
    left, right = page.resolved(equation, weight)
    agree(page, left, right)
    general = _compared(page, left, right, _assumed(page, equation, left, right, start))
    if general.proved:
        return general
    steps: list[Step] = []
    for first in range(start, start + CASES):
        alone = _at_step(page, equation, first, (weight,))
        if not alone.proved:
            break
        steps += [*alone.steps, Step("case", f"t = {first}", "", "proved on its own")]
        later = _compared(page, left, right, _assumed(page, equation, left, right, first + 1))
        if later.proved:
            return replace(later, steps=(*steps, *later.steps))
    return general


def _at_step(page: Derivation, equation: Equation, step: int, weights: tuple[Letter | None, ...]) -> Induction:
    steps: dict[Step, None] = {}
    for values, weight in instances(page, equation, step):
        if weight in weights:
            left, right = (substitute(side, values) for side in page.resolved(equation, weight))
            agree(page, left, right)
            found = _compared(page, left, right, ())
            steps.update(dict.fromkeys(found.steps))
            if not found.proved:
                return replace(found, steps=tuple(steps))
    return Induction(True, tuple(steps))


def _assumed(page: Derivation, equation: Equation, left: Expr, right: Expr, start: int) -> Known:
    bound = [index.name() for index, _, _ in equation.for_each]
    free = sorted((free_indices(left) | free_indices(right)) - set(bound))
    horizons = [name for name in free if name in _horizons(page)]
    known: list[Index] = []
    for name in free:
        letter = Index.letter(name)
        if name in horizons:
            known.append(letter - max(start, 1))
        elif horizons:
            known += [letter - 1, *(Index.letter(horizon) - letter for horizon in horizons)]
        else:
            known.append(letter - start)
    for index, lower, upper in equation.for_each:
        known += [index - lower, upper - index]
    return tuple(known)


def _horizons(page: Derivation) -> set[str | None]:
    return {
        page.clock(known.left)
        for known in page
        if known.kind == "definition" and isinstance(known.left, Letter) and known.left.kind == "state"
    }


def _compared(page: Derivation, left: Expr, right: Expr, known: Known) -> Induction:
    reader = Reader(page)
    kernel = Kernel(known, reader.vanishing, reader.spell)
    try:
        one, other = (kernel.normal(reader.value(side, known)) for side in (left, right))
    except UndecidedError as error:
        return Induction(False, tuple(reader.steps), str(error))
    steps = [*reader.steps, *kernel.steps()]
    difference = dict(one)
    add_into(difference, other, Fraction(-1))
    steps += [Step("normal form", str(side), "", kernel.shown(form)) for side, form in ((left, one), (right, other))]
    if not difference:
        return Induction(True, tuple(steps))
    written = _written(difference, reader, known)
    residue = kernel.shown(difference) if written is None else written
    return Induction(False, tuple(steps), f"no rule reduces the difference {residue}", residue)


# --------------------------------------------------------------------------------------------------- definitions


@dataclass(frozen=True, slots=True)
class Own:
    """A definition at the step ``#``: its right side, the one for step 0 if any, and what stands in them.

    ``uses`` are the states with how many steps back they are taken; ``first`` the first step the right side is for.
    ``ranged``: it sums over time, so that its derivative is taken inside the sum.
    """

    body: Expr
    base: Expr | None
    uses: tuple[tuple[Letter, int], ...]
    data: frozenset[tuple[Letter, int]]
    weights: frozenset[Letter]
    base_weights: frozenset[Letter]
    ranged: bool
    first: int


@dataclass(frozen=True, slots=True)
class Source:
    """What a derivative is taken in: a weight, its copy at one step, or a state at one step (``at``)."""

    letter: Letter
    at: Index | None = None

    @property
    def is_state(self) -> bool:
        """Whether it is a state rather than a weight or its copy."""
        return self.letter.kind == "state"

    def __str__(self) -> str:
        if self.at is None:
            return str(self.letter)
        return str(At(self.letter, self.at) if self.is_state else Copy(self.letter, self.at))


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed form to be proved by induction: what it is at ``first``, and at k given the step before.

    ``least`` bounds ``first`` from below where that is a letter; ``of`` says what it is the form of.
    """

    of: str
    form: Callable[[Index, Known], Terms]
    start: Callable[[Known], Terms]
    step: Callable[[Index, Known], Terms]
    first: Index = ZERO
    least: int = 0


@dataclass(slots=True)
class Reader:
    """Reads the expressions of one page as words; ``known`` is what holds of the indices at that place."""

    page: Derivation
    vanishing: set[tuple[str, int]] = field(default_factory=set)
    steps: dict[Step, None] = field(default_factory=dict)
    _names: dict[Expr, str] = field(default_factory=dict)
    _patterns: dict[str, Expr] = field(default_factory=dict)
    _owns: dict[Expr, Own] = field(default_factory=dict)
    _confirmed: set[tuple[object, ...]] = field(default_factory=set)
    _kept: frozenset[Letter] = frozenset()
    _folded: dict[Expr, tuple[Expr, int]] = field(default_factory=dict)
    _fresh: int = 0

    # ------------------------------------------------------------------------------------------- letters

    def name(self, pattern: Expr) -> str:
        """The kernel's name for a family of letters, one name for one pattern."""
        if pattern not in self._names:
            name = str(pattern)
            while name in self._patterns:
                name += "'"
            self._names[pattern] = name
            self._patterns[name] = pattern
        return self._names[pattern]

    def written(self, factor: Factor, letter: str) -> Expr:
        """A factor as the page would write it; ``letter`` is free for a product."""
        pattern = self._patterns[factor.name]
        if factor.first == factor.last:
            return substitute(pattern, {"#": factor.first})
        index = Index(((letter, 1),))
        low, high = (factor.first, factor.last) if factor.ascending else (factor.last, factor.first)
        return Product(substitute(pattern, {"#": index}), (index, low, high), ascending=factor.ascending)

    def spell(self, factor: Factor) -> str:
        """A factor as text."""
        return str(self.written(factor, "j" if "j" not in factor.first.letters() | factor.last.letters() else "j_"))

    def _note(self, rule: str, at: str, condition: str, result: str) -> None:
        self.steps[Step(rule, at, condition, result)] = None

    def _index(self) -> Index:
        # Each sum gets a letter of its own, so that products of sums can be distributed.
        self._fresh += 1
        return Index(((f"i.{self._fresh}", 1),))

    # ------------------------------------------------------------------------------------------- definitions

    def own(self, pattern: Expr) -> Own:
        """What the page says of h_#, or of an application such as ell(o_#, d_#)."""
        if pattern not in self._owns:
            self._owns[pattern] = self._read(pattern)
        return self._owns[pattern]

    def _read(self, pattern: Expr) -> Own:
        body, base = self._said(pattern.letter) if isinstance(pattern, At) else (pattern, None)
        if base is not None and any(isinstance(node, At) and node.letter.kind == "state" for node in walk(base)):
            raise UndecidedError(f"what {pattern} starts from is made of other states")
        ranged = any(isinstance(node, Ranged) for node in walk(body))
        uses: dict[tuple[Letter, int], None] = {}
        data: set[tuple[Letter, int]] = set()
        for node in walk(body):
            if isinstance(node, At):
                back = CLOCK - node.index
                if back.terms and not ranged:
                    raise UndecidedError(f"{_at(pattern)} uses {_at(node)}, which is not a fixed number of steps back")
                if node.letter.kind == "state":
                    uses[node.letter, back.constant] = None
                else:
                    data.add((node.letter, back.constant))
        first = 0 if base is None and (ranged or all(back <= 0 for _, back in (*uses, *data))) else 1
        weights, base_weights = (self._weights(side) for side in (body, base))
        return Own(body, base, tuple(uses), frozenset(data), weights, base_weights, ranged, first)

    def _said(self, letter: Letter) -> tuple[Expr, Expr | None]:
        general: Expr | None = None
        outranked, base = False, None
        for equation in self.page.definitions(letter):
            said = self.page.resolve(equation.right if equation.right is not None else equation.names[-1])
            index = (
                Index.letter(self.page.clock(letter) or "_")
                if isinstance(equation.left, Letter)
                else (equation.left.index if isinstance(equation.left, At) else ZERO)
            )
            if not index.terms:
                if index != ZERO or base is not None:
                    raise UndecidedError(f"{letter} has definitions of its own for single steps")
                base = said
            elif general is None or (not outranked and equation.right is not None):
                ((name, slope),) = index.terms
                if slope != 1:
                    raise UndecidedError(f"{letter} is not defined step by step")
                general, outranked = substitute(said, {name: CLOCK - index.constant}), equation.right is not None
        if general is None:
            raise UndecidedError(f"the page does not say what {letter} is at each step")
        return general, base

    def _weights(self, body: Expr | None) -> frozenset[Letter]:
        if body is None:
            return frozenset()
        found = [node for node in walk(body) if isinstance(node, Letter) and node.kind == "weight"]
        return frozenset(part for weight in found for part in parts(self.page, weight))

    def site(self, node: Expr) -> tuple[Expr, Index]:
        """A state or an application as a pattern at a step; an application that a definition names is that state."""
        if isinstance(node, Letter) and node.kind == "state":
            node = self.page.resolve(node)
        if isinstance(node, At):
            return At(node.letter, CLOCK), node.index
        index = next((inner.index for inner in walk(node) if isinstance(inner, At)), None)
        if index is None or not isinstance(node, Apply):
            raise UndecidedError(f"{node} is not a state at a step")
        pattern = _shifted(node, index)
        own, ahead = self._folds().get(pattern, (pattern, 0))
        return own, index - ahead

    def _folds(self) -> dict[Expr, tuple[Expr, int]]:
        # ell(o_#, d_#) is l_# where the page says so.
        if not self._folded:
            for equation in self.page:
                if equation.kind == "definition" and isinstance(equation.left, At) and equation.left.index.terms:
                    state = At(equation.left.letter, CLOCK)
                    try:
                        body = self.own(state).body
                        index = next((inner.index for inner in walk(body) if isinstance(inner, At)), None)
                        if isinstance(body, Apply) and index is not None:
                            self._folded.setdefault(_shifted(body, index), (state, (index - CLOCK).constant))
                    except UndecidedError:
                        continue
        return self._folded

    def reach(self, pattern: Expr) -> frozenset[Expr]:
        """The patterns of all states that a definition leads to, itself only if it leads back."""
        found: dict[Expr, None] = {}
        pending = [pattern]
        while pending:
            for letter, _ in self.own(pending.pop()).uses:
                inner = At(letter, CLOCK)
                if inner not in found:
                    found[inner] = None
                    pending.append(inner)
        return frozenset(found)

    def _recurrent(self, pattern: Expr) -> bool:
        if pattern not in self.reach(pattern):
            return False
        for letter, back in self.own(pattern).uses:
            inner = At(letter, CLOCK)
            if (inner == pattern and back != 1) or (inner != pattern and pattern in self.reach(inner)):
                raise UndecidedError(f"{_at(pattern)} leads back to itself in more ways than by the step before")
        return True

    # ------------------------------------------------------------------------------------------- values

    def value(self, node: Expr, known: Known) -> Terms:
        """An expression of the page as terms. Raises :class:`UndecidedError` outside of what can be read."""
        match node:
            case Number():
                return number(node.value)
            case IndexValue():
                return polynomial(node.index)
            case Zero():
                return []
            case Identity():
                return number(1)
            case Add():
                return [term for part in node.parts for term in self.value(part, known)]
            case Mul():
                return times(*(self.value(part, known) for part in node.parts))
            case Power():
                return self._power(node, known)
            case Sum():
                index, body, inner = self._inside(node, known)
                return summed(self.value(body, inner), (index, node.lower, node.upper))
            case Product():
                return self._product(node, known)
            case Letter(kind="weight"):
                return single(self.name(node))
            case Letter() | At() | Apply():
                return self._valued(node, known)
            case Total():
                return self._derivative(node, known)
            case Partial():
                return self._partial(node, known)
            case Block():
                if node.part not in parts(self.page, node.of.wrt):
                    raise UndecidedError(f"{node.part} is not a part of {node.of.wrt}")
                inner_of = replace(node.of, wrt=node.part)
                self._note("block", str(node), f"{node.part} is a part of {node.of.wrt}", str(inner_of))
                return self.value(inner_of, known)
            case _:
                raise UndecidedError(f"{node} has no reading in words")

    def _inside(self, node: Ranged, known: Known) -> tuple[str, Expr, Known]:
        index = self._index()
        body = substitute(node.body, {node.index: index})
        return str(index), body, (*known, index - node.lower, node.upper - index)

    def _power(self, node: Power, known: Known) -> Terms:
        if node.exponent.terms:
            raise UndecidedError(f"{node}: a power that depends on the step is not read in words")
        exponent = node.exponent.constant
        if exponent >= 0:
            if exponent > LIMIT:
                raise UndecidedError(f"{node} has too many factors")
            return times(*(self.value(node.base, known) for _ in range(exponent)))
        if not isinstance(node.base, IndexValue):
            raise UndecidedError(f"{node}: only numbers have negative powers")
        index = node.base.index
        if not index.terms and index.constant:
            return number(Fraction(index.constant) ** exponent)
        if not entails(known, index - 1) and not entails(known, -1 - index):
            raise UndecidedError(f"{node} needs {index} to be other than zero")
        return power(index, exponent)

    def _product(self, node: Product, known: Known) -> Terms:
        length = node.upper - node.lower + 1
        if entails(known, 0 - length):
            return number(1)
        if not length.terms and length.constant <= LIMIT:
            order = range(length.constant) if node.ascending else reversed(range(length.constant))
            bodies = (substitute(node.body, {node.index: node.lower + offset}) for offset in order)
            return times(*(self.value(body, known) for body in bodies))
        index, body, inner = self._inside(node, known)
        terms = self.value(body, inner)
        if terms == number(1):
            return terms
        if len(terms) != 1 or terms[0] != Term(factors=terms[0].factors) or len(terms[0].factors) != 1:
            raise UndecidedError(f"{node}: the factors of Π are not one letter at each step")
        (factor,) = terms[0].factors
        slope = slope_of(factor.first, index)
        if factor.first != factor.last or abs(slope) != 1:
            raise UndecidedError(f"{node}: the factors of Π are not one letter at each step")
        at = (node.lower, node.upper) if node.ascending else (node.upper, node.lower)
        first, last = (factor.first.substitute({index: bound}) for bound in at)
        return chain(factor.name, first, last, ascending=node.ascending == (slope > 0))

    def _valued(self, node: Expr, known: Known) -> Terms:
        if isinstance(node, At) and node.letter.kind == "data":
            return single(self.name(At(node.letter, CLOCK)), node.index)
        pattern, at = self.site(node)
        if isinstance(pattern, At):
            self._need(known, at, 0, str(node))
            own = self.own(pattern)
            if at == ZERO and own.base is not None:
                return self.value(own.base, known)
            if not isinstance(own.body, Apply) and pattern.letter not in self._kept:
                if pattern not in self.reach(pattern):
                    if entails(known, at - own.first):
                        return self.value(substitute(own.body, {"#": at}), known)
                elif self._is_affine(pattern):
                    return self._accumulated(pattern, at, known)
        return single(self.name(pattern), at)

    def _is_affine(self, pattern: At) -> bool:
        try:
            self._recurrent(pattern)
            self._affine(pattern, Index(((".", 1),)), (Index(((".", 1),)) - 1,))
        except UndecidedError:
            return False
        return True

    def _affine(self, pattern: At, at: Index, known: Known) -> tuple[Factor | None, Terms]:
        """a_k = B_k + C_k a_{k-1}: the letter C_k, None for the identity, and B_k."""
        kept, self._kept = self._kept, self._kept | {pattern.letter}
        try:
            terms = self.value(substitute(self.own(pattern).body, {"#": at}), known)
        finally:
            self._kept = kept
        itself = self.name(pattern)
        carried = [term for term in terms if any(factor.name == itself for factor in term.factors)]
        rest = [term for term in terms if term not in carried]
        if len(carried) == 1 and carried[0] == Term(factors=carried[0].factors):
            *before, last = carried[0].factors
            if last == Factor(itself, at - 1, at - 1) and all(factor.name != itself for factor in before):
                if not before:
                    return None, rest
                if len(before) == 1 and before[0].first == before[0].last and not (before[0].first - at).terms:
                    return before[0], rest
        raise UndecidedError(f"{_at(pattern)} is not a letter times the step before plus other terms")

    def _accumulated(self, pattern: At, at: Index, known: Known) -> Terms:
        def form(at: Index, known: Known) -> Terms:
            index = self._index()
            letter, rest = self._affine(pattern, index, (*known, index - 1, at - index))
            base = self.own(pattern).base
            start = single(self.name(pattern), 0) if base is None else self.value(base, known)

            def carried(low: Index) -> Terms:
                if letter is None:
                    return number(1)
                ahead = letter.first - index
                return chain(letter.name, at + ahead, low + ahead)

            inner = summed(times(carried(index + 1), rest), (str(index), Index.of(1), at))
            return [*times(carried(Index.of(1)), start), *inner]

        def step(at: Index, known: Known) -> Terms:
            letter, rest = self._affine(pattern, at, known)
            carried = number(1) if letter is None else single(letter.name, letter.first)
            return [*rest, *times(carried, form(at - 1, known))]

        def start(known: Known) -> Terms:
            base = self.own(pattern).base
            return single(self.name(pattern), 0) if base is None else self.value(base, known)

        self._confirm(pattern, None, Closed(str(_at(pattern, Index.letter("k"))), form, start, step))
        return form(at, known)

    # ------------------------------------------------------------------------------------------- derivatives

    def _derivative(self, node: Total, known: Known) -> Terms:
        match node.wrt:
            case Letter(kind="weight"):
                source = Source(node.wrt)
            case Copy():
                source = Source(node.wrt.weight, node.wrt.index)
            case At(letter=Letter(kind="state")):
                source = Source(node.wrt.letter, node.wrt.index)
            case _:
                raise UndecidedError(f"{node}: a derivative in {node.wrt} has no reading in words")
        return self._through(node.of, source, known)

    def _partial(self, node: Partial, known: Known) -> Terms:
        match node.wrt:
            case At(letter=Letter(kind="state")):
                return self._through(node.of, Source(node.wrt.letter, node.wrt.index), known)
            case Letter(kind="weight"):
                return self.immediate(*self.site(node.of), node.wrt, known)
            case Copy():
                pattern, at = self.site(node.of)
                if at == node.wrt.index:
                    return self.immediate(pattern, at, node.wrt.weight, known)
                if entails(known, at - node.wrt.index - 1) or entails(known, node.wrt.index - at - 1):
                    return []
                raise UndecidedError(f"{node}: whether {at} is {node.wrt.index} does not follow")
            case At():
                pattern, at = self.site(node.of)
                self._need(known, at, self.own(pattern).first, str(node))
                back = at - node.wrt.index
                if back.terms:
                    raise UndecidedError(f"{node}: {node.wrt} is not a fixed number of steps back")
                if (node.wrt.letter, back.constant) not in self.own(pattern).data:
                    return []
                return single(self.name(Partial(pattern, At(node.wrt.letter, CLOCK - back))), at)
            case _:
                raise UndecidedError(f"{node}: a derivative in {node.wrt} has no reading in words")

    def immediate(self, pattern: Expr, at: Index, weight: Letter, known: Known) -> Terms:
        """∂⁺y/∂w: nothing where y's own definition does not contain the weight."""
        own, wanted = self.own(pattern), frozenset(parts(self.page, weight))
        used, starts = bool(own.weights & wanted), bool(own.base_weights & wanted)
        node = Partial(_at(pattern, at), weight)
        self._need(known, at, 0, str(node))
        if entails(known, at - own.first):
            starts = used
        elif at == ZERO:
            used = starts
        if not used and not starts:
            self._note("start" if at == ZERO else "not contained", str(node), f"no {weight} in it", "0")
            return []
        if not used:
            raise UndecidedError(f"{node} is zero only from step 1 on")
        name = self.name(Partial(pattern, weight))
        if own.first == 1 and not own.base_weights & wanted:
            self.vanishing.add((name, 0))
        return single(name, at)

    def _jacobian(self, pattern: Expr, letter: Letter, back: int, at: Index) -> Terms:
        return single(self.name(Partial(pattern, At(letter, CLOCK - back))), at)

    def _sees(self, pattern: Expr, source: Source) -> bool:
        reached = self.reach(pattern) | {pattern}
        if source.is_state:
            return At(source.letter, CLOCK) in reached
        wanted = frozenset(parts(self.page, source.letter))
        return any((self.own(inner).weights | self.own(inner).base_weights) & wanted for inner in reached)

    def _through(self, node: Expr, source: Source, known: Known) -> Terms:
        """The derivative of an expression that is linear in states."""
        match node:
            case Add():
                return [term for part in node.parts for term in self._through(part, source, known)]
            case Mul():
                scalars = [part for part in node.parts if isinstance(part, (Number, IndexValue, Power))]
                rest = [part for part in node.parts if part not in scalars]
                if len(rest) != 1 or any(isinstance(part, Power) and not _is_number(part) for part in scalars):
                    raise UndecidedError(f"the derivative of {node}: it is not a number times a state")
                return times(*(self.value(part, known) for part in scalars), self._through(rest[0], source, known))
            case Sum():
                return self._through_sum(node, source, known)
            case Number() | IndexValue() | Zero() | At(letter=Letter(kind="data")):
                return []
            case Letter(kind="state") | At() | Apply():
                return self.response(*self.site(node), source, known)
            case _:
                raise UndecidedError(f"the derivative of {node}: it is not linear in states")

    def _through_sum(self, node: Sum, source: Source, known: Known) -> Terms:
        lower, upper = node.lower, node.upper
        if source.at is not None:
            # A step before the source does not see it: the sum starts there, if its terms are states at i + c.
            index, body, _ = self._inside(node, known)
            places = {self.site(part) for part in _states(body)}
            ahead = {at - Index(((index, 1),)) for _, at in places}
            if len(ahead) != 1 or (lag := ahead.pop()).terms:
                raise UndecidedError(f"{node}: its terms are not states at one step")
            cut = source.at - lag
            if source.is_state and all(self._at_once(pattern, source) for pattern, _ in places):
                if entails(known, cut - lower) and entails(known, upper - cut):
                    return self._through(substitute(node.body, {node.index: cut}), source, known)
                raise UndecidedError(f"{node}: whether {cut} is in {lower}..{upper} does not follow")
            if entails(known, cut - lower):
                lower = cut
            elif not entails(known, lower - cut):
                raise UndecidedError(f"{node}: whether {cut} is in {lower}..{upper} does not follow")
        index, body, inner = self._inside(Sum(node.body, (node.bounds[0], lower, upper)), known)
        self._note("linear", f"d({node})", "", f"Σ of the derivative of {node.body}")
        return summed(self._through(body, source, inner), (index, lower, upper))

    def _at_once(self, pattern: Expr, source: Source) -> bool:
        """Whether a state sees the source at its own step only."""
        if not self._sees(pattern, source) or pattern in self.reach(pattern) or self.own(pattern).ranged:
            return False
        seen = [use for use in self.own(pattern).uses if self._sees(At(use[0], CLOCK), source)]
        return all(back == 0 and self._at_once(At(letter, CLOCK), source) for letter, back in seen)

    def response(self, pattern: Expr, at: Index, source: Source, known: Known) -> Terms:
        """The derivative of a state at a step in a source: its definitions unrolled."""
        if isinstance(pattern, At) and source.is_state and pattern.letter == source.letter and at == source.at:
            return number(1)
        self._need(known, at, 0, str(_at(pattern, at)))
        if not self._sees(pattern, source) or (source.at is not None and entails(known, source.at - at - 1)):
            return []
        own = self.own(pattern)
        if own.ranged:
            if own.base is not None:
                self._need(known, at, 1, str(_at(pattern, at)))
            if own.weights and not source.is_state:
                raise UndecidedError(f"{_at(pattern)} contains weights beside its sum over time")
            return self._through(substitute(own.body, {"#": at}), source, known)
        self._confirm_step(pattern, source)
        if self._recurrent(pattern):
            return self._recurred(pattern, at, source, known)
        if at == ZERO and own.first == 1:
            return self._injected(pattern, at, source, known)
        self._need(known, at, own.first, str(_at(pattern, at)))
        return [*self._injected(pattern, at, source, known), *self._passed(pattern, at, source, known)]

    def _injected(self, pattern: Expr, at: Index, source: Source, known: Known) -> Terms:
        """What a source adds to a state at one step by the state's own definition."""
        if source.at is None or (not source.is_state and source.at == at):
            return self.immediate(pattern, at, source.letter, known)
        if not source.is_state:
            if pattern in self.reach(pattern) or entails(known, at - source.at - 1):
                return []
            if not self.own(pattern).weights & frozenset(parts(self.page, source.letter)):
                return []
            raise UndecidedError(f"whether {at} is the step of {source} does not follow")
        if pattern == At(source.letter, CLOCK) and pattern not in self.reach(pattern):
            if not entails(known, at - source.at - 1):
                raise UndecidedError(f"whether {at} is the step of {source} does not follow")
        return []

    def _passed(self, pattern: Expr, at: Index, source: Source, known: Known) -> Terms:
        """What reaches a state at one step through the other states that its own definition contains."""
        passed: Terms = []
        for letter, back in self._others(pattern, source):
            inner = self.response(At(letter, CLOCK), at - back, source, known)
            passed += times(self._jacobian(pattern, letter, back, at), inner)
        return passed

    def _others(self, pattern: Expr, source: Source) -> list[tuple[Letter, int]]:
        others = [use for use in self.own(pattern).uses if At(use[0], CLOCK) != pattern]
        seen = [use for use in others if self._sees(At(use[0], CLOCK), source)]
        if source.is_state and len(seen) > 1 and any(letter == source.letter for letter, _ in seen):
            raise UndecidedError(f"{_at(pattern)} uses {source.letter} directly and through other states")
        return seen

    def _recurred(self, pattern: Expr, at: Index, source: Source, known: Known) -> Terms:
        assert isinstance(pattern, At)
        itself = self.name(Partial(pattern, At(pattern.letter, CLOCK - 1)))
        others = self._others(pattern, source)
        own_source = source.is_state and source.letter == pattern.letter
        least = 1 if others and source.at is not None else 0

        def form(at: Index, known: Known, source: Source) -> Terms:
            first = Index.of(0) if source.at is None else source.at
            if own_source:
                return chain(itself, at, first + 1)
            terms = times(chain(itself, at, first + 1), self._injected(pattern, first, source, known))
            if source.at is None:
                index = self._index()
                inner = (*known, index - 1, at - index)
                added = self._injected(pattern, index, source, inner)
                terms += summed(times(chain(itself, at, index + 1), added), (str(index), Index.of(1), at))
            for letter, back in others:
                index = self._index()
                low = Index.of(1) if source.at is None else source.at + back
                inner = (*known, index - low, at - index)
                passed = self.response(At(letter, CLOCK), index - back, source, inner)
                step = times(chain(itself, at, index + 1), self._jacobian(pattern, letter, back, index), passed)
                terms += summed(step, (str(index), low, at))
            return terms

        generic = source if source.at is None else replace(source, at=Index((("b", 1),)))
        first = Index.of(0) if generic.at is None else generic.at

        def step(at: Index, known: Known) -> Terms:
            added = self._injected(pattern, at, generic, known) if generic.at is None else []
            through = self._passed(pattern, at, generic, known)
            return [*added, *through, *times(single(itself, at), form(at - 1, known, generic))]

        def start(known: Known) -> Terms:
            if own_source:
                return number(1)
            through = [] if generic.at is None else self._passed(pattern, first, generic, known)
            return [*self._injected(pattern, first, generic, known), *through]

        if source.at is not None:
            self._need(known, at - source.at, 0, f"{_at(pattern, at)} from {source}")
            self._need(known, source.at, least, f"{source}")
        of = f"d {_at(pattern, Index.letter('k'))}/d {generic}"
        general = Closed(of, lambda at, known: form(at, known, generic), start, step, first, least)
        self._confirm(pattern, generic, general)
        return form(at, known, source)

    # ------------------------------------------------------------------------------------------- premises

    def _need(self, known: Known, index: Index, least: int, what: str) -> None:
        if not entails(known, index - least):
            raise UndecidedError(f"{what}: {index} >= {least} does not follow")

    def _confirm_step(self, pattern: Expr, source: Source) -> None:
        """The one-step relation of a definition, once: it holds for every source."""
        if (pattern, None) in self._confirmed:
            return
        found = relation(self.page, self.own(pattern).body)
        self._confirmed.add((pattern, None))
        node, wrt = _at(pattern), source.letter
        terms = [f"∂⁺{node}/∂{wrt}"] if not source.is_state else []
        terms += [f"∂{node}/∂{_at(state)} · d {_at(state)}/d {wrt}" for state in found.states]
        self._note("one step", f"d {node}/d {wrt}", f"SymPy differentiated {found.component}", " + ".join(terms) or "0")

    def _confirm(self, pattern: Expr, key: object, closed: Closed) -> None:
        """A closed form by induction, in the kernel: it starts right, and one step leads to the next."""
        if (pattern, key, "closed") in self._confirmed:
            return
        first = closed.first
        begins = (first - closed.least,) if first.terms else ()
        at = Index((("k", 1),))
        goes_on = (*begins, at - first - 1)
        for known, index, expected in (
            (begins, first, closed.start(begins)),
            (goes_on, at, closed.step(at, goes_on)),
        ):
            kernel = Kernel(known, self.vanishing, self.spell)
            form = closed.form(index, known)
            left = kernel.normal([*form, *scaled(expected, -1)])
            if left:
                raise UndecidedError(f"the closed form of {closed.of} was not proved: {kernel.shown(left)} is left")
            rule = "induction, first step" if index == first else "induction, next step"
            condition = " and ".join(f"{row} >= 0" for row in known)
            self._note(rule, f"{closed.of} at step {index}", condition, self.shown(form))
        self._confirmed.add((pattern, key, "closed"))

    def shown(self, terms: Terms) -> str:
        """Terms as text."""
        return " + ".join(map(self._term_shown, terms)) or "0"

    def _term_shown(self, term: Term) -> str:
        parts = [] if term.coefficient == 1 else [str(term.coefficient)]
        parts += [f"({index})^{exponent}" for index, exponent in term.scalars]
        parts += [f"Σ_{{{name}={lower}..{upper}}}" for name, lower, upper in term.sums]
        return " · ".join([*parts, *map(self.spell, term.factors)]) or "1"


# --------------------------------------------------------------------------------------------------- writing


def _at(pattern: Expr, at: Index | None = None) -> Expr:
    return substitute(pattern, {"#": Index.letter("t") if at is None else at})


def _shifted(node: Expr, index: Index) -> Expr:
    """The expression with every index counted from ``#`` instead of ``index``."""

    def moved(inner: Index) -> Index:
        ahead = inner - index
        if ahead.terms:
            raise UndecidedError(f"{node} is not at one step")
        return CLOCK + ahead

    def rebuilt(part: Expr) -> Expr:
        if isinstance(part, Ranged):
            raise UndecidedError(f"{node} is not at one step")
        return rebuild(part, rebuilt, moved)

    return rebuilt(node)


def _states(node: Expr) -> Iterator[Expr]:
    """The states and applications that a linear expression is made of."""
    if isinstance(node, (Add, Mul)):
        for part in node.parts:
            yield from _states(part)
    elif isinstance(node, Sum):
        yield from _states(node.body)
    elif isinstance(node, (Letter, Apply)) or (isinstance(node, At) and node.letter.kind == "state"):
        yield node


def _is_number(node: Expr) -> bool:
    return isinstance(node, Power) and isinstance(node.base, IndexValue)


def _written(form: Form, reader: Reader, known: Known) -> Expr | None:
    """A difference in the notation of the page; None where sums stand inside sums."""
    letters = (name for name in "ijkmnpqrsuvxyz" if not any(slope_of(row, name) for row in known))
    index, inner = next(letters), next(letters)
    ranges: dict[Word, dict[Index, Fraction]] = {}
    terms: list[Expr] = []
    for word, coefficient in form.items():
        if len(word.bounds) > 1:
            return None
        if word.bounds:
            ranges.setdefault(word._replace(bounds=()), {})[word.bounds[0]] = coefficient
        else:
            terms.append(_product_of(word, coefficient, reader, inner))
    for word, ends in ranges.items():
        body = word.substitute({"#0": Index(((index, 1),))})
        while ends:
            upper = max((end for end in ends if ends[end] > 0), key=lambda end: len(end.terms), default=None)
            below = min((end for end in ends if ends[end] < 0), key=lambda end: len(end.terms), default=None)
            if upper is None or below is None:
                return None
            count = min(ends[upper], -ends[below])
            sign = -1 if entails(known, below - upper) else 1
            low, high = (below + 1, upper) if sign > 0 else (upper + 1, below)
            terms.append(Sum(_product_of(body, sign * count, reader, inner), (Index(((index, 1),)), low, high)))
            for end, change in ((upper, -count), (below, count)):
                ends[end] += change
                if not ends[end]:
                    del ends[end]
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _product_of(word: Word, coefficient: Fraction, reader: Reader, letter: str) -> Expr:
    factors: list[Expr] = [] if coefficient == 1 else [Number(coefficient)]
    factors += [Power(IndexValue(index), Index.of(exponent)) for index, exponent in word.scalars]
    factors += [reader.written(factor, letter) for factor in word.factors]
    return Mul(tuple(factors)) if len(factors) > 1 else factors[0] if factors else Number(Fraction(1))
