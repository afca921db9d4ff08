from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from symbptt import Derivation, Product, Sum, d, data, function, indices, partial, state
from symbptt.judging.claims import prove
from symbptt.judging.claims import verdict_as_printed as read
from symbptt.judging.methods import Bench
from symbptt.judging.pages import judge, row_of
from symbptt.judging.sieve import Sieve
from symbptt.meaning.readings import holding
from symbptt.meaning.variants import MEANINGS, Variants, printed_in_two_ways
from symbptt.page.derivation import Equation
from symbptt.page.expansion import closed_step
from symbptt.page.notation import At, Either, Expr, Index, Letter, Partial, Total, Zero, rebuild, walk
from symbptt.printing.tex import latex
from symbptt.show.remarks import reading_latex
from symbptt.show.report import as_json, print_sheet
from symbptt.verdicts import Question, Sheet, Verdict
from tests.pages import W, h, i, j, jacobian, n, note, recurrence, t

T, k = indices("T k")
w_h = Letter("w_h", "weight")
o, l, L = state("o", 1), state("l"), state("L")


def printed(of: Expr, wrt: Letter = W) -> Either:
    """∂of/∂wrt as a note prints it."""
    return Either((Total(of, wrt), Partial(of, wrt)), "derivative")


def to_t(at: Index = t) -> Either:
    """Π_{j-1=i}^{t} of Jacobians, with the bound at its word and as a person would mean it."""
    body = jacobian(j)
    options = (Product(body, (j, i + 1, at + 1)), Product(body, (j, i + 1, at)))
    return Either(options, "bound")


def box_printed(weight: Letter = W) -> tuple[Expr, Expr]:
    return printed(h[t], weight), printed(h[t], weight) + Sum(to_t() @ printed(h[i], weight), (i, 1, t - 1))


def loss() -> Derivation:
    """A recurrence with a loss at each step and their mean."""
    page = recurrence()
    ell = function("ell", 1)
    y = data("y", 1)
    page.define("l", l[t], ell(h[t], y[t]))
    page.define("L", L, 1 / T * Sum(l[t], (t, 1, T)))
    return page


def is_total(of: Expr, side: Expr) -> bool:
    return any(node == of for node in walk(side))


def held(steps: range | tuple[int, ...], left: Expr, right: Expr) -> list[Equation]:
    page = recurrence()
    equation = page.claim("box", left, right)
    sieve = Sieve(Bench(page), equation, Question(), tuple(steps))
    return [reading.equation for reading in holding(page, equation, sieve) if reading is not None]


class TestTheBoxOver32Readings:
    def test_there_are_32_of_them(self) -> None:
        page = recurrence()
        variants = Variants(page, *box_printed())
        found = [variant for departures in range(variants.most + 1) for variant in variants.within(departures)]
        assert len({(variant.left, variant.right) for variant in found}) == len(found) == 32
        assert not variants.cut

    @pytest.mark.parametrize(("step", "count"), [(1, 32), (2, 4)])
    def test_at_an_early_step_wrong_ones_hold_too(self, step: int, count: int) -> None:
        assert len(held((step,), *box_printed())) == count

    def test_at_four_steps_one_holds(self) -> None:
        (only,) = held(range(1, 5), *box_printed())
        left, right = only.sides
        assert left == d(h[t], W)
        inside = Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W)
        assert right == partial(h[t], W) + Sum(inside, (i, 1, t - 1))
        assert not any(isinstance(node, Product) and node.ascending for node in walk(right))


