from __future__ import annotations

import os
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from symbptt.errors import NotStated, PageError
from symbptt.page import notation
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Add,
    Expr,
    Identity,
    IndexValue,
    Mul,
    Number,
    Operators,
    Power,
    Product,
    Sum,
    Transpose,
    Zero,
    block,
    concat,
    copy_at,
    d,
    data,
    diag,
    function,
    gradient,
    hadamard,
    indices,
    kronecker,
    laid,
    ones,
    partial,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.printing.depths import Depth
from symbptt.printing.dialects import Dialect
from symbptt.printing.displays import displayed, expanded, fragment
from symbptt.printing.documents import document, page_latex
from symbptt.printing.tex import equation_latex, escaped, latex, prose
from tests.commands import PATIENCE
from tests.pages import ROOT, needs_tex, note

i, j, k, t, T = indices("i j k t T")
n, m = sizes("n m")
h, l, L, x = state("h", n), state("l"), state("L", latex=r"\hat{L}"), data("x", m)
w_h, W, U, b = weight("w_h"), weight("W", n, n), weight("U", n, m), weight("b", n)
phi, f, ell = function("phi_h"), function("f", n), function("ell", 1)

JACOBIANS = Product(partial(h[j], h[j - 1]), (j, i + 1, t))
THIRD = Number(Fraction(1, 3))

