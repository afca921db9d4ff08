r"""Equations as displays of aligned rows: as they stand on the page, or written out at one step.

>>> from symbptt.page.notation import Product, Sum, d, indices, partial, sizes, state, weight
>>> i, j, t = indices("i j t")
>>> h, w_h = state("h", sizes("n")[0]), weight("w_h")
>>> page = Derivation("The boxed sum")
>>> cascade = Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h)
>>> box = page.claim("box", d(h[t], w_h), partial(h[t], w_h) + Sum(cascade, (i, 1, t - 1)))
>>> ((rows,), _) = expanded(page, box, 2)
>>> for row in rows:
...     print(row.replace("} +", "}\n    +"))
\frac{d h_{2}}{d w_{h}} &= \frac{\partial^{+} h_{2}}{\partial w_{h}}
    + \frac{\partial h_{2}}{\partial h_{1}} \frac{\partial^{+} h_{1}}{\partial w_{h}}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symbptt.errors import NotStated
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, instances, tidied, unstated
from symbptt.page.layout import Bracketed, Called, Cells, Factors, Piece, Ranging, Scripted, Terms
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
from symbptt.printing.depths import Depth, deepened, derived
from symbptt.printing.dialects import in_dialect, in_layout
from symbptt.printing.naming import shortened
from symbptt.printing.tex import OPERATORS, escaped, factors, named, stated_for, typeset
from symbptt.printing.widths import LINE, ROW, SIZES, is_tall, nested, width

INDENT, FENCE = 1.0, 0.8
"""How far a row goes on further in, and the room that a large bracket takes."""


def _rows(piece: Piece, room: float, longest: float, lead: float = 0) -> list[str]:
    """One side over rows: a sum wider than ``room`` by its terms, all else that is wider than ``longest`` inside it.

    ``lead`` is how much of its first row is taken. A function keeps the beginning of its argument, and a bracket what
    stands first in it; in brackets ``room`` is all that there is.
    """
    text = typeset(piece)
    if lead + width(text) <= (room if isinstance(piece, Terms) else longest):
        return [text]
    match piece:
        case Terms():
            return _rows_of_terms(piece, room, longest, lead)
        case Factors(parts, "·"):
            return _rows_of_factors(parts, factors(parts), room, longest, lead)
        case Factors(parts, operator):
            first, *others = map(typeset, parts)
            signed = [first, *(f"{OPERATORS[operator]} {one}" for one in others)]
            return _rows_of_factors(parts, signed, room, longest, lead)
        case Bracketed(inside):
            return _fenced("", [inside], longest, lead)
        case Scripted(base) if text.startswith(whole := typeset(base)):
            above = text.removeprefix(whole)
            *rows, last = _rows(base, room, longest - width(above), lead)
            return [*rows, last + above]
        case Ranging(body=body):
            sign = text.removesuffix(typeset(body))
            first, *more = _rows(body, room - INDENT, longest - INDENT, lead + width(sign))
            return [sign + first, *(rf"\quad {row}" for row in more)]
        case Called(_, arguments):
            return _fenced(named(piece), list(arguments), longest, lead)
        case Cells(parts):
            return _fenced("", list(parts), longest, lead, "[]")
        case _:
            return [text]


def _fenced(before: str, parts: list[Piece], longest: float, lead: float, fence: str = "()") -> list[str]:
    """What stands in brackets behind something over rows, the brackets as large as what is in them asks for."""
    # \left and \right cannot stand on different rows.
    whole = " ".join(map(typeset, parts))
    size = "bigg" if is_tall(whole) else SIZES[max(1, min(nested(whole), len(SIZES) - 1))]
    lead += width(before) + FENCE
    inside = longest - INDENT - FENCE
    rows: list[str] = []
    for place, part in enumerate(parts):
        made = _rows(part, inside, inside, lead)
        if place:
            rows[-1] += r" \quad" if fence == "[]" else ","
            if width(rows[-1] + made[0]) + (lead if len(rows) == 1 else 0) <= inside:
                rows[-1] += f" {made.pop(0)}"
        rows += made
        lead = 0 if len(rows) > 1 else lead
    rows[0] = rf"{before}\{size}l{fence[0]} {rows[0]}"
    rows[-1] += rf" \{size}r{fence[1]}"
    return [rows[0], *(rf"\quad {row}" for row in rows[1:])]


def _rows_of_terms(piece: Terms, room: float, longest: float, lead: float) -> list[str]:
    # Terms of about one width share rows, and so do those in brackets; those of a sum of cascades have a row each.
    widths = [width(sign.strip("+") + typeset(term)) for sign, term in piece.terms]
    alike = room == longest or max(widths) <= 2 * min(widths)
    rows: list[str] = []
    is_broken = False
    for place, (sign, term) in enumerate(piece.terms):
        sign = f"{sign} " if place else sign
        whole = sign + typeset(term)
        if alike and rows and not is_broken and (lead if len(rows) == 1 else 0) + width(rows[-1] + whole) <= room:
            rows[-1] += f" {whole}"
            continue
        taken = width(sign) + (0 if place else lead)
        first, *more = _rows(term, min(room, longest - INDENT), longest - INDENT, taken)
        rows += [sign + first, *(rf"\quad {row}" for row in more)]
        is_broken = bool(more)
    return rows


def _rows_of_factors(
    parts: Sequence[Piece], written: Sequence[str], room: float, longest: float, lead: float
) -> list[str]:
    """Factors over rows, as they are written one behind the other; one that is too wide for a row is broken itself."""
    rows: list[str] = []
    for part, text in zip(parts, written, strict=True):
        taken = lead if len(rows) < 2 else 0
        if rows and taken + width(rows[-1] + text) <= longest:
            rows[-1] += f" {text}"
            continue
        sign = text.removesuffix(typeset(part))
        leader = sign if sign.strip() or not rows else r"\cdot "
        inside = longest - INDENT
        below = _rows(part, min(room, inside), inside, width(leader) + (0 if rows else lead))
        if rows and len(below) > 1:
            # What has to be broken begins beside a short factor where that takes no more rows.
            before = f"{rows[-1]} {sign}"
            beside = _rows(part, longest, longest, width(before) + taken)
            if width(before) + taken < longest / 2 and len(beside) <= len(below):
                rows[-1:] = [before + beside[0], *beside[1:]]
                continue
        rows += [leader + below[0], *(rf"\quad {row}" for row in below[1:])]
    return rows


def aligned(tag: str, sides: Sequence[Expr], widest: float = LINE, behind: str = "") -> list[str]:
    """An equation or chain as rows aligned at the equals signs, none wider than ``widest`` where it can be broken."""
    first_side, *others = map(laid_out, sides)
    if not others:
        first, *more = _rows(first_side, LINE, LINE, 0.5 * len(tag))
        return [f"&{first}", *(rf"&\quad {row}" for row in more)]
    left = typeset(first_side)
    longest = max(LINE - width(left) - 3, ROW / 2)
    room = min(widest, longest)
    # The tag stands beside the first row.
    taken = max(0.5 * len(tag) - (longest - room), 0)
    whole = " = ".join(map(typeset, others)) + behind
    crowded = width(left) > LINE / 2 and width(left) + width(whole) > LINE - 3
    if width(whole) + taken <= room and not crowded:
        return [f"{left} &= {whole}"]
    rows: list[str] = []
    indent = ""
    if crowded:
        # A left side this wide leaves no room beside it: it has rows of its own.
        longest = LINE - 3
        room, indent = min(widest, longest), r"\quad "
        first, *more = _rows(first_side, room, longest, 0.5 * len(tag))
        rows, left = [f"&{first}", *(rf"&\quad {row}" for row in more)], ""
    for side in others:
        first, *more = _rows(side, room, longest, 0 if rows else taken)
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
    page: Derivation,
    equation: Equation,
    step: int,
    depth: Depth = "terms",
    notation: str = "plus",
    letters: dict[Expr, str] | None = None,
) -> tuple[list[list[str]], list[list[str]]]:
    """The equation at ``step``, every Σ and Π written out: a display of aligned rows for each value of its ranges.

    ``depth`` says how far the derivatives on its right side are written out; behind the displays come the definitions
    of what has a name in them, with ``letters`` as :func:`shortened` has them. Raises :class:`NotStated` when it refers
    to a step before the first, or the page states it from a later step on, :class:`IllTyped` when a name in it has no
    meaning on the page; :class:`BudgetExceeded` when it would be too long, :class:`Undecided` when a derivative in it
    cannot be written out.
    """
    equation, dialect = in_layout(page, equation, notation)
    written = written_out(page, equation, step, depth)
    written, names = shortened(page, written, letters) if depth == "full" else (written, [])
    displays = [aligned(equation.tag, [in_dialect(page, side, dialect) for side in sides], ROW) for sides in written]
    return displays, defined(names)


def defined(names: Sequence[tuple[Expr, Expr]]) -> list[list[str]]:
    """Names with what they stand for, as displays of aligned rows."""
    return [aligned("", sides, ROW) for sides in names]


def written_out(page: Derivation, equation: Equation, step: int, depth: Depth = "terms") -> list[list[Expr]]:
    """The sides of an equation at ``step`` for each value of its ranges, every state by its name.

    Raises as :func:`expanded` does.
    """
    if why := _unstated(page, equation, step):
        raise NotStated(f"({equation.tag}) is not stated at t = {step}: {why}")
    made: list[list[Expr]] = []
    for values in _values(page, equation, step):
        sides = [tidied(expand(side, values)) for side in equation.chain]
        if depth != "terms" and equation.right is not None:
            # A function that names a step says which step only while t is a letter.
            named = _resolved(page, equation.right) if depth == "jacobians" else page.resolve(equation.right)
            right = tidied(expand(named, values))
            sides[-1] = tidied(derived(page, right, depth) if depth == "full" else deepened(page, right, depth))
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


def fragment(tag: str, displays: Sequence[Sequence[str]], where: Sequence[Sequence[str]] = ()) -> str:
    """Displays one below the other in one ``align*``, the tag on the first row. Needs amsmath.

    What is named in them is defined in an ``align*`` of its own, so that it reads as definitions.
    """
    first, *more = [row for display in displays for row in display]
    made = _align([rf"{first} \tag{{{escaped(tag)}}}", *more])
    return f"{made}\nwhere\n{_align([row for rows in where for row in rows])}" if where else made


def _align(rows: Sequence[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"
