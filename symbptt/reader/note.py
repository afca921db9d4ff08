r"""A note as a page: its displayed equations as definitions and claims, with whatever had to be assumed said.

>>> note = read_formula(r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}")
>>> print(note.rows[0].links[0].vectors)
(L1) d h_t/d w = ∂⁺h_t/∂w
>>> print(*note.assumed, sep="\n")
h_t = f(x_t, h_{t-1}, w), because nothing says what h_t is
w is a weight
x_t is data
f is an arbitrary function
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from symbptt.errors import IllTyped, Place, Unreadable
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    Apply,
    At,
    Concat,
    Diag,
    Expr,
    Hadamard,
    Kronecker,
    Letter,
    Transpose,
    walk,
)
from symbptt.reader.assumptions import assume
from symbptt.reader.building import Builder, build, names_step
from symbptt.reader.customs import LOSSES, NAMED, TRANSPOSE, VECTOR_FONTS
from symbptt.reader.plan import make_plan
from symbptt.reader.sizing import UnshapedDefinition, all_scalars, infer
from symbptt.reader.statements import find_statements
from symbptt.text.document import Display, Document, read_document, split_document

RowKind: TypeAlias = Literal["definition", "claim", "unread"]


@dataclass(frozen=True, slots=True)
class Link:
    """One equation between two neighbouring sides of a display, where its letters are vectors and where scalars.

    None: on that page it cannot be stated, as ``why`` says.
    """

    tag: str
    kind: Literal["definition", "claim"]
    vectors: Equation | None
    scalars: Equation | None
    why: str = ""
    chain: Link | None = None
    """The first link of the chain that it goes on in; None for that one itself."""
    told: tuple[Expr, Expr] | None = None
    """What is written for what, where the page only abbreviates: a_t for ∂h_t/∂w."""


@dataclass(frozen=True, slots=True)
class ReadDisplay:
    """One displayed equation: what it is, and the equations in it; or why it was not read, and where."""

    display: Display
    kind: RowKind
    links: tuple[Link, ...] = ()
    reason: str = ""
    place: Place | None = None
    excerpt: str = ""
    """The line of the note, with a caret under where it could not be read on."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read. ``vectors`` is None where its definitions compose for scalars only, as ``unfit`` says.

    ``signs`` are those in it that only vectors and matrices have: what composes for scalars alone is then a slip.
    """

    path: str
    title: str
    rows: tuple[ReadDisplay, ...]
    vectors: Derivation | None
    scalars: Derivation
    assumed: tuple[str, ...]
    document: Document
    unfit: str = ""
    signs: str = ""


def read_note(path: Path) -> Note:
    """Read a note in LaTeX or Markdown; raises :class:`NoteError` where the file or its displays cannot be found."""
    return read(read_document(path))


def read_formula(text: str) -> Note:
    """Read one formula without delimiters, as ``--latex`` has it."""
    return replace(read(split_document(f"\\[{text}\\]", "--latex")), title="")


def read(document: Document) -> Note:
    """The page that a document's displays make, in their order."""
    statements = find_statements(document)
    plan = make_plan(statements)
    assumed = assume(plan, statements)
    draft = Builder(plan, plan.shaped(), None)
    draft.run(statements, assumed)
    letters = draft.letters()
    alphabet = draft.translator.alphabet
    losses = frozenset(
        alphabet.symbol(key) for key, kind in plan.kinds.items() if kind == "state" and key.stem in LOSSES
    )
    vectors: Builder | None = None
    unfit = ""
    try:
        shapes = infer(draft.definitions, letters, losses)
        vectors = build(plan, shapes, lambda: _page(document), statements, assumed)
    except IllTyped as error:
        unfit = str(error)
    shapes = all_scalars(draft.definitions, letters)
    scalars = build(plan, shapes, lambda: _page(document), statements, assumed)
    errors = {statement.item.place: statement.error for statement in statements if statement.error is not None}
    rows: list[ReadDisplay] = []
    chain: Link | None = None
    for display in document.displays:
        rows.append(_printed(document, display, draft, vectors, scalars, errors, chain))
        # A number by itself does not end a chain.
        if not display.bare_tag:
            claims = [link for link in rows[-1].links if link.kind == "claim"]
            chain = (claims[-1].chain or claims[-1]) if claims else None
    assert scalars.page is not None
    return Note(
        document.path,
        document.title,
        tuple(rows),
        vectors.page if vectors is not None else None,
        scalars.page,
        (*plan.said, *_said(draft), *(vectors or scalars).translator.taken, *(vectors or scalars).ignored),
        document,
        unfit,
        " and ".join(_vector_signs(draft)),
    )


