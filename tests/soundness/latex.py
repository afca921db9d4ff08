"""A page and a claim as a note in LaTeX, in one of many notations that authors use; none of the house's printing.

One sign for two derivatives (``plain``) leaves open which of them is meant: then the claim has several meanings, and
:func:`meanings` lists them.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Diag,
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
    Sum,
    Total,
    Transpose,
    Zero,
    rebuild,
    walk,
)
from tests.soundness.evaluator import Unclear


class NotWritten(Exception):
    """Something that a note has no sign for here."""


SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "h": ("h", "s", "a", r"\mathbf{h}"),
    "c": ("c", "m"),
    "z": ("z", "u"),
    "W": ("W", "W_{hh}", "A", r"\mathbf{W}"),
    "R": ("R", "W_{hc}"),
    "U": ("U", "W_{xh}", "W_{in}"),
    "V": ("V", "W_{xr}"),
    "Q": ("V", "W_{hy}", "W_{out}"),
    "x": ("x", "v"),
    "w": ("w", r"\theta"),
    "phi": (r"\phi", r"\varphi", "g", "f"),
    "ell": (r"\ell",),
    "sigmoid": (r"\operatorname{sigmoid}", r"\mathrm{sigmoid}"),
    "tanh": (r"\tanh",),
}
INDICES: Mapping[str, tuple[str, ...]] = {"i": ("i", "k", r"\tau"), "j": ("j", "l", "m"), "k": ("k", "s", "r")}


@dataclass(frozen=True)
class Style:
    """How an author writes."""

    names: Mapping[str, str]
    counters: Mapping[str, str]
    above: bool = False
    plain: bool = False
    straight: bool = False
    transpose: str = r"\top"
    hadamard: str = r"\odot"
    diagonal: str = r"\operatorname{diag}"
    limits: str = "from"
    tight: bool = True
    slashed: bool = False
    fence: str = "$$"
    lead: str = ""


def any_style(page: Derivation, rng: random.Random, *, plain: bool) -> Style:
    """A style in which no two letters of the page look alike."""
    symbols = sorted({letter.symbol for equation in page for letter in equation.letters})
    names: dict[str, str] = {}
    counters = {name: rng.choice(spelled) for name, spelled in INDICES.items()}
    if len(set(counters.values())) < len(counters):
        counters = {name: spelled[0] for name, spelled in INDICES.items()}
    taken = set(counters.values())
    for symbol in symbols:
        free = [one for one in SPELLINGS.get(symbol, (symbol,)) if one not in taken]
        names[symbol] = rng.choice(free or [symbol])
        taken.add(names[symbol])
    nodes = [node for equation in page for side in equation.chain for node in walk(side)]
    powers = any(
        isinstance(node, (Power, Letter)) and (isinstance(node, Power) or node.symbol == "L") for node in nodes
    )
    return Style(
        names,
        counters,
        above=not powers and rng.random() < 0.2,
        plain=plain,
        straight=rng.random() < 0.3,
        transpose=rng.choice([r"\top", r"{\top}", r"\intercal", *([] if powers else ["T"])]),
        hadamard=rng.choice([r"\odot", r"\odot", r"\circ"]),
        diagonal=rng.choice([r"\operatorname{diag}", r"\mathrm{diag}", r"\text{diag}"]),
        limits=rng.choice(["from", "from", "between", "limits"]),
        tight=rng.random() < 0.5,
        slashed=rng.random() < 0.15,
        fence=rng.choice(["$$", "$$", r"\[", "equation", "align"]),
        lead=rng.choice(["", "", "It follows that", "We get", "Hence"]),
    )


# --------------------------------------------------------------------------------------------------- expressions

TERM, FACTOR, BASE = 0, 1, 2
"""What may stand without brackets: a sum, one of its terms, a factor among others, what has a script."""


class Writer:
    """Expressions in one style."""

    def __init__(self, style: Style) -> None:
        self.style = style

    def written(self, node: Expr, place: int = TERM) -> str:
        """The expression, in brackets where it would otherwise be read as another."""
        text, strength = self._written(node)
        return text if strength >= place else rf"\left( {text} \right)"

    def _written(self, node: Expr) -> tuple[str, int]:
        style = self.style
        match node:
            case Number(value):
                size = abs(value)
                text = str(size) if size.denominator == 1 else rf"\frac{{{size.numerator}}}{{{size.denominator}}}"
                return (f"-{text}", TERM) if value < 0 else (text, BASE)
            case IndexValue(index):
                return self.index(index), BASE if not index.constant and len(index.terms) == 1 else TERM
            case Letter():
                return style.names[node.symbol], BASE
            case At(letter, index):
                name = style.names[letter.symbol]
                if not style.above:
                    return f"{name}_{{{self.index(index)}}}" if "_" not in name else self._below(name, index), BASE
                return f"{name}^{{({self.index(index)})}}", FACTOR
            case Add(parts):
                return self._sum(parts), TERM
            case Mul(parts):
                return self._product(parts)
            case Hadamard(parts):
                inside = [self.written(part, FACTOR) if style.tight else self._operand(part) for part in parts]
                return f" {style.hadamard} ".join(inside), TERM
            case Kronecker(left, right):
                return rf"{self._operand(left)} \otimes {self._operand(right)}", TERM
            case Power(base, exponent):
                if isinstance(base, IndexValue) and exponent == Index.of(-1):
                    return rf"\frac{{1}}{{{self.written(base)}}}", BASE
                return f"{self.written(base, BASE)}^{{{self.index(exponent)}}}", FACTOR
            case Sum() | Product():
                return self._ranged(node), TERM
            case Apply(function, arguments, primes):
                if function.shape is None and len(arguments) != 1:
                    raise NotWritten("an activation of several arguments")
                argument = ", ".join(self.written(one) for one in arguments)
                if primes and function.symbol in ("tanh", "sigmoid"):
                    return rf"{style.names[function.symbol]}{chr(39) * primes}\left( {argument} \right)", FACTOR
                return rf"{style.names[function.symbol]}{chr(39) * primes}({argument})", FACTOR
            case Diag(of):
                return rf"{style.diagonal}\left( {self.written(of)} \right)", FACTOR
            case Total() | Partial():
                return self._derivative(node)
            case Transpose(of):
                if any(isinstance(part, Ones) for part in walk(of)) and not _is_shaped(of):
                    raise NotWritten("a 1 that takes its shape from nothing, transposed")
                return f"{self.written(of, BASE)}^{style.transpose}", FACTOR
            case Zero():
                return "0", BASE
            case Ones():
                return "1", BASE
            case Identity():
                return "I", BASE
            case _:
                raise NotWritten(type(node).__name__)

    def index(self, index: Index) -> str:
        """An index, with the author's names for the counters."""
        pieces = []
        for name, count in sorted(index.terms, key=lambda term: (term[1] < 0, term[0])):
            size = "" if abs(count) == 1 else str(abs(count))
            pieces.append(("-" if count < 0 else "+") + size + self.style.counters.get(name, name))
        if index.constant or not pieces:
            pieces.append(f"{index.constant:+d}")
        return "".join(pieces).removeprefix("+")

    def _below(self, name: str, index: Index) -> str:
        base, _, label = name.partition("_")
        return f"{base}_{{{label.strip('{}')},{self.index(index)}}}"

    def _operand(self, node: Expr) -> str:
        """A factor by itself; a product of several in brackets."""
        return self.written(node, BASE if isinstance(node, Mul) else FACTOR)

    def _sum(self, parts: tuple[Expr, ...]) -> str:
        made = ""
        for part in parts:
            text = self._term(part)
            made += text if not made else f" - {text[1:].lstrip()}" if text.startswith("-") else f" + {text}"
        return made

    def _term(self, part: Expr) -> str:
        text, strength = self._written(part)
        return (
            rf"\left( {text} \right)" if isinstance(part, Add) or (text.startswith("-") and strength > TERM) else text
        )

    def _product(self, parts: tuple[Expr, ...]) -> tuple[str, int]:
        sign, rest = "", parts
        if isinstance(parts[0], Number) and parts[0].value < 0:
            sign, size = "-", -parts[0].value
            rest = parts[1:] if size == 1 and len(parts) > 1 else (Number(size), *parts[1:])
        inside = []
        for place, part in enumerate(rest):
            last = place == len(rest) - 1
            bare = isinstance(part, Sum) and last and len(rest) > 1
            inside.append(self.written(part, TERM if bare else FACTOR))
            if place and inside[place][0].isdigit():
                inside[place] = r"\cdot " + inside[place]  # 2 2 would be 22
        return sign + " ".join(inside), TERM if sign or isinstance(rest[-1], Sum) else FACTOR

    def _ranged(self, node: Sum | Product) -> str:
        index, low, high = (self.index(bound) for bound in node.bounds)
        sign = r"\sum" if isinstance(node, Sum) else r"\prod"
        if isinstance(node, Product) and node.ascending:
            sign = r"\mathop{\overset{\rightarrow}{\prod}}\limits"
        elif self.style.limits == "limits":
            sign += r"\limits"
        bounds = f"_{{{index}={low}}}^{{{high}}}"
        if self.style.limits == "between":
            bounds = rf"_{{{low} \le {index} \le {high}}}"
        # How far a product reaches is never left open here.
        body = self._operand(node.body) if isinstance(node, Product) else self.written(node.body, FACTOR)
        return f"{sign}{bounds} {body}"

    def _derivative(self, node: Total | Partial) -> tuple[str, int]:
        style = self.style
        of, wrt = self.written(node.of, FACTOR), self.written(node.wrt, FACTOR)
        straight = r"\mathrm{d}" if style.straight else "d"
        above, below = (straight, straight) if isinstance(node, Total) else (r"\partial", r"\partial")
        if isinstance(node, Partial) and node.sign != "∂":
            above = r"\partial^{+}" if node.sign == "∂⁺" else r"\partial^{\circ}"
        if style.plain and _is_open(node):
            above, below = r"\partial", r"\partial"
        if style.slashed:
            return rf"\left( {above} {of} / {below} {wrt} \right)", FACTOR
        return rf"\frac{{{above} {of}}}{{{below} {wrt}}}", FACTOR


