r"""Models of a note: a section that makes letters anew, of other letters than before, is about a model of its own.

What a section below a later heading says a state is, h_t = o_t ⊙ tanh(c_t), is no claim about the network of an earlier
section, h_t = tanh(W h_{t-1} + U x_t). Such a note is read as several, one for each model, each with what stands before
the first of them and with the definitions of earlier ones that it uses and does not replace.

>>> from symbptt.reader.statements import find_statements
>>> from symbptt.text.document import split_document
>>> text = "# RNN\n\n$$h_t = \\tanh(W h_{t-1})$$\n\n# Other\n\n$$h_t = \\sigma(A h_{t-1} + B u_t)$$\n"
>>> document = split_document(text, "note.md")
>>> [model.document.title for model in models_of(document, find_statements(document))]
['RNN', 'Other']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from symbptt.errors import Place, Unreadable
from symbptt.functions import row_called
from symbptt.reader import customs
from symbptt.reader.differentials import is_call
from symbptt.reader.grammar import Chain, Mark, NameMark, ScriptedMark, is_equation, mark_at, names_in
from symbptt.reader.letters import label_in
from symbptt.reader.statements import Statement, holds_derivative, where_said
from symbptt.text import vocabulary
from symbptt.text.document import Document, Heading, headings

_SPACE = re.compile(r"\s|\\[,;:! ]|[{}]|\\(?:left|right|[bB]igg?[lr]?|mathbf|boldsymbol|bm|mathrm)(?![A-Za-z])")
_FIXED = re.compile(r"[_^][(\[<]*\d+")
_WORD = re.compile(r"[^\W\d_]{4,}|\d+")
_BACK = re.compile(
    r"\b(?:back|again|first|former|previous|both|compar\w+|conclusion|summary|appendix|solutions?|answers?)\b",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"[^\n]")
_TOKEN = re.compile(r"\\[A-Za-z]+|\w|\S")
_MODELS = re.compile(vocabulary.MODELS.anywhere, re.IGNORECASE)
_ALIKE = 0.4
"""How much two texts have in common, of 1, from which on one may be the other with a slip."""


@dataclass(frozen=True, slots=True)
class Model:
    """What a part of a note is about a model of its own: that part as a document, and the displays that are its own."""

    document: Document
    statements: tuple[Statement, ...]
    own: frozenset[Place]
    anew: str
    """Where it is said anew what a letter is, in words; empty for the first model."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A letter alone on the left of an equation; its ``name`` and ``text`` are without spaces and fonts."""

    name: str
    text: str
    chain: Chain
    statement: Statement

    @property
    def at(self) -> int:
        """Where it stands."""
        return place_of(self.statement)

    @property
    def only_names(self) -> bool:
        """Whether it is one application on the right, which names a step: h_t = f(x_t, h_{t-1})."""
        sides = [side.terms[0][1].factors for side in self.chain.sides[1:] if len(side.terms) == 1]
        calls = all(
            len(factors) == 2 and is_call(*factors) and _letter(factors[0]).split("_")[0] not in customs.ENTRYWISE
            for factors in sides
        )
        return len(sides) == len(self.chain.sides) - 1 and calls

    @property
    def letter(self) -> str:
        """Which letter it is, at whatever step."""
        return _letter(mark_at(self.chain, 0))

    @property
    def right(self) -> frozenset[str]:
        """The letters on its right that are no functions."""
        letters = map(_letter, names_in(self.chain.sides[1:]))
        return frozenset(letter for letter in letters if row_called(letter) is None)


def models_of(document: Document, statements: Sequence[Statement]) -> tuple[Model, ...]:
    """The models of a note, in its order; none where it is about one."""
    titles = [one for one in headings(document.words) if one.title]
    made = [one for statement in statements if statement.counts for one in _made(statement)]
    cuts = list(_cuts(titles, made)) if titles else []
    if not cuts:
        return ()
    level, before = cuts[0][0].level, cuts[0][1].at
    shared = max((one.start for one in titles if one.start < before and one.level <= level), default=0)
    first = next((one for one in titles if one.start == shared), Heading(0, level, document.title))
    begins = [(first, ""), *((title, _said_anew(statement, chain)) for title, _, statement, chain in cuts)]
    ends = [title.start for title, *_ in begins[1:]]
    models: list[Model] = []
    for (title, anew), end in zip(begins, [*ends, len(document.words)], strict=True):
        start = title.start if models else 0
        own = [one for one in statements if start <= place_of(one) < end]
        _drop_other_models([one for one in titles if title.start < one.start < end], begins, title, own)
        kept = _used(own, [one for one in made if one.at < start], shared) if models else []
        models.append(_model(document, title, anew, own, kept, (range(shared), range(start, end))))
    return tuple(models)


def _drop_other_models(
    below: Sequence[Heading], begins: Sequence[tuple[Heading, str]], title: Heading, own: Sequence[Statement]
) -> None:
    """Let nothing be read below a heading that names another model than the one that it stands in, or goes back."""
    others = set[str]().union(*(_words_of(one) for one, _ in begins if one != title)) - _words_of(title)
    for one in below:
        if _words_of(one) & others or _BACK.search(one.title):
            for statement in own:
                if place_of(statement) > one.start and statement.is_display and statement.counts:
                    statement.drop(Unreadable(f"it may be about another model, as the heading says: {one.title}", 0))


