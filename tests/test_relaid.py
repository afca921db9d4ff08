"""A page printed in the layout of another convention: what stands there is read back as the same claims."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from symbptt.errors import IllTyped
from symbptt.files import is_note
from symbptt.judging.pages import judge_note, settled
from symbptt.page.conventions import CONVENTIONS, MIXED, NUMERATOR, TURNED, Convention, printed_under, stated_by
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Sum, d, indices, partial, state
from symbptt.printing.dialects import LAYOUTS, in_layout
from symbptt.printing.documents import page_latex
from symbptt.printing.tex import equation_latex
from symbptt.reader.note import read, read_note
from symbptt.reader.results import Note
from symbptt.text.document import split_document
from tests.pages import ROOT, UNEXPLAINED, W, as_note, h, note, recurrence, t

WORDS = {
    "numerator": "Numerator layout.",
    "mixed": "Gradients have the shape of what they are taken in.",
    "denominator": "Denominator layout.",
}
SCRIPTS = {"bptt.py": note}
NOTES = sorted(
    str(path.relative_to(ROOT / "derivations"))
    for path in (ROOT / "derivations").rglob("*")
    if is_note(path) and path.suffix != ".ipynb"  # which states its claims in cells of code
)


def claims_of(name: str) -> Iterator[tuple[Derivation, Equation, Convention]]:
    """The claims of a page under its own convention."""
    if name in SCRIPTS:
        page = SCRIPTS[name]()
        yield from ((page, equation, NUMERATOR) for equation in page if equation.kind != "definition")
        return
    found = kept(name)
    assert found.vectors is not None
    own = found.keeps or NUMERATOR
    for link in (link for display in found.rows for link in display.links if link.kind == "claim"):
        if link.vectors is not None:
            yield found.vectors, stated_by(found.vectors, link.vectors, own), own


@cache
def kept(name: str) -> Note:
    """A note with the convention that it keeps to."""
    return settled(read_note(ROOT / "derivations" / name), None)


@pytest.mark.parametrize("name", [*SCRIPTS, *NOTES])
def test_every_claim_comes_back_from_every_layout(name: str) -> None:
    count = 0
    for page, claim, own in claims_of(name):
        for convention in LAYOUTS.values():
            try:
                there = printed_under(page, claim, convention)
            except IllTyped:
                continue  # a row over the entries of a matrix
            back = printed_under(page, there, own)
            assert list(map(str, back.sides)) == list(map(str, claim.sides)), f"{claim.tag} in {convention.name}"
            count += 1
    assert count >= 5


def printed(name: str, notation: str) -> str:
    """The definitions of a note, its claims in that layout, and the words that say so."""
    page = kept(name).vectors
    assert page is not None
    laid = {claim.tag: in_layout(page, claim, notation)[0] for _, claim, _ in claims_of(name)}
    lines = [f"$$ {equation_latex(laid.get(entry.tag, entry))} \\tag{{{entry.tag}}} $$" for entry in page]
    return "\n\n".join([WORDS[notation], *lines])


def sides_back(page: Derivation, bare: Equation, there: Convention, own: Convention) -> list[str]:
    """The sides of what was read under a convention, in the layout of its page; none where it has no such layout."""
    try:
        return list(map(str, printed_under(page, stated_by(page, bare, there), own).sides))
    except IllTyped:
        return []


@pytest.mark.parametrize("name", ["d2l.md", "d2l_gradients.md", "goodfellow.md", "gru.md", "lstm.md", "softmax.md"])
@pytest.mark.parametrize("notation", LAYOUTS)
def test_what_is_printed_in_a_layout_is_read_back_as_the_same_claims(notation: str, name: str) -> None:
    found = read(split_document(printed(name, notation), "page.md"))
    assert found.vectors is not None
    conventions = (LAYOUTS[notation], TURNED) if notation == "numerator" else (LAYOUTS[notation],)
    count = 0
    for _, claim, own in claims_of(name):
        links = [link.vectors for display in found.rows if display.tag == claim.tag for link in display.links]
        bare = [link for link in links if link is not None and link.kind == "claim"]
        back = [sides_back(found.vectors, one, there, own) for one in bare for there in conventions]
        assert list(map(str, claim.sides)) in back, (claim.tag, back)
        count += 1
    assert count >= 5


(T,) = indices("T")
CELL = (r"z_t = W h_{t-1} + U x_t", r"h_t = \phi(z_t)", r"L = \sum_{t=1}^T \ell(h_t, y_t)")
TRUE = r"\frac{\partial L}{\partial z_t} = \phi'(z_t) \odot \frac{\partial L}{\partial h_t}"
FALSE = r"\frac{\partial L}{\partial z_t} = \phi(z_t) \odot \frac{\partial L}{\partial h_t}"


@pytest.mark.parametrize("notation", LAYOUTS)
def test_the_verdicts_are_the_same_in_each_layout(notation: str) -> None:
    rows = judge_note(as_note(*CELL, TRUE, FALSE, text=WORDS["mixed"]), question=UNEXPLAINED).rows
    page = rows[-1].page
    assert page is not None
    claims = [in_layout(page, stated_by(page, row.printed, MIXED), notation)[0] for row in rows[-2:] if row.printed]
    again = judge_note(as_note(*CELL, *map(equation_latex, claims), text=WORDS[notation]), question=UNEXPLAINED).rows
    assert [row.word for row in again[-2:]] == ["proved", "refuted"]


def test_a_row_over_the_entries_of_a_matrix_has_no_shape_and_is_left_as_a_comment() -> None:
    page, y = recurrence(), state("L")
    page.define("L", y, Sum(h[t].T @ h[t], (t, 1, T)))
    page.claim("rows", d(y, W), Sum(d(y, h[t]) @ partial(h[t], W), (t, 1, T)))
    text = page_latex(page, ["rows"], None, False, notation="mixed")
    assert text.startswith("% ")
    assert "is a row over the entries of a matrix" in text
    assert page_latex(page, ["rows"], None, False, notation="numerator").startswith(r"\begin{align*}")


def test_every_layout_is_a_convention() -> None:
    assert set(LAYOUTS.values()) <= set(CONVENTIONS)
