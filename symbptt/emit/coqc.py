"""What Coq's checker says of a file, in a process of its own that is kept to a time."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from symbptt.errors import UsageError

SECONDS = 300
CLOSED = "Closed under the global context"
INSTALL = "coqc is not installed (Debian: coq and libcoq-mathcomp-algebra)"


@dataclass(frozen=True, slots=True)
class Heard:
    """What Coq said: which checker it was, what the theorems rest on; or its first error."""

    checker: str
    assumptions: tuple[str, ...] = ()
    error: str = ""


def found_coqc() -> str | None:
    """Where coqc is, None where it is not."""
    return shutil.which("coqc")


def checked(text: str, seconds: float = SECONDS) -> Heard:
    """What Coq says of a file that ends in ``Print Assumptions`` for its theorems.

    Raises :class:`UsageError` where coqc is not installed.
    """
    coqc = found_coqc()
    if coqc is None:
        raise UsageError(f"{INSTALL}: leave out --check, and check the file where it is")
    version = re.search(r"version (\S+)", _run([coqc, "--version"], Path.cwd(), 60)[1])
    checker = f"coq {version[1]}" if version else "coq"
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "certificate.v").write_text(text, encoding="utf-8")
        code, said, error = _run([coqc, "-q", "-w", "none", "certificate.v"], Path(made), seconds)
    if code:
        if "Cannot find a physical path" in error or "mathcomp" in error:
            error = "MathComp is not installed (Debian: libcoq-mathcomp-algebra)"
        return Heard(checker, error=" ".join(error.split())[:300] or "no error was named")
    if CLOSED in said:
        return Heard(checker)
    return Heard(checker, tuple(re.findall(r"^(\S+)\s*:", said, re.MULTILINE)) or ("unknown",))


def _run(command: list[str], folder: Path, seconds: float) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return 1, "", f"it was stopped after {seconds:g} s"
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
