"""Brackets stand where an expression would be read as another without them, at the same places in every output."""

from __future__ import annotations

import functools
import html
import itertools
import re
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.page import layout
from symbptt.page.layout import NEEDS, Binding, Position, text
from symbptt.page.notation import (
    Add,
    Concat,
    Either,
    Expr,
    Index,
    IndexValue,
    Mul,
    Number,
    Power,
    Product,
    Sum,
    Transpose,
    copy_at,
    d,
    diag,
    hadamard,
    kronecker,
    laid_out,
    partial,
    slope,
    state,
    unsigned,
    weight,
)
from symbptt.printing.mathml import marked_up
from symbptt.printing.tex import latex, typeset
from tests.pages import W, as_note, h, i, j, jacobian, n, phi, t
from tests.test_roundtrip import shown, sides

V, w2 = weight("V", n, n), weight("W2", n, n)
HALF, THREE, MINUS = Number(Fraction(1, 2)), Number.of(3), Number.of(-1)
TWICE = IndexValue(t.scaled(2))
PAIR = kronecker(W, V)
h_0 = h[t - 1]
SUMMED, MULTIPLIED = Sum(h[i], (i, 1, t)), Product(W, (j, 1, t))

CASES: list[tuple[Expr, str, str]] = [
    (hadamard(PAIR, V), "(W ⊗ V) ⊙ V", r"(W \otimes V) \odot V"),
    (kronecker(hadamard(W, V), V), "(W ⊙ V) ⊗ V", r"(W \odot V) \otimes V"),
    (Product(PAIR, (j, 1, t)), "(Π_{j=1..t} (W ⊗ V))", r"\prod_{j=1}^{t} (W \otimes V)"),
    (Sum(PAIR, (j, 1, t)), "Σ_{j=1..t} (W ⊗ V)", r"\sum_{j=1}^{t} W \otimes V"),
    (hadamard(MULTIPLIED, V), "(Π_{j=1..t} W) ⊙ V", r"\left( \prod_{j=1}^{t} W \right) \odot V"),
    (Power(MULTIPLIED, t), "(Π_{j=1..t} W)^{t}", r"\left( \prod_{j=1}^{t} W \right)^{t}"),
    (Mul((Mul((W, SUMMED)), h_0)), "(W · Σ_{i=1..t} h_i) · h_{t-1}", r"\left( W \sum_{i=1}^{t} h_{i} \right) h_{t-1}"),
    (Power(1 / t, Index.of(-1)), "1/(1/t)", r"\left( \frac{1}{t} \right)^{-1}"),
    (Power(HALF, t), "(1/2)^{t}", r"\left( \frac{1}{2} \right)^{t}"),
    (Power(Number.of(-2), t), "(-2)^{t}", "(-2)^{t}"),
    (Power(TWICE, t), "(2t)^{t}", "(2t)^{t}"),
    (Power(TWICE, Index.of(-1)), "1/(2t)", r"\frac{1}{2t}"),
    (Transpose(Power(W, t)), "(W^{t})ᵀ", r"(W^{t})^{\top}"),
    (Power(Transpose(W), t), "(Wᵀ)^{t}", r"(W^{\top})^{t}"),
    (Transpose(copy_at(W, i)), "(W^(i))ᵀ", r"(W^{(i)})^{\top}"),
    (Power(d(h[t], W), t), "(d h_t/d W)^{t}", r"\left( \frac{d h_{t}}{d W} \right)^{t}"),
    (d(d(h[t], W), V), "d (d h_t/d W)/d V", r"\frac{d \left( \frac{d h_{t}}{d W} \right)}{d V}"),
    (d(h[t], W + V), "d h_t/d (W + V)", r"\frac{d h_{t}}{d (W + V)}"),
    (
        Transpose(Either((d(h[t], W), partial(h[t], W)), "derivative")),
        "(∂h_t/∂W)ᵀ",
        r"\left( \frac{\partial h_{t}}{\partial W} \right)^{\top}",
    ),
    (Mul((W, Mul((MINUS, h_0)))), "W · (-h_{t-1})", "W (-h_{t-1})"),
    (Mul((MINUS, Mul((MINUS, h_0)))), "-(-h_{t-1})", "-(-h_{t-1})"),
    (Mul((h_0, Number.of(-2))), "h_{t-1} · (-2)", "h_{t-1} (-2)"),
    # TeX refuses a second superscript, and a prime is one.
    (Transpose(state("h", n, latex="h^{*}")[t]), "h_tᵀ", r"{h^{*}_{t}}^{\top}"),
    (Transpose(weight("h", n, latex="h'")), "hᵀ", r"{h'}^{\top}"),
    # What runs down at numbers is written as it runs.
    (
        Either((Product(W, (j, 3, 1)), Product(W, (j, 1, 3), dots=True)), "bound"),
        "(Π_{j=3..1} W)",
        r"\prod_{j=3}^{1} W",
    ),
]


