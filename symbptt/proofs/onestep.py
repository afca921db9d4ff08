"""One step differentiated by SymPy, with symbolic sizes: the premise of every proof for all t.

For a definition ``y = F(states, weights)`` the total derivative is the immediate partial plus, for each state in F, the
Jacobian in that state times the state's own total derivative. That is checked for each definition, not assumed: one
component of F is written entry by entry, Σ_k W[a,k] u[k], with every weight entry and every state entry a function of
one parameter ε, and differentiated once by SymPy. The derivative has to be, term by term, the one with the states held
plus the ones in which a single state moves. ε is any direction in the weights, so that all weights, each entry of each,
and the blocks of a concatenated one are covered together.

A component is free (its row a is a letter), sizes are letters, and an elementwise function is an arbitrary
differentiable one. An argument of a function of several vectors stands for any one of its entries: the sum over the
entries is the chain rule of a differentiable function, linear in the argument's rate on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias, assert_never

import sympy
import sympy.tensor.tensor  # SymPy loads it at its first sum: here once, and not in each worker again

from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation
from symbptt.page.layout import PRIME
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Dim,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
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
    Shape,
    Sum,
    Total,
    Transpose,
    Zero,
    rebuild,
    walk,
)
from symbptt.page.shapes import SCALAR, shape

Atoms: TypeAlias = "frozenset[tuple[Any, int]]"
Order: TypeAlias = "Mapping[str, tuple[int, str]]"
Shapes: TypeAlias = "tuple[tuple[Expr, Shape], ...]"
LinearForm: TypeAlias = "dict[tuple[Atoms, Atoms], Any]"


class Entry(sympy.Function):  # type: ignore[misc]  # sympy's classes are untyped
    """An entry of a letter: its name, its time, its row and column, and ε, or 0 where it is held."""

    def _eval_derivative(self, symbol: Any) -> Any:
        # Its rate of change along ε. What fdiff would say, without asking the name, time, row and column for theirs.
        return Rate(*self.args[:4]) if self.args[4] == symbol else sympy.Integer(0)


class Rate(sympy.Function):  # type: ignore[misc]
    """The rate of change of an entry along ε."""


class Value(sympy.Function):  # type: ignore[misc]
    """An arbitrary differentiable function at its arguments: its name, its component, the arguments."""

    def fdiff(self, argindex: int = 3) -> Any:
        """Its slope in one argument."""
        return Slope(sympy.Integer(argindex - 2), *self.args)


class Slope(sympy.Function):  # type: ignore[misc]
    """The slope of an arbitrary function in one argument."""


EPSILON = sympy.Symbol("ε", real=True)
ROW = sympy.Symbol("a.", integer=True)
"""The component; no index letter of a page has a dot in its name."""
ALWAYS = sympy.Symbol("always")
"""The time of what has none, a weight."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What SymPy confirmed of one definition: the states that contribute, and one component as SymPy has it.

    In its text ``a`` is the row, ``dW[a,k]`` the rate of an entry, ``phi'(…)`` the slope of a function where the
    component has it, and ``∂_1 ell(…)`` that of a function of several vectors, which stand there whole.
    """

    body: Expr
    states: tuple[At, ...]
    shapes: Shapes

    @property
    def written(self) -> Any:
        """The component as SymPy has it, which is asked for where it is shown."""
        return _component(self.body, self.shapes)

    @property
    def component(self) -> str:
        """The component as text."""
        return self._spelled(self.written)

    @property
    def derivative(self) -> str:
        """Its derivative as text."""
        return self._spelled(sympy.diff(self.written, EPSILON))

    def _spelled(self, side: Any) -> str:
        # The place of a letter on the page, and its spelling there.
        letters = reversed(list(enumerate(_letters_in(self.body))))
        return _spelled(side, {letter.symbol: (place, str(letter)) for place, letter in letters}, {})


def relation(page: Derivation, body: Expr) -> Relation:
    """The one-step relation of a definition's right side.

    Raises :class:`Undecided` where the right side is not made of what this room can differentiate, or where the
    normal forms of the two sides of the relation differ.
    """
    confirm(page, body)
    return Relation(body, _states_in(body), _shapes_in(page, body))


def confirm(page: Derivation, body: Expr) -> None:
    """The one-step relation of a right side, which is the same whatever its letters and sizes are called.

    Raises :class:`Undecided` as :func:`relation` does.
    """
    if body in page.meaning.confirmed:
        return
    said = _shapes_in(page, body)
    try:
        _confirmed(*_anonymous(body, said))
    except Undecided:
        _confirmed(body, said)  # what cannot be confirmed is said in the letters of the page
    page.meaning.confirmed.add(body)


@lru_cache(maxsize=256)
def _anonymous(body: Expr, said: Shapes) -> tuple[Expr, Shapes]:
    """A right side and its shapes with other names: the same ones for all that differ in their names alone."""
    names: dict[Letter, Letter] = {}
    sizes: dict[Dim, Dim] = {ONE: ONE}

    def renamed(node: Expr) -> Expr:
        if isinstance(node, Letter):
            plain = Letter(f"{node.kind}{len(names)}", node.kind, sized(node.shape) if node.shape else None)
            return names.setdefault(node, plain)
        return rebuild(node, renamed, lambda index: index)

    def sized(found: Shape) -> Shape:
        rows, columns = (sizes.setdefault(size, Dim.letter(f"size{len(sizes)}")) for size in found)
        return rows, columns

    return renamed(body), tuple((renamed(node), sized(found)) for node, found in said)


def _shapes_in(page: Derivation, body: Expr) -> Shapes:
    nodes = dict.fromkeys(node for node in walk(body) if isinstance(node, (Letter, At)) and not _is_function(node))
    return tuple((node, shape(page, node)) for node in nodes)


def _states_in(body: Expr) -> tuple[At, ...]:
    return tuple(dict.fromkeys(node for node in walk(body) if isinstance(node, At) and node.letter.kind == "state"))


def _is_function(node: Expr) -> bool:
    return isinstance(node, Letter) and node.kind == "function"


def _component(body: Expr, shapes: Shapes) -> Any:
    return _Writer(dict(shapes), lambda node: True).entry(body, ROW, sympy.Integer(1))


@lru_cache(maxsize=256)
def _confirmed(body: Expr, shapes: Shapes) -> None:
    known = dict(shapes)
    total = _rate(_component(body, shapes))
    parts: Counter[tuple[Atoms, Atoms]] = Counter()
    for moving in (None, *_states_in(body)):
        held = _Writer(known, _only(moving)).entry(body, ROW, sympy.Integer(1))
        parts.update(_rate(held))
    if {key: value for key, value in parts.items() if value} != total:
        raise Undecided(f"the derivative of {body} is not the sum of its parts in any way that was found")


def _letters_in(body: Expr) -> Iterator[Letter]:
    for node in walk(body):
        if isinstance(node, (Letter, At, Apply)):
            yield node.letter if isinstance(node, At) else node.function if isinstance(node, Apply) else node


def _only(moving: At | None) -> Callable[[Expr], bool]:
    # None: the weights move and every state is held. A state: it alone moves.
    def moves(node: Expr) -> bool:
        return isinstance(node, Letter) if moving is None else node == moving

    return moves


# --------------------------------------------------------------------------------------------------- writing entries


@dataclass(slots=True)
class _Writer:
    """Writes one entry of an expression; ``moves`` says which letters depend on ε."""

    shapes: dict[Expr, Shape]
    moves: Callable[[Expr], bool]
    rows: int = field(default=0)

    def entry(self, node: Expr, row: Any, column: Any) -> Any:
        match node:
            case Number():
                return sympy.Rational(node.value.numerator, node.value.denominator)
            case IndexValue():
                return _time(node.index)
            case Power(base=IndexValue(time), exponent=Index(terms=(), constant=exponent)):
                return _time(time) ** exponent
            case Power(base, exponent=Index(terms=(), constant=exponent)) if self._shape(base) == SCALAR:
                return self.entry(base, sympy.Integer(1), sympy.Integer(1)) ** exponent
            case Ones() | Zero():
                return sympy.Integer(isinstance(node, Ones))
            case Letter(kind="weight") | At():
                return self._letter(node, row, column)
            case Transpose():
                return self.entry(node.of, column, row)
            case Add():
                return sympy.Add(*(self.entry(part, row, column) for part in node.parts))
            case Mul():
                return self._product(list(node.parts), row, column)
            case Hadamard():
                return sympy.Mul(*(self.entry(part, row, column) for part in node.parts))
            case Sum():
                over = (sympy.Symbol(node.index, integer=True), _time(node.lower), _time(node.upper))
                return sympy.Sum(self.entry(node.body, row, column), over)
            case Apply() if node.function.shape is None and len(node.arguments) == 1:
                # The slope phi' is the slope of Value phi, and a function of its own as long as it is not asked for.
                name = sympy.Symbol(node.function.symbol + PRIME * node.primes)
                return Value(name, sympy.Integer(0), self.entry(node.arguments[0], row, column))
            case Apply():
                arguments = [self.entry(argument, self._row(), sympy.Integer(1)) for argument in node.arguments]
                return Value(_name(node.function), row, *arguments)
            case Letter() | Power() | Kronecker() | Product() | Diag() | Concat() | Identity():
                raise _refused(node)
            case Copy() | Total() | Partial() | Block() | Laid() | Either():
                raise _refused(node)
            case _:
                assert_never(node)

    def _letter(self, node: Letter | At, row: Any, column: Any) -> Any:
        letter, time = (node.letter, _time(node.index)) if isinstance(node, At) else (node, ALWAYS)
        epsilon = EPSILON if letter.kind != "data" and self.moves(node) else sympy.Integer(0)
        return Entry(_name(letter), time, row, column, epsilon)

    def _row(self) -> Any:
        self.rows += 1
        return sympy.Symbol(f"k.{self.rows}", integer=True)

    def _product(self, parts: list[Expr], row: Any, column: Any) -> Any:
        scalars = [part for part in parts if self._shape(part) == SCALAR]
        matrices = [part for part in parts if self._shape(part) != SCALAR]
        result = sympy.Mul(*(self.entry(part, sympy.Integer(1), sympy.Integer(1)) for part in scalars))
        bounds = []
        for position, part in enumerate(matrices):
            if isinstance(part, Diag) and position < len(matrices) - 1:
                # Σ_k δ[a,k] v[a] u[k] is v[a] u[a].
                result = result * self.entry(part.of, row, sympy.Integer(1))
                continue
            last = position == len(matrices) - 1
            inner = column if last else self._inner(part)
            result = result * self.entry(part, row, inner)
            if not last and inner != 1:
                bounds.append((inner, 1, sympy.Symbol(str(self._shape(part)[1]), integer=True)))
            row = inner
        return sympy.Sum(result, *bounds) if bounds else result

    def _inner(self, part: Expr) -> Any:
        # A product over one column, as in an outer product, sums over nothing.
        return sympy.Integer(1) if self._shape(part)[1] == SCALAR[1] else self._row()

    def _shape(self, node: Expr) -> Shape:
        match node:
            case Number() | IndexValue() | Power(base=IndexValue()):
                return SCALAR
            case Letter() | At():
                return self.shapes[node]
            case Transpose():
                rows, columns = self._shape(node.of)
                return columns, rows
            case Add() | Hadamard():
                return self._shape(node.parts[0])
            case Diag():
                rows, _ = self._shape(node.of)
                return rows, rows
            case Mul():
                matrices = [found for part in node.parts if (found := self._shape(part)) != SCALAR]
                return (matrices[0][0], matrices[-1][1]) if matrices else SCALAR
            case Sum():
                return self._shape(node.body)
            case Ones() | Zero():
                return self._shape(node.like)
            case Power(base) if self._shape(base) == SCALAR:
                return SCALAR
            case Apply():
                return node.function.shape or self._shape(node.arguments[0])
            case Power() | Kronecker() | Product() | Concat() | Identity():
                raise _refused(node)
            case Copy() | Total() | Partial() | Block() | Laid() | Either():
                raise _refused(node)
            case _:
                assert_never(node)


def _refused(node: Expr) -> Undecided:
    return Undecided(f"{node} in a definition is not differentiated for all sizes")


def _name(letter: Letter) -> Any:
    return sympy.Symbol(letter.symbol)


def _time(index: Index) -> Any:
    return sympy.Add(
        *(count * sympy.Symbol(name, integer=True) for name, count in index.terms), sympy.Integer(index.constant)
    )


# --------------------------------------------------------------------------------------------------- comparing


def _rate(component: Any) -> LinearForm:
    """The derivative along ε, at ε = 0, as a sum of products of atoms under Σ; nothing is simplified."""
    derivative = sympy.diff(component, EPSILON)
    form: Counter[tuple[Atoms, Atoms]] = Counter()
    for coefficient, atoms, bounds in _products(derivative):
        key = frozenset(Counter(atom.xreplace({EPSILON: sympy.Integer(0)}) for atom in atoms).items())
        form[key, frozenset(Counter(bounds).items())] += coefficient
    return {key: value for key, value in form.items() if value}


def _products(node: Any) -> Iterator[tuple[Any, tuple[Any, ...], tuple[Any, ...]]]:
    """The terms of an expression, each a coefficient, its atoms, and the ranges that are summed over."""
    if isinstance(node, sympy.Add):
        for part in node.args:
            yield from _products(part)
    elif isinstance(node, sympy.Sum):
        for coefficient, atoms, bounds in _products(node.function):
            yield coefficient, atoms, _apart(bounds, tuple(node.limits))
    elif isinstance(node, sympy.Mul):
        terms: list[tuple[Any, tuple[Any, ...], tuple[Any, ...]]] = [(sympy.Integer(1), (), ())]
        free: set[Any] = set()
        for part in node.args:
            right = list(_products(part))
            _closed(free, right)
            _closed(part.free_symbols, terms)
            free |= part.free_symbols
            terms = [(a * c, p + q, _apart(m, n)) for a, p, m in terms for c, q, n in right]
        yield from terms
    elif isinstance(node, sympy.Rational):
        yield node, (), ()
    else:
        yield sympy.Integer(1), (node,), ()


def _apart(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    # Σ may be pulled out of a product only where each binds a letter of its own.
    if {bound[0] for bound in left} & {bound[0] for bound in right}:
        raise Undecided("a definition uses one index letter in two sums")
    return (*left, *right)


def _closed(free: set[Any], terms: list[tuple[Any, tuple[Any, ...], tuple[Any, ...]]]) -> None:
    if any(bound[0] in free for _, _, bounds in terms for bound in bounds):
        raise Undecided("a definition uses an index letter inside a sum and outside it")


# --------------------------------------------------------------------------------------------------- spelling


def _spelled(node: Any, order: Order, bound: Mapping[Any, str]) -> str:
    """What SymPy holds as it stands on the board, terms and factors in the order of the page."""
    if isinstance(node, sympy.Add):
        return " + ".join(_spelled(part, order, bound) for part in _in_order(node.args, order)).replace("+ -", "- ")
    if isinstance(node, sympy.Mul):
        parts = [
            f"({text})" if isinstance(part, sympy.Add) else text
            for part in _in_order(node.args, order)
            if (text := _spelled(part, order, bound)) != "-1"
        ]
        loose = any(isinstance(part, (sympy.Add, sympy.Sum, Slope)) for part in node.args)
        return ("-" if sympy.Integer(-1) in node.args else "") + (" · " if loose else " ").join(parts)
    if isinstance(node, sympy.Pow) and node.exp == -1:
        return f"1/{_spelled(node.base, order, bound)}"
    if isinstance(node, sympy.Sum):
        return _sum_spelled(node, order, bound)
    if isinstance(node, (Entry, Rate)):
        return ("d" if isinstance(node, Rate) else "") + _entry_spelled(node, order, bound)
    if isinstance(node, Value):
        name, component, *arguments = node.args
        inside = ", ".join(_spelled(argument, order, bound) for argument in arguments)
        return f"{name}({inside})" + (f"[{_index_spelled(component, bound)}]" if component != 0 else "")
    if isinstance(node, Slope):
        place, name, component, *arguments = node.args
        if len(arguments) == 1 and component == 0:
            return f"{name}'(…)"
        inside = ", ".join(_spelled(argument, order, bound) for argument in arguments)
        return f"∂_{place} {name}({inside})" + (f"[{_index_spelled(component, bound)}]" if component != 0 else "")
    return str(node).replace(" ", "")


def _in_order(parts: Sequence[Any], order: Order) -> list[Any]:
    def place(part: Any) -> tuple[int, int, str]:
        held = part.atoms(Entry, Rate, Value) if not isinstance(part, (Entry, Rate, Slope)) else {part}
        names = (str(atom.args[1 if isinstance(atom, Slope) else 0]) for atom in held)
        plain = (name.rstrip(PRIME) for name in names)
        first = min((order[name][0] for name in plain if name in order), default=-1)
        return (0 if isinstance(part, Slope) or not held else 1, first, str(part))

    return sorted(parts, key=place)


def _sum_spelled(node: Any, order: Order, bound: Mapping[Any, str]) -> str:
    signs = []
    inner = dict(bound)
    for letter, low, high in node.limits:
        name = str(letter)
        if "." in name:
            name = next(letter for letter in "kmpqrsuv" if letter not in inner.values())
        inner[letter] = name
        signs.append(f"Σ_{{{name}={low}..{high}}}")
    body = _spelled(node.function, order, inner)
    return " ".join([*signs, f"({body})" if isinstance(node.function, sympy.Add) else body])


def _entry_spelled(node: Any, order: Order, bound: Mapping[Any, str]) -> str:
    name, time, row, column = node.args[:4]
    step = str(time).replace(" ", "")
    at = "" if time == ALWAYS else f"_{step}" if len(step) == 1 else f"_{{{step}}}"
    places = [_index_spelled(place, bound) for place in ((row,) if column == 1 else (row, column))]
    # A vector or weight that a function takes whole has no index of its own.
    whole = all(place == "·" for place in places) or places == ["1"]
    return f"{order[str(name)][1]}{at}" + ("" if whole else f"[{','.join(places)}]")


def _index_spelled(place: Any, bound: Mapping[Any, str]) -> str:
    if place in bound:
        return bound[place]
    return "a" if place == ROW else "·" if "." in str(place) else str(place)
