"""What holds for every test."""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

from symbptt.cli import COLLECTED

gc.set_threshold(COLLECTED)  # as the console command does

# An example may take as long as it takes: neither limit would be one of symbptt's.
settings.register_profile("symbptt", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("symbptt")
