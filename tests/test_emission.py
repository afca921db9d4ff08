"""What is emitted computes the right side as the page writes it, by itself, and refuses what it cannot compute."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from symbptt import (
    Derivation,
    Equation,
    Product,
    Sum,
    concat,
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
    slope,
    state,
    weight,
)
from symbptt.emit.emission import Emitted, emit, to_numpy
from symbptt.errors import Undecided, UsageError
from symbptt.functions import activation as head_of
from symbptt.judging.comparison import relative_error
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import page_sizes
from symbptt.oracles.points import Points
from symbptt.oracles.ways import COMPLEX_STEP, Oracle, ask
from symbptt.page.expansion import expand, instances, unstated
from symbptt.page.notation import ONE, At, Expr, Letter
from symbptt.page.shapes import shape
from symbptt.proofs.unrolled import Unrolling
from symbptt.reader.note import read_note
from symbptt.verdicts import Scope
from tests import commands
from tests.pages import NOTE, ROOT, D, U, W, as_note, box, h, i, j, jacobian, judged, n, note, phi, recurrence, t, x

(T,) = indices("T")
l, L = state("l"), state("L")


def written(page: Derivation, claim: Equation, weight: Letter | None = None, activation: str = "tanh") -> Emitted:
    """A claim as NumPy functions, true or not: what is written does not depend on it."""
    return Emitted(emit(page, claim, weight, activation))


SIZES = {"n": 3, "d": 2, "q": 1}
STEP = 6


def page_with(right: Expr, left: Expr | None = None) -> tuple[Derivation, Equation]:
    page = recurrence()
    return page, page.claim("c", left or d(h[t], W), right)


def numbers(page: Derivation, activation: str = "tanh", step: int = STEP) -> tuple[Oracle, dict[str, Any]]:
    """An oracle with five points, and the same points as an emitted function takes them."""
    oracle = Oracle(page, SIZES, activation, 5, 0)
    given = letters(page, oracle.points_of(h[step]), step)
    del given["h_minus_1"]
    return oracle, given


def letters(page: Derivation, points: Points, last: int) -> dict[str, Any]:
    """The points as an emitted function takes them, every letter that the page leaves open and every first state."""
    given: dict[str, Any] = {}
    for letter in {letter for known in page if known.kind == "definition" for letter in known.letters}:
        if letter.kind == "weight" and not page.definitions(letter):
            given[letter.symbol] = points.of(letter, None)
        elif letter.kind == "data":
            entries = np.stack([points.of(letter, k) for k in range(last + 1)], axis=1)
            given[letter.symbol] = entries[..., 0] if shape(page, letter)[1] == ONE else entries
        elif letter.kind == "state":
            for name, at in (("0", 0), ("minus_1", -1)):
                entries = points.of(letter, at)
                given[f"{letter.symbol}_{name}"] = entries[..., 0] if shape(page, letter)[1] == ONE else entries
    return given


def run(function: Callable[..., Any], given: Mapping[str, Any], values: Mapping[str, int]) -> Any:
    """The function with what it asks for, each by its name, which may have got a mark."""
    known = {**given, **values}
    asked = inspect.signature(function).parameters
    return function(**{name: known[name if name in known else name.rstrip("_")] for name in asked})


def error(
    page: Derivation,
    equation: Equation,
    weight: Letter | None = None,
    activation: str = "tanh",
    sizes: Mapping[str, int] = MappingProxyType(SIZES),
    step: int = STEP,
) -> float:
    """The largest relative error of what is emitted, over every value of the indices at the last step."""
    made = written(page, equation, weight=weight, activation=activation)
    oracle = Oracle(page, sizes, activation, 5, 0)
    left, _ = page.resolved(equation, weight)
    worst = []
    for values, wrt in instances(page, equation, step):
        if wrt in (weight, None) or weight is None:
            side = expand(left, values)
            reference, points = ask(COMPLEX_STEP, oracle, side).value, oracle.points_of(oracle.asked(side)[0])
            # A claim about the step after t needs its data too.
            given = letters(page, points, step + ("t + 2, " in made.source))
            function = made.gradient if hasattr(made, "gradient") else made.value
            worst.append(relative_error(run(function, {**sizes, **given}, values), reference))
    return max(worst)


# --------------------------------------------------------------------------------------------------- what is computed


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softplus", "identity"])
def test_every_claim_of_the_note_in_every_weight_agrees_with_complex_step(activation: str) -> None:
    page = note()
    checked = 0
    for equation in page:
        for wrt in equation.weights or (None,) if equation.kind == "claim" else ():
            assert error(page, equation, wrt, activation) < 1e-12, (equation.tag, wrt)
            checked += 1
    # (4) to (10), the box and the terms in four weights each; 9.7.7, the two blocks and (1b).
    assert checked == 10 * 4 + 4


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softplus"])
def test_at_twenty_steps_and_four_units_the_gradients_agree_with_complex_step_to_twelve_digits(activation: str) -> None:
    page = note()
    sizes = {"n": 4, "d": 4, "q": 4}
    for tag in ("5", "6", "box"):
        claim = page[tag]
        for wrt in claim.weights:
            assert error(page, claim, wrt, activation, sizes, step=20) < 1e-12, (tag, wrt)
    wrong = page["box-order"]
    assert error(page, wrong, wrong.weights[0], activation, sizes, step=20) > 1e-6


@pytest.mark.parametrize("name", ["islam.md", "d2l.md", "pascanu.tex", "errata.md", "linear.tex"])
def test_every_claim_of_a_note_that_holds_as_it_is_read_is_written_so(name: str) -> None:
    checked = []
    for row in judged(name)[1]:
        for part in row.links or (row,):
            # What a left side of several derivatives is, complex step does not say.
            if part.proved and part.page is not None and part.equation is not None and part.tag != "9.7.8":
                sizes = page_sizes(part.page, {"n": 3, "d": 2, "q": 2})
                assert error(part.page, part.equation, sizes=sizes) < 1e-12, part.tag
                checked.append(part.tag)
    assert len(checked) == {"islam.md": 11, "d2l.md": 6, "pascanu.tex": 3, "errata.md": 5, "linear.tex": 1}[name]


@pytest.mark.parametrize("sizes", [{"n": 3, "d": 2, "q": 2}, {"n": 2, "d": 1, "q": 3}])
def test_what_is_emitted_is_the_right_side_at_every_step_and_every_term_is_its_share(sizes: dict[str, int]) -> None:
    page = note()
    unrolling = Unrolling(page, sizes, head_of("tanh"))
    compared = shared = 0
    for equation in page:
        if equation.kind == "definition":
            continue
        wrt = next((one for one in equation.weights if one.symbol == "W_hh"), None)
        made = written(page, equation, weight=wrt)
        _, right = page.resolved(equation, wrt)
        for step in range(1, 7):
            if unstated(page, equation, step):
                continue
            points = Points(page, sizes, 3, 0)
            # A product up to t+1 reaches one step further.
            given = letters(page, points, step + (equation.tag == "box-bound"))
            for values, taken in instances(page, equation, step):
                if taken not in (wrt, *equation.weights[:1] * (wrt is None)):
                    continue
                function = NumpyFunction(unrolling.side(right, values))
                expected = function({symbol: points.entry(symbol.name) for symbol in function.symbols})
                found = run(made.gradient if hasattr(made, "gradient") else made.value, given, values)
                assert relative_error(found, expected) < 1e-12, equation.tag
                compared += 1
                if hasattr(made, "terms"):
                    np.testing.assert_allclose(run(made.terms, given, values).sum(axis=1), found, rtol=1e-11)
                    shared += 1
    assert compared > 100
    assert shared > 60


def test_a_right_side_is_computed_as_it_is_written_true_or_not() -> None:
    cascade = Product(jacobian(j), (j, i + 1, t))
    true = [
        Sum(cascade @ partial(h[i], W), (i, 1, t)),
        partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W) + jacobian(t) @ jacobian(t - 1) @ d(h[t - 2], W),
        partial(h[t], W) + jacobian(t) @ (partial(h[t - 1], W) + jacobian(t - 1) @ d(h[t - 2], W)),
        2 * d(h[t], W) - d(h[t], W),
        Sum(Product(jacobian(t), (j, 1, 1)) @ d(h[t - 1], W), (i, 1, 1)) + partial(h[t], W),
        Product(jacobian(j), (j, 3, t)) @ d(h[2], W) + Sum(cascade @ partial(h[i], W), (i, 3, t)),
    ]
    false = [
        Sum(cascade @ partial(h[i], W), (i, 2, t)),
        partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t - 1)),
        partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 2, t)) @ partial(h[i], W), (i, 1, t - 1)),
        partial(h[t], W) + Sum(Product(jacobian(j).T, (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1)),
        -box(),
    ]
    assert all(error(*page_with(right)) < 1e-13 for right in true)
    assert all(error(*page_with(right)) > 1e-3 for right in false)


def test_each_term_is_the_derivative_in_the_copy_of_its_step() -> None:
    page, claim = page_with(box())
    oracle, given = numbers(page)
    made = written(page, claim)
    terms = made.terms(STEP, **given)
    assert terms.shape == (5, STEP + 1, 3, 9)
    assert not terms[:, 0].any()
    for k in range(1, STEP + 1):
        assert relative_error(terms[:, k], ask(COMPLEX_STEP, oracle, d(h[STEP], copy_at(W, k))).value) < 1e-13
    assert relative_error(terms.sum(axis=1), made.gradient(STEP, **given)) < 1e-14
    assert (
        relative_error(made.forward(STEP, **given)["h"][:, STEP, :, None], ask(COMPLEX_STEP, oracle, h[STEP]).value)
        < 1e-14
    )


def stepped(body: Expr, *more: tuple[At, Expr]) -> tuple[Derivation, Callable[[Letter], Equation]]:
    """A page with this definition of h_t, and what claims (6) in a weight on it: with sums over every state used."""
    page = Derivation("A step")
    page.define("h", h[t], body)
    for place, (left, right) in enumerate(more):
        page.define(f"more{place}", left, right)
    return page, lambda wrt: page.claim(f"c{wrt}", d(h[t], wrt), partial(h[t], wrt) + jacobian(t) @ d(h[t - 1], wrt))


def test_every_shape_of_a_step_has_a_rule() -> None:
    b, V = weight("b", n), weight("V", n, n)
    scalar = weight("c", 1)
    f = function("f", n)
    bodies = [
        (phi(W @ h[t - 1] / 2 + U @ x[t - 1] + b), (W, U, b)),
        (phi(phi(W @ h[t - 1])), (W,)),
        (W @ h[t - 1] + U @ x[t], (W, U)),
        (W @ W @ h[t - 1], (W,)),
        (phi(W @ h[t - 1] + V @ W @ h[t - 1] + W.T @ h[t - 1]), (W, V)),
        (diag(W @ h[t - 1]) @ phi(V @ h[t - 1]), (W, V)),
        (hadamard(phi(W @ h[t - 1]), V @ h[t - 1], h[t - 1]), (W, V)),
        (hadamard(ones(h[t - 1]) - phi(W @ h[t - 1]), h[t - 1]) + slope(phi, V @ h[t - 1]), (W, V)),
        (scalar * (W @ h[t - 1]) + (h[t - 1].T @ (W @ h[t - 1])) * h[t - 1], (W, scalar)),
        (scalar**3 * (W @ h[t - 1]), (W, scalar)),
        (h[t - 1] / (1 + h[t - 1].T @ h[t - 1]) + W @ h[t - 1], (W,)),
        (concat(W, V) @ concat(h[t - 1].T, h[t - 1].T).T, (W, V)),
        (f(W @ h[t - 1], x[t], b), (W, b)),
        ((W @ V + V @ W) @ h[t - 1], (W, V)),
        (phi(W @ V) @ h[t - 1], (W, V)),
    ]
    checked = 0
    for body, weights in bodies:
        page, claimed = stepped(body)
        for wrt in weights:
            assert error(page, claimed(wrt)) < 1e-11, (str(body), str(wrt))
            checked += 1
    assert checked == 28


def gated() -> tuple[Derivation, dict[str, Letter]]:
    """A gated cell with a state for each gate and for its slopes, a second recurrent state, an output and a loss."""
    V, Z, R, C, b = weight("V", n, n), weight("Z", n, n), weight("R", n, n), weight("C", D, n), weight("b", n)
    z, s, g, c, o = state("z", n), state("s", n), state("g", n), state("c", n), state("o", D)
    page = Derivation("A gated cell")
    page.define("z", z[t], phi(Z @ h[t - 1] + U @ x[t] + b))
    page.define("s", s[t], slope(phi, R @ c[t - 1]))
    page.define("g", g[t], ones(z[t]) - z[t])
    page.define("c", c[t], hadamard(z[t], c[t - 1]) + diag(g[t]) @ phi(V @ h[t - 1]))
    page.define("h", h[t], hadamard(s[t], phi(c[t])) + W @ h[t - 1])
    page.define("o", o[t], C @ h[t])
    page.define("l", l[t], (o[t] - x[t]).T @ (o[t] - x[t]) / 2)
    page.define("L", L, Sum(l[t], (t, 1, T)))
    return page, {"V": V, "Z": Z, "R": R, "C": C, "b": b, "W": W, "U": U}


def test_the_loss_of_a_gated_cell_with_two_recurrent_states_is_pulled_back_through_all_of_them() -> None:
    page, weights = gated()
    whole = page.claim(
        "loss", d(L, W), Sum(d(l[t], W), (t, 1, T)), also_in=[one for one in weights.values() if one != W]
    )
    for wrt in weights.values():
        assert error(page, whole, wrt) < 1e-12, wrt
    z, g, c, Z, V = state("z", n), state("g", n), state("c", n), weights["Z"], weights["V"]
    a = V @ h[t - 1]
    now = diag(c[t - 1]) @ d(z[t], Z) + diag(phi(a)) @ d(g[t], Z)
    before = diag(g[t]) @ diag(slope(phi, a)) @ V @ d(h[t - 1], Z)
    assert error(page, page.claim("cell", d(c[t], Z), now + before + diag(z[t]) @ d(c[t - 1], Z))) < 1e-12
    assert error(page, page.claim("forgotten", d(c[t], Z), now + before)) > 1e-3
    # The way through c_{t-1} is also one through h_{t-1}: counted twice, and computed so.
    both = partial(h[t], h[t - 1]) @ d(h[t - 1], Z) + partial(h[t], c[t - 1]) @ d(c[t - 1], Z)
    twice = page.claim("twice", d(h[t], Z), both + partial(h[t], z[t]) @ partial(z[t], Z))
    assert error(page, twice) > 1e-3
    points = Points(page, SIZES, 3, 0)
    function = NumpyFunction(Unrolling(page, SIZES, head_of("tanh")).side(page.resolved(twice)[1], {"t": 3}))
    expected = function({symbol: points.entry(symbol.name) for symbol in function.symbols})
    assert relative_error(run(written(page, twice).gradient, letters(page, points, 3), {"t": 3}), expected) < 1e-12


def test_a_jacobian_over_several_steps_is_the_product_and_not_another_one() -> None:
    page = recurrence()
    over = page.claim("over", partial(h[t], h[i]), Product(jacobian(j), (j, i + 1, t)), for_each=[(i, 0, t)])
    short = page.claim("short", partial(h[t], h[i]), Product(jacobian(j), (j, i + 2, t)), for_each=[(i, 0, t)])
    back = page.claim("back", Product(jacobian(j), (j, i + 1, t)), partial(h[t], h[i]), for_each=[(i, 0, t)])
    assert error(page, over) < 1e-13
    assert error(page, short) > 1e-2
    _, given = numbers(page)
    for k in range(STEP + 1):
        values = {"t": STEP, "i": k}
        np.testing.assert_allclose(
            run(written(page, back).value, given, values), run(written(page, over).gradient, given, values), rtol=1e-12
        )
    assert not hasattr(written(page, over), "terms")
    with pytest.raises(ValueError, match=r"the claim is stated for i = 0\.\.6, not at 7"):
        run(written(page, over).gradient, given, {"t": STEP, "i": 7})


def test_a_step_that_reaches_two_back_or_starts_by_itself_is_run_from_where_it_starts() -> None:
    V, c = weight("V", n, n), weight("c", n)
    twice = Derivation("Two steps back")
    twice.define("h", h[t], phi(W @ h[t - 1] + V @ h[t - 2]))
    both = partial(h[t], W) + partial(phi(W @ h[t - 1] + V @ h[t - 2]), h[t - 1]) @ d(h[t - 1], W)
    more = partial(phi(W @ h[t - 1] + V @ h[t - 2]), h[t - 2]) @ d(h[t - 2], W)
    true = twice.claim("true", d(h[t], W), both + more)
    assert error(twice, true) < 1e-13
    assert error(twice, twice.claim("false", d(h[t], W), both)) > 1e-3
    assert {"h_0", "h_minus_1"} <= set(inspect.signature(written(twice, true).gradient).parameters)
    started = Derivation("A first state of its own")
    started.define("h0", h[0], phi(c))
    started.define("h", h[t], phi(W @ h[t - 1]))
    claim = started.claim("c", d(h[t], c), d(h[t], c))
    assert error(started, claim) < 1e-13
    assert "h_0" not in inspect.signature(written(started, claim).gradient).parameters
    forgotten = Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], c), (i, 1, t))
    assert error(started, started.claim("forgotten", d(h[t], c), forgotten)) > 1e-3


def test_a_right_side_made_of_values_is_computed_and_has_no_terms() -> None:
    page = recurrence()
    a = W @ h[t - 1] + U @ x[t]
    kron = kronecker(h[t - 1].T, diag(slope(phi, a)))
    values = page.claim("values", d(h[t], W), kron + diag(slope(phi, a)) @ W @ d(h[t - 1], W))
    assert error(page, values) < 1e-13
    assert not hasattr(written(page, values), "terms")
    turned = page.claim("turned", d(h[t], W), kron + (d(h[t - 1], W).T @ (diag(slope(phi, a)) @ W).T).T)
    assert error(page, turned) < 1e-13
    wrong = page.claim("wrong", d(h[t], W), kron + diag(slope(phi, a)) @ W.T @ d(h[t - 1], W))
    assert error(page, wrong) > 1e-2


def test_what_stands_for_an_open_function_is_there_to_be_replaced() -> None:
    page = note()
    made = written(page, page["4"])
    assert "_value_of_ell" in made.source
    assert "The page leaves ell open" in str(made.__doc__)
    assert "_value_of_ell" not in written(page, page["box"]).source


def test_a_step_without_a_rule_in_matrices_says_which_part_has_none() -> None:
    for body, words in (
        (phi(W @ h[t - 1] + U @ x[t - 2]), r"needs x_\{-1\}, before the first entry"),
        (kronecker(h[t - 1], ones(x[t].T @ x[t])) + W @ h[t - 1], "⊗ 1 has no rule in matrices"),
        ((W**2) @ h[t - 1], "a power of a matrix is not differentiated"),
        (slope(phi, W @ h[t - 1], order=3), "a derivative of order 3 of a function has no rule"),
    ):
        page, claimed = stepped(body)
        with pytest.raises(Undecided, match=words.replace("^", r"\^")):
            written(page, claimed(W))


def test_a_concatenated_weight_keeps_the_order_of_its_vec() -> None:
    for whole in (concat(U, W), concat(W, U).T, concat(U.T.T, W)):
        page = recurrence()
        w = weight("w")
        page.define("w", w, whole)
        claim = page.claim("c", d(h[t], w), partial(h[t], w) + jacobian(t) @ d(h[t - 1], w))
        assert error(page, claim) < 1e-13


# --------------------------------------------------------------------------------------------------- usable


def test_a_function_is_pickled_copied_and_documented() -> None:
    page, claim = page_with(box())
    _, given = numbers(page)
    made = written(page, claim)
    expected = made.gradient(STEP, **given)
    for twin in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        np.testing.assert_array_equal(twin.gradient(STEP, **given), expected)
        assert twin.source == made.source
    assert made.__doc__ is not None
    for words in ("W: (*batch, n, n)", "x: (*batch, t + 1, d)", "h_0: (*batch, n)", "numerator layout", "A recurrence"):
        assert words in made.__doc__


def test_batches_broadcast_and_whole_numbers_are_taken_as_floats() -> None:
    page, claim = page_with(box())
    _, given = numbers(page)
    made = written(page, claim)
    shared = {**given, "W": given["W"][0], "U": given["U"][:1]}
    each = {**shared, "W": np.broadcast_to(shared["W"], (5, 3, 3)), "U": np.broadcast_to(shared["U"], (5, 3, 2))}
    np.testing.assert_allclose(made.gradient(STEP, **shared), made.gradient(STEP, **each), rtol=1e-13)
    one = {name: value[0] for name, value in given.items()}
    np.testing.assert_allclose(made.gradient(STEP, **one), made.gradient(STEP, **given)[0], rtol=1e-13)
    grid = {**given, "h_0": np.stack([given["h_0"]] * 4)}
    assert made.gradient(STEP, **grid).shape == (4, 5, 3, 9)
    whole = {
        "W": np.eye(3, dtype=int),
        "U": np.ones((3, 2), dtype=int),
        "x": np.ones((3, 2), dtype=int),
        "h_0": [1, 0, 2],
    }
    assert made.gradient(2, **whole).dtype == np.float64
    before = {name: value.copy() for name, value in given.items()}
    made.gradient(STEP, **given)
    assert all(np.array_equal(before[name], given[name]) for name in given)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softplus", "identity"])
def test_in_complex_numbers_the_forward_run_gives_the_gradient_by_complex_step(activation: str) -> None:
    page, claim = page_with(box())
    _, given = numbers(page, activation)
    made = written(page, claim, activation=activation)
    gradient = made.gradient(STEP, **given)
    for place, (row, column) in enumerate([(0, 0), (1, 0), (2, 0), (0, 1)]):
        moved = {**given, "W": given["W"].astype(complex)}
        moved["W"][:, row, column] += 1e-30j
        slope = made.forward(STEP, **moved)["h"][:, STEP].imag / 1e-30
        np.testing.assert_allclose(slope, gradient[:, :, place], rtol=1e-12)


def test_the_slope_of_relu_is_zero_at_its_kink_and_overflow_comes_back_as_inf_with_a_warning() -> None:
    page, claim = page_with(box())
    zero = {"W": np.eye(3), "U": np.zeros((3, 2)), "x": np.zeros((2, 2)), "h_0": np.array([0.0, 1.0, -1.0])}
    slopes = written(page, claim, activation="relu").gradient(1, **zero)
    # Unit 1 stands at the kink, unit 2 above it, unit 3 below.
    assert [bool(row.any()) for row in slopes] == [False, True, False]
    huge = {**zero, "x": np.zeros((6, 2)), "W": np.full((3, 3), 1e200)}
    with pytest.warns(RuntimeWarning):
        found = written(page, claim, activation="identity").gradient(5, **huge)
    assert not np.isfinite(found).all()
    for activation in ("sigmoid", "softplus", "tanh"):
        far = {**zero, "W": np.full((3, 3), 1e5), "x": np.zeros((3, 2))}
        assert np.isfinite(written(page, claim, activation=activation).gradient(2, **far)).all()


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"W": np.full((3, 3), np.nan)}, ValueError, "W has an entry that is not finite"),
        ({"x": np.full((7, 2), np.inf)}, ValueError, "x has an entry that is not finite"),
        ({"W": np.ones((3, 2))}, ValueError, r"W has shape \(3, 2\): n is 3, not 2"),
        ({"U": np.ones((2, 2))}, ValueError, r"U has shape \(2, 2\): n is 3, not 2"),
        ({"W": np.ones(3)}, ValueError, r"W has shape \(3,\): expected \(\*batch, n, n\)"),
        ({"x": np.ones((6, 2))}, ValueError, r"x has shape \(6, 2\): t \+ 1 is 7, not 6"),
        ({"h_0": np.ones(4)}, ValueError, r"h_0 has shape \(4,\): n is 3, not 4"),
        ({"h_0": np.ones((2, 3)), "x": np.ones((5, 7, 2))}, ValueError, "the batches do not broadcast: .*'h_0': .2,"),
        ({"W": np.full((3, 3), "1")}, TypeError, "W is <U1: expected numbers"),
        ({"W": np.full((3, 3), None)}, TypeError, "W is object: expected numbers"),
        ({"W": np.full((3, 3), True)}, TypeError, "W is bool: expected numbers"),
        ({"t": 0}, ValueError, "the claim is stated from t = 1 on, not at 0"),
        ({"t": 2.5}, ValueError, "not at 2.5"),
    ],
)
def test_what_cannot_be_computed_is_one_error_that_names_the_argument(
    changed: dict[str, Any], kind: type[Exception], message: str
) -> None:
    page, claim = page_with(box())
    given = {"t": 6, "W": np.eye(3), "U": np.ones((3, 2)), "x": np.ones((7, 2)), "h_0": np.ones(3)}
    made = written(page, claim)
    assert made.gradient(**given).shape == (3, 9)
    for called in (made.forward, made.gradient, made.terms):
        with pytest.raises(kind, match=message):
            called(**{**given, **changed})


def test_a_step_before_the_first_that_is_stated_is_refused_and_never_read_from_the_end() -> None:
    page, claim = page_with(
        partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W) + jacobian(t) @ jacobian(t - 1) @ d(h[t - 2], W)
    )
    given = {"W": np.eye(3), "U": np.ones((3, 2)), "x": np.ones((2, 2)), "h_0": np.ones(3)}
    with pytest.raises(ValueError, match="stated from t = 2 on, not at 1"):
        written(page, claim).gradient(1, **given)


# --------------------------------------------------------------------------------------------------- names and text


def test_letters_that_python_numpy_or_the_module_use_get_a_mark_behind_their_name() -> None:
    w, u, v, z = weight("lambda", n, n), weight("np", n, D), weight("range", n), data("gradient", D)
    page = Derivation("Names that clash")
    page.define("h", h[t], phi(w @ h[t - 1] + u @ z[t] + v))
    made = written(page, page.claim("c", d(h[t], w), partial(h[t], w) + jacobian(t) @ d(h[t - 1], w)))
    given = {"lambda_": np.eye(2), "np_": np.eye(2), "range_": np.ones((2, 1)), "gradient_": np.ones((4, 2))}
    assert made.gradient(3, **given, h_0=np.ones(2)).shape == (2, 4)
    plain = Derivation("Names that do not")
    plain.define("h", h[t], phi(W @ h[t - 1] + U @ x[t] + weight("b", n)))
    twin = written(plain, plain.claim("c", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W)))
    expected = twin.gradient(3, W=np.eye(2), U=np.eye(2), b=np.ones((2, 1)), x=np.ones((4, 2)), h_0=np.ones(2))
    np.testing.assert_array_equal(made.gradient(3, **given, h_0=np.ones(2)), expected)


def test_letters_and_indices_that_are_called_like_parts_of_the_class_do_not_meet_them() -> None:
    s, w, x_, k = state("whole", n), weight("states", n, n), data("left", D), indices("shares")[0]
    page = Derivation("Names of the class")
    page.define("s", s[t], phi(w @ s[t - 1] + weight("run", n, D) @ x_[t]))
    right = Product(partial(s[j], s[j - 1]), (j, k + 1, t)) @ partial(s[k], w)
    claim = page.claim("c", d(s[t], copy_at(w, k)), right, for_each=[(k, 1, t)])
    assert error(page, claim) < 1e-13
    found = inspect.signature(written(page, claim).gradient).parameters
    assert list(found) == ["t", "shares", "states_", "run", "left", "whole_0"]


def test_no_text_of_a_page_becomes_code() -> None:
    nasty = 'x"""\nraise SystemExit(7)\n"""\\ {__import__("os").abort()}\x00'
    hidden, w = state("h", n).spelled(nasty, nasty), W.spelled(nasty, nasty)
    page = Derivation(nasty, source=nasty)
    page.define(nasty, hidden[t], phi(w @ hidden[t - 1]))
    right = partial(hidden[t], w) + Sum(
        Product(partial(hidden[j], hidden[j - 1]), (j, i + 1, t)) @ d(hidden[i], w), (i, 1, t - 1)
    )
    source = emit(page, page.claim(nasty + "2", d(hidden[t], w), right))
    tree = ast.parse(source)
    assert not any(isinstance(node, ast.Raise) and "SystemExit" in ast.unparse(node) for node in ast.walk(tree))
    assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & {
        "os",
        "__import__",
        "SystemExit",
    } == set()
    imported = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert imported == ["import numpy as np"]


def test_an_unknown_activation_or_weight_is_refused() -> None:
    page, claim = page_with(box())
    with pytest.raises(UsageError, match="no activation is called 'any'"):
        written(page, claim, activation="any")
    with pytest.raises(UsageError, match=r"\(c\) is not stated in U: expected one of W"):
        written(page, claim, weight=U)


# --------------------------------------------------------------------------------------------------- the command


def emitted(*arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run_here("numeric", *arguments)


def test_a_written_module_runs_by_itself_and_imports_numpy_alone(tmp_path: Path) -> None:
    target = tmp_path / "box.py"
    done = emitted(str(NOTE), "--tag", "box", "--weight", "W_hh", "--emit", str(target))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    code = (
        "import sys, numpy as np, box; "
        "eye, ones = np.eye(2), np.ones; "
        "found = box.gradient(3, W_xh=eye, W_hh=eye, b_h=ones((2, 1)), X=ones((4, 2)), h_0=ones(2)); "
        "print(found.shape, 'symbptt' in sys.modules, 'sympy' in sys.modules, 'W_hh: (*batch, n, n)' in box.__doc__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "(2, 4) False False True"


def test_nothing_is_written_where_the_claim_is_not_one_not_proved_or_has_no_rule(tmp_path: Path) -> None:
    target = tmp_path / "out.py"
    script = tmp_path / "page.py"
    script.write_text(
        "from symbptt import *\nt, = indices('t')\nn, = sizes('n')\nh, W = state('h', n), weight('W', n, n)\n"
        "page = Derivation('x')\npage.define('h', h[t], function('phi')(W @ h[t - 1]))\n"
        "page.claim('false', d(h[t], W), partial(h[t], W))\n"
    )
    for arguments, words in (
        ((str(NOTE),), "--emit writes one claim, but these are chosen: 1b, 4"),
        ((str(NOTE), "--tag", "box", "--weight", "W_hy"), "(box) is not stated in W_hy: expected one of w_h, W_xh"),
        ((str(NOTE), "--tag", "2"), "these are chosen: none"),
        ((str(script),), "(false) is refuted: only what is proved is emitted"),
    ):
        done = emitted(*arguments, "--emit", str(target))
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not target.exists()
    assert "--weight says what --emit writes" in emitted(str(NOTE), "--weight", "W_hh").stderr
    assert "no oracle is called 'magic'" in emitted(str(NOTE), "--oracle", "magic").stderr


NASTY = r'''# x\"""; raise SystemExit(7) #

$$h_t = f(x_t, h_{t-1}, w) \tag{1"""}$$

