from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest

from symbptt import Derivation, Sum, d, data, function, indices, partial, state, weight
from symbptt.errors import IllTyped, PageError, Undecided
from symbptt.page.expansion import definition_at, first_step, instances, unstated
from symbptt.page.notation import Expr, concat
from symbptt.page.shapes import agree, check, shape, written
from tests.pages import D, U, W, box, h, i, n, note, phi, recurrence, t, x

T, s = indices("T s")
L, b, f = state("L"), weight("b", n), function("f", n)


def test_the_note_has_every_displayed_equation_in_order() -> None:
    tags = [equation.tag for equation in note() if equation.kind != "misreading"]
    displayed = ["1", "1b", "2", "3", "4", "5", "6", "7", "8", "9", "10a", "10b", "box"]
    assert [tag for tag in tags if tag in displayed] == displayed


def test_an_equation_knows_the_line_it_is_stated_on() -> None:
    page = Derivation("A page")
    equation = page.define("1", h[t], phi(W @ h[t - 1]))
    assert equation.place.path == __file__
    line = Path(__file__).read_text().splitlines()[equation.place.line - 1]
    assert 'page.define("1", h[t], phi(W @ h[t - 1]))' in line


class TestBadPages:
    """Each message is what a user sees; the twin beside it is accepted."""

    def fails(self, message: str, tag: str, left: Expr, *sides: Expr, page: Derivation | None = None) -> None:
        with pytest.raises(PageError) as caught:
            (page or Derivation("A page")).define(tag, left, *sides)
        assert str(caught.value).partition(": ")[2] == message
        assert caught.value.place is not None
        assert caught.value.place.path == __file__

    def test_a_tag_used_twice(self) -> None:
        page = recurrence()
        line = page["h"].place.line
        self.fails(
            f"equation (h): the tag is already used at line {line}; give it another",
            "h",
            state("g")[t],
            x[t],
            page=page,
        )
        page.define("g", state("g", D)[t], x[t])

    def test_a_definition_of_one_step_that_refers_forward_in_time(self) -> None:
        self.fails(
            "equation (1): h_0 refers forward in time to h_1; a definition may use earlier steps only",
            "1",
            h[0],
            phi(W @ h[1]),
        )

    def test_a_definition_that_refers_to_both_sides_in_time(self) -> None:
        both = "equation (1): h_t is computed from earlier and from later steps of itself"
        self.fails(both, "1", h[t], Sum(W @ h[i], (i, 1, t + 1)))
        self.fails(both, "1", h[t], W @ h[t + 1] + W @ h[t - 1])
        Derivation("A page").define("1", h[t], Sum(W @ h[i], (i, 1, t - 1)))

    def test_a_state_defined_by_itself_at_the_same_step(self) -> None:
        self.fails("equation (1): h_t is defined by itself at the same step", "1", h[t], phi(W @ h[t]))

    def test_two_states_defined_by_each_other_at_the_same_step(self) -> None:
        g, page = state("g", n), Derivation("A page")
        page.define("1", h[t], phi(W @ g[t]))
        self.fails("equation (2): g_t is defined by itself at the same step", "2", g[t], phi(W @ h[t]), page=page)
        page.define("2", g[t], phi(W @ h[t - 1]))

    def test_a_second_definition(self) -> None:
        self.fails(
            "equation (2): h_t is already defined by (h); a second right side is a claim",
            "2",
            h[t],
            phi(x[t]),
            page=recurrence(),
        )

    def test_a_left_side_that_is_no_state(self) -> None:
        self.fails(
            "equation (1): the left side of a definition is a state such as h[t], not d h_t/d W; "
            "use claim for an equation between two expressions",
            "1",
            d(h[t], W),
            partial(h[t], W),
        )

    def test_a_derivative_of_itself_in_a_definition(self) -> None:
        self.fails(
            "equation (1): h_t is computed from earlier and from later steps of itself", "1", h[t], d(h[t - 1], W)
        )

    def test_one_name_for_two_letters(self) -> None:
        self.fails(
            "equation (2): x is declared twice, as data and as weight or with two shapes; "
            "give one of them another name",
            "2",
            state("g")[t],
            weight("x") @ data("z")[t],
            page=recurrence(),
        )

    def test_a_weight_to_stand_in_for_none(self) -> None:
        with pytest.raises(PageError, match="also_in needs one weight to stand in for"):
            recurrence().claim("1", h[t], h[t], also_in=[W])

    def test_sizes_that_do_not_compose(self) -> None:
        page = Derivation("A page")
        page.define("2", h[t], phi(U @ h[t - 1]))
        with pytest.raises(PageError) as caught:
            check(page)
        assert str(caught.value).endswith(
            "equation (2): sizes do not compose: U is n×d and h_{t-1} is n×1: "
            "a product needs d rows on its right, not n"
        )
        check(recurrence())

    def test_a_right_side_of_another_size(self) -> None:
        page = Derivation("A page")
        page.define("2", h[t], x[t])
        with pytest.raises(PageError, match=r"sizes do not compose: h_t is n×1, but its right side is d×1"):
            check(page)


