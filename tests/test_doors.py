"""Whoever asks for a verdict, in whatever way: what the numbers contradict is nowhere called proved.

A wrong rule for the derivative of tanh, 1 + tanh², is shared by both sides of a claim, so that no proof can see it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from symbptt import (
    Derivation,
    Question,
    crosscheck_function,
    d,
    judge,
    judge_note,
    partial,
    prove,
    read_note,
    tabulate,
    to_numpy,
)
from symbptt.errors import UsageError
from symbptt.functions import TABLE
from symbptt.judging.claims import verdict_on
from symbptt.judging.methods import METHODS
from symbptt.page.derivation import Equation
from symbptt.reader.results import Note
from symbptt.show.plots import Drawn
from tests.commands import run
from tests.pages import W, h, jacobian, recurrence, t

SCRIPT = """
from symbptt import *

t, i, j = indices("t i j")
n, D = sizes("n d")
h, x = state("h", n), data("x", D)
W, U, phi = weight("W", n, n), weight("U", n, D), function("phi")
page = Derivation("A recurrence")
page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
page.claim("1", d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W))
page.claim("box", d(h[t], W),
    partial(h[t], W) + Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1)))
"""
NOTE = r"""# A recurrence

$$h_t = \phi(W h_{t-1} + U x_t) \tag{h}$$

$$\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}
  + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W} \tag{1}$$

$$\frac{\partial h_t}{\partial W} = \frac{\partial h_t}{\partial W}
  + \sum_{i=1}^{t-1} \left( \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} \right)
  \frac{\partial h_i}{\partial W} \tag{box}$$
"""


def stated() -> tuple[Derivation, Equation]:
    page = recurrence()
    return page, page.claim("1", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))


@pytest.fixture(params=[False, True], ids=["right rule", "wrong rule"])
def planted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the rule for tanh is wrong."""
    if request.param:
        monkeypatch.setitem(TABLE, "tanh", replace(TABLE["tanh"], rule=lambda f, a, at: 1 + f**2))
    return bool(request.param)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    """The page as a script and as a note."""
    script, note = tmp_path / "page.py", tmp_path / "note.md"
    script.write_text(SCRIPT)
    note.write_text(NOTE)
    return script, note


CONTRADICTED = "proves it, but"


@pytest.mark.parametrize("method", [None, "induction", "words", "indexed", "unrolled"])
@pytest.mark.parametrize("activation", ["any", "tanh"])
def test_prove_is_contradicted_by_numbers_whatever_the_method(
    planted: bool, method: str | None, activation: str
) -> None:
    page, claim = stated()
    found = prove(page, claim, Question(activation=activation, method=method))
    assert found.word == found.literal == ("undecided" if planted else "proved")
    assert (CONTRADICTED in found.reason) == planted
    assert found.comparisons
    assert {one.outcome for one in found.comparisons} == {"disagree" if planted else "agree"}


def test_judge_and_the_table_of_verdicts_are_contradicted(planted: bool, paths: tuple[Path, Path]) -> None:
    page, _ = stated()
    word = "undecided" if planted else "proved"
    assert judge(page)["1"].word == tabulate(page)["1"].word == word
    assert judge(page, jobs=2)["1"].word == word
    assert ("proved" in str(tabulate(page))) != planted
    assert judge(paths[0])["box"].word == word


def test_a_note_is_contradicted_and_no_reading_is_offered(planted: bool, paths: tuple[Path, Path]) -> None:
    for found in (judge_note(paths[1]), judge_note(read_note(paths[1])), judge(paths[1])):
        assert [row.word for row in found][1:] == (["undecided"] * 2 if planted else ["proved", "holds-as-read"])
        box = found["box"].verdict
        assert box is not None
        assert (box.reading is None) == (box.read_as is None) == planted
        assert box.literal == "refuted"


