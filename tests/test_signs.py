"""What stands in textbooks' gradient formulas: norms, ∇, products of their own, a softmax, targets that sum to one."""

from __future__ import annotations

import pytest

from symbptt.show.remarks import fix_latex
from symbptt.verdicts import Question
from tests.pages import as_note, rows, words, words_of

CELL = (r"z_t = W h_{t-1} + U x_t", r"h_t = \phi(z_t)", r"o_t = V h_t + c")
SQUARED = (*CELL, r"L = \frac12 \sum_{t=1}^T \lVert o_t - y_t \rVert^2")
ANY_LOSS = (*CELL, r"L = \frac1T \sum_{t=1}^T l(o_t, y_t)")
ENTROPY = (
    r"h_t = \tanh(W h_{t-1} + U x_t)",
    r"o_t = V h_t + c",
    r"p_t = \mathrm{softmax}(o_t)",
    r"\ell_t = -y_t^\top \log p_t",
)
LOGITS, SLIPPED = (rf"\nabla_{{o_t}} \ell_t = {right}" for right in ("p_t - y_t", "y_t - p_t"))


@pytest.mark.parametrize(
    ("page", "true", "false"),
    [
        (SQUARED, r"\nabla_{o_t} L = o_t - y_t", r"\nabla_{o_t} L = y_t - o_t"),
        (
            SQUARED,
            r"\nabla_{h_t} L = V^\top (o_t - y_t) + W^\top (\phi'(z_{t+1}) \odot \nabla_{h_{t+1}} L), t < T",
            r"\nabla_{h_t} L = V^\top (o_t - y_t) + W^\top (\phi'(z_t) \odot \nabla_{h_{t+1}} L), t < T",
        ),
        (
            SQUARED,
            r"\nabla_W L = \sum_{t=1}^T \nabla_{z_t} L \otimes h_{t-1}",
            r"\nabla_W L = \sum_{t=1}^T h_{t-1} \otimes \nabla_{z_t} L",
        ),
        (
            ANY_LOSS,
            r"\frac{\partial L}{\partial o_t} = \frac{\partial l(o_t, y_t)}{T \cdot \partial o_t}",
            r"\frac{\partial L}{\partial o_t} = \frac{\partial l(o_t, y_t)}{\partial o_t}",
        ),
        (
            CELL,
            r"\frac{\partial^+ h_t}{\partial W} = \mathrm{diag}(\phi'(z_t)) (h_{t-1}^\top \otimes I)",
            r"\frac{\partial^+ h_t}{\partial W} = \mathrm{diag}(\phi'(z_t)) (I \otimes h_{t-1}^\top)",
        ),
        (
            (r"g_t = \mathrm{sigmoid}(W g_{t-1} + x_t)",),
            r"\frac{\partial g_t}{\partial x_t} = \mathrm{diag}(g_t (1 - g_t))",
            r"\frac{\partial g_t}{\partial x_t} = \mathrm{diag}(g_t (1 + g_t))",
        ),
        (
            (r"g_t = \tanh(W g_{t-1} + x_t)", r"h_t = g_t * h_{t-1}"),
            r"\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(h_{t-1} * (1 - g_t^2))",
            r"\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(h_{t-1} * (1 - g_t))",
        ),
        (
            ENTROPY,
            r"\frac{\partial p_t}{\partial o_t} = \mathrm{diag}(p_t) - p_t p_t^\top",
            r"\frac{\partial p_t}{\partial o_t} = \mathrm{diag}(p_t (1 - p_t))",
        ),
        (
            ENTROPY,
            r"\nabla_{o_t} \ell_t = (\mathbf 1^\top y_t) p_t - y_t",
            r"\nabla_{o_t} \ell_t = (\mathbf 1^\top p_t) y_t - p_t",
        ),
    ],
)
def test_a_sign_says_what_it_means_and_its_near_twin_is_refuted(page: tuple[str, ...], true: str, false: str) -> None:
    assert words(*page, true, false)[len(page) :] == ["proved", "refuted"]


