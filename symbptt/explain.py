"""Why an equation is true, or where it fails: a verdict told in the order of a proof on the board.

>>> from symbptt.notation import d, function, indices, partial, sizes, state, weight
>>> from symbptt.proof import Question, prove
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

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from symbptt.derivation import Derivation, Equation
from symbptt.errors import SymbpttError
from symbptt.expansion import expand, first_step, instances, tidied, unstated
from symbptt.methods.induction import follow, induct
from symbptt.methods.words import Step
from symbptt.methods.writing import plain_text
from symbptt.notation import At, Copy, Expr, Index, Letter, Partial, Total, free_indices, substitute, walk
from symbptt.proof import METHODS, Question, Verdict
from symbptt.shapes import shape
from symbptt.typesetting.typeset import equation_latex, escaped, latex

WIDTH = 80
"""Columns of the text."""

STUB = 24
"""Columns that a broken line has at least, where it can."""
HELD = "\u00a0"
"""A blank that no line is broken at."""
SHORT = 14
"""Columns of a left side that the right side may stand beside over several lines."""

TOMBSTONE = r"\rule{1ex}{1ex}"
r"""The end of a proof; \blacksquare would need more than amsmath."""

Part: TypeAlias = "str | Expr"


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with formulas in them; ``opens`` a step, which is then numbered."""

    parts: tuple[Part, ...]
    opens: bool = False
    fresh: bool = False
    """Whether it begins a line."""


@dataclass(frozen=True, slots=True)
class Display:
    """What equals what, on lines of its own. ``label`` stands in front where it is no equation; ``ends`` a proof."""

    sides: tuple[Part, ...]
    label: str = ""
    ends: bool = False


Block: TypeAlias = "Sentence | Display"


def explanation(page: Derivation, equation: Equation, verdict: Verdict | None, question: Question) -> list[str]:
    """The verdict and why, as lines of at most 80 columns where a formula can be broken.

    ``verdict`` is what :func:`symbptt.proof.prove` says of the equation asked ``question``; None for a definition.
    """
    lines = _broken(str(equation), "", "    ")
    number = 0
    paragraph = ""
    margin = ("", "")

    def close() -> None:
        nonlocal paragraph, margin
        if paragraph:
            lines.extend(_wrapped(paragraph, *margin))
        paragraph, margin = "", (margin[1], margin[1])

    for block in _told(page, equation, verdict, question):
        if isinstance(block, Display):
            close()
            lines += _laid([str(side) for side in block.sides], block.label)
            lines[-1] += "  ∎" if block.ends else ""
            continue
        if block.opens or block.fresh:
            close()
        if block.opens:
            number += 1
            lines.append("")
            margin = (f"{number}. ", "   ")
        paragraph += " " * bool(paragraph) + "".join(map(_kept, block.parts))
    close()
    return [line.rstrip() for line in lines]


def explanation_latex(page: Derivation, equation: Equation, verdict: Verdict | None, question: Question) -> str:
    r"""The same as LaTeX, for a document with amsmath; entries, as SymPy has them, stay text."""
    made = [rf"\noindent ({escaped(equation.tag)})", rf"\[ {equation_latex(equation)} \]"]
    listed = False
    for block in _told(page, equation, verdict, question):
        if isinstance(block, Display):
            if all(isinstance(side, Expr) for side in block.sides):
                first, *rest = (latex(side) for side in block.sides if isinstance(side, Expr))
                rows = [f"{first} &= {rest[0]}", *(f"&= {side}" for side in rest[1:])] if rest else [first]
                end = rf" \qquad {TOMBSTONE}" if block.ends else ""
                made.append("\\begin{align*}\n" + " \\\\\n".join(rows) + f"{end}\n\\end{{align*}}")
            elif block.label:
                made.append(r"\par " + escaped(f"{block.label}: {block.sides[0]}"))
            else:
                entry = _escaped(" = ".join(map(str, block.sides)))
                made.append(rf"\begin{{quote}}\raggedright {entry}\end{{quote}}")
            continue
        if block.opens and not listed:
            listed = True
            made.append(r"\begin{enumerate}")
        text = "".join(f"${latex(part)}$" if isinstance(part, Expr) else _escaped(part) for part in block.parts)
        made.append((r"\item " if block.opens else "") + text)
    return "\n".join([*made, *([r"\end{enumerate}"] if listed else []), ""])


