"""The repository itself: the order of the rooms, what the judge may call, what stands at the top level."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages import ROOT

# Each room imports only rooms above it.
ROOMS = [
    "errors",
    "files",
    "store",
    "workers",
    "arguments",
    "functions",
    "page.greek",
    "page.layout",
    "page.notation",
    "page.equations",
    "page.resolved",
    "page.derivation",
    "page.expansion",
    "page.inside",
    "page.shapes",
    "page.conventions",
    "configuration",
    "script",
    "folders",
    "text.source",
    "text.vocabulary",
    "text.dress",
    "text.macros",
    "text.passages",
    "text.inputs",
    "text.notebooks",
    "text.restructured",
    "text.equations",
    "text.cases",
    "text.document",
    "reader.results",
    "reader.customs",
    "reader.grammar",
    "reader.differentials",
    "reader.letters",
    "reader.alphabet",
    "reader.bars",
    "reader.bounds",
    "reader.roles",
    "reader.conditions",
    "reader.dots",
    "reader.factors",
    "reader.sizing",
    "reader.compositions",
    "reader.translation",
    "reader.entries",
    "reader.identities",
    "reader.occasions",
    "reader.wording",
    "reader.denials",
    "reader.pairs",
    "reader.telling",
    "reader.sayings",
    "reader.changes",
    "reader.statements",
    "reader.layers",
    "reader.lengths",
    "reader.signs",
    "reader.copies",
    "reader.models",
    "reader.stepless",
    "reader.dummies",
    "reader.memories",
    "reader.patterns",
    "reader.exponentials",
    "reader.naming",
    "reader.settings",
    "reader.classes",
    "reader.finals",
    "reader.parameters",
    "reader.slices",
    "reader.plan",
    "reader.assumptions",
    "reader.parts",
    "reader.building",
    "reader.note",
    "reader.sources",
    "verdicts",
    "proofs.heads",
    "proofs.graph",
    "proofs.exact",
    "proofs.unrolled",
    "proofs.cascades",
    "proofs.contraction",
    "proofs.indexed",
    "proofs.words",
    "proofs.onestep",
    "proofs.definitions",
    "proofs.writing",
    "proofs.derivatives",
    "proofs.induction",
    "proofs.local",
    "proofs.adjoint",
    "proofs.matrices",
    "proofs.retracing",
    "proofs.backwards",
    "proofs.premises",
    "proofs.certificate",
    "proofs.alignment",
    "oracles.spaces",
    "oracles.forward",
    "oracles.points",
    "oracles.passes",
    "oracles.ways",
    "refuting.standins",
    "refuting.exactness",
    "refuting.duals",
    "refuting.residues",
    "refuting.witness",
    "printing.depths",
    "printing.dialects",
    "printing.widths",
    "printing.prose",
    "printing.tex",
    "printing.naming",
    "printing.displays",
    "printing.documents",
    "printing.mathml",
    "meaning.variants",
    "meaning.readings",
    "meaning.slips",
    "judging.evaluation",
    "judging.methods",
    "judging.compiled",
    "judging.comparison",
    "judging.sieve",
    "judging.conventions",
    "judging.admission",
    "judging.customs",
    "judging.claims",
    "judging.established",
    "judging.sides",
    "judging.pages",
    "emit.python",
    "emit.needs",
    "emit.helpers",
    "emit.matrices",
    "emit.rightside",
    "emit.module",
    "emit.rows",
    "emit.passes",
    "emit.emission",
    "emit.gallina",
    "emit.moves",
    "emit.certificates",
    "emit.counterexamples",
    "emit.coqc",
    "deriving.tidy",
    "deriving.rules",
    "deriving.jacobians",
    "deriving.steps",
    "deriving.backward",
    "deriving.forward",
    "deriving.derived",
    "deriving.slips",
    "deriving.pytorch",
    "deriving.audit",
    "deriving.document",
    "deriving.cells",
    "show.blocks",
    "show.board",
    "show.chains",
    "show.explain",
    "show.remarks",
    "show.findings",
    "show.report",
    "show.derivation",
    "show.excerpts",
    "show.display",
    "show.failures",
    "show.dossier",
    "show.measures",
    "show.plots",
    "show.webpage",
    "show.paper",
    "web.answers",
    "web.desks",
    "web.server",
    "commands.baseline",
    "commands.sources",
    "commands.terminal",
    "commands.check",
    "commands.derive",
    "commands.certify",
    "commands.latex",
    "commands.report",
    "commands.numeric",
    "commands.new",
    "commands.serve",
    "pytest_plugin",
    "cli",
    "notebook",
    "__main__",
]


def source(room: str) -> str:
    return (ROOT / "symbptt" / f"{room.replace('.', '/')}.py").read_text()


@functools.cache
def body_of(room: str) -> tuple[ast.stmt, ...]:
    """What stands in a room, parsed once: most questions of this file are asked of every room."""
    return tuple(ast.parse(source(room)).body)


@functools.cache
def imports_in(room: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a room, wherever in it."""
    inside = itertools.chain.from_iterable(map(ast.walk, body_of(room)))
    return tuple(node for node in inside if isinstance(node, (ast.Import, ast.ImportFrom)))


def imported(room: str) -> Iterator[str]:
    """The rooms that this one imports; ``from a import b`` is the room a.b, or a name of the room a."""
    for node in imports_in(room):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "symbptt":
            within = node.module.removeprefix("symbptt").removeprefix(".")
            for alias in node.names:
                whole = f"{within}.{alias.name}".removeprefix(".")
                if whole in ROOMS or within:
                    yield whole if whole in ROOMS else within
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".", 1)[1] for alias in node.names if alias.name.startswith("symbptt."))


