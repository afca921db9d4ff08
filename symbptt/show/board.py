"""A proof by induction or in words, told step by step as it would stand on the board."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import At, Copy, Expr, Index, Letter, Partial, Total, free_indices, substitute, walk
from symbptt.proofs.retracing import unindexed
from symbptt.proofs.words import Step
from symbptt.proofs.writing import told
from symbptt.show.blocks import WIDTH, Block, Display, Part, Sentence


class Board:
    """Tells the steps of one proof; a premise has a number by which later steps name it."""

    def __init__(self, page: Derivation, equation: Equation, count: int = 0) -> None:
        self.page = page
        self.equation = equation
        self.left, self.right = (unindexed(page, side) for side in page.resolved(equation))
        self.numbers: dict[Letter | None, int] = {}
        self.closed: list[int] = []
        self.count = count
        self.premises = 0

    def told(self, steps: Sequence[Step]) -> Iterator[Block]:
        """The blocks of a proof that took these steps, a letter without an index as the page has it."""
        steps = list(map(self._unindexed, steps))
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
            if step.rule == "closed form" and self.is_needed(step):
                yield from self._closed_form(step)
        self.premises = self.count
        yield from self._sides(rest)

    def _unindexed(self, step: Step) -> Step:
        at, result = (unindexed(self.page, part) if isinstance(part, Expr) else part for part in (step.at, step.result))
        return replace(step, at=at, result=result, inner=tuple(map(self._unindexed, step.inner)))

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

    def is_needed(self, step: Step) -> bool:
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
        which = f", which is{tag}{self._replaced(definition)}" if tag else ""
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

    def _replaced(self, definition: Step) -> str:
        """Which letters of the same step stand there as what they are defined as."""
        said = []
        for step in definition.inner:
            assert isinstance(step.at, At)
            tag = next((f" ({e.tag})" for e in self.page.definitions(step.at.letter) if e.right is not None), "")
            said.append(f"{step.at} replaced by its definition{tag}")
        return f" with {' and '.join(said)}" if said else ""

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
            yield Sentence(("Only step ", str(copy.index), " uses the copy ", copy, ": at later steps ∂⁺ is 0."))
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
            if step.rule in ("empty", "zero", "empty sum"):
                yield Sentence(_small(step))
                continue
            yield Sentence((told(step),))
            yield Display((step.at, step.result))
            if step.rule == "boundary":
                for inner in step.inner:
                    yield Sentence(_small(inner))


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
