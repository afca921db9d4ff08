r"""Splits a display into its equations, each with its tag, its label and its aside.

An alignment has one equation in a row; a row that begins with a sign of relation or operation continues the row before.
Every equation keeps its place: what is removed from it is replaced by spaces.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from symbptt.text import vocabulary
from symbptt.text.dress import undressed
from symbptt.text.source import blank, replaced

# Environments: those that hold one equation, those with pairs of columns, those that may stand inside of a display.
_ONE_EQUATION = frozenset({"multline", "multlined", "split", "dmath"})
_PAIRED = frozenset({"align", "aligned", "alignat", "alignedat", "flalign", "xalignat", "xxalignat"})
_INNER = _PAIRED | _ONE_EQUATION | {"gather", "gathered", "eqnarray", "equation", "displaymath", "array"}
_INNERNUMBERED = _PAIRED | {"gather", "gathered", "eqnarray", "array"}
_NESTED = 20
"""Cap on the depth of environments inside each other."""
_WITH_COLUMNS = frozenset({"alignat", "alignedat", "xalignat", "xxalignat", "array"})

_INSIDE = r"(?>(?:[^{}]++|\{(?>(?:[^{}]++|\{[^{}]*+\})*)\})*)"
_GROUP = rf"\{{{_INSIDE}\}}"
_TAG = re.compile(rf"\\tag(\*?)\s*({_GROUP})")
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_IDLE = re.compile(r"\\(?:nonumber|notag|displaybreak|allowdisplaybreaks)(?![A-Za-z])")
_BETWEEN = re.compile(rf"\\(?:short)?intertext\s*\{{(?P<words>{_INSIDE})\}}")
"""Text between the rows of an alignment."""
NUMBER = r"\((?:[A-Z]\.?)?\d{1,4}(?:[.\-]\d{1,4})*[a-z]?['*]?\)"
_APART = r"(?>(?:\s|~|\\[ ,;:!])*)"
# Behind \quad, a comma or a text box a number is that of the equation; behind a name or a space it is a factor.
_TRAILING = re.compile(
    rf"(?:(?:\\q?quad|\\hfill|\\hspace\*?\{{[^{{}}]*\}}|(?<!\\)[.,;]){_APART}|(?<=[0-9\])}}])[ \t]*\n\s*|\\l?eqno\s*)"
    rf"(?:(?P<a>{NUMBER})|\{{(?P<b>{NUMBER})\}}|\\(?:text[a-z]*|mbox|mathrm)\s*\{{\s*(?P<c>{NUMBER})\s*\}})\s*\Z"
)
_BOXEDNUMBER = re.compile(rf"\\(?:text[a-z]*|mbox|mathrm)\s*\{{\s*(?P<c>{NUMBER})\s*\}}\s*\Z")
_ALONE = re.compile(
    r"(?>(?:\s|~|&|\\q?quad|\\hfill|\\[ ,;:!])*)"
    rf"(?:(?P<a>{NUMBER})|\\(?:text[a-z]*|mbox)\s*\{{\s*(?P<c>{NUMBER})\s*\}})\s*\Z"
)

_LEADING = re.compile(
    r"(?>(?:\s|&|~|\{\}|\\\\|\\[,;:!> ]|\\(?:q?quad|displaystyle|textstyle)(?![A-Za-z])|\\hspace\*?\{[^{}]*\}|"
    rf"\\[hv]?phantom\s*{_GROUP})*)"
)
_IMPLIES = re.compile(r"\\(?:Rightarrow|Longrightarrow|implies|iff|Leftrightarrow|therefore|because)(?![A-Za-z])")
_RELATION = re.compile(
    r"\{?(?::?=|[<>≤≥≈≡]|\\(?:eq|approx|equiv|leq?|geq?|ll|gg|propto|sim|simeq|cong|coloneqq?|triangleq|doteq|eqdef|eqqcolon)(?![A-Za-z])|"
    rf"\\(?:stackrel|overset)\s*{_GROUP}\s*(?:=|\{{\s*[=\\]))"
)
_RELATION_ANYWHERE = re.compile(
    r":?=|[<>≤≥≈≡]|\\(?:approx|equiv|leq?|geq?|propto|sim|coloneqq?|triangleq|doteq|eqdef|eqqcolon|overset|stackrel)(?![A-Za-z])"
)
_OPERATOR = re.compile(r"[+*/−]|\\(?:cdot|times|pm|mp|odot|otimes|circ|ast|star|oplus)(?![A-Za-z])")
_OPEN_END = re.compile(r"(?:[=+\-*−]|\\(?:cdot|times|odot|otimes|circ|ast))(?>(?:\s|&|\{\})*)\Z")

_INDEX = r"(?:T_(?:[A-Za-z]|\{[A-Za-z]+\})|[A-Za-z]|\\[A-Za-z]+|\d+)(?:\s*[+\-]\s*(?:[A-Za-z]|\d+))?"
_COMPARED = r"(?:[<>≤≥]|\\(?:leq?|geq?|leqslant|geqslant|neq?|ll|gg)(?![A-Za-z]))"
_SAME = r"[ijkmnrs]\s*=\s*[ijkmnrst](?!\w)"
_DOTS = r"(?:\\[lc]?dots[cb]?|\.\.\.|…)"
_RANGE = re.compile(
    rf"[(\[]?\s*(?:{_INDEX}(?:\s*,\s*{_INDEX})*(?:\s*{_COMPARED}\s*{_INDEX})+"
    rf"(?:\s*[,;]\s*{_INDEX}(?:\s*{_COMPARED}\s*{_INDEX})+)*"
    rf"|[A-Za-z](?:\s*,\s*[A-Za-z])*\s*(?:=|\\in)\s*(?:\\?[{{\[])?\s*{_INDEX}(?:\s*,\s*{_INDEX}){{0,4}}\s*,?\s*{_DOTS}"
    rf"(?:\s*,?\s*{_INDEX})?\s*(?:\\?[}}\]])?"
    rf"|[A-Za-z]\s*=\s*(?:\d+|[A-Za-z]\s*[+\-]\s*\d+)|[tkijs]\s*=\s*[TNS]|{_SAME}(?:\s*[,;]\s*{_SAME})*"
    rf"|[A-Za-z](?:\s*,\s*[A-Za-z])*\s*\\in\s*(?:\\math[a-z]+\s*(?:\{{\w\}}|\w)|[A-Z]|\\\{{[^{{}}]{{0,60}}\\\}}))"
    r"\s*[)\]]?(?>(?:\s|[.,;]|\\[,;:! ])*)\Z"
)
_BOX = re.compile(r"\\(?:text[a-z]*|mbox|hbox|mathrm|rm)\s*\{(?P<words>[^{}$]*)(?P<end>[{}$])(?P<behind>\s*[_^])?")
_LETTER = re.compile(r"\A(?:\s|~|\\[ ,;:!])*(?P<letter>\\?[A-Za-z]+(?:_(?:\w|\{\w+\}))?)(?:\s|~|\\[ ,;:!])*\Z")
_LETTERS = re.compile(r"[A-Za-z][A-Za-z0-9-]*[.)]?")
_OPENS = re.compile(
    "|".join(row.anywhere for row in (vocabulary.OPENING, vocabulary.DENYING, vocabulary.LIMITING, vocabulary.HEDGES)),
    re.IGNORECASE,
)
_SUPPOSES = re.compile(vocabulary.SUPPOSING.anywhere, re.IGNORECASE)
_SUPPOSED = re.compile(rf"\s*(?:{vocabulary.SUPPOSED.anywhere})")
_SETS = re.compile(rf"(?:{vocabulary.SUPPOSING.anywhere}|{vocabulary.INTRODUCING.anywhere}|\()", re.IGNORECASE)
"""Words behind which a formula is no equation of its own, but a condition or what a letter is."""
_BARE_WORD = re.compile(r"(?:for|where|if|when|with)(?:\s|~|\\ |\\q?quad)")
_JOINS = re.compile(r"\\(?:text[a-z]*|mbox|mathrm)\s*\{\s*(?:and|so|thus|hence|then)\s*\}")

_WINDOW = 200
"""Cap on the characters that are searched for a condition."""

_TOKEN = re.compile(
    r"\\(?P<env>begin|end)\s{0,10}\{[^{}\s]{1,40}\}|\\\\\*?(?:\[\s*-?[\d.]+\s*\\?[a-z]+\s*\])?|\\[A-Za-z]+|\\.|[{}()\[\]&,;]",
    flags=re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class RawEquation:
    """One equation of a display, as text; positions are those in the content of the display."""

    start: int
    stop: int
    text: str
    at: int
    tag: str
    label: str
    aside: str
    boxed: bool
    continues: bool
    lead: str = ""
    """The words before it in its display, as a sentence has them."""
    between: str = ""
    """The text between the row before and it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part ``start:stop`` of the content; ``text`` is it with its tags blanked."""

    start: int
    stop: int
    text: str
    tag: str = ""
    label: str = ""

    def cut(self, start: int, stop: int) -> _Part:
        """A part of it, by positions in ``text``."""
        return replace(self, start=self.start + start, stop=self.start + stop, text=self.text[start:stop])


# --------------------------------------------------------------------------------------------------- tags


def tag_name(written: str) -> str:
    """A tag as a user types it: without its outer braces, parentheses and dollar signs, at most 40 characters.

    >>> tag_name("{(3a)}"), tag_name("{$9.7.1$}")
    ('3a', '9.7.1')
    """
    name = " ".join(written.strip("{}$ \n\t").replace("$", "").split())
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1].strip()
    return "".join(sign for sign in name if sign.isprintable())[:40]


def trailing_number(text: str) -> re.Match[str] | None:
    r"""The number of the equation at the end of a formula, as in ``\qquad (9)``; none in ``f(1)``."""
    tail = max(0, len(text.rstrip()) - 120)
    return _TRAILING.search(text, tail) or _BOXEDNUMBER.search(text, tail) or _ALONE.match(text)


def _without_tags(part: _Part) -> _Part:
    """The part with tags, labels and numbers blanked and recorded."""
    text, tag, label = part.text, part.tag, part.label
    if "\\" in text:
        if found := _TAG.search(text):
            tag = tag_name(found[2])
        if named := _LABEL.search(text):
            label = tag_name(named[1])
        for pattern in (_TAG, _LABEL, _IDLE):
            text = replaced(text, pattern)
    if number := trailing_number(text):
        found_number = next(value for value in number.groupdict().values() if value)
        tag = tag or tag_name(found_number)
        text = text[: number.start()] + blank(text[number.start() :])
    return replace(part, text=text, tag=tag, label=label)


# --------------------------------------------------------------------------------------------------- structure


def _tokens(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Commands and signs outside of braces and environments: text, start, stop, and the depth in parentheses."""
    braces = parentheses = 0
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign == "{" or match["env"] == "begin":
            if not braces and sign != "{":
                yield sign, *match.span(), parentheses
            braces += 1
        elif sign == "}" or match["env"] == "end":
            braces = max(0, braces - 1)
        elif not braces:
            if sign in "([":
                parentheses += 1
            elif sign in ")]":
                parentheses = max(0, parentheses - 1)
            yield sign, *match.span(), parentheses