def test_the_gradient_of_a_column_is_none() -> None:
    *_, row = rows(*SQUARED, r"\nabla_W h_t = h_{t-1} h_{t-1}^\top")
    assert row.verdict is not None
    assert (row.verdict.word, "only the derivative of a scalar" in row.verdict.reason) == ("ill-typed", True)


@pytest.mark.parametrize(
    "odd", [r"\| h_t \|", r"\| h_t \|_1^2", r"\| h_t \|^3", r"\nabla L", r"\nabla_W^2 L", r"h_t \odot x_t \otimes h_t"]
)
def test_what_says_something_else_is_not_read(odd: str) -> None:
    assert rows(*SQUARED, f"L = {odd}")[-1].kind in ("unread", "aside")


class TestTargetsThatSumToOne:
    @pytest.mark.parametrize(
        "said",
        [
            r"where $y_t$ is one-hot.",
            r"where the target $y_t$ is one-hot, so that $\sum_k y_{t,k} = 1$.",
            r"The labels are one-hot vectors.",
            r"where $y_t$ is a probability vector.",
            r"where $\mathbf{1}^\top y_t = 1$.",
            r"with $\sum_{k=1}^{q} y_{t,k} = 1$.",
        ],
    )
    def test_a_page_that_says_so_is_taken_at_its_word(self, said: str) -> None:
        assert words(*ENTROPY, LOGITS, SLIPPED, text=said)[-2:] == ["proved", "refuted"]

    def test_a_page_that_does_not_say_so_is_read_so_and_told(self) -> None:
        *_, true, false = rows(*ENTROPY, LOGITS, SLIPPED)
        assert true.verdict is not None
        assert false.verdict is not None
        assert true.verdict.reading is not None
        assert (true.verdict.word, true.verdict.literal) == ("holds-as-read", "refuted")
        assert true.verdict.reading.words == "y_t sums to one"
        assert false.verdict.word == "refuted"

    @pytest.mark.parametrize(
        "said",
        [r"Here $y_t$ is not one-hot.", r"When $y_t$ is one-hot, this is simpler.", r"The labels are not one-hot."],
    )
    def test_what_is_denied_or_supposed_is_not_said(self, said: str) -> None:
        assert words(*ENTROPY, LOGITS, text=said)[-1] != "proved"

    def test_what_is_true_of_one_hot_vectors_alone_is_not_refuted(self) -> None:
        of_units, of_none = r"y_t \odot y_t = y_t", r"y_t \odot y_t = 2 y_t"
        assert words(*ENTROPY, of_units, of_none, text="where $y_t$ is one-hot.")[-2:] == ["undecided", "refuted"]
        assert words(*ENTROPY, of_units, text="where $y_t$ is a probability vector.")[-1] == "refuted"


class TestANormOfAMatrix:
    ROWS = (r"H_t = \phi(X_t A + H_{t-1} B)", r"O_t = H_t C")
    TRUE, FALSE = (
        rf"\nabla_C L = \sum_{{t=1}}^T {right}" for right in (r"H_t^\top (O_t - Y_t)", r"H_t^\top (Y_t - O_t)")
    )

    @pytest.mark.parametrize("sign", [r"\| O_t - Y_t \|_F^2", r"\left\lVert O_t - Y_t \right\rVert_{\mathrm{F}}^{2}"])
    def test_it_is_the_sum_of_the_squares_of_all_entries(self, sign: str) -> None:
        page = (*self.ROWS, rf"L = \frac12 \sum_{{t=1}}^T {sign}")
        assert words(*page, self.TRUE, self.FALSE)[-2:] == ["proved", "refuted"]

    def test_it_has_as_many_columns_as_it_may(self) -> None:
        note = as_note(*self.ROWS, r"L = \| O_t - Y_t \|_F^2")
        assert note.vectors is not None
        assert all(size.letters() for size in note.vectors.meaning.letters["O"].shape or ())

    def test_the_largest_singular_value_is_not_read(self) -> None:
        page = (*self.ROWS, r"L = \frac12 \sum_{t=1}^T \| O_t + O_t D - Y_t \|_2^2")
        assert words(*page, self.TRUE)[-1] == "undecided"


