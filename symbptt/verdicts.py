"""What is asked of a claim, and what is found: data that judges nothing and shows nothing.

Whatever a person or a program wants to know of a verdict is a field of it. ``reason`` is a sentence for people; nothing
reads it again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal, NoReturn, TypeAlias

from symbptt.errors import Place
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr, Letter

Word: TypeAlias = Literal["proved", "holds-as-read", "refuted", "ill-typed", "undecided", "not-stated"]
RowKind: TypeAlias = Literal["definition", "claim", "misreading", "aside", "unread"]
Outcome: TypeAlias = Literal["agree", "disagree", "no oracle"]

DEFAULT_STEPS = range(1, 6)
DEFAULT_SIZES = {"n": 2, "d": 2, "q": 2}
EPS = 2.0**-52


@dataclass(frozen=True, slots=True)
class Question:
    """For whom a claim is asked: the steps, the numbers of the sizes, the activation; and by which method."""

    steps: tuple[int, ...] = tuple(DEFAULT_STEPS)
    sizes: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_SIZES))
    activation: str = "any"
    method: str | None = None
    slips: bool = True
    """Whether a refuted claim is looked through for the slip that explains it, which takes as long as to refute it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a proof holds: ``any`` or an activation's name, ``any`` or the sizes, ``all`` or a range of steps."""

    activation: str
    sizes: str | dict[str, int]
    steps: str
    start: int = 1
    """The first step it is stated for."""
    names: str = "any"
    """The activation by its name alone, without where it is smooth."""
    given: tuple[str, ...] = ()
    """The numbers that what a note has letters for was taken to be: 3 layers."""

    @property
    def listed(self) -> tuple[int, ...] | None:
        """The steps one by one; None for all of them."""
        if self.steps == "all":
            return None
        spans = (part.split("..") for part in self.steps.split(", "))
        return tuple(step for span in spans for step in range(int(span[0]), int(span[-1]) + 1))


@dataclass(frozen=True, slots=True)
class Witness:
    """Where an equation fails: the step, the sizes, the values, and both sides there, exact or as enclosures."""

    t: int
    sizes: dict[str, int]
    values: dict[str, str]
    lhs: str
    rhs: str
    difference: str
    entry: tuple[int, int] | None = None
    """Row and column of the entry that differs, counted from 1; None where there is only one."""
    weight: Letter | None = None
    """The weight that the equation is then stated in."""
    indices: Mapping[str, int] = field(default_factory=dict)
    """The values of the other indices that the equation is stated for."""
    functions: tuple[str, ...] = ()
    """What arbitrary functions were taken to be."""

    @property
    def where(self) -> str:
        """The entry, the weight and the indices in words."""
        entry = "its one entry" if self.entry is None else f"entry [{self.entry[0]},{self.entry[1]}]"
        weight = "" if self.weight is None else f" in {self.weight}"
        return entry + weight + "".join(f", {name} = {value}" for name, value in self.indices.items())


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a claim: what was chosen, in words, and the equation that it then is."""

    words: str
    equation: Equation
    start: tuple[Expr, ...] = ()
    """First states that are taken to be 0, beside the page."""
    others: tuple[Reading, ...] = ()
    """The further readings that hold, those of the one that is nearest to what is printed."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that makes a refuted claim true: in words, and the corrected equation."""

    words: str
    equation: Equation
    since: tuple[str, int] | None = None
    """The index and the value from which on the equation is true, where that is the change."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of one side or both, with how often each has it."""

    term: Expr
    left: Fraction
    right: Fraction


