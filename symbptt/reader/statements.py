"""The displays and inline formulas of a note as parsed statements, before any letter has a meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from symbptt.errors import Unreadable
from symbptt.page.notation import Index
from symbptt.reader.conditions import AsideParts, split_aside
from symbptt.reader.customs import LOSSES
from symbptt.reader.differentials import Derivative, is_call, parse_formula
from symbptt.reader.grammar import (
    EQUAL,
    Cells,
    Chain,
    Group,
    Mark,
    NameMark,
    ScriptedMark,
    SumMark,
    is_dots,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key, Survey
from symbptt.text.document import Display, Document, Inline

_EQUATION = re.compile(r"=|≡|\\(?:equiv|triangleq|coloneqq?|doteq|eqdef)(?![A-Za-z])")
_RELATION = re.compile(
    r":?=|[≈∝≤≥<>]|\\(?:approx|propto|sim|simeq|cong|overset|underset|stackrel|leq?|geq?|gets)(?![A-Za-z])"
)
"""Signs that may stand between a letter and its definition."""


@dataclass
class Statement:
    """A display or an inline formula, parsed as far as it can be."""

    item: Display | Inline
    chains: Cells = ()
    error: Unreadable | None = None
    left: Cells = ()
    """The left side of what cannot be read as an equation, where that side can be: it may be a definition of it."""
    conditions: tuple[tuple[Chain, tuple[str, ...]], ...] = ()
    """The conditions on its indices that stand behind it."""

    @property
    def is_display(self) -> bool:
        """Whether it has a row of its own in the report."""
        return isinstance(self.item, Display)


def find_statements(document: Document) -> list[Statement]:
    """The displays, and the inline formulas with an equals sign, each parsed or with the error."""
    made: list[Statement] = []
    for item in document.items:
        if isinstance(item, Display) and item.bare_tag:
            continue
        if isinstance(item, Inline) and not _EQUATION.search(item.formula.text):
            continue
        try:
            chains = parse_formula(item.formula.text)
            aside = split_aside(item.aside) if isinstance(item, Display) else AsideParts()
            said = (*map(_without_arguments, chains), *aside.equations)
            told = not chains[0].relations or chains[0].relations[0] in EQUAL
            left = () if told else _left(item.formula.text)
            made.append(Statement(item, said, left=left, conditions=aside.conditions))
        except Unreadable as error:
            made.append(Statement(item, error=error, left=_left(item.formula.text)))
    return made


def _left(text: str) -> Cells:
    try:
        return parse_formula(f"{_RELATION.split(text, maxsplit=1)[0]} = 0")
    except Unreadable:
        return ()


def _without_arguments(chain: Chain) -> Chain:
    r"""L = ... for L(x_1, \dots, x_T) = ... and L(\theta) = ...: what a loss depends on is a remark."""
    terms = chain.sides[0]
    if chain.continued or not chain.relations or len(terms.terms) != 1:
        return chain
    sign, term = terms.terms[0]
    if len(term.factors) != 2 or not is_call(*term.factors):
        return chain
    if not (_lists_with_dots(term.factors[1]) or _is_loss_of_weights(*term.factors)):
        return chain
    name = replace(terms, terms=((sign, replace(term, factors=term.factors[:1])),))
    return replace(chain, sides=(name, *chain.sides[1:]))


def _is_loss_of_weights(name: Mark, behind: Mark) -> bool:
    r"""Whether a loss without a step stands before letters without one: C(\theta) is C."""
    inside = behind.cells if isinstance(behind, Group) else ()
    letters = [single((cell,)) for cell in inside]
    return isinstance(name, NameMark) and name.stem in LOSSES and all(isinstance(one, NameMark) for one in letters)


def _lists_with_dots(mark: Mark) -> bool:
    return isinstance(mark, Group) and any(is_dots(single((chain,))) for chain in mark.cells)


def plain_left(found: Survey, chain: Chain) -> tuple[Key, Index | None] | None:
    """The name and the index of the letter alone on the left of a chain; None where anything else stands there."""
    if chain.continued or not chain.relations or chain.relations[0] not in EQUAL:
        return None
    (sign, term), *more = chain.sides[0].terms
    mark, *behind = term.factors
    if more or sign or (behind and not (len(behind) == 1 and found.depends(mark, behind[0]))):
        return None
    if not isinstance(mark, (NameMark, ScriptedMark)) or (isinstance(mark, ScriptedMark) and mark.primes):
        return None
    name = found.name(mark)
    # A letter with a power or a transpose is no letter alone; a step in parentheses belongs to it.
    raised = mark.above if isinstance(mark, ScriptedMark) else ()
    if name is None or not all(isinstance(single(cells), Group) for cells in raised):
        return None
    key, index = name
    if key.stem in found.indices and not key.label and not key.dressed and index is None:
        return None
    return name


@dataclass(frozen=True, slots=True)
class LetterChain:
    """A chain with one letter alone on its left."""

    statement: Statement
    chain: Chain
    key: Key
    index: Index | None

    def right_keys(self, found: Survey) -> frozenset[Key]:
        """The names on its right."""
        return frozenset(key for key, _ in found.names(self.chain.sides[1:]))


def letter_chains(found: Survey, statements: Iterable[Statement]) -> Iterator[LetterChain]:
    """The chains of the statements that have one letter alone on the left."""
    for statement in statements:
        for chain in statement.chains:
            if (left := plain_left(found, chain)) is not None:
                yield LetterChain(statement, chain, *left)


def holds_derivative(terms: SumMark) -> bool:
    """Whether a side contains a derivative."""
    return any(isinstance(mark, Derivative) for mark in walk_marks(terms))
