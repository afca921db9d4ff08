"""Derivation scripts: Python files that build one or more derivations.

A script is a program and is run as one: check only scripts that you would run. (A note is data and is never run.)
Of a folder, the files that build a page are scripts; that is read from their text, and no other file is run.
"""

from __future__ import annotations

import ast
import contextlib
import re
import runpy
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

from symbptt.errors import PageError, Place, ScriptError
from symbptt.files import NOTES
from symbptt.page.derivation import Derivation, recorded
from symbptt.page.shapes import check

_IMPORTS = re.compile(rb"^[ \t]*(?:from|import)[ \t]+symbptt\b", re.MULTILINE)
_CALLS = re.compile(rb"\bDerivation\s*(?:\(|as\b)")


def script_at(path: Path) -> Path:
    """A path that names a script; raises :class:`ScriptError` where it names none."""
    if not path.exists():
        raise ScriptError(f"{path}: there is no such file or folder")
    if path.suffix != ".py":
        notes = f"{', '.join(NOTES[:-1])} or {NOTES[-1]}"
        raise ScriptError(f"{path}: expected a derivation script (.py), a note ({notes}), or a folder of them")
    return path


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


def builds_page(path: Path) -> bool:
    """Whether a Python file is a script, by its text alone: it imports symbptt, and calls ``Derivation`` where it runs.

    That is outside of functions, or in those that are named there, and not below ``if __name__ == "__main__"``. A file
    that speaks of both and does not parse is a script too: that is said of it. One whose name begins with a dot or an
    underline is none.
    """
    if path.suffix != ".py" or path.name.startswith((".", "_")) or not path.is_file():
        return False
    try:
        text = path.read_bytes()
        # Most files are put aside before they are parsed.
        return bool(_CALLS.search(text) and _IMPORTS.search(text)) and _calls_derivation(ast.parse(text))
    except OSError:
        return False
    except (SyntaxError, ValueError):
        return True


def _calls_derivation(tree: ast.Module) -> bool:
    """Whether what runs of a file calls ``Derivation`` of symbptt."""
    own, rooms, functions = set[str](), set[str](), dict[str, list[ast.AST]]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "symbptt":
            own |= {alias.asname or "Derivation" for alias in node.names if alias.name in ("Derivation", "*")}
            rooms |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            imported = [alias for alias in node.names if alias.name.partition(".")[0] == "symbptt"]
            rooms |= {alias.asname or "symbptt" for alias in imported}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            functions.setdefault(node.name, []).append(node)

    def is_derivation(used: ast.expr) -> bool:
        if isinstance(used, ast.Attribute) and used.attr == "Derivation":
            return bool({part.id for part in ast.walk(used) if isinstance(part, ast.Name)} & rooms)
        return isinstance(used, ast.Name) and used.id in own

    pending = [*_run(tree)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and is_derivation(node.func):
            return True
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        pending += [inner for named in functions.pop(name, ()) for inner in _run(named)]
    return False


def _run(block: ast.AST) -> Iterator[ast.AST]:
    """What runs when a file does, or a function: no function in it that is not named, no annotation, no main part."""
    pending: list[ast.AST] = [*getattr(block, "body", ())]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pending += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.AnnAssign):
            pending += filter(None, [node.target, node.value])
        elif isinstance(node, ast.If) and ast.unparse(node.test) in (
            "__name__ == '__main__'",
            "'__main__' == __name__",
        ):
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


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
