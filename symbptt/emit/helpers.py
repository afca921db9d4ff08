"""The functions that an emitted module brings along: named functions, stand-ins, what a library has no name for.

``left`` is always a matrix (*batch, rows, entries) that multiplies a derivative from the left; the entries of a matrix
are taken column by column, as vec. What is for arrays of any library is handed the library, ``xp``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from symbptt.functions import TABLE, NamedFunction

TURN = ".swapaxes(-1, -2)"


def needed_helpers(text: str, open_functions: Iterable[str], *, any_library: bool = False) -> list[str]:
    """The helpers that a text uses, and those that these use; ``open_functions`` have a shape and are left open.

    ``any_library``: for arrays of any library, a row for each example; else for NumPy.
    """
    fixed, standing = (ANY_LIBRARY, STANDING_FOR_ROWS) if any_library else (FIXED, STANDING)
    helpers = dict(fixed)
    for row in TABLE.values():
        helpers |= _of_row(row, "xp, " if any_library else "")
    for function in open_functions:
        helpers |= {name.format(function): helper.format(function) for name, helper in standing.items()}
    used: set[str] = set()
    pending = [text]
    while pending:
        called = set(re.findall(r"\b_\w+(?=[(),])", pending.pop()))
        for name in helpers.keys() & called - used:
            used.add(name)
            pending.append(helpers[name])
    return [helper.strip("\n") for name, helper in helpers.items() if name in used]


def _of_row(row: NamedFunction, library: str) -> dict[str, str]:
    """A named function and its first two derivatives, entry by entry."""
    name, (value, slope, bend) = row.name, row.code
    said = {
        f"_{name}({library}a)": (f"{name}, entry by entry", value),
        f"_{name}_slope({library}a, f)": (f"The derivative of {name} at a, where it is f", slope),
        f"_{name}_bend({library}a, f)": (f"The second derivative of {name} at a, where it is f", bend),
    }
    made = {
        head.partition("(")[0]: f'def {head}:\n    """{what}."""\n    return {text}\n'
        for head, (what, text) in said.items()
    }
    if not library:
        return made
    return {key: re.sub(r"\b(\w)\.real", r"_real(\1)", text.replace("np.", "xp.")) for key, text in made.items()}


STANDING: Mapping[str, str] = MappingProxyType(
    {
        "_value_of_{}": '''
def _value_of_{0}(rows, *arguments):
    """Stands for the function {0}, which the page leaves open: put your own here, and its Jacobians below.

    Component k is sin(c · a + k): a are the entries of all arguments, c fixed numbers between 1/2 and 3/2.
    """
    return np.sin(_phase("{0}", rows, arguments)[0])
''',
        "_slopes_of_{}": '''
def _slopes_of_{0}(rows, *arguments):
    """Its Jacobian in each of its arguments, (*batch, rows, entries)."""
    phase, slopes = _phase("{0}", rows, arguments)
    ends = np.cumsum([argument.shape[-2] * argument.shape[-1] for argument in arguments])
    return np.split(np.cos(phase) * slopes, ends[:-1], axis=-1)
''',
    }
)
"""What stands for a function with a shape that a page leaves open, by its name."""
STANDING_FOR_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "_value_of_{}": '''
def _value_of_{0}(*arguments):
    """Stands for {0}, which the page leaves open: put your own here, one number for each example."""
    return 0.5 * _weighed(arguments) ** 2
''',
        "_slopes_of_{}": '''
def _slopes_of_{0}(*arguments):
    """Its gradient in each argument."""
    return [(k + 1.0) * _weighed(arguments) + 0.0 * a for k, a in enumerate(arguments)]
''',
    }
)
"""The same where the function is a number for each example, and each example is a row."""
ANY_LIBRARY: Mapping[str, str] = MappingProxyType(
    {
        "_scan": '''
def _scan(step, carry, given, reverse=False):
    """Runs a step over the entries of what is given, as jax.lax.scan does; what each makes, as lists."""
    count = len(given[0]) if isinstance(given[0], list) else given[0].shape[0]
    made = [()] * count
    for k in range(count)[:: -1 if reverse else 1]:
        entries = [one[k] if isinstance(one, list) else one[k, ...] for one in given]
        carry, made[k] = step(carry, entries)
    return carry, [list(one) for one in zip(*made)]
''',
        "_softmax": '''
def _softmax(xp, a):
    """exp(a) over the sum of it; the largest entry is subtracted, so that nothing overflows."""
    powers = xp.exp(a - xp.max(a, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)
''',
        "_weighed": '''
def _weighed(arguments):
    """A sum of all entries, those of a later argument counted more."""
    return sum(_xp(a).sum((k + 1.0) * a, axis=-1, keepdims=True) for k, a in enumerate(arguments))
''',
        "_real": '''
def _real(a):
    """The real part, where an array has one."""
    return a.real if hasattr(a, "real") else a
''',
        "_xp": '''
def _xp(*arrays):
    """The library that arrays are of: NumPy, JAX and CuPy say so, PyTorch by array_api_compat. NumPy's go with any."""
    found = [_library(a) for a in arrays if hasattr(a, "__array_namespace__") or getattr(a, "ndim", 0)]
    return next((one for one in found if one.__name__ != "numpy"), found[0])