def test_a_one_with_a_transpose_is_a_row_of_ones_and_no_number() -> None:
    cell = (r"o_t = V s_{t-1}", r"s_t = \tanh(W s_{t-1} + o_t)", r"p_t = \exp(o_t) (1^\top \exp(o_t))^{-1}")
    jacobian = r"\frac{\partial p_t}{\partial o_t} = \operatorname{diag}(p_t)"
    note = as_note(*cell, rf"{jacobian} - p_t p_t^\top", rf"{jacobian} - \operatorname{{diag}}(p_t \odot p_t)")
    assert words_of(note)[3:] == ["proved", "refuted"]


@pytest.mark.parametrize("label", ["(h_t)^T", r"\left( h_t \right)^\top", "(h^{(1)}_t)^T"])
def test_behind_a_gradient_a_parenthesis_with_a_transpose_is_a_factor_of_its_own(label: str) -> None:
    state = "h^{(1)}_t" if "^{" in label else "h_t"
    cell = (f"z_t = W {state.replace('_t', '_{t-1}')} + U x_t", rf"{state} = \tanh(z_t)", rf"o_t = V {state}")
    loss = r"L = \sum_{t=1}^T \ell(o_t)"
    true = rf"\nabla_V L = \sum_{{t=1}}^T \nabla_{{o_t}} L \, {label}"
    false = true.replace(label, label.replace("_t", "_{t-1}"))
    assert words(*cell, loss, true, false)[-2:] == ["proved", "refuted"]


def test_a_logarithm_in_a_loss_is_that_of_a_number() -> None:
    cell = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"q_t = \operatorname{sigmoid}(v^\top h_t + b)")
    loss = r"L = - \sum_{t=1}^T \left( y_t \log q_t + (1 - y_t) \log(1 - q_t) \right)"
    true = r"\frac{\partial L}{\partial v} = \sum_{t=1}^T (q_t - y_t) h_t"
    false = true.replace("(q_t - y_t)", "(q_t - y_t) q_t (1 - q_t)")
    assert words(*cell, loss, true, false, text="Gradients are columns.")[-2:] == ["proved", "refuted"]


class TestVec:
    PAGE = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"L = \sum_{t=1}^T \ell(h_t)")
    DELTA = r"\mathrm{diag}(1 - h_t^2) \nabla_{h_t} L"

    @pytest.mark.parametrize(
        ("true", "false"),
        [
            (rf"h_{{t-1}} \otimes ({DELTA})", rf"({DELTA}) \otimes h_{{t-1}}"),
            (rf"\mathrm{{vec}}({DELTA} h_{{t-1}}^\top)", rf"\mathrm{{vec}}(h_{{t-1}} ({DELTA})^\top)"),
            (rf"\operatorname{{vec}}(2 {DELTA} h_{{t-1}}^\top) / 2", rf"\mathrm{{vec}}(2 {DELTA} h_{{t-1}}^\top)"),
        ],
    )
    def test_a_gradient_and_an_outer_product_have_their_entries_below_each_other(self, true: str, false: str) -> None:
        for left in (r"\mathrm{vec}(\nabla_W L)", r"\mathrm{vec}\left(\frac{\partial L}{\partial W}\right)"):
            claims = [rf"{left} = \sum_{{t=1}}^T {side}" for side in (true, false)]
            assert words(*self.PAGE, *claims)[2:] == ["proved", "refuted"]

    def test_beside_it_a_product_of_columns_is_the_kronecker_product_and_that_is_said(self) -> None:
        outer = rf"\nabla_W L = \sum_{{t=1}}^T ({self.DELTA}) \otimes h_{{t-1}}"
        assert words(*self.PAGE, outer)[2] == "proved"
        both = (*self.PAGE, outer, r"\mathrm{vec}(\nabla_W L) = \mathrm{vec}(\nabla_W L)")
        assert words(*both)[2:] == ["ill-typed", "proved"]
        assert any("Kronecker product, of columns too" in said for said in as_note(*both).assumed)

    LINEAR = (r"h_t = W h_{t-1} + U x_t", r"L = \sum_{t=1}^T \ell(h_t)")
    IN_VEC = r"\frac{\partial L}{\partial \mathrm{vec}(W)}"

    @pytest.mark.parametrize("left", [IN_VEC, r"\nabla_{\mathrm{vec}(W)} L"])
    def test_a_gradient_in_a_vec_is_a_column_over_the_entries_and_no_matrix(self, left: str) -> None:
        shaped = r"\frac{\partial L}{\partial W} = \sum_{t=1}^T \frac{\partial L}{\partial h_t} h_{t-1}^\top"
        true = (r"h_{t-1} \otimes \nabla_{h_t} L", r"\mathrm{vec}(\nabla_{h_t} L \, h_{t-1}^\top)")
        false = (r"\nabla_{h_t} L \otimes h_{t-1}", r"\mathrm{vec}(h_{t-1} (\nabla_{h_t} L)^\top)")
        found = words(*self.LINEAR, shaped, *(rf"{left} = \sum_{{t=1}}^T {right}" for right in (*true, *false)))
        assert found[2:] == ["proved", "proved", "proved", "refuted", "refuted"]

    def test_where_gradients_are_rows_it_is_a_row(self) -> None:
        row = rf"{self.IN_VEC} = \sum_{{t=1}}^T \frac{{\partial L}}{{\partial h_t}} (%s)"
        found = words(*self.LINEAR, row % r"h_{t-1}^\top \otimes I", row % r"I \otimes h_{t-1}^\top")
        assert found[2:] == ["proved", "refuted"]

    def test_of_a_letter_it_is_not_read(self) -> None:
        row = rows(*self.PAGE, r"\mathrm{vec}(\nabla_W L) = \mathrm{vec}(W)")[2]
        assert row.kind == "unread"
        assert "it is not clear what vec(W) is" in row.reason


