r"""Derived gradients as LaTeX: the definitions of the page, then what was derived, a document that is read back.

What is assumed of letters is said in words: y_t is one-hot, σ is the logistic function. One ∂ stands for
every derivative of the loss, as authors write it; each of them is a total one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from symbptt.deriving.derived import Derived
from symbptt.deriving.steps import plain
from symbptt.functions import row_called
from symbptt.page.derivation import Derivation, Equation, head
from symbptt.page.notation import At, Letter, function, walk
from symbptt.page.shapes import SCALAR, shape
from symbptt.printing.dialects import in_dialect
from symbptt.printing.displays import aligned
from symbptt.printing.documents import document
from symbptt.printing.tex import escaped, latex

SPREAD = r"\addtolength{\jot}{4pt}"
"""What keeps the fractions of neighbouring rows apart."""


def derived_latex(derived: Derived) -> str:
    """A complete article: definitions, the pass backwards, the gradients; only what is proved."""
    body = [SPREAD]
    for title, equations in derived.groups():
        units = [equation for equation in equations if title == "The step" and _is_unit(derived.page, equation)]
        body += [rf"\subsection*{{{title}}}", _block(derived, [one for one in equations if one not in units])]
        body += [rf"The target ${latex(equation.left)}$ is one-hot." for equation in units]
        body += [*_named(equations), *_numbers(derived, equations)] if title == "The step" else []
    states = [letter for equation in derived for letter in equation.letters if letter.kind == "state"]
    # Where all is scalar there is no layout to speak of.
    words = "every letter is a number" if _are_numbers(derived, states) else derived.layout.words
    signs = rf"\noindent {sentence(words)}" if derived.dialect == "note" else None
    return document(derived.page.title, body, said=signs)


def sentence(words: str) -> str:
    """Words as a sentence."""
    return f"{words[:1].upper()}{words[1:]}."


def _is_unit(page: Derivation, equation: Equation) -> bool:
    """Whether a definition says no more than that a target is one-hot: it is made of data of which one entry is 1."""
    letters = {letter for letter in equation.letters if letter.kind == "data"}
    return bool(letters) and all(letter.symbol in page.units for letter in letters) and head(equation.left) is not None


def _named(equations: Iterable[Equation]) -> list[str]:
    """Which functions the letters are that are spelled otherwise: σ, the logistic function."""
    letters = {letter for equation in equations for letter in equation.letters if letter.kind == "function"}
    spelled = [letter for letter in letters if letter.latex and row_called(letter.symbol) is not None]
    return [rf"Here ${latex(letter)} = {latex(function(letter.symbol))}$." for letter in sorted(spelled, key=str)]


def _numbers(derived: Derived, equations: Sequence[Equation]) -> list[str]:
    """Which weights and data are numbers."""
    nodes = [node for equation in equations for side in equation.chain for node in walk(side)]
    at = {node.letter: node for node in reversed(nodes) if isinstance(node, At)}
    letters = dict.fromkeys(node for node in nodes if isinstance(node, Letter) and node.kind in ("weight", "data"))
    named = [f"${latex(at.get(letter, letter))}$" for letter in letters if shape(derived.page, letter) == SCALAR]
    if not named:
        return []
    *first, last = named
    return [f"Here {', '.join(first)} and {last} are numbers." if first else f"Here {last} is a number."]


def _are_numbers(derived: Derived, letters: Iterable[Letter]) -> bool:
    return all(shape(derived.page, letter) == SCALAR for letter in letters)


def _in_each_weight(equation: Equation) -> Iterator[Equation]:
    yield equation
    for other in equation.weights[1:]:
        tag = equation.tag.rpartition("/")[0] + f"/d{plain(other)}"
        yield replace(equation.with_letter(equation.weights[0], other), tag=tag)


def _block(derived: Derived, equations: Iterable[Equation]) -> str:
    """Equations one below the other, aligned at their equals signs, each with its tag, in each of its weights."""
    rows: list[str] = []
    for equation in (one for stated in equations for one in _in_each_weight(stated)):
        sides = [in_dialect(derived.page, side, derived.dialect) for side in equation.chain]
        first, *more = aligned(equation.tag, sides)
        rows += [rf"{first} \tag{{{escaped(equation.tag)}}}", *more]
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"
