"""The two textbook passes through a vanilla network, written by hand in NumPy.

    h_t = phi(W h_{t-1} + U x_t + b),  o_t = phi(V h_t + c) or V h_t + c,  l_t = ell(o_t, y_t),  L = factor · Σ_t l_t

``backward`` is backpropagation through time, the recursion of deltas (Werbos, 1990); ``forward`` is real-time recurrent
learning, the recursion of sensitivities (Williams and Zipser, 1989). Neither reads a claim: they know the definitions,
the slope of each function, and nothing else.

Arrays are (points, rows, columns), a derivative has the entries of what is differentiated as rows and those of a
weight, as vec, as columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from symbptt.errors import NoOracle, Undecided
from symbptt.oracles.forward import slope
from symbptt.oracles.spaces import NUMPY, Array
from symbptt.page.derivation import Derivation
from symbptt.page.notation import Add, Apply, At, Expr, Index, IndexValue, Letter, Mul, Number, Power, Sum, substitute
from symbptt.page.shapes import SCALAR

FITS = "the passes are written for h_t = phi(W h_{t-1} + U x_t + b), o_t = phi(V h_t + c), l_t = ell(o_t, y_t) and L"


# --------------------------------------------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class Elman:
    """One step of an Elman network: h_t = phi(recurrent · h_{t-1} + Σ weight · data_{t-lag} + Σ biases)."""

    state: Letter
    recurrent: Letter
    inputs: tuple[tuple[Letter, Letter, int], ...]
    """(weight, data, lag) of each input."""
    biases: tuple[Letter, ...]
    function: Letter


@dataclass(frozen=True, slots=True)
class Output:
    """What is read off the hidden state at its step: o_t = phi(weight · h_t + Σ biases), or without phi."""

    state: Letter
    weight: Letter
    biases: tuple[Letter, ...]
    function: Letter | None


@dataclass(frozen=True, slots=True)
class Loss:
    """An arbitrary function with one entry, of the output and of data at its step less the lag."""

    name: str
    arguments: tuple[tuple[Letter, int], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What is differentiated: h_t or o_t at ``steps``, or ``factor`` times a loss summed from ``first`` to there."""

    net: Elman
    output: Output | None
    loss: Loss | None
    first: int
    steps: int
    factor: float = 1.0

    @property
    def weights(self) -> tuple[Letter, ...]:
        """Every weight that takes part."""
        own = (self.net.recurrent, *(weight for weight, _, _ in self.net.inputs), *self.net.biases)
        return own if self.output is None else (*own, self.output.weight, *self.output.biases)


def read_task(page: Derivation, of: Expr) -> Task:
    """What the passes are asked for; raises :class:`NoOracle` where they are not written for it."""
    if not isinstance(of, At) or of.letter.kind != "state" or of.index.value() < 1:
        raise NoOracle(f"the passes differentiate a state from the first step on, not {of}")
    letter, step = of.letter, of.index.value()
    head, body = _said(page, letter)
    if not page.meaning.defined(letter).has_index:
        return _summed(page, substitute(body, dict.fromkeys(head.index.letters(), step)))
    if isinstance(body, Apply) and body.function.shape is not None:
        return _lost(page, body, head.index, step, step)
    entering = [other for _, other, _ in _read(page, letter)[0]]
    hidden = next((other for other in entering if other.kind == "state" and other != letter), None)
    if hidden is None:
        return Task(elman(page, letter), None, None, step, step)
    return Task(elman(page, hidden), _output(page, letter, hidden), None, step, step)


def _said(page: Derivation, letter: Letter) -> tuple[At, Expr]:
    """The one definition of a state, at its step."""
    try:
        known = page.meaning.general(letter)
    except Undecided as why:
        raise NoOracle(f"{FITS}: {why}") from None
    if known.fixed:
        raise NoOracle(f"{FITS}: {letter} has a first state of its own")
    assert known.body is not None
    return known.head, known.body


