"""Work in processes of its own, each kept to a time and a memory from outside, and gone with whoever asked for it.

A worker is a copy of the process that asks where the system can make one, so that it begins with all that is loaded;
elsewhere it is a new process that is sent what it needs. It is stopped by killing it: no loop of its own can prevent
that. Memory is watched where the system shows that of another process, under ``/proc``.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from symbptt.errors import Stopped, SymbpttError, UsageError
from symbptt.store import Store

P = ParamSpec("P")
T = TypeVar("T")
POLL = 0.05
"""Seconds between two looks at the memory of a worker."""
STACK = 100 * 2**20
"""Bytes that the stack of a worker may grow to: what is deeply nested is no fault of the page."""
DEPTH = 20_000
"""The recursion limit that such a stack allows."""
MOST = 4
"""How many workers there are at most, unless more are asked for: each finds out anew what a claim needs of its page."""
FORKS = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
"""Whether a process can be copied here."""
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


def processors() -> int:
    """How many workers can run at once, up to ``MOST``."""
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(able, MOST)


@dataclass(frozen=True, slots=True)
class Crew:
    """How many workers there are, and what each piece of work may take; None: as much as it wants.

    ``idle`` is called whenever nothing can be done but wait.
    """

    jobs: int = 1
    seconds: float | None = None
    mebibytes: int | None = None
    idle: Callable[[], None] = lambda: None
    executor: Executor | None = None
    """Who runs the pieces of work in place of processes of this one, each still kept to what it may take."""
    store: Store | None = None
    """Where answers are kept from run to run; None: nothing is looked up or kept."""


@dataclass(eq=False, slots=True)
class _Task:
    arguments: tuple[Any, ...]
    number: int
    found: Any = None
    error: Exception | None = None
    is_done: bool = False

    def fails(self, error: Exception) -> None:
        self.error, self.is_done = error, True


@dataclass(eq=False, slots=True)
class _Worker:
    process: Any
    connection: Connection
    known: int
    """How many tasks it was copied with."""
    copied: int
    """How much memory it has from the process that it is a copy of, in bytes."""
    task: _Task | None = None
    began: float = 0.0

    def hand(self, task: _Task) -> None:
        self.task, self.began = task, time.monotonic()
        self.connection.send((task.number, None if task.number < self.known else task.arguments))

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


@dataclass
class Workers(Generic[P, T]):
    """Processes that call ``call``, which may keep what it needs again. Leaving the ``with`` stops every worker."""

    call: Callable[P, T]
    crew: Crew = field(default_factory=Crew)
    _tasks: list[_Task] = field(default_factory=list)
    _waiting: deque[_Task] = field(default_factory=deque)
    _workers: list[_Worker] = field(default_factory=list)
    _owner: int = field(default_factory=os.getpid)

    def __enter__(self) -> Workers[P, T]:
        return self

    def __exit__(self, *raised: object) -> None:
        # A copy of this process is not the one whose workers these are.
        if os.getpid() == self._owner:
            for worker in self._workers:
                worker.stop()
            self._workers.clear()

    def ask(self, *arguments: P.args, **none: P.kwargs) -> Callable[[], T]:
        """Have ``call`` called with these arguments; what comes back waits for the answer.

        It raises what the call raises, and :class:`Stopped` where the worker was stopped or ended early.
        """
        assert not none
        if self.crew.executor is not None:
            # As one value: Dask before 2024.12 takes a tuple that begins with a function for a call of that.
            whole: Callable[[], T] = functools.partial(self.call, *arguments)
            future = self.crew.executor.submit(_limited, whole, self.crew.seconds, self.crew.mebibytes)
            return lambda: self._outcome(future)
        task = _Task(arguments, len(self._tasks))
        self._tasks.append(task)
        self._waiting.append(task)
        return lambda: self._answer(task)

    def _outcome(self, future: Future[T]) -> T:
        began = time.monotonic()
        while not future.done():
            self.crew.idle()
            futures.wait([future], POLL)
        try:
            return future.result()
        except SymbpttError:
            raise
        except (Exception, futures.CancelledError) as error:
            # Whoever ran it has ended, more often than its executor tries again.
            said = f"its executor gave it up: {type(error).__name__}: {' '.join(str(error).split())}"
            raise Stopped(said, time.monotonic() - began) from None

    def _answer(self, task: _Task) -> T:
        if task in self._waiting:
            # Whoever waits for an answer is served first: rows come in the order of the page.
            self._waiting.remove(task)
            self._waiting.appendleft(task)
        while not task.is_done:
            self._hand_out()
            self.crew.idle()
            self._collect()
        if task.error is not None:
            raise task.error
        found: T = task.found
        return found

    def _hand_out(self) -> None:
        while self._waiting:
            worker = next((worker for worker in self._workers if worker.task is None), None)
            if worker is None:
                if len(self._workers) == self.crew.jobs:
                    return
                worker = self._started()
            task = self._waiting.popleft()
            try:
                worker.hand(task)
            except Exception:
                # It has died, or what it would be sent cannot be: a new copy knows this task already.
                self._drop(worker)
                self._started().hand(task)

    def _started(self) -> _Worker:
        context: Any = multiprocessing.get_context("fork" if FORKS else "spawn")
        ours, theirs = context.Pipe()
        tasks = [task.arguments for task in self._tasks] if FORKS else []
        process = context.Process(target=_serve, args=(self.call, tasks, theirs, os.getpid()), daemon=True)
        with warnings.catch_warnings():
            # Python 3.12 warns of every copy where there are threads: no worker waits for one, or takes its locks.
            warnings.filterwarnings("ignore", ".*is multi-threaded", DeprecationWarning)
            process.start()
        theirs.close()
        worker = _Worker(process, ours, len(tasks), _resident(os.getpid()) if FORKS else 0)
        self._workers.append(worker)
        return worker

    def _collect(self) -> None:
        """Take what has come in, and stop what is past what it may take."""
        busy = [worker for worker in self._workers if worker.task is not None]
        ready = wait([worker.connection for worker in busy], POLL)
        for worker in busy:
            task = worker.task
            assert task is not None
            if worker.connection in ready:
                try:
                    task.found, task.error = worker.connection.recv()
                    task.is_done = True
                    worker.task = None
                except Exception:
                    self._drop(worker)
                    status = worker.process.exitcode
                    how = f"signal {-status}" if status < 0 else f"exit status {status}"
                    task.fails(Stopped(f"its process ended early, with {how}", time.monotonic() - worker.began))
            elif why := self._excess(worker):
                self._drop(worker)
                task.fails(Stopped(why, time.monotonic() - worker.began))

    def _excess(self, worker: _Worker) -> str:
        """By what a worker is past what it may take; empty where it is not."""
        seconds, mebibytes = self.crew.seconds, self.crew.mebibytes
        if seconds is not None and time.monotonic() - worker.began > seconds:
            return f"stopped after {seconds:g} s"
        if mebibytes is not None and _resident(worker.process.pid) > worker.copied + mebibytes * 2**20:
            return f"stopped at {mebibytes:,} MiB of memory"
        return ""

    def _drop(self, worker: _Worker) -> None:
        worker.stop()
        self._workers.remove(worker)


def apart(crew: Crew | None, call: Callable[P, T], *arguments: P.args, **none: P.kwargs) -> T:
    """What a call returns or raises, in a process of its own that may take what the crew says; without one in this.

    Raises :class:`Stopped` where it takes more.
    """
    if crew is None:
        return call(*arguments, **none)
    with Workers(call, crew) as workers:
        return workers.ask(*arguments, **none)()


def _limited(call: Callable[[], T], seconds: float | None, mebibytes: int | None) -> T:
    """A call in the process of an executor, stopped from outside of itself where it takes more than it may."""
    if seconds is None and mebibytes is None:
        return call()
    if multiprocessing.current_process().daemon:
        raise UsageError(
            "the processes of the executor may start none, so that no claim could be stopped in them: let them (for "
            "Dask set distributed.worker.daemon to false), or leave out the limits"
        )
    return apart(Crew(1, seconds, mebibytes), call)


def _resident(process: int) -> int:
    """The bytes of memory that a process has; 0 where the system does not show them."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, ValueError, IndexError):
        return 0


