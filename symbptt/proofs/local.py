"""One step at a time, with letters for the steps and the sizes: what a definition says of what stands in it.

Every state and every piece of data at a step is a letter of its own, ``h_{t-1}``, and so is every derivative that is
not taken inside a fixed number of steps, dL/dh_t. A derivative that is, ∂h_t/∂h_{t-1} or ∂⁺h_t/∂W, is put together by
the chain rule from the derivatives of definitions in the letters that stand in them, each definition taken at its own
step: ``onestep`` confirms that rule for every definition that is used. A definition is used at the steps for which the
page gives it, from 1 on, and at step 0 where what the page says does not reach before it; where it is open whether a
step is one of these, :class:`Open` says which condition has to be decided first.

>>> from symbptt.functions import activation
>>> from symbptt.page.notation import diag, function, indices, partial, sizes, slope, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, z, w, phi = state("h", n), state("z", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence in two lines")
>>> _ = page.define("1", z[t], w @ h[t - 1])
>>> _ = page.define("2", h[t], phi(z[t]))
>>> local = Local(page, activation("any"), Kernel(), (t - 1,))
>>> written = diag(slope(phi, z[t])) @ w
>>> local.side(partial(h[t], h[t - 1])).form == local.side(written).form
True
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import permutations, product
from typing import NamedTuple, TypeAlias

from symbptt.errors import Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at
from symbptt.page.notation import At, Expr, Index, Letter, Partial, Power, Product, Total, substitute, walk
from symbptt.page.shapes import parts
from symbptt.proofs.contraction import Entry, Factor, Form, Kernel, Label, Rewrite, Spaces
from symbptt.proofs.definitions import CLOCK
from symbptt.proofs.indexed import Unrolled, Value
from symbptt.proofs.onestep import confirm
from symbptt.proofs.unrolled import UNROLLED, View
from symbptt.proofs.words import entails

Known: TypeAlias = "tuple[Index, ...]"
"""Indices that are >= 0."""


Terms: TypeAlias = "tuple[tuple[str, int], ...]"
"""The letters in a step: steps with the same ones are a fixed number of steps apart."""


WRITTEN_OUT = 3
"""How many terms or factors may be written out, between ends that are a fixed number of steps apart."""


class Open(Undecided):
    """Whether ``condition`` >= 0 has to be decided first: both cases are to be looked at."""

    def __init__(self, condition: Index) -> None:
        super().__init__(f"it is open whether {condition} is below 0")
        self.condition = condition


class Rate(NamedTuple):
    """A derivative as a letter: of a state, in a state, data or a weight, everything computed from it following.

    ``held``: of a state in itself several steps before, where nothing but that state follows on the way.
    """

    of: At
    wrt: At | Letter
    held: bool = False


Atom: TypeAlias = "At | Rate | Power | Index"
"""What a letter of the kernel stands for: a power is that of a weight, an index the number that it is, as in 1/T."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What stays fixed inside a definition at ``step``, None where every state does.

    It is ``page.inside`` for steps that are letters. ``way``: a state that is varied over several steps, whose letter
    follows it at the steps on the way to ``of``.
    """

    step: Index | None
    way: At | None = None
    of: Index | None = None

    def holds(self, state: At) -> bool:
        """Whether a state stays fixed."""
        if self.step is None:
            return True
        if self.way is not None and self.of is not None and state.letter == self.way.letter:
            behind, ahead = state.index - self.way.index, self.of - state.index
            if not (behind.terms or ahead.terms) and behind.constant > 0 and ahead.constant > 0:
                return False
        return state.index != self.step

    def at(self, step: Index) -> Fixed:
        """What stays fixed inside a definition at another step."""
        return self if self.step is None else Fixed(step, self.way, self.of)


class Local(Unrolled):
    """A page at steps that are letters, of which ``known`` is assumed."""

    def __init__(self, page: Derivation, activation: Activation, kernel: Kernel, known: Known) -> None:
        super().__init__(page, activation, kernel)
        self.known = known
        self.atoms: dict[str, Atom] = {}
        self._names: dict[Atom, str] = {}
        self._bodies: dict[At, Value | None] = {}
        self._slopes: dict[tuple[At, Expr], Form] = {}
        self._followed: dict[tuple[At, Expr, Fixed | None], Form] = {}
        self._uses: dict[Letter, tuple[tuple[Letter, int], ...]] = {}
        self._beside: dict[Letter, frozenset[Letter]] = {}
        self._steady: dict[Letter, tuple[Letter, tuple[int, ...]] | None] = {}

    def under(self, known: Known) -> Local:
        """The same page and letters where something else is assumed."""
        if known == self.known:
            return self
        made = copy.copy(self)
        made.known, made._sides, made._followed = known, {}, {}
        return made

    # ------------------------------------------------------------------------------------------- what is assumed

    def holds(self, condition: Index) -> bool:
        """Whether ``condition`` >= 0; raises :class:`Open` where it is not decided."""
        if entails(self.known, condition):
            return True
        if entails(self.known, -1 - condition):
            return False
        raise Open(condition)

    def is_same(self, one: Index, other: Index) -> bool:
        """Whether two steps are the same; raises :class:`Open` where it is not decided."""
        gap = one - other
        if not gap.terms:
            return not gap.constant
        if entails(self.known, gap - 1) or entails(self.known, -1 - gap):
            return False
        return self.holds(gap) and self.holds(other - one)

    def both(self, condition: Index) -> Iterator[tuple[Local, dict[str, Index]]]:
        """Both cases of a condition, each with what is now one step: t is T where T - t is 0."""
        for more in (condition, -1 - condition):
            known = (*self.known, more)
            if not entails(known, Index.of(-1)):
                values = _equal(known, more)
                yield self.under(tuple(one.substitute(values) for one in known)), values

    # ------------------------------------------------------------------------------------------- letters

    def name(self, atom: Atom) -> str:
        """The kernel's name for a letter at a step or a derivative."""
        if atom not in self._names:
            self._names[atom] = self._named(atom)
        name = self._names[atom]
        self.atoms[name] = atom
        return name

    def _named(self, atom: Atom) -> str:
        match atom:
            case At(letter, index):
                return f"{letter.symbol}_{{{index}}}" + (f" from {letter.last}" if letter.last is not None else "")
            case Rate(of, wrt, held):
                sign = "∂⁺" if held else "d"
                return f"{sign}{self.name(of)}/{sign[0]}{self.name(wrt) if isinstance(wrt, At) else wrt.symbol}"
            case Power(base, exponent):
                assert isinstance(base, Letter)
                return f"{base.symbol}^{{{exponent}}}"
            case Index():
                return f"#{atom}"

    def letter(self, atom: At | Rate) -> Value:
        """A state, data or derivative as a letter."""
        if isinstance(atom, At):
            rows, columns = self._of_letter(atom.letter)
        else:
            rows, columns = sum(self._of_letter(atom.of.letter), ()), self._taken_in(atom.wrt)[1]
        value = Value(rows, columns, self.kernel.single(Entry(self.name(atom)), len(rows + columns)))
        if isinstance(atom, At):
            self.kernel.call(value.spaces, value.form, atom)
        return value

    def atoms_in(self, form: Form) -> Iterator[tuple[str, Atom]]:
        """What stands in a form and in the functions in it, each once."""
        for number in self.kernel.below(form):
            label = self.kernel.labels[number]
            if isinstance(label, Entry) and label.name in self.atoms:
                yield label.name, self.atoms[label.name]

    def states_in(self, form: Form) -> Iterator[At]:
        """The states in a form."""
        return (atom for _, atom in self.atoms_in(form) if isinstance(atom, At) and atom.letter.kind == "state")

    def moved(self, form: Form, values: Mapping[str, Index]) -> Form:
        """The form with index letters replaced."""
        images: dict[str, Form] = {}
        for name, atom in list(self.atoms_in(form)):
            if isinstance(atom, Index):
                if (index := atom.substitute(values)) != atom:
                    images[name] = self._counter(index).form
            elif isinstance(atom, Power):
                if (exponent := atom.exponent.substitute(values)) != atom.exponent:
                    images[name] = self._raised(atom.base, exponent).form
            elif (changed := _substituted(atom, values)) != atom:
                held = self._held(changed.of, changed.wrt) if isinstance(changed, Rate) and changed.held else None
                images[name] = (self.letter(changed) if held is None else held).form
        return self.kernel.substituted(form, images) if images else form

    # ------------------------------------------------------------------------------------------- as Unrolled has it

    def _taken_in(self, wrt: Expr) -> tuple[str, Spaces]:
        if isinstance(wrt, At):
            return self.name(wrt), sum(self._of_letter(wrt.letter), ())
        if isinstance(wrt, Letter) and parts(self.page, wrt) != (wrt,):
            raise Undecided(f"{wrt} is put together from others")
        return super()._taken_in(wrt)

    def _counter(self, index: Index) -> Value:
        if not index.terms:
            return super()._counter(index)
        return Value((), (), self.kernel.single(Entry(self.name(index)), 0))

    def _power(self, base: Value, exponent: Index) -> Value:
        if not exponent.terms:
            return super()._power(base, exponent)
        found = self._as_weight(base.form, len(base.spaces))
        if found is None or not self.holds(exponent):
            raise Undecided(f"only a weight has a power {exponent}, which is counted in steps")
        weight, indices = found
        made = self.kernel.product((), [(self._raised(weight, exponent).form, indices)])
        return base._replace(form=made)

    def _raised(self, weight: Expr, exponent: Index) -> Value:
        """A weight to a power that may be counted in steps."""
        value = self._evaluate(weight, UNROLLED, 0)
        if not exponent.terms:
            return super()._power(value, exponent)
        single = self.kernel.single(Entry(self.name(Power(weight, exponent))), len(value.spaces))
        return value._replace(form=single)

    def _as_weight(self, form: Form, count: int) -> tuple[Letter, tuple[int, ...]] | None:
        """The weight that a form is, square or a scalar, and the indices it stands at; None where it is none."""
        if len(form) != 1:
            return None
        ((term, coefficient),) = form.items()
        if coefficient != 1 or term.bounds or len(term.factors) != 1:
            return None
        ((number, indices),) = term.factors
        weight = self._weight_named(self.kernel.labels[number])
        return (weight, indices) if weight is not None and set(indices) == set(range(count)) else None

    def _weight_named(self, label: Label) -> Letter | None:
        """The weight that a factor is an entry of; None where it is of none."""
        if not isinstance(label, Entry) or label.name in self.atoms:
            return None
        letter = self.page.meaning.letters.get(label.name)
        return letter if letter is not None and letter.kind == "weight" else None

    def _evaluate(self, node: Expr, view: View, step: int | None) -> Value:
        return self._product(node) if isinstance(node, Product) else super()._evaluate(node, view, step)

    def _product(self, node: Product) -> Value:
        """A product of Jacobians of one step, which is that over all its steps."""
        width = node.upper - node.lower
        if width == Index.of(-1) or not self.holds(width + 1):
            return self._identity(*self._spaces(node.body))
        if not width.terms and width.constant < WRITTEN_OUT:
            steps = range(width.constant + 1) if node.ascending else range(width.constant, -1, -1)
            return reduce(
                self._times, (self.side(substitute(node.body, {node.index: node.lower + at})) for at in steps)
            )
        free = Index(((f"Π{node.index}", 1),))
        inside = self.under((*self.known, free - node.lower, node.upper - free))
        body = inside.side(substitute(node.body, {node.index: free}))
        turned = inside._transposed(body) if node.ascending else body
        for letter, held in product(self.page.meaning.letters.values(), (False, True)):
            if not self.holds(node.lower - 1) or not self.is_alone(letter, held=held):
                continue
            jacobian = inside.side(Partial(letter[free], letter[free - 1], held=held))
            rest = [turned.form, {term: -value for term, value in jacobian.form.items()}]
            if turned[:2] == jacobian[:2] and inside.vanishes(self.kernel.total(rest)):
                made = self.side(Partial(letter[node.upper], letter[node.lower - 1], held=held))
                return self._transposed(made) if node.ascending else made
        raise Undecided(f"{node} is no product of the derivatives of one state in itself one step before")

    def _at(self, node: At, view: View) -> Value:
        said = self._derivative_named(node)
        return self.letter(node) if said is None else self._evaluate(said, UNROLLED, 0)

    def _derivative_named(self, at: At) -> Expr | None:
        """The derivative that a letter is defined as, as G_t = d h_t/d W is; None where it is no such letter."""
        defined = self.page.meaning.defined(at.letter)
        if at.letter.kind != "state" or defined.fixed or self.page.meaning.runs_backwards(at.letter):
            return None
        said = defined.at(at.index)
        if said is None or not any(isinstance(node, (Total, Partial)) for node in walk(said)):
            return None
        steps = (node.index for node in walk(said) if isinstance(node, At))
        return said if all(entails(self.known, step) for step in steps) else None

    def _total(self, node: Total) -> Value:
        return self._varied(node)

    def _partial(self, node: Partial) -> Value:
        return self._varied(node)

    def _varied(self, node: Total | Partial) -> Value:
        of, wrt = node.of, node.wrt
        if not isinstance(wrt, (At, Letter)):
            raise Undecided(f"{node} is not taken for every step")
        _, columns = self._taken_in(wrt)
        through = isinstance(node, Total) or (node.is_jacobian() and not (node.held or node.own))
        is_state = isinstance(of, At) and of.letter.kind == "state"
        if of == wrt:
            return self._identity(columns, columns)
        if through and is_state:
            assert isinstance(of, At)
            return Value(sum(self._of_letter(of.letter), ()), columns, self.follows(of, wrt, None))
        is_far = isinstance(of, At) and isinstance(wrt, At) and bool((of.index - wrt.index).terms)
        if isinstance(of, At) and isinstance(node, Partial) and node.held and is_far:
            return self._held(of, wrt)
        value = self.body(of) if isinstance(of, At) and is_state else self._evaluate(of, UNROLLED, 0)
        if value is None:
            raise Undecided(f"{of} is what the page starts from")
        fixed = None if through else self._fixed(node)
        form = self.differentiated(value, wrt, fixed)
        return Value(value.spaces, columns, form)

    def _held(self, of: At, wrt: At | Letter) -> Value:
        """The derivative of a state in itself several steps before, where nothing else follows on the way."""
        assert isinstance(wrt, At)
        gap = of.index - wrt.index
        if not gap.terms:
            return self.side(Partial(of, wrt, held=True))
        if of.letter != wrt.letter or not self.is_alone(of.letter, held=True) or not self.holds(gap):
            raise Undecided(f"∂⁺{of}/∂{wrt} is not put together from one step at a time")
        return self.letter(Rate(of, wrt, held=True))

    def _fixed(self, node: Total | Partial) -> Fixed:
        of, wrt = node.of, node.wrt
        steps = [inner.index for inner in walk(of) if isinstance(inner, At) and inner.letter.kind == "state"]
        assert isinstance(node, Partial)
        if node.own or not steps:
            return Fixed(None)
        last = steps[0]
        for step in steps:
            if (step - last).terms:
                raise Undecided(f"{of} is not at one step")
            last = step if (step - last).constant > 0 else last
        jacobian = node.is_jacobian() and isinstance(of, At) and isinstance(wrt, At)
        if jacobian and isinstance(of, At) and isinstance(wrt, At) and not self._stands_inside(of, wrt):
            return Fixed(last, wrt, of.index)
        return Fixed(last)

    def _stands_inside(self, of: At, wrt: At) -> bool:
        """Whether a state stands in what another one is inside its step."""
        found: set[At] = set()
        pending = [of]
        while pending:
            body = self.body(pending.pop())
            for node in self.states_in(body.form) if body is not None else ():
                if node not in found:
                    found.add(node)
                    if node.index == of.index:
                        pending.append(node)
        return wrt in found

    # ------------------------------------------------------------------------------------------- definitions

    def body(self, at: At) -> Value | None:
        """What the page says a state is at a step, in letters; None where it is a constant that the page starts from.

        Raises :class:`Open` where it is not decided whether the step is one that the definition is for.
        """
        if at not in self._bodies or at.index.terms:
            said = self._said(at)
            if at not in self._bodies:
                self._bodies[at] = None if said is None else self._read(at, said)
        return self._bodies[at]

    def _said(self, at: At) -> Expr | None:
        if self.page.meaning.runs_backwards(at.letter):
            raise Undecided(f"{at} runs backwards in time")
        if not at.index.terms:
            return definition_at(self.page, at)
        defined = self.page.meaning.general(at.letter)
        if defined.has_index and not self.holds(at.index - 1):
            raise Undecided(f"{at} is before the first step")
        return defined.at(at.index)

    def _read(self, at: At, said: Expr) -> Value:
        self.uses(at.letter)
        # One relation for all steps: it is the same but for the names of the steps.
        general = self.page.meaning.defined(at.letter).body
        confirm(self.page, said if general is None or not at.index.terms else general)
        value = self._evaluate(said, UNROLLED, 0)
        if any(isinstance(atom, Rate) for _, atom in self.atoms_in(value.form)):
            raise Undecided(f"{at} is defined by a derivative")
        self.kernel.call(value.spaces, value.form, at)
        return value

    def is_whole(self, at: At) -> bool:
        """Whether it is a letter without an index, such as L = Σ_t l_t, at its horizon."""
        return at.letter.kind == "state" and not self.page.meaning.defined(at.letter).has_index

    def reaches_on(self, rate: Rate) -> bool:
        """Whether what a loss is differentiated in may reach it by way of later steps."""
        leads = self.page.meaning.leads_to
        recurrent = (letter for letter in leads(rate.of.letter) if letter in leads(letter))
        return isinstance(rate.wrt, At) and any(rate.wrt.letter in found for found in map(leads, recurrent))

    def made_of(self, letter: Letter) -> tuple[Letter, ...]:
        """The letters with an index that one is computed from, at whatever step, itself among them."""
        letters = dict.fromkeys((letter, *self.page.meaning.leads_to(letter)))
        return tuple(one for one in letters if self.page.meaning.defined(one).has_index)

    def uses(self, letter: Letter) -> tuple[tuple[Letter, int], ...]:
        """The states and data in the definition of a letter, each with how many steps before it stands.

        Raises :class:`Undecided` for a state at a later step, and for one that is not counted from it.
        """
        if letter not in self._uses:
            defined = self.page.meaning.general(letter)
            found: dict[tuple[Letter, int], None] = {}
            sides = [(defined.body, defined.head.index), *((said, Index.of(at)) for at, said in defined.fixed.items())]
            for said, index in sides:
                for node in walk(said) if said is not None else ():
                    if isinstance(node, At):
                        back = index - node.index
                        if back.terms or (back.constant < 0 and node.letter.kind == "state"):
                            raise Undecided(
                                f"{letter} at {index} uses {node}, which is no fixed number of steps before"
                            )
                        if said is defined.body:
                            found[node.letter, back.constant] = None
            self._uses[letter] = tuple(found)
        return self._uses[letter]

    def slope(self, at: At, wrt: At | Letter) -> Form:
        """The derivative of a definition in one letter that stands in it, every other one held."""
        value = self.body(at)  # what is known of the step decides whether it is the definition's
        if (at, wrt) not in self._slopes:
            self._slopes[at, wrt] = {} if value is None else self.derived(value, wrt)
        return self._slopes[at, wrt]

    def derived(self, value: Value, wrt: Expr) -> Form:
        """The derivative of what is written in one letter, every other one held."""
        name, columns = self._taken_in(wrt)
        return self.kernel.derivative(value.form, len(value.spaces), name, len(columns))

    def opened(self, form: Form) -> Form:
        """A form in which every state is what the page says it is, down to the lowest step that stands there."""
        lowest: dict[Terms, int] = {}
        for state in self.states_in(form):
            step = state.index
            lowest[step.terms] = min(step.constant, lowest.get(step.terms, step.constant))
        images: dict[At, Form | None] = {}
        loose: list[Index] = []

        def image(state: At) -> Form | None:
            if state not in images:
                images[state] = None
                step = state.index
                if step.constant < lowest.get(step.terms, 0):
                    return None
                if step.terms and not entails(self.known, step - 1):
                    if not entails(self.known, 0 - step):
                        loose.append(step - 1)
                    return None
                try:
                    value = self.body(state)
                except Undecided:
                    return None  # a letter that is not opened stands for itself
                if value is not None:
                    made = images[state] = replaced(value.form)
                    self.kernel.call(value.spaces, made, state)
            return images[state]

        def replaced(inner: Form) -> Form:
            found = {self.name(state): image(state) for state in list(self.states_in(inner))}
            known = {name: made for name, made in found.items() if made is not None}
            return self.kernel.substituted(inner, known) if known else inner

        form = replaced(form)
        if form and loose:
            raise Open(loose[0])
        return form

    def vanishes(self, form: Form) -> bool:
        """Whether a form is 0 once its states are opened, in each case of where the steps lie."""
        try:
            return not self.opened(form)
        except Open as error:
            return all(case.vanishes(case.moved(form, values)) for case, values in self.both(error.condition))

    # ------------------------------------------------------------------------------------------- the chain rule

    def beside(self, letter: Letter) -> frozenset[Letter]:
        """The letters that one may be computed from inside one step, the first step too."""
        if letter not in self._beside:
            found: set[Letter] = set()
            pending = [letter]
            while pending:
                inner = pending.pop()
                first = self.page.meaning.defined(inner).fixed.get(0)
                said = [node.letter for node in walk(first) if isinstance(node, At)] if first is not None else []
                for other in (
                    *said,
                    *(other for other, back in self.uses(inner) if not back and other.kind == "state"),
                ):
                    if other not in found:
                        found.add(other)
                        pending.append(other)
            self._beside[letter] = frozenset(found)
        return self._beside[letter]

    def steady(self, of: At, wrt: At) -> Form | None:
        """The derivative of a state over several steps where that over one step is a weight: the power of it.

        That is W^{t-k} by induction, where nothing else of the steps before stands in one step. None where it is not.
        """
        gap = of.index - wrt.index
        if (
            of.letter != wrt.letter
            or not gap.terms
            or not entails(self.known, gap)
            or not entails(self.known, wrt.index)
        ):
            return None
        if of.letter not in self._steady:
            self._steady[of.letter] = self._weight_of_a_step(of.letter)
        found = self._steady[of.letter]
        return None if found is None else self.kernel.product((), [(self._raised(found[0], gap).form, found[1])])

    def merged(self, form: Form) -> Form:
        """The form with a weight beside a power of it in one power: W W^{t-1} = W^t."""
        return self.kernel.rewritten(form, self._beside_power)

    def _beside_power(self, factors: tuple[Factor, ...]) -> Rewrite | None:
        """Two powers of one weight that are multiplied, and the power in their place with the indices it stands at."""
        powers = [(factor, found) for factor in factors if (found := self._exponent(factor[0])) is not None]
        for (one, (base, more)), (other, (same, less)) in permutations(powers, 2):
            if base != same or not (more.terms or less.terms):
                continue
            ends = one[1], other[1]
            made = self._raised(base, more + less)
            if not made.spaces:
                return (one, other), made.form, ()
            between, taken = one[1][1], [index for _, indices in factors for index in indices]
            if between == other[1][0] and between < 0 and taken.count(between) == 2:
                return (one, other), made.form, (ends[0][0], ends[1][1])
        return None

    def _exponent(self, number: int) -> tuple[Letter, Index] | None:
        """The weight and how often a factor is multiplied by it; None where it is no power of a square weight."""
        label = self.kernel.labels[number]
        atom = self.atoms.get(label.name) if isinstance(label, Entry) else None
        if isinstance(atom, Power):
            assert isinstance(atom.base, Letter)
            return atom.base, atom.exponent
        weight = self._weight_named(label)
        if weight is None or weight.shape is None or weight.shape[0] != weight.shape[1]:
            return None
        return weight, Index.of(1)

    def _weight_of_a_step(self, letter: Letter) -> tuple[Letter, tuple[int, ...]] | None:
        if not self.is_alone(letter):
            return None
        now, before = letter[CLOCK], letter[CLOCK - 1]
        form = self.under((CLOCK - 1,)).follows(now, before, None)
        return self._as_weight(form, 2 * len(self._taken_in(before)[1]))

    def is_alone(self, letter: Letter, *, held: bool = False) -> bool:
        """Whether a state depends on its own earlier steps by way of the step before and nothing beside it.

        ``held``: where everything else of the earlier steps is held, it is enough that it stands there once.
        """
        if letter.kind != "state" or letter not in self.page.meaning.leads_to(letter) or self.is_whole(letter[CLOCK]):
            return False
        step = self.under((CLOCK - 1,))
        before, inside, pending = letter[CLOCK - 1], {letter[CLOCK]}, [letter[CLOCK]]
        while pending:
            value = step.body(pending.pop())
            for state in list(step.states_in(value.form)) if value is not None else ():
                if state.index == CLOCK and state not in inside:
                    inside.add(state)
                    pending.append(state)
                elif state not in (before, *inside) and letter in (
                    (state.letter,) if held else self.made_of(state.letter)
                ):
                    return False
        return True

    def follows(self, of: At, wrt: At | Letter, fixed: Fixed | None) -> Form:
        """The derivative of a state where ``fixed`` is held: as a letter, or by the chain rule."""
        key = (of, wrt, fixed)
        if key not in self._followed:
            self._followed[key] = self._follows(of, wrt, fixed)
        return self._followed[key]

    def _follows(self, of: At, wrt: At | Letter, fixed: Fixed | None) -> Form:
        if of == wrt:
            spaces = self._taken_in(wrt)[1]
            return self._identity(spaces, spaces).form
        if fixed is not None and fixed.holds(of):
            return {}
        if isinstance(wrt, Letter):
            if fixed is None:
                return self.letter(Rate(of, wrt)).form
        else:
            gap = of.index - wrt.index
            if gap.terms or not self.page.meaning.defined(of.letter).has_index:
                if fixed is not None:
                    raise Undecided(f"{of} and {wrt} are not a fixed number of steps apart")
                power = self.steady(of, wrt)
                return self.letter(Rate(of, wrt)).form if power is None else power
            for letter in (of.letter, *self.page.meaning.leads_to(of.letter)):
                self.uses(letter)  # no state of an earlier step looks ahead
            if gap.constant < 0 or (not gap.constant and wrt.letter not in self.beside(of.letter)):
                return {}
        value = self.body(of)
        return {} if value is None else self.differentiated(value, wrt, None if fixed is None else fixed.at(of.index))

    def differentiated(self, value: Value, wrt: At | Letter, fixed: Fixed | None) -> Form:
        """The derivative of what is written: in each letter that stands in it, times how that one follows."""
        if any(isinstance(atom, Rate) for _, atom in self.atoms_in(value.form)):
            raise Undecided("a derivative inside another one is not taken for every step")
        columns = self._taken_in(wrt)[1]
        terms = [] if isinstance(wrt, At) and wrt.letter.kind == "state" else [self.derived(value, wrt)]
        for state in list(self.states_in(value.form)):
            if inner := self.follows(state, wrt, fixed):
                own = sum(self._of_letter(state.letter), ())
                terms.append(self.through(self.derived(value, state), inner, value.spaces, own, columns))
        return self.kernel.total(terms)

    def through(self, outer: Form, inner: Form, rows: Spaces, between: Spaces, columns: Spaces) -> Form:
        """The product of two derivatives, summed over the entries of what is between them."""
        over = range(-1, -1 - len(between), -1)
        left = (*range(len(rows)), *over)
        right = (*over, *range(len(rows), len(rows + columns)))
        return self.kernel.product(tuple(space.size for space in between), [(outer, left), (inner, right)])


def _substituted(atom: At | Rate, values: Mapping[str, Index]) -> At | Rate:
    of, wrt = (substitute(end, values) for end in ((atom, atom) if isinstance(atom, At) else atom[:2]))
    assert isinstance(of, At)
    assert isinstance(wrt, (At, Letter))
    return of if isinstance(atom, At) else Rate(of, wrt, atom.held)


def _equal(known: Known, more: Index) -> dict[str, Index]:
    """What a letter is where ``more`` is now known to be 0: t is T - 1 where T - 1 - t is."""
    if not entails(known, 0 - more):
        return {}
    # A letter that a sum binds first, then t before T.
    for name, slope in sorted(more.terms, key=lambda term: (not term[0].startswith("#"), term[0].isupper(), term[0])):
        if abs(slope) == 1:
            return {name: (more - Index(((name, slope),))).scaled(-slope)}
    return {}
