"""Both sides of a claim as functions that lambdify wrote: the same as the graph walked, and as the page run forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Symbol

from symbptt import Derivation, Product, Sum, crosscheck, d, lambdified, partial, state
from symbptt.errors import UsageError
from symbptt.judging.comparison import relative_error
from symbptt.judging.compiled import NODES, Compiled, function_of
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, page_sizes
from symbptt.oracles.points import Points
from symbptt.oracles.ways import COMPLEX_STEP, Oracle, ask
from symbptt.page.expansion import expand, instances, unstated
from symbptt.proofs.cascades import write_side
from symbptt.proofs.graph import postorder
from symbptt.proofs.heads import Arbitrary, Named
from symbptt.verdicts import Question
from tests.pages import W, box, h, i, j, jacobian, n, note, phi, recurrence, t, x

SIZES = {"n": 2, "d": 2}


def arguments(points: Points, shapes: dict[str, tuple[int, ...]], page: Derivation) -> dict[str, Any]:
    """Every point at once, as arrays with an axis of points in front."""
    letters = {letter.symbol: letter for equation in page for letter in equation.letters}
    given: dict[str, Any] = {}
    for name, shape in shapes.items():
        letter = letters.get(name)
        if letter is None:
            base, _, step = name.rpartition("_")
            given[name] = points.of(letters[base], int(step))[..., 0]
        elif letter.kind == "weight":
            given[name] = points.of(letter, None)
        else:
            given[name] = np.stack([points.of(letter, k)[..., 0] for k in range(shape[0])], axis=1)
    return given


# --------------------------------------------------------------------------------------------------- the functions


def test_every_side_of_the_note_is_the_same_lambdified_and_walked() -> None:
    page = note()
    sizes = page_sizes(page, Question().sizes)
    unrolling, _ = Bench(page).unrolled(sizes, "tanh")
    points = Points(page, sizes, 4, 0)
    compared = 0
    for tag in ("5", "6", "10b", "box", "box-order", "concat-hh", "9.7.7"):
        claim = page[tag]
        for values, weight in list(instances(page, claim, 5))[-1:]:
            for side in page.resolved(claim, weight):
                entries = write_side(unrolling, side, values)
                written, walked = Compiled(entries), NumpyFunction(entries)
                given = {symbol: points.entry(str(symbol.name)) for symbol in walked.symbols}
                assert written.symbols == walked.symbols
                assert relative_error(written(given), walked(given)) < 1e-15, tag
                twin = Compiled(2 * entries)
                assert relative_error(twin(given), walked(given)) > 0.5 or not walked(given).any()
                compared += written(given).size
    assert compared > 200


def test_a_graph_is_lambdified_up_to_its_limit_and_walked_beyond() -> None:
    page = recurrence()
    unrolling, _ = Bench(page).unrolled(SIZES, "tanh")
    small, large = (write_side(unrolling, box(), {"t": step}) for step in (5, 60))
    assert len(postorder(list(small.flat))) < NODES < len(postorder(list(large.flat)))
    assert isinstance(function_of(small), Compiled)
    assert type(function_of(large)) is NumpyFunction


def test_constants_are_broadcast_and_powers_and_complex_numbers_are_those_of_the_walk() -> None:
    a, b = Symbol("a", real=True), Symbol("b", real=True)
    tanh = Named.of("tanh", a)
    entries = np.array([[a * b, a**-2, tanh], [a - a + 3, Arbitrary.of("g", 0, [a, b]).diff(a), a**40]], dtype=object)
    written, walked = Compiled(entries), NumpyFunction(entries)
    values = {a: np.array([1, 2, 3, 4, 10]), b: 0.5}
    assert written(values).shape == (5, 2, 3)
    np.testing.assert_allclose(written(values), walked(values), rtol=1e-15)
    assert written(values)[-1, 1, 2] == pytest.approx(1e40)
    turned = written({a: 0.5 + 1e-30j, b: 1.0}, np.complex128)
    np.testing.assert_allclose(turned[0, 2].imag / 1e-30, 1 - np.tanh(0.5) ** 2, rtol=1e-15)
    assert np.isinf(written({a: 0.0, b: 1.0})[0, 1])


def test_no_text_of_a_page_reaches_what_lambdify_writes() -> None:
    nasty = Symbol("__import__('os').abort()", real=True)
    entries = np.array([[Named.of("tanh", nasty) + Arbitrary.of("os.abort", 0, [nasty]) * nasty]], dtype=object)
    written = Compiled(entries)
    assert "def " in written.source
    assert not any(word in written.source for word in ("import", "os", "abort", "tanh"))
    np.testing.assert_allclose(written({nasty: 2.0}), NumpyFunction(entries)({nasty: 2.0}))


# --------------------------------------------------------------------------------------------------- for a user


@pytest.mark.parametrize("activation", ["any", "sigmoid", "relu"])
def test_both_sides_of_a_true_claim_are_what_complex_step_says_and_a_wrong_one_is_not(activation: str) -> None:
    page = recurrence()
    right = page.claim("box", d(h[t], W), box())
    ascending = Product(jacobian(j), (j, i + 1, t), ascending=True)
    wrong = page.claim("wrong", d(h[t], W), partial(h[t], W) + Sum(ascending @ partial(h[i], W), (i, 1, t - 1)))
    oracle = Oracle(page, SIZES, "tanh" if activation == "any" else activation, 6, 0)
    left = expand(page.resolved(right)[0], {"t": 4})
    reference = ask(COMPLEX_STEP, oracle, left).value
    for claim, agrees in ((right, True), (wrong, False)):
        made = lambdified(page, claim, steps=4, sizes=SIZES, activation=activation, as_it_stands=not agrees)
        given = arguments(oracle.points_of(h[4]), made.arguments, page)
        one, other = made(**given)
        assert relative_error(one, reference) < 1e-14
        assert (relative_error(other, reference) < 1e-14) is agrees
    rows = list(crosscheck(page, [right, wrong], Question((4,), SIZES, activation), lambdified=True))
    assert [row.outcome for row in rows] == ["agree", "disagree"]
    assert "digits they differ by" in rows[1].reason


def test_a_function_says_its_arguments_and_takes_plain_arrays() -> None:
    page = recurrence()
    page.claim("6", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    made = lambdified(page, "6", steps=2, sizes={"n": 2, "d": 1})
    assert made.arguments == {"U": (2, 1), "W": (2, 2), "h_0": (2,), "x": (3, 1)}
    assert str(made).endswith("t = 2, n = 2, d = 1: a function of U (2, 1), W (2, 2), h_0 (2,), x (3, 1)")
    assert (made.left.shape, made.right.shape) == ((2, 4), (2, 4))
    assert made.left.source.startswith("def ")
    assert repr(made.left) == "Side(shape=(2, 4), arguments={'U': (2, 1), 'W': (2, 2), 'h_0': (2,), 'x': (3, 1)})"
    w, u, first, inputs = np.array([[0.5, -1.0], [0.25, 2.0]]), np.ones((2, 1)), np.array([1.0, 2.0]), np.ones((3, 1))
    left, right = made(W=w, U=u, h_0=first, x=inputs)
    np.testing.assert_allclose(left, right, rtol=1e-14)

    def run(weights: Any) -> Any:
        hidden = first
        for _ in range(2):
            hidden = np.tanh(weights @ hidden + u[:, 0])
        return hidden

    for column, (row, place) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        moved = w.astype(complex)
        moved[row, place] += 1e-30j
        np.testing.assert_allclose(left[:, column], run(moved).imag / 1e-30, rtol=1e-13, atol=1e-15)
    assert made.left(W=np.stack([w, 2 * w]), U=u, h_0=first, x=inputs).shape == (2, 2, 4)


def test_only_what_is_proved_is_lambdified_and_its_scope_goes_with_it() -> None:
    page = recurrence()
    step = page.claim("6", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    cut = page.claim("cut", d(h[t], W), partial(h[t], W))
    made = lambdified(page, step, steps=3, sizes=SIZES)
    assert made.scope is not None
    assert (made.scope.steps, made.scope.sizes) == ("all", "any")
    assert "not proved" not in str(made)
    with pytest.raises(UsageError, match=r"\(cut\) is refuted: only what is proved is lambdified"):
        lambdified(page, cut, steps=3, sizes=SIZES)
    # At its first step it is true, and it is proved there and nowhere else.
    first = lambdified(page, cut, steps=1, sizes=SIZES)
    assert first.scope is not None
    assert first.scope.listed == (1,)
    both = lambdified(page, cut, steps=3, sizes=SIZES, as_it_stands=True)
    assert both.scope is None
    assert str(both).endswith("; it is not proved")


def test_what_is_missing_or_misshapen_or_no_claim_is_one_clear_error() -> None:
    page = recurrence()
    six = page.claim("6", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W), start=2)
    made = lambdified(page, six, steps=2, sizes=SIZES)
    whole = {"W": np.eye(2), "U": np.eye(2), "h_0": np.ones(2), "x": np.ones((3, 2))}
    made(**whole)
    with pytest.raises(UsageError, match=r"W is missing: expected U \(2, 2\)"):
        made(**{name: value for name, value in whole.items() if name != "W"})
    with pytest.raises(UsageError, match=r"x has the shape \(2, 2\): expected \(3, 2\)"):
        made(**{**whole, "x": np.ones((2, 2))})
    with pytest.raises(UsageError, match=r"\(7\) is no claim of the page: expected one of 6"):
        lambdified(page, "7")
    with pytest.raises(UsageError, match="is no claim of the page"):
        lambdified(page, next(iter(page)))
    with pytest.raises(UsageError, match="not stated at 1"):
        lambdified(page, six, steps=1)
    with pytest.raises(UsageError, match="not stated in V: expected one of W"):
        lambdified(page, six, weight="V")


def test_an_index_that_runs_through_a_range_is_told_and_later_data_make_the_array_longer() -> None:
    page = recurrence()
    c = state("c", n)
    page.define("c", c[t], phi(W @ h[t - 1]))
    each = page.claim("each", d(h[i], W), d(h[i], W), for_each=[(i, 1, t)])
    with pytest.raises(UsageError, match=r"say which by at="):
        lambdified(page, each, steps=2, sizes=SIZES)
    assert lambdified(page, each, steps=3, sizes=SIZES, at={"i": 2}).indices["i"] == 2
    later = page.claim("later", d(h[t + 1], x[t + 1]), partial(h[t + 1], x[t + 1]))
    assert lambdified(page, later, steps=2, sizes=SIZES).arguments["x"] == (4, 2)
    assert not unstated(page, later, 2)
