r"""Equations as displays of aligned rows: as they stand on the page, or written out at one step.

>>> from symbptt.page.notation import Product, Sum, d, indices, partial, sizes, state, weight
>>> i, j, t = indices("i j t")
>>> h, w_h = state("h", sizes("n")[0]), weight("w_h")
>>> page = Derivation("The boxed sum")
>>> cascade = Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h)
>>> box = page.claim("box", d(h[t], w_h), partial(h[t], w_h) + Sum(cascade, (i, 1, t - 1)))
>>> for row in expanded(page, box, 2)[0]:
...     print(row.replace("} +", "}\n    +"))
\frac{d h_{2}}{d w_{h}} &= \frac{\partial^{+} h_{2}}{\partial w_{h}}
    + \frac{\partial h_{2}}{\partial h_{1}} \frac{\partial^{+} h_{1}}{\partial w_{h}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from symbptt.errors import NotStated
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, instances, tidied, unstated
from symbptt.page.layout import Bracketed, Factors, Piece, Terms
from symbptt.page.notation import (
    Add,
    At,
    Block,
    Expr,
    Hadamard,
    Mul,
    Partial,
    Ranged,
    Transpose,
    free_indices,
    laid_out,
    rebuild,
    walk,
)
from symbptt.printing.depths import Depth, deepened, left_named
from symbptt.printing.dialects import in_dialect, in_layout
from symbptt.printing.tex import escaped, factors, stated_for, typeset
from symbptt.printing.widths import LINE, ROW, SIZES, is_tall, nested, width


def _rows(piece: Piece, room: float, longest: float) -> list[str]:
    """One side over rows: a sum wider than ``room`` by its terms, a product wider than ``longest`` by its factors."""
    text = typeset(piece)
    if width(text) <= room:
        return [text]
    if isinstance(piece, Terms) and len(piece.terms) > 1:
        return _rows_of_terms(piece, room, longest)
    if isinstance(piece, Factors) and piece.sign == "·":
        return _rows_of_factors(piece, room, longest)
    return _broken(text, longest)


def _rows_of_terms(piece: Terms, room: float, longest: float) -> list[str]:
    # Terms of about one width share rows; those of a sum of cascades, which grow, have a row each.
    widths = [width(sign.strip("+") + typeset(term)) for sign, term in piece.terms]
    alike = max(widths) <= 2 * min(widths)
    rows: list[str] = []
    for place, (sign, term) in enumerate(piece.terms):
        sign = f"{sign} " if place else sign
        first, *more = [typeset(term)] if isinstance(term, Bracketed) else _rows(term, room, longest - 3)
        if alike and rows and width(rows[-1] + sign + first) <= room:
            rows[-1] += f" {sign}{first}"
        else:
            rows += [sign + first, *(rf"\quad {row}" for row in more)]
    return rows


def _rows_of_factors(piece: Factors, room: float, longest: float) -> list[str]:
    parts = factors(piece.parts)
    last = piece.parts[-1]
    if isinstance(last, Bracketed) and isinstance(last.inside, Terms) and len(parts) > 1:
        before = " ".join(parts[:-1])
        beside = width(before) + 1 < longest / 3
        narrower = width(before) + 1 if beside else 3.0
        rows = _rows(last.inside, room - narrower, longest - narrower)
        big = "bigg" if is_tall(parts[-1]) else SIZES[max(1, min(nested(parts[-1]), len(SIZES) - 1))]
        rows[-1] += rf" \{big}r)"  # \left and \right cannot stand on different rows
        if beside:
            return [rf"{before} \{big}l( {rows[0]}", *rows[1:]]
        leading = _rows(Factors(piece.parts[:-1]), room, longest) if len(parts) > 2 else _broken(before, longest)
        return [*leading, rf"\cdot \{big}l( {rows[0]}", *(rf"\quad {row}" for row in rows[1:])]
    rows = []
    for part in parts:
        if rows and width(rows[-1] + part) <= longest:
            rows[-1] += f" {part}"
        else:
            rows += _broken(rf"\cdot {part}" if rows and not part.startswith(r"\cdot") else part, longest)
    return rows


def _broken(text: str, longest: float) -> list[str]:
    """A formula without terms or factors, broken over rows at the signs inside its parentheses."""
    if width(text) <= longest:
        return [text]
    pieces = [""]
    braces = fences = 0
    for token in re.findall(r" [+-] |\\[A-Za-z]+|\\.|.", text):
        braces += (token == "{") - (token == "}")
        fences += (token in (r"\left", r"\begin")) - (token in (r"\right", r"\end"))
        # \left and \right have to stand in one row, and so has what is in braces.
        if token in (" + ", " - ") and not braces and not fences:
            pieces.append(token.lstrip())
        else:
            pieces[-1] += token
    rows: list[str] = []
    for piece in pieces:
        if rows and width(rows[-1] + piece) <= longest:
            rows[-1] += f" {piece}"
        else:
            # A step further in than a term or factor that begins a row.
            rows.append(rf"\quad {piece}" if rows else piece)
    return rows


def aligned(tag: str, sides: Sequence[Expr], widest: float = LINE, behind: str = "") -> list[str]:
    """An equation or chain as rows aligned at the equals signs, none wider than ``widest`` where it can be broken."""
    first_side, *others = map(laid_out, sides)
    left = typeset(first_side)
    longest = max(LINE - width(left) - 0.5 * len(tag) - 3, ROW / 2)
    room = min(widest, longest)
    whole = " = ".join(map(typeset, others)) + behind
    crowded = width(left) > LINE / 2 and width(left) + width(whole) > LINE - 3
    if width(whole) <= room and not crowded:
        return [f"{left} &= {whole}"]
    rows: list[str] = []
    indent = ""
    if crowded:
        # A left side this wide leaves no room beside it: it has rows of its own.
        longest = LINE - 0.5 * len(tag) - 3
        room, indent = min(widest, longest), r"\quad "
        first, *more = _rows(first_side, room, longest)
        rows, left = [f"&{first}", *(rf"&\quad {row}" for row in more)], ""
    for side in others:
        first, *more = _rows(side, room, longest)
        rows += [f"&{indent}= {first}", *(rf"&{indent}\quad {row}" for row in more)]
    rows[0] = f"{left} {rows[0]}".lstrip()
    rows[-1] += behind
    return rows


def displayed(page: Derivation, equation: Equation, notation: str = "plus") -> list[list[str]]:
    """The equation as it stands on the page, as one display of aligned rows."""
    equation, dialect = in_layout(page, equation, notation)
    sides = [in_dialect(page, side, dialect) for side in equation.chain]
    return [aligned(equation.tag, sides, LINE, stated_for(equation))]


def expanded(
    page: Derivation, equation: Equation, step: int, depth: Depth = "terms", notation: str = "plus"
) -> list[list[str]]:
    """The equation at ``step``, every Σ and Π written out: a display of aligned rows for each value of its ranges.

    ``depth`` says how far the derivatives on its right side are written out. Raises :class:`NotStated` when it refers
    to a step before the first, or the page states it from a later step on, :class:`IllTyped` when a name in it has no
    meaning on the page; :class:`BudgetExceeded` when it would be too long, :class:`Undecided` when a derivative in it
    cannot be written out.
    """
    equation, dialect = in_layout(page, equation, notation)
    written = written_out(page, equation, step, depth)
    displays = [aligned(equation.tag, [in_dialect(page, side, dialect) for side in sides], ROW) for sides in written]
    return displays + where(page, equation.tag, written if depth == "full" else [])


def where(page: Derivation, tag: str, displays: Sequence[Sequence[Expr]]) -> list[list[str]]:
    """Definitions of the states that derivatives at full depth are still taken at, as rows to stand below them."""
    named = left_named(page, [side for sides in displays for side in sides[1:]])
    rows = [aligned(tag, sides, ROW - 3) for sides in named]
    return [[rf"\text{{{'and' if place else 'where'} }} {first}", *more] for place, (first, *more) in enumerate(rows)]


def written_out(page: Derivation, equation: Equation, step: int, depth: Depth = "terms") -> list[list[Expr]]:
    """The sides of an equation at ``step`` for each value of its ranges; raises as :func:`expanded` does."""
    if why := _unstated(page, equation, step):
        raise NotStated(f"({equation.tag}) is not stated at t = {step}: {why}")
    made: list[list[Expr]] = []
    for values in _values(page, equation, step):
        sides = [tidied(expand(side, values)) for side in equation.chain]
        if depth != "terms" and equation.right is not None:
            # A function that names a step says which step only while t is a letter.
            named = _resolved(page, equation.right) if depth == "jacobians" else page.resolve(equation.right)
            right = expand(named, values)
            sides[-1] = tidied(deepened(page, tidied(right), depth))
        made.append(sides)
    return made


def _resolved(page: Derivation, node: Expr) -> Expr:
    """The expression resolved, but for the functions that immediate partials in a weight are taken of."""
    if isinstance(node, Partial) and node.names_step() and not node.is_jacobian():
        return node
    if isinstance(node, (Add, Mul, Hadamard, Transpose, Ranged, Block)):
        return rebuild(node, lambda part: _resolved(page, part), lambda index: index)
    return page.resolve(node)


def _values(page: Derivation, equation: Equation, step: int) -> Iterator[dict[str, int]]:
    if equation.kind == "definition":
        yield dict.fromkeys(sorted({name for side in equation.chain for name in free_indices(side)}), step)
        return
    written = equation.weights[0] if equation.weights else None
    yield from (values for values, weight in instances(page, equation, step) if weight == written)


def _unstated(page: Derivation, equation: Equation, step: int) -> str:
    if equation.kind != "definition":
        return unstated(page, equation, step)
    for values in _values(page, equation, step):
        for node in (node for side in equation.chain for node in walk(tidied(expand(side, values)))):
            if isinstance(node, At) and not node.index.terms and node.index.value() < 0:
                return f"it refers to {node}, before the first step"
    return ""


def fragment(tag: str, displays: Sequence[Sequence[str]]) -> str:
    """Displays one below the other in one ``align*``, the tag on the first row. Needs amsmath."""
    first, *more = [row for display in displays for row in display]
    rows = [rf"{first} \tag{{{escaped(tag)}}}", *more]
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"
