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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from symbptt.errors import IllTyped, SymbpttError
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Add,
    Arrangement,
    Block,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
    Laid,
    Letter,
    Mul,
    Ones,
    Partial,
    Product,
    Shape,
    Sum,
    Total,
    Transpose,
    Zero,
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
BY_NAME: Mapping[str, Convention] = MappingProxyType({one.name: one for one in CONVENTIONS})


def laid_by(page: Derivation, node: Expr, convention: Convention) -> Expr:
    """What is printed, with every derivative in the layout that a convention gives it.

    One that has a layout already, such as ∇_W L, keeps it; one that does not compose stays as it is.
    """
    match node:
        case Laid():
            return node
        case Total() | Partial() | Block() | Either(point="derivative"):
            try:
                arrangement = _arrangement(page, node, convention)
            except SymbpttError:
                return node
            return node if arrangement is None else Laid(node, arrangement)
        case _:
            return rebuild(node, lambda part: laid_by(page, part, convention), lambda index: index)


def stated_by(page: Derivation, equation: Equation, convention: Convention) -> Equation:
    """An equation under a convention; one about entries says itself which of them is meant."""
    if convention == NUMERATOR or equation.tag in page.by_entries:
        return equation
    left, right = (laid_by(page, side, convention) for side in equation.sides)
    return equation.with_sides(left, right)


def printed_under(page: Derivation, equation: Equation, convention: Convention) -> Equation:
    """The same statement with every derivative in the layout of a convention, transposed where that needs it.

    In numerator layout a gradient that has the shape of its matrix is the transpose of it. Where the left side is then
    a derivative that is transposed, both sides are turned. Raises :class:`IllTyped` where a row over the entries of a
    matrix would have to be the matrix, or the other way round.

    >>> from symbptt.page.notation import d, function, indices, partial, sizes, state, weight
    >>> t, T = indices("t T")
    >>> n, = sizes("n")
    >>> h, L, w, phi = state("h", n), state("L"), weight("w", n, n), function("phi")
    >>> page = Derivation("A loss")
    >>> _ = page.define("h", h[t], phi(w @ h[t - 1]))
    >>> _ = page.define("L", L, Sum(h[t].T @ h[t], (t, 1, T)))
    >>> claim = page.claim("c", d(L, h[t]), d(L, h[t + 1]) @ partial(h[t + 1], h[t]))
    >>> for convention in (NUMERATOR, MIXED, DENOMINATOR):
    ...     print(" = ".join(map(str, printed_under(page, claim, convention).sides)))
    d L/d h_t = d L/d h_{t+1} · ∂h_{t+1}/∂h_t
    d L/d h_t = (∂h_{t+1}/∂h_t)ᵀ · d L/d h_{t+1}
    d L/d h_t = ∂h_{t+1}/∂h_t · d L/d h_{t+1}
    """
    try:
        sides = [_printed(page, side, convention) for side in equation.chain]
    except IllTyped:
        if convention != NUMERATOR:
            raise
        sides = [_printed(page, side, TURNED) for side in equation.chain]
    if isinstance(sides[0], Transpose) and isinstance(sides[0].of, (Total, Partial, Block, Laid, Either)):
        sides = [turned(page, side) for side in sides]
    return replace(equation, left=sides[0], right=sides[-1]) if len(sides) > 1 else equation


def _printed(page: Derivation, node: Expr, convention: Convention) -> Expr:
    match node:
        case Laid(of):
            now: Arrangement | None = node.arrangement
        case Total() | Partial() | Block() | Either(point="derivative"):
            of, now = node, None
        case Transpose(of):
            inner = _printed(page, of, convention)
            return inner.of if isinstance(inner, Transpose) else Transpose(inner)
        case _:
            return rebuild(node, lambda part: _printed(page, part, convention), lambda index: index)
    if isinstance(node, Laid) and node.nabla:
        return node
    ends = _shapes(page, of)
    then = _arrangement(page, of, convention)
    if then == now:
        return node
    if None in (now, then) and ends[0] == SCALAR and ONE not in ends[1]:
        raise IllTyped(f"{node} is a row over the entries of a matrix and no matrix where {convention.words}")
    made = of if then is None else Laid(of, then)
    is_row = ends[0] == SCALAR and ends[1][0] == ONE
    return made if is_row else Transpose(made)


def turned(page: Derivation, node: Expr) -> Expr:
    """The transpose of an expression, its factors turned and in the other order."""
    match node:
        case Transpose(of):
            return of
        case Add(parts) | Hadamard(parts):
            return replace(node, parts=tuple(turned(page, part) for part in parts))
        case Mul(parts):
            numbers = tuple(part for part in parts if _is_number(page, part))
            return Mul((*numbers, *(turned(page, part) for part in reversed(parts) if part not in numbers)))
        case Sum():
            return replace(node, body=turned(page, node.body))
        case Product():
            return replace(node, body=turned(page, node.body), ascending=not node.ascending)
        case Ones(like) | Zero(like):
            return replace(node, like=Transpose(like))
        case Diag() | Identity():
            return node
        case _:
            return node if _is_number(page, node) else Transpose(node)


def _is_number(page: Derivation, node: Expr) -> bool:
    try:
        # What a sign may mean has one shape, whatever it is.
        return shape(page, page.resolve(first_option(node))) == SCALAR
    except SymbpttError:
        return False  # what stands under an index of a sum is looked at by its letters


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


def vec_of(matrix: Letter, latex: str) -> Letter:
    """A matrix, spelled as its vec: a derivative in it is over its entries, a row or a column, and not in its shape."""
    return matrix.spelled(f"vec({matrix})", rf"\operatorname{{vec}}({latex})")


def _arrangement(
    page: Derivation, node: Total | Partial | Block | Either, convention: Convention
) -> Arrangement | None:
    """Where the entries of a derivative stand; what is taken in a vec stands as what is taken in a vector does."""
    of, wrt = _shapes(page, node)
    found = convention.arrangement(of, wrt)
    taken_in = Laid(node, "transposed").wrt
    if of != SCALAR or not isinstance(taken_in, Letter) or not taken_in.text.startswith("vec("):
        return found
    return None if convention.by_vector is None else "transposed"


def _shapes(page: Derivation, node: Total | Partial | Block | Either) -> tuple[Shape, Shape]:
    """The shapes of what is differentiated and of what it is differentiated in."""
    first = first_option(node)
    assert isinstance(first, (Total, Partial, Block))
    derivative = first.of if isinstance(first, Block) else first
    wrt = first.part if isinstance(first, Block) else owner(first.wrt)
    resolved = page.resolve(derivative)
    assert isinstance(resolved, (Total, Partial))
    return shape(page, resolved.of), shape(page, wrt)
