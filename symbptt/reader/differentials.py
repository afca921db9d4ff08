r"""Derivatives among the marks: told from fractions and products before anything else is, so that no room takes
``\partial h`` for a product.

>>> chain, = parse_formula(r"\frac{\partial h_t}{\partial w} + dh_t/dw")
>>> [term.factors[0].sign for _, term in chain.sides[0].terms]
['∂', 'd']
"""  # fmt: skip

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from symbptt.errors import Unreadable
from symbptt.reader.customs import LOOKALIKES
from symbptt.reader.grammar import BIG, Cells, Factors, Fraction, Group, Mark, Name, Scripted, Sign, parse, single


@dataclass(frozen=True, slots=True)
class Derivative(Mark):
    r"""A derivative as it is marked: sign ``d``, ``∂`` or ``∂⁺``, what is differentiated, and in what."""

    sign: str
    of: Factors
    wrt: Mark


def _differential(mark: Mark) -> str | None:
    """The sign of a differential: ``d``, ``∂``, ``∂⁺``; None for any other mark."""
    match mark:
        case Name(stem="d", dressed=()):
            return "d"
        case Sign(text=r"\partial"):
            return "∂"
        case Scripted(base=Sign(text=r"\partial"), below=None):
            plus = [single(above) for above in mark.above]
            if len(plus) == 1 and isinstance(plus[0], Sign) and plus[0].text == "+" and not mark.primes:
                return "∂⁺"
            raise Unreadable("higher derivatives are not read: expected ∂, ∂^+ or d", mark.start)
        case _:
            return None


def _is_power_of_d(mark: Scripted) -> bool:
    return isinstance(mark.base, Name) and mark.base.stem == "d" and mark.below is None and bool(mark.above)


def _only_term(cells: Cells) -> Factors | None:
    if len(cells) == 1 and len(cells[0].sides) == 1 and len(cells[0].sides[0].terms) == 1:
        sign, term = cells[0].sides[0].terms[0]
        return term if not sign else None
    return None


def _over(mark: Fraction) -> tuple[str, tuple[Mark, ...], Mark] | None:
    """Sign, what is differentiated (nothing for an operator), and in what; None where it is a plain fraction."""
    above, below = _only_term(mark.above), _only_term(mark.below)
    if above is None or below is None or not below.factors:
        return None
    sign, under = _differential(above.factors[0]), _differential(below.factors[0])
    if under is not None and isinstance(above.factors[0], Scripted) and _is_power_of_d(above.factors[0]):
        raise Unreadable("higher derivatives are not read: expected ∂, ∂^+ or d", mark.start)
    if sign is None or under is None:
        if "∂" in (sign or "")[:1] + (under or "")[:1]:
            raise Unreadable(r"\partial stands above or below only: expected \frac{\partial a}{\partial b}", mark.start)
        alike = [
            name.stem for name in (above.factors[0], below.factors[0]) if isinstance(name, Name) and not name.dressed
        ]
        if len(alike) == 2 and alike[0] == alike[1] in LOOKALIKES and below.factors[1:]:
            raise Unreadable(f"{alike[0]} above and below is no derivative here: write d or \\partial", mark.start)
        return None
    if sign[0] != under[0] or (under == "∂⁺" and sign == "∂"):
        raise Unreadable(f"{sign} above and {under} below: expected one sign for both", mark.start)
    if len(below.factors) != 2:
        raise Unreadable(
            "a derivative is taken in one letter: expected one behind the sign in the denominator", below.start
        )
    return sign, above.factors[1:], below.factors[1]


def argument(mark: Mark | None) -> Group | None:
    """The parenthesis that a name before it may be applied to, without the power or the transpose above it."""
    group = bracket(mark)
    return group if group is not None and group.opening == "(" else None


def bracket(mark: Mark | None) -> Group | None:
    """The bracket that one sees, of any kind, without the power or the transpose above it."""
    if isinstance(mark, Scripted) and mark.below is None and not mark.primes:
        mark = mark.base
    return mark if isinstance(mark, Group) and mark.opening in ("(", "[", "{") else None


