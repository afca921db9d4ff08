"""Two pictures: what each term of the boxed sum contributes, and what the gradient looks like when it is written out.

The first has the norm of each term against the steps that it reaches back; the second which entries are not zero, and
how fast the written sum grows. matplotlib, the extra ``[plot]``, is imported when something is drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

from symbptt.errors import UsageError
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import At, Letter, Total
from symbptt.printing.tex import latex
from symbptt.show.measures import (
    ENTRIES,
    POINTS,
    SMALL,
    STEPS,
    Pattern,
    contributions,
    growth,
    is_boxed,
    latest,
    pattern,
    recurrent,
    shown_in,
    unfolded,
)
from symbptt.verdicts import Row

RADII = (0.5, 1.0, 1.5)
"""The spectral radii of the recurrent weight: below, at and above 1."""
SHOWN = {"any": ("identity", "tanh")}
"""Where no activation is named: one whose slope is 1, so that the weight alone decides, and one whose slope is less."""
LINES = (("#0072B2", "o", "-"), ("#444444", "s", "--"), ("#D55E00", "^", "-."), ("#000000", "x", ":"))
"""Colour, marker and dashes of each line, so that it is told apart without colour."""
SALT = "symbptt"
NEEDED = "a plot needs matplotlib: python3 -m pip install 'symbptt[plot]'"
WIDTH, HEIGHT = 8.4, 4.0
"""Of one picture, in inches."""

Subject: TypeAlias = Literal["norms", "sizes"]
SUBJECTS: tuple[Subject, ...] = ("norms", "sizes")


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


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as the bytes of a file, and in words what it shows."""

    caption: str
    content: bytes


DARK = {"#ffffff": "#15171a", "#000000": "#e6e6e6", "#444444": "#b5b5b5", "#dddddd": "#3a3f45", "#bbbbbb": "#4a5058"}
DARK |= {"#0072b2": "#56b4e9", "#cccccc": "#4a5058"}
"""The colours of a picture on a light page, and what they are on a dark one."""


def in_the_dark(picture: bytes) -> bytes:
    """A picture as SVG for a dark page: ink is light there, and paper dark."""
    # What has no colour of its own is black.
    rooted = picture.replace(b"<svg ", b'<svg fill="#000000" ', 1)
    colour = re.compile(rb"#[0-9A-Fa-f]{6}\b")
    return colour.sub(lambda found: DARK.get(found[0].decode().lower(), found[0].decode()).encode(), rooted)


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return find_spec("matplotlib") is not None


def drawable(rows: Sequence[Row]) -> Iterator[tuple[Derivation, Equation]]:
    """The boxed sums among what is proved, as they were read, each with its page."""
    for part in (part for row in rows for part in row.parts):
        if part.proved and part.page is not None and part.equation is not None and is_boxed(part.page, part.equation):
            yield part.page, part.equation


# --------------------------------------------------------------------------------------------------- drawing


def draw(
    page: Derivation,
    equation: Equation,
    activation: str = "any",
    *,
    step: int = STEPS,
    seed: int = 0,
    subjects: Sequence[Subject] = SUBJECTS,
) -> Picture:
    """The pictures of a boxed sum, one above the other.

    Raises :class:`UsageError` without matplotlib, or where nothing can be drawn.
    """
    if not can_draw():
        raise UsageError(NEEDED)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT * len(subjects)), layout="constrained")
    captions: list[str] = []
    for subject, place in zip(subjects, figure.subfigures(len(subjects), 1, squeeze=False)[:, 0], strict=True):
        if subject == "norms":
            captions.append(_draw_norms(place, page, equation, SHOWN.get(activation, (activation,)), step, seed))
        else:
            captions.append(_draw_sizes(place, page, equation))
    return Picture(f"({equation.tag}) {' '.join(captions)}", figure)


