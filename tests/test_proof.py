from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from symbptt import Derivation, Product, Sum, block, concat, copy_at, d, data, function, partial, state, weight
from symbptt.errors import UsageError
from symbptt.functions import activation, activations
from symbptt.judging.claims import prove
from symbptt.judging.methods import METHODS, Bench, page_sizes
from symbptt.judging.pages import judge, select
from symbptt.page.notation import Expr, Letter, indices
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.unrolled import Unrolling
from symbptt.verdicts import Question, Verdict
from tests.pages import D, U, W, box, h, i, j, jacobian, n, note, phi, recurrence, t, x

UNROLLED = Question(method="unrolled")
FIRST_STEP = {"7": 2, "8": 3, "9": 2, "10a": 2, "10b": 2}
FIRST_REFUTED = {
    "box-total": (2, 1),
    "box-immediate": (2, 1),
    "box-bound": (2, 1),
    "box-index": (2, 1),
    "box-order": (3, 2),
    "5-immediate": (2, 1),
    "10-immediate": (4, 1),
}


def verdict(
    left: Expr, right: Expr, question: Question = UNROLLED, page: Derivation | None = None, **more: Any
) -> Verdict:
    page = page or recurrence()
    return prove(page, page.claim("claim", left, right, **more), question)


def word(left: Expr, right: Expr, question: Question = UNROLLED, page: Derivation | None = None, **more: Any) -> str:
    return verdict(left, right, question, page, **more).word


@pytest.fixture(scope="module")
def page() -> Derivation:
    return note()


class TestTheNote:
    @pytest.mark.parametrize("name", activations())
    def test_every_claim_is_proved_from_the_first_step_it_is_stated_for(self, page: Derivation, name: str) -> None:
        claims = [equation for equation in page if equation.kind == "claim"]
        judged = list(judge(page, claims, Question(method="unrolled", activation=name)))
        assert len(judged) == len(claims) == 14
        for row in judged:
            found = row.verdict
            assert found is not None
            assert found.word == "proved", row.tag
            assert found.method == "unrolled"
            assert found.scope is not None
            assert found.scope.activation == activation(name).said
            assert found.scope.sizes == {"n": 2, "d": 2, "q": 2}
            assert found.scope.steps == f"{FIRST_STEP.get(row.tag, 1)}..5"

    @pytest.mark.parametrize("step", range(1, 6))
    def test_every_claim_is_judged_at_each_step_alone(self, page: Derivation, step: int) -> None:
        bench = Bench(page)
        words = [
            prove(page, equation, Question((step,), method="unrolled"), bench).word
            for equation in page
            if equation.kind == "claim"
        ]
        expected = [
            "proved" if step >= FIRST_STEP.get(equation.tag, 1) else "not-stated"
            for equation in page
            if equation.kind == "claim"
        ]
        assert words == expected

    @pytest.mark.parametrize("sizes", [{"n": 1, "d": 1, "q": 1}, {"n": 3, "d": 1, "q": 2}])
    def test_every_claim_is_proved_for_scalars_and_for_other_sizes(
        self, page: Derivation, sizes: dict[str, int]
    ) -> None:
        claims = [equation for equation in page if equation.kind == "claim"]
        question = Question((1, 2, 3), sizes, method="unrolled")
        assert [row.word for row in judge(page, claims, question)] == ["proved"] * 14

    def test_every_misreading_is_refuted_at_the_first_step_and_size_at_which_it_can_be(self, page: Derivation) -> None:
        misreadings = [equation for equation in page if equation.kind == "misreading"]
        found = {}
        for row in judge(page, misreadings, Question()):
            judged = row.verdict
            assert judged is not None
            assert judged.word == "refuted"
            assert judged.witness is not None
            found[row.tag] = (judged.witness.t, judged.witness.sizes["n"])
        assert found == FIRST_REFUTED

    @pytest.mark.parametrize(("tag", "first"), [(tag, first) for tag, (first, _) in FIRST_REFUTED.items()])
    def test_below_that_step_no_misreading_can_be_told_from_the_truth(
        self, page: Derivation, tag: str, first: int
    ) -> None:
        below = prove(page, page[tag], Question(tuple(range(1, first)), method="unrolled"))
        assert below.word == "proved"

    @pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "softplus"])
    def test_every_misreading_is_refuted_for_each_nonlinear_activation(self, page: Derivation, name: str) -> None:
        for tag in FIRST_REFUTED:
            assert prove(page, page[tag], Question(activation=name, method="unrolled")).word == "refuted", tag

    def test_a_linear_activation_hides_the_order_of_the_jacobians(self, page: Derivation) -> None:
        question = Question(activation="identity", method="unrolled")
        assert prove(page, page["box-order"], question).word == "proved"
        assert prove(page, page["box-bound"], question).word == "refuted"

    def test_every_equation_asked_about_comes_back(self, page: Derivation) -> None:
        judged = list(judge(page, list(page), Question((1, 2))))
        assert [row.tag for row in judged] == [equation.tag for equation in page]
        assert [row.word == "definition" for row in judged] == [equation.kind == "definition" for equation in page]


