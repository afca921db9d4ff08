"""`python -m pytest tests/benchmarks --benchmark-only`: each case, with its rivals in the same run as ratios."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.benchmarks.__main__ import growth, in_its_own_process
from tests.benchmarks.cases import CASES, Case, casadi_is_equal, seconds, sympy_expand, sympy_ring


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bench(benchmark: Any, case: Case) -> None:
    benchmark.pedantic(case.ours, rounds=case.rounds, warmup_rounds=1)
    for name, run in case.present.items():
        benchmark.extra_info[f"{name} over symbptt"] = seconds(run) / benchmark.stats.stats.median


def test_the_rivals_that_compare_find_the_box_true() -> None:
    for rival in (sympy_ring, sympy_expand):
        rival(4)()  # asserts it itself


def test_casadi_differentiates_but_cannot_tell_that_the_box_is_the_derivative() -> None:
    pytest.importorskip("casadi")
    assert casadi_is_equal(1)
    assert not casadi_is_equal(2)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kibibytes on Linux")
def test_a_case_is_measured_in_a_process_of_its_own_with_its_peak_memory() -> None:
    place = next(place for place, case in enumerate(CASES) if case.name.startswith("explicit, phi, n = 1, T = 32"))
    found = in_its_own_process(place)
    assert found["median"] > 0
    assert found["rivals"].keys() == CASES[place].rivals.keys()
    assert all(seconds > 0 for seconds in found["rivals"].values())
    assert 20 < found["peak"] < 1024


def test_growth_is_drawn_with_bars_as_long_as_the_logarithm_of_the_time() -> None:
    drawn = growth([(32, 1.0, 4.0), (64, 2.0, 16.0)])
    bars = [line.count("█") for line in drawn if "█" in line]
    assert bars == [1, 13, 25, 48]
