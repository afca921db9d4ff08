"""Verdicts that were established before: by the page, the claim, the question, and the version of all they rest on."""

from __future__ import annotations

import functools
import hashlib
import platform
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import symbptt
from symbptt.page.derivation import Derivation, Equation
from symbptt.store import Store
from symbptt.verdicts import Question, Verdict

RESTS_ON = ("sympy", "numpy", "mpmath", "autograd", "jax", "torch")
"""What proves and what compares, each by its version; the last ones where they are installed."""
PASSING = ("_meaning", "_here")
"""What a page holds beside what is written on it."""


class Established:
    """What was answered before; without a store nothing is, and nothing is kept."""

    def __init__(self, store: Store | None, judging: str) -> None:
        self._store = store
        self._judging = judging
        self._pages: dict[Derivation, str] = {}

    def key(self, page: Derivation, equation: Equation, question: Question | None) -> str:
        """All that an answer depends on, as text: no two pages, claims or questions have the same."""
        if self._store is None:
            return ""
        if page not in self._pages:
            self._pages[page] = _spelled(page)
        return f"{version()}\n{self._judging}\n{question or Question()!r}\n{equation!r}\n{self._pages[page]}"

    def get(self, key: str) -> Any:
        """The answer to a question that was put before; None where it was not."""
        return self._store.get(key) if self._store is not None else None

    def put(self, key: str, found: Any) -> None:
        """Keep an answer; a verdict says of itself when it comes back that it was kept."""
        if self._store is not None:
            self._store.put(key, replace(found, kept=True) if isinstance(found, Verdict) else found)


def _spelled(page: Derivation) -> str:
    """All that is written on a page, in full: the kinds, shapes and places of everything as well."""
    held = sorted((name, value) for name, value in vars(page).items() if name not in PASSING)
    return "\n".join(
        f"{name} = {sorted(value) if isinstance(value, (set, frozenset)) else value!r}" for name, value in held
    )


@functools.cache
def version() -> str:
    """The code of this package, of Python, and of what a verdict rests on."""
    package = Path(symbptt.__file__).parent
    code = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".lark"):
            code.update(f"{path.relative_to(package)}\n".encode() + path.read_bytes())
    return " ".join([code.hexdigest(), platform.python_version(), *map(_version, RESTS_ON)])


def _version(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"no {name}"
