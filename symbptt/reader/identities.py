r"""The identity matrix, written I without a size: it is as large as what it stands beside.

A formula is read with ``BARE`` in its place. In a product it is left out; in a sum it has the shape of the other terms;
alone it has that of the other side. Anywhere else its size cannot be found, and it is refused.

>>> from symbptt.page.notation import At, weight
>>> W = weight("W")
>>> print(placed(BARE + W, None), placed(W @ BARE, None), repr(placed(BARE, W)) == repr(Identity(W)))
I + W W True
"""

from __future__ import annotations

from collections.abc import Sequence

from symbptt.errors import Unreadable
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    ONE,
    Add,
    At,
    Either,
    Expr,
    Hadamard,
    Identity,
    IndexValue,
    Kronecker,
    Letter,
    Mul,
    Number,
    Power,
    Product,
    Ranged,
    Sum,
    Transpose,
    first_option,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import SCALAR, written
from symbptt.reader.alphabet import BARE
from symbptt.reader.sizing import is_multiplier, shape_on

UNTOLD = "I is the identity, and its size cannot be told here: use another letter for a weight or an input"


def placed(node: Expr, like: Expr | None, page: Derivation | None = None) -> Expr:
    """The expression with a shape for each bare identity; ``like`` has the shape of the whole expression.

    An identity whose shape is unknown stays bare. On a page a scalar times the identity is a matrix.
    """
    match node:
        case Identity() if node == BARE:
            return BARE if like is None or _has_bare(like) else Identity(_one_of(first_option(like)))
        case Transpose(of=of) if _is_multiple(of):
            return placed(of, like, page)
        case Power(base=base) if base == BARE:
            return placed(base, like, page)
        case Mul(parts=parts) if BARE in map(_plain, parts):
            return _times(parts, like, page)
        case Add(parts=parts) | Hadamard(parts=parts):
            beside = next((part for part in parts if not _has_bare(part) and not _is_number(part)), like)
            return type(node)(tuple(placed(part, beside, page) for part in parts))
        case Kronecker(left, right) if BARE in (left, right) and left != right:
            return _beside(left, right, like, page)
        case Mul(parts=parts) if sum(not _is_number(part) for part in parts) == 1:
            # A multiple has the shape of what it is a multiple of.
            return Mul(tuple(part if _is_number(part) else placed(part, like, page) for part in parts))
        case Mul(parts=parts) if any(isinstance(part, Kronecker) and _has_bare(part) for part in parts):
            return Mul(tuple(_among(parts, place, page) for place in range(len(parts))))
        case Sum() | Product() | Either() | Mul() | Power():
            inner = None if isinstance(node, Mul) else like
            return rebuild(node, lambda part: placed(part, inner, page), lambda index: index)
        case Transpose():
            turned = None if like is None else Transpose(like)
            return rebuild(node, lambda part: placed(part, turned, page), lambda index: index)
        case Identity():
            return node
        case _:
            return rebuild(node, lambda part: placed(part, None, page), lambda index: index)


def _one_of(node: Expr) -> Expr:
    """The expression with a term or factor for each Σ and Π: it has the same shape, and no index of its own."""
    if isinstance(node, Ranged):
        return _one_of(substitute(node.body, {node.index: node.lower}))
    return rebuild(node, _one_of, lambda index: index)


def check_placed(page: Derivation | None, sides: Sequence[Expr]) -> None:
    """Raise :class:`Unreadable` where an identity has no size, or would not be square."""
    for node in (node for side in sides for node in walk(side) if isinstance(node, Identity)):
        if node == BARE:
            raise Unreadable(UNTOLD, 0)
        found = shape_on(page, node) if page is not None else None
        if found is not None and found[0] != found[1]:
            raise Unreadable(f"I is the identity, but what it stands beside is {written(found)}", 0)


def _times(parts: Sequence[Expr], like: Expr | None, page: Derivation | None) -> Expr:
    rest = tuple(placed(part, None, page) for part in parts if _plain(part) != BARE)
    told = all(map(is_multiplier, rest)) if page is None else _is_scalar(page, rest)
    if not all(map(_is_number, rest)) and not told:
        return rest[0] if len(rest) == 1 else Mul(rest)
    own = placed(BARE, like)
    return Mul((*rest, own)) if rest else own


def _beside(left: Expr, right: Expr, like: Expr | None, page: Derivation | None) -> Expr:
    """h_{t-1}ᵀ ⊗ I: beside a row the identity has as many rows as the whole, beside a column as many columns.

    Beside a matrix it has the rows or the columns of a letter of the whole, with which the whole has its shape.
    """
    factors = tuple(part if part == BARE else placed(part, None, page) for part in (left, right))
    other = shape_on(page, factors[factors[0] == BARE]) if page is not None else None
    if page is None or like is None or _has_bare(like) or other is None:
        return Kronecker(*factors)
    whole = _one_of(first_option(like))
    turned = Transpose(whole)
    if ONE in other:
        owns = [Identity(Mul((whole, turned) if other[0] == ONE else (turned, whole)))]
    else:
        letters = [part for part in walk(whole) if isinstance(part, (At, Letter))]
        pairs = ((pair, pair[::-1]) for pair in ((part, Transpose(part)) for part in letters))
        owns = [Identity(Mul(pair)) for both in pairs for pair in both]
    filled = (Kronecker(*(own if part == BARE else part for part in factors)) for own in owns)
    fitting = (made for made in filled if ONE in other or shape_on(page, made) == shape_on(page, whole))
    return next(fitting, Kronecker(*factors))


def _among(parts: Sequence[Expr], place: int, page: Derivation | None) -> Expr:
    """A factor; of a Kronecker product the rows are known from what stands before it, or the columns from behind."""
    part = parts[place]
    if not isinstance(part, Kronecker) or not _has_bare(part):
        return placed(part, None, page)
    other = None if page is None else shape_on(page, part.right if part.left == BARE else part.left)
    # Rows are told by what stands before it, columns by what stands behind.
    at = place - 1 if other is not None and other[0] == ONE else place + 1
    like = parts[at] if 0 <= at < len(parts) else BARE
    return placed(part, None if _has_bare(like) else Transpose(like), page)


def _plain(node: Expr) -> Expr:
    """The bare identity for its transpose and its powers; any other expression as it is."""
    while (isinstance(node, Transpose) and _plain(node.of) == BARE) or (isinstance(node, Power) and node.base == BARE):
        node = node.of if isinstance(node, Transpose) else node.base
    return node


def _is_multiple(node: Expr) -> bool:
    return _plain(node) == BARE or (
        isinstance(node, Mul) and all(_plain(part) == BARE or _is_number(part) for part in node.parts)
    )


def _has_bare(node: Expr) -> bool:
    return any(part == BARE for part in walk(node))


def _is_number(node: Expr) -> bool:
    if isinstance(node, Transpose):
        return _is_number(node.of)
    return isinstance(node, (Number, IndexValue)) or (isinstance(node, Mul) and all(map(_is_number, node.parts)))


def _is_scalar(page: Derivation, parts: Sequence[Expr]) -> bool:
    return shape_on(page, Mul(tuple(parts))) == SCALAR
