"""Letters for what stands written out in another definition: z_t = W h_{t-1} + U x_t beside h_t = φ(W h_{t-1} + U x_t).

Where derivatives are taken in such a letter, it is meant to stand there: nothing would be made of it otherwise, and
every derivative in it would be zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symbptt.page.derivation import Derivation
from symbptt.page.notation import Add, At, Expr, Hadamard, Index, Letter, Partial, Total, rebuild, substitute, walk


def name_parts(page: Derivation) -> Iterator[str]:
    """Put each such letter where what it is stands written out, and say so."""
    for letter in dict.fromkeys(_taken_in(page)):
        known = page.definitions(letter)
        body = known[0].right if len(known) == 1 else None
        # Another name for a letter is no part of anything.
        if body is None or isinstance(body, (At, Letter)) or not isinstance(known[0].left, At):
            continue
        if page.meaning.users.get(letter, frozenset()) - {letter}:
            continue
        for place, equation in enumerate(page.equations):
            if equation.kind != "definition" or equation.right is None or equation is known[0]:
                continue
            named = _named(equation.right, known[0].left, body)
            if named != equation.right:
                page.equations[place] = replace(equation, right=named)
                yield f"{known[0].left} is what stands written out for it in ({equation.tag})"


def _taken_in(page: Derivation) -> Iterator[Letter]:
    for equation in page.equations:
        for node in (node for side in equation.chain for node in walk(side)):
            if isinstance(node, (Total, Partial)) and isinstance(node.wrt, At):
                yield node.wrt.letter


def _named(node: Expr, left: At, body: Expr) -> Expr:
    """An expression with a letter in place of what it is, at whichever step that stands."""
    for shifted, value in _steps(node, left, body) if type(node) is type(body) else ():
        if _sorted(node) == _sorted(value):
            return shifted
    return rebuild(node, lambda part: _named(part, left, body), lambda index: index)


def _steps(node: Expr, left: At, body: Expr) -> Iterator[tuple[At, Expr]]:
    """The letter and its body at each step at which the first letter of the body stands in an expression."""
    states = [part for part in walk(body) if isinstance(part, At) and part.index.letters() == left.index.letters()]
    names = left.index.letters()
    for part in (
        dict.fromkeys(part for part in walk(node) if isinstance(part, At)) if states and len(names) == 1 else ()
    ):
        values = {name: part.index - (states[0].index - Index.letter(name)) for name in names}
        if part.letter == states[0].letter:
            yield At(left.letter, left.index.substitute(values)), substitute(body, values)


def _sorted(node: Expr) -> Expr:
    """An expression with the terms of its sums, and the factors of products entry by entry, in one order."""
    made = rebuild(node, _sorted, lambda index: index)
    return replace(made, parts=tuple(sorted(made.parts, key=str))) if isinstance(made, (Add, Hadamard)) else made