WRITTEN: list[tuple[Expr, str]] = [
    (Number(Fraction(3)), "3"),
    (THIRD, r"\frac{1}{3}"),
    (Number(Fraction(-2, 3)), r"-\frac{2}{3}"),
    (IndexValue(t - 1), "t-1"),
    (h[t - 1], "h_{t-1}"),
    (L, r"\hat{L}"),
    (copy_at(w_h, i), "w_{h}^{(i)}"),
    (copy_at(W, i + 1), "W^{(i+1)}"),
    (W @ h[t - 1] + b, "W h_{t-1} + b"),
    (h[t] - h[t - 1], "h_{t} - h_{t-1}"),
    (-h[t], "-h_{t}"),
    (h[t] - (h[i] + b), "h_{t} - (h_{i} + b)"),
    (Add((h[t], Number(Fraction(-2)))), "h_{t} - 2"),
    (Mul((Number(Fraction(-2)), h[t])), "-2 h_{t}"),
    (Mul((h[t], Number(Fraction(-2)))), "h_{t} (-2)"),
    (Mul((Number(Fraction(2)), Number(Fraction(3)))), r"2 \cdot 3"),
    (Mul((Number(Fraction(2)), THIRD)), r"2 \cdot \frac{1}{3}"),
    (1 / T * L, r"\frac{1}{T} \hat{L}"),
    (2 / T * L, r"2 \cdot \frac{1}{T} \hat{L}"),
    (IndexValue(t - 1) * L, r"(t-1) \hat{L}"),
    (1 / (t - 1) * L, r"\frac{1}{t-1} \hat{L}"),
    (W @ (h[t] + b), "W (h_{t} + b)"),
    (U @ state("h2")[t] @ b, r"U \, \mathrm{h2}_{t} b"),
    (weight("W2") @ weight("W3") @ b, r"\mathrm{W2} \, \mathrm{W3} \, b"),
    (weight("W_out") @ b, r"W_{\mathrm{out}} b"),
    (Power(W, t - k), "W^{t-k}"),
    (Power(w_h, t - k), "w_{h}^{t-k}"),
    (Power(W + U, t), "(W + U)^{t}"),
    (Power(copy_at(W, i), t), "(W^{(i)})^{t}"),
    (Power(THIRD, t), r"\left( \frac{1}{3} \right)^{t}"),
    (Sum(l[t], (t, 1, T)), r"\sum_{t=1}^{T} l_{t}"),
    (Sum(l[t] + b, (t, 1, T)), r"\sum_{t=1}^{T} (l_{t} + b)"),
    (Sum(-l[t], (t, 1, T)), r"\sum_{t=1}^{T} (-l_{t})"),
    (Sum(l[t], (t, 1, T)) + b, r"\sum_{t=1}^{T} l_{t} + b"),
    (Sum(l[t], (t, 1, T)) * L, r"\left( \sum_{t=1}^{T} l_{t} \right) \hat{L}"),
    (L * Sum(l[t], (t, 1, T)), r"\hat{L} \sum_{t=1}^{T} l_{t}"),
    (Sum(l[t], (t, 1, T), dots=True), r"l_{1} + l_{2} + \dots + l_{t} + \dots + l_{T}"),
    (1 / T * Sum(l[t], (t, 1, T), dots=True), r"\frac{1}{T} (l_{1} + l_{2} + \dots + l_{t} + \dots + l_{T})"),
    (Product(W, (j, 1, t)), r"\prod_{j=1}^{t} W"),
    (Product(W @ U, (j, 1, t)), r"\prod_{j=1}^{t} (W U)"),
    (Product(W, (j, 1, t)) @ U, r"\left( \prod_{j=1}^{t} W \right) U"),
    (Mul((Mul((U, Product(W, (j, 1, t)))), b)), r"\left( U \prod_{j=1}^{t} W \right) b"),
    (Product(W, (j, 1, t), ascending=True), r"\mathop{\overset{\rightarrow}{\prod}}\limits_{j=1}^{t} W"),
    (phi(W @ h[t - 1]), r"\phi_{h}(W h_{t-1})"),
    (ell(h[t], x[t]), r"\ell(h_{t}, x_{t})"),
    (phi(THIRD * h[t]), r"\phi_{h}\!\left( \frac{1}{3} h_{t} \right)"),
    (slope(phi, W @ h[t - 1]), r"\phi_{h}'(W h_{t-1})"),
    (slope(phi, THIRD * h[t], order=2), r"\phi_{h}''\!\left( \frac{1}{3} h_{t} \right)"),
    (slope(function("g", latex=r"g^{*}"), h[t]), r"{g^{*}}'(h_{t})"),
    (diag(h[t]), r"\operatorname{diag}(h_{t})"),
    (W @ diag(THIRD * h[t]), r"W \operatorname{diag}\left( \frac{1}{3} h_{t} \right)"),
    (hadamard(h[t], b), r"h_{t} \odot b"),
    (hadamard(W @ h[t], h[t] + b, -b), r"(W h_{t}) \odot (h_{t} + b) \odot (-b)"),
    (W @ hadamard(h[t], b) + b, r"W (h_{t} \odot b) + b"),
    (hadamard(ones(b) - b, h[t]), r"(1 - b) \odot h_{t}"),
    (kronecker(h[t].T, W), r"h_{t}^{\top} \otimes W"),
    (U @ kronecker(W + U, W @ U) @ b, r"U \bigl( (W + U) \otimes (W U) \bigr) b"),
    (phi(W @ phi(W @ phi(b))), r"\phi_{h}\Bigl( W \phi_{h}\bigl( W \phi_{h}(b) \bigr) \Bigr)"),
    (hadamard(h[t], b).T, r"(h_{t} \odot b)^{\top}"),
    (d(h[t], w_h), r"\frac{d h_{t}}{d w_{h}}"),
    (d(h[t] + b, w_h), r"\frac{d (h_{t} + b)}{d w_{h}}"),
    (partial(h[t], w_h), r"\frac{\partial^{+} h_{t}}{\partial w_{h}}"),
    (partial(h[j], h[j - 1]), r"\frac{\partial h_{j}}{\partial h_{j-1}}"),
    (partial(h[t], x[t]), r"\frac{\partial^{+} h_{t}}{\partial x_{t}}"),
    (partial(f, w_h), r"\frac{\partial f}{\partial w_{h}}"),
    (partial(f(h[t - 1], w_h), w_h), r"\frac{\partial f(h_{t-1}, w_{h})}{\partial w_{h}}"),
    (partial(h[t], copy_at(w_h, i)), r"\frac{\partial^{+} h_{t}}{\partial w_{h}^{(i)}}"),
    (concat(W, U), r"\begin{bmatrix} W & U \end{bmatrix}"),
    (concat(W, U).T, r"\begin{bmatrix} W & U \end{bmatrix}^{\top}"),
    (Transpose(W), r"W^{\top}"),
    (Transpose(Transpose(W)), r"(W^{\top})^{\top}"),
    (Transpose(W @ U), r"(W U)^{\top}"),
    (Transpose(d(h[t], w_h)), r"\left( \frac{d h_{t}}{d w_{h}} \right)^{\top}"),
    (block(d(h[t], w_h), W), r"\left[ \frac{d h_{t}}{d w_{h}} \right]_{W}"),
    (laid(d(h[t], w_h), "transposed"), r"\frac{d h_{t}}{d w_{h}}"),
    (gradient(h[t], w_h), r"\nabla_{w_{h}} h_{t}"),
    (gradient(h[t], w_h) @ b, r"(\nabla_{w_{h}} h_{t}) b"),
    (Zero(h[t]), "0"),
    (Identity(W), "I"),
]


