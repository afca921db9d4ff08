"""What the plots show, as numbers: the norm of each term of a boxed sum, its sizes, and which entries are not zero.

The norms are those of the proved terms: each is unrolled and differentiated as for a proof and then evaluated in
NumPy, at random inputs and weights of order 1, the recurrent weight divided by its spectral radius.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Basic

from symbptt.errors import SymbpttError, UsageError
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, page_sizes
from symbptt.oracles.points import Points
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, tidied
from symbptt.page.notation import ONE, Add, At, Expr, Index, Letter, Mul, Partial, Product, Sum, Total, copy_at, d, walk
from symbptt.page.shapes import shape
from symbptt.printing.depths import DEPTHS, deepened, signs
from symbptt.proofs.graph import postorder
from symbptt.proofs.unrolled import Matrix

STEPS = 12
"""The t of the norms."""
GROWTH = range(1, 9)
"""The t of the sizes."""
SIZES = {"n": 4, "d": 2, "q": 1}
SMALL = {"n": 2, "d": 2, "q": 1}
"""The sizes of what is counted."""
ENTRIES = 4
"""Up to which step the entries are looked at."""
POINTS = 20


def is_boxed(page: Derivation, equation: Equation) -> bool:
    """Whether it unfolds a total derivative into a sum of cascades, each ending in the immediate partial of a step."""
    if not isinstance(equation.left, Total) or equation.for_each or not equation.weights:
        return False
    sums = [node for node in walk(page.resolved(equation)[1]) if isinstance(node, Sum)]
    cascades = any(isinstance(node, Product) or _spans(node) for found in sums for node in walk(found))
    return cascades and isinstance(equation.left.of, At)


def _spans(node: Expr) -> bool:
    """Whether it is the Jacobian of a state in one any number of steps back."""
    if not isinstance(node, Partial) or not isinstance(node.of, At) or not isinstance(node.wrt, At):
        return False
    return node.of.letter == node.wrt.letter and bool((node.of.index - node.wrt.index).terms)


def unfolded(page: Derivation, equation: Equation) -> Letter:
    """The state whose immediate partials the terms of a boxed sum end in; raises :class:`UsageError` for none."""
    for node in walk(page.resolved(equation)[1]):
        if isinstance(node, Partial) and isinstance(node.of, At) and not node.is_jacobian():
            return node.of.letter
    raise UsageError(f"({equation.tag}): no term of it is a product that ends in an immediate partial")


def recurrent(page: Derivation, equation: Equation) -> Letter:
    """The square weight that stands in front of the state one step back; raises :class:`UsageError` for none."""
    letter = unfolded(page, equation)
    for known in page.definitions(letter):
        for node in walk(known.right) if known.right is not None else ():
            if not isinstance(node, Mul) or letter not in walk(node):
                continue
            for part in node.parts:
                if isinstance(part, Letter) and part.kind == "weight":
                    rows, columns = shape(page, part)
                    if rows == columns:
                        return part
    raise UsageError(
        f"({equation.tag}): no square weight stands in front of an earlier {letter}, so none can be scaled"
    )


def shown_in(page: Derivation, equation: Equation) -> Letter:
    """The weight whose gradient is drawn: a column that it is stated in, such as b_h, or else the one that is written.

    What a bias leaves behind at step i does not grow with h_i, so that only the Jacobians are seen.
    """
    columns = (weight for weight in equation.weights if shape(page, weight)[1] == ONE)
    return next(columns, equation.weights[0])


def distance(term: Expr, step: int) -> int | None:
    """How many steps before ``step`` a term reaches: its last factor differentiates h_i; None for another term."""
    last = term.parts[-1] if isinstance(term, Mul) else term
    if isinstance(last, Partial) and isinstance(last.of, At) and not last.is_jacobian():
        return step - last.of.index.value()
    return None


def contributions(
    page: Derivation, equation: Equation, activation: str, radii: Sequence[float], *, step: int = STEPS, seed: int = 0
) -> list[dict[int, float]]:
    """For each spectral radius the norm of each term by its distance t - i, the geometric mean over random points.

    The norm is Frobenius's, of the derivative in the weight of :func:`shown_in`. Raises :class:`UsageError` where a
    term is not one of a boxed sum, or no weight can be scaled.
    """
    sizes = page_sizes(page, SIZES)
    unrolling, _ = Bench(page).unrolled(sizes, activation)
    values, scaled = Points(page, sizes, POINTS, seed), recurrent(page, equation)
    matrix = values.of(scaled, None)
    largest = np.abs(np.linalg.eigvals(matrix)).max(axis=-1)[:, np.newaxis, np.newaxis]
    right = tidied(expand(page.resolved(equation, shown_in(page, equation))[1], {clock(equation): step}))
    last = latest(equation).substitute({clock(equation): step}).value()
    terms: dict[int, Matrix] = {}
    for term in right.parts if isinstance(right, Add) else (right,):
        back = distance(term, last)
        if back is None:
            raise UsageError(f"({equation.tag}): {term} is not a product that ends in an immediate partial")
        terms[back] = unrolling.side(term, {})
    found: dict[int, list[float]] = {back: [] for back in terms}
    for radius in radii:
        values.put(scaled, None, radius * matrix / largest)
        # Most of what the terms are computed from is the same in all of them.
        known: dict[Basic, Any] = {}
        for back, entries in terms.items():
            function = NumpyFunction(entries, known)
            given = function({symbol: values.entry(symbol.name) for symbol in function.symbols})
            norms = np.linalg.norm(np.broadcast_to(given, (POINTS, *function.shape)), axis=(-2, -1))
            found[back].append(float(np.exp(np.mean(np.log(norms)))) if (norms > 0).all() else 0.0)
    return [{back: norms[place] for back, norms in sorted(found.items())} for place in range(len(radii))]


def latest(equation: Equation) -> Index:
    """The step of what is differentiated, t or t+1."""
    assert isinstance(equation.left, Total)
    assert isinstance(equation.left.of, At)
    return equation.left.of.index


def clock(equation: Equation) -> str:
    """The index letter of what is differentiated."""
    (letter,) = latest(equation).letters()
    return letter


def growth(page: Derivation, equation: Equation) -> dict[str, list[tuple[int, int]]]:
    """How many signs the right side has at each t, by depth, and how many nodes its shared graph has."""
    made: dict[str, list[tuple[int, int]]] = {depth: [] for depth in DEPTHS}
    graph = "shared graph"
    made[graph] = []
    unrolling, _ = Bench(page).unrolled(page_sizes(page, SMALL), "any")
    right = page.resolved(equation)[1]
    for step in GROWTH:
        terms = tidied(expand(right, {clock(equation): step}))
        for depth in DEPTHS:
            try:
                made[depth].append((step, signs(deepened(page, terms, depth))))
            except SymbpttError:
                continue
        made[graph].append((step, len(postorder(list(unrolling.side(terms, {}).flat)))))
    return made


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which entries of d(h_1, …, h_T)/d(w^(1), …, w^(T)) are not identically zero.

    ``entries`` has a row for each entry of h_1 to h_T and a column for each entry of w^(1) to w^(T), the copies of the
    weight that one step uses each; ``height`` and ``width`` are those of the block of one state in one copy.
    """

    state: Letter
    weight: Letter
    sizes: Mapping[str, int]
    entries: tuple[tuple[bool, ...], ...]
    height: int
    width: int


def pattern(page: Derivation, equation: Equation) -> Pattern:
    """The pattern of a boxed sum up to step ``ENTRIES``; an entry is zero where its normal form is, exactly."""
    sizes = page_sizes(page, SMALL)
    unrolling, forms = Bench(page).unrolled(sizes, "any")
    state, weight = unfolded(page, equation), equation.weights[0]
    steps = range(1, ENTRIES + 1)
    rows: list[tuple[bool, ...]] = []
    height = width = 0
    for at in steps:
        blocks = [unrolling.side(d(state[at], copy_at(weight, used)), {}) for used in steps]
        height, width = blocks[0].shape
        nonzero = [[bool(form) for form in forms.of(list(block.flat))] for block in blocks]
        rows += [tuple(sign for made in nonzero for sign in made[k * width : (k + 1) * width]) for k in range(height)]
    return Pattern(state, weight, sizes, tuple(rows), height, width)
