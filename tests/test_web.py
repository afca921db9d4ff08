"""The page of ``symbptt serve``: whom it answers and with what, and what a real browser makes of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html.parser import HTMLParser
from json import dumps, loads
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest

from symbptt.errors import UsageError
from symbptt.judging import pages
from symbptt.printing.mathml import prose
from symbptt.reader.note import read_text
from symbptt.verdicts import Question
from symbptt.web import answers, desks, server
from symbptt.web.answers import Asked, answer
from symbptt.web.desks import Desks, Limits
from symbptt.workers import Crew
from tests.browser import browser
from tests.commands import run
from tests.pages import ROOT, needs_chromium

pytest.importorskip("starlette", reason="the extra [web] is not installed")
httpx = pytest.importorskip("httpx")

QUICK = Question(steps=(1, 2, 3))
STATE = r"With $h_t = \tanh(W h_{t-1} + U x_t)$, "
TRUE = STATE + r"$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W \tag{1}$$"
SLIP = STATE + r"$$\frac{\partial h_t}{\partial h_{t-1}} = W \operatorname{diag}(1 - h_t^2), \tag{1}$$"
TWO = (
    STATE
    + r"""$$\frac{d h_t}{d W} = \sum_{i=1}^{t-1} \left( \prod_{j=i+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} \right)
\frac{\partial^+ h_i}{\partial W} \tag{1}$$"""
)
"""What two changes make true."""
HOSTILE = r"""# <script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">

With $h_t = f(x_t, h_{t-1}, w)$, <img src="http://127.0.0.1:9/x.png"> \input{/etc/passwd} \input{page.html}

$$\frac{\partial h_t}{\partial w} = \frac{\partial h_t}{\partial w} \tag{<b onclick="window.hacked = 3">1</b>}$$

$$<script>window.hacked = 4</script> \input{/etc/passwd} h_t = "</pre><svg onload='window.hacked = 5'> \tag{2}$$

$$\text{<style>body { display: none }</style>} q_t = \mathrm{</math><script>} h_t \tag{3}$$
"""
LONG = "\n\n".join(SLIP.replace("{1}", f"{{{number}}}") for number in range(400))
"""What takes a minute or more."""
SOME = LONG[: LONG.index("{50}")].rpartition("\n\n")[0]
"""Fifty of them."""
DEEP = "$$q_t = " + "(" * 3000 + "g_t" + ")" * 3000 + "$$\n\n" + "$$" + "{" * 5000 + "$$\n\n" + TRUE


def gathered(pieces: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The pieces of an answer as one, with the rows as a list."""
    found: dict[str, Any] = {"rows": []}
    for piece in pieces:
        assert "error" not in found, "something comes behind an error"
        found["rows"] += [piece["row"]] if "row" in piece else []
        found |= {name: value for name, value in piece.items() if name != "row"}
    return found


def gathered_from(response: Any) -> dict[str, Any]:
    return gathered(map(loads, response.text.splitlines()))


def asked(text: str, kind: Any = "check", row: int = 0, crew: Crew | None = None) -> dict[str, Any]:
    """The answer of this process, without a desk."""
    return gathered(answer(Asked(kind, text, row), QUICK, crew))