class TestTheNote:
    def test_the_box_holds_as_read_and_is_refuted_as_printed(self) -> None:
        page = note()
        w = page["w_h"].left
        assert isinstance(w, Letter)
        letter = page["2"].left
        assert isinstance(letter, At)
        state_h = letter.letter

        def swapped(node: Expr) -> Expr:
            return _replaced(node, h, state_h)

        left, right = box_printed(w)
        box = page.claim("N", swapped(left), swapped(right), since=[page["6"]])
        found = read(page, box)
        assert (found.word, found.literal, found.method) == ("holds-as-read", "refuted", "induction")
        assert found.scope is not None
        assert (found.scope.activation, found.scope.sizes, found.scope.steps) == ("any", "any", "all")
        assert found.reading is not None
        assert found.reading.words == (
            "∂h_t/∂w_h on the left total; ∂h_t/∂w_h in term 1 and ∂h_i/∂w_h immediate; j runs from i+1 to t"
        )
        assert reading_latex(found.reading) == (
            r"\frac{d h_{t}}{d w_{h}} = \frac{\partial^{+} h_{t}}{\partial w_{h}} + \sum_{i=1}^{t-1} \left( "
            r"\prod_{j=i+1}^{t} \frac{\partial h_{j}}{\partial h_{j-1}} \right) "
            r"\frac{\partial^{+} h_{i}}{\partial w_{h}}"
        )
        assert found.reading.others == ()
        assert found.witness is not None
        assert found.witness.t == 2
        assert found.reason.startswith("as printed, every ∂h_t/∂w_h and ∂h_i/∂w_h total: the sides differ at t = 2")
        assert found.reason.endswith("as read: follows from (6)")

    def test_six_is_proved_as_printed_and_the_reason_says_total(self) -> None:
        page = recurrence()
        f = function("f_1", n)
        page.define("6f", h[t], f(h[t - 1], W))
        six = page.claim("6", printed(h[t]), partial(f, W) + partial(f, h[t - 1]) @ printed(h[t - 1]))
        found = read(page, six)
        assert (found.word, found.literal, found.reading) == ("proved", "proved", None)
        assert found.reason == "every ∂h_t/∂W and ∂h_{t-1}/∂W total"

    def test_five_is_proved_all_total(self) -> None:
        page = loss()
        five = page.claim("5", printed(l[t]), partial(l[t], h[t]) @ printed(h[t]))
        assert read(page, five).reason == "every ∂l_t/∂W and ∂h_t/∂W total"

    def test_ten_holds_with_the_first_and_the_last_total(self) -> None:
        page = recurrence()
        six = page.claim("6", printed(h[t]), printed(h[t]) + jacobian(t) @ printed(h[t - 1]))
        ten = page.claim(
            "10b",
            printed(h[t]),
            printed(h[t]) + jacobian(t) @ printed(h[t - 1]) + jacobian(t) @ jacobian(t - 1) @ printed(h[t - 2]),
            since=[six],
        )
        found = read(page, ten)
        assert found.word == "holds-as-read"
        assert found.reading is not None
        assert found.reading.words == (
            "∂h_t/∂W on the left and ∂h_{t-2}/∂W total; ∂h_t/∂W in term 1 and ∂h_{t-1}/∂W immediate"
        )
        # The premise is taken as it was read, not as it is printed.
        assert found.reason.endswith("as read: follows from (6)")

    def test_a_premise_that_holds_in_no_way_is_none(self) -> None:
        page = recurrence()
        wrong = page.claim("6", printed(h[t]), 2 * printed(h[t]) + jacobian(t) @ printed(h[t - 1]))
        box = page.claim("box", *box_printed(), since=[wrong])
        found = read(page, box)
        assert found.word == "holds-as-read"
        assert "(6)" not in found.reason

    def test_the_textbooks_equation_has_one_symbol_with_two_meanings_only_by_its_function(self) -> None:
        # d2l 9.7.7: f has the weight among its arguments, so that its partial is immediate and the rest total.
        page = recurrence()
        f = function("f", n)
        page.define("f", h[t], f(h[t - 1], W))

        def jacobian_of_f(at: Index) -> Expr:
            return partial(f(h[at - 1], W), h[at - 1])

        def textbook(start: Index) -> Expr:
            cascade = Product(jacobian_of_f(j), (j, start, t)) @ partial(f(h[i - 1], W), W)
            return partial(f(h[t - 1], W), W) + Sum(cascade, (i, 1, t - 1))

        found = read(page, page.claim("9.7.7", printed(h[t]), textbook(i + 1)))
        assert (found.word, found.reason) == ("proved", "every ∂h_t/∂W total")
        assert read(page, page.claim("twin", printed(h[t]), textbook(i + 2))).word == "refuted"


class TestVacuousReadings:
    def test_zero_equals_zero_is_no_reading(self) -> None:
        page = loss()
        twice = page.claim("4", printed(L), 2 / T * Sum(printed(l[t]), (t, 1, T)))
        found = read(page, twice)
        assert (found.word, found.literal) == ("refuted", "refuted")
        assert found.witness is not None
        assert "total" in found.reason
        # Its twin with the right factor is true of the total ones.
        once = read(page, page.claim("4b", printed(L), 1 / T * Sum(printed(l[t]), (t, 1, T))))
        assert (once.word, once.reason) == ("proved", "every ∂L/∂W and ∂l_t/∂W total")

    def test_what_is_true_in_both_meanings_is_proved(self) -> None:
        page = recurrence()
        found = read(page, page.claim("same", printed(h[t]), printed(h[t])))
        assert found.word == "proved"

    def test_one_expression_on_both_sides_is_no_reading(self) -> None:
        page = recurrence()
        # All total it is false, and so it is all immediate; only d h_t/d W = d h_t/d W + 0 would hold.
        found = read(page, page.claim("x", printed(h[t]), printed(h[t]) + jacobian(t) @ partial(h[t - 1], W)))
        assert found.word == "refuted"


