"""The command line: ``symbptt check``, ``derive``, ``latex``, ``report``, ``plot``, ``numeric``, ``serve`` and ``new``.

A command's rooms, and its options, are loaded when that command is given: ``--help`` waits for neither SymPy nor NumPy.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import symbptt
from symbptt.arguments import LIMITS, count, port, steps
from symbptt.errors import BAD_USAGE, INTERRUPTED, NO_EQUATION, NoEquation, SymbpttError, UsageError, fault
from symbptt.functions import activations

COLLECTED = 100_000
"""After how many new objects a search for garbage begins: nearly all of them stay, and hardly any are in a cycle."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        if sys.stdout is None or sys.stdout.closed:
            raise UsageError("standard output is closed; open it, or write it to a file")
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # What the encoding of a pipe or a terminal has no sign for is written as its number.
                stream.reconfigure(errors="backslashreplace")
        # What is shown may be as long as what was computed, which time and memory limit.
        sys.set_int_max_str_digits(0)
        options = _options(arguments)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except SymbpttError as error:
        print(f"symbptt: {error}", file=sys.stderr)
        return NO_EQUATION if isinstance(error, NoEquation) else BAD_USAGE
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


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    if arguments is not None:
        return _parser(arguments).parse_args(arguments)
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    # A process of its own: what it imports stays to the end, and is not searched for what may go.
    gc.disable()
    options = _parser(sys.argv[1:]).parse_args()
    gc.freeze()
    gc.set_threshold(COLLECTED)
    gc.enable()
    return options


def _complete() -> None:
    """Answer a shell that asks what may come next, where argcomplete is installed; else it is told nothing."""
    with contextlib.suppress(ImportError, UsageError):
        import argcomplete

        # The words of the line, of which the command tells whose options may follow.
        argcomplete.autocomplete(_parser(os.environ.get("COMP_LINE", "").split()[1:]))


def _silence_stdout() -> None:
    # What is left in its buffer would be written, and fail again, when Python ends.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# --------------------------------------------------------------------------------------------------- arguments


