"""The displays of a note, judged: one row each, in page order, nothing left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from symbptt.functions import row_called
from symbptt.judging.proving import Question, Verdict, page_sizes
from symbptt.judging.workers import judge, verdict_as_printed
from symbptt.page.derivation import Derivation, Equation
from symbptt.printing.tex import latex
from symbptt.reader.customs import NAMED, SIGMA
from symbptt.reader.note import Link, Note, ReadDisplay
from symbptt.show.report import Row


def selected(note: Note, tag: str) -> tuple[ReadDisplay, ...]:
    """The displays with this tag, or those that share it, ``10`` for ``10a`` and ``10b``."""
    exact = tuple(row for row in note.rows if row.display.tag == tag)
    if exact or not tag:
        return exact
    return tuple(row for row in note.rows if re.fullmatch(re.escape(tag) + "[a-z]+", row.display.tag))


def judge_note(
    note: Note,
    displays: Sequence[ReadDisplay] | None = None,
    question: Question | None = None,
    *,
    jobs: int = 1,
    timeout: float | None = None,
) -> Iterator[Row]:
    """Each display with its verdict, as they come; those given, or all. ``jobs`` and ``timeout`` as in ``judge``.

    A claim is judged for vectors; where it composes for scalars only, it is judged for these, and its scope says so.
    """
    displays = note.rows if displays is None else displays
    chains = _Chains(note, displays, question, jobs, timeout)
    for row in displays:
        if row.kind == "unread":
            yield _unread(row)
            continue
        parts = [_row(row, link, *chains.judged(link)) for link in row.links]
        yield _declared(row, parts[0] if len(parts) == 1 else _chain(row, tuple(parts)))


class _Chains:
    """The links of chains, each judged against the first side of its chain: so one sign has one meaning in all of it.

    Behind a link that does not hold the chain starts over from that link's right side, so that one error is one error.
    """

    def __init__(
        self,
        note: Note,
        displays: Sequence[ReadDisplay],
        question: Question | None,
        jobs: int,
        timeout: float | None,
    ) -> None:
        self._note = note
        self._question = question
        self._jobs, self._timeout = jobs, timeout
        links = [link for row in displays for link in row.links if link.kind == "claim"]
        self._broken: dict[Link, Link] = {}
        # What is judged where all before it holds: in parallel, and nearly always enough.
        self._first = self._judged(note.vectors, [self._from(link, link.chain, "vectors") for link in links])

    def judged(self, link: Link) -> tuple[Equation | None, Verdict | None, Derivation | None]:
        """The equation that a link was judged as, its verdict, and its page; only the page for a definition.

        Asked in page order.
        """
        if link.kind == "definition":
            return None, None, self._note.vectors if link.vectors is not None else self._note.scalars
        page = self._note.vectors
        start = self._broken.get(link.chain) if link.chain is not None else None
        equation = self._from(link, start or link.chain, "vectors")
        found = next(self._first)
        if start is not None:
            (found,) = self._judged(self._note.vectors, [equation])
        if found is None or found.word == "ill-typed":
            scalars = self._from(link, start or link.chain, "scalars")
            (scalar,) = self._judged(self._note.scalars, [scalars])
            composes = scalar is not None and scalar.word != "ill-typed"
            if composes and self._note.signs:
                why = found.reason if found is not None else link.why or self._note.unfit
                found = Verdict(
                    "ill-typed", reason=f"{why}; it composes for scalars alone, and the page has {self._note.signs}"
                )
            elif composes:
                assert scalar is not None
                equation, found, page = scalars, _for_scalars(self._note, scalar), self._note.scalars
        if found is None:
            found = Verdict("ill-typed", reason=link.why or self._note.unfit)
        elif page is not None and equation is not None:
            equation, found, page = self._as_logistic(page, equation, _of_the_unknown(page, equation, found))
        if found.word not in ("proved", "holds-as-read"):
            self._broken[link.chain or link] = link
        return equation, found, page

    def _as_logistic(
        self, page: Derivation, equation: Equation, found: Verdict
    ) -> tuple[Equation, Verdict, Derivation]:
        """A claim that is false for an arbitrary σ and true for the logistic function, which σ is by custom."""
        sigma = next((letter for letter in page.letters_under(equation.letters) if letter.symbol == SIGMA), None)
        if found.word != "refuted" or sigma is None or not sigma.is_entrywise:
            return equation, found, page
        logistic = replace(sigma, symbol="sigmoid").spelled(str(sigma), sigma.latex or rf"\{SIGMA}")
        meant, claim = page.with_letter(sigma, logistic), equation.with_letter(sigma, logistic)
        (asked,) = self._judged(meant, [claim])
        if asked is None or asked.word not in ("proved", "holds-as-read"):
            return equation, found, page
        said = [f"{sigma} is the logistic function", *([asked.reading["words"]] if asked.reading is not None else [])]
        corrected = asked.reading["latex"] if asked.reading is not None else " = ".join(map(latex, claim.sides))
        made = replace(
            found,
            word="holds-as-read",
            literal="refuted",
            method=asked.method,
            scope=asked.scope,
            reading={"words": "; ".join(said), "latex": corrected, "others": []},
            seconds=found.seconds + asked.seconds,
            slip=None,
            read_as=claim if asked.read_as is None else asked.read_as,
        )
        return claim, made, meant

    def _from(self, link: Link, start: Link | None, page: Literal["vectors", "scalars"]) -> Equation | None:
        """The link with its left side replaced by the first side that is known to be the same."""
        own: Equation | None = getattr(link, page)
        other: Equation | None = getattr(start, page) if start is not None else None
        if own is None or other is None or start is None or other.right is None or own.right is None:
            return own
        left = other.right if start in self._broken.values() else other.left
        return own.with_sides(left, own.right)

    def _judged(self, page: Derivation | None, equations: Sequence[Equation | None]) -> Iterator[Verdict | None]:
        """A verdict for each equation; None for those that have no meaning on the page."""
        there = [equation for equation in equations if equation is not None]
        found: Iterator[tuple[Equation, Verdict | None]] = iter(())
        if page is not None and there:
            found = judge(page, there, self._question, jobs=self._jobs, timeout=self._timeout, by=verdict_as_printed)
        for equation in equations:
            yield None if page is None or equation is None else next(found)[1]


def _of_the_unknown(page: Derivation, equation: Equation, found: Verdict) -> Verdict:
    """The verdict where a function is one that nothing is known of here: false for any function may be true of erf."""
    acting = {letter.symbol for letter in page.letters_under(equation.letters) if letter.kind == "function"}
    unknown = " and ".join(sorted(name for name in acting.intersection(NAMED) if row_called(name) is None))
    if not unknown or found.word != "refuted":
        return found
    reason = f"false where {unknown} may be any function, and nothing else is known of {unknown} here"
    return Verdict("undecided", reason=reason, seconds=found.seconds)


def unjudged(display: ReadDisplay) -> Row:
    """The row of a display that was not come to."""
    return _unread(display) if display.kind == "unread" else _bare(display, display.kind, "")


def _row(
    row: ReadDisplay, link: Link, judged: Equation | None, verdict: Verdict | None, page: Derivation | None
) -> Row:
    equation = judged or link.vectors or link.scalars
    shown = str(equation).removeprefix(f"({link.tag}) ") if equation is not None else link.why
    tag = link.tag if len(row.links) > 1 else row.display.tag
    # What holds beside the page, with a_0 = 0, is no equation of the page.
    read = verdict.read_as if verdict is not None else equation
    return replace(_bare(row, link.kind, shown), tag=tag, verdict=verdict, equation=read, page=page, printed=equation)


def _for_scalars(note: Note, verdict: Verdict) -> Verdict:
    """The verdict on a page of scalars, said so: every size is 1."""
    sizes = dict.fromkeys(page_sizes(note.vectors, {}) if note.vectors is not None else ["n"], 1)
    scope = replace(verdict.scope, sizes=sizes) if verdict.scope is not None else None
    witness = replace(verdict.witness, sizes=sizes) if verdict.witness is not None else None
    return replace(verdict, scope=scope, witness=witness)


def _chain(row: ReadDisplay, parts: tuple[Row, ...]) -> Row:
    """A chain by its first link that does not hold; where all hold, by the first that holds only as read."""
    claims = [part for part in parts if part.kind == "claim" and part.verdict is not None]
    made = _bare(row, "claim" if claims else "definition", "")
    if not claims:
        return replace(made, links=parts)
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
    return replace(made, verdict=replace(chosen, reason=reason, seconds=seconds), links=parts)


def _declared(row: ReadDisplay, made: Row) -> Row:
    """The row of an equation that the note itself calls wrong."""
    declared = row.display.declared
    if declared is None:
        return made
    return replace(made, kind="misreading", why=declared.why or "declared wrong", hoped=declared.word)


def _bare(row: ReadDisplay, kind: str, shown: str) -> Row:
    display = row.display
    assert kind in ("definition", "claim")
    return Row(
        display.tag, "claim" if kind == "claim" else "definition", display.place.line, display.source, shown, None
    )


def _unread(row: ReadDisplay) -> Row:
    display = row.display
    reason = row.reason
    if row.place is not None:
        where = f"line {row.place.line}, column {row.place.column}: {row.reason}"
        reason = f"{where}\n{row.excerpt}"
    return Row(
        display.tag, "unread", display.place.line, display.source, "", None, reason=reason, excused=display.bare_tag
    )
