r"""Weights as parameters: f_W(x_t) is f_W(x_t, W), and J(W) is J, where a derivative is taken in W.

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
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from symbptt.reader.customs import LOSSES
from symbptt.reader.differentials import Derivative, argument
from symbptt.reader.grammar import (
    Cells,
    Group,
    Mark,
    NameMark,
    ProductMark,
    ScriptedMark,
    as_cells,
    mapped,
    single,
    with_parts,
)
from symbptt.reader.letters import Survey


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