class TestDivisionOfColumns:
    PAGE = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"L = \sum_{t=1}^T y_t^\top \log h_t")

    @pytest.mark.parametrize(
        "side",
        [r"y_T \oslash h_T", r"\frac{y_T}{h_T}", "y_T / h_T", r"y_T \odot \frac{1}{h_T}", r"2 y_T \oslash (2 h_T)"],
    )
    def test_it_is_entry_by_entry(self, side: str) -> None:
        left = r"\nabla_{h_T} L = "
        assert words(*self.PAGE, left + side, f"{left} -{side}")[2:] == ["proved", "refuted"]

    def test_a_matrix_is_inverted_as_before(self) -> None:
        page = r"h_t = A^{-1} h_{t-1} + x_t"
        claims = (r"\frac{\partial h_t}{\partial h_{t-1}} = A^{-1}", r"\frac{\partial h_t}{\partial h_{t-1}} = A")
        assert "reciprocal" not in str(rows(page, *claims)[1].shown)


class TestSoftmaxOfOneNumber:
    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"

    def test_where_it_would_be_one_a_claim_is_not_judged_by_that(self) -> None:
        # Of one number softmax is 1, and every claim of its derivative is 0 = 0.
        page = (self.CELL, r"p_t = \mathrm{softmax}(V h_t)")
        claims: tuple[str, ...] = ("p_t = 1", r"\frac{d p_t}{d U} = -2 (1 - p_t) \frac{d h_t}{d U}")
        claims += (r"\frac{\partial p_t}{\partial h_t} = \frac{\partial h_t}{\partial p_t}",)
        assert set(words(*page, *claims)[2:]) == {"ill-typed"}
        true = r"\frac{\partial p_t}{\partial h_t} = (\mathrm{diag}(p_t) - p_t p_t^\top) V"
        assert words(*page, true)[2:] == ["proved"]

    def test_a_loss_that_is_a_number_makes_no_softmax_of_one(self) -> None:
        page = (self.CELL, r"p_t = \mathrm{softmax}(V h_t)", r"L_t = -\log p_t")
        claims = [rf"\frac{{\partial L_t}}{{\partial h_t}} = {side}" for side in ("(p_t - 1) V", "7 (1 - p_t) V")]
        assert not {"proved", "holds-as-read"}.intersection(words(*page, *claims))


