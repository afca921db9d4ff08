"""What is said of a verdict is data, and every way to show a verdict says all of it."""

from __future__ import annotations

import re
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import get_args

import pytest

from symbptt import Derivation, Product, Question, Sum, d, judge, judge_note, partial, prove, weight
from symbptt.functions import activations
from symbptt.judging.claims import verdict_as_printed, verdict_on
from symbptt.judging.pages import row_of
from symbptt.show.dossier import gather
from symbptt.show.explain import explanation
from symbptt.show.paper import write_latex
from symbptt.show.remarks import Excerpt, Formula, Remark, Said, as_html, as_tex, as_text, remarks_on
from symbptt.show.webpage import write_html
from symbptt.verdicts import Row, Slip, Term, Tried, Verdict, Witness
from tests.commands import run_here, script
from tests.pages import NOTE, ROOT, D, U, W, as_note, box, h, i, j, jacobian, n, phi, recurrence, t, x
from tests.test_readings import box_printed

ERRATA = ROOT / "derivations" / "errata.md"


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


# --------------------------------------------------------------------------------------------------- data


def test_the_witness_names_the_weight_the_entry_and_the_indices() -> None:
    page = recurrence()
    page.claim("late", d(h[i], W), d(h[i], W) + (i - 1) * partial(h[i], W), for_each=[(i, 1, t)], also_in=[U])
    page.claim(
        "order", d(h[t], W), Sum(Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t))
    )
    late, order = (prove(page, page[tag]).witness for tag in ("late", "order"))
    assert late is not None
    assert (late.t, late.weight, late.entry, late.indices) == (2, W, None, {})
    assert order is not None
    assert (order.t, order.weight, order.indices) == (3, W, {})
    assert order.entry is not None
    assert order.where == f"entry [{order.entry[0]},{order.entry[1]}] in W"


def test_an_explanation_shows_the_equation_in_the_weight_it_is_false_in() -> None:
    page, W2 = Derivation("Two weights"), weight("W2", n, D)
    page.define("h", h[t], phi(W @ h[t - 1] + W2 @ x[t]))
    step = partial(h[t], W) + jacobian(t) @ d(h[t - 1], W)
    # W2 x_t does not depend on W: what is added is 0 in W, and in W2 it is not.
    claim = page.claim("1", d(h[t], W), step + d(W2 @ x[t], W), also_in=[W2])
    verdict = prove(page, claim)
    assert verdict.word == "refuted"
    assert verdict.witness is not None
    assert verdict.witness.weight == W2
    lines = "\n".join(explanation(page, claim, verdict, Question()))
    assert re.search(r"the claim says\n +d h_1/d W2 = ", lines)
    twin = page.claim("2", d(h[t], W), step + step, also_in=[W2])
    lines = "\n".join(explanation(page, twin, prove(page, twin), Question()))
    assert re.search(r"the claim says\n +d h_1/d W = ", lines)


def test_every_method_that_was_tried_is_a_value() -> None:
    page = recurrence()
    claim = page.claim("1", d(h[t], W), box())
    found = prove(page, claim, Question(steps=(40,), method="indexed"))
    (tried,) = found.tried
    assert (found.word, tried.method, tried.word) == ("undecided", "indexed", "undecided")
    assert "past its last step" in tried.reason
    # What a reason says between two signs makes no method of it.
    odd = Verdict("undecided", tried=(Tried("induction", "undecided", "it stops; words: at t = 1; unrolled: here"),))
    lines = explanation(page, claim, odd, Question())
    assert [line for line in lines if re.match(r"\d\.", line)] == [
        "1. Induction: it stops; words: at t = 1; unrolled: here."
    ]


def test_a_reading_and_a_fix_hold_their_equations() -> None:
    page = recurrence()
    found = verdict_as_printed(page, page.claim("box", *box_printed()))
    assert found.reading is not None
    assert found.reading.equation == found.read_as
    assert prove(page, found.reading.equation).word == "proved"
    wrong = verdict_on(page, page.claim("x", d(h[t], W), partial(h[t], W) - jacobian(t) @ d(h[t - 1], W)))
    assert wrong.slip is not None
    assert [prove(page, fix.equation).word for fix in wrong.slip.fixes] == ["proved"]
    assert wrong.slip.at == {"t": 2}
    assert [(str(term.term), term.left, term.right) for term in wrong.slip.terms] == [
        ("∂⁺h_2/∂W", Fraction(1), Fraction(1)),
        ("∂h_2/∂h_1 · ∂⁺h_1/∂W", Fraction(1), Fraction(-1)),
    ]


