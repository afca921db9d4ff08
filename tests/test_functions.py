"""The table of named functions: every column of a row against the others, and a row that is added from outside."""

from __future__ import annotations

import math
import subprocess
import sys
import textwrap
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath.ctx_iv import MPIntervalContext

from symbptt import Derivation, d, data, diag, function, hadamard, ones, partial, sizes, slope, softmax, state, weight
from symbptt.emit.emission import emit, to_numpy
from symbptt.errors import NotExact
from symbptt.functions import TABLE, Digits, Intervals, NamedFunction, Rationals
from symbptt.judging.claims import prove
from symbptt.judging.comparison import crosscheck
from symbptt.oracles import forward
from symbptt.oracles.spaces import NUMPY, Array
from symbptt.page.notation import expr
from symbptt.reader.note import read_note
from symbptt.verdicts import Question
from tests.pages import ROOT, W, h, n, t

STEP = 1e-30


def points(row: NamedFunction) -> Array:
    return np.random.default_rng(3).uniform(-3 if row.above is None else row.above + 0.1, 3, 40)


def by_complex_step(values: Any, at: Array) -> Array:
    return np.asarray(np.imag(values(at + STEP * 1j)) / STEP)


def emitted(text: str, a: Array, f: Array) -> Array:
    return np.broadcast_to(eval(text, {"np": np, "a": a, "f": f}), a.shape)


@pytest.mark.parametrize("name", TABLE)
def test_the_emitted_text_of_a_function_has_its_value_and_both_slopes(name: str) -> None:
    row = TABLE[name]
    value, slope_text, bend_text = row.code
    a = points(row)
    f = NUMPY.named(name, a)

    def first(at: Array) -> Array:
        at = at[:, np.newaxis]
        return np.asarray(forward.slope(NUMPY, name, at, NUMPY.named(name, at))[:, 0])

    def close(one: Array, other: Array) -> bool:
        return np.allclose(one, other, rtol=1e-13, atol=1e-14)

    assert close(emitted(value, a, f), f)
    assert close(emitted(slope_text, a, f), by_complex_step(lambda at: NUMPY.named(name, at), a))
    assert close(emitted(bend_text, a, f), by_complex_step(first, a))
    # A text that is off shows, and one that drops the imaginary part would.
    assert not close(emitted(f"({value}) + 1e-9 * a", a, f), f)
    assert close(by_complex_step(lambda at: emitted(value, at, f), a), emitted(slope_text, a, f))


@pytest.mark.parametrize("name", TABLE)
def test_a_value_is_one_in_digits_intervals_and_doubles(name: str) -> None:
    row = TABLE[name]
    bounds, digits = MPIntervalContext(), mpmath.MPContext()
    bounds.prec = digits.prec = 200
    for a in points(row)[:10]:
        inside, exact = Intervals(bounds).named(name, bounds.mpf(a)), Digits(digits).named(name, digits.mpf(a))
        assert inside.a <= exact <= inside.b
        assert inside.delta <= abs(exact) * digits.mpf(2) ** -190 + digits.mpf(2) ** -190
        assert float(exact) == pytest.approx(float(NUMPY.named(name, np.array(a))), rel=1e-14)
        if row.rational:
            fraction = Rationals().named(name, Fraction(float(a)))
            assert abs(digits.mpf(fraction.numerator) / fraction.denominator - exact) <= digits.mpf(2) ** -190


def test_nothing_is_said_at_a_kink_and_outside_of_a_domain() -> None:
    bounds = MPIntervalContext()
    for name, low, high in (("relu", -1, 1), ("step", 0, 0), ("log", 0, 1), ("log", -2, -1), ("sqrt", -1, 1)):
        with pytest.raises(NotExact, match=TABLE[name].said):
            Intervals(bounds).named(name, bounds.mpf([low, high]))
    with pytest.raises(NotExact, match="kink at 0"):
        Rationals().named("relu", Fraction(0))
    with pytest.raises(NotExact, match="no rational value"):
        Rationals().named("exp", Fraction(0))
    assert Intervals(bounds).named("relu", bounds.mpf([1, 2])).b == 2


# --------------------------------------------------------------------------------------------------- on a page

U = weight("U", n, n)
g = state("g", n)


def page_of(name: str) -> Derivation:
    page = Derivation(name)
    page.define("g", g[t], W @ h[t - 1] + U @ h[t - 1])
    page.define("h", h[t], function(name)(g[t]))
    return page


