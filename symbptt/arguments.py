"""What is typed on a command line, symbptt's own or pytest's, as values; and the options that both have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from typing import Any

TIMEOUT, MEMORY = 60, 1024


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, not {text!r}")
    return int(text)


def port(text: str) -> int:
    """The number of a port; 0 for any that is free."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """A time above 0."""
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, not {text!r}")
    return float(text)


def steps(text: str) -> tuple[int, ...]:
    """Steps from the first to the last.

    >>> steps("2..4"), steps("3")
    ((2, 3, 4), (3,))
    """
    first, dots, last = text.partition("..")
    try:
        low, high = count(first), count(last if dots else first)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected FIRST..LAST such as 1..5, not {text!r}") from None
    if low > high:
        raise argparse.ArgumentTypeError(
            f"the first step of {text} is after the last; expected FIRST..LAST such as 1..5"
        )
    return tuple(range(low, high + 1))


LIMITS: Mapping[str, Mapping[str, Any]] = {
    "timeout": {
        "type": seconds,
        "default": TIMEOUT,
        "metavar": "SECONDS",
        "help": f"stop a claim, or the reading of a file, that takes longer (default: {TIMEOUT})",
    },
    "memory": {
        "type": count,
        "default": MEMORY,
        "metavar": "MIB",
        "help": f"or more memory, where /proc shows it (default: {MEMORY})",
    },
    "no-cache": {"action": "store_true", "help": "judge anew what was judged before, and keep nothing"},
}
"""What a claim, or the reading of a file, may take, and whether verdicts of earlier runs count: options of ``symbptt``
and, behind ``--symbptt-``, of pytest."""
