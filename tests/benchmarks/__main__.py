"""`python -m tests.benchmarks [--write]`: the tables of the guide, measured here and now.

Every case runs in a process of its own, so that its peak memory is its own too, before any rival starts there.
"""

from __future__ import annotations

import json
import math
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from sympy.core.cache import clear_cache

from symbptt.files import write_whole
from tests.benchmarks.cases import CASES, linear_in_t, median_of_mutants, seconds
from tests.pages import ROOT

MARKED = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- end -->)", re.DOTALL)
MEBIBYTE = 1024
"""Kibibytes, the unit of ru_maxrss on Linux."""
LIMIT = 1024
"""MiB that no case may pass."""
PATIENCE = 5.0
"""A rival that takes longer is called once; else its second call counts, without its imports."""
WIDTH = 48
"""Characters of the longest bar."""


def measured(place: int) -> dict[str, Any]:
    """One case, in this process: seconds for the first call and the later ones, MiB at the peak, seconds of rivals."""
    case = CASES[place]
    first = seconds(case.ours)
    median = statistics.median(anew(case.ours) for _ in range(case.rounds))
    peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    peak = max(peaks) / MEBIBYTE
    rivals = {}
    for name, run in case.present.items():
        once = seconds(run)
        rivals[name] = once if once > PATIENCE else anew(run)
    return {"first": first, "median": median, "peak": peak, "rivals": rivals}


def anew(run: Callable[[], Any]) -> float:
    """Seconds of a call that finds nothing of the calls before in SymPy's caches."""
    clear_cache()
    return seconds(run)


def in_its_own_process(place: int) -> dict[str, Any]:
    """The same in a new process."""
    command = [sys.executable, "-m", "tests.benchmarks", "--case", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table() -> str:
    """The rows of the table, the mutants and the growth with T."""
    lines = ["| case | first | median | peak | rival, same run | rival / symbptt |", "|---|---|---|---|---|---|"]
    for place, case in enumerate(CASES):
        found = in_its_own_process(place)
        if found["peak"] > LIMIT:
            raise SystemExit(f"{case.name} takes {found['peak']:.0f} MiB: the limit is {LIMIT}")
        rivals = "; ".join(f"{name}: {theirs:.3g} s" for name, theirs in found["rivals"].items())
        ratios = "; ".join(f"{theirs / found['median']:.3g}" for theirs in found["rivals"].values())
        cells = (f"{found['first']:.3g} s", f"{found['median']:.3g} s", f"{found['peak']:.0f} MiB", rivals, ratios)
        lines.append(f"| {case.name} | {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr)
    count, median = median_of_mutants()
    mutants = f"{count} one-slip mutants of the box are refuted, each with a witness: median {1000 * median:.0f} ms."
    return "\n".join([*lines, "", mutants, "", *growth(linear_in_t()), ""])


def growth(rows: list[tuple[int, float, float]]) -> list[str]:
    """How the time grows with T: a bar for each, as long as the logarithm of the time, so that doublings are steps."""
    least = min(min(words, explicit) for _, words, explicit in rows)
    most = max(max(words, explicit) for _, words, explicit in rows)
    scale = (WIDTH - 1) / math.log(most / least)
    drawn = ["```text", "Growth with T; a bar is the logarithm of the time, so that equal steps are equal factors"]
    for name, column in (("words, any sizes", 1), ("certificates, n = 2", 2)):
        for row in rows:
            took = row[column]
            bar = "█" * (1 + round(scale * math.log(took / least)))
            drawn.append(f"{name if row is rows[0] else '':<20} T = {row[0]:<4} {bar} {took:.2g} s")
    return [*drawn, "```"]


if __name__ == "__main__":
    if "--case" in sys.argv:
        print(json.dumps(measured(int(sys.argv[sys.argv.index("--case") + 1]))))
    else:
        text = table()
        print(text)
        if "--write" in sys.argv:
            costs = ROOT / "derivations" / "guide" / "costs.md"
            write_whole(costs, MARKED.sub(lambda marks: marks[1] + text + marks[2], costs.read_text()))
