"""A baseline: the rows of a book that are known to be open, so that a check fails on what is new alone.

It is a file in JSON that lists each open row by its file, its text and its word; lines and tags may move. A row that is
in it is as expected; one of it that is not found any more is a finding too, so that a baseline only ever shrinks.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from symbptt.errors import UsageError
from symbptt.files import write_whole
from symbptt.show.findings import Finding, dumped
from symbptt.verdicts import Row, Sheet

_VERSION = 1


class _Known(NamedTuple):
    """An open row: its file as the baseline's folder sees it, its text, and its word."""

    path: str
    latex: str
    word: str


@dataclass
class Baseline:
    """The rows that are known to be open, as far as they were not found yet; of no file, none."""

    path: Path | None = None
    _left: Counter[_Known] = field(default_factory=Counter)
    _tags: dict[_Known, str] = field(default_factory=dict)

    @staticmethod
    def of(path: Path | None) -> Baseline:
        """The baseline in a file; raises :class:`UsageError` for one that cannot be read or is none."""
        made = Baseline(path)
        if path is None:
            return made
        try:
            whole = json.loads(path.read_text(encoding="utf-8"))
            if whole["symbptt-baseline"] != _VERSION:
                raise ValueError
            for entry in whole["open"]:
                known = _Known(*(str(entry[name]) for name in _Known._fields))
                made._left[known] += 1
                made._tags.setdefault(known, str(entry["tag"]))
        except OSError as error:
            said = f"cannot be read ({error.strerror}); write it with --write-baseline"
            raise UsageError(f"{path}: the baseline {said}") from None
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{path}: it is no baseline; write it anew with --write-baseline") from None
        return made

    def expected(self, row: Row) -> Row:
        """The row, with its word expected where it is known to be open."""
        if row.settled or not self._left[known := self._known(row)]:
            return row
        self._left[known] -= 1
        return replace(row, expected=row.word, why="it is in the baseline")

    def stale(self, paths: Iterable[Path]) -> list[Finding]:
        """What is known to be open in some files and was not found there."""
        files = {self._named(path): str(path) for path in paths}
        left = [known for known in self._left.elements() if known.path in files]
        said = "it is in the baseline, and is not found any more; write the baseline anew with --write-baseline"
        return [
            Finding(files[known.path], "", 1, 1, 1, 1, self._tags[known], "settled", f"({self._tags[known]}) {said}")
            for known in left
        ]

    def _known(self, row: Row) -> _Known:
        return _Known(self._named(Path(row.place.container)), row.source or row.shown, row.word)

    def _named(self, path: Path) -> str:
        above = self.path.absolute().parent if self.path is not None else Path.cwd()
        return Path(os.path.relpath(path.absolute(), above)).as_posix()

    def write(self, sheets: Sequence[Sheet]) -> int:
        """Write the open rows of pages as the baseline; returns how many there are."""
        assert self.path is not None
        rows = [row for sheet in sheets for row in sheet.rows if not row.settled]
        entries = [{"tag": row.tag, **self._known(row)._asdict()} for row in rows]
        whole = {"symbptt-baseline": _VERSION, "open": entries}
        write_whole(self.path, dumped(whole) + "\n")
        return len(entries)
