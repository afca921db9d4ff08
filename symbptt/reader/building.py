"""The statements of a note as the equations of a page."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from symbptt.errors import IllTyped, NotationError, PageError, Place, SymbpttError, Unreadable, fault
from symbptt.page.conventions import DENOMINATOR, MIXED, Convention, laid_by
from symbptt.page.derivation import Derivation, Equation, Start, weights_in
from symbptt.page.notation import (
    ONE,
    Add,
    Apply,
    At,
    Either,
    Expr,
    Index,
    Letter,
    Mul,
    Number,
    Partial,
    Shape,
    Total,
    Zero,
    exchanged,
    first_option,
    free_indices,
    rebuild,
    substitute,
    walk,
)
from symbptt.page.shapes import check_definition
from symbptt.reader.assumptions import Assumption
from symbptt.reader.bars import check_held
from symbptt.reader.bounds import LAST, STEP
from symbptt.reader.compositions import check_composed, composed
from symbptt.reader.conditions import NOT_READ, Conditions
from symbptt.reader.customs import ANY_WEIGHT, SIGMA
from symbptt.reader.entries import Entries, has_entries
from symbptt.reader.grammar import EQUAL, Chain, SumMark
from symbptt.reader.identities import check_placed, placed
from symbptt.reader.letters import Key
from symbptt.reader.parts import name_parts
from symbptt.reader.plan import Plan, abbreviates, has_letters
from symbptt.reader.sizing import UnshapedDefinition, every_letter
from symbptt.reader.statements import LetterChain, Statement, plain_left, where_said
from symbptt.reader.translation import Translator
from symbptt.text.document import Display

_NO_EQUALS = "there is no equation in it: expected an equals sign"


@dataclass(frozen=True, slots=True)
class PageLink:
    """One equation of a display on one page; None where it cannot be stated there, with the reason."""

    tag: str
    kind: Literal["definition", "claim"]
    equation: Equation | None
    why: str = ""
    goes_on: bool = False
    """Its left side is the right side of the claim before it."""
    told: tuple[Expr, Expr] | None = None
    """An abbreviation and what it stands for: a_t, and ∂h_t/∂w."""


class Builder:
    """Builds the equations of a note on a page with given shapes; without a page, only its expressions."""

    def __init__(
        self, plan: Plan, shapes: Mapping[str, Shape], page: Derivation | None, known: Derivation | None = None
    ) -> None:
        self.plan = plan
        self.page = page
        self.known = known if known is not None else page
        """The page with all definitions: where some stand behind claims, one that was built before."""
        self.translator = Translator(
            plan.alphabet(shapes), partials=plan.partials, ascends=plan.ascends, of_numbers=bool(plan.all_numbers)
        )
        self.entries = Entries(self.translator, plan.meanings, self.known)
        self.definitions: list[UnshapedDefinition] = []
        self.expressions: list[Expr] = []
        """Every side that was read."""
        self.links: dict[Place, list[PageLink]] = {}
        """The equations of each display."""
        self.errors: dict[Place, Unreadable] = {}
        """Why a display could not be stated."""
        self.ignored: list[str] = []
        """Inline formulas that were not used, in words."""
        self.used: dict[str, str] = {}
        """The formulas in the text that define something, by their tags, in words."""
        self.again: dict[int, Equation | None] = {}
        """What is said again of letters that have definitions, by its place in the plan; None where it is no claim."""
        self._by_entries = False
        """Whether an equation is about entries."""
        self._claims_all = False
        """Whether what is said of a letter is a claim in the text, too."""
        self.needs_all = False
        """Whether something stands before a definition that it may need, or rests on one that was taken back."""
        self._leaves_open = False
        """Whether there was a claim, or a display that could not be stated."""
        self._displayed: set[Place] = set()
        self._named: dict[str, tuple[str, frozenset[tuple[str, Index]]]] = {}
        """For each function that names a step, f in h_t = f(x_t, h_{t-1}, w): the state and its arguments."""
        self._made: set[tuple[str, int | Index | None]] = set()
        """The letters that are defined, each with its step where that is a fixed one."""
        self._previous: Expr | None = None
        """The last side before a display that begins with an equals sign."""
        self._opened: set[Key] = set()
        """The abbreviations whose meaning is being read."""
        if page is not None:
            symbol = self.translator.alphabet.symbol
            states = {key: said for key, said in plan.defined.items() if plan.kinds[key] == "state"}
            page.unread = {symbol(key): said for key, said in (*plan.closed.items(), *states.items())}
            page.unsaid = frozenset(map(symbol, plan.unsaid))
            page.taken = frozenset(symbol(key) for key, kind in plan.kinds.items() if kind == "data")
            free = plan.free_targets.items()
            page.units = frozenset(symbol(one) for key, one in free if plan.targets[key].one_hot)
            page.starts = {symbol(key): said for key, said in plan.begins.items()}
            page.vectorises = plan.vectorises
            page.bound = frozenset({SIGMA} if plan.any_sigma else ())

    def run(self, statements: Sequence[Statement], assumed: Sequence[Assumption]) -> None:
        """State the assumptions, then the note in its order; then take back definitions that do not compose."""
        for entry in assumed:
            left, right = entry.build(self.translator)
            right = right if self.known is None else composed(self.known, right)
            self._define(entry.tag, Place("assumed"), left, [right])
        for statement in statements:
            if statement.error is not None:
                self.errors[statement.item.place] = statement.error
            elif statement.counts:
                equations = self.page.equations if self.page is not None else []
                stated, failed = len(equations), len(self.errors) + len(self.ignored)
                self._state(statement)
                made = [equation.kind for equation in equations[stated:]]
                self.needs_all |= self._leaves_open and "definition" in made
                self._leaves_open |= "claim" in made or len(self.errors) + len(self.ignored) > failed
        while self.page is not None and self._took_back_a_definition(self.page):
            self.needs_all = True
        for place, found in enumerate(self.plan.again):
            self._say_again(found, place)
        if self.page is not None:
            self.translator.taken |= dict.fromkeys(name_parts(self.page))

    def _say_again(self, found: LetterChain, place: int) -> None:
        """State what is said of a letter that has a definition as a claim, which stands nowhere on the page."""
        self._claims_all = True
        try:
            links = list(self._letter_chain(found, (f"again {place}:{number}" for number in range(10_000))))
        except SymbpttError:
            self.again[place] = None
            return
        finally:
            self._claims_all = False
        made = [link.equation for link in links if link.equation is not None]
        if self.page is not None:
            self.page.equations[:] = [one for one in self.page.equations if one not in made]
        if links:
            self.again[place] = made[0] if len(made) == 1 else None

    def _took_back_a_definition(self, page: Derivation) -> bool:
        """Remove the first definition that does not compose: others may have needed it, so all are looked at again."""
        for equation in (equation for equation in page if equation.kind == "definition"):
            try:
                check_definition(page, equation)
            except PageError as error:
                equation = self._blamed(page, equation)
                # What runs backwards is what its recursion and its last step make of it together.
                whole = equation.left.letter if isinstance(equation.left, At) else None
                if whole is not None and page.meaning.runs_backwards(whole):
                    for other in page.definitions(whole):
                        page.equations.remove(other)
                        self.used.pop(other.tag, None)
                        if other is not equation and other.place in self._displayed:
                            self.errors.setdefault(other.place, Unreadable(f"{equation} is not used", 0))
                else:
                    page.equations.remove(equation)
                self.used.pop(equation.tag, None)
                if isinstance(equation.left, At):
                    self._leave_start_open(equation.left.letter.symbol, equation.left.index, f"({equation.tag})")
                if equation.place in self._displayed:
                    self.errors.setdefault(equation.place, Unreadable(_unplaced(error), 0))
                else:
                    self.ignored.append(f"{equation.place.spoken}: {equation} is not used: {_unplaced(error)}")
                return True
        return False

    def _leave_start_open(self, symbol: str, index: Index | None, where: str) -> None:
        """Let nothing rest on the first value of a state, of which something is said that is no definition here."""
        if self.page is not None and index is not None and not index.terms:
            known = self.page.starts.get(symbol)
            self.page.starts[symbol] = known if known is not None and known.defined else Start(where, defined=True)

    def _blamed(self, page: Derivation, equation: Equation) -> Equation:
        """What goes where a definition does not compose: one from the text of a letter in it before one displayed."""
        from_text = (
            known
            for letter in equation.letters
            for known in page.definitions(letter)
            if known is not equation and known.place not in self._displayed and known.place.path != "assumed"
        )
        return next(from_text, equation) if equation.place in self._displayed else equation

    def letters(self) -> list[Letter]:
        """The letters of all expressions."""
        return list(dict.fromkeys(every_letter(self.expressions)))

    def _side(self, terms: SumMark, chain: Chain, apart: tuple[str, str] | None = None) -> Expr:
        """A side as an expression; on a page, with each sign as what it is composed of there."""
        about_entries = has_entries(terms)
        self.translator.bars.clear()
        read = self.entries.side(terms, chain, apart) if about_entries else self.translator.whole_side(terms)
        if apart is not None and not about_entries and read != Number.of(0):
            raise Unreadable(NOT_READ, terms.start)
        value = placed(read, None, self.known)
        if self.known is None:
            return value
        for bar in self.translator.bars:
            check_held(self.known, bar)
        value = composed(self.known, value, self.translator.taken)
        check_composed((value,), terms.start)
        return value

    # ------------------------------------------------------------------------------------------- statements

    def _state(self, statement: Statement) -> None:
        """State the chains of a display or an inline formula, or note why that fails."""
        item = statement.item
        if isinstance(item, Display):
            self._displayed.add(item.place)
        count = len(self.links.get(item.place, ()))
        self.translator.ranges = statement.said.ranges
        for chain in statement.chains:
            try:
                for stated in self._chain(statement, chain, count):
                    self.links.setdefault(item.place, []).append(stated)
                    count += 1
                    if not isinstance(item, Display) and stated.kind == "definition":
                        tag = stated.equation.tag if stated.equation is not None else stated.tag
                        tag = f"{tag}, too" if tag in self.used else tag
                        self.used[tag] = f"{item.place.spoken}: {statement.text_of(chain)} is taken from the text"
            except Exception as error:
                known = isinstance(error, (Unreadable, NotationError, PageError, IllTyped))
                at = Unreadable(_unplaced(error) if known else fault(error), chain.start)
                at = error if isinstance(error, Unreadable) else at
                left = plain_left(self.plan.survey, chain)
                if left is not None:
                    self._leave_start_open(self.translator.alphabet.symbol(left[0]), left[1], where_said(item))
                if isinstance(item, Display):
                    self.errors.setdefault(item.place, at)
                elif left is not None:
                    said = statement.text_of(chain)
                    self.ignored.append(f"{item.place.spoken}: {said} is not used: {at}")

    def _chain(self, statement: Statement, chain: Chain, count: int) -> Iterator[PageLink]:
        """What a chain says; ``count`` is how many equations stand before it in its display."""
        item = statement.item
        if not chain.relations or not EQUAL.issuperset(chain.relations):
            raise Unreadable(_NO_EQUALS, chain.start)
        self._replace_abbreviations(chain)
        self._by_entries = any(map(has_entries, chain.sides))
        base = item.tag if isinstance(item, Display) else item.place.spoken
        tags = (base if not number else f"{base}:{number + 1}" for number in range(count, 10_000))
        if (left := plain_left(self.plan.survey, chain)) is not None:
            yield from self._letter_chain(LetterChain(statement, chain, *left), tags)
        elif statement.is_display:
            sides = [self._side(side, chain, statement.apart) for side in chain.sides]
            if chain.continued:
                if self._previous is None:
                    raise Unreadable("it begins with = but nothing stands before it to go on from", chain.start)
                sides = [self._previous, *sides]
            yield from self._claims(item.place, statement.said, sides, tags, goes_on=chain.continued)

    def _letter_chain(self, found: LetterChain, tags: Iterator[str]) -> Iterator[PageLink]:
        """What a chain says of the letter on its left: what it abbreviates, what is claimed of it, or what it is."""
        key, chain, is_display = found.key, found.chain, found.statement.is_display
        abbreviated = key in self.plan.abbreviations and key not in self.plan.defined
        abbreviated |= key not in self.plan.backwards and abbreviates(self.plan, chain)
        if self.plan.meanings.get(key) is chain:
            yield from self._abbreviation(found, tags)
        elif abbreviated:
            if is_display:
                yield from self._claimed(found.statement, [self._side(side, chain) for side in chain.sides], tags)
        elif found.index is not None or has_letters(chain):
            yield from self._defined(found, tags)
        elif is_display:
            raise Unreadable("it sets a number: expected a definition of a state, or a claim", chain.start)

    def _abbreviation(self, found: LetterChain, tags: Iterator[str]) -> Iterator[PageLink]:
        """A letter that stands for a derivative is replaced by it; what else the chain says of it is claimed."""
        self._replace_abbreviation(found.key)
        meaning, *sides = (self._side(side, found.chain) for side in found.chain.sides[1:])
        letter = Letter(self.translator.alphabet.symbol(found.key), "state")
        short = letter if found.index is None else At(letter, found.index)
        why = f"{found.key.text} stands for {meaning}"
        yield PageLink(next(tags), "definition", None, why, told=(short, meaning))
        yield from self._claims(found.statement.item.place, found.statement.said, [meaning, *sides], tags)

    def _defined(self, found: LetterChain, tags: Iterator[str]) -> Iterator[PageLink]:
        """A letter and what it equals: its definition, or a claim where it has one already or this cannot be one."""
        statement, key, is_display = found.statement, found.key, found.statement.is_display
        of = self._side(found.chain.sides[0], found.chain)
        sides = [_zero(placed(self._side(side, found.chain), of, self.known), of) for side in found.chain.sides[1:]]
        check_placed(self.known, sides)
        of, *sides = _at_its_steps(statement.said, of, sides, self.plan.survey.last)
        if sides == [of] and isinstance(of, At) and not of.index.terms:
            # That h_0 is h_0 says that it is given.
            return
        if self.known is not None:
            convention = DENOMINATOR if self.plan.layouts == (DENOMINATOR,) else MIXED
            sides = [_arranged(self.known, _settled(self.known, side), of, convention) for side in sides]
            if isinstance(of, Letter):
                taken_in = frozenset(map(self.translator.alphabet.symbol, self.plan.survey.bottoms))
                sides = [_spelled_out(self.known, side, taken_in) for side in sides]
        self.expressions += [of, *sides]
        names = [side for side in sides if names_step(of, side)]
        bodies = [side for side in sides if side not in names]
        # W = W^T is a property of W and no definition.
        holds_itself = found.index is None and key in found.right_keys(self.plan.survey)
        if holds_itself or not all(self._is_name(of, side) for side in names):
            if is_display:
                if isinstance(of, At):
                    self._leave_start_open(of.letter.symbol, of.index, where_said(statement.item))
                yield from self._claimed(statement, [of, *sides], tags)
            return
        step = self.plan.fixed_step(key, of.index if isinstance(of, At) else None)
        if step is not None and self._follows(key, step):
            yield from self._claimed(statement, [of, *sides], tags)
            return
        if step is None and key in self.plan.backwards:
            self._check_end(key, statement.said.last or self.plan.survey.last, found.chain)
        elif isinstance(step, Index) and key not in self.plan.backwards:
            raise Unreadable(f"it says what {key.text} is at the last step alone, which is not read", found.chain.start)
        letter = of.letter if isinstance(of, At) else of
        made = (letter.symbol if isinstance(letter, Letter) else "", step)
        if bodies and made in self._made:
            if is_display or self._claims_all:
                yield from self._claimed(statement, [of, *sides], tags)
            return
        if self._claims_all:
            return
        for node in (node for body in bodies[:1] for node in walk(body)):
            if isinstance(node, Either) and node.point == "scope":
                raise Unreadable(
                    "it is not clear where a Π ends: put parentheses around what it runs over", found.chain.start
                )
            if isinstance(node, Either) and node.point == "derivative" and self.known is not None:
                raise Unreadable(
                    f"it is not clear which derivative {node} is: write d for the total one, and ∂^+ inside a step",
                    found.chain.start,
                )
        if bodies:
            self._made.add(made)
        yield PageLink(next(tags), "definition", self._define_under_free_tag(statement, of, [*names, *bodies[:1]]))
        yield from self._claims(statement.item.place, Conditions(), bodies, tags)
        if is_display:
            self._previous = sides[-1]

    def _is_name(self, of: Expr, side: Expr) -> bool:
        """Whether h_t = f(...) names a step that is known: f names no other, and has every state that the step uses."""
        if not isinstance(of, At) or not isinstance(side, Apply):
            return True
        own = STEP - of.index
        arguments = frozenset((node.letter.symbol, node.index + own) for node in side.arguments if isinstance(node, At))
        known = self._named.setdefault(side.function.symbol, (of.letter.symbol, arguments))
        used = {
            (node.letter.symbol, node.index - entry.left.index)
            for entry in self.definitions
            if isinstance(entry.left, At) and entry.left.letter == of.letter and entry.left.index.terms
            for body in entry.sides
            for node in walk(body)
            if isinstance(node, At) and node.letter.kind == "state"
        }
        given = {(node.letter.symbol, node.index - of.index) for node in side.arguments if isinstance(node, At)}
        return known == (of.letter.symbol, arguments) and used <= given

    def _check_end(self, key: Key, last: Index, chain: Chain) -> None:
        """Raise :class:`Unreadable` where a recursion that runs backwards begins at a step of which nothing is said."""
        ends = self.plan.ends.get(key, set())
        if last != self.plan.survey.last and (last + 1 not in ends or last + 2 in ends):
            raise Unreadable(
                f"nothing says what {key.text} is at the step {last + 1}, which it is computed from", chain.start
            )

    def _follows(self, key: Key, step: int | Index) -> bool:
        """Whether a state's recurrence makes it at a fixed step, so that this is a claim; else it starts there."""
        if isinstance(step, Index):
            return step + 1 in self.plan.ends[key] if key in self.plan.backwards else key in self.plan.general
        return key in self.plan.general and step >= max(self.plan.starts.get(key, 1), self.plan.reach.get(key, 0))

    def _define_under_free_tag(self, statement: Statement, of: Expr, sides: Sequence[Expr]) -> Equation | None:
        item = statement.item
        tag = item.tag if isinstance(item, Display) else item.place.spoken
        if self.page is not None and any(known.tag == tag for known in self.page):
            tag = next(f"{tag}:{k}" for k in range(2, 10_000) if all(e.tag != f"{tag}:{k}" for e in self.page))
        return self._define(tag, item.place, of, sides)

    def _define(self, tag: str, place: Place, of: Expr, sides: Sequence[Expr]) -> Equation | None:
        self.expressions += [of, *sides]
        self.definitions.append(UnshapedDefinition(of, tuple(sides)))
        if self.page is None:
            return None
        with self.page.placed(place):
            return self.page.define(tag, of, *sides)

    def _replace_abbreviations(self, chain: Chain) -> None:
        """Let the abbreviations in a chain be read as what they stand for, even where that is explained later only."""
        for key in dict.fromkeys(key for key, _ in self.plan.survey.names(chain.sides)):
            if key in self.plan.abbreviations and key not in self.plan.meanings:
                raise Unreadable(
                    f"{key.text} is made of itself and of a derivative, or said at one step only: say first what "
                    f"{key.text} stands for at any step",
                    chain.start,
                )
            if self.plan.meanings.get(key, chain) is not chain:
                self._replace_abbreviation(key)

    def _replace_abbreviation(self, key: Key) -> None:
        meanings, chain = self.translator.alphabet.meanings, self.plan.meanings[key]
        if key in meanings or key not in self.plan.abbreviations:
            return
        if key in self._opened:
            raise Unreadable(f"what {key.text} stands for goes round in a circle", chain.start)
        self._opened.add(key)
        try:
            self._replace_abbreviations(chain)
            meaning, left = self._side(chain.sides[1], chain), plain_left(self.plan.survey, chain)
        finally:
            self._opened.remove(key)
        if left is not None and left[1] is not None:
            meaning = substitute(meaning, {left[1].terms[0][0]: STEP - left[1].constant})
        meanings[key] = meaning

    # ------------------------------------------------------------------------------------------- claims

    def _claimed(self, statement: Statement, sides: Sequence[Expr], tags: Iterator[str]) -> Iterator[PageLink]:
        """The claim that a display makes under its conditions."""
        yield from self._claims(statement.item.place, statement.said, sides, tags)

    def _claims(
        self, place: Place, conditions: Conditions, sides: Sequence[Expr], tags: Iterator[str], *, goes_on: bool = False
    ) -> Iterator[PageLink]:
        sides = [substitute(side, dict(conditions.at)) for side in sides]
        self.expressions += sides
        for left, right in itertools.pairwise(sides):
            tag = next(tags)
            try:
                yield PageLink(tag, "claim", self._claim(tag, place, conditions, left, _zero(right, left)), "", goes_on)
            except (NotationError, PageError) as error:
                yield PageLink(tag, "claim", None, _unplaced(error), goes_on)
            goes_on = True
        if sides:
            self._previous = sides[-1]

    def _claim(self, tag: str, place: Place, conditions: Conditions, left: Expr, right: Expr) -> Equation | None:
        if self.page is None or self.known is None:
            return None
        left, right = placed(left, right, self.known), placed(right, left, self.known)
        check_placed(self.known, (left, right))
        left, right = (_settled(self.known, side) for side in (left, right))
        times, free = self._times(left, right)
        conditions = _about_its_step(conditions, times)
        ranges = self._ranges(left, right, conditions, times, free)
        left, right, others = self._in_each(left, right)
        start = 0 if conditions.start is None and _is_of_start(left, right) else conditions.start
        # Beside the last step T the condition is in the range of t.
        start = None if any(index.name() == _step_of(times) for index, _, _ in ranges) else start
        if self._by_entries:
            self.page.by_entries.add(tag)
        with self.page.placed(place):
            return self.page.claim(tag, left, right, for_each=ranges, start=start, also_in=others)

    def _in_each(self, left: Expr, right: Expr) -> tuple[Expr, Expr, list[Letter]]:
        """Both sides in the first weight of the page in place of a θ that no definition contains; other weights.

        A note that defines its states by W and U, and differentiates in θ, states its claim for each of its weights.
        """
        assert self.known is not None
        written = weights_in(left, right)
        if len(written) != 1 or written[0].symbol not in ANY_WEIGHT:
            return left, right, []
        under = self.known.letters_under(
            node for side in (left, right) for node in walk(side) if isinstance(node, Letter) and node.kind == "state"
        )
        weights = [
            letter
            for letter in dict.fromkeys(every_letter(side for entry in self.known for side in entry.chain))
            if letter.kind == "weight" and letter in under and not self.known.definitions(letter)
        ]
        if not weights or written[0] in under:
            return left, right, []
        (printed,), (first, *others) = written, weights
        self.translator.taken[f"{printed} stands for each of {', '.join(map(str, weights))}"] = None
        spelled = first.spelled(str(printed), printed.latex)
        return exchanged(left, printed, spelled), exchanged(right, printed, spelled), others

    def _times(self, left: Expr, right: Expr) -> tuple[list[str], set[str]]:
        """The free indices of a claim that are no last step, and all of them; none where its names have no meaning."""
        assert self.known is not None
        try:
            free = set(free_indices(self.known.resolve(left)) | free_indices(self.known.resolve(right)))
        except IllTyped:
            return [], set()
        states = [node for side in (left, right) for node in walk(side) if isinstance(node, Letter)]
        horizons = {self.known.clock(state) for state in states if state.kind == "state"}
        horizons |= {self.known.meaning.last for state in states if self.known.meaning.runs_backwards(state)}
        return sorted(free - horizons), free

    def _beyond(self, left: Expr, right: Expr, name: str) -> int:
        """How many steps behind the last one a loss of the last state is differentiated in a state that it is not of.

        A loss that sums over steps is differentiated in every state: it does not depend on the later ones.
        """
        assert self.known is not None
        found = 0
        for node in (node for side in (left, right) for node in walk(side) if isinstance(node, (Total, Partial))):
            of, wrt = node.of, node.wrt
            whole = isinstance(of, Letter) and of.kind == "state" and not self.known.meaning.sums_over_steps(of)
            if whole and isinstance(wrt, At) and wrt.index.terms == ((name, 1),):
                found = max(found, wrt.index.constant)
        return found

    def _ranges(
        self, left: Expr, right: Expr, conditions: Conditions, times: list[str], free: set[str]
    ) -> list[tuple[Index, int | Index, int | Index]]:
        """The ranges of the free indices besides the step, each from 1 up to the step unless conditions say otherwise.

        Where h_{t+1} is written beside h_T, t ends one step earlier: nothing follows the last step.
        """
        said = conditions.start is not None or conditions.last is not None
        if not said and len(times) == 1 and len(free) == 2 and (beyond := self._beyond(left, right, times[0])):
            (last,) = free - set(times)
            return [(Index.letter(times[0]), 1, Index.letter(last) - beyond)]
        if said and times == [_step_of(times)] and len(free) == 2:
            # Beside the last step T the condition is about t.
            (last,) = free - set(times)
            first = 1 if conditions.start is None else conditions.start
            return [(Index.letter(times[0]), first, conditions.last or Index.letter(last))]
        if len(times) < 2:
            return []
        step = next((name for name in (LAST.name(), STEP.name()) if name in times), times[-1])
        places = [node.index for side in (left, right) for node in walk(side) if isinstance(node, At)]
        ahead = {name: max([0, *(place.constant for place in places if place.terms == ((name, 1),))]) for name in times}
        found = {name: (Index.of(1), Index.letter(step) - ahead[name]) for name in times if name != step}
        found |= {name: bounds for name, bounds in conditions.ranges.items() if name in found}
        if (now := STEP.name()) in found:
            low, high = found[now]
            low = low if conditions.start is None else Index.of(conditions.start)
            found[now] = (low, high if conditions.last is None else conditions.last)
        # A range whose bounds hold another index comes after the range of that index.
        order = sorted(
            found, key=lambda name: len((found[name][0].letters() | found[name][1].letters()) & found.keys())
        )
        return [(Index.letter(name), *found[name]) for name in order]


