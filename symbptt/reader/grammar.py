r"""Formulas as marks: text is parsed by the grammar of ``grammar.lark``.

Nothing is resolved here. A product and an application look alike, a script is any formula, and ``\partial`` is a sign
among factors. Every mark knows where in the text it stands. What the grammar does not know is refused with its place;
nothing is skipped, and no text is ever run.

>>> chain, = parse(r"h_t = \phi(W h_{t-1})")
>>> [len(side.terms) for side in chain.sides], chain.relations
([1, 1], ('=',))
>>> parse(r"h_t = \foo{W}")
Traceback (most recent call last):
    ...
symbptt.errors.Unreadable: \foo is not known here
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from typing import Any, TypeAlias, TypeVar

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

from symbptt.errors import Unreadable
from symbptt.reader.customs import (
    CAPITAL_WORDS,
    DIAGONAL,
    IDENTITY,
    NAMED,
    ONES,
    ONES_FONTS,
    ROOT,
    SOFTMAX,
    TOP,
    TRANSPOSE,
    WIDTH,
    WORD_FONTS,
)
from symbptt.text import vocabulary
from symbptt.text.source import blank, matching_braces

LONGEST = 20_000
"""Cap on the characters of a formula."""
DIGITS = 1_000
"""Cap on the digits of a number."""
DEEPEST = 60
"""Cap on the depth of its groups."""

# --------------------------------------------------------------------------------------------------- marks

Glyph: TypeAlias = tuple[str, tuple[str, ...]]
"""A letter as it looks without scripts: its stem, and its accents and fonts."""


class _Walked:
    """A mark that was walked through remembers what it holds: most questions about a formula walk through all of it."""

    __slots__ = ("_marks",)
    _marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Mark(_Walked):
    """A piece of a formula; ``start`` and ``end`` are offsets in its text, and no part of what it is."""

    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class NameMark(Mark):
    r"""A letter or a word without its scripts: stem ``h``, ``phi``, ``tanh``; accents and font ``hat``, ``mathbf``."""

    stem: str
    dressed: tuple[str, ...] = ()

    @property
    def glyph(self) -> Glyph:
        """The stem with its accents and fonts."""
        return self.stem, self.dressed


@dataclass(frozen=True, slots=True)
class Numeral(Mark):
    """A number."""

    text: str


@dataclass(frozen=True, slots=True)
class Sign(Mark):
    r"""A sign among factors: ``\partial``, ``\sum``, ``\prod``, ``\dots``, or an operator: ``\cdot``, ``/``."""

    text: str


@dataclass(frozen=True, slots=True)
class ScriptedMark(Mark):
    """A mark with a subscript, superscripts or primes.

    Once the roles of scripts are told, ``below`` is a step where there is one, and ``above`` are operations;
    ``entry`` are the letters that count its entries, and ``label`` is what else tells it from other letters: what stood
    below it, and behind ^ what stood above.
    """

    base: Mark
    below: Cells | None
    above: tuple[Cells, ...]
    primes: int
    entry: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Group(Mark):
    r"""An expression in brackets; ``opening`` is ``(``, ``[``, or ``{`` for ``\{``.

    It is ``_`` for an underbrace or overbrace, ``‖`` for the bars of a norm and ``|`` for those of a length that is
    squared, and empty for the braces of TeX.
    ``separators``: the signs between its cells, each once.
    """

    opening: str
    cells: Cells
    separators: str = ""


@dataclass(frozen=True, slots=True)
class Fraction(Mark):
    """A fraction."""

    above: Cells
    below: Cells


@dataclass(frozen=True, slots=True)
class EntrywisePower(Mark):
    r"""A superscript that is a power of each entry: ``^{\odot 2}``."""

    power: int


@dataclass(frozen=True, slots=True)
class Matrix(Mark):
    """A matrix, row by row; None where an entry is left out."""

    rows: tuple[tuple[SumMark | None, ...], ...]


@dataclass(frozen=True, slots=True)
class EntryMatrix(Mark):
    """A matrix by the formula of its entries, with letters for rows and columns; or by that of its diagonal alone."""

    entry: SumMark
    diagonal: bool


@dataclass(frozen=True, slots=True)
class Span(Mark):
    """A range of rows or columns, 1:n, with its ends as far as they are written."""

    low: SumMark | None
    high: SumMark | None


@dataclass(frozen=True, slots=True)
class ProductMark(Mark):
    """A product: factors side by side, with the signs of operation between them."""

    factors: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class SumMark(Mark):
    """A sum: terms, each with its sign; the first sign is empty where none is written."""

    terms: tuple[tuple[str, ProductMark], ...]


@dataclass(frozen=True, slots=True)
class Chain(Mark):
    """Sides with signs of relation between them; ``continued`` where it begins with such a sign."""

    sides: tuple[SumMark, ...]
    relations: tuple[str, ...]
    continued: bool = False


Cells: TypeAlias = tuple[Chain, ...]
"""Chains with commas between them: a formula, or what stands in brackets or in a script."""


# --------------------------------------------------------------------------------------------------- text

SPACING = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|limits|nolimits|nonumber|notag|mathstrut|"
    r"quad|qquad|enspace|thinspace|hfill|hspace\*?\{[^{}]*\}|mspace\{[^{}]*\}|hphantom\{\}|phantom\{\}|"
    r"begin\{(?:aligned|split|gathered|alignedat)\}(?:\{\d+\})?|end\{(?:aligned|split|gathered|alignedat)\})(?![A-Za-z])"
    r"|\\[,;:!> \n]|\\\\(?:\s*\[[^\]]*\])?|[~&]"
)
BARS = re.compile(r"\\(?P<side>[lr]?)(?:\||Vert(?![A-Za-z]))|‖")
"""The bars of a norm; ``side`` where the command says which of the two it is."""
NORM = "‖"
OPENED, CLOSED = "⟦", "⟧"
"""How a bar of a norm is given to the grammar, which cannot tell the first of two from the second."""
BAR = "|"
"""The bar behind a derivative, below which stands what is held."""
APART = "⟛"
"""A wide space between blocks, until it is known to be one."""
WIDE = {"\\ ", "~", "&", r"\quad", r"\qquad", r"\enspace"}
_BESIDE = r"\s*(?:\[[^\[\]{}<>]*\]|\([^(){}<>]*\))?\s*"
_ANGLES = re.compile(
    rf"\^\s*\{{{_BESIDE}(?:\\left\s*)?(?:<|\\langle(?![A-Za-z]))[^<>{{}}\\]*"
    rf"(?:\\right\s*)?(?:>|\\rangle(?![A-Za-z])){_BESIDE}(?:T|\\top|\\intercal|\\prime|')?\s*\}}"
)
"""A superscript in angle brackets, which are parentheses there; a layer in brackets of another kind may stand beside
them, and a transpose or a prime behind."""
_PRIME = re.compile(r"'|′|\\prime")
_BRACED = re.compile(r"\\(under|over)brace\s*\{")
_SAYS_MORE = re.compile(r"[=<>≤≥≈→]|\\(?:to|approx|leq?|geq?|equiv|rightarrow)(?![A-Za-z])")
"""A relation: what a brace around a part says of its value."""
_GROUP = re.compile(r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_LABEL_WORDS = re.compile(r"\\(?:text[a-z]*|mbox)\s*\{[^{}]*\}")
_SAYS_ZERO = re.compile(rf"(?:{vocabulary.ZERO.anywhere}|{vocabulary.DROPPED.anywhere})", re.IGNORECASE)
_IS_FORMULA = re.compile(
    r"(?!\s*\\?[A-Za-z]+\s*(?:\{[^{}]*\})?(?:\s*[_^]\s*(?:\{[^{}]*\}|\w|\\[A-Za-z]+)|')*\s*\Z)(?!.*\\times)"
    r".*(?:\\partial|\\nabla|\\frac\s*\{\s*(?:\\mathrm\s*\{?)?d|_\s*\{?\s*[a-z]\b)",
    re.DOTALL,
)
"""A derivative, or letters at steps and more than one name: n × m below a brace is a shape."""
_LABELS = {
    side: re.compile(rf"\s*{sign}\s*(?:\{{|\\[A-Za-z]+|[A-Za-z0-9])")
    for side, sign in (("under", "_"), ("over", r"\^"))
}
_SIDES = re.compile(r"\\(?P<side>left|right)(?:(?P<dot>\.)|(?P<bar>\s*(?:\||\\r?vert(?![A-Za-z])))|(?![A-Za-z]))")
ENVIRONMENT = re.compile(r"\\(begin|end)\{([pbBvV]?(?:small)?matrix|array)\}")


def _blanked(text: str) -> str:
    r"""The text at the same length with its spacing commands blanked.

    In square brackets a wide space separates blocks, ``[W_{xh} \ W_{hh}]``, and becomes a comma; in a matrix ``&`` and
    ``\\`` separate entries and stay.
    """
    made: list[str] = []
    opened: list[str] = []
    matrices = 0
    at = 0
    said = ""
    while at < len(text):
        found = ENVIRONMENT.match(text, at)
        if found:
            matrices += 1 if found[1] == "begin" else -1
            made.append(found[0])
        elif found := _ANGLES.match(text, at):
            made.append(re.sub(r"\\[lr]angle|[<>]", _in_parentheses, found[0]))
        elif found := SPACING.match(text, at):
            said = found[0]
            if matrices and (said == "&" or said.startswith("\\\\")):
                made.append(said[:2].ljust(len(said)))
            elif said in (r"\left", r"\right") and text.startswith(".", found.end()):
                made.append(" " * len(said) + " ")
                at = found.end() + 1
                continue
            else:
                apart = said in WIDE and opened[-1:] == ["["]
                made.append((APART if apart else " ").ljust(len(said)))
        elif found := BARS.match(text, at):
            sides = {r"\left": "l", r"\right": "r"}
            side = found["side"] or sides.get(said, "")
            closes = side == "r" or (not side and opened[-1:] == [OPENED])
            if not closes:
                opened.append(OPENED)
            elif opened:
                opened.pop()
            made.append((CLOSED if closes else OPENED).ljust(len(found[0])))
        else:
            sign = text[at : at + 2] if text[at] == "\\" else text[at]
            if sign in ("(", "[", "{", r"\{"):
                opened.append(sign)
            elif sign in (")", "]", "}", r"\}") and opened:
                opened.pop()
            made.append(sign)
            at += len(sign)
            said = ""
            continue
        at = found.end()
    # Several spaces between blocks are one; one beside a bracket or a sign that separates is none.
    spaced = re.sub(rf"{APART}(?=[\s{APART}]*[{APART}\],;])|(?<=[\[,;])(\s*){APART}", _blank, "".join(made))
    return spaced.replace(APART, ",")


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _in_parentheses(sign: re.Match[str]) -> str:
    return ("(" if sign[0] in ("<", r"\langle") else ")").ljust(len(sign[0]))


def _without_labels(text: str) -> str:
    r"""The text at the same length with the labels of ``\underbrace`` and ``\overbrace`` blanked."""
    for _, label in reversed(list(_labels(text))):
        said = text[label.start : label.stop]
        value = _value_in(said)
        outside = _GROUP.sub(" ", value.removeprefix("="))
        is_number = not value.startswith("=") and re.fullmatch(r"[0-9.]+", value)
        if is_number or _SAYS_MORE.search(outside) or (_LABEL_WORDS.search(said) and _SAYS_ZERO.search(said)):
            raise Unreadable(f"what stands below a brace says more than a name: {said.strip()}", label.start)
        text = text[: label.start] + blank(said) + text[label.stop :]
    return text


def _labels(text: str) -> Iterator[tuple[range, range]]:
    """Where what is braced stands in a formula, and the label of its brace with the sign before it."""
    closing = matching_braces(text) if "brace" in text else {}
    for found in _BRACED.finditer(text):
        end = closing.get(found.end() - 1)
        label = _LABELS[found[1]].match(text, end + 1) if end is not None else None
        if end is not None and label is not None:
            stop = closing.get(label.end() - 1, label.end() - 1) + 1
            yield range(found.end(), end), range(label.start(), stop)


def said_of_braced(text: str) -> Iterator[str]:
    r"""What the labels of braces say that are formulas, as equations; a name, a number or words say nothing.

    >>> list(said_of_braced(r"\underbrace{(o - y)}_{\partial L / \partial o} h^T + \underbrace{W h}_{z}"))
    ['(o - y) = \\partial L / \\partial o']
    """
    for braced, label in _labels(text):
        said = _value_in(text[label.start : label.stop])
        if said.startswith("=") or _IS_FORMULA.match(_LABEL_WORDS.sub(" ", said)):
            yield f"{text[braced.start : braced.stop].strip()} = {said.removeprefix('=')}"


def _value_in(label: str) -> str:
    """What stands in the braces of a label."""
    said = label.strip().lstrip("_^ ")
    return said[1:-1].strip() if said.startswith("{") and said.endswith("}") else said


def _barred(text: str) -> str:
    r"""The text at the same length with ``\left.`` and the ``\right`` of its bar as braces."""
    opened: list[int] = []
    signs = list(text)
    for found in _SIDES.finditer(text):
        if found["side"] == "left":
            opened.append(found.start() if found["dot"] else -1)
        elif opened and (start := opened.pop()) >= 0 and found["bar"]:
            signs[start : start + 6] = "{     "
            signs[found.start() : found.start() + 6] = "}     "
    return "".join(signs)


def _measured(text: str) -> str:
    r"""The text at the same length with the bars of ``|a|^2`` told apart."""

    def told(found: re.Match[str]) -> str:
        opening, closing = (
            sign.ljust(len(found[name])) for sign, name in zip(_LENGTH, ("opening", "closing"), strict=True)
        )
        return f"{opening}{found['of']}{closing}"

    return _SQUARED.sub(told, text)


_LENGTH = ("⟪", "⟫")
"""How a bar of a length is given to the grammar."""
_SQUARED = re.compile(
    r"(?P<opening>\\lvert(?![A-Za-z])|(?<!\\)(?<!\\right)\|)(?P<of>[^|=]*?)(?P<closing>\\rvert(?![A-Za-z])|(?<!\\)\|)"
    r"(?=\s*\^\s*(?:2|\{\s*2\s*\})(?!\d))"
)
"""The square of a length in single bars, which stand for other things elsewhere."""


def _check_size(text: str) -> None:
    if len(text) > LONGEST:
        raise Unreadable(f"the formula has {len(text):,} characters, more than the limit of {LONGEST:,}", 0)
    for sign in (OPENED, CLOSED, *_LENGTH, APART):
        if sign in text:
            raise Unreadable(f"{sign} cannot stand here", text.index(sign))
    depth = 0
    for found in re.finditer(r"\\.|[{}()\[\]]", text):
        depth += (found[0] in ("{", "(", "[")) - (found[0] in ("}", ")", "]"))
        if depth > DEEPEST:
            raise Unreadable(f"groups are nested deeper than the limit of {DEEPEST}", found.start())


BIG = (r"\sum", r"\prod", "→∏")
"""The signs of sums and products over an index; → marks a Π whose factors ascend."""

DEFINES = "=:"
"""The sign behind an expression that defines the letter on its other side."""
EQUAL = frozenset({"=", r"\equiv", r"\triangleq", r"\coloneqq", r"\coloneq", r"\doteq", r"\eqdef"})
"""The signs of equations and definitions."""

# Typed characters by the command that they mean; LaTeX has no \\omicron, and o looks like it.
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi o pi rho varsigma sigma tau upsilon phi "
    "chi psi omega"
).split()
TYPED = {
    # A product that ascends has an arrow over its sign.
    r"\mathop{\overset{\rightarrow}{\prod}}": "→∏",
    **{chr(0x3B1 + place): name for place, name in enumerate(_GREEK)},
    **{chr(0x391 + place): name.capitalize() for place, name in enumerate(_GREEK) if name != "varsigma"},
    "ϕ": "phi",
    "ϵ": "epsilon",
    "ϑ": "vartheta",
    "ϱ": "varrho",
    "ℓ": "ell",
    "∂": r"\partial",
    "∇": r"\nabla",
    "∑": r"\sum",
    "∏": r"\prod",
    "⋯": r"\cdots",
    "−": "-",
    "·": r"\cdot",
    "×": r"\times",
    "⊙": r"\odot",
    "∘": r"\circ",
    "⊗": r"\otimes",
    "⊘": r"\oslash",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "≈": r"\approx",
    "≡": r"\equiv",
}


# --------------------------------------------------------------------------------------------------- parsing


@functools.cache
def _parser() -> Lark:
    text = files("symbptt.reader").joinpath("grammar.lark").read_text(encoding="utf-8")
    text = text.replace("NAMED|", "|".join((*NAMED, *CAPITAL_WORDS)) + "|")
    return Lark(text, start="cells", parser="lalr", maybe_placeholders=True)


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Cells:
    """The chains of a formula, as commas separate them; the same text, which an editor gives again, is parsed once.

    Raises :class:`Unreadable`, with the offset, for what the grammar does not know.
    """
    _check_size(text)
    try:
        tree = _parser().parse(_blanked(_barred(_measured(_without_labels(text)))))
    except UnexpectedCharacters as error:
        raise _unknown(text, error.pos_in_stream or 0) from None
    except UnexpectedEOF:
        raise Unreadable("the formula ends too early: a bracket or a fraction is not finished", len(text)) from None
    except UnexpectedToken as error:
        token = error.token
        if token.type == "$END":
            raise Unreadable(
                "the formula ends too early: a bracket, a fraction or a sum is not finished", len(text.rstrip())
            ) from None
        raise Unreadable(f"{_shown(token)} cannot stand here", token.start_pos or 0) from None
    try:
        marks: Cells = _Marks().transform(tree)
    except VisitError as error:
        raise error.orig_exc from None
    return marks


def _unknown(text: str, at: int) -> Unreadable:
    found = re.compile(r"\\[A-Za-z]+\*?|\\.|.", re.DOTALL).match(text, at)
    said = found[0] if found else "the end"
    known = "" if len(said) < 3 else " is not known here"
    return Unreadable(f"{said}{known or ' cannot stand here'}", at)


def _is_mixed(one: Numeral, other: Fraction) -> bool:
    r"""Whether a whole number and a fraction of two may be one number, as they stand together: 2\tfrac12."""
    whole = all(isinstance(single(part), Numeral) for part in (other.above, other.below))
    return whole and one.text.isdecimal() and one.end == other.start


class _Marks(Transformer[Token, Any]):
    """The parse tree as marks, one method for each rule of the grammar."""

    def __default_token__(self, token: Token) -> Mark:
        start, end = token.start_pos or 0, token.end_pos or 0
        match token.type:
            case "LETTER" | "GREEK" | "FUNCTION" | "PLAIN":
                stem = TYPED.get(token, token.removeprefix("\\"))
                return NameMark(start, end, CAPITAL_WORDS.get(stem, stem))
            case "WIDTH":
                return NameMark(start, end, WIDTH)
            case "TOP":
                return NameMark(start, end, TOP)
            case "WORD":
                word = token[token.index("{") + 1 : -1].strip()
                return NameMark(start, end, CAPITAL_WORDS.get(word, word), _word_font(token))
            case "WORDS":
                return Sign(start, end, token[token.index("{") :])
            case "BAR":
                return Sign(start, end, BAR)
            case "RELATION" if token.endswith(":") or token == r"\eqqcolon":
                return Sign(start, end, DEFINES)
            case "RELATION" if token.endswith(("=", "}")):
                return Sign(start, end, "=")
            case _:
                return Sign(start, end, TYPED.get(token, str(token)))

    def __default__(self, data: str, children: list[Any], meta: Any) -> Any:
        raise TypeError(f"no mark for the rule {data}")

    # The children of a rule are marks already, and give it its start and end.

    def cells(self, found: list[Any]) -> Cells:
        return tuple(found[::2])

    def listed(self, found: list[Any]) -> tuple[Cells, str]:
        return tuple(found[::2]), "".join(sorted({sign.text for sign in found[1::2]}))

    def chain(self, found: list[Any]) -> Chain:
        sides, signs = list(found[::2]), [sign.text for sign in found[1::2]]
        if DEFINES in signs:
            # What it defines stands first, as everywhere else.
            at = signs.index(DEFINES)
            sides.insert(0, sides.pop(at + 1))
            signs[at] = "="
        if DEFINES in signs or (sides[0] is not found[0] and set(signs) != {"="}):
            raise Unreadable("=: beside another such sign is not read: expected one definition", found[0].start)
        return Chain(found[0].start, found[-1].end, tuple(sides), tuple(signs))

    def continued(self, found: list[Any]) -> Chain:
        return Chain(found[0].start, found[-1].end, tuple(found[1::2]), tuple(sign.text for sign in found[::2]), True)

    def span(self, found: list[Any]) -> Chain:
        low, colon, high = found
        (chain,) = as_cells(Span((low or colon).start, (high or colon).end, low, high))
        return chain

    def sum(self, found: list[Any]) -> SumMark:
        terms = tuple((sign.text if sign else "", term) for sign, term in zip(found[::2], found[1::2], strict=True))
        start = found[0].start if found[0] else found[1].start
        return SumMark(start, found[-1].end, terms)

    def product(self, found: list[Mark]) -> ProductMark:
        for one, other in itertools.pairwise(found):
            if isinstance(one, Numeral) and isinstance(other, Fraction) and _is_mixed(one, other):
                raise Unreadable(
                    "a number and a fraction may be a sum or a product: put a sign between them", one.start
                )
        return ProductMark(found[0].start, found[-1].end, tuple(_with_indicators(found)))

    def only(self, found: list[Any]) -> Any:
        return found[0]

    operator = letter = body = bare_sign = only

    def ring(self, found: list[Sign]) -> Sign:
        (sign,) = found
        if sign.text != r"\circ":
            raise Unreadable(f"{sign.text} cannot stand here", sign.start)
        return sign

    def number(self, found: list[Any]) -> Numeral:
        digits = [sign for sign in found if sign]
        point = next((k for k, (a, b) in enumerate(itertools.pairwise(digits)) if a.end != b.start), None)
        text = "".join(sign.text for sign in digits)
        if len(text) > DIGITS:
            said = f"a number of {len(text):,} digits stands here, expected at most {DIGITS:,}"
            raise Unreadable(said, digits[0].start)
        if point is not None:
            text = text[: point + 1] + "." + text[point + 1 :]
        return Numeral(digits[0].start, digits[-1].end, text)

    def braced(self, found: list[Cells]) -> Mark:
        (cells,) = found
        # Braces around one letter hold nothing together: {h}_t is h_t.
        letter = single(cells)
        return letter if isinstance(letter, NameMark) else Group(cells[0].start, cells[-1].end, "", cells)

    def switched_cells(self, found: list[Any]) -> Cells:
        switch: Sign = found[0]
        cells: Cells = found[1]
        font = _SWITCHES[switch.text]
        if font:
            is_number = isinstance(single(cells), Numeral)
            dressed = _dressed(replace(switch, text=font), cells) if is_number else _in_font(cells, font)
            return as_cells(dressed)
        term = only_term(cells)
        letters = term.factors if term is not None else ()
        word = "".join(mark.stem for mark in letters if isinstance(mark, NameMark) and len(mark.stem) == 1)
        is_word = len(word) == len(letters) > 1 and word.isascii()
        is_word = is_word and all(one.end == other.start for one, other in itertools.pairwise(letters))
        # Upright letters side by side are one word, as in \mathrm{rec}; of slanted ones each is a letter.
        if switch.text != r"\rm" or not is_word or word[:1] == "d":
            return cells
        return as_cells(NameMark(letters[0].start, letters[-1].end, word))

    def switched(self, found: list[Any]) -> Mark:
        return self.braced([self.switched_cells(found)])

    def group(self, found: list[Any]) -> Group:
        opening, (cells, separators), closing = found
        kind, other = (_BRACKETS.get(sign.text, sign.text) for sign in (opening, closing))
        if _PAIRS.get(kind) != other:
            raise Unreadable(f"{_shown(opening)} is closed by {_shown(closing)}", closing.start)
        return Group(opening.start, closing.end, kind, cells, separators)

    def unfilled(self, found: list[Any]) -> Group:
        opening, place, *listed, closing = found
        if place.text != r"\cdot":
            raise Unreadable(f"{place.text} cannot stand here", place.start)
        cells, separators = listed[1] if listed else ((), "")
        return self.group([opening, ((*as_cells(place), *cells), separators), closing])

    def below(self, found: list[Any]) -> tuple[str, Any]:
        return "below", as_cells(found[0])

    def above(self, found: list[Any]) -> tuple[str, Any]:
        return "above", as_cells(found[0])

    def primed(self, found: list[Sign]) -> tuple[str, Any]:
        return "primed", found[0]

    def scripted(self, found: list[Any]) -> ScriptedMark:
        base, *scripts = found
        below = [cells for kind, cells in scripts if kind == "below"]
        if len(below) > 1:
            raise Unreadable("two subscripts on one letter: put braces around the first", below[1][0].start)
        raised = [cells for kind, cells in scripts if kind == "above"]
        # z^{\\prime} is z'.
        marked = [sign for cells in raised if isinstance(sign := single(cells), Sign) and _PRIME.match(sign.text)]
        primes = [sign for kind, sign in scripts if kind == "primed"] + marked
        above = tuple(part for cells in raised if single(cells) not in marked for part in _apart(cells))
        marks = [cells[-1].end for kind, cells in scripts if kind != "primed"] + [sign.end for sign in primes]
        count = sum(len(_PRIME.findall(sign.text)) for sign in primes)
        return ScriptedMark(base.start, max(marks), base, below[0] if below else None, above, count)

    def fraction(self, found: list[Any]) -> Fraction:
        sign, above, below = found
        return Fraction(sign.start, as_cells(below)[-1].end, as_cells(above), as_cells(below))

    def styled(self, found: list[Any]) -> Mark:
        return _dressed(*found)

    accented = styled

    def matrix(self, found: list[Any]) -> Matrix:
        opening, *rows, closing = found
        # A row that nothing stands in is a line break too many.
        return Matrix(opening.start, closing.end, tuple(row for row in rows if row != (None,)))

    def underbraced(self, found: list[Any]) -> Mark:
        sign, inside = found
        cells = as_cells(inside)
        return single(cells) or Group(sign.start, cells[-1].end, "_", cells)

    def entrywise(self, found: list[Sign]) -> EntrywisePower:
        sign, digit = found
        if sign.text not in (r"\odot", r"\circ") or digit.text == "0":
            raise Unreadable(r"expected a power entry by entry such as \odot 2", sign.start)
        return EntrywisePower(sign.start, digit.end, int(digit.text))

    def root(self, found: list[Any]) -> Group:
        sign, inside = found
        cells = as_cells(inside)
        end = cells[-1].end
        factors = (NameMark(sign.start, sign.end, ROOT), Group(sign.end, end, "(", cells))
        (chain,) = as_cells(factors[0])
        (side,) = chain.sides
        whole = replace(side, end=end, terms=(("", ProductMark(sign.start, end, factors)),))
        return Group(sign.start, end, "", (replace(chain, end=end, sides=(whole,)),))

    def row(self, found: list[SumMark | None]) -> tuple[SumMark | None, ...]:
        return tuple(found)


_PAIRS = {"(": ")", "[": "]", "{": "}", NORM: NORM, BAR: BAR}
_BRACKETS = {
    **dict.fromkeys((OPENED, CLOSED), NORM),
    **dict.fromkeys(_LENGTH, BAR),
    r"\{": "{",
    r"\lbrace": "{",
    r"\lparen": "(",
    r"\lbrack": "[",
    r"\}": "}",
    r"\rbrace": "}",
    r"\rparen": ")",
    r"\rbrack": "]",
}


def _shown(sign: Sign | Token) -> str:
    """A sign as it is typed."""
    said = sign.text if isinstance(sign, Sign) else str(sign)
    return _BRACKETS[said] if said in (OPENED, CLOSED, *_LENGTH) else said


def _word_font(token: str) -> tuple[str, ...]:
    # \mathrm{diag} and \operatorname{diag} are the same word; \mathsf{W} is another letter than W.
    font = token[1 : token.index("{")].strip()
    return (font,) if font in WORD_FONTS else ()


def as_cells(mark: Any) -> Cells:
    """A mark, or an expression, as cells that hold nothing else; cells as they are."""
    if isinstance(mark, tuple):
        return mark
    if not isinstance(mark, SumMark):
        mark = SumMark(mark.start, mark.end, (("", ProductMark(mark.start, mark.end, (mark,))),))
    return (Chain(mark.start, mark.end, (mark,), ()),)


def _with_indicators(factors: list[Mark]) -> Iterator[Mark]:
    r"""The factors of a product with 1_{jk} for what is 1 where j = k and else 0: 1_{j=k}, \mathbb{1}[j=k], [j=k]."""
    held: Mark | None = None
    for mark in factors:
        base = mark.base if isinstance(mark, ScriptedMark) else mark
        is_one = (isinstance(base, Numeral) and base.text == ONES) or (
            isinstance(base, NameMark) and base.stem in (ONES, IDENTITY) and (base.dressed or base is not mark)
        )
        if isinstance(mark, ScriptedMark) and is_one and not mark.above and (told := _equal_letters(mark.below)):
            mark = _indicator(mark, told)
        elif isinstance(mark, Group) and mark.opening and (told := _equal_letters(mark.cells)):
            if held is not None:
                mark, held = _indicator(held, told, mark.end), None
            elif mark.opening == "[":
                mark = _indicator(mark, told)
        if held is not None:
            yield held
        held = mark if is_one and isinstance(mark, NameMark) else None
        if held is None:
            yield mark
    if held is not None:
        yield held


def _indicator(at: Mark, letters: Cells, end: int | None = None) -> ScriptedMark:
    return ScriptedMark(at.start, end or at.end, NameMark(at.start, at.start, ONES), letters, (), 0)


def _equal_letters(cells: Cells | None) -> Cells:
    """The two letters that stand on both sides of an equals sign; none where anything else stands there."""
    inside = single(cells)
    chain = (inside.cells if isinstance(inside, Group) else cells or (None,))[0]
    if chain is None or chain.relations != ("=",) or chain.continued:
        return ()
    sides = [mark_at(chain, place) for place in (0, 1)]
    plain = all(isinstance(side, NameMark) and not side.dressed for side in sides)
    return tuple(cell for side in sides for cell in as_cells(side)) if plain else ()


def _apart(cells: Cells) -> tuple[Cells, ...]:
    r"""A step with a layer or a transpose in one superscript, ``^{[l](t)}`` or ``^{(t)\top}``, as two superscripts."""
    term = only_term(cells)
    if term is None or len(term.factors) < 2:
        return (cells,)
    grouped = [mark for mark in term.factors if isinstance(mark, Group) and mark.opening in ("(", "[")]
    rest = [mark for mark in term.factors if mark not in grouped]
    if not grouped or not all(map(is_transpose, rest)):
        return (cells,)
    return tuple(map(as_cells, term.factors))


def is_sign(mark: Mark | None, *texts: str) -> bool:
    """Whether a mark is one of these signs."""
    return isinstance(mark, Sign) and mark.text in texts


def is_dots(mark: Mark | None) -> bool:
    r"""Whether it is ``\dots`` of some kind."""
    return isinstance(mark, Sign) and (mark.text in ("...", "…") or "dots" in mark.text)


def is_transpose(mark: Mark | None) -> bool:
    """Whether a mark above a letter is the transpose."""
    return isinstance(mark, NameMark) and mark.stem in (TRANSPOSE, TOP) and not mark.dressed


def has_norm(part: object) -> bool:
    """Whether a norm stands in it."""
    return any(isinstance(mark, Group) and mark.opening == NORM for mark in walk_marks(part))


def only_side(cells: Cells | None) -> SumMark | None:
    """The one expression that the cells hold; None where they hold a comma, a sign of relation, or nothing."""
    if cells is None or len(cells) != 1 or len(cells[0].sides) != 1 or cells[0].continued:
        return None
    return cells[0].sides[0]


def only_term(cells: Cells | None) -> ProductMark | None:
    """The one term without a sign that the cells hold; None for anything else."""
    side = only_side(cells)
    return side.terms[0][1] if side is not None and len(side.terms) == 1 and not side.terms[0][0] else None


def single(cells: Cells | None) -> Mark | None:
    """The one mark that the cells hold; None for anything else."""
    term = only_term(cells)
    if term is None or len(term.factors) != 1:
        return None
    (mark,) = term.factors
    return single(mark.cells) if isinstance(mark, Group) and not mark.opening else mark


def is_equation(chain: Chain) -> bool:
    """Whether a chain begins with a side of its own and a sign of equality behind that."""
    return not chain.continued and bool(chain.relations) and chain.relations[0] in EQUAL


def mark_at(chain: Chain, place: int) -> Mark | None:
    """The one mark that a side of a chain is; None for anything else."""
    return single((replace(chain, sides=(chain.sides[place],), relations=()),))


_SWITCHES = {
    **dict.fromkeys((r"\bf", r"\bfseries"), "mathbf"),
    r"\cal": "mathcal",
    r"\sf": "mathsf",
    **dict.fromkeys((r"\rm", r"\it", r"\mit"), ""),
}
"""The fonts that a switch in braces is for; empty for one that sets no letter apart."""


def _in_font(value: Any, font: str) -> Any:
    """Marks with every letter in a font, but for those in scripts and for named functions."""
    if isinstance(value, NameMark):
        named = value.stem in (*NAMED, DIAGONAL, SOFTMAX)
        return value if named else replace(value, dressed=(font, *value.dressed))
    if isinstance(value, ScriptedMark):
        return with_parts(value, base=_in_font(value.base, font))
    return mapped(value, lambda part: _in_font(part, font))


_SAME_DRESS = {
    "bold": "mathbf",
    "widehat": "hat",
    "widetilde": "tilde",
    "overline": "bar",
    "bm": "boldsymbol",
    "bs": "boldsymbol",
}


def _dressed(sign: Sign, inside: Any) -> Mark:
    """A letter or a 1 with an accent or in a font; around a letter with scripts it belongs to the letter."""
    cells = as_cells(inside)
    dress = sign.text.removeprefix("\\")
    dress = _SAME_DRESS.get(dress, dress)
    mark = single(cells)
    if isinstance(mark, NameMark):
        kept = () if dress in ("mathrm", "mathit") else (dress,)
        return NameMark(sign.start, mark.end, mark.stem, (*kept, *mark.dressed))
    if isinstance(mark, ScriptedMark) and isinstance(mark.base, NameMark):
        base = NameMark(sign.start, mark.base.end, mark.base.stem, (dress, *mark.base.dressed))
        return replace(mark, start=sign.start, base=base)
    if isinstance(mark, Numeral) and mark.text == "0":
        return replace(mark, start=sign.start)
    if isinstance(mark, Numeral) and mark.text == ONES and dress in ONES_FONTS:
        return NameMark(sign.start, mark.end, mark.text, (dress,))
    raise Unreadable(f"{sign.text} is read around one letter only", sign.start)


def walk_marks(part: object) -> Iterator[Mark]:
    """The marks in a mark or in a tuple of marks: itself before what it holds, left before right."""
    if isinstance(part, Mark):
        return iter(_marks(part))
    return itertools.chain.from_iterable(map(walk_marks, part)) if isinstance(part, tuple) else iter(())


def _marks(mark: Mark) -> tuple[Mark, ...]:
    try:
        return mark._marks
    except AttributeError:
        found: list[Mark] = []
        pending: list[object] = [mark]
        while pending:
            part = pending.pop()
            if isinstance(part, tuple):
                pending += part[::-1]
            elif isinstance(part, Mark):
                found.append(part)
                pending += _PARTS[type(part)](part)
        object.__setattr__(mark, "_marks", tuple(found))
        return mark._marks


def mapped(value: Any, each: Callable[[Any], Any]) -> Any:
    """A mark, or a tuple of marks, with a function applied to everything in it that may hold marks."""
    if isinstance(value, tuple):
        made = tuple(map(each, value))
        return value if all(map(operator.is_, made, value)) else made
    changed = {}
    for name in _HELD[type(value)] if isinstance(value, Mark) else ():
        made = each(old := getattr(value, name))
        if not _is_same(old, made):
            changed[name] = made
    return replace(value, **changed) if changed else value


_Kind = TypeVar("_Kind", bound=Mark)


def with_parts(mark: _Kind, **parts: Any) -> _Kind:
    """A mark with other parts; most of a formula stays as it is, and a mark whose parts stay is not built again."""
    changed = {name: part for name, part in parts.items() if not _is_same(getattr(mark, name), part)}
    return replace(mark, **changed) if changed else mark


def _is_same(old: Any, new: Any) -> bool:
    if old is new:
        return True
    return type(old) is type(new) is tuple and len(old) == len(new) and all(map(operator.is_, old, new))


def names_in(part: object) -> Iterator[NameMark | ScriptedMark]:
    """The names in a mark or in a tuple of marks, each with its scripts; those that stand in a script are left out."""
    pending = [part]
    while pending:
        part = pending.pop()
        if isinstance(part, NameMark) or (isinstance(part, ScriptedMark) and isinstance(part.base, NameMark)):
            yield part
        elif isinstance(part, ScriptedMark):
            pending.append(part.base)
        elif isinstance(part, Mark):
            pending += _PARTS[type(part)](part)
        elif isinstance(part, tuple):
            pending += part[::-1]


class _Held(dict[type[Mark], tuple[str, ...]]):
    """The names of what each kind of mark may hold marks in, found once for each kind: each walk asks for it."""

    def __missing__(self, kind: type[Mark]) -> tuple[str, ...]:
        plain = ("int", "str", "bool", "tuple[str, ...]")
        self[kind] = tuple(entry.name for entry in fields(kind) if entry.type not in plain)
        return self[kind]


class _Parts(dict[type[Mark], Callable[[Any], tuple[object, ...]]]):
    """What a mark of each kind holds in these, the last before the first, as a stack takes it."""

    def __missing__(self, kind: type[Mark]) -> Callable[[Any], tuple[object, ...]]:
        names = _HELD[kind][::-1]
        get: Callable[[Any], Any] = operator.attrgetter(*names) if names else lambda mark: ()
        self[kind] = get if len(names) != 1 else lambda mark: (get(mark),)
        return self[kind]


_HELD = _Held()
_PARTS = _Parts()
