r"""Finds the mathematics of a note: displays and inline passages, in LaTeX or in Markdown.

First everything that holds no mathematics is blanked (code, verbatim text, comments) without moving a character; then
one pass over the text finds the delimiters. Markdown follows pandoc for ``$``, and GitHub for ``$`x`$`` and for fences
of ``math``, MyST for those of ``{math}``; ``\[`` is an escaped bracket there unless mathematics stands between it and
its ``\]``.

markdown-it-py gives lines and no columns of inline text, and pylatexenc descends recursively and reads no Markdown:
neither serves where every character needs its place and the text is not trusted.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NoReturn

from symbptt.text.macros import Expansion
from symbptt.text.source import Source, blank, matching_braces, replaced, with_spans

_DISPLAY = re.compile(
    r"(?:equation|align(?:ed|at|edat)?|x?xalignat|flalign|gather(?:ed)?|multlined?|split|eqnarray|displaymath|dmath)\*?"
)
_VERBATIM = re.compile(r"verbatim\*?|Verbatim|lstlisting|minted|comment|filecontents\*?")
_TEX_BLANKED = re.compile(
    r"(?P<percent>%)|\\verb\*?(?P<bar>[^A-Za-z\s*])|\\lstinline(?P<bar2>[^A-Za-z\s\[{])|"
    r"\\(?:url|path|href)\s*(?P<link>\{[^{}\n]*\})|\\begin\s*\{(?P<verbatim>[A-Za-z]+\*?)\}|"
    r"\\newif\s*\\if(?P<new>[A-Za-z@]+)|\\if(?P<condition>[A-Za-z@]+)|(?P<else>\\else(?![A-Za-z@]))|"
    r"\\(?P<flag>[A-Za-z@]+?)(?P<set>true|false)(?![A-Za-z@])|\\.",
    flags=re.DOTALL,
)
_COMMENT = re.compile(r"(?:(?<=\n)|\A)[ \t]*%[^\n]*\n?|(?<!\\)(?>(?:\\\\)*)%[^\n]*")
_FENCE = re.compile(
    r"(?P<prefix>[ \t]*(?:>[ \t]*)*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n]*)"
)
_FRONT_MATTER = re.compile(
    r"---[ \t]*\n(?:[ \t]*#[^\n]*\n)*(?:[\w-][\w \t-]*|\"[^\"\n]*\"|'[^'\n]*')[ \t]*:(?:[ \t]|\n)"
)
_DIRECTIVE = "{math}"
_TEXT_DIRECTIVE = re.compile(
    r"\{(?:note|tip|hint|warning|caution|important|attention|danger|seealso|admonition|dropdown|details|margin|aside|"
    r"sidebar|topic|epigraph|card|grid|tab-set|tab-item|div|toggle|answer|prf:\w+|(?:exercise|solution)(?:-start)?|proof|"
    r"theorem|lemma|definition|corollary|proposition|remark|example|conjecture|algorithm|axiom|criterion|property)\}.*"
)
"""What stands behind the fence of a directive of MyST whose content is text, such as a note or a proof."""
_OPTION = re.compile(r"\A[ \t]*:(?P<name>[A-Za-z-]+):[ \t]*(?P<value>[^{}\\\n]*?)[ \t]*\Z")
_SHOWN = 10
"""Back ticks of a fence that are quoted."""
_QUOTE = re.compile(r"(?:(?<=\n)|\A)[ \t]{0,3}(?:>[ \t]?)+")
_MARKDOWN_BLANKED = re.compile(
    r"\\.|(?P<ticked>\$(?P<ticks>`+)(?!`)(?P<body>[^`$\n]+)(?P=ticks)\$)|(?P<run>`+)|(?P<comment><!--)|"
    r"<(?P<raw>script|style|pre|code)\b[^<>\n]{0,200}>",
    flags=re.DOTALL,
)
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")
_LOOKS_MATHEMATICAL = re.compile(r"[=<>^]|_\{|\\[A-Za-z]|[A-Za-z]_[A-Za-z0-9]\b")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s{0,10}\{([^{}\s]{1,40})\}|\\.", flags=re.DOTALL)
_ONE_ENVIRONMENT = re.compile(
    r"\s*\\begin\{(?P<name>[a-z]{1,20}\*?)\}(?:(?!\\(?:begin|end)\{(?P=name)\}).)*\\end\{(?P=name)\}[\s.,;]*", re.DOTALL
)
_DELIMITER = re.compile(
    r"(?P<double>\\\\[\[(])|\\(?P<side>begin|end)\s{0,10}\{(?P<name>[^{}\s]{1,40})\}|\\.|\$\$?", re.DOTALL
)
_TEXT_GROUP = re.compile(r"\\(?:text[a-z]*|mbox|hbox)\s{0,10}\{")


@dataclass(frozen=True, slots=True)
class Passage:
    """Mathematics, by positions in the expanded text: ``opening:closing``, and ``start:stop`` without delimiters."""

    kind: Literal["display", "inline"]
    environment: str
    opening: int
    start: int
    stop: int
    closing: int


def without_comments(text: str) -> str:
    r"""The text with comments blanked, and with them the end of a line that holds nothing else: TeX reads on.

    >>> without_comments("a % b\nc\\%d")
    'a    \nc\\%d'
    """
    return replaced(text, _COMMENT, _blank_comment) if "%" in text else text


def _blank_comment(found: str) -> str:
    kept = found.index("%")
    return found[:kept] + " " * (len(found) - kept)


# --------------------------------------------------------------------------------------------------- LaTeX


def blank_tex(source: Source) -> tuple[str, int]:
    r"""The text of a ``.tex`` file with comments and verbatim text blanked, and where its body begins."""
    text = with_spans(source.text, _tex_spans(source))
    last = re.search(r"\\end\s{0,10}\{document\}|^[ \t]*\\endinput(?![A-Za-z])", text, re.MULTILINE)
    if last:
        text = text[: last.start()] + blank(text[last.start() :])
    first = re.search(r"\\begin\s{0,10}\{document\}", text)
    return text, first.end() if first else 0


def _tex_spans(source: Source) -> Iterator[tuple[int, int, str]]:
    """Comments, links and verbatim text, with what replaces them."""
    text, position = source.text, 0
    flags, left_out = {"true": True, "false": False}, dict[int, int]()
    while match := _TEX_BLANKED.search(text, position):
        start, position = match.span()
        stop = -1
        kind = match.lastgroup
        if kind == "percent":
            line = text.rfind("\n", 0, start) + 1
            end = text.find("\n", start)
            alone = not text[max(line, start - 200) : start].strip() and start - line < 200
            position = len(text) if end < 0 else end + alone
            yield start, position, " " * (position - start)
        elif kind in ("bar", "bar2"):
            end = text.find("\n", position, position + 1000)
            stop = text.find(match[kind], position, position + 1000 if end < 0 else end) + 1 or -1
        elif kind == "link":
            stop = position
        elif kind == "new":
            flags[match["new"]] = False
        elif kind == "set" and match["flag"] in flags:
            flags[match["flag"]] = match["set"] == "true"
        elif kind == "condition" and (taken := flags.get(match["condition"])) is not None:
            other, end = _branches(source, match, flags)
            stop = -1 if taken else other
            if taken and other < end:
                left_out[other - len(r"\else")] = end
        elif kind == "else":
            stop = left_out.get(start, -1)
        elif kind == "verbatim" and _VERBATIM.fullmatch(match["verbatim"]):
            closing = rf"\end{{{match['verbatim']}}}"
            end = text.find(closing, position)
            if end < 0:
                raise source.error(start, rf"\begin{{{match['verbatim']}}} has no end, expected {closing}; add it")
            stop = end + len(closing)
        if stop >= 0:
            yield start, stop, blank(text[start:stop])
            position = stop


def _branches(source: Source, begins: re.Match[str], flags: Collection[str]) -> tuple[int, int]:
    r"""Where the first branch of a condition ends, behind its ``\else`` or ``\fi``, and where all of it does."""
    known = "|".join(flags)
    depth, other = 0, -1
    branch = re.compile(
        rf"\\(?:(?P<if>if(?:x|num|dim|odd|cat|case|[hmv]mode|inner|void|eof|defined|csname|{known}))|(?P<else>else)|fi)"
        r"(?![A-Za-z@])"
    )
    for found in branch.finditer(source.text, begins.end()):
        depth += found["if"] is not None
        if depth == 0 and other < 0:
            other = found.end()
        if found["if"] is None and found["else"] is None:
            if depth == 0:
                return other, found.end()
            depth -= 1
    raise source.error(begins.start(), rf"{begins[0]} has no end, expected \fi after it; add it")


# --------------------------------------------------------------------------------------------------- Markdown


def blank_markdown(source: Source, *, may_be_headed: bool = True) -> tuple[str, int]:
    """The text of a Markdown file with code and comments blanked, and where its body begins (behind front matter).

    Front matter begins with a key, where there may be some: what stands between two rules is text. A fence of ``math``
    comes out between dollar signs, and so does inline mathematics in back ticks.
    """
    text = source.text
    body = 0
    if (
        may_be_headed
        and _FRONT_MATTER.match(text)
        and (end := re.compile(r"\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)").search(text))
    ):
        body = end.end()
    text = text[:body] + _without_fences(source, text, body)
    return _without_code(source, text, body), body


def _without_fences(source: Source, text: str, body: int) -> str:
    lines = text[body:].split("\n")
    starts, position = [], body
    for line in lines:
        starts.append(position)
        position += len(line) + 1
    opened: re.Match[str] | None = None
    opening = 0
    around: list[str] = []
    """The fences of the directives whose text a line stands in."""
    out: list[str] = []
    ends = ["\n"] * (len(lines) - 1) + [""]
    for number, line in enumerate(lines):
        match = _FENCE.match(line) if "```" in line or "~~~" in line else None
        out.append(" " * len(line))
        if opened is None:
            bare = match is not None and not match["info"].strip()
            if match and _TEXT_DIRECTIVE.fullmatch(match["info"].strip()):
                around.append(match["fence"])
            elif match and bare and around and match["fence"].startswith(around[-1]):
                around.pop()
            elif match and not (match["fence"][0] == "`" and "`" in match["info"]):
                opened, opening = match, number
                out[number] = _fence_sign(opened, line)
            else:
                out[number] = replaced(line, _QUOTE)
        elif (
            match
            and not match["info"].strip()
            and match["fence"][0] == opened["fence"][0]
            and len(match["fence"]) >= len(opened["fence"])
        ):
            out[number] = _fence_sign(opened, line)
            opened = None
        elif _holds_mathematics(opened):
            if opened["info"].strip() == _DIRECTIVE and all(map(_OPTION.match, lines[opening + 1 : number])):
                line = _OPTION.sub(_option, line)
            # In a fence a dollar sign is no delimiter, and a blank line ends no paragraph.
            out[number] = (replaced(line, _QUOTE) if ">" in opened["prefix"] else line).replace("$", " ")
            if not out[number].strip():
                ends[number] = " "
    if opened is not None:
        fence = opened["fence"]
        shown = fence if len(fence) <= _SHOWN else f"{fence[:_SHOWN]}… ({len(fence):,} of them)"
        raise source.error(
            starts[opening] + opened.start("fence"),
            f"the fence {shown} has no end, expected another {shown} on a line of its own; add it",
        )
    return "".join(line + end for line, end in zip(out, ends, strict=True))


def _fence_sign(opened: re.Match[str], line: str) -> str:
    return "$$".ljust(len(line)) if _holds_mathematics(opened) else " " * len(line)


def _holds_mathematics(opened: re.Match[str]) -> bool:
    return opened["info"].strip() in ("math", _DIRECTIVE)


def _option(found: re.Match[str]) -> str:
    """An option of a directive: of ``:label: name`` the label as LaTeX has it, of as many characters."""
    return rf"\label{{{found['value']}}}".ljust(len(found[0])) if found["name"] == "label" else blank(found[0])


def _without_code(source: Source, text: str, body: int) -> str:
    """The text with inline code, comments and raw HTML blanked, and mathematics in back ticks between dollar signs."""
    return with_spans(text, [(0, body, blank(text[:body])), *_code_spans(source, text, body)])


def _code_spans(source: Source, text: str, position: int) -> Iterator[tuple[int, int, str]]:
    """Inline code, comments and raw HTML, with what replaces them."""
    runs: dict[int, list[int]] = {}
    for run in re.finditer("`+", text):
        runs.setdefault(len(run.group()), []).append(run.start())
    breaks = [empty.start() for empty in _BLANK_LINE.finditer(text)]
    unclosed: set[str] = set()
    while match := _MARKDOWN_BLANKED.search(text, position):
        start, position = match.span()
        end = -1
        if match["ticked"]:
            apart = " " * len(match["ticks"])
            yield start, position, f"{apart}${match['body']}${apart}"
        elif match["run"]:
            # An escaped back tick leaves a run shorter than any that was counted.
            same = runs.get(len(match["run"]), [])
            following = bisect_left(same, position)
            paragraph = bisect_left(breaks, start)
            if following < len(same) and (paragraph == len(breaks) or same[following] < breaks[paragraph]):
                end = same[following] + len(match["run"])
        elif match["comment"]:
            end = text.find("-->", position) + 3
            if end < 3:
                raise source.error(start, "the comment <!-- has no end, expected --> after it; add it")
        elif (name := match["raw"]) and name not in unclosed:
            end = text.find(f"</{name}>", position)
            if end < 0:
                unclosed.add(name)
        if end >= 0:
            yield start, end, blank(text[start:end])
            position = end


# --------------------------------------------------------------------------------------------------- delimiters


@dataclass(frozen=True)
class _Scan:
    """The search for delimiters in one expanded text, with tables of what may close what."""

    source: Source
    expansion: Expansion
    markdown: bool

    @property
    def text(self) -> str:
        return self.expansion.text

    @cached_property
    def dollars(self) -> list[int]:
        return [match.start() for match in re.finditer(r"\\.|\$", self.text, re.DOTALL) if match.group() == "$"]

    @cached_property
    def brackets(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {r"\]": [], r"\)": [], r"\\]": [], r"\\)": []}
        for match in re.finditer(r"\\.", self.text, re.DOTALL):
            if match.group() in found:
                found[match.group()].append(match.start())
        for match in re.finditer(r"\\\\[\])]", self.text):
            found[match.group()].append(match.start())
        return found

    @cached_property
    def breaks(self) -> list[int]:
        return [match.start() for match in _BLANK_LINE.finditer(self.text)]

    @cached_property
    def braces(self) -> dict[int, int]:
        return matching_braces(self.text)

    def fail(self, position: int, message: str) -> NoReturn:
        raise self.source.error(self.expansion.origin(position), message)

    def paragraph_end(self, position: int) -> int:
        following = bisect_left(self.breaks, position)
        return self.breaks[following] if following < len(self.breaks) else len(self.text)

    def passages(self) -> Iterator[Passage]:
        position = 0
        while match := _DELIMITER.search(self.text, position):
            found = self.passage(match)
            if found:
                yield found
            position = found.closing if found else match.end()

    def passage(self, match: re.Match[str]) -> Passage | None:
        """The passage that this delimiter opens; ``None`` when it opens none and is text."""
        sign, start = match.group(), match.start()
        if match["double"]:
            if self.markdown:
                return self.bracketed(match, sign, sign.translate({ord("["): "]", ord("("): ")"}))
            # In LaTeX this is a row break before a bracket.
            return None
        if match["side"]:
            return self.environment(match) if _DISPLAY.fullmatch(match["name"]) else None
        if sign == "$$":
            return self.dollar_display(start)
        if sign == "$":
            return self.dollar_inline(start)
        if sign in (r"\[", r"\("):
            return self.bracketed(match, sign, r"\]" if sign == r"\[" else r"\)")
        return None

    def dollar_display(self, opening: int) -> Passage:
        start = opening + 2
        following = bisect_left(self.dollars, start)
        stop = -1
        while following + 1 < len(self.dollars):
            if self.dollars[following] + 1 == self.dollars[following + 1]:
                stop = self.dollars[following]
                break
            following += 1
        if stop < 0:
            self.fail(opening, "$$ opens a display that has no end, expected another $$ after it; add it")
        content = self.text[start:stop]
        inner = start + len(content) - len(content.lstrip())
        # Between the \begin and the \end of one environment it is clear what the display is.
        if self.paragraph_end(inner) < start + len(content.rstrip()) and not _ONE_ENVIRONMENT.fullmatch(content):
            self.fail(
                opening,
                "a blank line stands in the display that $$ opens here, expected its closing $$ before one; "
                "add it, or remove the blank line",
            )
        return Passage("display", "$$", opening, start, stop, stop + 2)

    def dollar_inline(self, opening: int) -> Passage | None:
        start = position = opening + 1
        end = self.paragraph_end(start)
        while True:
            following = bisect_left(self.dollars, position)
            if following == len(self.dollars) or self.dollars[following] > end:
                return None
            stop = self.dollars[following]
            # A dollar sign in \text{if $x$} closes nothing outside of it.
            group = _TEXT_GROUP.search(self.text, position, stop)
            if group is None:
                break
            closed = self.braces.get(group.end() - 1, -1)
            position = closed if stop < closed < end else group.end()
        content = self.text[start:stop]
        if not content.strip():
            return None
        outside = self.text[stop + 1 : stop + 2]
        if self.markdown and (content[0].isspace() or content[-1].isspace() or outside.isdigit()):
            return None
        return Passage("inline", "$", opening, start, stop, stop + 1)

    def bracketed(self, match: re.Match[str], sign: str, closing: str) -> Passage | None:
        opening, start = match.span()
        display = sign.endswith("[")
        ends = self.brackets[closing]
        following = bisect_left(ends, start)
        paragraph = self.paragraph_end(start)
        stop = ends[following] if following < len(ends) else -1
        if not display:
            if not start < stop < paragraph or not self.text[start:stop].strip():
                return None
            return Passage("inline", sign, opening, start, stop, stop + len(closing))
        limit = stop if stop >= 0 else min(paragraph, start + 2000)
        again = self.text.find(sign, start, limit)
        if again >= 0 and (again == start or self.text[again - 1] != "\\"):
            stop, limit = -1, again
        # An escaped bracket of Markdown, as in \[1, 2\].
        if self.markdown and not _LOOKS_MATHEMATICAL.search(self.text, start, min(limit, paragraph)):
            return None
        if stop < 0:
            self.fail(opening, f"{sign} opens a display that has no end, expected {closing} after it; add it")
        return Passage("display", sign, opening, start, stop, stop + len(closing))

    def environment(self, match: re.Match[str]) -> Passage:
        opening, start = match.span()
        if match["side"] == "end":
            self.fail(opening, f"{match.group()} ends nothing, expected \\begin{{{match['name']}}} before it; add it")
        expected = [match["name"]]
        position = start
        while token := _ENVIRONMENT.search(self.text, position):
            position = token.end()
            if token[1] == "begin":
                expected.append(token[2])
            elif token[1] == "end":
                if token[2] != expected[-1]:
                    self.fail(
                        token.start(),
                        f"{token.group()} stands where \\end{{{expected[-1]}}} was expected; correct one of them",
                    )
                expected.pop()
                if not expected:
                    return Passage("display", match["name"], opening, start, token.start(), token.end())
        ending = f"\\end{{{match['name']}}}"
        return self.fail(
            opening, f"{match.group()} opens a display that has no end, expected {ending} after it; add it"
        )


def find_passages(source: Source, expansion: Expansion, markdown: bool) -> Iterator[Passage]:
    """The mathematics of a note in page order.

    Raises :class:`NoteError` at the opening of a display that has no end. A single ``$`` without its end is text.
    """
    return _Scan(source, expansion, markdown).passages()
