"""The cell magic ``%%symbptt`` of IPython and Jupyter: what stands in a cell, judged as a note is.

``%load_ext symbptt`` makes it known. A notebook is one note: behind what its other cells say, a cell is read and its
displays are judged, so that definitions, macros and words are carried over, and what is carried is said. A cell that is
run again takes the place of what it said before. Where nothing tells which cell is run, as in a terminal, it takes the
place of those that define a letter that it defines. ``--fresh`` forgets all that earlier cells said; the other options
are those of a check, and so are the limits of time and memory. What a cell says is data, and nothing in it is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symbptt.cli import cell_options
from symbptt.commands.sources import check_tags, crew_of, is_asked, question_of
from symbptt.errors import SymbpttError
from symbptt.judging.pages import convention_of, settled_rows
from symbptt.page.derivation import head
from symbptt.reader.note import read
from symbptt.reader.results import Note
from symbptt.reader.sources import as_set
from symbptt.text.document import split_cells
from symbptt.verdicts import Sheet
from symbptt.workers import apart


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was read: how it is called, ``In [3]``, its text, and the symbols of the letters that it defines."""

    name: str
    text: str
    defines: frozenset[str]


@dataclass
class Notebook:
    """What its cells say, each by what tells it from others."""

    cells: dict[str, Cell] = field(default_factory=dict)

    def judged(self, name: str, text: str, line: str = "", identity: str | None = None) -> Sheet:
        """The rows of a cell; ``identity`` is what it keeps when it is run again, ``line`` its options.

        Raises what reading a note and its options raises; what the cell said before is then forgotten.
        """
        options = cell_options(line)
        question, crew = question_of(options, Path.cwd()), crew_of(options)
        key = identity or name
        if options.fresh:
            self.cells.clear()
        replaced = [self.cells[key]] if key in self.cells else []
        if identity is None:
            alone = _defined(apart(crew, _read, [(name, text)], options.macros), name)
            same = [other for other, cell in self.cells.items() if cell.text == text or cell.defines & alone]
            replaced = [self.cells.pop(other) for other in same]
        # It keeps its place among the others, and says nothing where it cannot be read.
        self.cells[key] = Cell(name, "", frozenset())
        before = [(cell.name, cell.text) for cell in self.cells.values() if cell.text]
        note = apart(crew, _read, [*before, (name, text)], options.macros)
        self.cells[key] = Cell(name, text, _defined(note, name))
        displays = [row for row in note if not row.display.place.file]
        if options.tag:
            check_tags([(Path(name), note)], options.tag)
            displays = [row for row in displays if is_asked(note, row, options.tag)]
        with settled_rows(note, question, crew) as (note, judged):
            rows = tuple(judged(displays))
        assumed = (*_carried(note, [name for name, _ in before]), *_forgotten(replaced), *note.assumed)
        return Sheet(name, "", rows, assumed, is_note=True, convention=convention_of(note))


def _read(cells: Sequence[tuple[str, str]], macros: Path | None) -> Note:
    return as_set(Path.cwd(), macros, lambda known: read(split_cells(cells, known)))


def _defined(note: Note, name: str) -> frozenset[str]:
    """The symbols of the letters that a cell defines."""
    here = (equation for page in note.pages for equation in page if equation.place.path == name)
    letters = (head(equation.left) for equation in here if equation.kind == "definition")
    return frozenset(letter.symbol for letter in letters if letter is not None)


def _carried(note: Note, cells: Sequence[str]) -> Iterator[str]:
    """What stands before the cell, cell by cell: the definitions of each by their tags."""
    for name in cells:
        tags = [f"({row.tag})" for row in note if row.display.place.file == name and row.kind == "definition"]
        yield f"carried over from {name}: {', '.join(tags) or 'its words'}"


def _forgotten(replaced: Sequence[Cell]) -> Iterator[str]:
    """Of what was said before it takes the place."""
    for cell in replaced:
        letters = f", which defines {', '.join(sorted(cell.defines))}" if cell.defines else ""
        yield f"it takes the place of {cell.name}{letters}"


def load(shell: Any) -> None:
    """Make ``%%symbptt`` known to a shell of IPython."""
    from IPython.core.error import UsageError as Shown

    notebook = Notebook()
    run = {"cell": None}

    def begin(info: Any) -> None:
        run["cell"] = getattr(info, "cell_id", None)

    def symbptt(line: str, cell: str) -> Sheet:
        """Judge the LaTeX or Markdown of the cell, behind what earlier cells say; ``--help`` lists the options."""
        try:
            return notebook.judged(f"In [{shell.execution_count}]", cell, line, run["cell"])
        except SymbpttError as error:
            # IPython shows the message of this one alone.
            raise Shown(str(error)) from None

    shell.events.register("pre_run_cell", begin)
    shell.register_magic_function(symbptt, "cell")
