"""``python -m tests.soundness --n 10000 --seed 1``: claims of every kind, judged and held against the evaluator.

Exit status 1 on any false claim accepted, true claim refuted, or fault.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from symbptt.cli import COLLECTED
from tests.soundness.trial import WRONG, Door, Finding, findings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials that are asked for, and say what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.soundness", description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="how many claims are made")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first claim, to try one again")
    parser.add_argument("--door", choices=["page", "note"], help="one door alone")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--show", default="", help="show the findings whose outcome has this in it")
    options = parser.parse_args(arguments)
    doors: tuple[Door, ...] = (options.door,) if options.door else ("page", "note")
    ask = partial(findings, seed=options.seed, doors=doors)
    counted: Counter[tuple[str, str]] = Counter()
    began = time.monotonic()
    wrong = 0
    for found in _all(ask, range(options.first, options.first + options.n), options.jobs):
        for one in found:
            counted[one.outcome, one.door] += 1
            wrong += one.outcome in WRONG
            if one.outcome in WRONG or (options.show and options.show in one.outcome):
                _show(one)
    print(f"{options.n} claims of seed {options.seed} in {time.monotonic() - began:.0f} s")
    for (outcome, door), times in sorted(counted.items()):
        print(f"{times:7d}  {outcome}, through the {door}")
    print(f"{wrong} wrong")
    return 1 if wrong else 0


def _all(ask: partial[list[Finding]], numbers: range, jobs: int) -> Iterator[list[Finding]]:
    if jobs == 1:
        yield from map(ask, numbers)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(ask, numbers, chunksize=8)


def _show(found: Finding) -> None:
    print(f"{found.outcome} through the {found.door}, {found.number}: {found.family}, {found.made}")
    print(f"    {found.claim}\n    {found.said}", flush=True)
    if found.source:
        print("    " + found.source.replace("\n\n", "\n").replace("\n", "\n    "), flush=True)


if __name__ == "__main__":
    # As the command does: what is imported stays, and is not searched for what may go.
    gc.freeze()
    gc.set_threshold(COLLECTED)
    sys.exit(main())
