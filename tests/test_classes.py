r"""The class of a step as an index: -log ŷ_{t,y_t} and its gradient, in the forms that are met, each with its twin."""

from __future__ import annotations

import pytest

from tests.pages import as_note, rows, words

CELL = (r"h_t = \tanh(W h_{t-1} + U x_t)", r"z_t = V h_t", r"p_t = \mathrm{softmax}(z_t)")
LOSS = r"L = -\sum_{t=1}^{T} \log p_{t,c_t}"
WEIGHT = r"\frac{\partial L}{\partial V} = "


@pytest.mark.parametrize(
    "loss",
    [
        LOSS,
        r"L = \sum_{t=1}^{T} -\log p_{t,c_t}",
        r"L = -\sum_{t=1}^{T} \ln (p_t)_{c_t}",
        r"L = -\sum_{t=1}^{T} \log\left(p_{t, c_t}\right)",
        r"L = -\sum_{t=1}^{T} \log p_t[c_t]",
        r"L = \sum_{t=1}^{T} \left( -z_{t,c_t} + \log \sum_j \exp(z_{t,j}) \right)",
        r"L = -\sum_{t=1}^{T} \log \frac{\exp(z_{t,c_t})}{\sum_j \exp(z_{t,j})}",
    ],
)
def test_the_loss_of_a_class_is_read_in_every_form(loss: str) -> None:
    true = WEIGHT + r"\sum_{t=1}^{T} (p_t - \mathrm{onehot}(c_t)) h_t^\top"
    false = WEIGHT + r"\sum_{t=1}^{T} (p_t + \mathrm{onehot}(c_t)) h_t^\top"
    found = words(*CELL, loss, true, false)
    assert set(found[:4]) == {"definition"}
    assert found[4:] == ["proved", "refuted"]


@pytest.mark.parametrize(
    "one",
    [r"1_{k=c_t}", r"\mathbf{1}_{c_t = k}", r"\mathbb{1}[k = c_t]", r"\delta_{k,c_t}", r"\delta_{k c_t}", "[k = c_t]",
     r"\mathbb{1}_{\{k = c_t\}}", r"\mathbb{I}(c_t = k)"],
)  # fmt: skip
def test_an_indicator_is_an_entry_of_its_column(one: str) -> None:
    left = r"\frac{\partial L}{\partial z_{t,k}} = p_{t,k}"
    assert words(*CELL, LOSS, f"{left} - {one}", rf"{left} - 2 \cdot {one}")[4:] == ["proved", "refuted"]


@pytest.mark.parametrize(
    "column", ["e_{c_t}", r"\mathbf{e}_{c_t}", r"\mathbf{1}_{c_t}", r"\mathrm{onehot}(c_t)", "c_t"]
)
def test_the_column_of_a_class_is_one_hot_and_that_is_said(column: str) -> None:
    left = r"\nabla_{z_t} L = "
    assert words(*CELL, LOSS, f"{left} p_t - {column}", f"{left} {column} - p_t")[4:] == ["proved", "refuted"]
    said = as_note(*CELL, LOSS, f"{left} p_t - {column}").assumed
    assert any("c_t is one-hot, as its use as an index says" in one for one in said)


def test_where_steps_and_classes_stand_above_it_is_read_too() -> None:
    page = (
        r"h^{(t)} = \tanh(W h^{(t-1)} + U x^{(t)})",
        r"o^{(t)} = c + V h^{(t)}",
        r"\hat y^{(t)} = \mathrm{softmax}(o^{(t)})",
        r"L = -\sum_t \log \hat y^{(t)}_{y^{(t)}}",
    )
    left = r"(\nabla_{o^{(t)}} L)_i = \hat y_i^{(t)}"
    claims = (rf"{left} - \mathbf{{1}}_{{i=y^{{(t)}}}}", rf"{left} + \mathbf{{1}}_{{i=y^{{(t)}}}}")
    bias = (r"\nabla_c L = \sum_t (\hat y^{(t)} - e_{y^{(t)}})", r"\nabla_c L = \sum_t (\hat y^{(t)} - 2 e_{y^{(t)}})")
    assert words(*page, *claims, *bias)[4:] == ["proved", "refuted", "proved", "refuted"]


def test_a_letter_that_is_defined_is_no_class() -> None:
    gate = r"c_t = \tanh(A c_{t-1} + h_t)"
    found = words(*CELL, gate, LOSS)
    assert found[-1] == "unread"
    assert not any("one-hot" in said for said in as_note(*CELL, gate, LOSS).assumed)


def test_an_entry_of_a_gradient_in_brackets_is_the_gradient_in_that_entry() -> None:
    loss = r"L = -\sum_t \sum_k y_{t,k} \log p_{t,k}"
    claim = r"(\nabla_{z_t} L)_k = p_{t,k} %s y_{t,k}"
    assert words(*CELL, loss, claim % "-", claim % "+", text="where $y_t$ is one-hot.")[4:] == ["proved", "refuted"]


def test_a_minus_behind_a_sum_at_the_end_belongs_to_what_is_summed() -> None:
    cell = r"h_t = \tanh(W h_{t-1} + x_t)"
    loss = r"L = \sum_{t=1}^{T} -\ell(h_t)"
    claim = r"\frac{d L}{d W} = %s\sum_{t=1}^{T} \frac{\partial \ell(h_t)}{\partial h_t} \frac{d h_t}{d W}"
    assert words(cell, loss, claim % "-", claim % "") == ["definition", "definition", "proved", "refuted"]
    # How far the Σ reaches is not clear where more follows.
    assert words(cell, r"L = \sum_{t=1}^{T} -\ell(h_t) + \ell(h_0)")[1] == "unread"


def test_a_display_that_goes_on_and_a_sum_without_its_counter_cost_themselves_alone() -> None:
    odd = (r"\frac{\partial L}{\partial z_t} = p_t - e_{c_t}", "= k", r"M = \sum_{=1}^{T} z_t")
    found = words(*CELL, LOSS, *odd)
    assert found[:5] == ["definition"] * 4 + ["proved"]
    assert found[5:] == ["ill-typed", "unread"]
    for row in rows(*CELL, LOSS, *odd)[5:]:
        assert "internal error" not in row.reason
