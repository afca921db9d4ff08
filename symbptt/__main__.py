"""The console command. Nothing heavy is imported before an interrupt can be answered."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

COLLECTED = 100_000
"""After how many new objects a search for garbage begins: nearly all of them stay, and hardly any are in a cycle."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    gc.set_threshold(COLLECTED)
    try:
        from symbptt import cli

        return cli.main(arguments)
    except KeyboardInterrupt:
        print("symbptt: interrupted", file=sys.stderr)
        return 130  # errors.INTERRUPTED, which is not imported yet


if __name__ == "__main__":
    raise SystemExit(main())
