"""The published derivations under derivations/: each display of each note has the verdict that is recorded here."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read_note
from symbptt.show.remarks import reading_latex
from tests.pages import ROOT, judged

PROVED, READ, REFUTED, ILL_TYPED, DEFINED, ASIDE = (
    "proved",
    "holds-as-read",
    "refuted",
    "ill-typed",
    "definition",
    "aside",
)
RECORDED: dict[str, dict[str, str]] = {
    "islam.md": {
        "1": PROVED,
        "2": DEFINED,
        "3": DEFINED,
        "4": PROVED,
        "5": PROVED,
        "6": PROVED,
        "7": PROVED,
        "8": PROVED,
        "9": PROVED,
        "10a": PROVED,
        "L45": ASIDE,
        "L47": PROVED,
        "10b": READ,
        "L51": ASIDE,
        "box": READ,
    },
    "d2l.md": {
        "9.7.1a": DEFINED,
        "9.7.1b": DEFINED,
        "9.7.2": DEFINED,
        "9.7.3": PROVED,
        "9.7.4": PROVED,
        "9.7.5": PROVED,
        "9.7.6a": DEFINED,
        "9.7.6b": DEFINED,
        "9.7.6c": DEFINED,
        "9.7.7": PROVED,
        "9.7.8": PROVED,
        "9.7.8'": REFUTED,
        "truncated": PROVED,
    },
    "errata.md": {
        "431": REFUTED,
        "431'": PROVED,
        "2505": REFUTED,
        "2505'": PROVED,
        "1658": ILL_TYPED,
        "1658'": PROVED,
        "A1": PROVED,
        "A2": REFUTED,
        "A3": READ,
    },
    "linear.tex": {"1": DEFINED, "2": REFUTED, "3": PROVED},
    "pascanu.tex": {"2": DEFINED, "2'": DEFINED, "4": PROVED, "5": PROVED, "5a": REFUTED, "5b": PROVED},
    "goodfellow.md": {
        **dict.fromkeys(("10.8", "10.9", "10.10", "10.13", "10.14"), DEFINED),
        **dict.fromkeys(("10.18", "10.19", "10.20", "10.21'"), PROVED),
        "10.21": ILL_TYPED,
        **dict.fromkeys(("10.22", "10.23", "10.24", "10.26", "10.28"), PROVED),
        "10.26'": REFUTED,
    },
    "d2l_gradients.md": {
        **dict.fromkeys(("9.7.8a", "9.7.8b", "9.7.9"), DEFINED),
        **dict.fromkeys(("9.7.11", "9.7.12", "9.7.13", "9.7.14", "9.7.15", "9.7.16a", "9.7.16b"), PROVED),
        "9.7.15'": REFUTED,
    },
    "lstm.md": {
        **dict.fromkeys(("f", "i", "o", "g", "c", "q", "h", "L"), DEFINED),
        **dict.fromkeys(("do", "dc", "df", "di", "dg", "dWf", "dUg"), PROVED),
        **dict.fromkeys(("dc'", "dUg'"), REFUTED),
    },
    "gru.md": {
        **dict.fromkeys(("z", "r", "s", "n", "h", "L"), DEFINED),
        **dict.fromkeys(("dz", "dn", "dr", "ds", "jacobian", "dWn", "dUz"), PROVED),
        **dict.fromkeys(("jacobian'", "dUz'"), REFUTED),
    },
    "softmax.md": {
        **dict.fromkeys(("h", "o", "p", "loss", "L"), DEFINED),
        **dict.fromkeys(("jacobian", "do", "dV"), PROVED),
        **dict.fromkeys(("jacobian'", "do'"), REFUTED),
    },
}


def test_every_note_is_recorded() -> None:
    folder = ROOT / "derivations"
    assert {path.name for path in folder.iterdir() if path.suffix in (".md", ".tex")} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_each_display_has_its_recorded_verdict_and_the_note_comes_out_as_it_says(name: str) -> None:
    _, found = judged(name)
    assert {row.tag: row.word for row in found} == RECORDED[name]
    assert [row.tag for row in found if not row.settled] == []


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_wrong_has_a_witness_and_what_holds_as_read_is_wrong_as_printed(name: str) -> None:
    for row in judged(name)[1]:
        if row.word in (REFUTED, READ):
            assert row.verdict is not None
            assert row.verdict.witness is not None
            assert row.verdict.literal == REFUTED


def test_the_box_is_true_under_one_reading_and_false_as_printed() -> None:
    box = judged("islam.md")[1][-1].verdict
    assert box is not None
    assert box.reading is not None
    assert box.reading.words == (
        "∂h_t/∂w_h on the left total; ∂h_t/∂w_h in term 1 and ∂h_i/∂w_h immediate; j runs from i+1 to t"
    )
    assert box.reading.others == ()
    assert r"\prod_{j=i+1}^{t}" in reading_latex(box.reading)
    assert box.witness is not None
    assert (box.witness.t, box.witness.lhs, box.witness.rhs) == (2, "1", "2")


def test_a_note_that_calls_a_true_equation_wrong_is_not_as_it_hopes(tmp_path: Path) -> None:
    text = (ROOT / "derivations" / "linear.tex").read_text()
    path = tmp_path / "linear.tex"
    path.write_text(text.replace("w^{t-j} h_j,", "w^{t-j} h_{j-1},"))
    unsettled = [(row.tag, row.word) for row in judge_note(read_note(path)) if not row.settled]
    assert unsettled == [("2", PROVED)]


def test_a_slip_in_a_note_that_was_right_is_found(tmp_path: Path) -> None:
    text = (ROOT / "derivations" / "linear.tex").read_text()
    path = tmp_path / "linear.tex"
    path.write_text(text.replace("w^{t-j} h_{j-1}.", "w^{t-j+1} h_{j-1}."))
    assert [(row.tag, row.word) for row in judge_note(read_note(path)) if not row.settled] == [("3", REFUTED)]
