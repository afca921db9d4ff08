"""The right side of a claim as matrix code, in the order in which the page multiplies.

A derivative is never built by itself: what stands on its left is pulled back through the definitions (``matrices``). So
``X · ∂⁺h_k/∂W`` is one step, ``X · d h_t/d W`` a sweep from step t to the first, and all such sweeps of one side are
one. What the page writes as Σ_i Π_j is computed in t steps, not t².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbptt.emit.helpers import TURN
from symbptt.emit.matrices import Names, Rules, Sinks
from symbptt.emit.python import index_text, quoted, wrapped
from symbptt.errors import Undecided
from symbptt.page.notation import (
    ONE,
    Add,
    At,
    Block,
    Copy,
    Expr,
    Index,
    Laid,
    Letter,
    Mul,
    Partial,
    Product,
    Shape,
    Sum,
    Total,
    owner,
    substitute,
    walk,
)
from symbptt.page.shapes import SCALAR
from symbptt.proofs.cascades import runs_along

Left = tuple[str, Shape] | None
"""What stands on the left: its code with its shape, or None for the identity."""


def derives(node: Expr) -> bool:
    """Whether a derivative stands in the expression."""
    return any(isinstance(part, (Total, Partial, Block)) for part in walk(node))


def plain(node: Expr) -> Expr:
    """The block of a derivative in a concatenated weight as the derivative in that block."""
    return replace(node.of, wrt=node.part) if isinstance(node, Block) else node


def derivatives(*sides: Expr) -> list[Total | Partial]:
    """Every derivative in the sides, the block of one as the derivative in that block."""
    return [node for side in sides for node in map(plain, walk(side)) if isinstance(node, (Total, Partial))]


class RightSide:
    """A right side in one weight, ``main``; None where its left side is a value or differentiates in a state.

    ``whole`` says, when it is written, whether every term of it is a share of some step of the weight.
    """

    def __init__(self, rules: Rules, main: Letter | None) -> None:
        self.rules, self.code, self.main = rules, rules.code, main
        rules.clock, rules.beyond = "None", lambda node, names: self.times(None, node, names)[0]
        self.whole = main is not None

    # ------------------------------------------------------------------------------------------- adding

    def add(self, node: Expr, left: Left, names: Names) -> None:
        """Lines that add ``left`` times the expression to ``shares``, to ``states``, or to ``rest``."""
        node = plain(node)
        match node:
            case Add():
                held = self._held(left)
                for part in node.parts:
                    self.add(part, held, names)
            case Mul():
                self._add_product(node, left, names)
            case Sum(body=Mul(parts=(Product() as product, *rest))) if left is None and runs_along(node, product):
                self._add_cascade(node, product, rest, names)
            case Sum():
                held = self._held(left)
                with self.rules.loop(node, names) as inner:
                    self.add(node.body, held, inner)
            case Partial(of=At(), wrt=Letter() as wrt) if wrt == self.main:
                self._pull_inside(node, self._text(left, node), names, "shares")
            case Total(of=At() as of, wrt=Letter() as wrt) if wrt == self.main:
                self.code.line(f"_put(states, {self.rules.state(of, names)}, {self._text(left, node)})")
            case _:
                self.whole = False
                text, _ = self.times(left, node, names)
                self.code.line(f"rest = rest + {text}")

    def _add_product(self, node: Mul, left: Left, names: Names) -> None:
        # A scalar commutes: in front it leaves the derivative at the end, where it is pulled back.
        scalars = [part for part in node.parts if self.rules.shape(part) == SCALAR and not derives(part)]
        *before, last = (*scalars, *(part for part in node.parts if part not in scalars))
        for part in before:
            left = self._joined(left, part, names)
        shape = self.rules.shape(last)
        if left is not None and left[1][1] != shape[0]:
            if left[1] == SCALAR:
                left = f"np.eye({self.rules.size(shape[0])}) * {left[0]}", (shape[0], shape[0])
            else:
                left = self._joined(left, last, names)
                self.whole = False
                self.code.line(f"rest = rest + {left[0]}")
                return
        self.add(last, left, names)

    def _held(self, left: Left) -> Left:
        return None if left is None else (self.code.bound(left[0], "left"), left[1])

    def _text(self, left: Left, node: Expr) -> str:
        """What stands on the left of a derivative, as a matrix with a name."""
        if left is None:
            return f"np.eye({self.rules.size(self.rules.shape(node)[0])})"
        return self.code.bound(f"np.eye(1) * {wrapped(left[0])}" if left[1] == SCALAR else left[0], "left")

    def _pull_inside(self, node: Partial, left: str, names: Names, shares: str, states: str = "None") -> None:
        """Lines that pull back through a state and the letters of its step; through it alone where that is meant."""
        of = node.of
        if not isinstance(of, At) or of.letter.kind != "state":
            raise Undecided(f"{of} is no state: it has no definition to pull back through")
        name, step = self.rules.state(of, names).split(", ", 1)
        sweeps = not node.own and self.rules.page.meaning.beside(of)
        if sweeps and states == "None":
            states = self.code.name("states")
            self.code.line(f"{states} = {{}}")
        self.code.line(f"self._pull({name}, {step}, {left}, {states}, {shares})")
        if sweeps:
            stop = "None"
            if isinstance(node.wrt, At) and node.is_jacobian():
                stop = f"({self.rules.state(node.wrt, names)})"
            self.code.line(f"self._sweep({states}, {shares}, {stop}, {step})")

    def _add_cascade(self, node: Sum, product: Product, rest: Sequence[Expr], names: Names) -> None:
        first = product.lower.substitute({node.index: node.upper})
        code, rules = self.code, self.rules
        shape = rules.shape(product.body)
        cascade = code.name("cascade")
        code.line(f"# Σ over {node.index}, the largest first: {quoted(str(product))} gains a factor on its right.")
        code.line(f"{cascade} = np.eye({rules.size(shape[0])})")
        gap = first - product.upper
        if gap.terms or gap.constant < 0:
            j = code.name(f"{product.index}_")
            with code.block(f"for {j} in range({index_text(product.upper, names)}, {index_text(first, names)}, -1):"):
                text, _ = self.times((cascade, shape), product.body, {**names, product.index: j})
                code.line(f"{cascade} = {text}")
        i = code.name(f"{node.index}_")
        inner = {**names, node.index: i}
        upper, lower = index_text(node.upper, names), index_text(node.lower - 1, names)
        with code.block(f"for {i} in range({upper}, {lower}, -1):"):
            factor = substitute(product.body, {product.index: product.lower})
            if gap.terms or gap.constant > 0:
                low, high = index_text(product.lower, inner), index_text(product.upper, inner)
                with code.block(f"if {low} <= {high}:"):
                    code.line(f"{cascade} = {self.times((cascade, shape), factor, inner)[0]}")
            else:
                code.line(f"{cascade} = {self.times((cascade, shape), factor, inner)[0]}")
            self.add(rest[0] if len(rest) == 1 else Mul(tuple(rest)), (cascade, shape), inner)

    # ------------------------------------------------------------------------------------------- multiplying

    def times(self, left: Left, node: Expr, names: Names) -> tuple[str, Shape]:
        """``left`` times the expression: its code and shape."""
        node = plain(node)
        own = self.rules.shape(node)
        shape = own if left is None else (left[1][0], own[1])
        if not derives(node) and not isinstance(node, Product):
            return self._on_the_right(left, node, self.rules.value(node, names)), shape
        match node:
            case Mul():
                for part in node.parts:
                    left = self._joined(left, part, names)
                assert left is not None
                return left
            case Add():
                held = self._held(left)
                parts = [self.code.bound(self.times(held, part, names)[0], "part") for part in node.parts]
                return " + ".join(parts), shape
            case Sum():
                held, total = self._held(left), self.code.name("sum")
                self.code.line(f"{total} = np.zeros(({self.rules.size(shape[0])}, {self.rules.size(shape[1])}))")
                with self.rules.loop(node, names) as inner:
                    self.code.line(f"{total} = {total} + {self.times(held, node.body, inner)[0]}")
                return total, shape
            case Product():
                return self._multiplied(node, left, names), shape
            case Total() | Partial():
                return self._derivative(node, left, names), shape
            case Laid():
                return self._on_the_right(left, node, self._arranged(node, names)), shape
            case _:
                # Whatever else holds a derivative is a value made of one: a transpose, a product entry by entry.
                return self._on_the_right(left, node, self.rules.value(node, names)), shape

    def _arranged(self, node: Laid, names: Names) -> str:
        """A derivative in another layout than the numerator's."""
        text = wrapped(self.times(None, node.of, names)[0])
        rows, columns = self.rules.shape(owner(node.wrt))
        if node.arrangement == "transposed" or (columns == ONE and node.arrangement == "shaped"):
            return f"{text}{TURN}"
        made = f"_shaped({text}, {self.rules.size(rows)}, {self.rules.size(columns)})"
        return made if node.arrangement == "shaped" else f"{made}{TURN}"

    def _on_the_right(self, left: Left, node: Expr, text: str) -> str:
        if left is None:
            return text
        # A scalar may be a number of Python, which has no rows and columns.
        sign = "*" if SCALAR in (left[1], self.rules.shape(node)) else "@"
        return f"{wrapped(left[0])} {sign} {wrapped(text)}"

    def _joined(self, left: Left, part: Expr, names: Names) -> tuple[str, Shape]:
        if left is None:
            return self.times(None, part, names)
        own = self.rules.shape(part)
        if left[1][1] == own[0] and not (own == SCALAR and left[1][1] != ONE):
            return self.times(left, part, names)
        # One of the two is a scalar.
        text, _ = self.times(None, part, names)
        return f"{wrapped(left[0])} * {wrapped(text)}", own if left[1] == SCALAR else left[1]

    def _multiplied(self, node: Product, left: Left, names: Names) -> str:
        shape = self.rules.shape(node.body)
        start = f"np.eye({self.rules.size(shape[0])})" if left is None else left[0]
        name = self.code.name("product")
        self.code.line(f"{name} = {start}")
        rows = shape[0] if left is None else left[1][0]
        j = self.code.name(f"{node.index}_")
        low, high = (node.lower, node.upper + 1) if node.ascending else (node.upper, node.lower - 1)
        run = f"range({index_text(low, names)}, {index_text(high, names)}{'' if node.ascending else ', -1'})"
        with self.code.block(f"for {j} in {run}:"):
            text, _ = self.times((name, (rows, shape[0])), node.body, {**names, node.index: j})
            self.code.line(f"{name} = {text}")
        return name

    # ------------------------------------------------------------------------------------------- derivatives

    def _derivative(self, node: Total | Partial, left: Left, names: Names) -> str:
        rows, columns = self.rules.shape(node)
        text = self._text(left, node)
        if isinstance(node.wrt, At) and node.wrt.letter.kind == "state":
            size = f"({self.rules.size(rows if left is None else left[1][0])}, {self.rules.size(columns)})"
            return self._jacobian(node, text, names, size)
        shares = self.code.name("shares")
        self.code.line(f"{shares} = []")
        if isinstance(node, Partial) and isinstance(node.of, At) and node.of.letter.kind == "state":
            self._pull_inside(node, text, names, shares)
        else:
            if isinstance(node, Partial) and not node.own and owner(node.wrt) not in walk(node.of):
                raise Undecided(f"{node} has no rule in matrices: {node.wrt} stands in other letters of the step")
            states = None if isinstance(node, Partial) else self.code.name("states")
            if states is not None:
                self.code.line(f"{states} = {{}}")
            self.rules.pull(node.of, text, names, Sinks(states, shares))
            if states is not None:
                self.code.line(f"self._sweep({states}, {shares})")
        letter = owner(node.wrt)
        chosen = shares
        if isinstance(node.wrt, (At, Copy)):
            chosen = f"[one for one in {shares} if one[1] == {index_text(node.wrt.index, names)}]"
        height = self.rules.size(rows if left is None else left[1][0])
        return f"self._in_{letter.symbol}({chosen}, {height})"

    def _jacobian(self, node: Total | Partial, left: str, names: Names, size: str) -> str:
        assert isinstance(node.wrt, At)
        states, stop = self.code.name("states"), self.rules.state(node.wrt, names)
        self.code.line(f"{states} = {{}}")
        follows = isinstance(node, Total) or not (node.own or node.held)
        if isinstance(node, Partial) and not follows and isinstance(node.of, At):
            if node.of.index - node.wrt.index not in (Index.of(0), Index.of(1)):
                raise Undecided(f"{node} over several steps has no rule in matrices")
            self._pull_inside(node, left, names, "None", states)
        else:
            self.rules.pull(node.of, left, names, Sinks(states, None))
        if follows:
            self.code.line(f"self._sweep({states}, None, ({stop}))")
        return f"{states}.get(({stop}), np.zeros({size}))"
