"""`python -m tests.benchmarks [--write]`: the table of the README, measured here and now."""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from symbptt.files import write_whole
from tests.benchmarks.cases import CASES, linear_in_t
from tests.pages import ROOT

MARKED = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- end -->)", re.DOTALL)


def seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def table() -> str:
    lines = ["| case | first | median | rival, same run | rival / symbptt |", "|---|---|---|---|---|"]
    for case in CASES:
        first = seconds(case.ours)
        median = statistics.median(seconds(case.ours) for _ in range(case.rounds))
        rival, ratio = "", ""
        if case.theirs is not None:
            theirs = seconds(case.theirs)
            rival, ratio = f"{case.rival}: {theirs:.3g} s", f"{theirs / median:.3g}"
        lines.append(f"| {case.name} | {first:.3g} s | {median:.3g} s | {rival} | {ratio} |")
        print(lines[-1], file=sys.stderr)
    growth = ", ".join(f"T = {step}: {one:.2g} s and {two:.2g} s" for step, one, two in linear_in_t())
    return "\n".join([*lines, "", f"Growth with T, words and certificates at n = 2: {growth}.", ""])


if __name__ == "__main__":
    measured = table()
    print(measured)
    if "--write" in sys.argv:
        readme = ROOT / "README.md"
        write_whole(readme, MARKED.sub(lambda marks: marks[1] + measured + marks[2], readme.read_text()))
