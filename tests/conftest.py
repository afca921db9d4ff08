"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# An example may take as long as it takes: neither limit would be one of symbptt's.
settings.register_profile("symbptt", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("symbptt")
