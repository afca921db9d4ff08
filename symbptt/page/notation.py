"""What is written on a page, as frozen values that never evaluate.

A page is data: every other room interprets these nodes. The set of nodes is closed: :data:`Expr` is the union of
them, so that an interpreter which forgets one is a type error (``typing.assert_never``). :class:`Either` stands for
what a note prints in one way and may mean in several: nothing judges it before a reading has chosen.

The two derivatives are different types, and ``str`` writes them differently:

>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w = state("h", n), weight("w", n, n)
>>> print(d(h[t], w))
d h_t/d w
>>> print(partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w))
∂⁺h_t/∂w + ∂h_t/∂h_{t-1} · d h_{t-1}/d w
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal, NamedTuple, Never, TypeAlias, cast, get_args

from symbptt.errors import NotationError
from symbptt.page import layout
from symbptt.page.layout import PRIME, DerivativeSign, Piece, Position, placed, text

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}\Z")
PRIMES = 8
"""How many primes a function may have: each differentiates a named activation once more."""
Kind: TypeAlias = Literal["state", "data", "weight", "function"]


def _checked_name(name: str) -> str:
    if not NAME.match(name):
        raise NotationError(
            f"{name!r} is not a name: expected a letter, then letters, digits or underscores, at most 31 in all"
        )
    return name


# --------------------------------------------------------------------------------------------------- sizes


@dataclass(frozen=True, slots=True)
class Dim:
    """A number of rows or columns: a polynomial in size letters, so that ``n*d + n*n`` and ``n*(d + n)`` are equal."""

    terms: tuple[tuple[tuple[str, ...], int], ...]

    @staticmethod
    def of(value: int | Dim) -> Dim:
        """The constant ``value``, or the dimension itself; a letter has at least one row and one column."""
        if isinstance(value, Dim):
            return value
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise NotationError(f"{value!r} is no size: expected a whole number from 1 on, or a size letter")
        return Dim((((), value),))

    @staticmethod
    def letter(name: str) -> Dim:
        """One size letter."""
        return Dim((((_checked_name(name),), 1),))

    @staticmethod
    def _collect(pairs: Iterable[tuple[tuple[str, ...], int]]) -> Dim:
        total: dict[tuple[str, ...], int] = {}
        for letters, count in pairs:
            total[letters] = total.get(letters, 0) + count
        return Dim(tuple(sorted((key, count) for key, count in total.items() if count)))

    def __add__(self, other: int | Dim) -> Dim:
        return Dim._collect(self.terms + Dim.of(other).terms)

    def __mul__(self, other: int | Dim) -> Dim:
        right = Dim.of(other).terms
        return Dim._collect((tuple(sorted(a + b)), p * q) for a, p in self.terms for b, q in right)

    __radd__ = __add__
    __rmul__ = __mul__

    @staticmethod
    def total(dims: Iterable[Dim]) -> Dim:
        """The sum of several dimensions."""
        return Dim._collect(term for dim in dims for term in dim.terms)

    def letters(self) -> frozenset[str]:
        """The size letters it is made of."""
        return frozenset(name for names, _ in self.terms for name in names)

    def at(self, sizes: Mapping[str, int]) -> int:
        """Its value when every size letter is a number."""
        total = 0
        for names, count in self.terms:
            for name in names:
                count *= sizes[name]
            total += count
        return total

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        return "+".join(
            "".join(([str(count)] if count != 1 or not names else []) + list(names)) for names, count in self.terms
        )


ONE = Dim.of(1)
Shape: TypeAlias = tuple[Dim, Dim]


# --------------------------------------------------------------------------------------------------- indices


@dataclass(frozen=True, slots=True)
class Index:
    """An integer that is affine in index letters: ``t``, ``t - 1``, ``i + 1``, ``3``."""

    terms: tuple[tuple[str, int], ...]
    constant: int = 0

    @staticmethod
    def of(value: int | Index) -> Index:
        """The constant ``value``, or the index itself."""
        if isinstance(value, Index):
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise NotationError(f"{value!r} is not an index: expected a whole number or an index letter such as t - 1")
        return _whole(value)

    @staticmethod
    @functools.lru_cache(1024)
    def letter(name: str) -> Index:
        """One index letter."""
        return Index(((_checked_name(name), 1),))

    def __add__(self, other: int | Index) -> Index:
        if isinstance(other, int) and not isinstance(other, bool):
            return Index(self.terms, self.constant + other)
        right = Index.of(other)
        if not (self.terms or self.constant):
            return right
        if not (self.terms and right.terms):
            return Index(self.terms or right.terms, self.constant + right.constant)
        total = dict(self.terms)
        for name, count in right.terms:
            total[name] = total.get(name, 0) + count
        return Index(tuple(sorted((k, v) for k, v in total.items() if v)), self.constant + right.constant)

    def scaled(self, factor: int) -> Index:
        """``factor`` times this index."""
        if factor == 1:
            return self
        return Index(tuple([(name, factor * count) for name, count in self.terms if factor]), factor * self.constant)

    def __sub__(self, other: int | Index) -> Index:
        if isinstance(other, int) and not isinstance(other, bool):
            return Index(self.terms, self.constant - other)
        right = Index.of(other)
        if right.terms == self.terms:
            return Index((), self.constant - right.constant)
        if not right.terms:
            return Index(self.terms, self.constant - right.constant)
        return self + right.scaled(-1)

    __radd__ = __add__

    def __rsub__(self, other: int) -> Index:
        return Index.of(other) - self

    def __rtruediv__(self, other: int) -> Expr:
        over = Power(IndexValue(self), Index.of(-1))
        return over if other == 1 else Mul((Number.of(other), over))

    def letters(self) -> frozenset[str]:
        """The index letters in it."""
        return _letters(self.terms)

    def substitute(self, values: Mapping[str, int | Index]) -> Index:
        """The index with some of its letters replaced."""
        if len(self.terms) == 1:
            ((name, count),) = self.terms
            value = values.get(name)
            if isinstance(value, Index):
                return value.scaled(count) + self.constant
            return self if value is None else _whole(count * value + self.constant)
        if not self.terms or not any(name in values for name, _ in self.terms):
            return self
        total, constant = {name: count for name, count in self.terms if name not in values}, self.constant
        for name, count in self.terms:
            if name in values:
                value = Index.of(values[name])
                constant += count * value.constant
                for inner, times in value.terms:
                    total[inner] = total.get(inner, 0) + count * times
        return Index(tuple(sorted((key, count) for key, count in total.items() if count)), constant)

    def value(self) -> int:
        """The whole number it is; raises when a letter is left."""
        if self.terms:
            raise NotationError(f"the index {self} still has the letter {self.terms[0][0]} in it")
        return self.constant

    def name(self) -> str:
        """The letter it is, when it is a bare letter; raises otherwise."""
        if self.constant == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        raise NotationError(f"expected a bare index letter, not {self}")

    def __str__(self) -> str:
        # t before i - 1 before -t: positive letters first, as a person would write them.
        pieces = []
        for name, count in sorted(self.terms, key=lambda term: (term[1] < 0, term[0])):
            size = "" if abs(count) == 1 else str(abs(count))
            pieces.append(("-" if count < 0 else "+") + size + name)
        if self.constant or not pieces:
            constant_first = self.constant > 0 and all(piece.startswith("-") for piece in pieces)
            pieces.insert(0 if constant_first else len(pieces), f"{self.constant:+d}")
        return "".join(pieces).removeprefix("+")


@functools.lru_cache(1024)
def _whole(number: int) -> Index:
    return Index((), number)


@functools.lru_cache(4096)
def _letters(terms: tuple[tuple[str, int], ...]) -> frozenset[str]:
    return frozenset([name for name, _ in terms])


# --------------------------------------------------------------------------------------------------- expressions


class Operators:
    """What every node has in common: its signs of arithmetic write and compute nothing.

    A node is hashed once, walked through once, and asked once which indices are free in it. What is written here for
    all of them a dataclass would write for each, without such a memory, and at every start.
    """

    __slots__ = ("_free", "_hash", "_nodes")
    _free: frozenset[str]
    _hash: int
    _nodes: tuple[Expr, ...]

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        kind = type(self)
        if type(other) is not kind:
            return NotImplemented
        compared = _FIELDS[kind].compared
        return compared(self) == compared(other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            kind = type(self)
            found = hash((kind, _FIELDS[kind].compared(self)))
            object.__setattr__(self, "_hash", found)
            return found

    def __repr__(self) -> str:
        held = (f"{name}={getattr(self, name)!r}" for name in _FIELDS[type(self)].names)
        return f"{type(self).__name__}({', '.join(held)})"

    def __add__(self, other: Written) -> Expr:
        return Add(_flat(Add, expr(self)) + _flat(Add, expr(other)))

    def __radd__(self, other: Written) -> Expr:
        return expr(other) + expr(self)

    def __sub__(self, other: Written) -> Expr:
        return self + -expr(other)

    def __rsub__(self, other: Written) -> Expr:
        return expr(other) - expr(self)

    def __neg__(self) -> Expr:
        return Mul((Number(Fraction(-1)), *_flat(Mul, expr(self))))

    def __mul__(self, other: Written) -> Expr:
        return Mul(_flat(Mul, expr(self)) + _flat(Mul, expr(other)))

    def __rmul__(self, other: Written) -> Expr:
        return expr(other) * expr(self)

    def __matmul__(self, other: Written) -> Expr:
        return self * other

    def __truediv__(self, other: Written) -> Expr:
        below = expr(other)
        if isinstance(below, Number):
            if not below.value:
                raise NotationError(f"{self} is divided by zero")
            return Number(1 / below.value) * expr(self)
        return self * Power(below, Index.of(-1))

    def __pow__(self, exponent: int | Index) -> Expr:
        return Power(expr(self), Index.of(exponent))

    @property
    def T(self) -> Expr:  # noqa: N802  # as NumPy spells it
        """The transpose."""
        return Transpose(expr(self))

    def __bool__(self) -> bool:
        raise TypeError("a written expression has no truth value")

    def __str__(self) -> str:
        return text(laid_out(expr(self), flat=True))


Written: TypeAlias = "Expr | Index | int | Fraction"


def expr(value: Written | Operators) -> Expr:
    """``value`` as a written expression; a float is refused, because nothing exact can be said of it."""
    if isinstance(value, Operators):
        if type(value) not in _FIELDS:
            raise NotationError(f"{type(value).__name__} is not a node of the notation")
        return cast("Expr", value)
    if isinstance(value, Index):
        return IndexValue(value)
    return Number.of(value)


def _flat(node: type[Add] | type[Mul] | type[Hadamard], value: Expr) -> tuple[Expr, ...]:
    # Sums and products associate, so that a + (b + c) is written as a + b + c; order is never touched.
    if isinstance(value, node):
        return value.parts
    return (value,)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Operators):
    """A rational number."""

    value: Fraction

    @staticmethod
    def of(value: int | Fraction) -> Number:
        """The number ``value``; a float is refused."""
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            raise NotationError(f"{value!r} is not exact: expected a whole number, a Fraction or a written expression")
        return Number(Fraction(value))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IndexValue(Operators):
    """An index used as a number, as T is in 1/T."""

    index: Index


NOW = "now"
"""The step of a network without steps, which stands nowhere."""
_NOW = Index.letter(NOW)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Letter(Operators):
    """A name with a kind: *state*, *data*, *weight* or *function* (DESIGN: what the letters of a page are).

    ``shape`` is rows by columns; None where the definition on the page gives it. A function with a shape maps all
    its arguments together to a column of that many rows; a function without one acts on each entry.
    ``latex`` and ``text`` are spellings only: letters that differ in nothing else are equal. ``last`` is the step from
    which a letter that runs backwards in time comes; what names mean on a page says it, and no page writes it.
    """

    symbol: str
    kind: Kind
    shape: Shape | None = None
    latex: str = field(default="", compare=False)
    text: str = field(default="", compare=False)
    last: Index | None = None

    def __post_init__(self) -> None:
        _checked_name(self.symbol)

    @property
    def is_entrywise(self) -> bool:
        """Whether it is a function that acts on each entry of its one argument."""
        return self.kind == "function" and self.shape is None

    def __getitem__(self, index: int | Index) -> At:
        if self.kind not in ("state", "data"):
            raise NotationError(f"{self.symbol} is a {self.kind}, which has no time index")
        return At(self, Index.of(index))

    def __call__(self, *arguments: Written) -> Expr:
        """The function applied to arguments; raises :class:`NotationError` for a letter that is no function."""
        if self.kind != "function":
            raise NotationError(f"{self.symbol} is a {self.kind}, not a function: it cannot be applied")
        return Apply(self, tuple(expr(argument) for argument in arguments))

    def spelled(self, text: str, latex: str = "") -> Letter:
        """The same quantity under another spelling, for pages that write one thing in several ways."""
        return replace(self, text=text, latex=latex)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class At(Operators):
    """A state or data letter at one step, ``h_t``."""

    letter: Letter
    index: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Copy(Operators):
    """The copy of a weight that is used at one step only, ``w^(i)``."""

    weight: Letter
    index: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Add(Operators):
    """A sum written out."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mul(Operators):
    """A product written out; the order of its factors is the order of matrices."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Hadamard(Operators):
    """A product entry by entry of matrices of one shape; a scalar is not spread over the entries."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Kronecker(Operators):
    """The Kronecker product: every entry of ``left`` times ``right``, block by block.

    In numerator layout it is what a weight leaves behind: ∂(W u)/∂W = uᵀ ⊗ I, because W enters as its vec.
    """

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Power(Operators):
    """A scalar or square matrix to a whole power that is affine in the indices, as in w^{t-k} or 1/T."""

    base: Expr
    exponent: Index


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ranged(Operators):
    """What Σ and Π share: a body and the bounds (index letter, lower, upper)."""

    body: Expr
    bounds: tuple[Index, Index, Index]

    sign: ClassVar[Literal["Σ", "Π"]]

    def __init__(self, body: Written, bounds: tuple[Index, int | Index, int | Index]) -> None:
        index, lower, upper = bounds
        index.name()
        object.__setattr__(self, "body", expr(body))
        object.__setattr__(self, "bounds", (index, Index.of(lower), Index.of(upper)))

    @property
    def index(self) -> str:
        """The bound index letter."""
        return self.bounds[0].name()

    @property
    def lower(self) -> Index:
        """The first value of the index."""
        return self.bounds[1]

    @property
    def upper(self) -> Index:
        """The last value of the index."""
        return self.bounds[2]


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Sum(Ranged):
    """Σ over the index from lower to upper; zero when upper < lower. ``dots``: written first + second + … + last."""

    dots: bool = False

    sign = "Σ"

    def __init__(self, body: Written, bounds: tuple[Index, int | Index, int | Index], *, dots: bool = False) -> None:
        Ranged.__init__(self, body, bounds)
        object.__setattr__(self, "dots", dots)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Product(Ranged):
    """Π over the index from lower to upper; the identity when upper < lower.

    The factor with the largest index stands on the left, as Jacobians compose; ``ascending`` puts it on the right.
    ``dots``: written first · second ⋯ last, so that the page itself says in which order.
    """

    ascending: bool = False
    dots: bool = field(default=False, compare=False)

    sign = "Π"

    def __init__(
        self,
        body: Written,
        bounds: tuple[Index, int | Index, int | Index],
        *,
        ascending: bool = False,
        dots: bool = False,
    ) -> None:
        Ranged.__init__(self, body, bounds)
        object.__setattr__(self, "ascending", ascending)
        object.__setattr__(self, "dots", dots)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(Operators):
    """A function letter with its arguments.

    ``primes``: how often a function that acts on each entry was differentiated there, 1 for the slope phi'(a). A
    function with a shape has no primes, because they would not say in which of its arguments.
    """

    function: Letter
    arguments: tuple[Expr, ...]
    primes: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.primes, bool) or not isinstance(self.primes, int) or not 0 <= self.primes <= PRIMES:
            raise NotationError(f"{self.function} has {self.primes!r} primes: expected a whole number up to {PRIMES}")
        if self.primes and self.function.shape is not None:
            raise NotationError(
                f"{self.function} takes its arguments whole, and {PRIME * self.primes} does not say which is "
                f"differentiated in: write partial({self.function}(...), argument)"
            )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Diag(Operators):
    """The diagonal matrix with the entries of a column on its diagonal."""

    of: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Total(Operators):
    """The total derivative d of/d wrt: differentiate after unrolling every definition down to the first step."""

    of: Expr
    wrt: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Partial(Operators):
    """The immediate partial ∂⁺of/∂wrt, or, when ``wrt`` is a state, the Jacobian ∂of/∂wrt.

    With respect to a weight or data: ``of`` is differentiated inside its step, where the letters of the same step are
    what they are defined as, and those of other steps are held fixed.
    With respect to a state: that state is varied by itself and every letter computed from it follows. ``held``: ``of``
    is differentiated inside its step, the other letters of earlier steps held fixed, as in ∂⁺c_t/∂c_{t-1} = diag(f_t)
    of a cell whose gates see h_{t-1}.
    ``own``: the own definition of ``of`` alone is differentiated, every other state in it held fixed, those of its step
    too. So it is where ``of`` is a function of what is differentiated in, as in ∂f(h_{t-1}, h_{t-2})/∂h_{t-2}.
    """

    of: Expr
    wrt: Expr
    own: bool = False
    held: bool = False

    def is_jacobian(self) -> bool:
        """Whether it is taken with respect to a state."""
        letter = self.wrt.letter if isinstance(self.wrt, At) else self.wrt
        return isinstance(letter, Letter) and letter.kind == "state"

    def names_step(self) -> bool:
        """Whether ``of`` names a step by its function, so that no sign is needed to say which derivative is meant."""
        return isinstance(self.of, Apply) or (isinstance(self.of, Letter) and self.of.kind == "function")

    @property
    def sign(self) -> DerivativeSign:
        """The sign that says which derivative is meant."""
        if self.names_step():
            return "∂"
        return "∂°" if self.own else "∂" if self.is_jacobian() and not self.held else "∂⁺"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Concat(Operators):
    """Blocks side by side, ``[W_xh W_hh]``."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Transpose(Operators):
    """The transpose."""

    of: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Block(Operators):
    """The columns of a derivative in a concatenated weight that belong to one of its blocks."""

    of: Total | Partial
    part: Letter


Arrangement: TypeAlias = Literal["transposed", "shaped", "shaped transposed"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Laid(Operators):
    """A derivative whose entries stand in another layout than rows of ``of`` by columns of ``wrt``.

    *transposed*: rows of what is differentiated in by columns of what is differentiated. *shaped*: the derivative of a
    scalar in the shape of what it is taken in, as a gradient is added to its weight; *shaped transposed*: that one
    transposed. It is printed as the derivative alone: a page keeps to one layout and does not say it each time.
    ``nabla``: printed as ∇_W L, which says of itself that it is shaped.
    """

    of: Total | Partial | Block | Either
    arrangement: Arrangement
    nabla: bool = field(default=False, compare=False)

    @property
    def wrt(self) -> Expr:
        """What the derivative is taken in; of a block, that part of it."""
        inner = self.of.options[0] if isinstance(self.of, Either) else self.of
        assert isinstance(inner, (Total, Partial, Block))
        return inner.part if isinstance(inner, Block) else inner.wrt


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Zero(Operators):
    """The zero with the shape of ``like``: an empty sum written out."""

    like: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Identity(Operators):
    """The identity with the shape of ``like``: an empty product written out."""

    like: Expr


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ones(Operators):
    """The matrix of ones with the shape of ``like``: the 1 of 1 - z_t, beside a product entry by entry."""

    like: Expr


Point: TypeAlias = Literal["derivative", "bound", "scope"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Either(Operators):
    """What a note prints in one way and may mean in several; a reading chooses one of the ``options``.

    ``point`` is what has to be chosen: which *derivative* ∂h_t/∂w is (total first, immediate second), whether the
    *bound* of a product written j-1 = i..t is that of j-1 (first) or of j, or one written j = t..k+1 is empty (first)
    or runs down, and how far the *scope* of a Π without parentheses reaches (first: over every factor behind it).
    """

    options: tuple[Expr, ...]
    point: Point


Expr: TypeAlias = (
    Number
    | IndexValue
    | Letter
    | At
    | Copy
    | Add
    | Mul
    | Hadamard
    | Kronecker
    | Power
    | Sum
    | Product
    | Apply
    | Diag
    | Total
    | Partial
    | Concat
    | Transpose
    | Block
    | Laid
    | Zero
    | Identity
    | Ones
    | Either
)
"""Everything that a page can say: the closed set of nodes."""
NODES: tuple[type[Expr], ...] = get_args(Expr)


# --------------------------------------------------------------------------------------------------- fields

Held: TypeAlias = Literal["one", "several", "index", "end", "bounds"]
"""How a field holds parts of a page: one expression or several, an index, one or none, or the bounds of Σ and Π."""
_HELD: dict[str, Held | None] = {
    "Expr": "one",
    "Letter": "one",
    "Total | Partial": "one",
    "Total | Partial | Block | Either": "one",
    "tuple[Expr, ...]": "several",
    "Index": "index",
    "Index | None": "end",
    "tuple[Index, Index, Index]": "bounds",
    **dict.fromkeys(("Arrangement", "Fraction", "Kind", "Point", "Shape | None", "bool", "int", "str"), None),
}


class _Fields(NamedTuple):
    """What the fields of a node hold, found once for each class: every walk over a page asks at every node."""

    names: tuple[str, ...]
    held: tuple[tuple[str, Held], ...]
    indices: tuple[str, ...]
    inside: Callable[[Expr], tuple[Expr, ...]]
    compared: Callable[[object], object]


def _fields(kind: type[Operators]) -> _Fields:
    known = fields(kind)  # type: ignore[arg-type]  # every node is a dataclass
    held = tuple((entry.name, how) for entry in known if (how := _HELD[str(entry.type)]) is not None)
    compared = operator.attrgetter(*(entry.name for entry in known if entry.compare))
    indices = tuple(name for name, how in held if how in ("index", "end"))
    return _Fields(tuple(entry.name for entry in known), held, indices, _inside(kind, held), compared)


def _inside(kind: type[Operators], held: tuple[tuple[str, Held], ...]) -> Callable[[Any], tuple[Expr, ...]]:
    named = [(name, how) for name, how in held if how in ("one", "several") and kind not in (Zero, Identity)]
    if not named:
        return lambda node: ()
    get: Callable[[Any], Any] = operator.attrgetter(*(name for name, _ in named))
    match [how for _, how in named]:
        case ["one"]:
            return lambda node: (get(node),)
        case ["several"] | ["one", "one"]:
            return get
        case ["one", "several"]:
            return lambda node: (get(node)[0], *get(node)[1])
    raise TypeError(f"no rule for the parts of {kind.__name__}")


_FIELDS: dict[type[Operators], _Fields] = {kind: _fields(kind) for kind in NODES}
LISTS = (Add, Mul, Hadamard)
"""The nodes that are made of their parts and of nothing else."""
NONE = frozenset[str]()


# --------------------------------------------------------------------------------------------------- writing


def _split(names: str) -> list[str]:
    parts = names.split()
    if not parts:
        raise NotationError("expected at least one name")
    return parts


def indices(names: str) -> tuple[Index, ...]:
    """Index letters, ``t, i, j = indices("t i j")``."""
    return tuple(Index.letter(name) for name in _split(names))


def sizes(names: str) -> tuple[Dim, ...]:
    """Size letters, ``n, d, q = sizes("n d q")``."""
    return tuple(Dim.letter(name) for name in _split(names))


def state(name: str, rows: int | Dim = 1, *, latex: str = "") -> Letter:
    """A letter that the page defines: a column of ``rows`` entries, usually indexed by time."""
    return Letter(name, "state", (Dim.of(rows), ONE), latex)


def data(name: str, rows: int | Dim = 1, *, latex: str = "") -> Letter:
    """An input or target at each step, constant in every weight: a column of ``rows`` entries."""
    return Letter(name, "data", (Dim.of(rows), ONE), latex)


def weight(name: str, rows: int | Dim | None = None, columns: int | Dim = 1, *, latex: str = "") -> Letter:
    """A weight, constant in time, of ``rows`` by ``columns``; without sizes, one that the page defines from others."""
    shape = None if rows is None else (Dim.of(rows), Dim.of(columns))
    return Letter(name, "weight", shape, latex)


def function(name: str, rows: int | Dim | None = None, *, latex: str = "") -> Letter:
    """An arbitrary differentiable function, or the one of ``functions.TABLE`` that it is called: tanh, exp, relu, ...

    Without ``rows`` it acts on each entry of its one argument, as an activation does; with ``rows`` it maps all its
    arguments together to a column of that many entries (1 for a loss).
    """
    return Letter(name, "function", None if rows is None else (Dim.of(rows), ONE), latex)


def d(of: Expr, wrt: Expr) -> Total:
    """The total derivative d of/d wrt."""
    return Total(_upright(of), wrt)


def _upright(of: Expr) -> Expr:
    """The column for a row that is one transposed: a derivative has the same entries for both."""
    inner = of.of if isinstance(of, Transpose) else None
    letter = inner.letter if isinstance(inner, At) else inner
    is_column = isinstance(letter, Letter) and letter.shape is not None and letter.shape[1] == ONE
    return inner if inner is not None and is_column else of


def partial(of: Expr, wrt: Expr, *, own: bool = False, held: bool = False) -> Partial:
    """The immediate partial ∂⁺of/∂wrt in a weight, or the Jacobian ∂of/∂wrt in a state.

    ``held``: in a state too, ∂⁺of/∂wrt, the other letters of earlier steps held fixed. ``own``: ∂°of/∂wrt, the own
    definition of ``of`` alone, the other letters of its step held fixed too.
    """
    return Partial(_upright(of), wrt, own, held)


def slope(letter: Letter, of: Written, *, order: int = 1) -> Apply:
    """The derivative phi'(of) of a function that acts on each entry, entry by entry; ``order`` 2 is phi''(of).

    Raises :class:`NotationError` for a letter that is no function, and for a function with a shape.
    """
    if letter.kind != "function":
        raise NotationError(f"{letter.symbol} is a {letter.kind}, not a function: it has no slope")
    return Apply(letter, (expr(of),), order)


def diag(of: Expr) -> Diag:
    """The diagonal matrix of a column: n entries make n rows and n columns."""
    return Diag(expr(of))


def hadamard(*parts: Written) -> Expr:
    """The product entry by entry, a ⊙ b, of two or more matrices of one shape."""
    if len(parts) < 2:
        raise NotationError(f"a product entry by entry needs two factors, not {len(parts)}")
    return Hadamard(tuple(inner for part in map(expr, parts) for inner in _flat(Hadamard, part)))


def kronecker(left: Written, right: Written) -> Kronecker:
    """The Kronecker product left ⊗ right: a×b and c×d make ac×bd."""
    return Kronecker(expr(left), expr(right))


def ones(like: Expr) -> Ones:
    """Ones in the shape of ``like``, so that ``ones(z[t]) - z[t]`` is the 1 - z_t of a gate."""
    if type(like) not in _FIELDS:
        raise NotationError(f"{like} has no rows and columns: expected an expression of the shape, such as h[t]")
    return Ones(like)


def softmax(of: Written) -> Expr:
    """exp(z)/(1ᵀ exp(z)) of a column z: entries above 0 that sum to 1. It has no node: whatever reads exp reads it."""
    powers = Apply(function("exp"), (expr(of),))
    return powers / (ones(powers).T @ powers)


def softmax_of(node: Expr) -> Expr | None:
    """The column that a softmax is taken of, where an expression is one; None where it is none."""
    powers = [part for part in node.parts if isinstance(part, Apply)] if isinstance(node, Mul) else []
    if isinstance(node, Mul) and len(powers) == 1 and powers[0].function.symbol == "exp":
        (inside,) = powers[0].arguments
        whole = softmax(inside)
        # The number that it is divided by may stand in front.
        return inside if isinstance(whole, Mul) and node.parts in (whole.parts, whole.parts[::-1]) else None
    return None


def concat(*parts: Expr) -> Expr:
    """Blocks side by side; ``concat(a, b).T`` stacks their transposes."""
    return Concat(parts)


def block(of: Total | Partial, part: Letter) -> Block:
    """The columns of a derivative in a concatenated weight that belong to ``part``."""
    return Block(of, part)


def laid(of: Total | Partial | Block, arrangement: Arrangement) -> Laid:
    """A derivative in another layout than the numerator's, printed as it is without: see :class:`Laid`."""
    return Laid(of, arrangement)


