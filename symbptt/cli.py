"""The command line: ``symbptt check``, ``symbptt latex``, ``symbptt numeric``."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

import symbptt
from symbptt.comparison import crosscheck
from symbptt.derivation import Derivation, Equation
from symbptt.errors import SymbpttError, UsageError
from symbptt.files import check_writable, write_whole
from symbptt.heads import ACTIVATIONS
from symbptt.proof import DEFAULT_SIZES, METHODS, Question, Verdict, select
from symbptt.report import Row, Sheet, as_json, numeric_line, print_numeric, print_sheet, summary
from symbptt.script import load, scripts_in
from symbptt.typeset import page_latex
from symbptt.workers import judge

OK, NOT_PROVED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
WIDTH = 100
"""Columns of what is printed to a pipe; a terminal has its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_USAGE


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
    check.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="scripts or folders (default: derivations/)")
    _add_question(check)
    check.add_argument("--json", type=Path, metavar="FILE", help="the report as JSON; - for standard output")
    check.add_argument("--jobs", type=_count, default=1, metavar="N", help="worker processes (default: 1)")
    check.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop a claim that takes longer")
    check.set_defaults(run=_check)

    latex = commands.add_parser("latex", help="the equations, or their expanded terms, as LaTeX", allow_abbrev=False)
    latex.add_argument("path", type=Path, metavar="PATH")
    latex.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    latex.add_argument("--steps", type=_count, metavar="T", help="write every sum and product out at this t")
    latex.add_argument("--standalone", action="store_true", help="a document that pdflatex compiles as it is")
    latex.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file, whole or not at all")
    latex.set_defaults(run=_latex)

    numeric = commands.add_parser("numeric", help="compare what is proved with complex step", allow_abbrev=False)
    numeric.add_argument("path", type=Path, metavar="PATH")
    _add_question(numeric)
    numeric.set_defaults(run=_numeric)
    return parser


def _add_question(parser: argparse.ArgumentParser) -> None:
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


def _question(options: argparse.Namespace) -> Question:
    sizes = {"n": options.hidden, "d": options.inputs, "q": options.outputs}
    return Question(options.steps, sizes, options.activation, options.method)


# --------------------------------------------------------------------------------------------------- commands


def _pages(paths: Sequence[Path]) -> list[tuple[Path, Derivation]]:
    return [(script, page) for path in paths for script in scripts_in(path) for page in load(script)]


def _chosen(pages: Sequence[tuple[Path, Derivation]], tags: Sequence[str] | None) -> list[list[Equation]]:
    """The equations of each page that are asked for; raises :class:`UsageError` for a tag that no page has."""
    if tags is None:
        return [list(page) for _, page in pages]
    for tag in tags:
        if not any(select(page, tag) for _, page in pages):
            known = ", ".join(equation.tag for _, page in pages for equation in page)
            raise UsageError(f"no equation is tagged {tag}: expected one of {known}")
    wanted = [{equation.tag for tag in tags for equation in select(page, tag)} for _, page in pages]
    return [[entry for entry in page if entry.tag in own] for (_, page), own in zip(pages, wanted, strict=True)]


def _check(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    to_stdout = options.json is not None and str(options.json) == "-"
    if options.json is not None and not to_stdout:
        check_writable(options.json)
    question = _question(options)
    pages = _pages(options.paths or [Path("derivations")])
    sheets: list[Sheet] = []
    interrupted = False
    chosen = _chosen(pages, options.tag)
    with _progress(sum(map(len, chosen))) as step:
        for (path, page), equations in zip(pages, chosen, strict=True):
            rows: list[Row] = []
            sheets.append(Sheet(str(path), page, rows))
            try:
                if not interrupted:
                    step(equations[0].tag if equations else "", 0)
                    for equation, verdict in judge(
                        page, equations, question, jobs=options.jobs, timeout=options.timeout
                    ):
                        rows.append(Row(equation, verdict))
                        step(equation.tag, 1)
            except KeyboardInterrupt:
                interrupted = True
            # What an interrupt left is reported too, as not judged.
            rows.extend(Row(equation, None) for equation in equations[len(rows) :])
    if to_stdout:
        sys.stdout.write(as_json(symbptt.__version__, sheets))
    else:
        console = _console()
        for sheet in sheets:
            print_sheet(console, sheet)
        if not interrupted:
            for sheet in sheets:
                _say_numbers(console, sheet, question)
        for line in summary(sheets, time.perf_counter() - began):
            console.print(line, highlight=False)
        if options.json is not None:
            write_whole(options.json, as_json(symbptt.__version__, sheets))
    if interrupted:
        print("symbptt: interrupted; what was judged so far is above", file=sys.stderr)
        return INTERRUPTED
    return OK if all(row.settled for sheet in sheets for row in sheet.rows) else NOT_PROVED


def _say_numbers(console: Console, sheet: Sheet, question: Question) -> None:
    proved = [row.equation for row in sheet.rows if _is_proved(row.equation, row.verdict)]
    if proved:
        comparisons = list(crosscheck(sheet.page, proved, question))
        console.print(numeric_line(comparisons), highlight=False)


def _is_proved(equation: Equation, verdict: Verdict | None) -> bool:
    return equation.kind == "claim" and verdict is not None and verdict.word == "proved"


def _latex(options: argparse.Namespace) -> int:
    if options.output is not None:
        check_writable(options.output)
    pages = _pages([options.path])
    if options.standalone and len(pages) > 1:
        raise UsageError(f"{options.path} holds {len(pages)} derivations; --standalone needs a script with one")
    text = "\n".join(
        page_latex(page, [equation.tag for equation in equations], options.steps, options.standalone)
        for (_, page), equations in zip(pages, _chosen(pages, options.tag), strict=True)
    )
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_whole(options.output, text)
    return OK


def _numeric(options: argparse.Namespace) -> int:
    question = _question(options)
    console = _console()
    agreed = True
    pages = _pages([options.path])
    for (path, page), equations in zip(pages, _chosen(pages, options.tag), strict=True):
        claims = [equation for equation in equations if equation.kind == "claim"]
        proved = [equation for equation, verdict in judge(page, claims, question) if _is_proved(equation, verdict)]
        comparisons = list(crosscheck(page, proved, question))
        left_out = [equation.tag for equation in claims if equation not in proved]
        print_numeric(console, page.title or str(path), comparisons, left_out)
        agreed = agreed and not left_out and all(comparison.outcome != "disagree" for comparison in comparisons)
    return OK if agreed else NOT_PROVED


# --------------------------------------------------------------------------------------------------- terminal


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """A line that says which equation is being judged, on a terminal; nothing anywhere else."""
    if not sys.stderr.isatty():
        yield lambda tag, count: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("judging", total=total)
        yield lambda tag, count: progress.update(task, advance=count, description=f"judging, done with ({tag})")


if __name__ == "__main__":
    raise SystemExit(main())
