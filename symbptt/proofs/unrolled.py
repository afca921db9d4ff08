"""The direct judge: a page at one step with sizes given, unrolled to h_0 and differentiated by SymPy.

Every side becomes a matrix of SymPy expressions in the weights, the data and h_0. A total derivative differentiates
what was unrolled; an immediate partial unrolls its own step only, and holds the states of other steps; a Jacobian cuts
the unrolled graph at the state it is taken in. None of them uses a chain rule that a page could claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias, assert_never

import numpy as np
from sympy import Expr as Entry
from sympy import Integer, Pow, Rational, S, Symbol

from symbptt.errors import BudgetExceeded, IllTyped, NotExact, NotStated, Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at, expand
from symbptt.page.inside import Fixed, fixed_in
from symbptt.page.notation import (
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
    IndexValue,
    Kronecker,
    Laid,
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
    owner,
    walk,
)
from symbptt.page.shapes import POWER, parts, shape
from symbptt.proofs.graph import Graph, postorder
from symbptt.proofs.heads import ARGUMENT, Arbitrary, Head, applied, differentiated

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.object_]]"
"""Rows by columns of SymPy expressions."""


@dataclass(frozen=True, slots=True)
class View:
    """How states and weights are looked at while a definition is evaluated.

    ``fixed``: the states that it holds are symbols. ``cut``: that state is a symbol, the others are unrolled.
    ``copies``: each step has its own copy of every weight.
    """

    fixed: Fixed | None = None
    cut: At | None = None
    copies: bool = False

    def at(self, step: int) -> View:
        """How they are looked at inside a definition at a step."""
        return self if self.fixed is None else View(self.fixed.at(step), self.cut, self.copies)

    def is_symbol(self, letter: Letter, step: int) -> bool:
        """Whether a state is a symbol, not what it is computed from."""
        cut = self.cut
        if cut is not None and cut.letter == letter and cut.index.value() == step:
            return True
        return self.fixed is not None and self.fixed.holds(letter, step)


UNROLLED, HELD = View(), View(Fixed())


class Unrolling:
    """A page with numbers for its sizes and an activation for its elementwise functions."""

    def __init__(self, page: Derivation, sizes: Mapping[str, int], activation: Activation) -> None:
        self.page = page
        self.sizes = dict(sizes)
        self.activation = activation
        self.graph = Graph()
        self._states: dict[tuple[Letter, int, View], Matrix] = {}
        self._sides: dict[Expr, Matrix] = {}
        self._symbols: dict[tuple[Letter, str], Matrix] = {}
        self._named: dict[str, Symbol] = {}
        self._symbolic: dict[Symbol, At] = {}
        self._unmarkings: dict[Any, Any] = {}

    def side(self, node: Expr, values: Mapping[str, int]) -> Matrix:
        """One side of an equation at a step; ``node`` is resolved, ``values`` are the numbers of its indices.

        Raises :class:`NotStated` where it refers to a step before the first, :class:`IllTyped` where it makes no sense.
        """
        return self.written_out(expand(node, values))

    def written_out(self, node: Expr) -> Matrix:
        """A side whose indices are numbers and whose Σ and Π are written out already."""
        return self._side(node)

    def state(self, node: At) -> Matrix:
        """A state unrolled to h_0."""
        return self._state(node.letter, node.index.value(), UNROLLED)

    def definition(self, node: At) -> Expr | None:
        """The definition of a state at its step, written out; None for a first state that is constant."""
        return definition_at(self.page, node)

    # ------------------------------------------------------------------------------------------- sides

    def _side(self, node: Expr) -> Matrix:
        if node not in self._sides:
            self._sides[node] = self._evaluate(node, UNROLLED, None)
        return self._sides[node]

    def _evaluate(self, node: Expr, view: View, step: int | None) -> Matrix:
        """A closed expression; ``step`` is that of the definition it stands in, None on the page itself."""

        def inner(part: Expr) -> Matrix:
            return self._side(part) if step is None else self._evaluate(part, view, step)

        match node:
            case Number():
                return _matrix([[Rational(node.value.numerator, node.value.denominator)]])
            case IndexValue():
                return _matrix([[Integer(node.index.value())]])
            case Letter():
                return self._weight(node, view, step)
            case At():
                if step is None and node.index.value() < 0:
                    raise NotStated(f"it refers to {node}, before the first step")
                return self._at(node, view)
            case Add():
                return self.total([inner(part) for part in node.parts])
            case Mul():
                return reduce(self.times, map(inner, node.parts))
            case Hadamard():
                return reduce(self._entrywise, map(inner, node.parts))
            case Kronecker():
                return self._kronecker(inner(node.left), inner(node.right))
            case Power():
                return self._power(inner(node.base), node.exponent.value())
            case Apply():
                return self._applied(node, [inner(argument) for argument in node.arguments])
            case Diag():
                column = inner(node.of)
                return _diagonal(list(column[:, 0]))
            case Total() | Partial() | Block() if view != UNROLLED:
                raise Undecided(f"{node} stands inside another derivative, which would have to be taken of it")
            case Total():
                return self._total(node)
            case Partial():
                return self._partial(node)
            case Concat():
                return np.hstack([inner(part) for part in node.parts])
            case Transpose():
                return inner(node.of).T
            case Block():
                return self._block(node)
            case Laid():
                value = inner(node.of)
                if node.arrangement == "transposed":
                    return value.T
                rows, columns = self._numbers(owner(node.wrt))
                shaped = value.reshape(columns, rows).T
                return shaped if node.arrangement == "shaped" else shaped.T
            case Zero():
                rows, columns = self._numbers(node.like)
                return _matrix([[S.Zero] * columns for _ in range(rows)])
            case Ones():
                rows, columns = self._numbers(node.like)
                return _matrix([[S.One] * columns for _ in range(rows)])
            case Identity():
                return _diagonal([S.One] * self._numbers(node.like)[0])
            case Copy():
                raise IllTyped(f"{node} is what a derivative is taken in; by itself it has no value on the page")
            case Sum() | Product() | Either():
                raise TypeError(f"{node} is unrolled before it is written out, and one of its meanings chosen")
            case _:
                assert_never(node)

    def _numbers(self, node: Expr) -> tuple[int, int]:
        rows, columns = shape(self.page, node)
        return rows.at(self.sizes), columns.at(self.sizes)

    # ------------------------------------------------------------------------------------------- letters

    def _entries(self, letter: Letter, mark: str) -> Matrix:
        """A matrix of symbols named as on the page, ``W_hh[1,2]`` or ``h_3[1]``; no letter has such a name."""
        if (letter, mark) not in self._symbols:
            rows, columns = self._numbers(letter)
            self._symbols[letter, mark] = _matrix(
                [
                    [
                        self._symbol(f"{letter.symbol}{mark}[{r + 1}{f',{c + 1}' if columns > 1 else ''}]")
                        for c in range(columns)
                    ]
                    for r in range(rows)
                ]
            )
        return self._symbols[letter, mark]

    def _weight(self, letter: Letter, view: View, step: int | None) -> Matrix:
        if letter.kind != "weight":
            raise IllTyped(f"{letter} is a {letter.kind}: it has no value without its index or arguments")
        if (body := self.page.meaning.defined(letter).body) is not None:
            return self._evaluate(body, view, step if step is not None else 0)
        return self._entries(letter, f"^({step})" if view.copies else "")

    def _at(self, node: At, view: View) -> Matrix:
        step = node.index.value()
        if node.letter.kind == "state":
            return self._state(node.letter, step, view)
        if step < 0:
            raise NotStated(f"it refers to {node}, before the first step")
        return self._entries(node.letter, f"_{step}")

    def _state(self, letter: Letter, step: int, view: View) -> Matrix:
        if view.is_symbol(letter, step):
            symbols = self._entries(letter, f"_{step}")
            self._symbolic.update(dict.fromkeys(symbols.flat, letter[step]))
            return symbols
        first = step if view.fixed is not None else 0 if view.cut is None else view.cut.index.value()
        if letter.last is None and step < first:
            # No state looks ahead: what stands before the one that is cut out does not see it.
            first, view = 0, UNROLLED
        key = (letter, step, view)
        if key not in self._states:
            for other in recurred(letter, step, self.definition(letter[step]), first):
                if (letter, other, view) not in self._states:
                    self._states[letter, other, view] = self.own(letter[other], view)
            self._states[key] = self.own(letter[step], view)
        return self._states[key]

    def own(self, node: At, view: View) -> Matrix:
        """A state by its own definition; where that would reach before step 0, the constant it starts from."""
        step = node.index.value()
        body = self.definition(node)
        return self._entries(node.letter, f"_{step}") if body is None else self._evaluate(body, view.at(step), step)

    def _applied(self, node: Apply, arguments: list[Matrix]) -> Matrix:
        function = node.function
        if function.shape is None:
            (argument,) = arguments
            return _matrix([[self._activated(node, entry) for entry in row] for row in argument])
        inputs = [entry for argument in arguments for entry in _vec(argument)]
        rows = function.shape[0].at(self.sizes)
        return _matrix([[self._built(Arbitrary.of(function.symbol, component, inputs))] for component in range(rows)])

    def _activated(self, node: Apply, entry: Entry) -> Entry:
        if not node.primes:
            return self._built(applied(self.activation, node.function.symbol, entry))
        # Differentiated over a letter and then put at the entry: SymPy's own diff walks trees, not graphs.
        written = differentiated(self.activation, node.function.symbol, node.primes)
        return self.graph.substitute([written], {ARGUMENT: entry})[0]

    def _built(self, node: Entry) -> Entry:
        # Seen through another view the same state is built again: it must be the same node, not an equal one.
        return self.graph.applied(node) if isinstance(node, Head) else node

    # ------------------------------------------------------------------------------------------- derivatives

    def _total(self, node: Total) -> Matrix:
        match node.wrt:
            case At(letter=Letter(kind="state")):
                return self._varied(node)
            case Copy():
                values = self._evaluate(node.of, View(copies=True), 0)
                return self._unmarked(self._derivative(values, self.variables(node.wrt)))
            case _:
                return self._derivative(self._side(node.of), self.variables(node.wrt))

    def _partial(self, node: Partial) -> Matrix:
        if node.is_jacobian():
            return self._varied(node)
        view = View(fixed_in(self.page, node), copies=isinstance(node.wrt, Copy))
        result = self.released(self._derivative(self._value(node.of, view), self.variables(node.wrt)))
        return self._unmarked(result) if isinstance(node.wrt, Copy) else result

    def _value(self, of: Expr, view: View) -> Matrix:
        """What is differentiated: a state by its own definition."""
        if isinstance(of, At) and of.letter.kind == "state":
            if of.index.value() < 0:
                raise NotStated(f"it refers to {of}, before the first step")
            return self.own(of, view)
        return self._evaluate(of, view, 0)

    def _varied(self, node: Total | Partial) -> Matrix:
        """The derivative in a state that is varied by itself."""
        of, wrt = node.of, node.wrt
        assert isinstance(wrt, At)
        if wrt.index.value() < 0:
            raise NotStated(f"it refers to {wrt}, before the first step")
        if of == wrt:
            return _diagonal([S.One] * len(self.variables(wrt)))
        fixed = fixed_in(self.page, node)
        if fixed is None:
            self._side(of)  # raises where it is not stated
            values = self._evaluate(of, View(cut=wrt), 0)
        else:
            values = self._value(of, View(fixed, wrt))
        return self.released(self._derivative(values, self.variables(wrt)))

    def released(self, result: Matrix) -> Matrix:
        """The states that were symbols in a derivative replaced by what they are once unrolled."""
        values: dict[Any, Any] = {}
        for node in postorder(list(result.flat)):
            state = self._symbolic.get(node)
            # One that the page starts from is that symbol.
            if state is not None and node not in values and self.definition(state) is not None:
                symbols = self._entries(state.letter, f"_{state.index.value()}")
                unrolled = self._state(state.letter, state.index.value(), UNROLLED)
                values |= dict(zip(symbols.flat, unrolled.flat, strict=True))
        return self._replaced(result, values) if values else result

    def _unmarked(self, marked: Matrix) -> Matrix:
        """Copies of weights replaced by the weight they are copies of."""
        for node in postorder(list(marked.flat), self._unmarkings):
            if isinstance(node, Symbol) and "^(" in node.name:
                self._unmarkings[node] = self._shared(node)
        return self._replaced(marked, self._unmarkings)

    def _shared(self, symbol: Symbol) -> Symbol:
        name, _, rest = symbol.name.partition("^(")
        return self._symbol(name + rest.partition(")")[2])

    def _symbol(self, name: str) -> Symbol:
        # One object for a name: SymPy forgets which it made.
        return self._named.setdefault(name, Symbol(name, real=True))

    def variables(self, wrt: Expr) -> list[Symbol]:
        """The entries that a derivative is taken in, as the vec of the letter."""
        match wrt:
            case Letter():
                parts(self.page, wrt)
                return _vec(self._weight(wrt, UNROLLED, None))
            case Copy():
                return _vec(self._weight(wrt.weight, View(copies=True), wrt.index.value()))
            case At():
                return _vec(self._at(wrt, HELD))
            case _:
                raise IllTyped(f"a derivative is taken in a letter, not in {wrt}")

    def _block(self, node: Block) -> Matrix:
        columns = self.variables(node.of.wrt)
        wanted = self.variables(node.part)
        return self._side(node.of)[:, [columns.index(symbol) for symbol in wanted]]

    # ------------------------------------------------------------------------------------------- matrices

    def total(self, terms: list[Matrix]) -> Matrix:
        """The sum of matrices."""
        rows, columns = terms[0].shape
        return _matrix(
            [[self.graph.total(*(term[r, c] for term in terms)) for c in range(columns)] for r in range(rows)]
        )

    def times(self, left: Matrix, right: Matrix) -> Matrix:
        """The product of two matrices, one of which may be a scalar."""
        if left.shape == (1, 1) or right.shape == (1, 1):
            scalar, other = (left, right) if left.shape == (1, 1) else (right, left)
            return _matrix([[self.graph.product(scalar[0, 0], entry) for entry in row] for row in other])
        inner = range(left.shape[1])
        return _matrix(
            [
                [
                    self.graph.total(*(self.graph.product(left[r, k], right[k, c]) for k in inner))
                    for c in range(right.shape[1])
                ]
                for r in range(left.shape[0])
            ]
        )

    def _entrywise(self, left: Matrix, right: Matrix) -> Matrix:
        return _matrix([list(map(self.graph.product, one, other)) for one, other in zip(left, right, strict=True)])

    def _kronecker(self, left: Matrix, right: Matrix) -> Matrix:
        return _matrix(
            [[self.graph.product(one, other) for one in above for other in row] for above in left for row in right]
        )

    def _power(self, base: Matrix, exponent: int) -> Matrix:
        if abs(exponent) > POWER:
            raise BudgetExceeded(f"a power of {exponent} is more than the limit of {POWER}")
        if base.shape == (1, 1):
            if exponent < 0 and base[0, 0] is S.Zero:
                raise NotExact("a division by zero")
            if exponent < 0:
                return _matrix([[Pow(self._power(base, -exponent)[0, 0], -1)]])
            return _matrix([[self.graph.product(*[base[0, 0]] * exponent)]])
        if exponent < 0:
            raise IllTyped("a negative power of a matrix is not a page's notation")
        return reduce(self.times, [base] * exponent, _diagonal([S.One] * len(base)))

    def _derivative(self, values: Matrix, symbols: list[Symbol]) -> Matrix:
        return _matrix(self.graph.differentiate(_vec(values), symbols))

    def _replaced(self, matrix: Matrix, done: dict[Any, Any]) -> Matrix:
        return np.array(self.graph.replaced(list(matrix.flat), done), dtype=object).reshape(matrix.shape)


def recurred(letter: Letter, step: int, body: Expr | None, first: int) -> Iterable[int]:
    """The steps at which a letter is wanted before: from the first one up, or the last one down.

    So no recursion is deeper than one definition.
    """
    every = () if body is None else walk(body)
    used = [node.index.value() for node in every if isinstance(node, At) and node.letter == letter]
    if letter.last is not None and max(used, default=step) > step:
        return range(letter.last.value(), step, -1)
    return range(first, step) if used else ()


# --------------------------------------------------------------------------------------------------- matrices


def _matrix(rows: list[list[Entry]]) -> Matrix:
    made = np.empty((len(rows), len(rows[0])), dtype=object)
    for r, row in enumerate(rows):
        for c, entry in enumerate(row):
            made[r, c] = entry
    return made


def _diagonal(entries: list[Entry]) -> Matrix:
    return _matrix([[entry if r == c else S.Zero for c in range(len(entries))] for r, entry in enumerate(entries)])


def _vec(matrix: Matrix) -> list[Any]:
    return list(matrix.T.flat)
