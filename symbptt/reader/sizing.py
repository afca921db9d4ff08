"""The shapes of the letters of a note, inferred from its definitions.

A size that the definitions leave open gets a letter: n for recurrent states, d for data, q for other states. The
letters are scalars only where nothing else composes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import NamedTuple

from symbptt.errors import IllTyped, SymbpttError
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Concat,
    Diag,
    Dim,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Shape,
    Sum,
    Total,
    Transpose,
    first_option,
    function,
    rebuild,
    walk,
)
from symbptt.page.shapes import shape
from symbptt.reader.customs import INPUT_SIZE, INPUTS, OTHER_SIZE, OUTPUT_SIZE, SPARE_SIZES, STATE_SIZE

SQUARED_NORM = function("squared_norm", 1)
"""The sum of the squares of all entries, of a matrix too, until it is composed of other signs."""
SQUARED_LENGTH, SQUARED_SIZE = function("squared_length", 1), function("squared_size", 1)
"""The same of a vector; that sign means something else for a matrix."""
SQUARES = (SQUARED_NORM, SQUARED_LENGTH, SQUARED_SIZE)
STAR = function("star")
"""A product of two, entry by entry where both are columns."""
STACKED = function("stacked")
"""Several side by side, until it is composed of other signs: columns below each other, and rows behind each other."""
HIGHEST = 9
"""Cap on the power of a column that is read entry by entry."""


def is_number(node: Expr) -> bool:
    """Whether it is a number, or a product of numbers."""
    return isinstance(node, Number) or (isinstance(node, Mul) and all(map(is_number, node.parts)))


def is_multiplier(node: Expr) -> bool:
    """Whether it is a number beside an identity, (1 - γ) I: made of numbers and of weights with small letters."""
    match node:
        case Letter():
            return node.kind == "weight" and node.symbol[:1].islower()
        case Add(parts=parts) | Mul(parts=parts):
            return all(map(is_multiplier, parts))
        case Power(base=base):
            return is_multiplier(base)
        case _:
            return isinstance(node, (Number, IndexValue))


def is_entrywise(node: Power) -> bool:
    """Whether it is a power that may be meant entry by entry, as of a column."""
    return not node.exponent.terms and 2 <= node.exponent.constant <= HIGHEST


def shape_on(page: Derivation, node: Expr) -> Shape | None:
    """The shape of an expression on a page; None where it does not compose.

    A letter has its shape where nothing defines it yet, too: in its own definition, and in what stands before that.
    """
    try:
        return shape(page, page.resolve(_as_data(page, first_option(node))))
    except SymbpttError:
        return None


def _as_data(page: Derivation, node: Expr) -> Expr:
    """The expression with data in place of states that the page does not define; derivatives are left as they are."""
    if isinstance(node, (Total, Partial)):
        return node
    if isinstance(node, Letter) and node.kind == "state" and node.shape is not None and not page.definitions(node):
        return replace(node, kind="data")
    if isinstance(node, At):
        letter = _as_data(page, node.letter)
        return At(letter, node.index) if isinstance(letter, Letter) else node
    return rebuild(node, lambda part: _as_data(page, part), lambda index: index)


class _Unknown:
    """A number of rows or columns to be inferred; equal ones point to a common root (union-find)."""

    __slots__ = ("known", "next", "parts")

    def __init__(self, known: Dim | None = None, parts: tuple[_Unknown, ...] = ()) -> None:
        self.known = known
        self.next: _Unknown | None = None
        self.parts = parts
        """The numbers that it is the sum of; none where it is not known to be one."""

    def root(self) -> _Unknown:
        found = self
        while found.next is not None:
            found = found.next
        return found


_Pair = tuple[_Unknown, _Unknown]


class _Pairing(NamedTuple):
    """The rows of two columns that are multiplied, and of their product: entry by entry, unless one is a number."""

    left: _Unknown
    right: _Unknown
    made: _Unknown
    entrywise: bool


@dataclass(frozen=True, slots=True)
class UnshapedDefinition:
    """A definition before its letters have shapes: the left side, and all sides equal to it."""

    left: Expr
    sides: tuple[Expr, ...]


def infer(
    definitions: Sequence[UnshapedDefinition],
    letters: Iterable[Letter],
    scalars: frozenset[str],
    backwards: frozenset[str] = frozenset(),
    numbers: frozenset[str] = frozenset(),
) -> Mapping[str, Shape]:
    """The shape of each letter by its symbol, vectors wherever the definitions compose for vectors.

    ``scalars`` are the symbols of losses, which have one entry. A state is a column, unless a weight
    behind it would then have to be a number: H_t = φ(H_{t-1} B) is about rows of H. What runs ``backwards`` is a column
    as gradients are, or, where that does not compose, a row; ``numbers`` have one entry where that composes. Raises
    :class:`IllTyped` where only scalars compose.
    """
    every = list(dict.fromkeys(letters))
    why: IllTyped | None = None
    for single in dict.fromkeys((scalars | numbers, scalars)):
        for rows in dict.fromkeys((frozenset[str](), backwards)):
            try:
                return _inferred(definitions, every, single, rows)
            except IllTyped as error:
                why = why or error
    assert why is not None
    raise why


def _inferred(
    definitions: Sequence[UnshapedDefinition], every: Sequence[Letter], scalars: frozenset[str], rows: frozenset[str]
) -> Mapping[str, Shape]:
    weights = [letter for letter in every if letter.kind == "weight" and letter not in _defined(definitions)]

    def has_numbers(found: _Inference) -> bool:
        return any(all(map(_is_one, found.letter(letter))) for letter in weights if letter.symbol not in scalars)

    columns = _Inference(scalars, rows=rows).run(definitions)
    if rows or not has_numbers(columns):
        return columns.named(definitions, every)
    # Of states that are no columns a gradient may be a column all the same, or lie as they do.
    other = _Inference(scalars, columns=False).run(definitions)
    shapes = other.named(definitions, every)
    if has_numbers(other):
        with suppress(IllTyped):
            return _Inference(scalars, columns=False, shaped=True).run(definitions).named(definitions, every)
    return shapes


def _defined(definitions: Sequence[UnshapedDefinition]) -> set[Letter]:
    """The letters without a step that the note defines."""
    return {entry.left for entry in definitions if isinstance(entry.left, Letter)}


def all_scalars(definitions: Sequence[UnshapedDefinition], letters: Iterable[Letter]) -> Mapping[str, Shape]:
    """A shape with one entry for every letter; a weight that the note defines gets its shape from the definition."""
    made_of_others = {
        entry.left for entry in definitions if isinstance(entry.left, Letter) and entry.left.kind == "weight"
    }
    return {
        letter.symbol: (ONE, ONE)
        for letter in letters
        if letter not in made_of_others and (letter.kind != "function" or letter.shape is not None)
    }


class _Inference:
    """The shapes of letters as far as known; ``columns``: a state has one column; those of ``rows`` have one row.

    ``shaped``: the gradient of a number has the shape of what it is taken in.
    """

    def __init__(
        self, scalars: frozenset[str], *, columns: bool = True, rows: frozenset[str] = frozenset(), shaped: bool = False
    ) -> None:
        self._scalars, self._columns, self._rows, self._shaped = scalars, columns, rows, shaped
        self._letters: dict[Letter, _Pair] = {}
        self._wide: list[_Unknown] = []
        """The columns of what may be a matrix although no weight stands behind it."""
        self._pairs: list[_Pairing] = []
        """Products of two columns, of which one may turn out to be a number."""

    def run(self, definitions: Sequence[UnshapedDefinition]) -> _Inference:
        """Itself, with what the definitions say."""
        for entry in definitions:
            own = self.of(entry.left)
            for side in entry.sides:
                self.unite(own, self.of(side))
        while self._pairs:
            told = (pair for pair in self._pairs if _is_one(pair.left) or _is_one(pair.right))
            pair = next(told, None) or min(self._pairs, key=lambda pair: not pair.entrywise)
            self._pairs.remove(pair)
            if pair.entrywise and not (_is_one(pair.left) or _is_one(pair.right)):
                self._same(pair.left, pair.right)
            elif not _is_one(pair.right):
                self._same(pair.left, _Unknown(ONE))
            self._same(pair.made, pair.left if _is_one(pair.right) else pair.right)
        return self

    def unite(self, one: _Pair, other: _Pair) -> None:
        for a, b in zip(one, other, strict=True):
            self._same(a, b)

    def _same(self, a: _Unknown, b: _Unknown) -> None:
        kept, gone = a.root(), b.root()
        if kept is gone:
            return
        if kept.known is not None and gone.known is not None and kept.known != gone.known:
            raise IllTyped(f"{kept.known} and {gone.known} would have to be one size")
        if kept.parts and gone.parts and len(kept.parts) != len(gone.parts):
            raise IllTyped(f"{len(kept.parts)} blocks and {len(gone.parts)} would have to be as many")
        gone.next = kept
        kept.known = kept.known or gone.known
        for part, like in zip(kept.parts, gone.parts, strict=False):
            self._same(part, like)
        kept.parts = kept.parts or gone.parts

    def letter(self, letter: Letter) -> _Pair:
        if letter not in self._letters:
            rows = _Unknown(ONE if letter.symbol in self._scalars else None)
            is_column = letter.kind == "function" or (letter.kind == "state" and self._columns)
            columns = _Unknown(ONE if is_column or letter.symbol in self._scalars else None)
            self._letters[letter] = (columns, rows) if letter.symbol in self._rows else (rows, columns)
        return self._letters[letter]

    def of(self, node: Expr) -> _Pair:
        match node:
            case Number() | IndexValue():
                return _Unknown(ONE), _Unknown(ONE)
            case Letter():
                return self.letter(node)
            case At():
                return self.letter(node.letter)
            case Add() | Hadamard():
                # A number added to a vector is added to each entry.
                first, *rest = (self.of(part) for part in [p for p in node.parts if not is_number(p)] or node.parts)
                for other in rest:
                    self.unite(first, other)
                return first
            case Mul():
                found = [self._factor(part) for part in node.parts]
                multiple = any(isinstance(part, Identity) for part in node.parts)
                for part, (rows, columns) in zip(node.parts, found, strict=True):
                    if _is_rate(part) or (multiple and is_multiplier(part)):
                        self._same(rows, _Unknown(ONE))
                        self._same(columns, _Unknown(ONE))
                for part, behind, (_, columns) in zip(node.parts, node.parts[1:], found[1:], strict=False):
                    # The sum of entries is one of a column.
                    if part == Transpose(Ones(behind)):
                        self._same(columns, _Unknown(ONE))
                return self._product(self._beside(node.parts, found))
            case Power():
                rows, columns = self.of(node.base)
                if not (_is_one(columns) and is_entrywise(node)):
                    self._same(rows, columns)
                return rows, columns
            case Sum():
                return self.of(node.body)
            case Product():
                rows, columns = self.of(node.body)
                self._same(rows, columns)
                return rows, columns
            case Concat():
                return self._side_by_side([self.of(part) for part in node.parts])
            case Apply() if node.function == STAR:
                one, other = (self.of(argument) for argument in node.arguments)
                both = _is_column(one) and _is_column(other)
                return self._columns_product(one, other, entrywise=True) if both else self._product([one, other])
            case Apply() if node.function == STACKED:
                inside = [self.of(argument) for argument in node.arguments]
                if not self._columns:
                    return self._side_by_side(inside)
                columns, rows = self._side_by_side([(columns, rows) for rows, columns in inside])
                self._same(columns, _Unknown(ONE))
                return rows, columns
            case Apply():
                inside = [self.of(argument) for argument in node.arguments]
                if node.function == SQUARED_NORM:
                    self._wide.append(inside[0][1])
                if node.function in SQUARES:
                    return _Unknown(ONE), _Unknown(ONE)
                return self.letter(node.function) if node.function.shape is not None else inside[0]
            case Diag():
                rows, columns = self.of(node.of)
                self._same(columns, _Unknown(ONE))
                return rows, rows
            case Transpose():
                rows, columns = self.of(node.of)
                return columns, rows
            case Ones(like) | Identity(like) if not isinstance(like, Number):
                return self.of(like)
            case Identity():
                size = _Unknown()
                return size, size
            case Either():
                return self.of(node.options[-1])
            case Total(of, At() as wrt) | Partial(of, At() as wrt):
                rows, columns = self.of(of)[0], self.of(wrt)[0]
                if _is_one(rows) and self._shaped:
                    return self.of(wrt)
                # A gradient is a column like what it is taken in, unless gradients are rows.
                return (columns, rows) if _is_one(rows) and not self._rows else (rows, columns)
            case _:
                return _Unknown(), _Unknown()

    def _beside(self, parts: Sequence[Expr], found: Sequence[_Pair]) -> list[_Pair]:
        """The shapes of factors, a column beside one that numbers are added to, σ(z)(1 - σ(z)), being one factor."""
        made, gates = [found[0]], _is_of_entries(parts[0])
        for part, pair in zip(parts[1:], found[1:], strict=True):
            gates |= _is_of_entries(part)
            alone = all(map(_is_one, chain.from_iterable(made[:-1])))
            if gates and alone and _is_column(made[-1]) and _is_column(pair):
                made[-1], gates = self._columns_product(made[-1], pair, entrywise=True), False
            else:
                made.append(pair)
                gates = _is_of_entries(part)
        return made

    def _columns_product(self, one: _Pair, other: _Pair, *, entrywise: bool) -> _Pair:
        """The product of two columns: one of them is a number, or both are multiplied entry by entry."""
        made = _Unknown()
        self._pairs.append(_Pairing(one[0], other[0], made, entrywise))
        return made, _Unknown(ONE)

    def _factor(self, node: Expr) -> _Pair:
        """The shape of a factor; ones by themselves are a column there."""
        if isinstance(node, Ones) and isinstance(node.like, Number):
            return _Unknown(), _Unknown(ONE)
        if isinstance(node, Transpose) and isinstance(node.of, Ones):
            return self._factor(node.of)[::-1]
        return self.of(node)

    def _side_by_side(self, blocks: Sequence[_Pair]) -> _Pair:
        for rows, _ in blocks[1:]:
            self._same(blocks[0][0], rows)
        return blocks[0][0], _Unknown(parts=tuple(columns for _, columns in blocks))

    def _product(self, factors: Sequence[_Pair]) -> _Pair:
        *before, result = factors
        for rows, columns in reversed(before):
            if _is_one(rows) and _is_one(columns):
                continue
            if _is_one(result[0]) and _is_one(result[1]):
                result = (rows, columns)
                continue
            if _is_column((rows, columns)) and _is_column(result):
                result = self._columns_product((rows, columns), result, entrywise=False)
                continue
            self._same(columns, result[0])
            result = (rows, result[1])
        return result

    def named(self, definitions: Sequence[UnshapedDefinition], letters: Sequence[Letter]) -> Mapping[str, Shape]:
        """The shapes, with a letter by custom for each size that is still open."""
        recurrent = _recurrent(definitions)
        states = [letter for letter in letters if letter.kind == "state"]
        sized = [letter for letter in states if letter.symbol not in self._scalars]
        single = [letter for letter in sized if _is_one(self.letter(letter)[letter.symbol in self._rows])]
        # x_t^T x_t is a scalar beside vectors; but a recurrence of scalars alone is no page of vectors.
        if single and ({*single} >= {*sized} & recurrent if recurrent & {*sized} else single == sized):
            raise IllTyped(f"{single[0]} composes as a scalar only")
        names = _Naming()
        inputs_first = sorted(letters, key=lambda letter: letter.symbol not in INPUTS)
        made_of_others = _defined(definitions)
        weights = [letter for letter in letters if letter.kind == "weight" and letter not in made_of_others]
        followed = {unknown.root() for unknown in (*(self.letter(letter)[0] for letter in weights), *self._wide)}
        order = [
            *(letter for letter in states if letter in recurrent),
            *(letter for letter in inputs_first if letter.kind == "data"),
            *(letter for letter in states if letter not in recurrent),
            *(letter for letter in letters if letter.kind == "function" and letter.shape is not None),
            *weights,
        ]
        for letter in order:
            rows, columns = (unknown.root() for unknown in self.letter(letter))
            by_kind = {"data": INPUT_SIZE, "state": OUTPUT_SIZE}.get(letter.kind, OTHER_SIZE)
            role = STATE_SIZE if letter in recurrent else by_kind
            for unknown in (rows, columns):
                _add_up(unknown, names)
            if rows.known is None:
                rows.known = Dim.letter(names(role))
            if columns.known is None:
                # As many as a weight behind it has rows; where nothing stands behind, one.
                beside = letter.kind in ("state", "data") and not self._columns and columns in followed
                columns.known = Dim.letter(names(role)) if beside else ONE
        return {letter.symbol: self._shape(letter) for letter in order}

    def _shape(self, letter: Letter) -> Shape:
        rows, columns = (unknown.root().known for unknown in self.letter(letter))
        assert rows is not None
        assert columns is not None
        return rows, columns


class _Naming:
    """Gives out size letters, each once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, wanted: str) -> str:
        spare = (f"{name}{number or ''}" for number in count() for name in SPARE_SIZES)
        name = next(name for name in chain((wanted,), spare) if name not in self._given)
        self._given.add(name)
        return name


