"""The harness of ``python -m tests.soundness``: what it rests on, that it notices what is wrong, and a share of it."""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symbptt import Derivation, d, hadamard, ones, partial
from symbptt.judging.claims import prove
from symbptt.judging.methods import Bench
from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Equation
from symbptt.text.document import Document, split_document
from symbptt.verdicts import Question, Reading, Scope, Verdict
from tests.pages import UNEXPLAINED, U, W, as_note, box, h, recurrence, t
from tests.soundness import evaluator, latex
from tests.soundness.__main__ import main
from tests.soundness.changes import rewrites, slips
from tests.soundness.evaluator import Evaluator, Unclear
from tests.soundness.latex import Style, Writer, meanings
from tests.soundness.pages import FAMILIES, OTHERS, SIZES, made
from tests.soundness.trial import WRONG, findings

STEPS = range(1, 5)


def imported(path: Path) -> set[str]:
    """The modules that a file imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


class TestTheEvaluator:
    def test_it_knows_of_the_house_what_is_written_and_nothing_else(self) -> None:
        path = Path(evaluator.__file__)
        own = {name for name in imported(path) if name.startswith(("symbptt", "tests"))}
        assert own == {"symbptt.page.notation", "symbptt.page.derivation"}
        # What a page has resolved is an answer of the house too.
        asked = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert asked.isdisjoint({"meaning", "resolve", "resolved", "definitions", "letters_under"})

    @pytest.mark.parametrize("name", [*FAMILIES])
    def test_what_is_true_on_a_page_is_true_at_its_points_and_stays_so_when_it_is_rewritten(self, name: str) -> None:
        family, rng, compared = made(name), random.Random(name), 0
        asked = Evaluator(family.page)
        for tag, claim in family.claims.items():
            equation = family.page.claim(tag, claim.left, claim.right, for_each=claim.for_each)
            for sizes in (SIZES, OTHERS):
                truth = asked.truth(equation, STEPS, sizes)
                assert truth.holds, (tag, truth)
                assert not truth.vanishes, tag
            told = list(rewrites(equation.sides[1]))
            for place, (said, right) in enumerate(rng.sample(told, min(3, len(told)))):
                changed = family.page.claim(f"{tag} {place}", claim.left, right, for_each=claim.for_each)
                truth = asked.truth(changed, STEPS, SIZES)
                assert not truth.differs, (tag, said)
                assert not truth.clash, (tag, said)
                compared += len(truth.same)
        assert compared >= 8

    def test_the_box_is_told_from_its_neighbours(self) -> None:
        page = recurrence()
        asked, differing = Evaluator(page), Counter[str]()
        for place, (said, right) in enumerate(slips(page, box())):
            truth = asked.truth(page.claim(str(place), d(h[t], W), right), STEPS, SIZES)
            differing[said] += not truth.holds
        assert sum(differing.values()) > 30
        for said in ("sign", "order", "transposed", "upper bound", "total for immediate", "dropped term", "step above"):
            assert differing[said], said

    def test_gates_side_by_side_compose_entry_by_entry_in_a_note_alone_and_matrices_never_do(self) -> None:
        page = recurrence()
        asked = Evaluator(page)
        gated = page.claim("gated", hadamard(h[t], ones(h[t]) - h[t]), h[t] @ (ones(h[t]) - h[t]))
        turned = page.claim("turned", hadamard(W, ones(W) - W), W @ (ones(W) - W))
        assert asked.truth(gated, STEPS, SIZES).clash
        assert asked.truth(gated, STEPS, SIZES, gates=True).holds
        assert asked.truth(turned, STEPS, SIZES, gates=True).differs

    def test_shapes_that_compose_for_some_sizes_alone_do_not_for_others(self) -> None:
        page = recurrence()
        claim = page.claim("c", partial(h[t], W), partial(h[t], U))
        asked = Evaluator(page)
        assert not asked.truth(claim, STEPS, SIZES).clash
        assert asked.truth(claim, STEPS, OTHERS).clash


def test_every_one_slip_mutant_of_the_box_is_judged_as_the_points_have_it_and_refuted_with_a_witness() -> None:
    page = recurrence()
    bench, asked, words = Bench(page), Evaluator(page), Counter[str]()
    for place, (said, right) in enumerate(slips(page, box())):
        claim = page.claim(str(place), d(h[t], W), right)
        found, truth = prove(page, claim, Question((1, 2, 3, 4)), bench), asked.truth(claim, STEPS, SIZES)
        words[found.word] += 1
        if truth.holds:
            assert found.word == "proved", (said, str(claim), found.reason)
        elif truth.differs:
            assert found.word == "refuted", (said, str(claim), found.reason)
            assert found.witness is not None
        else:
            assert found.word in ("ill-typed", "not-stated"), (said, str(claim), found.reason)
    assert words["refuted"] > 25
    assert words["proved"] >= 1  # the sum from 0


def test_every_one_slip_mutant_of_the_box_in_a_note_is_judged_as_the_points_have_it() -> None:
    page = recurrence()
    writer = Writer(Style({"h": "h", "W": "W", "U": "U", "x": "x", "phi": r"\phi"}, {}))
    asked = Evaluator(page)
    claims = [page.claim(str(place), d(h[t], W), right) for place, (_, right) in enumerate(slips(page, box()))]
    shown = (" = ".join(map(writer.written, equation.chain)) for equation in page)
    _, *rows = judge_note(as_note(*shown), question=UNEXPLAINED)
    words = Counter[str]()
    for claim, row in zip(claims, rows, strict=True):
        truth = asked.truth(claim, STEPS, SIZES)
        words[row.word] += 1
        if row.word == "proved":
            assert truth.holds, str(claim)
        elif row.word == "holds-as-read":
            # In which order Π runs is left to the reader.
            assert "ascending" in str(claim)
        elif row.word == "refuted":
            assert not truth.holds, str(claim)
    assert words["refuted"] > 25
    assert words["proved"] >= 1


# --------------------------------------------------------------------------------------------------- what is planted


def outcomes(first: int, number: int, door: Any) -> Counter[str]:
    """What comes of some claims at one door."""
    numbers = range(first, first + number)
    return Counter(one.outcome for k in numbers for one in findings(k, 1, doors=(door,)))


def test_a_method_that_proves_what_is_false_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(bench: Bench, equation: Equation, question: Question) -> Verdict:
        return Verdict("proved", "planted", Scope("any", "any", "all"))

    before = outcomes(0, 12, "page")
    assert not any(before[outcome] for outcome in WRONG)
    monkeypatch.setattr("symbptt.judging.claims.decide", everything)
    monkeypatch.setattr("symbptt.judging.claims.crosscheck", lambda *asked, **more: [])
    assert outcomes(0, 12, "page")["false accepted"] >= 5


def test_a_method_that_refutes_what_is_true_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    planted = Verdict("refuted", "planted")
    monkeypatch.setattr("symbptt.judging.claims.decide", lambda bench, equation, question: planted)
    assert outcomes(0, 20, "page")["true refuted"] >= 2


def test_a_fault_of_a_method_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(bench: Bench, equation: Equation, question: Question) -> Verdict:
        raise ValueError("planted")

    monkeypatch.setattr("symbptt.judging.claims.decide", broken)
    assert outcomes(0, 6, "page")["fault"] >= 4


def test_a_reading_that_changes_what_is_claimed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def trivial(page: Derivation, equation: Equation, sieve: object) -> Iterator[Reading]:
        yield Reading("planted", equation.with_sides(equation.left, equation.left))

    before = outcomes(0, 10, "note")
    assert not any(before[outcome] for outcome in WRONG)
    monkeypatch.setattr("symbptt.judging.claims.holding", trivial)
    assert outcomes(0, 10, "note")["false accepted"] >= 2


def test_a_reader_that_takes_one_sign_for_another_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(text: str, path: str) -> Document:
        return split_document(text.replace(" + ", " - "), path)

    monkeypatch.setattr("tests.soundness.trial.split_document", other)
    assert outcomes(36, 10, "note")["true refuted"] >= 1


def test_a_share_of_the_claims_is_judged_as_the_points_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--n", "40", "--seed", "3"])
    said = capsys.readouterr().out
    assert status == 0, said
    counted = {line.strip().split("  ")[1]: int(line.split()[0]) for line in said.splitlines() if ", through" in line}
    for door in ("page", "note"):
        assert counted[f"false rejected, through the {door}"] >= 8
        assert counted[f"true accepted, through the {door}"] >= 3


def test_where_a_claim_has_more_meanings_than_are_looked_at_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    page = recurrence()
    claim = page.claim("twice", d(h[t], W), d(h[t], W) + partial(h[t], W))
    assert len(list(meanings(page, claim, plain=True))) == 16
    monkeypatch.setattr(latex, "MOST", 4)
    with pytest.raises(Unclear, match="more than 4 meanings"):
        list(meanings(page, claim, plain=True))
