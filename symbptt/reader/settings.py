r"""What a note sets and does not derive: a function by its name, a size, a property of a letter.

A function that is said to be a named one is that one. What cannot be made use of narrows its letters down: a claim that
is proved of any other letter is true of them, and one that is refuted may be true of them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from symbptt.errors import Unreadable
from symbptt.functions import row_called
from symbptt.page.conventions import CONVENTIONS, Convention
from symbptt.page.notation import Index
from symbptt.reader import customs
from symbptt.reader.bounds import is_last
from symbptt.reader.differentials import Derivative, argument, is_call, parse_formula
from symbptt.reader.factors import range_sign
from symbptt.reader.grammar import (
    Cells,
    Chain,
    Mark,
    NameMark,
    Numeral,
    ScriptedMark,
    SumMark,
    is_transpose,
    only_side,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key, Survey
from symbptt.reader.naming import acts_entrywise, function_of
from symbptt.reader.results import LastStep
from symbptt.reader.sayings import (
    Sentence,
    altered_letters,
    counts_from_zero,
    fed_letters,
    has_one_step,
    has_several_ones,
    moving_start,
    narrowed_formulas,
    parametrised,
    said_of_sigma,
    sentences,
    starts_otherwise,
    tied_letters,
)
from symbptt.reader.signs import ascends, stated_partials
from symbptt.reader.statements import Statement, holds_derivative, plain_left, where_said
from symbptt.reader.wording import CODE, judge_words, wording_of
from symbptt.text import vocabulary
from symbptt.text.document import Display, Document, Inline

_KIND = (
    r"(?:(?:also|an?|the|real|positive|single|fixed|constant|learned|learnable|trainable|eine?|reelle|une?|positif|"
    r"positive|una?)\s+)*"
)
_IS_NUMBER = re.compile(
    rf"\s*(?:\([^().;,$]{{0,30}}\)\s*)?,?\s*(?:(?:{vocabulary.IS.anywhere}|both)\s*)*{_KIND}"
    rf"(?:{vocabulary.NUMBER.anywhere})",
    re.IGNORECASE,
)
_NUMBER_BEFORE = re.compile(
    rf"(?:{vocabulary.NUMBER.anywhere})(?:\s+(?!(?:between|in|from|of|and|or|to|for|by|is|are|times|product|"
    rf"multiples?|und|et|de)\b)\w+|{vocabulary.UNSPACED}{{1,4}})?\s*\Z",
    re.IGNORECASE,
)
_AND_OTHERS = r"(?:\s*(?:,\s*)?(?:and|und|et|y|,)?\s*\$[^$]*\$)"
_NUMBERS_BEFORE = re.compile(
    r"\b(?:numbers|scalars)\s*\$[^$]*\$\s*(?:,|and)(?:\s*\$[^$]*\$\s*(?:,\s*and|,|and))*\s*\Z", re.IGNORECASE
)
_ARE_NUMBERS = re.compile(
    rf"{_AND_OTHERS}+\s*,?\s*(?:are|be|being)\s+(?:all\s+)?(?:real\s+)?(?:numbers|scalars)\b(?! of)", re.IGNORECASE
)
"""A letter in a list of numbers: numbers a, b and c; a, b and c are numbers."""
_NUMBER_BESIDE = re.compile(
    rf"\s*\(\s*{_KIND}(?:{vocabulary.NUMBER.anywhere}|{vocabulary.TUNED.anywhere})\s*\)|"
    rf"\s*,?\s*(?:{vocabulary.IS.anywhere})\s*{_KIND}(?:{vocabulary.TUNED.anywhere})(?!\s*(?:matrix|vector|tensor))",
    re.IGNORECASE,
)
_TUNED_BEFORE = re.compile(rf"(?:{vocabulary.TUNED.anywhere})\s*\Z", re.IGNORECASE)
_REALS = r"(?:\\(?:mathbb|mathbf|mathrm|Bbb)\s*\{?\s*R\s*\}?|\\R(?![A-Za-z])|ℝ)"
_TAKES_NUMBERS = re.compile(
    rf"\\?[A-Za-z]+(?:_\{{?[a-su-z]\}}?)?\s*(?:(?:\\in(?![a-z])|∈)\s*(?:{_REALS}\s*(?:_\s*(?:\{{[^{{}}]*\}}|\+|\S)|"
    r"\^\s*\{?\s*[+*]\s*\}?|\^\s*\{?\s*1\s*\}?)?|[(\[\]]\s*-?\d+\s*,\s*(?:\d+|\\infty)\s*[)\]\[]))\s*|"
    r"(?:0\s*(?:<|\\leq?(?![a-z])|\\lt(?![a-z])|≤)\s*)?(?:\\(?!partial|frac)[a-z]+|[a-z])\s*(?:>|\\gt(?![a-z])|<|"
    r"\\lt(?![a-z])|"
    r"\\geq?(?![a-z])|≥|\\leq?(?![a-z])|≤|\\neq?(?![a-z])|≠)\s*[01]\s*"
)
"""A letter without a step that takes its values from the numbers, or is compared with one."""
_ALL_NUMBERS = re.compile(vocabulary.ALL_NUMBERS.anywhere, re.IGNORECASE)
_LETTER_OF = re.compile(r"[=<>∈≤≥≠]|\\in(?![a-z])|\\(?:[gl][et]q?|neq?)(?![a-z])")
"""What ends the letter of which a formula says something."""
_STAR = re.compile(vocabulary.STAR.anywhere, re.IGNORECASE)
_LOGISTIC = re.compile(r"(?:\\[dt]?frac\{1\}\{1\+(?P<a>.*)\}|1/\(1\+(?P<b>.*)\)|\(1\+(?P<c>.*)\)\^\{-1\})\Z", re.DOTALL)
_PROPERTY = re.compile(vocabulary.PROPERTIES.anywhere, re.IGNORECASE)
_DENIED = re.compile(vocabulary.NEGATION.anywhere, re.IGNORECASE)
_SAYS = re.compile(
    r"\s*(?:,\s*)?(?:is|are|be|being|equals?|becomes?|consists?|follows?|satisf(?:y|ies))\b(?P<rest>.*)", re.DOTALL
)
_MAKES = re.compile(
    r"(?<![\w-])(?:tanh|sigmoid|relu|sums? of|products? of|times|plus|minus|twice|half|squared|squares|square of|"
    r"average of|mean of|combination|appl(?:y|ied|ying)|obtained|computed|given by|updated|defined|"
    r"formed|calculated|mixture)(?![\w-])",
    re.IGNORECASE,
)
_DERIVED = re.compile(r"(?<![\w-])(?:gradient|derivative|adjoint|sensitivit(?:y|ies))s?(?![\w-])", re.IGNORECASE)
_MADE_OF = re.compile(
    r"\s*,?\s*(?:is|are|be|being|depends?|comes?|results?|ist|sind|wird|werden|häng(?:t|en)|von|est|sont|"
    r"dépend(?:ent)?|"
    r"取决于|依赖于|是)(?![\w-])(?P<rest>.*)",
    re.DOTALL,
)
_MADE = re.compile(vocabulary.MADE_OF.anywhere, re.IGNORECASE)
_MADE_LETTERS = re.compile(
    rf"{vocabulary.MADE_LETTERS.anywhere}|\$(?!\s*(?-i:[a-z\d])\s*\$)[^$]*[A-Za-z]", re.IGNORECASE
)
_TIES = re.compile(r"\b(?:shar|t[iy]|identif|equat)(?:e|es|ed|ing|y|ies|ied)\s+(?:the \w+ )?\Z", re.IGNORECASE)
_TIED = re.compile(
    r"\s*(?:is|are)\s+(?:all |both )?(?:tied|identical|the same|equal|shared)"
    r"(?!\s+(?:across|over|between|by|among|for|at|in|through|all)\b(?!\s*\$\\?[A-Z]))(?P<rest>[^.;]*)",
    re.IGNORECASE,
)
_VARIES = re.compile(
    r"\s*(?:(?:is|are)\s+)?(?:changes?|varies|vary|differs?|different|time[- ](?:varying|dependent)|"
    r"not (?:shared|constant|the same))"
    r"(?![\w-])(?=\s*\.|[^.;,]*\b(?:steps?|time|\$t\$))",
    re.IGNORECASE,
)
_NEXT_CLAUSE = re.compile(
    r"[.;](?:\s|\Z)|,(?=\s*\$)|\band(?=\s+\$)|,\s+and\s+(?=(?:all\s+)?(?:gradients|derivatives)\s+(?:are|have)\b)"
)
"""Where what is said of a letter ends, and another clause begins."""
_BULLET = r"(?:[-*+•]|\\item)\s+"
_FIRST_IN_ITEM = re.compile(rf"(?:\A|\s){_BULLET}(?:\$[^$]*\$\s*(?:,|and|und|et|y)?\s*)*\Z")
_NEXT_ITEM = re.compile(rf"\s{_BULLET}(?=\$)")
"""Where the next item of a list begins, behind a letter that an item begins with."""
_LISTED = re.compile(r"\$\s*(?:,|and|und|et|, and)\s*\Z")
_STATE_MADE = re.compile(
    r"\bstate\b[^.$]{0,40}\b(?:is|are|gets|becomes)\s+(?:then\s+)?"
    r"(?:computed|updated|obtained|formed|calculated|a sum|the sum|"
    r"(?:the )?(?:tanh|sigmoid|relu|product|average|mean|image))",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.;:!?\n]|\n(?![ \t]*\n))+")
_DERIVATIVE = re.compile(r"(?:\\partial|(?<![A-Za-z])d)(?P<above>[^/$]+?)/?(?:\\partial|d)(?P<below>[^$/]+)\$?")
_OF_VECTORS = re.compile(
    rf"{vocabulary.OF_VECTORS.anywhere}|\\(?:mathbb|mathbf|Bbb)\s*\{{?\s*R\s*\}}?\s*\^", re.IGNORECASE
)
_OF_SCALARS = re.compile(vocabulary.OF_SCALARS.anywhere, re.IGNORECASE)
_ONE_HOT = re.compile(r"one[- ]hot", re.IGNORECASE)
_TO_ONE = re.compile(
    rf"{_ONE_HOT.pattern}|sum(?:s|ming)? (?:up )?to (?:one|1\b|\$1\$)|probability (?:vector|distribution)s?|"
    r"probabilities",
    re.IGNORECASE,
)
_NAMED_TARGET = re.compile(
    rf"(?P<how>{_TO_ONE.pattern})(?:[- ]encoded)?\s+(?:(?:target|label|class|output|row|column)s?\s+)*"
    r"(?:(?:vector|target|label|encoding)s?\s+)?\Z",
    re.IGNORECASE,
)
_TARGETS = re.compile(
    rf"\b(?:targets?|labels?)\b[^.$]{{0,30}}\b(?:is|are|be|being)\b[^.$]{{0,20}}?(?P<how>{_TO_ONE.pattern})|"
    rf"(?P<first>{_ONE_HOT.pattern})(?:[- ]encoded)? (?:targets?|labels?)\b",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(rf"{vocabulary.DENYING.anywhere}|{vocabulary.LIMITING.anywhere}", re.IGNORECASE)


@dataclass
class Settings:
    """What the note sets, each with where."""

    named: dict[Key, str] = field(default_factory=dict)
    """Functions that are named ones."""
    closed: dict[Key, str] = field(default_factory=dict)
    """Functions that are something that is not read."""
    narrowed: dict[Key, str] = field(default_factory=dict)
    """Letters with a property, or a value, that is not made use of."""
    lasts: dict[str, LastStep] = field(default_factory=dict)
    """The number that a last step is given, by its letter."""
    targets: dict[Key, Target] = field(default_factory=dict)
    """Letters whose entries are said to sum to one."""


@dataclass(frozen=True, slots=True)
class Target:
    """That the entries of a letter sum to one, and where it is said; ``one_hot``: one of them is 1, the others 0."""

    where: str
    one_hot: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """A letter that a sentence says something of: what it is, or that it has a property."""

    where: str
    marks: Cells
    defines: bool
    limits: bool
    """Whether it is said to have a property."""
    function: str = ""
    """The function that it is said to be; a question mark where it is only spoken of as one."""
    entrywise: bool = False
    """Whether it is said to be a function of each entry."""
    made: bool = False
    """Whether it is said to be made of other letters of the page, and so no data."""
    tied: bool = False
    """Whether it is said to be the same as another letter, or another one at each step."""
    fed: bool = False
    """Whether it is said to be a weight that inputs are made with."""
    parametrised: bool = False
    """Whether it is said to have weights in it, which stand behind it in the marks."""
    narrowed: bool = False
    """Whether its letters are said to have a property, or to be held fixed."""
    begins: bool = False
    """Whether it is said to be a first state that is no constant; without marks that of every recurrence is meant."""


@dataclass(frozen=True, slots=True)
class Prose:
    """What the sentences of a note say beside its formulas, each with the line."""

    spoken: tuple[Spoken, ...] = ()
    to_one: str = ""
    """Where anything is said to be one-hot, or to sum to one."""
    not_to_one: bool = False
    """Whether it is denied of anything."""
    targets: tuple[tuple[Cells, Target], ...] = ()
    """What is said to be so: a letter, or, without one, the targets."""
    state: str = ""
    """Where it is said in words how a state is computed."""
    layouts: tuple[Convention, ...] = CONVENTIONS
    """The conventions that what is said of derivatives leaves open."""
    layouts_said: str = ""
    """Where that is said."""
    told: tuple[Cells, ...] = ()
    """Formulas in the text that are letters alone, where a part of the note is missing."""
    partials: str = "∂"
    """What a plain ∂ of a state in a weight is said to be: d or ∂⁺."""
    ascends: bool = False
    """Whether it is said that products have the first factor on the left."""
    vectors: bool = False
    """Whether the letters are said to be vectors and matrices."""
    scalars: bool = False
    """Whether anything is said of numbers in place of vectors."""
    numbers: tuple[Cells, ...] = ()
    """Letters that are said to be numbers."""
    all_numbers: str = ""
    """Where it is said that every letter is a number."""
    star: str = ""
    """Where it is said that a star multiplies entry by entry."""
    spaces: tuple[str, ...] = ()
    """The formulas that say of what shape something is."""
    penalty: str = ""
    """Where it is said that something is added to the loss which no display has."""
    beside: str = ""
    """Where it is said that states are passed through something that no formula has."""
    unclear_partials: str = ""
    """Where something is said of a plain ∂ that is not understood."""
    any_sigma: bool = False
    """Whether σ is said to be any function."""
    other_sigma: str = ""
    """Where σ is said to be another one than the logistic function."""
    from_zero: str = ""
    """Where the first step is said to be step 0."""
    one_step: LastStep | None = None
    """Where it is said that every sequence has one step."""


def find_settings(found: Survey, statements: Sequence[Statement]) -> Settings:
    """Take the settings out of the equations of a note; a display that holds nothing else is an aside."""
    made = Settings()
    said = tuple(statement.chains for statement in statements if statement.counts)
    steps = {name for _, index in found.names(said) if index is not None for name in index.letters()}
    for statement in (statement for statement in statements if statement.counts):
        kept: list[Chain] = []
        whys: list[str] = []
        for place, chain in enumerate(statement.chains):
            why = _set(made, found, statement, chain, steps, behind=place > 0)
            if why:
                whys.append(why)
            else:
                kept.append(chain)
        statement.chains = tuple(kept)
        if whys and not kept:
            if statement.is_display:
                statement.aside = whys[0]
            else:
                statement.passed = whys[0]
    for statement in (statement for statement in statements if not (statement.counts or statement.aside)):
        _note_unread(made, found, statement)
    return made


def set_slopes(found: Survey, statements: Sequence[Statement], settings: Settings) -> None:
    """What is said of the derivative of a function that nothing names, φ'(a) = 1 - φ(a)^2, is a property of it."""
    for statement in (statement for statement in statements if statement.counts):
        kept: list[Chain] = []
        for chain in statement.chains:
            function = _function(found, chain, primed=True)
            if function is None or function[0] in settings.named or function[0].stem == customs.SIGMA:
                kept.append(chain)
            else:
                settings.narrowed.setdefault(function[0], where_said(statement.item))
        if len(kept) < len(statement.chains) and not kept:
            why = "it says what the derivative of a function is, and is not made use of"
            statement.aside, statement.passed = (why, "") if statement.is_display else ("", why)
        statement.chains = tuple(kept)


