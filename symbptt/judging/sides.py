"""Both sides of a claim as functions of arrays, for a user: of one that is proved, at a step for which it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from symbptt.errors import UsageError
from symbptt.functions import activation as activation_called
from symbptt.judging.claims import prove
from symbptt.judging.compiled import ANY, Compiled, function_of
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, page_sizes
from symbptt.oracles.points import entry_called
from symbptt.oracles.spaces import Array
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import instances, unstated
from symbptt.page.notation import Letter
from symbptt.page.shapes import agree, shape
from symbptt.proofs.cascades import write_side
from symbptt.verdicts import DEFAULT_SIZES, DEFAULT_STEPS, Question, Scope


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim as a function: called with an array for each letter, by name."""

    shape: tuple[int, int]
    """Rows and columns of what it returns, a derivative in numerator layout with vec for the entries of a matrix."""
    arguments: Mapping[str, tuple[int, ...]]
    """The letters that it depends on, and their shapes."""
    source: str = field(repr=False)
    """The function that SymPy wrote; empty where the graph is walked, being too large to write out."""
    _function: NumpyFunction = field(repr=False)
    _letters: Mapping[str, Letter] = field(repr=False)

    def __call__(self, **values: Any) -> Array:
        """The value, (..., rows, columns): axes in front of the shapes are points, and broadcast.

        Letters that it does not depend on may be given too. Raises :class:`UsageError` for one that is missing, that
        nothing knows, or that has another shape.
        """
        given: dict[str, Array] = {}
        for name, expected in self.arguments.items():
            if name not in values:
                raise UsageError(f"{name} is missing: expected {_listed(self.arguments)}")
            given[name] = np.asarray(values[name])
            if given[name].shape[given[name].ndim - len(expected) :] != expected or given[name].ndim < len(expected):
                raise UsageError(f"{name} has the shape {given[name].shape}: expected {expected}, points in front")
        complex_ = any(np.iscomplexobj(value) for value in given.values())
        entries = {symbol: self._entry(str(symbol.name), given) for symbol in self._function.symbols}
        return self._function(entries, np.complex128 if complex_ else np.float64)

    def _entry(self, name: str, given: Mapping[str, Array]) -> Array:
        letter, step, row, column = entry_called(self._letters, name)
        called = _called(letter, step)
        place: tuple[int, ...] = (step, row, column) if letter.kind == "data" and step is not None else (row, column)
        # A column of one step is given without its second axis.
        entry: tuple[Any, ...] = (..., *place[: len(self.arguments[called])])
        return np.asarray(given[called][entry])


@dataclass(frozen=True, slots=True)
class Lambdified:
    """Both sides of a claim at one step, with sizes given, as functions of arrays.

    ``left`` and ``right`` are called with the letters that the page leaves open, by name: a weight (rows, columns),
    data (steps + 1, rows) whose entry k is x_k, a first state ``h_0`` (rows,). Calling the whole returns both values.
    """

    claim: str
    left: Side
    right: Side
    steps: int
    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    """The numbers of the free indices."""
    scope: Scope | None
    """For whom the claim is proved; None where it was taken as it stands, and nothing is proved of it."""

    @property
    def arguments(self) -> dict[str, tuple[int, ...]]:
        """The letters that either side depends on, and their shapes."""
        return {**self.left.arguments, **self.right.arguments}

    def __call__(self, **values: Any) -> tuple[Array, Array]:
        """The values of both sides."""
        return self.left(**values), self.right(**values)

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {value}" for name, value in {**self.indices, **self.sizes}.items())
        unproved = "" if self.scope is not None else "; it is not proved"
        return f"{self.claim}, {at}: a function of {_listed(self.arguments)}{unproved}"


