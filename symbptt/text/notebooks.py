r"""Notebooks of Jupyter as notes: what their cells say, each cell a part with lines of its own.

>>> cells = '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": ["# A cell\\n", "$$h = 1$$"]}]}'
>>> source, blanked, body = cells_as_text(cells, "note.ipynb")
>>> source.text, str(source.place(9))
('# A cell\n$$h = 1$$', 'note.ipynb:cell 1:2:1')

Its words are those of its Markdown cells, and of the code cells that begin with the magic ``%%symbptt``: what that
judges when it is run is judged here too. No other code is read, none is run, and what cells show is not looked at. The
json of the standard library is enough for that, where nbformat would validate what nobody asks about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from symbptt.errors import NoteError, Place
from symbptt.text.passages import blank_markdown
from symbptt.text.source import Part, Source, blank

_MAGIC = re.compile(r"\s*%%symbptt(?![^\s])[^\n]*")
APART = "\n\n"
"""Between two cells, as between two paragraphs."""


def cells_as_text(text: str, path: str) -> tuple[Source, str, int]:
    """The words of a notebook, the same with all that holds no mathematics blanked, and where they begin.

    Raises :class:`NoteError` for what is no notebook of the fourth format, and for a cell as its Markdown does.
    """
    cells = (
        Source.of(said, f"{path}:cell {number}", f"cell {number}")
        for number, cell in enumerate(_cells(text, path), 1)
        if (said := _said(cell)) is not None
    )
    return joined_cells(cells, path)


def joined_cells(cells: Iterable[Source], path: str) -> tuple[Source, str, int]:
    """Cells in Markdown as the text of one note: what is not closed in one of them is no matter of the next."""
    parts: list[Part] = []
    texts: list[str] = []
    blanked: list[str] = []
    length = 0
    for cell in cells:
        parts.append(replace(cell.parts[0], start=length))
        texts.append(cell.text)
        blanked.append(blank_markdown(cell, may_be_headed=not blanked)[0])
        length += len(cell.text) + len(APART)
    joined = Source.joined(APART.join(texts), tuple(parts) or (Part(0, path),), path)
    return joined, APART.join(blanked), 0


def _cells(text: str, path: str) -> list[dict[str, Any]]:
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise NoteError(f"it is no notebook: {error.msg}", Place(path, error.lineno, error.colno)) from None
    except RecursionError:
        raise NoteError("it is no notebook: it is nested too deeply", Place(path)) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NoteError("it is no notebook of format 4, expected a list of cells; save it anew in Jupyter", Place(path))
    return cells


def _said(cell: dict[str, Any]) -> str | None:
    """What a cell says, each character in its place; None where it is code, or no part of the page."""
    written = _written(cell)
    if cell.get("cell_type") == "markdown":
        return written
    magic = _MAGIC.match(written) if cell.get("cell_type") == "code" else None
    return None if magic is None else blank(magic[0]) + written[magic.end() :]


def _written(cell: dict[str, Any]) -> str:
    written = cell.get("source", "")
    lines = written if isinstance(written, list) else [written]
    return "".join(line for line in lines if isinstance(line, str))
