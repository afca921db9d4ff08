"""Reports and plots as their readers meet them: in a browser, through TeX, as files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from symbptt.errors import UsageError
from symbptt.printing.mathml import equation_mathml, prose
from symbptt.show.blocks import as_html
from symbptt.show.dossier import Dossier, gather
from symbptt.show.paper import compile_pdf, write_latex
from symbptt.show.plots import DARK, Drawn, can_draw, in_the_dark
from symbptt.show.webpage import write_html
from symbptt.verdicts import Question
from tests.browser import browser
from tests.commands import PATIENCE, run_here, script
from tests.pages import CHROMIUM, NOTE, ROOT, needs_chromium, needs_pdftotext, needs_tex, once

DERIVATIONS = sorted(path for path in (ROOT / "derivations").iterdir() if path.suffix in (".py", ".md", ".tex"))
QUICK = Question(steps=(1, 2, 3))
BOXED = (
    'page.claim("1", d(h[t], W), Sum(Product(partial(h[j], h[j - 1]), (j, i + 1, t)) @ partial(h[i], W), (i, 1, t)))'
)
HOSTILE = r"""# <script>alert("title")</script> \input{/etc/passwd}

With $h_t = f(x_t, h_{t-1}, w)$, <img src="http://127.0.0.1:9/x.png">

$$\frac{\partial h_t}{\partial w} = \frac{\partial h_t}{\partial w} \tag{<b>1</b>}$$

