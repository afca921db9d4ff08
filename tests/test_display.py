from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from symbptt import Question, d, partial, prove, state, tabulate
from symbptt.page.derivation import Derivation
from tests.commands import PATIENCE, run
from tests.pages import ROOT, W, box, h, note, recurrence, t

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
    assert shown(prove(page, page["box"]), "html").startswith("<b>proved</b> any phi, any sizes, every t · induction")
    made = shown(prove(page, page["slip"]), "html")
    assert made.startswith("<b>refuted</b> at t=")
    assert "left " in made


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


def test_a_folder_with_a_notebook_is_checked_without_it(tmp_path: Path) -> None:
    (tmp_path / "bptt.ipynb").write_bytes(NOTEBOOK.read_bytes())
    (tmp_path / "linear.tex").write_bytes((ROOT / "derivations" / "linear.tex").read_bytes())
    done = run("check", str(tmp_path), "--steps", "1..3", "--json", "-")
    assert [source["path"] for source in json.loads(done.stdout)["sources"]] == [str(tmp_path / "linear.tex")]


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
    ways = [next(way for way in ("text/html", "image/svg+xml", "text/latex") if way in data) for data in results]
    assert ways == ["text/latex"] * 2 + ["text/html"] * 3 + ["text/latex", "image/svg+xml"]
    assert results[0]["text/latex"].endswith(r"\tag{box}$$")
    assert "every t" in results[2]["text/html"]
    assert results[5]["text/latex"].count("diag") == 6
