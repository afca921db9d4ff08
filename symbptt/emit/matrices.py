"""Each node of the notation as matrix code: its value, and how a matrix on its left is pulled back through it.

``write_definition`` writes a method for each, for the definition of a state. The rules are local: what is pulled back
into a state or a weight is put down under its name and step, and a sweep from the last step to the first does the rest.
No definition has a path of its own.

``left`` is (*batch, rows, entries), numerator layout: its columns are the entries of the node, column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from symbptt.emit.helpers import TURN
from symbptt.emit.python import Code, dim_text, index_text, wrapped
from symbptt.errors import IllTyped, Undecided
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation
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
    children,
)
from symbptt.page.shapes import SCALAR, shape

Names = Mapping[str, str]
"""What each index letter is called where the code stands."""
ORDERS = ("", "_slope", "_bend")
"""What the name of an activation ends in, and those of its derivatives."""


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where what is pulled back is put: the variables for states and for weights, None where it is not wanted.

    ``guarded``: either may be None when the code runs.
    """

    states: str | None = "states"
    shares: str | None = "shares"
    guarded: bool = False


@dataclass
class Rules:
    """What the code for one claim shares: the page, the attributes of its letters, the sizes there are.

    ``moved`` are the weights and data that the claim differentiates in.
    """

    page: Derivation
    attributes: Mapping[str, str]
    sizes: Collection[str]
    moved: Collection[Letter]
    unindexed: Collection[Letter]
    activation: Activation
    code: Code = field(default_factory=Code)
    kept: dict[Apply, int] | None = None
    """In the definition of a state: the functions that its run has computed, numbered; the k-th is f``k`` there, and
    its slope s``k``."""
    recalled: dict[str, None] = field(default_factory=dict)
    """Which of these, and of their slopes, the pullback asked for."""
    clock: str = "k"
    """The step at which a weight is used."""
    beyond: Callable[[Expr, Names], str] | None = None
    """The value of what has no rule here: a derivative, on the right side of a claim."""

    def afresh(self, kept: dict[Apply, int] | None = None) -> Rules:
        """The same rules for the definition of a state, which has code of its own; ``kept`` where it runs forward."""
        return Rules(self.page, self.attributes, self.sizes, self.moved, self.unindexed, self.activation, kept=kept)

    # ------------------------------------------------------------------------------------------- values

    def shape(self, node: Expr) -> Shape:
        """Rows and columns."""
        return shape(self.page, node)

    def size(self, dim: Dim) -> str:
        """A number of rows or columns as Python."""
        return dim_text(dim, self.sizes)

    def state(self, node: At, names: Names) -> str:
        """Name and step of a state, as Python."""
        if node.letter in self.unindexed:
            return f'"{node.letter.symbol}", None'
        return f'"{node.letter.symbol}", {index_text(node.index, names)}'

    def value(self, node: Expr, names: Names) -> str:
        """The value of an expression without derivatives."""
        match node:
            case Number() | IndexValue():
                return f"np.full((1, 1), {self._scalar(node, names)})"
            case At(letter=letter, index=index):
                at = "None" if letter in self.unindexed else index_text(index, names)
                return f"self.{self.attributes[letter.symbol]}[{at}]"
            case Letter(kind="weight"):
                said = self._said(node)
                return f"self.{self.attributes[node.symbol]}" if said is None else self.value(said, names)
            case Add():
                return " + ".join(self.value(part, names) for part in node.parts).replace("+ -1.0 * ", "- ")
            case Mul():
                return self._product(node.parts, names)
            case Hadamard():
                return " * ".join(wrapped(self.value(part, names)) for part in node.parts)
            case Kronecker():
                return f"_kronecker({self.value(node.left, names)}, {self.value(node.right, names)})"
            case Power():
                base, exponent = wrapped(self.value(node.base, names)), index_text(node.exponent, names)
                if isinstance(node.base, (Number, IndexValue)):
                    base = self._scalar(node.base, names)
                if self.shape(node.base) == SCALAR:
                    return f"{base} ** ({exponent})"
                return f"np.linalg.matrix_power({base}, {exponent})"
            case Apply():
                return self._applied(node, names)
            case Diag():
                return f"{wrapped(self.value(node.of, names))} * np.eye({self.size(self.shape(node)[0])})"
            case Concat():
                return f"_side_by_side({', '.join(self.value(part, names) for part in node.parts)})"
            case Transpose():
                return f"{wrapped(self.value(node.of, names))}{TURN}"
            case Identity():
                return f"np.eye({self.size(self.shape(node)[0])})"
            case Zero() | Ones():
                rows, columns = self.shape(node)
                made = "ones" if isinstance(node, Ones) else "zeros"
                return f"np.{made}(({self.size(rows)}, {self.size(columns)}))"
            case Sum():
                return self._summed(node, names)
            case Letter() | Copy() | Product() | Total() | Partial() | Block() | Laid() | Either():
                if self.beyond is None:
                    raise Undecided(f"{node} has no rule in matrices")
                return self.beyond(node, names)
            case _:
                assert_never(node)

    def _said(self, weight: Letter) -> Expr | None:
        return self.page.meaning.defined(weight).body

    def _scalar(self, node: Number | IndexValue, names: Names) -> str:
        if isinstance(node, IndexValue):
            return f"float({index_text(node.index, names)})"
        value = node.value
        return f"{value.numerator}.0" if value.denominator == 1 else f"({value.numerator} / {value.denominator})"

    def _product(self, parts: Sequence[Expr], names: Names) -> str:
        text, so_far = "", SCALAR
        for part in parts:
            own = self.shape(part)
            factor = self._scalar(part, names) if isinstance(part, (Number, IndexValue)) else self.value(part, names)
            factor = factor if isinstance(part, (Number, IndexValue, Power)) else wrapped(factor)
            sign = "*" if SCALAR in (own, so_far) else "@"
            text = f"{text} {sign} {factor}" if text else factor
            so_far = own if so_far == SCALAR else so_far if own == SCALAR else (so_far[0], own[1])
        return text

    def _summed(self, node: Sum, names: Names) -> str:
        rows, columns = self.shape(node)
        total = self.code.name("sum")
        self.code.line(f"{total} = np.zeros(({self.size(rows)}, {self.size(columns)}))")
        with self.loop(node, names) as inner:
            self.code.line(f"{total} = {total} + {self._alone(node.body, inner)}")
        return total

    def _alone(self, node: Expr, names: Names) -> str:
        # What is computed anew in each turn of a loop cannot have been kept.
        kept, self.kept = self.kept, None
        text = self.value(node, names)
        self.kept = kept
        return text

    @contextmanager
    def loop(self, node: Sum, names: Names) -> Iterator[dict[str, str]]:
        """A loop over the index of a sum; ``with`` gives the names inside it."""
        name = self.code.name(f"{node.index}_")
        bounds = f"{index_text(node.lower, names)}, {index_text(node.upper + 1, names)}"
        with self.code.block(f"for {name} in range({bounds}):"):
            yield {**names, node.index: name}

    def _applied(self, node: Apply, names: Names) -> str:
        function = node.function
        if function.shape is not None:
            given = [self.size(function.shape[0]), *(self.value(part, names) for part in node.arguments)]
            return f"_value_of_{function.symbol}({', '.join(given)})"
        if self.kept is not None and node in self.kept:
            return self._recalled(f"f{self.kept[node]}")
        return self.activated(function, node.primes, self.value(node.arguments[0], names))

    def activated(self, function: Letter, order: int, argument: str, value: str = "") -> str:
        """A function that acts on each entry, differentiated ``order`` times, at an argument; ``value`` is f there."""
        name = f"_{self.activation.standing_for(function.symbol).name}"
        if order == 0:
            return f"{name}({argument})"
        if order >= len(ORDERS):
            raise Undecided(f"a derivative of order {order} of a function has no rule in matrices")
        if not value:
            argument = self.code.bound(argument, "a")
            value = f"{name}({argument})"
        return f"{name}{ORDERS[order]}({argument}, {value})"

    def _recalled(self, name: str) -> str:
        self.recalled[name] = None
        return name

    # ------------------------------------------------------------------------------------------- pulling back

    def moves(self, node: Expr) -> bool:
        """Whether a state, or anything that is differentiated in, stands in the expression."""
        if isinstance(node, Ones):
            return False
        if isinstance(node, At):
            return node.letter.kind == "state" or node.letter in self.moved
        if isinstance(node, Letter):
            said = self._said(node) if node.kind == "weight" else None
            return node in self.moved or (said is not None and self.moves(said))
        return any(map(self.moves, children(node)))

    def pull(self, node: Expr, left: str, names: Names, to: Sinks) -> None:
        """Lines that put ``left`` times the derivative of the expression down where it belongs."""
        if not self.moves(node):
            return
        match node:
            case At() if node.letter.kind == "state":
                if to.states is not None:
                    self._put(f"_put({to.states}, {self.state(node, names)}, {left})", to.states, to)
            case At():
                self._share(node.letter, left, "None", index_text(node.index, names), to)
            case Letter():
                said = self._said(node)
                if said is None:
                    self._share(node, left, "None", self.clock, to)
                else:
                    self.pull(said, left, names, to)
            case Add():
                for part in node.parts:
                    self.pull(part, left, names, to)
            case Mul():
                self._pull_product(node, left, names, to)
            case Hadamard():
                for place, part in enumerate(node.parts):
                    if self.moves(part):
                        others = node.parts[:place] + node.parts[place + 1 :]
                        factor = self._row(others[0] if len(others) == 1 else Hadamard(others), names)
                        self.pull(part, self.code.bound(f"{left} * {factor}", "left"), names, to)
            case Power():
                self._pull_power(node, left, names, to)
            case Apply():
                self._pull_applied(node, left, names, to)
            case Diag():
                step = f"{self.size(self.shape(node)[0])} + 1"
                self.pull(node.of, self.code.bound(f"{left}[..., :: {step}]", "left"), names, to)
            case Concat():
                self._pull_blocks(node, left, names, to)
            case Transpose():
                rows, columns = self.shape(node)
                if ONE not in (rows, columns):
                    left = self.code.bound(f"_turned({left}, {self.size(rows)}, {self.size(columns)})", "left")
                self.pull(node.of, left, names, to)
            case Sum():
                kept, self.kept = self.kept, None
                with self.loop(node, names) as inner:
                    self.pull(node.body, left, inner, to)
                self.kept = kept
            case Number() | IndexValue() | Zero() | Identity() | Ones():
                pass  # nothing in it moves
            case Copy() | Kronecker() | Product() | Total() | Partial() | Block() | Laid() | Either():
                raise Undecided(f"{node} has no rule in matrices")
            case _:
                assert_never(node)

    def _put(self, line: str, sink: str, to: Sinks) -> None:
        if to.guarded:
            with self.code.block(f"if {sink} is not None:"):
                self.code.line(line)
        else:
            self.code.line(line)

    def _share(self, letter: Letter, left: str, column: str, step: str, to: Sinks) -> None:
        if to.shares is not None and letter in self.moved:
            self._put(f'{to.shares}.append(("{letter.symbol}", {step}, {left}, {column}))', to.shares, to)

    def _row(self, node: Expr, names: Names) -> str:
        """The entries of a matrix as a row."""
        text = wrapped(self.value(node, names))
        return f"{text}{TURN}" if self.shape(node)[1] == ONE else f"_vec({text}){TURN}"

    def _pull_product(self, node: Mul, left: str, names: Names, to: Sinks) -> None:
        first, second = self._split(node)
        one, other = self.shape(first), self.shape(second)
        if SCALAR in (one, other):
            for part, beside in ((first, second), (second, first)):
                if self.moves(part):
                    self.pull(part, self.code.bound(self._scaled(left, part, beside, names), "left"), names, to)
            return
        if self.moves(second):
            # Bound where it is used: most of what is pulled back ends in a state.
            text = wrapped(self.value(first, names))
            whole = f"{left} @ {text}" if other[1] == ONE else f"_to_second({left}, {text})"
            if isinstance(second, At):
                self.pull(second, whole, names, to)
            else:
                self.pull(second, self.code.bound(whole, "left"), names, to)
        if self.moves(first):
            text = self.value(second, names)
            if isinstance(first, Letter) and first in self.moved and other[1] == ONE:
                self._share(first, left, text, self.clock, to)
            else:
                moved = f"_to_first({left}, {text}, {self.size(one[0])})"
                self.pull(first, self.code.bound(moved, "left"), names, to)

    def _scaled(self, left: str, part: Expr, beside: Expr, names: Names) -> str:
        """``left`` pulled back through a product of a scalar, into one of the two factors."""
        if self.shape(beside) == SCALAR:
            return f"{left} * {self._product((beside,), names)}"
        column = wrapped(self.value(beside, names))
        return f"{left} @ {column}" if self.shape(beside)[1] == ONE else f"{left} @ _vec({column})"

    def _split(self, node: Mul) -> tuple[Expr, Expr]:
        # From the right where that composes: a matrix by a column costs less than a matrix by a matrix.
        *front, last = node.parts
        first, rest = node.parts[0], _joined(node.parts[1:])
        try:
            inner = self.shape(rest)
            if SCALAR in (inner, self.shape(first)) or self.shape(first)[1] == inner[0]:
                return first, rest
        except IllTyped:
            pass
        return _joined(tuple(front)), last

    def _pull_power(self, node: Power, left: str, names: Names, to: Sinks) -> None:
        if self.shape(node.base) != SCALAR:
            raise Undecided(f"{node} has no rule in matrices: a power of a matrix is not differentiated")
        exponent = index_text(node.exponent, names)
        base = wrapped(self.value(node.base, names))
        slope = f"({exponent}) * {base} ** ({index_text(node.exponent - 1, names)})"
        self.pull(node.base, self.code.bound(f"{left} * {wrapped(slope)}", "left"), names, to)

    def _pull_applied(self, node: Apply, left: str, names: Names, to: Sinks) -> None:
        function = node.function
        if function.shape is not None:
            given = [self.size(function.shape[0]), *(self.value(part, names) for part in node.arguments)]
            slopes = self.code.name("slopes")
            self.code.line(f"{slopes} = _slopes_of_{function.symbol}({', '.join(given)})")
            for place, part in enumerate(node.arguments):
                if self.moves(part):
                    self.pull(part, self.code.bound(f"{left} @ {slopes}[{place}]", "left"), names, to)
            return
        (argument,) = node.arguments
        if self.kept is not None and node in self.kept:
            slope = self._recalled(f"s{self.kept[node]}")
        else:
            slope = wrapped(self.activated(function, node.primes + 1, self.value(argument, names)))
        row = f"{slope}{TURN}" if self.shape(node)[1] == ONE else f"_vec({slope}){TURN}"
        self.pull(argument, self.code.bound(f"{left} * {row}", "left"), names, to)

    def _pull_blocks(self, node: Concat, left: str, names: Names, to: Sinks) -> None:
        start = "0"
        for part in node.parts:
            rows, columns = self.shape(part)
            end = self.code.name("end")
            self.code.line(f"{end} = {start} + {self.size(rows * columns)}")
            if self.moves(part):
                self.pull(part, self.code.bound(f"{left}[..., {start}:{end}]", "left"), names, to)
            start = end


