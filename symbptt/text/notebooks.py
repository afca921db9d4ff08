r"""Notebooks of Jupyter as notes: the Markdown of their cells, each cell a part with lines of its own.

>>> cells = '{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": ["# A cell\\n", "$$h = 1$$"]}]}'
>>> source, blanked, body = cells_as_text(cells, "note.ipynb")
>>> source.text, str(source.place(9))
('# A cell\n$$h = 1$$', 'note.ipynb:cell 1:2:1')

Only the words of a notebook are read; what its code cells compute is not run, and what they show is not looked at. The
json of the standard library is enough for that, where nbformat would validate what nobody asks about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from symbptt.errors import NoteError, Place
from symbptt.text.passages import blank_markdown
from symbptt.text.source import Part, Source

APART = "\n\n"
"""Between two cells, as between two paragraphs."""


def cells_as_text(text: str, path: str) -> tuple[Source, str, int]:
    """The Markdown cells of a notebook, the same with all that holds no mathematics blanked, and where that begins.

    Raises :class:`NoteError` for what is no notebook of the fourth format, and for a cell as its Markdown does.
    """
    cells = (
        Source.of(_written(cell), f"{path}:cell {number}", f"cell {number}")
        for number, cell in enumerate(_cells(text, path), 1)
        if cell.get("cell_type") == "markdown"
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
        blanked.append(blank_markdown(cell)[0])
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


def _written(cell: dict[str, Any]) -> str:
    written = cell.get("source", "")
    lines = written if isinstance(written, list) else [written]
    return "".join(line for line in lines if isinstance(line, str))
