"""What a claim says in numbers: values modulo a prime, and derivatives as jets. Nothing of the proofs is used here.

Every entry of a leaf (a weight, data, a first state) is a random residue, and so is every value of an arbitrary
function and of each of its derivatives, once for each argument. What holds for all values and functions holds at this
point; what does not fails there, but for one chance in some millions, and two points are asked.

A jet is an array of rows x columns x (1 + directions): a value, and its derivative in every direction. A weight has one
direction for each of its entries in each step that uses it, so that one run forward has all of its derivatives: the
total is their sum over the steps, and the immediate partial of y_t is what the copy of step t leaves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial, reduce
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
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
    free_indices,
    walk,
)

PRIME = 2**31 - 1
"""So small that a product fits into 64 bits."""
Jets: TypeAlias = npt.NDArray[np.int64]
Env: TypeAlias = Mapping[str, int]
Convention: TypeAlias = Literal["numerator", "numerator, matrices transposed", "mixed", "denominator"]
CONVENTIONS: tuple[Convention, ...] = ("numerator", "numerator, matrices transposed", "mixed", "denominator")
OUTSIDE = -1
"""In place of the step that uses a weight: what is written in a claim, outside of any definition."""
NEVER = 2**30
"""States of every step are before it."""


class NotStated(Exception):
    """A step is referred to that is before the first one, or a derivative that is not defined there."""


class Clash(Exception):
    """The shapes do not compose."""


class Unclear(Exception):
    """Something is written whose meaning is not settled."""


# --------------------------------------------------------------------------------------------------- arithmetic


def lifted(values: Jets, directions: int) -> Jets:
    """Values that do not move in any direction."""
    made = np.zeros((*values.shape[:2], 1 + directions), np.int64)
    made[..., 0] = values[..., 0]
    return made


def entrywise(a: Jets, b: Jets) -> Jets:
    """The product of jets entry by entry, by the product rule."""
    made: Jets = a[..., :1] * b % PRIME
    made[..., 1:] = (made[..., 1:] + a[..., 1:] * b[..., :1]) % PRIME
    return made


def times(a: Jets, b: Jets) -> Jets:
    """The product of two matrices of jets; what has one row and one column is a scalar."""
    if a.shape[:2] == (1, 1) or b.shape[:2] == (1, 1):
        return entrywise(a, b)
    if a.shape[1] != b.shape[0]:
        raise Clash(f"{a.shape[:2]} times {b.shape[:2]}")
    value = (a[:, :, None, :1] * b[None, :, :, :1] % PRIME).sum(axis=1) % PRIME
    moves = (a[:, :, None, :1] * b[None, :, :, 1:] % PRIME + a[:, :, None, 1:] * b[None, :, :, :1] % PRIME).sum(axis=1)
    made: Jets = np.concatenate([value, moves % PRIME], axis=2)
    return made


def plus(a: Jets, b: Jets) -> Jets:
    """The sum of two matrices of one shape."""
    if a.shape[:2] != b.shape[:2]:
        raise Clash(f"{a.shape[:2]} plus {b.shape[:2]}")
    return (a + b) % PRIME


def one_of(rows: int, directions: int) -> Jets:
    """The identity."""
    return lifted(np.eye(rows, dtype=np.int64)[:, :, None], directions)


def kronecker(a: Jets, b: Jets) -> Jets:
    """Every entry of the first times the second."""
    rows = [
        np.concatenate([entrywise(a[r : r + 1, c : c + 1], b) for c in range(a.shape[1])], 1) for r in range(len(a))
    ]
    return np.concatenate(rows, axis=0)


def inverse(a: Jets) -> Jets:
    """One over a scalar."""
    if a.shape[:2] != (1, 1):
        raise Clash(f"one over {a.shape[:2]}")
    value = int(a[0, 0, 0])
    if not value:
        raise NotStated("a division by zero")
    over = pow(value, -1, PRIME)
    made = a * (-over * over % PRIME) % PRIME
    made[0, 0, 0] = over
    return made


def rational(value: Fraction) -> int:
    """A fraction as a residue."""
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


# --------------------------------------------------------------------------------------------------- functions

Polynomial: TypeAlias = tuple[int, ...]
RULES: dict[str, tuple[Polynomial, int]] = {"tanh": ((1, 0, -1), -1), "sigmoid": ((0, 1, -1), 1)}
"""The derivative of a named function as a polynomial in its value, and what it is at -a: -f(a), or 1 - f(a) for 1."""


def derived(polynomial: Polynomial, rule: Polynomial) -> Polynomial:
    """The derivative of a polynomial in f, where that of f is another one."""
    slope = [power * factor for power, factor in enumerate(polynomial)][1:] or [0]
    return tuple(int(factor) for factor in np.convolve(slope, rule))


# --------------------------------------------------------------------------------------------------- a point


@dataclass(frozen=True)
class Seeds:
    """What is varied, and what does not follow.

    ``weights`` gives each the place of its first direction, ``only`` the step whose copies vary. ``variable`` is a
    state or data letter at a step that is varied by itself. States of steps before ``held`` do not follow, but for what
    leads there from ``variable`` on its ``way``: the same letter at the steps between, each inside its step.
    """

    directions: int = 0
    weights: Mapping[Letter, int] = field(default_factory=dict)
    only: int | None = None
    variable: tuple[Letter, int] | None = None
    held: int | None = None
    way: bool = False

    def key(self) -> object:
        """What tells one from another."""
        return tuple(self.weights.items()), self.only, self.variable, self.held, self.way


class World:
    """A page at one random point: sizes, a number for each leaf, and the states that follow from them."""

    def __init__(
        self,
        page: Derivation,
        sizes: Mapping[str, int],
        seed: int,
        convention: Convention,
        zero_start: bool,
        gates: bool = False,
    ) -> None:
        self.sizes, self.convention, self.zero_start, self.gates = sizes, convention, zero_start, gates
        self._key = seed.to_bytes(8, "big")
        self._definitions: dict[Letter, list[Equation]] = {}
        for equation in page.equations:
            if equation.kind == "definition":
                left = equation.left.letter if isinstance(equation.left, At) else equation.left
                assert isinstance(left, Letter)
                self._definitions.setdefault(left, []).append(equation)
        self._runs: dict[object, Run] = {}
        self._derivatives: dict[object, Jets] = {}

    # ------------------------------------------------------------------------------------------- numbers

    def residue(self, *said: object) -> int:
        """A random number that has this name."""
        digest = hashlib.blake2b(repr(said).encode(), key=self._key, digest_size=16).digest()
        return int.from_bytes(digest, "big") % PRIME

    def leaf(self, letter: Letter, step: int | None) -> Jets:
        """The entries of a letter that the page leaves open."""
        rows, columns = self.shape_of(letter)
        names = [[self.residue(letter.symbol, step, r, c) for c in range(columns)] for r in range(rows)]
        return np.array(names, np.int64).reshape(rows, columns, 1)

    def shape_of(self, letter: Letter) -> tuple[int, int]:
        """Rows and columns of a letter."""
        if letter.shape is None:
            parts = [self.shape_of(part) for part in self.blocks(letter)]
            return parts[0][0], sum(columns for _, columns in parts)
        rows, columns = letter.shape
        return rows.at(self.sizes), columns.at(self.sizes)

    def blocks(self, weight: Letter) -> list[Letter]:
        """The weights that stand side by side in a weight; itself where it is none of them."""
        known = self._definitions.get(weight)
        if known is None:
            return [weight]
        body = known[0].right
        if not isinstance(body, Concat):
            raise Unclear(f"{weight} is {body}")
        return [leaf for part in body.parts for leaf in self.blocks(_letter(part))]

    # ------------------------------------------------------------------------------------------- states

    def clock(self, letter: Letter) -> str | None:
        """The index that a state without an index stands at."""
        known = self._definitions.get(letter)
        if letter.kind != "state" or known is None or isinstance(known[0].left, At):
            return None
        free = free_indices(_body(known[0]))
        if len(free) > 1:
            raise Unclear(f"{letter} depends on several indices")
        return next(iter(free), None)

    def definition(self, letter: Letter, step: int) -> tuple[Expr, Env] | None:
        """What a state is at a step, with the value of its index; None for a first state."""
        general: tuple[Expr, Env] | None = None
        for equation in sorted(self._definitions.get(letter, ()), key=lambda known: known.right is None):
            if not isinstance(equation.left, At):
                clock = self.clock(letter)
                return _body(equation), {} if clock is None else {clock: step}
            index = equation.left.index
            if not index.terms:
                if index.constant == step:
                    return _body(equation), {}
            elif general is None:
                ((name, _),) = index.terms
                general = _body(equation), {name: step - index.constant}
        if general is None:
            if step > 0:
                raise Clash(f"nothing says what {letter} is at {step}")
            return None
        if step < 0:
            return None
        body, env = general
        return None if step == 0 and self._reaches_before(body, env) else general

    def _reaches_before(self, node: Expr, env: Env) -> bool:
        if isinstance(node, At):
            return node.letter.kind == "state" and _value(node.index, env) < 0
        if isinstance(node, (Sum, Product)):
            lower, upper = _value(node.lower, env), _value(node.upper, env)
            return any(self._reaches_before(node.body, {**env, node.index: at}) for at in range(lower, upper + 1))
        return any(self._reaches_before(part, env) for part in _inside(node))

    # ------------------------------------------------------------------------------------------- derivatives

    def run(self, seeds: Seeds) -> Run:
        """The page run forward with these directions, each state once."""
        key = seeds.key()
        if key not in self._runs:
            self._runs[key] = Run(self, seeds)
        return self._runs[key]

    @property
    def plain(self) -> Run:
        """The page run forward without directions."""
        return self.run(Seeds())

    def derivative(self, node: Total | Partial, env: Env) -> Jets:
        """A derivative as the convention arranges it, without directions."""
        key = (
            node,
            tuple(sorted((name, env[name]) for name in free_indices(node) if name in env)),
            self._clocks(node, env),
        )
        if key not in self._derivatives:
            self._derivatives[key] = self._derivative(node, env)
        return self._derivatives[key]

    def _clocks(self, node: Expr, env: Env) -> tuple[int | None, ...]:
        return tuple(env.get(self.clock(part) or "") for part in walk(node) if isinstance(part, Letter))

    def _derivative(self, node: Total | Partial, env: Env) -> Jets:
        of, wrt = node.of, node.wrt
        if any(isinstance(part, (Total, Partial, Block)) for part in walk(of)):
            raise Unclear("a derivative of a derivative")
        step = self.step_of(of, env)
        match wrt:
            case Letter(kind="weight"):
                only, shape = None, self.shape_of(wrt)
            case Copy(weight=letter, index=index):
                if isinstance(node, Partial):
                    raise Unclear("an immediate partial in a copy")
                only, wrt, shape = _value(index, env), letter, self.shape_of(letter)
            case Letter() | At():
                return self._in_state(node, step, env)
            case _:
                raise Clash(f"a derivative in {wrt}")
        held = None
        if isinstance(node, Partial):
            if isinstance(of, At):
                only, held = step, step
            elif isinstance(of, Apply):
                # In what is none of its arguments it goes through the letters of its step.
                held = NEVER if wrt in walk(of) else self._step_inside(of, env)
                only = None if wrt in walk(of) else held
            else:
                raise Clash(f"an immediate partial of {of}")
        places: dict[Letter, int] = {}
        size = 0
        for leaf in self.blocks(wrt):
            places[leaf] = size
            size += self.shape_of(leaf)[0] * self.shape_of(leaf)[1]
        return self._arranged(self.run(Seeds(size, places, only, None, held)).value(of, env, OUTSIDE), shape)

    def _in_state(self, node: Total | Partial, step: int | None, env: Env) -> Jets:
        of, wrt = node.of, node.wrt
        if isinstance(wrt, Letter):
            raise Unclear(f"a derivative in {wrt}")
        assert isinstance(wrt, At)
        at = _value(wrt.index, env)
        if at < 0:
            raise NotStated(f"{wrt} is before the first step")
        shape = self.shape_of(wrt.letter)
        held = None
        if wrt.letter.kind == "state":
            if isinstance(node, Partial) and isinstance(of, Apply):
                held = NEVER if wrt in walk(of) else None
            elif isinstance(node, Partial) and (node.own or node.held):
                if step is None:
                    raise Unclear(f"an immediate partial of {of}")
                held = step
        elif isinstance(node, Partial):
            if not isinstance(of, (At, Apply)):
                raise Clash(f"an immediate partial of {of}")
            held = step if isinstance(of, At) else NEVER
        seeds = Seeds(shape[0] * shape[1], {}, None, (wrt.letter, at), held)
        found = self.run(seeds).value(of, env, OUTSIDE)
        if held == step and step is not None and step - at > 1 and not found[..., 1:].any():
            # It does not stand in the step itself.
            if isinstance(node, Partial) and node.own:
                raise Unclear("several steps, of a definition alone")
            found = self.run(replace(seeds, way=True)).value(of, env, OUTSIDE)
        return self._arranged(found, shape)

    def _step_inside(self, of: Apply, env: Env) -> int:
        """The one step of the letters that a function is of."""
        steps = {_value(part.index, env) for part in walk(of) if isinstance(part, At) and part.letter.kind == "state"}
        if len(steps) != 1:
            raise Unclear(f"the step of {of}")
        return steps.pop()

    def step_of(self, of: Expr, env: Env) -> int | None:
        """The step of what is differentiated, where it has one."""
        if isinstance(of, At):
            return _value(of.index, env)
        if isinstance(of, Letter) and (clock := self.clock(of)) is not None:
            return env.get(clock)
        return None

    def _arranged(self, found: Jets, shape: tuple[int, int]) -> Jets:
        is_scalar = found.shape[:2] == (1, 1)
        # Rows: entries of what is differentiated, column by column; columns: the directions, which are so too.
        entries = found.transpose(1, 0, 2).reshape(-1, found.shape[2])[:, 1:]
        is_matrix = shape[1] > 1
        match self.convention:
            case "mixed" if is_scalar:
                entries = entries.reshape(shape[1], shape[0]).T
            case "denominator":
                entries = entries.reshape(shape[1], shape[0]).T if is_scalar else entries.T
            case "numerator, matrices transposed" if is_scalar and is_matrix:
                entries = entries.reshape(shape[1], shape[0])
        return np.ascontiguousarray(entries)[:, :, None]


def _letter(node: Expr) -> Letter:
    if not isinstance(node, Letter):
        raise Unclear(f"a block that is {node}")
    return node


def _body(equation: Equation) -> Expr:
    return equation.right if equation.right is not None else equation.names[-1]


def _value(index: Index, env: Env) -> int:
    try:
        return index.constant + sum(count * env[name] for name, count in index.terms)
    except KeyError as error:
        raise Unclear(f"nothing gives {error.args[0]} a value") from None


def _inside(node: Expr) -> Iterator[Expr]:
    for name in node.__dataclass_fields__:
        held: Any = getattr(node, name)
        if isinstance(held, tuple):
            yield from (part for part in held if hasattr(part, "__dataclass_fields__") and not isinstance(part, Index))
        elif hasattr(held, "__dataclass_fields__") and not isinstance(held, (Index, Fraction)):
            yield held


# --------------------------------------------------------------------------------------------------- a run


class Run:
    """A page run forward on jets."""

    def __init__(self, world: World, seeds: Seeds) -> None:
        self._world, self._seeds, self._size = world, seeds, seeds.directions
        self._states: dict[tuple[Letter, int], Jets] = {}

    def state(self, letter: Letter, step: int) -> Jets:
        """A state or data at a step."""
        if (letter, step) not in self._states:
            self._states[letter, step] = self._state(letter, step)
        return self._states[letter, step]

    def _state(self, letter: Letter, step: int) -> Jets:
        seeds, world = self._seeds, self._world
        if self._size:
            found = lifted(world.plain.state(letter, step), self._size)
            if seeds.variable == (letter, step):
                return _varied(found, 0)
            before = seeds.held is not None and step < seeds.held
            varied, at = seeds.variable or (None, 0)
            if before and seeds.way and letter == varied and step > at:
                return world.run(replace(seeds, held=step)).state(letter, step)
            if letter.kind == "data" or before:
                return found
        known = world.definition(letter, step) if letter.kind == "state" else None
        if known is not None:
            return self.value(*known, step)
        made = lifted(world.leaf(letter, step), self._size)
        return made * 0 if world.zero_start and letter.kind == "state" else made

    def weight(self, letter: Letter, step: int) -> Jets:
        """A weight as a step uses it."""
        blocks = self._world.blocks(letter)
        if blocks != [letter]:
            return np.concatenate([self.weight(block, step) for block in blocks], axis=1)
        made = lifted(self._world.leaf(letter, None), self._size)
        place = self._seeds.weights.get(letter)
        return made if place is None or self._seeds.only not in (None, step) else _varied(made, place)

    def value(self, node: Expr, env: Env, step: int) -> Jets:
        """An expression where its indices have these values; ``step``: the one whose definition it stands in."""

        def inner(part: Expr) -> Jets:
            return self.value(part, env, step)

        match node:
            case Number(value):
                return self._scalar(rational(value))
            case IndexValue(index):
                return self._scalar(_value(index, env) % PRIME)
            case Letter(kind="weight"):
                return self.weight(node, step)
            case Letter(kind="state"):
                clock = self._world.clock(node)
                return self.state(node, 0 if clock is None else _value(Index.letter(clock), env))
            case Letter():
                raise Clash(f"{node} by itself is no value")
            case At(letter, index):
                at = _value(index, env)
                if at < 0 and step == OUTSIDE:
                    raise NotStated(f"{letter} at {at} is before the first step")
                return self.state(letter, at)
            case Add(parts):
                return reduce(plus, map(inner, parts))
            case Mul(parts):
                return self._multiplied(parts, [inner(part) for part in parts])
            case Hadamard(parts):
                values = [inner(part) for part in parts]
                if len({value.shape for value in values}) > 1:
                    raise Clash("a product entry by entry")
                return reduce(entrywise, values)
            case Kronecker(left, right):
                return kronecker(inner(left), inner(right))
            case Power(base, exponent):
                return self._power(inner(base), _value(exponent, env))
            case Sum() | Product():
                return self._ranged(node, env, step)
            case Apply():
                return self._applied(node, [inner(part) for part in node.arguments])
            case Diag(of):
                column = inner(of)
                if column.shape[1] != 1:
                    raise Clash("diag of a matrix")
                return entrywise(
                    one_of(len(column), self._size),
                    np.broadcast_to(column, (len(column), *column.shape[:1], column.shape[2])),
                )
            case Total() | Partial():
                return lifted(self._world.derivative(node, env), self._size)
            case Block(of, part):
                return lifted(self._block(of, part, env), self._size)
            case Concat(parts):
                values = [inner(one) for one in parts]
                if len({len(value) for value in values}) > 1:
                    raise Clash("blocks side by side")
                return np.concatenate(values, axis=1)
            case Transpose(of):
                return inner(of).transpose(1, 0, 2)
            case Zero(like):
                return np.zeros((*self.shape(like, env), 1 + self._size), np.int64)
            case Identity(like):
                return one_of(self._square(like, env), self._size)
            case Ones(like):
                return lifted(np.ones((*self.shape(like, env), 1), np.int64), self._size)
            case _:
                raise Unclear(f"{type(node).__name__} has no value of its own")

    # ------------------------------------------------------------------------------------------- parts

    def _scalar(self, value: int) -> Jets:
        return lifted(np.full((1, 1, 1), value, np.int64), self._size)

    def _multiplied(self, parts: tuple[Expr, ...], values: list[Jets]) -> Jets:
        made, before, scaled = values[0], parts[0], True
        for part, value in zip(parts[1:], values[1:], strict=True):
            gated = self._world.gates and scaled and (_has_a_number(before) or _has_a_number(part))
            columns = made.shape == value.shape and made.shape[0] > 1 and made.shape[1] == 1
            scaled = (gated and columns) or (scaled and made.shape[:2] == (1, 1))
            made = entrywise(made, value) if gated and columns else times(made, value)
            before = part
        return made

    def _power(self, base: Jets, exponent: int) -> Jets:
        if base.shape[0] != base.shape[1]:
            raise Clash("a power of what is not square")
        base = inverse(base) if exponent < 0 else base
        return reduce(times, [base] * abs(exponent), one_of(len(base), self._size))

    def _ranged(self, node: Sum | Product, env: Env, step: int) -> Jets:
        lower, upper = _value(node.lower, env), _value(node.upper, env)
        parts = [self.value(node.body, {**env, node.index: at}, step) for at in range(lower, upper + 1)]
        inside = {**env, node.index: max(lower, 1)}
        if isinstance(node, Sum):
            return (
                reduce(plus, parts) if parts else np.zeros((*self.shape(node.body, inside), 1 + self._size), np.int64)
            )
        if any(part.shape[0] != part.shape[1] for part in parts):
            raise Clash("the factors of a product are not square")
        if not parts:
            return one_of(self._square(node.body, inside), self._size)
        return reduce(times, parts if node.ascending else parts[::-1])

    def _square(self, like: Expr, env: Env) -> int:
        rows, columns = self.shape(like, env)
        if rows != columns:
            raise Clash("an identity that is not square")
        return rows

    def _block(self, of: Total | Partial, part: Letter, env: Env) -> Jets:
        wrt = of.wrt
        if not isinstance(wrt, Letter):
            raise Clash(f"a block of {wrt}")
        start = 0
        for leaf in self._world.blocks(wrt):
            size = self._world.shape_of(leaf)[0] * self._world.shape_of(leaf)[1]
            if leaf == part:
                return self._world.derivative(of, env)[:, start : start + size]
            start += size
        raise Clash(f"{wrt} has no block {part}")

    def _applied(self, node: Apply, arguments: list[Jets]) -> Jets:
        function = node.function
        if function.shape is None:
            if len(arguments) != 1:
                raise Clash(f"{function} of {len(arguments)} arguments")
            (argument,) = arguments
            value, slope = self._entries(function, argument[..., 0], node.primes)
            made = argument * slope[..., None] % PRIME
            made[..., 0] = value
            return made
        rows = function.shape[0].at(self._world.sizes)
        flat = np.concatenate([argument.transpose(1, 0, 2).reshape(-1, 1 + self._size) for argument in arguments])
        said = tuple(int(value) for value in flat[:, 0])
        made = np.zeros((rows, 1, 1 + self._size), np.int64)
        for row in range(rows):
            made[row, 0, 0] = self._world.residue(function.symbol, row, None, said)
            for place in range(len(said) if self._size else 0):
                along = self._world.residue(function.symbol, row, place, said)
                made[row, 0, 1:] = (made[row, 0, 1:] + along * flat[place, 1:]) % PRIME
        return made

    def _entries(self, function: Letter, arguments: Jets, primes: int) -> tuple[Jets, Jets]:
        pairs = [self._one(function.symbol, int(argument), primes) for argument in arguments.flat]
        value, slope = (np.array(column, np.int64).reshape(arguments.shape) for column in zip(*pairs, strict=True))
        return value, slope

    def _one(self, name: str, argument: int, primes: int) -> tuple[int, int]:
        """A function that was differentiated some times, and its slope, at one number."""
        world = self._world
        if name not in RULES:
            return world.residue(name, primes, argument), world.residue(name, primes + 1, argument)
        rule, at_minus = RULES[name]
        base = min(argument, PRIME - argument)
        f = world.residue(name, base)
        if base != argument:
            f = -f % PRIME if at_minus == -1 else (1 - f) % PRIME
        if name == "tanh" and argument == 0:
            f = 0
        found: Polynomial = (0, 1)
        for _ in range(primes):
            found = derived(found, rule)
        values = [sum(c * pow(f, k, PRIME) for k, c in enumerate(p)) % PRIME for p in (found, derived(found, rule))]
        return values[0], values[1]

    # ------------------------------------------------------------------------------------------- shapes

    def shape(self, node: Expr, env: Env) -> tuple[int, int]:
        """Rows and columns of what is written, where nothing of it may be evaluated: an empty sum has them too."""
        match node:
            case Number() | IndexValue():
                return 1, 1
            case Letter():
                return self._world.shape_of(node)
            case At(letter, _):
                return self._world.shape_of(letter)
            case Add(parts) | Hadamard(parts):
                shapes = {self.shape(part, env) for part in parts}
                if len(shapes) > 1:
                    raise Clash("a sum of several shapes")
                return shapes.pop()
            case Mul(parts):
                return reduce(partial(_composed, gates=self._world.gates), (self.shape(part, env) for part in parts))
            case Kronecker(left, right):
                (a, b), (c, d) = self.shape(left, env), self.shape(right, env)
                return a * c, b * d
            case Power(base, _) | Product(base, _):
                found = self.shape(base, env)
                if found[0] != found[1]:
                    raise Clash("a power of what is not square")
                return found
            case Sum(body, _):
                return self.shape(body, env)
            case Apply(function, arguments, _):
                return (function.shape[0].at(self._world.sizes), 1) if function.shape else self.shape(arguments[0], env)
            case Diag(of):
                rows, columns = self.shape(of, env)
                if columns != 1:
                    raise Clash("diag of a matrix")
                return rows, rows
            case Total(of, wrt) | Partial(of, wrt):
                return self._shape_of_derivative(of, wrt, env)
            case Block(of, part):
                rows, columns = self._world.shape_of(part)
                return self.shape(of, env)[0], rows * columns
            case Concat(parts):
                shapes_of = [self.shape(part, env) for part in parts]
                return shapes_of[0][0], sum(columns for _, columns in shapes_of)
            case Transpose(of):
                rows, columns = self.shape(of, env)
                return columns, rows
            case Zero(like) | Identity(like) | Ones(like):
                return self.shape(like, env)
            case _:
                raise Unclear(f"{type(node).__name__} has no shape")

    def _shape_of_derivative(self, of: Expr, wrt: Expr, env: Env) -> tuple[int, int]:
        letter = wrt.letter if isinstance(wrt, At) else wrt.weight if isinstance(wrt, Copy) else wrt
        if not isinstance(letter, Letter):
            raise Clash(f"a derivative in {wrt}")
        rows, columns = self.shape(of, env)
        zeros = np.zeros((rows, columns, 1 + np.prod(self._world.shape_of(letter), dtype=int)), np.int64)
        found = self._world._arranged(zeros, self._world.shape_of(letter))
        return found.shape[0], found.shape[1]


def _has_a_number(node: Expr) -> bool:
    """Whether it is a sum with a number that stands at each entry, as in 1 - h_t."""
    parts = node.parts if isinstance(node, Add) else ()
    return any(isinstance(part, Ones) or (isinstance(part, Mul) and isinstance(part.parts[-1], Ones)) for part in parts)


def _composed(a: tuple[int, int], b: tuple[int, int], *, gates: bool) -> tuple[int, int]:
    if a == (1, 1):
        return b
    if b == (1, 1):
        return a
    if gates and a == b and a[1] == 1:
        return a
    if a[1] != b[0]:
        raise Clash(f"{a} times {b}")
    return a[0], b[1]


def _varied(values: Jets, place: int) -> Jets:
    made = values.copy()
    rows, columns = values.shape[:2]
    for row in range(rows):
        for column in range(columns):
            made[row, column, 1 + place + column * rows + row] = 1
    return made


# --------------------------------------------------------------------------------------------------- claims


@dataclass(frozen=True)
class Truth:
    """At which steps both sides agree, at which they differ, and at which the claim says nothing.

    ``vanishes``: both sides are zero at every step. ``clash``: the shapes do not compose, and nothing was compared.
    """

    same: tuple[int, ...] = ()
    differs: tuple[int, ...] = ()
    unstated: tuple[int, ...] = ()
    vanishes: bool = True
    clash: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is stated somewhere and true wherever it is stated."""
        return not self.clash and not self.differs and bool(self.same)


