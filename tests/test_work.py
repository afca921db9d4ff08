"""What the tests themselves rest on: no speed of a machine, nothing left out in silence, one command line."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import run, run_apart
from tests.pages import ROOT
from tests.work import counted, in_proportion

CLOCKS = re.compile(r"^(time|timeit|datetime)(\.|$)")
TESTS = sorted((ROOT / "tests").glob("**/*.py"))


def clocks(source: str) -> list[int]:
    """The lines on which a clock is imported."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found += [node.lineno for name in names if isinstance(node, ast.stmt) and CLOCKS.match(name)]
    return found


@pytest.mark.parametrize("path", [path for path in TESTS if path.name.startswith("test_")], ids=lambda path: path.stem)
def test_no_test_reads_a_clock(path: Path) -> None:
    assert clocks(path.read_text()) == []


@pytest.mark.parametrize(
    "line", ["import time", "import json, time as t", "from time import perf_counter", "import datetime"]
)
def test_a_test_that_reads_a_clock_would_be_noticed(line: str) -> None:
    assert clocks(f"def test_it() -> None:\n    {line}\n") == [2]
    assert clocks("from symbptt.timeline import time\nimport timely\n") == []


def test_every_function_that_is_entered_is_counted() -> None:
    def steps(left: int) -> int:
        return steps(left - 1) + 1 if left else 0

    assert counted(lambda: steps(4)) == (4, 6)
    assert counted(lambda: steps(40)) == (40, 42)


def test_more_work_than_in_proportion_is_noticed_and_a_disturbed_run_is_not_taken_for_it() -> None:
    now = 0.0

    def power(exponent: int, disturbed: list[int] | None = None) -> Callable[[int], None]:
        def run(size: int) -> None:
            nonlocal now
            now += size**exponent * (disturbed.pop() if disturbed else 1)

        return run

    assert in_proportion(power(1), 5, lambda: now)
    assert not in_proportion(power(2), 5, lambda: now)
    # The first long run meets a machine that is ten times busier.
    assert in_proportion(power(1, [1, 10]), 5, lambda: now)


# ------------------------------------------------------------------------------------------------ what is left out


@pytest.mark.parametrize(("program", "mark"), [("pdflatex", "needs_tex"), ("chromium", "needs_chromium")])
def test_where_a_program_is_installed_no_test_that_needs_it_is_left_out(program: str, mark: str) -> None:
    from tests import pages

    needed: pytest.MarkDecorator = getattr(pages, mark)
    (condition,) = needed.args
    assert condition is (shutil.which(program) is None)
    # No other condition decides it: a test is left out by this mark or not at all.
    asked = re.compile(rf'which\("{program}"\) is None|{program} is not installed')
    places = {path.name for path in TESTS if asked.search(path.read_text())}
    assert places == {"pages.py"}


# ------------------------------------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["check", "--help"],
        ["check", "--latex", r"\frac{d h_t}{d w} = \frac{d h_t}{d w}", "--json", "-"],
        ["check", "--latex", r"\frac{d h_t}{d w} = 2 \frac{d h_t}{d w}"],
        ["check", "none.md"],
    ],
)
def test_a_command_says_the_same_in_this_process_and_in_one_of_its_own(arguments: list[str]) -> None:
    within, apart = run(*arguments), run_apart(*arguments)
    timeless = [re.sub(r'\d+\.\d+ s\b|("seconds": )[\d.e-]+', r"\1", done.stdout) for done in (within, apart)]
    assert timeless[0] == timeless[1]
    assert (within.returncode, within.stderr) == (apart.returncode, apart.stderr)
    assert within.returncode in (0, 1, 2)
