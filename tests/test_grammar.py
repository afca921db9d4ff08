"""Formulas as marks: what the grammar takes, its near twins that it refuses, and where it says so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.errors import NoteError, Unreadable
from symbptt.reader.differentials import Derivative, parse_formula
from symbptt.reader.grammar import DEEPEST, LONGEST, Group, Mark, NameMark, ScriptedMark, parse, walk_marks
from tests.pages import as_note


def derivatives(text: str) -> list[tuple[str, str, str]]:
    """Sign, what is differentiated and in what, each as it stands in the text."""
    found = [mark for mark in walk_marks(parse_formula(text)) if isinstance(mark, Derivative)]
    return [(mark.sign, text[mark.of.start : mark.of.end], text[mark.wrt.start : mark.wrt.end]) for mark in found]


def names(text: str) -> list[str]:
    return [mark.stem for mark in walk_marks(parse(text)) if isinstance(mark, NameMark)]


class TestMarks:
    def test_subscripts_superscripts_and_primes_stand_on_their_letter_in_any_order(self) -> None:
        for text in (r"h_{t}^{2}'", r"h^{2}_{t}'", r"h'_t^2", r"h_t^{\prime}^2"):
            (chain,) = parse(text)
            (mark,) = chain.sides[0].terms[0][1].factors
            assert isinstance(mark, ScriptedMark), text
            assert (mark.primes, len(mark.above), mark.below is not None) == (1, 1, True), text

    @pytest.mark.parametrize("prime", ["'", "^{\\prime}", "^\\prime", "\\prime", "′"])
    def test_a_prime_is_a_prime_however_it_is_typed(self, prime: str) -> None:
        (mark,) = [mark for mark in walk_marks(parse(rf"\sigma{prime}(z)")) if isinstance(mark, ScriptedMark)]
        assert (mark.primes, mark.above) == (1, ())

    def test_two_primes_are_two(self) -> None:
        (mark,) = [mark for mark in walk_marks(parse(r"\sigma''(z)")) if isinstance(mark, ScriptedMark)]
        assert mark.primes == 2

    @pytest.mark.parametrize(
        ("typed", "command"),
        [("θ", r"\theta"), ("ϕ", r"\phi"), ("Σ", r"\Sigma"), ("σ", r"\sigma"), ("ω", r"\omega"), ("ℓ", r"\ell")],
    )
    def test_a_greek_letter_may_be_typed_directly(self, typed: str, command: str) -> None:
        assert names(typed) == names(command)

    @pytest.mark.parametrize(
        ("typed", "command"),
        [("∑_{i=1}^t a_i", r"\sum_{i=1}^t a_i"), ("a ⊙ b", r"a \odot b"), ("a − b", "a - b"), ("a ≤ b", r"a \le b")],
    )
    def test_a_sign_may_be_typed_directly(self, typed: str, command: str) -> None:
        def texts(text: str) -> list[str]:
            return [getattr(mark, "text", getattr(mark, "stem", "")) for mark in walk_marks(parse(text))]

        assert texts(typed) == texts(command)

    def test_a_sign_that_nobody_knows_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="☃ cannot stand here"):
            parse("h_t = ☃")

    @pytest.mark.parametrize(
        ("text", "dressed"),
        [
            (r"\hat o", ("hat",)),
            (r"\hat{o}_t", ("hat",)),
            (r"\widehat{o}", ("hat",)),
            (r"\mathbf h", ("mathbf",)),
            (r"\hat{\mathbf{h}}", ("hat", "mathbf")),
            (r"\mathrm h", ()),
        ],
    )
    def test_hats_and_fonts_belong_to_the_letter(self, text: str, dressed: tuple[str, ...]) -> None:
        (name,) = [mark for mark in walk_marks(parse(text)) if isinstance(mark, NameMark) and mark.stem in "oh"]
        assert name.dressed == dressed

    def test_a_hat_over_a_product_is_refused(self) -> None:
        with pytest.raises(Unreadable, match="around one letter only"):
            parse(r"\hat{W h}")

    @pytest.mark.parametrize(
        "text",
        [
            r"\left( a + b \right)",
            r"\Bigl( a + b \Bigr)",
            r"\big(a + b\big)",
            "( a + b )",
            "[a + b]",
            r"\{ a + b \}",
            r"\left[ a + b \right]",
        ],
    )
    def test_brackets_of_every_kind_and_size_group(self, text: str) -> None:
        (group,) = [mark for mark in walk_marks(parse(text)) if isinstance(mark, Group)]
        assert len(group.cells[0].sides[0].terms) == 2

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("(a + b]", r"\( is closed by \]"),
            ("[a, b)", r"\[ is closed by \)"),
            (r"\{ a )", r"\\\{ is closed by \)"),
            ("(a", "ends too early"),
            ("a)", "cannot stand here"),
            (r"\frac{a}{", "ends too early"),
            (r"\frac{a}", "ends too early"),
            ("a_1_2", "two subscripts"),
            ("a = ", "ends too early"),
            (r"\foo{a}", r"\\foo is not known here"),
            ("a + + b", "cannot stand here"),
        ],
    )
    def test_what_is_not_finished_or_closed_wrong_is_refused(self, text: str, expected: str) -> None:
        with pytest.raises(Unreadable, match=expected):
            parse(text)

    def test_letters_before_a_parenthesis_are_a_word_where_they_spell_one(self) -> None:
        assert names("diag(h)") == ["diag", "h"]
        assert names(r"diag\left(h\right)") == ["diag", "h"]
        assert names("diag h") == ["diag", "h"]
        assert names("sgn h") == ["s", "g", "n", "h"]
        assert names("bias(h)") == ["b", "i", "a", "s", "h"]

    def test_a_chain_has_all_its_sides(self) -> None:
        (chain,) = parse("a = b = c + d")
        assert (len(chain.sides), chain.relations, chain.continued) == (3, ("=", "="), False)
        (going_on,) = parse("= c = d")
        assert (len(going_on.sides), going_on.continued) == (2, True)

    def test_a_comma_ends_an_equation(self) -> None:
        assert len(parse("a = b, c = d")) == 2


class TestDerivatives:
    @pytest.mark.parametrize(
        ("text", "sign"),
        [
            (r"\frac{\partial h_t}{\partial w}", "∂"),
            (r"\frac{d h_t}{d w}", "d"),
            (r"\frac{\mathrm{d} h_t}{\mathrm{d} w}", "d"),
            (r"\frac{\mathrm d h_t}{\mathrm d w}", "d"),
            (r"\dfrac{dh_t}{dw}", "d"),
            (r"\frac{\partial^+ h_t}{\partial w}", "∂⁺"),
            (r"\frac{\partial^{+} h_t}{\partial w}", "∂⁺"),
            (r"\frac{∂ h_t}{∂ w}", "∂"),
            (r"\partial h_t / \partial w", "∂"),
            (r"\partial^+ h_t / \partial w", "∂⁺"),
            (r"d h_t / d w", "d"),
            (r"\partial_w h_t", "∂"),
            (r"\partial_w^+ h_t", "∂⁺"),
            (r"\partial^+_w h_t", "∂⁺"),
            (r"\frac{\partial}{\partial w} h_t", "∂"),
            (r"\frac{d}{d w} h_t", "d"),
            (r"\frac{d h_t}{d w}^\top", "d"),
        ],
    )
    def test_a_derivative_is_one_mark(self, text: str, sign: str) -> None:
        ((found, of, wrt),) = derivatives(text)
        assert (found, of, wrt) == (sign, "h_t", "w")

    def test_a_function_is_differentiated_with_its_arguments(self) -> None:
        assert derivatives(r"\frac{\partial f(x_t,h_{t-1},w)}{\partial w}") == [("∂", "f(x_t,h_{t-1},w)", "w")]
        assert derivatives(r"\frac{\partial}{\partial w} f(x_t,h_{t-1},w)") == [("∂", "f(x_t,h_{t-1},w)", "w")]

    def test_a_letter_d_is_differentiated_and_is_no_sign(self) -> None:
        assert derivatives(r"\frac{d d_t}{d w}") == [("d", "d_t", "w")]
        assert derivatives(r"\frac{d_t}{d_k}") == []
        assert derivatives(r"\frac{d}{2}") == []
        assert derivatives("d h_t") == []

    def test_a_derivative_operator_reaches_over_a_whole_sum(self) -> None:
        assert derivatives(r"\frac{d}{dw} \sum_{t=1}^T l_t") == [("d", r"\sum_{t=1}^T l_t", "w")]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (r"\frac{\partial^2 L}{\partial w^2}", "higher derivatives"),
            (r"\frac{d^2 L}{d w^2}", "higher derivatives"),
            (r"\partial_w^2 h_t", "higher derivatives"),
            (r"\frac{\partial h_t}{d w}", "one sign for both"),
            (r"\frac{d h_t}{\partial w}", "one sign for both"),
            (r"\frac{\partial h_t}{\partial^+ w}", "one sign for both"),
            (r"\frac{\partial h_t}{w}", "above or below only"),
            (r"\frac{h_t}{\partial w}", "above or below only"),
            (r"\frac{\partial h_t}{\partial w \partial u}", "in one letter"),
            (r"\partial h_t", "without what it is taken in"),
            (r"\frac{\partial}{\partial w}", "nothing is differentiated"),
            (r"\frac{\partial}{\partial w} h_t x_t", "how far this derivative reaches"),
            (r"\partial_w h_t (1 - h_t)", "how far this derivative reaches"),
        ],
    )
    def test_what_is_no_first_derivative_in_one_letter_is_refused(self, text: str, expected: str) -> None:
        with pytest.raises(Unreadable, match=expected):
            parse_formula(text)


class TestLimits:
    def test_a_formula_has_a_longest_length(self) -> None:
        parse("a" * LONGEST)
        with pytest.raises(Unreadable, match="more than the limit of 20,000"):
            parse("a" * (LONGEST + 1))

    def test_groups_have_a_deepest_nesting(self) -> None:
        parse("(" * DEEPEST + "a" + ")" * DEEPEST)
        with pytest.raises(Unreadable, match="nested deeper than the limit of 60"):
            parse("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1))

    def test_an_error_names_the_line_and_the_column_and_points_there(self) -> None:
        (row,) = as_note(r"h_t = W h_{t-1} + \foo{x}").rows
        assert row.reason == r"\foo is not known here"
        assert row.place is not None
        assert (row.place.line, row.place.column) == (2, 19)
        line, caret = row.excerpt.split("\n")
        assert line[caret.index("^") :].startswith(r"\foo")


TOKENS = (
    r"h_t|h_{t-1}|h^{(t)}|W|W_{hh}|x_t|\phi|\tanh|(|)|[|]|\{|\}|+|-|=|,|\frac|\partial|\partial^+|\partial_W|d|_|^|'|{|}|"
    r"\sum|\prod|\sum_{i=1}^{t}|\prod_{j=i+1}^{t}|\dots|\cdots|/|\cdot|\odot|^T|^\top|^2|_1|_{t,i}|1|12|0|T|t|i|j|\hat|"
    r"\mathbf|\mathrm{diag}|diag|\boxed{|\begin{pmatrix}|\end{pmatrix}|&|\\|\ |;|\nabla|θ|∂|∑|1\le{k}\le{t}|"
    r"f(x_t,h_{t-1},W)|L|E|a_t|\left(|\right)|^{\prime}|^{t-1}|^{-1}|_{100000}|:=|\to|\frac{d h_t}{dW}"
).split("|")
FORMULAS = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=14).map(" ".join)


def inside(mark: Mark, length: int) -> bool:
    return 0 <= mark.start <= mark.end <= length


@settings(max_examples=300)
@given(FORMULAS)
def test_any_tokens_are_marks_within_the_text_or_one_error_within_it(text: str) -> None:
    try:
        cells = parse_formula(text)
    except Unreadable as error:
        refused = error.offset
    else:
        refused = 0
        assert all(inside(mark, len(text)) for mark in walk_marks(cells))
    assert 0 <= refused <= len(text)


@settings(max_examples=300)
@given(st.lists(FORMULAS, min_size=1, max_size=4))
def test_any_displays_are_as_many_rows_or_one_error(displays: list[str]) -> None:
    try:
        note = as_note(*displays)
    except NoteError:
        return
    assert len(note.rows) == len(note.document.displays)
    assert all(row.reason or row.links for row in note.rows)
