"""Gradients as explicit formulas, for every step and any sizes: what is proved, and what near it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from symbptt import (
    Derivation,
    Product,
    Sum,
    d,
    data,
    diag,
    function,
    indices,
    kronecker,
    partial,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.errors import SymbpttError, Undecided
from symbptt.functions import ARBITRARY, activation
from symbptt.judging.claims import prove
from symbptt.judging.pages import judge_note
from symbptt.page.expansion import first_step
from symbptt.page.notation import (
    Dim,
    Expr,
    Identity,
    Index,
    Kind,
    Letter,
    Number,
    Zero,
    gradient,
    hadamard,
    laid,
    ones,
    softmax,
)
from symbptt.proofs import adjoint
from symbptt.proofs.adjoint import Adjoint, follow_adjoint
from symbptt.proofs.indexed import follow_indexed
from symbptt.verdicts import Question
from tests.pages import as_note, words
from tests.soundness.changes import slips
from tests.soundness.evaluator import Evaluator, Unclear

t, T, k, j = indices("t T k j")
n, D, q, N = sizes("n d q N")
h, z, o, L = state("h", n), state("z", n), state("o", q), state("L")
x, target, y = data("x", D), data("y", q), data("y", n)
W, U, V, b, c = weight("W", n, n), weight("U", n, D), weight("V", q, n), weight("b", n), weight("c", q)
phi, tanh, sigma, ell = function("phi"), function("tanh"), function("sigmoid"), function("ell", 1)
ROW = Identity(W)
ALL = [(t, 1, T)]
BEFORE_LAST = [(t, 1, T - 1)]
SIZES = {"n": 2, "d": 3, "q": 2, "N": 3}


@dataclass
class Cell:
    """A page, and what is true of it."""

    page: Derivation
    count: int = 0
    tags: list[str] = field(default_factory=list)

    def true(self, left: Expr, right: Expr, **more: object) -> None:
        self.count += 1
        tag = f"true {self.count}"
        self.page.claim(tag, left, right, **more)  # type: ignore[arg-type]
        self.tags.append(tag)


def outer(row: Expr, column: Expr) -> Expr:
    """δ (as a row) and h as the row of entries of δᵀ hᵀ, column by column."""
    return kronecker(column.T, row)


def gate(of: Expr) -> Expr:
    """σ' where the logistic function has this value."""
    return hadamard(of, ones(of) - of)


def bell(of: Expr) -> Expr:
    """tanh' where tanh has this value."""
    return ones(of) - hadamard(of, of)


def grad(of: Expr) -> Expr:
    return d(L, of).T


