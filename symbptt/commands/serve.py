"""``symbptt serve``: a page on this machine to paste a note into."""

from __future__ import annotations

import argparse
from pathlib import Path

from symbptt.commands.sources import question_of
from symbptt.errors import OK
from symbptt.store import users_store
from symbptt.web.desks import Desks, Limits
from symbptt.web.server import LOOPBACK, check_server, listen, run


def run_serve(options: argparse.Namespace) -> int:
    """Serve until a signal asks to end; returns the exit status."""
    check_server()
    question = question_of(options, Path.cwd())
    store = users_store(unless=options.no_cache)
    limits = Limits(question, options.jobs, options.timeout, options.memory, options.macros, store)
    with listen(options.host, options.port) as listening, Desks(limits) as desks:
        named = f"[{options.host}]" if ":" in options.host else options.host
        print(f"http://{named}:{listening.getsockname()[1]}/  (Ctrl-C ends it)", flush=True)
        if options.host not in LOOPBACK:
            print("whoever reaches this machine can have notes judged on it", flush=True)
        run(desks, listening, options.host)
    return OK
