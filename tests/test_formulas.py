"""What a formula says once it is known which letter is what: each form with a near twin that says something else."""

from __future__ import annotations

import re

import pytest

from symbptt.page.notation import Either, Expr, Letter, Ones, walk
from symbptt.reader.results import ReadDisplay
from tests.pages import as_note

VANILLA = r"h_t = \phi(W h_{t-1} + U x_t)"
LINEAR = r"a_t = b_t + c_t a_{t-1}"
GROWTH = r"s_t = w s_{t-1}"
NAMED = r"h_t = f(x_t, h_{t-1}, w)"


def last(*displays: str) -> ReadDisplay:
    return as_note(*displays).rows[-1]


def shown(*displays: str) -> str:
    """The last display as it was read."""
    row = last(*displays)
    assert row.kind != "unread", row.reason
    equation = row.links[-1].vectors or row.links[-1].scalars
    assert equation is not None, row.links[-1].why
    return str(equation).split(") ", 1)[1]


def sides(*displays: str) -> tuple[Expr, ...]:
    link = last(*displays).links[-1]
    equation = link.vectors or link.scalars
    assert equation is not None
    return equation.sides


def refused(*displays: str) -> str:
    row = last(*displays)
    assert row.kind == "unread"
    assert row.excerpt.endswith("^")
    return row.reason