def elman() -> Cell:
    cell = Cell(Derivation("Elman"))
    page, true = cell.page, cell.true
    page.define("z", z[t], W @ h[t - 1] + U @ x[t] + b)
    page.define("h", h[t], phi(z[t]))
    page.define("o", o[t], V @ h[t] + c)
    page.define("L", L, Sum((o[t] - target[t]).T @ (o[t] - target[t]), (t, 1, T)) / 2)

    def error(at: Index) -> Expr:
        return o[at] - target[at]

    def steep(at: Index) -> Expr:
        return diag(slope(phi, z[at]))

    true(d(L, z[T]), error(T).T @ V @ steep(T))
    true(d(L, z[t]), (error(t).T @ V + d(L, z[t + 1]) @ W) @ steep(t), for_each=BEFORE_LAST)
    true(grad(z[t]), hadamard(slope(phi, z[t]), V.T @ error(t) + W.T @ grad(z[t + 1])), for_each=BEFORE_LAST)
    true(d(L, h[T]), error(T).T @ V)
    true(d(L, h[0]), d(L, z[1]) @ W)
    true(d(L, x[t]), d(L, z[t]) @ U)
    true(d(L, V), Sum(outer(error(t).T, h[t]), (t, 1, T)))
    true(d(L, c), Sum(error(t).T, (t, 1, T)))
    true(d(L, b), Sum(d(L, z[t]), (t, 1, T)))
    true(d(L, U), Sum(outer(d(L, z[t]), x[t]), (t, 1, T)))
    true(d(L, W), Sum(outer(d(L, z[t]), h[t - 1]), (t, 1, T)))
    true(d(L, W), Sum(outer(d(L, z[t + 1]), h[t]), (t, 0, T - 1)))
    true(d(L, W), Sum(outer(d(L, h[t]) @ steep(t), h[t - 1]), (t, 1, T)))
    true(d(L, W), Sum(d(L, z[t]) @ kronecker(h[t - 1].T, ROW), (t, 1, T)))
    early = Sum(outer((error(t).T @ V + d(L, z[t + 1]) @ W) @ steep(t), h[t - 1]), (t, 1, T - 1))
    true(d(L, W), early + outer(error(T).T @ V @ steep(T), h[T - 1]))
    # Forwards, with the derivatives of states.
    own = steep(t) @ kronecker(h[t - 1].T, ROW)
    true(partial(h[t], W), own)
    true(partial(h[t], h[t - 1]), steep(t) @ W)
    true(partial(h[t], h[t - 2]), steep(t) @ W @ steep(t - 1) @ W)
    true(d(h[t], W), steep(t) @ (W @ d(h[t - 1], W) + kronecker(h[t - 1].T, ROW)))
    true(d(L, W), Sum(error(t).T @ V @ d(h[t], W), (t, 1, T)))
    reach = partial(h[t], h[k]) @ steep(k) @ kronecker(h[k - 1].T, ROW)
    true(d(h[t], W), Sum(reach, (k, 1, t)))
    true(d(h[t], W), own + Sum(reach, (k, 1, t - 1)))
    true(d(L, W), Sum(Sum(error(t).T @ V @ reach, (k, 1, t)), (t, 1, T)))
    true(d(L, W), Sum(Sum(error(t).T @ V @ reach, (t, k, T)), (k, 1, T)))
    true(d(L, h[t]), Sum(error(k).T @ V @ partial(h[k], h[t]), (k, t, T)), for_each=ALL)
    # Products of Jacobians written out.
    true(partial(h[t], h[k]), Product(steep(j) @ W, (j, k + 1, t)), for_each=[(k, 0, t)])
    true(partial(h[t], h[k]).T, Product(W.T @ steep(j), (j, k + 1, t), ascending=True), for_each=[(k, 0, t)])
    far = Product(steep(j) @ W, (j, k + 1, t)) @ steep(k) @ kronecker(h[k - 1].T, ROW)
    true(d(h[t], W), Sum(far, (k, 1, t)))
    true(d(L, W), Sum(Sum(error(t).T @ V @ far, (k, 1, t)), (t, 1, T)))
    true(d(L, h[t]), Sum(error(k).T @ V @ Product(steep(j) @ W, (j, t + 1, k)), (k, t, T)), for_each=ALL)
    return cell


def linear() -> Cell:
    cell = Cell(Derivation("A linear recurrence, the mean of the losses of its outputs"))
    page, true = cell.page, cell.true
    page.define("h", h[t], U @ x[t] + W @ h[t - 1])
    page.define("o", o[t], V @ h[t])
    page.define("L", L, 1 / T * Sum(ell(o[t], target[t]), (t, 1, T)))
    true(d(L, o[t]), 1 / T * partial(ell(o[t], target[t]), o[t]), for_each=ALL)
    true(d(L, h[t]), d(L, h[t + 1]) @ W + d(L, o[t]) @ V, for_each=BEFORE_LAST)
    true(d(L, h[t]), Sum(d(L, o[k]) @ V @ W ** (k - t), (k, t, T)), for_each=ALL)
    true(grad(h[t]), Sum(W.T ** (T - k) @ V.T @ grad(o[T + t - k]), (k, t, T)), for_each=ALL)
    true(partial(h[t], h[k]), W ** (t - k), for_each=[(k, 0, t)])
    true(partial(h[t], h[k]), W @ partial(h[t - 1], h[k]), for_each=[(k, 0, t - 1)])
    true(d(h[t], W), Sum(W ** (t - k) @ kronecker(h[k - 1].T, ROW), (k, 1, t)))
    true(d(L, U), Sum(Sum(outer(d(L, o[t]) @ V @ W ** (t - k), x[k]), (t, k, T)), (k, 1, T)))
    return cell