def _escaped(text: str) -> str:
    # The blanks around a formula are part of the sentence.
    before, after = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() and text.strip() else "")
    return before + TOMBSTONE.join(map(escaped, text.replace(">=", "≥").replace("<=", "≤").split("∎"))) + after


# --------------------------------------------------------------------------------------------------- what is told


def _told(page: Derivation, equation: Equation, verdict: Verdict | None, question: Question) -> Iterator[Block]:
    if verdict is None:
        if equation.kind == "definition":
            yield Sentence(
                (
                    "definition: it says what ",
                    equation.left,
                    " is, and there is nothing to prove.",
                )
            )
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
            yield Sentence((_INDEXED,), opens=True)
        case "proved", "unrolled":
            yield from _by_unrolling(page, equation, verdict, question)
        case "refuted", _ if verdict.witness is not None:
            yield from _refuted(page, equation, verdict)
        case "undecided", _:
            yield from _undecided(page, equation, verdict)
        case _:
            if verdict.reading:
                yield Sentence((_sentence(f"it holds when it is read as {verdict.reading['words']}"),))
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
        "words": "step by step",
        "unrolled": "by unrolling",
        "indexed": "by unrolling with letters for the sizes",
    }
    return f"{verdict.word} {how.get(verdict.method or '', f'by {verdict.method}')}, {steps}, {sizes}, {activation}."


def _for_every(page: Derivation, equation: Equation, start: int) -> str:
    left, right = page.resolved(equation)
    free = (free_indices(left) | free_indices(right)) - {index.name() for index, _, _ in equation.for_each}
    clocks = {page.clock(known.left) for known in page if isinstance(known.left, Letter)}
    horizons = {name for name in free if name in clocks}
    others = sorted(free - horizons)
    name = min(horizons) if horizons else others[0] if others else "t"
    said = f"for every {name} >= {start}"
    if horizons and others:
        said += f" and {', '.join(others)} from 1 to {name}"
    return said + "".join(f", {index} = {lower}..{upper}" for index, lower, upper in equation.for_each)


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "any sizes"


# --------------------------------------------------------------------------------------------------- induction


def _by_induction(page: Derivation, equation: Equation) -> Iterator[Block]:
    alone = replace(equation, weights=equation.weights[:1])
    yield from _shown_in(equation)
    yield from _signs(equation)
    steps = induct(page, alone, first_step(page, alone)).steps
    yield from _Board(page, alone).told(steps)


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
        yield from _Board(page, alone).told(follow(page, alone, step).steps)


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


