r"""Questions about the marks among the factors of a product: signs, dots, Σ and Π.

>>> from symbptt.reader.differentials import parse_formula
>>> factors = parse_formula(r"\sum_{k=1}^{t} c_k \cdots")[0].sides[0].terms[0][1].factors
>>> [range_sign(mark) is not None for mark in factors], [is_dots(mark) for mark in factors]
([True, False, False], [False, False, True])
"""

from __future__ import annotations

from symbptt.reader.customs import LOSSES, ONES
from symbptt.reader.differentials import TIMES, Derivative, bracket
from symbptt.reader.grammar import (
    BIG,
    Cells,
    Group,
    Mark,
    NameMark,
    ProductMark,
    ScriptedMark,
    Sign,
    is_dots,
    is_sign,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key


def is_unit(term: ProductMark) -> bool:
    """Whether a term is a column of ones: a 1 in a font of its own."""
    return len(term.factors) == 1 and isinstance(mark := term.factors[0], NameMark) and mark.stem == ONES


def is_argument(key: Key, group: Group) -> bool:
    """Whether the expression in parentheses behind a letter with a step looks like an argument: a letter, no sum."""
    inside = single(group.cells)
    return key.stem in LOSSES or (isinstance(inside, (NameMark, ScriptedMark)) and not isinstance(inside, Derivative))


def misplaced(sign: str) -> str:
    """Why a sign cannot stand where it does."""
    return f"{sign} cannot stand here"


def may_end(mark: Mark, behind: Mark) -> bool:
    """Whether a product may end behind a factor: not between a function and its bracket, nor beside a sign."""
    applied = isinstance(mark, (NameMark, ScriptedMark)) and bracket(behind) is not None
    joined = isinstance(mark, Sign) or (joins(behind) and not is_sign(behind, *TIMES))
    return not applied and not joined


def joins(mark: Mark) -> bool:
    """Whether it is a sign of operation between two factors."""
    return isinstance(mark, Sign) and not is_dots(mark) and range_sign(mark) is None


def are_between_factors(term: ProductMark, mark: Mark) -> bool:
    r"""Whether dots stand between factors of a product: ``c_t c_{t-1} \cdots c_1``."""
    place = next(place for place, factor in enumerate(term.factors) if factor is mark)
    return 0 < place < len(term.factors) - 1


def sign_text(mark: Mark) -> str:
    """The sign that a mark is, for a message."""
    while isinstance(mark, ScriptedMark):
        mark = mark.base
    return mark.text if isinstance(mark, Sign) else "it"


def range_sign(mark: Mark) -> tuple[str, Cells | None, tuple[Cells, ...]] | None:
    """Σ or Π with its subscript and superscripts; None for any other mark."""
    base = mark.base if isinstance(mark, ScriptedMark) else mark
    if not is_sign(base, *BIG):
        return None
    assert isinstance(base, Sign)
    return (base.text, mark.below, mark.above) if isinstance(mark, ScriptedMark) else (base.text, None, ())


def stems_in(mark: Mark) -> frozenset[str]:
    """Every stem in a mark."""
    return frozenset(part.stem for part in walk_marks(mark) if isinstance(part, NameMark))
