"""Letters that run backwards in time: δ_t from δ_{t+1}, from δ_T or δ_{T+1} on."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbptt.errors import PageError
from symbptt.functions import activation
from symbptt.judging.claims import verdict_on
from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    Expr,
    Sum,
    Zero,
    d,
    data,
    diag,
    function,
    gradient,
    hadamard,
    indices,
    kronecker,
    ones,
    partial,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.proofs.adjoint import follow_adjoint
from symbptt.proofs.backwards import Backwards, candidates, running
from symbptt.reader.note import read
from symbptt.text.document import split_document
from symbptt.verdicts import Question, Verdict
from tests.pages import UNEXPLAINED, as_note, words_of

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


def running_from(body: Expr = TRUE, base: Expr | None = None) -> Derivation:
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
    found = said(running_from(body, base), delta[t], gradient(loss, z[t]))
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
    assert said(running_from(), gradient(loss, weight_of), Sum(right, (t, 1, T))).word == word


def test_a_row_stands_in_numerator_layout_too() -> None:
    page = running_from()
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


def test_a_loss_is_no_function_of_what_runs_backwards_from_it() -> None:
    assert said(running_from(), d(loss, delta[t]), delta[t].T).word == "ill-typed"


def both_ways(base: Expr | None = None) -> Derivation:
    """A network with a state in each direction."""
    page = Derivation("A bidirectional network")
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
    page.define("r", carry[t], phi(W.T @ carry[t + 1] + U @ x[t]))
    if base is not None:
        page.define("base", carry[T + 1], base)
    page.define("o", o[t], V @ (h[t] + carry[t]))
    page.define("L", loss, Fraction(1, 2) * Sum((o[t] - y[t]).T @ (o[t] - y[t]), (t, 1, T)))
    return page


@pytest.mark.parametrize("base", [None, Zero(h[1])])
def test_a_state_that_runs_backwards_is_differentiated_by_unrolling(base: Expr | None) -> None:
    jacobian = diag(slope(phi, W.T @ carry[t + 1] + U @ x[t])) @ W.T
    assert said(both_ways(base), partial(carry[t], carry[t + 1]), jacobian).word == "proved"
    assert said(both_ways(base), partial(carry[t], carry[t + 1]), jacobian.T).word == "refuted"
    through = partial(carry[t], U) + partial(carry[t], carry[t + 1]) @ d(carry[t + 1], U)
    assert said(both_ways(base), d(carry[t], U), through).word == "proved"
    assert said(both_ways(base), d(carry[t], U), partial(carry[t], U)).word == "refuted"
    total = Sum((o[t] - y[t]).T @ d(o[t], W), (t, 1, T))
    assert said(both_ways(base), d(loss, W), total).word == "proved"
    forwards = Sum((o[t] - y[t]).T @ V @ d(h[t], W), (t, 1, T))
    assert said(both_ways(base), d(loss, W), forwards).word == "refuted"
    earlier = d(loss, o[t]) @ V + d(loss, carry[t - 1]) @ partial(carry[t - 1], carry[t])
    assert said(both_ways(base), d(loss, carry[t]), earlier).word == "proved"


def test_a_letter_runs_one_way() -> None:
    page = network()
    with pytest.raises(PageError, match="from earlier and from later steps"):
        page.define("g", delta[t], delta[t + 1] + delta[t - 1])
    page = running_from()
    with pytest.raises(PageError, match="already defined by"):
        page.define("again", delta[t], W @ delta[t + 1])
    page = Derivation("No last step")
    page.define("h", h[t], phi(W @ h[t - 1]))
    page.define("g", delta[t], phi(W @ h[t + 1]))
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
    return words_of(as_note(*NOTE, *displays))[len(NOTE) :]


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


# --------------------------------------------------------------------------------------------------- every step


def by_hand(page: Derivation, claim: Equation) -> list[bool]:
    """Whether each equation that an induction downwards rests on is proved for every step, no number looked at."""
    (letter,) = running(page, claim)
    shown = [*Backwards(page, {letter: next(candidates(page, letter))}, 1).obligations()]
    return [follow_adjoint(page, one, one.start or 1, activation("any")).proved for one in shown]


@pytest.mark.parametrize(
    ("body", "base", "held"),
    [
        (TRUE, None, [True, True]),
        (TRUE, AT_THE_END, [True, True]),
        (hadamard(slope(phi, z[t + 1]), OUT + W.T @ delta[t + 1]), AT_THE_END, [False, True]),
        (hadamard(slope(phi, z[t]), OUT + W @ delta[t + 1]), AT_THE_END, [False, True]),
        (hadamard(slope(phi, z[t]), OUT - W.T @ delta[t + 1]), None, [False, True]),
        (TRUE, V.T @ (o[T] - y[T]), [True, False]),
        (TRUE, Zero(z[t]), [True, False]),
    ],
)
def test_an_induction_downwards_needs_each_step_and_the_last_one(
    body: Expr, base: Expr | None, held: list[bool]
) -> None:
    page = running_from(body, base)
    claim = page.claim("claim", delta[t], gradient(loss, z[t]))
    assert by_hand(page, claim) == held


def test_a_base_that_is_not_zero_behind_the_last_step_is_not_proved() -> None:
    page = network()
    page.define("base", delta[T + 1], z[T])
    page.define("delta", delta[t], TRUE)
    claim = page.claim("claim", delta[t], gradient(loss, z[t]))
    assert by_hand(page, claim) == [True, False]


@pytest.mark.parametrize("base", [None, AT_THE_END])
def test_what_runs_backwards_is_proved_for_every_step_and_any_sizes(base: Expr | None) -> None:
    total = Sum(delta[t] @ h[t - 1].T, (t, 1, T))
    for left, right in ((gradient(loss, z[t]), delta[t]), (gradient(loss, W), total)):
        found = said(running_from(TRUE, base), left, right)
        assert (found.word, found.method) == ("proved", "backwards")
        assert found.scope is not None
        assert (found.scope.steps, found.scope.sizes, found.scope.activation) == ("all", "any", "any")
        assert found.reason.startswith("by induction downwards delta_t is ")


def test_letters_that_no_derivative_is_found_for_are_what_they_are_defined_as() -> None:
    for left, right in (
        (gradient(loss, h[t]), OUT + carry[t]),
        (gradient(loss, W), Sum(delta[t] @ h[t - 1].T, (t, 1, T))),
    ):
        found = said(looped(1), left, right)
        assert (found.word, found.method) == ("proved", "backwards")
    assert said(looped(1), gradient(loss, h[t]), OUT - carry[t]).word == "refuted"
    assert said(looped(1), gradient(loss, W), Sum(carry[t] @ h[t - 1].T, (t, 1, T))).word == "refuted"


def test_a_letter_that_recurs_by_earlier_steps_is_no_case_for_an_induction_downwards() -> None:
    total = state("S", n)

    def summing() -> Derivation:
        page = running_from()
        page.define("S0", total[0], Zero(z[t]))
        page.define("S", total[t], total[t - 1] + delta[t])
        return page

    found = said(summing(), total[T], Sum(delta[t], (t, 1, T)))
    assert found.word == "proved"
    assert found.scope is not None
    assert found.scope.steps == "1..3"
    assert said(summing(), total[T], Sum(delta[t], (t, 2, T))).word == "refuted"


def adjoint_of_euler_steps(sign: int) -> Derivation:
    page = Derivation("Euler steps and their adjoint")
    eps, matrix = weight("eps", 1), weight("M", n, n)
    page.define("h", h[t + 1], h[t] + eps * phi(matrix @ h[t]))
    page.define("L", loss, ell(h[T]))
    page.define("last", column[T], d(ell(h[T]), h[T]).T)
    back = matrix.T @ hadamard(slope(phi, matrix @ h[t]), column[t + 1])
    page.define("lam", column[t], column[t + 1] + sign * eps * back)
    page.claim("state", column[t], gradient(loss, h[t]))
    inside = hadamard(slope(phi, matrix @ h[t]), column[t + 1]) @ h[t].T
    page.claim("weight", gradient(loss, matrix), eps * Sum(inside, (t, 0, T - 1)))
    page.claim("first", column[0], gradient(loss, h[0]))
    return page


def test_the_adjoint_of_a_discretised_equation_runs_from_the_last_state() -> None:
    true, false = adjoint_of_euler_steps(1), adjoint_of_euler_steps(-1)
    for tag in ("state", "weight", "first"):
        found = verdict_on(true, true[tag], SHORT)
        assert (found.word, found.method) == ("proved", "backwards")
        assert verdict_on(false, false[tag], SHORT).word == "refuted"


def lstm_backwards(forgotten: int) -> Derivation:
    """The backward pass of an LSTM in letters of its own; the cell's path goes through f of the step ``forgotten``."""
    page = Derivation("An LSTM and its backward pass")
    sigmoid, tanh = function("sigmoid"), function("tanh")
    c, dc, dh = state("c", n), state("dc", n), state("dh", n)
    gates = {name: state(name, n) for name in "ifog"}
    slopes = {name: state(f"dz{name}", n) for name in "ifog"}
    for name, gate in gates.items():
        inside = state(f"z{name}", n)
        page.define(f"z{name}", inside[t], weight(f"W{name}", n, m) @ x[t] + weight(f"U{name}", n, n) @ h[t - 1])
        page.define(name, gate[t], (tanh if name == "g" else sigmoid)(inside[t]))
    i, f, out, g = (gate[t] for gate in gates.values())
    page.define("c", c[t], hadamard(f, c[t - 1]) + hadamard(i, g))
    page.define("h", h[t], hadamard(out, tanh(c[t])))
    page.define("L", loss, Sum(ell(h[t], y[t]), (t, 1, T)))
    for letter in (dc, *slopes.values()):
        page.define(f"last {letter}", letter[T + 1], Zero(c[t]))
    after = [weight(f"U{name}", n, n).T @ one[t + 1] for name, one in slopes.items()]
    page.define("dh", dh[t], d(ell(h[t], y[t]), h[t]).T + after[0] + after[1] + after[2] + after[3])
    through = ones(c[t]) - hadamard(tanh(c[t]), tanh(c[t]))
    kept = hadamard(dc[t + 1], gates["f"][t + forgotten])
    page.define("dc", dc[t], hadamard(dh[t], out, through) + kept)
    page.define("dzi", slopes["i"][t], hadamard(dc[t], g, i, ones(i) - i))
    page.define("dzf", slopes["f"][t], hadamard(dc[t], c[t - 1], f, ones(f) - f))
    page.define("dzo", slopes["o"][t], hadamard(dh[t], tanh(c[t]), out, ones(out) - out))
    page.define("dzg", slopes["g"][t], hadamard(dc[t], i, ones(g) - hadamard(g, g)))
    page.claim("cell", dc[t], gradient(loss, c[t]))
    page.claim("weight", gradient(loss, weight("Uf", n, n)), Sum(slopes["f"][t] @ h[t - 1].T, (t, 1, T)))
    return page