class TestMeaning:
    def test_the_total_derivative_is_the_sum_over_the_copies_of_the_weight(self) -> None:
        (k,) = indices("k")
        copies = Sum(d(h[t], copy_at(W, k)), (k, 1, t))
        assert word(d(h[t], W), copies) == "proved"
        assert word(d(h[t], W), Sum(d(h[t], copy_at(W, k)), (k, 2, t))) == "refuted"

    def test_the_immediate_partial_is_the_derivative_in_the_last_copy(self) -> None:
        assert word(partial(h[t], W), d(h[t], copy_at(W, t))) == "proved"
        assert word(partial(h[t], W), d(h[t], W)) == "refuted"

    def test_a_jacobian_over_several_steps_is_the_descending_product(self) -> None:
        ranges = [(i, 1, t)]
        product = Product(jacobian(j), (j, i + 1, t))
        assert word(partial(h[t], h[i]), product, for_each=ranges) == "proved"
        ascending = Product(jacobian(j), (j, i + 1, t), ascending=True)
        assert word(partial(h[t], h[i]), ascending, for_each=ranges) == "refuted"

    def test_a_sum_from_zero_is_the_same_because_the_first_state_is_constant(self) -> None:
        from_zero = partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 0, t - 1))
        assert word(d(h[t], W), from_zero) == "proved"

    def test_a_first_state_that_depends_on_the_weight_adds_a_term(self) -> None:
        def page() -> Derivation:
            started = recurrence()
            started.define("start", h[0], W @ data("z", n)[0])
            return started

        whole = box() + Product(jacobian(j), (j, 1, t)) @ d(h[0], W)
        assert word(d(h[t], W), whole, page=page()) == "proved"
        without = verdict(d(h[t], W), box(), page=page())
        assert without.word == "refuted"
        assert without.witness is not None
        assert without.witness.t == 1

    def test_real_time_recurrent_learning_is_one_step_forward(self) -> None:
        assert word(d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W)) == "proved"
        assert word(d(h[t], W), partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W)) == "refuted"

    def test_the_remainder_of_truncation_is_exact(self) -> None:
        (tau,) = indices("tau")

        def truncated(last: Expr) -> Expr:
            kept = Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, t - tau + 1, t))
            return kept + Product(jacobian(j), (j, t - tau + 1, t)) @ last

        ranges = [(tau, 1, t)]
        assert word(d(h[t], W), truncated(d(h[t - tau], W)), for_each=ranges) == "proved"
        assert word(d(h[t], W), truncated(partial(h[t - tau], W)), for_each=ranges) == "refuted"

    def test_the_columns_of_a_concatenated_weight_are_those_of_its_parts(self) -> None:
        def page() -> Derivation:
            joined = recurrence()
            joined.define("V", V, concat(U, W).T)
            return joined

        V = weight("V")
        assert word(block(d(h[t], V), W), d(h[t], W), page=page()) == "proved"
        question = Question(sizes={"n": 2, "d": 2}, method="unrolled")
        twin = verdict(block(d(h[t], V), U), d(h[t], W), question, page())
        assert twin.word == "ill-typed"
        assert "the left side is n×dn and the right side n×nn" in twin.reason

    def test_the_linear_recurrence_of_d2l_counts_from_the_state_before(self) -> None:
        """d2l erratum 1402: Σ_j w^{t-j} h_{j-1}, not h_j."""
        w, v, h1, x1 = weight("w", 1), weight("v", 1), state("h"), data("x")

        def page() -> Derivation:
            linear = Derivation("A scalar linear recurrence")
            linear.define("h", h1[t], v @ x1[t] + w @ h1[t - 1])
            linear.define("0", h1[0], 0)
            return linear

        def claimed(shift: int) -> Expr:
            from symbptt.page.notation import Power

            return Sum(Power(w, t - j) @ h1[j - shift], (j, 1, t))

        assert word(d(h1[t], w), claimed(1), page=page()) == "proved"
        assert word(d(h1[t], w), claimed(0), page=page()) == "refuted"

    def test_an_arbitrary_cell_is_proved_as_any_cell(self) -> None:
        cell, v = function("f", n), weight("v", n)
        g = state("g", n)

        def page() -> Derivation:
            arbitrary = Derivation("An arbitrary cell")
            arbitrary.define("g", g[t], cell(x[t], g[t - 1], v))
            return arbitrary

        def unfolded(first: Expr) -> Expr:
            return first + Sum(
                Product(partial(cell(x[j], g[j - 1], v), g[j - 1]), (j, i + 1, t))
                @ partial(cell(x[i], g[i - 1], v), v),
                (i, 1, t - 1),
            )

        assert word(d(g[t], v), unfolded(partial(cell(x[t], g[t - 1], v), v)), page=page()) == "proved"
        assert word(d(g[t], v), unfolded(d(g[t], v)), page=page()) == "refuted"