def test_the_exponential_is_its_own_slope_and_nothing_else_is() -> None:
    page = page_of("exp")
    true = page.claim("true", partial(h[t], g[t]), diag(h[t]))
    false = page.claim("false", partial(h[t], g[t]), diag(hadamard(h[t], h[t])))
    found, wrong = prove(page, true, Question((1, 2))), prove(page, false, Question((1, 2)))
    assert (found.word, wrong.word) == ("proved", "refuted")
    assert found.scope is not None
    assert found.scope.activation == "exp"
    assert [row.outcome for row in crosscheck(page, [true, false], Question((2,)))] == ["agree", "disagree"]


@pytest.mark.parametrize("name", ["sin", "log", "sqrt", "silu"])
def test_a_claim_about_a_slope_is_proved_with_its_row_and_refuted_with_a_slip(name: str) -> None:
    page = page_of(name)
    z = g[t]
    right = {
        "sin": lambda: diag(function("cos")(z)),
        "log": lambda: diag(slope(function("log"), z)),
        "sqrt": lambda: diag(slope(function("sqrt"), z)),
        "silu": lambda: diag(function("sigmoid")(z) + hadamard(z, slope(function("sigmoid"), z))),
    }[name]()
    question = Question((1,), sizes={"n": 2})
    true = page.claim("true", partial(h[t], z), right)
    false = page.claim("false", partial(h[t], z), 2 * right)
    found, wrong = prove(page, true, question), prove(page, false, question)
    assert (found.word, wrong.word) == ("proved", "refuted"), (found.reason, wrong.reason)


def test_the_domain_of_a_logarithm_is_kept_by_witness_points_scope_and_code() -> None:
    page = page_of("log")
    z = g[t]
    one = page.claim("one", partial(h[t], z) @ z, ones(h[t]))
    two = page.claim("two", partial(h[t], z) @ z, 2 * ones(h[t]))
    jacobian = page.claim("jacobian", partial(h[t], h[t - 1]), diag(slope(function("log"), z)) @ (W + U))
    question = Question((1,), sizes={"n": 1}, method="unrolled")
    found = prove(page, one, question)
    assert found.word == "proved", found.reason
    assert found.scope is not None
    assert found.scope.activation == "log, where its argument is above 0"
    wrong = prove(page, two, question)
    assert wrong.word == "refuted"
    assert wrong.witness is not None
    w, u, first = (Fraction(wrong.witness.values[name]) for name in ("W[1]", "U[1]", "g_0[1]"))
    assert first > 0
    assert (w + u) * Fraction(math.log(first)) > 0
    (row,) = crosscheck(page, [jacobian], Question((1,), sizes={"n": 1}))
    assert row.outcome == "agree"
    assert "log is log, where its argument is above 0" in emit(page, one)


def test_a_tower_of_exponentials_is_looked_at_where_it_is_small() -> None:
    page = Derivation("A tower")
    page.define("h", h[t], function("exp")(W @ h[t - 1]))
    right = diag(h[t]) @ W
    true = page.claim("true", partial(h[t], h[t - 1]), right)
    false = page.claim("false", partial(h[t], h[t - 1]), 2 * right)
    rows = [row for step in (2, 5, 8) for row in crosscheck(page, [true, false], Question((step,)))]
    assert [row.outcome for row in rows] == ["agree", "disagree"] * 3
    assert all(math.isfinite(row.error) for row in rows)
    # Where no point is small enough, that is said.
    exp, s = function("exp"), state("s")
    page.define("s", s[t], exp(exp(s[t - 1])))
    (row,) = crosscheck(page, [page.claim("up", s[t], exp(exp(s[t - 1])))], Question((8,)))
    assert (row.outcome, "small enough for exp" in row.reason) == ("no oracle", True)
    with pytest.raises(NotExact, match="above 64"):
        Digits(mpmath.MPContext()).named("exp", mpmath.mpf(65))


def test_what_is_never_in_the_domain_has_no_oracle_and_no_witness() -> None:
    page = Derivation("Minus a square")
    w = weight("w", 1)
    s = state("s")
    page.define("s", s[t], function("log")(-1 * w * w))
    wrong = page.claim("wrong", d(s[t], w), 7 * w)
    found = prove(page, wrong, Question((1,)))
    assert found.word == "undecided"
    (row,) = crosscheck(page, [wrong], Question((1,)))
    assert row.outcome == "no oracle"
    assert "in the domain of log" in row.reason


def test_a_scope_says_the_kinks_of_a_function_that_stands_beside_an_arbitrary_one() -> None:
    page = Derivation("Two functions")
    page.define("g", g[t], function("relu")(W @ h[t - 1]))
    page.define("h", h[t], function("phi")(g[t]))
    two = page.claim("two", partial(h[t], h[t - 1]), diag(slope(function("phi"), g[t])) @ partial(g[t], h[t - 1]))
    found = prove(page, two, Question((1, 2), method="unrolled"))
    assert found.word == "proved"
    assert found.scope is not None
    assert found.scope.activation == "any"
    assert found.reason == "relu away from its kink at 0"


