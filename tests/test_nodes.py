"""Node by interpreter: each has a rule for each node, or refuses it with a sentence of its own.

A node is among the ``SAMPLES`` or the tests fail; so is an interpreter, which is a function that ends a match over
nodes in ``assert_never``, among the ``INTERPRETERS``.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from symbptt import Derivation
from symbptt.deriving.jacobians import _Pushing
from symbptt.deriving.rules import Rules as GradientRules
from symbptt.emit.gallina import Gallina
from symbptt.emit.matrices import Rules, Sinks
from symbptt.emit.python import Code
from symbptt.errors import IllTyped, Undecided
from symbptt.functions import activation
from symbptt.oracles.forward import Forward, Model
from symbptt.oracles.spaces import NUMPY
from symbptt.page.expansion import expand, tidied
from symbptt.page.inside import Fixed
from symbptt.page.notation import (
    NODES,
    ONE,
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Identity,
    Index,
    IndexValue,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Ones,
    Operators,
    Partial,
    Power,
    Product,
    Shape,
    Sum,
    Total,
    Transpose,
    Zero,
    children,
    concat,
    diag,
    exchanged,
    free_indices,
    laid_out,
    rebuild,
    state,
    substitute,
    walk,
    weight,
)
from symbptt.page.shapes import shape
from symbptt.printing import depths
from symbptt.printing.mathml import markup
from symbptt.printing.tex import latex
from symbptt.proofs import onestep, premises
from symbptt.proofs.contraction import Kernel
from symbptt.proofs.definitions import Definitions
from symbptt.proofs.derivatives import Reader, Variable
from symbptt.proofs.indexed import Unrolled
from symbptt.proofs.onestep import relation
from symbptt.proofs.unrolled import Unrolling
from tests.pages import ROOT, U, W, h, i, n, phi, recurrence, x

V = weight("V")


def page() -> Derivation:
    """A recurrence, and a weight put together from two blocks."""
    made = recurrence()
    made.define("V", V, concat(W, U))
    return made


SAMPLES: dict[type[Operators], Expr] = {
    Number: Number(Fraction(2)),
    IndexValue: IndexValue(Index.of(2)),
    Letter: W,
    At: h[2],
    Copy: Copy(W, Index.of(2)),
    Add: Add((h[2], h[1])),
    Mul: Mul((W, h[1])),
    Hadamard: Hadamard((h[2], h[1])),
    Kronecker: Kronecker(h[2].T, W),
    Power: Power(W, Index.of(2)),
    Sum: Sum(h[i], (i, 1, 2)),
    Product: Product(W, (i, 1, 2)),
    Apply: Apply(phi, (h[2],)),
    Diag: Diag(h[2]),
    Total: Total(h[2], W),
    Partial: Partial(h[2], W),
    Concat: Concat((W, U)),
    Transpose: Transpose(h[2]),
    Block: Block(Total(h[2], V), W),
    Zero: Zero(h[2]),
    Laid: Laid(Total(h[2], W), "transposed"),
    Identity: Identity(W),
    Ones: Ones(h[2]),
    Either: Either((Total(h[2], W), Partial(h[2], W)), "derivative"),
}


Refused = tuple[type[Exception], str, tuple[type[Operators], ...]]
"""An error, its sentence, and the nodes that are refused with it."""


@dataclass(frozen=True)
class Interpreter:
    """What reads a node of a page, and what it refuses; it has a rule for everything else."""

    read: Callable[[Derivation, Expr], object]
    refused: tuple[Refused, ...] = ()


def code(page: Derivation) -> Rules:
    names = {letter.symbol: letter.symbol for letter in (W, U, V, h, x)}
    return Rules(page, names, {"n", "d"}, {W}, (), activation("any"), Code())


def pulled(page: Derivation, node: Expr) -> Code:
    rules = code(page)
    rules.pull(node, "left", {}, Sinks())
    return rules.code


def rated(page: Derivation, node: Expr) -> object:
    return depths._Writer(page, "full")._differential(node, depths._Moving(frozenset({W})), fixed=Fixed())


def forward(page: Derivation) -> Forward:
    model = Model(page, {"n": 2, "d": 2}, "tanh")
    return Forward(model, NUMPY, lambda letter, _: np.ones(model.size(letter)))


ROWS: dict[Expr, Shape] = {W: (n, n), **dict.fromkeys((h[1], h[2], h[i]), (n, ONE))}
DERIVATIVES = (Total, Partial, Block, Laid)
WHOLE = "may mean several things: it has no shape before one of them is chosen"
ARGUMENT = "is what a derivative is taken in; by itself it has no value on the page"
EARLY = "is unrolled before it is written out, and one of its meanings chosen"
UNDERIVED = "stands in a definition, and there is no rule for its gradient"
UNWRITTEN = "is not written out: no rule for it is known here"


class Moving(_Pushing):
    """A pass forward in which everything but a weight moves."""

    def moves(self, node: Expr) -> bool:
        return not isinstance(node, Letter)


def pushed_of_each(page: Derivation, node: Expr) -> object:
    """The Jacobian of a node in every letter at a step that stands in it."""
    letters = (one for one in walk(node) if isinstance(one, At))
    return list(Moving(GradientRules(page, {}), {one: Identity(diag(one)) for one in letters}).terms(node))


INTERPRETERS: dict[str, Interpreter] = {
    "page.shapes._shape": Interpreter(shape, ((IllTyped, ARGUMENT, (Copy,)), (TypeError, WHOLE, (Either,)))),
    "page.notation.laid_out": Interpreter(lambda page, node: laid_out(node)),
    "proofs.unrolled.Unrolling._evaluate": Interpreter(
        lambda page, node: Unrolling(page, {"n": 2, "d": 2}, activation("any")).written_out(node),
        ((IllTyped, ARGUMENT, (Copy,)), (TypeError, EARLY, (Sum, Product, Either))),
    ),
    "proofs.indexed.Unrolled._evaluate": Interpreter(
        lambda page, node: Unrolled(page, activation("any"), Kernel()).side(node),
        ((Undecided, "has no entries with sizes as letters", (Copy, Sum, Product, Concat, Either)),),
    ),
    "proofs.derivatives.Reader.value": Interpreter(
        lambda page, node: Reader(Definitions(page)).read(node, ()),
        (
            (
                Undecided,
                "has no reading in words",
                (Copy, Hadamard, Kronecker, Diag, Concat, Transpose, Laid, Ones, Either),
            ),
        ),
    ),
    "proofs.onestep._Writer.entry": Interpreter(
        relation,
        (
            (
                Undecided,
                "in a definition is not differentiated for all sizes",
                (Copy, Kronecker, Power, Product, Diag, Concat, Identity, Either, *DERIVATIVES),
            ),
        ),
    ),
    "proofs.onestep._Writer._shape": Interpreter(
        lambda page, node: onestep._Writer({W: (n, n), **dict.fromkeys((h[1], h[2], h[i]), (n, ONE))}, bool)._shape(
            node
        ),
        (
            (
                Undecided,
                "in a definition is not differentiated for all sizes",
                (Copy, Kronecker, Power, Product, Concat, Identity, Either, *DERIVATIVES),
            ),
        ),
    ),
    "proofs.indexed.Unrolled._spaces": Interpreter(
        lambda page, node: Unrolled(page, activation("any"), Kernel())._spaces(node),
        ((Undecided, "has no entries with sizes as letters", (Copy, Concat, Either)),),
    ),
    "proofs.derivatives.Reader._through": Interpreter(
        lambda page, node: Reader(Definitions(page))._through(node, Variable(W), ()),
        (
            (
                Undecided,
                "it is not linear in states",
                (Letter, Copy, Power, Product, Concat, Transpose, Hadamard, Kronecker, Diag, Identity, Ones, Either),
            ),
            (Undecided, "it is not linear in states", DERIVATIVES),
            (Undecided, "it is not a number times a state", (Mul,)),
        ),
    ),
    "oracles.forward.Forward._value": Interpreter(
        lambda page, node: forward(page).value(node),
        ((IllTyped, "has no value on the page", (Copy, Sum, Product, Either, *DERIVATIVES)),),
    ),
    "proofs.premises._words": Interpreter(lambda page, node: premises._words(node)),
    "emit.matrices.Rules.value": Interpreter(
        lambda page, node: code(page).value(node, {}),
        ((Undecided, "has no rule in matrices", (Copy, Product, Either, *DERIVATIVES)),),
    ),
    "emit.matrices.Rules.pull": Interpreter(
        pulled,
        (
            (Undecided, "has no rule in matrices", (Copy, Kronecker, Product, Either, *DERIVATIVES)),
            (Undecided, "has no rule in matrices: a power of a matrix is not differentiated", (Power,)),
        ),
    ),
    "emit.gallina.Gallina._written": Interpreter(
        lambda page, node: Gallina(Reader(Definitions(page))).term(node, ()),
        (
            (
                Undecided,
                "is no sum of products of derivatives",
                (Copy, Hadamard, Kronecker, Diag, Concat, Transpose, Laid, Ones, Either),
            ),
            (Undecided, "by what a block is: nothing is left to prove", (Block,)),
            (Undecided, "is no number that is written here", (Power,)),
        ),
    ),
    "deriving.rules.Rules.pulled": Interpreter(
        lambda page, node: list(GradientRules(page, {}).pulled(node, node)),
        (
            (Undecided, UNDERIVED, (Copy, Kronecker, Product, Either, *DERIVATIVES)),
            (Undecided, "is a power of what depends on weights: there is no rule for its gradient", (Power,)),
            (Undecided, "and there is a rule for each", (Concat,)),
        ),
    ),
    "deriving.jacobians._Pushing.terms": Interpreter(
        pushed_of_each,
        (
            (
                Undecided,
                "there is no rule for its Jacobian",
                (Copy, Kronecker, Product, Sum, Concat, Diag, Transpose, Power, Either, *DERIVATIVES),
            ),
        ),
    ),
    "printing.depths._Writer._differential": Interpreter(
        rated,
        (
            (Undecided, UNWRITTEN, (Copy, Kronecker, Product, Concat, Either, *DERIVATIVES)),
            (Undecided, "is not written out: only that of a number's power is", (Power,)),
        ),
    ),
}

PARTIAL = {
    "emit.moves.Moves._formula": "what a node that is not named moves is not known, and it is refused with a sentence",
    "emit.rows.Rows.value": "a node that is not named has no rule in rows, and is refused with a sentence",
    "deriving.tidy.is_scalar": "a node that is not named is not seen to be a number",
    "emit.rightside.RightSide.times": "what is no sum or product of derivatives is a value, for emit.matrices",
    "meaning.slips._own": "a node that is not named has no slip of its own",
    "page.conventions.turned": "what is no sum or product has a transpose above it",
    "proofs.matrices._turned": "what is no sum or product has a transpose above it",
    "page.conventions._is_explicit": "a node that is not named is as explicit as its parts",
    "reader.compositions.composed": "a node that is not named is composed of its parts, which are by then",
    "reader.sizing._Inference.of": "a node that is not named says nothing of sizes",
    "proofs.adjoint.Difference.pieces": "what is no sum or product stands at one step, for proofs.local",
    "refuting.residues.Point._evaluated": "what is no sum or product is run forward, by oracles.forward",
}
"""Matches over several nodes that say nothing of the others, on purpose, and why."""

WALKS: dict[str, Callable[[Expr], object]] = {
    "children": children,
    "walk": lambda node: list(walk(node)),
    "rebuild": lambda node: rebuild(node, lambda part: part, lambda index: index),
    "substitute": lambda node: substitute(node, {"i": 1}),
    "free_indices": free_indices,
    "exchanged": lambda node: exchanged(node, h, state("g", n)),
    "expand": lambda node: expand(node, {}),
    "tidied": tidied,
    "resolve": lambda node: page().resolve(node),
    "hash": hash,
    "str": str,
    "latex": latex,
    "markup": markup,
}
"""What is the same for every node: these have no case of their own that could be forgotten, or only a few."""


def test_every_node_has_a_sample_and_every_sample_is_of_its_node() -> None:
    assert set(SAMPLES) == set(NODES)
    assert [type(node) for node in SAMPLES.values()] == list(SAMPLES)


@pytest.mark.parametrize("kind", NODES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", INTERPRETERS)
def test_an_interpreter_has_a_rule_for_a_node_or_refuses_it_with_its_sentence(name: str, kind: type[Operators]) -> None:
    interpreter, node = INTERPRETERS[name], SAMPLES[kind]
    found = [(error, said) for error, said, kinds in interpreter.refused if kind in kinds]
    if not found:
        assert interpreter.read(page(), node) is not None
        return
    ((error, said),) = found
    with pytest.raises(error) as caught:
        interpreter.read(page(), node)
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize("kind", NODES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", WALKS)
def test_what_is_the_same_for_every_node_leaves_none_out(name: str, kind: type[Operators]) -> None:
    assert WALKS[name](SAMPLES[kind]) is not None


class Foreign(Operators):
    """What is no node of the notation."""


@pytest.mark.parametrize("name", [*INTERPRETERS, *(name for name in WALKS if name != "str")])
def test_nothing_is_made_of_what_is_no_node(name: str) -> None:
    foreign: Any = Foreign()
    with pytest.raises((AssertionError, TypeError, KeyError)):
        INTERPRETERS[name].read(page(), foreign) if name in INTERPRETERS else WALKS[name](foreign)


# --------------------------------------------------------------------------------------------------- the code itself

NAMES = {kind.__name__ for kind in NODES}
MANY = 6
"""A match over so many nodes is an interpreter."""


def matches(tree: ast.AST, within: str) -> Iterator[tuple[str, ast.Match]]:
    """Every match statement with the function that it stands in."""
    for node in ast.iter_child_nodes(tree):
        inside = isinstance(node, (ast.FunctionDef, ast.ClassDef))
        if isinstance(node, ast.Match):
            yield within, node
        yield from matches(node, f"{within}.{node.name}" if inside else within)  # type: ignore[attr-defined]


def matched(pattern: ast.pattern) -> Iterator[str]:
    """The classes that a case is for."""
    match pattern:
        case ast.MatchClass():
            yield ast.unparse(pattern.cls)
        case ast.MatchOr():
            for option in pattern.patterns:
                yield from matched(option)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from matched(inner)
        case _:
            pass


@functools.cache
def every_match() -> tuple[tuple[str, ast.Match], ...]:
    """Those over nodes, of the whole package."""
    return tuple(_every_match())


def _every_match() -> Iterator[tuple[str, ast.Match]]:
    for path in sorted((ROOT / "symbptt").rglob("*.py")):
        room = ".".join(path.relative_to(ROOT / "symbptt").with_suffix("").parts)
        for name, match in matches(ast.parse(path.read_text()), room):
            classes = {found for case in match.cases for found in matched(case.pattern)}
            if len(classes & NAMES) >= MANY:
                yield name, match


def ends(match: ast.Match) -> str:
    """What the last case of a match does."""
    return ast.unparse(match.cases[-1])


def test_the_interpreters_are_those_that_end_in_assert_never() -> None:
    total = {name for name, match in every_match() if "assert_never(" in ends(match) or ": Never" in ends(match)}
    assert total == set(INTERPRETERS)


def test_a_match_over_many_nodes_forgets_none() -> None:
    found = dict(every_match())
    assert len(found) >= len(INTERPRETERS)
    loose = [
        name
        for name, match in found.items()
        if not any(said in ends(match) for said in ("assert_never(", ": Never", "rebuild("))
    ]
    assert sorted(loose) == sorted(PARTIAL)


def test_a_match_that_forgets_is_seen() -> None:
    cases = ["case Add() | Mul(): pass", "case _: pass"]
    forgetful = "\n  ".join(["def f(node):", "match node:", *(f"  {case}" for case in cases)])
    ((name, match),) = matches(ast.parse(forgetful), "room")
    assert name == "room.f"
    assert [list(matched(case.pattern)) for case in match.cases] == [["Add", "Mul"], []]
    assert "assert_never(" not in ends(match)
