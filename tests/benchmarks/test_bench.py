"""`python -m pytest tests/benchmarks --benchmark-only`: each case, with its rival in the same run as a ratio."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.benchmarks.cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bench(benchmark: Any, case: Case) -> None:
    benchmark.pedantic(case.ours, rounds=case.rounds, warmup_rounds=1)
    if case.theirs is not None:
        began = time.perf_counter()
        case.theirs()
        seconds = time.perf_counter() - began
        benchmark.extra_info["rival"] = case.rival
        benchmark.extra_info["rival over symbptt"] = seconds / benchmark.stats.stats.median
