"""What the numbers of a run are: NumPy arrays, any number of digits by mpmath, or the arrays of a library.

The definitions of a page are run forward in any of them by one interpreter, ``forward.Forward``. A space holds the
few operations that are not spelled alike in all: how an array is made, and what each function does to it.

A named activation is itself. A function with a shape, such as a loss, is a fixed smooth one: component k at the
arguments a is sin(Σ_m c_m a_m + k), the c_m between 1/2 and 3/2 and fixed by the function's name and k, so that its
derivatives of every order are known in closed form.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import mpmath
import numpy as np

from symbptt import functions
from symbptt.errors import NoOracle
from symbptt.functions import TABLE

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
"""Floats or complex numbers."""


class Space(Protocol):
    """Arrays that add, multiply by ``@`` over their last two axes, and know ``shape``, ``swapaxes`` and slices."""

    def array(self, values: Array) -> Any:
        """These floats as an array of the space."""

    def rational(self, numerator: int, denominator: int) -> Any:
        """A rational number by itself."""

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number as a 1 by 1 matrix."""

    def side_by_side(self, blocks: Sequence[Any]) -> Any:
        """Matrices with the same rows as one, their leading axes broadcast."""

    def inverse(self, value: Any) -> Any:
        """One over each entry."""

    def named(self, name: str, argument: Any) -> Any:
        """A named function of each entry."""

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """What stands for an arbitrary function, differentiated ``orders[m]`` times in argument m."""


@cache
def slopes_of(name: str, component: int, count: int) -> tuple[float, ...]:
    """The c_m of the function that stands for ``name``."""
    # Told apart by name, so that a claim which mixes up two functions does not agree.
    return tuple(np.random.default_rng([component, *name.encode()]).uniform(0.5, 1.5, count).tolist())


def _sine(
    library: Any, number: Callable[[float], Any], name: str, component: int, orders: Sequence[int], arguments: Any
) -> Any:
    """The function that stands for ``name``, with the sine of a library and its numbers."""
    slopes = [number(slope) for slope in slopes_of(name, component, len(arguments))]
    phase = number(component)
    for slope, argument in zip(slopes, arguments, strict=True):
        phase = phase + slope * argument
    # Each derivative of sin is sin a quarter turn further: sin, cos, -sin, -cos.
    quarter = sum(orders) % 4
    wave = library.sin(phase) if quarter % 2 == 0 else library.cos(phase)
    factor = math.prod(slope**order for slope, order in zip(slopes, orders, strict=True))
    return (factor if quarter < 2 else -factor) * wave


