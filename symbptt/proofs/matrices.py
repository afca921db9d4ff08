"""Forms of the contraction kernel as matrices, as a person writes them: diag(1 - s²) Wᵀ δ for sums over entries.

A term is a graph: its indices are the nodes, a vector hangs on a node, a matrix joins two. Where that is a tree it is a
product: from the row to the column there is a path of matrices, everything that hangs on a node of it multiplies entry
by entry, and what is joined to neither is a number in front. What is no such product is written entry by entry.

>>> from symbptt.functions import activation
>>> from symbptt.page.derivation import Derivation
>>> from symbptt.page.notation import function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, z, W, phi = state("h", n), state("z", n), weight("W", n, n), function("phi")
>>> page = Derivation("A recurrence in two lines")
>>> _ = page.define("1", z[t], W @ h[t - 1])
>>> _ = page.define("2", h[t], phi(z[t]))
>>> local = Local(page, activation("any"), Kernel(), (t - 1,))
>>> jacobian = local.side(partial(h[t], h[t - 1]))
>>> print(Matrices(local).written(jacobian))
diag(phi'(z_t)) · W
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal, TypeAlias

from sympy import Basic

from symbptt.errors import Undecided
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Diag,
    Dim,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Total,
    Transpose,
)
from symbptt.page.shapes import SCALAR, shape
from symbptt.proofs.contraction import DELTA, Delta, Entry, Entrywise, Form, Kernel, Opaque, Size, Spaces, Term
from symbptt.proofs.heads import ARGUMENT, Arbitrary, Named
from symbptt.proofs.indexed import Value
from symbptt.proofs.local import Local, Rate

Layout: TypeAlias = Literal["numerator", "mixed", "denominator"]
"""How derivatives are printed: a row for that of a scalar, a column; a column and each Jacobian turned."""


class _NoMatrix(Undecided):
    """A term is no product of matrices."""


class Matrices:
    """Writes forms over the letters of a page, derivatives in the layout of an equation.

    ``sign``: ``d`` where derivatives in a letter are written so, ∂ elsewhere.
    """

    def __init__(self, local: Local, layout: Layout = "mixed", sign: str = "∂") -> None:
        self.local = local
        self.kernel: Kernel = local.kernel
        self.layout = layout
        self.sign = sign

    def written(self, value: Value) -> Expr | str:
        """A value as a matrix, or its entry as text where it is none.

        A row over the entries of a matrix is written in the shape of that matrix.
        """
        rows, columns, form = value
        try:
            return self._sum(form, rows + columns, is_row=not rows and len(columns) == 1)
        except _NoMatrix:
            pass
        try:
            terms = sorted((self._entry(*item, len(rows + columns)) for item in form.items()), key=len)
        except _NoMatrix:
            return self.kernel.shown(form)
        return " + ".join(terms).replace("+ -", "- ")

    def rate(self, rate: Rate) -> Expr:
        """A derivative as it is printed: of a scalar in a vector a row or a column, of a vector its Jacobian."""
        plain = self.sign == "∂" and isinstance(rate.wrt, At)
        of = self.letter(rate.of)
        return self.laid(Partial(of, rate.wrt, held=rate.held) if plain or rate.held else Total(of, rate.wrt))

    def letter(self, at: At) -> At | Letter:
        """A letter as it is printed: a loss without an index has none."""
        return at.letter if self.local.is_whole(at) else at

    def laid(self, node: Total | Partial) -> Expr:
        """A derivative in the layout; that of a scalar in a matrix has the shape of the matrix."""
        page = self.local.page
        of, wrt = shape(page, node.of), shape(page, node.wrt)
        if of != SCALAR:
            return Laid(node, "transposed") if self.layout == "denominator" else node
        return node if self.layout == "numerator" and ONE in wrt else Laid(node, "shaped")

    def chained(self, outer: Total | Partial, rate: Rate) -> Expr:
        """The derivative of a loss in a letter times that of the letter, ∂L/∂h_t · ∂h_t/∂z_t, in the layout."""
        factors = self.rate(rate), self.laid(outer)
        if self.layout == "numerator" or shape(self.local.page, outer.of) == SCALAR:
            return Mul(factors)
        return Mul((factors[1] if self.layout == "denominator" else Transpose(factors[1]), factors[0]))

    def _column(self, node: Expr) -> Expr:
        """A derivative of a scalar as a column."""
        is_row = isinstance(node, (Total, Partial)) and self.layout == "numerator"
        return Transpose(node) if is_row and shape(self.local.page, node)[0] == ONE else node

    # ------------------------------------------------------------------------------------------- terms

    def _sum(self, form: Form, free: Spaces, *, is_row: bool = False) -> Expr:
        if len(free) > 2:
            raise _NoMatrix("it has more than rows and columns")
        if not form:
            return Number(Fraction(0))
        ranked = sorted((self._term(*item, free) for item in form.items()), key=lambda ranked: ranked[0])
        parts = [part for _, part in ranked]
        if len(free) == 2:
            parts = list(self._gathered(parts, Ones(_like(free[0].size, ONE))))
        return _added([_turned(part) if is_row else part for part in parts])

    def _term(self, term: Term, coefficient: int | Fraction, free: Spaces) -> tuple[tuple[bool, int, str], Expr]:
        graph = _Graph(self, term, free)
        numbers = graph.numbers()
        whole = graph.whole()
        factors = [*numbers, *([] if whole is None else [whole])]
        if coefficient != 1 or not factors:
            factors.insert(0, Number(Fraction(coefficient)))
        flat = [inner for part in factors for inner in (part.parts if isinstance(part, Mul) else (part,))]
        made = flat[0] if len(flat) == 1 else Mul(tuple(flat))
        return (coefficient < 0, len(term.factors), str(made)), made

    def _jacobian(self, rate: Rate) -> Expr:
        """A derivative with rows of what is differentiated by columns of what it is taken in; of a scalar, a column."""
        node = self.rate(rate)
        if shape(self.local.page, rate.of.letter) == SCALAR:
            return self._column(node)
        return Transpose(node) if self.layout == "denominator" else node

    def _entry(self, term: Term, coefficient: int | Fraction, free: int) -> str:
        """A term entry by entry: a, b, ... are the rows and columns, k, l, ... are summed over."""
        names = dict(enumerate("abcdefgh"[:free])) | {-1 - at: f"k_{at + 1}" for at in range(len(term.bounds))}
        pieces = [] if coefficient == 1 else [str(coefficient)]
        pieces += [f"Σ_{{{', '.join(names[-1 - at] for at in range(len(term.bounds)))}}}"] if term.bounds else []
        for number, indices in term.factors:
            node = self.factor(number) if number != DELTA else "δ"
            said = f"({node})" if isinstance(node, Mul | Add | Hadamard) else str(node)
            pieces.append(said + (f"[{', '.join(names[index] for index in indices)}]" if indices else ""))
        return " · ".join(pieces or ["1"])

    def _gathered(self, parts: Sequence[Expr], ones: Expr) -> Iterator[Expr]:
        """Terms of a matrix, those that differ in what stands in front alone in one: diag(a) W - diag(b) W as
        diag(a - b) W, and a xᵀ - b xᵀ as (a - b) xᵀ."""
        groups: dict[tuple[bool, tuple[Expr, ...]], list[tuple[Expr, Expr]]] = {}
        for part in parts:
            factors = part.parts if isinstance(part, Mul) else (part,)
            ahead = sum(isinstance(factor, Number) for factor in factors)
            numbers, rest = factors[:ahead], factors[ahead:]
            rows, columns = shape(self.local.page, rest[0])
            is_column = columns == ONE != rows
            entries = rest[0].of if isinstance(rest[0], Diag) else rest[0] if is_column else ones
            rest = rest[1:] if is_column or isinstance(rest[0], (Diag, Identity)) else rest
            groups.setdefault((is_column, rest), []).append((part, Mul((*numbers, entries)) if numbers else entries))
        for (is_column, rest), group in groups.items():
            front = _added([scaled for _, scaled in group])
            made = front if is_column else Diag(front)
            yield group[0][0] if len(group) == 1 else Mul((made, *rest)) if rest else made

    def factor(self, number: int) -> Expr:
        """What stands at one, two or no indices."""
        named = self.kernel.named.get(number)
        if isinstance(named, At):
            return self.letter(named)
        label = self.kernel.labels[number]
        match label:
            case Entry(name):
                atom = self.local.atoms.get(name)
                if isinstance(atom, Rate):
                    return self._jacobian(atom)
                if isinstance(atom, Index):
                    return IndexValue(atom)
                if isinstance(atom, At):
                    return self.letter(atom)
                if atom is not None:
                    return atom
                if name in self.local.page.meaning.letters:
                    return self.local.page.meaning.letters[name]
                raise _NoMatrix(f"{name} is no letter of the page")
            case Size(letter):
                return IndexValue(Index.letter(letter))
            case Entrywise(function, family):
                return self._applied(function, family)
            case Opaque(name, _, families, slots):
                return self._opaque(self._function(name), families, slots)
            case Delta():
                raise _NoMatrix("δ is no letter")

    def family(self, number: int) -> Expr:
        """What a function is applied to."""
        named = self.kernel.spelled.get(number)
        if isinstance(named, At):
            return named
        spaces, form = self.kernel.families[number]
        return self._sum(form, spaces)

    def _applied(self, function: Basic, family: int) -> Expr:
        inner = self.family(family)
        if function == 1 / ARGUMENT:
            if not self.kernel.families[family].spaces:
                return Power(inner, Index.of(-1))
            return Apply(Letter("reciprocal", "function"), (inner,))
        if isinstance(function, Arbitrary) and function.inputs == (ARGUMENT,):
            return Apply(self._function(str(function.args[0])), (inner,), sum(function.orders))
        if isinstance(function, Named) and function.inputs == (ARGUMENT,):
            return Apply(self._function(function.name), (inner,))
        raise _NoMatrix(f"{function} has no sign")

    def _function(self, name: str) -> Letter:
        """The letter of the page for a function, by its own name or by what it is taken to be."""
        letters = self.local.page.meaning.letters
        if name in letters:
            return letters[name]
        taken = (
            letter
            for letter in letters.values()
            if letter.kind == "function"
            and letter.is_entrywise
            and self.local.activation.standing_for(letter.symbol).name == name
        )
        return next(taken, Letter(name, "function"))

    def _opaque(self, function: Letter, families: tuple[int, ...], slots: tuple[int, ...]) -> Expr:
        arguments = tuple(map(self.family, families))
        whole = Apply(function, arguments)
        if not slots:
            return whole
        if len(slots) > 1 or not isinstance(arguments[slots[0]], (At, Letter)):
            raise _NoMatrix(f"the derivative of {whole} has no sign here")
        made = Partial(whole, arguments[slots[0]])
        if function.shape != SCALAR:
            return made
        return self._column(self.laid(made))


class _Graph:
    """The factors of one term as a graph over its indices."""

    def __init__(self, matrices: Matrices, term: Term, free: Spaces) -> None:
        self.matrices, self.free = matrices, free
        self.bounds = term.bounds
        self.vectors: dict[int, list[Expr]] = {}
        self.edges: dict[int, list[tuple[int, Expr | None, int]]] = {}
        self.scalars: list[Expr] = []
        for place, (number, indices) in enumerate(term.factors):
            self._take(place, number, indices)

    def _take(self, place: int, number: int, indices: Sequence[int]) -> None:
        match tuple(indices):
            case ():
                self.scalars.append(self.matrices.factor(number))
            case (index,):
                self.vectors.setdefault(index, []).append(self.matrices.factor(number))
            case (one, other) if one != other:
                matrix = None if number == DELTA else self.matrices.factor(number)
                self.edges.setdefault(one, []).append((other, matrix, place))
                turned = None if matrix is None else matrix.of if isinstance(matrix, Transpose) else Transpose(matrix)
                self.edges.setdefault(other, []).append((one, turned, place))
            case _:
                raise _NoMatrix("it has more than rows and columns")

    def whole(self) -> Expr | None:
        """What stands at the free indices; None for a number."""
        if not self.free:
            return None
        if len(self.free) == 1:
            return self._column(0, None)
        path = self._path(0, 1, frozenset())
        if path is None:
            return Mul((self._column(0, None), Transpose(self._column(1, None))))
        return self._chain(path)

    def numbers(self) -> list[Expr]:
        """The numbers in front: single ones, and what is joined to no free index."""
        made = list(self.scalars)
        free = self._joined(range(len(self.free)))
        pending = {index for index in (*self.vectors, *self.edges) if index not in free}
        while pending:
            root = max(pending, key=lambda index: (len(self.vectors.get(index, ())), index))
            pending -= self._joined([root])
            first, *others = self._hanging(root, None)
            made += [Transpose(first), self._entrywise(others, root)]
        return made

    def _joined(self, roots: Sequence[int] | range) -> set[int]:
        found, pending = set(roots), list(roots)
        while pending:
            for other, _, _ in self.edges.get(pending.pop(), ()):
                if other not in found:
                    found.add(other)
                    pending.append(other)
        return found

    def _hanging(self, index: int, came: int | None, path: frozenset[int] = frozenset()) -> list[Expr]:
        """What multiplies at an index, entry by entry, except by the edge that was come along."""
        made = list(self.vectors.get(index, ()))
        for other, matrix, place in self.edges.get(index, ()):
            if place != came and place not in path:
                made.append(self._along(other, matrix, place, frozenset((*path, place))))
        return made

    def _along(self, other: int, matrix: Expr | None, place: int, path: frozenset[int]) -> Expr:
        if len(path) > sum(map(len, self.edges.values())) // 2:
            raise _NoMatrix("its indices run in a circle")
        hanging = self._entrywise(self._hanging(other, place, path), other)
        return hanging if matrix is None else _times(matrix, hanging)

    def _column(self, index: int, came: int | None) -> Expr:
        return self._entrywise(self._hanging(index, came), index)

    def _entrywise(self, parts: Sequence[Expr], index: int) -> Expr:
        made = _multiplied(parts)
        return Ones(_like(self._size(index), ONE)) if made is None else made

    def _size(self, index: int) -> Dim:
        return self.free[index].size if index >= 0 else self.bounds[-1 - index]

    def _path(self, start: int, end: int, used: frozenset[int]) -> list[tuple[int, Expr | None, int]] | None:
        for other, matrix, place in self.edges.get(start, ()):
            if place in used:
                continue
            if other == end:
                return [(other, matrix, place)]
            rest = self._path(other, end, used | {place})
            if rest is not None:
                return [(other, matrix, place), *rest]
        return None

    def _chain(self, path: Sequence[tuple[int, Expr | None, int]]) -> Expr:
        places = frozenset(place for _, _, place in path)
        made: list[Expr] = []
        for index, matrix in ((0, None), *((other, matrix) for other, matrix, _ in path)):
            made += [] if matrix is None else [matrix]
            hanging = _multiplied(self._hanging(index, None, places))
            made += [] if hanging is None else [Diag(hanging)]
        if not made:
            return Identity(_like(self._size(0), self._size(0)))
        return made[0] if len(made) == 1 else Mul(tuple(made))


def _turned(node: Expr) -> Expr:
    """The transpose of a product, its factors turned and in the other order."""
    match node:
        case Transpose(of):
            return of
        case Add(parts):
            return Add(tuple(map(_turned, parts)))
        case Hadamard(parts):
            return Hadamard(tuple(map(_turned, parts)))
        case Mul(parts):
            numbers = [part for part in parts if isinstance(part, (Number, IndexValue, Power))]
            return Mul((*numbers, *(_turned(part) for part in reversed(parts) if part not in numbers)))
        case Diag() | Number() | IndexValue() | Power() | Identity():
            return node
        case _:
            return Transpose(node)


def _like(rows: Dim, columns: Dim) -> Letter:
    return Letter("one", "data", (rows, columns))


def _added(parts: Sequence[Expr]) -> Expr:
    return parts[0] if len(parts) == 1 else Add(tuple(parts))


def _multiplied(parts: Sequence[Expr]) -> Expr | None:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Hadamard) else (part,))]
    flat.sort(key=lambda part: (not isinstance(part, (Total, Partial, Laid)), str(part)))
    return None if not flat else flat[0] if len(flat) == 1 else Hadamard(tuple(flat))


def _times(matrix: Expr, column: Expr) -> Expr:
    return Mul((matrix, *(column.parts if isinstance(column, Mul) else (column,))))
