"""The one-step relation, confirmed by SymPy for each definition; the check can fail."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation
from symbptt.page.notation import Expr, Letter, Product, Sum, concat, data, function, indices, sizes, state, weight
from symbptt.proofs import onestep
from symbptt.proofs.onestep import EPSILON, Entry, Rate, Slope, Value, relation

t, i, T = indices("t i T")
n, D, q = sizes("n d q")
x, y = data("x", D), data("y", q)
h, g, o = state("h", n), state("g", n), state("o", q)
W, U, b, r = weight("W", n, D), weight("U", n, n), weight("b", n), weight("r")
phi, f, ell = function("phi"), function("f", n), function("ell", 1)
w = weight("w")


def page() -> Derivation:
    made = Derivation("Letters")
    made.define("w", w, concat(W, U).T)
    made.define("h", h[t], phi(W @ x[t] + U @ h[t - 1] + b))
    made.define("g", g[t], phi(h[t]))
    made.define("o", o[t], phi(weight("V", q, n) @ h[t]))
    return made


def states(body: Expr) -> list[str]:
    return [str(node) for node in relation(page(), body).states]


def test_an_affine_map_under_an_activation_has_one_term_for_each_state() -> None:
    assert states(phi(W @ x[t] + U @ h[t - 1] + b)) == ["h_{t-1}"]
    assert states(phi(U @ h[t - 1] + U @ g[t])) == ["h_{t-1}", "g_t"]
    assert states(h[t - 1] + phi(U @ phi(U @ h[t - 1]))) == ["h_{t-1}"]


def test_a_function_of_several_vectors_and_of_a_whole_weight_is_differentiated() -> None:
    assert states(f(x[t], h[t - 1], w)) == ["h_{t-1}"]
    assert states(ell(o[t], y[t])) == ["o_t"]
    assert states(f(U @ h[t - 1], g[t], b)) == ["h_{t-1}", "g_t"]


def test_sums_over_time_transposes_and_products_of_states_are_differentiated() -> None:
    assert states(1 / T * Sum(ell(o[t], y[t]), (t, 1, T))) == ["o_t"]
    assert states(phi(U.T @ h[t - 1])) == ["h_{t-1}"]
    assert states(h[t].T @ g[t]) == ["h_t", "g_t"]
    assert states(h[t].T @ h[t]) == ["h_t"]
    assert states((h[t].T @ g[t]) @ h[t - 1]) == ["h_t", "g_t", "h_{t-1}"]


def test_the_derivative_is_one_genuine_derivative_of_a_component() -> None:
    found = relation(page(), phi(U @ h[t - 1]))
    assert found.component == "phi(Σ_{k=1..n} U[a,k] h_{t-1}[k])"
    assert found.derivative == "phi'(…) · Σ_{k=1..n} (U[a,k] dh_{t-1}[k] + dU[a,k] h_{t-1}[k])"
    a, k = sympy.Symbol("a.", integer=True), sympy.Symbol("k.1", integer=True)
    entry = Entry(sympy.Symbol("h"), 0, k, 1, EPSILON)
    assert sympy.diff(entry, EPSILON) == Rate(sympy.Symbol("h"), 0, k, 1)
    assert sympy.diff(Value(sympy.Symbol("phi"), a, entry), EPSILON) == Slope(1, sympy.Symbol("phi"), a, entry) * Rate(
        sympy.Symbol("h"), 0, k, 1
    )


def test_what_cannot_be_written_entry_by_entry_is_not_decided() -> None:
    with pytest.raises(Undecided, match="not differentiated for all sizes"):
        relation(page(), Product(U, (i, 1, t)) @ h[t - 1])
    with pytest.raises(Undecided, match="one index letter in two sums"):
        relation(page(), Sum(ell(o[i], y[i]), (i, 1, t)) @ Sum(ell(o[i], y[i]), (i, 1, t)))


def test_a_relation_with_a_state_left_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # The check compares derivatives: hold the states of the step before in every part, and the sum misses a term.
    def only(moving: Any) -> Any:
        return lambda node: isinstance(node, Letter) if moving is None else node == moving and not node.index.constant

    onestep._confirmed.cache_clear()
    monkeypatch.setattr(onestep, "_only", only)
    with pytest.raises(Undecided, match="not the sum of its parts"):
        relation(page(), phi(U @ h[t - 1] + U @ g[t]))
    onestep._confirmed.cache_clear()


def test_a_sum_and_a_product_of_sums_keep_their_letters_apart() -> None:
    k = sympy.Symbol("k")
    a, b_ = sympy.Function("a"), sympy.Function("b")
    with pytest.raises(Undecided):
        list(onestep._products(sympy.Sum(a(k), (k, 1, 3)) * sympy.Sum(b_(k), (k, 1, 3))))
    with pytest.raises(Undecided):
        list(onestep._products(sympy.Mul(sympy.Sum(a(k), (k, 1, 3)), b_(k))))
