"""A note about several models is read as several, and what says of a letter again what it is changes nothing unsaid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbptt import judge_note
from symbptt.reader.models import models_of
from symbptt.reader.note import read
from symbptt.reader.statements import find_statements
from symbptt.text.document import headings, split_document
from tests.commands import run_here

CELL = r"$$h_t = \tanh(W h_{t-1} + U x_t)$$"
SLOPE = r"$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W$$"
LINEAR = r"$$\frac{\partial h_t}{\partial h_{t-1}} = W$$"
GATED = r"""
$$z_t = \sigma(A h_{t-1} + B x_t)$$
$$c_t = \tanh(C h_{t-1} + D x_t)$$

### The state

$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot c_t$$
"""
BY_GATE = r"$$\frac{\partial h_t}{\partial z_t} = \operatorname{diag}(c_t - h_{t-1})$$"
GATE_TURNED = r"$$\frac{\partial h_t}{\partial z_t} = \operatorname{diag}(h_{t-1} - c_t)$$"
TWO = "\n\n".join(["# Networks", "## Vanilla", CELL, "## Its slope", SLOPE, "## Gated", GATED, "## Its slope", BY_GATE])


def words(*parts: str, name: str = "note.md") -> list[str]:
    """The words of the rows of a note."""
    return [row.word for row in judge_note(read(split_document("\n\n".join(parts), name)))]


def titles(*parts: str, name: str = "note.md") -> list[str]:
    """The titles of the models of a note."""
    document = split_document("\n\n".join(parts), name)
    return [model.document.title for model in models_of(document, find_statements(document))]


class TestTwoModels:
    def test_each_claim_is_judged_by_the_model_of_its_section(self) -> None:
        found = words(TWO, GATE_TURNED, SLOPE)
        assert found == ["definition", "proved", *["definition"] * 3, "proved", "refuted", "ill-typed"]

    def test_a_claim_of_the_first_model_is_none_of_the_second(self) -> None:
        assert words(CELL, SLOPE)[-1] == "proved"
        assert words("## One", CELL, "## Two", r"$$h_t = \sigma(A h_{t-1} + B x_t)$$", SLOPE)[-1] != "proved"

    def test_in_latex_sections_part_models_too(self) -> None:
        text = TWO.replace("### The state", r"\subsection{The state}").replace("# Networks", "")
        for title in ("Vanilla", "Its slope", "Gated"):
            text = text.replace(f"## {title}", rf"\section{{{title}}}")
        text = rf"\documentclass{{article}}\begin{{document}}{text}\end{{document}}"
        assert titles(text, name="note.tex") == ["Vanilla", "Gated"]
        assert words(text, name="note.tex")[-1] == "proved"

    def test_a_model_goes_by_the_definitions_before_it_that_it_does_not_replace(self) -> None:
        loss = r"$$L = \sum_{t=1}^T (h_t - y_t)^\top (h_t - y_t)$$"
        made = TWO.replace("## Its slope", f"{loss}\n\n## Its slope", 1)
        end = r"$$\frac{\partial L}{\partial h_T} = %s (h_T - y_T)^\top$$"
        assert words(made, end % 2, end % 3)[-2:] == ["proved", "refuted"]

    def test_what_is_said_before_the_first_model_is_said_of_all(self) -> None:
        claim = r"$$\frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(%s)$$"
        other = (CELL.replace("W", "A").replace("U", "B"), claim.replace("W", "A^\\top") % "1 - h_t^2")
        said = "All derivatives are in denominator layout."
        note = ("# Networks", said, "## One", CELL, claim.replace("W", "W^\\top") % "1 - h_t^2", "## Two", *other)
        assert words(*note) == ["definition", "proved", "definition", "proved"]
        assert words(*note[:1], said.replace("denominator", "numerator"), *note[2:])[-1] == "refuted"

    def test_how_derivatives_lie_is_said_once_wherever_it_is_said(self) -> None:
        claim = r"$$\frac{\partial h_t}{\partial h_{t-1}} = A^\top \operatorname{diag}(1 - h_t^2)$$"
        other = CELL.replace("W", "A").replace("U", "B")
        note = ("## One", "We use denominator layout.", CELL, "## Two", other, claim)
        assert words(*note) == ["definition", "definition", "proved"]
        assert words(note[0], "We use numerator layout.", *note[2:])[-1] == "refuted"

    def test_an_equation_that_a_later_section_takes_back_is_taken_back(self) -> None:
        numbered = TWO.replace(SLOPE, SLOPE.replace("W$$", "W \\tag{7}$$"))
        assert words(numbered)[1] == "proved"
        assert words(numbered, "Equation (7) is wrong.")[1] == "unread"

    def test_the_command_has_a_source_for_each_and_loses_no_display(self, tmp_path: Path) -> None:
        note = tmp_path / "note.md"
        note.write_text(TWO)
        done = run_here("check", str(note), "--json", "-")
        sources = json.loads(done.stdout)["sources"]
        assert [source["title"] for source in sources] == ["Vanilla", "Gated"]
        assert [len(source["equations"]) for source in sources] == [2, 4]
        assert sources[1]["assumptions"][0] == "a model of its own begins here: (L19) says anew what h_t is"
        sheet = judge_note(note)
        assert [row.tag for row in sheet] == [row["tag"] for source in sources for row in source["equations"]]

    @pytest.mark.parametrize("title", ["Model B", "Exercise 2", "The linear network", "Another network", "Partie 2"])
    def test_a_heading_may_say_that_another_model_stands_below(self, title: str) -> None:
        linear = CELL.replace(r"\tanh(W h_{t-1} + U x_t)", "W h_{t-1} + U x_t")
        found = words("## Model A", CELL, SLOPE, f"## {title}", linear, LINEAR, SLOPE)
        assert found == ["definition", "proved", "definition", "proved", "refuted"]
        assert words("## Model A", CELL, SLOPE, "## Its gradient", linear, LINEAR, SLOPE)[2] == "refuted"

    def test_a_letter_for_a_derivative_stands_for_another_one_below_another_heading(self) -> None:
        loss = (r"$$o_t = V h_t$$", r"$$L = \sum_{t=1}^T (o_t - y_t)^\top (o_t - y_t)$$")
        claim = r"$$\delta_t = 2 (o_t - y_t)$$"
        first, second = (rf"Let $\delta_t = \frac{{\partial L}}{{\partial {letter}_t}}$." for letter in "oh")
        assert words(CELL, *loss, first, claim)[-1] == "proved"
        assert words(CELL, *loss, "## Outputs", first, "## States", second, claim)[-1] in ("refuted", "ill-typed")
        # Without a heading it is not clear which of them is meant.
        assert words(CELL, *loss, first, claim, second, claim)[-2:] == ["proved", "unread"]


class TestOneModel:
    def test_a_definition_that_is_said_again_is_a_claim(self) -> None:
        inner = r"$$z_t = W h_{t-1} + U x_t$$"
        for again in (CELL, r"$$h_t = \tanh(z_t)$$"):
            assert words("## One", CELL, inner, "## Two", again, SLOPE)[2:] == ["proved", "proved"]
        assert words("## One", CELL, inner, "## Two", r"$$h_t = \tanh(2 z_t)$$", SLOPE)[2:] == ["refuted", "undecided"]

    def test_without_a_heading_between_it_is_a_claim(self) -> None:
        assert words(CELL, GATED.replace("### The state", ""), BY_GATE)[-2:] != ["definition", "proved"]

    def test_a_slip_in_it_makes_no_other_model_and_what_follows_is_undecided(self) -> None:
        slip = CELL.replace(r"\tanh(W h_{t-1} + U x_t)", r"W h_{t-1} + U x_t")
        assert words("## One", CELL, SLOPE, "## Two", slip, SLOPE, LINEAR)[1:] == [
            *("proved", "refuted", "undecided", "undecided")
        ]
        # In its own section it is a slip and no more.
        assert words("## One", CELL, slip, SLOPE)[1:] == ["refuted", "proved"]

    def test_a_heading_that_goes_back_to_another_model_leaves_open_what_stands_below(self) -> None:
        for title in ("Back to the vanilla network", "Conclusion", "Appendix: the vanilla slope"):
            assert words(TWO, f"## {title}", BY_GATE)[-1] == "unread"
        assert words(TWO, "## The gates once more", BY_GATE)[-1] == "proved"

    def test_code_and_what_stands_before_the_text_have_no_headings(self) -> None:
        found = headings("---\ntitle: A\n---\n# One\n```\n# two\n```\nThree\n---\n\\section*{Four}\n")
        assert [(one.title, one.level) for one in found] == [("One", 1), ("Three", 2), ("Four", 2)]


class TestSaidAgainInTheText:
    @pytest.mark.parametrize(
        ("said", "word"),
        [
            (r"The linear network is $h_t = W h_{t-1} + U x_t$.", "undecided"),
            (r"where $h_t = \tanh(W h_{t-1})$.", "undecided"),
            (r"where $h_t = \tanh(U x_t + W h_{t-1})$.", "proved"),
            (r"where $h_t = \tanh\left(W h_{t-1} + U x_t\right)$.", "proved"),
            (r"where $h_t = f(h_{t-1}, x_t)$.", "proved"),
        ],
    )
    def test_what_differs_leaves_open_what_is_claimed_behind_it(self, said: str, word: str) -> None:
        assert words(CELL, SLOPE, said, SLOPE) == ["definition", "proved", word]

    def test_letters_of_which_nothing_is_said_again_stay_what_they_are(self) -> None:
        other, claim = (
            r"$$s_t = \tanh(A s_{t-1})$$",
            r"$$\frac{\partial s_t}{\partial s_{t-1}} = \operatorname{diag}(1 - s_t^2) A$$",
        )
        assert words(CELL, other, "The linear network is $h_t = W h_{t-1}$.", SLOPE, claim)[2:] == [
            "undecided",
            "proved",
        ]