def gradient(of: Expr, wrt: Expr) -> Laid:
    """The gradient ∇_wrt of a scalar: its total derivative in the shape of ``wrt``."""
    return Laid(d(of, wrt), "shaped", nabla=True)


def copy_at(of: Letter, index: int | Index) -> Copy:
    """The copy of a weight that only step ``index`` uses."""
    if of.kind != "weight":
        raise NotationError(f"{of.symbol} is a {of.kind}: only a weight has a copy for each step")
    return Copy(of, Index.of(index))


# --------------------------------------------------------------------------------------------------- laying out


def laid_out(node: Expr, *, flat: bool = False) -> Piece:
    """The expression as pieces in the order in which it is written, on one line where it is ``flat``.

    Raises TypeError for a node that is not of the notation.
    """

    def at(position: Position, part: Expr) -> Piece:
        return placed(laid_out(part, flat=flat), position, flat=flat)

    def derivative(sign: DerivativeSign, of: Expr, wrt: Expr) -> Piece:
        # ∂yᵀ/∂x is read as (∂y/∂x)ᵀ; here it is the derivative of the entries of yᵀ, one column after the other.
        turned = isinstance(of, Transpose)
        piece = layout.Called(layout.Name("vec"), (laid_out(of, flat=flat),)) if turned else at("differential", of)
        above = layout.Differential(sign, piece)
        under = laid_out(wrt, flat=flat) if isinstance(wrt, Transpose) else at("differential", wrt)
        return layout.Ratio(above, layout.Differential("d" if sign == "d" else "∂", under))

    match node:
        case Number(value):
            whole = value.denominator == 1
            size = layout.Whole(str(abs(value.numerator)))
            piece = size if whole else layout.Ratio(size, layout.Whole(str(value.denominator)))
            return layout.Terms((("-", piece),)) if value < 0 else piece
        case IndexValue(index):
            # On one line t-1 would fall apart wherever it stands.
            several = flat and len(index.terms) + bool(index.constant) > 1
            return layout.Bracketed(layout.Whole(str(index))) if several else layout.Whole(str(index))
        case Letter():
            return _name(node)
        case At(letter, index):
            return _name(letter, below="" if index == _NOW else str(index))
        case Copy(weight, index):
            return _name(weight, above=str(index))
        case Add(parts):
            return layout.Terms(_terms(parts, flat))
        case Mul() if (inside := softmax_of(node)) is not None:
            return layout.Called(layout.Name("softmax"), (laid_out(inside, flat=flat),))
        case Mul(parts):
            sign, positive = unsigned(node)
            return layout.Terms(((sign, at("negated", positive)),)) if sign else layout.Factors(_factors(parts, flat))
        case Hadamard(parts):
            entrywise = tuple(_powers(parts, at))
            return entrywise[0] if len(entrywise) == 1 else layout.Factors(entrywise, "⊙")
        case Kronecker(left, right):
            return layout.Factors((at("operand", left), at("operand", right)), "⊗")
        case Power(base, exponent):
            # As a fraction where that is how it is printed: 1/T is a number, and W^{-1} a matrix.
            if exponent == Index.of(-1) and (flat or isinstance(base, (IndexValue, Number))):
                return layout.Ratio(layout.Whole("1"), at("denominator", base))
            return layout.Scripted(at("base", base), layout.Whole(str(exponent)))
        case Sum(dots=True):
            at_start, at_next, at_end = (
                substitute(node.body, {node.index: end}) for end in (node.lower, node.lower + 1, node.upper)
            )
            first, second, any_one, last = _terms((at_start, at_next, node.body, at_end), flat)
            dots = ("+", layout.Name("…", latex=r"\dots"))
            terms = layout.Terms((first, second, dots, any_one, dots, last))
            return layout.Bracketed(terms) if flat else terms
        case Sum() | Product():
            return _ranging(node, flat)
        case Apply(function, arguments, primes):
            return layout.Called(_name(function), tuple(laid_out(part, flat=flat) for part in arguments), primes)
        case Diag(of):
            return layout.Called("diag", (laid_out(of, flat=flat),))
        case Total(of, wrt):
            return derivative("d", of, wrt)
        case Partial(of, wrt):
            return derivative(node.sign, of, wrt)
        case Concat(parts):
            return layout.Cells(tuple(laid_out(part, flat=flat) for part in parts))
        case Transpose(of):
            return layout.Scripted(at("base", of), "ᵀ")
        case Block(of, part):
            return layout.Selected(laid_out(of, flat=flat), _name(part))
        case Laid(Total(of, wrt) | Partial(of, wrt), nabla=True):
            return layout.Gradient(laid_out(wrt, flat=flat), at("differential", of))
        case Laid(Total(of, At() as wrt) | Partial(of, At() as wrt), "shaped transposed"):
            # A row on every page: ∂L/∂hᵀ, also where ∂L/∂h is a column.
            return derivative(node.of.sign if isinstance(node.of, Partial) else "d", of, Transpose(wrt))
        case Laid(Either((Total(of, At() as wrt) | Partial(of, At() as wrt), *_)), "shaped transposed"):
            return derivative("∂", of, Transpose(wrt))
        case Laid(of):
            return laid_out(of, flat=flat)
        case Zero() | Ones():
            return layout.Whole("0" if isinstance(node, Zero) else "1")
        case Identity():
            return layout.Name("I")
        case Either((Total(of, wrt), *_)):
            # As a note prints it: one sign for both derivatives.
            return derivative("∂", of, wrt)
        case Either((Block(of, part), *_)):
            return layout.Selected(laid_out(Either((of,), "derivative"), flat=flat), _name(part))
        case Either((Sum() | Product() as moved, Sum() | Product() as plain, *_), "bound"):
            return _ranging(moved, flat, _shift(moved, plain))
        case Either(options, "scope"):
            return _unscoped(options[-1], flat)
        case Either(options):
            return laid_out(options[0], flat=flat)
        case _:
            forgotten: Never = node
            raise TypeError(f"{type(forgotten).__name__} is not a node of the notation: it has no layout")


