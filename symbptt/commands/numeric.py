"""``symbptt numeric``: what is proved, compared with independent numbers or written as a module."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field

from symbptt.commands.sources import check_output, check_tags, crew_of, is_asked, question_of, read_path
from symbptt.commands.terminal import open_console
from symbptt.emit.emission import emit, emit_passes
from symbptt.errors import NOT_PROVED, OK, BudgetExceeded, Stopped, UsageError
from symbptt.files import write_whole
from symbptt.judging.comparison import check_dtype, crosscheck, unanswered
from symbptt.judging.compiled import ANY
from symbptt.judging.methods import Bench
from symbptt.judging.pages import judged_rows
from symbptt.oracles.ways import available, check_name
from symbptt.page.derivation import Derivation, Equation
from symbptt.reader.results import Note
from symbptt.reader.sources import Source
from symbptt.show.report import print_numeric
from symbptt.verdicts import Comparison, Question, Row
from symbptt.workers import Crew, Workers, apart


def run_numeric(options: argparse.Namespace) -> int:
    """Compare, or write a module; returns the exit status."""
    question = question_of(options, options.path)
    oracles = tuple(options.oracle or available())
    for name in oracles:
        check_name(name)
    check_dtype(options.dtype, question.activation)
    crew = crew_of(options)
    sources = read_path(options.path, crew, options.macros)
    check_tags(sources, options.tag)
    if options.emit is not None:
        return _emit(options, sources, question, crew)
    if options.weight is not None:
        raise UsageError("--weight says what --emit writes: give both (see symbptt numeric --help)")
    console = open_console()
    agreed = True
    for path, page in sources:
        parts = _claims(page, question, options, crew)
        proved = [
            (part.page, part.equation)
            for part in parts
            if part.proved and part.page is not None and part.equation is not None
        ]
        compare = _Compare(question, oracles, options.points, options.dtype)
        comparisons: list[Comparison] = []
        with Workers(compare, crew) as workers:
            for equation, answer in [(one[1], workers.ask(*one)) for one in proved]:
                try:
                    comparisons += answer()
                except Stopped as stopped:
                    agreed = False
                    last = max(question.steps)
                    comparisons += [unanswered(equation.tag, last, str(stopped), name) for name in oracles]
        left_out = [part.tag for part in parts if not part.proved]
        print_numeric(console, page.title or str(path), comparisons, left_out)
        agreed = agreed and not left_out and all(comparison.outcome != "disagree" for comparison in comparisons)
    return OK if agreed else NOT_PROVED


@dataclass
class _Compare:
    """Compares claims, and keeps what was unrolled of a page for the next claim on it."""

    question: Question
    oracles: tuple[str, ...]
    points: int
    dtype: str
    _benches: dict[Derivation, Bench] = field(default_factory=dict)

    def __call__(self, page: Derivation, equation: Equation) -> list[Comparison]:
        if page not in self._benches:
            self._benches[page] = Bench(page)
        made = crosscheck(
            page,
            [equation],
            self.question,
            oracles=self.oracles,
            points=self.points,
            dtype=self.dtype,
            lambdified=True,
            bench=self._benches[page],
        )
        return list(made)


def _claims(page: Derivation | Note, question: Question, options: argparse.Namespace, crew: Crew) -> list[Row]:
    """Every claim that is asked for with its verdict, the links of a chain one by one, and what was not read."""
    asked = [entry for entry in page if is_asked(page, entry, options.tag)]
    # Of a display only its row says what is in it.
    asked = [entry for entry in asked if isinstance(page, Note) or entry.kind == "claim"]
    rows = judged_rows(page, asked, question, crew)
    parts = [part for row in rows if row.kind in ("claim", "unread") for part in row.parts]
    return [part for part in parts if part.kind != "definition"]


def _emit(options: argparse.Namespace, sources: Sequence[Source], question: Question, crew: Crew) -> int:
    """What is proved as a module of its own: one claim, or the gradients that several state, as a pass backward."""
    check_output(options.emit, [path for path, _ in sources])
    chosen = [
        entry for _, page in sources for entry in page if entry.kind == "claim" and is_asked(page, entry, options.tag)
    ]
    if len(chosen) != 1 and (not chosen or not options.tag or options.weight is not None or len(sources) > 1):
        listed = ", ".join(entry.tag for entry in chosen) or "none"
        raise UsageError(f"--emit writes one claim, but these are chosen: {listed}; name one with --tag")
    parts = [part for _, page in sources for part in _claims(page, question, options, crew)]
    if len(chosen) == 1 != len(parts):
        raise UsageError(f"--emit writes one claim, but ({chosen[0].tag}) is a chain of {len(parts)}")
    for part in parts:
        if not part.proved or part.page is None or part.equation is None:
            raise UsageError(f"({part.tag}) is {part.word}: only what is proved is emitted")
    text = _pass(parts, question, crew) if len(parts) > 1 else _claim(parts[0], options, question, crew)
    write_whole(options.emit, text)
    return OK


def _pass(parts: Sequence[Row], question: Question, crew: Crew) -> str:
    """The module of several gradients."""
    page = parts[0].page
    proofs = [part.of_reading for part in parts]
    claims = [
        (part.equation, proof.scope if proof is not None else None)
        for part, proof in zip(parts, proofs, strict=True)
        if part.equation is not None
    ]
    readings = [part.verdict.reading for part in parts if part.verdict is not None]
    said = list(dict.fromkeys(reading.words for reading in readings if reading is not None))
    assert page is not None  # of what is proved
    try:
        return apart(crew, emit_passes, page, claims, question.activation, said)
    except Stopped as stopped:
        raise BudgetExceeded(f"nothing is emitted: {stopped}") from None


def _claim(part: Row, options: argparse.Namespace, question: Question, crew: Crew) -> str:
    """The module of one claim."""
    assert part.page is not None
    assert part.equation is not None
    weights = {weight.symbol: weight for weight in part.equation.weights}
    if options.weight is not None and options.weight not in weights:
        raise UsageError(f"({part.tag}) is not stated in {options.weight}: expected one of {', '.join(weights)}")
    weight = None if options.weight is None else weights[options.weight]
    name = ANY if question.activation == "any" else question.activation
    proof = part.of_reading
    scope = proof.scope if proof is not None else None
    try:
        return apart(crew, emit, part.page, part.equation, weight, name, scope)
    except Stopped as stopped:
        raise BudgetExceeded(f"({part.tag}) is not emitted: {stopped}") from None