POINTS = 2


class Evaluator:
    """A page and its random points, so that many claims about it, and many meanings of one, share what was run."""

    def __init__(self, page: Derivation, seed: int = 0) -> None:
        self._page, self._seed = page, seed
        self._worlds: dict[object, list[World]] = {}

    def truth(
        self,
        equation: Equation,
        steps: range,
        sizes: Mapping[str, int],
        *,
        convention: Convention = "numerator",
        zero_start: bool = False,
        gates: bool = False,
    ) -> Truth:
        """Where a claim is true; raises :class:`Unclear` where it has no settled meaning.

        ``zero_start``: first states that the page leaves open are 0. ``gates``: a column beside one that a number is
        added to, h (1 - h), is multiplied entry by entry.
        """
        key = (tuple(sizes.items()), convention, zero_start, gates)
        if key not in self._worlds:
            seeds = range(self._seed, self._seed + POINTS)
            self._worlds[key] = [World(self._page, sizes, seed, convention, zero_start, gates) for seed in seeds]
        same: list[int] = []
        differs: list[int] = []
        unstated: list[int] = []
        vanishes = True
        for step in steps:
            try:
                told = [side_by_side(world, equation, step) for world in self._worlds[key]]
            except NotStated:
                unstated.append(step)
                continue
            except Clash as clash:
                return Truth(clash=str(clash))
            (same if all(equal for equal, _ in told) else differs).append(step)
            vanishes = vanishes and all(zero for _, zero in told)
        return Truth(tuple(same), tuple(differs), tuple(unstated), vanishes)


