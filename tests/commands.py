"""The command line as its users meet it: in this process, which is quick, or in one of its own."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from symbptt import workers
from symbptt.__main__ import main
from symbptt.judging.pages import judge_note
from symbptt.reader.note import read_text
from symbptt.show.plots import can_draw
from symbptt.store import VARIABLE
from symbptt.web.desks import WARM
from symbptt.workers import Workers
from tests.pages import ROOT, TESTED

COMMAND = [str(Path(sys.executable).with_name("symbptt"))]
PATIENCE = 1200
"""Seconds after which a process is taken to hang: many times what a busy machine needs."""
KNOWN = {VARIABLE: TESTED}
"""What has a command keep its verdicts for all the tests of this run that ask what is made of a verdict, in whatever
process. Who plants a fault, or asks how something is judged, asks without."""

PAGE = """
from symbptt import *

t, i, j = indices("t i j")
n, D = sizes("n d")
h, x = state("h", n), data("x", D)
W, U, phi = weight("W", n, n), weight("U", n, D), function("phi")
page = Derivation("A recurrence")
page.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
"""


def _variables(environment: dict[str, str]) -> dict[str, str]:
    # The width of whoever runs the tests is none of the command's business.
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"} | environment


def run(
    *arguments: str,
    cwd: Path = ROOT,
    standard_input: bytes = b"",
    encoding: str = "utf-8",
    known: bool = False,
    here: bool = False,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """What a command prints, in that encoding, and how it ends, without a process of its own.

    Its streams are no terminal. It has one worker unless it is asked for more,
    as the tests have the other processors. What needs a process, because it
    stops its workers or is stopped itself, takes :func:`run_apart`. With
    ``known`` it takes the verdicts of other tests for granted. Where what is
    said counts, and not who finds it out, it has no worker: all is read and
    judged ``here``. Who plants a fault must not ask for that, as this process
    may keep what it finds.
    """
    environment |= KNOWN if known else {}
    begin(drawing=arguments[:1] in (("report",), ("plot",)))
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=name) for name in (encoding, "utf-8")]
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, _variables(environment), clear=True),
        mock.patch.object(workers, "processors", return_value=1),
        mock.patch.object(Workers, "ask", _asked_here) if here else contextlib.nullcontext(),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(standard_input), encoding="utf-8")),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
    ):
        try:
            status = main(arguments)
        except SystemExit as ended:  # argparse, behind --help and --version
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    said = []
    for stream in streams:
        stream.flush()
        stream.seek(0)
        said.append(stream.read())
    return subprocess.CompletedProcess(["symbptt", *arguments], status, *said)


def _asked_here(workers: Workers[..., Any], *arguments: Any) -> Callable[[], Any]:
    """What a worker would answer, as that comes out of a pipe; found when it is waited for."""

    def answer() -> Any:
        workers.crew.idle()
        return pickle.loads(pickle.dumps(workers.call(*arguments)))

    return answer


@functools.cache
def begin(*, drawing: bool = False) -> None:
    """Judge or draw something in this process: what is built once for that its workers then have, as copies of it."""
    judge_note(read_text(WARM, "begun.md"))
    if drawing and can_draw():
        figures = importlib.import_module("matplotlib.figure")
        for kind in ("svg", "pdf"):
            figure = figures.Figure()
            figure.add_subplot().set_xlabel("1 and $h_1$")
            figure.savefig(io.BytesIO(), format=kind)


run_here = functools.partial(run, here=True)
asked = functools.cache(run_here)
"""The same for a command that writes no file: whoever asks the same again in this process is told the same."""


def run_apart(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a command prints and how it ends as a process of its own."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        env=_variables(environment),
        check=False,
    )


def script(folder: Path, body: str, head: str = PAGE) -> Path:
    """A derivation script in that folder: a recurrence, and what ``body`` says of it."""
    path = folder / "page.py"
    path.write_text(head + textwrap.dedent(body))
    return path
