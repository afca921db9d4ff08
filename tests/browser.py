"""A real browser without a window, told what to do by the DevTools protocol over a websocket."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.pages import CHROMIUM

FLAGS = (
    "headless no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"
)
PATIENCE = 120
"""Seconds after which a browser is taken to hang."""


@dataclass
class Browser:
    """One tab. ``said`` is what its console has shown, ``asked`` the addresses that it loaded."""

    socket: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _number: int = 0

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """One command of the protocol, and what it gives back."""
        self._number += 1
        self.socket.send(json.dumps({"id": self._number, "method": method, "params": arguments}))
        while True:
            came = json.loads(self.socket.recv(timeout=PATIENCE))
            if came.get("id") == self._number:
                assert "error" not in came, came
                found: dict[str, Any] = came["result"]
                return found
            self._note(came["method"], came["params"])

    def _note(self, event: str, about: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.asked.append(about["request"]["url"])
        elif event == "Runtime.consoleAPICalled":
            self.said.append(" ".join(str(one.get("value", one)) for one in about["args"]))
        elif event == "Runtime.exceptionThrown":
            self.said.append(json.dumps(about["exceptionDetails"]))
        elif event == "Log.entryAdded":
            self.said.append(about["entry"]["text"])
        elif event == "Page.javascriptDialogOpening":
            self.said.append(f"dialog: {about['message']}")
            self.call("Page.handleJavaScriptDialog", accept=True)

    def run(self, script: str) -> Any:
        """What an expression of JavaScript is on the page, waited for where it is a promise."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until an expression is true, and give it back."""
        ends = time.monotonic() + PATIENCE
        while not (found := self.run(script)):
            assert time.monotonic() < ends, (script, self.said)
            time.sleep(0.05)
        return found

    def open(self, address: str) -> None:
        """Load a page, to its end."""
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def press(self, key: str, code: int) -> None:
        """Press a key, and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)
        if key == "Enter":
            self.call("Input.dispatchKeyEvent", type="char", text="\r", key=key)

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """A screen of that many pixels, of a reader who likes pages light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def picture(self) -> bytes:
        """The whole page as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A browser with one empty tab, and a profile of its own."""
    from websockets.sync.client import connect

    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        flags = [f"--{flag}" for flag in FLAGS.split()]
        command = [CHROMIUM, *flags, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(folder) / "DevToolsActivePort")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
                tab = next(one for one in json.load(answer) if one["type"] == "page")
            with connect(tab["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:
                made = Browser(socket)
                for domain in ("Page", "Runtime", "Network", "Log"):
                    made.call(f"{domain}.enable")
                yield made
        finally:
            process.kill()
            process.wait()


def _port(file: Path) -> int:
    ends = time.monotonic() + PATIENCE
    while not (file.is_file() and "\n" in file.read_text()):
        assert time.monotonic() < ends, "the browser did not start"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])
