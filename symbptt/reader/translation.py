r"""Marks to notation, once it is known which letter is what.

Nothing is guessed here. What may mean several things becomes :class:`Either`: ``∂h_t/∂w`` total or immediate,
``\prod_{j-1=i}^{t}`` with j - 1 or j up to t, a Π without parentheses over all that follows or over less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction as Rational
from functools import reduce

from symbptt.errors import Unreadable
from symbptt.page.conventions import vec_of
from symbptt.page.greek import GREEK
from symbptt.page.notation import (
    Add,
    Apply,
    Arrangement,
    At,
    Block,
    Concat,
    Copy,
    Diag,
    Either,
    Expr,
    Hadamard,
    Index,
    IndexValue,
    Kind,
    Kronecker,
    Laid,
    Letter,
    Mul,
    Number,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Transpose,
    children,
    free_indices,
    substitute,
    walk,
)
from symbptt.reader import customs
from symbptt.reader.alphabet import BARE, Alphabet
from symbptt.reader.bars import Bar
from symbptt.reader.bounds import LAST, STEP, Bounds, Range, has_open_end, read_bounds, runs_down
from symbptt.reader.compositions import BARE_ONES, SOFTMAX, VECTORISED, stacked
from symbptt.reader.differentials import TIMES, Derivative, argument, bracket
from symbptt.reader.dots import product_of, sum_of
from symbptt.reader.factors import (
    are_between_factors,
    is_argument,
    is_unit,
    joins,
    may_end,
    misplaced,
    range_sign,
    sign_text,
    stems_in,
)
from symbptt.reader.grammar import (
    BAR,
    NORM,
    Cells,
    Chain,
    EntrywisePower,
    Fraction,
    Group,
    Mark,
    Matrix,
    NameMark,
    Numeral,
    ProductMark,
    ScriptedMark,
    Sign,
    Span,
    SumMark,
    is_dots,
    is_sign,
    is_transpose,
    only_side,
    single,
    walk_marks,
)
from symbptt.reader.letters import Key, index_in
from symbptt.reader.sizing import SQUARED_LENGTH, SQUARED_NORM, SQUARED_SIZE, STACKED, STAR

ONE = Number(Rational(1))
LOOSE = {r"\odot": "⊙", r"\circ": "⊙", r"\otimes": "⊗", r"\oslash": "⊘", "*": "*", r"\ast": "*"}
"""Signs that bind less than a product and more than a sum."""
CUTS = 8
"""Cap on the places where a Π without parentheses may end."""
ARGUMENTS = 64
"""Cap on the arguments of a function."""
NESTED = 4
"""Cap on the depth of Σ and Π inside each other."""


class Translator:
    """Translates the formulas of one note."""

    def __init__(
        self, alphabet: Alphabet, *, partials: str = "∂", ascends: bool = False, of_numbers: bool = False
    ) -> None:
        self.alphabet = alphabet
        self._partials = partials
        """What a plain ∂ of a state in a weight is said to be: d or ∂⁺."""
        self._ascends = ascends
        """Whether it is said that products have the first factor on the left."""
        self._of_numbers = of_numbers
        """Whether it is said that every letter is a number."""
        self.survey = alphabet.survey
        self.ranges: Mapping[str, tuple[Index, Index]] = {}
        """What stands behind the equation of the indices in it: the bounds of a Σ or Π that has none."""
        self.taken: dict[str, None] = {}
        """Assumptions that the formulas needed, in words: an ordered set."""
        self.bars: list[Bar] = []
        """What the bars in the formulas hold, to be looked at on the page."""
        self._depth = 0
        """How many Σ and Π are open."""
        self._identities: dict[bool, str] = {}
        """The label below the identity, if it has one anywhere: I_n and I_d are not compared."""

    # ------------------------------------------------------------------------------------------- sums

    def whole_side(self, terms: SumMark) -> Expr:
        """One side of an equation; raises :class:`Unreadable` where an index of a Σ or Π stands outside of it too."""
        value = self.side(terms)
        free = free_indices(value)
        for node in walk(value):
            if isinstance(node, Ranged) and node.index in free:
                raise Unreadable(
                    f"{node.index} is counted by {node.sign} and stands outside of it too: put what {node.sign} runs "
                    f"over in parentheses, or rename one {node.index}",
                    terms.start,
                )
        return value

    def side(self, terms: SumMark) -> Expr:
        """A sum: the content of a bracket, or a side of an equation."""
        terms = self._reached_over(terms)
        for sign, _ in terms.terms:
            if sign not in ("", "+", "-"):
                raise Unreadable(f"{sign} says two things at once: expected + or -", terms.start)
        parts = [part for sign, term in terms.terms for part in _split_at_dots(sign, term)]
        if any(term is None for _, term in parts):
            return self._dotted_sum(parts, terms)
        written = [(sign, term) for sign, term in parts if term is not None]
        # A column of ones beside other terms is a number still: 1 - z_t.
        beside = not all(is_unit(term) for _, term in written)
        values = [ONE if beside and is_unit(term) else self._signed_term(sign, term) for sign, term in written]
        signed = [-value if sign == "-" else value for (sign, _), value in zip(written, values, strict=True)]
        return signed[0] if len(signed) == 1 else Add(tuple(signed))

    def _reached_over(self, terms: SumMark) -> SumMark:
        """The sum with what a Π runs over in parentheses, where its index stands in the last term and not in the first.

        The Π of I + D_j W would run over nothing; in A_j + B_j it runs over A_j, and it is not clear what B_j is.
        """
        for place, (sign, term) in enumerate(terms.terms[:-1]):
            at = next((at for at, mark in enumerate(term.factors[:-1]) if _counter_of(mark)), None)
            counter = _counter_of(term.factors[at]) if at is not None else ""
            behind = terms.terms[place + 1 :]
            if (
                at is None
                or counter in stems_in(replace(term, factors=term.factors[at + 1 :]))
                or counter not in stems_in(behind[-1][1])
                or any(_counter_of(mark) for _, other in behind for mark in walk_marks(other))
            ):
                continue
            first = replace(term, factors=term.factors[at + 1 :])
            inside = SumMark(first.factors[0].start, terms.end, (("", first), *behind))
            group = Group(inside.start, terms.end, "(", (Chain(inside.start, terms.end, (inside,), ()),))
            self.taken[f"Π over {counter} runs over the whole sum behind it, in which {counter} stands"] = None
            whole = replace(term, factors=(*term.factors[: at + 1], group))
            return replace(terms, terms=(*terms.terms[:place], (sign, whole)))
        return terms

    def _signed_term(self, sign: str, term: ProductMark) -> Expr:
        """A term; an underbrace around a whole term is no bracket, and a minus sign before it would need one."""
        braced = term.factors[0] if len(term.factors) == 1 and sign != "-" else None
        return self._inside(braced) if isinstance(braced, Group) and braced.opening == "_" else self.term(term)

    def _dotted_sum(self, written: Sequence[tuple[str, ProductMark | None]], terms: SumMark) -> Expr:
        """A sum with dots, which stand here as None."""
        if any(sign == "-" and term is not None for sign, term in written):
            raise Unreadable("dots with minus signs are not read: write the sum with \\sum", terms.start)
        values = [self.term(term) if term is not None else None for _, term in written]
        first = values.index(None)
        after = [value for value in values[first:] if value is not None]
        return sum_of([value for value in values[:first] if value is not None], after, terms)

    # ------------------------------------------------------------------------------------------- products

    def term(self, term: ProductMark) -> Expr:
        """A product."""
        return self._factors(term.factors, term)

    def _factors(self, factors: Sequence[Mark], whole: Mark) -> Expr:
        if any(is_dots(mark) for mark in factors):
            return self._dotted_product(factors, whole)
        made: list[Expr] = []
        before: list[tuple[Expr, str]] = []
        """What stands before signs that bind less than a product does, each with the sign behind it."""
        at = 0
        while at < len(factors):
            mark = factors[at]
            if is_sign(mark, *TIMES):
                if at in (0, len(factors) - 1):
                    raise Unreadable(f"{sign_text(mark)} has nothing on one side", mark.start)
                at += 1
            elif is_sign(mark, *LOOSE):
                if not made or at + 1 == len(factors):
                    raise Unreadable(f"{sign_text(mark)} has nothing on one side", mark.start)
                before.append((_multiplied(made), self._loose(sign_text(mark))))
                if len({sign for _, sign in before}) > 1:
                    raise Unreadable(f"{sign_text(mark)} beside another such sign: put parentheses", mark.start)
                made = []
                at += 1
            elif is_sign(mark, "/"):
                if not made or at + 1 == len(factors):
                    raise Unreadable("/ has nothing on one side", mark.start)
                below, end = self.operand(factors, at + 1)
                if not isinstance(below, (Number, IndexValue)) and end < len(factors) and not joins(factors[end]):
                    raise Unreadable("a / b c says two things: write \\frac, or parentheses", factors[end].start)
                made[-1] = _divided(made[-1], below)
                at = end
            elif (big := range_sign(mark)) is not None:
                made.append(self._ranged(big, mark, factors[at + 1 :]))
                at = len(factors)
            else:
                if (
                    isinstance(mark, Group)
                    and mark.opening == "_"
                    and factors[1:]
                    and len(mark.cells[0].sides[0].terms) > 1
                ):
                    raise Unreadable("a brace groups nothing: put parentheses around the sum in it", mark.start)
                if isinstance(mark, Numeral) and at and factors[at - 1].end == mark.start and made:
                    raise Unreadable(
                        "a number is written against what stands before it: put braces around a script of more than "
                        "one digit, x_{12}",
                        mark.start,
                    )
                value, at = self.operand(factors, at)
                made.append(value)
        if not made:
            raise Unreadable("a product ends with a sign", whole.end)
        return _joined([value for value, _ in before] + [_multiplied(made)], before[0][1] if before else "")

    def _loose(self, sign: str) -> str:
        """What a sign that binds less than a product stands for; a star is ⊙ where the note says so."""
        if (stands_for := LOOSE[sign]) == "*" and self.alphabet.star:
            self.taken[f"a star multiplies entry by entry, as {self.alphabet.star} says"] = None
            return "⊙"
        return stands_for

    def operand(self, factors: Sequence[Mark], at: int) -> tuple[Expr, int]:
        """One factor, with the bracket behind it where that belongs to it; and the place behind it."""
        behind = factors[at + 1] if at + 1 < len(factors) else None
        called = self._called(factors[at], behind)
        if called is not None:
            return called, at + 2
        if behind is not None and (bare := self.bare_function(factors[at])) is not None:
            return self._without_brackets(bare, factors, at)
        return self.single_value(factors[at]), at + 1

    def bare_function(self, mark: Mark) -> tuple[Key, tuple[Cells, ...]] | None:
        r"""A function that is the same one everywhere, with its powers: \log, \tanh^2; None for anything else."""
        name = self.survey.key(mark)
        if name is None or name[0].stem not in customs.NAMED or name[1] is not None or name[0].label:
            return None
        if isinstance(mark, ScriptedMark) and mark.primes:
            return None
        return name[0], self._own_powers(mark, *name)

    def _without_brackets(
        self, bare: tuple[Key, tuple[Cells, ...]], factors: Sequence[Mark], at: int
    ) -> tuple[Expr, int]:
        r"""A function of the one factor behind it, \log \hat y_t; what may be more than that needs brackets."""
        key, powers = bare
        if isinstance(factors[at + 1], Sign) and range_sign(factors[at + 1]) is None:
            raise Unreadable(f"{key.text} is a function: expected its argument behind it", factors[at].start)
        if range_sign(factors[at + 1]) is not None:
            of, end = self._factors(factors[at + 1 :], factors[at + 1]), len(factors)
        else:
            of, end = self.operand(factors, at + 1)
        if end < len(factors) and not joins(factors[end]):
            raise Unreadable(
                f"it is not clear how far {key.text} reaches: put its argument in parentheses", factors[at].start
            )
        value = Apply(self.alphabet.letter(key, "function"), (of,))
        return self._raised(value, powers, factors[at]), end

    def _called(self, mark: Mark, behind: Mark | None) -> Expr | None:
        """A name with the bracket behind it, where it is applied to that or lists what it depends on; else None."""
        name = self.survey.key(mark)
        if name is None:
            return None
        key, index = name
        group = argument(behind)
        above = behind.above if isinstance(behind, ScriptedMark) else ()
        if group is not None and self.survey.depends(mark, behind):
            self.taken[f"what stands in parentheses behind {key.text}_{index} is what it depends on"] = None
            return self._raised(self.single_value(mark), above, behind or mark)
        # A transposed bracket is a factor: δ_t (h_t)^\top.
        if group is not None and not above and index is not None and index.terms and is_argument(key, group):
            raise Unreadable(
                f"{key.text}_{index}(...) is a product or says what it depends on: write \\cdot for a product",
                mark.start,
            )
        if key.stem == customs.DIAGONAL and (inside := bracket(behind)) is not None:
            return self._raised(self._diagonal(mark, key, index, inside), above, behind or mark)
        if key == Key(customs.VEC) and index is None and (inside := bracket(behind)) is not None:
            return self._raised(Apply(VECTORISED, (self._inside(inside),)), above, behind or mark)
        if group is not None and self._is_strange_word(mark, key):
            raise Unreadable(f"nothing says what {key.stem}(...) is: expected a definition of {key.stem}", mark.start)
        if isinstance(mark, NameMark) and mark.stem in customs.VARIED and self._may_vary(key, behind):
            raise Unreadable(
                rf"\{key.stem} before a letter is a change of it or a factor: write \cdot between for a factor, "
                "and one letter for the change",
                mark.start,
            )
        if group is not None and key.dressed == ("mathbb",) and self._is_identity(key, index):
            raise Unreadable("an indicator is not read; where it is the identity, write I", mark.start)
        if group is not None and key.stem in customs.ENTRYWISE and key.label.partition("^")[2].isdecimal():
            raise Unreadable(
                f"{key.text} is a higher derivative, or another function: write primes, or a label", mark.start
            )
        if group is not None and self._applies(mark, key, index, group):
            value = self._raised(self._apply(mark, key, index, group), self._own_powers(mark, key, index), mark)
            return self._raised(value, above, behind or mark)
        if isinstance(mark, ScriptedMark) and mark.primes:
            raise Unreadable("a prime stands on a function: expected its argument in parentheses", mark.start)
        return None

    def _is_strange_word(self, mark: Mark, key: Key) -> bool:
        """Whether a name before a bracket is a word, \\text{offdiag}(a), that the note uses as no letter of its own."""
        word = isinstance(mark, NameMark) and len(key.stem) > 2 and key.stem.isascii() and key.stem not in GREEK
        known = self.survey.functions | self.survey.lefts | self.survey.tops | self.survey.bottoms
        plain = key.stem not in (*customs.NAMED, *customs.FUNCTIONS, *customs.WITHOUT_NOTATION, customs.WIDTH)
        return word and plain and key not in known and self.alphabet.kind(key) == "weight"

    def _may_vary(self, key: Key, behind: Mark | None) -> bool:
        r"""Whether \Delta w may be a change of w: the note does not use \Delta as a letter of its own."""
        base = behind.base if isinstance(behind, ScriptedMark) else behind
        known = self.survey.tops | self.survey.bottoms | self.survey.functions
        timed = key.glyph in self.survey.timed
        return isinstance(base, NameMark) and not key.dressed and key not in known and not timed

    def _diagonal(self, mark: Mark, key: Key, index: Index | None, group: Group) -> Expr:
        """diag(...), with the powers on its name."""
        primed = isinstance(mark, ScriptedMark) and mark.primes > 0
        if primed or index is not None or key.label or not set(key.dressed) <= set(customs.PLAIN_FONTS):
            raise Unreadable("diag has a mark that says nothing here: expected diag(...) or diag(...)^2", mark.start)
        return self._raised(Diag(self._inside(group)), self._own_powers(mark, key, index), mark)

    def _own_powers(self, mark: Mark, key: Key, index: Index | None) -> tuple[Cells, ...]:
        r"""The powers on the name of a function: \tanh^2(z) is the square of \tanh(z)."""
        above = mark.above if isinstance(mark, ScriptedMark) else ()
        for cells in above:
            if isinstance(single(cells), Group):
                raise Unreadable(f"{key.text} is a higher derivative, or another function: write primes", mark.start)
            exponent = index_in(cells, self.survey.indices)
            whole = exponent is not None and not exponent.terms and exponent.constant > 0
            if not (key.stem in customs.NAMED or key.stem == customs.DIAGONAL) or not whole:
                raise Unreadable(
                    f"{key.text} with a power before its argument says two things: write {key.text}(...)^2 for a power",
                    mark.start,
                )
        return above

    def _applies(self, mark: Mark, key: Key, index: Index | None, group: Group) -> bool:
        """Whether a name before a bracket is a function: with a prime, or by the use of its name in the note."""
        if isinstance(mark, ScriptedMark) and mark.primes:
            return True
        if key not in self.survey.functions:
            return False
        return len(group.cells) > 1 or index is None

    def _inside(self, group: Group) -> Expr:
        side = only_side(group.cells)
        if side is None:
            raise Unreadable("expected one expression in the parentheses", group.start)
        return self.side(side)

    def _apply(self, mark: Mark, key: Key, index: Index | None, group: Group) -> Expr:
        if index is not None:
            raise Unreadable(f"{key.text} has an index and arguments: a function has no step of its own", mark.start)
        if key.stem in customs.WITHOUT_NOTATION:
            raise Unreadable(
                f"{key.stem} has no notation here: write the function as f(...), or entry by entry", mark.start
            )
        if key == Key(customs.SOFTMAX):
            if len(group.cells) > 1 or (isinstance(mark, ScriptedMark) and mark.primes):
                raise Unreadable("a softmax is read of one column, and without a prime", mark.start)
            return Apply(SOFTMAX, (self._inside(group),))
        if len(group.cells) > ARGUMENTS:
            raise Unreadable(f"a function has more than {ARGUMENTS} arguments", mark.start)
        primes = mark.primes if isinstance(mark, ScriptedMark) else 0
        if primes and (len(group.cells) > 1 or self.alphabet.letter(key, "function").shape is not None):
            raise Unreadable("a prime stands on a function of one argument, entry by entry", mark.start)
        return replace(self.applied(key, group), primes=primes)

    def applied(self, function: Key, group: Group) -> Apply:
        """A function of the arguments in a bracket."""
        arguments: list[Expr] = []
        for chain in group.cells:
            if len(chain.sides) != 1:
                raise Unreadable("expected expressions with commas between them as arguments", chain.start)
            arguments.append(self.side(chain.sides[0]))
        return Apply(self.alphabet.letter(function, "function"), tuple(arguments))

    def _dotted_product(self, factors: Sequence[Mark], whole: Mark) -> Expr:
        """A product with dots between its factors."""
        at = next(place for place, mark in enumerate(factors) if is_dots(mark))
        before = [mark for mark in factors[:at] if not is_sign(mark, r"\cdot", r"\times")]
        after = [mark for mark in factors[at + 1 :] if not is_sign(mark, r"\cdot", r"\times")]
        if not before or not after or any(is_dots(mark) for mark in after):
            raise Unreadable("dots need a first and a last factor: expected a_t a_{t-1} \\cdots a_1", whole.start)
        product, rest = product_of(list(map(self.single_value, before)), list(map(self.single_value, after)), whole)
        return _multiplied([product, *rest])

    # ------------------------------------------------------------------------------------------- Σ and Π

    def _ranged(self, big: tuple[str, Cells | None, tuple[Cells, ...]], mark: Mark, rest: Sequence[Mark]) -> Expr:
        kind, below, above = big
        if isinstance(mark, ScriptedMark) and mark.primes:
            raise Unreadable(f"a prime stands on {kind}: it is not clear what it leaves out", mark.start)
        if not rest:
            raise Unreadable(f"{kind} has nothing to run over: expected a factor behind it", mark.end)
        if self._depth == NESTED:
            raise Unreadable(f"more than {NESTED} sums and products stand inside each other", mark.start)
        self._depth += 1
        try:
            counted = single(below) if below is not None and not above else None
            if isinstance(counted, NameMark) and (bounds := self.ranges.get(counted.stem)) is not None:
                return self._opened(kind, Bounds(counted.stem, *bounds), mark, rest)
            if isinstance(counted, NameMark) and (elsewhere := self._bounds_elsewhere(kind, counted, rest)) is not None:
                return self._opened(kind, Bounds(counted.stem, *elsewhere), mark, rest)
            said = read_bounds(below, above, mark, self.survey.indices, self.survey.last)
            if not above and below is not None and has_open_end(below[0]):
                lacks = "a lower bound" if said.low == Index.of(1) else "an upper bound"
                lacks = lacks if below[0].relations else "bounds"
                sign = "Σ" if kind == r"\sum" else "Π"
                self.taken[f"{sign} over {said.counter} without {lacks} runs from {said.low} to {said.high}"] = None
            return self._opened(kind, said, mark, rest)
        finally:
            self._depth -= 1

    def _bounds_elsewhere(self, kind: str, counted: NameMark, rest: Sequence[Mark]) -> tuple[Index, Index] | None:
        """The bounds of a Σ that has none, where every other Σ of the note over the same letter has these."""
        bounds = self.survey.ranges.get(counted.stem) if kind == r"\sum" and not counted.dressed else None
        inside = (mark for mark in walk_marks(tuple(rest)) if isinstance(mark, ScriptedMark))
        # What counts entries counts no steps.
        if bounds is None or counted.stem == STEP.name() or any(counted.stem in mark.entry for mark in inside):
            return None
        low, high = bounds
        self.taken[f"Σ over {counted.stem} without bounds runs from {low} to {high}, as the others over it do"] = None
        return bounds

    def _opened(self, kind: str, said: Bounds, mark: Mark, rest: Sequence[Mark]) -> Expr:
        counter, low, high, moved = said
        bounds = (Index.letter(counter), low, high)
        if kind == r"\sum":
            body = self._factors(rest, mark)
            if moved is not None:
                return Either((Sum(body, moved), Sum(body, bounds)), "bound")
            down = Sum(body, (bounds[0], high, low))
            return Either((Sum(body, bounds), down), "bound") if runs_down(low, high) else Sum(body, bounds)
        if kind == "→∏":
            if not isinstance(rest[0], (Group, Derivative)) or len(rest) > 1 or moved is not None:
                raise Unreadable("put parentheses around what a product that ascends runs over", mark.end)
            return Product(self._factors(rest, mark), bounds, ascending=True)
        ends = self._ends(rest, counter)
        if isinstance(rest[0], Group) and rest[0].opening != "_":
            # Parentheses around a sum are those of the sum, and need not say where the Π ends.
            is_sum = (inside := only_side(rest[0].cells)) is not None and len(inside.terms) > 1
            ends = list(dict.fromkeys((1, *ends))) if is_sum else [1]
        options: list[Expr] = []
        for end in ends:
            body, outside = self._factors(rest[:end], mark), rest[end:]
            if outside and is_sign(outside[0], *TIMES):
                outside = outside[1:]
            behind = [self._factors(outside, mark)] if outside else []
            options.append(_multiplied([self._product(body, bounds, moved), *behind]))
        return Either(tuple(options), "scope") if options[1:] else options[0]

    def _ends(self, rest: Sequence[Mark], counter: str) -> list[int]:
        """Where the body of a Π may end: behind all that follows, behind its last factor with the index, or between."""
        first = max((place for place in range(1, len(rest) + 1) if counter in stems_in(rest[place - 1])), default=1)
        cuts = [end for end in range(first, len(rest)) if may_end(rest[end - 1], rest[end])]
        return [len(rest), *cuts[:CUTS]]

    def _product(self, body: Expr, bounds: Range, moved: Range | None) -> Expr:
        plain = Product(body, bounds, ascending=self._ascends)
        if moved is None and runs_down(bounds[1], bounds[2]):
            # As printed it is empty; an author may mean that the first factor has the largest index.
            return Either((plain, Product(body, (bounds[0], bounds[2], bounds[1]), dots=True)), "bound")
        if moved is None:
            return plain
        return Either((Product(body, moved), plain), "bound")

    # ------------------------------------------------------------------------------------------- single marks

    def single_value(self, mark: Mark) -> Expr:
        """A mark by itself."""
        match mark:
            case Derivative():
                return self._derivative(mark)
            case Numeral():
                return Number(Rational(mark.text))
            case Fraction():
                return self._fraction(mark)
            case Group():
                if mark.opening == NORM:
                    raise Unreadable(r"a norm is read with a square above it, \|a\|^2", mark.start)
                if mark.opening == "_" and len(mark.cells[0].sides[0].terms) > 1:
                    raise Unreadable("a brace groups nothing: put parentheses around the sum in it", mark.start)
                if mark.opening == "[" and (blocks := self._blocks(mark)) is not None:
                    return blocks
                return self._inside(mark)
            case Matrix():
                return self._matrix(mark)
            case NameMark():
                return self._named(mark, ())
            case ScriptedMark():
                return self._scripted(mark)
            case Sign():
                raise Unreadable(misplaced(mark.text), mark.start)
            case Span():
                raise Unreadable("a range is read below a weight that stands before a column", mark.start)
            case _:
                raise TypeError(f"no rule to read {type(mark).__name__}")

    def _fraction(self, mark: Fraction) -> Expr:
        above, below = self._cells(mark.above), self._cells(mark.below)
        if below == Number.of(0):
            raise Unreadable("something is divided by zero", mark.start)
        return Power(below, Index.of(-1)) if above == ONE and not isinstance(below, Number) else _divided(above, below)

    def _cells(self, cells: Cells) -> Expr:
        side = only_side(cells)
        if side is None:
            raise Unreadable("expected one expression here", cells[0].start)
        return self.side(side)

    def _scripted(self, mark: ScriptedMark) -> Expr:
        if isinstance(mark.base, NameMark):
            return self._named(mark, mark.above)
        if range_sign(mark) is not None or isinstance(mark.base, Sign):
            raise Unreadable(misplaced(sign_text(mark)), mark.start)
        if (block := self._block(mark)) is not None:
            return block
        if isinstance(mark.base, Group) and mark.base.opening in (NORM, BAR):
            return self._squared_norm(mark, mark.base)
        if mark.below is not None or mark.primes:
            raise Unreadable("a subscript or a prime stands on a letter", mark.start)
        return self._raised(self.single_value(mark.base), mark.above, mark)

    def _squared_norm(self, mark: ScriptedMark, inside: Group) -> Expr:
        r"""The square of a norm, \|a\|^2 or \|A\|_F^2: the sum of the squares of all entries."""
        which = single(mark.below)
        named = mark.below is None or (isinstance(which, NameMark) and which.stem in customs.FROBENIUS)
        euclidean = isinstance(which, Numeral) and which.text == "2"
        powers = [single(cells) for cells in mark.above]
        squared = len(powers) == 1 and isinstance(powers[0], Numeral) and powers[0].text == "2"
        if mark.primes or not squared or not (named or euclidean):
            raise Unreadable(r"of norms the squares \|a\|^2, \|a\|_2^2 and \|A\|_F^2 are read", mark.start)
        measure = SQUARED_LENGTH if euclidean else SQUARED_NORM
        # |W|^2 of a matrix may be that of its determinant, and |a|^2 is one of numbers too.
        return Apply(SQUARED_SIZE if inside.opening == BAR else measure, (self._inside(inside),))

    def _block(self, mark: ScriptedMark) -> Expr | None:
        """The columns of a derivative that belong to one block of its weight, [d h_t/d w]_W."""
        below = single(mark.below)
        if not isinstance(mark.base, Group) or mark.base.opening != "[" or below is None or mark.above or mark.primes:
            return None
        of, part = self.single_value(mark.base), self.single_value(below)
        if not isinstance(part, Letter) or part.kind != "weight":
            return None
        if isinstance(of, Either) and of.point == "derivative":
            blocks = (Block(option, part) for option in of.options if isinstance(option, (Total, Partial)))
            return Either(tuple(blocks), "derivative")
        return Block(of, part) if isinstance(of, (Total, Partial)) else None

    def _named(self, mark: Mark, above: tuple[Cells, ...]) -> Expr:
        found = self.survey.key(mark)
        assert found is not None
        key, index = found
        if isinstance(mark, ScriptedMark) and mark.primes:
            raise Unreadable("a prime stands on a function: expected its argument in parentheses", mark.start)
        if key.stem in (*customs.WITHOUT_NOTATION, customs.VEC):
            raise Unreadable(f"{key.stem} has no notation here: write it as a function f(...)", mark.start)
        if key.dressed == ("mathbb",) and key.stem == customs.EXPECTATION:
            raise Unreadable("expectations are not read", mark.start)
        if key.stem == customs.DIAGONAL:
            raise Unreadable("diag has no argument: expected diag(...)", mark.start)
        if key.stem == customs.ONES:
            return self._raised(BARE_ONES, above, mark)
        plain = key.stem in self.survey.indices and not key.dressed and not key.label and index is None
        kind = self.alphabet.kind(key)
        if plain and kind is None:
            return self._raised(IndexValue(Index.letter(key.stem)), above, mark)
        base = self._letter(mark, key, index, kind)
        if (step := self._copied(above)) is not None:
            if isinstance(base, Letter) and base.kind == "weight":
                return Copy(base, step)
            raise Unreadable(
                f"what stands in parentheses above {key.text} is not read: it may be a layer, or a power", mark.start
            )
        return self._raised(base, above, mark)

    def _copied(self, above: tuple[Cells, ...]) -> Index | None:
        """The step that a copy of a weight is for, w^{(k)}."""
        inside = [single(cells) for cells in above]
        if len(inside) != 1 or not isinstance(inside[0], Group):
            return None
        return index_in(inside[0].cells, self.survey.indices)

    def _letter(self, mark: Mark, key: Key, index: Index | None, kind: Kind | None) -> Expr:
        """A letter, at its step where it has one; what it stands for where it abbreviates; or the identity."""
        if key in self.alphabet.meanings:
            said = self.alphabet.meanings[key]
            return said if index is None else substitute(said, {STEP.name(): index})
        if self._is_identity(key, index):
            sized = self._identities.setdefault(bool(key.label), key.label)
            if sized != key.label:
                raise Unreadable(
                    f"{key.text} beside I_{sized}: the sizes of identities are not compared, write I for both",
                    mark.start,
                )
            self.taken[f"{key.text} is the identity, as large as what it stands beside"] = None
            return BARE
        if kind is None:
            raise Unreadable(self._unclear(key), mark.start)
        if self._is_kronecker(key, kind):
            why = "Kronecker's delta, and which entries it counts is not clear: expected letters with these entries"
            raise Unreadable(f"{key.text} is {why}", mark.start)
        letter = self.alphabet.letter(key, kind)
        if index is None:
            lost = kind == "state" and key.glyph in self.survey.timed and not (key.label or key.whole)
            if kind == "data" or lost:
                raise Unreadable(self._unclear(key), mark.start)
            return letter
        if kind not in ("state", "data"):
            raise Unreadable(f"{key.text} is a {kind}, which has no time index", mark.start)
        return letter[index]

    def _is_kronecker(self, key: Key, kind: Kind) -> bool:
        """Whether a δ with two counters below it is nothing that the note defines or differentiates."""
        label = key.label.replace("^", "")
        counters = len(label) == len({*label}) == 2 and all(letter in customs.COUNTERS for letter in label)
        known = self.survey.lefts | self.survey.tops | self.survey.bottoms
        return key.stem == "delta" and not key.dressed and kind == "weight" and counters and key not in known

    def _is_identity(self, key: Key, index: Index | None) -> bool:
        return index is None and self.alphabet.kind(key) is None and self.survey.is_identity(key)

    def _unclear(self, key: Key) -> str:
        """Why a letter cannot be read."""
        if key.glyph in self.survey.timed and not key.label:
            return f"{key.text} has an index elsewhere, but none here: write {key.text}_t, or define {key.text}"
        if key.stem in customs.ENTRYWISE or key in self.survey.functions:
            return f"{key.text} is a function: expected its argument in parentheses"
        return f"it is not clear what {key.text} is: nothing defines it"

    def _raised(self, value: Expr, above: tuple[Cells, ...], mark: Mark) -> Expr:
        """An expression with its superscripts: powers and transposes."""
        for cells in above:
            inside = single(cells)
            if is_transpose(inside) and not self._is_power(inside, value, mark):
                # A number has no transpose: that is a row of ones.
                value = Transpose(BARE_ONES if value == ONE else value)
                continue
            if isinstance(inside, EntrywisePower):
                value = Hadamard((value,) * inside.power) if inside.power > 1 else value
                continue
            exponent = index_in(cells, self.survey.indices)
            if exponent == LAST.scaled(-1):
                raise Unreadable("^{-T} says two things: write (...)^{-1} and ^\\top", cells[0].start)
            if exponent is None:
                raise Unreadable(
                    "expected a power such as t-k, or T for the transpose, above it",
                    cells[0].start if cells else mark.start,
                )
            value = Power(value, exponent)
        return value

    def _is_power(self, above: Mark | None, value: Expr, mark: Mark) -> bool:
        """Whether T above something is the last step: a number, or what is transposed, has no other use of it."""
        if not isinstance(above, NameMark) or above.stem not in self.survey.indices:
            return False
        base = mark.base if isinstance(mark, ScriptedMark) else mark
        if self._of_numbers:
            why = "every letter is a number, and T is a step"
        elif isinstance(value, Transpose):
            why = "what it stands above is transposed already, and T is a step"
        elif isinstance(base, NameMark) and base.stem in self.survey.powers:
            why = f"{value} has powers elsewhere, and T is a step"
        else:
            return False
        self.taken[f"T above a letter is a power: {why}"] = None
        return True

    def _blocks(self, mark: Group) -> Expr | None:
        """Several entries in square brackets: blocks side by side, or columns below each other."""
        if len(mark.cells) < 2:
            return None
        if any(len(chain.sides) != 1 for chain in mark.cells) or len(mark.separators) != 1:
            raise Unreadable("expected blocks side by side, or below each other, in the brackets", mark.start)
        return self._stacked([self.side(chain.sides[0]) for chain in mark.cells], below=mark.separators == ";")

    def _stacked(self, parts: Sequence[Expr], *, below: bool) -> Expr:
        """Blocks side by side; what is at a step is a column by custom, and then it stands below the one before it."""
        if below:
            return stacked(parts)
        return Apply(STACKED, tuple(parts)) if are_columns(parts) else Concat(tuple(parts))

    def _matrix(self, mark: Matrix) -> Expr:
        rows = [[self.side(entry) for entry in row if entry is not None] for row in mark.rows]
        if any(len(row) < len(whole) for row, whole in zip(rows, mark.rows, strict=True)):
            raise Unreadable("a matrix with entries left out is read where its dots say what they are", mark.start)
        if len(rows) == 1:
            return Concat(tuple(rows[0]))
        if all(len(row) == 1 for row in rows):
            return stacked([row[0] for row in rows])
        raise Unreadable("a matrix is read as blocks side by side or below each other, not both", mark.start)

    # ------------------------------------------------------------------------------------------- derivatives

    def _derivative(self, mark: Derivative) -> Expr:
        r"""A derivative in its layout: ∂y/∂x^\top is the Jacobian, as ∂y/∂x is here, and ∂y^\top/∂x is its transpose.

        The convention is that of Magnus and Neudecker, Matrix Differential Calculus, chapter 9.
        """
        wrt = self.single_value(mark.wrt)
        of = self._differentiated(mark.of.factors, mark)
        above, below = isinstance(of, Transpose), isinstance(wrt, Transpose)
        of = of.of if isinstance(of, Transpose) else of
        wrt = wrt.of if isinstance(wrt, Transpose) else wrt
        if not isinstance(wrt, (Letter, At, Copy)):
            raise Unreadable("a derivative is taken in a letter", mark.wrt.start)
        if mark.vectorised:
            name = self.survey.name(mark.wrt)
            if not isinstance(wrt, Letter) or below or name is None:
                raise Unreadable("a derivative is taken in the vec of a weight: expected vec(W)", mark.wrt.start)
            wrt = vec_of(wrt, name[0].plain_latex)
        if (above and below) or ((above or below) and not isinstance(wrt, At)):
            raise Unreadable(
                "it is not clear how a derivative with this transpose lies: write it without, and "
                r"\left(\frac{\partial a}{\partial b}\right)^\top for the transposed one",
                mark.start,
            )
        if mark.sign == "∇":
            if above or below:
                raise Unreadable("a gradient has the shape of what it is taken in: expected no transpose", mark.start)
            layout: Arrangement = "transposed" if mark.vectorised else "shaped"
            return Laid(Partial(of, wrt) if self._names_step(of, wrt) else Total(of, wrt), layout, nabla=True)
        made = self._untransposed(mark, of, wrt) if not mark.held else self._barred(mark, of, wrt)
        loss = self.survey.name(mark.of.factors[0]) if below and not mark.held else None
        if loss is not None and loss[0].stem in customs.LOSSES:
            # ∂L/∂x^\top is a row on every page, also on one where ∂L/∂x is a column.
            assert isinstance(made, (Total, Partial, Either))
            return Laid(made, "shaped transposed")
        return Transpose(made) if above else made

    def _barred(self, mark: Derivative, of: Expr, wrt: Letter | At | Copy) -> Expr:
        """A derivative with a bar behind it: below stand letters that are held, or that copies of a weight are it."""
        if any(chain.relations for chain in mark.held):
            sides = [
                self._cells((replace(chain, sides=(side,), relations=()),))
                for chain in mark.held
                for side in chain.sides
            ]
            weight = wrt.weight if isinstance(wrt, Copy) else wrt
            plain = len(mark.held) == 1 and set(mark.held[0].relations) == {"="} and sides[-1] == weight
            if not plain or not all(isinstance(side, Copy) and side.weight == weight for side in sides[:-1]):
                raise Unreadable("a bar with an equation is read where copies of a weight are that weight", mark.start)
            return self._untransposed(mark, of, wrt)
        if not isinstance(of, At):
            raise Unreadable("a bar is read behind the derivative of a letter of a step", mark.start)
        held = tuple(self._cells((chain,)) for chain in mark.held)
        self.bars.append(Bar(of, wrt, held, mark.start))
        return Partial(of, wrt, held=isinstance(wrt, At) and wrt.letter.kind == "state")

    def _untransposed(self, mark: Derivative, of: Expr, wrt: Letter | At | Copy) -> Expr:
        is_state = isinstance(wrt, At) and wrt.letter.kind == "state"
        is_state = is_state or (isinstance(wrt, Letter) and wrt.kind == "state")
        if is_state and isinstance(of, At) and mark.sign != "d":
            held, own = Partial(of, wrt, held=True), Partial(of, wrt, own=True)
            if mark.sign == "∂":
                return Either((Partial(of, wrt), held, own), "derivative")
            return held if mark.sign == "∂⁺" else own
        if mark.sign == "∂°":
            return Partial(of, wrt, own=True)
        if is_state and mark.sign == "∂" and self._is_told_from_d(mark.of.factors):
            # Beside dL/dh_t a ∂L/∂h_t may be that of L's own argument alone.
            return Either((Partial(of, wrt), Partial(of, wrt, own=True)), "derivative")
        if mark.sign == "∂⁺" or is_state or (mark.sign == "∂" and self._names_step(of, wrt)):
            return Partial(of, wrt)
        if mark.sign == "∂" and isinstance(wrt, Copy):
            # What runs through one copy is all there is; inside its step, that of any other step is no derivative.
            return Total(of, wrt)
        sign = self._partials if mark.sign == "∂" and isinstance(of, At) else mark.sign
        if sign == "∂⁺":
            return Partial(of, wrt)
        if sign == "d":
            return Total(of, wrt)
        return Either((Total(of, wrt), Partial(of, wrt)), "derivative")

    def _is_told_from_d(self, factors: Sequence[Mark]) -> bool:
        """Whether a letter without a step is differentiated with d elsewhere in the note."""
        found = self.survey.key(factors[0]) if len(factors) == 1 else None
        return found is not None and found[1] is None and found[0] in self.survey.totals

    def _names_step(self, of: Expr, wrt: Expr) -> bool:
        """Whether a function is differentiated in one of its own arguments, ∂f(x_t, h_{t-1}, w)/∂w."""
        if isinstance(of, Apply):
            return any(argument == wrt for argument in of.arguments)
        return isinstance(of, Letter) and of.kind == "function"

    def _differentiated(self, factors: Sequence[Mark], mark: Derivative) -> Expr:
        found = self.survey.key(factors[0]) if len(factors) == 1 else None
        named = found is not None and found[0] in self.survey.functions and found[1] is None
        timed = isinstance(factors[0], NameMark) and factors[0].glyph in self.survey.timed
        # Beside a state h_t an h without an index, which is applied elsewhere, is the function.
        if found is not None and named and (timed or self.alphabet.kind(found[0]) is None):
            return self.alphabet.letter(found[0], "function")
        return self._factors(factors, mark)


# --------------------------------------------------------------------------------------------------- small things


def _counter_of(mark: Mark) -> str:
    """The index that a Π with one below runs over; empty for any other mark."""
    big = range_sign(mark)
    if big is None or big[0] == r"\sum" or not big[1]:
        return ""
    return next((name.stem for name in walk_marks(big[1]) if isinstance(name, NameMark)), "")


def _split_at_dots(sign: str, term: ProductMark) -> list[tuple[str, ProductMark | None]]:
    r"""A term in parts at dots that are not between factors, which become None: l_t \dots + l_T lacks a plus sign."""
    parts: list[list[Mark] | None] = [[]]
    for mark in term.factors:
        if is_dots(mark) and not are_between_factors(term, mark):
            parts += [None, []]
        elif (last := parts[-1]) is not None:
            last.append(mark)
    filled = (marks for marks in parts if marks != [])
    return [(sign, ProductMark(marks[0].start, marks[-1].end, tuple(marks)) if marks else None) for marks in filled]


def are_columns(parts: Sequence[Expr]) -> bool:
    """Whether all are at a step, or numbers beside such: columns, where a page does not write rows."""
    at_steps = [_is_at_step(part) for part in parts]
    numbers = [isinstance(part, Number) for part in parts]
    return any(at_steps) and all(one or other for one, other in zip(at_steps, numbers, strict=True))


def _is_at_step(node: Expr) -> bool:
    if isinstance(node, (Total, Partial, Laid, Transpose, Diag)):
        return False
    return isinstance(node, At) or any(map(_is_at_step, children(node)))


def _joined(parts: Sequence[Expr], sign: str) -> Expr:
    """Parts with one sign between them that binds less than a product."""
    match sign:
        case "⊙":
            return Hadamard(tuple(parts))
        case "⊗":
            return reduce(Kronecker, parts)
        case "*":
            return reduce(lambda left, right: Apply(STAR, (left, right)), parts)
        case "⊘":
            return reduce(_divided, parts)
        case _:
            return parts[0]


def _divided(above: Expr, below: Expr) -> Expr:
    if isinstance(above, Number) and isinstance(below, Number) and below.value:
        return Number(above.value / below.value)
    return above / below


def _multiplied(parts: Sequence[Expr]) -> Expr:
    if len(parts) == 1:
        return parts[0]
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Mul) else (part,))
    return Mul(tuple(flat))
