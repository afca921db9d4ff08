"""The text of an emitted module: docstring, functions, the class that they call, the helpers that it uses.

The class runs the states up to the last step, and pulls back through them what the right side asks for.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symbptt.emit.helpers import TURN, needed_helpers
from symbptt.emit.matrices import Rules, write_definition
from symbptt.emit.needs import Backward, Recursion, find_needs, open_functions
from symbptt.emit.python import Code, Names, dim_text, index_text, quoted, tuple_text
from symbptt.emit.rightside import RightSide, derivatives, plain
from symbptt.functions import Activation
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Concat,
    Dim,
    Expr,
    Index,
    Laid,
    Letter,
    Partial,
    Shape,
    Total,
    Transpose,
    owner,
    walk,
)
from symbptt.page.shapes import parts, shape
from symbptt.verdicts import Scope


@dataclass(frozen=True, slots=True)
class Argument:
    """What a function of the module is given beside its indices: a weight, data, or a first state at its ``step``."""

    name: str
    letter: Letter
    step: int | None
    dims: tuple[Dim, ...]
    """Its last axes, but for the steps of data."""


class Module:
    """One claim between resolved sides, with the names and sizes of its code; ``source`` is its text."""

    def __init__(
        self,
        page: Derivation,
        equation: Equation,
        left: Expr,
        right: Expr,
        activation: Activation,
        scope: Scope | None = None,
    ) -> None:
        self.page, self.equation, self.left, self.right = page, equation, left, right
        self.activation = activation
        self._scope = scope
        self.needs = needs = find_needs(page, equation, left, right)
        whole = plain(left)
        self.derivative = whole if isinstance(whole, (Total, Partial)) else None
        owners = dict.fromkeys(owner(node.wrt) for node in derivatives(left, right))
        self._owners = [letter for letter in owners if letter.kind != "state"]
        indices = [name for name in (needs.clock, *needs.others) if name is not None]
        letters = [*needs.weights, *needs.data, *needs.unindexed]
        letters += [said.head.letter for said in needs.recursions if said.head.letter not in needs.unindexed]
        letters += [said.letter for said in needs.backwards]
        shown = {letter for one in (*needs.weights, *needs.data) for letter in map(str, self._dims(one))}
        shown |= {letter for one in needs.first_states for letter in map(str, self._dims(one.state))}
        # The rows of a function that the page leaves open may be those of nothing that is given.
        sizes = [name for letter in letters for dim in self._shape(letter) for name in sorted(dim.letters())]
        lengths = [name for name in dict.fromkeys(sizes) if name not in shown]
        names = Names()
        self.indices = {name: names.new(name) for name in indices}
        """What each index letter is called among the arguments."""
        self.lengths = {name: names.new(name) for name in lengths}
        """What each size is called that no array shows."""
        first = [
            Argument(names.new(one.symbol), one.state, one.step, self._dims(one.state)) for one in needs.first_states
        ]
        attributes = {letter: names.new(letter.symbol) for letter in letters}
        self.arguments = [
            *(Argument(attributes[letter], letter, None, self._dims(letter)) for letter in needs.weights),
            *(Argument(attributes[letter], letter, None, self._dims(letter)) for letter in needs.data),
            *first,
        ]
        step = "" if needs.clock is None else self.indices[needs.clock]
        self.last, self.entries = (_furthest(step, needs.ahead + more, needs.least + more) for more in (0, 1))
        self.step = [step] if step else []
        self.parameters = [*self.step, *self.lengths.values(), *(one.name for one in self.arguments)]
        """What the class is given."""
        self._within = {name: f"_{name}" for name in indices}
        if needs.clock is not None:
            self._within[needs.clock] = "self._step"
        self._rules = Rules(
            page,
            {letter.symbol: name for letter, name in attributes.items()},
            {*self.lengths, *(str(dim) for argument in self.arguments for dim in argument.dims)},
            {part for letter in self._owners for part in _blocks(page, letter)},
            needs.unindexed,
            activation,
        )
        self._backward = [self._run_backwards(said) for said in needs.backwards]
        main = owner(self.derivative.wrt) if self.derivative is not None else None
        self._side = RightSide(self._rules, main if main is not None and main.kind == "weight" else None)
        self._side.add(right, None, self._within)

    def _dims(self, letter: Letter) -> tuple[Dim, ...]:
        rows, columns = self._shape(letter)
        return (rows,) if letter.kind != "weight" and columns == ONE else (rows, columns)

    def _shape(self, node: Expr) -> Shape:
        return shape(self.page, node)

    @property
    def _has_terms(self) -> bool:
        """Whether the right side is a sum of what single steps add to it."""
        return self._side.whole and self.derivative is not None and isinstance(self.derivative.wrt, Letter)

    @property
    def _proved_sizes(self) -> Mapping[str, int]:
        """The sizes that the claim is proved for; none where it is for any, or not at all."""
        sizes = self._scope.sizes if self._scope is not None else {}
        return sizes if isinstance(sizes, dict) else {}

    @property
    def _open_functions(self) -> list[str]:
        """The functions with a shape that the page leaves open, by name."""
        bodies = [body for said in self.needs.recursions for body in (said.body, said.base) if body is not None]
        bodies += [body for one in self.needs.backwards for body in (one.body, *one.ends.values())]
        return open_functions((self.left, self.right, *bodies))

    # ------------------------------------------------------------------------------------------- the module

    def source(self) -> str:
        """The whole text."""
        lines = [
            *self._functions(),
            "class _Run:",
            '    """The states up to the last step, and what is pulled back."""',
        ]
        for method in self._methods():
            lines += ["", *(f"    {line}" if line else "" for line in method)]
        body, head = "\n".join(lines), "\n".join(self._docstring())
        helpers = needed_helpers(body, self._open_functions)
        return f"{head}\n\nimport numpy as np\n\n\n" + "\n\n\n".join([body, *helpers]) + "\n"

    def _docstring(self) -> Iterator[str]:
        page, equation = self.page, self.equation
        acts = self.activation.standing_for
        letters = [letter for letter in page.letters_under(equation.letters) if letter.is_entrywise]
        title = f"({equation.tag}) {self.left} = {self.right}"
        yield '"""' + textwrap.fill(quoted(title), 116, subsequent_indent="    ")
        yield ""
        source = ", ".join(quoted(part) for part in (page.title, page.source) if part)
        yield textwrap.fill(f"Equation ({quoted(equation.tag)}) of {source or 'a derivation'}.", 116)
        acting = sorted({f"{letter} is {acts(letter.symbol).said}" for letter in letters})
        if acting:
            yield textwrap.fill(f"Entry by entry, {', '.join(acting)}.", 116)
        yield "Written by symbptt; needs numpy alone."
        if self._scope is None:
            yield "It is NOT PROVED that the right side, which is written here as it stands, equals the left one."
        elif (self._scope.listed is not None and self.step) or self._proved_sizes:
            proved = [f"{self.needs.clock} = {self._scope.steps}"] if self.step else []
            proved += [f"{name} = {size}" for name, size in self._proved_sizes.items()]
            yield textwrap.fill(f"It is proved for {', '.join(proved)}; anything else is refused.", 116)
        for function in self._open_functions:
            stand_ins = f"_value_of_{function} and _slopes_of_{function}"
            yield f"The page leaves {function} open: a stand-in is below, {stand_ins}."
        yield ""
        yield "Every function takes, as float64 or complex128:"
        yield ""
        for name in self.indices.values():
            yield f"    {name}: a whole number"
        for size, name in self.lengths.items():
            yield f"    {name}: a whole number, the size {size}"
        for one in self.arguments:
            dims = ", ".join(map(str, one.dims))
            if one.letter.kind == "weight":
                yield f"    {one.name}: (*batch, {dims})"
            elif one.letter.kind == "data":
                yield f"    {one.name}: (*batch, {self.entries}, {dims}), entry k is {one.letter.symbol}_k"
            else:
                yield f"    {one.name}: (*batch, {dims}), {one.letter.symbol} at the step {one.step}"
        yield ""
        yield "batch is any number of leading axes, which broadcast."
        if any(isinstance(node, Laid) for node in walk(self.left)):
            yield "The derivative is laid out as its shape says, the gradient in a matrix in the shape of that matrix."
        else:
            yield "A derivative has a row for each entry of what is differentiated and a column for each of what it is"
            yield "taken in, column by column (numerator layout)."
        yield "What overflows comes back as inf or nan, with NumPy's warning."
        yield '"""'

    def _functions(self) -> Iterator[str]:
        given = ", ".join([*self.indices.values(), *self.parameters[len(self.step) :]])
        run = f"_Run({', '.join(self.parameters)})"
        others = ", ".join(self.indices[name] for name in self.needs.others)
        rows, columns = self._shape(self.left)
        said = quoted(str(self.left))
        yield f"def forward({given}):"
        yield f'    """Each state by name, (*batch, {self.entries}, rows): entry k is step k, nan where it has none."""'
        yield f"    return {run}.states()"
        yield from ("", "")
        yield f"def {'value' if self.derivative is None and not isinstance(self.left, Laid) else 'gradient'}({given}):"
        yield f'    """{said}: (*batch, {rows}, {columns})."""'
        yield f"    return {run}.whole({others})"
        yield from ("", "")
        if self._has_terms:
            yield f"def terms({given}):"
            yield f'    """What each step adds to it by itself: (*batch, {self.entries}, {rows}, {columns})."""'
            yield f"    return {run}.terms({others})"
            yield from ("", "")

    # ------------------------------------------------------------------------------------------- methods

    def _methods(self) -> Iterator[list[str]]:
        """The lines of each method."""
        definitions = [method for said in self.needs.recursions for method in self._definitions(said)]
        yield self._initial("\n".join(line for method in definitions for line in method))
        yield self._states()
        yield from self._results()
        yield self._written_side()
        for letter in self._owners:
            yield self._layout(letter)
        yield from definitions
        yield from self._backward
        yield self._pull()
        yield self._sweep()

    def _initial(self, definitions: str) -> list[str]:
        code = Code()
        with code.block(f"def __init__({', '.join(['self', *self.parameters])}):"):
            for step in self.step:
                first = self.needs.first
                with code.block(f"if {step} != int({step}) or {step} < {first}:"):
                    refusal = f"the claim is stated from {self.needs.clock} = {first} on, not at {{{step}!r}}"
                    code.line(f'raise ValueError(f"{refusal}")')
                if self._scope is not None and self._scope.listed is not None:
                    with code.block(f"if {step} not in {self._scope.listed}:"):
                        refusal = (
                            f"the claim is proved for {self.needs.clock} = {self._scope.steps}, not at {{{step}!r}}"
                        )
                        code.line(f'raise ValueError(f"{refusal}")')
                code.line(f"self._step = {step}")
            code.line(f"self._last = {self.last}")
            self._write_checks(code)
            for one in self.arguments:
                if one.letter.kind == "weight":
                    code.line(f"self.{one.name} = {one.name}")
                elif one.letter.kind == "data":
                    entry = f"{one.name}[..., _k, :, {':' if len(one.dims) > 1 else 'np.newaxis'}]"
                    code.line(f"self.{one.name} = [{entry} for _k in range(self._last + 1)]")
            for said in self.needs.recursions:
                for kept in (f"self._kept_{said.head.letter.symbol}", f"self._kept_{said.head.letter.symbol}_0"):
                    if f"{kept}[k]" in definitions:
                        code.line(f"{kept} = {{}}")
                begun = [one for one in self.arguments if one.letter == said.head.letter]
                as_matrix = "" if len(self._dims(said.head.letter)) > 1 else "[..., np.newaxis]"
                listed = ", ".join(f"{one.step}: {one.name}{as_matrix}" for one in begun)
                code.line(f"self.{self._rules.attributes[said.head.letter.symbol]} = {{{listed}}}")
            self._write_run(code)
        return code.lines

    def _write_checks(self, code: Code) -> None:
        listed = ", ".join(f'"{name}": {length}' for name, length in self.lengths.items())
        code.line(f"self._sizes = _sizes = {{{listed}}}")
        for one in self.arguments:
            code.line(f'{one.name} = _array("{one.name}", {one.name})')
        letters = {*self.lengths, *(str(dim) for one in self.arguments for dim in one.dims if _is_letter(dim))}
        # A sum or product of sizes is checked when the sizes are known.
        for one in sorted(self.arguments, key=lambda one: not all(map(_is_letter, one.dims))):
            for dim in one.dims:
                if not _is_letter(dim) and dim.letters() and dim.letters() <= letters:
                    code.line(f'_sizes["{dim}"] = {dim_text(dim, letters, "_sizes")}')
            labels = [str(dim) for dim in one.dims]
            if one.letter.kind == "data":
                labels.insert(0, self.entries)
                code.line(f'_sizes["{labels[0]}"] = self._last + 1')
            dims = tuple_text(f'"{label}"' for label in labels)
            code.line(f'_check("{one.name}", {one.name}, {dims}, _sizes)')
        for name, size in self._proved_sizes.items():
            with code.block(f'if _sizes.get("{name}", {size}) != {size}:'):
                refusal = f"the claim is proved for {name} = {size}, not for {{_sizes['{name}']}}"
                code.line(f'raise ValueError(f"{refusal}")')
        code.line("_batches = {")
        for one in self.arguments:
            code.line(f'    "{one.name}": {one.name}.shape[:-{len(one.dims) + (one.letter.kind == "data")}],')
        code.line("}")
        code.line("_check_batches(_batches)")
        code.line("self._lead = np.broadcast_shapes(*_batches.values())")

    def _write_run(self, code: Code) -> None:
        indexed = [said for said in self.needs.recursions if said.head.letter not in self.needs.unindexed]
        for said in indexed:
            if said.start == 0:
                code.line(f"self._run_{said.head.letter.symbol}{'_0' * (said.base is not None)}(0)")
        if indexed:
            with code.block("for _k in range(1, self._last + 1):"):
                for said in indexed:
                    code.line(f"self._run_{said.head.letter.symbol}(_k)")
        for said in self.needs.recursions:
            if said not in indexed:
                code.line(f"self._run_{said.head.letter.symbol}(None)")
        for one in self.needs.backwards:
            code.line(f"self.{self._rules.attributes[one.letter.symbol]} = {{}}")
        if self.needs.backwards:
            last = Index.letter(str(self.needs.clock)) + max(max(one.ends, default=0) for one in self.needs.backwards)
            high = index_text(last, self._within)
            with code.block(f"for _k in range({high}, {self.needs.lowest - 1}, -1):"):
                for one in self.needs.backwards:
                    code.line(f"self._run_{one.letter.symbol}(_k)")

    def _states(self) -> list[str]:
        code = Code()
        with code.block("def states(self):"):
            code.line("return {")
            for said in self.needs.recursions:
                symbol = said.head.letter.symbol
                state = f"self.{self._rules.attributes[symbol]}"
                found = f"_listed({state}, self._last, self._lead)"
                if said.head.letter in self.needs.unindexed:
                    found = f"_spread({state}[None], self._lead)"
                entries = "" if len(self._dims(said.head.letter)) > 1 else "[..., 0]"
                code.line(f'    "{symbol}": {found}{entries},')
            code.line("}")
        return code.lines

    def _results(self) -> Iterator[list[str]]:
        code, others = Code(), [self.indices[name] for name in self.needs.others]
        rows, columns = map(self._rules.size, self._shape(self.left))
        main = self._side.main
        with code.block(f"def whole({', '.join(['self', *others])}):"):
            code.line(f"shares, rest = self._right_side({', '.join(others)})")
            total = f"np.zeros(({rows}, {columns}))" if main is None else f"self._in_{main.symbol}(shares, {rows})"
            code.line(f"return _spread({total} + rest, self._lead)")
        yield code.lines
        if self._has_terms and main is not None:
            code = Code()
            with code.block(f"def terms({', '.join(['self', *others])}):"):
                code.line(f"shares, _ = self._right_side({', '.join(others)})")
                code.line("each = [[one for one in shares if one[1] == k] for k in range(self._last + 1)]")
                found = f"_spread(self._in_{main.symbol}(found, {rows}), self._lead)"
                code.line(f"return np.stack([{found} for found in each], axis=-3)")
            yield code.lines

    def _written_side(self) -> list[str]:
        code = Code()
        with code.block(
            f"def _right_side({', '.join(['self', *(self._within[name] for name in self.needs.others)])}):"
        ):
            code.line(f'"""{quoted(str(self.right))}: shares of steps, and the rest."""')
            self._write_ranges(code)
            code.line("shares, states, rest = [], {}, 0.0")
            for line in self._rules.code.lines:
                code.line(line)
            code.line("self._sweep(states, shares)")
            code.line("return shares, rest")
        return code.lines

    def _write_ranges(self, code: Code) -> None:
        bounds = {index.name(): (lower, upper) for index, lower, upper in self.equation.for_each}
        for name in self.needs.others:
            lower, upper = bounds.get(name) or (Index.of(1), Index.letter(str(self.needs.clock)))
            low, high, own = index_text(lower, self._within), index_text(upper, self._within), self._within[name]
            with code.block(f"if {own} != int({own}) or not {low} <= {own} <= {high}:"):
                said = f"the claim is stated for {name} = {{{low}}}..{{{high}}}, not at {{{own}!r}}"
                code.line(f'raise ValueError(f"{said}")')

    def _layout(self, letter: Letter) -> list[str]:
        """The shares of each block of a weight, put together as its definition does."""
        code = Code()
        with code.block(f"def _in_{letter.symbol}(self, shares, rows):"):
            code.line(f'"""The sum of the shares: rows by the entries of {letter.symbol}, column by column."""')
            if letter.kind == "weight" and self.page.definitions(letter):
                built = self._built(letter, code)
                turned = built.removesuffix(TURN) if built.endswith(TURN) else f"{built}{TURN}"
                code.line(f"whole = {turned}")
                code.line("return whole.reshape(*whole.shape[:-2], -1)")
            else:
                code.line(f"return {self._gathered(letter)}")
        return code.lines

    def _gathered(self, leaf: Letter) -> str:
        rows, columns = self._shape(leaf)
        return f'_gathered(shares, "{leaf.symbol}", rows, {self._rules.size(rows * columns)})'

    def _built(self, node: Expr, code: Code) -> str:
        match node:
            case Letter() if not self.page.definitions(node):
                rows, columns = self._shape(node)
                name = code.name("block")
                code.line(f"{name} = {self._gathered(node)}")
                size = f"{self._rules.size(columns)}, {self._rules.size(rows)}"
                code.line(f"{name} = {name}.reshape(*{name}.shape[:-1], {size}){TURN}")
                return name
            case Letter():
                (known,) = self.page.definitions(node)
                assert known.right is not None
                return self._built(known.right, code)
            case Transpose():
                return f"{self._built(node.of, code)}{TURN}"
            case Concat():
                return f"_side_by_side({', '.join(self._built(part, code) for part in node.parts)})"
        raise AssertionError(node)  # ``shapes.parts`` lets nothing else be a weight

    def _definitions(self, said: Recursion) -> Iterator[list[str]]:
        symbol = said.head.letter.symbol
        clock = dict.fromkeys(said.head.index.letters(), "self._step")
        yield write_definition(self._rules, said.head, said.body, symbol, clock)
        if said.base is not None:
            yield write_definition(self._rules, said.head, said.base, f"{symbol}_0", clock)

    def _run_backwards(self, said: Backward) -> list[str]:
        """The method that computes a letter which runs backwards at one step, from those behind it."""
        code, state = Code(), f"self.{self._rules.attributes[said.letter.symbol]}[k]"
        (clock,) = said.head.index.letters()
        with code.block(f"def _run_{said.letter.symbol}(self, k):"):
            code.line(f'"""{quoted(str(said.head))}, from the last step down."""')
            last = Index.letter(str(self.needs.clock))
            bodies = [
                (f"k == {index_text(last + ahead, self._within)}", said.ends[ahead]) for ahead in sorted(said.ends)
            ]
            bodies.append((f"k <= {index_text(last + said.begins, self._within)}", said.body))
            for place, (when, body) in enumerate(bodies):
                rules = self._rules.afresh()
                text, _ = RightSide(rules, None).times(None, body, {**self._within, clock: "k"})
                with code.block(f"{'el' if place else ''}if {when}:"):
                    for line in rules.code.lines:
                        code.line(line)
                    code.line(f"{state} = {text}")
        return code.lines

    def _pull(self) -> list[str]:
        code = Code()
        with code.block("def _pull(self, name, k, left, states, shares):"):
            code.line('"""Pulls left back through the definition of one state, where there is one at its step."""')
            for said in self.needs.recursions:
                symbol = said.head.letter.symbol
                when = f'if name == "{symbol}"'
                if said.base is not None:
                    with code.block(f"{when} and k == 0:"):
                        code.line(f"self._pull_{symbol}_0(k, left, states, shares)")
                    when = f"el{when}"
                if said.head.letter not in self.needs.unindexed:
                    when += f" and k >= {1 if said.base is not None else said.start}"
                with code.block(f"{when}:"):
                    code.line(f"self._pull_{symbol}(k, left, states, shares)")
        return code.lines

    def _sweep(self) -> list[str]:
        code = Code()
        listed = tuple_text(f'"{said.head.letter.symbol}"' for said in reversed(self.needs.recursions))
        with code.block("def _sweep(self, states, shares, stop=None, inside=None):"):
            code.line('"""Pulls back each state after all that use it, down to the first step or to one state."""')
            code.line("steps = [k for _, k in states]")
            code.line("highest = self._last if None in steps else max(steps, default=-1)")
            code.line("below = (None, *range(highest, -1, -1)) if inside is None else (inside,)")
            with code.block("for k in below:"), code.block(f"for name in {listed}:"):
                with code.block("if (name, k) == stop:"):
                    code.line("return")
                with code.block("if (name, k) in states:"):
                    code.line("self._pull(name, k, states.pop((name, k)), states, shares)")
        return code.lines


def _blocks(page: Derivation, letter: Letter) -> tuple[Letter, ...]:
    """The letters with entries of their own that make up what a derivative is taken in."""
    return parts(page, letter) if letter.kind == "weight" else (letter,)


def _furthest(step: str, ahead: int, least: int) -> str:
    """The larger of a step that moves and one that does not; there may be no first."""
    if not step:
        return str(least)
    moving = f"{step} + {ahead}" if ahead else step
    return moving if least <= ahead else f"max({moving}, {least})"


def _is_letter(dim: Dim) -> bool:
    return len(dim.terms) == 1 and dim.terms[0][1] == 1 and len(dim.terms[0][0]) == 1
