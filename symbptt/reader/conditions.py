r"""The aside behind an equation: from which step on it holds, for which indices, and what it defines.

>>> pieces = split_aside(r"\text{for } t \ge 2, \; 1 \le k < t")
>>> said = read_conditions(pieces.conditions, frozenset({"t", "k"}))
>>> said.start, {name: tuple(map(str, bounds)) for name, bounds in said.ranges.items()}
(2, {'k': ('1', 't-1')})
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from symbptt.errors import Unreadable
from symbptt.functions import TABLE
from symbptt.page.notation import Index
from symbptt.reader import customs
from symbptt.reader.bounds import LAST, STEP, is_last, order, runs_down
from symbptt.reader.differentials import parse_formula
from symbptt.reader.grammar import EQUAL, Chain, Group, NameMark, SumMark, is_dots, single
from symbptt.reader.letters import affine
from symbptt.text import vocabulary

TEXT = re.compile(r"\\(?:text[a-z]*|mbox|hbox|mathrm|rm)\s*\{([^{}]*)\}")
WORD = re.compile(r"(?<![A-Za-z\\_^])[A-Za-z]{2,}(?![A-Za-z])|\\(?:forall|q?quad)(?![A-Za-z])|\\[,;:! ]|s\.t\.")
_FUNCTIONS = "|".join((*customs.NAMED, customs.DIAGONAL, customs.SOFTMAX))
FUNCTION = re.compile(rf"\\(?:operatorname\*?|mathrm|text|rm)\s*\{{\s*({_FUNCTIONS})\s*\}}")
"""A word that is a function and says nothing."""
DOTS = re.compile(r"\s*(?:\\[lc]?dots[a-z]?|\.\.\.|…)\s*\Z")
RELATED = re.compile(
    r"[=<>≤≥≡]|\\(?:equiv|triangleq|coloneqq?|doteq|eqdef|eqqcolon|leq?|geq?|lt|gt|in|neq?|leqslant|geqslant)(?![A-Za-z])"
)
NOT_READ = "the condition behind the equation is not read: expected t \\ge 2, t < T, 1 \\le k \\le t or words"


Condition: TypeAlias = tuple[Chain, tuple[str, ...]]
"""A formula that says for which steps or indices something is stated, and the list that follows it."""


@dataclass(frozen=True, slots=True)
class AsideParts:
    """An aside in parts: its conditions on indices, each with the list that follows it, and its equations."""

    conditions: tuple[Condition, ...] = ()
    equations: tuple[Chain, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """The steps and indices that an equation is stated for."""

    start: int | None = None
    ranges: Mapping[str, tuple[Index, Index]] = field(default_factory=dict)
    last: Index | None = None
    """The last step that the equation is stated for, where it is T or so many before it."""
    at: Mapping[str, Index] = field(default_factory=dict)
    """The indices that have one value there, as in t = 1."""


def split_aside(aside: str) -> AsideParts:
    """The mathematics of an aside; raises :class:`Unreadable` for what is no formula, and for words that say more."""
    conditions: list[Condition] = []
    equations: list[Chain] = []
    words: list[str] = []
    for kind, piece in _parts(_unbracketed(aside)):
        if kind == "words":
            words.append(piece)
            if equations and _SUPPOSED_BEHIND.match(piece):
                raise Unreadable(NOT_READ, 0)
            continue
        if DOTS.match(piece) or not RELATED.search(piece):
            # The rest of a list, 1, 2, \dots, T; a letter alone, as words mention one, is no condition.
            if conditions:
                chain, rest = conditions[-1]
                conditions[-1] = chain, (*rest, piece.strip())
            continue
        governing = _check_words(words)
        words = []
        for chain in parse_formula(_unbracketed(piece)):
            if not (EQUAL.issuperset(chain.relations) and chain.relations) or is_counted(chain):
                from_there = governing[-1:] == ["from"] and chain.relations == ("=",)
                conditions.append((replace(chain, relations=(r"\ge",)) if from_there else chain, ()))
            elif _SUPPOSES.search(" ".join(governing)):
                raise Unreadable(NOT_READ, 0)
            else:
                equations.append(chain)
    if conditions and words:
        words[0] = _SUPPOSED_BEHIND.sub("", words[0])
    limited = _LIMITS.search(" ".join(_check_words(words)))
    if limited:
        raise Unreadable(f"the words behind the equation limit it: {limited[0]}", 0)
    return AsideParts(tuple(conditions), tuple(equations))


_SUPPOSES = re.compile(rf"{vocabulary.SUPPOSING.anywhere}|\b(?:at|forall|since|because|suppose)\b")
"""Words that make a condition of the formula behind them."""
_SUPPOSED_BEHIND = re.compile(rf"\s*(?:{vocabulary.SUPPOSED.anywhere})")
_LIMITS = re.compile(
    rf"(?<![\w-])(?:if|when|whenever|provided|assuming|suppose)(?![\w-])|{vocabulary.LIMITING.elsewhere}|"
    rf"(?:{vocabulary.SUPPOSING.anywhere}|(?<![\w-])(?:in|at)(?![\w-]))[^,]*?(?:{vocabulary.CASES.anywhere})"
)
"""Words that limit an equation to what no formula says."""
_REASON = re.compile(vocabulary.REASONS.anywhere)
KNOWN = re.compile(
    "|".join(
        row.of(*vocabulary.SPACED)
        for row in (vocabulary.NEUTRAL, vocabulary.DESCRIPTIONS, vocabulary.REASONS, vocabulary.SUPPOSING)
    )
    + "|at|forall|since|because|suppose|only|"
    + "|".join(name for row in TABLE.values() for name in (*row.called, *row.words)).lower()
)
"""Words of languages with spaces that may stand in an aside; which function a letter is, is read elsewhere."""
_TOGETHER = sorted(
    "|".join(
        getattr(row, name)
        for row in (vocabulary.NEUTRAL, vocabulary.DESCRIPTIONS, vocabulary.REASONS)
        for name in ("zh", "ja")
    ).split("|")
    + [name for row in TABLE.values() for name in row.words if vocabulary.is_unspaced(name)],
    key=len,
    reverse=True,
)
_KNOWN_TOGETHER = re.compile(rf"(?>(?:(?>{'|'.join(_TOGETHER)}|{vocabulary.SUPPOSING.zh}))+)")
_WORD = re.compile(rf"{vocabulary.UNSPACED}+|(?:(?!{vocabulary.UNSPACED})[^\W\d_])+(?:[-'](?:[^\W\d_])+)*")
_ELIDED = re.compile(r"(?<!\w)(?:[dlnmtscj]|qu)['’](?=\w)")
"""What French drops before a vowel: l'état is two words."""


