"""A forward and a backward pass as one readable module, from equations that say what each letter is.

The steps are loops: forward over the definitions of the page, backward over those of the gradients δ, and in each step
what it adds to the gradient in every weight. Arrays stay in the library they come from, by the Python array API
standard; nothing is written into an array, so that a program may be traced.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbptt import functions
from symbptt.emit.python import Code, index_text, named, quoted, wrapped
from symbptt.emit.rows import Rows
from symbptt.errors import Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import ONE, Add, Apply, At, Dim, Expr, Index, Letter, Ones, Sum, Zero, children, walk
from symbptt.page.resolved import in_order
from symbptt.page.shapes import SCALAR, shape

RESERVED = ("weights", "forward", "backward", "value_and_gradients", "loss", "last", "states", "sum", "range")
HELPERS = {
    "_softmax": '''
def _softmax(a):
    """exp(a) over the sum of it; the largest entry is subtracted, so that nothing overflows."""
    xp = _xp(a)
    powers = xp.exp(a - xp.max(a, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)
''',
    "_sum": '''
def _sum(a):
    """The sum of the entries, one number for each example."""
    return _xp(a).sum(a, axis=-1, keepdims=True)
''',
    "_over_examples": '''
def _over_examples(a):
    """The sum over the examples."""
    return _xp(a).sum(a, axis=0)
''',
    "_whole": '''
def _whole(a):
    """The sum of everything in an array."""
    return _xp(a).sum(a)
''',
    "_zeros": '''
def _zeros(like, size):
    """A first state of zeros, for as many examples."""
    return _xp(like).zeros((like.shape[0], size), dtype=like.dtype)
''',
    "_xp": '''
def _xp(a):
    """The library that an array is of: NumPy, JAX and CuPy say so, PyTorch by array_api_compat."""
    if hasattr(a, "__array_namespace__"):
        return a.__array_namespace__()
    from array_api_compat import array_namespace

    return array_namespace(a)
''',
}


@dataclass(frozen=True, slots=True)
class Gradient:
    """What the gradient in a weight is equal to, and the steps it is proved for; None for all."""

    weight: Letter
    right: Expr
    steps: tuple[int, ...] | None


class Passes:
    """The module for one loss; ``source`` is its text. Raises :class:`Undecided` where the page has no such code."""

    def __init__(
        self,
        page: Derivation,
        loss: Letter,
        deltas: Sequence[Equation],
        gradients: Sequence[Gradient],
        activation: functions.Activation,
        said: Sequence[str] = (),
    ) -> None:
        self.said = said
        self.page, self.loss, self.deltas, self.gradients = page, loss, deltas, gradients
        meaning = page.meaning
        clock = page.clock(loss)
        if clock is None:
            raise Undecided(f"{loss} stands at no last step")
        self.last = Index.letter(clock)
        self.states = self._ordered([one for one in meaning.letters.values() if one in meaning.leads_to(loss)])
        self.step = next(head.index for one in self.states if (head := meaning.general(one).head).index.terms)
        self.bodies: dict[Letter, Expr] = {}
        for letter in self.states:
            body = meaning.general(letter).at(self.step)
            assert body is not None
            self.bodies[letter] = body
        under = page.letters_under([loss])
        every = [letter for letter in meaning.letters.values() if letter in under]
        self.weights = page.weights_under(loss)
        self.data = [one for one in every if one.kind == "data"]
        self.first = {letter: self._first_entry(letter) for letter in self.data}
        self.given = [letter for letter in self.states if self._needs_start(letter)]
        names = named(
            [
                *RESERVED,
                self.step.name(),
                *(letter.symbol for letter in (*self.weights, *self.data, *self.states)),
                *(f"{letter.symbol}_0" for letter in self.given),
                *(f"d_{one.weight.symbol}" for one in gradients),
                *(equation.left.letter.symbol for equation in deltas if isinstance(equation.left, At)),
            ]
        )
        symbols = iter(names[len(RESERVED) :])
        self.clock = next(symbols)
        self.names = {letter: next(symbols) for letter in (*self.weights, *self.data, *self.states)}
        self.starts = {letter: next(symbols) for letter in self.given}
        self.totals = {one.weight: next(symbols) for one in gradients}
        for equation, name in zip(deltas, symbols, strict=True):
            assert isinstance(equation.left, At)
            self.names.setdefault(equation.left.letter, name)
        self.indices = {self.step.name(): self.clock, clock: "last"}
        self.rows = Rows(page, activation, self._read)
        for letter in (*self.states, *self.data):
            if ONE not in shape(page, letter):
                raise Undecided(f"{letter} is a matrix at each step: there is no code for it")

    # ------------------------------------------------------------------------------------------- what there is

    def _ordered(self, letters: Sequence[Letter]) -> list[Letter]:
        """The states, each after those of its step that it is computed from."""

        def used(letter: Letter) -> Iterator[Letter]:
            defined = self.page.meaning.general(letter)
            for node in walk(defined.body) if defined.body is not None else ():
                if isinstance(node, At) and node.letter in letters and node.index == defined.head.index:
                    yield node.letter

        return in_order(letters, used)

    def _bodies_of(self) -> Iterator[tuple[Expr, Index]]:
        yield from ((body, self.step) for body in self.bodies.values())
        body = self.page.meaning.general(self.loss).body
        assert body is not None
        yield body, self.last

    def _gaps(self, letter: Letter) -> Iterator[int]:
        """How many steps ahead of its own a definition reads a letter."""
        for body, _ in self._bodies_of():
            for node in walk(body):
                if isinstance(node, At) and node.letter == letter and node.index.terms:
                    # Under a Σ over the steps, and at the last one, a letter stands at a step as in any definition.
                    yield node.index.constant
                elif isinstance(node, At) and node.letter == letter:
                    raise Undecided(f"{node} stands at a step of its own")

    def _first_entry(self, letter: Letter) -> int:
        gaps = {0, *self._gaps(letter)}
        if max(gaps) > 0:
            raise Undecided(f"{letter} is read before its step")
        return 1 + min(gaps)

    def _needs_start(self, letter: Letter) -> bool:
        gaps = [*self._gaps(letter)]
        if min(gaps, default=0) < -1 or max(gaps, default=0) > 0:
            raise Undecided(f"{letter} is used several steps later")
        fixed = self.page.meaning.defined(letter).fixed
        if set(fixed) - {0}:
            raise Undecided(f"{letter} has a definition of its own at another step than 0")
        return min(gaps, default=0) == -1 and 0 not in fixed

    def _read(self, node: At | Letter, names: Mapping[str, str]) -> str:
        if isinstance(node, Letter):
            if self.page.definitions(node):
                raise Undecided(f"{node} is put together from other weights: there is no code for it")
            return self.names[node]
        if node.letter in self.first:
            return f"{self.names[node.letter]}[{index_text(node.index - self.first[node.letter], names)}, ...]"
        return f"{self.names[node.letter]}[{index_text(node.index, names)}]"

    # ------------------------------------------------------------------------------------------- the module

    def source(self) -> str:
        """The whole text."""
        code = Code()
        self._forward(code)
        code.line()
        code.line()
        self._backward(code)
        code.line()
        code.line()
        self._both(code)
        body = "\n".join(code.lines)
        return f"{self._docstring()}\n\n{body}\n" + "".join(f"\n\n{text}" for text in self._helpers(body))

    @property
    def _data(self) -> list[str]:
        return [self.names[letter] for letter in self.data]

    def _unpack(self, code: Code, nodes: Iterable[Expr]) -> None:
        """A name for each weight that is used."""
        used = {node for side in nodes for node in _computed(side)}
        for letter in self.weights:
            if letter in used:
                code.line(f'{self.names[letter]} = weights["{letter.symbol}"]')

    def _docstring(self) -> str:
        lines = [f'"""{quoted(self.page.title or "A backward pass")}: the loss, and its gradient in each weight.', ""]
        lines.append("Written by symbptt from equations that are proved" + self._scope() + ".")
        lines += [f"They hold where {quoted(words)}." for words in self.said]
        lines.append("Examples come first: a state is (examples, entries). The loss is summed over the examples.")
        lines.append("Arrays may be of NumPy, JAX, CuPy, or with array_api_compat of PyTorch; the same comes back.")
        lines.append("")
        lines.append("weights, by name:")
        for letter in self.weights:
            dims = [str(dim) for dim in shape(self.page, letter) if dim != ONE]
            lines.append(f"    {letter.symbol}: ({', '.join(dims)}{',' * (len(dims) == 1)})")
        lines.append("beside them:")
        for letter in self.data:
            entries = "steps" if self.first[letter] == 1 else f"steps + {1 - self.first[letter]}"
            said = f"entry k is {letter.symbol} at the step k + {self.first[letter]}"
            lines.append(f"    {self.names[letter]}: ({entries}, examples, {self._entries(letter)}), {said}")
        for letter in self.given:
            lines.append(f"    {self.starts[letter]}: (examples, {self._entries(letter)})")
        for name in self._open():
            lines += [
                "",
                f"The page leaves {name} open: _value_of_{name} and _slopes_of_{name} are there to be replaced.",
            ]
        return "\n".join([*lines, '"""'])

    def _entries(self, letter: Letter) -> Dim:
        rows, columns = shape(self.page, letter)
        return rows if columns == ONE else columns

    def _scope(self) -> str:
        steps = self._steps()
        return "" if steps is None else f" for {min(steps)} to {max(steps)} steps"

    def _steps(self) -> tuple[int, ...] | None:
        known = [set(one.steps) for one in self.gradients if one.steps is not None]
        return tuple(sorted(set.intersection(*known))) if known else None

    def _open(self) -> list[str]:
        found = {
            node.function.symbol: None
            for body, _ in self._bodies_of()
            for node in walk(body)
            if isinstance(node, Apply) and node.function.shape is not None
        }
        return list(found)

    def _forward(self, code: Code) -> None:
        given = ", ".join(["weights", *self._data, *self.starts.values()])
        fixed = [said for one in self.states for said in self.page.meaning.defined(one).fixed.values()]
        with code.block(f"def forward({given}):"):
            code.line('"""The loss, and every state by its name and its step."""')
            self._unpack(code, [*(body for body, _ in self._bodies_of()), *fixed])
            self._write_last(code)
            for letter in self.states:
                code.line(f"{self.names[letter]} = {{{self._start(letter)}}}")
            with code.block(f"for {self.clock} in range(1, last + 1):"):
                for letter, body in self.bodies.items():
                    code.assign(f"{self.names[letter]}[{self.clock}]", self.rows.value(body, self.indices))
            whole = self.page.meaning.general(self.loss).body
            assert whole is not None
            code.line(f"loss = _whole({self.rows.value(whole, {self.last.name(): 'last'})})")
            listed = ", ".join(f'"{letter.symbol}": {self.names[letter]}' for letter in self.states)
            code.line(f"return loss, {{{listed}}}")

    def _write_last(self, code: Code) -> None:
        if not self.data:
            raise Undecided("nothing on the page tells how many steps there are: it has no data")
        for letter in self.data:
            name = self.names[letter]
            with code.block(f"if {name}.ndim != 3:"):
                code.line(
                    f'raise ValueError(f"{name} has shape {{{name}.shape}}: expected (steps, examples, entries)")'
                )
            less = "" if self.first[letter] == 1 else f" - {1 - self.first[letter]}"
            if letter == self.data[0]:
                code.line(f"last = {name}.shape[0]{less}")
            else:
                with code.block(f"if {name}.shape[0]{less} != last:"):
                    code.line(f'raise ValueError(f"{name} has {{{name}.shape[0]{less}}} steps, expected {{last}}")')
        steps = self._steps()
        if steps is not None:
            with code.block(f"if last not in {steps}:"):
                code.line(f'raise ValueError(f"it is proved for {min(steps)} to {max(steps)} steps, not for {{last}}")')

    def _start(self, letter: Letter) -> str:
        if letter in self.starts:
            return f"0: {self.starts[letter]}"
        said = self.page.meaning.defined(letter).fixed.get(0)
        if said is None:
            return ""
        # One for each example, whatever it starts from.
        size, first = self._entries(letter), self.names[self.data[0]]
        for weight in self.weights:
            dims = [dim for dim in shape(self.page, weight) if dim != ONE]
            if size in dims:
                zeros = f"_zeros({first}[0, ...], {self.names[weight]}.shape[{dims.index(size)}])"
                return f"0: {zeros}" if isinstance(said, Zero) else f"0: {zeros} + {self.rows.value(said, {})}"
        raise Undecided(f"no weight tells how many entries {letter} has")

    def _backward(self, code: Code) -> None:
        with code.block(f"def backward({', '.join(['weights', *self._data])}, states):"):
            code.line('"""The gradient of the loss in each weight by its name, from the states of the pass forward."""')
            self._unpack(code, self._rights())
            self._write_last(code)
            used = [letter for letter in self.states if self._is_used(letter)]
            for letter in used:
                code.line(f'{self.names[letter]} = states["{letter.symbol}"]')
            for letter in dict.fromkeys(one.left.letter for one in self.deltas if isinstance(one.left, At)):
                code.line(f"{self.names[letter]} = {{}}")
            for one in self.gradients:
                code.line(f"{self.totals[one.weight]} = 0.0")
            with code.block(f"for {self.clock} in range(last, 0, -1):"):
                self._write_deltas(code)
                for one in self.gradients:
                    for term in _terms(one.right):
                        if isinstance(term, Sum):
                            text = self._share(one.weight, term.body, {**self.indices, term.index: self.clock})
                            code.assign(self.totals[one.weight], f"{self.totals[one.weight]} + {text}")
            for one in self.gradients:
                for term in _terms(one.right):
                    if not isinstance(term, (Sum, Zero)):
                        text = self._share(one.weight, term, {self.last.name(): "last"})
                        code.assign(self.totals[one.weight], f"{self.totals[one.weight]} + {text}")
            code.line("return {")
            for one in self.gradients:
                code.line(f'    "{one.weight.symbol}": {self.totals[one.weight]},')
            code.line("}")

    def _write_deltas(self, code: Code) -> None:
        ends: list[Equation] = []
        for equation in self.deltas:
            left, right = equation.left, equation.right
            assert isinstance(left, At)
            assert right is not None
            if self.last.name() in left.index.letters():
                if left.index != self.last:
                    raise Undecided(f"{left} is defined by itself: there is no code for it")
                ends.append(equation)
                continue
            target, text = f"{self.names[left.letter]}[{self.clock}]", self.rows.value(right, self.indices)
            end = next((one for one in ends if isinstance(one.left, At) and one.left.letter == left.letter), None)
            if end is None:
                code.assign(target, text)
                continue
            assert end.right is not None
            at_end = self.rows.value(end.right, {self.last.name(): self.clock})
            with code.block(f"if {self.clock} == last:"):
                code.assign(target, at_end)
            with code.block("else:"):
                code.assign(target, text)

    def _rights(self) -> list[Expr]:
        return [*(one.right for one in self.gradients), *(one.right for one in self.deltas if one.right is not None)]

    def _is_used(self, letter: Letter) -> bool:
        return any(isinstance(node, At) and node.letter == letter for side in self._rights() for node in walk(side))

    def _share(self, weight: Letter, node: Expr, names: Mapping[str, str]) -> str:
        """What a term adds to the gradient in a weight, summed over the examples."""
        if not any(isinstance(part, At) for part in walk(node)):
            raise Undecided(f"{node} is the same for every example: a loss of several examples has it several times")
        text, size = self.rows.value(node, names), shape(self.page, weight)
        if ONE not in size:
            return text if "@" in text or not text else wrapped(text)
        return f"_whole({text})" if size == SCALAR else f"_over_examples({text})"

    def _both(self, code: Code) -> None:
        given = ", ".join(["weights", *self._data, *self.starts.values()])
        with code.block(f"def value_and_gradients({given}):"):
            code.line('"""The loss, and its gradient in each weight by its name."""')
            code.line(f"loss, states = forward({given})")
            code.line(f"return loss, backward({', '.join(['weights', *self._data])}, states)")

    def _helpers(self, body: str) -> Iterator[str]:
        for name in self._open():
            yield _standing_in(name)
            body += _standing_in(name)
        for row in functions.TABLE.values():
            for order, ending in enumerate(("", "_slope")):
                if f"_{row.name}{ending}(" in body:
                    text = _entrywise(row, order)
                    yield text
        for name, helper in HELPERS.items():
            if name == "_xp" or f"{name}(" in body:
                yield helper.strip("\n") + "\n"