class TestVerdicts:
    def test_a_verdict_has_no_truth_value(self) -> None:
        with pytest.raises(TypeError, match="a verdict has no truth value"):
            bool(Verdict("proved"))

    def test_a_witness_is_exact_small_and_true(self) -> None:
        found = verdict(d(h[t], W), box() + box())
        assert found.witness is not None
        assert found.witness.t == 1
        assert found.witness.sizes == {"n": 1, "d": 1}
        left, right, difference = (
            Fraction(side) for side in (found.witness.lhs, found.witness.rhs, found.witness.difference)
        )
        assert left - right == difference != 0
        assert set(found.witness.values.values()) <= {"0", "1"}
        assert found.witness.functions == ("phi(a) = a + a²",)

    def test_a_witness_for_a_transcendental_activation_is_two_intervals_that_do_not_meet(self) -> None:
        claim = Question(activation="tanh", method="unrolled")
        found = verdict(d(h[t], W), box(at=h[t]) + jacobian(t) @ box(at=h[t]), claim)
        assert found.word == "refuted"
        assert found.witness is not None
        ends = [Fraction(end) for end in found.witness.difference.strip("[]").split(", ")]
        assert all(end > 0 for end in ends) or all(end < 0 for end in ends)

    def test_a_letter_nobody_defines_is_ill_typed(self) -> None:
        found = verdict(d(state("g", n)[t], W), d(h[t], W))
        assert found.word == "ill-typed"
        assert found.reason == "g has no meaning on the page: it is a state that no equation defines"

    def test_shapes_that_do_not_compose_are_ill_typed_at_every_size(self) -> None:
        ones = Question(sizes={"n": 1, "d": 1}, method="unrolled")
        found = verdict(d(h[t], W), partial(h[t], W) @ jacobian(t), ones)
        assert found.word == "ill-typed"
        assert "a product needs nn rows on its right, not n" in found.reason

    def test_a_step_before_the_first_is_not_stated(self) -> None:
        claim = verdict(d(h[t - 2], W), d(h[t - 2], W), Question((1,)))
        assert claim.word == "not-stated"
        assert claim.reason == "it is stated from t = 2 on"
        assert claim.literal is None

    def test_a_proof_that_is_too_large_is_undecided(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(NormalForms.__init__, "__defaults__", (5,))
        found = verdict(d(h[t], W), box())
        assert found.word == "undecided"
        assert "more than" in found.reason
        monkeypatch.undo()
        assert word(d(h[t], W), box()) == "proved"

    def test_a_difference_that_no_value_shows_is_undecided(self) -> None:
        # tanh is odd, which no rule here knows: the forms differ and no interval separates the sides.
        page, g = recurrence(), state("g", n)
        page.define("g", g[t], phi(W @ h[t - 1] + U @ x[t]))
        page.define("k", state("k", n)[t], -phi(-(W @ h[t - 1] + U @ x[t])))
        odd = verdict(state("k", n)[t], g[t], Question((1,), {"n": 1, "d": 1}, "tanh", "unrolled"), page)
        assert odd.word == "undecided"
        assert "no exact value was found" in odd.reason

    def test_a_claim_holds_only_for_the_sizes_it_was_proved_at(self) -> None:
        ascending = partial(h[t], W) + Sum(
            Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t - 1)
        )
        found = verdict(d(h[t], W), ascending, Question(sizes={"n": 1, "d": 1}, method="unrolled"))
        assert found.word == "proved"
        assert found.scope is not None
        assert found.scope.sizes == {"n": 1, "d": 1}
        assert word(d(h[t], W), ascending) == "refuted"

    def test_an_unknown_method_or_activation_is_said(self) -> None:
        with pytest.raises(UsageError, match="no method is called 'guess': expected one of"):
            verdict(d(h[t], W), box(), Question(method="guess"))
        with pytest.raises(UsageError, match="no activation is called 'gelu'"):
            verdict(d(h[t], W), box(), Question(activation="gelu"))

    def test_a_tag_selects_an_equation_or_the_lines_of_a_display(self) -> None:
        page = note()
        assert [equation.tag for equation in select(page, "10")] == ["10a", "10b"]
        assert [equation.tag for equation in select(page, "1")] == ["1"]
        assert [equation.tag for equation in select(page, "box")] == ["box"]
        assert select(page, "11") == ()


