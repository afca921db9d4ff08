"""A limit on how long a test harness waits for one input."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TooLong(BaseException):
    """Something took longer than anyone waits. No handler of the house's own faults may catch it."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """A block that is given up after some seconds of its own, however busy the machine is, by :class:`TooLong`."""

    def stop(signum: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