$$\frac{\partial h_t}{\partial w} = \frac{\partial^+ h_t}{\partial w} + \frac{\partial h_t}{\partial h_{t-1}}
\frac{d h_{t-1}}{d w} \tag{2""" import os}$$

$$a_t = \mathrm{exec} \cdot v a_{t-1} \tag{3}$$

$$\frac{d a_t}{d v} = \frac{\partial^+ a_t}{\partial v} + \frac{\partial a_t}{\partial a_{t-1}}
\frac{d a_{t-1}}{d v} \tag{4}$$
'''


def test_a_claim_of_a_note_is_written_and_compared_as_it_was_read(tmp_path: Path) -> None:
    target = tmp_path / "box.py"
    islam = str(ROOT / "derivations" / "islam.md")
    done = emitted(islam, "--tag", "box", "--emit", str(target))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # As printed it has one sign for both derivatives; what is written is the reading.
    assert "(box) d h_t/d w_h = ∂⁺h_t/∂w_h + Σ_{i=1..t-1}" in target.read_text()
    done = emitted(islam, "--tag", "box", "--tag", "9", "--oracle", "complex step", "--oracle", "backward pass")
    assert done.returncode == 0, done.stderr
    assert "2 of 2 proved claims agree with complex step" in done.stdout
    wrong = tmp_path / "wrong.md"
    wrong.write_text("$$h_t = f(h_{t-1}, w)$$\n\n$$\\frac{d h_t}{d w} = 0 \\tag{2}$$\n\n$$x = \\oint h_t \\tag{3}$$\n")
    done = emitted(str(wrong), "--oracle", "complex step")
    assert "Not compared, because not proved: 2, 3" in done.stdout
    assert done.returncode == 1


def test_no_text_of_a_note_becomes_code_and_what_does_not_hold_is_not_written(tmp_path: Path) -> None:
    note_file, target = tmp_path / "nasty.md", tmp_path / "out.py"
    note_file.write_text(NASTY)
    tags = [row.display.tag for row in read_note(note_file).rows if row.kind == "claim"]
    assert len(tags) == 2
    for tag in tags:
        done = emitted(str(note_file), "--tag", tag, "--emit", str(target))
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        tree = ast.parse(target.read_text())
        imported = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert imported == ["import numpy as np"]
        called = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert called & {"os", "exec", "SystemExit", "eval", "__import__"} == set()
        compiled: dict[str, Any] = {}
        exec(compile(tree, "out.py", "exec"), compiled)
        assert callable(compiled["gradient"])
    target.unlink()
    wrong = tmp_path / "wrong.md"
    wrong.write_text(
        "$$h_t = f(h_{t-1}, w) \\tag{1}$$\n\n$$\\frac{d h_t}{d w} = \\frac{\\partial^+ h_t}{\\partial w} \\tag{2}$$\n"
    )
    done = emitted(str(wrong), "--tag", "2", "--emit", str(target))
    assert (done.returncode, done.stdout) == (2, "")
    assert "(2) is refuted: only what is proved is emitted" in done.stderr
    assert not target.exists()


class TestTheScopeOfTheProof:
    def test_steps_that_nothing_is_proved_for_are_refused(self) -> None:
        page = recurrence()
        sums = page.claim("sums", d(h[t], W), Sum(d(h[t], copy_at(W, i)), (i, 1, 5)))
        every = page.claim("every", d(h[t], W), Sum(d(h[t], copy_at(W, i)), (i, 1, t)))
        letters = {"W": np.eye(2), "U": np.ones((2, 1)), "x": np.ones((9, 1)), "h_0": np.zeros(2)}
        cut, whole = to_numpy(page, sums), to_numpy(page, every)
        assert cut.__doc__ is not None
        assert "It is proved for t = 1..5; anything else is refused." in cut.__doc__
        given = {**letters, "x": letters["x"][:6]}
        np.testing.assert_allclose(cut.gradient(5, **given), whole.gradient(5, **given))
        with pytest.raises(ValueError, match=r"proved for t = 1\.\.5, not at 8"):
            cut.gradient(8, **letters)
        assert whole.gradient(8, **letters).shape == (2, 4)

    def test_sizes_that_nothing_is_proved_for_are_refused(self) -> None:
        page = recurrence()
        claim = page.claim("claim", d(h[t], W), d(h[t], W))
        source = emit(page, claim, None, "tanh", Scope("any", {"n": 2, "d": 1}, "all"))
        made = Emitted(source)
        assert made.gradient(1, W=np.eye(2), U=np.ones((2, 1)), x=np.ones((2, 1)), h_0=np.ones(2)).shape == (2, 4)
        with pytest.raises(ValueError, match="proved for n = 2, not for 3"):
            made.gradient(1, W=np.eye(3), U=np.ones((3, 1)), x=np.ones((2, 1)), h_0=np.ones(3))

    def test_what_is_not_proved_is_written_only_as_it_stands_and_says_so(self) -> None:
        page = recurrence()
        wrong = page.claim("wrong", d(h[t], W), partial(h[t], W))
        with pytest.raises(UsageError, match="only what is proved is emitted"):
            to_numpy(page, wrong)
        said = to_numpy(page, wrong, as_it_stands=True).__doc__
        assert said is not None
        assert "It is NOT PROVED that the right side" in said
        right = page.claim("right", d(h[1], W), partial(h[1], W))
        assert "NOT PROVED" not in str(to_numpy(page, right).__doc__)


CELL = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"L = \sum_{t=1}^T \ell(h_t)")
OWN = r"\operatorname{diag}(1 - h_t^2)"
LOGISTIC = r"where $\sigma$ is the logistic function."
BACKWARDS = [
    (
        *CELL,
        r"\delta_T = \operatorname{diag}(1 - h_T^2) \nabla_{h_T} \ell(h_T)",
        rf"\delta_t = {OWN} (\nabla_{{h_t}} \ell(h_t) + W^\top \delta_{{t+1}}) \quad (t < T)",
        r"\nabla_W L = \sum_{t=1}^T \delta_t h_{t-1}^\top",
    ),
    (
        *CELL,
        r"\delta_{T+1} = 0",
        rf"\delta_t = {OWN} (\nabla_{{h_t}} \ell(h_t) + W^\top \delta_{{t+1}})",
        r"\nabla_U L = \sum_{t=1}^T \delta_t x_t^\top",
    ),
    (
        *CELL,
        r"\lambda_T = \nabla_{h_T} \ell(h_T)",
        r"\lambda_t = \nabla_{h_t} \ell(h_t) + W^\top ((1 - h_{t+1}^2) \odot \lambda_{t+1}) \quad (t < T)",
        r"\nabla_W L = \sum_{t=1}^T ((1 - h_t^2) \odot \lambda_t) h_{t-1}^\top",
    ),
    (
        r"z_t = \sigma(A h_{t-1})",
        r"h_t = z_t \odot h_{t-1} + \tanh(U x_t)",
        r"L = \sum_{t=1}^T \ell(h_t)",
        r"g_T = \nabla_{h_T} \ell(h_T)",
        r"g_t = \nabla_{h_t} \ell(h_t) + z_{t+1} \odot g_{t+1} + A^\top e_{t+1} \quad (t < T)",
        r"e_t = z_t \odot (1 - z_t) \odot h_{t-1} \odot g_t",
        r"\nabla_A L = \sum_{t=1}^T e_t h_{t-1}^\top",
    ),
]


@pytest.mark.parametrize("page", BACKWARDS)
def test_letters_that_run_backwards_are_computed_from_the_last_step_down(page: tuple[str, ...]) -> None:
    read = as_note(*page, text=LOGISTIC)
    claim = read.rows[len(page) - 1].links[0].vectors
    assert claim is not None
    assert read.vectors is not None
    for step in (1, 2, 5):
        assert error(read.vectors, claim, step=step) < 1e-12
    wrong = as_note(
        *page[:-1], page[-1].replace(r"\sum_{t=1}", r"\sum_{t=2}"), text="where $\\sigma$ is the logistic function."
    )
    claim = wrong.rows[len(page) - 1].links[0].vectors
    assert claim is not None
    assert wrong.vectors is not None
    assert error(wrong.vectors, claim, step=5) > 1e-3


def test_a_letter_that_runs_backwards_from_a_step_of_which_nothing_is_said_is_refused() -> None:
    page = (
        *CELL,
        rf"g_t = {OWN} (\nabla_{{h_t}} \ell(h_t) + W^\top g_{{t+1}})",
        r"\nabla_W L = \sum_{t=1}^T g_t h_{t-1}^\top",
    )
    read = as_note(*page)
    claim = read.rows[3].links[0].vectors
    assert claim is not None
    assert read.vectors is not None
    with pytest.raises(Undecided, match="g runs backwards in time, and nothing says where from"):
        emit(read.vectors, claim)
