"""What reading a note yields: its displays, each with its equations or the reason why it was not read.

Whoever is given a note, or only asks whether it is one, waits for nothing that reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from symbptt.errors import Place
from symbptt.page.conventions import CONVENTIONS, Convention
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr

if TYPE_CHECKING:
    # Annotations alone: these rooms compile the patterns of all that may stand in a file.
    from symbptt.text.document import Display, Document

RowKind: TypeAlias = Literal["definition", "claim", "aside", "unread"]


@dataclass(frozen=True, slots=True)
class Link:
    """One equation, between two neighbouring sides of a display: with vectors and with scalars for its letters.

    Either is None where the equation cannot be stated so; ``why`` is the reason.
    """

    tag: str
    kind: Literal["definition", "claim"]
    vectors: Equation | None
    scalars: Equation | None
    why: str = ""
    chain: Link | None = None
    """The first link of the chain that it continues; None for that one itself."""
    told: tuple[Expr, Expr] | None = None
    """An abbreviation and what it stands for: a_t, and ∂h_t/∂w."""


@dataclass(frozen=True, slots=True)
class ReadDisplay:
    """A display with its kind and its equations, or with the reason why it was not read, and the place."""

    display: Display
    kind: RowKind
    links: tuple[Link, ...] = ()
    reason: str = ""
    place: Place | None = None
    excerpt: str = ""
    """The line of the note with a caret below that place."""
    reworded: bool = False
    """Whether its equations are about other letters than are typed: vectors for their entries, one layer for each."""

    @property
    def tag(self) -> str:
        """What it is called."""
        return self.display.tag


@dataclass(frozen=True, slots=True)
class LastStep:
    """Where a last step, T or N, is given a number; None where it is given several, or one that is not whole."""

    where: str
    place: Place
    number: int | None


@dataclass(frozen=True, slots=True)
class Superseded:
    """That a sentence, ``where``, says of letters, by their symbols, that they are something else from there on.

    ``since`` is how many of the displays and formulas of the note it does not speak of any more.
    """

    where: str
    since: int
    symbols: frozenset[str]


@dataclass(frozen=True, slots=True)
class Again:
    """What is said of a letter that has a definition, as a claim: where it does not follow, it changes that letter."""

    changes: Superseded
    vectors: Equation | None
    scalars: Equation | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read. ``vectors`` is None where its definitions compose for scalars only, with ``unfit`` why.

    ``signs`` names the signs of vectors and matrices in it: with them what composes for scalars only is a slip, and
    ``scalars`` is None where everything can be stated with vectors.
    """

    path: str
    title: str
    rows: tuple[ReadDisplay, ...]
    vectors: Derivation | None
    scalars: Derivation | None
    assumed: tuple[str, ...]
    document: Document
    unfit: str = ""
    signs: str = ""
    narrowed: Mapping[str, str] = field(default_factory=dict)
    """The letters, by symbol, with a property that is not made use of, each with where it stands."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """The functions and weights, by symbol, that are something that was not read, each with where it stands."""
    sums: bool = True
    """Whether it leaves open that targets sum to one."""
    told: frozenset[str] = frozenset()
    """The symbols of the letters that it defines, or speaks of by themselves, where a part of it is missing."""
    lasts: Mapping[str, LastStep] = field(default_factory=dict)
    """The number that a last step is given, by its letter."""
    layouts: tuple[Convention, ...] = CONVENTIONS
    """The conventions that its words leave open."""
    layouts_said: str = ""
    """Where that is said; empty where it is not."""
    unclear_partials: str = ""
    """Where something is said of a plain ∂ that is not understood."""
    superseded: tuple[Superseded, ...] = ()
    """What sentences say to be something else from some place on."""
    again: tuple[Again, ...] = ()
    """What is said of letters again where no row asks whether it is true, or below another heading."""
    of_scalars: bool = False
    """Whether its words speak of numbers in place of vectors."""
    numbers: frozenset[str] = frozenset()
    """The symbols of weights with capital letters that compose as numbers alone, which nothing says that they are."""
    given: tuple[str, ...] = ()
    """The numbers that it is written out for: of layers, of steps that a loss leaves out."""
    keeps: Convention | None = None
    """The convention that it keeps to; None as long as that is not settled."""
    models: tuple[Note, ...] = ()
    """Where it is about several models, the notes about one each, which have its rows between them."""

    @property
    def pages(self) -> tuple[Derivation, ...]:
        """Every page that its displays are on: of each model, with vectors and for scalars."""
        own = (page for note in self.models or (self,) for page in (note.vectors, note.scalars))
        return tuple(page for page in own if page is not None)

    @property
    def page(self) -> Derivation:
        """Its definitions and claims: with vectors, or where it composes for scalars only, with these."""
        found = self.vectors or self.scalars
        assert found is not None
        return found

    @property
    def missing(self) -> tuple[str, ...]:
        """The files that are part of it and that are not read, each with where it is brought in and why."""
        return self.document.missing

    @property
    def parts(self) -> frozenset[Path]:
        """The files that it brings in."""
        named = (Place(part.path, file=part.file).container for part in self.document.source.parts if part.file)
        return frozenset(map(Path, named)) - {Path(self.path)}

    def __iter__(self) -> Iterator[ReadDisplay]:
        return iter(self.rows)


Entry: TypeAlias = Equation | ReadDisplay
"""What stands on a page that a script makes, and in a note: each has a tag and a kind."""


def is_declared_wrong(entry: Entry) -> bool:
    """Whether the page itself says that an equation is wrong."""
    return entry.kind == "misreading" if isinstance(entry, Equation) else entry.display.declared_wrong


def is_claim(entry: Entry) -> bool:
    """Whether something is claimed there: it is a claim, is declared wrong, or was not read; and is not ignored."""
    if isinstance(entry, ReadDisplay) and entry.display.ignored:
        return False
    return is_declared_wrong(entry) or entry.kind not in ("definition", "aside")


def claims_of(page: Iterable[Entry]) -> list[Entry]:
    """What has a verdict on a page or in a note."""
    return [entry for entry in page if is_claim(entry)]
