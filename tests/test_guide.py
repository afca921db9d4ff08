"""The README, the guide and the map of the code: what they say is what the program does."""

from __future__ import annotations

import json
import os
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.commands import KNOWN
from tests.guide import GUIDE, PAGES, PICTURE, PICTURED, README, blocks, folder_of, run, text_in, timeless
from tests.pages import ROOT
from tests.test_house import ROOMS

MAP = ROOT / "symbptt" / "README.md"
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
HOLDS_AS_READ = {"reading.md": {"mixed"}, "layouts.md": {"rows"}}
"""The claims of the guide that are no theorem as printed; of every other claim each page says that it is proved."""


@pytest.fixture(autouse=True, scope="module")
def known() -> Iterator[None]:
    """Its commands keep verdicts for the next one, as those of a user do."""
    with mock.patch.dict(os.environ, KNOWN):
        yield


# --------------------------------------------------------------------------------------------------- the README


def commands() -> dict[str, str]:
    return {block.comment: block.text.strip() for block in blocks(README) if block.comment.startswith("command: ")}


def test_the_readme_has_its_two_commands_and_the_gates_run_the_second() -> None:
    assert set(commands()) == {"command: check", "command: test"}
    assert commands()["command: check"].endswith("symbptt check derivations/bptt.py")
    gates = (ROOT / ".ci" / "run").read_text()
    assert "readme_command test" in gates


def test_the_readme_is_short_and_leads_to_every_page_of_the_guide() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 220
    assert {page.name for page in GUIDE.glob("*.md")} == {*re.findall(r"\(derivations/guide/(\w+\.md)\)", text)}


def test_the_picture_shows_what_its_command_prints() -> None:
    with folder_of(README):
        _, printed = run(PICTURED)
    expected = timeless("\n".join(" ".join(line.split()) for line in [f"$ {PICTURED}", *printed.splitlines()]))
    drawn = PICTURE.read_text(encoding="utf-8")
    assert timeless(text_in(drawn)) == expected, "python -m tests.guide --write"
    assert timeless(text_in(drawn.replace("refuted", "proved"))) != expected


def test_the_picture_asks_nothing_of_the_network() -> None:
    outside = set(re.findall(r"https?://[^\s\"')]+", PICTURE.read_text(encoding="utf-8")))
    assert outside == {"http://www.w3.org/2000/svg"}


# --------------------------------------------------------------------------------------------------- the blocks


@pytest.mark.parametrize("name", NAMES)
def test_the_blocks_of_a_page_do_what_it_says(name: str) -> None:
    page = ROOT / name
    counted = 0
    with folder_of(page) as folder:
        for block in blocks(page):
            if block.language == "python":
                (folder / "block.py").write_text(block.text, encoding="utf-8")
                runpy.run_path("block.py")
            elif block.language == "console":
                assert timeless(run(block.command)[1]) == timeless(block.shown), "python -m tests.guide --write"
            elif block.language == "sh" and not block.comment:
                for command in block.text.splitlines():
                    assert run(command)[0] == 0, command
            else:
                continue
            counted += 1
    assert counted >= 2 or name.endswith("costs.md")


def test_a_block_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ symbptt check --latex 'h_t = f(x_t, h_{t-1}, w)'\nproved\n```\n")
    (block,) = blocks(page)
    status, printed = run(block.command)
    assert status == 0
    assert "definition" in printed
    assert timeless(printed) != timeless(block.shown)


def test_only_seconds_and_last_bits_may_differ() -> None:
    line = "worst relative error 4.7e-16 (2, t = 5)\n3 claims: 1 refuted. 0.5 s"
    assert timeless(line) == timeless(line.replace("4.7e-16", "5.1e-16").replace("0.5 s", "12.31 s"))
    for other in (line.replace("e-16", "e-9"), line.replace("t = 5", "t = 4"), line.replace("1 refuted", "2 refuted")):
        assert timeless(other) != timeless(line)


# --------------------------------------------------------------------------------------------------- the displays


def unexpected(page: Path, text: str) -> tuple[int, list[str]]:
    """How many claims and declared errors a page of the guide has, and which come out otherwise than it says."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    declared = iter(re.findall(r"^<!-- symbptt: ([\w-]+), .+ -->$", text, flags=re.MULTILINE))
    _, printed = run(f"symbptt check {page} --json -")
    equations = json.loads(printed)["sources"][0]["equations"]
    judged = [equation for equation in equations if equation["kind"] != "definition"]
    found = []
    for equation in judged:
        said = "holds-as-read" if equation["tag"] in HOLDS_AS_READ.get(page.name, ()) else "proved"
        if equation["kind"] == "misreading":
            said = next(declared)
        if equation["verdict"] != said:
            found.append(f"({equation['tag']}) is {equation['verdict']}, not {said}")
    assert next(declared, None) is None
    return len(judged), found


@pytest.mark.parametrize("page", sorted(GUIDE.glob("*.md")), ids=lambda page: page.stem)
def test_every_display_of_the_guide_has_the_verdict_that_its_page_says(page: Path) -> None:
    count, found = unexpected(page, page.read_text(encoding="utf-8"))
    assert found == []
    assert count >= 2


def test_a_display_of_the_guide_that_is_wrong_is_noticed(tmp_path: Path) -> None:
    text = (GUIDE / "costs.md").read_text(encoding="utf-8")
    page = tmp_path / "costs.md"
    page.write_text(text.replace("{i=1}^{t-1}", "{i=1}^{t}").replace("{i=2}^{t-1}", "{i=1}^{t-1}"), encoding="utf-8")
    assert unexpected(page, text)[1] == ["(box) is refuted, not proved", "(dropped) is proved, not refuted"]


# --------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("name", [*NAMES, "symbptt/README.md"])
def test_every_link_of_a_page_leads_to_a_file(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_benchmarks_write_their_tables_into_the_guide() -> None:
    from tests.benchmarks import __main__ as proofs
    from tests.benchmarks import numbers

    costs = (GUIDE / "costs.md").read_text(encoding="utf-8")
    assert [len(found.MARKED.findall(costs)) for found in (proofs, numbers)] == [1, 1]


# --------------------------------------------------------------------------------------------------- the map


def listed(text: str) -> list[str]:
    """The rooms that have a line in the map, in its order."""
    return re.findall(r"^\* `([\w/]+\.py)`: \S.*$", text, flags=re.MULTILINE)


def test_the_map_has_a_line_for_each_room_in_the_order_of_the_house() -> None:
    text = MAP.read_text(encoding="utf-8")
    rooms = [f"{room.replace('.', '/')}.py" for room in ROOMS]
    assert listed(text) == rooms
    assert listed(text.replace("* `files.py`", "* `drawers.py`")) != rooms
    assert listed(re.sub("(?m)^.*`files.py`.*\n", "", text)) != rooms


def test_the_map_names_no_file_and_no_name_that_is_not_there() -> None:
    text = MAP.read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:\w+/)*\w+\.(?:py|lark))`", text)) | set(re.findall(r"`(\w+/)`", text))
    there = [name for name in files if (MAP.parent / name).exists() or (ROOT / name).exists()]
    assert sorted(files) == sorted(there)
    code = "\n".join(path.read_text(encoding="utf-8") for path in MAP.parent.glob("**/*.py"))
    names = set(re.findall(r"`([A-Za-z_]+)`", text)) - {"undecided"}
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []
    assert len(files) > len(ROOMS)
    assert len(names) >= 8
