"""Expressions as functions of NumPy arrays, and what stands for each function of a page in numbers.

A named activation is itself. A function with a shape, such as a loss, is a fixed smooth one: component k at the
arguments a is sin(Σ_m c_m a_m + k), the c_m between 1/2 and 3/2 and fixed by the function's name and k, so that its
derivatives of every order are known in closed form. Each rule takes real and complex arrays alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from sympy import Symbol

from symbptt.errors import UsageError
from symbptt.proofs.graph import evaluate, postorder
from symbptt.proofs.heads import Arbitrary, Head, Relu, Sigmoid, Softplus, Step, Tanh
from symbptt.proofs.unrolled import Matrix

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
"""Floats or complex numbers."""


def sigmoid(a: Array) -> Array:
    """1/(1 + e^-a), from the exponential that cannot overflow."""
    above = np.real(a) >= 0
    small = np.exp(np.where(above, -a, a))
    return np.where(above, 1.0, small) / (1.0 + small)


def softplus(a: Array) -> Array:
    """log(1 + e^a), from the exponential that cannot overflow; that chooses the branch of a complex number too."""
    above = np.real(a) >= 0
    return np.where(above, a, 0.0) + np.log1p(np.exp(np.where(above, -a, a)))


def relu(a: Array) -> Array:
    """max(0, a), the branch chosen by the real part."""
    return np.where(np.real(a) > 0, a, 0.0)


def step(a: Array) -> Array:
    """0 up to 0 and 1 above it."""
    return np.where(np.real(a) > 0, 1.0, 0.0)


ELEMENTWISE: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"tanh": np.tanh, "sigmoid": sigmoid, "softplus": softplus, "relu": relu, "identity": np.asarray}
)
"""What each activation does to an array, by its name."""
SLOPES: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "tanh": lambda a: 1.0 - np.tanh(a) ** 2,
        "sigmoid": lambda a: sigmoid(a) * (1.0 - sigmoid(a)),
        "softplus": sigmoid,
        "relu": step,
        "identity": np.ones_like,
    }
)
"""The derivative of each activation, written down by hand and checked against the activation by complex step."""
HEADS: Mapping[type[Head], Callable[[Array], Array]] = MappingProxyType(
    {Tanh: np.tanh, Sigmoid: sigmoid, Softplus: softplus, Relu: relu, Step: step}
)
"""The same by the SymPy head, the derivative of relu among them."""


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
            entries = evaluate(self._roots, given, _Floats())
        whole = np.stack([np.broadcast_to(entry, batch) for entry in entries], axis=-1).astype(dtype, copy=False)
        return whole.reshape(*batch, *self.shape)

    def exactly(self, values: Mapping[Symbol, complex], context: Any) -> Array:
        """The matrix at one point in the digits of an mpmath context: (rows, columns) of its numbers."""
        given = {symbol: context.mpmathify(value) for symbol, value in values.items()}
        found = np.empty(len(self._roots), dtype=object)
        found[:] = evaluate(self._roots, given, _Digits(context))
        return found.reshape(self.shape)


class _Floats:
    """Arithmetic in double precision, for ``graph.evaluate``; an integer never enters it."""

    def number(self, numerator: int, denominator: int) -> np.float64:
        return np.float64(numerator / denominator)

    def head(self, node: Head, arguments: Sequence[Any]) -> Array:
        if isinstance(node, Arbitrary):
            return arbitrary(node.args[0].name, int(node.args[1]), node.orders, arguments)
        for kind, rule in HEADS.items():
            if isinstance(node, kind):
                return rule(*arguments)
        raise TypeError(f"no rule to evaluate {type(node).__name__}")


class _Digits:
    """Arithmetic in as many digits as an mpmath context has."""

    def __init__(self, context: Any) -> None:
        self._mp = context

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
        (a,) = arguments
        match node:
            case Tanh():
                return mp.tanh(a)
            case Sigmoid():
                return 1 / (1 + mp.exp(-a))
            case Softplus():
                return a + mp.log(1 + mp.exp(-a)) if mp.re(a) >= 0 else mp.log(1 + mp.exp(a))
            case Relu():
                return a if a > 0 else mp.mpf(0)
            case Step():
                return mp.mpf(1 if a > 0 else 0)
        raise TypeError(f"no rule to evaluate {type(node).__name__}")
