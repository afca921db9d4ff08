"""A side is written as the same graph as term by term, in a time and a size that grow as the step does."""

from __future__ import annotations

import pytest

from symbptt import Product, Sum, d, partial
from symbptt.errors import BudgetExceeded
from symbptt.functions import activation
from symbptt.page.notation import Expr
from symbptt.proofs.cascades import runs_along, write_side
from symbptt.proofs.graph import postorder
from symbptt.proofs.unrolled import Unrolling
from tests.pages import W, box, h, i, j, jacobian, note, recurrence, t

CASCADE = Product(jacobian(j), (j, i + 1, t))


def unrolling() -> Unrolling:
    return Unrolling(recurrence(), {"n": 2, "d": 2}, activation("tanh"))


@pytest.mark.parametrize(
    "node",
    [
        box(),
        Sum(CASCADE @ partial(h[i], W), (i, 1, t)),
        Sum(Product(jacobian(j), (j, i + 2, t + 1)) @ partial(h[i], W), (i, 1, t)),
        Sum(Product(jacobian(j), (j, i + 1, t), ascending=True) @ partial(h[i], W), (i, 1, t - 1)) + d(h[t], W),
        Sum(Product(jacobian(i), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1)),
        2 * d(h[t], W) - box(),
        Sum(CASCADE @ partial(h[i], W), (i, t + 1, t)),
    ],
)
def test_what_is_written_along_the_cascade_is_node_for_node_what_is_written_term_by_term(node: Expr) -> None:
    made = unrolling()
    for step in (1, 2, 3, 5):
        one, other = made.side(node, {"t": step}), write_side(made, node, {"t": step})
        assert one.shape == other.shape
        assert all(entry is twin for entry, twin in zip(one.flat, other.flat, strict=True)), step


def test_every_claim_of_the_note_is_written_as_the_same_nodes() -> None:
    page = note()
    made = Unrolling(page, {"n": 2, "d": 1, "q": 1}, activation("tanh"))
    checked = 0
    for tag in ("4", "5", "6", "10b", "box", "box-index", "box-order", "9.7.7"):
        _, right = page.resolved(page[tag])
        values = dict.fromkeys(("t", "T"), 4)
        pairs = zip(made.side(right, values).flat, write_side(made, right, values).flat, strict=True)
        assert all(entry is twin for entry, twin in pairs), tag
        checked += 1
    assert checked == 8


def test_a_product_that_changes_with_the_sum_in_another_way_is_no_cascade() -> None:
    cascade = Sum(CASCADE @ partial(h[i], W), (i, 1, t))
    assert runs_along(cascade, CASCADE)
    for product in (
        Product(jacobian(i), (j, i + 1, t)),
        Product(jacobian(j), (j, i + 1, t + i)),
        Product(jacobian(j), (j, 1, t)),
        Product(jacobian(j), (j, i + 1, t), ascending=True),
    ):
        assert not runs_along(Sum(product @ partial(h[i], W), (i, 1, t)), product), str(product)


def test_the_graph_grows_as_the_step_and_no_limit_of_terms_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbptt.page.expansion.LIMIT", 10_000)
    sizes = []
    for step in (40, 80, 160):
        made = unrolling()
        sizes.append(len(postorder(list(write_side(made, box(), {"t": step}).flat))))
    assert sizes[1] / sizes[0] == pytest.approx(2, rel=0.05)
    assert sizes[2] / sizes[1] == pytest.approx(2, rel=0.05)
    with pytest.raises(BudgetExceeded):
        unrolling().side(box(), {"t": 160})
