"""Where the numbers of a recurrence live: NumPy, any number of digits by mpmath, autograd, JAX or PyTorch.

The definitions of a page are run forward in any of them by one interpreter, ``recurrence.Forward``. A space holds the
few operations that are not spelled alike in all: how an array is made, and what each activation does to it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import mpmath
import numpy as np

from symbptt import functions
from symbptt.errors import NoOracle
from symbptt.functions import TABLE
from symbptt.oracles.numeric import Array, slopes_of


class Space(Protocol):
    """Arrays that add, multiply by ``@`` over their last two axes, and know ``shape``, ``swapaxes`` and slices."""

    def array(self, values: Array) -> Any:
        """These floats as an array of the space."""

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number as a 1 by 1 matrix."""

    def side_by_side(self, blocks: Sequence[Any]) -> Any:
        """Matrices with the same rows as one, their leading axes broadcast."""

    def column(self, entries: Sequence[Any]) -> Any:
        """Arrays of one shape as the entries of a column."""

    def elementwise(self, name: str, argument: Any) -> Any:
        """A named function."""

    def arbitrary(self, name: str, component: int, arguments: Sequence[Any]) -> Any:
        """The function that stands for an arbitrary one, ``numeric.arbitrary``, undifferentiated."""


class _Arrays:
    """What every library spells as NumPy does; ``library`` is its namespace."""

    def __init__(self, library: Any) -> None:
        self.library = library

    def array(self, values: Array) -> Any:
        """These floats as an array of the space."""
        return self.library.asarray(values)

    def number(self, numerator: int, denominator: int) -> Any:
        """A rational number as a 1 by 1 matrix."""
        return self.array(np.full((1, 1), numerator / denominator))

    def side_by_side(self, blocks: Sequence[Any]) -> Any:
        """Matrices with the same rows as one, their leading axes broadcast."""
        lead = np.broadcast_shapes(*(tuple(block.shape[:-2]) for block in blocks))
        # Zeros broadcast in every library, broadcast_to only in some.
        whole = [block + self.array(np.zeros((*lead, 1, 1))) for block in blocks]
        return self.library.concatenate(whole, -1)

    def column(self, entries: Sequence[Any]) -> Any:
        """Arrays of one shape as the entries of a column."""
        return self.library.stack(entries, -1)[..., None]

    def elementwise(self, name: str, argument: Any) -> Any:
        """A named function; nan or inf outside of its domain, where no point is kept."""
        with np.errstate(all="ignore"):
            return TABLE[name].value(self.library, argument)

    def arbitrary(self, name: str, component: int, arguments: Sequence[Any]) -> Any:
        """The function that stands for an arbitrary one."""
        phase = float(component)
        for slope, argument in zip(slopes_of(name, component, len(arguments)), arguments, strict=True):
            phase = phase + slope * argument
        return self.library.sin(phase)


NUMPY: Space = _Arrays(np)


class Digits:
    """Numbers of so many decimal digits, as NumPy arrays of objects; every float enters as what it is exactly."""

    def __init__(self, digits: int) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits
        self._library = functions.Digits(self.context)

    def array(self, values: Array) -> Array:
        """These floats or complex numbers, exactly."""
        return np.asarray(np.frompyfunc(self.context.mpmathify, 1, 1)(np.asarray(values, dtype=object)), dtype=object)

    def number(self, numerator: int, denominator: int) -> Array:
        """A rational number as a 1 by 1 matrix, rounded to the digits."""
        made = np.empty((1, 1), dtype=object)
        made[0, 0] = self.context.mpf(numerator) / denominator
        return made

    def side_by_side(self, blocks: Sequence[Array]) -> Array:
        """Matrices with the same rows as one, their leading axes broadcast."""
        lead = np.broadcast_shapes(*(block.shape[:-2] for block in blocks))
        return np.concatenate([np.broadcast_to(block, lead + block.shape[-2:]) for block in blocks], axis=-1)

    def column(self, entries: Sequence[Array]) -> Array:
        """Arrays of one shape as the entries of a column."""
        return np.stack(entries, axis=-1)[..., np.newaxis]

    def elementwise(self, name: str, argument: Array) -> Array:
        """A named function."""
        return np.asarray(np.frompyfunc(lambda a: self._library.named(name, a), 1, 1)(argument), dtype=object)

    def arbitrary(self, name: str, component: int, arguments: Sequence[Array]) -> Array:
        """The function that stands for an arbitrary one."""
        phase: Any = self.context.mpf(component)
        for slope, argument in zip(slopes_of(name, component, len(arguments)), arguments, strict=True):
            phase = phase + self.context.mpf(slope) * argument
        return np.asarray(np.frompyfunc(self.context.sin, 1, 1)(phase), dtype=object)


# --------------------------------------------------------------------------------------------------- autodiff


class Autodiff(_Arrays):
    """A library that differentiates what is run in it, in double precision."""

    def __init__(
        self,
        library: Any,
        gradient: Callable[[Callable[[dict[Any, Any]], Any], dict[Any, Any]], dict[Any, Any]],
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
