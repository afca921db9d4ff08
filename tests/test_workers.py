"""Work in processes of its own: what stops it, what it may not lose, and that nothing of it is left."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from symbptt.errors import Stopped
from symbptt.workers import Crew, Workers, apart
from tests.commands import COMMAND, PATIENCE, run, script
from tests.pages import ROOT
from tests.work import pause

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SLOW = """
page.claim("fast", d(h[t], W), d(h[t], W))
page.claim("slow", d(h[t + 60], W), d(h[t + 60], W) + partial(h[t + 60], W))
"""
LONG = ("--method", "unrolled", "--timeout", "3000", "--memory", "100000")


def hold(mebibytes: int) -> int:
    held = b"x" * (mebibytes * 2**20)
    pause(2)
    return len(held) // 2**20


def nested(depth: int) -> list[object]:
    made: list[object] = []
    for _ in range(depth):
        made = [made]
    return made


def until(holds: Callable[[], bool]) -> bool:
    for _ in range(600):
        if holds():
            return True
        pause(0.1)
    return False


class TestOneWorker:
    def test_it_returns_and_raises_what_the_call_does(self) -> None:
        assert apart(Crew(), divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            apart(Crew(), divmod, 7, 0)

    def test_one_that_takes_too_long_is_stopped(self) -> None:
        with pytest.raises(Stopped, match=r"stopped after 0\.2 s"):
            apart(Crew(seconds=0.2), pause, 600)

    @LINUX
    def test_one_that_takes_too_much_memory_is_stopped_and_one_that_does_not_is_not(self) -> None:
        with pytest.raises(Stopped, match="stopped at 600 MiB of memory"):
            apart(Crew(mebibytes=600), hold, 900)
        assert apart(Crew(mebibytes=4000), hold, 900) == 900

    def test_one_that_ends_without_an_answer_is_no_answer(self) -> None:
        with pytest.raises(Stopped, match="ended early, with exit status 0"):
            apart(Crew(), os._exit, 0)

    @pytest.mark.skipif(sys.platform != "linux", reason="only there the stack of a worker is made larger")
    def test_what_is_nested_far_below_the_recursion_limit_comes_back(self) -> None:
        found, depth = apart(Crew(), nested, 5000), 0
        while found:
            (found,), depth = found, depth + 1  # type: ignore[assignment]
        assert depth == 5000


class TestSeveral:
    def test_the_others_are_answered_where_one_is_stopped(self) -> None:
        with Workers(pause, Crew(jobs=2, seconds=0.5)) as workers:
            answers = [workers.ask(seconds) for seconds in (0, 600, 0, 0)]
            with pytest.raises(Stopped):
                answers[1]()
            assert [answers[place]() for place in (0, 2, 3)] == [None] * 3

    def test_who_waits_is_served_before_those_that_nobody_waits_for(self) -> None:
        with Workers(pause, Crew(seconds=60)) as workers:
            workers.ask(0)()
            for _ in range(10):
                workers.ask(600)
            # It came last, and after the worker was started.
            assert workers.ask(0)() is None

    @LINUX
    def test_none_is_left_when_the_block_ends(self) -> None:
        with Workers(os.getpid, Crew(jobs=2)) as workers:
            process = workers.ask()()
            assert Path(f"/proc/{process}").exists()
        assert not Path(f"/proc/{process}").exists()


# --------------------------------------------------------------------------------------------------- a command


@contextlib.contextmanager
def checking(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A check whose second claim takes minutes, as a process that is stopped at the end."""
    command = [*COMMAND, "check", str(path), *LONG, *options]
    made: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
    # Under nohup a child ignores the signal too, and rightly goes on.
    made["preexec_fn"] = functools.partial(signal.signal, signal.SIGHUP, signal.SIG_DFL)
    with subprocess.Popen(command, cwd=ROOT, text=True, **made) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def printed_until(process: subprocess.Popen[str], awaited: str) -> str:
    assert process.stdout is not None
    text = ""
    while awaited not in text:
        line = process.stdout.readline()
        assert line, text
        text += line
    return text


