"""The one-slip changes of a claim, and those that make it true.

One place of the claim is changed at a time: a bound, a sign, an index, a factor or term left out or added, two factors
swapped, one letter for another, total for immediate, the order of a product, a transpose, an exponent. A change that
makes the equation true explains what is wrong. It is held to what a reading is held to: compared at a random point,
then proved at four steps, and never 0 = 0 or one expression on both sides. What is claimed about stays: a left side
that is a plain derivative or state is not changed.

>>> from symbptt.page.notation import d, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w = state("h", n), weight("w", n, n)
>>> page = Derivation("A page")
>>> claim = page.claim("slip", d(h[t], w), partial(h[t], w) - partial(h[t], h[t - 1]) @ d(h[t - 1], w))
>>> made = sorted(mutants(page, claim, claim.sides[1], Where("right")), key=lambda mutant: mutant.rank)
>>> for mutant in made[:3]:
...     print(mutant.words)
the sign in term 1 should be -
the sign in term 2 should be +
the sign of the whole right side should be the other
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import NamedTuple, TypeGuard

from symbptt.meaning.variants import Trial, Variants, Where, places
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import definition_at, instances
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Block,
    Copy,
    Expr,
    Hadamard,
    Index,
    IndexValue,
    Laid,
    Letter,
    Mul,
    Number,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Transpose,
    children,
    exchanged,
    free_indices,
    rebuild,
    substitute,
    walk,
)
from symbptt.verdicts import Fix

TRIED = 1000
"""How many changes are compared."""
SHOWN = 3
"""How many fixes are shown."""
PROVED = 6
"""How many fixes are put to the proof."""

PLAIN = (Total, Partial, Block, Laid, At, Letter)
LEAVES = (*PLAIN, Number, IndexValue, Copy)


class Mutant(NamedTuple):
    """One place changed: how far it is from what a hand slips into (0: nearest), in words, and what it then is."""

    rank: int
    words: str
    side: Expr


# --------------------------------------------------------------------------------------------------- fixes


def fixes(page: Derivation, equation: Equation, trial: Trial) -> tuple[list[Fix], Equation | None, str]:
    """The fixes nearest to what is printed, the reading that the first of them fixes, and why the search was cut."""
    variants = Variants(page, *equation.sides)
    found: dict[str, Fix] = {}
    nearest: Equation | None = None
    tried = proved = 0
    for departures in range(variants.most + 1):
        for variant in variants.within(departures):
            base = equation.with_sides(variant.left, variant.right)
            chosen = any(choice.point == "derivative" for choice in variant.choices)
            for mutant, candidate in _candidates(page, base, meant=not chosen):
                tried += 1
                if tried > TRIED:
                    return list(found.values()), nearest, f"the search for a slip stopped at {TRIED:,} changes"
                if not trial.passes(candidate) or (text := str(candidate)) in found:
                    continue
                proved += 1
                if not _brings_nothing(trial, base, candidate) and trial.proves(candidate):
                    words = ", with ".join(part for part in (mutant.words, variant.words()) if part)
                    found[text] = Fix(words, candidate)
                    nearest = nearest or base
                if len(found) == SHOWN or proved == PROVED:
                    return list(found.values()), nearest, ""
        if found:
            break
    return list(found.values()) or list(_later(page, equation, trial)), nearest, ""


def _later(page: Derivation, equation: Equation, trial: Trial) -> Iterator[Fix]:
    """The first step or index that a claim is true from, where it is false there alone."""
    first, *others = trial.steps
    name, begins = "t", first + 1
    values, _ = next(instances(page, equation, begins))
    running = [index for index, value in values.items() if value == 1 < begins]
    if len(values) == 2 and len(running) == 1 and not equation.for_each:
        # Beside a horizon T, t runs up to it from 1.
        (name,), (horizon,) = running, values.keys() - set(running)
        begins = 2
        equation = replace(equation, for_each=((Index.letter(name), Index.of(begins), Index.letter(horizon)),))
    for variant in Variants(page, *equation.sides).within(0):
        base = equation.with_sides(variant.left, variant.right)
        if others and (after := trial.at(base, others)).passes(base) and after.proves(base):
            words = ", with ".join(part for part in (f"it holds from {name} = {begins} on", variant.words()) if part)
            yield Fix(words, base, (name, begins))
            return


def _candidates(page: Derivation, base: Equation, *, meant: bool) -> Iterator[tuple[Mutant, Equation]]:
    """The equation with one place changed, likely slips first."""
    left, right = base.sides
    made = [
        (mutant, replace(base, right=mutant.side)) for mutant in mutants(page, base, right, Where("right"), meant=meant)
    ]
    if not isinstance(left, PLAIN):
        made += [
            (mutant, replace(base, left=mutant.side))
            for mutant in mutants(page, base, left, Where("left"), meant=meant)
        ]
    for mutant, candidate in sorted(made, key=lambda pair: pair[0].rank):
        if not _is_trivial(candidate):
            # What it differentiates in may be another weight now.
            yield mutant, base.with_sides(*candidate.sides)


def _is_trivial(equation: Equation) -> bool:
    """Whether both sides are one expression once what cancels on the right is left out."""
    left, right = equation.sides
    total: dict[Expr, Fraction] = {}
    for term in right.parts if isinstance(right, Add) else (right,):
        count, rest = _counted(term)
        total[rest] = total.get(rest, Fraction(0)) + count
    return {term: count for term, count in total.items() if count} == {left: 1}


def _counted(term: Expr) -> tuple[Fraction, Expr]:
    """A term as a number times the rest."""
    parts = term.parts if isinstance(term, Mul) else ()
    rest = tuple(part for part in parts if not isinstance(part, Number))
    if not rest or len(rest) == len(parts):
        return Fraction(1), term
    count = prod(part.value for part in parts if isinstance(part, Number))
    return Fraction(count), rest[0] if len(rest) == 1 else Mul(rest)


def _times_number(factor: Fraction, term: Expr) -> Expr:
    count, rest = _counted(term)
    return rest if factor * count == 1 else Number(factor * count) * rest


def _brings_nothing(trial: Trial, base: Equation, candidate: Equation) -> bool:
    """Whether what the change puts in is zero at every step, so that it only takes away."""
    before = {node for side in base.sides for node in walk(side)}
    new = [node for side in candidate.sides for node in walk(side) if node not in before]
    return any(trial.vanishes(node) for node in new if isinstance(node, (Total, Partial)))


# --------------------------------------------------------------------------------------------------- one change


def mutants(page: Derivation, base: Equation, side: Expr, where: Where, *, meant: bool = True) -> Iterator[Mutant]:
    """A side with one place changed, in every way in which a hand slips.

    ``meant``: the page itself says of each derivative whether it is total or immediate, so that it may say it wrongly.
    """
    yield from _inside(_Letters(page, base, meant), side, where, ())
    for term in _missing_terms(page, base):
        if term != side:
            yield Mutant(5, f"a term is missing: {term}", side + term)


class _Letters:
    """What may stand in for something else on this page."""

    def __init__(self, page: Derivation, base: Equation, meant: bool) -> None:
        self.meant = meant
        letters = dict.fromkeys(letter for equation in page for letter in equation.letters)
        self.alike = {
            letter: [other for other in letters if other != letter and _is_alike(letter, other)] for letter in letters
        }
        written = (node for side in base.sides for node in walk(side) if _is_jacobian(node))
        steps = (node for term in _missing_terms(page, base) for node in walk(term) if _is_jacobian(node))
        self.factors = tuple(dict.fromkeys((*written, *steps)))
        self.free = free_indices(base.left) | free_indices(base.sides[1])
        self._page = page

    def slopes_beside(self, gradient: Laid) -> Iterator[Expr]:
        """The slopes at its step of what the page applies to each entry, in the shape of a gradient."""
        wrt = gradient.wrt
        if gradient.arrangement != "shaped" or not isinstance(wrt, At):
            return
        for letter in dict.fromkeys(equation.left.letter for equation in self._page if isinstance(equation.left, At)):
            body = self._page.meaning.defined(letter).at(letter[wrt.index].index)
            is_one = isinstance(body, Apply) and body.function.is_entrywise and letter.shape == wrt.letter.shape
            if isinstance(body, Apply) and is_one:
                yield replace(body, primes=body.primes + 1)


def _is_alike(one: Letter, other: Letter) -> bool:
    return one.kind == other.kind and one.kind != "function" and one.shape == other.shape and one.shape is not None


def _is_jacobian(node: Expr) -> bool:
    return isinstance(node, Partial) and node.is_jacobian()


def _inside(letters: _Letters, node: Expr, where: Where, bound: tuple[str, ...]) -> Iterator[Mutant]:
    yield from _own(letters, node, where, bound)
    if isinstance(node, LEAVES):
        return
    inner = (*bound, node.index) if isinstance(node, Ranged) else bound
    parts = children(node)
    for position, (part, place) in enumerate(zip(parts, places(node, where), strict=True)):
        if isinstance(node, Apply) and not position:
            continue  # the name of the function is no expression
        for rank, words, changed in _inside(letters, part, place, inner):
            if isinstance(node, Transpose) and isinstance(changed, Transpose):
                continue  # twice transposed is not transposed
            yield Mutant(rank, words, _with(node, parts, position, changed))


def _with(node: Expr, parts: tuple[Expr, ...], position: int, changed: Expr) -> Expr:
    # The parts that stay are the same objects, so that what is known of them is known again.
    left = iter((*parts[:position], changed, *parts[position + 1 :]))
    return rebuild(node, lambda _: next(left), lambda index: index)


def _own(letters: _Letters, node: Expr, where: Where, bound: tuple[str, ...]) -> Iterator[Mutant]:
    match node:
        case Sum() | Product():
            yield from _bounds(node, where)
        case Add():
            yield from _terms(node, where)
        case Mul():
            yield from _factors(node, where)
        case Power():
            for by in (1, -1):
                exponent = node.exponent + by
                yield Mutant(
                    3,
                    f"the exponent of {node.base} {where.place} should be {exponent}",
                    replace(node, exponent=exponent),
                )
        case Transpose():
            yield Mutant(3, f"{node} {where.place} should not be transposed", node.of)
        case Total() | Partial() | At():
            yield from _leaf(letters, node, where, bound)
        case Laid(Total() | Partial() as of):
            for rank, words, changed in _leaf(letters, of, where, bound):
                assert isinstance(changed, (Total, Partial))
                yield Mutant(rank, words, replace(node, of=changed))
            for factor in letters.slopes_beside(node):
                yield Mutant(3, f"the factor {factor} {where.place} is missing", Hadamard((factor, node)))
        case Letter():
            yield from _swapped(letters, node, where)
    if isinstance(node, (Total, Partial, Laid, Letter, Product)) and where.factor:
        yield Mutant(4, f"{_short(node)} {where.place} should be transposed", Transpose(node))
    if where == Where("right") and not isinstance(node, Add):
        yield from _signed(node, "")
    if isinstance(node, Mul) or not (isinstance(node, (Add, Number, IndexValue)) or where.factor):
        yield from _lengthened(letters, node, where, bound)


def _bounds(node: Sum | Product, where: Where) -> Iterator[Mutant]:
    sign, noun = ("Σ", "term") if isinstance(node, Sum) else ("Π", "factor")
    index, lower, upper = node.bounds
    for by, length in ((1, "long"), (-1, "short")):
        said = f"{sign} over {node.index} {where.place} is one {noun} too {length}"
        yield Mutant(0, f"{said}: {index} should start at {lower + by}", replace_bounds(node, lower + by, upper))
        yield Mutant(0, f"{said}: {index} should end at {upper - by}", replace_bounds(node, lower, upper - by))
    if isinstance(node, Product):
        order = "descend, the largest" if node.ascending else "ascend, the smallest"
        turned = replace(node, ascending=not node.ascending)
        said = "the factors with dots" if node.dots else f"Π over {node.index}"
        yield Mutant(1, f"{said} should {order} index on the left", turned)


def replace_bounds(node: Sum | Product, lower: Index, upper: Index) -> Expr:
    """The same Σ or Π over another range."""
    ends = iter((lower, upper))
    return rebuild(node, lambda part: part, lambda _: next(ends))


def _terms(node: Add, where: Where) -> Iterator[Mutant]:
    for position, part in enumerate(node.parts):
        rest = (*node.parts[:position], *node.parts[position + 1 :])
        named = f"term {position + 1}"
        for rank, words, changed in _signed(part, named):
            yield Mutant(rank, words, Add((*node.parts[:position], changed, *node.parts[position + 1 :])))
        yield Mutant(4, f"{named} is too much: {_short(part)}", rest[0] if len(rest) == 1 else Add(rest))
    if where == Where("right"):
        turned = tuple(_times_number(Fraction(-1), part) for part in node.parts)
        yield Mutant(1, "the sign of the whole right side should be the other", Add(turned))


def _signed(node: Expr, named: str) -> Iterator[Mutant]:
    """A term with the other sign, twice and half."""
    said = f" in {named}" if named else ""
    negative = _counted(node)[0] < 0
    yield Mutant(
        1, f"the sign{said or ' on the right'} should be {'+' if negative else '-'}", _times_number(Fraction(-1), node)
    )
    for factor, words in ((Fraction(2), "a factor 2"), (Fraction(1, 2), "a factor 1/2")):
        yield Mutant(6, f"{words} is missing{said or ' on the right'}", _times_number(factor, node))


def _factors(node: Mul, where: Where) -> Iterator[Mutant]:
    parts = node.parts
    for position, part in enumerate(parts):
        before, behind = parts[:position], parts[position + 1 :]
        rest = (*before, *behind)
        if not (isinstance(part, Number) and part.value == -1):
            left = rest[0] if len(rest) == 1 else Mul(rest)
            yield Mutant(4, f"the factor {_short(part)} {where.place} is too much", left)
        if isinstance(part, (Number, IndexValue)):
            continue
        if behind and not isinstance(behind[0], (Number, IndexValue)):
            swapped = Mul((*before, behind[0], part, *behind[1:]))
            yield Mutant(2, f"{_short(part)} and {_short(behind[0])} {where.place} stand in the wrong order", swapped)
            if isinstance(behind[0], Transpose) != isinstance(part, Transpose):
                one, other = (node.of if isinstance(node, Transpose) else Transpose(node) for node in (part, behind[0]))
                printed, meant = Mul((part, behind[0])), Mul((other, one))
                turned = Mul((*before, *meant.parts, *behind[1:]))
                yield Mutant(2, f"{printed} {where.place} should be {meant}", turned)
        yield Mutant(
            6, f"the factor {_short(part)} {where.place} should stand twice", Mul((*before, part, part, *behind))
        )


def _lengthened(letters: _Letters, node: Expr, where: Where, bound: tuple[str, ...]) -> Iterator[Mutant]:
    """A term with one more factor in it, taken from what the page's derivatives are made of."""
    parts = node.parts if isinstance(node, Mul) else (node,)
    for factor in letters.factors:
        if free_indices(factor) <= letters.free.union(bound):
            for position in range(len(parts) + 1):
                added = Mul((*parts[:position], factor, *parts[position:]))
                yield Mutant(5, f"the factor {_short(factor)} is missing {where.place}", added)