READ = [
    # indices
    ("a step above in parentheses", VANILLA, r"h^{(t)} = h_t", "h_t = h_t"),
    ("a power above without", GROWTH, r"s_t = s_t^{t}", "s_t = s_t^{t}"),
    ("labels", r"h_t = \phi(W_{hh} h_{t-1})", r"h_t = W_{hh} h_t", "h_t = W_hh · h_t"),
    ("a hat is another letter", r"\hat o_t = V o_t", r"\hat o_t = V o_t", "o\u0302_t = V · o_t"),
    ("a step and a transpose above", VANILLA, r"h^{(t)\top} = h^{(t-1)T}", "h_tᵀ = h_{t-1}ᵀ"),
    ("a power entry by entry", VANILLA, r"h_t = h_t^{\odot 2}", "h_t = h_t^{2}"),
    ("and one of a matrix", VANILLA, r"h_t = W^{\circ 3} h_t", "h_t = (W ⊙ W ⊙ W) · h_t"),
    (
        "a brace below with a remark",
        VANILLA,
        r"h_t = \underbrace{W h_t}_{\text{the $\foo$ term}} + h_t",
        "h_t = W · h_t + h_t",
    ),
    ("a brace above with a name", VANILLA, r"h_t = \overbrace{W}^{W_n} \underbrace{h_t}", "h_t = W · h_t"),
    ("a brace around a sum", VANILLA, r"h_t = h_t + \underbrace{h_t - W h_t}_r", "h_t = h_t + (h_t - W · h_t)"),
    ("a power of what is braced", VANILLA, r"h_t = \underbrace{W}_r^2 h_t", "h_t = W^{2} · h_t"),
    # sums
    ("bounds below and above", LINEAR, r"a_t = \sum_{i=1}^{t} b_i", "a_t = Σ_{i=1..t} b_i"),
    ("bounds above and below", LINEAR, r"a_t = \sum^{t}_{i=1} b_i", "a_t = Σ_{i=1..t} b_i"),
    ("both bounds below", LINEAR, r"a_t = \sum_{1 \le i \le t} b_i", "a_t = Σ_{i=1..t} b_i"),
    ("a strict bound", LINEAR, r"a_t = \sum_{1 \le i < t} b_i", "a_t = Σ_{i=1..t-1} b_i"),
    ("falling", LINEAR, r"a_t = \prod_{t \ge i > 1} c_i", "a_t = (Π_{i=2..t} c_i)"),
    ("a Σ ends at a plus", LINEAR, r"a_t = \sum_{i=1}^{t} b_i + c_t", "a_t = Σ_{i=1..t} b_i + c_t"),
    ("unless there are parentheses", LINEAR, r"a_t = \sum_{i=1}^{t} (b_i + c_t)", "a_t = Σ_{i=1..t} (b_i + c_t)"),
    ("and runs over a product", LINEAR, r"a_t = \sum_{i=1}^{t} c_t b_i", "a_t = Σ_{i=1..t} (c_t · b_i)"),
    ("a Σ within a Σ", LINEAR, r"a_t = \sum_{i=1}^t \sum_{j=1}^i b_j", "a_t = Σ_{i=1..t} Σ_{j=1..i} b_j"),
    # products, powers, precedence
    ("side by side", LINEAR, "a_t = c_t b_t", "a_t = c_t · b_t"),
    ("a dot", LINEAR, r"a_t = c_t \cdot b_t", "a_t = c_t · b_t"),
    ("a cross", LINEAR, r"a_t = c_t \times b_t", "a_t = c_t · b_t"),
    ("entry by entry", VANILLA, r"h_t = h_t \odot h_{t-1}", "h_t = h_t ⊙ h_{t-1}"),
    ("entry by entry with a ring", VANILLA, r"h_t = h_t \circ h_{t-1}", "h_t = h_t ⊙ h_{t-1}"),
    ("a state before a parenthesis", GROWTH, "s_t = s_t (1 - s_t)", "s_t = s_t ⊙ (1 - s_t)"),
    ("a weight before a parenthesis", GROWTH, "s_t = w (1 - s_t)", "s_t = w · (1 - s_t)"),
    ("a function before a parenthesis", VANILLA, r"h_t = \phi(h_t)", "h_t = phi(h_t)"),
    ("minus binds less than a power", GROWTH, "s_t = -w^2 s_t", "s_t = -w^{2} · s_t"),
    ("a fraction of two digits", GROWTH, r"s_t = \frac12 s_t", "s_t = 1/2 · s_t"),
    ("a fraction in a line", GROWTH, "s_t = 1/2 s_t", "s_t = 1/2 · s_t"),
    ("a power with an index", GROWTH, r"s_t = w^{t-k} s_k", "s_t = w^{t-k} · s_k, k = 1..t"),
    ("a power of a number", GROWTH, r"s_t = 2^{t} s_0", "s_t = 2^{t} · s_0"),
    ("a transpose", VANILLA, r"h_t = W^\top h_t", "h_t = Wᵀ · h_t"),
    ("a transpose of an application", VANILLA, r"h_t^T = \phi(W h_{t-1})^T", "h_tᵀ = phi(W · h_{t-1})ᵀ"),
    ("a slope", VANILLA, r"h_t = \phi'(h_t)", "h_t = phi'(h_t)"),
    ("a slope with a command", VANILLA, r"h_t = \phi^{\prime}(h_t)", "h_t = phi'(h_t)"),
    ("the function itself", VANILLA, r"h_t = \phi(h_t)", "h_t = phi(h_t)"),
    ("square brackets group", GROWTH, "s_t = w [s_t + s_{t-1}]", "s_t = w · (s_t + s_{t-1})"),
    ("braces group", GROWTH, r"s_t = w \{s_t + s_{t-1}\}", "s_t = w · (s_t + s_{t-1})"),
    ("diag in other brackets", VANILLA, r"h_t = \mathrm{diag}\{h_t\} h_t", "h_t = diag(h_t) · h_t"),
    ("diag in letters", VANILLA, "h_t = diag[h_t]^2 h_t", "h_t = diag(h_t)^{2} · h_t"),
    ("a function by its name", VANILLA, r"h_t = \operatorname{erf}(h_t)", "h_t = erf(h_t)"),
    ("one in letters", VANILLA, "h_t = sech'(h_t)", "h_t = sech'(h_t)"),
    ("a square of one", VANILLA, r"h_t = \operatorname{sech}^2(h_t)", "h_t = sech(h_t) ⊙ sech(h_t)"),
    ("one of LaTeX's", VANILLA, r"h_t = \arctan(h_t)", "h_t = arctan(h_t)"),
    ("a Δ with a sign behind it", GROWTH, r"s_t = \Delta \cdot s_t", "s_t = Delta · s_t"),
    ("a Δ with a step", GROWTH, r"s_t = \Delta_t s_t", "s_t = Delta_t · s_t"),
    ("one without brackets", VANILLA, r"h_t = W \tanh h_t", "h_t = W · tanh(h_t)"),
    ("one without brackets of another", VANILLA, r"h_t = \tanh \phi(h_t)", "h_t = tanh(phi(h_t))"),
    # what is composed of other signs
    ("a norm", VANILLA, r"\| h_t \|^2 = \left\| x_t \right\|_2^2", "h_tᵀ · h_t = x_tᵀ · x_t"),
    ("a norm of a sum", VANILLA, r"h_t = \lVert h_t - h_0 \rVert^2 h_t", "h_t = (h_t - h_0)ᵀ · (h_t - h_0) · h_t"),
    ("a norm of a number", GROWTH, r"s_t = ‖2‖^2 s_t", "s_t = 2^{2} · s_t"),
    ("an outer product", VANILLA, r"W W = h_t \otimes h_{t-1}", "W · W = h_t · h_{t-1}ᵀ"),
    ("a Kronecker product", VANILLA, r"W W = W \otimes h_t^\top", "W · W = W ⊗ h_tᵀ"),
    ("a star between columns", VANILLA, r"h_t = h_t * W h_t", "h_t = h_t ⊙ (W · h_t)"),
    ("a star behind a matrix", VANILLA, r"h_t = W * h_t", "h_t = W · h_t"),
    ("a sum of all entries", VANILLA, r"h_t = (\mathbf 1^\top h_t) h_t", "h_t = 1ᵀ · h_t · h_t"),
    ("and the other way round", VANILLA, r"h_t = (h_t^\top \mathbf 1) h_t", "h_t = h_tᵀ · 1 · h_t"),
    ("gates side by side", VANILLA, r"h_t = \phi(h_t) (1 - \phi(h_t))", "h_t = phi(h_t) ⊙ (1 - phi(h_t))"),
    # derivatives
    ("total", NAMED, r"\frac{d h_t}{d w} = 0", "d h_t/d w = 0"),
    ("immediate", NAMED, r"\frac{\partial^+ h_t}{\partial w} = 0", "∂⁺h_t/∂w = 0"),
    ("one of the two", NAMED, r"\frac{\partial h_t}{\partial w} = 0", "∂h_t/∂w = 0"),
    ("a function's", NAMED, r"h_t = \frac{\partial f(x_t, h_{t-1}, w)}{\partial w}", "h_t = ∂f(x_t, h_{t-1}, w)/∂w"),
    ("a Jacobian", NAMED, r"\frac{\partial h_t}{\partial h_{t-1}} = 0", "∂h_t/∂h_{t-1} = 0"),
    # dots
    ("a sum of two and the last", LINEAR, r"a_t = b_1 + b_2 + \dots + b_t", "a_t = (b_1 + b_2 + … + b_k + … + b_t)"),
    ("factors that fall", LINEAR, r"a_t = c_t c_{t-1} \cdots c_1", "a_t = (Π_{k=1..t} c_k)"),
    ("factors that rise", LINEAR, r"a_t = c_1 c_2 \cdots c_t", "a_t = (ascending Π_{k=1..t} c_k)"),
]


