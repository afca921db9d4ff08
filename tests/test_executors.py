"""Claims judged by an executor: the same verdicts, under the same limits, and none lost where a process dies."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from symbptt import d, judge, judge_note, partial
from symbptt.commands import sources
from symbptt.errors import Stopped, UsageError
from symbptt.reader.note import read_text
from symbptt.workers import Crew, Workers
from tests.commands import run
from tests.pages import W, box, h, jacobian, recurrence, t

CELL = r"$$h_t = \tanh(W h_{t-1} + U x_t)$$"
LEFT = r"\frac{\partial h_t}{\partial h_{t-1}} = "
NOTE = f"{CELL}\n\n$${LEFT}\\operatorname{{diag}}(1 - h_t^2) W$$\n\n$${LEFT}W$$\n\n$${LEFT}W W x_t$$\n"
WORDS = ["definition", "proved", "refuted", "ill-typed"]


class Given(Executor):
    """An executor that fails each time in the same way, or runs in this thread."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error
        self.submitted = 0

    def submit(self, fn: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.submitted += 1
        made: Future[Any] = Future()
        if self.error is not None:
            made.set_exception(self.error)
        else:
            made.set_result(fn(*arguments, **named))
        return made


def endless(number: int) -> int:
    """A piece of work that never ends."""
    while True:
        number = number % 7 + 1


def words(sheet: Any) -> list[str]:
    return [row.word for row in sheet]


def test_threads_and_processes_of_others_say_the_same() -> None:
    note = read_text(NOTE, "note.md")
    page = recurrence()
    page.claim("box", d(h[t], W), box())
    page.claim("wrong", d(h[t], W), partial(h[t], W) + jacobian(t) @ partial(h[t], W))
    assert words(judge_note(note)) == WORDS
    for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
        with kind(1) as executor:
            assert words(judge_note(note, executor=executor)) == WORDS
            assert words(judge(page, executor=executor)) == ["definition", "proved", "refuted"]


def test_the_limits_hold_there_too() -> None:
    with ProcessPoolExecutor(1) as executor, Workers(endless, Crew(1, 0.2, executor=executor)) as workers:
        answer = workers.ask(1)
        with pytest.raises(Stopped, match=r"stopped after 0\.2 s"):
            answer()


def test_what_the_executor_loses_is_undecided_with_the_reason_and_what_is_asked_wrongly_is_an_error() -> None:
    note = read_text(NOTE, "note.md")
    dead = Given(BrokenProcessPool("it was killed"))
    rows = list(judge_note(note, executor=dead))
    assert [row.word for row in rows][:3] == ["definition", "undecided", "undecided"]
    assert dead.submitted >= 3
    assert rows[1].verdict is not None
    assert "its executor gave it up: BrokenProcessPool: it was killed" in rows[1].verdict.reason
    with pytest.raises(UsageError, match="no such"):
        judge_note(note, executor=Given(UsageError("no such")))
    assert words(judge_note(note, executor=Given(None))) == WORDS


def test_without_a_scheduler_or_without_dask_one_line_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text(NOTE)
    with mock.patch.object(sources, "CONNECTS", 0.2):
        done = run("check", "note.md", "--dask", "tcp://127.0.0.1:9", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'pip install "symbptt[dask]"' in done.stderr or "no scheduler of Dask answers at" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.filterwarnings("default")  # what Dask's own packages deprecate is not ours
def test_a_cluster_of_dask_says_the_same_also_where_a_worker_is_killed_at_its_work(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    import dask

    text = NOTE + "".join(f"\n$${LEFT}\\operatorname{{diag}}(1 - h_t^2) W + {k} - {k}$$\n" for k in range(1, 5))
    (tmp_path / "note.md").write_text(text)
    asked = ["check", "note.md", "--format", "json"]
    plain = run(*asked, "--jobs", "1", cwd=tmp_path)

    asked_for = threading.Event()

    def killed(cluster: Any) -> int:
        while not asked_for.is_set():
            for name, nanny in cluster.workers.items():
                # Of what it was at it is the one that knows.
                if cluster.scheduler.workers[nanny.worker_address].processing:
                    pid: int = nanny.pid
                    os.kill(pid, signal.SIGKILL)
                    return int(name)
            asked_for.wait(0.01)
        raise AssertionError("no worker was at work")

    with (
        dask.config.set({"distributed.worker.daemon": False}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        ThreadPoolExecutor(1) as pool,
    ):
        killing = pool.submit(killed, cluster)
        done = run(*asked, "--dask", cluster.scheduler_address, cwd=tmp_path)
        asked_for.set()
        assert killing.result() in cluster.workers
    assert (done.returncode, done.stdout) == (plain.returncode, plain.stdout), done.stderr
