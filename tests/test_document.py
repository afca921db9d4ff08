"""What is found in a note: each shape of mathematics that is taken, beside a near twin that is not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbptt.errors import NoteError
from symbptt.text.document import DISPLAYS, FORMULA, Display, Document, read_document, split_document
from symbptt.text.source import CHARACTERS, Source
from tests.work import in_proportion


def md(text: str) -> Document:
    return split_document(text, "note.md")


def tex(text: str) -> Document:
    return split_document(text, "note.tex")


def texts(document: Document) -> list[str]:
    return [display.formula.text for display in document.displays]


def tags(document: Document) -> list[str]:
    return [display.tag for display in document.displays]


def inlines(document: Document) -> list[str]:
    return [inline.formula.text for inline in document.inlines]


def one(document: Document) -> Display:
    (display,) = document.displays
    return display


# A note with the shapes that scanned pages have.
NOTE = r"""## A leaky counter

We follow the weight  $v$ , and write  $c_t$  for the count.<sup>&lt;sup>1</sup>

$$c_t = v c_{t-1} + s_t,$$
(1)

$$e_t = c_t^2 \tag{2}$$

If  $c_t = p_1(c_{t-1}, v), v = q_1(v)^{-1}$

$$\frac{\partial c_t}{\partial v} = c_{t-1} + v \frac{\partial c_{t-1}}{\partial v}$$
 (we leave  $\frac{\partial c_{t-1}}{\partial v}$ ) (3)

$$= c_{t-1} + v c_{t-2}$$

$$\tag{4}$$

$$= c_{t-1}$$

$$= c_{t-2} + 0$$

$$(4)$$

<sup>1</sup>(It costs $5 or $6.)