@pytest.mark.parametrize(
    ("context", "display", "expected"), [case[1:] for case in READ], ids=[case[0] for case in READ]
)
def test_it_is_read(context: str, display: str, expected: str) -> None:
    assert shown(context, display) == expected


REFUSED = [
    ("two meanings of a slash", LINEAR, "a_t = a_t / b_t c_t", r"write \\frac"),
    ("two digits below without braces", LINEAR, "a_t = b_12", "put braces around a script of more than one digit"),
    ("nothing after the dots", LINEAR, r"a_t = b_1 + b_2 + \dots", "dots need a first and a last term"),
    ("dots by twos", LINEAR, r"a_t = b_1 + b_3 + \dots + b_t", "do not go by one"),
    ("dots between different letters", LINEAR, r"a_t = b_1 + \dots + c_t", "cannot be told what the dots stand for"),
    ("dots both ways", LINEAR, r"a_t = b_1 c_t + \dots + b_t c_1", "cannot be told what the dots stand for"),
    ("dots with a minus", LINEAR, r"a_t = b_1 - b_2 - \dots - b_t", "dots with minus signs"),
    ("no upper bound", LINEAR, r"a_t = \sum_{i=1} b_i", "no upper bound"),
    ("no bounds", LINEAR, r"a_t = \sum_i b_i", "no bounds"),
    ("bounds of itself", LINEAR, r"a_t = \sum_{t=1}^{t} b_t", "the bounds of t have t in them"),
    ("bounds of two minds", LINEAR, r"a_t = \sum_{1 \le i \ge t} b_i", "two signs the same way"),
    ("a bound that is a power", LINEAR, r"a_t = \sum_{i=1}^{10^9} b_i", "the upper bound is not an index"),
    ("a bound that is huge", LINEAR, r"a_t = \sum_{i=1}^{1000000000} b_i", "a number of 10 digits|1000000000 is more"),
    ("a Σ over nothing", LINEAR, r"a_t = \sum_{i=1}^{t}", "nothing to run over|finished"),
    ("its index outside", LINEAR, r"a_t = \sum_{i=1}^{t} c_i + b_i", "i is counted by Σ and stands outside of it too"),
    ("the step outside", LINEAR, r"a_t = \sum_{t=1}^{T} c_t + b_t", "t is counted by Σ and stands outside of it too"),
    ("a huge power", GROWTH, "s_t = s_t^{100000}", "100000 is more than the limit of 1,000"),
    ("a huge index", GROWTH, "s_{100000} = s_1", "100000 is more than the limit of 1,000"),
    ("an entry", VANILLA, "h_{t,1} = 0", "entries are not read"),
    ("a layer", VANILLA, "h_t = W^{l} h_t", "expected a power such as t-k, or T"),
    ("a gradient in nothing", VANILLA, r"\nabla h_t = 0", r"taken in one letter below its sign"),
    ("a lost index", VANILLA, "h_t = h", "h has an index elsewhere, but none here"),
    ("a function without argument", VANILLA, r"h_t = \phi", "phi is a function: expected its argument"),
    ("a mixed number", LINEAR, r"a_t = 2\tfrac12 b_t", "may be a sum or a product"),
    ("a brace that is no bracket", VANILLA, r"h_t = \underbrace{W + U}_r h_t", "a brace groups nothing"),
    ("nor behind a minus", VANILLA, r"h_t = h_t - \underbrace{h_t + W h_t}_r", "a brace groups nothing"),
    ("nor behind a Σ", LINEAR, r"a_t = \sum_{i=1}^t \underbrace{b_i + c_i}_r", "a brace groups nothing"),
    ("the other script of a brace", VANILLA, r"h_t = \underbrace{W h_t}^{r s}", "expected a power such as"),
    ("a power entry by entry of zero", VANILLA, r"h_t = h_t^{\odot 0}", "a power entry by entry"),
    ("a product above", VANILLA, r"h_t = h_t^{\cdot 2}", "a power entry by entry"),
    ("a step and more above", VANILLA, r"h_t = h^{(t)k}", "expected a power such as|none here"),
    ("an inverse transpose", VANILLA, r"h_T = W^{-T} h_t", "says two things"),
    ("a diag without argument", VANILLA, r"h_t = \operatorname{diag} h_t", "diag has no argument"),
    ("one in letters", VANILLA, "h_t = diag h_t", "diag has no argument"),
    ("an erf without argument", VANILLA, r"h_t = \operatorname{erf} + h_t", "erf is a function: expected its argument"),
    ("an erf of one or two", VANILLA, r"h_t = \operatorname{erf} W h_t", "not clear how far erf reaches"),
    ("a trace", VANILLA, r"h_t = \operatorname{tr}(W) h_t", "tr has no notation here"),
    ("a vec", VANILLA, r"h_t = \mathrm{vec}(W)", r"not clear what vec\(W\) is"),
    ("a change", VANILLA, r"h_t = W \Delta h_{t-1}", r"\\Delta before a letter is a change of it or a factor"),
    ("a variation", VANILLA, r"W \delta h_{t-1} = \delta h_t", r"\\delta before a letter is a change"),
    ("a function with a step", NAMED, "h_t = f_t(x_t, h_{t-1}, w)", "a function has no step of its own"),
    ("a prime on a state", VANILLA, "h_t = h_t'", "a prime stands on a function"),
    ("a division by zero", GROWTH, r"s_t = \frac{1}{0}", "divided by zero"),
    ("a derivative in a sum", NAMED, r"\frac{\partial h_t}{\partial (w + x_t)} = 0", "taken in a letter"),
    ("a plus or minus", GROWTH, r"s_t = w \pm s_{t-1}", "says two things at once"),
    ("a subscript on a bracket", GROWTH, "(s_t)_1 = 0", "stands on a letter"),
    ("an equals sign that opens a bracket", GROWTH, "s_t = w (= s_t)", "expected one expression in the parentheses"),
    ("an equals sign that opens a numerator", GROWTH, r"s_t = \frac{= s_t}{2}", "expected one expression here"),
]


