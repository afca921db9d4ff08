"""A claim as a readable NumPy module: the states run forward, the right side, each step's share of it.

The code is written from the notation, matrix by matrix, for every step at once and with the sizes of the arrays:
``needs`` says what has to be run, ``matrices`` writes the definitions, ``rightside`` the right side, ``module`` the
text around them. Where the page or the claim has no rule there, :class:`Undecided` says what it is.

Every function that acts on each entry is one named activation, but for those that go by the name of another. A
function with a shape that the page leaves open, a loss ell(y_t, d_t), is the fixed smooth one that ``crosscheck`` takes
for it, written in two functions of the module that are there to be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symbptt import functions
from symbptt.emit.module import Module
from symbptt.emit.passes import Passes, gradient_of
from symbptt.errors import UsageError
from symbptt.judging.claims import prove
from symbptt.oracles.spaces import Array
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Letter
from symbptt.verdicts import Question, Scope


class Emitted:
    """A claim as NumPy functions, each as its own docstring says; those that a claim has no use for are not there.

    ``source`` is the module they come from. It is all that is pickled and copied: the functions are made from it anew.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        made: dict[str, Any] = {}
        exec(compile(source, "<symbptt>", "exec"), made)
        self.__doc__ = made["__doc__"]
        for name in ("forward", "gradient", "value", "terms", "backward", "value_and_gradients"):
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
        backward: Callable[..., Mapping[str, Array]]
        """Of derived gradients: the gradient in each weight by its name, from the states."""
        value_and_gradients: Callable[..., tuple[Array, Mapping[str, Array]]]
        """Of derived gradients: the loss, and the gradient in each weight by its name."""


def to_numpy(
    page: Derivation,
    claim: Equation | Sequence[Equation],
    *,
    weight: Letter | None = None,
    activation: str = "tanh",
    as_it_stands: bool = False,
) -> Emitted:
    """A claim that is proved as vectorised NumPy functions of its indices and the page's letters.

    ``gradient(t, **letters)``, or ``value`` for a claim about no derivative, is the right side, (\\*batch, rows,
    columns) in numerator layout; ``terms`` has an axis of steps before these two, where the right side is a sum over
    steps of a weight; ``forward`` maps each state's name to (\\*batch, t + 1, rows). A weight is (\\*batch, rows,
    columns), data (\\*batch, t + 1, rows) with the step as index, a first state ``h_0`` (\\*batch, rows). float64, or
    complex128 where anything is complex. Steps and sizes for which the claim is not proved are refused. With
    ``as_it_stands`` the right side is written whatever it equals, and the module says that nothing is proved of it.

    Several claims, gradients of one loss in weights without a derivative on the right, are a pass backward, and are
    written as derived gradients are: ``value_and_gradients(weights, data..., first states...)``.

    Raises :class:`UsageError` for a claim that is not proved and for an unknown activation or weight,
    :class:`Undecided` where the page or the claim has no rule in matrices. What is called raises ``ValueError`` or
    ``TypeError`` for a wrong shape, a wrong dtype or a value that is not finite, and says which argument.
    """
    if isinstance(claim, Equation):
        scope = None if as_it_stands else _proved(page, claim, activation)
        return Emitted(emit(page, claim, weight, activation, scope))
    if weight is not None or as_it_stands:
        raise UsageError("several claims are written in the weights that they state, and only where they are proved")
    return Emitted(emit_passes(page, [(one, _proved(page, one, activation)) for one in claim], activation))


def _proved(page: Derivation, claim: Equation, activation: str) -> Scope | None:
    verdict = prove(page, claim, Question(activation=activation))
    if verdict.word != "proved":
        raise UsageError(f"({claim.tag}) is {verdict.word}: only what is proved is emitted. {verdict.reason}")
    return verdict.scope


def emit(
    page: Derivation,
    equation: Equation,
    weight: Letter | None = None,
    activation: str = "tanh",
    scope: Scope | None = None,
) -> str:
    """The source of a module for one claim in one of its weights, for the steps of the scope of its proof.

    Without a scope it says that the right side is not proved. Raises as :func:`to_numpy` does.
    """
    standing = functions.activation(activation, named=True)
    if weight is not None and weight not in equation.weights:
        stated = ", ".join(map(str, equation.weights)) or "none"
        raise UsageError(f"({equation.tag}) is not stated in {weight}: expected one of {stated}")
    return Module(page, equation, *page.resolved(equation, weight), standing, scope).source()


def emit_passes(
    page: Derivation, claims: Sequence[tuple[Equation, Scope | None]], activation: str = "any", said: Sequence[str] = ()
) -> str:
    """The source of a module for gradients of one loss, each with the scope of its proof: both passes.

    ``said`` is what has to be read so for them to hold, in words. Raises as :func:`to_numpy` does.
    """
    gradients = [gradient_of(page, *claim) for claim in claims]
    return Passes(page, gradients, functions.activation(activation), said).source()
