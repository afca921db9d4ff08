"""The gradients of a page, derived and then judged: what is shown is proved, and what is not says why.

>>> from symbptt.page.notation import Sum, function, indices, sizes, state, weight
>>> t, T = indices("t T")
>>> n, = sizes("n")
>>> h, W, L, ell = state("h", n), weight("W", n, n), state("L"), function("ell", 1)
>>> page = Derivation("A recurrence")
>>> _ = page.define("h", h[t], function("tanh")(W @ h[t - 1]))
>>> _ = page.define("L", L, Sum(ell(h[t]), (t, 1, T)))
>>> made = derive(page)
>>> print(made["dL/dW"])
(dL/dW) d L/d W = Σ_{t=1..T} (δh̄_t · h_{t-1}ᵀ)
>>> [row.word for row in made.rows]
['proved', 'proved']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from symbptt.deriving.backward import backward_pass
from symbptt.deriving.forward import MODES, Mode, forward_pass, step_jacobians
from symbptt.deriving.steps import Backward, chosen_loss, losses
from symbptt.emit.emission import Emitted, emit_passes
from symbptt.errors import PageError, Undecided, UsageError
from symbptt.judging.customs import customs_of
from symbptt.judging.pages import HOLDS, bind, judged_equations, page_at, row_of
from symbptt.page.conventions import BY_NAME, MIXED, NUMERATOR, Convention
from symbptt.page.derivation import Derivation, Equation, head
from symbptt.page.notation import Letter
from symbptt.printing.dialects import Dialect
from symbptt.reader.results import Note
from symbptt.verdicts import Question, Row, Verdict
from symbptt.workers import Crew


@dataclass(frozen=True)
class Derived:
    """The gradients of a loss: equations of ``page``, and under ``rows`` the verdict on each that claims to be one.

    ``for equation in derived`` gives what is shown, in order: the definitions that the page had, those of the
    gradients δ, and the claims that are proved. ``derived["dL/dW"]`` is one of them by its tag.
    """

    page: Derivation
    loss: Letter | None
    """None for Jacobians, which are those of states."""
    rows: tuple[Row, ...]
    layout: Convention
    refused: tuple[tuple[str, str], ...] = ()
    """The weights that no gradient is derived in, each with the reason."""
    given: int = 0
    """How many of the equations of the page were there before."""
    dialect: Dialect = "note"
    """The signs of derivatives: one ∂ for those of a loss, two where immediate partials stand beside total ones."""
    said: tuple[str, ...] = ()
    """What a reader has to know of how a note was read."""

    def __iter__(self) -> Iterator[Equation]:
        proved = {row.tag for row in self.rows if row.word in HOLDS}
        claims = [equation for equation in self.page if equation.kind == "claim" and equation.tag in proved]
        under = self.page.letters_under([letter for claim in claims for letter in claim.letters])
        for place, equation in enumerate(self.page):
            is_used = place < self.given or head(equation.left) in under
            if equation in claims or (equation.kind == "definition" and is_used):
                yield equation

    def __getitem__(self, tag: str) -> Equation:
        return self.page[tag]

    def groups(self) -> Iterator[tuple[str, list[Equation]]]:
        """What is shown in groups with a title each: what was given, the pass backwards, the gradients."""
        given, shown = self.page.equations[: self.given], list(self)
        parts = (
            ("The step", [equation for equation in shown if equation in given]),
            ("Backwards", [one for one in shown if one not in given and one.kind == "definition"]),
            ("Gradients" if self.loss is not None else "Jacobians", [one for one in shown if one.kind == "claim"]),
        )
        yield from ((title, equations) for title, equations in parts if equations)

    def to_numpy(self, *, activation: str = "any") -> Emitted:
        """The loss and its gradients as functions: ``value_and_gradients(weights, data..., first states...)``.

        The module that they come from is ``.source``; its docstring says what each argument is. An arbitrary function
        that acts on each entry is the ``activation``. Raises :class:`UsageError` where nothing is proved, or gradients
        do not have the shape of their weights, :class:`Undecided` where the page has no such code.
        """
        return Emitted(self.source(activation))

    def source(self, activation: str = "any") -> str:
        """The text of that module."""
        if self.layout != MIXED or self.dialect != "note":
            raise UsageError(f"code has gradients in the shape of their weights: derive them as {MIXED.name}")
        claims = {equation.tag: equation for equation in self if equation.kind == "claim" and equation.weights}
        gradients = [
            (claims[row.tag], row.verdict.scope if row.verdict is not None else None)
            for row in self.rows
            if row.tag in claims
        ]
        if not gradients:
            raise UsageError("no gradient in a weight is proved: there is nothing to write")
        return emit_passes(self.page, gradients, activation, self.readings)

    @property
    def readings(self) -> tuple[str, ...]:
        """What has to be read so for what holds as read, in words."""
        found = [row.verdict.reading for row in self.rows if row.verdict is not None]
        return tuple(dict.fromkeys(reading.words for reading in found if reading is not None))

    @property
    def unproved(self) -> tuple[Row, ...]:
        """The rows of what was derived and is not shown, because it is not proved."""
        return tuple(row for row in self.rows if row.word not in HOLDS)


def derive(
    page: Derivation | Note | str | Path,
    *,
    of: str | Letter | None = None,
    weights: Sequence[str | Letter] | None = None,
    layout: str | None = None,
    mode: Mode = "backward",
    question: Question | None = None,
    crew: Crew | None = None,
) -> Derived:
    """The gradients of the loss ``of`` in ``weights``, each judged as a claim before it is shown.

    ``page`` is one with definitions, a note, or the path of either; ``of`` is the one loss that it has, ``weights`` all
    that the loss depends on. ``mode`` is *backward*, or for sensitivities that run forward *rtrl* step by step and
    *expanded* down to the first step, or *jacobian* for what the letters of one step do in the states before it, which
    needs no loss. ``layout`` is the name of a convention; by default it is that of the page, and
    where the page does not tell, gradients have the shape of what they are taken in.

    Raises :class:`UsageError` where the loss or a weight is unknown, :class:`Undecided` where a definition has no rule.
    """
    if isinstance(page, (str, Path)):
        page = page_at(page)
    if mode not in MODES:
        raise UsageError(f"no mode is called {mode!r}: expected one of {', '.join(MODES)}")
    if mode != "backward" and layout not in (None, NUMERATOR.name):
        raise UsageError(f"what runs forward has a row for each entry of a state: leave out the layout {layout}")
    keeps = _layout(page, layout) if mode == "backward" else NUMERATOR
    definitions = _definitions(page)
    made = _derived(definitions, of, weights, keeps, mode)
    found = replace(judged(made, keeps, question, crew), dialect="note" if mode == "backward" else "plus")
    return replace(found, said=tuple(_said(page))) if isinstance(page, Note) else found


def _derived(
    page: Derivation, of: str | Letter | None, weights: Sequence[str | Letter] | None, keeps: Convention, mode: Mode
) -> Backward:
    if mode == "jacobian":
        if weights is not None:
            raise UsageError("the Jacobians of a step are taken in states: leave out the weights")
        return step_jacobians(page, chosen_loss(page, of) if of is not None or losses(page) else None)
    loss = chosen_loss(page, of)
    every = page.weights_under(loss)
    chosen = every if weights is None else tuple(_chosen(every, weight, loss) for weight in weights)
    return backward_pass(page, loss, chosen, keeps) if mode == "backward" else forward_pass(page, loss, chosen, mode)


def judged(made: Backward, layout: Convention, question: Question | None = None, crew: Crew | None = None) -> Derived:
    """A backward pass with the verdict on each equation that claims to be a gradient."""
    try:
        rows = tuple(judged_equations(made.page, made.claims, question, crew, customs_of(made.page)))
    except PageError as why:
        # Nothing on such a page has a meaning: a rule made what does not compose.
        rows = tuple(row_of(claim, Verdict("ill-typed", reason=str(why)), made.page) for claim in made.claims)
    given = len(made.page.equations) - made.added
    return Derived(made.page, made.loss, rows, layout, tuple(made.refused.items()), given)


def _said(note: Note) -> Iterator[str]:
    unread = ", ".join(f"({row.tag})" for row in note.rows if row.kind == "unread")
    if unread:
        yield f"not read, and not looked at: {unread}"
    if note.vectors is None:
        yield "its letters are numbers: it composes for scalars alone"
    yield from note.assumed


def _definitions(page: Derivation | Note) -> Derivation:
    if isinstance(page, Derivation):
        return page
    if page.vectors is None and page.signs:
        raise Undecided(f"its definitions compose for scalars alone, and it has {page.signs}: {page.unfit}")
    if page.missing:
        raise Undecided(f"{page.missing[0]}, and may say what its letters are")
    definitions = page.page
    bind(page, definitions)
    for letter in definitions.meaning.letters.values():
        if letter.symbol in page.unread:
            raise Undecided(f"{page.unread[letter.symbol]}, which says what {letter} is, is not read")
    return definitions


def _layout(page: Derivation | Note, layout: str | None) -> Convention:
    if layout is not None:
        if layout not in BY_NAME:
            raise UsageError(f"no layout is called {layout!r}: expected one of {', '.join(BY_NAME)}")
        return BY_NAME[layout]
    if isinstance(page, Note) and page.layouts_said and len(page.layouts) == 1:
        return page.layouts[0]
    return MIXED


def _chosen(every: Sequence[Letter], weight: str | Letter, loss: Letter) -> Letter:
    found = [one for one in every if weight in (one, one.symbol, str(one))]
    if len(found) != 1:
        raise UsageError(f"{loss} depends on no weight {weight}: expected one of {', '.join(map(str, every))}")
    return found[0]