$$\input{/etc/passwd} <script>alert(1)</script> \write18{touch hacked} ^^5cinput \end{document} \tag{2}$$
"""


class Outline(HTMLParser):
    """The elements, attributes and text of a page; raises where elements do not nest."""

    EMPTY = ("meta", "link", "img", "br", "mspace")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.seen = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.seen += data


@cache
def gathered(path: Path) -> list[Dossier]:
    return once(f"gathered {path}", lambda: gather(path, QUICK))


@cache
def page_of(path: Path) -> str:
    return write_html(gathered(path), [], "0")


# --------------------------------------------------------------------------------------------------- HTML


@pytest.mark.parametrize("path", DERIVATIONS, ids=lambda path: path.name)
def test_every_equation_of_a_derivation_is_in_its_report_with_its_verdict(path: Path) -> None:
    (dossier,) = gathered(path)
    page = write_html([dossier], [], "0")
    outline = Outline(page)
    ids = [attributes["id"] for tag, attributes in outline.elements if tag == "article" and "id" in attributes]
    assert len(ids) == len(set(ids)) == len(dossier.sheet.rows) > 1
    for row in dossier.sheet.rows:
        shown = re.escape(f"({row.tag})").replace("'", "&#x27;")
        assert re.search(rf'<span class="tag">{shown}</span><span class="word [a-z]+">[✓✗?–]? ?{row.word}</span>', page)
    assert {
        attributes["href"].removeprefix("#")
        for tag, attributes in outline.elements
        if tag == "a" and attributes["href"]
    } <= set(ids)


def test_a_report_loads_nothing_and_runs_nothing() -> None:
    outline = Outline(page_of(NOTE))
    kinds = {tag for tag, _ in outline.elements}
    assert kinds.isdisjoint({"script", "iframe", "object", "embed", "form", "base"})
    for tag, attributes in outline.elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    (policy,) = (
        attributes["content"]
        for tag, attributes in outline.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_report_holds_premises_the_table_the_numbers_and_the_proof() -> None:
    page = page_of(NOTE)
    seen = Outline(page).seen
    assert re.search(r'Premises: <a href="#e\d+">\(6\)</a>, <a href="#e\d+">\(7\)</a>', page)
    assert seen.count("t = 4") >= 4
    assert "14 of 14 proved claims agree with complex step" in seen
    assert "proved by induction, for every t ≥ 1, any sizes" in seen
    assert "the Jacobians in ascending order, the smallest index on the left" in seen
    example = "phi_h may be any function, so also phi_h(a) = a + a²; W_hh[1] = 1, X_1[1] = 1"
    assert prose(f"Example: {example}, all else 0: left 1, right 2") in page
    # Letters are set as such, with their scripts and their entries.
    assert "W_hh" not in seen
    assert "<msub><mi>W</mi><mrow><mi>h</mi><mi>h</mi></mrow></msub>" in prose(example)


def test_what_holds_as_read_shows_the_reading_the_literal_refutation_and_the_corrected_equation() -> None:
    (dossier,) = gathered(ROOT / "derivations" / "errata.md")
    read = [row for row in dossier.sheet.rows if row.word == "holds-as-read"]
    assert read
    page = write_html([dossier], [], "0")
    for row in read:
        assert row.verdict is not None
        assert row.verdict.reading is not None
        assert row.verdict.read_as is not None
        assert prose(f"Read as: {row.verdict.reading.words}") in page
    assert "Example: " in Outline(page).seen


def test_the_report_of_a_note_holds_the_proof_of_each_reading_and_the_table_of_what_is_meant() -> None:
    (dossier,) = gathered(ROOT / "derivations" / "islam.md")
    page = write_html([dossier], [], "0")
    assert Outline(page).seen.count("Why it is true") == sum(
        part.word in ("proved", "holds-as-read") for row in dossier.sheet.rows for part in (row.links or (row,))
    )
    (box,) = (entry for entry in dossier.entries if entry.row.tag == "box")
    proof = as_html(box.proof)
    # In formulas and not in signs of a typewriter, below the equation that is meant.
    assert box.row.equation is not None
    assert f'<div class="proof"><div class="math">{equation_mathml(box.row.equation.chain)}</div>{proof}</div>' in page
    assert proof.count("<li>") == proof.count("</li>") == 6
    assert proof.endswith("∎</p></li></ol>")
    assert "<pre" not in proof
    assert "Σ_" not in proof
    # As printed the box has ∂h_3/∂h_2 at t = 2, and as it is meant it has not.
    assert [str(side) for side in box.terms[1].displays[0]] == ["d h_2/d w_h", "∂⁺h_2/∂w_h + ∂h_2/∂h_1 · ∂⁺h_1/∂w_h"]
    (errata,) = gathered(ROOT / "derivations" / "errata.md")
    assert [entry.terms for entry in errata.entries if entry.row.word in ("refuted", "ill-typed")] == [()] * 4


def test_a_hostile_note_is_text_in_html_and_in_tex(tmp_path: Path) -> None:
    path = tmp_path / "hostile.md"
    path.write_text(HOSTILE)
    dossiers = gather(path, QUICK)
    outline = Outline(write_html(dossiers, [], "0"))
    assert {tag for tag, _ in outline.elements}.isdisjoint({"script", "img", "b"})
    assert "<script>alert(1)</script>" in outline.seen
    written = write_latex(dossiers, {}, "0")
    for command in (r"\input{", r"\write18", "^^5c", "<script>"):
        assert command not in written
    assert written.count(r"\end{document}") == 1


def opened(path: Path, folder: Path) -> tuple[list[str], set[str], str]:
    """What a browser says on its console, what it asks the network for, and the page it ends with."""
    assert CHROMIUM is not None
    log = folder / "net.json"
    quiet = "no-sandbox disable-gpu disable-background-networking disable-component-update disable-sync no-first-run"
    command = [CHROMIUM, "--headless", *(f"--{flag}" for flag in quiet.split()), "--enable-logging=stderr"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    events = json.loads(log.read_text())["events"]
    asked = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    # The browser's own questions, which it asks with an empty page too.
    own = re.compile(r"https?://[a-z0-9.]*\.?(google|googleapis|gstatic|gvt1)\.com/")
    return said, {url for url in asked if not own.match(url) and not url.startswith(("data:", "chrome"))}, done.stdout


@needs_chromium
def test_a_browser_shows_every_report_without_an_error_and_without_the_network(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    # As the pages of one script are, in one document: a browser takes longer to start than to show them.
    dossiers = [dossier for path in DERIVATIONS for dossier in gathered(path)]
    assert len(dossiers) == len(DERIVATIONS) > 10
    target.write_text(write_html(dossiers, [], "0"))
    said, asked, shown = opened(target, tmp_path)
    assert said == []
    assert {url for url in asked if url != target.as_uri()} == set()
    assert shown.count("<math") == target.read_text().count("<math") > 300
    assert all(write_html([dossier], [], "0").count("<math") > 3 for dossier in dossiers)


WIDER = """(() => {
  const within = one => { for (let box = one.parentElement; box; box = box.parentElement)
    if (getComputedStyle(box).overflowX !== "visible") return true; };
  return [...document.querySelectorAll("body *")].filter(one => {
    const { left, right, width } = one.getBoundingClientRect();
    return width && (left < -1 || right > document.documentElement.clientWidth + 1) && !within(one);
  }).map(one => one.outerHTML.slice(0, 80)); })()"""
"""What reaches over the edge of the page and stands in no box that scrolls."""


@needs_chromium
def test_on_a_phone_nothing_of_a_report_is_cut_off_and_its_pictures_are_dark_on_a_dark_page(tmp_path: Path) -> None:
    pytest.importorskip("websockets")
    page = tmp_path / "report.html"
    dossiers = [dossier for path in DERIVATIONS for dossier in gathered(path)]
    drawn = Drawn("norms", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>')
    page.write_text(write_html(dossiers, [drawn], "0"))
    with browser() as tab:
        for width, dark in ((390, True), (1200, False)):
            tab.resize(width, 900, dark=dark)
            tab.open(page.as_uri())
            tab.run("for (const one of document.querySelectorAll('details')) one.open = true")
            assert tab.run("document.documentElement.scrollWidth") <= width
            assert tab.run(WIDER) == []
            shown = b64decode(tab.run("document.querySelector('figure img').currentSrc").partition(",")[2]).decode()
            assert (DARK["#000000"] in shown) == dark
        # What would be cut off is noticed.
        tab.run("document.body.append(Object.assign(document.createElement('hr'), {style: 'width: 2000px'}))")
        assert len(tab.run(WIDER)) == 1


def test_a_picture_for_a_dark_page_has_light_ink_on_dark_paper_and_keeps_its_other_colours() -> None:
    picture = b'<svg width="9"><rect fill="#ffffff"/><path stroke="#000000"/><path stroke="#D55E00"/><text/></svg>'
    dark = in_the_dark(picture)
    assert [colour in dark for colour in (b"#ffffff", b"#000000", b"#D55E00")] == [False, False, True]
    assert DARK["#ffffff"].encode() in dark
    # What has no colour of its own is black on a light page.
    assert b'<svg fill="' + DARK["#000000"].encode() in dark


@needs_chromium
def test_a_page_that_errs_and_loads_is_noticed_and_the_reports_policy_stops_it(tmp_path: Path) -> None:
    body = '<img src="http://127.0.0.1:9/x.png"><script>console.error("boom")</script>'
    twin = tmp_path / "twin.html"
    twin.write_text(f"<!DOCTYPE html><html><body>{body}</body></html>")
    said, asked, _ = opened(twin, tmp_path)
    assert any("boom" in line for line in said)
    assert "http://127.0.0.1:9/x.png" in asked
    kept = tmp_path / "kept.html"
    kept.write_text(page_of(ROOT / "derivations" / "linear.tex").replace("</body>", f"{body}</body>"))
    said, asked, _ = opened(kept, tmp_path)
    assert not any('"boom"' in line for line in said)
    assert "http://127.0.0.1:9/x.png" not in asked


# --------------------------------------------------------------------------------------------------- TeX and PDF


def text_of(made: bytes) -> str:
    """The text of a PDF."""
    return subprocess.run(["pdftotext", "-", "-"], input=made, capture_output=True, check=True).stdout.decode()


@needs_tex
@needs_pdftotext
def test_the_report_of_every_derivation_compiles() -> None:
    # As the pages of one script are, in one document: TeX takes longer to start than to set them.
    dossiers = [dossier for path in DERIVATIONS for dossier in gathered(path)]
    assert len(dossiers) == len(DERIVATIONS) > 10
    made = compile_pdf(write_latex(dossiers, {}, "0"), {})
    said = " ".join(text_of(made).split())
    for dossier in dossiers:
        assert dossier.sheet.title in said
        tags = [row.tag for row in dossier.sheet.rows if row.kind != "definition"]
        assert [tag for tag in tags if f"({tag})" not in said.replace("’", "'")] == []


@needs_tex
def test_one_document_is_one_pdf_whenever_it_is_set() -> None:
    written = write_latex(gathered(ROOT / "derivations" / "linear.tex"), {}, "0")
    assert compile_pdf(written, {}) == compile_pdf(written, {})


@pytest.fixture(params=["pdflatex", "latexmk"])
def setter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program that sets a report: latexmk where there is one, and pdflatex where there were none."""
    name: str = request.param
    which = shutil.which
    if which(name) is None:
        pytest.skip(f"{name} is not there to set a report")
    hidden = {"latexmk"} - {name}
    monkeypatch.setattr(shutil, "which", lambda other: None if other in hidden else which(other))
    return name