def test_every_room_is_in_the_order() -> None:
    package = ROOT / "symbptt"
    rooms = [".".join(path.relative_to(package).with_suffix("").parts) for path in package.glob("**/*.py")]
    assert sorted(room for room in rooms if not room.endswith("__init__")) == sorted(ROOMS)


def test_the_rooms_of_a_folder_stand_together_in_the_order() -> None:
    folders = [folder for folder, _ in itertools.groupby(room.rpartition(".")[0] for room in ROOMS)]
    named = [folder for folder in folders if folder]
    assert len(named) == len(set(named)) == len(list((ROOT / "symbptt").glob("*/__init__.py")))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_above_it(room: str) -> None:
    above = ROOMS[: ROOMS.index(room)]
    assert [name for name in imported(room) if name not in above] == []


INDEPENDENT = [room for room in ROOMS if room.startswith(("oracles.", "refuting."))]


def closure(room: str) -> set[str]:
    """The rooms that this one needs, itself among them."""
    needed, pending = set[str](), [room]
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += [*imported(name)]
    return needed


def outside(room: str) -> set[str]:
    """The packages beside this one that a room imports, wherever in it."""
    found = set[str]()
    for node in imports_in(room):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("room", INDEPENDENT)
def test_oracles_and_what_refutes_need_no_sympy_and_nothing_of_the_proofs(room: str) -> None:
    needed = closure(room)
    assert {name.partition(".")[0] for name in needed} <= {"errors", "functions", "page", "oracles", "refuting"}
    assert "sympy" not in set().union(*map(outside, needed))


def test_the_closures_are_those_of_the_interpreter_and_a_room_of_the_proofs_is_none() -> None:
    assert len(INDEPENDENT) >= 10
    assert "sympy" in set().union(*map(outside, closure("judging.evaluation")))
    loaded = "import sys, importlib\n"
    loaded += f"for room in {INDEPENDENT}: importlib.import_module('symbptt.' + room)\n"
    loaded += "print([name for name in sys.modules if name == 'sympy' or name.startswith('symbptt.proofs')])"
    done = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_room_shares_its_name_with_what_it_exports() -> None:
    for room in ROOMS:
        names = {node.name for node in body_of(room) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        assert room.rpartition(".")[2] not in names


def test_the_judge_calls_nothing_that_guesses() -> None:
    forbidden = re.compile(r"\.(equals|is_zero|nsimplify|evalf)\b|\b(simplify|sympify|parse_expr|eval|lambdify)\(")
    found = {(room, match.group()) for room in ROOMS for match in forbidden.finditer(source(room))}
    # What it writes compares numbers and proves nothing, and no name of a page reaches it.
    assert found == {("judging.compiled", "lambdify(")}


def test_no_pattern_repeats_a_group_without_giving_back() -> None:
    # Before Python 3.11.5 what the last, failing round of a repeated group took stays taken: (?>(...)*) says the same.
    repeats = re.compile(r"(?<!\\)\)(?:[*+?]|\{[\d,]+\})\+")
    assert repeats.search(r"(?:\s|\\,)*+")
    assert not repeats.search(r"(?>(?:\s|\\,)*)[^{}]++\)*+")
    rooms = (ROOT / "symbptt").rglob("*.py")
    assert not {f"{room}: {at[0]}" for room in rooms for at in repeats.finditer(room.read_text(encoding="utf-8"))}


def test_no_test_is_defined_twice_in_one_place() -> None:
    checked = 0
    for path in (ROOT / "tests").glob("**/test_*.py"):
        tree = ast.parse(path.read_text())
        scopes = [node for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef))]
        for scope in scopes:
            names = [node.name for node in scope.body if isinstance(node, ast.FunctionDef)]
            assert len(names) == len(set(names)), path
            checked += len(names)
    assert checked > 100


def test_the_top_level_holds_what_was_agreed_and_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout: an installed source tree has no list of files")
    top = {Path(line).parts[0] for line in listed.stdout.splitlines()}
    visible = {name for name in top if not name.startswith(".")}
    assert visible == {"symbptt", "derivations", "tests", "pyproject.toml", "README.md", "LICENSE"}


def test_every_public_name_is_there() -> None:
    import symbptt

    missing = [name for name in symbptt.__all__ if not hasattr(symbptt, name)]
    assert missing == []
    assert dir(symbptt) == sorted(symbptt.__all__)
    assert not hasattr(symbptt, "nothing")
    assert callable(symbptt.crosscheck)


def test_what_a_public_function_returns_is_public_too() -> None:
    import symbptt

    checked = set()
    for name in symbptt.__all__:
        made = getattr(symbptt, name)
        if not inspect.isfunction(made):
            continue
        returned = inspect.signature(made).return_annotation
        for word in re.findall(r"\w+", returned if isinstance(returned, str) else returned.__name__):
            kind = vars(sys.modules[made.__module__]).get(word)
            # The parts of an equation are made by these functions and by signs, and need no name.
            own = inspect.isclass(kind) and kind.__module__.startswith("symbptt.")
            if own and kind.__module__ != "symbptt.page.notation":
                assert word in symbptt.__all__, (name, word)
                checked.add(word)
    assert {"Verdict", "Sheet", "Note", "Comparison", "Emitted", "FunctionComparison"} <= checked