def is_call(one: Mark, other: Mark | None) -> bool:
    """Whether a name stands before a parenthesis."""
    return isinstance(one, (Name, Scripted)) and argument(other) is not None


def _may_apply(one: Mark, other: Mark | None) -> bool:
    """Whether a name before a parenthesis may be a function: h_t (1 - h_t) is a product, and f_1(x, w) is none."""
    group = argument(other)
    return not isinstance(one, Scripted) or one.below is None or (group is not None and len(group.cells) > 1)


def _resolved(factors: Sequence[Mark]) -> tuple[Mark, ...]:
    r"""The factors with every derivative as one mark: ``\frac{\partial a}{\partial b}``, ``\partial a/\partial b``,
    ``\frac{d}{d b} a``, ``\partial_b a``. Raises :class:`Unreadable` for a ``\partial`` that belongs to none.
    """  # fmt: skip
    made: list[Mark] = []
    at = 0

    def operand(start: int) -> tuple[tuple[Mark, ...], int]:
        if start >= len(factors):
            raise Unreadable("nothing is differentiated: expected a letter behind the sign", factors[-1].end)
        if _is_big(factors[start]):
            return tuple(factors[start:]), len(factors)
        behind = factors[start + 1] if start + 1 < len(factors) else None
        end = start + 1 + (is_call(factors[start], behind) and _may_apply(factors[start], behind))
        return tuple(factors[start:end]), end

    def operated(start: int) -> tuple[tuple[Mark, ...], int]:
        # In d/dw a b nobody can tell whether b is differentiated.
        of, end = operand(start)
        behind = factors[end] if end < len(factors) else None
        if behind is not None and not isinstance(behind, Sign) and not _is_operator(behind):
            raise Unreadable("it is not clear how far this derivative reaches: put parentheses around it", behind.start)
        return of, end

    while at < len(factors):
        mark = factors[at]
        if isinstance(mark, Fraction) and (found := _over(mark)) is not None:
            sign, of, wrt = found
            end = at + 1
            if not of:
                of, end = operated(at + 1)
            made.append(_derivative(mark.start, of[-1].end if end > at + 1 else mark.end, sign, of, wrt))
            at = end
            continue
        if isinstance(mark, Scripted) and isinstance(mark.base, Fraction) and (found := _over(mark.base)) is not None:
            sign, of, wrt = found
            if not of:
                raise Unreadable("nothing is differentiated: expected a letter behind the sign", mark.start)
            made.append(replace(mark, base=_derivative(mark.start, mark.base.end, sign, of, wrt)))
            at += 1
            continue
        if _is_operator(mark):
            assert isinstance(mark, Scripted)
            in_letter = single(mark.below)
            if in_letter is None:
                raise Unreadable("a derivative is taken in one letter", mark.start)
            sign = _differential(replace(mark, below=None) if mark.above or mark.primes else mark.base) or "∂"
            of, end = operated(at + 1)
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


def _is_operator(mark: Mark) -> bool:
    """Whether it is ∂ with what it is taken in below it."""
    if not isinstance(mark, Scripted) or mark.below is None:
        return False
    return isinstance(mark.base, Sign) and mark.base.text == r"\partial"


def _is_big(mark: Mark) -> bool:
    base = mark.base if isinstance(mark, Scripted) else mark
    return isinstance(base, Sign) and base.text in BIG


def _derivative(start: int, end: int, sign: str, of: Sequence[Mark], wrt: Mark) -> Derivative:
    return Derivative(start, end, sign, Factors(of[0].start, of[-1].end, tuple(of)), wrt)


def parse_formula(text: str) -> Cells:
    """The chains of a formula with every derivative as one mark; raises :class:`Unreadable` with the offset."""
    cells: Cells = _everywhere(parse(text))
    return cells


def _everywhere(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_everywhere(part) for part in value)
    if not isinstance(value, Mark):
        return value
    if isinstance(value, Factors):
        value = replace(value, factors=_resolved(value.factors))
    names = [name for name in value.__dataclass_fields__ if name not in ("start", "end")]
    return replace(value, **{name: _everywhere(getattr(value, name)) for name in names})
