from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Float, Rational, S, symbols

from symbptt.errors import BudgetExceeded, NotExact
from symbptt.functions import TABLE, activation, activations
from symbptt.judging.evaluation import Entry, Walk
from symbptt.judging.methods import Bench
from symbptt.oracles.spaces import NUMPY
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.graph import Graph, postorder
from symbptt.proofs.heads import Arbitrary, Named, applied
from symbptt.refuting.exactness import Fractions
from symbptt.refuting.witness import search
from tests.pages import recurrence

x, y, w = symbols("x y w", real=True)

# Numbers of size 7.9 that SymPy's own tests for zero call zero.
NOT_ZERO = [
    sympy.atanh(Rational(7823207, 7823209)),
    sympy.acosh(Rational(7823207, 7823209)),
    sympy.acos(Rational(7823207, 7823209)),
]


def tanh(argument: Expr) -> Expr:
    return Named.of("tanh", argument)


def phi(argument: Expr) -> Expr:
    return Arbitrary.of("phi", 0, [argument])


def equal(one: Expr, other: Expr) -> bool:
    (same,) = NormalForms().equal([one], [other])
    return same


expressions = st.recursive(
    st.sampled_from([x, y, w, S.One, S(2), Rational(-1, 3)]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
        inner.map(lambda base: base**2),
        inner.map(phi),
        inner.map(tanh),
    ),
    max_leaves=8,
)


class TestNormalForms:
    @given(expressions)
    @settings(max_examples=150)
    def test_expanding_does_not_change_the_normal_form(self, expression: Expr) -> None:
        assert equal(expression, sympy.expand(expression))
        assert not equal(expression, sympy.expand(expression) + x)

    def test_atoms_are_told_apart_by_the_normal_form_of_their_arguments(self) -> None:
        assert equal(phi((x + y) ** 2), phi(x**2 + 2 * x * y + y**2))
        assert not equal(phi((x + y) ** 2), phi(x**2 + y**2))

    def test_atoms_are_told_apart_by_their_head_and_their_orders(self) -> None:
        assert not equal(phi(x), Arbitrary.of("psi", 0, [x]))
        assert not equal(phi(x), phi(x).fdiff(4))
        assert not equal(tanh(x), Named.of("sigmoid", x))

    def test_the_square_of_an_activation_is_the_square_of_its_atom(self) -> None:
        assert equal((1 - tanh(x)) * (1 + tanh(x)), 1 - tanh(x) ** 2)

    @pytest.mark.parametrize("number", NOT_ZERO)
    def test_a_number_that_sympy_calls_zero_is_not_equal_to_zero_and_not_told_apart_either(self, number: Expr) -> None:
        forms = NormalForms()
        assert forms.equal([number], [S.Zero]) == [False]
        assert search([(0, Entry(number, S.Zero))], lambda point, space: pytest.fail("told apart")) is None

    @pytest.mark.parametrize("float_", [Float(0.1), 0.1 * x, phi(x + 0.5)])
    def test_a_float_is_refused(self, float_: Expr) -> None:
        with pytest.raises(NotExact, match="is not an exact number"):
            NormalForms().of([float_])

    def test_an_inverse_is_not_cancelled_without_a_condition(self) -> None:
        assert not equal((x**2 - w**2) / (x - w), x + w)
        assert equal(Rational(1, 3) * x * 3, x)

    def test_what_is_divided_by_is_cancelled_where_it_is_taken_not_to_be_0(self) -> None:
        whole, other = x + 2 * y, x * y - w**2

        def divided(one: Expr, two: Expr) -> bool:
            (same,) = NormalForms(divided=True).equal([one], [two])
            return same

        assert divided(x / whole + 2 * y / whole, S.One)
        assert divided(whole**3 * w / whole**2, whole * w)
        assert divided((x**2 - 4 * y**2) / whole, x - 2 * y)
        assert divided(x * y / other - w**2 / other, S.One)
        nested = 1 + 1 / whole
        assert divided(1 / nested + 1 / (whole * nested), S.One)
        assert divided(x / (x * y / whole) - 2 * x / (2 * x * y / whole), S.Zero)
        assert not divided(1 / nested + 1 / whole, S.One)
        assert not divided(x / whole + y / whole, S.One)
        assert not divided(whole**3 * w / whole**2, whole * w + 1)
        assert not divided(x / whole, y / whole)

    def test_a_division_by_zero_is_refused(self) -> None:
        with pytest.raises(NotExact):
            NormalForms().of([sympy.Pow(sympy.Add(x, -x, evaluate=False), -1, evaluate=False)])

    def test_what_would_grow_too_large_is_refused(self) -> None:
        letters = symbols("a0:30", real=True)
        with pytest.raises(BudgetExceeded):
            NormalForms(limit=100).of([sum(letters) ** 3])
        assert len(NormalForms(limit=100).of([sum(letters)])[0]) == 30


