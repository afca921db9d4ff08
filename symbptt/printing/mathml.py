r"""A page as MathML, for a browser: the tree that is typeset as LaTeX, in the same order and with the same brackets.

>>> from symbptt.page.notation import indices, partial, sizes, state, weight
>>> t, = indices("t")
>>> h, w = state("h", sizes("n")[0]), weight("w_h")
>>> print(markup(partial(h[t], w)))
<mfrac><mrow><msup><mo>∂</mo><mo>+</mo></msup><msub><mi>h</mi><mi>t</mi></msub></mrow><mrow><mo>∂</mo>...</mrow></mfrac>

Every character that comes from a page passes through :func:`text`, so that none of them can be markup. What a script
spells in LaTeX, ``\hat{o}``, is read by a small reader that knows letters, accents and scripts; the rest is shown as it
was written.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from typing import assert_never

from symbptt.page import layout
from symbptt.page.greek import GREEK
from symbptt.page.layout import PRIME, Piece, begins_with_digit
from symbptt.page.notation import Expr, Index, laid_out
from symbptt.printing.prose import Range, Symbol, parts_of
from symbptt.printing.tex import name_parts, typeset
from symbptt.printing.widths import ROW, width

COMMANDS = GREEK | dict(
    zip("nabla partial top star ast circ dagger prime infty dots".split(), "∇∂⊤⋆∗∘†′∞⋯", strict=True)
)
"""The signs that a letter may be spelled with."""
ACCENTS = {
    **dict.fromkeys(["hat", "widehat"], "^"),
    **dict.fromkeys(["tilde", "widetilde"], "~"),
    **dict.fromkeys(["bar", "overline"], "¯"),
    "dot": "˙",
    "ddot": "¨",
    "vec": "→",
    "check": "ˇ",
}
FONTS = {
    **dict.fromkeys(["mathbf", "boldsymbol", "bm"], 0x1D400),
    **dict.fromkeys(["mathcal", "mathscr"], 0x1D4D0),
    "mathsf": 0x1D5A0,
}
"""Where the capital A of each alphabet stands among Unicode's mathematical letters."""
UPRIGHT = ("mathrm", "text", "operatorname", "mathit", "textrm")
TIMES = '<mspace width="0.17em"/>'
"""What stands between factors."""


def text(value: str) -> str:
    """Text of a page as the content of an element or attribute: no character of it is markup."""
    return html.escape("".join(sign if sign.isprintable() or sign in "\n\u00a0" else "�" for sign in value), quote=True)


def prose(sentence: str) -> str:
    """A sentence as HTML, the letters of formulas in it as MathML."""
    return "".join(
        text(unicodedata.normalize("NFC", part)) if isinstance(part, str) else f"<math>{_spoken(part)}</math>"
        for part in parts_of(sentence)
    )


def _spoken(part: Symbol | Range) -> str:
    if isinstance(part, Range):
        sign = _mo("∑" if part.sign == "Σ" else "∏")
        if not part.lower:
            return f"<msub>{sign}{_listed(part.index)}</msub>"
        lower = _row(_index(part.index), _mo("="), _index(part.lower))
        return f"<msubsup>{sign}{lower}{_index(part.upper)}</msubsup>"
    stem = _word(part.stem[:1] if part.has_hat else part.stem, 1)
    stem = f'<mover accent="true">{stem}{_mo("^")}</mover>' if part.has_hat else stem
    if part.primes:
        stem = f"<msup>{stem}<mi>{'′' * len(part.primes)}</mi></msup>"
    below = [_listed(part.below) if re.search("[-+,]", part.below) else _word(part.below, 2)] * bool(part.below)
    made = _raised_in(_subscripted(stem, *below), _index(part.above)) if part.above else _subscripted(stem, *below)
    made = f"<msup>{made}{_index(part.power)}</msup>" if part.power else made
    moved = ["<mi>d</mi>"] * part.is_moved
    entry = [_fenced(_listed(part.entry), "[", "]")] * bool(part.entry)
    shift = [_sign(part.shift[0]), f"<mn>{part.shift[1:]}</mn>"] if part.shift else []
    return _row(*moved, made, *entry, *shift)


def _listed(indices: str) -> str:
    return _row(*_joined(list(map(_index, indices.replace(" ", "").split(","))), _mo(",")))


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>" if len(parts) != 1 else parts[0]


def _mo(sign: str) -> str:
    return f"<mo>{text(sign)}</mo>"


# --------------------------------------------------------------------------------------------------- names


def _word(word: str, italic: int) -> str:
    if word in GREEK:
        return f"<mi>{GREEK[word]}</mi>"
    if word.isdigit():
        return f"<mn>{text(word)}</mn>"
    # A longer name stands upright, as an identifier of several letters does by itself.
    return _row(*(f"<mi>{text(sign)}</mi>" for sign in word)) if len(word) <= italic else f"<mi>{text(word)}</mi>"


def _name(symbol: str, *below: str) -> str:
    stem, *scripts = name_parts(symbol)
    return _subscripted(_word(stem, 1), *(_word(script, 2) for script in scripts), *below)


