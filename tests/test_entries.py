"""Formulas about entries, read as formulas about vectors and matrices: true ones, and slips in an index."""

from __future__ import annotations

import pytest

from symbptt.reader.note import read
from symbptt.text.document import split_document
from tests.pages import rows, words, words_of

RAISED = (
    r"z_i^t = \sum_{j=1}^{n} w_{ij} h_j^{t-1} + \sum_{k=1}^{d} u_{ik} x_k^t + b_i",
    r"h_i^t = f(z_i^t)",
    r"E = \frac{1}{2} \sum_{t=1}^{T} \sum_{i=1}^{n} (h_i^t - y_i^t)^2",
    r"\delta_i^t = \frac{\partial E}{\partial z_i^t}",
)
CALLED = (
    r"s_k(t) = g(a_k(t))",
    r"a_k(t) = \sum_l v_{kl} s_l(t-1) + x_k(t)",
    r"q_{ij}^k(t) = \frac{d s_k(t)}{d v_{ij}}",
)
LISTED = (
    r"h_t = \tanh(W h_{t-1} + x_t)",
    r"o_t = V h_t",
    r"p_{t,k} = \frac{\exp(o_{t,k})}{\sum_{j} \exp(o_{t,j})}",
    r"\ell_t = -\sum_{k} y_{t,k} \log p_{t,k}",
    r"\sum_k y_{t,k} = 1",
)
UNITS = (r"s_{t,i} = \tanh(\sum_j w_{ij} s_{t-1,j} + \sum_k c_{ik} x_{t,k} + b_i)",)


@pytest.mark.parametrize(
    ("page", "true", "false"),
    [
        (
            RAISED,
            r"\frac{\partial E}{\partial w_{ij}} = \sum_{t=1}^{T} \delta_i^t h_j^{t-1}",
            r"\frac{\partial E}{\partial w_{ij}} = \sum_{t=1}^{T} \delta_j^t h_i^{t-1}",
        ),
        (
            RAISED,
            r"\frac{\partial E}{\partial w_{ji}} = \sum_{t=1}^{T} \delta_j^t h_i^{t-1}",
            r"\frac{\partial E}{\partial w_{ji}} = \sum_{t=1}^{T} \delta_j^t h_i^t",
        ),
        (
            RAISED,
            r"\delta_i^t = f'(z_i^t) \left( h_i^t - y_i^t + \sum_{l=1}^{n} w_{li} \delta_l^{t+1} \right), \qquad t < T",
            r"\delta_i^t = f'(z_i^t) \left( h_i^t - y_i^t + \sum_{l=1}^{n} w_{il} \delta_l^{t+1} \right), \qquad t < T",
        ),
        (
            RAISED,
            r"\frac{\partial h_i^{t+1}}{\partial h_j^{t-1}} = \sum_{l} f'(z_i^{t+1}) w_{il} f'(z_l^t) w_{lj}",
            r"\frac{\partial h_i^{t+1}}{\partial h_j^{t-1}} = \sum_{l} f'(z_i^{t+1}) w_{il} f'(z_l^{t+1}) w_{lj}",
        ),
        (
            CALLED,
            r"q_{ij}^k(t) = g'(a_k(t)) \left[ \sum_l v_{kl} q_{ij}^l(t-1) + \delta_{ik} s_j(t-1) \right]",
            r"q_{ij}^k(t) = g'(a_k(t)) \left[ \sum_l v_{kl} q_{ij}^l(t-1) + \delta_{jk} s_i(t-1) \right]",
        ),
        (
            LISTED,
            r"\frac{\partial p_{t,i}}{\partial o_{t,j}} = p_{t,i} (\delta_{ij} - p_{t,j})",
            r"\frac{\partial p_{t,i}}{\partial o_{t,j}} = p_{t,i} (\delta_{ij} - p_{t,i})",
        ),
        (
            LISTED,
            r"\frac{\partial \ell_t}{\partial o_{t,k}} = p_{t,k} - y_{t,k}",
            r"\frac{\partial \ell_t}{\partial o_{t,k}} = p_{t,k} (1 - y_{t,k})",
        ),
        (
            LISTED,
            r"\frac{\partial \ell_t}{\partial p_{t,k}} = -\frac{y_{t,k}}{p_{t,k}}",
            r"\frac{\partial \ell_t}{\partial p_{t,k}} = \frac{y_{t,k}}{p_{t,k}}",
        ),
        # A softmax of data alone, and the logarithm of a sum.
        (
            (r"s_{t,i} = \frac{e^{z_{t,i}}}{\sum_{k} e^{z_{t,k}}}",),
            r"\frac{\partial s_{t,i}}{\partial z_{t,k}} = s_{t,i} (\delta_{ik} - s_{t,k})",
            r"\frac{\partial s_{t,i}}{\partial z_{t,k}} = s_{t,i} (\delta_{ik} + s_{t,k})",
        ),
        (
            (r"o_t = V h_{t-1}", r"h_t = \tanh(W h_{t-1} + o_t)", r"E_t = \log \sum_k \exp(o_{t,k}) - c_t^\top o_t"),
            r"\frac{\partial E_t}{\partial o_t} = \mathrm{softmax}(o_t)^\top - c_t^\top",
            r"\frac{\partial E_t}{\partial o_t} = \mathrm{softmax}(o_t)^\top + c_t^\top",
        ),
        # A letter that counts in both: of a Jacobian the entries where they are equal.
        (
            UNITS,
            r"\frac{\partial^+ s_{t,i}}{\partial w_{ij}} = (1 - s_{t,i}^2) s_{t-1,j}",
            r"\frac{\partial^+ s_{t,i}}{\partial w_{ij}} = (1 - s_{t,i}^2) s_{t,j}",
        ),
        (
            UNITS,
            r"\frac{\partial^+ s_{t,j}}{\partial c_{jk}} = (1 - s_{t,j}^2) x_{t,k}",
            r"\frac{\partial^+ s_{t,j}}{\partial c_{jk}} = (1 - s_{t,j}^2) x_{t-1,k}",
        ),
        (
            RAISED,
            r"\frac{\partial h_i^t}{\partial z_i^t} = f'(z_i^t)",
            r"\frac{\partial h_i^t}{\partial z_i^t} = f(z_i^t)",
        ),
        (
            UNITS,
            r"\frac{\partial s_{t,i}}{\partial b_i} = (1 - s_{t,i}^2)",
            r"\frac{\partial s_{t,i}}{\partial b_i} = (1 - s_{t,i})",
        ),
    ],
)
def test_a_formula_about_entries_is_judged_and_a_slip_in_an_index_is_refuted(
    page: tuple[str, ...], true: str, false: str
) -> None:
    assert words(*page, true, false)[len(page) :] == ["proved", "refuted"]


