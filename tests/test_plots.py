from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from symbptt.errors import UsageError
from symbptt.judging.evaluation import NumpyFunction
from symbptt.judging.methods import Bench
from symbptt.oracles.points import Points
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand
from symbptt.page.notation import Expr, Number, Product, Sum, Total, d, data, partial, sizes, state, weight
from symbptt.show import plots
from symbptt.show.measures import (
    ENTRIES,
    POINTS,
    contributions,
    distance,
    growth,
    is_boxed,
    pattern,
    recurrent,
    shown_in,
)
from symbptt.show.plots import Subject, draw
from tests.commands import run, script
from tests.pages import ROOT, U, W, box, h, i, jacobian, judged, n, note, phi, recurrence, t, x

x2 = data("y", n)


def boxed(page: Derivation) -> list[Equation]:
    return [equation for equation in page if equation.kind == "claim" and is_boxed(page, equation)]


def drawn(page: Derivation, *subjects: Subject, step: int = 12, seed: int = 0) -> plots.Picture:
    return draw(page, boxed(page)[0], step=step, seed=seed, subjects=subjects or plots.SUBJECTS)


def test_the_note_draws_its_box_in_the_bias_with_its_recurrent_weight_scaled() -> None:
    page = note()
    assert [equation.tag for equation in boxed(page)] == ["box", "9.7.7"]
    assert str(recurrent(page, page["box"])) == "W_hh"
    assert str(shown_in(page, page["box"])) == "b_h"
    assert str(shown_in(page, page["9.7.7"])) == "w_h"


def test_below_one_the_terms_vanish_at_one_they_stay_and_above_one_they_explode() -> None:
    page = note()
    expected = ((0, 1e-2), (0.3, 3), (30, 1e4))
    found = contributions(page, page["box"], "identity", (0.5, 1.0, 1.5), step=12)
    for norms, (low, high) in zip(found, expected, strict=True):
        assert list(norms) == list(range(12))
        assert low <= norms[11] / norms[0] < high
    (vanishing,) = contributions(page, page["box"], "tanh", (1.0,), step=12)
    assert vanishing[11] < 1e-2 * vanishing[0]


def test_the_norms_are_those_of_powers_of_the_weight_where_the_slope_is_one() -> None:
    # With phi(a) = a the term t - i steps back, in a bias, is W to that power: known without any proof.
    page = note()
    sizes = {"n": 4, "d": 2, "q": 1}
    matrices = Points(page, sizes, POINTS, 0).of(recurrent(page, page["box"]), None)
    largest = np.abs(np.linalg.eigvals(matrices)).max(axis=-1)[:, np.newaxis, np.newaxis]
    (norms,) = contributions(page, page["box"], "identity", (1.5,), step=6)
    for back, norm in norms.items():
        powers = np.linalg.norm(np.linalg.matrix_power(1.5 * matrices / largest, back), axis=(-2, -1))
        assert norm == pytest.approx(float(np.exp(np.log(powers).mean())), rel=1e-12)


def test_the_terms_add_up_to_the_gradient() -> None:
    page = recurrence()
    claim = page.claim("box", d(h[t], W), box())
    unrolling, _ = Bench(page).unrolled({"n": 2, "d": 2}, "tanh")
    points = Points(page, {"n": 2, "d": 2}, 3, 0)
    right = expand(page.resolved(claim)[1], {"t": 5})
    total = np.zeros(1)
    for term in right.parts:  # type: ignore[union-attr]  # a sum
        function = NumpyFunction(unrolling.side(term, {}))
        total = total + function({symbol: points.entry(symbol.name) for symbol in function.symbols})
    whole = NumpyFunction(unrolling.side(d(h[5], W), {}))
    given = whole({symbol: points.entry(symbol.name) for symbol in whole.symbols})
    assert np.abs(total - given).max() < 1e-12 * np.abs(given).max()


def test_a_term_is_as_many_steps_back_as_it_has_jacobians() -> None:
    right = recurrence().resolve(box())
    parts = expand(right, {"t": 4}).parts  # type: ignore[union-attr]  # a sum
    assert [distance(part, 4) for part in parts] == [0, 1, 2, 3]
    assert distance(d(h[3], W), 4) is None
    assert distance(partial(h[3], h[2]), 4) is None


