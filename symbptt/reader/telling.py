r"""What the words around a letter say it is, as an equation: a derivative, or a function of the last state.

>>> told_derivatives(r"write $g_t$ for the gradient of $L$ in $h_t$", "E")
{'g_t': '\\frac{d L}{d h_t}'}
>>> told_derivatives(r"$\bar h_t$ is the derivative of the total loss by $h_t$, $\bar z_t$ that by $z_t$", "E")
{'\\bar h_t': '\\frac{d E}{d h_t}', '\\bar z_t': '\\frac{d E}{d z_t}'}
>>> told_derivatives(r"$g_t$ is half the gradient of $L$ in $h_t$", "E")
{}
"""

from __future__ import annotations

import re

from symbptt.page.greek import GREEK
from symbptt.reader import customs
from symbptt.reader.wording import (
    CODE,
    SENTENCE_END,
    is_taken_back,
    judge_words,
    lead_in,
    sentence_around,
    spoken,
    wording_of,
)
from symbptt.text import vocabulary
from symbptt.text.document import Display, Document, Inline

_LIST = r"(?:§(?:\s*(?:,|,?\s*and|&)\s*§)*)"
_DERIVATIVE = r"(?:(?:column|row|vector)\s+(?:of\s+the\s+)?)?(?:gradient|derivative|adjoint|sensitivity|error signal)s?"
_OF = (
    r"of\s+(?:the\s+)?(?:(?:total|whole|overall|full)\s+)?(?:(?:loss|cost|error|objective)(?:\s+function)?\s*)?"
    r"(?P<loss>§)?"
)
_IN = r"(?:in|by|at|to|with respect to|wrt|w\.r\.t\.)\s+(?:the\s+(?:hidden\s+)?(?:state|activation|output|input)s?\s+)?"
_IS = (
    r"(?:(?:is|are|be|denotes?|means?|stands? for|(?:is|are) (?:short|a name|names|shorthand) for|(?:is|are) called|"
    r"for|as)\s+(?:the\s+)?(?:total\s+)?)"
)
_TOLD = re.compile(
    rf"(?P<names>{_LIST})\s*,?\s*{_IS}{_DERIVATIVE}\s+{_OF}\s*{_IN}(?P<letters>{_LIST})(?!\s+(?:is\s+)?that\b)",
    re.IGNORECASE,
)
_AND_THAT = re.compile(rf"\s*(?:,|;|,?\s*and)\s*(?P<names>§)\s+(?:is\s+)?that\s+{_IN}(?P<letters>§)", re.IGNORECASE)
_LEFT_OUT = re.compile(
    r"(?:steps?|time|index|indices|subscripts?|arguments?|\$t\$)[^.,;:]{0,30}\b(?:is|are|be)\s+"
    r"(?:left out|omitted|dropped|suppressed|not written)\b[^.]{0,80}|"
    r"\b(?:omit|omitting|drop|dropping|leave out|leaving out|suppress|suppressing)\s+(?:the\s+)?"
    r"(?:steps?|time|index|indices|subscripts?|arguments?|\$t\$)\b",
    re.IGNORECASE,
)
_NO_MORE = re.compile(
    r"(?:[\s,]|\b(?:and|a|both|all|each|as|of|the|same|shape|columns?|rows?|vectors?|too|respectively|here|below|"
    r"throughout|have|has|its|their|own|seen)\b)*(?:\Z|[;:])",
    re.IGNORECASE,
)
"""What may stand behind such a telling: anything else may change what is told."""
_QUALIFIES = re.compile(
    r"\b(?:ignor|neglect|drop|truncat|approximat|scal|clip|averag|apart|without|up to|roughly|local)", re.IGNORECASE
)
_NONE = re.compile(r"\b(?:no|none|without)\b", re.IGNORECASE)
_NO_TELLING = re.compile(rf"{vocabulary.DENYING.anywhere}|{vocabulary.LIMITING.anywhere}", re.IGNORECASE)
_FORMULA = r"\$(?P<formula>[^$]+)\$"
_PUTTING = re.compile(r"\b(?:put|write|writing|use|using)\s*\Z", re.IGNORECASE)
_PUT_FOR = re.compile(rf"\s*for\s+the\s+(?:column|row|vector|gradient|derivative|adjoint|sensitivity)\s+{_FORMULA}")
_BAR = r"\\[dt]?frac\s*\{\s*(?:\\partial|\\mathrm\s*\{?d\}?|d\b)|(?:\\partial|d)[^/+=]+/\s*(?:\\partial|d)|\\nabla"
_STANDS_FOR = re.compile(
    rf"\s*,?\s*(?:(?:{vocabulary.MARKS.anywhere}|{vocabulary.IS.anywhere}|abbreviates|is (?:short|shorthand) for)\s*)"
    rf"\$(?P<formula>\s*(?:{_BAR})[^$+=]*)\$\s*(?=[.,;:)。，；]|\Z|(?:and|und|et|y|и)\b)",
    re.IGNORECASE,
)
"""A derivative that a letter is put for: δ_t stands for ∂L/∂z_t."""
_A_LOSS = re.compile(r"\b(?:loss|cost|objective|error)(?:\s+function)?\s*\Z", re.IGNORECASE)
_A_FUNCTION = (
    r"(?:(?:which\s+)?(?:is|be)\s+)?(?:an?|any|some)\s+(?:(?:arbitrary|differentiable|smooth|scalar|given)\s+)*"
    r"function\s+(?:only\s+)?of|(?:which\s+)?depends\s+(?:only\s+)?on"
)
_LAST_STATE = r"(?P<last>(?:only\s+)?the\s+(?:last|final|terminal)\s+(?:hidden\s+)?state\s+)?"
_ALONE = r"(?:\s+(?:only|alone))?\s*(?:[.,;:)]|\Z|and\s+\$[^$]*=)"
_FUNCTION_OF = re.compile(rf"\s*,?\s*(?:{_A_FUNCTION})\s+{_LAST_STATE}{_FORMULA}{_ALONE}")
_LOSS_OF_STATE = re.compile(
    rf"\bthe\s+(?:loss|cost|objective|error)(?:\s+function)?\s+(?:{_A_FUNCTION})\s+{_LAST_STATE}\Z", re.IGNORECASE
)
"""A loss without its letter: the loss is a function of the last state h_T."""
_AT_STEP = re.compile(
    r"\s*\\?[A-Za-z]+(?:\s*\{\s*\\?[A-Za-z]+\s*\})?\s*(?:[_^]\s*(?:\{\s*)?[(<]?\s*(?P<step>\\?[A-Za-z]+)\s*[)>]?\s*\}?|"
    r"[(\[]\s*(?P<behind>\\?[A-Za-z]+)\s*[)\]])\s*"
)
"""A letter with one script, its step."""
_OF_ALL_STATES = re.compile(
    rf"\s*,?\s*(?:{_A_FUNCTION}|(?:is|be)\s+an?\s+(?:loss|cost|objective|function)(?:\s+function)?\s+of)\s+(?:all\s+)?(?:of\s+)?"
    r"(?:the\s+)?(?:hidden\s+)?states(?:\s+\$[^$=]*\$)?(?:\s+(?:only|alone))?\s*(?:[.,;:)]|\Z)"
)
"""A loss of all states: the loss F depends on the states s_1, ..., s_T."""
_RECURS = re.compile(
    r"\s*(?P<letter>\\?[A-Za-z]+(?:\s*\{\s*\\?[A-Za-z]+\s*\})?)\s*_\s*\{?\s*(?P<step>[a-z])\s*\}?\s*:?=(?P<body>.*)",
    re.DOTALL,
)
_SUM_OF = re.compile(
    rf"\s*(?:{vocabulary.IS.anywhere})\s*(?:{vocabulary.SUM_OF.anywhere})\s*{_FORMULA}"
    r"(?:\s+over\s+(?:all\s+)?(?:the\s+)?(?:time\s+)?steps)?\s*(?:[.,;:。，]|\Z)",
    re.IGNORECASE,
)
_OUTER_STEP = r"\s*(?:0|[A-Z]\s*\+\s*1)\s*"
_OUTER_STATE = (
    r"\\?[A-Za-z]+(?:\s*\{\s*\\?[A-Za-z]+\s*\})?\s*(?:\^\s*\{?\s*\(?\w+\)?\s*\}?\s*)?"
    rf"(?:_\s*(?:0|\{{{_OUTER_STEP}\}})|\^\s*\{{\s*[(<]{_OUTER_STEP}[)>]\s*\}}|\({_OUTER_STEP}\)|\[{_OUTER_STEP}\])"
    r"(?:\s*\^\s*\{?\s*\(?\w+\)?\s*\}?)?"
)
"""A state before the first step, or behind the last one."""
_ZERO_START = re.compile(
    rf"\s*(?:{_OUTER_STATE}\s*=\s*)+(?:\\(?:mathbf|bm|boldsymbol|vec|mathrm)\s*)?(?:0|\{{\s*0\s*\}})\s*[.,;]?\s*"
)
_POSSIBLE = re.compile(vocabulary.POSSIBLE.anywhere, re.IGNORECASE)
_STARTS_BEFORE = re.compile(rf"(?:{vocabulary.STARTING.anywhere}|\bfrom)(?:\s+\w+){{0,3}}\s*:?\s*\Z", re.IGNORECASE)
_STARTS_BEHIND = re.compile(
    rf"\s*,?\s*(?:\w+\s+){{0,3}}(?:{vocabulary.STARTING.anywhere}|throughout|always|everywhere|given)", re.IGNORECASE
)
_APART_BEFORE = re.compile(
    r"(?:\A|[.,;:(–—-]|[。，；：（、]|\n[ \t]*\n|(?:,|\$)\s*(?:and|und|et|y|и))\s*\Z", re.IGNORECASE
)
_APART_BEHIND = re.compile(r"\s*(?:\Z|[.,;:)–—-]|[。，；：）、]|\n[ \t]*\n|(?:and|und|et|y|и)\s*\$)", re.IGNORECASE)
"""Between commas or brackets, or as a sentence by itself."""
_STEP = re.compile(r"_\s*\{?\s*(?P<step>[a-z]|\\tau)\s*\}?")
_CLAUSE_BEFORE = re.compile(r"(?:\A|[.;。；]|\n[ \t]*\n)\s*\Z")
_CLAUSE_BEHIND = re.compile(r"\s*(?:\Z|[.;。；]|\n[ \t]*\n)")
_LETTER = (
    r"(?:\\(?:hat|bar|tilde|vec|widehat|widetilde|overline|math[a-z]+|boldsymbol|bm)\s*\{?\s*)*(?!\\[dt]?frac)\\?[A-Za-z]+"
    r"[\s}]*(?:[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w|\\[a-z]+)\s*)*(?:\([^()=]*\)\s*)?:?="
)
_LINE_ALONE = re.compile(
    rf"\s*(?:[-*+•]\s+|\d+[.)]\s+)?(?:\$(?!\$)(?P<formula>\s*{_LETTER}[^$]+)\$|\\\((?P<bracketed>\s*{_LETTER}.+?)\\\))"
    r"\s*[.,;]?\s*(?:\\\\|<br\s*/?>)?\s*"
)
"""A line that holds one formula, of a letter, and nothing else."""
_BARE = re.compile(r"[\s:：*_]+\Z")
_SUPPOSING = re.compile(
    rf"{vocabulary.SUPPOSING.of(*vocabulary.SPACED)}|(?<![\w-])(?:if|when|unless)(?![\w-])", re.IGNORECASE
)
_LEADS_IN = re.compile(r"[:：](?:\*\*|__)?\s*\Z|\A#{1,6}\s|\A\*\*[^*]+\*\*\Z|\A\\(?:sub)*section\*?\{[^{}]*\}\Z")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_LOSS_LETTER = "|".join(
    (r"\\mathcal\s*\{?\s*[A-Z]\s*\}?", r"\\ell(?![A-Za-z])", *(name for name in customs.LOSSES if len(name) == 1))
)
_LOSS_ABOVE = re.compile(
    rf"\\[dt]?frac\s*\{{\s*(?:\\partial|d|\\mathrm\s*\{{?\s*d\s*\}}?)\s*(?P<loss>{_LOSS_LETTER})\s*\}}"
)
_LOSS_DEFINED = re.compile(
    rf"\s*(?P<letter>{_LOSS_LETTER}"
    r")\s*(?:\([^()]*\)\s*)?(?::?=|\\(?:triangleq|coloneqq|doteq)\b)"
)


