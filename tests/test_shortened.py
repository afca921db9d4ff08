"""What is written out at full depth is short: states and long factors have names, rows break, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    At,
    Expr,
    Sum,
    concat,
    d,
    data,
    diag,
    function,
    hadamard,
    kronecker,
    rebuild,
    sizes,
    slope,
    state,
    weight,
)
from symbptt.printing.depths import deepened, derived
from symbptt.printing.displays import aligned
from symbptt.printing.naming import shortened
from symbptt.printing.tex import latex
from symbptt.printing.widths import LINE, width
from symbptt.reader.note import read
from symbptt.reader.results import Note
from symbptt.show.excerpts import Style, note_latex
from symbptt.text.document import split_document
from tests.pages import UNEXPLAINED, U, W, h, needs_tex, phi, recurrence, t, x
from tests.test_depths import PAGES, equal, written
from tests.test_tex import compiled

n, q = sizes("n q")
V = weight("V", q, n)
A, B, C = (weight(letter, n, n) for letter in "ABC")
b, v = weight("b", n), state("v", n)

CASCADE = (
    r"\sum_{i=1}^{t} \left( \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} \right)"
    r" \frac{\partial^+ h_i}{\partial %s}"
)
HEADS = {
    "error": r"""
$$h_t = \phi(U x_t + W h_{t-1} + b) \tag{h}$$
$$o_t = V h_t \tag{o}$$
$$L = \sum_{t=1}^{T} \frac{1}{2} \|o_t - y_t\|^2 \tag{L}$$
""",
    "gru": r"""
$$z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z) \tag{z}$$
$$r_t = \sigma(W_r x_t + U_r h_{t-1} + b_r) \tag{r}$$
$$k_t = \tanh(W_k x_t + U_k (r_t \odot h_{t-1}) + b_k) \tag{k}$$
$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot k_t \tag{h}$$
""",
}
CLAIMS = {
    "error": rf"""
$$\frac{{d h_t}}{{d W}} = {CASCADE % "W"} \tag{{sum}}$$
$$\frac{{\partial L}}{{\partial W}}
  = \sum_{{t=1}}^{{T}} \frac{{\partial L}}{{\partial o_t}} \frac{{\partial o_t}}{{\partial h_t}} \frac{{d h_t}}{{d W}}
  \tag{{loss}}$$
