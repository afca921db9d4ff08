r"""Derivatives among the marks: told from fractions and products before anything else is, so that no room takes
``\partial h`` for a product.

>>> chain, = parse_formula(r"\frac{\partial h_t}{\partial w} + dh_t/dw")
>>> [row.factors[0].sign for _, row in chain.sides[0].terms]
['∂', 'd']
"""  # fmt: skip

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from symbptt.errors import Unreadable
from symbptt.grammar import Cells, Fraction, Group, Mark, Name, Row, Scripted, Sign, parse, single


@dataclass(frozen=True, slots=True)
class Derivative(Mark):
    r"""A derivative as it is marked: sign ``d``, ``∂`` or ``∂⁺``, what is differentiated, and in what."""

    sign: str
    of: Row
    wrt: Mark


def _differential(mark: Mark) -> str | None:
    """The sign of a differential: ``d``, ``∂``, ``∂⁺``; None for any other mark."""
    match mark:
        case Name(stem="d", dressed=()):
            return "d"
        case Sign(text=r"\partial"):
            return "∂"
        case Scripted(base=Sign(text=r"\partial"), below=None, above=(above,), primes=0):
            plus = single(above)
            if isinstance(plus, Sign) and plus.text == "+":
                return "∂⁺"
            raise Unreadable("higher derivatives are not read: expected ∂, ∂^+ or d", mark.start)
        case Scripted(base=Name(stem="d", dressed=()), below=None, above=(_,), primes=0):
            return None
        case _:
            return None


def _only_row(cells: Cells) -> Row | None:
    if len(cells) == 1 and len(cells[0].sides) == 1 and len(cells[0].sides[0].terms) == 1:
        sign, row = cells[0].sides[0].terms[0]
        return row if not sign else None
    return None


def _over(mark: Fraction) -> tuple[str, tuple[Mark, ...], Mark] | None:
    """Sign, what is differentiated (nothing for an operator), and in what; None where it is a plain fraction."""
    above, below = _only_row(mark.above), _only_row(mark.below)
    if above is None or below is None or not below.factors:
        return None
    sign, under = _differential(above.factors[0]), _differential(below.factors[0])
    if sign is None or under is None:
        if "∂" in (sign or "")[:1] + (under or "")[:1]:
            raise Unreadable(r"\partial stands above or below only: expected \frac{\partial a}{\partial b}", mark.start)
        return None
    if under == "d" and sign != "d":
        raise Unreadable("∂ above and d below: expected one sign for both", mark.start)
    if len(below.factors) != 2:
        raise Unreadable(
            "a derivative is taken in one letter: expected one behind the sign in the denominator", below.start
        )
    return sign, above.factors[1:], below.factors[1]


def is_call(one: Mark, other: Mark | None) -> bool:
    """Whether a name stands before a parenthesis."""
    return isinstance(other, Group) and other.opening == "(" and isinstance(one, (Name, Scripted))


def _resolved(factors: Sequence[Mark]) -> tuple[Mark, ...]:
    r"""The factors with every derivative as one mark: ``\frac{\partial a}{\partial b}``, ``\partial a/\partial b``,
    ``\frac{d}{d b} a``, ``\partial_b a``. Raises :class:`Unreadable` for a ``\partial`` that belongs to none.
    """  # fmt: skip
    made: list[Mark] = []
    at = 0

    def operand(start: int) -> tuple[tuple[Mark, ...], int]:
        if start >= len(factors):
            raise Unreadable("nothing is differentiated: expected a letter behind the sign", factors[-1].end)
        call = is_call(factors[start], factors[start + 1] if start + 1 < len(factors) else None)
        end = start + 1 + call
        return tuple(factors[start:end]), end

    while at < len(factors):
        mark = factors[at]
        if isinstance(mark, Fraction) and (found := _over(mark)) is not None:
            sign, of, wrt = found
            end = at + 1
            if not of:
                of, end = operand(at + 1)
            made.append(_derivative(mark.start, of[-1].end if end > at + 1 else mark.end, sign, of, wrt))
            at = end
            continue
        if isinstance(mark, Scripted) and mark.base == Sign(mark.base.start, mark.base.end, r"\partial") and mark.below:
            in_letter = single(mark.below)
            if in_letter is None:
                raise Unreadable("a derivative is taken in one letter", mark.start)
            plus = [single(above) for above in mark.above]
            sign = "∂⁺" if plus and isinstance(plus[0], Sign) else "∂"
            of, end = operand(at + 1)
            made.append(_derivative(mark.start, of[-1].end, sign, of, in_letter))
            at = end
            continue
        sign_here = _differential(mark)
        if sign_here is not None:
            # ∂ a / ∂ b in a line; a bare d that no slash follows is a letter like any other.
            of, end = operand(at + 1) if at + 1 < len(factors) else ((), at + 1)
            slash = factors[end] if end < len(factors) else None
            under = _differential(factors[end + 1]) if end + 2 < len(factors) else None
            if of and isinstance(slash, Sign) and slash.text == "/" and under is not None:
                made.append(_derivative(mark.start, factors[end + 2].end, sign_here, of, factors[end + 2]))
                at = end + 3
                continue
            if sign_here != "d":
                raise Unreadable(
                    r"\partial without what it is taken in: expected \frac{\partial a}{\partial b}", mark.start
                )
        made.append(mark)
        at += 1
    return tuple(made)


def _derivative(start: int, end: int, sign: str, of: Sequence[Mark], wrt: Mark) -> Derivative:
    return Derivative(start, end, sign, Row(of[0].start, of[-1].end, tuple(of)), wrt)


def parse_formula(text: str) -> Cells:
    """The chains of a formula with every derivative as one mark; raises :class:`Unreadable` with the offset."""
    cells: Cells = _everywhere(parse(text))
    return cells


def _everywhere(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_everywhere(part) for part in value)
    if not isinstance(value, Mark):
        return value
    if isinstance(value, Row):
        value = replace(value, factors=_resolved(value.factors))
    names = [name for name in value.__dataclass_fields__ if name not in ("start", "end")]
    return replace(value, **{name: _everywhere(getattr(value, name)) for name in names})