def _note_unread(made: Settings, found: Survey, statement: Statement) -> None:
    """What is said of a function, f(x) = ..., and is not gone by, leaves open which function it is."""
    if statement.denied or statement.supposed or not (statement.sides and statement.sides[0]):
        return
    (chain, *_), right = statement.sides[0], statement.sides[-1]
    where = where_said(statement.item)
    if (function := _function(found, chain, primed=True)) is not None:
        made.narrowed.setdefault(function[0], where)
    elif (function := _function(found, chain)) is not None and function[1]:
        own = {mark.stem for mark in function[1] if isinstance(mark, NameMark)}
        plain = {name.stem for name, _ in found.names(right) if name.stem not in (*customs.NAMED, "e")} <= own
        (made.narrowed if right and plain else made.closed).setdefault(function[0], where)


def _set(
    made: Settings, found: Survey, statement: Statement, chain: Chain, steps: Container[str], *, behind: bool
) -> str:
    """Why a chain is a setting; empty where it is none. ``steps`` are the letters that letters have as steps."""
    where = where_said(statement.item)
    if chain.continued or len(chain.sides) < 2 or any(map(holds_derivative, chain.sides)):
        return ""
    if (function := _function(found, chain)) is not None:
        return _set_function(made, found, statement, chain, function)
    numeric = not any(True for _ in found.names(chain.sides[1:]))
    left = plain_left(found, chain)
    mark = single_mark(chain.sides[0])
    if left is None and isinstance(mark, NameMark) and numeric and mark.stem in (*found.indices, customs.LAST):
        if is_last(Index.letter(mark.stem)) or mark.stem not in steps:
            made.lasts[mark.stem] = _last_step(made.lasts.get(mark.stem), statement, chain)
        return "it gives an index a number"
    if left is None and (key := _summed(found, chain)) is not None:
        made.targets.setdefault(key, Target(where, one_hot=False))
        return f"it says that {key.text} sums to one"
    if left is None:
        return _constraint(made, found, chain, where)
    key, index = left
    own = [name for name, _ in found.names(chain.sides[1:])]
    if index is None and numeric:
        made.narrowed.setdefault(key, where)
        return f"it gives {key.text} a number"
    if index is None and key in own and not found.is_identity(key):
        made.narrowed.update((name, where) for name in (key, *own) if name not in made.narrowed)
        return f"it is a property of {key.text}"
    # x_t = 0 beside an equation is a condition of it.
    if index is not None and index.terms and numeric and not is_last(index) and (behind or not statement.is_display):
        made.narrowed.setdefault(key, where)
        return f"it gives {key.text} a number at every step"
    return ""


