"""``symbptt certify``: what is proved as a file for Coq, and what Coq says of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import symbptt
from symbptt.commands.sources import check_output, check_tags, crew_of, is_asked, kind_of, read_path
from symbptt.commands.terminal import open_console
from symbptt.emit.certificates import Certificate, file_of
from symbptt.emit.coqc import INSTALL, Heard, checked, found_coqc
from symbptt.emit.counterexamples import certificate_of
from symbptt.errors import NOT_PROVED, OK, Stopped, UsageError
from symbptt.files import write_whole
from symbptt.judging.pages import judged_rows
from symbptt.reader.results import Note
from symbptt.show.dossier import Dossier, Entry
from symbptt.show.report import as_json, print_sheet
from symbptt.verdicts import Certified, Row, Sheet
from symbptt.workers import Crew, apart


def run_certify(options: argparse.Namespace) -> int:
    """Write the certificates, and with ``--check`` let Coq check them; returns the exit status."""
    kind_of(options.output, (".v",))
    crew = crew_of(options)
    sources = read_path(options.path, crew, options.macros)
    check_tags(sources, options.tag)
    outputs = [options.output, *([] if options.json is None else [options.json])]
    for output in outputs:
        check_output(output, [path for path, _ in sources])
    if options.check and found_coqc() is None:
        raise UsageError(f"{INSTALL}: leave out --check, and check the file where it is installed")
    if len(sources) != 1:
        raise UsageError(f"{options.path} holds {len(sources)} derivations: name a file with one")
    ((path, page),) = sources
    asked = [entry for entry in page if is_asked(page, entry, options.tag)]
    judged = list(judged_rows(page, asked, None, crew))
    run = _Run(crew, str(options.output))
    rows = run.all_certified(path, judged, check=options.check)
    sheet = Sheet(str(path), page.title, rows, is_note=isinstance(page, Note))
    console = open_console()
    print_sheet(console, sheet)
    if options.json is not None:
        write_whole(options.json, as_json(symbptt.__version__, [sheet]))
    said = run.write(path, options.output)
    console.print(said, soft_wrap=True)
    wanted = [part for row in rows for part in row.parts if part.verdict is not None]
    missing = any(part.certificate is None or part.certificate.reason for part in wanted)
    refused = not run.accepted or len(run.accepted) < len(run.made)
    return OK if all(row.settled for row in rows) and not refused and not (options.tag and missing) else NOT_PROVED


def certify_dossier(dossier: Dossier, path: Path, output: Path, crew: Crew) -> Dossier:
    """A report with the certificates of its claims, which are written, and checked where coqc is installed."""
    run = _Run(crew, str(output))
    rows = run.all_certified(path, dossier.sheet.rows, check=found_coqc() is not None)
    run.write(path, output)
    entries = tuple(_with_row(entry, row) for entry, row in zip(dossier.entries, rows, strict=True))
    return replace(dossier, sheet=replace(dossier.sheet, rows=tuple(rows)), entries=entries)


def _with_row(entry: Entry, row: Row) -> Entry:
    links = tuple(_with_row(link, part) for link, part in zip(entry.links, row.links, strict=False))
    return replace(entry, row=row, links=links)


@dataclass
class _Run:
    """The certificates of one file, each by its theorem, and what Coq said of each."""

    crew: Crew
    file: str
    made: dict[str, Certificate] = field(default_factory=dict)
    heard: dict[str, Heard] = field(default_factory=dict)

    @property
    def accepted(self) -> list[Certificate]:
        """Those that Coq was not asked about or accepts."""
        return [made for made in self.made.values() if not self.refused(made)]

    def all_certified(self, path: Path, rows: Sequence[Row], *, check: bool) -> list[Row]:
        """The rows with their certificates, and with what Coq says where it is asked."""
        done = [self.certified(row) for row in rows]
        if check and self.made:
            self.check(str(path), _content(path))
            done = [self.renewed(row) for row in done]
        return done

    def write(self, path: Path, output: Path) -> str:
        """Write what is accepted; a sentence that says so."""
        if not self.accepted:
            return "no certificate is written: none of these claims has one"
        write_whole(output, file_of(str(path), _content(path), self.accepted))
        checker = next((heard.checker for heard in self.heard.values()), "")
        how = f"checked by {checker}" if checker else f"to check it: coqc {output}"
        return f"{output}: {len(self.accepted)} certificate{'s' * (len(self.accepted) != 1)}, {how}"

    def certified(self, row: Row) -> Row:
        """The row with its certificate, or with the reason for none; of a chain, each of its links."""
        if row.links:
            return replace(row, links=tuple(map(self.certified, row.links)))
        if row.kind not in ("claim", "misreading"):
            return row
        try:
            found = apart(self.crew, certificate_of, row, tuple(self.made))
        except Stopped as stopped:
            found = str(stopped)
        if isinstance(found, str):
            return replace(row, certificate=Certified("", reason=found))
        self.made[found.theorem] = found
        return replace(row, certificate=Certified(found.theorem, self.file, found.defined, found.beyond))

    def check(self, path: str, content: bytes) -> None:
        """Let Coq check all of them at once; where it does not accept that, one by one, and those it accepts again."""
        if not self._check_together(path, content):
            self.heard = {name: checked(file_of(path, content, [made])) for name, made in self.made.items()}
            if not self._check_together(path, content):
                raise UsageError(f"{path}: Coq accepts each certificate and not the file with all of them")

    def _check_together(self, path: str, content: bytes) -> bool:
        made = {name: one for name, one in self.made.items() if not self.refused(one)}
        if not made:
            return True
        heard = checked(file_of(path, content, list(made.values())))
        if not heard.error:
            self.heard.update(dict.fromkeys(made, heard))
        return not heard.error

    def refused(self, made: Certificate) -> bool:
        """Whether Coq was asked and did not accept it."""
        heard = self.heard.get(made.theorem)
        return heard is not None and bool(heard.error)

    def renewed(self, row: Row) -> Row:
        """The row with what Coq said."""
        if row.links:
            return replace(row, links=tuple(map(self.renewed, row.links)))
        known = row.certificate
        if known is None or known.theorem not in self.heard:
            return row
        heard = self.heard[known.theorem]
        if heard.error:
            said = Certified(known.theorem, reason=f"{heard.checker} does not accept it: {heard.error}")
        else:
            said = replace(known, checker=heard.checker, assumptions=heard.assumptions)
        return replace(row, certificate=said)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
