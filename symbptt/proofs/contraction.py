"""Sums over the entries of vectors, with sizes as letters: an exact kernel of factors, deltas and bound indices.

A form is a sum of products of factors under sums over 1..n. Deltas are contracted against the sums, and the summation
indices are named canonically, so that equal normal forms are equal values for every size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import NamedTuple, TypeAlias

from sympy import Basic

from symbptt.errors import BudgetExceeded, Undecided
from symbptt.page.notation import Dim
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.graph import inputs, postorder
from symbptt.proofs.heads import ARGUMENT, Arbitrary, Named

LIMIT = 5_000
"""How many terms one form may have."""
TIES = 1_000
"""How many orders of summation indices that look alike may be tried for one term."""

# --------------------------------------------------------------------------------------------------- factors


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a letter, ``W_hh``, ``h_0``, ``x_3``; it stands at as many indices as the letter has sizes."""

    name: str


@dataclass(frozen=True, slots=True)
class Delta:
    """Kronecker's delta at two indices."""


@dataclass(frozen=True, slots=True)
class Size:
    """A size letter as a number, Σ_{k=1..n} 1."""

    letter: str


@dataclass(frozen=True, slots=True)
class Entrywise:
    """A function of one argument, written over ``ARGUMENT``, at an entry of a family."""

    function: Basic
    family: int


@dataclass(frozen=True, slots=True)
class Opaque:
    """A function of whole families, differentiated once in an entry of each of those that ``slots`` lists.

    It stands at the index of its own component, where it has ``components``, and then at the indices of those entries.
    """

    name: str
    components: int
    families: tuple[int, ...]
    slots: tuple[int, ...] = ()


Label: TypeAlias = "Entry | Delta | Size | Entrywise | Opaque"
Factor: TypeAlias = tuple[int, tuple[int, ...]]
"""A label by its number, and the indices it stands at: 0, 1, ... are free, -1, -2, ... are summed over."""

DELTA = 0


class Term(NamedTuple):
    """A product of factors in ascending order, summed over -1, -2, ..., each up to its bound."""

    bounds: tuple[Dim, ...]
    factors: tuple[Factor, ...]


Coefficient: TypeAlias = "int | Fraction"
Form: TypeAlias = dict[Term, Coefficient]
Loose: TypeAlias = list[tuple[Coefficient, tuple[Dim, ...], tuple[Factor, ...]]]
"""Terms on their way to a form, their summation indices named in any way."""

UNIT = Term((), ())
Rewrite: TypeAlias = "tuple[tuple[Factor, Factor], Form, tuple[int, ...]]"
"""Two factors with an index between them, and the form that is their product at the indices left over."""


class Space(NamedTuple):
    """What an index runs over: 1..size. ``of`` names the concatenated weight that it is within one block of."""

    size: Dim
    of: str = ""


Spaces: TypeAlias = tuple[Space, ...]


class Family(NamedTuple):
    """A form with its free indices abstracted: h_3 at every k."""

    spaces: Spaces
    form: Form


# --------------------------------------------------------------------------------------------------- normal forms