class _Board:
    """Tells the steps of one proof; a premise has a number by which later steps name it."""

    def __init__(self, page: Derivation, equation: Equation) -> None:
        self.page = page
        self.equation = equation
        self.left, self.right = page.resolved(equation)
        self.numbers: dict[Letter | None, int] = {}
        self.closed: list[int] = []
        self.count = self.premises = 0

    def told(self, steps: Sequence[Step]) -> Iterator[Block]:
        reads = [position for position, step in enumerate(steps) if step.rule == "as read"]
        premises, rest = steps[: reads[0]], steps[reads[0] :]
        ones = [step for step in premises if step.rule == "one step"]
        if (ahead := self._is_one_step(ones)) is not None:
            yield from self._one_step(ones[0])
            yield self._opening(f"The claim is 1{ahead}, word for word. ∎")
            return
        for step in ones:
            yield from self._one_step(step)
        yield from self._zeros([step for step in premises if step.rule in ("start", "not contained")])
        for step in premises:
            if step.rule in ("block", "linear"):
                block = f"The columns of a part are the derivative in it ({step.condition}):"
                yield self._opening("A derivative passes through Σ:" if step.rule == "linear" else block)
                yield Display((step.at, step.result))
        for step in premises:
            if step.rule == "closed form" and self._is_needed(step):
                yield from self._closed_form(step)
        self.premises = self.count
        yield from self._sides(rest)

    def _opening(self, *parts: Part) -> Sentence:
        self.count += 1
        return Sentence(parts, opens=True)

    # ------------------------------------------------------------------------------------------- premises

    def _is_one_step(self, ones: Sequence[Step]) -> str | None:
        """Where the claim is itself the one-step relation, at which step."""
        if len(ones) != 1 or "t" not in free_indices(self.left):
            return None
        for back in range(4):
            at = {"t": Index.letter("t") - back}
            step = ones[0]
            assert isinstance(step.at, Expr)
            assert isinstance(step.result, Expr)
            if (substitute(step.at, at), substitute(step.result, at)) == (self.left, self.right):
                return f" with t-{back} in place of t" if back else ""
        return None

    def _is_needed(self, step: Step) -> bool:
        """Whether a closed form is more than the Jacobian of one step, which needs none."""
        if not isinstance(step.at, Partial):
            return True
        for node in (node for side in (self.left, self.right) for node in walk(side)):
            if (
                isinstance(node, (Total, Partial))
                and isinstance(node.wrt, At)
                and node.wrt.letter == _letter_of(step.at)
            ):
                if isinstance(node, Total) or not isinstance(node.of, At):
                    return True
                # Within one step, or from a state to another at the same step, there is nothing to unroll.
                direct = 1 if node.of.letter == node.wrt.letter else 0
                if node.of.index - node.wrt.index != Index.of(direct):
                    return True
        return False

    def _one_step(self, step: Step) -> Iterator[Block]:
        definition, entry, differential = step.inner
        node = definition.at
        letter = node.letter if isinstance(node, At) else None
        tag = ""
        if letter is not None:
            tag = next((f" ({e.tag})" for e in self.page.definitions(letter) if e.right is not None), "")
        which = f", which is{tag}" if tag else ""
        shown = "one entry, and " if "[a]" in str(entry.at) else ""
        slopes = dict.fromkeys(re.findall(r"(\w+'+)\(…\)", str(differential.result)))
        where = f", {' and '.join(slopes)} at the same place" if slopes else ""
        said = f"{which}: {shown}its differential by SymPy{where},"
        yield self._opening("One step of ", node, " = ", definition.result, said)
        self.numbers[letter] = self.count
        if shown:
            yield Display((entry.at, entry.result))
        yield Display((differential.at, differential.result))
        since = f", for {step.condition}" if step.condition else ""
        yield Sentence((f"What comes from the weights is ∂⁺, from a state its Jacobian{since}:",))
        yield Display((step.at, step.result))

    def _zeros(self, steps: Sequence[Step]) -> Iterator[Block]:
        for position, step in enumerate(steps):
            parts: tuple[Part, ...] = (step.at, f" = 0, because {step.condition}.")
            opening = "Start: " if len(steps) == 1 and step.rule == "start" else "Zero: "
            yield self._opening(opening, *parts) if not position else Sentence(parts)

    def _closed_form(self, step: Step) -> Iterator[Block]:
        first, following = step.inner
        yield self._opening(f"Closed form, for {step.condition}, by induction over k:")
        self.closed.append(self.count)
        yield Display((step.at, step.result))
        if isinstance(step.at, Total) and isinstance(step.at.wrt, Copy):
            copy = step.at.wrt
            yield Sentence(
                (
                    "Only step ",
                    str(copy.index),
                    " uses the copy ",
                    copy,
                    ": at later steps ∂⁺ is 0.",
                )
            )
        start = _step_of(first.at)
        empty = " and ".join(f"{inner.at} is empty" for inner in first.inner if inner.rule in ("empty", "empty sum"))
        yield Sentence((f"First, k = {start}: both sides are ", first.result, f", as {empty}." if empty else "."))
        by = [str(number) for letter, number in self.numbers.items() if letter == _letter_of(following.at)]
        source = f"by {by[0]}" if by else "by the definition"
        yield Sentence((f"Next, from k-1 to k, where {following.condition}: {source} and the form at k-1",), fresh=True)
        yield Display((following.at, following.result))
        yield from self._rules(following.inner)
        yield Sentence(("This is the form at k.",))

    # ------------------------------------------------------------------------------------------- both sides

    def _sides(self, steps: Iterable[Step]) -> Iterator[Block]:
        group: list[Step] = []
        for step in steps:
            if step.rule == "case":
                yield Sentence((f"So it is for {step.at}, on its own. For later steps:",))
                continue
            group.append(step)
            if len(group) == 4:
                yield from self._compared(*group)
                group = []

    def _compared(self, left: Step, right: Step, normal: Step, _: Step) -> Iterator[Block]:
        yield self._opening("The left side", *self._by(left))
        yield Display((left.at, left.result) if str(left.at) != str(left.result) else (left.at,))
        yield from self._rules(left.inner)
        yield self._opening("The right side", *self._by(right))
        if str(right.result) == str(left.result):
            yield Display((right.at,))
            yield Sentence(("is the same sum." if "Σ" in str(left.result) else "is the same.",))
        else:
            yield Display((right.at, right.result) if str(right.at) != str(right.result) else (right.at,))
            yield from self._rules(right.inner)
        if len(str(normal.result)) <= WIDTH - 26:
            yield self._opening("So both sides are ", normal.result, ". ∎")
        else:
            yield self._opening("So both sides are")
            yield Display((normal.result,), ends=True)

    def _by(self, step: Step) -> tuple[Part, ...]:
        if str(step.at) == str(step.result):
            return (":",)
        if not self.premises:
            return (", by the definitions of the page:",)
        only = self.closed if len(self.numbers) <= 1 and len(self.closed) == 1 else []
        return (f", by {only[0]}:" if only else f", by 1 to {self.premises}:" if self.premises > 1 else ", by 1:",)

    def _rules(self, steps: Iterable[Step]) -> Iterator[Block]:
        for step in steps:
            match step.rule:
                case "boundary":
                    said = f"A sum that does not run backwards splits ({step.condition}):"
                    yield Sentence((said if step.condition else "The sum, term by term:",))
                    yield Display((step.at, step.result))
                    for inner in step.inner:
                        yield Sentence(_small(inner))
                case "shift":
                    yield Sentence((f"Counted by its last index, as it does not run backwards ({step.condition}):",))
                    yield Display((step.at, step.result))
                case "merge":
                    said = f" ({step.condition})" if step.condition else ""
                    yield Sentence((f"The products join{said}:",))
                    yield Display((step.at, step.result))
                case "empty" | "zero" | "empty sum":
                    yield Sentence(_small(step))
                case "exchange" | "count":
                    said = "Sums may be exchanged" if step.rule == "exchange" else "Equal terms are counted"
                    yield Sentence((f"{said} ({step.condition}):",))
                    yield Display((step.at, step.result))
                case _:
                    yield Sentence((f"{step.rule}:",))
                    yield Display((step.at, step.result))


