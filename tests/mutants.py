"""One-slip mutants of an equation: each is what a tired hand writes instead of the right side.

A slip is made at one place of the expression, whatever the expression is: a bound or a step off by one, a sign, a term
or a factor dropped, two neighbours swapped, one derivative for the other, a transposed Jacobian, another weight, a
product in the other order. Some slips change nothing, as a sum from 0 where the derivative of h_0 is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from symbptt import Derivation, Product, Sum, d, data, function, indices, partial, sizes, state, weight
from symbptt.page.notation import Add, At, Expr, Letter, Mul, Partial, Ranged, Total, Transpose
from symbptt.page.notation import Product as Ordered

t, i, j = indices("t i j")
(n,) = sizes("n")
h, z = state("h", n), data("z", n)
W, V, phi = weight("W", n, n), weight("V", n, n), function("phi")
OTHER = {W: V, V: W}


def page() -> Derivation:
    """A recurrence with two weights of one shape, so that one in place of the other composes."""
    made = Derivation("A recurrence")
    made.define("h", h[t], phi(W @ h[t - 1] + V @ z[t]))
    return made


def jacobian() -> Expr:
    return partial(h[j], h[j - 1])


CLAIMS: dict[str, tuple[Expr, Expr]] = {
    "box": (d(h[t], W), partial(h[t], W) + Sum(Product(jacobian(), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1))),
    "one sum": (d(h[t], V), Sum(Product(jacobian(), (j, i + 1, t)) @ partial(h[i], V), (i, 1, t))),
    "one step": (d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W)),
    "two steps": (
        d(h[t], V),
        partial(h[t], V)
        + partial(h[t], h[t - 1]) @ partial(h[t - 1], V)
        + partial(h[t], h[t - 1]) @ partial(h[t - 1], h[t - 2]) @ d(h[t - 2], V),
    ),
    "several steps": (partial(h[t], h[0]), Product(jacobian(), (j, 1, t))),
}


def mutants(node: Expr) -> Iterator[tuple[str, Expr]]:
    """Every slip of the expression with its name, each at one place."""
    yield from _slips(node)
    for field in fields(node):
        inner = getattr(node, field.name)
        if isinstance(inner, Expr) and not isinstance(inner, Letter):
            for said, made in mutants(inner):
                yield said, _with(node, made) if isinstance(node, Ranged) else _changed(node, field.name, made)
        elif isinstance(inner, tuple) and inner and isinstance(inner[0], Expr):
            for place, part in enumerate(inner):
                for said, made in mutants(part):
                    yield said, _changed(node, field.name, (*inner[:place], made, *inner[place + 1 :]))


def _changed(node: Any, name: str, value: object) -> Expr:
    made: Expr = replace(node, **{name: value})
    return made


def _with(node: Sum | Product, body: Expr, lower: int = 0, upper: int = 0) -> Expr:
    bounds = (node.bounds[0], node.lower + lower, node.upper + upper)
    if isinstance(node, Ordered):
        return Product(body, bounds, ascending=node.ascending)
    return Sum(body, bounds)


def _slips(node: Expr) -> Iterator[tuple[str, Expr]]:
    yield "sign", -node
    match node:
        case Ranged():
            for change in (-1, 1):
                yield "lower bound", _with(node, node.body, lower=change)
                yield "upper bound", _with(node, node.body, upper=change)
            if isinstance(node, Ordered):
                yield "order", Product(node.body, node.bounds, ascending=not node.ascending)
        case Add():
            for place in range(len(node.parts)):
                yield "dropped term", _joined(Add, node.parts[:place] + node.parts[place + 1 :])
        case Mul():
            for place in range(len(node.parts)):
                yield "dropped factor", _joined(Mul, node.parts[:place] + node.parts[place + 1 :])
            for place in range(len(node.parts) - 1):
                a, b = node.parts[place : place + 2]
                yield "swapped neighbours", Mul((*node.parts[:place], b, a, *node.parts[place + 2 :]))
        case At():
            for change in (-1, 1):
                yield "step", At(node.letter, node.index + change)
        case Total(of=of, wrt=wrt):
            yield "immediate for total", Partial(of, wrt)
        case Partial(of=of, wrt=wrt) if not node.is_jacobian():
            yield "total for immediate", Total(of, wrt)
        case Partial():
            yield "transposed", Transpose(node)
    if isinstance(node, (Total, Partial)) and isinstance(node.wrt, Letter) and node.wrt in OTHER:
        yield "other weight", replace(node, wrt=OTHER[node.wrt])


def _joined(kind: type[Add] | type[Mul], parts: tuple[Expr, ...]) -> Expr:
    return parts[0] if len(parts) == 1 else kind(parts)