def _draw_norms(place: Any, page: Derivation, equation: Equation, names: Sequence[str], step: int, seed: int) -> str:
    weight, last = recurrent(page, equation), latest(equation)
    panels = place.subplots(1, len(names), squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        of_each = contributions(page, equation, name, RADII, step=step, seed=seed)
        for radius, norms, line in zip(RADII, of_each, LINES, strict=False):
            positive = {back: norm for back, norm in norms.items() if norm > 0}
            _line(panel, list(positive), list(positive.values()), line, f"{radius:g}")
        panel.set_title(f"activation: {name}", fontsize=10)
        panel.set_xlabel(f"steps back, ${last} - i$ ($t = {step}$)")
        panel.set_ylabel("norm of term i of the sum")
        panel.legend(title=f"spectral radius of {_set(weight)}", fontsize=8, title_fontsize=8)
    limits = [panel.get_ylim() for panel in panels]
    for panel in panels:
        panel.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    return (
        f"at t = {step} in {shown_in(page, equation)}: the norm of each term, geometric mean over {POINTS} random "
        f"points, {weight} scaled to spectral radius {', '.join(f'{radius:g}' for radius in RADII)}; "
        f"{' and '.join(names)}{_stand_in(page, equation)}."
    )


def _stand_in(page: Derivation, equation: Equation) -> str:
    left = equation.left
    is_loss = isinstance(left, Total) and isinstance(left.of, At) and left.of.letter != unfolded(page, equation)
    return ", and what the page leaves open, as a loss, a sine" if is_loss else ""


def _set(letter: Letter, above: str = "", below: str = "") -> str:
    """A letter by its name, whose LaTeX matplotlib knows; how a script spells it may be more than that."""
    scripts = (f"^{{({above})}}" if above else "") + (f"_{{{below}}}" if below else "")
    return f"${latex(replace(letter, latex=''))}{scripts}$"


def _line(panel: Any, across: Sequence[int], up: Sequence[float], line: tuple[str, str, str], label: str) -> None:
    colour, marker, dashes = line
    panel.plot(across, up, color=colour, marker=marker, linestyle=dashes, markersize=4, linewidth=1.2, label=label)
    panel.set_yscale("log")
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)


def _draw_sizes(place: Any, page: Derivation, equation: Equation) -> str:
    left, right = place.subplots(1, 2, width_ratios=(3, 2))
    found = pattern(page, equation)
    _draw_pattern(left, found)
    for (name, points), line in zip(growth(page, equation).items(), LINES, strict=True):
        _line(right, [at for at, _ in points], [size for _, size in points], line, name)
    right.set_title("what is written, by depth", fontsize=10)
    right.set_xlabel("$t$")
    right.set_ylabel(f"signs (of the graph: nodes, n = {SMALL['n']})")
    right.legend(fontsize=8)
    filled, used = sum(map(sum, found.entries)), f"{found.weight}^(i)"
    return (
        f"Filled: the entries of d {found.state}_t/d {used} that are not identically zero, {filled} of "
        f"{sum(map(len, found.entries))}, where {used} is the copy of {found.weight} that step i uses. Beside it: how "
        "many signs the sum has when it is written out."
    )


def _draw_pattern(panel: Any, found: Pattern) -> None:
    high, wide = len(found.entries), len(found.entries[0])
    # Cell by cell and not as an image, so that it is sharp at every size.
    panel.pcolormesh(found.entries, cmap="Greys", vmin=0, vmax=1, edgecolors="#bbbbbb", linewidth=0.3)
    panel.invert_yaxis()
    for step in range(1, ENTRIES):
        # Of a grey that is seen on black and on white.
        panel.axhline(step * found.height, color="#4A90C4", linewidth=1.6)
        panel.axvline(step * found.width, color="#4A90C4", linewidth=1.6)
    steps = range(1, ENTRIES + 1)
    states = [_set(found.state, below=str(step)) for step in steps]
    copies = [_set(found.weight, above=str(step)) for step in steps]
    panel.set_yticks([(step - 0.5) * found.height for step in steps], states)
    panel.set_xticks([(step - 0.5) * found.width for step in steps], copies)
    panel.tick_params(length=0)
    panel.set_xlim(0, wide)
    panel.set_ylim(high, 0)
    sizes = ", ".join(f"{name} = {size}" for name, size in found.sizes.items() if name != "q")
    named = f"$d$ {_set(found.state, below='t')} / $d$ {_set(found.weight, above='i')}"
    panel.set_title(f"{named}: empty is zero ({sizes})", fontsize=10)
    panel.set_xlabel("the copy that step i uses, entry by entry")
    panel.set_ylabel("the state of step t, entry by entry")