class TestNames:
    """f, f_1 and f(x_t, h_{t-1}, w) name a step."""

    f = function("f", n)

    def page(self) -> Derivation:
        page = recurrence()
        page.define("f", h[t], self.f(x[t], h[t - 1], W))
        return page

    def test_a_bare_function_names_the_step(self) -> None:
        assert self.page().resolve(partial(self.f, W)) == partial(h[t], W)

    def test_an_application_names_the_step_it_is_applied_at(self) -> None:
        assert self.page().resolve(partial(self.f(x[s], h[s - 1], W), h[s - 1])) == partial(h[s], h[s - 1])

    def test_an_application_to_other_steps_has_no_meaning(self) -> None:
        with pytest.raises(IllTyped, match="has no meaning on the page, which says f"):
            self.page().resolve(partial(self.f(x[t], h[t - 2], W), W))

    def test_what_is_not_an_argument_cannot_be_differentiated_in(self) -> None:
        with pytest.raises(IllTyped, match="has no argument U: it is a function of"):
            self.page().resolve(partial(self.f(x[t], h[t - 1], W), U))

    def test_a_function_nobody_defines_has_no_meaning(self) -> None:
        with pytest.raises(IllTyped, match="g has no meaning on the page"):
            self.page().resolve(partial(function("g", n), W))


class TestShapes:
    def test_a_derivative_has_a_row_for_each_entry_and_a_column_for_each_variable(self) -> None:
        assert written(shape(recurrence(), d(h[t], U))) == "n×dn"
        assert written(shape(recurrence(), partial(h[t], h[t - 1]))) == "n×n"

    def test_both_sides_need_one_shape(self) -> None:
        page = recurrence()
        agree(page, d(h[t], W), box())
        with pytest.raises(IllTyped, match="the left side is n×nn and the right side n×dn"):
            agree(page, d(h[t], W), d(h[t], U))

    def test_a_letter_nobody_defines_has_no_meaning(self) -> None:
        with pytest.raises(IllTyped, match="g has no meaning on the page: it is a state that no equation defines"):
            shape(recurrence(), d(state("g")[t], W))

    def test_blocks_side_by_side_need_the_same_rows(self) -> None:
        assert written(shape(recurrence(), concat(W, U))) == "n×d+n"
        with pytest.raises(IllTyped, match="the same number of rows"):
            shape(recurrence(), concat(W, U.T))

    def test_the_factors_of_a_product_are_square(self) -> None:
        from symbptt import Product

        with pytest.raises(IllTyped, match="are square"):
            shape(recurrence(), Product(d(h[i], U), (i, 1, t)))