def _summed(page: Derivation, body: Expr) -> Task:
    """A loss over several steps: a number times Σ l_t or Σ ell(o_t, y_t)."""
    factor, total = 1.0, None
    for part in body.parts if isinstance(body, Mul) else (body,):
        match part:
            case Number():
                factor *= float(part.value)
            case Power(base=IndexValue(index=index), exponent=exponent):
                factor *= float(index.value()) ** exponent.value()
            case Sum() if total is None:
                total = part
            case _:
                raise NoOracle(f"{FITS} = Σ l_t")
    if total is None or not 1 <= total.lower.value() <= total.upper.value():
        raise NoOracle(f"{FITS} = Σ l_t")
    each, at = total.body, Index.letter(total.index)
    if isinstance(each, At) and each.index == at:
        head, said = _said(page, each.letter)
        each = substitute(said, dict.fromkeys(head.index.letters(), at))
    task = _lost(page, each, at, total.lower.value(), total.upper.value())
    return replace(task, factor=factor)


def _lost(page: Derivation, body: Expr, at: Index, first: int, steps: int) -> Task:
    """A loss at its step, ell(o_t, y_t)."""
    if not isinstance(body, Apply) or body.function.shape != SCALAR:
        raise NoOracle(f"the passes have no rule for {body}")
    arguments: list[tuple[Letter, int]] = []
    outputs: list[Letter] = []
    for part in body.arguments:
        lag = at - part.index if isinstance(part, At) else None
        if not isinstance(part, At) or lag is None or lag.terms or (part.letter.kind == "state" and lag.constant):
            raise NoOracle(f"the passes have no rule for {body}")
        arguments.append((part.letter, lag.constant))
        outputs += [part.letter] * (part.letter.kind == "state")
    hidden = read_task(page, outputs[0][steps]) if len(outputs) == 1 else None
    if hidden is None or hidden.output is None or hidden.loss is not None:
        raise NoOracle(f"{FITS}: {body} is no loss on one output")
    return Task(hidden.net, hidden.output, Loss(body.function.symbol, tuple(arguments)), first, steps)


def _read(
    page: Derivation, state: Letter
) -> tuple[list[tuple[Letter, Letter, int]], tuple[Letter, ...], Letter | None]:
    """(weight, what enters, lag) of each term, the biases, and the function that is applied."""
    head, body = _said(page, state)
    applied = body.function if isinstance(body, Apply) else None
    if isinstance(body, Apply):
        if body.function.shape is not None or body.primes:
            raise NoOracle(f"the passes know no slope of {body}")
        (body,) = body.arguments
    terms: list[tuple[Letter, Letter, int]] = []
    biases: list[Letter] = []
    for term in body.parts if isinstance(body, Add) else (body,):
        match term:
            case Letter(kind="weight") if not page.definitions(term):
                biases.append(term)
            case Mul(parts=(Letter(kind="weight") as weight, At(letter=entering, index=at))) if not (
                page.definitions(weight) or (head.index - at).terms
            ):
                terms.append((weight, entering, (head.index - at).constant))
            case _:
                raise NoOracle(f"the passes have no rule for {term}")
    weights = [*(weight for weight, _, _ in terms), *biases]
    if len(set(weights)) < len(weights):
        raise NoOracle("the passes are written for one recurrent weight, and each weight used once a step")
    return terms, tuple(biases), applied


def elman(page: Derivation, state: Letter) -> Elman:
    """The definition of a state as an Elman step; raises :class:`NoOracle` for any other."""
    terms, biases, applied = _read(page, state)
    recurrent = [weight for weight, entering, lag in terms if entering == state and lag == 1]
    inputs = tuple((weight, entering, lag) for weight, entering, lag in terms if entering.kind == "data")
    if len(recurrent) != 1 or len(inputs) + 1 != len(terms) or applied is None:
        raise NoOracle(f"{FITS}: {state} is defined in another way")
    return Elman(state, recurrent[0], inputs, biases, applied)


