"""Nothing that is said depends on the order in which Python walks a set: the same under every hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.pages import ROOT
from tests.seeded import PARTS, timeless
from tests.test_explain import BOX


def said(seed: str) -> dict[str, str]:
    """Every part of ``tests.seeded`` under a seed, in one process that finds all of it out for itself."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.seeded"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "SYMBPTT_TESTED": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_every_part_is_whole_and_the_same_is_said_under_every_hash_seed() -> None:
    # One test, so that what is said under the first seed is found out once.
    # Under the seed of this process, which is another one in each run.
    parts = {part.__name__: timeless(part()) for part in PARTS}
    assert list(parts) == [part.__name__ for part in PARTS]
    assert parts["explanation"] == BOX
    assert len(parts["report_as_documents"]) > 50_000
    assert len(parts["notes_as_latex"]) > 10_000
    assert len(parts["script_as_latex"]) > 5000
    assert len(parts["steps_of_a_proof"].splitlines()) > 25
    assert len(json.loads(parts["report_as_json"].replace(": S", ": 0"))["sources"][0]["equations"]) == 30
    assert parts["picture"].startswith("<?xml")
    for part, text in said("1").items():
        assert text == parts[part], part
