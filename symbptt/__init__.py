"""symbptt checks derivations of gradients: proved (for whom), wrong (where), or right only if read a certain way.

A page is written once, as data, with the letters and nodes below; ``prove`` judges one of its equations and ``judge``
all of them.

>>> from symbptt import Derivation, Question, d, function, indices, partial, prove, sizes, state, weight
>>> t, = indices("t")
>>> n, = sizes("n")
>>> h, w, phi = state("h", n), weight("w", n, n), function("phi")
>>> page = Derivation("A recurrence without input")
>>> _ = page.define("1", h[t], phi(w @ h[t - 1]))
>>> true = page.claim("2", d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w))
>>> prove(page, true).word
'proved'
>>> false = page.claim("3", d(h[t], w), partial(h[t], w))
>>> verdict = prove(page, false)
>>> verdict.word, verdict.witness.t, verdict.witness.lhs, verdict.witness.rhs
('refuted', 2, '25', '10')
"""

import sys
from typing import TYPE_CHECKING, Any

from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import (
    NODES,
    Operators,
    Product,
    Sum,
    block,
    concat,
    copy_at,
    d,
    data,
    diag,
    function,
    gradient,
    hadamard,
    indices,
    kronecker,
    laid,
    ones,
    partial,
    sizes,
    slope,
    softmax,
    state,
    weight,
)
from symbptt.verdicts import Comparison, Fix, Question, Reading, Row, Scope, Sheet, Slip, Term, Tried, Verdict, Witness

if TYPE_CHECKING:
    from symbptt.deriving.audit import FunctionComparison, crosscheck_function
    from symbptt.deriving.derived import Derived, derive
    from symbptt.emit.emission import Emitted, to_numpy
    from symbptt.judging.claims import prove
    from symbptt.judging.comparison import crosscheck
    from symbptt.judging.pages import judge, judge_note
    from symbptt.judging.sides import Lambdified, lambdified
    from symbptt.reader.note import read_formula, read_note
    from symbptt.reader.results import Note
    from symbptt.show.display import tabulate
    from symbptt.show.explain import explanation, explanation_latex
    from symbptt.show.failures import assert_proved

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "Derivation",
    "Derived",
    "Emitted",
    "Equation",
    "Fix",
    "FunctionComparison",
    "Lambdified",
    "Note",
    "Product",
    "Question",
    "Reading",
    "Row",
    "Scope",
    "Sheet",
    "Slip",
    "Sum",
    "Term",
    "Tried",
    "Verdict",
    "Witness",
    "assert_proved",
    "block",
    "concat",
    "copy_at",
    "crosscheck",
    "crosscheck_function",
    "d",
    "data",
    "derive",
    "diag",
    "explanation",
    "explanation_latex",
    "function",
    "gradient",
    "hadamard",
    "indices",
    "judge",
    "judge_note",
    "kronecker",
    "laid",
    "lambdified",
    "ones",
    "partial",
    "prove",
    "read_formula",
    "read_note",
    "sizes",
    "slope",
    "softmax",
    "state",
    "tabulate",
    "to_numpy",
    "weight",
]

# Loaded when first used, so that writing a page down does not wait for SymPy and NumPy.
_ROOMS = {
    "Derived": "deriving.derived",
    "Emitted": "emit.emission",
    "FunctionComparison": "deriving.audit",
    "Note": "reader.results",
    "assert_proved": "show.failures",
    "crosscheck": "judging.comparison",
    "crosscheck_function": "deriving.audit",
    "derive": "deriving.derived",
    "explanation": "show.explain",
    "explanation_latex": "show.explain",
    "judge": "judging.pages",
    "judge_note": "judging.pages",
    "Lambdified": "judging.sides",
    "lambdified": "judging.sides",
    "prove": "judging.claims",
    "read_formula": "reader.note",
    "read_note": "reader.note",
    "to_numpy": "emit.emission",
    "tabulate": "show.display",
}


_SHOWN = ("Derived", "Emitted", "FunctionComparison", "Note")
"""Those of them that show themselves: they are told how when their room is loaded."""


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'symbptt' has no attribute {name!r}")
    from importlib import import_module

    room = import_module(f"symbptt.{_ROOMS[name]}")
    for kind in _SHOWN:
        loaded = sys.modules.get(f"symbptt.{_ROOMS[kind]}")
        if loaded is not None:
            _shows_as_html(getattr(loaded, kind))
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return __all__


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext symbptt`` calls: it makes the cell magic ``%%symbptt`` known."""
    from importlib import import_module

    import_module("symbptt.notebook").load(shell)


def _shows(kind: type, **ways: str) -> None:
    """Hang on a type how it shows itself in a notebook; ``display`` is loaded when one asks."""
    for method, name in ways.items():

        def shown(self: Any, name: str = name) -> str:
            from importlib import import_module

            made: str = getattr(import_module("symbptt.show.display"), name)(self)
            return made

        setattr(kind, method, shown)


def _board(self: Any, printer: Any, cycle: bool) -> None:
    """What IPython prints in a terminal: the value as it stands on the board, not how it is made."""
    printer.text(str(self))


def _shows_as_html(kind: Any) -> None:
    _shows(kind, _repr_html_="html_of", __str__="text_of")
    kind._repr_pretty_ = _board


_shows(Operators, _repr_latex_="latex_of")
_shows(Equation, _repr_latex_="latex_of")
_shows(Derivation, _repr_latex_="latex_of", __str__="text_of")
for _shown in (Verdict, Row, Sheet, Comparison, Reading, Fix, Slip, Witness):
    _shows_as_html(_shown)
# IPython asks the class nearest to the value first, and a dataclass has a repr of its own.
for _kind in (*NODES, Equation, Derivation):
    setattr(_kind, "_repr_pretty_", _board)  # noqa: B010  # the type does not know of it, which is the point
