"""A false claim as a file for Coq: that it does not hold of matrices of whole numbers, by computing both sides.

The theorem denies the claim as a whole: not for every ring and all matrices that satisfy the one-step relations. The
proof gives one example, which is looked for among the words that are left of the two sides at one step.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass, field
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from symbptt.emit.certificates import Certificate, Section, Stated, Writer, certificate, headed
from symbptt.emit.gallina import Gallina, Sequence
from symbptt.errors import IllTyped, NotationError, NotStated, Undecided
from symbptt.meaning.variants import Variants
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.expansion import expand, first_step, instances
from symbptt.page.notation import Either, Index, substitute, walk
from symbptt.page.shapes import shape
from symbptt.proofs.induction import reader_of
from symbptt.proofs.words import Factor, Form, Kernel, add_into
from symbptt.proofs.writing import plain_text
from symbptt.verdicts import Row

STEPS = 4
"""How many steps are looked at: each slip of the boxed sum shows by then."""
MEANINGS = 8
"""How many meanings of a claim whose signs may mean several things are looked at."""
TRIES = 60
"""How many matrices of zeros and ones are tried at one step, for each size."""
Matrix: TypeAlias = tuple[tuple[int, ...], ...]


def certificate_of(row: Row, taken: Listed[str] = ()) -> Certificate | str:
    """The certificate of a row that is proved by the chain rule, the refutation of one that is false; else why none."""
    equation = row.explained
    if row.verdict is None or equation is None or row.page is None:
        return f"it is {row.word}"
    words = ""
    try:
        if row.proved:
            if row.verdict.method != "induction":
                return f"it was proved by the method {row.verdict.method}, and one is written of the chain rule alone"
            made = certificate(row.page, equation, taken=taken)
        elif row.word == "refuted":
            made, equation, words = _refuted(row.page, equation, taken)
        else:
            return f"it is {row.word}"
    except (Undecided, NotStated, NotationError, IllTyped) as why:
        return plain_text(str(why))
    return headed(made, row, equation, words)


def _refuted(page: Derivation, equation: Equation, taken: Listed[str]) -> tuple[Certificate, Equation, str]:
    """The refutation of a claim, of its first meaning that has one where its signs may mean several things."""
    if not any(isinstance(node, Either) for side in equation.sides for node in walk(side)):
        return refutation(page, equation, taken), equation, ""
    variants, why = Variants(page, *equation.sides), Undecided("no meaning of its signs was looked at")
    read = (variant for departures in range(variants.most + 1) for variant in variants.within(departures))
    for variant in itertools.islice(read, MEANINGS):
        meant = equation.with_sides(variant.left, variant.right)
        try:
            return refutation(page, meant, taken), meant, variant.words()
        except (Undecided, NotStated, NotationError, IllTyped) as error:
            why = Undecided(plain_text(str(error)))
    raise why


def refutation(page: Derivation, equation: Equation, taken: Listed[str] = ()) -> Certificate:
    """The refutation of a claim in the first of its weights. Raises :class:`Undecided` where none is found."""
    writer = Writer(page, equation, Gallina(reader_of(page)), frozenset(taken), is_proved=False)
    return _Search(writer, writer.stated()).written()


@dataclass(slots=True)
class _Search:
    writer: Writer
    stated: Stated
    sizes: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, int], Matrix] = field(default_factory=dict)

    def written(self) -> Certificate:
        letters = self.writer.gallina.sequences.values()
        if self.writer.gallina.inverts:
            raise Undecided("it divides, and the counterexamples here are of whole numbers")
        if any(met.indices != 1 for met in letters):
            raise Undecided("it has letters of no step or of two, for which no counterexample is written here")
        for at, form in self._left_over():
            if (place := self._separated(form)) is not None:
                return self._text(at, place)
        raise Undecided(f"no counterexample of small whole numbers was found in {STEPS} steps")

    def _left_over(self) -> Iterator[tuple[Mapping[str, int], Form]]:
        """The difference of both sides, in words, at each step where there is one."""
        page, equation, reader = self.writer.page, self.writer.equation, self.writer.reader
        start = first_step(page, equation)
        for step in range(start, start + STEPS):
            for at, weight in instances(page, equation, step):
                if weight not in (None, *equation.weights[:1]):
                    continue
                kernel, form = Kernel((), reader.vanishing), Form()
                for side, sign in ((self.stated.left, 1), (self.stated.right, -1)):
                    add_into(form, kernel.normal(reader.read(expand(side, at), ())), Fraction(sign))
                # Under a boundary stands an antidifference at 0, which is 0.
                if form := {word: count for word, count in form.items() if not word.bounds}:
                    yield at, form

    def _separated(self, form: Form) -> tuple[int, int] | None:
        """The entry in which a difference is not zero, of the first values that are found; None where none are."""
        for size in (1, 2):
            shapes = [met.shape for met in self.writer.gallina.sequences.values()]
            rows = {row for row, _ in shapes}
            self.sizes = {name: size if name in rows else 1 for name in self.writer.gallina.sizes.values()}
            drawn = random.Random(size)
            for _ in range(TRIES):
                self.values = {}
                total: dict[tuple[int, int], Fraction] = {}
                for word, coefficient in form.items():
                    for place, entry in _entries(self._product(word.factors, drawn)):
                        total[place] = total.get(place, Fraction(0)) + coefficient * entry
                for place, difference in sorted(total.items()):
                    if difference:
                        return place
        return None

    def _product(self, factors: tuple[Factor, ...], drawn: random.Random) -> Matrix:
        result: Matrix | None = None
        for factor in factors:
            low, high = sorted((factor.first.value(), factor.last.value()))
            order = range(low, high + 1) if factor.ascending else range(high, low - 1, -1)
            for step in order:
                matrix = self._value(factor.name, step, drawn)
                result = matrix if result is None else _times(result, matrix)
        return ((1,),) if result is None else result

    def _value(self, family: str, step: int, drawn: random.Random) -> Matrix:
        met = self.writer.gallina.sequences.get(self.writer.reader.families.pattern(family))
        if met is None or step < 0:
            raise Undecided(f"{family} is no letter of the claim")
        rows, columns = self._shape(met)
        if (met.name, step) not in self.values:
            made = tuple(tuple(drawn.randrange(2) for _ in range(columns)) for _ in range(rows))
            self.values[met.name, step] = made
        return self.values[met.name, step]

    def _shape(self, met: Sequence) -> tuple[int, int]:
        rows, columns = (self.sizes.get(size) or int(size) for size in met.shape)
        return rows, columns

    # ------------------------------------------------------------------------------------------- the file

    def _text(self, at: Mapping[str, int], place: tuple[int, int]) -> Certificate:
        writer, gallina = self.writer, self.writer.gallina
        theorem = writer.theorem("refuted")
        letters = list(gallina.sequences.values())
        facts = "".join(f"\n  ({one.statement}) ->" for one in writer.hypotheses)
        bound = " ".join(met.declared for met in letters)
        sizes = f" ({' '.join(self.sizes)} : nat)" if self.sizes else ""
        statement = f"~ (forall (R : ringType){sizes}\n  {bound},{facts}\n  {self.stated.statement})"
        rows, columns = (
            self.sizes.get(gallina.size(dim)) or int(gallina.size(dim)) for dim in shape(writer.page, self.stated.left)
        )
        lines = [f"Theorem {theorem} : {statement}.", "Proof.", "move=> claim."]
        lines += [f"have {one.name} : {one.statement} by satisfied." for one in writer.hypotheses]
        concrete = writer.concrete.items()
        sums = [gallina.sequences[pattern].name for pattern, (start, _) in concrete if start is None]
        given = [*(f"{size}%N" for size in self.sizes.values()), *(met.name for met in letters)]
        given += [*(one.name for one in writer.hypotheses), *(f"{at[name]}%N" for name in self.stated.letters)]
        given += ["isT"] * len(self.stated.known)
        lines += [
            f"have := claim _ {' '.join(given)}.",
            f"move=> /matrixP /(_ (@Ordinal {rows} {place[0]} isT) (@Ordinal {columns} {place[1]} isT)).",
            *([f"cbv beta delta [{' '.join(sums)}]."] if sums else []),
            "by evaluate.",
            "Qed.",
        ]
        return Certificate(theorem, statement, Section(tuple(self._definitions()), tuple(lines)))

    def _definitions(self) -> Iterator[str]:
        gallina = self.writer.gallina
        for met in gallina.sequences.values():
            if met.pattern not in self.writer.concrete:
                steps = {step: rows for (name, step), rows in self.values.items() if name == met.name}
                listed = "; ".join(_listed(steps.get(step, ())) for step in range(max(steps, default=-1) + 1))
                yield f"Definition {self._signature(met)} := table _ _ (nth [::] [:: {listed}] t)."
        u = Index.letter("u")
        made: dict[str, str] = {}
        for pattern, (start, value) in self.writer.concrete.items():
            met = gallina.sequences[pattern]
            if start is None:
                text = gallina.term(value, (Index.letter("t"),))
                made[met.name] = f"Definition {self._signature(met, gallina.letter('t'))} := {text}."
            else:
                name = gallina.letter("u")
                first, later = gallina.term(start, ()), gallina.term(substitute(value, {"t": u + 1}), (u,))
                made[met.name] = f"Fixpoint {self._signature(met)} := if t is {name}.+1 then {later} else {first}."
        # Each behind those that it is made of.
        words = {name: set(re.findall(r"\w+", text)) - {name} for name, text in made.items()}
        order = TopologicalSorter({name: [one for one in made if one in words[name]] for name in made})
        try:
            yield from map(made.__getitem__, order.static_order())
        except CycleError:
            raise Undecided("two of its letters are made of each other, which no counterexample here is") from None

    def _signature(self, met: Sequence, letter: str = "t") -> str:
        rows, columns = self._shape(met)
        return f"{met.name} ({letter} : nat) : 'M[int]_({rows}, {columns})"


def _entries(matrix: Matrix) -> Iterator[tuple[tuple[int, int], int]]:
    for row, entries in enumerate(matrix):
        for column, entry in enumerate(entries):
            yield (row, column), entry


def _times(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return tuple(tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in left)


def _listed(matrix: Matrix) -> str:
    rows = "; ".join(f"[:: {'; '.join(map(str, row))}]" for row in matrix)
    return f"[:: {rows}]" if rows else "[::]"
