"""The equations of a page, as they stand there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from symbptt.errors import NotationError, PageError, Place
from symbptt.page.notation import Apply, At, Copy, Expr, Index, Letter, Partial, Total, exchanged, free_indices, walk

EquationKind: TypeAlias = Literal["definition", "claim", "misreading"]
Ranges: TypeAlias = "tuple[tuple[Index, Index, Index], ...]"


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation of a page, as it stands there.

    ``names`` are the function applications between the two sides of a definition, ``h_t = f(x_t, h_{t-1}) = ...``.
    ``for_each`` are the ranges (index, lower, upper) it is stated for besides its step. ``weights`` are the weights
    it is stated in: the one that is written, and those that may stand in its place. ``since`` are the tags of its
    premises, ``start`` the first step it is stated for where the page says so. A misreading says which equation it
    misreads (``of``) and how (``why``).
    """

    tag: str
    kind: EquationKind
    left: Expr
    right: Expr | None
    place: Place
    names: tuple[Apply, ...] = ()
    for_each: Ranges = ()
    weights: tuple[Letter, ...] = ()
    since: tuple[str, ...] = ()
    start: int | None = None
    of: str = ""
    why: str = ""

    def __str__(self) -> str:
        text = f"({self.tag}) {' = '.join(map(str, self.chain))}"
        for index, lower, upper in self.for_each:
            text += f", {index} = {lower}..{upper}"
        return text

    def fault(self, why: str) -> PageError:
        """The error that says what is wrong with it."""
        return PageError(f"equation ({self.tag}): {why}", self.place)

    @property
    def chain(self) -> tuple[Expr, ...]:
        """Everything between the equals signs, in the order in which it stands."""
        return (self.left, *self.names, *(() if self.right is None else (self.right,)))

    @property
    def letters(self) -> Iterator[Letter]:
        """Every letter of the equation, those of the weights that may stand in for the written one among them."""
        return (node for side in (*self.chain, *self.weights) for node in walk(side) if isinstance(node, Letter))

    @property
    def step(self) -> str:
        """The index letter of its step, as it is written; T where it stands beside another, or nowhere."""
        bound = {index.name() for index, _, _ in self.for_each}
        free = {name for side in self.chain for name in free_indices(side)} - bound
        return free.pop() if len(free) == 1 else "T"

    def with_sides(self, left: Expr, right: Expr) -> Equation:
        """The same equation between other sides, stated in the weights that these differentiate in."""
        written = weights_in(left, right)
        stand_ins = [weight for weight in self.weights if weight not in weights_in(*self.sides)]
        return replace(self, left=left, right=right, weights=(*written, *stand_ins) if len(written) == 1 else ())

    def with_letter(self, old: Letter, new: Letter) -> Equation:
        """The same equation with one letter in place of another."""
        right = None if self.right is None else exchanged(self.right, old, new)
        names = [exchanged(name, old, new) for name in self.names]
        applied = tuple(name for name in names if isinstance(name, Apply))
        return replace(self, left=exchanged(self.left, old, new), right=right, names=applied)

    @property
    def sides(self) -> tuple[Expr, Expr]:
        """Left and right side of a claim or misreading."""
        if self.right is None:
            raise NotationError(f"({self.tag}) has no right side to compare")
        return self.left, self.right


def weights_in(*sides: Expr) -> tuple[Letter, ...]:
    """The weights that the sides differentiate in, each once, in the order in which they stand."""
    found: dict[Letter, None] = {}
    for side in sides:
        for node in walk(side):
            if isinstance(node, (Total, Partial)):
                if isinstance(node.wrt, Letter) and node.wrt.kind == "weight":
                    found[node.wrt] = None
                elif isinstance(node.wrt, Copy):
                    found[node.wrt.weight] = None
    return tuple(found)


def step_of(lefts: Iterable[Expr]) -> Index:
    """The letter of the step in definitions with these left sides; t where none has one."""
    steps = (left.index.letters() for left in lefts if isinstance(left, At))
    return Index.letter(next((min(letters) for letters in steps if letters), "t"))


def head(left: Expr) -> Letter | None:
    """The letter that a definition with this left side is about."""
    return left.letter if isinstance(left, At) else left if isinstance(left, Letter) else None