def _last_step(known: LastStep | None, statement: Statement, chain: Chain) -> LastStep:
    """The number that the last step is given, where it is given no other one."""
    mark = single_mark(chain.sides[1]) if len(chain.sides) == 2 else None
    number = int(mark.text) if isinstance(mark, Numeral) and mark.text.isdecimal() else None
    if known is None:
        return LastStep(where_said(statement.item), statement.item.place, number or None)
    return known if known.number == number else replace(known, number=None)


def _constraint(made: Settings, found: Survey, chain: Chain, where: str) -> str:
    """A property that an equation between weights and numbers gives them: W^T W = I, or a sum that is one."""
    names = list(found.names(chain.sides))
    right = [name for name, _ in found.names(chain.sides[1:])]
    plain = all(
        index is None and name.glyph not in found.timed and name not in found.functions for name, index in names
    )
    if not names or not plain or any(name.stem not in (customs.IDENTITY, customs.ONES) for name in right):
        return ""
    for name, _ in names:
        made.narrowed.setdefault(name, where)
    return "it is a property of what stands in it"


def _summed(found: Survey, chain: Chain) -> Key | None:
    r"""The letter whose entries sum to one: \sum_k y_{t,k} = 1, or \mathbf 1^\top y_t = 1."""
    value = single_mark(chain.sides[-1])
    (sign, term), *more = chain.sides[0].terms
    if not (isinstance(value, Numeral) and value.text == "1") or len(chain.sides) != 2 or sign or more:
        return None
    if len(term.factors) != 2:
        return None
    one, other = term.factors
    if (big := range_sign(one)) is not None and isinstance(other, ScriptedMark) and isinstance(other.base, NameMark):
        counted = next((name.stem for name in walk_marks(big[1]) if isinstance(name, NameMark)), "")
        runs = big[0] == r"\sum" and counted in other.entry
        return Key(other.base.stem, other.base.dressed) if runs else None
    ones = [
        mark
        for mark in (one, other)
        if customs.ONES in {name.stem for name in walk_marks(mark) if isinstance(name, NameMark)}
    ]
    names = [found.name(mark) for mark in (one, other) if mark not in ones]
    turned = [
        mark
        for mark in (one,)
        if isinstance(mark, ScriptedMark) and any(is_transpose(single(cells)) for cells in mark.above)
    ]
    return names[0][0] if len(ones) == 1 and turned and names[0] is not None else None