# --------------------------------------------------------------------------------------------------- wrong columns


@pytest.mark.parametrize("name", ["exp", "sin", "log"])
def test_a_wrong_derivative_in_either_column_is_never_a_verdict(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(name)
    row = TABLE[name]
    assert row.rule is not None
    rule = row.rule
    wrong = page.claim("wrong", partial(h[t], g[t]), 2 * diag(slope(function(name), g[t])))
    true = page.claim("true", partial(h[t], g[t]), diag(slope(function(name), g[t])))
    value = page.claim("value", partial(h[t], g[t]), partial(h[t], g[t]))
    question = Question((1,), sizes={"n": 1})
    assert [prove(page, claim, question).word for claim in (wrong, true)] == ["refuted", "proved"]
    # What the witness finds on SymPy's graph, dual numbers with another slope do not find.
    monkeypatch.setitem(TABLE, name, replace(row, slope=lambda m, a, f: m.number(3, 1) * row.slope(m, a, f)))
    assert prove(page, wrong, question).word != "proved"
    (said,) = crosscheck(page, [value], question, oracles=("complex step",))
    assert said.outcome == "agree"
    # A wrong rule is on both sides of a claim about a derivative; complex step knows the values alone.
    monkeypatch.setitem(TABLE, name, replace(row, rule=lambda f, a, at: 3 * rule(f, a, at)))
    (said,) = crosscheck(page, [value], question, oracles=("complex step",))
    assert said.outcome == "disagree"


# --------------------------------------------------------------------------------------------------- a row from outside

OUTSIDE = """
from symbptt.functions import TABLE, NamedFunction
TABLE["cube"] = NamedFunction(
    name="cube",
    called=("cube",),
    value=lambda m, a: a * a * a,
    rational=True,
    rule=lambda f, a, at: 3 * a**2,
    slope=lambda m, a, f: m.number(3, 1) * a * a,
    code=("a * a * a", "3.0 * a * a", "6.0 * a"),
    activation=True,
)
"""


def test_a_row_from_outside_is_read_proved_refuted_compared_emitted_and_typeset(tmp_path: Any) -> None:
    note = tmp_path / "note.tex"
    note.write_text(
        r"""
        The state is $$h_t = \mathrm{cube}(z_t), \qquad z_t = W h_{t-1} + U x_t.$$
        Then $$\frac{\partial h_t}{\partial z_t} = 3\,\mathrm{diag}(z_t \odot z_t) \tag{right}$$
        and also $$\frac{\partial h_t}{\partial z_t} = 2\,\mathrm{diag}(z_t \odot z_t) \tag{wrong}$$
        """
    )
    script = OUTSIDE + textwrap.dedent(
        f"""
        from pathlib import Path
        import numpy as np
        from symbptt import *
        from symbptt.commands.sources import *
        from symbptt.judging.comparison import crosscheck
        from symbptt.judging.claims import prove
        from symbptt.verdicts import Question
        from symbptt.emit.emission import to_numpy
        from symbptt.oracles.ways import available
        from symbptt.printing.tex import latex
        from symbptt.reader.note import read_note
        page = read_note(Path({str(note)!r})).vectors
        right, wrong = page["right"], page["wrong"]
        for activation in ("any", "cube"):
            question = Question((1, 2), activation=activation)
            found = [prove(page, claim, question) for claim in (right, wrong)]
            print([verdict.word for verdict in found], found[0].scope.activation, found[1].witness.difference)
        rows = list(crosscheck(page, [right, wrong], Question((2,)), oracles=available()))
        print(sorted({{(row.tag, row.outcome) for row in rows}}), len(rows) // 2 == len(available()))
        module = to_numpy(page, right, activation="cube")
        ones = np.ones((2, 2))
        print(module.gradient(1, W=ones, U=ones, x=ones, z_0=np.ones(2)).tolist())
        print([latex(side) for equation in page if equation.kind == "definition" for side in equation.chain])
        """
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # z_1 is 4 in each entry, and 3 · 4² is 48.
    assert done.stdout.splitlines() == [
        "['proved', 'refuted'] cube 1",
        "['proved', 'refuted'] cube 1",
        "[('right', 'agree'), ('right', 'no oracle'), ('wrong', 'disagree'), ('wrong', 'no oracle')] True",
        "[[48.0, 0.0], [0.0, 48.0]]",
        r"['h_{t}', '\\mathrm{cube}(z_{t})', 'z_{t}', 'W h_{t-1} + U x_{t}']",
    ]


# --------------------------------------------------------------------------------------------------- a softmax

(q,) = sizes("q")
V, o, p, y, l = weight("V", q, n), state("o", q), state("p", q), data("y", q), state("l")


def classifier() -> Derivation:
    """A cross entropy behind a softmax, l_t = -yᵀ log softmax(V h_t)."""
    page = Derivation("A classifier")
    page.define("h", h[t], function("tanh")(W @ h[t - 1]))
    page.define("o", o[t], V @ h[t])
    page.define("p", p[t], softmax(o[t]))
    page.define("l", l[t], -1 * y[t].T @ function("log")(p[t]))
    return page


@pytest.mark.parametrize("method", ["indexed", "unrolled"])
def test_the_jacobian_of_a_softmax_is_proved_and_a_slip_is_not(method: str) -> None:
    page = classifier()
    right = diag(p[t]) - p[t] @ p[t].T
    own = page.claim("own", partial(p[t], o[t]), right)
    chain = page.claim("chain", d(p[t], W), right @ V @ d(h[t], W))
    question = Question((1, 2), method=method)
    for claim in (own, chain):
        found = prove(page, claim, question)
        assert (found.word, found.scope and found.scope.sizes == "any") == ("proved", method == "indexed"), found.reason
        assert "where 1ᵀ · exp(o_t) is not 0" in found.reason
    slips = [diag(p[t]) - o[t] @ p[t].T, diag(p[t]) + p[t] @ p[t].T, diag(p[t]), diag(o[t]) - p[t] @ p[t].T]
    for place, slip in enumerate(slips):
        claim = page.claim(f"slip{place}", partial(p[t], o[t]), slip)
        assert prove(page, claim, Question((1, 2))).word == "refuted"
        assert prove(page, claim, question).word != "proved"


def test_the_gradient_of_a_cross_entropy_in_the_logits_needs_targets_that_sum_to_one() -> None:
    page = classifier()
    whole = page.claim("whole", partial(l[t], o[t]), ((ones(y[t]).T @ y[t]) * p[t] - y[t]).T)
    short = page.claim("short", partial(l[t], o[t]), (p[t] - y[t]).T)
    one = page.claim("one", ones(p[t]).T @ p[t], expr(1))
    two = page.claim("two", ones(p[t]).T @ p[t], expr(2))
    words = [prove(page, claim, Question((1,), sizes={"n": 1})).word for claim in (whole, short, one, two)]
    assert words == ["proved", "refuted", "proved", "refuted"]


def test_a_softmax_agrees_with_complex_step_and_runs_as_code() -> None:
    page = classifier()
    right = page.claim("right", d(p[t], V), (diag(p[t]) - p[t] @ p[t].T) @ partial(o[t], V))
    wrong = page.claim("wrong", d(p[t], V), diag(p[t]) @ partial(o[t], V))
    rows = list(crosscheck(page, [right, wrong], Question((2,))))
    assert [row.outcome for row in rows] == ["agree", "disagree"]
    draw = np.random.default_rng(5)
    given = {"W": draw.normal(size=(2, 2)), "V": draw.normal(size=(3, 2)), "h_0": draw.normal(size=2)}
    module = to_numpy(page, right)

    def logits(matrix: Array) -> Array:
        h_1 = np.tanh(given["W"] @ given["h_0"])
        powers = np.exp(matrix @ np.tanh(given["W"] @ h_1))
        return np.asarray(powers / powers.sum())

    columns = []
    for column in range(2):
        for row in range(3):
            moved = given["V"].astype(complex)
            moved[row, column] += STEP * 1j
            columns.append(np.imag(logits(moved)) / STEP)
    assert np.allclose(module.gradient(2, **given), np.stack(columns, axis=-1), rtol=1e-13)


def test_the_names_of_functions_are_words_of_a_note_however_they_are_typed(tmp_path: Path) -> None:
    def definition(text: str) -> str:
        note = tmp_path / "note.md"
        note.write_text(f"$$h_t = {text}$$\n\n$$z_t = W h_{{t-1}} + U x_t$$\n")
        page = read_note(note).vectors
        return next((str(e.right) for e in page or () if e.tag == "L1"), "unread")

    for row in TABLE.values():
        for name in row.called:
            assert definition(rf"\mathrm{{{name}}}(z_t)") == definition(f"{name}(z_t)") == f"{name}(z_t)"
    assert definition(r"\cos(z_t)") == "cos(z_t)"
    # A root has its argument in braces, and what stands behind them is a factor.
    assert definition(r"\sqrt{z_t}") == "sqrt(z_t)"
    assert definition(r"\sqrt{d} z_t") == "sqrt(d) · z_t"
    assert definition("cW(z_t)") == "c · W · z_t"