@pytest.mark.parametrize(("node", "line", "set_as"), CASES, ids=[line for _, line, _ in CASES])
def test_brackets_stand_where_an_expression_would_be_another_without_them(node: Expr, line: str, set_as: str) -> None:
    assert str(node) == line
    assert latex(node) == set_as


# --------------------------------------------------------------------------------------------------- all small ones


def grown(inside: list[Expr], beside: list[Expr]) -> Iterator[Expr]:
    """Every node over each of the expressions, those with two parts with each of the others on either side."""
    for part in inside:
        yield from (-part, Transpose(part), diag(part), phi(part), slope(phi, part), Power(part, Index.of(-1)))
        yield from (Power(part, t), Sum(part, (j, 1, t)), Product(part, (j, 1, t)), d(part, V), partial(h[t], part))
        for one, other in ((part, leaf) for leaf in beside):
            for left, right in ((one, other), (other, one)):
                yield from (left + right, Add((left, right)), left @ right, left - right, Add((left, -right)))
                yield from (hadamard(left, right), kronecker(left, right), Concat((left, right)), phi(left, right))


LEAVES: list[Expr] = [W, h[t], HALF, THREE, IndexValue(t - 1)]
ONCE = list(dict.fromkeys(grown(LEAVES, LEAVES)))


def value(node: object) -> object:
    """What an expression says, wherever the brackets of products and the signs of numbers are."""
    if isinstance(node, Expr) and (signed := unsigned(node))[0]:
        return ("-", value(signed[1]))
    if isinstance(node, Mul):
        return ("·", *itertools.chain.from_iterable(map(_factors, node.parts)))
    if isinstance(node, Expr):
        names = type(node).__dataclass_fields__
        return (type(node).__name__, *(value(getattr(node, name)) for name in names))
    return tuple(map(value, node)) if isinstance(node, tuple) else node


def _factors(part: Expr) -> tuple[object, ...]:
    meant = value(part)
    return meant[1:] if isinstance(meant, tuple) and meant[0] == "·" else (meant,)


@functools.cache
def small() -> dict[Expr, int]:
    """The leaves, every node over them, and every node over those: each with the number of its meaning."""
    meanings: dict[object, int] = {}
    made = dict.fromkeys([*LEAVES, *ONCE, *grown(ONCE, [W])])
    return {node: meanings.setdefault(value(node), len(meanings)) for node in made}


def confused(write: Callable[[Expr], str]) -> dict[str, list[Expr]]:
    """What is written alike and says different things."""
    found: dict[str, dict[int, Expr]] = {}
    for node, meaning in small().items():
        found.setdefault(write(node), {})[meaning] = node
    return {written: list(nodes.values()) for written, nodes in found.items() if len(nodes) > 1}


@pytest.mark.parametrize("write", [str, latex], ids=["text", "LaTeX"])
def test_no_two_small_expressions_that_say_different_things_are_written_alike(write: Callable[[Expr], str]) -> None:
    assert len(small()) > 5_000
    assert confused(write) == {}


@pytest.mark.parametrize("position", NEEDS)
def test_a_position_that_asked_for_nothing_would_be_noticed(
    position: Position, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NEEDS, position, (Binding.SUM, Binding.SUM))
    assert confused(str) or confused(latex)


def test_a_sum_that_swallows_what_follows_it_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "is_open", lambda piece: False)
    assert confused(latex)


# --------------------------------------------------------------------------------------------------- the same places


def skeleton(written: str) -> str:
    """The letters of a formula and the brackets around them, in the order in which they stand."""
    return "".join(re.findall("[WV()]", written))


