"""What is timed, and against what: every rival solves the same problem, or a smaller one that is named.

A rival that is not installed is left out. No time is asserted anywhere; ratios are taken in one run.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sympy

from symbptt import d
from symbptt.functions import activation
from symbptt.judging.claims import prove
from symbptt.judging.methods import Bench
from symbptt.judging.pages import judge_note
from symbptt.proofs.certificate import certify
from symbptt.proofs.indexed import follow_indexed
from symbptt.proofs.induction import follow, induct
from symbptt.proofs.unrolled import Unrolling
from symbptt.reader.note import read
from symbptt.text.document import split_document
from symbptt.verdicts import Question
from tests.pages import NOTE, U, W, box, h, note, recurrence, t
from tests.soundness.changes import slips


@dataclass(frozen=True)
class Case:
    """One row of the table: what symbptt does, and what a rival does in the same run."""

    name: str
    ours: Callable[[], Any]
    rivals: dict[str, Callable[[], Any] | None] = field(default_factory=dict)
    """What each rival does; None where it is not installed."""
    rounds: int = 3

    @property
    def present(self) -> dict[str, Callable[[], Any]]:
        """The rivals that are installed."""
        return {name: run for name, run in self.rivals.items() if run is not None}


def check(*options: str) -> Callable[[], Any]:
    command = [str(Path(sys.executable).with_name("symbptt")), "check", str(NOTE), *options]
    return lambda: subprocess.run(command, capture_output=True, check=True)


def process(*arguments: str) -> Callable[[], Any]:
    """A process of Python in which what was compiled before is not compiled again, as where a package is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled = {"PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "symbptt-benchmarks")}
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, capture_output=True, check=True, env=kept | compiled)


CELLS = NOTE.parent
ROWS = r"""
$$z_t = W h_{t-1} + U x_t$$
$$h_t = \phi(z_t)$$
$$L = \sum_{t=1}^{T} \ell(h_t, y_t)$$
$$\frac{\partial L}{\partial z_t} = \frac{\partial L}{\partial h_t} \operatorname{diag}(\phi'(z_t))$$
$$\frac{\partial L}{\partial h_t} = \frac{\partial \ell(h_t, y_t)}{\partial h_t}
  + \frac{\partial L}{\partial z_{t+1}} W, t < T$$
$$\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L}{\partial h_t} \frac{\partial^+ h_t}{\partial W}$$
"""
STATED = "Numerator layout.\n"


def judged(text: str) -> Callable[[], Any]:
    """The claims of a note in this process."""
    return lambda: judge_note(read(split_document(text, "note.md")))


CHECK, IMPORTS_SYMPY = process("-m", "symbptt", "check", str(NOTE)), process("-c", "import sympy")


def fresh(method: str, steps: tuple[int, ...], sizes: dict[str, int], name: str = "any") -> Callable[[], Any]:
    def run() -> None:
        page = recurrence()
        found = prove(page, page.claim("box", d(h[t], W), box()), Question(steps, sizes, name, method))
        assert found.word == "proved", found.reason

    return run


def induction() -> Callable[[], Any]:
    page = note()
    equation = page["box"]

    def run() -> None:
        assert induct(page, equation, 1).proved

    return run


def words(step: int) -> Callable[[], Any]:
    page = recurrence()
    claim = page.claim("box", d(h[t], W), box())

    def run() -> None:
        assert follow(page, claim, step).proved

    return run


def indexed(step: int) -> Callable[[], Any]:
    page = note()

    def run() -> None:
        assert follow_indexed(page, page["box"], step, activation("any")).proved

    return run


def certificate(size: int, step: int, name: str, every: bool) -> Callable[[], Any]:
    def run() -> None:
        made = Unrolling(recurrence(), {"n": size, "d": size}, activation(name))
        compared, fails = certify(made, [W, U] if every else [W], [h[step]])
        assert compared
        assert not fails

    return run


def derivative(size: int, step: int) -> Callable[[], Any]:
    def run() -> None:
        made = Unrolling(recurrence(), {"n": size, "d": size}, activation("any"))
        made.side(d(h[step], W), {})

    return run


def refuted_in() -> list[float]:
    """Seconds for each one-slip mutant of the box that is refuted, on one page, as a check of a folder does it."""
    page = recurrence()
    bench = Bench(page)
    found = [
        prove(page, page.claim(str(place), d(h[t], W), slip), Question(), bench)
        for place, (_, slip) in enumerate(slips(page, box()))
    ]
    refuted = [verdict.seconds for verdict in found if verdict.word == "refuted" and verdict.witness is not None]
    # One is true, the sum from i = 0; others do not compose, or reach before the first step.
    assert sum(verdict.word == "proved" for verdict in found) == 1
    return refuted


def median_of_mutants() -> tuple[int, float]:
    """How many mutants of the box are refuted, and the median of seconds for one."""
    refuted = refuted_in()
    return len(refuted), statistics.median(refuted)


# --------------------------------------------------------------------------------------------------- rivals


