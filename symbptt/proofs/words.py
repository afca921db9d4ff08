"""The exact kernel: sums of products of letters that do not commute, for all sizes and all steps at once.

A :class:`Factor` is an opaque letter at an affine index, J_t, or a chain, the product J_t J_{t-1} … J_i with the
largest index on the left (DESIGN: ordered product; empty, hence the identity, when t < i). A :class:`Term` is a
rational, some scalars such as 1/T, ranges to sum over, and a list of factors. :class:`Kernel` reduces sums of terms to
a normal form; two sides are equal for every value of every letter when their normal forms are the same.

The rules, each applied only where its side condition follows from what is assumed of the indices:

empty
    A chain over an empty range is the identity, a sum over one is zero: the upper bound is below the lower.
merge
    J_a…J_b · J_{b-1}…J_c = J_a…J_c, where neither chain ends more than one step before it begins.
shift
    The last index that holds the summation letter, with slope 1 or -1, becomes that letter.
boundary
    Σ_{i=a..b} F(i) = G(b) - G(a-1) with G the formal antidifference of F, where b >= a - 1.
step
    G(e + 1) = G(e) + F(e + 1), always: the constant of every boundary is moved to zero.
exchange
    Σ_{s=a..b} Σ_{k=s+c..e} F = Σ_{k=a+c..e} Σ_{s=a..k-c} F where b >= e - c, Σ_{s=a..b} Σ_{i=e..s+c} F =
    Σ_{i=e..b+c} Σ_{s=i-c..b} F where a <= e - c, and sums over ranges free of each other: inside goes the sum whose
    index stands further to the right.
count
    Σ_{i=a..b} F = (b - a + 1) F, where b >= a - 1 and F is free of i.
zero
    A letter that is known to vanish at one index makes its product zero.

*boundary* and *step* are sound because F, once its letters are given any values at all integers, is one function on
all integers, and G(e) = F(1) + … + F(e) for e >= 0, -F(0) - … - F(e+1) for e < 0, satisfies both. So the antidifference
is no convention about empty sums: a sum that may run backwards is never given a boundary.

>>> from symbptt.page.notation import indices
>>> i, t = indices("i t")
>>> unfolded = [*single("D", t), *summed(times(chain("J", t, i + 1), single("D", i)), ("i", Index.of(1), t - 1))]
>>> closed = summed(times(chain("J", t, i + 1), single("D", i)), ("i", Index.of(1), t))
>>> Kernel((t - 1,)).normal([*unfolded, *scaled(closed, -1)])
{}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import NamedTuple, TypeAlias

from symbptt.errors import Undecided
from symbptt.page.notation import Expr, Index

LIMIT = 20_000
"""How many terms one side may be distributed into, and how far a boundary may be moved step by step."""
ZERO, ONE = Index.of(0), Index.of(1)


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was applied: its name, to what, under which side condition (empty: none), with what result.

    What is an expression of the notation is kept as one. ``inner`` are the smaller steps that it is made of; ``known``
    are the indices that are >= 0 where it is taken.
    """

    rule: str
    at: Expr | str
    condition: str
    result: Expr | str
    inner: tuple[Step, ...] = ()
    known: tuple[Index, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.rule}: {self.at} = {self.result}" + (f", because {self.condition}" if self.condition else "")


Telling: TypeAlias = Callable[[], Iterable[Step]]
"""Steps that are written when they are read: a proof that nobody reads pays nothing for them."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One rule as the kernel applied it: to which factors, words and ranges, and what was known there.

    ``inside``: where the boundary of a sum was moved step by step, so that it belongs to the boundary before it.
    """

    rule: str
    what: tuple[Factor | Word | Range, ...]
    known: tuple[Index, ...]
    inside: bool = False


# --------------------------------------------------------------------------------------------------- conditions