@pytest.mark.parametrize(("node", "expected"), WRITTEN, ids=[str(node) for node, _ in WRITTEN])
def test_each_node_is_written_as_on_the_board(node: Expr, expected: str) -> None:
    assert latex(node) == expected


def test_every_node_of_the_notation_is_among_them() -> None:
    nodes = {kind for kind in vars(notation).values() if isinstance(kind, type) and issubclass(kind, Operators)}
    assert nodes - {Operators, notation.Ranged} == set(notation.NODES)
    reached = {type(part) for node, _ in WRITTEN for part in notation.walk(node)}
    # What may mean several things has no LaTeX of its own before a reading has chosen.
    assert reached == set(notation.NODES) - {notation.Either}
    assert len(reached) == 23


def test_a_node_that_is_not_of_the_notation_is_refused() -> None:
    class Foreign(Operators):
        pass

    with pytest.raises(TypeError, match="Foreign is not a node of the notation"):
        latex(Foreign())  # type: ignore[arg-type]  # no node


def test_total_immediate_and_jacobian_are_three_different_signs() -> None:
    assert len({latex(d(h[t], w_h)), latex(partial(h[t], w_h)), latex(partial(h[t], h[t - 1]))}) == 3
    signs = [re.sub(r"h_\{t\}|h_\{t-1\}|w_\{h\}", "", latex(node)) for node in (d(h[t], w_h), partial(h[t], w_h))]
    assert signs[0] != signs[1]


def test_an_ascending_product_is_written_differently_from_a_descending_one() -> None:
    body = partial(h[j], h[j - 1])
    assert latex(Product(body, (j, 1, t), ascending=True)) != latex(Product(body, (j, 1, t)))


def test_a_factor_behind_a_product_is_not_read_into_it() -> None:
    inside = Product(partial(h[j], h[j - 1]) @ W, (j, 1, t))
    behind = Product(partial(h[j], h[j - 1]), (j, 1, t)) @ W
    assert latex(inside) != latex(behind)
    assert re.search(r"\\right\) W$", latex(behind))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("W", "W"),
        ("W_xh", "W_{xh}"),
        ("W_x_h", "W_{x,h}"),
        ("W_out", r"W_{\mathrm{out}}"),
        ("phi", r"\phi"),
        ("Omega_phi", r"\Omega_{\phi}"),
        ("phis", r"\mathrm{phis}"),
        ("hidden", r"\mathrm{hidden}"),
        ("input", r"\mathrm{input}"),
        ("W_", r"\mathrm{W\_}"),
        ("a__b", r"\mathrm{a\_\_b}"),
    ],
)
def test_a_name_becomes_a_letter_with_subscripts_and_never_a_command(name: str, expected: str) -> None:
    assert latex(weight(name)) == expected


def test_a_time_index_joins_the_subscript_of_a_name() -> None:
    assert latex(state("h_out")[t - 1]) == r"h_{\mathrm{out},t-1}"
    assert latex(state("h", latex="h_{0}")[t]) == "{h_{0}}_{t}"
    assert latex(state("h", latex=r"\hat{h}")[t]) == r"\hat{h}_{t}"


def test_an_index_letter_is_spelled_like_any_other_letter() -> None:
    tau, late = indices("tau t_late")
    assert latex(h[tau - 1]) == r"h_{\tau-1}"
    assert latex(h[late + 2]) == r"h_{t_{\mathrm{late}}+2}"


def test_text_is_escaped_into_one_line_of_ascii() -> None:
    hostile = "50% of $x_1$ & \\input{/etc/passwd} #{~^}\n\\end{document}"
    made = escaped(hostile)
    assert made.isascii()
    assert "\n" not in made
    assert not re.search(r"(?<!\\)[%&#_]", made)
    assert r"\input" not in made
    assert r"\end" not in made
    assert escaped("∂⁺h — «ô»") == r"$\partial$$^{+}$h --- [U+00AB]\^{o}[U+00BB]"
    assert escaped("plain words, (10)") == "plain words, (10)"