def workers_of(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@LINUX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_a_check_that_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    with checking(script(tmp_path, SLOW), "--jobs", "2") as process:
        printed_until(process, "fast")
        assert until(lambda: bool(workers_of(process.pid)))
        workers = workers_of(process.pid)
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
        assert until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
        assert "Traceback" not in err
        assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)


def test_a_kill_does_not_lose_what_was_known(tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    def words() -> list[str]:
        text = report.read_text() if report.exists() else '{"sources": []}'
        return [entry["verdict"] for source in json.loads(text)["sources"] for entry in source["equations"]]

    with checking(script(tmp_path, SLOW), "--json", str(report)) as process:
        # On the terminal the row is there, and in the file, while the next claim is judged.
        assert "proved" in printed_until(process, "fast")
        assert until(lambda: words() == [None, "proved", None])
        process.kill()
    assert words() == [None, "proved", None]


def test_json_on_standard_output_comes_as_it_is_known_and_is_whole_after_an_end(tmp_path: Path) -> None:
    with checking(script(tmp_path, SLOW), "--json", "-") as process:
        text = printed_until(process, '"verdict": "proved"')
        process.send_signal(signal.SIGTERM)
        # Not communicate, which does not know what was read ahead.
        rest, err = process.stdout.read(), process.stderr.read()  # type: ignore[union-attr]
    (source,) = json.loads(text + rest)["sources"]
    assert [entry["verdict"] for entry in source["equations"]] == [None, "proved", None]
    assert "interrupted" in err


def test_a_check_says_its_limits_and_keeps_them_by_default(tmp_path: Path) -> None:
    said = " ".join(run("check", "--help").stdout.split())
    assert "--timeout SECONDS stop a claim, or the reading of a file, that takes longer (default: 60)" in said
    assert "--memory MIB or more memory, where /proc shows it (default: 1024)" in said
    path = script(tmp_path, 'page.claim("1", d(h[t], W), d(h[t], W))')
    assert run("check", str(path)).returncode == 0
    path = script(tmp_path, 'import time\nheld = b"x" * 900 * 2**20\ntime.sleep(2)\npage.claim("1", h[t], h[t])')
    assert run("check", str(path), "--memory", "600").stderr.endswith(
        "it was not read to its end: stopped at 600 MiB of memory\n"
    )
    assert run("check", str(path)).returncode == 0


def test_a_script_that_never_ends_or_ends_its_process_is_no_success(tmp_path: Path) -> None:
    path = script(tmp_path, "while True: pass")
    done = run("check", str(path), "--timeout", "1")
    assert (done.returncode, done.stderr) == (2, f"symbptt: {path}: it was not read to its end: stopped after 1 s\n")
    path = script(tmp_path, 'page.claim("1", h[t], 2 * h[t])\nimport os\nos._exit(0)')
    done = run("check", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "its process ended early, with exit status 0" in done.stderr


def test_a_page_that_is_made_in_a_thread_is_judged_like_the_others(tmp_path: Path) -> None:
    body = """
    import threading, time

    def late():
        time.sleep(0.2)
        other = Derivation("In a thread")
        other.define("h", h[t], phi(W @ h[t - 1] + U @ x[t]))
        other.claim("1", h[t], 2 * h[t])

    for _ in range(2):
        threading.Thread(target=late).start()
    page.claim("1", h[t], h[t])
    """
    done = run("check", str(script(tmp_path, body)), "--json", "-")
    sources = json.loads(done.stdout)["sources"]
    assert [source["title"] for source in sources] == ["A recurrence", "In a thread", "In a thread"]
    assert [source["equations"][-1]["verdict"] for source in sources] == ["proved", "refuted", "refuted"]
    assert done.returncode == 1
