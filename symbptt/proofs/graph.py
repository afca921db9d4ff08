"""SymPy expressions as shared graphs: each node is visited once, and never by recursion.

An unrolled state is a small graph and a huge tree. ``sympy.diff``, ``subs`` and ``evalf`` walk the tree; these walks
do the same on the graph, asking SymPy for each node's own rule.
"""

from __future__ import annotations

import operator
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from sympy import Add, Basic, Dummy, Expr, Integer, Mul, Pow, S, Symbol

from symbptt.functions import TABLE, NamedFunction
from symbptt.proofs.heads import Arbitrary, Head, Named

Fixed: TypeAlias = "tuple[Basic, ...]"
"""The arguments of a head that say which function it is, and are no inputs of it."""
SQUARES = 4
"""Up to which power a power is written as a product, whose parts are shared."""


def inputs(node: Basic) -> tuple[Basic, ...]:
    """What a node is computed from."""
    return node.inputs if isinstance(node, Head) else node.args


def postorder(roots: Iterable[Basic], known: Container[Basic] = ()) -> list[Basic]:
    """Every node of the graph once, arguments before what they are arguments of; nothing at or below a known node."""
    seen: set[Basic] = set()
    order: list[Basic] = []
    for root in roots:
        # None stands where the arguments of the last node that waits for them end.
        pending: list[Basic | None] = [root]
        waiting: list[Basic] = []
        while pending:
            node = pending.pop()
            if node is None:
                order.append(waiting.pop())
            elif node not in seen and node not in known:
                seen.add(node)
                if below := inputs(node):
                    waiting.append(node)
                    pending += (None, *below)
                else:
                    order.append(node)
    return order


