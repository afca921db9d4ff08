"""The displays of a note as LaTeX to paste: as they stand there, or written out as they were meant.

What is typeset comes from the notation that was read, never from the text of the note; what was not read is kept as a
comment, line by line, so that TeX sees no command in it. Beside each display stands what a reader has to know before
pasting it: that it is false, or true only as read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from symbptt.errors import BudgetExceeded, IllTyped, NotStated, Place, Stopped, Undecided, UsageError
from symbptt.judging.pages import judged_displays
from symbptt.page.conventions import BY_NAME, stated_by
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr
from symbptt.printing.depths import Depth
from symbptt.printing.dialects import LAYOUTS, Dialect, in_dialect, in_layout
from symbptt.printing.displays import aligned, defined, fragment, written_out
from symbptt.printing.documents import comment, document, written_at
from symbptt.printing.naming import shortened
from symbptt.printing.tex import equation_latex, escaped, latex, prose, stated_for
from symbptt.printing.widths import LINE, ROW, width
from symbptt.reader.results import Link, Note, ReadDisplay
from symbptt.show.explain import explanation_latex
from symbptt.show.remarks import as_tex, remarks_on
from symbptt.verdicts import Question, Row
from symbptt.workers import Crew, apart

AS_PRINTED = r"\noindent A plain $\partial$ of a state in a weight is as the note prints it."


@dataclass(frozen=True, slots=True)
class Style:
    """How a note is set: at symbolic t (``step`` None) or at one step, how far written out, in which signs."""

    step: int | None = None
    depth: Depth = "terms"
    notation: str = "plus"
    standalone: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """What equals what: on the page, and as it is shown, with the ranges behind it."""

    chain: tuple[Expr, ...]
    shown: list[Expr]
    behind: str = ""


def note_latex(
    note: Note,
    displays: Sequence[ReadDisplay] | None = None,
    style: Style | None = None,
    rows: Iterable[Row] | None = None,
    crew: Crew | None = None,
) -> str:
    """The displays of a note as LaTeX, in page order: those given, or all; ``rows`` where they are judged already.

    As they stand, with what holds only as read set a second time as it was read, and of the whole note with what its
    text defines between them, so that it can be read back; or, at a step, written out as they were judged true. What is
    false or was not read is never written out, and says so. Raises :class:`UsageError` where a display that is asked
    for by name was not read, :class:`BudgetExceeded` where one would be too long or takes more than a crew may.
    """
    style = style or Style()
    named = displays is not None
    displays = note.rows if displays is None else displays
    made: list[str] = []
    letters: dict[Expr, str] = {}
    order = _order(note)
    inline = [] if named or style.step is not None else _defined_between(note)
    for row, printed in zip(judged_displays(note, displays) if rows is None else rows, displays, strict=True):
        if row.kind in ("aside", "unread") and named:
            why = "was not read" if row.kind == "unread" else "is an aside"
            raise UsageError(f"{note.path}: ({row.tag}) {why}: {row.reason}")
        before = [entry for entry in inline if order[entry.place] <= order[row.place]]
        made += _given(before)
        inline = inline[len(before) :]
        text, letters = _excerpt_within(crew, note, row, printed, style, letters)
        made.append(text)
    made += _given(inline)
    if not style.standalone:
        return "\n".join(made) + "\n"
    lead = AS_PRINTED if style.step is None else written_at(note.page, style.step)
    return document(note.title or note.path, [lead, *made], style.notation)


def explained_latex(row: Row, question: Question) -> str:
    """Why a display holds, under the reading under which it does; or what is said of it where it does not."""
    parts = []
    for part in row.parts:
        if part.equation is None or part.page is None:
            parts.append("\n".join(_told(part)))
            continue
        if part.word == "holds-as-read":
            parts.append("\n".join([rf"\par\noindent {prose(_as_read(part))}", ""]))
        parts.append(explanation_latex(part.page, part.equation, part.of_reading, question))
    return "\n".join(parts)


def _excerpt_within(
    crew: Crew | None, note: Note, row: Row, printed: ReadDisplay, style: Style, letters: dict[Expr, str]
) -> tuple[str, dict[Expr, str]]:
    try:
        return apart(None if style.step is None else crew, _excerpt, note, row, printed, style, letters)
    except Stopped as stopped:
        raise BudgetExceeded(f"({row.tag}) at t = {style.step}: {stopped}") from None


def _excerpt(
    note: Note, row: Row, printed: ReadDisplay, style: Style, letters: dict[Expr, str]
) -> tuple[str, dict[Expr, str]]:
    """A display, and the letters that factors have got so far, which may have been given in another process."""
    return "\n".join(_lines(note, row, printed, style, letters)), letters


def _defined_between(note: Note) -> list[Equation]:
    """What the running text of a note defines, in its order."""
    displayed = {row.display.place for row in note.rows}
    known = [entry for entry in note.page if entry.kind == "definition"]
    return [entry for entry in known if entry.place not in displayed and entry.place in _order(note)]


def _order(note: Note) -> dict[Place, int]:
    """Which number each place has among those of the note's formulas."""
    return {item.place: number for number, item in enumerate(note.document.items)}