def _check_words(words: Sequence[str]) -> list[str]:
    """The words before a formula; raises :class:`Unreadable` for a word that may deny it or limit it."""
    said = " ".join(words).lower()
    denied = _DENIES.search(said)
    if denied:
        raise Unreadable(f"the words behind the equation take it back or limit it: {denied[0]}", 0)
    found = _WORD.findall(_ELIDED.sub(" ", said))
    if found and _REASON.match(found[0]) and not _SUPPOSES.search(" ".join(found[1:])):
        return found
    strange = [word for word in found if not KNOWN.fullmatch(word) and not _KNOWN_TOGETHER.fullmatch(word)]
    if strange:
        raise Unreadable(f"the words behind the equation are not read, and may limit it: {strange[0]}", 0)
    return found


_DENIES = re.compile(
    rf"{vocabulary.DENYING.anywhere}|"
    r"(?<![\w-])(?:not|or|otherwise|unless|except\w*|almost|approximately|sometimes)(?![\w-])"
)


_SCRIPT = re.compile(r"[_^]\s*\{[^{}]*\}")
"""A script in braces, whose letters are no word."""
_BOX_IN_SCRIPT = re.compile(rf"([_^])\s*\{{\s*{TEXT.pattern}\s*\}}")


def _parts(aside: str) -> Iterator[tuple[str, str]]:
    """The words and the formulas of an aside in their order, each as what it is and its text."""
    boxes = TEXT.split(FUNCTION.sub(r"\\\1 ", _BOX_IN_SCRIPT.sub(r"\1{\2}", aside)))
    for place, box in enumerate(boxes):
        for inner, text in enumerate(box.split("$") if place % 2 else [box]):
            if place % 2 and not inner % 2:
                yield "words", text
                continue
            end = 0
            scripts = [found.span() for found in _SCRIPT.finditer(text)]
            words = (word for word in WORD.finditer(text) if not any(a < word.start() < b for a, b in scripts))
            for word in words:
                yield from (("formula", piece) for piece in _pieces(text[end : word.start()]))
                yield "words", word[0].removeprefix("\\") if word[0][-1].isalpha() and "quad" not in word[0] else ""
                end = word.end()
            yield from (("formula", piece) for piece in _pieces(text[end:]))