def _output(page: Derivation, state: Letter, hidden: Letter) -> Output:
    terms, biases, applied = _read(page, state)
    net = elman(page, hidden)
    if len(terms) != 1 or terms[0][1:] != (hidden, 0):
        raise NoOracle(f"{FITS}: {state} is defined in another way")
    own = {terms[0][0], *biases}
    if own & {net.recurrent, *net.biases, *(weight for weight, _, _ in net.inputs)}:
        raise NoOracle(f"{FITS}: a weight of {hidden} is used in {state} as well")
    return Output(state, terms[0][0], biases, applied)


# --------------------------------------------------------------------------------------------------- the passes


class Run:
    """The states and slopes of a network up to one step, at each point; outputs are run from ``first`` on."""

    def __init__(self, task: Task, acts: Callable[[Letter], str], value: Callable[[Letter, int | None], Array]) -> None:
        net, output, self.task = task.net, task.output, task
        self.recurrent = value(net.recurrent, None)
        self.states = [value(net.state, 0)]
        self.slopes: list[Array] = [np.empty(0)]
        self.entering: list[dict[Letter, Array]] = [{}]
        for k in range(1, task.steps + 1):
            inputs = {weight: value(letter, k - lag) for weight, letter, lag in net.inputs}
            a = self.recurrent @ self.states[-1]
            for weight, x in inputs.items():
                a = a + value(weight, None) @ x
            for bias in net.biases:
                a = a + value(bias, None)
            h = NUMPY.named(acts(net.function), a)
            # What each weight is multiplied by at this step.
            ones = {bias: np.ones((*h.shape[:-2], 1, 1)) for bias in net.biases}
            self.entering.append({**inputs, **ones, net.recurrent: self.states[-1]})
            self.states.append(h)
            self.slopes.append(np.broadcast_to(slope(NUMPY, acts(net.function), a, h), h.shape))
        self.out = None if output is None else value(output.weight, None)
        self.out_slopes: dict[int, Array] = {}
        self.seeds: dict[int, Array] = {}
        """Its derivative in the output, or in the hidden state where there is none: (points, rows, columns)."""
        for k in range(task.first, task.steps + 1):
            last = self.states[k]
            if output is not None:
                last = value(output.weight, None) @ last
                for bias in output.biases:
                    last = last + value(bias, None)
                self.entering[k][output.weight] = self.states[k]
                self.entering[k] |= {bias: np.ones((*last.shape[:-2], 1, 1)) for bias in output.biases}
                kind = acts(output.function) if output.function is not None else "identity"
                a, last = last, NUMPY.named(kind, last)
                self.out_slopes[k] = np.broadcast_to(slope(NUMPY, kind, a, last), last.shape)
            rows = last.shape[-2]
            self.seeds[k] = np.broadcast_to(np.eye(rows), (len(last), rows, rows))
            if task.loss is not None:
                self.seeds[k] = task.factor * _loss_slope(task, k, last, value)

    def rows(self) -> int:
        """The entries of what is differentiated."""
        return int(self.seeds[self.task.steps].shape[-2])

    def blank(self, weight: Letter, rows: int) -> Array:
        """Zeros for the derivative of so many entries in one weight, as (points, entries, rows, columns)."""
        output = self.task.output
        is_out = output is not None and weight in (output.weight, *output.biases)
        height = self.out_slopes[self.task.steps].shape[-2] if is_out else self.states[-1].shape[-2]
        width = self.entering[self.task.steps][weight].shape[-2]
        return np.zeros((len(self.states[-1]), rows, height, width), dtype=self.states[-1].dtype)