def _leaf(letters: _Letters, node: Total | Partial | At, where: Where, bound: tuple[str, ...]) -> Iterator[Mutant]:
    """A derivative, a state or data, with another index, another letter or the other meaning."""
    if letters.meant and _is_in_weight(node):
        other: Expr = Partial(node.of, node.wrt) if isinstance(node, Total) else Total(node.of, node.wrt)
        meant = "immediate" if isinstance(node, Total) else "total"
        yield Mutant(1, f"{node} {where.place} should be {meant}: {other}", other)
    changed: dict[Expr, None] = {}
    for by in (-1, 1):
        changed[_moved(node, by)] = None
        if isinstance(node, Partial) and isinstance(node.wrt, At):
            changed[replace(node, of=_moved(node.of, by))] = None
            changed[replace(node, wrt=_moved(node.wrt, by))] = None
    for old in sorted(free_indices(node)):
        for new in (*bound, *sorted(letters.free)):
            if new != old:
                changed[substitute(node, {old: Index.letter(new)})] = None
    for other in changed:
        # Nobody writes ∂h_t/∂h_t for the identity.
        if other != node and not (isinstance(other, Partial) and other.of == other.wrt):
            yield Mutant(2, f"{node} {where.place} should be {other}", other)
    if isinstance(node, At):
        for letter in letters.alike.get(node.letter, ()):
            yield Mutant(3, f"{node} {where.place} should be {letter[node.index]}", letter[node.index])
    elif isinstance(node.wrt, Letter):
        for letter in letters.alike.get(node.wrt, ()):
            other = exchanged(node, node.wrt, letter)
            yield Mutant(3, f"{node} {where.place} should be {other}", other)


