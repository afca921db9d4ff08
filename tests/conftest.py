"""What holds for every test."""

from __future__ import annotations

import gc
import os
import tempfile

from hypothesis import HealthCheck, settings

from symbptt.cli import COLLECTED
from symbptt.store import VARIABLE

gc.set_threshold(COLLECTED)  # as the console command does

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