def _is_open(node: Expr) -> bool:
    """Whether a plain ∂ leaves open which derivative it is: of a state in a weight."""
    weight = isinstance(node, (Total, Partial)) and isinstance(node.wrt, Letter) and node.wrt.kind == "weight"
    return weight and isinstance(node, (Total, Partial)) and isinstance(node.of, (At, Letter))


def _is_shaped(node: Expr) -> bool:
    """Whether what is written shows that it is a column or a matrix, as a 1 by itself does not."""
    if isinstance(node, Transpose):
        return _is_shaped(node.of)
    if isinstance(node, (Add, Mul, Hadamard)):
        return any(map(_is_shaped, node.parts))
    return not isinstance(node, (Ones, Number))


# --------------------------------------------------------------------------------------------------- notes


def note(page: Derivation, claim: Equation, style: Style) -> str:
    """The definitions of a page and one claim; raises :class:`NotWritten` where there is no sign for something."""
    writer = Writer(style)
    defined = (equation for equation in page if equation.kind == "definition")
    displays = [" = ".join(map(writer.written, equation.chain)) for equation in defined]
    said = " = ".join(map(writer.written, claim.sides))
    if claim.for_each:
        ranges = (
            rf"{writer.index(low)} \le {writer.index(index)} \le {writer.index(high)}"
            for index, low, high in claim.for_each
        )
        said += rf" \quad ({', '.join(ranges)})"
    fenced = [_fenced(display, style.fence) for display in displays]
    letters = dict.fromkeys(letter for equation in page for letter in equation.letters if letter.is_entrywise)
    # By these names nothing but words tells an activation from a function of a whole column.
    activations = [name for letter in letters if (name := style.names[letter.symbol]) in ("f", "g")]
    fenced += [f"where ${name}$ acts on each entry." for name in activations]
    # Without these words a note is read for vectors and matrices.
    fenced += ["All quantities are scalars."] if is_of_scalars(page) else []
    return "\n\n".join([*fenced, *([style.lead] if style.lead else []), _fenced(said, style.fence)]) + "\n"


