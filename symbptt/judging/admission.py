"""What a proof may not rest on: what the page says otherwise, and that both sides are zero by an assumption.

0 = 0 is proved where the page's own definitions make both sides vanish. Where they vanish through an assumption, such
as that a letter is data or that a loss is a function of the outputs, any factor on either side would be proved as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbptt.errors import SymbpttError
from symbptt.judging.methods import Bench, page_sizes
from symbptt.judging.sieve import SIZE, STEPS
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import closed_step, first_step, instances, unstated
from symbptt.page.notation import At, Letter, Partial, Total, Zero, exchanged, walk
from symbptt.verdicts import Question


def unsaid(bench: Bench, equation: Equation, question: Question) -> str:
    """Why what was proved is not said, in words: what a state starts from stands there and was not read, or both sides
    are zero and only an assumption makes them so.

    Empty elsewhere.
    """
    page = bench.page
    if said := unread_start(page, equation):
        return said
    above = set(_differentiated(equation)) if page.unsaid or page.taken else set()
    # That data do not depend on a weight is what a claim with a literal 0 says.
    says_zero = any(isinstance(side, Zero) for side in equation.sides)
    taken = set() if says_zero else {letter for letter in above if letter.symbol in page.taken}
    open_ones = {letter for letter in page.letters_under(above) if letter.symbol in page.unsaid}
    assumed = sorted(map(str, open_ones | taken))
    if not assumed or not _vanishes(bench, equation, question):
        return ""
    return f"both sides are 0, through what is assumed of {' and '.join(assumed)} alone: the page does not say it"


def unread_start(page: Derivation, equation: Equation) -> str:
    """Why nothing is said of a claim for which it matters what a state starts from, where that is not read.

    Empty where it is read, or does not matter: a Jacobian of later steps is the same whatever a state starts from. It
    matters for a letter that is not made of the state: a decoder may start from the last state of an encoder.
    """
    nodes = [node for side in equation.sides for node in walk(side)]
    below = {node.wrt for node in nodes if isinstance(node, (Total, Partial))}
    at_first = any(isinstance(node, At) and not node.index.terms and node.index.constant <= 0 for node in nodes)
    for letter in page.letters_under(equation.letters) if page.starts else ():
        start = page.starts.get(letter.symbol)
        makes = all(isinstance(wrt, At) and letter in page.letters_under([wrt.letter]) for wrt in below)
        if start is not None and start.defined and (at_first or not makes):
            return f"{start.where}, which says what {letter} starts from, is not read"
    return ""


def _differentiated(equation: Equation) -> Iterator[Letter]:
    """The letters above the bars, but for first states, which are constant by default."""
    for node in (node for side in equation.sides for node in walk(side)):
        if not isinstance(node, (Total, Partial)):
            continue
        if isinstance(node.of, At) and not node.of.index.terms and node.of.index.constant <= 0:
            continue
        yield from (part for part in walk(node.of) if isinstance(part, Letter))


def _vanishes(bench: Bench, equation: Equation, question: Question) -> bool:
    """Whether both sides are zero at a random point, wherever they have a value there, in every weight."""
    page = bench.page
    sizes = {name: max(size, SIZE) for name, size in page_sizes(page, question.sizes).items()}
    point = bench.point(sizes, question.activation)
    closed = closed_step(page, equation)
    start = first_step(page, equation)
    for step in (closed,) if closed is not None else range(start, start + STEPS):
        for values, weight in () if unstated(page, equation, step) else instances(page, equation, step):
            for side in equation.sides:
                taken = side if weight is None else exchanged(side, equation.weights[0], weight)
                try:
                    if point.value(taken, values).any():
                        return False
                except SymbpttError:
                    continue
    return True
