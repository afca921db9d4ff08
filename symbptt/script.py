"""Derivation scripts: Python files that build one or more derivations.

A script is a program and is run as one: check only scripts that you would run. (A note is data and is never run.)
"""

from __future__ import annotations

import contextlib
import runpy
import sys
import threading
import traceback
from pathlib import Path

from symbptt.errors import PageError, Place, ScriptError
from symbptt.page.derivation import Derivation, recorded
from symbptt.page.shapes import check


def scripts_in(path: Path) -> list[Path]:
    """The scripts that a path names: itself, or those of a folder by name."""
    if path.is_dir():
        return sorted(entry for entry in path.glob("*.py") if not entry.name.startswith((".", "_")))
    if not path.exists():
        raise ScriptError(f"{path}: there is no such file or folder")
    if path.suffix != ".py":
        raise ScriptError(
            f"{path}: expected a derivation script ending in .py, a note ending in .tex or .md, or a folder of them"
        )
    return [path]


def load(path: Path) -> list[Derivation]:
    """Run a script and return the derivations that it makes, in the order in which it makes them.

    Those in its variables, in lists, or under a name that was used again are all there. What it prints goes to
    standard error. Raises :class:`ScriptError` with file, line and column where it does not parse, raises, or makes no
    derivation, and :class:`PageError` where a page of it contradicts itself.
    """
    _compiled(path)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        with contextlib.redirect_stdout(sys.stderr), recorded() as made:
            running = set(threading.enumerate())
            runpy.run_path(str(path), run_name="symbptt_derivation")
            # A script ends when its threads have ended, here as where it is run by itself.
            for thread in threading.enumerate():
                if thread not in running and not thread.daemon:
                    thread.join()
    except (KeyboardInterrupt, PageError):
        raise
    except BaseException as error:
        said = " ".join(f"{type(error).__name__}: {error}".split()) if str(error) else type(error).__name__
        raise ScriptError(f"{_raised_at(error, path)}: the script raised {said}") from None
    finally:
        sys.path.pop(0)
    # A page that a module beside the script makes belongs to that module.
    pages = [page for page in made if Path(page.place.path).resolve() == path.resolve()]
    if not pages:
        raise ScriptError(f"{path}: the script holds no derivation; expected a variable such as page = Derivation(...)")
    for page in pages:
        if not page.equations:
            raise ScriptError(f"{page.place}: the derivation {page.title!r} holds no equation; define or claim one")
        check(page)
    return pages


def _compiled(path: Path) -> None:
    try:
        compile(path.read_bytes(), str(path), "exec")
    except SyntaxError as error:
        place = Place(error.filename or str(path), error.lineno or 0, error.offset or 0)
        raise ScriptError(f"{place}: the script does not parse: {error.msg}") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ScriptError(f"{path}: the script cannot be read: {error}") from None


def _raised_at(error: BaseException, path: Path) -> Place:
    lines = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == path.resolve()
    ]
    return Place(str(path), lines[-1] if lines else 0)