def outside_groups(text: str) -> str:
    """The text with braces, parentheses and environments blanked, and what they hold."""
    out, depth, copied = [], 0, 0
    for match in _TOKEN.finditer(text):
        sign = match.group()
        if sign in ("{", "(", "[") or match["env"] == "begin":
            if depth == 0:
                out.append(text[copied : match.start()])
                copied = match.start()
            depth += 1
        elif (sign in ("}", ")", "]") or match["env"] == "end") and depth:
            depth -= 1
            if depth == 0:
                out.append(blank(text[copied : match.end()]))
                copied = match.end()
    return "".join(out) + (blank(text[copied:]) if depth else text[copied:])


def _lead(text: str, position: int = 0) -> int:
    """The end of the spaces and ``&`` that begin at a position."""
    found = _LEADING.match(text, position)
    return found.end() if found else position


def _trimmed(text: str) -> tuple[int, int]:
    """The start and stop of a formula without spaces, ``&`` and punctuation around it."""
    start = _lead(text)
    stop = len(text)
    while stop > start:
        tail = text[max(start, stop - 7) : stop]
        if (
            tail[-1].isspace()
            or tail[-1] in "~&,;:"
            or (tail[-1] == "." and not tail.endswith((r"\right.", r"\left.")))
        ):
            stop -= 1
            # \, and \; and "\ " are spaces.
            if stop > start and text[stop - 1] == "\\" and tail[-1] in " ,;:":
                stop -= 1
        elif tail.endswith((r"\!", r"\\")):
            stop -= 2
        elif tail.endswith(r"\qquad"):
            stop -= 6
        elif tail.endswith(r"\quad"):
            stop -= 5
        else:
            break
    return start, stop