class TestGraph:
    @given(expressions)
    @settings(max_examples=100)
    def test_the_walk_differentiates_as_sympy_does(self, expression: Expr) -> None:
        ((walked,),) = Graph().differentiate([expression], [x])
        assert equal(walked, sympy.diff(expression, x))

    @pytest.mark.parametrize("name", activations())
    def test_nested_activations_are_differentiated_as_sympy_does(self, name: str) -> None:
        nested = x
        for _ in range(4):
            nested = applied(activation(name), "phi", w * nested + y)
        ((walked,),) = Graph().differentiate([nested], [w])
        assert equal(walked, sympy.diff(nested, w))
        assert not equal(walked, sympy.diff(nested, y))

    def test_a_shared_graph_is_walked_once(self) -> None:
        node = x
        for _ in range(200):
            node = phi(node + y) * w
        assert len(postorder([node])) < 1000
        ((derivative,),) = Graph().differentiate([node], [x])
        assert len(postorder([derivative])) < 4000

    def test_substitution_builds_what_stands_above_anew(self) -> None:
        (made,) = Graph().substitute([phi(x + y) * x], {x: w})
        assert made == phi(w + y) * w
        assert Graph().substitute([phi(y)], {x: w}) == [phi(y)]

    def test_a_node_with_no_exact_value_is_refused(self) -> None:
        with pytest.raises(NotExact):
            Walk([sympy.sqrt(x)]).values({"x": Fraction(2)}, Fractions({}))
        assert Walk([x**-2 + 1]).values({"x": Fraction(2)}, Fractions({})) == [Fraction(5, 4)]
        with pytest.raises(NotExact):
            Walk([x**-2 + 1]).values({"x": Fraction(0)}, Fractions({}))


# What each row is to SymPy itself; above and below 0 for those with a kink.
SYMPY = {
    "tanh": sympy.tanh,
    "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
    "softplus": lambda a: sympy.log(1 + sympy.exp(a)),
    "relu": lambda a: sympy.Max(a, 0),
    "step": sympy.Heaviside,
    "identity": lambda a: a,
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "reciprocal": lambda a: 1 / a,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "silu": lambda a: a / (1 + sympy.exp(-a)),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_named_function_has_the_value_and_the_derivative_of_the_function_it_names(name: str) -> None:
    for place in (Rational(1, 3), Rational(-7, 5)) if TABLE[name].above is None else (Rational(1, 3), Rational(9, 4)):
        (asked,) = Walk([Named.of(name, x).diff(x)]).values({"x": np.float64(place)}, NUMPY)
        theirs = sympy.diff(SYMPY[name](x), x).subs(x, place).evalf(20)
        assert abs(asked - float(theirs)) < 1e-15 * (1 + abs(float(theirs)))
        assert abs(asked - float(theirs) * 1.000001 - 1e-6) > 1e-8
        assert float(NUMPY.named(name, np.array(float(place)))) == pytest.approx(
            float(SYMPY[name](place).evalf(20)), rel=1e-15, abs=1e-300
        )


def test_relu_is_piecewise_linear_and_says_nothing_at_its_kink() -> None:
    assert Named.of("relu", x).fdiff() == Named.of("step", x)
    assert Named.of("step", x).fdiff() == 0


def test_sympy_heads_print_and_pickle_stably() -> None:
    import pickle

    assert str(phi(x).fdiff(4)) == "Arbitrary(phi, 0, 1, x)"
    assert pickle.loads(pickle.dumps(phi(x))) == phi(x)
    assert str(tanh(x).fdiff()) == "1 - Named(tanh, x)**2"
    assert pickle.loads(pickle.dumps(tanh(x))) == tanh(x) != pickle.loads(pickle.dumps(phi(x)))


def test_a_bench_checks_the_page() -> None:
    assert Bench(recurrence()).page.title == "A recurrence"
