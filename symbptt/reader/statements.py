"""The displays and inline formulas of a note as parsed statements, before any letter has a meaning."""

from __future__ import annotations

import itertools
import re
from bisect import bisect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symbptt.errors import Unreadable, fault
from symbptt.page.notation import Index
from symbptt.reader.conditions import NOT_READ, TEXT, Condition, Conditions, is_counted, split_aside
from symbptt.reader.customs import LOSSES
from symbptt.reader.denials import denied_by_number
from symbptt.reader.differentials import Derivative, is_call, parse_formula, with_operators
from symbptt.reader.grammar import (
    BIG,
    EQUAL,
    Cells,
    Chain,
    Group,
    Mark,
    Matrix,
    NameMark,
    Numeral,
    ScriptedMark,
    SumMark,
    is_dots,
    is_sign,
    mapped,
    mark_at,
    only_side,
    said_of_braced,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key, Survey
from symbptt.reader.occasions import Occasion
from symbptt.reader.pairs import Case, case_before, check_pair, counts_entries, pair_of, shows_delta, with_equal
from symbptt.reader.telling import alone_on_lines, gives_start, is_called_loss, said_in_words, stands_alone
from symbptt.reader.wording import FOR, Wording, judge_words, sentence_around, wording_around, wording_of
from symbptt.text.cases import find_cases
from symbptt.text.document import Display, Document, Formula, Inline, headings
from symbptt.text.equations import outside_groups
from symbptt.text.vocabulary import STRAY

_EQUATION = re.compile(r"=|≡|\\(?:equiv|triangleq|coloneqq?|doteq|eqdef|eqqcolon)(?![A-Za-z])")
_GETS = re.compile(r"←|\\(?:leftarrow|gets)(?![A-Za-z])")
_OTHERS = (
    (re.compile(r"\\lim(?![A-Za-z])"), "a limit"),
    (
        re.compile(r"[≤≥<>≠≪≫]|\\(?:leq?|geq?|lt|gt|neq?|ll|gg|leqslant|geqslant|lesssim|prec)(?![A-Za-z])"),
        "an inequality",
    ),
    (re.compile(r"[∈∉⊂⊆]|\\(?:in|notin|subset|subseteq|ni)(?![A-Za-z])"), "it says what a letter is an element of"),
    (re.compile(r"[≈∼]|\\(?:approx|sim|simeq|cong|asymp)(?![A-Za-z])"), "an approximation, or a distribution"),
    (re.compile(r"∝|\\propto(?![A-Za-z])"), "a proportion"),
    (re.compile(r"[→↦⇒]|\\(?:to|rightarrow|mapsto|longrightarrow|Rightarrow|implies|iff)(?![A-Za-z])"), "an arrow"),
)
NOT_INTRODUCED = "no words introduce it"
"""Why an inline formula is not used that nothing is wrong with."""
_LIKENS = re.compile(r"[≈∝∼]|\\(?:approx|propto|sim|simeq|cong)(?![A-Za-z])")
"""Signs by which a letter is said to be like what is on the other side, which is no definition to go by."""
_NORM = re.compile(r"‖|\\(?:\||[lr]?Vert(?![A-Za-z])|(?:left|right)\s*\\\|)")
_SQUARE = re.compile(rf"(?:{_NORM.pattern})\s*(?:_\s*(?:\{{[^{{}}]*\}}|\w)\s*)?\^\s*\{{?\s*2\s*\}}?(?!\d)")
"""The end of a norm that is squared, which is an expression like any other."""
_OPERATES = re.compile(r"[\s&{]*(?:[+*/-]|\\(?:pm|mp|times|cdot|odot|otimes|circ|div)(?![A-Za-z]))")
_NEAR = 30
"""Most characters between a formula and a display that goes on with it."""
_RELATION = re.compile(
    r":?=:?|[←≈∝≤≥<>]|\\(?:approx|propto|sim|simeq|cong|overset|underset|stackrel|leq?|geq?|gets|leftarrow)(?![A-Za-z])"
)
"""Signs that may stand between a letter and its definition."""
_WORDS = re.compile(rf"(?:{TEXT.pattern}|\\(?:q?quad|[,;:! ])|[\s.,;:~])+\Z")


@dataclass
class Statement:
    """A display or an inline formula, parsed as far as it can be."""

    item: Display | Inline
    chains: Cells = ()
    parsed: Cells = ()
    """All chains of its formula, those that are not equations to go by too."""
    error: Unreadable | None = None
    sides: tuple[Cells, ...] = ()
    """The first and the last side of what is no equation to go by: one of them may be a letter that it defines."""
    conditions: tuple[Condition, ...] = ()
    """The conditions on its indices that stand with it."""
    said: Conditions = field(default_factory=Conditions)
    """The same, read."""
    occasion: Occasion | None = None
    """The one step that the words before a display say it is for."""
    case: Case | None = None
    """What stands above a display of two letters of its entries."""
    apart: tuple[str, str] | None = None
    """Two letters of its entries that are different."""
    aside: str = ""
    """Why a display is no equation, where it is none."""
    passed: str = ""
    """Why an inline formula is not used."""
    of_loss: bool = False
    """The words around it say that its letter is a loss."""
    supposed: bool = False
    """It is a hypothesis: the words before it are those of a condition."""
    denied: bool = False
    """The words around it, above it or elsewhere take it back."""
    section: int = 0
    """How many headings stand before it."""

    def text_of(self, chain: Chain) -> str:
        """What a chain is in the note."""
        ends = [other.start for other in self.parsed if other.start > chain.start]
        return self.item.formula.text[chain.start : min(ends, default=None)].strip(" ,;.\n")

    @property
    def is_display(self) -> bool:
        """Whether it has a row of its own in the report."""
        return isinstance(self.item, Display)

    @property
    def counts(self) -> bool:
        """Whether it is an equation that the page goes by."""
        return not (self.error or self.aside or self.passed)

    def drop(self, error: Unreadable) -> None:
        """Let it be unread, for a reason that shows when it is built or looked at with others."""
        self.error = error
        self.sides = self.sides or outer_sides(self.item.formula.text)


def find_statements(document: Document) -> list[Statement]:
    """The displays, and the inline formulas with a sign of relation, each parsed, set aside, or with the error."""
    made: list[Statement] = []
    denied = list(_denied_sections(document))
    by_number = denied_by_number(document)
    given = _given(document)
    alone = alone_on_lines(document)
    begins = [one.start for one in headings(document.words)]
    shown = [range(one.formula.at(0), one.formula.at(len(one.formula.text) - 1) + 1) for one in document.displays]
    items = ((*row, is_open) for item, is_open in _gone_on(document.items) for row in _rows(item))
    for item, in_cases, is_open in items:
        statement = Statement(item, section=bisect(begins, item.formula.at(0)))
        try:
            if isinstance(item, Display):
                statement.case = case_before(document.words, item.formula.at(0), shown)
                _read_display(statement, item, given)
                if not statement.aside and (where := by_number.get(item.place)) is not None:
                    statement.denied = True
                    raise Unreadable(where, 0)
                if in_cases:
                    _settle(statement)
                if is_open:
                    raise Unreadable("it is not clear what it goes on from: expected its left side", 0)
            elif any(sign.search(item.formula.text) for sign in (_EQUATION, _GETS, _LIKENS)):
                _read_inline(statement, item, given, alone)
                if not statement.passed and any(item.formula.at(0) in below for below in denied):
                    statement.drop(Unreadable("the heading above it says that it is wrong", 0))
            elif (said := said_in_words(document, item)) is not None:
                statement.item = replace(item, formula=replace(item.formula, text=said))
                statement.chains = statement.parsed = tuple(parse_formula(said))
                statement.of_loss = is_called_loss(item)
            else:
                continue
        except Unreadable as error:
            statement.drop(error)
        except Exception as error:
            statement.drop(Unreadable(fault(error), 0))
        made.append(statement)
    displays = [statement for statement in made if isinstance(statement.item, Display)]
    for one, other in itertools.pairwise(displays):
        if one.counts and _goes_on(one.item, other.item):
            one.drop(Unreadable("the display behind it goes on with its formula", 0))
    rewrite(made, with_operators)
    return made


def _goes_on(one: Display | Inline, other: Display | Inline) -> bool:
    """Whether a display begins with an operator, says nothing by itself and follows at once upon another one."""
    between = other.before.strip() if isinstance(other, Display) else "."
    ended = one.source.rstrip(" }$\n").endswith((".", ";")) or len(between) > _NEAR or "." in between
    return (
        not ended and _OPERATES.match(other.formula.text) is not None and _EQUATION.search(other.formula.text) is None
    )


def _gone_on(items: Sequence[Display | Inline]) -> Iterator[tuple[Display | Inline, bool]]:
    """The items of a note, each display that begins with an equals sign with the expression of the one before it.

    Such a display is an expression and nothing else. Whether words stand between: then it is not clear what the second
    goes on from.
    """
    for before, item in zip((None, *items), items, strict=False):
        goes_on = isinstance(item, Display) and item.continues and isinstance(before, Display) and _is_lone(before)
        if not (goes_on and isinstance(item, Display) and isinstance(before, Display)):
            yield item, False
        elif item.before.strip():
            yield item, True
        else:
            one, other = before.formula, item.formula
            origins = (*map(one.at, range(len(one.text))), *map(other.at, range(len(other.text))))
            whole = Formula(one.text + other.text, other.offset, origins)
            yield replace(item, formula=whole, continues=False, before=before.before), False


def _is_lone(display: Display) -> bool:
    """Whether a display is one expression, with nothing said of it."""
    if display.aside or display.bare_tag or display.struck or display.declared or display.continues:
        return False
    try:
        return only_side(parse_formula(display.formula.text)) is not None
    except Exception:
        return False


def _given(document: Document) -> dict[str, bool]:
    r"""The formulas behind words of a condition that say what a letter is: for $h_t = \tanh(W h_{t-1})$.

    Its letter stands nowhere before, and nothing else says what it is: it is restricted to nothing. Whether one is gone
    by: it is made by a function or a sum, and the word is "for".
    """
    texts = [item.formula.text for item in document.items]
    made: dict[str, bool] = {}
    for place, item in enumerate(document.items):
        found = _GIVEN.match(texts[place]) if isinstance(item, Inline) else None
        if found is None or not isinstance(item, Inline) or (around := wording_of(item)).how != "supposed":
            continue
        letter = re.compile(rf"(?<![A-Za-z\\]){re.escape(found['stem'])}(?![A-Za-z])")
        again = re.compile(rf"{letter.pattern}(?:\s*[_^]\s*(?:\{{[^{{}}]*\}}|\w))?\s*&?\s*:?=")
        whole = sentence_around(item)
        beside = {other.formula.text for other in document.inlines if sentence_around(other) == whole} & made.keys()
        before = (text for text in texts[:place] if text not in beside)
        if not (any(map(letter.search, before)) or any(map(again.search, texts[place + 1 :]))):
            made[texts[place]] = found["made"] is not None and FOR.fullmatch(around.phrase) is not None
    return made


def _denied_sections(document: Document) -> Iterator[range]:
    """The text below headings that take back what they stand over, each up to the next heading."""
    found = headings(document.words)
    for one, end in zip(found, [*(one.start for one in found), len(document.words)][1:], strict=True):
        if judge_words(one.title, "").how == "denied":
            yield range(one.start, end)


def _rows(item: Display | Inline) -> list[tuple[Display | Inline, bool]]:
    """A display, or each of its cases as one at the same place."""
    rows = find_cases(item.formula.text) if isinstance(item, Display) else []
    if not isinstance(item, Display) or not rows:
        return [(item, False)]
    made: list[tuple[Display | Inline, bool]] = []
    for row in rows:
        aside = rf"{row.condition} \quad {item.aside}" if item.aside else row.condition
        made.append((replace(item, formula=replace(item.formula, text=row.formula), aside=aside), True))
    return made


def _settle(statement: Statement) -> None:
    """Let the letter of a case that is for one step have that step: δ_t for t = T is δ_T."""
    kept: list[Condition] = []
    for chain, rest in statement.conditions:
        is_one = is_counted(chain) and chain.relations == ("=",)
        value = mark_at(chain, 1) if is_one else None
        letter = mark_at(chain, 0)
        if rest or not isinstance(letter, NameMark) or not isinstance(value, (NameMark, Numeral)):
            kept.append((chain, rest))
        else:
            statement.chains = _put(statement.chains, letter.stem, value)
    statement.conditions = tuple(kept)


def settle_entries(statement: Statement, entries: frozenset[str]) -> None:
    """Let one letter count both entries where a condition of a claim says that two of them are the same: i = j.

    What a letter is on its diagonal alone does not define it.
    """
    if not any(isinstance(mark, Derivative) for mark in walk_marks(statement.chains)):
        return
    kept: list[Condition] = []
    for chain, rest in statement.conditions:
        marks = [mark_at(chain, place) for place in range(len(chain.sides))]
        letters = [mark for mark in marks if isinstance(mark, NameMark) and not mark.dressed and mark.stem in entries]
        same = len(letters) == len(marks) == 2 and chain.relations == ("=",) and not (chain.continued or rest)
        if same and not _counts(statement, letters):
            one, other = letters
            statement.chains = _put(statement.chains, one.stem, other)
        else:
            kept.append((chain, rest))
    statement.conditions = tuple(kept)


def _counts(statement: Statement, letters: Sequence[NameMark]) -> bool:
    """Whether a Σ or Π in an equation runs over one of these letters."""
    below = (
        name.stem
        for mark in walk_marks(statement.chains)
        if isinstance(mark, ScriptedMark) and is_sign(mark.base, *BIG)
        for name in walk_marks(mark.below or ())
        if isinstance(name, NameMark)
    )
    return not {letter.stem for letter in letters}.isdisjoint(below)


def _put(value: Any, letter: str, by: Mark) -> Any:
    """Marks with another one in place of a letter."""
    if isinstance(value, NameMark) and value.glyph == (letter, ()):
        return replace(by, start=value.start, end=value.end)
    return mapped(value, lambda part: _put(part, letter, by))


def rewrite(statements: Sequence[Statement], by: Callable[[Sequence[Cells]], Sequence[Cells]]) -> None:
    """Rewrite the formulas of a note, all of them together."""
    left = iter(by([cells for one in statements for cells in (one.chains, one.parsed, *one.sides)]))
    for statement in statements:
        statement.chains, statement.parsed = next(left), next(left)
        statement.sides = tuple(next(left) for _ in statement.sides)


def _read_display(statement: Statement, display: Display, given: Mapping[str, bool]) -> None:
    text = display.formula.text
    statement.aside = _why_aside(text) if not display.bare_tag else "a number, that of the display before it"
    if display.struck:
        statement.aside = "it is struck out or hidden"
        return
    if statement.aside:
        statement.sides = outer_sides(text) if _LIKENS.search(text) else ()
        return
    around = wording_around(display)
    if around.how:
        statement.denied = around.how == "denied"
        verb = "deny it" if statement.denied else "limit it"
        verb = "are in no language that is read" if around.how == "foreign" else verb
        raise Unreadable(f"the words around it {verb}: {around.phrase}", 0)
    if _GETS.search(outside_groups(text)):
        raise Unreadable("an arrow makes no equation: expected = where it is a definition", 0)
    chains = tuple(one for chain in parse_formula(text) for one in _row_by_row(_without_shape(chain)))
    if not any(chain.relations for chain in chains):
        statement.aside = "there is no equation in it"
        return
    statement.parsed = chains
    _check_words(chains)
    behind = split_aside(display.aside)
    conditions = [said for said in around.conditions if not given.get(said)]
    lead = [condition for said in conditions for condition in split_aside(rf"\text{{for }} {said}").conditions]
    first, *others = chains
    lead += [(chain, ()) for chain in others if not EQUAL.issuperset(chain.relations) or is_counted(chain)]
    if not (first.relations and EQUAL.issuperset(first.relations)):
        raise Unreadable(f"{[*first.relations, 'a comma'][0]} makes no equation: expected =", first.start)
    lead = [condition for condition in lead if not _is_shape(condition[0])]
    statement.chains = (
        *map(_without_arguments, (first, *(chain for chain in others if _states(chain)))),
        *behind.equations,
        *(chain for said in said_of_braced(text) for chain in parse_formula(said)),
    )
    statement.conditions = (*behind.conditions, *lead)
    statement.occasion = around.occasion


def tell_pairs(document: Document, statements: Sequence[Statement]) -> tuple[str, ...]:
    """Let claims about entries be for i = j, or for different i and j, where that is said; what is said of them."""
    made: dict[str, None] = {}
    for statement in (one for one in statements if one.counts and one.is_display):
        told = [(pair_of(chain) if not rest else None, (chain, rest)) for chain, rest in statement.conditions]
        pairs = [pair for pair, _ in told if pair is not None and counts_entries(statement.chains, pair)]
        case = statement.case
        try:
            if not pairs and case is not None and counts_entries(statement.chains, case.pair):
                if not case.clear and shows_delta(statement.chains, case.pair):
                    continue
                if not case.clear:
                    where = document.place_at(case.at).spoken
                    raise Unreadable(f"it may be for {case.pair} alone, of which {where} speaks", 0)
                pairs = [case.pair]
            if not pairs:
                continue
            if len(pairs) > 1:
                raise Unreadable(NOT_READ, 0)
            check_pair(statement.chains, pairs[0])
        except Unreadable as error:
            statement.drop(error)
            continue
        statement.conditions = tuple(condition for pair, condition in told if pair not in pairs)
        if pairs[0].equal:
            statement.chains = with_equal(statement.chains, pairs[0])
        else:
            statement.apart = pairs[0].one, pairs[0].other
        made[f"{where_said(statement.item)} is for {pairs[0]}"] = None
    return tuple(made)


def _row_by_row(chain: Chain) -> Cells:
    """An equation of columns that are written out, row by row, as one for each row."""
    marks = [mark_at(chain, place) for place in range(len(chain.sides))]
    rows = [[row[0] for row in mark.rows if len(row) == 1] for mark in marks if isinstance(mark, Matrix)]
    heights = {len(found) for found in rows} | {len(mark.rows) for mark in marks if isinstance(mark, Matrix)}
    if chain.continued or not EQUAL.issuperset(chain.relations) or len(rows) != len(marks) or len(heights) != 1:
        return (chain,)
    sides = [tuple(entry for entry in row if entry is not None) for row in zip(*rows, strict=True)]
    whole = len(marks) > 1 and all(len(entries) == len(marks) for entries in sides)
    return tuple(replace(chain, sides=entries) for entries in sides) if whole else (chain,)


def _check_words(chains: Cells) -> None:
    """Raise :class:`Unreadable` for a word among the factors that is no letter."""
    for mark in walk_marks(chains):
        if isinstance(mark, NameMark) and re.fullmatch(STRAY.anywhere, mark.stem):
            raise Unreadable(f"the word {mark.stem} says something of the formula that is not read", mark.start)


def _states(chain: Chain) -> bool:
    return bool(chain.relations) and EQUAL.issuperset(chain.relations) and not is_counted(chain)


def _is_shape(chain: Chain) -> bool:
    r"""Whether it says of what shape something is, as x_t \in \mathbb{R}^d does."""
    fonts = (mark for mark in walk_marks(chain.sides[-1:]) if isinstance(mark, NameMark))
    return chain.relations == (r"\in",) and any("mathbb" in mark.dressed for mark in fonts)


def _without_shape(chain: Chain) -> Chain:
    r"""a = b for a = b \in \mathbb{R}^{n \times n}: of what shape something is is a remark."""
    last = replace(chain, sides=chain.sides[-2:], relations=chain.relations[-1:])
    if len(chain.sides) < 3 - chain.continued or not _is_shape(last):
        return chain
    return replace(chain, sides=chain.sides[:-1], relations=chain.relations[:-1])


def _read_inline(
    statement: Statement, inline: Inline, given: Mapping[str, bool], alone: Collection[int] = frozenset()
) -> None:
    text = inline.formula.text
    around = wording_of(inline)
    if not around.how and inline.formula.offset in alone:
        around = Wording("introduced")
    if given.get(text):
        around = Wording("introduced")
    statement.supposed = around.how == "supposed" and text not in given
    statement.denied = around.how == "denied"
    if why := _why_aside(text):
        statement.passed, statement.supposed = why, True
    elif inline.stands_in:
        statement.passed = f"it stands in {inline.stands_in}"
    elif _GETS.search(text):
        statement.passed = "an arrow makes no equation"
    elif around.how != "introduced" and not (gives_start(inline) or stands_alone(inline)):
        said = {"denied": "deny it", "limited": "limit it", "supposed": "make a condition of it"}.get(around.how)
        statement.passed = f"the words around it {said}: {around.phrase}" if said else NOT_INTRODUCED
    chains = parse_formula(text) if not _GETS.search(text) else ()
    statement.chains = tuple(_without_arguments(_without_shape(chain)) for chain in chains)
    statement.parsed = statement.chains
    _check_words(statement.chains)
    if statement.passed:
        statement.sides = outer_sides(text)


def _why_aside(text: str) -> str:
    """Why a formula is no equation, by its signs; empty where it may be one."""
    outside = outside_groups(text)
    if _WORDS.match(text):
        return "words alone"
    if _SHAPE.match(text):
        return "it says of what shape a letter is"
    if is_update(text):
        return "an update: it gives a letter a new value, and defines none"
    equal = _EQUATION.search(outside)
    if _GETS.search(outside):
        return ""
    for sign, what in _OTHERS:
        if sign.search(outside) and (not equal or what == "a limit"):
            return what
    if not equal:
        return "" if _EQUATION.search(text) else "there is no equation in it"
    if len(_NORM.findall(text)) != 2 * len(_SQUARE.findall(text)) and not _LETTER_LEFT.match(outside):
        return "it is about norms"
    return ""


_LETTER_LEFT = re.compile(r"\s*(?:[A-Za-z]|\\[A-Za-z]+)\s*(?:[_^]\s*(?:[A-Za-z0-9]|\\[A-Za-z]+|\s+))*\s*(?:=|:=)")
_SCRIPTED = r"(?P<stem>\\?[A-Za-z]+|\\[a-z]+\{[A-Za-z]\})(?P<scripts>(?:\s*[_^]\s*(?:\{[^{}]*\}|\\?[A-Za-z0-9]+|\*))*)"
_ASSIGNED = re.compile(
    rf"\s*{_SCRIPTED}\s*(?P<sign>←|\\gets(?![A-Za-z])|\\leftarrow(?![A-Za-z])|:?=)\s*(?P<right>.*)", re.DOTALL
)


_SIZE = r"(?:[A-Z]|[a-z]|\d+|\|[A-Za-z]\|)(?:_(?:\w|\{\w+\}))?"
_SIZES = rf"{_SIZE}\s*(?:\\times(?![A-Za-z])|×|,)\s*{_SIZE}"
_BY_ONE = rf"(?:{_SIZE}\s*(?:\\times(?![A-Za-z])|×)\s*1|1\s*(?:\\times(?![A-Za-z])|×)\s*{_SIZE})"
_STEPPED = r"[a-z]_\{?t"
_SHAPE = re.compile(
    rf"(?![^=]*=.*{_STEPPED})\s*(?:\[[^\[\]=+]*\]|(?:\\(?:text|mathrm|operatorname)\s*\{{\s*)?\\?(?:dim|shape|size)\s*\}}?\s*\([^()=]*\))"
    rf"\s*=\s*(?:\[\s*{_SIZES}\s*\]|\(\s*{_SIZES}\s*\)|{_SIZE}\s*(?:\\times(?![A-Za-z])|×)\s*{_SIZE})\s*[.,;]?\s*\Z|"
    rf"(?![^=]*=.*{_STEPPED})\s*{_SCRIPTED}\s*=\s*(?:\[\s*{_BY_ONE}\s*\]|\(\s*{_BY_ONE}\s*\))\s*[.,;]?\s*\Z"
)
"""Rows and columns: [h_t] = [D \\times 1], or h_t = [D \\times 1], where nobody multiplies by 1."""


_GIVEN = re.compile(
    rf"\s*{_SCRIPTED}(?:\s*\([^()]*\))?\s*:?=(?=.*(?P<made>\\sum|\+|{_NORM.pattern}|[A-Za-z]\s*(?:\\left\s*)?\()|.*[A-Za-z])",
    re.DOTALL,
)
"""A letter that is given by others; ``made``: by a sum, a norm or a function."""


def is_update(text: str) -> bool:
    r"""Whether it gives a letter a new value, made of its old one and a gradient: W \gets W - \eta \nabla_W L."""
    found = _ASSIGNED.match(text)
    if found is None:
        return False
    old = re.match(rf"\s*{_SCRIPTED}(?![A-Za-z])\s*(?P<rest>.*)", found["right"], re.DOTALL)
    if old is None or old["stem"] != found["stem"]:
        return False
    same = re.sub(r"[\s{}]", "", old["scripts"]) == re.sub(r"[\s{}]", "", found["scripts"])
    stepped = re.match(r"[-−+]", old["rest"]) is not None
    rest = old["rest"]
    graded = re.search(r"\\nabla|∇|\\partial|∂|\\frac\s*\{\s*d(?![A-Za-z])", rest) is not None
    # A residual network, h_t = h_{t-1} + a f(h_{t-1}), is a definition.
    paced = re.match(r"[-−+]\s*(?:\\eta|\\alpha|\\epsilon|\\mu|\\gamma|\\lambda|η|α)(?![A-Za-z])", rest) is not None
    return stepped and (graded or (same and (found["sign"] != "=" or paced)))


def outer_sides(text: str) -> tuple[Cells, ...]:
    """The first and the last side of a formula, as far as they can be read."""
    made: list[Cells] = []
    sides = _RELATION.split(text)
    for side in (sides[0], sides[-1]) if len(sides) > 1 else ():
        try:
            made.append(parse_formula(f"{side.strip(' .,;')} = 0"))
        except Exception:
            made.append(())
    return tuple(made)


def _without_arguments(chain: Chain) -> Chain:
    r"""L = ... for L(x_1, \dots, x_T) = ... and L(\theta) = ...: what a loss depends on is a remark."""
    terms = chain.sides[0]
    if chain.continued or not chain.relations or len(terms.terms) != 1:
        return chain
    sign, term = terms.terms[0]
    if len(term.factors) != 2 or not is_call(*term.factors):
        return chain
    if not (_lists_with_dots(term.factors[1]) or _is_loss_of_weights(*term.factors)):
        return chain
    name = replace(terms, terms=((sign, replace(term, factors=term.factors[:1])),))
    return replace(chain, sides=(name, *chain.sides[1:]))


def _is_loss_of_weights(name: Mark, behind: Mark) -> bool:
    r"""Whether a loss without a step stands before letters without one: C(\theta) is C."""
    inside = behind.cells if isinstance(behind, Group) else ()
    letters = [single((cell,)) for cell in inside]
    return isinstance(name, NameMark) and name.stem in LOSSES and all(isinstance(one, NameMark) for one in letters)


def _lists_with_dots(mark: Mark) -> bool:
    return isinstance(mark, Group) and any(is_dots(single((chain,))) for chain in mark.cells)


def plain_left(found: Survey, chain: Chain) -> tuple[Key, Index | None] | None:
    """The name and the index of the letter alone on the left of a chain; None where anything else stands there."""
    if chain.continued or not chain.relations or chain.relations[0] not in EQUAL:
        return None
    (sign, term), *more = chain.sides[0].terms
    mark, *behind = term.factors
    if more or sign or (behind and not (len(behind) == 1 and found.depends(mark, behind[0]))):
        return None
    if not isinstance(mark, (NameMark, ScriptedMark)) or (isinstance(mark, ScriptedMark) and mark.primes):
        return None
    name = found.name(mark)
    # A letter with a power or a transpose is no letter alone.
    if name is None or (isinstance(mark, ScriptedMark) and mark.above):
        return None
    key, index = name
    if key.stem in found.indices and not key.label and not key.dressed and index is None:
        return None
    return name


@dataclass(frozen=True, slots=True)
class LetterChain:
    """A chain with one letter alone on its left."""

    statement: Statement
    chain: Chain
    key: Key
    index: Index | None

    def right_keys(self, found: Survey) -> frozenset[Key]:
        """The names on its right."""
        return frozenset(key for key, _ in found.names(self.chain.sides[1:]))


def letter_chains(found: Survey, statements: Iterable[Statement]) -> Iterator[LetterChain]:
    """The chains of the statements that have one letter alone on the left."""
    for statement in statements:
        for chain in statement.chains:
            if (left := plain_left(found, chain)) is not None:
                yield LetterChain(statement, chain, *left)


def holds_derivative(terms: SumMark) -> bool:
    """Whether a side contains a derivative."""
    return any(isinstance(mark, Derivative) for mark in walk_marks(terms))


def where_said(item: Display | Inline) -> str:
    """The tag of a display, or the line of an inline formula."""
    return f"({item.tag})" if isinstance(item, Display) else item.place.spoken
