from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from symbptt import (
    FunctionComparison,
    Question,
    Sum,
    Verdict,
    d,
    derive,
    function,
    indices,
    partial,
    prove,
    state,
    tabulate,
)
from symbptt.page.derivation import Derivation
from symbptt.printing.mathml import prose
from tests.commands import PATIENCE, run
from tests.pages import ROOT, U, W, box, h, note, recurrence, t, x

NOTEBOOK = ROOT / "derivations" / "bptt.ipynb"


def shown(value: object, way: str) -> str:
    """What a notebook is given when it asks the value to show itself."""
    made = getattr(value, f"_repr_{way}_")()
    assert isinstance(made, str)
    return made


def claimed() -> Derivation:
    page = recurrence()
    page.claim("box", d(h[t], W), box())
    page.claim("slip", d(h[t], W), partial(h[t], W))
    return page


def test_an_expression_and_an_equation_show_themselves_as_latex() -> None:
    assert shown(partial(h[t], W), "latex") == r"$\displaystyle \frac{\partial^{+} h_{t}}{\partial W}$"
    assert shown(h[t] + h[t - 1], "latex") == r"$\displaystyle h_{t} + h_{t-1}$"
    made = shown(claimed()["slip"], "latex")
    assert made == r"$$\frac{d h_{t}}{d W} = \frac{\partial^{+} h_{t}}{\partial W} \tag{slip}$$"


def test_a_derivation_shows_its_equations_in_page_order_as_latex_and_as_text() -> None:
    page = note()
    made = shown(page, "latex")
    assert made.count(r"\tag{") == len(page.equations)
    assert made.index(r"\tag{6}") < made.index(r"\tag{box}")
    lines = str(page).splitlines()
    assert lines[0] == page.title
    assert lines[1:] == [str(equation) for equation in page]
    assert "(6) d h_t/d w_h = ∂f_1/∂w_h + ∂f_1/∂h_{t-1} · d h_{t-1}/d w_h" in lines


def test_a_table_of_verdicts_shows_every_equation_with_its_word() -> None:
    table = tabulate(claimed(), Question(steps=(1, 2, 3)))
    assert [row.word for row in table.rows] == ["definition", "proved", "refuted"]
    made = shown(table, "html")
    ElementTree.fromstring(made)
    assert [made.count(f"<b>{row.word}</b>") for row in table.rows] == [1, 1, 1]
    assert made.count('top"><math') == 3
    assert "One change makes it true" in made
    plain = str(table)
    assert "box   proved" in plain
    assert "slip  refuted" in plain
    assert "\x1b" not in plain


def test_a_verdict_shows_its_word_its_scope_and_its_witness() -> None:
    page = claimed()
    said = prose("any phi, any sizes, every t · induction")
    assert shown(prove(page, page["box"]), "html").startswith(f"<b>proved</b> {said}")
    made = shown(prove(page, page["slip"]), "html")
    assert made.startswith(f"<b>refuted</b> {prose('at t=')}")
    assert "left " in made


def test_derived_gradients_show_their_equations_with_the_verdict_on_each_and_what_is_not_shown() -> None:
    T, L, ell = indices("T")[0], state("L"), function("ell", 1)
    page = Derivation("A < recurrence")
    page.define("h", h[t], function("tanh")(W @ h[t - 1] + U @ x[t]))
    page.define("L", L, Sum(ell(h[t]), (t, 1, T)))
    made = derive(page)
    table = shown(made, "html")
    ElementTree.fromstring(table)
    assert table.count("<math xmlns=") == len(list(made))
    assert table.count("<b>proved</b>") == len(made.rows) == 3
    assert prose("3 claims: 3 proved, for any sizes and every t.") in table
    assert "A &lt; recurrence" in table
    assert "∂L/∂W = Σ_{t=1..T} (δh̄_t · h_{t-1}ᵀ)" in str(made)
    refused = replace(
        made, rows=(made.rows[0], replace(made.rows[1], verdict=Verdict("undecided", reason="no rule")), made.rows[2])
    )
    assert "(dL/dW) is undecided and is not shown: no rule" in shown(refused, "html")
    assert shown(refused, "html").count("<b>proved</b>") == 2
    emitted = made.to_numpy(activation="tanh")
    assert str(emitted) == emitted.source
    ElementTree.fromstring(shown(emitted, "html"))