def _computed(node: Expr) -> Iterator[Expr]:
    """The node and what it is computed from, without what only tells a shape."""
    yield node
    for part in () if isinstance(node, (Ones, Zero)) else children(node):
        yield from _computed(part)


def _terms(node: Expr) -> tuple[Expr, ...]:
    return node.parts if isinstance(node, Add) else (node,)


def _entrywise(row: functions.NamedFunction, order: int) -> str:
    """A named function or its slope, entry by entry."""
    value, slope = (text.replace("np.", "xp.") for text in row.code[:2])
    lines = ["    xp = _xp(a)"] if "xp." in (slope if order else value) + value * order else []
    if order and "f" in slope.split("(")[0] + slope:
        lines.append(f"    f = {value}")
    lines.append(f"    return {slope if order else value}")
    said = f"The derivative of {row.name}" if order else row.name
    head = f'def _{row.name}{"_slope" if order else ""}(a):\n    """{said}, entry by entry."""\n'
    return head + "\n".join(lines) + "\n"


def _standing_in(name: str) -> str:
    """Two functions that stand for a loss of one step that the page leaves open."""
    return textwrap.dedent(
        f'''\
        def _value_of_{name}(*arguments):
            """Stands for {name}, which the page leaves open: put your own here, one number for each example."""
            return 0.5 * sum(_sum((k + 1.0) * a) for k, a in enumerate(arguments)) ** 2


        def _slopes_of_{name}(*arguments):
            """Its gradient in each argument."""
            whole = sum(_sum((k + 1.0) * a) for k, a in enumerate(arguments))
            return [(k + 1.0) * whole + 0.0 * a for k, a in enumerate(arguments)]
        '''
    )
