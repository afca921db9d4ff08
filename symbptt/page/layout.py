r"""How a formula is laid out: its pieces, how strongly each holds together, and the pieces as a line of text.

Every node of the notation is laid out once, as a small tree of pieces, and text, LaTeX and MathML write that tree. So
brackets stand at the same places in all three: where :data:`NEEDS` asks of a position more than :func:`binding` says
that a piece has. On one line (*flat*) a fraction has no bar and Σ no room of its own, and some positions need more.

>>> a, b = Name("a"), Name("b")
>>> total = Terms((("", a), ("-", b)))
>>> print(text(Factors((placed(total, "factor"), a))))
(a - b) · a
>>> print(text(Scripted(placed(Ratio(Whole("1"), Whole("3")), "base"), "ᵀ")))
(1/3)ᵀ
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias, assert_never

PRIME = "'"

# --------------------------------------------------------------------------------------------------- pieces


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number, or an index that stands as one: ``3``, ``t-1``."""

    index: str


@dataclass(frozen=True, slots=True)
class Name:
    """A letter, its step below it, the step that a copy of it belongs to above it."""

    symbol: str
    text: str = ""
    latex: str = ""
    below: str = ""
    above: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms with the signs in front of them, ``+`` or ``-``; the first may have none."""

    terms: tuple[tuple[str, Piece], ...]


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors side by side, or with ⊙ or ⊗ between them."""

    parts: tuple[Piece, ...]
    sign: Literal["·", "⊙", "⊗"] = "·"


@dataclass(frozen=True, slots=True)
class Ranging:
    """A Σ or Π with what stands below and above it, and what it runs over."""

    sign: Literal["Σ", "Π"]
    index: str
    lower: str
    upper: str
    body: Piece
    ascending: bool = False


DerivativeSign: TypeAlias = Literal["d", "∂", "∂⁺", "∂°"]
"""Total; what the letters say; inside the step, the letters of other steps held; of its own definition alone."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A fraction."""

    above: Piece
    below: Piece


@dataclass(frozen=True, slots=True)
class Differential:
    """What is differentiated, or differentiated in, behind its sign."""

    sign: DerivativeSign
    of: Piece


@dataclass(frozen=True, slots=True)
class Gradient:
    """What is differentiated behind ∇, with what it is differentiated in below."""

    wrt: Piece
    of: Piece


@dataclass(frozen=True, slots=True)
class Scripted:
    """A power or a transpose: what stands above says which."""

    base: Piece
    above: Whole | Literal["ᵀ"]


@dataclass(frozen=True, slots=True)
class Called:
    """A function, how often it is differentiated, and its arguments; ``diag`` is an operator and no letter."""

    function: Name | Literal["diag"]
    arguments: tuple[Piece, ...]
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Cells:
    """Blocks side by side in square brackets."""

    parts: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """The part of something that belongs to a letter, written below square brackets."""

    of: Piece
    part: Name


@dataclass(frozen=True, slots=True)
class Bracketed:
    """What stands in parentheses."""

    inside: Piece


Piece: TypeAlias = (
    Whole
    | Name
    | Terms
    | Factors
    | Ranging
    | Ratio
    | Differential
    | Gradient
    | Scripted
    | Called
    | Cells
    | Selected
    | Bracketed
)

# --------------------------------------------------------------------------------------------------- brackets


class Binding(IntEnum):
    """How strongly a piece holds together, the weakest first."""

    SUM = 1
    ENTRYWISE = 2
    PRODUCT = 3
    SIGMA = 4
    PI = 5
    FRACTION = 6
    SCRIPT = 7
    CLOSED = 8
    NAME = 9


Position: TypeAlias = Literal[
    "term", "negated", "factor", "operand", "under Σ", "under Π", "base", "differential", "denominator"
]
NEEDS: dict[Position, tuple[Binding, Binding]] = {
    "term": (Binding.ENTRYWISE, Binding.ENTRYWISE),
    "negated": (Binding.ENTRYWISE, Binding.PRODUCT),
    "factor": (Binding.PRODUCT, Binding.PRODUCT),
    "operand": (Binding.FRACTION, Binding.FRACTION),
    "under Σ": (Binding.ENTRYWISE, Binding.SIGMA),
    "under Π": (Binding.PI, Binding.SIGMA),
    "base": (Binding.CLOSED, Binding.CLOSED),
    "differential": (Binding.NAME, Binding.SCRIPT),
    "denominator": (Binding.SUM, Binding.SCRIPT),
}
"""How strongly what stands at a position has to hold together to stand there without brackets: in two dimensions, and
on one line."""