def single_mark(side: SumMark) -> Mark | None:
    """The one mark that a side is."""
    (sign, term), *more = side.terms
    return term.factors[0] if not (sign or more) and len(term.factors) == 1 else None


def _function(found: Survey, chain: Chain, *, primed: bool = False) -> tuple[Key, tuple[Mark, ...]] | None:
    r"""The function that a chain says something of, with its arguments: fresh letters, or none in \phi = \tanh.

    ``primed``: the one of whose derivative it says something.
    """
    (sign, term), *more = chain.sides[0].terms
    if sign or more or not isinstance(term.factors[0], (NameMark, ScriptedMark)):
        return None
    name = found.name(term.factors[0])
    if name is None or name[1] is not None or name[0].stem in customs.NAMED:
        return None
    head = term.factors[0]
    if isinstance(head, ScriptedMark) and (head.above or (head.primes and not primed)):
        return None
    if primed and not (isinstance(head, ScriptedMark) and head.primes):
        return None
    if len(term.factors) == 1:
        if primed:
            return None
        right = single_mark(chain.sides[-1])
        is_name = isinstance(right, NameMark) and right.stem in (*customs.NAMED, *customs.WITHOUT_NOTATION)
        return (name[0], ()) if is_name or name[0] in found.functions else None
    if len(term.factors) != 2 or not is_call(*term.factors) or name[0] not in found.functions:
        return None
    group = argument(term.factors[1])
    assert group is not None
    marks = [single((cell,)) for cell in group.cells]
    letters = [mark for mark in marks if isinstance(mark, NameMark)]
    plain = len(letters) == len(marks) and all(mark.glyph not in found.timed for mark in letters)
    fresh = all((key := found.name(mark)) is not None and key[0] not in found.bottoms for mark in letters)
    return (name[0], tuple(letters)) if plain and fresh else None