@dataclass(frozen=True, slots=True)
class Slip:
    """Where a refuted claim went wrong: the changes that make it true, the nearest first, and its terms at ``at``.

    A fix is proved at four steps (one where the claim is about one step) with explicit sizes, and no further.
    ``cut`` says that the search was stopped; empty where it was not.
    """

    fixes: tuple[Fix, ...] = ()
    at: Mapping[str, int] = field(default_factory=dict)
    """The smallest step at which the sides differ, and the values of the other indices there."""
    terms: tuple[Term, ...] = ()
    """The terms of both sides at that step; none where the sides are no sums of words."""
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One method that was tried and did not decide, with what it says."""

    method: str
    word: Word
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim in one weight at one step against one oracle. It has no truth value: compare ``outcome``.

    ``error`` is ‖right - left‖/‖left‖ in the Frobenius norm over all points, the largest over the ``instances`` (values
    of the other indices that the claim is stated for); nan where there was no oracle.
    """

    tag: str
    step: int
    weight: str
    """Empty where the claim is stated in none, or in several at once."""
    outcome: Outcome
    oracle: str
    tolerance: float
    why: str
    """Why the tolerance is what it is."""
    points: int = 0
    instances: int = 0
    error: float = math.nan
    reason: str = ""
    condition: float = math.nan
    """‖change of the right side‖/‖right side‖ for a relative change of 1 in every input, at the worst point; nan where
    it was not asked for."""
    terms: int = 0
    """How many terms were compared one by one, each relative to its own size."""
    term_error: float = math.nan
    """The largest relative error of a single term at a single point."""

    @property
    def ulps(self) -> float:
        """The error in units of the last place of the norm, 2^-52 of it."""
        return self.error / EPS

    def __bool__(self) -> NoReturn:
        raise TypeError("a comparison has no truth value: compare its outcome, comparison.outcome == 'agree'")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one claim. It has no truth value: compare ``word``.

    ``reading`` is how a claim that is false as printed has to be read. ``literal`` is the verdict on the page exactly
    as printed, ``word`` where nothing else is said, and None where nothing was judged; the ``witness`` is that of the
    literal refutation, or where what is printed does not compose, that of the nearest reading that does.
    """

    word: Word
    method: str | None = None
    scope: Scope | None = None
    witness: Witness | None = None
    reason: str = ""
    reading: Reading | None = None
    seconds: float = 0.0
    literal: Word | None = None
    slip: Slip | None = None
    read_as: Equation | None = None
    """The equation that was proved, where one was printed that may mean several things."""
    meaning: str = ""
    """What the signs that may mean several things were taken to mean, where the witness is against one meaning."""
    tried: tuple[Tried, ...] = ()
    """What was tried of a claim that no method decides."""
    comparisons: tuple[Comparison, ...] | None = None
    """What was proved, compared with numbers; None where nothing was, or only at larger steps or sizes than a check
    goes to."""
    kept: bool = False
    """Whether it was established in an earlier run, and not judged again: page, question and program are the same."""

    def __post_init__(self) -> None:
        if self.literal is None and self.word != "not-stated":
            object.__setattr__(self, "literal", self.word)

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has no truth value: compare its word, verdict.word == 'proved'")


@dataclass(frozen=True, slots=True)
class Certified:
    """What is known of a claim's certificate: the file it was written to, and what a proof checker said of it."""

    theorem: str
    file: str = ""
    defined: str = ""
    """The theorem that takes the page's definitions for granted, and no chain rule; empty where there is none."""
    beyond: str = ""
    """Why there is none."""
    checker: str = ""
    """The checker that accepted it, with its version; empty where none was asked, or it did not."""
    assumptions: tuple[str, ...] = ()
    """What the proof rests on beside the hypotheses of the theorem, as the checker lists it."""
    reason: str = ""
    """Why there is no certificate, or why the checker did not accept it."""

    @property
    def words(self) -> str:
        """What is said of it, as a sentence."""
        if self.reason:
            return f"no certificate: {self.reason}"
        resting = ", ".join(self.assumptions) or "nothing but its hypotheses"
        said = f"checked by {self.checker}, resting on {resting}" if self.checker else "not checked"
        theorems = f"{self.theorem}, and {self.defined} from the definitions," if self.defined else self.theorem
        return f"certificate: {theorems} in {self.file}, {said}"