class TestSteps:
    @pytest.mark.parametrize(
        ("tag", "first"), [("4", 1), ("6", 1), ("7", 2), ("8", 3), ("9", 2), ("10a", 2), ("10b", 2), ("box", 1)]
    )
    def test_the_first_step_is_where_the_equation_makes_sense(self, tag: str, first: int) -> None:
        page = note()
        assert first_step(page, page[tag]) == first
        if first > 1:
            assert "before the first step" in unstated(page, page[tag], first - 1)

    def test_the_page_may_state_a_later_start(self) -> None:
        page = recurrence()
        claim = page.claim("1", d(h[t], W), box(), start=3)
        assert first_step(page, claim) == 3
        assert unstated(page, claim, 2) == "the page states it from t = 3 on"

    def test_an_empty_range_states_nothing(self) -> None:
        page = recurrence()
        claim = page.claim("1", h[t], h[t], for_each=[(i, 2, t)])
        assert unstated(page, claim, 1) == "there is no value for its indices"
        assert unstated(page, claim, 2) == ""

    def test_ranges_and_weights_are_run_through(self) -> None:
        page = note()
        read = list(instances(page, page["terms"], 3))
        assert len(read) == 3 * 4
        assert {values["i"] for values, _ in read} == {1, 2, 3}
        assert [weight.symbol for _, weight in read[::3] if weight is not None] == ["w_h", "W_xh", "W_hh", "b_h"]

    def test_a_time_beside_a_horizon_runs_up_to_it(self) -> None:
        page, L = recurrence(), state("L")
        c = weight("c", 1, n)
        page.define("L", L, Sum(c @ h[t], (t, 1, T)))
        claim = page.claim("1", d(L, h[t]), d(L, h[t]))
        assert [values for values, _ in instances(page, claim, 3)] == [{"T": 3, "t": at} for at in (1, 2, 3)]


def test_a_page_that_grows_answers_for_the_equations_it_has_now() -> None:
    page = Derivation("A page that grows")
    page.define("h", h[t], phi(W @ h[t - 1]))
    before = page.meaning
    assert definition_at(page, h[0]) is None
    assert page.resolve(L) is L
    with pytest.raises(IllTyped, match="f has no meaning on the page"):
        page.resolve(partial(f, W))
    page.define("h0", h[0], phi(b))
    page.define("f", h[t], f(h[t - 1], W))
    page.define("L", L, Sum(h[t].T @ h[t], (t, 1, T)))
    assert page.meaning is not before
    assert str(definition_at(page, h[0])) == "phi(b)"
    assert str(page.resolve(L)) == "L_T"
    assert page.meaning.horizons == {"T"}
    assert str(page.resolve(partial(f, W))) == "∂⁺h_t/∂W"
    assert page.meaning is page.meaning


def test_a_page_whose_equations_are_changed_is_resolved_again() -> None:
    page = Derivation("Two pages")
    page.define("h", h[t], phi(W @ h[t - 1]))
    assert str(page.meaning.body(h, 2)) == "phi(W · h_1)"
    other = copy.copy(page)
    other.equations = [replace(known, right=phi(h[t - 1])) for known in page]
    assert str(other.meaning.body(h, 2)) == "phi(h_1)"
    assert str(page.meaning.body(h, 2)) == "phi(W · h_1)"
    page.equations = []
    assert page.meaning.body(h, 2) is None


def test_a_body_outranks_a_name_in_whichever_order_they_stand() -> None:
    body, name = phi(W @ h[t - 1]), f(h[t - 1], W)
    for order in ((name, body), (body, name)):
        page = Derivation("A name and a body")
        for tag, said in enumerate(order):
            page.define(str(tag), h[t], said)
        assert page.meaning.defined(h).body == body
    page = Derivation("A name alone")
    page.define("1", h[t], name)
    assert page.meaning.defined(h).body == name


def test_a_horizon_is_told_from_a_time() -> None:
    page = Derivation("A loss over all steps")
    page.define("h", h[t], phi(W @ h[t - 1]))
    page.define("L", L, Sum(h[t].T @ h[t], (t, 1, T)))
    both = page.meaning.stated(page.claim("1", d(L, W), d(h[t], W)))
    assert (both.horizons, both.times, both.clock) == (("T",), ("t",), "T")
    fixed = page.meaning.stated(page.claim("2", d(h[3], W), d(h[3], W)))
    assert (fixed.horizons, fixed.times, fixed.clock) == ((), (), None)


def test_a_state_with_a_definition_at_a_later_step_has_no_one_definition() -> None:
    page = Derivation("Two beginnings")
    page.define("h", h[t], phi(W @ h[t - 1]))
    page.define("h0", h[0], phi(b))
    assert page.meaning.general(h).fixed.keys() == {0}
    page.define("h2", h[2], phi(b))
    with pytest.raises(Undecided, match="h has a definition of its own at the step 2"):
        page.meaning.general(h)
