"""symbptt checks derivations of gradients: proved (for whom), wrong (where), or right only if read a certain way.

A page is written once, as data, with the names below; ``prove`` judges its equations.
"""

from symbptt.derivation import Derivation, Equation
from symbptt.notation import (
    Product,
    Sum,
    block,
    concat,
    copy_at,
    d,
    data,
    function,
    indices,
    partial,
    sizes,
    state,
    weight,
)

__version__ = "0.1.0"

__all__ = [
    "Derivation",
    "Equation",
    "Product",
    "Sum",
    "block",
    "concat",
    "copy_at",
    "d",
    "data",
    "function",
    "indices",
    "partial",
    "sizes",
    "state",
    "weight",
]
