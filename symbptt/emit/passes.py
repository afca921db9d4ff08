"""A forward and a backward pass as one readable module, from equations that say what each letter is.

Each pass is a loop over one step: forward over the definitions of the page, backward over those of the gradients δ with
what a step adds to the gradient in every weight. A step is handed what the one before it left and its own entries of
what is given, so that ``jax.lax.scan`` may run it in place of the loop. Arrays stay in the library they come from, by
the Python array API standard; nothing but a gradient's own sum is ever written into.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from symbptt import functions
from symbptt.emit.helpers import needed_helpers
from symbptt.emit.needs import open_functions, run_order
from symbptt.emit.python import Code, Names, index_text, quoted, tuple_text
from symbptt.emit.rows import Rows, computed, varies
from symbptt.errors import Undecided, UsageError
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Dim,
    Expr,
    Hadamard,
    Index,
    Laid,
    Letter,
    Mul,
    Partial,
    Shape,
    Sum,
    Total,
    Transpose,
    Zero,
    owner,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.resolved import in_order
from symbptt.page.shapes import SCALAR, shape
from symbptt.verdicts import Scope

RESERVED = (
    *("weights", "forward", "backward", "value_and_gradients", "states", "step", "step_back"),
    *("loss", "last", "scan", "before", "given", "behind", "made", "sum", "range", "xp"),
)


@dataclass(frozen=True, slots=True)
class Gradient:
    """What the gradient of a loss in a weight is equal to, and the steps it is proved for; None for all."""

    loss: Letter
    weight: Letter
    right: Expr
    steps: tuple[int, ...] | None


def gradient_of(page: Derivation, equation: Equation, scope: Scope | None) -> Gradient:
    """The gradient that a claim states, proved for the scope; raises :class:`UsageError` where it states none."""
    left, right = page.resolved(equation)
    inner = left.of if isinstance(left, Laid) and left.arrangement == "shaped" else left
    weight = inner.wrt if isinstance(inner, Total) else None
    if not isinstance(inner, Total) or not isinstance(weight, Letter) or weight.kind != "weight":
        raise UsageError(f"({equation.tag}) is no gradient in the shape of a weight")
    if inner is left and shape(page, weight) != SCALAR:
        raise UsageError(f"({equation.tag}) is no gradient in the shape of its weight: {weight} is no number")
    if scope is not None and isinstance(scope.sizes, dict):
        sizes = ", ".join(f"{name} = {size}" for name, size in scope.sizes.items())
        raise UsageError(f"({equation.tag}) is proved for {sizes} alone: its code has no sizes")
    return Gradient(owner(inner.of), weight, _by_letters(page, right), scope.listed if scope is not None else None)


@dataclass(frozen=True, slots=True)
class Line:
    """``target = right`` in a step; ``more`` is added to it as it stands, ``whole`` sums all entries first."""

    target: str
    right: Expr
    more: str = ""
    whole: bool = False
    sign: str = "="


@dataclass(frozen=True, slots=True)
class Carried:
    """What one step hands to the next: what it is called there, its first value, what it is called where it is made.

    ``asked``: it is asked for when all steps are done.
    """

    taken: str
    first: str
    passed: str
    asked: bool = False


class Passes:
    """The module for one loss; ``source`` is its text. Raises :class:`Undecided` where the page has no such code."""

    def __init__(
        self,
        page: Derivation,
        gradients: Sequence[Gradient],
        activation: functions.Activation,
        said: Sequence[str] = (),
    ) -> None:
        self.said = said
        self.page, self.gradients = page, gradients
        self.loss = loss = gradients[0].loss
        if any(one.loss != loss for one in gradients):
            raise UsageError(f"these are gradients of several losses: {', '.join(str(one.loss) for one in gradients)}")
        meaning = page.meaning
        clock = page.clock(loss)
        if clock is None:
            raise Undecided(f"{loss} stands at no last step")
        self.last = Index.letter(clock)
        leads = meaning.leads_to(loss)
        self.states = run_order({one: meaning.general(one) for one in meaning.letters.values() if one in leads})
        self.step = next(head.index for one in self.states if (head := meaning.general(one).head).index.terms)
        self.bodies: dict[Letter, Expr] = {}
        for letter in self.states:
            body = meaning.general(letter).at(self.step)
            assert body is not None
            self.bodies[letter] = body
        self.by_step, self.by_end = self._losses()
        under = page.letters_under([loss])
        every = [letter for letter in meaning.letters.values() if letter in under]
        self.weights = page.weights_under(loss)
        self.data = [one for one in every if one.kind == "data"]
        if not self.data:
            raise Undecided("nothing on the page tells how many steps there are: it has no data")
        self.first = {letter: self._first_entry(letter) for letter in self.data}
        self.given = [letter for letter in self.states if self._needs_start(letter)]
        self.behind: dict[Letter, tuple[Expr, Expr]] = {}
        """What one step hands to the one before it: what it is there, and what it is at the last step."""
        self.deltas = self._runs_backwards(leads)
        self.values = self._evaluated()
        for letter in (*self.states, *self.data):
            if ONE not in shape(page, letter):
                raise Undecided(f"{letter} is a matrix at each step: there is no code for it")
        known = [set(one.steps) for one in gradients if one.steps is not None]
        self.steps = tuple(sorted(set.intersection(*known))) if known else ()
        """The steps that all is proved for; none where it is for every one."""
        self._name()
        self.inside = True
        self.reads: dict[tuple[Letter, int], None] = {}
        """The states and data that a pass reads, each so many steps from its own."""
        self.looked: dict[Letter, None] = {}
        """The gradients that are read at a step of their own."""
        self.rows = Rows(page, activation, self._read, {own: whole for own, (whole, _) in self.behind.items()})

    def _name(self) -> None:
        """A name for everything, each of them once."""
        self.new = Names(RESERVED).new
        self.clock = self.new(self.step.name())
        self.names = {one: self.new(one.symbol) for one in (*self.weights, *self.data, *self.bodies, *self.deltas)}
        arrays = [letter for letter in self.weights if shape(self.page, letter) != SCALAR]
        self.typed = self.names[[*arrays, *self.data][0]]
        """What has the type of all numbers: data may be whole numbers, and a weight a number of Python."""
        self.starts = {letter: self.new(f"{letter.symbol}_0") for letter in self.given}
        self.totals = {one.weight: self.new(f"d_{one.weight.symbol}") for one in self.gradients}
        self.next = {letter: self.new(letter.symbol) for letter in self.behind}
        self.near: dict[tuple[Letter, int], str] = {}
        """What a step calls data and states, each so many steps from its own."""
        for letter in self.data:
            for lag in range(2 - self.first[letter]):
                ending = "t" if not lag else "before" if lag == 1 else f"before_{lag}"
                self.near[letter, -lag] = self.new(f"{letter.symbol}_{ending}")
        self.near |= {(letter, 0): self.names[letter] for letter in self.bodies}
        self.near |= {(letter, -1): self.new(f"{letter.symbol}_before") for letter in self.states}
        self.indices = {self.step.name(): self.clock, self.last.name(): "last"}

    # ------------------------------------------------------------------------------------------- what there is

    def _losses(self) -> tuple[list[Expr], list[Expr]]:
        """What each step adds to the loss, at the step, and what is added when all are done."""
        body = self.page.meaning.general(self.loss).body
        assert body is not None
        by_step, by_end = [], []
        for term in _terms(body):
            parts = term.parts if isinstance(term, Mul) else (term,)
            sums = [part for part in parts if isinstance(part, Sum)]
            others = [part for part in parts if part not in sums]
            inner = sums[0] if len(sums) == 1 else None
            if (
                inner is not None
                and (inner.lower, inner.upper) == (Index.of(1), self.last)
                and not any(map(varies, others))
            ):
                own = substitute(inner.body, {inner.index: self.step})
                by_step.append(Mul((*others, *(own.parts if isinstance(own, Mul) else (own,)))) if others else own)
            else:
                by_end.append(term)
        return by_step, by_end

    def _runs_backwards(self, leads: frozenset[Letter]) -> dict[Letter, Expr]:
        """Of each letter that the loss is not made of, a gradient δ, what it is at its step.

        What comes from later steps gets a letter of its own in ``behind``.
        """
        found: dict[Letter, Expr] = {}
        ends: dict[Letter, Mapping[int, Expr]] = {}
        pending = [one.right for one in self.gradients]
        for side in pending:  # which grows by what its letters are made of
            for node in walk(side):
                if isinstance(node, At) and node.letter.kind == "state" and node.letter not in leads | {*found}:
                    defined = self.page.meaning.defined(node.letter)
                    body = defined.at(self.step)
                    if body is None or defined.fixed:
                        raise Undecided(f"the page does not say what {node.letter} is at each step")
                    found[node.letter] = _by_letters(self.page, body)
                    ends[node.letter] = {step: _by_letters(self.page, said) for step, said in defined.ends.items()}
                    pending += [found[node.letter], *ends[node.letter].values()]
        self.deltas = found

        def used(letter: Letter) -> Iterator[Letter]:
            nodes = (node for node in walk(found[letter]) if isinstance(node, At))
            yield from (node.letter for node in nodes if node.letter in found and node.index == self.step)

        order = in_order([one for one in self.page.meaning.letters.values() if one in found], used)
        return {letter: self._split(letter, found[letter], ends[letter]) for letter in order}

    def _split(self, letter: Letter, body: Expr, ends: Mapping[int, Expr]) -> Expr:
        """What a gradient is, with letters for what comes from the next step; and what these are at the last one."""
        made: dict[Letter, Expr] = {}

        def handed(terms: Sequence[Expr]) -> At:
            whole = substitute(_added(terms, body), {self.step.name(): self.step - 1})
            own = self._letter(f"{letter.symbol}_next", shape(self.page, whole), made)
            made[own] = whole
            return own[self.step]

        def split(node: Expr) -> Expr:
            if not self._reaches(node):
                return node
            terms = _terms(node)
            later = [one for one in terms if self._comes_from_behind(one)]
            rest = [
                split(one) if len(terms) > 1 else rebuild(one, split, lambda index: index)
                for one in terms
                if one not in later
            ]
            return _added([*rest, *([handed(later)] if later else [])], node)

        known = split(body)
        if not made:
            return known
        if {*ends} not in ({0}, {1}) or not (0 in ends or all(map(self._vanishes, made.values()))):
            raise Undecided(f"{letter} is defined at a step by itself: there is no code for it")
        alone = _without(known, {*made})
        at_end = [substitute(one, {self.step.name(): self.last}) for one in _terms(alone) if not isinstance(one, Zero)]
        first = _difference(ends[0], at_end) if 0 in ends else Zero(body)
        if not isinstance(first, Zero):
            is_term = len(made) == 1 and next(iter(made))[self.step] in _terms(known)
            if not is_term or any(isinstance(node, At) and node.letter in self.deltas for node in walk(first)):
                raise Undecided(f"{letter} is something else at the last step: there is no code for it")
        self.behind |= {own: (whole, first) for own, whole in made.items()}
        return known

    def _vanishes(self, whole: Expr) -> bool:
        """Whether what comes from the next step is zero at the last one, by what the page says is zero behind it."""
        zero = {one for one in self.deltas if isinstance(self.page.meaning.defined(one).ends.get(1), Zero)}
        return isinstance(_without(whole, zero), Zero)

    def _is_of_deltas(self, node: Expr) -> bool:
        return any(isinstance(part, At) and part.letter in self.deltas for part in walk(node))

    def _reaches(self, node: Expr) -> bool:
        """Whether a letter of a later step stands in an expression."""
        return any(isinstance(part, At) and (part.index - self.step).constant > 0 for part in computed(node))

    def _comes_from_behind(self, node: Expr) -> bool:
        """Whether all of a term is known when the next step is done, and no sum in it adds to a gradient."""
        for part in computed(node):
            if isinstance(part, Add) and len({self._is_of_deltas(one) for one in part.parts}) > 1:
                return False
            if isinstance(part, At):
                gap = (part.index - self.step).constant
                if gap < (1 if part.letter in self.deltas else self.first.get(part.letter, 0)):
                    return False
        return self._reaches(node)

    def _evaluated(self) -> dict[Expr, At]:
        """The functions of a step that the pass backward asks for or for the slope of, and the letters that they are.

        One that is part of a definition gets a letter of its own, so that it is computed once.
        """
        asked = {
            replace(node, primes=0)
            for side in self._recursions()
            for node in computed(side)
            if isinstance(node, Apply) and node.function.shape is None
        }
        found: dict[Expr, At] = {}
        for letter, body in [*self.bodies.items()]:
            for node in dict.fromkeys(computed(body)):
                if isinstance(node, Apply) and node in asked and node not in found:
                    own = letter
                    if node != body:
                        (of,) = node.arguments
                        inside = of.letter.symbol if isinstance(of, At) else f"in_{letter.symbol}"
                        own = self._letter(f"{node.function.symbol}_{inside}", shape(self.page, node))
                        self.bodies = {
                            key: value
                            for other, known in self.bodies.items()
                            for key, value in (((own, node), (other, known)) if other == letter else ((other, known),))
                        }
                    found[node] = own[self.step]
        return found

    def _letter(self, symbol: str, size: Shape, others: Collection[Letter] = ()) -> Letter:
        """A letter that there is not."""
        while any(letter.symbol == symbol for letter in (*self.bodies, *self.behind, *others)):
            symbol += "_"
        return Letter(symbol, "state", size)

    def _bodies_of(self) -> Iterator[Expr]:
        yield from self.bodies.values()
        body = self.page.meaning.general(self.loss).body
        assert body is not None
        yield body

    def _gaps(self, letter: Letter) -> Iterator[int]:
        """How many steps ahead of its own a definition reads a letter."""
        for body in self._bodies_of():
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
        letter, gap = node.letter, node.index - self.step
        if self.inside:
            if letter in self.next:
                return self.next[letter]
            if letter in self.deltas and gap == Index.of(0):
                return self.names[letter]
            if gap.terms or (letter, gap.constant) not in self.near:
                raise Undecided(f"{node} stands at a step of its own")
            self.reads[letter, gap.constant] = None
            return self.near[letter, gap.constant]
        if letter in self.first:
            return f"{self.names[letter]}[{index_text(node.index - self.first[letter], names)}, ...]"
        if node.index == Index.of(0):
            self.reads[letter, -1] = None
            return f"{self.near[letter, -1]}[0]"
        if node.index.constant < 0:
            raise Undecided(f"{node} may stand before the first step")
        if letter in self.deltas:
            self.looked[letter] = None
        else:
            self.reads[letter, 0] = None
        return f"{self.names[letter]}[{index_text(node.index - 1, names)}]"

    # ------------------------------------------------------------------------------------------- the module

    def source(self) -> str:
        """The text of the module."""
        parts = [self._count(), self._forward(), self._backward(), self._both()]
        scan, *helpers = needed_helpers("\n".join(parts), open_functions(self._bodies_of()), any_library=True)
        return "\n\n\n".join([self._docstring(), scan, *parts, *helpers]) + "\n"

    @property
    def _given(self) -> list[str]:
        return ["weights", *self._data, *self.starts.values()]

    @property
    def _data(self) -> list[str]:
        return [self.names[letter] for letter in self.data]

    def _head(self, code: Code, lines: Iterable[str]) -> None:
        """A name for each weight that is used, the library and the number of steps."""
        used = set(re.findall(r"\w+", " ".join(lines)))
        for letter in self.weights:
            if self.names[letter] in used:
                code.line(f'{self.names[letter]} = weights["{letter.symbol}"]')
        if "xp" in used:
            code.line(f"xp = _xp({self._data[0]}, *weights.values())")
        count = f"_last({', '.join(self._data)})"
        code.line(f"last = {count}" if "last" in used else count)

    def _docstring(self) -> str:
        lines = [f'"""{quoted(self.page.title or "A backward pass")}: the loss, and its gradient in each weight.', ""]
        scope = f" for {self.steps[0]} to {self.steps[-1]} steps" if self.steps else ""
        lines.append(f"Written by symbptt from equations that are proved{scope}.")
        lines += [f"They hold where {quoted(words)}." for words in self.said]
        lines.append("Examples come first: a state is (examples, entries). The loss is summed over the examples.")
        lines.append("Arrays may be of NumPy, JAX, CuPy, or with array_api_compat of PyTorch; the same comes back.")
        lines.append("Under jax.jit, scan=jax.lax.scan compiles one step in place of all of them.")
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
        for name in open_functions(self._bodies_of()):
            lines += [
                "",
                f"The page leaves {name} open: _value_of_{name} and _slopes_of_{name} are there to be replaced.",
            ]
        return "\n".join([*lines, '"""'])

    def _entries(self, letter: Letter) -> Dim:
        rows, columns = shape(self.page, letter)
        return rows if columns == ONE else columns

    def _count(self) -> str:
        """The function that counts the steps, and refuses data of another shape."""
        code = Code()
        with code.block(f"def _last({', '.join(self._data)}):"):
            code.line('"""How many steps there are."""')
            for letter, name in zip(self.data, self._data, strict=True):
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
            if self.steps:
                with code.block(f"if last not in {self.steps}:"):
                    proved = f"{self.steps[0]} to {self.steps[-1]}"
                    code.line(f'raise ValueError(f"it is proved for {proved} steps, not for {{last}}")')
            code.line("return last")
        return "\n".join(code.lines)

    # ------------------------------------------------------------------------------------------- the passes

    def _forward(self) -> str:
        """The states and the loss; of the states before each step those that the pass backward reads."""
        self.reads, self.rows.known = {}, {}
        total = ["loss" if self.by_step else "", *["loss"] * len(self.by_end)]
        ends = [Line("loss", term, more, whole=True) for term, more in zip(self.by_end, total, strict=False)]
        after = self._write(ends, inside=False)
        kept = [(one, -1) for one in self.states if self._is_read_before(one)]
        lines = [Line(self.names[letter], body) for letter, body in self.bodies.items()]
        lines += [Line("loss", term, "loss", whole=True) for term in self.by_step]
        self.rows.known = {node: at for node, at in self.values.items() if at.letter not in self.states}
        step = self._write(lines, inside=True)
        begun = [letter for letter in self.states if (letter, -1) in {*self.reads, *kept}]
        carry = [Carried(self.near[letter, -1], self._start(letter), self.names[letter]) for letter in begun]
        if self.by_step:
            carry.append(Carried("loss", f"xp.zeros((), dtype={self.typed}.dtype)", "loss", True))
        names = {self.names[letter]: letter.symbol for letter in self.bodies}
        names |= {self.near[key]: self.near[key] for key in kept}
        body = self._loop("step", step, carry, [*names]) + after
        code = Code()
        with code.block(f"def forward({', '.join([*self._given, 'scan=_scan'])}):"):
            code.line('"""The loss, and every state by its name: entry k is that of the step k + 1."""')
            self._head(code, body)
            code.lines += body
            code.listed("return loss, {", [f'"{key}": {name}' for name, key in names.items()], "}")
        return "\n".join(code.lines)

    def _is_read_before(self, letter: Letter) -> bool:
        """Whether the pass backward reads a state at the step before its own, or at step 0."""
        sides = [*self._recursions(), *(one.right for one in self.gradients)]
        nodes = [node for side in sides for node in walk(side) if isinstance(node, At) and node.letter == letter]
        return any(node.index.constant == -1 or node.index == Index.of(0) for node in nodes)

    def _backward(self) -> str:
        """The gradients."""
        self.reads, self.rows.known = {}, self.values
        summed, lines, ends = [], [], []
        for one in self.gradients:
            total, is_number = self.totals[one.weight], shape(self.page, one.weight) == SCALAR
            for term in _terms(one.right):
                if isinstance(term, Zero):
                    continue
                if not varies(term):
                    raise Undecided(
                        f"{term} is the same for every example: a loss of several examples has it several times"
                    )
                if isinstance(term, Sum):
                    own = substitute(term.body, {term.index: self.step})
                    lines.append(Line(total, own, whole=is_number, sign="+="))
                    summed.append(one.weight)
                else:
                    ends.append(Line(total, term, whole=is_number, sign="+="))
        after = self._write(ends, inside=False)
        carry = [
            Carried(self.next[letter], self._first(whole, first), self.next[letter])
            for letter, (whole, first) in self.behind.items()
        ]
        carry += [Carried(self.totals[one], self._empty(one), self.totals[one], True) for one in dict.fromkeys(summed)]
        deltas = [Line(self.names[one], own) for one, own in self.deltas.items()]
        behind = [Line(self.next[one], passed) for one, (passed, _) in self.behind.items()]
        step = self._write([*deltas, *lines, *behind], inside=True)
        alone = [one.weight for one in self.gradients if one.weight not in summed]
        begun = [f"    {self.totals[one]} = {self._empty(one)}" for one in alone]
        body = self._loop("step_back", step, carry, [self.names[one] for one in self.looked]) + begun + after
        code = Code()
        with code.block(f"def backward({', '.join(['weights', *self._data, 'states', 'scan=_scan'])}):"):
            code.line('"""The gradient of the loss in each weight by its name, from the states of the pass forward."""')
            self._head(code, body)
            for letter, lag in self.near:
                if letter in self.bodies and (letter, lag) in self.reads:
                    name, key = (self.near[letter, lag],) * 2 if lag else (self.names[letter], letter.symbol)
                    code.line(f'{name} = states["{key}"]')
            code.lines += body
            code.line("return {")
            for one in self.gradients:
                total, size = self.totals[one.weight], shape(self.page, one.weight)
                made = total if ONE not in size or size == SCALAR else f"xp.sum({total}, axis=0)"
                code.line(f'    "{one.weight.symbol}": {made},')
            code.line("}")
        return "\n".join(code.lines)

    def _recursions(self) -> Iterator[Expr]:
        yield from self.deltas.values()
        for passed, first in self.behind.values():
            yield from (passed, first)

    def _write(self, lines: Sequence[Line], *, inside: bool) -> list[str]:
        """Lines in a step, or beside the steps; what stands in several of them, and costs something, has a name."""
        code = Code(2 if inside else 1)
        self.inside, self.rows.named = inside, {}
        repeated = self.rows.repeated([line.right for line in lines])
        for line in lines:
            for part in repeated:
                if part not in self.rows.named and part in computed(line.right):
                    name = self.new(self.rows.stem(part))
                    code.assign(name, self.rows.value(part, self.indices))
                    self.rows.named[part] = name
            self.rows.written = line.right
            own = (self.rows.whole if line.whole else self.rows.value)(line.right, self.indices)
            self.rows.written = None
            if line.more:
                own = f"{line.more} + {own}".replace("+ -", "- ")
            code.assign(line.target, own, line.sign)
        return code.lines

    def _loop(self, name: str, step: Sequence[str], carry: Sequence[Carried], kept: Sequence[str]) -> list[str]:
        """The step as a function, and its run over all steps."""
        code = Code(1)
        backward = name == "step_back"
        carried = "behind" if backward else "before"
        given = {
            self.near[letter, lag]: self._slice(letter, lag) if letter in self.first else self._listed(letter, lag)
            for letter, lag in self.near
            if (letter, lag) in self.reads and (letter in self.first or backward)
        }
        if any(re.search(rf"\b{self.clock}\b", line) for line in step):
            given[self.clock] = f"xp.arange(1, last + 1, dtype={self.typed}.dtype)"
        code.line()
        with code.block(f"def {name}({carried}, given):"):
            if carry:
                code.unpacked([one.taken for one in carry], carried)
            if given:
                code.unpacked(given, "given")
            code.lines += step
            passed = tuple_text(one.passed for one in carry)
            if len(passed) > 60:
                code.listed(f"{carried} = (", [one.passed for one in carry], ")")
                passed = carried
            code.listed(f"return {passed}, (", kept, ")")
        code.line()
        code.listed(f"{carried} = (", [one.first for one in carry], ")")
        code.listed("given = (", [*given.values()] or self._data[:1], ")")
        run = f"scan({name}, {carried}, given{', reverse=True' * backward})"
        if any(one.asked for one in carry):
            code.listed("(", [one.passed if one.asked else "_" for one in carry], f"), made = {run}")
        else:
            code.line(f"_, made = {run}")
        if kept:
            code.unpacked(kept, "made")
        return code.lines

    def _slice(self, letter: Letter, lag: int) -> str:
        """Data as a step is given it: the entries for the steps 1..T."""
        start, name = 1 + lag - self.first[letter], self.names[letter]
        if self.first[letter] == 1:
            return name
        return f"{name}[{start or ''}:{lag or ''}, ...]"

    def _listed(self, letter: Letter, lag: int) -> str:
        return self.near[letter, lag] if lag else self.names[letter]

    def _first(self, whole: Expr, first: Expr) -> str:
        """What comes from behind at the last step, in the shape of what comes at the others."""
        self.inside = False
        if any(isinstance(part, At) for part in computed(first)):
            return self.rows.value(first, self.indices)
        zeros = self._zeros(whole)
        return zeros if isinstance(first, Zero) else f"{zeros} + {self.rows.value(first, self.indices)}"

    def _zeros(self, whole: Expr) -> str:
        """As many zeros for each example as an expression has entries."""
        size = self.rows.shape(whole)
        for like in self.states:
            if shape(self.page, like) == size:
                self.reads[like, 0] = None
                return f"xp.zeros_like({self.names[like]}[last - 1])"
        return f"xp.zeros(({self._data[0]}.shape[1], {self._count_of(*size)}), dtype={self.typed}.dtype)"

    def _count_of(self, rows: Dim, columns: Dim) -> str:
        """How many entries a column or a row has, from the weight that shows it."""
        size = rows if columns == ONE else columns
        for weight in self.weights:
            dims = [dim for dim in shape(self.page, weight) if dim != ONE]
            if size in dims:
                return f"{self.names[weight]}.shape[{dims.index(size)}]"
        raise Undecided(f"no weight tells how many {size} is")

    def _empty(self, weight: Letter) -> str:
        """A sum over the steps before anything is added to it: of a column one row for each example."""
        size = shape(self.page, weight)
        return f"xp.zeros_like({self.names[weight]})" if ONE not in size or size == SCALAR else self._zeros(weight)

    def _start(self, letter: Letter) -> str:
        if letter in self.starts:
            return self.starts[letter]
        said = self.page.meaning.defined(letter).fixed[0]
        # One for each example, whatever it starts from.
        count = f"({self._data[0]}.shape[1], {self._count_of(*shape(self.page, letter))})"
        zeros, self.inside = f"xp.zeros({count}, dtype={self.typed}.dtype)", False
        return zeros if isinstance(said, Zero) else f"{zeros} + {self.rows.value(said, {})}"

    def _both(self) -> str:
        code, given = Code(), ", ".join(self._given)
        with code.block(f"def value_and_gradients({given}, scan=_scan):"):
            code.line('"""The loss, and its gradient in each weight by its name."""')
            code.line(f"loss, states = forward({given}, scan=scan)")
            code.line(f"return loss, backward({', '.join(['weights', *self._data])}, states, scan=scan)")
        return "\n".join(code.lines)