class TestOtherChoices:
    def test_a_product_that_has_to_ascend_is_read_so(self) -> None:
        page = recurrence()
        step = Product(jacobian(j).T, (j, i + 1, t)) @ partial(h[i], W)
        turned = Product(jacobian(t - j), (j, 0, t - i - 1)) @ partial(h[i], W)
        found = read(page, page.claim("box", d(h[t], W), partial(h[t], W) + Sum(turned, (i, 1, t - 1))))
        assert found.word == "holds-as-read"
        assert found.reading is not None
        assert found.reading.words == "Π over j ascends, the smallest index on the left"
        assert r"\overset{\rightarrow}{\prod}" in reading_latex(found.reading)
        twin = page.claim("twin", d(h[t], W), partial(h[t], W) + Sum(step, (i, 1, t - 1)))
        assert read(page, twin).word in ("refuted", "ill-typed")

    def test_a_product_without_parentheses_reaches_over_the_first_factor(self) -> None:
        page = recurrence()
        whole = Product(jacobian(j) @ jacobian(i), (j, i + 1, t))
        first = Product(jacobian(j), (j, i + 1, t)) @ jacobian(i)
        either = Either((whole, first), "scope")
        claim = page.claim("J", partial(h[t], h[i - 1]), either, for_each=[(i, 1, t)])
        found = read(page, claim)
        assert found.word == "holds-as-read"
        assert found.reading is not None
        assert found.reading.words == "Π over j reaches over ∂h_j/∂h_{j-1}"
        assert found.literal == "refuted"

    def test_a_lemma_that_leaves_out_the_first_term_holds_with_a_0_zero(self) -> None:
        page = Derivation("A lemma")
        a, b, c = state("a"), data("b"), data("c")
        page.define("9.7.4", a[t], b[t] + c[t] * a[t - 1])
        cascade = Product(c[j], (j, i + 1, t)) * b[i]
        lemma = page.claim("9.7.5", a[t], b[t] + Sum(cascade, (i, 1, t - 1)))
        found = read(page, lemma)
        assert (found.word, found.literal) == ("holds-as-read", "refuted")
        assert found.reading is not None
        assert found.reading.words == "as printed, with a_0 = 0"
        assert reading_latex(found.reading).endswith(r", \quad a_{0} = 0")
        # The page itself is left as it was.
        assert [equation.tag for equation in page] == ["9.7.4", "9.7.5"]

    def test_a_page_that_says_where_a_lemma_starts_is_taken_at_its_word(self) -> None:
        page = Derivation("A lemma")
        a, b, c = state("a"), data("b"), data("c")
        page.define("9.7.4", a[t], b[t] + c[t] * a[t - 1])
        page.define("a0", a[0], Zero(a[0]))
        cascade = Product(c[j], (j, i + 1, t)) * b[i]
        assert read(page, page.claim("9.7.5", a[t], b[t] + Sum(cascade, (i, 1, t - 1)))).word == "proved"
        assert read(page, page.claim("twin", a[t], b[t] + Sum(cascade, (i, 2, t - 1)))).word == "refuted"

    def test_several_readings_that_hold_are_all_listed(self) -> None:
        # d h_1/d W and ∂⁺h_1/∂W are one and the same, because h_0 is constant.
        page = recurrence()
        terms = printed(h[2]) + partial(h[2], h[1]) @ printed(h[1])
        found = read(page, page.claim("2", printed(h[2]), terms))
        assert found.word == "holds-as-read"
        assert found.reading is not None
        assert len(found.reading.others) == 1
        assert all(other.words and other.equation.tag == "2" for other in found.reading.others)

    def test_a_claim_about_one_step_is_judged_there_and_its_scope_says_so(self) -> None:
        page = recurrence()
        terms = (
            partial(h[3], W)
            + partial(h[3], h[2]) @ partial(h[2], W)
            + partial(h[3], h[2]) @ partial(h[2], h[1]) @ partial(h[1], W)
        )
        claim = page.claim("3", printed(h[3]), terms)
        assert closed_step(page, replace(claim, left=d(h[3], W))) == 3
        found = read(page, claim)
        assert found.word == "proved"
        assert found.scope is not None
        assert (found.scope.steps, found.scope.start) == ("3", 3)
        twin = read(page, page.claim("4", printed(h[3]), terms + partial(h[3], W)))
        assert twin.word == "refuted"
        assert twin.witness is not None
        assert twin.witness.t == 3


