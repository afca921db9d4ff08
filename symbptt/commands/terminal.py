"""The terminal: how wide it is, the line of progress, and signals that ask a command to end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress

WIDTH = 100
"""Columns of what is printed to a pipe, unless COLUMNS says otherwise; a terminal has its own."""


def open_console() -> Console:
    """Standard output for tables, as wide as the terminal."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) >= 40 else WIDTH
    return Console(width=None if sys.stdout.isatty() else width, highlight=False)


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end; ``status`` is the exit status that says so."""

    def __init__(self, number: int) -> None:
        self.status = 128 + number


@contextlib.contextmanager
def interruptions() -> Iterator[Callable[[], None]]:
    """A function that raises :class:`Interrupted` if meanwhile a signal asked the command to end.

    So it ends where nothing is lost by it; a second signal ends it at once, wherever it is.
    """
    came: list[int] = []
    before = {}

    def note(number: int, frame: FrameType | None) -> None:
        if came:
            raise Interrupted(number)
        came.append(number)

    def answer() -> None:
        if came:
            raise Interrupted(came[0])

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # What is to be ignored, behind nohup, stays ignored.
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, note)
    try:
        yield answer
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Line:
    """The line that says which equation is being judged, on a terminal; nothing anywhere else."""

    def __init__(self, console: Console | None) -> None:
        """``console`` is where the table goes, if that is shown while the line is."""
        # Colours that are forced on a pipe make no terminal of it.
        shared = console is not None and sys.stdout.isatty()
        self._progress: Progress | None = None
        if shared or sys.stderr.isatty():
            self._progress = _progress(console if shared and console is not None else Console(stderr=True))

    def __enter__(self) -> Line:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, total: int) -> None:
        """Say how many equations there are."""
        self._update(total=total)

    def step(self, tag: str) -> None:
        """One more is done."""
        self._update(advance=1, description=f"judging, done with ({tag})")

    def _update(self, **changes: Any) -> None:
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], refresh=True, **changes)

    def turn(self) -> None:
        """Show that something is being done."""
        if self._progress is not None:
            self._progress.refresh()


def _progress(terminal: Console) -> Progress:
    # A check whose output goes to a pipe does not wait for it.
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    # Without a thread of its own: the workers are copies of this process.
    progress = Progress(
        *columns, console=terminal, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
    )
    progress.add_task("judging", total=None)
    return progress
