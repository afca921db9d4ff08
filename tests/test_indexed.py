"""Sizes as letters on the unrolled expression: what it proves, that it can fail, and brute force beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Integer, Rational, S, Symbol

from symbptt.errors import BudgetExceeded, IllTyped
from symbptt.functions import activation, activations
from symbptt.page.derivation import Derivation
from symbptt.page.expansion import expand, instances, unstated
from symbptt.page.notation import Dim, Expr, Index, Product, Sum, concat, copy_at, d, function, partial, state, weight
from symbptt.page.shapes import parts
from symbptt.proofs.contraction import DELTA, Entry, Entrywise, Factor, Kernel, Opaque, Size, Spaces, Term
from symbptt.proofs.exact import NormalForms
from symbptt.proofs.graph import Graph
from symbptt.proofs.heads import Arbitrary
from symbptt.proofs.indexed import Indexed, Unrolled, Value, follow_indexed
from symbptt.proofs.unrolled import Unrolling
from tests.pages import D, U, W, box, h, i, j, jacobian, n, note, phi, recurrence, t, x

ANY = activation("any")
b = weight("b", n)


def asked(page: Derivation, left: Expr, right: Expr, step: int, name: str = "any", **more: Any) -> Indexed:
    tag = f"claim {len(page.equations)}"
    return follow_indexed(page, page.claim(tag, left, right, **more), step, activation(name))


def letters() -> Derivation:
    """A page with transposes, products of states, a loss, several states at one step, and h_0 from a weight."""
    page = Derivation("Letters")
    page.define("h0", h[0], phi(W @ b))
    page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t] + b))
    page.define("g", g[t], W.T @ h[t] + (h[t].T @ h[t - 1]) @ b)
    page.define("s", s[t], f(g[t], h[t - 1], b))
    page.define("e", e[t], ell(s[t], W))
    return page


g, s, e = state("g", n), state("s", n), state("e")
f, ell = function("f", n), function("ell", 1)


# --------------------------------------------------------------------------------------------------- the note


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_every_claim_of_the_note_is_proved_where_it_is_stated(step: int) -> None:
    page = note()
    asked_at = [equation for equation in page if equation.kind == "claim" and not unstated(page, equation, step)]
    assert [equation.tag for equation in asked_at if not follow_indexed(page, equation, step, ANY).proved] == []
    assert len(asked_at) == {1: 9, 2: 13, 3: 14, 4: 14}[step]


def test_no_misreading_of_the_note_is_proved_at_the_fourth_step() -> None:
    page = note()
    misread = [equation for equation in page if equation.kind == "misreading"]
    found = {equation.tag: follow_indexed(page, equation, 4, ANY) for equation in misread}
    assert [tag for tag, answer in found.items() if answer.proved] == []
    assert all("at t = 4 in w_h: the sides differ by" in answer.reason for answer in found.values())
    assert len(found) == 7


def test_the_box_has_as_many_terms_as_there_are_paths() -> None:
    page = note()
    assert follow_indexed(page, page["box"], 8, ANY) == Indexed(True, "", 8)


@pytest.mark.parametrize("name", activations())
def test_the_box_and_the_losses_are_proved_for_each_activation(name: str) -> None:
    page = note()
    for tag in ("4", "5", "6", "box"):
        assert follow_indexed(page, page[tag], 3, activation(name)).proved


def test_with_a_linear_activation_all_jacobians_commute_and_the_order_is_invisible() -> None:
    page = note()
    assert follow_indexed(page, page["box-order"], 4, activation("identity")).proved
    assert not follow_indexed(page, page["box-order"], 4, activation("tanh")).proved


# --------------------------------------------------------------------------------------------------- near twins


def ascending(transposed: bool = False) -> Expr:
    factor = jacobian(j).T if transposed else jacobian(j)
    return partial(h[t], W) + Sum(
        Product(factor, (j, i + 1, t), ascending=not transposed) @ partial(h[i], W), (i, 1, t - 1)
    )


def test_the_box_is_proved_and_its_twins_are_not() -> None:
    page = recurrence()
    twins = {
        "ascending": (ascending(), 3),
        "transposed": (ascending(transposed=True), 2),
        "total in the sum": (
            partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ d(h[i], W), (i, 1, t - 1)),
            3,
        ),
        "total lead": (d(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t - 1)), 2),
        "sum to t": (partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t)), 1),
        "sum from 2": (
            partial(h[t], W) + Sum(Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W), (i, 2, t - 1)),
            2,
        ),
        "product from i": (
            partial(h[t], W) + Sum(Product(jacobian(j), (j, i, t)) @ partial(h[i], W), (i, 1, t - 1)),
            2,
        ),
        "one immediate": (partial(h[t], W) + jacobian(t) @ partial(h[t - 1], W), 3),
        "sign": (partial(h[t], W) - jacobian(t) @ d(h[t - 1], W), 2),
        "twice": (2 * box(), 1),
    }
    for step in (1, 2, 3, 4):
        assert asked(page, d(h[t], W), box(), step).proved
    for name, (twin, first) in twins.items():
        assert [step for step in (1, 2, 3, 4) if not asked(page, d(h[t], W), twin, step).proved] == list(
            range(first, 5)
        ), name


def test_of_32_readings_of_the_box_one_holds_from_the_third_step_on() -> None:
    page = recurrence()
    held = dict.fromkeys((1, 2, 3, 4), 0)
    ways: tuple[Callable[[Expr, Expr], Expr], ...] = (d, partial)
    for left, lead, term in product(ways, repeat=3):
        for upper, order in product((t, t + 1), (False, True)):
            jacobians = Product(jacobian(j), (j, i + 1, upper), ascending=order)
            reading = lead(h[t], W) + Sum(jacobians @ term(h[i], W), (i, 1, t - 1))
            for step in held:
                held[step] += asked(page, left(h[t], W), reading, step).proved
    assert held == {1: 32, 2: 4, 3: 1, 4: 1}


def test_a_transposed_jacobian_of_one_step_is_not_proved() -> None:
    page = recurrence()
    assert asked(page, jacobian(t), jacobian(t), 1).proved
    assert not asked(page, jacobian(t), jacobian(t).T, 1).proved
    assert not asked(page, W, W.T, 1).proved


def test_total_and_immediate_are_told_apart() -> None:
    page = recurrence()
    assert asked(page, d(h[t], W), partial(h[t], W), 1).proved
    assert not asked(page, d(h[t], W), partial(h[t], W), 2).proved
    assert not asked(page, partial(h[t], W), d(h[t], W), 2).proved


def test_an_initial_state_that_depends_on_the_weight_adds_its_term() -> None:
    page = letters()
    assert not asked(page, d(h[t], W), box(), 2).proved
    whole = box() + Product(jacobian(j), (j, 1, t)) @ d(h[0], W)
    assert all(asked(page, d(h[t], W), whole, step).proved for step in (1, 2, 3))


# --------------------------------------------------------------------------------------------------- further claims


def test_jacobians_over_several_steps_are_descending_products() -> None:
    page = recurrence()
    assert asked(page, partial(h[t], h[t - 3]), Product(jacobian(j), (j, t - 2, t)), 4).proved
    assert not asked(page, partial(h[t], h[t - 3]), Product(jacobian(j), (j, t - 2, t), ascending=True), 4).proved
    each: dict[str, Any] = {"for_each": [(i, 0, t)]}
    assert asked(page, partial(h[t], h[i]), Product(jacobian(j), (j, i + 1, t)), 4, **each).proved


def test_copies_of_the_weight_give_the_terms_and_their_sum_the_total() -> None:
    page = recurrence()
    each: dict[str, Any] = {"for_each": [(i, 1, t)]}
    term = Product(jacobian(j), (j, i + 1, t)) @ partial(h[i], W)
    assert asked(page, d(h[t], copy_at(W, i)), term, 4, **each).proved
    assert asked(page, Sum(d(h[t], copy_at(W, i)), (i, 1, t)), d(h[t], W), 4).proved
    assert asked(page, partial(h[t], W), d(h[t], copy_at(W, t)), 4).proved
    assert not asked(page, Sum(d(h[t], copy_at(W, i)), (i, 2, t)), d(h[t], W), 4).proved
    assert not asked(page, d(h[t], copy_at(W, i)), partial(h[i], W), 2, **each).proved


def test_functions_of_several_vectors_and_several_states_at_one_step() -> None:
    page = letters()
    chain = partial(e[t], W, own=True) + partial(e[t], s[t]) @ d(s[t], W)
    assert asked(page, d(e[t], W), chain, 3).proved
    inside = partial(e[t], W) + partial(e[t], s[t]) @ d(s[t], W)
    assert not asked(page, d(e[t], W), inside, 1).proved, "∂⁺e_t/∂W goes through s_t, which is of its step"
    assert not asked(page, d(e[t], W), partial(e[t], s[t]) @ d(s[t], W), 1).proved
    inner = partial(s[t], W) + partial(s[t], g[t]) @ d(g[t], W) + partial(s[t], h[t - 1]) @ d(h[t - 1], W)
    assert not asked(page, d(s[t], W), inner, 2).proved, "∂s_t/∂h_{t-1} already reaches through g_t"
    direct = d(s[t], h[t]) @ partial(h[t], b) + partial(s[t], h[t - 1]) @ d(h[t - 1], b)
    assert not asked(page, d(s[t], b), direct, 2).proved, "b stands in g_t and s_t too"


def test_a_gradient_in_data_and_a_second_derivative_are_taken() -> None:
    page = recurrence()
    assert asked(page, d(h[t], x[1]), Product(jacobian(j), (j, 2, t)) @ d(h[1], x[1]), 3).proved
    assert not asked(page, d(h[t], x[1]), Product(jacobian(j), (j, 2, t)) @ d(h[1], x[1]) + d(h[t], x[1]), 3).proved
    assert asked(page, d(d(h[t], W), W), d(box(), W), 2).proved
    assert not asked(page, d(d(h[t], W), W), d(partial(h[t], W), W), 2).proved


# --------------------------------------------------------------------------------------------------- brute force


class Explicit:
    """A form with numbers for its sizes, entry by entry, in the symbols and heads of an unrolling."""

    def __init__(self, kernel: Kernel, numbers: dict[str, int]) -> None:
        self.kernel, self.numbers = kernel, numbers
        self.graph = Graph()
        self.known: dict[tuple[int, tuple[int, ...]], Any] = {}
        self.factors: dict[tuple[int, tuple[int, ...]], Any] = {}

    def entries(self, value: Value) -> list[Any]:
        rows, columns = self.all(value.rows), self.all(value.columns)
        return [self.form(value.form, (*row, *column)) for row in rows for column in columns]

    def all(self, spaces: Spaces) -> list[tuple[int, ...]]:
        # The first index runs fastest, as in a vec.
        ranges = [range(space.size.at(self.numbers)) for space in reversed(spaces)]
        return [indices[::-1] for indices in product(*ranges)]

    def form(self, form: dict[Term, Any], free: Sequence[int]) -> Any:
        terms = []
        for term, coefficient in form.items():
            for bound in product(*(range(size.at(self.numbers)) for size in term.bounds)):
                at = [
                    self.factor(label, tuple(free[index] if index >= 0 else bound[-1 - index] for index in indices))
                    for label, indices in term.factors
                ]
                number = Fraction(coefficient)
                terms.append(self.graph.product(Rational(number.numerator, number.denominator), *at))
        return self.graph.total(*terms)

    def factor(self, number: int, indices: tuple[int, ...]) -> Any:
        # The same factor is the same node: two that are equal would be compared tree by tree.
        if (number, indices) not in self.factors:
            self.factors[number, indices] = self.made(number, indices)
        return self.factors[number, indices]

    def made(self, number: int, indices: tuple[int, ...]) -> Any:
        match self.kernel.labels[number]:
            case Entry(name):
                return Symbol(f"{name}[{','.join(str(index + 1) for index in indices)}]", real=True)
            case Size(letter):
                return Integer(self.numbers[letter])
            case Entrywise(head, family):
                return head.func(*head.args[:-1], self.at(family, indices))
            case Opaque(name, components, families, slots):
                entries = [[self.at(family, at) for at in self.all(self.spaces(family))] for family in families]
                orders = [[0] * len(of) for of in entries]
                rest = indices[components:]
                for slot in slots:
                    width = len(self.spaces(families[slot]))
                    orders[slot][self.all(self.spaces(families[slot])).index(rest[:width])] += 1
                    rest = rest[width:]
                component = indices[0] if components else 0
                flat = [Integer(order) for of in orders for order in of], [entry for of in entries for entry in of]
                return Arbitrary(Symbol(name, real=True), Integer(component), *flat[0], *flat[1])
            case _:
                return S.One if indices[0] == indices[1] else S.Zero

    def spaces(self, family: int) -> Spaces:
        return self.kernel.families[family].spaces

    def at(self, family: int, indices: tuple[int, ...]) -> Any:
        if (family, indices) not in self.known:
            self.known[family, indices] = self.form(self.kernel.families[family].form, indices)
        return self.known[family, indices]


def compared(page: Derivation, tags: Sequence[str], step: int, numbers: dict[str, int], name: str) -> int:
    """How many entries of both sides were compared with brute force, each side on its own."""
    unrolling, kernel, forms = Unrolling(page, numbers, activation(name)), Kernel(), NormalForms()
    explicit = Explicit(kernel, numbers)
    count = 0
    for tag in tags:
        for values, taken in instances(page, page[tag], step):
            blocks = parts(page, taken) if taken is not None else ()
            for side in page.resolved(page[tag], taken):
                whole = unrolling.side(side, values)
                for block in blocks if blocks not in ((), (taken,)) else (None,):
                    theirs = whole
                    if taken is not None and block is not None:
                        columns = unrolling.variables(taken)
                        theirs = whole[:, [columns.index(symbol) for symbol in unrolling.variables(block)]]
                    unrolled = Unrolled(page, activation(name), kernel, block)
                    mine = explicit.entries(unrolled.side(expand(side, values)))
                    assert len(mine) == theirs.size
                    assert all(forms.equal(mine, list(theirs.flat))), (tag, taken, side)
                    count += len(mine)
    return count


@pytest.mark.parametrize(("step", "count"), [(1, 434), (2, 874), (3, 1050)])
def test_the_sides_of_the_note_are_those_of_brute_force(step: int, count: int) -> None:
    page = note()
    tags = [equation.tag for equation in page if equation.kind == "claim" and not unstated(page, equation, step)]
    assert compared(page, tags, step, {"n": 2, "d": 3, "q": 2}, "any") == count


@pytest.mark.parametrize(("name", "step"), [("any", 2), ("tanh", 2), ("softplus", 2), ("identity", 1)])
def test_the_sides_of_other_claims_are_those_of_brute_force(name: str, step: int) -> None:
    page = letters()
    sides: list[Expr] = [
        e[t],
        d(e[t], W),
        d(e[t], b),
        d(g[t], x[1]),
        partial(s[t], h[t - 1]),
        partial(g[t], b),
        d(s[t], copy_at(W, 1)),
        d(h[t], copy_at(b, 0)) @ g[t],
        d(h[t], W).T @ h[t],
        d(d(h[t], b), b),
        h[t] @ h[t - 1].T @ W,
        d(h[t] @ h[t - 1].T, b),
        partial(e[t], W) @ d(h[t], W).T,
    ]
    for place, side in enumerate(sides):
        page.claim(f"side {place}", side, side)
    assert compared(page, [f"side {place}" for place in range(len(sides))], step, {"n": 2, "d": 2}, name) == 2 * (
        1 + 4 + 2 + 4 + 4 + 4 + 8 + 2 + 4 + 8 + 4 + 8 + 2
    )


# --------------------------------------------------------------------------------------------------- not decided


def test_a_product_over_the_columns_of_a_concatenated_weight_is_not_decided() -> None:
    page = note()
    gradient = d(page["2"].left, page["w_h"].left)
    answer = asked(page, gradient @ gradient.T, gradient @ gradient.T, 1)
    assert not answer.proved
    assert "is not multiplied with sizes as letters" in answer.reason


def test_a_second_derivative_in_a_concatenated_weight_is_not_decided() -> None:
    # Block by block would see the blocks on the diagonal alone.
    page = note()
    second = d(d(page["2"].left, page["w_h"].left), page["w_h"].left)
    answer = asked(page, second, second, 1)
    assert not answer.proved
    assert "not compared one by one" in answer.reason


def test_a_block_that_stands_twice_is_ill_typed() -> None:
    page = recurrence()
    inner, outer = weight("inner"), weight("outer")
    page.define("inner", inner, concat(W, U).T)
    page.define("outer", outer, concat(inner, inner))
    with pytest.raises(IllTyped, match="outer has W in it twice"):
        asked(page, d(h[t], outer), partial(h[t], outer), 2)


def test_a_block_that_is_itself_put_together_is_not_decided() -> None:
    page = recurrence()
    inner, outer = weight("inner"), weight("outer")
    page.define("inner", inner, concat(W, U).T)
    page.define("outer", outer, concat(inner, weight("C", D + n)))
    wrong = asked(page, d(h[t], outer), 2 * d(h[t], outer), 2)
    assert not wrong.proved


def test_an_immediate_partial_of_what_has_no_definition_is_ill_typed() -> None:
    page = recurrence()
    with pytest.raises(IllTyped, match="has no definition of its own"):
        asked(page, partial(d(h[t], W), W), partial(d(h[t], W), W), 1)


def test_too_many_terms_exceed_the_budget() -> None:
    page = recurrence()
    with pytest.raises(BudgetExceeded, match="more than"):
        Unrolled(page, activation("tanh"), Kernel(limit=20)).side(d(h[Index.of(6)], W))


def test_too_many_indices_that_look_alike_exceed_the_budget() -> None:
    kernel = Kernel()
    v = kernel.number(Entry("v"))
    assert kernel.normal(1, (n,) * 5, tuple((v, (-1 - place,)) for place in range(5)))[0].bounds == (n,) * 5
    with pytest.raises(BudgetExceeded, match="orders of its summation indices"):
        kernel.normal(1, (n,) * 7, tuple((v, (-1 - place,)) for place in range(7)))


# --------------------------------------------------------------------------------------------------- normal form

NAMES = ("A", "B", "v")
FACTORS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["A", "B"]), st.tuples(st.integers(-4, 1), st.integers(-4, 1))),
        st.tuples(st.just("v"), st.tuples(st.integers(-4, 1))),
    ),
    min_size=1,
    max_size=5,
)
SIZES = (n, n, n, n)


def normal(factors: Sequence[tuple[str, tuple[int, ...]]], kernel: Kernel) -> tuple[Term, Any]:
    numbered: list[Factor] = [(kernel.number(Entry(name)), indices) for name, indices in factors]
    return kernel.normal(1, SIZES, tuple(numbered))


def renamed(factors: Sequence[tuple[str, tuple[int, ...]]], names: Sequence[int]) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(at if at >= 0 else names[-1 - at] for at in indices)) for name, indices in factors]


@given(FACTORS, st.permutations([-1, -2, -3, -4]), st.randoms(use_true_random=False))
def test_names_of_summation_indices_and_the_order_of_factors_do_not_change_the_normal_form(
    factors: list[tuple[str, tuple[int, ...]]], names: list[int], random: Any
) -> None:
    kernel = Kernel()
    other = renamed(factors, names)
    random.shuffle(other)
    assert normal(factors, kernel) == normal(other, kernel)


@settings(max_examples=300)
@given(FACTORS, st.integers(0, 4), st.integers(0, 1), st.integers(-4, 1))
def test_changing_one_index_changes_the_normal_form_unless_a_renaming_undoes_it(
    factors: list[tuple[str, tuple[int, ...]]], which: int, place: int, index: int
) -> None:
    kernel = Kernel()
    name, indices = factors[which % len(factors)]
    at = list(indices)
    at[place % len(at)] = index
    other = [*factors]
    other[which % len(factors)] = (name, tuple(at))
    same = any(sorted(renamed(other, names)) == sorted(factors) for names in permutations([-1, -2, -3, -4]))
    assert (normal(factors, kernel) == normal(other, kernel)) == same


@given(FACTORS, st.lists(st.tuples(st.integers(-4, 1), st.integers(-4, 1)), max_size=4))
def test_contracting_deltas_does_not_change_the_value(
    factors: list[tuple[str, tuple[int, ...]]], pairs: list[tuple[int, int]]
) -> None:
    kernel = Kernel()
    numbers = {"n": 2}
    loose = (*((kernel.number(Entry(name)), indices) for name, indices in factors), *((DELTA, pair) for pair in pairs))
    written = {Term(SIZES, loose): Fraction(1)}
    term, coefficient = kernel.normal(1, SIZES, loose)
    explicit, forms = Explicit(kernel, numbers), NormalForms()
    for free in product(range(2), repeat=2):
        assert forms.equal([explicit.form(written, free)], [explicit.form({term: coefficient}, free)]) == [True]


def test_sums_over_nothing_count_and_sizes_are_told_apart() -> None:
    kernel = Kernel()
    v = kernel.number(Entry("v"))
    size, one = kernel.normal(1, (n,), ())
    assert (kernel.shown({size: one}), one) == ("n", 1)
    assert kernel.normal(1, (Dim.of(3), n * D), ())[1] == 3
    assert kernel.normal(1, (n,), ((DELTA, (-1, -1)),)) == (size, 1)
    assert kernel.normal(1, (n,), ((v, (-1,)),)) != kernel.normal(1, (D,), ((v, (-1,)),))
    assert kernel.normal(1, (n, D), ((v, (-1,)), (v, (-2,)))) == kernel.normal(1, (D, n), ((v, (-1,)), (v, (-2,))))


def test_a_cycle_that_is_split_is_another_term() -> None:
    # Colours alone see no difference between tr(A⁴) and tr(A²)².
    kernel = Kernel()
    whole = [("A", (-1, -2)), ("A", (-2, -3)), ("A", (-3, -4)), ("A", (-4, -1))]
    split = [("A", (-1, -2)), ("A", (-2, -1)), ("A", (-3, -4)), ("A", (-4, -3))]
    assert normal(whole, kernel) != normal(split, kernel)
    assert normal(whole, kernel) == normal(renamed(whole, [-3, -1, -4, -2]), kernel)


def test_indices_that_look_alike_and_are_not_are_named_the_same_from_every_start() -> None:
    # tr(A²) tr(A³): every index is first in one A and second in another, but the cycles differ in length.
    kernel = Kernel()
    a = kernel.number(Entry("A"))
    cycles = [(-1, -2), (-2, -1), (-3, -4), (-4, -5), (-5, -3)]
    found = {
        kernel.normal(1, (n,) * 5, tuple((a, (names[-1 - one], names[-1 - other])) for one, other in cycles))
        for names in permutations([-1, -2, -3, -4, -5])
    }
    assert len(found) == 1


def test_equal_families_are_one_family_whatever_they_were_made_from() -> None:
    page = recurrence()
    page.define("g", g[t], phi(U @ x[t] + W @ h[t - 1]))
    assert asked(page, g[t], h[t], 3).proved
    assert asked(page, h[t].T @ W.T, (W @ h[t]).T, 2).proved
    assert not asked(page, g[t], h[t - 1], 3).proved
