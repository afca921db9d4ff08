"""What is written out at each depth is proved equal to the named derivative, by the kernel that knows no such rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from functools import partial as partially
from itertools import product

import pytest

from symbptt.errors import BudgetExceeded, SymbpttError, Undecided
from symbptt.judging.claims import prove
from symbptt.judging.methods import Bench
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, instances, tidied, unstated
from symbptt.page.notation import (
    Apply,
    At,
    Diag,
    Expr,
    Kronecker,
    Laid,
    Mul,
    Number,
    Partial,
    Product,
    Sum,
    Total,
    concat,
    copy_at,
    d,
    data,
    diag,
    function,
    hadamard,
    indices,
    kronecker,
    laid,
    ones,
    partial,
    rebuild,
    sizes,
    slope,
    state,
    walk,
    weight,
)
from symbptt.printing.depths import DEPTHS, LIMIT, deepened
from symbptt.printing.displays import written_out
from symbptt.printing.documents import page_latex
from symbptt.printing.tex import latex
from symbptt.verdicts import Question
from tests.pages import U, W, box, h, i, j, jacobian, note, phi, recurrence, t, x
from tests.work import counted

n, m = sizes("n d")
b = weight("b", n)
SIZES = {"n": 2, "d": 2, "q": 2}
STEPS = range(1, 5)


@cache
def bench(page: Derivation) -> Bench:
    """What is unrolled of a page, which its equations share at every step."""
    return Bench(page)


def equal(page: Derivation, one: Expr, other: Expr, values: Mapping[str, int], **numbers: int) -> bool:
    """Whether a resolved side at its step and what was written out for it have one normal form in every entry."""
    unrolling, forms = bench(page).unrolled({**SIZES, **numbers}, "any")
    left, right = unrolling.side(one, values), unrolling.side(_meant(page, other), values)
    return left.shape == right.shape and all(forms.equal(list(left.flat), list(right.flat)))


def _meant(page: Derivation, node: Expr) -> Expr:
    # f_1 in ∂f_1/∂w names the state of a step while the step is a letter.
    if isinstance(node, Partial) and node.names_step() and not node.is_jacobian():
        return page.resolve(node)
    return _inside(node, lambda part: _meant(page, part))


def scalars() -> Derivation:
    y, w, u, c, g = state("y"), weight("w", 1, 1), weight("u", 1, 1), weight("c", 1, 1), function("phi")
    page = Derivation("A number at each step")
    page.define("y", y[t], g(w * y[t - 1] + u * data("x")[t] + c))
    page.claim("w", d(y[t], w), partial(y[t], w) + partial(y[t], y[t - 1]) * d(y[t - 1], w), also_in=[u, c])
    return page


def gated() -> Derivation:
    s, z = state("s", n), state("z", n)
    A, B = weight("A", n, n), weight("B", n, n)
    sigma, tanh = function("sigma"), function("tau")
    page = Derivation("A gate")
    page.define("z", z[t], sigma(A @ s[t - 1] + U @ x[t]))
    page.define("s", s[t], hadamard(ones(z[t]) - z[t], s[t - 1]) + hadamard(z[t], tanh(B @ s[t - 1])))
    for letter in (A, B):
        page.claim(f"s{letter}", d(s[t], letter), partial(s[t], letter) + partial(s[t], s[t - 1]) @ d(s[t - 1], letter))
    page.claim("j", partial(s[t], s[t - 2]), partial(s[t], s[t - 1]) @ partial(s[t - 1], s[t - 2]))
    return page


def wide() -> Derivation:
    # The transpose of a weight, blocks that are not transposed, a weight that only one block of the step uses.
    page = Derivation("Weights in other places")
    both, y = weight("both"), state("y", n)
    page.define("both", both, concat(W, U))
    page.define("h", h[t], phi(W.T @ h[t - 1] + diag(b) @ h[t - 1]))
    page.define("y", y[t], phi(W @ h[t]))
    page.claim("W", d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W))
    page.claim("y2", d(y[t], both), partial(y[t], both))
    return page


def named() -> Derivation:
    f = function("f", n)
    page = Derivation("Any step")
    page.define("h", h[t], f(x[t], h[t - 1], W))
    page.claim("1", d(h[t], W), box())
    return page


def copies() -> Derivation:
    page = recurrence()
    y, V = state("y", n), weight("V", n, n)
    page.define("y", y[t], phi(V @ h[t] + W @ y[t - 1]))
    for of in (h, y):
        page.claim(f"{of}W", d(of[t], W), Sum(d(of[t], copy_at(W, i)), (i, 1, t)))
        page.claim(f"{of}W+", partial(of[t], W), Sum(partial(of[t], copy_at(W, i)), (i, 1, t)))
    page.claim("yV", d(y[t], V), Sum(d(y[t], copy_at(V, i)), (i, 1, t)))
    return page


def written(page: Derivation, depth: str) -> Iterator[tuple[Equation, Mapping[str, int], Expr, Expr]]:
    """Every right side of the page at t = 1..4, compact and written out."""
    for equation in page:
        for step in STEPS:
            if equation.kind == "definition" or unstated(page, equation, step):
                continue
            at = [
                values
                for values, letter in instances(page, equation, step)
                if letter == (equation.weights[0] if equation.weights else None)
            ]
            right = page.resolved(equation)[1]
            try:
                shown = written_out(page, equation, step, depth)  # type: ignore[arg-type]  # a name of a depth
            except Undecided:
                continue
            for values, sides in zip(at, shown, strict=True):
                yield equation, values, right, sides[-1]


PAGES = {
    "note": note,
    "recurrence": lambda: _claimed(recurrence()),
    "scalars": scalars,
    "gated": gated,
    "named": named,
    "wide": wide,
    "copies": copies,
}


def _claimed(page: Derivation) -> Derivation:
    page.claim("W", d(h[t], W), box())
    page.claim("U", d(h[t], U), box(U))
    return page


@pytest.mark.parametrize("depth", ["jacobians", "full"])
@pytest.mark.parametrize("name", PAGES)
def test_what_is_written_out_is_proved_equal_to_the_named_derivatives(name: str, depth: str) -> None:
    page = PAGES[name]()
    proved = changed = 0
    for equation, values, compact, shown in written(page, depth):
        assert equal(page, compact, shown, values), f"({equation.tag}) at {values}: {shown}"
        proved += 1
        changed += compact != shown
    assert proved >= {"note": 40, "recurrence": 8, "scalars": 4, "gated": 6, "named": 4, "wide": 4, "copies": 20}[name]
    # What is summed over copies has no Jacobian in it.
    assert changed >= (0 if (name, depth) == ("copies", "jacobians") else 4)


def _flipped(node: Expr) -> Expr:
    return Kronecker(node.right, node.left) if isinstance(node, Kronecker) else _inside(node, _flipped)


def _swapped(node: Expr) -> Expr:
    # diag(phi'(a)) W as W diag(phi'(a)).
    if isinstance(node, Mul) and isinstance(node.parts[0], Diag) and node.parts[1] == W:
        return Mul((node.parts[1], node.parts[0], *node.parts[2:]))
    return _inside(node, _swapped)


def _primed(node: Expr) -> Expr:
    # phi' in place of phi, wherever phi stands by itself.
    return replace(node, primes=1) if isinstance(node, Apply) and not node.primes else _inside(node, _primed)


def _late(node: Expr) -> Expr:
    return x[node.index + 1] if isinstance(node, At) and node.letter == x else _inside(node, _late)


def _inside(node: Expr, slip: Callable[[Expr], Expr]) -> Expr:
    return rebuild(node, slip, lambda index: index)


@pytest.mark.parametrize("slip", [_flipped, _swapped, _primed, _late])
def test_a_slip_in_what_is_written_out_is_told_apart(slip: Callable[[Expr], Expr]) -> None:
    page = recurrence()
    compact = page.resolve(box())
    shown = deepened(page, tidied(expand(compact, {"t": 3})), "full")
    assert slip(shown) != shown
    assert equal(page, compact, shown, {"t": 3})
    assert not equal(page, compact, slip(shown), {"t": 3})


def test_a_jacobian_is_the_diagonal_of_the_slope_times_the_weight_and_a_number_has_no_diagonal() -> None:
    page = recurrence()
    assert str(deepened(page, partial(h[3], h[2]), "jacobians")) == "diag(phi'(W · h_2 + U · x_3)) · W"
    numbers = scalars()
    y, w = state("y"), weight("w", 1, 1)
    assert str(deepened(numbers, partial(y[3], y[2]), "jacobians")) == "phi'(w · y_2 + u · x_3 + c) · w"
    assert str(deepened(numbers, partial(y[1], w), "full")) == "phi'(w · y_0 + u · x_1 + c) · y_0"


def test_terms_leaves_every_name_and_jacobians_leaves_immediate_partials_and_totals() -> None:
    page = recurrence()
    node = partial(h[2], W) + partial(h[2], h[1]) @ d(h[1], W)
    assert deepened(page, node, "terms") == node
    kept = {type(part) for part in walk(deepened(page, node, "jacobians")) if isinstance(part, (Partial, Total))}
    assert kept == {Partial, Total}
    assert not any(isinstance(part, (Partial, Total)) for part in walk(deepened(page, node, "full")))


def test_at_full_depth_only_weights_inputs_and_the_first_state_are_left() -> None:
    page = recurrence()
    shown = deepened(page, tidied(expand(page.resolve(box()), {"t": 4})), "full")
    states = {part for part in walk(shown) if getattr(getattr(part, "letter", None), "kind", "") == "state"}
    assert states == {h[0]}


def test_a_state_that_does_not_depend_on_a_weight_leaves_nothing() -> None:
    page = recurrence()
    assert str(deepened(page, partial(h[2], b), "full")) == "0"
    assert str(deepened(page, partial(h[2], h[2]), "jacobians")) == "I"


def test_a_state_varies_with_the_copy_of_a_weight_by_what_that_step_has_of_it_and_no_other() -> None:
    page = recurrence()
    last = deepened(page, partial(h[2], copy_at(W, 2)), "full")
    assert last == deepened(page, partial(h[2], W), "full") == deepened(page, d(h[2], copy_at(W, 2)), "full")
    assert str(deepened(page, partial(h[2], copy_at(W, 1)), "full")) == "0"
    assert str(deepened(page, d(h[2], copy_at(W, 3)), "full")) == "0"
    for used in (1, 2, 3):
        shown = deepened(page, d(h[3], copy_at(W, used)), "full")
        same = [equal(page, d(h[3], copy_at(W, other)), shown, {}) for other in (1, 2, 3)]
        assert same == [other == used for other in (1, 2, 3)]


def test_the_terms_of_the_box_are_the_derivatives_in_the_copies_as_they_are_written_out() -> None:
    page = recurrence()
    for used in (1, 2, 3):
        cascade = expand(Product(jacobian(j), (j, used + 1, 3)) @ partial(h[used], W), {})
        one, other = deepened(page, tidied(cascade), "full"), deepened(page, d(h[3], copy_at(W, used)), "full")
        assert latex(one) == latex(other)


def test_a_function_that_names_a_step_keeps_its_name_in_immediate_partials_until_the_full_depth() -> None:
    page = note()
    texts = {depth: page_latex(page, ["6"], 3, False, depth=depth) for depth in DEPTHS}
    kept, jacobian_kept = r"\frac{\partial f_{1}}{\partial w_{h}}", r"\frac{\partial f_{1}}{\partial h_{2}}"
    assert [kept in texts[depth] for depth in DEPTHS] == [True, True, False]
    assert [jacobian_kept in texts[depth] for depth in DEPTHS] == [True, False, False]


def test_a_loss_keeps_its_partial_and_what_the_output_is_stands_below_it() -> None:
    page = note()
    text = page_latex(page, ["5"], 3, False, depth="full")
    assert r"\frac{\partial \ell(y_{3}, d_{3})}{\partial y_{3}}" in text
    assert r"y_{3} &= \phi_{o}" in text[text.index("where") :]
    assert "where" not in page_latex(page, ["5"], 3, False, depth="jacobians")
    assert "where" not in page_latex(page, ["box"], 1, False, depth="full")


def test_a_step_that_is_only_named_is_written_out_as_the_function_of_itself() -> None:
    page = named()
    assert str(deepened(page, h[2], "full")) == "f(x_2, f(x_1, h_0, W), W)"
    assert str(deepened(page, partial(h[2], W), "full")) == "∂f(x_2, h_1, W)/∂W"


def test_what_nobody_would_read_stops_with_the_limit_and_the_way_out() -> None:
    page = note()
    with pytest.raises(BudgetExceeded, match=rf"written out, .* {LIMIT:,} are the limit: ask for a smaller step"):
        deepened(page, tidied(expand(page.resolve(page["box"].sides[1]), {"t": 30})), "full")
    with pytest.raises(BudgetExceeded, match=r"\(6\) at t = 33: .* states of 33 steps .*, and 32 are the limit"):
        page_latex(page, ["6"], 33, False, depth="full")
    with pytest.raises(BudgetExceeded, match="ask for a smaller step or a lesser depth"):
        deepened(gated(), d(state("s", n)[20], weight("A", n, n)), "full")


def test_the_work_of_full_depth_is_that_of_what_is_written_and_thirty_steps_are_written() -> None:
    for step in (6, 30):
        made, entered = counted(partially(page_latex, note(), ["box"], step, True, depth="full"))
        assert entered < 150 * len(made)
    assert 10_000 < len(made) < 20_000


def test_a_kronecker_product_is_judged_on_a_page_and_its_twin_refuted() -> None:
    page = recurrence()
    eye = partial(h[t], h[t])
    column = slope(phi, W @ h[t - 1] + U @ x[t])
    true = page.claim("true", partial(h[t], W), diag(column) @ kronecker(h[t - 1].T, eye))
    false = page.claim("false", partial(h[t], W), diag(column) @ kronecker(eye, h[t - 1].T))
    question = Question(steps=(1, 2, 3))
    assert prove(page, true, question).word == "proved"
    assert prove(page, false, question).word == "refuted"


def test_nothing_is_lost_where_a_page_cannot_be_written_out() -> None:
    page = note()
    kept = 0
    for equation in page:
        if equation.kind != "definition" and not unstated(page, equation, 4):
            try:
                kept += bool(written_out(page, equation, 4, "full"))
            except SymbpttError as error:
                pytest.fail(f"({equation.tag}): {error}")
    assert kept > 15


def test_a_gradient_in_a_matrix_is_written_out_in_the_shape_of_the_matrix() -> None:
    y, T = state("L"), indices("T")[0]
    page = recurrence()
    page.define("L", y, Sum(h[t].T @ W.T @ U @ x[t], (t, 1, T)))
    for weighed, last in product((W, U), range(1, 4)):
        named = tidied(expand(page.resolve(laid(d(y, weighed), "shaped")), {"T": last}))
        assert isinstance(named, Laid)
        shown = deepened(page, named, "full")
        assert not any(isinstance(node, (Total, Laid)) for node in walk(shown)), str(shown)
        assert equal(page, named, shown, {}, n=3), f"{weighed} at {last}: {shown}"
        turned = replace(named, arrangement="shaped transposed")
        assert equal(page, turned, deepened(page, turned, "full"), {}, n=3)
        assert not equal(page, named, Number(Fraction(2)) * shown, {}, n=3)


def test_the_gradient_of_one_step_is_the_outer_product() -> None:
    page = recurrence()
    ell = function("ell", 1)
    page.define("l", state("l")[t], ell(h[t]))
    named = page.resolve(laid(partial(state("l")[2], W), "shaped"))
    shown = str(deepened(page, named, "full"))
    assert shown.startswith("diag(phi'(W · "), shown
    assert shown.endswith(" · phi(W · h_0 + U · x_1)ᵀ"), shown
