"""Every way to read what is written, the fewest departures from one meaning throughout first.

Where a note prints one thing that may mean several (:class:`~symbptt.page.notation.Either`), and at each ordered
product, something has to be chosen. A literal reading gives every ∂state/∂weight one meaning, takes every bound and
every Π at its word, and lets products descend; each choice that differs from it is a departure.

>>> from symbptt.page.notation import Either, Partial, Total, indices, sizes, state, weight
>>> t, = indices("t")
>>> h, w = state("h", sizes("n")[0]), weight("w")
>>> def either(of):
...     return Either((Total(of, w), Partial(of, w)), "derivative")
>>> variants = Variants(Derivation("Two derivatives that look alike"), either(h[t]), either(h[t - 1]) + either(h[t]))
>>> for variant in variants.within(0):
...     print(variant.left, "=", variant.right)
d h_t/d w = d h_{t-1}/d w + d h_t/d w
∂⁺h_t/∂w = ∂⁺h_{t-1}/∂w + ∂⁺h_t/∂w
>>> print(sum(1 for _ in variants.within(1)))
6
>>> print(next(variants.within(1)).words())
∂h_t/∂w on the left and ∂h_{t-1}/∂w total; ∂h_t/∂w in term 2 immediate
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Literal, NamedTuple, Protocol, TypeAlias

from symbptt.errors import SymbpttError
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    Add,
    Block,
    Either,
    Expr,
    Letter,
    Mul,
    Number,
    Partial,
    Point,
    Product,
    Ranged,
    children,
    first_option,
    rebuild,
    walk,
)
from symbptt.page.shapes import SCALAR, shape

MOST = 4096
"""How many ways to read one part with one number of departures are looked at."""
Meaning: TypeAlias = Literal[0, 1]
"""What every ∂state/∂weight means in a literal reading: total, 0, or immediate, 1."""
TOTAL: Meaning = 0
IMMEDIATE: Meaning = 1
MEANINGS = ("total", "immediate", "of its own definition alone")
"""What a derivative may be taken to be: in a state, through every letter, or inside its step."""


class Trial(Protocol):
    """What candidates are put through: a random point first, then a proof."""

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps at which a candidate has to hold."""

    def at(self, equation: Equation, steps: Sequence[int]) -> Trial:
        """The same for an equation at other steps."""

    def passes(self, equation: Equation) -> bool:
        """Whether both sides agree at the point at every step, and are not zero at all of them."""

    def vanishes(self, node: Expr) -> bool:
        """Whether an expression is zero at every step, wherever its indices stand."""

    def proves(self, equation: Equation) -> bool:
        """Whether an equation is proved at every step."""


class Where(NamedTuple):
    """Where something stands: the side, the term of a sum and the factor in it, counted from 1 (0: the only one)."""

    side: Literal["left", "right"]
    term: int = 0
    factor: int = 0

    @property
    def place(self) -> str:
        """In words, as far as the term."""
        return "on the left" if self.side == "left" else f"in term {self.term}" if self.term else "on the right"

    @property
    def exact(self) -> str:
        """In words, down to the factor."""
        return f"{self.place}, factor {self.factor}" if self.factor else self.place


class Choice(NamedTuple):
    """What was chosen at one place: which of the options, what is printed there, what it becomes and what it might.

    ``option`` is that of the meanings for a derivative; ``departs`` says of each literal reading whether it has
    another one.
    """

    point: Point | Literal["order"]
    where: Where
    option: int
    printed: str
    chosen: Expr
    others: tuple[Expr, ...] = ()
    departs: tuple[bool, bool] = (True, True)

    @property
    def is_open(self) -> bool:
        """Whether it is a derivative that the literal readings differ in, or that departs from both."""
        return self.point == "derivative" and any(self.departs)


