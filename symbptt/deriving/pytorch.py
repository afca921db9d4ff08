"""PyTorch functions and modules as functions of arrays, so that they are compared like any other.

A function gets tensors, and weights that want a gradient. What it returns may be the gradients by name, or the loss
alone, which PyTorch then differentiates: a pass backward of a user's own is a ``torch.autograd.Function`` inside it. In
a module the weights of the page are its parameters of the same names, ``cell.W`` for W; it is called with the rest.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from symbptt.errors import UsageError

Gradients: TypeAlias = Callable[..., Mapping[str, Any]]


def is_module(fn: object) -> bool:
    """Whether it is a module of PyTorch; that is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(fn, torch.nn.Module)


def of_arrays(fn: Any, weights: tuple[str, ...]) -> Gradients:
    """A function of arrays, by name, that returns the gradient in each of ``weights``.

    Raises :class:`UsageError` where PyTorch is not installed, where a module has no parameter for a weight, or one that
    the page does not know.
    """
    try:
        import torch
    except ImportError:
        raise UsageError("PyTorch is not installed: expected a function of NumPy arrays") from None
    names = _parameters(fn, weights) if is_module(fn) else {}

    def called(**letters: Any) -> Mapping[str, Any]:
        given: dict[str, Any] = {
            name: torch.tensor(value) if not isinstance(value, int) else value for name, value in letters.items()
        }
        if names:
            fn.double()
            inside = {weight: fn.get_parameter(name) for weight, name in names.items()}
            fn.zero_grad()
            with torch.no_grad():
                for weight, parameter in inside.items():
                    parameter.copy_(given.pop(weight).reshape(parameter.shape))
            returned = fn(**_wanted(fn, given))
        else:
            inside = {name: given[name].requires_grad_() for name in weights}
            returned = fn(**given)
        if isinstance(returned, Mapping):
            return {name: _array(value) for name, value in returned.items()}
        if not isinstance(returned, torch.Tensor) or returned.numel() != 1:
            raise UsageError(f"it returned {type(returned).__name__}: expected the loss, or a mapping of gradients")
        found = torch.autograd.grad(returned.sum(), list(inside.values()), allow_unused=True)
        return {
            name: _array(torch.zeros_like(inside[name]) if value is None else value).reshape(letters[name].shape)
            for name, value in zip(inside, found, strict=True)
        }

    return called


def _array(value: Any) -> Any:
    """A tensor as an array; anything else as it is."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _parameters(module: Any, weights: tuple[str, ...]) -> dict[str, str]:
    """For each weight the name of its parameter: W, or what ends in .W."""
    every = [name for name, _ in module.named_parameters()]
    found: dict[str, str] = {}
    for weight in weights:
        named = [name for name in every if name.rpartition(".")[2] == weight]
        if len(named) != 1:
            raise UsageError(f"the module has {', '.join(every)}: expected one parameter called {weight}")
        found[weight] = named[0]
    if beside := [name for name in every if name not in found.values()]:
        raise UsageError(f"the module has {', '.join(beside)}, and the page has no such weight")
    return found


def _wanted(module: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a module asks for of what the page leaves open: it may know the last step from its data."""
    asked = inspect.signature(module.forward).parameters
    if any(one.kind is one.VAR_KEYWORD for one in asked.values()):
        return dict(given)
    return {name: value for name, value in given.items() if name in asked}
