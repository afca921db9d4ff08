"""Folders searched below for notes and scripts, as a person who has both in one tree means it.

What a ``.gitignore`` or the settings name is left out, as Git reads it, and so is what is hidden or built: names that
begin with a dot or an underline, ``node_modules``, and virtual environments. A link to a folder is not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from pathspec import GitIgnoreSpec

from symbptt.configuration import settings_for
from symbptt.files import is_note
from symbptt.script import builds_page

_IGNORED = ".gitignore"
_NOT_SEARCHED = frozenset({"node_modules"})

_Rules: TypeAlias = tuple[Path, GitIgnoreSpec]


def files_below(folder: Path) -> Iterator[Path]:
    """The notes and scripts in a folder and in those below it, each folder's by name; a file that cannot be read is
    left to who reads it."""
    rules = [found for above in _up_to_the_repository(folder) if (found := _rules_in(above)) is not None]
    yield from _files(folder, rules)


def is_left_out(file: Path, root: Path) -> bool:
    """Whether a search of a folder above a file would not come to it."""
    folders = [folder for folder in file.parents if folder != root and folder.is_relative_to(root)][::-1]
    rules = [found for folder in _up_to_the_repository(root) if (found := _rules_in(folder)) is not None]
    for entry in (*folders, file):
        if _is_passed_by(entry, rules, _own_rules(entry.parent)):
            return True
        if entry != file and (more := _rules_in(entry)) is not None:
            rules.append(more)
    return False


def _is_passed_by(entry: Path, rules: Sequence[_Rules], own: Sequence[_Rules]) -> bool:
    if entry.name.startswith((".", "_")) or _is_ignored(entry, rules) or _is_ignored(entry, own):
        return True
    is_foreign = entry.is_symlink() or entry.name in _NOT_SEARCHED or (entry / "pyvenv.cfg").exists()
    return is_foreign and entry.is_dir()


def _own_rules(folder: Path) -> list[_Rules]:
    settings = settings_for(folder)
    return [(settings.path.parent.resolve(), GitIgnoreSpec.from_lines(settings.ignore))] if settings.path else []


def _files(folder: Path, rules: Sequence[_Rules]) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    own = _own_rules(folder)
    for entry in entries:
        if _is_passed_by(entry, rules, own):
            continue
        if not entry.is_dir():
            if is_note(entry) or builds_page(entry):
                yield entry
        else:
            more = _rules_in(entry)
            yield from _files(entry, rules if more is None else [*rules, more])


def _up_to_the_repository(folder: Path) -> list[Path]:
    """The folder and those above it, the outermost first, up to the one that is a repository; itself where none is."""
    here = folder.resolve()
    above = [here, *here.parents]
    top = next((place for place, one in enumerate(above) if (one / ".git").exists()), 0)
    return above[: top + 1][::-1]


def _rules_in(folder: Path) -> _Rules | None:
    try:
        lines = (folder / _IGNORED).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return folder.resolve(), GitIgnoreSpec.from_lines(lines)


def _is_ignored(entry: Path, rules: Sequence[_Rules]) -> bool:
    """By the last rule that speaks of it, those of the folder that is nearest coming last."""
    where = entry.parent.resolve() / entry.name
    name = f"{where}/" if entry.is_dir() else str(where)
    said = (spec.check_file(name[len(str(base)) + 1 :]).include for base, spec in reversed(rules))
    return next((found for found in said if found is not None), False)