def test_an_lstm_backward_pass_is_proved_for_every_step() -> None:
    true, false = lstm_backwards(1), lstm_backwards(0)
    for tag in ("cell", "weight"):
        found = verdict_on(true, true[tag], SHORT)
        assert (found.word, found.method) == ("proved", "backwards")
        assert verdict_on(false, false[tag], Question(steps=(1, 2), method="unrolled")).word == "refuted"


# --------------------------------------------------------------------------------------------------- the last step


def test_what_is_said_of_a_letter_at_the_last_step_alone_is_not_taken_to_hold_before() -> None:
    claims = (r"h_t = \tanh(W h_{t-1})", r"\frac{d h_t}{d U} = 0")
    cell = r"h_t = \tanh(W h_{t-1} + U x_t)"
    for stated in (r"x_T = 0", r"x_T = x_T"):
        rows = list(judge_note(as_note(cell, stated, *claims), question=UNEXPLAINED))
        assert not {row.word for row in rows[2:]} & {"proved", "holds-as-read"}
    output = [r"h_t = \tanh(W h_{t-1} + U x_t)", r"y_t = V h_t", r"y_T = V h_T", r"y_T = h_T"]
    assert words_of(as_note(*output)) == ["definition", "definition", "proved", "ill-typed"]


def test_a_sentence_says_where_a_recursion_begins() -> None:
    recursion = r"\delta_t = (1 - h_t^2) \odot (V^\top e_t + W^\top \delta_{t+1})"
    claim = r"\frac{d E}{d a_t} = \delta_t"
    note = as_note(*NOTE, recursion, claim, text=r"Let $\delta_{T+1} = 0$.")
    assert words_of(note)[-2:] == ["definition", "proved"]
    note = as_note(*NOTE, recursion, claim, text=r"Let $\delta_{T+1} = e_T$.")
    assert "proved" not in words_of(note)


