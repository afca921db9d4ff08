r"""Sentences that change what the displays compute: the loss is averaged, units are switched off, errors are cut.

What they say is not taken up: of what they change nothing is proved. Sentences about what others do, or what may be
done, change nothing, nor does what a display shows.

>>> from symbptt.reader.sayings import sentences
>>> said = sentences("The loss is averaged over time. Losses are often averaged. Here $V$ is rounded.")
>>> [changed(one, "") for one in said]
['loss', '', 'network']
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from symbptt.reader.sayings import WEIGHT, Sentence
from symbptt.text import vocabulary

DERIVED = re.compile(
    r"\\partial|\\nabla|∂|\\[dt]?frac\s*\{\s*(?:\\mathrm\s*\{)?\s*d(?![a-z])|d\s*\\?[A-Za-z]+(?:_\w+)?\s*/\s*d"
)
"""What a formula has that claims something, and defines nothing."""
What: TypeAlias = Literal["loss", "network"]
_HEDGED = re.compile(rf"\A\W*(?:since|because|recall|note that since)\b|{vocabulary.HEDGED.anywhere}", re.IGNORECASE)
_PARTS = re.compile(vocabulary.OF_A_NETWORK.anywhere, re.IGNORECASE)
_LOSS_PARTS = re.compile(vocabulary.OF_A_LOSS.anywhere, re.IGNORECASE)
_STEPS = re.compile(rf"(?:{vocabulary.TIME.anywhere}|positions)", re.IGNORECASE)
_PENALISING = re.compile(vocabulary.PENALISING.anywhere, re.IGNORECASE)
_LOSS = re.compile(vocabulary.CHANGES_LOSS.anywhere, re.IGNORECASE)
_NETWORK = re.compile(vocabulary.CHANGES_NETWORK.anywhere, re.IGNORECASE)
_BACKWARD = re.compile(vocabulary.CHANGES_BACKWARD.anywhere, re.IGNORECASE)
_SELF_MADE = re.compile(vocabulary.SELF_MADE.anywhere, re.IGNORECASE)
_NO = re.compile(vocabulary.NEGATION.anywhere, re.IGNORECASE)
_LEAVES_OUT = re.compile(
    r"enter|count|contribut|scored|passed|propagat|sent|carried|handed|let\b|follow|flow|cross|reach|leave|go|zähl|geht|gehen|"
    r"weitergeg|zurückgef|compt|entre|transmi|cuenta|entra|учитыва|вход|переда|пропуска|计|参与|算|传|数え|含め|伝",
    re.IGNORECASE,
)
"""What is not done, and changes something thereby."""
_NOT = re.compile(rf"(?:{vocabulary.NEGATION.anywhere})[^,，:：;]{{0,25}}\Z", re.IGNORECASE)
_SAYS = re.compile(
    rf"(?<![\w-])(?:{vocabulary.IS.of(*vocabulary.SPACED)}|we|has|have|gets?|adds?|includes?|contains?|carries|comes?|"
    rf"leads?|"
    rf"runs?|goes|links?|joins?|connects?|feeds?|sees|fires?|enters?|bears?|holds?|with|grows?|counts?|weighs?|stops?|"
    rf"ends?|does|do|wird|werden|sind|sont|son|se)(?![\w-])|"
    rf"{vocabulary.UNSPACED}",
    re.IGNORECASE,
)
"""Words without which there is no sentence, but the name of something."""
_SHOWN = (
    (
        re.compile(r"averag|mean|divid|batch|平均|均值|gemittelt|moyenn|promedi|усредн"),
        re.compile(
            r"\\frac\s*\{?\s*1\s*\}?\s*\{?\s*\\?[A-Za-z|]|1\s*/\s*\\?[A-Z]|mathbb\s*\{?\s*E|\\bar|\\langle|mean"
        ),
    ),
    (
        re.compile(r"mask|padd|drop|off|掩码|屏蔽|masqu|maskier"),
        re.compile(r"mask|\\odot\s*[mrMR](?![a-z])|(?<![A-Za-z])[mM]_\{?\w|drop|\\infty"),
    ),
    (
        re.compile(r"normali|standardi|spectral|归一|標準|正規|norm(?:iert|ée)"),
        re.compile(r"norm|\\mu|\\hat|LN|BN|\\gamma|softmax|\\max"),
    ),
    (
        re.compile(r"weigh|discount|scale|加权|gewicht|pond[eé]r"),
        re.compile(r"(?<![A-Za-z])[wc]_\{?t|\\(?:alpha|beta|gamma|lambda|omega|rho|sqrt)"),
    ),
    (
        re.compile(r"skip|short-?cut|residual|bypass|identity|highway|leak|残差|fuite|leck"),
        re.compile(
            r"1\s*-\s*\\?[a-z]+|[=+]\s*(?:\\math\w+\s*\{)?\\?[a-z]+\}?(?:_\{?\s*t\s*-\s*\d\s*\}?|\^\{[^{}]*\})\s*(?:[+,.\s]|$)|\\(?:alpha|gamma|lambda)"
        ),
    ),
    (re.compile(r"noise|noisy|噪|ノイズ"), re.compile(r"\\(?:epsilon|varepsilon|xi|eta|zeta|nu)")),
    (re.compile(r"softmax"), re.compile("softmax")),
    (re.compile(r"sigmoid|logistic"), re.compile(r"\\sigma|sigmoid")),
    (re.compile(r"\brelu|rectif"), re.compile(r"relu|\\max|\[[^\]]*\]_\+", re.IGNORECASE)),
    (
        re.compile(r"huber|hinge|clip|clamp|cut|capp|thresh"),
        re.compile(r"\\min|\\max|clip|begin\s*\{cases|\|[^|]*\|\s*-"),
    ),
    (re.compile(r"peephole|feedback|attention"), re.compile(r"c_\{?t|[oy]_\{\s*t\s*-\s*1|softmax|\\alpha")),
    (re.compile(r"only (?:the )?(?:last|final)"), re.compile(r"_\s*\{?\s*T(?![a-z])|\^\s*\{?\s*[(<]\s*T")),
    (re.compile(r"second|other|odd|even|burn|warm|first"), re.compile(r"2\s*[kts]|\\tau|T_0|t_0")),
)
"""What may be said, and the formulas that show it."""
_NEAR = 40
"""Characters behind what is done in which it may be said with what."""
_PENALTY_SHOWN = re.compile(
    r"\\lambda|λ|\\Omega|(?:\\\||\\[lr]?Vert|‖)\s*(?:\\(?:math|bold|bm)\w*\s*\{?\s*)?(?:[A-Z](?![a-z])|\\?(?:theta|"
    r"Theta|w)(?![a-z]))"
)


def changed(said: Sentence, shown: str) -> What | Literal[""]:
    """What a sentence changes in what the formulas, ``shown``, compute."""
    words = said.marked(WEIGHT).replace("*", "")
    if words.lstrip().startswith("#") or not (_SAYS.search(words) or words.endswith(".")) or _HEDGED.search(words):
        return ""
    if (found := _PENALISING.search(words)) is not None and not _denied(words, found):
        about = said.formulas or _PARTS.search(words) or _LOSS_PARTS.search(words)
        if about and not _PENALTY_SHOWN.search(shown):
            return "loss"
    kinds: tuple[tuple[re.Pattern[str], re.Pattern[str] | None, What], ...] = (
        (_BACKWARD, None, "loss"),
        (_LOSS, _LOSS_PARTS, "loss"),
        (_NETWORK, _PARTS, "network"),
        (_SELF_MADE, None, "network"),
    )
    for pattern, things, what in kinds:
        found = pattern.search(words)
        if (
            found is None
            or _denied(words, found)
            or not (things is None or "◆" in words or "§" in words or things.search(words))
        ):
            continue
        steps = all(map(_STEPS.fullmatch, _LOSS_PARTS.findall(words)))
        if what == "loss" and pattern is _LOSS and steps and _PARTS.search(words):
            what = "network"
        told = words[found.start() : found.end() + _NEAR].lower()
        if not any(telling.search(told) and formula.search(shown) for telling, formula in _SHOWN):
            return what
    return ""


def _denied(words: str, found: re.Match[str]) -> bool:
    if _NO.search(found[0]):
        return _LEAVES_OUT.search(found[0]) is None
    return _NOT.search(words[: found.start()]) is not None
