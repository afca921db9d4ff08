r"""What changes how a formula looks and not what it says: colours, boxes, sizes, phantoms, full-width signs.

>>> " ".join(undressed(r"\large \color{red}{a} = \bbox[5px]{b + c}").split())
'a = b + c'
>>> undressed(r"a\cancel{b} = 2 \boxed{b + c}")
'a\\cancel{b} = 2       {b + c}'
"""

from __future__ import annotations

import re

from symbptt.text.source import blank, matching_braces

_PLAIN = str.maketrans("（）［］｛｝＝＋－＊／＜＞，；：｜！", "()[]{}=+-*/<>,;:|!")
"""Full-width signs, as keyboards for Chinese and Japanese type them."""
_SWITCH = re.compile(
    r"\\(?:tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|boldmath|unboldmath|strut|mathstrut)"
    r"(?![A-Za-z])"
)
_HIDDEN = re.compile(r"\\(?:[hv]?phantom|require|vspace\*?)\s*(?=\{)")
"""Commands whose argument is not seen."""
_OPTION = r"\s*(?:\[[^\[\]]*\]\s*)?"
_BOX = re.compile(
    rf"\\(?:boxed|Aboxed|fbox|framebox|bbox){_OPTION}(?=\{{)|"
    rf"\\(?:colorbox|fcolorbox\s*\{{[^{{}}]*\}}){_OPTION}\{{[^{{}}]*\}}\s*(?=\{{)"
)
_PAINT = re.compile(
    rf"\\(?:color|textcolor){_OPTION}\{{[^{{}}]*\}}(?:\s*(?=\{{))?|"
    rf"\\(?:class|style|cssId|htmlClass|htmlId|href|texttip|scalebox){_OPTION}\{{[^{{}}]*\}}\s*(?=\{{)|"
    rf"\\(?:mathclap|mathllap|mathrlap|smash|ensuremath|mathinner|mathord|hbox|mbox){_OPTION}(?=\{{)"
)
_INNERMOST = re.compile(r"\{[^{}]*\}")
_DEEP = 8
"""Cap on the braces in braces that are looked through for a relation outside of them."""
_FAR = 400
"""Cap on the spaces around a box."""
_ENDED = re.compile(
    r"(?:[\s&]|\\(?:tag\*?|label)\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![A-Za-z]))*"
    r"(?:\Z|[.,;]|\\\\|\\q?quad|\\end\b|\{?(?::?=|[<>≤≥≈≡])|\\(?:approx|equiv|leq?|geq?|propto|sim|coloneqq?|triangleq)"
    r"(?![A-Za-z]))"
)
_RELATED = re.compile(r"=|\\\\|&|\\begin\b|\\(?:approx|equiv|leq?|geq?|coloneqq?|triangleq)(?![A-Za-z])")


def undressed(text: str) -> str:
    r"""The text at the same length with such commands blanked.

    Braces of a box stay where they hold a part of a side: a reader takes that for one thing. Those of a colour group
    nothing that is seen, and stay only where a script needs them. What is crossed out, ``\cancel``, is none of these.
    """
    text = text.translate(_PLAIN)
    if "\\" not in text:
        return text
    closing = matching_braces(text)
    signs = list(text)

    def erase(start: int, stop: int) -> None:
        signs[start:stop] = blank(text[start:stop])

    for found in _HIDDEN.finditer(text):
        erase(found.start(), closing.get(found.end(), found.end() - 1) + 1)
    for kind in (_BOX, _PAINT, _SWITCH):
        for found in kind.finditer(text):
            opened = found.end()
            closed = closing.get(opened) if text.startswith("{", opened) and kind is not _SWITCH else None
            content = text[opened + 1 : closed] if closed is not None else ""
            formula = content.count("$") == 2 and content.startswith("$") and content.endswith("$")
            if found[0].startswith((r"\mbox", r"\hbox")) and not formula:
                continue
            erase(found.start(), opened)
            if closed is None:
                # {\color{red} a}: the braces are those of a group that the switch begins.
                opened = len(text[: found.start()].rstrip()) - 1
                closed, content = closing.get(opened), text[found.end() : closing.get(opened)]
            if closed is None:
                continue
            if formula:
                signs[opened + 1] = signs[closed - 1] = " "
            start = min(found.start(), opened)
            before = text[max(0, start - _FAR) : start].rstrip(" &\n")
            whole = not before or before.endswith(("=", "\\\\", "\\approx", "\\equiv"))
            whole = whole and _ENDED.match(text, closed + 1) is not None
            scripted = text.startswith(("^", "_", "'"), closed + 1) or before.endswith(("^", "_"))
            if _RELATED.search(_outside(content)) or whole or (kind is not _BOX and not scripted):
                signs[opened] = signs[closed] = " "
    return "".join(signs)


def _outside(text: str) -> str:
    """The text without what its braces hold."""
    for _ in range(_DEEP):
        text = _INNERMOST.sub("", text)
    return text
