"""A claim as a readable NumPy module: the states run forward, the right side, each step's share of it.

The code is written from the notation, matrix by matrix, for every step at once and with the sizes of the arrays: the
definitions by ``rules``, the right side by ``sides``, the class that holds both by ``program``. Where the page or the
claim has no rule there, :class:`Undecided` says what it is, and ``evaluation.NumpyFunction`` goes on at a given t.

Every function that acts on each entry is one named activation, but for those that go by the name of another. A
function with a shape that the page leaves open, a loss ell(y_t, d_t), is the fixed smooth one that ``crosscheck`` takes
for it (``spaces.NUMPY.arbitrary``), written in two functions of the module that are there to be replaced.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from symbptt import functions
from symbptt.emit.pieces import FIXED, function_pieces, needed, stand_in
from symbptt.emit.program import Program
from symbptt.emit.python import quoted
from symbptt.errors import UsageError
from symbptt.oracles.spaces import Array
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Letter
from symbptt.page.shapes import shape


class Emitted:
    """A claim as NumPy functions, each as its own docstring says; those that a claim has no use for are not there.

    ``source`` is the module they come from. It is all that is pickled and copied: the functions are made from it anew.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        made: dict[str, Any] = {}
        exec(compile(source, "<symbptt>", "exec"), made)
        self.__doc__ = made["__doc__"]
        for name in ("forward", "gradient", "value", "terms"):
            if name in made:
                setattr(self, name, made[name])

    def __reduce__(self) -> tuple[type[Emitted], tuple[str]]:
        return Emitted, (self.source,)

    if TYPE_CHECKING:
        forward: Callable[..., Mapping[str, Array]]
        """The states from the first one on, by name."""
        gradient: Callable[..., Array]
        """The right side of a claim about a derivative."""
        value: Callable[..., Array]
        """The right side of a claim about anything else."""
        terms: Callable[..., Array]
        """What each step adds to the right side."""


def to_numpy(page: Derivation, claim: Equation, *, weight: Letter | None = None, activation: str = "tanh") -> Emitted:
    """A claim as vectorised NumPy functions of its indices and the page's letters.

    ``gradient(t, **letters)``, or ``value`` for a claim about no derivative, is the right side, (\\*batch, rows,
    columns) in numerator layout; ``terms`` has an axis of steps before these two, where the right side is a sum over
    steps of a weight; ``forward`` maps each state's name to (\\*batch, t + 1, rows). A weight is (\\*batch, rows,
    columns), data (\\*batch, t + 1, rows) with the step as index, a first state ``h_0`` (\\*batch, rows). float64, or
    complex128 where anything is complex. Raises :class:`UsageError` for an unknown activation or weight,
    :class:`Undecided` where the page or the claim has no rule in matrices. What is called raises ``ValueError`` or
    ``TypeError`` for a wrong shape, a wrong dtype or a value that is not finite, and says which argument.
    """
    return Emitted(emit(page, claim, weight, activation))


def emit(page: Derivation, equation: Equation, weight: Letter | None = None, activation: str = "tanh") -> str:
    """The source of a module for one claim, in one of its weights; raises as :func:`to_numpy` does."""
    standing = functions.activation(activation, named=True)
    if weight is not None and weight not in equation.weights:
        stated = ", ".join(map(str, equation.weights)) or "none"
        raise UsageError(f"({equation.tag}) is not stated in {weight}: expected one of {stated}")
    program = Program(page, equation, *page.resolved(equation, weight), standing)
    lines = [*_functions(program), "class _Run:", '    """The states up to the last step, and what is pulled back."""']
    for method in program.methods():
        lines += ["", *(f"    {line}" if line else "" for line in method)]
    pieces = {head: piece for name in functions.TABLE for head, piece in function_pieces(name).items()}
    pieces |= FIXED
    for function in program.open_functions:
        pieces |= stand_in(function)
    body = "\n".join(lines)
    head = "\n".join(_docstring(program, activation))
    return f"{head}\n\nimport numpy as np\n\n\n" + "\n\n\n".join([body, *needed(body, pieces)]) + "\n"


def _docstring(program: Program, activation: str) -> Iterator[str]:
    page, equation = program.page, program.equation
    acts = functions.activation(activation).standing_for
    letters = [letter for letter in page.letters_under(equation.letters) if letter.is_entrywise]
    title = f"({equation.tag}) {program.left} = {program.right}"
    yield '"""' + textwrap.fill(quoted(title), 116, subsequent_indent="    ")
    yield ""
    source = ", ".join(quoted(part) for part in (page.title, page.source) if part)
    yield textwrap.fill(f"Equation ({quoted(equation.tag)}) of {source or 'a derivation'}.", 116)
    acting = sorted({f"{letter} is {acts(letter.symbol).said}" for letter in letters})
    if acting:
        yield textwrap.fill(f"Entry by entry, {', '.join(acting)}.", 116)
    yield "Written by symbptt; needs numpy alone."
    for function in program.open_functions:
        yield f"The page leaves {function} open: a stand-in is below, _value_of_{function} and _slopes_of_{function}."
    yield ""
    yield "Every function takes, as float64 or complex128:"
    yield ""
    for name in program.indices.values():
        yield f"    {name}: a whole number"
    for size, name in program.lengths.items():
        yield f"    {name}: a whole number, the size {size}"
    for one in program.arguments:
        dims = ", ".join(map(str, one.dims))
        if one.letter.kind == "weight":
            yield f"    {one.name}: (*batch, {dims})"
        elif one.letter.kind == "data":
            yield f"    {one.name}: (*batch, {program.entries}, {dims}), entry k is {one.letter.symbol}_k"
        else:
            yield f"    {one.name}: (*batch, {dims}), {one.letter.symbol} at the step {one.step}"
    yield ""
    yield "batch is any number of leading axes, which broadcast. A derivative has a row for each entry of what is"
    yield "differentiated and a column for each of what it is taken in, column by column (numerator layout)."
    yield "What overflows comes back as inf or nan, with NumPy's warning."
    yield '"""'


def _functions(program: Program) -> Iterator[str]:
    page, system = program.page, program.system
    given = ", ".join([*program.indices.values(), *program.given[len(program.step) :]])
    run = f"_Run({', '.join(program.given)})"
    others = ", ".join(program.indices[name] for name in system.others)
    rows, columns = shape(page, program.left)
    said = quoted(str(program.left))
    yield f"def forward({given}):"
    yield f'    """Each state by name, (*batch, {program.entries}, rows): entry k is step k, nan where it has none."""'
    yield f"    return {run}.states()"
    yield from ("", "")
    yield f"def {'value' if program.derivative is None else 'gradient'}({given}):"
    yield f'    """{said}: (*batch, {rows}, {columns})."""'
    yield f"    return {run}.whole({others})"
    yield from ("", "")
    if program.has_terms:
        yield f"def terms({given}):"
        yield f'    """What each step adds to it by itself: (*batch, {program.entries}, {rows}, {columns})."""'
        yield f"    return {run}.terms({others})"
        yield from ("", "")