@pytest.mark.parametrize(
    ("context", "display", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_it_is_refused_with_what_to_write(context: str, display: str, expected: str) -> None:
    row = last(context, display)
    assert row.kind == "unread"
    assert row.excerpt.splitlines()[-1].strip() == "^"
    assert re.search(expected, row.reason), row.reason


class TestWhatIsPrintedInOneWayAndMayMeanSeveral:
    def test_a_partial_in_a_weight_is_open(self) -> None:
        assert [node.point for side in sides(NAMED, r"\frac{\partial h_t}{\partial w} = 0") for node in walk(side)
                if isinstance(node, Either)][:1] == ["derivative"]  # fmt: skip

    @pytest.mark.parametrize("sign", [r"\frac{d h_t}{d w}", r"\frac{\partial^+ h_t}{\partial w}"])
    def test_a_sign_of_its_own_is_not(self, sign: str) -> None:
        found = [node for side in sides(NAMED, f"{sign} = 0") for node in walk(side) if isinstance(node, Either)]
        assert found == []

    def test_a_bound_for_a_shifted_index_is_open_and_a_plain_one_is_not(self) -> None:
        _, open_one = sides(LINEAR, r"a_t = \left(\prod_{j-1=i}^{t} c_j\right) b_i")
        assert [str(part) for node in walk(open_one) if isinstance(node, Either) for part in node.options] == [
            "(Π_{j=i+1..t+1} c_j)",
            "(Π_{j=i+1..t} c_j)",
        ]
        _, plain = sides(LINEAR, r"a_t = \left(\prod_{j=i+1}^{t} c_j\right) b_i")
        assert not any(isinstance(node, Either) for node in walk(plain))

    def test_a_product_without_parentheses_is_open_and_one_with_them_is_not(self) -> None:
        _, open_one = sides(LINEAR, r"a_t = \sum_{i=1}^t \prod_{j=i+1}^{t} c_j b_i")
        assert [node.point for node in walk(open_one) if isinstance(node, Either)] == ["scope"]
        _, plain = sides(LINEAR, r"a_t = \sum_{i=1}^t \left(\prod_{j=i+1}^{t} c_j\right) b_i")
        assert not any(isinstance(node, Either) for node in walk(plain))


class TestEntryByEntry:
    GATES = (
        r"z_t = \sigma(W_z x_t + U_z h_{t-1})",
        r"g_t = \phi(W x_t + U h_{t-1})",
        r"h_t = z_t \odot h_{t-1} + (1 - z_t) \odot g_t",
    )

    def test_a_number_beside_a_vector_is_that_number_in_each_entry(self) -> None:
        row = last(*self.GATES)
        assert row.links[0].vectors is not None
        assert any(isinstance(node, Ones) for side in row.links[0].vectors.sides for node in walk(side))
        assert str(row.links[0].vectors).endswith("h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ g_t")

    def test_a_number_beside_a_scalar_is_a_number(self) -> None:
        link = last(GROWTH, "s_t = 1 - s_t").links[0]
        assert link.scalars is not None
        assert not any(isinstance(node, Ones) for side in link.scalars.sides for node in walk(side))

    def test_a_number_beside_a_matrix_is_not_spread(self) -> None:
        # 1 - W could be I - W: the sum does not compose.
        assert not any(isinstance(node, Ones) for side in sides(VANILLA, "h_t = (1 - W) h_t") for node in walk(side))

    def test_a_power_of_a_vector_is_entry_by_entry(self) -> None:
        assert shown(VANILLA, "h_t = h_t^2") == "h_t = h_t^{2}"

    def test_a_power_of_a_matrix_is_not(self) -> None:
        assert shown(VANILLA, "h_t = W^2 h_t") == "h_t = W^{2} · h_t"


class TestBlocks:
    def test_letters_apart_in_square_brackets_are_blocks(self) -> None:
        assert shown(r"w_h = [W_{xh} \ W_{hh}]^T") == "w_h = [W_xh W_hh]ᵀ"
        assert shown(r"w_h = [W_{xh}, W_{hh}]") == "w_h = [W_xh W_hh]"

    def test_letters_side_by_side_in_them_are_a_product(self) -> None:
        assert shown(VANILLA, "h_t = [W U] x_t") == "h_t = W · U · x_t"

    def test_a_matrix_of_one_row_or_one_column_is_blocks(self) -> None:
        assert shown(r"w_h = \begin{pmatrix} W_{xh} & W_{hh} \end{pmatrix}") == "w_h = [W_xh W_hh]"
        assert shown(r"w_h = \begin{bmatrix} W_{xh} \\ W_{hh} \end{bmatrix}") == "w_h = [W_xhᵀ W_hhᵀ]ᵀ"

    def test_a_matrix_of_both_is_refused(self) -> None:
        assert "not both" in refused(r"w_h = \begin{pmatrix} W & U \\ U & W \end{pmatrix}")


def test_gates_that_stand_side_by_side_are_said_to_be_multiplied_entry_by_entry() -> None:
    said = "columns that stand beside each other are multiplied entry by entry: h_t ⊙ (1 - h_t)"
    assert said in as_note(VANILLA, "h_t = h_t (1 - h_t)").assumed
    for printed in (r"h_t = h_t \odot (1 - h_t)", r"h_t = h_t^\top (1 - h_t) h_t"):
        assert not any("entry by entry" in said for said in as_note(VANILLA, printed).assumed)


class TestOneLetterForTwoThings:
    def test_an_index_above_is_a_step_and_a_t_above_is_the_transpose(self) -> None:
        note = as_note(GROWTH, "v_t = W^T v_{t-1}", r"L = \sum_{t=1}^T s_t")
        assert "T above a letter is the transpose, anywhere else a step" in note.assumed

    def test_a_last_step_counts_below_a_letter(self) -> None:
        assert shown(GROWTH, "s_T = w^{T-t} s_t") == "s_T = w^{T-t} · s_t, t = 1..T"

    def test_a_label_is_no_step(self) -> None:
        assert shown(r"h_t = \phi(W_T h_{t-1})") == "h_t = phi(W_T · h_{t-1})"

    def test_a_function_may_share_its_letter_with_the_state(self) -> None:
        read = ("h_t = h(x_t, h_{t-1}, w)", r"\frac{d h_t}{d w} = \frac{\partial h}{\partial w}")
        assert shown(*read) == "d h_t/d w = ∂h/∂w"

    def test_a_total_may_share_its_letter_with_its_summands(self) -> None:
        note = as_note(
            GROWTH, r"E = \sum_{t=1}^T E_t", r"E_t = s_t^2", r"\frac{d E}{d w} = \sum_{t=1}^T \frac{d E_t}{d w}"
        )
        assert [row.kind for row in note.rows] == ["definition"] * 3 + ["claim"]

    def test_d_is_data_and_a_differential(self) -> None:
        assert shown("h_t = W h_{t-1} + d_t", r"\frac{d h_t}{d W} = d_t") == "d h_t/d W = d_t"

    def test_names_that_begin_alike_or_are_dressed_alike_stay_apart(self) -> None:
        long = "a" * 40
        row = last(rf"h_t = W_{{{long}b}} h_{{t-1}} + W_{{{long}c}} x_t + \hat h h_{{hat}} x_t")
        assert row.links[0].scalars is not None
        nodes = [node for side in row.links[0].scalars.sides for node in walk(side)]
        letters = {node.symbol: str(node) for node in nodes if isinstance(node, Letter)}
        assert sum(symbol.startswith("W_") for symbol in letters) == 2
        assert {"h\u0302", "h_hat"} <= set(letters.values())