def _is_in_weight(node: Expr) -> TypeGuard[Total | Partial]:
    # A function that names its step says itself that its partial is immediate.
    named = isinstance(node, Partial) and node.names_step()
    return isinstance(node, (Total, Partial)) and isinstance(node.wrt, Letter) and not named


def _moved(node: Expr, by: int) -> Expr:
    return rebuild(node, lambda part: _moved(part, by), lambda index: index + by if index.terms else index)


def _swapped(letters: _Letters, node: Letter, where: Where) -> Iterator[Mutant]:
    for letter in letters.alike.get(node, ()):
        yield Mutant(3, f"{node} {where.place} should be {letter}", letter)


def _missing_terms(page: Derivation, base: Equation) -> Iterator[Expr]:
    """What the truth is made of: the terms of the one step of what is claimed about."""
    left = base.left.of if isinstance(base.left, Laid) else base.left
    if isinstance(left, (Total, Partial)) and isinstance(left.wrt, At):
        yield from _missing_paths(page, base.left, left, left.wrt)
    if base.left != left or not (
        isinstance(left, Total) and isinstance(left.of, At) and left.of.letter.kind == "state"
    ):
        return
    of = left.of
    if isinstance(left.wrt, Letter):
        yield Partial(of, left.wrt)
    body = page.meaning.defined(of.letter).at(of.index)
    for node in dict.fromkeys(walk(body)) if body is not None else ():
        if isinstance(node, At) and node.letter.kind == "state" and free_indices(node) <= free_indices(of):
            yield Partial(of, node) @ Total(node, left.wrt)
            if node.letter == of.letter and definition_at(page, of.letter[0]) is not None:
                yield _start(of, node, left.wrt)


