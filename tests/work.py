"""How much work something is, so that no test depends on the speed of the machine or on what else runs on it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


def counted(run: Callable[[], Result]) -> tuple[Result, int]:
    """What is returned, and how many Python functions were entered for it: the same number on every machine."""
    entered = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        made = run()
    finally:
        sys.setprofile(before)
    return made, entered


def in_proportion(run: Callable[[int], object], size: int, clock: Callable[[], float] = time.process_time) -> bool:
    """Whether eight times the size is about eight times the work, and not the sixty-four times of two nested loops.

    For what a loop in C does, which no call shows: the processor time of a run is compared with that of another run
    of the same process, and an answer of no is believed the third time only.
    """

    def seconds(times: int) -> float:
        began = clock()
        run(times)
        return clock() - began

    # Below a hundredth of a second the clock is too coarse to tell.
    return any(seconds(8 * size) < 24 * max(seconds(size), 0.01) for _ in range(3))


def pause(seconds: float) -> None:
    """Wait; nothing is measured by it."""
    time.sleep(seconds)
