"""How wide and tall LaTeX sets a formula and how deep its brackets are, estimated for breaking it over rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

SIZES = ("", "big", "Big", "bigg", "Bigg")
"""The sizes of brackets, by how deep others stand inside them."""

# Widths are in em. A line is what the standard classes have at 10, 11 and 12 points; a row of an equation that is
# written out is kept to what an eye takes in, seven short fractions with their signs.
LINE, ROW = 32.0, 21.0
SCRIPT = 0.65
WIDTHS = {
    **dict.fromkeys(["+", "-", "=", r"\odot", r"\otimes"], 1.25),
    **dict.fromkeys(["(", ")", "[", "]", ",", "1", "0", "t", "i", "j", "l", r"\ell"], 0.45),
    **dict.fromkeys(
        [r"\left", r"\right", r"\mathrm", r"\hat", r"\!", r"\begin", r"\end", r"\limits", r"\mathop", r"\operatorname"],
        0.0,
    ),
    **dict.fromkeys([rf"\{size}{side}" for size in SIZES if size for side in "lr"], 0.2),
    **dict.fromkeys([r"\sum", r"\prod", r"\dots", r"\quad", "&"], 1.4),
    **dict.fromkeys("WXDMHLUT", 0.9),
}


def width(text: str) -> float:
    """About how wide LaTeX sets the formula, in em."""
    return _measured(iter(re.findall(r"\\[A-Za-z]+|\\.|\S", text)))


def _measured(tokens: Iterator[str]) -> float:
    total = 0.0
    big = 0.0  # how wide the sign of a sum or product is that scripts may follow, which stand below and above it
    for token in tokens:
        if token == "}":
            break
        if big and token in "_^":
            wide = SCRIPT * _argument(tokens)
            total += max(wide - big, 0)
            big = max(wide, big)
            continue
        big = WIDTHS[token] if token in (r"\sum", r"\prod") else 0.0
        if token == r"\frac":
            total += 0.25 + max(_argument(tokens), _argument(tokens))
        elif token in "_^":
            total += SCRIPT * _argument(tokens)
        else:
            total += _measured(tokens) if token == "{" else WIDTHS.get(token, 0.6)
    return total


def _argument(tokens: Iterator[str]) -> float:
    token = next(tokens, "}")
    return _measured(tokens) if token == "{" else WIDTHS.get(token, 0.6)


def is_tall(text: str) -> bool:
    """Whether LaTeX sets the formula higher than a line."""
    return re.search(r"\\(frac|sum|prod|mathop|begin)(?![A-Za-z])", text) is not None


def nested(text: str) -> int:
    """How deep brackets stand inside each other; those of a subscript or superscript are small."""
    deepest = depth = braces = 0
    for sign in _BRACKETS.findall(text):
        if sign in "{}":
            braces += 1 if sign == "{" else -1
        elif not braces:
            depth += 1 if sign in "([" else -1
            deepest = max(deepest, depth)
    return deepest


_BRACKETS = re.compile(r"[][(){}]")