class Variant(NamedTuple):
    """Both sides with everything chosen."""

    left: Expr
    right: Expr
    choices: tuple[Choice, ...]

    def words(self) -> str:
        """What was chosen, so that each occurrence can be found; empty where everything is as printed."""
        said = [_derivatives([choice for choice in self.choices if choice.is_open])]
        for choice in self.choices:
            if choice.point == "bound":
                said.append(_range(choice.chosen))
                continue
            product = next((node for node in walk(choice.chosen) if isinstance(node, Product)), None)
            if product is None or choice.point == "derivative":
                continue
            if choice.point == "scope":
                said.append(f"Π over {product.index} reaches over {_plain(product.body)}")
            elif choice.option:
                order = "ascends, the smallest" if product.ascending else "descends, the largest"
                said.append(f"Π over {product.index} {order} index on the left")
        return "; ".join(dict.fromkeys(part for part in said if part))

    def idle(self, trial: Trial) -> Choice | None:
        """The first choice by which something written counts for nothing, zero at every step, where another would not.

        Such a reading is none: with it A = A + 5·B holds whatever A is.
        """
        for choice in self.choices:
            if choice.others and trial.vanishes(choice.chosen) and not all(map(trial.vanishes, choice.others)):
                return choice
        return None

    def literally(self) -> str:
        """Of which derivatives a literal reading speaks: every ∂h_t/∂w total."""
        chosen = [choice for choice in self.choices if choice.is_open]
        printed = dict.fromkeys(choice.printed for choice in chosen)
        meant = {choice.option for choice in chosen}
        return f"every {_listed(list(printed))} {MEANINGS[meant.pop()]}" if len(meant) == 1 else ""


def _range(node: Expr) -> str:
    (ranged, *_) = (part for part in walk(node) if isinstance(part, Ranged))
    if isinstance(ranged, Product) and ranged.dots:
        return f"{ranged.index} runs from {ranged.upper} down to {ranged.lower}"
    return f"{ranged.index} runs from {ranged.lower} to {ranged.upper}"


def _plain(node: Expr) -> str:
    return str(node).replace("⁺", "")


def _listed(names: list[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), *names[-1:]])


def _derivatives(choices: list[Choice]) -> str:
    """Each derivative by what is printed, with its place where the same is printed for both meanings."""
    named: list[dict[str, None]] = [{} for _ in MEANINGS]
    for choice in choices:
        alike = [other for other in choices if other.printed == choice.printed]
        apart = [other for other in alike if other.option != choice.option]
        said = choice.printed
        if apart:
            if all(other.where.place != choice.where.place for other in apart):
                said += f" {choice.where.place}"
            elif all(other.where != choice.where for other in apart):
                said += f" {choice.where.exact}"
            else:
                said += f" {choice.where.exact} (occurrence {1 + next(k for k, o in enumerate(alike) if o is choice)})"
        named[choice.option][said] = None
    groups = zip(named, MEANINGS, strict=True)
    return "; ".join(f"{_listed(list(group))} {meaning}" for group, meaning in groups if group)


Chosen: TypeAlias = tuple[Expr, tuple[Choice, ...]]


class _Part:
    """One part of a side, where it stands in it: how much is open in it, and the ways to read it that were found.

    Parts that are equal are kept apart: they may be spelled differently, and stand at different places.
    """

    def __init__(self, page: Derivation, node: Expr) -> None:
        self.node = node
        self.inside = [_Part(page, part) for part in children(node)]
        self.is_ordered = isinstance(node, Product) and _is_ordered(page, node)
        """Whether it is a product that may run either way."""
        points = [part.points for part in self.inside]
        of_parts = max(points, default=0) if isinstance(node, Either) else sum(points)
        self.points: int = of_parts + (isinstance(node, Either) or self.is_ordered)
        """At how many places something may be chosen in one reading."""
        self.found: dict[tuple[Where, Meaning, int], list[Chosen]] = {}


