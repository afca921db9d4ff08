"""Expressions as functions of NumPy arrays, and what stands for each function of a page in numbers.

A named activation is itself. A function with a shape, such as a loss, is a fixed smooth one: component k at the
arguments a is sin(Σ_m c_m a_m + k), the c_m between 1/2 and 3/2 and fixed by the function's name and k, so that its
derivatives of every order are known in closed form. Each rule takes real and complex arrays alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from sympy import Symbol

from symbptt.errors import UsageError
from symbptt.functions import TABLE, Digits
from symbptt.proofs.graph import evaluate, postorder
from symbptt.proofs.heads import Arbitrary, Head, Named
from symbptt.proofs.unrolled import Matrix

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
"""Floats or complex numbers."""


def arbitrary(name: str, component: int, orders: Sequence[int], arguments: Sequence[Array]) -> Array:
    """The function that stands for ``name``, differentiated ``orders[m]`` times in argument m, at ``arguments``."""
    slopes = slopes_of(name, component, len(arguments))
    phase = sum((slope * argument for slope, argument in zip(slopes, arguments, strict=True)), np.float64(component))
    # Each derivative of sin is sin a quarter turn further: sin, cos, -sin, -cos.
    quarter = sum(orders) % 4
    wave = np.sin(phase) if quarter % 2 == 0 else np.cos(phase)
    factor = math.prod(slope**order for slope, order in zip(slopes, orders, strict=True))
    return np.asarray((factor if quarter < 2 else -factor) * wave)


@cache
def slopes_of(name: str, component: int, count: int) -> tuple[float, ...]:
    """The c_m of the function that stands for ``name``."""
    # Told apart by name, so that a claim which mixes up two functions does not agree.
    return tuple(np.random.default_rng([component, *name.encode()]).uniform(0.5, 1.5, count).tolist())


class NumpyFunction:
    """A matrix of expressions as a function of arrays; ``symbols`` are those it depends on.

    Every shared subexpression is computed once.
    """

    # The graph is walked and no code is written, so that no text of a page can run. A function serves one batch of
    # points, where this is the fastest too. The box at n = 3, t = 6: lambdify with cse takes 73 s to build, a line of
    # code for each node 6 ms to build and 0.6 ms to call, the walk 2.4 ms in all.

    def __init__(self, entries: Matrix) -> None:
        self.shape = entries.shape
        self._roots = list(entries.flat)
        self.symbols = tuple(node for node in postorder(self._roots) if isinstance(node, Symbol))

    def __call__(self, values: Mapping[Symbol, Any], dtype: Any = np.float64) -> Array:
        """The matrix where each symbol has its value: an array of ``dtype`` and of shape (\\*batch, rows, columns).

        The values broadcast against each other to the shape ``batch``, constants too; ``dtype`` is float64 or
        complex128. What overflows or divides by zero comes back as inf or nan. Raises ``KeyError`` for a symbol without
        a value, ``OverflowError`` for a rational that no float is near, :class:`UsageError` for another dtype, and
        :class:`NotExact` for a node that is no arithmetic.
        """
        if np.dtype(dtype) not in (np.float64, np.complex128):
            raise UsageError(f"expected float64 or complex128, not {np.dtype(dtype)}: fewer digits settle nothing")
        given = {symbol: np.asarray(value, dtype=dtype) for symbol, value in values.items()}
        batch = np.broadcast_shapes(*(value.shape for value in given.values()))
        with np.errstate(all="ignore"):
            entries = evaluate(self._roots, given, FLOATS)
        whole = np.stack([np.broadcast_to(entry, batch) for entry in entries], axis=-1).astype(dtype, copy=False)
        return whole.reshape(*batch, *self.shape)

    def exactly(self, values: Mapping[Symbol, complex], context: Any) -> Array:
        """The matrix at one point in the digits of an mpmath context: (rows, columns) of its numbers."""
        given = {symbol: context.mpmathify(value) for symbol, value in values.items()}
        found = np.empty(len(self._roots), dtype=object)
        found[:] = evaluate(self._roots, given, _Digits(context))
        return found.reshape(self.shape)


class Floats:
    """Arithmetic in double precision, for ``graph.evaluate`` and for derivatives by hand; no integer ever enters it."""

    def number(self, numerator: int, denominator: int) -> np.float64:
        """A rational number."""
        return np.float64(numerator / denominator)

    def inverse(self, value: Array) -> Array:
        """One over an array."""
        return np.asarray(1.0 / value)

    def named(self, name: str, argument: Array) -> Array:
        """A named function, entry by entry; nan or inf outside of its domain."""
        with np.errstate(all="ignore"):
            return np.asarray(TABLE[name].value(np, argument))

    def head(self, node: Head, arguments: Sequence[Any]) -> Array:
        """A function at its arguments."""
        if isinstance(node, Arbitrary):
            return arbitrary(node.args[0].name, int(node.args[1]), node.orders, arguments)
        assert isinstance(node, Named)
        return self.named(node.name, *arguments)


FLOATS = Floats()


def slope_by_hand(name: str, argument: Array, value: Array) -> Array:
    """The derivative by hand of a named function, from its argument and its value."""
    with np.errstate(all="ignore"):
        return np.broadcast_to(TABLE[name].slope(FLOATS, argument, value), np.shape(argument))


class _Digits:
    """Arithmetic in as many digits as an mpmath context has."""

    def __init__(self, context: Any) -> None:
        self._mp, self._library = context, Digits(context)

    def number(self, numerator: int, denominator: int) -> Any:
        return self._mp.mpf(numerator) / denominator

    def head(self, node: Head, arguments: Sequence[Any]) -> Any:
        mp = self._mp
        if isinstance(node, Arbitrary):
            slopes = slopes_of(node.args[0].name, int(node.args[1]), len(arguments))
            phase = mp.fdot(zip(map(mp.mpf, slopes), arguments, strict=True)) + int(node.args[1])
            factor = mp.fprod(mp.mpf(slope) ** order for slope, order in zip(slopes, node.orders, strict=True))
            quarter = sum(node.orders) % 4
            wave = mp.sin(phase) if quarter % 2 == 0 else mp.cos(phase)
            return factor * wave if quarter < 2 else -factor * wave
        assert isinstance(node, Named)
        return self._library.named(node.name, *arguments)