class Arrays:
    """What every library spells as NumPy does; ``library`` is its namespace."""

    def __init__(self, library: Any) -> None:
        self.library = library

    def array(self, values: Array) -> Any:
        """These floats as an array of the space."""
        return self.library.asarray(values)

    def rational(self, numerator: int, denominator: int) -> Any:
        """A rational number by itself."""
        return np.float64(numerator / denominator)

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number as a 1 by 1 matrix."""
        return self.array(np.full((1, 1), numerator / denominator))

    def side_by_side(self, blocks: Sequence[Any]) -> Any:
        """Matrices with the same rows as one, their leading axes broadcast."""
        lead = np.broadcast_shapes(*(tuple(block.shape[:-2]) for block in blocks))
        # Zeros broadcast in every library, broadcast_to only in some.
        whole = [block + self.array(np.zeros((*lead, 1, 1))) for block in blocks]
        return self.library.concatenate(whole, -1)

    def inverse(self, value: Any) -> Any:
        """One over each entry: inf at 0."""
        return 1 / value

    def named(self, name: str, argument: Any) -> Any:
        """A named function of each entry."""
        return TABLE[name].value(self.library, argument)

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """What stands for an arbitrary function, differentiated ``orders[m]`` times in argument m."""
        return _sine(self.library, float, name, component, orders, arguments)


NUMPY: Space = Arrays(np)


class Objects:
    """Numbers that are objects of Python, in NumPy arrays: a kind of number says what an entry is.

    ``entry``, ``rational``, ``inverted``, ``at`` and ``stand`` are what array, number, inverse, named and arbitrary are
    for a single one.
    """

    def entry(self, value: Any) -> Any:
        """A float or complex number, exactly."""
        raise NotImplementedError

    def rational(self, numerator: int, denominator: int) -> Any:
        """A rational number."""
        raise NotImplementedError

    def inverted(self, value: Any) -> Any:
        """One over a number."""
        return self.rational(1, 1) / value

    def at(self, name: str, argument: Any) -> Any:
        """A named function at a number."""
        raise NotImplementedError

    def stand(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """What stands for an arbitrary function, at numbers."""
        raise NotImplementedError

    def array(self, values: Array) -> Any:
        """These floats or complex numbers, exactly."""
        return _each(self.entry, np.asarray(values, dtype=object))

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number as a 1 by 1 matrix."""
        made = np.empty((1, 1), dtype=object)
        made[0, 0] = self.rational(numerator, denominator)
        return made

    def side_by_side(self, blocks: Sequence[Any]) -> Any:
        """Matrices with the same rows as one, their leading axes broadcast."""
        lead = np.broadcast_shapes(*(block.shape[:-2] for block in blocks))
        return np.concatenate([np.broadcast_to(block, lead + block.shape[-2:]) for block in blocks], axis=-1)

    def inverse(self, value: Any) -> Any:
        """One over each entry."""
        return _each(self.inverted, value)

    def named(self, name: str, argument: Any) -> Any:
        """A named function of each entry."""
        return _each(lambda one: self.at(name, one), argument)

    def arbitrary(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """What stands for an arbitrary function, differentiated ``orders[m]`` times in argument m."""
        return _each(lambda *numbers: self.stand(name, component, orders, numbers), *arguments)


def _each(rule: Callable[..., Any], *arrays: Any) -> Any:
    return np.frompyfunc(rule, len(arrays), 1)(*arrays)


class Digits(Objects):
    """Numbers of so many decimal digits; every float enters as what it is exactly."""

    def __init__(self, digits: int) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits
        self._library = functions.Digits(self.context)

    def entry(self, value: Any) -> Any:
        """A float or complex number, exactly."""
        return self.context.mpmathify(value)

    def rational(self, numerator: int, denominator: int) -> Any:
        """A rational number, rounded to the digits."""
        return self.context.mpf(numerator) / denominator

    def at(self, name: str, argument: Any) -> Any:
        """A named function at a number."""
        return self._library.named(name, argument)

    def stand(self, name: str, component: int, orders: Sequence[int], arguments: Sequence[Any]) -> Any:
        """What stands for an arbitrary function, the same as in doubles."""
        return _sine(self.context, self.context.mpf, name, component, orders, arguments)


# --------------------------------------------------------------------------------------------------- autodiff


class Autodiff(Arrays):
    """A library that differentiates what is run in it, in double precision."""

    def __init__(
        self, library: Any, gradient: Callable[[Callable[[dict[Any, Any]], Any], dict[Any, Any]], dict[Any, Any]]
    ) -> None:
        super().__init__(library)
        self.gradient = gradient
        """The gradient of a scalar function of a dictionary of arrays, as a dictionary of NumPy arrays.

        At complex arrays it is the derivative of a holomorphic function, and not its conjugate.
        """


def _autograd() -> Autodiff:
    import autograd
    import autograd.numpy as anp

    def gradient(scalar: Callable[[dict[Any, Any]], Any], at: dict[Any, Any]) -> dict[Any, Any]:
        # By a list, because it takes only dictionaries whose keys sort.
        keys = list(at)
        # The gradient of the real part of a holomorphic function is its derivative.
        part = anp.real if _is_complex(at) else lambda value: value
        slopes = autograd.grad(lambda values: part(scalar(dict(zip(keys, values, strict=True)))))(
            [at[key] for key in keys]
        )
        return dict(zip(keys, slopes, strict=True))

    return Autodiff(anp, gradient)


def _jax() -> Autodiff:
    import jax

    # Single precision is JAX's default; no array of this process is anything but double.
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    def gradient(scalar: Callable[[dict[Any, Any]], Any], at: dict[Any, Any]) -> dict[Any, Any]:
        keys = list(at)
        slopes = jax.grad(lambda values: scalar(dict(zip(keys, values, strict=True))), holomorphic=_is_complex(at))(
            [at[key] for key in keys]
        )
        return {key: np.asarray(slope) for key, slope in zip(keys, slopes, strict=True)}

    return Autodiff(jnp, gradient)


def _torch() -> Autodiff:
    import torch

    def gradient(scalar: Callable[[dict[Any, Any]], Any], at: dict[Any, Any]) -> dict[Any, Any]:
        kind = torch.complex128 if _is_complex(at) else torch.float64
        tracked = {key: torch.tensor(value, dtype=kind, requires_grad=True) for key, value in at.items()}
        value = scalar(tracked)
        if not value.requires_grad:
            return {key: np.zeros(tuple(leaf.shape)) for key, leaf in tracked.items()}
        slopes = torch.autograd.grad(
            value.real if _is_complex(at) else value, list(tracked.values()), allow_unused=True
        )
        return {
            # Of a complex number it returns the conjugate.
            key: np.zeros(tuple(leaf.shape)) if slope is None else slope.resolve_conj().numpy().conj()
            for (key, leaf), slope in zip(tracked.items(), slopes, strict=True)
        }

    return Autodiff(torch, gradient)


def _is_complex(at: Mapping[Any, Array]) -> bool:
    return any(np.iscomplexobj(value) for value in at.values())


LIBRARIES: Mapping[str, tuple[str, Callable[[], Autodiff]]] = MappingProxyType(
    {"autograd": ("autograd", _autograd), "JAX": ("jax", _jax), "PyTorch": ("torch", _torch)}
)
"""Each library by its name: the module it is imported as, and its space."""


def installed(name: str) -> bool:
    """Whether a library can be imported."""
    return importlib.util.find_spec(LIBRARIES[name][0]) is not None


def autodiff(name: str) -> Autodiff:
    """The space of a library; raises :class:`NoOracle` where it is not installed or does not load."""
    module, make = LIBRARIES[name]
    if not installed(name):
        raise NoOracle(f"{name} is not installed: pip install {module}")
    try:
        return make()
    except (ImportError, OSError) as why:
        raise NoOracle(f"{name} does not load: {why}") from None