class Tags(HTMLParser):
    """The tags and the attributes of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


# ------------------------------------------------------------------------------------------------------ answers


def test_a_slip_is_refuted_and_the_change_put_in_its_place_is_proved() -> None:
    found = asked(SLIP)
    (row,) = found["rows"]
    assert (row["word"], row["settled"]) == ("refuted", False)
    assert "1 refuted" in found["summary"][0]
    assert prose("W, U are weights") in found["assumed"]
    (line, start), (last, end) = row["from"], row["to"]
    assert line == last == 1
    mended = SLIP[: start - 1] + row["fixes"][0]["latex"] + SLIP[end - 1 :]
    (row,) = asked(mended)["rows"]
    assert (row["tag"], row["word"], row["fixes"]) == ("1", "proved", [])


def test_every_change_that_makes_it_true_may_take_its_place() -> None:
    (row,) = asked(TWO)["rows"]
    assert row["html"].count('<div class="change">') == len(row["fixes"]) == 2
    for fix in row["fixes"]:
        assert [row["word"] for row in asked(f"{STATE}$${fix['latex']}$$")["rows"]] == ["proved"]
    # Of a chain it is one link that is wrong, and what is put in its place would not be the chain.
    chain = asked(SLIP.replace("= W", r"= \operatorname{diag}(1 - h_t^2) W = W"))["rows"][0]
    assert (chain["word"], chain["fixes"]) == ("refuted", [])
    # What is declared wrong is as it should be.
    assert asked(SLIP.replace("$$", "\n<!-- symbptt: refuted, known -->\n$$", 1))["rows"][0]["fixes"] == []


def test_a_row_is_told_when_it_is_judged_and_the_rest_behind_it() -> None:
    pieces = answer(Asked("check", f"{TRUE}\n\n$$q_t = $$\n\n{SLIP}"), QUICK)
    assert next(pieces) == {"count": 3}
    with mock.patch.object(answers, "unjudged", side_effect=AssertionError):
        assert [next(pieces)["row"]["word"] for _ in range(3)] == ["proved", "unread", "refuted"]
    assert sorted(next(pieces)) == ["assumed", "summary"]
    assert next(pieces, None) is None


@pytest.mark.parametrize(("note", "why"), [(TRUE, "Why it is true"), (SLIP, "Where it fails")])
def test_a_row_is_explained_when_it_is_asked_for(note: str, why: str) -> None:
    (plain,) = asked(note)["rows"]
    (told,) = asked(note, "explain")["rows"]
    assert plain["explains"]
    assert "<details>" not in plain["html"]
    assert f"<details><summary>{why}</summary>" in told["html"]
    assert asked(TRUE, "explain", 7) == {"rows": []}


def test_the_report_is_that_of_the_command() -> None:
    report = asked(SLIP, "report")["report"]
    assert report.startswith("<!DOCTYPE html>")
    assert "✗ refuted" in report
    assert "default-src 'none'" in report


def test_what_holds_no_equation_or_cannot_be_read_is_said() -> None:
    assert "no equation" in asked("Only words.")["error"]
    assert "note.md:1" in asked("$$ h_t = x_t")["error"]
    assert asked(r"\documentclass{article}\begin{document}$$h_t = W h_{t-1}$$\end{document}")["rows"][0]["tag"]


def test_nothing_of_a_hostile_note_is_an_element_and_no_file_is_read() -> None:
    with mock.patch("symbptt.text.inputs.text_of", side_effect=AssertionError("a file was read")):
        found = asked(HOSTILE)
        report = asked(HOSTILE, "report")["report"]
    assert len(found["rows"]) >= 3
    shown = "".join(row["html"] for row in found["rows"])
    assert "&lt;script&gt;" in shown
    for html in (shown, report):
        tags = Tags(html)
        assert tags.found.isdisjoint({"script", "img", "svg", "b"})
        assert not [name for name in tags.attributes if name.startswith("on")]
    assert "root:" not in shown + report
    assert any("/etc/passwd is not read" in line for line in read_text(HOSTILE, "note.md").missing)


def test_what_is_deeply_nested_is_unread_and_its_neighbour_is_judged() -> None:
    found = asked(DEEP, crew=Crew(1, 60, 1024))
    assert "error" not in found
    assert [row["word"] for row in found["rows"]][-1] == "proved"
    assert {row["word"] for row in found["rows"][:-1]} <= {"unread", "aside"}


def test_a_note_that_takes_too_long_or_too_much_memory_is_stopped() -> None:
    long = "\n".join([TRUE.replace("{1}", f"{{{number}}}") for number in range(150)])
    assert "stopped after 0.05 s" in asked(long, crew=Crew(1, 0.05, 1024))["error"]
    with mock.patch.object(answers, "WHOLE", 0):
        assert "too long" in asked(long, crew=Crew(1, 60, 1024))["error"]


def test_what_is_not_come_to_in_time_is_not_judged_and_nothing_is_lost() -> None:
    late = False

    def idle() -> None:
        if late:
            raise answers._LateError

    @contextlib.contextmanager
    def settled_rows(*arguments: Any) -> Iterator[Any]:
        nonlocal late
        with pages.settled_rows(*arguments) as found:
            late = True
            yield found

    crew = Crew(1, 60, 1024)
    with (
        mock.patch.object(answers, "settled_rows", settled_rows),
        mock.patch.object(answers, "_timed", lambda crew: replace(crew, idle=idle)),
    ):
        found = asked(f"{TRUE}\n\n{SLIP}".replace("{1}$$\n", "{2}$$\n"), crew=crew)
    assert [row["word"] for row in found["rows"]] == ["not judged"] * 2
    assert not any(row["settled"] for row in found["rows"])


# ------------------------------------------------------------------------------------------------- the application


class Stub:
    """Answers at once, and keeps what it was asked."""

    def __init__(self, full: bool = False) -> None:
        self.asked: list[Asked] = []
        self.full = full

    async def ask(self, asked: Asked, gone: Any) -> AsyncIterator[dict[str, Any]]:
        if self.full:
            raise desks.BusyError
        self.asked.append(asked)
        yield {"count": 0}
        yield {"summary": []}


class Client:
    """Asks an application in this process."""

    def __init__(self, stub: Any, *hosts: str, any_address: bool = False) -> None:
        self.application: Any = server.application(stub, (*server.LOOPBACK, *hosts), any_address=any_address)

    def request(self, method: str, path: str, **rest: Any) -> Any:
        async def asked() -> Any:
            transport = httpx.ASGITransport(app=self.application)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8320", timeout=300) as asking:
                return await asking.request(method, path, **rest)

        return asyncio.run(asked())

    def get(self, path: str, **rest: Any) -> Any:
        return self.request("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> Any:
        return self.request("POST", path, **rest)


def sent(to: Any, text: str | bytes = TRUE, path: str = "/check", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return to.post(path, content=text, headers={"Content-Type": "text/markdown"} | named)


def test_the_page_loads_its_own_files_and_every_answer_has_the_policy() -> None:
    stub = Client(Stub())
    page = stub.get("/").text
    for path in re.findall(r'(?:src|href)="(/[^"]*)"', page):
        assert stub.get(path).status_code == 200
    assert not re.search(r"https?://|\son\w+=|<style|style=|javascript:", page.replace("http://www.w3.org", ""))
    elsewhere = stub.get("/", headers={"Host": "evil.example"})
    for given in (stub.get("/"), stub.get("/nothing"), sent(stub), elsewhere):
        policy = given.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert given.headers["x-content-type-options"] == "nosniff"
    titles = [title for title, _ in server.examples()]
    assert page.count("data-note=") == len(titles) >= 4


def test_every_example_is_read_and_the_first_has_one_slip() -> None:
    notes = dict(server.examples())
    words = {title: [row["word"] for row in asked(note)["rows"]] for title, note in notes.items()}
    assert all("unread" not in found and "undecided" not in found for found in words.values())
    assert next(iter(words.values())) == ["refuted", "proved", "proved"]


@pytest.mark.parametrize("host", ["127.0.0.1:8320", "localhost:8320", "LOCALHOST", "[::1]:8320"])
def test_it_answers_to_the_names_of_this_machine(host: str) -> None:
    assert sent(Client(Stub()), Host=host).status_code == 200
    assert sent(Client(Stub()), Host=host, Origin=f"http://{host}").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8320", "", "192.168.0.7", "[", "a@b"]
)
def test_it_answers_to_no_other_name(host: str) -> None:
    stub = Stub()
    assert sent(Client(stub), Host=host).status_code == 421
    assert Client(stub).get("/", headers={"Host": host}).status_code == 421
    assert stub.asked == []


def test_on_every_address_it_answers_to_numbers_and_its_own_name_only() -> None:
    everywhere = Client(Stub(), "0.0.0.0", any_address=True)
    assert sent(everywhere, Host="192.168.0.7:8320").status_code == 200
    assert sent(everywhere, Host="evil.example").status_code == 421
    assert sent(Client(Stub(), "my.machine"), Host="my.machine").status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8320"])
def test_no_other_page_may_ask(origin: str) -> None:
    stub = Stub()
    assert sent(Client(stub), Origin=origin).status_code == 403
    assert stub.asked == []


def test_a_form_a_long_note_and_what_is_no_text_are_refused() -> None:
    stub = Stub()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert sent(Client(stub), Content_Type=kind).status_code == 415
    assert sent(Client(stub), "x" * (server.BYTES + 1)).status_code == 413
    assert sent(Client(stub), b"\xff\xfe").status_code == 400
    assert sent(Client(stub), path="/explain?row=one").status_code == 400
    assert Client(stub).get("/check").status_code == 405
    assert stub.asked == []
    assert sent(Client(stub), "x" * server.BYTES, "/explain?row=3").status_code == 200
    assert [(one.kind, len(one.text), one.row) for one in stub.asked] == [("explain", server.BYTES, 3)]


def test_whoever_comes_when_too_many_wait_is_told_so() -> None:
    refused = sent(Client(Stub(full=True)))
    assert refused.status_code == 503
    assert "once more" in refused.json()["error"]


def test_a_desk_that_is_killed_is_replaced_and_says_so() -> None:
    with mock.patch.object(desks, "DESKS", 1), Desks(Limits(QUICK)) as some:
        asking = Client(some)
        assert gathered_from(sent(asking))["rows"][0]["word"] == "proved"
        for desk in some._desks:
            assert desk.process.pid is not None
            os.kill(desk.process.pid, signal.SIGKILL)
        said = [gathered_from(sent(asking)) for _ in some._desks]
        assert all("ended early" in found["error"] for found in said)
        assert gathered_from(sent(asking, SLIP))["rows"][0]["word"] == "refuted"
        processes = [desk.process for desk in some._desks]
    assert not any(process.is_alive() for process in processes)


# ------------------------------------------------------------------------------------------------------ the command


ENDS = 60
"""Seconds in which a server that is interrupted ends."""


@contextlib.contextmanager
def serving(*options: str) -> Iterator[str]:
    """The address of a server in a process of its own, which ends with 0 when it is interrupted."""
    command = [sys.executable, "-m", "symbptt", "serve", "--port", "0", "--steps", "1..3", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.match(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=ENDS)
        finally:
            process.kill()
    assert (process.returncode, said) == (0, "")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


def test_twenty_at_once_each_get_their_own_verdict(address: str) -> None:
    notes = [(TRUE if number % 5 else SLIP).replace("{1}", f"{{n{number}}}") for number in range(20)]
    with httpx.Client(base_url=address, timeout=300, trust_env=False) as asking, ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda note: gathered_from(sent(asking, note))["rows"], notes))
    assert [[(row["tag"], row["word"]) for row in rows] for rows in found] == [
        [(f"n{number}", "proved" if number % 5 else "refuted")] for number in range(20)
    ]


def test_whoever_goes_away_leaves_the_desks_to_the_others(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as asking:
        for _ in range(3 * desks.DESKS):
            with (
                httpx.Client(base_url=address, timeout=0.3, trust_env=False) as leaving,
                pytest.raises(httpx.TimeoutException),
            ):
                sent(leaving, LONG)
        found = asking.post("/check", content=TRUE, headers={"Content-Type": "text/markdown"}, timeout=30)
    assert gathered_from(found)["rows"][0]["word"] == "proved"


def test_the_first_rows_are_sent_while_the_others_are_judged(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as asking:
        headers = {"Content-Type": "text/markdown"}
        with asking.stream("POST", "/check", content=SOME, headers=headers) as response:
            lines = response.iter_lines()
            first, second = loads(next(lines)), loads(next(lines))
        assert (first, second["row"]["word"]) == ({"count": 50}, "refuted")
        # Whoever leaves then is waited for no more.
        assert gathered_from(sent(asking))["rows"][0]["word"] == "proved"


def test_an_interrupt_ends_it_at_once_whatever_is_judged() -> None:
    with ThreadPoolExecutor(1) as pool, httpx.Client(timeout=300, trust_env=False) as asking, serving() as found:
        assert sent(asking, path=f"{found}check").status_code == 200
        waiting = pool.submit(sent, asking, LONG, f"{found}check")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=2)
        # It has ended within ``ENDS`` seconds, where the claims alone would take minutes.


def test_what_cannot_be_served_is_one_line() -> None:
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"symbptt: cannot serve at 127\.0\.0\.1, port {port}: .*; choose another .*\n", done.stderr)
    assert "expected a port" in run("serve", "--port", "70000").stderr
    with pytest.raises(UsageError, match=r"cannot serve at nowhere\.invalid"):
        server.listen("nowhere.invalid", 0)
    with mock.patch.object(server, "find_spec", return_value=None):
        done = run("serve", "--port", "0")
    assert (done.returncode, done.stderr) == (2, f"symbptt: {server.NEEDED}\n")
    assert "symbptt[web]" in server.NEEDED


# ------------------------------------------------------------------------------------------------------- a browser


DONE = "!document.querySelector('[aria-busy]') && document.querySelectorAll('#rows > div').length"
TYPE = "document.getElementById('note').select(); document.execCommand('insertText', false, {})"


@needs_chromium
def test_in_a_browser_a_note_is_typed_judged_mended_explained_and_hostile_ones_stay_text(address: str) -> None:
    with browser() as tab:
        # The whole page by a link that holds the note.
        tab.open(f"{address}#note={quote('𝛿 ' + SLIP)}")
        assert tab.until(DONE) == 1
        words = "[...document.querySelectorAll('.word')].map(one => one.textContent)"
        assert tab.run(words) == ["✗ refuted"]
        assert "1 refuted" in tab.run("document.querySelector('[role=status]').textContent")
        # The change is a key away: the button is reached and pressed without a mouse.
        tab.run("document.querySelector('button.fix').focus()")
        tab.press("Enter", 13)
        tab.until(f"{words}[0] === '✓ proved'")
        mended = tab.run("document.getElementById('note').value")
        assert mended.startswith("𝛿 " + STATE + r"$$\frac{\partial h_{t}}")
        assert mended.endswith(r"W \tag{1}$$")
        assert tab.run("document.activeElement.id") == "note"
        assert tab.run("document.querySelector('button.fix')") is None
        tab.run("document.execCommand('undo')")
        assert tab.run("document.getElementById('note').value") == "𝛿 " + SLIP
        # What is typed last counts.
        for text in (SLIP, "$$a_t = ", TRUE):
            tab.run(TYPE.format(dumps(text)))
        tab.until(f"{DONE} && {words}.join() === '✓ proved'")
        why = "[...document.querySelectorAll('#rows button')].find(one => one.textContent === 'Why')"
        tab.run(f"{why}.click()")
        assert "∎" in tab.until("document.querySelector('#rows details[open] .proof')?.textContent")
        assert tab.run("document.activeElement.tagName") == "SUMMARY"
        # Where it fails, and each of two changes.
        tab.run(TYPE.format(dumps(TWO)))
        tab.until(f"{DONE} && {words}.join() === '✗ refuted'")
        tab.run(f"{why}.click()")
        assert "claim is false" in tab.until("document.querySelector('#rows details[open] .proof')?.textContent")
        for number in (0, 1):
            assert tab.run("document.querySelectorAll('.change button.fix').length") == 2
            tab.run(f"document.querySelectorAll('.change button.fix')[{number}].click()")
            tab.until(f"{DONE} && {words}.join() === '✓ proved'")
            tab.run("document.execCommand('undo')")
            tab.until(f"{DONE} && {words}.join() === '✗ refuted'")
        # A row is there before the last one is judged, and a row of before keeps its place till then.
        tab.run(TYPE.format(dumps(SOME)))
        tab.until("document.querySelectorAll('#rows > div:not(.old)').length > 1")
        assert tab.run("!!document.querySelector('[aria-busy]') && !document.getElementById('progress').hidden")
        tab.run(TYPE.format(dumps(TRUE)))
        tab.until(f"{DONE} === 1 && {words}.join() === '✓ proved'")
        # The report, as a file.
        tab.run("URL.createObjectURL = blob => { window.kept = blob; return '#'; }")
        tab.run("document.getElementById('report').click()")
        assert "✓ proved" in tab.until("window.kept?.text()")
        # What is open, or nothing.
        tab.run(TYPE.format(dumps("Only words.")))
        tab.until("document.getElementById('status').textContent.includes('no equation')")
        tab.run(TYPE.format("''"))
        tab.until("document.getElementById('status').textContent.startsWith('Nothing to check')")
        # Every control has a name, and a place in the order of the keys.
        controls = "[...document.querySelectorAll('button, textarea, summary')]"
        assert tab.run(f"{controls}.every(one => one.tabIndex >= 0 && (one.textContent || one.labels?.length))")
        assert tab.said == []
        for width, dark in ((390, False), (1280, True)):
            tab.resize(width, 900, dark=dark)
            tab.run("document.querySelector('[data-note]').click()")
            assert tab.until(DONE) == 3
            assert tab.run("document.documentElement.scrollWidth") <= width
            ink = tab.run("getComputedStyle(document.body).backgroundColor")
            assert (ink == "rgb(255, 255, 255)") != dark
        for text in (HOSTILE, DEEP):
            tab.run(TYPE.format(dumps(text)))
            assert tab.until(DONE) >= 3
            assert tab.run("document.querySelectorAll('main :is(script, img, svg, b, style)').length") == 0
        assert tab.run("window.hacked") is None
        assert tab.said == []
        loaded = [url for url in tab.asked if not url.startswith(("about:", "data:", "blob:"))]
        assert len(loaded) > 10
        assert all(url.startswith(address) for url in loaded)
