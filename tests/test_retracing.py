"""Proofs by the chain rule, told step by step: each step is true by itself, and stands in the layout of its page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from symbptt.functions import ARBITRARY, activation
from symbptt.judging.methods import Bench, decide
from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import first_step
from symbptt.page.notation import Expr, Index, free_indices, indices
from symbptt.proofs.retracing import retraced
from symbptt.proofs.words import Step
from symbptt.show.explain import explanation, explanation_latex
from symbptt.verdicts import Question, Row
from tests.pages import as_note, judged

t, T = indices("t T")
CELL = (r"z_t = W h_{t-1} + U x_t", r"h_t = \phi(z_t)", "o_t = V h_t", r"L = \sum_{t=1}^T \ell(o_t, y_t)")
COLUMNS = "Gradients have the shape of what they are taken in."
ROWS = "Gradients are rows."
TURNED = "Denominator layout."
LOSS = r"\frac{\partial L}{\partial %s}"


def claimed(words: str, *displays: str) -> Row:
    """The last claim of a note on the cell."""
    return judge_note(as_note(*CELL, *displays, text=words)).rows[-1]


def told(row: Row) -> str:
    """The explanation of a row as text."""
    assert row.page is not None
    assert row.equation is not None
    return "\n".join(explanation(row.page, row.equation, row.of_reading, Question()))


def steps_of(row: Row) -> Iterator[Step]:
    """The steps of a proof, without the small ones."""
    assert row.page is not None
    equation = row.of_reading.read_as if row.of_reading is not None and row.of_reading.read_as else row.equation
    assert equation is not None
    for standing in (ARBITRARY, activation("any")):
        steps = retraced(row.page, equation, first_step(row.page, equation), standing)
        if steps:
            yield from steps
            return


class TestEachStepIsTrue:
    @pytest.mark.parametrize("name", ["lstm.md", "gru.md", "goodfellow.md", "d2l_gradients.md"])
    def test_by_the_methods_that_know_nothing_of_it(self, name: str) -> None:
        benches: dict[Derivation, Bench] = {}
        asked: set[tuple[Derivation, Expr, Expr, bool]] = set()
        for row in judged(name)[1]:
            if row.of_reading is None or row.of_reading.method != "adjoint" or row.word == "refuted":
                continue
            assert row.page is not None
            before_last = False
            if row.page not in benches:
                benches[row.page] = Bench(row.page)
            steps = list(steps_of(row))
            assert [step.rule for step in steps].count("as read") >= 2
            for step in steps:
                if step.rule == "case":
                    before_last = step.at == "t < T"
                for one in (step, *step.inner):
                    if isinstance(one.at, str) or isinstance(one.result, str) or one.rule == "as read":
                        continue
                    # Beside t the letter k is no step of an equation; many claims of a note have a step in common.
                    said = row.page, one.at, one.result, before_last
                    if "k" not in free_indices(one.at) and said not in asked:
                        asked.add(said)
                        ranges = ((t, Index.of(1), T - 1),) if before_last else ()
                        claim = Equation(f"{row.tag}: {one}", "claim", one.at, one.result, row.place, for_each=ranges)
                        found = decide(benches[row.page], claim, Question((2, 3), method="unrolled"))
                        assert found.word == "proved", f"{claim.tag}: {found.reason}"
        assert len(asked) >= 10


class TestLayouts:
    def test_a_gradient_that_is_a_column_has_its_jacobians_transposed_in_front(self) -> None:
        row = claimed(COLUMNS, rf"{LOSS % 'z_t'} = {LOSS % 'h_t'} \odot \phi'(z_t)")
        assert "∂L/∂z_t = (∂°h_t/∂z_t)ᵀ · ∂L/∂h_t\n" in told(row)

    def test_one_that_is_a_row_has_them_behind(self) -> None:
        row = claimed(ROWS, rf"{LOSS % 'z_t'} = {LOSS % 'h_t'} \operatorname{{diag}}(\phi'(z_t))")
        assert "∂L/∂z_t = ∂L/∂h_t · ∂°h_t/∂z_t\n" in told(row)

    def test_one_with_turned_jacobians_has_them_in_front_as_they_are(self) -> None:
        row = claimed(TURNED, rf"{LOSS % 'h_t'} = V^\top {LOSS % 'o_t'} + W^\top {LOSS % 'z_{t+1}'}, t < T")
        assert "∂L/∂h_t = ∂°o_t/∂h_t · ∂L/∂o_t + ∂°z_{t+1}/∂h_t · ∂L/∂z_{t+1}\n" in told(row)
        assert "∂°o_t/∂h_t = Vᵀ\n" in told(row)

    def test_the_slope_of_a_step_is_the_matrix_that_it_is(self) -> None:
        row = claimed(COLUMNS, r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(z_t)) W")
        assert "∂h_t/∂h_{t-1} = ∂°h_t/∂z_t · ∂z_t/∂h_{t-1}\n" in told(row)
        assert "∂°h_t/∂z_t = diag(phi'(z_t))\n" in told(row)
        assert "∂°z_t/∂h_{t-1} = W\n" in told(row)

    def test_a_shared_weight_adds_a_term_for_each_use(self) -> None:
        row = claimed(COLUMNS, rf"{LOSS % 'W'} = \sum_{{t=1}}^T {LOSS % 'z_t'} h_{{t-1}}^\top")
        assert "Every use of W adds a term:\n      d L/d W = Σ_{t=1..T} (∂L/∂z_t · h_{t-1}ᵀ)" in told(row)


class TestInductionDownwards:
    NOTE = (
        r"\delta_T = \phi'(z_T) \odot V^\top \frac{\partial \ell(o_T, y_T)}{\partial o_T}",
        r"\delta_t = \phi'(z_t) \odot (V^\top \frac{\partial \ell(o_t, y_t)}{\partial o_t} + W^\top \delta_{t+1})",
        r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \delta_t h_{t-1}^\top",
    )

    def test_has_its_base_its_step_and_the_claim(self) -> None:
        row = claimed(COLUMNS, *self.NOTE)
        assert row.verdict is not None
        assert row.verdict.method == "backwards"
        said = told(row)
        places = [said.index(words) for words in ("What delta_t is", "The base", "The step", "the claim becomes")]
        assert places == sorted(places)
        assert said.count("∎") == 3
        assert "L_T" not in said

    def test_is_latex_too(self) -> None:
        row = claimed(COLUMNS, *self.NOTE)
        assert row.page is not None
        assert row.equation is not None
        made = explanation_latex(row.page, row.equation, row.of_reading, Question())
        assert r"\frac{\partial^{\circ} h_{t}}{\partial z_{t}}" in made
        assert made.count(r"\begin{align*}") == made.count(r"\end{align*}") > 5


def test_what_is_false_is_not_retraced() -> None:
    row = claimed(COLUMNS, rf"{LOSS % 'z_t'} = {LOSS % 'h_t'} \odot \phi(z_t)")
    assert row.word == "refuted"
    assert row.page is not None
    assert row.printed is not None
    assert not retraced(row.page, row.printed, 1, ARBITRARY)


def test_an_index_that_the_proof_numbered_is_told_by_a_letter_that_stands_nowhere_else() -> None:
    cascade = r"\left(\prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}\right) \frac{\partial^+ h_k}{\partial W}"
    summed = r"\sum_{t=1}^{T} \sum_{k=1}^{t} \frac{\partial L}{\partial o_t} \frac{\partial o_t}{\partial h_t}"
    note = as_note(
        r"h_t = \phi(U x_t + W h_{t-1})",
        r"o_t = V h_t",
        r"L = \sum_{t=1}^{T} \frac{1}{2} \|o_t - y_t\|^2",
        rf"\frac{{\partial L}}{{\partial W}} = {summed} {cascade}",
    )
    row = list(judge_note(note))[-1]
    assert row.word == "proved"
    assert row.page is not None
    assert row.equation is not None
    assert row.verdict is not None
    text = "\n".join(explanation(row.page, row.equation, row.verdict, Question()))
    assert "Where i" in text or "Where j" in text
    assert "#" not in text