class TestSumsOfLosses:
    CELL = (r"z_t = W h_{t-1} + U x_t", r"h_t = \tanh(z_t)", r"E = \frac12 \sum_{t=1}^T \|h_t - y_t\|^2")

    @pytest.mark.parametrize("rate", [r"\lambda", r"\mu", r"\kappa", r"\beta"])
    def test_a_loss_made_of_losses_without_steps_is_read(self, rate: str) -> None:
        loss = rf"L = E + \frac{{{rate}}}{{2}} \|W\|_F^2"
        left = r"\nabla_W L = \sum_{t=1}^T \nabla_{z_t} E \, h_{t-1}^\top"
        claims = (f"{left} + {rate} W", rf"{left} + \frac{{{rate}}}{{2}} W", r"\nabla_W L = \nabla_W E")
        assert words(*self.CELL, loss, *claims)[4:] == ["proved", "refuted", "refuted"]
        assert words(*self.CELL, loss, r"\nabla_U L = \nabla_U E")[4:] == ["proved"]

    def test_one_that_stands_by_itself_is_a_loss_and_no_weight(self) -> None:
        page = (*self.CELL, r"R = \frac12 \|W\|_F^2", r"J = E + \beta R")
        claims = (r"\nabla_W J = \nabla_W E + \beta W", r"\nabla_W J = \nabla_W E + 2 \beta W")
        assert words(*page, *claims)[3:] == ["definition", "definition", "proved", "refuted"]


def test_a_loss_of_the_last_state_has_no_immediate_partial_that_leaves_out_the_steps_before() -> None:
    page = (r"z_t = W h_{t-1} + U x_t", r"h_t = \tanh(z_t)", r"L = \frac12 \|V h_T - y\|^2")
    left = r"\frac{\partial L}{\partial W} = "
    true = left + r"\sum_{t=1}^T \frac{\partial L}{\partial z_t} h_{t-1}^\top"
    false = left + r"\frac{\partial L}{\partial z_T} h_{T-1}^\top"
    own = r"\frac{\partial L}{\partial V} = (V h_T - y) h_T^\top"
    assert words(*page, true, false, own, text="Gradients have the shape of what they are taken in.")[3:] == [
        "proved",
        "refuted",
        "proved",
    ]


