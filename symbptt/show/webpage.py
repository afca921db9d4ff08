"""A report as one HTML file that needs nothing else: no network, no script, mathematics as MathML.

Every text goes through ``mathml.text``; the policy in its head forbids a browser to load anything, should something
ever get by.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence

from symbptt.printing.mathml import equation_mathml, prose, ranges_mathml, text
from symbptt.show.blocks import as_html
from symbptt.show.dossier import Dossier, Entry, Written, every
from symbptt.show.plots import Drawn, in_the_dark
from symbptt.show.remarks import as_html as remark_html
from symbptt.show.remarks import remarks_on
from symbptt.show.report import numeric_line, whom
from symbptt.verdicts import Row

MARKS = {
    "proved": "✓",
    "holds-as-read": "✓",
    "refuted": "✗",
    "ill-typed": "✗",
    "undecided": "?",
    "not-stated": "–",
    "unread": "?",
    "not judged": "–",
}
"""What says the verdict where colours do not show."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --faint: #63676d; --rule: #d9dce0; --soft: #f5f6f8;
  --good: #1a6b34; --bad: #a3231b; --open: #7a5600; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #15171a; --faint: #9aa0a8; --rule: #353a40;
  --soft: #1e2125; --good: #6fce8d; --bad: #ff8d83; --open: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 Georgia, "Times New Roman", serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--rule); }
