"""Every exception of symbptt. What reaches a user is one line that says where, what was expected and what to do."""

from __future__ import annotations

from dataclasses import dataclass

OK, NOT_PROVED, BAD_USAGE, NO_EQUATION, INTERRUPTED = 0, 1, 2, 5, 130
"""The exit status of a command."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a file, and in it a line and a column counted from 1 (0: not known).

    ``file`` is the name of a file that a note brings in; empty in the note itself.
    """

    path: str
    line: int = 0
    column: int = 0
    file: str = ""

    def __str__(self) -> str:
        parts = [self.path, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts)

    @property
    def container(self) -> str:
        """The file itself: a cell of a notebook, whose lines are counted by themselves, stands in one."""
        return self.path.removesuffix(f":{self.file}") if self.file else self.path

    @property
    def spoken(self) -> str:
        """The line, and the file where that is another than the note."""
        return f"{self.file} line {self.line}".strip()


class SymbpttError(Exception):
    """The root of every error a user can meet; ``str(error)`` is the whole message."""


def fault(error: Exception, where: str = "") -> str:
    """A fault of symbptt's own, as everything that may meet one says it."""
    return f"internal error{where}, please report it: {type(error).__name__}: {error}"


class NotationError(SymbpttError):
    """Something was written that the notation cannot hold: a float, a bad name, a bound that is not an index."""


class PageError(SymbpttError):
    """A page contradicts itself: a tag used twice, a definition that refers forward, sizes that do not compose."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


class Unreadable(SymbpttError):
    """A formula holds what the grammar or the notation has no meaning for; ``offset`` is where in its text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class ScriptError(SymbpttError):
    """A derivation script cannot be read, does not parse, raises, or holds no derivation."""


class NoteError(SymbpttError):
    """A note cannot be read: a display never ends, a macro runs away, or it is longer than a note may be."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


class NoEquation(SymbpttError):
    """There is no equation in anything that was to be read."""


class UsageError(SymbpttError):
    """The command line asks for something that cannot be done."""


class IllTyped(SymbpttError):
    """Shapes do not compose, or a name has no meaning on the page. Becomes the verdict ``ill-typed``."""


class NotRead(IllTyped):
    """What a name means could not be read, or a note leaves it open. Becomes the verdict ``undecided``."""


class NotStated(SymbpttError):
    """An equation refers to a step before the first one. Becomes the verdict ``not-stated`` at that t."""


class Undecided(SymbpttError):
    """No rule of the kernel applies: the equation is not decided there, and nothing is said of its truth."""


class BudgetExceeded(SymbpttError):
    """A proof would need more than it was allowed. Becomes the verdict ``undecided``."""


class Stopped(SymbpttError):
    """A process took more time or memory than it was allowed, or ended early. Becomes the verdict ``undecided``."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message, seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return str(self.args[0])


class NotExact(SymbpttError):
    """A float entered a proof, or a value has no exact rational. Never decides anything."""


class NoOracle(SymbpttError):
    """The plain recurrence has no way to what is asked of it. A comparison then says so, and decides nothing."""
