r"""A note as its displays and its inline mathematics in page order, each with its place, its tag and its text.

>>> note = split_document("Let $w = 2$.\n\n$$h = w x, \\tag{1}$$\n\n$$= 2 x$$\n(2)\n", "note.md")
>>> for display in note.displays:
...     print(display.tag, display.place, display.formula.text, display.continues)
1 note.md:3:3 h = w x False
2 note.md:5:3 = 2 x True
>>> note.inlines[0].before, note.inlines[0].formula.text
('Let ', 'w = 2')

A note is untrusted text: it is searched in linear time and never run, and no formula is parsed here. Numbers that LaTeX
would assign are not computed: such a display is named by its label or by its line.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple, NoReturn, TypeAlias, get_args

from symbptt.errors import Place
from symbptt.text.dress import undressed
from symbptt.text.equations import NUMBER, RawEquation, letters_in, split_equations, tag_name
from symbptt.text.inputs import Whole, documents_around, preamble_of, with_inputs, with_macros
from symbptt.text.macros import Expansion, expand
from symbptt.text.notebooks import cells_as_text, joined_cells
from symbptt.text.passages import Passage, blank_markdown, blank_tex, find_passages, without_comments
from symbptt.text.restructured import blank_restructured
from symbptt.text.source import Source, matching_braces, text_of

FORMULA = 20_000
"""Cap on the characters of a formula."""
DISPLAYS = 5_000
"""Cap on the displays of a note."""
INLINES = 50_000
"""Cap on its inline formulas."""
AROUND = 300
"""Characters of text that are kept before and behind a formula."""

_NUMBER_BEHIND = re.compile(rf"\s*(?:\(.*\)[.,;]?\s*)?({NUMBER})[ \t]*[.,;]?\s*\Z", re.DOTALL)
_LINE_BEHIND = re.compile(rf"[ \t.,;]*\n?[ \t]*({NUMBER})[ \t.,;]*(?:\n|\Z)")
_LABEL_BEHIND = re.compile(
    r"[ \t]*(?:\{#(?P<quarto>[\w:.-]{1,100})[^{}\n]{0,200}\}|"
    r"\((?P<myst>[A-Za-z]+[-_:.\d][\w:.-]{0,100})\)[ \t]*(?=\n|\Z))"
)
"""A label behind a display: of Quarto, and of MyST, which has no blank in it and is no word."""
_BROUGHT_IN = re.compile(
    r"\{\{<[ \t]*include[ \t]+(\S{1,200})[ \t]*>\}\}|^[ \t]*(?:`{3,}|~{3,}|:{3,})\{include\}[ \t]*(\S{1,200})|"
    r"^[ \t]*\.\.[ \t]+include::[ \t]*(\S{1,200})",
    re.MULTILINE,
)
_REMARK = 400
_STRUCK = re.compile(
    r"(?<!~)~~(?!~)(?:(?!~~|\n[ \t]*\n).)+~~|^[ \t]*~~[ \t]*$.{0,20000}?^[ \t]*~~[ \t]*$|"
    r"<(?:(?P<tag>s|del|strike|template)\b[^<>]{0,200}|"
    r"(?P<kind>[a-z]{1,10})\b[^<>]{0,200}?(?:line-through|display:\s*none|\shidden\b)[^<>]{0,200})>"
    r".{0,20000}?</(?:(?P=tag)|(?P=kind))>",
    re.DOTALL | re.MULTILINE,
)
"""What is crossed out or hidden in Markdown."""
_STRIKES = re.compile(r"\\(?:sout|st|xout|cancel)\s*(?=\{)")
"""What crosses out the braces behind it."""
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)]|\\begin\{(?:itemize|enumerate)\}|\\item)\s")
_LINE = 400
"""Cap on the characters of a line that are looked at around a formula."""


@dataclass(frozen=True, slots=True)
class Formula:
    """The text of a formula, where anything else is blanked so that each character keeps its place."""

    text: str
    offset: int
    origins: tuple[int, ...] = ()

    def at(self, position: int) -> int:
        """The offset in the file of the character at ``position``; that of the end for a position behind the last."""
        if not self.origins:
            return self.offset + position
        return self.origins[position] if position < len(self.origins) else self.origins[-1] + 1


Expected: TypeAlias = Literal["refuted", "ill-typed", "undecided", "unread", "ignore"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A note's own word of what is expected of an equation, ``<!-- symbptt: refuted, the sum ends too early -->``."""

    word: Expected
    why: str

    @property
    def wrong(self) -> bool:
        """Whether it says that the equation is wrong."""
        return self.word in ("refuted", "ill-typed")


