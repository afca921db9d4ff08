"""Derivatives inside a step: the letters of the same step are what they are defined as, other steps are held."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from symbptt.judging.claims import prove
from symbptt.judging.comparison import crosscheck
from symbptt.judging.methods import METHODS, Bench
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Expr,
    Identity,
    Letter,
    Product,
    Sum,
    copy_at,
    d,
    data,
    diag,
    function,
    hadamard,
    indices,
    kronecker,
    ones,
    partial,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.verdicts import Question
from tests.test_emission import error

t, i, j = indices("t i j")
n, q = sizes("n q")
x, h, z, r, m, c, g, o = data("x", q), *(state(name, n) for name in "h z r m c g o".split())
W, U, V, A, b = weight("W", n, n), weight("U", n, q), weight("V", n, n), weight("A", n, n), weight("b", n)
phi, sigma, ell = function("phi"), function("sigma"), function("ell", 1)
y = data("y", q)
Sides = tuple[Expr, Expr]


def two_lines() -> Derivation:
    page = Derivation("A pre-activation")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t] + b))
    return page


def gru() -> Derivation:
    page = Derivation("A gated unit with its gates in equations of their own")
    page.define("z", z[t], sigma(W @ h[t - 1] + U @ x[t]))
    page.define("r", r[t], sigma(A @ h[t - 1] + b))
    page.define("m", m[t], phi(V @ hadamard(r[t], h[t - 1]) + U @ x[t]))
    page.define("h", h[t], hadamard(ones(z[t]) - z[t], h[t - 1]) + hadamard(z[t], m[t]))
    return page


def layers() -> Derivation:
    page = Derivation("Two layers, each with a pre-activation")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("m", m[t], V @ h[t] + A @ g[t - 1])
    page.define("g", g[t], phi(m[t]))
    return page


def lstm() -> Derivation:
    page = Derivation("A cell whose gates see the output")
    page.define("z", z[t], sigma(W @ h[t - 1] + U @ x[t]))
    page.define("c", c[t], hadamard(z[t], c[t - 1]) + phi(V @ h[t - 1] + b))
    page.define("o", o[t], sigma(A @ h[t - 1]))
    page.define("h", h[t], hadamard(o[t], phi(c[t])))
    return page


def box(w: Letter, y: Letter = h, first: int = 1) -> Sides:
    terms = Product(partial(y[j], y[j - 1]), (j, i + 1, t)) @ partial(y[i], w)
    return d(y[t], w), Sum(terms, (i, first, t))


def relation(w: Letter) -> Sides:
    return d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w)


EVERY_STEP = [(two_lines, W), (two_lines, b), (gru, W), (gru, A), (gru, V), (gru, U), (layers, W)]


@pytest.mark.parametrize(("make", "w"), EVERY_STEP)
def test_the_relation_and_the_box_are_proved_for_every_step_and_their_twins_refuted(
    make: Callable[[], Derivation], w: Letter
) -> None:
    page = make()
    for tag, sides in {"relation": relation(w), "box": box(w)}.items():
        verdict = prove(page, page.claim(tag, *sides), Question((1, 2, 3)))
        assert (verdict.word, verdict.method) == ("proved", "induction")
        assert verdict.scope is not None
        assert (verdict.scope.sizes, verdict.scope.steps) == ("any", "all")
    left, _ = relation(w)
    slips = {
        "from two": box(w, first=2),
        "no immediate": (left, partial(h[t], h[t - 1]) @ d(h[t - 1], w)),
        "own": (left, partial(h[t], w, own=True) + partial(h[t], h[t - 1], own=True) @ d(h[t - 1], w)),
    }
    for tag, sides in slips.items():
        assert prove(page, page.claim(tag, *sides), Question((1, 2))).word == "refuted", tag


TRUE: list[tuple[Callable[[], Derivation], Sides]] = [
    (two_lines, (partial(h[t], W), diag(slope(phi, z[t] + b)) @ partial(z[t], W))),
    (two_lines, (partial(h[t], h[t - 1]), partial(h[t], z[t]) @ partial(z[t], h[t - 1]))),
    (two_lines, (partial(h[t], W), d(h[t], copy_at(W, t)))),
    (two_lines, (partial(h[t], x[t]), partial(h[t], z[t]) @ U)),
    (gru, (partial(h[t], A), partial(h[t], m[t]) @ partial(m[t], r[t]) @ partial(r[t], A))),
    (gru, (partial(h[t], h[t - 1], own=True), diag(ones(z[t]) - z[t]))),
    (layers, (partial(g[t], W), partial(g[t], h[t]) @ partial(h[t], W))),
    (layers, (partial(g[t], V), partial(g[t], m[t]) @ partial(m[t], V))),
    (lstm, (partial(c[t], c[t - 1], held=True), diag(z[t]))),
    (lstm, (partial(c[t], c[t - 2], held=True), diag(z[t]) @ diag(z[t - 1]))),
    (lstm, (d(c[t], W), partial(c[t], W) + partial(c[t], c[t - 1], held=True) @ d(c[t - 1], W)
     + partial(c[t], h[t - 1], held=True) @ d(h[t - 1], W))),
]  # fmt: skip
FALSE: list[tuple[Callable[[], Derivation], Sides]] = [
    (two_lines, (partial(h[t], W, own=True), partial(h[t], z[t]) @ partial(z[t], W))),
    (two_lines, (partial(h[t], W), d(h[t], W))),
    (two_lines, (partial(h[t], h[t - 1], own=True), partial(h[t], z[t]) @ partial(z[t], h[t - 1]))),
    (gru, (partial(h[t], h[t - 1]), diag(ones(z[t]) - z[t]))),
    (gru, (partial(h[t], h[t - 1], held=True), diag(ones(z[t]) - z[t]))),
    (layers, (partial(g[t], W), 0 * partial(g[t], W))),
    (layers, (partial(g[t], h[t - 1]), partial(g[t], h[t - 1], held=True))),
    (lstm, (partial(c[t], c[t - 1]), diag(z[t]))),
    (lstm, (partial(c[t], c[t - 2]), diag(z[t]) @ diag(z[t - 1]))),
    (lstm, (d(c[t], W), partial(c[t], W) + partial(c[t], c[t - 1]) @ d(c[t - 1], W)
     + partial(c[t], h[t - 1]) @ d(h[t - 1], W))),
]  # fmt: skip


def cases() -> Iterator[tuple[Callable[[], Derivation], Sides, bool]]:
    yield from ((make, sides, True) for make, sides in TRUE)
    yield from ((make, sides, False) for make, sides in FALSE)


@pytest.mark.parametrize(("make", "sides", "true"), list(cases()))
def test_no_method_and_no_number_differs_on_a_derivative_inside_a_step(
    make: Callable[[], Derivation], sides: Sides, true: bool
) -> None:
    page = make()
    claim, bench = page.claim("claim", *sides), Bench(page)
    found = {name: prove(page, claim, Question((2, 3), {"n": 2, "q": 1}, method=name), bench).word for name in METHODS}
    word = "proved" if true else "refuted"
    assert found["unrolled"] == word
    assert set(found.values()) <= {word, "undecided"}, found
    said = {row.outcome for row in crosscheck(page, [claim], Question((2, 3), {"n": 2, "q": 1}, "tanh"), bench=bench)}
    assert said == {"agree" if true else "disagree"}


rows, columns = sizes("N k")
X, H, B = Letter("X", "data", (rows, columns)), Letter("H", "state", (rows, n)), weight("B", columns, n)
u, v, s = data("u", rows), data("v", n), state("s")


def matrices() -> Derivation:
    page = Derivation("A state that is a matrix")
    page.define("H", H[t], X[t] @ B + H[t - 1] @ A)
    page.define("s", s[t], u[t].T @ H[t] @ v[t])
    return page


def eye(like: Expr) -> Expr:
    return Identity(like @ like.T)


MATRICES: list[tuple[Sides, bool]] = [
    ((partial(s[t], H[t]), kronecker(v[t].T, u[t].T)), True),
    ((partial(s[t], H[t]), kronecker(u[t].T, v[t].T)), False),
    ((partial(H[t], H[t - 1]), kronecker(A.T, eye(X[t]))), True),
    ((partial(H[t], H[t - 1]), kronecker(A, eye(X[t]))), False),
    ((partial(H[t], H[t - 1]), kronecker(eye(X[t]), A.T)), False),
    ((d(s[t], B), partial(s[t], H[t]) @ d(H[t], B)), True),
    ((d(H[t], A), partial(H[t], A) + partial(H[t], H[t - 1]) @ d(H[t - 1], A)), True),
    ((d(H[t], A), partial(H[t], A)), False),
    ((partial(s[t], H[t - 1]), kronecker((A @ v[t]).T, u[t].T)), True),
    ((partial(s[t], H[t - 1]), kronecker((A.T @ v[t]).T, u[t].T)), False),
]


@pytest.mark.parametrize(("sides", "true"), MATRICES)
def test_a_derivative_in_a_matrix_is_its_vec_in_every_method_and_run(sides: Sides, true: bool) -> None:
    page, asked = matrices(), {"N": 2, "k": 2, "n": 3}
    claim, bench = page.claim("claim", *sides), Bench(page)
    found = {name: prove(page, claim, Question((2, 3), asked, method=name), bench).word for name in METHODS}
    word = "proved" if true else "refuted"
    assert found["unrolled"] == word
    assert set(found.values()) <= {word, "undecided"}, found
    said = [row.outcome for row in crosscheck(page, [claim], Question((2, 3), asked, "tanh"), bench=bench)]
    assert set(said) == {"agree" if true else "disagree"}


EMITTED: list[tuple[Callable[[], Derivation], Sides]] = [
    *((make, sides) for make in (two_lines, gru) for sides in (box(W), relation(W))),
    (gru, (partial(h[t], A), partial(h[t], m[t]) @ partial(m[t], r[t]) @ partial(r[t], A))),
    (gru, (diag(ones(z[t]) - z[t]), partial(h[t], h[t - 1], own=True))),
    (layers, (partial(g[t], V), partial(g[t], V))),
    (layers, (partial(g[t], W), partial(g[t], h[t]) @ partial(h[t], W))),
    (lstm, (diag(z[t]), partial(c[t], c[t - 1], held=True))),
    (lstm, (partial(c[t], c[t - 1]), partial(c[t], c[t - 1], held=True)
     + partial(c[t], h[t - 1], held=True) @ partial(h[t - 1], c[t - 1]))),
    (matrices, (kronecker(v[t].T, u[t].T), partial(s[t], H[t]))),
    (matrices, (kronecker(A.T, eye(X[t])), partial(H[t], H[t - 1]))),
    (matrices, (d(H[t], A), partial(H[t], A) + partial(H[t], H[t - 1]) @ d(H[t - 1], A))),
]  # fmt: skip


@pytest.mark.parametrize(("make", "sides"), EMITTED)
def test_emitted_code_goes_inside_the_step_too(make: Callable[[], Derivation], sides: Sides) -> None:
    page = make()
    numbers = {"n": 3, "q": 2, "N": 2, "k": 2}
    left, right = sides
    assert error(page, page.claim("true", left, right), sizes=numbers, step=4) < 1e-12
    assert error(page, page.claim("false", left, 2 * right), sizes=numbers, step=4) > 1e-3


IN_THE_STEP = partial(ell(h[t], y[t]), h[t])
OF_A_FUNCTION: list[tuple[Sides, bool]] = [
    ((partial(ell(h[t], y[t]), z[t]), IN_THE_STEP @ partial(h[t], z[t])), True),
    ((partial(ell(h[t], y[t]), z[t]), IN_THE_STEP), False),
    ((partial(ell(h[t], y[t]), W), IN_THE_STEP @ partial(h[t], W)), True),
    ((partial(ell(h[t], y[t]), W), IN_THE_STEP @ d(h[t], W)), False),
    # Among its arguments it is in that argument alone.
    ((partial(ell(h[t], z[t]), z[t]), partial(ell(h[t], z[t]), z[t]) + partial(ell(h[t], z[t]), h[t])
      @ partial(h[t], z[t])), False),
]  # fmt: skip


@pytest.mark.parametrize(("sides", "true"), OF_A_FUNCTION)
def test_a_function_of_a_state_is_differentiated_inside_its_step_in_what_is_none_of_its_arguments(
    sides: Sides, true: bool
) -> None:
    page = two_lines()
    claim, bench = page.claim("claim", *sides), Bench(page)
    found = {name: prove(page, claim, Question((2, 3), method=name), bench).word for name in METHODS}
    word = "proved" if true else "refuted"
    assert found["unrolled"] == word
    assert set(found.values()) <= {word, "undecided"}, found