def _loss_slope(task: Task, k: int, out: Array, value: Callable[[Letter, int | None], Array]) -> Array:
    """∂l_k/∂o_k, (points, 1, entries of o)."""
    assert task.loss is not None
    assert task.output is not None
    entries: list[Array] = []
    own: list[int] = []
    for letter, lag in task.loss.arguments:
        column = out if letter == task.output.state else value(letter, k - lag)
        own += [len(entries) + row for row in range(column.shape[-2]) if letter == task.output.state]
        entries += [column[:, row, 0] for row in range(column.shape[-2])]
    orders = [[int(place == at) for place in range(len(entries))] for at in own]
    return np.stack([NUMPY.arbitrary(task.loss.name, 0, order, entries) for order in orders], axis=-1)[:, np.newaxis]


def backward(run: Run, weights: Sequence[Letter], only: int | None = None) -> dict[Letter, Array]:
    """The derivative in each weight by the recursion of deltas from the last step down to 1.

    With ``only`` a weight moves where that step uses it and nowhere else. (points, entries, rows, columns).
    """
    output = run.task.output
    gradient = {weight: run.blank(weight, run.rows()) for weight in weights}
    outer = () if output is None else (output.weight, *output.biases)

    def add(delta: Array, k: int, own: bool) -> None:
        for weight in weights if only in (None, k) else ():
            if (weight in outer) == own:
                entering = run.entering[k][weight]
                gradient[weight] += delta[:, :, :, np.newaxis] * entering[:, np.newaxis, np.newaxis, :, 0]

    dh = np.zeros((1, 1, 1))
    for k in range(run.task.steps, 0, -1):
        if k in run.seeds and output is None:
            dh = dh + run.seeds[k]
        elif k in run.seeds:
            delta = run.seeds[k] * run.out_slopes[k].swapaxes(-1, -2)
            add(delta, k, own=True)
            dh = dh + delta @ run.out
        delta = dh * run.slopes[k].swapaxes(-1, -2)
        add(delta, k, own=False)
        dh = delta @ run.recurrent
    return gradient


def forward(run: Run, weights: Sequence[Letter], only: int | None = None) -> dict[Letter, Array]:
    """The same by the recursion of sensitivities from 1 up to T: P_t = diag(phi') (W P_{t-1} + what enters now)."""
    output = run.task.output
    gradient = {weight: run.blank(weight, run.rows()) for weight in weights}
    units = run.states[-1].shape[-2]
    outer = () if output is None else (output.weight, *output.biases)
    sensitivity = {weight: run.blank(weight, units) for weight in weights}
    for k in range(1, run.task.steps + 1):
        for weight in weights:
            moves = only in (None, k)
            if weight not in outer:
                sensitivity[weight] = _moved(run.recurrent, sensitivity[weight], run.slopes[k])
                if moves:
                    _enter(sensitivity[weight], run.entering[k][weight], run.slopes[k])
            if k not in run.seeds:
                continue
            last = sensitivity[weight]
            if output is not None:
                assert run.out is not None
                last = _moved(run.out, last, run.out_slopes[k])
                if weight in outer and moves:
                    _enter(last, run.entering[k][weight], run.out_slopes[k])
            gradient[weight] += np.einsum("pij,pjrc->pirc", run.seeds[k], last)
    return gradient


def _moved(matrix: Array, sensitivity: Array, slope: Array) -> Array:
    moved: Array = slope[:, :, :, np.newaxis] * np.einsum("pij,pjrc->pirc", matrix, sensitivity)
    return moved


def _enter(sensitivity: Array, entering: Array, slope: Array) -> None:
    units = np.arange(sensitivity.shape[1])
    sensitivity[:, units, units] += slope * entering[:, np.newaxis, :, 0]


def columns(found: Mapping[Letter, Array], places: Sequence[tuple[Letter, int, int]]) -> Array:
    """The derivatives in these entries of the weights, (points, entries of what is differentiated, entries)."""
    return np.stack(list(_picked(found, places)), axis=-1)


def _picked(found: Mapping[Letter, Array], places: Sequence[tuple[Letter, int, int]]) -> Iterator[Array]:
    for letter, row, column in places:
        yield found[letter][:, :, row, column]
