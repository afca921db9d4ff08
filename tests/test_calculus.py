"""Slopes σ'(z), diag(·), products entry by entry ⊙ and gates: each true statement with a near twin that is not."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest

from symbptt.errors import NotationError, NotStated, PageError, Undecided
from symbptt.functions import TABLE, activation
from symbptt.judging.claims import prove
from symbptt.judging.comparison import crosscheck
from symbptt.judging.methods import METHODS, Bench
from symbptt.oracles import forward
from symbptt.oracles.spaces import NUMPY, Array
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import expand, tidied
from symbptt.page.notation import (
    Apply,
    Expr,
    Hadamard,
    Product,
    Sum,
    Zero,
    d,
    diag,
    function,
    hadamard,
    ones,
    partial,
    slope,
    state,
    substitute,
    weight,
)
from symbptt.page.shapes import check, shape, written
from symbptt.proofs.heads import ARGUMENT, Named, differentiated
from symbptt.proofs.onestep import relation
from symbptt.show.explain import explanation
from symbptt.verdicts import Question
from tests.pages import D, U, W, h, i, j, jacobian, n, phi, t, x

sigma, ell = function("sigma"), function("ell", 1)
z, g, r = state("z", n), state("g", n), state("r", n)
V, R, S = weight("V", n, D), weight("R", n, n), weight("S", n, n)

Sides = tuple[Expr, Expr]


def cell() -> Derivation:
    """h_t = σ(z_t), z_t = W h_{t-1} + U x_t."""
    page = Derivation("A cell in two lines")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], sigma(z[t]))
    return page


def pascanu() -> Derivation:
    """x_t = W σ(x_{t-1}) + U u_t (Pascanu, Mikolov and Bengio, 2013, equation 2), the state named h."""
    page = Derivation("On the difficulty of training recurrent neural networks")
    page.define("2", h[t], W @ sigma(h[t - 1]) + U @ x[t])
    return page


def filtered() -> Derivation:
    """A gated cell whose gates see the input only."""
    page = Derivation("Gates of inputs")
    page.define("z", z[t], sigma(V @ x[t]))
    page.define("g", g[t], phi(U @ x[t]))
    page.define("h", h[t], hadamard(z[t], h[t - 1]) + hadamard(ones(z[t]) - z[t], g[t]))
    return page


UPDATE, INNER = W @ h[t - 1] + U @ x[t], R @ h[t - 1] + V @ x[t]


def gated() -> Derivation:
    """A gated cell in one line: h_t = z ⊙ h_{t-1} + (1 - z) ⊙ φ(R h_{t-1} + V x_t), z = σ(W h_{t-1} + U x_t)."""
    page = Derivation("A gated cell")
    gate = sigma(UPDATE)
    page.define("h", h[t], hadamard(gate, h[t - 1]) + hadamard(ones(gate) - gate, phi(INNER)))
    return page


def gru() -> Derivation:
    """The gated recurrent unit (Cho and others, 2014) as it is printed, without biases."""
    page = Derivation("GRU")
    page.define("z", z[t], sigma(UPDATE))
    page.define("r", r[t], sigma(INNER))
    page.define("g", g[t], phi(S @ hadamard(r[t], h[t - 1]) + U @ x[t]))
    page.define("h", h[t], hadamard(ones(z[t]) - z[t], h[t - 1]) + hadamard(z[t], g[t]))
    return page


INSIDE = S @ hadamard(r[t], h[t - 1]) + U @ x[t]
KEPT, ADDED = diag(ones(z[t]) - z[t]), diag(g[t] - h[t - 1])

TRUE_AND_FALSE: list[tuple[str, Any, Sides, Sides]] = [
    ("slope", cell, (partial(h[t], z[t]), diag(slope(sigma, z[t]))), (partial(h[t], z[t]), diag(sigma(z[t])))),
    (
        "order",
        cell,
        (d(slope(sigma, z[t]), W), diag(slope(sigma, z[t], order=2)) @ d(z[t], W)),
        (d(slope(sigma, z[t]), W), diag(slope(sigma, z[t])) @ d(z[t], W)),
    ),
    ("step", cell, (jacobian(t), diag(slope(sigma, z[t])) @ W), (jacobian(t), diag(slope(sigma, z[t])) @ W.T)),
    (
        "total",
        cell,
        (d(h[t], W), diag(slope(sigma, z[t])) @ d(z[t], W)),
        (d(h[t], W), diag(slope(sigma, z[t])) @ partial(z[t], W)),
    ),
    ("entry by entry", cell, (diag(z[t]) @ h[t], hadamard(h[t], z[t])), (diag(z[t]) @ h[t], hadamard(z[t], z[t]))),
    (
        "matrices",
        cell,
        (hadamard(W, W @ diag(z[t])), hadamard(W @ diag(z[t]), W)),
        (hadamard(W, W @ diag(z[t])), hadamard(W, W) @ W),
    ),
    (
        "outer product",
        cell,
        (hadamard(z[t] @ h[t].T, W), diag(z[t]) @ W @ diag(h[t])),
        (hadamard(z[t] @ h[t].T, W), diag(h[t]) @ W @ diag(z[t])),
    ),
    (
        "ones",
        cell,
        (ones(z[t]).T @ diag(h[t]) @ z[t], h[t].T @ z[t]),
        (ones(z[t]).T @ z[t], ones(z[t]).T @ diag(z[t]) @ z[t]),
    ),
    (
        "Pascanu",
        pascanu,
        (jacobian(t), W @ diag(slope(sigma, h[t - 1]))),
        (jacobian(t), diag(slope(sigma, h[t - 1])) @ W),
    ),
    (
        "Pascanu transposed",
        pascanu,
        (jacobian(t), (diag(slope(sigma, h[t - 1])) @ W.T).T),
        (jacobian(t), W.T @ diag(slope(sigma, h[t - 1]))),
    ),
    (
        "Pascanu over several steps",
        pascanu,
        (partial(h[t], h[0]), Product(W @ diag(slope(sigma, h[j - 1])), (j, 1, t))),
        (partial(h[t], h[0]), Product(W @ diag(slope(sigma, h[j])), (j, 1, t))),
    ),
    ("gate", filtered, (partial(h[t], z[t]), diag(h[t - 1] - g[t])), (partial(h[t], z[t]), diag(h[t] - g[t]))),
    ("one minus", filtered, (partial(h[t], g[t]), diag(ones(z[t]) - z[t])), (partial(h[t], g[t]), diag(z[t]))),
    (
        "gated step",
        gated,
        (
            jacobian(t),
            diag(sigma(UPDATE))
            + diag(hadamard(slope(sigma, UPDATE), h[t - 1] - phi(INNER))) @ W
            + diag(hadamard(ones(h[t]) - sigma(UPDATE), slope(phi, INNER))) @ R,
        ),
        (
            jacobian(t),
            diag(sigma(UPDATE))
            + diag(hadamard(slope(sigma, UPDATE), h[t - 1])) @ W
            + diag(hadamard(ones(h[t]) - sigma(UPDATE), slope(phi, INNER))) @ R,
        ),
    ),
    ("GRU gate", gru, (partial(h[t], z[t]), ADDED), (partial(h[t], z[t]), -ADDED)),
    (
        "GRU reset",
        gru,
        (partial(g[t], r[t]), diag(slope(phi, INSIDE)) @ S @ diag(h[t - 1])),
        (partial(g[t], r[t]), diag(slope(phi, INSIDE)) @ diag(h[t - 1]) @ S),
    ),
    (
        "GRU step",
        gru,
        (jacobian(t), KEPT + ADDED @ partial(z[t], h[t - 1]) + diag(z[t]) @ partial(g[t], h[t - 1])),
        (jacobian(t), KEPT + ADDED @ partial(z[t], h[t - 1])),
    ),
]


@pytest.mark.parametrize(
    ("make", "true", "false"), [row[1:] for row in TRUE_AND_FALSE], ids=[row[0] for row in TRUE_AND_FALSE]
)
class TestTrueAndFalse:
    def test_it_is_proved_for_any_size_and_its_twin_refuted(self, make: Any, true: Sides, false: Sides) -> None:
        page = make()
        verdict = prove(page, page.claim("true", *true), Question((1, 2, 3)))
        assert (verdict.word, verdict.method) == ("proved", "adjoint")
        assert verdict.scope is not None
        assert (verdict.scope.activation, verdict.scope.sizes) == ("any", "any")
        verdict = prove(page, page.claim("false", *false), Question((1, 2, 3)))
        assert (verdict.word, verdict.method) == ("refuted", "unrolled")
        assert verdict.witness is not None

    def test_no_two_methods_disagree(self, make: Any, true: Sides, false: Sides) -> None:
        page = make()
        claims = page.claim("true", *true), page.claim("false", *false)
        bench = Bench(page)
        for claim, expected in zip(claims, ("proved", "refuted"), strict=True):
            found = {name: prove(page, claim, Question((1, 2), method=name), bench) for name in METHODS}
            assert {verdict.word for verdict in found.values()} <= {expected, "undecided"}
            assert found["unrolled"].word == expected
            assert not any("internal error" in verdict.reason for verdict in found.values())

    def test_the_recurrence_agrees_and_contradicts_its_twin(self, make: Any, true: Sides, false: Sides) -> None:
        page = make()
        claims = page.claim("true", *true), page.claim("false", *false)
        for name in ("tanh", "sigmoid", "softplus", "relu"):
            said = [row.outcome for row in crosscheck(page, claims, Question((1, 2, 3), activation=name))]
            assert said == ["agree", "disagree"], name


class TestOwnJacobians:
    def test_the_own_definition_is_differentiated_and_nothing_is_unrolled(self) -> None:
        page = gru()
        kept = diag(ones(z[t]) - z[t])
        own = page.claim("own", partial(h[t], h[t - 1], own=True), kept)
        whole = page.claim("whole", partial(h[t], h[t - 1]), kept)
        wrong = page.claim("wrong", partial(h[t], h[t - 1], own=True), diag(z[t]))
        found = [prove(page, claim, Question((1, 2))) for claim in (own, whole, wrong)]
        assert [verdict.word for verdict in found] == ["proved", "refuted", "refuted"]
        assert (str(own.left), str(whole.left)) == ("∂°h_t/∂h_{t-1}", "∂h_t/∂h_{t-1}")

    def test_it_is_the_jacobian_where_one_way_leads_to_the_state(self) -> None:
        page = pascanu()
        (left, right) = (page.resolve(partial(h[t], h[t - 1], own=own)) for own in (True, False))
        assert left == right


class TestNamedActivations:
    @pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "relu", "identity"])
    def test_a_slope_is_that_of_the_activation_asked_for(self, name: str) -> None:
        page = cell()
        true = page.claim("true", partial(h[t], z[t]), diag(slope(sigma, z[t])))
        false = page.claim("false", partial(h[t], z[t]), diag(slope(sigma, h[t])))
        asked = Question((1, 2), activation=name, method="unrolled")
        assert prove(page, true, asked).word == "proved"
        # Of relu the slope at h is that at z, and of the identity every slope is 1.
        assert prove(page, false, asked).word == {"identity": "proved", "relu": "undecided"}.get(name, "refuted")

    def test_tanh_has_the_slope_that_pages_print(self) -> None:
        page = cell()
        true = page.claim("true", slope(sigma, z[t]), ones(h[t]) - hadamard(h[t], h[t]))
        false = page.claim("false", slope(sigma, z[t]), hadamard(h[t], ones(h[t]) - h[t]))
        for claim, name, word in itertools.chain(
            ((true, name, word) for name, word in (("tanh", "proved"), ("sigmoid", "refuted"), ("any", "refuted"))),
            ((false, name, word) for name, word in (("tanh", "refuted"), ("sigmoid", "proved"), ("any", "refuted"))),
        ):
            assert prove(page, claim, Question((1, 2), activation=name)).word == word, (claim.tag, name)

    @pytest.mark.parametrize("asked", ["any", "relu"])
    def test_a_function_called_tanh_is_tanh_whatever_the_others_are(self, asked: str) -> None:
        tanh, sigmoid = function("tanh"), function("sigmoid")
        page = Derivation("A gate and what it lets through")
        page.define("z", z[t], sigmoid(W @ h[t - 1] + U @ x[t]))
        page.define("g", g[t], tanh(W @ h[t - 1]))
        page.define("r", r[t], phi(z[t]))
        page.define("h", h[t], hadamard(z[t], g[t]) + r[t])
        gate, body = diag(hadamard(z[t], ones(z[t]) - z[t])), diag(ones(g[t]) - hadamard(g[t], g[t]))
        true = [
            page.claim("dz", partial(z[t], h[t - 1]), gate @ W),
            page.claim("dg", partial(g[t], h[t - 1]), body @ W),
            page.claim("dr", partial(r[t], h[t - 1]), partial(r[t], z[t]) @ gate @ W),
        ]
        false = [
            page.claim("z as tanh", partial(z[t], h[t - 1]), diag(ones(z[t]) - hadamard(z[t], z[t])) @ W),
            page.claim("g as sigmoid", partial(g[t], h[t - 1]), diag(hadamard(g[t], ones(g[t]) - g[t])) @ W),
            page.claim("r without", partial(r[t], h[t - 1]), partial(r[t], z[t]) @ W),
        ]
        question = Question((1, 2), activation=asked)
        assert [prove(page, claim, question).word for claim in true] == ["proved"] * 3
        assert [prove(page, claim, question).word for claim in false] == ["refuted"] * 3

    def test_a_scope_names_every_function_that_is_what_it_is_called(self) -> None:
        tanh, sigmoid = function("tanh"), function("sigmoid")
        page = Derivation("Two activations")
        page.define("z", z[t], sigmoid(W @ h[t - 1] + U @ x[t]))
        page.define("h", h[t], tanh(z[t]))
        claim = page.claim("dh", partial(h[t], z[t]), diag(ones(h[t]) - hadamard(h[t], h[t])))
        for method in ("indexed", "unrolled"):
            verdict = prove(page, claim, Question((1, 2), method=method))
            assert verdict.scope is not None
            assert (verdict.word, verdict.scope.activation) == ("proved", "sigmoid and tanh")

    def test_a_slope_of_any_order_is_sympys(self) -> None:
        def slope(name: str, order: int) -> Any:
            return differentiated(activation(name), "phi", order)

        assert slope("tanh", 1) == 1 - Named.of("tanh", ARGUMENT) ** 2
        assert slope("relu", 1) == Named.of("step", ARGUMENT)
        assert slope("relu", 2) == 0
        assert slope("relu", 0) == Named.of("relu", ARGUMENT)
        assert [slope("identity", order) for order in range(3)] == [ARGUMENT, 1, 0]
        assert slope("any", 2).orders == (2,)
        assert str(slope("any", 2).args[0]) == "phi"

    def test_the_slopes_of_the_oracle_are_those_of_its_activations(self) -> None:
        def by_hand(name: str, at: Array) -> Array:
            return np.asarray(forward.slope(NUMPY, name, at[:, np.newaxis], NUMPY.named(name, at[:, np.newaxis]))[:, 0])

        for name, row in TABLE.items():
            a = np.random.default_rng(1).uniform(-3 if row.above is None else row.above + 0.1, 3, 50)
            by_step = np.imag(NUMPY.named(name, a + 1e-30j)) / 1e-30
            assert np.allclose(by_hand(name, a), by_step, rtol=1e-14, atol=1e-15), name
            # It goes through a complex number itself, so that what has a slope in it is differentiated too.
            assert np.allclose(np.real(by_hand(name, a + 1e-30j)), by_hand(name, a), rtol=1e-14, atol=1e-15), name
            assert not np.allclose(by_hand(name, a) + 1e-9, by_step, rtol=1e-14, atol=1e-15), name

    def test_the_oracle_has_slopes_only(self) -> None:
        page = cell()
        one = page.claim("1", d(slope(sigma, z[t]), W), d(slope(sigma, z[t]), W))
        two = page.claim("2", d(slope(sigma, z[t], order=2), W), d(slope(sigma, z[t], order=2), W))
        first, second = crosscheck(page, (one, two), Question((1, 2)))
        assert first.outcome == "agree"
        assert second.outcome == "no oracle"
        assert "order 2" in second.reason


class TestShapes:
    @pytest.mark.parametrize(
        ("right", "said"),
        [
            (hadamard(h[t], x[t]), "h_t is n×1 and x_t is d×1: a product entry by entry needs one shape for all"),
            (hadamard(h[t], h[t].T), "h_t is n×1 and h_tᵀ is 1×n: a product entry by entry"),
            (hadamard(h[t], 2), "h_t is n×1 and 2 is 1×1: a product entry by entry"),
            (diag(W) @ h[t], "W is n×n: only a column, n×1, makes a diagonal matrix"),
            (diag(h[t].T) @ h[t], "h_tᵀ is 1×n: only a column, 1×1, makes a diagonal matrix"),
            (diag(x[t]) @ h[t], "diag(x_t) is d×d and h_t is n×1: a product needs d rows on its right, not n"),
            (diag(h[t]), "the left side is n×1 and the right side n×n"),
            (1 - h[t], "1 is 1×1 and -h_t is n×1"),
            (ones(x[t]) - h[t], "1 is d×1 and -h_t is n×1"),
            (Apply(sigma, (h[t], h[t]), 1), "sigma acts on each entry of one argument, but sigma'(h_t, h_t) has 2"),
        ],
        ids=str,
    )
    def test_what_does_not_compose_is_ill_typed_by_every_method(self, right: Expr, said: str) -> None:
        page = cell()
        claim = page.claim("c", h[t], right)
        for name in (*METHODS, None):
            verdict = prove(page, claim, Question(method=name))
            assert verdict.word == "ill-typed"
            assert said in verdict.reason

    def test_a_definition_that_does_not_compose_is_refused_with_its_place(self) -> None:
        page = Derivation("A slip")
        page.define("h", h[t], hadamard(h[t - 1], x[t]))
        with pytest.raises(PageError, match=r"equation \(h\): sizes do not compose: h_\{t-1\} is n×1 and x_t is d×1"):
            check(page)

    def test_each_new_node_has_its_shape(self) -> None:
        page = cell()
        for node, expected in (
            (slope(sigma, W @ h[t]), "n×1"),
            (slope(sigma, W), "n×n"),
            (diag(x[t]), "d×d"),
            (hadamard(U, U), "n×d"),
            (ones(U), "n×d"),
        ):
            assert written(shape(page, node)) == expected

    def test_a_step_before_the_first_is_seen_inside_the_new_nodes(self) -> None:
        page = cell()
        claim = page.claim("c", h[t], hadamard(h[t], slope(sigma, diag(h[t - 2]) @ h[t])))
        assert prove(page, claim, Question((1,))).word == "not-stated"
        assert prove(page, claim, Question((2,))).word == "refuted"
        with pytest.raises(NotStated):
            Bench(page).unrolled({"n": 1, "d": 1}, "any")[0].side(ones(h[t - 2]) + h[t - 2], {"t": 1})


class TestInduction:
    """A definition may hold ⊙, diag, slopes and ones: its one-step relation is then derived as for any other."""

    @pytest.mark.parametrize(
        "body",
        [
            hadamard(sigma(UPDATE), h[t - 1]) + hadamard(ones(h[t - 1]) - sigma(UPDATE), phi(INNER)),
            diag(sigma(UPDATE)) @ h[t - 1],
            W @ diag(sigma(UPDATE)) @ R @ h[t - 1],
            slope(sigma, UPDATE) + slope(sigma, INNER, order=2),
            hadamard(W @ h[t - 1], W @ h[t - 1], h[t - 1]),
        ],
        ids=str,
    )
    def test_a_gated_cell_is_proved_for_every_step_and_a_slip_is_not(self, body: Expr) -> None:
        page = Derivation("A cell")
        page.define("h", h[t], body)
        one = page.claim("one", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
        cascade = Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W)
        total = page.claim("sum", d(h[t], W), Sum(cascade, (i, 1, t)))
        for claim in (one, total):
            verdict = prove(page, claim)
            assert (verdict.word, verdict.method) == ("proved", "induction")
            assert prove(page, claim, Question((1, 2), method="unrolled")).word == "proved"
        slip = page.claim("slip", d(h[t], W), partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W))
        assert prove(page, slip, Question((1, 2, 3), sizes={"n": 1, "d": 1})).word == "refuted"

    def test_the_one_step_relation_is_written_entry_by_entry(self) -> None:
        found = relation(pascanu(), diag(h[t - 1]) @ slope(sigma, U @ x[t]))
        entry = "Σ_{k=1..d} U[a,k] x_t[k]"
        assert found.component == f"h_{{t-1}}[a] sigma'({entry})"
        moved = f"sigma''(…) · h_{{t-1}}[a] · {entry.replace('U', 'dU')}"
        assert found.derivative == f"{moved} + dh_{{t-1}}[a] sigma'({entry})"
        assert found.states == (h[t - 1],)

    def test_a_diagonal_matrix_by_itself_is_not_differentiated_for_all_sizes(self) -> None:
        with pytest.raises(Undecided, match="is not differentiated for all sizes"):
            relation(gated(), W @ diag(h[t - 1]))

    def test_gates_of_inputs_are_proved_for_every_step_through_the_gate(self) -> None:
        page = filtered()
        through = partial(h[i], z[i]) @ d(z[i], V)
        true = page.claim("sum", d(h[t], V), Sum(Product(jacobian(j), (j, i + 1, t)) @ through, (i, 1, t)))
        false = page.claim("more", d(h[t], V), Sum(Product(jacobian(j), (j, i, t)) @ through, (i, 1, t)))
        far = page.claim(
            "far", partial(h[t], z[i]), Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], z[i]), for_each=[(i, 1, t)]
        )
        late = page.claim(
            "late", partial(h[t], z[i]), Product(jacobian(j), (j, i + 1, t)) @ partial(h[t], z[t]), for_each=[(i, 1, t)]
        )
        for claim in (true, far):
            assert (prove(page, claim).word, prove(page, claim).method) == ("proved", "induction")
            assert prove(page, claim, Question((1, 2, 3), method="unrolled")).word == "proved"
        for claim in (false, late):
            assert prove(page, claim).word == "refuted"

    def test_what_a_state_does_to_itself_is_told_for_later_steps_only(self) -> None:
        page = filtered()
        far = Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], z[i])
        claim = page.claim("far", partial(h[t], z[i]), far, for_each=[(i, 1, t)])
        told = "\n".join(explanation(page, claim, prove(page, claim), Question()))
        assert "a state its Jacobian, for t >= b+1:\n      ∂z_t/∂z_b = 0" in told

    @pytest.mark.parametrize("node", [diag(slope(sigma, z[t])), hadamard(z[t], h[t]), ones(z[t])], ids=str)
    def test_words_leave_open_what_they_have_no_letter_for(self, node: Expr) -> None:
        page = filtered()
        claim = page.claim("c", node, node)
        for name in ("induction", "words"):
            verdict = prove(page, claim, Question((1, 2), method=name))
            assert verdict.word == "undecided"
            assert "no reading in words" in verdict.reason
        assert prove(page, claim, Question((1, 2))).method == "adjoint"

    def test_a_slope_is_another_letter_than_the_function(self) -> None:
        page = filtered()
        same = page.claim("same", slope(sigma, h[t]), slope(sigma, h[t]))
        assert prove(page, same, Question(method="induction")).word == "proved"
        for twin in (sigma(h[t]), slope(sigma, h[t], order=2), slope(phi, h[t])):
            claim = page.claim(str(twin), slope(sigma, h[t]), twin)
            assert prove(page, claim, Question(method="induction")).word == "undecided"
            assert prove(page, claim).word == "refuted"


class TestNotation:
    def test_it_is_written_as_on_the_board(self) -> None:
        for node, expected in (
            (slope(sigma, z[t]), "sigma'(z_t)"),
            (slope(sigma, z[t], order=3), "sigma'''(z_t)"),
            (W @ diag(z[t]), "W · diag(z_t)"),
            (hadamard(z[t], h[t]), "z_t ⊙ h_t"),
            (hadamard(ones(z[t]) - z[t], W @ h[t]), "(1 - z_t) ⊙ (W · h_t)"),
            (W @ hadamard(z[t], h[t]), "W · (z_t ⊙ h_t)"),
            (hadamard(z[t], h[t]) + z[t], "z_t ⊙ h_t + z_t"),
            (hadamard(z[t], h[t]).T, "(z_t ⊙ h_t)ᵀ"),
            (d(hadamard(z[t], h[t]), W), "d (z_t ⊙ h_t)/d W"),
            (Sum(hadamard(z[t], h[t]), (t, 1, 2)), "Σ_{t=1..2} (z_t ⊙ h_t)"),
        ):
            assert str(node) == expected
            assert pickle.loads(pickle.dumps(node)) == node

    def test_products_entry_by_entry_associate_and_keep_their_order(self) -> None:
        assert hadamard(hadamard(z[t], h[t]), g[t]) == hadamard(z[t], hadamard(h[t], g[t]))
        assert hadamard(z[t], h[t]) != hadamard(h[t], z[t])

    def test_a_slope_keeps_its_primes_wherever_the_page_is_rebuilt(self) -> None:
        page = cell()
        node = diag(slope(sigma, z[t], order=2))
        assert page.resolve(node) == node
        assert substitute(node, {"t": 3}) == expand(node, {"t": 3}) == diag(slope(sigma, z[3], order=2))
        assert page.resolve(slope(sigma, z[t])) != page.resolve(sigma(z[t]))

    def test_an_empty_sum_beside_a_factor_is_shown_as_zero(self) -> None:
        node = expand(hadamard(z[t], Sum(h[i], (i, 2, t))), {"t": 1})
        assert isinstance(node, Hadamard)
        assert tidied(node) == Zero(h[i])

    @pytest.mark.parametrize(
        ("write", "said"),
        [
            (lambda: slope(ell, h[t]), "ell takes its arguments whole, and ' does not say which"),
            (lambda: slope(W, h[t]), "W is a weight, not a function: it has no slope"),
            (lambda: slope(sigma, h[t], order=-1), "sigma has -1 primes"),
            (lambda: slope(sigma, h[t], order=True), "sigma has True primes"),
            (lambda: slope(sigma, h[t], order=99), "sigma has 99 primes: expected a whole number up to 8"),
            (lambda: hadamard(h[t]), "needs two factors, not 1"),
            (lambda: hadamard(h[t], 0.5), "0.5 is not exact"),  # type: ignore[arg-type]  # on purpose
            (lambda: slope(sigma, 0.5), "0.5 is not exact"),  # type: ignore[arg-type]  # on purpose
        ],
        ids=range(8),
    )
    def test_what_the_notation_cannot_hold_is_refused(self, write: Any, said: str) -> None:
        with pytest.raises(NotationError) as caught:
            write()
        assert said in str(caught.value)
