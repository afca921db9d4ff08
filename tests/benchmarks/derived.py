"""`python -m tests.benchmarks.derived [--write]`: derived passes backward against their rivals, on the same numbers.

A gated recurrent unit with a squared error: the derived module, a pass backward that is written by hand in NumPy, and
where JAX is installed its `grad` of the derived pass forward, both compiled, with all steps written out and with one
step that `jax.lax.scan` runs. Times are ratios within one run.
"""

from __future__ import annotations

import math
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from symbptt import derive
from symbptt.files import write_whole
from symbptt.oracles.spaces import Array
from tests.pages import ROOT, as_note

MARKED = re.compile(r"(<!-- derived -->\n).*?(<!-- end derived -->)", re.DOTALL)
CELL = (
    r"z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z)",
    r"r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r)",
    r"g_t = \tanh(W_g x_t + U_g (r_t \odot h_{t-1}) + b_g)",
    r"h_t = (1 - z_t) \odot g_t + z_t \odot h_{t-1}",
    r"L = \frac12 \sum_{t=1}^T \| h_t - y_t \|^2",
)
CASES = ((8, 20, 1000), (64, 20, 64), (32, 10, 1), (4, 10, 1))
"""Units, steps, examples."""


def by_hand(weights: dict[str, Array], x: Array, y: Array, first: Array) -> tuple[float, dict[str, Array]]:
    """The loss and its gradients, as a program has them that was written with care."""
    wz, uz, bz, wr, ur, br, wg, ug, bg = (weights[f"{kind}_{gate}"] for gate in "zrg" for kind in "WUb")
    h, z, r, g, whole = [first], [], [], [], 0.0
    for k in range(len(x)):
        z.append(1.0 / (1.0 + np.exp(-(x[k] @ wz.T + h[k] @ uz.T + bz))))
        r.append(1.0 / (1.0 + np.exp(-(x[k] @ wr.T + h[k] @ ur.T + br))))
        g.append(np.tanh(x[k] @ wg.T + (r[k] * h[k]) @ ug.T + bg))
        h.append((1.0 - z[k]) * g[k] + z[k] * h[k])
        whole += 0.5 * float(np.sum((h[k + 1] - y[k]) ** 2))
    found = {name: np.zeros_like(value) for name, value in weights.items()}
    behind = np.zeros_like(first)
    for k in range(len(x) - 1, -1, -1):
        dh = h[k + 1] - y[k] + behind
        dz = dh * (h[k] - g[k]) * z[k] * (1.0 - z[k])
        dg = dh * (1.0 - z[k]) * (1.0 - g[k] ** 2)
        back = dg @ ug
        dr = back * h[k] * r[k] * (1.0 - r[k])
        for gate, rate, before in (("z", dz, h[k]), ("r", dr, h[k]), ("g", dg, r[k] * h[k])):
            found[f"W_{gate}"] += rate.T @ x[k]
            found[f"U_{gate}"] += rate.T @ before
            found[f"b_{gate}"] += rate.sum(axis=0)
        behind = dh * z[k] + back * r[k] + dz @ uz + dr @ ur
    return whole, found


def rivals(size: int, steps: int, batch: int) -> tuple[list[float], list[float]]:
    """The seconds of the derived pass, of that by hand, of those of JAX that are compiled; and to compile these."""
    module: Any = derive(as_note(*CELL, text=r"where $\sigma$ is the logistic function.")).to_numpy()
    draw = np.random.default_rng(0)
    weights = {
        f"{kind}_{gate}": draw.normal(size=(size, size) if kind != "b" else (size,)) / math.sqrt(size)
        for gate in "zrg"
        for kind in "WUb"
    }
    x, y = (draw.normal(size=(steps, batch, size)) for _ in range(2))
    first = draw.normal(size=(batch, size))
    loss, gradients = module.value_and_gradients(weights, x, y, first)
    whole, expected = by_hand(weights, x, y, first)
    assert math.isclose(loss, whole, rel_tol=1e-10)
    assert all(np.allclose(gradients[name], value, rtol=1e-9, atol=1e-9) for name, value in expected.items())
    runs: list[Callable[[], Any]] = [
        lambda: module.value_and_gradients(weights, x, y, first),
        lambda: by_hand(weights, x, y, first),
    ]
    try:
        import jax
    except ImportError:
        return medians(runs), []
    found, compiling = medians(runs), []
    with jax.enable_x64(True):
        for scan in ({}, {"scan": jax.lax.scan}):
            own = jax.jit(partial(module.value_and_gradients, **scan))
            runs = []
            other = jax.jit(jax.value_and_grad(lambda *given, scan=scan: module.forward(*given, **scan)[0]))
            for run in (own, other):
                began = time.perf_counter()
                jax.block_until_ready(run(weights, x, y, first))
                compiling.append(time.perf_counter() - began)
                runs.append(lambda run=run: jax.block_until_ready(run(weights, x, y, first)))  # type: ignore[misc]
            found += medians(runs)
        return found, compiling


def medians(runs: Sequence[Callable[[], Any]], rounds: int = 61) -> list[float]:
    """The median seconds of each, taking turns, so that a busy moment of the machine is one for all."""
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for known, run in zip(found, runs, strict=True):
            began = time.perf_counter()
            run()
            known.append(time.perf_counter() - began)
    return [statistics.median(known) for known in found]


def table() -> str:
    """What is measured here and now."""
    lines = [
        "| units, steps, examples | derived | by hand | ratio | derived, `jax.jit` | `jax.grad` | ratio"
        " | derived, scanned | `jax.grad`, scanned | ratio | to compile |",
        f"|{'---|' * 11}",
    ]
    for case in CASES:
        found, compiling = rivals(*case)
        cells = [", ".join(f"{number:,}" for number in case)]
        for own, other in zip(found[::2], found[1::2], strict=True):
            cells += [f"{own:.3g} s", f"{other:.3g} s", f"{own / other:.2f}"]
        cells += [", ".join(f"{one:.2g} s" for one in compiling)] if compiling else ["not installed", *[""] * 6]
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


if __name__ == "__main__":
    measured = f"{table()}\n"
    if "--write" in sys.argv:
        costs = ROOT / "derivations" / "guide" / "costs.md"
        write_whole(costs, MARKED.sub(lambda marks: marks[1] + measured + marks[2], costs.read_text()))
