"""A claim as a readable NumPy module: the recurrence run forward, the right side as loops, each step's share of it.

The code is written from the notation, matrix by matrix: h_t = phi(W h_{t-1} + U x_t + b) becomes a loop over steps, a
sum of cascades another one that carries the product of Jacobians along, and ``X · ∂⁺h_k/∂W`` an outer product. What
the page writes as Σ_i Π_j is so computed in t steps, not t², and in the order in which the page multiplies.

The letters of the page are the arguments of the functions: each is a plain name already (``notation.NAME``), and one
that Python, NumPy or the module itself uses is written with a ``_`` behind it. No other text of a page reaches the code
but in docstrings and comments, on one line and without quotes or backslashes.

A step is ``phi(affine)`` or affine, in weights, data and the state one step back; for any other page, and for any other
node on the right side, :class:`Undecided` says what has no rule, and ``numeric.NumpyFunction`` goes on at a given t.
"""

from __future__ import annotations

import builtins
import keyword
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from symbptt.derivation import Derivation, Equation
from symbptt.errors import IllTyped, Undecided, UsageError
from symbptt.expansion import first_step
from symbptt.notation import (
    Add,
    Apply,
    At,
    Concat,
    Expr,
    Index,
    Letter,
    Mul,
    Number,
    Partial,
    Product,
    Sum,
    Total,
    Transpose,
    substitute,
)
from symbptt.numbers.numeric import Array
from symbptt.shapes import parts, shape

ACTIVATION: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "tanh": ("np.tanh(_a)", "1.0 - {h} * {h}"),
        "sigmoid": ("0.5 * (1.0 + np.tanh(0.5 * _a))", "{h} * (1.0 - {h})"),
        "softplus": (
            "np.where(_a.real > 0.0, _a, 0.0) + np.log1p(np.exp(np.where(_a.real > 0.0, -_a, _a)))",
            "0.5 * (1.0 + np.tanh(0.5 * _a))",
        ),
        "relu": ("np.where(_a.real > 0.0, _a, 0.0)", "(_a.real > 0.0).astype(_a.dtype)"),
        "identity": ("_a", "np.ones_like(_a)"),
    }
)
"""Each activation at the argument ``_a``, and its slope from the argument and the value ``{h}``. The slope of relu is
0 at its kink. None of them overflows, and each takes complex numbers, a branch being chosen by the real part."""


TURN = ".swapaxes(-1, -2)"


@dataclass(frozen=True, slots=True)
class Step:
    """One term of an affine step: ``factor · weight · what enters``; a bias has nothing that enters."""

    factor: str
    weight: Letter
    entering: At | None


