"""Expressions of a page as terms of Coq, over matrices with letters for their sizes.

A derivative is an opaque sequence here, as it is in :mod:`symbptt.proofs.words`: ``d_h_w : nat -> 'M[R]_(n, p)`` has
d h_t/d w at t. What holds of it is said by hypotheses, never by this room. Coq's ``nat`` has no negative numbers, 0 - 1
is 0: an index is written only where it follows from what is known there that it is not negative, and the last index
b of Σ and Π as the bound ``< b + 1`` where b + 1 is not.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import assert_never

from symbptt.errors import Undecided
from symbptt.page.notation import (
    Add,
    Apply,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Dim,
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
    Partial,
    Power,
    Product,
    Ranged,
    Shape,
    Sum,
    Total,
    Transpose,
    Zero,
    free_indices,
    substitute,
    unsigned,
)
from symbptt.page.shapes import shape
from symbptt.proofs.definitions import CLOCK, Known
from symbptt.proofs.derivatives import Reader
from symbptt.proofs.words import Factor, Term, entails

RESERVED = frozenset(
    "R M as at cofix else end exists exists2 fix for forall fun if in let match mod return then using".split()
    + "where with by do have of rewrite set suff is u E IH claim isT Prop Set SProp Type nat IF S O descending".split()
    + "ascending upto table derivation moving entrywise held add opposite times by_entries apply turned along".split()
    + "splits unit columns count settle known int certified".split()
)
"""What no letter of a page is called in Coq."""
SOURCE = "@"
"""The step of the variable of a derivative, in the pattern of one that has two steps; no page can write it."""


@dataclass(slots=True)
class Names:
    """Identifiers of Coq, each one for one thing: the page's own letters, or ``x1, x2, …`` where ``plain`` is false."""

    plain: bool = True
    _given: dict[object, str] = field(default_factory=dict)

    def of(self, thing: object, wanted: str) -> str:
        """The identifier of a thing, close to what is wanted."""
        if thing not in self._given:
            base = re.sub(r"[^A-Za-z0-9_]+", "_", wanted).strip("_") if self.plain else "x"
            if not re.match(r"[A-Za-z]", base):
                base = f"x_{base}"
            taken, name, number = set(self._given.values()) | RESERVED, base, 1
            while name in taken or not (self.plain or number > 1):
                name, number = f"{base}{number}", number + 1
            self._given[thing] = name
        return self._given[thing]


@dataclass(frozen=True, slots=True)
class Sequence:
    """An opaque letter: what it stands for, its identifier, its shape, and how many indices it has."""

    pattern: Expr
    name: str
    shape: tuple[str, str]
    indices: int

    @property
    def declared(self) -> str:
        """Its declaration."""
        return f"({self.name} : {'nat -> ' * self.indices}'M[R]_({self.shape[0]}, {self.shape[1]}))"