# --------------------------------------------------------------------------------------------------- how it is printed


def test_a_loss_of_one_letter_at_its_step_is_no_product() -> None:
    loss = r"J = \sum_{t=1}^{T} \ell_t(h_t)"
    true = (
        r"\frac{d J}{d h_t} = \frac{\partial \ell_t}{\partial h_t}"
        r" + \frac{d J}{d h_{t+1}} \frac{\partial h_{t+1}}{\partial h_t}, \quad t < T"
    )
    false = r"\frac{d J}{d h_t} = \frac{\partial \ell_t}{\partial h_t}"
    assert words(loss, true, false) == ["definition", "proved", "refuted"]


def test_the_width_of_a_step_is_one_letter() -> None:
    cell = r"h_t = h_{t-1} + \Delta t\, f(h_{t-1}, \theta)"
    slope_of = r"\frac{\partial f(h_{t-1}, \theta)}{\partial h_{t-1}}"
    true = rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = I + \Delta t {slope_of}"
    rows = list(
        judge_note(as_note(cell, true, true.replace("I + ", ""), true.replace(r"\Delta t", "")), question=UNEXPLAINED)
    )
    assert [row.word for row in rows] == ["definition", "proved", "refuted", "refuted"]


EULER = r"x_{k+1} = x_k + \varepsilon \tanh(M x_k + u_k)"
COSTATE = r"\lambda_k = \lambda_{k+1} + \varepsilon M^\top \mathrm{diag}(1 - \tanh(M x_k + u_k)^2) \lambda_{k+1}"
GRADIENT = (
    r"\frac{d \Phi}{d M} = \varepsilon \sum_{k=0}^{N-1} \mathrm{diag}(1 - \tanh(M x_k + u_k)^2) \lambda_{k+1} x_k^\top"
)
SPOKEN = (
    r"The loss $\Phi$ is a function of the last state $x_N$. Put $\lambda_k$ for the column $\frac{d \Phi}{d x_k}$."
)


