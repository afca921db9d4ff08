"""Where the entries of a printed derivative stand: the conventions that authors keep to, and a claim under each.

A page prints ∂L/∂W and does not say whether that is a row over the entries of W or a matrix of the shape of W. Under a
convention every derivative has one layout (:class:`~symbptt.page.notation.Laid`), and the claim is then one equation,
judged like any other. The table of conventions is that of matrix calculus (Magnus and Neudecker, Matrix Differential
Calculus, chapter 9, for the numerator's).

>>> from symbptt.page.notation import Sum, d, indices, sizes, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, L, w = state("h", n), state("L"), weight("w", n, n)
>>> page = Derivation("A loss")
>>> _ = page.define("h", h[t], w @ h[t - 1])
>>> _ = page.define("L", L, Sum(h[t].T @ h[t], (t, 1, T)))
>>> claim = d(L, w)
>>> [str(shape(page, page.resolve(laid_by(page, claim, convention)))[1]) for convention in CONVENTIONS]
['nn', 'n', 'n', 'n']
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symbptt.errors import SymbpttError
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Arrangement,
    Block,
    Diag,
    Either,
    Expr,
    Hadamard,
    Laid,
    Letter,
    Partial,
    Shape,
    Total,
    Transpose,
    children,
    first_option,
    owner,
    rebuild,
)
from symbptt.page.shapes import SCALAR, shape


@dataclass(frozen=True, slots=True)
class Convention:
    """A layout for every derivative of a page; None: that of the notation, numerator layout."""

    name: str
    words: str
    """What a report says of a page that keeps to it."""
    by_vector: Arrangement | None
    """Of the derivative of a scalar in a vector."""
    by_matrix: Arrangement | None
    """Of the derivative of a scalar in a matrix."""
    jacobian: Arrangement | None
    """Of the derivative of a vector."""

    def arrangement(self, of: Shape, wrt: Shape) -> Arrangement | None:
        """Where the entries of a derivative stand."""
        if of != SCALAR:
            return self.jacobian
        return None if wrt == SCALAR else self.by_vector if ONE in wrt else self.by_matrix


NUMERATOR = Convention("numerator", "gradients are rows", None, None, None)
TURNED = Convention(
    "numerator with transposed matrices",
    "gradients are rows, and the gradient in a matrix is the transpose of one in its shape",
    None,
    "shaped transposed",
    None,
)
MIXED = Convention("mixed", "gradients have the shape of what they are taken in", "shaped", "shaped", None)
DENOMINATOR = Convention(
    "denominator",
    "gradients have the shape of what they are taken in, and a Jacobian has a row for each entry of that",
    "shaped",
    "shaped",
    "transposed",
)
CONVENTIONS = (NUMERATOR, TURNED, MIXED, DENOMINATOR)
"""Every convention, in the order in which one is chosen where several fit."""


def laid_by(page: Derivation, node: Expr, convention: Convention) -> Expr:
    """What is printed, with every derivative in the layout that a convention gives it.

    One that has a layout already, such as ∇_W L, keeps it; one that does not compose stays as it is.
    """
    match node:
        case Laid():
            return node
        case Total() | Partial() | Block() | Either(point="derivative"):
            try:
                arrangement = convention.arrangement(*_shapes(page, node))
            except SymbpttError:
                return node
            return node if arrangement is None else Laid(node, arrangement)
        case _:
            return rebuild(node, lambda part: laid_by(page, part, convention), lambda index: index)


def stated_by(page: Derivation, equation: Equation, convention: Convention) -> Equation:
    """An equation under a convention."""
    if convention == NUMERATOR:
        return equation
    left, right = (laid_by(page, side, convention) for side in equation.sides)
    return equation.with_sides(left, right)


def is_explicit(sides: Iterable[Expr]) -> bool:
    """Whether more than derivatives stands in a claim: a matrix, a transpose, diag, ⊙."""
    return any(map(_is_explicit, sides))


def writes_jacobian_out(page: Derivation, sides: Iterable[Expr]) -> bool:
    """Whether a claim has Jacobians alone on one side, and on another what they are made of.

    Only that says how they lie: among other factors the order of a Jacobian, or its transpose, may be the slip.
    """
    listed = list(sides)
    jacobian = [laid_by(page, side, MIXED) != laid_by(page, side, DENOMINATOR) for side in listed]
    explicit = list(map(_is_explicit, listed))
    return (True, False) in zip(jacobian, explicit, strict=True) and (False, True) in zip(
        jacobian, explicit, strict=True
    )


def _is_explicit(node: Expr) -> bool:
    match node:
        case Total() | Partial() | Block() | Laid() | Either():
            return False
        case Transpose() | Diag() | Hadamard():
            return True
        case Letter(kind="weight"):
            return True
        case _:
            return any(map(_is_explicit, children(node)))


def _shapes(page: Derivation, node: Total | Partial | Block | Either) -> tuple[Shape, Shape]:
    """The shapes of what is differentiated and of what it is differentiated in."""
    first = first_option(node)
    assert isinstance(first, (Total, Partial, Block))
    derivative = first.of if isinstance(first, Block) else first
    wrt = first.part if isinstance(first, Block) else owner(first.wrt)
    resolved = page.resolve(derivative)
    assert isinstance(resolved, (Total, Partial))
    return shape(page, resolved.of), shape(page, wrt)