class TestEveryVerdict:
    def test_a_claim_without_choices_that_is_proved_keeps_its_verdict(self) -> None:
        page = recurrence()
        six = page.claim("6", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
        found, proof = (replace(verdict, seconds=0.0, read_as=None) for verdict in (read(page, six), prove(page, six)))
        assert found == proof
        assert found.word == "proved"

    def test_an_erratum_that_no_reading_repairs_is_refuted_and_says_of_which_meaning(self) -> None:
        # d2l, erratum #431: the product starts one factor too early.
        page = recurrence()
        cascade = Product(jacobian(j), (j, i, t)) @ printed(h[i])
        found = read(page, page.claim("431", printed(h[t]), Sum(cascade, (i, 1, t))))
        assert (found.word, found.literal, found.reading) == ("refuted", "refuted", None)
        assert found.witness is not None
        assert found.witness.t == 1
        assert found.reason.startswith("as printed, every ∂h_t/∂W and ∂h_i/∂W total: the sides differ at t = 1")

    @pytest.mark.parametrize(
        ("left", "right", "word"),
        [
            (printed(h[t]), printed(h[t]) + jacobian(t), "ill-typed"),
            (printed(h[t]), printed(h[t - 50]), "not-stated"),
            (printed(h[t]), -printed(h[t]), "refuted"),
            (printed(h[t]), printed(h[t]) + printed(h[t - 1]), "refuted"),
            (printed(h[t]), printed(h[i]), "ill-typed"),
        ],
    )
    def test_what_no_reading_saves_keeps_its_word(self, left: Expr, right: Expr, word: str) -> None:
        page = recurrence()
        found = read(page, page.claim("x", left, right))
        assert found.word == word
        assert found.reason

    def test_a_worker_process_reads_too(self) -> None:
        page = recurrence()
        claims = [page.claim("box", *box_printed()), page.claim("6", d(h[t], W), d(h[t], W))]
        assert [row.word for row in judge(page, claims, jobs=2)] == ["holds-as-read", "proved"]

    def test_no_claim_is_left_without_a_verdict(self) -> None:
        page = recurrence()
        claims = list(_claims(page))
        verdicts = [row.verdict for row in judge(page) if row.verdict is not None]
        assert len(verdicts) == len(claims) == 6
        assert {verdict.word for verdict in verdicts} == {"proved", "holds-as-read", "refuted"}
        assert all(printed_in_two_ways(claim) for claim in claims)


def _claims(page: Derivation) -> Iterator[Equation]:
    yield page.claim("a", *box_printed())
    yield page.claim("b", printed(h[t]), printed(h[t]))
    yield page.claim("c", printed(h[t]), printed(h[t]) + jacobian(t) @ printed(h[t - 1]))
    yield page.claim("e", printed(h[t]), printed(h[t]) - jacobian(t) @ printed(h[t - 1]))
    yield page.claim("f", printed(h[t]), jacobian(t) @ printed(h[t - 1]))
    yield page.claim("g", printed(h[1]), printed(h[1]))


class TestShown:
    def verdict(self) -> tuple[Derivation, Equation, Verdict]:
        page = recurrence()
        box = page.claim("box", *box_printed())
        return page, box, read(page, box)

    def test_a_person_sees_the_reading_the_corrected_latex_and_the_refutation(self) -> None:
        page, box, found = self.verdict()
        out = io.StringIO()
        console = Console(file=out, width=400, color_system=None)
        print_sheet(console, Sheet("note.md", page.title, [row_of(box, found)]))
        text = out.getvalue()
        assert "holds-as-read  any phi, any sizes, every t" in text
        assert "read as: ∂h_t/∂W on the left total; ∂h_t/∂W in term 1 and ∂h_i/∂W immediate" in text
        assert r"\frac{d h_{t}}{d W} = " in text
        assert "as printed, every ∂h_t/∂W and ∂h_i/∂W total: the sides differ at t = 2" in text
        assert "left" in text.splitlines()[-2]

    def test_the_json_has_the_reading_and_the_literal_word(self) -> None:
        page, box, found = self.verdict()
        (entry,) = json.loads(as_json("0", [Sheet("note.md", page.title, [row_of(box, found)])]))["sources"][0][
            "equations"
        ]
        assert (entry["verdict"], entry["literal"]) == ("holds-as-read", "refuted")
        assert set(entry["reading"]) == {"words", "latex", "others"}
        assert entry["witness"]["t"] == 2
        assert entry["latex"].startswith(r"\frac{\partial h_{t}}{\partial W} = \frac{\partial h_{t}}{\partial W} + ")

    def test_what_is_printed_is_set_with_one_sign(self) -> None:
        assert latex(printed(h[t])) == r"\frac{\partial h_{t}}{\partial W}"
        assert MEANINGS == ("total", "immediate", "of its own definition alone")


def _replaced(node: Expr, old: Letter, new: Letter) -> Expr:
    if node == old:
        return new
    return rebuild(node, lambda part: _replaced(part, old, new), lambda index: index)
