from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial as partially

import pytest
from rich.console import Console

from symbptt import Derivation, Product, Sum, concat, d, data, function, indices, partial, state, weight
from symbptt.judging.claims import explained, prove, verdict_on
from symbptt.judging.methods import Bench
from symbptt.judging.pages import judge
from symbptt.meaning.slips import SHOWN, TRIED
from symbptt.page.derivation import Equation
from symbptt.page.notation import Expr, Letter, Number, Power
from symbptt.show.remarks import WIDTH, fix_latex, terms_text
from symbptt.show.report import as_json, print_sheet
from symbptt.verdicts import Question, Sheet, Slip, Verdict
from tests.pages import U, W, h, i, j, jacobian, n, note, phi, recurrence, t
from tests.test_readings import printed, to_t
from tests.work import counted

one_step = jacobian(t) @ d(h[t - 1], W)
first = partial(h[t], W)


def cascade(lower: int = 1, upper: int = 0, *, ascending: bool = False) -> Expr:
    return Product(jacobian(j), (j, i + lower, t + upper), ascending=ascending) @ partial(h[i], W)


def found(page: Derivation, equation: Equation, question: Question | None = None) -> Slip:
    verdict = verdict_on(page, equation, question)
    assert verdict.word == "refuted"
    assert verdict.slip is not None
    return verdict.slip


def repaired(right: Expr, left: Expr | None = None) -> list[str]:
    page = recurrence()
    slip = found(page, page.claim("x", d(h[t], W) if left is None else left, right))
    assert len(slip.fixes) <= SHOWN
    return [repair.words for repair in slip.fixes]


class TestOneSlip:
    @pytest.mark.parametrize(
        ("right", "words"),
        [
            (first - one_step, "the sign in term 2 should be +"),
            (-first - one_step, "the sign of the whole right side should be the other"),
            (2 * first + one_step, "the factor 2 in term 1 is too much"),
            (first / 2 + one_step, "the factor 1/2 in term 1 is too much"),
            (one_step, "a term is missing: ∂⁺h_t/∂W"),
            (first, "a term is missing: ∂h_t/∂h_{t-1} · d h_{t-1}/d W"),
            (first + d(h[t - 1], W), "the factor ∂h_t/∂h_{t-1} is missing in term 2"),
            (first + one_step + one_step, "term 2 is too much: ∂h_t/∂h_{t-1} · d h_{t-1}/d W"),
            (first + jacobian(t) @ jacobian(t) @ d(h[t - 1], W), "the factor ∂h_t/∂h_{t-1} in term 2 is too much"),
            (first + jacobian(t) @ partial(h[t - 1], W), "∂⁺h_{t-1}/∂W in term 2 should be total: d h_{t-1}/d W"),
            (d(h[t], W) + one_step, "d h_t/d W in term 1 should be immediate: ∂⁺h_t/∂W"),
            (first + jacobian(t) @ d(h[t - 2], W), "d h_{t-2}/d W in term 2 should be d h_{t-1}/d W"),
            (first + jacobian(t - 1) @ d(h[t - 1], W), "∂h_{t-1}/∂h_{t-2} in term 2 should be ∂h_t/∂h_{t-1}"),
            (first + jacobian(t).T @ d(h[t - 1], W), "(∂h_t/∂h_{t-1})ᵀ in term 2 should not be transposed"),
            (
                first + jacobian(t) @ partial(h[t - 1], W) + jacobian(t - 1) @ jacobian(t) @ d(h[t - 2], W),
                "∂h_{t-1}/∂h_{t-2} and ∂h_t/∂h_{t-1} in term 3 stand in the wrong order",
            ),
            (Sum(cascade(0), (i, 1, t)), "Π over j on the right is one factor too long: j should start at i+1"),
            (Sum(cascade(2), (i, 1, t)), "Π over j on the right is one factor too short: j should start at i+1"),
            (Sum(cascade(1, 1), (i, 1, t)), "Π over j on the right is one factor too long: j should end at t"),
            (Sum(cascade(), (i, 2, t)), "Σ over i on the right is one term too short: i should start at 1"),
            (Sum(cascade(), (i, 1, t - 1)), "Σ over i on the right is one term too short: i should end at t"),
            (Sum(cascade(ascending=True), (i, 1, t)), "Π over j should descend, the largest index on the left"),
        ],
        ids=str,
    )
    def test_of_the_hand_is_named(self, right: Expr, words: str) -> None:
        assert words in repaired(right)

    def test_of_a_weight_is_named(self) -> None:
        page = Derivation("Two weights of one shape")
        V = weight("V", n, n)
        page.define("h", h[t], phi(W @ h[t - 1] + V @ data("x", n)[t]))
        slip = found(page, page.claim("x", d(h[t], W), first + jacobian(t) @ d(h[t - 1], V)))
        assert [repair.words for repair in slip.fixes] == ["d h_{t-1}/d V in term 2 should be d h_{t-1}/d W"]

    def test_of_an_exponent_a_state_and_a_letter_is_named(self) -> None:
        page = Derivation("A linear recurrence")
        a, b, c = state("a", n), data("b", n), data("c", n)
        page.define("a", a[t], W @ a[t - 1] + b[t])
        page.define("unused", state("u", n)[t], c[t] + b[t])

        def words(left: Expr, right: Expr) -> list[str]:
            page.equations = [known for known in page if known.tag != "x"]
            return [repair.words for repair in found(page, page.claim("x", left, right)).fixes]

        powers = Sum(Power(W, t - i + 1) @ b[i], (i, 1, t)) + W**t @ a[0]
        assert "the exponent of W in term 1 should be t-i" in words(a[t], powers)
        assert "c_t in term 2 should be b_t" in words(a[t], W @ a[t - 1] + c[t])
        assert "a_t in term 1 should be a_{t-1}" in words(a[t], W @ a[t] + b[t])
        assert "W in term 1 should not be transposed" not in words(a[t], W @ a[t - 1] - b[t])
        assert words(a[t], W @ a[t - 1] - b[t]) == ["the sign in term 2 should be +"]

    def test_of_a_first_state_that_depends_on_the_weight_is_named(self) -> None:
        page = Derivation("A first state that is learned")
        page.define("h", h[t], phi(W @ h[t - 1]))
        page.define("h0", h[0], phi(W @ state("s", n)[0]))
        page.define("s", state("s", n)[0], data("x", n)[0])
        slip = found(page, page.claim("box", d(h[t], W), Sum(cascade(), (i, 1, t))))
        said = [repair.words for repair in slip.fixes]
        # The page's own way to say it is the one that starts the sum at 0.
        assert "Σ over i on the right is one term too short: i should start at 0" in said
        assert "a term is missing: (Π_{j=1..t} ∂h_j/∂h_{j-1}) · d h_0/d W" in said


