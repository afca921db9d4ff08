from __future__ import annotations

import numpy as np
import pytest
from sympy import Expr, Rational, S, sqrt, symbols

from symbptt import Product, Sum, d, diag, function, hadamard, kronecker, ones, partial, state
from symbptt.errors import IllTyped, NotExact, NotStated
from symbptt.judging.claims import prove
from symbptt.judging.evaluation import both
from symbptt.judging.methods import Bench
from symbptt.page.expansion import expand
from symbptt.page.notation import Expr as Written
from symbptt.refuting.residues import PRIME, Matrix, Point, Residue, Residues, agree_at_random
from symbptt.verdicts import Question
from tests.pages import U, W, box, h, i, j, jacobian, n, recurrence, t
from tests.pages import phi as phi_of
from tests.pages import x as inputs
from tests.test_exact import phi, tanh

x, y = symbols("x y", real=True)
SAMPLED = Question(method="sampled")


def agree(one: Expr, other: Expr) -> tuple[bool, int]:
    return agree_at_random(both(np.array([[one]], dtype=object), np.array([[other]], dtype=object)))


def test_equal_polynomials_in_atoms_agree_and_unequal_ones_do_not() -> None:
    for one, other in [
        ((x + y) ** 2 * phi(x), (x**2 + 2 * x * y + y**2) * phi(x)),
        (phi((x + y) ** 2), phi(x**2 + 2 * x * y + y**2)),
        (1 - tanh(x) ** 2, (1 - tanh(x)) * (1 + tanh(x))),
        (x * Rational(1, 3) * 3, x),
    ]:
        same, bits = agree(one, other)
        assert same
        assert 500 < bits < 521
        assert agree(one, other + Rational(1, 10**9))[0] is False


def test_arbitrary_functions_are_told_apart_by_name_order_and_argument() -> None:
    for one, other in [(phi(x), phi(y)), (phi(x), phi(x).fdiff(4)), (phi(x), tanh(x))]:
        assert agree(one, other)[0] is False


def test_the_error_bound_grows_with_the_degree() -> None:
    _, low = agree(x, x)
    _, high = agree(x**1000, x**1000)
    assert high <= low - 9


def test_residues_are_those_of_integers() -> None:
    a, b = Residue(PRIME - 1), Residue(5)
    assert (a + b).value == 4
    assert (a * b).value == PRIME - 5
    assert (a - b).value == PRIME - 6
    assert (b * Residues().inverted(b)).value == (b / b).value == (3 - b / 5 * (1 + 0 * a) ** 2 - 1).value == 1
    assert (1 / b * 5).value == 1
    with pytest.raises(NotExact):
        Residues().inverted(Residue(0))


def test_what_is_no_polynomial_is_refused() -> None:
    with pytest.raises(NotExact):
        agree(sqrt(x), S.One)


def test_sampling_never_proves() -> None:
    page = recurrence()
    found = prove(page, page.claim("box", d(h[t], W), box()), SAMPLED)
    assert found.word == "undecided"
    assert "entries agree at a random point modulo 2^521 - 1, error below 2^-" in found.reason
    assert "that is no proof" in found.reason


def test_sampling_refutes_with_an_exact_witness() -> None:
    page = recurrence()
    found = prove(page, page.claim("slip", d(h[t], W), partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W)), SAMPLED)
    assert found.word == "refuted"
    assert found.witness is not None
    assert found.witness.t == 3


def test_a_slip_that_shows_late_is_refuted_where_writing_out_is_too_large() -> None:
    # At t = 40 the sides are never expanded: the point tells them apart, and one unit is enough for a witness.
    page = recurrence()
    late = page.claim("late", d(h[t], W), d(h[t], W) + partial(h[t], W), start=40)
    found = prove(page, late, Question((40,), sizes={"n": 3, "d": 1}))
    assert found.word == "refuted"
    assert found.witness is not None
    assert (found.witness.t, found.witness.sizes["n"]) == (40, 1)


def test_a_point_that_is_kept_evaluates_a_side_as_it_is_written_out() -> None:
    page = recurrence()
    point = Bench(page).point({"n": 2, "d": 2}, "any")
    cascade = Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W)
    for side in (Sum(cascade, (i, 1, t)), -d(h[t], W) / 3, W.T @ W ** (t - 1), Product(jacobian(j), (j, 1, t)) - W):
        for step in (1, 3):
            whole, parts = point.value(side, {"t": step}), point.value(expand(side, {"t": step}), {})
            assert whole.shape == parts.shape
            assert (whole == parts).all()
            assert whole.any()
    assert not point.value(Sum(cascade, (i, t + 1, t)), {"t": 3}).any()
    assert (point.value(d(h[t], W), {"t": 2}) != point.value(partial(h[t], W), {"t": 2})).any()
    assert (point.value(d(h[t], W), {"t": 1}) == point.value(partial(h[t], W), {"t": 1})).all()


def test_a_point_has_no_value_for_what_has_no_meaning() -> None:
    point = Bench(recurrence()).point({"n": 2, "d": 2}, "any")
    with pytest.raises(IllTyped, match="nothing gives a value"):
        point.value(d(h[t], W), {"i": 1})
    with pytest.raises(IllTyped, match="do not compose"):
        point.value(d(h[t], W) @ jacobian(t), {"t": 2})
    with pytest.raises(IllTyped, match="no column"):
        point.value(diag(W), {})
    with pytest.raises(IllTyped, match="square"):
        point.value(Product(kronecker(h[j - 1].T, diag(h[j])), (j, 1, t)), {"t": 1})
    assert point.value(Product(diag(h[j]), (j, 1, t)), {"t": 1}).shape == (2, 2)
    with pytest.raises(NotStated):
        point.value(jacobian(t), {"t": 0})


def test_a_function_that_is_a_composition_is_one_at_the_point_too() -> None:
    page, sigmoid = recurrence(), function("sigmoid")
    s = state("s", n)
    page.define("s", s[t], function("silu")(W @ h[t - 1]))
    argument = W @ h[t - 1]
    for name in ("any", "tanh", "identity"):
        point = Bench(page).point({"n": 2, "d": 2}, name)

        def value(side: Written, point: Point = point) -> Matrix:
            return point.value(side, {"t": 2})

        assert (value(s[t]) == value(hadamard(argument, sigmoid(argument)))).all()
        assert (value(s[t]) != value(hadamard(argument, phi_of(argument)))).any()
        assert (value(h[t]) == value(argument + U @ inputs[t])).all() == (name == "identity")
        own = diag(hadamard(sigmoid(argument), ones(s[t]) + argument - s[t])) @ W
        assert (value(partial(s[t], h[t - 1])) == value(own)).all()
        assert (value(partial(s[t], h[t - 1])) != value(diag(sigmoid(argument)) @ W)).any()
