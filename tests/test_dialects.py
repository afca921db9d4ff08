from __future__ import annotations

import pytest

from symbptt.page.derivation import Derivation
from symbptt.page.notation import Expr, Partial, Total, block, copy_at, d, function, partial, weight
from symbptt.printing.dialects import DIALECTS, Dialect, in_dialect
from symbptt.printing.documents import page_latex
from symbptt.printing.tex import latex
from tests.pages import U, W, h, i, j, note, recurrence, t, x

f, g = function("f", 2), function("g", 2)


def signs(page: Derivation, node: Expr) -> dict[Dialect, str]:
    return {name: latex(in_dialect(page, node, name)) for name in DIALECTS}


def test_the_houses_own_signs_tell_both_derivatives_apart_and_the_notes_sign_does_not() -> None:
    page = recurrence()
    total, immediate = signs(page, d(h[t], W)), signs(page, partial(h[t], W))
    assert total["plus"] == r"\frac{d h_{t}}{d W}"
    assert immediate["plus"] == r"\frac{\partial^{+} h_{t}}{\partial W}"
    assert total["note"] == immediate["note"] == r"\frac{\partial h_{t}}{\partial W}"


def test_d2l_differentiates_the_function_that_names_the_step_and_keeps_the_plus_where_none_does() -> None:
    page = recurrence()
    assert signs(page, partial(h[t], W))["d2l"] == r"\frac{\partial^{+} h_{t}}{\partial W}"
    page.define("f", h[t], f(x[t], h[t - 1], W))
    assert signs(page, partial(h[i], W))["d2l"] == r"\frac{\partial f(x_{i}, h_{i-1}, W)}{\partial W}"
    assert signs(page, partial(h[j], h[j - 1]))["d2l"] == r"\frac{\partial f(x_{j}, h_{j-1}, W)}{\partial h_{j-1}}"
    assert signs(page, partial(h[t], U))["d2l"] == r"\frac{\partial^{+} h_{t}}{\partial U}"
    assert signs(page, partial(h[t], h[t - 2]))["d2l"] == r"\frac{\partial h_{t}}{\partial h_{t-2}}"
    assert signs(page, d(h[t], W))["d2l"] == r"\frac{\partial h_{t}}{\partial W}"


def test_of_several_names_of_a_step_the_one_with_the_most_arguments_is_taken_whatever_the_order() -> None:
    for names in ((f(x[t], h[t - 1], W), g(h[t - 1], W)), (g(h[t - 1], W), f(x[t], h[t - 1], W))):
        page = recurrence()
        for position, name in enumerate(names):
            page.define(f"n{position}", h[t], name)
        assert signs(page, partial(h[3], W))["d2l"] == r"\frac{\partial f(x_{3}, h_{2}, W)}{\partial W}"


def test_a_block_and_a_copy_are_spelled_too() -> None:
    page = recurrence()
    assert (
        signs(page, block(d(h[t], weight("w")), W))["note"] == r"\left[ \frac{\partial h_{t}}{\partial w} \right]_{W}"
    )
    assert signs(page, d(h[t], copy_at(W, i)))["note"] == r"\frac{\partial h_{t}}{\partial W^{(i)}}"


def test_the_box_in_the_notes_signs_is_the_box_that_the_note_prints() -> None:
    printed = page_latex(note(), ["box"], None, False, notation="note")
    assert printed == (
        "\\begin{align*}\n"
        r"\frac{\partial h_{t}}{\partial w_{h}} &= \frac{\partial h_{t}}{\partial w_{h}} + \sum_{i=1}^{t-1} "
        r"\left( \prod_{j=i+1}^{t} \frac{\partial h_{j}}{\partial h_{j-1}} \right) "
        r"\frac{\partial h_{i}}{\partial w_{h}} \tag{box}"
        "\n\\end{align*}\n"
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_document_says_what_its_signs_mean(dialect: Dialect) -> None:
    said = page_latex(note(), ["box"], 3, True, notation=dialect)
    assert ("the immediate partial, with every earlier state held fixed" in said.replace("\n", " ")) == (
        dialect == "plus"
    )
    assert ("the signs do not\nsay which is meant" in said) == (dialect == "note")
    assert ("the function that names the step" in said) == (dialect == "d2l")


def test_what_is_printed_with_one_sign_is_of_neither_type_any_more() -> None:
    assert not isinstance(in_dialect(recurrence(), d(h[t], W), "note"), (Total, Partial))
