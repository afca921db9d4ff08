r"""What ``\dots`` leave out, told from the terms or factors before and behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbptt.errors import Unreadable
from symbptt.notation import At, Expr, Index, free_indices, rebuild, substitute, walk
from symbptt.reader.grammar import Mark


def between(first: Expr, last: Expr, others: Sequence[Expr], at: Mark) -> tuple[str, Expr, Index, Index]:
    """The counter, the body and the bounds of what runs from ``first`` to ``last``."""
    pairs = list(differences(first, last))
    steps = {b - a for a, b in pairs if a != b}
    if len(steps) != 1 or any(step.terms == () and step.constant < 0 for step in steps):
        raise Unreadable("it cannot be told what the dots stand for: write it with \\sum or \\prod", at.start)
    moving = [(a, b) for a, b in pairs if a != b]
    low, high = moving[0]
    counter = _counter(first, last, others)
    shifted = iter([a - low + Index.letter(counter) if a != b else a for a, b in pairs])
    body = _reindexed(first, shifted)
    return counter, body, low, high


def _counter(first: Expr, last: Expr, others: Sequence[Expr]) -> str:
    ends = free_indices(first) | free_indices(last)
    for term in others:
        for node in walk(term):
            if isinstance(node, At) and len(node.index.terms) == 1 and node.index.constant == 0:
                name = node.index.name()
                if name not in ends:
                    return name
    return next(name for name in ("k", "s", "i", "j", "m", "r") if name not in ends)


def lies_on(term: Expr, body: Expr, counter: str) -> bool:
    """Whether a term is the body at some value of the counter."""
    for a, b in differences(body, term):
        shift = dict(a.terms).get(counter, 0)
        if shift:
            return substitute(body, {counter: b - (a - Index.letter(counter))}) == term
    return False


def go_on(first: Expr, one: Expr, other: Expr) -> bool:
    """Whether ``other`` is one step behind ``one``, in a row of factors that begins with ``first``."""
    steps = {b - a for a, b in differences(one, other) if a != b}
    moves = [(a != b) for a, b in differences(first, one)]
    return (
        len(steps) == 1
        and steps <= {Index.of(1), Index.of(-1)}
        and [(a != b) for a, b in differences(one, other)] == moves
    )


def runs_down(one: Expr, other: Expr) -> bool:
    """Whether the first of two factors has the larger index; where only letters tell, t is larger than any other."""
    (gap, *_) = [b - a for a, b in differences(one, other) if a != b] or [Index.of(0)]
    last = [count for name, count in gap.terms if name in ("t", "T")]
    return gap.constant < 0 if not gap.terms else last[0] < 0 if last else any(count < 0 for _, count in gap.terms)


def _indices_of(node: Expr) -> list[Index]:
    found: list[Index] = []

    def note(index: Index) -> Index:
        found.append(index)
        return index

    def visit(part: Expr) -> Expr:
        return rebuild(part, visit, note)

    visit(node)
    return found


def differences(one: Expr, other: Expr) -> list[tuple[Index, Index]]:
    """The indices of two expressions side by side; nothing where the expressions differ in more than their indices."""
    a, b = _indices_of(one), _indices_of(other)
    if len(a) != len(b) or _reindexed(one, iter(b)) != other:
        return []
    return list(zip(a, b, strict=True))


def _reindexed(node: Expr, indices: Iterator[Index]) -> Expr:
    def visit(part: Expr) -> Expr:
        return rebuild(part, visit, lambda _: next(indices))

    return visit(node)
