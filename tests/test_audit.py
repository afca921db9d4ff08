"""A user's own backward pass is judged rightly: min-char-rnn as it is written, and with one slip each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from symbptt import (
    Derivation,
    Product,
    Question,
    Sum,
    crosscheck_function,
    d,
    data,
    function,
    indices,
    partial,
    sizes,
    state,
    weight,
)
from symbptt.errors import UsageError

T, t, i, j = indices("T t i j")
n, D, q = sizes("n d q")
h, x, y, target = state("h", n), data("x", D), state("y", q), data("target", q)
Wxh, Whh, bh = weight("Wxh", n, D), weight("Whh", n, n), weight("bh", n)
Why, by = weight("Why", q, n), weight("by", q)
loss, L, phi = state("loss"), state("L"), function("phi")
TAGS = ("hidden", "output")


def char_rnn() -> Derivation:
    """min-char-rnn with a squared error in place of the softmax, which has no notation."""
    page = Derivation("A character-level recurrent network")
    page.define("h", h[t], phi(Wxh @ x[t] + Whh @ h[t - 1] + bh))
    page.define("y", y[t], Why @ h[t] + by)
    page.define("loss", loss[t], (y[t] - target[t]).T @ (y[t] - target[t]) / 2)
    page.define("L", L, Sum(loss[t], (t, 1, T)))
    cascade = Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], Whh), (i, 1, t))
    said = Sum(partial(loss[t], y[t]) @ partial(y[t], h[t]) @ cascade, (t, 1, T))
    page.claim("hidden", d(L, Whh), said, also_in=(Wxh, bh))
    page.claim("output", d(L, Why), Sum(partial(loss[t], y[t]) @ partial(y[t], Why), (t, 1, T)), also_in=(by,))
    page.claim("wrong", d(L, Whh), Sum(partial(loss[t], y[t]) @ partial(y[t], h[t]) @ partial(h[t], Whh), (t, 1, T)))
    return page


def backward(slip: str) -> Any:
    """The loop of min-char-rnn's lossFun; ``slip`` is the one thing that is wrong in it."""

    def run(
        t: int,
        Wxh: np.ndarray,
        Whh: np.ndarray,
        bh: np.ndarray,
        Why: np.ndarray,
        by: np.ndarray,
        x: np.ndarray,
        target: np.ndarray,
        h_0: np.ndarray,
    ) -> Mapping[str, np.ndarray]:
        xs, hs, ys = {}, {0: h_0[:, None]}, {}
        for k in range(1, t + 1):
            xs[k] = x[k][:, None]
            hs[k] = np.tanh(Wxh @ xs[k] + Whh @ hs[k - 1] + bh)
            ys[k] = Why @ hs[k] + by
        dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
        dbh, dby = np.zeros_like(bh), np.zeros_like(by)
        dhnext = np.zeros_like(hs[0])
        for k in range(t, 0, -1):
            dy = ys[k] - target[k][:, None]
            dWhy += dy @ hs[k].T
            dby += dy
            dh = Why.T @ dy + (0 if slip == "missing dhnext" else dhnext)
            dhraw = dh if slip == "missing slope" else (1 - hs[k] * hs[k]) * dh
            dbh += dhraw
            dWxh += dhraw @ xs[k - 1 if slip == "wrong input" and k > 1 else k].T
            outer = dhraw @ hs[k if slip == "wrong index" else k - 1].T
            if slip == "no-op accumulate":
                dWhh = outer
            else:
                dWhh += outer.T if slip == "transposed outer" else outer
            dhnext = (Whh if slip == "missing transpose" else Whh.T) @ dhraw
        if slip.startswith("clipping at"):
            bound = float(slip.split()[-1])
            for dparam in (dWxh, dWhh, dWhy, dbh, dby):
                np.clip(dparam, -bound, bound, out=dparam)
        if slip == "mean for sum":
            dby /= t
        return {"dWxh": dWxh, "dWhh": dWhh, "dWhy": dWhy, "dbh": dbh, "dby": dby}

    return run


@pytest.fixture(scope="module")
def page() -> Derivation:
    return char_rnn()


def test_the_backward_pass_of_min_char_rnn_agrees_in_every_parameter(page: Derivation) -> None:
    found = crosscheck_function(page, TAGS, backward(""))
    assert (found.outcome, found.reason, found.not_compared) == ("agree", "", ())
    # Three points at five steps, and one letter large at a time at the last: some of those are too saturated to tell.
    assert 5 * 3 * 5 < found.compared <= 5 * (3 * 5 + 7)
    # Where a letter is large the units are saturated, and 1 - h² has lost most of its digits in either order.
    assert found.error < 1e-10
    few = crosscheck_function(page, "output", backward(""), Question(steps=(5,), sizes={"n": 4, "d": 3, "q": 2}))
    assert (few.outcome, few.not_compared) == ("agree", ("dWxh", "dWhh", "dbh"))


@pytest.mark.parametrize(
    ("slip", "parameter", "step", "large"),
    [
        ("missing transpose", "dWhh", 2, ""),
        ("missing dhnext", "dWhh", 2, ""),
        ("missing slope", "dWhh", 1, ""),
        ("wrong index", "dWhh", 1, ""),
        ("wrong input", "dWxh", 2, ""),
        ("no-op accumulate", "dWhh", 2, ""),
        ("transposed outer", "dWhh", 1, ""),
        ("clipping at 5", "dWhy", 4, ""),
        ("clipping at 50", "dWhh", 5, "Why"),
        ("mean for sum", "dby", 2, ""),
    ],
)
def test_a_backward_pass_with_one_slip_is_told_from_the_right_one_where_it_first_differs(
    page: Derivation, slip: str, parameter: str, step: int, large: str
) -> None:
    found = crosscheck_function(page, TAGS, backward(slip))
    assert (found.outcome, found.parameter, found.step) == ("disagree", parameter, step), found
    assert found.entry
    assert found.given != pytest.approx(found.expected, rel=1e-9)
    assert f"{parameter} at t = {step}" in found.reason
    assert found.large == large
    if slip.startswith("clipping"):
        assert abs(found.given) == float(slip.split()[-1]) < abs(found.expected)


