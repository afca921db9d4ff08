"""``symbptt numeric``: what is proved, compared with independent numbers or written as a module."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from symbptt.commands.sources import NOT_PROVED, OK, check_output, choose, is_proved, pages_in, question_of
from symbptt.commands.terminal import open_console
from symbptt.derivation import Derivation, Equation
from symbptt.errors import UsageError
from symbptt.files import write_whole
from symbptt.numbers.comparison import ANY, crosscheck
from symbptt.numbers.emission import emit
from symbptt.numbers.oracles import available, check_name
from symbptt.proof import Question
from symbptt.show.report import print_numeric
from symbptt.workers import judge


def run_numeric(options: argparse.Namespace) -> int:
    """Compare, or write a module; returns the exit status."""
    question = question_of(options)
    oracles = tuple(options.oracle or available())
    for name in oracles:
        check_name(name)
    pages = pages_in([options.path])
    chosen = choose(pages, options.tag)
    if options.emit is not None:
        return _emit(options, pages, chosen, question)
    if options.weight is not None:
        raise UsageError("--weight says what --emit writes: give both (see symbptt numeric --help)")
    console = open_console()
    agreed = True
    for (path, page), equations in zip(pages, chosen, strict=True):
        claims = [equation for equation in equations if equation.kind == "claim"]
        proved = [equation for equation, verdict in judge(page, claims, question) if is_proved(equation, verdict)]
        comparisons = list(
            crosscheck(page, proved, question, oracles=oracles, points=options.points, dtype=options.dtype)
        )
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
    check_output(options.emit, [path for path, _ in pages])
    ((page, equation),) = claims
    weights = {weight.symbol: weight for weight in equation.weights}
    if options.weight is not None and options.weight not in weights:
        raise UsageError(f"({equation.tag}) is not stated in {options.weight}: expected one of {', '.join(weights)}")
    ((_, verdict),) = judge(page, [equation], question)
    if not is_proved(equation, verdict):
        word = verdict.word if verdict is not None else "not judged"
        raise UsageError(f"({equation.tag}) is {word}: only what is proved is emitted")
    weight = None if options.weight is None else weights[options.weight]
    activation = ANY if question.activation == "any" else question.activation
    write_whole(options.emit, emit(page, equation, weight, activation))
    return OK
