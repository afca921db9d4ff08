"""Words of the kernel as a person writes them: sums over ranges, letters i, j, k, and conditions with their reason.

The kernel names a summation letter ``i.3``, or ``#0`` under a formal antidifference G. On paper neither is seen: of
all antidifferences the one with G(0) = 0 is meant, so that G(b) is Σ_{i=1..b} and G(b) - G(a - 1) is Σ_{i=a..b}.

>>> from symbptt.proofs.definitions import CLOCK, Families
>>> from symbptt.page.notation import At, data, indices
>>> from symbptt.proofs.words import single, summed
>>> (t,) = indices("t")
>>> families = Families()
>>> x = families.name(At(data("x"), CLOCK))
>>> terms = [*single(x, t), *summed(single(x, Index((("i.3", 1),))), ("i.3", Index.of(1), t - 1))]
>>> print(terms_written(terms, families, ()))
x_t + Σ_{i=1..t-1} x_i
>>> kernel = Kernel((t - 1,))
>>> print(form_written(kernel.normal(terms), families, kernel))
Σ_{i=1..t} x_i
>>> for step in steps_written(kernel, families, frozenset({t})):
...     print(step)
boundary: Σ_{i=1..t-1} x_i = Σ_{i=1..t} x_i - x_t, because t-1 >= 0, because t >= 1
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction

from symbptt.page.notation import (
    Add,
    Expr,
    Identity,
    Index,
    IndexValue,
    Mul,
    Number,
    Power,
    Product,
    Sum,
    Zero,
    free_indices,
    substitute,
    unsigned,
)
from symbptt.proofs.definitions import Families, Known
from symbptt.proofs.words import Applied, Factor, Form, Kernel, Range, Step, Term, Word, add_into, entails

POOL = "isrkmpuvabcefg"
"""The letters of sums, in the order in which they are taken; a product has j."""
RAW = re.compile(r"[.#]")
"""What marks a letter of the kernel: no page can write it."""
FAR = 8
"""How many terms beside a sum may be taken into it."""


# --------------------------------------------------------------------------------------------------- letters


def _letter(name: str) -> Index:
    return Index(((name, 1),))


def _first(wanted: str, taken: AbstractSet[str]) -> str:
    """The first of the wanted letters that is not taken; i_1, i_2, … where all of them are."""
    names = itertools.chain(wanted, (f"i_{number}" for number in itertools.count(1)))
    return next(name for name in names if name not in taken)


def _chosen(taken: AbstractSet[str], upper: Index) -> str:
    """A letter for a sum: t under a horizon T, as a page has it, and i otherwise."""
    return _first(("t" if upper.letters() == {"T"} else "") + POOL, taken)


def _product_letter(taken: AbstractSet[str]) -> str:
    return _first("jkmpqlvi", taken)


def plain_letters(names: Iterable[str], taken: AbstractSet[str]) -> dict[str, str]:
    """A letter of a person's for each of the kernel's among ``names``, none of them among ``taken``."""
    used = set(taken)
    made: dict[str, str] = {}
    for name in sorted({name for name in names if RAW.search(name)}):
        base = name.split(".")[0]
        wanted = base if re.fullmatch("[a-z]", base) else ""
        made[name] = _first(wanted + POOL, used)
        used.add(made[name])
    return made


def _substitution(letters: Mapping[str, str]) -> dict[str, Index]:
    return {name: _letter(letter) for name, letter in letters.items()}


def plainly(node: Expr) -> Expr:
    """An expression without letters of the kernel."""
    free = free_indices(node)
    letters = plain_letters(free, free | {"j"})
    return substitute(node, dict(_substitution(letters))) if letters else node


def plain_text(text: str) -> str:
    """A message without letters of the kernel."""
    raw = dict.fromkeys(re.findall(r"(?<![\w.])[a-z]\.\d+|#\d+", text))
    for name, letter in plain_letters(raw, set(re.findall(r"(?<![\w.])[a-z](?![\w.])", text))).items():
        text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\d)", letter, text)
    return text


# --------------------------------------------------------------------------------------------------- conditions


def compared(row: Index, bound: AbstractSet[str] = frozenset()) -> str:
    """``row`` >= 0 as a person writes it: t - 1 >= 0 is t >= 1, and a summation letter stands on the left."""
    ahead = Index(tuple((name, count) for name, count in row.terms if count > 0))
    behind = Index(tuple((name, -count) for name, count in row.terms if count < 0))
    if not row.terms:
        return f"{row} >= 0"
    if behind.terms and (not ahead.terms or behind.letters() & bound):
        return f"{behind} <= {ahead + row.constant}"
    return f"{ahead} >= {behind - row.constant}"


def _reason(row: Index, known: Known, letters: Mapping[str, str]) -> str:
    """Why ``row`` >= 0 follows from what is known, by the fewest of it."""
    bound = set(letters.values())
    named = _substitution(letters)
    shown = [Index.of(fact).substitute(named) for fact in known]
    row = row.substitute(named)
    if not row.terms:
        return ""
    for count in range(1, min(3, len(shown)) + 1):
        for facts in itertools.combinations(shown, count):
            if entails(facts, row):
                return " and ".join(compared(fact, bound) for fact in facts)
    return " and ".join(compared(fact, bound) for fact in shown)


def because(row: Index, known: Known, letters: Mapping[str, str]) -> str:
    """``t-1 >= 0, because t >= 1``; the reason alone where it says the same in the same words."""
    said = f"{Index.of(row).substitute(_substitution(letters))} >= 0"
    why = _reason(row, known, letters)
    return said if not why or why == said else f"{said}, because {why}"


# --------------------------------------------------------------------------------------------------- terms


def terms_written(terms: Iterable[Term], families: Families, known: Known) -> Expr:
    """Terms of the kernel as one expression."""
    return _added([_term_written(term, families, known) for term in terms])


def _added(parts: Sequence[Expr]) -> Expr:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Add) else (part,))]
    return Number(Fraction(0)) if not flat else flat[0] if len(flat) == 1 else Add(tuple(flat))


def _multiplied(coefficient: Fraction, factors: Sequence[Expr]) -> Expr:
    parts = [inner for part in factors for inner in (part.parts if isinstance(part, Mul) else (part,))]
    if coefficient != 1 or not parts:
        parts = [Number(coefficient), *parts]
    return parts[0] if len(parts) == 1 else Mul(tuple(parts))


def _summed(body: Expr, over: tuple[Index, Index, Index]) -> Expr:
    """Σ of a body; the factors on its left that do not depend on the index stand before the sum."""
    parts = body.parts if isinstance(body, Mul) else (body,)
    held = [over[0].name() in free_indices(part) for part in parts]
    ahead = held.index(True) if any(held) else 0
    inner = parts[ahead] if ahead == len(parts) - 1 else Mul(parts[ahead:])
    return _multiplied(Fraction(1), [*parts[:ahead], Sum(inner, over)])


def _scalar(index: Index, exponent: int) -> Expr:
    return IndexValue(index) if exponent == 1 else Power(IndexValue(index), Index.of(exponent))


def _letters_in(*parts: object) -> set[str]:
    """The index letters in factors, words, ranges and indices, and in tuples of these."""
    found = set[str]()
    for part in parts:
        if isinstance(part, Index):
            found |= part.letters()
        elif isinstance(part, Factor):
            found |= part.first.letters() | part.last.letters()
        elif isinstance(part, str):
            found.add(part)  # the letter of a range
        elif isinstance(part, tuple):
            found |= _letters_in(*part)
    return found


def _factors_written(factors: Iterable[Factor], families: Families, taken: AbstractSet[str]) -> list[Expr]:
    return [families.written(factor, _product_letter(taken)) for factor in factors]


def _term_written(term: Term, families: Families, known: Known) -> Expr:
    inside = {name for name, _, _ in term.sums}
    names = _letters_in(term.scalars, term.factors, *((low, high) for _, low, high in term.sums))
    taken = _letters_in(known) | {name for name in names if not RAW.search(name)}
    letters = plain_letters(names - inside, taken | {"j"})
    taken |= set(letters.values())
    for name, _, upper in term.sums:
        letters[name] = _chosen(taken | {"j"}, upper.substitute(_substitution(letters)))
        taken.add(letters[name])
    values = _substitution(letters)
    body = _factors_written((factor.substitute(values) for factor in term.factors), families, taken)
    scalars = [_scalar(index.substitute(values), exponent) for index, exponent in term.scalars]
    depends = any(index.letters() & inside for index, _ in term.scalars)
    result = _multiplied(Fraction(1), [*(scalars if depends else []), *body])
    for name, low, high in reversed(term.sums):
        result = _summed(result, (values[name], low.substitute(values), high.substitute(values)))
    return _multiplied(term.coefficient, [*([] if depends else scalars), result] if term.sums else [*scalars, *body])


# --------------------------------------------------------------------------------------------------- normal forms


def form_written(form: Form, families: Families, kernel: Kernel, uppers: AbstractSet[Index] | None = None) -> Expr:
    """A normal form as sums over ranges.

    The terms beside a sum that continue it are taken into it: all of them, or as far as an upper bound in ``uppers``.
    """
    names, known = _letters_in(*form), kernel.assumed
    taken = _letters_in(known) | {name for name in names if not RAW.search(name)}
    letters = plain_letters({name for name in names if not name.startswith("#")}, taken | {"j"})
    values = _substitution(letters)
    renamed = {word.substitute(values): count for word, count in form.items()}
    inner = Kernel(tuple(row.substitute(values) for row in known), kernel.vanishing)
    return _Writer(families, uppers).added(renamed, inner, frozenset(taken | set(letters.values())))


def uppers_of(node: Expr) -> frozenset[Index]:
    """The upper bounds of the sums that an expression adds."""
    parts = node.parts if isinstance(node, (Add, Mul)) else (node,)
    found = {part.upper for part in parts if isinstance(part, Sum)}
    return frozenset(found.union(*(uppers_of(part) for part in parts if part is not node and isinstance(part, Mul))))


class _Writer:
    """Writes a normal form, one antidifference after the other, the outermost first."""

    def __init__(self, families: Families, uppers: AbstractSet[Index] | None) -> None:
        self.families = families
        self.uppers = uppers

    def added(self, form: Form, kernel: Kernel, taken: frozenset[str]) -> Expr:
        ranges, plain = _ranged(form, kernel.assumed)
        sums: list[Expr] = []
        for (depth, low, high), inner in ranges.items():
            if depth == 0:
                low, high = self._absorbed(inner, low, high, plain, kernel)
            if entails(kernel.assumed, low - high - 1):
                continue
            name = _chosen(taken | {"j"}, high)
            letter = _letter(name)
            body = {word.substitute({f"#{depth}": letter}): count for word, count in inner.items()}
            known = Kernel((*kernel.assumed, letter - low, high - letter), kernel.vanishing)
            # What all terms of a sum have in common stands before it: a sign, a number, 1/T.
            common = next(iter(body.values())) if len(body) == 1 else Fraction(1)
            scalars = next(iter(body)).scalars if len({word.scalars for word in body}) == 1 else ()
            bare = {word._replace(scalars=() if scalars else word.scalars): n / common for word, n in body.items()}
            result = _summed(self.added(bare, known, taken | {name}), (letter, low, high))
            sums.append(_multiplied(common, [*(_scalar(*power) for power in scalars), result]))
        words = [self._word(word, count, taken) for word, count in plain.items()]
        # A sum first, and a term with a minus sign never first where another can be.
        parts = sorted([*sums, *words], key=lambda part: unsigned(part)[0])
        return _added(parts)

    def _word(self, word: Word, count: Fraction, taken: AbstractSet[str]) -> Expr:
        scalars = [_scalar(*power) for power in word.scalars]
        return _multiplied(count, [*scalars, *_factors_written(word.factors, self.families, taken)])

    def _absorbed(self, inner: Form, low: Index, high: Index, plain: Form, kernel: Kernel) -> tuple[Index, Index]:
        """The range of a sum with the terms beside it taken in or off, as far as they continue it."""

        def taken_in(at: Index, sign: int) -> bool:
            terms = [
                Term(sign * count, word.scalars, (), tuple(factor.substitute({"#0": at}) for factor in word.factors))
                for word, count in inner.items()
            ]
            value = Kernel(kernel.assumed, kernel.vanishing).normal(terms)
            if not value or any(plain.get(word) != count for word, count in value.items()):
                return False
            for word in value:
                del plain[word]
            return True

        for _ in range(FAR):
            if self.uppers is not None and high in self.uppers:
                break
            if entails(kernel.assumed, high - low) and taken_in(high, -1):
                high = high - 1
            elif taken_in(high + 1, 1):
                high = high + 1
            else:
                break
        for _ in range(FAR):
            if entails(kernel.assumed, high - low) and taken_in(low, -1):
                low = low + 1
            elif taken_in(low - 1, 1):
                low = low - 1
            else:
                break
        return low, high


def _ranged(form: Form, known: Known) -> tuple[dict[tuple[int, Index, Index], Form], Form]:
    """The words under an antidifference, by how many are inside it and the range summed over; those under none."""
    plain: Form = {}
    ends: dict[Word, dict[Index, Fraction]] = {}
    for word, count in form.items():
        if word.bounds:
            ends.setdefault(word._replace(bounds=word.bounds[1:]), {})[word.bounds[0]] = count
        else:
            plain[word] = count
    ranges: dict[tuple[int, Index, Index], Form] = {}
    for rest, counts in ends.items():
        for low, high, count in _paired(counts, known):
            add_into(ranges.setdefault((len(rest.bounds), low, high), {}), {rest: count}, Fraction(1))
    return {over: inner for over, inner in ranges.items() if inner}, plain


def _paired(ends: dict[Index, Fraction], known: Known) -> Iterator[tuple[Index, Index, Fraction]]:
    """Σ of counts times G as sums over ranges; what is left of one sign is a sum from 1, because G(0) is 0."""
    left = dict(ends)
    while left:
        upper = max((end for end in left if left[end] > 0), key=lambda end: len(end.terms), default=None)
        below = min((end for end in left if left[end] < 0), key=lambda end: len(end.terms), default=None)
        zero = Index.of(0)
        if upper is None or below is None:
            end, count = next(iter(left.items()))
            del left[end]
            if end != zero:
                yield Index.of(1), end, count
            continue
        count = min(left[upper], -left[below])
        if entails(known, below - upper):
            yield upper + 1, below, -count
        else:
            yield below + 1, upper, count
        for end, change in ((upper, -count), (below, count)):
            left[end] += change
            if not left[end]:
                del left[end]


# --------------------------------------------------------------------------------------------------- steps


def steps_written(kernel: Kernel, families: Families, uppers: AbstractSet[Index] | None = None) -> tuple[Step, ...]:
    """The rules that a kernel applied, as steps; what leaves a sum as it stands is left out.

    A sum is carried on to an upper bound in ``uppers``, where the final form has one.
    """
    made: dict[Step, None] = {}
    for applied in kernel.applied:
        if not applied.inside and (step := _step(applied, kernel, families, uppers)) is not None:
            made[step] = None
    return tuple(made)


def told(step: Step) -> str:
    """What a rule does, as a sentence that its equation ends."""
    said = {
        "boundary": "A sum that does not run backwards splits" if step.condition else "The sum, term by term",
        "shift": "Counted by its last index, as it does not run backwards",
        "merge": "The products join",
        "exchange": "Sums may be exchanged",
        "count": "Equal terms are counted",
    }.get(step.rule, step.rule)
    return f"{said} ({step.condition}):" if step.condition else f"{said}:"


def _step(applied: Applied, kernel: Kernel, families: Families, uppers: AbstractSet[Index] | None) -> Step | None:
    known = applied.known
    stated = _letters_in(known)
    letters = plain_letters(stated | _letters_in(applied.what), stated | {"j"})
    values = _substitution(letters)
    here = tuple(row.substitute(values) for row in known)
    fixed = stated | set(letters.values())

    def factor_written(factor: Factor) -> Expr:
        return families.written(factor.substitute(values), _product_letter(fixed))

    def over_range(over: Range) -> str:
        name, low, high = over
        return f"Σ_{{{values.get(name, name)}={low.substitute(values)}..{high.substitute(values)}}}"

    match applied.rule, applied.what:
        case "zero", (Factor() as factor,):
            return Step("zero", factor_written(factor), "", Zero(factor_written(factor)), known=here)
        case "empty", (Factor() as factor,):
            product = factor_written(factor)
            # Inside a sum over nothing everything is true, and nothing needs to be said.
            if not isinstance(product, Product) or entails(known, Index.of(-1)):
                return None
            first, last = product.lower, product.upper
            return Step("empty", product, f"{last} < {first}", Identity(product), known=here)
        case "merge", (Factor() as left, Factor() as right, Factor() as joined):
            lengths = [factor.length for factor in (left, right) if factor.first != factor.last]
            conditions = " and ".join(because(length, known, letters) for length in lengths if length.terms)
            return Step(
                "merge", _multiplied(Fraction(1), [factor_written(left), factor_written(right)]), conditions,
                factor_written(joined), known=here,
            )  # fmt: skip
        case "exchange", ranges:
            spelled = [over_range(_range(entry)) for entry in ranges]
            return Step("exchange", " ".join(spelled[:2]), "both run over the same pairs", " ".join(spelled[2:]))
        case "empty sum" | "count", (Word() as word, over):
            name, low, high = over = _range(over)
            if applied.rule == "empty sum":
                return Step("empty sum", f"{over_range(over)} (…)", f"{high} < {low}", "0")
            length = (high - low + 1).substitute(values)
            why = f"no term depends on the index; {because(high - low + 1, known, letters)}"
            if word.bounds:
                return Step("count", f"{over_range(over)} (…)", why, f"({length}) · (…)")
            body = _word_written(word, families, fixed, values)
            whole = Sum(body, (values.get(name, _letter(name)), low.substitute(values), high.substitute(values)))
            return Step("count", whole, why, _multiplied(Fraction(1), [IndexValue(length), body]), known=here)
        case "boundary", (Word() as word, over, Word() as original, read):
            if word.bounds or original.bounds:
                return None
            return _boundary(applied, kernel, families, uppers, original, _range(read), letters)
        case _:
            raise TypeError(f"no words for the rule {applied.rule}")


def _range(entry: object) -> Range:
    assert isinstance(entry, tuple)
    name, low, high = entry
    return name, low, high


def _word_written(word: Word, families: Families, taken: AbstractSet[str], values: Mapping[str, Index]) -> Expr:
    factors = [factor.substitute(values) for factor in word.factors]
    scalars = [_scalar(index.substitute(values), exponent) for index, exponent in word.scalars]
    return _multiplied(Fraction(1), [*scalars, *_factors_written(factors, families, taken)])


def _boundary(
    applied: Applied, kernel: Kernel, families: Families, uppers: AbstractSet[Index] | None, word: Word, over: Range,
    letters: Mapping[str, str],
) -> Step | None:  # fmt: skip
    name, low, high = over
    outer = {raw: letter for raw, letter in letters.items() if raw != name}
    values = _substitution(outer)
    known = tuple(row.substitute(values) for row in applied.known)
    term = Term(scalars=word.scalars, sums=(over,), factors=word.factors)
    renamed = Term(
        scalars=tuple((index.substitute(values), exponent) for index, exponent in term.scalars),
        sums=((name, low.substitute(values), high.substitute(values)),),
        factors=tuple(factor.substitute(values) for factor in term.factors),
    )
    before = terms_written([renamed], families, known)
    again = Kernel(known, kernel.vanishing)
    after = form_written(again.normal([renamed]), families, again, uppers)
    if str(before) == str(after):
        return None
    why = because(length, applied.known, outer) if (length := high - low + 1).terms else ""
    _, moved_low, moved_high = _range(applied.what[1])
    if (moved_low, moved_high) != (over[1], over[2]):
        return Step("shift", before, why, after, known=known)
    # Why the terms that were split off look as they do: the rules at those terms alone.
    alone = Kernel(known, kernel.vanishing)
    _, low, high = renamed.sums[0]
    sums = (part for part in (after.parts if isinstance(after, (Add, Mul)) else (after,)) if isinstance(part, Sum))
    if (reached := next(sums, None)) is not None:
        for at in (*_between(high + 1, reached.upper + 1), *_between(low, reached.lower)):
            alone.normal([Term(factors=tuple(factor.substitute({name: at}) for factor in renamed.factors))])
    inner = tuple(step for step in steps_written(alone, families) if step.rule in ("empty", "zero"))
    return Step("boundary", before, why, after, inner, known)


def _between(one: Index, other: Index) -> Iterator[Index]:
    """The indices from one end to the other, the larger end left out; none where they are apart by a letter."""
    apart = other - one
    if not apart.terms:
        first = one if apart.constant >= 0 else other
        yield from (first + offset for offset in range(min(abs(apart.constant), FAR)))