def squashed() -> Cell:
    cell = Cell(Derivation("tanh, and its slope from its value"))
    page, true = cell.page, cell.true
    page.define("h", h[t], tanh(W @ h[t - 1] + U @ x[t] + b))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)) / T)
    back = d(L, h[t + 1]) @ diag(bell(h[t + 1])) @ W
    true(d(L, h[t]), partial(ell(h[t], y[t]), h[t]) / T + back, for_each=BEFORE_LAST)
    true(d(L, W), Sum(outer(d(L, h[t]) @ diag(bell(h[t])), h[t - 1]), (t, 1, T)))
    true(partial(h[t], h[t - 1]), diag(bell(h[t])) @ W)
    return cell


def last() -> Cell:
    cell = Cell(Derivation("A loss of the last step"))
    page, true = cell.page, cell.true
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
    page.define("L", L, ell(h[T], b))
    steep = diag(slope(phi, W @ h[t - 1] + U @ x[t]))
    true(d(L, h[t]), d(L, h[t + 1]) @ diag(slope(phi, W @ h[t] + U @ x[t + 1])) @ W, for_each=BEFORE_LAST)
    true(d(L, W), Sum(outer(d(L, h[t]) @ steep, h[t - 1]), (t, 1, T)))
    true(d(L, W), Sum(outer(d(L, h[T]) @ partial(h[T], h[t]) @ steep, h[t - 1]), (t, 1, T)))
    return cell


def lstm() -> Cell:
    cell = Cell(Derivation("An LSTM"))
    page, true = cell.page, cell.true
    i, f, out, g, s = (state(name, n) for name in ("i", "f", "u", "g", "s"))
    w = {name: (weight(f"W{name}", n, D), weight(f"U{name}", n, n), weight(f"b{name}", n)) for name in "ifog"}
    for name, letter, function_of in (("i", i, sigma), ("f", f, sigma), ("o", out, sigma), ("g", g, tanh)):
        into, back, bias = w[name]
        page.define(name, letter[t], function_of(into @ x[t] + back @ h[t - 1] + bias))
    page.define("s", s[t], hadamard(f[t], s[t - 1]) + hadamard(i[t], g[t]))
    page.define("h", h[t], hadamard(out[t], tanh(s[t])))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))

    def deltas(at: Index) -> dict[str, Expr]:
        return {
            "i": hadamard(grad(s[at]), g[at], gate(i[at])),
            "f": hadamard(grad(s[at]), s[at - 1], gate(f[at])),
            "o": hadamard(grad(h[at]), tanh(s[at]), gate(out[at])),
            "g": hadamard(grad(s[at]), i[at], bell(g[at])),
        }

    through = hadamard(grad(h[t]), out[t], bell(tanh(s[t])))
    true(grad(s[t]), through + hadamard(grad(s[t + 1]), f[t + 1]), for_each=BEFORE_LAST)
    true(grad(s[T]), hadamard(grad(h[T]), out[T], bell(tanh(s[T]))))
    terms = [w[name][1].T @ delta for name, delta in deltas(t + 1).items()]
    direct = partial(ell(h[t], y[t]), h[t]).T
    true(grad(h[t]), direct + terms[0] + terms[1] + terms[2] + terms[3], for_each=BEFORE_LAST)
    for name, delta in deltas(t).items():
        true(d(L, w[name][0]), Sum(outer(delta.T, x[t]), (t, 1, T)))
        true(d(L, w[name][1]), Sum(outer(delta.T, h[t - 1]), (t, 1, T)))
    true(partial(s[t], s[t - 1], held=True), diag(f[t]))
    true(partial(s[t], s[k], held=True), Product(diag(f[j]), (j, k + 1, t)), for_each=[(k, 0, t)])
    inner = diag(hadamard(s[t - 1], gate(f[t]))) @ w["f"][1] + diag(hadamard(g[t], gate(i[t]))) @ w["i"][1]
    whole = inner + diag(hadamard(i[t], bell(g[t]))) @ w["g"][1]
    true(d(s[t], s[t - 1]), diag(f[t]) + whole @ diag(hadamard(out[t - 1], bell(tanh(s[t - 1])))), start=2)
    return cell