@pytest.mark.parametrize("name", activations())
def test_a_scope_has_the_name_of_the_activation_without_its_kink(name: str) -> None:
    page = recurrence()
    found = prove(page, page.claim("1", d(h[t], W), box()), Question(activation=name, method="unrolled", steps=(1, 2)))
    assert found.scope is not None
    assert found.scope.names == name
    said = [remark.words for remark in remarks_on(row_of(page["1"], found)) if isinstance(remark, Said)]
    assert (found.scope.activation in said) == (found.scope.activation != name)


# --------------------------------------------------------------------------------------------------- shown


def test_every_remark_of_every_row_is_in_the_web_page_and_in_the_document() -> None:
    for path in (ERRATA, NOTE):
        dossiers = gather(path, Question(steps=(1, 2, 3)))
        page, document = plain(write_html(dossiers, [], "0")), write_latex(dossiers, {}, "0")
        kinds = set()
        for dossier in dossiers:
            for row in dossier.sheet:
                for remark in remarks_on(row):
                    kinds.add(remark.kind if isinstance(remark, (Said, Formula)) else type(remark).__name__)
                    assert plain(as_html(remark)) in page
                    assert as_tex(remark) in document
                    assert as_html(remark) or as_tex(remark) == ""
        assert {"why", "Witness"} <= kinds
        if path == ERRATA:
            assert {"read as", "one change makes it true", "Slip", "meaning"} <= kinds


def test_the_document_has_the_proof_of_what_holds_and_where_the_rest_fails() -> None:
    (dossier,) = gather(ERRATA, Question(steps=(1, 2)))
    document = write_latex([dossier], {}, "0")
    good = sum(row.word in ("proved", "holds-as-read") for row in dossier.sheet)
    assert document.count(r"\proof{Why it is true}") == good == 5
    assert document.count(r"\rule{1ex}{1ex}") >= good


def test_a_misreading_that_is_refuted_as_it_should_be_has_no_cross(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
        true = page.claim("1", d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W))
        page.misread("2", d(h[t], W), partial(h[t], W), of=true, why="the step before is left out")
        page.claim("3", d(h[t], W), 2 * partial(h[t], W))
        """,
    )
    page = write_html(gather(path, Question(steps=(1, 2))), [], "0")
    assert re.search(r'\(2\)</span><span class="word good">✓ refuted<', page)
    assert re.search(r'\(3\)</span><span class="word bad">✗ refuted<', page)
    assert "Unexpected: (3) refuted" in run_here("check", str(path)).stdout


def test_a_claim_without_a_choice_has_no_line_that_says_as_printed() -> None:
    for line in run_here("check", "--latex", r"h_t = 2 h_t").stdout.splitlines():
        assert line.strip() != "as printed"


def test_a_remark_of_each_kind_is_written_in_each_way() -> None:
    page = recurrence()
    claim = page.claim("1", d(h[t], W), partial(h[t], W) - jacobian(t) @ d(h[t - 1], W))
    (row,) = judge(page, [claim])
    known = {type(remark) for remark in remarks_on(row)}
    unread = judge_note_of(r"$$h_t = \foo$$")
    known |= {type(remark) for remark in remarks_on(unread)}
    assert known == set(get_args(Remark)) == {Said, Witness, Formula, Slip, Excerpt}
    for remark in (*remarks_on(row), *remarks_on(unread)):
        assert as_text(remark)
        assert all(as_text(remark))


def judge_note_of(text: str) -> Row:
    from symbptt.reader.note import read
    from symbptt.text.document import split_document

    (row,) = judge_note(read(split_document(text, "note.md")))
    return row


def test_more_terms_than_are_listed_are_counted() -> None:
    terms = tuple(Term(partial(h[k], W), Fraction(1), Fraction(0)) for k in range(1, 12))
    slip = Slip(at={"t": 11}, terms=terms)
    assert as_text(slip)[-1].strip() == "and 3 more"
    assert "and 3 more" in plain(as_html(slip))
    assert "and 3 more" in as_tex(slip)


def test_what_was_understood_as_something_else_than_is_typed_is_shown_where_it_is_proved_too() -> None:
    units = (
        r"h_i(t) = \tanh(\sum_j w_{ij} h_j(t-1))",
        r"\frac{\partial h_i(t)}{\partial h_j(t-1)} = (1 - h_i(t)^2) w_{ij}",
    )
    whole = (r"h_t = \tanh(W h_{t-1})", r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W")
    entries, vectors = (
        next(row for row in judge_note(as_note(*page)) if row.kind == "claim") for page in (units, whole)
    )
    said = [[remark.words for remark in remarks_on(row) if isinstance(remark, Said)] for row in (entries, vectors)]
    assert [row.word for row in (entries, vectors)] == ["proved", "proved"]
    assert said == [["∂h_t/∂h_{t-1} = diag(1 - h_t^{2}) · w"], []]
