r"""Sums and products with ``\dots``: what the dots omit is found from the terms or factors around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbptt.errors import Unreadable
from symbptt.page.notation import Add, At, Expr, Index, Product, Sum, free_indices, rebuild, substitute, walk
from symbptt.reader.customs import DOTS_COUNTERS, LAST, STEP
from symbptt.reader.grammar import Mark


def sum_of(before: Sequence[Expr], after: Sequence[Expr], at: Mark) -> Expr:
    """The sum of the terms before the dots, those that they omit, and those behind them.

    A first or last term of another form is one by itself:
    ∂⁺h_t/∂w + ∂h_t/∂h_{t-1} ∂⁺h_{t-1}/∂w + ... + ∂h_t/∂h_1 ∂⁺h_1/∂w.
    """
    if not before or not after:
        raise Unreadable("dots need a first and a last term: expected a_1 + a_2 + \\dots + a_T", at.start)
    if len(before) > 1 and not _differences(before[0], after[-1]) and _differences(before[1], after[-1]):
        return Add((before[0], sum_of(before[1:], after, at)))
    if len(after) > 1 and not _differences(before[0], after[-1]) and _differences(before[0], after[-2]):
        return Add((sum_of(before, after[:-1], at), after[-1]))
    first, last = before[0], after[-1]
    falls = _runs_down(*(before[:2] if len(before) > 1 else (first, last)))
    low_end, high_end = (last, first) if falls else (first, last)
    counter, body, low, high = _between(low_end, high_end, [*before[1:], *after[:-1]], at)
    for place, term in enumerate(before):
        if substitute(body, {counter: high - place if falls else low + place}) != term:
            raise Unreadable("the terms before the dots do not go by one: write the sum with \\sum", at.start)
    if not all(_lies_on(term, body, counter) for term in after[:-1]):
        raise Unreadable("a term between the dots is not one of the sum: write it with \\sum", at.start)
    return Sum(body, (Index.letter(counter), low, high), dots=True)


def product_of(before: Sequence[Expr], after: Sequence[Expr], at: Mark) -> tuple[Product, Sequence[Expr]]:
    """The product with the dots in it, in the order of its factors, and the factors behind it."""
    # Factors behind the dots belong to the product as long as each is one step further.
    end = 1
    while end < len(after) and _go_on(before[0], after[end - 1], after[end]):
        end += 1
    first, last = before[0], after[end - 1]
    falls = _runs_down(*(before[:2] if len(before) > 1 else after[end - 2 : end] if end > 1 else (first, last)))
    low, high = (last, first) if falls else (first, last)
    counter, body, start, stop = _between(low, high, [], at)
    for place, factor in enumerate(before):
        if substitute(body, {counter: stop - place if falls else start + place}) != factor:
            raise Unreadable("the factors before the dots do not go by one: write it with \\prod", at.start)
    return Product(body, (Index.letter(counter), start, stop), ascending=not falls, dots=True), after[end:]


def _between(first: Expr, last: Expr, others: Sequence[Expr], at: Mark) -> tuple[str, Expr, Index, Index]:
    """The index, the body and the bounds of a sum or product from ``first`` to ``last``."""
    pairs = list(_differences(first, last))
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
    """The index: one that stands alone in a term between the ends, else by custom."""
    ends = free_indices(first) | free_indices(last)
    for term in others:
        for node in walk(term):
            if isinstance(node, At) and len(node.index.terms) == 1 and node.index.constant == 0:
                name = node.index.name()
                if name not in ends:
                    return name
    return next(name for name in DOTS_COUNTERS if name not in ends)


def _lies_on(term: Expr, body: Expr, counter: str) -> bool:
    """Whether a term is the body at some value of the index."""
    for a, b in _differences(body, term):
        shift = dict(a.terms).get(counter, 0)
        if shift:
            return substitute(body, {counter: b - (a - Index.letter(counter))}) == term
    return False


def _go_on(first: Expr, one: Expr, other: Expr) -> bool:
    """Whether ``other`` is one step further than ``one``, among factors that begin with ``first``."""
    steps = {b - a for a, b in _differences(one, other) if a != b}
    moves = [(a != b) for a, b in _differences(first, one)]
    return (
        len(steps) == 1
        and steps <= {Index.of(1), Index.of(-1)}
        and [(a != b) for a, b in _differences(one, other)] == moves
    )


def _runs_down(one: Expr, other: Expr) -> bool:
    """Whether the first of two factors has the larger index; where only letters tell, t is larger than any other."""
    (gap, *_) = [b - a for a, b in _differences(one, other) if a != b] or [Index.of(0)]
    last = [count for name, count in gap.terms if name in (STEP, LAST)]
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


def _differences(one: Expr, other: Expr) -> list[tuple[Index, Index]]:
    """The indices of two expressions in pairs; empty where the expressions differ in more than their indices."""
    a, b = _indices_of(one), _indices_of(other)
    if len(a) != len(b) or _reindexed(one, iter(b)) != other:
        return []
    return list(zip(a, b, strict=True))


def _reindexed(node: Expr, indices: Iterator[Index]) -> Expr:
    def visit(part: Expr) -> Expr:
        return rebuild(part, visit, lambda _: next(indices))

    return visit(node)
