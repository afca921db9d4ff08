"""Letters that run backwards in time: δ_t from δ_{t+1}, from δ_T or δ_{T+1} on."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbptt.errors import PageError
from symbptt.judging.claims import verdict_on
from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Expr,
    Sum,
    Zero,
    d,
    data,
    function,
    gradient,
    hadamard,
    indices,
    kronecker,
    partial,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.verdicts import Question, Verdict
from tests.pages import as_note

t, T = indices("t T")
n, m, q = sizes("n d q")
h, z, o, loss, part = state("h", n), state("z", n), state("o", q), state("L"), state("l")
delta, carry, raw, column = state("delta", n), state("r", n), state("p", n), state("lam", n)
x, y = data("x", m), data("y", q)
W, U, V = weight("W", n, n), weight("U", n, m), weight("V", q, n)
phi, ell = function("phi"), function("ell", 1)
SHORT = Question(steps=(1, 2, 3))
OUT = V.T @ (o[t] - y[t])
TRUE = hadamard(slope(phi, z[t]), OUT + W.T @ delta[t + 1])


def network() -> Derivation:
    page = Derivation("A recurrent network with a squared error")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], phi(z[t]))
    page.define("o", o[t], V @ h[t])
    page.define("L", loss, Fraction(1, 2) * Sum((o[t] - y[t]).T @ (o[t] - y[t]), (t, 1, T)))
    return page


def running(body: Expr = TRUE, base: Expr | None = None) -> Derivation:
    """The network with δ_t from δ_{t+1}; the base is δ_T where one is given, δ_{T+1} = 0 elsewhere."""
    page = network()
    if base is None:
        page.define("base", delta[T + 1], Zero(z[t]))
    else:
        page.define("base", delta[T], base)
    page.define("delta", delta[t], body)
    return page


def said(page: Derivation, left: Expr, right: Expr, question: Question = SHORT) -> Verdict:
    return verdict_on(page, page.claim("claim", left, right), question)


AT_THE_END = hadamard(slope(phi, z[T]), V.T @ (o[T] - y[T]))


@pytest.mark.parametrize(
    ("body", "base", "word"),
    [
        (TRUE, None, "proved"),
        (TRUE, AT_THE_END, "proved"),
        (hadamard(slope(phi, z[t + 1]), OUT + W.T @ delta[t + 1]), AT_THE_END, "refuted"),
        (hadamard(slope(phi, z[t]), OUT + W @ delta[t + 1]), None, "refuted"),
        (hadamard(slope(phi, z[t]), OUT) + W.T @ delta[t + 1], None, "refuted"),
        (TRUE, V.T @ (o[T] - y[T]), "refuted"),
        (TRUE, Zero(z[t]), "refuted"),
    ],
)
def test_a_recursion_is_the_derivative_of_the_loss_or_is_not(body: Expr, base: Expr | None, word: str) -> None:
    found = said(running(body, base), delta[t], gradient(loss, z[t]))
    assert found.word == word
    assert (found.witness is not None) == (word == "refuted")


@pytest.mark.parametrize(
    ("weight_of", "right", "word"),
    [
        (W, delta[t] @ h[t - 1].T, "proved"),
        (W, delta[t] @ h[t].T, "refuted"),
        (W, h[t - 1] @ delta[t].T, "refuted"),
        (U, delta[t] @ x[t].T, "proved"),
        (U, delta[t + 1] @ x[t].T, "refuted"),
    ],
)
def test_a_gradient_is_built_from_it(weight_of: Expr, right: Expr, word: str) -> None:
    assert said(running(), gradient(loss, weight_of), Sum(right, (t, 1, T))).word == word


def test_a_row_stands_in_numerator_layout_too() -> None:
    page = running()
    total = Sum(kronecker(h[t - 1].T, delta[t].T), (t, 1, T))
    assert said(page, d(loss, W), total).word == "proved"


def test_without_a_base_it_starts_from_a_constant_behind_the_last_step() -> None:
    page = network()
    page.define("delta", delta[t], TRUE)
    found = said(page, delta[t], gradient(loss, z[t]))
    assert found.word == "refuted"
    assert found.witness is not None
    assert any(name.startswith("delta_2") for name in found.witness.values)


def looped(shift: int) -> Derivation:
    """Three letters that use each other, as in a backward pass that is written as a loop."""
    page = network()
    page.define("r", carry[T], Zero(z[t]))
    page.define("p", raw[t], OUT + carry[t])
    page.define("delta", delta[t], hadamard(slope(phi, z[t]), raw[t]))
    page.define("next", carry[t - 1], W.T @ delta[t - 1 + shift])
    return page


def test_several_letters_run_backwards_together() -> None:
    page = looped(1)
    assert said(page, raw[t], gradient(loss, h[t])).word == "proved"
    assert said(looped(1), delta[t], gradient(loss, z[t])).word == "proved"
    assert said(looped(1), carry[t], gradient(loss, h[t])).word == "refuted"
    page = network()
    page.define("p", raw[t], OUT + carry[t])
    with pytest.raises(PageError, match="defined by itself"):
        page.define("next", carry[t], W.T @ raw[t])


def test_a_recursion_may_hold_derivatives() -> None:
    page = network()
    page.define("l", part[t], Fraction(1, 2) * ((o[t] - y[t]).T @ (o[t] - y[t])))
    row = column.spelled("lam")
    page.define("last", row[T], d(part[T], h[T]).T)
    page.define("lam", row[t], d(part[t], h[t]).T + partial(h[t + 1], h[t]).T @ row[t + 1])
    assert said(page, row[t].T, d(loss, h[t])).word == "proved"
    page = network()
    page.define("l", part[t], Fraction(1, 2) * ((o[t] - y[t]).T @ (o[t] - y[t])))
    page.define("last", row[T], d(part[T], h[T]).T)
    page.define("lam", row[t], d(part[t], h[t]).T + partial(h[t + 1], h[t]) @ row[t + 1])
    assert said(page, row[t].T, d(loss, h[t])).word == "refuted"


def test_nothing_is_a_function_of_what_runs_backwards_and_it_is_not_differentiated_again() -> None:
    assert said(running(), d(loss, delta[t]), delta[t].T).word == "ill-typed"
    assert said(running(), d(delta[t], W), d(delta[t], W)).word == "undecided"
    page = running()
    page.define("S", state("S"), Sum(delta[t].T @ delta[t], (t, 1, T)))
    assert said(page, d(state("S"), W), d(state("S"), W)).word == "undecided"


def test_a_letter_runs_one_way() -> None:
    page = network()
    with pytest.raises(PageError, match="from earlier and from later steps"):
        page.define("g", delta[t], delta[t + 1] + delta[t - 1])
    page = running()
    with pytest.raises(PageError, match="already defined by"):
        page.define("again", delta[t], W @ delta[t + 1])
    page = Derivation("No last step")
    page.define("g", delta[t], phi(W @ delta[t + 1]))
    claim = page.claim("claim", delta[t], delta[t])
    with pytest.raises(PageError, match="expected a last step such as T"):
        verdict_on(page, claim)


NOTE = (
    r"a_t = W h_{t-1} + U x_t",
    r"h_t = \tanh(a_t)",
    r"e_t = V h_t - r_t",
    r"E = \frac12 \sum_{t=1}^{T} e_t^\top e_t",
)


def words(*displays: str) -> list[str]:
    rows = list(judge_note(as_note(*NOTE, *displays)))[len(NOTE) :]
    return [row.word if row.verdict is not None else row.kind for row in rows]


@pytest.mark.parametrize(
    ("base", "recursion"),
    [
        (r"\delta_{T+1} = 0", r"\delta_t = (1 - h_t^2) \odot (V^\top e_t + W^\top \delta_{t+1})"),
        (
            r"\delta_T = (1 - h_T^2) \odot V^\top e_T",
            r"\delta_t = (1 - h_t^2) \odot (V^\top e_t + W^\top \delta_{t+1}), \quad t = T-1, \dots, 1",
        ),
        (
            r"\delta_T = (1 - h_T^2) \odot V^\top e_T",
            r"\delta_t = (1 - h_t^2) \odot (V^\top e_t + W^\top \delta_{t+1}), \quad t < T",
        ),
    ],
)
def test_a_note_defines_backwards(base: str, recursion: str) -> None:
    true, false = r"\frac{d E}{d a_t} = \delta_t^\top", r"\frac{d E}{d h_t} = \delta_t^\top"
    assert words(base, recursion, true, false) == ["definition", "definition", "proved", "refuted"]
    wrong = recursion.replace(r"W^\top", "W")
    assert words(base, wrong, true) == ["definition", "definition", "refuted"]


def test_a_recursion_that_begins_before_the_last_step_needs_a_value_there() -> None:
    recursion = r"\delta_t = (1 - h_t^2) \odot (V^\top e_t + W^\top \delta_{t+1}), \quad t < T"
    claim = r"\frac{d E}{d a_t} = \delta_t^\top"
    assert words(recursion, claim) == ["unread", "undecided"]


def test_what_is_told_to_be_a_derivative_first_is_one_and_its_recursion_is_a_claim() -> None:
    told = r"\delta_t = \frac{d E}{d a_t}"
    recursion = r"\delta_t = (e_t^\top V + \delta_{t+1} W) \, \mathrm{diag}(1 - h_t^2), \quad t < T"
    wrong = recursion.replace(r"\delta_{t+1} W", r"\delta_{t+1} W^\top")
    assert words(told, recursion, wrong) == ["definition", "proved", "refuted"]


def test_what_recurs_first_is_that_and_to_be_a_derivative_is_a_claim() -> None:
    loss = r"J = \sum_{t=1}^{T} J_t"
    base = r"p_T = \frac{\partial J_T}{\partial h_T}"
    recursion = (
        r"p_t = \frac{\partial J_t}{\partial h_t} + p_{t+1} \frac{\partial h_{t+1}}{\partial h_t}, \; t = T-1, \dots, 1"
    )
    claims = (r"p_t = \frac{d J}{d h_t}", r"p_t = \frac{d J}{d h_{t+1}}")
    found = words(loss, base, recursion, *claims)
    assert found == ["definition", "definition", "definition", "proved", "refuted"]
