"""Notes that bring in files: what is followed, what is not, and that nothing is proved beside what was not read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symbptt.errors import NoteError
from symbptt.judging.pages import judge_note
from symbptt.reader.note import read_formula, read_note
from symbptt.show.excerpts import note_latex
from symbptt.text import inputs
from symbptt.text.document import read_document
from tests.commands import run_here
from tests.pages import UNEXPLAINED, words_of

STATE = r"$$h_t = \phi(W h_{t-1} + U x_t)$$"
STEP = r"""$$\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}
+ \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}$$"""
WRONG = STEP.replace("d h_{t-1}}", "d h_t}")


def written(folder: Path, **texts: str) -> Path:
    """The files ``main.tex``, and for ``parts_one`` ``parts/one.tex``."""
    for name, text in texts.items():
        path = folder / f"{name.replace('_', '/')}.tex"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder / "main.tex"


def words(path: Path) -> dict[str, str]:
    return {row.tag: row.word for row in judge_note(read_note(path), question=UNEXPLAINED)}


@pytest.mark.parametrize(
    "command",
    [
        r"\input{parts/one}",
        r"\input{parts/one.tex}",
        r"\input{ parts/one }",
        r'\input{"parts/one"}',
        r"\input parts/one",
        r"\input parts/one.tex text",
        r"\include{parts/one}",
        r"\subfile{parts/one}",
        r"\import{parts/}{one}",
        r"\subimport*{./parts/}{one.tex}",
        r"\verb|x| \\\input{parts/one}",
    ],
)
def test_a_file_beside_the_note_is_read_in_its_place(tmp_path: Path, command: str) -> None:
    path = written(tmp_path, main=f"A\n{command}\n{STEP}\n", parts_one=f"B\n{STATE}\n")
    assert words(path) == {"one-L2": "definition", "L3": "proved"}
    path.write_text(f"A\n{command}\n{WRONG}\n")
    assert words(path) == {"one-L2": "definition", "L3": "refuted"}


@pytest.mark.parametrize(
    "text",
    [
        r"% \input{parts/one}",
        r"\verb|\input{parts/one}|",
        "\\begin{verbatim}\n\\input{parts/one}\n\\end{verbatim}",
        "\\iffalse\n\\input{parts/one}\n\\fi",
        r"a row break \\input{parts/one}",
        r"\includeonly{parts/one} \includegraphics{parts/one} \input@path",
    ],
)
def test_what_brings_in_nothing_is_not_followed(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, main=f"{text}\n{STEP}\n", parts_one=STATE)
    document = read_document(path)
    assert len(document.displays) == 1
    assert not document.missing


def test_markdown_brings_in_what_braces_name_and_its_code_and_its_words_do_not(tmp_path: Path) -> None:
    written(tmp_path, parts_one=STATE)
    path = tmp_path / "page.md"
    path.write_text(f"\\input{{parts/one}}\n\nThe \\input command, `\\input{{two}}`.\n\n{STEP}\n")
    assert list(words(path).values()) == ["definition", "proved"]


def test_macros_of_a_file_are_those_of_the_note_and_a_preamble_of_its_own_is_not(tmp_path: Path) -> None:
    head = "\\documentclass{article}\n\\input{macros}\n\\begin{document}\n"
    own = "\\documentclass{subfiles}\n\\renewcommand{\\W}{V}\n\\begin{document}\n"
    state = STATE.replace("W", r"\W ")
    path = written(
        tmp_path,
        main=f"{head}\\subfile{{one}}\n{STEP}\n\\end{{document}}\n",
        macros="\\newcommand{\\W}{W}\n$$a = b$$\n",
        one=f"{own}{state}\n\\end{{document}}\n$$c = d$$\n",
    )
    assert words(path) == {"one-L4": "definition", "L5": "proved"}
    path.write_text(path.read_text().replace("\\input{macros}\n", ""))
    assert words(path)["L4"] != "proved"


def test_what_stands_behind_endinput_is_not_on_the_page(tmp_path: Path) -> None:
    path = written(tmp_path, main=f"\\input{{one}}\n{STEP}\n", one=f"{STATE}\n\\endinput\n$$a = b$$\n")
    assert words(path) == {"one-L1": "definition", "L2": "proved"}


# --------------------------------------------------------------------------------------------------- where it stands


def test_each_row_says_in_which_file_it_stands(tmp_path: Path) -> None:
    one = f"B\n\n{STATE}\n\nx $$h_t = \\foo$$\n"
    main = f"A \\input{{parts/one}} and $$h_t = \\far$$\n{STEP}\n"
    path = written(tmp_path, main=main, parts_one=one)
    report = tmp_path / "report.json"
    done = run_here("check", str(path), "--json", str(report))
    rows = json.loads(report.read_text())["sources"][0]["equations"]
    part = str(tmp_path / "parts" / "one.tex")
    assert [(Path(row["path"]).name, row["line"]) for row in rows] == [
        ("one.tex", 3), ("one.tex", 5), ("main.tex", 1), ("main.tex", 2),
    ]  # fmt: skip
    assert rows[0]["path"] == part
    assert "parts/one.tex line 5, column 11: \\foo is not known here\n" in done.stdout
    lines = done.stdout.splitlines()
    shown = next(place for place, line in enumerate(lines) if line.strip() == "x $$h_t = \\foo$$")
    assert lines[shown + 1].index("^") == lines[shown].index("\\foo")
    assert f"line 1, column {main.index('far')}: \\far is not known here" in done.stdout


def test_a_formula_in_the_text_of_a_file_is_listed_with_that_file(tmp_path: Path) -> None:
    path = written(tmp_path, main=f"\\input{{one}}\n{STEP}\n", one=f"\n\n\n\nThe state is {STATE[1:-1]}.\n")
    assert words(path) == {"L2": "proved"}
    note = read_note(path)
    assert any(said.startswith("one.tex line 5: ") and "is taken from the text" in said for said in note.assumed)
    # It stands before the claim, with a line of a greater number.
    assert note_latex(note).index(r"\noindent With") < note_latex(note).index(r"\frac")


def test_a_fault_of_a_file_names_that_file(tmp_path: Path) -> None:
    path = written(tmp_path, main=f"{STATE}\n\\input{{one}}\n", one="\n\n$$a = b\n")
    with pytest.raises(NoteError, match=r"/one\.tex:3:1: \$\$ opens a display that has no end"):
        read_note(path)


def test_a_comment_in_a_file_says_what_is_expected_there(tmp_path: Path) -> None:
    path = written(tmp_path, main=f"{STATE}\n\\input{{one}}\n", one=f"% symbptt: refuted, one step late\n{WRONG}\n")
    (_, row) = judge_note(read_note(path), question=UNEXPLAINED)
    assert (row.kind, row.word, row.why) == ("misreading", "refuted", "one step late")


# --------------------------------------------------------------------------------------------------- what is not read


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (r"\input{two}", "two is not read: there is no such file beside the note"),
        (r"\include{../two}", "../two is not read: it does not stand in the folder of the note"),
        (r"\input{link}", "link is not read: it does not stand in the folder of the note"),
        (r"\input{folder/two}", "folder/two is not read: it does not stand in the folder of the note"),
        (r"\input{/etc/passwd}", "/etc/passwd is not read: it does not stand in the folder of the note"),
        (r"\input{\name}", r"\name is not read: its name is not written out"),
        (r"\newcommand{\chapter}[1]{\input{parts/#1}}", "parts/#1 is not read: its name is not written out"),
        (r"\input\name", r"\input is not read: its name is not written out"),
        (r"\input{bytes}", "bytes is not read: "),
        (r"\input{loop}", "loop is not read: "),
    ],
)
def test_beside_what_is_not_read_nothing_is_proved_or_refuted(tmp_path: Path, command: str, why: str) -> None:
    folder = tmp_path / "note"
    folder.mkdir()
    (tmp_path / "two.tex").write_text(STATE)
    (folder / "link.tex").symlink_to(tmp_path / "two.tex")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "loop.tex").symlink_to(folder / "loop.tex")
    (folder / "bytes.tex").write_bytes(b"\xff\xfe")
    page = f"\n{STATE}\n{STEP}\n{WRONG}\n% {command}\n"
    path = written(folder, main=page)
    assert words(path) == {"L2": "definition", "L3": "proved", "L5": "refuted"}
    path.write_text(page.replace("% ", ""))
    note = read_note(path)
    assert note.assumed[0].startswith(f"line 7: {why}")
    rows = list(judge_note(note, question=UNEXPLAINED))
    assert [row.word for row in rows] == ["definition", "undecided", "undecided"]
    assert all(row.verdict is None or row.verdict.reason.startswith(f"line 7: {why}") for row in rows)
    done = run_here("check", str(path))
    assert done.returncode == 1
    assert "line 7: " in done.stdout


def test_a_note_of_a_missing_file_alone_has_no_equation(tmp_path: Path) -> None:
    done = run_here("check", str(written(tmp_path, main="\\input{chap1}\n")))
    assert done.returncode == 5
    assert "line 1: chap1 is not read: there is no such file beside the note" in done.stdout
    assert run_here("check", str(written(tmp_path, chap1=STATE).with_name("main.tex"))).returncode == 0


def test_a_formula_by_itself_brings_in_nothing() -> None:
    note = read_formula(r"h_t = \input{one}")
    assert note.missing == ("line 1: one is not read: the note is no file, and nothing stands beside it",)


def test_a_file_is_read_once_wherever_it_is_named(tmp_path: Path) -> None:
    again = "\\input{one}\n\\input{main}\n"
    path = written(tmp_path, main=f"\\input{{one}}\n{again}{STEP}\n", one=f"{STATE}\n{again}")
    assert words(path) == {"one-L1": "definition", "L4": "proved"}


def test_there_is_an_end_to_files_in_files_and_to_their_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = {f"f{k}": f"\\input{{f{k + 1}}}\n" for k in range(inputs.DEPTH + 1)}
    path = written(tmp_path, main="\\input{f0}\n", **chain)
    (said,) = read_document(path).missing
    assert said == f"f{inputs.DEPTH - 1}.tex line 1: f{inputs.DEPTH} is not read: it is brought in 20 files deep"
    monkeypatch.setattr(inputs, "FILES", 3)
    with pytest.raises(NoteError, match="one file too many, expected at most 3 files"):
        read_document(path)


def test_in_a_folder_a_part_of_a_note_is_judged_within_it_and_by_itself_where_it_is_named(tmp_path: Path) -> None:
    main = written(tmp_path, main=f"\\input{{one}}\n{STEP}\n", one=f"{STATE}\n{WRONG}\n")
    assert run_here("check", str(tmp_path)).stdout.count("refuted   ") == 1
    assert run_here("check", str(main), str(tmp_path / "one.tex")).stdout.count("refuted   ") == 2


@pytest.mark.parametrize(
    ("told", "claim", "word"),
    [
        ("where $W$, $U$ are weights, $x_t$ the input and $\\phi$ an activation.", True, "proved"),
        ("where $W$, $U$ are weights, $x_t$ the input and $\\phi$ an activation.", False, "undecided"),
        ("where $W$ is a weight, $x_t$ the input and $\\phi$ an activation.", True, "undecided"),
        ("", True, "undecided"),
    ],
)
def test_a_missing_file_may_say_what_is_not_said_on_the_page_and_nothing_else(
    tmp_path: Path, told: str, claim: bool, word: str
) -> None:
    state = r"$$h_t = \phi(W h_{t-1} + U x_t)$$"
    slope = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\phi'(W h_{t-1} + U x_t)) W"
    main = f"\\input{{model}}\n{state}\n{told}\n$${slope}{'' if claim else '^2'}$$\n"
    rows = list(judge_note(read_note(written(tmp_path, main=main)), question=UNEXPLAINED))
    assert [row.word for row in rows] == ["definition", word]
    assert words_of(read_note(written(tmp_path, main=main, model=""))) == [
        "definition", "proved" if claim else "refuted",
    ]  # fmt: skip
