"""Why an equation is true, or where it fails: a verdict told in the order of a proof on the board.

>>> from symbptt.page.notation import d, function, indices, partial, sizes, state, weight
>>> from symbptt.judging.claims import prove
>>> from symbptt.verdicts import Question
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> slip = page.claim("2", d(h[t], w), partial(h[t], w))
>>> for line in explanation(page, slip, prove(page, slip), Question()):
...     print(line)
(2) d h_t/d w = ∂⁺h_t/∂w
refuted at t = 2, n = 1.
<BLANKLINE>
1. At t = 2 the claim says
      d h_2/d w = ∂⁺h_2/∂w
<BLANKLINE>
2. Take n = 1, phi(a) = a + a², and h_0[1] = 1, w[1] = 1.
<BLANKLINE>
3. Then in its one entry in w
      left side    25
      right side   10
      difference   15
   Both sides were evaluated twice, in two ways. One such case is enough: the
   claim is false.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbptt.errors import SymbpttError
from symbptt.functions import ARBITRARY, activation
from symbptt.judging.methods import Bench, Downwards, shown_downwards
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, first_step, instances, tidied, unstated
from symbptt.page.notation import At, Expr, Partial, Total, substitute, walk
from symbptt.page.shapes import shape
from symbptt.printing.tex import equation_latex, escaped
from symbptt.proofs.induction import follow, induct
from symbptt.proofs.retracing import retraced, unindexed
from symbptt.proofs.writing import plain_text
from symbptt.show.blocks import Block, Display, Sentence, as_latex, as_lines
from symbptt.show.board import Board
from symbptt.show.chains import SIGNS, chained
from symbptt.verdicts import Question, Verdict, Witness


def explanation(page: Derivation, equation: Equation, verdict: Verdict | None, question: Question) -> list[str]:
    """The verdict and why, as lines of at most 80 columns where a formula can be broken.

    ``verdict`` is what :func:`symbptt.judging.claims.prove` says of the equation asked ``question``; None for a
    definition.
    """
    return as_lines(str(equation), told(page, equation, verdict, question))


def explanation_latex(page: Derivation, equation: Equation, verdict: Verdict | None, question: Question) -> str:
    r"""The same as LaTeX, for a document with amsmath; entries, as SymPy has them, stay text."""
    title = [rf"\noindent ({escaped(equation.tag)})", rf"\[ {equation_latex(equation)} \]"]
    return "\n".join([*title, *as_latex(told(page, equation, verdict, question)), ""])


# --------------------------------------------------------------------------------------------------- what is told


def told(page: Derivation, equation: Equation, verdict: Verdict | None, question: Question) -> Iterator[Block]:
    """The sentences and displays of an explanation, in the order of a proof on the board."""
    if verdict is None:
        if equation.kind == "definition":
            yield Sentence(("definition: it says what ", equation.left, " is, and there is nothing to prove."))
        else:
            yield Sentence(("not judged.",))
        return
    yield Sentence((_headline(page, equation, verdict),))
    if equation.kind == "misreading":
        yield Sentence((f"It misreads ({equation.of}): {equation.why}.",), fresh=True)
    match verdict.word, verdict.method:
        case "proved", "induction":
            yield from _by_induction(page, equation)
        case "proved", "words":
            yield from _by_words(page, equation, question)
        case "proved", "indexed":
            assert verdict.scope is not None
            scalars = not isinstance(verdict.scope.sizes, str)
            yield Sentence((_SCALARS if scalars else _INDEXED,), opens=True)
        case "proved", "adjoint":
            yield from _by_adjoints(page, equation, question)
        case "proved", "backwards":
            yield from _by_backwards(page, equation, question)
        case "proved", "unrolled":
            yield from _by_unrolling(page, equation, verdict, question)
        case "refuted", _ if verdict.witness is not None:
            yield from _refuted(page, equation, verdict)
        case "undecided", _:
            yield from _undecided(page, equation, verdict)
        case _:
            if verdict.reading:
                yield Sentence((_sentence(f"it holds when it is read as {verdict.reading.words}"),))
            if verdict.reason:
                yield Sentence((_sentence(verdict.reason),), fresh=True)


def _sentence(text: str) -> str:
    said = plain_text(text[:1].upper() + text[1:])
    return said if said.endswith(".") else f"{said}."


def _headline(page: Derivation, equation: Equation, verdict: Verdict) -> str:
    if verdict.witness is not None:
        return f"{verdict.word} at t = {verdict.witness.t}, {_sizes(verdict.witness.sizes)}."
    if verdict.scope is None:
        return f"{verdict.word}."
    scope = verdict.scope
    activation = "any differentiable functions" if scope.activation == "any" else scope.activation
    sizes = "any sizes" if isinstance(scope.sizes, str) else _sizes(scope.sizes)
    steps = _for_every(page, equation, scope.start) if scope.steps == "all" else f"for t = {scope.steps}"
    how = {
        "induction": "by induction",
        "adjoint": "by the chain rule backwards",
        "backwards": "by induction downwards",
        "words": "step by step",
        "unrolled": "by unrolling",
        "indexed": "by unrolling with letters for the sizes",
    }
    return f"{verdict.word} {how.get(verdict.method or '', f'by {verdict.method}')}, {steps}, {sizes}, {activation}."


def _for_every(page: Derivation, equation: Equation, start: int) -> str:
    stated = page.meaning.stated(equation)
    name = stated.clock or "t"
    said = f"for every {name} >= {start}"
    if stated.horizons and stated.times:
        said += f" and {', '.join(stated.times)} from 1 to {name}"
    return said + "".join(f", {index} = {lower}..{upper}" for index, lower, upper in equation.for_each)


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "any sizes"


# --------------------------------------------------------------------------------------------------- induction


def _by_induction(page: Derivation, equation: Equation) -> Iterator[Block]:
    alone = replace(equation, weights=equation.weights[:1])
    yield from _shown_in(equation)
    yield from _signs(equation)
    steps = induct(page, alone, first_step(page, alone)).steps
    yield from Board(page, alone).told(steps)


def _by_words(page: Derivation, equation: Equation, question: Question) -> Iterator[Block]:
    alone = replace(equation, weights=equation.weights[:1])
    yield from _shown_in(equation)
    yield from _signs(equation)
    stated = [step for step in sorted(set(question.steps)) if not unstated(page, equation, step)]
    shown = [step for step in stated if step <= 3][-1:] or stated[:1]
    others = ", ".join(str(step) for step in stated if step not in shown)
    for step in shown:
        if others:
            yield Sentence((f"Written here for t = {step}; proved for t = {others} likewise.",))
        yield from Board(page, alone).told(follow(page, alone, step).steps)


def _by_adjoints(page: Derivation, equation: Equation, question: Question) -> Iterator[Block]:
    yield from _shown_in(equation)
    for standing in (ARBITRARY, activation(question.activation)):
        steps = retraced(page, equation, first_step(page, equation), standing)
        if steps:
            yield Sentence((SIGNS,), fresh=True)
            yield from chained(steps)
            return


def _by_backwards(page: Derivation, equation: Equation, question: Question) -> Iterator[Block]:
    found = shown_downwards(Bench(page), equation, question)
    if isinstance(found, str):
        return
    yield from _shown_in(equation)
    yield Sentence((SIGNS,), fresh=True)
    now, count = page.meaning.step, 0
    for letter, value in found.meant.items():
        count += 1
        at = At(letter, now)
        yield Sentence(("What ", at, " is, shown by induction downwards from the last step:"), opens=True)
        yield Display((at, substitute(value, {"#": now})))
    bases = (lemma for lemma in found.obligations if not lemma.for_each)
    steps_down = (lemma for lemma in found.obligations if lemma.for_each)
    for lemma in (*bases, *steps_down, *found.rewritten):
        count += 1
        yield _lemma(found, lemma)
        yield Display(tuple(unindexed(page, side) for side in lemma.sides))
        alone = replace(lemma, weights=lemma.weights[:1])
        start = 1 if lemma.start is None else lemma.start
        steps = retraced(page, alone, start, found.standing)
        told = chained(steps) if steps else Board(page, alone, count).told(induct(page, alone, start).steps)
        for block in told:
            count += isinstance(block, Sentence) and block.opens
            yield block


def _lemma(found: Downwards, lemma: Equation) -> Sentence:
    """What one of the equations of an induction downwards is for."""
    ranges = "".join(f", for {index} = {lower}..{upper}" for index, lower, upper in lemma.for_each)
    if lemma in found.rewritten:
        return Sentence((f"With that the claim becomes{ranges}",), opens=True)
    said = f"The step{ranges}: with that, the recursion becomes" if ranges else "The base: with that, its value becomes"
    return Sentence((said,), opens=True)


def _shown_in(equation: Equation) -> Iterator[Block]:
    if len(equation.weights) > 1:
        first, *others = map(str, equation.weights)
        yield Sentence((f"Shown in {first}; proved in {', '.join(others)} likewise.",), fresh=True)


def _signs(equation: Equation) -> Iterator[Block]:
    if any(isinstance(node, (Total, Partial)) for side in equation.sides for node in walk(side)):
        said = (
            "d is the total derivative, ∂⁺ holds the earlier states fixed. Π has its largest index on the left. "
            "An empty Σ is 0, an empty Π is I."
        )
        yield Sentence((said,), fresh=True)


# --------------------------------------------------------------------------------------------------- unrolling


def _by_unrolling(page: Derivation, equation: Equation, verdict: Verdict, question: Question) -> Iterator[Block]:
    assert verdict.scope is not None
    sizes = verdict.scope.sizes
    assert not isinstance(sizes, str)
    stated = [step for step in sorted(set(question.steps)) if not unstated(page, equation, step)]
    defined = [entry for entry in page if entry.kind == "definition" and entry.right is not None]
    yield Sentence((f"Unrolled: every state is written out by its definition ({'), ('.join(e.tag for e in defined)}) "
                    f"down to step 0, with matrices of {_sizes(sizes)}.",), opens=True)  # fmt: skip
    step = min((step for step in stated if step >= 2), default=stated[0])
    values, _ = next(instances(page, equation, step))
    yield Sentence((f"At t = {step}, for example, the claim says",))
    yield Display(tuple(tidied(expand(side, values)) for side in equation.sides))
    yield Sentence(("Differentiated: SymPy differentiates each entry; for d after unrolling, for ∂⁺ inside "
                    "the step, the states of other steps held.",), opens=True)  # fmt: skip
    entries = 0
    for at in stated:
        for _, weight in instances(page, equation, at):
            left, _ = page.resolved(equation, weight)
            rows, columns = shape(page, left)
            entries += rows.at(sizes) * columns.at(sizes)
    weights = f", in each of {', '.join(map(str, equation.weights))}" if len(equation.weights) > 1 else ""
    yield Sentence((f"Compared: {entries} entries over t = {verdict.scope.steps}{weights}. Each difference of the "
                    "sides is the zero polynomial, over the rationals, in atoms such as an entry of a weight or the "
                    "slope of an activation. ∎",), opens=True)  # fmt: skip
    if verdict.reason:
        yield Sentence((_sentence(verdict.reason),))
    if equation.kind == "misreading":
        yield Sentence(("Larger sizes or steps may still tell it from a true claim.",))


_SCALARS = (
    "Every state is written out by its definition down to step 0, every letter a number. SymPy differentiates. Both "
    "sides are the same sum of products. ∎"
)
_INDEXED = (
    "Every state is written out by its definition down to step 0, with letters for the sizes. SymPy differentiates one "
    "entry, whose row is a letter too. Both sides are the same sum of products of entries, for every size. ∎"
)


# --------------------------------------------------------------------------------------------------- refutation


def _refuted(page: Derivation, equation: Equation, verdict: Verdict) -> Iterator[Block]:
    witness = verdict.witness
    assert witness is not None
    noun = "misreading" if equation.kind == "misreading" else "claim"
    yield from _at_the_witness(page, equation, witness, noun)
    taken = [_sizes(witness.sizes), *witness.functions] if witness.sizes else list(witness.functions)
    given = [f"{name} = {value}" for name, value in witness.values.items() if value != "0"]
    zeros = len(given) < len(witness.values)
    values_said = ", ".join(given) + ((", all else 0" if given else "everything 0") if zeros else "")
    said = ", ".join(taken) + (", and " if taken and values_said else "") + values_said
    yield Sentence((f"Take {said}.",), opens=True)
    yield Sentence((f"Then in {witness.where}",), opens=True)
    for label, value in (("left side", witness.lhs), ("right side", witness.rhs), ("difference", witness.difference)):
        yield Display((value,), label)
    yield Sentence((f"Both sides were evaluated twice, in two ways. One such case is enough: the {noun} is false.",))


def _at_the_witness(page: Derivation, equation: Equation, witness: Witness, noun: str) -> Sequence[Block]:
    """What the equation says there; nothing of one that is printed with a sign of several meanings."""
    try:
        values, weight = next(
            (values, weight)
            for values, weight in instances(page, equation, witness.t)
            if weight == witness.weight
            and all(witness.indices.get(name, witness.t) == value for name, value in values.items())
        )
        written = not equation.weights or weight == equation.weights[0]
        sides = equation.sides if written else page.resolved(equation, weight)
        shown = Display(tuple(tidied(expand(side, values)) for side in sides))
    except (SymbpttError, StopIteration):
        return ()
    at = ", ".join(f"{name} = {value}" for name, value in values.items())
    return Sentence((f"At {at} the {noun} says",), opens=True), shown


def _undecided(page: Derivation, equation: Equation, verdict: Verdict) -> Iterator[Block]:
    for one in verdict.tried:
        residue = _residue(page, equation) if one.method == "induction" else None
        if residue is None:
            yield Sentence((_sentence(f"{one.method}: {one.reason}"),), opens=True)
        else:
            said = (
                "Induction: no rule reduces what is left of the left side minus the right, which is no counterexample:"
            )
            yield Sentence((said,), opens=True)
            yield Display((residue,))
    if not verdict.tried:
        yield Sentence((_sentence(verdict.reason),), opens=True)


def _residue(page: Derivation, equation: Equation) -> Expr | None:
    try:
        return induct(page, equation, first_step(page, equation)).residue
    except SymbpttError:
        return None