def is_of_scalars(page: Derivation) -> bool:
    """Whether every letter of a page is a number."""
    return all(letter.shape == (ONE, ONE) for equation in page for letter in equation.letters)


def _fenced(display: str, fence: str) -> str:
    if fence == "$$":
        return f"$$\n{display}\n$$"
    if fence == r"\[":
        return f"\\[\n{display}\n\\]"
    body = display.replace(" = ", " &= ", 1) if fence == "align" else display
    return f"\\begin{{{fence}}}\n{body}\n\\end{{{fence}}}"


# --------------------------------------------------------------------------------------------------- meanings

MOST = 1024
"""How many meanings of one printed claim are looked at."""


def literal(claim: Equation, *, plain: bool) -> Iterator[Equation]:
    """What a claim says as printed: each sign has one meaning throughout."""
    for weights in (Total, Partial) if plain else (None,):
        for held in (False, True):

            def chosen(node: Expr, weights: type[Total] | type[Partial] | None = weights, held: bool = held) -> Expr:
                if weights is not None and _is_open(node):
                    assert isinstance(node, (Total, Partial))
                    return _as(weights, node)
                return _held(node) if held else node

            yield claim.with_sides(*(_everywhere(side, chosen) for side in claim.sides))


def meanings(page: Derivation, claim: Equation, *, plain: bool) -> Iterator[Equation]:
    """What a claim may be read as: each sign by itself, and all its products in either order.

    The derivatives in a weight come first by themselves. Raises :class:`Unclear` at the end where there are more.
    """
    yield from _meanings(page, claim, plain=plain, jacobians=False)
    yield from _meanings(page, claim, plain=plain, jacobians=True)


