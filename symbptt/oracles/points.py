"""Random values for whatever a page leaves open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.random import default_rng

from symbptt.oracles.spaces import Array
from symbptt.page.derivation import Derivation
from symbptt.page.notation import Letter
from symbptt.page.shapes import shape

FIRST = 1000
"""Added to a step to seed its generator: a state may start at h_{-1}, and a seed is not negative."""


class Points:
    """Random values, of order 1 and none near 0, for whatever a page leaves open.

    Each letter has a generator of its own, seeded by its name and step, so that its values do not depend on what else
    was asked for. A weight is divided by the root of its number of columns, so that nothing saturates. ``norms`` are
    the letters whose matrices are scaled to a spectral norm, by name. complex128 adds an imaginary part half as large.
    """

    def __init__(
        self,
        page: Derivation,
        sizes: Mapping[str, int],
        count: int,
        seed: int,
        norms: Mapping[str, float] = MappingProxyType({}),
        dtype: str = "float64",
    ) -> None:
        self._page, self._sizes, self._count, self._seed = page, sizes, count, seed
        self._norms, self._dtype = norms, dtype
        self._chosen: Array = np.arange(count)
        self._drawn: dict[tuple[Letter, int | None], Array] = {}
        self.computed: dict[Any, Any] = {}
        """What was computed of the entries at these points, by what it is; it is for whoever computes."""
        self._letters = page.meaning.letters

    def chosen(self, places: Array) -> Points:
        """Only the points at these places."""
        fewer = Points(self._page, self._sizes, self._count, self._seed, self._norms, self._dtype)
        fewer._chosen = places
        return fewer

    def of(self, letter: Letter, step: int | None) -> Array:
        """A weight (step None), data or a first state at each point: (points, rows, columns)."""
        key = (letter, step)
        if key not in self._drawn:
            draw = default_rng([self._seed, 0 if step is None else step + FIRST, *letter.symbol.encode()])
            rows, columns = (dim.at(self._sizes) for dim in shape(self._page, letter))
            size = (self._count, rows, columns)
            values: Array = draw.uniform(0.5, 1.5, size) * draw.choice((-1.0, 1.0), size)
            if self._dtype == "complex128":
                # Half, so that few arguments come near the poles of the activations.
                values = values + 0.5j * draw.uniform(0.5, 1.5, size) * draw.choice((-1.0, 1.0), size)
            if letter.symbol in self._norms:
                values = values * (self._norms[letter.symbol] / np.linalg.norm(values, 2, axis=(-2, -1), keepdims=True))
            elif step is None:
                values = values / math.sqrt(columns)
            self._drawn[key] = values[self._chosen]
        return self._drawn[key]

    def put(self, letter: Letter, step: int | None, values: Array) -> None:
        """Give a letter other values than those that were drawn."""
        self._drawn[letter, step] = values
        self.computed.clear()

    def entry(self, name: str) -> Array:
        """The value at each point, (points,), of a symbol named as in ``unroll``: ``W_hh[1,2]``, ``X_3[1]``."""
        letter, step, row, column = entry_called(self._letters, name)
        values: Array = self.of(letter, step)[:, row, column]
        return values


def entry_called(letters: Mapping[str, Letter], name: str) -> tuple[Letter, int | None, int, int]:
    """The letter, its step (None: a weight), row and column, from 0, of a symbol named as in ``unroll``."""
    owner, _, place = name.removesuffix("]").partition("[")
    row, column = (int(number) - 1 for number in f"{place},1".split(",")[:2])
    letter = letters.get(owner)
    if letter is not None and letter.kind == "weight":
        return letter, None, row, column
    base, _, mark = owner.rpartition("_")
    return letters[base], int(mark), row, column