p { margin: .35rem 0; }
a { color: inherit; }
.faint, figcaption { color: var(--faint); font-size: .9rem; }
.math, .scroll { overflow-x: auto; overflow-y: hidden; padding: .25rem 0; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", math; font-size: 1.1rem; }
math[display="block"] { display: block math; text-align: left; margin: 0; width: max-content; }
math[display="block"] > mtable > mtr > mtd { padding: .2em 0; }
math[display="block"] > mtable > mtr > mtd:first-child { text-align: right; }
math[display="block"] > mtable > mtr > mtd:last-child { text-align: left; }
article { border-top: 1px solid var(--rule); padding: .6rem 0; break-inside: avoid; }
h2 + article { border-top: none; }
article:target { background: var(--soft); }
article article { border-top: none; margin-left: 1.25rem; }
.head { display: flex; flex-wrap: wrap; gap: .1rem .8rem; align-items: baseline; }
.tag { font-weight: bold; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
.word { font-family: system-ui, sans-serif; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.remark { font-size: .93rem; overflow-wrap: anywhere; }
pre { overflow-x: auto; background: var(--soft); padding: .6rem; font-size: .8rem; line-height: 1.35; }
summary { cursor: pointer; font-size: .9rem; color: var(--faint); }
table.list { border-collapse: collapse; font-size: .9rem; width: 100%; }
table.list th { text-align: left; font-weight: normal; color: var(--faint); }
table.list td, table.list th { padding: .15rem .7rem .15rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
table.list td.step { white-space: nowrap; width: 1%; }
table.terms { width: auto; } table.terms td:first-child { color: var(--faint); white-space: nowrap; }
table.list .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1rem 0; } figure img { width: 100%; height: auto; border: 1px solid var(--rule); }
.inline { display: inline-block; max-width: 100%; overflow-x: auto; overflow-y: hidden; vertical-align: middle; }
.proof { border-left: 2px solid var(--rule); padding-left: .8rem; font-size: .95rem; overflow-wrap: anywhere; }
.proof ol { padding-left: 1.4rem; margin: .35rem 0; } .proof li { margin: .5rem 0; }
.formula { padding-left: 1rem; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } details:not([open]) { display: none; }
  :root { --ink: #000; --paper: #fff; --faint: #444; --good: #000; --bad: #000; --open: #000; } }
@media (max-width: 30rem) { math { font-size: 1rem; } article article { margin-left: .5rem; }
  figure { overflow-x: auto; } figure img { width: 36rem; max-width: none; }
  table.list { font-size: .8rem; } table.list td, table.list th { padding-right: .4rem; } }
"""


def write_html(dossiers: Sequence[Dossier], pictures: Sequence[Drawn], version: str) -> str:
    """The report of all pages of a file as a complete HTML document."""
    title = text(dossiers[0].sheet.title or dossiers[0].sheet.path)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">',
        '<link rel="icon" href="data:,">',
        f"<title>{title}</title><style>{STYLE}</style></head><body>",
    ]
    for number, dossier in enumerate(dossiers):
        parts += _page(dossier, f"p{number}-" if len(dossiers) > 1 else "")
    parts += _pictures(pictures)
    parts.append(f'<p class="faint">Written by symbptt {text(version)}.</p></body></html>')
    return "\n".join(parts) + "\n"


def _page(dossier: Dossier, prefix: str) -> Iterator[str]:
    sheet = dossier.sheet
    tags = {entry.row.tag: f"{prefix}e{place}" for place, entry in enumerate(dossier.entries)}
    yield f"<header><h1>{text(sheet.title or sheet.path)}</h1>"
    yield f'<p class="faint">{text(dossier.origin)}</p>'
    yield from (f"<p>{prose(line)}</p>" for line in dossier.summary)
    yield f'<p class="faint">{prose(dossier.legend)}</p></header>'
    yield from _assumed(dossier)
    for heading, entries in dossier.sections:
        yield f"<h2>{heading}</h2>"
        for entry in entries:
            yield from article(entry, tags[entry.row.tag], tags)
    yield from _table(dossier, tags)
    yield from _numbers(dossier)


def _assumed(dossier: Dossier) -> Iterator[str]:
    if dossier.sheet.assumed:
        yield "<h2>Read with these assumptions</h2><ul>"
        yield from (f"<li>{prose(line)}</li>" for line in dossier.sheet.assumed)
        yield "</ul>"


# --------------------------------------------------------------------------------------------------- equations


def article(entry: Entry, anchor: str, tags: Mapping[str, str]) -> Iterator[str]:
    """An equation with all that is said of it; ``tags`` are the anchors of those that it may lead to."""
    row = entry.row
    yield f"<article{f' id={chr(34)}{anchor}{chr(34)}' if anchor else ''}>"
    yield f'<div class="head"><span class="tag">({text(row.tag)})</span>{_verdict(row)}</div>'
    if entry.equation is not None:
        yield f'<div class="math">{_math(entry)}</div>'
    elif entry.source:
        yield f"<pre>{text(entry.source)}</pre>"
    yield from _remarks(entry, tags)
    for link in entry.links:
        yield from article(link, "", tags)
    if entry.proof:
        yield f'<details><summary>{entry.why}</summary><div class="proof">{_meant(entry)}{as_html(entry.proof)}</div>'
        yield "</details>"
    yield "</article>"


def _math(entry: Entry) -> str:
    assert entry.equation is not None
    return equation_mathml(entry.equation.chain, ranges_mathml(entry.equation.for_each))


def _verdict(row: Row) -> str:
    if row.word in ("definition", "aside"):
        return f'<span class="word faint">{row.word}</span>'
    tone = "good" if row.settled else "open" if row.word in ("undecided", "not-stated", "unread") else "bad"
    # A misreading that is refuted is as it should be.
    mark = "✓" if row.settled and row.kind == "misreading" else MARKS[row.word]
    made = f'<span class="word {tone}">{mark} {text(row.word)}</span>'
    if row.verdict is None:
        return made
    facts = [prose(whom(row.verdict)), row.verdict.method or "", f"{row.verdict.seconds:.2f}\u00a0s"]
    return f'{made}<span class="faint">{" · ".join(fact for fact in facts if fact)}</span>'


def _meant(entry: Entry) -> str:
    """The equation that an explanation speaks of, where it is another than the one that is shown."""
    equation = entry.row.equation
    if equation is None or (entry.equation is not None and equation.chain == entry.equation.chain):
        return ""
    return f'<div class="math">{equation_mathml(equation.chain, ranges_mathml(equation.for_each))}</div>'


def _remarks(entry: Entry, tags: Mapping[str, str]) -> Iterator[str]:
    if entry.equation is not None and entry.equation.since:
        listed = ", ".join(_link(tag, tags) for tag in entry.equation.since)
        yield f'<p class="remark">Premises: {listed}</p>'
    yield from filter(None, map(remark_html, remarks_on(entry.row)))


def _link(tag: str, tags: Mapping[str, str]) -> str:
    shown = f"({text(tag)})"
    return f'<a href="#{tags[tag]}">{shown}</a>' if tag in tags else shown


# --------------------------------------------------------------------------------------------------- tables


def _table(dossier: Dossier, tags: Mapping[str, str]) -> Iterator[str]:
    shown = [entry for entry in every(dossier.entries) if entry.terms and entry.row.kind == "claim"]
    if shown:
        yield "<h2>Written out</h2>"
    for entry in shown:
        yield f'<p class="tag">{_link(entry.row.tag, tags)}</p><div class="scroll"><table class="list">'
        for written in entry.terms:
            yield f'<tr><td class="step">{prose(f"t = {written.step}")}</td><td>{_written(written)}</td></tr>'
        yield "</table></div>"


def _written(written: Written) -> str:
    if written.reason:
        return f'<span class="faint">{prose(written.reason)}</span>'
    return "".join(equation_mathml(sides) for sides in written.displays)


def _numbers(dossier: Dossier) -> Iterator[str]:
    if not dossier.comparisons:
        return
    yield f"<h2>Numbers</h2><p>{prose(numeric_line(dossier.comparisons))}</p>"
    yield '<div class="scroll"><table class="list"><tr>'
    heads = ("equation", prose("t"), "in", "points", "worst error", "tolerance", "outcome")
    kinds = ("", "number", "", "number", "number", "number", "")
    yield from (f'<th class="{kind}">{name}</th>' for name, kind in zip(heads, kinds, strict=True))
    yield "</tr>"
    for found in dossier.comparisons:
        error = "" if found.outcome == "no oracle" else f"{found.error:.1e}"
        facts = (str(found.step), prose(found.weight), str(found.points), error, f"{found.tolerance:.0e}")
        cells = (text(found.tag), *facts)
        yield "<tr>" + "".join(f'<td class="{kind}">{cell}</td>' for cell, kind in zip(cells, kinds[:-1], strict=True))
        yield f"<td>{text(found.outcome)}{prose(f': {found.reason}' if found.reason else '')}</td></tr>"
    yield "</table></div>"


def _pictures(pictures: Sequence[Drawn]) -> Iterator[str]:
    if pictures:
        yield "<h2>Pictures</h2>"
    for picture in pictures:
        light, dark = (_data(content) for content in (picture.content, in_the_dark(picture.content)))
        yield f'<figure><picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        yield f'<img alt="{text(picture.caption)}" src="{light}"></picture>'
        yield f"<figcaption>{prose(picture.caption)}</figcaption></figure>"


def _data(picture: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}"
