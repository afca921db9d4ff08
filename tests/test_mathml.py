from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from symbptt.page.notation import Expr, Operators, Sum, copy_at, d, partial, state, weight
from symbptt.printing.mathml import NAMESPACE, equation_mathml, markup, ranges_mathml, spelling, text
from tests.pages import W, h, i, note, t
from tests.test_tex import JACOBIANS, WRITTEN, w_h


def signs(written: str) -> str:
    """What a reader sees, without markup and spaces."""
    return "".join("".join(ElementTree.fromstring(f"<x>{written}</x>").itertext()).split())


@pytest.mark.parametrize("node", [node for node, _ in WRITTEN], ids=[str(node) for node, _ in WRITTEN])
def test_every_node_becomes_well_formed_markup_of_known_elements(node: Expr) -> None:
    tree = ElementTree.fromstring(f"<x>{markup(node)}</x>")
    known = {"x", "mi", "mn", "mo", "mrow", "mfrac", "msub", "msup", "msubsup", "munderover", "mover", "mspace"}
    known |= {"mtable", "mtr", "mtd", "mtext"}
    assert {element.tag for element in tree.iter()} <= known
    # A fraction with one part, or a subscript with three, would be shown as an error.
    parts = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "munderover": 3, "mover": 2}
    for element in tree.iter():
        assert len(element) == parts.get(element.tag, len(element)), ElementTree.tostring(element)


def test_total_immediate_and_jacobian_are_three_different_signs() -> None:
    assert signs(markup(d(h[t], W))) == "dhtdW"
    assert signs(markup(partial(h[t], W))) == "∂+ht∂W"
    assert signs(markup(partial(h[t], h[t - 1]))) == "∂ht∂ht−1"


def test_the_order_on_the_page_is_kept_and_brackets_stand_where_latex_has_them() -> None:
    assert signs(markup(W @ (h[t] + h[t - 1]))) == "W(ht+ht−1)"
    assert signs(markup(JACOBIANS @ partial(h[i], w_h))) == "(∏j=i+1t∂hj∂hj−1)∂+hi∂wh"
    assert signs(markup(Sum(h[t], (t, 1, i)) + h[i])) == "∑t=1iht+hi"
    assert markup(JACOBIANS) != markup(JACOBIANS.__class__(JACOBIANS.body, JACOBIANS.bounds, ascending=True))


def test_a_node_that_is_not_of_the_notation_is_refused() -> None:
    class Foreign(Operators):
        pass

    with pytest.raises(TypeError, match="Foreign is not a node of the notation"):
        markup(Foreign())  # type: ignore[arg-type]  # no node


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    r"\href{javascript:alert(1)}{x}",
    r"\hat{<b>}",
    "&lt;script&gt;",
    "</math><iframe>",
    "]]>",
    "\x00\x1b[31m",
]


@pytest.mark.parametrize("written", HOSTILE)
def test_no_character_of_a_page_becomes_markup(written: str) -> None:
    for made in (spelling(written), text(written), markup(state("h", latex=written)[t])):
        assert not re.search(r"<(script|img|iframe|b|a)\b", made)
        ElementTree.fromstring(f"<x>{made}</x>")
    assert "javascript" not in re.sub(r"<mtext>.*?</mtext>", "", spelling(written))
    assert 'onerror="' not in text(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (r"\hat{o}", '<mover accent="true"><mi>o</mi><mo>^</mo></mover>'),
        (r"\hat o", '<mover accent="true"><mi>o</mi><mo>^</mo></mover>'),
        (r"\varphi", "<mi>φ</mi>"),
        ("W^{*}_{0}", "<msubsup><mi>W</mi><mn>0</mn><mo>*</mo></msubsup>"),
        ("h'", "<msup><mi>h</mi><mi>′</mi></msup>"),
        (r"\mathbf{W}", '<mi mathvariant="normal">𝐖</mi>'),
        (r"\mathrm{out}", '<mi mathvariant="normal">out</mi>'),
        # What the reader does not know stands there as it was written.
        (r"\frac{a}{b}", r"<mtext>\frac{a}{b}</mtext>"),
        ("{" * 40 + "x" + "}" * 40, "<mtext>" + "{" * 40 + "x" + "}" * 40 + "</mtext>"),
        ("a_b_c", "<mtext>a_b_c</mtext>"),
    ],
)
def test_a_letter_is_shown_as_a_script_spells_it(written: str, expected: str) -> None:
    assert spelling(written) == expected


def test_a_long_sum_has_a_row_for_each_term_and_a_short_one_has_one() -> None:
    page = note()
    short = equation_mathml(page["6"].chain)
    assert short.count("<mtr>") == 1
    assert short.startswith(f'<math xmlns="{NAMESPACE}" display="block">')
    from symbptt.printing.displays import written_out

    (sides,) = written_out(page, page["box"], 4)
    assert equation_mathml(sides).count("<mtr>") == 4


def test_a_chain_has_a_row_for_each_equals_sign_and_a_range_stands_behind_it() -> None:
    page = note()
    assert equation_mathml(page["2"].chain).count("<mo>=</mo>") == 2
    terms = page["terms"]
    assert signs(equation_mathml(terms.chain, ranges_mathml(terms.for_each))).endswith("∂+hi∂wh(i=1,…,t)")


def test_a_copy_and_a_name_with_two_subscripts_are_one_base_with_its_scripts() -> None:
    assert markup(copy_at(weight("w_h"), i)).startswith("<msubsup><mi>w</mi><mi>h</mi><mrow>")
    assert signs(markup(state("h_out")[t - 1])) == "hout,t−1"
