"""``python -m tests.fuzz --n 100000 --seed 1``: notes that nobody would write, to find what the reader dies of.

Half of them are displays of the repository's own notes with some tokens changed, half come from a grammar of random
LaTeX. Whatever a note holds, every display of it is a row, or the note is refused by one :class:`NoteError`. Exit
status 1 on anything else, and where reading takes longer than anyone waits. With ``--judge`` every claim is judged too.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal, TypeAlias

from symbptt.errors import NoteError
from symbptt.files import is_note
from symbptt.judging.pages import judge_note
from symbptt.reader import note as reader
from symbptt.text.document import read_document, split_document
from tests.pages import ROOT
from tests.waiting import TooLong, limited

SECONDS = 30
"""After how long an input is given up."""
Outcome: TypeAlias = Literal["read", "refused", "too long", "fault"]
WRONG: tuple[Outcome, ...] = ("too long", "fault")
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[a-zA-Z]|\d+|\s+|.", re.DOTALL)
LETTERS = (*"hxWUVotTijkLyzabcnsfgIJR", r"\phi", r"\theta", r"\sigma", r"\delta", r"\alpha", r"\mathcal{L}", r"\ell")
WORDS = (
    *(
        r"\frac",
        r"\dfrac",
        r"\partial",
        r"\mathrm{d}",
        r"\partial^{+}",
        r"\sum",
        r"\prod",
        r"\nabla",
        r"\odot",
        r"\otimes",
    ),
    *(
        r"\left(",
        r"\right)",
        r"\left[",
        r"\right]",
        r"\begin{aligned}",
        r"\end{aligned}",
        r"\\",
        "&",
        r"\top",
        "^T",
        "'",
    ),
    *(
        r"\text{for }",
        r"\quad",
        r"\dots",
        r"\cdots",
        r"\to",
        r"\gets",
        r"\leftarrow",
        ":=",
        r"\equiv",
        r"\le",
        r"\ge",
        r"\in",
    ),
    *(
        r"\operatorname{diag}",
        r"\mathrm{diag}",
        r"\tanh",
        r"\exp",
        r"\log",
        r"\underbrace",
        r"\overline",
        r"\hat",
        r"\mathbf",
    ),
    *(
        r"\limits",
        r"\big|",
        r"\Big(",
        r"\bigg)",
        r"\tag{1}",
        r"\label{a}",
        r"\infty",
        r"\forall",
        r"\neq",
        r"\approx",
        r"\cdot",
    ),
    *(
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "_",
        "^",
        "=",
        "+",
        "-",
        "/",
        "|",
        ",",
        ";",
        ".",
        "!",
        "~",
        "$",
        "%",
        "#",
        "0",
        "1",
        "-1",
        "2",
    ),
    *("é", "∂", "Σ", "≤", "ᵀ", "\u200b", "\x00", "10000000000000000000000", "0.1", "\\", "''''''''''", "__", "^^"),
)
PROSE = (
    "",
    "",
    "where",
    "with $h_0 = 0$ and",
    "for $t = 1$",
    "Let $W \\in \\mathbb{R}^{n \\times n}$.",
    "It is false that",
    "% a comment",
)


# --------------------------------------------------------------------------------------------------- inputs


@cache
def known() -> tuple[str, ...]:
    """The displays of the repository's own notes."""
    paths = [path for path in sorted((ROOT / "derivations").rglob("*")) if path.is_file() and is_note(path)]
    return tuple(display.formula.text for path in paths for display in read_document(path).displays)


def made(number: int, seed: int) -> tuple[str, str]:
    """The text with this number, and the name of its file."""
    rng = random.Random(f"{seed} {number}")
    displays = [_mutated(rng) if rng.random() < 0.5 else _random(rng) for _ in range(rng.choice([1, 1, 2, 3]))]
    if rng.random() < 0.5:
        displays.insert(
            0, rng.choice([r"h_t = \phi(W h_{t-1} + U x_t)", r"h_t = \tanh(W h_{t-1} + x_t)", "s_t = w s_{t-1}"])
        )
    name = rng.choice(["note.md", "note.md", "note.tex", "note.tex", "note.rst", "note.ipynb"])
    cells = [f"{rng.choice(PROSE)}\n\n{_fenced(display, rng, name)}" for display in displays]
    if name.endswith("ipynb"):
        return json.dumps({"cells": [{"cell_type": "markdown", "source": cell} for cell in cells]}), name
    return "\n\n".join(cells) + "\n", name


def _fenced(display: str, rng: random.Random, path: str) -> str:
    if path.endswith("rst"):
        inside = "\n".join(f"   {line}" for line in display.split("\n"))
        return rng.choice([f".. math:: {display}", f".. math::\n\n{inside}", f".. math::\n   :label: a\n\n{inside}"])
    name = rng.choice(["", "", r"\[", "equation", "align*", "gather", "multline"])
    if not name:
        return f"$$\n{display}\n$$"
    return f"\\[{display}\\]" if name == r"\[" else f"\\begin{{{name}}}\n{display}\n\\end{{{name}}}"


def _mutated(rng: random.Random) -> str:
    tokens = TOKEN.findall(rng.choice(known()))[:400]
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        place, other = rng.randrange(len(tokens) + 1), rng.randrange(len(tokens) + 1)
        low, high = min(place, other), max(place, other)
        match rng.randrange(6):
            case 0:
                del tokens[place : place + rng.choice([1, 1, 3])]
            case 1:
                tokens.insert(place, rng.choice([*WORDS, *LETTERS]))
            case 2:
                tokens[place : place + 1] = [rng.choice([*WORDS, *LETTERS])]
            case 3:
                tokens[place:place] = tokens[low : min(high, low + 12)]
            case 4:
                tokens[place:place] = TOKEN.findall(rng.choice(known()))[low : low + 12]
            case _:
                tokens[low : low + 8] = rng.sample(tokens[low : low + 8], len(tokens[low : low + 8]))
    return "".join(tokens)