@needs_tex
@needs_pdftotext
def test_a_hostile_note_compiles_to_its_own_text(setter: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.md"
    path.write_text(HOSTILE)
    made = compile_pdf(write_latex(gathered(path), {}, "0"), {})
    assert made.startswith(b"%PDF")
    said = text_of(made)
    assert "alert(1)" in said
    assert "root:" not in said


@needs_tex
def test_a_report_that_would_open_a_file_of_the_machine_is_not_set(setter: str) -> None:
    body = r"\documentclass{article}\begin{document}%s\end{document}"
    assert compile_pdf(body % "none", {}).startswith(b"%PDF")
    with pytest.raises(UsageError, match=f"^{setter} could not set the report"):
        compile_pdf(body % r"\input{/etc/passwd}", {})


def test_without_pdflatex_one_line_says_how_to_get_it(tmp_path: Path) -> None:
    done = run_here("report", str(NOTE), "-o", str(tmp_path / "r.pdf"), "--steps", "1..2", PATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "symbptt: a PDF needs pdflatex (Debian: texlive-latex-recommended): install it, or write a .tex or .html file\n"
    )
    assert not (tmp_path / "r.pdf").exists()


def fake(folder: Path, name: str, body: str) -> Path:
    """A program of that name, before the real ones on the path that is returned."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)
    return folder


@needs_tex
def test_a_pdf_is_made_by_latexmk_where_there_is_one_and_by_pdflatex_alone_where_there_is_none(tmp_path: Path) -> None:
    note = tmp_path / "note.tex"
    note.write_text((ROOT / "derivations" / "linear.tex").read_text())
    said = tmp_path / "said"
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pdflatex").symlink_to(shutil.which("pdflatex") or "")
    assert run_here("report", str(note), "-o", str(tmp_path / "a.pdf"), PATH=str(programs)).stderr == ""
    once = 'pdflatex -no-shell-escape -interaction=nonstopmode "$document" && '
    fake(programs, "latexmk", f'echo "$@" > {said}; document=report.tex; {once * 2} true')
    assert run_here("report", str(note), "-o", str(tmp_path / "b.pdf"), PATH=f"{programs}:/usr/bin:/bin").stderr == ""
    assert said.read_text().split() == [
        "-norc",
        "-pdf",
        *("-latexoption=-no-shell-escape", "-latexoption=-halt-on-error", "-latexoption=-interaction=nonstopmode"),
        "report.tex",
    ]
    for name in ("a", "b"):
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")


@needs_tex
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo '! Undefined control sequence.'; exit 1", "could not set the report (! Undefined control sequence.)"),
        ("exit 0", "made no PDF of the report; write a .tex file and compile that"),
    ],
)
def test_a_latexmk_that_fails_is_said_and_leaves_the_old_file(body: str, message: str, tmp_path: Path) -> None:
    programs = fake(tmp_path / "programs", "latexmk", body)
    (tmp_path / "r.pdf").write_text("the old one")
    target = str(tmp_path / "r.pdf")
    path = f"{programs}:{os.environ['PATH']}"
    done = run_here("report", str(ROOT / "derivations" / "linear.tex"), "-o", target, PATH=path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("symbptt: latexmk ")
    assert (tmp_path / "r.pdf").read_text() == "the old one"


@pytest.fixture
def short_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of few terms, where only that they are there is asked: the guide draws all terms."""
    monkeypatch.setattr("symbptt.commands.report.STEPS", 2)


@needs_tex
def test_a_tex_report_has_its_pictures_beside_it_and_compiles_where_they_are(
    tmp_path: Path, short_pictures: None
) -> None:
    pytest.importorskip("matplotlib")
    target = tmp_path / "made" / "box & co.tex"
    target.parent.mkdir()
    done = run_here("report", str(script(tmp_path, BOXED)), "--steps", "1..3", "-o", str(target), known=True)
    names = ["box---co-plot0.pdf", "box---co-plot1.pdf"]
    assert done.stdout == f"{names[0]} and {names[1]} stand beside box & co.tex, which includes them\n"
    assert sorted(path.name for path in target.parent.iterdir()) == sorted([*names, target.name])
    written = target.read_text()
    pictures = {name: target.with_name(name).read_bytes() for name in names}
    for name in names:
        assert rf"\includegraphics[width=\linewidth]{{{name}}}" in written
    assert compile_pdf(written, pictures).startswith(b"%PDF")
    with pytest.raises(UsageError, match="could not set the report"):
        compile_pdf(written, {names[0]: pictures[names[0]]})


def test_a_report_without_a_boxed_sum_has_no_pictures_and_says_nothing_of_them(tmp_path: Path) -> None:
    done = run_here("report", str(ROOT / "derivations" / "linear.tex"), "-o", str(tmp_path / "r.tex"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["r.tex"]
    assert "includegraphics" not in (tmp_path / "r.tex").read_text().split(r"\begin{document}")[1]


# --------------------------------------------------------------------------------------------------- the command


def test_the_report_ends_as_the_check_does(tmp_path: Path, short_pictures: None) -> None:
    good = script(tmp_path, BOXED)
    done = run_here("report", str(good), "--steps", "1..3", "-o", str(tmp_path / "good.html"), known=True)
    assert done.returncode == run_here("check", str(good), "--steps", "1..3", known=True).returncode == 0
    assert '<span class="word good">✓ proved</span>' in (tmp_path / "good.html").read_text()
    assert (tmp_path / "good.html").read_text().count("<figure>") == 2 * can_draw()
    wrong = script(tmp_path, 'page.claim("1", d(h[t], W), partial(h[t], W))')
    done = run_here("report", str(wrong), "-o", str(tmp_path / "wrong.html"), known=True)
    assert done.returncode == run_here("check", str(wrong), known=True).returncode == 1
    assert '<span class="word bad">✗ refuted</span>' in (tmp_path / "wrong.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", str(NOTE), "-o", "r.doc"], "cannot write r.doc: expected a file ending in .html, .pdf or .tex"),
        (["report", str(NOTE)], "the following arguments are required: -o/--output (see symbptt report --help)"),
        (["report", "/", "-o", "r.html"], "/ is a folder, and a report is of one script or note: name a file in it"),
        (["report", "none.py", "-o", "r.html"], "none.py: there is no such file or folder"),
        (["plot", str(NOTE), "-o", "p.gif"], "cannot write p.gif: expected a file ending in .svg, .png or .pdf"),
        (
            ["plot", str(NOTE), "-o", "p.svg", "--tag", "6"],
            f"{NOTE}: (6) is not a sum of products of Jacobians to draw",
        ),
        (["plot", str(NOTE), "-o", "p.svg", "--seed", "-1"], "expected a seed from 0 on, not -1"),
    ],
)
def test_what_cannot_be_shown_is_one_line(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run_here(*arguments, cwd=tmp_path)
    assert done.stderr == f"symbptt: {message}\n"
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_report_never_overwrites_what_it_reports_on(tmp_path: Path) -> None:
    path = tmp_path / "note.tex"
    path.write_text((ROOT / "derivations" / "linear.tex").read_text())
    done = run_here("report", str(path), "-o", str(path))
    assert done.returncode == 2
    assert "it is the note that is checked" in done.stderr
    assert path.read_text() == (ROOT / "derivations" / "linear.tex").read_text()


def test_a_check_loads_nothing_that_only_shows() -> None:
    program = (
        "import sys; import symbptt, symbptt.cli;"
        "print([name for name in sys.modules if name.split('.')[0] in ('matplotlib', 'IPython')"
        " or name in ('symbptt.show.webpage', 'symbptt.show.paper')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