class TestANote:
    def test_the_erratum_of_the_textbook_starts_its_product_too_early(self) -> None:
        # d2l, erratum #431.
        page = recurrence()
        body = Product(jacobian(j), (j, i, t)) @ printed(h[i])
        slip = found(page, page.claim("431", printed(h[t]), Sum(body, (i, 1, t))))
        (repair,) = slip.fixes
        assert (repair.words, fix_latex(repair)) == (
            "Π over j on the right is one factor too long: j should start at i+1, with ∂h_t/∂W total; "
            "∂h_i/∂W immediate",
            r"\frac{d h_{t}}{d W} = \sum_{i=1}^{t} \left( \prod_{j=i+1}^{t} \frac{\partial h_{j}}{\partial h_{j-1}} "
            r"\right) \frac{\partial^{+} h_{i}}{\partial W}",
        )
        # What differs is shown for the reading that the repair belongs to.
        assert terms_text(slip) == ["at t = 1", "  left only:  ∂⁺h_1/∂W", "  right only: ∂h_1/∂h_0 · ∂⁺h_1/∂W"]

    def test_the_misreadings_of_the_note_are_each_explained_with_little_work(self) -> None:
        page = note()
        bench = Bench(page)
        misread = [equation for equation in page if equation.kind == "misreading"]
        said = {}
        for equation in misread:
            assert prove(page, equation, None, bench).word == "refuted"
            slip, entered = counted(partially(explained, bench, equation, Question()))
            # 0.1 to 0.2 million, a third of a second at the most: a few times that is a fault.
            assert entered < 1_000_000
            said[equation.tag] = [repair.words for repair in slip.fixes] if slip else []
        assert said == {
            "box-total": [],
            "box-immediate": [],
            "box-bound": ["Π over j in term 2 is one factor too long: j should end at t"],
            "box-index": ["∂h_i/∂h_{i-1} in term 2 should be ∂h_j/∂h_{j-1}"],
            "box-order": ["Π over j should descend, the largest index on the left"],
            "5-immediate": ["∂⁺h_t/∂w_h on the right should be total: d h_t/d w_h"],
            "10-immediate": ["∂⁺h_{t-2}/∂w_h in term 3 should be total: d h_{t-2}/d w_h"],
        }


