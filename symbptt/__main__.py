"""The console command. Nothing heavy is imported before an interrupt can be answered."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        from symbptt import cli

        return cli.main(arguments)
    except KeyboardInterrupt:
        print("symbptt: interrupted", file=sys.stderr)
        return 130  # errors.INTERRUPTED, which is not imported yet


if __name__ == "__main__":
    raise SystemExit(main())
