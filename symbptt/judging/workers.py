"""Judging many claims: one after the other, or in worker processes that can be stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TimedOut
from dataclasses import replace
from typing import TypeAlias

from symbptt.judging.proving import Bench, Question, Verdict, prove
from symbptt.judging.readings import read
from symbptt.judging.slips import explain
from symbptt.meaning.variants import printed_in_two_ways
from symbptt.page.derivation import Derivation, Equation

Judge: TypeAlias = Callable[[Derivation, Equation, Question | None, Bench | None], Verdict]


def verdict_on(
    page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None
) -> Verdict:
    """The verdict on one claim or misreading: read first where what is printed may mean several things.

    A claim that is refuted is looked through for the slip that explains it; a misreading says itself how it is wrong.
    """
    bench = bench or Bench(page)
    judged = read if printed_in_two_ways(equation) else prove
    return _explained(bench, equation, question, judged(page, equation, question, bench))


def verdict_as_printed(
    page: Derivation, equation: Equation, question: Question | None = None, bench: Bench | None = None
) -> Verdict:
    """The verdict on a claim of a note, where every sign may mean what a person would try."""
    bench = bench or Bench(page)
    return _explained(bench, equation, question, read(page, equation, question, bench))


def _explained(bench: Bench, equation: Equation, question: Question | None, verdict: Verdict) -> Verdict:
    if verdict.word != "refuted" or equation.kind != "claim":
        return verdict
    began = time.perf_counter()
    slip = explain(bench, equation, question or Question())
    return replace(verdict, slip=slip, seconds=verdict.seconds + time.perf_counter() - began)


def judge(
    page: Derivation,
    equations: Sequence[Equation] | None = None,
    question: Question | None = None,
    *,
    jobs: int = 1,
    timeout: float | None = None,
    by: Judge = verdict_on,
) -> Iterator[tuple[Equation, Verdict | None]]:
    """Each equation with its verdict, as they come, in the order given or in page order; a definition has none.

    With ``jobs`` above 1 or a ``timeout`` (seconds for one claim) every claim is proved in a process of its own
    making; one that takes longer is stopped and comes back ``undecided``. ``by`` judges one claim; it is
    a function of its module, which a process can find.
    """
    equations = page.equations if equations is None else equations
    if jobs == 1 and timeout is None:
        bench = Bench(page)
        for equation in equations:
            yield equation, None if equation.kind == "definition" else by(page, equation, question, bench)
        return

    from pebble import ProcessExpired, ProcessPool  # a plain check does not pay for the import

    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ProcessPool(max_workers=jobs))
        stack.callback(pool.stop)
        futures = [
            None
            if equation.kind == "definition"
            else pool.schedule(by, args=(page, equation, question, None), timeout=timeout)
            for equation in equations
        ]
        for equation, future in zip(equations, futures, strict=True):
            if future is None:
                yield equation, None
                continue
            try:
                yield equation, future.result()
            except TimedOut:
                yield (
                    equation,
                    Verdict("undecided", reason=f"stopped after {timeout:g} s", seconds=timeout or 0.0),
                )
            except ProcessExpired as error:
                yield equation, Verdict("undecided", reason=f"its worker process ended early: {error}")
