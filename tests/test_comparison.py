"""The cross-check agrees with what is true, and notices what is not."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

from symbptt import Derivation, Product, Sum, block, concat, copy_at, d, function, partial, state, weight
from symbptt.errors import UsageError
from symbptt.functions import TABLE, Rule, activation
from symbptt.judging.claims import prove
from symbptt.judging.comparison import crosscheck, relative_error
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench, decide
from symbptt.oracles.points import Points
from symbptt.oracles.spaces import NUMPY, Array
from symbptt.oracles.ways import COMPLEX_STEP, TOLERANCE, Oracle, ask
from symbptt.page.notation import Expr, expr
from symbptt.proofs.heads import Arbitrary, Named
from symbptt.proofs.unrolled import Unrolling
from symbptt.verdicts import Comparison, Question
from tests.pages import ROOT, U, W, box, h, i, j, jacobian, n, note, recurrence, t, x

ACTIVATIONS = ("any", "tanh", "sigmoid", "relu", "softplus", "identity")
SIZES = {"n": 2, "d": 2, "q": 1}


@pytest.fixture(scope="module")
def bptt() -> Derivation:
    return note()


def outcomes(left: Expr, right: Expr, **question: Any) -> set[str]:
    """What the cross-check says of one claim about a plain recurrence, in W."""
    page = recurrence()
    rows = list(crosscheck(page, [page.claim("c", left, right)], Question(**question)))
    assert rows
    return {row.outcome for row in rows}


# --------------------------------------------------------------------------------------------------- the note


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_claim_of_the_note_agrees_with_complex_step(bptt: Derivation, name: str) -> None:
    # A page with one hidden state has its order of factors at t = 3; only what is arbitrary goes to the last step.
    last = 5 if name == "any" else 3
    rows = list(crosscheck(bptt, list(bptt), Question(tuple(range(1, last + 1)), activation=name)))
    judged = [row for row in rows if bptt[row.tag].kind == "claim"]
    assert len({row.tag for row in judged}) == 14
    assert len(judged) == 44
    assert sum(row.instances for row in judged) == 40 + 4 * last
    assert {(row.outcome, row.step, row.points, row.reason) for row in judged} == {("agree", last, 10, "")}
    assert max(row.error for row in judged) < TOLERANCE / 10


def test_every_misreading_of_the_note_disagrees(bptt: Derivation) -> None:
    rows = [row for row in crosscheck(bptt, list(bptt)) if bptt[row.tag].kind == "misreading"]
    assert {row.tag: row.outcome for row in rows} == {
        "box-total": "disagree",
        "box-immediate": "disagree",
        "box-bound": "disagree",
        "box-index": "disagree",
        "box-order": "disagree",
        "5-immediate": "disagree",
        "10-immediate": "disagree",
    }
    assert all(row.reason for row in rows)
    assert min(row.error for row in rows if row.outcome == "disagree") > 0.1


@pytest.mark.parametrize("size", [1, 3])
def test_the_note_agrees_at_other_sizes(bptt: Derivation, size: int) -> None:
    question = Question(steps=(3,), sizes={"n": size, "d": size + 1, "q": size})
    rows = list(crosscheck(bptt, [bptt[tag] for tag in ("1b", "5", "10b", "box", "concat-hh", "terms")], question))
    assert len(rows) == 1 + 4 + 4 + 4 + 1 + 4
    assert {row.outcome for row in rows} == {"agree"}


def test_every_step_is_compared_when_asked(bptt: Derivation) -> None:
    rows = list(crosscheck(bptt, [bptt["8"]], every_step=True))
    assert sorted({row.step for row in rows}) == [3, 4, 5]
    assert len(rows) == 3 * 4
    assert {row.outcome for row in rows} == {"agree"}


# --------------------------------------------------------------------------------------------------- twins


def test_a_claim_with_one_slip_disagrees_and_its_true_twin_agrees() -> None:
    def summed(term: Expr) -> Expr:
        return partial(h[t], W) + Sum(term, (i, 1, t - 1))

    cascade = Product(jacobian(j), (j, i + 1, t))
    true = [box(), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W), Sum(d(h[t], copy_at(W, i)), (i, 1, t))]
    slips = [
        Sum(cascade @ partial(h[i], W), (i, 1, t - 1)),
        partial(h[t], W) + Sum(cascade @ partial(h[i], W), (i, 2, t - 1)),
        summed(Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W)),
        summed(cascade.T @ partial(h[i], W)),
        summed(Product(jacobian(j), (j, i + 2, t)) @ partial(h[i], W)),
        summed(cascade @ d(h[i], W)),
        partial(h[t], W) + jacobian(t - 1) @ d(h[t - 1], W),
        2 * box(),
    ]
    assert [outcomes(d(h[t], W), right) for right in true] == [{"agree"}] * 3
    assert [outcomes(d(h[t], W), right) for right in slips] == [{"disagree"}] * 8


def test_the_order_of_jacobians_is_seen_for_every_activation_but_only_where_they_do_not_commute() -> None:
    ascending = partial(h[t], W) + Sum(
        Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t - 1)
    )
    for name in ACTIVATIONS:
        expected = {"agree"} if name == "identity" else {"disagree"}
        assert outcomes(d(h[t], W), ascending, activation=name) == expected, name
    assert outcomes(d(h[t], W), ascending, sizes={"n": 1, "d": 1}) == {"agree"}


def test_a_copy_of_a_weight_is_moved_at_its_own_step_only() -> None:
    second = Product(jacobian(j), (j, 3, t)) @ partial(h[2], W)
    assert outcomes(d(h[t], copy_at(W, 2)), second) == {"agree"}
    assert outcomes(d(h[t], copy_at(W, 3)), second) == {"disagree"}
    assert outcomes(d(h[t], W), second) == {"disagree"}


def test_a_concatenated_weight_is_moved_in_vec_order_and_its_blocks_are_told_apart() -> None:
    page = recurrence()
    w = weight("w")
    page.define("w", w, concat(U, W).T)
    twice = weight("v")
    page.define("v", twice, concat(W, U).T)
    said = [
        page.claim("whole", d(h[t], w), partial(h[t], w) + jacobian(t) @ d(h[t - 1], w)),
        page.claim("order", d(h[t], w), d(h[t], twice)),
        page.claim("block", block(d(h[t], w), W), d(h[t], W)),
        page.claim("other block", block(d(h[t], w), W), partial(h[t], W)),
        page.claim("copy", d(h[t], copy_at(w, t)), partial(h[t], w)),
    ]
    rows = list(crosscheck(page, said, Question(sizes={"n": 2, "d": 2})))
    assert [(row.tag, row.outcome) for row in rows] == [
        ("whole", "agree"),
        ("order", "disagree"),
        ("block", "agree"),
        ("other block", "disagree"),
        ("copy", "agree"),
    ]


def test_a_jacobian_over_several_steps_and_a_derivative_in_data_have_an_oracle() -> None:
    over = Product(jacobian(j), (j, 3, t))
    assert outcomes(partial(h[t], h[2]), over) == {"agree"}
    assert outcomes(partial(h[t], h[1]), over) == {"disagree"}
    assert outcomes(d(h[t], x[2]), over @ partial(h[2], x[2])) == {"agree"}
    assert outcomes(d(h[t], x[1]), over @ partial(h[2], x[2])) == {"disagree"}


def test_a_state_of_several_letters_and_a_first_state_that_is_given_are_run_forward() -> None:
    c, s, v, a, f = state("c", n), state("s", n), weight("V", n, n), weight("a", n), function("f", n)
    page = recurrence()
    page.define("h0", h[0], a)
    page.define("c", c[t], f(h[t], c[t - 1]) + v @ h[t])
    page.define("s", s[t], Sum(c[i], (i, 1, t)) / 2)
    rest = Product(partial(c[j], c[j - 1]), (j, i + 1, t)) @ partial(c[i], v)
    lead = Product(jacobian(j), (j, 1, t))
    said = [
        page.claim("sum", d(c[t], v), Sum(rest, (i, 1, t))),
        page.claim("half", d(s[t], v), d(s[t - 1], v) + d(c[t], v) / 2),
        page.claim("no half", d(s[t], v), d(s[t - 1], v) + d(c[t], v)),
        page.claim("first", d(h[t], a), lead @ d(h[0], a)),
        page.claim("not first", d(h[t], a), Product(jacobian(j), (j, 2, t)) @ d(h[0], a)),
        page.claim("value", s[t], s[t - 1] + c[t] / 2),
        page.claim("not value", s[t], s[t - 1] + c[t - 1] / 2),
    ]
    rows = list(crosscheck(page, said, Question(steps=(4,))))
    assert {row.tag: row.outcome for row in rows} == {
        "sum": "agree",
        "half": "agree",
        "no half": "disagree",
        "first": "agree",
        "not first": "disagree",
        "value": "agree",
        "not value": "disagree",
    }


# --------------------------------------------------------------------------------------------------- wrong rules


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "relu"])
def test_a_wrong_derivative_of_an_activation_is_proved_disagrees_and_is_no_longer_called_proved(
    bptt: Derivation, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    question = Question(steps=(1, 2, 3), activation=name, method="unrolled")

    def judged() -> tuple[str, str, set[str]]:
        rows = list(crosscheck(bptt, [bptt["box"]], question, bench=Bench(bptt)))
        assert len(rows) == 4
        decided = decide(Bench(bptt), bptt["box"], question).word
        return decided, prove(bptt, bptt["box"], question).word, {row.outcome for row in rows}

    assert judged() == ("proved", "proved", {"agree"})
    right = TABLE[name].rule
    assert right is not None
    wrong: Rule = (lambda f, a, at: 1 + f**2) if name == "tanh" else lambda f, a, at: 2 * right(f, a, at)
    monkeypatch.setitem(TABLE, name, replace(TABLE[name], rule=wrong))
    assert judged() == ("proved", "undecided", {"disagree"})


def test_an_oracle_that_is_wrong_is_told_from_a_claim_that_is_wrong(
    bptt: Derivation, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = NUMPY.named
    monkeypatch.setattr(NUMPY, "named", lambda name, a: right(name, a) * (1 + 1e-9))
    rows = list(crosscheck(bptt, [bptt["box"], bptt["box-order"]]))
    assert [row.outcome for row in rows] == ["agree"] * 4 + ["disagree"]
    assert all(row.error > 1e-11 and "complex step gives; in 5" in row.reason for row in rows), rows


# --------------------------------------------------------------------------------------------------- no oracle


def test_what_has_no_oracle_says_why_and_is_not_left_out() -> None:
    page = recurrence()
    flat = state("g", n)
    page.define("g", flat[t], function("phi")(W @ flat[t - 1]))
    said = [
        page.claim("nested", d(d(h[t], W), W), d(d(h[t], W), W)),
        page.claim("product", jacobian(t) @ d(h[t - 1], W), d(h[t], W) - partial(h[t], W)),
        page.claim("late", d(h[t], W), box(), start=9),
        page.claim("shapes", d(h[t], W), partial(h[t], U)),
        page.claim("huge", d(h[t], W), 10**400 * d(h[t], W)),
    ]
    rows = list(crosscheck(page, said, Question(sizes={"n": 2, "d": 3})))
    assert [row.outcome for row in rows] == ["no oracle"] * 5
    assert all(math.isnan(row.error) for row in rows)
    for row, word in zip(rows, ("one at a time", "one at a time", "from t = 9 on", "nn and", "float"), strict=True):
        assert word in row.reason, row


def test_a_disagreement_is_not_lost_where_another_index_has_no_oracle() -> None:
    page = recurrence()
    # At i = 1 the factor is no float; at i = 2 it is 1, and the right side twice the left.
    factor = 10**400 * expr(2 - i) + expr(i - 1)
    wrong = page.claim("wrong", d(h[i], W), 2 * factor * d(h[i], W), for_each=[(i, 1, 2)])
    true = page.claim("true", d(h[i], W), factor * d(h[i], W), for_each=[(i, 1, 2)])
    rows = list(crosscheck(page, [wrong, true]))
    assert [(row.outcome, row.instances) for row in rows] == [("disagree", 1), ("no oracle", 0)]


def test_relu_at_its_kink_has_no_oracle_and_away_from_it_agrees() -> None:
    page = Derivation("A recurrence that starts at zero")
    z = weight("z", n)
    page.define("0", h[0], 0 * z)
    page.define("h", h[t], function("phi")(W @ h[t - 1]))
    claim = page.claim("c", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    (row,) = crosscheck(page, [claim], Question(activation="relu"))
    assert (row.outcome, "kinks of relu" in row.reason) == ("no oracle", True)
    assert outcomes(d(h[t], W), box(), activation="relu") == {"agree"}


def test_a_recurrence_of_one_unit_without_input_still_finds_points_away_from_the_kink() -> None:
    page = Derivation("No input")
    page.define("h", h[t], function("phi")(W @ h[t - 1]))
    claim = page.claim("c", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    (row,) = crosscheck(page, [claim], Question(activation="relu", sizes={"n": 1}))
    assert (row.outcome, row.points) == ("agree", 10)


def test_less_than_one_point_or_step_or_a_negative_seed_is_refused(bptt: Derivation) -> None:
    for points, seed in ((0, 0), (10, -1)):
        with pytest.raises(UsageError, match="at least one point and a seed from 0 up"):
            list(crosscheck(bptt, [bptt["box"]], points=points, seed=seed))
    with pytest.raises(UsageError, match="at least one step"):
        list(crosscheck(bptt, [bptt["box"]], Question(steps=())))


# --------------------------------------------------------------------------------------------------- numbers


def test_one_seed_gives_one_result_whatever_else_is_asked_for(bptt: Derivation) -> None:
    def rows(seed: int, *tags: str) -> list[Comparison]:
        return list(crosscheck(bptt, [bptt[tag] for tag in tags], Question(steps=(3,)), seed=seed))

    assert rows(0, "box") == rows(0, "box")
    assert rows(0, "4", "box")[-4:] == rows(0, "box")
    assert [row.error for row in rows(1, "4")] != [row.error for row in rows(2, "4")]


def test_random_values_are_of_order_one_and_weights_are_scaled_by_their_columns(bptt: Derivation) -> None:
    points = Points(bptt, {"n": 4, "d": 2, "q": 1}, 50, 0)
    wide, deep = points.entry("W_hh[2,3]"), points.entry("X_3[1]")
    assert wide.shape == deep.shape == (50,)
    assert 0.25 <= np.abs(wide).min() <= np.abs(wide).max() <= 0.75
    assert 0.5 <= np.abs(deep).min() <= np.abs(deep).max() <= 1.5
    assert not np.array_equal(deep, points.entry("X_2[1]"))


def test_a_comparison_has_no_truth_value(bptt: Derivation) -> None:
    (row, *_) = crosscheck(bptt, [bptt["1b"]])
    with pytest.raises(TypeError, match="no truth value"):
        bool(row)


def test_the_error_is_relative_absolute_at_zero_and_infinite_for_what_is_not_finite() -> None:
    reference = np.array([[[3.0, 4.0]], [[0.0, 0.0]]])
    assert relative_error(reference, reference) == 0.0
    assert relative_error(reference + np.array([[[0.0, 1.0]], [[0.0, 0.0]]]), reference) == pytest.approx(0.2)
    # The squares of these underflow; their ratio does not.
    assert relative_error(reference * 2e-200, reference * 1e-200) == pytest.approx(1.0)
    zero = np.zeros((2, 1, 2))
    assert relative_error(zero, zero) == 0.0
    assert relative_error(zero + 1e-9, zero) == pytest.approx(2e-9)
    assert relative_error(zero + np.nan, zero) == math.inf


def test_sigmoid_and_softplus_neither_overflow_nor_lose_their_tails() -> None:
    a = np.array([-800.0, -40.0, 0.0, 40.0, 800.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # The complex step gives the derivative of softplus, the sigmoid, and that of the sigmoid.
        slope = np.imag(NUMPY.named("softplus", a + 1e-30j)) / 1e-30
        bend = np.imag(NUMPY.named("sigmoid", a + 1e-30j)) / 1e-30
        smooth, soft = Named.of("sigmoid", Symbol("a")), Named.of("softplus", Symbol("a"))
        values = NumpyFunction(np.array([[smooth, soft, smooth.fdiff()]]))({Symbol("a"): a})[:, 0]
    tail = math.exp(-40)
    np.testing.assert_allclose(values[:, 0], [0, tail / (1 + tail), 0.5, 1 / (1 + tail), 1], rtol=1e-15)
    np.testing.assert_allclose(values[:, 1], [0, tail, math.log(2), 40, 800], rtol=1e-15)
    np.testing.assert_allclose(slope, values[:, 0], rtol=1e-14)
    np.testing.assert_allclose(bend[:3], values[:3, 2], rtol=1e-14)
    assert np.isfinite(values).all()


def test_the_function_that_stands_for_an_arbitrary_one_has_the_derivatives_it_says() -> None:
    a, b = np.array([0.3, -1.2]), np.array([0.7, 0.4])
    checked = 0
    for component in (0, 2):
        for first in range(5):
            moved = NUMPY.arbitrary("ell", component, (first, 1), [a + 1e-30j, b])
            expected = NUMPY.arbitrary("ell", component, (first + 1, 1), [a, b])
            np.testing.assert_allclose(np.imag(moved) / 1e-30, expected, rtol=1e-14)
            checked += 1
    assert checked == 10
    assert not np.array_equal(NUMPY.arbitrary("ell", 0, (0, 0), [a, b]), NUMPY.arbitrary("ell", 1, (0, 0), [a, b]))
    assert not np.array_equal(NUMPY.arbitrary("ell", 0, (0, 0), [a, b]), NUMPY.arbitrary("elk", 0, (0, 0), [a, b]))


def test_a_function_of_arrays_takes_batches_and_broadcasts_constants() -> None:
    a, b = Symbol("a", real=True), Symbol("b", real=True)
    matrix = np.array(
        [[a * b, a**-2, Named.of("tanh", a)], [a - a + 3, Arbitrary.of("g", 0, [a, b]), a**40]], dtype=object
    )
    function = NumpyFunction(matrix)
    assert set(function.symbols) == {a, b}
    values = {a: np.array([1, 2, 3, 4, 10]), b: 0.5}
    found = function(values)
    assert found.shape == (5, 2, 3)
    assert found.dtype == np.dtype(np.float64)
    np.testing.assert_array_equal(found[:, 1, 0], np.full(5, 3.0))
    np.testing.assert_array_equal(found[:, 0, 0], [0.5, 1.0, 1.5, 2.0, 5.0])
    # An integer power would wrap around.
    assert found[-1, 1, 2] == pytest.approx(1e40)
    assert function({a: 2, b: np.ones((4, 1))}).shape == (4, 1, 2, 3)
    assert function({a: 2.0, b: 1.0}).shape == (2, 3)
    with pytest.raises(KeyError):
        function({a: 2.0})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function({a: 0.0, b: 1.0})[0, 1] == math.inf


def test_no_text_of_a_page_runs_when_it_is_evaluated() -> None:
    nasty = Symbol("__import__('os').abort()", real=True)
    assert NumpyFunction(np.array([[2 * nasty]], dtype=object))({nasty: np.array([3.0])}).tolist() == [[[6.0]]]


def test_the_oracle_goes_back_hundreds_of_steps_and_agrees_with_a_hand_written_loop() -> None:
    page = recurrence()
    sizes = {"n": 2, "d": 2}
    oracle = Oracle(page, sizes, "tanh", 3, 0)
    value, points = ask(COMPLEX_STEP, oracle, h[600]).value, oracle.points_of(h[600])
    slope = ask(COMPLEX_STEP, oracle, d(h[600], W)).value
    assert (value.shape, slope.shape) == ((3, 2, 1), (3, 2, 4))

    def run(weights: Array) -> Array:
        hidden = points.of(h, 0)
        for step in range(1, 601):
            hidden = np.tanh(weights @ hidden + points.of(U, None) @ points.of(x, step))
        return hidden

    weights = points.of(W, None)
    np.testing.assert_allclose(value, run(weights), rtol=1e-12)
    entries = [(0, 0), (1, 0), (0, 1), (1, 1)]
    for column, (row, place) in enumerate(entries):
        moved = np.array(weights)
        moved[:, row, place] += 1e-6
        difference = (run(moved) - run(weights))[..., 0] / 1e-6
        np.testing.assert_allclose(slope[:, :, column], difference, atol=1e-4)


def test_the_oracle_takes_an_empty_sum_as_zero_and_an_empty_product_as_the_identity() -> None:
    c, e = state("c", n), state("e", n)
    page = recurrence()
    page.define("c", c[t], Sum(h[i], (i, 1, t - 1)) + h[t])
    page.define("e", e[t], Product(W, (i, 1, t - 1)) @ h[t])
    oracle = Oracle(page, {"n": 2, "d": 2}, "tanh", 2, 0)
    for left, right in ((c[1], h[1]), (e[1], h[1]), (d(c[1], W), d(h[1], W)), (e[3], W @ W @ h[3])):
        one, other = (ask(COMPLEX_STEP, oracle, side).value for side in (left, right))
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_the_numbers_of_the_unrolled_page_are_those_of_the_recurrence() -> None:
    page = recurrence()
    unrolling = Unrolling(page, {"n": 2, "d": 2}, activation("tanh"))
    oracle = Oracle(page, {"n": 2, "d": 2}, "tanh", 7, 0)
    value, points = ask(COMPLEX_STEP, oracle, h[4]).value, oracle.points_of(h[4])
    unrolled = NumpyFunction(unrolling.side(h[t], {"t": 4}))
    given = unrolled({symbol: points.entry(symbol.name) for symbol in unrolled.symbols})
    np.testing.assert_allclose(given, value, rtol=1e-14)


# --------------------------------------------------------------------------------------------------- the room


def test_importing_the_room_brings_in_nothing_that_plots_or_prints() -> None:
    code = (
        "import sys, symbptt; assert 'symbptt.judging.comparison' not in sys.modules; "
        "import symbptt.judging.comparison; "
        "print(sorted({'matplotlib', 'rich', 'lark', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
