"""`python -m tests.benchmarks.numbers [--write]`: emitted gradients and checks by numbers against their rivals.

Times are ratios within one run. The grid shows how often each check passes the box without its term of i = 1; torch's
own gradcheck where it is installed, and else its published default rule in NumPy, called so.
"""

from __future__ import annotations

import importlib.util
import math
import re
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial as partially
from typing import Any

import numpy as np

from symbptt import Derivation, Equation, Product, Question, Sum, crosscheck, d, partial, to_numpy
from symbptt.files import write_whole
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench
from symbptt.oracles.passes import Run, backward, read_task
from symbptt.oracles.spaces import Array
from symbptt.page.notation import Letter
from symbptt.proofs.cascades import write_side
from symbptt.proofs.unrolled import Unrolling
from tests.pages import ROOT, U, W, box, h, i, j, jacobian, recurrence, t

MARKED = re.compile(r"(<!-- numbers -->\n).*?(<!-- end numbers -->)", re.DOTALL)
STEPS, NORMS, SEEDS = (5, 10, 20, 50), (0.5, 0.9, 1.2, 2.0), 20
SIZE = 2


def claims() -> tuple[Derivation, Equation, Equation]:
    """A recurrence, its box, and the box without the term of i = 1."""
    page = recurrence()
    right = page.claim("box", d(h[t], W), box())
    dropped = partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 2, t - 1))
    return page, right, page.claim("dropped", d(h[t], W), dropped)


def seconds(run: Callable[[], Any], rounds: int = 5) -> float:
    """The median of several runs after a first one."""
    run()
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


# --------------------------------------------------------------------------------------------------- times


def gradients(batched: bool, size: int = 8, steps: int = 20, batch: int = 1000) -> tuple[Callable[[], Array], ...]:
    """The emitted gradient in W, the hand-written backward pass and JAX, where it is installed, on the same numbers."""
    page, right, _ = claims()
    draw = np.random.default_rng(0)
    lead = (batch,) if batched else (1,)
    weights = {letter: draw.normal(0, size**-0.5, (*lead, size, size)) for letter in (W, U)}
    inputs, first = draw.normal(0, 1, (batch, steps + 1, size)), draw.normal(0, 1, (batch, size))
    emitted = to_numpy(page, right)

    def value(letter: Letter, step: int | None) -> Array:
        if step is None:
            return np.broadcast_to(weights[letter], (batch, size, size)) if batched else weights[letter]
        return first[..., np.newaxis] if letter == h else inputs[:, step, :, np.newaxis]

    def ours() -> Array:
        return emitted.gradient(steps, W=weights[W], U=weights[U], x=inputs, h_0=first)

    def theirs() -> Array:
        return backward(Run(read_task(page, h[steps]), lambda function: "tanh", value), [W])[W]

    given, expected = ours(), theirs()
    np.testing.assert_allclose(given, expected.swapaxes(-1, -2).reshape(given.shape), rtol=1e-9, atol=1e-15)
    if importlib.util.find_spec("jax") is None:
        return ours, theirs
    compiled = by_jax(batched, weights[W], weights[U], inputs, first, steps)
    np.testing.assert_allclose(compiled(), expected, rtol=1e-9, atol=1e-15)
    return ours, theirs, compiled