_DECLARED = re.compile(
    r"(?:(?P<html><!--)|%|\.\.)[ \t]*symbptt:[ \t]*(?P<word>[\w-]*)[ \t]*,?[ \t]*(?P<why>[^\n]*?)[ \t]*"
    r"(?(html)-->)[ \t]*\n"
    r"(?:\s|\$\$|\\\[|\\begin\{\w+\*?\}|&|\\\\|\.\. math::|:\w+:[^\n]*\n|`{3,}\{?math\}?|"
    r"\\(?:boxed|fbox|bbox(?:\[[^\[\]]*\])?|(?:text)?color\{[^{}]*\})\s*\{)*\Z"
)
_COMMENT = 300
"""Cap on the characters between a comment and the display that it is about."""


@dataclass(frozen=True, slots=True)
class Display:
    r"""One displayed equation.

    ``source`` is its LaTeX as written, without comments. ``tag`` is unique in the note; ``printed`` is the number that
    the page shows, empty where the tag was made up. ``aside`` is the condition or remark behind the equation.
    ``continues``: it begins with a sign of relation and so continues the display before it. ``bare_tag``: it is a
    number alone, as ``$$\tag{10}$$``, which is the tag of the display before it where that has none.
    """

    place: Place
    source: str
    formula: Formula
    tag: str
    printed: str
    aside: str
    continues: bool
    bare_tag: bool
    declared: Declared | None = None
    """What a comment before it expects of it."""
    before: str = ""
    """The text between the display before it and it, at most its last 300 characters."""
    after: str = ""
    """The text between it and the display behind it, at most its first 300 characters."""
    end: Place | None = None
    """Just behind its last character."""
    struck: bool = False
    """Whether it is crossed out, or hidden from who reads the page."""

    @property
    def declared_wrong(self) -> bool:
        """Whether the note itself says that it is wrong."""
        return self.declared is not None and self.declared.wrong

    @property
    def ignored(self) -> bool:
        """Whether the note asks for no verdict on it."""
        return self.declared is not None and self.declared.word == "ignore"


@dataclass(frozen=True, slots=True)
class Inline:
    """Mathematics in a line of text, and up to 300 characters of its paragraph before it and behind it."""

    place: Place
    source: str
    formula: Formula
    before: str
    after: str = ""
    stands_in: str = ""
    """A heading, a table, a caption or what is struck out; empty where it stands in a sentence."""


@dataclass(frozen=True, slots=True)
class Document:
    """A note. ``items`` has its displays and inline passages in page order."""

    source: Source
    title: str
    items: tuple[Display | Inline, ...]
    missing: tuple[str, ...] = ()
    """The files that it brings in and that are not read, each with its line and why."""
    macros: tuple[str, ...] = ()
    """Where its macros come from that it does not have itself, in words."""
    words: str = ""
    """The text without the comments of LaTeX and reStructuredText, at the same length: who reads the page sees none."""

    @property
    def path(self) -> str:
        """The file, as it was named."""
        return self.source.path

    @property
    def displays(self) -> tuple[Display, ...]:
        """The displayed equations in page order."""
        return tuple(item for item in self.items if isinstance(item, Display))

    @property
    def inlines(self) -> tuple[Inline, ...]:
        """The inline passages in page order."""
        return tuple(item for item in self.items if isinstance(item, Inline))

    def place_at(self, offset: int) -> Place:
        """Line and column of an offset, such as ``display.formula.at(position)``."""
        return self.source.place(offset)

    def excerpt(self, offset: int) -> str:
        """The line of an offset, cut to 76 columns, with a caret under the offset."""
        return self.source.excerpt(offset)


def read_document(path: Path, macros: Path | None = None) -> Document:
    """The note in a file, written in what its name ends in (:data:`symbptt.files.NOTES`).

    ``macros`` is a file of LaTeX macros that it is read with; without one, those of the document count that brings it
    in.

    Raises :class:`NoteError` for a file that cannot be read, that is not UTF-8, or as :func:`split_document` does.
    """
    return split_document(text_of(path), str(path), path.parent, macros)


