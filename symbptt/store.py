"""What was worked out before, kept on disk from run to run; what is damaged is thrown away and never believed.

A value is kept with a digest of it and of its key, so that one that was cut short, changed or put under another key is
seen before anything is made of it. The folder is the user's own: whoever can write there, as whoever can write the
code, could have anything believed, so a folder that others can write to is not used.

>>> import tempfile
>>> store = Store(Path(tempfile.mkdtemp()) / "verdicts")
>>> store.put("a page, a claim, a question", "proved")
>>> store.get("a page, a claim, a question"), store.get("another")
('proved', None)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

VARIABLE = "SYMBPTT_CACHE"
"""The variable that names the folder; where it is set and empty nothing is kept."""
LIMIT = 2**28
"""Bytes that are kept; what was used longest ago goes first."""
_DIGEST = 32


class Store:
    """Values by their keys, in a folder that is made when the first one is looked for.

    It raises nothing: what cannot be kept or had is worked out again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: Any = None
        self._is_off = self._was_damaged = False

    def get(self, key: str) -> Any:
        """The value of a key; None where there is none that can be believed."""
        try:
            kept = self._opened().get(_hashed(key))
            if isinstance(kept, bytes) and kept[:_DIGEST] == _sealed(key, kept[_DIGEST:]):
                return pickle.loads(kept[_DIGEST:])
        except Exception as error:
            self._give_up(error)
        return None

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""
        try:
            content = pickle.dumps(value)
            self._opened().set(_hashed(key), _sealed(key, content) + content)
        except Exception as error:
            self._give_up(error)

    def _opened(self) -> Any:
        if self._is_off:
            raise OSError(f"{self.folder} is not used")
        if self._cache is None:
            import diskcache

            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not _is_own(self.folder):
                raise OSError(f"others can write to {self.folder}")
            # A file that is mapped into memory, as the index of a write-ahead log is, ends the process where someone
            # cuts it short: none is.
            unmapped = {"sqlite_mmap_size": 0, "sqlite_journal_mode": "delete"}
            kept = {"size_limit": LIMIT, "eviction_policy": "least-recently-used"}
            self._cache = diskcache.Cache(str(self.folder), **kept, **unmapped)
        return self._cache

    def _give_up(self, error: Exception) -> None:
        """Throw a database away that cannot be read, and begin anew; what fails otherwise is not used any more."""
        with contextlib.suppress(Exception):
            self._cache.close()
        self._cache = None
        is_damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        self._is_off = self._was_damaged or not is_damaged
        if is_damaged:
            self._was_damaged = True
            shutil.rmtree(self.folder, ignore_errors=True)


def users_store(*, unless: bool = False) -> Store | None:
    """The store of whoever runs this; None where they say that nothing is kept: now, or by the variable."""
    named = os.environ.get(VARIABLE)
    if unless or named == "":
        return None
    import platformdirs

    # A folder of our own in it: what is damaged is removed whole.
    return Store((Path(named) if named is not None else platformdirs.user_cache_path("symbptt")) / "verdicts")


def _is_own(folder: Path) -> bool:
    """Whether nobody else can write to a folder."""
    if not hasattr(os, "getuid"):
        return True
    with contextlib.suppress(OSError):
        found = folder.stat(follow_symlinks=False)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return False


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _sealed(key: str, content: bytes) -> bytes:
    return hashlib.sha256(_hashed(key).encode() + content).digest()