class TestNamedFunctions:
    """A name such as log is that function; a page that takes it for another one is not read with it."""

    OWN = r"\frac{\partial p_t}{\partial o_t} = \mathrm{diag}(p_t) - p_t p_t^\top"

    @pytest.mark.parametrize(
        ("said", "logits", "softmax"),
        [
            ("", "proved", "proved"),
            (r"$\log$ is the natural logarithm.", "proved", "proved"),
            ("All logarithms are natural, to base $e$.", "proved", "proved"),
            (r"$\log$ denotes the logarithm to base 2.", "undecided", "proved"),
            ("The logarithms are to base $10$.", "undecided", "proved"),
            ("The loss is measured in bits.", "undecided", "proved"),
            ("Hier ist $\\log$ der Zweierlogarithmus.", "undecided", "proved"),
            (r"$\mathrm{softmax}$ is the normalised exponential.", "proved", "proved"),
            (r"The softmax has temperature $\theta$.", "undecided", "undecided"),
            ("We use a softmax without temperature.", "proved", "proved"),
        ],
    )
    def test_they_are_themselves_or_not_read(self, said: str, logits: str, softmax: str) -> None:
        text = f"The targets $y_t$ are one-hot. {said}"
        assert words(*ENTROPY, LOGITS, self.OWN, text=text)[-2:] == [logits, softmax]

    def test_a_name_that_stands_for_any_function_is_not_read(self) -> None:
        said = r"We write $\tanh$ for a generic squashing function, not necessarily the hyperbolic tangent."
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W"
        assert words(ENTROPY[0], claim, text=said) == ["unread", "undecided"]
        said = r"We write $\tanh$ for the hyperbolic tangent."
        assert words(ENTROPY[0], claim, text=said) == ["definition", "proved"]

    @pytest.mark.parametrize(
        ("said", "word"),
        [
            (r"$\frac{\partial E}{\partial W}$ is the gradient of the error.", "proved"),
            (r"$\frac{\partial E}{\partial W}$ denotes the sum of all contributions.", "proved"),
            (r"By $\frac{\partial E}{\partial W}$ we mean the gradient, a matrix.", "proved"),
            (r"We write $\frac{\partial E}{\partial W}$ for the direct contribution.", "unread"),
            (r"$\frac{\partial E}{\partial W}$ denotes the derivative $\frac{\partial E_T}{\partial W}$.", "unread"),
            (
                r"$\frac{\partial E}{\partial W}$ denotes the matrix with entries $\partial E / \partial W_{ij}$.",
                "proved",
            ),
            (r"By $\frac{\partial E}{\partial W}$ we mean the *clipped* gradient.", "unread"),
            (r"We write $\frac{\partial E}{\partial W}$ for the negative gradient.", "unread"),
            (r"$\frac{\partial E}{\partial W}$ denotes the gradient averaged over the batch.", "unread"),
        ],
    )
    def test_a_derivative_that_is_explained_otherwise_is_not_read(self, said: str, word: str) -> None:
        page = (r"z_t = W h_{t-1} + U x_t", r"h_t = \tanh(z_t)", r"E = \frac12 \|h_T - y\|^2")
        claim = r"\frac{\partial E}{\partial W} = \sum_{t=1}^T \frac{\partial E}{\partial z_t} h_{t-1}^\top"
        assert words(*page, claim, text=said)[-1] == word

    @pytest.mark.parametrize("sign", [r"\cdot", r"a \cdot b"])
    def test_a_dot_that_multiplies_entry_by_entry_is_not_the_product_of_matrices(self, sign: str) -> None:
        page = (r"h_t = f_t \cdot h_{t-1} + x_t", r"\frac{\partial h_t}{\partial h_{t-1}} = f_t")
        assert words(*page, text=f"Here ${sign}$ denotes the *elementwise* product.") == ["unread", "undecided"]
        assert words(*page, text=f"Here ${sign}$ denotes the product.") == ["definition", "proved"]

    def test_brackets_that_make_a_diagonal_matrix_are_not_read(self) -> None:
        page = (r"h_t = \phi(a_t)", r"a_t = W h_{t-1} + b", r"\frac{\partial h_t}{\partial h_{t-1}} = [\phi'(a_t)] W")
        assert words(*page, text=r"Here $[v]$ denotes the diagonal matrix of $v$.")[2:] == ["unread"]
        # As numbers it holds, and W may be a matrix.
        assert words(*page, text=r"Here $[v]_i$ denotes the $i$-th entry of $v$.")[2:] == ["undecided"]


@pytest.mark.parametrize("length", [r"|h_t - y_t|^2", r"\left| h_t - y_t \right|^{2}", r"\lvert h_t - y_t \rvert^2"])
def test_the_square_of_a_length_in_single_bars_is_that_of_a_vector_or_of_a_number(length: str) -> None:
    loss, true = rf"L = \sum_{{t=1}}^T {length}", r"\frac{\partial L}{\partial h_T} = 2 (h_T - y_T)"
    cell = r"h_t = \tanh(W h_{t-1} + U x_t)"
    assert words(cell, loss, true, true.replace("2", ""))[2:] == ["proved", "refuted"]
    of_numbers = r"\frac{d L}{d w} = \sum_{t=1}^T 2 (h_t - y_t) \frac{d h_t}{d w}"
    found = words(cell.replace("W", "w").replace("U", "u"), loss, of_numbers, of_numbers.replace("2", ""))
    assert found[2:] == ["proved", "refuted"]


def test_bars_around_a_matrix_and_a_bar_behind_a_derivative_are_no_length() -> None:
    held = r"\left. \frac{\partial h_t}{\partial W} \right|_{h_{t-1}} = \frac{\partial^+ h_t}{\partial W}"
    assert words(r"h_t = \tanh(W h_{t-1} + U x_t)", "J = |W|^2", held)[1:] == ["unread", "proved"]


ROWS = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"L = \sum_{t=1}^T \ell(h_t, y_t)")
ROW = r"\frac{\partial L}{\partial h_t^\top}"
STEP_OF_ROW = (
    ROW + r" = \left(\frac{\partial \ell(h_t, y_t)}{\partial h_t}\right)^\top"
    r" + \frac{\partial L}{\partial h_{t+1}^\top} \mathrm{diag}(1 - h_{t+1}^2) W \quad (t < T)"
)