def _vector_signs(draft: Builder) -> Iterator[str]:
    nodes = [node for expression in draft.expressions for node in walk(expression)]
    for kind, name in (
        (Transpose, "a transpose"),
        (Diag, "diag"),
        (Hadamard, "⊙"),
        (Kronecker, "⊗"),
        (Concat, "blocks"),
    ):
        if any(isinstance(node, kind) for node in nodes):
            yield name
    if any(any(font in VECTOR_FONTS for font in key.dressed) for key in draft.plan.kinds):
        yield "bold letters"


def _page(document: Document) -> Derivation:
    return Derivation(document.title, source=document.path)


def _printed(
    document: Document,
    display: Display,
    draft: Builder,
    vectors: Builder | None,
    scalars: Builder,
    errors: Mapping[Place, Unreadable],
    chain: Link | None,
) -> ReadDisplay:
    if display.bare_tag:
        return ReadDisplay(
            display, "unread", reason="it holds a number and no equation: the number is that of the display before"
        )
    of_page = [builder.errors.get(display.place) for builder in (vectors, scalars) if builder is not None]
    error = errors.get(display.place) or draft.errors.get(display.place) or (of_page[0] if all(of_page) else None)
    if error is not None:
        offset = display.formula.at(error.offset)
        return ReadDisplay(display, "unread", (), str(error), document.place_at(offset), document.excerpt(offset))
    on_vectors = {stated.tag: stated for stated in vectors.links.get(display.place, [])} if vectors else {}
    on_scalars = {stated.tag: stated for stated in scalars.links.get(display.place, [])}
    links: list[Link] = []
    for stated in draft.links.get(display.place, []):
        one, other = on_vectors.get(stated.tag), on_scalars.get(stated.tag)
        why = next((made.why for made in (stated, one, other) if made is not None and made.why), "")
        start = chain if stated.goes_on else None
        on_page = (one.equation if one is not None else None, other.equation if other is not None else None)
        links.append(Link(stated.tag, stated.kind, *on_page, why, start, stated.told))
        if stated.kind == "claim" and start is None:
            chain = links[-1]
    if not links:
        return ReadDisplay(
            display, "unread", (), "there is no equation in it", display.place, document.excerpt(display.formula.at(0))
        )
    is_claim = any(link.kind == "claim" for link in links)
    return ReadDisplay(display, "claim" if is_claim else "definition", tuple(links))


def _said(draft: Builder) -> Iterator[str]:
    """What letters that nothing defines were taken to be, and what the names of steps name."""
    letters = draft.letters()
    made_here = {entry.left for entry in draft.definitions}
    names: dict[str, dict[str, None]] = {}
    aliases: set[Letter] = set()
    for entry in draft.definitions:
        for side in entry.sides:
            others = [other for other in draft.definitions if other is not entry and _defines_same(other, entry)]
            if isinstance(side, Apply) and names_step(side) and (others or len(entry.sides) > 1):
                names.setdefault(str(entry.left), {})[str(side.function)] = None
                aliases.add(side.function)
    for kind, one, several in (
        ("weight", "a weight", "weights"),
        ("data", "data", "data"),
        ("function", "an arbitrary function", "arbitrary functions"),
    ):
        own = [
            letter
            for letter in letters
            if letter.kind == kind and letter not in made_here and letter not in aliases and letter.symbol not in NAMED
        ]
        shown = dict.fromkeys(f"{letter}_t" if kind == "data" else str(letter) for letter in own)
        if shown:
            yield f"{', '.join(shown)} {'is ' + one if len(shown) == 1 else 'are ' + several}"
    if TRANSPOSE in draft.plan.survey.indices and any(
        isinstance(node, Transpose) for e in draft.expressions for node in walk(e)
    ):
        yield "T above a letter is the transpose, anywhere else a step"
    for state, functions in names.items():
        yield f"{' and '.join(functions)} {'name' if len(functions) > 1 else 'names'} {state}"


def _defines_same(one: UnshapedDefinition, other: UnshapedDefinition) -> bool:
    heads = [entry.left.letter if isinstance(entry.left, At) else entry.left for entry in (one, other)]
    return heads[0] == heads[1]
