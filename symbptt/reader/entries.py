r"""Formulas about entries as formulas about vectors and matrices: Σ_j w_ij h_j is W h.

The letters of a page about entries have their steps and their entries apart (``roles.py``). A side is read as a sum of
products of vectors and matrices, each with the letters that its rows and columns are counted by. A letter that Σ counts
is summed over, one that stands on both sides of an equation is free: the sides are compared for each of its values, as
matrices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import NamedTuple, TypeAlias

from symbptt.errors import Unreadable
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Add,
    Apply,
    Diag,
    Dim,
    Expr,
    Hadamard,
    Index,
    Kronecker,
    Laid,
    Mul,
    Number,
    Ones,
    Power,
    Sum,
    Transpose,
    first_option,
)
from symbptt.reader import customs
from symbptt.reader.alphabet import BARE
from symbptt.reader.bounds import LAST, STEP, read_bounds
from symbptt.reader.compositions import BARE_ONES, RECIPROCAL
from symbptt.reader.conditions import NOT_READ
from symbptt.reader.differentials import TIMES, Derivative, argument
from symbptt.reader.factors import range_sign
from symbptt.reader.grammar import (
    Cells,
    Chain,
    EntryMatrix,
    Fraction,
    Group,
    Mark,
    NameMark,
    Numeral,
    ScriptedMark,
    SumMark,
    is_sign,
    only_side,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key, index_in
from symbptt.reader.sizing import is_number, shape_on
from symbptt.reader.translation import Translator


def has_entries(part: object) -> bool:
    """Whether there is a letter with entries in it."""
    return any(isinstance(mark, ScriptedMark) and mark.entry for mark in walk_marks(part))


# --------------------------------------------------------------------------------------------------- what is counted

Axis: TypeAlias = "str | tuple[str, str]"
"""What rows or columns are counted by: a letter, or the two letters of the entries of a matrix, as its vec."""


class Piece(NamedTuple):
    """A factor: a scalar without axes, a column with one, a matrix with two."""

    of: Expr
    axes: tuple[Axis, ...]


Term: TypeAlias = tuple[Piece, ...]
DELTA = BARE
"""δ_ij: the identity, of a size that what stands beside it tells."""


def _flat(axes: Iterable[Axis]) -> frozenset[str]:
    return frozenset(letter for axis in axes for letter in ((axis,) if isinstance(axis, str) else axis))


def _free(term: Term) -> frozenset[str]:
    return frozenset().union(*(_flat(piece.axes) for piece in term))


def _renamed(term: Term, old: str, new: str) -> Term:
    def one(axis: Axis) -> Axis:
        if isinstance(axis, str):
            return new if axis == old else axis
        first, second = (new if letter == old else letter for letter in axis)
        return first, second

    return tuple(Piece(piece.of, tuple(map(one, piece.axes))) for piece in term)


def _product(parts: Sequence[Expr]) -> Expr:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Mul) else (part,))]
    return flat[0] if len(flat) == 1 else Mul(tuple(flat))


def _entrywise(parts: Sequence[Expr]) -> Expr | None:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Hadamard) else (part,))]
    return None if not flat else flat[0] if len(flat) == 1 else Hadamard(tuple(flat))


def _turned(piece: Piece, rows: Axis) -> Expr:
    """A matrix with these rows."""
    if piece.axes[0] == rows:
        return piece.of
    return piece.of.of if isinstance(piece.of, Transpose) else Transpose(piece.of)


class UnsummedError(Exception):
    """A product of entries that is no product of matrices."""


def _summed(term: Term, over: str) -> Term:
    """A product summed over one letter."""
    for piece in term:
        if piece.of == DELTA and over in piece.axes:
            other = next((axis for axis in piece.axes if axis != over), over)
            if not isinstance(other, str) or other == over:
                raise UnsummedError
            return _renamed(tuple(one for one in term if one is not piece), over, other)
    inside = [piece for piece in term if over in _flat(piece.axes)]
    rest = tuple(piece for piece in term if piece not in inside)
    vectors = [piece.of for piece in inside if piece.axes == (over,)]
    matrices = [piece for piece in inside if len(piece.axes) == 2]
    if len(vectors) + len(matrices) != len(inside) or not all(over in piece.axes for piece in matrices):
        raise UnsummedError
    beside = _entrywise(vectors)
    others = [next(axis for axis in piece.axes if axis != over) for piece in matrices]
    match matrices, others:
        case [], _ if isinstance(beside, Hadamard):
            first, *more = beside.parts
            behind = _entrywise(more)
            assert behind is not None
            return (*rest, Piece(Mul((Transpose(first), behind)), ()))
        case [], _ if beside is not None:
            return (*rest, Piece(Mul((Transpose(Ones(first_option(beside))), beside)), ()))
        case [matrix], [other] if beside is not None:
            return (*rest, Piece(_product((_turned(matrix, other), beside)), (other,)))
        case [left, right], [rows, columns] if rows != columns:
            inner = [] if beside is None else [Diag(beside)]
            return (*rest, Piece(_product((_turned(left, rows), *inner, _turned(right, over))), (rows, columns)))
        case _:
            raise UnsummedError


def _arranged(term: Term, order: tuple[Axis, ...], columns: Mapping[str, Expr]) -> Expr:
    """A product as one matrix with these rows and columns; raises :class:`UnsummedError` where it is none.

    What does not have one of the letters is the same for each of its values; ``columns`` has a column for each letter.
    """
    missing = _flat(order) - _free(term)
    if (
        _free(term) - _flat(order)
        or missing - columns.keys()
        or any(isinstance(axis, tuple) for axis in order if missing)
    ):
        raise UnsummedError
    term = (*term, *(Piece(Ones(first_option(columns[letter])), (letter,)) for letter in sorted(missing)))
    scalars = [piece.of for piece in term if not piece.axes]
    pieces = [piece for piece in term if piece.axes]
    match order:
        case ():
            return _product(scalars)
        case (str() as row,):
            made = _entrywise([piece.of for piece in pieces if piece.axes == (row,)])
            if made is None or any(piece.axes != (row,) for piece in pieces):
                raise UnsummedError
        case ((first, second),):
            made = _vec(pieces, first, second)
        case (str() as row, str() as column):
            made = _matrix(pieces, row, column)
        case (str() as row, (first, second)):
            made = _of_pairs(pieces, row, first, second)
        case _:
            raise UnsummedError
    return _product((*scalars, made))


def _vec(pieces: list[Piece], first: str, second: str) -> Expr:
    whole = [piece.of for piece in pieces if piece.axes == ((first, second),)]
    if len(whole) == len(pieces) and (made := _entrywise(whole)) is not None:
        return made
    match pieces:
        case [Piece(Laid(of, "shaped"), axes)] if axes == (first, second):
            return Transpose(of)
    one, other = (_entrywise([piece.of for piece in pieces if piece.axes == (axis,)]) for axis in (first, second))
    if (
        one is None
        or other is None
        or any(len(piece.axes) != 1 or isinstance(piece.axes[0], tuple) for piece in pieces)
    ):
        raise UnsummedError
    return Kronecker(other, one)


def _matrix(pieces: list[Piece], row: str, column: str) -> Expr:
    one, other = (_entrywise([piece.of for piece in pieces if piece.axes == (axis,)]) for axis in (row, column))
    both = [piece for piece in pieces if len(piece.axes) == 2 and set(piece.axes) == {row, column}]
    if any(piece not in both and piece.axes not in ((row,), (column,)) for piece in pieces):
        raise UnsummedError
    matrices = [_turned(piece, row) for piece in both if piece.of != DELTA]
    if len(matrices) < len(both):
        if matrices:
            raise UnsummedError
        diagonal = _entrywise([part for part in (one, other) if part is not None])
        return BARE if diagonal is None else Diag(diagonal)
    if (whole := _entrywise(matrices)) is not None:
        left, right = ([] if part is None else [Diag(part)] for part in (one, other))
        return _product((*left, whole, *right))
    if one is None or other is None:
        raise UnsummedError
    return Mul((one, Transpose(other)))


def _of_pairs(pieces: list[Piece], row: str, first: str, second: str) -> Expr:
    """A matrix whose columns are the entries of another, as its vec: the first letter is the fast one."""
    whole = [piece for piece in pieces if (first, second) in piece.axes]
    rest = [piece for piece in pieces if piece not in whole]
    if whole:
        left = _entrywise([piece.of for piece in rest if piece.axes == (row,)])
        if any(piece.axes != (row,) for piece in rest):
            raise UnsummedError
        made = _entrywise([_turned(piece, row) for piece in whole])
        assert made is not None
        return made if left is None else _product((Diag(left), made))
    for near, far in ((first, second), (second, first)):
        apart = [piece for piece in pieces if piece.axes == (far,)]
        joined = [piece for piece in pieces if piece not in apart]
        column = _entrywise([piece.of for piece in apart])
        if column is None or _free(tuple(joined)) != {row, near}:
            continue
        matrix, turned = _matrix(joined, row, near), Transpose(column)
        return Kronecker(turned, matrix) if near == first else Kronecker(matrix, turned)
    raise UnsummedError


# --------------------------------------------------------------------------------------------------- reading


@dataclass
class Entries:
    """Reads the sides of the equations of one note that are about entries."""

    translator: Translator
    meanings: Mapping[Key, Chain]
    """For each abbreviation the chain that says what it stands for."""
    page: Derivation | None = None
    sizes: dict[str, Dim] = field(default_factory=dict)
    """The numbers of entries, by the letters that sums over them end at."""
    _named: dict[Dim, str] = field(default_factory=dict)
    _columns: dict[str, Expr] = field(default_factory=dict)
    """For each letter of a chain a column that it counts the entries of."""
    _chain: Chain | None = None
    _free: frozenset[str] | None = None
    """The letters that count the entries of the first side of that chain."""

    def side(self, terms: SumMark, chain: Chain, apart: tuple[str, str] | None = None) -> Expr:
        """A side of a chain as a matrix; what the rows and columns of all its sides are is decided for the chain.

        ``apart``: two letters that are different there, so that nothing is said of the diagonal of the matrix.
        """
        if chain is not self._chain:
            self._chain, self._columns, self._free = chain, {}, None
        value = self._sum(terms)
        free = frozenset().union(*map(_free, value))
        if self._free is None:
            self._free = free
        elif not free <= self._free:
            raise Unreadable("the entries of its sides are counted by other letters", terms.start)
        if apart is None:
            return self._whole(value, self._order(free, self._pairs(chain)), terms)
        if not free <= set(apart) <= self._columns.keys():
            raise Unreadable(NOT_READ, terms.start)
        whole = self._whole(value, tuple(sorted(apart)), terms)
        found = shape_on(self.page, whole) if self.page is not None else None
        if found is not None and found[0] != found[1]:
            raise Unreadable(f"{apart[0]} and {apart[1]} count the entries of columns of two sizes", terms.start)
        diagonal = Diag(Ones(first_option(self._columns[apart[0]])))
        return Add((whole, Mul((Number.of(-1), Hadamard((whole, diagonal))))))

    def _whole(self, value: Sequence[Term], order: tuple[Axis, ...], at: Mark) -> Expr:
        try:
            made = [_arranged(term, order, self._columns) for term in value]
        except UnsummedError:
            raise Unreadable("these entries make no product of vectors and matrices that is read", at.start) from None
        return made[0] if len(made) == 1 else Add(tuple(made))

    def _order(self, free: frozenset[str], pairs: set[tuple[str, str]]) -> tuple[Axis, ...]:
        """Rows and columns by the names of their letters; the entries of a weight beside a third letter are columns."""
        pair = next((pair for pair in sorted(pairs) if set(pair) <= free), None)
        if pair is not None:
            return (*sorted(free - set(pair)), pair)
        return tuple(sorted(free))

    def _pairs(self, chain: Chain) -> set[tuple[str, str]]:
        """The letters of the entries of a weight that a letter with an entry of its own is differentiated in."""
        found: set[tuple[str, str]] = set()
        for mark in walk_marks(chain):
            if isinstance(mark, Derivative):
                of, wrt = _entry(mark.of.factors[0]), _entry(mark.wrt)
                if of and len(wrt) == 2 and of[0] not in wrt:
                    found.add((wrt[0], wrt[1]))
            elif isinstance(mark, ScriptedMark) and len(mark.entry) == 3:
                found |= {axis for axis in self._axes_of(mark) if isinstance(axis, tuple)}
        return found

    def _axes_of(self, mark: ScriptedMark) -> tuple[Axis, ...]:
        """The axes of a letter with entries; those of an abbreviation are as in what it stands for."""
        name = self.translator.survey.name(mark)
        chain = self.meanings.get(name[0]) if name is not None else None
        if chain is None:
            return mark.entry
        own = _entry(chain.sides[0].terms[0][1].factors[0])
        if len(own) != len(mark.entry) or len(set(own)) != len(own):
            raise Unreadable("it has other entries than where it is said what it stands for", mark.start)
        given = dict(zip(own, mark.entry, strict=True))
        inside = [part for part in walk_marks(chain.sides[1]) if isinstance(part, Derivative)]
        pairs = {
            (wrt[0], wrt[1]) for part in inside if _entry(part.of.factors[0]) and len(wrt := _entry(part.wrt)) == 2
        }
        order = self._order(frozenset(own), pairs)
        return tuple(given[axis] if isinstance(axis, str) else (given[axis[0]], given[axis[1]]) for axis in order)

    # ------------------------------------------------------------------------------------------- sums and products

    def _sum(self, terms: SumMark) -> list[Term]:
        """A sum as its terms; one whose terms have the same letters is one piece."""
        made: list[Term] = []
        for sign, term in terms.terms:
            if sign not in ("", "+", "-"):
                raise Unreadable(f"{sign} says two things at once: expected + or -", terms.start)
            signed = (Piece(Number.of(-1), ()),) if sign == "-" else ()
            made += [(*signed, *product) for product in self._term(term.factors, term)]
        free = {_free(term) for term in made if not self._is_number(term)}
        order = tuple(sorted(next(iter(free)))) if len(free) == 1 else ()
        whole = len(made) > 1 and len(free) <= 1 and len(order) < 2
        if whole and (
            order == () or not any(isinstance(axis, tuple) for term in made for p in term for axis in p.axes)
        ):
            parts = [
                _product([piece.of for piece in term]) if self._is_number(term) else self._whole([term], order, terms)
                for term in made
            ]
            return [(Piece(Add(tuple(parts)), order),)]
        if any(map(self._is_number, made)) and free - {frozenset()}:
            raise Unreadable("a number beside entries of several letters is not read", terms.start)
        return made

    def _is_number(self, term: Term) -> bool:
        return all(not piece.axes and is_number(piece.of) for piece in term)

    def _term(self, factors: Sequence[Mark], whole: Mark) -> list[Term]:
        """A product as a sum of products."""
        made: list[Term] = [()]
        at = 0
        while at < len(factors):
            mark = factors[at]
            if is_sign(mark, *TIMES) and 0 < at < len(factors) - 1:
                at += 1
            elif is_sign(mark, "/") and at + 1 < len(factors):
                below, at = self._operand(factors, at + 1)
                made = _times(made, [(self._inverse(below, mark),)])
            elif (big := range_sign(mark)) is not None:
                if big[0] != r"\sum":
                    raise Unreadable("a product over an index is not read beside entries", mark.start)
                made, at = _times(made, self._ranged(big[1], big[2], mark, factors[at + 1 :])), len(factors)
            else:
                value, at = self._operand(factors, at)
                made = _times(made, value)
        return made

    def _ranged(self, below: Cells | None, above: tuple[Cells, ...], mark: Mark, rest: Sequence[Mark]) -> list[Term]:
        if not rest:
            raise Unreadable("Σ has nothing to run over: expected a factor behind it", mark.end)
        counter = next((part.stem for part in walk_marks(below) if isinstance(part, NameMark)), "")
        body = self._term(rest, mark)
        if counter and any(counter in _free(term) for term in body):
            size = self._check_bounds(below, above, counter, mark)
            for piece in (piece for term in body for piece in term if size):
                self._check_size(piece, counter, size, mark)
            try:
                return [_summed(term, counter) for term in body]
            except UnsummedError:
                raise Unreadable(f"what is summed over {counter} is no product that is read", mark.start) from None
        said = read_bounds(below, above, mark, self.translator.survey.indices, self.translator.survey.last)
        if said.word is not None or said.counter not in (STEP.name(), "tau", "k", "s", "i"):
            raise Unreadable("the bounds of this Σ are not read beside entries", mark.start)
        bounds = (Index.letter(said.counter), said.low, said.high)
        return [self._over_steps(term, bounds, mark) for term in body]

    def _over_steps(self, term: Term, bounds: tuple[Index, Index, Index], mark: Mark) -> Term:
        axes = tuple(axis for piece in term for axis in piece.axes)
        pairs = {axis for axis in axes if isinstance(axis, tuple)}
        order = self._order(_free(term), pairs)
        return (Piece(Sum(self._whole([term], order, mark), bounds), order),)

    def _check_size(self, piece: Piece, counter: str, size: str, mark: Mark) -> None:
        """Raise :class:`Unreadable` where one letter is the number of entries of two kinds, or two letters of one."""
        found = shape_on(self.page, piece.of) if self.page is not None and counter in piece.axes else None
        for axis, number in zip(piece.axes, found or (), strict=False):
            if axis == counter and self.sizes.setdefault(size, number) != number:
                raise Unreadable(
                    f"{size} is the number of entries of two kinds: of those over {counter} too", mark.start
                )
            if axis == counter and self._named.setdefault(number, size) != size:
                raise Unreadable(
                    f"a sum over {counter} ends at {size}, and elsewhere at {self._named[number]}", mark.start
                )

    def _check_bounds(self, below: Cells | None, above: tuple[Cells, ...], counter: str, mark: Mark) -> str:
        """The letter that all entries are summed up to, from 1 on; empty where no bounds are written.

        Raises :class:`Unreadable` for any other sum.
        """
        assert below is not None
        (chain, *more) = below
        low = chain.sides[1] if len(chain.sides) == 2 else None
        first = single((Chain(low.start, low.end, (low,), ()),)) if low is not None else None
        bare = low is None and not above
        from_one = isinstance(first, Numeral) and first.text == "1" and chain.relations == ("=",)
        upper = single(above[0]) if len(above) == 1 else None
        size = upper.stem if isinstance(upper, NameMark) else ""
        if more or not (bare or (from_one and size)) or size == LAST.name():
            raise Unreadable(f"a sum over {counter} is read where it is one over all entries, from 1 on", mark.start)
        return size

    # ------------------------------------------------------------------------------------------- factors

    def _operand(self, factors: Sequence[Mark], at: int) -> tuple[list[Term], int]:
        """One factor, with its argument; and the place behind it."""
        mark, behind = factors[at], factors[at + 1] if at + 1 < len(factors) else None
        group = argument(behind)
        key = self.translator.survey.name(mark)
        if group is not None and key is not None and key[0] in self.translator.survey.functions and has_entries(group):
            above = behind.above if isinstance(behind, ScriptedMark) else ()
            return self._raised(self._applied(mark, key[0], group), above, mark), at + 2
        # \log reaches over all that a Σ behind it sums.
        ranges = behind is not None and range_sign(behind) is not None
        if (
            behind is not None
            and has_entries(factors[at + 1 :] if ranges else behind)
            and self.translator.bare_function(mark) is not None
            and key is not None
        ):
            rest = factors[at + 1 :]
            inside, end = (self._term(rest, behind), len(factors)) if ranges else self._operand(factors, at + 1)
            return self._raised([(self._function(key[0], 0, inside, mark),)], self._powers(mark, key[0]), mark), end
        if not has_entries((mark, behind) if group is not None else mark):
            value, end = self.translator.operand(factors, at)
            return [(Piece(value, ()),)], end
        return self._single(mark), at + 1

    def _powers(self, mark: Mark, key: Key) -> tuple[Cells, ...]:
        return mark.above if isinstance(mark, ScriptedMark) else ()

    def _applied(self, mark: Mark, key: Key, group: Group) -> list[Term]:
        inside = only_side(group.cells)
        if inside is None or (key.stem not in customs.ENTRYWISE and len(group.cells) > 1):
            raise Unreadable("a function of entries is one that acts on each of them", mark.start)
        primes = mark.primes if isinstance(mark, ScriptedMark) else 0
        return self._raised([(self._function(key, primes, self._sum(inside), mark),)], self._powers(mark, key), mark)

    def _function(self, key: Key, primes: int, inside: list[Term], mark: Mark) -> Piece:
        of, axes = self._piece(inside, mark)
        letter = replace(self.translator.alphabet.letter(key, "function"), shape=None)
        return Piece(Apply(letter, (of,), primes), axes)

    def _piece(self, value: list[Term], mark: Mark) -> Piece:
        """A value as one factor."""
        order = tuple(sorted(frozenset().union(*map(_free, value))))
        return Piece(self._whole(value, order, mark), order)

    def _inverse(self, value: list[Term], mark: Mark) -> Piece:
        of, axes = self._piece(value, mark)
        return Piece(Apply(RECIPROCAL, (of,)) if axes else Power(of, Index.of(-1)), axes)

    def _single(self, mark: Mark) -> list[Term]:
        match mark:
            case Derivative():
                return [(self._derivative(mark),)]
            case Group():
                return self._inside(mark)
            case EntryMatrix():
                value = self._sum(mark.entry)
                made = self._whole(value, (customs.ROW,) if mark.diagonal else (customs.ROW, customs.COLUMN), mark)
                return [(Piece(Diag(made) if mark.diagonal else made, ()),)]
            case Fraction():
                above, below = (self._cells(cells, mark) for cells in (mark.above, mark.below))
                return _times(above, [(self._inverse(below, mark),)])
            case ScriptedMark(base=Group() as group, below=None, primes=0):
                return self._raised(self._inside(group), mark.above, mark)
            case ScriptedMark(base=NameMark(), primes=0):
                return self._raised([(self._letter(mark),)], mark.above, mark)
            case _:
                raise Unreadable("this is not read beside entries", mark.start)

    def _inside(self, group: Group) -> list[Term]:
        return self._cells(group.cells, group)

    def _cells(self, cells: Cells, mark: Mark) -> list[Term]:
        side = only_side(cells)
        if side is None:
            raise Unreadable("expected one expression here", mark.start)
        return self._sum(side)

    def _letter(self, mark: ScriptedMark) -> Piece:
        name = self.translator.survey.name(mark)
        if name is not None and len(mark.entry) == 2 and self._is_delta(*name):
            self.translator.taken[f"{name[0].text}_{''.join(mark.entry)} is 1 where its letters are equal, else 0"] = (
                None
            )
            return Piece(DELTA, mark.entry)
        if len(mark.entry) == 2 and mark.entry[0] == mark.entry[1]:
            return self._on_the_diagonal(mark)
        axes = self._axes_of(mark)
        if len(axes) > 2 or len(_flat(axes)) != len(mark.entry):
            raise Unreadable("a letter has one entry or two, counted by different letters", mark.start)
        counted = ", ".join(mark.entry)
        if name is not None:
            self.translator.taken[f"{name[0].text} with {counted} is an entry of {name[0].text}"] = None
        made = self.translator.single_value(replace(mark, above=(), entry=()))
        if len(mark.entry) == 1:
            self._columns.setdefault(mark.entry[0], made)
        return Piece(made, axes)

    def _on_the_diagonal(self, mark: ScriptedMark) -> Piece:
        """w_ii, the column of the entries of w on its diagonal: all others out, and then each row summed."""
        made = self.translator.single_value(replace(mark, above=(), entry=()))
        if len(self._axes_of(replace(mark, entry=mark.entry[:1]))) != 1:
            raise Unreadable("a letter has one entry or two, counted by different letters", mark.start)
        letter = mark.entry[0]
        self.translator.taken[f"{made} with {letter}, {letter} is an entry of {made} on its diagonal"] = None
        return Piece(Mul((Hadamard((made, Diag(BARE_ONES))), BARE_ONES)), (letter,))

    def _is_delta(self, key: Key, index: Index | None) -> bool:
        is_named = key.stem in ("delta", customs.ONES) and not key.dressed
        return is_named and index is None and key not in self.meanings

    def _raised(self, value: list[Term], above: tuple[Cells, ...], mark: Mark) -> list[Term]:
        """The powers of each entry."""
        for cells in above:
            exponent = index_in(cells)
            if exponent is None or exponent.terms or not 0 < exponent.constant < 10:
                raise Unreadable("expected a power such as 2 above an entry", mark.start)
            of, axes = self._piece(value, mark)
            parts = (of,) * exponent.constant
            power = reduce(lambda made, part: Hadamard((*_parts(made), part)), parts) if axes else Power(of, exponent)
            value = [(Piece(power, axes),)]
        return value

    def _derivative(self, mark: Derivative) -> Piece:
        (head, *behind), wrt = mark.of.factors, _entry(mark.wrt)
        of = _entry(head)
        if (behind and of) or len(of) > 1 or len(wrt) > 2 or len(set(wrt)) != len(wrt):
            raise Unreadable(
                "a derivative of an entry, or in an entry, is one of letters with different entries", mark.start
            )
        plain = replace(mark, of=replace(mark.of, factors=(_plain(head), *behind)), wrt=_plain(mark.wrt))
        made = self.translator.single_value(plain)
        for one in (head, mark.wrt):
            if len(_entry(one)) == 1:
                self._columns.setdefault(_entry(one)[0], self.translator.single_value(_plain(one)))
        if of and of[0] in wrt:
            return self._diagonal(made, head, mark.wrt)
        if of:
            columns: tuple[Axis, ...] = ((wrt[0], wrt[1]),) if len(wrt) == 2 else wrt
            return Piece(made, (*of, *columns))
        if mark.sign == "∇":
            return Piece(made, wrt)
        return Piece(Laid(made, "shaped"), wrt)  # type: ignore[arg-type]

    def _diagonal(self, made: Expr, head: Mark, under: Mark) -> Piece:
        """∂v_i/∂M_ij: the entries of a Jacobian where two letters are equal, the others out, the rest summed."""
        (row,), wrt = _entry(head), _entry(under)
        of, inside = (first_option(self.translator.single_value(_plain(mark))) for mark in (head, under))
        ones = Ones(of)
        if len(wrt) == 1:
            return Piece(Mul((Hadamard((made, Diag(ones))), ones)), wrt)
        other = Ones(Mul((Transpose(inside), ones) if wrt[0] == row else (inside, ones)))
        same, all_others = Diag(ones), Transpose(other)
        if wrt[0] == row:
            kept, summed = Kronecker(all_others, same), Kronecker(Diag(other), ones)
        else:
            kept, summed = Kronecker(same, all_others), Kronecker(ones, Diag(other))
        return Piece(Mul((Hadamard((made, kept)), summed)), (row, *(letter for letter in wrt if letter != row)))


def _parts(node: Expr) -> tuple[Expr, ...]:
    return node.parts if isinstance(node, Hadamard) else (node,)


def _entry(mark: Mark) -> tuple[str, ...]:
    return mark.entry if isinstance(mark, ScriptedMark) else ()


def _plain(mark: Mark) -> Mark:
    return replace(mark, entry=()) if isinstance(mark, ScriptedMark) else mark


def _times(left: Sequence[Term], right: Sequence[Term]) -> list[Term]:
    return [(*one, *other) for one in left for other in right]