@pytest.mark.parametrize("layout", ["Numerator layout.", "Gradients are columns."])
def test_a_loss_differentiated_in_a_transposed_state_is_a_row_on_every_page(layout: str) -> None:
    step = STEP_OF_ROW.replace(r"\left(", "").replace(r"\right)^\top", "") if "Num" in layout else STEP_OF_ROW
    false = step.replace(r"\mathrm{diag}(1 - h_{t+1}^2) W", r"W \mathrm{diag}(1 - h_{t+1}^2)")
    same = ROW + r" = \frac{\partial L}{\partial h_t}"
    found = rows(*ROWS, step, false, same, text=layout, question=Question())[2:]
    assert [row.word for row in found] == ["proved", "refuted", "proved" if "Num" in layout else "ill-typed"]
    # The mended equation has the sign that the page has.
    assert found[1].verdict is not None
    assert found[1].verdict.slip is not None
    assert r"\frac{\partial L}{\partial h_{t}^{\top}}" in fix_latex(found[1].verdict.slip.fixes[0])


class TestAFunctionOfANumber:
    PAGE = (
        r"h_t = \tanh(W h_{t-1} + U x_t)",
        r"z_t = v^\top h_t",
        r"L = -\sum_{t=1}^T \left( y_t \log \sigma(z_t) + (1 - y_t) \log (1 - \sigma(z_t)) \right)",
    )

    @pytest.mark.parametrize(
        ("true", "false"),
        [
            (
                r"\frac{\partial L}{\partial z_t} = \sigma(z_t) - y_t",
                r"\frac{\partial L}{\partial z_t} = y_t - \sigma(z_t)",
            ),
            (
                r"\frac{\partial L}{\partial v} = \sum_{t=1}^T (\sigma(z_t) - y_t) h_t",
                r"\frac{\partial L}{\partial v} = \sum_{t=1}^T (\sigma(z_t) - y_t) h_{t-1}",
            ),
            (
                r"\frac{d L}{d z_t} = \sigma'(z_t) (\frac{1 - y_t}{1 - \sigma(z_t)} - \frac{y_t}{\sigma(z_t)})",
                r"\frac{d L}{d z_t} = \sigma'(z_t) (\frac{1 - y_t}{1 - \sigma(z_t)} + \frac{y_t}{\sigma(z_t)})",
            ),
        ],
    )
    def test_the_logistic_loss_has_its_gradient_for_every_step(self, true: str, false: str) -> None:
        *_, right, wrong = rows(*self.PAGE, true, false, text=r"where $\sigma$ is the logistic function.")
        assert right.word == "proved"
        assert right.verdict is not None
        assert right.verdict.scope is not None
        assert (right.verdict.scope.sizes, right.verdict.scope.steps) == ("any", "all")
        assert wrong.word == "refuted"


class TestColumnsBesideEachOther:
    GRADIENTS = r"Write $g_t$ for $\partial J / \partial s_t$ and $e_t$ for $\partial J/\partial u_t$, both columns."

    @pytest.mark.parametrize("slope", [r"\sigma(u_t)(1 - \sigma(u_t))", r"(s_t * (1 - s_t))", r"s_t (1 - s_t)"])
    @pytest.mark.parametrize("first", [True, False])
    def test_tell_no_square_matrix(self, slope: str, first: bool) -> None:
        """The only hint that u_t has one column may stand before or behind."""
        gate = rf"e_t = g_t \circ {slope}"
        page = [
            r"u_t = A s_{t-1} + B x_t",
            r"s_t = \sigma(u_t)",
            r"q_t = C s_t",
            r"J = \frac1T \sum_{t=1}^T \frac12 \lVert q_t - y_t \rVert_2^2",
            r"g_T = \frac1T C^\top (q_T - y_T)",
            r"g_t = \frac1T C^\top (q_t - y_t) + A^\top e_{t+1} \quad t = T-1, \dots, 1",
        ]
        page.insert(0 if first else 6, gate)
        true, false = (
            rf"\frac{{\partial J}}{{\partial A}} = \sum_{{t=1}}^T {delta} s_{{t-1}}^\top" for delta in ("e_t", "g_t")
        )
        text = rf"{self.GRADIENTS} $\sigma$ is the logistic function."
        assert words(*page, true, false, text=text) == [*["definition"] * 7, "proved", "refuted"]

    def test_one_that_is_a_number_elsewhere_is_a_factor(self) -> None:
        page = (r"h_t = \alpha_t (1 - \alpha_t) \tanh(W h_{t-1} + U x_t)", r"\alpha_t = v^\top h_{t-1}")
        slope = r"\operatorname{diag}(1 - \tanh(W h_{t-1} + U x_t)^2)"
        true, false = (
            rf"\frac{{\partial h_t}}{{\partial x_t}} = {number} {slope} U"
            for number in (r"\alpha_t (1 - \alpha_t)", r"\alpha_t (1 + \alpha_t)")
        )
        assert words(*page, true, false) == ["definition", "definition", "proved", "refuted"]