def said_in_words(document: Document, inline: Inline) -> str | None:
    """What the words beside a letter say it is, as an equation; None where they say no such thing.

    A letter is put for a derivative, or told to be one; a loss is a function of the last state: then it is an
    arbitrary one.
    """
    if inline.stands_in or wording_of(inline).how in ("denied", "limited", "supposed"):
        return None
    left = inline.formula.text.strip()
    if (found := _PUT_FOR.match(inline.after)) is not None and _PUTTING.search(inline.before):
        return f"{left} = {found['formula']}"
    if (found := _STANDS_FOR.match(inline.after)) is not None:
        return f"{left} = {found['formula']}"
    if (found := _FUNCTION_OF.match(inline.after)) is not None:
        return _function_of(document, inline, left, found["formula"], is_last=found["last"] is not None)
    if _OF_ALL_STATES.match(inline.after) and is_called_loss(inline) and not _is_loss_by_custom(left):
        return _sum_over_states(document, left)
    if (found := _LOSS_OF_STATE.search(inline.before)) is not None and re.match(_ALONE, inline.after):
        loss = _loss_of(document) or _differentiated(document)
        return _function_of(document, inline, loss, left, is_last=found["last"] is not None) if loss else None
    if (found := _SUM_OF.match(inline.after)) is not None and _names_loss(inline):
        step = _STEP.search(found["formula"])
        return None if step is None else rf"{left} = \sum_{{{step['step']}=1}}^{{{customs.LAST}}} {found['formula']}"
    told = told_derivatives(sentence_around(inline), _loss_of(document)).get(left)
    return None if told is None else f"{left} = {told}"