class TestEveryMethod:
    def test_no_two_methods_disagree(self) -> None:
        page = note()
        bench = Bench(page)
        asked = [equation for equation in page if equation.kind != "definition"]
        compared = 0
        for equation in asked:
            words = {prove(page, equation, Question(method=method), bench).word for method in METHODS} - {"undecided"}
            assert len(words) == 1, equation.tag
            compared += 1
        assert compared == 21

    def test_sizes_are_those_of_the_page_in_the_usual_order(self) -> None:
        assert list(page_sizes(note(), {"n": 3})) == ["n", "d", "q"]
        assert page_sizes(recurrence(), {"n": 3}) == {"n": 3, "d": 2}


class TestTheCheckerItself:
    """What is compared is computed twice, by ways that share no rule."""

    def test_an_unrolled_total_derivative_is_what_sympy_differentiates(self) -> None:
        import sympy

        page = recurrence()
        unrolling = Unrolling(page, {"n": 2, "d": 1}, activation("any"))
        state_ = unrolling.side(h[3], {})
        total = unrolling.side(d(h[3], W), {})
        symbols = [sympy.Symbol(f"W[{r},{c}]", real=True) for c in (1, 2) for r in (1, 2)]
        forms = NormalForms()
        for row in range(2):
            for column, symbol in enumerate(symbols):
                direct = sympy.diff(state_[row, 0], symbol)
                assert forms.equal([total[row, column]], [direct]) == [True]
        assert forms.equal([total[0, 0]], [sympy.diff(state_[0, 0], symbols[1])]) == [False]

    @pytest.mark.parametrize(
        "slip",
        [
            lambda: box() - partial(h[t], W),
            lambda: -box(),
            lambda: box().parts[0] + box().parts[0],  # type: ignore[union-attr]
            lambda: box() + d(h[t], W),
            lambda: partial(h[t], W) + Sum(Product(jacobian(j), (j, i, t)) @ partial(h[i], W), (i, 1, t - 1)),
            lambda: partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t - 1)) @ partial(h[i], W), (i, 1, t - 1)),
            lambda: partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 2, t - 1)),
            lambda: partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 2)),
            lambda: partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ d(h[i], W), (i, 1, t - 1)),
            lambda: partial(h[t], W) + Sum(Product(jacobian(j).T, (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1)),
        ],
    )
    def test_one_slip_in_the_box_is_refuted(self, slip: Any) -> None:
        assert word(d(h[t], W), slip()) == "refuted"

    def test_letters_of_the_note_stand_for_what_they_say(self) -> None:
        letters = {node.symbol: node for equation in note() for node in _letters(equation.left)}
        assert letters["h"].kind == "state"
        assert letters["L"].kind == "state"
        assert D.letters() == {"d"}


