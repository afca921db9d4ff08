"""A derived pass with one slip in it: what a program computes that has it.

Whoever writes a pass backward by hand leaves out a term or a slope, forgets a transpose, takes a state of the wrong
step or of another gate, or counts one step alone. Each of these is a change of one thing in one equation of the page,
so that a program that is wrong can be compared with all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from symbptt.deriving.tidy import elementwise
from symbptt.page.derivation import Derivation
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Expr,
    Hadamard,
    Index,
    Letter,
    Mul,
    Ones,
    Sum,
    Transpose,
    exchanged,
    ones,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import shape

Slip = tuple[str, Expr]
Kind = Callable[[Derivation, Expr], Iterator[Slip]]
TRUNCATED = 3
"""To how many steps at most a sum is cut."""


def pages_with_a_slip(page: Derivation, given: int) -> Iterator[tuple[str, Derivation]]:
    """Pages with one slip each among the equations from ``given`` on, the likeliest first, each with its words."""
    for kind in KINDS:
        for place, equation in enumerate(page.equations[given:], given):
            if equation.right is None or (equation.kind == "claim" and not equation.weights):
                continue
            for words, right in _everywhere(page, equation.right, kind):
                if equation.kind == "claim" or not _is_circular(page, place, right):
                    yield f"{words} in {equation.left}", _with(page, {place: right})
        for words, rights in _at_the_end_too(page, given, kind):
            yield words, _with(page, rights)
    for words, rights in _in_several(page, given):
        yield words, _with(page, rights)


def _at_the_end_too(page: Derivation, given: int, kind: Kind) -> Iterator[tuple[str, dict[int, Expr]]]:
    """A slip in what a letter is at any step that stands in what it is at the last one as well."""
    now = page.meaning.step
    said = {one.left: (place, one.right) for place, one in enumerate(page.equations[given:], given)}
    for left, (end, last) in said.items():
        if not isinstance(left, At) or not left.index.terms or left.index == now or last is None:
            continue
        place, right = said.get(left.letter[now], (end, None))
        if right is None:
            continue
        there = substitute(last, {left.index.terms[0][0]: now})
        known = dict(_everywhere(page, right, kind))
        pairs = zip(_everywhere(page, there, kind), _everywhere(page, last, kind), strict=True)
        for (words, _), (_, at_end) in pairs:
            if words in known and not _is_circular(page, place, known[words]):
                yield f"{words} in {left.letter[now]}", {end: at_end, place: known[words]}


def _in_several(page: Derivation, given: int) -> Iterator[tuple[str, dict[int, Expr]]]:
    """One slip that a program makes in several equations at once."""
    later = {place: one for place, one in enumerate(page.equations[given:], given) if one.right is not None}

    def everywhere(change: Callable[[Expr], Expr]) -> dict[int, Expr]:
        made = {place: change(one.right) for place, one in later.items() if one.right is not None}
        return {place: right for place, right in made.items() if right != later[place].right}

    nodes = (node for one in later.values() if one.right is not None for node in walk(one.right))
    for words in dict.fromkeys(words for node in nodes for words, _ in _cut(page, node)):
        yield f"{words}, in each weight", everywhere(partial(_cut_to, page, words))
    for weight in page.meaning.letters.values():
        if weight.kind == "weight" and len(set(shape(page, weight))) == 1:
            changed = everywhere(partial(exchanged, old=Transpose(weight), new=weight))
            if len(changed) > 1:
                yield f"{weight} stands for {Transpose(weight)} wherever that is", changed
    for letter in dict.fromkeys(one.left.letter for one in later.values() if isinstance(one.left, At)):
        own = {
            place: one.right for place, one in later.items() if isinstance(one.left, At) and one.left.letter == letter
        }
        turned = {place: _from_the_loss(right) for place, right in own.items() if right is not None}
        if any(_looks_ahead(right) for right in own.values() if right is not None):
            now = letter[page.meaning.step]
            yield f"all that does not come from the step behind has the other sign in {now}", turned
    for place, one in later.items():
        assert one.right is not None
        for node in dict.fromkeys(part for part in walk(one.right) if isinstance(part, At)):
            for other in _alike(page, node):
                changed = {place: exchanged(one.right, node, At(other, node.index))}
                if one.kind == "claim" or not _is_circular(page, place, changed[place]):
                    yield f"{At(other, node.index)} stands for {node} wherever that is in {one.left}", changed


def _cut_to(page: Derivation, words: str, node: Expr) -> Expr:
    """An expression with its sums cut as words say."""
    found = next((made for said, made in _cut(page, node) if said == words), None)
    return rebuild(node, partial(_cut_to, page, words), lambda index: index) if found is None else found


def _from_the_loss(node: Expr) -> Expr:
    """A sum in which every term has the other sign but those that look ahead."""
    if not isinstance(node, Add):
        return node if _looks_ahead(node) else -1 * node
    return _times(node, {place: -1 for place, part in enumerate(node.parts) if not _looks_ahead(part)})


def _with(page: Derivation, rights: Mapping[int, Expr]) -> Derivation:
    """The page with other right sides for the equations at these places."""
    return page.rewritten(
        [
            replace(equation, right=rights[place]) if place in rights else equation
            for place, equation in enumerate(page.equations)
        ]
    )


def _is_circular(page: Derivation, place: int, right: Expr) -> bool:
    """Whether a definition would use, at its own step, what is only computed behind it."""
    left = page.equations[place].left
    behind = {equation.left.letter for equation in page.equations[place:] if isinstance(equation.left, At)}
    own = left.index if isinstance(left, At) else None
    return any(isinstance(node, At) and node.index == own and node.letter in behind for node in walk(right))


def _everywhere(page: Derivation, node: Expr, kind: Kind) -> Iterator[Slip]:
    """The slips of one kind in an expression, of its own and of its parts."""
    yield from kind(page, node)
    if isinstance(node, (Add, Mul, Hadamard)):
        for place, part in enumerate(node.parts):
            for words, made in _everywhere(page, part, kind):
                yield words, replace(node, parts=(*node.parts[:place], made, *node.parts[place + 1 :]))
    elif isinstance(node, (Sum, Transpose)):
        inside = node.body if isinstance(node, Sum) else node.of
        for words, made in _everywhere(page, inside, kind):
            yield words, Sum(made, node.bounds) if isinstance(node, Sum) else Transpose(made)


def _left_out(page: Derivation, node: Expr) -> Iterator[Slip]:
    if isinstance(node, Hadamard):
        for place, part in enumerate(node.parts):
            rest = node.parts[:place] + node.parts[place + 1 :]
            yield f"the factor {part} is missing", rest[0] if len(rest) == 1 else Hadamard(rest)
    if not isinstance(node, Add):
        return
    for place, part in enumerate(node.parts):
        yield f"the term {part} is missing", _times(node, {place: 0})
    ahead = [place for place, part in enumerate(node.parts) if _looks_ahead(part)]
    if len(ahead) > 1:
        yield "all that comes from the step behind is missing", _times(node, dict.fromkeys(ahead, 0))
    for place, part in enumerate(node.parts):
        yield f"the term {part} has the other sign", _times(node, {place: -1})


def _times(node: Add, numbers: Mapping[int, int]) -> Expr:
    """A sum with some of its terms times a number: by 0 what looks ahead still says from where a letter comes."""
    return Add(tuple(numbers[place] * part if place in numbers else part for place, part in enumerate(node.parts)))


def _looks_ahead(node: Expr) -> bool:
    return any(isinstance(part, At) and part.index.constant > 0 for part in walk(node))


def _cut(page: Derivation, node: Expr) -> Iterator[Slip]:
    if isinstance(node, Sum) and isinstance(node.upper, Index):
        for step in (node.upper, node.lower):
            yield f"only the step {step} is counted", substitute(node.body, {node.index: step})
        for count in range(2, TRUNCATED + 1):
            bounds = (node.bounds[0], node.upper - (count - 1), node.upper)
            yield f"only the last {count} steps are counted", Sum(node.body, bounds)


def _turned(page: Derivation, node: Expr) -> Iterator[Slip]:
    if not isinstance(node, Mul):
        return
    for place, part in enumerate(node.parts):
        weight = part.of if isinstance(part, Transpose) else part
        if isinstance(weight, Letter) and weight.kind == "weight" and len(set(shape(page, weight))) == 1:
            other = weight if isinstance(part, Transpose) else Transpose(part)
            parts = (*node.parts[:place], other, *node.parts[place + 1 :])
            yield f"{other} stands for {part}", replace(node, parts=parts)


def _at_another_step(page: Derivation, node: Expr) -> Iterator[Slip]:
    if isinstance(node, At) and node.letter.kind == "state" and node.index.terms:
        ahead = 1 if node.index.constant < 0 else -1
        moved = At(node.letter, node.index + ahead)
        if not page.meaning.runs_backwards(node.letter):
            yield f"{moved} stands for {node}", moved


def _of_another_slope(page: Derivation, node: Expr) -> Iterator[Slip]:
    """z ⊙ (1 - z) and 1 - z² for each other, the slopes of the logistic function and of tanh."""
    if not isinstance(node, Hadamard):
        return
    for place, part in enumerate(node.parts):
        others = node.parts[:place] + node.parts[place + 1 :]
        if not isinstance(part, Add) or len(part.parts) != 2 or not isinstance(part.parts[0], Ones):
            continue
        for other in others:
            if part == Add((ones(other), -1 * other)):
                rest = [one for one in others if one != other]
                tanh = Add((ones(other), -1 * Hadamard((other, other))))
                yield f"the slope of tanh stands for that of the logistic function, {other}", elementwise(*rest, tanh)
        squared = part.parts[1].parts[-1] if isinstance(part.parts[1], Mul) else None
        if isinstance(squared, Hadamard) and len(set(squared.parts)) == 1:
            one = squared.parts[0]
            logistic = (one, Add((ones(one), -1 * one)))
            yield f"the slope of the logistic function stands for that of tanh, {one}", elementwise(*others, *logistic)


def _complement(page: Derivation, node: Expr) -> Iterator[Slip]:
    """z for 1 - z, and the other way round."""
    if isinstance(node, At) and node.letter.kind == "state" and not page.meaning.runs_backwards(node.letter):
        yield f"1 - {node} stands for {node}", Add((ones(node), -1 * node))
    if isinstance(node, Add) and len(node.parts) == 2 and isinstance(node.parts[0], Ones):
        for one in (part for part in walk(node.parts[1]) if isinstance(part, At)):
            if node == Add((ones(one), -1 * one)):
                yield f"{one} stands for {node}", one


def _alike(page: Derivation, node: At) -> Iterator[Letter]:
    """The defined states of the same shape that run the same way in time."""
    backwards = page.meaning.runs_backwards(node.letter)
    for other in page.meaning.letters.values() if node.letter.kind == "state" else ():
        is_alike = other.kind == "state" and other != node.letter and other.shape == node.letter.shape
        if is_alike and page.definitions(other) and page.meaning.runs_backwards(other) == backwards:
            yield other


def _of_another_letter(page: Derivation, node: Expr) -> Iterator[Slip]:
    if isinstance(node, At):
        for other in _alike(page, node):
            yield f"{other[node.index]} stands for {node}", At(other, node.index)


def _of_the_argument(page: Derivation, node: Expr) -> Iterator[Slip]:
    if isinstance(node, Apply) and node.function.is_entrywise:
        yield f"{node.arguments[0]} stands for {node}", node.arguments[0]
    if isinstance(node, Add) and len(node.parts) == 2 and isinstance(node.parts[1], Mul):
        squared = node.parts[1].parts[-1]
        if isinstance(squared, Hadamard) and len(set(squared.parts)) == 1:
            once = replace(node.parts[1], parts=(*node.parts[1].parts[:-1], squared.parts[0]))
            yield f"{squared.parts[0]} stands for its square", Add((node.parts[0], once))


KINDS: tuple[Kind, ...] = (
    _left_out,
    _cut,
    _turned,
    _at_another_step,
    _of_another_slope,
    _complement,
    _of_another_letter,
    _of_the_argument,
)
"""Slips in one expression, the likeliest first."""
