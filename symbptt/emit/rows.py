"""Equations without derivatives as array code in rows: every state is an array of examples by entries.

What a page calls a column is the last axis of an array, and examples stand before it, as PyTorch and most programs have
it: W h_t is ``h[t] @ W.T``. A row and a column are one thing here. The outer product δ_t h_tᵀ is summed over the
examples, so that it is a gradient in the shape of its weight; a product uᵀ v is one number for each example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
    softmax_of,
)
from symbptt.page.shapes import SCALAR, shape
from symbptt.reader.customs import SIGMA

Names = Mapping[str, str]


@dataclass
class Rows:
    """The code of expressions on one page; ``read`` is how a letter at a step, or a weight, is read."""

    page: Derivation
    activation: Activation
    read: Callable[[At | Letter, Names], str]

    def shape(self, node: Expr) -> Shape:
        """Rows and columns, as they are on the page."""
        return shape(self.page, node)

    def is_matrix(self, node: Expr) -> bool:
        """Whether an expression is neither a number nor a column or a row."""
        return ONE not in self.shape(node)

    def value(self, node: Expr, names: Names) -> str:
        """The value of an expression; raises :class:`Undecided` for what has no rule here."""
        match node:
            case Number(value):
                # What a double holds exactly, 0.5, is written so.
                exact = value == float(value) and value.denominator < 100
                return str(float(value)) if exact else f"({value.numerator} / {value.denominator})"
            case IndexValue(index):
                return index_text(index, names)
            case At() | Letter(kind="weight"):
                return self.read(node, names)
            case Add(parts):
                terms = [self.value(part, names) for part in parts]
                return " + ".join(terms).replace("+ -", "- ")
            case Mul():
                inside = softmax_of(node)
                return self._product(node, names) if inside is None else f"_softmax({self.value(inside, names)})"
            case Hadamard(parts):
                return " * ".join(wrapped(self.value(part, names)) for part in parts)
            case Power(base, exponent) if self.shape(base) == SCALAR:
                if exponent.terms:
                    raise Undecided(f"{node} has no rule in arrays")
                text = wrapped(self.value(base, names))
                return f"(1.0 / {text})" if exponent.constant == -1 else f"{text} ** {exponent.constant}"
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
                given = ", ".join(self.value(argument, names) for argument in of.arguments)
                return " + ".join(f"_slopes_of_{of.function.symbol}({given})[{place}]" for place in places)
            case _:
                return self._refused(node)

    def _refused(self, node: Expr) -> str:
        raise Undecided(f"{node} has no rule in arrays of rows")

    def _applied(self, node: Apply, names: Names) -> str:
        given = ", ".join(self.value(argument, names) for argument in node.arguments)
        if node.function.shape is not None:
            if self.shape(node) != SCALAR:
                raise Undecided(f"{node} is an arbitrary function: nothing says how it is computed")
            return f"_value_of_{node.function.symbol}({given})"
        name = self.activation.standing_for(node.function.symbol).name
        if name not in functions.TABLE and node.function.symbol == SIGMA and SIGMA not in self.page.bound:
            name = "sigmoid"  # what holds for any σ holds for the one that it is by custom
        if name not in functions.TABLE:
            raise Undecided(f"{node.function} may be any function: say which, with --activation")
        if node.primes > 1:
            return self._refused(node)
        return f"_{name}_slope({given})" if node.primes else f"_{name}({given})"

    # ------------------------------------------------------------------------------------------- products

    def _product(self, node: Mul, names: Names) -> str:
        """Numbers first, then what stands behind them."""
        made: list[str] = []
        chain: list[Expr] = []
        for part in node.parts:
            if self.shape(part) == SCALAR:
                made.append(self.value(part, names))
                continue
            chain.append(part)
            if self.shape(_whole(chain)) == SCALAR:
                made.append(self._inner(chain, names))
                chain = []
        if chain:
            made.append(self._chain(chain, names))
        is_negative = made[0] == "-1.0" and len(made) > 1
        text = " * ".join(map(wrapped, made[1:] if is_negative else made)) if len(made) > 1 else made[0]
        return f"-{text}" if is_negative else text

    def _inner(self, chain: Sequence[Expr], names: Names) -> str:
        """uᵀ M v: for each example the sum of the entries of u by those of M v."""
        if isinstance(chain[0], Transpose) and isinstance(chain[0].of, Ones):
            return f"_sum({self._chain(chain[1:], names)})"
        first, rest = wrapped(self.value(chain[0], names)), wrapped(self._chain(chain[1:], names))
        return f"_sum({first} * {rest})"

    def _chain(self, chain: Sequence[Expr], names: Names) -> str:
        """Matrices in front of a column, behind a row, or a column by a row; or matrices alone."""
        if len(chain) == 1:
            return self.value(chain[0], names)
        for place in range(1, len(chain)):
            left, right = _whole(chain[:place]), _whole(chain[place:])
            if self.shape(right) == SCALAR:
                return f"{wrapped(self._chain(chain[:place], names))} * {self._inner(chain[place:], names)}"
            if self.shape(left)[1] == ONE and self.shape(right)[0] == ONE:
                one, other = self._chain(chain[:place], names), self._chain(chain[place:], names)
                return f"{wrapped(one)}.T @ {wrapped(other)}"
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


def _whole(chain: Sequence[Expr]) -> Expr:
    return chain[0] if len(chain) == 1 else Mul(tuple(chain))