class TestWhatIsNoRepair:
    def test_two_slips_are_not_explained_by_one(self) -> None:
        assert repaired(2 * first - one_step) == []

    def test_both_sides_made_the_same_is_none(self) -> None:
        assert repaired(d(h[t], W) + one_step - d(h[t - 1], W)) == []
        # Without its second term the claim would say that d h_t/d W is d h_t/d W.
        assert not any("term 2 is too much" in words for words in repaired(d(h[t], W) + jacobian(t) @ first))

    def test_what_cancels_is_none(self) -> None:
        said = repaired(d(h[t], W) - one_step)
        assert not any("a term is missing" in words for words in said)

    def test_the_plain_left_side_is_never_changed(self) -> None:
        page = recurrence()
        slip = found(page, page.claim("x", partial(h[t], W), d(h[t], W) + one_step))
        assert all(fix_latex(repair).startswith(r"\frac{\partial^{+} h_{t}}{\partial W} = ") for repair in slip.fixes)
        slip = found(page, page.claim("y", 2 * d(h[t], W), first + one_step))
        assert "the factor 2 on the left is too much" in [repair.words for repair in slip.fixes]

    def test_a_repair_that_is_true_for_a_step_or_two_only_is_none(self) -> None:
        # With the sum ended one term later it is true up to t = 2.
        page = recurrence()
        wrong = first + jacobian(t) @ partial(h[t - 1], W) + jacobian(t) @ jacobian(t - 1) @ partial(h[t - 1], W)
        for repair in found(page, page.claim("x", d(h[t], W), wrong)).fixes:
            assert "should be total" not in repair.words or "h_{t-2}" in fix_latex(repair)

    def test_every_repair_shown_is_proved(self) -> None:
        page = recurrence()
        slip = found(page, page.claim("x", d(h[t], W), first - one_step))
        assert len(slip.fixes) == 1
        assert prove(page, replace(page["x"], right=first + one_step)).word == "proved"