def _add_up(unknown: _Unknown, names: _Naming, inside: tuple[_Unknown, ...] = ()) -> None:
    """Give a sum its value; what is still open in it gets a letter."""
    sum_of = unknown.root()
    if sum_of in inside:
        raise IllTyped("a column would have to be a part of itself")
    for part in sum_of.parts:
        _add_up(part, names, (*inside, sum_of))
        if part.root().known is None:
            part.root().known = Dim.letter(names(OTHER_SIZE))
    if sum_of.parts:
        total = Dim.total(known for part in sum_of.parts if (known := part.root().known) is not None)
        if sum_of.known is not None and sum_of.known != total:
            raise IllTyped(f"{sum_of.known} and {total} would have to be one size")
        sum_of.known = total


def _is_rate(node: Expr) -> bool:
    """Whether it is a number and a weight added, as the 1 - α of a leaky unit: a factor that only scales."""
    if not isinstance(node, Add):
        return False
    others = [part.parts[-1] if isinstance(part, Mul) else part for part in node.parts if not is_number(part)]
    return len(others) < len(node.parts) and all(isinstance(part, Letter) and part.kind == "weight" for part in others)


def _is_of_entries(node: Expr) -> bool:
    """Whether it is meant entry by entry where it is a column: a number is added to it, or one is divided by it."""
    if isinstance(node, Power):
        return node.exponent == Index.of(-1)
    return isinstance(node, Add) and any(map(is_number, node.parts)) and not _is_rate(node)


def _is_column(pair: _Pair) -> bool:
    """Whether it has one column, and rows that are not known to be one."""
    return _is_one(pair[1]) and not _is_one(pair[0])


def _is_one(unknown: _Unknown) -> bool:
    return unknown.root().known == ONE


def _recurrent(definitions: Sequence[UnshapedDefinition]) -> set[Letter]:
    """The recurrent states: those that depend on themselves, directly or through others."""
    uses: dict[Letter, set[Letter]] = {}
    for entry in definitions:
        if isinstance(entry.left, At):
            used = {node.letter for side in entry.sides for node in walk(side) if isinstance(node, At)}
            uses.setdefault(entry.left.letter, set()).update(used)
    found: set[Letter] = set()
    for letter in uses:
        reached: set[Letter] = set()
        pending = set(uses[letter])
        while pending:
            reached |= pending
            pending = {further for inner in pending for further in uses.get(inner, ())} - reached
        if letter in reached:
            found.add(letter)
    return found


def every_letter(expressions: Iterable[Expr]) -> Iterator[Letter]:
    """The letters of the expressions, with repetitions."""
    for expression in expressions:
        for node in walk(expression):
            if isinstance(node, Letter):
                yield node