def _subscripted(stem: str, *below: str) -> str:
    return f"<msub>{stem}{_row(*_joined(below, _mo(',')))}</msub>" if below else stem


def _letter(name: layout.Name) -> str:
    below = [_index(name.below)] if name.below else []
    made = _subscripted(spelling(name.latex), *below) if name.latex else _name(name.symbol, *below)
    return _raised_in(made, _index(name.above)) if name.above else made


def _raised_in(made: str, index: str) -> str:
    """A letter with the step of its copy above it, in parentheses."""
    above = _fenced(index)
    if made.startswith("<msub>"):
        return f"{made.replace('<msub>', '<msubsup>', 1).removesuffix('</msub>')}{above}</msubsup>"
    return f"<msup>{made}{above}</msup>"


def _index(index: str) -> str:
    parts: list[str] = []
    for token in re.findall(r"[A-Za-z]\w*|\d+|[+-]", index):
        if token in "+-":
            parts.append(_sign(token))
        else:
            parts.append(f"<mn>{token}</mn>" if token.isdigit() else _name(token))
    return _row(*parts)


def spelling(written: str) -> str:
    """A letter as a script spells it in LaTeX; what is not known here is shown as the text that it is."""
    reader = _Spelling(re.findall(r"\\[A-Za-z]+|\\.|\s+|.", written, re.DOTALL))
    made = reader.sequence()
    return made if not reader.tokens and made else f"<mtext>{text(written)}</mtext>"


