"""The definitions of a page as one step: the states and weights under a loss, and what each state is at the step t."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbptt.deriving.rules import Rules
from symbptt.errors import Undecided, UsageError
from symbptt.page.conventions import MIXED
from symbptt.page.derivation import Derivation, Equation, head
from symbptt.page.notation import Apply, At, Expr, Index, Letter, Sum, children, rebuild, substitute
from symbptt.page.resolved import LAST
from symbptt.page.shapes import SCALAR, shape


@dataclass(frozen=True)
class Backward:
    """A page with the equations of its backward pass behind its definitions; ``claims`` are those to be judged."""

    page: Derivation
    loss: Letter | None
    claims: tuple[Equation, ...]
    added: int
    """How many equations were added behind the definitions."""
    refused: Mapping[str, str]
    """The weights that there is no gradient in, by their symbols, each with the reason."""


def losses(page: Derivation) -> tuple[Letter, ...]:
    """The scalars without an index that depend on weights and that nothing else is made of: what may be minimised."""
    meaning = page.meaning
    found = [
        letter
        for letter in meaning.letters.values()
        if letter.kind == "state"
        and page.definitions(letter)
        and not meaning.defined(letter).has_index
        and meaning.is_differentiable(letter)
        and shape(page, letter) == SCALAR
        and page.weights_under(letter)
    ]
    return tuple(one for one in found if not any(one in meaning.leads_to(other) for other in found))


def chosen_loss(page: Derivation, of: str | Letter | None) -> Letter:
    """The loss that is asked for, or the only one; raises :class:`UsageError`."""
    known = losses(page)
    if of is None:
        if len(known) != 1:
            listed = ", ".join(map(str, known)) or "none"
            raise UsageError(f"expected one loss such as L = Σ_t ℓ(h_t, y_t), but the page has {listed}; name one")
        return known[0]
    found = [one for one in known if of in (one, one.symbol, str(one))]
    if len(found) != 1:
        listed = ", ".join(map(str, known)) or "none"
        raise UsageError(f"{of} is no loss of the page, a number without a step: expected one of {listed}")
    return found[0]


class Definitions:
    """The definitions under a loss, or all of them where none is asked for.

    ``letters`` are the states that weights move, ``bodies`` what they are at t.
    """

    def __init__(self, page: Derivation, loss: Letter | None) -> None:
        self.page, self.roots = page, [] if loss is None else [loss]
        meaning = page.meaning
        clock = LAST if loss is None else page.clock(loss)
        if clock is None:
            raise Undecided(f"{loss} stands at no last step")
        self.last = Index.letter(clock)
        states = [one for one in meaning.letters.values() if one.kind == "state" and page.definitions(one)]
        indexed = [one for one in states if meaning.defined(one).has_index]
        under = meaning.leads_to(loss) if loss is not None else indexed
        self.letters = [letter for letter in states if letter in under and page.weights_under(letter)]
        heads = [meaning.general(letter).head.index for letter in self.letters]
        self.step = next((head for head in heads if head.terms and head != self.last), Index.letter("t"))
        self.bodies = {letter: self._body(letter) for letter in (*self.letters, *self.roots)}
        values: dict[Expr, Expr] = {}
        for step in (self.step, self.last):
            values |= {self.at(letter, step): At(letter, step) for letter in self.letters}
        self.rules = Rules(page, values, logarithms=self._only_logarithms())

    def _body(self, letter: Letter) -> Expr:
        """What a letter is at the step t, the weights that the page makes of others written out."""
        defined = self.page.meaning.general(letter)
        body = defined.body if not defined.has_index else defined.at(self.step)
        assert body is not None
        return self.opened(body)

    def opened(self, node: Expr) -> Expr:
        """An expression with the weights that the page makes of others written out, and Σ over the steps by t."""
        if isinstance(node, Letter) and node.kind == "weight" and self.page.definitions(node):
            said = self.page.meaning.defined(node).body
            assert said is not None
            return self.opened(said)
        if isinstance(node, Sum) and node.index != self.step.name() and node.lower == Index.of(1):
            # Σ over the steps by the letter of the step, so that what each term passes on is of that step.
            node = Sum(substitute(node.body, {node.index: self.step}), (self.step, node.lower, node.upper))
        return rebuild(node, self.opened, lambda index: index)

    def at(self, letter: Letter, step: Index) -> Expr:
        """What a letter is at a step."""
        return substitute(self.bodies[letter], {self.step.name(): step})

    def _only_logarithms(self) -> frozenset[Letter]:
        """The letters that nothing but a logarithm is taken of: δ of such a softmax is of no use to anybody."""
        beside: set[Letter] = set()
        logged: set[Letter] = set()

        def look(node: Expr, under: bool) -> None:
            if isinstance(node, At):
                (logged if under else beside).add(node.letter)
                return
            for part in children(node):
                look(part, isinstance(node, Apply) and node.function.symbol == "log")

        for body in self.bodies.values():
            look(body, False)
        return frozenset(logged - beside)

    def definitions(self) -> Derivation:
        """A page with the definitions under the loss alone."""
        made = copy.copy(self.page)
        under = self.page.letters_under(self.roots or self.letters)
        made.equations = [
            equation for equation in self.page if equation.kind == "definition" and head(equation.left) in under
        ]
        made._letters = {letter.symbol: letter for equation in made.equations for letter in equation.letters}
        made.convention = MIXED.name
        return made

    def claim(
        self, made: Derivation, of: Letter, wrt: Letter, left: Expr, right: Expr, also_in: Sequence[Letter] = ()
    ) -> Equation:
        """A claim about a derivative, with the tag that it has by it."""
        return made.claim(free_tag(made, f"d{plain(of)}/d{plain(wrt)}"), left, right, also_in=also_in)


def plain(letter: Letter) -> str:
    """A letter in a tag, where no sign stands that a tag has to escape."""
    return letter.symbol.replace("__whole", "").replace("__up_", "").replace("__", " ").removeprefix("delta_")


def free_tag(page: Derivation, tag: str) -> str:
    """A tag that the page does not have yet."""
    known = {equation.tag for equation in page}
    return tag if tag not in known else next(f"{tag} ({k})" for k in range(2, 100) if f"{tag} ({k})" not in known)
