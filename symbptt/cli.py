"""The command line: ``symbptt check``, ``latex``, ``report``, ``plot`` and ``numeric``."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

import symbptt
from symbptt.derivation import Derivation, Equation
from symbptt.errors import SymbpttError, UsageError
from symbptt.explain import explanation, explanation_latex
from symbptt.files import check_writable, write_whole
from symbptt.methods.heads import ACTIVATIONS
from symbptt.numbers.comparison import ANY, Comparison, crosscheck
from symbptt.numbers.emission import emit
from symbptt.numbers.oracles import available, check_name
from symbptt.proof import DEFAULT_SIZES, METHODS, Question, Verdict, prove, select
from symbptt.reader.note import Note, Printed, read_formula, read_note
from symbptt.script import load, scripts_in
from symbptt.show.dossier import COMPARED_SIZES, COMPARED_STEPS, Dossier, compared, gather
from symbptt.show.notes import judge_note, selected, unjudged
from symbptt.show.plots import Picture, boxed, can_draw, draw
from symbptt.show.report import Row, Sheet, as_json, numeric_line, print_numeric, print_sheet, remarks, summary
from symbptt.text.document import is_note
from symbptt.typesetting.depths import DEPTHS
from symbptt.typesetting.dialects import DIALECTS
from symbptt.typesetting.typeset import document, page_latex
from symbptt.workers import judge

OK, NOT_PROVED, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
EXPLAINED = 80
"""Columns of an explanation."""
WIDTH = 100
"""Columns of what is printed to a pipe, unless COLUMNS says otherwise; a terminal has its own."""


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
    check.set_defaults(run=_check)

    latex = commands.add_parser("latex", help="the equations, or their expanded terms, as LaTeX", allow_abbrev=False)
    latex.add_argument("path", type=Path, metavar="PATH")
    latex.add_argument("--tag", action="append", metavar="TAG", help="only this equation (repeatable)")
    latex.add_argument("--steps", type=_count, metavar="T", help="write every sum and product out at this t")
    latex.add_argument("--explain", metavar="TAG", help="the proof of this equation, or what is left where it is stuck")
    latex.add_argument("--method", choices=tuple(METHODS), help="only this method of proof, with --explain")
    latex.add_argument("--depth", choices=DEPTHS, default="terms", help="with --steps: how far derivatives are written")
    latex.add_argument("--notation", choices=DIALECTS, default="plus", help="the signs of the two derivatives")
    latex.add_argument("--standalone", action="store_true", help="a document that pdflatex compiles as it is")
    latex.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file, whole or not at all")
    latex.set_defaults(run=_latex)

    report = commands.add_parser("report", help="the whole derivation with its verdicts", allow_abbrev=False)
    report.add_argument("path", type=Path, metavar="PATH")
    report.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".html, .pdf or .tex")
    _add_question(report, tags=False)
    report.add_argument("--jobs", type=_count, default=1, metavar="N", help="worker processes (default: 1)")
    report.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop a claim that takes longer")
    report.set_defaults(run=_report)

    plot = commands.add_parser("plot", help="what each term of the boxed sum contributes", allow_abbrev=False)
    plot.add_argument("path", type=Path, metavar="PATH")
    plot.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=".svg, .png or .pdf")
    plot.add_argument("--tag", metavar="TAG", help="this equation (default: the first boxed sum)")
    plot.add_argument("--steps", type=_count, default=12, metavar="T", help="the t of the norms (default: 12)")
    plot.add_argument("--activation", choices=tuple(ACTIVATIONS), default="any", help="default: identity and tanh")
    plot.add_argument("--seed", type=int, default=0, metavar="N", help="of the random values (default: 0)")
    plot.set_defaults(run=_plot)

    numeric = commands.add_parser("numeric", help="compare what is proved with independent numbers", allow_abbrev=False)
    numeric.add_argument("path", type=Path, metavar="PATH")
    _add_question(numeric)
    numeric.add_argument("--oracle", action="append", metavar="NAME", help="only this oracle (repeatable)")
    numeric.add_argument("--points", type=_count, default=10, metavar="N", help="random points (default: 10)")
    numeric.add_argument(
        "--emit",
        type=Path,
        metavar="FILE.py",
        help="write one proved claim (--tag) as a NumPy module, and nothing else",
    )
    numeric.add_argument("--weight", metavar="NAME", help="the weight that is emitted (default: the one written)")
    numeric.set_defaults(run=_numeric)
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


def _question(options: argparse.Namespace) -> Question:
    sizes = {"n": options.hidden, "d": options.inputs, "q": options.outputs}
    return Question(options.steps, sizes, options.activation, options.method)


# --------------------------------------------------------------------------------------------------- commands


def _pages(paths: Sequence[Path]) -> list[tuple[Path, Derivation]]:
    for path in paths:
        _need_script(path)
    return [(script, page) for path in paths for script in scripts_in(path) for page in load(script)]


def _need_script(path: Path) -> None:
    if is_note(path) and path.is_file():
        raise UsageError(f"{path} is a note, and this needs a derivation script (.py): check and report read notes")


Source: TypeAlias = "tuple[Path, Derivation | Note]"


def _sources(options: argparse.Namespace) -> list[Source]:
    """What is to be checked: the pages of scripts, and notes; raises where one cannot be read."""
    if options.latex is not None:
        if options.paths:
            raise UsageError("--latex checks one formula: leave out the paths (see symbptt check --help)")
        return [(Path("--latex"), read_formula(options.latex))]
    return [source for path in options.paths or [Path("derivations")] for source in _sources_in(path)]


def _sources_in(path: Path) -> list[Source]:
    if path.is_dir():
        notes = [entry for entry in path.iterdir() if is_note(entry)]
        scripts = scripts_in(path) if not notes or any(path.glob("*.py")) else []
        return [source for entry in sorted([*notes, *scripts]) for source in _sources_in(entry)]
    return [(path, read_note(path))] if is_note(path) else [(path, page) for page in load(*scripts_in(path))]


def _chosen(pages: Sequence[tuple[Path, Derivation]], tags: Sequence[str] | None) -> list[list[Equation]]:
    """The equations of each page that are asked for; raises :class:`UsageError` for a tag that no page has."""
    _check_tags(pages, tags)
    return [[entry for entry in page if _is_asked(page, entry, tags)] for _, page in pages]


def _check_tags(sources: Sequence[Source], tags: Sequence[str] | None) -> None:
    for tag in tags or ():
        if not any(_with_tag(page, tag) for _, page in sources):
            known = ", ".join(known for _, page in sources for known in _tags(page))
            raise UsageError(f"no equation is tagged {tag}: expected one of {known}")


def _with_tag(page: Derivation | Note, tag: str) -> Sequence[Equation | Printed]:
    return selected(page, tag) if isinstance(page, Note) else select(page, tag)


def _tags(page: Derivation | Note) -> list[str]:
    return [row.display.tag for row in page.rows] if isinstance(page, Note) else [entry.tag for entry in page]


def _is_asked(page: Derivation | Note, entry: Equation | Printed, tags: Sequence[str] | None) -> bool:
    return tags is None or any(entry in _with_tag(page, tag) for tag in tags)


def _check(options: argparse.Namespace) -> int:
    if options.explain is not None:
        return _explain(options)
    began = time.perf_counter()
    to_stdout = options.json is not None and str(options.json) == "-"
    question = _question(options)
    sources = _sources(options)
    _check_tags(sources, options.tag)
    if options.json is not None and not to_stdout:
        _check_output(options.json, [path for path, _ in sources])
    sheets: list[Sheet] = []
    numbers: list[str] = []
    interrupted = False
    entries = [
        [entry for entry in (page.rows if isinstance(page, Note) else page) if _is_asked(page, entry, options.tag)]
        for _, page in sources
    ]
    with _progress(sum(map(len, entries))) as step:
        for (path, page), asked in zip(sources, entries, strict=True):
            rows: list[Row] = []
            sheets.append(
                Sheet(
                    str(path), page.title, rows, page.assumed if isinstance(page, Note) else (), isinstance(page, Note)
                )
            )
            try:
                if not interrupted:
                    step("", 0)
                    for row in _rows(page, asked, question, options):
                        rows.append(row)
                        step(row.tag, 1)
                    rows[:], comparisons = compared(rows, question)
                    numbers += _numbers(comparisons)
            except KeyboardInterrupt:
                interrupted = True
            # What an interrupt left is reported too, as not judged.
            rows.extend(
                unjudged(entry) if isinstance(entry, Printed) else Row.of(entry, None) for entry in asked[len(rows) :]
            )
    if options.json is not None:
        report = as_json(symbptt.__version__, sheets)
        if to_stdout:
            sys.stdout.write(report)
        else:
            write_whole(options.json, report)
    if not to_stdout:
        console = _console()
        for sheet in sheets:
            print_sheet(console, sheet)
        for line in (*numbers, *summary(sheets, time.perf_counter() - began)):
            console.print(line, highlight=False)
    sys.stdout.flush()
    if interrupted:
        print("symbptt: interrupted; what was judged so far is above", file=sys.stderr)
        return INTERRUPTED
    return OK if all(row.settled for sheet in sheets for row in sheet.rows) else NOT_PROVED


def _rows(
    page: Derivation | Note, asked: Sequence[Equation | Printed], question: Question, options: argparse.Namespace
) -> Iterator[Row]:
    """The rows of one page, as they are judged."""
    if isinstance(page, Note):
        displays = [entry for entry in asked if isinstance(entry, Printed)]
        yield from judge_note(page, displays, question, jobs=options.jobs, timeout=options.timeout)
        return
    equations = [entry for entry in asked if isinstance(entry, Equation)]
    for equation, verdict in judge(page, equations, question, jobs=options.jobs, timeout=options.timeout):
        yield Row.of(equation, verdict, page)


def _check_output(output: Path, sources: Sequence[Path]) -> None:
    check_writable(output)
    for source in sources:
        if output.resolve() == source.resolve():
            noun = "note" if is_note(source) else "script"
            raise UsageError(f"cannot write {output}: it is the {noun} that is checked; choose another place")


def _numbers(comparisons: Sequence[Comparison] | None) -> list[str]:
    if comparisons is None:
        return [f"Numbers: compared up to t = {COMPARED_STEPS} and sizes of {COMPARED_SIZES}; symbptt numeric goes on"]
    return [numeric_line(comparisons)] if comparisons else []


def _explain(options: argparse.Namespace) -> int:
    for other in ("json", "tag"):
        if getattr(options, other) is not None:
            raise UsageError(f"--explain prints one equation as text: leave out --{other} (see symbptt check --help)")
    question = _question(options)
    sources = _sources(options)
    _check_tags(sources, [options.explain])
    rows: list[Row] = []
    for _, page in sources:
        asked = _with_tag(page, options.explain)
        for row in _rows(page, asked, question, options):
            rows.append(row)
            for part in row.links or (row,):
                print(*[""] * bool(part is not rows[0]), *_explained_row(part, question), sep="\n")
    return OK if all(row.settled for row in rows) else NOT_PROVED


def _explained_row(row: Row, question: Question) -> list[str]:
    """The lines that explain a row: the proof of what holds as read stands under its reading."""
    verdict = row.verdict
    if row.equation is None or row.page is None:
        told = [f"({row.tag}) {row.word}", *remarks(row)]
        return [line for text in told for part in text.split("\n") for line in textwrap.wrap(part, EXPLAINED)]
    if verdict is None or verdict.reading is None:
        return list(explanation(row.page, row.equation, verdict, question))
    printed = [f"({row.tag}) {row.shown}", f"As printed it is {verdict.literal}. Read as: {verdict.reading['words']}."]
    proof = explanation(row.page, row.equation, replace(verdict, word="proved", witness=None), question)
    return [*(line for text in printed for line in textwrap.wrap(text, EXPLAINED)), "", *proof]


def _is_proved(equation: Equation, verdict: Verdict | None) -> bool:
    return equation.kind == "claim" and verdict is not None and verdict.word == "proved"


def _latex(options: argparse.Namespace) -> int:
    pages = _pages([options.path])
    if options.output is not None:
        _check_output(options.output, [path for path, _ in pages])
    if options.standalone and len(pages) > 1:
        raise UsageError(f"{options.path} holds {len(pages)} derivations; --standalone needs a script with one")
    if options.explain is not None:
        text = _explained(options, pages)
    elif options.method is not None:
        raise UsageError("--method is a method of proof: it needs --explain TAG (see symbptt latex --help)")
    else:
        text = _set(options, pages)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_whole(options.output, text)
    return OK


def _set(options: argparse.Namespace, pages: Sequence[tuple[Path, Derivation]]) -> str:
    if options.depth != "terms" and options.steps is None:
        raise UsageError(f"--depth {options.depth} writes an equation out at one step: add --steps T")
    style = {"depth": options.depth, "dialect": options.notation}
    return "\n".join(
        page_latex(page, [equation.tag for equation in equations], options.steps, options.standalone, **style)
        for (_, page), equations in zip(pages, _chosen(pages, options.tag), strict=True)
    )


def _explained(options: argparse.Namespace, pages: Sequence[tuple[Path, Derivation]]) -> str:
    for other in ("tag", "steps"):
        if getattr(options, other) is not None:
            raise UsageError(
                f"--explain writes the proof of one equation: leave out --{other} (see symbptt latex --help)"
            )
    question = Question(method=options.method)
    chosen = _chosen(pages, [options.explain])
    made = [
        explanation_latex(page, equation, verdict, question)
        for (_, page), equations in zip(pages, chosen, strict=True)
        for equation, verdict in judge(page, equations, question)
    ]
    return document(pages[0][1].title, made) if options.standalone else "\n".join(made)


def _report(options: argparse.Namespace) -> int:
    kind = _kind(options.output, REPORTS)
    _check_output(options.output, [options.path])
    from symbptt.show.paper import (
        compile_pdf,
        write_latex,
    )  # a check that writes no report does not wait for what writes one
    from symbptt.show.webpage import write_html

    dossiers = gather(options.path, _question(options), jobs=options.jobs, timeout=options.timeout)
    pictures = [] if kind == ".tex" else _pictures(dossiers, options.activation)
    content: str | bytes
    if kind == ".html":
        content = write_html(dossiers, pictures, symbptt.__version__)
    else:
        named = {f"plot{place}.pdf": picture for place, picture in enumerate(pictures)}
        content = write_latex(dossiers, named, symbptt.__version__)
        if kind == ".pdf":
            assert isinstance(content, str)
            content = compile_pdf(content, {name: picture.drawn("pdf") for name, picture in named.items()})
    write_whole(options.output, content)
    return OK if all(dossier.settled for dossier in dossiers) else NOT_PROVED


REPORTS, PLOTS = (".html", ".pdf", ".tex"), (".svg", ".png", ".pdf")


def _kind(output: Path, kinds: Sequence[str]) -> str:
    if output.suffix.lower() not in kinds:
        raise UsageError(f"cannot write {output}: expected a file ending in {', '.join(kinds[:-1])} or {kinds[-1]}")
    return output.suffix.lower()


def _pictures(dossiers: Sequence[Dossier], activation: str) -> list[Picture]:
    """The plot of each page with a boxed sum that is proved, where matplotlib is there."""
    made: list[Picture] = []
    for dossier in dossiers if can_draw() else ():
        proved = {row.tag for row in dossier.sheet.rows if row.kind == "claim" and row.word == "proved"}
        for equation in boxed(dossier.page):
            if equation.tag in proved:
                with contextlib.suppress(SymbpttError):
                    made.append(draw(dossier.page, equation, activation))
                    break
    return made


def _plot(options: argparse.Namespace) -> int:
    kind = _kind(options.output, PLOTS)
    _check_output(options.output, [options.path])
    if options.seed < 0:
        raise UsageError(f"expected a seed from 0 on, not {options.seed}")
    for _, page in _pages([options.path]):
        for equation in boxed(page):
            if options.tag in (None, equation.tag):
                if prove(page, equation).word != "proved":
                    raise UsageError(
                        f"({equation.tag}) is not proved, and only proved terms are drawn: see symbptt check"
                    )
                picture = draw(page, equation, options.activation, step=options.steps, seed=options.seed)
                write_whole(options.output, picture.drawn(kind.removeprefix(".")))
                return OK
    wanted = f"({options.tag})" if options.tag else "no claim of the page"
    raise UsageError(
        f"{options.path}: {wanted} is {'not ' if options.tag else ''}a sum of products of Jacobians to draw"
    )


def _numeric(options: argparse.Namespace) -> int:
    question = _question(options)
    oracles = tuple(options.oracle or available())
    for name in oracles:
        check_name(name)
    pages = _pages([options.path])
    chosen = _chosen(pages, options.tag)
    if options.emit is not None:
        return _emit(options, pages, chosen, question)
    if options.weight is not None:
        raise UsageError("--weight says what --emit writes: give both (see symbptt numeric --help)")
    console = _console()
    agreed = True
    for (path, page), equations in zip(pages, chosen, strict=True):
        claims = [equation for equation in equations if equation.kind == "claim"]
        proved = [equation for equation, verdict in judge(page, claims, question) if _is_proved(equation, verdict)]
        comparisons = list(crosscheck(page, proved, question, oracles=oracles, points=options.points))
        left_out = [equation.tag for equation in claims if equation not in proved]
        print_numeric(console, page.title or str(path), comparisons, left_out)
        agreed = agreed and not left_out and all(comparison.outcome != "disagree" for comparison in comparisons)
    return OK if agreed else NOT_PROVED


def _emit(
    options: argparse.Namespace,
    pages: Sequence[tuple[Path, Derivation]],
    chosen: Sequence[Sequence[Equation]],
    question: Question,
) -> int:
    """One proved claim as a module of its own; nothing is written where it is not proved."""
    claims = [
        (page, equation)
        for (_, page), equations in zip(pages, chosen, strict=True)
        for equation in equations
        if equation.kind == "claim"
    ]
    if len(claims) != 1:
        listed = ", ".join(equation.tag for _, equation in claims) or "none"
        raise UsageError(f"--emit writes one claim, but these are chosen: {listed}; name one with --tag")
    _check_output(options.emit, [path for path, _ in pages])
    ((page, equation),) = claims
    weights = {weight.symbol: weight for weight in equation.weights}
    if options.weight is not None and options.weight not in weights:
        raise UsageError(f"({equation.tag}) is not stated in {options.weight}: expected one of {', '.join(weights)}")
    ((_, verdict),) = judge(page, [equation], question)
    if not _is_proved(equation, verdict):
        word = verdict.word if verdict is not None else "not judged"
        raise UsageError(f"({equation.tag}) is {word}: only what is proved is emitted")
    weight = None if options.weight is None else weights[options.weight]
    activation = ANY if question.activation == "any" else question.activation
    write_whole(options.emit, emit(page, equation, weight, activation))
    return OK


# --------------------------------------------------------------------------------------------------- terminal


def _console() -> Console:
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) >= 40 else WIDTH
    return Console(width=None if sys.stdout.isatty() else width, highlight=False)


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
