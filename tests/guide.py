"""`python -m tests.guide --write`: the README and the guide with the output that their commands print now.

A block of ``console`` is one command and what it prints. Of ``sh``, each line is a command that succeeds. A ``python``
block runs as a script. A block behind ``<!-- file: NAME -->`` is a file that the commands after it may read. All of
them run in an empty folder in which ``derivations`` is that of the project. A block behind another comment is not run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text

from symbptt.files import write_whole
from symbptt.store import VARIABLE
from tests import commands
from tests.pages import ROOT

README = ROOT / "README.md"
GUIDE = ROOT / "derivations" / "guide"
PAGES = (README, *sorted(GUIDE.glob("*.md")))
PICTURE = GUIDE / "check.svg"
PICTURED = "symbptt check note.md"
"""The command whose output the picture shows."""

_BLOCK = re.compile(r"(?:<!-- (?P<comment>[^\n]+) -->\n)?(?<!`)```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
# Rich's own format loads a font from the network.
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: monospace; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences, and the comment on the line before them."""

    language: str
    text: str
    comment: str

    @property
    def command(self) -> str:
        """The command of a ``console`` block."""
        return self.text.partition("\n")[0].removeprefix("$ ")

    @property
    def shown(self) -> str:
        """What a ``console`` block says that its command prints."""
        return self.text.partition("\n")[2]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in its order."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["language"], match["text"], match["comment"] or "") for match in found]


@contextlib.contextmanager
def folder_of(page: Path) -> Iterator[Path]:
    """A new folder, the current one, with the derivations and the files that the page writes down."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        (folder / "derivations").symlink_to(ROOT / "derivations")
        for block in blocks(page):
            if block.comment.startswith("file: "):
                (folder / block.comment.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        yield folder


def run(command: str, *, coloured: bool = False) -> tuple[int, str]:
    """The exit status of a command of symbptt in the current folder, and what it prints on standard output."""
    program, *arguments = shlex.split(command)
    assert program == "symbptt", command
    done = commands.run_here(*arguments, cwd=Path.cwd(), FORCE_COLOR="1" * coloured, NO_COLOR="", TERM="xterm-256color")
    return done.returncode, done.stdout


def timeless(text: str) -> str:
    """The text without seconds, or that a verdict was kept, which differ from run to run, and without last bits, which
    differ between machines."""
    without_errors = re.sub(r"\d\.\de-1[4-6] \([\w.'-]+", "EPS", text)
    return re.sub(r"\s+(?:\d+\.\d+ s|kept)$", " S", without_errors, flags=re.MULTILINE).strip()


# --------------------------------------------------------------------------------------------------- the picture


def picture() -> str:
    """What the pictured command prints on a terminal with colours, as SVG."""
    with folder_of(README):
        _, printed = run(PICTURED, coloured=True)
    width = max(len(line) for line in Text.from_ansi(printed).plain.splitlines())
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"\x1b[1m$ {PICTURED}\x1b[0m\n{printed}".rstrip()))
    drawn: str = console.export_svg(title="", code_format=_FORMAT, unique_id="check")
    return drawn


def text_in(svg: str) -> str:
    """The lines of text in a picture, with one space where there are several."""
    spans = [
        (float(span.get("y", "0")), float(span.get("x", "0")), "".join(span.itertext()))
        for span in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    lines = [" ".join(text for _, _, text in line) for _, line in groupby(sorted(spans), key=lambda span: span[0])]
    return "\n".join(" ".join(line.split()) for line in lines)


# --------------------------------------------------------------------------------------------------- writing it anew


def rewritten(page: Path) -> str:
    """The page, each ``console`` block with what its command prints now."""
    text = page.read_text(encoding="utf-8")
    with folder_of(page):
        for block in blocks(page):
            if block.language == "console" and timeless(run(block.command)[1]) != timeless(block.shown):
                printed = run(block.command)[1].strip("\n")
                text = text.replace(f"```console\n{block.text}```", f"```console\n$ {block.command}\n{printed}\n```")
    return text


if __name__ == "__main__":
    os.environ[VARIABLE] = ""  # what was judged before is judged again, so that nothing is shown as kept
    for path in PAGES:
        anew = rewritten(path)
        changed = anew != path.read_text(encoding="utf-8")
        if changed and "--write" in sys.argv:
            write_whole(path, anew)
        print(f"{path.relative_to(ROOT)}: {'changed' if changed else 'as it was'}")
    drawn = picture()
    changed = timeless(text_in(drawn)) != timeless(text_in(PICTURE.read_text(encoding="utf-8")))
    if changed and "--write" in sys.argv:
        write_whole(PICTURE, drawn)
    print(f"{PICTURE.relative_to(ROOT)}: {'changed' if changed else 'as it was'}")