@dataclass
class Variants:
    """The ways to read one equation. ``cut``: there were more than are looked at."""

    page: Derivation
    left: Expr
    right: Expr

    def __post_init__(self) -> None:
        self.cut = False
        self._left, self._right = _Part(self.page, self.left), _Part(self.page, self.right)

    def literal(self, meaning: Meaning) -> Variant:
        """Every derivative with this meaning, and everything else at its word."""
        return next(self._pairs(meaning, 0))

    @cached_property
    def derivatives(self) -> bool:
        """Whether there is a derivative that may be total or immediate."""
        return any(choice.is_open for choice in self.literal(TOTAL).choices)

    def within(self, departures: int) -> Iterator[Variant]:
        """Those with so many departures from the nearer literal reading, each once."""
        for meaning in (TOTAL, IMMEDIATE) if self.derivatives else (TOTAL,):
            for variant in self._pairs(meaning, departures):
                apart = [choice.departs for choice in variant.choices if choice.point == "derivative"]
                total, immediate = (sum(departs[at] for departs in apart) for at in (TOTAL, IMMEDIATE))
                # As far from one meaning as from the other: counted with the total ones.
                if (total <= immediate) == (meaning == TOTAL):
                    yield variant

    @property
    def most(self) -> int:
        """The largest number of departures there can be."""
        return self._left.points + self._right.points

    def _pairs(self, meaning: Meaning, departures: int) -> Iterator[Variant]:
        for count in range(departures + 1):
            for left, one in self._chosen(self._left, Where("left"), meaning, count):
                for right, other in self._chosen(self._right, Where("right"), meaning, departures - count):
                    yield Variant(left, right, one + other)

    def _chosen(self, part: _Part, where: Where, meaning: Meaning, departures: int) -> list[Chosen]:
        """The ways to read a part that depart so often from the literal reading with this meaning."""
        key = (where, meaning, departures)
        if key not in part.found:
            found = list(islice(self._choose(part, where, meaning, departures), MOST + 1))
            self.cut |= len(found) > MOST
            part.found[key] = found[:MOST]
        return part.found[key]

    def _choose(self, part: _Part, where: Where, meaning: Meaning, departures: int) -> Iterator[Chosen]:
        node = part.node
        if not part.points:
            if not departures:
                yield node, ()
        elif isinstance(node, Either):
            meant = [_meant(option) if node.point == "derivative" else at for at, option in enumerate(node.options)]
            # What has one meaning for both has the first.
            literal = (0, IMMEDIATE if node.point == "derivative" and IMMEDIATE in meant else 0)
            for place, (option, inner) in enumerate(zip(meant, part.inside, strict=True)):
                beside = (*node.options[:place], *node.options[place + 1 :])
                # A letter without an index, such as a sum over steps, has no immediate partial that might count.
                others = tuple(
                    first_option(one) for one in beside if not (isinstance(one, Partial) and isinstance(one.of, Letter))
                )
                departs = (option != literal[TOTAL], option != literal[IMMEDIATE])
                rest = departures - departs[meaning]
                for chosen, choices in self._chosen(inner, where, meaning, rest) if rest >= 0 else ():
                    yield chosen, (Choice(node.point, where, option, str(node), chosen, others, departs), *choices)
        else:
            for parts, choices in self._together(part, where, meaning, departures):
                yield _rebuilt(node, parts), choices
            for parts, choices in self._together(part, where, meaning, departures - 1) if part.is_ordered else ():
                made = _rebuilt(node, parts)
                assert isinstance(made, Product)
                made = replace(made, ascending=not made.ascending)
                yield made, (Choice("order", where, 1, str(node), made), *choices)

    def _together(
        self, part: _Part, where: Where, meaning: Meaning, departures: int
    ) -> Iterator[tuple[tuple[Expr, ...], tuple[Choice, ...]]]:
        inside = list(zip(part.inside, places(part.node, where), strict=True))

        def rest(place: int, left: int) -> Iterator[tuple[tuple[Expr, ...], tuple[Choice, ...]]]:
            if place == len(inside):
                if not left:
                    yield (), ()
                return
            for count in range(left + 1):
                for chosen, choices in self._chosen(*inside[place], meaning, count):
                    for parts, more in rest(place + 1, left - count):
                        yield (chosen, *parts), choices + more

        if departures >= 0:
            yield from rest(0, departures)


def _meant(option: Expr) -> int:
    """Which of the meanings a derivative has."""
    derivative = option.of if isinstance(option, Block) else option
    if not isinstance(derivative, Partial):
        return TOTAL
    if derivative.own:
        return MEANINGS.index("of its own definition alone")
    return TOTAL if derivative.is_jacobian() and not derivative.held else IMMEDIATE


def _rebuilt(node: Expr, parts: tuple[Expr, ...]) -> Expr:
    left = iter(parts)
    return rebuild(node, lambda _: next(left), lambda index: index)


def _is_ordered(page: Derivation, node: Product) -> bool:
    """Whether the order of the factors is open and can make a difference: scalars commute, dots show the order."""
    # An arrow over Π says it too: without one it descends.
    if node.dots or node.ascending:
        return False
    try:
        return shape(page, page.resolve(first_option(node.body))) != SCALAR
    except SymbpttError:
        return True


def places(node: Expr, where: Where) -> Iterator[Where]:
    """Where each part of a node stands: terms are told apart once, on the right, and factors once."""
    numbered = 0
    for position, part in enumerate(children(node), 1):
        if isinstance(node, Add) and where == Where("right"):
            yield where._replace(term=position)
        elif isinstance(node, Mul) and not where.factor:
            numbered += not isinstance(part, Number)
            yield where._replace(factor=numbered)
        else:
            yield where


def printed_in_two_ways(equation: Equation) -> bool:
    """Whether a side holds what may mean several things."""
    return any(isinstance(node, Either) for side in equation.chain for node in walk(side))
