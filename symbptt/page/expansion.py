"""Equations at one step: indices become numbers, Σ and Π are written out by rules of our own.

A sum is empty, zero, and a product is empty, the identity, when the upper bound is below the lower one; the
convention of Karr, under which Σ_{i=5}^{2} f(i) is -f(3) - f(4), is never used.

>>> from symbptt.page.notation import Product, Sum, indices, partial, sizes, state, weight
>>> i, j, t = indices("i j t")
>>> h, w = state("h", sizes("n")[0]), weight("w")
>>> box = partial(h[t], w) + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], w), (i, 1, t - 1))
>>> print(expand(box, {"t": 3}))
∂⁺h_3/∂w + ∂h_3/∂h_2 · ∂⁺h_2/∂w + ∂h_3/∂h_2 · ∂h_2/∂h_1 · ∂⁺h_1/∂w
>>> print(expand(box, {"t": 1}))
∂⁺h_1/∂w + 0
>>> print(tidied(expand(box, {"t": 1})))
∂⁺h_1/∂w
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from symbptt.errors import BudgetExceeded, IllTyped, NotStated
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    Add,
    At,
    Copy,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Letter,
    Mul,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Zero,
    children,
    rebuild,
    substitute,
    walk,
)

LOOKED_AT = 64
"""How many values of an index are looked at one by one where no end of a range tells."""
LIMIT = 100_000
"""How many terms and factors one side may be written out into."""


def expand(node: Expr, values: Mapping[str, int]) -> Expr:
    """The expression at the step ``values``, every Σ and Π written out.

    A sum of cascades, whose terms are products down to the summation index, is written with the largest index first,
    as the page unfolds it; other sums from the lower bound up. Raises :class:`BudgetExceeded` past ``LIMIT`` parts.
    """
    budget = [LIMIT]
    return _expand(substitute(node, values), budget)


def _expand(node: Expr, budget: list[int]) -> Expr:
    if isinstance(node, Ranged):
        lower, upper = node.lower.value(), node.upper.value()
        budget[0] -= max(0, upper - lower + 1)
        if budget[0] < 0:
            raise BudgetExceeded(f"{node} has more parts than the limit of {LIMIT:,}: ask for a smaller step")
        parts = [_expand(substitute(node.body, {node.index: at}), budget) for at in range(lower, upper + 1)]
        if isinstance(node, Sum):
            return _joined(Add, parts[::-1] if _cascades(node) else parts) if parts else Zero(node.body)
        assert isinstance(node, Product)
        return _joined(Mul, parts if node.ascending else parts[::-1]) if parts else Identity(node.body)
    expanded = rebuild(node, lambda part: _expand(part, budget), lambda index: index)
    return _joined(type(expanded), expanded.parts) if isinstance(expanded, (Add, Mul)) else expanded


def _cascades(node: Sum) -> bool:
    return any(isinstance(part, Product) and node.index in part.lower.letters() for part in walk(node.body))


def _joined(node: type[Add] | type[Mul], parts: Iterable[Expr]) -> Expr:
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, node) else (part,)))
    return flat[0] if len(flat) == 1 else node(flat)


def tidied(node: Expr) -> Expr:
    """The expression as a person would write it: without empty sums in sums, and without factors that say nothing.

    For showing only. A product of an identity with numbers alone loses its shape, so that no proof may use it.
    """
    inner = rebuild(node, tidied, lambda index: index)
    if isinstance(inner, Power) and inner.exponent == Index.of(1):
        return inner.base
    if isinstance(inner, Add):
        return _joined(Add, [term for term in inner.parts if not isinstance(term, Zero)] or inner.parts[:1])
    if isinstance(inner, Mul):
        zeros = [factor for factor in inner.parts if isinstance(factor, Zero)]
        return (
            zeros[0]
            if zeros
            else _joined(Mul, [factor for factor in inner.parts if not _is_one(factor)] or inner.parts[:1])
        )
    if isinstance(inner, Hadamard):
        return next((factor for factor in inner.parts if isinstance(factor, Zero)), inner)
    return inner


def _is_one(node: Expr) -> bool:
    """Whether a factor says nothing: an identity, w^0, or 1/T at T = 1."""
    if not isinstance(node, Power):
        return isinstance(node, Identity)
    return node.exponent == Index.of(0) or (node.exponent == Index.of(-1) and node.base == IndexValue(Index.of(1)))


def definition_at(page: Derivation, state: At) -> Expr | None:
    """The definition of a state at its step, written out; None for a first state that is constant.

    That is h_0 where the definition of h_0 would need h_{-1}, and h_{-1} where that of h_1 needs it. Behind the last
    step what runs backwards is constant too.
    """
    known = page.meaning.written_out
    if state not in known:
        letter, step = state.letter, state.index.value()
        said = page.meaning.body(letter, step) if step >= 0 else None
        is_behind = letter.last is not None and step > letter.last.value()
        if said is None and step > 0 and not is_behind:
            raise IllTyped(f"{letter} has no meaning at step {step}: no definition says what it is")
        body = None if said is None else expand(said, {})
        for early in _before_first(body) if letter.last is not None and body is not None else ():
            raise NotStated(f"{state} refers to {early}, before the first step")
        if step == 0 and body is not None and letter.last is None:
            known[state] = None  # a letter that is defined by itself inside its step is none that starts it
            try:
                body = None if _is_start(page, letter, body) else body
            except BaseException:
                del known[state]
                raise
        known[state] = body
    return known[state]


def _is_start(page: Derivation, letter: Letter, body: Expr) -> bool:
    """Whether what a letter is at step 0 would reach before it, so that the letter starts from a constant.

    A letter that leads back to itself by others of its step, as h_t = phi(z_t + b) with z_t = W h_{t-1}, starts from a
    constant too where weights are in it: what it starts from depends on none. Without weights, h_0 = o_0 ⊙ tanh(c_0).
    """
    used = [node for node in walk(body) if isinstance(node, At) and node.letter.kind == "state"]
    if any(node.index.value() < 0 for node in used):
        return True
    weighted = any(isinstance(node, Letter) and node.kind == "weight" for node in walk(body))
    return weighted and any(_leads_before(page, letter, node, ()) for node in used)


def _leads_before(page: Derivation, letter: Letter, node: At, above: tuple[At, ...]) -> bool:
    """Whether a letter of step 0, of one recurrence with another, starts from a constant or leads to one that does."""
    if node in above or not page.meaning.is_together(node.letter, letter):
        return False
    body = definition_at(page, node) if not node.index.value() and node.letter != letter else None
    if body is None:
        return True
    used = (inner for inner in walk(body) if isinstance(inner, At) and inner.letter.kind == "state")
    return any(_leads_before(page, letter, inner, (*above, node)) for inner in used)


def instances(page: Derivation, equation: Equation, step: int) -> Iterator[tuple[dict[str, int], Letter | None]]:
    """Every way to read an equation at one step: values of its indices, and the weight it is taken in.

    Each free index is ``step``; where a horizon such as T is free beside a time t, t runs over 1..T. Ranges of
    ``for_each`` are run through.
    """
    stated = page.meaning.stated(equation)
    horizons, times = stated.horizons, stated.times
    if len(times) > 1 or len(horizons) > 1:
        # Read at one step they would all be the same number, and a slip of a letter would not show.
        loose = " and ".join(times if len(times) > 1 else horizons)
        raise IllTyped(f"{loose} are both free, but an equation has one step: bind the others with Σ, Π or for_each")
    for weight in equation.weights or (None,):
        for at in range(1, step + 1) if horizons and times else (step,):
            values = {name: step if name in horizons else at for name in sorted((*horizons, *times))}
            for inner in _ranges(equation, 0, values):
                yield inner, weight


def unstated(page: Derivation, equation: Equation, step: int) -> str:
    """Why an equation is not stated at a step, or the empty string where it is.

    It is not where the page says so, where a range of ``for_each`` is empty, and where it reaches before step 0.
    """
    known = page.meaning.unstated
    if (equation, step) not in known:
        known[equation, step] = _unstated(page, equation, step)
    return known[equation, step]


def _unstated(page: Derivation, equation: Equation, step: int) -> str:
    if equation.start is not None and step < equation.start:
        return f"the page states it from t = {equation.start} on"
    read = False
    sides = page.resolved(equation)
    turned = next(_turned(page, equation, step), None)
    # The weights make no difference to the steps: one of them tells.
    weight = equation.weights[0] if equation.weights else None
    for values, taken in instances(page, equation, step):
        read = True
        for side in sides if taken == weight else ():
            early = next(_before_first(substitute(side, values)), None)
            if early is not None:
                return f"it refers to {early}, before the first step"
            # From t = 0 on, where the page says so: there ∂h_0/∂h_1 is no derivative in an earlier step.
            at_first = walk(substitute(side, values)) if equation.start == step == 0 else ()
            later = next((node for node in at_first if (gap := _gap(page, node)) and _is_ahead(gap)), turned)
            if later is not None:
                return f"{later} is taken in a later step"
    return "" if read else "there is no value for its indices"


def first_step(page: Derivation, equation: Equation, within: int = 32) -> int:
    """The first step at which an equation is stated, from 1 on or from where the page says.

    Raises :class:`NotStated` when it is not one of the first ``within``.
    """
    earliest = 1 if equation.start is None else equation.start
    for step in range(earliest, earliest + within):
        if not (why := unstated(page, equation, step)):
            return step
        if equation.start == 0:
            raise NotStated(f"the page states it from t = 0 on: {why}")
    raise NotStated(f"it is stated at no t up to {step}: {why}")


def closed_step(page: Derivation, equation: Equation) -> int | None:
    """The largest step in an equation that has no free index, such as d h_3/d w = …; None where it has one, or none."""
    stated = page.meaning.stated(equation)
    if stated.clock is not None:
        return None
    sides = [expand(side, values) for values, _ in instances(page, equation, 1) for side in stated.sides]
    steps = [node.index.value() for side in sides for node in walk(side) if isinstance(node, (At, Copy))]
    return max(steps, default=None)


def _turned(page: Derivation, equation: Equation, step: int) -> Iterator[Expr]:
    """The derivatives of a state in a later one that stand in an equation at a step, whatever its ranges are.

    Where the page says from which step on it is stated, and for the indices of a range, only those that are such at
    every step: what a page states for an index at which it is false is false.
    """
    stated = page.meaning.stated(equation)
    free = dict.fromkeys(stated.horizons or stated.times, step) if equation.start is None else {}
    for node in (node for side in stated.sides for node in walk(side)):
        gap = _gap(page, node)
        if gap is not None and _is_ahead(gap.substitute(free)):
            yield substitute(node, free)


def _is_ahead(gap: Index) -> bool:
    return not gap.terms and gap.constant > 0


def _gap(page: Derivation, node: Expr) -> Index | None:
    """How many steps what a state is differentiated in is ahead of it; None for any other expression.

    So it is for two states of one recurrence that runs forward: of what runs backwards later steps come first.
    """
    if not isinstance(node, (Total, Partial)) or not isinstance(node.of, At) or not isinstance(node.wrt, At):
        return None
    of, wrt = node.of.letter, node.wrt.letter
    if not page.meaning.is_together(of, wrt) or page.meaning.runs_backwards(of):
        return None
    return node.wrt.index - node.of.index


def _before_first(node: Expr) -> Iterator[At]:
    if isinstance(node, At) and node.index.value() < 0:
        yield node
    if isinstance(node, Ranged):
        # Indices are affine, so that the earliest step is met at an end of the range, or where a range inside begins or
        # ceases to be empty.
        lower, upper = node.lower.value(), node.upper.value()
        for at in sorted(_telling(node, lower, upper)):
            yield from _before_first(substitute(node.body, {node.index: at}))
        return
    for child in children(node):
        yield from _before_first(child)


def _telling(node: Ranged, lower: int, upper: int) -> set[int]:
    """The values of an index at which the earliest step can be met."""
    found = {lower, lower + 1, upper - 1, upper}
    for inner in walk(node.body):
        if isinstance(inner, Ranged):
            width = inner.upper - inner.lower
            slope = dict(width.terms).get(node.index, 0)
            if slope and len(width.terms) == 1:
                turn = -width.constant // slope
                found |= {turn - 1, turn, turn + 1}
            elif slope:
                # Its width depends on another index too: every value is looked at, as far as that goes.
                found |= set(range(lower, min(upper, lower + LOOKED_AT) + 1))
    return {at for at in found if lower <= at <= upper}


def slopes(node: Expr) -> Iterator[int]:
    """How fast each index of time in an expression runs, once for each letter in it."""
    for part in walk(node):
        if isinstance(part, At):
            yield from (slope for _, slope in part.index.terms)


def _ranges(equation: Equation, depth: int, values: dict[str, int]) -> Iterator[dict[str, int]]:
    if depth == len(equation.for_each):
        yield values
        return
    index, lower, upper = equation.for_each[depth]
    first, last = (Index.of(bound).substitute(values).value() for bound in (lower, upper))
    for at in range(first, last + 1):
        yield from _ranges(equation, depth + 1, {**values, index.name(): at})