def test_letters_of_formulas_are_set_as_letters_in_a_sentence_and_all_else_is_escaped() -> None:
    assert prose("∂h_{t-1}/∂W_xh is ô_t, phi_h(a)") == (
        r"$\partial$$h_{t-1}$/$\partial$$W_{xh}$ is $\hat{o}_{t}$, $\phi_{h}$($a$)"
    )
    assert prose("s = a_1 + 2a_2") == "$s$ = $a_{1}$ + 2$a_{2}$"
    assert prose("W_hh[2,1] = 1 in W^(i)") == "$W_{hh}[2,1]$ = 1 in $W^{(i)}$"
    assert prose("(W) by k-1: Σ_{k=1..n} dW[a,k_1]") == r"(W) by $k-1$: $\sum_{k=1}^{n}$ $d W[a,k_{1}]$"
    assert prose(r"phi_h'(a) in W^(2)^{3}, x^{2} = \phi(a)") == (
        r"$\phi_{h}'$($a$) in ${W^{(2)}}^{3}$, $x^{2}$ = $\phi$($a$)"
    )
    for words in (
        "a note.md of two_words at 50%",
        "e.g. a page's word, i.e. -o or --tag, 4.5e-16 or 0.37 s",
        "A page (V) is well-typed",
    ):
        assert prose(words) == escaped(words)
    hostile = r"h_t$\input{h_t}^^5c \h_t h_{\input} \end{document} _ { h_{t 100% #1 & more"
    assert not re.search(r"(?<!\\)[&#%]|\\(input|end|h)(?![a-z])|\^\^", prose(hostile))


def boxed() -> Derivation:
    page = Derivation("The box")
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
    page.claim("box", d(h[t], w_h), partial(h[t], w_h) + Sum(JACOBIANS @ partial(h[i], w_h), (i, 1, t - 1)))
    return page


def test_the_box_at_a_symbolic_step_is_the_box_of_the_page() -> None:
    assert equation_latex(note()["box"]) == (
        r"\frac{d h_{t}}{d w_{h}} = \frac{\partial^{+} h_{t}}{\partial w_{h}} + \sum_{i=1}^{t-1} "
        r"\left( \prod_{j=i+1}^{t} \frac{\partial h_{j}}{\partial h_{j-1}} \right) "
        r"\frac{\partial^{+} h_{i}}{\partial w_{h}}"
    )


def test_the_box_at_four_steps_is_one_cascade_a_row_with_the_largest_index_on_the_left() -> None:
    page = note()
    assert fragment("box", *expanded(page, page["box"], 4)) == "\n".join(
        [
            r"\begin{align*}",
            r"\frac{d h_{4}}{d w_{h}} &= \frac{\partial^{+} h_{4}}{\partial w_{h}} \tag{box} \\",
            r"&\quad + \frac{\partial h_{4}}{\partial h_{3}} \frac{\partial^{+} h_{3}}{\partial w_{h}} \\",
            r"&\quad + \frac{\partial h_{4}}{\partial h_{3}} \frac{\partial h_{3}}{\partial h_{2}} "
            r"\frac{\partial^{+} h_{2}}{\partial w_{h}} \\",
            r"&\quad + \frac{\partial h_{4}}{\partial h_{3}} \frac{\partial h_{3}}{\partial h_{2}} "
            r"\frac{\partial h_{2}}{\partial h_{1}} \frac{\partial^{+} h_{1}}{\partial w_{h}}",
            r"\end{align*}",
        ]
    )


def test_the_ascending_misreading_of_the_box_differs_written_out_from_three_steps_on() -> None:
    page = note()

    def right(tag: str, step: int) -> list[list[str]]:
        return expanded(page, page[tag], step)[0]

    assert right("box", 2) == right("box-order", 2)
    assert right("box", 3) != right("box-order", 3)


def test_an_empty_sum_is_left_out_and_the_box_at_one_step_is_its_first_term() -> None:
    page = note()
    assert expanded(page, page["box"], 1)[0] == [
        [r"\frac{d h_{1}}{d w_{h}} &= \frac{\partial^{+} h_{1}}{\partial w_{h}}"]
    ]