def _powers(parts: tuple[Expr, ...], at: Callable[[Position, Expr], Piece]) -> Iterator[Piece]:
    """The factors of a product entry by entry; a column that stands there several times in a row as its power."""
    for part, same in itertools.groupby(parts):
        count = len(list(same))
        if count > 1 and isinstance(part, At) and _has_powers(part.letter):
            yield layout.Scripted(at("base", part), layout.Whole(str(count)))
        else:
            yield from (at("operand", part) for _ in range(count))


def _has_powers(letter: Letter) -> bool:
    """Whether what stands above a letter is a power entry by entry: it is a column, and has no label there."""
    return letter.shape is not None and letter.shape[1] == ONE and "^" not in letter.latex


def _name(letter: Letter, below: str = "", above: str = "") -> layout.Name:
    return layout.Name(letter.symbol, letter.text, letter.latex, below, above)


def unsigned(node: Expr) -> tuple[str, Expr]:
    """The sign in front, and what stands behind it."""
    if isinstance(node, Number) and node.value < 0:
        return "-", Number(-node.value)
    if isinstance(node, Mul) and isinstance(node.parts[0], Number) and node.parts[0].value < 0:
        size, rest = Number(-node.parts[0].value), node.parts[1:]
        if size.value == Fraction(1) and rest:
            return "-", rest[0] if len(rest) == 1 else Mul(rest)
        return "-", Mul((size, *rest))
    return "", node


