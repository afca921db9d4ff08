"""The door through which a note comes: what it says is read, counted, or said not to be; with near twins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.grammar import walk_marks
from symbptt.reader.letters import survey
from symbptt.reader.note import read
from symbptt.reader.results import Note
from symbptt.reader.roles import find_roles
from symbptt.reader.sizing import UnshapedDefinition, infer
from symbptt.text.document import split_document
from tests.pages import words_of

CELL = r"h_t = \phi(W h_{t-1} + U x_t)"
ONE_STEP = (
    r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
    r" + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}"
)
DIRECT = r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
SLOPE = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(W h_{t-1} + U x_t)) W"
TURNED = SLOPE + r"^\top"
LINEAR = r"\frac{\partial h_t}{\partial h_{t-1}} = W"
TWO_BACK = r"\phi(W h_{t-1} + V h_{t-2})"


def note(*parts: str) -> Note:
    """A note of these parts: formulas are displayed, and what holds a dollar or begins with ¶ is text."""
    shown = (part.removeprefix("¶") if "$" in part or part.startswith("¶") else f"$$\n{part}\n$$" for part in parts)
    return read(split_document("\n\n".join(shown), "note.md"))


def words(*parts: str) -> list[str]:
    return words_of(note(*parts))


class TestConditions:
    @pytest.mark.parametrize(
        ("claim", "word"),
        [
            (rf"{DIRECT} \quad (t = 1)", "proved"),
            (rf"{DIRECT} \quad (t = 2)", "refuted"),
            (rf"{DIRECT} \quad [t = 1]", "proved"),
            (rf"{ONE_STEP} \quad (t \ge 2)", "proved"),
            (rf"{ONE_STEP} \quad \text{{is false}}", "unread"),
            (rf"{ONE_STEP} \quad \text{{holds for all }} t", "proved"),
            (rf"{ONE_STEP} \quad \text{{in the linear case}}", "unread"),
            (rf"{ONE_STEP} \quad \text{{unless }} t = 1", "unread"),
            (rf"{ONE_STEP} \quad \text{{by the chain rule}}", "proved"),
            (r"\frac{d h_t}{d U} = 0 \quad \text{or} \quad " + ONE_STEP, "unread"),
            (rf"\text{{not }} {ONE_STEP}", "unread"),
            (r"\frac{\partial h_t}{\partial h_1} = \prod_{j=2}^{t} \frac{\partial h_j}{\partial h_{j-1}}", "proved"),
            (
                r"\frac{\partial h_t}{\partial h_1} = \prod_{j=2}^{t} \frac{\partial h_j}{\partial h_{j-1}}, "
                r"\quad t \ge 0",
                "not-stated",
            ),
            (
                r"\frac{\partial h_t}{\partial h_i} = \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} "
                r"\quad (i > t)",
                "unread",
            ),
            (
                r"\frac{\partial h_t}{\partial h_i} = \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} "
                r"\quad (i < t)",
                "proved",
            ),
            (r"\frac{d h_t}{d U} = 0, \quad \text{where } x_t = 0", "undecided"),
        ],
    )
    def test_what_stands_behind_a_claim_is_taken_into_account_or_the_row_is_not_read(
        self, claim: str, word: str
    ) -> None:
        assert words(CELL, claim) == ["definition", word]

    @pytest.mark.parametrize(
        ("before", "claim", "after", "word"),
        [
            ("¶For $t = 1$ we have", DIRECT, "¶", "proved"),
            ("¶For $t = 2$ we have", DIRECT, "¶", "refuted"),
            ("¶It is not true that", ONE_STEP, "¶", "unread"),
            ("¶As h does not depend on time itself, we get", ONE_STEP, "¶", "proved"),
            ("¶When we differentiate, we get", ONE_STEP, "¶", "proved"),
            ("¶When the network is linear, we get", ONE_STEP, "¶", "unread"),
            ("¶If $x_t = 0$, then", ONE_STEP, "¶", "unread"),
            ("¶", ONE_STEP, "¶This is false.", "unread"),
            ("¶", ONE_STEP, "¶This is the one-step relation.", "proved"),
            ("¶", ONE_STEP, "¶only if $x_t = 0$.", "unread"),
        ],
    )
    def test_the_sentence_around_a_claim_counts_too(self, before: str, claim: str, after: str, word: str) -> None:
        assert words(f"¶$$\n{CELL}\n$$\nis the state.", before, claim, after) == ["definition", word]

    def test_a_definition_under_a_condition_that_is_not_read_defines_nothing(self) -> None:
        limited = rf"{CELL.replace(' + U x_t', '')} \quad \text{{if }} x_t = 0"
        assert words(CELL, limited, r"\frac{d h_t}{d U} = 0") == ["definition", "unread", "refuted"]
        assert words(limited, ONE_STEP) == ["unread", "undecided"]
        assert words(rf"{CELL}, \quad t = 1, \dots, T", ONE_STEP) == ["definition", "proved"]


class TestInlineFormulas:
    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("where the state is $h_t = W h_{t-1}$.", "proved"),
            ("Let $h_t = W h_{t-1}$ be the state.", "proved"),
            ("From $h_t = W h_{t-1}$ this follows.", "undecided"),
            ("A common mistake is to write $h_t = W h_{t-1}$.", "undecided"),
            ("where $h_t = W h_{t-1}$ if $x_t = 0$.", "undecided"),
            ("If the input is zero, the state is $h_t = W h_{t-1}$.", "undecided"),
            ("The state is $h_t = W h_{t-1}$ or $h_t = 2 W h_{t-1}$.", "undecided"),
            ("We do not assume that $h_t = W h_{t-1}$.", "undecided"),
            ("## The state $h_t = W h_{t-1}$", "undecided"),
            ("| the state is $h_t = W h_{t-1}$ | linear |", "undecided"),
        ],
    )
    def test_one_defines_a_letter_only_where_words_introduce_it_and_nothing_denies_or_limits_it(
        self, text: str, word: str
    ) -> None:
        assert words(text, LINEAR) == [word]
        (said,) = [said for said in note(text, LINEAR).assumed if said.startswith("line 1: ")][:1]
        assert said.endswith("is taken from the text") == (word == "proved")

    def test_one_defines_no_letter_that_a_display_defines(self) -> None:
        for text in ("Let $h_t = W h_{t-1}$.", "The loss vanishes when $h_t = W h_{t-1}$."):
            assert words(CELL, LINEAR, text) == ["definition", "refuted"]
        assert any("(L2) says what h is" in said for said in note(CELL, LINEAR, "Let $h_t = W h_{t-1}$.").assumed)

    def test_a_hypothesis_on_data_is_no_definition(self) -> None:
        loss, flat = r"l_t = (h_t - y_t)^\top (h_t - y_t)", r"\frac{\partial l_t}{\partial h_t} = 0"
        true = r"\frac{\partial l_t}{\partial h_t} = 2 (h_t - y_t)^\top"
        assert words(CELL, loss, flat, true, "The loss vanishes when $y_t = h_t$.")[2:] == ["refuted", "proved"]

    def test_a_first_state_that_the_text_does_not_assume_is_not_assumed(self) -> None:
        assert words("We assume that $h_0 = 0$.", r"h_t = W h_{t-1}", "h_1 = 0") == ["definition", "proved"]
        assert words("We do not assume that $h_0 = 0$.", r"h_t = W h_{t-1}", "h_1 = 0") == ["definition", "refuted"]


class TestDefinitionsThatAreNotRead:
    @pytest.mark.parametrize(
        "said",
        [
            rf"The state is updated by $h_t \gets {TWO_BACK}$.",
            rf"h_t \leftarrow {TWO_BACK}",
            r"\phi^{-1}(h_t) = W h_{t-1} + V h_{t-2}",
            "The new state $h_t$ is obtained by applying tanh to the sum of $W h_{t-1}$ and $V h_{t-2}$.",
            "¶The state is computed from the two states before it.",
        ],
    )
    def test_nothing_is_assumed_in_their_place(self, said: str) -> None:
        assert words(said, ONE_STEP)[-1] == "undecided"

    def test_a_letter_that_is_only_named_is_still_open(self) -> None:
        assert words("Here $h_t$ is the hidden state, and $x_t$ is the input.", ONE_STEP) == ["proved"]


class TestSettings:
    @pytest.mark.parametrize(
        ("setting", "claim", "word"),
        [
            (r"Let $\phi = \tanh$.", SLOPE.replace(r"\phi'(W h_{t-1} + U x_t)", r"1 - h_t \odot h_t"), "proved"),
            (r"Let $\phi = \tanh$.", SLOPE.replace(r"\phi'(W h_{t-1} + U x_t)", r"h_t \odot (1 - h_t)"), "refuted"),
            (
                r"With $\phi(a) = \frac{1}{1 + e^{-a}}$,",
                SLOPE.replace(r"\phi'(W h_{t-1} + U x_t)", r"h_t \odot (1 - h_t)"),
                "proved",
            ),
            (r"Let $\phi(a) = \operatorname{softmax}(a)$.", SLOPE, "undecided"),
            (r"Let $\phi(a) = a + a^2$.", SLOPE, "proved"),
            (r"Let $\phi(a) = a + a^2$.", TURNED, "undecided"),
            ("Let $W$ be symmetric.", TURNED, "undecided"),
            ("Let $W$ be a weight.", TURNED, "refuted"),
        ],
    )
    def test_a_setting_binds_or_leaves_open_what_depends_on_it(self, setting: str, claim: str, word: str) -> None:
        assert words(setting, CELL, claim) == ["definition", word]

    @pytest.mark.parametrize(
        ("said", "tangent", "logistic"),
        [
            (r"Here $\phi$ is the hyperbolic tangent.", "proved", "refuted"),
            (r"The nonlinearity $\phi$ is $\tanh$, applied to each entry.", "proved", "refuted"),
            (r"With the logistic sigmoid $\phi$ we have", "refuted", "proved"),
            (r"where $\phi(\cdot)$ denotes the element-wise sigmoid function.", "refuted", "proved"),
            (r"where $\phi$ is some function.", "refuted", "refuted"),
            (r"where $\phi$ is often the sigmoid.", "undecided", "undecided"),
            (r"where $\phi$ is the sigmoid or the like.", "undecided", "undecided"),
            (r"It is not assumed that $\phi$ is the sigmoid.", "undecided", "undecided"),
            (r"Suppose for a moment that $\phi$ is the sigmoid.", "undecided", "undecided"),
            (r"Here $\psi$ and $\phi$ are the sigmoid and tanh.", "undecided", "undecided"),
            (r"Here $\phi$ is the sigmoid. Later $\phi$ is $\tanh$.", "undecided", "undecided"),
            (r"Here $\phi$ is the softmax.", "undecided", "undecided"),
            (r"The derivative of $\phi$ is the sigmoid.", "undecided", "undecided"),
            (r"Here $\phi$ is the sigmoid with temperature 2.", "undecided", "undecided"),
            (r"In another paper $\phi$ is the sigmoid.", "undecided", "undecided"),
            (r"We replaced the sigmoid $\phi$ by another.", "undecided", "undecided"),
            (r"With $y = 1$, $\phi$ the hyperbolic tangent, we go on.", "proved", "refuted"),
            (r"$\phi$: the hyperbolic tangent", "proved", "refuted"),
            (r"- $\phi$ = tanh", "proved", "refuted"),
            (r"As activation $\phi$ we use tanh.", "undecided", "undecided"),
            (r"La fonction $\phi$ n'est pas tanh mais la fonction logistique.", "undecided", "undecided"),
            ("| $\\phi$ | $\\tanh$ |\n|---|---|\n| $W$ | weights |", "undecided", "undecided"),
            (r"The letter $\phi$ abbreviates $\tanh$.", "undecided", "undecided"),
            (r"$\phi$ is arbitrary, and not only tanh.", "refuted", "refuted"),
        ],
    )
    def test_a_sentence_says_which_function_a_letter_is(self, said: str, tangent: str, logistic: str) -> None:
        slopes = (r"1 - h_t \odot h_t", r"h_t \odot (1 - h_t)")
        claims = [SLOPE.replace(r"\phi'(W h_{t-1} + U x_t)", slope) for slope in slopes]
        assert words(said, CELL, *claims) == ["definition", tangent, logistic]

    @pytest.mark.parametrize(
        ("what", "word"), [("softmax", "undecided"), ("sigmoid", "proved"), ("softplus", "proved")]
    )
    def test_what_is_true_entry_by_entry_is_not_said_of_a_softmax(self, what: str, word: str) -> None:
        assert words(rf"Here $\phi$ is the {what}.", CELL, SLOPE) == ["definition", word]

    @pytest.mark.parametrize("setting", [r"W = W^\top", r"W^\top W = I", "T = 3", "n = 2", r"\eta = 0.1"])
    def test_a_displayed_setting_is_an_aside(self, setting: str) -> None:
        assert words(setting, CELL, SLOPE) == ["aside", "definition", "proved"]

    LOSS = r"L = \sum_{t=1}^{T} \ell(h_t)"
    TWO = r"\frac{d L}{d W} = \frac{d \ell(h_1)}{dW} + \frac{d \ell(h_2)}{dW}"
    BACK = (
        r"\frac{\partial L}{\partial h_t} = "
        r"\sum_{k=t}^{2} \frac{\partial \ell(h_k)}{\partial h_k} \frac{\partial h_k}{\partial h_t}"
    )

    @pytest.mark.parametrize(
        "claim", [TWO, BACK, r"\frac{\partial h_T}{\partial h_1} = \frac{\partial h_2}{\partial h_1}"]
    )
    @pytest.mark.parametrize(
        ("settings", "word"),
        [
            (["T = 2"], "proved"),
            (["$T = 2$"], "proved"),
            (["T = 2", "T = 2"], "proved"),
            (["T = 3"], "refuted"),
            (["T = 1"], "refuted"),
            ([], "refuted"),
            (["T = 2", "T = 3"], "undecided"),
            (["T = 2.5"], "undecided"),
            (["A common mistake is $T = 2$"], "refuted"),
        ],
    )
    def test_a_number_of_steps_binds_what_runs_to_the_last(self, settings: list[str], word: str, claim: str) -> None:
        shown = [f"Here {said}." if "$" in said else f"$${said}$$" for said in settings]
        text = "\n\n".join([*shown, f"$${CELL}$$", f"$${self.LOSS}$$", f"$${claim}$$", f"$${TURNED}$$"])
        *_, judged, other = judge_note(read(split_document(text, "note.md")))
        assert (judged.word, other.word) == (word, "refuted")
        if word == "proved":
            assert judged.verdict is not None
            assert judged.verdict.scope is not None
            assert judged.verdict.scope.listed == (2,)
            assert "says that T = 2, and it is judged for that alone" in judged.verdict.reason
        elif settings == ["T = 3"]:
            assert judged.verdict is not None
            assert judged.verdict.witness is not None
            assert judged.verdict.witness.t == 3

    def test_a_number_of_steps_says_nothing_of_what_stands_before_it_and_leaves_general_what_is_true(self) -> None:
        assert words(CELL, self.LOSS, self.TWO, "T = 2") == ["definition", "definition", "undecided", "aside"]
        every = r"\frac{d L}{d W} = \sum_{t=1}^{T} \frac{d \ell(h_t)}{d W}"
        *_, row = judge_note(note("T = 2", CELL, self.LOSS, every))
        assert row.verdict is not None
        assert row.verdict.scope is not None
        assert row.verdict.scope.steps == "all"


class TestFunctionsOfEachEntry:
    STEP = r"h_t = f(W h_{t-1} + U x_t)"
    IN_TWO = (r"z_t = W h_{t-1} + U x_t", r"h_t = f(z_t)")
    CLAIM = r"\frac{\partial h_t}{\partial z_t} = \left( \frac{\partial h_t}{\partial z_t} \right)^\top"

    def test_what_is_primed_or_applied_to_a_sum_is_an_activation(self) -> None:
        slopes = r"\mathrm{diag}(f'(W h_{t-1} + U x_t))"
        left = r"\frac{\partial h_t}{\partial h_{t-1}} = "
        assert words(self.STEP, f"{left}{slopes} W", f"{left}W {slopes}") == ["definition", "proved", "refuted"]

    @pytest.mark.parametrize(
        ("said", "word"),
        [
            ("", "ill-typed"),
            ("Here $f$ acts on each entry.", "proved"),
            ("The activation function $f$ is smooth.", "proved"),
            ("Here $f$ is not applied entry by entry.", "ill-typed"),
            ("Here $f$ is a function.", "ill-typed"),
        ],
    )
    def test_of_a_letter_alone_it_is_a_function_of_the_whole_where_no_words_say_more(
        self, said: str, word: str
    ) -> None:
        assert words(*self.IN_TWO, said, self.CLAIM) == ["definition", "definition", word]

    def test_a_loss_of_a_difference_is_no_activation(self) -> None:
        of = r"\frac{\partial l_t}{\partial h_t}"
        assert words(CELL, r"l_t = f(h_t - y_t)", rf"{of} = {of} I")[-1] == "proved"


class TestALossByItsArguments:
    CLAIM = r"\frac{d L}{d U} = \sum_{t=1}^{T} \frac{\partial L}{\partial h_t} \frac{d h_t}{d U}"

    def test_beside_d_its_partial_may_be_that_of_its_own_argument(self) -> None:
        total = r"\frac{d L}{d U} = \sum_{t=1}^{T} \frac{d L}{d h_t} \frac{\partial^+ h_t}{\partial U}"
        twice = self.CLAIM.replace(r"\frac{\partial L}{\partial h_t}", r"\frac{d L}{d h_t}")
        loss = r"L = \sum_{t=1}^{T} \ell(h_t)"
        assert words(CELL, loss, total, self.CLAIM, twice)[2:] == ["proved", "holds-as-read", "refuted"]

    def test_where_no_d_stands_beside_it_is_through_all_that_comes_after(self) -> None:
        claim = self.CLAIM.replace(r"\frac{d L}{d U}", r"\frac{\partial L}{\partial U}")
        assert words(CELL, r"L = \sum_{t=1}^{T} \ell(h_t)", claim)[-1] == "refuted"


def test_a_second_definition_is_judged_against_the_first() -> None:
    assert words(CELL, "h_1 = U x_1") == ["definition", "refuted"]
    assert words(CELL, r"h_1 = \phi(W h_0 + U x_1)") == ["definition", "proved"]
    assert words(r"h_t = W h_{t-1} + V h_{t-2}", "h_1 = b") == ["definition", "definition"]
    assert words(r"h_t = \phi(W h_{t-1}), \quad t \ge 2", "h_1 = b") == ["definition", "definition"]


class TestAsides:
    @pytest.mark.parametrize(
        "aside",
        [
            r"W \leftarrow W - \eta \nabla_W L",
            r"W = W - \eta \frac{\partial L}{\partial W}",
            r"W_{k+1} = W_k - \eta \frac{\partial L}{\partial W_k}",
            r"x_t \in \mathbb{R}^d, \quad W \in \mathbb{R}^{n \times n}",
            r"\left\| \frac{\partial h_t}{\partial h_{t-1}} \right\| \le \| W \|",
            r"\lim_{t \to \infty} \frac{\partial h_t}{\partial h_0} = 0",
            r"\frac{\partial h_t}{\partial h_{t-1}} \approx W",
            r"\text{backpropagation through time}",
            r"\frac{\partial L}{\partial W}",
        ],
    )
    def test_what_claims_nothing_is_an_aside_and_changes_no_other_row(self, aside: str) -> None:
        rows = list(judge_note(note(CELL, aside, ONE_STEP)))
        assert [row.word for row in rows] == ["definition", "aside", "proved"]
        assert rows[1].reason
        assert all(row.settled for row in rows)

    @pytest.mark.parametrize(
        "claim", [r"h_t = h_{t-1} + \alpha \phi(W h_{t-1})", r"\frac{d h_t}{d W} = 0 \le 1", r"L = \| h_T \|"]
    )
    def test_what_looks_like_a_definition_or_a_claim_is_none(self, claim: str) -> None:
        assert words(claim)[0] in ("definition", "unread")


class TestNothingIsLost:
    @pytest.mark.parametrize(
        "odd",
        [
            r"a_t = \prod_{j=1}^{t} c_j f",
            "(" * 55 + "a" + ")" * 55 + " = 1",
            "a_t = " + "1" * 4301,
            r"\frac{\partial w_t}{\partial w} = 1",
            r"\underbrace{a_t}_{\le 0} = 1",
            r"\phi^{(2)}(a_t) = 1",
        ],
    )
    def test_a_display_that_cannot_be_read_is_one_row(self, odd: str) -> None:
        assert words(odd, CELL, ONE_STEP) == ["unread", "definition", "proved"]

    @pytest.mark.parametrize(
        "text",
        [
            r"where $\alpha_t = v^\top h_t$ is a score.",
            r"Let $s_t = \| h_t \|$.",
            r"with $q_t = \frac{1}{0} h_t$.",
            r"The learning rate is $\eta = 0.1$.",
            "where $b = W b$.",
        ],
    )
    def test_a_definition_in_the_text_that_does_not_fit_harms_no_other_row(self, text: str) -> None:
        assert words(text, CELL, ONE_STEP) == ["definition", "proved"]

    @pytest.mark.parametrize("stage", ["plan.survey", "note.find_roles"])
    def test_a_fault_of_one_display_is_said_in_its_row(self, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
        whole: Callable[..., object] = survey if stage == "plan.survey" else find_roles

        def broken(chains: Iterable[object], **options: object) -> object:
            listed = tuple(chains)
            if any(mark.end > 200 for mark in walk_marks(listed)):
                raise ValueError("oops")
            return whole(listed, **options)

        monkeypatch.setattr(f"symbptt.reader.{stage}", broken)
        rows = list(judge_note(note(CELL, ONE_STEP, "a_t = " + " + ".join(["x_t"] * 50))))
        assert [row.word for row in rows] == ["definition", "proved", "unread"]
        assert rows[2].reason.startswith("line 10, column 1: internal error, please report it: ValueError: oops")

    def test_what_it_defines_is_not_taken_for_data(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(definitions: Sequence[UnshapedDefinition], *others: Any) -> object:
            if any(str(entry.left) == "a_t" for entry in definitions):
                raise ValueError("oops")
            return infer(definitions, *others)

        claim = r"\frac{\partial a_t}{\partial h_t} = W"
        assert words(CELL, "a_t = W h_t", claim) == ["definition", "definition", "proved"]
        monkeypatch.setattr("symbptt.reader.note.infer", broken)
        assert words(CELL, "a_t = W h_t", claim, ONE_STEP) == ["definition", "unread", "undecided", "proved"]


BOX = (
    r"\frac{d h_t}{d W} = \sum_{k=1}^{t} \left(\prod_{m=k+1}^t \frac{\partial h_m}{\partial h_{m-1}}\right)"
    r" \frac{\partial^+ h_k}{\partial W}"
)


@pytest.mark.parametrize(
    ("function", "start", "word"),
    [
        ("f", r"h_0 = f(W U x_0)", "refuted"),
        (r"\phi", r"h_0 = \phi(W U x_0)", "refuted"),
        (r"\phi", r"h_0 = \operatorname{argmax} W U x_0", "undecided"),
        (r"\phi", r"h_0 = \phi(U x_0)", "proved"),
        (r"\phi", r"h_0 = 0", "proved"),
    ],
)
def test_a_first_state_that_is_said_and_not_read_is_no_constant(function: str, start: str, word: str) -> None:
    assert words(CELL.replace(r"\phi", function), start, BOX)[-1] == word


@pytest.mark.parametrize(
    ("sign", "word"), [(r"\prod", "holds-as-read"), (r"\mathop{\overset{\rightarrow}{\prod}}\limits", "refuted")]
)
def test_an_arrow_over_a_product_says_its_order_and_is_not_read_otherwise(sign: str, word: str) -> None:
    printed = BOX.replace(r"\frac{d h_t}{d W}", r"\frac{\partial h_t}{\partial W}").replace(r"\partial^+", r"\partial")
    assert words(CELL, printed.replace(r"\prod", sign))[-1] == word


class TestWhatWordsSayOfLetters:
    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("where $x_t$ depends on $h_{t-1}$.", "undecided"),
            ("where $x_t$ is $h_{t-1}$ itself.", "undecided"),
            ("where $x_t$ is the previous output $V h_{t-1}$.", "undecided"),
            ("where the input $x_t$ is produced by a network with the same weight $W$.", "undecided"),
            ("where $x_t$ is a function of the hidden state.", "undecided"),
            ("wobei $x_t$ von $h_{t-1}$ abhängt.", "undecided"),
            ("où $x_t$ dépend de $h_{t-1}$.", "undecided"),
            ("We share $U$ and $W$.", "undecided"),
            ("Here $U$ and $W$ are tied.", "undecided"),
            ("where $x_t$ is the input and does not depend on the weights $W$.", "proved"),
            ("where $x_t$ depends on the season.", "proved"),
            ("where $x_t$ is the input and $h_t$ depends on $h_{t-1}$.", "proved"),
            ("We share $W$ across all steps.", "proved"),
            ("Here $U$ and $W$ are shared across time steps.", "proved"),
        ],
    )
    def test_a_letter_that_is_made_of_others_is_no_data_and_tied_weights_are_none(self, text: str, word: str) -> None:
        assert words(CELL, text, SLOPE)[-1] == word

    def test_a_first_state_in_the_text_that_is_a_function_of_a_weight_is_none_that_is_constant(self) -> None:
        assert words(CELL, "The initial state $h_0 = g(W)$ is learned.", BOX)[-1] == "refuted"
        assert words(CELL, "The initial state $h_0 = g(x_0)$ is given.", BOX)[-1] == "proved"

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("Dabei ist $\\sigma$ der Tangens hyperbolicus.", ("refuted", "proved")),
            ("Soit $\\sigma$ la fonction logistique.", ("proved", "refuted")),
            ("wobei $\\sigma$ die Sigmoidfunktion ist.", ("proved", "refuted")),
            ("wobei $\\sigma$ nicht die Sigmoidfunktion ist.", ("undecided", "undecided")),
            ("Soit $\\sigma$ une sigmoïde modifiée.", ("undecided", "undecided")),
            ("where $\\sigma$ is a scaled sigmoid.", ("undecided", "undecided")),
            ("where $\\sigma$ is smooth.", ("holds-as-read", "refuted")),
        ],
    )
    def test_a_function_is_what_the_words_of_other_languages_say_too(self, text: str, word: tuple[str, str]) -> None:
        slopes = (r"h_t \odot (1 - h_t)", r"1 - h_t \odot h_t")
        claims = [
            rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = \operatorname{{diag}}({slope}) W" for slope in slopes
        ]
        assert words(CELL.replace(r"\phi", r"\sigma"), text, *claims) == ["definition", *word]

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("where $y_t$ are labels.", "holds-as-read"),
            ("where $y_t$ are labels that do not sum to one.", "refuted"),
            ("where $y_t$ is one-hot.", "proved"),
        ],
    )
    def test_targets_of_which_the_sum_is_denied_are_not_read_so(self, text: str, word: str) -> None:
        page = ("o_t = V h_t", r"p_t = \operatorname{softmax}(o_t)", r"L_t = -y_t^\top \log p_t")
        claim = r"\frac{\partial L_t}{\partial o_t} = (p_t - y_t)^\top"
        assert words(CELL, *page, text, claim)[-1] in (word, "undecided" if word == "refuted" else word)

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            (r"Here $\odot$ denotes the entrywise product.", "proved"),
            (r"Here $\odot$ denotes the matrix product.", "unread"),
            (r"Hier bezeichnet $\odot$ das Matrixprodukt.", "proved"),
            (r"where $\operatorname{diag}(a)$ is the diagonal matrix with $a$ on its diagonal.", "proved"),
            (r"where $\operatorname{diag}(a)$ is the diagonal matrix with the entries of $2a$.", "unread"),
            (r"We write $\phi'$ for the derivative of $\phi$.", "proved"),
            (r"We write $\phi'$ for the second derivative of $\phi$.", "unread"),
            (r"where $\phi'$ is bounded.", "proved"),
            (r"where $\odot$ and $\otimes$ denote the entrywise and the Kronecker product.", "proved"),
            (r"where $a \odot b$ stands for the sum of $a$ and $b$.", "unread"),
        ],
    )
    def test_a_sign_that_the_page_explains_otherwise_is_not_read(self, text: str, word: str) -> None:
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(W h_{t-1}) \odot x_t) W"
        assert words(r"h_t = x_t \odot \phi(W h_{t-1})", text, claim)[-1] in (
            word,
            "undecided" if word == "unread" else word,
        )

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("", "undecided"),
            ("where $W$ is the weight matrix.", "ill-typed"),
            ("All gradients are column vectors.", "ill-typed"),
            ("All letters are scalars, not vectors.", "proved"),
        ],
    )
    def test_a_page_that_speaks_of_vectors_is_none_of_scalars(self, text: str, word: str) -> None:
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \phi'(W h_{t-1} + U x_t) W"
        assert words(CELL, f"¶{text}", claim)[-1] == word

    def test_of_numbers_a_transpose_says_nothing_and_a_power_does(self) -> None:
        cell, scalars = "s_t = w s_{t-1}", "¶All quantities are scalars."
        true, false = r"s_t = (s_0^\top (w^{t})^\top)^\top", r"s_t = (s_0^\top w^\top)^\top"
        assert words(cell, scalars, true, false)[-2:] == ["proved", "refuted"]
        # Where T is a step, w^T is a power, and w^\\top is none.
        claims = "s_T = w^T s_0", "s_T = w s_0", r"s_T = s_0^\top w^T", r"s_T = s_0 w^\top"
        assert words(cell, scalars, *claims)[-4:] == ["proved", "refuted", "proved", "refuted"]

    def test_a_number_is_given_to_whatever_letter_the_steps_end_at(self) -> None:
        cell, loss = r"h_n = \phi(W h_{n-1} + U x_n)", r"L = \sum_{n=1}^{N} \ell(h_n)"
        claim = r"\frac{d L}{d W} = \sum_{n=1}^{%s} \frac{\partial \ell(h_n)}{\partial h_n} \frac{d h_n}{d W}"
        assert words("Let $N = 4$.", cell, loss, claim % 4, claim % 3)[-2:] == ["proved", "refuted"]
        assert words(cell, loss, claim % 4, claim % "N")[-2:] == ["refuted", "proved"]
        assert words(cell, loss, "$N = 4$ is small, $N = 5$ is not.", claim % 4)[-1] == "undecided"

    @pytest.mark.parametrize(
        ("text", "total", "immediate"),
        [
            ("", "proved", "proved"),
            (r"Throughout, $\partial$ denotes the total derivative.", "proved", "refuted"),
            (r"where $\frac{\partial h_t}{\partial W}$ is the total derivative.", "proved", "refuted"),
            (r"We use $\partial h_t / \partial W$ for the total derivative.", "proved", "refuted"),
            (r"where $\frac{\partial h_t}{\partial W}$ is the immediate derivative.", "refuted", "proved"),
            (r"Here $\frac{\partial h_t}{\partial W}$ treats $h_{t-1}$ as a constant.", "refuted", "proved"),
            (r"All derivatives are total.", "proved", "refuted"),
            (r"where $\partial$ does not denote the total derivative.", "undecided", "undecided"),
        ],
    )
    def test_what_a_plain_sign_of_a_derivative_is_said_to_be_binds(self, text: str, total: str, immediate: str) -> None:
        left = r"\frac{\partial h_t}{\partial W} = "
        own = r"h_{t-1}^\top \otimes \operatorname{diag}(\phi'(W h_{t-1} + U x_t))"
        sides = (BOX.partition(" = ")[2], own)
        assert words(CELL, text, *(left + side for side in sides))[-2:] == [total, immediate]

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("In all products the latest factor stands on the left.", "proved"),
            ("In all products the earliest factor stands on the left.", "refuted"),
            ("The product is taken in ascending order.", "refuted"),
            ("The product of the first two gates stands on the right.", "proved"),
        ],
    )
    def test_an_order_of_products_that_is_said_binds(self, text: str, word: str) -> None:
        claim = r"\frac{\partial h_t}{\partial h_0} = \prod_{j=1}^{t} \frac{\partial h_j}{\partial h_{j-1}}"
        assert words(CELL, f"¶{text}", claim) == ["definition", word]

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("The matrix $W$ changes from step to step.", "undecided"),
            ("The weights $W$ are different at each step.", "undecided"),
            ("The input $x_t$ changes from step to step.", "proved"),
            ("The matrix $W$ changes during training.", "proved"),
        ],
    )
    def test_a_matrix_that_changes_with_the_steps_is_no_weight(self, text: str, word: str) -> None:
        assert words(CELL, text, ONE_STEP)[-1] == word

    def test_a_sentence_that_announces_what_follows_may_deny_it(self) -> None:
        assert words(CELL, "¶The following is false in general.", SLOPE)[-1] == "unread"
        assert words(CELL, "¶The following is true in general.", SLOPE)[-1] == "proved"
        assert words(CELL, "¶The converse is false in general.", SLOPE)[-1] == "proved"

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("~~The state is $h_t = W h_{t-1}$.~~", "undecided"),
            ("~~Old.~~ The state is $h_t = W h_{t-1}$.", "proved"),
            ("![The state is $h_t = W h_{t-1}$](a.png)", "undecided"),
            ("Common errors:\n\n* the state is $h_t = W h_{t-1}$,", "undecided"),
            ("The network:\n\n* the state is $h_t = W h_{t-1}$,", "proved"),
            ("## A wrong solution\n\nThe state is $h_t = W h_{t-1}$.", "undecided"),
            ("## A wrong solution\n\nNo.\n\n## The model\n\nThe state is $h_t = W h_{t-1}$.", "proved"),
        ],
    )
    def test_what_is_struck_out_or_stands_below_words_that_deny_it_defines_nothing(self, text: str, word: str) -> None:
        assert words(text, LINEAR)[-1] == word

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            (r"Now let $\phi = \mathrm{id}$.", "undecided"),
            (r"Now let $\phi = \psi$.", "undecided"),
            (r"As before, $\phi = \tanh$.", "proved"),
        ],
    )
    def test_a_function_that_is_given_again_and_is_not_read_is_not_the_first(self, text: str, word: str) -> None:
        claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t \odot h_t) W"
        assert words(r"Let $\phi = \tanh$.", CELL, text, claim)[-1] == word

    @pytest.mark.parametrize(
        ("claim", "word"),
        [
            (r"\frac{d x_t}{d W} = 0", "proved"),
            (r"\frac{d x_t}{d W} = 7 \frac{d x_t}{d W}", "undecided"),
            (r"\frac{d h_t}{d W} = \frac{d h_t}{d W} + \frac{d x_t}{d W}", "undecided"),
        ],
    )
    def test_that_data_do_not_depend_on_weights_proves_no_claim_of_its_own(self, claim: str, word: str) -> None:
        assert words(CELL, claim)[-1] == word

    @pytest.mark.parametrize(
        ("before", "after", "word"),
        [
            ("It can hardly be that", "", "unread"),
            ("", "is what a careless reader would write.", "unread"),
            ("", "This claim is refuted by the example.", "unread"),
            ("", "This claim is proved by the example.", "proved"),
            ("", "is what a reader expects.", "proved"),
        ],
    )
    def test_more_words_that_deny(self, before: str, after: str, word: str) -> None:
        assert words(CELL, f"¶{before}", SLOPE, f"¶{after}")[-1] == word

    def test_a_weight_that_is_a_part_of_another_is_none_of_its_own(self) -> None:
        cell, slope = r"h_t = \phi(W h_{t-1} + b)", r"\operatorname{diag}(\phi'(W h_{t-1} + b))"
        claim = rf"\frac{{\partial^+ h_t}}{{\partial W}} = h_{{t-1}}^\top \otimes {slope}"
        assert words(cell, "where $b$ is a bias.", claim)[-1] == "proved"
        assert words(cell, "where $b$ is the last column of $W$.", claim)[-1] == "undecided"


class TestFirstValues:
    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
    FIRST = (r"\frac{d h_1}{d W} = 0", r"\frac{d h_2}{d W} = 0")

    @pytest.mark.parametrize("zero", [r"\mathbf{0}", r"\boldsymbol{0}", r"\vec{0}", "0"])
    def test_a_zero_in_any_font_is_zero(self, zero: str) -> None:
        assert words(self.CELL, f"h_0 = {zero}", *self.FIRST) == ["definition", "definition", "proved", "refuted"]
        assert words(f"We start with $h_0 = {zero}$.", self.CELL, *self.FIRST)[1:] == ["proved", "refuted"]

    def test_nothing_is_refuted_by_a_first_value_that_is_said_and_not_read(self) -> None:
        assert words(self.CELL, r"h_0 = \operatorname{start}(x)", *self.FIRST)[2:] == ["undecided", "undecided"]
        assert words(self.CELL, *self.FIRST)[1:] == ["refuted", "refuted"]


class TestLastSteps:
    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"

    def test_a_claim_that_may_be_total_or_immediate_is_judged_at_the_last_step_that_is_given(self) -> None:
        page = ("Let $T = 2$.", self.CELL, r"L = \frac12 \|h_T - y\|^2")
        slope, last = r"\operatorname{diag}(1 - h_2^2) (h_2 - y)", r"\frac{\partial L}{\partial U} = "
        first = r"\operatorname{diag}(1 - h_1^2) W^\top " + slope + r" x_1^\top"
        claims = (last + slope + r" x_2^\top", last + slope + r" x_2^\top + " + first)
        assert words(*page, *claims)[2:] == ["refuted", "proved"]

    @pytest.mark.parametrize("last", [r"\tau", "N", "T"])
    def test_a_sum_over_all_steps_ends_where_the_others_of_the_page_do(self, last: str) -> None:
        page = (self.CELL, rf"L = \sum_{{t=1}}^{{{last}}} \frac12 \|h_t - y_t\|^2")
        claims = [
            rf"\nabla_W L = \sum_t \operatorname{{diag}}(1 - h_t^2) (\nabla_{{h_t}} L) h_{{{step}}}^\top"
            for step in ("t-1", "t")
        ]
        assert words(*page, *claims)[2:] == ["proved", "refuted"]

    def test_t_above_what_is_transposed_already_is_a_power(self) -> None:
        page = (r"h_t = A h_{t-1} + B x_t", "L = c^\\top h_T", "$c$ is a vector and $A$ a matrix.")
        claims = [rf"\nabla_{{h_0}} L = {power} c" for power in (r"(A^\top)^T", "(A^T)^T", "A^T", r"(A^\top)^{T-1}")]
        assert words(*page, *claims)[2:] == ["proved", "proved", "refuted", "refuted"]


def test_a_named_function_that_is_said_to_be_applied_stays_that_one() -> None:
    cell, claim = r"h_t = \tanh(W h_{t-1} + U x_t)", SLOPE.replace(r"\phi'(W h_{t-1} + U x_t)", "1 - h_t^2")
    assert words(cell, claim, r"$\tanh$ is applied to each entry.") == ["definition", "proved"]
    assert words(cell, claim, r"$\tanh$ is any squashing function.") == ["unread", "undecided"]


def test_words_of_layers_of_units_say_that_letters_are_vectors() -> None:
    page = (
        r"h_t = \tanh(W h_{t-1} + U x_t)",
        r"\frac{\partial h_t}{\partial h_{t-2}} = (1 - h_t^2) (1 - h_{t-1}^2) W^2",
    )
    assert words("¶A layer of recurrent units, each connected to every other.", *page)[1:] == ["ill-typed"]
    assert words("¶One recurrent unit.", *page)[1:] == ["proved"]


def test_what_a_derivative_is_said_to_be_says_nothing_of_the_weight_that_it_is() -> None:
    page = (rf"{CELL} \tag{{1}}", rf"{LINEAR} \tag{{2}}", rf"{SLOPE} \tag{{3}}", "¶(2) is wrong.")
    assert words(*page) == ["definition", "unread", "proved"]
    assert words(*page[:3], "¶(3) is wrong.") == ["definition", "refuted", "unread"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("$W$ and $U$ are not the same.", "proved"),
        ("The matrices $W$ and $U$ are not the same, of course.", "proved"),
        ("$W$ is not the same at each step.", "undecided"),
        ("$W$ and $U$ are the same.", "undecided"),
    ],
)
def test_two_weights_that_are_said_to_differ_are_two(said: str, word: str) -> None:
    assert words(CELL, SLOPE, said) == ["definition", word]


class TestQuantitiesWithoutStep:
    """An output of the last state alone: o = V h_T."""

    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"

    @pytest.mark.parametrize("out", ["o", "o_T", r"\hat o", "s"])
    def test_a_derivative_in_an_output_of_the_last_state_is_judged(self, out: str) -> None:
        page = (self.CELL, f"{out} = V h_T", rf"L = \frac12 \|{out} - y\|^2")
        claims = [
            (rf"\frac{{\partial L}}{{\partial {out}}} = {out} - y", rf"\frac{{\partial L}}{{\partial {out}}} = {out}"),
            (
                rf"\frac{{\partial L}}{{\partial h_T}} = V^\top ({out} - y)",
                rf"\frac{{\partial L}}{{\partial h_T}} = V^\top {out}",
            ),
        ]
        assert words(*page, *claims[0], *claims[1])[3:] == ["proved", "refuted", "proved", "refuted"]

    def test_so_it_is_of_a_mean_of_all_states_and_of_what_is_made_of_it(self) -> None:
        page = (self.CELL, r"m = \frac1T \sum_{t=1}^T h_t", "o = V m", r"L = \frac12 \|o - y\|^2")
        claims = (r"\nabla_o L = o - y", r"\nabla_{h_T} L = \frac1T V^\top (o - y)", r"\nabla_{h_T} L = V^\top (o - y)")
        assert words(*page, *claims)[4:] == ["proved", "proved", "refuted"]

    def test_the_step_before_the_last_is_another_one(self) -> None:
        loss, own = r"L = \frac12 \|o - y\|^2", r"\nabla_o L = o - y"
        claims = [rf"\nabla_{{h_{{{step}}}}} L = V^\top (o - y)" for step in ("T-1", "T")]
        assert words(self.CELL, "o = V h_{T-1}", loss, own, *claims)[3:] == ["proved", "proved", "refuted"]
        assert words(self.CELL, r"o = V \sum_{t=1}^{T-1} h_t", loss, own, claims[1])[3:] == ["proved", "refuted"]

    def test_a_number_with_powers_has_t_for_a_power_too(self) -> None:
        page = (self.CELL, r"L = \sum_{t=1}^T \gamma^t \ell_t", r"\ell_t = \frac12 \|h_t - y_t\|^2")
        claims = (r"\nabla_{h_T} L = \gamma^T (h_T - y_T)", r"\nabla_{h_T} L = \gamma (h_T - y_T)")
        assert words(*page, *claims)[3:] == ["proved", "refuted"]


class TestUnreadDefinitions:
    LIMITED = CELL + r" \quad \text{in the saturated regime}"

    def test_a_letter_whose_definition_is_not_read_has_no_other_one_later(self) -> None:
        assert words(self.LIMITED, "h_t = W h_{t-1}", LINEAR) == ["unread", "unread", "undecided"]

    def test_one_that_is_read_first_or_taken_back_leaves_the_other_one(self) -> None:
        assert words(CELL, self.LIMITED, SLOPE) == ["definition", "unread", "proved"]
        wrong = "A common mistake is to write\n$$h_t = W h_{t-1}$$\nThe network is"
        assert words(wrong, CELL, SLOPE) == ["unread", "definition", "proved"]

    def test_what_is_not_assumed_limits_nothing(self) -> None:
        cell, sums = "h_t = W h_{t-1} + U x_t", r"\sum_{k=1}^{t} W^{t-k} U x_k"
        claims = (f"h_t = {sums}", f"h_t = W^t h_0 + {sums}")
        assert words("Without assuming $h_0 = 0$,", cell, *claims) == ["definition", "refuted", "proved"]


class TestTwoIndices:
    """A letter with two indices is another one for each of them, and no letter with a label."""

    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"

    @pytest.mark.parametrize("weight", [r"\alpha_{t,s}", r"\alpha_{ts}", "a_{t,s}"])
    def test_a_weight_of_each_step_and_each_earlier_one_is_no_constant(self, weight: str) -> None:
        page = (self.CELL, rf"c_t = \sum_{{s=1}}^t {weight} h_s")
        false = rf"\frac{{\partial^+ c_t}}{{\partial h_t}} = {weight} I"
        assert words(*page, false)[1:] == ["unread", "unread"]

    def test_one_index_and_a_label_are_a_letter(self) -> None:
        page = (
            self.CELL,
            r"c_t = \sum_{s=1}^t \alpha_{s} W_{hs} h_s",
            r"\frac{\partial^+ c_t}{\partial h_t} = \alpha_t W_{hs}",
        )
        assert words(*page)[1:] == ["definition", "proved"]


class TestSaidAndNotRead:
    CELL = r"h_t = \tanh(W h_{t-1} + U x_t)"
    FIRST = r"\frac{d h_0}{d U} = 0"

    def test_a_first_state_that_the_text_defines_and_is_not_read_is_no_constant(self) -> None:
        said = r"Let $h_t = \tanh(W h_{t-1} + U x_t)$ for $t \ge 1$ and $h_0 = \tanh(U x_0)$."
        assert words(said, self.FIRST) == ["undecided"]
        # What it is instead is not said.
        assert words(r"It is wrong to say that $h_0 = \tanh(U x_0)$.", self.CELL, self.FIRST)[1:] == ["undecided"]
        assert words(self.CELL, self.FIRST)[1:] == ["proved"]

    def test_a_transposed_definition_in_the_text_is_not_replaced_by_any_recurrence(self) -> None:
        chain = r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
        said = r"We take $h_t^\top = \tanh(h_{t-1}^\top W + x_t^\top U)$."
        assert words(said, ONE_STEP, chain) == ["undecided", "undecided"]
        assert words(ONE_STEP, chain) == ["proved", "refuted"]

    def test_a_name_for_a_derivative_behind_for_is_no_condition(self) -> None:
        page = (self.CELL, r"L = \frac12 \|h_T - y\|^2")
        claims = [rf"p_t = W^\top ((1 - h_{{{step}}}^2) \odot p_{{t+1}}), \quad t < T" for step in ("t+1", "t")]
        said = r"Show for $p_t = \partial L / \partial h_t$ that"
        assert words(*page, f"{said}\n$$\n{claims[0]}\n$$")[2:] == ["proved"]
        assert words(*page, f"{said}\n$$\n{claims[1]}\n$$")[2:] == ["refuted"]
        assert words(*page, f"Show for $p_t = 0$ that\n$$\n{claims[0]}\n$$")[2:] == ["unread"]


def test_arrows_over_letters_tell_the_two_directions_apart() -> None:
    ahead, back = r"\overrightarrow{h}_t", r"\overleftarrow{h}_t"
    page = (
        r"\overrightarrow{h}_t = \tanh(W \overrightarrow{h}_{t-1} + U x_t)",
        r"\overleftarrow{h}_t = \tanh(A \overleftarrow{h}_{t+1} + B x_t)",
    )
    claims = [
        rf"\frac{{\partial {ahead}}}{{\partial \overrightarrow{{h}}_{{t-1}}}} = \operatorname{{diag}}(1 - {ahead}^2) W",
        rf"\frac{{\partial {back}}}{{\partial \overleftarrow{{h}}_{{t+1}}}} = \operatorname{{diag}}(1 - {back}^2) A",
        rf"\frac{{\partial {back}}}{{\partial \overleftarrow{{h}}_{{t+1}}}} = \operatorname{{diag}}(1 - {ahead}^2) A",
    ]
    assert words(*page, *claims)[2:] == ["proved", "proved", "ill-typed"]


class TestBraces:
    @pytest.mark.parametrize(
        ("label", "word"),
        [
            (r"\operatorname{diag}(1 - h_t^2) W", "proved"),
            (r"2 \operatorname{diag}(1 - h_t^2) W", "refuted"),
            (r"= \operatorname{diag}(1 - h_t^2) W", "proved"),
            ("= 0", "refuted"),
            (r"\prod_{j=t}^{t} \frac{\partial h_j}{\partial h_{j-1}}", "proved"),
            (r"\text{vanishes}", "unread"),
            (r"\text{neglected}", "unread"),
            (r"\le 1", "unread"),
            (r"\text{the path through the state}", "proved"),
            (r"n \times n", "proved"),
            ("J_t", "proved"),
        ],
    )
    def test_a_label_that_is_a_formula_is_claimed_of_what_is_braced(self, label: str, word: str) -> None:
        step = r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W} + %s \frac{d h_{t-1}}{d W}"
        assert (
            words(
                r"h_t = \tanh(W h_{t-1} + U x_t)",
                step % rf"\underbrace{{\frac{{\partial h_t}}{{\partial h_{{t-1}}}}}}_{{{label}}}",
            )[1]
            == word
        )

    def test_below_a_sum_it_is_claimed_at_each_step(self) -> None:
        box = r"\frac{d h_t}{d W} = \sum_{k=1}^{t} \underbrace{\frac{\partial h_t}{\partial h_k}}_{%s}"
        box += r" \frac{\partial^+ h_k}{\partial W}"
        right = r"\prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}"
        assert words(CELL, box % right, box % right.replace("k+1", "k"))[1:] == ["proved", "refuted"]
