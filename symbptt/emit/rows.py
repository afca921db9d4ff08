"""Equations without derivatives as array code in rows: every state is an array of examples by entries.

What a page calls a column is the last axis of an array, and examples stand before it, as PyTorch and most programs have
it: W h_t is ``h[t] @ W.T``. A row and a column are one thing here. The outer product δ_t h_tᵀ is summed over the
examples, so that it is a gradient in the shape of its weight; a product uᵀ v is one number for each example.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbptt import functions
from symbptt.emit.python import index_text, wrapped
from symbptt.errors import Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Diag,
    Expr,
    Hadamard,
    IndexValue,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Shape,
    Sum,
    Transpose,
    Zero,
    children,
    rebuild,
    softmax_of,
    walk,
)
from symbptt.page.shapes import SCALAR, shape
from symbptt.reader.customs import SIGMA

Names = Mapping[str, str]
SQUARE = re.compile(r"\w+ \*\* 2\Z")
NUMBER = re.compile(r"-?[\d.]+\Z")


@dataclass
class Rows:
    """The code of expressions on one page; ``read`` is how a letter at a step, or a weight, is read."""

    page: Derivation
    activation: Activation
    read: Callable[[At | Letter, Names], str]
    own: Mapping[Letter, Expr] = field(default_factory=dict)
    """Letters that the page does not have, each with something of its shape."""
    known: Mapping[Expr, At] = field(default_factory=dict)
    """What a function is where a state is that value of it: tanh(a) is h_t."""
    written: Expr | None = None
    """The definition that is being written, which is not read from what it defines."""
    named: dict[Expr, str] = field(default_factory=dict)
    """What has been computed, and what it is called."""

    def shape(self, node: Expr) -> Shape:
        """Rows and columns, as they are on the page."""
        return shape(self.page, self._on_page(node))

    def _on_page(self, node: Expr) -> Expr:
        """An expression without letters that are not those of the page, in its shape."""
        if isinstance(node, At):
            return Zero(self.own[node.letter]) if node.letter in self.own else node
        if self.own and not self.own.keys().isdisjoint(part.letter for part in walk(node) if isinstance(part, At)):
            return rebuild(node, self._on_page, lambda index: index)
        return node

    def is_matrix(self, node: Expr) -> bool:
        """Whether an expression is neither a number nor a column or a row."""
        return ONE not in self.shape(node)

    def value(self, node: Expr, names: Names) -> str:
        """The value of an expression; raises :class:`Undecided` for what has no rule here."""
        if node in self.named:
            return self.named[node]
        if node in self.known and node != self.written:
            return self.read(self.known[node], names)
        match node:
            case Number(value):
                # What a double holds exactly, 0.5, is written so.
                exact = value == float(value) and value.denominator < 100
                return str(float(value)) if exact else f"{value.numerator} / {value.denominator}"
            case IndexValue(index):
                return index_text(index, names)
            case At() | Letter(kind="weight"):
                return self.read(node, names)
            case Add(parts):
                terms = [self.value(part, names) for part in parts]
                return " + ".join(terms).replace("+ -", "- ")
            case Mul():
                inside = softmax_of(node)
                return self._product(node, names) if inside is None else f"_softmax(xp, {self.value(inside, names)})"
            case Hadamard((one, other)) if one == other:
                return f"{wrapped(self.value(one, names))} ** 2"
            case Hadamard(parts):
                return " * ".join(wrapped(self.value(part, names)) for part in parts)
            case Power(base, exponent) if self.shape(base) == SCALAR:
                if exponent.terms:
                    raise Undecided(f"{node} has no rule in arrays")
                text = wrapped(self.value(base, names))
                return f"1.0 / {text}" if exponent.constant == -1 else f"{text} ** {exponent.constant}"
            case Apply():
                return self._applied(node, names)
            case Transpose(of):
                text = self.value(of, names)
                return f"{wrapped(text)}.T" if self.is_matrix(of) else text
            case Sum(body):
                low, high = index_text(node.lower, names), index_text(node.upper + 1, names)
                text = self.value(body, {**names, node.index: node.index})
                return f"sum({text} for {node.index} in range({low}, {high}))"
            case Ones(like):
                return "1.0" if not self.is_matrix(like) else self._refused(node)
            case Zero(like):
                return f"0.0 * {wrapped(self.value(like, names))}"
            case Laid(Partial(Apply() as of, wrt)) | Partial(Apply() as of, wrt) if self.shape(of) == SCALAR:
                places = [place for place, argument in enumerate(of.arguments) if argument == wrt]
                if not places:
                    return self._refused(node)
                given = ", ".join(self.value(argument, names) for argument in of.arguments)
                return " + ".join(f"_slopes_of_{of.function.symbol}({given})[{place}]" for place in places)
            case _:
                return self._refused(node)

    def _refused(self, node: Expr) -> str:
        raise Undecided(f"{node} has no rule in arrays of rows")

    def whole(self, node: Expr, names: Names) -> str:
        """The sum of all its entries and examples: numbers in front, a product uᵀv without a sum of its own."""
        if isinstance(node, Add):
            return " + ".join(self.whole(part, names) for part in node.parts).replace("+ -", "- ")
        parts = self._factors(node)
        front = [part for part in parts if self.shape(part) == SCALAR and not varies(part)]
        rest = [part for part in parts if part not in front]
        if not rest:
            return self._refused(node)
        if len(rest) > 1 and self.shape(_whole(rest)) == SCALAR and not any(self.shape(one) == SCALAR for one in rest):
            text = self._entries(rest, names)
        else:
            text = self.value(_whole(rest), names)
        return _times([*(self.value(part, names) for part in front), f"xp.sum({text})"])

    def _applied(self, node: Apply, names: Names) -> str:
        given = ", ".join(self.value(argument, names) for argument in node.arguments)
        if node.function.shape is not None:
            if self.shape(node) != SCALAR:
                raise Undecided(f"{node} is an arbitrary function: nothing says how it is computed")
            return f"_value_of_{node.function.symbol}({given})"
        if node.primes > 1:
            return self._refused(node)
        name, own = self._called(node), self._value_of(node)
        value, slope, _ = functions.TABLE[name].code
        if own is not None:
            text = slope.replace("f * f", "f ** 2").replace("np.", "xp.")
            return re.sub(r"\bf\b", self.value(own, names), text)
        if node.primes:
            return f"_{name}_slope(xp, {given}, {self.value(replace(node, primes=0), names)})"
        return f"xp.{name}({given})" if value == f"np.{name}(a)" else f"_{name}(xp, {given})"

    def _called(self, node: Apply) -> str:
        """Which named function one is that acts on each entry."""
        name = self.activation.standing_for(node.function.symbol).name
        if name not in functions.TABLE and node.function.symbol == SIGMA and SIGMA not in self.page.bound:
            name = "sigmoid"  # what holds for any σ holds for the one that it is by custom
        if name not in functions.TABLE:
            raise Undecided(f"{node.function} may be any function: say which, with --activation")
        return name

    # ------------------------------------------------------------------------------------------- what is named

    def repeated(self, nodes: Sequence[Expr]) -> list[Expr]:
        """What costs something and stands in the expressions more than once, inner before outer."""
        counts: dict[Expr, int] = {}

        def count(node: Expr) -> None:
            if self._costs(node):
                counts[node] = counts.get(node, 0) + 1
                if counts[node] > 1:
                    return  # what stands in it has a name by then
            for part in parts_of(node):
                if part not in self.known and self._value_of(part) is None:
                    count(part)
            if node in counts:
                counts[node] = counts.pop(node)

        for node in nodes:
            count(node)
        return [node for node, found in counts.items() if found > 1]

    def _value_of(self, node: Expr) -> Expr | None:
        """Of a slope that follows from what its function is, that function, where it has been computed."""
        if not isinstance(node, Apply) or node.primes != 1 or node.function.shape is not None:
            return None
        own = replace(node, primes=0)
        if own not in self.known and own not in self.named:
            return None
        _, slope, _ = functions.TABLE[self._called(node)].code
        return None if re.search(r"\ba\b|\.real", slope) else own

    def _costs(self, node: Expr) -> bool:
        if node in self.known or not varies(node):
            return False
        if isinstance(node, Mul):
            return not self.is_matrix(node) and (softmax_of(node) is not None or any(map(self.is_matrix, node.parts)))
        return isinstance(node, Apply) and not node.primes and node.function.shape is None

    def stem(self, node: Expr) -> str:
        """What a repeated part is called."""
        if isinstance(node, Apply):
            (of,) = node.arguments
            return f"{node.function.symbol}_{of.letter.symbol if isinstance(of, At) else 'of_sum'}"
        matrices = [part for part in walk(node) if isinstance(part, Letter) and part.kind == "weight"]
        return f"through_{matrices[0].symbol}" if matrices else "softmax"

    # ------------------------------------------------------------------------------------------- products

    def _product(self, node: Mul, names: Names) -> str:
        """Numbers first, then what stands behind them; what is a number of each example goes into a product with it."""
        made: list[str] = []
        scale: list[str] = []
        chain: list[Expr] = []
        into = scale if self.is_matrix(node) else made
        for part in self._factors(node):
            if self.shape(part) == SCALAR:
                (into if varies(part) else made).append(self.value(part, names))
                continue
            chain.append(part)
            if self.shape(_whole(chain)) == SCALAR:
                into.append(self._inner(chain, names))
                chain = []
            elif len(chain) > 1 and self.shape(_whole(chain[-2:])) == SCALAR:
                into.append(self._inner(chain[-2:], names))
                chain = chain[:-2]
        if chain:
            made.append(self._chain(chain, names, _times(scale) if scale else ""))
        return _times(made)

    def _factors(self, node: Expr) -> tuple[Expr, ...]:
        """The factors of a product, those of a product within it among them."""
        if not isinstance(node, Mul) or node in self.named or softmax_of(node) is not None:
            return (node,)
        return tuple(factor for part in node.parts for factor in self._factors(part))

    def _inner(self, chain: Sequence[Expr], names: Names) -> str:
        """uᵀ M v: for each example the sum of the entries of u by those of M v."""
        return f"xp.sum({self._entries(chain, names)}, axis=-1, keepdims=True)"

    def _entries(self, chain: Sequence[Expr], names: Names) -> str:
        """The products of which uᵀ M v is the sum."""
        if isinstance(chain[0], Transpose) and isinstance(chain[0].of, Ones):
            return self._chain(chain[1:], names)
        first, rest = wrapped(self.value(chain[0], names)), wrapped(self._chain(chain[1:], names))
        return f"{first} ** 2" if first == rest else f"{first} * {rest}"

    def _chain(self, chain: Sequence[Expr], names: Names, scale: str = "") -> str:
        """Matrices in front of a column, behind a row, or a column by a row; or matrices alone.

        ``scale`` is a number of each example, which a column by a row is multiplied with before examples are summed.
        """
        for place in range(1, len(chain)):
            left, right = _whole(chain[:place]), _whole(chain[place:])
            if self.shape(right) == SCALAR:
                inner = self._inner(chain[place:], names)
                if self.is_matrix(left):
                    return self._chain(chain[:place], names, _times([scale, inner] if scale else [inner]))
                return f"{wrapped(self._chain(chain[:place], names))} * {inner}"
            if self.shape(left)[1] == ONE and self.shape(right)[0] == ONE:
                if not (scale or varies(left)) or not varies(right):
                    raise Undecided(f"{_whole(chain)} has a factor that is the same for every example")
                one, other = self._chain(chain[:place], names), self._chain(chain[place:], names)
                return f"{wrapped(_times([scale, one]) if scale else one)}.T @ {wrapped(other)}"
        if scale:
            raise Undecided(f"{_whole(chain)} is multiplied with a number of each example: there is no code for it")
        if len(chain) == 1:
            return self.value(chain[0], names)
        if self.shape(chain[-1])[1] == ONE:
            text = self.value(chain[-1], names)
            for matrix in reversed(chain[:-1]):
                text = self._after(text, matrix, names)
            return text
        if self.shape(chain[0])[0] == ONE:
            text = self.value(chain[0], names)
            for matrix in chain[1:]:
                text = f"{wrapped(text)} @ {wrapped(self.value(matrix, names))}"
            return text
        return " @ ".join(wrapped(self.value(part, names)) for part in chain)

    def _after(self, text: str, matrix: Expr, names: Names) -> str:
        """A matrix in front of a column."""
        if isinstance(matrix, Diag):
            return f"{wrapped(self.value(matrix.of, names))} * {wrapped(text)}"
        turned = matrix.of if isinstance(matrix, Transpose) else None
        code = wrapped(self.value(matrix if turned is None else turned, names))
        return f"{wrapped(text)} @ {code}" + (".T" if turned is None else "")


def _times(factors: Sequence[str]) -> str:
    """The product of factors; a number in front keeps its sign, and -1 is a sign."""
    if len(factors) == 1:
        return factors[0]
    first, *rest = factors
    if first == "-1.0":
        return f"-{_times(rest) if len(rest) > 1 else rest[0] if SQUARE.match(rest[0]) else wrapped(rest[0])}"
    return " * ".join([first if NUMBER.match(first) else wrapped(first), *map(wrapped, rest)])


def varies(node: Expr) -> bool:
    """Whether a state or data stands in an expression, so that each example has its own value of it."""
    return any(isinstance(part, At) for part in walk(node))


def _whole(chain: Sequence[Expr]) -> Expr:
    return chain[0] if len(chain) == 1 else Mul(tuple(chain))


def parts_of(node: Expr) -> tuple[Expr, ...]:
    """What the value of a node is computed from: without what only tells a shape, a softmax as one function."""
    inside = softmax_of(node)
    return (inside,) if inside is not None else () if isinstance(node, (Ones, Zero)) else children(node)


def computed(node: Expr) -> Iterator[Expr]:
    """The node and all that it is computed from."""
    yield node
    for part in parts_of(node):
        yield from computed(part)