def _meanings(page: Derivation, claim: Equation, *, plain: bool, jacobians: bool) -> Iterator[Equation]:
    states = {equation.left for equation in page if isinstance(equation.left, At) and equation.left.index.terms}

    def options(node: Expr) -> tuple[str, ...]:
        if plain and _is_open(node):
            is_loss = isinstance(node, (Total, Partial)) and isinstance(node.of, Letter)
            return ("total",) if is_loss else ("total", "own")
        # With one state nothing beside it is to be held.
        return ("through", "held") if jacobians and _is_plain_jacobian(node) and len(states) > 1 else ()

    def turned(node: Expr) -> Expr:
        made = rebuild(node, turned, lambda index: index)
        return replace(made, ascending=not made.ascending) if isinstance(made, Product) else made

    places = [options(node) for side in claim.sides for node in walk(side)]
    for choice in itertools.islice(itertools.product(*filter(None, places)), MOST):
        picked = iter(choice)
        read = claim.with_sides(*(_picked(side, picked, options) for side in claim.sides))
        yield read
        if any(isinstance(node, Product) for side in read.sides for node in walk(side)):
            yield read.with_sides(*map(turned, read.sides))
    if math.prod(map(len, filter(None, places))) > MOST:
        raise Unclear(f"there are more than {MOST:,} meanings")


def _picked(node: Expr, picked: Iterator[str], options: Callable[[Expr], tuple[str, ...]]) -> Expr:
    choice = next(picked) if options(node) else ""
    if choice in ("total", "own"):
        assert isinstance(node, (Total, Partial))
        return _as(Total if choice == "total" else Partial, node)
    if choice == "held":
        return _held(node)
    return rebuild(node, lambda part: _picked(part, picked, options), lambda index: index)


def _as(kind: type[Total] | type[Partial], node: Total | Partial) -> Expr:
    return Total(node.of, node.wrt) if kind is Total or isinstance(node.of, Letter) else Partial(node.of, node.wrt)


def _held(node: Expr) -> Expr:
    return replace(node, held=True) if isinstance(node, Partial) and _is_plain_jacobian(node) else node


def _is_plain_jacobian(node: Expr) -> bool:
    return isinstance(node, Partial) and node.is_jacobian() and node.sign == "∂" and isinstance(node.of, At)


def _everywhere(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    made = change(node)
    if made is not node:
        return made
    return rebuild(node, lambda part: _everywhere(part, change), lambda index: index)