class Emission:
    """The module for one claim in one weight."""

    def __init__(self, page: Derivation, equation: Equation, weight: Letter | None, activation: str) -> None:
        self.page, self.equation, self.activation = page, equation, activation
        left, right = page.resolved(equation, weight)
        wrt = left.wrt if isinstance(left, Total) else None
        of = left.of if isinstance(left, Total) else None
        if not isinstance(wrt, Letter) or wrt.kind != "weight":
            raise Undecided(f"({equation.tag}) has no total derivative in a weight on its left: {left}")
        if not isinstance(of, At) or of.letter.kind != "state" or len(of.index.terms) != 1 or equation.for_each:
            raise Undecided(f"({equation.tag}) differentiates {of}, which is no state at the step t")
        self.wrt, self.state, self.at = wrt, of.letter, of.index
        # What a docstring calls them: a spelling may be any text, a symbol is a plain name.
        self.h, self.w = self.state.symbol, wrt.symbol
        self.clock = of.index.terms[0][0]
        if of.index.terms[0][1] != 1:
            raise Undecided(f"({equation.tag}) differentiates {of}, which is no state at the step t")
        self.left, self.right = left, right
        self.first = first_step(page, equation)
        self.steps, self.applied = self._affine()
        self.leaves = parts(page, wrt)
        used = [step.weight for step in self.steps]
        if any(used.count(leaf) != 1 for leaf in self.leaves):
            raise Undecided(f"{wrt} is not used once in each step of {self.state}")
        if any(step.weight in self.leaves and step.factor for step in self.steps):
            raise Undecided(f"a step of {self.state} uses a multiple of {wrt}")
        self.data = tuple(
            dict.fromkeys(
                step.entering.letter
                for step in self.steps
                if step.entering is not None and step.entering.letter.kind == "data"
            )
        )
        self.weights = tuple(dict.fromkeys(used))
        # No letter of the page is called h_0 where h is a state: ``Derivation`` sees to that.
        self.names = {**_names((*self.weights, *self.data)), self.state: f"{self.h}_0"}
        self._fresh = 0

    # ------------------------------------------------------------------------------------------- the page

    def _affine(self) -> tuple[list[Step], bool]:
        said = [known for known in self.page.definitions(self.state) if known.right is not None]
        if len(said) != 1 or not isinstance(said[0].left, At) or not said[0].left.index.terms:
            raise Undecided(f"{self.state} is defined in several ways, or at no step t")
        body, clock = self.page.resolve(said[0].right), said[0].left.index.name()  # type: ignore[arg-type]
        applied = isinstance(body, Apply) and body.function.shape is None
        inside = body.arguments[0] if isinstance(body, Apply) and applied else body
        return [self._term(part, clock) for part in (inside.parts if isinstance(inside, Add) else (inside,))], applied

    def _term(self, term: Expr, clock: str) -> Step:
        factors = term.parts if isinstance(term, Mul) else (term,)
        factor = ""
        while len(factors) > 1 and isinstance(factors[0], Number):
            value = factors[0].value
            factor += f"{value.numerator} / {value.denominator} * " if value.denominator != 1 else f"{value} * "
            factors = factors[1:]
        match factors:
            case (Letter(kind="weight") as weight,):
                return self._plain(Step(factor, weight, None))
            case (Letter(kind="weight") as weight, At() as entering):
                lag = Index.letter(clock) - entering.index
                own = entering.letter == self.state and lag.constant == 1
                # Further back the first step would read before the first entry, where Python starts from the end.
                given = entering.letter.kind == "data" and 0 <= lag.constant <= 1
                if not lag.terms and (own or given):
                    # Counted from the step of the definition.
                    return self._plain(Step(factor, weight, At(entering.letter, Index.of(-lag.constant))))
        raise Undecided(f"{term} is no weight times data or {self.state} one step back")

    def _plain(self, step: Step) -> Step:
        if self.page.definitions(step.weight):
            raise Undecided(f"{step.weight} is defined from other weights")
        return step

    # ------------------------------------------------------------------------------------------- the module

    def source(self) -> str:
        """The module, ready to be written to a file."""
        body = list(self._accumulate(self.right, "", {self.clock: "t"}))
        given = ", ".join(["t", *(self.names[letter] for letter in (*self.weights, *self.data, self.state))])
        lines = [
            *self._docstring(),
            "import numpy as np",
            "",
            "",
            f"def forward({given}):",
            f'    """The states {self.h}_0..{self.h}_t: (*batch, t + 1, rows)."""',
            f"    _h, _slope, _in, *_ = _run({given})",
            "    _lead = np.broadcast_shapes(*(_state.shape for _state in _h))",
            "    return np.stack([np.broadcast_to(_state, _lead)[..., 0] for _state in _h], axis=-2)",
            "",
            "",
            f"def gradient({given}):",
            f'    """{self._shown(self.left)}: (*batch, rows of {self.h}, entries of {self.w} as vec)."""',
            f"    return _shares(None, {given})",
            "",
            "",
            f"def terms({given}):",
            f'    """What each step adds to it, {self.w} moved at step k alone: (*batch, t + 1, rows, columns)."""',
            "    _each = {}",
            f"    _whole = _shares(_each, {given})",
            "    return np.stack([_each.get(_k, 0.0) + np.zeros_like(_whole) for _k in range(t + 1)], axis=-3)",
            "",
            "",
            *self._run(given),
            "",
            "",
            *self._jacobian(),
            "",
            "",
            *self._immediate(),
            "",
            "",
            f"def _shares(_each, {given}):",
            f"    _h, _slope, _in, _weight = _run({given})",
            "    _eye = np.eye(_h[-1].shape[-2])",
            "    _total = 0.0",
            "",
            "    def _add(_left, _k):",
            f'        """Adds _left · ∂⁺{self.h}_k/∂{self.w} to the total, or to the share of its step."""',
            "        nonlocal _total",
            "        if _k < 1:",
            f"            return  # {self.h}_0 is given, whatever the weights",
            "        _share = _immediate(_left, _slope[_k], _in[_k])",
            "        if _each is not None:",
            "            _each[_k] = _each.get(_k, 0.0) + _share",
            "        if isinstance(_total, float) or _total.shape != np.broadcast_shapes(_total.shape, _share.shape):",
            "            _total = _total + _share",
            "        else:",
            "            _total += _share",
            "",
            *_indented(body),
            "    if isinstance(_total, float):",
            f"        _total = np.zeros(_h[-1].shape[:-1] + ({self._columns()},))",
            "    return _total",
            "",
        ]
        return "\n".join(lines)

    def _docstring(self) -> Iterator[str]:
        page, equation = self.page, self.equation
        title = f"({equation.tag}) {self._shown(self.left)} = {self._shown(self.right)}"
        yield '"""' + textwrap.fill(_quoted(title), 116, subsequent_indent="    ")
        yield ""
        source = ", ".join(_quoted(part) for part in (page.title, page.source) if part)
        yield textwrap.fill(f"Equation ({_quoted(equation.tag)}) of {source or 'a derivation'}.", 116)
        said = self.activation if self.applied else "no function"
        yield f"Elementwise function: {said}. Written by symbptt; needs numpy alone."
        yield ""
        yield "Every function takes the step t and, float64 (or complex128):"
        yield ""
        for letter in self.weights:
            rows, columns = shape(page, letter)
            yield f"    {self.names[letter]}: (*batch, {rows}, {columns})"
        for letter in self.data:
            rows, _ = shape(page, letter)
            yield f"    {self.names[letter]}: (*batch, t + 1, {rows}), entry k is {letter.symbol}_k"
        rows, _ = shape(page, self.state)
        yield f"    {self.names[self.state]}: (*batch, {rows}), the first state"
        yield ""
        yield "batch is any number of leading axes, which broadcast. A derivative has a row for each entry of"
        yield f"{self.h} and a column for each of {self.w}, taken column by column (numerator layout)."
        yield "What overflows comes back as inf or nan, with NumPy's warning."
        yield '"""'
        yield ""

    def _shown(self, node: Expr) -> str:
        return _quoted(str(node))

    def _columns(self) -> str:
        sizes = [f"{self.names[leaf]}.shape[-2] * {self.names[leaf]}.shape[-1]" for leaf in self.leaves]
        return " + ".join(sizes)

    def _run(self, given: str) -> Iterator[str]:
        yield f"def _run({given}):"
        yield f"    if t != int(t) or t < {self.first}:"
        yield f'        raise ValueError(f"the claim is stated from t = {self.first} on, not at {{t!r}}")'
        for letter in (*self.weights, *self.data, self.state):
            yield f"    {self.names[letter]} = _array({self.names[letter]!r}, {self.names[letter]})"
        yield from self._shape_checks()
        yield f"    _h = [{self.names[self.state]}[..., np.newaxis]]"
        yield "    _slope, _in = [None], [None]"
        yield "    for _k in range(1, t + 1):"
        summands = []
        entering = []
        for step in self.steps:
            name = self.names[step.weight]
            if step.entering is None:
                summands.append(f"{step.factor}{name}")
                entering.append((step.weight, "np.ones((1, 1))"))
                continue
            back = step.entering.index.value()
            if step.entering.letter == self.state:
                what = "_h[_k - 1]"
            else:
                at = f"_k - {-back}" if back < 0 else "_k" if back == 0 else f"_k + {back}"
                what = f"{self.names[step.entering.letter]}[..., {at}, :, np.newaxis]"
            summands.append(f"{step.factor}{name} @ {what}")
            entering.append((step.weight, what))
        yield f"        _a = {' + '.join(summands)}"
        value, slope = ACTIVATION[self.activation if self.applied else "identity"]
        yield f"        _h.append({value})"
        yield f"        _slope.append({slope.format(h='_h[-1]')})"
        own = {weight: what.replace("_h[_k - 1]", "_h[-2]") for weight, what in entering}
        yield f"        _in.append(({', '.join(own[leaf] for leaf in self.leaves)},))"
        recurrent = [step for step in self.steps if step.entering is not None and step.entering.letter == self.state]
        if len(recurrent) > 1:
            raise Undecided(f"{self.h} enters its own step twice")
        matrix = f"{recurrent[0].factor}{self.names[recurrent[0].weight]}" if recurrent else "np.zeros((1, 1))"
        yield f"    return _h, _slope, _in, {matrix}"
        yield ""
        yield ""
        yield "def _array(_name, _value):"
        yield "    _made = np.asarray(_value)"
        yield '    if _made.dtype.kind not in "fciu":'
        yield '        raise TypeError(f"{_name} is {_made.dtype}: expected numbers")'
        yield "    # Whole numbers would wrap around, single precision would lose half of the digits."
        yield "    _made = _made.astype(np.complex128 if _made.dtype.kind == 'c' else np.float64)"
        yield "    if not np.isfinite(_made).all():"
        yield '        raise ValueError(f"{_name} has an entry that is not finite")'
        yield "    return _made"

    def _shape_checks(self) -> Iterator[str]:
        # One expected number for each size letter, from the first array that has it.
        yield "    _sizes = {}"
        rows = [(letter, shape(self.page, letter)) for letter in self.weights]
        for letter, dims in rows:
            name = self.names[letter]
            yield f"    _check({name!r}, {name}, ({str(dims[0])!r}, {str(dims[1])!r}), _sizes)"
        for letter in self.data:
            dim = shape(self.page, letter)[0]
            name = self.names[letter]
            yield f"    _check({name!r}, {name}, ('t + 1', {str(dim)!r}), {{'t + 1': t + 1, **_sizes}})"
        dim = shape(self.page, self.state)[0]
        name = self.names[self.state]
        yield f"    _check({name!r}, {name}, ({str(dim)!r},), _sizes)"
        taken = [(letter, 2) for letter in (*self.weights, *self.data)] + [(self.state, 1)]
        yield "    _batches = {"
        for letter, axes in taken:
            yield f"        {self.names[letter]!r}: {self.names[letter]}.shape[:-{axes}],"
        yield "    }"
        yield "    try:"
        yield "        np.broadcast_shapes(*_batches.values())"
        yield "    except ValueError:"
        yield '        raise ValueError(f"the batches do not broadcast: {_batches}") from None'

    def _jacobian(self) -> Iterator[str]:
        yield "def _jacobian(_slope, _weight):"
        yield f'    """∂{self.h}_k/∂{self.h}_{{k-1}} = diag(slope) · weight."""'
        yield "    return _slope * _weight"
        yield ""
        yield ""
        yield "def _check(_name, _value, _dims, _sizes):"
        yield "    if _value.ndim < len(_dims):"
        yield "        raise ValueError(f\"{_name} has shape {_value.shape}: expected (*batch, {', '.join(_dims)})\")"
        yield "    for _dim, _found in zip(_dims, _value.shape[_value.ndim - len(_dims) :]):"
        yield "        _expected = int(_dim) if _dim.isdecimal() else _sizes.setdefault(_dim, _found)"
        yield "        if _found != _expected:"
        yield '            raise ValueError(f"{_name} has shape {_value.shape}: {_dim} is {_expected}, not {_found}")'

    def _immediate(self) -> Iterator[str]:
        yield "def _immediate(_left, _slope, _in):"
        yield f'    """_left · ∂⁺{self.h}_k/∂{self.w}: _left · diag(slope) times what enters step k."""'
        yield "    _delta = _left * _slope.swapaxes(-1, -2)"
        if self.leaves == (self.wrt,):
            yield "    # Axes: row of the state, column of the weight, row of the weight."
            yield "    _outer = _in[0][..., np.newaxis, :, :] * _delta[..., :, np.newaxis, :]"
        else:
            for place in range(len(self.leaves)):
                yield f"    _{place} = _delta[..., np.newaxis] * _in[{place}].swapaxes(-1, -2)[..., np.newaxis, :, :]"
            built = self._built(self.wrt)
            turned = built.removesuffix(TURN)
            yield f"    _outer = {turned if turned != built else built + TURN}"
        yield "    return _outer.reshape(*_outer.shape[:-2], -1)"

    def _built(self, node: Expr) -> str:
        """The definition of a weight on the derivatives in its blocks, each (..., rows of h, rows, columns)."""
        match node:
            case Letter() if node in self.leaves:
                return f"_{self.leaves.index(node)}"
            case Letter():
                for known in self.page.definitions(node):
                    if known.right is not None:
                        return self._built(known.right)
            case Transpose():
                return self._built(node.of) + TURN
            case Concat():
                blocks = ", ".join(map(self._built, node.parts))
                return f"np.concatenate(({blocks}), axis=-1)"
        raise IllTyped(f"{node} is no block of a weight")

    # ------------------------------------------------------------------------------------------- the right side

    def _accumulate(self, node: Expr, left: str, names: Mapping[str, str]) -> Iterator[str]:
        """Statements that add ``left`` times the expression to the total; an empty ``left`` is the identity."""
        match node:
            case Add():
                for part in node.parts:
                    yield from self._accumulate(part, left, names)
            case Mul():
                yield from self._cascade(node.parts, left, names)
            case Sum(body=Mul(parts=(Product() as product, *rest))) if not left and self._runs_along(node, product):
                yield from self._running(node, product, rest, names)
            case Sum():
                index, inner = self._named(node.index, names)
                yield f"for {index} in range({_at(node.lower, names)}, {_at(node.upper + 1, names)}):"
                yield from _indented(self._accumulate(node.body, left, inner))
            case Partial(of=At(letter=letter, index=at), wrt=Letter() as wrt) if (
                letter == self.state and wrt == self.wrt
            ):
                yield f"_add({left or '_eye'}, {_at(at, names)})"
            case Total(of=At(letter=letter, index=at), wrt=wrt) if letter == self.state and wrt == self.wrt:
                self._fresh += 1
                adjoint, k = f"_adjoint{self._fresh}", f"_m{self._fresh}"
                yield f"# {_quoted(str(node))}, by its recursion: each step adds its own share and passes the rest on."
                yield f"{adjoint} = {left or '_eye'}"
                yield f"for {k} in range({_at(at, names)}, 0, -1):"
                yield f"    _add({adjoint}, {k})"
                yield f"    {adjoint} = {adjoint} @ _jacobian(_slope[{k}], _weight)"
            case _:
                raise Undecided(f"{node} has no rule in matrices")

    def _cascade(self, factors: Sequence[Expr], left: str, names: Mapping[str, str]) -> Iterator[str]:
        *before, last = factors
        for factor in before:
            if isinstance(factor, Product):
                self._fresh += 1
                name = f"_product{self._fresh}"
                yield f"{name} = {left or '_eye'}"
                yield from self._multiplied(factor, name, names)
                left = name
            else:
                text = self._factor(factor, names)
                scalar = isinstance(factor, Number)
                left = f"{left or '_eye'} * {text}" if scalar else f"{left} @ {text}" if left else text
        if left.isidentifier() or not left:
            yield from self._accumulate(last, left, names)
            return
        self._fresh += 1
        yield f"_left{self._fresh} = {left}"
        yield from self._accumulate(last, f"_left{self._fresh}", names)

    def _multiplied(self, product: Product, name: str, names: Mapping[str, str]) -> Iterator[str]:
        index, inner = self._named(product.index, names)
        low, high = _at(product.lower, names), _at(product.upper, names)
        run = f"range({low}, {high} + 1)" if product.ascending else f"range({high}, {low} - 1, -1)"
        yield f"for {index} in {run}:"
        yield f"    {name} = {name} @ {self._factor(product.body, inner)}"

    def _factor(self, node: Expr, names: Mapping[str, str]) -> str:
        match node:
            case Number():
                return f"({node.value.numerator} / {node.value.denominator})"
            case Partial(of=At(letter=letter, index=at), wrt=At(letter=other, index=back)) if letter == other:
                if letter == self.state and at - back == Index.of(1):
                    return f"_jacobian(_slope[{_at(at, names)}], _weight)"
            case Transpose():
                return f"{self._factor(node.of, names)}.swapaxes(-1, -2)"
        raise Undecided(f"{node} has no rule in matrices")

    def _runs_along(self, node: Sum, product: Product) -> bool:
        """Whether the product grows by one factor on its right as the index of the sum falls by one."""
        moves = dict(product.lower.terms).get(node.index) == 1 and node.index not in product.upper.letters()
        return moves and not product.ascending

    def _running(self, node: Sum, product: Product, rest: Sequence[Expr], names: Mapping[str, str]) -> Iterator[str]:
        self._fresh += 1
        name = f"_cascade{self._fresh}"
        index, inner = self._named(node.index, names)
        first = product.lower.substitute({node.index: node.upper})
        yield f"# Σ over {node.index}, the largest first: {_quoted(str(product))} gains a factor on its right."
        yield f"{name} = _eye"
        gap = first - product.upper
        if gap.terms or gap.constant < 0:
            counted, deeper = self._named(product.index, names)
            yield f"for {counted} in range({_at(product.upper, names)}, {_at(first, names)}, -1):"
            yield f"    {name} = {name} @ {self._factor(product.body, deeper)}"
        yield f"for {index} in range({_at(node.upper, names)}, {_at(node.lower - 1, names)}, -1):"
        factor = f"{name} = {name} @ {self._factor(_put(product, product.lower), inner)}"
        if gap.terms or gap.constant > 0:
            yield f"    if {_at(product.lower, inner)} <= {_at(product.upper, inner)}:"
            yield f"        {factor}"
        else:
            yield f"    {factor}"
        tail = rest[0] if len(rest) == 1 else Mul(tuple(rest))
        yield from _indented(self._accumulate(tail, name, inner))

    def _named(self, index: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        self._fresh += 1
        made = f"_{index}{self._fresh}"
        return made, {**names, index: made}


def _names(letters: Sequence[Letter]) -> dict[Letter, str]:
    """Each letter's own name, with a ``_`` behind it where Python, NumPy or the module uses that name."""
    names: dict[Letter, str] = {}
    for letter in letters:
        name = letter.symbol
        while name in TAKEN or keyword.iskeyword(name) or hasattr(builtins, name) or name in names.values():
            name += "_"
        names[letter] = name
    return names


TAKEN = frozenset({"np", "t", "forward", "gradient", "terms"})
"""What the module itself is called by; every other name of its own begins with ``_``, as no letter can."""


def _at(index: Index, names: Mapping[str, str]) -> str:
    """An index as Python; raises :class:`Undecided` for one that is bound nowhere."""
    text = ""
    for letter, count in sorted(index.terms, key=lambda term: term[1] < 0):
        if letter not in names:
            raise Undecided(f"{letter} is free beside the step: there is no loop that it runs over")
        size = "" if abs(count) == 1 else f"{abs(count)} * "
        sign = ("-" if count < 0 else "") if not text else " - " if count < 0 else " + "
        text += f"{sign}{size}{names[letter]}"
    if index.constant or not text:
        constant = str(abs(index.constant))
        sign = ("-" if index.constant < 0 else "") if not text else " - " if index.constant < 0 else " + "
        text += f"{sign}{constant}"
    return text


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"    {line}" if line else ""


def _quoted(text: str) -> str:
    """Text of a page as it may stand inside a docstring: on one line, without backslashes and double quotes."""
    plain = text.replace("\\", "/").replace('"', "'")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())


