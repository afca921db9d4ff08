"""Gradients as columns and in the shape of their weights: what is true in one layout, and false by one slip."""

from __future__ import annotations

import pytest

from symbptt import Derivation, Sum, d, data, function, gradient, hadamard, laid, slope, state, weight
from symbptt.errors import IllTyped
from symbptt.judging.claims import verdict_on
from symbptt.page.notation import Arrangement, Expr, Laid, indices, sizes
from symbptt.page.shapes import shape
from symbptt.verdicts import Question

t, T = indices("t T")
n, D, q = sizes("n d q")
h, x, z, o, y, L = state("h", n), data("x", D), state("z", n), state("o", q), data("y", q), state("L")
W, U, V, phi, ell = weight("W", n, n), weight("U", n, D), weight("V", q, n), function("phi"), function("ell", 1)
ASKED = Question(steps=(1, 2, 3))


def elman() -> Derivation:
    """A recurrence with its pre-activation, outputs, and a loss that is summed over the steps."""
    page = Derivation("A network")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("o", o[t], V @ h[t])
    page.define("L", L, Sum(ell(o[t], y[t]), (t, 1, T)))
    return page


def shaped(wrt: Expr, arrangement: Arrangement = "shaped") -> Laid:
    """The gradient of the loss."""
    return laid(d(L, wrt), arrangement)


CLAIMS = {
    "outer product": (shaped(W), Sum(shaped(z[t]) @ h[t - 1].T, (t, 1, T)), "proved"),
    "its step": (shaped(W), Sum(shaped(z[t]) @ h[t].T, (t, 1, T)), "refuted"),
    "its order": (shaped(W), Sum(h[t - 1] @ shaped(z[t]).T, (t, 1, T)), "refuted"),
    "transposed": (shaped(W, "shaped transposed"), Sum(h[t - 1] @ shaped(z[t]).T, (t, 1, T)), "proved"),
    "transposed back": (shaped(W).T, Sum(h[t - 1] @ shaped(z[t]).T, (t, 1, T)), "proved"),
    "as the row of its entries": (d(L, W), Sum(d(L, z[t]) @ laid(d(z[t], W), "transposed").T, (t, 1, T)), "refuted"),
    "nabla": (gradient(L, V), Sum(gradient(L, o[t]) @ h[t].T, (t, 1, T)), "proved"),
    "nabla, a step late": (gradient(L, V), Sum(gradient(L, o[t]) @ h[t - 1].T, (t, 1, T)), "refuted"),
    "not square": (shaped(U), Sum(shaped(z[t]) @ x[t].T, (t, 1, T)), "proved"),
    "not square, swapped": (shaped(U), Sum(x[t] @ shaped(z[t]).T, (t, 1, T)), "ill-typed"),
    "slope": (shaped(z[t]), hadamard(slope(phi, z[t]), shaped(h[t])), "proved"),
    "no slope": (shaped(z[t]), shaped(h[t]), "refuted"),
    "last step": (shaped(h[T]), V.T @ shaped(o[T]), "proved"),
    "last step, not transposed": (shaped(h[T]), V @ shaped(o[T]), "ill-typed"),
    "Jacobian transposed": (shaped(h[T]), laid(d(o[T], h[T]), "transposed") @ shaped(o[T]), "proved"),
    "Jacobian": (shaped(h[T]), d(o[T], h[T]) @ shaped(o[T]), "ill-typed"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_gradient_is_judged_in_the_layout_that_it_has(name: str) -> None:
    left, right, word = CLAIMS[name]
    page = elman()
    assert verdict_on(page, page.claim("claim", left, right), ASKED).word == word


def test_only_the_derivative_of_a_scalar_has_the_shape_of_what_it_is_taken_in() -> None:
    page = elman()
    assert shape(page, laid(d(L, U), "shaped")) == (n, D)
    assert shape(page, laid(d(L, U), "shaped transposed")) == (D, n)
    assert shape(page, laid(d(h[t], U), "transposed")) == (n * D, n)
    with pytest.raises(IllTyped, match="is of a column"):
        shape(page, laid(d(h[t], U), "shaped"))


def test_a_layout_is_printed_as_the_page_prints_it() -> None:
    assert str(shaped(W)) == str(d(L, W)) == "d L/d W"
    assert str(gradient(L, W) @ h[t]) == "(∇_{W} L) · h_t"
