"""A pass backward that somebody wrote by hand, compared with the derived one: right ones agree, each slip is named."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from symbptt import (
    Derivation,
    Derived,
    Question,
    Sum,
    crosscheck_function,
    data,
    derive,
    function,
    hadamard,
    indices,
    ones,
    sizes,
    state,
    weight,
)
from symbptt.errors import UsageError

Array = Any
t, T = indices("t T")
n, D = sizes("n d")


def minimal_gated() -> Derivation:
    """A minimal gated unit whose state is compared with a target at every step."""
    f, g, h, x, y, L = state("f", n), state("g", n), state("h", n), data("x", D), data("y", n), state("L")
    tanh, sigmoid = function("tanh"), function("sigmoid")
    page = Derivation("A minimal gated unit")
    page.define("f", f[t], sigmoid(weight("W_f", n, D) @ x[t] + weight("U_f", n, n) @ h[t - 1] + weight("b_f", n)))
    inside = weight("W_g", n, D) @ x[t] + weight("U_g", n, n) @ hadamard(f[t], h[t - 1]) + weight("b_g", n)
    page.define("g", g[t], tanh(inside))
    page.define("h", h[t], hadamard(ones(f[t]) - f[t], h[t - 1]) + hadamard(f[t], g[t]))
    page.define("L", L, Fraction(1, 2) * Sum((h[t] - y[t]).T @ (h[t] - y[t]), (t, 1, T)))
    return page


def sigmoid(a: Array) -> Array:
    """The logistic function."""
    return 1 / (1 + np.exp(-a))


def by_hand(slip: str = "") -> Callable[..., dict[str, Array]]:
    """The pass backward as a program has it, with one slip."""

    def run(
        t: int, W_f: Array, U_f: Array, b_f: Array, W_g: Array, U_g: Array, b_g: Array, x: Array, y: Array, h_0: Array
    ) -> dict[str, Array]:
        h, f, g = {0: h_0}, {}, {}
        for k in range(1, t + 1):
            f[k] = sigmoid(W_f @ x[k] + U_f @ h[k - 1] + b_f[:, 0])
            g[k] = np.tanh(W_g @ x[k] + U_g @ (f[k] * h[k - 1]) + b_g[:, 0])
            h[k] = (1 - f[k]) * h[k - 1] + f[k] * g[k]
        found = {name: np.zeros_like(value) for name, value in locals().items() if name[0] in "WUb" and name[1] == "_"}
        behind = np.zeros_like(h_0)
        for k in range(t, 0, -1):
            dh = (y[k] - h[k] if slip == "sign" else h[k] - y[k]) + (0 if slip == "behind" else behind)
            dg = dh if slip == "gate" else dh * f[k]
            slope = g[k] * (1 - g[k]) if slip == "logistic" else 1 - g[k] ** 2
            da = dg if slip == "slope" else dg * slope
            back = (U_g if slip == "transpose" else U_g.T) @ da
            df = dh * (g[k] if slip == "leak" else g[k] - h[k - 1]) + (0 if slip == "reset" else back * h[k - 1])
            gate = g[k] if slip == "another" else f[k]
            db = df * gate * (1 if slip == "half" else 1 - gate)
            before = h[k] if slip == "step" else h[k - 1]
            added = {
                "W_f": np.outer(db, x[k]),
                "U_f": np.outer(db, before),
                "b_f": db[:, None],
                "W_g": np.outer(da, x[k]),
                "U_g": np.outer(da, f[k] * h[k - 1]),
                "b_g": da[:, None],
            }
            for name, value in added.items():
                is_lost = slip == "all overwritten" or (slip == "overwritten" and name == "b_g")
                found[name] = value if is_lost else found[name] + value
            kept = f[k] if slip == "complement" else 1 - f[k]
            behind = dh * kept + back * f[k] + (0 if slip == "path" else U_f.T @ db)
            if slip == "truncated" and k == t - 1:
                break
        if slip == "clipped":
            found = {name: np.clip(value, -1, 1) for name, value in found.items()}
        return found

    return run


SLIPS = {
    "gate": "the factor f_t is missing in δg_t",
    "logistic": "the slope of the logistic function stands for that of tanh, g_t in δḡ_t",
    "slope": "the factor 1 - g_t^{2} is missing in δḡ_t",
    "leak": "the term -h_{t-1} is missing in δf_t",
    "reset": "the term (U_gᵀ · δḡ_t) ⊙ h_{t-1} is missing in δf_t",
    "half": "the factor 1 - f_t is missing in δf̄_t",
    "step": "h_t stands for h_{t-1} in d L/d U_f",
    "overwritten": "only the step 1 is counted in d L/d b_g",
    "behind": "all that comes from the step behind is missing in δh_t",
    "transpose": "U_g stands for U_gᵀ wherever that is",
    "path": "the term U_fᵀ · δf̄_{t+1} is missing in δh_t",
    "sign": "all that does not come from the step behind has the other sign in δh_t",
    "another": "g_t stands for f_t wherever that is in δf̄_t",
    "complement": "f_{t+1} stands for 1 - f_{t+1} in δh_t",
    "all overwritten": "only the step 1 is counted, in each weight",
    "truncated": "only the last 2 steps are counted, in each weight",
}
"""What is said of each slip that is one change of the derivation."""
QUESTION = Question(steps=(1, 2, 3), sizes={"n": 2, "d": 2, "q": 2})


@pytest.fixture(scope="module")
def derived() -> Derived:
    """The gradients of the minimal gated unit, with which several passes are compared."""
    return derive(minimal_gated(), question=QUESTION)


@functools.cache
def derived_leaky() -> Derived:
    """The gradients of the leaky unit, derived once in a process."""
    return derive(leaky())


def test_a_right_pass_agrees_without_a_formula() -> None:
    found = crosscheck_function(minimal_gated(), of="L", fn=by_hand())
    assert found.outcome == "agree"
    assert found.compared > 100
    assert found.slip == ""
    assert found.not_compared == ()


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_with_its_term(derived: Derived, slip: str) -> None:
    found = crosscheck_function(derived, fn=by_hand(slip), question=QUESTION, points=1)
    assert found.outcome == "disagree"
    assert found.parameter
    assert found.step >= 1
    assert found.entry
    assert unicodedata.normalize("NFC", found.slip) == unicodedata.normalize("NFC", SLIPS[slip])
    assert found.reason.endswith(f"; so it is where {found.slip}")


def test_what_is_clipped_is_found_where_one_letter_is_large(derived: Derived) -> None:
    found = crosscheck_function(derived, fn=by_hand("clipped"), question=QUESTION, points=1)
    assert found.outcome == "disagree"
    assert found.slip == "every entry is kept within 1"


def test_two_slips_at_once_are_caught_and_not_explained(derived: Derived) -> None:
    def wrong(**letters: Array) -> dict[str, Array]:
        one, other = by_hand("slope")(**letters), by_hand("half")(**letters)
        return {name: one[name] + other[name] for name in one}

    found = crosscheck_function(derived, fn=wrong, question=QUESTION, points=1)
    assert (found.outcome, found.slip) == ("disagree", "")


def test_a_page_whose_gradients_are_not_proved_as_they_stand_is_refused() -> None:
    o, y, L, h = state("o", n), data("y", n), state("L"), state("h", n)
    page = Derivation("Targets that nothing is said of")
    page.define("h", h[t], function("tanh")(weight("W", n, n) @ h[t - 1]))
    powers = function("exp")(h[t])
    page.define("o", o[t], powers / (ones(powers).T @ powers))
    page.define("L", L, Sum(-1 * y[t].T @ function("log")(o[t]), (t, 1, T)))
    with pytest.raises(UsageError, match=r"holds-as-read: only what is proved is compared with\. y_t sums to one"):
        crosscheck_function(page, fn=by_hand())


def test_tags_and_a_loss_are_not_asked_for_at_once(derived: Derived) -> None:
    with pytest.raises(UsageError, match="not both"):
        crosscheck_function(minimal_gated(), "1", by_hand(), of="L")
    with pytest.raises(UsageError, match="expected no tag and no loss beside it"):
        crosscheck_function(derived, fn=by_hand(), of="L")
    with pytest.raises(UsageError, match="expected the function"):
        crosscheck_function(minimal_gated())


def leaky() -> Derivation:
    """A leaky unit whose last state is compared with a target."""
    h, x, y, L = state("h", n), data("x", D), data("y", n), state("L")
    tanh = function("tanh")
    page = Derivation("A leaky unit")
    page.define("h", h[t], Fraction(1, 2) * h[t - 1] + tanh(weight("W", n, n) @ h[t - 1] + weight("U", n, D) @ x[t]))
    page.define("L", L, Fraction(1, 2) * Sum((h[t] - y[t]).T @ (h[t] - y[t]), (t, 1, T)))
    return page


class TestPyTorch:
    @staticmethod
    def loss(slope: Callable[[Any], Any]) -> Callable[..., Any]:
        """The loss of a leaky unit, with a tanh that has a pass backward of its own."""
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")

        class Own(torch.autograd.Function):  # type: ignore[misc, name-defined]  # PyTorch may not be there
            @staticmethod
            def forward(context: Any, a: Any) -> Any:
                value = torch.tanh(a)
                context.save_for_backward(value)
                return value

            @staticmethod
            def backward(context: Any, rate: Any) -> Any:
                (value,) = context.saved_tensors
                return rate * slope(value)

        def run(t: int, W: Any, U: Any, x: Any, y: Any, h_0: Any) -> Any:
            h, whole = h_0, 0.0
            for k in range(1, t + 1):
                h = 0.5 * h + Own.apply(W @ h + U @ x[k])
                whole = whole + 0.5 * ((h - y[k]) ** 2).sum()
            return whole

        return run

    def test_a_loss_is_differentiated_by_it_and_a_wrong_pass_backward_is_named(self) -> None:
        right, wrong = self.loss(lambda value: 1 - value**2), self.loss(lambda value: 1 - value)
        assert crosscheck_function(leaky(), of="L", fn=right, pytorch=True).outcome == "agree"
        found = crosscheck_function(derived_leaky(), fn=wrong, pytorch=True)
        assert (found.outcome, found.parameter, found.step) == ("disagree", "W", 1)

    def test_gradients_may_come_back_as_tensors(self) -> None:
        run = self.loss(lambda value: 1 - value**2)

        def gradients(t: int, W: Any, U: Any, x: Any, y: Any, h_0: Any) -> dict[str, Any]:
            run(t, W, U, x, y, h_0).backward()
            return {"W": W.grad, "dU": U.grad}

        assert crosscheck_function(derived_leaky(), fn=gradients, pytorch=True).outcome == "agree"

    def test_a_module_is_taken_as_it_is(self) -> None:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")

        class Unit(torch.nn.Module):  # type: ignore[misc, name-defined]  # PyTorch may not be there
            def __init__(self, *, detaches: bool = False, more: bool = False) -> None:
                super().__init__()
                self.W, self.U = (torch.nn.Parameter(torch.zeros(3, size)) for size in (3, 2))
                self.detaches = detaches
                if more:
                    self.b = torch.nn.Parameter(torch.zeros(3))

            def forward(self, x: Any, y: Any, h_0: Any) -> Any:
                h, whole = h_0, 0.0
                for k in range(1, len(x)):
                    before = h.detach() if self.detaches else h
                    h = 0.5 * before + torch.tanh(before @ self.W.T + x[k] @ self.U.T)
                    whole = whole + 0.5 * ((h - y[k]) ** 2).sum()
                return whole

        assert crosscheck_function(derived_leaky(), fn=Unit()).outcome == "agree"
        found = crosscheck_function(derived_leaky(), fn=Unit(detaches=True))
        assert (found.outcome, found.step) == ("disagree", 2)
        assert found.slip
        with pytest.raises(UsageError, match="the module has b, and the page has no such weight"):
            crosscheck_function(derived_leaky(), fn=Unit(more=True))
        with pytest.raises(UsageError, match="expected one parameter called W"):
            crosscheck_function(derived_leaky(), fn=torch.nn.Linear(2, 3))

    def test_what_returns_neither_a_loss_nor_gradients_is_told_so(self) -> None:
        pytest.importorskip("torch", reason="PyTorch is not installed")

        def run(t: int, W: Any, U: Any, x: Any, y: Any, h_0: Any) -> Any:
            return W

        with pytest.raises(UsageError, match="expected the loss, or a mapping of gradients"):
            crosscheck_function(derived_leaky(), fn=run, pytorch=True)


class TestStatesThatFollowFromOthers:
    """The state of an LSTM is made of its cell, and is read one step later all the same."""

    @staticmethod
    def page() -> Derivation:
        x, y, L, c, h = data("x", D), data("y", n), state("L"), state("c", n), state("h", n)
        f, o, tanh, sigma = state("f", n), state("o", n), function("tanh"), function("sigmoid")
        page = Derivation("A cell with a state of its own")
        page.define("f", f[t], sigma(weight("U_f", n, n) @ h[t - 1]))
        page.define("o", o[t], sigma(weight("U_o", n, n) @ h[t - 1] + weight("W_o", n, D) @ x[t]))
        page.define("c", c[t], hadamard(f[t], c[t - 1]) + weight("W_c", n, D) @ x[t])
        page.define("h", h[t], hadamard(o[t], tanh(c[t])))
        page.define("L", L, Fraction(1, 2) * Sum((h[t] - y[t]).T @ (h[t] - y[t]), (t, 1, T)))
        return page

    @classmethod
    @functools.cache
    def derived(cls) -> Derived:
        """Its gradients, derived once in a process."""
        return derive(cls.page(), question=QUESTION)

    @staticmethod
    def by_hand(slip: str) -> Callable[..., dict[str, Array]]:
        def run(
            t: int, U_f: Array, U_o: Array, W_o: Array, W_c: Array, x: Array, y: Array, h_0: Array, c_0: Array
        ) -> dict[str, Array]:
            h, c, f, o = {0: h_0}, {0: c_0}, {}, {}
            for k in range(1, t + 1):
                f[k], o[k] = sigmoid(U_f @ h[k - 1]), sigmoid(U_o @ h[k - 1] + W_o @ x[k])
                c[k] = f[k] * c[k - 1] + W_c @ x[k]
                h[k] = o[k] * np.tanh(c[k])
            found = {"U_f": 0 * U_f, "U_o": 0 * U_o, "W_o": 0 * W_o, "W_c": 0 * W_c}
            dh, dc = 0 * h_0, 0 * c_0
            for k in range(t, 0, -1):
                dh = dh + h[k] - y[k]
                do = dh * (c[k] if slip == "argument" else np.tanh(c[k])) * o[k] * (1 - o[k])
                dc = dc + dh * (1 if slip == "gate" else o[k]) * (1 - np.tanh(c[k]) ** 2)
                df = dc * c[k - 1] * f[k] * (1 - f[k])
                added = {"U_f": np.outer(df, h[k - 1]), "U_o": np.outer(do, h[k - 1])}
                added |= {"W_o": np.outer(do, x[k]), "W_c": np.outer(dc, x[k])}
                found = {name: value + added[name] for name, value in found.items()}
                dh, dc = U_f.T @ df + U_o.T @ do, dc * f[k]
            return found

        return run

    @pytest.mark.parametrize(
        ("slip", "said"),
        [("", ""), ("gate", "the factor o_t is missing in δc_t"), ("argument", "c_t stands for tanh(c_t) in δo_t")],
    )
    def test_are_given_at_step_0_and_a_slip_stands_at_the_last_step_too(self, slip: str, said: str) -> None:
        found = crosscheck_function(self.derived(), fn=self.by_hand(slip), question=QUESTION, points=1)
        assert found.outcome == ("disagree" if slip else "agree")
        assert unicodedata.normalize("NFC", found.slip) == unicodedata.normalize("NFC", said)