def _unwrapped(part: _Part, environment: str) -> tuple[_Part, str]:
    r"""The content of ``\begin{aligned}`` and the like with nothing but a tag around it, and the environment."""
    for _ in range(_NESTED):
        part = _columns_dropped(part, environment)
        outside = _without_tags(part)
        start, stop = _trimmed(outside.text)
        begin = re.compile(r"\\begin\s{0,10}\{([a-z]+)\*?\}").match(outside.text, start)
        if begin is None or begin[1] not in _INNER:
            break
        depth, end = 0, None
        for match in re.finditer(r"\\(begin|end)\s{0,10}\{[^{}\s]{1,40}\}|\\.", outside.text[:stop], re.DOTALL):
            if match[1]:
                depth += 1 if match[1] == "begin" else -1
                if depth == 0:
                    end = match
                    break
        if end is None or end.end() != stop:
            break
        # A tag outside is that of all rows; one inside is that of its row.
        shell = part.text[: begin.end()] + blank(part.text[begin.end() : end.start()]) + part.text[end.start() :]
        around = _without_tags(replace(part, text=shell))
        inner = part.cut(begin.end(), end.start())
        part = replace(inner, tag=around.tag, label=around.label)
        environment = begin[1]
    # A plain display has one number.
    return (part if environment.rstrip("*") in _INNERNUMBERED else _without_tags(part)), environment