def told(words: str, *claims: str) -> list[str]:
    text = "\n\n".join([f"$${EULER}$$", words, *(f"$${claim}$$" for claim in claims)])
    return words_of(read(split_document(text, "note.md")))


def test_words_say_that_a_loss_is_of_the_last_state_and_what_a_letter_is_put_for() -> None:
    false = (COSTATE.replace("} + ", "} - ", 1), GRADIENT.replace(r"\lambda_{k+1}", r"\lambda_k"))
    assert told(SPOKEN, COSTATE, GRADIENT, *false) == ["definition", "proved", "proved", "refuted", "refuted"]
    for denied in (SPOKEN.replace("is a function", "is not a function"), SPOKEN.replace("Put", "Never put")):
        assert not set(told(denied, COSTATE, GRADIENT)) & {"proved", "holds-as-read"}


def test_a_recursion_without_a_last_step_holds_as_read_where_it_comes_from_zero() -> None:
    recursion = r"\delta_t = (1 - h_t^2) \odot (V^\top e_t + W^\top \delta_{t+1})"
    claims = [
        rf"\frac{{{sign} E}}{{{sign} W}} = \sum_{{t=1}}^T \delta_t {past}^\top"
        for sign in ("d", r"\partial")
        for past in ("h_{t-1}", "h_t")
    ]
    rows = list(judge_note(as_note(*NOTE, recursion, *claims), question=UNEXPLAINED))[len(NOTE) :]
    assert [row.word for row in rows] == ["definition", *("holds-as-read", "refuted") * 2]
    for verdict in (rows[1].verdict, rows[3].verdict):
        assert verdict is not None
        assert verdict.reading is not None
        assert verdict.reading.words.endswith("with delta_{T+1} = 0")
        assert verdict.literal == "refuted"