def test_the_exponential_may_be_a_power_of_e() -> None:
    page = [side.replace(r"\exp(o_{t,k})", "e^{o_{t,k}}").replace(r"\exp(o_{t,j})", "e^{o_{t,j}}") for side in LISTED]
    assert words(*page, r"\frac{\partial \ell_t}{\partial o_{t,k}} = p_{t,k} - y_{t,k}")[-1] == "proved"


@pytest.mark.parametrize(
    ("page", "odd"),
    [
        # a sum that leaves entries out, one that ends at the number of others, and a product over entries
        (RAISED, r"\frac{\partial E}{\partial b_i} = \sum_{j=2}^{n} w_{ij} \delta_j^t"),
        (RAISED, r"\frac{\partial E}{\partial b_i} = \sum_{j=1}^{n-1} w_{ij} \delta_j^t"),
        (RAISED, r"\frac{\partial E}{\partial b_i} = \sum_{j=1}^{d} w_{ij} \delta_j^t"),
        (RAISED, r"\frac{\partial E}{\partial b_i} = \prod_{j=1}^{n} w_{ij} \delta_j^t"),
        (CALLED, r"q_{ij}^k(t) = v_{kl} q_{ij}^l(t-1)"),
    ],
)
def test_what_is_no_product_of_matrices_is_not_read(page: tuple[str, ...], odd: str) -> None:
    assert rows(*page, odd)[-1].kind == "unread"


def test_a_page_without_entries_beside_steps_is_left_as_it_is() -> None:
    page = (r"h_t = w h_{t-1} + x_t", r"\frac{d h_t}{d w} = \sum_{k=1}^{t} w^{t-k} h_{k-1}")
    assert words(*page) == ["definition", "proved"]


def test_a_letter_with_one_index_twice_is_the_diagonal_of_a_matrix() -> None:
    slope = r"\frac{\partial h_i(t)}{\partial h_i(t-1)} = (1 - h_i(t)^2) %s"
    whole = r"h_i(t) = \tanh(\sum_j w_{ij} h_j(t-1) + x_i(t))"
    assert words(whole, slope % "w_{ii}", slope % "w_{ij}")[1:] == ["proved", "unread"]
    alone = r"h_i(t) = \tanh(w_{ii} h_i(t-1) + x_i(t))"
    assert words(alone, slope % "w_{ii}", slope.replace("(t)^2", "(t-1)^2") % "w_{ii}")[1:] == ["proved", "refuted"]


@pytest.mark.parametrize(
    ("claim", "word"),
    [
        (r"\frac{\partial z_{t,i}}{\partial x_{t,j}} = W_{ij}", "proved"),
        (r"\frac{\partial z_{t,i}}{\partial x_{t,j}} = W_{ji}", "ill-typed"),
        (r"\frac{\partial z_{t,i}}{\partial x_{t,j}} = W_{kl}", "refuted"),
        (r"\frac{\partial z_{t,k}}{\partial x_{t,l}} = W_{kl}", "proved"),
    ],
)
def test_no_layout_turns_the_entries_of_a_claim_and_both_sides_are_counted_by_the_same_letters(
    claim: str, word: str
) -> None:
    note = read(split_document(f"$$z_{{t,i}} = \\sum_j W_{{ij}} x_{{t,j}}$$\n\n$$\n{claim}\n$$", "note.md"))
    assert words_of(note) == ["definition", word]