def _recurrence_in_sympy(size: int, step: int, f: Callable[[Any], Any]) -> tuple[Any, list[Any], list[Any]]:
    def symbols(name: str) -> Any:
        return sympy.Matrix(size, 1, lambda r, _: sympy.Symbol(f"{name}_{r}", real=True))

    weight = sympy.Matrix(size, size, lambda r, c: sympy.Symbol(f"w_{r}_{c}", real=True))
    states, inputs = [symbols("h0")], [symbols(f"x{k}") for k in range(step + 1)]
    for k in range(1, step + 1):
        states.append((weight * states[-1] + inputs[k]).applyfunc(f))
    return weight, states, inputs


def simplify(step: int) -> Callable[[], Any]:
    """What a user writes today, for one tanh unit: simplify(direct - boxed)."""

    def run() -> None:
        weight, states, inputs = _recurrence_in_sympy(1, step, sympy.tanh)
        boxed = sympy.Integer(0)
        for k in range(1, step + 1):
            slope = 1 - sympy.tanh((weight * states[k - 1] + inputs[k])[0]) ** 2
            boxed = slope * states[k - 1][0] + slope * weight[0, 0] * boxed
        assert sympy.simplify(states[step][0].diff(weight[0, 0]) - boxed) == 0

    return run


def expand_words(step: int) -> Callable[[], Any]:
    """SymPy's own non-commuting symbols: unfold d_t = D_t + J_t d_{t-1}, write the box out, expand, subtract."""

    def run() -> None:
        jac = [sympy.Symbol(f"J{k}", commutative=False) for k in range(step + 1)]
        own = [sympy.Symbol(f"D{k}", commutative=False) for k in range(step + 1)]
        total: Any = 0
        for k in range(1, step + 1):
            total = own[k] + jac[k] * total
        boxed = sympy.Add(*(sympy.Mul(*jac[step:i:-1], own[i]) for i in range(1, step + 1)))
        assert sympy.expand(total) == boxed

    return run


def sympy_diff(size: int, step: int) -> Callable[[], Any]:
    """sympy.diff of one entry in every weight, with SymPy's own undefined function."""

    def run() -> None:
        phi = sympy.Function("phi", real=True)
        weight, states, _ = _recurrence_in_sympy(size, step, phi)
        for symbol in weight:
            states[step][0].diff(symbol)

    return run


def _own_slopes(step: int, multiply: Callable[[Any, Any], Any], symbol: Callable[[str], Any]) -> tuple[Any, Any]:
    """One unit, with h_k and phi'(a_k) as letters: d h_t/dw by the chain rule, and the box, each written out.

    The rival is given the chain rule, and so does less than to differentiate.
    """
    w, total, boxed = symbol("w"), symbol("w") * 0, symbol("w") * 0
    for k in range(1, step + 1):
        total = multiply(symbol(f"s{k}"), symbol(f"h{k - 1}") + w * total)
    for i in range(1, step + 1):
        term = multiply(symbol(f"s{i}"), symbol(f"h{i - 1}"))
        for j in range(i + 1, step + 1):
            term = multiply(multiply(symbol(f"s{j}"), w), term)
        boxed = boxed + term
    return total, boxed


def sympy_ring(step: int) -> Callable[[], Any]:
    """SymPy's own sparse polynomials, ``polys.ring``, over the rationals."""

    def run() -> None:
        names = ["w", *(f"{letter}{k}" for k in range(step + 1) for letter in "sh")]
        _, *generators = sympy.polys.rings.ring(names, sympy.QQ)
        letters = dict(zip(names, generators, strict=True))
        total, boxed = _own_slopes(step, lambda a, b: a * b, letters.__getitem__)
        assert total == boxed

    return run


def sympy_expand(step: int) -> Callable[[], Any]:
    """``expand`` of the difference, with SymPy's symbols."""

    def run() -> None:
        total, boxed = _own_slopes(step, lambda a, b: a * b, lambda name: sympy.Symbol(name, real=True))
        assert sympy.expand(total - boxed) == 0

    return run


def casadi_jacobian(size: int, step: int, every: bool) -> Callable[[], Any] | None:
    """CasADi's Jacobian of the recurrence in SX. It compares nothing: ``is_equal`` is False for the box at T = 2."""
    if importlib.util.find_spec("casadi") is None:
        return None

    def run() -> None:
        import casadi as ca

        weight, other = ca.SX.sym("W", size, size), ca.SX.sym("U", size, size)
        state = ca.SX.sym("h", size)
        for k in range(1, step + 1):
            state = ca.tanh(weight @ state + other @ ca.SX.sym(f"x{k}", size))
        for letter in (weight, other) if every else (weight,):
            ca.jacobian(state, ca.vec(letter))

    return run


def casadi_is_equal(step: int, depth: int = 1000) -> bool:
    """Whether CasADi calls the derivative of one tanh unit and its box, by the chain rule, equal."""
    import casadi as ca

    w, state, boxed = ca.SX.sym("w"), ca.SX.sym("h0"), ca.SX(0)
    for k in range(1, step + 1):
        before, state = state, ca.tanh(w * state + ca.SX.sym(f"x{k}"))
        slope = 1 - state**2
        boxed = slope * before + slope * w * boxed
    return bool(ca.is_equal(ca.jacobian(state, w), boxed, depth))