def side_by_side(world: World, equation: Equation, step: int) -> tuple[bool, bool]:
    """Whether both sides are equal at a step, in every weight and range they are stated for; and whether both are 0."""
    if equation.start is not None and step < equation.start:
        raise NotStated(f"it is stated from {equation.start} on")
    equal, zero, met = True, True, False
    left, right = equation.sides
    for env in values_of(world, equation, step):
        met = True
        one, other = (world.plain.value(side, env, OUTSIDE) for side in (left, right))
        if one.shape != other.shape:
            raise Clash(f"{one.shape[:2]} is {other.shape[:2]}")
        equal = equal and bool((one == other).all())
        zero = zero and not one.any() and not other.any()
    if not met:
        raise NotStated("there is no value for its indices")
    return equal, zero


def values_of(world: World, equation: Equation, step: int) -> Iterator[Env]:
    """The values of the indices of a claim at a step: the free one is the step, and ranges are run through."""
    bound = {index.name() for index, _, _ in equation.for_each}
    used = {name for _, lower, upper in equation.for_each for name in lower.letters() | upper.letters()}
    for side in equation.sides:
        used |= free_indices(side)
        for node in walk(side):
            if isinstance(node, Letter) and (clock := world.clock(node)) is not None:
                used.add(clock)
    free = sorted(used - bound)
    if len(free) > 1:
        raise Clash(f"{' and '.join(free)} are both free")
    envs: list[dict[str, int]] = [dict.fromkeys(free, step)]
    for index, lower, upper in equation.for_each:
        envs = [{**env, index.name(): at} for env in envs for at in range(_value(lower, env), _value(upper, env) + 1)]
    yield from envs