class _Parser(argparse.ArgumentParser):
    """argparse, except that a mistake is one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of what is given: every command with its help, the one that is given with its options."""
    parser = _Parser(prog="symbptt", description="Check derivations of gradients.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"symbptt {symbptt.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    chosen = next((argument for argument in given if not argument.startswith("-")), None)
    if chosen is not None and chosen not in _COMMANDS and (Path(chosen).suffix or Path(chosen).exists()):
        raise UsageError(f"no command is called {chosen}: did you mean symbptt check {chosen}?")
    for name, (said, add_options) in _COMMANDS.items():
        example = f"for example: symbptt {name} {_EXAMPLES[name]}"
        command = commands.add_parser(name, help=said, description=f"{said[0].upper()}{said[1:]}.", epilog=example)
        command.allow_abbrev = False
        if name == chosen:
            add_options(command)
    return parser


def _check(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.check import run_check
    from symbptt.show.findings import FORMATS

    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="scripts, notes, folders (searched below), or - for a note on standard input (default: derivations/)",
    )
    parser.add_argument("--latex", metavar="FORMULA", help="judge one formula")
    _add_question(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="the report as JSON; - for standard output")
    parser.add_argument(
        "--format",
        choices=("text", *FORMATS),
        default="text",
        help="what is not as it should be, for other tools: one line each (concise), annotations (github), SARIF or "
        "JSON (default: text, every equation with its verdict)",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="rows that are known to be open: only new ones fail"
    )
    parser.add_argument("--write-baseline", action="store_true", help="write the open rows to that file")
    parser.add_argument("--allow-none", action="store_true", help="exit status 0 where there is no equation")
    parser.add_argument("--quiet", action="store_true", help="only what is not as it should be, and the summary")
    parser.add_argument(
        "--explain", metavar="TAG", help="only this equation: its verdict, and the steps that lead to it"
    )
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="have the workers of this Dask scheduler judge (tcp://HOST:PORT)"
    )
    _add_work(parser)
    parser.set_defaults(run=run_check)


def _derive(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.derive import run_derive
    from symbptt.deriving.cells import CELLS
    from symbptt.deriving.forward import MODES
    from symbptt.page.conventions import CONVENTIONS

    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a script or a note")
    parser.add_argument("--latex", metavar="FORMULAS", help="definitions in place of a file")
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="backward",
        help="the pass backward; sensitivities forward, step by step (rtrl) or down to the first step (expanded); or "
        "the Jacobians of one step (jacobian)",
    )
    parser.add_argument("--of", metavar="L", help="the loss (default: the one that there is)")
    parser.add_argument(
        "--in",
        dest="weights",
        action="extend",
        nargs="+",
        metavar="W",
        help="the weights (default: all that the loss depends on)",
    )
    parser.add_argument(
        "--layout",
        choices=[convention.name for convention in CONVENTIONS],
        help="where the entries of derivatives stand (default: as the page says; else gradients have the shape of "
        "what they are taken in)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=".tex: a document that check reads back; .py: the loss and its gradients as code",
    )
    parser.add_argument(
        "--activation", choices=activations(), default="any", help="in code: what an arbitrary function is"
    )
    parser.add_argument("--cell", choices=tuple(CELLS), help="the script of a cell to start from, in place of a file")
    _add_work(parser)
    parser.set_defaults(run=run_derive)


def cell_options(line: str) -> argparse.Namespace:
    """The options of a cell of a notebook, those of a check; raises :class:`UsageError` for what is none."""
    parser = _Parser(prog="%%symbptt", description="Judge what stands in the cell.", allow_abbrev=False)
    parser.add_argument("--fresh", action="store_true", help="forget what earlier cells say")
    _add_question(parser)
    _add_work(parser)
    try:
        return parser.parse_args(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"the options {line} cannot be read: {error}") from None


def _latex(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.latex import run_latex
    from symbptt.judging.methods import METHODS
    from symbptt.printing.depths import DEPTHS
    from symbptt.printing.dialects import NOTATIONS

    parser.add_argument("path", type=Path, metavar="PATH", help="a script, a note, or a folder of them")
    parser.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    parser.add_argument("--steps", type=count, metavar="T", help="write every sum and product out at this t")
    parser.add_argument(
        "--explain", metavar="TAG", help="the proof of this equation, or what is left where it is stuck"
    )
    parser.add_argument("--method", choices=tuple(METHODS), help="only this method of proof, with --explain")
    parser.add_argument(
        "--depth", choices=DEPTHS, default="terms", help="with --steps: how far derivatives are written"
    )
    parser.add_argument(
        "--notation", choices=NOTATIONS, default="plus", help="the signs of the two derivatives, or their layout"
    )
    parser.add_argument("--standalone", action="store_true", help="a document that pdflatex compiles as it is")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file, whole or not at all")
    _add_work(parser)
    parser.set_defaults(run=run_latex)


def _report(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.report import run_report

    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".html, .pdf or .tex")
    parser.add_argument(
        "--certificates", type=Path, metavar="FILE.v", help="write certificates for Coq, and say of each what Coq says"
    )
    _add_question(parser, tags=False)
    _add_work(parser)
    parser.set_defaults(run=run_report)


def _certify(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.certify import run_certify

    parser.add_argument("path", type=Path, metavar="PATH", help="a script or a note")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".v")
    parser.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    parser.add_argument("--check", action="store_true", help="let coqc check the file, and show what it says")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the verdicts and certificates as JSON")
    _add_work(parser)
    parser.set_defaults(run=run_certify)


def _plot(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.report import run_plot
    from symbptt.show.plots import SUBJECTS

    parser.add_argument("path", type=Path, metavar="PATH", help="a script or a note")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".svg, .png or .pdf")
    parser.add_argument("--tag", metavar="TAG", help="this equation (default: the first boxed sum)")
    parser.add_argument("--steps", type=count, default=12, metavar="T", help="the t of the norms (default: 12)")
    parser.add_argument("--activation", choices=activations(), default="any", help="default: identity and tanh")
    parser.add_argument("--only", choices=SUBJECTS, help="one of the two pictures (default: both)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random values (default: 0)")
    _add_work(parser)
    parser.set_defaults(run=run_plot)


def _numeric(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.numeric import run_numeric

    parser.add_argument("path", type=Path, metavar="PATH")
    _add_question(parser)
    parser.add_argument("--oracle", action="append", metavar="NAME", help="only this oracle (repeatable)")
    parser.add_argument("--points", type=count, default=10, metavar="N", help="random points (default: 10)")
    parser.add_argument(
        "--dtype", choices=("float64", "complex128"), default="float64", help="of the points (default: float64)"
    )
    parser.add_argument(
        "--emit",
        type=Path,
        metavar="FILE.py",
        help="write one proved claim (--tag) as a NumPy module, or several gradients as a pass backward",
    )
    parser.add_argument("--weight", metavar="NAME", help="the weight that is emitted (default: the one written)")
    _add_work(parser)
    parser.set_defaults(run=run_numeric)


def _serve(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.serve import run_serve

    parser.add_argument("--port", type=port, default=8320, metavar="N", help="default: 8320; 0: any that is free")
    parser.add_argument("--host", default="127.0.0.1", metavar="NAME", help="default: 127.0.0.1, this machine alone")
    _add_question(parser, tags=False)
    _add_work(parser)
    parser.set_defaults(run=run_serve)


def _add_question(parser: argparse.ArgumentParser, *, tags: bool = True) -> None:
    from symbptt.judging.methods import METHODS
    from symbptt.verdicts import DEFAULT_SIZES

    parser.add_argument("--steps", type=steps, metavar="1..5", help="the t to unroll (default: 1..5)")
    for option, name, noun in (("hidden", "n", "states"), ("inputs", "d", "inputs"), ("outputs", "q", "outputs")):
        parser.add_argument(
            f"--{option}",
            type=count,
            metavar=name.upper(),
            help=f"{noun} of the explicit proof (default: {DEFAULT_SIZES[name]})",
        )
    parser.add_argument("--activation", choices=activations(), help="default: any")
    if tags:
        parser.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    parser.add_argument("--method", choices=tuple(METHODS), help="only this method of proof")


def _add_work(parser: argparse.ArgumentParser) -> None:
    """How files are read and claims are judged, which every command that reads some asks."""
    from symbptt.workers import MOST, processors

    parser.add_argument("--macros", type=Path, metavar="FILE", help="a file of LaTeX macros that notes are read with")
    parser.add_argument(
        "--jobs",
        type=count,
        default=processors(),
        metavar="N",
        help=f"worker processes (default: one for each processor, up to {MOST})",
    )
    for name, known in LIMITS.items():
        parser.add_argument(f"--{name}", **known)


def _new(parser: argparse.ArgumentParser) -> None:
    from symbptt.commands.new import PAGES, run_new

    parser.add_argument("path", type=Path, metavar="FILE", help=f"a name that ends in {', '.join(PAGES)}")
    parser.set_defaults(run=run_new)


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": ("judge every equation of a derivation", _check),
    "derive": ("the gradients themselves, proved", _derive),
    "latex": ("the equations, or their expanded terms, as LaTeX", _latex),
    "report": ("the whole derivation with its verdicts", _report),
    "plot": ("what each term of the boxed sum contributes", _plot),
    "certify": ("the claims and their proofs as a file for Coq", _certify),
    "numeric": ("compare what is proved with independent numbers", _numeric),
    "serve": ("a page in the browser: paste a note, see the verdicts", _serve),
    "new": ("a commented page to start from", _new),
}


_EXAMPLES = {
    "check": "homework.md --quiet",
    "derive": "cell.py --of L -o backward.tex",
    "latex": "page.py --tag 10 --steps 3",
    "report": "homework.md -o homework.html",
    "plot": "page.py -o terms.svg",
    "certify": "page.py --tag 10 --check -o ten.v",
    "numeric": "page.py --tag 10 --emit gradient.py",
    "serve": "--port 8320",
    "new": "homework.md",
}