def _function_of(document: Document, inline: Inline, left: str, of: str, *, is_last: bool) -> str | None:
    """That a loss is an arbitrary function of a state: of the last one, or a summand of a loss of that of its step.

    What is a loss by custom is assumed to be one of the states of its step.
    """
    whole, state = _step_in(left), _step_in(of)
    at_last = is_last or (not whole and len(state) == 1 and state.isupper())
    is_summand = bool(whole) and whole == state and not _names_loss(inline) and _is_summed(document, left)
    is_loss = is_called_loss(inline) or _names_loss(inline) or left != inline.formula.text.strip()
    spare = _spare(document)
    return f"{left} = {spare}({of})" if spare and (is_summand or (at_last and is_loss)) else None


def _sum_over_states(document: Document, loss: str) -> str | None:
    """A loss of all states as an arbitrary sum over the steps, where one state of the note recurs."""
    displays = (_RECURS.match(item.formula.text) for item in document.items if isinstance(item, Display))
    recurring = {
        (found["letter"], found["step"])
        for found in displays
        if found is not None
        and re.search(rf"{re.escape(found['letter'])}\s*_\s*\{{\s*{found['step']}\s*-\s*1\s*\}}", found["body"])
    }
    spare = _spare(document)
    if len(recurring) != 1 or not spare:
        return None
    ((letter, step),) = recurring
    return rf"{loss} = \sum_{{{step}=1}}^{{{customs.LAST}}} {spare}({letter}_{step})"


