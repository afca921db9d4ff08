r"""The signs that other pages have for the two derivatives, each written with the nodes of the notation.

``plus`` is the house's own: d for the total derivative, ∂⁺ for the immediate partial. ``note`` writes one ∂ for both,
as many notes do, and so says less than was proved. ``d2l`` writes ∂ for the total derivative and differentiates the
function that names the step for the immediate partial, ∂f(x_t, h_{t-1}, w)/∂w, as *Dive into Deep Learning* does in its
section 9.7; where the page gives the step no such name, ∂⁺ stays.

>>> from symbptt.page.notation import d, data, function, indices, partial, sizes, state, weight
>>> from symbptt.printing.tex import latex
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, x, w, f = state("h", n), data("x", n), weight("w", n, n), function("f", n)
>>> page = Derivation("Any step")
>>> _ = page.define("h", h[t], f(x[t], h[t - 1], w))
>>> for name in DIALECTS:
...     print(latex(in_dialect(page, d(h[3], w), name)), latex(in_dialect(page, partial(h[3], w), name)))
\frac{d h_{3}}{d w} \frac{\partial^{+} h_{3}}{\partial w}
\frac{\partial h_{3}}{\partial w} \frac{\partial h_{3}}{\partial w}
\frac{\partial h_{3}}{\partial w} \frac{\partial f(x_{3}, h_{2}, w)}{\partial w}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

from symbptt.page.conventions import DENOMINATOR, MIXED, NUMERATOR, Convention, printed_under
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    Apply,
    At,
    Block,
    Copy,
    Either,
    Expr,
    Identity,
    Ones,
    Partial,
    Total,
    Zero,
    rebuild,
    substitute,
)

Dialect: TypeAlias = Literal["plus", "note", "d2l"]
DIALECTS: tuple[Dialect, ...] = ("plus", "note", "d2l")
LAYOUTS: Mapping[str, Convention] = {one.name: one for one in (NUMERATOR, MIXED, DENOMINATOR)}
"""The conventions in whose layout a page can be printed, with the signs of ``plus``."""
NOTATIONS = (*DIALECTS, *LAYOUTS)


def in_layout(page: Derivation, equation: Equation, notation: str) -> tuple[Equation, Dialect]:
    """An equation in the layout that a notation names, and the signs that go with it.

    Raises :class:`IllTyped` where it has no such layout.
    """
    if notation in LAYOUTS:
        return printed_under(page, equation, LAYOUTS[notation]), "plus"
    return equation, next(dialect for dialect in DIALECTS if dialect == notation)


def in_dialect(page: Derivation, node: Expr, dialect: Dialect) -> Expr:
    """The expression with the signs of a dialect. For showing only: what ∂ means there cannot be told any more."""
    if dialect == "plus":
        return node
    match node:
        case Total():
            return _one_sign(node)
        case Partial() if not isinstance(node.of, At):
            return node
        case Partial() if dialect == "d2l":
            return _named(page, node)
        case Partial() if not node.is_jacobian():
            return _one_sign(node)
        case Block(of, part):
            made = in_dialect(page, of, dialect)
            if isinstance(made, Either):
                return Either((Block(Total(of.of, of.wrt), part), Block(Partial(of.of, of.wrt), part)), "derivative")
            assert isinstance(made, (Total, Partial))
            return Block(made, part)
        case Zero() | Identity() | Ones() | Partial():
            return node
        case _:
            return rebuild(node, lambda part: in_dialect(page, part, dialect), lambda index: index)


def _one_sign(node: Total | Partial) -> Expr:
    return Either((Total(node.of, node.wrt), Partial(node.of, node.wrt)), "derivative")


def _named(page: Derivation, node: Partial) -> Partial:
    """The partial of the function that names the step; of several, of the one with the most arguments."""
    assert isinstance(node.of, At)
    wrt = node.wrt.weight if isinstance(node.wrt, Copy) else node.wrt
    found = [name for name in _names(page, node.of) if wrt in name.arguments]
    if not found:
        return node
    named = max(found, key=lambda name: len(name.arguments))
    # A letter that the page spells in several ways is spelled as it is differentiated in: ∂ell(o_t, d_t)/∂o_t.
    arguments = tuple(wrt if argument == wrt else argument for argument in named.arguments)
    return replace(node, of=replace(named, arguments=arguments))


def _names(page: Derivation, state: At) -> Iterator[Apply]:
    for equation in page.equations:
        left = equation.left
        if isinstance(left, At) and left.letter == state.letter and left.index.terms:
            (clock,) = left.index.letters()
            for name in equation.names:
                shifted = substitute(name, {clock: state.index - left.index.constant})
                assert isinstance(shifted, Apply)
                yield shifted