def _terms(parts: Iterable[Expr], flat: bool) -> tuple[tuple[str, Piece], ...]:
    made: list[tuple[str, Piece]] = []
    for part in parts:
        sign, positive = unsigned(part)
        position: Position = "negated" if sign else "term"
        sign = sign or ("+" if made else "")
        made.append((sign, placed(laid_out(positive, flat=flat), position, flat=flat)))
    return tuple(made)


def _factors(parts: tuple[Expr, ...], flat: bool, *, last: bool = True) -> tuple[Piece, ...]:
    """The factors of a product, each as it stands there; ``last``: nothing stands behind them."""
    followed = [place < len(parts) - 1 or not last for place in range(len(parts))]
    pieces = zip((laid_out(part, flat=flat) for part in parts), followed, strict=True)
    return tuple(placed(piece, "factor", flat=flat, followed=more) for piece, more in pieces)


def _ranging(node: Sum | Product, flat: bool, shift: int = 0) -> Piece:
    """A Σ or Π, its range written for the index less ``shift``."""
    body = placed(laid_out(node.body, flat=flat), "under Σ" if node.sign == "Σ" else "under Π", flat=flat)
    piece = _ranged(node, body, shift)
    # On one line nothing else shows how far Π reaches.
    return layout.Bracketed(piece) if flat and node.sign == "Π" else piece