$$\boxed{\frac{\partial e_t}{\partial v} = 2 c_t \sum_{i=1}^{t} v^{t-i} c_{i-1}}$$
"""


def test_a_scanned_note_keeps_each_display_with_its_number() -> None:
    note = md(NOTE)
    assert note.title == "A leaky counter"
    rows = [(d.tag, d.printed, d.continues, d.bare_tag, d.place.line) for d in note.displays]
    assert rows == [
        ("1", "1", False, False, 5),
        ("2", "2", False, False, 8),
        ("3", "3", False, False, 12),
        ("4a", "4", True, False, 15),
        ("L17", "4", False, True, 17),
        ("L19", "", True, False, 19),
        ("4b", "4", True, False, 21),
        ("L23", "4", False, True, 23),
        ("box", "", False, False, 27),
    ]
    assert texts(note)[0] == "c_t = v c_{t-1} + s_t"
    assert texts(note)[-1] == r"\frac{\partial e_t}{\partial v} = 2 c_t \sum_{i=1}^{t} v^{t-i} c_{i-1}"
    assert inlines(note)[:2] == ["v", "c_t"]
    assert len(note.inlines) == 4
    assert note.inlines[2].before.endswith("If ")
    assert [type(item).__name__ for item in note.items[:4]] == ["Inline", "Inline", "Display", "Display"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$w_h$ and  $h_1(w_h)^{-1}$ .", ["w_h", "h_1(w_h)^{-1}"]),
        ("it costs $5 and $6", []),
        ("it costs $5 and then $x$", ["x"]),
        ("it costs $ 5 and 6$", []),
        (r"\$x$ and \$", []),
        ("a $x\ny$ b", ["x\ny"]),
        ("a $x\n\ny$ b", []),
        ("`$x$`", []),
        ("``a ` $x$`` $y$", ["y"]),
        ("$`x`$", ["x"]),
        (r"\(x\)", ["x"]),
        (r"\\(x\\)", ["x"]),
        (r"\(x", []),
        (r"\``` $x$", ["x"]),
        ("<!-- $x$ --> $y$", ["y"]),
        ("<code>$x$</code> $y$", ["y"]),
        ("```\n$x$\n```\n$y$", ["y"]),
        ("~~~ tex\n$x$\n```\n~~~\n$y$", ["y"]),
        (r"$a \text{ if $x$}$", [r"a \text{ if $x$}"]),
        ("---\ntitle: $a$\n---\n$b$", ["b"]),
        ("> costs\n> $a\n> b$", ["a\n  b"]),
    ],
)
def test_inline_mathematics_of_markdown(text: str, found: list[str]) -> None:
    assert inlines(md(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$$a = b$$", ["a = b"]),
        (r"\$$a = b$", []),
        ("```\n$$a = b$$\n```", []),
        ("``` math\na = b\n\n```\n", ["a = b"]),
        ("```math\na = b\n```\n$$c$$", ["a = b", "c"]),
        ("```maths\na = b\n```\n", []),
        ("`$$a = b$$`", []),
        ("<!--\n$$a = b$$\n-->", []),
        (r"\[ a = b \]", ["a = b"]),
        (r"as in \[1, 2\] and \[3\]", []),
        (r"\\[ a = b \\\\ c = d \\]", ["a = b", "c = d"]),
        ("\\begin{align}\na &= b\n\\end{align}", ["a &= b"]),
        ("\\begin{itemize}\na = b\n\\end{itemize}", []),
        ("> $$\n> a\n> = b\n> $$", ["a\n  = b"]),
        ("$$ $$", []),
        ("$$a = b % = c\n + d$$", ["a = b      \n + d"]),
        ("$$\n\na = b\n\n$$", ["a = b"]),
    ],
)
def test_displays_of_markdown(text: str, found: list[str]) -> None:
    assert texts(md(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"\[ a = b \]", ["a = b"]),
        (r"a \\[2pt] b = c \]", []),
        (r"$$a = b$$", ["a = b"]),
        ("% $$a = b$$", []),
        (r"5\% $$a = b$$", ["a = b"]),
        (r"\\% $$a = b$$", []),
        ("$$a\n% gone\n= b$$", ["a\n       = b"]),
        (r"\verb|$$a = b$$| \verb*+$$+ \verb", []),
        (r"\begin{verbatim}$$a$$\end{verbatim}", []),
        (r"\begin{lstlisting}[x] $ \end{lstlisting}$$a$$", ["a"]),
        (r"\begin{comment}\[a\]\end{comment}", []),
        (r"\iffalse $$a$$ \fi $$b$$", ["b"]),
        (r"\iffalse $$a$$ \iftrue $$b$$ \fi \else $$c$$ \fi $$d$$", ["c", "d"]),
        (r"\newif\ifdraft \ifdraft $$a$$ \else $$b$$ \fi $$c$$", ["b", "c"]),
        (r"\newif\ifdraft \drafttrue \ifdraft $$a$$ \else $$b$$ \fi $$c$$", ["a", "c"]),
        (r"\newif\ifdraft \drafttrue \draftfalse \ifdraft $$a$$ \fi $$c$$", ["c"]),
        (r"\ifdraft $$a$$ \else $$b$$ \fi $$c$$", ["a", "b", "c"]),
        (r"$$a \iff b$$ $$c$$", [r"a \iff b", "c"]),
        (r"$$z$$\begin{document}$$a$$\end{document}$$y$$", ["a"]),
        ("`$$a$$`", ["a"]),
        (r"\begin{equation*} a = b \end{equation*}", ["a = b"]),
        (r"\begin{equation}\begin{aligned}[t] a &= b \\ c &= d \end{aligned}\end{equation}", ["a &= b", "c &= d"]),
        (r"\begin{align}\begin{split} a &= b \\ &= d \end{split}\end{align}", [r"a &= b \\ &= d"]),
        (r"\begin{alignat}{2} a &= b \end{alignat}", ["a &= b"]),
        (r"$$\begin{array}{rcl} a &=& b \\ c &=& d \end{array}$$", ["a &=& b", "c &=& d"]),
        (
            r"$$A = \begin{array}{rc} a & b \\ c & d \end{array}$$",
            [r"A = \begin{array}{rc} a & b \\ c & d \end{array}"],
        ),
        (r"\begin{multline} a = b \\ c \end{multline}", [r"a = b \\ c"]),
        (r"\begin{gather} a = b \\ c = d \end{gather}", ["a = b", "c = d"]),
        (r"\begin{eqnarray} a &=& b \\ &=& d \end{eqnarray}", [r"a &=& b \\ &=& d"]),
        (r"\begin{displaymath} a \end{displaymath}", ["a"]),
        (r"\url{a%b} $$a$$", ["a"]),
    ],
)
def test_displays_of_latex(text: str, found: list[str]) -> None:
    assert texts(tex(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"a &= b \\[2pt] c &= d", ["a &= b", "c &= d"]),
        (r"a &= b \\ & = c", [r"a &= b \\ & = c"]),
        (r"a &= b \\ &\quad + c", [r"a &= b \\ &\quad + c"]),
        (r"a &= b \\ &\cdot c", [r"a &= b \\ &\cdot c"]),
        (r"a &= b + \\ & c", [r"a &= b + \\ & c"]),
        (r"a &= b \\ & c", [r"a &= b \\ & c"]),
        (r"a &= b \\ &- c", [r"a &= b \\ &- c"]),
        (r"a &= b \\ -c &= d", ["a &= b", "-c &= d"]),
        (r"a &= b \\ \\ c &= d \\", ["a &= b", "c &= d"]),
        (r"a &= {b \\ c}", [r"a &= {b \\ c}"]),
        (r"a &= \begin{cases} b \\ c \end{cases} \\ c &= d", [r"a &= \begin{cases} b \\ c \end{cases}", "c &= d"]),
        (r"a &= b \\ \implies c &= d", ["a &= b", "c &= d"]),
        (r"a &= b \\ \intertext{so} c &= d", ["a &= b", "c &= d"]),
        (r"a &= b & c &= d", ["a &= b", "c &= d"]),
        (r"a &= b & c", ["a &= b & c"]),
    ],
)
def test_rows_of_an_alignment(text: str, found: list[str]) -> None:
    assert texts(tex(rf"\begin{{align}}{text}\end{{align}}")) == found


@pytest.mark.parametrize(
    ("text", "tag", "formula"),
    [
        (r"$$a = b \tag{3}$$", "3", "a = b"),
        (r"$$a = b \tag*{(3)}$$", "3", "a = b"),
        (r"$$a = b \tag{$9.7.1$}.$$", "9.7.1", "a = b"),
        (r"$$a = b \qquad (3)$$", "3", "a = b"),
        (r"$$a = b, \quad\text{(A.2)}$$", "A.2", "a = b"),
        (r"$$a = b, (3a)$$", "3a", "a = b"),
        (r"$$a = b \eqno(3)$$", "3", "a = b"),
        ("$$a = b_{t}\n(3)$$", "3", "a = b_{t}"),
        ("$$a = b$$\n(3)\nand so on", "3", "a = b"),
        ("$$a = b$$ (3)", "3", "a = b"),
        ("$$a = b$$\n(as $x$ is (so)) (3)\n", "3", "a = b"),
        (r"$$a = b \label{eq:foo}$$", "eq:foo", "a = b"),
        (r"$$a = b \label{eq:foo} \tag{3}$$", "3", "a = b"),
        (r"$$a = \boxed{b}$$", "box", "a =        b"),
        (r"$$\boxed{a = b} \tag{3}$$", "3", "a = b"),
        (r"$$\boxed{a = b}, \quad t \ge 1$$", "box", "a = b"),
        (r"$$\boxed{\begin{aligned} a &= b \end{aligned}}$$", "box", "a &= b"),
        # Near twins: an argument, a factor, a mention in a sentence.
        (r"$$a = f(1)$$", "L1", "a = f(1)"),
        (r"$$a = b (3)$$", "L1", "a = b (3)"),
        ("$$a = f\n(3)$$", "L1", "a = f\n(3)"),
        ("$$a = b$$\nby equation (3)\n", "L1", "a = b"),
        ("$$a = b$$\n\n(3)\n", "L1", "a = b"),
        ("$$a = b$$\n(three)", "L1", "a = b"),
        (r"$$a = 2\boxed{b + c}d$$", "box", r"a = 2      {b + c}d"),
    ],
)
def test_the_tag_of_a_display_and_what_is_left_of_it(text: str, tag: str, formula: str) -> None:
    display = one(md(text))
    assert (display.tag, display.formula.text) == (tag, formula)


def test_rows_that_share_a_number_are_told_apart_by_letters() -> None:
    note = tex(r"$$\begin{aligned} a &= b \\ c &= d \end{aligned} \tag{9.7.1}$$")
    assert tags(note) == ["9.7.1a", "9.7.1b"]
    assert [display.printed for display in note.displays] == ["9.7.1", "9.7.1"]
    each = tex(r"\begin{align} a &= b \tag{1} \\ &= c \tag{2} \\ d &= e \label{x} \end{align}")
    assert tags(each) == ["1", "2", "x"]
    assert [display.continues for display in each.displays] == [False, True, False]


def test_a_number_used_twice_never_takes_the_name_of_another() -> None:
    note = md("$$a \\tag{10}$$\n\n$$b \\tag{10a}$$\n\n$$c \\tag{10}$$\n\n$$d$$ $$e$$ $$\\boxed{f}$$ $$\\boxed{g}$$")
    assert tags(note) == ["10b", "10a", "10c", "L7a", "L7b", "box", "L7c"]


@pytest.mark.parametrize(
    ("text", "formula", "aside"),
    [
        (r"a = b, \quad \text{for } t \ge 2.", "a = b", r"\text{for } t \ge 2"),
        (r"a = b \text{ if } t > 1", "a = b", r"\text{ if } t > 1"),
        (r"a = b \qquad \text{where } c = d", "a = b", r"\text{where } c = d"),
        (r"a = b, \quad t = 1, \dots, T", "a = b", r"t = 1, \dots, T"),
        (r"a = b, \; t \ge 1", "a = b", r"t \ge 1"),
        (r"a = b \quad \forall t", "a = b", r"\forall t"),
        (r"a = b \quad (1 \le i < t)", "a = b", r"(1 \le i < t)"),
        (r"a = b \quad i \in \{1, \dots, n\}", "a = b", r"i \in \{1, \dots, n\}"),
        # Near twins: a name, an argument, a condition inside of a case.
        (r"a = \text{softmax}(b)", r"a = \text{softmax}(b)", ""),
        (r"a = f(b, t \ge 1)", r"a = f(b, t \ge 1)", ""),
        (r"a_{\text{for}} = b", r"a_{\text{for}} = b", ""),
        (
            r"a = \begin{cases} b & \text{if } c \\ d \end{cases}",
            r"a = \begin{cases} b & \text{if } c \\ d \end{cases}",
            "",
        ),
        (r"a = \left. b \right.", r"a = \left. b \right.", ""),
        (r"a = b \quad c", r"a = b \quad c", ""),
    ],
)
def test_a_side_condition_is_set_aside(text: str, formula: str, aside: str) -> None:
    display = one(md(f"$${text}$$"))
    assert (display.formula.text, display.aside) == (formula, aside)


def test_two_equations_of_one_line_are_two_displays() -> None:
    assert texts(md(r"$$a = b, \quad c = d \tag{3}$$")) == ["a = b", "c = d"]
    second = md(r"$$a = b, \quad c = d \tag{3}$$").displays[1]
    assert (second.tag, str(second.place), second.source) == ("3b", "note.md:1:16", r"c = d \tag{3}")
    assert texts(md(r"$$a = b \quad \text{and} \quad c = d$$")) == ["a = b", "c = d"]
    assert texts(md(r"$$a = b, \quad = d$$")) == [r"a = b, \quad = d"]


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("one\n $$a = b", "note.md:2:2", "another $$"),
        ("$$a\n\nb$$", "note.md:1:1", "a blank line"),
        (r"x \[ a = b", "note.md:1:3", r"\]"),
        (r"\begin{align} a = b", "note.md:1:1", r"\end{align}"),
        (r"\begin{align}\begin{cases} a \end{align}", "note.md:1:30", r"\end{cases}"),
        (r"a \end{align}", "note.md:1:3", r"\begin{align}"),
        ("```\n$$a$$", "note.md:1:1", "another ```"),
        ("a <!-- $$a$$", "note.md:1:3", "-->"),
        (f"$${'a' * (FORMULA + 1)}$$", "note.md:1:1", "at most 20,000"),
        ("$$a$$ " * (DISPLAYS + 1), f"note.md:1:{6 * DISPLAYS + 1}", "at most 5,000"),
        ("a" * (CHARACTERS + 1), "note.md", "at most 2,000,000"),
    ],
)
def test_what_never_ends_is_one_error_at_its_opening(text: str, place: str, expected: str) -> None:
    with pytest.raises(NoteError) as caught:
        md(text)
    assert str(caught.value).startswith(f"{place}: ")
    assert expected in str(caught.value)


def test_a_file_that_is_no_note_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    with pytest.raises(NoteError, match="no such file"):
        read_document(path)
    path.write_bytes(b"one\n\xff")
    with pytest.raises(NoteError, match=r"note\.md:2:1: .*UTF-8"):
        read_document(path)
    path.write_bytes("\ufeff# Übung\r\n\r\n$$a = b$$\r\n(1)\r\n".encode())
    note = read_document(path)
    assert (note.title, tags(note), note.displays[0].place.line) == ("Übung", ["1"], 3)


@pytest.mark.parametrize(
    ("text", "title"), [(r"\title{On \textbf{counts}\thanks{us}} \begin{document}", "On counts"), ("x", "note")]
)
def test_the_title_of_a_latex_note(text: str, title: str) -> None:
    assert tex(text).title == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: 'On counts'\n---\n# Other", "On counts"),
        ("```\n# code\n```\n## On counts ##\n", "On counts"),
        ("On counts\n=====\n", "On counts"),
        ("#5 is no heading", "note"),
    ],
)
def test_the_title_of_a_markdown_note(text: str, title: str) -> None:
    assert md(text).title == title


def test_the_caret_stands_under_the_character() -> None:
    note = md("Some text.\n\n$$\nh_t = W ? x\n$$\n")
    formula = one(note).formula
    offset = formula.at(formula.text.index("?"))
    assert str(note.place_at(offset)) == "note.md:4:9"
    assert note.excerpt(offset) == "h_t = W ? x\n        ^"


@given(st.integers(0, 399), st.integers(10, 100))
def test_a_long_line_is_cut_around_its_caret(column: int, width: int) -> None:
    source = Source.of("first\n" + "".join(chr(ord("a") + number % 26) for number in range(400)), "note.md")
    line, caret = source.excerpt(6 + column, width).split("\n")
    assert len(line) <= width
    assert len(caret) <= width
    assert line[len(caret) - 1] in (source.text[6 + column], "…")


def test_what_a_terminal_would_obey_is_a_space() -> None:
    note = md("# A\x1b[31m\u202etitle\n\n$$a \\tag{\x1b1}$$")
    assert note.title == "A [31m title"
    assert (tags(note), note.source.text.isascii(), "\x1b" in note.source.text) == (["1"], True, False)


# --------------------------------------------------------------------------------------------------- macros


@pytest.mark.parametrize(
    ("definition", "use", "meaning"),
    [
        (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd{h_t}w", r"\frac{\partial h_t}{\partial w}"),
        (r"\def\W{\mathbf{W}}", r"\W x_\W", r"\mathbf{W} x_{\mathbf{W}}"),
        (r"\newcommand\al{\alpha}", r"\al x", r"\alpha x"),
        (r"\newcommand{\p}[1]{\partial}", r"\p{a}b", r"\partial b"),
        (r"\newcommand{\n}[2][2]{#2_#1}", r"\n{x} \n[3]{x}", "x_2 x_3"),
        (r"\DeclareMathOperator{\diag}{diag}", r"\diag x", r"\operatorname{diag} x"),
        (r"\def\a{\b\b}\def\b{c}", r"\a", "cc"),
        (r"\newcommand{\x}{\ensuremath{x}}", r"\x y", "x y"),
        (r"\let\e\epsilon", r"\e x", r"\epsilon x"),
        (r"\let\e=\epsilon", r"\e x", r"\epsilon x"),
        (r"\let\old\tanh\renewcommand{\tanh}{2\old}", r"\tanh x", r"2\tanh x"),
        (r"\providecommand{\a}{b}", r"\a", "b"),
        (r"\newcommand{\a}{c}\providecommand{\a}{b}", r"\a", "c"),
        (r"\def\a{b} {\def\a{c}}", r"\a", "b"),
        (r"\def\a{b} {{\def\b{}}\def\a{c}\def\b{\a}}", r"\a\b", r"b\b"),
        # What stands in an argument is in no group.
        (r"\def\a{b}\AtBeginDocument{\def\a{c}}", r"\a", "c"),
        # Near twins that stay as they stand.
        (r"\let\e=x", r"\e x", r"\e x"),
        (r"\newcommand{\W}{w}", r"\Wx", r"\Wx"),
        (r"\newcommand{\W}{w}", r"\\W", r"\\W"),
        (r"% \newcommand{\W}{w}" + "\n", r"\W", r"\W"),
    ],
)
def test_a_macro_of_the_note_is_expanded(definition: str, use: str, meaning: str) -> None:
    assert texts(tex(definition + r"\begin{document}$$= " + use + "$$")) == ["= " + meaning]


def test_a_character_of_a_macro_points_to_its_use() -> None:
    text = "\\newcommand{\\W}{\\mathbf{W}}\n\\newcommand{\\be}{\\begin{equation}}\\newcommand{\\ee}{\\end{equation}}\n"
    note = tex(text + "\\be h = \\W x + b \\ee\n\n$$c = d$$")
    first, second = note.displays
    assert first.formula.text == r"h = \mathbf{W} x + b"
    places = [
        str(note.place_at(first.formula.at(first.formula.text.index(sign)))) for sign in ("h", "mathbf", "x", "b", "=")
    ]
    assert places[0] == "note.tex:3:5"
    assert places[1] == "note.tex:3:9"
    assert places[2] == "note.tex:3:12"
    assert first.source == r"h = \W x + b"
    assert (str(second.place), second.source) == ("note.tex:5:3", "c = d")


# Eight macros that each use the next one eight times.
DOUBLING = [(one, rf"\{following}" * 8) for one, following in zip("abcdefgh", "bcdefghi", strict=True)]


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (r"\def\a{\a}", "it may contain itself"),
        (r"\def\a{\b}\def\b{x\a}", "it may contain itself"),
        ("".join(rf"\def\{one}{{{eight}}}" for one, eight in DOUBLING), "expected less"),
        (r"\newcommand{\a}[1]{#2}", "at most 1 arguments"),
        (r"\def\begin{x}", "rename it"),
    ],
)
def test_a_macro_that_runs_away_is_one_error(definition: str, expected: str) -> None:
    with pytest.raises(NoteError, match=r"note\.tex:\d+:\d+: ") as caught:
        tex(definition + "\n" + r"$$\a x$$")
    assert expected in str(caught.value)


# --------------------------------------------------------------------------------------------------- any text

WORDS = r"""
$ $$ \[ \] \( \) \\ \\[ \\] { } & = + - ( ) , . % ` ``` ~~~ <!-- --> > # (1) \tag{1} \label{a} \boxed{ \text{for} \quad
\begin{align} \end{align} \begin{aligned} \end{aligned} \begin{cases} \end{cases} \newcommand{\a}[1]{#1} \a \def
\iffalse \fi \verb| \title{ a b 1 \frac \begin{document} \end{document}
"""
SIGNS = st.sampled_from([*WORDS.split(), "\n", "\n\n", " ", "```math\n", "---\n"])


@settings(max_examples=400)
@given(st.lists(st.one_of(SIGNS, st.text(max_size=3)), max_size=40).map("".join), st.sampled_from(["md", "tex"]))
def test_any_text_is_a_note_or_one_error_and_every_place_is_in_it(text: str, ending: str) -> None:
    try:
        note = split_document(text, f"note.{ending}")
    except NoteError:
        return
    found = [display.tag for display in note.displays]
    assert len(found) == len(set(found))
    assert all(found)
    for item in note.items:
        assert 0 <= item.formula.offset <= len(note.source.text)
        assert str(note.place_at(item.formula.offset)).startswith("note.")
        assert len(item.formula.origins) in (0, len(item.formula.text))
        if not item.formula.origins:
            stands = note.source.text[item.formula.offset : item.formula.offset + len(item.formula.text)]
            # What is no part of the formula is blank; everything else stands at its place.
            assert all(a == b or a in " \n" for a, b in zip(item.formula.text, stands, strict=True))


FORMULAS = st.sampled_from(["a = b", r"h_t = W x_{t-1}", r"\frac{a}{b} = \left( c \right)", r"x \$ = y", "= c"])
BETWEEN = st.sampled_from(
    [
        "text",
        "a $x$ b",
        "`$$`",
        "```\n$$no$$\n```",
        r"\$5",
        "<!-- $$no$$ -->",
        "costs $5 and $6",
        r"\[1\]",
        "",
        "- item",
    ]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(BETWEEN, FORMULAS), max_size=8))
def test_as_many_displays_are_found_as_were_put_in(parts: list[tuple[str, str]]) -> None:
    note = md("\n\n".join(f"{between}\n\n$${formula}$$" for between, formula in parts))
    assert [display.formula.text for display in note.displays] == [formula for _, formula in parts]


def test_a_long_note_takes_time_in_proportion() -> None:
    lines = "Some text with $x_1$ in it.\n" * 17
    body = lines + "\n\\begin{align}\na &= \\pd{f}{x}, \\\\\n&= c \\quad \\text{for } t \\ge 1.\n\\end{align}\n"
    macro = r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}" + "\n"
    assert (macro + body * 480).count("\n") > 10_000
    assert len(tex(macro + body * 480).displays) == 480
    assert in_proportion(lambda times: tex(macro + body * times), 60)


@pytest.mark.parametrize(
    "unit", ["$", "${", "\\[ ", "\\( ", "`", "{", "\\text{$", "\n\n", "%\n", "$`", "\\a{", "<code>"]
)
def test_an_unkind_note_takes_time_in_proportion(unit: str) -> None:
    def split(times: int) -> None:
        for ending in ("md", "tex"):
            with contextlib.suppress(NoteError):
                split_document(r"\def\a#1{#1}" + unit * times, f"note.{ending}")

    assert in_proportion(split, 2000)


def test_a_fence_of_the_directive_math_is_a_display_with_its_label(tmp_path: Path) -> None:
    text = "```{math}\n:nowrap:\n:label: eq:h\nh_t = 1\n```\n\n```{code}\n$$g_t = 1$$\n```\n"
    (found,) = split_document(text, "note.md").displays
    assert (found.formula.text.strip(), found.tag) == ("h_t = 1", "eq:h")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```{note}\n$$a$$\n```\n$$b$$", ["a", "b"]),
        ("````{prf:proof}\n$$a$$\n```python\n$$b$$\n```\n$$c$$\n````\n$$d$$", ["a", "c", "d"]),
        ("````{dropdown} Solution\n```{math}\na\n```\n````\n$$b$$", ["a", "b"]),
        ("```{python}\n$$a$$\n```\n$$b$$", ["b"]),
        ("```{.tex}\n$$a$$\n```\n$$b$$", ["b"]),
    ],
)
def test_a_directive_of_text_is_text_and_one_of_code_is_code(text: str, found: list[str]) -> None:
    assert [display.formula.text.strip() for display in split_document(text, "note.md").displays] == found


def test_an_empty_line_within_one_environment_ends_no_display() -> None:
    text = "$$\n\\begin{aligned}\na &= b \\\\\n\n c &= d\n\\end{aligned}\n$$\n"
    assert [display.formula.text.strip() for display in split_document(text, "note.md").displays] == [
        "a &= b",
        "c &= d",
    ]
    with pytest.raises(NoteError, match="a blank line"):
        split_document(text.replace("\\end{aligned}", "\\end{aligned} + 1"), "note.md")


def test_a_fence_of_many_back_ticks_is_not_quoted_in_full() -> None:
    with pytest.raises(NoteError) as raised:
        split_document("`" * 100_000 + "\n", "note.md")
    assert "(100,000 of them) has no end" in str(raised.value)
    assert len(str(raised.value)) < 200


def test_text_in_another_encoding_is_refused_and_not_read_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_bytes("$$h_t = 1$$\n".encode("utf-16-le"))
    with pytest.raises(NoteError, match=r"note\.md:1:2: a byte here is not UTF-8"):
        read_document(path)