def _set_function(
    made: Settings, found: Survey, statement: Statement, chain: Chain, function: tuple[Key, tuple[Mark, ...]]
) -> str:
    key, arguments = function
    where = where_said(statement.item)
    what = _named(statement.item.formula.text, chain, arguments)
    if what is not None and key not in made.closed and made.named.get(key, what) == what:
        made.named[key] = what
        return f"it says that {key.text} is {what}"
    own = {mark.stem for mark in arguments if isinstance(mark, NameMark)}
    named = [name for name, _ in found.names(chain.sides[1:])]
    plain = {name.stem for name in named if name.stem not in (*customs.NAMED, "e")} <= own
    single_argument = key.stem in customs.ENTRYWISE and len(arguments) == 1
    if key in made.named or not plain or not arguments or any(name.stem in customs.WITHOUT_NOTATION for name in named):
        made.named.pop(key, None)
        made.closed.setdefault(key, where)
    elif single_argument and any(_is_whole(mark) for mark in walk_marks(chain.sides[1:])):
        made.closed.setdefault(key, where)
    else:
        made.narrowed.setdefault(key, where)
    return f"it says what {key.text} is, and is not made use of"


def _is_whole(mark: Mark) -> bool:
    """Whether a mark may make another entry count: a Σ, a transpose."""
    return not isinstance(mark, (NameMark, Numeral)) and type(mark).__name__ in ("Sign", "Matrix")


