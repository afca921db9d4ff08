"""``symbptt derive``: the gradients themselves, each proved before it is shown, as text, LaTeX or code."""

from __future__ import annotations

import argparse
import sys

from symbptt.commands.sources import check_output, crew_of, hold_equations, kind_of, nothing_in, read_sources
from symbptt.commands.terminal import open_console
from symbptt.deriving.cells import script_of
from symbptt.deriving.derived import derive
from symbptt.deriving.document import derived_latex
from symbptt.errors import NOT_PROVED, OK, IllTyped, Undecided, UsageError
from symbptt.files import write_whole
from symbptt.page.conventions import MIXED
from symbptt.show.derivation import print_derived, summary_of

KINDS = (".tex", ".py")


def run_derive(options: argparse.Namespace) -> int:
    """Derive, judge, show; returns the exit status."""
    if len(options.paths) + (options.latex is not None) + (options.cell is not None) != 1:
        raise UsageError("expected a PATH, --latex with definitions, or --cell (see symbptt derive --help)")
    if options.cell is not None:
        return _write_cell(options)
    crew = crew_of(options)
    sources = read_sources(options, crew)
    if not hold_equations(sources):
        raise nothing_in(options.paths)
    if len(sources) != 1:
        raise UsageError(f"{options.paths[0]} holds {len(sources)} derivations: name a file with one")
    if options.output is not None:
        check_output(options.output, [path for path, _ in sources])
        kind_of(options.output, KINDS)
    ((path, page),) = sources
    is_code = options.output is not None and options.output.suffix.lower() == ".py"
    # A program adds a gradient to its weight, however the page lays it out.
    layout = options.layout or (MIXED.name if is_code else None)
    if is_code and options.mode != "backward":
        raise UsageError("code is that of the pass backward: leave out --mode (see symbptt derive --help)")
    try:
        derived = derive(page, of=options.of, weights=options.weights, layout=layout, mode=options.mode, crew=crew)
        text = derived.source(options.activation) if is_code else ""
    except (IllTyped, Undecided) as why:
        raise UsageError(f"{path}: no backward pass is derived: {why}") from None
    if options.output is not None:
        write_whole(options.output, text or derived_latex(derived))
    else:
        console = open_console()
        print_derived(console, derived)
        console.print(summary_of(derived), soft_wrap=True)
    return NOT_PROVED if derived.unproved or derived.refused else OK


def _write_cell(options: argparse.Namespace) -> int:
    """The script of a cell, to start from."""
    text = script_of(options.cell)
    if options.output is None:
        sys.stdout.write(text)
    else:
        kind_of(options.output, (".py",))
        check_output(options.output, [])
        write_whole(options.output, text)
    return OK
