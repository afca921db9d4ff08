r"""What is written out at full depth, short enough to be read: states keep their names, long factors get one.

A state that would be written several times stands by its name, and a long factor that would be by a letter which the
page does not use, the same at every step that it is of; what they are is said below. What is short is written out down
to h_0.

>>> from symbptt.printing.depths import derived
>>> from symbptt.page.notation import d, data, function, indices, sizes, state, weight
>>> t, = indices("t")
>>> n, m = sizes("n m")
>>> h, x, phi = state("h", n), data("x", m), function("phi")
>>> W, U = weight("W", n, n), weight("U", n, m)
>>> page = Derivation("A recurrence")
>>> _ = page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
>>> ((left, right),), names = shortened(page, [[d(h[3], W), derived(page, d(h[3], W), "full")]])
>>> print(right)
A_3 · (h_2ᵀ ⊗ I) + A_3 · W · A_2 · (h_1ᵀ ⊗ I) + A_3 · W · A_2 · W · A_1 · (h_0ᵀ ⊗ I)
>>> for name, what in names:
...     print(name, "=", what)
A_1 = diag(phi'(W · h_0 + U · x_1))
A_2 = diag(phi'(W · h_1 + U · x_2))
A_3 = diag(phi'(W · h_2 + U · x_3))
h_1 = phi(W · h_0 + U · x_1)
h_2 = phi(W · h_1 + U · x_2)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import TypeAlias

from symbptt.page.derivation import Derivation
from symbptt.page.notation import At, Expr, Letter, Mul, Number, Partial, Transpose, rebuild, walk
from symbptt.page.shapes import shape
from symbptt.printing.depths import SIGNLESS, States, as_written, check_length, named_in, signs, taken_at
from symbptt.printing.tex import equation_latex, latex
from symbptt.printing.widths import ROW, width

WHOLE = 40
"""How many signs all sides together may have that are written out down to h_0, whatever stands there several times."""
SHORT, ONCE = 2, 12
"""How many signs a state may have that is written out wherever it stands, or where it stands once."""
LONG = ROW / 3
"""From what width on a factor gets a letter."""
NAMES = "A B C D F G K M N P Q R S Gamma Delta Theta Lambda Xi Psi Omega".split()
"""Letters for factors: none that is by custom a loss, the identity, a last step or a weight."""


Name: TypeAlias = Letter | At


def shortened(
    page: Derivation, displays: Sequence[Sequence[Expr]], letters: dict[Expr, str] | None = None
) -> tuple[list[list[Expr]], list[tuple[Name, Expr]]]:
    """Sides in which states stand by their names, with as few names as can be read, and what each name stands for.

    It is the last side of each display that is written out, and shortened. ``letters`` are those that factors of the
    page have so far, by what they are at step 0; those of new ones are added. Letters come in the order in which they
    are met, behind them states by their steps. Raises :class:`BudgetExceeded` where even so it is longer than anyone
    reads.
    """
    states = States(page)
    rights = [sides[-1] for sides in displays]
    kept = _kept(states, rights)
    bodies: dict[Expr, Expr] = {
        state: states.unfolded(body, kept) for state in kept if (body := states.body(state)) is not None
    }
    rights = [states.unfolded(side, kept) for side in rights]
    check_length(sum(map(signs, [*rights, *bodies.values()])), "full")
    met = _met(rights, bodies, _factors([*rights, *bodies.values()]))
    named = _lettered(page, [node for node in met if node not in bodies], {} if letters is None else letters)
    shown = [[*sides[:-1], _renamed(side, named)] for sides, side in zip(displays, rights, strict=True)]
    defined = [(name, _inside(node, named)) for node, name in named.items()]
    met_states = [node for node in met if isinstance(node, At) and node in bodies]
    return shown, [
        *sorted(defined, key=_letter_and_step(defined)),
        *((state, _inside(bodies[state], named)) for state in sorted(met_states, key=_step)),
    ]


def _step(node: Expr) -> int:
    """The last step that something is of; -1 where it is of none."""
    return max((part.index.value() for part in walk(node) if isinstance(part, At)), default=-1)


def _letter_and_step(defined: Sequence[tuple[Name, Expr]]) -> Callable[[tuple[Name, Expr]], tuple[int, int]]:
    order = list(dict.fromkeys(_letter(name) for name, _ in defined))
    return lambda each: (order.index(_letter(each[0])), _step(each[0]))


def _letter(name: Name) -> Letter:
    return name.letter if isinstance(name, At) else name


def _lettered(page: Derivation, factors: Sequence[Expr], letters: dict[Expr, str]) -> dict[Expr, Name]:
    """Names for factors: one letter, with a step, for those that differ in their step alone."""
    if not factors:
        # Which letters the page leaves free is found by printing all of it.
        return {}
    used = {word for equation in page for word in re.findall(r"[A-Za-z]+", equation_latex(equation))}
    free = (name for name in NAMES if name not in used and name not in letters.values())
    named: dict[Expr, Name] = {}
    for factor in factors:
        step, alike = _step(factor), _at_zero(factor)
        symbol = letters.get(alike) or next(free, None)
        if symbol is not None:
            letters[alike] = symbol
            letter = Letter(symbol, "weight" if step < 0 else "state", shape(page, factor))
            named[factor] = letter if step < 0 else letter[step]
    return named


def _at_zero(node: Expr) -> Expr:
    """The same so many steps earlier that its last step is 0."""
    return _earlier(node, max(_step(node), 0))


def _earlier(node: Expr, steps: int) -> Expr:
    return rebuild(node, lambda part: _earlier(part, steps), lambda index: index - steps)


def _kept(states: States, sides: Sequence[Expr]) -> list[At]:
    """The states that keep their names: those that partials are taken at, and what would be long and often written."""
    order, forced = _reached(states, sides)
    taken = [body for state in forced if (body := states.body(state)) is not None]
    if sum(map(states.signs, [*sides, *taken])) <= WHOLE:
        return [state for state in order if state in forced]
    kept: list[At] = []
    lengths: dict[At, int] = {}
    for state in reversed(order):
        body = states.body(state)
        assert body is not None
        inside = ((lengths.get(part, 1), count) for part, count in named_in(body).items())
        lengths[state] = signs(body) + sum((length - 1) * count for length, count in inside if length <= ONCE)
    counts = sum(map(named_in, sides), Counter[At]())
    for state in order:
        body = states.body(state)
        assert body is not None
        stays = state in forced or (counts[state] > 1 and signs(body) > SHORT) or lengths[state] > ONCE
        kept += [state] * stays
        for inner, count in named_in(body).items():
            counts[inner] += count * (1 if stays else counts[state])
    return kept


def _reached(states: States, sides: Sequence[Expr]) -> tuple[list[At], set[At]]:
    """The states that sides lead to, each before those that it is made of, and which of them partials are taken at."""
    found: dict[At, None] = {}
    forced: set[At] = set()

    def visit(node: Expr) -> None:
        taken = [state for state in taken_at(node) if states.body(state) is not None]
        forced.update(taken)
        for state in (*named_in(node), *taken):
            if state not in found and (body := states.body(state)) is not None:
                visit(body)
                found[state] = None

    for side in sides:
        visit(side)
    return [*found][::-1], forced


def _factors(sides: Sequence[Expr]) -> list[Expr]:
    """The long factors of products that are written several times, the widest first, with their like at other steps."""
    chosen: list[Expr] = []
    while sum(map(signs, sides)) > WHOLE:
        counts = Counter(factor for side in (*sides, *chosen) for factor in _factors_of(side, chosen))
        widths = {factor: width(latex(factor)) for factor, count in counts.items() if count > 1}
        widest = max(widths, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] < LONG:
            break
        alike = _at_zero(widest)
        chosen += [factor for factor in counts if _at_zero(factor) == alike]
    return chosen


def _factors_of(side: Expr, chosen: Container[Expr]) -> Iterator[Expr]:
    """The factors in a side that may get a name and have none yet."""
    for node in as_written(side, chosen):
        for part in node.parts if isinstance(node, Mul) else ():
            factor = part.of if isinstance(part, Transpose) else part
            if not isinstance(factor, (At, Letter, Number, Partial)) and factor not in chosen:
                yield factor


def _met(sides: Sequence[Expr], bodies: Mapping[Expr, Expr], factors: Container[Expr]) -> list[Expr]:
    """The states with bodies and the factors, in the order in which a reader comes to them."""
    pending = [*sides]
    found: dict[Expr, None] = {}
    for side in pending:
        for node in as_written(side, factors):
            for named in taken_at(node) if isinstance(node, Partial) else [node] * (node is not side):
                if (named in bodies or named in factors) and named not in found:
                    found[named] = None
                    pending.append(bodies.get(named, named))
    return [*found]


def _renamed(node: Expr, letters: Mapping[Expr, Name]) -> Expr:
    if isinstance(node, (Partial, *SIGNLESS)):
        return node
    return letters[node] if node in letters else _inside(node, letters)


def _inside(node: Expr, letters: Mapping[Expr, Name]) -> Expr:
    return rebuild(node, lambda part: _renamed(part, letters), lambda index: index)