# --------------------------------------------------------------------------------------------------- in a worker


def _serve(call: Callable[..., Any], tasks: Sequence[tuple[Any, ...]], connection: Connection, parent: int) -> None:
    # An interrupt from the terminal reaches everyone; whoever asked answers it, and stops the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    _die_with(parent)
    _deepen()
    # What it was copied with stays: a search for garbage need not look at it, nor touch pages that are shared.
    gc.freeze()
    # How long a number may be is a matter of time and memory, which are watched.
    sys.set_int_max_str_digits(0)
    while True:
        try:
            number, arguments = connection.recv()
        except EOFError:
            os._exit(0)
        answer: tuple[Any, Exception | None]
        try:
            answer = call(*(tasks[number] if arguments is None else arguments)), None
        except Exception as error:
            answer = None, error
        try:
            connection.send(answer)
        except Exception as error:
            connection.send((None, Stopped(f"what was found cannot be sent: {type(error).__name__}: {error}", 0.0)))


def _die_with(parent: int) -> None:
    """End this process when its parent ends, however that ends: by the system, or by a thread that waits for it."""
    asked = multiprocessing.parent_process()
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    def watch() -> None:
        if asked is not None:
            wait([asked.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _deepen() -> None:
    """Let what is deeply nested be walked, where the stack can be made large enough for it."""
    if sys.platform != "linux":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    room = STACK if hard == resource.RLIM_INFINITY else min(STACK, hard)
    if soft == resource.RLIM_INFINITY or soft >= room:
        room = soft
    else:
        resource.setrlimit(resource.RLIMIT_STACK, (room, hard))
    if room == resource.RLIM_INFINITY or room >= STACK:
        sys.setrecursionlimit(max(DEPTH, sys.getrecursionlimit()))
