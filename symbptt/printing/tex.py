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

import functools
import itertools
import re
import unicodedata
from collections.abc import Sequence
from typing import assert_never

from symbptt.page import layout
from symbptt.page.derivation import Equation
from symbptt.page.greek import GREEK
from symbptt.page.layout import PRIME, Piece, begins_with_digit
from symbptt.page.notation import Expr, laid_out
from symbptt.printing.prose import Range, Symbol, parts_of
from symbptt.printing.widths import ROW, SIZES, is_tall, nested, width

# --------------------------------------------------------------------------------------------------- names


UPRIGHT = r"\mathrm{"


def _word(word: str, italic: int) -> str:
    # Italic letters side by side read as a product, so that a longer word stands upright.
    if word in GREEK:
        return rf"\{word}"
    return word if len(word) <= italic or word.isdigit() else UPRIGHT + word.replace("_", r"\_") + "}"


def name_parts(symbol: str) -> list[str]:
    """The stem and subscripts of a name, ``W_xh`` as W and xh; one that cannot be taken apart is all stem."""
    parts = symbol.split("_")
    return parts if all(parts) else [symbol]


@functools.lru_cache(4096)
def _name(symbol: str, *below: str) -> str:
    stem, *scripts = name_parts(symbol)
    scripts = [*(_word(script, 2) for script in scripts), *below]
    return _word(stem, 1) + (f"_{{{','.join(scripts)}}}" if scripts else "")


@functools.lru_cache(4096)
def _letter(name: layout.Name) -> str:
    below = [_index(name.below)] if name.below else []
    above = f"^{{({_index(name.above)})}}" if name.above else ""
    if not name.latex:
        return _name(name.symbol, *below) + above
    # TeX refuses a second subscript or superscript.
    doubled = (below and "_" in name.latex) or (above and "^" in name.latex)
    stem = f"{{{name.latex}}}" if doubled else name.latex
    return stem + "".join(f"_{{{index}}}" for index in below) + above


@functools.lru_cache(4096)
def _index(index: str) -> str:
    return re.sub(r"[A-Za-z]\w*", lambda found: _name(found[0]), index)


ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0308": '"', "\u030c": "v"}
LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi  pi rho varsigma sigma tau upsilon phi"
    " chi psi omega"
).split(" ")
"""The small Greek letters in the order of their code points; TeX has no omicron."""
SIGNS = (
    {sign: rf"\{sign}" for sign in "#$%&_{}"}
    | {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "…": r"\dots{}"}
    | {"<": "$<$", ">": "$>$", "|": "$|$", "·": r"$\cdot$", "×": r"$\times$", "→": r"$\to$", "≤": r"$\le$"}
    | {"∂": r"$\partial$", "⁺": "$^{+}$", "Σ": r"$\Sigma$", "Π": r"$\Pi$", "ᵀ": r"$^{\top}$", "≥": r"$\ge$"}
    | {"²": "$^{2}$", "³": "$^{3}$", "⁻": "$^{-}$", "−": "$-$", "⊙": r"$\odot$", "⊗": r"$\otimes$", "⊤": r"$\top$"}
    | {"°": r"$^{\circ}$", "∇": r"$\nabla$", "≠": r"$\ne$", "⊘": r"$\oslash$", "∘": r"$\circ$", "‖": r"$\Vert$"}
    | {"≈": r"$\approx$", "∈": r"$\in$", "ℓ": r"$\ell$", "∞": r"$\infty$", "′": "$'$"}
    | {chr(0x3B1 + place): rf"$\{name}$" for place, name in enumerate(LETTERS) if name}
    | {"–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''"}
)


def escaped(text: str) -> str:
    """Plain text as LaTeX text of one line, in ASCII; a sign that LaTeX may lack is written as its code point."""
    made: list[str] = []
    # A sign such as ≠ would come apart too.
    apart = (sign if sign in SIGNS else unicodedata.normalize("NFD", sign) for sign in " ".join(text.split()))
    for sign in itertools.chain.from_iterable(apart):
        if sign in ACCENTS and made:
            made[-1] = rf"\{ACCENTS[sign]}{{{made[-1]}}}"
        else:
            made.append(SIGNS.get(sign) or (sign if " " <= sign <= "~" else f"[U+{ord(sign):04X}]"))
    return "".join(made)


def prose(text: str) -> str:
    """A sentence as LaTeX text, the letters of formulas in it set as such; all else as :func:`escaped`."""
    return "".join(_spaced(part) if isinstance(part, str) else f"${_spoken(part)}$" for part in parts_of(text))


def _spoken(part: Symbol | Range) -> str:
    if isinstance(part, Range):
        sign = r"\sum" if part.sign == "Σ" else r"\prod"
        if not part.lower:
            return f"{sign}_{{{_listed(part.index)}}}"
        return f"{sign}_{{{_index(part.index)}={_index(part.lower)}}}^{{{_index(part.upper)}}}"
    stem = rf"\hat{{{part.stem[0]}}}" if part.has_hat else _word(part.stem, 1)
    below = part.below if re.search("[-+,]", part.below) else _word(part.below, 2)
    letter = stem + (f"_{{{below}}}" if below else "") + part.primes + (f"^{{({part.above})}}" if part.above else "")
    if part.power:
        # TeX refuses a second superscript, and a prime is one.
        letter = (f"{{{letter}}}" if part.above or part.primes else letter) + f"^{{{part.power}}}"
    entry = f"[{_listed(part.entry)}]" if part.entry else ""
    return "d " * part.is_moved + letter + entry + part.shift