def _ranged(node: Sum | Product, body: Piece, shift: int) -> layout.Ranging:
    index, lower, upper = (str(end - shift) for end in node.bounds)
    ascending = isinstance(node, Product) and node.ascending
    return layout.Ranging(node.sign, index, lower, upper, body, ascending)


def _shift(moved: Sum | Product, plain: Sum | Product) -> int:
    """By how much the index that is written is less: by 1 in j-1 = i..t, which is j = i+1..t+1 and may mean i+1..t."""
    ahead = moved.upper - plain.upper
    return ahead.constant if moved.lower == plain.lower and not ahead.terms else 0


def _unscoped(narrow: Expr, flat: bool) -> Piece:
    """A Π without parentheses, which would say how far it reaches, and the factors that may stand behind it."""
    first, *behind = narrow.parts if isinstance(narrow, Mul) else (narrow,)
    moved, *others = first.options if isinstance(first, Either) else (first,)
    if not isinstance(moved, Product):
        return laid_out(narrow, flat=flat)
    shift = sum(_shift(moved, plain) for plain in others if isinstance(plain, Product))
    inside = moved.body.parts if isinstance(moved.body, Mul) else (moved.body,)
    body = _factors(inside, flat, last=not behind)
    product = _ranged(moved, body[0] if len(body) == 1 else layout.Factors(body), shift)
    return layout.Factors((product, *_factors(tuple(behind), flat)))