def _spare(document: Document) -> str:
    """A name for an assumed function, which a note does not use; empty where there is none."""
    spare = next((name for name in customs.SPARE_FUNCTIONS if not _stands_in(document, name)), "")
    return f"\\{spare}" if spare in GREEK or spare == customs.ASSUMED_LOSS else spare


def _step_in(letter: str) -> str:
    """The step of a letter with one script; empty for any other."""
    found = _AT_STEP.fullmatch(letter)
    return (found["step"] or found["behind"]) if found is not None else ""


def _is_summed(document: Document, letter: str) -> bool:
    """Whether a letter stands in the sum that a loss is defined as."""
    name = re.sub(r"\s", "", letter)
    displays = (item.formula.text for item in document.items if isinstance(item, Display))
    sums = (text for text in displays if _LOSS_DEFINED.match(text) and r"\sum" in text)
    return any(name in re.sub(r"\s", "", text) for text in sums)


def _differentiated(document: Document) -> str:
    """The one loss by custom that stands without a step above the bars of a note; empty where there are several."""
    found = {
        re.sub(r"\s", "", one["loss"]) for item in document.items for one in _LOSS_ABOVE.finditer(item.formula.text)
    }
    return found.pop() if len(found) == 1 else ""


def leaves_out_steps(document: Document) -> bool:
    """Whether a note says that it leaves out the steps of letters: f is f_t; we drop the index t."""
    text = CODE.sub(" ", document.words)
    sentences = re.split(r"[.;!?](?:\s|\Z)|\n[ \t]*\n", text)
    return any(_LEFT_OUT.search(said) and not (_NO_TELLING.search(said) or _NONE.search(said)) for said in sentences)


