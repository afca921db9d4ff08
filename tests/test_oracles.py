"""Independent oracles agree with each other, wrong formulas do not pass them, and digits settle what doubles cannot."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import Symbol

from symbptt import (
    Derivation,
    Equation,
    Product,
    Question,
    Sum,
    copy_at,
    crosscheck,
    d,
    data,
    diag,
    function,
    hadamard,
    ones,
    partial,
    slope,
    state,
    weight,
)
from symbptt.errors import NoOracle, UsageError
from symbptt.functions import TABLE
from symbptt.judging.comparison import relative_error
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench
from symbptt.oracles.spaces import LIBRARIES, installed
from symbptt.oracles.ways import COMPLEX_STEP, ORACLES, TOLERANCE, Oracle, ask, available, in_digits
from symbptt.page.expansion import expand
from symbptt.page.notation import Expr
from symbptt.proofs.heads import Named
from symbptt.verdicts import Comparison
from tests.benchmarks.numbers import NORMS, SEEDS, STEPS, by_terms, claims, emulated
from tests.pages import D, U, W, box, h, i, j, jacobian, n, note, phi, recurrence, t, x

SIZES = {"n": 4, "d": 3, "q": 2}
ACTIVATIONS = ("tanh", "sigmoid", "relu", "softplus", "identity")
b = weight("b", n)


def elman_page() -> Derivation:
    page = Derivation("An Elman recurrence")
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t] + b))
    return page


@cache
def at_ten_points(page: Callable[[], Derivation], activation: str) -> Oracle:
    """A page at its points, where complex step is asked once in a process for what every other oracle is compared."""
    return Oracle(page(), SIZES, activation, 10, 0)


def asked(name: str, activation: str, side: Expr, page: Callable[[], Derivation] = elman_page) -> tuple[float, float]:
    """The error of an oracle against complex step, and the tolerance it asks for."""
    oracle = at_ten_points(page, activation)
    found = ask(name, oracle, side)
    reference = ask(COMPLEX_STEP, oracle, side).value
    return relative_error(found.value, reference[: len(found.value)]), found.tolerance


# --------------------------------------------------------------------------------------------------- one by one


def test_each_function_is_the_activation_that_it_is_called() -> None:
    tanh, sigmoid = function("tanh"), function("sigmoid")
    page, z = Derivation("Two activations"), state("z", n)
    page.define("z", z[t], sigmoid(W @ h[t - 1]))
    page.define("h", h[t], tanh(z[t]) + phi(z[t]))
    gate = diag(hadamard(z[t], ones(z[t]) - z[t]))
    true = page.claim("true", partial(z[t], h[t - 1]), gate @ W)
    false = page.claim("false", partial(z[t], h[t - 1]), diag(ones(z[t]) - hadamard(z[t], z[t])) @ W)
    for name in ("any", "tanh", "softplus", "relu"):
        one, other = crosscheck(page, (true, false), Question((2,), activation=name))
        assert (one.outcome, other.outcome) == ("agree", "disagree"), name


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", [name for name in ORACLES if name != COMPLEX_STEP])
def test_every_oracle_agrees_with_complex_step_at_twenty_steps_of_four_units(name: str, activation: str) -> None:
    if name in LIBRARIES and not installed(name):
        pytest.skip(f"{name} is not installed")
    for side in (d(h[20], W), d(h[20], U), d(h[20], b), d(h[20], copy_at(W, 18)), d(h[1], W)):
        error, tolerance = asked(name, activation, side)
        assert error < tolerance, side
        if name != "central differences":
            assert tolerance == TOLERANCE == 1e-12
        else:
            assert tolerance < 1e-4


@pytest.mark.parametrize("name", [name for name in LIBRARIES if installed(name)])
def test_libraries_differentiate_a_loss_over_concatenated_weights_and_arbitrary_functions(name: str) -> None:
    letters = at_ten_points(note, "tanh").page.meaning.letters
    for side in (
        d(letters["l"][4], letters["w_h"]),
        d(letters["l"][4], letters["W_hy"]),
        d(letters["h"][4], letters["X"][2]),
    ):
        error, _ = asked(name, "tanh", side, note)
        assert error < 1e-12


def test_at_least_five_oracles_need_nothing_that_is_not_installed() -> None:
    assert set(ORACLES) - set(LIBRARIES) <= set(available())
    assert len(available()) >= 5


@pytest.mark.parametrize("name", ["backward pass", "forward sensitivity"])
def test_the_hand_written_passes_say_which_pages_they_do_not_fit(name: str) -> None:
    s, v, g = state("s", n), weight("V", n, n), function("g", n)
    page = elman_page()
    page.define("s", s[t], phi(v @ phi(W @ s[t - 1]) + U @ x[t]))
    page.define("g", state("r", n)[t], g(v @ h[t]))
    oracle = Oracle(page, SIZES, "tanh", 2, 0)
    for side in (d(s[3], W), d(state("r", n)[3], W), d(h[3], x[2]), d(h[3], v), h[3]):
        with pytest.raises(NoOracle):
            ask(name, oracle, side)
    # A bias, an input of the step before, and no input at all do fit.
    u, a = state("u", n), state("a", n)
    page.define("u", u[t], phi(U @ x[t - 1] + v @ u[t - 1]))
    page.define("a", a[t], phi(v @ a[t - 1]))
    for side in (d(u[5], v), d(u[5], U), d(a[5], v)):
        assert relative_error(ask(name, oracle, side).value, ask(COMPLEX_STEP, oracle, side).value) < 1e-13


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ["backward pass", "forward sensitivity"])
def test_the_hand_written_passes_know_the_output_and_the_loss_of_the_note(name: str, activation: str) -> None:
    letters = at_ten_points(note, activation).page.meaning.letters
    total = letters["L"][6]
    compared = 0
    for wrt in ("w_h", "W_xh", "W_hh", "b_h", "W_hy", "b_y"):
        for of in (letters["o"][6], letters["l"][6], total):
            error, _ = asked(name, activation, d(of, letters[wrt]), note)
            assert error < 1e-13, (str(of), wrt)
            compared += 1
    for step in (2, 6):
        for wrt in ("W_hh", "W_hy"):
            assert asked(name, activation, d(total, copy_at(letters[wrt], step)), note)[0] < 1e-12
            compared += 1
    assert compared == 6 * 3 + 4


def test_the_hand_written_passes_refuse_outputs_and_losses_of_another_kind() -> None:
    o, p, r, l, m = (state(name, n) for name in "o p r l m".split())
    e, e_2, total, v = state("e"), state("e_b"), state("E"), weight("V", n, n)
    ell, wide, g = function("ell", 1), function("wide", n), function("g", 1)
    page = elman_page()
    page.define("o", o[t], v @ h[t])
    page.define("late", p[t], v @ h[t - 1])
    page.define("shared", r[t], W @ h[t])
    page.define("wide", l[t], wide(o[t], x[t]))
    page.define("curved", m[t], phi(v @ phi(h[t])))
    page.define("two", e[t], ell(o[t], h[t]))
    page.define("hidden", e_2[t], g(h[t]))
    other = function("k", 1)
    page.define("E", total, Sum(other(o[i]) @ other(o[i]), (i, 1, t)))
    oracle = Oracle(page, SIZES, "tanh", 2, 0)
    assert (
        relative_error(ask("backward pass", oracle, d(o[3], W)).value, ask(COMPLEX_STEP, oracle, d(o[3], W)).value)
        < 1e-13
    )
    for of in (p[3], r[3], l[3], m[3], e[3], e_2[3], total[3]):
        for name in ("backward pass", "forward sensitivity"):
            with pytest.raises(NoOracle):
                ask(name, oracle, d(of, W))


def test_what_goes_wrong_in_a_library_is_no_word_on_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> object:
        raise OSError("libmissing.so: cannot open")

    changed = {**LIBRARIES, "autograd": ("math", broken), "JAX": ("absent", broken)}
    monkeypatch.setattr("symbptt.oracles.spaces.LIBRARIES", changed)
    oracle = Oracle(elman_page(), SIZES, "tanh", 2, 0)
    said = {"autograd": "autograd does not load: libmissing.so", "JAX": "not installed: pip install absent"}
    for name, words in said.items():
        with pytest.raises(NoOracle, match=words):
            ask(name, oracle, d(h[2], W))


def test_central_differences_say_where_the_derivative_is_lost_in_rounding() -> None:
    oracle = Oracle(elman_page(), SIZES, "sigmoid", 3, 0)
    with pytest.raises(NoOracle, match="lost in rounding"):
        ask("central differences", oracle, d(h[20], copy_at(W, 1)))


def test_fifty_digits_are_fifty() -> None:
    oracle = Oracle(elman_page(), {"n": 2, "d": 2}, "tanh", 1, 0)
    for side in (d(h[6], W), d(h[6], copy_at(W, 1))):
        fifty, more = in_digits(oracle, side, 50)[0], in_digits(oracle, side, 90)[0]
        assert max(abs(one / other - 1) for one, other in zip(fifty.flat, more.flat, strict=True)) < 1e-50
        assert 0 < relative_error(np.asarray(fifty, dtype=float)[None], ask(COMPLEX_STEP, oracle, side).value) < 1e-15


# --------------------------------------------------------------------------------------------------- crosscheck


def compared(
    right: Expr,
    left: Expr | None = None,
    page: Derivation | None = None,
    question: Question | None = None,
    **options: Any,
) -> list[Comparison]:
    page = page or recurrence()
    claim = page.claim("c", d(h[t], W) if left is None else left, right)
    return list(crosscheck(page, [claim], question or Question(steps=(4,)), **options))


def test_every_oracle_refutes_a_slip_and_passes_the_true_twin() -> None:
    slip = partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t - 1))
    oracles = available()
    true, false = compared(box(), oracles=oracles), compared(slip, oracles=oracles)
    assert [row.oracle for row in true] == [row.oracle for row in false] == list(oracles)
    assert {row.outcome for row in true} == {"agree"}
    assert {row.outcome for row in false} == {"disagree"}
    assert all("digits they differ by" in row.reason for row in false)


def test_a_row_gives_ulps_the_condition_and_the_reason_for_its_tolerance() -> None:
    (row,) = compared(box())
    assert row.ulps == row.error * 2**52 < 100
    assert 1 < row.condition < 100
    assert (row.terms, row.tolerance, row.why) == (4, 1e-12, "rounding of doubles")
    assert row.term_error < 1e-12
    (plain,) = compared(box(), by_term=False)
    assert (plain.terms, math.isnan(plain.condition)) == (0, True)


def test_an_oracle_that_is_wrong_by_itself_is_settled_by_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "tanh", replace(TABLE["tanh"], slope=lambda m, a, f: m.number(1, 1) - f))
    (row,) = compared(box(), oracles=("backward pass",))
    assert row.outcome == "agree"
    assert row.error > 0.1
    assert "which backward pass gives; in" in row.reason


def test_a_saturated_point_that_doubles_cannot_tell_is_settled_by_digits() -> None:
    (row,) = compared(box(), norms={"U": 30.0})
    assert (row.outcome, row.terms) == ("agree", 4)
    assert row.term_error > TOLERANCE
    assert "digits they differ by" in row.reason
    (false,) = compared(box() - Product(jacobian(j), (j, 2, t)) @ partial(h[1], W), norms={"U": 30.0})
    assert false.outcome == "disagree"


def test_shares_that_differ_are_no_refutation_where_the_whole_is_true() -> None:
    page = Derivation("A bias alone")
    page.define("h", h[t], phi(W @ h[t - 1] + b))
    # Linear: every immediate partial in the bias is the identity, so that their steps may be exchanged.
    exchanged = Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[t - i + 1], b), (i, 1, t))
    question = Question(steps=(4,), activation="identity")
    (row,) = compared(exchanged, d(h[t], b), page, question=question)
    assert (row.outcome, row.terms) == ("agree", 4)
    assert row.term_error > 0.1
    other = Derivation("A bias alone")
    other.define("h", h[t], phi(W @ h[t - 1] + b))
    (row,) = compared(exchanged, d(h[t], b), other)
    assert row.outcome == "disagree"


def test_a_name_that_no_oracle_or_letter_has_and_a_norm_that_is_none_are_refused() -> None:
    with pytest.raises(UsageError, match="no oracle is called 'magic': expected one of complex step"):
        compared(box(), oracles=("magic",))
    with pytest.raises(UsageError, match="at least one oracle"):
        compared(box(), oracles=())
    with pytest.raises(UsageError, match="no letter of the page is called V: expected one of U, W, h, phi, x"):
        compared(box(), norms={"V": 1.0})
    for norm in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(UsageError, match="expected a number above 0"):
            compared(box(), norms={"W": norm})


def test_a_weight_is_scaled_to_the_norm_that_is_asked_for() -> None:
    points = Oracle(elman_page(), SIZES, "tanh", 5, 0, {"W": 2.0, "x": 3.0}).points_of(h[3])
    np.testing.assert_allclose(np.linalg.norm(points.of(W, None), 2, axis=(-2, -1)), 2.0, rtol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(points.of(x, 2), axis=(-2, -1)), 3.0, rtol=1e-14)


def test_a_function_is_evaluated_in_complex_numbers_on_request_and_never_in_single_precision() -> None:
    a = Symbol("a", real=True)
    function_of = NumpyFunction(np.array([[Named.of("tanh", a), a * a]], dtype=object))
    found = function_of({a: np.array([0.5 + 1e-30j, 1.0])}, dtype=np.complex128)
    assert (found.shape, found.dtype) == ((2, 1, 2), np.dtype(np.complex128))
    np.testing.assert_allclose(found[0, 0].imag / 1e-30, [1 - math.tanh(0.5) ** 2, 1.0], rtol=1e-15)
    assert function_of({a: 1}, dtype=np.complex128).dtype == np.complex128
    with pytest.raises(UsageError, match="expected float64 or complex128, not float32"):
        function_of({a: 1.0}, dtype=np.float32)


def test_data_letters_are_moved_where_a_derivative_is_taken_in_them() -> None:
    z = data("z", D)
    page = Derivation("Two inputs")
    page.define("h", h[t], phi(W @ h[t - 1] + U @ (x[t] + z[t])))
    for name in available():
        oracle = Oracle(page, SIZES, "tanh", 3, 0)
        try:
            found = ask(name, oracle, d(h[4], z[3])).value
        except NoOracle:
            assert name in ("backward pass", "forward sensitivity")
            continue
        reference = ask(COMPLEX_STEP, oracle, d(h[4], z[3])).value[: len(found)]
        assert relative_error(found, reference) < (1e-7 if name == "central differences" else 1e-12)


# --------------------------------------------------------------------------------------------------- the grid


@cache
def unrolled(step: int) -> tuple[Bench, Equation, Equation]:
    """The page of the grid at one step, which every norm and seed shares."""
    page, right, wrong = claims()
    return Bench(page), right, wrong


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("step", STEPS)
def test_a_formula_without_its_first_term_never_passes_however_small_the_term(
    step: int, norm: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is asked is who passes, and not how well conditioned the points are.
    monkeypatch.setattr("symbptt.judging.comparison._Instance.condition", lambda one, seed: math.nan)
    # The benchmarks count over all seeds; past the first few a late step is only slow.
    bench, right, wrong = unrolled(step)
    assert by_terms(step, norm, range(SEEDS if step < 20 else 5), bench, wrong) == 0
    assert by_terms(step, norm, range(2), bench, right) == 2
    assert (SEEDS, len(NORMS)) == (20, 4)


def test_a_term_too_small_for_doubles_is_seen_in_digits_and_one_beyond_those_is_the_blind_spot() -> None:
    bench, _, wrong = unrolled(20)

    def outcome(norm: float) -> str:
        question = Question(steps=(20,), sizes={"n": 1, "d": 1})
        (row,) = crosscheck(bench.page, [wrong], question, points=1, norms={"W": norm, "U": 0.1}, bench=bench)
        return row.outcome

    # The first term is near norm^19 of the whole.
    assert outcome(1e-18) == "disagree"
    assert outcome(1e-21) == "agree"


def test_the_default_rule_of_gradcheck_passes_what_the_grid_refutes() -> None:
    from symbptt.emit.emission import Emitted, emit

    page, right, wrong = claims()
    dropped, true = Emitted(emit(page, wrong)), Emitted(emit(page, right))
    assert sum(emulated(20, 0.9, seed, dropped) for seed in range(SEEDS)) >= SEEDS // 2
    assert sum(emulated(5, 0.9, seed, dropped) for seed in range(SEEDS)) <= 2
    assert all(emulated(20, 0.9, seed, true) for seed in range(SEEDS))


# --------------------------------------------------------------------------------------------------- complex points

HOLOMORPHIC = ("tanh", "sigmoid", "softplus", "identity")


@pytest.mark.parametrize("activation", HOLOMORPHIC)
def test_at_complex_points_a_true_claim_agrees_with_every_oracle_but_complex_step_which_says_why(
    activation: str,
) -> None:
    page = elman_page()
    claim = page.claim("box", d(h[t], W), box())
    question = Question((4,), SIZES, activation)
    rows = list(crosscheck(page, [claim], question, points=3, oracles=available(), dtype="complex128"))
    said = {row.oracle: row for row in rows}
    step = said.pop(COMPLEX_STEP)
    assert step.outcome == "no oracle"
    assert "the points are complex already" in step.reason
    assert len(said) >= 4
    for name, row in said.items():
        assert (row.outcome, row.instances) == ("agree", 1), (name, row.reason)
        assert row.error < (1e-12 if name != "central differences" else row.tolerance), name
    assert said["50 digits"].terms == 4
    assert said["50 digits"].term_error < 1e-11


def test_at_complex_points_a_wrong_formula_is_refuted_by_every_oracle_that_answers() -> None:
    page = elman_page()
    transposed = partial(h[t], W) + jacobian(t).T @ d(h[t - 1], W)
    dropped = partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 2, t - 1))
    for tag, right in (("transposed", transposed), ("dropped", dropped)):
        wrong = page.claim(tag, d(h[t], W), right)
        rows = list(crosscheck(page, [wrong], Question((3,), SIZES), points=2, oracles=available(), dtype="complex128"))
        outcomes = {row.oracle: row.outcome for row in rows}
        assert outcomes.pop(COMPLEX_STEP) == "no oracle"
        assert len(outcomes) >= 4
        assert set(outcomes.values()) == {"disagree"}


def test_at_complex_points_the_derivative_is_no_conjugate() -> None:
    page = elman_page()
    claim = page.claim("c", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    left = expand(page.resolved(claim)[0], {"t": 3})
    oracle = Oracle(page, SIZES, "tanh", 2, 0, dtype="complex128")
    exact = ask("50 digits", oracle, left).value
    assert np.abs(exact.imag).max() > 1e-3
    for name in available():
        if name not in (COMPLEX_STEP, "central differences"):
            assert relative_error(ask(name, oracle, left).value, exact) < 1e-12, name
            assert relative_error(ask(name, oracle, left).value.conj(), exact) > 1e-3, name


def test_complex_points_are_refused_where_there_is_no_derivative_and_other_dtypes_everywhere() -> None:
    page = elman_page()
    claim = page.claim("c", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    with pytest.raises(UsageError, match="relu is not holomorphic"):
        list(crosscheck(page, [claim], Question(activation="relu"), dtype="complex128"))
    with pytest.raises(UsageError, match="expected float64 or complex128, not float32"):
        list(crosscheck(page, [claim], dtype="float32"))


# --------------------------------------------------------------------------------------------------- immediate


def gated() -> Derivation:
    """A cell with a gate: its state moves with the state before it both directly and through the gate."""
    g, V = state("g", n), weight("V", n, n)
    page = Derivation("A gated cell")
    page.define("g", g[t], function("sigmoid")(V @ h[t - 1]))
    page.define("h", h[t], hadamard(g[t], h[t - 1]) + phi(W @ h[t - 1] + U @ x[t] + b))
    return page


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_immediate_partials_and_held_jacobians_have_oracles_and_a_wrong_one_disagrees_with_each(
    activation: str,
) -> None:
    page = gated()
    g = state("g", n)
    argument = W @ h[t - 1] + U @ x[t] + b
    step = diag(slope(phi, argument))
    own = partial(h[t], h[t - 1], own=True)
    said = {
        "weight": (partial(h[t], b), step),
        "data": (partial(h[t], x[t]), step @ U),
        "copy": (partial(h[t], copy_at(b, t)), step),
        "held": (own, diag(g[t]) + step @ W),
    }
    planted = {
        "weight": (partial(h[t], b), 2 * step),
        "total": (partial(h[t], b), d(h[t], b)),
        "data": (partial(h[t], x[t]), d(h[t], x[t]) + step @ U),
        "through": (own, partial(h[t], h[t - 1])),
        "held": (own, step @ W),
    }
    oracles = [name for name in available() if name not in ("backward pass", "forward sensitivity")]
    for claims_, outcome in ((said, "agree"), (planted, "disagree")):
        for tag, (left, right) in claims_.items():
            page.claim(f"{outcome} {tag}", left, right)
            claim = page[f"{outcome} {tag}"]
            rows = list(
                crosscheck(page, [claim], Question((3,), {"n": 2, "d": 1}, activation), points=2, oracles=oracles)
            )
            assert {row.oracle: row.outcome for row in rows} == dict.fromkeys(oracles, outcome), (tag, rows)
    assert len(oracles) >= 3


def test_the_hand_written_passes_have_no_way_to_an_immediate_partial() -> None:
    oracle = Oracle(elman_page(), SIZES, "tanh", 2, 0)
    for name in ("backward pass", "forward sensitivity"):
        with pytest.raises(NoOracle, match="total derivatives"):
            ask(name, oracle, partial(h[3], W))
        assert ask(name, oracle, d(h[3], W)).value.shape == (2, 4, 16)


def test_an_immediate_partial_holds_what_a_total_derivative_moves() -> None:
    oracle = Oracle(gated(), SIZES, "tanh", 3, 0)
    V = weight("V", n, n)
    own = partial(h[3], V, own=True)
    sides = (d(h[3], V), partial(h[3], V), own, partial(h[3], W))
    moved = {side: ask(COMPLEX_STEP, oracle, side).value for side in sides}
    # The gate has an equation of its own: inside the step it moves, and held it hides its weight from the state.
    assert not moved[own].any()
    assert np.abs(moved[d(h[3], V)] - moved[partial(h[3], V)]).max() > 1e-3
    assert all(np.abs(moved[side]).max() > 1e-3 for side in sides if side != own)
