"""The terminal: how wide it is, and the line that says how far a check has come."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

WIDTH = 100
"""Columns of what is printed to a pipe, unless COLUMNS says otherwise; a terminal has its own."""


def open_console() -> Console:
    """Standard output for tables, as wide as the terminal."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) >= 40 else WIDTH
    return Console(width=None if sys.stdout.isatty() else width, highlight=False)


@contextlib.contextmanager
def show_progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """A line that says which equation is being judged, on a terminal; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda tag, count: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("judging", total=total)
        yield lambda tag, count: progress.update(task, advance=count, description=f"judging, done with ({tag})")
