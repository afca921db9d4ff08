"""What stays fixed while a derivative is taken: one rule for all who differentiate the page at a step.

An immediate partial is of a letter *inside its step*: what is of its step is what the page says it is, and every state
of another step stays what it was. That is a matter of steps, not of a set of letters: z_t moves with W in
h_t = phi(z_t), z_t = W h_{t-1}, and h_{t-1} does not.

>>> from symbptt.page.notation import function, indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, z, w = state("h", n), state("z", n), weight("w", n, n)
>>> page = Derivation("A recurrence in two lines")
>>> _ = page.define("1", z[t], w @ h[t - 1])
>>> _ = page.define("2", h[t], function("phi")(z[t]))
>>> fixed = fixed_in(page, partial(h[3], w))
>>> print(fixed.holds(z, 3), fixed.holds(h, 2), fixed_in(page, partial(h[3], w, own=True)).holds(z, 3))
False True True
"""

from __future__ import annotations

from dataclasses import dataclass

from symbptt.page.derivation import Derivation
from symbptt.page.expansion import definition_at
from symbptt.page.notation import At, Letter, Partial, Total, walk


@dataclass(frozen=True, slots=True)
class Fixed:
    """Which states stay what they were inside a definition; ``step`` is the step of that, None where all of them do.

    ``way``: a state that is varied, whose letter follows it at the steps on the way.
    """

    step: int | None = None
    way: At | None = None

    def at(self, step: int) -> Fixed:
        """What stays fixed inside a definition at another step."""
        return self if self.step in (None, step) else Fixed(step, self.way)

    def holds(self, letter: Letter, step: int) -> bool:
        """Whether a state stays fixed."""
        if self.step is None:
            return True
        if self.way is not None and letter == self.way.letter and self.way.index.value() < step < self.step:
            return False
        return step != self.step


def fixed_in(page: Derivation, derivative: Total | Partial) -> Fixed | None:
    """What stays fixed in a derivative, resolved and at its step; None where every letter follows what is varied."""
    of, wrt = derivative.of, derivative.wrt
    if isinstance(derivative, Total) or (derivative.is_jacobian() and not (derivative.held or derivative.own)):
        return None
    at = [node.index.value() for node in walk(of) if isinstance(node, At) and node.letter.kind == "state"]
    if derivative.own or not at:
        return Fixed()
    # What leads to a state of several steps before is the same letter on the way, unless that state stands in the step.
    if derivative.is_jacobian() and isinstance(of, At) and isinstance(wrt, At) and wrt not in _inside(page, of):
        return Fixed(max(at), wrt)
    return Fixed(max(at))


def _inside(page: Derivation, of: At) -> dict[At, None]:
    """The states that a state is computed from inside its step."""
    found: dict[At, None] = {}
    pending = [of]
    while pending:
        body = definition_at(page, pending.pop())
        for node in walk(body) if body is not None else ():
            if isinstance(node, At) and node.letter.kind == "state" and node not in found:
                found[node] = None
                if node.index == of.index:
                    pending.append(node)
    return found
