"""What holds for every test."""

from __future__ import annotations

import gc
import os
import tempfile
from itertools import chain

import pytest
from hypothesis import HealthCheck, settings

from symbptt.cli import COLLECTED
from symbptt.store import VARIABLE

# Garbage is looked for when a module of tests is done, below; a copy of this process looks as the console command does,
# through what it makes itself: to look through all that it has from here would make all of that anew.
gc.disable()
gc.set_threshold(COLLECTED)
os.register_at_fork(after_in_child=gc.freeze)
os.register_at_fork(after_in_child=gc.enable)

os.environ[VARIABLE] = ""  # a test judges what it asks about, and leaves nothing with whoever runs it

if "SYMBPTT_TESTED" not in os.environ:
    # For what several tests ask, tests.pages.TESTED: every process of this run inherits the name, the first removes it.
    _tested = tempfile.TemporaryDirectory(prefix="symbptt-tested-")
    os.environ["SYMBPTT_TESTED"] = _tested.name

# Processes that tests start find the code compiled: else each would compile all of it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# An example may take as long as it takes: neither limit would be one of symbptt's.
settings.register_profile("symbptt", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("symbptt")

STARTING = ("symbptt.workers", "symbptt.notebook", "tests.commands", "tests.guide")
"""The rooms through which tests start processes that are copies of theirs."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what starts copies of this process: what other tests leave in its memory would be in every copy.

    Where several processes divide the tests, each is given one part of their list, and begins at its beginning.
    """
    parts: int = getattr(config, "workerinput", {}).get("workercount", 1)
    first = [item for item in items if _starts_copies(item)]
    rest = [item for item in items if not _starts_copies(item)]

    def part(of: list[pytest.Item], number: int) -> list[pytest.Item]:
        return of[len(of) * number // parts : len(of) * (number + 1) // parts]

    items[:] = chain.from_iterable((*part(first, number), *part(rest, number)) for number in range(parts))


def _starts_copies(item: pytest.Item) -> bool:
    module = getattr(item, "module", None)
    return any(getattr(held, "__module__", None) in STARTING for held in vars(module or object).values())


def pytest_collection_finish() -> None:
    gc.freeze()  # what was imported stays


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Look for garbage once in a module of tests: what is left behind its last one mostly stays, and is not searched
    again."""
    if nextitem is not None and nextitem.path != item.path:
        gc.collect()
        gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # pytest looks once more, for what was not closed