def _named(text: str, chain: Chain, arguments: tuple[Mark, ...]) -> str | None:
    """The named function that the right side is, applied to the same argument."""
    if len(chain.sides) != 2:
        return None
    right = chain.sides[1]
    (sign, term), *more = right.terms
    head = term.factors[0]
    if (
        not (sign or more)
        and isinstance(head, NameMark)
        and not head.dressed
        and (row := row_called(head.stem)) is not None
    ):
        if len(term.factors) == 1 and not arguments:
            return row.called[0]
        group = argument(term.factors[1]) if len(term.factors) == 2 else None
        inside = only_side(group.cells) if group is not None else None
        # \tanh x is \tanh(x).
        same = single_mark(inside) if inside is not None else term.factors[-1] if len(term.factors) == 2 else None
        if isinstance(same, NameMark) and len(arguments) == 1 and isinstance(arguments[0], NameMark):
            return row.called[0] if same.glyph == arguments[0].glyph else None
    if len(arguments) == 1 and isinstance(arguments[0], NameMark):
        found = _LOGISTIC.match(re.sub(r"\\(?:left|right)|\s", "", text[right.start :].rstrip(" .,;")))
        letter = re.escape(re.sub(r"\s", "", text[arguments[0].start : arguments[0].end]))
        inside_text = next((part for part in found.groups() if part), "") if found else ""
        if re.fullmatch(rf"e\^\{{-{letter}\}}|\\?exp\(-{letter}\)|\\mathrm\{{e\}}\^\{{-{letter}\}}", inside_text):
            return "sigmoid"
    return None


# --------------------------------------------------------------------------------------------------- prose


def read_prose(document: Document) -> Prose:
    """What the sentences of a note say beside its formulas."""
    said_in = sentences(document.words)
    partials, unclear = stated_partials(document, said_in)
    sigmas = [(said.at, said_of_sigma(said)) for said in said_in]
    sums = (sentence[0] for sentence in _SENTENCE.finditer(document.words) if _TO_ONE.search(sentence[0]))
    denied = any(judge_words(sentence, "").how == "denied" for sentence in sums)
    denied = denied or any(map(has_several_ones, said_in))
    spoken = (*_spoken(document), *_begins(document, said_in), *_told_of(document, said_in))
    said = (spoken, _line_of(document, _TO_ONE), denied, tuple(_targets(document)))
    text = CODE.sub("", document.words)
    if all_numbers := _affirmed(document, _ALL_NUMBERS):
        # The name of an environment is no word: columns of numbers are written out in a pmatrix.
        text = _ENVIRONMENT.sub("", text)
    vectors = bool(_OF_VECTORS.search(text)) and not _OF_SCALARS.search(text)
    told = tuple(_told(document)) if document.missing else ()
    return Prose(
        *said,
        _line_of(document, _STATE_MADE),
        *_layouts(document),
        told,
        partials,
        ascends(document),
        vectors,
        _OF_SCALARS.search(text) is not None,
        tuple(_numbers(document)),
        all_numbers,
        _affirmed(document, _STAR),
        tuple(item.formula.text for item in document.items if _OF_SHAPE.search(item.formula.text)),
        _penalty(document),
        _beside(document),
        unclear,
        any(kind == "any" for _, kind in sigmas),
        next((document.place_at(at).spoken for at, kind in sigmas if kind == "other"), ""),
        next((document.place_at(said.at).spoken for said in said_in if counts_from_zero(said)), ""),
        _one_step(document, said_in),
    )


def _one_step(document: Document, said_in: Sequence[Sentence]) -> LastStep | None:
    """The last step where it is said to be the first one; it is said for all of the page, so before its formulas."""
    where = next((document.place_at(said.at).spoken for said in said_in if has_one_step(said)), "")
    return LastStep(where, document.items[0].place, 1) if where and document.items else None


_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}")
_OF_SHAPE = re.compile(r"∈|\\in(?![A-Za-z])")


_PENALTY_NAMED = r"(?i:(?<!no )(?<!any )(?<!without )\b(?:weight decay|regulari[sz]\w+|penalt(?:y|ies))\b)"
_PENALTY = re.compile(
    rf"(?i:\b(?:add|adds|added|adding|plus)\b)[^.]{{0,60}}{_PENALTY_NAMED}|"
    rf"{_PENALTY_NAMED}[^.]{{0,40}}(?i:\b(?:is|are) (?:then )?added\b)"
)
_PENALISED = re.compile(r"\\\||\\[lr]?Vert|‖|\\lambda|λ")


def _penalty(document: Document) -> str:
    """Where it is said that something is added to the loss that no display has."""
    return _affirmed_alone(document, _PENALTY, document.displays, _PENALISED)


_BESIDE = rf"(?<!no )(?<!any )(?<!without )(?<!ohne )(?<!sans )(?:{vocabulary.LAYERS_BESIDE.anywhere})"
_PASSED = re.compile(
    r"\b(?:through|appl(?:y|ies|ied|ying)|us(?:e|es|ed|ing)|with|followed by|durch|mit|avec|par)\b"
    rf"[^.]{{0,40}}?{_BESIDE}|"
    rf"{_BESIDE}[^.]{{0,40}}?\b(?:is|are|wird|werden|est|sont)\b|(?:使用|采用|经过|施加)[^。]{{0,20}}?{_BESIDE}",
    re.IGNORECASE,
)
_SHOWN_BESIDE = re.compile(rf"mask|drop|norm|\\mathrm\{{(?:LN|BN)|{vocabulary.LAYERS_BESIDE.anywhere}", re.IGNORECASE)


def _beside(document: Document) -> str:
    """Where it is said that states are passed through something that no formula has."""
    return _affirmed_alone(document, _PASSED, document.items, _SHOWN_BESIDE)