def _letters(node: Expr) -> list[Letter]:
    from symbptt.page.notation import walk

    return [part for part in walk(node) if isinstance(part, Letter)]


class TestFirstStates:
    """What a recurrence starts from."""

    def test_a_first_state_may_be_an_arbitrary_function_of_a_weight(self) -> None:
        def page() -> Derivation:
            started = recurrence()
            started.define("start", h[0], function("start", n)(W))
            return started

        whole = box() + Product(jacobian(j), (j, 1, t)) @ d(h[0], W)
        assert word(d(h[t], W), whole, page=page()) == "proved"
        assert word(d(h[t], W), box(), page=page()) == "refuted"

    def test_a_recurrence_over_two_steps_starts_from_two_constants(self) -> None:
        V, g = weight("V", n, n), state("g", n)

        def page() -> Derivation:
            two = Derivation("Two steps back")
            two.define("g", g[t], phi(W @ g[t - 1] + V @ g[t - 2]))
            return two

        first = partial(g[t], W)
        assert word(d(g[t], W), first, Question((1,), method="unrolled"), page()) == "proved"
        assert word(d(g[t], W), first, page=page()) == "refuted"

    def test_a_sum_that_can_be_empty_is_unrolled(self) -> None:
        page, c = recurrence(), state("c", n)
        page.define("c", c[t], Sum(h[i], (i, 1, t - 1)))
        assert word(d(c[t], W), Sum(d(h[i], W), (i, 1, t - 1)), page=page) == "proved"
        assert verdict(d(c[t], W), Sum(d(h[i], W), (i, 1, t)), page=_copy(page)).word == "refuted"

    def test_a_letter_that_could_be_a_state_at_a_step_is_refused(self) -> None:
        from symbptt.errors import PageError

        page = recurrence()
        with pytest.raises(PageError, match="h_0 cannot be told from h at step 0; give it another name, such as h0"):
            page.define("start", h[0], weight("h_0", n))
        page.define("start", h[0], weight("h0", n))


def _copy(page: Derivation) -> Derivation:
    other = Derivation(page.title)
    other.equations = [equation for equation in page if equation.kind == "definition"]
    return other


class TestDerivativesOfDerivatives:
    def test_a_derivative_of_a_total_derivative_in_the_same_weight_is_taken(self) -> None:
        second = d(d(h[t], W), W)
        assert word(second, second) == "proved"
        assert word(second, second + second, Question((1,), {"n": 1, "d": 1}, method="unrolled")) == "refuted"

    @pytest.mark.parametrize(
        "nested", [partial(d(h[t], W), h[t - 1]), d(d(h[t], W), copy_at(W, 1)), partial(d(h[t], W), W)]
    )
    def test_one_that_is_not_taken_is_never_zero(self, nested: Expr) -> None:
        found = verdict(nested, 0 * nested)
        assert found.word in ("undecided", "ill-typed")
        assert found.reason