@lru_cache(maxsize=1 << 16)
def entails(assumed: tuple[Index, ...], condition: Index) -> bool:
    """Whether ``condition`` >= 0 follows, at all integers, from every index in ``assumed`` being >= 0.

    Fourier and Motzkin's elimination over the rationals, with constants rounded to whole numbers: True is a proof,
    False only says that none was found.
    """
    if any(row.terms == condition.terms and row.constant <= condition.constant for row in (ZERO, *assumed)):
        return True
    rows = {_tightened(row) for row in (*assumed, -1 - condition)}
    while True:
        if any(not row.terms and row.constant < 0 for row in rows):
            return True
        slopes: dict[str, list[int]] = {}
        for row in rows:
            for name, slope in row.terms:
                slopes.setdefault(name, []).append(slope)
        if not slopes or len(rows) > 200:
            return False
        # The letter with the fewest pairs of bounds first; which one is for speed only.
        rows = _eliminated(rows, min(slopes, key=lambda name: (_pairs(slopes[name]), name)))


def _pairs(slopes: list[int]) -> int:
    below = sum(slope > 0 for slope in slopes)
    return below * (len(slopes) - below)


def _eliminated(rows: Iterable[Index], name: str) -> set[Index]:
    above, below, kept = [], [], set()
    for row in rows:
        slope = slope_of(row, name)
        if slope > 0:
            below.append((slope, row))
        elif slope < 0:
            above.append((-slope, row))
        else:
            kept.add(row)
    kept.update(_tightened(low.scaled(b) + high.scaled(a)) for a, low in below for b, high in above)
    return kept