""",
    "gru": rf"$$\frac{{d h_t}}{{d U_k}} = {CASCADE % 'U_k'} \tag{{sum}}$$",
}


def note_of(text: str) -> Note:
    return read(split_document(text, "page.md"))


@cache
def set_out(name: str, step: int, *, standalone: bool = False) -> str:
    return note_latex(note_of(HEADS[name] + CLAIMS[name]), None, Style(step, "full", standalone=standalone))


# --------------------------------------------------------------------------------------------------- names


def test_names_stand_for_what_was_written_out_and_for_no_other_step() -> None:
    letters = states = 0
    for make in PAGES.values():
        page = make()
        for _, values, compact, shown in written(page, "full"):
            ((_, after),), names = shortened(page, [[compact, shown]])
            factors: dict[Expr, Expr] = {name: what for name, what in names if str(name)[0].isupper()}
            assert equal(page, compact, with_names(after, factors), values)
            for name, what in names:
                if name not in factors:
                    assert isinstance(name, At)
                    assert equal(page, name, with_names(what, factors), {})
                    assert not equal(page, name.letter[name.index - 1], with_names(what, factors), {})
            letters, states = letters + len(factors), states + len(names) - len(factors)
    assert letters > 20
    assert states > 50


def with_names(node: Expr, names: Mapping[Expr, Expr]) -> Expr:
    """The expression with each name in it replaced by what it stands for."""
    inner = names.get(node, node)
    return rebuild(inner, lambda part: with_names(part, names), lambda index: index)


def test_a_long_factor_is_named_where_it_stands_often_and_one_that_stands_once_or_is_short_is_not() -> None:
    page = recurrence()
    _, names = shortened(page, [[d(h[3], W), derived(page, d(h[3], W), "full")]])
    assert [str(name) for name, _ in names] == ["A_1", "A_2", "A_3", "h_1", "h_2"]
    (sides,), names = shortened(page, [[d(h[1], W), derived(page, d(h[1], W), "full")]])
    assert not names
    assert str(sides[1]) == "diag(phi'(W · h_0 + U · x_1)) · (h_0ᵀ ⊗ I)"


def test_a_letter_that_the_page_has_names_nothing_else_and_one_letter_means_one_thing_on_a_page() -> None:
    page = Derivation("A and b are taken")
    one, other = weight("A", n, n), weight("B", *U.shape or ())
    page.define("h", h[t], phi(one @ h[t - 1] + other @ x[t]))
    letters: dict[Expr, str] = {}
    _, names = shortened(page, [[d(h[3], one), derived(page, d(h[3], one), "full")]], letters)
    assert {str(name)[0] for name, _ in names} == {"C", "h"}
    _, again = shortened(page, [[d(h[4], other), derived(page, d(h[4], other), "full")]], letters)
    assert dict(names).items() <= dict(again).items()


def test_what_a_name_stands_for_is_read_back_and_the_equation_proved_on_it() -> None:
    for name, step, tags in (("error", 2, {"sum", "loss"}), ("gru", 2, {"sum"})):
        found = claims(set_out(name, step))
        text = f"{HEADS[name]}\nLet $T = {step}$.\n\n{found}"
        rows = {row.tag: row for row in judge_note(note_of(text), question=UNEXPLAINED)}
        assert all(row.word in ("proved", "definition") for row in rows.values()), rows
        assert {tag for tag in tags if rows[tag].word == "proved"} == tags
        assert sum(row.word == "definition" and row.tag.startswith("L") for row in rows.values()) > 0
        # A named factor that is another than it was makes the equation false.
        wrong = re.sub(r"(A_\{2\} &= .*)'", r"\1", text)
        assert wrong != text
        assert "refuted" in {row.word for row in judge_note(note_of(wrong), question=UNEXPLAINED) if row.tag in tags}


def claims(text: str) -> str:
    """The displays that claim something, with the definitions behind them."""
    displays = re.split(r"(?<=\\end\{align\*\}\n)(?!where)", text)
    return "".join(display for display in displays if display.startswith("\\begin{align*}\n\\frac{d "))


# --------------------------------------------------------------------------------------------------- terms


def test_equal_terms_are_one_and_terms_that_differ_in_order_or_by_a_transpose_are_two() -> None:
    page, s = Derivation("Squares"), state("s")
    page.define("v", v[t], phi(W @ v[t - 1]))
    page.define("half", s[t], (v[t].T @ v[t]) / 2)
    assert str(deepened(page, d(s[1], v[1]), "full")) == "phi(W · v_0)ᵀ"
    page = Derivation("A form")
    page.define("v", v[t], phi(W @ v[t - 1]))
    page.define("form", s[t], v[t].T @ A @ v[t])
    shown = deepened(page, d(s[1], v[1]), "full")
    assert str(shown) == "phi(W · v_0)ᵀ · (Aᵀ + A)"
    page = Derivation("Orders")
    page.define("v", v[t], A @ B @ v[t - 1] + B @ A @ v[t - 1] + A @ B @ v[t - 1])
    assert str(deepened(page, d(v[1], v[0]), "full")) == "2 · A · B + B · A"


def test_what_terms_end_or_begin_in_stands_once_and_means_the_same() -> None:
    page = Derivation("Sums")
    y = data("y", n)
    page.define("v", v[t], A @ C @ v[t - 1] + hadamard(b, C @ v[t - 1]) - hadamard(y[t], C @ v[t - 1]))
    shown = deepened(page, d(v[1], v[0]), "full")
    assert str(shown) == "(A + diag(b) - diag(y_1)) · C"
    assert equal(page, d(v[1], v[0]), shown, {})
    assert not equal(page, d(v[1], v[0]), (A + diag(y[1] - b)) @ C, {})


# --------------------------------------------------------------------------------------------------- rows


def formulas() -> list[Expr]:
    tau, two = function("tau"), function("ell", 1)
    inner = U @ x[t] + W @ h[t - 1] + U @ x[t - 1] + W @ h[t - 2]
    deep = phi(U @ x[t] + W @ phi(U @ x[t - 1] + W @ phi(U @ x[t - 2] + W @ phi(inner))))
    long = hadamard(tau(inner), inner, deep)
    column = slope(phi, inner + W @ deep)
    return [
        deep,
        long,
        (V @ deep - data("y", q)[t]).T @ V @ diag(column) @ kronecker(deep.T, diag(h[t])),
        (long + deep) - (deep - inner),
        diag(column) @ W @ diag(column) @ W @ (deep + W @ (deep - W @ (inner + W @ deep))),
        two(deep, inner) * two(inner, long),
        concat(deep.T, inner.T, long.T),
        Sum(long, (t, 1, 9)),
    ]


def said(text: str) -> list[str]:
    """The signs of a formula, but for those that only say where and how large it is set."""
    text = re.sub(r"\\(?:left|right|[bB]igg?[lr]) ?|\\quad|&|\\[,!]", "", text).replace(r"\begin{bmatrix}", "[")
    return re.findall(r"\\[A-Za-z]+|\S", text.replace(r"\end{bmatrix}", "]").replace(r"\cdot", ""))


def test_rows_say_together_what_one_line_would_and_nothing_is_lost_or_said_twice() -> None:
    broken = 0
    for formula in formulas():
        rows = aligned("tag", [h[t], formula])
        assert said("".join(rows)) == said(f"{latex(h[t])} = {latex(formula)}"), rows
        broken += len(rows) > 1
        assert not any(re.search(r"\\(operatorname\{\w+\}|phi|tau|ell)'?$", row) for row in rows), rows
    assert broken >= 7


def test_a_row_is_no_wider_than_a_line_where_the_formula_in_one_row_is() -> None:
    narrow = 0
    for formula in formulas()[:-1]:
        rows = aligned("tag", [h[t], formula])
        assert max(map(width, rows)) <= LINE + 1, rows
        narrow += width(latex(formula)) > LINE
    assert narrow >= 6


@needs_tex
@pytest.mark.parametrize("name", HEADS)
def test_no_row_sticks_out_of_a_page_and_one_that_is_not_broken_does(name: str, tmp_path: Path) -> None:
    for step in (2, 4):
        assert "Overfull" not in compiled(set_out(name, step, standalone=True), tmp_path)
    whole = re.sub(r" \\\\\n&(\\quad )*", " ", re.sub(r"\\[bB]igg?[lr]", "", set_out(name, 4, standalone=True)))
    assert "Overfull" in compiled(whole, tmp_path)
