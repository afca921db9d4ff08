r"""Layers with a letter, h^{(l)}_t: what is true of each layer is proved for so many layers; its near twin is not."""

from __future__ import annotations

import re

import pytest

from symbptt.judging.pages import judge_note
from symbptt.show.report import whom
from symbptt.verdicts import Row, Sheet
from tests.pages import UNEXPLAINED, as_note

CELL = r"h^{(l)}_t = \tanh(W^{(l)} h^{(l-1)}_t + U^{(l)} h^{(l)}_{t-1})"
LOSS = r"E = \sum_{t=1}^T \ell(h^{(L)}_t, y_t)"
JACOBIAN = r"\frac{\partial h^{(l)}_t}{\partial h^{(l)}_{t-1}} = \operatorname{diag}(1 - (h^{(l)}_t)^2) U^{(l)}"
TURNED = JACOBIAN.removesuffix("U^{(l)}") + r"(U^{(l)})^\top"
SLOPE = r"\operatorname{diag}(1 - (h^{(%s)}_%s)^2)"


def below(weight: str = "W^{(l+1)}", own: str = r"(U^{(l)})^\top", condition: str = "") -> str:
    """The recursion from the layer above and from the step behind, with a weight that leads to that layer."""
    above, later = SLOPE % ("l+1", "t"), SLOPE % ("l", "{t+1}")
    return (
        rf"\frac{{\partial E}}{{\partial h^{{(l)}}_t}} = ({weight})^\top {above} "
        rf"\frac{{\partial E}}{{\partial h^{{(l+1)}}_t}} + {own} {later} "
        rf"\frac{{\partial E}}{{\partial h^{{(l)}}_{{t+1}}}}{condition}"
    )


def in_weight(first: int = 1, step: str = "{t-1}") -> str:
    return (
        rf"\frac{{\partial E}}{{\partial U^{{(l)}}}} = \sum_{{t={first}}}^T {SLOPE % ('l', 't')} "
        rf"\frac{{\partial E}}{{\partial h^{{(l)}}_t}} (h^{{(l)}}_{step})^\top"
    )


def judged(*displays: str, text: str = "") -> Sheet:
    return judge_note(as_note(*displays, text=text), question=UNEXPLAINED)


def words(*displays: str, text: str = "") -> list[str]:
    """The words of what is no definition, in page order."""
    return [row.word for row in judged(*displays, text=text) if row.kind != "definition"]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    claims = {
        "below": below(),
        "bounded": below(condition=r", \qquad l < L"),
        "beyond": below(condition=r", \qquad l \le L"),
        "top": below("W^{(L)}"),
        "unturned": below(own="U^{(l)}"),
        "weight": in_weight(),
        "short": in_weight(2),
        "late": in_weight(step="t"),
    }
    return dict(zip(claims, judged(CELL, LOSS, *claims.values()).rows[2:], strict=True))


class TestRecursions:
    @pytest.mark.parametrize("claim", ["below", "bounded", "weight"])
    def test_what_is_true_of_each_layer_is_proved_for_three(self, rows: dict[str, Row], claim: str) -> None:
        verdict = rows[claim].verdict
        assert verdict is not None
        assert verdict.word == "proved"
        assert whom(verdict) == "tanh, any sizes, every t, 3 layers"

    def test_the_layer_above_the_last_is_not_spoken_of(self, rows: dict[str, Row]) -> None:
        assert [len(rows[claim].links) for claim in ("below", "bounded", "weight")] == [2, 2, 3]
        assert rows["beyond"].word == "unread"

    @pytest.mark.parametrize("claim", ["top", "unturned", "short", "late"])
    def test_a_slip_is_refuted(self, rows: dict[str, Row], claim: str) -> None:
        # With two layers the weight of the layer above is that of the last one; with three it shows.
        assert rows[claim].word in ("refuted", "ill-typed")