def _given(definitions: Sequence[Equation]) -> list[str]:
    formulas = ", ".join(f"${equation_latex(entry)}$" for entry in definitions)
    return [rf"\noindent With {formulas}:"] if definitions else []


def _told(row: Row) -> Iterator[str]:
    yield rf"\par\noindent ({escaped(row.tag)}) {escaped(row.word)}"
    if row.printed is not None:
        yield fragment(row.tag, [aligned(row.tag, row.printed.chain, LINE, stated_for(row.printed))])
    yield from filter(None, map(as_tex, remarks_on(row)))
    yield ""


# --------------------------------------------------------------------------------------------------- one display


def _lines(note: Note, row: Row, printed: ReadDisplay, style: Style, letters: dict[Expr, str]) -> Iterator[str]:
    parts = row.parts
    if row.kind in ("aside", "unread"):
        yield comment(f"({row.tag}) {'was not read' if row.kind == 'unread' else 'is an aside'}: {row.reason}")
        yield from (comment(line) for line in row.source.splitlines() if line.strip())
        if style.standalone and row.kind == "unread":
            yield rf"\par\noindent ({escaped(row.tag)}) was not read."
        return
    for part in parts:
        yield from (_said(line, style) for line in _remarks(row, part, style))
    if style.step is None:
        yield from _displayed(row, printed, style)
        yield from _readings(parts, style)
        return
    # What does not hold as it stands is not written out: the sides would differ.
    meant = [part.equation is not None for part in parts if part.printed is not None]
    if not meant or not all(meant):
        yield from _displayed(row, printed, style)
        return
    try:
        yield fragment(row.tag, *_written(note, row.tag, parts, style, style.step, letters))
    except (NotStated, IllTyped, Undecided) as error:
        said = str(error)
        yield _said(said if said.startswith("(") else f"({row.tag}): {said}", style)
    except BudgetExceeded as error:
        raise BudgetExceeded(f"({row.tag}) at t = {style.step}: {error}") from None


def _said(line: str, style: Style) -> str:
    """What a paper shows where the excerpt is a document of its own; a comment where it is pasted into another."""
    return rf"\par\noindent {prose(line)}" if style.standalone else comment(line)


def _remarks(row: Row, part: Row, style: Style) -> Iterator[str]:
    verdict = part.verdict
    if verdict is None:
        return
    if verdict.word == "holds-as-read":
        yield _as_read(part)
    elif verdict.word != "proved":
        still = ", and is not written out" if style.step is not None else ""
        why = f": {row.why}" if row.kind == "misreading" else ""
        yield f"({part.tag}) is {verdict.word} as it stands{still}{why}."
    elif style.step is None and part.printed != part.equation and verdict.reason:
        yield f"({part.tag}) is proved as it stands: {verdict.reason}."


def _as_read(part: Row) -> str:
    assert part.verdict is not None
    assert part.verdict.reading is not None
    return f"({part.tag}) is {part.verdict.literal} as it stands, and true read so: {part.verdict.reading.words}."