def lambdified(
    page: Derivation,
    claim: Equation | str,
    *,
    steps: int = max(DEFAULT_STEPS),
    sizes: Mapping[str, int] = MappingProxyType(DEFAULT_SIZES),
    activation: str = "any",
    weight: Letter | str | None = None,
    at: Mapping[str, int] = MappingProxyType({}),
    as_it_stands: bool = False,
) -> Lambdified:
    """Both sides of a proved claim, unrolled to ``steps`` and differentiated by SymPy, as functions that its lambdify
    wrote.

    ``claim`` is an equation of the page or its tag, ``weight`` the one it is taken in where it is stated in several
    (the first), ``at`` the numbers of indices that run through a range, such as t beside T. With ``any`` an arbitrary
    elementwise function is tanh, and one with a shape a fixed smooth one, as in ``crosscheck``.

    The claim is proved first, at that step, for those sizes and that activation. With ``as_it_stands`` it is not, and
    the two functions of a false claim differ. Raises :class:`UsageError` for a claim that is not proved there, where
    the page has no such claim, weight or step; and what unrolling raises where a side has no meaning.
    """
    equation = _claim(page, claim)
    name = ANY if activation_called(activation).name == "any" else activation
    why = unstated(page, equation, steps)
    if why:
        raise UsageError(f"({equation.tag}) is not stated at {steps}: {why}")
    known = {str(one): one for one in equation.weights}
    if weight is not None and str(weight) not in known:
        raise UsageError(f"({equation.tag}) is not stated in {weight}: expected one of {', '.join(known) or 'none'}")
    taken = next(iter(equation.weights), None) if weight is None else known[str(weight)]
    fitting = [
        values
        for values, wrt in instances(page, equation, steps)
        if wrt == taken and all(values.get(index) == number for index, number in at.items())
    ]
    if len(fitting) != 1:
        listed = " or ".join(str(values) for values, wrt in instances(page, equation, steps) if wrt == taken)
        raise UsageError(f"({equation.tag}) at {steps} is read with {listed}: say which by at=")
    sides = page.resolved(equation, taken)
    agree(page, *sides)
    sized = page_sizes(page, sizes)
    scope = None if as_it_stands else _proved(page, equation, Question((steps,), sized, activation))
    unrolling, _ = Bench(page).unrolled(sized, name)
    functions = [function_of(write_side(unrolling, side, fitting[0])) for side in sides]
    letters = page.meaning.letters
    shapes: dict[str, tuple[int, ...]] = {}
    for symbol in (symbol for function in functions for symbol in function.symbols):
        letter, step, _, _ = entry_called(letters, str(symbol.name))
        rows, columns = (dim.at(sized) for dim in shape(page, letter))
        own = (rows,) if columns == 1 and step is not None else (rows, columns)
        called = _called(letter, step)
        if letter.kind == "data":
            own = (max(shapes.get(called, (steps + 1,))[0], int(step or 0) + 1), *own)
        shapes[called] = own
    left, right = (_side(function, shapes, letters) for function in functions)
    return Lambdified(str(equation), left, right, steps, sized, fitting[0], scope)


def _proved(page: Derivation, equation: Equation, question: Question) -> Scope:
    """For whom a claim is proved, which is whoever is asked about."""
    verdict = prove(page, equation, question)
    if verdict.word != "proved" or verdict.scope is None:
        said = f"({equation.tag}) is {verdict.word}: only what is proved is lambdified. {verdict.reason}"
        raise UsageError(said.strip())
    (step,) = question.steps
    scope = verdict.scope
    proved = {} if isinstance(scope.sizes, str) else scope.sizes
    if step not in (scope.listed or (step,)) or any(question.sizes[name] != size for name, size in proved.items()):
        at = ", ".join([f"t = {scope.steps}", *(f"{name} = {size}" for name, size in proved.items())])
        raise UsageError(f"({equation.tag}) is proved for {at}; anything else is refused")
    return scope


def _claim(page: Derivation, claim: Equation | str) -> Equation:
    found = [known for known in page if known.tag == claim] if isinstance(claim, str) else [claim]
    if len(found) != 1 or found[0] not in list(page) or found[0].kind == "definition":
        tag = claim if isinstance(claim, str) else claim.tag
        listed = ", ".join(known.tag for known in page if known.kind != "definition")
        raise UsageError(f"({tag}) is no claim of the page: expected one of {listed or 'none'}")
    return found[0]


def _called(letter: Letter, step: int | None) -> str:
    """What a letter is called among the arguments; a first state goes with its step."""
    return f"{letter.symbol}_{step}" if letter.kind == "state" else letter.symbol


def _side(function: NumpyFunction, shapes: Mapping[str, tuple[int, ...]], letters: Mapping[str, Letter]) -> Side:
    called = [_called(*entry_called(letters, str(symbol.name))[:2]) for symbol in function.symbols]
    source = function.source if isinstance(function, Compiled) else ""
    rows, columns = function.shape
    return Side((rows, columns), {name: shapes[name] for name in sorted(set(called))}, source, function, letters)


def _listed(arguments: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape_}" for name, shape_ in arguments.items()) or "nothing"