def _columns_dropped(part: _Part, environment: str) -> _Part:
    pattern = r"\s*(?:\[[tbc]\])?\s*\{[^{}]*\}" if environment.rstrip("*") in _WITH_COLUMNS else r"\s*\[[tbc]\]"
    found = re.compile(pattern).match(part.text)
    return part.cut(found.end(), len(part.text)) if found else part


# --------------------------------------------------------------------------------------------------- equations


def _goes_on(row: str, before: str) -> bool:
    """Whether a row continues the row before."""
    lead = _lead(row)
    rest = row[lead:]
    if (
        _RELATION.match(rest)
        or _OPERATOR.match(rest)
        or _is_aside(rest[:_WINDOW])
        or _OPEN_END.search(before, max(0, len(before) - 40))
    ):
        return True
    top = outside_groups(row)
    related = _RELATION_ANYWHERE.search(top)
    if rest.startswith("-"):
        # A left side may begin with a minus sign; it then stands before the & or alone.
        return not related or ("&" in top[: lead + 1])
    return not related and "&" in row[:lead]


def _grouped(part: _Part, environment: str) -> Iterator[_Part]:
    """The equations of an alignment, each from one or more rows."""
    if environment.rstrip("*") in _ONE_EQUATION:
        yield _without_tags(part)
        return
    cuts = [(start, stop) for sign, start, stop, _ in _tokens(part.text) if sign.startswith("\\\\")]
    edges = [0, *(stop for _, stop in cuts)]
    stops = [*(start for start, _ in cuts), len(part.text)]
    rows = [_without_tags(replace(part.cut(a, b), tag="", label="")) for a, b in zip(edges, stops, strict=True)]
    current: list[_Part] = []
    tagged = False
    for row in rows:
        if not row.text.strip(" &\n\t") and not (row.tag or row.label):
            continue
        numbered = bool(row.tag or row.label)
        if current and _goes_on(row.text, current[-1].text) and not (tagged and numbered):
            current.append(row)
            tagged |= numbered
        else:
            if current:
                yield _run(part, current)
            current, tagged = [row], numbered
    if current:
        yield _run(part, current)