def _displayed(row: Row, printed: ReadDisplay, style: Style) -> Iterator[str]:
    """A display as it is printed."""
    yield from _in_its_layout(row.tag, lambda given: _as_printed(row.parts, printed.links, given), style)


def _in_its_layout(tag: str, chains: Callable[[Style], Sequence[Chain]], style: Style) -> Iterator[str]:
    """Chains in the layout that is asked for where they have one; where not it is said, and they stand as they are."""
    try:
        made = chains(style)
    except IllTyped as error:
        yield _said(f"({tag}) is not in {style.notation} layout: {error}.", style)
        made = chains(replace(style, notation="plus"))
    yield fragment(tag, _aligned(tag, made))


def _as_printed(parts: Sequence[Row], links: Sequence[Link], style: Style) -> list[Chain]:
    made: list[Chain] = []
    for part, link in zip(parts, links, strict=True):
        if part.printed is not None:
            chain = _laid(part, style).chain
            made.append(Chain(chain, list(chain), stated_for(part.printed)))
        elif link.told is not None:
            made.append(Chain(link.told, list(link.told)))
    return made


def _laid(part: Row, style: Style) -> Equation:
    """What is printed, in the layout that is asked for: from the convention of its page to that one."""
    assert part.printed is not None
    if style.notation not in LAYOUTS or part.page is None:
        return part.printed
    own = BY_NAME[part.page.convention]
    return in_layout(part.page, stated_by(part.page, part.printed, own), style.notation)[0]


def _readings(parts: Sequence[Row], style: Style) -> Iterator[str]:
    for part in parts:
        if part.word == "holds-as-read" and part.equation is not None and part.page is not None:
            yield from _in_its_layout(f"{part.tag}, as read", partial(_meant, part.page, part.equation), style)


def _meant(page: Derivation, equation: Equation, style: Style) -> list[Chain]:
    """An equation of a page as it was read."""
    laid, dialect = in_layout(page, equation, style.notation)
    return [Chain(laid.chain, [in_dialect(page, side, dialect) for side in laid.chain], stated_for(equation))]


def _written(
    note: Note, tag: str, parts: Sequence[Row], style: Style, step: int, letters: dict[Expr, str]
) -> tuple[list[list[str]], list[list[str]]]:
    """What is written out at a step, and the definitions of what is named in it."""
    page = next((part.page for part in parts if part.page is not None), note.page)
    made: list[Chain] = []
    named: dict[Expr, Expr] = {}
    dialect: Dialect = "plus"
    for part in parts:
        if part.equation is not None:
            equation, dialect = in_layout(part.page or page, part.equation, style.notation)
            displays = written_out(part.page or page, equation, step, style.depth)
            if style.depth == "full":
                displays, names = shortened(part.page or page, displays, letters)
                named |= names
            # What is stated for a range has a display for each of its values, and nothing goes on from it.
            meant = equation.chain if len(displays) == 1 else ()
            made += [Chain(meant, [in_dialect(page, one, dialect) for one in sides]) for sides in displays]
    return _aligned(tag, made, ROW), defined([*named.items()])


def _aligned(tag: str, chains: Sequence[Chain], widest: float = LINE) -> list[list[str]]:
    """Each chain as a display; one that goes on from the side before, or from the same left side, in the same one."""
    joined: list[Chain] = []
    for side in chains:
        ends = {latex(end) for end in (joined[-1].chain[:1] + joined[-1].chain[-1:] if joined else ())}
        if side.chain and latex(side.chain[0]) in ends:
            before = joined[-1]
            joined[-1] = Chain((*before.chain, *side.chain[1:]), [*before.shown, *side.shown[1:]], side.behind)
        else:
            joined.append(side)
    rows = [aligned(tag, side.shown, widest, side.behind) for side in joined]
    # One number, one row, where a line has room for it: h_t = …, h_0 = 0.
    beside = r", \qquad \text{with } ".join(row.replace(" &= ", " = ") for first, *_ in rows for row in (first,))
    fits = all(len(one) == 1 for one in rows) and width(beside) + 0.5 * len(tag) + 3 <= LINE
    return [[beside.replace(" = ", " &= ", 1)]] if len(rows) > 1 and fits else rows
