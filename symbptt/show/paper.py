"""A report as one LaTeX document, and as the PDF that latexmk or pdflatex makes of it.

Only text that went through ``escaped`` and LaTeX made from the notation enter it. TeX runs without a shell, reads and
writes nothing outside its folder, and is stopped after a minute.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from symbptt.errors import UsageError
from symbptt.page.derivation import Derivation, Equation
from symbptt.printing.displays import aligned, displayed, fragment
from symbptt.printing.tex import escaped, prose
from symbptt.printing.widths import ROW
from symbptt.show.blocks import as_latex
from symbptt.show.dossier import TABLE, Dossier, Entry, every
from symbptt.show.plots import Drawn
from symbptt.show.remarks import as_tex, remarks_on
from symbptt.show.report import numeric_line, whom
from symbptt.verdicts import Comparison, Row

SECONDS = 60
OPTIONS = ("-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode")
LINE = 96
"""Signs of a line of unread source that are shown on one line."""

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[margin=22mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{color}
\usepackage{graphicx}
\usepackage{longtable}
\usepackage[hidelinks]{hyperref}
\pdfinfoomitdate=1
\pdftrailerid{}
\pdfsuppressptexinfo=-1
\setlength{\nulldelimiterspace}{2pt}
\setlength{\parindent}{0pt}
\setlength{\emergencystretch}{3em}
\raggedbottom
\definecolor{good}{rgb}{0.10,0.42,0.20}
\definecolor{bad}{rgb}{0.64,0.14,0.11}
\definecolor{open}{rgb}{0.48,0.34,0.00}
\definecolor{faint}{rgb}{0.35,0.37,0.40}
\newcommand{\remark}[1]{{\small\leftskip=1.5em #1\par}}
\newcommand{\proof}[2]{{\footnotesize\leftskip=1.5em \par\smallskip\textit{#1.} #2\par}}
\begin{document}
"""


def write_latex(dossiers: Sequence[Dossier], pictures: Mapping[str, Drawn], version: str) -> str:
    """The report of all pages of a file as a complete document; ``pictures`` by the file names they are included by."""
    parts = [PREAMBLE.rstrip("\n")]
    for number, dossier in enumerate(dossiers):
        parts += _page(dossier, f"p{number}-" if len(dossiers) > 1 else "")
    if pictures:
        parts.append(r"\section*{Pictures}")
    for name, picture in pictures.items():
        parts.append(rf"\noindent\includegraphics[width=\linewidth]{{{name}}}\par")
        parts.append(_remark(picture.caption))
    parts.append(rf"\bigskip{{\footnotesize\color{{faint}} Written by symbptt {escaped(version)}.}}")
    parts += [r"\end{document}", ""]
    return "\n".join(parts)


def _page(dossier: Dossier, prefix: str) -> Iterator[str]:
    sheet = dossier.sheet
    tags = {entry.row.tag: f"{prefix}e{place}" for place, entry in enumerate(dossier.entries)}
    yield rf"\section*{{{escaped(sheet.title or sheet.path)}}}"
    yield rf"{{\small\color{{faint}} {escaped(dossier.origin)}\par}}"
    yield from (rf"\medskip {prose(line)}\par" for line in dossier.summary)
    yield rf"\medskip {{\small {prose(dossier.legend)}\par}}"
    if sheet.assumed:
        yield r"\subsection*{Read with these assumptions}"
        yield from (_remark(line) for line in sheet.assumed)
    for heading, entries in dossier.sections:
        yield rf"\subsection*{{{heading}}}"
        for entry in entries:
            yield from _entry(dossier.page, entry, tags[entry.row.tag], tags)
    yield from _table(dossier)
    yield from _numbers(dossier.comparisons)


# --------------------------------------------------------------------------------------------------- equations


def _entry(page: Derivation, entry: Entry, anchor: str, tags: Mapping[str, str]) -> Iterator[str]:
    row = entry.row
    target = rf"\hypertarget{{{anchor}}}{{}}" if anchor else ""
    # Without an end of paragraph before it, a display stays on the page of its heading.
    end = "" if entry.equation is not None else r"\par"
    yield rf"\par\medskip\pagebreak[1]{target}\textbf{{({escaped(row.tag)})}}\quad {_verdict(row)}{end}"
    if entry.equation is not None:
        yield _display(page, entry.equation, row.tag)
    else:
        yield from _source(entry.source)
    yield from _remarks(entry, tags)
    for link in entry.links:
        yield from _entry(page, link, "", tags)


def _display(page: Derivation, equation: Equation, tag: str) -> str:
    return fragment(tag, displayed(page, equation))