def _affirmed_alone(
    document: Document, said: re.Pattern[str], items: Iterable[Display | Inline], shown: re.Pattern[str]
) -> str:
    """As :func:`_affirmed`, where none of these formulas shows what is said."""
    return "" if any(shown.search(item.formula.text) for item in items) else _affirmed(document, said)


def _told(document: Document) -> Iterator[Cells]:
    """The formulas in the text that are a letter, or several with commas between."""
    for inline in document.inlines:
        for part in re.split(r",(?![^{(]*[})])", inline.formula.text):
            try:
                chain = only_side(parse_formula(part))
                if chain is not None and isinstance(single_mark(chain), (NameMark, ScriptedMark)):
                    yield parse_formula(part)
            except Unreadable:
                continue


def _numbers(document: Document) -> Iterator[Cells]:
    """The letters that are said to be numbers, without a word in the sentence that takes it back or limits it."""
    for inline in document.inlines:
        text = inline.formula.text
        listed = _NUMBERS_BEFORE.search(inline.before) or _ARE_NUMBERS.match(inline.after)
        listed = listed or _NUMBER_BESIDE.match(inline.after) or _TUNED_BEFORE.search(inline.before)
        listed = listed or _TAKES_NUMBERS.fullmatch(text.strip())
        if len(text) > 40 or not (listed or _IS_NUMBER.match(inline.after) or _NUMBER_BEFORE.search(inline.before)):
            continue
        if wording_of(inline).how not in ("denied", "limited"):
            try:
                yield parse_formula(_LETTER_OF.split(re.sub(r"\A\s*0\s*(?:<|≤|\\l[et]q?(?![a-z]))", "", text))[0])
            except Unreadable:
                continue


def _sentences(document: Document) -> Iterator[re.Match[str]]:
    """The sentences of a note, each at its place; what stands in code is quoted, and said of something else."""
    return _SENTENCE.finditer(CODE.sub(lambda found: " " * len(found[0]), document.words))


def _affirmed(document: Document, pattern: re.Pattern[str]) -> str:
    """Where the sentences of a note say something, if none takes it back or limits it; empty where none says it."""
    where = ""
    for sentence in _sentences(document):
        if (found := pattern.search(sentence[0])) is not None:
            if judge_words(sentence[0].strip() + " ", "").how in ("denied", "limited"):
                return ""
            where = where or document.place_at(sentence.start() + found.start()).spoken
    return where


def _layouts(document: Document) -> tuple[tuple[Convention, ...], str]:
    """The conventions that the sentences of a note leave open, and where they say so; all where nothing is said."""
    left: tuple[Convention, ...] = CONVENTIONS
    where = ""
    for sentence in _sentences(document):
        told = [(layout, re.search(layout.pattern, sentence[0], re.IGNORECASE)) for layout in customs.LAYOUTS]
        if all(found is None for _, found in told) or judge_words(sentence[0], "").how == "denied":
            continue
        for layout, found in told:
            kept = tuple(convention for convention in left if convention in layout.leaves)
            if found is None or not kept or not _is_of(found, sentence[0]):
                continue
            if kept != left:
                left, where = kept, where or document.place_at(sentence.start() + found.start()).spoken
    return left, where


def _is_of(found: re.Match[str], sentence: str) -> bool:
    """Whether the letter in a phrase about rows is the one above, or the one below, in the derivative before it."""
    named = {name: found[name] for name in ("above", "below") if found.groupdict().get(name) is not None}
    if not named:
        return True
    derivative = _DERIVATIVE.search(re.sub(r"[\s{}]|\\[dt]?frac", "", sentence[: found.start()]))
    return derivative is not None and all(
        re.sub(r"[\s{}]", "", letter) == derivative[name] for name, letter in named.items()
    )


def _targets(document: Document) -> Iterator[tuple[Cells, Target]]:
    """What is said to be one-hot or to sum to one, without a word in the sentence that takes it back or limits it."""
    for inline in document.inlines:
        said = _SAYS.match(inline.after)
        clause = re.split(r"[.;,$]|\b(?:and|so)\b", said["rest"])[0] if said else ""
        how = _TO_ONE.search(clause) or _NAMED_TARGET.search(inline.before)
        sentence = re.split(r"[.;:](?=\s)", inline.before)[-1] + clause
        if how is not None and not _TAKEN_BACK.search(re.sub(r"\$[^$]*\$", " ", sentence)):
            try:
                yield parse_formula(inline.formula.text), _target(inline.place.spoken, how[0])
            except Unreadable:
                continue
    text = document.words
    for found in _TARGETS.finditer(text):
        sentence = re.split(r"[.;:](?=\s)", text[: found.start()])[-1] + re.split(r"[.;:]\s", text[found.start() :])[0]
        if not _TAKEN_BACK.search(re.sub(r"\$[^$]*\$", " ", sentence)):
            yield (), _target(document.place_at(found.start()).spoken, found["how"] or found["first"])


def _target(where: str, how: str) -> Target:
    return Target(where, _ONE_HOT.match(how) is not None)