def test_a_slip_that_never_runs_is_no_slip(page: Derivation) -> None:
    # At t = 1 there is no step before the first: only T >= 2 tells.
    question = Question(steps=(1,), sizes={"n": 3, "d": 2, "q": 2})
    assert crosscheck_function(page, TAGS, backward("missing dhnext"), question).outcome == "agree"


def test_a_claim_that_is_not_proved_is_no_yardstick(page: Derivation) -> None:
    with pytest.raises(UsageError, match=r"\(wrong\) is refuted: only what is proved"):
        crosscheck_function(page, "wrong", backward(""))
    with pytest.raises(UsageError, match="no single claim is tagged nothing: expected one of hidden, output, wrong"):
        crosscheck_function(page, "nothing", backward(""))
    with pytest.raises(UsageError, match="no claim in one weight"):
        crosscheck_function(page, "h", backward(""))


def test_a_function_that_cannot_be_called_or_returns_something_else_is_one_clear_error(page: Derivation) -> None:
    with pytest.raises(UsageError, match=r"is called with t, .* by name, but"):
        crosscheck_function(page, TAGS, lambda t, Wxh: {})
    with pytest.raises(UsageError, match="returned list: expected a mapping with Whh, Wxh, bh"):
        crosscheck_function(page, "hidden", lambda **letters: [1.0])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="returned dWhh: expected Wxh among them"):
        crosscheck_function(page, "hidden", lambda **letters: {"dWhh": letters["Whh"]})
    with pytest.raises(UsageError, match="Whh as complex128: expected real numbers"):
        crosscheck_function(page, "hidden", lambda **letters: {"Whh": letters["Whh"] * 1j})


def test_what_a_function_raises_and_wrong_shapes_and_what_is_not_finite_are_disagreements(page: Derivation) -> None:
    def raising(**letters: np.ndarray) -> Mapping[str, Any]:
        return {"Whh": letters["Whh"] @ letters["Wxh"].T}

    found = crosscheck_function(page, "hidden", raising)
    assert found.outcome == "disagree"
    assert "at t = 1 it raised ValueError" in found.reason
    right = backward("")

    def changed(name: str, value: Any) -> Any:
        return lambda **letters: {**right(**letters), name: value(right(**letters)[name])}

    found = crosscheck_function(page, "hidden", changed("dWxh", np.transpose))
    assert "dWxh at t = 1: it has shape (2, 3), expected" in found.reason
    found = crosscheck_function(page, "hidden", changed("dbh", lambda a: a * np.nan))
    assert (found.outcome, found.parameter, found.error) == ("disagree", "dbh", np.inf)


def test_a_column_may_be_flat_single_precision_is_judged_as_such_and_inputs_may_be_written_into(
    page: Derivation,
) -> None:
    right = backward("")

    def flat(**letters: np.ndarray) -> Mapping[str, Any]:
        found = {name: value.astype(np.float32) for name, value in right(**letters).items()}
        for value in letters.values():
            np.multiply(value, 0, out=value, casting="unsafe") if isinstance(value, np.ndarray) else None
        return {**found, "dbh": found["dbh"][:, 0], "hidden size": np.zeros(1)}

    found = crosscheck_function(page, TAGS, flat)
    assert (found.outcome, found.not_compared) == ("agree", ("hidden size",))
    assert 1e-9 < found.error < 1e-4

    def slightly(**letters: np.ndarray) -> Mapping[str, Any]:
        made = right(**letters)
        return {**made, "dWhh": made["dWhh"] * (1 + 1e-6)}

    assert crosscheck_function(page, TAGS, slightly).outcome == "disagree"


def test_a_jacobian_is_compared_entry_by_entry_in_either_layout() -> None:
    page = Derivation("A recurrence")
    page.define("h", h[t], phi(Whh @ h[t - 1] + Wxh @ x[t]))
    page.claim("sum", d(h[t], Whh), partial(h[t], Whh) + partial(h[t], h[t - 1]) @ d(h[t - 1], Whh))

    def sensitivities(t: int, Whh: np.ndarray, Wxh: np.ndarray, x: np.ndarray, h_0: np.ndarray) -> np.ndarray:
        p, hidden = np.zeros((3, 3, 3)), h_0
        for k in range(1, t + 1):
            before, hidden = hidden, np.tanh(Whh @ hidden + Wxh @ x[k])
            own = np.eye(3)[:, :, None] * before
            p = (1 - hidden**2)[:, None, None] * (np.einsum("ij,jrc->irc", Whh, p) + own)
        return p

    def as_vec(**letters: Any) -> Mapping[str, Any]:
        return {"Whh": sensitivities(**letters).swapaxes(-1, -2).reshape(3, 9)}

    def as_rows(**letters: Any) -> Mapping[str, Any]:
        return {"Whh": sensitivities(**letters).reshape(3, 9)}

    assert crosscheck_function(page, "sum", lambda **a: {"Whh": sensitivities(**a)}).outcome == "agree"
    assert crosscheck_function(page, "sum", as_vec).outcome == "agree"
    found = crosscheck_function(page, "sum", as_rows)
    assert (found.outcome, found.step, len(found.entry)) == ("disagree", 1, 3)


def test_the_comparison_of_a_function_has_no_truth_value(page: Derivation) -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(crosscheck_function(page, "output", backward("")))