def _small(step: Step) -> tuple[Part, ...]:
    if step.rule == "zero":
        return (step.at, " = 0, as above.")
    return (step.at, " is ", step.result, f", as {step.condition}.")


def _step_of(node: Part) -> Index:
    assert isinstance(node, Expr)
    return next(inner.index for inner in walk(node) if isinstance(inner, At))


def _letter_of(node: Part) -> Letter | None:
    assert isinstance(node, Expr)
    return next((inner.letter for inner in walk(node) if isinstance(inner, At)), None)


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
    yield Sentence(("Differentiated: SymPy differentiates each entry; for d after unrolling, for ∂⁺ and Jacobians "
                    "with the other states held.",), opens=True)  # fmt: skip
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


_INDEXED = (
    "Every state is written out by its definition down to step 0, with letters for the sizes. SymPy differentiates one "
    "entry, whose row is a letter too. Both sides are the same sum of products of entries, for every size. ∎"
)


# --------------------------------------------------------------------------------------------------- refutation


def _refuted(page: Derivation, equation: Equation, verdict: Verdict) -> Iterator[Block]:
    witness = verdict.witness
    assert witness is not None
    noun = "misreading" if equation.kind == "misreading" else "claim"
    found = [
        (values, weight)
        for values, weight in instances(page, equation, witness.t)
        if (weight is None or f" in {weight}" in witness.where)
        and all(f", {name} = {value}" in witness.where for name, value in values.items() if value != witness.t)
    ]
    values, weight = found[0]
    written = not equation.weights or weight == equation.weights[0]
    sides = equation.sides if written else page.resolved(equation, weight)
    yield Sentence((f"At {', '.join(f'{name} = {value}' for name, value in values.items())} the {noun} says",),
                   opens=True)  # fmt: skip
    yield Display(tuple(tidied(expand(side, values)) for side in sides))
    taken = [_sizes(witness.sizes), *witness.functions] if witness.sizes else list(witness.functions)
    given = [f"{name} = {value}" for name, value in witness.values.items() if value != "0"]
    zeros = len(given) < len(witness.values)
    values_said = ", ".join(given) + ((", all else 0" if given else "everything 0") if zeros else "")
    said = ", ".join(taken) + (", and " if taken and values_said else "") + values_said
    yield Sentence((f"Take {said}.",), opens=True)
    yield Sentence((f"Then in {witness.where}",), opens=True)
    for label, value in (
        ("left side", witness.lhs),
        ("right side", witness.rhs),
        ("difference", witness.difference),
    ):
        yield Display((value,), label)
    yield Sentence((f"Both sides were evaluated twice, in two ways. One such case is enough: the {noun} is false.",))