def _verdict(row: Row) -> str:
    if row.word in ("definition", "aside"):
        return rf"{{\small\color{{faint}} {row.word}}}"
    tone = "good" if row.settled else "open" if row.word in ("undecided", "not-stated", "unread") else "bad"
    made = rf"\textcolor{{{tone}}}{{\textbf{{{escaped(row.word)}}}}}"
    if row.verdict is None:
        return made
    facts = [whom(row.verdict), row.verdict.method or "", f"{row.verdict.seconds:.2f} s"]
    return rf"{made}\quad {{\small {prose(' · '.join(fact for fact in facts if fact))}}}"


def _remarks(entry: Entry, tags: Mapping[str, str]) -> Iterator[str]:
    if entry.equation is not None and entry.equation.since:
        listed = ", ".join(_link(tag, tags) for tag in entry.equation.since)
        yield rf"\remark{{Premises: {listed}}}"
    yield from (rf"\remark{{{written}}}" for written in map(as_tex, remarks_on(entry.row)) if written)
    if entry.proof:
        yield rf"\proof{{{entry.why}}}{{"
        yield from as_latex(entry.proof)
        yield "}"


def _remark(line: str) -> str:
    return rf"\remark{{{prose(line)}}}"


def _source(source: str) -> Iterator[str]:
    """What was not read, as text: TeX sees no command in it."""
    for line in source.splitlines():
        for start in range(0, max(len(line), 1), LINE):
            if line[start : start + LINE].strip():
                yield rf"{{\footnotesize\ttfamily\raggedright {escaped(line[start : start + LINE])}\par}}"


def _link(tag: str, tags: Mapping[str, str]) -> str:
    return rf"\hyperlink{{{tags[tag]}}}{{({escaped(tag)})}}" if tag in tags else f"({escaped(tag)})"


# --------------------------------------------------------------------------------------------------- tables


def _table(dossier: Dossier) -> Iterator[str]:
    shown = [entry for entry in every(dossier.entries) if entry.terms and entry.row.kind == "claim"]
    if shown:
        yield rf"\subsection*{{Written out at t = {TABLE[0]} to {TABLE[-1]}}}"
    for entry in shown:
        for written in entry.terms:
            if written.reason:
                yield _remark(f"({entry.row.tag}) {written.reason}")
                continue
            tag = f"{entry.row.tag}, t = {written.step}"
            displays = [aligned(tag, sides, ROW) for sides in written.displays]
            yield "{\\allowdisplaybreaks\n" + fragment(tag, displays) + "}"


def _numbers(comparisons: Sequence[Comparison]) -> Iterator[str]:
    if not comparisons:
        return
    yield rf"\subsection*{{Numbers}} {prose(numeric_line(comparisons))}\par\medskip"
    yield r"{\small\begin{longtable}{@{}lrlrrrl@{}}"
    yield r"equation & t & in & points & worst error & tolerance & outcome \\ \hline \noalign{\smallskip} \endhead"
    for found in comparisons:
        error = "" if found.outcome == "no oracle" else f"{found.error:.1e}"
        cells = (found.tag, str(found.step), found.weight, str(found.points), error, f"{found.tolerance:.0e}")
        yield " & ".join(map(prose, (*cells, found.outcome))) + r" \\"
    yield r"\end{longtable}}"
    for found in comparisons:
        if found.reason:
            yield _remark(f"({found.tag}) {found.reason}")


# --------------------------------------------------------------------------------------------------- PDF


def found_pdflatex() -> str:
    """Where pdflatex is; raises :class:`UsageError` where it is not."""
    if (found := shutil.which("pdflatex")) is None:
        raise UsageError(
            "a PDF needs pdflatex (Debian: texlive-latex-recommended): install it, or write a .tex or .html file"
        )
    return found


def compile_pdf(source: str, files: Mapping[str, bytes]) -> bytes:
    """The PDF of a document, ``files`` beside it; by latexmk where there is one, else by pdflatex alone.

    Raises :class:`UsageError` without pdflatex, where it stops at an error, and where it takes longer than a minute.
    """
    pdflatex, latexmk = found_pdflatex(), shutil.which("latexmk")
    # No settings of a user or a folder: one document is one PDF.
    runs = [[latexmk, "-norc", "-pdf", *(f"-latexoption={option}" for option in OPTIONS)]] if latexmk else []
    # By itself, the second run knows where the links lead.
    commands = runs or [[pdflatex, *OPTIONS]] * 2
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "report.tex").write_text(source)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        for command in commands:
            _run([*command, "report.tex"], folder)
        if not (folder / "report.pdf").is_file():
            raise UsageError(
                f"{Path(commands[0][0]).name} made no PDF of the report; write a .tex file and compile that"
            )
        return (folder / "report.pdf").read_bytes()


def _run(command: list[str], folder: Path) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "openin_any": "p", "openout_any": "p"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{name} was stopped after {SECONDS} s; write a .tex file and compile that") from None
    if done.returncode:
        said = re.search(r"^! .*$", done.stdout.decode(errors="replace"), re.MULTILINE)
        why = said[0] if said else "no error was named"
        raise UsageError(f"{name} could not set the report ({why}); write a .tex file to see it")
