"""From a page to words: what its definitions allow to be said of every derivative, for all steps and sizes.

Every derivative becomes words of the kernel over families of letters: the immediate partials ∂⁺y_k/∂w, the one-step
Jacobians ∂y_k/∂u_{k-c}, and values that are not taken apart. The rules come from the page's own definitions:

* *one step*: d y_k = ∂⁺y_k + Σ_u ∂y_k/∂u · d u, over the states u in y's own definition, confirmed by SymPy, where
  letters of the step that lead back to y, such as gates, are what they are defined as; ∂⁺ then holds the u;
* *inside the step*: ∂⁺y_k/∂w of the page is that with d u = 0 for every u of another step;
* *through one letter*: ∂y_k/∂z_k · ∂z_k/∂u = ∂y_k/∂u where y_k is made of z_k alone;
* *closed form*: a state that uses itself one step back, and nothing else that leads back to it, has for k >= 0
  d y_k = (Π_{j=1..k} J_j) d y_0 + Σ_{i=1..k} (Π_{j=i+1..k} J_j) B_i, B_i the other terms of its one step. The kernel
  proves it by induction, for each state and weight, before it is used. The derivative in the copy of a weight at step
  b, and the Jacobian in a state at step b, have the same form with one source, at b;
* *start*: h_0 is constant unless the page says otherwise;
* *not contained*: a weight that a definition does not contain, and data, add nothing;
* *block*: the columns of d y/d w_h that belong to a part of w_h are d y/d of that part;
* *linear*: derivatives pass through Σ, + and numbers such as 1/T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import assert_never

from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Transpose,
    Zero,
    substitute,
    walk,
)
from symbptt.page.shapes import SCALAR, parts, shape
from symbptt.proofs.definitions import CLOCK, ZERO, Definitions, Families, Known, at_step, states_in
from symbptt.proofs.onestep import Relation, relation
from symbptt.proofs.words import (
    LIMIT,
    Factor,
    Form,
    Kernel,
    Step,
    Telling,
    Term,
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
from symbptt.proofs.writing import compared, form_written, plainly, steps_written, terms_written, uppers_of

Terms = list[Term]


@dataclass(frozen=True, slots=True)
class Variable:
    """The variable of a derivative: a weight, its copy at one step, or a state at one step (``at``)."""

    letter: Letter
    at: Index | None = None

    @property
    def is_state(self) -> bool:
        """Whether it is a state rather than a weight or its copy."""
        return self.letter.kind == "state"

    @property
    def written(self) -> Expr:
        """The variable as an expression."""
        if self.at is None:
            return self.letter
        return At(self.letter, self.at) if self.is_state else Copy(self.letter, self.at)

    def derivative(self, of: Expr) -> Expr:
        """The derivative in it: total, or the Jacobian in a state."""
        return (Partial if self.is_state else Total)(of, self.written)

    def __str__(self) -> str:
        return str(self.written)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed form to be proved by induction: what it is at ``first``, and at k given the step before.

    ``least`` bounds ``first`` from below where that is a letter; ``of`` says what it is the form of, at a step.
    """

    of: Callable[[Index], Expr]
    form: Callable[[Index, Known], Terms]
    start: Callable[[Known], Terms]
    step: Callable[[Index, Known], Terms]
    first: Index = ZERO
    least: int = 0