def test_comparisons_and_what_a_verdict_carries_show_themselves() -> None:
    page = claimed()
    rows = tabulate(page, Question(steps=(1, 2, 3)))
    proved, refuted = rows["box"].verdict, rows["slip"].verdict
    assert proved is not None
    assert refuted is not None
    assert proved.comparisons
    assert refuted.slip is not None
    (fix,) = refuted.slip.fixes
    agrees = FunctionComparison("agree", 6, 1e-16, not_compared=("dV",))
    differs = FunctionComparison("disagree", 1, 0.5, reason="W at t = 2: entry [1,1] is 3, proved 4")
    for value, said in (
        (proved.comparisons[0], f"<b>agree</b> {prose('(box) in W at t = 3, complex step: relative error')}"),
        (refuted.witness, "left 25, right 10"),
        (refuted.slip, "One change makes it true"),
        (fix, "One change makes it true"),
        (agrees, "<b>agree</b> 6 gradients compared, largest relative error 1.0e-16<br/>not compared: dV"),
        (differs, f"<b>disagree</b> {prose('W at t = 2: entry [1,1] is 3, proved 4')}"),
    ):
        made = shown(value, "html")
        ElementTree.fromstring(made)
        assert said in made
    assert str(differs) == "disagree · W at t = 2: entry [1,1] is 3, proved 4"
    assert str(fix) in str(refuted.slip)


def test_text_of_a_page_is_no_markup_in_a_notebook() -> None:
    page = Derivation("<script>alert(1)</script>")
    odd = state("h", latex="<img src=x>")
    page.define("<b>", odd[t], odd[t - 1])
    made = shown(tabulate(page), "html")
    assert "<script" not in made
    assert "<img" not in made
    assert "<b><" not in made
    ElementTree.fromstring(made)


def test_to_show_itself_a_value_loads_what_it_needs_only_then() -> None:
    program = (
        "import sys, symbptt;"
        "print('sympy' in sys.modules, 'symbptt.show.display' in sys.modules);"
        "t, = symbptt.indices('t'); h = symbptt.state('h');"
        "print(h[t]._repr_latex_(), 'symbptt.show.display' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False False", r"$\displaystyle h_{t}$ True"]


@pytest.mark.parametrize("value", [h[t], claimed()["box"], claimed(), tabulate(claimed(), Question(steps=(1, 2)))])
def test_a_terminal_shows_what_stands_on_the_board_and_no_constructors(value: Any) -> None:
    pretty = pytest.importorskip("IPython.lib.pretty")
    assert pretty.pretty(value) == str(value)
    assert "Letter(" not in str(value)


# --------------------------------------------------------------------------------------------------- the notebook


def test_a_folder_with_a_notebook_is_checked_with_its_words_and_the_cells_of_the_magic(tmp_path: Path) -> None:
    (tmp_path / "bptt.ipynb").write_bytes(NOTEBOOK.read_bytes())
    (tmp_path / "linear.tex").write_bytes((ROOT / "derivations" / "linear.tex").read_bytes())
    done = run("check", str(tmp_path), "--steps", "1..3", "--json", "-")
    first, second = json.loads(done.stdout)["sources"]
    assert [first["path"], second["path"]] == [str(tmp_path / "bptt.ipynb"), str(tmp_path / "linear.tex")]
    words = [(equation["tag"], equation["verdict"]) for equation in first["equations"]]
    assert words == [("1", None), ("2", "refuted"), ("3", "holds-as-read")]


def test_the_notebook_is_kept_without_what_it_printed() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert len(cells) > 10
    for cell in cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.filterwarnings("default")  # what Jupyter's own packages deprecate is not ours
def test_the_notebook_runs_as_jupyter_runs_it_and_its_values_show_themselves() -> None:
    client = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client.NotebookClient(
        notebook, timeout=PATIENCE, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()
    results: list[dict[str, Any]] = [
        output["data"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    # A value is shown once; a picture is shown by its own cell.
    shown = [output.output_type for cell in notebook.cells for output in cell.get("outputs", ())]
    assert "display_data" not in shown
    ways = [next(way for way in ("text/html", "image/svg+xml", "text/latex") if way in data) for data in results]
    assert ways == ["text/latex"] * 2 + ["text/html"] * 6 + ["text/latex", "image/svg+xml"]
    assert results[0]["text/latex"].endswith(r"\tag{box}$$")
    assert prose("every t") in results[2]["text/html"]
    assert "<b>Backwards</b>" in results[5]["text/html"]
    assert "<b>definition</b>" in results[6]["text/html"]
    for said in ("<b>refuted</b>", "<b>holds-as-read</b>", "carried over from In [9]: (1)"):
        assert said in results[7]["text/html"]
    assert results[8]["text/latex"].count("diag") == 6