def test_a_definition_is_written_at_its_step_with_the_names_between_its_sides() -> None:
    page = note()
    assert expanded(page, page["2"], 3)[0] == [
        [r"h_{3} &= f(X_{3}, h_{2}) = \phi_{h}(W_{xh} X_{3} + W_{hh} h_{2} + b_{h})"]
    ]
    assert expanded(page, page["1b"], 3)[0] == [[r"\hat{L} &= \frac{1}{3} (l_{1} + l_{2} + l_{3})"]]
    assert equation_latex(page["6f"]) == r"h_{t} = f_{1}(h_{t-1}, w_{h})"


def test_a_claim_for_a_range_names_it_and_written_out_has_a_display_for_each_value() -> None:
    page = note()
    assert equation_latex(page["terms"]).endswith(r" \quad \text{for } i = 1, \dots, t")
    displays, _ = expanded(page, page["terms"], 3)
    assert [display[0].partition(" &=")[0] for display in displays] == [
        rf"\frac{{d h_{{3}}}}{{d w_{{h}}^{{({value})}}}}" for value in (1, 2, 3)
    ]
    assert r"\text{for }" not in fragment("terms", displays)


def test_what_reaches_before_the_first_step_is_not_stated_there() -> None:
    page = note()
    for tag in ("8", "8f"):
        with pytest.raises(NotStated, match=rf"^\({tag}\) is not stated at t = 2: it refers to h_\{{-1\}}"):
            expanded(page, page[tag], 2)
        assert expanded(page, page[tag], 3)


def test_what_the_page_states_later_is_not_stated_before() -> None:
    page = boxed()
    late = page.claim("late", d(h[t], w_h), d(h[t], w_h), start=3)
    with pytest.raises(NotStated, match=r"\(late\) is not stated at t = 2: the page states it from t = 3 on"):
        expanded(page, late, 2)
    assert expanded(page, late, 3)


def test_every_equation_of_the_page_is_printed_and_one_that_is_not_stated_says_so() -> None:
    page = note()
    for standalone in (False, True):
        text = page_latex(page, None, 2, standalone)
        assert "% (8) is not stated at t = 2: it refers to h_{-1}" in text
        tagged = re.findall(r"\\tag\{(.*?)\}", text)
        missing = re.findall(r"^% \((.*?)\) is not", text, flags=re.MULTILINE)
        assert [tag.replace(r"\_", "_") for tag in tagged] == [e.tag for e in page if e.tag not in missing]
        assert sorted(missing) == ["8", "8f"]
    assert "Not stated there: (8f), (8)." in text


def test_chosen_equations_keep_the_order_of_the_page() -> None:
    page = note()
    assert re.findall(r"\\tag\{(.*?)\}", page_latex(page, ["box", "5", "2"], None, False)) == ["2", "5", "box"]
    with pytest.raises(PageError, match="no equation is tagged"):
        page_latex(page, ["box", "11"], None, False)


def test_a_misreading_is_never_printed_without_being_called_one() -> None:
    page = note()
    alone = page_latex(page, ["box-order"], None, False)
    assert alone.startswith("% a misreading of (box): the Jacobians in ascending order")
    whole = page_latex(page, None, None, True)
    stated, misread = whole.split(r"\section*{Misreadings}")
    assert len(re.findall(r"\\tag", misread)) == sum(e.kind == "misreading" for e in page) > 5
    assert not any(rf"\tag{{{e.tag}}}" in stated for e in page if e.kind == "misreading")
    assert r"\section*{Misreadings}" not in page_latex(page, ["box"], None, True)


def test_a_sum_of_terms_of_one_width_shares_rows_inside_its_parentheses() -> None:
    page = note()
    ((rows,), _) = expanded(page, page["4"], 30)
    assert 3 < len(rows) < 10
    assert rows[0].count(r"\biggl(") == rows[-1].count(r"\biggr)") == 1
    joined = "".join(rows)
    assert [int(found) for found in re.findall(r"d l_\{(\d+)\}", joined)] == list(range(1, 31))


def test_a_product_that_no_line_holds_breaks_between_its_factors_and_loses_none() -> None:
    page = boxed()
    ((rows,), _) = expanded(page, page["box"], 25)
    assert any(row.startswith(r"&\quad \quad \cdot \frac") for row in rows)
    assert "".join(rows).count(r"\frac") == 1 + sum(range(1, 26))


