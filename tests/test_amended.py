"""What a note takes back, replaces or leaves unread further on is not what its claims are proved of."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read
from symbptt.text.document import split_document
from tests.pages import words_of

CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
JACOBIAN = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"
STEP = (
    r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
    r" + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}"
)
BOX = (
    r"\frac{d h_t}{d W} = \sum_{k=1}^t"
    r" \left(\prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}}\right) \frac{\partial^+ h_k}{\partial W}"
)


def words(*parts: str, text: str = "") -> list[str]:
    """The words of the displays of a note; a part behind ¶ is prose."""
    written = (part[1:] if part.startswith("¶") else f"$$\n{part}\n$$" for part in parts)
    return words_of(read(split_document("\n\n".join([*written, text]), "note.md")))


class TestSuperseded:
    @pytest.mark.parametrize(
        "said",
        [
            r"From now on the state is $h_t = W \tanh(h_{t-1}) + U x_t$ instead.",
            r"Let now $W$ in the recurrence above be replaced by its transpose $W^\top$. Then",
            r"In what follows we use ReLU instead of $\tanh$.",
            r"We now add a skip connection.",
            r"We now let $W$ be the transpose of what it was.",
            r"In (1), read $U$ for $W$.",
            r"Below, $W$ stands for its transpose.",
            r"Correction to (1): there is a factor 2.",
            r"Here $W$ and $U$ have swapped roles.",
            r"From here on we leave out the factor in (1).",
            r"where $h_{t-1}$ is detached from the graph at every step.",
            r"We stop the gradient at $h_{t-1}$.",
            r"Here no gradient flows through $h_{t-2}$.",
            r"Im Folgenden ist $h_t = W \tanh(h_{t-1})$.",
            r"Dans la suite, $W$ est remplacée par sa transposée.",
            r"Note that the inputs are produced by the network itself and so depend on $h_{t-1}$.",
        ],
    )
    def test_what_is_changed_further_on_is_not_what_stood_before(self, said: str) -> None:
        assert words(CELL, f"¶{said}", JACOBIAN)[-1] == "undecided"
        # Said behind the claim, as a new sentence, it takes nothing back of it.
        if said[:1].isupper() and "inputs" not in said:
            assert words(CELL, JACOBIAN, f"¶{said}")[1] == "proved"

    @pytest.mark.parametrize(
        "said",
        [
            r"Inserting the definition of $h_{t-1}$ in place of it, we find",
            r"With $U$ replaced by $W$ the same is true. It follows that",
            r"From now on let $\delta_t = \partial L / \partial h_t$.",
            r"We read off $W$ for $t = 1$.",
            r"Here $W$ stands for the recurrent weights.",
            r"The sum drops the first term where it is zero.",
            r"In what follows we look at one step.",
            r"The inputs are given, and $h_{t-1}$ depends on them.",
            r"The immediate partial is taken with $h_{t-1}$ held fixed.",
        ],
    )
    def test_what_is_done_in_a_derivation_changes_nothing(self, said: str) -> None:
        assert words(CELL, f"¶{said}", JACOBIAN)[-1] == "proved"

    def test_letters_that_are_not_named_stay_what_they_are(self) -> None:
        other, claim = (
            r"s_t = \phi(A s_{t-1})",
            r"\frac{\partial s_t}{\partial s_{t-1}} = \operatorname{diag}(\phi'(A s_{t-1})) A",
        )
        said = r"¶From now on $W$ is replaced by $W^\top$."
        assert words(CELL, other, said, JACOBIAN, claim)[2:] == ["undecided", "proved"]


class TestDenied:
    @pytest.mark.parametrize(
        ("before", "behind"),
        [
            ("Seria errado escrever", ""),
            ("Engana-se quem escreve", ""),
            ("È sbagliato scrivere", ""),
            ("On se gardera d'écrire", ""),
            ("常见的误解是", ""),
            ("Nuestro colega se equivoca al escribir", ""),
            ("Many authors believe that", ""),
            ("Students have been getting this one backwards:", ""),
            ("", "This, however, is far from the truth."),
            ("", "They are mistaken."),
            ("", "The line above contains a typo."),
            ("", "The above is nonsense."),
            ("The following is valid at the first step, and only there:", ""),
            ("Ignoring the path through $h_{t-2}$,", ""),
        ],
    )
    def test_a_true_claim_that_words_take_back_is_not_read(self, before: str, behind: str) -> None:
        assert words(CELL, f"¶{before}\n$$\n{JACOBIAN}\n$$\n{behind}")[-1] == "unread"

    @pytest.mark.parametrize(
        ("before", "behind"),
        [
            ("Então temos", ""),
            ("Quindi", ""),
            ("They write", ""),
            ("", "This, however, is easy to see."),
            ("Ignoring biases,", ""),
        ],
    )
    def test_words_that_take_nothing_back_are_gone_by(self, before: str, behind: str) -> None:
        assert words(CELL, f"¶{before}\n$$\n{JACOBIAN}\n$$\n{behind}")[-1] == "proved"


class TestOneSizing:
    @pytest.mark.parametrize(
        ("claim", "word"),
        [
            (r"\operatorname{diag}(1 - h_t^2) (M - \gamma I)", "proved"),
            (r"\operatorname{diag}(1 - h_t^2) (M^\top - \gamma I)", "refuted"),
            (r"(M - \gamma I) \operatorname{diag}(1 - h_t^2)", "refuted"),
        ],
    )
    @pytest.mark.parametrize("number", [r"\gamma", r"c", r"\frac{1}{\tau}", r"(1 - \alpha)", r"\alpha \beta"])
    def test_a_number_times_the_identity_makes_no_number_of_the_matrix_beside_it(
        self, claim: str, word: str, number: str
    ) -> None:
        cell = rf"h_t = \tanh((M - {number} I) h_{{t-1}} + U x_t)"
        left = r"\frac{\partial h_t}{\partial h_{t-1}} = "
        assert words(cell, left + claim.replace(r"\gamma", number))[1] == word

    def test_a_capital_letter_that_composes_as_a_number_alone_is_asked_about(self) -> None:
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) (M - \gamma)"
        cell = r"h_t = \tanh((M - \gamma) h_{t-1} + U x_t)"
        assert words(cell, claim)[1] == "undecided"
        assert words(cell, claim, text="Here $M$ is a number.")[1] == "proved"
        assert words(cell.replace("M", "m"), claim.replace("M", "m"))[1] == "proved"

    def test_where_one_order_of_two_matrices_composes_the_other_is_no_claim_about_numbers(self) -> None:
        cell, left = r"s_t = A s_{t-1} + B u_t", r"\frac{d s_{t+1}}{d u_t} = "
        assert words(cell, f"{left} A B", f"{left} B A")[1:] == ["proved", "ill-typed"]
        assert words(cell, f"{left} B A")[1:] == ["undecided"]
        assert words(cell, f"{left} B A", text="All quantities are scalars.")[1:] == ["proved"]
        small = r"s_t = a s_{t-1} + b u_t"
        assert words(small, f"{left} b a")[1:] == ["proved"]


class TestNotOpen:
    def test_an_entry_of_what_is_not_read_is_no_data(self) -> None:
        page = (CELL, r"a_t = v^\top h_t", r"p = \operatorname{softmax}(a)", r"c = \sum_{t=1}^T p_t h_t")
        claim = r"\frac{d c}{d h_T} = p_T I"
        assert words(*page, claim)[2:] == ["unread", "unread", "undecided"]
        assert words(*page[:2], page[3], claim)[2:] == ["definition", "proved"]

    @pytest.mark.parametrize(
        "said",
        [
            r"The state is not treated as a constant: $h_0 = \tanh(W c)$.",
            r"The initial state is not learned separately: $h_0 = \tanh(W c)$.",
            r"The initial state is not learned, $h_0 = W c$.",
        ],
    )
    def test_a_first_state_in_a_sentence_with_not_is_no_constant(self, said: str) -> None:
        assert words(CELL, f"¶{said}", BOX)[-1] == "undecided"
        assert words(CELL, BOX)[-1] == "proved"


def test_a_partial_that_is_immediate_and_never_total_is_that() -> None:
    said = r"¶Here $\partial$ always denotes the immediate derivative and never the total one."
    plain = STEP.replace("^+", "").replace("d h", r"\partial h").replace("d W", r"\partial W")
    assert words(said, CELL, plain)[-1] == "refuted"
    assert words(CELL, plain)[-1] == "holds-as-read"


def test_the_last_step_behind_an_equation_is_a_condition() -> None:
    loss = r"L = \sum_{t=1}^T \ell_t(h_t)"
    claim = r"\frac{\partial L}{\partial h_t} = \frac{\partial \ell_t}{\partial h_t}"
    assert words(CELL, loss, rf"{claim}, \quad t = T", rf"{claim}, \quad t < T")[2:] == ["proved", "refuted"]


class TestStatedLayouts:
    TURNED = r"\frac{\partial h_t}{\partial h_{t-1}} = W^\top \operatorname{diag}(1 - h_t^2)"

    @pytest.mark.parametrize(
        "said",
        [
            "Jacobians are written with inputs down the rows and outputs across the columns.",
            r"For $f: \mathbb{R}^n \to \mathbb{R}^m$ the derivative $\partial f/\partial x$ is an $n \times m$ matrix.",
            "Nous utilisons la convention du dénominateur.",
            "本文采用分母布局。",
            "Wir verwenden das Nenner-Layout.",
            "Jacobians are transposed.",
            r"We write $\left(\frac{\partial a}{\partial b}\right)_{ij} = \frac{\partial a_j}{\partial b_i}$.",
        ],
    )
    def test_a_row_for_each_input_binds(self, said: str) -> None:
        assert words(f"¶{said}", CELL, JACOBIAN, self.TURNED)[1:] == ["refuted", "proved"]

    @pytest.mark.parametrize(
        "said",
        [
            "Jacobians are written with outputs down the rows and inputs across the columns.",
            r"For $f: \mathbb{R}^n \to \mathbb{R}^m$ the derivative $\partial f/\partial x$ is an $m \times n$ matrix.",
            "Nous utilisons la convention du numérateur.",
            "本文采用分子布局。",
            "Wir verwenden das Zähler-Layout.",
            r"We write $\left(\frac{\partial a}{\partial b}\right)_{ij} = \frac{\partial a_i}{\partial b_j}$.",
        ],
    )
    def test_a_row_for_each_output_binds(self, said: str) -> None:
        assert words(f"¶{said}", CELL, JACOBIAN, self.TURNED)[1:] == ["proved", "refuted"]


class TestStruckOut:
    @pytest.mark.parametrize(("opened", "shut"), [("~~", "~~"), ("<del>\n\n", "\n\n</del>"), ("<s>", "</s>")])
    def test_a_display_that_is_crossed_out_says_nothing(self, opened: str, shut: str) -> None:
        linear = "h_t = W h_{t-1} + U x_t"
        assert words(f"¶{opened}$$\n{linear}\n$${shut}", CELL, JACOBIAN) == ["aside", "definition", "proved"]
        assert words(f"¶$$\n{linear}\n$$", CELL, JACOBIAN) == ["definition", "refuted", "refuted"]

    def test_in_latex_it_is_what_is_in_the_braces(self) -> None:
        text = rf"\sout{{The state is \[{CELL.replace('tanh', 'sin')}\]}} It is \[{CELL}\] and so \[{JACOBIAN}\]"
        assert words_of(read(split_document(text, "note.tex"))) == ["aside", "definition", "proved"]

    def test_two_ties_in_a_formula_cross_out_nothing(self) -> None:
        assert words(f"{CELL},~~t \\ge 1", f"{JACOBIAN}~~") == ["definition", "proved"]
        assert words(f"¶$$\n{CELL},~~t \\ge 1\n$$\n$$\n{JACOBIAN} W\n$$\n$${CELL}~~$$")[1] == "refuted"


class TestFormulasThatGoOn:
    @pytest.mark.parametrize(
        ("before", "behind"),
        [
            ("Three times", ""),
            ("It follows that minus", ""),
            ("The negative of the Jacobian is", ""),
            ("Up to an irrelevant factor,", ""),
            ("Proportional to the step size,", ""),
            ("Zweimal", ""),
            ("", "plus a term of the bias."),
            ("", "times the learning rate."),
            ("", "multiplié par une constante."),
        ],
    )
    def test_words_of_arithmetic_at_a_display_belong_to_its_formula(self, before: str, behind: str) -> None:
        assert words(CELL, f"¶{before}", JACOBIAN, f"¶{behind}") == ["definition", "unread"]

    @pytest.mark.parametrize(
        ("before", "behind"),
        [
            ("We take the negative gradient in the end. First,", ""),
            ("The number of times is left open:", ""),
            ("Up to the last step,", ""),
            ("", "This is two times faster."),
            ("", "Por tanto, ya está."),
            ("", "mais on continue."),
        ],
    )
    def test_other_words_leave_it_as_it_is(self, before: str, behind: str) -> None:
        assert words(CELL, f"¶{before}", JACOBIAN, f"¶{behind}")[-1] == "proved"

    @pytest.mark.parametrize("more", [r"+ \lambda W", r"{} - W", r"\cdot 2", r"\quad \times 3"])
    def test_a_display_that_begins_with_an_operator_goes_on_with_the_one_before(self, more: str) -> None:
        assert words(CELL, JACOBIAN, more)[:2] == ["definition", "unread"]
        assert words(CELL, f"{JACOBIAN}.", more)[:2] == ["definition", "proved"]

    def test_a_display_with_an_equation_of_its_own_does_not(self) -> None:
        assert words(CELL, JACOBIAN, f"-{JACOBIAN.replace('= ', '= -')}") == ["definition", "proved", "proved"]