def _undecided(page: Derivation, equation: Equation, verdict: Verdict) -> Iterator[Block]:
    names = "|".join(map(re.escape, METHODS))
    tried = re.split(rf"(?:^|; )(?=(?:{names}): )", verdict.reason)
    for text in filter(None, tried):
        residue = _residue(page, equation) if text.startswith("induction: no rule") else None
        if residue is None:
            yield Sentence((_sentence(text),), opens=True)
        else:
            said = (
                "Induction: no rule reduces what is left of the left side minus the right, which is no counterexample:"
            )
            yield Sentence((said,), opens=True)
            yield Display((residue,))


def _residue(page: Derivation, equation: Equation) -> Expr | None:
    try:
        return induct(page, equation, first_step(page, equation)).residue
    except SymbpttError:
        return None


# --------------------------------------------------------------------------------------------------- laying out


def _wrapped(text: str, first: str, later: str) -> list[str]:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(HELD, " ") for line in lines]


def _kept(part: Part) -> str:
    """A part of a sentence; what is read as one is not broken over lines, where it is short enough."""
    text = str(part)
    if isinstance(part, Expr):
        return text.replace(" ", HELD) if len(text) <= WIDTH - 14 else text
    return re.sub(r" ?(>=|<=|=|<) ", lambda sign: sign[0].replace(" ", HELD), text)


def _laid(sides: Sequence[str], label: str) -> list[str]:
    if label:
        return [f"      {label:<12} {sides[0]}"]
    whole = " = ".join(sides)
    if len(whole) + 6 <= WIDTH:
        return [f"      {whole}"]
    first, *rest = sides
    if len(rest) == 1 and len(first) <= SHORT:
        return _broken(whole, "      ", "          ")
    lines = _broken(first, "      ", "          ")
    for side in rest:
        lines += _broken(f"= {side}", "        ", "            ")
    return lines


def _broken(text: str, first: str, later: str) -> list[str]:
    """A formula over lines, broken before = + and -, as far outside of brackets as it can be."""
    if len(first) + len(text) <= WIDTH:
        return [first + text]
    best: tuple[int, int] | None = None
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if place > 4 and len(first) + place <= WIDTH and re.match(r" [=+·-] ", text[place:]):
            # An early break outside of brackets would leave a stub.
            rank = 4 * depth + " =+-·".index(text[place + 1]) // 2
            if best is None or rank <= best[0] or best[1] < STUB:
                best = (rank, place)
    if best is None:
        return [first + text]
    return [first + text[: best[1]], *_broken(text[best[1] + 1 :], later, later)]