def binding(piece: Piece) -> Binding:
    """How strongly a piece holds together."""
    match piece:
        case Terms():
            return Binding.SUM
        case Factors(_, sign):
            return Binding.PRODUCT if sign == "·" else Binding.ENTRYWISE
        case Ranging(sign):
            return Binding.SIGMA if sign == "Σ" else Binding.PI
        case Ratio() | Differential() | Gradient():
            return Binding.FRACTION
        case Scripted():
            return Binding.SCRIPT
        case Cells() | Selected() | Bracketed() | Called("diag"):
            return Binding.CLOSED
        case Name() | Called():
            return Binding.NAME
        case Whole(index):
            if "+" in index or "-" in index:
                return Binding.SUM
            return Binding.PRODUCT if index[0].isdigit() and not index.isdigit() else Binding.CLOSED
        case _:
            assert_never(piece)


def is_open(piece: Piece) -> bool:
    """Whether what follows could be read as a part of it, as behind a Σ or Π."""
    return isinstance(piece, (Ranging, Gradient)) or (isinstance(piece, Factors) and any(map(is_open, piece.parts)))


def begins_with_digit(piece: Piece) -> bool:
    """Whether a digit stands first in it, which would be read on from a number before it."""
    match piece:
        case Whole(index):
            return index[0].isdigit()
        case Factors((first, *_)) | Ratio(first) | Scripted(first):
            return begins_with_digit(first)
        case _:
            return False


def placed(piece: Piece, position: Position, *, flat: bool = False, followed: bool = False) -> Piece:
    """A piece as it stands at a position, in brackets where it would fall apart or swallow what it is followed by."""
    # A second superscript would be read into the one that a copy has.
    is_raised = position == "base" and isinstance(piece, Name) and piece.above
    if is_raised or binding(piece) < NEEDS[position][flat] or (followed and is_open(piece)):
        return Bracketed(piece)
    return piece


# --------------------------------------------------------------------------------------------------- text


def text(piece: Piece) -> str:
    """A piece, laid out flat, as a line of text."""
    match piece:
        case Whole(written):
            return written
        case Name(symbol, spelled, _, below, above):
            step = below if len(below) < 2 else f"{{{below}}}"
            return (spelled or symbol) + (f"_{step}" if below else "") + (f"^({above})" if above else "")
        case Terms(terms):
            return "".join((f" {sign} " if place else sign) + text(term) for place, (sign, term) in enumerate(terms))
        case Factors(parts, sign):
            return f" {sign} ".join(map(text, parts))
        case Ranging(sign, index, lower, upper, body, ascending):
            return f"{'ascending ' * ascending}{sign}_{{{index}={lower}..{upper}}} {text(body)}"
        case Ratio(above, below):
            return f"{text(above)}/{text(below)}"
        case Differential(sign, of):
            return f"{sign}{' ' * (sign == 'd')}{text(of)}"
        case Gradient(wrt, of):
            return f"∇_{{{text(wrt)}}} {text(of)}"
        case Scripted(base, above):
            return text(base) + (above if isinstance(above, str) else f"^{{{text(above)}}}")
        case Called(function, arguments, primes):
            named = function if isinstance(function, str) else text(function)
            return f"{named}{PRIME * primes}({', '.join(map(text, arguments))})"
        case Cells(parts):
            return f"[{' '.join(map(text, parts))}]"
        case Selected(of, part):
            return f"[{text(of)}]_{text(part)}"
        case Bracketed(inside):
            return f"({text(inside)})"
        case _:
            assert_never(piece)


def terms_of(text: str) -> list[str]:
    """The terms of a sum that is written in a line, each but the first with its sign in front."""
    depth, ends = 0, [0]
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if not depth and text[place : place + 3] in (" + ", " - "):
            ends.append(place + 1)
    return [text[start:end].rstrip() for start, end in zip(ends, [*ends[1:], len(text)], strict=True)]
