"""What each term of the boxed sum contributes, and how fast its expansion grows, as pictures.

The norms are those of the proved terms: each is unrolled and differentiated as for a proof and then evaluated in
NumPy, at random inputs and weights of order 1, the recurrent weight divided by its spectral radius. matplotlib, the
extra ``[plot]``, is imported when something is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from symbptt.derivation import Derivation, Equation
from symbptt.errors import SymbpttError, UsageError
from symbptt.expansion import expand, tidied
from symbptt.methods.graph import postorder
from symbptt.notation import ONE, Add, At, Expr, Letter, Mul, Partial, Product, Sum, Total, walk
from symbptt.numbers.numeric import Array, NumpyFunction
from symbptt.numbers.recurrence import Points
from symbptt.proof import Bench, page_sizes
from symbptt.shapes import shape
from symbptt.typesetting.depths import DEPTHS, deepened, signs

RADII = (0.5, 1.0, 1.5)
"""The spectral radii of the recurrent weight: below, at and above 1."""
STEPS = 12
"""The t of the norms."""
GROWTH = range(1, 9)
"""The t of the sizes."""
SIZES = {"n": 4, "d": 2, "q": 1}
POINTS = 20
SHOWN = {"any": ("identity", "tanh")}
"""Where no activation is named: one whose slope is 1, so that the weight alone decides, and one whose slope is less."""
LINES = (("#0072B2", "o", "-"), ("#444444", "s", "--"), ("#D55E00", "^", "-."), ("#000000", "x", ":"))
"""Colour, marker and dashes of each line, so that it is told apart without colour."""
SALT = "symbptt"


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, and in words what it shows."""

    caption: str
    figure: Any

    def drawn(self, kind: str) -> bytes:
        """The figure as ``svg``, ``png`` or ``pdf``; the same bytes whenever it is drawn."""
        import matplotlib

        said: Mapping[str, Mapping[str, None]] = {
            "svg": {"Date": None, "Creator": None},
            "png": {"Software": None},
            "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        }
        stream = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": SALT, "svg.fonttype": "path"}):
            self.figure.savefig(stream, format=kind, metadata=said[kind], dpi=150)
        return stream.getvalue()


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return find_spec("matplotlib") is not None


# --------------------------------------------------------------------------------------------------- what is shown


def boxed(page: Derivation) -> Iterator[Equation]:
    """The claims that unfold a total derivative into a sum of cascades, in page order."""
    for equation in page:
        if equation.kind != "claim" or not isinstance(equation.left, Total) or equation.for_each:
            continue
        right = page.resolved(equation)[1]
        sums = (node for node in walk(right) if isinstance(node, Sum))
        cascades = any(isinstance(node, Product) for found in sums for node in walk(found))
        is_state = isinstance(equation.left.of, At) and bool(equation.weights)
        if cascades and is_state:
            yield equation


def recurrent(page: Derivation, equation: Equation) -> Letter:
    """The square weight that stands in front of the state one step back; raises :class:`UsageError` for none."""
    assert isinstance(equation.left, Total)
    assert isinstance(equation.left.of, At)
    letter = equation.left.of.letter
    for known in page.definitions(letter):
        for node in walk(known.right) if known.right is not None else ():
            if not isinstance(node, Mul) or not any(isinstance(p, At) and p.letter == letter for p in node.parts):
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
    """How many steps back a term of the sum reaches, t - i: its last factor differentiates h_i; None for another."""
    last = term.parts[-1] if isinstance(term, Mul) else term
    if isinstance(last, Partial) and isinstance(last.of, At) and not last.is_jacobian():
        return step - last.of.index.value()
    return None


def contributions(
    page: Derivation, equation: Equation, activation: str, radius: float, *, step: int = STEPS, seed: int = 0
) -> dict[int, float]:
    """The norm of each term by its distance t - i, the geometric mean over random points.

    The norm is Frobenius's, of the derivative in the weight of :func:`shown_in`. Raises :class:`UsageError` where a
    term is not one of a boxed sum, or no weight can be scaled.
    """
    sizes = page_sizes(page, SIZES)
    unrolling, _ = Bench(page).unrolled(sizes, activation)
    values = _Scaled(Points(page, sizes, POINTS, seed), recurrent(page, equation), radius)
    right = tidied(expand(page.resolved(equation, shown_in(page, equation))[1], {clock(equation): step}))
    found: dict[int, float] = {}
    for term in right.parts if isinstance(right, Add) else (right,):
        back = distance(term, step)
        if back is None:
            raise UsageError(f"({equation.tag}): {term} is not a product that ends in an immediate partial")
        function = NumpyFunction(unrolling.side(term, {}))
        entries = function({symbol: values.entry(symbol.name) for symbol in function.symbols})
        norms = np.linalg.norm(np.broadcast_to(entries, (POINTS, *function.shape)), axis=(-2, -1))
        found[back] = float(np.exp(np.mean(np.log(norms)))) if (norms > 0).all() else 0.0
    return dict(sorted(found.items()))


def clock(equation: Equation) -> str:
    """The index letter of the state that is differentiated."""
    assert isinstance(equation.left, Total)
    assert isinstance(equation.left.of, At)
    return equation.left.of.index.name()


class _Scaled:
    """Random points, the recurrent weight scaled to one spectral radius at each of them."""

    def __init__(self, points: Points, weight: Letter, radius: float) -> None:
        self._points, self._weight = points, weight
        matrix = points.of(weight, None)
        largest = np.abs(np.linalg.eigvals(matrix)).max(axis=-1)
        self._matrix: Array = radius * matrix / largest[:, np.newaxis, np.newaxis]

    def entry(self, name: str) -> Array:
        owner, _, place = name.removesuffix("]").partition("[")
        if owner != self._weight.symbol:
            return self._points.entry(name)
        row, column = (int(number) - 1 for number in f"{place},1".split(",")[:2])
        values: Array = self._matrix[:, row, column]
        return values


def growth(page: Derivation, equation: Equation) -> dict[str, list[tuple[int, int]]]:
    """How many signs the right side has at each t, by depth, and how many nodes its shared graph has."""
    made: dict[str, list[tuple[int, int]]] = {depth: [] for depth in DEPTHS}
    graph = "shared graph"
    made[graph] = []
    unrolling, _ = Bench(page).unrolled(page_sizes(page, {"n": 2, "d": 2, "q": 1}), "any")
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


# --------------------------------------------------------------------------------------------------- drawing


def draw(page: Derivation, equation: Equation, activation: str = "any", *, step: int = STEPS, seed: int = 0) -> Picture:
    """Both pictures side by side; raises :class:`UsageError` without matplotlib, or where nothing can be drawn."""
    if not can_draw():
        raise UsageError("a plot needs matplotlib: python3 -m pip install 'symbptt[plot]'")
    from matplotlib.figure import Figure

    names = SHOWN.get(activation, (activation,))
    weight = recurrent(page, equation)
    figure = Figure(figsize=(4.2 * (len(names) + 1), 4.0), layout="constrained")
    panels = figure.subplots(1, len(names) + 1, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=False):
        for radius, line in zip(RADII, LINES, strict=False):
            norms = contributions(page, equation, name, radius, step=step, seed=seed)
            positive = {back: norm for back, norm in norms.items() if norm > 0}
            _line(panel, list(positive), list(positive.values()), line, f"{radius:g}")
        panel.set_title(f"activation: {name}", fontsize=10)
        panel.set_xlabel(f"steps back, t − i (t = {step})")
        panel.set_ylabel("norm of term i of the sum")
        panel.legend(title=f"spectral radius of {weight}", fontsize=8, title_fontsize=8)
    _align(panels[:-1])
    sizes = growth(page, equation)
    for (name, points), line in zip(sizes.items(), LINES, strict=True):
        _line(panels[-1], [at for at, _ in points], [size for _, size in points], line, name)
    panels[-1].set_title("what is written, by depth", fontsize=10)
    panels[-1].set_xlabel("t")
    panels[-1].set_ylabel("signs (of the graph: nodes, n = 2)")
    panels[-1].legend(fontsize=8)
    return Picture(_caption(page, equation, weight, names, step), figure)


def _line(panel: Any, across: Sequence[int], up: Sequence[float], line: tuple[str, str, str], label: str) -> None:
    colour, marker, dashes = line
    panel.plot(across, up, color=colour, marker=marker, linestyle=dashes, markersize=4, linewidth=1.2, label=label)
    panel.set_yscale("log")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)


def _align(panels: Sequence[Any]) -> None:
    limits = [panel.get_ylim() for panel in panels]
    for panel in panels:
        panel.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def _caption(page: Derivation, equation: Equation, weight: Letter, names: Sequence[str], step: int) -> str:
    return (
        f"({equation.tag}) at t = {step} in {shown_in(page, equation)}: the norm of each term, geometric mean over "
        f"{POINTS} random points, {weight} scaled to spectral radius {', '.join(f'{radius:g}' for radius in RADII)}; "
        f"{' and '.join(names)}. On the right: how many signs the sum has when it is written out."
    )
