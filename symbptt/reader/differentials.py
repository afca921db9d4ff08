r"""Derivatives among the marks, told from fractions and products before anything else is.

Read are ``\frac{\partial a}{\partial b}``, ``\partial a/\partial b``, ``\frac{d}{d b} a``, ``\partial_b a`` and
``\nabla_b a``.

>>> chain, = parse_formula(r"\frac{\partial h_t}{\partial w} + dh_t/dw")
>>> [term.factors[0].sign for _, term in chain.sides[0].terms]
['∂', 'd']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from symbptt.errors import Unreadable
from symbptt.reader.customs import VARIED, VEC
from symbptt.reader.grammar import (
    BAR,
    BIG,
    Cells,
    Chain,
    Fraction,
    Group,
    Mark,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    Sign,
    SumMark,
    is_sign,
    mapped,
    only_side,
    only_term,
    parse,
    single,
    walk_marks,
    with_parts,
)
from symbptt.text import vocabulary


@dataclass(frozen=True, slots=True)
class Derivative(Mark):
    r"""A derivative as it is marked: what is differentiated, and in what.

    Its sign is ``d``, ``∂``, ``∂⁺`` or ``∂°``, or ``∇`` for a gradient in the shape of what it is taken in.
    """

    sign: str
    of: ProductMark
    wrt: Mark
    held: Cells = ()
    """What stands below a bar behind it: letters that are held, or an equation that says where it is taken."""
    vectorised: bool = False
    """Whether it is taken in the vec of a matrix: over its entries, and not in its shape."""


TIMES = (r"\cdot", r"\times", r"\bullet")
"""Signs of a product that mean the same as none."""
NABLA = r"\nabla"
RAISED = {"+": "∂⁺", r"\circ": "∂°"}
"""What may stand above ∂: inside the step, and of the own definition alone."""


def _differential(mark: Mark) -> str | None:
    """The sign of a differential: ``d``, ``∂``, ``∂⁺``, ``∂°``; None for any other mark."""
    match mark:
        case NameMark(stem="d" | "D", dressed=()):
            return mark.stem
        case Sign(text=r"\partial"):
            return "∂"
        case ScriptedMark(base=Sign(text=r"\partial"), below=None):
            raised = [single(above) for above in mark.above]
            if len(raised) == 1 and isinstance(sign := raised[0], Sign) and sign.text in RAISED and not mark.primes:
                return RAISED[sign.text]
            if len(raised) == 1 and not mark.primes and (said := _label(mark.above[0])):
                return said
            raise Unreadable("higher derivatives are not read: expected ∂, ∂^+ or d", mark.start)
        case _:
            return None


def _is_power_of_d(mark: ScriptedMark) -> bool:
    """Whether it is d^2 and the like."""
    return isinstance(mark.base, NameMark) and mark.base.stem == "d" and mark.below is None and bool(mark.above)


def _over(mark: Fraction) -> tuple[str, tuple[Mark, ...], tuple[Mark, bool]] | None:
    """Sign, what is differentiated (nothing for an operator), and in what, as :func:`_unvectorised` has it.

    None where it is a plain fraction.
    """
    above, below = only_term(mark.above), _listed(mark.below) or only_term(mark.below)
    if above is None or below is None or not below.factors:
        return None
    sign, under = _differential(above.factors[0]), _differential(below.factors[0])
    if sign == under == "D" and below.factors[1:]:
        # An upright or slanted D stands for the total derivative; as a letter it would cancel.
        sign = under = "d"
    elif sign == "d" and under == "∂" and isinstance(above.factors[0], ScriptedMark):
        under = "d"
    sign, under = (None if one == "D" else one for one in (sign, under))
    if under is not None and isinstance(above.factors[0], ScriptedMark) and _is_power_of_d(above.factors[0]):
        raise Unreadable("higher derivatives are not read: expected ∂, ∂^+ or d", mark.start)
    if sign is None or under is None:
        if "∂" in (sign or "")[:1] + (under or "")[:1]:
            raise Unreadable(r"\partial stands above or below only: expected \frac{\partial a}{\partial b}", mark.start)
        heads = (above.factors[0], below.factors[0])
        alike = [mark.stem for mark in heads if isinstance(mark, NameMark) and not mark.dressed]
        if len(alike) == 2 and alike[0] == alike[1] in VARIED and below.factors[1:]:
            raise Unreadable(f"{alike[0]} above and below is no derivative here: write d or \\partial", mark.start)
        return None
    if sign[0] != under[0] or under not in (sign, sign[0]):
        raise Unreadable(f"{sign} above and {under} below: expected one sign for both", mark.start)
    taken_in = below.factors[1:]
    if (matrix := _unvectorised(taken_in)) is not None:
        return sign, above.factors[1:], (matrix, True)
    if len(taken_in) == 2 and (one := _together(*taken_in)) is not None:
        taken_in = (one,)
    if len(taken_in) != 1:
        raise Unreadable(
            "a derivative is taken in one letter: expected one behind the sign in the denominator", below.start
        )
    return sign, above.factors[1:], (taken_in[0], False)


def _listed(cells: Cells) -> ProductMark | None:
    """A differential with the letters of a list behind it, ∂W, U, as one group; None for anything else."""
    first = only_term(cells[:1])
    if len(cells) < 2 or first is None or len(first.factors) != 2 or _differential(first.factors[0]) is None:
        return None
    head, letter = first.factors
    group = Group(letter.start, cells[-1].end, "{", (*_as_cells(replace(first, factors=(letter,))), *cells[1:]), ",")
    return replace(first, factors=(head, group))


def _for_each(chain: Chain) -> Cells:
    r"""An equation of derivatives in several letters, \frac{\partial a}{\partial \{W, U\}}, as one for each of them.

    All its derivatives that are taken in a list have the same one, and such a one stands on every side.
    """
    lists = [{_listed_in(mark) for mark in walk_marks(side)} - {()} for side in chain.sides]
    if not lists[0] or any(other != lists[0] for other in lists) or len(lists[0]) > 1:
        return (chain,)
    (letters,) = lists[0]
    return tuple(_taken_in(chain, letter) for cell in letters if (letter := single((cell,))) is not None)


def _listed_in(mark: Any) -> Cells:
    """The letters that a derivative is taken in, where there are several."""
    group = mark.wrt if isinstance(mark, Derivative) else None
    return group.cells if isinstance(group, Group) and len(group.cells) > 1 else ()


def _taken_in(value: Any, letter: Mark) -> Any:
    """Marks with derivatives in one letter in place of those in a list."""
    if _listed_in(value):
        value = replace(value, wrt=letter)
    return mapped(value, lambda part: _taken_in(part, letter))


def _unvectorised(factors: Sequence[Mark]) -> Mark | None:
    """The matrix of whose vec there is a derivative; None where there is no vec."""
    group = argument(factors[1]) if len(factors) == 2 else None
    is_vec = group is not None and isinstance(factors[0], NameMark) and factors[0].stem == VEC
    return single(group.cells) if is_vec and group is not None else None


def _together(letter: Mark, behind: Mark) -> Group | None:
    r"""A letter with what may be its step in the bracket behind it, q(t-1), or with its sign, \delta h_t, in one."""
    both = ProductMark(letter.start, behind.end, (letter, behind))
    signed = isinstance(letter, NameMark) and letter.stem in (*VARIED, "d") and not letter.dressed
    if signed and isinstance(behind, (NameMark, ScriptedMark)):
        return Group(both.start, both.end, "", _as_cells(both))
    if not isinstance(letter, (NameMark, ScriptedMark)) or not isinstance(behind, Group):
        return None
    side = only_side(behind.cells) if behind.opening in ("(", "[") else None
    plain = side is not None and all(
        isinstance(mark, Numeral if place else NameMark)
        for place, (_, term) in enumerate(side.terms)
        for mark in term.factors
    )
    return Group(both.start, both.end, "", _as_cells(both)) if plain else None


def _shared_out(mark: Fraction) -> Mark | None:
    r"""``\frac{\partial l}{T \cdot \partial o}``: what stands below beside ∂o divides the derivative."""
    above, below = only_term(mark.above), only_term(mark.below)
    if above is None or below is None or len(above.factors) < 2 or len(below.factors) < 3:
        return None
    *beside, sign, wrt = below.factors
    plain = all(isinstance(one, (NameMark, Numeral)) or is_sign(one, *TIMES) for one in beside)
    if (
        _differential(sign) is None
        or _differential(above.factors[0]) is None
        or not plain
        or is_sign(beside[0], *TIMES)
    ):
        return None
    if is_sign(beside[-1], *TIMES):
        beside.pop()
    divisor, under = (replace(below, factors=tuple(part)) for part in (beside, (sign, wrt)))
    one = ProductMark(mark.start, mark.start, (Numeral(mark.start, mark.start, "1"),))
    parts = (replace(mark, above=_as_cells(one), below=_as_cells(divisor)), replace(mark, below=_as_cells(under)))
    inside = ProductMark(mark.start, mark.end, _with_derivatives(parts))
    return Group(mark.start, mark.end, "", _as_cells(inside))


def _as_cells(term: ProductMark) -> Cells:
    return (Chain(term.start, term.end, (SumMark(term.start, term.end, (("", term),)),), ()),)


def argument(mark: Mark | None) -> Group | None:
    """The parenthesis that a name before it may be applied to, without the power or the transpose above it."""
    group = bracket(mark)
    return group if group is not None and group.opening == "(" else None


def bracket(mark: Mark | None) -> Group | None:
    """The visible bracket that a mark is, of any kind, without the power or the transpose above it."""
    if isinstance(mark, ScriptedMark) and mark.below is None and not mark.primes:
        mark = mark.base
    return mark if isinstance(mark, Group) and mark.opening in ("(", "[", "{") else None


def is_call(one: Mark, other: Mark | None) -> bool:
    """Whether a name stands before a parenthesis."""
    return isinstance(one, (NameMark, ScriptedMark)) and argument(other) is not None


def _may_apply(one: Mark, other: Mark | None) -> bool:
    """Whether a name before a parenthesis may be a function: f_1(x, w) is one, and h_t (1 - h_t) is a product."""
    group = argument(other)
    return not isinstance(one, ScriptedMark) or one.below is None or (group is not None and len(group.cells) > 1)


def _with_derivatives(factors: Sequence[Mark]) -> tuple[Mark, ...]:
    """The factors with every derivative as one mark; raises :class:`Unreadable` for a ``∂`` that belongs to none."""
    made: list[Mark] = []
    at = 0
    while at < len(factors):
        ways = (read(factors, at) for read in (_stacked, _graded, _subscripted, _in_line))
        mark, at = next((found for found in ways if found is not None), (factors[at], at + 1))
        made.append(mark)
    return tuple(made)


def _stacked(factors: Sequence[Mark], at: int) -> tuple[Mark, int] | None:
    r"""``\frac{\partial a}{\partial b}``, or ``\frac{d}{d b} a`` with its operand; and the place behind it."""
    mark = factors[at]
    fraction = mark.base if isinstance(mark, ScriptedMark) else mark
    if isinstance(mark, Fraction) and (split := _shared_out(mark)) is not None:
        return split, at + 1
    found = _over(fraction) if isinstance(fraction, Fraction) else None
    if found is None:
        return None
    sign, of, wrt = found
    if of:
        end, stop = at + 1, fraction.end
    elif isinstance(mark, ScriptedMark):
        raise Unreadable("nothing is differentiated: expected a letter behind the sign", mark.start)
    else:
        of, end = _clear_operand(factors, at + 1)
        stop = of[-1].end
    made = _derivative(mark.start, stop, sign, of, *wrt)
    return (replace(mark, base=made) if isinstance(mark, ScriptedMark) else made), end


def _graded(factors: Sequence[Mark], at: int) -> tuple[Mark, int] | None:
    r"""``\nabla_b a`` or ``\nabla a(b)``, and the place behind it: it reaches over one name with its arguments."""
    mark = factors[at]
    if not is_sign(mark.base if isinstance(mark, ScriptedMark) else mark, NABLA):
        return None
    below = mark.below if isinstance(mark, ScriptedMark) and not (mark.above or mark.primes) else None
    inside = only_term(below) if below is not None else None
    matrix = _unvectorised(inside.factors) if inside is not None else None
    wrt = single(below) if below is not None and matrix is None else matrix
    if not isinstance(mark, ScriptedMark) and (wrt := _argument_of(factors, at + 1)) is not None:
        return _derivative(mark.start, factors[at + 2].end, "∇", factors[at + 1 : at + 3], wrt), at + 3
    if wrt is None:
        raise Unreadable(r"a gradient is taken in one letter below its sign: expected \nabla_W L", mark.start)
    of, end = _operand(factors, at + 1)
    if len(of) > 1 and isinstance(of[-1], ScriptedMark):
        # A parenthesis with a transpose is a factor of its own: ∇_a L (h)^T.
        of, end = of[:-1], end - 1
    if not isinstance(of[0], (NameMark, ScriptedMark)) or (isinstance(of[0], ScriptedMark) and of[0].primes):
        raise Unreadable(r"a gradient is read of a letter, or of a function with its arguments", of[0].start)
    return _derivative(mark.start, of[-1].end, "∇", of, wrt, matrix is not None), end


def _argument_of(factors: Sequence[Mark], at: int) -> Mark | None:
    r"""The one letter that a function is applied to, which \nabla \ell(h_t) is taken in; None where there is none."""
    if at + 1 >= len(factors) or not is_call(factors[at], factors[at + 1]) or isinstance(factors[at + 1], ScriptedMark):
        return None
    group = argument(factors[at + 1])
    inside = single(group.cells) if group is not None else None
    return inside if isinstance(inside, (NameMark, ScriptedMark)) else None


def _subscripted(factors: Sequence[Mark], at: int) -> tuple[Mark, int] | None:
    r"""``\partial_b a``, and the place behind it."""
    mark = factors[at]
    if not _is_operator(mark):
        return None
    assert isinstance(mark, ScriptedMark)
    wrt = single(mark.below)
    if wrt is None:
        raise Unreadable("a derivative is taken in one letter", mark.start)
    sign = _differential(replace(mark, below=None) if mark.above or mark.primes else mark.base) or "∂"
    of, end = _clear_operand(factors, at + 1)
    return _derivative(mark.start, of[-1].end, sign, of, wrt), end


def _in_line(factors: Sequence[Mark], at: int) -> tuple[Mark, int] | None:
    r"""``\partial a/\partial b``, and the place behind it; a d that no slash follows is a letter like any other."""
    mark = factors[at]
    sign = _differential(mark)
    if sign in (None, "D"):
        return None
    of, end = _operand(factors, at + 1) if at + 1 < len(factors) else ((), at + 1)
    if len(of) == 1 and end < len(factors) and _together(of[0], factors[end]) is not None:
        of, end = (*of, factors[end]), end + 1
    slashed = end + 2 < len(factors) and is_sign(factors[end], "/")
    if of and slashed and _differential(factors[end + 1]) is not None:
        together = _together(*factors[end + 2 : end + 4]) if end + 3 < len(factors) else None
        wrt = together or factors[end + 2]
        return _derivative(mark.start, wrt.end, sign, of, wrt), end + 3 + (together is not None)
    if sign != "d":
        raise Unreadable(r"\partial without what it is taken in: expected \frac{\partial a}{\partial b}", mark.start)
    return None


def _operand(factors: Sequence[Mark], start: int) -> tuple[tuple[Mark, ...], int]:
    """What stands behind a differential: a name with its arguments, or all that a Σ or Π runs over."""
    if start >= len(factors):
        raise Unreadable("nothing is differentiated: expected a letter behind the sign", factors[-1].end)
    if _is_big(factors[start]):
        return tuple(factors[start:]), len(factors)
    behind = factors[start + 1] if start + 1 < len(factors) else None
    end = start + 1 + (is_call(factors[start], behind) and _may_apply(factors[start], behind))
    return tuple(factors[start:end]), end


def _clear_operand(factors: Sequence[Mark], start: int) -> tuple[tuple[Mark, ...], int]:
    """The operand of d/dw; in d/dw a b nobody can tell whether b is differentiated."""
    of, end = _operand(factors, start)
    behind = factors[end] if end < len(factors) else None
    if behind is not None and not isinstance(behind, Sign) and not _is_operator(behind):
        raise Unreadable("it is not clear how far this derivative reaches: put parentheses around it", behind.start)
    return of, end


def _is_operator(mark: Mark) -> bool:
    """Whether it is ∂ with a subscript."""
    return isinstance(mark, ScriptedMark) and mark.below is not None and is_sign(mark.base, r"\partial")


def _is_big(mark: Mark) -> bool:
    """Whether it is Σ or Π."""
    return is_sign(mark.base if isinstance(mark, ScriptedMark) else mark, *BIG)


def _derivative(start: int, end: int, sign: str, of: Sequence[Mark], wrt: Mark, vectorised: bool = False) -> Derivative:
    product = ProductMark(of[0].start, of[-1].end, tuple(of))
    return Derivative(start, end, sign, product, wrt, vectorised=vectorised)


def parse_formula(text: str) -> Cells:
    """The chains of a formula with every derivative as one mark; raises :class:`Unreadable` with the offset."""
    # A formula is read at every door of a note, and many notes have it; but two displays are never one chain.
    return tuple(replace(chain) for chain in _parsed(text))


@lru_cache(4096)
def _parsed(text: str) -> Cells:
    cells: Cells = _rebuilt(parse(text))
    for mark in walk_marks(cells):
        if isinstance(mark, Sign) and (mark.text == BAR or mark.text.startswith("{")):
            said = "a bar says" if mark.text == BAR else f"the words {mark.text.strip('{} ')} say"
            raise Unreadable(f"{said} something of the formula that is not read", mark.start)
    return tuple(one for chain in cells for one in _for_each(chain))


def with_operators(formulas: Sequence[Cells]) -> list[Cells]:
    r"""The formulas of a note with ``D_b a`` as a derivative, where all that stands below a D stands elsewhere too.

    A D that is defined, or stands before anything but a letter, is a letter with a label.
    """
    products = [mark.factors for mark in walk_marks(tuple(formulas)) if isinstance(mark, ProductMark)]
    followed = [pair for factors in products for pair in zip(factors, (*factors[1:], None), strict=True)]
    operators = [(mark, behind) for mark, behind in followed if isinstance(mark, ScriptedMark) and _is_total(mark)]
    if not operators:
        return list(formulas)
    written = {mark for mark, _ in followed if isinstance(mark, (NameMark, ScriptedMark))}
    known = all(
        single(mark.below) in written and isinstance(behind, (NameMark, ScriptedMark)) for mark, behind in operators
    )
    return [_with_operators(cells) for cells in formulas] if known else list(formulas)


def _is_total(mark: Mark) -> bool:
    """Whether it is a D with something below, and at most a sign of the immediate derivative above."""
    named = isinstance(mark, ScriptedMark) and isinstance(mark.base, NameMark) and mark.base.glyph == ("D", ())
    return named and isinstance(mark, ScriptedMark) and mark.below is not None and _raised(mark) is not None


def _raised(mark: ScriptedMark) -> str | None:
    above = [single(cells) for cells in mark.above]
    if mark.primes or len(above) > 1:
        return None
    sign = above[0] if above else None
    return "d" if not above else RAISED.get(sign.text) if isinstance(sign, Sign) else None


def _with_operators(value: Any) -> Any:
    if isinstance(value, ProductMark):
        made: list[Mark] = []
        at = 0
        while at < len(value.factors):
            mark = value.factors[at]
            at += 1
            if isinstance(mark, ScriptedMark) and _is_total(mark) and (wrt := single(mark.below)) is not None:
                of, at = _operand(value.factors, at)
                mark = _derivative(mark.start, of[-1].end, _raised(mark) or "d", of, wrt)
            made.append(mark)
        value = with_parts(value, factors=tuple(made))
    return mapped(value, _with_operators)


def _rebuilt(value: Any) -> Any:
    """A mark, or a tuple of marks, with every derivative in it as one mark."""
    if isinstance(value, ProductMark):
        value = with_parts(value, factors=_with_derivatives(value.factors))
    value = mapped(value, _rebuilt)
    if isinstance(value, SumMark):
        return _with_signed_body(value)
    if isinstance(value, ProductMark):
        return with_parts(value, factors=tuple(_with_bars(value.factors)))
    return _labelled(value) if isinstance(value, ScriptedMark) else value


def _with_signed_body(terms: SumMark) -> SumMark:
    r"""A sum that ends in \sum_t -\log p_t, with the term and its sign in brackets behind the Σ."""
    if len(terms.terms) < 2:
        return terms
    *before, (first, head), (sign, body) = terms.terms
    if sign not in ("+", "-") or not _is_big(head.factors[-1]):
        return terms
    inside = Chain(body.start, body.end, (SumMark(body.start, body.end, ((sign, body),)),), ())
    factors = (*head.factors, Group(body.start, body.end, "(", (inside,)))
    return replace(terms, terms=(*before, (first, replace(head, factors=factors, end=body.end))))


# --------------------------------------------------------------------------------------------------- bars and labels


def _label(cells: Cells) -> str:
    r"""The sign that a word in a script gives a derivative, ``^{\text{direct}}``; empty for any other script."""
    mark = single(cells)
    said = mark.stem if isinstance(mark, NameMark) else _words(mark)
    return "∂⁺" if _IMMEDIATE.fullmatch(said) else "d" if _TOTAL.fullmatch(said) else ""


_IMMEDIATE = re.compile(vocabulary.IMMEDIATE.anywhere, re.IGNORECASE)
_TOTAL = re.compile(vocabulary.TOTAL.anywhere, re.IGNORECASE)
_HELD = re.compile(vocabulary.HELD.anywhere, re.IGNORECASE)


def _words(mark: Mark | None) -> str:
    """The words in a box of text; empty for any other mark."""
    return mark.text.strip("{} .") if isinstance(mark, Sign) and mark.text.startswith("{") else ""


def _alone(mark: Mark) -> Derivative | None:
    """The derivative that a mark is, with or without brackets around it."""
    inside = single(mark.cells) if isinstance(mark, Group) and mark.opening in ("", "(", "[") else mark
    return inside if isinstance(inside, Derivative) else None


def _named(derivative: Derivative, label: str, at: Mark) -> Derivative:
    """The derivative with the sign that a label gives it; raises :class:`Unreadable` where it has another one."""
    if derivative.sign not in ("∂", label):
        raise Unreadable(f"a derivative with the sign {derivative.sign} has a label that makes another of it", at.start)
    return replace(derivative, sign=label)


def _labelled(mark: ScriptedMark) -> Mark:
    r"""A derivative with a label in a script, or with what is held below its bracket, as one mark."""
    derivative = _alone(mark.base)
    if derivative is None or mark.primes:
        return mark
    below, above = mark.below, list(mark.above)
    if below is not None and (label := _label(below)):
        derivative, below = _named(derivative, label, mark), None
    elif below is not None and isinstance(mark.base, Group) and mark.base.opening == "(" and _are_states(below):
        derivative, below = replace(derivative, held=below), None
    for cells in mark.above:
        if label := _label(cells):
            derivative = _named(derivative, label, mark)
            above.remove(cells)
    if derivative is _alone(mark.base):
        return mark
    return (
        derivative if below is None and not above else replace(mark, base=derivative, below=below, above=tuple(above))
    )


def _are_states(cells: Cells) -> bool:
    """Whether letters with something below them stand there, with commas between them: h_{t-1}, x_t."""
    return all(isinstance(one := single((chain,)), ScriptedMark) and one.below is not None for chain in cells)


def _with_bars(factors: Sequence[Mark]) -> Iterator[Mark]:
    """The factors with each bar behind a derivative as a part of it."""
    made: list[Mark] = []
    for mark in factors:
        below = mark.below if isinstance(mark, ScriptedMark) and is_sign(mark.base, BAR) else None
        if below is None:
            made.append(mark)
            continue
        assert isinstance(mark, ScriptedMark)
        derivative = _alone(made[-1]) if made else None
        if derivative is None or derivative.held or mark.primes:
            raise Unreadable("a bar is read behind one derivative", mark.start)
        label = _label(below)
        derivative = _named(derivative, label, mark) if label else replace(derivative, held=_held(below, mark))
        made[-1] = replace(mark, base=derivative, below=None) if mark.above else derivative
    yield from made


def _held(below: Cells, bar: Mark) -> Cells:
    r"""What a bar holds, without words that say so: ``h_{t-1} \text{ fixed}``, ``h_{t-1} = \text{const}``."""
    made: list[Chain] = []
    for chain in below:
        *sides, last = chain.sides
        term = last.terms[-1][1] if len(last.terms) == 1 and not last.terms[0][0] else None
        behind = term.factors[-1] if term is not None else None
        said = behind.stem if isinstance(behind, NameMark) else _words(behind)
        if term is None or not said or not _HELD.fullmatch(said):
            made.append(chain)
        elif len(term.factors) == 1 and len(sides) == 1 and chain.relations == ("=",):
            made.append(replace(chain, sides=tuple(sides), relations=()))
        elif len(term.factors) > 1 and not sides:
            kept = replace(term, factors=term.factors[:-1])
            made.append(replace(chain, sides=(replace(last, terms=(("", kept),)),)))
        elif not (made and len(term.factors) == 1 and not sides):
            raise Unreadable("it is not clear what this bar holds", bar.start)
    return tuple(made)