def _run(part: _Part, rows: list[_Part]) -> _Part:
    """Rows of a part as one equation."""
    text, end = [], rows[0].start
    for row in rows:
        gap = part.text[end - part.start : row.start - part.start]
        text += [gap[:2] + blank(gap[2:]), row.text]
        end = row.stop
    return _Part(
        rows[0].start,
        rows[-1].stop,
        "".join(text),
        next((row.tag for row in rows if row.tag), ""),
        next((row.label for row in rows if row.label), ""),
    )


def _is_aside(rest: str) -> bool:
    """Whether a condition or a remark begins here, as in ``\\text{for } t \\ge 1`` or ``t = 1, \\dots, T``."""
    if rest.startswith((r"\forall", r"\quad\forall")):
        return True
    if (box := _BOX.match(rest)) is not None:
        return _is_words(box)
    if rest[:1] in ("(", "[") and _worded_bracket(rest):
        return True
    if (box := next(filter(_is_words, _BOX.finditer(rest)), None)) is not None and _SUPPOSED.match(box["words"]):
        return True
    return bool(_BARE_WORD.match(rest) or (len(rest) < _WINDOW and _RANGE.match(rest)))


def _is_words(box: re.Match[str]) -> bool:
    r"""Whether a box of text says something of a formula: no ``\text{loss}_t``, and no ``\text{diag}``."""
    words = box["words"].strip()
    if box["end"] != "}" or not words:
        return box["end"] == "$"
    if box["behind"] and _LETTERS.fullmatch(words):
        return False
    return not _LETTERS.fullmatch(words) or _OPENS.fullmatch(words.rstrip(".)")) is not None


def _worded_bracket(text: str) -> bool:
    r"""Whether the bracket that a text begins with holds words: ``(k < t \text{ for all } k)``."""
    depth = 0
    for place, sign in enumerate(text[:_WINDOW]):
        depth += (sign in "([") - (sign in ")]")
        if depth == 0:
            return any(map(_is_words, _BOX.finditer(text, 0, place)))
    return False


def _split_lead(part: _Part) -> tuple[_Part, str]:
    r"""A part without the words before its equation, and these as a sentence has them.

    What ``\text{for } t \ge 2: \quad`` makes a condition of belongs to them.
    """
    start = at = _lead(part.text)
    outside = outside_groups(part.text)
    said: list[str] = []
    box = _BOX.match(part.text, at)
    if box is None and (found := _BOX.search(part.text, at, at + _WINDOW)) is not None:
        # In t \ge 2 \text{ のとき} the words stand behind.
        if not (_SUPPOSED.match(found["words"]) and _RANGE.match(part.text[at : found.start()] + " ")):
            return part, ""
        said, at, box = [f"${part.text[at : found.start()].strip()}$"], found.start(), found
    while box is not None and _is_words(box) and box["end"] == "}":
        said.append(box["words"])
        at = _lead(part.text, box.end())
        if _SUPPOSES.search(box["words"].split(",")[-1]) and part.text[at : at + 1] not in (",", ":"):
            ended = re.compile(r"[,;:]|\\(?:q?quad|text[a-z]*|mbox)(?![A-Za-z])").search(outside, at)
            if ended is None:
                return part, ""
            said.append(f"${part.text[at : ended.start()].strip()}$")
            at = ended.start()
        at = _lead(part.text, re.compile(r"[\s,:;]*").match(part.text, at).end())  # type: ignore[union-attr]
        box = _BOX.match(part.text, at)
    if not said or not _RELATION_ANYWHERE.search(outside[at:]):
        return part, ""
    return part.cut(at, len(part.text)) if at > start else part, " ".join(said)


def _split_aside(part: _Part) -> tuple[_Part, str]:
    """A part without the condition or remark at its end, and that."""
    begin = 0
    for sign, start, stop, parentheses in _tokens(part.text):
        if parentheses or stop < begin:
            continue
        if sign in (",", ";", "&", r"\quad", r"\qquad"):
            begin = _lead(part.text, stop)
        elif sign == r"\forall" or (start > 0 and (box := _BOX.match(part.text, start)) and _is_words(box)):
            begin = start
        else:
            continue
        if _is_aside(part.text[begin : begin + _WINDOW]) and part.text[:start].strip(" &\n\t"):
            return part.cut(0, start), part.text[begin:].strip().rstrip(",.; ")
    return part, ""


