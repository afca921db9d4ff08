"""Sums and products as a person writes them: numbers in front, no factor that says nothing, common factors once.

Everything here holds for matrices of any size that compose. It is for what is shown, and is judged like the rest.

>>> from symbptt.page.notation import hadamard, indices, ones, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> f, h, g, W = state("f", n), state("h", n), state("g", n), weight("W", n, n)
>>> print(elementwise(g[t], -1 * h[t], ones(h[t])))
-(g_t ⊙ h_t)
>>> print(transposed(W @ hadamard(f[t], h[t - 1])))
(f_t ⊙ h_{t-1})ᵀ · Wᵀ
>>> print(added([elementwise(g[t], h[t - 1]), -1 * elementwise(g[t], f[t]), W @ h[t]]))
g_t ⊙ (h_{t-1} - f_t) + W · h_t
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Diag,
    Expr,
    Hadamard,
    Identity,
    IndexValue,
    Letter,
    Mul,
    Number,
    Ones,
    Power,
    Transpose,
    Zero,
    ones,
)

UNIT = Number(Fraction(1))


def is_scalar(node: Expr) -> bool:
    """Whether it is seen at once that an expression is a number: what is no scalar may be one by its shape."""
    match node:
        case Number() | IndexValue():
            return True
        case Letter() | At():
            letter = node.letter if isinstance(node, At) else node
            return letter.shape == (ONE, ONE)
        case Add(parts) | Mul(parts) | Hadamard(parts):
            return all(map(is_scalar, parts))
        case Power(base):
            return is_scalar(base)
        case Ones(like) | Zero(like) | Transpose(like):
            return is_scalar(like)
        case Apply(function, arguments):
            return function.shape == (ONE, ONE) or (function.is_entrywise and all(map(is_scalar, arguments)))
        case _:
            return False


def is_number(node: Expr) -> bool:
    """Whether an expression is a number that no letter is in but a last step, as in 1/T."""
    match node:
        case Number() | IndexValue():
            return True
        case Power(base):
            return is_number(base)
        case Mul(parts):
            return all(map(is_number, parts))
        case _:
            return False


def _numbers_apart(factors: Sequence[Expr]) -> tuple[Fraction, list[Expr], list[Expr]]:
    """Of the factors of a product the number, the other scalars and the rest, products among them taken apart."""
    number, scalars, rest = Fraction(1), list[Expr](), list[Expr]()
    pending = list(factors)
    while pending:
        factor = pending.pop(0)
        if isinstance(factor, Number):
            number *= factor.value
        elif isinstance(factor, Mul) and any(map(is_scalar, factor.parts)):
            # The scalars of a product among the factors stand in front of all of them.
            own = [part for part in factor.parts if is_scalar(part)]
            others = [part for part in factor.parts if not is_scalar(part)]
            inside = [others[0] if len(others) == 1 else Mul(tuple(others))] if others else []
            pending = [*own, *inside, *pending]
        elif isinstance(factor, Ones) and is_scalar(factor):
            pass
        elif is_scalar(factor):
            scalars.append(factor)
        else:
            rest.append(factor)
    return number, scalars, rest


def _scaled(number: Fraction, scalars: Sequence[Expr], rest: Sequence[Expr]) -> Expr:
    parts = (*([Number(number)] if number != 1 else []), *scalars, *rest)
    return Mul(parts) if len(parts) > 1 else parts[0] if parts else UNIT


def multiplied(*factors: Expr) -> Expr:
    """A product of matrices, its numbers in front, without identities."""
    number, scalars, rest = _numbers_apart(factors)
    flat = [part for factor in rest for part in (factor.parts if isinstance(factor, Mul) else (factor,))]
    kept = [part for part in flat if not isinstance(part, Identity)]
    return _scaled(number, scalars, kept or flat[:1])


def elementwise(*factors: Expr) -> Expr:
    """A product entry by entry of matrices of one shape, its numbers in front, without ones."""
    number, scalars, rest = _numbers_apart(factors)
    flat = [part for factor in rest for part in (factor.parts if isinstance(factor, Hadamard) else (factor,))]
    kept = [part for part in flat if not _is_ones(part)] or flat[:1]
    if not kept:
        return _scaled(number, scalars, [])
    return _scaled(number, scalars, [kept[0] if len(kept) == 1 else Hadamard(tuple(kept))])


def _is_ones(node: Expr) -> bool:
    """Whether every entry is 1: ones, or a column of them times a row."""
    if isinstance(node, Mul) and len(node.parts) == 2 and isinstance(node.parts[0], Ones):
        return isinstance(node.parts[1], Transpose) and isinstance(node.parts[1].of, Ones)
    return isinstance(node, Ones)


def transposed(node: Expr) -> Expr:
    """The transpose, that of a product by its factors in the other order."""
    if is_scalar(node):
        return node
    match node:
        case Transpose(of):
            return of
        case Mul(parts):
            return multiplied(*map(transposed, reversed(parts)))
        case Diag() | Identity():
            return node
        case _:
            return Transpose(node)


def difference(one: Expr, other: Expr) -> Expr:
    """``one`` - ``other``, with ``one`` as a factor of both where it is one."""
    if isinstance(other, Hadamard) and one in other.parts:
        rest = list(other.parts)
        rest.remove(one)
        return elementwise(one, Add((ones(one), -1 * elementwise(*rest))))
    return added([one, multiplied(Number(Fraction(-1)), other)])


def _terms(nodes: Sequence[Expr]) -> Iterator[Expr]:
    for node in nodes:
        yield from node.parts if isinstance(node, Add) else (node,)


def added(nodes: Sequence[Expr]) -> Expr:
    """A sum, terms with one factor of a product entry by entry in common put together; no term is left out.

    Of several common factors the first one is taken, so that g ⊙ a - g ⊙ b is g ⊙ (a - b).
    """
    terms: list[Expr] = [term for term in _terms(_counted(nodes)) if not isinstance(term, Zero)] or [nodes[0]]
    made: list[tuple[Expr | None, list[Expr]]] = []
    for term in terms:
        common, rest = _taken_apart(term)
        for place, (known, terms_of) in enumerate(made):
            if common is not None and known == common:
                made[place] = known, [*terms_of, rest]
                break
        else:
            made.append((common, [rest]))
    parts = [elementwise(common, _sum(rests)) if common is not None else _sum(rests) for common, rests in made]
    return _sum(parts)


def _counted(terms: Sequence[Expr]) -> list[Expr]:
    """Terms that differ by a number alone as one; a zero where none is left."""
    counted: dict[tuple[Expr, ...], Fraction] = {}
    for term in terms:
        number, scalars, rest = _numbers_apart([term])
        counted[*scalars, *rest] = counted.get((*scalars, *rest), Fraction(0)) + number
    return [_scaled(number, [], parts) for parts, number in counted.items() if number] or [Zero(terms[0])]


def _sum(terms: Sequence[Expr]) -> Expr:
    """A sum in which no two terms differ by a number alone."""
    made = _counted([*_terms(terms)])
    # What is subtracted comes behind what is added: h - n and not -n + h.
    made.sort(key=_is_negative)
    return made[0] if len(made) == 1 else Add(tuple(made))


def _is_negative(term: Expr) -> bool:
    return isinstance(term, Mul) and isinstance(term.parts[0], Number) and term.parts[0].value < 0


def _taken_apart(term: Expr) -> tuple[Expr | None, Expr]:
    """A term as its first factor entry by entry and the rest; None and itself where it is no such product."""
    number, scalars, rest = _numbers_apart([term])
    if len(rest) == 1 and isinstance(rest[0], Hadamard):
        first, *others = rest[0].parts
        return first, _scaled(number, scalars, [elementwise(*others)])
    return None, term