def split_document(text: str, path: str, folder: Path | None = None, macros: Path | None = None) -> Document:
    """The note with this text; ``path`` says where it is from and, by its ending, what it is written in.

    The files that it brings in are looked for in ``folder``. ``macros`` is a file of LaTeX macros that it is read with.

    Raises :class:`NoteError` with file, line and column: for a display or a fence without its end, for macros that
    run away, for more than 2,000,000 characters, 5,000 displays or 50,000 inline passages, and for a formula of more
    than 20,000 characters.
    """
    ending = Path(path).suffix.lower()
    source, blanked, body = _written(text, path, ending)
    whole = with_inputs(source, blanked, body, folder)
    files, told, missing = _macros_of(Path(path), ending, folder, macros)
    missing += tuple(_not_followed(source) if ending != ".tex" else ())
    return _split(whole, ending, files, (*whole.missing, *missing), told)


def split_cells(cells: Sequence[tuple[str, str]], macros: Path | None = None) -> Document:
    """The note that some cells make, each with its name and its text in Markdown: lines are counted in each.

    The last one is the note itself, and what stands before it is in a :class:`Place` as files that it brings in are.
    Raises :class:`NoteError` as :func:`split_document` does.
    """
    last = len(cells) - 1
    sources = [Source.of(text, name, name if k < last else "") for k, (name, text) in enumerate(cells)]
    source, blanked, body = joined_cells(sources, cells[-1][0])
    whole = with_inputs(source, blanked, body, None)
    files, told, _ = _macros_of(Path(source.path), ".md", None, macros)
    return _split(whole, ".md", files, (*whole.missing, *_not_followed(source)), told)


def _split(
    whole: Whole, ending: str, macros: Sequence[Source], missing: tuple[str, ...], told: tuple[str, ...]
) -> Document:
    markdown = ending != ".tex"
    title = _markdown_title(whole.source, whole.blanked, whole.body) if markdown else _tex_title(whole.blanked)
    whole = with_macros(whole, macros)
    source, blanked, body = whole.source, whole.blanked, whole.body
    expansion = expand(source, blanked, body)
    found = _named(list(_Reader(source, expansion, markdown).items()))
    items = tuple(
        replace(item, declared=_declared(source, item)) if isinstance(item, Display) else item for item in found
    )
    words = {".tex": without_comments(source.text), ".rst": blanked}.get(ending, source.text)
    return Document(source, title or Path(source.path).stem, items, missing, told, words)


def _not_followed(source: Source) -> Iterator[str]:
    """The files that a note brings in as Quarto, MyST and Sphinx do."""
    for found in _BROUGHT_IN.finditer(source.text):
        name = next(filter(None, found.groups()))
        yield f"{source.place(found.start()).spoken}: {name} is not read: only what \\input brings in is"


def _written(text: str, path: str, ending: str) -> tuple[Source, str, int]:
    """The text of a note, the same with all that holds no mathematics blanked, and where its body begins."""
    if ending == ".ipynb":
        return cells_as_text(text, path)
    # In reStructuredText the end of a display stands on the empty line behind it.
    source = Source.of(f"{text}\n\n" if ending == ".rst" else text, path)
    blanked, body = {".tex": blank_tex, ".rst": blank_restructured}.get(ending, blank_markdown)(source)
    return source, blanked, body


def _macros_of(
    path: Path, ending: str, folder: Path | None, macros: Path | None
) -> tuple[list[Source], tuple[str, ...], tuple[str, ...]]:
    """The files whose macros a note is read with, what is said of them, and what they bring in that is not read."""
    if macros is not None:
        return [Source.of(text_of(macros), str(macros))], (f"macros of {macros}",), ()
    around = documents_around(path) if folder is not None and ending == ".tex" else []
    if len(around) > 1:
        named = " and ".join(one.name for one in around)
        return [], (f"{named} bring it in: the macros of none of them are read",), ()
    told = tuple(f"macros of {one.name}, which it is a part of" for one in around)
    heads = [preamble_of(one) for one in around]
    return [head.source for head in heads], told, tuple(one for head in heads for one in head.missing)


def _declared(source: Source, display: Display) -> Declared | None:
    start = display.formula.at(0)
    # A comment is about what stands in its own file or cell.
    before = max(start - _COMMENT, source.begins(start), 0)
    found = _DECLARED.search(source.text[before:start])
    if found is None:
        return None
    known: tuple[Expected, ...] = get_args(Expected)
    word = next((word for word in known if word == found["word"]), None)
    if word is None:
        at = before + found.start("word")
        listed = ", ".join(known)
        raise source.error(at, f"expected one of {listed} behind symbptt: in the comment, not {found['word']!r}")
    return Declared(word, found["why"])


