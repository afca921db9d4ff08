"""What whole sentences say of letters and signs: what they take back is not proved; their near twins change nothing."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read
from symbptt.text.document import split_document
from tests.pages import UNEXPLAINED, as_note, words_of

CELL = (r"z_t = W h_{t-1} + U x_t", r"h_t = \tanh(z_t)")
BOX = (
    r"\frac{d h_t}{d W} = \sum_{k=1}^t \frac{\partial h_t}{\partial h_k} \frac{\partial^+ h_k}{\partial W}",
    r"\frac{d h_1}{d W} = \frac{\partial^+ h_1}{\partial W}",
)


def words(*displays: str, text: str) -> list[str]:
    """The verdicts on the claims among these displays."""
    return [word for word in words_of(as_note(*displays, text=text)) if word != "definition"]


class TestFirstStates:
    @pytest.mark.parametrize(
        "said",
        [
            "Here $h_0$ depends on $W$.",
            "The first state is produced from the input by the same weights $W$ and $U$.",
            "$h_0$ is a function of $W$.",
            "We do not assume that $h_0$ is constant: it may depend on $W$.",
            r"where $h_0$ is computed with $W$ from the context, so $d h_0 / d W \neq 0$.",
            r"Note that $\frac{d h_0}{d W} \ne 0$.",
            "Note that the initial hidden state is not a constant here.",
            "$h_0$ need not be constant.",
            "Starting from $h_0$, which is computed with $W$, we unroll.",
            "The initial state, $h_0$, is the output of a network with weights $W$.",
            "h_0 depends on W.",
            *(
                "Der Anfangszustand $h_0$ hängt von $W$ ab.",
                "wobei $h_0$ nicht konstant ist: $h_0$ ist nicht konstant.",
            ),
            *("L'état initial $h_0$ dépend de $W$.", "$h_0$ n'est pas constant."),
            *("El estado inicial $h_0$ depende de $W$.", "Начальное состояние $h_0$ зависит от $W$."),
            *("初始状态 $h_0$ 依赖于 $W$。", "$h_0$ 不是常数。", "初始状态由 $W$ 计算得到。"),
            *("初期状態 $h_0$ は $W$ に依存する。", "初期状態 $h_0$ は定数ではない。"),
        ],
    )
    def test_nothing_rests_on_a_first_state_that_is_said_to_be_no_constant(self, said: str) -> None:
        assert words(*CELL, *BOX, text=said) == ["undecided", "undecided"]

    @pytest.mark.parametrize(
        "said",
        [
            "$h_0$ is a constant.",
            "$h_0$ is given, and $h_t$ depends on $W$.",
            "$h_0$ does not depend on $W$.",
            "The initial state $h_0$ is independent of the weights.",
            "$h_0 = 0$.",
            "The first state $h_1$ depends on $W$ and $U$.",
            "The first hidden state is computed from $h_0$ and $x_1$.",
            "The gradient with respect to $h_0$ is computed by the same recursion.",
            "Unrolling down to $h_0$, the state depends on $W$ through each step.",
            "$h_0$ is drawn at random.",
            "Since the initial state $h_0$ is constant, $d h_0/dW = 0$.",
            *("Der Anfangszustand $h_0$ ist konstant.", "$h_0$ hängt nicht von $W$ ab."),
            *("$h_0$ ne dépend pas de $W$.", "$h_0$ no depende de $W$.", "$h_0$ не зависит от $W$."),
            *("$h_0$ 不依赖于 $W$。", "$h_0$ 是常数，$h_t$ 依赖于 $W$。", "$h_0$ は $W$ に依存しない。"),
        ],
    )
    def test_a_first_state_that_is_constant_stays_one(self, said: str) -> None:
        assert words(*CELL, *BOX, text=said) == ["proved", "proved"]

    def test_what_a_formula_says_of_a_first_state_goes_before_words(self) -> None:
        start = r"h_0 = \tanh(W c)"
        whole = BOX[0] + r" + \frac{\partial h_t}{\partial h_0} \frac{d h_0}{d W}"
        assert words(start, *CELL, BOX[0], whole, text="$h_0$ depends on $W$.") == ["refuted", "proved"]


class TestSigma:
    GATE = (r"s_t = \sigma(a_t)", r"a_t = A s_{t-1} + B u_t")
    OWN = r"\frac{\partial s_t}{\partial a_t} = \operatorname{diag}(s_t \odot (1 - s_t))"
    ANY = r"\frac{\partial s_t}{\partial a_t} = \operatorname{diag}(\sigma'(a_t))"

    @pytest.mark.parametrize(
        "said",
        [
            r"Here $\sigma$ is any differentiable function.",
            r"The nonlinearity $\sigma$ is arbitrary but smooth.",
            r"$\sigma$ stands for a generic activation with derivative $\sigma'$.",
            r"This holds for an arbitrary activation $\sigma$.",
            r"where $\sigma(\cdot)$ is any nonlinearity.",
            r"$\sigma$ and $\tau$ are arbitrary smooth functions.",
            "The activation function is arbitrary.",
            r"$\sigma$ is some differentiable nonlinearity.",
            r"$\sigma$ denotes a suitable activation.",
            r"Die Aktivierung $\sigma$ ist eine beliebige Funktion, nicht unbedingt die logistische.",
            r"La fonction $\sigma$ est une fonction dérivable quelconque.",
            r"$\sigma$ es una función cualquiera.",
            r"Здесь $\sigma$ — произвольная функция.",
            *(r"其中 $\sigma$ 是任意可微函数。", r"ここで $\sigma$ は任意の微分可能な関数である。"),
        ],
    )
    def test_sigma_that_is_said_to_be_any_function_is_not_the_logistic_one(self, said: str) -> None:
        assert words(*self.GATE, self.OWN, self.ANY, text=said) == ["refuted", "proved"]

    @pytest.mark.parametrize(
        "said",
        [
            r"As activation $\sigma$ we take the rectifier.",
            r"Here $\sigma$ is not the logistic function.",
            r"$\sigma$ denotes the error function.",
            r"$\sigma$ ist die Rampenfunktion, nicht die logistische.",
            r"$\sigma$ est une fonction échelon lissée.",
            r"其中 $\sigma$ 是一个多项式。",
        ],
    )
    def test_sigma_that_is_said_to_be_another_one_is_not_the_logistic_one(self, said: str) -> None:
        assert words(*self.GATE, self.OWN, self.ANY, text=said) == ["undecided", "proved"]

    @pytest.mark.parametrize(
        "said",
        [
            "",
            r"where $\sigma$ is an activation function.",
            r"with the activation $\sigma$ and an arbitrary loss $\ell$.",
            r"$\sigma$ acts on each entry of any vector.",
            r"For any step $t$ the gate uses $\sigma$.",
            r"where $\sigma$ is a nonlinear activation.",
            r"其中 $\sigma$ 是激活函数。",
        ],
    )
    def test_otherwise_it_may_be_the_logistic_one_by_custom(self, said: str) -> None:
        assert words(*self.GATE, self.OWN, self.ANY, text=said) == ["holds-as-read", "proved"]

    @pytest.mark.parametrize(
        "said",
        [
            r"$\sigma$ is the logistic function.",
            r"where $\sigma$ is the sigmoid and $\tau$ is arbitrary.",
            r"$\sigma$ ist die logistische Funktion.",
        ],
    )
    def test_and_it_is_that_where_words_say_so(self, said: str) -> None:
        assert words(*self.GATE, self.OWN, text=said) in (["proved"], ["holds-as-read"])


class TestPartials:
    CELL = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"L_t = \frac12 \| V h_t - y_t \|^2")
    SHAPED = " Gradients have the shape of their variable."
    DIRECT = r"\frac{\partial L_t}{\partial U} = \left( (1 - h_t^2) \odot V^\top (V h_t - y_t) \right) x_t^\top"

    @pytest.mark.parametrize(
        "said",
        [
            r"Every $\partial$ below is a total derivative: it goes through all earlier steps.",
            "All derivatives here are total.",
            r"We write $\partial$ for the total derivative.",
            r"Jede $\partial$ ist die vollständige Ableitung.",
        ],
    )
    def test_a_partial_that_is_said_to_be_total_is_not_read_as_immediate(self, said: str) -> None:
        assert words(*self.CELL, self.DIRECT, text=said + self.SHAPED) == ["refuted"]

    @pytest.mark.parametrize(
        "said",
        [
            r"Every $\partial$ below goes through all earlier steps.",
            r"$\partial$ is not the immediate derivative.",
            "All derivatives go through the whole past.",
            r"We take $\partial$ through the gates as well as through the carry.",
            "Alle Ableitungen gehen durch alle früheren Schritte.",
            "Toutes les dérivées passent par tous les pas.",
            "所有导数都经过所有之前的时间步。",
        ],
    )
    def test_where_what_is_said_of_it_is_not_understood_no_claim_with_it_is_accepted(self, said: str) -> None:
        assert words(*self.CELL, self.DIRECT, text=said + self.SHAPED) == ["undecided"]

    @pytest.mark.parametrize(
        "said",
        [
            "",
            r"Here $\partial$ denotes the partial derivative.",
            r"Here $\partial^+$ is the immediate derivative.",
            r"We distinguish the total derivative $d$ from the immediate $\partial$.",
            r"$\partial$ bezeichnet die unmittelbare Ableitung.",
            "All derivatives are computed by backpropagation through time.",
            "Every derivative is a column.",
            r"The total derivative $d$ and the partial derivative $\partial$ differ.",
        ],
    )
    def test_otherwise_a_partial_may_be_immediate(self, said: str) -> None:
        assert words(*self.CELL, self.DIRECT, text=said + self.SHAPED) == ["proved"]


class TestTies:
    PAGE = (r"h_t = \phi(W h_{t-1} + U x_t)", r"o_t = V h_t")
    SLOPE = r"\frac{\partial^+ h_t}{\partial W} = h_{t-1}^\top \otimes \operatorname{diag}(\phi'(W h_{t-1} + U x_t))"
    OTHER = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(W h_{t-1} + U x_t)) W^\top"

    @pytest.mark.parametrize(
        "said",
        [
            "The matrices $U$ and $W$ are one and the same.",
            "Weights are shared: $U$ equals $W$.",
            "$W$ is the transpose of $U$.",
            "We use the same matrix for $U$ and $W$.",
            "$U$ ist dieselbe Matrix wie $W$.",
            "$U$ et $W$ sont égales.",
            "$U$ y $W$ son iguales.",
            "Матрицы $U$ и $W$ совпадают.",
            *("$U$ 与 $W$ 相同。", "$U$ と $W$ は同じ行列である。"),
            "The inputs are produced by another network whose weights include $W$.",
            "Die Eingaben werden mit $W$ erzeugt.",
            "输入由 $W$ 生成。",
            r"The activation $\phi$ has parameters that are computed from $W$.",
            r"$\phi$ depends on $W$ too.",
            r"$\phi$ hängt von $W$ ab.",
        ],
    )
    def test_letters_that_are_said_to_hang_together_are_not_proved_of_as_independent_ones(self, said: str) -> None:
        assert words(*self.PAGE, self.SLOPE, text=said) == ["undecided"]

    @pytest.mark.parametrize(
        "said",
        [
            "The weights $W$ and $U$ are the same at every step.",
            "$W$ and $U$ are shared across time.",
            "$W$ and $U$ have the same shape.",
            "权重 $W$ 和 $U$ 在各时间步共享。",
            "The input $x_t$ is multiplied by $U$.",
            "The inputs do not depend on $W$.",
            "The gradient in the inputs is computed with $W$.",
            r"$\phi$ is an activation and $W$ a weight.",
            r"$\phi$ depends on $W$ only through its argument.",
            "Here $W$ is a weight.",
        ],
    )
    def test_letters_of_which_that_is_not_said_are_independent(self, said: str) -> None:
        assert words(*self.PAGE, self.SLOPE, self.OTHER, text=said) == ["proved", "refuted"]

    @pytest.mark.parametrize(
        "said",
        [
            r"Suppose $W = W^\top$.",
            "With $W$ orthogonal, and only then, this holds.",
            "Mit $W$ symmetrisch gilt dies.",
            "La matrice $W$ est symétrique.",
            "矩阵 $W$ 是对称的。",
            "We treat $h_{t-1}$ as a constant in all that follows.",
            "Wir behandeln $h_{t-1}$ als Konstante.",
            "我们将 $h_{t-1}$ 视为常数。",
        ],
    )
    def test_what_is_false_may_be_true_with_a_property_that_words_give(self, said: str) -> None:
        assert words(*self.PAGE, self.SLOPE, self.OTHER, text=said) == ["proved", "undecided"]

    @pytest.mark.parametrize(
        "said", ["For general $W$ this holds.", r"The immediate derivative treats $h_{t-1}$ as a constant."]
    )
    def test_words_that_give_none_leave_it_false(self, said: str) -> None:
        assert words(*self.PAGE, self.SLOPE, self.OTHER, text=said) == ["proved", "refuted"]

    def test_a_function_that_shows_its_parameters_is_read(self) -> None:
        cell, said = r"h_t = f(h_{t-1}, x_t; \psi)", r"The map $f$ has parameters $\psi$%s."
        step = (
            r"\frac{d h_t}{d \psi} = \frac{\partial f(h_{t-1}, x_t; \psi)}{\partial \psi}"
            r" + \frac{\partial f(h_{t-1}, x_t; \psi)}{\partial h_{t-1}} \frac{d h_{t-1}}{d \psi}"
        )
        assert words(cell, step, text=said % "") == ["proved"]
        assert words(cell, step, text=said % " and $V$") == ["undecided"]


class TestSigns:
    VEC = r"\frac{\partial^+ z_t}{\partial W} = h_{t-1}^\top \otimes I"
    SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W"
    PRODUCT = (
        r"\frac{d h_t}{d W} = \sum_{k=1}^t \left( \prod_{j=k+1}^t \frac{\partial h_j}{\partial h_{j-1}} \right)"
        r" \frac{\partial^+ h_k}{\partial W}"
    )
    PRIMED = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\tanh'(z_t)) W"
    TIMES = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) \cdot W"
    STARRED = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t * h_t) W"

    @pytest.mark.parametrize(
        ("said", "claim"),
        [
            ("vec stacks the rows of a matrix one behind the other.", VEC),
            (r"We use $\mathrm{vec}$ in row-major order.", VEC),
            *(("vec stapelt die Zeilen.", VEC), ("vec 按行展开。", VEC)),
            ("An empty product is zero on this page.", PRODUCT),
            ("An empty product is not the identity.", PRODUCT),
            *(("Ein leeres Produkt ist null.", PRODUCT), ("空乘积为零。", PRODUCT), ("An empty sum is one.", PRODUCT)),
            (r"The prime does not denote a derivative: $\tanh'$ is another function.", PRIMED),
            *(("Primes mark the next layer.", PRIMED), ("Der Strich bedeutet nicht die Ableitung.", PRIMED)),
            *(("$h_t^2$ means the state of layer two, not a square.", SLOPE), ("$h_t^2$ ist kein Quadrat.", SLOPE)),
            (r"The dot $\cdot$ multiplies entry by entry.", TIMES),
            ("Der Punkt ist das elementweise Produkt.", TIMES),
            *(("The star is not an element-wise product.", STARRED), ("Here $*$ is a convolution.", STARRED)),
            *((r"$a * b$ is the matrix product.", STARRED), ("Der Stern ist das Matrixprodukt.", STARRED)),
        ],
    )
    def test_a_claim_with_a_sign_that_words_give_another_meaning_is_not_read(self, said: str, claim: str) -> None:
        assert words(*CELL, claim, text=said) == ["unread"]

    @pytest.mark.parametrize(
        ("said", "claim"),
        [
            *(("vec stacks the columns.", VEC), ("vec is column-major, not row-major.", VEC)),
            ("An empty product is the identity, an empty sum is zero.", PRODUCT),
            (r"The prime denotes the derivative: $\tanh'$ is the derivative of $\tanh$.", PRIMED),
            (r"$h_t^2$ is the square of each entry.", SLOPE),
            (r"$W^\top$ is a transpose, not a power.", SLOPE),
            *((r"The dot $\cdot$ is the matrix product.", TIMES), (r"$\odot$ multiplies entry by entry.", TIMES)),
            *(("The star is the entrywise product.", STARRED), ("A star is no convolution here.", STARRED)),
            *(("We note that a matrix product is not commutative.", STARRED), ("No sign is needed.", STARRED)),
        ],
    )
    def test_a_sign_that_means_what_it_means_here_is_read(self, said: str, claim: str) -> None:
        assert words(*CELL, claim, text=said) == ["proved"]


class TestTargets:
    PAGE = (
        r"h_t = \tanh(W h_{t-1} + U x_t)",
        r"o_t = V h_t",
        r"p_t = \operatorname{softmax}(o_t)",
        r"\ell_t = -y_t^\top \log p_t",
    )
    SUMMING = r"\nabla_{o_t} \ell_t = p_t - y_t"

    @pytest.mark.parametrize(
        "said",
        [
            r"Several labels may be on at once, so $y_t$ may have any number of ones.",
            "The targets are multi-hot.",
            "$y_t$ is not necessarily one-hot.",
            "Mehrere Klassen können zugleich zutreffen.",
            "Les cibles ont plusieurs classes.",
            "这是多标签分类。",
        ],
    )
    def test_targets_that_are_said_to_have_several_ones_do_not_sum_to_one(self, said: str) -> None:
        assert words(*self.PAGE, self.SUMMING, text=said)[0] in ("refuted", "undecided")

    @pytest.mark.parametrize("said", ["", "There are several classes.", "This is not a multi-label problem."])
    def test_otherwise_they_may_sum_to_one_by_custom(self, said: str) -> None:
        assert words(*self.PAGE, self.SUMMING, text=said) == ["holds-as-read"]


@pytest.mark.parametrize(
    "said",
    [
        *(r"where $g \in \mathbb{R}$.", "With a gain $g$ (a number) inside.", "where $g > 0$.", "with $0 < g < 1$."),
        *("$g$ is a hyperparameter.", "Hier ist $g \\in \\mathbb R_+$.", "其中超参数 $g$ 固定。", "où $g ∈ ℝ$."),
    ],
)
def test_a_letter_that_takes_its_values_from_the_numbers_is_one(said: str) -> None:
    cell = (r"a_t = g W h_{t-1} + U x_t", r"h_t = \tanh(a_t)")
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = %s\operatorname{diag}(1 - h_t^2) W"
    assert words(*cell, claim % r"g\, ", claim % "", text=said) == ["proved", "refuted"]


@pytest.mark.parametrize("said", ["", r"where $g \in \mathbb{R}^{n \times n}$.", "$g$ is not a hyperparameter."])
def test_one_that_does_not_is_none(said: str) -> None:
    cell = (r"a_t = g W h_{t-1} + U x_t", r"h_t = \tanh(a_t)")
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = g\, \operatorname{diag}(1 - h_t^2) W"
    assert words(*cell, claim, text=said) != ["proved"]


def test_what_a_comment_of_latex_says_is_no_word_of_the_page() -> None:
    page = "\\[ h_t = \\phi(W h_{t-1}) \\]\n%s\n\\[ \\frac{\\partial h_t}{\\partial W} = %s \\]\n"
    own, said = r"h_{t-1}^\top \otimes \operatorname{diag}(\phi'(W h_{t-1}))", "Every \u2202 is a total derivative."
    found = {}
    for words in (said, f"% {said}"):
        (*_, row) = judge_note(read(split_document(page % (words, own), "page.tex")), question=UNEXPLAINED)
        found[words] = row.word
    assert found == {said: "refuted", f"% {said}": "proved"}
