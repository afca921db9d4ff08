"""A page as LaTeX: fragments to paste, or a document that says what its signs mean."""

from __future__ import annotations

from collections.abc import Sequence

from symbptt.errors import BudgetExceeded, IllTyped, NotStated, Stopped, Undecided
from symbptt.page.derivation import Derivation, Equation
from symbptt.page.notation import Expr
from symbptt.printing.depths import Depth
from symbptt.printing.dialects import LAYOUTS
from symbptt.printing.displays import displayed, expanded, fragment
from symbptt.printing.tex import escaped
from symbptt.workers import Crew, apart

CONVENTIONS: dict[str, str] = {
    "plus": r"""\noindent
\textit{d} is the total derivative, $\partial^{+}$ the immediate partial, with every earlier state held fixed, and
$\partial h_{j} / \partial h_{j-1}$ the Jacobian of a step.""",
    "note": r"""\noindent
One $\partial$ stands for the total derivative and for the immediate partial, as many notes have it: the signs do not
say which is meant. $\partial h_{j} / \partial h_{j-1}$ is the Jacobian of a step.""",
    "d2l": r"""\noindent
$\partial$ of a state in a weight is the total derivative. The immediate partial, with every earlier state held fixed,
is $\partial$ of the function that names the step, or $\partial^{+}$ where no function does.""",
}
PRODUCTS = r"""A product descends: the factor with the largest index
stands on the left. An empty sum is zero, and an empty product the identity."""
LAYOUT = r"""Layout: $\partial y / \partial x$ has a row for each entry of $y$; a matrix enters as its vec, column by
column."""

PAGE = 15
"""How many rows of fractions are kept on one page."""

ASCENDS = r" An arrow over $\prod$ turns the order around."


def document(title: str, fragments: Sequence[str], notation: str = "plus", *, said: str | None = None) -> str:
    """A complete article that pdflatex compiles with amsmath, amssymb and geometry.

    ``said`` is what it says of its signs, where that is not what ``notation`` has to say.
    """
    body = "\n".join(map(_breakable, fragments))
    return _article(title, body, _conventions(body, notation) if said is None else said)


def _conventions(body: str, notation: str) -> str:
    laid = f" {said[:1].upper()}{said[1:]}." if (said := LAYOUTS[notation].words if notation in LAYOUTS else "") else ""
    signs = CONVENTIONS["plus" if notation in LAYOUTS else notation]
    conventions = f"{signs}{laid} {PRODUCTS}" + (ASCENDS if r"\overset{\rightarrow}{\prod}" in body else "")
    return conventions + (f"\n{LAYOUT}" if r"\otimes" in body else "")


def _article(title: str, body: str, conventions: str) -> str:
    return "\n".join(
        [
            r"\documentclass[11pt,a4paper]{article}",
            r"\usepackage[margin=25mm]{geometry}",
            r"\usepackage{amsmath,amssymb}",
            r"\setlength{\nulldelimiterspace}{2pt}",  # the bars of neighbouring fractions would all but touch
            r"\begin{document}",
            rf"\section*{{{escaped(title)}}}",
            conventions,
            body,
            r"\end{document}",
            "",
        ]
    )


def _breakable(part: str) -> str:
    # A display stays together at the end of a page unless no page could hold it.
    return f"{{\\allowdisplaybreaks\n{part}\n}}" if part.count("\\\\\n") > PAGE else part


def page_latex(
    page: Derivation,
    tags: Sequence[str] | None,
    step: int | None,
    standalone: bool,
    *,
    depth: Depth = "terms",
    notation: str = "plus",
    crew: Crew | None = None,
) -> str:
    """The equations of a page as LaTeX, in page order: those with ``tags``, or all.

    As they stand (``step`` None), or written out at ``step`` as far as ``depth`` says, with the signs or in the layout
    of ``notation``; one that is not stated there, has no such layout or is not written out so far is left as a comment
    that says why. ``standalone`` gives a document, with the misreadings under a heading of their own; otherwise a
    comment marks each. Raises
    :class:`PageError` for a tag that the page does not have, :class:`BudgetExceeded` where it would be too long or
    takes more than a crew may.
    """
    wanted = list(page) if tags is None else [page[tag] for tag in tags]
    stated: list[str] = []
    misread: list[str] = []
    missing: list[str] = []
    unwritten: list[str] = []
    letters: dict[Expr, str] = {}
    for equation in (equation for equation in page if equation in wanted):
        try:
            alone = None if step is None else crew
            made, letters = apart(alone, _fragment, page, equation, step, depth, notation, letters)
        except (NotStated, IllTyped) as error:
            made = comment(str(error))
            missing.append(f"({equation.tag})")
        except Undecided as error:
            made = comment(f"({equation.tag}): {error}")
            unwritten.append(f"({equation.tag})")
        except (BudgetExceeded, Stopped) as error:
            raise BudgetExceeded(f"({equation.tag}) at t = {step}: {error}") from None
        if equation.kind != "misreading" or made.startswith("%"):
            stated.append(made)
        elif standalone:
            misread.append(rf"\noindent ({escaped(equation.of)}), misread: {escaped(equation.why)}." + f"\n{made}")
        else:
            stated.append(f"{comment(f'a misreading of ({equation.of}): {equation.why}')}\n{made}")
    if not standalone:
        return "\n".join(stated) + "\n"
    lead = [] if step is None else [written_at(page, step)]
    absent = [f"Not stated there: {escaped(', '.join(missing))}."] if missing else []
    absent += [f"Not written out so far: {escaped(', '.join(unwritten))}."] if unwritten else []
    heading = [r"\section*{Misreadings}"] if misread else []
    return document(page.title, [*lead, *absent, *stated, *heading, *misread], notation)


def written_at(page: Derivation, step: int) -> str:
    """What a document says of the step that its equations are written out at, with the last step as a setting."""
    lasts = "".join(f" Let ${name} = {step}$." for name in sorted(page.meaning.horizons))
    return f"The equations are written out at step {step}.{lasts}"


def _fragment(
    page: Derivation, equation: Equation, step: int | None, depth: Depth, notation: str, letters: dict[Expr, str]
) -> tuple[str, dict[Expr, str]]:
    """An equation, and the letters that factors have got so far, which may have been given in another process."""
    if step is None:
        return fragment(equation.tag, displayed(page, equation, notation)), letters
    return fragment(equation.tag, *expanded(page, equation, step, depth, notation, letters)), letters


def comment(text: str) -> str:
    """The text as a comment of one line."""
    return "% " + " ".join(text.split())
