"""What a command reads and asks about, and where it may write."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from symbptt.errors import UsageError
from symbptt.files import check_writable, is_note
from symbptt.judging.pages import select
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Note, ReadDisplay
from symbptt.script import load, scripts_in
from symbptt.verdicts import Question


def question_of(options: argparse.Namespace) -> Question:
    """What the options of a check ask."""
    sizes = {"n": options.hidden, "d": options.inputs, "q": options.outputs}
    return Question(options.steps, sizes, options.activation, options.method)


Source: TypeAlias = "tuple[Path, Derivation | Note]"


def read_sources(options: argparse.Namespace) -> list[Source]:
    """What is to be checked: the pages of scripts, and notes; raises where one cannot be read."""
    if options.latex is not None:
        if options.paths:
            raise UsageError("--latex checks one formula: leave out the paths (see symbptt check --help)")
        from symbptt.reader.note import read_formula

        return [(Path("--latex"), read_formula(options.latex))]
    return [source for path in options.paths or [Path("derivations")] for source in sources_in(path)]


def sources_in(path: Path) -> list[Source]:
    """The pages and notes of a file, or of a folder in the order of their names."""
    if path.is_dir():
        notes = [entry for entry in path.iterdir() if is_note(entry)]
        scripts = scripts_in(path) if not notes or any(path.glob("*.py")) else []
        return [source for entry in sorted([*notes, *scripts]) for source in sources_in(entry)]
    if not is_note(path):
        return [(path, page) for page in load(*scripts_in(path))]
    # A check of scripts does not wait for the grammar of notes.
    from symbptt.reader.note import read_note

    return [(path, read_note(path))]


def check_tags(sources: Sequence[Source], tags: Sequence[str] | None) -> None:
    """Raises :class:`UsageError` for a tag that no source has."""
    for tag in tags or ():
        if not any(select(page, tag) for _, page in sources):
            known = ", ".join(known for _, page in sources for known in _tags(page))
            raise UsageError(f"no equation is tagged {tag}: expected one of {known}")


def _tags(page: Derivation | Note) -> list[str]:
    return [row.display.tag for row in page.rows] if isinstance(page, Note) else [entry.tag for entry in page]


def is_asked(page: Derivation | Note, entry: Equation | ReadDisplay, tags: Sequence[str] | None) -> bool:
    """Whether an equation is one of those asked for."""
    return tags is None or any(entry in select(page, tag) for tag in tags)


def check_output(output: Path, sources: Sequence[Path]) -> None:
    """Raises :class:`UsageError` where the output cannot be written, or is one of the sources."""
    check_writable(output)
    for source in sources:
        if output.resolve() == source.resolve():
            noun = "note" if is_note(source) else "script"
            raise UsageError(f"cannot write {output}: it is the {noun} that is checked; choose another place")


def kind_of(output: Path, kinds: Sequence[str]) -> str:
    """The ending of an output file; raises :class:`UsageError` for one that is not in ``kinds``."""
    if output.suffix.lower() not in kinds:
        raise UsageError(f"cannot write {output}: expected a file ending in {', '.join(kinds[:-1])} or {kinds[-1]}")
    return output.suffix.lower()
