"""A proof by the chain rule, told step by step as it would stand on the board, in the layout of its equation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from symbptt.page.notation import Expr, Index, Laid, Partial, Total, substitute
from symbptt.proofs.words import Step
from symbptt.show.blocks import Block, Display, Part, Sentence

SIGNS = "∂° is the derivative of one definition in one letter in it, every other one held."
LETTERS = "ijlmpqruvw"
"""For indices that a proof has numbered."""
OPENINGS = {
    "backwards": ("by the chain rule backwards, over all that ", " stands in"),
    "forwards": ("by the chain rule, over the letters of the step before that ", " is made of"),
    "inside": ("by the chain rule inside the step, over the letters that ", " is made of"),
}


def chained(steps: Sequence[Step]) -> Iterator[Block]:
    """The blocks of a proof that took these steps."""
    steps = _lettered(steps)
    where = ""
    left: Step | None = None
    count = sum(step.rule == "as read" for step in steps)
    for step in steps:
        match step.rule:
            case "spread":
                yield Sentence(("Every use of ", _end_of(step.at, of=False), " adds a term:"), opens=True)
                yield Display((step.at, step.result))
            case "case":
                where = f"where {step.at}" if step.at else "term by term"
                where += f", for {step.condition}, " if step.condition else ", "
            case "as read":
                if left is None:
                    left = step
                    continue
                count -= 2
                yield from _same(left, step, where, ends=not count)
                where, left = "", None
            case _:
                yield from _by_chain_rule(step, where)
                where = ""


def _lettered(steps: Sequence[Step]) -> list[Step]:
    """The steps with a letter that stands nowhere in them for each index that the proof has numbered."""
    said = " ".join(map(_words, steps))
    numbered = sorted(set(re.findall(r"#\d+", said)), key=lambda name: int(name[1:]))
    free = [letter for letter in LETTERS if letter not in re.findall(r"[A-Za-z]+", said)]
    names = dict(zip(numbered, free, strict=False))
    return [_renamed(step, names) for step in steps] if names else list(steps)


def _words(step: Step) -> str:
    return " ".join([str(step.at), str(step.result), step.condition, *map(_words, step.inner)])


def _renamed(step: Step, names: Mapping[str, str]) -> Step:
    def named(part: Expr | str) -> Expr | str:
        if isinstance(part, Expr):
            return substitute(part, {number: Index.letter(letter) for number, letter in names.items()})
        return re.sub(r"#\d+", lambda found: names.get(found[0], found[0]), part)

    inner = tuple(_renamed(one, names) for one in step.inner)
    condition = str(named(step.condition))
    return replace(step, at=named(step.at), result=named(step.result), condition=condition, inner=inner)


def _opening(where: str, *parts: Part) -> Sentence:
    first = f"{where}{parts[0]}"
    return Sentence((first[:1].upper() + first[1:], *parts[1:]), opens=True)


def _by_chain_rule(step: Step, where: str) -> Iterator[Block]:
    before, behind = OPENINGS[step.rule]
    letter = _end_of(step.at, of=step.rule != "backwards")
    said = f"{behind} ({step.condition}):" if step.condition else f"{behind}:"
    yield _opening(where, before, letter, said)
    yield Display((step.at, step.result))
    if step.inner:
        yield Sentence(("with",))
    for inner in step.inner:
        yield Display((inner.at, inner.result))


def _end_of(node: Expr | str, *, of: bool) -> Expr | str:
    """What is differentiated, or what it is taken in."""
    inner = node.of if isinstance(node, Laid) else node
    assert isinstance(inner, (Total, Partial))
    return inner.of if of else inner.wrt


def _same(left: Step, right: Step, where: str, *, ends: bool) -> Iterator[Block]:
    texts = [str(side) for step in (left, right) for side in (step.at, step.result)]
    if len(set(texts)) == 1:
        yield _opening(where, "both sides are")
        yield Display((left.at,), ends=ends)
        return
    yield _opening(where, "the left side")
    yield Display((left.at, left.result) if texts[0] != texts[1] else (left.at,))
    yield Sentence(("The right side",), opens=True)
    yield Display((right.at, right.result) if texts[2] != texts[3] else (right.at,))
    yield Sentence((f"is the same.{' ∎' if ends else ''}",))
