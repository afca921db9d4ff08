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
from collections.abc import Sequence

from symbptt.page.notation import (
    PRIME,
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
    Letter,
    Mul,
    Number,
    Ones,
    Partial,
    Power,
    Product,
    Ranged,
    Sum,
    Total,
    Transpose,
    Zero,
    substitute,
)
from symbptt.printing.tex import COMMAND, as_counted, factor_needs_brackets, in_scope, is_loose, latex, unsigned
from symbptt.printing.widths import ROW, width

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell "
        "varepsilon vartheta varrho varphi nabla partial top star ast circ dagger prime infty".split(),
        "αβγδϵζηθικλμνξπρστυϕχψωΓΔΘΛΞΠΣΥΦΨΩℓεϑϱφ∇∂⊤⋆∗∘†′∞",
        strict=True,
    )
)
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


def _row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>" if len(parts) != 1 else parts[0]


def _mo(sign: str) -> str:
    return f"<mo>{text(sign)}</mo>"


# --------------------------------------------------------------------------------------------------- names


def _word(word: str, italic: int) -> str:
    if COMMAND.fullmatch(word):
        return f"<mi>{GREEK[word]}</mi>"
    if word.isdigit():
        return f"<mn>{text(word)}</mn>"
    # A longer name stands upright, as an identifier of several letters does by itself.
    return _row(*(f"<mi>{text(sign)}</mi>" for sign in word)) if len(word) <= italic else f"<mi>{text(word)}</mi>"


def _name(symbol: str) -> tuple[str, list[str]]:
    stem, *scripts = symbol.split("_")
    if not all(scripts):
        return f"<mi>{text(symbol)}</mi>", []
    return _word(stem, 1), [_word(script, 2) for script in scripts]


def _letter(letter: Letter, below: str = "", above: str = "") -> str:
    stem, scripts = (spelling(letter.latex), []) if letter.latex else _name(letter.symbol)
    scripts = [*scripts, *([below] if below else [])]
    under = _row(*[part for script in scripts for part in (_mo(","), script)][1:]) if scripts else ""
    if under and above:
        return f"<msubsup>{stem}{under}{above}</msubsup>"
    if under:
        return f"<msub>{stem}{under}</msub>"
    return f"<msup>{stem}{above}</msup>" if above else stem


def _index(index: Index) -> str:
    parts: list[str] = []
    for token in re.findall(r"[A-Za-z]\w*|\d+|[+-]", str(index)):
        if token in "+-":
            parts.append(_mo("−" if token == "-" else "+"))
        elif token.isdigit():
            parts.append(f"<mn>{token}</mn>")
        else:
            stem, scripts = _name(token)
            parts.append(f"<msub>{stem}{_row(*scripts)}</msub>" if scripts else stem)
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
            return f"<mi>{GREEK[name]}</mi>" if name in GREEK else ""
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
    match node:
        case Number(value):
            sign = _mo("−") if value < 0 else ""
            top = f"<mn>{abs(value.numerator)}</mn>"
            body = top if value.denominator == 1 else f"<mfrac>{top}<mn>{value.denominator}</mn></mfrac>"
            return _row(sign, body) if sign else body
        case IndexValue(index):
            return _index(index)
        case Letter():
            return _letter(node)
        case At(letter, index):
            return _letter(letter, below=_index(index))
        case Copy(weight, index):
            return _letter(weight, above=_fenced(_index(index)))
        case Add(parts):
            return _row(*(piece for sign, part in signed(parts) for piece in ((_mo(sign), part) if sign else (part,))))
        case Mul(parts):
            sign, positive = unsigned(node)
            if sign:
                return _row(_mo("−"), _wrapped(positive, is_loose(positive)))
            return _row(*_factors(parts))
        case Hadamard(parts):
            tight = (Mul, Hadamard, Kronecker, Ranged)
            return _row(*_joined([_wrapped(p, isinstance(p, tight) or is_loose(p)) for p in parts], _mo("⊙")))
        case Kronecker(left, right):
            wide = (Mul, Hadamard, Kronecker, Ranged)
            return _row(*_joined([_wrapped(p, isinstance(p, wide) or is_loose(p)) for p in (left, right)], _mo("⊗")))
        case Power(IndexValue() | Number() as base, exponent) if exponent == Index.of(-1):
            return f"<mfrac><mn>1</mn>{markup(base)}</mfrac>"
        case Power(base, exponent):
            return f"<msup>{_base(base)}{_index(exponent)}</msup>"
        case Sum(dots=True):
            ends = (node.lower, node.lower + 1, node.upper)
            first, second, last = (substitute(node.body, {node.index: at}) for at in ends)
            terms = [markup(first), markup(second), "<mi>⋯</mi>", markup(node.body), "<mi>⋯</mi>", markup(last)]
            return _row(*_joined(terms, _mo("+")))
        case Ranged():
            return _ranged(node)
        case Apply(function, arguments, primes):
            named = _letter(function)
            if primes:
                named = f"<msup>{named}<mi>{'′' * primes}</mi></msup>"
            return _row(named, _fenced(_row(*_joined(list(map(markup, arguments)), _mo(",")))))
        case Diag(of):
            return _row("<mi>diag</mi>", _fenced(markup(of)))
        case Total(of, wrt):
            return _fraction("<mi>d</mi>", of, "<mi>d</mi>", wrt)
        case Partial(of, wrt):
            return _fraction(_mo("∂") if node.is_plain() else f"<msup>{_mo('∂')}{_mo('+')}</msup>", of, _mo("∂"), wrt)
        case Concat(parts):
            cells = "".join(f"<mtd>{markup(part)}</mtd>" for part in parts)
            return _fenced(f"<mtable><mtr>{cells}</mtr></mtable>", "[", "]")
        case Transpose(of):
            return f"<msup>{_base(of)}{_mo('⊤')}</msup>"
        case Block(of, part):
            return f"<msub>{_fenced(markup(of), '[', ']')}{markup(part)}</msub>"
        case Zero():
            return "<mn>0</mn>"
        case Ones():
            return "<mn>1</mn>"
        case Identity():
            return "<mi>I</mi>"
        case Either(options=(Total(of, wrt), *_)):
            return _fraction(_mo("∂"), of, _mo("∂"), wrt)
        case Either(options=(Block(of, part), *_)):
            return f"<msub>{_fenced(markup(Either((of,), 'derivative')), '[', ']')}{markup(part)}</msub>"
        case Either(options, "bound"):
            return _ranged(*as_counted(options))
        case Either(options, "scope"):
            narrow, shift, behind = in_scope(options)
            return _row(_ranged(narrow, shift, bare=True), TIMES, *_factors(behind))
        case Either(options):
            return markup(options[0])
        case _:
            raise TypeError(f"{type(node).__name__} is not a node of the notation: no MathML is known for it")


