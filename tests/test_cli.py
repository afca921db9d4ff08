from __future__ import annotations

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import COMMAND, PATIENCE, asked, run, run_apart, script
from tests.pages import NOTE, ROOT

KEYS = {
    "tag", "kind", "path", "line",
    "column",
    "end", "latex", "read", "verdict", "literal", "method", "scope", "reading", "witness",
    "fixes", "reason", "seconds", "kept",
}  # fmt: skip


def fails(path: Path | str, message: str, *options: str, cwd: Path = ROOT) -> None:
    """The command prints exactly one line, on standard error, and ends with status 2."""
    done = run("check", str(path), *options, cwd=cwd)
    assert done.stderr == f"symbptt: {message}\n"
    assert done.stdout == ""
    assert done.returncode == 2


class TestCheck:
    def test_the_note_is_proved_and_its_misreadings_refuted(self) -> None:
        done = asked("check", str(NOTE), known=True)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert any(line.startswith("box ") and "proved" in line for line in lines)
        assert any(line.startswith("box-total ") and "refuted" in line for line in lines)
        assert "14 claims: 14 proved. 7 misreadings: 7 refuted. 9 definitions." in lines[-1]
        assert "\x1b" not in done.stdout

    def test_without_a_path_the_folder_derivations_is_checked(self, tmp_path: Path) -> None:
        folder = tmp_path / "derivations"
        folder.mkdir()
        script(folder, 'page.claim("1", d(h[t], W), d(h[t], W))')
        shutil.copy(ROOT / "derivations" / "linear.tex", folder)
        sources = json.loads(run("check", "--json", "-", cwd=tmp_path).stdout)["sources"]
        assert [source["path"] for source in sources] == ["derivations/linear.tex", "derivations/page.py"]

    def test_every_equation_is_one_entry_of_the_json_and_nothing_else_is_printed(self) -> None:
        done = asked("check", str(NOTE), "--json", "-", known=True)
        report = json.loads(done.stdout)
        assert set(report) == {"symbptt", "sources"}
        (source,) = report["sources"]
        assert set(source) == {"path", "title", "convention", "assumptions", "equations"}
        assert source["path"] == str(NOTE)
        assert len(source["equations"]) == 30
        for entry in source["equations"]:
            assert set(entry) == KEYS
            if entry["kind"] == "definition":
                assert entry["verdict"] is None
                assert entry["literal"] is None
            elif entry["kind"] == "claim":
                assert entry["verdict"] == entry["literal"] == "proved"
                assert set(entry["scope"]) == {"activation", "sizes", "steps"}
            else:
                assert entry["verdict"] == "refuted"
                assert set(entry["witness"]) == {"t", "sizes", "values", "lhs", "rhs", "difference"}
            assert entry["line"] > 0

    def test_a_wrong_claim_ends_with_status_1_and_its_witness(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.claim("1", d(h[t], W), partial(h[t], W))')
        done = run("check", str(path))
        assert done.returncode == 1
        assert "refuted" in done.stdout
        assert "(1) d h_t/d W = ∂⁺h_t/∂W" in done.stdout
        assert "Unexpected: (1) refuted" in done.stdout
        true = script(tmp_path, 'page.claim("1", d(h[t], W), partial(h[t], W) + partial(h[t], h[t-1]) @ d(h[t-1], W))')
        assert run("check", str(true)).returncode == 0

    def test_a_misreading_that_is_true_ends_with_status_1(self) -> None:
        done = run("check", str(NOTE), "--tag", "box-order", "--hidden", "1")
        assert done.returncode == 1
        assert "it is true for these sizes and steps" in done.stdout

    def test_an_ill_typed_claim_loses_none_of_the_others(self, tmp_path: Path) -> None:
        path = script(
            tmp_path,
            """
            page.claim("a", d(state("y", n)[t], W), d(h[t], W))
            page.claim("b", d(h[t], W), d(h[t], U))
            page.claim("c", d(h[t], W), d(h[t], W))
            """,
        )
        done = run("check", str(path), "--json", "-")
        assert done.returncode == 1
        entries = json.loads(done.stdout)["sources"][0]["equations"]
        assert [entry["verdict"] for entry in entries] == [None, "ill-typed", "ill-typed", "proved"]
        assert entries[1]["reason"] == "y has no meaning on the page: it is a state that no equation defines"
        assert entries[2]["reason"] == "the left side is n×nn and the right side n×dn"

    def test_a_tag_names_an_equation_or_the_lines_of_its_display(self) -> None:
        entries = json.loads(run("check", str(NOTE), "--json", "-", "--tag", "10", "--tag", "box", known=True).stdout)
        assert [entry["tag"] for entry in entries["sources"][0]["equations"]] == ["10a", "10b", "box"]

    def test_options_change_what_is_asked(self) -> None:
        options = [
            "--steps",
            "2..3",
            "--hidden",
            "1",
            "--inputs",
            "3",
            "--outputs",
            "2",
            "--activation",
            "tanh",
            "--method",
            "unrolled",
            "--tag",
            "box",
        ]
        (entry,) = json.loads(run("check", str(NOTE), "--json", "-", *options).stdout)["sources"][0]["equations"]
        assert entry["scope"] == {"activation": "tanh", "sizes": {"n": 1, "d": 3, "q": 2}, "steps": "2..3"}

    def test_the_kink_of_relu_is_in_the_scope(self) -> None:
        options = ["--activation", "relu", "--method", "unrolled", "--tag", "box"]
        (entry,) = json.loads(run("check", str(NOTE), "--json", "-", *options).stdout)["sources"][0]["equations"]
        assert entry["scope"]["activation"] == "relu, away from its kink at 0"

    def test_worker_processes_give_the_same_verdicts(self) -> None:
        def verdicts(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
            return [(entry["tag"], entry["verdict"]) for entry in json.loads(done.stdout)["sources"][0]["equations"]]

        many = verdicts(run("check", str(NOTE), "--json", "-", "--jobs", "2"))
        assert many == verdicts(asked("check", str(NOTE), "--json", "-", known=True))
        assert len(many) == 30

    def test_a_claim_that_takes_too_long_is_undecided_and_the_others_are_judged(self, tmp_path: Path) -> None:
        path = script(
            tmp_path,
            """
            page.claim("slow", d(h[t + 40], W), d(h[t + 40], W) + partial(h[t + 40], W))
            page.claim("fast", d(h[t], W), d(h[t], W))
            """,
        )
        # On a slow machine what is quick, as reading the script, may take longer than the first of these limits.
        for seconds in (1, 3, 8, 20, 300):
            done = run("check", str(path), "--timeout", str(seconds), "--json", "-", "--method", "unrolled")
            entries = json.loads(done.stdout)["sources"][0]["equations"] if done.stdout else []
            if entries and entries[2]["verdict"] == "proved":
                break
        assert [entry["verdict"] for entry in entries] == [None, "undecided", "proved"], done.stderr
        assert entries[1]["reason"] == f"stopped after {seconds} s"
        assert done.returncode == 1

    def test_the_json_file_is_written_whole_beside_the_table(self, tmp_path: Path) -> None:
        target = tmp_path / "report.json"
        target.write_text("old")
        done = run("check", str(NOTE), "--tag", "box", "--json", str(target), known=True)
        assert "proved" in done.stdout
        assert json.loads(target.read_text())["symbptt"]
        assert list(tmp_path.iterdir()) == [target]

    def test_what_a_script_prints_does_not_reach_standard_output(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'print("hello")\npage.claim("1", h[t], h[t])')
        done = run_apart("check", str(path), "--json", "-", "--timeout", "3000")
        assert (done.stderr, done.returncode) == ("hello\n", 0)
        assert len(json.loads(done.stdout)["sources"][0]["equations"]) == 2

    def test_a_script_checks_itself_when_it_is_run(self) -> None:
        done = subprocess.run(
            [sys.executable, str(NOTE)], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0
        assert "14 claims: 14 proved" in done.stdout


class TestInterrupt:
    BODY = """
    page.claim("fast", d(h[t], W), d(h[t], W))
    page.claim("slow", d(h[t + 60], W), d(h[t + 60], W) + partial(h[t + 60], W))
    """

    @pytest.mark.parametrize("options", [(), ("--jobs", "2")])
    def test_ctrl_c_ends_with_what_was_judged_so_far_and_judges_nothing_more(
        self, tmp_path: Path, options: tuple[str, ...]
    ) -> None:
        path = script(tmp_path, self.BODY)
        arguments = ["check", str(path), "--method", "unrolled", *options]
        # Interrupted when the terminal says that the first claim is done, however long that takes.
        out, err, status = on_a_terminal(arguments, b"done with (fast)", signal.SIGINT)
        assert status == 130
        assert "interrupted; what was judged so far is above" in err
        assert "Traceback" not in err
        lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
        assert "proved" in lines["fast"]
        assert "not judged" in lines["slow"]

    def test_progress_is_shown_on_a_terminal_only(self) -> None:
        out, err, status = on_a_terminal(["check", str(NOTE), "--tag", "box"])
        assert (status, out.split(" for ")[0]) == (0, "Backpropagation through time")
        assert "judging" in err
        assert asked("check", str(NOTE), known=True).stderr == ""


def on_a_terminal(
    arguments: list[str], awaited: bytes = b"", signalled: signal.Signals | None = None
) -> tuple[str, str, int]:
    """The output, the standard error and the exit status of a command whose standard error is a terminal.

    Once ``awaited`` is shown there, the command and its workers are signalled.
    """
    reader, writer = pty.openpty()
    shown = b""
    # What runs in the background of a shell ignores Ctrl-C, and so would the command that it starts.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=writer, cwd=ROOT, text=True, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    with process:
        os.close(writer)
        # A terminal that nobody writes to any more ends in an error.
        with contextlib.suppress(OSError):
            while piece := os.read(reader, 4096):
                shown += piece
                if signalled is not None and awaited in shown:
                    os.killpg(process.pid, signalled)
                    signalled = None
        os.close(reader)
        assert signalled is None, shown
        out, _ = process.communicate(timeout=PATIENCE)
    return out, shown.decode(), process.returncode


class TestBadInput:
    """The exact wording, one line each."""

    def test_steps_that_run_backwards(self) -> None:
        fails(
            NOTE,
            "argument --steps: the first step of 5..1 is after the last; expected FIRST..LAST such as 1..5 "
            "(see symbptt check --help)",
            "--steps",
            "5..1",
        )

    @pytest.mark.parametrize("steps", ["0..3", "a", "1-5", "1..", "", "1..9999999"])
    def test_steps_that_are_none(self, steps: str) -> None:
        fails(
            NOTE,
            f"argument --steps: expected FIRST..LAST such as 1..5, not {steps!r} (see symbptt check --help)",
            "--steps",
            steps,
        )

    def test_a_size_that_is_none(self) -> None:
        message = "argument --hidden: expected a whole number from 1 on, not '0' (see symbptt check --help)"
        fails(NOTE, message, "--hidden", "0")

    def test_a_tag_that_no_equation_has(self, tmp_path: Path) -> None:
        path = script(tmp_path, "")
        fails(path, "no equation is tagged 7: expected one of h", "--tag", "7")

    def test_a_tag_used_twice(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.claim("h", h[t], h[t])')
        fails(path, f"{path}:10: equation (h): the tag is already used at line 9; give it another")

    def test_a_definition_that_refers_forward_in_time(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.define("g", state("g", n)[t], W @ h[t + 1])')
        fails(
            path,
            f"{path}:10: equation (g): g_t is computed from later steps: "
            "expected a last step such as T that it comes from",
        )

    def test_sizes_of_a_definition_that_do_not_compose(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.define("g", state("g", n)[t], U @ h[t])')
        fails(
            path,
            f"{path}:10: equation (g): sizes do not compose: U is n×d and h_t is n×1: "
            "a product needs d rows on its right, not n",
        )

    def test_a_claim_that_names_an_undefined_letter(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.claim("1", d(state("y", n)[t], W), d(h[t], W))')
        done = run("check", str(path))
        assert done.returncode == 1
        assert "y has no meaning on the page: it is a state that no equation defines" in done.stdout

    def test_a_letter_that_python_does_not_know(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.claim("1", d(y[t], W), d(h[t], W))')
        fails(path, f"{path}:10: the script raised NameError: name 'y' is not defined")

    def test_a_script_that_does_not_parse(self, tmp_path: Path) -> None:
        path = script(tmp_path, "page.claim(\n", head="")
        fails(path, f"{path}:1:11: the script does not parse: '(' was never closed")

    def test_a_script_that_raises(self, tmp_path: Path) -> None:
        path = script(tmp_path, "1 / 0")
        fails(path, f"{path}:10: the script raised ZeroDivisionError: division by zero")

    def test_a_script_that_leaves(self, tmp_path: Path) -> None:
        path = script(tmp_path, "raise SystemExit")
        fails(path, f"{path}:10: the script raised SystemExit")

    def test_a_script_that_holds_no_derivation(self, tmp_path: Path) -> None:
        path = script(tmp_path, "x = 1\n", head="")
        fails(path, f"{path}: the script holds no derivation; expected a variable such as page = Derivation(...)")

    def test_a_name_that_is_no_name(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'state("h-1")')
        fails(
            path,
            f"{path}:10: the script raised NotationError: 'h-1' is not a name: expected a letter, then letters, "
            "digits or underscores, at most 31 in all",
        )

    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        fails(tmp_path / "none.py", f"{tmp_path}/none.py: there is no such file or folder")

    def test_a_file_that_is_no_script(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("h")
        fails(
            path,
            f"{path}: expected a derivation script (.py), a note (.tex, .md, .qmd, .rst or .ipynb), "
            "or a folder of them",
        )

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / "page.py"
        path.write_bytes(b"\xff\xfe\x00")
        done = run("check", str(path))
        assert done.returncode == 2
        assert done.stderr.startswith(f"symbptt: {path}")
        assert done.stderr.count("\n") == 1

    def test_an_output_in_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        target = tmp_path / "none" / "report.json"
        fails(
            NOTE, f"cannot write {target}: there is no folder {target.parent}; create it first", "--json", str(target)
        )

    def test_an_output_that_is_a_folder(self, tmp_path: Path) -> None:
        fails(NOTE, f"cannot write {tmp_path}: it is a folder; name a file", "--json", str(tmp_path))

    def test_no_command_and_a_wrong_one(self) -> None:
        for arguments in ((), ("chek",), ("check", "--unknown")):
            done = run(*arguments)
            assert done.returncode == 2
            assert done.stdout == ""
            assert done.stderr.startswith("symbptt: ")
            assert done.stderr.count("\n") == 1


class TestLatex:
    def test_the_box_at_four_steps_is_written_out_with_the_largest_index_on_the_left(self) -> None:
        out = run("latex", str(NOTE), "--tag", "box", "--steps", "4").stdout
        fractions = [rf"\frac{{\partial h_{{{s}}}}}{{\partial h_{{{s - 1}}}}}" for s in (4, 3, 2)]
        assert " ".join([*fractions, r"\frac{\partial^{+} h_{1}}{\partial w_{h}}"]) in out
        assert r"\sum" not in out

    def test_the_output_file_is_written_whole(self, tmp_path: Path) -> None:
        target = tmp_path / "box.tex"
        done = run("latex", str(NOTE), "--standalone", "-o", str(target))
        assert done.stdout == ""
        assert target.read_text().startswith(r"\documentclass")
        assert target.read_text().rstrip().endswith(r"\end{document}")
        assert run("latex", str(NOTE), "-o", str(tmp_path / "no" / "x")).returncode == 2

    def test_a_depth_needs_a_step_and_what_is_too_long_is_one_line(self, tmp_path: Path) -> None:
        done = run("latex", str(NOTE), "--depth", "full")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "symbptt: --depth full writes an equation out at one step: add --steps T\n"
        target = tmp_path / "box.tex"
        done = run("latex", str(NOTE), "--tag", "box", "--steps", "40", "--depth", "full", "-o", str(target))
        assert done.returncode == 2
        assert done.stderr.startswith("symbptt: (box) at t = 40: written out, --depth full has ")
        assert done.stderr.count("\n") == 1
        assert not target.exists()

    def test_depth_and_notation_change_what_is_printed(self) -> None:
        at_four = ["latex", str(NOTE), "--tag", "box", "--steps", "4"]
        plain = run(*at_four).stdout
        assert run(*at_four, "--depth", "terms", "--notation", "plus").stdout == plain
        jacobians = run(*at_four, "--depth", "jacobians").stdout
        assert jacobians.count(r"\operatorname{diag}") == 6
        assert jacobians.count(r"\partial^{+}") == 4
        assert r"\partial" not in run(*at_four, "--depth", "full").stdout
        assert r"\partial^{+}" not in run(*at_four, "--notation", "note").stdout
        assert r"\partial f(X_{4}, h_{3}, w_{h})" in run(*at_four, "--notation", "d2l").stdout


class TestNumeric:
    def test_every_proved_claim_is_compared(self, tmp_path: Path) -> None:
        body = """
        page.claim("1", d(h[t], W), partial(h[t], W) + partial(h[t], h[t - 1]) @ d(h[t - 1], W))
        page.claim("2", d(h[t], U), Sum(d(h[t], copy_at(U, i)), (i, 1, t)))
        page.misread("3", d(h[t], W), partial(h[t], W), of=page["1"], why="the past is left out")
        """
        done = run("numeric", str(script(tmp_path, body)))
        assert done.returncode == 0, done.stderr
        assert "2 of 2 proved claims agree with complex step" in done.stdout
        claims = [line.split() for line in done.stdout.partition("\n\n")[0].splitlines()[2:]]
        assert [(line[0], line[-1]) for line in claims] == [("1", "agree"), ("2", "agree")]
        assert "disagree" not in done.stdout

    def test_a_claim_that_is_not_proved_is_named(self, tmp_path: Path) -> None:
        path = script(tmp_path, 'page.claim("1", d(h[t], W), partial(h[t], W))')
        done = run("numeric", str(path))
        assert done.returncode == 1
        assert "Not compared, because not proved: 1" in done.stdout


HEAVY = ["sympy", "numpy", "rich", "mpmath", "multiprocessing", "matplotlib", "lark"]


@pytest.mark.parametrize("line", ["pass", "main(['--help'])", "main(['--version'])", "main([])", "main(['nothing'])"])
def test_what_says_nothing_of_a_page_loads_no_heavy_library(line: str) -> None:
    code = (
        "import sys, symbptt, contextlib; from symbptt.__main__ import main\n"
        f"with contextlib.suppress(SystemExit): {line}\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_command_that_judges_loads_what_it_needs() -> None:
    code = (
        "import sys, contextlib; from symbptt.__main__ import main\n"
        "with contextlib.suppress(SystemExit): main(['check', '--help'])\n"
        "print('sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "--steps" in done.stdout
    assert done.stdout.splitlines()[-1] == "True"


def test_a_fault_of_its_own_is_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from symbptt import cli

    def broken(path: Path, macros: Path | None) -> None:
        raise ZeroDivisionError("of all\nthings")

    monkeypatch.setattr("symbptt.reader.note.read_note", broken)
    assert cli.main(["check", str(ROOT / "derivations" / "islam.md")]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "symbptt: internal error, please report it: ZeroDivisionError: of all things\n"
