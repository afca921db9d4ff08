"""The two textbook passes through h_t = phi(W h_{t-1} + U x_t + b), written by hand in NumPy.

``backward`` is backpropagation through time, the recursion of deltas (Werbos, 1990); ``forward`` is real-time recurrent
learning, the recursion of sensitivities (Williams and Zipser, 1989). Neither reads a claim: they know the definition,
the slope of each activation, and nothing else.

Arrays are (points, rows, columns), a derivative has the entries of h as rows and those of a weight, as vec, as columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from symbptt.derivation import Derivation
from symbptt.errors import NoOracle
from symbptt.notation import Add, Apply, At, Expr, Letter, Mul
from symbptt.numbers.numeric import ELEMENTWISE, Array, sigmoid

SLOPES: Mapping[str, Callable[[Array, Array], Array]] = MappingProxyType(
    {
        "tanh": lambda a, h: 1.0 - h * h,
        "sigmoid": lambda a, h: h * (1.0 - h),
        "softplus": lambda a, h: sigmoid(a),
        "relu": lambda a, h: np.where(a > 0, 1.0, 0.0),
        "identity": lambda a, h: np.ones_like(a),
    }
)
"""The derivative of each activation, from its argument and its value."""


@dataclass(frozen=True, slots=True)
class Elman:
    """One step of an Elman network: h_t = phi(recurrent · h_{t-1} + Σ weight · data_{t-lag} + Σ biases)."""

    state: Letter
    recurrent: Letter
    inputs: tuple[tuple[Letter, Letter, int], ...]
    """(weight, data, lag) of each input."""
    biases: tuple[Letter, ...]


def elman(page: Derivation, state: Letter) -> Elman:
    """The definition of a state as an Elman step; raises :class:`NoOracle` for any other."""
    said = [known for known in page.definitions(state) if known.right is not None]
    if len(said) != 1 or not isinstance(said[0].left, At) or not isinstance(said[0].right, Apply):
        raise NoOracle(f"the passes are written for {state}_t = phi(W {state}_{{t-1}} + U x_t + b) alone")
    body = said[0].right
    clock = said[0].left.index
    if body.function.shape is not None or len(body.arguments) != 1:
        raise NoOracle(f"the passes know no slope of {body.function}")
    (argument,) = body.arguments
    recurrent: list[Letter] = []
    inputs: list[tuple[Letter, Letter, int]] = []
    biases: list[Letter] = []
    for term in argument.parts if isinstance(argument, Add) else (argument,):
        match term:
            case Letter(kind="weight") if not page.definitions(term):
                biases.append(term)
            case Mul(parts=(Letter(kind="weight") as weight, At(letter=inner, index=at))) if not page.definitions(
                weight
            ):
                lag = clock - at
                if inner == state and lag.constant == 1 and not lag.terms:
                    recurrent.append(weight)
                elif inner.kind == "data" and not lag.terms:
                    inputs.append((weight, inner, lag.constant))
                else:
                    raise NoOracle(f"the passes have no rule for {term}")
            case _:
                raise NoOracle(f"the passes have no rule for {term}")
    weights = [*recurrent, *(weight for weight, _, _ in inputs), *biases]
    if len(recurrent) != 1 or len(set(weights)) < len(weights):
        raise NoOracle("the passes are written for one recurrent weight, and each weight used once a step")
    return Elman(state, recurrent[0], tuple(inputs), tuple(biases))


class Run:
    """The states and slopes of an Elman network up to one step, at each point."""

    def __init__(self, net: Elman, steps: int, activation: str, value: Callable[[Letter, int | None], Array]) -> None:
        self.net, self.steps = net, steps
        self.recurrent = value(net.recurrent, None)
        self.states = [value(net.state, 0)]
        self.slopes: list[Array] = [np.empty(0)]
        self.entering: list[dict[Letter, Array]] = [{}]
        for k in range(1, steps + 1):
            inputs = {weight: value(letter, k - lag) for weight, letter, lag in net.inputs}
            a = self.recurrent @ self.states[-1]
            for weight, x in inputs.items():
                a = a + value(weight, None) @ x
            for bias in net.biases:
                a = a + value(bias, None)
            h = ELEMENTWISE[activation](a)
            # What each weight is multiplied by at this step.
            ones = {bias: np.ones((*h.shape[:-2], 1, 1)) for bias in net.biases}
            self.entering.append({**inputs, **ones, net.recurrent: self.states[-1]})
            self.states.append(h)
            self.slopes.append(SLOPES[activation](a, h))

    def blank(self, weight: Letter) -> Array:
        """Zeros for the derivative of h in one weight, as (points, rows of h, rows, columns)."""
        rows, columns = self.states[-1].shape[-2], self.entering[1][weight].shape[-2]
        return np.zeros((len(self.states[-1]), rows, rows, columns), dtype=self.states[-1].dtype)


def backward(run: Run, weights: Sequence[Letter], only: int | None = None) -> dict[Letter, Array]:
    """dh_T/dw for each weight by the recursion of deltas from T down to 1, one delta a row of h_T.

    With ``only`` a weight moves where that step uses it and nowhere else. (points, rows of h, rows, columns).
    """
    gradient = {weight: run.blank(weight) for weight in weights}
    rows = run.states[-1].shape[-2]
    dh = np.broadcast_to(np.eye(rows), (len(run.states[-1]), rows, rows))
    for k in range(run.steps, 0, -1):
        delta = dh * run.slopes[k].swapaxes(-1, -2)
        if only in (None, k):
            for weight in weights:
                entering = run.entering[k][weight]
                gradient[weight] += delta[:, :, :, np.newaxis] * entering[:, np.newaxis, np.newaxis, :, 0]
        dh = delta @ run.recurrent
    return gradient


def forward(run: Run, weights: Sequence[Letter], only: int | None = None) -> dict[Letter, Array]:
    """The same by the recursion of sensitivities from 1 up to T: P_t = diag(phi') (W P_{t-1} + what enters now)."""
    sensitivity = {weight: run.blank(weight) for weight in weights}
    units = np.arange(run.states[-1].shape[-2])
    for k in range(1, run.steps + 1):
        for weight in weights:
            moved = np.einsum("pij,pjrc->pirc", run.recurrent, sensitivity[weight])
            if only in (None, k):
                moved[:, units, units] += run.entering[k][weight][:, np.newaxis, :, 0]
            sensitivity[weight] = run.slopes[k][:, :, :, np.newaxis] * moved
    return sensitivity


def asked_of(of: Expr) -> tuple[Letter, int]:
    """The state and step that the passes differentiate; raises :class:`NoOracle` for anything but h_k, k >= 1."""
    if not isinstance(of, At) or of.letter.kind != "state" or of.index.value() < 1:
        raise NoOracle(f"the passes differentiate a recurrent state, not {of}")
    return of.letter, of.index.value()


def columns(found: Mapping[Letter, Array], places: Sequence[tuple[Letter, int, int]]) -> Array:
    """The derivatives in these entries of the weights, (points, rows of h, entries)."""
    return np.stack(list(_picked(found, places)), axis=-1)


def _picked(found: Mapping[Letter, Array], places: Sequence[tuple[Letter, int, int]]) -> Iterator[Array]:
    for letter, row, column in places:
        yield found[letter][:, :, row, column]
