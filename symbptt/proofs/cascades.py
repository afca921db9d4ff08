"""A side of an equation as a matrix of expressions, in a time that grows as the step does.

Σ_i (Π_{j=i+1..t} J_j) · R_i written out has t²/2 factors, but each product is the one before it with one more factor on
its right. The products are kept, and the graph is node for node the one that ``Unrolling.side`` makes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

from symbptt.page.expansion import expand
from symbptt.page.notation import Add, Expr, Mul, Product, Sum, free_indices, substitute
from symbptt.proofs.unrolled import Matrix, Unrolling


def write_side(unrolling: Unrolling, node: Expr, values: Mapping[str, int]) -> Matrix:
    """A resolved side where its indices have these values; raises as ``Unrolling.side`` does."""
    terms = list(_terms(unrolling, substitute(node, values)))
    return terms[0] if len(terms) == 1 else unrolling.total(terms)


def runs_along(node: Sum, product: Product) -> bool:
    """Whether the product gains one factor on its right as the index of the sum falls by one, and changes in nothing
    else."""
    moves = dict(product.lower.terms).get(node.index) == 1 and node.index not in product.upper.letters()
    return moves and not product.ascending and node.index not in free_indices(product.body)


def _terms(unrolling: Unrolling, node: Expr) -> Iterator[Matrix]:
    match node:
        case Add():
            for part in node.parts:
                yield from _terms(unrolling, part)
        case Sum(body=Mul(parts=(Product() as product, *rest))) if runs_along(node, product) and (
            node.lower.value() <= node.upper.value()
        ):
            yield from _cascade(unrolling, node, product, rest)
        case _:
            whole = expand(node, {})
            for part in whole.parts if isinstance(whole, Add) else (whole,):
                yield unrolling.written_out(part)


def _cascade(unrolling: Unrolling, node: Sum, product: Product, rest: list[Expr]) -> Iterator[Matrix]:
    def written(part: Expr, values: Mapping[str, int]) -> Matrix:
        return unrolling.written_out(expand(part, values))

    so_far: Matrix | None = None
    behind = product.upper.value() + 1
    for i in range(node.upper.value(), node.lower.value() - 1, -1):
        for j in range(behind - 1, product.lower.substitute({node.index: i}).value() - 1, -1):
            factor = written(product.body, {product.index: j})
            so_far = factor if so_far is None else unrolling.times(so_far, factor)
            behind = j
        factors = [written(part, {node.index: i}) for part in rest]
        yield functools.reduce(unrolling.times, factors if so_far is None else [so_far, *factors])