def gives_start(inline: Inline) -> bool:
    """Whether a first state, or one behind the last step, that is 0 stands in a sentence that says no more of it.

    We start from h_0 = 0, or go back from δ_{T+1} = 0.
    """
    if not _ZERO_START.fullmatch(inline.formula.text) or wording_of(inline).how not in ("", "introduced"):
        return False
    said = spoken(sentence_around(inline))[0]
    end = SENTENCE_END.search(inline.after)
    if _NO_TELLING.search(said) or _POSSIBLE.search(said) or (end is not None and end[0].strip() in ("?", "？")):
        return False
    apart = _APART_BEFORE.search(inline.before) and _APART_BEHIND.match(inline.after)
    return bool(apart or _STARTS_BEFORE.search(inline.before) or _STARTS_BEHIND.match(inline.after))


def stands_alone(inline: Inline) -> bool:
    """Whether a formula is a clause by itself, between stops or semicolons or in a sentence of formulas alone.

    Nothing may take it back, in the sentence or in the one before it.
    """
    said = spoken(sentence_around(inline))[0]
    is_clause = _CLAUSE_BEFORE.search(inline.before) and _CLAUSE_BEHIND.match(inline.after)
    if (
        wording_of(inline).how
        or not (is_clause or not re.search(r"[^\W_]", said))
        or is_taken_back(inline.before, inline.after)
    ):
        return False
    return _NO_TELLING.search(said) is None and _POSSIBLE.search(said) is None