def _terms(node: Expr) -> tuple[Expr, ...]:
    return node.parts if isinstance(node, Add) else (node,)


def _added(terms: Sequence[Expr], like: Expr) -> Expr:
    """A sum of terms; without any, a zero."""
    return Add(tuple(terms)) if len(terms) > 1 else terms[0] if terms else Zero(like)


def _by_letters(page: Derivation, node: Expr) -> Expr:
    """An expression whose letters are those of the page, and a loss of one step the open function that it is."""
    if isinstance(node, At):
        return At(replace(node.letter, last=None), node.index)
    if isinstance(node, Partial) and isinstance(node.of, At):
        said = page.meaning.defined(node.of.letter).at(node.of.index)
        return replace(node, of=said) if isinstance(said, Apply) and said.function.shape is not None else node
    return rebuild(node, partial(_by_letters, page), lambda index: index)


def _without(node: Expr, letters: set[Letter]) -> Expr:
    """An expression where these letters are zero."""
    match node:
        case At(letter):
            return Zero(node) if letter in letters else node
        case Add(parts):
            return _added([one for part in parts if not isinstance(one := _without(part, letters), Zero)], node)
        case Mul(parts) | Hadamard(parts):
            made = tuple(_without(part, letters) for part in parts)
            return Zero(node) if any(isinstance(one, Zero) for one in made) else type(node)(made)
        case Transpose(of):
            made_of = _without(of, letters)
            return Zero(node) if isinstance(made_of, Zero) else Transpose(made_of)
        case _:
            return node


def _difference(whole: Expr, terms: Sequence[Expr]) -> Expr:
    """A sum without these terms of it."""
    left: list[Expr] = [one for one in _terms(whole) if not isinstance(one, Zero)]
    missing: list[Expr] = []
    for term in terms:
        if term in left:
            left.remove(term)
        else:
            missing.append(-1 * term)
    return _added([*left, *missing], whole)