@dataclass(frozen=True, slots=True)
class Row:
    """One equation of a page with its verdict; None for a definition, for what was not read or not come to.

    ``shown`` is the equation in plain text, ``why`` how a misreading misreads. ``links`` are the equations of a chain,
    each with its own verdict; that of the chain is then the first one that does not hold.
    """

    tag: str
    kind: RowKind
    place: Place
    shown: str = ""
    verdict: Verdict | None = None
    source: str = ""
    """What stands in the note, as it is typed; empty for an equation of a script."""
    why: str = ""
    reason: str = ""
    """Why it is an aside, or why it was not read, and where."""
    excerpt: str = ""
    """The line of the note, with a caret under where it could not be read on."""
    links: tuple[Row, ...] = ()
    expected: str = ""
    """The word that the page itself, or who checks it, expects of it; empty where that is what its kind says."""
    end: Place | None = None
    """Where it ends in its file; None where that is not known."""
    equation: Equation | None = None
    """The equation that was judged, on ``page``; of one that was read, as it was read."""
    page: Derivation | None = None
    printed: Equation | None = None
    """The equation as it stands on the page; of a chain in a note, from the side that the chain is judged against."""
    reworded: bool = False
    """Whether it was understood as something else than is typed: entries as vectors, a layer by its number."""
    certificate: Certified | None = None
    """Its certificate for a proof checker; None where none was asked for."""

    @property
    def word(self) -> str:
        """The verdict word, ``definition``, ``aside``, ``unread``, or ``not judged``."""
        if self.verdict is not None:
            return self.verdict.word
        return self.kind if self.kind in ("definition", "aside", "unread") else "not judged"

    @property
    def proved(self) -> bool:
        """Whether it is a claim that was proved, as printed or as read."""
        return self.kind == "claim" and self.word in ("proved", "holds-as-read")

    @property
    def explained(self) -> Equation | None:
        """The equation that an explanation speaks of: what was judged, or what is printed where that fails."""
        fails = self.verdict is not None and self.verdict.witness is not None
        return self.equation if self.equation is not None or not fails else self.printed

    @property
    def of_reading(self) -> Verdict | None:
        """The verdict on ``equation``: what holds as read is proved of its reading."""
        if self.verdict is None or self.verdict.reading is None:
            return self.verdict
        return replace(self.verdict, word="proved", witness=None)

    @property
    def settled(self) -> bool:
        """Whether the verdict is what the page hopes for: a claim holds, a misreading is refuted, all is read.

        An aside claims nothing.
        """
        return self.word in self.hoped

    @property
    def hoped(self) -> tuple[str, ...]:
        """The words that are as the page hopes for."""
        good: dict[str, tuple[str, ...]] = {
            "definition": ("definition",),
            "aside": ("aside",),
            "claim": ("proved", "holds-as-read"),
            "misreading": ("refuted",),
        }
        return (self.expected,) if self.expected else good.get(self.kind, ())

    @property
    def parts(self) -> tuple[Row, ...]:
        """The links of a chain; of anything else, itself."""
        return self.links or (self,)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one page, one for each equation that was asked for; it shows itself as a table.

    ``for row in sheet``, ``len(sheet)`` and ``sheet["10a"]``. Of a note, ``assumed`` is what was taken for granted to
    read it.
    """

    path: str
    title: str
    rows: Sequence[Row]
    assumed: Sequence[str] = ()
    is_note: bool = False
    convention: str = "numerator"
    """Where the entries of a derivative stand: the name of a convention."""

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, tag: str) -> Row:
        parts = [part for row in self.rows for part in (row, *row.links)]
        for part in parts:
            if part.tag == tag:
                return part
        raise KeyError(f"no row is tagged {tag}: there are {', '.join(part.tag for part in parts)}")
