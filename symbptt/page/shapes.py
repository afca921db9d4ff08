"""Rows and columns of what is written, in size letters, so that a shape is right or wrong for every size at once.

Numerator layout: ∂y/∂x has dim(y) rows and dim(x) columns, and a weight matrix enters as its vec.

>>> from symbptt.page.notation import d, data, function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> print(written(shape(page, d(h[t], w))))
n×nn
>>> shape(page, d(h[t], w) @ partial(h[t], h[t - 1]))
Traceback (most recent call last):
    ...
symbptt.errors.IllTyped: d h_t/d w is n×nn and ∂h_t/∂h_{t-1} is n×n: a product needs nn rows on its right, not n
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from symbptt.errors import BudgetExceeded, IllTyped, NotRead
from symbptt.page.derivation import Derivation, Equation, head
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Dim,
    Either,
    Expr,
    Hadamard,
    Identity,
    IndexValue,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Shape,
    Sum,
    Total,
    Transpose,
    Zero,
    free_indices,
    owner,
    walk,
)

SCALAR: Shape = (ONE, ONE)
POWER = 1000
"""The largest power that is multiplied out."""


def written(shape: Shape) -> str:
    """A shape as it is written, ``n×d``."""
    return f"{shape[0]}×{shape[1]}"


def shape(page: Derivation, node: Expr) -> Shape:
    """Rows and columns of a resolved expression; raises :class:`IllTyped`, naming the two shapes, where they clash."""
    known = page.meaning.shapes
    found = known.get(node)
    if found is None:
        found = known[node] = _shape(page, node)
    return found


def _shape(page: Derivation, node: Expr) -> Shape:
    match node:
        case Number() | IndexValue():
            return SCALAR
        case Letter():
            return _letter(page, node)
        case At():
            return _letter(page, node.letter)
        case Copy():
            raise IllTyped(f"{node} is what a derivative is taken in; by itself it has no value on the page")
        case Add():
            return _same(page, node.parts, "a sum")
        case Mul():
            return _product(page, node)
        case Hadamard():
            return _same(page, node.parts, "a product entry by entry")
        case Kronecker(left, right):
            (rows_left, columns_left), (rows_right, columns_right) = shape(page, left), shape(page, right)
            return rows_left * rows_right, columns_left * columns_right
        case Power():
            if abs(node.exponent.constant) > POWER:
                raise BudgetExceeded(f"a power of {node.exponent} is more than the limit of {POWER}")
            return _square(shape(page, node.base), node.base, "only a scalar or a square matrix has powers")
        case Sum():
            return shape(page, node.body)
        case Product():
            return _square(shape(page, node.body), node.body, "the factors of Π are square, or they do not compose")
        case Apply():
            return _applied(page, node)
        case Diag():
            rows_of, columns_of = shape(page, node.of)
            if columns_of != ONE:
                raise IllTyped(
                    f"{node.of} is {written((rows_of, columns_of))}: only a column, {written((rows_of, ONE))}, makes "
                    f"a diagonal matrix"
                )
            return rows_of, rows_of
        case Total() | Partial():
            return _derivative(page, node)
        case Concat():
            rows = {shape(page, part)[0] for part in node.parts}
            if len(rows) > 1:
                listed = ", ".join(f"{part} is {written(shape(page, part))}" for part in node.parts)
                raise IllTyped(f"{listed}: blocks side by side need the same number of rows")
            return rows.pop(), Dim.total(shape(page, part)[1] for part in node.parts)
        case Transpose():
            rows_of, columns_of = shape(page, node.of)
            return columns_of, rows_of
        case Block():
            rows_of, _ = shape(page, node.of)
            part_rows, part_columns = _letter(page, node.part)
            if any(part not in parts(page, node.of.wrt) for part in parts(page, node.part)):
                raise IllTyped(f"{node.of.wrt} has no block {node.part}")
            return rows_of, part_rows * part_columns
        case Laid():
            return _laid(page, node)
        case Zero() | Identity() | Ones():
            return shape(page, node.like)
        case Either():
            raise TypeError(f"{node} may mean several things: it has no shape before one of them is chosen")
        case _:
            assert_never(node)


def parts(page: Derivation, weight: Expr) -> tuple[Letter, ...]:
    """The weights that a weight is put together from, down to those with entries of their own.

    Raises :class:`IllTyped` where it is anything but blocks side by side, or has one block twice.
    """
    if not isinstance(weight, Letter):
        return ()
    found = tuple(_parts(page, weight))
    for part in found:
        if found.count(part) > 1:
            raise IllTyped(f"{weight} has {part} in it twice, so that its entries do not vary by themselves")
    return found


def _parts(page: Derivation, weight: Letter) -> Iterator[Letter]:
    definitions = page.definitions(weight)
    if not definitions:
        yield weight
    for equation in definitions:
        body = equation.right
        while isinstance(body, Transpose):
            body = body.of
        if not isinstance(body, Concat):
            raise IllTyped(f"{weight} is defined as {equation.right}: only blocks of weights side by side are a weight")
        for part in body.parts:
            while isinstance(part, Transpose):
                part = part.of
            if not isinstance(part, Letter):
                raise IllTyped(f"{weight} is defined as {equation.right}: {part} is no weight")
            yield from _parts(page, part)


def check(page: Derivation) -> None:
    """Every definition gives its left side the shape that the letter has; raises :class:`PageError` with the place."""
    for equation in page:
        if equation.kind == "definition":
            check_definition(page, equation)


def check_definition(page: Derivation, equation: Equation) -> None:
    """One definition by itself; raises :class:`PageError` with its place where the two sides do not compose."""
    if equation.right is None:
        return
    if (letter := head(equation.left)) is not None:
        page.meaning.defined(letter)
    try:
        if isinstance(equation.left, Letter) and equation.left.kind == "weight":
            parts(page, equation.left)
        expected, given = shape(page, page.resolve(equation.left)), shape(page, page.resolve(equation.right))
    except IllTyped as error:
        raise equation.fault(f"sizes do not compose: {error}") from None
    loose = free_indices(page.resolve(equation.right)) - free_indices(page.resolve(equation.left))
    if loose:
        raise equation.fault(
            f"{equation.left} does not fix {' and '.join(sorted(loose))}, which its right side depends on; "
            "bind it with Σ or Π"
        )
    if expected != given:
        raise equation.fault(
            f"sizes do not compose: {equation.left} is {written(expected)}, but its right side is {written(given)}"
        )


def agree(page: Derivation, left: Expr, right: Expr) -> None:
    """Raises :class:`IllTyped` unless both sides of an equation have one shape."""
    one, other = shape(page, left), shape(page, right)
    if one != other:
        raise IllTyped(f"the left side is {written(one)} and the right side {written(other)}")


def _letter(page: Derivation, letter: Letter) -> Shape:
    if letter.kind == "state" and not page.definitions(letter):
        if letter.symbol in page.unread:
            raise NotRead(f"{page.unread[letter.symbol]}, which says what {letter} is, is not read")
        if letter.symbol in page.unsaid:
            raise NotRead(f"nothing on the page says what {letter} is, and what is differentiated is no data")
        raise IllTyped(f"{letter} has no meaning on the page: it is a state that no equation defines")
    if letter.kind == "function":
        raise IllTyped(f"{letter} is a function: write what it is applied to")
    if letter.shape is not None:
        return letter.shape
    if (body := page.meaning.defined(letter).body) is not None:
        return shape(page, body)
    raise IllTyped(f"{letter} has no shape: give it rows and columns, or define it from other weights")


def _same(page: Derivation, terms: tuple[Expr, ...], what: str) -> Shape:
    first = shape(page, terms[0])
    for term in terms[1:]:
        other = shape(page, term)
        if other != first:
            raise IllTyped(
                f"{terms[0]} is {written(first)} and {term} is {written(other)}: {what} needs one shape for all"
            )
    return first


def _product(page: Derivation, node: Mul) -> Shape:
    so_far, last = shape(page, node.parts[0]), node.parts[0]
    for factor in node.parts[1:]:
        own = shape(page, factor)
        if so_far == SCALAR:
            so_far = own
        elif own != SCALAR:
            if so_far[1] != own[0]:
                raise IllTyped(
                    f"{last} is {written(so_far)} and {factor} is {written(own)}: "
                    f"a product needs {so_far[1]} rows on its right, not {own[0]}"
                )
            so_far = (so_far[0], own[1])
        last = factor
    return so_far


def _square(found: Shape, node: Expr, why: str) -> Shape:
    if found[0] != found[1]:
        raise IllTyped(f"{node} is {written(found)}: {why}")
    return found


def _applied(page: Derivation, node: Apply) -> Shape:
    shapes = [shape(page, argument) for argument in node.arguments]
    if node.function.shape is not None:
        return node.function.shape
    if len(shapes) != 1:
        raise IllTyped(f"{node.function} acts on each entry of one argument, but {node} has {len(shapes)}")
    return shapes[0]


def _laid(page: Derivation, node: Laid) -> Shape:
    rows, columns = shape(page, node.of)
    if node.arrangement == "transposed":
        return columns, rows
    if rows != ONE:
        raise IllTyped(f"{node} is of a column: only the derivative of a scalar has the shape of what it is taken in")
    own_rows, own_columns = _letter(page, owner(node.wrt))
    return (own_rows, own_columns) if node.arrangement == "shaped" else (own_columns, own_rows)


def _derivative(page: Derivation, node: Total | Partial) -> Shape:
    if not isinstance(node.wrt, (Letter, At, Copy)):
        raise IllTyped(f"{node}: a derivative is taken in a letter, not in {node.wrt}")
    own = isinstance(node.of, (At, Apply))
    if isinstance(node, Partial) and not node.is_jacobian() and not own:
        raise IllTyped(f"{node}: {node.of} has no definition of its own to differentiate once; write it term by term")
    if isinstance(node.wrt, Copy) and any(isinstance(part, Letter) and part.kind == "weight" for part in walk(node.of)):
        raise IllTyped(f"{node}: {node.of} uses a weight outside of any step, and so no copy of it")
    _check_differentiable(page, node)
    rows = shape(page, node.of)
    columns = _letter(page, owner(node.wrt))
    return rows[0] * rows[1], columns[0] * columns[1]


def _sees(page: Derivation, node: Total | Partial) -> bool:
    """Whether what is differentiated is made of the letter that it is differentiated in."""
    states = {page.resolve(part) for part in walk(node.of) if isinstance(part, (Letter, At))}
    letters = {part.letter for part in states if isinstance(part, At) and part.letter.kind == "state"}
    return any(owner(node.wrt) in (letter, *page.meaning.leads_to(letter)) for letter in letters)


def _check_differentiable(page: Derivation, node: Total | Partial) -> None:
    if isinstance(node.wrt, At) and page.meaning.runs_backwards(node.wrt.letter) and not _sees(page, node):
        raise IllTyped(f"{node}: {node.wrt.letter} runs backwards in time, and nothing is a function of it")
    for letter in (part for part in walk(node.of) if isinstance(part, Letter)):
        if not page.meaning.is_differentiable(letter):
            raise NotRead(f"{node}: {letter} is made of derivatives or runs backwards, and is not differentiated again")
