from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import pytest

from symbptt.errors import NotationError
from symbptt.page.expansion import expand, tidied
from symbptt.page.notation import (
    Add,
    Dim,
    Expr,
    Index,
    Letter,
    Mul,
    Number,
    Product,
    Sum,
    copy_at,
    d,
    exchanged,
    expr,
    free_indices,
    function,
    indices,
    ones,
    partial,
    sizes,
    state,
    substitute,
    walk,
    weight,
)
from tests.pages import W, box, h, i, j, jacobian, t

(k,) = indices("k")


def test_the_total_and_the_immediate_derivative_are_different_values() -> None:
    both: set[Expr] = {d(h[t], W), partial(h[t], W)}
    assert len(both) == 2
    assert len({type(node) for node in both}) == 2
    assert str(d(h[t], W)) != str(partial(h[t], W))


def test_an_expression_and_an_equal_one_written_again_are_one_value() -> None:
    assert box() == box()
    assert hash(box()) == hash(box())
    assert pickle.loads(pickle.dumps(box())) == box()


def test_nothing_is_reordered() -> None:
    assert jacobian(t) @ partial(h[t], W) != partial(h[t], W) @ jacobian(t)
    assert h[t] + h[t - 1] != h[t - 1] + h[t]


def test_sums_and_products_associate() -> None:
    a, b, c = h[1], h[2], h[3]
    assert a + (b + c) == (a + b) + c == Add((a, b, c))
    assert a @ (b @ c) == (a @ b) @ c == Mul((a, b, c))


@pytest.mark.parametrize("value", [0.5, True, "h", None, 1j])
def test_what_is_not_exact_is_refused(value: object) -> None:
    with pytest.raises(NotationError):
        expr(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1, Fraction(1, 2)])
def test_what_is_exact_is_a_number(value: int | Fraction) -> None:
    assert expr(value) == Number(Fraction(value))


@pytest.mark.parametrize("name", ["", "1h", "h_t; import os", "h-t", "h t", "ħ", "_h", "a" * 32])
def test_a_name_that_is_not_plain_letters_is_refused(name: str) -> None:
    with pytest.raises(NotationError):
        state(name)


def test_a_weight_has_no_time_index_and_a_state_no_arguments() -> None:
    with pytest.raises(NotationError, match="W is a weight, which has no time index"):
        W[t]
    with pytest.raises(NotationError, match="h is a state, not a function"):
        h(W)
    with pytest.raises(NotationError, match="only a weight has a copy"):
        copy_at(h, t)


def test_an_expression_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(h[t])


def test_spellings_do_not_make_letters_different() -> None:
    o = state("o")
    assert o.spelled("y", "y") == o
    assert str(o.spelled("ô")[t]) == "ô_t"
    assert state("y") != o


class TestIndices:
    def test_arithmetic_collects(self) -> None:
        assert t + 1 - t == Index.of(1)
        assert t - 1 == t + (-1)
        assert (t - 1 + i - t).substitute({"i": 3}) == Index.of(2)

    @pytest.mark.parametrize(
        ("index", "text"), [(t, "t"), (t - 1, "t-1"), (1 - t, "1-t"), (t - i, "t-i"), (t - t, "0"), (2 - 3 + t, "t-1")]
    )
    def test_are_written_as_on_the_board(self, index: Index, text: str) -> None:
        assert str(index) == text

    def test_a_bound_index_is_not_free(self) -> None:
        assert free_indices(box()) == {"t"}
        assert free_indices(Sum(h[i], (i, 1, i))) == {"i"}

    def test_substitution_leaves_the_bound_index_alone(self) -> None:
        total = Sum(h[i], (i, 1, t))
        assert substitute(total, {"i": 5}) == total
        assert substitute(total, {"t": 5}) == Sum(h[i], (i, 1, 5))

    def test_substitution_that_would_be_captured_is_refused(self) -> None:
        with pytest.raises(NotationError, match="used twice"):
            substitute(Sum(h[i] @ h[k], (i, 1, t)), {"k": i})

    def test_a_float_is_no_index(self) -> None:
        with pytest.raises(NotationError):
            h[1.5]  # type: ignore[index]


class TestSizes:
    def test_are_polynomials(self) -> None:
        n, m = sizes("n d")
        assert n * m + n * n == n * (m + n)
        assert n * m + n != n * (m + n)
        assert (n * (m + n)).at({"n": 2, "d": 3}) == 10
        assert Dim.total([n, n]) == 2 * n
        assert str(Dim.total([])) == "0"

    @pytest.mark.parametrize("size", [0, -1, 1.5, True, "n"])
    def test_are_at_least_one(self, size: Any) -> None:
        with pytest.raises(NotationError, match="is no size"):
            state("h", size)


class TestExpansion:
    def test_an_empty_sum_is_zero_and_an_empty_product_the_identity(self) -> None:
        # Karr's convention would give -f(3) - f(4) and 1/f(4).
        assert str(expand(Sum(h[i], (i, 5, 2)), {})) == "0"
        assert str(expand(Product(jacobian(j), (j, 5, 3)), {})) == "I"

    def test_a_product_descends_unless_it_ascends(self) -> None:
        assert expand(Product(jacobian(j), (j, 1, 3)), {}) == Mul(tuple(jacobian(Index.of(s)) for s in (3, 2, 1)))
        assert expand(Product(jacobian(j), (j, 1, 3), ascending=True), {}) == Mul(
            tuple(jacobian(Index.of(s)) for s in (1, 2, 3))
        )

    @pytest.mark.parametrize("step", range(1, 6))
    def test_term_i_of_the_box_has_t_minus_i_jacobians_and_then_the_immediate_partial(self, step: int) -> None:
        side = tidied(expand(box(), {"t": step}))
        terms = side.parts if isinstance(side, Add) else (side,)
        assert len(terms) == step
        for place, term in enumerate(terms):
            index = step - place
            factors = term.parts if isinstance(term, Mul) else (term,)
            assert factors[-1] == partial(h[index], W)
            assert list(factors[:-1]) == [jacobian(Index.of(s)) for s in range(step, index, -1)]

    def test_bounds_are_guarded(self) -> None:
        from symbptt.errors import BudgetExceeded

        with pytest.raises(BudgetExceeded, match="more parts than the limit"):
            expand(Sum(h[i], (i, 1, 10**9)), {})


def test_a_letter_is_replaced_wherever_it_stands() -> None:
    other = weight("V", *(W.shape or ()))
    swapped = exchanged(box(), W, other)
    assert swapped == box(other)
    assert all(node != W for node in walk(swapped))


def test_a_walk_meets_every_letter() -> None:
    f = function("f", 1)
    side: Expr = f(h[t], W) + Sum(partial(h[i], W), (i, 1, t))
    assert {node.symbol for node in walk(side) if isinstance(node, Letter)} == {"f", "h", "W"}


def test_division_and_powers_are_written() -> None:
    assert str(h[t] / (t + 1)) == "h_t · 1/(t+1)"
    assert str(h[t] / 2) == "1/2 · h_t"
    assert str(W ** (t - 1)) == "W^{t-1}"
    with pytest.raises(NotationError, match="divided by zero"):
        h[t] / 0


def test_what_has_no_shape_lends_none() -> None:
    (n,) = sizes("n")
    assert ones(state("h", n)[1]).like == state("h", n)[1]
    for wrong in (n, 3, "h"):
        with pytest.raises(NotationError, match=r"has no rows and columns: expected an expression of the shape"):
            ones(wrong)  # type: ignore[arg-type]