def alone_on_lines(document: Document) -> frozenset[int]:
    """The places of the formulas that say what a letter is, each alone on a line, in a block that is led in.

    A heading stands over the block, or a line that ends in a colon; and nothing takes it back.
    """
    starts = [0, *(found.end() for found in re.finditer("\n", document.words))]
    lines = document.words.split("\n")
    told = [_LINE_ALONE.fullmatch(line) for line in lines]
    blocks: list[list[int]] = []
    for place in (place for place, found in enumerate(told) if found is not None):
        if blocks and all(not lines[between].strip() for between in range(blocks[-1][-1] + 1, place)):
            blocks[-1].append(place)
        else:
            blocks.append([place])
    found: set[int] = set()
    for block in blocks:
        if _is_led_in(lines[: block[0]]) and not _goes_on(lines[block[-1] + 1 :]):
            shown = ((place, told[place]) for place in block)
            found |= {starts[place] + line.start(line.lastgroup or 0) for place, line in shown if line is not None}
    return frozenset(found)


def _is_led_in(before: list[str]) -> bool:
    """Whether the text before a block ends in a heading or in a line with a colon, which takes nothing back."""
    text = "\n".join(before).rstrip()
    paragraph = _PARAGRAPH.split(text)[-1]
    last = text[text.rfind("\n") + 1 :].strip()
    if not _LEADS_IN.search(last):
        return False
    said = _BARE.sub("", last if last.startswith("#") else paragraph)
    around = lead_in(f"{said} ", "")
    taken_back = around.how or around.conditions or around.occasion
    judged = judge_words(f"{said} ", "").how in ("denied", "limited", "supposed")
    limits = (_NO_TELLING, _POSSIBLE, _SUPPOSING)
    return not (taken_back or judged or any(words.search(spoken(said)[0]) for words in limits))


def _goes_on(behind: list[str]) -> bool:
    """Whether the paragraph of a block has words behind it, or the sentence that follows takes something back."""
    text = "\n".join(behind)
    return bool(behind and behind[0].strip()) or is_taken_back("", f"\n\n{text.lstrip()}")


def is_called_loss(inline: Inline) -> bool:
    """Whether the words before a letter say that it is a loss."""
    return _A_LOSS.search(inline.before) is not None


def _names_loss(inline: Inline) -> bool:
    """Whether a letter is a loss by custom, without a step, or called one."""
    return _is_loss_by_custom(inline.formula.text) or is_called_loss(inline)


def _is_loss_by_custom(letter: str) -> bool:
    return re.sub(r"[\s{}\\]|\\mathcal", "", letter) in customs.LOSSES


def told_derivatives(sentence: str, loss: str) -> dict[str, str]:
    """The letters that a sentence says to be derivatives of a loss, each with its derivative.

    ``loss`` is the loss of the note, which is meant where the sentence names none; empty where there is no one loss.
    """
    said, formulas = spoken(sentence)
    if _NO_TELLING.search(said):
        return {}
    made: dict[str, str] = {}
    for found in _TOLD.finditer(said):
        named = formulas[said[: found.start("loss")].count("§")] if found["loss"] else loss
        pairs = [found]
        while (more := _AND_THAT.match(said, pairs[-1].end())) is not None:
            pairs.append(more)
        if not named or not _NO_MORE.match(said, pairs[-1].end()) or _QUALIFIES.search(said[: found.start()]):
            continue
        for pair in pairs:
            names, letters = (
                formulas[said[: pair.start(part)].count("§") :][: pair[part].count("§")]
                for part in ("names", "letters")
            )
            if len(names) == len(letters):
                made |= {
                    name.strip(): rf"\frac{{d {named.strip()}}}{{d {letter.strip()}}}"
                    for name, letter in zip(names, letters, strict=True)
                }
    return made


def _loss_of(document: Document) -> str:
    """The letter of the one loss that a note defines, without a step; empty where there are none or several."""
    displays = (item.formula.text for item in document.items if isinstance(item, Display))
    found = {re.sub(r"\s", "", one["letter"]) for text in displays if (one := _LOSS_DEFINED.match(text)) is not None}
    return found.pop() if len(found) == 1 else ""


def _stands_in(document: Document, name: str) -> bool:
    mathematics = " ".join(item.formula.text for item in document.items)
    return re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", mathematics) is not None