THROUGH = r"\mu_t = (1 - h_t^2) \odot \lambda_t"


@pytest.mark.parametrize("base", ["", r"\lambda_T = V^\top e_T"])
def test_what_stands_behind_the_last_step_is_zero_as_read_also_by_way_of_another_letter(base: str) -> None:
    recursion = r"\lambda_t = V^\top e_t + W^\top \mu_{t+1}"
    claim = r"\frac{\partial E}{\partial h_t} = V^\top e_t + W^\top \mu_{t+1}"
    displays = [one for one in (base, recursion, THROUGH) if one]
    found = words(*displays, claim, claim.replace(r"W^\top", "W"), r"\frac{\partial E}{\partial h_t} = \lambda_t")[
        len(displays) :
    ]
    # What the page says of λ_T needs nothing behind it; a claim on μ_{t+1} does, at T.
    assert found == ["holds-as-read", "refuted", "proved" if base else "holds-as-read"]


def test_what_is_said_of_a_step_has_the_letter_of_the_page() -> None:
    note = as_note(
        r"h_n = \tanh(W h_{n-1} + U x_n)",
        r"E = \sum_{n=1}^N \ell(h_n, y_n)",
        r"\lambda_N = \frac{\partial \ell(h_N, y_N)}{\partial h_N}",
        r"\lambda_n = \frac{\partial \ell(h_n, y_n)}{\partial h_n} + W^\top ((1 - h_{n+1}^2) \odot \lambda_{n+1})",
        r"\frac{\partial E}{\partial h_n} = \lambda_n",
    )
    *_, row = judge_note(note, question=UNEXPLAINED)
    assert row.word == "proved"
    assert row.verdict is not None
    assert "lambda_n is d E/d h_n" in row.verdict.reason
    assert "x_n, y_n are data" in note.assumed


def test_what_is_made_of_a_later_step_ends_where_the_page_says_how() -> None:
    page = (r"h_t = \tanh(w h_{t-1} + u x_t)", r"v_t = c h_t", r"y_t = r_t + \gamma v_{t+1}", "y_T = r_T")
    loss = r"M = \frac12 \sum_{t=1}^T (v_t - y_t)^2"
    claim = r"\frac{d M}{d \gamma} = -\sum_{t=1}^{%s} (v_t - y_t) v_{t+1}"
    note = as_note(*page, loss, claim % "T-1", claim % "T", text="Every letter is a number.")
    assert [row.word for row in judge_note(note, question=UNEXPLAINED)][3:] == [
        "definition",
        "definition",
        "proved",
        "refuted",
    ]