def signed(parts: Sequence[Expr]) -> list[tuple[str, str]]:
    """The terms of a sum, each with the sign in front of it; the first has none where it is positive."""
    made: list[tuple[str, str]] = []
    for position, part in enumerate(parts):
        sign, positive = unsigned(part)
        written = "−" if sign else "+" if position else ""
        made.append((written, _wrapped(positive, is_loose(positive))))
    return made


def _joined(parts: Sequence[str], between: str) -> list[str]:
    return [piece for part in parts for piece in (between, part)][1:]


def _ranged(node: Ranged, shift: int = 0, *, bare: bool = False) -> str:
    tight: tuple[type, ...] = ()
    sign = "∑"
    if isinstance(node, Product):
        sign, tight = "∏", (Hadamard, Kronecker, Sum, *([] if bare else [Mul]))
    body = _wrapped(node.body, is_loose(node.body) or isinstance(node.body, tight))
    return _row(_limits(sign, node, shift), body)


def _limits(sign: str, node: Ranged, shift: int) -> str:
    large = f'<mo largeop="true" movablelimits="false">{sign}</mo>'
    if isinstance(node, Product) and node.ascending:
        large = f'<mover>{large}<mo stretchy="false">→</mo></mover>'
    below = _row(_index(node.bounds[0] - shift), _mo("="), _index(node.lower - shift))
    return f"<munderover>{large}{below}{_index(node.upper - shift)}</munderover>"


def _fenced(inside: str, left: str = "(", right: str = ")") -> str:
    # A bracket that may stretch is set with room around it even where it does not.
    tall = re.search("<(mfrac|munderover|mtable)", inside)
    opened = "<mo>" if tall else '<mo stretchy="false">'
    return f"<mrow>{opened}{left}</mo>{inside}{opened}{right}</mo></mrow>"


def _wrapped(node: Expr, needed: bool) -> str:
    inside = markup(node)
    return _fenced(inside) if needed or unsigned(node)[0] else inside


def _factors(parts: Sequence[Expr]) -> list[str]:
    made: list[str] = []
    for position, part in enumerate(parts):
        inside = _wrapped(part, factor_needs_brackets(part, last=position == len(parts) - 1))
        if made:
            made.append(_mo("·") if re.match(r"<mn>|<mfrac><mn>", inside) else TIMES)
        made.append(inside)
    return made


def _base(node: Expr) -> str:
    scripted = isinstance(node, (Mul, Hadamard, Kronecker, Ranged, Total, Partial, Power, Transpose, Copy))
    fraction = isinstance(node, Number) and node.value.denominator != 1
    return _wrapped(node, scripted or fraction or is_loose(node))


def _fraction(above: str, of: Expr, below: str, wrt: Expr) -> str:
    top, bottom = (_wrapped(part, not isinstance(part, (Letter, At, Copy, Apply))) for part in (of, wrt))
    return f"<mfrac>{_row(above, top)}{_row(below, bottom)}</mfrac>"


# --------------------------------------------------------------------------------------------------- equations

NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def equation_mathml(sides: Sequence[Expr], behind: str = "") -> str:
    """An equation or chain as one ``math`` element, an equals sign or a term of a long sum on each row."""
    rows: list[tuple[str, str]] = []
    for position, side in enumerate(sides[1:]):
        left = markup(sides[0]) if not position else ""
        is_long = isinstance(side, Add) and width(latex(side)) > ROW
        terms = signed(side.parts) if isinstance(side, Add) and is_long else [("", markup(side))]
        for place, (sign, term) in enumerate(terms):
            # Terms below each other: the sign of the first one is that of the equation.
            lead = _mo("=") if not place else '<mspace width="1.2em"/>'
            rows.append((left if not place else "", _row(lead, *([_mo(sign)] if sign else []), term)))
    if not rows:
        rows = [(markup(sides[0]), "")]
    left, last = rows[-1]
    rows[-1] = (left, _row(last, behind) if behind else last)
    cells = "".join(f"<mtr><mtd>{left}</mtd><mtd>{right}</mtd></mtr>" for left, right in rows)
    return f'<math xmlns="{NAMESPACE}" display="block"><mtable displaystyle="true">{cells}</mtable></math>'


def ranges_mathml(ranges: Sequence[tuple[Index, Index, Index]]) -> str:
    """The ranges that an equation is stated for besides its step, in parentheses behind it."""
    made = ""
    for index, lower, upper in ranges:
        listed = _row(_index(index), _mo("="), _index(lower), _mo(","), "<mi>…</mi>", _mo(","), _index(upper))
        made += f'<mspace width="1em"/>{_fenced(listed)}'
    return made