def tensorgrad_diff(step: int) -> Callable[[], Any] | None:
    """tensorgrad's derivative of h_t in W with a letter for n, simplified; it compares nothing."""
    if importlib.util.find_spec("tensorgrad") is None:
        return None

    def run() -> None:
        from tensorgrad import Derivative, Variable
        from tensorgrad import functions as functional

        (n,) = sympy.symbols("n,")
        weight = Variable("W", i=n, j=n)
        state = Variable("h0", i=n)
        for k in range(1, step + 1):
            state = functional.tanh((weight @ state.rename(i="j")) + Variable(f"x{k}", i=n))
        Derivative(state, weight, {"i": "a", "j": "b"}).full_simplify()

    return run


def symengine_diff(size: int, step: int) -> Callable[[], Any] | None:
    """SymEngine's bare differentiation of one tanh entry in one weight: the floor, which compares nothing."""
    if importlib.util.find_spec("symengine") is None:
        return None

    def run() -> None:
        import symengine as se

        weight = [[se.Symbol(f"w_{r}_{c}") for c in range(size)] for r in range(size)]
        state = [se.Symbol(f"h_{r}") for r in range(size)]
        for k in range(1, step + 1):
            state = [
                se.tanh(sum((weight[r][c] * state[c] for c in range(size)), se.Symbol(f"x_{k}_{r}")))
                for r in range(size)
            ]
        state[0].diff(weight[0][0])

    return run


SCALARS = ["--method", "unrolled", "--hidden", "1", "--inputs", "1"]
SCALARS += [part for tag in ("box", "10", "4", "5") for part in ("--tag", tag)]

CASES = [
    Case("check the note, whole process, defaults", check(), {"`simplify`, 1 tanh unit, T = 3": simplify(3)}),
    Case(
        "check the note, whole process, compiled before",
        process("-m", "symbptt", "check", str(NOTE)),
        {"`import sympy`": IMPORTS_SYMPY},
    ),
    Case(
        "symbptt --help, whole process",
        process("-m", "symbptt", "--help"),
        {"`import symbptt`": process("-c", "import symbptt"), "`import sympy`": IMPORTS_SYMPY},
        rounds=5,
    ),
    Case("check the note, whole process, scalars, explicit", check(*SCALARS)),
    Case("check a page with an LSTM, whole process", process("-m", "symbptt", "check", str(CELLS / "lstm.md"))),
    Case("check a page with a GRU, whole process", process("-m", "symbptt", "check", str(CELLS / "gru.md"))),
    Case("a page of rows, convention found", judged(ROWS), {"convention stated": judged(ROWS + STATED)}),
    Case("box: all t, any sizes, any phi, four weights", induction(), rounds=20),
    Case("words, T = 128", words(128), {"SymPy non-commuting `expand`, T = 128": expand_words(128)}),
    Case(
        "unrolled with letters n and d, T = 4, four weights",
        indexed(4),
        {"tensorgrad, bare derivative in W, T = 4": tensorgrad_diff(4)},
    ),
    Case("unrolled with letters n and d, T = 8, four weights", indexed(8)),
    Case(
        "explicit, tanh, n = 1, T = 3", fresh("unrolled", (3,), {"n": 1, "d": 1}, "tanh"), {"`simplify`": simplify(3)}
    ),
    Case(
        "explicit, phi, n = 1, T = 32, written out",
        fresh("unrolled", (32,), {"n": 1, "d": 1}),
        {"`polys.ring`, chain rule given": sympy_ring(32), "`expand`, chain rule given": sympy_expand(32)},
    ),
    Case("explicit, phi, n = 1, T = 128", certificate(1, 128, "any", every=False)),
    Case(
        "explicit, tanh, n = 4, T = 128, W (16 parameters)",
        certificate(4, 128, "tanh", every=False),
        {"CasADi, bare Jacobian": casadi_jacobian(4, 128, every=False)},
    ),
    Case(
        "explicit, tanh, n = 8, T = 16, 16,384 entries",
        certificate(8, 16, "tanh", every=True),
        {"CasADi, bare Jacobian": casadi_jacobian(8, 16, every=True)},
    ),
    Case("explicit, phi, n = 2, T = 512", certificate(2, 512, "any", every=False)),
    Case("derivative only, n = 2, T = 8", derivative(2, 8), {"`sympy.diff`": sympy_diff(2, 8)}),
    Case("derivative only, n = 1, T = 128", derivative(1, 128), {"SymEngine (floor)": symengine_diff(1, 128)}),
    Case("every one-slip mutant of the box judged", refuted_in),
]


def linear_in_t() -> list[tuple[int, float, float]]:
    """Seconds for words and for certificates at n = 2 as T doubles: the least of three calls each."""

    def least(run: Callable[[], Any]) -> float:
        return min(seconds(run) for _ in range(3))

    return [(step, least(words(step)), least(certificate(2, step, "any", every=False))) for step in (32, 64, 128, 256)]


def seconds(run: Callable[[], Any]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