class Graph:
    """Builds nodes so that what is built twice is one node, and what is shared stays shared.

    SymPy's own sums and products take sums and products among their arguments apart, and compare whole trees to find
    two that are equal. Here they are kept, and found again by the identity of their arguments.
    """

    def __init__(self) -> None:
        # Keyed by identities. The nodes are kept beside what was made of them: an identity is used again, for
        # another node, as soon as nothing holds the first.
        self._made: dict[tuple[object, ...], tuple[Sequence[Basic], Expr]] = {}

    def total(self, *terms: Expr) -> Expr:
        """The sum of nodes."""
        return self._joined(Add, [term for term in terms if term is not S.Zero])

    def product(self, *factors: Expr) -> Expr:
        """The product of nodes."""
        zero, one = S.Zero, S.One
        kept = []
        for factor in factors:
            if factor is zero:
                return zero
            if factor is not one:
                kept.append(factor)
        return self._joined(Mul, kept)

    def _joined(self, func: type[Basic], parts: list[Expr]) -> Expr:
        if len(parts) < 2:
            return parts[0] if parts else func.identity
        key = (func, tuple(map(id, parts)))
        if key not in self._made:
            # What func(*parts, evaluate=False) makes, without asking each part again whether it commutes: all do.
            made = func._from_args(parts, is_commutative=True)
            # SymPy hashes a tree from the top: a node at a time, from below, no recursion is deeper than one node.
            hash(made)
            self._made[key] = parts, made
        return self._made[key][1]

    def rebuilt(self, node: Basic, args: Sequence[Basic]) -> Expr:
        """The node with other inputs."""
        if isinstance(node, Add):
            return self.total(*args)
        if isinstance(node, Mul):
            return self.product(*args)
        if isinstance(node, Pow) and isinstance(args[1], Integer) and 0 < args[1] <= SQUARES:
            return self.product(*[args[0]] * int(args[1]))
        if isinstance(node, Head):
            fixed = node.args[: len(node.args) - len(args)]
            return self.applied(node if all(map(operator.is_, args, inputs(node))) else node.func(*fixed, *args))
        return node.func(*node.args[: len(node.args) - len(args)], *args)

    def applied(self, node: Head) -> Expr:
        """The function with its inputs, or the one that was built with the very same inputs before."""
        fixed = node.args[: len(node.args) - len(node.inputs)]
        key = (type(node), (*map(str, fixed), *map(id, node.inputs)))
        if key not in self._made:
            self._made[key] = [node], node
        return self._made[key][1]

    def differentiate(self, roots: Sequence[Expr], symbols: Sequence[Symbol]) -> list[list[Expr]]:
        """The derivative of each root in each symbol: one row a root, one column a symbol.

        The sum, over the arguments that move, of the node's own derivative in that argument times the argument's.
        """
        places, columns = self._moving(postorder(roots), symbols)
        return [[moves.get(places[root], S.Zero) for moves in columns] for root in roots]

    def rates(self, order: Sequence[Basic], symbols: Sequence[Symbol]) -> list[dict[Basic, Expr]]:
        """For each symbol the derivative in it of every node that moves with it; ``order`` is a postorder."""
        _, columns = self._moving(order, symbols)
        return [{order[place]: rate for place, rate in moves.items()} for moves in columns]

    def _moving(
        self, order: Sequence[Basic], symbols: Sequence[Symbol]
    ) -> tuple[dict[Basic, int], list[dict[int, Expr]]]:
        # Each node by its place: a node of SymPy is dear to look up.
        places = {node: place for place, node in enumerate(order)}
        inner = [
            (node, place, [places[arg] for arg in args]) for place, node in enumerate(order) if (args := inputs(node))
        ]
        return places, [self._rates(inner, places[symbol]) if symbol in places else {} for symbol in symbols]

    def _rates(self, order: Sequence[tuple[Basic, int, list[int]]], symbol: int) -> dict[int, Expr]:
        moves: dict[int, Expr] = {symbol: S.One}
        for node, place, args in order:
            if moves.keys().isdisjoint(args):
                continue
            if isinstance(node, Add):
                rate = self.total(*[moves[arg] for arg in args if arg in moves])
            else:
                own = self._own_derivative
                rate = self.total(
                    *[self.product(own(node, at), moves[arg]) for at, arg in enumerate(args) if arg in moves]
                )
            if rate is not S.Zero:
                moves[place] = rate
        return moves

    def _own_derivative(self, node: Basic, place: int) -> Expr:
        key = (type(node), (id(node), place))
        if key not in self._made:
            self._made[key] = [node], self._asked(node, place)
        return self._made[key][1]

    def _asked(self, node: Basic, place: int) -> Expr:
        if isinstance(node, Arbitrary):
            slope = node.fdiff(place + 1 + len(node.args) - len(node.inputs))
            return self.applied(slope) if isinstance(slope, Head) else slope
        exponent = node.args[1] if isinstance(node, Pow) and place == 0 else None
        name = node.args[: len(node.args) - len(inputs(node))]
        row = TABLE[node.name] if isinstance(node, Named) else None
        rule, places = _rule(node.func, name, len(inputs(node)), place, exponent, row)
        args: dict[Basic, Basic] = dict(zip(places, inputs(node), strict=True))
        if isinstance(node, Head):
            # tanh' = 1 - tanh²: the function itself is the node that is there already.
            args[node.func(*name, *places)] = node
        return self._written(rule, args)

    def _written(self, rule: Basic, args: Mapping[Basic, Basic]) -> Expr:
        # SymPy's rule over dummies, with the arguments put in and kept as nodes.
        if rule in args or not rule.args:
            return args.get(rule, rule)
        return self.rebuilt(rule, [self._written(part, args) for part in inputs(rule)])

    def substitute(self, roots: Sequence[Expr], values: Mapping[Basic, Basic]) -> list[Expr]:
        """The roots with nodes replaced, everything above a replaced node built anew."""
        return self.replaced(roots, dict(values)) if values else list(roots)

    def replaced(self, roots: Sequence[Expr], done: dict[Basic, Basic]) -> list[Expr]:
        """The same where ``done`` says what nodes become, and is told what those above them do."""
        for node in postorder(roots, done):
            old = inputs(node)
            new = [done[arg] for arg in old]
            done[node] = node if all(map(operator.is_, new, old)) else self.rebuilt(node, new)
        return [done[root] for root in roots]


@lru_cache(4096)
def _rule(
    func: type[Basic], name: Fixed, count: int, place: int, exponent: Basic | None, row: NamedFunction | None
) -> tuple[Expr, tuple[Dummy, ...]]:
    """SymPy's own derivative of ``func`` in one input, over dummies that stand for the inputs; a head has a name.

    The ``row`` is what the name stands for now: another one has another derivative. A fixed exponent is kept, because
    the derivative of a^b at a dummy b is not that of a² as SymPy writes it.
    """
    places = tuple(Dummy(real=True) for _ in range(count))
    args = places if exponent is None else (places[0], exponent)
    return func(*name, *args).diff(places[place]), places
