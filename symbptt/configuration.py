"""What a project says of its checks: ``symbptt.toml``, or ``[tool.symbptt]`` in ``pyproject.toml``.

The nearest file above what is checked counts, and nothing of those above it; what the command line says comes first.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symbptt.arguments import steps
from symbptt.errors import UsageError
from symbptt.functions import activations
from symbptt.page.conventions import BY_NAME

OWN, SHARED = "symbptt.toml", "pyproject.toml"
SIZES = {"hidden": "n", "inputs": "d", "outputs": "q"}
"""The sizes as the command line has them, and their letters."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be asked of the files below a folder, where the command line leaves it open."""

    path: Path | None = None
    """The file that says so; None where there is none."""
    steps: tuple[int, ...] | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Those that are given, by letter."""
    activation: str | None = None
    ignore: tuple[str, ...] = ()
    """Files and folders that are left out, as in a ``.gitignore`` beside the file."""
    macros: Path | None = None
    convention: str | None = None
    """The convention of notes whose words leave it open."""


def settings_for(path: Path) -> Settings:
    """The settings of a file or a folder; raises :class:`UsageError` for a file of settings that is not understood."""
    here = path.absolute()
    for place in (here, *here.parents):
        for name in (OWN, SHARED):
            file = place / name
            if file.is_file() and (found := _table(file)) is not None:
                return _read(file, found)
    return Settings()


def _table(file: Path) -> Mapping[str, Any] | None:
    """What a file says of symbptt; None where it says nothing."""
    try:
        with file.open("rb") as stream:
            whole = tomllib.load(stream)
    except tomllib.TOMLDecodeError as error:
        if file.name == SHARED:
            return None  # whose it is will say so
        raise UsageError(f"{file}: it is no TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: it cannot be read: {error}") from None
    if file.name == OWN:
        return whole
    tool = whole.get("tool")
    found = tool.get("symbptt") if isinstance(tool, dict) else None
    return found if isinstance(found, dict) else None


def _read(file: Path, table: Mapping[str, Any]) -> Settings:
    made: dict[str, Any] = {"path": file, "sizes": {}}
    for name, value in table.items():
        if name not in _READERS:
            raise UsageError(f"{file}: no setting is called {name!r}: expected one of {', '.join(_READERS)}")
        expected, read = _READERS[name]
        try:
            found = read(file, value)
        except (TypeError, ValueError, AttributeError, argparse.ArgumentTypeError):
            raise UsageError(f"{file}: {name} = {value!r}: expected {expected}") from None
        if name in SIZES:
            made["sizes"][SIZES[name]] = found
        else:
            made[name] = found
    return Settings(**made)


def _steps(_: Path, value: Any) -> tuple[int, ...]:
    return steps(str(value))


def _count(_: Path, value: Any) -> int:
    if type(value) is not int or not 1 <= value < 1_000_000:
        raise ValueError
    return value


def _one_of(known: Any) -> Callable[[Path, Any], str]:
    def read(_: Path, value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise ValueError
        return value

    return read


def _patterns(_: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError
    return tuple(value)


def _file(file: Path, value: Any) -> Path:
    found = file.parent / str(value)
    if not found.is_file():
        raise ValueError
    return found


_READERS: Mapping[str, tuple[str, Callable[[Path, Any], Any]]] = {
    "steps": ('FIRST..LAST such as "1..5"', _steps),
    **dict.fromkeys(SIZES, ("a whole number from 1 on", _count)),
    "activation": (f"one of {', '.join(activations())}", _one_of(activations())),
    "ignore": ('a list of patterns such as ["drafts/"]', _patterns),
    "macros": ("a file of LaTeX macros beside the settings", _file),
    "convention": (f"one of {', '.join(BY_NAME)}", _one_of(BY_NAME)),
}
