"""What is timed, and against what: every rival solves the same problem, or a smaller one that is named.

A rival that is not installed is left out. No time is asserted anywhere; ratios are taken in one run.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy

from symbptt import d, partial
from symbptt.certificate import certify
from symbptt.heads import activation
from symbptt.indexed import follow_indexed
from symbptt.induction import follow, induct
from symbptt.notation import Expr
from symbptt.proof import Bench, Question, prove
from symbptt.unroll import Unrolling
from tests.pages import NOTE, U, W, box, h, jacobian, note, recurrence, t


@dataclass(frozen=True)
class Case:
    """One row of the table: what symbptt does, and what a rival does in the same run."""

    name: str
    ours: Callable[[], Any]
    rival: str = ""
    theirs: Callable[[], Any] | None = None
    rounds: int = 3


def check(*options: str) -> Callable[[], Any]:
    command = [str(Path(sys.executable).with_name("symbptt")), "check", str(NOTE), *options]
    return lambda: subprocess.run(command, capture_output=True, check=True)


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


SLIPS: list[Expr] = [
    box() - partial(h[t], W),
    -box(),
    box() + d(h[t], W),
    partial(h[t], W),
    partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W),
    box() + partial(h[t], W),
]


def mutants() -> Callable[[], Any]:
    def run() -> None:
        page = recurrence()
        bench = Bench(page)
        for place, slip in enumerate(SLIPS):
            claim = page.claim(str(place), d(h[t], W), slip)
            assert prove(page, claim, Question(method="unrolled"), bench).word == "refuted"

    return run


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


CASES = [
    Case("check the note, whole process, defaults", check(), "`simplify`, 1 tanh unit, T = 3", simplify(3)),
    Case(
        "check the note, whole process, scalars, explicit",
        check(
            *[
                "--method",
                "unrolled",
                "--hidden",
                "1",
                "--inputs",
                "1",
                "--tag",
                "box",
                "--tag",
                "10",
                "--tag",
                "4",
                "--tag",
                "5",
            ]
        ),
    ),
    Case("box: all t, any sizes, any phi, four weights", induction(), rounds=20),
    Case("words, T = 128", words(128), "SymPy non-commuting `expand`, T = 128", expand_words(128)),
    Case("unrolled with letters n and d, T = 4, four weights", indexed(4)),
    Case("unrolled with letters n and d, T = 8, four weights", indexed(8)),
    Case("explicit, tanh, n = 1, T = 3", fresh("unrolled", (3,), {"n": 1, "d": 1}, "tanh"), "`simplify`", simplify(3)),
    Case("explicit, phi, n = 1, T = 128", certificate(1, 128, "any", every=False)),
    Case("explicit, tanh, n = 4, T = 128, W (16 parameters)", certificate(4, 128, "tanh", every=False)),
    Case("explicit, tanh, n = 8, T = 16, 16,384 entries", certificate(8, 16, "tanh", every=True)),
    Case("explicit, phi, n = 2, T = 512", certificate(2, 512, "any", every=False)),
    Case("derivative only, n = 2, T = 8", derivative(2, 8), "`sympy.diff`", sympy_diff(2, 8)),
    Case("derivative only, n = 1, T = 128", derivative(1, 128), "SymEngine (floor)", symengine_diff(1, 128)),
    Case("six slips of the box refuted with a witness", mutants()),
]


def linear_in_t() -> list[tuple[int, float, float]]:
    """Seconds for words and for certificates at n = 2 as T doubles."""

    def seconds(run: Callable[[], Any]) -> float:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began

    return [
        (step, seconds(words(step)), seconds(certificate(2, step, "any", every=False))) for step in (32, 64, 128, 256)
    ]