def of_markup(written: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", written))


@pytest.mark.parametrize("flat", [True, False])
def test_text_latex_and_mathml_have_their_brackets_at_the_same_places(flat: bool) -> None:
    seen = 0
    for node in small():
        piece = laid_out(node, flat=flat)
        places = skeleton(text(piece))
        assert skeleton(typeset(piece)) == places
        assert skeleton(of_markup(marked_up(piece))) == places
        seen += "(" in places
    assert seen > 2_000


def test_a_bracket_that_one_output_left_out_would_be_noticed() -> None:
    assert skeleton(typeset(laid_out(W @ (V + W)))) != skeleton(typeset(laid_out(W @ V + W)))


# --------------------------------------------------------------------------------------------------- read back


def _both(inside: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Square matrices over square matrices and columns."""
    columns = st.recursive(
        st.sampled_from([h[t], h[t - 1]]),
        lambda part: st.one_of(
            st.builds(lambda a, b: a @ b, inside, part),
            st.builds(lambda a, b: a + b, part, part),
            st.builds(lambda a, b: a - b, part, part),
            st.builds(hadamard, part, part),
            part.map(phi),
            part.map(lambda a: Sum(W @ h[i] + a, (i, 1, t))),
            part.map(lambda a: Sum(hadamard(a, h[i]), (i, 1, t))),
        ),
        max_leaves=3,
    )
    return st.one_of(
        st.builds(lambda a, b: a @ b, inside, inside),
        st.builds(lambda a, b: a + b, inside, inside),
        st.builds(lambda a, b: a - b, inside, inside),
        st.builds(hadamard, inside, inside),
        st.builds(lambda a, b: Product(a @ jacobian(j) + b, (j, 1, t)), inside, inside),
        inside.map(lambda a: Product(a @ jacobian(j), (j, 1, t)) @ a),
        inside.map(Transpose),
        inside.map(lambda a: Transpose(-a)),
        inside.map(lambda a: Power(a, Index.of(2))),
        inside.map(lambda a: HALF * a),
        columns.map(diag),
        columns.map(lambda a: diag(slope(phi, a))),
    )


MATRICES = st.recursive(st.sampled_from([W, V, w2, jacobian(t)]), _both, max_leaves=6)
PAGE = r"h_t = \phi(W h_{t-1} + V h_{t-1} + \mathrm{W2} h_{t-1})"
"""Every matrix is square, so that a power of it says one thing."""


def read_back(written: str) -> tuple[str, int] | None:
    """What the reader makes of the LaTeX of an expression; None where it refuses it."""
    _, row = as_note(PAGE, rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {written}").rows
    found = sides(row)
    return found[1] if found else None


@settings(max_examples=60, deadline=None)
@given(MATRICES)
def test_what_is_set_is_read_back_as_what_it_was(node: Expr) -> None:
    assert read_back(latex(node)) == shown(node)


TWINS: dict[Position, Expr] = {
    "term": Add((W, Add((V, W)))),
    "negated": -(W + V),
    "factor": (W + V) @ W,
    "operand": hadamard(W + V, W),
    "under Σ": diag(Sum(W @ h[i] + h[t], (i, 1, t))),
    "under Π": Product(jacobian(j) + W, (j, 1, t)),
    "base": Transpose(W @ V),
}


@pytest.mark.parametrize("position", TWINS)
def test_with_a_bracket_missing_something_else_is_read(position: Position, monkeypatch: pytest.MonkeyPatch) -> None:
    node = TWINS[position]
    assert read_back(latex(node)) == shown(node)
    with monkeypatch.context() as broken:
        broken.setitem(NEEDS, position, (Binding.SUM, Binding.SUM))
        written = latex(node)
    assert read_back(written) != shown(node)


def test_a_power_among_the_factors_of_a_product_entry_by_entry_is_as_many_factors() -> None:
    node = diag(hadamard(h[t], h[t], h[i]))
    assert r"h_{t}^{2} \odot h_{i}" in latex(node)
    assert read_back(latex(node)) == shown(node)
    assert read_back(r"\operatorname{diag}((h_{t} \odot h_{t}) \odot h_{i})") != shown(node)
