r"""A note as a page: its displayed equations as definitions and claims, and every assumption in words.

>>> note = read_formula(r"\frac{d h_t}{d w} = \frac{\partial^+ h_t}{\partial w}")
>>> print(note.rows[0].links[0].vectors)
(L1) d h_t/d w = ∂⁺h_t/∂w
>>> print(*note.assumed, sep="\n")
h_t = f(x_t, h_{t-1}, w), because nothing says what h_t is
w is a weight
x_t is data
f is an arbitrary function
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from symbptt.errors import IllTyped, Place, SymbpttError, Unreadable, fault
from symbptt.functions import row_called
from symbptt.page.derivation import Derivation
from symbptt.page.equations import step_of
from symbptt.page.notation import Apply, At, Concat, Diag, Hadamard, Kronecker, Laid, Letter, Shape, Transpose, walk
from symbptt.page.shapes import SCALAR
from symbptt.reader import customs
from symbptt.reader.assumptions import assume
from symbptt.reader.building import Builder, build, names_step
from symbptt.reader.changes import DERIVED, changed
from symbptt.reader.classes import name_classes, tell_classes
from symbptt.reader.compositions import COMPOSED, SOFTMAX
from symbptt.reader.copies import tell_copies, tie_layers
from symbptt.reader.differentials import parse_formula
from symbptt.reader.dummies import drop_listed, tell_dummies
from symbptt.reader.entries import has_entries
from symbptt.reader.exponentials import tell_exponentials
from symbptt.reader.grammar import Cells, NameMark, walk_marks
from symbptt.reader.layers import layer_letter, tell_layers, with_layers
from symbptt.reader.lengths import tell_lengths
from symbptt.reader.letters import Key, label_in
from symbptt.reader.memories import as_losses, as_states, tell_losses, tell_memories
from symbptt.reader.models import Model, models_of
from symbptt.reader.patterns import tell_patterns
from symbptt.reader.plan import make_plan
from symbptt.reader.results import Again, Link, Note, ReadDisplay, Superseded
from symbptt.reader.roles import Roles, find_roles, labelled_last, with_bare_last
from symbptt.reader.sayings import sentences, superseded
from symbptt.reader.settings import Prose, read_prose
from symbptt.reader.signs import drop_signs
from symbptt.reader.sizing import SQUARED_LENGTH, SQUARED_NORM, UnshapedDefinition, all_scalars, infer
from symbptt.reader.statements import Statement, find_statements, rewrite, settle_entries, tell_pairs, where_said
from symbptt.reader.stepless import tell_now
from symbptt.reader.telling import leaves_out_steps
from symbptt.text.document import Display, Document, read_document, split_document

_INLINE = re.compile(r"\s*(?:\$(?!\$)(?P<dollars>[^$]*)\$|\\\((?P<brackets>(?:(?!\\\)).)*)\\\))\s*", re.DOTALL)
_DELIMITED = re.compile(r"\s*(?:\$\$|\\\[|\\begin\s*\{(?P<name>[a-z]+\*?)\}.*\\end\s*\{(?P=name)\}\s*\Z)", re.DOTALL)
_Marks = TypeVar("_Marks", bound=tuple[object, ...])
MISFITS = 20
"""How many definitions in the text are tried to be left out where sizes do not fit together."""
_TRANSPOSE = "a transpose"
_OF_NUMBERS = frozenset({_TRANSPOSE, "diag", "⊙"})
"""Signs of vectors that say nothing of numbers: each is its own transpose, and its own diagonal matrix."""


def read_note(path: str | Path, macros: Path | None = None) -> Note:
    """Read a note, with the LaTeX macros of another file where one is given.

    Raises :class:`NoteError` where the file or its displays cannot be found.
    """
    return read(read_document(Path(path), macros))


def read_text(text: str, path: str, macros: Path | None = None) -> Note:
    """Read a note that stands in no file; ``path`` is what it is called, and by its ending what it is written in."""
    return read(split_document(text, path, None, macros))


def read_formula(text: str, macros: Path | None = None) -> Note:
    """Read one formula, as ``--latex`` has it: without delimiters, or within those of a display or of a line."""
    inner = _INLINE.fullmatch(text)
    is_display = inner is None and _DELIMITED.match(text) is not None
    written = text if is_display else f"\\[{inner['dollars'] or inner['brackets'] if inner else text}\\]"
    return replace(read_text(written, "--latex", macros), title="")


def read(document: Document) -> Note:
    """Read a document: parse its displays, find what each letter is, infer the shapes, and build the equations."""
    statements, prose = find_statements(document), read_prose(document)
    models = [_of_model(model, prose) for model in models_of(document, statements)]
    if not models:
        return _readable(document, statements, prose)
    rows = tuple(row for model in models for row in model.rows)
    said = tuple(dict.fromkeys(said for model in models for said in model.assumed))
    return replace(models[0], title=document.title, rows=rows, assumed=said, document=document, models=tuple(models))


def _of_model(model: Model, prose: Prose) -> Note:
    """The note about one of several models; how derivatives lie is said once for all of them."""
    own = replace(
        read_prose(model.document),
        layouts=prose.layouts,
        layouts_said=prose.layouts_said,
        partials=prose.partials,
        unclear_partials=prose.unclear_partials,
        ascends=prose.ascends,
    )
    note = _readable(model.document, list(model.statements), own)
    told = (f"a model of its own begins here: {model.anew}",) if model.anew else ()
    rows = tuple(row for row in note.rows if row.display.place in model.own)
    return replace(note, rows=rows, assumed=(*told, *note.assumed))


def _readable(document: Document, statements: list[Statement], prose: Prose) -> Note:
    """The note that these statements make, without those with which none can be read."""
    while True:
        try:
            return _whole(document, statements, prose)
        except Exception as error:
            _drop_the_cause(document, statements, prose, error)


def _whole(document: Document, statements: Sequence[Statement], prose: Prose) -> Note:
    """The note that these statements make; they stay as they are, so that it may be tried with fewer of them."""
    told = _copied(statements)
    letter = layer_letter([one.parsed or one.chains for one in told], document.words)
    tied = tie_layers(told, letter)
    layers, lengths = tell_layers(document, told, letter, ties=bool(tied)), tell_lengths(told)
    drop_signs(document, told)
    copied = tell_copies(document, told)
    copies = (
        *(f"{name} is the same in every layer, as {where} says" for (name, _), where in tied.items()),
        *(
            f"{name} at a step is the copy of {name} that this step uses, as {where} says"
            for (name, _), where in copied.items()
        ),
    )
    # That W^{(k)} is a copy of W says nothing else of it.
    left = (
        said
        for said in prose.spoken
        if all(copied.get(mark.glyph) != said.where for mark in walk_marks(said.marks) if isinstance(mark, NameMark))
    )
    prose = replace(prose, spoken=tuple(left))
    tell_dummies(told)
    called = tell_losses(document, told)
    copies += tuple(f"{stem} is a loss, as the words say" for stem in sorted(called))
    drop_listed(told)
    stems = tell_memories(told)
    tell_patterns(document, told)
    tell_exponentials(document, told)
    copies += name_classes(document, told)
    prose = replace(prose, targets=(*prose.targets, *tell_classes(told)))
    copies += _tell_last(told)

    def renamed(marks: _Marks) -> _Marks:
        found: _Marks = as_states(stems, as_losses(called, marks))
        return found

    prose = replace(
        prose,
        spoken=tuple(replace(said, marks=renamed(said.marks)) for said in prose.spoken),
        told=renamed(prose.told),
        targets=tuple((renamed(marks), target) for marks, target in prose.targets),
        numbers=renamed(prose.numbers),
    )
    roles = find_roles(
        [cells for one in told for cells in (one.chains, one.parsed, *one.sides)], leaves_out=leaves_out_steps(document)
    )
    for statement in told:
        settle_entries(statement, roles.entries)
    _tell_roles(roles, told)
    copies += tell_pairs(document, told)
    now = tell_now(told)

    def placed(marks: Cells) -> Cells:
        found: Cells = now.told(roles.told(marks))
        return found

    prose = replace(
        prose,
        spoken=tuple(
            replace(said, marks=placed(marks)) for said in prose.spoken for marks in with_layers(layers, said.marks)
        ),
        told=tuple(placed(marks) for every in prose.told for marks in with_layers(layers, every)),
        targets=tuple(
            (placed(marks), target) for every, target in prose.targets for marks in with_layers(layers, every)
        ),
    )
    note = _fitting(document, told, prose, _read(document, _copied(told), prose))
    counted = layers.said if layers is not None else ()
    counted += tuple(f"{said}, where it is a number of steps" for said in lengths)
    given = (f"{layers.count} layer{'s' if layers.count > 1 else ''}",) if layers is not None else ()
    return replace(note, assumed=(*counted, *copies, *roles.said, *note.assumed), given=(*given, *lengths))


def _copied(statements: Sequence[Statement]) -> list[Statement]:
    """Statements are changed while they are read and planned: each trial has its own."""
    return [copy.copy(statement) for statement in statements]


def _tell_last(statements: Sequence[Statement]) -> tuple[str, ...]:
    """Let the last step stand without the label that it has everywhere, T_x, and say so."""
    last = labelled_last([statement.chains for statement in statements])
    if last is None:
        return ()
    rewrite(statements, lambda formulas: [with_bare_last(last, cells) for cells in formulas])
    for statement in statements:
        statement.conditions = tuple((with_bare_last(last, chain), rest) for chain, rest in statement.conditions)
    assert last.below is not None
    return (f"{customs.LAST}_{label_in(last.below)} is the last step {customs.LAST}",)


def _tell_roles(roles: Roles, statements: Sequence[Statement]) -> None:
    """Let the scripts of each letter stand in their places."""
    for statement in statements:
        try:
            chains, parsed, sides = (roles.told(part) for part in (statement.chains, statement.parsed, statement.sides))
            statement.chains, statement.parsed, statement.sides = chains, parsed, sides
        except Unreadable as error:
            statement.drop(error)


def _fitting(document: Document, statements: Sequence[Statement], prose: Prose, note: Note) -> Note:
    """The note; where its sizes do not fit together for one definition in the text, without that."""
    inline = [place for place, entry in enumerate(statements) if not entry.is_display and entry.counts and entry.chains]
    for place in inline[:MISFITS] if note.unfit else ():
        trial = _copied(statements)
        trial[place].drop(Unreadable(f"its sizes do not fit the rest of the page: {note.unfit}", 0))
        if not (found := _read(document, trial, prose)).unfit:
            return found
    return note


def _drop_the_cause(document: Document, statements: list[Statement], prose: Prose, error: Exception) -> None:
    """Let the first statement be unread with which a note cannot be read; the faults of one are none of the others."""
    low, high = 0, len(statements)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _whole(document, statements[:middle], prose)
            low = middle
        except Exception as found:
            high, error = middle, found
    cause = statements[high - 1] if statements else None
    if cause is None or (cause.error is not None and not (cause.sides or cause.chains or cause.parsed)):
        raise error
    if cause.error is not None:
        # What its letters are found from is at fault too: first what it would define, then all of it.
        if cause.sides:
            cause.sides = ()
        else:
            cause.chains = cause.parsed = ()
        return
    said = str(error) if isinstance(error, SymbpttError) else fault(error)
    place = getattr(error, "place", None)
    cause.drop(Unreadable(said.removeprefix(f"{place}: "), 0))


def _read(document: Document, statements: list[Statement], prose: Prose) -> Note:
    plan = make_plan(statements, prose)
    assumptions = assume(plan, statements)
    draft = Builder(plan, plan.shaped(), None)
    draft.run(statements, assumptions)

    def on_page(shapes: Mapping[str, Shape]) -> Builder:
        return build(plan, shapes, lambda: Derivation(document.title, source=document.path), statements, assumptions)

    vectors: Builder | None = None
    unfit = ""
    try:
        backwards = frozenset(map(draft.translator.alphabet.symbol, plan.backwards))
        if plan.all_numbers and _may_be_of_numbers(draft, prose):
            plan.said.append(f"every letter is a number, as {plan.all_numbers} says")
            shapes = all_scalars(draft.definitions, draft.letters())
        else:
            shapes = infer(draft.definitions, draft.letters(), _losses(draft), backwards, _numbers(draft))
        vectors = on_page(shapes)
    except IllTyped as error:
        unfit = str(error)
    signs = " and ".join(_telling_signs(draft, prose))
    # With signs of vectors what composes for numbers alone is a slip, and nobody asks whether it holds for them.
    needs_scalars = vectors is None or not signs or bool(vectors.errors)
    scalars = on_page(all_scalars(draft.definitions, draft.letters())) if needs_scalars else None
    shown = vectors or scalars
    assert shown is not None
    symbol = draft.translator.alphabet.symbol
    return Note(
        document.path,
        document.title,
        tuple(_rows(document, statements, draft, vectors, scalars)),
        vectors.page if vectors is not None else None,
        scalars.page if scalars is not None else None,
        (
            *document.missing,
            *document.macros,
            *plan.said,
            *shown.used.values(),
            *_said(draft),
            *shown.translator.taken,
            *shown.ignored,
        ),
        document,
        unfit,
        signs,
        {symbol(key): said for key, said in plan.narrowed.items()},
        {symbol(key): said for key, said in plan.unread.items()},
        not prose.not_to_one,
        frozenset(map(symbol, _told(draft, prose))),
        plan.lasts,
        prose.layouts,
        prose.layouts_said,
        unclear_partials=prose.unclear_partials,
        superseded=(*_superseded(document, statements, draft), *_changed(document, statements, draft)),
        again=tuple(_again(document, draft, vectors, scalars)),
        of_scalars=prose.scalars,
        numbers=frozenset(_only_numbers(draft, prose, vectors.page if vectors is not None else None)),
    )


def _only_numbers(draft: Builder, prose: Prose, page: Derivation | None) -> Iterator[str]:
    """The weights with capital letters that compose as numbers alone beside vectors, where nothing says so of them."""
    if page is None or prose.all_numbers:
        return
    letters = page.meaning.letters.values()
    shapes = {letter.symbol: letter.shape for letter in letters if letter.kind in ("weight", "state")}
    told = {*draft.plan.numbers, *(key for cells in prose.numbers for key, _ in draft.plan.survey.names(cells))}
    symbols = set(map(draft.translator.alphabet.symbol, told))
    if any(shape not in (None, SCALAR) for shape in shapes.values()):
        for letter in letters:
            capital = letter.kind == "weight" and letter.symbol[:1].isupper() and letter.shape == SCALAR
            if capital and letter.symbol not in {*symbols, customs.WIDTH, *customs.NUMBERS}:
                yield letter.symbol


def _superseded(document: Document, statements: Sequence[Statement], draft: Builder) -> Iterator[Superseded]:
    """What sentences say to be something else from there on: letters that stand before, all where none is named."""
    found, symbol = draft.plan.survey, draft.translator.alphabet.symbol
    for said in sentences(document.words):
        if (formulas := superseded(said)) is None:
            continue
        # Behind a display a sentence that goes on, "where W is replaced", is said of that one too.
        goes_on = said.words[:1].islower()
        before = [one for one in statements if one.item.formula.offset < said.at and one.parsed]
        used = {key for key, _ in found.names(tuple(one.parsed for one in before))}
        named: set[Key] = set()
        for text in formulas:
            # Of δ_t = ∂L/∂h_t it is δ that is spoken of.
            with suppress(SymbpttError):
                named |= {key for key, _ in found.names(parse_formula(text.split("=")[0]))}
        # A named function is replaced wherever it stands.
        letters = named & used if named and all(row_called(key.stem) is None for key in named) else used
        count = sum(item.formula.offset < said.at for item in document.items)
        symbols = frozenset(map(symbol, letters))
        if symbols:
            yield Superseded(document.place_at(said.at).spoken, count - goes_on, symbols)


def _changed(document: Document, statements: Sequence[Statement], draft: Builder) -> Iterator[Superseded]:
    """What sentences change on the whole page: the letters they name, or the loss; all where none is named."""
    found, symbol = draft.plan.survey, draft.translator.alphabet.symbol
    formulas = [one.parsed for one in statements if one.parsed and not one.passed]
    used = {key for key, _ in found.names(tuple(formulas))}
    shown = "\n".join(told for one in statements if not DERIVED.search(told := one.item.formula.text) and one.parsed)
    losses = {key for key in used if key.stem in customs.LOSSES or key in draft.plan.losses}
    for said in sentences(document.words):
        if superseded(said) is not None or not (what := changed(said, shown)):
            continue
        named: set[Key] = set()
        for text in said.formulas:
            with suppress(SymbpttError):
                named |= {key for key, _ in found.names(parse_formula(text.split("=")[0]))} & used
        inputs = {key for key in named if key.stem in customs.INPUTS and draft.plan.kinds.get(key) == "data"}
        letters = (losses if what == "loss" else named - inputs) or (set() if named else used)
        if letters:
            yield Superseded(document.place_at(said.at).spoken, 0, frozenset(map(symbol, letters)))


def _again(document: Document, draft: Builder, vectors: Builder | None, scalars: Builder | None) -> Iterator[Again]:
    """What is said again of letters that have a definition, and from where on it would change them."""
    places = [item.place for item in document.items]
    for number in draft.again:
        found = draft.plan.again[number]
        symbols = frozenset({draft.translator.alphabet.symbol(found.key)})
        item = found.statement.item
        changes = Superseded(where_said(item), places.index(item.place) + 1, symbols)
        vector, scalar = (page.again.get(number) if page is not None else None for page in (vectors, scalars))
        yield Again(changes, vector, scalar)


def _told(draft: Builder, prose: Prose) -> Iterator[Key]:
    """The letters that the note defines, or speaks of by themselves."""
    yield from draft.plan.defined
    for cells in prose.told:
        yield from (key for key, _ in draft.plan.survey.names(cells))


def _losses(draft: Builder) -> frozenset[str]:
    """The symbols of the states that are losses by custom, or by what the words say, and of what they call a number."""
    kinds, said = draft.plan.kinds.items(), draft.plan.losses
    losses = (key for key, kind in kinds if kind == "state" and (key.stem in customs.LOSSES or key in said))
    return frozenset(map(draft.translator.alphabet.symbol, (*losses, *draft.plan.numbers)))


def _numbers(draft: Builder) -> frozenset[str]:
    """The symbols of the weights and data that are numbers by custom."""
    kinds, taken_in = draft.plan.kinds.items(), draft.plan.survey.bottoms
    open_ones = (key for key, kind in kinds if kind in ("weight", "data") and key not in taken_in)
    numbers = (key for key in open_ones if key.stem in customs.NUMBERS)
    return frozenset(map(draft.translator.alphabet.symbol, numbers))


# --------------------------------------------------------------------------------------------------- rows


def _rows(
    document: Document,
    statements: Sequence[Statement],
    draft: Builder,
    vectors: Builder | None,
    scalars: Builder | None,
) -> Iterator[ReadDisplay]:
    """Each display with its equations."""
    chain: Link | None = None
    shown: set[Place] = set()
    for statement in statements:
        display = statement.item
        # The cases of one display are one row.
        if not isinstance(display, Display) or display.place in shown:
            continue
        shown.add(display.place)
        # An aside does not end a chain, nor does a number by itself.
        if statement.aside:
            yield ReadDisplay(display, "aside", reason=statement.aside)
            continue
        links: list[Link] = []
        error = _error(display, draft, vectors, scalars)
        if error is None:
            links = _links(display, draft, vectors, scalars, chain)
            error = None if links else Unreadable("there is no equation in it", 0)
        claims = [link for link in links if link.kind == "claim"]
        chain = (claims[-1].chain or claims[-1]) if claims else None
        if error is None:
            told = [entry.chains for entry in statements if entry.item is display]
            reworded = len(told) > 1 or has_entries(tuple(told))
            yield ReadDisplay(display, "claim" if claims else "definition", tuple(links), reworded=reworded)
        else:
            at = display.formula.at(error.offset)
            yield ReadDisplay(display, "unread", (), str(error), document.place_at(at), document.excerpt(at))


def _error(display: Display, draft: Builder, vectors: Builder | None, scalars: Builder | None) -> Unreadable | None:
    """Why a display cannot be stated on any page; what is defined for scalars alone is none of a page of vectors."""
    if (error := draft.errors.get(display.place)) is not None:
        return error
    on_pages = [builder.errors.get(display.place) for builder in (vectors, scalars) if builder is not None]
    defines = all(stated.kind == "definition" for stated in draft.links.get(display.place, ()))
    return on_pages[0] if all(on_pages) or (defines and vectors is not None) else None


def _links(
    display: Display, draft: Builder, vectors: Builder | None, scalars: Builder | None, chain: Link | None
) -> list[Link]:
    """The equations of a display; ``chain`` is the first link of the chain that the display before it ends in."""
    links: list[Link] = []
    pages = [builder.links.get(display.place, []) if builder else [] for builder in (vectors, scalars)]
    on_vectors, on_scalars = ({stated.tag: stated for stated in page} for page in pages)
    for stated in draft.links.get(display.place, []):
        one, other = on_vectors.get(stated.tag), on_scalars.get(stated.tag)
        vector, scalar = (made.equation if made is not None else None for made in (one, other))
        failed = str(vectors.errors.get(display.place, "")) if vectors is not None and one is None else ""
        why = next((made.why for made in (stated, one, other) if made is not None and made.why), failed)
        first = chain if stated.goes_on else None
        links.append(Link(stated.tag, stated.kind, vector, scalar, why, first, stated.told))
        if stated.kind == "claim" and first is None:
            chain = links[-1]
    return links


# --------------------------------------------------------------------------------------------------- what is said


def _said(draft: Builder) -> Iterator[str]:
    """What letters that nothing defines were taken to be, and which functions name a step."""
    defined = {entry.left for entry in draft.definitions}
    names = _names_of_steps(draft.definitions)
    aliases = {function for functions in names.values() for function in functions}
    nodes = [node for side in draft.expressions for node in walk(side)]
    now = step_of(entry.left for entry in draft.definitions)
    for kind, one, several in (
        ("weight", "a weight", "weights"),
        ("data", "data", "data"),
        ("function", "an arbitrary function", "arbitrary functions"),
    ):
        known = defined | aliases | {*COMPOSED}
        own = (letter for letter in draft.letters() if letter.kind == kind and letter not in known)
        open_ones = (letter for letter in own if letter.symbol not in customs.NAMED)
        shown = dict.fromkeys(str(letter[now] if kind == "data" else letter) for letter in open_ones)
        if shown:
            yield f"{', '.join(shown)} {'is ' + one if len(shown) == 1 else 'are ' + several}"
    is_step = customs.TRANSPOSE in draft.plan.survey.indices and not draft.plan.all_numbers
    if is_step and any(isinstance(node, Transpose) for node in nodes):
        yield "T above a letter is the transpose, anywhere else a step"
    for state, functions in names.items():
        yield f"{' and '.join(map(str, functions))} {'name' if len(functions) > 1 else 'names'} {state}"


def _names_of_steps(definitions: Sequence[UnshapedDefinition]) -> dict[str, dict[Letter, None]]:
    """For each state the functions that only name its step, as f in h_t = f(x_t, h_{t-1}) = φ(...)."""
    heads = [entry.left.letter if isinstance(entry.left, At) else entry.left for entry in definitions]
    names: dict[str, dict[Letter, None]] = {}
    for head, entry in zip(heads, definitions, strict=True):
        if heads.count(head) > 1 or len(entry.sides) > 1:
            for side in entry.sides:
                if isinstance(side, Apply) and names_step(entry.left, side):
                    names.setdefault(str(entry.left), {})[side.function] = None
    return names


def _may_be_of_numbers(draft: Builder, prose: Prose) -> bool:
    """Whether every letter may be a number, which is its own transpose."""
    return {_TRANSPOSE}.issuperset(_vector_signs(draft, prose))


def _telling_signs(draft: Builder, prose: Prose) -> list[str]:
    """The signs by which a note is one of vectors; where its words make every letter a number, others than a diag."""
    signs = list(_vector_signs(draft, prose))
    return [] if draft.plan.all_numbers and _OF_NUMBERS.issuperset(signs) else signs


def _vector_signs(draft: Builder, prose: Prose) -> Iterator[str]:
    """The signs of vectors and matrices in a note."""
    nodes = {type(node) for side in draft.expressions for node in walk(side)}
    signs = {Transpose: _TRANSPOSE, Diag: "diag", Hadamard: "⊙", Kronecker: "⊗", Concat: "blocks"}
    yield from (name for kind, name in signs.items() if kind in nodes)
    if {SQUARED_NORM, SQUARED_LENGTH}.intersection(draft.letters()):
        yield "a norm"
    if SOFTMAX in draft.letters():
        # Of one number it is 1, whatever that number is: a claim about it would say nothing.
        yield "a softmax"
    # Of numbers ∇ is the derivative.
    quantities = {key for key, kind in draft.plan.kinds.items() if kind in ("state", "data")}
    numbers = {key for key in quantities if key in draft.plan.numbers or key.stem in customs.LOSSES}
    graded = any(isinstance(node, Laid) and node.nabla for side in draft.expressions for node in walk(side))
    if graded and (numbers < quantities or not draft.plan.numbers):
        yield "∇"
    if any(font in customs.VECTOR_FONTS for key in draft.plan.kinds for font in key.dressed):
        yield "bold letters"
    if prose.layouts_said:
        yield "a convention for vectors"
    if prose.vectors:
        yield "words of vectors or matrices"
