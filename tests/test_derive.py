"""Derived gradients: of any cell that can be written down, proved before they are shown, and read back as LaTeX."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from symbptt import Derivation, derive, judge_note
from symbptt.deriving import cells, jacobians, rules
from symbptt.deriving.derived import Derived
from symbptt.deriving.document import derived_latex
from symbptt.deriving.tidy import elementwise
from symbptt.errors import Undecided, UsageError
from symbptt.page.conventions import CONVENTIONS
from symbptt.page.notation import (
    Apply,
    Expr,
    Identity,
    Kronecker,
    Sum,
    data,
    diag,
    function,
    indices,
    sizes,
    state,
    walk,
    weight,
)
from symbptt.reader.note import read
from symbptt.text.document import split_document
from tests.commands import run_here
from tests.pages import as_note

LOGISTIC = r"where $\sigma$ is the logistic function."
LOSS = r"L = \sum_{t=1}^T \ell(h_t, y_t)"
CELLS: dict[str, tuple[tuple[str, ...], str]] = {
    "simple": ((r"h_t = \tanh(W h_{t-1} + U x_t + b)", LOSS), ""),
    "softmax": (
        (
            r"h_t = \tanh(W h_{t-1} + U x_t)",
            r"o_t = V h_t + c",
            r"p_t = \operatorname{softmax}(o_t)",
            r"L = -\sum_{t=1}^T y_t^\top \log p_t",
        ),
        "The targets $y_t$ are one-hot.",
    ),
    "minimal gated": (
        (
            r"f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)",
            r"\hat{h}_t = \tanh(W_h x_t + U_h (f_t \odot h_{t-1}) + b_h)",
            r"h_t = (1 - f_t) \odot h_{t-1} + f_t \odot \hat{h}_t",
            LOSS,
        ),
        LOGISTIC,
    ),
    "gated": (
        (
            r"z_t = \sigma(W_z x_t + U_z h_{t-1})",
            r"r_t = \sigma(W_r x_t + U_r h_{t-1})",
            r"\tilde{h}_t = \tanh(W x_t + U (r_t \odot h_{t-1}))",
            r"h_t = z_t \odot h_{t-1} + (1-z_t) \odot \tilde{h}_t",
            LOSS,
        ),
        LOGISTIC,
    ),
    "peepholes": (
        (
            r"i_t = \sigma(W_i x_t + R_i h_{t-1} + p_i \odot c_{t-1})",
            r"f_t = \sigma(W_f x_t + R_f h_{t-1} + p_f \odot c_{t-1})",
            r"g_t = \tanh(W_g x_t + R_g h_{t-1})",
            r"c_t = g_t \odot i_t + c_{t-1} \odot f_t",
            r"o_t = \sigma(W_o x_t + R_o h_{t-1} + p_o \odot c_t)",
            r"h_t = o_t \odot \tanh(c_t)",
            LOSS,
        ),
        LOGISTIC,
    ),
    "leaky": ((r"h_t = (1-\alpha) h_{t-1} + \alpha \tanh(W h_{t-1} + U x_t + b)", LOSS), ""),
    "linear": ((r"h_t = A h_{t-1} + B x_t", r"y_t = C h_t + D x_t", r"L = \frac12 \sum_{t=1}^T \|y_t - d_t\|^2"), ""),
    "layers": (
        (
            r"h^{(1)}_t = \tanh(W^{(1)} h^{(1)}_{t-1} + U^{(1)} x_t)",
            r"h^{(2)}_t = \tanh(W^{(2)} h^{(2)}_{t-1} + U^{(2)} h^{(1)}_t)",
            r"o_t = V h^{(2)}_t",
            r"L = \sum_{t=1}^T \ell(o_t, y_t)",
        ),
        "",
    ),
    "mean": (
        (
            r"a_t = W h_{t-1} + U x_t",
            r"h_t = \phi(a_t)",
            r"o_t = V h_t",
            r"L = \frac{1}{T} \sum_{t=1}^T \ell(o_t, y_t)",
        ),
        "",
    ),
    "last": ((r"h_t = \phi(W h_{t-1} + U x_t)", r"o_t = V h_t", r"L = \ell(o_T, y_T)"), ""),
    "numbers": ((r"h_t = \tanh(w h_{t-1} + u x_t)", r"L = \sum_{t=1}^T (h_t - y_t)^2"), ""),
    "rows": ((r"h_t = \tanh(x_t W + h_{t-1} U + b)", LOSS), "Data and states are rows."),
    "first state": ((r"h_0 = \tanh(s)", r"h_t = \tanh(W h_{t-1} + U x_t)", LOSS), "where $s$ is a weight."),
    "any step": ((r"h_t = f(x_t, h_{t-1}, w)", r"o_t = g(h_t, v)", r"L = \frac{1}{T} \sum_{t=1}^T l(y_t, o_t)"), ""),
    "own": (
        (
            r"u_t = V h_{t-1} + U x_t",
            r"g_t = \sigma(u_t)",
            r"m_t = g_t \odot m_{t-1} + \sin(u_t)",
            r"h_t = g_t \odot m_t + a \odot x_t \odot h_{t-1}",
            r"L = \sum_{t=1}^T \ell(h_t, y_t) + \ell_2(m_T)",
        ),
        LOGISTIC,
    ),
}


@functools.cache
def derived(name: str) -> Derived:
    """The gradients of a cell, derived and judged once in a process."""
    displays, text = CELLS[name]
    return derive(as_note(*displays, text=text))


def lines(made: Derived) -> list[str]:
    """What was derived, as text."""
    return [unicodedata.normalize("NFC", str(equation)) for equation in list(made)[made.given :]]


@pytest.mark.parametrize("name", CELLS)
def test_every_gradient_of_a_cell_is_derived_and_proved_for_every_step(name: str) -> None:
    made = derived(name)
    assert {row.tag: row.word for row in made.rows if row.word != "proved"} == {}
    assert not made.refused
    assert len(made.rows) > 2
    scopes = {row.tag: row.verdict.scope for row in made.rows if row.verdict is not None and row.verdict.scope}
    listed = {tag: scope.steps for tag, scope in scopes.items() if (scope.sizes, scope.steps) != ("any", "all")}
    assert listed == {}
    assert len(scopes) == len(made.rows)


@pytest.mark.parametrize("name", CELLS)
def test_what_is_written_is_read_back_and_proved_as_it_stands(name: str) -> None:
    made = derived(name)
    sheet = judge_note(read(split_document(derived_latex(made), "derived.tex")))
    found = {row.tag: row.word for row in sheet}
    assert {tag for tag, word in found.items() if word not in ("proved", "definition")} == set()
    assert sum(word == "proved" for word in found.values()) == len(made.rows)


def test_it_is_written_as_a_person_would() -> None:
    expected = [
        "(delta h T) δh_T = ∂ell(h_T, y_T)/∂h_T",
        "(delta h) δh_t = ∂ell(h_t, y_t)/∂h_t + δh_{t+1} ⊙ (1 - f_{t+1}) + (U_hᵀ · δĥ̄_{t+1}) ⊙ f_{t+1}"
        " + U_fᵀ · δf̄_{t+1}",
        "(delta h hat) δĥ_t = δh_t ⊙ f_t",
        "(delta h hat bar) δĥ̄_t = δĥ_t ⊙ (1 - ĥ_t^{2})",
        "(delta f) δf_t = δh_t ⊙ (ĥ_t - h_{t-1}) + (U_hᵀ · δĥ̄_t) ⊙ h_{t-1}",
        "(delta f bar) δf̄_t = δf_t ⊙ f_t ⊙ (1 - f_t)",
    ]
    assert lines(derived("minimal gated"))[:6] == [unicodedata.normalize("NFC", line) for line in expected]
    assert "(delta o) δo_t = p_t - y_t" in lines(derived("softmax"))
    assert "(dL/dV) d L/d V = Σ_{t=1..T} (δo_t · h_tᵀ)" in lines(derived("softmax"))
    assert "(delta y) δy_t = y_t - d_t" in lines(derived("linear"))
    assert "(dL/ds) d L/d s = (Wᵀ · δh̄_1) ⊙ (1 - (tanh(s) ⊙ tanh(s)))" in lines(derived("first state"))
    assert not any(isinstance(node, Kronecker) for node in every_node())


def every_node() -> Iterator[Expr]:
    """Every node of everything that is derived."""
    for name in CELLS:
        for equation in derived(name).page:
            for side in equation.chain:
                yield from walk(side)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)
def test_every_layout_has_its_gradients(convention: object) -> None:
    name = getattr(convention, "name", "")
    displays, text = CELLS["gated"]
    try:
        made = derive(as_note(*displays, text=text), layout=name)
    except UsageError:
        pytest.fail("the layout is known")
    assert {row.word for row in made.rows} == {"proved"}
    shown = {str(equation.left): str(equation.right) for equation in made}
    row = "δh_tᵀ" if name.startswith("numerator") else "δh_t"
    assert shown["d L/d h_t"] == row


def scalar_page() -> Derivation:
    """A recurrence with everything that a rule is asked for once."""
    t, T = indices("t T")
    n, D = sizes("n d")
    h, z, L, x, y = state("h", n), state("z", n), state("L"), data("x", D), data("y", n)
    W, U, tanh = weight("W", n, n), weight("U", n, D), function("tanh")
    page = Derivation("A recurrence")
    page.define("z", z[t], W @ h[t - 1] + U @ x[t])
    page.define("h", h[t], tanh(z[t]))
    page.define("L", L, Sum(y[t].T @ h[t], (t, 1, T)))
    return page


@functools.cache
def unproved() -> tuple[str, ...]:
    """What is not proved of that page by the right rules."""
    return tuple(row.tag for row in derive(scalar_page()).unproved)


SLIPS = {
    "a transpose is forgotten": ("transposed", lambda node: node),
    "a slope is forgotten": ("elementwise", lambda *factors: factors[0]),
    "what stands beside it is forgotten": ("multiplied", lambda *factors: factors[-1]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_wrong_rule_is_caught_and_what_it_makes_is_not_shown(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unproved() == ()
    name, wrong = SLIPS[slip]
    monkeypatch.setattr(rules, name, wrong)
    made = derive(scalar_page())
    assert made.unproved
    assert all(row.word in ("refuted", "ill-typed", "undecided") for row in made.unproved)
    assert any(row.word in ("refuted", "ill-typed") for row in made.unproved)
    shown = {equation.tag for equation in made}
    assert not shown & {row.tag for row in made.unproved}


def test_a_wrong_slope_in_the_table_of_the_rules_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rules.Rules.slope

    def wrong(self: rules.Rules, node: Apply) -> Expr:
        made = right(self, node)
        return elementwise(made, made)

    monkeypatch.setattr(rules.Rules, "slope", wrong)
    assert {row.tag for row in derive(scalar_page()).unproved} >= {"dL/dz", "dL/dW"}


@pytest.mark.parametrize("mode", ["rtrl", "expanded"])
def test_sensitivities_run_forward_step_by_step_or_are_written_out(mode: str) -> None:
    displays, text = CELLS["minimal gated"]
    made = derive(as_note(*displays, text=text), mode=mode)  # type: ignore[arg-type]  # a parameter is any text
    assert {row.word for row in made.rows} == {"proved"}
    assert (
        lines(made)[0]
        == {
            "rtrl": "(dh/dW_f) d h_t/d W_f = ∂⁺h_t/∂W_f + ∂h_t/∂h_{t-1} · d h_{t-1}/d W_f",
            "expanded": "(dh/dW_f) d h_t/d W_f = Σ_{i=1..t} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂W_f)",
        }[mode]
    )
    assert len(made["dh/dW_f"].weights) == 6
    sheet = judge_note(read(split_document(derived_latex(made), "derived.tex")))
    assert [row.word for row in sheet if row.kind != "definition"] == ["proved"] * 12


def test_of_several_states_each_is_held_beside_the_others() -> None:
    displays, text = CELLS["peepholes"]
    note = as_note(*displays, text=text)
    made = derive(note, mode="rtrl")
    assert {row.word for row in made.rows} == {"proved"}
    assert str(made["dc/dW_i"].right) == (
        "∂⁺c_t/∂W_i + ∂⁺c_t/∂h_{t-1} · d h_{t-1}/d W_i + ∂⁺c_t/∂c_{t-1} · d c_{t-1}/d W_i"
    )
    with pytest.raises(Undecided, match="expected one state alone"):
        derive(note, mode="expanded")


class TestJacobiansOfOneStep:
    @pytest.mark.parametrize("name", [name for name in CELLS if name != "rows"])
    def test_each_is_proved_for_every_step_and_read_back(self, name: str) -> None:
        displays, text = CELLS[name]
        made = derive(as_note(*displays, text=text), mode="jacobian")
        assert {row.tag: row.word for row in made.rows if row.word != "proved"} == {}
        scopes = [row.verdict.scope for row in made.rows if row.verdict is not None and row.verdict.scope is not None]
        assert {(scope.sizes, scope.steps) for scope in scopes} == {("any", "all")}
        sheet = judge_note(read(split_document(derived_latex(made), "derived.tex")))
        assert [row.word for row in sheet if row.kind != "definition"] == ["proved"] * len(made.rows)

    def test_they_are_written_as_a_person_would_and_need_no_loss(self) -> None:
        displays = (r"f_t = \sigma(U_f h_{t-1} + W_f x_t)", r"h_t = f_t \odot h_{t-1} + (1 - f_t) \odot x_t")
        made = derive(as_note(*displays, text=LOGISTIC), mode="jacobian")
        assert [title for title, _ in made.groups()] == ["The step", "Jacobians"]
        assert made.loss is None
        assert lines(made) == [
            "(df/dh) ∂f_t/∂h_{t-1} = diag(f_t ⊙ (1 - f_t)) · U_f",
            "(dh/dh) ∂h_t/∂h_{t-1} = diag(h_{t-1} - x_t) · ∂f_t/∂h_{t-1} + diag(f_t)",
        ]

    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            ("elementwise", lambda *factors: factors[0]),
            ("multiplied", lambda *factors: factors[-1]),
            ("_diagonal", lambda column: Identity(diag(column))),
        ],
    )
    def test_a_wrong_rule_is_caught(self, name: str, wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
        displays, text = CELLS["minimal gated"]
        monkeypatch.setattr(jacobians, name, wrong)
        assert derive(as_note(*displays, text=text), mode="jacobian").unproved

    def test_there_is_none_of_rows_of_examples(self) -> None:
        displays, text = CELLS["rows"]
        with pytest.raises(Undecided, match="there is no rule for its Jacobian"):
            derive(as_note(*displays, text=text), mode="jacobian")

    def test_weights_are_none_of_it(self) -> None:
        displays, text = CELLS["simple"]
        with pytest.raises(UsageError, match="are taken in states: leave out the weights"):
            derive(as_note(*displays, text=text), mode="jacobian", weights=["W"])


class TestWhatCannotBeDerived:
    def test_a_page_without_a_loss_says_what_is_expected(self) -> None:
        with pytest.raises(UsageError, match="expected one loss such as"):
            derive(as_note(r"h_t = \phi(W h_{t-1})"))

    def test_a_stack_says_how_it_may_be_written(self) -> None:
        with pytest.raises(Undecided, match="is a row of blocks"):
            derive(as_note(r"h_t = \tanh(W [h_{t-1}; x_t])", LOSS))

    def test_a_weight_that_the_loss_does_not_know_is_named(self) -> None:
        displays, text = CELLS["simple"]
        with pytest.raises(UsageError, match="L depends on no weight V: expected one of W, U, b"):
            derive(as_note(*displays, text=text), weights=["V"])

    def test_what_is_not_stated_at_the_first_step_is_not_shown(self) -> None:
        made = derive(as_note(r"h_t = \tanh(W h_{t-1} + V h_{t-2} + U x_t)", LOSS))
        assert [row.tag for row in made.rows if row.word == "proved"] == ["dL/dh"]
        assert {equation.tag for equation in made}.isdisjoint({"dL/dW", "dL/dV", "dL/dU"})

    def test_targets_of_any_sum_are_not_taken_to_sum_to_one(self) -> None:
        displays, _ = CELLS["softmax"]
        made = derive(as_note(*displays, text="The targets $y_t$ are multi-hot."))
        assert {row.word for row in made.rows} == {"proved"}
        assert "(delta o) δo_t = p_t · 1ᵀ · y_t - y_t" in lines(made)


@pytest.mark.parametrize("name", cells.CELLS)
def test_a_cell_to_start_from_is_a_script_whose_gradients_are_proved(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text(cells.script_of(name))
    made = derive(path)
    assert {row.word for row in made.rows} == {"proved"}
    assert len(made.rows) == {"elman": 7, "lstm": 21, "gru": 13, "mgu": 9, "leaky": 6, "ssm": 6}[name]
    assert not made.refused


def test_targets_that_nothing_is_said_of_sum_to_one_by_custom() -> None:
    displays, _ = CELLS["softmax"]
    made = derive(as_note(*displays))
    assert {row.word for row in made.rows} == {"holds-as-read"}
    readings = [row.verdict.reading for row in made.rows if row.verdict is not None]
    assert {reading.words for reading in readings if reading is not None} == {"y_t sums to one"}
    assert "(delta o) δo_t = p_t - y_t" in lines(made)


class TestCommand:
    def note(self, folder: Path, name: str = "minimal gated") -> Path:
        displays, text = CELLS[name]
        path = folder / "cell.md"
        path.write_text("\n\n".join([*(f"$$\n{one}\n$$" for one in displays), text]))
        return path

    def test_it_shows_each_gradient_with_its_verdict_in_eighty_columns(self, tmp_path: Path) -> None:
        done = run_here("derive", str(self.note(tmp_path)), "--jobs", "1", COLUMNS="80")
        assert (done.returncode, done.stderr) == (0, "")
        shown = done.stdout.splitlines()
        assert max(map(cell_len, shown)) < 80
        assert sum(line.endswith(" proved") for line in shown) == 9
        assert shown[-1] == "9 claims: 9 proved, for any sizes and every t."

    def test_one_weight_may_be_asked_for_and_the_layout(self, tmp_path: Path) -> None:
        done = run_here("derive", str(self.note(tmp_path)), "--in", "b_f", "--layout", "numerator", "--jobs", "1")
        assert [line.split()[0] for line in done.stdout.splitlines() if line.endswith("proved")][-1] == "∂L/∂b_f"
        assert "δf̄_tᵀ" in done.stdout

    def test_a_file_is_written_whole_and_nothing_printed(self, tmp_path: Path) -> None:
        output = tmp_path / "out.tex"
        done = run_here("derive", str(self.note(tmp_path, "simple")), "-o", str(output), "--jobs", "1")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert output.read_text().endswith("\\end{document}\n")

    def test_a_cell_is_written_as_a_script(self, tmp_path: Path) -> None:
        done = run_here("derive", "--cell", "mgu", "-o", str(tmp_path / "mgu.py"))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / "mgu.py").read_text() == run_here("derive", "--cell", "mgu").stdout == cells.script_of("mgu")

    def test_formulas_may_stand_in_place_of_a_file(self) -> None:
        done = run_here("derive", "--latex", r"h_t = \tanh(W h_{t-1}) \\ L = \sum_{t=1}^T \ell(h_t)", "--jobs", "1")
        assert "∂L/∂W = Σ_{t=1..T} (δh̄_t · h_{t-1}ᵀ)" in done.stdout

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ((), "expected a PATH, --latex with definitions, or --cell"),
            (("cell.md", "--cell", "gru"), "expected a PATH, --latex with definitions, or --cell"),
            (("--cell", "gru", "-o", "gru.tex"), "cannot write gru.tex: expected a file ending in .py"),
            (("cell.md", "--of", "E"), "E is no loss of the page, a number without a step: expected one of L"),
            (("cell.md", "--mode", "rtrl", "-o", "out.py"), "code is that of the pass backward: leave out --mode"),
            (("cell.md", "--mode", "rtrl", "--layout", "mixed"), "entry of a state: leave out the layout mixed"),
            (("cell.md", "-o", "out.pdf"), "cannot write out.pdf: expected a file ending in"),
        ],
    )
    def test_what_cannot_be_done_is_one_line(self, options: tuple[str, ...], said: str, tmp_path: Path) -> None:
        self.note(tmp_path, "simple")
        done = run_here("derive", *options, "--jobs", "1", cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