class _Spelling:
    """Reads letters, Greek letters, accents, fonts, braces and scripts; stops at anything else."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [token for token in tokens if not token.isspace()]
        self._depth = 0

    def sequence(self) -> str:
        parts: list[str] = []
        while self.tokens and self.tokens[0] != "}":
            part = self._scripted()
            if not part:
                break
            parts.append(part)
        return _row(*parts) if parts else ""

    def _scripted(self) -> str:
        base = self._atom()
        scripts: dict[str, str] = {}
        while base and self.tokens and self.tokens[0] in ("_", "^", PRIME):
            mark = self.tokens.pop(0)
            said = "<mi>′</mi>" if mark == PRIME else self._atom()
            place = "_" if mark == "_" else "^"
            if not said or (place in scripts and mark != PRIME):
                return ""
            scripts[place] = _row(scripts[place], said) if place in scripts else said
        if len(scripts) == 2:
            return f"<msubsup>{base}{scripts['_']}{scripts['^']}</msubsup>"
        for place, tag in (("_", "msub"), ("^", "msup")):
            if place in scripts:
                return f"<{tag}>{base}{scripts[place]}</{tag}>"
        return base

    def _atom(self) -> str:
        token = self.tokens.pop(0) if self.tokens else ""
        if token == "{" and self._depth < 20:
            self._depth += 1
            made = self.sequence()
            self._depth -= 1
            return made if made and self.tokens and self.tokens.pop(0) == "}" else ""
        name = token.removeprefix("\\")
        if token.startswith("\\") and name in ACCENTS:
            base = self._atom()
            return f'<mover accent="true">{base}{_mo(ACCENTS[name])}</mover>' if base else ""
        if token.startswith("\\") and (name in FONTS or name in UPRIGHT):
            return self._font(name)
        if token.startswith("\\"):
            return f"<mi>{COMMANDS[name]}</mi>" if name in COMMANDS else ""
        if token.isdecimal() and token.isascii():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{text(token)}</mi>"
        return _mo(token) if token and token in "*+-()[],.|/!" else ""

    def _font(self, name: str) -> str:
        word = ""
        if self.tokens and self.tokens[0] == "{":
            self.tokens.pop(0)
            while self.tokens and re.fullmatch(r"[A-Za-z0-9]", self.tokens[0]):
                word += self.tokens.pop(0)
            if not self.tokens or self.tokens.pop(0) != "}":
                return ""
        elif self.tokens and re.fullmatch(r"[A-Za-z]", self.tokens[0]):
            word = self.tokens.pop(0)
        if not word:
            return ""
        if name in UPRIGHT:
            return f'<mi mathvariant="normal">{word}</mi>'
        return "".join(f'<mi mathvariant="normal">{_styled(sign, FONTS[name])}</mi>' for sign in word)


def _styled(sign: str, first: int) -> str:
    if sign.isdigit():
        return sign
    return chr(first + ord(sign) - ord("A")) if sign.isupper() else chr(first + 26 + ord(sign) - ord("a"))


# --------------------------------------------------------------------------------------------------- expressions


def markup(node: Expr) -> str:
    """The MathML of an expression, without the ``math`` element around it.

    Raises TypeError for a node that is not of the notation.
    """
    return marked_up(laid_out(node))


def marked_up(piece: Piece) -> str:
    """The MathML of a piece."""
    match piece:
        case layout.Whole(index):
            return _index(index)
        case layout.Name():
            return _letter(piece)
        case layout.Terms(terms):
            return _row(*(mark for sign, term in terms for mark in ([_sign(sign)] * bool(sign) + [marked_up(term)])))
        case layout.Factors(parts, "·"):
            between = [_mo("·") if begins_with_digit(part) else TIMES for part in parts]
            pairs = zip(between, map(marked_up, parts), strict=True)
            return _row(*[mark for pair in pairs for mark in pair][1:])
        case layout.Factors(parts, sign):
            return _row(*_joined(list(map(marked_up, parts)), _mo(sign)))
        case layout.Ranging():
            return _row(_limits(piece), marked_up(piece.body))
        case layout.Ratio(above, below):
            return f"<mfrac>{marked_up(above)}{marked_up(below)}</mfrac>"
        case layout.Differential(sign, of):
            return _row(DIFFERENTIALS[sign], marked_up(of))
        case layout.Gradient(wrt, of):
            return _row(f"<msub>{_mo('∇')}{marked_up(wrt)}</msub>", marked_up(of))
        case layout.Scripted(base, above):
            raised = _mo("⊤") if isinstance(above, str) else marked_up(above)
            return f"<msup>{marked_up(base)}{raised}</msup>"
        case layout.Called(function, arguments, primes):
            named = f"<mi>{function}</mi>" if isinstance(function, str) else marked_up(function)
            if primes:
                named = f"<msup>{named}<mi>{'′' * primes}</mi></msup>"
            return _row(named, _fenced(_row(*_joined(list(map(marked_up, arguments)), _mo(",")))))
        case layout.Cells(parts):
            cells = "".join(f"<mtd>{marked_up(part)}</mtd>" for part in parts)
            return _fenced(f"<mtable><mtr>{cells}</mtr></mtable>", "[", "]")
        case layout.Selected(of, part):
            return f"<msub>{_fenced(marked_up(of), '[', ']')}{marked_up(part)}</msub>"
        case layout.Bracketed(inside):
            return _fenced(marked_up(inside))
        case _:
            assert_never(piece)


def _raised(mark: str) -> str:
    return f"<msup>{_mo('∂')}{_mo(mark)}</msup>"


DIFFERENTIALS = {"d": "<mi>d</mi>", "∂": _mo("∂"), "∂⁺": _raised("+"), "∂°": _raised("∘")}


def _sign(sign: str) -> str:
    return _mo("−" if sign == "-" else sign)


def _joined(parts: Sequence[str], between: str) -> list[str]:
    return [mark for part in parts for mark in (between, part)][1:]


def _limits(piece: layout.Ranging) -> str:
    large = f'<mo largeop="true" movablelimits="false">{"∑" if piece.sign == "Σ" else "∏"}</mo>'
    if piece.ascending:
        large = f'<mover>{large}<mo stretchy="false">→</mo></mover>'
    below = _row(_index(piece.index), _mo("="), _index(piece.lower))
    return f"<munderover>{large}{below}{_index(piece.upper)}</munderover>"


def _fenced(inside: str, left: str = "(", right: str = ")") -> str:
    # A bracket that may stretch is set with room around it even where it does not.
    tall = re.search("<(mfrac|munderover|mtable)", inside)
    opened = "<mo>" if tall else '<mo stretchy="false">'
    return f"<mrow>{opened}{left}</mo>{inside}{opened}{right}</mo></mrow>"


# --------------------------------------------------------------------------------------------------- equations

NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def equation_mathml(sides: Sequence[Expr], behind: str = "") -> str:
    """An equation or chain as one ``math`` element, an equals sign or a term of a long sum on each row."""
    rows: list[tuple[str, str]] = []
    first, *others = map(laid_out, sides)
    for position, side in enumerate(others):
        is_long = isinstance(side, layout.Terms) and width(typeset(side)) > ROW
        terms = side.terms if isinstance(side, layout.Terms) and is_long else (("", side),)
        for place, (sign, term) in enumerate(terms):
            # Terms below each other: the sign of the first one is that of the equation.
            lead = '<mspace width="1.2em"/>' if place else _mo("=")
            left = "" if position or place else marked_up(first)
            rows.append((left, _row(lead, *([_sign(sign)] * bool(sign)), marked_up(term))))
    if not rows:
        rows = [(marked_up(first), "")]
    left, last = rows[-1]
    rows[-1] = (left, _row(last, behind) if behind else last)
    cells = "".join(f"<mtr><mtd>{left}</mtd><mtd>{right}</mtd></mtr>" for left, right in rows)
    return f'<math xmlns="{NAMESPACE}" display="block"><mtable displaystyle="true">{cells}</mtable></math>'


def ranges_mathml(ranges: Sequence[tuple[Index, Index, Index]]) -> str:
    """The ranges that an equation is stated for besides its step, in parentheses behind it."""
    made = ""
    for index, lower, upper in (map(str, ends) for ends in ranges):
        listed = _row(_index(index), _mo("="), _index(lower), _mo(","), "<mi>…</mi>", _mo(","), _index(upper))
        made += f'<mspace width="1em"/>{_fenced(listed)}'
    return made