@pytest.mark.parametrize("which", [0, 1], ids=["script", "note"])
def test_every_command_is_contradicted(
    planted: bool, paths: tuple[Path, Path], which: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(paths[which])
    # What is contradicted each command judges for itself.
    known = not planted
    if not planted:
        # Only a picture of what is contradicted would be a fault here: the right ones are not waited for.
        monkeypatch.setattr("symbptt.commands.report.can_draw", lambda: False)
    checked = run("check", path, "--json", str(tmp_path / "report.json"), known=known, here=known)
    assert checked.returncode == planted
    assert ("2 undecided" in checked.stdout) == planted
    entries = json.loads((tmp_path / "report.json").read_text())["sources"][0]["equations"]
    assert {entry["verdict"] for entry in entries[1:]} <= ({"undecided"} if planted else {"proved", "holds-as-read"})
    for tag in ("1", "box"):
        explained = run("check", path, "--explain", tag, known=known, here=known)
        assert explained.returncode == planted
        assert ("∎" in explained.stdout) != planted
        assert (CONTRADICTED in " ".join(explained.stdout.split())) == planted
        set_in_tex = run("latex", path, "--explain", tag, known=known, here=known).stdout
        assert (r"\rule{1ex}{1ex}" in set_in_tex) != planted
    for kind in ("html", "tex"):
        output = tmp_path / f"report.{kind}"
        assert run("report", path, "-o", str(output), "--steps", "1..3", known=known, here=known).returncode == planted
        written = " ".join(output.read_text().split())
        assert (CONTRADICTED in written) == planted
        assert "✓" not in written if planted else True
    compared = run("numeric", path, known=known, here=known)
    assert compared.returncode == planted
    assert ("Not compared, because not proved: 1, box" in compared.stdout) == planted


@pytest.mark.parametrize("which", [0, 1], ids=["script", "note"])
def test_nothing_is_emitted_or_drawn_from_what_is_contradicted(
    planted: bool, paths: tuple[Path, Path], which: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not planted:
        # Only a picture of what is contradicted would be a fault here: that of what is proved is not drawn.
        monkeypatch.setattr("symbptt.commands.report._drawn", lambda *_: Drawn("", b"drawn"))
    module, picture = tmp_path / "module.py", tmp_path / "terms.svg"
    emitted = run("numeric", str(paths[which]), "--tag", "box", "--emit", str(module))
    assert (emitted.returncode, module.exists()) == ((2, False) if planted else (0, True))
    assert ("only what is proved is emitted" in emitted.stderr) == planted
    drawn = run("plot", str(paths[which]), "--tag", "box", "--only", "sizes", "-o", str(picture))
    assert (drawn.returncode, picture.exists()) == ((2, False) if planted else (0, True))


def test_to_numpy_and_the_comparison_with_ones_own_function_refuse_it(planted: bool) -> None:
    page, claim = stated()
    calls: list[Callable[[], object]] = [
        lambda: to_numpy(page, claim),
        lambda: crosscheck_function(page, "1", lambda **_: {"W": 0.0}),
    ]
    for call in calls:
        if planted:
            with pytest.raises(UsageError, match="undecided: only what is proved"):
                call()
        else:
            call()


def test_what_is_false_is_never_emitted() -> None:
    page, _ = stated()
    with pytest.raises(UsageError, match=r"\(x\) is refuted: only what is proved is emitted"):
        to_numpy(page, page.claim("x", d(h[t], W), partial(h[t], W)))


def test_a_fix_that_the_numbers_contradict_is_not_offered(planted: bool) -> None:
    page, _ = stated()
    verdict = verdict_on(page, page.claim("x", d(h[t], W), partial(h[t], W) - jacobian(t) @ d(h[t - 1], W)))
    assert verdict.word == "refuted"
    assert verdict.slip is not None
    assert bool(verdict.slip.fixes) != planted


def test_what_is_asked_past_the_sizes_or_steps_of_a_check_is_compared_within_them(planted: bool) -> None:
    page, claim = stated()
    for question in (Question(sizes={"n": 5, "d": 2}), Question(steps=(9,))):
        found = prove(page, claim, question)
        assert found.comparisons
        assert found.word == ("undecided" if planted else "proved")


def test_a_claim_proved_for_steps_past_those_of_a_check_says_so_and_is_not_compared(paths: tuple[Path, Path]) -> None:
    page, claim = stated()
    assert prove(page, claim, Question(steps=(9,), method="words")).comparisons is None
    late = run("check", str(paths[0]), "--steps", "9", "--method", "words").stdout
    assert "compared up to t = 8" in late
    assert "compared up to t = 8" not in run("check", str(paths[0]), "--steps", "9").stdout


def test_a_fault_of_the_comparison_decides_nothing_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Iterator[object]:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("symbptt.judging.claims.crosscheck", broken)
    page, claim = stated()
    found = prove(page, claim)
    assert found.word == "proved"
    assert found.comparisons is not None
    assert [one.outcome for one in found.comparisons] == ["no oracle"]
    assert "ZeroDivisionError: oh" in found.comparisons[0].reason


# --------------------------------------------------------------------------------------------------- what is asked


def test_a_claim_of_another_page_and_a_definition_are_refused() -> None:
    page, claim = stated()
    other = recurrence()
    other.claim("1", d(h[t], W), partial(h[t], W))
    with pytest.raises(UsageError, match=r"\(1\) is no equation of 'A recurrence': judge it on the page"):
        prove(other, claim)
    with pytest.raises(UsageError, match="is no equation of"):
        judge(other, [claim])
    with pytest.raises(UsageError, match=r"\(h\) is a definition: it says what h_t is, and claims nothing"):
        prove(page, page["h"])
    assert prove(page, claim).word == "proved"


def test_judge_has_a_row_for_each_equation_and_a_definition_says_so() -> None:
    page, _ = stated()
    found = judge(page)
    assert [row.tag for row in found] == ["h", "1"]
    assert (len(found), found["h"].word, found["1"].word) == (2, "definition", "proved")
    with pytest.raises(KeyError, match="no row is tagged 2: there are h, 1"):
        found["2"]


def test_a_page_by_its_path_is_one_page(tmp_path: Path, paths: tuple[Path, Path]) -> None:
    assert judge(str(paths[0]))["1"].word == judge_note(str(paths[1]))["1"].word == "proved"
    assert isinstance(read_note(str(paths[1])), Note)
    two = tmp_path / "two.py"
    two.write_text(SCRIPT + SCRIPT)
    with pytest.raises(UsageError, match="makes 2 pages, and one is taken at a time"):
        judge(two)
    with pytest.raises(UsageError, match="use judge_note"):
        judge(paths[1], [])


def test_a_question_with_a_name_that_there_is_not_is_refused() -> None:
    page, _ = stated()
    with pytest.raises(UsageError, match="no method is called 'guess'"):
        judge(page, question=Question(method="guess"))
    with pytest.raises(UsageError, match="no activation is called 'gelu'"):
        judge(page, question=Question(activation="gelu"))
    assert "induction" in METHODS
