"""Which files are notes by their names, and files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from symbptt.errors import UsageError

_PART = ".part"

NOTES = (".tex", ".md", ".qmd", ".rst", ".ipynb")
"""The endings of notes: LaTeX, Markdown, Quarto, reStructuredText, notebooks of Jupyter."""


def is_note(path: Path) -> bool:
    """Whether a file is a note by its name."""
    return path.suffix.lower() in NOTES and not path.name.startswith((".", "_"))


def check_writable(path: Path) -> None:
    """Raises :class:`UsageError` now where :func:`write_whole` would later, before any work is lost."""
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder; name a file")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}; create it first")
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise UsageError(f"cannot write {path}: permission denied; choose another place")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the complete new one, never a part.

    A link is followed. What has no sign in UTF-8, a half of a surrogate pair, is written as its number. Raises
    :class:`UsageError` with the system's reason where the file cannot be written; the old one is then untouched.
    """
    check_writable(path)
    encoded = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    try:
        if path.exists() and not path.is_file():
            # A pipe or a device is written to, never replaced.
            with path.open("wb") as stream:
                stream.write(encoded)
        else:
            _replace(path.resolve(), encoded)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _replace(path: Path, content: bytes) -> None:
    prefix = f".{path.name[:100]}."
    _clear(path.parent, prefix)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f"{prefix}{os.getpid()}.", suffix=_PART)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes a file that only its owner may read; a new file follows the umask like any other.
        umask = os.umask(0)
        os.umask(umask)
        Path(made).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask)
        Path(made).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(made).unlink()
        raise


def _clear(folder: Path, prefix: str) -> None:
    """Remove what processes that were killed while they wrote this file have left."""
    for entry in os.scandir(folder) if os.name == "posix" else ():
        if entry.name.startswith(prefix) and entry.name.endswith(_PART):
            process = entry.name[len(prefix) :].partition(".")[0]
            if process.isdecimal() and not _runs(int(process)):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
