r"""Expressions and equations as LaTeX, in their own order: nothing is reordered, nothing is evaluated.

>>> from symbptt.page.notation import Product, indices, partial, sizes, state, weight
>>> i, j, t = indices("i j t")
>>> h, w_h = state("h", sizes("n")[0]), weight("w_h")
>>> cascade = Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w_h)
>>> print(latex(partial(h[t], w_h)))
\frac{\partial^{+} h_{t}}{\partial w_{h}}
>>> print(latex(cascade))
\left( \prod_{j=i+1}^{t} \frac{\partial h_{j}}{\partial h_{j-1}} \right) \frac{\partial^{+} h_{i}}{\partial w_{h}}

The LaTeX of a letter is what its ``latex`` says, which a script writes and is trusted for, or is made from its name,
which can hold no command. What is text on a page (titles, tags, reasons) goes through :func:`escaped`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction

from symbptt.page.derivation import Equation
from symbptt.page.notation import (
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
    substitute,
)
from symbptt.printing.widths import ROW, SIZES, is_tall, nested, width

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


LETTERED = re.compile(rf"(?<![^\W\d])(?<!\\)((?:{COMMAND.pattern})|[^\W\d_]\u0302?)_(\{{[\w+,-]+\}}|[^\W_]+)(?![\w{{])")
"""A letter with its subscript, as plain text has it: h_t, h_{t-1}, W_xh, phi_h."""


def prose(text: str) -> str:
    """A sentence as LaTeX text, the letters in it that have a subscript set as such; all else as :func:`escaped`."""
    made, at = "", 0
    text = unicodedata.normalize("NFD", text.replace(">=", " ≥ ").replace("<=", " ≤ "))
    for found in LETTERED.finditer(text):
        stem, below = found[1], found[found.lastindex or 2].strip("{}")
        stem = rf"\hat{{{stem[0]}}}" if stem.endswith("\u0302") else _word(stem, 1)
        if stem.isascii() and below.isascii():
            made += (
                _spaced(text[at : found.start()])
                + f"${stem}_{{{below if '-' in below or '+' in below else _word(below, 2)}}}$"
            )
            at = found.end()
    return made + _spaced(text[at:])


def _spaced(text: str) -> str:
    # escaped makes one line of a text, without the blanks at its ends.
    return (" " if text[:1].isspace() else "") + escaped(text) + (" " if text[1:] and text[-1:].isspace() else "")


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
            return sign + term_latex(positive) if sign else " ".join(factors_latex(parts))
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
            return rf"{_added((first, second))} + \dots + {term_latex(node.body)} + \dots + {term_latex(last)}"
        case Ranged():
            return _ranged(node)
        case Apply(function, arguments, primes):
            inside = ", ".join(map(latex, arguments))
            # TeX sets a prime as a superscript, and refuses a second one.
            named = f"{{{_letter(function)}}}" if primes and "^" in function.latex else _letter(function)
            return named + PRIME * primes + (r"\!" if is_tall(inside) else "") + _called(inside)
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
            wide = sum(map(width, blocks)) > ROW / 2 and not any(map(is_tall, blocks))
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
        case Either(options=(Block(of, part), *_)):
            return rf"\left[ {latex(Either((of,), 'derivative'))} \right]_{{{latex(part)}}}"
        case Either(options, "bound"):
            return _ranged(*as_counted(options))
        case Either(options, "scope"):
            # No parentheses say how far Π reaches, which is what may be read in two ways.
            narrow, shift, behind = in_scope(options)
            return " ".join([_ranged(narrow, shift, bare=True), *factors_latex(behind)])
        case Either(options):
            return latex(options[0])
        case _:
            raise TypeError(f"{type(node).__name__} is not a node of the notation: no LaTeX is known for it")


def _ranged(node: Ranged, shift: int = 0, *, bare: bool = False) -> str:
    """A Σ or Π, its range written for the index less ``shift``; with ``bare`` its factors without parentheses."""
    ascends = isinstance(node, Product) and node.ascending
    sign = r"\mathop{\overset{\rightarrow}{\prod}}\limits" if ascends else r"\prod"
    sign = r"\sum" if isinstance(node, Sum) else sign
    below = f"{_index(node.bounds[0] - shift)}={_index(node.lower - shift)}"
    tight = (Hadamard, Sum, *([] if bare else [Mul])) if isinstance(node, Product) else ()
    body = _wrapped(node.body, is_loose(node.body) or isinstance(node.body, tight))
    return f"{sign}_{{{below}}}^{{{_index(node.upper - shift)}}} {body}"


def as_counted(options: tuple[Expr, ...]) -> tuple[Ranged, int]:
    """What j-1 = i..t stands below, taken at its word, and by how much the index there is less: by one."""
    moved, plain = options
    assert isinstance(moved, Ranged)
    assert isinstance(plain, Ranged)
    return moved, (moved.upper - plain.upper).value()


def in_scope(options: tuple[Expr, ...]) -> tuple[Ranged, int, tuple[Expr, ...]]:
    """The product of narrow scope that stands without parentheses, its shift, and the factors behind it."""
    narrow = options[-1]
    assert isinstance(narrow, Mul)
    first, *behind = narrow.parts
    product, shift = as_counted(first.options) if isinstance(first, Either) else (first, 0)
    assert isinstance(product, Ranged)
    return product, shift, tuple(behind)


def _parenthesised(text: str) -> str:
    return rf"\left( {text} \right)" if is_tall(text) else f"({text})"


def _called(text: str) -> str:
    """What a function is applied to, in parentheses a size above those inside."""
    return _parenthesised(text) if is_tall(text) or not nested(text) else _bracketed(text, "(", ")")


def _bracketed(text: str, left: str, right: str) -> str:
    size = SIZES[min(nested(text), len(SIZES) - 1)]
    return rf"\{size}l{left} {text} \{size}r{right}" if size else f"{left}{text}{right}"


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
    ranged = isinstance(node, Ranged) or (isinstance(node, Either) and node.point != "derivative")
    return ranged or (isinstance(node, Mul) and is_open(node.parts[-1]))


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


def term_latex(node: Expr) -> str:
    """A term as it stands in a sum, behind its sign."""
    return _wrapped(node, is_loose(node))


def _added(parts: Sequence[Expr]) -> str:
    text = ""
    for position, part in enumerate(parts):
        sign, positive = unsigned(part)
        text += (f" {sign or '+'} " if position else sign) + term_latex(positive)
    return text


def factors_latex(parts: Sequence[Expr]) -> list[str]:
    """The factors of a product as they stand one behind the other, those in parentheses that need them."""
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


def stated_for(equation: Equation) -> str:
    """The ranges that an equation is stated for, as they stand behind it."""
    return "".join(
        rf" \quad ({_index(index)} = {_index(lower)}, \dots, {_index(upper)})"
        for index, lower, upper in equation.for_each
    )


def equation_latex(equation: Equation) -> str:
    """The equation as it stands on the page: one line, no environment, no tag."""
    return " = ".join(map(latex, equation.chain)) + stated_for(equation)