class Kernel:
    """Forms over one growing set of labels and families: products, sums, derivatives, in normal form.

    Raises :class:`BudgetExceeded` where a form has more than ``limit`` terms.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.largest = 0
        self.labels: list[Label] = []
        self.families: list[Family] = []
        self.spelled: dict[int, object] = {}
        """What families are called: the letter that one is, or words for it."""
        self.named: dict[int, object] = {}
        """The letters that are a single label at each of their entries: z_t for σ(a_t)."""
        self._numbers: dict[Label | tuple[Spaces, frozenset[tuple[Term, Coefficient]]], int] = {}
        self._rates: dict[str, dict[int, Form]] = {}
        self._inverses: dict[int, tuple[Term, Coefficient]] = {}
        self._quotients: dict[int, tuple[Term, Coefficient, Form]] = {}
        """One over a sum of terms: its leading term and the number before it, and its other terms."""
        self.number(Delta())

    def number(self, label: Label) -> int:
        """The number of a label, the same whenever it is met."""
        if label not in self._numbers:
            self._numbers[label] = len(self.labels)
            self.labels.append(label)
        return self._numbers[label]

    def family(self, spaces: Spaces, form: Form) -> int:
        """The number of a family; two forms have one number when their normal forms are equal."""
        key = (spaces, frozenset(form.items()))
        if key not in self._numbers:
            self._numbers[key] = len(self.families)
            self.families.append(Family(spaces, form))
        return self._numbers[key]

    def call(self, spaces: Spaces, form: Form, letter: object) -> None:
        """Remember which letter a form is."""
        self.spelled.setdefault(self.family(spaces, form), letter)
        ((term, coefficient), *others) = form.items() or [(UNIT, 1)]
        if not others and coefficient == 1 and [at for _, at in term.factors] == [tuple(range(len(spaces)))]:
            self.named.setdefault(term.factors[0][0], letter)

    def single(self, label: Label, count: int) -> Form:
        """One factor at the free indices 0, 1, ... below ``count``."""
        return {Term((), ((self.number(label), tuple(range(count))),)): 1}

    def collected(self, loose: Loose) -> Form:
        """The normal form of a sum of terms."""
        if len(loose) > 4 * self.limit:
            raise BudgetExceeded(f"an indexed form would be put together from more than {4 * self.limit:,} terms")
        return self._gathered(self._divided(loose) if self._quotients else (self.normal(*term) for term in loose))

    def _divided(self, loose: Loose) -> Iterator[tuple[Term, Coefficient]]:
        """Terms in normal form: 1/(a + b) · a is 1 - 1/(a + b) · b, where a is the leading term of that sum."""
        pending = list(loose)
        while pending:
            term, coefficient = self.normal(*pending.pop())
            for place, (number, at) in enumerate(term.factors):
                if number in self._quotients:
                    lead, times, others = self._quotients[number]
                    rest = list(term.factors)
                    wanted = _placed(lead, at)
                    if _contains(rest, wanted):
                        for one in wanted:
                            rest.remove(one)
                        ratio = Fraction(coefficient) / times
                        pending += self._extended([(-ratio, term.bounds, tuple(rest))], others, at)
                        rest.remove(term.factors[place])
                        pending.append((ratio, term.bounds, tuple(rest)))
                        break
            else:
                yield term, coefficient

    def total(self, forms: Iterable[Form]) -> Form:
        """The sum of forms."""
        return self._gathered(item for form in forms for item in form.items())

    def _gathered(self, terms: Iterable[tuple[Term, Coefficient]]) -> Form:
        total: Form = {}
        for term, coefficient in terms:
            rest = total.get(term, 0) + coefficient
            if rest:
                total[term] = rest
            else:
                total.pop(term, None)
        self.largest = max(self.largest, len(total))
        if len(total) > self.limit:
            raise BudgetExceeded(f"an indexed form has more than {self.limit:,} terms")
        return total

    def normal(
        self, coefficient: Coefficient, bounds: tuple[Dim, ...], factors: tuple[Factor, ...]
    ) -> tuple[Term, Coefficient]:
        """A product summed over -1, -2, ..., each up to its bound, in normal form, and its coefficient.

        The deltas are contracted, Σ_k 1 is n, and the summation indices are named by what they connect: two terms
        that differ in the names of their summation indices and the order of their factors alone are one term.
        """
        kept, absorbed = _contracted(factors)
        if self._inverses:
            kept, absorbed, coefficient = self._cancelled(kept, absorbed, bounds, coefficient)
        used = {index for _, indices in kept for index in indices if index < 0}
        for place, bound in enumerate(bounds):
            if -1 - place not in used | absorbed:
                number, letters = _counted(bound)
                coefficient *= number
                kept += [(self.number(Size(letter)), ()) for letter in letters]
        if len(used) < 2:
            final = tuple(sorted([_painted(dict.fromkeys(used, -1), factor) for factor in kept] if used else kept))
            return Term(tuple([bounds[-1 - index] for index in used]), final), coefficient
        names = sorted({str(bounds[-1 - index]) for index in used})
        named, final = _named({index: -1 - names.index(str(bounds[-1 - index])) for index in used}, kept)
        return Term(tuple(bounds[-1 - index] for index in sorted(used, key=lambda k: -named[k])), final), coefficient

    def _cancelled(
        self, factors: list[Factor], absorbed: set[int], bounds: tuple[Dim, ...], coefficient: Coefficient
    ) -> tuple[list[Factor], set[int], Coefficient]:
        """The factors without those that multiply what one is one over: 1/a · a, and 1/s · Σ_k a_k for that s."""
        for place, (number, at) in enumerate(factors):
            if number in self._inverses:
                term, times = self._inverses[number]
                rest = factors[:place] + factors[place + 1 :]
                if term.bounds:
                    found = self._closed(rest, bounds, term)
                else:
                    wanted = _placed(term, at)
                    found = wanted if _contains(rest, wanted) else None
                if found is not None:
                    gone = {index for _, indices in found for index in indices if index < 0} if term.bounds else set()
                    for one in found:
                        rest.remove(one)
                    left = {index for _, indices in rest for index in indices}
                    # Σ_k 1/a_k · a_k counts k: an index that stands nowhere any more is summed over all the same.
                    return self._cancelled(rest, absorbed | (gone - left), bounds, coefficient / Fraction(times))
        return factors, absorbed, coefficient

    def _closed(self, factors: list[Factor], bounds: tuple[Dim, ...], term: Term) -> list[Factor] | None:
        """Factors that are summed over by themselves and are this term."""
        pending = [factor for factor in factors if factor[1] and all(index < 0 for index in factor[1])]
        while pending:
            component, indices = [pending.pop()], set[int]()
            while not indices >= (found := {index for _, at in component for index in at}):
                indices |= found
                component = [factor for factor in factors if not indices.isdisjoint(factor[1])]
            pending = [factor for factor in pending if factor not in component]
            if all(index < 0 for index in indices) and len(component) == len(term.factors):
                names = sorted({str(bounds[-1 - index]) for index in indices})
                colours = {index: -1 - names.index(str(bounds[-1 - index])) for index in indices}
                named, final = _named(colours, component)
                ordered = tuple(bounds[-1 - index] for index in sorted(indices, key=lambda k: -named[k]))
                if Term(ordered, final) == term:
                    return component
        return None

    # ------------------------------------------------------------------------------------------- arithmetic

    def product(self, bounds: tuple[Dim, ...], pieces: Iterable[tuple[Form, Sequence[int]]]) -> Form:
        """The product of forms, summed over ``bounds``; with each, the indices that take the place of its free ones."""
        loose: Loose = [(1, bounds, ())]
        for form, indices in pieces:
            loose = self._extended(loose, form, indices)
        return self.collected(loose)

    def _extended(self, loose: Loose, form: Form, indices: Sequence[int]) -> Loose:
        if len(loose) * len(form) > 4 * self.limit:
            raise BudgetExceeded(f"a product of indexed forms would have more than {4 * self.limit:,} terms")
        extended: Loose = []
        for coefficient, bounds, factors in loose:
            # What the form sums over is moved past what is summed over already.
            moved = len(bounds)
            for term, other in form.items():
                inner = [
                    (label, tuple([indices[index] if index >= 0 else index - moved for index in at]))
                    for label, at in term.factors
                ]
                extended.append((coefficient * other, bounds + term.bounds, (*factors, *inner)))
        return extended

    def rewritten(self, form: Form, rule: Callable[[tuple[Factor, ...]], Rewrite | None]) -> Form:
        """The form with two factors of a term replaced, as often as the rule finds some."""
        loose: Loose = []
        for (bounds, factors), coefficient in form.items():
            found = rule(factors)
            if found is None:
                loose.append((coefficient, bounds, factors))
                continue
            (one, other), image, indices = found
            rest = list(factors)
            rest.remove(one)
            rest.remove(other)
            # The index between them is no longer summed over: Σ_k δ[k,a] is 1.
            rest += [(DELTA, (one[1][1], one[1][0]))] if indices else []
            loose += self._extended([(coefficient, bounds, tuple(rest))], image, indices)
        made = self.collected(loose)
        return form if made == form else self.rewritten(made, rule)

    # ------------------------------------------------------------------------------------------- functions

    def composed(self, written: Basic, family: int) -> Form:
        """A polynomial in functions of ``ARGUMENT``, at every entry of a family."""
        spaces, form = self.families[family]
        indices = range(len(spaces))
        loose: Loose = []
        for coefficient, functions in _polynomial(written):
            piece: Loose = [(coefficient, (), ())]
            for function in functions:
                if function == ARGUMENT:
                    inner = form
                elif function == 1 / ARGUMENT:
                    inner = self._inverse(family)
                else:
                    inner = self.single(Entrywise(function, family), len(spaces))
                piece = self._extended(piece, inner, indices)
            loose += piece
        return self.collected(loose)

    def _inverse(self, family: int) -> Form:
        """One over every entry of a family: of a product, the product of what is one over each factor."""
        spaces, form = self.families[family]
        number, entries = self.number(Entrywise(1 / ARGUMENT, family)), tuple(range(len(spaces)))
        itself: Form = {Term((), ((number, entries),)): 1}
        if len(form) != 1:
            # At two indices, which may change places, the leading term would be another one each time.
            if len(spaces) < 2 and not any(term.bounds for term in form):
                lead = max(form, key=lambda term: (len(term.factors), term.factors))
                others = {term: value for term, value in form.items() if term != lead}
                self._quotients[number] = lead, form[lead], others
            return itself
        ((term, coefficient),) = form.items()
        (bounds, factors) = term
        if bounds:
            # A sum is told among the factors of a term only where none of its indices is free.
            if not spaces:
                self._inverses[number] = term, coefficient
            return itself
        if len(factors) == 1 and coefficient == 1 and factors[0][1] == entries:
            label = self.labels[factors[0][0]]
            if isinstance(label, Entrywise) and label.function == 1 / ARGUMENT:
                return self.families[label.family].form
            self._inverses[number] = term, coefficient
            return itself
        if any(label == DELTA for label, _ in factors):
            return itself
        pieces = [(self._inverse(self._factor(label, indices, spaces)), indices) for label, indices in factors]
        made = self.product((), pieces)
        return {term: Fraction(value) / coefficient for term, value in made.items()}

    def _factor(self, label: int, indices: tuple[int, ...], spaces: Spaces) -> int:
        """The family that is one factor at each of its own indices."""
        form = self.single(self.labels[label], len(indices))
        return self.family(tuple(spaces[index] for index in indices), form)

    def below(self, form: Form) -> list[int]:
        """Every label in a form and in the families that it is made of, arguments first."""
        found: set[int] = set()
        pending = [form]
        while pending:
            for term in pending.pop():
                for label, _ in term.factors:
                    if label not in found:
                        found.add(label)
                        pending += [self.families[family].form for family in _families(self.labels[label])]
        return sorted(found)

    def derivative(self, form: Form, count: int, name: str, columns: int) -> Form:
        """The derivative of a form with ``count`` free indices in each entry of the letter ``name``.

        The indices of that entry, ``columns`` of them, are the free indices from ``count`` on.
        """
        rates = self._rates.setdefault(name, {})
        for label in self.below(form):
            if label not in rates:
                rates[label] = self._rate(label, name, columns, rates)
        return self._moved(form, count, columns, rates)

    def _moved(self, form: Form, count: int, columns: int, rates: Mapping[int, Form]) -> Form:
        # The product rule.
        loose: Loose = []
        taken = tuple(range(count, count + columns))
        for (bounds, factors), coefficient in form.items():
            for place, (label, indices) in enumerate(factors):
                if rates[label]:
                    rest: Loose = [(coefficient, bounds, factors[:place] + factors[place + 1 :])]
                    loose += self._extended(rest, rates[label], (*indices, *taken))
        return self.collected(loose)

    def _rate(self, number: int, name: str, columns: int, rates: Mapping[int, Form]) -> Form:
        label = self.labels[number]
        match label:
            case Entry():
                pairs = tuple((DELTA, (place, columns + place)) for place in range(columns))
                return self.collected([(1, (), pairs)]) if label.name == name else {}
            case Entrywise():
                width = self.width(label.family)
                inner = self._moved(self.families[label.family].form, width, columns, rates)
                if not inner:
                    return {}
                slope = self.composed(_slope(label.function), label.family)
                indices = range(width + columns)
                return self.product((), [(slope, indices), (inner, indices)])
            case Opaque():
                return self.total(self._partial_rates(label, columns, rates))
            case _:
                return {}

    def _partial_rates(self, label: Opaque, columns: int, rates: Mapping[int, Form]) -> Iterator[Form]:
        # The chain rule: over each family, the sum over its entries of the derivative in that entry times its rate.
        before = self._taken(label)
        for place, family in enumerate(label.families):
            spaces, form = self.families[family]
            inner = self._moved(form, len(spaces), columns, rates)
            if inner:
                earlier = self._taken(replace(label, slots=tuple(slot for slot in label.slots if slot <= place)))
                entry = tuple(range(-1, -1 - len(spaces), -1))
                number = self.number(replace(label, slots=tuple(sorted((*label.slots, place)))))
                factor = number, (*range(earlier), *entry, *range(earlier, before))
                outer: Loose = [(1, tuple(space.size for space in spaces), (factor,))]
                yield self.collected(self._extended(outer, inner, (*entry, *range(before, before + columns))))

    def width(self, family: int) -> int:
        """How many free indices a family has."""
        return len(self.families[family].spaces)

    def _taken(self, label: Opaque) -> int:
        # How many indices it stands at.
        return label.components + sum(self.width(label.families[slot]) for slot in label.slots)

    def substituted(self, form: Form, values: Mapping[str, Form]) -> Form:
        """The form with letters replaced, in it and in the families that it is made of."""
        images: dict[int, Form] = {}
        for number in self.below(form):
            label = self.labels[number]
            families = _families(label)
            if isinstance(label, Entry) and label.name in values:
                images[number] = values[label.name]
            elif any(images.keys() & _labels_in(self.families[family].form) for family in families):
                old = [self.families[family] for family in families]
                new = tuple(self.family(spaces, self._replaced(inner, images)) for spaces, inner in old)
                if isinstance(label, Entrywise):
                    images[number] = self.composed(label.function, new[0])
                elif isinstance(label, Opaque):
                    images[number] = self.single(replace(label, families=new), self._taken(label))
        return self._replaced(form, images)

    def _replaced(self, form: Form, images: Mapping[int, Form]) -> Form:
        loose: Loose = []
        for (bounds, factors), coefficient in form.items():
            piece: Loose = [(coefficient, bounds, tuple(factor for factor in factors if factor[0] not in images))]
            for label, indices in factors:
                if label in images:
                    piece = self._extended(piece, images[label], indices)
            loose += piece
        return self.collected(loose)

    # ------------------------------------------------------------------------------------------- showing

    def shown(self, form: Form, most: int = 3) -> str:
        """The first terms of a form: a, b, ... are its free indices, k, l, ... are summed over."""
        listed = sorted(form.items(), key=lambda item: item[0].factors)
        more = [f"... ({len(listed)} terms in all)"] if len(listed) > most else []
        return " + ".join([*(self._shown(*item) for item in listed[:most]), *more] or ["0"]).replace("+ -", "- ")

    def _shown(self, term: Term, coefficient: Coefficient) -> str:
        names = {-1 - place: _letter(place, "klmpqrsuv") for place in range(len(term.bounds))}
        pieces = [] if coefficient == 1 else [str(coefficient)]
        pieces += [f"Σ_{{{','.join(names.values())}}}"] if names else []
        for label, indices in sorted(term.factors, key=lambda factor: self._spelled(factor[0])):
            at = ",".join(names.get(index) or _letter(index, "abcdefg") for index in indices)
            pieces.append(self._spelled(label) + (f"[{at}]" if at else ""))
        return " ".join(pieces or ["1"])

    def _spelled(self, number: int) -> str:
        label = self.labels[number]
        match label:
            case Entry(name) | Size(name):
                return name
            case Entrywise(function, family):
                return f"{_spelled(function)}({self.spelled.get(family, f'#{family}')})"
            case Opaque(name, _, families, slots):
                taken = "".join(f"∂{slot + 1}" for slot in slots)
                return f"{taken}{name}({', '.join(str(self.spelled.get(family, f'#{family}')) for family in families)})"
            case _:
                return "δ"


def _letter(place: int, letters: str) -> str:
    return letters[place] if place < len(letters) else f"{letters[0]}{place}"


def _spelled(function: Basic) -> str:
    if isinstance(function, Arbitrary):
        return f"{function.args[0]}{chr(39) * sum(function.orders)}"
    return function.name if isinstance(function, Named) else str(function)


def _families(label: Label) -> tuple[int, ...]:
    return (label.family,) if isinstance(label, Entrywise) else label.families if isinstance(label, Opaque) else ()


def _placed(term: Term, indices: Sequence[int]) -> list[Factor]:
    """The factors of a term at other indices in the place of its free ones."""
    return [(label, tuple(indices[index] for index in at)) for label, at in term.factors]


def _contains(factors: Sequence[Factor], wanted: Sequence[Factor]) -> bool:
    """Whether each factor stands there as often as it is wanted."""
    return all(factors.count(one) >= wanted.count(one) for one in wanted)


def _labels_in(form: Form) -> set[int]:
    return {label for term in form for label, _ in term.factors}


def _contracted(factors: Iterable[Factor]) -> tuple[list[Factor], set[int]]:
    """The factors with the deltas contracted, and the summation indices that are gone.

    Σ_k δ[k,j] f(k) is f(j). Of two free indices that are equal the smaller one is written everywhere, beside δ.
    """
    factors = list(factors)
    if all(label != DELTA for label, _ in factors):
        return factors, set()
    same: dict[int, int] = {}

    def least(index: int) -> int:
        while index in same:
            index = same[index]
        return index

    for label, indices in factors:
        if label == DELTA:
            one, other = sorted(map(least, indices))
            if one != other:
                # An index that is summed over gives way to any other; of two free ones the larger does.
                same.update({one: other} if one < 0 else {other: one})
    kept = [(label, tuple(map(least, indices))) for label, indices in factors if label != DELTA]
    kept += [(DELTA, (least(index), index)) for index in same if index >= 0]
    return kept, {index for index in same if index < 0}


def _named(colours: dict[int, int], factors: list[Factor]) -> tuple[dict[int, int], tuple[Factor, ...]]:
    """The summation indices named -1, -2, ..., and the factors with these names, the least of all that tie."""
    best: tuple[dict[int, int], tuple[Factor, ...]] | None = None
    pending, tried = [colours], 0
    while pending:
        colours = _refined(pending.pop(), factors)
        alike: dict[int, list[int]] = {}
        for index, colour in colours.items():
            alike.setdefault(colour, []).append(index)
        tie = next((alike[colour] for colour in sorted(alike) if len(alike[colour]) > 1), None)
        if tie is None:
            named = tuple(sorted(_painted(colours, factor) for factor in factors))
            if best is None or named < best[1]:
                best = colours, named
            tried += 1
            if tried > TIES:
                raise BudgetExceeded(f"a term has more than {TIES:,} orders of its summation indices")
        else:
            apart = {index: 2 * colour for index, colour in colours.items()}
            pending += [{**apart, first: apart[first] + 1} for first in tie]
    assert best is not None
    return best


def _refined(colours: dict[int, int], factors: list[Factor]) -> dict[int, int]:
    # Indices of one colour that stand in different factors, or beside different colours, get different colours.
    # Colours are ranks of what was seen, never of names, so that terms equal but for names are coloured alike.
    while len(set(colours.values())) < len(colours):
        seen: dict[int, list[tuple[int, int, tuple[int, ...]]]] = {index: [] for index in colours}
        for factor in factors:
            label, beside = _painted(colours, factor)
            for place, index in enumerate(factor[1]):
                if index < 0:
                    seen[index].append((label, place, beside))
        signs = {index: (-colour, tuple(sorted(seen[index]))) for index, colour in colours.items()}
        ranks = {sign: -1 - rank for rank, sign in enumerate(sorted(set(signs.values())))}
        finer = {index: ranks[sign] for index, sign in signs.items()}
        if len(ranks) == len(set(colours.values())):
            return finer
        colours = finer
    return {index: -1 - rank for rank, index in enumerate(sorted(colours, key=lambda index: -colours[index]))}


def _painted(colours: Mapping[int, int], factor: Factor) -> Factor:
    label, indices = factor
    return label, tuple([colours.get(index, index) for index in indices])


def _counted(size: Dim) -> tuple[int, tuple[str, ...]]:
    """Σ_{k=1..size} 1 as a number times size letters; a size that is a sum is one letter."""
    if len(size.terms) != 1:
        return 1, (str(size),)
    ((letters, number),) = size.terms
    return number, letters


@cache
def _slope(function: Basic) -> Basic:
    # SymPy's own derivative of a function of ARGUMENT.
    return function.diff(ARGUMENT)


@cache
def _polynomial(written: Basic) -> tuple[tuple[Coefficient, tuple[Basic, ...]], ...]:
    """An expression in ``ARGUMENT`` as a polynomial in functions of it; raises :class:`Undecided` where it is none."""
    forms = NormalForms()
    (form,) = forms.of([written])
    atoms = forms.atoms(form)
    for node in atoms.values():
        if any(leaf != ARGUMENT and not leaf.is_Rational for leaf in postorder([node]) if not inputs(leaf)):
            raise Undecided(f"{node} is no function of one argument")
    return tuple((coefficient, tuple(atoms[atom] for atom in monomial)) for monomial, coefficient in form.items())