class TestTheSearch:
    def test_is_bounded_and_says_so(self) -> None:
        page = recurrence()
        body = Sum(to_t() @ printed(h[i]), (i, 1, t)) + jacobian(t) @ printed(h[t - 1])
        slip = found(page, page.claim("x", printed(h[t]), 3 * printed(h[t]) + body))
        assert slip.fixes == ()
        assert slip.cut == f"the search for a slip stopped at {TRIED:,} changes"

    def test_a_fault_in_it_does_not_lose_the_verdict(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise ZeroDivisionError("oh")

        monkeypatch.setattr("symbptt.judging.claims.fixes", broken)
        page = recurrence()
        verdict = verdict_on(page, page.claim("x", d(h[t], W), first - one_step))
        assert verdict.word == "refuted"
        assert verdict.slip is not None
        assert "internal error in the search for a slip" in verdict.slip.cut


class TestTerms:
    def lines(self, right: Expr) -> list[str]:
        page = recurrence()
        return terms_text(found(page, page.claim("x", d(h[t], W), right)))

    def test_are_lined_up_at_the_smallest_step_at_which_the_sides_differ(self) -> None:
        assert self.lines(first + jacobian(t) @ partial(h[t - 1], W)) == [
            "at t = 3",
            "  both sides: ∂⁺h_3/∂W",
            "              ∂h_3/∂h_2 · ∂⁺h_2/∂W",
            "  left only:  ∂h_3/∂h_2 · ∂h_2/∂h_1 · ∂⁺h_1/∂W",
        ]

    def test_say_how_often_where_that_differs(self) -> None:
        assert "  unequal:    ∂h_2/∂h_1 · ∂⁺h_1/∂W (left 1, right -1)" in self.lines(first - one_step)

    def test_fit_a_terminal(self) -> None:
        deep: Expr = first
        for back in range(1, 4):
            product: Expr = jacobian(t)
            for step in range(1, back):
                product = product @ jacobian(t - step)
            deep = deep + product @ partial(h[t - back], W)
        lines = self.lines(deep)
        assert lines
        assert max(map(len, lines)) <= WIDTH == 76

    def test_are_left_out_where_words_do_not_apply(self) -> None:
        page = recurrence()
        slip = found(page, page.claim("x", d(h[t], W), first + jacobian(t).T @ d(h[t - 1], W)))
        assert slip.terms == ()
        assert slip.fixes


class TestShown:
    def test_a_refuted_claim_shows_its_slip_and_a_misreading_none(self) -> None:
        page = recurrence()
        claim = page.claim("x", d(h[t], W), first - one_step)
        page.misread("y", d(h[t], W), first - one_step, of=claim, why="a sign")
        rows = judge(page).rows
        slips = {row.tag: row.verdict.slip for row in rows if row.verdict is not None}
        assert slips["x"] is not None
        assert slips["y"] is None
        out = io.StringIO()
        print_sheet(Console(file=out, width=200, color_system=None), Sheet("p.py", page.title, rows))
        shown = out.getvalue()
        assert shown.count("one change makes it true: the sign in term 2 should be +") == 1
        assert "unequal:    ∂h_2/∂h_1 · ∂⁺h_1/∂W (left 1, right -1)" in shown
        entries = json.loads(as_json("0", [Sheet("p.py", page.title, rows)]))["sources"][0]["equations"]
        reasons = {entry["tag"]: entry["reason"] for entry in entries}
        assert "the sign in term 2 should be +: \\frac{d h_{t}}{d W} = " in reasons["x"]
        assert "one change" not in reasons["y"]

    def test_a_worker_process_brings_it_back(self) -> None:
        page = recurrence()
        claim = page.claim("x", d(h[t], W), first - one_step)
        verdict = judge(page, [claim], jobs=2)["x"].verdict
        assert isinstance(verdict, Verdict)
        assert verdict.slip is not None
        assert verdict.slip.fixes[0].words == "the sign in term 2 should be +"

    def test_none_is_looked_for_where_the_question_leaves_it_out_and_the_verdict_is_the_same(self) -> None:
        page = recurrence()
        claim = page.claim("x", d(h[t], W), first + Number.of(2) * one_step)
        with_it, without = (verdict_on(page, claim, Question(slips=slips)) for slips in (True, False))
        assert with_it.slip is not None
        assert replace(with_it, slip=None, seconds=0.0) == replace(without, seconds=0.0)

    def test_a_claim_that_holds_has_none(self) -> None:
        page = recurrence()
        assert verdict_on(page, page.claim("x", d(h[t], W), first + one_step)).slip is None


def test_a_weight_made_of_blocks_is_repaired_too() -> None:
    page = recurrence()
    w: Letter = weight("w")
    page.define("w", w, concat(W, U).T)
    slip = found(page, page.claim("x", d(h[t], w), partial(h[t], w) - jacobian(t) @ d(h[t - 1], w)))
    assert [repair.words for repair in slip.fixes] == ["the sign in term 2 should be +"]


def test_a_loss_is_repaired_too() -> None:
    page = recurrence()
    l, ell = state("l"), function("ell", 1)
    page.define("l", l[t], ell(h[t], data("y", n)[t]))
    slip = found(page, page.claim("x", d(l[t], W), partial(l[t], h[t]) @ partial(h[t], W)))
    assert "∂⁺h_t/∂W on the right should be total: d h_t/d W" in [repair.words for repair in slip.fixes]


def test_a_claim_that_is_false_at_its_first_step_alone_says_from_where_it_holds() -> None:
    total, each = state("L"), state("l")
    ell, T = function("ell", 1), indices("T")[0]
    page = recurrence()
    page.define("l", each[t], ell(h[t]))
    page.define("L", total, Sum(each[t], (t, 1, T)))
    back = partial(each[t - 1], h[t - 1]) + partial(total, h[t]) @ jacobian(t)
    true = page.claim("true", partial(total, h[t - 1]), back)
    false = page.claim("false", partial(total, h[t - 1]), back - partial(each[t], h[t]) @ jacobian(t) / 3)
    (repair,) = found(page, true).fixes
    assert repair.words == "it holds from t = 2 on"
    assert fix_latex(repair).endswith(r"\quad t \ge 2")
    assert not any("it holds from" in repair.words for repair in found(page, false).fixes)