def _listed(indices: str) -> str:
    return ",".join(map(_index, indices.replace(" ", "").split(",")))


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
    return typeset(laid_out(node))


def typeset(piece: Piece) -> str:
    """The LaTeX of a piece."""
    match piece:
        case layout.Whole(index):
            return _index(index)
        case layout.Name():
            return _letter(piece)
        case layout.Terms(terms):
            return "".join((f" {sign} " if place else sign) + typeset(term) for place, (sign, term) in enumerate(terms))
        case layout.Factors(parts, "·"):
            return " ".join(factors(parts))
        case layout.Factors(parts, sign):
            return f" {OPERATORS[sign]} ".join(map(typeset, parts))
        case layout.Ranging(_, index, lower, upper, body):
            return f"{_big(piece)}_{{{_index(index)}={_index(lower)}}}^{{{_index(upper)}}} {typeset(body)}"
        case layout.Ratio(above, below):
            return rf"\frac{{{typeset(above)}}}{{{typeset(below)}}}"
        case layout.Differential(sign, of):
            return f"{DIFFERENTIALS[sign]} {typeset(of)}"
        case layout.Gradient(wrt, of):
            return rf"\nabla_{{{typeset(wrt)}}} {typeset(of)}"
        case layout.Scripted(base, above):
            raised = r"\top" if isinstance(above, str) else typeset(above)
            return f"{_grouped(base)}^{{{raised}}}"
        case layout.Called(function, arguments):
            inside = ", ".join(map(typeset, arguments))
            closer = r"\!" if is_tall(inside) and not isinstance(function, str) else ""
            return named(piece) + closer + bracketed(inside)
        case layout.Cells(parts):
            blocks = list(map(typeset, parts))
            # A matrix cannot break: what is wide stands in brackets that can.
            wide = sum(map(width, blocks)) > ROW / 2 and not any(map(is_tall, blocks))
            if wide:
                return bracketed(r" \quad ".join(blocks), "[", "]")
            return rf"\begin{{bmatrix}} {' & '.join(blocks)} \end{{bmatrix}}"
        case layout.Selected(of, part):
            return rf"\left[ {typeset(of)} \right]_{{{typeset(part)}}}"
        case layout.Bracketed(inside):
            return bracketed(typeset(inside))
        case _:
            assert_never(piece)


def named(piece: layout.Called) -> str:
    """The name of a function with its primes, as it stands in front of its arguments."""
    if isinstance(piece.function, str):
        return rf"\operatorname{{{piece.function}}}"
    return (_grouped(piece.function) if piece.primes else typeset(piece.function)) + PRIME * piece.primes


OPERATORS = {"⊙": r"\odot", "⊗": r"\otimes"}
DIFFERENTIALS = {"d": "d", "∂": r"\partial", "∂⁺": r"\partial^{+}", "∂°": r"\partial^{\circ}"}


def _big(piece: layout.Ranging) -> str:
    if piece.sign == "Σ":
        return r"\sum"
    return r"\mathop{\overset{\rightarrow}{\prod}}\limits" if piece.ascending else r"\prod"


def _grouped(piece: Piece) -> str:
    # TeX refuses a second superscript, and a prime is one.
    is_raised = isinstance(piece, layout.Name) and re.search("[\\^']", piece.latex)
    return f"{{{typeset(piece)}}}" if is_raised else typeset(piece)


def bracketed(text: str, left: str = "(", right: str = ")") -> str:
    """A formula in brackets as tall as it is, or a size above those inside."""
    if is_tall(text):
        return rf"\left{left} {text} \right{right}"
    size = SIZES[min(nested(text), len(SIZES) - 1)]
    return rf"\{size}l{left} {text} \{size}r{right}" if size else f"{left}{text}{right}"


def factors(parts: Sequence[Piece]) -> list[str]:
    """The factors of a product as they stand one behind the other."""
    made: list[str] = []
    for part in parts:
        written = typeset(part)
        if made and begins_with_digit(part):
            # 2 3 would read as 23, and 2 1/3 as two and a third.
            written = rf"\cdot {written}"
        elif made and (written.startswith(UPRIGHT) or re.search(rf"{re.escape(UPRIGHT)}\w+}}$", made[-1])):
            # W2 h2 would read as one word.
            written = rf"\, {written}"
        made.append(written)
    return made


# --------------------------------------------------------------------------------------------------- equations


def stated_for(equation: Equation) -> str:
    """What an equation is stated for, as it stands behind it: the ranges of its indices, and the step it begins at."""
    ranges = [tuple(map(_index, map(str, ends))) for ends in equation.for_each]
    said = [rf"{index} = {lower}, \dots, {upper}" for index, lower, upper in ranges]
    if equation.start is not None:
        said.append(rf"{_index(equation.step)} \ge {equation.start}")
    return r" \quad \text{for } " + r", \; ".join(said) if said else ""


def equation_latex(equation: Equation) -> str:
    """The equation as it stands on the page: one line, no environment, no tag."""
    return " = ".join(map(latex, equation.chain)) + stated_for(equation)