''',
        "_library": """
def _library(a):
    if hasattr(a, "__array_namespace__"):
        return a.__array_namespace__()
    from array_api_compat import array_namespace

    return array_namespace(a)
""",
    }
)
"""Each operation on arrays of any library by its name."""
FIXED = MappingProxyType(
    {
        "_phase": """
def _phase(name, rows, arguments):
    entries = _side_by_side(*(_vec(argument).swapaxes(-1, -2) for argument in arguments)).swapaxes(-1, -2)
    draws = [np.random.default_rng([k, *name.encode()]).uniform(0.5, 1.5, entries.shape[-2]) for k in range(rows)]
    slopes = np.stack(draws)
    return slopes @ entries + np.arange(rows)[:, np.newaxis], slopes
""",
        "_vec": '''
def _vec(matrix):
    """The entries of a matrix as one column, column by column."""
    return matrix.swapaxes(-1, -2).reshape(*matrix.shape[:-2], -1, 1)
''',
        "_shaped": '''
def _shaped(row, rows, columns):
    """A row over the entries of a matrix, column by column, as that matrix."""
    return row.reshape(*row.shape[:-2], columns, rows).swapaxes(-1, -2)
''',
        "_side_by_side": '''
def _side_by_side(*blocks):
    """Matrices with the same rows as one, their batches broadcast."""
    lead = np.broadcast_shapes(*(block.shape[:-2] for block in blocks))
    return np.concatenate([np.broadcast_to(block, lead + block.shape[-2:]) for block in blocks], axis=-1)
''',
        "_kronecker": '''
def _kronecker(one, other):
    """The Kronecker product."""
    product = one[..., :, np.newaxis, :, np.newaxis] * other[..., np.newaxis, :, np.newaxis, :]
    rows, columns = one.shape[-2] * other.shape[-2], one.shape[-1] * other.shape[-1]
    return product.reshape(*product.shape[:-4], rows, columns)
''',
        "_turned": '''
def _turned(left, rows, columns):
    """left · ∂Xᵀ/∂X, where Xᵀ has so many rows and columns."""
    return left.reshape(*left.shape[:-1], columns, rows).swapaxes(-1, -2).reshape(left.shape)
''',
        "_to_first": '''
def _to_first(left, second, rows):
    """left · ∂(X second)/∂X, where X has so many rows."""
    matrices = left.reshape(*left.shape[:-1], -1, rows)
    moved = second[..., np.newaxis, :, :] @ matrices
    return moved.reshape(*moved.shape[:-2], -1)
''',
        "_to_second": '''
def _to_second(left, first):
    """left · ∂(first X)/∂X."""
    matrices = left.reshape(*left.shape[:-1], -1, first.shape[-2])
    moved = matrices @ first[..., np.newaxis, :, :]
    return moved.reshape(*moved.shape[:-2], -1)
''',
        "_put": '''
def _put(bars, name, step, left):
    """Adds to what is pulled back into a state."""
    found = bars.get((name, step))
    bars[name, step] = left if found is None else found + left
''',
        "_gathered": '''
def _gathered(shares, name, rows, columns):
    """The sum of the shares of one weight, (*batch, rows, columns).

    A share is either whole, or what is pulled back to the row of a product weight · column, and the column.
    """
    total = np.zeros((rows, columns))
    pairs = [(left, column) for found, _, left, column in shares if found == name and column is not None]
    for found, _, left, column in shares:
        if found == name and column is None:
            total = total + left
    if pairs:
        # One product for all steps: what is summed over them is then never written to memory step by step.
        lead = np.broadcast_shapes(*(part.shape[:-2] for pair in pairs for part in pair))
        lefts = np.stack([np.broadcast_to(left, lead + left.shape[-2:]) for left, _ in pairs], axis=-3)
        entered = _side_by_side(*(np.broadcast_to(column, lead + column.shape[-2:]) for _, column in pairs))
        product = entered @ lefts.reshape(*lefts.shape[:-2], -1)
        whole = product.reshape(*product.shape[:-1], rows, -1).swapaxes(-2, -3)
        total = total + whole.reshape(*whole.shape[:-2], columns)
    return total
''',
        "_spread": '''
def _spread(found, lead):
    """A matrix for each point of the whole batch."""
    return found if found.shape[:-2] == lead else np.broadcast_to(found, lead + found.shape[-2:]).copy()
''',
        "_listed": '''
def _listed(found, last, lead):
    """A state at the steps 0..last, (*batch, last + 1, rows, columns); nan where it has no value."""
    empty = np.full_like(next(iter(found.values())), np.nan)
    return np.stack([_spread(found.get(k, empty), lead) for k in range(last + 1)], axis=-3)
''',
        "_array": """
def _array(name, value):
    made = np.asarray(value)
    if made.dtype.kind not in "fciu":
        raise TypeError(f"{name} is {made.dtype}: expected numbers")
    # Whole numbers would wrap around, single precision would lose half of the digits.
    made = made.astype(np.complex128 if made.dtype.kind == "c" else np.float64, copy=False)
    if not np.isfinite(made).all():
        raise ValueError(f"{name} has an entry that is not finite")
    return made
""",
        "_check": '''
def _check(name, value, dims, sizes):
    """Each size letter is one number, that of the first array which has it."""
    if value.ndim < len(dims):
        raise ValueError(f"{name} has shape {value.shape}: expected (*batch, {', '.join(dims)})")
    for dim, found in zip(dims, value.shape[value.ndim - len(dims) :]):
        expected = int(dim) if dim.isdecimal() else sizes.setdefault(dim, found)
        if found != expected:
            raise ValueError(f"{name} has shape {value.shape}: {dim} is {expected}, not {found}")
''',
        "_check_batches": """
def _check_batches(batches):
    try:
        np.broadcast_shapes(*batches.values())
    except ValueError:
        raise ValueError(f"the batches do not broadcast: {batches}") from None
""",
    }
)
"""Each operation by its name."""