def _side_by_side(part: _Part, environment: str) -> list[_Part]:
    """The equations of one row: separated by ``\\quad``, or in further pairs of columns of an ``align``."""
    cuts: list[int] = []
    ampersands = 0
    for sign, start, _, parentheses in _tokens(part.text):
        if sign.startswith("\\\\"):
            return [part]
        if sign == "&":
            ampersands += 1
            if ampersands % 2 == 0 and environment.rstrip("*") in _PAIRED:
                cuts.append(start)
        elif sign in (r"\quad", r"\qquad") and not parentheses:
            cuts.append(start)
    bounds: list[tuple[int, int]] = []
    begin, related, lead = 0, False, _lead(part.text)
    for cut in [*cuts, len(part.text)]:
        if cut < lead:
            # Several wide spaces are one.
            continue
        joint = _JOINS.match(part.text, lead)
        core = part.text[joint.end() if joint else lead : cut]
        if bounds and not joint and _is_aside(part.text[lead : lead + _WINDOW]):
            bounds[-1] = (bounds[-1][0], len(part.text))
            break
        relation = bool(_RELATION_ANYWHERE.search(outside_groups(core)))
        own = relation and related and not _RELATION.match(core, _lead(core))
        if own or not bounds:
            bounds.append((joint.end() if joint else begin, cut))
            related = relation
        elif not joint or core.strip(" &,\n"):
            bounds[-1] = (bounds[-1][0], cut)
            related |= relation
        begin, lead = cut, _lead(part.text, cut)
    return [part.cut(first, last) for first, last in bounds]


def split_equations(content: str, environment: str) -> Iterator[RawEquation]:
    r"""The equations of a display with this content, in order.

    >>> for row in split_equations(r"a &= b, \\ &= c \tag{1} \\ d &= e \quad \text{for } t \ge 1.", "align"):
    ...     print(row.tag or "-", "|", row.text, "|", row.aside or "-")
    1 | a &= b, \\ &= c | -
    - | d &= e | \text{for } t \ge 1
    """
    whole, inner = _unwrapped(_Part(0, len(content), undressed(content)), environment)
    around = r"\boxed" in content[: whole.start]
    found = 0
    for group in _grouped(whole, inner):
        between = _BETWEEN.match(group.text, _lead(group.text))
        rest = group if between is None else group.cut(between.end(), len(group.text))
        rest, lead = _split_lead(rest)
        for piece in _side_by_side(rest, inner):
            equation, aside = _split_aside(piece)
            start, stop = _trimmed(equation.text)
            if implied := _IMPLIES.match(equation.text, start):
                start = _lead(equation.text, implied.end())
            text = equation.text[start:stop]
            tag = piece.tag or whole.tag
            if not text.strip() and not tag:
                continue
            found += 1
            row = _row(content, piece, text, piece.start + start, tag, piece.label or whole.label, aside, around)
            yield replace(row, lead=lead, between=between["words"] if between is not None else "")
    if not found and whole.tag:
        yield _row(content, _Part(0, len(content), ""), "", 0, whole.tag, whole.label, "", False)


def _row(content: str, piece: _Part, text: str, at: int, tag: str, label: str, aside: str, boxed: bool) -> RawEquation:
    shown = content[piece.start : piece.stop]
    first = piece.start + min(_lead(shown), len(shown.rstrip()))
    last = max(first, piece.start + len(shown.rstrip()))
    boxed = boxed or r"\boxed" in shown
    return RawEquation(first, last, text, at if text else first, tag, label, aside, boxed, bool(_RELATION.match(text)))


def letters_in(aside: str) -> Iterator[tuple[str, int, str, str]]:
    r"""The letters alone that the words of an aside speak of: each with its place, the words before it and behind it.

    >>> list(letters_in(r"\text{où } \sigma \text{ est la sigmoïde}"))
    [('\\sigma', 11, 'où ', ' est la sigmoïde')]
    """
    boxes = [box for box in _BOX.finditer(aside) if box["end"] == "}" and _is_words(box)]
    for one, other in itertools.pairwise(boxes):
        between = aside[one.end() : other.start()]
        if (letter := _LETTER.search(between)) is not None:
            yield letter["letter"], one.end() + letter.start("letter"), one["words"], other["words"]