def _tightened(row: Index) -> Index:
    # 2 i - 1 >= 0 is i - 1 >= 0 at the integers.
    divisor = gcd(*(count for _, count in row.terms)) if row.terms else 1
    return Index(tuple((name, count // divisor) for name, count in row.terms), row.constant // divisor)


def slope_of(index: Index, name: str) -> int:
    """How often the letter ``name`` stands in an index."""
    for letter, count in index.terms:
        if letter == name:
            return count
    return 0


# --------------------------------------------------------------------------------------------------- terms


@dataclass(frozen=True, slots=True)
class Factor:
    """The product of one family of letters from index ``first``, on the left, to ``last``, on the right.

    Descending unless ``ascending``, the identity when the range is empty; a single letter has ``first == last``. A
    letter without an index stands at 0.
    """

    name: str
    first: Index
    last: Index
    ascending: bool = False

    @property
    def length(self) -> Index:
        """How many letters it holds; below one for the identity."""
        if self.first == self.last:
            return ONE
        return (self.last - self.first if self.ascending else self.first - self.last) + 1

    def substitute(self, values: Mapping[str, Index]) -> Factor:
        """The factor with some index letters replaced."""
        first = self.first.substitute(values)
        last = first if self.last == self.first else self.last.substitute(values)
        return Factor(self.name, first, last, self.ascending)

    def __str__(self) -> str:
        if self.first == self.last:
            return f"{self.name}[{self.first}]"
        return f"{self.name}[{self.first}{'↑' if self.ascending else '↓'}{self.last}]"


Range: TypeAlias = tuple[str, Index, Index]
Scalars: TypeAlias = tuple[tuple[Index, int], ...]


UNIT = Fraction(1)
"""The coefficient that nearly every term has."""


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient`` times the powers in ``scalars`` times Σ over ``sums``, outermost first, of the factors."""

    coefficient: Fraction = UNIT
    scalars: Scalars = ()
    sums: tuple[Range, ...] = ()
    factors: tuple[Factor, ...] = ()


def single(name: str, index: Index | int = 0) -> list[Term]:
    """One letter at an index."""
    return chain(name, Index.of(index), Index.of(index))


def chain(name: str, first: Index, last: Index, *, ascending: bool = False) -> list[Term]:
    """The product of a family of letters from ``first`` to ``last``."""
    return [Term(factors=(Factor(name, first, last, ascending),))]


def number(value: Fraction | int) -> list[Term]:
    """A number times the identity."""
    return [Term(Fraction(value))] if value else []


def power(index: Index, exponent: int) -> list[Term]:
    """A power of an index used as a number, such as 1/T; the caller knows that it is not zero."""
    return [Term(scalars=((index, exponent),))]


def polynomial(index: Index) -> list[Term]:
    """An index used as a number, letter by letter."""
    pieces = [Term(Fraction(count), ((Index(((name, 1),)), 1),)) for name, count in index.terms]
    return pieces + number(index.constant)


def scaled(terms: Iterable[Term], factor: Fraction | int) -> list[Term]:
    """``factor`` times the terms."""
    return [replace(term, coefficient=factor * term.coefficient) for term in terms]


def times(*sides: list[Term]) -> list[Term]:
    """The product of the sides, distributed; each side sums over letters of its own."""
    result = number(1)
    for side in sides:
        if len(result) * len(side) > LIMIT:
            raise Undecided(f"the product has more than {LIMIT:,} terms")
        result = [
            Term(
                _product(a.coefficient, b.coefficient),
                _multiplied(a.scalars, b.scalars),
                a.sums + b.sums,
                a.factors + b.factors,
            )
            for a in result
            for b in side
        ]
    return result


def _product(one: Fraction, other: Fraction) -> Fraction:
    return other if one is UNIT else one if other is UNIT else one * other


def summed(terms: Iterable[Term], over: Range) -> list[Term]:
    """Σ of the terms over one more range, outside those they have."""
    return [replace(term, sums=(over, *term.sums)) for term in terms]


def _multiplied(left: Scalars, right: Scalars) -> Scalars:
    if not left or not right:
        return left or right
    powers = dict(left)
    for index, exponent in right:
        powers[index] = powers.get(index, 0) + exponent
    return tuple(sorted(((k, v) for k, v in powers.items() if v), key=lambda item: (item[0].terms, item[0].constant)))


# --------------------------------------------------------------------------------------------------- normal form


class Word(NamedTuple):
    """A product in normal form, under formal antidifferences: ``bounds[0]`` is the outermost.

    The letter that the antidifference at position p binds is ``#k`` with k = len(bounds) - 1 - p, so that equal
    words are equal values.
    """

    bounds: tuple[Index, ...]
    scalars: Scalars
    factors: tuple[Factor, ...]

    def substitute(self, values: Mapping[str, Index]) -> Word:
        """The word with some index letters replaced in its bounds and factors."""
        return Word(
            tuple(bound.substitute(values) for bound in self.bounds),
            self.scalars,
            tuple(factor.substitute(values) for factor in self.factors),
        )


Form: TypeAlias = dict[Word, Fraction]


def bound_letter(depth: int) -> Index:
    """The letter that an antidifference binds, counted from the innermost; no page can write it."""
    return Index(((f"#{depth}", 1),))


def add_into(form: Form, other: Form, factor: Fraction) -> None:
    """Add ``factor`` times another normal form, in place."""
    for word, coefficient in other.items():
        added = coefficient if factor is UNIT else -coefficient if factor == -1 else factor * coefficient
        total = form[word] + added if word in form else added
        if total:
            form[word] = total
        else:
            form.pop(word, None)


@dataclass(slots=True)
class Kernel:
    """Reduces terms to normal form.

    ``assumed`` are the indices known to be >= 0; ``vanishing`` the letters known to be zero at one index, such as the
    immediate partial of h_0; :attr:`applied` says which rules were applied.
    """

    assumed: tuple[Index, ...] = ()
    vanishing: AbstractSet[tuple[str, int]] = frozenset()
    _applied: dict[Applied, None] = field(default_factory=dict)
    _inside: bool = False

    def normal(self, terms: Iterable[Term]) -> Form:
        """The normal form of a sum of terms; empty when it is zero. Raises :class:`Undecided`."""
        total: Form = {}
        for term in terms:
            add_into(total, self._term(term), term.coefficient)
        return total

    def _term(self, term: Term) -> Form:
        form = self._settled(Word((), term.scalars, term.factors), self._within(term.sums))
        sums = self._exchanged(list(term.sums), next(iter(form), None))
        for place in reversed(range(len(sums))):
            name, lower, upper = sums[place]
            assumed = self._within(sums[:place])
            outer: Form = {}
            for word, coefficient in form.items():
                add_into(outer, self._closed(word, name, lower, upper, assumed), coefficient)
            form = outer
        return form

    def _within(self, sums: Iterable[Range]) -> tuple[Index, ...]:
        """What is known inside sums."""
        known = self.assumed
        for name, lower, upper in sums:
            letter = Index(((name, 1),))
            known = (*known, letter - lower, upper - letter)
        return known

    # ------------------------------------------------------------------------------------------- factors

    def _merged(self, factors: Iterable[Factor], assumed: tuple[Index, ...]) -> tuple[Factor, ...] | None:
        """The factors without empty chains, adjacent chains merged; None when one of them is zero."""
        done: list[Factor] = []
        for factor in self._written_out(factors, assumed):
            if factor.first == factor.last and not factor.first.terms and self._vanishes(factor, assumed):
                return None
            piece = factor
            while done and (joined := self._joined(done[-1], piece, assumed)) is not None:
                done.pop()
                piece = joined
            done.append(piece)
        return tuple(done)

    def _vanishes(self, factor: Factor, assumed: tuple[Index, ...]) -> bool:
        if (factor.name, factor.first.constant) not in self.vanishing:
            return False
        self._note(assumed, "zero", factor)
        return True

    def _written_out(self, factors: Iterable[Factor], assumed: tuple[Index, ...]) -> Iterator[Factor]:
        for factor in factors:
            length = factor.length
            if length is ONE and not factor.ascending:
                yield factor
            elif entails(assumed, 0 - length):
                self._note(assumed, "empty", factor)
            elif not factor.ascending or length.terms or length.constant > LIMIT:
                yield factor
            else:
                # An ascending product of known length is its letters one by one; other lengths stay as they are.
                for offset in range(length.constant):
                    yield Factor(factor.name, factor.first + offset, factor.first + offset)

    def _joined(self, left: Factor, right: Factor, assumed: tuple[Index, ...]) -> Factor | None:
        if left.name != right.name or left.ascending or right.ascending or left.last - 1 != right.first:
            return None
        if not (entails(assumed, left.length) and entails(assumed, right.length)):
            return None
        joined = Factor(left.name, left.first, right.last)
        self._note(assumed, "merge", left, right, joined)
        return joined

    # ------------------------------------------------------------------------------------------- sums

    def _exchanged(self, sums: list[Range], word: Word | None) -> list[Range]:
        """The ranges with the one whose index stands further to the right inside, wherever they may be exchanged."""
        if word is None or len(sums) < 2:
            return sums
        order = [name for index in _indices_from_the_right(word) for name, _ in index.terms]
        for _ in sums:
            for place in range(len(sums) - 1):
                outer, inner = sums[place : place + 2]
                if inner[0] in order and outer[0] in order and order.index(outer[0]) < order.index(inner[0]):
                    known = self._within(sums[:place])
                    swapped = self._swapped(outer, inner, known)
                    if swapped is not None:
                        self._note(known, "exchange", outer, inner, *swapped)
                        sums = [*sums[:place], *swapped, *sums[place + 2 :]]
        return sums

    @staticmethod
    def _swapped(outer: Range, inner: Range, assumed: tuple[Index, ...]) -> tuple[Range, Range] | None:
        (one, a, b), (other, low, high) = outer, inner
        lows, highs = slope_of(low, one), slope_of(high, one)
        letter, moved = Index(((one, 1),)), Index(((other, 1),))
        if not lows and not highs:
            return inner, outer
        if lows == 1 and not highs and entails(assumed, b - high + (ahead := low - letter)):
            return (other, a + ahead, high), (one, a, moved - ahead)
        if highs == 1 and not lows and entails(assumed, low - (ahead := high - letter) - a):
            return (other, low, b + ahead), (one, moved - ahead, b)
        return None

    def _closed(self, word: Word, name: str, lower: Index, upper: Index, assumed: tuple[Index, ...]) -> Form:
        """Σ of a word over one range, as boundaries."""
        if entails(assumed, lower - upper - 1):
            self._note(assumed, "empty sum", word, (name, lower, upper))
            return {}
        if not entails(assumed, upper - lower + 1):
            raise Undecided(f"a sum over {lower}..{upper} may run backwards: {upper} >= {lower - 1} does not follow")
        if any(slope_of(index, name) for index, _ in word.scalars):
            raise Undecided(f"a summation index is used as a number in Σ_{{{name}={lower}..{upper}}}")
        place = anchor(word, name)
        result: Form = {}
        if place is None:
            self._note(assumed, "count", word, (name, lower, upper))
            for term in polynomial(upper - lower + 1):
                counted = word._replace(scalars=_multiplied(term.scalars, word.scalars))
                add_into(result, {counted: term.coefficient}, UNIT)
            return result
        slope, rest = place
        read = (name, lower, upper)
        bound = bound_letter(len(word.bounds))
        moved = word.substitute({name: (bound - rest).scaled(slope)})
        lower, upper = (lower + rest, upper + rest) if slope > 0 else (rest - upper, rest - lower)
        (outer,) = bound.letters()
        for read_inner, coefficient in self._settled(moved, (*assumed, bound - lower, upper - bound)).items():
            # Where a boundary inside was moved away, the letter of this one counts one less.
            here = bound_letter(len(read_inner.bounds))
            (letter,) = here.letters()
            inner = read_inner if here == bound else read_inner.substitute({outer: here})
            if anchor(inner, letter) != (1, Index.of(0)):
                # A rule shortened the word, so that another index comes last: shift again.
                add_into(result, self._closed(inner, letter, lower, upper, assumed), coefficient)
                continue
            self._note(assumed, "boundary", inner, (letter, lower, upper), word, read)
            before, self._inside = self._inside, True
            for at, sign in ((upper, 1), (lower - 1, -1)):
                ended = inner._replace(bounds=(at, *inner.bounds))
                add_into(result, self._settled(ended, assumed), coefficient if sign > 0 else -coefficient)
            self._inside = before
        return result

    def _settled(self, word: Word, assumed: tuple[Index, ...]) -> Form:
        """The word with its factors merged and the constant of every boundary moved to zero."""
        factors = self._merged(word.factors, assumed)
        return {} if factors is None else self._moved(word._replace(factors=factors), assumed)

    def _moved(self, word: Word, assumed: tuple[Index, ...]) -> Form:
        """A word of merged factors with the constant of every boundary moved to zero."""
        position = next((place for place, bound in enumerate(word.bounds) if bound.constant), None)
        if position is None:
            return {word: UNIT}
        bound = word.bounds[position]
        if abs(bound.constant) > LIMIT:
            raise Undecided(f"a sum has more than {LIMIT:,} terms")
        base = bound - bound.constant
        bounds = list(word.bounds)
        bounds[position] = base
        result = self._moved(word._replace(bounds=tuple(bounds)), assumed)
        sign = 1 if bound.constant > 0 else -1
        for offset in range(min(bound.constant, 0) + 1, max(bound.constant, 0) + 1):
            add_into(result, self._settled(_at(word, position, base + offset), assumed), Fraction(sign))
        return result

    # ------------------------------------------------------------------------------------------- explaining

    def _note(self, known: tuple[Index, ...], rule: str, *what: Factor | Word | Range) -> None:
        self._applied[Applied(rule, what, known, self._inside)] = None

    @property
    def applied(self) -> tuple[Applied, ...]:
        """The rules that were applied so far, in order, each once."""
        return tuple(self._applied)


def _at(word: Word, position: int, value: Index) -> Word:
    # F(value), the antidifference at one position taken away; the letters outside it count one less.
    depth = len(word.bounds) - 1 - position
    values = {f"#{depth}": value}
    for outer in range(depth + 1, len(word.bounds)):
        values[f"#{outer}"] = bound_letter(outer - 1)
    bounds = word.bounds[:position] + word.bounds[position + 1 :]
    return word._replace(bounds=bounds).substitute(values)


def anchor(word: Word, name: str) -> tuple[int, Index] | None:
    """Slope and rest of the last index that holds ``name``, by which its shift is fixed; None when none does."""
    held = False
    for index in _indices_from_the_right(word):
        slope = slope_of(index, name)
        if slope:
            held = True
            rest = index - Index(((name, slope),))
            if abs(slope) == 1 and not any(slope_of(rest, f"#{depth}") for depth in range(len(word.bounds))):
                return slope, rest
    if held:
        raise Undecided(f"the summation index {name} stands in no letter alone or shifted")
    return None


def _indices_from_the_right(word: Word) -> Iterator[Index]:
    for factor in reversed(word.factors):
        yield factor.last
        yield factor.first
    yield from reversed(word.bounds)
