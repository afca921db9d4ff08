"""What is set as LaTeX is read back as the page that it was, in all signs; and near twins stay apart."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest

from symbptt import Derivation, d, diag, hadamard, indices, ones, slope
from symbptt.files import is_note
from symbptt.judging.claims import prove
from symbptt.judging.pages import judge_note
from symbptt.page.derivation import Equation
from symbptt.page.notation import Either, Expr, Index, Letter, Product, partial, rebuild, walk, weight
from symbptt.printing.dialects import DIALECTS, Dialect, in_dialect
from symbptt.printing.documents import page_latex
from symbptt.printing.tex import equation_latex, latex
from symbptt.reader.note import read, read_note
from symbptt.reader.results import Note, ReadDisplay
from symbptt.show.excerpts import Style, note_latex
from symbptt.text.document import split_document
from symbptt.verdicts import Row
from tests.pages import UNEXPLAINED, U, W, as_note, box, h, i, j, jacobian, judged, note, phi, recurrence, t, x
from tests.test_calculus import cell, filtered, gated, gru
from tests.test_show import DERIVATIONS

(k,) = indices("k")


def shown(side: Expr) -> tuple[str, int]:
    """An expression by the names of its letters alone, shapes and spellings aside, and how much of it is open."""

    def visit(node: Expr) -> Expr:
        if isinstance(node, Letter):
            return Letter(node.symbol.replace("__hat", ""), node.kind)
        # How it was printed does not count: what may be meant does.
        return visit(node.options[0]) if isinstance(node, Either) else rebuild(node, visit, lambda index: index)

    return str(visit(side)), sum(isinstance(node, Either) and node.point == "derivative" for node in walk(side))


def sides(printed: ReadDisplay) -> list[tuple[str, int]]:
    """The sides of a display that was read, a chain as one."""
    found: list[tuple[str, int]] = []
    for link in printed.links:
        equation = link.vectors or link.scalars
        if equation is not None:
            chain = [shown(side) for side in equation.chain]
            found += chain if not found else chain[1:]
    return found


def claims() -> Derivation:
    """The claims of the tests' own pages about one recurrence."""
    page = recurrence()
    page.claim("step", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    page.claim("box", d(h[t], U), box(U))
    page.claim("early", d(h[t - 1], W), box(W, h[t - 1]))
    page.claim("slope", jacobian(t), diag(slope(phi, W @ h[t - 1] + U @ x[t])) @ W)
    page.claim("false", jacobian(t), W.T @ diag(slope(phi, W @ h[t - 1] + U @ x[t])))
    page.claim("entrywise", h[t], hadamard(h[t], ones(h[t]) - h[t - 1]))
    return page


PAGES = {make.__name__: make for make in (note, claims, cell, filtered, gated, gru)}
SAID = ("goodfellow.md", "softmax.md")
"""Notes whose sentences say that a target is one-hot: a sentence is no formula, and is not set again."""
NOTES = [path for path in DERIVATIONS if is_note(path) and path.name not in SAID]


@cache
def page_of(name: str) -> Derivation:
    return PAGES[name]()


@cache
def back(name: str, dialect: Dialect = "plus") -> Note:
    """The page as ``symbptt latex`` writes it, and a reader reads it."""
    return read(split_document(page_latex(page_of(name), None, None, False, notation=dialect), "page.tex"))


def written(page: Derivation, equation: Equation, dialect: Dialect) -> list[tuple[str, int]]:
    return [shown(in_dialect(page, side, dialect)) for side in equation.chain]


# In these signs ∂l_t/∂o_t is written ∂ell(o_t, d_t)/∂o_t, so that nothing on the page says that y_t is o_t.
# A plain ∂ in the copy of a weight is read as the one derivative that it can be.
UNTOLD = {("note", "d2l", "1"), ("note", "d2l", "l"), ("note", "note", "terms"), ("note", "d2l", "terms")}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", PAGES)
def test_every_equation_of_a_page_is_read_back_as_what_it_was(name: str, dialect: Dialect) -> None:
    page, found = page_of(name), back(name, dialect)
    assert len(found.rows) == len(page.equations) > 0
    for equation, row in zip(page, found.rows, strict=True):
        assert row.kind != "unread", (equation.tag, row.reason)
        same = sides(row) == written(page, equation, dialect)
        assert same == ((name, dialect, equation.tag) not in UNTOLD), equation.tag


def test_what_is_read_back_has_the_verdict_that_it_had() -> None:
    judged = 0
    for name in PAGES:
        page = page_of(name)
        for equation, row in zip(page, judge_note(back(name), question=UNEXPLAINED), strict=True):
            if equation.kind == "definition":
                assert row.kind == "definition"
                continue
            assert row.verdict is not None
            assert (name, equation.tag, row.verdict.literal) == (name, equation.tag, prove(page, equation).word)
            judged += 1
    assert judged > 25


def test_equations_that_differ_are_read_back_as_equations_that_differ() -> None:
    page, found = page_of("note"), back("note")
    all_sides = [tuple(sides(row)) for row in found.rows]
    assert len(set(all_sides)) == len(all_sides) == len(page.equations) > 25


def test_with_one_sign_for_two_derivatives_those_are_confused_that_differ_in_nothing_else_and_no_others() -> None:
    groups: dict[tuple[tuple[str, int], ...], set[str]] = {}
    for equation, row in zip(page_of("note"), back("note", "note").rows, strict=True):
        groups.setdefault(tuple(sides(row)), set()).add(equation.tag)
    assert {frozenset(tags) for tags in groups.values() if len(tags) > 1} == {
        frozenset({"box", "box-total", "box-immediate"}),
        frozenset({"5", "5-immediate"}),
        frozenset({"10b", "10-immediate"}),
    }


@pytest.mark.parametrize("ascending", [True, False])
def test_a_product_is_read_back_in_the_order_in_which_it_is_set(ascending: bool) -> None:
    page = recurrence()
    cascade = Product(jacobian(t), (t, 1, 3), ascending=ascending)
    claim = page.claim("order", cascade, cascade)
    (row,) = as_note(equation_latex(page["h"]), equation_latex(claim)).rows[1:]
    assert sides(row) == [shown(cascade)] * 2
    assert sides(row) != [shown(Product(jacobian(t), (t, 1, 3), ascending=not ascending))] * 2


def test_the_block_of_an_ambiguous_derivative_is_as_ambiguous_and_judged() -> None:
    joined = (r"h_t = \phi(W_{xh} x_t + W_{hh} h_{t-1})", r"w = [W_{xh} \ W_{hh}]^T")
    for block, word in (("xh", "proved"), ("hh", "ill-typed")):
        left = rf"\left[ \frac{{\partial h_t}}{{\partial w}} \right]_{{W_{{{block}}}}}"
        claim = left + r" = \frac{\partial h_t}{\partial W_{xh}}"
        *_, row = judge_note(as_note(*joined, claim), question=UNEXPLAINED)
        assert row.word == word
        assert row.printed is not None
        assert [shown(side)[1] for side in row.printed.chain] == [1, 1]


@pytest.mark.parametrize("name", ["W2", "W12", "b1_x", "alpha2", "W_2", "W_h2", "W_hh", "W_out", "hidden"])
def test_a_letter_is_read_back_by_its_name_with_the_digits_in_it(name: str) -> None:
    (row,) = as_note(rf"h_t = \tanh({latex(weight(name))} h_{{t-1}} + x_t)").rows
    (link,) = row.links
    assert link.vectors is not None
    assert link.vectors.right is not None
    weights = [node.symbol for node in walk(link.vectors.right) if isinstance(node, Letter) and node.kind == "weight"]
    assert weights == [name]


def test_a_digit_in_a_name_and_one_below_it_are_two_letters() -> None:
    assert latex(weight("W2")) == r"\mathrm{W2}"
    assert latex(weight("W_2")) == "W_{2}"


@pytest.mark.parametrize(
    "letter",
    [
        r"\hat{\mathrm{out}}",
        r"\mathrm{h2}",
        r"\hat{\mathrm{h2}}",
        r"\mathsf{out}",
        r"\hat{\omega}",
        r"\tilde{\mathsf{h}}",
    ],
)
def test_a_letter_of_a_note_is_set_as_it_was_written(letter: str) -> None:
    (row,) = as_note(rf"{letter}_{{t}} = \phi(W {letter}_{{t-1}} + x_{{t}})").rows
    (link,) = row.links
    assert link.vectors is not None
    assert latex(link.vectors.left) == rf"{letter}_{{t}}"


# --------------------------------------------------------------------------------------------------- conditions


def conditioned(seed: int) -> tuple[Derivation, Equation]:
    """A random claim with ranges, a first step and transposes; every other one is true."""
    draw = Random(seed)
    page = recurrence()
    top = t + draw.choice([0, 0, 1])
    low, back = draw.choice([(0, 0), (1, 0), (1, 1), (2, 0), (2, 2), (None, 0)])
    lower, upper = (t, t) if low is None else (Index.of(low), t - draw.choice([0, 0, 1]))
    slip = seed % 2
    product: Expr = Product(jacobian(j), (j, i + 1 - back + slip, top))
    whole: Expr = partial(h[top], h[i - back])
    ranges = [(i, lower, upper)]
    if draw.random() < 0.3:
        ranges.append((k, i, top))
        product = Product(jacobian(j), (j, k + 1, top)) @ Product(jacobian(j), (j, i + 1 - back + slip, k))
    elif draw.random() < 0.3:
        whole = partial(h[top].T, h[i - back])
    left, right = (whole.T, product.T) if draw.random() < 0.3 else (whole, product)
    start = draw.choice([None, 1, 2, 3])
    return page, page.claim("claim", left, right, for_each=ranges, start=start)


@pytest.mark.parametrize("first", range(0, 24, 6))
def test_a_claim_with_conditions_is_read_back_as_the_claim_that_it_was(first: int) -> None:
    words = set()
    for seed in range(first, first + 6):
        page, claim = conditioned(seed)
        (row,) = judge_note(
            read(split_document(page_latex(page, None, None, False), "page.tex")), question=UNEXPLAINED
        ).rows[1:]
        assert row.printed is not None, (seed, row.reason)
        assert [side for side, _ in map(shown, row.printed.chain)] == [side for side, _ in map(shown, claim.chain)], (
            seed
        )
        assert (row.printed.for_each, row.printed.start) == (claim.for_each, claim.start), seed
        assert row.word == prove(page, claim).word, seed
        words.add(row.word)
    assert words == {"proved", "refuted"}


def test_each_condition_counts() -> None:
    page = recurrence()
    far = Product(jacobian(j), (j, 3, t))
    page.claim("from two", partial(h[t], h[2]), far, start=2)
    page.claim("from one", partial(h[t], h[2]), far, start=1)
    page.claim("below", partial(h[t], h[i]), jacobian(t), for_each=[(i, t - 1, t - 1)])
    page.claim("all", partial(h[t], h[i]), jacobian(t), for_each=[(i, 1, t - 1)])
    rows = list(
        judge_note(read(split_document(page_latex(page, None, None, False), "page.tex")), question=UNEXPLAINED)
    )[1:]
    assert [row.word for row in rows] == ["proved", "refuted", "proved", "refuted"]


def test_the_derivative_of_a_row_is_that_of_the_column_and_that_of_another_transpose_is_set_as_no_transpose() -> None:
    assert latex(partial(h[t].T, h[t - 1])) == latex(jacobian(t)) != latex(jacobian(t).T)
    assert "vec" in latex(d((W @ h[t - 1]).T, W))


# --------------------------------------------------------------------------------------------------- notes


@cache
def judged_again(text: str) -> tuple[Row, ...]:
    """The verdicts on what was set; a note without two kinds of derivative is set alike in some dialects."""
    return tuple(judge_note(read(split_document(text, "note.tex")), question=UNEXPLAINED))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("path", NOTES, ids=lambda path: path.name)
def test_every_display_of_a_note_is_read_back_with_its_verdict_and_its_reading_is_proved(
    path: Path, dialect: Dialect
) -> None:
    original, rows = judged(path.name)
    again = {row.tag: row for row in judged_again(note_latex(original, None, Style(notation=dialect), rows))}
    compared = 0
    for row in rows:
        if row.kind in ("aside", "unread"):
            continue
        for part, other in zip(_parts(row), _parts(again[row.tag]), strict=True):
            assert (part.tag, part.word) == (other.tag, other.word)
            assert (part.printed is None) == (other.printed is None)
            if part.printed is not None and other.printed is not None:
                assert list(map(shown, part.printed.chain)) == list(map(shown, other.printed.chain))
                compared += 1
            if part.word == "holds-as-read" and dialect == "plus":
                meant = again[f"{part.tag}, as read"]
                assert meant.word == "proved"
                assert part.equation is not None
                assert meant.printed is not None
                assert list(map(shown, meant.printed.chain)) == list(map(shown, part.equation.chain))
    assert compared >= 3


def _parts(row: Row) -> tuple[Row, ...]:
    return row.links or (row,)


def test_what_the_text_of_a_note_defines_is_set_too_and_without_it_another_page_would_be_read() -> None:
    (path,) = (path for path in NOTES if path.name == "islam.md")
    text = note_latex(read_note(path))
    defined = r"\noindent With $h_{t} = f_{1}(h_{t-1}, w_{h})$, $h_{t-1} = g_{1}(h_{t-2}, w_{h})$:"
    assert text.count(defined) == 1
    bare = read(split_document(text.replace(defined, ""), "note.tex"))
    (six,) = (row for row in bare.rows if row.display.tag == "6")
    assert "it is not clear what f_1 is" in six.reason
