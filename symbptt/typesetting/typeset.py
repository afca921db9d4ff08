r"""A page as LaTeX, in its own order: nothing is reordered, nothing is evaluated.

>>> from symbptt.notation import Product, Sum, d, indices, partial, sizes, state, weight
>>> i, j, t = indices("i j t")
>>> h, w_h = state("h", sizes("n")[0]), weight("w_h")
>>> page = Derivation("The boxed sum")
>>> cascade = Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h)
>>> box = page.claim("box", d(h[t], w_h), partial(h[t], w_h) + Sum(cascade, (i, 1, t - 1)))
>>> print(latex(partial(h[t], w_h)))
\frac{\partial^{+} h_{t}}{\partial w_{h}}
>>> print(latex(cascade))
\left( \prod_{j=i+1}^{t} \frac{\partial h_{j}}{\partial h_{j-1}} \right) \frac{\partial^{+} h_{i}}{\partial w_{h}}
>>> for row in expanded(page, box, 2)[0]:
...     print(row.replace("} +", "}\n    +"))
\frac{d h_{2}}{d w_{h}} &= \frac{\partial^{+} h_{2}}{\partial w_{h}}
    + \frac{\partial h_{2}}{\partial h_{1}} \frac{\partial^{+} h_{1}}{\partial w_{h}}

The LaTeX of a letter is what its ``latex`` says, which a script writes and is trusted for, or is made from its name,
which can hold no command. What is text on a page (titles, tags, reasons) goes through :func:`escaped`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction

from symbptt.derivation import Derivation, Equation
from symbptt.errors import BudgetExceeded, IllTyped, NotStated, Undecided
from symbptt.expansion import expand, instances, tidied, unstated
from symbptt.notation import (
    PRIME,
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Kronecker,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Transpose,
    Zero,
    free_indices,
    substitute,
    walk,
)
from symbptt.typesetting.depths import Depth, deepened
from symbptt.typesetting.dialects import Dialect, spelled

# --------------------------------------------------------------------------------------------------- names

COMMAND = re.compile(
    r"alpha|beta|[Gg]amma|[Dd]elta|(var)?epsilon|zeta|eta|(var)?theta|Theta|iota|kappa|[Ll]ambda|mu|nu|[Xx]i|[Pp]i|"
    r"(var)?rho|[Ss]igma|tau|[Uu]psilon|(var)?phi|Phi|chi|[Pp]si|[Oo]mega|ell"
)
"""The names that are letters of LaTeX."""


def _word(word: str, italic: int) -> str:
    # Italic letters side by side read as a product, so that a longer word stands upright.
    if COMMAND.fullmatch(word):
        return rf"\{word}"
    return word if len(word) <= italic or word.isdigit() else rf"\mathrm{{{word}}}"


def _name(symbol: str) -> tuple[str, list[str]]:
    """The stem and subscripts of a name, ``W_xh`` as W and xh."""
    stem, *scripts = symbol.split("_")
    if not all(scripts):
        return r"\mathrm{" + symbol.replace("_", r"\_") + "}", []
    return _word(stem, 1), [_word(script, 2) for script in scripts]


def _letter(letter: Letter, below: str = "", above: str = "") -> str:
    stem, scripts = (letter.latex, []) if letter.latex else _name(letter.symbol)
    if letter.latex and ((below and "_" in stem) or (above and "^" in stem)):
        stem = f"{{{stem}}}"  # TeX refuses a second subscript or superscript
    scripts = [*scripts, *([below] if below else [])]
    return stem + (f"_{{{','.join(scripts)}}}" if scripts else "") + (f"^{{{above}}}" if above else "")


def _index(index: Index) -> str:
    def spelled(found: re.Match[str]) -> str:
        stem, scripts = _name(found[0])
        return stem + (f"_{{{','.join(scripts)}}}" if scripts else "")

    return re.sub(r"[A-Za-z]\w*", spelled, str(index))


ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0308": '"', "\u030c": "v"}
SIGNS = (
    {sign: rf"\{sign}" for sign in "#$%&_{}"}
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "…": r"\dots{}"}
    | {"<": "$<$", ">": "$>$", "|": "$|$", "·": r"$\cdot$", "×": r"$\times$", "→": r"$\to$", "≤": r"$\le$"}
    | {"∂": r"$\partial$", "⁺": "$^{+}$", "Σ": r"$\Sigma$", "Π": r"$\Pi$", "ᵀ": r"$^{\top}$", "≥": r"$\ge$"}
    | {"²": "$^{2}$", "³": "$^{3}$", "⁻": "$^{-}$", "−": "$-$", "⊙": r"$\odot$", "⊗": r"$\otimes$", "⊤": r"$\top$"}
    | {"–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''"}
)


def escaped(text: str) -> str:
    """Plain text as LaTeX text of one line, in ASCII; a sign that LaTeX may lack is written as its code point."""
    made: list[str] = []
    for sign in unicodedata.normalize("NFD", " ".join(text.split())):
        if sign in ACCENTS and made:
            made[-1] = rf"\{ACCENTS[sign]}{{{made[-1]}}}"
        else:
            made.append(SIGNS.get(sign) or (sign if " " <= sign <= "~" else f"[U+{ord(sign):04X}]"))
    return "".join(made)


SIZES = ("", "big", "Big", "bigg", "Bigg")
"""Parentheses by what stands inside them; nothing deeper is told apart by size."""

# --------------------------------------------------------------------------------------------------- expressions


def latex(node: Expr) -> str:
    r"""The LaTeX of an expression, in the order in which it is written.

    The total derivative is ``\frac{d h_{t}}{d w}``, the immediate partial ``\frac{\partial^{+} h_{t}}{\partial w}``;
    a Jacobian, and a partial of a function that names a step, have a plain ``\partial``. A product descends; one that
    ascends has an arrow over its sign. Needs amsmath. Raises TypeError for a node that is not of the notation.
    """
    match node:
        case Number(value):
            top = abs(value.numerator)
            sign = "-" if value < 0 else ""
            return f"{sign}{top}" if value.denominator == 1 else rf"{sign}\frac{{{top}}}{{{value.denominator}}}"
        case IndexValue(index):
            return _index(index)
        case Letter():
            return _letter(node)
        case At(letter, index):
            return _letter(letter, below=_index(index))
        case Copy(weight, index):
            return _letter(weight, above=f"({_index(index)})")
        case Add(parts):
            return _added(parts)
        case Mul(parts):
            sign, positive = unsigned(node)
            return sign + _term(positive) if sign else " ".join(_factors(parts))
        case Hadamard(parts):
            loose = (Mul, Hadamard, Ranged)
            return r" \odot ".join(_wrapped(part, isinstance(part, loose) or is_loose(part)) for part in parts)
        case Kronecker(left, right):
            tight = (Mul, Hadamard, Kronecker, Ranged)
            sides = (_wrapped(part, isinstance(part, tight) or is_loose(part)) for part in (left, right))
            return r" \otimes ".join(sides)
        case Power(IndexValue() | Number() as base, exponent) if exponent == Index.of(-1):
            return rf"\frac{{1}}{{{latex(base)}}}"
        case Power(base, exponent):
            return f"{_base(base)}^{{{_index(exponent)}}}"
        case Sum(dots=True):
            ends = (node.lower, node.lower + 1, node.upper)
            first, second, last = (substitute(node.body, {node.index: at}) for at in ends)
            return rf"{_added((first, second))} + \dots + {_term(node.body)} + \dots + {_term(last)}"
        case Sum():
            return rf"\sum{_limits(node)} {_wrapped(node.body, is_loose(node.body))}"
        case Product():
            sign = r"\mathop{\overset{\rightarrow}{\prod}}\limits" if node.ascending else r"\prod"
            body = _wrapped(node.body, is_loose(node.body) or isinstance(node.body, (Mul, Hadamard, Sum)))
            return f"{sign}{_limits(node)} {body}"
        case Apply(function, arguments, primes):
            inside = ", ".join(map(latex, arguments))
            # TeX sets a prime as a superscript, and refuses a second one.
            named = f"{{{_letter(function)}}}" if primes and "^" in function.latex else _letter(function)
            return named + PRIME * primes + (r"\!" if _is_tall(inside) else "") + _called(inside)
        case Diag(of):
            return r"\operatorname{diag}" + _called(latex(of))
        case Total(of, wrt):
            return rf"\frac{{d {_operand(of)}}}{{d {_operand(wrt)}}}"
        case Partial(of, wrt):
            sign = r"\partial" if node.is_plain() else r"\partial^{+}"
            return rf"\frac{{{sign} {_operand(of)}}}{{\partial {_operand(wrt)}}}"
        case Concat(parts):
            blocks = list(map(latex, parts))
            text = rf"\begin{{bmatrix}} {' & '.join(blocks)} \end{{bmatrix}}"
            # A matrix cannot break: what is wide stands in brackets that can.
            wide = sum(map(width, blocks)) > ROW / 2 and not any(map(_is_tall, blocks))
            return _bracketed(r" \quad ".join(blocks), "[", "]") if wide else text
        case Transpose(of):
            return rf"{_base(of)}^{{\top}}"
        case Block(of, part):
            return rf"\left[ {latex(of)} \right]_{{{latex(part)}}}"
        case Zero():
            return "0"
        case Ones():
            return "1"
        case Identity():
            return "I"
        case Either(options=(Total(of, wrt), *_)):
            # As a note prints it: one sign for both derivatives.
            return rf"\frac{{\partial {_operand(of)}}}{{\partial {_operand(wrt)}}}"
        case Either(options):
            return latex(options[0])
        case _:
            raise TypeError(f"{type(node).__name__} is not a node of the notation: no LaTeX is known for it")


def _limits(node: Ranged) -> str:
    return f"_{{{_index(node.bounds[0])}={_index(node.lower)}}}^{{{_index(node.upper)}}}"


def _is_tall(text: str) -> bool:
    return re.search(r"\\(frac|sum|prod|mathop|begin)(?![A-Za-z])", text) is not None


def _parenthesised(text: str) -> str:
    return rf"\left( {text} \right)" if _is_tall(text) else f"({text})"


def _called(text: str) -> str:
    """What a function is applied to, in parentheses a size above those inside."""
    return _parenthesised(text) if _is_tall(text) or not _nested(text) else _bracketed(text, "(", ")")


def _bracketed(text: str, left: str, right: str) -> str:
    size = SIZES[min(_nested(text), len(SIZES) - 1)]
    return rf"\{size}l{left} {text} \{size}r{right}" if size else f"{left}{text}{right}"


def _nested(text: str) -> int:
    """How deep brackets stand inside each other; those of a subscript or superscript are small."""
    deepest = depth = braces = 0
    for sign in text:
        braces += (sign == "{") - (sign == "}")
        if not braces:
            depth += (sign in "([") - (sign in ")]")
        deepest = max(deepest, depth)
    return deepest


def _wrapped(node: Expr, needed: bool) -> str:
    text = latex(node)
    return _parenthesised(text) if needed or text.startswith("-") else text


def is_loose(node: Expr) -> bool:
    """Whether it is held together by a plus or minus sign only."""
    if isinstance(node, IndexValue):
        return re.search("[+-]", str(node)) is not None
    return isinstance(node, Add) or (isinstance(node, Sum) and node.dots)


def factor_needs_brackets(node: Expr, *, last: bool) -> bool:
    """Whether a factor of a product, the last one or not, would fall apart or swallow the next one without them."""
    return is_loose(node) or isinstance(node, (Hadamard, Kronecker)) or (is_open(node) and not last)


def is_open(node: Expr) -> bool:
    """Whether what follows it could be read as a part of it, as behind a Σ or Π."""
    return isinstance(node, Ranged) or (isinstance(node, Mul) and is_open(node.parts[-1]))


def unsigned(node: Expr) -> tuple[str, Expr]:
    """The sign in front, and what stands behind it."""
    if isinstance(node, Number) and node.value < 0:
        return "-", Number(-node.value)
    if isinstance(node, Mul) and isinstance(node.parts[0], Number) and node.parts[0].value < 0:
        size, rest = Number(-node.parts[0].value), node.parts[1:]
        if size.value == Fraction(1) and rest:
            return "-", rest[0] if len(rest) == 1 else Mul(rest)
        return "-", Mul((size, *rest))
    return "", node


def _term(node: Expr) -> str:
    return _wrapped(node, is_loose(node))


def _added(parts: Sequence[Expr]) -> str:
    text = ""
    for position, part in enumerate(parts):
        sign, positive = unsigned(part)
        text += (f" {sign or '+'} " if position else sign) + _term(positive)
    return text


def _factors(parts: Sequence[Expr]) -> list[str]:
    made: list[str] = []
    for position, part in enumerate(parts):
        needed = factor_needs_brackets(part, last=position == len(parts) - 1)
        text = _called(latex(part)) if isinstance(part, Kronecker) else _wrapped(part, needed)
        # 2 3 would read as 23, and 2 1/3 as two and a third.
        made.append(rf"\cdot {text}" if made and re.match(r"\d|\\frac\{\d", text) else text)
    return made


def _base(node: Expr) -> str:
    """What an exponent is put on."""
    scripted = isinstance(node, (Mul, Hadamard, Kronecker, Ranged, Total, Partial, Power, Transpose, Copy))
    fraction = isinstance(node, Number) and node.value.denominator != 1
    given = isinstance(node, Letter) and "^" in node.latex
    return f"{{{latex(node)}}}" if given else _wrapped(node, scripted or fraction or is_loose(node))


def _operand(node: Expr) -> str:
    """What is differentiated, or differentiated in."""
    return _wrapped(node, not isinstance(node, (Letter, At, Copy, Apply)))


# --------------------------------------------------------------------------------------------------- equations


def _sides(equation: Equation) -> list[Expr]:
    return list(equation.chain)


def _stated_for(equation: Equation) -> str:
    return "".join(
        rf" \quad ({_index(index)} = {_index(lower)}, \dots, {_index(upper)})"
        for index, lower, upper in equation.for_each
    )


def equation_latex(equation: Equation) -> str:
    """The equation as it stands on the page: one line, no environment, no tag."""
    return " = ".join(map(latex, _sides(equation))) + _stated_for(equation)


# Widths are in em. A line is what the standard classes have at 10, 11 and 12 points; a row of an equation that is
# written out is kept to what an eye takes in, seven short fractions with their signs.
LINE, ROW = 32.0, 21.0
SCRIPT = 0.65
WIDTHS = {
    **dict.fromkeys(["+", "-", "=", r"\odot", r"\otimes"], 1.25),
    **dict.fromkeys(["(", ")", "[", "]", ",", "1", "0", "t", "i", "j", "l", r"\ell"], 0.45),
    **dict.fromkeys(
        [r"\left", r"\right", r"\mathrm", r"\hat", r"\!", r"\begin", r"\end", r"\limits", r"\mathop", r"\operatorname"],
        0.0,
    ),
    **dict.fromkeys([rf"\{size}{side}" for size in SIZES if size for side in "lr"], 0.2),
    **dict.fromkeys([r"\sum", r"\prod", r"\dots", r"\quad", "&"], 1.4),
    **dict.fromkeys("WXDMHLUT", 0.9),
}


def width(text: str) -> float:
    """About how wide LaTeX sets the formula, in em."""
    return _measured(iter(re.findall(r"\\[A-Za-z]+|\\.|\S", text)))


def _measured(tokens: Iterator[str]) -> float:
    total = 0.0
    for token in tokens:
        if token == "}":
            break
        if token == r"\frac":
            total += 0.25 + max(_argument(tokens), _argument(tokens))
        elif token in "_^":
            total += SCRIPT * _argument(tokens)
        else:
            total += _measured(tokens) if token == "{" else WIDTHS.get(token, 0.6)
    return total


def _argument(tokens: Iterator[str]) -> float:
    token = next(tokens, "}")
    return _measured(tokens) if token == "{" else WIDTHS.get(token, 0.6)


def _rows(node: Expr, room: float, longest: float) -> list[str]:
    """One side over rows: a sum wider than ``room`` by its terms, a product wider than ``longest`` by its factors."""
    text = latex(node)
    if width(text) <= room:
        return [text]
    if not isinstance(node, (Add, Mul)) or unsigned(node)[0]:
        return _broken(text, longest)
    rows: list[str] = []
    if isinstance(node, Add):
        # Terms of about one width share rows; those of a sum of cascades, which grow, have a row each.
        widths = [width(latex(part)) for part in node.parts]
        alike = max(widths) <= 2 * min(widths)
        for position, part in enumerate(node.parts):
            sign, positive = unsigned(part)
            sign = f"{sign or '+'} " if position else sign
            first, *more = [_term(positive)] if is_loose(positive) else _rows(positive, room, longest - 3)
            if alike and rows and width(rows[-1] + sign + first) <= room:
                rows[-1] += f" {sign}{first}"
            else:
                rows += [sign + first, *(rf"\quad {row}" for row in more)]
        return rows
    factors = _factors(node.parts)
    if isinstance(node.parts[-1], Add) and len(factors) > 1:
        before = " ".join(factors[:-1])
        beside = width(before) + 1 < longest / 3
        narrower = width(before) + 1 if beside else 3.0
        rows = _rows(node.parts[-1], room - narrower, longest - narrower)
        big = "bigg" if _is_tall(factors[-1]) else SIZES[max(1, min(_nested(factors[-1]), len(SIZES) - 1))]
        rows[-1] += rf" \{big}r)"  # \left and \right cannot stand on different rows
        if beside:
            return [rf"{before} \{big}l( {rows[0]}", *rows[1:]]
        leading = _rows(Mul(node.parts[:-1]), room, longest) if len(node.parts) > 2 else _broken(before, longest)
        return [*leading, rf"\cdot \{big}l( {rows[0]}", *(rf"\quad {row}" for row in rows[1:])]
    for factor in factors:
        if rows and width(rows[-1] + factor) <= longest:
            rows[-1] += f" {factor}"
        else:
            rows += _broken(rf"\cdot {factor}" if rows and not factor.startswith(r"\cdot") else factor, longest)
    return rows


def _broken(text: str, longest: float) -> list[str]:
    """What has no terms or factors to break at, over rows at the signs inside its parentheses."""
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


def _display(tag: str, sides: Sequence[Expr], widest: float, behind: str = "") -> list[str]:
    left = latex(sides[0])
    longest = max(LINE - width(left) - 0.5 * len(tag) - 3, ROW / 2)
    room = min(widest, longest)
    whole = " = ".join(map(latex, sides[1:])) + behind
    if width(whole) <= room:
        return [f"{left} &= {whole}"]
    rows: list[str] = []
    for side in sides[1:]:
        first, *more = _rows(side, room, longest)
        rows += [f"&= {first}", *(rf"&\quad {row}" for row in more)]
    return [f"{left} {rows[0]}", *rows[1:-1], *([rows[-1] + behind] if rows[1:] else [])]


def displayed(page: Derivation, equation: Equation, dialect: Dialect = "plus") -> list[list[str]]:
    """The equation as it stands on the page, as one display of aligned rows."""
    sides = [spelled(page, side, dialect) for side in _sides(equation)]
    return [_display(equation.tag, sides, LINE, _stated_for(equation))]


def expanded(
    page: Derivation, equation: Equation, step: int, depth: Depth = "terms", dialect: Dialect = "plus"
) -> list[list[str]]:
    """The equation at ``step``, every Σ and Π written out: a display of aligned rows for each value of its ranges.

    ``depth`` says how far the derivatives on its right side are written out. Raises :class:`NotStated` when it refers
    to a step before the first, or the page states it from a later step on, :class:`IllTyped` when a name in it has no
    meaning on the page; :class:`BudgetExceeded` when it would be too long, :class:`Undecided` when a derivative in it
    cannot be written out.
    """
    return [
        _display(equation.tag, [spelled(page, side, dialect) for side in sides], ROW)
        for sides in written_out(page, equation, step, depth)
    ]


def written_out(page: Derivation, equation: Equation, step: int, depth: Depth = "terms") -> list[list[Expr]]:
    """The sides of an equation at ``step`` for each value of its ranges; raises as :func:`expanded` does."""
    if why := _unstated(page, equation, step):
        raise NotStated(f"({equation.tag}) is not stated at t = {step}: {why}")
    made: list[list[Expr]] = []
    for values in _values(page, equation, step):
        sides = [tidied(expand(side, values)) for side in _sides(equation)]
        if depth != "terms" and equation.right is not None:
            # A function that names a step says which step only while t is a letter.
            right = expand(page.resolve(equation.right), values)
            sides[-1] = tidied(deepened(page, tidied(right), depth))
        made.append(sides)
    return made


def _values(page: Derivation, equation: Equation, step: int) -> Iterator[dict[str, int]]:
    if equation.kind == "definition":
        yield dict.fromkeys(sorted({name for side in _sides(equation) for name in free_indices(side)}), step)
        return
    written = equation.weights[0] if equation.weights else None
    yield from (values for values, weight in instances(page, equation, step) if weight == written)


def _unstated(page: Derivation, equation: Equation, step: int) -> str:
    if equation.kind != "definition":
        return unstated(page, equation, step)
    for values in _values(page, equation, step):
        for node in (node for side in _sides(equation) for node in walk(tidied(expand(side, values)))):
            if isinstance(node, At) and not node.index.terms and node.index.value() < 0:
                return f"it refers to {node}, before the first step"
    return ""


# --------------------------------------------------------------------------------------------------- documents


def fragment(tag: str, displays: Sequence[Sequence[str]]) -> str:
    """Displays one below the other in one ``align*``, the tag on the first row. Needs amsmath."""
    first, *more = [row for display in displays for row in display]
    rows = [rf"{first} \tag{{{escaped(tag)}}}", *more]
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


CONVENTIONS: dict[Dialect, str] = {
    "plus": r"""\noindent
