r"""Signs that mean what the shapes of their operands make of them, as what they are composed of.

The translation writes such a sign as one of the functions here, applied; on a page, where every shape is known, it is
composed of nodes that everything has a rule for. 1 - z_t and h_t^2 are entry by entry where these are columns.

>>> from symbptt.page.notation import data, indices, sizes
>>> (t,), (n,) = indices("t"), sizes("n")
>>> x = data("x", n)
>>> print(composed(Derivation("Data"), Apply(SQUARED_NORM, (1 - x[t],))))
(1 - x_t)ᵀ · (1 - x_t)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import cast

from symbptt.errors import Unreadable
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    NAME,
    ONE,
    Add,
    Apply,
    At,
    Concat,
    Diag,
    Dim,
    Either,
    Expr,
    Hadamard,
    Index,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Shape,
    Sum,
    Total,
    Transpose,
    children,
    first_option,
    function,
    ones,
    rebuild,
    softmax,
    walk,
)
from symbptt.page.shapes import SCALAR
from symbptt.reader.sizing import (
    SQUARED_LENGTH,
    SQUARED_NORM,
    SQUARED_SIZE,
    SQUARES,
    STACKED,
    STAR,
    is_entrywise,
    is_number,
    shape_on,
)

SOFTMAX = function("softmax")
"""The softmax of a column."""
BARE_ONES = Ones(Number.of(1))
"""A column of ones where nothing tells its size yet."""
NORMALISED = function("normalised")
"""A column over the sum of its entries; a number, of which nobody says that it is 1, is left as it is."""
VECTORISED = function("vec")
"""The entries of a matrix below each other, column by column."""
RECIPROCAL = function("reciprocal")
"""One over each entry."""
COMPOSED = (SQUARED_NORM, SQUARED_LENGTH, SQUARED_SIZE, SOFTMAX, STAR, STACKED, NORMALISED, VECTORISED)
"""Functions that no page has: on it they are what they are composed of."""


def composed(page: Derivation, node: Expr, taken: dict[str, None] | None = None) -> Expr:
    """The expression with every sign in it as what it is composed of on the page.

    ``taken`` is told of what is said in words: which products are meant entry by entry.
    """
    written = children(node)
    node = rebuild(node, lambda part: composed(page, part, taken), lambda index: index)
    match node:
        case Hadamard(parts=parts) if any(isinstance(part, Power) for part in written):
            # h_t^2 ⊙ a is one product of three.
            return Hadamard(tuple(chain.from_iterable(map(_factors, written, parts))))
        case Power(base=base) if is_entrywise(node) and _is_list(page, base):
            return Hadamard((base,) * node.exponent.constant)
        case Power(base=base, exponent=exponent) if exponent == Index.of(-1) and _is_tall(shape_on(page, base)):
            return Apply(RECIPROCAL, (base,))
        case Add(parts=parts) if any(map(_repeats, parts)):
            tall = [found[0] for part in parts if (found := shape_on(page, part)) is not None and found[0] != ONE]
            return Add(tuple(_repeated(part, tall[0]) if _repeats(part) else part for part in parts)) if tall else node
        case Add(parts=parts) if any(map(is_number, parts)):
            like = next((part for part in parts if not is_number(part) and _is_list(page, part)), None)
            if like is not None:
                return Add(tuple(_ones(part, first_option(like)) if is_number(part) else part for part in parts))
        case Hadamard(parts=(of, Diag(of=ones))) if ones == BARE_ONES and (found := shape_on(page, of)) is not None:
            return Hadamard((of, Diag(_column_of_ones(found[0]))))
        case Mul(parts=parts):
            return _multiplied(page, _by_blocks(page, parts), {} if taken is None else taken)
        case Kronecker(left, right) if _is_column(page, left) and _is_column(page, right) and not page.vectorises:
            return Mul((left, Transpose(right)))
        case Apply(function=applied, arguments=(of,)) if applied == VECTORISED:
            vectorised = _vec(page, of)
            return node if vectorised is None else vectorised
        case Apply(function=applied, arguments=arguments) if applied in COMPOSED:
            return _applied(page, node, arguments)
    return node


def _factors(written: Expr, made: Expr) -> tuple[Expr, ...]:
    """The factors of a power that turned out to be a product entry by entry; anything else by itself."""
    return children(made) if isinstance(written, Power) and isinstance(made, Hadamard) else (made,)


def check_composed(sides: Sequence[Expr], at: int) -> None:
    """Raise :class:`Unreadable` where a sign is left that says nothing, because nothing tells a shape."""
    for node in (node for side in sides for node in walk(side)):
        if node == BARE_ONES:
            raise Unreadable("a 1 in this font is read as in 1 - z_t, 1ᵀ z_t and X_t W + 1 bᵀ only", at)
        if isinstance(node, Apply) and node.function in COMPOSED:
            raise Unreadable(f"it is not clear what {node} is: its size cannot be told", at)


def _applied(page: Derivation, node: Apply, arguments: Sequence[Expr]) -> Expr:
    shapes = [shape_on(page, _as_columns(page, argument)) for argument in arguments]
    match node.function, arguments, shapes:
        case _ if None in shapes:
            return node
        case function, (of,), ((rows, columns) as shape,) if function in SQUARES:
            if shape == SCALAR:
                return Power(of, Index.of(2))
            if ONE in shape:
                return Mul((Transpose(of), of) if columns == ONE else (of, Transpose(of)))
            if function != SQUARED_NORM or not all(NAME.match(str(size)) for size in shape):
                return node
            return Mul((Transpose(_column_of_ones(rows)), Hadamard((of, of)), _column_of_ones(columns)))
        case function, (of,), ((rows, columns),) if function == SOFTMAX and columns == ONE != rows:
            return softmax(of)
        case function, (of,), ((rows, columns),) if function == NORMALISED and columns == ONE:
            return of if rows == ONE else of / (ones(of).T @ of)
        case function, _, _ if function == STACKED:
            return stacked(arguments) if all(found[1] == ONE for found in shapes if found) else Concat(tuple(arguments))
        case function, (left, right), (one, other) if function == STAR:
            return Hadamard((left, right)) if one == other and _is_tall(other) else Mul((left, right))
        case _:
            return node


def _vec(page: Derivation, node: Expr) -> Expr | None:
    """The entries of a matrix below each other, where that is written without a sign of its own; else None.

    The gradient of a scalar has one vec, however the page lays gradients out.
    """
    if isinstance(node, Laid) and node.arrangement == "shaped":
        return replace(node, arrangement="transposed", nabla=False)
    plain = first_option(node) if isinstance(node, (Total, Partial, Either)) else node
    if isinstance(plain, (Total, Partial)) and shape_on(page, plain.of) == SCALAR:
        return Laid(cast("Total | Partial | Either", node), "transposed")
    if _is_column(page, node):
        return node
    match node:
        case Add(parts=parts):
            made = [_vec(page, part) for part in parts]
            return Add(tuple(part for part in made if part is not None)) if None not in made else None
        case Sum(body=body):
            inside = _vec(page, body)
            return None if inside is None else replace(node, body=inside)
        case Mul(parts=parts):
            numbers = [part for part in parts if shape_on(page, part) == SCALAR]
            rest = tuple(part for part in parts if part not in numbers)
            for place in range(1, len(rest)):
                column, row = _joined(rest[:place]), _joined(rest[place:])
                if _is_column(page, column) and _is_column(page, Transpose(row)):
                    turned = row.of if isinstance(row, Transpose) else Transpose(row)
                    return _joined((*numbers, Kronecker(turned, column)))
            inside = _vec(page, rest[0]) if len(rest) == 1 else None
            return None if inside is None else _joined((*numbers, inside))
        case _:
            return None


def _joined(parts: Sequence[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else Mul(tuple(parts))


def stacked(columns: Sequence[Expr]) -> Expr:
    """Columns below each other."""
    return Transpose(Concat(tuple(map(Transpose, columns))))


def columns_of(node: Expr) -> tuple[Expr, ...]:
    """The columns that stand below each other in a column; none where it is no such one."""
    inside = node.of if isinstance(node, Transpose) and isinstance(node.of, Concat) else Concat(())
    return tuple(part.of for part in inside.parts if isinstance(part, Transpose)) if inside.parts else ()


def _by_blocks(page: Derivation, parts: Sequence[Expr]) -> list[Expr]:
    """The factors, a weight in blocks before as many columns below each other being a sum of products."""
    made: list[Expr] = []
    for part in parts:
        blocks, columns = _blocks_of(page, made[-1]) if made else (), columns_of(part)
        pairs = [Mul((block, column)) for block, column in zip(blocks, columns, strict=False)]
        if len(blocks) == len(columns) > 1 and all(shape_on(page, pair) is not None for pair in pairs):
            made[-1] = Add(tuple(pairs))
        else:
            made.append(part)
    return made


def _blocks_of(page: Derivation, node: Expr) -> tuple[Expr, ...]:
    """The blocks side by side that a matrix consists of, by its definition."""
    if isinstance(node, Letter) and node.kind == "weight":
        known = [equation.right for equation in page.definitions(node)]
        node = known[0] if len(known) == 1 and known[0] is not None else node
    return node.parts if isinstance(node, Concat) else ()


def _column_of_ones(size: Dim) -> Ones:
    """As many ones below each other; what they are counted by stands for nothing else."""
    return Ones(Letter(f"column_{size}", "data", (size, ONE)))


def _multiplied(page: Derivation, parts: Sequence[Expr], taken: dict[str, None]) -> Expr:
    """A product; a column beside one that numbers are added to, σ(z)(1 - σ(z)), is multiplied entry by entry.

    Behind a row or a matrix it is left alone: a^T b (1 - b) composes as it stands, and W b (1 - b) may be two things.
    """
    parts = [_sized(page, parts, place) for place in range(len(parts))]
    made = [parts[0]]
    for part in parts[1:]:
        gates = any(_is_of_entries(one) for one in (made[-1], part))
        one, other = (shape_on(page, _as_columns(page, side)) if gates else None for side in (made[-1], part))
        alike = one == other and _is_tall(other) and all(shape_on(page, before) == SCALAR for before in made[:-1])
        made[-1:] = [Hadamard((made[-1], part))] if alike else [made[-1], part]
        if alike:
            taken[f"columns that stand beside each other are multiplied entry by entry: {made[-1]}"] = None
    return _joined(made)


def _repeats(node: Expr) -> bool:
    """Whether it is a row below itself, 1 b and 1 bᵀ, as often as a sum that it stands in has rows."""
    return isinstance(node, Mul) and node.parts[0] == BARE_ONES


def _repeated(node: Expr, rows: Dim) -> Expr:
    assert isinstance(node, Mul)
    return Mul((_column_of_ones(rows), *node.parts[1:]))


def _sized(page: Derivation, parts: Sequence[Expr], place: int) -> Expr:
    """A factor; a column of ones has the size of what it adds up, a column or each column, in 1ᵀ z_t and Z_tᵀ 1."""
    part = parts[place]
    before, behind = parts[place - 1] if place else None, parts[place + 1] if place + 1 < len(parts) else None
    if part == Transpose(BARE_ONES) and behind is not None and _is_column(page, behind):
        return Transpose(Ones(first_option(behind)))
    if part == BARE_ONES and before is not None and _is_column(page, Transpose(before)):
        return Ones(first_option(before.of if isinstance(before, Transpose) else Transpose(before)))
    if part == Transpose(BARE_ONES) and behind is not None and (found := _of_examples(page, behind)) is not None:
        return Transpose(_column_of_ones(found[0]))
    if part == BARE_ONES and before is not None and (found := _of_examples(page, Transpose(before))) is not None:
        return _column_of_ones(found[0])
    return part


def _of_examples(page: Derivation, node: Expr) -> Shape | None:
    """The shape of a matrix in which derivatives of a scalar have the shape of what they are taken in; else None."""
    found = shape_on(page, _as_taken_in(page, node))
    return found if found is not None and ONE not in found else None


def _is_of_entries(node: Expr) -> bool:
    """Whether it is meant entry by entry: a number is added to it, or something is divided by it."""
    if isinstance(node, Add):
        return any(map(_is_spread, node.parts))
    return isinstance(node, Apply) and node.function == RECIPROCAL


def _is_spread(node: Expr) -> bool:
    """Whether it is a number at each entry."""
    return isinstance(node, Ones) or (isinstance(node, Mul) and isinstance(node.parts[-1], Ones))


def _ones(number: Expr, like: Expr) -> Expr:
    return Ones(like) if number == Number.of(1) else Mul((number, Ones(like)))


def _is_list(page: Derivation, node: Expr) -> bool:
    """Whether it is a column, a row, or rows of examples: what no sum with a number and no power is meant of."""
    found = shape_on(page, node)
    if found is None or found[0] == found[1]:
        return False
    return ONE in found or any(isinstance(part, At) for part in walk(node))


def _as_columns(page: Derivation, node: Expr) -> Expr:
    """The expression with a column for the derivative of a scalar in one, whose layout is found with the claim."""
    if isinstance(node, Laid):
        return node
    inner = node.options[0] if isinstance(node, Either) else node
    if isinstance(inner, (Total, Partial)):
        is_vector = isinstance(inner.wrt, At) and _is_tall(shape_on(page, inner.wrt))
        return inner.wrt if is_vector and shape_on(page, inner.of) == SCALAR else node
    return rebuild(node, lambda part: _as_columns(page, part), lambda index: index)


def _as_taken_in(page: Derivation, node: Expr) -> Expr:
    """The expression with what it is taken in for each derivative of a scalar."""
    inner = node.options[0] if isinstance(node, Either) else node
    if isinstance(inner, (Total, Partial)):
        return inner.wrt if isinstance(inner.wrt, At) and shape_on(page, inner.of) == SCALAR else node
    return rebuild(node, lambda part: _as_taken_in(page, part), lambda index: index)


def _is_column(page: Derivation, node: Expr) -> bool:
    return _is_tall(shape_on(page, _as_columns(page, node)))


def _is_tall(shape: Shape | None) -> bool:
    return shape is not None and shape[0] != ONE and shape[1] == ONE