def by_jax(batched: bool, w: Array, u: Array, inputs: Array, first: Array, steps: int) -> Callable[[], Array]:
    """The same Jacobian by JAX on the processor in float64, compiled: reverse mode over a scan."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    def last(weight: Any, other: Any, given: Any, start: Any) -> Any:
        def step(state: Any, x: Any) -> tuple[Any, None]:
            return jnp.tanh(weight @ state + other @ x), None

        return jax.lax.scan(step, start, given[1 : steps + 1])[0]

    shared = 0 if batched else None
    slope = jax.jit(jax.vmap(jax.jacrev(last), in_axes=(shared, shared, 0, 0)))
    at = (w, u, inputs, first) if batched else (w[0], u[0], inputs, first)
    # The copies to and from its own arrays are part of what it costs a NumPy program.
    return lambda: np.asarray(slope(*at))


def lambdified(step: int) -> float:
    """Seconds to write the box at n = 2 out at one step and make a NumPy function of it, nothing remembered."""

    def run() -> None:
        page, right, _ = claims()
        side = page.resolved(right)[1]
        NumpyFunction(write_side(Unrolling(page, {"n": 2, "d": 2}, activation_tanh()), side, {"t": step}))

    return seconds(run, 3)


def activation_tanh() -> Any:
    """The activation of every case here."""
    from symbptt.functions import activation

    return activation("tanh")


# --------------------------------------------------------------------------------------------------- the grid


def default_gradcheck(numerical: Array, analytical: Array) -> bool:
    """The published default rule of torch.autograd.gradcheck: allclose with atol=1e-5, rtol=1e-3."""
    return bool(np.allclose(analytical, numerical, rtol=1e-3, atol=1e-5))


def numbers(step: int, norm: float, seed: int) -> dict[str, Array]:
    """One point: W of a spectral norm, all else of order 1."""
    draw = np.random.default_rng([seed, step])
    weight = draw.normal(size=(SIZE, SIZE))
    return {
        "W": weight * (norm / np.linalg.norm(weight, 2)),
        "U": draw.normal(size=(SIZE, SIZE)) / SIZE**0.5,
        "x": draw.normal(size=(step + 1, SIZE)),
        "h_0": draw.normal(size=SIZE),
    }


def emulated(step: int, norm: float, seed: int, dropped: Any) -> bool:
    """Whether the rule passes the dropped box, by central differences of 1e-6."""
    at = numbers(step, norm, seed)

    def last(weight: Array) -> Array:
        state = at["h_0"]
        for k in range(1, step + 1):
            state = np.tanh(weight @ state + at["U"] @ at["x"][k])
        return state

    columns = []
    for column in range(SIZE):
        for row in range(SIZE):
            move = np.zeros((SIZE, SIZE))
            move[row, column] = 1e-6
            columns.append((last(at["W"] + move) - last(at["W"] - move)) / 2e-6)
    return default_gradcheck(np.stack(columns, axis=-1), dropped.gradient(step, **at))


def by_torch(step: int, norm: float, seed: int, dropped: Any) -> bool:
    """Whether torch.autograd.gradcheck, left at its defaults, passes the dropped box as a backward."""
    import torch

    at = numbers(step, norm, seed)
    slope = dropped.gradient(step, **at)

    class Last(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, weight: Any) -> Any:
            state = torch.tensor(at["h_0"])
            for k in range(1, step + 1):
                state = torch.tanh(weight @ state + torch.tensor(at["U"] @ at["x"][k]))
            return state

        @staticmethod
        def backward(ctx: Any, moved: Any) -> Any:
            return (moved @ torch.tensor(slope)).reshape(SIZE, SIZE).T

    leaf = torch.tensor(at["W"], requires_grad=True)
    return bool(torch.autograd.gradcheck(Last.apply, (leaf,), raise_exception=False))


def by_terms(step: int, norm: float, seeds: range, bench: Bench, which: Equation) -> int:
    """How many seeds symbptt passes."""
    question = Question(steps=(step,), sizes={"n": SIZE, "d": SIZE})
    rows = [
        row
        for seed in seeds
        for row in crosscheck(bench.page, [which], question, points=1, seed=seed, norms={"W": norm}, bench=bench)
    ]
    assert len(rows) == len(seeds)
    assert all(row.outcome != "no oracle" for row in rows), rows
    return sum(row.outcome == "agree" for row in rows)


def grid(seeds: int = SEEDS) -> str:
    """How often each check passes the dropped box, and symbptt the true one, of so many seeds."""
    page, right, wrong = claims()
    dropped = to_numpy(page, wrong)
    torch_there = importlib.util.find_spec("torch") is not None
    check = by_torch if torch_there else emulated
    name = "torch.autograd.gradcheck" if torch_there else "gradcheck's default rule, in NumPy"
    lines = [
        f"| T | norm of W | {name} passes it | symbptt passes it | symbptt passes the true box |",
        "|---|---|---|---|---|",
    ]
    for step in STEPS:
        bench = Bench(page)
        for norm in NORMS:
            fooled = sum(check(step, norm, seed, dropped) for seed in range(seeds))
            passed = by_terms(step, norm, range(seeds), bench, wrong)
            true = by_terms(step, norm, range(seeds), bench, right)
            lines.append(f"| {step} | {norm} | {fooled} of {seeds} | {passed} of {seeds} | {true} of {seeds} |")
            print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def table() -> str:
    """What is measured here and now."""
    lines = [
        "| gradient | symbptt | hand-written BPTT | JAX, compiled | symbptt / hand-written | symbptt / JAX |",
        "|---|---|---|---|---|---|",
    ]
    cases = ((True, 8, 20, 1000), (False, 8, 20, 1000), (False, 4, 10, 100), (False, 4, 10, 1), (False, 2, 5, 1))
    for batched, size, steps, batch in cases:
        timed = [seconds(run, 15) for run in gradients(batched, size, steps, batch)]
        one, other, jax = [*timed, math.nan][:3]
        said = "" if batch == 1 else ", weights of their own for each point" if batched else ", weights shared"
        shown = ("not installed", "") if math.isnan(jax) else (f"{jax:.3g} s", f"{one / jax:.2f}")
        lines.append(
            f"| n = {size}, T = {steps}, batch {batch:,}{said} | {one:.3g} s | {other:.3g} s | {shown[0]} "
            f"| {one / other:.2f} | {shown[1]} |"
        )
    growth = ", ".join(f"T = {step}: {lambdified(step):.3g} s" for step in (8, 16, 32, 64, 128))
    page, right, _ = claims()
    emit = seconds(partially(to_numpy, page, right), 3)
    return "\n".join(
        [
            *lines,
            "",
            f"The box written out at n = 2 as one NumPy function: {growth}.",
            f"Emitted as loops, for every T: {emit:.3g} s.",
        ]
    )


if __name__ == "__main__":
    measured = f"{table()}\n\n{grid()}\n"
    print(measured)
    if "--write" in sys.argv:
        costs = ROOT / "derivations" / "guide" / "costs.md"
        write_whole(costs, MARKED.sub(lambda marks: marks[1] + measured + marks[2], costs.read_text()))
