from __future__ import annotations

import sys
from typing import Any

import pytest

from symbptt import Derivation, Sum, d, function, partial, state, weight
from symbptt.functions import activation, activations
from symbptt.judging.claims import prove
from symbptt.proofs.certificate import certify, states_in
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.graph import Graph, postorder
from symbptt.proofs.unrolled import Unrolling
from symbptt.verdicts import Question
from tests.pages import U, W, box, h, jacobian, n, phi, recurrence, t, x


def unrolling(sizes: int, name: str = "any", page: Derivation | None = None) -> Unrolling:
    return Unrolling(page or recurrence(), {"n": sizes, "d": sizes}, activation(name))


@pytest.mark.parametrize("name", activations())
def test_the_one_step_relation_is_checked_in_every_entry_at_every_step(name: str) -> None:
    compared, fails = certify(unrolling(2, name), [W, U], [h[6]])
    assert fails == ""
    assert compared == 6 * 2 * (4 + 4)


def test_a_wrong_derivative_of_a_state_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    # The graph is differentiated rightly but for one node, as a faulty walk would.
    right = Graph.rates

    def slipped(self: Graph, order: list[Any], symbols: list[Any]) -> list[dict[Any, Any]]:
        columns = right(self, order, symbols)
        for moves in columns:
            entry = next(node for node in reversed(order) if node in moves)
            moves[entry] = 2 * moves[entry]
        return columns

    monkeypatch.setattr(Graph, "rates", slipped)
    made = unrolling(1)
    made.side(partial(h[3], W), {})
    compared, fails = certify(made, [W], [h[3]])
    assert "fails in row 1" in fails
    assert compared > 0


def test_a_state_that_uses_several_others_is_checked_too() -> None:
    g, V = state("g", n), weight("V", n, n)
    page = recurrence()
    page.define("g", g[t], phi(V @ h[t] + W @ g[t - 1]))
    compared, fails = certify(unrolling(2, page=page), [W, V], [g[4]])
    assert fails == ""
    assert compared == (4 + 4) * 2 * (4 + 4)  # both states at each step, two rows, the entries of W and of V


def test_the_states_of_both_sides_are_found_at_their_latest_step() -> None:
    total = Sum(d(h[t - 1], W), (t, 1, t + 1))
    assert states_in([d(h[t], W), box()], {"t": 5}) == [h[5]]
    assert states_in([total], {"t": 5}) == [h[5]]


def test_a_large_step_is_proved_by_certificates_and_its_misreading_is_not() -> None:
    page = recurrence()
    true = page.claim("box", d(h[t], W), box())
    slip = page.claim("slip", d(h[t], W), box() + jacobian(t) @ partial(h[t - 1], W))
    question = Question((40,), {"n": 3, "d": 2}, "tanh", "unrolled")
    found = prove(page, true, question)
    assert found.word == "proved"
    assert found.scope is not None
    assert (found.scope.activation, found.scope.sizes, found.scope.steps) == ("tanh", {"n": 3, "d": 2}, "40")
    assert "by certificates" in found.reason
    wrong = prove(page, slip, question)
    assert wrong.word == "undecided"
    assert "words leave it open" in wrong.reason


def test_no_step_is_too_deep_for_the_recursion_limit() -> None:
    made = unrolling(1)
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(400)
        compared, fails = certify(made, [W], [h[600]])
    finally:
        sys.setrecursionlimit(limit)
    assert (compared, fails) == (600, "")


def test_the_derivative_costs_what_the_graph_costs() -> None:
    def nodes(step: int) -> int:
        made = unrolling(2)
        return len(postorder(list(made.side(d(h[step], W), {}).flat)))

    # Linear in t: the tree has 2^t leaves.
    assert nodes(80) - nodes(40) == nodes(120) - nodes(80)


@pytest.mark.parametrize("name", ["any", "tanh", "relu"])
def test_the_walk_gives_what_sympy_differentiates_down_to_six_steps(name: str) -> None:
    import sympy

    made = unrolling(2, name)
    value = made.state(h[6])[0, 0]
    symbol = sympy.Symbol("W[1,2]", real=True)
    column = made.variables(W).index(symbol)
    walked = made.side(d(h[6], W), {})[0, column]
    forms = NormalForms()
    assert forms.equal([walked], [sympy.diff(value, symbol)]) == [True]
    assert forms.equal([walked], [sympy.diff(value, sympy.Symbol("W[2,1]", real=True))]) == [False]


def test_an_arbitrary_cell_is_certified() -> None:
    cell, g, v = function("f", n), state("g", n), weight("v", n)
    page = Derivation("An arbitrary cell")
    page.define("g", g[t], cell(x[t], g[t - 1], v))
    compared, fails = certify(unrolling(2, page=page), [v], [g[5]])
    assert (compared, fails) == (5 * 2 * 2, "")


@pytest.mark.parametrize("name", ["any", "tanh", "sigmoid", "identity"])
def test_a_second_unrolling_of_the_same_page_costs_what_the_first_did(name: str) -> None:
    # SymPy finds equal nodes by comparing whole trees, which have 2^60 leaves here: it would not end.
    page = recurrence()
    results = []
    for _ in range(2):
        made = unrolling(2, name, page)
        results.append(certify(made, [W], [h[60]]))
        made.side(d(h[60], W), {})
    assert results == [(60 * 2 * 4, "")] * 2