def _put(product: Product, at: Index) -> Expr:
    return substitute(product.body, {product.index: at})


class Emitted:
    """A claim as NumPy functions: ``forward``, ``gradient`` and ``terms``, each as its own docstring says.

    ``source`` is the module they come from. It is all that is pickled and copied: the functions are made from it anew.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        made: dict[str, Any] = {}
        exec(compile(source, "<symbptt>", "exec"), made)
        self.__doc__ = made["__doc__"]
        for name in ("forward", "gradient", "terms"):
            if name in made:
                setattr(self, name, made[name])

    def __reduce__(self) -> tuple[type[Emitted], tuple[str]]:
        return Emitted, (self.source,)

    if TYPE_CHECKING:
        forward: Callable[..., Array]
        """The states from the first one on."""
        gradient: Callable[..., Array]
        """The right side of the claim."""
        terms: Callable[..., Array]
        """What each step adds to it."""


def to_numpy(page: Derivation, claim: Equation, *, weight: Letter | None = None, activation: str = "tanh") -> Emitted:
    """A claim about an Elman recurrence as vectorised NumPy functions of the step and the page's letters.

    ``gradient(t, **letters)`` has the shape (\\*batch, rows, columns) in numerator layout, ``terms`` an axis of t + 1
    steps before these two, ``forward`` is (\\*batch, t + 1, rows). A weight is (\\*batch, rows, columns), data
    (\\*batch, t + 1, rows) with the step as index, the first state ``h_0`` (\\*batch, rows). float64, or complex128
    where anything is complex. Raises :class:`UsageError` for an unknown activation or weight, :class:`Undecided` where
    the page or the claim has no rule in matrices. What is called raises ``ValueError`` or ``TypeError`` for a wrong
    shape, a wrong dtype or a value that is not finite, and says which argument.
    """
    return Emitted(emit(page, claim, weight, activation))


def emit(page: Derivation, equation: Equation, weight: Letter | None = None, activation: str = "tanh") -> str:
    """The source of a module with ``forward``, ``gradient`` and ``terms`` for one claim, in one of its weights.

    Raises as :func:`to_numpy` does.
    """
    if activation not in ACTIVATION:
        raise UsageError(f"no activation is called {activation!r}: expected one of {', '.join(ACTIVATION)}")
    if weight is not None and weight not in equation.weights:
        stated = ", ".join(map(str, equation.weights)) or "none"
        raise UsageError(f"({equation.tag}) is not stated in {weight}: expected one of {stated}")
    return Emission(page, equation, weight, activation).source()