@dataclass(slots=True)
class Reader:
    """Reads the expressions of one page as words; ``known`` is what holds of the indices at that place.

    ``vanishing`` are the letters that it found to be zero at step 0, :meth:`told` the premises that it used. What it
    finds and proves of the page is there for the next claim, which :meth:`again` begins.
    """

    definitions: Definitions
    families: Families = field(default_factory=Families)
    vanishing: set[tuple[str, int]] = field(default_factory=set)
    tellings: dict[tuple[object, ...], Telling] = field(default_factory=dict)
    _proved: dict[tuple[object, ...], dict[tuple[object, ...], Telling]] = field(default_factory=dict)
    """The closed forms that were proved, each with the premises of its proof."""
    _sides: dict[tuple[Expr, Known], tuple[Terms, dict[tuple[object, ...], Telling]]] = field(default_factory=dict)
    """The sides that were read, each with the premises that were used."""
    _forms: dict[tuple[Expr, Known, int], tuple[Kernel, Form]] = field(default_factory=dict)
    _kept: frozenset[Letter] = frozenset()
    _fresh: int = 0

    @property
    def page(self) -> Derivation:
        """The page that it reads."""
        return self.definitions.page

    def again(self) -> Reader:
        """The same reader with nothing told yet."""
        return replace(self, tellings={})

    def _note(self, rule: str, at: Expr, condition: str, result: Expr) -> None:
        step = rule, at, condition, result
        self.tellings.setdefault(step, lambda: (Step(rule, plainly(at), condition, plainly(result)),))

    def told(self) -> tuple[Step, ...]:
        """The premises that were used so far, in order, each once."""
        return tuple(dict.fromkeys(step for telling in self.tellings.values() for step in telling()))

    def _index(self) -> Index:
        # Each sum gets a letter of its own, so that products of sums can be distributed.
        self._fresh += 1
        return Index(((f"i.{self._fresh}", 1),))

    # ------------------------------------------------------------------------------------------- values

    def read(self, side: Expr, known: Known) -> Terms:
        """One side of an equation as terms. Raises :class:`Undecided` outside of what can be read."""
        if (side, known) not in self._sides:
            before, self.tellings, self._fresh = self.tellings, {}, 0
            try:
                terms = [replace(term, factors=tuple(self._joined(term.factors))) for term in self.value(side, known)]
                self._sides[side, known] = terms, self.tellings
            finally:
                told, self.tellings = self.tellings, before
                self._tell(told)
            return terms
        terms, told = self._sides[side, known]
        self._tell(told)
        return terms

    def normal(self, side: Expr, known: Known) -> tuple[Kernel, Form]:
        """A side that was read in normal form, and what reduced it: many claims have one left side."""
        key = side, known, len(self.vanishing)
        if key not in self._forms:
            kernel = Kernel(known, self.vanishing)
            self._forms[key] = kernel, kernel.normal(self._sides[side, known][0])
        return self._forms[key]

    def _joined(self, factors: Sequence[Factor]) -> Iterator[Factor]:
        """∂h_k/∂z_k · ∂z_k/∂u as ∂h_k/∂u where h_k is made of z_k alone."""
        pending = list(reversed(factors))
        while pending:
            factor = pending.pop()
            if pending and (whole := self._through_one(factor, pending[-1])) is not None:
                pending[-1] = whole
            else:
                yield factor

    def _through_one(self, left: Factor, right: Factor) -> Factor | None:
        one, other = self.families.pattern(left.name), self.families.pattern(right.name)
        if not (isinstance(one, Partial) and isinstance(other, Partial) and isinstance(one.of, At)):
            return None
        inner = one.wrt
        at_one = left.first == left.last == right.first == right.last
        if inner != other.of or not isinstance(inner, At) or inner.letter not in self.definitions.own(one.of).inside:
            return None
        body = self.page.meaning.opened(one.of, stops=(inner.letter,), within=one.of.letter)
        if not at_one or one.own or other.own or body is None:
            return None
        states = (node for node in walk(body) if isinstance(node, At) and node.letter.kind == "state")
        if any(node != inner for node in states) or other.wrt in walk(body):
            return None
        if isinstance(other.wrt, Letter) and self.definitions.weights(body) & frozenset(parts(self.page, other.wrt)):
            return None
        relation(self.page, body)
        whole = Partial(one.of, other.wrt)
        self._note(
            "through one letter",
            Mul((at_step(one), at_step(other))),
            f"{at_step(one.of)} is made of {at_step(inner)} alone",
            at_step(whole),
        )
        name = self.families.name(whole)
        if (right.name, 0) in self.vanishing:
            self.vanishing.add((name, 0))
        return Factor(name, left.first, left.first)

    def value(self, node: Expr, known: Known) -> Terms:
        """An expression inside a side as terms."""
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
                return single(self.families.name(node))
            case Letter() | At() | Apply():
                return self._valued(node, known)
            case Total():
                return self._derivative(node, known)
            case Partial():
                return self._partial(node, known)
            case Block():
                if node.part not in parts(self.page, node.of.wrt):
                    raise Undecided(f"{node.part} is not a part of {node.of.wrt}")
                inner_of = replace(node.of, wrt=node.part)
                self._note("block", node, f"{node.part} is a part of {node.of.wrt}", inner_of)
                return self.value(inner_of, known)
            case Copy() | Hadamard() | Kronecker() | Diag() | Concat() | Transpose() | Laid() | Ones() | Either():
                raise Undecided(f"{node} has no reading in words")
            case _:
                assert_never(node)

    def _inside(self, node: Ranged, known: Known) -> tuple[str, Expr, Known]:
        index = self._index()
        body = substitute(node.body, {node.index: index})
        return str(index), body, (*known, index - node.lower, node.upper - index)

    def _power(self, node: Power, known: Known) -> Terms:
        if node.exponent.terms:
            raise Undecided(f"{node}: a power that depends on the step is not read in words")
        exponent = node.exponent.constant
        if exponent >= 0:
            if exponent > LIMIT:
                raise Undecided(f"{node} has too many factors")
            return times(*(self.value(node.base, known) for _ in range(exponent)))
        if not isinstance(node.base, IndexValue):
            raise Undecided(f"{node}: only numbers have negative powers")
        index = node.base.index
        if not index.terms and index.constant:
            return number(Fraction(index.constant) ** exponent)
        if not entails(known, index - 1) and not entails(known, -1 - index):
            raise Undecided(f"{node} needs {index} to be other than zero")
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
            raise Undecided(f"{node}: the factors of Π are not one letter at each step")
        (factor,) = terms[0].factors
        slope = slope_of(factor.first, index)
        if factor.first != factor.last or abs(slope) != 1:
            raise Undecided(f"{node}: the factors of Π are not one letter at each step")
        at = (node.lower, node.upper) if node.ascending else (node.upper, node.lower)
        first, last = (factor.first.substitute({index: bound}) for bound in at)
        return chain(factor.name, first, last, ascending=node.ascending == (slope > 0))

    def _valued(self, node: Expr, known: Known) -> Terms:
        if isinstance(node, At) and (node.letter.kind == "data" or node.letter.last is not None):
            return single(self.families.name(At(node.letter, CLOCK)), node.index)
        pattern, at = self.definitions.site(node, known)
        if isinstance(pattern, At):
            self._need(known, at, 0, lambda: node)
            own = self.definitions.own(pattern)
            if at == ZERO and own.base is not None:
                return self.value(own.base, known)
            if not isinstance(own.body, Apply) and pattern.letter not in self._kept:
                if pattern not in self.definitions.reach(pattern):
                    if entails(known, at - own.first):
                        return self.value(substitute(own.body, {"#": at}), known)
                elif self._is_affine(pattern):
                    return self._accumulated(pattern, at, known)
        return single(self.families.name(pattern), at)

    def _is_affine(self, pattern: At) -> bool:
        try:
            self.definitions.recurrent(pattern)
            self._affine(pattern, Index(((".", 1),)), (Index(((".", 1),)) - 1,))
        except Undecided:
            return False
        return True

    def _affine(self, pattern: At, at: Index, known: Known) -> tuple[Factor | None, Terms]:
        """a_k = B_k + C_k a_{k-1}: the letter C_k, None for the identity, and B_k."""
        kept, self._kept = self._kept, self._kept | {pattern.letter}
        try:
            terms = self.value(substitute(self.definitions.own(pattern).body, {"#": at}), known)
        finally:
            self._kept = kept
        itself = self.families.name(pattern)
        carried = [term for term in terms if any(factor.name == itself for factor in term.factors)]
        rest = [term for term in terms if term not in carried]
        if len(carried) == 1 and carried[0] == Term(factors=carried[0].factors):
            *before, last = carried[0].factors
            if last == Factor(itself, at - 1, at - 1) and all(factor.name != itself for factor in before):
                if not before:
                    return None, rest
                if len(before) == 1 and before[0].first == before[0].last and not (before[0].first - at).terms:
                    return before[0], rest
        raise Undecided(f"{at_step(pattern)} is not a letter times the step before plus other terms")

    def _accumulated(self, pattern: At, at: Index, known: Known) -> Terms:
        def form(at: Index, known: Known) -> Terms:
            index = self._index()
            letter, rest = self._affine(pattern, index, (*known, index - 1, at - index))
            base = self.definitions.own(pattern).base
            start = single(self.families.name(pattern), 0) if base is None else self.value(base, known)

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
            base = self.definitions.own(pattern).base
            return single(self.families.name(pattern), 0) if base is None else self.value(base, known)

        self._confirm(pattern, None, Closed(lambda at: at_step(pattern, at), form, start, step))
        return form(at, known)

    # ------------------------------------------------------------------------------------------- derivatives

    def _derivative(self, node: Total, known: Known) -> Terms:
        match node.wrt:
            case Letter(kind="weight"):
                source = Variable(node.wrt)
            case Copy():
                source = Variable(node.wrt.weight, node.wrt.index)
            case At(letter=Letter(kind="state")):
                source = Variable(node.wrt.letter, node.wrt.index)
            case _:
                raise Undecided(f"{node}: a derivative in {node.wrt} has no reading in words")
        return self._through(node.of, source, known)

    def _partial(self, node: Partial, known: Known) -> Terms:
        if node.own and isinstance(node.wrt, Letter) and not node.is_jacobian():
            pattern, at = self.definitions.site(node.of, known)
            if not self.definitions.own(pattern).inside:
                return self.immediate(pattern, at, node.wrt, known)
        if node.own or (node.held and node.is_jacobian()):
            raise Undecided(f"{node} holds other states that depend on {node.wrt}, for which there is no letter here")
        match node.wrt:
            case At(letter=Letter(kind="state")):
                return self._through(node.of, Variable(node.wrt.letter, node.wrt.index), known)
            case Letter(kind="weight"):
                return self.inside(*self.definitions.site(node.of, known), node.wrt, known)
            case Copy():
                pattern, at = self.definitions.site(node.of, known)
                if at == node.wrt.index:
                    return self.inside(pattern, at, node.wrt.weight, known)
                if entails(known, at - node.wrt.index - 1) or entails(known, node.wrt.index - at - 1):
                    return []
                raise Undecided(f"{node}: whether {at} is {node.wrt.index} does not follow")
            case At():
                pattern, at = self.definitions.site(node.of, known)
                self._need(known, at, self.definitions.own(pattern).first, lambda: node)
                back = at - node.wrt.index
                if back.terms:
                    raise Undecided(f"{node}: {node.wrt} is not a fixed number of steps back")
                return self.inside(pattern, at, At(node.wrt.letter, CLOCK - back), known)
            case _:
                raise Undecided(f"{node}: a derivative in {node.wrt} has no reading in words")

    def inside(self, pattern: Expr, at: Index, wrt: Letter | At, known: Known) -> Terms:
        """∂⁺y/∂w in a weight or in data: inside the step, what is of other steps held."""
        own = self.definitions.own(pattern)
        through = self._beside(pattern, wrt)
        if own.ranged and (through or self._in_ranges(pattern, wrt)):
            raise Undecided(f"{Partial(at_step(pattern), wrt)}: {at_step(pattern)} sums over steps")
        terms = self.immediate(pattern, at, wrt, known) if isinstance(wrt, Letter) else self._in_data(pattern, at, wrt)
        if not through or (at == ZERO and own.is_state and own.first > 0):
            return terms
        self._need(known, at, own.first, lambda: Partial(at_step(pattern, at), wrt))
        self._confirm_step(pattern, Variable(wrt) if isinstance(wrt, Letter) else None)
        for letter in through:
            terms += times(self._jacobian(pattern, letter, 0, at), self.inside(At(letter, CLOCK), at, wrt, known))
        return terms

    def _beside(self, pattern: Expr, wrt: Letter | At) -> list[Letter]:
        """The other letters of the step in a definition, inside whose own definitions there is a weight or data."""
        own = self.definitions.own(pattern)
        uses = () if own.ranged else own.uses
        return [letter for letter, back in uses if not back and self._is_inside(At(letter, CLOCK), wrt)]

    def _is_inside(self, pattern: At, wrt: Letter | At) -> bool:
        own = self.definitions.own(pattern)
        if isinstance(wrt, Letter):
            found = bool((own.weights | own.base_weights) & frozenset(parts(self.page, wrt)))
        else:
            found = (wrt.letter, (CLOCK - wrt.index).constant) in own.data
        return found or bool(self._beside(pattern, wrt)) or (own.ranged and self._in_ranges(pattern, wrt))

    def _in_ranges(self, pattern: Expr, wrt: Letter | At) -> bool:
        """Whether what a definition sums over steps may have a weight or data in it."""
        if isinstance(wrt, At):
            return any(letter == wrt.letter for letter, _ in self.definitions.own(pattern).data) or bool(
                self.definitions.own(pattern).uses
            )
        return bool(self.definitions.own(pattern).uses) and self.sees(pattern, Variable(wrt))

    def _in_data(self, pattern: Expr, at: Index, wrt: At) -> Terms:
        if (wrt.letter, (CLOCK - wrt.index).constant) not in self.definitions.own(pattern).data:
            return []
        return single(self.families.name(Partial(pattern, wrt, bool(self._beside(pattern, wrt)))), at)

    def immediate(self, pattern: Expr, at: Index, weight: Letter, known: Known) -> Terms:
        """What a weight adds to y by y's own definition: nothing where that does not contain it."""
        own, wanted = self.definitions.own(pattern), frozenset(parts(self.page, weight))
        used, starts = bool(own.weights & wanted), bool(own.base_weights & wanted)
        # Where the weight is in other letters of the step too, ∂⁺ is more than that.
        apart = bool(self._beside(pattern, weight))
        if apart and own.inside and (used or starts):
            raise Undecided(f"{weight} is in {at_step(pattern)} and, another recurrence, beside it")
        node = Partial(at_step(pattern, at), weight, apart)
        self._need(known, at, 0, lambda: node)
        if entails(known, at - own.first):
            starts = used
        elif at == ZERO and own.is_state:
            used = starts
        elif not own.is_state or own.first > 1:
            self._need(known, at, own.first, lambda: node)
        if not used and not starts:
            if at == ZERO and own.is_state and own.first > 0:
                given = (
                    f"{node.of} is given, whatever the weights"
                    if own.base is None
                    else f"what {node.of} starts from has no {weight} in it"
                )
                self._note("start", node, given, Zero(node))
            elif not apart:
                zero = Partial(at_step(pattern), weight)
                self._note("not contained", zero, f"the definition of {zero.of} has no {weight} in it", Zero(zero))
            return []
        if not used:
            raise Undecided(f"{node} is zero only from step 1 on")
        name = self.families.name(Partial(pattern, weight, apart))
        if own.begins or (own.base is not None and not own.base_weights & wanted):
            self.vanishing.add((name, 0))
        return single(name, at)

    def _jacobian(self, pattern: Expr, letter: Letter, back: int, at: Index) -> Terms:
        return single(self.families.name(Partial(pattern, At(letter, CLOCK - back))), at)

    def sees(self, pattern: Expr, source: Variable) -> bool:
        """Whether a weight or state is somewhere in what a pattern is computed from."""
        reached = self.definitions.reach(pattern) | {pattern}
        if source.is_state:
            inside = (letter for inner in reached for letter in self.definitions.own(inner).inside)
            return At(source.letter, CLOCK) in reached or source.letter in inside
        wanted = frozenset(parts(self.page, source.letter))
        return any(
            (self.definitions.own(inner).weights | self.definitions.own(inner).base_weights) & wanted
            for inner in reached
        )

    def _through(self, node: Expr, source: Variable, known: Known) -> Terms:
        """The derivative of an expression that is linear in states."""
        match node:
            case Add():
                return [term for part in node.parts for term in self._through(part, source, known)]
            case Mul():
                scalars = [part for part in node.parts if isinstance(part, (Number, IndexValue, Power))]
                rest = [part for part in node.parts if part not in scalars]
                if len(rest) != 1 or any(isinstance(part, Power) and not _is_number(part) for part in scalars):
                    raise Undecided(f"the derivative of {node}: it is not a number times a state")
                return times(*(self.value(part, known) for part in scalars), self._through(rest[0], source, known))
            case Sum():
                return self._through_sum(node, source, known)
            case Number() | IndexValue() | Zero() | At(letter=Letter(kind="data")):
                return []
            case Letter(kind="state") | At() | Apply():
                return self.response(*self.definitions.site(node, known), source, known)
            case Letter() | Copy() | Power() | Product() | Concat() | Transpose() | Hadamard() | Kronecker() | Diag():
                raise Undecided(f"the derivative of {node}: it is not linear in states")
            case Total() | Partial() | Block() | Laid() | Identity() | Ones() | Either():
                raise Undecided(f"the derivative of {node}: it is not linear in states")
            case _:
                assert_never(node)

    def _through_sum(self, node: Sum, source: Variable, known: Known) -> Terms:
        lower, upper = node.lower, node.upper
        if source.at is not None:
            # A step before the source does not see it: the sum starts there, if its terms are states at i + c.
            index, body, inner = self._inside(node, known)
            places = {self.definitions.site(part, inner) for part in states_in(body)}
            ahead = {at - Index(((index, 1),)) for _, at in places}
            if len(ahead) != 1 or (lag := ahead.pop()).terms:
                raise Undecided(f"{node}: its terms are not states at one step")
            cut = source.at - lag
            if source.is_state and all(self._at_once(pattern, source) for pattern, _ in places):
                if entails(known, cut - lower) and entails(known, upper - cut):
                    return self._through(substitute(node.body, {node.index: cut}), source, known)
                raise Undecided(f"{node}: whether {cut} is in {lower}..{upper} does not follow")
            if entails(known, cut - lower):
                lower = cut
            elif not entails(known, lower - cut):
                raise Undecided(f"{node}: whether {cut} is in {lower}..{upper} does not follow")
        index, body, inner = self._inside(Sum(node.body, (node.bounds[0], lower, upper)), known)
        inside = Sum(source.derivative(node.body), (node.bounds[0], lower, upper))
        self._note("linear", source.derivative(node), "", inside)
        return summed(self._through(body, source, inner), (index, lower, upper))

    def _at_once(self, pattern: Expr, source: Variable) -> bool:
        """Whether a state sees the source at its own step only."""
        if (
            not self.sees(pattern, source)
            or pattern in self.definitions.reach(pattern)
            or self.definitions.own(pattern).ranged
        ):
            return False
        seen = [use for use in self.definitions.own(pattern).uses if self.sees(At(use[0], CLOCK), source)]
        return all(back == 0 and self._at_once(At(letter, CLOCK), source) for letter, back in seen)

    def response(self, pattern: Expr, at: Index, source: Variable, known: Known) -> Terms:
        """The derivative of a state at a step in a source: its definitions unrolled."""
        if isinstance(pattern, At) and source.is_state and pattern.letter == source.letter and at == source.at:
            return number(1)
        self._need(known, at, 0, lambda: at_step(pattern, at))
        own = self.definitions.own(pattern)
        if not self.sees(pattern, source):
            return []
        if source.at is not None and not own.ranged and entails(known, source.at - at - 1):
            return []
        if own.ranged:
            if pattern in self.definitions.reach(pattern):
                raise Undecided(f"{at_step(pattern)} sums over time and leads back to itself")
            if own.base is not None:
                self._need(known, at, 1, lambda: at_step(pattern, at))
            if own.weights and not source.is_state:
                raise Undecided(f"{at_step(pattern)} contains weights beside its sum over time")
            return self._through(substitute(own.body, {"#": at}), source, known)
        self._confirm_step(pattern, source)
        if self.definitions.recurrent(pattern):
            return self._recurred(pattern, at, source, known)
        if at == ZERO and own.is_state and own.first > 0:
            return self.injected(pattern, at, source, known)
        self._need(known, at, own.first, lambda: at_step(pattern, at))
        return [*self.injected(pattern, at, source, known), *self._passed(pattern, at, source, known)]

    def injected(self, pattern: Expr, at: Index, source: Variable, known: Known) -> Terms:
        """What a source adds to a state at one step by the state's own definition."""
        if source.at is None or (not source.is_state and source.at == at):
            return self.immediate(pattern, at, source.letter, known)
        if not source.is_state:
            if entails(known, at - source.at - 1):
                return []
            if not self.definitions.own(pattern).weights & frozenset(parts(self.page, source.letter)):
                return []
            raise Undecided(f"whether {at} is the step of {source} does not follow")
        if source.letter in self.definitions.own(pattern).inside:
            if at == source.at:
                return self._jacobian(pattern, source.letter, 0, at)
            self._need(known, at, source.at + 1, lambda: f"{at_step(pattern, at)} from {source}")
        if pattern == At(source.letter, CLOCK) and pattern not in self.definitions.reach(pattern):
            self._need(known, at, source.at + 1, lambda: f"{at_step(pattern, at)} from {source}")
        return []

    def _passed(self, pattern: Expr, at: Index, source: Variable, known: Known) -> Terms:
        """What reaches a state at one step through the other states that its own definition contains."""
        others = self._others(pattern, source)
        return [
            term for letter, back in others for term in self._passed_through(pattern, letter, back, source, at, known)
        ]

    def _passed_through(
        self, pattern: Expr, letter: Letter, back: int, source: Variable, at: Index, known: Known
    ) -> Terms:
        """What reaches a state at one step through one other state."""
        inner = self.response(At(letter, CLOCK), at - back, source, known)
        return times(self._jacobian(pattern, letter, back, at), inner)

    def _passed_once(self, pattern: At, letter: Letter, back: int, at: Index, source: Variable, known: Known) -> Terms:
        """What reaches a recurrent state, in the end, through a state that sees the source at its own step only."""
        assert source.at is not None
        first = source.at + back
        if entails(known, first - at - 1):
            return []
        self._need(known, at, first, lambda: f"{at_step(pattern, at)} from {source}")
        own = self._own_jacobian(pattern)
        inner = self.response(At(letter, CLOCK), source.at, source, known)
        return times(chain(own, at, first + 1), self._jacobian(pattern, letter, back, first), inner)

    def _others(self, pattern: Expr, source: Variable) -> list[tuple[Letter, int]]:
        others = [use for use in self.definitions.own(pattern).uses if At(use[0], CLOCK) != pattern]
        seen = [use for use in others if self.sees(At(use[0], CLOCK), source)]
        if source.is_state and len(seen) > 1 and any(letter == source.letter for letter, _ in seen):
            raise Undecided(f"{at_step(pattern)} uses {source.letter} directly and through other states")
        return seen

    def _recurred(self, pattern: Expr, at: Index, source: Variable, known: Known) -> Terms:
        """The derivative of a state that uses itself one step back: its closed form, once induction has proved that."""
        assert isinstance(pattern, At)
        own = self._own_jacobian(pattern)
        least = 1 if self._others(pattern, source) and source.at is not None else 0
        if source.at is not None:
            self._need(known, at - source.at, 0, lambda: f"{at_step(pattern, at)} from {source}")
            self._need(known, source.at, least, lambda: f"{source}")
        generic = source if source.at is None else replace(source, at=Index.letter("b"))

        def next_step(at: Index, known: Known) -> Terms:
            added = self.injected(pattern, at, generic, known) if generic.at is None else []
            before = self._unrolled(pattern, at - 1, generic, known)
            return [*added, *self._passed(pattern, at, generic, known), *times(single(own, at), before)]

        closed = Closed(
            lambda at: generic.derivative(at_step(pattern, at)),
            lambda at, known: self._unrolled(pattern, at, generic, known),
            lambda known: self.at_first(pattern, generic, known),
            next_step,
            ZERO if generic.at is None else generic.at,
            least,
        )
        self._confirm(pattern, generic, closed)
        return self._unrolled(pattern, at, source, known)

    def _own_jacobian(self, pattern: At) -> str:
        """The kernel's name for the Jacobian of a state in itself one step back."""
        return self.families.name(Partial(pattern, At(pattern.letter, CLOCK - 1)))

    def at_first(self, pattern: At, source: Variable, known: Known) -> Terms:
        """The derivative of a recurrent state at the step of the source, or at step 0."""
        if source.is_state and source.letter == pattern.letter:
            return number(1)
        if source.at is None:
            return self.injected(pattern, ZERO, source, known)
        through = self._passed(pattern, source.at, source, known)
        return [*self.injected(pattern, source.at, source, known), *through]

    def _unrolled(self, pattern: At, at: Index, source: Variable, known: Known) -> Terms:
        """(Π_j J_j) B_first + Σ_i (Π_{j>i} J_j) B_i, over what the source and the other states add at each step i."""
        own, first = self._own_jacobian(pattern), ZERO if source.at is None else source.at
        if source.is_state and source.letter == pattern.letter:
            return chain(own, at, first + 1)

        def added_from(low: Index, added: Callable[[Index, Known], Terms]) -> Terms:
            index = self._index()
            inside = added(index, (*known, index - low, at - index))
            return summed(times(chain(own, at, index + 1), inside), (str(index), low, at))

        terms = times(chain(own, at, first + 1), self.injected(pattern, first, source, known))
        if source.at is None:
            terms += added_from(Index.of(1), lambda index, inner: self.injected(pattern, index, source, inner))
        for letter, back in self._others(pattern, source):
            if source.is_state and self._at_once(At(letter, CLOCK), source):
                terms += self._passed_once(pattern, letter, back, at, source, known)
            else:
                low = Index.of(1) if source.at is None else source.at + back
                terms += added_from(low, partial(self._passed_through, pattern, letter, back, source))
        return terms

    # ------------------------------------------------------------------------------------------- premises

    def _need(self, known: Known, index: Index, least: int | Index, what: Callable[[], object]) -> None:
        if not entails(known, index - least):
            raise Undecided(f"{what()}: {index} >= {least} does not follow")

    def _confirm_step(self, pattern: Expr, source: Variable | None) -> None:
        """The one-step relation of a definition, once: it holds for every source. It is told of a weight or state."""
        terms: list[Expr] = [] if source is None or source.is_state else list(self.of_weight(pattern, source.letter))
        if self._is_told_in_one_step(pattern, bool(terms)):
            return
        found = relation(self.page, self.definitions.own(pattern).body)
        if source is not None:
            self.tellings["one step", pattern, bool(terms)] = lambda: (self._one_step(pattern, source, terms, found),)

    def _is_told_in_one_step(self, pattern: object, weight: object) -> bool:
        # What is told of a weight is told of a state, too.
        return any(("one step", pattern, told) in self.tellings for told in (weight, True))

    def _one_step(self, pattern: Expr, source: Variable, terms: Sequence[Expr], found: Relation) -> Step:
        node, wrt = at_step(pattern), source.letter
        derivative = Variable(wrt, Index.letter("b") if source.is_state else None).derivative
        terms = [*terms, *(Mul((Partial(node, state), derivative(state))) for state in map(at_step, found.states))]
        right = Number(Fraction(0)) if not terms else terms[0] if len(terms) == 1 else Add(tuple(terms))
        row = "" if shape(self.page, node) == SCALAR else "[a]"
        entry, differential = (
            text.replace("#", "t").replace("" if row else "[a]", "") for text in (found.component, found.derivative)
        )
        inner = (
            Step("definition", node, "", at_step(found.body), tuple(self._replaced(pattern))),
            Step("entry", f"{node}{row}", "", entry),
            Step("differential", f"d{node}{row}", "", differential),
        )
        first = self.definitions.own(pattern).first
        own_source = source.is_state and pattern == At(source.letter, CLOCK)
        # At the step of the source itself it is the identity.
        least = ["t >= b+1"] * own_source + [f"t >= {first}"] * (first > own_source)
        return Step("one step", plainly(derivative(node)), " and ".join(least), plainly(right), inner)

    def of_weight(self, pattern: Expr, weight: Letter) -> Iterator[Partial]:
        """What a weight adds in the one step of a state; nothing where only other letters of the step have it."""
        own, apart = self.definitions.own(pattern), bool(self._beside(pattern, weight))
        if not apart or own.weights & frozenset(parts(self.page, weight)):
            yield Partial(at_step(pattern), weight, apart)

    def _replaced(self, pattern: Expr) -> Iterator[Step]:
        """The letters of the same step that stand in a definition as what they are."""
        for letter in self.definitions.own(pattern).inside:
            body = self.page.meaning.defined(letter).at(Index.letter("t"))
            assert body is not None
            yield Step("inside the step", letter[Index.letter("t")], "", body)

    def _confirm(self, pattern: Expr, source: Variable | None, closed: Closed) -> None:
        """A closed form by induction, in the kernel: it starts right, and one step leads to the next."""
        key = ("closed", pattern, source, self._kept)
        if key in self.tellings:
            return
        if key not in self._proved:
            # What is told in the proof is told wherever the form is used, whatever was told before.
            before, self.tellings = self.tellings, {}
            try:
                self.tellings[key] = self._induction(closed)
                self._proved[key] = self.tellings
            finally:
                self.tellings = before
        self._tell(self._proved[key])

    def _tell(self, premises: Mapping[tuple[object, ...], Telling]) -> None:
        for premise, telling in premises.items():
            if premise[0] != "one step" or not self._is_told_in_one_step(*premise[1:]):
                self.tellings.setdefault(premise, telling)

    def _induction(self, closed: Closed) -> Telling:
        first = closed.first
        begins = (first - closed.least,) if first.terms else ()
        at = Index((("k", 1),))
        goes_on = (*begins, at - first - 1)
        cases: list[tuple[str, Known, Index, Terms, Kernel]] = []
        for rule, known, index, expected in (
            ("induction, first step", begins, first, closed.start(begins)),
            ("induction, next step", goes_on, at, closed.step(at, goes_on)),
        ):
            kernel = Kernel(known, self.vanishing)
            form = closed.form(index, known)
            left = kernel.normal([*form, *scaled(expected, -1)])
            if left:
                shown = form_written(left, self.families, kernel)
                raise Undecided(f"the closed form of {closed.of(at)} was not proved: {shown} is left")
            cases.append((rule, known, index, expected, kernel))
        general = closed.form(at, (*begins, at - first))
        return lambda: (self._closed_form(closed, at, (*begins, at - first), general, cases),)

    def _closed_form(
        self,
        closed: Closed,
        at: Index,
        begins: Known,
        terms: Terms,
        cases: Sequence[tuple[str, Known, Index, Terms, Kernel]],
    ) -> Step:
        """A closed form, with the two steps of its induction inside it."""
        general = terms_written(terms, self.families, begins)
        inner = []
        for rule, known, index, expected, kernel in cases:
            steps = steps_written(kernel, self.families, uppers_of(general) & {index})
            condition = " and ".join(map(compared, known))
            written = terms_written(expected, self.families, known)
            inner.append(Step(rule, closed.of(index), condition, written, steps, known))
        condition = " and ".join(map(compared, begins))
        return Step("closed form", closed.of(at), condition, general, tuple(inner), begins)


def _is_number(node: Expr) -> bool:
    return isinstance(node, Power) and isinstance(node.base, IndexValue)