class TestSignsThatASentenceExplains:
    """What a sentence says that a sign is, where that is not what it is here, leaves unread what has the sign."""

    PAGE = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"s_t = \sin(A h_t)", r"L = \sum_{t=1}^{T} \frac{1}{2} \|h_t - y_t\|^2")
    SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"
    SINE = r"\frac{\partial s_t}{\partial h_t} = \operatorname{diag}(\cos(A h_t)) A"
    FIRST = r"\frac{\partial^+ L}{\partial h_T} = h_T - y_T"

    def words(self, said: str) -> list[str]:
        """The verdicts on the claims of the page."""
        note = as_note(*self.PAGE, self.SLOPE, self.SINE, self.FIRST, text=said)
        return [word if word in ("proved", "definition") else "-" for word in words_of(note)][3:]

    @pytest.mark.parametrize(
        ("said", "left"),
        [
            ("The exponent 2 denotes the matrix power.", "--"),
            ("A square stands for the inner product of a column with itself.", "--"),
            ("By the norm we mean the sum of the absolute values.", "L"),
            (r"Here $\|u\| = \max_i |u_i|$.", "L"),
            (r"where $\|u\|$ is the largest entry.", "L"),
            ("Norms are weighted by $Q$.", "L"),
            ("Every sum is an average.", "L"),
            (r"where $\sum$ is the mean.", "L"),
            ("All sums leave out every other step.", "L"),
            ("Phases are measured in degrees.", "s"),
            ("Winkel werden in Grad gemessen.", "s"),
            ("A superscript plus means the pseudo-inverse.", "+"),
            ("diag(u) is the trace of u.", "hs"),
            (r"where $\operatorname{diag}(u)$ is the matrix with $u$ on its antidiagonal.", "hs"),
            (r"where $\tanh$ is a piecewise linear approximation of the hyperbolic tangent.", "h"),
            (r"The symbol $\sin$ rounds to the next integer.", "s"),
        ],
    )
    def test_what_has_a_sign_that_is_something_else_is_not_proved(self, said: str, left: str) -> None:
        slope, sine, first = self.words(said)
        assert {"h": slope, "s": sine, "+": first, "L": first, "-": slope}[left[0]] != "proved"

    @pytest.mark.parametrize(
        "said",
        [
            r"Here $\|a\|$ is the Euclidean norm.",
            r"Here $\|a\| = \sqrt{a^\top a}$.",
            r"where $\|a\|^2 = a^\top a$.",
            "The norm is the usual one.",
            "Squares are taken entry by entry.",
            "The sum runs over all steps.",
            "All sums run from the first step to the last.",
            r"$\operatorname{diag}(a)$ is the diagonal matrix with $a$ on its diagonal.",
            r"where $\sum$ is the sum over all steps.",
            "A superscript plus denotes the immediate derivative.",
            r"where $\sin$ is applied to each entry.",
            "The angle between two states is small.",
        ],
    )
    def test_what_says_what_it_is_here_leaves_it(self, said: str) -> None:
        assert self.words(said) == ["proved"] * 3