@dataclass(slots=True)
class Gallina:
    """Writes expressions of one page; :attr:`sequences` are the letters that it has met, in their order."""

    reader: Reader
    names: Names = field(default_factory=Names)
    sequences: dict[Expr, Sequence] = field(default_factory=dict)
    sizes: dict[Dim, str] = field(default_factory=dict)
    scope: str = ""
    """Whose letters its indices are, where they have no names of the page: those of the claim are its own."""
    inverts: bool = False
    """Whether a number such as 1/T stands there, so that the ring has inverses and commutes."""

    # ------------------------------------------------------------------------------------------- letters

    def size(self, dim: Dim) -> str:
        """A number of rows or columns: a number, or a letter for it, whatever it is made of."""
        if not dim.letters():
            return str(dim)
        return self.sizes.setdefault(dim, self.names.of(dim, str(dim) if len(str(dim)) == 1 else "p"))

    def sequence(self, pattern: Expr, wanted: str, indices: int) -> Sequence:
        """The letter for a pattern."""
        if pattern not in self.sequences:
            values = {name: Index.letter("t") for name in ("#", SOURCE)}
            rows, columns = shape(self.reader.page, substitute(pattern, values))
            named = self.names.of(pattern, wanted)
            self.sequences[pattern] = Sequence(pattern, named, (self.size(rows), self.size(columns)), indices)
        return self.sequences[pattern]

    def met(self, node: Expr, known: Known) -> tuple[Sequence, tuple[Index, ...]]:
        """A derivative or letter as an opaque letter at its indices. Raises :class:`Undecided` where it is none."""
        if isinstance(node, (Total, Partial)) and (found := self._of_source(node, known)) is not None:
            return found
        factor = self._factor(node, known)
        pattern = self.reader.families.pattern(factor.name)
        held = "#" in free_indices(pattern)
        return self.sequence(pattern, _wanted(pattern), int(held)), (factor.first,) * held

    def _of_source(self, node: Total | Partial, known: Known) -> tuple[Sequence, tuple[Index, ...]] | None:
        """A derivative that is more than one step's."""
        wrt = node.wrt
        is_jacobian = isinstance(node, Partial) and isinstance(wrt, At) and wrt.letter.kind == "state"
        if isinstance(node, Partial) and not (is_jacobian and not node.own and not node.held):
            return None
        of, at = self.reader.definitions.site(node.of, known)
        if isinstance(wrt, Letter):
            pattern: Expr = Total(of, wrt)
            return self.sequence(pattern, _wanted(pattern), 1), (at,)
        assert isinstance(wrt, (At, Copy))
        letter = wrt.letter if isinstance(wrt, At) else wrt.weight
        if is_jacobian and not (back := at - wrt.index).terms and (letter, back.constant) in self._uses(of):
            return None
        marked: Expr = replace(wrt, index=Index(((SOURCE, 1),)))
        pattern = (Partial if isinstance(wrt, At) else Total)(of, marked)
        return self.sequence(pattern, f"{_wanted(pattern)}_from", 2), (at, wrt.index)

    def _uses(self, of: Expr) -> tuple[tuple[Letter, int], ...]:
        own = self.reader.definitions.own(of)
        return own.uses + tuple((letter, 0) for letter in own.inside)

    def _factor(self, node: Expr, known: Known) -> Factor:
        if isinstance(node, Partial):
            terms = self.reader.value(node, known)
        elif isinstance(node, (Letter, At, Apply)):
            pattern, at = (node, Index.of(0)) if _is_constant(node) else self._sited(node, known)
            return Factor(self.reader.families.name(pattern), at, at)
        else:
            terms = []
        if len(terms) != 1 or terms[0] != Term(factors=terms[0].factors) or len(terms[0].factors) != 1:
            raise Undecided(f"{node} is no letter of its own in the chain rule")
        (factor,) = terms[0].factors
        if factor.first != factor.last:
            raise Undecided(f"{node} is no letter of its own in the chain rule")
        return factor

    def _sited(self, node: Expr, known: Known) -> tuple[Expr, Index]:
        if isinstance(node, At) and node.letter.kind == "data":
            return At(node.letter, CLOCK), node.index
        return self.reader.definitions.site(node, known)

    # ------------------------------------------------------------------------------------------- indices

    def index(self, index: Index, known: Known) -> str:
        """An index that is not negative, as a number of type nat."""
        if not entails(known, index):
            raise Undecided(f"{index} >= 0 does not follow, and a natural number is never negative")
        return self._natural(index)

    def _natural(self, index: Index) -> str:
        ahead = [self.letter(name) for name, count in index.terms for _ in range(max(count, 0))]
        behind = [self.letter(name) for name, count in index.terms for _ in range(max(-count, 0))]
        behind += [str(-index.constant)] * (index.constant < 0)
        whole = " + ".join(ahead) or str(max(index.constant, 0))
        if ahead and index.constant > 0:
            # MathComp reads t.+3 as well; beyond, and only there, a sum.
            whole = f"({whole})" if len(ahead) > 1 else whole
            whole = f"{whole}.+{index.constant}" if index.constant <= 4 else f"{whole} + {index.constant}"
        if behind:
            return f"({' - '.join([whole, *behind])})%N"
        if whole.isdigit():
            return f"{whole}%N"
        return whole if re.fullmatch(r"[A-Za-z_]\w*(\.\+[1-4])?", whole) else f"({whole})%N"

    def letter(self, name: str) -> str:
        """The identifier of an index."""
        return self.names.of(("index", "" if self.names.plain else self.scope, name), name.split(".")[0])

    def known(self, row: Index) -> str:
        """``row`` >= 0 as a comparison of natural numbers."""
        ahead = Index(tuple((name, count) for name, count in row.terms if count > 0), max(row.constant, 0))
        behind = Index(tuple((name, -count) for name, count in row.terms if count < 0), max(-row.constant, 0))
        return _compared(self._natural(behind), "<=", self._natural(ahead))

    # ------------------------------------------------------------------------------------------- expressions

    def term(self, node: Expr, known: Known) -> str:
        """An expression that stands alone. Raises :class:`Undecided` outside of what is written here."""
        if isinstance(node, Add):
            made = ""
            for part in node.parts:
                sign, positive = unsigned(part)
                sign = sign or ("+" if made else "")
                made += f" {sign} {self.factor(positive, known)}" if made else f"{sign} {self.factor(positive, known)}"
            return made.strip()
        sign, positive = unsigned(node)
        if sign:
            return f"- {self.factor(positive, known)}"
        return self._written(node, known)

    def factor(self, node: Expr, known: Known) -> str:
        """An expression as a part of a larger one."""
        text = self.term(node, known)
        simple = re.fullmatch(r"[\w.']+(%:M)?", text) or re.fullmatch(r"\([^()]*\)", text)
        return text if simple or not re.search(r"[ *+-]", text) else f"({text})"

    def _written(self, node: Expr, known: Known) -> str:
        match node:
            case Zero():
                return "0"
            case Identity():
                return "1%:M"
            case Number():
                return self._scaled([node], [], known)
            case Mul():
                scalars = [part for part in node.parts if self._is_number(part)]
                return self._scaled(scalars, [part for part in node.parts if part not in scalars], known)
            case Sum():
                return self._ranged(r"\sum_", node, known)
            case Product():
                return self._ranged(r"\asc_" if node.ascending else r"\desc_", node, known)
            case Letter() | At() | Apply() | Total() | Partial():
                if isinstance(node, Total) and isinstance(node.of, (Add, Mul, Sum)):
                    raise Undecided(f"{node} is the derivative of a sum")
                sequence, indices = self.met(node, known)
                return " ".join([sequence.name, *(self.index(index, known) for index in indices)])
            case IndexValue() | Power():
                return self._scaled([node], [], known)
            case Block():
                raise Undecided(
                    f"{node} is {replace(node.of, wrt=node.part)} by what a block is: nothing is left to prove"
                )
            case (
                Add() | Copy() | Hadamard() | Kronecker() | Diag() | Concat() | Transpose() | Laid() | Ones() | Either()
            ):
                raise Undecided(f"{node} is no sum of products of derivatives")
            case _:
                assert_never(node)

    @staticmethod
    def _is_number(part: Expr) -> bool:
        return isinstance(part, (Number, IndexValue)) or (isinstance(part, Power) and isinstance(part.base, IndexValue))

    def _scaled(self, scalars: Iterable[Expr], parts: list[Expr], known: Known) -> str:
        numbers = [self._number(part, known) for part in scalars]
        for left, right in itertools.pairwise(parts):
            if self._shape(left)[1] != self._shape(right)[0]:
                raise Undecided(f"{left} · {right} is a scalar times a matrix, which is no product of matrices")
        product = " *m ".join(self.factor(part, known) for part in parts)
        if not parts:
            return f"({' * '.join(numbers)})%:M"
        whole = f"({product})" if numbers and len(parts) > 1 else product
        return " *: ".join([*numbers, whole])

    def _shape(self, node: Expr) -> Shape:
        return shape(self.reader.page, node)

    def _number(self, part: Expr, known: Known) -> str:
        match part:
            case Number(value) if value.denominator == 1 and value >= 0:
                return f"{value}%:R"
            case Number(value) if value > 0:
                self.inverts = True
                return f"({value.numerator}%:R / {value.denominator}%:R)"
            case IndexValue(index):
                return f"{self.index(index, known)}%:R"
            case Power(IndexValue(index), exponent) if exponent == Index.of(-1):
                self.inverts = True
                return f"{self.index(index, known)}%:R^-1"
            case _:
                raise Undecided(f"{part} is no number that is written here")

    def _ranged(self, sign: str, node: Ranged, known: Known) -> str:
        """Σ and Π over nat; where the range is empty whatever the letters are, what is empty is written as that."""
        if entails(known, node.lower - node.upper - 1):
            return "0" if isinstance(node, Sum) else "1%:M"
        name, taken = node.index, {name for row in (*known, node.lower, node.upper) for name in row.letters()}
        while name in taken:
            name += "'"
        inner = Index(((name, 1),))
        body, letter = substitute(node.body, {node.index: inner}), self.letter(name)
        lower, upper = self.index(node.lower, known), self.index(node.upper + 1, known)
        within = (*known, inner - node.lower, node.upper - inner)
        return (
            f"{sign}({lower.removesuffix('%N')} <= {letter} < {upper.removesuffix('%N')}) {self.factor(body, within)}"
        )


def _compared(left: str, sign: str, right: str) -> str:
    return f"({left.removesuffix('%N')} {sign} {right.removesuffix('%N')})%N"


def _is_constant(node: Expr) -> bool:
    return isinstance(node, Letter) and node.kind == "weight"


def _wanted(pattern: Expr) -> str:
    """What a letter is called: d_h_w for d h/d w, p_h_w for the immediate partial, J_h for a Jacobian."""
    if not isinstance(pattern, (Total, Partial)):
        return str(substitute(pattern, {"#": Index.of(0)})).removesuffix("_0")
    of, wrt = (re.sub(r"\W+", "_", str(_head(part))) for part in (pattern.of, pattern.wrt))
    if isinstance(pattern, Total):
        return f"d_{of}_{wrt}"
    if pattern.is_jacobian():
        return f"J_{of}" if of == wrt else f"J_{of}_{wrt}"
    return f"p_{of}_{wrt}"


def _head(node: Expr) -> Letter | Expr:
    match node:
        case At(letter, _):
            return letter
        case Copy(weight, _):
            return weight
        case Apply(function, _, _):
            return function
        case _:
            return node