# --------------------------------------------------------------------------------------------------- walking


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside a node, in the order in which they are written.

    An empty sum or product says nothing of the body that it has the shape of.
    """
    return _FIELDS[type(node)].inside(node)


def walk(node: Expr) -> Iterator[Expr]:
    """The node and everything in it, outside before inside, left before right."""
    try:
        return iter(node._nodes)
    except AttributeError:
        found, pending = [], [node]
        while pending:
            part = pending.pop()
            found.append(part)
            pending += _FIELDS[type(part)].inside(part)[::-1]
        object.__setattr__(node, "_nodes", tuple(found))
        return iter(found)


def rebuild(node: Expr, on_expr: Callable[[Expr], Expr], on_index: Callable[[Index], Index]) -> Expr:
    """The node again, each expression directly inside it and each of its indices replaced.

    The letter that a Σ or Π binds is left alone: who changes it must know that it does. Most parts of a page stay as
    they are: a node in which nothing changes is not built again.
    """
    kind: Callable[..., Expr] = type(node)
    if kind in LISTS:
        before: tuple[Expr, ...] = node.parts  # type: ignore[union-attr]  # each of them is made of its parts
        after = tuple([on_expr(part) for part in before])
        return node if all(map(operator.is_, after, before)) else kind(after)
    known = _FIELDS[type(node)]
    changes: dict[str, object] = {}
    for name, held in known.held:
        old = getattr(node, name)
        new: object
        if held == "several":
            new = tuple(map(on_expr, old))
            if all(map(operator.is_, new, old)):
                continue
        elif held == "one":
            new = on_expr(old)
        elif held == "index":
            new = on_index(old)
        elif held == "end":
            new = None if old is None else on_index(old)
        else:
            new = (old[0], on_index(old[1]), on_index(old[2]))
            if all(map(operator.is_, new, old)):
                continue
        if new is not old:
            changes[name] = new
    if not changes:
        return node
    if len(changes) < len(known.names):
        changes = {name: changes[name] if name in changes else getattr(node, name) for name in known.names}
    return kind(**changes)


def substitute(node: Expr, values: Mapping[str, int | Index]) -> Expr:
    """The expression with free index letters replaced; an index that Σ or Π binds is not free in its body."""
    if free_indices(node).isdisjoint(values):
        return node
    if isinstance(node, At) and node.letter.last is None:
        return At(node.letter, node.index.substitute(values))
    if isinstance(node, LISTS):
        after = tuple([substitute(part, values) for part in node.parts])
        return node if all(map(operator.is_, after, node.parts)) else type(node)(after)
    inner = values
    if isinstance(node, Ranged):
        inner = {name: value for name, value in values.items() if name != node.index}
        captured = any(node.index in Index.of(value).letters() for value in inner.values())
        if captured and inner.keys() & free_indices(node.body):
            raise NotationError(f"the index {node.index} is used twice: rename the one that Σ or Π binds")
    return rebuild(node, lambda part: substitute(part, inner), lambda index: index.substitute(values))


def free_indices(node: Expr) -> frozenset[str]:
    """The index letters that no Σ or Π inside the expression binds."""
    try:
        return node._free
    except AttributeError:
        known = _FIELDS[type(node)]
        found = NONE.union(*map(free_indices, inside)) if (inside := known.inside(node)) else NONE
        if isinstance(node, Ranged):
            found = found - {node.index} | node.lower.letters() | node.upper.letters()
        for name in known.indices:
            if (index := getattr(node, name)) is not None:
                found = found | index.letters() if found else index.letters()
        object.__setattr__(node, "_free", found)
        return found


def first_option(node: Expr) -> Expr:
    """The expression with the first of the options of each ambiguity."""
    if isinstance(node, Either):
        return first_option(node.options[0])
    return rebuild(node, first_option, lambda index: index)


def owner(wrt: Expr) -> Letter:
    """The letter whose entries a derivative is taken in."""
    letter = wrt.weight if isinstance(wrt, Copy) else wrt.letter if isinstance(wrt, At) else wrt
    assert isinstance(letter, Letter)
    return letter


def exchanged(node: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with one part in place of another, wherever that stands."""
    if node == old:
        return new
    return rebuild(node, lambda part: exchanged(part, old, new), lambda index: index)