def test_what_is_not_a_boxed_sum_or_has_no_weight_to_scale_is_said() -> None:
    page = recurrence()
    page.claim("6", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
    assert boxed(page) == []
    n, m = sizes("n d")
    free, V = state("h", n), weight("V", n, m)
    feed = Derivation("Nothing comes back")
    feed.define("h", free[t], phi(free[t - 1] + V @ x[t]))
    claim = feed.claim("box", d(free[t], V), box(V, free[t]))
    with pytest.raises(UsageError, match="no square weight stands in front of an earlier h"):
        recurrent(feed, claim)
    odd = recurrence()
    last = Sum(Product(jacobian(i), (i, 1, t)) @ d(h[0], W), (i, 1, t))
    claim = odd.claim("odd", d(h[t], W), partial(h[t], W) + last)
    with pytest.raises(UsageError, match="is not a product that ends in an immediate partial"):
        contributions(odd, claim, "tanh", (1.0,), step=2)


def test_the_written_sum_grows_with_its_depth_and_the_shared_graph_slower() -> None:
    page = note()
    counted = growth(page, page["box"])
    last = {name: points[-1][1] for name, points in counted.items()}
    assert last["terms"] < last["jacobians"] < last["full"]
    # t terms of up to t factors, and a graph that shares what they have in common.
    assert [size for _, size in counted["terms"]] == [at * (at + 1) for at, _ in counted["terms"]]
    steps = np.diff([size for _, size in counted["shared graph"]])
    assert max(steps[2:]) == min(steps[2:])


def triangle(page: Derivation) -> list[list[str]]:
    """The blocks of the pattern, row by row: a sign for each entry of a block."""
    found = pattern(page, boxed(page)[0])
    high, wide = found.height, found.width
    return [
        [
            "".join(".#"[entry] for row in found.entries[k * high :][:high] for entry in row[i * wide :][:wide])
            for i in range(ENTRIES)
        ]
        for k in range(ENTRIES)
    ]


def made(step: Expr) -> Derivation:
    page = Derivation("A step")
    page.define("h", h[t], step)
    page.claim("box", d(h[t], W), box())
    return page


def test_a_state_depends_on_a_copy_of_its_own_step_in_its_own_row_and_on_older_ones_in_every_entry() -> None:
    # vec W by columns: entry a of W h_{t-1} has only row a of W.
    own, old, none = "#.#..#.#", "########", "........"
    assert triangle(made(phi(W @ h[t - 1] + U @ x[t]))) == [
        [own if i == k else old if i < k else none for i in range(4)] for k in range(4)
    ]


def test_where_nothing_leads_back_only_the_diagonal_is_left() -> None:
    page = made(phi(W @ x2[t] + 0 * h[t - 1]))
    assert triangle(page) == [["#.#..#.#" if i == k else "........" for i in range(4)] for k in range(4)]


def test_an_entry_is_zero_where_it_is_so_exactly_and_not_where_it_is_small() -> None:
    tiny = Number(Fraction(1, 10**400))
    assert triangle(made(phi(tiny * W @ h[t - 1] + U @ x[t])))[3][0] == "########"
    gone = triangle(made(phi(W @ h[t - 1] - W @ h[t - 1] + U @ x[t])))
    assert {block for row in gone for block in row} == {"........"}


def test_a_note_is_drawn_as_it_was_read_and_a_loss_from_the_state_that_it_unfolds() -> None:
    for name, tag, tick in (("islam.md", "box", "h"), ("pascanu.tex", "4", "x")):
        (found,) = plots.drawable(judged(name)[1])
        page, equation = found
        assert (equation.tag, str(pattern(page, equation).state)) == (tag, tick)
        assert [list(norms) for norms in contributions(page, equation, "tanh", (1.0,), step=3)] == [[0, 1, 2]]
    assert isinstance(equation.left, Total)
    # One box is proved, one is declared wrong, and one has an index too many.
    assert [equation.tag for _, equation in plots.drawable(judged("errata.md")[1])] == ["431'", "2505'", "A3"]


NOTHING = "derivations/linear.tex: no claim of the page is a sum of products of Jacobians to draw"


@cache
def drawn_again() -> tuple[plots.Picture, ...]:
    """A picture of the note, the same computed anew, and one with another seed."""
    return tuple(drawn(note(), "norms", step=3, seed=seed) for seed in (0, 0, 1))


@cache
def drawn_whole() -> plots.Picture:
    """The norms of the note and the sizes."""
    return drawn(note(), step=3)


class TestPicture:
    matplotlib = pytest.importorskip("matplotlib")

    @pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
    def test_the_same_seed_draws_the_same_bytes(self, kind: str) -> None:
        first, again = (picture.drawn(kind) for picture in drawn_again()[:2])
        assert first == again

    def test_another_seed_draws_other_bytes(self) -> None:
        first, _, other = drawn_again()
        assert first.drawn("svg") != other.drawn("svg")

    def test_every_axis_is_labelled_and_every_line_told_apart_without_colour(self) -> None:
        figure = drawn_whole().figure
        assert len(figure.axes) == 4
        for panel in figure.axes:
            assert panel.get_xlabel()
            assert panel.get_ylabel()
        *lines, entries, sizes = figure.axes
        assert [label.get_text() for label in entries.get_yticklabels()] == [f"$h_{{{k}}}$" for k in range(1, 5)]
        for panel in (*lines, sizes):
            looks = [(line.get_marker(), line.get_linestyle()) for line in panel.get_lines()]
            assert len(set(looks)) == len(looks) >= 3
            assert len(panel.get_legend().get_texts()) == len(looks)

    def test_each_picture_can_be_had_alone(self) -> None:
        norms, sizes = drawn_again()[0], drawn(note(), "sizes")
        assert [len(picture.figure.axes) for picture in (norms, sizes, drawn_whole())] == [2, 2, 4]
        titles = [{panel.get_ylabel() for panel in picture.figure.axes} for picture in (norms, sizes)]
        assert titles[0].isdisjoint(titles[1])
        assert titles[0] | titles[1] == {panel.get_ylabel() for panel in drawn_whole().figure.axes}

    def test_the_caption_counts_the_entries_that_are_black(self) -> None:
        caption = drawn(note(), "sizes").caption
        filled = sum(map(sum, pattern(note(), note()["box"]).entries))
        assert f"not identically zero, {filled} of {8 * 32}" in caption

    @pytest.mark.parametrize(
        ("name", "options", "message"),
        [
            ("islam.md", ["--tag", "6"], "derivations/islam.md: (6) is not a sum of products of Jacobians to draw"),
            ("islam.md", ["--tag", "L45"], "derivations/islam.md: (L45) is an aside: see symbptt check"),
            ("linear.tex", [], NOTHING),
            ("d2l.md", [], "(9.7.5): no square weight stands in front of an earlier h, so none can be scaled"),
            ("d2l.md", ["--only", "sizes"], ""),
            ("islam.md", ["--steps", "3", "--only", "norms"], ""),
        ],
    )
    def test_a_note_is_drawn_or_one_line_says_why_not(
        self, name: str, options: list[str], message: str, tmp_path: Path
    ) -> None:
        target = tmp_path / "p.svg"
        done = run("plot", f"derivations/{name}", *options, "-o", str(target), known=True)
        assert done.stderr == (f"symbptt: {message}\n" if message else "")
        assert (done.returncode == 0) == target.exists() == (not message)

    def test_only_what_is_proved_is_drawn(self, tmp_path: Path) -> None:
        body = (
            'page.claim("box", d(h[t], W), partial(h[t], W)'
            " + Sum(Product(partial(h[j], h[j-1]), (j, i, t)) @ partial(h[i], W), (i, 1, t-1)))"
        )
        done = run("plot", str(script(tmp_path, body)), "-o", str(tmp_path / "p.svg"))
        assert done.stderr == "symbptt: (box) is not proved, and only proved terms are drawn: see symbptt check\n"
        assert done.returncode == 2
        true = script(tmp_path, body.replace("(j, i, t)", "(j, i+1, t)"))
        assert run("plot", str(true), "--only", "sizes", "-o", str(tmp_path / "p.svg")).returncode == 0
        assert (tmp_path / "p.svg").stat().st_size > 10_000


def test_without_matplotlib_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "can_draw", lambda: False)
    with pytest.raises(UsageError, match=r"a plot needs matplotlib: python3 -m pip install 'symbptt\[plot\]'"):
        drawn(note())


def test_drawing_is_imported_when_something_is_drawn() -> None:
    program = "import sys, symbptt.show.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