# --------------------------------------------------------------------------------------------------- titles


_NO_TEXT = re.compile(r"\A---\n.*?^---$|^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)", re.MULTILINE | re.DOTALL)
"""What stands before a text, and code in it."""
_HEADING = re.compile(
    r"^[ \t>]*(?P<signs>#{1,6})[ \t]+(?P<marked>.+)$|^(?P<underlined>[^\s#].*)\n(?P<line>={3,}|-{3,}|~{3,})[ \t]*$|"
    r"\\(?P<command>chapter|(?:sub)*section|(?:sub)?paragraph)\*?\s*\{(?P<named>[^{}]*)\}|"
    r"<summary>(?P<summary>[^<]*)|</details>",
    re.MULTILINE,
)
_LEVELS = {"chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5, "subparagraph": 6}
_LEVELS |= {"=": 1, "-": 2, "~": 3}


class Heading(NamedTuple):
    """A heading and how deep it is, from 1; of what is folded away 7, and 0 for its end, which has no title."""

    start: int
    level: int
    title: str


def headings(text: str) -> tuple[Heading, ...]:
    """The headings of a text in Markdown, reStructuredText or LaTeX; those of code are none."""
    text = _NO_TEXT.sub(lambda found: " " * len(found[0]), text)
    made: list[Heading] = []
    for found in _HEADING.finditer(text):
        title = next((found[name] for name in ("marked", "underlined", "named", "summary") if found[name]), "")
        mark = found["command"] or (found["line"] or " ")[0]
        level = len(found["signs"] or "") or _LEVELS.get(mark, 7 if title else 0)
        made.append(Heading(found.start(), level, _plain(title.rstrip("# \t"))))
    return tuple(made)


def _plain(title: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())[:200]


def _markdown_title(source: Source, text: str, body: int) -> str:
    if named := re.search(r"^title:[ \t]*(.+)$", source.text[:body], re.MULTILINE):
        return _plain(named[1].strip().strip("\"'"))
    heading = re.search(r"^ {0,3}#{1,6}[ \t]+([^\n]*)", text, re.MULTILINE)
    underlined = re.search(r"^([^\s#][^\n]*)\n=+[ \t]*$", text, re.MULTILINE)
    first = min((found for found in (heading, underlined) if found), key=lambda found: found.start(), default=None)
    return _plain(first[1].rstrip("# \t")) if first else ""


def _tex_title(text: str) -> str:
    found = re.search(r"\\title\s*(?:\[[^\]\n]{0,200}\]\s*)?(?=\{)", text)
    stop = matching_braces(text[found.end() : found.end() + 2000]).get(0, -1) if found else -1
    if found is None or stop < 0:
        return ""
    written = text[found.end() + 1 : found.end() + stop]
    written = re.sub(r"\\thanks\s*\{[^{}]*\}", "", written)
    return _plain(re.sub(r"\\\\(?:\[[^\]]*\])?|\\[A-Za-z]+\*?|[{}~]", " ", written))


# --------------------------------------------------------------------------------------------------- items


_OUT_OF_LINE = re.compile(
    r"\n[ \t]*\n|\$\$|\\\[|\\begin\{(?:equation|align|gather|multline|eqnarray|displaymath|flalign)"
)
"""Where a sentence is left: at the end of its paragraph, or at a display."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A display before it has a unique tag; ``wanted`` is the tag that it would have."""

    display: Display
    wanted: str
    boxed: bool


@dataclass(frozen=True, slots=True)
class _Reader:
    """Finds the displays and inline formulas in one expanded text."""

    source: Source
    expansion: Expansion
    markdown: bool

    def items(self) -> Iterator[_Found | Inline]:
        displays = paragraph = 0
        found = self.passages()
        struck = self.struck(found)
        starts = [passage.opening for passage in found if passage.kind == "display"] + [len(self.expansion.text)]
        for passage in found:
            if passage.kind == "inline":
                yield self.inline(passage, paragraph, struck=passage.opening in struck)
                continue
            following = starts[bisect_left(starts, passage.closing)]
            number = self.number_behind(passage.closing, following)
            before = self.expansion.text[max(paragraph, passage.opening - AROUND) : passage.opening]
            after = self.expansion.text[passage.closing : min(following, passage.closing + AROUND)]
            paragraph = passage.closing
            rows = list(split_equations(self.content(passage), passage.environment))
            for row, behind in itertools.zip_longest(rows, rows[1:]):
                displays += 1
                if displays > DISPLAYS:
                    self.fail(passage.opening, f"one equation too many, expected at most {DISPLAYS:,}; split the note")
                found_row = self.display(passage, row, number, struck=passage.opening in struck)
                said = " ".join(filter(None, (before, row.between, row.lead)))
                told = behind.between if behind is not None and behind.between else after
                yield replace(found_row, display=replace(found_row.display, before=said, after=told))
                yield from self.beside(passage, row)

    def passages(self) -> list[Passage]:
        found: list[Passage] = []
        room = {"display": DISPLAYS, "inline": INLINES}
        for passage in find_passages(self.source, self.expansion, self.markdown):
            if passage.stop - passage.start > FORMULA:
                size = f"{passage.stop - passage.start:,} characters"
                self.fail(passage.opening, f"a formula of {size} begins here, expected at most {FORMULA:,}; split it")
            room[passage.kind] -= 1
            if room[passage.kind] < 0:
                most = f"{DISPLAYS:,} displayed and {INLINES:,} inline formulas"
                self.fail(passage.opening, f"one formula too many, expected at most {most}; split the note")
            found.append(passage)
        return found

    def fail(self, position: int, message: str) -> NoReturn:
        raise self.source.error(self.expansion.origin(position), message)

    def content(self, passage: Passage) -> str:
        return without_comments(self.expansion.text[passage.start : passage.stop])

    def formula(self, text: str, start: int) -> Formula:
        origin = self.expansion.origin(min(start, len(self.expansion.text) - 1))
        return Formula(text, origin, self.expansion.slice(start, start + len(text)) if text else ())

    def as_it_stands(self, start: int, stop: int) -> str:
        if start >= stop:
            return ""
        written = self.source.text[self.expansion.origin(start) : self.expansion.behind(stop - 1)]
        return without_comments(written).strip()

    def display(self, passage: Passage, row: RawEquation, number: str, *, struck: bool) -> _Found:
        start = passage.start + row.start
        place = self.source.place(self.expansion.origin(start))
        tag = row.tag or number
        display = Display(
            place,
            self.as_it_stands(start, passage.start + row.stop),
            self.formula(row.text, passage.start + row.at),
            "",
            tag,
            row.aside,
            row.continues,
            not row.text.strip(),
            end=self.source.place(self.expansion.behind(max(start, passage.start + row.stop - 1))),
            struck=struck,
        )
        return _Found(display, tag or row.label, row.boxed)

    def beside(self, passage: Passage, row: RawEquation) -> Iterator[Inline]:
        """The letters that the words behind an equation speak of."""
        begins = self.content(passage).find(row.aside, row.start) if row.aside else -1
        for letter, at, before, after in letters_in(row.aside) if begins >= 0 else ():
            start = passage.start + begins + at
            place = self.source.place(self.expansion.origin(start))
            yield Inline(place, letter, self.formula(letter, start), before, after)

    def inline(self, passage: Passage, paragraph: int, *, struck: bool) -> Inline:
        content = undressed(self.content(passage))
        text = content.strip()
        start = passage.start + len(content) - len(content.lstrip())
        text_around = self.expansion.text
        before = text_around[max(paragraph, passage.opening - 4 * AROUND) : passage.opening]
        *others, before = re.split(r"\n[ \t]*\n", before)
        if others and _ITEM.match(before) and others[-1].rstrip().endswith(":"):
            before = f"{others[-1].rstrip()} {before}"
        after = _OUT_OF_LINE.split(text_around[passage.closing : passage.closing + AROUND])[0]
        return Inline(
            self.source.place(self.expansion.origin(start)),
            self.as_it_stands(start, start + len(text)),
            self.formula(text, start),
            re.sub(r"\s+", " ", before)[-AROUND:],
            re.sub(r"\s+", " ", after),
            self.surrounding(passage, struck=struck),
        )

    def struck(self, passages: Sequence[Passage]) -> frozenset[int]:
        """Where formulas begin in text that is crossed out or hidden; two ties in a formula cross out nothing."""
        text = self.expansion.text
        found = [range(*one.span()) for one in _STRUCK.finditer(text)] if self.markdown else []
        strikes = [one.end() for one in _STRIKES.finditer(text)]
        closed = matching_braces(text) if strikes else {}
        found += [range(at, closed[at]) for at in strikes if at in closed]
        inside = [range(passage.start, passage.stop) for passage in passages] if found else []
        found = [one for one in found if not any(one.start in formula for formula in inside)]
        return frozenset(passage.opening for passage in passages if any(passage.opening in one for one in found))

    def surrounding(self, passage: Passage, *, struck: bool) -> str:
        """What a formula stands in where that is no sentence."""
        text = self.expansion.text
        before = text[max(0, passage.opening - _LINE) : passage.opening].rpartition("\n")[2]
        behind, _, below = text[passage.closing : passage.closing + _LINE].partition("\n")
        if struck:
            return "text that is struck out"
        if self.markdown:
            if re.search(r"!\[[^\]]*\Z", before):
                return "the text of an image"
            if re.match(r"[ \t>]*#{1,6}[ \t]", before) or re.match(r"[ \t]*(?:=+|-{2,})[ \t]*(?:\n|\Z)", below):
                return "a heading"
            return "a table" if "|" in re.sub(r"\$[^$]*\$", "", before + behind) else ""
        named = re.search(r"\\((?:sub)*section|paragraph|chapter|title|caption)\*?\s*\{[^{}]*\Z", before)
        if named is not None:
            return f"a {named[1]}"
        around = text[max(0, passage.opening - 10 * _LINE) : passage.opening]
        return "a table" if around.rfind(r"\begin{tabular") > around.rfind(r"\end{tabular") else ""

    def number_behind(self, closing: int, following: int) -> str:
        """The number in the text behind a display, alone or behind a remark in parentheses; not within a sentence."""
        text = self.expansion.text
        stop = min(following, closing + _REMARK)
        behind = text[closing:stop]
        if self.markdown and (label := _LABEL_BEHIND.match(behind)):
            return label["quarto"] or label["myst"]
        if alone := _LINE_BEHIND.match(behind):
            return tag_name(alone[1])
        ended = re.search(r"\n[ \t]*\n", behind)
        if ended is None and stop < min(following, len(text)):
            return ""
        whole = _NUMBER_BEHIND.match(behind[: ended.start()] if ended else behind)
        return tag_name(whole[1]) if whole else ""


# --------------------------------------------------------------------------------------------------- names


def _named(found: list[_Found | Inline]) -> tuple[Display | Inline, ...]:
    """The displays with unique tags: the page's number, else the label, ``box``, or L and the line."""
    entries = [entry for entry in found if isinstance(entry, _Found)]
    wanted = [entry.wanted for entry in entries]
    printed = [entry.display.printed for entry in entries]
    for position, entry in enumerate(entries):
        # A number in a display of its own is that of the display above it.
        if (
            entry.display.bare_tag
            and position
            and not wanted[position - 1]
            and not entries[position - 1].display.bare_tag
        ):
            wanted[position - 1] = printed[position - 1] = entry.wanted
            wanted[position] = ""
    box = next((position for position, entry in enumerate(entries) if entry.boxed and not wanted[position]), None)
    if box is not None:
        wanted[box] = "box"
    bases = [tag or _line_name(entry.display.place) for tag, entry in zip(wanted, entries, strict=True)]
    tags = iter(_unique(bases))
    numbers = iter(printed)
    return tuple(
        replace(entry.display, tag=next(tags), printed=next(numbers)) if isinstance(entry, _Found) else entry
        for entry in found
    )


def _line_name(place: Place) -> str:
    """L7 for line 7; of a file that the note brings in, one-L7 for line 7 of parts/one.tex."""
    file = re.sub(r"[^A-Za-z0-9]+", "-", PurePosixPath(place.file).stem)
    return f"{file}-L{place.line}".strip("-")


def _unique(bases: list[str]) -> list[str]:
    """The names, with a letter behind those that occur more than once: 10, 10 become 10a, 10b."""
    uses = Counter(bases)
    taken = {base for base, times in uses.items() if times == 1}
    suffixes = {base: _suffixes(base) for base, times in uses.items() if times > 1}
    names = []
    for base in bases:
        name = base
        if base in suffixes:
            name = next(name for name in suffixes[base] if name not in taken)
            taken.add(name)
        names.append(name)
    return names


def _suffixes(base: str) -> Iterator[str]:
    for number in count(1):
        letters, rest = "", number
        while rest:
            rest, digit = divmod(rest - 1, 26)
            letters = chr(ord("a") + digit) + letters
        yield base + letters if base[-1:].isdigit() else f"{base}-{number}"
