"""Processes that answer one browser each, so that what serves them never waits for a verdict.

A desk has its own workers (:mod:`symbptt.workers`), which are copies of it, and does nothing else: whoever serves
has threads, and is never copied. A desk that no answer comes from in time is stopped with all its workers, and a new
one takes its place; where nobody waits for its answer any more, it drops the question.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from symbptt.errors import fault
from symbptt.store import Store
from symbptt.verdicts import Question
from symbptt.web.answers import WHOLE, Answer, Asked, answer
from symbptt.workers import FORKS, Crew

DESKS = 2
"""How many notes are judged at once."""
WAITING = 40
"""How many may wait for a desk."""
LOOK = 0.1
"""Seconds between two looks at whether anybody still waits for an answer."""
GRACE = 10
"""Seconds beside what a note may take after which a desk is taken to hang."""
WARM = r"With $h_t = \tanh(W h_{t-1})$, $$\frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(1 - h_t^2)$$"
"""A note that uses most of what judging another one will."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What each desk judges with: for whom, with how many workers, and what a claim may take."""

    question: Question = field(default_factory=Question)
    jobs: int = 1
    seconds: float = 60
    mebibytes: int = 1024
    macros: Path | None = None
    store: Store | None = None
    """Where verdicts are kept."""


class BusyError(Exception):
    """So many wait already that nobody else is let in."""


class Desk:
    """One process, which is asked one question at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._number = self._asked = self._dropped = 0
        # A question may be longer than a pipe holds, and be on its way when it is dropped.
        self._sending = threading.Lock()
        self._ended = False
        self._open()

    def _open(self) -> None:
        # A copy of one that has threads may wait for ever: of one without them, that has what desks load; or a new one.
        context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
        if FORKS:
            context.set_forkserver_preload(["symbptt.web.answers", "symbptt.reader.note"])
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, self._limits))
        self.process.start()
        theirs.close()

    def close(self) -> None:
        """Stop the process; its workers end with it."""
        self.process.kill()
        self.process.join()
        self._connection.close()

    def end(self) -> None:
        """Stop the process for good: whoever waits for its answer waits no more."""
        self._ended = True
        self.process.kill()

    def ask(self, asked: Asked, told: Callable[[Answer], None]) -> None:
        """Have each piece of the answer told, and come back behind the last.

        A process that ends or hangs meanwhile is replaced, and the last piece says so.
        """
        self._number += 1
        # Reading and writing may each take as long as a claim.
        ends = time.monotonic() + (WHOLE + 2) * self._limits.seconds + GRACE
        try:
            with self._sending:
                self._connection.send((self._number, asked))
            self._asked = self._number
            while self._connection.poll(max(ends - time.monotonic(), 0)):
                piece: Answer | None = self._connection.recv()
                if piece is None:
                    return
                told(piece)
            why = "took too long and was stopped"
        except (EOFError, OSError):
            why = "ended early"
        if not self._ended:
            self.close()
            self._open()
        told({"error": f"The process that judged the note {why}; change the note, or try once more."})

    def drop(self) -> None:
        """Say, once, that nobody waits for the answer any more; never wait for that."""
        if self._dropped == self._asked or not self._sending.acquire(blocking=False):
            return
        # Where it has ended, whoever waits for it finds that out.
        with contextlib.suppress(OSError):
            self._connection.send((self._asked, None))
        self._dropped = self._asked
        self._sending.release()


class Desks:
    """A few desks, and those who wait for one. Leaving the ``with`` stops them."""

    def __init__(self, limits: Limits) -> None:
        self._desks = [Desk(limits) for _ in range(DESKS)]
        self._free: asyncio.Queue[Desk] = asyncio.Queue()
        self._waiting = 0
        self._telling: set[asyncio.Task[None]] = set()
        for desk in self._desks:
            self._free.put_nowait(desk)

    def __enter__(self) -> Desks:
        return self

    def __exit__(self, *raised: object) -> None:
        for desk in self._desks:
            desk.close()

    async def ask(self, asked: Asked, gone: Callable[[], Awaitable[bool]]) -> AsyncGenerator[Answer, None]:
        """The answer of the next desk that is free, piece by piece; ``gone`` says whether nobody waits any more.

        Raises :class:`BusyError`, before the first piece, where too many wait.
        """
        if self._waiting >= WAITING:
            raise BusyError
        self._waiting += 1
        try:
            desk = await self._next(gone)
        finally:
            self._waiting -= 1
        if desk is None:
            return
        pieces: asyncio.Queue[Answer | None] = asyncio.Queue()
        left = asyncio.Event()
        telling = asyncio.create_task(self._tell(desk, asked, pieces, left))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        try:
            while True:
                try:
                    piece = await asyncio.wait_for(pieces.get(), LOOK)
                except TimeoutError:
                    if await gone():
                        return
                    continue
                if piece is None:
                    return
                yield piece
        finally:
            left.set()

    async def _tell(self, desk: Desk, asked: Asked, pieces: asyncio.Queue[Answer | None], left: asyncio.Event) -> None:
        """Have a desk answer, to its end or until whoever asked has left; then it is free."""
        loop = asyncio.get_running_loop()

        def told(piece: Answer) -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        waiting = asyncio.ensure_future(asyncio.to_thread(desk.ask, asked, told))
        try:
            while not (await asyncio.wait({waiting}, timeout=LOOK))[0]:
                if left.is_set():
                    desk.drop()
            waiting.result()
        except asyncio.CancelledError:
            # The server ends, and waits for its threads.
            desk.end()
            raise
        except Exception as error:
            pieces.put_nowait({"error": fault(error)})
        finally:
            pieces.put_nowait(None)
            self._free.put_nowait(desk)

    async def _next(self, gone: Callable[[], Awaitable[bool]]) -> Desk | None:
        while True:
            try:
                return await asyncio.wait_for(self._free.get(), LOOK)
            except TimeoutError:
                if await gone():
                    return None


# ------------------------------------------------------------------------------------------------------ at a desk


class _DroppedError(Exception):
    """Nobody waits for the answer any more."""


def _serve(connection: Any, limits: Limits) -> None:
    # An interrupt from the terminal reaches everyone; whoever serves answers it, and closes the desks.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    number = 0

    def idle() -> None:
        while connection.poll():
            about, _ = connection.recv()
            if about == number:
                raise _DroppedError

    crew = Crew(limits.jobs, limits.seconds, limits.mebibytes, store=limits.store)
    # What reading and judging load, and keep, is then there for every worker.
    deque(answer(Asked("check", WARM), limits.question), maxlen=0)
    while True:
        try:
            number, asked = connection.recv()
            if asked is None:
                continue  # the answer was on its way already
            try:
                for piece in answer(asked, limits.question, replace(crew, idle=idle), limits.macros):
                    connection.send(piece)
            except _DroppedError:
                pass
            except (EOFError, OSError):
                raise
            except Exception as error:
                connection.send({"error": fault(error)})
            connection.send(None)
        except (EOFError, OSError):
            return  # whoever serves has ended