def test_it_is_said_how_many_layers_are_looked_at_and_for_which_a_claim_is_stated() -> None:
    upwards = r"\frac{\partial h^{(l+1)}_t}{\partial h^{(l)}_t} = " + SLOPE % ("l+1", "t") + "W^{(l+1)}"
    assert as_note(CELL, LOSS, upwards, below()).assumed[:2] == (
        "l counts layers: the network is taken to have 3, because nothing says how many",
        "(L14) is stated for l = 1, 2",
    )


def test_it_is_said_too_of_a_letter_that_stands_for_a_derivative() -> None:
    told = r"\delta^{(l)}_t = \frac{\partial E}{\partial h^{(l)}_t}"
    later = r"\delta^{(l)}_t = " + below().split(" = ")[1]
    assert "(L14) is stated for l = 1, 2" in as_note(CELL, LOSS, told, later).assumed


def respelled(letter: str, weight: str, layer: str = "l") -> tuple[str, ...]:
    """The cell, a true Jacobian and a false one, with the scripts of its letters written in another way."""
    made = []
    for display in (CELL, JACOBIAN, TURNED):
        told = re.sub(
            r"h\^\{\(([^)]*)\)\}_(?:\{([^}]*)\}|t)",
            lambda found: letter.replace("LAYER", found[1].replace("l", layer)).replace("STEP", found[2] or "t"),
            display,
        )
        made.append(re.sub(r"([WU])\^\{\(l\)\}", lambda found: found[1] + weight.replace("LAYER", layer), told))
    return tuple(made)


@pytest.mark.parametrize(
    ("letter", "weight", "layer"),
    [
        ("h_{STEP}^{LAYER}", "^{LAYER}", "l"),
        ("h_{STEP}^{[LAYER]}", "^{[LAYER]}", r"\ell"),
        ("h_{STEP,LAYER}", "_{LAYER}", "l"),
        ("h_{LAYER,STEP}", "_{LAYER}", "l"),
        ("h^{(LAYER)}(STEP)", "^{(LAYER)}", "l"),
        ("h_{LAYER}(STEP)", "_{LAYER}", "l"),
        ("h_{LAYER}^{STEP}", "_{LAYER}", "l"),
        ("h^{(LAYER,STEP)}", "^{(LAYER)}", "l"),
        ("h^{(LAYER)}_{STEP}", "^{(LAYER)}", "k"),
    ],
)
def test_a_layer_may_stand_anywhere(letter: str, weight: str, layer: str) -> None:
    assert words(*respelled(letter, weight, layer), text="A network of several layers.") == ["proved", "refuted"]


class TestHowMany:
    @pytest.mark.parametrize(
        ("text", "display", "count", "where"),
        [
            ("A two-layer network.", CELL, 2, "line 1"),
            ("", rf"{CELL}, \quad L = 2", 2, "(L6)"),
            ("Here $L = 2$.", CELL, 2, "line 1"),
            ("", rf"{CELL}, \quad l = 1, \dots, L", 3, ""),
        ],
    )
    def test_the_page_says_it(self, text: str, display: str, count: int, where: str) -> None:
        sheet = judged(LOSS, display, JACOBIAN, text=text)
        assert [row.word for row in sheet.rows if row.kind == "claim"] == ["proved"]
        assert all(len(row.links) == count for row in sheet.rows if row.kind == "claim")
        assert where in sheet.assumed[0]

    def test_the_highest_number_of_a_layer_is_the_last_one(self) -> None:
        loss = LOSS.replace("(L)", "(2)")
        assert [len(row.links) for row in judged(CELL, loss, JACOBIAN).rows] == [2, 0, 2]

    def test_more_than_are_written_out_are_not_read(self) -> None:
        assert words(CELL, JACOBIAN, text="It has 12 layers.") == ["unread", "unread"]

    def test_a_claim_about_a_layer_that_nothing_defines_is_not_read(self) -> None:
        assert words(CELL, JACOBIAN.replace("U", "V")) == ["unread"]


