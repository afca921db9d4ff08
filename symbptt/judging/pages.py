"""Every equation of a page and every display of a note with its verdict, in page order, nothing left out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from symbptt.configuration import settings_for
from symbptt.errors import IllTyped, Stopped, Undecided, UsageError
from symbptt.files import is_note
from symbptt.functions import row_called
from symbptt.judging.admission import unread_start
from symbptt.judging.claims import check_claim, verdict_as_printed, verdict_on
from symbptt.judging.conventions import UNKNOWN, Fits, chosen, fits_of, is_open, left_open, together
from symbptt.judging.customs import Custom, customs_of, targets
from symbptt.judging.established import Established
from symbptt.judging.methods import Bench, check_question, page_sizes
from symbptt.meaning.variants import Variants, printed_in_two_ways
from symbptt.page.conventions import DENOMINATOR, MIXED, NUMERATOR, laid_by, stated_by
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import ONE, At, Letter, Partial, Total, free_indices, walk
from symbptt.page.shapes import SCALAR
from symbptt.reader.customs import NAMED, SIGMA
from symbptt.reader.results import Again, Entry, Link, Note, ReadDisplay
from symbptt.reader.sizing import shape_on
from symbptt.script import load, script_at
from symbptt.verdicts import Question, Reading, Row, RowKind, Sheet, Verdict
from symbptt.workers import Crew, Workers

Judging: TypeAlias = Callable[[Derivation, Equation, Question | None, Bench | None], Any]
HOLDS = ("proved", "holds-as-read")
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Asking(Protocol[V_co]):
    """Whom to ask what is said of a claim."""

    def __call__(self, page: Derivation, equation: Equation, step: int | None = None, /) -> Callable[[], V_co]:
        """Ask it, at one step where one is named; what comes back waits for the answer."""


Ask: TypeAlias = Asking[Verdict]
Rows: TypeAlias = Callable[[Sequence[Entry]], Iterator[Row]]


# --------------------------------------------------------------------------------------------------- every page


def judge(
    page: Derivation | str | Path,
    equations: Sequence[Equation] | None = None,
    question: Question | None = None,
    *,
    jobs: int = 1,
    timeout: float | None = None,
    memory: int | None = None,
    executor: Executor | None = None,
) -> Sheet:
    """Each equation of a page with its verdict, in the order given or in page order.

    ``page`` may be the path of a script that makes one page, or of a note: the settings above it then say how it is
    read, and what is asked of it where there is no ``question``, which says all of that. A definition has a row too,
    with the word ``definition`` and nothing to prove. Claims are judged here, for as long as they take, unless ``jobs``
    is above 1 or there is a ``timeout`` (seconds for one claim) or a ``memory`` (MiB for one claim, where /proc shows
    it): then worker processes judge them, and one that takes more is stopped and comes back ``undecided``. Workers are
    copies of this process (fork) but on Windows and macOS; what other threads of it do is not copied. An ``executor``
    of ``concurrent.futures``, such as that of a Dask client, judges them elsewhere, under the same limits. Raises
    :class:`UsageError` for an equation of another page, and what reading a path raises.
    """
    path = ""
    if not isinstance(page, Derivation):
        path, question = str(page), question or question_for(page)
        found = page_at(page)
        if isinstance(found, Note):
            if equations is not None:
                raise UsageError(f"{path} is a note, and its displays are no equations of a page: use judge_note")
            return judge_note(found, None, question, jobs=jobs, timeout=timeout, memory=memory, executor=executor)
        page = found
    crew = crew_of(jobs, timeout, memory, executor)
    return Sheet(path, page.title, tuple(judged_equations(page, equations, question, crew)))


def page_at(path: str | Path) -> Derivation | Note:
    """The note at a path, or the one page of the script there; raises :class:`UsageError` where that makes several."""
    if is_note(Path(path)):
        from symbptt.reader.sources import note_at

        return note_at(Path(path))
    pages = load(script_at(Path(path)))
    if len(pages) != 1:
        raise UsageError(f"{path} makes {len(pages)} pages, and one is taken at a time")
    return pages[0]


def question_for(path: str | Path) -> Question:
    """What the settings above a file ask of it, and where they leave it open, what is always asked."""
    settings, plain = settings_for(Path(path)), Question()
    sizes = {**plain.sizes, **settings.sizes}
    return Question(settings.steps or plain.steps, sizes, settings.activation or plain.activation)


def judge_note(
    note: Note | str | Path,
    displays: Sequence[ReadDisplay] | None = None,
    question: Question | None = None,
    *,
    jobs: int = 1,
    timeout: float | None = None,
    memory: int | None = None,
    executor: Executor | None = None,
) -> Sheet:
    """Each display of a note, or of the note at a path, with its verdict: those given, or all; else as :func:`judge`.

    A claim is judged for vectors; where it composes for scalars only, it is judged for these, and its scope says so.
    """
    if not isinstance(note, Note):
        from symbptt.reader.sources import note_at

        question = question or question_for(note)
        note = note_at(Path(note))
    crew = crew_of(jobs, timeout, memory, executor)
    with settled_rows(note, question, crew) as (note, judged):
        rows = tuple(judged(note.rows if displays is None else displays))
    return Sheet(note.path, note.title, rows, note.assumed, is_note=True, convention=convention_of(note))


def judged_equations(
    page: Derivation,
    equations: Sequence[Equation] | None = None,
    question: Question | None = None,
    crew: Crew | None = None,
    customs: Sequence[Custom] = (),
) -> Iterator[Row]:
    """The rows of :func:`judge`, as they come; without a crew they are judged in this process.

    What is false as it stands, and true by one of the ``customs``, holds as read.
    """
    with _page_rows(page, question, crew, customs) as rows:
        yield from rows(page.equations if equations is None else equations)


@contextmanager
def _page_rows(
    page: Derivation, question: Question | None, crew: Crew | None, customs: Sequence[Custom] = ()
) -> Iterator[Rows]:
    with _judges(Judge(question, (page, *(custom.page for custom in customs))), crew) as judges:
        ask = judges(verdict_on, _undecided)
        yield lambda entries: _equation_rows(page, entries, customs, ask)


def _equation_rows(page: Derivation, entries: Sequence[Entry], customs: Sequence[Custom], ask: Ask) -> Iterator[Row]:
    equations = [entry for entry in entries if isinstance(entry, Equation)]
    claims = [equation for equation in equations if equation.kind != "definition"]
    for claim in claims:
        check_claim(page, claim)
    verdicts = iter([ask(page, claim) for claim in claims])
    for equation in equations:
        found = None if equation.kind == "definition" else next(verdicts)()
        if found is not None and customs:
            found = _as_meant(page, equation, found, customs, ask).verdict
        yield row_of(equation, found, page)


def row_of(equation: Equation, verdict: Verdict | None, page: Derivation | None = None) -> Row:
    """The row of an equation of a script."""
    judged = equation if verdict is None or verdict.reading is None else None
    if verdict is not None and verdict.read_as is not None:
        judged = verdict.read_as
    return Row(
        equation.tag,
        equation.kind,
        equation.place,
        str(equation),
        verdict,
        why=equation.why,
        equation=judged,
        page=page,
        printed=equation,
    )


E = TypeVar("E", bound=Entry)


def select(page: Iterable[E], tag: str) -> tuple[E, ...]:
    """What has this tag on a page or in a note, or shares it, ``10`` for ``10a`` and ``10b``; none: no such tag."""
    exact = tuple(entry for entry in page if entry.tag == tag)
    if exact or not tag:
        return exact
    lines = re.compile(re.escape(tag) + ("[a-z]+" if isinstance(page, Note) else "[a-z]"))
    return tuple(entry for entry in page if lines.fullmatch(entry.tag))


def judged_rows(
    page: Derivation | Note, asked: Sequence[Entry], question: Question | None = None, crew: Crew | None = None
) -> Iterator[Row]:
    """The rows of what stands on a page or in a note, as they are judged."""
    with rows_of(page, question, crew) as rows:
        yield from rows(asked)


def rows_of(
    page: Derivation | Note, question: Question | None = None, crew: Crew | None = None
) -> AbstractContextManager[Rows]:
    """What gives the rows of a page or note as often as it is asked, by the same workers as long as the block lasts."""
    return _note_rows(page, question, crew) if isinstance(page, Note) else _page_rows(page, question, crew)


def crew_of(jobs: int, timeout: float | None, memory: int | None, executor: Executor | None = None) -> Crew | None:
    """Who judges: an executor, or workers where there shall be several or where one may have to be stopped."""
    if executor is None and jobs == 1 and timeout is None and memory is None:
        return None
    return Crew(jobs, timeout, memory, executor=executor)


@dataclass
class Judge:
    """Judges claims, and keeps what it finds out about a page for the next claim on it.

    A page is named by its place in ``pages``, which every worker has; only one that came up later is sent.
    """

    question: Question | None
    pages: tuple[Derivation | None, ...]
    _benches: dict[Derivation, Bench] = field(default_factory=dict)

    def __call__(self, judging: Judging, named: Derivation | int, equation: Equation, step: int | None = None) -> Any:
        """What is said of a claim of a page, at one step where one is named."""
        page = self.pages[named] if isinstance(named, int) else named
        assert page is not None
        if page not in self._benches:
            self._benches[page] = Bench(page)
        return judging(page, equation, self.asked(step), self._benches[page])

    def asked(self, step: int | None) -> Question | None:
        """What is asked of a claim, at one step where one is named."""
        return self.question if step is None else replace(self.question or Question(), steps=(step,))

    def name(self, page: Derivation) -> Derivation | int:
        """How to name a page."""
        return next((place for place, known in enumerate(self.pages) if known is page), page)


class Judges(Protocol):
    """Who says what of a claim, by the same workers whatever is asked."""

    def __call__(self, judging: Callable[..., V], stopped: Callable[[Stopped], V], /) -> Asking[V]:
        """Whom to ask what is said of a claim; ``stopped`` makes what is said of one that was stopped."""


@contextmanager
def _judges(judge: Judge, crew: Crew | None) -> Iterator[Judges]:
    """Who says what of a claim: this process when it is waited for, or others that can be stopped."""
    check_question(judge.question or Question())
    if crew is None:
        yield lambda judging, _: lambda page, equation, step=None: lambda: judge(judging, page, equation, step)
        return
    with Workers(judge, crew) as workers:
        yield lambda judging, stopped: _by_workers(workers, judge, judging, stopped)


def _by_workers(
    workers: Workers[..., Any], judge: Judge, judging: Callable[..., V], stopped: Callable[[Stopped], V]
) -> Asking[V]:
    established = Established(workers.crew.store, judging.__name__)

    def ask(page: Derivation, equation: Equation, step: int | None = None) -> Callable[[], V]:
        key = established.key(page, equation, judge.asked(step))
        before: V | None = established.get(key)
        if before is not None:
            return lambda: before
        answer = workers.ask(judging, judge.name(page), equation, step)

        def said() -> V:
            try:
                found: V = answer()
            except Stopped as why:
                return stopped(why)
            established.put(key, found)
            return found

        return said

    return ask


def _undecided(stopped: Stopped) -> Verdict:
    return Verdict("undecided", reason=str(stopped), seconds=stopped.seconds)


# --------------------------------------------------------------------------------------------------- notes


def judged_displays(
    note: Note,
    displays: Sequence[ReadDisplay] | None = None,
    question: Question | None = None,
    crew: Crew | None = None,
) -> Iterator[Row]:
    """The rows of :func:`judge_note`, as they come; without a crew they are judged in this process.

    A link is judged against the first side of its chain, so that one sign has one meaning in all of it. Behind a link
    that does not hold the chain starts over from that link's right side, so that one error is one error.
    """
    with _note_rows(note, question, crew) as rows:
        yield from rows(note.rows if displays is None else displays)


@contextmanager
def settled_rows(note: Note, question: Question | None = None, crew: Crew | None = None) -> Iterator[tuple[Note, Rows]]:
    """The note with the convention that it keeps to, and what gives its rows; both by the same workers."""
    if note.models:
        with ExitStack() as stack:
            found = [stack.enter_context(settled_rows(model, question, crew)) for model in note.models]
            models = tuple(model for model, _ in found)
            said = tuple(dict.fromkeys(said for model in models for said in model.assumed))
            yield (
                replace(note, keeps=models[0].keeps, assumed=said, models=models),
                lambda entries: _of_models(entries, found),
            )
        return
    for meant in note.pages:
        bind(note, meant)
    customs = {page: customs_of(page) for page in note.pages}
    pages = (*customs, *(custom.page for every in customs.values() for custom in every))
    with _judges(Judge(question, pages), crew) as judges:
        note = _settled(note, judges(fits_of, lambda _: UNKNOWN))
        if note.vectors is not None and note.keeps is not None:
            for page in (note.vectors, *(custom.page for custom in customs[note.vectors])):
                page.convention = note.keeps.name
        ask = judges(verdict_as_printed, _undecided)
        changed = tuple(told.changes for told in note.again if not _says_the_same(note, told, ask))
        note = replace(note, superseded=(*note.superseded, *changed))
        yield note, lambda entries: _display_rows(note, entries, customs, ask)


@contextmanager
def _note_rows(note: Note, question: Question | None, crew: Crew | None) -> Iterator[Rows]:
    with settled_rows(note, question, crew) as (_, rows):
        yield rows


def settled(note: Note, question: Question | None = None, crew: Crew | None = None) -> Note:
    """The note with the convention that it keeps to, found once from all its claims, and said in its assumptions."""
    with settled_rows(note, question, crew) as (found, _):
        return found


def _says_the_same(note: Note, told: Again, ask: Ask) -> bool:
    """Whether what is said of a letter again follows from its definition."""
    asked = (_asked(note.vectors, _laid(note, told.vectors), ask), _asked(note.scalars, told.scalars, ask))
    return any((found := answer()) is not None and found.word in HOLDS for answer in asked)


def _of_models(entries: Sequence[Entry], models: Sequence[tuple[Note, Rows]]) -> Iterator[Row]:
    """The rows of what stands in a note about several models, in the order in which it is asked about."""
    places = {id(row): place for place, (model, _) in enumerate(models) for row in model.rows}
    for place, own in itertools.groupby(entries, lambda entry: places[id(entry)]):
        yield from models[place][1](list(own))


def _display_rows(
    note: Note, entries: Sequence[Entry], customs: Mapping[Derivation, Sequence[Custom]], ask: Ask
) -> Iterator[Row]:
    displays = [entry for entry in entries if isinstance(entry, ReadDisplay)]
    asked_of = [display for display in displays if not _is_ignored(display)]
    claims = [link for display in asked_of for link in display.links if link.kind == "claim"]
    starts: dict[Link, Start] = {}
    # All at once, as if nothing failed: that is nearly always so.
    first = (_laid(note, _stated(link, _first(link), "vectors")) for link in claims)
    waiting = iter([_asked(note.vectors, equation, ask) for equation in first])
    for display in displays:
        if display.kind in ("unread", "aside") or _is_ignored(display):
            yield _declared(display, _unjudged(display))
            continue
        parts: list[Row] = []
        for link in display.links:
            if link.kind == "definition":
                page = note.vectors if link.vectors is not None else note.scalars
                parts.append(_row(display, link, Judged(None, None, page)))
                continue
            asked, start = next(waiting), _first(link)
            if link.chain in starts:
                start = starts[link.chain]
                asked = _asked(note.vectors, _laid(note, _stated(link, start, "vectors")), ask)
            judged = _of_the_given(note, _of_the_missing(note, _judged(note, link, start, asked, customs, ask)))
            if judged.verdict is not None and judged.verdict.word not in HOLDS:
                starts[link.chain or link] = Start(link, "right")
            parts.append(_row(display, link, judged))
        yield _declared(display, parts[0] if len(parts) == 1 else _chain(display, tuple(parts)))


def _settled(note: Note, ask: Asking[Fits]) -> Note:
    page = note.vectors
    if note.keeps is not None or page is None:
        return note
    units = [
        [
            stated
            for link in display.links
            if link.kind == "claim" and (stated := _stated(link, _first(link), "vectors")) is not None
        ]
        for display in note.rows
        if not _is_ignored(display)
    ]
    claims = [claim for unit in units for claim in unit]
    if not note.signs and not note.of_scalars and (telling := _tells_sizes(page, claims)):
        note = replace(note, signs=telling)
    if all(stated_by(page, claim, other) == claim for claim in claims for other in note.layouts):
        return replace(note, keeps=note.layouts[0])
    keeps = note.layouts[0]
    if len(note.layouts) > 1:
        asked = [[(claim, ask(page, claim)) for claim in unit] for unit in units if unit]
        found = [[(claim, answer()) for claim, answer in unit] for unit in asked]
        displays = [together(page, unit) for unit in found]
        keeps = chosen(displays, note.layouts)
        note = replace(note, layouts=left_open(displays, keeps, note.layouts))
    if keeps == NUMERATOR and all(stated_by(page, claim, MIXED) == claim for claim in claims):
        return replace(note, keeps=keeps)
    said = f"{keeps.words}: {note.layouts_said} says so" if note.layouts_said else keeps.words
    return replace(note, keeps=keeps, assumed=(*note.assumed, said))


def _has_matrices(page: Derivation) -> bool:
    """Whether the weights of a page that may be matrices all have capital letters."""
    letters = page.letters_under(page.meaning.letters.values())
    weights = [letter for letter in letters if letter.kind == "weight" and letter.shape and letter.shape[1] != ONE]
    return bool(weights) and all(letter.symbol[:1].isupper() for letter in weights)


def _tells_sizes(page: Derivation, claims: Sequence[Equation]) -> str:
    """The claim that composes for matrices alone in what it is made of, where weights are capital letters throughout.

    A page has one sizing: where one order of two matrices composes, the other one is no claim about numbers.
    """
    weights = {letter for letter in page.meaning.letters.values() if letter.kind == "weight"}
    for claim in claims if _has_matrices(page) else ():
        if _composes(page, claim) and shape_on(page, claim.left) != SCALAR and weights.intersection(claim.letters):
            return f"({claim.tag}), which composes for matrices"
    return ""


def convention_of(page: Derivation | Note) -> str:
    """The name of the convention that a page keeps to; a script writes in the notation itself."""
    return page.keeps.name if isinstance(page, Note) and page.keeps is not None else NUMERATOR.name


def _laid(note: Note, equation: Equation | None) -> Equation | None:
    """An equation under the convention of its page."""
    if equation is None or note.vectors is None or note.keeps is None:
        return equation
    return stated_by(note.vectors, equation, note.keeps)


def bind(note: Note, page: Derivation) -> None:
    """Keep from custom the letters of a page of the note that its words speak of."""
    sums = () if note.sums else (letter.symbol for letter in targets(page))
    page.bound = page.bound.union({SIGMA} & note.narrowed.keys(), sums)


class Start(NamedTuple):
    """The side that a link of a chain is judged against."""

    link: Link
    side: Literal["left", "right"]


class Judged(NamedTuple):
    """The equation that a link was judged as, its verdict, and its page; only the page for a definition."""

    equation: Equation | None
    verdict: Verdict | None
    page: Derivation | None


def _first(link: Link) -> Start | None:
    return None if link.chain is None else Start(link.chain, "left")


def _stated(link: Link, start: Start | None, page: Literal["vectors", "scalars"]) -> Equation | None:
    """The link with its left side replaced by the side that it is judged against."""
    own: Equation | None = getattr(link, page)
    other: Equation | None = getattr(start.link, page) if start is not None else None
    if own is None or other is None or start is None or other.right is None or own.right is None:
        return own
    return own.with_sides(other.left if start.side == "left" else other.right, own.right)


def _asked(page: Derivation | None, equation: Equation | None, ask: Ask) -> Callable[[], Verdict | None]:
    return (lambda: None) if page is None or equation is None else ask(page, equation)


def _judged(
    note: Note,
    link: Link,
    start: Start | None,
    asked: Callable[[], Verdict | None],
    customs: Mapping[Derivation, Sequence[Custom]],
    ask: Ask,
) -> Judged:
    """One link: for vectors, or where it composes for scalars alone, for these."""
    bare = _stated(link, start, "vectors")
    equation, found, page = _laid(note, bare), asked(), note.vectors
    if bare is not None and page is not None and found is not None:
        equation, found = _elsewhere(note, page, bare, equation or bare, found, ask)
    if found is None or found.word == "ill-typed":
        scalars = _stated(link, start, "scalars")
        scalar = _asked(note.scalars, scalars, ask)()
        if found is not None and scalar is not None and scalar.word == "undecided" and _is_of_columns_alone(note):
            scalar = None
        why = found.reason if found is not None else link.why or note.unfit
        if scalar is None or scalar.word == "ill-typed" or note.signs:
            if scalar is not None and scalar.word != "ill-typed":
                why, found = f"{why}; it composes for scalars alone, and the page has {note.signs}", None
            found = Verdict("ill-typed", reason=why) if found is None else found
            return Judged(equation, _of_the_start(page, equation, found), page)
        if note.vectors is not None and not note.of_scalars and _has_matrices(note.vectors) and scalar.word in HOLDS:
            reason = f"{why}; it holds for numbers, and capital letters may be matrices: say that all are numbers"
            return Judged(scalars, Verdict("undecided", reason=reason, seconds=scalar.seconds), note.scalars)
        equation, found, page = scalars, _for_scalars(note, scalar), note.scalars
    assert page is not None
    assert equation is not None
    judged = _as_meant(page, equation, _of_the_unknown(page, equation, found), customs[page], ask)
    if judged.verdict is None:
        return judged
    if (why := _laid_otherwise(note, page, equation)) and judged.verdict.word != "ill-typed":
        return judged._replace(verdict=Verdict("undecided", reason=why, seconds=judged.verdict.seconds))
    found, bound = _at_the_last_step(note, page, equation, judged.verdict, ask)
    return judged._replace(verdict=_of_the_narrowed(note, page, equation, found, bound=bound))


def _is_of_columns_alone(note: Note) -> bool:
    """Whether a definition of the page composes for vectors alone: then nothing on it is about numbers."""
    pages = (note.vectors, note.scalars)
    of_vectors, of_scalars = ({e.tag for e in page or () if e.kind == "definition"} for page in pages)
    return not of_vectors <= of_scalars


def _elsewhere(
    note: Note, page: Derivation, bare: Equation, printed: Equation, found: Verdict, ask: Ask
) -> tuple[Equation, Verdict]:
    """A claim that does not hold under the convention of its page, where it does, or at least composes, under another.

    What the page states binds; what was found on it leaves room for one claim that is written in another way.
    """
    assert note.keeps is not None
    for convention in note.layouts if found.word in ("refuted", "ill-typed") else ():
        if convention == note.keeps or not is_open(page, bare, convention):
            continue
        laid = stated_by(page, bare, convention)
        if laid == printed or not _composes(page, laid):
            continue
        asked = ask(page, laid)()
        words = convention.words
        if asked.word in HOLDS:
            return laid, _read_so(asked, found, words, laid)
        if found.word == "ill-typed" and asked.word == "refuted":
            meaning = f"as printed it does not compose where {note.keeps.words}; read so that {words}"
            found = replace(asked, literal="ill-typed", meaning=meaning, reason=f"{meaning}: {asked.reason}")
            printed = laid
    return printed, found


def _read_so(asked: Verdict, printed: Verdict, words: str, equation: Equation) -> Verdict:
    """The verdict on what holds under a reading that is none of signs: of a convention, or of what a letter is."""
    inner = asked.reading
    reading = Reading(words, equation)
    if inner is not None:
        reading = Reading(f"{words}; {inner.words}", inner.equation, inner.start)
    return replace(
        asked,
        word="holds-as-read",
        literal=printed.literal,
        witness=printed.witness,
        meaning=printed.meaning,
        reason=printed.reason,
        reading=reading,
        seconds=printed.seconds + asked.seconds,
        read_as=equation if asked.read_as is None else asked.read_as,
    )


def _composes(page: Derivation, equation: Equation) -> bool:
    left, right = (shape_on(page, side) for side in equation.sides)
    return left is not None and left == right


def _as_meant(page: Derivation, equation: Equation, found: Verdict, customs: Sequence[Custom], ask: Ask) -> Judged:
    """A claim that is false as it stands, and true with what authors mean by custom and do not say.

    Where it is false then too, the slip is told as it shows there.
    """
    under = page.letters_under(equation.letters) if found.word == "refuted" else set()
    for custom in (custom for custom in customs if custom.letter in under):
        claim = custom.stated(equation)
        asked = ask(custom.page, claim)()
        if asked.word == "undecided":
            reason = f"it is false in general; whether it is true where {custom.words} is not decided: {asked.reason}"
            return Judged(equation, Verdict("undecided", reason=reason, seconds=found.seconds + asked.seconds), page)
        if asked.word in HOLDS:
            return Judged(claim, _read_so(asked, found, custom.words, claim), custom.page)
        if found.slip is None and asked.slip is not None:
            fixes = tuple(replace(fix, words=f"{fix.words}, where {custom.words}") for fix in asked.slip.fixes)
            found = replace(found, slip=replace(asked.slip, fixes=fixes))
    return Judged(equation, found, page)


def _of_the_unknown(page: Derivation, equation: Equation, found: Verdict) -> Verdict:
    """The verdict where a function is one that nothing is known of here: false for any function may be true of erf."""
    acting = {letter.symbol for letter in page.letters_under(equation.letters) if letter.kind == "function"}
    unknown = " and ".join(sorted(name for name in acting.intersection(NAMED) if row_called(name) is None))
    if not unknown or found.word != "refuted":
        return found
    reason = f"false where {unknown} may be any function, and nothing else is known of {unknown} here"
    return Verdict("undecided", reason=reason, seconds=found.seconds)


def _laid_otherwise(note: Note, page: Derivation, equation: Equation) -> str:
    """Which definition under a claim has a Jacobian that was read before it was found how Jacobians lie here."""
    if note.keeps != DENOMINATOR:
        return ""
    for letter in sorted(page.letters_under(equation.letters), key=str):
        for entry in page.definitions(letter):
            right = entry.right
            if right is not None and laid_by(page, right, MIXED) != laid_by(page, right, DENOMINATOR):
                return (
                    f"how the Jacobian in ({entry.tag}) lies is told by other claims alone: write “denominator layout”"
                )
    return ""


def _at_the_last_step(
    note: Note, page: Derivation, equation: Equation, found: Verdict, ask: Ask
) -> tuple[Verdict, bool]:
    """The verdict at the last step that the page names before the claim, where it is false of another; and whether it
    is of that step."""
    clock = _clock(page, equation) if note.lasts and found.word == "refuted" else None
    last = note.lasts.get(clock or "")
    if last is None or last.number is None:
        return found, False
    known = [item.place for item in note.document.items]
    if known.index(last.place) > known.index(equation.place):
        return found, False
    there = ask(page, equation, last.number)()
    said = f"{last.where} says that {clock} = {last.number}, and it is judged for that alone"
    reason = "; ".join(part for part in (said, there.reason) if part)
    # Where its terms part is looked at from the first step on, which is not the one that is asked about.
    return replace(there, reason=reason, slip=None, seconds=found.seconds + there.seconds), True


def _clock(page: Derivation, equation: Equation) -> str | None:
    """The letter of the steps that a claim is stated for, by the first of its readings that has a meaning."""
    for variant in Variants(page, *equation.sides).within(0):
        try:
            return page.meaning.stated(equation.with_sides(variant.left, variant.right)).clock
        except (IllTyped, Undecided):
            continue
    return None


def _of_the_narrowed(
    note: Note, page: Derivation, equation: Equation, found: Verdict, *, bound: bool = False
) -> Verdict:
    """The verdict where the page says more of a letter than was read: false for any other may be true of this one."""
    letters = page.letters_under(equation.letters)
    if note.unclear_partials and found.word in HOLDS and printed_in_two_ways(equation):
        reason = f"what {note.unclear_partials} says of ∂ is not understood, and it may mean several things here"
        return Verdict("undecided", reason=reason, seconds=found.seconds)
    for told in note.superseded if found.word in (*HOLDS, "refuted", "ill-typed") else ():
        changed = sorted(str(letter) for letter in letters if letter.symbol in told.symbols)
        # The items that it speaks of still, which a claim is then one of.
        if changed and all(item.place != equation.place for item in note.document.items[: told.since]):
            there = " from there on" if told.since else ""
            reason = f"{told.where} says something that changes {changed[0]}{there}, which is not taken up"
            return Verdict("undecided", reason=reason, seconds=found.seconds)
    alone = next((letter for letter in letters if letter.symbol in note.numbers), None)
    if alone is not None and found.word in (*HOLDS, "refuted", "ill-typed"):
        reason = f"{alone} composes as a number alone, and nothing says that it is one"
        return Verdict("undecided", reason=reason, seconds=found.seconds)
    unread = next((letter for letter in letters if letter.symbol in note.unread), None)
    if unread is not None:
        reason = f"{note.unread[unread.symbol]}, which says what {unread} is, is not read"
        return Verdict("undecided", reason=reason, seconds=found.seconds)
    if found.word in (*HOLDS, "refuted") and (idle := _idle(page, equation)) is not None:
        reason = f"nothing on the page is made of {idle}, which a derivative is taken in"
        return Verdict("undecided", reason=reason, seconds=found.seconds)
    found = _of_the_start(page, equation, found)
    said = [f"{note.narrowed[letter.symbol]} says of {letter}" for letter in letters if letter.symbol in note.narrowed]
    if not bound:
        runs = (name for name in note.lasts if _runs_to(name, page, equation, letters))
        said += [f"{note.lasts[name].where} says of {name}" for name in runs]
    if not said or found.word != "refuted":
        return found
    reason = f"it is false in general, but true perhaps with what {min(said)}, which is not made use of"
    return Verdict("undecided", reason=reason, seconds=found.seconds)


def _idle(page: Derivation, equation: Equation) -> Letter | None:
    """A state that a derivative of another letter is taken in, where the page makes nothing of it."""
    derivatives = (node for side in equation.sides for node in walk(side) if isinstance(node, (Total, Partial)))
    below = ((node.of, node.wrt.letter) for node in derivatives if isinstance(node.wrt, At))
    users = page.meaning.users
    return next((one for of, one in below if one not in users and one not in walk(of) and page.definitions(one)), None)


def _of_the_start(page: Derivation | None, equation: Equation | None, found: Verdict) -> Verdict:
    """The verdict where it matters what a state starts from and that was not read: it may say its size, too."""
    if page is None or equation is None or found.word not in ("refuted", "ill-typed"):
        return found
    reason = unread_start(page, equation)
    return Verdict("undecided", reason=reason, seconds=found.seconds) if reason else found


def _of_the_missing(note: Note, judged: Judged) -> Judged:
    """The verdict where a file is missing, which may say what a letter is, and give it a property or a value."""
    found = judged.verdict
    if not note.missing or found is None or found.word == "undecided":
        return judged
    known = {*note.told, *NAMED}
    letters = judged.page.letters_under(judged.equation.letters) if judged.page and judged.equation else ()
    unknown = next((str(letter) for letter in sorted(letters, key=str) if letter.symbol not in known), "")
    if found.word in HOLDS and not unknown:
        return judged
    reason = f"{note.missing[0]}, and may say what {unknown or 'its letters'} {'is' if unknown else 'are'}"
    return judged._replace(verdict=Verdict("undecided", reason=reason, seconds=found.seconds))


def _of_the_given(note: Note, judged: Judged) -> Judged:
    """The verdict for the numbers that the note is written out for, as that of its layers."""
    found = judged.verdict
    if not note.given or found is None or found.scope is None:
        return judged
    return judged._replace(verdict=replace(found, scope=replace(found.scope, given=note.given)))


def _runs_to(last: str, page: Derivation, equation: Equation, letters: Iterable[Letter]) -> bool:
    """Whether a last step, T or N, is in an equation, or in what its letters are made of."""
    own = any(last in free_indices(side) for side in equation.chain)
    return own or any(letter.kind == "state" and page.clock(letter) == last for letter in letters)


def _for_scalars(note: Note, verdict: Verdict) -> Verdict:
    """The verdict on a page of scalars, said so: every size is 1."""
    sizes = dict.fromkeys(page_sizes(note.vectors, {}) if note.vectors is not None else ["n"], 1)
    scope = replace(verdict.scope, sizes=sizes) if verdict.scope is not None else None
    witness = replace(verdict.witness, sizes=sizes) if verdict.witness is not None else None
    return replace(verdict, scope=scope, witness=witness)


# --------------------------------------------------------------------------------------------------- rows of notes


def unjudged(entry: Entry) -> Row:
    """The row of what was not come to."""
    if isinstance(entry, Equation):
        return row_of(entry, None)
    return _unjudged(entry)


def _row(display: ReadDisplay, link: Link, judged: Judged) -> Row:
    equation = judged.equation or link.vectors or link.scalars
    shown = str(equation).removeprefix(f"({link.tag}) ") if equation is not None else link.why
    tag = link.tag if len(display.links) > 1 else display.tag
    # What holds beside the page, with a_0 = 0, is no equation of the page.
    read = judged.verdict.read_as if judged.verdict is not None else equation
    made = _bare(display, link.kind, shown)
    return replace(made, tag=tag, verdict=judged.verdict, equation=read, page=judged.page, printed=equation)


def _chain(display: ReadDisplay, parts: tuple[Row, ...]) -> Row:
    """A chain by its first link that does not hold; where all hold, by the first that holds only as read."""
    claims = [part for part in parts if part.kind == "claim" and part.verdict is not None]
    if not claims:
        return replace(_bare(display, "definition", ""), links=parts)
    order = [
        *(part for part in claims if not part.settled),
        *(part for part in claims if part.word == "holds-as-read"),
        *claims,
    ]
    chosen = order[0].verdict
    assert chosen is not None
    listed = "; ".join(f"link {part.tag}: {part.word}" for part in claims)
    reason = f"{listed}; {order[0].shown}: {chosen.reason}" if chosen.word != "proved" else listed
    seconds = sum(part.verdict.seconds for part in claims if part.verdict is not None)
    verdict = replace(chosen, reason=reason, seconds=seconds)
    return replace(_bare(display, "claim", ""), verdict=verdict, links=parts)


def _declared(display: ReadDisplay, made: Row) -> Row:
    """The row of an equation of which the note itself says what is expected."""
    declared = display.display.declared
    if declared is None or (declared.word == "ignore" and not _is_ignored(display)):
        return made
    if declared.word == "ignore":
        return replace(made, kind="aside", reason=f"ignored: {declared.why}".removesuffix(": "), excerpt="")
    if declared.wrong and made.kind != "unread":
        return replace(made, kind="misreading", why=declared.why or "declared wrong", expected=declared.word)
    return replace(made, why=declared.why, expected=declared.word)


def _is_ignored(display: ReadDisplay) -> bool:
    """Whether no verdict is asked for on something that would have one."""
    return display.display.ignored and display.kind in ("claim", "unread")


def _bare(display: ReadDisplay, kind: RowKind, shown: str) -> Row:
    written = display.display
    return Row(
        written.tag, kind, written.place, shown, source=written.source, end=written.end, reworded=display.reworded
    )


def _unjudged(display: ReadDisplay) -> Row:
    """The row of a display that is not judged: it is an aside, it was not read, or it was not come to."""
    place = display.place
    where = f"{place.spoken}, column {place.column}: " if place is not None else ""
    reason = where + display.reason if display.reason else ""
    return replace(_bare(display, display.kind, ""), reason=reason, excerpt=display.excerpt)