$d$ is the total derivative, $\partial^{+}$ the immediate partial, with every earlier state held fixed, and
$\partial h_{j} / \partial h_{j-1}$ the Jacobian of a step.""",
    "note": r"""\noindent
One $\partial$ stands for the total derivative and for the immediate partial, as many notes have it: the signs do not
say which is meant. $\partial h_{j} / \partial h_{j-1}$ is the Jacobian of a step.""",
    "d2l": r"""\noindent
$\partial$ of a state in a weight is the total derivative. The immediate partial, with every earlier state held fixed,
is $\partial$ of the function that names the step, or $\partial^{+}$ where no function does.""",
}
PRODUCTS = r"""A product descends: the factor with the largest index
stands on the left. An empty sum is zero, and an empty product the identity."""
LAYOUT = r"""Layout: $\partial y / \partial x$ has a row for each entry of $y$; a matrix enters as its vec, column by
column."""

PAGE = 15
"""How many rows of fractions are kept on one page."""

ASCENDS = r" An arrow over $\prod$ turns the order around."


def document(title: str, fragments: Sequence[str], dialect: Dialect = "plus") -> str:
    """A complete article that pdflatex compiles with amsmath, amssymb and geometry."""
    body = "\n".join(map(_breakable, fragments))
    conventions = f"{CONVENTIONS[dialect]} {PRODUCTS}" + (ASCENDS if r"\overset{\rightarrow}{\prod}" in body else "")
    conventions += f"\n{LAYOUT}" if r"\otimes" in body else ""
    return "\n".join(
        [
            r"\documentclass[11pt,a4paper]{article}",
            r"\usepackage[margin=25mm]{geometry}",
            r"\usepackage{amsmath,amssymb}",
            r"\setlength{\nulldelimiterspace}{2pt}",  # the bars of neighbouring fractions would all but touch
            r"\begin{document}",
            rf"\section*{{{escaped(title)}}}",
            conventions,
            body,
            r"\end{document}",
            "",
        ]
    )


def _breakable(part: str) -> str:
    # A display stays together at the end of a page unless no page could hold it.
    return f"{{\\allowdisplaybreaks\n{part}\n}}" if part.count("\\\\\n") > PAGE else part


def page_latex(
    page: Derivation,
    tags: Sequence[str] | None,
    step: int | None,
    standalone: bool,
    *,
    depth: Depth = "terms",
    dialect: Dialect = "plus",
) -> str:
    """The equations of a page as LaTeX, in page order: those with ``tags``, or all.

    As they stand (``step`` None), or written out at ``step`` as far as ``depth`` says, with the signs of ``dialect``;
    one that is not stated there, or not written out so far, is left as a comment that says why. ``standalone`` gives a
    document, with the misreadings under a heading of their own; otherwise a comment marks each. Raises
    :class:`PageError` for a tag that the page does not have, :class:`BudgetExceeded` where it would be too long.
    """
    wanted = list(page) if tags is None else [page[tag] for tag in tags]
    stated: list[str] = []
    misread: list[str] = []
    missing: list[str] = []
    unwritten: list[str] = []
    for equation in (equation for equation in page if equation in wanted):
        try:
            displays = (
                displayed(page, equation, dialect) if step is None else expanded(page, equation, step, depth, dialect)
            )
            made = fragment(equation.tag, displays)
        except (NotStated, IllTyped) as error:
            made = _comment(str(error))
            missing.append(f"({equation.tag})")
        except Undecided as error:
            made = _comment(f"({equation.tag}): {error}")
            unwritten.append(f"({equation.tag})")
        except BudgetExceeded as error:
            raise BudgetExceeded(f"({equation.tag}) at t = {step}: {error}") from None
        if equation.kind != "misreading" or made.startswith("%"):
            stated.append(made)
        elif standalone:
            misread.append(rf"\noindent ({escaped(equation.of)}), misread: {escaped(equation.why)}." + f"\n{made}")
        else:
            stated.append(f"{_comment(f'a misreading of ({equation.of}): {equation.why}')}\n{made}")
    if not standalone:
        return "\n".join(stated) + "\n"
    lead = [] if step is None else [f"The equations are written out at step {step}."]
    absent = [f"Not stated there: {escaped(', '.join(missing))}."] if missing else []
    absent += [f"Not written out so far: {escaped(', '.join(unwritten))}."] if unwritten else []
    heading = [r"\section*{Misreadings}"] if misread else []
    return document(page.title, [*lead, *absent, *stated, *heading, *misread], dialect)


def _comment(text: str) -> str:
    return "% " + " ".join(text.split())