def _unbracketed(text: str) -> str:
    """The text without brackets around the whole of it."""
    plain = text.strip(" .,;~\n\t")
    if plain[:1] not in ("(", "[") or plain[-1:] not in (")", "]"):
        return text
    depth = 0
    for place, sign in enumerate(plain):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and place < len(plain) - 1:
            return text
    return plain[1:-1]


def _pieces(text: str) -> list[str]:
    """The text between commas and semicolons outside of brackets."""
    made, depth = [""], 0
    for sign in text:
        depth += (sign in "{([") - (sign in "})]")
        if sign in ",;" and depth <= 0:
            made.append("")
        else:
            made[-1] += sign
    plain = (piece.strip() if DOTS.match(piece) else piece.strip(" .\n\t") for piece in made)
    return [piece for piece in plain if piece]


def is_counted(chain: Chain) -> bool:
    """Whether an equation sets a letter to an index, as in t = 1."""
    return len(chain.sides) == 2 and _letter(chain.sides[0]) is not None and affine(chain.sides[1]) is not None


def _letter(terms: SumMark) -> str | None:
    """The letter without scripts, accents or font that a side is; None for anything else."""
    (sign, term), *more = terms.terms
    mark, *factors = term.factors
    return mark.stem if isinstance(mark, NameMark) and not (sign or more or factors or mark.dressed) else None


def read_conditions(
    conditions: Sequence[Condition],
    indices: frozenset[str],
    step: str = STEP.name(),
    lasts: frozenset[str] = frozenset(),
) -> Conditions:
    """The steps and ranges that conditions state; raises :class:`Unreadable` for one that cannot be read.

    ``lasts`` are the letters that sums over steps end at: each is a last step, as a capital letter is.
    """
    start: int | None = None
    last: Index | None = None
    ranges: dict[str, tuple[Index, Index]] = {}
    at: dict[str, Index] = {}
    now = Index.letter(step)
    for chain, rest in conditions:
        if chain.relations == ("=",) and not any(map(DOTS.match, rest)):
            name, value = _valued(chain, rest, indices | {step})
            at[name] = value
            continue
        for name, low, high in _bounds(chain, rest, indices, step):
            if name == step:
                if high is not None and not high.terms:
                    raise Unreadable(f"{NOT_READ}; {step} ends at {high} there", 0)
                if (low is not None and low.terms) or not (
                    high is None or is_last(high) or (len(high.terms) == 1 and high.letters() <= lasts)
                ):
                    raise Unreadable(NOT_READ, 0)
                start = low.constant if low is not None else start
                last = high or last
            elif name in ranges:
                raise Unreadable(f"{NOT_READ}; two conditions are about {name}", 0)
            else:
                ranges[name] = (low if low is not None else Index.of(1), high if high is not None else now)
    if {step, *ranges} & at.keys() and (ranges.keys() & at.keys() or start is not None or last is not None):
        raise Unreadable(NOT_READ, 0)
    return Conditions(start, ranges, last, at)