def _step_of(times: Sequence[str]) -> str:
    """What a claim calls its step: t, or the one letter that it has."""
    return times[0] if len(times) == 1 else STEP.name()


def _about_its_step(conditions: Conditions, times: Sequence[str]) -> Conditions:
    """The conditions of a claim whose step is called by another letter than t: k < T is then about its step."""
    name = _step_of(times)
    if name == STEP.name() or name not in conditions.ranges:
        return conditions
    low, high = conditions.ranges[name]
    last = None if high == STEP else high
    if low.terms or not (last is None or last.letters() == LAST.letters()):
        raise Unreadable(NOT_READ, 0)
    others = {index: bounds for index, bounds in conditions.ranges.items() if index != name}
    return Conditions(low.constant if low != Index.of(1) else None, others, last, conditions.at)


def _settled(page: Derivation, node: Expr) -> Expr:
    """A side without ambiguities that make no difference, as ∂h_t/∂h_{t-1} on a page with one recurrent state."""
    if isinstance(node, Either) and node.point == "derivative":
        options = tuple(option for option in node.options if isinstance(option, (Total, Partial)))
        if options == node.options:
            kept = page.meaning.apart(options)
            return kept[0] if len(kept) == 1 else Either(kept, "derivative")
    return rebuild(node, lambda part: _settled(page, part), lambda index: index)


