"""What stands behind or beside an equation of a note is read, or the equation is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbptt.errors import Unreadable
from symbptt.judging.pages import judge_note
from symbptt.reader.conditions import read_conditions, split_aside
from symbptt.reader.note import read
from symbptt.text.document import split_document
from symbptt.verdicts import Row
from tests.commands import run_here
from tests.pages import UNEXPLAINED, as_note, words_of

STEP = r"$$h_t = f(x_t, h_{t-1}, w)$$"
CELL = r"$$h_t = \phi(W h_{t-1} + U x_t + b)$$"
CHAIN = (
    r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}"
    r" + \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d w}"
)
INDICES = frozenset({"t", "k", "j", "T"})


def rows(*displays: str) -> list[Row]:
    return list(judge_note(read(split_document("\n\n".join(displays), "note.md")), question=UNEXPLAINED))


def words(*displays: str) -> list[str]:
    return words_of(read(split_document("\n\n".join(displays), "note.md")))


@pytest.mark.parametrize(
    ("aside", "start", "ranges"),
    [
        (r"\text{for } t \ge 2", 2, {}),
        (r"\text{for } t > 2", 3, {}),
        (r"\text{for all } 1 \le k < t", None, {"k": ("1", "t-1")}),
        (r"k \le j \le t", None, {"j": ("k", "t")}),
        (r"\text{where } k \le t", None, {"k": ("1", "t")}),
        (r"t = 1, 2, \dots, T", 1, {}),
        (r"\text{for $t \ge 3$ only}", 3, {}),
        (r"k \in \{1, \dots, t\}", None, {"k": ("1", "t")}),
        (r"k \in \{1, ..., t\}", None, {"k": ("1", "t")}),
        (r"t = 1, ..., T", 1, {}),
        (r"t < T", None, {}),
        (r"0 \le t \le T - 1", 0, {}),
        (r"\text{by the chain rule}", None, {}),
    ],
)
def test_a_condition_says_from_where_to_where(
    aside: str, start: int | None, ranges: dict[str, tuple[str, str]]
) -> None:
    found = read_conditions(split_aside(aside).conditions, INDICES)
    assert found.start == start
    assert {name: tuple(map(str, bounds)) for name, bounds in found.ranges.items()} == ranges


@pytest.mark.parametrize(
    "aside",
    [
        r"\text{for } k > t",
        r"(i > t)",
        r"\text{for } t = 1, 2",
        r"\text{for } t < 2",
        r"t \ne 3",
        r"\text{if } W = 0",
        "t > T",
        "t < k",
    ],
)
def test_a_condition_that_is_not_read_is_refused(aside: str) -> None:
    with pytest.raises(Unreadable, match="condition behind the equation is not read"):
        read_conditions(split_aside(aside).conditions, INDICES)


@pytest.mark.parametrize(
    ("aside", "last"),
    [("t < T", "T-1"), (r"1 \le t \le T", "T"), (r"t = 0, \dots, T-1", "T-1"), ("T > t", "T-1"), (r"t \ge 2", None)],
)
def test_a_condition_says_how_far_before_the_last_step_it_goes(aside: str, last: str | None) -> None:
    found = read_conditions(split_aside(aside).conditions, frozenset({"t", "k"})).last
    assert (None if found is None else str(found)) == last


def test_a_condition_on_t_beside_the_last_step_is_one_on_t() -> None:
    page = CELL, r"$$L = (h_T - y_T)^\top (h_T - y_T)$$"
    slope = r"\operatorname{diag}(\phi'(W h_t + U x_{t+1} + b)) W"
    back = rf"\frac{{\partial L}}{{\partial h_t}} = \frac{{\partial L}}{{\partial h_{{t+1}}}} {slope}"
    found = words(*page, *(f"$${back}{aside}$$" for aside in (r" \quad t < T", r" \quad 1 \le t \le T", "")))
    # A loss of the last state has no derivative in a later one: without a condition t ends before it, which is shown.
    assert found[2:] == ["proved", "refuted", "proved"]
    assert rows(*page, f"$${back}$$")[-1].shown.endswith("t = 1..T-1")
    first = r"\frac{\partial L}{\partial h_1} + \frac{\partial L}{\partial h_t} = \frac{\partial L}{\partial h_t}"
    (row,) = rows(*page, rf"$${first} \quad t \ge 2$$")[2:]
    assert row.verdict is not None
    assert row.verdict.witness is not None
    assert "t = 1" not in row.verdict.witness.where
    assert row.shown.endswith("t = 2..T")


def test_a_claim_under_a_condition_that_is_not_read_is_unread_and_never_judged_without_it() -> None:
    true_for_later = r"$$\frac{\partial h_t}{\partial h_k} = 0 \quad \text{for } k > t$$"
    only_at_first = r"$$\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W} \quad \text{if } x_t = 0$$"
    assert words(CELL, true_for_later, only_at_first, only_at_first.replace(r" \quad \text{if } x_t = 0", "")) == [
        "definition",
        "unread",
        "unread",
        "refuted",
    ]


def test_a_claim_for_one_step_is_judged_at_that_step() -> None:
    only_at_first = r"\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}"
    asides = (r"\quad \text{for } t = 1", r"\quad (t = 1)", r"\quad [t = 2]", "")
    found = words(CELL, *(f"$${only_at_first} {aside}$$" for aside in asides))
    assert found == ["definition", "proved", "proved", "refuted", "refuted"]


@pytest.mark.parametrize(
    "condition",
    [
        r"\quad (0 \le i \le t, 0 \le k \le i)",
        r"\quad (0 \le k \le i, 0 \le i \le t)",
        r", \quad 0 \le k \le i \le t",
        r", \quad t \ge i > k \ge 0",
    ],
)
def test_two_ranges_may_stand_in_one_bracket_or_in_one_chain(condition: str) -> None:
    one, other = r"\frac{\partial h_t}{\partial h_i}", r"\frac{\partial h_i}{\partial h_k}"
    left = r"\frac{\partial h_t}{\partial h_k}"
    claims = (f"$${left} = {right} {condition}$$" for right in (one + other, other + one))
    assert words(CELL, *claims) == ["definition", "proved", "refuted"]


def test_a_letter_with_two_ranges_is_unread() -> None:
    claim = r"$$\frac{\partial h_t}{\partial h_k} = 0 \quad (0 \le k \le t, 2 \le k \le t)$$"
    assert words(CELL, claim) == ["definition", "unread"]


def test_a_derivative_in_a_later_step_is_not_stated_and_proves_nothing() -> None:
    back = r"$$\frac{\partial h_{t-1}}{\partial h_t} = 0$$"
    far = r"$$\frac{\partial h_t}{\partial h_3} = \prod_{j=4}^{t} \frac{\partial h_j}{\partial h_{j-1}}"
    assert words(CELL, back, far + "$$", far + r" \quad (t \ge 2)$$") == [
        "definition",
        "not-stated",
        "proved",
        "refuted",
    ]


def test_a_range_behind_a_claim_is_the_one_it_is_judged_for() -> None:
    between = (
        r"$$\frac{\partial h_t}{\partial h_k} = \frac{\partial h_t}{\partial h_j}\frac{\partial h_j}{\partial h_k}"
    )
    assert words(CELL, between + r", \quad k \le j \le t$$") == ["definition", "proved"]
    assert words(CELL, between + r", \quad 1 \le j \le t$$") == ["definition", "refuted"]


def test_a_second_equation_in_a_display_is_judged_too() -> None:
    assert words(STEP, f"$${CHAIN}" + r" \text{ and } \frac{d h_t}{d w} = 0$$") == ["definition", "refuted"]
    assert words(STEP, f"$${CHAIN}" + r", \quad \text{as it should be}$$") == ["definition", "proved"]


def test_d_of_a_function_is_the_total_derivative_and_a_plain_one_is_not() -> None:
    total = r"\frac{d f(x_t, h_{t-1}, w)}{d w}"
    assert words(STEP, rf"$$\frac{{d h_t}}{{d w}} = {total}$$") == ["definition", "proved"]
    assert words(STEP, rf"$$\frac{{\partial^+ h_t}}{{\partial w}} = {total}$$") == ["definition", "refuted"]
    plain = total.replace("d f", r"\partial f").replace("d w", r"\partial w")
    assert words(STEP, rf"$$\frac{{\partial^+ h_t}}{{\partial w}} = {plain}$$") == ["definition", "proved"]


def test_what_holds_with_a_start_beside_the_page_keeps_its_verdict_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text("$$h_t = w h_{t-1} + u x_t$$\n\n$$h_t = \\sum_{k=1}^t w^{t-k} u x_k$$\n")
    done = run_here("check", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "holds-as-read" in done.stdout
    path.write_text(path.read_text().replace("w^{t-k}", "w^{t-k+1}"))
    assert "refuted" in run_here("check", str(path)).stdout


def test_what_is_proved_for_the_sigmoid_is_compared_with_the_sigmoid(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(
        "$$s_t = \\mathrm{sigmoid}(w s_{t-1} + u x_t)$$\n\n"
        "$$\\frac{\\partial s_t}{\\partial s_{t-1}} = s_t (1 - s_t) w$$\n"
    )
    done = run_here("check", str(path))
    assert "Numbers: 1 of 1 proved claims agree" in done.stdout
    assert done.returncode == 0


def test_functions_without_a_notation_are_refused_by_name() -> None:
    for text in (r"$$h_t = \mathrm{clip}(W h_{t-1})$$", r"$$h_t = \max(0, W h_{t-1})$$", r"$$L = \max_t h_t$$"):
        (row,) = rows(text)
        assert row.word == "unread"
        assert "has no notation here" in row.reason
    assert words(r"$$h_t = \tanh(W h_{t-1})$$") == ["definition"]


def test_factors_behind_dots_that_go_on_by_one_belong_to_the_product() -> None:
    def factor(at: str, before: str) -> str:
        return rf"\frac{{\partial h_{{{at}}}}}{{\partial h_{{{before}}}}}"

    left = r"$$h_t = w h_{t-1} + u x_t$$", factor("t", "k") + " = "
    rising = factor("k+1", "k") + r"\cdots" + factor("t-1", "t-2") + factor("t", "t-1")
    skipping = factor("k+1", "k") + r"\cdots" + factor("t-2", "t-3") + factor("t", "t-1")
    assert rows(left[0], f"$${left[1]}{rising}" + r", \quad 1 \le k \le t-2$$")[1].word in ("proved", "holds-as-read")
    assert rows(left[0], f"$${left[1]}{skipping}" + r", \quad 1 \le k \le t-3$$")[1].word != "proved"


def test_a_slip_is_looked_for_beside_functions_of_sums() -> None:
    false = as_note(CELL.strip("$"), r"h_t = \phi(W h_{t-1})")
    verdict = judge_note(false).rows[1].verdict
    assert verdict is not None
    assert verdict.slip is not None
    assert verdict.word == "refuted"
    assert "internal error" not in str(verdict.slip)


def test_sums_nested_without_end_are_refused_and_four_are_not() -> None:
    def nested(count: int) -> str:
        sums = "".join(rf"\sum_{{{letter}=1}}^{{2}}" for letter in "abcefijmnpq"[:count])
        return rf"$$\frac{{d h_t}}{{d w}} = {sums} \frac{{d h_t}}{{d w}}$$"

    assert words(STEP, nested(5)) == ["definition", "unread"]
    assert words(STEP, nested(4)) == ["definition", "refuted"]


def test_a_weight_beside_its_transpose_is_a_property_and_spoils_no_definition() -> None:
    assert words("$$W = W^T$$", CELL) == ["aside", "definition"]


def test_a_second_meaning_of_a_state_is_a_claim_and_a_name_of_its_step_is_none() -> None:
    assert words(STEP, "$$h_t = g(x_t)$$") == ["definition", "refuted"]
    assert words(STEP, "$$h_{t-1} = f(x_t, h_{t-1}, w)$$")[1] != "definition"
    assert words(STEP, "$$h_t = g(h_{t-1}, w)$$") == ["definition", "definition"]
