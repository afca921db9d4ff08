r"""What a function has for arguments: f_W(x_t) is f_W(x_t, W), J(W) is J, where a derivative is taken in W, and
f_W(\cdot) is f_W of an input and the state before.

>>> from symbptt.reader.differentials import parse_formula
>>> from symbptt.reader.letters import survey
>>> chains = parse_formula(r"\frac{d h_t}{d W} = \frac{\partial f_W(h_{t-1})}{\partial W}")
>>> found = with_parameters(survey(chains), chains)
>>> derivative = found[0].sides[1].terms[0][1].factors[0]
>>> len(derivative.of.factors[1].cells)
2
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from symbptt.page.notation import Index
from symbptt.reader.customs import ASSUMED_INPUTS, INPUTS, LOSSES
from symbptt.reader.differentials import Derivative, argument
from symbptt.reader.grammar import (
    Cells,
    Chain,
    Group,
    Mark,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    SumMark,
    as_cells,
    is_dots,
    is_sign,
    mapped,
    mark_at,
    only_term,
    single,
    with_parts,
)
from symbptt.reader.letters import Survey
from symbptt.reader.statements import Statement, holds_derivative, letter_chains

_EARLIER = re.compile(r"\$[^$]*?(\\?[A-Za-z]+)\s*_\s*\{\s*\\?[a-z]+\s*-\s*1\s*\}")
"""A letter one step before, in the text."""


def with_parameters(found: Survey, value: Any) -> Any:
    """Marks with the weights below each function among its arguments too, and none behind what is no function."""
    if isinstance(value, Derivative):
        (of, *behind) = value.of.factors
        # Anywhere else h_t (W) is a product.
        if len(behind) == 1 and isinstance(group := behind[0], Group) and _lists_weights(found, group):
            name = found.name(of)
            if name is not None and name[0] in found.lefts:
                value = replace(value, of=replace(value.of, factors=(of,)))
    if isinstance(value, ProductMark):
        value = with_parts(value, factors=_completed(found, value.factors))
    return mapped(value, lambda part: with_parameters(found, part))


def fill_arguments(found: Survey, statements: Sequence[Statement]) -> list[str]:
    r"""Let a recurrence that leaves out its arguments, h_t = f_W(\cdot), have an input and the state before.

    What is said of that. Only where the note differentiates the state in itself.
    """
    made: list[str] = []
    counted = [statement for statement in statements if statement.counts]
    names = found.names(tuple(statement.chains for statement in counted))
    earlier = {key for key, index in names if index is not None and index.terms and index.constant < 0}
    for one in letter_chains(found, counted):
        left, term = mark_at(one.chain, 0), only_term(as_cells(one.chain.sides[-1]))
        recurs = any(of == one.key for of, _ in found.jacobians.get(one.key, ()))
        before = _step_before(one.index)
        # Of other states before this step it may be made too.
        alone = earlier <= {one.key} and _EARLIER.findall(_around(one.statement)) in ([], [one.key.plain_latex])
        if (
            not (recurs and alone)
            or before is None
            or term is None
            or len(term.factors) != 2
            or not isinstance(left, ScriptedMark)
        ):
            continue
        function, group = term.factors
        if not isinstance(group, Group) or not _leaves_out(group.cells[0]):
            continue
        given = next((stem for stem in INPUTS if (stem, ()) in found.timed), ASSUMED_INPUTS.names[0])
        marks = (replace(left, base=NameMark(group.start, group.start, given)), replace(left, below=before))
        weights = _weights_of(found, statements, function)
        cells = (*(cell for mark in (*marks, *weights) for cell in as_cells(mark)), *group.cells[1:])
        whole = replace(term, factors=(function, replace(group, cells=cells, separators=",")))
        side = replace(one.chain.sides[-1], terms=(("", whole),))
        chain = replace(one.chain, sides=(*one.chain.sides[:-1], side))
        one.statement.chains = tuple(chain if known is one.chain else known for known in one.statement.chains)
        state, said = one.key.text, "".join(f" and {weight.stem}" for weight in weights)
        made.append(f"{state}_t is made of {given}_t and {state}_{{t-1}}{said}, because nothing says of what it is")
    return made


def _around(statement: Statement) -> str:
    return f"{statement.item.before} {statement.item.after}"


def _leaves_out(cell: Chain) -> bool:
    mark = single((cell,))
    return is_sign(mark, r"\cdot") or is_dots(mark)


def _step_before(index: Index | None) -> Cells | None:
    """The step before t, or before t+1; None for any other."""
    if index is None or len(index.terms) != 1 or index.constant not in (0, 1):
        return None
    (letter, count), *_ = index.terms
    terms = [("", NameMark(0, 0, letter)), ("-", Numeral(0, 0, "1"))][: 2 - index.constant]
    side = SumMark(0, 0, tuple((sign, ProductMark(0, 0, (mark,))) for sign, mark in terms))
    return as_cells(side) if count == 1 else None


def _weights_of(found: Survey, statements: Sequence[Statement], function: Mark) -> tuple[NameMark, ...]:
    """The weights that derivatives are taken in, and that stand neither below the function nor in other definitions."""
    sides = [one.chain.sides[1:] for one in letter_chains(found, [one for one in statements if one.counts])]
    used = {key for side in sides if not any(map(holds_derivative, side)) for key, _ in found.names(side)}
    below = {key for key, _ in found.names(function.below)} if isinstance(function, ScriptedMark) else set()
    free = found.bottoms - found.tops - used - below
    own = (key for key in free if key.glyph not in found.timed and not key.label)
    return tuple(NameMark(0, 0, key.stem, key.dressed) for key in sorted(own, key=lambda key: key.symbol))


def _completed(found: Survey, factors: Sequence[Mark]) -> tuple[Mark, ...]:
    made = list(factors[:1])
    for mark, behind in itertools.pairwise(factors):
        group, weights = argument(behind), _below(found, mark)
        if group is not None and group is behind and _depends(found, mark, group):
            continue
        if group is not None and weights:
            held = [found.name(one) for cell in group.cells if (one := single((cell,))) is not None]
            others = tuple(cell for weight in weights if found.name(weight) not in held for cell in as_cells(weight))
            whole = replace(group, cells=(*group.cells, *others))
            behind = replace(behind, base=whole) if isinstance(behind, ScriptedMark) else whole
        made.append(behind)
    return tuple(made)


def _depends(found: Survey, mark: Mark, group: Group) -> bool:
    """Whether a bracket behind a loss without a step lists weights alone: J(W) is J."""
    return isinstance(mark, NameMark) and mark.stem in LOSSES and _lists_weights(found, group)


def _lists_weights(found: Survey, group: Group) -> bool:
    listed = [single((cell,)) for cell in group.cells]
    return all(isinstance(one, NameMark) and _is_weight(found, one) for one in listed)


def _below(found: Survey, mark: Mark) -> tuple[NameMark | ScriptedMark, ...]:
    """The weights that stand below the name of a function; none where anything else stands there."""
    name = found.name(mark) if isinstance(mark, ScriptedMark) and mark.below is not None else None
    if not isinstance(mark, ScriptedMark) or name is None or name[0] not in found.functions:
        return ()
    below: Cells = mark.below or ()
    marks = [single((cell,)) for cell in below]
    weights = tuple(one for one in marks if isinstance(one, (NameMark, ScriptedMark)) and _is_weight(found, one))
    return weights if len(weights) == len(marks) else ()


def _is_weight(found: Survey, mark: NameMark | ScriptedMark) -> bool:
    """Whether a derivative is taken in a letter that has no step."""
    name = found.name(mark)
    return name is not None and name[0] in found.bottoms and name[0].glyph not in found.timed