def compiled(source: str, folder: Path) -> str:
    """What pdflatex has to say of a document that it must accept."""
    (folder / "page.tex").write_text(source)
    done = subprocess.run(
        ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", "page.tex"],
        cwd=folder,
        env={**os.environ, "openin_any": "p", "openout_any": "p"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (folder / "page.pdf").stat().st_size > 1000
    return done.stdout


@needs_tex
@pytest.mark.parametrize("step", [None, 1, 2, 3, 4, 5, 20])
def test_the_whole_page_compiles_and_nothing_sticks_out(step: int | None, tmp_path: Path) -> None:
    said = compiled(page_latex(note(), None, step, True), tmp_path)
    assert "Overfull" not in said


@needs_tex
@pytest.mark.parametrize("dialect", ["note", "d2l"])
def test_the_page_in_other_signs_compiles_and_nothing_sticks_out(dialect: Dialect, tmp_path: Path) -> None:
    fragments = page_latex(note(), None, None, True, notation=dialect)
    assert "Overfull" not in compiled(fragments, tmp_path)
    assert "Overfull" not in compiled(page_latex(note(), None, 4, True, notation=dialect), tmp_path)


@needs_tex
@pytest.mark.parametrize(("depth", "step"), [("jacobians", 4), ("jacobians", 8), ("full", 1), ("full", 3), ("full", 6)])
def test_the_whole_page_compiles_at_every_depth_and_nothing_sticks_out(depth: Depth, step: int, tmp_path: Path) -> None:
    assert "Overfull" not in compiled(page_latex(note(), None, step, True, depth=depth), tmp_path)


@needs_tex
def test_a_fragment_needs_amsmath_only(tmp_path: Path) -> None:
    made = [page_latex(note(), None, step, False) for step in (None, 4)]
    made += [page_latex(note(), None, 4, False, depth=depth) for depth in ("jacobians", "full")]
    made += [page_latex(note(), None, 4, False, notation=dialect) for dialect in ("note", "d2l")]
    body = "\n".join(f"{{\\allowdisplaybreaks\n{part}}}" for part in made)
    compiled(f"\\documentclass{{article}}\\usepackage{{amsmath}}\\begin{{document}}{body}\\end{{document}}", tmp_path)


@pytest.mark.parametrize("depth", ["terms", "jacobians", "full"])
def test_the_box_at_four_steps_is_what_was_read_and_kept(depth: Depth) -> None:
    kept = (ROOT / "tests" / "golden" / f"box-{depth}.tex").read_text()
    assert page_latex(note(), ["box"], 4, False, depth=depth) == kept


@needs_tex
def test_every_node_and_every_kind_of_name_compiles(tmp_path: Path) -> None:
    names = ["W_", "a__b", "x_1_2", "phi_h", "input", "end_document", "varphi_Theta", "W_out"]
    letters: list[Expr] = [weight(name) for name in names]
    letters += [state(name)[t - 1] for name in names]
    letters += [copy_at(weight(name), i) for name in names]
    letters += [Power(weight(name, latex="w^{*}_{0}"), t - k) for name in names]
    letters += [
        copy_at(weight("w", latex="w^{*}"), i),
        state("h", latex="h_{0}")[t],
        Transpose(weight("w", latex="w^*")),
    ]
    nodes = [*(node for node, _ in WRITTEN), *letters]
    hostile = "50% of $x_1$ & \\input{/etc/passwd} #{~^} «ô» ∂⁺\n\\end{document}"
    fragments = [fragment(hostile, [[f"{latex(node)} &= {latex(node)}"]]) for node in nodes]
    compiled(document(hostile, [prose(f"{hostile} h_t a_b_c ô_t"), *fragments]), tmp_path)


@needs_tex
def test_a_document_that_is_not_latex_would_be_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        compiled(document("", [r"\nosuchcommand"]), tmp_path)


def test_an_equation_is_displayed_as_it_stands_and_breaks_only_where_a_line_is_too_short() -> None:
    page = note()
    assert displayed(page, page["box"]) == [[equation_latex(page["box"]).replace(" = ", " &= ", 1)]]
    (rows,) = displayed(page, page["9.7.7"])
    assert len(rows) == 2
    assert " ".join(rows).replace("&=", "=").replace(r"&\quad ", "") == equation_latex(page["9.7.7"])


def test_what_proofs_say_has_every_sign_in_tex_and_a_sign_of_another_script_its_code_point() -> None:
    said = "∂° is held; ∇, δ_t, φ, σ, ≠, ⊘, ∘, ‖h‖, ≈, ∈, ℓ"
    assert "[U+" not in escaped(said)
    assert escaped("中") == "[U+4E2D]"
