"""Witnesses: found at any step and size without writing a side out, small, and true by two ways through the page."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from sympy import S

from symbptt import Derivation, Product, Sum, block, concat, copy_at, d, data, partial, state, weight
from symbptt.errors import NotExact
from symbptt.functions import TABLE, activation, activations
from symbptt.judging.claims import prove
from symbptt.judging.evaluation import Entry, Walk
from symbptt.oracles.forward import Model
from symbptt.page.expansion import expand, instances, unstated
from symbptt.page.notation import Apply, Diag, Expr, Hadamard, Ones, Partial
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.heads import Arbitrary, Named
from symbptt.proofs.unrolled import Unrolling
from symbptt.refuting.duals import Dual, Duals, run_at
from symbptt.refuting.exactness import Exact, Fractions, Intervals
from symbptt.refuting.standins import Parity, Polynomial
from symbptt.refuting.witness import search
from symbptt.verdicts import Question, Witness
from tests.pages import U, W, box, h, i, j, jacobian, n, note, phi, recurrence, t

SIZES = {"n": 2, "d": 1}
g = data("g", n)


def ascending() -> Expr:
    return partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t - 1))


def transposed() -> Expr:
    return partial(h[t], W) + Sum(Product(jacobian(j).T, (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1))


def one_too_many() -> Expr:
    return partial(h[t], W) + Sum(Product(jacobian(j), (j, i, t)) @ partial(h[i], W), (i, 1, t - 1))


def refuted(right: Expr, step: int, name: str, **more: Any) -> Witness:
    page = recurrence()
    found = prove(page, page.claim("claim", d(h[t], W), right, **more), Question((step,), SIZES, name))
    assert found.word == "refuted", found.reason
    assert found.witness is not None
    return found.witness


def ends(said: str) -> tuple[Fraction, Fraction]:
    low, _, high = said.strip("[]").partition(", ")
    return Fraction(low), Fraction(high or low)


def is_true(witness: Witness) -> bool:
    (a, b), (c, e), (low, high) = map(ends, (witness.lhs, witness.rhs, witness.difference))
    slack = Fraction(4, 10**12)
    return (low > 0 or high < 0) and a - e - slack <= low <= high <= b - c + slack


# --------------------------------------------------------------------------------------------------- at any step


@pytest.mark.parametrize("name", ["any", "tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("slip", [ascending, transposed])
def test_an_order_that_shows_with_two_units_only_is_refuted_at_a_late_step(slip: Any, name: str) -> None:
    found = refuted(slip(), 20, name)
    assert (found.t, found.sizes["n"]) == (20, 2)
    assert is_true(found)


@pytest.mark.parametrize("name", ["any", "tanh", "softplus"])
@pytest.mark.parametrize("step", [14, 40])
def test_a_bound_that_is_off_is_refuted_with_one_unit_at_a_late_step(step: int, name: str) -> None:
    found = refuted(one_too_many(), step, name)
    assert (found.t, found.sizes["n"]) == (step, 1)
    assert is_true(found)


@pytest.mark.parametrize("name", ["any", "tanh"])
def test_a_slip_that_only_a_step_of_two_hundred_shows_is_refuted_there(name: str) -> None:
    late = d(h[t], W) + partial(h[t], W)
    found = refuted(late, 200, name, start=200)
    assert (found.t, found.sizes["n"]) == (200, 1)
    assert is_true(found)


@pytest.mark.parametrize("name", ["any", "tanh"])
@pytest.mark.parametrize("step", [20, 40])
def test_the_true_box_is_never_refuted_at_a_late_step(step: int, name: str) -> None:
    page = recurrence()
    same = box(), Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 0, t))
    for place, right in enumerate(same):
        claim = page.claim(str(place), d(h[t], W), right)
        assert prove(page, claim, Question((step,), SIZES, name)).word == "proved"
        sampled = prove(page, claim, Question((step,), SIZES, name, "sampled"))
        assert sampled.word == "undecided"
        assert "agree at a random point" in sampled.reason


def test_the_smallest_step_asked_for_at_which_it_fails_is_the_one_reported() -> None:
    page = recurrence()
    claim = page.claim("order", d(h[t], W), ascending())
    for steps, first in ((range(1, 30), 3), (range(2, 3), None), (range(17, 30), 17)):
        found = prove(page, claim, Question(tuple(steps), SIZES))
        assert (found.witness and found.witness.t) == first


def test_no_normal_form_takes_part_in_a_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a normal form was asked for")

    monkeypatch.setattr(NormalForms, "of", refuse)
    page = recurrence()
    for name in ("any", "tanh"):
        found = prove(page, page.claim(name, d(h[t], W), ascending()), Question((3, 20), SIZES, name, "sampled"))
        assert found.word == "refuted"
        assert found.witness is not None
        assert found.witness.t == 3


def test_a_small_difference_is_shown_with_the_decimals_that_tell_it_from_zero() -> None:
    numbers = Intervals({}, 160)
    third = numbers.rational(1, 3)
    apart = numbers.rational(1, 3 * 10**20)
    left, right, difference = numbers.shown([third + apart, third, apart])
    assert ends(difference)[0] > 0
    assert ends(left)[0] > ends(right)[1]
    assert numbers.shown([third]) == ["[0.333333333333, 0.333333333334]"]


# --------------------------------------------------------------------------------------------------- two ways


def page_with_everything() -> Derivation:
    """Copies, blocks, several steps, several states, two earlier states, powers, a first state and a loss."""
    page = note()
    k, w = state("k"), weight("w", 1)
    page.define("k", k[t], w @ k[t - 1] + k[t - 2] @ w)
    page.claim("powers", d(k[t], w), partial(k[t], k[1]) @ k[t - 1] ** 2 + w ** (t - 3) + d(k[2], w), start=3)
    page.claim("nested", d(d(k[t], w), w), d(k[t], w))
    page.claim("first", d(k[t], k[1]), d(k[t], k[0]))
    return page


@pytest.mark.parametrize("name", ["any", "relu", "identity", "tanh", "sigmoid", "softplus"])
def test_dual_numbers_agree_with_the_unrolled_graph_on_both_sides_of_every_equation(name: str) -> None:
    page = page_with_everything()
    sizes = {"n": 2, "d": 1, "q": 1}
    unrolling = Unrolling(page, sizes, activation(name))
    taken = dict.fromkeys(("phi_h", "phi_o", "ell"), Polynomial(0, 1))
    field: Exact = Fractions(taken) if name in ("any", "relu", "identity") else Intervals(taken, 320)
    draw = random.Random(7)
    compared = 0
    for equation in page:
        if equation.kind == "definition":
            continue
        for step in (1, 2, 3):
            if unstated(page, equation, step):
                continue
            for values, weight_ in instances(page, equation, step):
                for side in page.resolved(equation, weight_):
                    entries = list(unrolling.side(side, values).flat)
                    walk = Walk(entries)
                    point = {
                        str(symbol.name): Fraction(draw.choice((-3, -1, 1, 2)), draw.choice((2, 5)))
                        for symbol in walk.symbols
                    }
                    given = {name_: field.rational(v.numerator, v.denominator) for name_, v in point.items()}
                    run = run_at(Model(page, sizes, name), point, field)
                    try:
                        one = walk.values(given, field)
                    except NotExact:
                        continue
                    other = list(run.value(expand(side, values)).flat)
                    assert len(one) == len(other)
                    assert not any(field.apart(a, b) for a, b in zip(one, other, strict=True)), equation.tag
                    compared += len(one)
    assert compared > 1000


def test_dual_numbers_agree_on_copies_blocks_and_products_of_jacobians() -> None:
    page = recurrence()
    V = weight("V")
    page.define("V", V, concat(U, W).T)
    for at, side in enumerate(
        (d(h[t], copy_at(W, 2)), d(h[t], copy_at(V, 3)), block(d(h[t], V), W), block(partial(h[t], V), U), ascending())
    ):
        claim = page.claim(str(at), side, side)
        (resolved, _), values = page.resolved(claim), {"t": 3}
        entries = list(Unrolling(page, SIZES, activation("any")).side(resolved, values).flat)
        walk = Walk(entries)
        point = {str(symbol.name): Fraction(place % 5 - 2, 3) for place, symbol in enumerate(walk.symbols)}
        field = Fractions({"phi": Polynomial(1, 2)})
        run = run_at(Model(page, SIZES, "any"), point, field)
        assert walk.values(point, field) == list(run.value(expand(resolved, values)).flat)
        other = claim.left if at else d(h[t], copy_at(W, 1))
        twin = list(
            run.value(expand(page.resolved(page.claim(f"{at}'", other, other))[0], {"t": 2 + (at > 0) * 2})).flat
        )
        assert twin != walk.values(point, field)


@pytest.mark.parametrize("name", activations())
def test_a_slip_of_a_gated_cell_is_refuted_by_both_ways(name: str) -> None:
    a = W @ h[t - 1]
    page = Derivation("A gate beside a recurrence")
    page.define("h", h[t], phi(a) + Hadamard((g[t], h[t - 1])) + Ones(g[t]))
    step = Diag(Apply(phi, (a,), 1)) @ W
    for place, (right, word) in enumerate(
        (
            (step + Diag(g[t]), "proved"),
            (step - Diag(g[t]), "refuted"),
            (Diag(Apply(phi, (a,), 2)) @ W + Diag(g[t]), "refuted"),
            (W.T @ Diag(Apply(phi, (a,), 1)) + Diag(g[t]), "refuted"),
        )
    ):
        claim = page.claim(str(place), partial(h[t], h[t - 1]), right)
        assert prove(page, claim, Question((1, 2), SIZES, name)).word == word, (name, str(claim))


def test_a_witness_that_the_second_way_does_not_confirm_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    page = recurrence()
    claim = page.claim("box", d(h[t], W), box())
    wrong = page.claim("wrong", d(h[t], W), box() + box())
    question = Question((2,), SIZES, "any", "unrolled")

    def slip(self: Unrolling, node: Partial) -> Any:
        # The unrolled graph takes every Jacobian for its negative: a fault of symbptt, not of the page.
        made = right(self, node)
        return -made if node == partial(h[2], h[1]) else made

    right = Unrolling._partial
    monkeypatch.setattr(Unrolling, "_partial", slip)
    found = prove(page, claim, question)
    assert found.word == "undecided"
    assert "no exact value was found" in found.reason
    monkeypatch.undo()
    assert prove(page, claim, question).word == "proved"
    assert prove(page, wrong, question).word == "refuted"


def test_a_witness_is_not_reported_where_the_second_way_has_a_wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    page = recurrence()
    wrong = page.claim("wrong", d(h[t], W), box() + box())
    question = Question((2,), SIZES, "tanh", "unrolled")
    assert prove(page, wrong, question).word == "refuted"
    monkeypatch.setitem(TABLE, "tanh", replace(TABLE["tanh"], slope=lambda m, a, f: m.number(2, 1) - f * f))
    found = prove(page, wrong, question)
    assert (found.word, "no exact value was found" in found.reason) == ("undecided", True)


@pytest.mark.parametrize("name", TABLE)
def test_the_slope_of_each_activation_on_dual_numbers_is_its_difference_quotient(name: str) -> None:
    field: Exact = Fractions({}) if TABLE[name].rational else Intervals({}, 320)
    for at in (Fraction(-5, 4), Fraction(1, 3), Fraction(2)):
        if TABLE[name].above is not None:
            at = abs(at)
        tiny = Fraction(1, 10**40)
        values = [field.named(name, field.number(a.numerator, a.denominator)) for a in (at + tiny, at - tiny)]
        quotient = (values[0] - values[1]) * field.number(10**40, 2)
        moving = Dual(field.number(at.numerator, at.denominator), field.number(1, 1))
        error = abs((quotient - Duals(field).named(name, moving).slope)[0, 0])
        assert (error if isinstance(error, Fraction) else error.b) < 1e-30


def test_the_function_of_odd_and_even_is_smooth_and_has_these_values_and_slopes() -> None:
    taken = Parity(3, 5)
    p, q = (taken.even - taken.odd) / 2, (taken.even + taken.odd) / 2

    def smooth(s: float) -> float:
        return math.sin(math.pi * s / 2) ** 2 + math.sin(math.pi * s) * (p + q * math.cos(math.pi * s)) / math.pi

    def number(numerator: int, denominator: int) -> Fraction:
        return Fraction(numerator, denominator)

    for s in range(-3, 4):
        assert taken.of(Fraction(s), 0, number) == pytest.approx(smooth(s), abs=1e-12)
        slope = (smooth(s + 1e-6) - smooth(s - 1e-6)) / 2e-6
        assert taken.of(Fraction(s), 1, number) == pytest.approx(slope, abs=1e-6)
    for refused in ((Fraction(1, 2), 0), (Fraction(1), 2)):
        with pytest.raises(NotExact):
            taken.of(*refused, number)
    assert taken.said("phi", 0, 1) == "phi(a) = 0 with slope 3 at even a, 1 with slope 5 at odd a"


def test_what_has_no_exact_value_is_told_apart_nowhere() -> None:
    entry = Named.of("tanh", S.Zero) - Arbitrary.of("phi", 0, [S.Zero])
    assert search([(0, Entry(entry, entry))], lambda point, space: ([], [])) is None
