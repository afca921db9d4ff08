"""What a command reads and asks about, and where it may write."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from symbptt.configuration import SIZES
from symbptt.errors import NoEquation, UsageError
from symbptt.files import check_writable, is_note
from symbptt.judging.pages import question_for, select
from symbptt.page.derivation import Derivation
from symbptt.reader.results import Entry, Note
from symbptt.reader.sources import Source, read_all, read_alone
from symbptt.store import users_store
from symbptt.verdicts import Question
from symbptt.workers import Crew

CONNECTS = 10
"""Seconds in which a scheduler of Dask has to answer."""


def question_of(options: argparse.Namespace, path: Path) -> Question:
    """What the options of a check ask of a file; where they leave it open, what its settings do."""
    asked = question_for(path)
    given = {letter: getattr(options, name) for name, letter in SIZES.items() if getattr(options, name) is not None}
    return Question(
        options.steps or asked.steps, {**asked.sizes, **given}, options.activation or asked.activation, options.method
    )


def crew_of(options: argparse.Namespace, idle: Callable[[], None] = lambda: None) -> Crew:
    """Who reads and judges, what each claim may take, and where verdicts are kept."""
    store = users_store(unless=options.no_cache)
    return Crew(options.jobs, options.timeout, options.memory, idle, store=store)


@contextlib.contextmanager
def judging_crew(crew: Crew, address: str | None) -> Iterator[Crew]:
    """The crew with the workers of a Dask scheduler, where its address is given; this process still reads.

    Raises :class:`UsageError` where Dask is not installed or nobody answers there.
    """
    if address is None:
        yield crew
        return
    try:
        from distributed import Client
    except ImportError:
        raise UsageError('Dask is not installed; run python3 -m pip install "symbptt[dask]"') from None
    try:
        client = Client(address, timeout=CONNECTS, set_as_default=False)
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split())
        raise UsageError(f"no scheduler of Dask answers at {address}: {said}") from None
    with client:
        yield replace(crew, executor=client.get_executor(pure=False))


def read_sources(options: argparse.Namespace, crew: Crew) -> list[Source]:
    """What is to be checked: the pages of scripts, and notes; raises where one cannot be read."""
    if options.latex is not None:
        if options.paths:
            raise UsageError("--latex checks one formula: leave out the paths (see symbptt check --help)")
        return read_alone(options.latex, crew, options.macros)
    return read_all(options.paths or [Path("derivations")], crew, options.macros)


def read_path(path: Path, crew: Crew, macros: Path | None) -> list[Source]:
    """The pages and notes of a file or a folder; raises :class:`NoEquation` where there is none."""
    sources = read_all([path], crew, macros)
    if not hold_equations(sources):
        raise nothing_in([path])
    return sources


def hold_equations(sources: Sequence[Source]) -> bool:
    """Whether there is an equation in any of them."""
    return any(list(page) for _, page in sources)


def nothing_in(paths: Sequence[Path]) -> NoEquation:
    """That there is no equation in any of the paths."""
    named = ", ".join(map(str, paths))
    return NoEquation(f"{named}: there is no equation; expected a display such as $$h_t = W h_{{t-1}}$$ or a script")


def check_tags(sources: Sequence[Source], tags: Sequence[str] | None) -> None:
    """Raises :class:`UsageError` for a tag that no source has."""
    for tag in tags or ():
        if not any(select(page, tag) for _, page in sources):
            known = ", ".join(entry.tag for _, page in sources for entry in page)
            raise UsageError(f"no equation is tagged {tag}: expected one of {known}")


def is_asked(page: Derivation | Note, entry: Entry, tags: Sequence[str] | None) -> bool:
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
        listed = " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
        raise UsageError(f"cannot write {output}: expected a file ending in {listed}")
    return output.suffix.lower()
