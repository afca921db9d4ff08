"""Certificates: the one-step relation on an unrolled graph, at every step, at the cost of the graph.

Written out down to h_0, an entry of d h_t/dw has (n^(t-1) + n - 2)/(n - 1) monomials, and more when the derivative of
the activation is itself a sum. A certificate differentiates the same unrolled graph, once, and then checks at every
step, entry by entry and exactly, that

    d s_k/dw = ∂°s_k/∂w + Σ_u ∂°s_k/∂u · d u/dw        over the states u in the own definition of s_k

with only the youngest step unfolded: the u and the d u/dw stand as atoms. Both sides are then polynomials of a few
terms, whatever t is. What a claim says follows from these relations by the rules of `words`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import S

from symbptt.page.notation import At, Expr, Index, Letter, partial, walk
from symbptt.page.resolved import taken_at
from symbptt.page.shapes import parts
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.graph import postorder
from symbptt.proofs.unrolled import Unrolling


def states_in(sides: Iterable[Expr], values: dict[str, int]) -> list[At]:
    """The states that the sides speak of at a step, each at the latest step it is taken at."""
    last: dict[Letter, int] = {}
    for side in sides:
        for node, _, index in taken_at(side):
            if node.letter.kind == "state" and node.letter.last is None:
                step = index.substitute(values).value()
                last[node.letter] = max(step, last.get(node.letter, 0))
    return [At(letter, Index.of(step)) for letter, step in last.items()]


def certify(unrolling: Unrolling, weights: Iterable[Letter], last: Iterable[At]) -> tuple[int, str]:
    """Check the relation for every state at and below ``last``, in every entry of the weights.

    Returns how many entries were compared, and where the relation fails; the empty string: nowhere.
    """
    below = _below(unrolling, last)
    entries = {state: list(unrolling.state(state).T.flat) for state in below}
    order = postorder([entry for state in below for entry in entries[state]])
    graph = unrolling.graph
    compared = 0
    # A concatenated weight has no entries but those of its parts.
    for weight in dict.fromkeys(part for taken in weights for part in parts(unrolling.page, taken)):
        columns = graph.rates(order, unrolling.variables(weight))
        for state, used in below.items():
            if used is None:
                continue
            forms = NormalForms()
            for inner in used:
                for entry in entries[inner]:
                    forms.name(entry)
                    for moves in columns:
                        forms.name(moves.get(entry, S.Zero))
            immediate = unrolling.side(partial(state, weight, own=True), {})
            jacobians = {inner: unrolling.side(partial(state, inner, own=True), {}) for inner in used}
            for row, entry in enumerate(entries[state]):
                slopes = [
                    pair
                    for inner, jacobian in jacobians.items()
                    for pair in zip(jacobian[row], entries[inner], strict=True)
                ]
                for place, moves in enumerate(columns):
                    (left,) = forms.of([moves.get(entry, S.Zero)])
                    through = [(slope, moves[below_it]) for slope, below_it in slopes if below_it in moves]
                    compared += 1
                    if left != forms.combined(immediate[row, place], through):
                        return compared, f"the one-step relation of {state} in {weight} fails in row {row + 1}"
    return compared, ""


def _below(unrolling: Unrolling, last: Iterable[At]) -> dict[At, tuple[At, ...] | None]:
    """Each state at or below ``last`` with the states in its own definition; None for a constant first state."""
    found: dict[At, tuple[At, ...] | None] = {}
    pending = list(last)
    while pending:
        state = pending.pop()
        if state in found:
            continue
        body = unrolling.definition(state)
        found[state] = None
        if body is not None:
            used = (node for node in walk(body) if isinstance(node, At) and node.letter.kind == "state")
            found[state] = tuple(dict.fromkeys(used))
            pending.extend(found[state] or ())
    return found
