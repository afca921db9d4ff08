"""The command line: ``symbptt check``, ``latex``, ``report``, ``plot`` and ``numeric``."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import symbptt
from symbptt.commands.check import run_check
from symbptt.commands.latex import run_latex
from symbptt.commands.numeric import run_numeric
from symbptt.commands.report import run_plot, run_report
from symbptt.commands.sources import BAD_USAGE, INTERRUPTED
from symbptt.errors import SymbpttError, UsageError, fault
from symbptt.judging.proving import DEFAULT_SIZES, METHODS
from symbptt.printing.depths import DEPTHS
from symbptt.printing.dialects import DIALECTS
from symbptt.proofs.heads import ACTIVATIONS
from symbptt.show.plots import SUBJECTS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        if sys.stdout is None or sys.stdout.closed:
            raise UsageError("standard output is closed; open it, or write it to a file")
        options = _parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except SymbpttError as error:
        print(f"symbptt: {error}", file=sys.stderr)
        return BAD_USAGE
    except KeyboardInterrupt:
        print("symbptt: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; nothing more can be said to them.
        _silence_stdout()
        return BAD_USAGE
    except OSError as error:
        print(f"symbptt: cannot write to standard output: {error.strerror}", file=sys.stderr)
        _silence_stdout()
        return BAD_USAGE
    except Exception as error:
        # A fault of symbptt's own is one line as well: a traceback says nothing to who runs it.
        print(f"symbptt: {' '.join(fault(error).split())}", file=sys.stderr)
        return BAD_USAGE


def _silence_stdout() -> None:
    # What is left in its buffer would be written, and fail again, when Python ends.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# --------------------------------------------------------------------------------------------------- arguments


class _Parser(argparse.ArgumentParser):
    """argparse, except that a mistake is one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="symbptt", description="Check derivations of gradients.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"symbptt {symbptt.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    check = commands.add_parser("check", help="judge every equation of a derivation", allow_abbrev=False)
    check.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="scripts, notes (.tex, .md) or folders (default: derivations/)",
    )
    check.add_argument("--latex", metavar="FORMULA", help="judge one formula")
    _add_question(check)
    check.add_argument("--json", type=Path, metavar="FILE", help="the report as JSON; - for standard output")
    check.add_argument(
        "--explain", metavar="TAG", help="only this equation: its verdict, and the steps that lead to it"
    )
    check.add_argument("--jobs", type=_count, default=1, metavar="N", help="worker processes (default: 1)")
    check.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop a claim that takes longer")
    check.set_defaults(run=run_check)

    latex = commands.add_parser("latex", help="the equations, or their expanded terms, as LaTeX", allow_abbrev=False)
    latex.add_argument("path", type=Path, metavar="PATH", help="a script, a note (.tex, .md), or a folder of them")
    latex.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    latex.add_argument("--steps", type=_count, metavar="T", help="write every sum and product out at this t")
    latex.add_argument("--explain", metavar="TAG", help="the proof of this equation, or what is left where it is stuck")
    latex.add_argument("--method", choices=tuple(METHODS), help="only this method of proof, with --explain")
    latex.add_argument("--depth", choices=DEPTHS, default="terms", help="with --steps: how far derivatives are written")
    latex.add_argument("--notation", choices=DIALECTS, default="plus", help="the signs of the two derivatives")
    latex.add_argument("--standalone", action="store_true", help="a document that pdflatex compiles as it is")
    latex.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file, whole or not at all")
    latex.set_defaults(run=run_latex)

    report = commands.add_parser("report", help="the whole derivation with its verdicts", allow_abbrev=False)
    report.add_argument("path", type=Path, metavar="PATH")
    report.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".html, .pdf or .tex")
    _add_question(report, tags=False)
    report.add_argument("--jobs", type=_count, default=1, metavar="N", help="worker processes (default: 1)")
    report.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop a claim that takes longer")
    report.set_defaults(run=run_report)

    plot = commands.add_parser("plot", help="what each term of the boxed sum contributes", allow_abbrev=False)
    plot.add_argument("path", type=Path, metavar="PATH", help="a script, or a note (.tex, .md)")
    plot.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".svg, .png or .pdf")
    plot.add_argument("--tag", metavar="TAG", help="this equation (default: the first boxed sum)")
    plot.add_argument("--steps", type=_count, default=12, metavar="T", help="the t of the norms (default: 12)")
    plot.add_argument("--activation", choices=tuple(ACTIVATIONS), default="any", help="default: identity and tanh")
    plot.add_argument("--only", choices=SUBJECTS, help="one of the two pictures (default: both)")
    plot.add_argument("--seed", type=int, default=0, metavar="N", help="of the random values (default: 0)")
    plot.set_defaults(run=run_plot)

    numeric = commands.add_parser("numeric", help="compare what is proved with independent numbers", allow_abbrev=False)
    numeric.add_argument("path", type=Path, metavar="PATH")
    _add_question(numeric)
    numeric.add_argument("--oracle", action="append", metavar="NAME", help="only this oracle (repeatable)")
    numeric.add_argument("--points", type=_count, default=10, metavar="N", help="random points (default: 10)")
    numeric.add_argument(
        "--dtype", choices=("float64", "complex128"), default="float64", help="of the points (default: float64)"
    )
    numeric.add_argument(
        "--emit",
        type=Path,
        metavar="FILE.py",
        help="write one proved claim (--tag) as a NumPy module, and nothing else",
    )
    numeric.add_argument("--weight", metavar="NAME", help="the weight that is emitted (default: the one written)")
    numeric.set_defaults(run=run_numeric, jobs=1, timeout=None)
    return parser


def _add_question(parser: argparse.ArgumentParser, *, tags: bool = True) -> None:
    parser.add_argument("--steps", type=_steps, default=_steps("1..5"), metavar="1..5", help="the t to unroll")
    for option, name, noun in (("hidden", "n", "states"), ("inputs", "d", "inputs"), ("outputs", "q", "outputs")):
        parser.add_argument(
            f"--{option}",
            type=_count,
            default=DEFAULT_SIZES[name],
            metavar=name.upper(),
            help=f"{noun} of the explicit proof (default: {DEFAULT_SIZES[name]})",
        )
    parser.add_argument("--activation", choices=tuple(ACTIVATIONS), default="any", help="default: any")
    if tags:
        parser.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    parser.add_argument("--method", choices=tuple(METHODS), help="only this method of proof")


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, not {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, not {text!r}")
    return float(text)


def _steps(text: str) -> tuple[int, ...]:
    first, dots, last = text.partition("..")
    try:
        low, high = _count(first), _count(last if dots else first)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected FIRST..LAST such as 1..5, not {text!r}") from None
    if low > high:
        raise argparse.ArgumentTypeError(
            f"the first step of {text} is after the last; expected FIRST..LAST such as 1..5"
        )
    return tuple(range(low, high + 1))
