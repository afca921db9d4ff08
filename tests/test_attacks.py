"""Pages that once made the checker say something false, lose a verdict, or destroy a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from symbptt import Derivation, Product, Sum, concat, copy_at, d, function, indices, partial, state, weight
from symbptt.errors import IllTyped, NotationError, PageError
from symbptt.judging.claims import prove
from symbptt.judging.methods import METHODS
from symbptt.page.expansion import instances
from symbptt.page.notation import Expr, IndexValue
from symbptt.page.shapes import check
from symbptt.verdicts import Question
from tests.commands import COMMAND, PATIENCE, run, script
from tests.pages import NOTE, ROOT, D, U, W, h, i, j, jacobian, n, phi, recurrence, t, x

s, T = indices("s T")
ell, V = function("ell", 1), weight("V", n, D)


def words(page: Derivation, left: Expr, right: Any, **more: Any) -> dict[str, str]:
    """What each method says, and what all of them together say."""
    claim = page.claim("claim", left, right, **more)
    said = {name: prove(page, claim, Question(method=name)).word for name in METHODS}
    return {**said, "all": prove(page, claim).word}


def never_proved(page: Derivation, left: Expr, right: Any, expected: str, **more: Any) -> None:
    said = words(page, left, right, **more)
    assert "proved" not in said.values()
    assert said["all"] == expected


class TestNothingFalseIsProved:
    def test_two_free_letters_are_not_one_step(self) -> None:
        never_proved(recurrence(), d(h[i], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W), expected="ill-typed")
        never_proved(recurrence(), h[s], h[t], expected="ill-typed")
        page = recurrence()
        claim = page.claim("c", h[s], h[t])
        with pytest.raises(IllTyped, match="s and t are both free, but an equation has one step"):
            list(instances(page, claim, 2))

    def test_a_named_function_does_not_bring_in_a_second_step(self) -> None:
        page, f = recurrence(), function("f", n)
        page.define("f", h[t], f(x[t], h[t - 1]))
        wrong = partial(h[s], W) + partial(f, h[t - 1]) @ d(h[s - 1], W)
        never_proved(page, d(h[s], W), wrong, expected="ill-typed")

    def test_blocks_of_blocks_are_taken_apart(self) -> None:
        page, inner, outer = recurrence(), weight("inner"), weight("outer")
        page.define("inner", inner, concat(W, U))
        page.define("outer", outer, concat(inner, weight("C", n)))
        never_proved(page, d(h[t], outer), 2 * d(h[t], outer), expected="refuted")

    def test_one_block_twice_is_no_weight(self) -> None:
        page, double = recurrence(), weight("double")
        page.define("double", double, concat(W, W))
        with pytest.raises(PageError, match="double has W in it twice"):
            check(page)

    def test_data_under_a_sum_is_seen(self) -> None:
        page, L = recurrence(), state("L")
        page.define("L", L[t], Sum(ell(V @ x[i]), (i, 1, t)))
        never_proved(page, partial(L[t], x[t - 1]), 2 * partial(L[t], x[t - 1]), expected="refuted")

    def test_a_start_at_zero_is_judged_at_zero(self) -> None:
        sums = Sum(h[i], (i, 1, t)), h[t] + Sum(h[i], (i, 1, t - 1))
        page = recurrence()
        early = page.claim("early", *sums, start=0)
        for method in METHODS:
            assert prove(page, early, Question((0, 1, 2), method=method)).word != "proved"
        assert prove(page, early, Question((0,))).word == "refuted"
        assert prove(page, page.claim("late", *sums)).word == "proved"

    def test_an_unindexed_state_does_not_look_ahead_of_its_clock(self) -> None:
        page, L = recurrence(), state("L")
        with pytest.raises(PageError, match="L refers forward in time to h_t"):
            page.define("L", L, Sum(ell(h[t]), (t, 1, T + 2)))
        page.define("L", L, Sum(ell(h[t]), (t, 1, T)))

    def test_a_copy_belongs_to_a_definition(self) -> None:
        never_proved(recurrence(), d(phi(V @ x[t]), copy_at(V, t)), partial(phi(V @ x[t]), V), expected="ill-typed")

    def test_an_immediate_partial_is_of_something_with_a_definition(self) -> None:
        sums = partial(Sum(h[i], (i, 1, t)), W), Sum(partial(h[i], W), (i, 1, t))
        never_proved(recurrence(), *sums, expected="ill-typed")
        never_proved(recurrence(), partial(2 * h[t], W), 0 * partial(h[t], W), expected="ill-typed")

    def test_a_step_counted_twice_is_refused(self) -> None:
        with pytest.raises(PageError, match="is not one index letter"):
            Derivation("p").define("1", h[t + t], function("g", n)(h[t + t - 1], W))

    def test_nothing_is_said_of_a_division_by_zero(self) -> None:
        page = recurrence()
        claim = page.claim("c", (1 / (t - 2)) * IndexValue(t - 2), 1)
        assert prove(page, claim, Question((2,))).word == "undecided"

    def test_one_function_in_place_of_another_is_refuted(self) -> None:
        psi = function("psi")
        never_proved(recurrence(), phi(W @ h[t]), psi(W @ h[t]), expected="refuted")
        never_proved(recurrence(), phi(0 * h[t]), 0 * h[t], expected="refuted")

    def test_what_the_numbers_contradict_is_not_called_proved(self, tmp_path: Path) -> None:
        # A wrong rule for the derivative of tanh, which both sides of the claim share: only the numbers know better.
        path = script(
            tmp_path,
            """
            from dataclasses import replace
            from symbptt.functions import TABLE
            TABLE["tanh"] = replace(TABLE["tanh"], rule=lambda f, a, at: 1 + f**2)
            page.claim("1", d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W))
            if __name__ == "__main__":
                from symbptt import judge
                print(judge(page))
            """,
        )
        done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
        assert "induction proves it, but" in " ".join(done.stdout.split())
        assert "1  undecided" in done.stdout
        # Checked, a script is read in a process of its own: what it changes there changes no verdict.
        assert run("check", str(path), "--json", "-").returncode == 0


def test_a_weight_that_only_stands_in_is_told_from_a_state_too() -> None:
    with pytest.raises(PageError, match="h_0 cannot be told from h at step 0"):
        recurrence().claim("c", d(h[t], W), d(h[t], W), also_in=[weight("h_0", n)])
    recurrence().claim("c", d(h[t], W), d(h[t], W), also_in=[weight("h0", n)])


class TestNothingHangs:
    def test_a_state_seen_through_two_views_is_one_node(self) -> None:
        # An equal node that is not the same one is compared tree by tree: 2^t leaves.
        page = recurrence()
        down = Product(jacobian(j), (j, 1, t))
        claim = page.claim("down", partial(h[t], h[0]), down)
        up = page.claim("up", partial(h[t], h[0]), Product(jacobian(j), (j, 1, t), ascending=True))
        assert prove(page, claim, Question((30,), method="sampled")).word == "undecided"
        assert prove(page, up, Question(tuple(range(1, 25)))).word == "refuted"
        copies = page.claim("copies", d(h[t], W), Sum(d(h[t], copy_at(W, i)), (i, 1, t)))
        assert prove(page, copies, Question((20,), method="sampled")).word == "undecided"

    def test_a_step_before_the_first_inside_a_range_is_seen(self) -> None:
        inner = Sum(h[i - 5], (j, 4, i))
        page = recurrence()
        claim = page.claim("c", Sum(inner, (i, 1, t)), Sum(inner, (i, 5, t)))
        assert prove(page, claim, Question((6,))).word == "not-stated"
        back = page.claim("back", h[36 - t], 2 * h[36 - t])
        assert prove(page, back, Question((70,))).word == "not-stated"

    def test_data_before_the_first_step_is_not_proved_away(self) -> None:
        page, g, C = recurrence(), state("g", n), weight("C", n, D)
        page.define("g", g[t], phi(W @ h[t] + C @ x[t - 1]))
        claim = page.claim("c", d(g[t - 1], C), partial(g[t - 1], C))
        assert "proved" not in {prove(page, claim, Question((1,), method=name)).word for name in METHODS}

    def test_a_base_case_by_an_arbitrary_function_is_indexed(self) -> None:
        page = recurrence()
        page.define("0", h[0], function("start", n)(W, x[0]))
        claim = page.claim("c", d(h[t], W), partial(h[t], W) + jacobian(t) @ d(h[t - 1], W))
        assert prove(page, claim, Question(method="indexed")).word == "proved"

    def test_a_circle_through_an_unindexed_state_is_refused(self) -> None:
        page, L, B = Derivation("p"), state("L", n), weight("B", n, n)
        page.define("L", L, Sum(h[i], (i, 1, t)))
        with pytest.raises(PageError, match="h_t is defined by itself"):
            page.define("h", h[t], phi(W @ h[t - 1] + B @ L))


class TestNoVerdictIsLost:
    @pytest.mark.parametrize(
        ("left", "right", "more"),
        [
            (copy_at(W, 1), W, {}),
            (d(h[t], W), d(h[t], W), {"also_in": [weight("Q", state("z", 3).shape[0], 2)]}),  # type: ignore[index]
            (h[1], h[1], {"for_each": [(i, 1, t)]}),
            (IndexValue(t + 1) ** 10**7, 1, {}),
            (h[t] / (t - t), h[t], {}),
        ],
    )
    def test_an_odd_claim_comes_back_with_a_verdict(self, left: Expr, right: Any, more: dict[str, Any]) -> None:
        assert words(recurrence(), left, right, **more)["all"] in (
            "proved",
            "refuted",
            "ill-typed",
            "undecided",
            "not-stated",
        )

    def test_a_fault_of_a_method_is_a_verdict(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise ValueError("oops")

        page = recurrence()
        monkeypatch.setattr("symbptt.judging.methods.METHODS", {"broken": broken})
        found = prove(page, page.claim("c", h[t], h[t]))
        assert found.word == "undecided"
        assert found.reason == "broken: internal error, please report it: ValueError: oops"

    def test_ranges_are_given_in_order(self) -> None:
        with pytest.raises(PageError, match="the range of i uses j, which no range before it binds"):
            recurrence().claim("c", h[i], h[i], for_each=[(i, 1, j), (j, 1, t)])
        recurrence().claim("c", h[i], h[i], for_each=[(j, 1, t), (i, 1, j)])

    def test_weights_defined_by_each_other_are_refused(self) -> None:
        page, v, w = recurrence(), weight("v"), weight("w")
        page.define("v", v, concat(w, W))
        with pytest.raises(PageError, match="w is defined by itself"):
            page.define("w", w, concat(v, U))

    def test_a_definition_fixes_every_letter_in_it(self) -> None:
        page = Derivation("p")
        page.define("h", h[t], IndexValue(s) * phi(W @ h[t - 1]))
        with pytest.raises(PageError, match="does not fix s, which its right side depends on"):
            check(page)

    @pytest.mark.parametrize("start", [-1, "2", 1.0])
    def test_a_start_is_a_step(self, start: Any) -> None:
        with pytest.raises(PageError, match="start is a step from 0 on"):
            recurrence().claim("c", h[t], h[t], start=start)

    def test_a_weight_that_is_the_transpose_of_another_is_judged_where_it_can_be(self) -> None:
        page, o, B = recurrence(), state("o", D), weight("B")
        page.define("B", B, U.T)
        page.define("o", o[t], B @ h[t])
        with pytest.raises(PageError, match="only blocks of weights side by side are a weight"):
            check(page)

    def test_every_page_that_a_script_makes_is_judged(self, tmp_path: Path) -> None:
        path = script(
            tmp_path,
            """
            page.claim("true", h[t], h[t])
            hidden = Derivation("In a list")
            hidden.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
            hidden.claim("false", d(h[t], W), partial(h[t], W))
            pages = [hidden]
            del hidden
            """,
        )
        done = run("check", str(path))
        assert done.returncode == 1
        assert "2 claims: 1 proved, 1 refuted" in done.stdout

    def test_an_empty_page_is_an_error(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'empty = Derivation("Nothing")')
        done = run("check", str(path))
        assert done.returncode == 2
        assert done.stderr == f"symbptt: {path}:10: the derivation 'Nothing' holds no equation; define or claim one\n"

    def test_an_empty_tag_selects_nothing(self) -> None:
        assert run("check", str(NOTE), "--tag", "").returncode == 2

    def test_many_steps_cost_nothing_where_every_step_is_proved(self) -> None:
        done = run("check", str(NOTE), "--tag", "box", "--steps", "1..99999")
        assert done.returncode == 0
        assert "every t" in done.stdout

    def test_large_sizes_cost_nothing_where_any_size_is_proved(self) -> None:
        done = run("check", str(NOTE), "--tag", "box", "--hidden", "50")
        assert done.returncode == 0
        assert "any sizes" in done.stdout


class TestFilesAndStreams:
    def test_the_script_is_not_overwritten_by_its_report(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.claim("1", h[t], h[t])')
        before = path.read_text()
        done = run("check", str(path), "--json", str(path))
        assert done.returncode == 2
        assert done.stderr == f"symbptt: cannot write {path}: it is the script that is checked; choose another place\n"
        assert path.read_text() == before

    def test_a_pipe_is_written_to_and_not_replaced(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        command = [*COMMAND, "check", str(NOTE), "--tag", "6", "--json", str(pipe)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
            text = pipe.read_text()
            assert process.wait(timeout=PATIENCE) == 0
        assert '"symbptt"' in text
        assert pipe.is_fifo()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
    @pytest.mark.parametrize(
        "arguments", [["check", str(NOTE), "--tag", "6"], ["check", str(NOTE), "--json", "-", "--tag", "6"]]
    )
    def test_a_full_disk_is_one_line(self, arguments: list[str]) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123  # a device, not a path to read
            done = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr == "symbptt: cannot write to standard output: No space left on device\n"

    def test_a_closed_standard_output_is_one_line(self) -> None:
        command = f"{COMMAND[0]} check {NOTE} --tag 6 >&-"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr == "symbptt: standard output is closed; open it, or write it to a file\n"

    def test_a_reader_that_leaves_is_no_traceback(self) -> None:
        command = f"{COMMAND[0]} check {NOTE} --tag 6 --json - | head -1"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.stderr == ""
        assert done.stdout == "{\n"

    def test_an_interrupt_while_importing_is_one_line(self) -> None:
        code = (
            "import sys, builtins\n"
            "from symbptt.__main__ import main\n"
            "real = builtins.__import__\n"
            "def slow(name, *rest):\n"
            "    if name == 'sympy': raise KeyboardInterrupt\n"
            "    return real(name, *rest)\n"
            "builtins.__import__ = slow\n"
            "raise SystemExit(main(['check']))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 130
        assert done.stderr == "symbptt: interrupted\n"

    def test_an_error_of_several_lines_is_said_in_one(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'raise ValueError("first\\nsecond")')
        done = run("check", str(path))
        assert done.stderr == f"symbptt: {path}:10: the script raised ValueError: first second\n"


def test_division_and_powers_are_written_as_on_the_board() -> None:
    assert str(h[t] / 3 - h[t] / (t + 1)) == "1/3 · h_t - h_t · 1/(t+1)"
    with pytest.raises(NotationError):
        W**0.5  # type: ignore[operator]