class TestWords:
    @pytest.mark.parametrize(
        ("said", "read"),
        [
            ("All layers share the same weights.", False),
            ("The same recurrent matrix is used in each layer.", False),
            ("Weights are shared across layers and over time.", False),
            ("The layers are copies of one another.", False),
            ("Alle Schichten teilen ihre Gewichte.", False),
            ("各层共享权重。", False),
            ("Weights are shared over time, and each layer has its own.", True),
            ("The weights of each layer are the same at all time steps.", True),
            ("Each layer has its own weights.", True),
        ],
    )
    def test_layers_that_share_their_weights_are_not_read(self, said: str, read: bool) -> None:
        kinds = [row.kind for row in as_note(CELL, JACOBIAN, text=said).rows]
        assert kinds == (["definition", "claim"] if read else ["unread", "unread"])

    def test_what_is_said_of_the_first_state_of_each_layer_counts(self) -> None:
        box = (
            r"\frac{d h^{(1)}_t}{d U^{(1)}} = \sum_{k=1}^t \frac{\partial h^{(1)}_t}{\partial h^{(1)}_k} "
            r"\frac{\partial^+ h^{(1)}_k}{\partial U^{(1)}}"
        )
        assert words(CELL, LOSS, box) == ["proved"]
        assert words(CELL, LOSS, box, text="Here $h^{(l)}_0$ depends on $U^{(l)}$.") == ["undecided"]


class TestSums:
    LAYERS = r"E = \sum_{l=1}^{L} \sum_{t=1}^T \ell(h^{(l)}_t)"
    TOP = r"\frac{\partial E}{\partial h^{(L)}_t} = \frac{\partial \ell(h^{(L)}_t)}{\partial h^{(L)}_t}"

    def test_a_sum_over_layers_is_written_out(self) -> None:
        later = r" + (U^{(L)})^\top " + SLOPE % ("L", "{t+1}") + r" \frac{\partial E}{\partial h^{(L)}_{t+1}}"
        assert words(CELL, self.LAYERS, self.TOP + later, self.TOP) == ["proved", "refuted"]

    def test_a_product_over_layers_is_not_read(self) -> None:
        chain = (
            r"\frac{\partial h^{(L)}_t}{\partial h^{(l)}_t} = "
            r"\prod_{k=l+1}^{L} \frac{\partial h^{(k)}_t}{\partial h^{(k-1)}_t}"
        )
        assert words(CELL, chain) == ["unread"]


class TestNoLayers:
    def test_an_entry_is_none(self) -> None:
        note = as_note(r"s_{t,i} = \tanh(w_i s_{t-1,i-1} + v_i x_t)", text="A recurrent layer of units.")
        assert not note.given

    def test_a_power_is_none(self) -> None:
        note = as_note(r"h_t = a^{l-1} h_{t-1} + W x_t", r"L = \sum_{t=1}^T \ell(h_t)", text="The layer is linear.")
        assert not note.given

    def test_without_a_word_of_layers_only_l_counts_them(self) -> None:
        cell, jacobian, _ = respelled("h^{(LAYER)}_{STEP}", "^{(LAYER)}", "k")
        assert as_note(cell, jacobian).given == ()


def test_recursions_of_layers_hold_as_read_where_all_of_them_come_from_zero() -> None:
    def recursion(layer: str, above: str) -> str:
        return (
            rf"\delta^{{({layer})}}_t = (1 - (h^{{({layer})}}_t)^2) \odot "
            rf"({above} + (U^{{({layer})}})^\top \delta^{{({layer})}}_{{t+1}})"
        )

    loss = r"E = \sum_{t=1}^T \frac{1}{2} \|h^{(L)}_t - y_t\|^2"
    top = recursion("L", "h^{(L)}_t - y_t")
    lower = recursion("l", r"(W^{(l+1)})^\top \delta^{(l+1)}_t") + r", \qquad l = L-1, \dots, 1"
    true = r"\frac{\partial E}{\partial U^{(l)}} = \sum_{t=1}^T \delta^{(l)}_t (h^{(l)}_{t-1})^\top"
    found = words(CELL, loss, top, lower, true, true.replace("_{t-1}", "_t"), text="It has 2 layers.")
    assert found == ["holds-as-read", "refuted"]