def _arranged(page: Derivation, node: Expr, of: Expr, convention: Convention) -> Expr:
    """What a column is defined as, each gradient in it as a column."""
    own = of.letter.shape if isinstance(of, At) else None
    return node if own is None or own[0] == ONE else laid_by(page, node, convention)


def _spelled_out(page: Derivation, node: Expr, taken_in: frozenset[str]) -> Expr:
    """A sum of losses with the definition of each that has no step in its place: L = E + R, where E sums over steps.

    A letter that a derivative is taken in stays, here and everywhere: ``taken_in`` are their symbols.
    """
    if isinstance(node, Letter) and node.kind == "state" and node.symbol not in taken_in:
        known = [one.right for one in page.definitions(node) if one.left == node and one.right is not None]
        return known[0] if len(known) == 1 else node
    if isinstance(node, (Add, Mul)):
        return rebuild(node, lambda part: _spelled_out(page, part, taken_in), lambda index: index)
    return node


def build(
    plan: Plan,
    shapes: Mapping[str, Shape],
    page: Callable[[], Derivation],
    statements: Sequence[Statement],
    assumed: Sequence[Assumption],
) -> Builder:
    """The statements on a new page; built twice where something stands before a definition that it may need."""
    made = Builder(plan, shapes, page())
    made.run(statements, assumed)
    if made.needs_all:
        again = Builder(plan, shapes, page(), made.page)
        again.run(statements, assumed)
        return again
    return made


