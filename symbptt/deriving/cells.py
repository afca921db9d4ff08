"""Cells to start from, each as a commented script: a cell is nothing but its definitions.

>>> print(script_of("ssm").splitlines()[-1])
cell.define("L", L, Sum(Fraction(1, 2) * (o[t] - y[t]).T @ (o[t] - y[t]), (t, 1, T)))
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from symbptt.errors import UsageError


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: where it comes from, its letters and its definitions, as they stand in a script."""

    title: str
    letters: str
    definitions: str
    loss: str = "ell(h[t], y[t])"
    output: str = "n"
    """The rows of the target, as a size."""
    target: str = ""
    """The letters of the target, where it is no data of its own."""


_GATE = 'weight("W_{0}", n, D), weight("U_{0}", n, n), weight("b_{0}", n)'


def _weights(*names: str) -> str:
    return "\n".join(f"W_{name}, U_{name}, b_{name} = {_GATE.format(name)}" for name in names)


def _sum(name: str, state: str = "h[t - 1]") -> str:
    return f"W_{name} @ x[t] + U_{name} @ {state} + b_{name}"


CELLS = {
    "elman": Cell(
        "A simple recurrent network (Elman, 1990), with a softmax and cross entropy",
        'h, o, p = state("h", n), state("o", q), state("p", q)\n'
        "# The target is any numbers over their sum, so that it sums to one: a one-hot column is such a one.\n"
        'y, k = state("y", q), data("k", q)\n' + _weights("h") + '\nV, c = weight("V", q, n), weight("c", q)',
        f"""
        # The state, from the input and the state before.
        cell.define("h", h[t], tanh({_sum("h")}))

        # The target sums to one, as a one-hot column does: it is any numbers over their sum.
        cell.define("y", y[t], k[t] / (ones(k[t]).T @ k[t]))

        # The output: scores, and what they say of each class.
        cell.define("o", o[t], V @ h[t] + c)
        cell.define("p", p[t], softmax(o[t]))
        """,
        "-1 * y[t].T @ log(p[t])",
        "q",
        'y, k = state("y", q), data("k", q)',
    ),
    "lstm": Cell(
        "A long short-term memory with peepholes (Gers and Schmidhuber, 2000)",
        'i, f, g, o = (state(name, n) for name in "ifgo")\nc, h = state("c", n), state("h", n)\n'
        + _weights("i", "f", "g", "o")
        + '\n# Peepholes: how much of the cell each gate sees.\nP_i, P_f, P_o = weight("P_i", n), weight("P_f", n), '
        'weight("P_o", n)',
        f"""
        # The gates see the cell before, the output gate the new one.
        cell.define("i", i[t], sigmoid({_sum("i")} + hadamard(P_i, c[t - 1])))
        cell.define("f", f[t], sigmoid({_sum("f")} + hadamard(P_f, c[t - 1])))
        cell.define("g", g[t], tanh({_sum("g")}))
        cell.define("c", c[t], hadamard(f[t], c[t - 1]) + hadamard(i[t], g[t]))
        cell.define("o", o[t], sigmoid({_sum("o")} + hadamard(P_o, c[t])))
        cell.define("h", h[t], hadamard(o[t], tanh(c[t])))
        """,
    ),
    "gru": Cell(
        "A gated recurrent unit (Cho and others, 2014)",
        'z, r, g, h = (state(name, n) for name in "zrgh")\n' + _weights("z", "r", "g"),
        f"""
        # The update gate, the reset gate, the candidate, and a mixture of it with the state before.
        cell.define("z", z[t], sigmoid({_sum("z")}))
        cell.define("r", r[t], sigmoid({_sum("r")}))
        cell.define("g", g[t], tanh({_sum("g", "hadamard(r[t], h[t - 1])")}))
        cell.define("h", h[t], hadamard(ones(z[t]) - z[t], g[t]) + hadamard(z[t], h[t - 1]))
        """,
    ),
    "mgu": Cell(
        "A minimal gated unit (Zhou and others, 2016)",
        'f, g, h = (state(name, n) for name in "fgh")\n' + _weights("f", "g"),
        f"""
        # One gate forgets, resets and updates.
        cell.define("f", f[t], sigmoid({_sum("f")}))
        cell.define("g", g[t], tanh({_sum("g", "hadamard(f[t], h[t - 1])")}))
        cell.define("h", h[t], hadamard(ones(f[t]) - f[t], h[t - 1]) + hadamard(f[t], g[t]))
        """,
    ),
    "leaky": Cell(
        "A leaky integrator (Jaeger and others, 2007)",
        'a, h = state("a", n), state("h", n)\n' + _weights("a") + "\n# How much of the state leaks away, a number.\n"
        'alpha = weight("alpha", 1)',
        f"""
        # What is inside the activation has a letter of its own.
        cell.define("a", a[t], {_sum("a")})
        cell.define("h", h[t], (1 - alpha) * h[t - 1] + alpha * tanh(a[t]))
        """,
    ),
    "ssm": Cell(
        "A linear state-space model",
        'h, o = state("h", n), state("o", q)\nA, B = weight("A", n, n), weight("B", n, D)\n'
        'C, E = weight("C", q, n), weight("E", q, D)',
        """
        # The state, and what is seen of it.
        cell.define("h", h[t], A @ h[t - 1] + B @ x[t])
        cell.define("o", o[t], C @ h[t] + E @ x[t])
        """,
        "Fraction(1, 2) * (o[t] - y[t]).T @ (o[t] - y[t])",
        "q",
    ),
}
"""Every cell by its name."""


def script_of(name: str) -> str:
    """The script of a cell; raises :class:`UsageError` with the names of those there are."""
    if name not in CELLS:
        raise UsageError(f"no cell is called {name!r}: expected one of {', '.join(CELLS)}")
    cell = CELLS[name]
    body = textwrap.dedent(cell.definitions).strip()
    whole = body + cell.loss
    named = [part for part in ("tanh", "sigmoid", "log") if f"{part}(" in whole]
    functions = [f'{part} = function("{part}")' for part in named]
    if "ell(" in whole:
        functions.append('ell = function("ell", 1)  # any loss of one step: a number')
    used = [word for word in ("hadamard", "ones", "softmax") if f"{word}(" in whole]
    imported = ["Derivation", "Sum", "data", "indices", "sizes", "state", "weight", *used]
    imported += ["function"] if functions else []
    has_output = cell.output == "q"
    target = f'y = data("y", {cell.output})'
    start = "h_0 and c_0 are constants" if "c[t - 1]" in body else "h_0 is a constant"
    lines = [
        f'''"""{cell.title}.''',
        "",
        "The gradients, each proved, and as a document:",
        "",
        f"    symbptt derive {name}.py",
        f"    symbptt derive {name}.py -o {name}.tex",
        '"""',
        "",
        *(["from fractions import Fraction", ""] if "Fraction(" in whole else []),
        f"from symbptt import {', '.join(sorted([*imported, *used]))}",
        "",
        't, T = indices("t T")',
        'n, D, q = sizes("n D q")  # of the state, the input and the output'
        if has_output
        else 'n, D = sizes("n D")  # of the state and the input',
        'x = data("x", D)  # the input of each step',
        f"{cell.target or target}  # its target",
        'L = state("L")',
        *cell.letters.split("\n"),
        *functions,
        "",
        "cell = Derivation(__doc__)",
        "",
        *body.split("\n"),
        "",
        f"# The loss, over the steps 1 to T; {start}.",
        f'cell.define("L", L, Sum({cell.loss}, (t, 1, T)))',
    ]
    return "\n".join(lines) + "\n"