class TestDerivativesOfFunctions:
    """∂f/∂x differentiates f in the argument x; ∂h_t/∂h_i unrolls what lies between."""

    V, g, f = weight("V", n, n), state("g", n), function("f", n)

    def page(self, *, named: bool) -> Derivation:
        page = Derivation("Two steps back")
        names = [self.f(self.g[t - 1], self.g[t - 2], W)]
        bodies = [] if named else [phi(W @ self.g[t - 1] + self.V @ self.g[t - 2])]
        page.define("g", self.g[t], *names, *bodies)
        return page

    def step(self, of: Expr, back: Expr) -> Expr:
        g = self.g
        near, far = partial(of, g[t - 1]) @ d(g[t - 1], W), partial(back, g[t - 2]) @ d(g[t - 2], W)
        return partial(of, W) + near + far

    @pytest.mark.parametrize("named", [True, False])
    @pytest.mark.parametrize("method", ["indexed", "unrolled"])
    def test_the_step_over_two_states_adds_the_derivatives_in_the_arguments(self, named: bool, method: str) -> None:
        question = Question(method=method)
        applied = self.f(self.g[t - 1], self.g[t - 2], W)
        assert word(d(self.g[t], W), self.step(applied, applied), question, self.page(named=named)) == "proved"
        assert word(d(self.g[t], W), self.step(self.f, self.f), question, self.page(named=named)) == "proved"
        # The Jacobian over two steps has the path through g_{t-1} in it, which would be counted twice.
        twice = self.step(applied, self.g[t])
        assert word(d(self.g[t], W), twice, UNROLLED, self.page(named=named)) == "refuted"

    def test_one_step_back_the_two_are_the_same(self) -> None:
        page = recurrence()
        page.define("f", h[t], self.f(h[t - 1], W))
        assert page.resolve(partial(self.f, h[t - 1])) == partial(h[t], h[t - 1])


class TestPremises:
    def claim(self, since: list[str]) -> tuple[Derivation, str]:
        page = recurrence()
        one = page.claim("one", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
        other = page.claim("other", d(h[t], U), partial(h[t], U) + jacobian(t) @ d(h[t - 1], U))
        named = [premise for premise in (one, other) if premise.tag in since]
        found = prove(page, page.claim("box", d(h[t], W), box(), since=named))
        assert found.word == "proved"
        return page, found.reason

    def test_a_claim_that_follows_from_its_premises_says_from_which(self) -> None:
        assert self.claim(["one"])[1] == "follows from (one)"
        assert self.claim(["one", "other"])[1] == "follows from (one)"

    def test_a_missing_premise_is_named(self) -> None:
        assert self.claim(["other"])[1] == (
            "true by the definitions, but at t = 1 it does not follow from (other) alone, "
            "which say nothing of d h_1/d W"
        )

    def test_a_claim_without_premises_says_nothing_of_them(self) -> None:
        assert self.claim([])[1] == ""

    def test_the_unfolded_forms_of_the_note_follow_from_one_step(self) -> None:
        page = note()
        checked = 0
        for tag in ("9", "10a", "10b", "box", "9.7.7"):
            assert prove(page, page[tag]).reason == "follows from (6)"
            checked += 1
        assert checked == 5

    def test_a_premise_that_comes_back_on_its_right_ends(self) -> None:
        page = recurrence()
        circle = page.claim("circle", d(h[t], W), d(h[t], W))
        found = prove(page, page.claim("box", d(h[t], W), box(), since=[circle]))
        assert found.word == "proved"
        assert "takes more than" in found.reason