def _at_its_steps(said: Conditions, of: Expr, sides: Sequence[Expr], last: Index) -> list[Expr]:
    """A definition at the steps that its conditions leave; raises :class:`Unreadable` where it cannot be stated so.

    That of h_{t+1} for t = 0, ..., T-1 is that of h_t for t = 1, ..., T.
    """
    free = free_indices(of).union(*map(free_indices, sides))
    steps = {node.index for side in sides for node in walk(side) if isinstance(node, At)}
    now = of.index if isinstance(of, At) else STEP
    said = _about_its_step(said, [name for name, _ in now.terms][:1] or [STEP.name()])
    ahead = any(not (gap := step - now).terms and gap.constant > 0 for step in steps)
    behind = any(not (gap := step - now).terms and gap.constant < 0 for step in steps)
    is_fixed = (now.letters() - last.letters()).isdisjoint(free)
    whole = said.last is None or said.last + now.constant == last or ahead or is_fixed
    if (
        not whole
        or (said.start is not None and said.start + now.constant < 1 and behind)
        or said.ranges.keys() & free
        or any(at.terms for at in said.at.values())
    ):
        raise Unreadable("a definition is for every step, or for one: its condition is not read", 0)
    return [substitute(side, dict(said.at)) for side in (of, *sides)]


def _unplaced(error: Exception) -> str:
    """The message of an error without its place."""
    place = getattr(error, "place", None)
    return str(error).removeprefix(f"{place}: ")


def names_step(of: Expr, side: Expr) -> bool:
    """Whether a side only gives a step a name, as in h_t = f(x_t, h_{t-1}, w); h_0 = g(w) says what h_0 is."""
    is_at_one = isinstance(of, At) and not of.index.terms
    return isinstance(side, Apply) and side.function.shape is not None and not is_at_one


def _zero(side: Expr, like: Expr) -> Expr:
    """A side, where 0 is the zero of the shape of the other one."""
    return Zero(first_option(like)) if side == Number.of(0) else side


def _is_of_start(*sides: Expr) -> bool:
    """Whether step 0 is the only one in the sides."""
    steps = {node.index for side in sides for node in walk(side) if isinstance(node, At)}
    return steps == {Index.of(0)} and not any(map(free_indices, sides))