def gru() -> Cell:
    cell = Cell(Derivation("A GRU"))
    page, true = cell.page, cell.true
    r, u, g = state("r", n), state("u", n), state("g", n)
    Ur, Uu, Ug = weight("Ur", n, n), weight("Uu", n, n), weight("Ug", n, n)
    page.define("u", u[t], sigma(U @ x[t] + Uu @ h[t - 1]))
    page.define("r", r[t], sigma(U @ x[t] + Ur @ h[t - 1]))
    page.define("g", g[t], tanh(U @ x[t] + Ug @ hadamard(r[t], h[t - 1])))
    page.define("h", h[t], hadamard(ones(u[t]) - u[t], h[t - 1]) + hadamard(u[t], g[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    reset = diag(r[t]) + diag(hadamard(h[t - 1], gate(r[t]))) @ Ur
    update = diag(ones(u[t]) - u[t]) + diag(hadamard(g[t] - h[t - 1], gate(u[t]))) @ Uu
    true(partial(h[t], h[t - 1]), update + diag(hadamard(u[t], bell(g[t]))) @ Ug @ reset)
    true(d(L, Uu), Sum(outer(hadamard(grad(h[t]), g[t] - h[t - 1], gate(u[t])).T, h[t - 1]), (t, 1, T)))
    back = Ug.T @ hadamard(grad(h[t]), u[t], bell(g[t]))
    true(grad(r[t]), hadamard(h[t - 1], back), for_each=ALL)
    true(d(L, Ur), Sum(outer(hadamard(back, h[t - 1], gate(r[t])).T, h[t - 1]), (t, 1, T)))
    true(d(L, Ug), Sum(outer(hadamard(grad(h[t]), u[t], bell(g[t])).T, hadamard(r[t], h[t - 1])), (t, 1, T)))
    return cell


def layers() -> Cell:
    cell = Cell(Derivation("Two layers"))
    page, true = cell.page, cell.true
    top, W2, U2 = state("s", n), weight("W2", n, n), weight("U2", n, n)
    page.define("h", h[t], tanh(U @ x[t] + W @ h[t - 1]))
    page.define("s", top[t], tanh(U2 @ h[t] + W2 @ top[t - 1]))
    page.define("L", L, Sum(ell(top[t], y[t]), (t, 1, T)))
    up = d(L, top[t]) @ diag(bell(top[t])) @ U2
    true(d(L, h[t]), up + d(L, h[t + 1]) @ diag(bell(h[t + 1])) @ W, for_each=BEFORE_LAST)
    true(d(L, U2), Sum(outer(d(L, top[t]) @ diag(bell(top[t])), h[t]), (t, 1, T)))
    true(d(L, W2), Sum(outer(d(L, top[t]) @ diag(bell(top[t])), top[t - 1]), (t, 1, T)))
    return cell


def leaky() -> Cell:
    cell = Cell(Derivation("A leaky unit"))
    page, true = cell.page, cell.true
    rate = weight("a", 1, 1)
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], (1 - rate) * h[t - 1] + rate * tanh(z[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    leak = (1 - rate) * d(L, h[t + 1]) + rate * d(L, h[t + 1]) @ diag(bell(tanh(z[t + 1]))) @ W
    true(d(L, h[t]), partial(ell(h[t], y[t]), h[t]) + leak, for_each=BEFORE_LAST)
    true(d(L, W), rate * Sum(outer(d(L, h[t]) @ diag(bell(tanh(z[t]))), h[t - 1]), (t, 1, T)))
    true(d(L, rate), Sum(d(L, h[t]) @ (tanh(z[t]) - h[t - 1]), (t, 1, T)))
    return cell


def lags() -> Cell:
    cell = Cell(Derivation("Two lags"))
    page, true = cell.page, cell.true
    W2 = weight("W2", n, n)
    page.define("z", z[t], W @ h[t - 1] + W2 @ h[t - 2])
    page.define("h", h[t], phi(z[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    near = d(L, h[t + 1]) @ diag(slope(phi, z[t + 1])) @ W
    far = d(L, h[t + 2]) @ diag(slope(phi, z[t + 2])) @ W2
    true(d(L, h[t]), partial(ell(h[t], y[t]), h[t]) + near + far, for_each=[(t, 1, T - 2)])
    true(d(L, W), Sum(outer(d(L, z[t]), h[t - 1]), (t, 1, T)))
    through = W @ diag(slope(phi, z[t - 1])) @ W + W2
    true(partial(h[t], h[t - 2]), diag(slope(phi, z[t])) @ through, start=2)
    return cell


def rows() -> Cell:
    cell = Cell(Derivation("Examples as rows"))
    page, true = cell.page, cell.true

    def matrix(name: str, columns: Dim, kind: Kind = "state") -> Letter:
        return Letter(name, kind, (N, columns))

    X, H, Z, O, Y = matrix("X", D, "data"), matrix("H", n), matrix("Z", n), matrix("O", q), matrix("Y", q, "data")
    Wx, Wh, Wq = weight("Wx", D, n), weight("Wh", n, n), weight("Wq", n, q)
    page.define("Z", Z[t], X[t] @ Wx + H[t - 1] @ Wh)
    page.define("H", H[t], phi(Z[t]))
    page.define("O", O[t], H[t] @ Wq)
    page.define("L", L, Sum(ell(O[t], Y[t]), (t, 1, T)))
    example = Identity(H[1] @ H[1].T)
    true(d(L, Wq), Sum(d(L, O[t]) @ kronecker(Identity(Wq.T @ Wq), H[t]), (t, 1, T)))
    true(d(L, Wh), Sum(d(L, Z[t]) @ kronecker(ROW, H[t - 1]), (t, 1, T)))
    back = d(L, O[t]) @ kronecker(Wq.T, example) + d(L, Z[t + 1]) @ kronecker(Wh.T, example)
    true(d(L, H[t]), back, for_each=BEFORE_LAST)
    return cell


def started() -> Cell:
    cell = Cell(Derivation("A first state that depends on a weight"))
    page, true = cell.page, cell.true
    page.define("h0", h[0], phi(W @ b))
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    steep = diag(slope(phi, W @ h[t - 1] + U @ x[t]))
    first = outer(d(L, h[0]) @ diag(slope(phi, W @ b)), b)
    true(d(L, W), Sum(outer(d(L, h[t]) @ steep, h[t - 1]), (t, 1, T)) + first)
    true(d(L, b), d(L, h[0]) @ diag(slope(phi, W @ b)) @ W)
    return cell


def zeroed() -> Cell:
    cell = Cell(Derivation("A first state that is zero"))
    page, true = cell.page, cell.true
    page.define("h0", h[0], Zero(h[1]))
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    true(d(L, W), Sum(outer(d(L, z[t + 1]), h[t]), (t, 1, T - 1)))
    true(d(L, W), Sum(outer(d(L, z[t]), h[t - 1]), (t, 2, T)))
    return cell


CELLS: dict[str, Callable[[], Cell]] = {
    made.__name__: made for made in (elman, squashed, last, lstm, gru, layers, leaky, lags, rows, started, zeroed)
}
TRUE = [(name, tag) for name, made in CELLS.items() for tag in made().tags]


def asked(page: Derivation, tag: str) -> Adjoint:
    start = first_step(page, page[tag])
    try:
        found = follow_adjoint(page, page[tag], start, ARBITRARY)
        return found if found.proved else follow_adjoint(page, page[tag], start, activation("any"))
    except Undecided as error:
        return Adjoint(False, str(error))


@pytest.mark.parametrize(("name", "tag"), TRUE)
def test_a_true_formula_is_proved_for_every_step(name: str, tag: str) -> None:
    assert asked(CELLS[name]().page, tag) == Adjoint(True)


@pytest.mark.parametrize(("name", "tag"), TRUE)
def test_the_rule_backwards_agrees_with_the_unrolled_page(name: str, tag: str) -> None:
    """``indexed`` differentiates what it unrolled, and knows no rule backwards."""
    page = CELLS[name]().page
    start = first_step(page, page[tag])
    assert follow_indexed(page, page[tag], start + 1, activation("any")).proved


@pytest.mark.parametrize("name", CELLS)
def test_what_is_proved_of_near_twins_is_true(name: str) -> None:
    """One slip made at one place: what is proved all the same holds at random points."""
    page = CELLS[name]().page
    evaluator = Evaluator(page)
    made = [(tag, slip) for tag in CELLS[name]().tags for _, slip in slips(page, page[tag].sides[1])]
    rejected = 0
    for number, (tag, slip) in enumerate(made[:: max(1, len(made) // 12)]):
        true = page[tag]
        try:
            twin = page.claim(f"twin {number}", true.left, slip, for_each=true.for_each, start=true.start)
            proved = follow_adjoint(page, twin, first_step(page, twin), activation("any")).proved
            truth = evaluator.truth(twin, range(1, 5), SIZES) if proved else None
        except (SymbpttError, Unclear):
            continue
        rejected += not proved
        assert truth is None or not (truth.differs or truth.clash), twin
    assert rejected >= 3


def outputs() -> Derivation:
    """Softmax with cross entropy."""
    page = Derivation("Outputs")
    p, l, log = state("p", q), state("l"), function("log")
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
    page.define("o", o[t], V @ h[t] + c)
    page.define("p", p[t], softmax(o[t]))
    page.define("l", l[t], -(target[t].T @ log(p[t])))
    page.define("L", L, Sum(l[t], (t, 1, T)))
    count = ones(target[t]).T @ target[t]
    page.claim("Jacobian", partial(p[t], o[t]), diag(p[t]) - p[t] @ p[t].T)
    page.claim("Jacobian without a term", partial(p[t], o[t]), diag(p[t]))
    page.claim("entropy", partial(l[t], o[t]), count * p[t].T - target[t].T)
    page.claim("entropy of targets that need not sum to one", partial(l[t], o[t]), p[t].T - target[t].T)
    page.claim("gradient", d(L, V), Sum(outer((count * p[t] - target[t]).T, h[t]), (t, 1, T)))
    page.claim("gradient of the step before", d(L, V), Sum(outer((count * p[t] - target[t]).T, h[t - 1]), (t, 1, T)))
    return page


def test_softmax_with_cross_entropy_is_proved_and_what_is_near_it_is_not() -> None:
    page = outputs()
    proved = [equation.tag for equation in page if equation.kind == "claim" and asked(page, equation.tag).proved]
    assert proved == ["Jacobian", "entropy", "gradient"]


def test_one_over_a_sum_is_told_from_one_over_another() -> None:
    page = Derivation("Quotients")
    exp, s, r = function("exp"), state("s", n), state("r", n)
    page.define("s", s[t], exp(y[t]) / (ones(y[t]).T @ exp(y[t])))
    page.define("r", r[t], exp(y[t]) / (ones(y[t]).T @ exp(2 * y[t])))
    page.claim("sums to one", ones(y[t]).T @ s[t], Number.of(1))
    page.claim("does not", ones(y[t]).T @ r[t], Number.of(1))
    assert (asked(page, "sums to one").proved, asked(page, "does not").proved) == (True, False)


NEAR: dict[str, tuple[Expr, Expr, Any]] = {
    "a Jacobian over two steps is not 0": (partial(h[t], h[t - 2]), Zero(W), ()),
    "a first state is no value of its function": (h[0], phi(W @ b), ()),
    "the last step has no next one": (d(L, h[t]), partial(ell(h[t], y[t]), h[t]), ((t, 1, T),)),
    "the loss does not count step 0": (
        d(L, h[t]),
        partial(ell(h[t], y[t]), h[t]) + d(L, h[t + 1]) @ diag(slope(phi, z[t + 1])) @ W,
        ((t, 0, T - 1),),
    ),
    "the first step uses the weight too": (d(L, W), Sum(outer(d(L, z[t + 1]), h[t]), (t, 1, T - 1)), ()),
    "so does the last": (d(L, W), Sum(outer(d(L, z[t]), h[t - 1]), (t, 1, T - 1)), ()),
    "a product in the other order": (
        partial(h[t], h[k]),
        Product(diag(slope(phi, z[j])) @ W, (j, k + 1, t), ascending=True),
        ((k, 0, t),),
    ),
    "a product with a factor too many": (
        partial(h[t], h[k]),
        Product(diag(slope(phi, z[j])) @ W, (j, k, t)),
        ((k, 1, t),),
    ),
}


@pytest.mark.parametrize("why", NEAR)
def test_it_is_not_proved_that(why: str) -> None:
    page = Derivation("Near")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    left, right, ranges = NEAR[why]
    page.claim("near", left, right, for_each=ranges)
    assert not asked(page, "near").proved


def test_the_verdict_says_for_every_step_and_any_sizes() -> None:
    page = lstm().page
    verdict = prove(page, page["true 1"])
    assert (verdict.word, verdict.method) == ("proved", "adjoint")
    assert verdict.scope is not None
    assert (verdict.scope.sizes, verdict.scope.steps, verdict.scope.start) == ("any", "all", 2)


def test_a_gradient_in_the_shape_of_its_weight_is_proved_and_its_transpose_is_not() -> None:
    page = zeroed().page
    page.claim("shaped", gradient(L, W), Sum(gradient(L, z[t]) @ h[t - 1].T, (t, 1, T)))
    page.claim("turned", gradient(L, W), Sum(h[t - 1] @ gradient(L, z[t]).T, (t, 1, T)))
    page.claim("laid", laid(partial(h[t], h[t - 1]), "transposed"), W.T @ diag(slope(phi, z[t])))
    assert [asked(page, tag).proved for tag in ("shaped", "turned", "laid")] == [True, False, True]


def test_a_letter_that_is_defined_as_a_derivative_is_read_as_it() -> None:
    page = Derivation("Forwards in time")
    sensitivity = Letter("G", "state", (n, n * n))
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("G", sensitivity[t], d(h[t], W))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 1, T)))
    steep, own = diag(slope(phi, z[t])), kronecker(h[t - 1].T, ROW)
    page.claim("step", sensitivity[t], steep @ (W @ sensitivity[t - 1] + own))
    page.claim("step without a slope", sensitivity[t], W @ sensitivity[t - 1] + own)
    page.claim("loss", d(L, W), Sum(partial(ell(h[t], y[t]), h[t]) @ sensitivity[t], (t, 1, T)))
    page.claim("loss of the step before", d(L, W), Sum(partial(ell(h[t], y[t]), h[t]) @ sensitivity[t - 1], (t, 1, T)))
    proved = [equation.tag for equation in page if equation.kind == "claim" and asked(page, equation.tag).proved]
    assert proved == ["step", "loss"]


def test_a_loss_that_begins_at_the_second_step_has_no_term_at_the_first() -> None:
    page = Derivation("A loss from the second step on")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("L", L, Sum(ell(h[t], y[t]), (t, 2, T)))
    near = outer(d(L, h[t]) @ diag(slope(phi, z[t])), h[t - 1])
    later = Sum(partial(ell(h[k], y[k]), h[k]) @ partial(h[k], h[t]), (k, t, T))
    page.claim("every step", d(L, W), Sum(near, (t, 1, T)))
    page.claim("not the first", d(L, W), Sum(near, (t, 2, T)))
    page.claim("from the second on", d(L, h[t]), later, for_each=[(t, 2, T)])
    page.claim("from the first on", d(L, h[t]), later, for_each=[(t, 1, T)])
    page.claim("summed from the first on", Sum(d(L, h[t]), (t, 1, T)), Sum(later, (t, 1, T)))
    proved = [equation.tag for equation in page if equation.kind == "claim" and asked(page, equation.tag).proved]
    assert proved == ["every step", "from the second on"]


def test_a_loss_of_a_step_with_a_number_is_made_of_the_steps_up_to_it() -> None:
    page = Derivation("A loss of the third step")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("L", L, ell(h[3], y[3]))
    direct = partial(ell(h[3], y[3]), h[3])
    near = outer(d(L, h[t]) @ diag(slope(phi, z[t])), h[t - 1])
    page.claim("itself", d(L, h[3]), direct)
    page.claim("not nothing", d(L, h[3]), Zero(direct))
    page.claim("two steps", d(L, h[1]), direct @ diag(slope(phi, z[3])) @ W @ diag(slope(phi, z[2])) @ W)
    page.claim("three terms", d(L, W), Sum(near, (t, 1, 3)))
    page.claim("not two", d(L, W), Sum(near, (t, 1, 2)))
    page.claim("nor none", d(L, W), Zero(d(L, W)))
    proved = [equation.tag for equation in page if equation.kind == "claim" and asked(page, equation.tag).proved]
    assert proved == ["itself", "two steps", "three terms"]


NET = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"o_t = V h_t", r"L = \ell(o_T, y)")
OUTPUT = r"\frac{\partial L}{\partial V} = \frac{\partial L}{\partial o_T} h_T^\top"


def test_an_output_weight_below_a_loss_of_the_last_step_alone_is_proved_for_every_step() -> None:
    late = OUTPUT.replace("h_T^", "h_{T-1}^")
    *_, true, false = judge_note(as_note(*NET, OUTPUT, late), question=Question(slips=False))
    assert (true.word, false.word) == ("proved", "refuted")
    assert true.verdict is not None
    assert true.verdict.scope is not None
    assert (true.verdict.method, true.verdict.scope.steps) == ("adjoint", "all")


def test_a_loss_of_the_last_and_the_first_step_is_not_taken_apart_where_they_are_one() -> None:
    loss = NET[2] + r" + \ell(o_1, y)"
    both = OUTPUT + r" + \frac{\partial L}{\partial o_1} h_1^\top"
    assert words(*NET[:2], loss, both, OUTPUT.replace("_T", "_t").replace("= ", r"= \sum_{t=1}^T "))[3:] == [
        "refuted",
        "proved",
    ]


class TestVeryNextLetters:
    CELL = (
        r"f_t = \sigma(W x_t + U h_{t-1})",
        r"g_t = \tanh(V x_t + R h_{t-1})",
        r"c_t = f_t \odot c_{t-1} + g_t",
        r"h_t = \tanh(c_t)",
        r"L = \sum_{t=1}^T \ell(h_t)",
    )
    BACK = r"\nabla_{c_t} L = (1 - h_t^2) \odot \nabla_{h_t} L + f_{%s} \odot \nabla_{c_{t+1}} L, \quad t < T"

    def test_what_the_very_next_letters_say_is_enough_where_all_of_it_is_too_much(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = as_note(*self.CELL, self.BACK % "t+1", self.BACK % "t").vectors
        assert page is not None
        true, false = (equation for equation in page if equation.kind == "claim")
        tried: list[bool] = []
        vanishes = adjoint.Difference.vanishes_nearby

        def counted(*arguments: Any) -> bool:
            tried.append(vanishes(*arguments))
            return tried[-1]

        monkeypatch.setattr(adjoint.Difference, "vanishes_nearby", counted)
        for limit, near in ((1_000, False), (12, True)):
            monkeypatch.setattr(adjoint, "LIMIT", limit)
            assert follow_adjoint(page, true, 1, activation("any")).proved
            assert any(tried) == near
        assert not follow_adjoint(page, false, 1, activation("any")).proved
