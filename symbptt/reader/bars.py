"""What a bar behind a derivative holds: that must be what an immediate partial holds, and nothing less.

In ∂h_t/∂W with a bar below which h_{t-1} stands every state of an earlier step has to be held that h_t is computed from
inside its step, and no letter of its own step: then it is ∂⁺h_t/∂W.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.errors import Unreadable
from symbptt.page.derivation import Derivation
from symbptt.page.notation import At, Copy, Expr, Letter, substitute, walk


@dataclass(frozen=True, slots=True)
class Bar:
    """What is differentiated, in what, and what stands below the bar; ``start`` is its place in the formula."""

    of: At
    wrt: Expr
    held: tuple[Expr, ...]
    start: int


def check_held(page: Derivation, bar: Bar) -> None:
    """Raise :class:`Unreadable` where what a bar holds is not what an immediate partial holds."""
    known = _computed_from(page, bar.of)
    earlier = [node for node in known if node.index != bar.of.index and node != bar.wrt]
    left = next((node for node in earlier if node not in bar.held), None)
    if left is not None:
        raise Unreadable(
            f"the bar does not hold {left}, which {bar.of} is computed from: it is no immediate partial", bar.start
        )
    for node in bar.held:
        moves = isinstance(node, At) and node.letter.kind == "state" and node.index == bar.of.index
        if moves or node == bar.wrt or not isinstance(node, (At, Letter, Copy)):
            raise Unreadable(f"the bar holds {node}: what is left of the derivative then is not read", bar.start)


def _computed_from(page: Derivation, of: At) -> dict[At, None]:
    """The states that a state is computed from inside its step."""
    found: dict[At, None] = {}
    pending = [of]
    while pending:
        node = pending.pop()
        for equation in page.definitions(node.letter):
            left = equation.left
            if not isinstance(left, At) or len(left.index.terms) != 1:
                continue
            at = node.index - left.index.constant
            for side in equation.chain[1:]:
                for part in walk(substitute(side, {left.index.terms[0][0]: at})):
                    if isinstance(part, At) and part.letter.kind == "state" and part not in found:
                        found[part] = None
                        if part.index == of.index:
                            pending.append(part)
    return found
