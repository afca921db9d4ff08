"""`python -m tests.benchmarks.derived [--write]`: derived passes backward against their rivals, on the same numbers.

A gated recurrent unit with a squared error: the derived module, a pass backward that is written by hand in NumPy, and
where JAX is installed its `grad` of the derived pass forward, both compiled. Times are ratios within one run.
"""

from __future__ import annotations

import math
import re
import sys
import time
from typing import Any

import numpy as np

from symbptt import derive
from symbptt.files import write_whole
from symbptt.oracles.spaces import Array
from tests.benchmarks.numbers import seconds
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
    """The seconds of the derived pass, of that by hand, of both of JAX that are compiled; and to compile these."""
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
    found = [
        seconds(lambda: module.value_and_gradients(weights, x, y, first), 31),
        seconds(lambda: by_hand(weights, x, y, first), 31),
    ]
    try:
        import jax
    except ImportError:
        return found, []
    compiling = []
    with jax.enable_x64(True):
        own = jax.jit(module.value_and_gradients)
        other = jax.jit(jax.value_and_grad(lambda weights, *beside: module.forward(weights, *beside)[0]))
        for run in (own, other):
            began = time.perf_counter()
            jax.block_until_ready(run(weights, x, y, first))
            compiling.append(time.perf_counter() - began)
            found.append(seconds(lambda run=run: jax.block_until_ready(run(weights, x, y, first)), 31))  # type: ignore[misc]
    return found, compiling


def table() -> str:
    """What is measured here and now."""
    lines = [
        "| units, steps, examples | derived | by hand | ratio | derived, `jax.jit` | `jax.grad` | ratio | to compile |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for case in CASES:
        found, compiling = rivals(*case)
        own, hand, *compiled = found
        cells = [", ".join(f"{number:,}" for number in case), f"{own:.3g} s", f"{hand:.3g} s", f"{own / hand:.2f}"]
        if compiled:
            jitted, grad = compiled
            cells += [f"{jitted:.3g} s", f"{grad:.3g} s", f"{jitted / grad:.2f}"]
            cells.append(" and ".join(f"{one:.2g} s" for one in compiling))
        else:
            cells += ["not installed", "", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


if __name__ == "__main__":
    measured = f"{table()}\n"
    if "--write" in sys.argv:
        costs = ROOT / "derivations" / "guide" / "costs.md"
        write_whole(costs, MARKED.sub(lambda marks: marks[1] + measured + marks[2], costs.read_text()))