def _spoken(document: Document) -> Iterator[Spoken]:
    """The letters that the sentences of a note say something of, by what stands beside them."""
    for inline in document.inlines:
        text = inline.formula.text.rstrip("= ")
        if len(text) > 40 or not re.match(r"\\?[A-Za-z]", text) or "=" in text:
            continue
        said = _SAYS.match(inline.after)
        rest = _NEXT_CLAUSE.split(said["rest"])[0] if said else ""
        rest = _NEXT_ITEM.split(rest)[0] if _FIRST_IN_ITEM.search(inline.before) else rest
        words = re.sub(r"\$[^$]*\$", " ", rest)
        defines = bool(_MAKES.search(words)) or bool(re.match(r"\s*\$[^$]*[_(][^$]*\$\s*\Z", rest))
        near = re.search(
            r"(\S+)(?:\s+(?:vectors?|matrix|matrices|targets?|labels?|weights?|map|function))?\s*\Z", inline.before
        )
        of_it = re.split(r",|\band\b|\$", rest)[0]
        has = bool(_PROPERTY.search(of_it) and not _DENIED.search(of_it)) or bool(
            near and re.fullmatch(vocabulary.GIVEN.anywhere, near[1].lower())
        )
        function, entrywise = function_of(inline), acts_entrywise(inline)
        made, tied = _is_made_of_letters(inline), _is_tied(inline)
        derived = _DERIVED.search(words)
        if defines or has or function or entrywise or derived or made or tied:
            try:
                marks = parse_formula(re.sub(r"\s*\([^()=]*\)\Z", "", text) if function or entrywise else text)
            except Exception:
                continue
            # A letter that is told to be a derivative is that one, or one that is not read.
            one = single(marks)
            if isinstance(one, Derivative) and not (defines or has or tied):
                # What depends on a letter is the derivative, and none of the letters in it.
                continue
            is_letter = isinstance(one, NameMark) or (isinstance(one, ScriptedMark) and not one.primes)
            defines = defines or (is_letter and derived is not None)
            yield Spoken(inline.place.spoken, marks, defines, has, function, entrywise, made, tied)


def _begins(document: Document, said_in: Sequence[Sentence]) -> Iterator[Spoken]:
    """The first states that sentences say to be no constants, or formulas that derivatives of them are not zero."""
    found = [(said.at, said.first_states or ("",)) for said in said_in if starts_otherwise(said)]
    moving = ((item.formula.offset, moving_start(item.formula.text)) for item in document.items)
    for at, letters in (*found, *((at, (letter,)) for at, letter in moving if letter)):
        for letter in letters:
            try:
                marks = parse_formula(letter) if letter else ()
            except Unreadable:
                marks = ()
            yield Spoken(document.place_at(at).spoken, marks, defines=False, limits=False, begins=True)


def _told_of(document: Document, said_in: Sequence[Sentence]) -> Iterator[Spoken]:
    """The letters that sentences say to be one with others, to be made of others, or to have a property."""
    for said in said_in:
        where = document.place_at(said.at).spoken
        for text in (*tied_letters(said), *altered_letters(said)):
            yield from (Spoken(where, marks, False, False, tied=True) for marks in _marks(text))
        for text in fed_letters(said):
            yield from (Spoken(where, marks, False, False, fed=True) for marks in _marks(text))
        for text in parametrised(said):
            weights = tuple(
                chain for other in said.weights if other != text for cells in _marks(other) for chain in cells
            )
            yield from (Spoken(where, (*marks, *weights), False, False, parametrised=True) for marks in _marks(text))
        for text in narrowed_formulas(said):
            yield from (
                Spoken(where, marks, False, False, narrowed=True) for marks in (_marks(text) if text else ((),))
            )


def _marks(text: str) -> Iterator[Cells]:
    try:
        yield parse_formula(text)
    except Unreadable:
        return


def _is_made_of_letters(inline: Inline) -> bool:
    """Whether the words behind a letter say that it depends on others of the page: it is then no data."""
    said = _MADE_OF.match(inline.after)
    clause = re.split(r"[.;](?:\s|\Z)|,|\b(?:and|while|und|et)\b", said[0].lstrip(" ,"))[0] if said else ""
    words = re.sub(r"\$[^$]*\$", " ", clause)
    return bool(_MADE.search(words)) and bool(_MADE_LETTERS.search(clause)) and not _TAKEN_BACK.search(words)


def _is_tied(inline: Inline) -> bool:
    """Whether a weight is said to be the same as another, as where U is tied to W, or to be none that is constant."""
    varies = _VARIES.match(inline.after)
    if varies is not None and not re.search(r"_\s*\{?\s*t|\(t\)", inline.formula.text):
        # W and U are not the same: that is said of two letters, and not of steps.
        return not (_LISTED.search(inline.before) and re.match(r"\s*[.;,]", inline.after[varies.end() :]))
    both = re.match(r"\s*(?:,|and|with|to)\s*\$", inline.after)
    tied = _TIED.match(inline.after)
    listed = tied is not None and (_LISTED.search(inline.before) or "$" in tied["rest"])
    return bool(both and _TIES.search(inline.before)) or bool(listed)


def _line_of(document: Document, pattern: re.Pattern[str]) -> str:
    found = pattern.search(document.words)
    return document.place_at(found.start()).spoken if found else ""