def _random(rng: random.Random) -> str:
    sides = [_formula(rng, rng.choice([1, 2, 3, 4])) for _ in range(rng.choice([1, 2, 2, 2, 3]))]
    sign = rng.choice([" = ", " = ", " = ", " &= ", r" \\ = ", r" \gets ", r" := ", r" \le ", r" \ne "])
    behind = rng.choice(
        ["", "", "", r" \quad (t \ge 1)", r" \text{ if } x_t = 0", r" \qquad t = 1, \dots, T", r" \tag{7}"]
    )
    return sign.join(sides) + behind


def _formula(rng: random.Random, depth: int) -> str:
    if depth <= 0:
        return str(rng.choice(LETTERS)) + rng.choice(
            ["", "_t", "_{t-1}", "^{(t)}", "_{t,i}", "^2", r"^\top", "'", "_{0}", "(t)"]
        )
    parts = [_formula(rng, depth - 1) for _ in range(3)]
    a, b, c = parts
    return rng.choice(
        [
            f"{a} + {b}",
            f"{a} {b}",
            f"{a} - {b}",
            rf"\frac{{{a}}}{{{b}}}",
            rf"\frac{{\partial {a}}}{{\partial {b}}}",
            rf"\frac{{d {a}}}{{d {b}}}",
            rf"\frac{{\partial^2 {a}}}{{\partial {b} \partial {c}}}",
            rf"\partial {a} / \partial {b}",
            rf"\left( {a} \right) {b}",
            rf"\sum_{{i=1}}^{{t}} {a}",
            rf"\prod_{{j={a}}}^{{{b}}} {c}",
            rf"\sum_{{{a} \le k < {b}}} {c}",
            rf"\prod_{{j}} ({a}) {b}",
            rf"{a} \odot {b}",
            rf"{a} \otimes {b}",
            rf"\operatorname{{diag}}({a}) {b}",
            rf"\phi'({a})",
            rf"f({a}, {b})",
            rf"{{{a}}}_{{{b}}}^{{{c}}}",
            rf"\nabla_{{{a}}} {b}",
            rf"{a} \cdots {b}",
            rf"{a} + \dots + {b}",
            rf"\begin{{bmatrix}} {a} & {b} \\ {c} & 0 \end{{bmatrix}}",
            rf"\underbrace{{{a}}}_{{{b}}}",
            rf"\hat{{{a}}}",
            rf"\left. {a} \right|_{{{b}}}",
            rf"\left[ {a} \right]_{{{b}}}",
            rf"\text{{if }} {a}",
            rf"{a} = {b}",
            rf"|{a}|",
            rf"\mathbb{{E}}[{a}]",
            rf"\sqrt{{{a}}}",
            rf"{a}^{{{b}}}",
            rf"\begin{{cases}} {a} & {b} \\ {c} \end{{cases}}",
        ]
    )


# --------------------------------------------------------------------------------------------------- trials


@dataclass(frozen=True)
class Finding:
    """What came of one text."""

    number: int
    outcome: Outcome
    text: str = ""
    said: str = ""


def tried(number: int, seed: int, *, judge: bool = False) -> Finding:
    """The text with this number is read, and judged where that is asked for."""
    text, name = made(number, seed)
    try:
        with limited(SECONDS):
            document = split_document(text, name)
    except NoteError:
        return Finding(number, "refused")
    except TooLong:
        return Finding(number, "too long", text)
    except Exception:
        return Finding(number, "fault", text, traceback.format_exc(limit=-4))
    try:
        with limited(SECONDS):
            read = reader.read(document)
            lost = len(read.rows) != len(document.displays) or any(not (row.reason or row.links) for row in read.rows)
            faults = [row for row in judge_note(read) if "internal error" in _reason(row)] if judge else []
    except TooLong:
        return Finding(number, "too long", text)
    except Exception:
        return Finding(number, "fault", text, traceback.format_exc(limit=-4))
    if lost or faults:
        return Finding(number, "fault", text, "a display is lost" if lost else _reason(faults[0]))
    return Finding(number, "read")


def _reason(row: object) -> str:
    verdict = getattr(row, "verdict", None)
    return "" if verdict is None else str(verdict.reason)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the texts that are asked for, and say what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--n", type=int, default=1000, help="how many texts are made")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first text, to try one again")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--judge", action="store_true", help="judge what is read, too")
    options = parser.parse_args(arguments)
    began, counted = time.monotonic(), Counter[Outcome]()
    ask = partial(tried, seed=options.seed, judge=options.judge)
    for found in _all(ask, range(options.first, options.first + options.n), options.jobs):
        counted[found.outcome] += 1
        if found.outcome in WRONG:
            print(f"{found.outcome}, {found.number}:\n{found.text}{found.said}", flush=True)
    print(f"{options.n} texts of seed {options.seed} in {time.monotonic() - began:.0f} s: {dict(counted)}")
    return 1 if any(counted[outcome] for outcome in WRONG) else 0


def _all(ask: partial[Finding], numbers: range, jobs: int) -> Iterator[Finding]:
    if jobs == 1:
        yield from map(ask, numbers)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(ask, numbers, chunksize=32)


if __name__ == "__main__":
    sys.exit(main())