def _joined(parts: tuple[Expr, ...]) -> Expr:
    return parts[0] if len(parts) == 1 else Mul(parts)


# --------------------------------------------------------------------------------------------------- one definition


def applications(node: Expr) -> dict[Apply, None]:
    """The functions in a definition that act on each entry, inner before outer, none of them inside a sum."""
    found: dict[Apply, None] = {}
    if not isinstance(node, (Sum, Ones)):
        for child in children(node):
            found |= applications(child)
        if isinstance(node, Apply) and node.function.shape is None:
            found[node] = None
    return found


def write_definition(rules: Rules, head: At, body: Expr, name: str, last: Mapping[str, str]) -> list[str]:
    """Two methods: ``_run_NAME`` computes a state from its definition, ``_pull_NAME`` pulls a matrix back through it.

    ``last`` is what an unindexed state calls its clock. What the second asks of the first is kept beside the state.
    """
    names = dict(last) if head.letter in rules.unindexed else dict.fromkeys(head.index.letters(), "k")
    known = {node: place for place, node in enumerate(applications(body), 1)}
    pulling = rules.afresh(known)
    with pulling.code.block(f"def _pull_{name}(self, k, left, states, shares):"):
        pulling.pull(body, "left", names, Sinks(guarded=True))
    running = rules.afresh({})
    assert running.kept is not None
    state = f"self.{rules.attributes[head.letter.symbol]}"
    with running.code.block(f"def _run_{name}(self, k):"):
        for node, place in known.items():
            argument = running.value(node.arguments[0], names)
            called, slope = f"f{place}", f"s{place}"
            if slope in pulling.recalled or node.primes:
                argument = running.code.bound(argument, "a")
            running.code.line(f"{called} = {running.activated(node.function, node.primes, argument)}")
            if slope in pulling.recalled:
                value = "" if node.primes else called
                running.code.line(f"{slope} = {running.activated(node.function, node.primes + 1, argument, value)}")
            running.kept[node] = place
        running.code.line(f"{state}[k] = {running.value(body, names)}")
        kept = ", ".join(pulling.recalled)
        if kept:
            running.code.line(f"self._kept_{name}[k] = ({kept},)")
    pulled = pulling.code.lines
    if kept:
        pulled.insert(1, f"    ({kept},) = self._kept_{name}[k]")
    if len(pulled) == 1:
        pulled.append("    pass")
    return [*running.code.lines, "", *pulled]