def _missing_paths(page: Derivation, printed: Expr, left: Total | Partial, wrt: At) -> Iterator[Expr]:
    """What passes through one letter that is computed from the one which is differentiated in, in the same layout."""
    for equation in page:
        head = equation.left
        if equation.kind != "definition" or not isinstance(head, At) or not head.index.terms or equation.right is None:
            continue
        used = dict.fromkeys(
            node for node in walk(equation.right) if isinstance(node, At) and node.letter == wrt.letter
        )
        for node in used:
            user = head.letter[wrt.index + (head.index - node.index)]
            if (head.index - node.index).terms or user == left.of:
                continue
            first = replace(left, wrt=user)
            for last in page.meaning.apart((Partial(user, wrt), Partial(user, wrt, held=True))):
                is_column = isinstance(printed, Laid) and printed.arrangement == "shaped"
                yield Transpose(last) @ Laid(first, "shaped") if is_column else first @ last


def _start(of: At, before: At, wrt: Expr) -> Expr:
    """The term of a first state that depends on the weight: (Π_{j=1..t} ∂h_j/∂h_{j-1}) d h_0/d w."""
    letter = next(name for name in ("j", "k", "i", "s") if name not in free_indices(of))
    j = Index.letter(letter)
    lag = (of.index - before.index).constant
    return Product(Partial(of.letter[j], of.letter[j - lag]), (j, 1, of.index)) @ Total(of.letter[0], wrt)


def _short(node: Expr) -> str:
    text = str(node)
    return f"({text})" if isinstance(node, Add) else text