def _valued(chain: Chain, rest: tuple[str, ...], indices: frozenset[str]) -> tuple[str, Index]:
    """The index that a condition gives one value, and that."""
    name, value = _letter(chain.sides[0]), affine(chain.sides[1], indices | LAST.letters())
    if rest or name is None or value is None or name not in indices or name == LAST.name() or name in value.letters():
        raise Unreadable(NOT_READ, 0)
    return name, value


Bounded: TypeAlias = tuple[str, Index | None, Index | None]
"""The letter that a condition is about, its first and its last value; None for one that is not stated."""


def _bounds(chain: Chain, rest: tuple[str, ...], indices: frozenset[str], step: str) -> list[Bounded]:
    """What a condition says of the letters in it."""
    if chain.relations == ("=",):
        name, low = _letter(chain.sides[0]), affine(chain.sides[1], indices | LAST.letters())
        if name is None or name not in indices | {step} or low is None:
            raise Unreadable(NOT_READ, 0)
        (last, *_) = parse_formula(rest[-1]) if not DOTS.match(rest[-1]) else (None,)
        high = affine(last.sides[0], indices | LAST.letters()) if last is not None else None
        # t = T-1, ..., 1 counts down.
        return [(name, high, low) if high is not None and runs_down(low, high) else (name, low, high)]
    if chain.relations == (r"\in",) and (name := _letter(chain.sides[0])) in indices | {step} and name is not None:
        return [_listed(name, chain.sides[1], indices)]
    sides = [affine(side, indices | {step} | LAST.letters()) for side in chain.sides]
    ways = [order(relation) for relation in chain.relations]
    if any(side is None for side in sides) or {sign for sign, _ in ways} not in ({"<"}, {">"}):
        raise Unreadable(NOT_READ, 0)
    found = [side for side in sides if side is not None]
    if ways[0][0] == ">":
        found, ways = found[::-1], ways[::-1]
    if len(found) > 2:
        return _between(found, [gap for _, gap in ways])
    low, high = found
    if _is_letter(high) and not low.terms:
        return [(high.name(), low + ways[0][1], None)]
    if _is_letter(low) and low != LAST:
        return [(low.name(), None, high - ways[0][1])]
    raise Unreadable(NOT_READ, 0)


def _between(sides: Sequence[Index], gaps: Sequence[int]) -> list[Bounded]:
    """What 0 <= k < i <= t says: k runs from 0 to i-1, and i from 1 to t."""
    made: list[Bounded] = []
    low = sides[0]
    for place, letter in enumerate(sides[1:-1]):
        if not _is_letter(letter) or letter == LAST:
            raise Unreadable(NOT_READ, 0)
        low += gaps[place]
        made.append((letter.name(), low, sides[place + 2] - gaps[place + 1]))
    return made


def _listed(name: str, terms: SumMark, indices: frozenset[str]) -> tuple[str, Index | None, Index | None]:
    r"""The letter with the ends of a set: ``\{1, \dots, T\}``, or an interval ``[1, T]``."""
    mark = terms.terms[0][1].factors[0]
    if isinstance(mark, Group) and mark.opening in ("{", "[") and len(mark.cells) >= 2:
        ends = [affine(mark.cells[place].sides[0], indices | LAST.letters()) for place in (0, -1)]
        dots = any(is_dots(single((cell,))) for cell in mark.cells)
        if all(end is not None for end in ends) and (dots or mark.opening == "["):
            return name, ends[0], ends[1]
    raise Unreadable(NOT_READ, 0)


def _is_letter(index: Index) -> bool:
    return not index.constant and len(index.terms) == 1 and index.terms[0][1] == 1