def _words_of(heading: Heading) -> set[str]:
    return set(_WORD.findall(heading.title.lower()))


def _said_anew(statement: Statement, chain: Chain) -> str:
    return f"{where_said(statement.item)} says anew what {statement.text_of(chain).partition('=')[0].rstrip(' :&')} is"


def place_of(statement: Statement) -> int:
    """Where a statement stands in the file."""
    return statement.item.formula.at(0)


def _made(statement: Statement) -> Iterator[_Made]:
    """The letters that a statement says something of."""
    for chain in statement.chains:
        if is_equation(chain) and _is_letter(mark_at(chain, 0)):
            left, _, right = statement.text_of(chain).partition("=")
            yield _Made(_SPACE.sub("", left).rstrip(":"), _SPACE.sub("", right), chain, statement)


def _is_letter(mark: Mark | None) -> bool:
    return isinstance(mark, NameMark) or (isinstance(mark, ScriptedMark) and isinstance(mark.base, NameMark))


def _cuts(titles: Sequence[Heading], made: Sequence[_Made]) -> Iterator[tuple[Heading, _Made, Statement, Chain]]:
    """The headings at which another model begins, each with what is made anew there, as it was before and as it is."""
    known: dict[str, _Made] = {}
    for place, one in enumerate(made):
        of_derivative = any(map(holds_derivative, one.chain.sides[1:]))
        if _FIXED.search(one.name) or one.only_names or (of_derivative and one.statement.is_display):
            continue
        before = known.get(one.name)
        between = [title for title in titles if before is not None and before.at < title.start < one.at]
        if before is None or not between:
            known.setdefault(one.name, one)
            continue
        level = min(title.level for title in between)
        cut = [title for title in between if title.level == level][-1]
        is_other = of_derivative or _MODELS.search(cut.title) is not None
        if before.text != one.text and (is_other or is_anew(before, one, made[:place])):
            yield cut, before, one.statement, one.chain
            known = {name: other for name, other in known.items() if other.at > cut.start} | {one.name: one}


def is_anew(before: _Made, now: _Made, known: Sequence[_Made]) -> bool:
    """Whether a letter is made of other letters than before, so that it is another letter and not a slip in the first.

    What both are made of is followed down to letters that nothing is said of. What does not recur may be made of the
    same letters in a wholly other way: a squared error, and a cross entropy.
    """
    old, new = _leaves(before, [one for one in known if one.at <= before.at]), _leaves(now, known)
    if not old or not new:
        return False
    if not new <= old:
        return len(new - old) >= len(new & old)
    shared = SequenceMatcher(None, _TOKEN.findall(before.text), _TOKEN.findall(now.text), autojunk=False).ratio()
    return now.letter not in now.right and new == old and shared < _ALIKE


def _leaves(made: _Made, known: Sequence[_Made]) -> set[str]:
    """The letters that a letter is made of in the end, without itself."""
    latest = {one.letter: one for one in known}
    found, pending, leaves = {made.letter}, [made], set[str]()
    while pending:
        for letter in pending.pop().right - found:
            found.add(letter)
            if letter in latest:
                pending.append(latest[letter])
            else:
                leaves.add(letter)
    return leaves


def _letter(mark: Mark | None) -> str:
    """A letter by its stem, its accents and a label below it, without its step."""
    if isinstance(mark, NameMark):
        return "".join((mark.stem, *(one for one in mark.dressed if one not in customs.VECTOR_FONTS)))
    if not isinstance(mark, ScriptedMark):
        return ""
    try:
        label = label_in(mark.below or ())
    except Unreadable:
        label = ""
    return f"{_letter(mark.base)}_{label}" if label not in ("", "t", "n", *customs.COUNTERS) else _letter(mark.base)


def _used(own: Sequence[Statement], before: Sequence[_Made], shared: int) -> list[Statement]:
    """What is said of letters before a model begins that it uses and does not make itself, the latest of each."""
    anew = {one.letter for statement in own if statement.counts for one in _made(statement)}
    latest = {one.name: one for one in before if one.letter not in anew}
    kept: list[Statement] = []
    used = set(map(_letter, names_in(tuple(statement.parsed for statement in own))))
    while True:
        more = [
            one.statement
            for one in latest.values()
            if one.statement not in kept and (one.at < shared or one.letter in used)
        ]
        if not more:
            return sorted(kept, key=place_of)
        kept += more
        used.update(map(_letter, names_in(tuple(statement.parsed for statement in more))))


def _model(
    document: Document,
    title: Heading,
    anew: str,
    own: Sequence[Statement],
    kept: Sequence[Statement],
    ranges: Sequence[range],
) -> Model:
    """A model with the text that is about it: what stands before the first one, and its own."""
    items = {statement.item.place for statement in kept}
    words, end = "", 0
    for one in ranges:
        words += _HIDDEN.sub(" ", document.words[end : one.start]) + document.words[one.start : one.stop]
        end = one.stop
    words += _HIDDEN.sub(" ", document.words[end:])
    shown = [item for item in document.items if item.place in items or any(item.formula.at(0) in one for one in ranges)]
    part = replace(document, title=title.title or document.title, items=tuple(shown), words=words)
    return Model(part, (*kept, *own), frozenset(statement.item.place for statement in own), anew)
