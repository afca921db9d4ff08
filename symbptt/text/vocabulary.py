r"""The words around formulas, in several languages: one table, a row for each thing that words may do to a formula.

A text is never asked which language it is in: the words of all languages are known at once.

>>> re.findall(DENYING.anywhere, "it cannot hold; 上式并不成立; not; неверно")
['cannot', '并不', 'not', 'неверно']
>>> bool(re.fullmatch(OPENING.anywhere, "wobei")), bool(re.fullmatch(OPENING.anywhere, "diag"))
(True, False)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

UNSPACED = "[\u3040-\u30ff\u4e00-\u9fff]"
"""A sign of Chinese or Japanese, as a pattern."""
LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "ru": "Russian",
    "zh": "Chinese",
    "ja": "Japanese",
}
"""The languages of the table by the names of its columns."""
_RUN_TOGETHER = ("zh", "ja")
"""Those that put no spaces between their words."""
SPACED = tuple(name for name in LANGUAGES if name not in _RUN_TOGETHER)
"""Those that do."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that do one thing to a formula, and what that is: for each language alternatives of a pattern."""

    reason: str
    en: str = ""
    de: str = ""
    fr: str = ""
    es: str = ""
    pt: str = ""
    it: str = ""
    ru: str = ""
    zh: str = ""
    ja: str = ""

    def of(self, *languages: str) -> str:
        """A pattern for the words of some languages: whole words, but where a language puts no spaces."""
        spaced = [getattr(self, name) for name in languages if name in SPACED]
        together = [getattr(self, name) for name in languages if name in _RUN_TOGETHER]
        whole = "|".join(filter(None, spaced))
        parts = [rf"(?<![\w-])(?:{whole})(?![\w-])" if whole else "", *together]
        return "|".join(filter(None, parts)) or r"(?!)"

    @property
    def anywhere(self) -> str:
        """The pattern for the words of every language."""
        return self.of(*LANGUAGES)

    @property
    def elsewhere(self) -> str:
        """The pattern for the words of every language but English."""
        return self.of(*(name for name in LANGUAGES if name != "en"))


_OTHER_SCRIPTS = re.compile(
    "[\u0530-\u1cff\u3130-\u318f\uac00-\ud7af]{2}|[\u0370-\u03ff\u1f00-\u1fff]{3}|[іїєґўђјљњћџѓќѕ]"
)
_OTHER_LETTERS = re.compile("[\u0100-\u0151\u0154-\u024f\u1e00-\u1effåøðþý]")
"""Letters that no language of the table has; names of people may have them."""
_OTHER_WORDS = frozenset(
    "het een niet volgende onjuist onwaar fout wordt worden zijn deze voor klopt geldt gelijk vergelijking hieruit men "
    "nie och att inte detta stämmer gäller denna ekvationen formeln felaktig ikke og feil galt forkert ligningen "
    "gjelder dette jest oraz dla wzór poniższy niestety platí neplatí následující rovnost vztah není chybně špatně "
    "este sunt ecuația greșit egalitatea az nem hogy következő hibás egyenlet hamis igaz seuraava yhtälö väärin väärä "
    "ole pidä paikkaansa kaava ve bir değil yanlış doğru nije sljedeće sledeće jednakost netočno pogrešno vrijedi važi "
    "naslednja enačba velja yang tidak adalah berikut persamaan salah ini itu dengan rumus keliru és amb això següent "
    "aquesta fórmula okerra hurrengo berdintza falsum sequens aequatio igitur autem verum haec hoc estas ne malĝusta "
    "është nuk gabim ekki rangt eftirfarandi hindi ang mali tama sahihi nid yw anghywir níl".split()
) - {"fórmula", "hoc", "ne", "salah", "fout"}
"""Words of other languages that are no words of those of the table."""


def is_foreign(text: str, known: re.Pattern[str]) -> bool:
    """Whether a sentence is in no language of the table; ``known`` are words of these.

    >>> [is_foreign(text, re.compile("is|the")) for text in ("Het volgende is onjuist:", "the Erdős number", "틀렸다")]
    [True, False, True]
    """
    words = re.findall(r"(?<![\\\w])[^\W\d_]{2,}(?![\w])", text)
    own = any(word[0].islower() and _OTHER_LETTERS.search(word) for word in words)
    if own or _OTHER_SCRIPTS.search(text) or not _OTHER_WORDS.isdisjoint(map(str.lower, words)):
        return True
    english = re.search(f"[а-яà-ÿ]|{UNSPACED}", text) is None
    return len(words) > 3 and english and not any(known.fullmatch(word.lower()) for word in words)


def is_unspaced(text: str) -> bool:
    """Whether signs of Chinese or Japanese are in a text."""
    return re.search(UNSPACED, text) is not None


# --------------------------------------------------------------------------------------------------- what they do

INTRODUCING = Words(
    "words that say what a letter is: a formula behind them may define it",
    en="where|with|let|denotes?|denoted|defined?|defines|write|written|writing|call|called|put|set|setting|take|taken|"
    "taking|carry|carries|track|tracks|maintain|maintains|propagate|propagates|"
    "is|are|be|being|namely|by|as|has|have|given|use|used|using|here|equals|becomes|assumed?|means|stands|says|"
    "reads|states?|outputs?|inputs?|loss|losses|cost|error|objective|weights?|gates?|cell|activation|activations|"
    "functions?|network|recurrence|recursion|relation|form|model|layer|unit|vector|matrix|targets?|bias|sequence|"
    "equation|definition|rule|dynamics|prediction|jacobian|gradient|shorthand|notation|"
    "(?<!could )(?<!might )(?<!may )(?<!would )(?<!also )consider",
    de="wobei|sei|seien|ist|sind|mit|bezeichnen?|bezeichnet|definieren?|definiert|setzen?|schreiben?|nennen|heißt|"
    "(?:\\w+)?zustand|ausgabe|verlust|rekursion|gleichung|lautet|durch",
    fr="où|avec|soit|soient|est|sont|notons|noté|désigne|définit|définissons|définie?|posons|on note|on pose|écrivons|"
    "appelons|état|sortie|perte|définition|récurrence|équation|considérons|considère",
    es="donde|sea|sean|denota|denotamos|definimos|definido|definida|llamamos|estado|salida|pérdida",
    ru="где|пусть|обозначим|обозначает|есть|определим|определяется|состояние|выход|потери",
    zh="其中|设|令|记|定义|表示|称|写作|即|由|(?:损失|代价|误差|目标|状态|输出)(?:函数)?[为是]",
    ja="ここで|ただし|定義|次のように定め",
)
INTRODUCED = Words(
    "words behind a formula that is a definition by them",
    en="is|are|be|denotes?|defines?|means|stands",
    ja="とする|とおく|とし、|と定義|で定義|と書く|と表す",
)
DENYING = Words(
    "words that take back what they stand beside",
    en=r"not(?! (?:only|yet|depend|vary|change|contain|involve|affect|matter|enter|appear|need|require|hard|difficult|"
    r"surprising\w*|merely|unexpected\w*)(?=[\s,]+[\w§]))|\w+n't|never|"
    r"neither|cannot|mist\w*|wrong\w*|false\w*|incorrect\w*|erroneous\w*|naive\w*|naïve\w*|fallac\w*|misconcept\w*|"
    r"nobody|no[ -]one|no (?:reason|way|sense|hope)\b(?! to doubt)|none of|by no means|on no account|"
    r"(?<!fixing the )(?<!correcting the )(?<!without the )(?:typo|misprint)\w*|errat(?:um|a)|misquot\w*|misstate\w*|"
    r"mislead\w*|misread\w*|blunder\w*|bogus|nonsens\w*|flaw(?!less)\w*|unsound|untenable|unjustified|unwarranted|"
    r"unfounded|illegitimate\w*|inadmissible|inaccurate\w*|inexact\w*|illus(?:ion|ory)\w*|delusion\w*|myth|beware|"
    r"reject\w*|refut\w*|retract\w*|debunk\w*|allegedly|purportedly|careless\w*|hasty|hastily|"
    r"far from (?:true|right|correct|clear|being|the (?:truth|mark))|(?:off|wide of|beside) the (?:mark|point)|"
    r"anything but|"
    r"gett?(?:s|ing)? (?:this|that|it)(?: \w+)? (?:backwards?|wrong)|(?<!would )believ\w*|misguided|amiss|astray|"
    r"dubious|questionable|spurious|suspicious|deceptive|sloppy|half-truth|"
    r"anything like|avoid (?:writing|saying|claiming|concluding|"
    r"the (?:trap|mistake|temptation))|in error|by error|(?:contains?|has) an error(?! (?:signal|term)s?\b)|"
    r"pitfall\w*|tempt\w*|unlike|contrary|fail\w*|untrue|invalid|forget(?! gates?\b)\w*|confus\w*|counterexample\w*|"
    r"absurd|impossible|contradict\w*|den(?:y|ies)|doubt\w*|disprove\w*|(?:might|may|could) think|instead of|"
    "rather than|no longer|as opposed to|(?:common|typical|frequent|usual|popular|widespread|classic|"
    "classical) (?:errors?|slips?)|"
    r"bad(?=\s*(?::|\Z))|deprecated|obsolete|outdated|superseded|old (?:version|form|definition)(?! of)|"
    r"old(?=\s*(?::|\Z))|"
    r"hardly|scarcely|oversight|garbled|(?:disregard|ignore) (?:this|that|the (?:following|next|equation|formula))",
    de=r"nicht(?! (?:nur|von|vom|ab|mehr als|schwer|schwierig|überraschend\w*|verwunderlich)\b)|"
    r"keine?\w*|niemals|nie|falsch\w*|fälschlich\w*|irrtümlich\w*|irrig\w*|"
    r"irrtum|(?:denk|rechen|schreib|druck|vorzeichen|flüchtigkeits|tipp|index|leichtsinns|anfänger)fehler\w*|"
    r"fehlerhaft\w*|"
    r"(?:häufig|typisch|verbreitet|beliebt|klassisch|üblich|grob|gängig|bekannt)\w* fehler|"
    r"(?:ein|einen) (?:\w+ )?fehler|fehler (?:ist|liegt|besteht|war)(?=,| darin| zu| dass)|"
    r"(?<!\w\s)fehler(?=\s*(?::|\Z))|unmöglich|unzulässig|ungültig|statt|anstatt|anstelle|widersprüch\w*|"
    r"gegenbeispiel\w*|"
    r"unwahr\w*|unrichtig\w*|inkorrekt\w*|(?:könnte|mag) (?:meinen|denken|glauben)|niemand\w*|mitnichten|keineswegs|"
    r"verlockend\w*|verführerisch\w*|trugschl\w*|fehlschl\w*|irreführend\w*|verworfen|verwerfen|abzulehnen|widerleg\w*|"
    r"unsinn\w*|unhaltbar\w*|unzutreffend\w*|verkehrt\w*|voreilig\w*|vermeintlich\w*|angeblich\w*|naiv\w*|"
    r"trifft nicht zu|von wegen|hüte\w*|schlecht(?=\s*(?::|\Z))|veraltet\w*|überholt\w*|alte (?:fassung|version|"
    r"definition)",
    fr=r"n(?:e |['’])(?:\w+ ){0,2}\w+ (?:pas|jamais|plus)"
    r"(?! (?:que|seulement|difficile|surprenant|étonnant|dur|besoin)\b)|jamais|faux|fausses?|faussement|"
    r"à tort|erreurs? (?:courante|fréquente|classique|commune|répandue|typique|grossière|habituelle)s?|par erreur|"
    r"erreur (?:est|consiste|serait)(?= (?:de|d['’]|à))|(?<!\w[\s'’])erreur(?=\s*(?::|\Z))|"
    r"(?:une|des) (?:\w+ )?erreurs?(?! (?:quadratique|de |totale|locale|à |au |du |moyenne))|"
    r"erroné\w*|incorrecte?s?|inexacte?s?|contre-exemple\w*|au lieu d\w*|plutôt que|contrairement|"
    r"pourrait (?:croire|penser)|personne|tentant\w*|tentation|tromp\w*|coquilles?|fautes?|fauti(?:f|ve)s?|"
    r"rejet(?:er|ée?s?)|réfut\w*|erronément|incorrectement|invalides?|mensong\w*|absurdes?|contresens|mépris\w*|"
    r"abusi(?:f|ve)s?|"
    r"gard(?:e|er|era|ons|ez)(?:-\w+)? (?:bien )?(?:de|d['’]\w+)|évit(?:er|ons|ez)|proscri\w+|prétendu\w*|piège|"
    r"naïve?\w*|"
    r"illégitime\w*|injustifié\w*|mauvais(?=\s*(?::|\Z))|à éviter|obsolètes?|périmée?s?|"
    r"ancienne (?:version|définition)",
    es=r"no (?:es(?! (?:difícil|sorprendente))|son|se|vale|cumple|depende|est[áa]|puede|debe|tiene|hay que)|"
    r"nunca|falso|falsa|incorrect[oa]|erróne\w+|errores|error común|"
    r"equivoc\w+|en lugar de|en vez de|contraejemplo|nadie|tentador\w*|erratas?|rechaz\w*|refut\w*|incorrectamente|"
    r"inválid[oa]s?|absurd[oa]|engaños[oa]|un error|ingenu[oa]\w*|tampoco|supuestamente",
    pt=r"enganam?-se|não(?! (?:só|apenas|somente|é (?:difícil|surpreendente)))|nunca|jamais|falso|falsa|errad[oa]s?|"
    r"errône\w+|"
    r"incorret\w+|"
    r"inválid[oa]s?|equivocad\w+|engan\w+|erros? (?:comum|frequente|clássico|típico)\w*|um erro|em vez de|ao invés de|"
    r"ninguém|tentador\w*|tampouco|supostamente|ingênu\w+|contraexemplo|absurd[oa]|rejeit\w*|refut\w*|nem sempre",
    it=r"non(?! (?:solo|soltanto|è (?:difficile|sorprendente)))|mai|fals[oa]|sbagliat\w+|errat[oaie]|erroneamente|"
    r"erroneo|"
    r"scorrett\w+|inesatt\w+|un errore|errore (?:comune|frequente|tipico|classico)|invece (?:di|che)|anziché|nessuno|"
    r"invalid[oaie]|controesempio|assurd[oaie]|rifiut\w*|confuta\w*|presunt\w+|ingenu\w+|fuorviant\w+|neppure|neanche",
    ru=r"не(?! (?:только|трудно|сложно|удивительно))|никогда|неверн\w*|неверен|неправил\w*|ложн\w*|ложен|ошибочен|"
    r"(?:част|распростран|типичн|обычн|груб|известн|классическ)\w+ ошибк\w+|по ошибке|ошибкой (?:было|будет)|"
    r"ошибка (?:в том|состоит)|(?<!\w\s)ошибка(?=\s*(?::|\Z))|"
    r"ошибочн\w*|"
    r"вместо|контрпример\w*|нельзя|никто|соблазн\w*|опечатк\w*|отверг\w*|опроверг\w*|заблужден\w*|якобы|некорректн\w*|"
    r"недопустим\w*|абсурд\w*",
    zh="误解|误区|不成立|不正确|不对(?!称|角)|不是|不等于|不相等|不能|不可|不再|不应|不得|并不(?!难|奇怪|意外)|并非|绝非|而非|没有人|无人|错误|错了|有误|误以为|误认为|误写|"
    "不同于|反例|矛盾|勿|谬误|谬|笔误|误导|误印|印错|写错|写反|弄反|诱人|不妥|不当|不真|不准确|荒谬|假的|为假|推翻|驳斥|舍弃|"
    "摒弃|否定|旧版|过时|已弃用|废弃|站不住|有问题|想当然|切莫|不要",
    ja="成り立たな|成立しな|成立せず|正しくな|等しくな|ではな|でない|ではありません|とは限ら|誤り|誤って|誤った|誤解|間違|"
    "かもしれない|誤植|誤記|誤る|誤っ|却下|棄却|退け|否定|反証|成立せ|成り立ちませ|正しくあ|誰も|べきで(?:は)?な|てはならな|てはいけな|誘惑|不正確|"
    "ありえな|あり得な|偽である|偽だ",
)
_DOING = (
    r"differentiate|apply|use|sum|add|unroll|unfold|expand|write|insert|plug|substitute|combine|collect|rearrange|"
    r"reorder|iterate|repeat|continue|go|work|compute|calculate|evaluate|recall|remember|note|look|compare|want|wish|"
    r"need|train|run|walk|follow|multiply|transpose|factor|pull|push|propagate|backpropagate|back-propagate|count|"
    r"trace|track|move|carry|start|begin|proceed|put (?:this|these|it|them|everything|all|both|the)|"
    r"take (?:the |a |all |"
    r"these |both )?(?:deriv|differential|gradient|sum|partial|total)\w*|solve|integrate|express|denote|call|define|"
    r"read|see|know|try|think|have (?:computed|found|seen|got)|like|please"
)
"""What one does in a derivation, which is no condition: if we differentiate."""
_SUPPOSED_ZH = "假设(?!(?:损失|代价|目标|误差|激活|输出|隐藏|隐状态|状态|网络|模型)[^，。]{0,10}(?:为|是|由))"
"""Suppose, but where it says what a letter of the network is: let the loss be."""
LIMITING = Words(
    "words that say that something holds under a condition; not those of what one does, as in: if we differentiate",
    en=r"unless|provided|suppos\w+|imagine|pretend\w*|except\w*|(?<!without )assuming|in case|"
    r"only (?:if|when|for|at|in|there|then|here|valid|true|approximately)|"
    r"(?:ignor|neglect|disregard|omit|suppress|forget|dropp?)(?:e|s|es|ed|ing|ting)? (?:the |any |all |its |every |"
    r"that |for "
    r"the moment )*(?:\w+ )?(?:paths?|routes?|ways?|dependenc\w+|contributions?|influences?|effects?|feedback|"
    r"indirect|recurrent|"
    r"interactions?|couplings?)|"
    r"(?:as|so) long as(?! (?:we|you|one) (?:like|please|wish))|were it not|in the absence of|"
    r"(?:for|with|in) (?:an? |the |any )?(?:\w+ )?(?:sequences?|series|chains?|unrolling) "
    r"(?:of|with) (?:length )?(?:just |only |exactly )?(?:an? single|one|two|three|four|five|\d+)|"
    r"(?:one|two|three)-step (?:sequences?|networks?)|of length (?:one|two|three|four|five|\d+)|"
    rf"(?:in|for|under) (?:the|this|that|a|our) (?!general|usual|standard|generic|present|vector|matrix|multivariate|"
    r"same|other|recurrent|backward|forward|most)(?:\w+[- ]){0,2}?(?:case|limit|regime|special case)|as a special case|"
    rf"(?:if|when|whenever|while)(?! (?:we|you|one) (?:now |then |first |also |only )?(?:{_DOING})\b|"
    rf" (?:unrolled|unfolded|written|expanded|applied|put |solved|summed|differentiated|iterated|repeated|"
    rf"(?:un(?:roll|fold)|writ|expand|apply|putt|solv|summ|differentiat|iterat|repeat|comput|insert|substitut|"
    r"collect|combin)ing))",
    de=r"(?:falls|wenn|sofern|solange)(?! (?:wir|man)\b)|der länge (?:eins|zwei|drei|\d+)|"
    "außer|ausgenommen|angenommen|vorausgesetzt|nur (?:für|wenn|falls|bei|im)|unter der (?:annahme|bedingung|"
    "voraussetzung)|im falle?|im spezialfall|"
    r"i[mn] (?!allgemein|vorliegend|üblich)\w+e[nm] fall|näherungsweise|ungefähr",
    fr=r"(?:si|lorsque|lorsqu['’]|quand)(?! (?:on|nous|l['’]on)\b)|sauf|à moins|à condition|pourvu|"
    r"suppos(?:ons|ant|é\w*)|(?:seulement|uniquement) (?:si|pour|quand|lorsque)|dans le cas|cas particulier|"
    r"approximativement|environ|tant qu(?:e|['’])|aussi longtemps qu\w*|de longueur (?:un|une|deux|trois|\d+)",
    es=r"salvo|excepto|siempre que|suponiendo|supongamos|(?:sólo|solo|solamente) "
    r"(?:si|para|cuando)|en el caso|caso particular|aproximadamente|mientras(?! tanto)|"
    r"de longitud (?:uno|dos|tres|\d+)",
    pt=r"salvo|exceto|a menos que|desde que|supondo|suponhamos|(?:só|somente|apenas) (?:se|para|quando|no|na)|no caso|"
    r"caso particular|aproximadamente|enquanto|ignorando|desprezando|de comprimento (?:um|dois|três|\d+)",
    it=r"salvo|eccetto|tranne|a meno che|purché|supponendo|supponiamo|(?:solo|soltanto|solamente) (?:se|per|quando|"
    r"nel)|"
    r"nel caso|caso particolare|approssimativamente|finché|ignorando|trascurando|di lunghezza (?:uno|due|tre|\d+)",
    ru=r"если|кроме|при условии|предположим|только (?:если|для|при|когда)|лишь|в случае|частный случай|приближённо|"
    r"приблизительно|пока|длины (?:один|два|три|\d+)",
    zh=f"如果|若(?!干)|假如|{_SUPPOSED_ZH}|假定|倘若|除非|除了|仅当|只有|只要|只在|仅在|当(?!前|然|作|成|于)|情况下|情形下|特例|特殊情况|近似|长度为[一二三1-5]",
    ja="もし|場合|のとき|ならば|であれば|仮定|限り|に限|のみ|を除|近似|長さ[一二三1-5]の",
)
FAULTY = Words(
    "words behind a formula, or beside its number, that say that it is not right",
    en=r"(?:the )?(?:wrong|other) way (?:round|around)|wrong(?:ly)?|false|incorrect(?:ly)?|untrue|invalid|"
    r"erroneous(?:ly)?|"
    r"mist\w*|misprint\w*|misquot\w*|misstate\w*|mislead\w*|typos?|errat(?:um|a)|flaw(?:ed|s)?|faulty|"
    r"broken(?! (?:down|into|up))|bogus|"
    r"unsound|untenable|inadmissible|inaccurate|inexact|reject\w*|refut\w*|disprove\w*|retract\w*|debunk\w*|discard\w*|"
    r"withdrawn?|nonsens\w*|absurd|fallac\w*|blunder\w*|far from (?:the truth|true|right|correct)|misguided|amiss|"
    r"dubious|"
    r"(?:off|wide of|beside) the (?:mark|point)|questionable|spurious|"
    r"(?:is|are) in error|"
    r"lacks|misses|contradict\w*|garbled|mangled|corrupted|scrambled|(?:contains?|has|have|makes?|commits?) (?:an?|"
    r"one|two|some|"
    r"several) (?:\w+ )?errors?(?! (?:signal|term|vector)s?\b)|(?:is|are) missing|not (?:(?!only\b)\w+ )?(?:true|"
    r"correct|right|"
    r"valid|hold|the case|to be trusted|to be believed|"
    r"agree|what)|"
    r"(?:do|does|did|can) ?not (?:\w+ )?(?:hold|follow|stand|survive)|(?:do|does|did|ca|is|are|"
    r"was)n't (?:\w+ )?(?:hold|"
    r"follow|stand|true|correct|right|valid)|cannot (?:\w+ )?(?:hold|be|stand)|fails?|"
    r"(?:should|must) (?:not|never)|must (?:\w+ )?be (?:corrected|replaced|mended|repaired)|should (?:have )?(?:read|"
    r"been)",
    de=r"falsch\w*|fehlerhaft\w*|(?:enthält|hat|macht|steckt) (?:\w+ ){1,2}\w*fehler|unwahr|unrichtig|inkorrekt|"
    r"ungültig|"
    r"verkehrt\w*|widerlegt|verworfen|"
    r"verwerfen|abzulehnen|unsinn\w*|unhaltbar|irreführend|(?:gilt|gelten|stimmt|stimmen|hält|trifft) (?:\w+ )?nicht|"
    r"nicht (?:\w+ )?(?:richtig|wahr|korrekt|gültig|zutreffend)",
    fr=r"(?:à )?proscri(?:re|te?s?)|faux|fausses?|erroné\w*|incorrecte?s?|inexacte?s?|(?:contient|comporte|a) (?:une|"
    r"des) (?:\w+ )?(?:erreurs?|"
    r"fautes?|coquilles?)|coquilles?|fautes?|fauti(?:f|ve)s?|invalides?|"
    r"rejet(?:er|ée?s?)|réfuté\w*|absurdes?|"
    r"n(?:e |['’])est pas (?:\w+ )?(?:vraie?|correcte?|juste|exacte?|valable|valide)s?|ne (?:vaut|tient) pas|"
    r"n['’]a pas lieu",
    es=r"fals[oa]s?|incorrect[oa]s?|erróne[oa]s?|(?:contiene|tiene|hay) (?:un|algún) (?:\w+ )?error|erratas?|"
    r"inválid[oa]s?|rechaz\w*|refutad\w*|absurd[oa]|"
    r"no (?:es|son|se cumple\w*|vale\w*)|equivocad\w*",
    pt=r"fals[oa]s?|errad[oa]s?|incorret[oa]s?|errône[oa]s?|(?:contém|tem|há) (?:um|algum) (?:\w+ )?erro|inválid[oa]s?|"
    r"equivocad\w*|não (?:é|são|vale\w*|se verifica)",
    it=r"fals[oaie]|sbagliat[oaie]|errat[oaie]|scorrett[oaie]|(?:contiene|ha|c['’]è) un (?:\w+ )?errore|invalid[oaie]|"
    r"non (?:è|sono|vale|valgono)",
    ru=r"неверн\w*|неверен|неправил\w*|ложн\w*|ложен|ошибочен|(?:содержит|имеет|есть) ошибк\w+|ошибочн\w*|опечатк\w*|"
    r"отверг\w*|опроверг\w*|"
    r"не (?:верн\w*|выполня\w*|"
    r"справедлив\w*|име\w+ места)",
    zh="不成立|不正确|不对(?!称|角)|错误|错了|是错的|有误|有错|笔误|印错|写错|写反|弄反|不真|为假|假的|推翻|驳斥|舍弃|站不住|有问题|不准确",
    ja="成り立たな|成り立ちませ|成立しな|成立せ|正しくな|正しくあ|誤り|誤って|誤った|誤植|誤記|間違|却下|棄却|反証|偽である|不正確",
)
RETRACTING = Words(
    "words that take back the display they stand before or behind, in whatever sentence",
    en=r"to-?do|fix ?me|xxx|see the erratum|(?:since|later) withdrawn|no longer (?:stand|believe|hold)|if only it|"
    r"wishful thinking|what a pity|one would wish|\(sic\)|(?:strike|cross) (?:this|it) out|grade\s*:\s*[df]|"
    r"in (?:a perfect|an ideal) world|would be (?:convenient|nice|lovely)|legend has it|"
    r"(?:positive|negative) or (?:not|zero|negative|positive)|(?:including|also|"
    r"even) (?:for )?negative|"
    r"corrigend\w+|(?:no|zero|0|minus|lose|loses|lost|deduct\w*) (?:\w+ )?(?:points?|marks?|credits?)(?! of)|"
    r"(?:points?|marks?) (?:off|lost|deducted)|(?:nothing (?:\w+ ){1,3})?further from (?:the truth|being)|"
    r"(?:disproved|refuted|debunked|falsified|contradicted|retracted|withdrew|corrected) (?:this|that|it|the above|by)|"
    r"(?:find|spot|guess|locate|where is|where['’]s|what is|what['’]s) (?:the (?:\w+ )?(?:mistake|error|bug|slip|flaw)|"
    r"wrong)|true or false|right or wrong|(?:solution|answer|verdict|correct|mark|true)\s*[:?]\s*(?:is )?(?:false|"
    r"wrong|"
    r"no|incorrect|untrue|not true)|"
    r"(?:had|were) (?:we|one|you|the \w+|i) (?:\w+ ){1,8}?[^.;]{0,60}?would (?:have|be|get|find|obtain|read|become)|"
    r"for no (?:choice|values?|set|setting|matri\w+|weights?|network|parameters?|\w+ of)|(?:in|under) no (?:case|"
    r"network|"
    r"circumstances?)|off by (?:an? |the )?(?:factor|sign|transpos\w+|one)|"
    r"(?:factor|sign|minus|term|transpos\w+)(?: (?:of )?[^\s.;]{1,20}){0,3} (?:(?:is|was|got|has|"
    r"went|are|were|being) ?(?:been )?)(?:lost|missing|forgotten|wrong|misplaced|swapped)|"
    r"(?:right|left)(?:[- ]hand)? side (?:must|should|has to|needs to) be|(?:crossed|struck) out|"
    r"in (?:the|a|any) (?:second|third|later|next|corrected|revised) (?:edition|version|printing|draft|revision)|"
    r"students? (?:\w+ )?(?:\w+ )?(?:write|writes|wrote|claim|claims|claimed|"
    r"answer|answers|answered|hand|hands|handed|get|gets|got)\b(?! the right)|would be nice|if only|dream on|"
    r"thumbs down|"
    r"take (?:this|it|that) with|(?:don['’]t|do not) (?:trust|believe|copy|do) (?:this|it|that|what)",
    de=r"finde den fehler|schön wär\w*|wo (?:liegt|ist|steckt) der fehler|null punkte|keine punkte|punktabzug|todo|"
    r"zu korrigieren|"
    r"(?:muss|müsste|sollte) (?:\w+ )?(?:lauten|heißen)|(?:hätten|wären) wir|wahr oder falsch|"
    r"der wahrheit entspricht das",
    fr=r"(?:cherchez|trouvez|où est|quelle est) (?:l['’]|donc l['’])(?:erreur|intrus)|vrai ou faux|zéro point|"
    r"à corriger|"
    r"(?:devrait|doit|faudrait) (?:être|lire)|si (?:on|nous) avi(?:ons|t)|rien n['’]est plus faux|si seulement",
    es=r"(?:busque|encuentre|halle|dónde está) el (?:error|fallo)|verdadero o falso|cero puntos|por corregir|"
    r"debería (?:ser|decir|leerse)|nada más lejos|ojalá",
    pt=r"(?:procure|encontre|onde está|ache) o erro|verdadeiro ou falso|zero pontos|por corrigir|deveria (?:ser|ler)|"
    r"nada mais longe",
    it=r"(?:cercate|trova(?:te)?|dov['’]è|qual è) l['’]errore|vero o falso|zero punti|da correggere|dovrebbe essere|"
    r"niente di più falso",
    ru=r"найдите ошибку|где (?:же )?ошибка|верно или неверно|правда или ложь|ноль баллов|исправить|должно быть|"
    r"ничего подобного",
    zh="找出?(?:其中的?)?错误|错在哪|对还是错|判断对错|零分|不得分|待改|待修正|应为|应当为|应改",
    ja="どこが(?:間違|おかし)|誤りを(?:探|見つけ)|正しいか誤りか|零点|要修正|修正が必要|べきである|とすべき",
)
CROSSES = "❌✗✘❎⛔🚫👎☒"
"""Signs that take back the display they stand beside."""
SUPPOSING = Words(
    "words before what is a condition: for t = 1",
    en="for|if|when|whenever|unless|provided|(?<!without )assuming",
    de="für|bei|falls|wenn|sofern|angenommen,?(?: dass| es gilt| es sei)?|vorausgesetzt,?|"
    "nehmen wir an,?(?: dass)?|gilt zusätzlich",
    fr="pour|si|lorsque|quand|(?:en )?suppos(?:ons|ant)(?: que)?",
    es="para|si|cuando|supongamos(?: que)?|suponiendo(?: que)?",
    ru="для|при|если|когда|предположим,?(?: что)?",
    zh=f"对于|对|如果|假如|{_SUPPOSED_ZH}|当(?!前|然|作|成|于)|若(?!干)",
)
SUPPOSED = Words(
    "words behind what is a condition",
    zh="时(?![间刻序])|的情况",
    ja="のとき|の時|の場合|ならば|なら|に対して|において|について",
)
BACK_REFERRING = Words(
    "words that speak of the formula before them", zh="上式|上述|上面|以上|这|此|该", ja="これ|この|上の|は|が|と"
)
CASES = Words(
    "words of some steps or networks only",
    en="case|first|last|linear|special|scalar|initial|only|single",
    de=r"fall|erste\w*|letzte\w*|linear\w*|skalar\w*|nur",
    fr=r"cas|premi[eè]re?\w*|derni[eè]re?\w*|linéaires?|scalaires?|seul\w*",
    es=r"caso|primer\w*|últim\w*|lineal\w*|escalar\w*|s[oó]lo",
    ru=r"случа\w+|перв\w+|последн\w+|линейн\w+|скалярн\w+|только",
    zh="线性|标量|第一|最后|特殊",
    ja="線形|スカラー|最初|最後|特殊",
)
_EN_STEP = r"(?:time |recurrent |time-|time)?(?:steps?|instant|moment|index|position)"
FIRST_STEP = Words(
    "words that a formula behind them is said for the first step by",
    en=rf"(?:for|at|in|on|during) (?:the|our) (?:very )?(?:first|initial|earliest) {_EN_STEP}|"
    "at the (?:very )?(?:beginning|start) of the (?:sequence|series)",
    de=r"(?:für|bei|zu|an|in) de[nmr] (?:aller)?erste[nmr] (?:zeit)?(?:schritt|punkt|zeitpunkt)|"
    r"(?:beim|im|am|zum) (?:aller)?ersten (?:zeit)?(?:schritt|punkt)",
    fr=r"(?:pour|dans|lors de|sur) (?:le|la) (?:tou(?:t|te) )?premi(?:er|ère) (?:pas|étape|instant)(?: de temps)?|"
    r"(?:au|à la|lors du) (?:tou(?:t|te) )?premi(?:er|ère) (?:pas|étape|instant)(?: de temps)?",
    es=r"(?:para|en|durante) (?:el|la) primer[oa]? (?:paso|instante|etapa)(?: de tiempo| temporal)?|al primer paso",
    ru=r"(?:для|на|в) (?:самого |самом )?перв(?:ого|ом|ый) (?:шага|шаге|шаг|момент\w*)(?: времени)?",
    zh="(?:在|对于|对|当)?(?:第一(?:个)?(?:时间步|时刻|步)|首(?:个时间步|步)|初始(?:时刻|步))(?:时|处|上|里|中)?",
    ja="(?:最初|初め|はじめ|第一)の?(?:時間ステップ|時刻|ステップ|段)(?:のみ|だけ)?(?:では|に対して|について|において|には|で|に)",
)
LAST_STEP = Words(
    "words that a formula behind them is said for the last step by",
    en=rf"(?:for|at|in|on|during) (?:the|our) (?:very )?(?:last|final|terminal|latest) {_EN_STEP}|"
    "at the (?:very )?end of the (?:sequence|series)",
    de=r"(?:für|bei|zu|an|in) de[nmr] (?:aller)?letzte[nmr] (?:zeit)?(?:schritt|punkt|zeitpunkt)|"
    r"(?:beim|im|am|zum) (?:aller)?letzten (?:zeit)?(?:schritt|punkt)",
    fr=r"(?:pour|dans|lors de|sur) (?:le|la) (?:tou(?:t|te) )?derni(?:er|ère) (?:pas|étape|instant)(?: de temps)?|"
    r"(?:au|à la|lors du) (?:tou(?:t|te) )?derni(?:er|ère) (?:pas|étape|instant)(?: de temps)?",
    es=r"(?:para|en|durante) (?:el|la) últim[oa] (?:paso|instante|etapa)(?: de tiempo| temporal)?|al último paso",
    ru=r"(?:для|на|в) (?:самого |самом )?последн(?:его|ем|ий) (?:шага|шаге|шаг|момент\w*)(?: времени)?",
    zh="(?:在|对于|对|当)?(?:最后(?:一)?(?:个)?(?:时间步|时刻|步)|末(?:时刻|步)|最终(?:时刻|步))(?:时|处|上|里|中)?",
    ja="(?:最後|終わり|最終)の?(?:時間ステップ|時刻|ステップ|段)(?:のみ|だけ)?(?:では|に対して|について|において|には|で|に)",
)
BESIDE_STEP = Words(
    "words that may stand in a sentence that says for which step a formula holds, and change nothing in that",
    en="and|so|then|thus|hence|therefore|now|while|but|finally|only|just|alone|simply|merely|even|clearly|of course|"
    "by definition|"
    "however|"
    "by itself|itself|do|does|we|one|you|this|that|it|there|here|have|has|is|holds?|reads?|becomes|equals|gives|"
    "yields|of the "
    "sequence|of all|again|also|too|the (?:gradient|derivative|adjoint|formula|equation|claim|result) (?:is|reads|"
    "becomes)",
    de="und|also|dann|daher|somit|nun|aber|schließlich|nur|bloß|allein|einfach|lediglich|wir|man|es|dies|gilt|gelten|"
    "ist|"
    "haben|hat|lautet|wird|auch|wieder|jedoch|hier|der folge|noch",
    fr="et|donc|alors|ainsi|mais|enfin|seulement|uniquement|seul|seule|simplement|juste|nous|on|ce|cela|c['’]est|est|"
    "a|avons|"
    "vaut|devient|aussi|ici|de la suite",
    es="y|entonces|así|luego|pero|finalmente|sólo|solo|solamente|únicamente|simplemente|se|tiene|tenemos|es|vale|queda|"
    "aquí|también|de la sucesión",
    ru="и|то|тогда|только|лишь|просто|имеем|есть|верно|это|а|но|здесь|мы|получаем",
    zh="只|仅|仅仅|只有|，|：|有|我们有|则有|则|就有|就是|为|是|得|即|简单地|那么|成立",
    ja="、|は|のみ|だけ|単に|次が成り立つ|次が成立する|となる|である|次式",
)
OF_TIME = Words(
    "words that make a step one of time, and none of a derivation",
    en="time|time-?steps?|instant|moment",
    de=r"zeit\w+",
    fr="temps|instant",
    es="tiempo|temporal|instante",
    ru="времени|момент\\w*",
    zh="时",
    ja="時",
)
DERIVING = Words(
    "words of what one does in a step of a derivation",
    en=r"appl\w+|us(?:e|es|ed|ing)|insert\w*|substitut\w+|differentiat\w+|replac\w+|expand\w*|tak(?:e|es|ing)|plug\w*|"
    r"combin\w+|sum|sums|summed|summing|rewrit\w+|recall\w*|collect\w*|reorder\w*|rearrang\w+|simplif\w+|cancel\w*|"
    r"follows|linear\w*|chain rule|product rule|split\w*|factor\w*|unroll\w*|unfold\w*|transpos\w+|comput\w+|"
    r"calculat\w+|deriv(?:e|es|ed|ing)|proof|derivation|argument|induction|algorithm|exchang\w+|swap\w*|merg\w+|mov\w+|"
    r"bring\w*|brought|pull\w*|writ\w+|put|group\w*|turn\w*|express\w*|identif\w+|recogni\w+|chang\w+|dropp\w*|"
    r"multipl\w+|divid\w+|add(?:s|ed|ing)?|subtract\w*|remains|integrat\w+|invok\w+|appeal\w*",
    de=r"verwend\w+|benutz\w+|nutz\w+|einsetz\w*|setz\w+|leiten|abgeleitet|anwend\w*|wenden|ersetz\w*|berechn\w+|"
    r"beweis\w*|herleitung|fass\w+|summier\w+|vereinfach\w+",
    fr=r"utilis\w+|appliqu\w+|dériv\w+|remplaç\w+|remplac\w+|substitu\w+|calcul\w+|preuve|démonstration|regroup\w+|"
    r"simplifi\w+|somm\w+|développ\w+",
    es=r"us(?:a|amos|ando)|aplic\w+|deriv\w+|sustitu\w+|reemplaz\w+|calcul\w+|demostración|agrup\w+|simplific\w+",
    ru=r"примен\w+|использ\w+|подстав\w+|дифференцир\w+|замен\w+|вычисл\w+|доказательств\w+|вывода",
    zh="代入|应用|使用|利用|求导|替换|计算|推导|证明|展开|合并|化简|我们把|我们将",
    ja="代入|適用|用い|微分|置き換え|計算|導出|証明|展開|整理|まとめ",
)
OBTAINING = Words(
    "words that say that a formula is found, at a step or in one of a derivation",
    en=r"gets?|obtains?|finds?|found|sees?|arrives?(?: at)?|know|knows|must be|results?|follows",
    de="erhalten|erhält|bekommen|bekommt|findet|finden|ergibt sich|folgt|sehen|sieht",
    fr="obtient|obtenons|trouve|trouvons|voit|voyons|il vient",
    es="obtiene|obtenemos|resulta|encontramos|vemos",
    ru="получим|получается|находим|видим",
    zh="得到|可得|求得",
    ja="得られる|を得る|得る",
)
WRITING = Words(
    "words that lead from what is said of a formula to it: to write",
    en=r"(?:(?:and|then|so|however|therefore|often|some|sometimes|perhaps|would|may|might|could|people) )*"
    r"(?:(?:to )?(?:write|say|claim|believe|assert|state|conclude|assume|think|take|put|expect|argue|guess|infer|"
    r"suggest|"
    r"use|set|replace|print)|writes|says|claims|believes|asserts|states|concludes|prints|wrote|claimed|stated|is|was|"
    r"are|"
    r"were|would be|reads|runs|goes|consists)",
    de=r"(?:\w+ ){0,3}zu (?:schreiben|setzen|behaupten|glauben|meinen|sagen|folgern|schließen|denken)|ist|war|wäre|"
    r"lautet|"
    r"besteht|liest man|schreibt|behauptet|schreiben|behaupten",
    fr=r"d['’](?:écrire|affirmer|en (?:conclure|déduire))|de (?:poser|conclure|croire|dire|penser|prétendre)|est|"
    r"serait|"
    r"consiste|écrit|écrivent|affirme\w*|prétend\w*",
    es=r"(?:es |de )?(?:escribir|decir|afirmar|creer|pensar|concluir|suponer)|es|sería|consiste|escriben?|afirman?",
    ru=r"(?:на)?писать|записать|утверждать|считать|думать|полагать|пишут|утверждают",
    zh="写成|写作|写为|认为|以为|声称|断言|得出",
    ja="と書|と主張|と考",
)
ASIDE_CLAUSE = Words(
    "words that begin a clause which gives a reason, or says more of something, and takes nothing back",
    en="since|as|because|although|though|even though|while|whereas|which|who|where|whose|when|given|despite|unlike|"
    "contrary",
    de="da|weil|obwohl|während|wo|welche[rs]?|die|der|das|deren|entgegen",
    fr="car|puisque|comme|bien que|quoique|tandis que|où|qui|dont|contrairement",
    es="pues|porque|ya que|aunque|mientras|donde|cuyo|cuya|contrariamente",
    ru=r"так как|поскольку|хотя|где|котор\w+|вопреки",
    zh="因为|由于|虽然|尽管",
    ja="ため|ので|けれど",
)
TURNING = Words(
    "words that begin what is said of the formula before them",
    en="but|yet|though|although|however|alas|sadly|unfortunately|still|nevertheless|which|this|that|it|they|these|"
    "those|"
    "he|she|and this|"
    "and that|"
    "and it|is|are|was|were|has|have|had|contains?|must|should|can|cannot|needs|lacks|misses|turns out|proves|seems|"
    "looks|does|do|did|here|"
    "(?:in|of|for) which|whose",
    de="aber|doch|jedoch|allerdings|leider|was|dies|das|es|die|ist|sind|hat|enthält|muss|sollte|worin",
    fr="mais|pourtant|cependant|toutefois|hélas|malheureusement|ce qui|ce|cela|qui|est|sont|a|contient|doit|dont",
    es="pero|sin embargo|aunque|lamentablemente|lo cual|lo que|esto|es|son|tiene|contiene|debe",
    pt="mas|porém|contudo|embora|infelizmente|o que|isto|isso|é|são|tem|contém|deve",
    it="ma|però|tuttavia|sebbene|purtroppo|il che|questo|ciò|è|sono|ha|contiene|deve",
    ru=r"но|однако|увы|к сожалению|что|это|содержит|имеет|должн\w+",
    zh="但是?|然而|可是|不过|可惜|这|该|此|是|有|含|必须|应",
    ja="しかし|だが|ただ|これ|この|は|が|には|に",
)
UNFAULTY = Words(
    "words that take back that a formula is not right: no term is missing",
    en="no|not|nothing|never|without|if|otherwise|unless|neither|less|avoids?|nowhere|hardly|one might think|were",
    de=r"nicht|kein\w*|ohne|nie|sonst|wenn|falls",
    fr=r"sans|aucun\w*|sinon|si|rien",
    es=r"sin|ning\w+|si|nada",
    ru="без|нет|если|иначе|ни",
    zh="没有|无|否则|如果|并非",
    ja="なければ|もし|ではな",
)
INSERTED = Words(
    "words between commas that say nothing of a formula by themselves",
    en="in general|however|then|of course|for instance|for example|therefore|thus|hence|indeed|say|again|too|also|"
    "instead|"
    "as usual|for short|in short",
    de="im allgemeinen|jedoch|dann|natürlich|zum beispiel|daher|also|etwa|auch|kurz",
    fr="en général|cependant|alors|bien sûr|par exemple|donc|ainsi|aussi|en effet",
    es="en general|sin embargo|entonces|por supuesto|por ejemplo|también|en efecto",
    ru="вообще говоря|однако|тогда|конечно|например|следовательно|также",
    zh="一般来说|一般地|然而|那么|当然|例如|因此",
    ja="一般に|しかし|すると|もちろん|例えば|したがって",
)
SETTING_STEP = Words(
    "words before a value of the step at which a formula is said: with t = T",
    en="with|setting|putting|taking|letting|choosing|inserting",
    de="mit|setzt man|setzen wir",
    fr="avec|en posant|en prenant",
    es="con|tomando|poniendo",
    ru="полагая|взяв|с",
    zh="取|令|设|置",
)
OF_OTHERS = Words(
    "words that say who else puts something so, which this page then need not",
    en=r"(?:earlier|prior|previous|older|other|most|many|some|recent) (?:works?|papers?|authors?|notes?|books?|people|"
    r"texts?)|"
    r"text-?books?|(?:in|by|from) the literature|elsewhere|traditionally|originally|formerly|in the past|used to|et al",
    de=r"(?:frühere|ältere|andere|manche|viele) (?:arbeiten|autoren|bücher)|lehrbücher|in der literatur|anderswo|"
    r"früher",
    fr=r"(?:d['’]autres|certains|les anciens) (?:travaux|auteurs|articles)|la littérature|ailleurs|autrefois",
    es=r"(?:trabajos|autores|artículos) (?:anteriores|previos)|otros autores|la literatura|antiguamente|"
    r"en otros sitios",
    ru=r"(?:ранние|другие|прежние|некоторые) (?:работы|авторы)|учебник\w*|в литературе|раньше",
    zh="以往|以前的(?:工作|文献)|前人|其他(?:作者|文献)|教科书|别处",
    ja="以前の(?:研究|論文)|先行研究|他の(?:文献|著者)|教科書|従来",
)
ASKING = Words(
    "words that begin a question",
    en=r"(?:(?:why|how|when) )?(?:is|are|does|do|did|can|could|should|would|might|may|shall) (?:it|one|we|you|they|"
    r"this|that|"
    r"then|there|anyone|not)|who (?:would|could|says|said|believes)|why (?:not )?(?:write|should)|whether",
    de=r"gilt (?:etwa|vielleicht|nun|denn|also|dann)|ist es (?:etwa )?(?:wahr|richtig)|stimmt es|wer (?:würde|"
    r"glaubt)|ob",
    fr=r"est-ce|est-il|a-t-on|peut-on|qui (?:croirait|dirait)|pourquoi",
    es=r"¿\w+.*|acaso",
    ru=r"верно ли|правда ли|можно ли|разве|справедливо ли",
    zh="是否|难道|吗|谁会|为什么",
    ja="だろうか|でしょうか|であろうか",
)
STARTING = Words(
    "words before a first state, which is then given: we start from h_0 = 0",
    en=r"starts?|starting|begin(?:s|ning)?|initiali[sz]\w+|initial(?:ly)?|at rest|reset\w*|(?:at|from) zero|the start",
    de=r"beginn\w*|start\w*|anfang\w*|\w*initialisier\w*|anfangs\w*|ausgehend|in ruhe",
    fr=r"part|partant|partons|commenç\w+|commenc\w+|initiali?s?\w*|départ|au repos|début\w*",
    es=r"empez\w+|empiez\w+|comenz\w+|comienz\w+|partimos|partiendo|inicial\w*|reposo",
    ru=r"начин\w+|начальн\w+|нач[аи]\w*|старту\w+|покоя",
    zh="从|始于|开始|初始|初值|起始|出发",
    ja="初期|から始め|から出発|出発|始める|初め",
)
POSSIBLE = Words(
    "words of a sentence that only speaks of what could be, as: one may start from h_0 = 0",
    en=r"e\.g|example|instance|or|say|perhaps|typically|usually|often|sometimes|common\w*|could|would|should|might|"
    r"may|can|"
    r"choices?|option\w*|convenient\w*|some|many|most|others?|compare\w*|versus|cases?|if|when|whenever|unless|but|"
    r"were|"
    r"once|later|until|only|either|whether|replac\w+|special|alternative\w*|another|ignor\w+|approximat\w+|particular",
    de=r"etwa|meist|oft|häufig|manchmal|könnte\w*|kann|können|würde\w*|oder|wenn|falls|wahl|möglich\w*|fall|sonderfall|"
    "beispiel\\w*|einige|viele|aber|später",
    fr=r"souvent|parfois|peut|pourrait|pourrions|ou|si|lorsque|quand|choix|exemple|cas|certains|beaucoup|mais|"
    r"généralement|"
    "possible|plus tard",
    es=r"suele\w*|menudo|puede|podría\w*|podemos|o|si|cuando|ejemplo|caso|algunos|muchos|pero|posible|elección",
    ru=r"часто|иногда|обычно|может|можно|можем|или|если|когда|пример\w*|случа\w+|некоторые|но|выбор\w*",
    zh="不|没|通常|往往|有时|可以|可能|或者?|如果|若|当|例如|比如|情形|情况|特例|有些|选择|但",
    ja="ない|ません|せず|通常|しばしば|時に|できる|可能|または|もし|場合|例えば|たとえば|なら|とき|選択|しかし",
)

# --------------------------------------------------------------------------------------------------- what they are

STRAY = Words(
    "words that are no letters: among the factors of a formula they say something of it",
    en="not|false|true|if|or|and|unless|when|whenever|where|for|else|otherwise|iff|then|is|except|only",
    de="nicht|falsch|wenn|falls|wobei|für|sonst|dann|und|oder|nur",
    fr="faux|vrai|où|pour|sinon|alors|donc|avec|sauf",
    es="falso|donde|para|cuando|entonces|con",
)
OPENING = Words(
    "words of a text box that is no letter, though there is but one of them: they begin what is said of a formula",
    en="for|where|if|when|whenever|with|since|because|such|s\\.t\\.|subject|and|or|otherwise|provided|assuming|as|by|"
    "using|given|at|is|denotes|from|in|recall|note|on|unless|let|that|so|thus|hence|then|therefore|all|every|also|"
    "similarly|finally|indeed|consequently|not|false|true|else|iff|except|only|we|have|holds",
    de="für|wobei|falls|wenn|mit|da|weil|und|oder|sonst|nach|also|daher|somit|dann|folglich|damit|ebenso|ist|gilt|"
    "nicht|falsch|nur|bei|aus|gegeben|sei|sofern|analog|zudem",
    fr="pour|si|lorsque|quand|avec|car|puisque|et|ou|sinon|par|donc|ainsi|alors|soit|est|sont|or|ensuite|enfin|"
    "faux|sauf|dans|vaut|fixe|connu",
    es="para|donde|si|cuando|con|pues|por|entonces|luego|así|finalmente|falso|es|son|dado|dada",
    ru="для|где|если|когда|при|так|и|или|иначе|по|тогда|значит|следовательно|неверно|есть",
)
NEUTRAL = Words(
    "words behind an equation that limit it in no way of their own",
    en="for|all|every|each|any|where|and|with|such|that|holds?|valid|true|times?|steps?|index|indices|from|to|on|up|"
    "the|of|in|here|is|are|runs|ranging|over|general|both|as|before|arbitrary|so|hence|thus|then|therefore|we|have|"
    "again|now|also|above|below|this|these|again|namely|i\\.e|used",
    de="für|alle[nrs]?|jede[nrs]?|beliebige[nrs]?|wobei|und|mit|gilt|gelten|zeitschritte?n?|zeiten|schritte?n?|zeit|"
    "von|"
    "bis|auf|de[rnmsi]|die|das|eine?[nrms]?|in|hier|ist|sind|läuft|über|allgemein|wie|zuvor|oben|unten|also|daher|"
    "somit|dann|damit|folglich|wir|haben|man|erhält|folgt|daraus|im|am|zum|zur|vom|wieder|nun|auch|dieser?s?",
    fr="pour|tou(?:t|te|tes|s)|chaque|où|et|avec|vaut|valable|vrai|temps|pas|étapes?|instants?|indices?|d[eu]s?|à|"
    "jusqu|au|la|le|les|l|d|une?|dans|ici|est|sont|parcourt|sur|en|général|comme|ci-dessus|donc|ainsi|alors|d'où|on|"
    "a|nous|avons|obtient|obtenons|encore|cette?|qui|que",
    es="para|tod[oa]s?|cada|donde|y|con|vale|válid[oa]|tiempos?|pasos?|instantes?|índices?|de|del|desde|hasta|a|al|la|"
    "el|los|las|una?|en|aquí|es|son|recorre|sobre|general|como|antes|entonces|luego|así|por|tanto|tenemos|se|tiene|"
    "obtiene|este|esta",
    ru="для|всех|любого|любых|каждого|всякого|где|и|с|верно|шагов|шага|шаге|шаг|времени|момента|от|до|в|на|здесь|есть|"
    "по|как|выше|так|тогда|следовательно|значит|получаем|имеем|это",
    zh="其中|且|和|与|对于|对|任意|任何|所有|一切|每个|每一|有|则|因此|所以|故|于是|从而|即|的|为|是|在|时刻|时间步|时间|时|步|第|"
    "成立|均|都|由此|得到|可得|得|我们|这里|此处|同样|同理|也|上|下|从|到|起",
    ja="ここで|すべて|全て|各|任意|したがって|従って|よって|ゆえに|すると|また|同様に|なる|である|です|とする|とき|の|に対して|"
    "について|において|に|は|が|を|と|より|から|で|時刻|ステップ|時間|成り立つ|成立する|得る|得られる|以上|以下|まで|する|した",
)
REASONS = Words(
    "words that begin a reason",
    en="by|using|see|as|from|because|recall|note|cf|via|since|follows|applying",
    de="nach|wegen|da|weil|siehe|vgl|gemäß|laut|durch|mittels|mit|aus",
    fr="par|car|puisque|voir|cf|d'après|selon|grâce",
    es="por|pues|porque|véase|ver|según|mediante",
    ru="по|так|поскольку|см|согласно|из",
    zh="由|根据|利用|因为|见|参见|应用|使用",
    ja="より|なぜなら|参照|によって|により|を用いて",
)
DESCRIPTIONS = Words(
    "words that say of what kind a letter, a formula or a rule is, and nothing of its value",
    en="an?|the|is|are|be|denotes?|its|their|our|and|or|of|at|in|to|steps?|times?|each|every|inputs?|outputs?|hidden|"
    "states?|weights?|bias|biases|matrix|matrices|vectors?|activation|functions?|targets?|loss|losses|errors?|cost|"
    "learning|rate|parameters?|gates?|forget|cell|prediction|labels?|data|previous|current|next|initial|last|network|"
    "layer|some|any|arbitrary|differentiable|nonlinear|nonlinearity|sum|product|number|length|sequence|size|units?|"
    "derivatives?|jacobians?|gradients?|total|immediate|recurrent|columns?|rows?|called|index|indices|chain|rule|rules|"
    "linearity|recursion|recurrence|recursive|recursively|unrolled|unrolling|backpropagation|bptt|rtrl|backwards?|"
    "forward|pass|through|terms?|direct|explicit|indirect|contributions?|paths?|definition|expansion|induction|"
    "equation|"
    "formula|adjoint|dynamics|update|known|fixed|constant|one|pre-?activations?|candidate|reset|memory|logits?|readout|"
    "softmax|cross-entropy|sensitivity|sensitivities|influence|effects?|local|partial|differentiating|differentiation|"
    "expanding|substituting|substitution|applied|recall|two|three|same|whole|past|dependence|bptt|residual|leaky|"
    "cells?",
    de=r"\w*zustand\w*|zustände\w*|\w*eingang\w*|\w*eingaben?|\w*ausgang\w*|\w*ausgaben?|\w*gewichte?n?|bias|\w*matrix|"
    r"\w*matrizen|\w*vektor\w*|\w*aktivierung\w*|\w*funktion\w*|ziele?|zielwerte?|\w*verlust\w*|kosten|lernrate|"
    r"parameter\w*|gates?|\w*zelle|vorhersage|vorherige\w*|aktuelle\w*|verborgene\w*|versteckte\w*|netz\w*|schicht\w*|"
    r"summe|produkt|länge|größe|\w*ableitung\w*|\w*gradient\w*|\w*gradienten|jacobi\w*|totale?\w*|direkte?\w*|"
    r"unmittelbare?\w*|partielle?\w*|indirekte?\w*|\w*kettenregel|\w*produktregel|\w*regel|linearität|\w*rekursion\w*|"
    r"rekursiv\w*|rückwärts\w*|vorwärts\w*|\w*terme?|\w*teil|\w*beitrag|\w*beiträge|definition|entwicklung|"
    r"induktion|\w*gleichung|\w*formel|gegeben\w*|bekannt\w*|fest\w*|konstant\w*|rekurrente?\w*|sigmoid\w*|dynamik|"
    r"prä-?aktivierung\w*|kandidat\w*|einfluss|abhängigkeit|einsetzen|ableiten|differenzieren|differentiation|"
    r"sensitivität\w*|lokale?\w*|anteil\w*|wirkung|weg\w*|pfad\w*|neue[rns]?|innere?\w*|äußere?\w*",
    fr=r"états?|cachée?s?|entrées?|sorties?|poids|biais|matrices?|vecteurs?|activation|fonctions?|cibles?|pertes?|"
    r"erreur quadratique|coût|taux|apprentissage|paramètres?|portes?|cellule|prédiction|étiquettes?|précédente?s?|"
    r"courante?s?|suivante?s?|réseau|couche|somme|produit|longueur|taille|dérivées?|gradients?|jacobiennes?|jacobien|"
    r"totale?s?|directe?s?|immédiate?s?|partielle?s?|indirecte?s?|règles?|chaîne|composition|linéarité|récurrence|"
    r"récursi\w+|dérivation|rétropropagation|arrière|avant|passe|termes?|contributions?|définition|développement|"
    r"équation|formule|"
    r"donnée?s?|connue?s?|fixée?s?|constante?s?|récurrente?s?|temporelle?s?|dynamique|étant|"
    r"pré-?activations?|candidate?|influence|dépendance|substitution|dérivant|différentiation|sensibilités?|locale?s?|"
    r"effets?|chemins?|nouve(?:au|lle)s?|mémoire|oubli|mise|jour|ordre|facteurs?",
    es=r"estados?|ocult[oa]s?|entradas?|salidas?|pesos?|sesgos?|matri(?:z|ces)|vector(?:es)?|activación|función|"
    r"funciones|objetivos?|pérdidas?|costo|coste|tasa|aprendizaje|parámetros?|puertas?|compuertas?|celda|predicción|"
    r"anterior(?:es)?|actual(?:es)?|siguientes?|red|capa|suma|producto|derivadas?|gradientes?|jacobian[oa]s?|"
    r"total(?:es)?|"
    r"direct[oa]s?|inmediat[oa]s?|parcial(?:es)?|regla|cadena|linealidad|recurrencia|recursi\w+|retropropagación|"
    r"hacia|atrás|adelante|paso|términos?|definición|ecuación|fórmula|dad[oa]s?|conocid[oa]s?|fij[oa]s?|constantes?",
    ru=r"состояни\w+|скрыт\w+|вход\w*|выход\w*|вес\w*|смещени\w+|матриц\w+|вектор\w*|функци\w+|активаци\w+|потер\w+|"
    r"ошибк\w+ сети|параметр\w*|производн\w+|градиент\w*|якобиан\w*|полн\w+|прям\w+|непосредственн\w+|частн\w+|"
    r"правил\w+|цепн\w+|цепочки|рекурсия|рекуррентн\w+|обратн\w+|распространени\w+|член\w*|слагаем\w+|определени\w+|"
    r"уравнени\w+|"
    r"формул\w+|задан\w*|известн\w+|постоянн\w+|сети|сеть",
    zh="隐藏层|隐藏|隐含|隐状态|状态|输入|输出|权重|偏置|矩阵|向量|激活函数|激活|函数|目标|损失|误差|代价|学习率|参数|遗忘门|输入门|"
    "输出门|更新门|重置门|门|细胞|单元|预测|标签|数据|前一|上一|当前|初始|已知|给定|固定|常数|层|网络|梯度|导数|偏导数|偏导|求导|微分|"
    "雅可比|全导数|总导数|总|全|直接|间接|显式|即时|项|部分|链式法则|链式|法则|规则|递推式|递推|递归|循环|关系|公式|方程|等式|展开|"
    "求和|之和|乘积|反向|前向|传播|推导|归纳|定义|共享|一个|个|任意可微|预激活|候选|记忆|影响|依赖|代入|局部|偏微分|灵敏度|更新|新的|全微分|时间|链|可微|分量|维数|线性性|贡献|路径|动力学",
    ja="隠れ層|隠れ|状態|入力|出力|重み|バイアス|行列|ベクトル|活性化関数|活性化|関数|目標|損失|誤差|コスト|学習率|パラメータ|ゲート|"
    "セル|ユニット|予測|ラベル|データ|前の|現在|次の|初期値|初期|既知|与えられ|固定|一定|定数|前活性|候補|記憶|影響|依存|代入|局所|感度|更新|新しい|経由|層|ネットワーク|勾配|導関数|微分|偏微分|"
    "全微分|ヤコビアン|ヤコビ|直接|間接|陽|項|部分|連鎖律|連鎖|法則|規則|漸化式|再帰|関係式|関係|公式|方程式|式|展開|総和|和|積|逆|順|"
    "伝播|伝搬|導出|帰納|定義|寄与|経路|線形性|力学",
)
GIVEN = Words(
    "a property that stands before its letter, as in: the symmetric matrix W",
    en="one-hot|symmetric|orthogonal|unitary|diagonal|invertible|skew-symmetric|antisymmetric|triangular|idempotent|"
    "stochastic|normalized|normalised|linear|positive|binary|boolean|bernoulli|0-1|zero-one|hermitian|self-adjoint|"
    "involutory|involutive|circulant|toeplitz|nilpotent|commuting|permutation|reflection|rotation|projector|"
    "householder|gram|laplacian|(?:semi-?)definite",
    de=r"symmetrische?\w*|orthogonal\w*|unitär\w*|diagonal(?:e[nrsm]?)?|invertierbar\w*|schiefsymmetrisch\w*|"
    r"antisymmetrisch\w*|idempotent\w*|stochastisch\w*|normiert\w*|binär\w*|hermitesch\w*|zirkulant\w*|"
    r"nilpotent\w*|permutations\w*|spiegelung\w*|rotations\w*",
    fr=r"symétriques?|orthogona(?:le?s?|ux)|unitaires?|diagona(?:le?s?|ux)|inversibles?|antisymétriques?|"
    r"idempotente?s?|stochastiques?|normalisée?s?|binaires?|hermitien(?:ne)?s?|circulantes?|nilpotentes?|"
    r"auto-?adjointe?s?|(?:de )?permutation|(?:de )?réflexion",
    es=r"simétric[oa]s?|ortogonal(?:es)?|unitari[oa]s?|diagonal(?:es)?|invertibles?|antisimétric[oa]s?|idempotentes?|"
    r"estocástic[oa]s?|normalizad[oa]s?|binari[oa]s?|hermític[oa]s?",
    ru=r"симметричн\w*|ортогональн\w*|унитарн\w*|диагональн\w*|обратим\w*|кососимметричн\w*|антисимметричн\w*|"
    r"двоичн\w*|бинарн\w*|эрмитов\w*",
    zh="(?<!反)对称|正交|酉矩阵|对角(?!化)|可逆|反对称|幂等|二值|厄米|置换矩阵",
    ja="対称|直交|ユニタリ|対角|可逆|正則|冪等|二値|エルミート",
)
EITHER_END = Words(
    "words behind a letter that leave it two values, or tie it to itself",
    en=r"(?<!between )(?:zeros?|0s?) (?:and|or) (?:ones?|1s?)|0/1|equals? its (?:own )?(?:transpose|inverse)|"
    r"(?:is|are) its (?:own )?(?:transpose|inverse)|equal to (?:one|1|zero|0|its (?:own )?(?:transpose|inverse))",
    de="(?<!zwischen )(?:null(?:en)?|0) (?:und|oder) (?:eins(?:en)?|1)|gleich ihrer transponierten",
    fr="(?<!entre )(?:zéros?|0) (?:et|ou) (?:des )?(?:uns?|1)|égale? à sa transposée",
    zh="0 ?(?:和|或) ?1|等于(?:其|它的)转置",
)
PROPERTIES = Words(
    "a property that a page may give to a letter, which makes true what is false of any other",
    en=f"{GIVEN.en}|probability|probabilities|distribution|identity|zero|constant",
)
IS = Words(
    "words between a letter and what it is",
    en="is|are|denotes?|stands for|means|be|being|equals",
    de="ist|sei|bezeichnet|heißt",
    fr="est|soit|désigne|étant|représente",
    es="es|sea|denota|representa",
    ru="это|есть|обозначает",
    zh="是|为|表示|取",
    ja="は|が|を",
)
SAID_BEHIND = Words(
    "words behind what a letter is",
    en="and|applied|acting",
    de="ist|sei|bezeichnet|und",
    fr="et",
    es="y",
    ru="и",
    ja="である|です|とする|とし|を表す|と",
    zh="且|和",
)
CLAUSE = Words(
    "words that a clause about a letter begins with",
    en="where|and|here|with|let|using",
    de="wobei|und|hier|mit|sei|wo|(?:dabei|hier|hierbei) (?:ist|sei|bezeichnet)",
    fr="où|et|ici|avec|soit",
    es="donde|y|aquí|con|sea",
    ru="где|и|здесь|пусть",
    zh="其中|这里|且|设|令|，|、",
    ja="ここで|ただし|また|、",
)
FUNCTION_KINDS = Words(
    "words between a letter and the name of the function that it is: σ is the usual element-wise sigmoid",
    en="the|an?|our|usual|standard|element-wise|elementwise|entry-wise|entrywise|pointwise|component-wise|"
    "componentwise|scalar|smooth",
    de="die|der|das|eine?|übliche|elementweise|komponentenweise",
    fr="la|le|une?|fonction|usuelle",
    es="la|el|una?|función",
    ru="функция",
    zh="一个|逐元素",
    ja="要素ごとの",
)
FUNCTION_NOUNS = Words(
    "words behind such a name",
    en="function|activation|nonlinearity|non-linearity|map|unit|one",
    de="funktion",
    zh="激活函数|函数",
    ja="活性化関数|関数",
)
FROM_HERE = Words(
    "words that say that something is so from a place of the page on, or on a part of it",
    en=r"from (?:now|here|this point) on(?:wards?)?|henceforth|hereafter|for the (?:moment|time being)|temporarily|"
    r"(?:in|for|on) (?:this|the (?:next|last|second|following)) (?:sub)?(?:section|chapter|part|paragraph)",
    de="ab (?:jetzt|hier|nun)|von (?:jetzt|hier|nun) an|fortan|vorübergehend|in diesem (?:abschnitt|kapitel|absatz)",
    fr="(?:à partir|dès) (?:de maintenant|d'ici|maintenant)|désormais|dorénavant|dans (?:cette section|ce chapitre)",
    es="a partir de (?:ahora|aquí)|en adelante|en esta sección",
    ru="отныне|с этого момента|в этом разделе",
    zh="从现在起|从此|此后|本节",
    ja="これ以降|以後|この節",
)
LAYERS_BESIDE = Words(
    "what states may be passed through beside what the displays show",
    en=r"(?:variational |recurrent )?dropout|zoneout|(?:layer|batch|weight|group|instance)[- ]?normali[sz]\w+|"
    r"(?:layer|batch)[- ]?norm|quanti[sz]ation",
    de=r"dropout|(?:schicht|batch)[- ]?normali[sz]ierung|quantisierung",
    fr=r"dropout|normalisation par (?:couches?|lots?)|quantification",
    zh=r"dropout|随机失活|层归一化|批归一化|量化",
    ja=r"ドロップアウト|層正規化|バッチ正規化|量子化",
)
ALTERING = Words(
    "words of what is done to a letter beside its definition, as in: we divide h_t by its norm",
    en=r"divid(?:e|es|ed|ing)|normali[sz](?:e|es|ed|ing)|clip(?:s|ped|ping)?|clamp(?:s|ed|ing)?|rescal(?:e|es|ed|ing)|"
    r"quanti[sz](?:e|es|ed|ing)|round(?:s|ed|ing)?|overwrit(?:e|es|ten|ing)|project(?:s|ed)? (?:back )?(?=onto|to)|"
    r"(?:we|you|they|and|then|is|are) reset",
    de=r"teil(?:en|t)|geteilt|normier(?:en|t)|normalisier(?:en|t)|abgeschnitten|gerundet|überschr(?:eiben|ieben)",
    fr=r"divis(?:e|ons|ée?s?)|normalis(?:e|ons|ée?s?)|tronqu(?:e|ons|ée?s?)|arrondi(?:e|s)?",
    zh="归一化|截断|裁剪|除以",
    ja="正規化|切り詰め|割る",
)
SUPERSEDING = Words(
    "words that say that what stands on the page is another thing from there on",
    en=r"(?:from (?:now|here|this point|there) on(?:wards?)?|henceforth|hereafter|in what follows|in the sequel|"
    r"for the (?:rest|remainder) of)(?=.*(?:\binstead\b|§|◆|\bReLU|\btanh|\bactivation))(?=.*\b(?:is|are|be|becomes?|"
    r"use|uses|"
    r"using|let|take|put|replace|choose|switch)\b)|"
    r"(?:is|are|be|been|being|was|were|gets?) (?:now |then |everywhere |thereby |to be )*(?:replaced|"
    r"overwritten|redefined|modified|altered|changed)|"
    r"(?:we|you|one|let us|let's|now|and|then) (?:now |then |next |instead |also )*(?:replace|swap|exchange|modify|"
    r"change|"
    r"redefine|alter|switch)(?=[^§◆]{0,40}(?:◆|tanh|activation|nonlinearity|ReLU|sigmoid|function))|"
    r"(?:use|uses|using|take|takes|taking|put|with)(?=[^§◆]{0,60}(?:§|◆|tanh|ReLU|sigmoid|"
    r"activation)).{0,60}?\binstead\b"
    r"(?! of (?:summing|using|writing|the sum|a sum|working|computing))|"
    r"detach\w*|no gradients? (?:flows?|passes|goes)|"
    r"(?:stop|stops|stopped|stopping|cut|cuts|block|blocks) (?:the )?(?:gradients?|backpropagation)|teacher[- ]forcing|"
    r"(?:we |let us )?(?:now|here),? (?:we )?let [§◆](?=.{0,20}\b(?:be|denote|mean|stand)\b)|reads? [§◆] for [§◆]|"
    r"stands? for (?:its|the) (?:own )?(?:transpose|inverse|negative|square)|correction (?:to|of)(?= \()|"
    r"(?:have|has|had) (?:now )?(?:changed|swapped|exchanged|traded) (?:places|roles|meanings)|"
    r"(?:leave out|leaves out|drop|drops|omit|omits) the (?:factor|half|term|sign|last|first)(?=.*\()|"
    r"stop-?gradient|only (?:its|the) copy|(?:now |also |then )(?:add|adds|insert|inserts) an? (?:skip|residual|"
    r"extra|further|"
    r"second|new)",
    de=r"(?:von (?:jetzt|nun|hier) an|ab (?:jetzt|hier|sofort)|im folgenden|fortan)(?=.*(?:§|◆|\btanh))(?=.*\b(?:ist|"
    r"sind|sei|"
    r"wird|werden|verwenden|nehmen|setzen)\b)|"
    r"(?:wird|werden|ist|sind|sei) (?:\w+ ){0,4}?(?:ersetzt|ausgetauscht|überschrieben|abgeändert|geändert)|"
    r"(?:wir|man) (?:ersetzen|ersetzt|ändern|tauschen)(?=[^§]{0,40}(?:◆|tanh|aktivierung))",
    fr=r"(?:à partir de maintenant|désormais|dorénavant|dans la suite)(?=.*(?:§|◆|\btanh))(?=.*\b(?:est|sont|soit|on|"
    r"prend|pose|utilise)\b)|(?:est|sont|soit) (?:\w+ ){0,3}?(?:remplacée?s?|modifiée?s?|changée?s?)|"
    r"(?:on|nous) (?:remplace|remplaçons|modifie|modifions|change|changeons)(?=[^§]{0,40}(?:◆|tanh|activation))",
    es=r"(?:de ahora en adelante|a partir de ahora|en lo que sigue)(?=.*(?:§|◆|\btanh))|"
    r"(?:es|son|sea|se) (?:\w+ ){0,2}?(?:reemplazad\w+|sustituid\w+|modificad\w+|cambiad\w+)",
    pt=r"(?:de agora em diante|a partir de agora|doravante|no que segue)(?=.*(?:§|◆|\btanh))|"
    r"(?:é|são|seja) (?:\w+ ){0,2}?(?:substituíd\w+|trocad\w+|modificad\w+|alterad\w+)",
    it=r"(?:d['’]ora in poi|da ora in poi|nel seguito)(?=.*(?:§|◆|\btanh))|"
    r"(?:è|sono|sia) (?:\w+ ){0,2}?(?:sostituit\w+|rimpiazzat\w+|modificat\w+|cambiat\w+)",
    ru=r"(?:отныне|с этого момента|далее)(?=.*(?:§|◆))(?=.*(?:заменим|заменяется|пусть|возьмём|вместо))|"
    r"(?:заменяется|заменяются|заменён|заменена|заменено|изменяется|изменён)|(?:заменим|изменим)(?=[^§]{0,30}◆)",
    zh="(?:从现在起|从此|今后|此后|接下来|下文中?)[^。]{0,20}(?:改用|换成|改为|替换|取为|采用)|(?:被|改)(?:替换|换成|换为|改为|修改)",
    ja="(?:今後|以後|以降|これから|以下)[^。]{0,20}(?:置き換え|変更|代わりに|取り替え)|に置き換えられ|に変更され",
)
HEDGES = Words(
    "words with which a sentence names a function and does not say that the letter is that one",
    en=r"e\.g|example|instance|or|say|perhaps|typically|usually|often|sometimes|such|replaced|exchanged|if|when|except|"
    "unless|but|not|approximately|of",
    de="oder|etwa|meist|oft|beispielsweise|nicht|ungefähr",
    fr="ou|exemple|souvent|parfois|pas|approximativement",
    es="ejemplo|suele",
    ru="или|например|обычно|не",
    zh="或|例如|通常|比如|不",
    ja="または|例えば|通常|など|ない",
)
NUMBER = Words(
    "words that say of a letter that it is a number",
    en=r"scalars?|(?:real )?numbers?(?! of)",
    de=r"skalar\w*|(?:reelle )?zahl(?:en)?",
    fr=r"scalaires?|réels?|nombres?(?! d)",
    es=r"escalar(?:es)?|números? real(?:es)?|número(?! de)",
    ru=r"скаляр\w*|числ[оа](?! )",
    zh="标量|实数",
    ja="スカラー|実数",
)
ALL_NUMBERS = Words(
    "words that say that every letter is a number",
    en=r"(?:everything|all (?:quantities|letters|variables|of them|weights and states)) (?:is|are|being)?\s*"
    r"(?:an? )?(?:scalars?|(?:real )?numbers?)|everything an? (?:scalar|number)",
    de=r"(?:alles|alle größen) (?:ist|sind|seien) (?:skalar\w*|eine zahl|zahlen)|alles (?:eine zahl|skalar)",
    fr="tout est (?:scalaire|un nombre|réel)|toutes les (?:grandeurs|variables) sont (?:scalaires|réelles|des nombres)",
    es=r"todo es (?:escalar|un número)|todas las (?:cantidades|variables) son escalares",
    ru="все величины скалярн\\w*",
    zh="均为标量|都是标量|全是标量",
    ja="すべてスカラー|全てスカラー",
)
SUM_OF = Words(
    "words between a loss and the losses of steps that it is the sum of",
    en=r"the (?:sum|total) (?:of|over)(?: all| the)*(?: (?:per-)?step| stepwise)?(?: losses| costs| errors| terms)?",
    de=r"die summe (?:der|über)(?: alle)?(?: \w*(?:verluste|fehler|kosten))?",
    fr=r"la somme des(?: pertes| coûts| erreurs)?",
    es=r"la suma de(?: las pérdidas| los errores)?",
    zh="各步损失之和|的总和",
)
ACTS_WHOLE = Words(
    "words that say of a function that it needs its argument as a whole",
    en=r"(?:layer|batch|group|unit)[- ]?norm\w*|normali[sz]\w*|standardi[sz]\w*|mixes|attention|pooling|"
    r"whole (?:vector|argument|state|input)|all (?:its |the )?(?:entries|components|units) (?:together|at once)|"
    r"not (?:an? )?(?:activation|element-?wise|entry-?wise|component-?wise|pointwise)|"
    r"not (?:act|applied|work) (?:entry|element|component|on each|entry by entry)",
)
ACTS_ENTRYWISE = Words(
    "words that say of a function that it acts on each entry of its argument",
    en=r"(?:element|entry|component|coordinate|point)[- ]?wise|entry by entry|(?:to|on) each entry|"
    r"activation(?: function)?|non-?linearity|nonlinear function",
)
STAR = Words(
    "words that say of a star that it multiplies entry by entry",
    en=r"(?:\*|\\ast|stars?|asterisks?)[^.;]{0,60}?(?:(?:element|entry|component|coordinate|point)[- ]?wise|"
    r"entry by entry|hadamard)|(?:(?:element|entry|component|coordinate|point)[- ]?wise|hadamard)[^.;]{0,40}?"
    r"(?:\*|\\ast|stars?|asterisks?)",
    de=r"(?:\*|\\ast|stern(?:chen)?)[^.;]{0,60}?(?:elementweise\w*|komponentenweise\w*|hadamard\w*)",
    fr=r"(?:\*|\\ast|étoile|astérisque)[^.;]{0,60}?(?:élément par élément|terme à terme|composante par composante|"
    "hadamard)",
    zh=r"(?:\*|\\ast|星号)[^。；]{0,40}?(?:逐元素|逐元|哈达玛|Hadamard)",
    ja=r"(?:\*|\\ast|アスタリスク|星印)[^。]{0,40}?(?:要素ごと|アダマール)",
)

MADE_OF = Words(
    "words that say that a letter is made of what they speak of, and no data then",
    en=r"functions? of|depends? on|dependent on|proportional|comput\w+|obtained|produced|generated|derived|calculated|"
    r"given by|made (?:of|from)|(?:columns?|rows?|parts?|blocks?|halves|half) of|"
    r"comes? from|replaced|cop(?:y|ies) of|itself|fed back|result\w* (?:of|from)|"
    r"(?:previous|preceding|last|earlier|own|current) (?:\w+ )?(?:outputs?|states?|predictions?|activations?)",
    de=r"funktion\w* von|abhäng\w*|häng(?:t|en)|berechnet|erzeugt|ersetzt|vorherig\w*|selbst",
    fr=r"fonctions? d[eu]|dépend\w*|calculé\w*|produite?s?|obtenue?s?|remplacé\w*|précédente?s?|proportionnel\w*",
    zh="取决于|依赖于|的函数",
    ja="依存",
)
MADE_LETTERS = Words(
    "words for what a page has letters for",
    en="outputs?|states?|predictions?|activations?|weights?|parameters?|hidden|network|model",
    de="ausgaben?|zustand|zustände|gewichte?",
    fr="sorties?|états?|poids",
    zh="输出|状态|权重",
    ja="出力|状態",
)
OF_VECTORS = Words(
    "words of a page on which the letters are no numbers",
    en="matri(?:x|ces)|vectors?|(?:layers?|populations?|assembl(?:y|ies)|groups?|numbers?|set) of (?:[\\w-]+ )?"
    "(?:units|neurons|cells|nodes)|(?:all|several|many|hidden|recurrent) (?:[\\w-]+ )?(?:units|neurons)|"
    "fully connected",
    de=r"\w*matri(?:x|zen)|\w*vektor(?:en)?|schicht(?:en)? (?:\w+ )?(?:einheiten|neuronen)|"
    r"(?:alle|mehrere|viele) (?:\w+ )?(?:einheiten|neuronen)",
    fr="vecteurs?|couches? (?:de|d['’]) ?(?:neurones|unités)|plusieurs (?:neurones|unités)",
    zh="矩阵|向量|(?:多个|各|层)(?:隐藏|循环)?(?:单元|神经元)",
    ja="行列|ベクトル|(?:複数|層)の(?:ユニット|ニューロン)",
)
OF_SCALARS = Words(
    "words of a page on which they may be numbers after all",
    en=r"(?:one|a single) (?:recurrent |hidden )?(?:unit|neuron|number)|scalars?|one-dimensional|1-dimensional|1-?D|"
    r"univariate|(?:everything|all|each) (?:is )?(?:an? )?numbers?",
    de=r"skalar\w*",
    fr="scalaires?",
    zh="标量",
    ja="スカラー",
)

# --------------------------------------------------------------------------------------------------- what letters are

NEGATION = Words(
    "words that turn what is said into its opposite",
    en=r"not(?! (?:only|just|merely))|\w+n['’]t|cannot|never|no|neither|nor|none|nothing|without|independent\w*",
    de=r"nicht(?! nur)|keine?\w*|nie|niemals|ohne|unabhängig\w*",
    fr=r"ne|n['’]\w+|pas(?! seulement)|jamais|aucune?|sans|indépendant\w*|ni",
    es=r"no(?! sólo| solo)|nunca|ningun\w*|ningún|sin|independiente\w*|ni",
    ru=r"не(?! только)|нет|никогда|без|независим\w*|ни",
    zh="不(?!仅|只|但)|并非|没有|无关|非(?!线性|零)|独立|未",
    ja="ない|ません|なく|ず(?=に|、)|独立|無関係",
)
AND = Words(
    "words between what is listed",
    en="and|or|as well as",
    de="und|sowie|oder",
    fr="et|ou",
    es="y|e|o",
    ru="и|или",
    zh="和|与|及|、",
    ja="と|、|および",
)
FIRST_STATE = Words(
    "words for the state that a recurrence begins with",
    en=r"(?:first|initial|starting|zeroth) (?:(?:hidden|cell|recurrent|memory) )?"
    r"(?:states?|values?|conditions?|activations?|memory|vectors?)|state at (?:step|time) (?:zero|0)",
    de=r"(?:anfangs|start|initial)(?:zust[aä]nd\w*|wert\w*|bedingung\w*)|"
    r"(?:erste[rn]?|initiale[rn]?|anfängliche[rn]?) (?:verborgene[rn]? |versteckte[rn]? )?zust[aä]nd\w*",
    fr=r"(?:premiers?|premier) états?(?: cachés?)?|états?(?: cachés?)? (?:initia(?:l|ux)|de départ)|"
    r"conditions? initiales?|valeurs? initiales?",
    es=r"estados?(?: ocultos?)? inicial(?:es)?|primer estado(?: oculto)?|condici(?:ón|ones) inicial(?:es)?|"
    r"valor(?:es)? inicial(?:es)?",
    ru=r"начальн\w+ (?:скрыт\w+ )?(?:состояни\w+|услови\w+|значени\w+)|перв\w+ (?:скрыт\w+ )?состояни\w+",
    zh="初始(?:隐藏|隐|隐含)?(?:状态|值|条件)|初态|初值|起始(?:状态|值)|第一个(?:隐藏|隐)?状态",
    ja="初期(?:隠れ)?状態|初期値|初期条件|最初の(?:隠れ)?状態",
)
DEPENDING = Words(
    "words that say that something is computed from something else, and so no constant",
    en=r"functions? (?:of|in)|depends?(?! on (?:nothing|no|none)\b)|depend(?:ent|ing) (?:on|upon)|dependence|"
    r"var(?:y|ies) with|chang(?:e|es|ing) with|mov(?:e|es|ing) with|comput\w+|obtained|produced?|produces|produced by|"
    r"generated|derived|calculated|"
    r"formed|built|made|given by|determined by|comes? (?:from|out of)|equilibrium|stationary|steady state|remembered|"
    r"carried over|handed (?:over|on)|inherited|"
    r"fixed[- ]point|settles?|(?:ends?|ended) (?:up )?(?:in|with|at)|left (?:over )?by|taken over from|"
    r"warm(?:ed)?[- ]?up|"
    r"(?:first|earlier|previous|forward|second) pass|same network|outputs? of|results? (?:of|from)|resulting from|"
    r"encoded|emitted|predicted|parametri[sz]ed|shares?|involves?|contains?|influenced|affected",
    de=r"funktion\w* (?:von|der|des)|abhäng\w*|häng(?:t|en|e|end)|berechnet\w*|erzeugt\w*|bestimmt\w*|gebildet\w*|"
    r"entsteh(?:t|en)|ergibt|ergeben|variier\w+|enthält|stammt|gewonnen\w*|ausgabe (?:von|des|der)",
    fr=r"fonctions? d(?:e|u|es)|fonctions? d['’]|dépend\w*|calculée?s?|produite?s?|obtenue?s?|engendrée?s?|générée?s?|"
    r"issue?s?|provien\w+|vari(?:e|ent)|déterminée?s?|contien\w+|sorties? d\w+",
    es=r"funci(?:ón|ones) de|depend\w*|calculad[oa]s?|producid[oa]s?|obtenid[oa]s?|generad[oa]s?|determinad[oa]s?|"
    r"varía[n]?|provien\w+|se (?:calcula|obtiene|genera)n?|salida de",
    ru=r"завис\w+|функци\w+ от|функцией|вычисл\w+|получ\w+|порожд\w+|определяется|определён\w*|меня(?:ется|ются)|"
    r"содерж\w+|выход\w* сети",
    zh="依赖|取决于|的函数|由.{0,20}(?:计算|产生|生成|得到|给出|决定)|随.{0,12}(?:变化|改变)|有关|计算得到|生成|产生",
    ja="依存|関数で|の関数|から計算|計算され|計算する|生成され|得られる|によって決まる|で決まる|に応じて",
)
CONSTANT = Words(
    "words that say that nothing moves something",
    en="constants?|fixed|given|independent|known",
    de=r"konstant\w*|konstanten?|fest\w*|fix|gegeben\w*|unabhängig\w*",
    fr="constante?s?|fix(?:e|ée?)s?|donnée?s?|indépendante?s?",
    es="constantes?|fij[oa]s?|dad[oa]s?|independientes?",
    ru=r"констант\w*|постоянн\w*|фиксирован\w*|задан\w*|независим\w*",
    zh="常数|常量|恒定|固定|给定|无关",
    ja="定数|一定|固定|与えられ|無関係",
)
VARYING = Words(
    "words that say in one that something is no constant",
    en=r"non-?constant|variable|varying|weight-dependent|parameter-dependent",
    de=r"veränderlich\w*|nichtkonstant\w*|variabel|gewichtsabhängig\w*|parameterabhängig\w*",
    fr="non constante?s?|variables?",
    es="no constantes?|variables?",
    ru=r"непостоянн\w*|переменн\w*",
    zh="非常数|非常量|可变",
    ja="可変",
)
RANDOM = Words(
    "words that say that something is drawn, and so no function of a weight",
    en=r"random\w*|drawn|sampled|noise",
    de=r"zufällig\w*|gezogen\w*|zufall\w*",
    fr=r"aléatoire\w*|tirée?s?|hasard",
    es=r"aleatori\w*|azar",
    ru=r"случайн\w*",
    zh="随机|采样",
    ja="ランダム|乱数|無作為",
)
REFERRING = Words(
    "words that speak again of what was just named",
    en="it|they|which|that|this|these|both",
    de="er|sie|es|der|die|das|welche[rs]?|dies\\w*",
    fr="il|elle|ils|elles|qui|celui-ci|lequel",
    es="él|que|éste|este|cual",
    ru=r"он|она|оно|они|котор\w+|это",
    zh="它|其|这|该",
    ja="それ|これ",
)
OBJECTS = Words(
    "words before something that the sentence is not about: the gradient in it",
    en="to|in|of|by|at|on|through|until|after|behind|before|into|wrt|w\\.r\\.t\\.|from|and from|except|for|via|using",
    de="nach|von|vom|in|im|aus|zu|zum|bei|beim|ab|für|bis|über|durch|mittels",
    fr="de|du|des|par|à|au|en|dans|depuis|pour|jusqu['’]?à|selon",
    es="de|del|por|a|al|en|desde|para|hasta|según",
    ru="по|от|в|из|к|до|для|через|у",
    zh="对|关于|从|至|到",
)
ANY_FUNCTION = Words(
    "words that say of a function that it may be any",
    en=r"any(?! (?:steps?|times?|gates?|layers?|inputs?|entr(?:y|ies)|vectors?|arguments?|case|way|more|of|state|"
    r"component|loss))|anything|arbitrary|arbitrarily|generic|(?<!in )general|unspecified|whatever|unknown|"
    r"left open|left unspecified|some (?:[\w-]+ ){0,3}?"
    r"(?:functions?|non-?linearit(?:y|ies)|activations?|maps?)|a (?:suitable|given|fixed) (?:[\w-]+ ){0,3}?"
    r"(?:functions?|non-?linearity|activation|map)|not (?:further )?(?:specified|fixed|specialised|"
    r"specialized)|of (?:your|our|one['’]s) choice|need not be|not necessarily|not assumed to be",
    de=r"beliebig\w*|irgendeine?\w*|allgemeine?\w*|willkürlich\w*|unbestimmt\w*|nicht (?:näher|weiter) \w+|"
    r"nicht (?:unbedingt|notwendig\w*|zwingend)|offengelassen|generisch\w*",
    fr=r"quelconques?|arbitraires?|n['’]importe quelle?s?|générale?s?|générique?s?|(?:pas|non) (?:forcément|"
    r"nécessairement|précisée?s?|spécifiée?s?)|toute fonction",
    es=r"cualquier(?:a)?|arbitrari[oa]s?|genéric[oa]s?|general(?:es)?|no (?:necesariamente|especificad[oa])|"
    r"alguna función",
    ru=r"произвольн\w*|люб(?:ая|ой|ую|ые|ых)|общ(?:ая|ей|ую|его) вида?|некоторая|не обязательно|неконкретизирован\w*",
    zh="任意(?!时刻|时间|步|一步)|任何(?!时刻|时间|步)|一般的?(?:可微|光滑|非线性|激活|函数)|不一定|未必|不必|未指定|某个|某种",
    ja="任意の?(?!時刻|ステップ)|どんな|一般の|とは限らな|特定しない|何らかの|ある(?:微分可能|滑らか)",
)
OTHER_FUNCTION = Words(
    "names and kinds of functions that are not the logistic one",
    en=r"odd|even(?! (?:though|if|so))|squashing|monoton\w+|values (?:between|in|from)|divides?|standard deviation|"
    r"rectifie[rd]\w*|rectifying|relu\w*|(?:leaky|parametric) \w+|hyperbolic|tanh|tangent|identity|linear|affine|"
    r"softsign|softmax|softplus|swish|silu|gelu|selu|elu|mish|maxout|heaviside|threshold\w*|hard|signum|sign function|"
    r"step function|error function|erf|probit|gaussian|normal|sine|cosine|sinusoid\w*|arctan\w*|arcus|inverse|"
    r"polynomial\w*|cubic|quadratic|exponential|logarithm\w*|radial|hinge|absolute|clipped|spline|"
    r"another|other than|different from|(?:not|no longer) (?:the )?(?:logistic|sigmoid)",
    de=r"gleichrichter\w*|hyperbolicus|hyperbolisch\w*|tanh|tangens\w*|identität|linear\w*|schwellen\w*|sprungfunktion|"
    r"gauß\w*|sinus|kosinus|arkus\w*|polynom\w*|andere\w*|nicht (?:die )?(?:logistisch\w*|sigmoid\w*)|exponential\w*",
    fr=r"redress\w+|rectifi\w+|hyperbolique|tanh|tangente|identité|linéaire|seuil|échelon|gaussienne|sinus|cosinus|"
    r"arctangente|polyn[oô]m\w+|autre|exponentielle|(?:pas|non) (?:la )?(?:logistique|sigmoïde)",
    es=r"rectific\w+|hiperbólic\w+|tanh|tangente|identidad|lineal|umbral|escalón|gaussian\w+|seno|coseno|polinom\w+|"
    r"otra|exponencial|no (?:es )?(?:la )?(?:logística|sigmoide)",
    ru=r"выпрямит\w+|гиперболич\w+|тангенс\w*|тождественн\w+|линейн\w+|порогов\w+|ступенчат\w+|гауссов\w+|синус\w*|"
    r"косинус\w*|арктангенс\w*|полином\w*|многочлен\w*|друг(?:ая|ой|ую)|не (?:логистич\w+|сигмо\w+)",
    zh="修正线性|整流|线性整流|双曲|正切|恒等|(?<!非)线性函数|阈值|阶跃|高斯|正弦|余弦|多项式|别的|另一|其他|不是(?:逻辑|sigmoid)",
    ja="正規化線形|整流|ランプ|双曲線|正接|恒等|(?<!非)線形関数|しきい値|閾値|階段|ガウス|正弦|余弦|多項式|別の|他の",
)
TAKEN_AS = Words(
    "words between a letter and what one takes for it",
    en=r"(?:we|you|one) (?:take|use|choose|set|employ|allow|let|put)|(?:is|are|be) (?:taken|chosen|set|allowed|assumed|"
    r"left)|(?:may|can|could|might|will|shall|need not) be|takes?|divides?|maps?|squashes|remains?|stays?|represents?|"
    r"refers to|stood for|works as|"
    r"acts as|was|were|being",
    de=r"(?:nehmen|wählen|verwenden|benutzen|setzen) wir|steht für|darf|kann|wird|bleibt|sind|seien|bezeichne",
    fr=r"(?:on|nous) (?:prend|prenons|choisit|choisissons|utilise|utilisons)|peut être|sera|reste|sont|soient|"
    "désignent",
    es=r"(?:tomamos|usamos|elegimos|se toma|se elige)|puede ser|será|queda|son|sean",
    ru=r"(?:берём|возьмём|выберем|используем)|может быть|будет|означает|является|—|-",
    zh="取为|选为|采用|使用|可以是|可为|可取|代表|设为",
    ja="として|とする|には",
)
LOGISTIC = Words(
    "words for the logistic function",
    en=r"logistic|sigmoid(?:al)?|expit",
    de=r"logistisch\w*|sigmoid\w*",
    fr="logistique|sigmoïde|sigmoide",
    es="logística|sigmoide",
    ru=r"логистич\w+|сигмо\w+",
    zh="逻辑斯|逻辑函数|S型|sigmoid|Sigmoid|logistic",
    ja="シグモイド|ロジスティック",
)
ACTIVATION = Words(
    "words for the activation of a page",
    en=r"activations?(?: functions?)?|non-?linearit(?:y|ies)|squashing functions?|sigma",
    de=r"aktivierung(?:sfunktion)?(?:en)?|nichtlinearität(?:en)?",
    fr=r"(?:fonctions? d['’])?activations?|non-?linéarités?",
    es=r"(?:funci(?:ón|ones) de )?activaci(?:ón|ones)|no linealidad(?:es)?",
    ru=r"(?:функци\w+ )?активаци\w+|нелинейност\w+",
    zh="激活函数|激活|非线性函数",
    ja="活性化関数|非線形関数",
)

TIED = Words(
    "words that say that two letters are one",
    en=r"one and the same|reuses|nothing but|a view of|another name (?:of|for)|name one|holds? both|inherits|"
    r"serves? (?:both |twice |also )?as|(?:weight|parameter)[- ]tying|doubles as|"
    r"plays? (?:both|the) (?:parts?|roles?) of|(?:is|are) (?:re-?)?used (?:both|again|twice) as|"
    r"(?:the )?(?:very )?same (?:matri(?:x|ces)|weights?|parameters?|tensors?|object|thing|array)|"
    r"equals?|equal to|coincid\w+|identical|identified|tied|(?:a )?cop(?:y|ies) of|(?:the )?transposes? of|"
    r"(?:are|is) (?:both )?(?:just |simply |really |actually |in fact )?(?:the same|equal|shared|another name)"
    r"(?! (?:across|over|between|by|among|for|at|in|through|size|shape|dimension|kind|way|role|as before))|"
    r"agrees? with|two names (?:for|of)|shar(?:e|es|ing) (?:its|their|all|the same|one)|do(?:es)? not differ",
    de=r"ein und dieselben?|dieselben?|derselbe|dasselbe|identisch|gleich(?! (?:groß|viele))|übereinstimm\w+|"
    r"stimm(?:t|en) (?:\w+ )?überein|gekoppelt|fallen zusammen|(?:eine )?kopien? von|"
    r"transponierte (?:von|zu)|gemeinsame[rsn]? (?:matrix|gewicht\w*)",
    fr=r"une seule et même|identiques?|égale?s?|égaux|les? mêmes?|la même|coïncid\w+|confondu\w*|liée?s?|"
    r"(?:une )?copies? de|transposée de",
    es=r"una y la misma|idéntic[oa]s?|iguale?s?|l[oa]s? mism[oa]s?|el mismo|coincid\w+|ligad[oa]s?|"
    r"(?:una )?copias? de|traspuesta de",
    ru=r"одна и та же|совпада\w+|равн[аыо]?|одинаков\w+|тождественн\w+|связан\w+|копи\w+|одно и то же",
    zh="同一(?!时)|相同|相等|等于|一样|就是|绑定|共用|是一回事|一致",
    ja="同じ|等しい|同一|一致|共有|共通",
)
ONCE_MORE = Words(
    "words behind two letters that say that they are one",
    en=r"once (?:more|again)|again|transposed|in disguise|itself|under (?:another|a new|a different) name|renamed|"
    r"re-?used",
    de=r"noch einmal|wieder|selbst|unter anderem namen",
    fr=r"encore une fois|elle-même|sous un autre nom",
    es=r"otra vez|misma|con otro nombre",
    ru=r"ещё раз|еще раз|под другим именем",
    zh="本身|再次|的别名",
    ja="そのもの|再び|の別名",
)
OVER_STEPS = Words(
    "words for steps, over which weights are shared by custom, and for sizes, which may be the same",
    en=r"(?:time[- ])?steps?|times?|timesteps?|layers?|examples?|sequences?|positions?|shapes?|sizes?|dimensions?",
    de=r"\w*schritt\w*|zeit\w*|schicht\w*|größe\w*|dimension\w*|form",
    fr=r"pas|temps|étapes?|instants?|couches?|tailles?|dimensions?|formes?",
    es=r"pasos?|tiempos?|instantes?|capas?|tamaños?|dimensi\w+|forma",
    ru=r"шаг\w*|времен\w*|момент\w*|сло[йяёе]\w*|размер\w*",
    zh="时刻|时间|步|层|形状|维|大小",
    ja="時刻|ステップ|時間|層|形|次元|サイズ",
)
LAYER = Words(
    "words for layers, without which only l counts them",
    en=r"layers?|layered|stacked|deep|depth",
    de=r"\w*schicht\w*|gestapelt\w*",
    fr=r"couches?|empilée?s?",
    es=r"capas?|apilad[oa]s?",
    ru=r"сло[йяёеиюв]\w*|многослойн\w*",
    zh="层",
    ja="層|レイヤ",
)
SHARING = Words(
    "words for what several have in common, which layers have of their own where none says it",
    en=r"shar(?:e[sd]?|ing)|re-?us\w+|(?:the|one) same|in common|one (?:matrix|set)|copies|common",
    de=r"teil(?:t|en)|geteilt\w*|gemeinsam\w*|wiederverwend\w+|dieselben?|derselbe|dasselbe",
    fr=r"partag\w+|commune?s?|les? mêmes?|la même",
    es=r"compart\w+|comun(?:es)?|común|l[oa]s? mism[oa]s?|el mismo",
    ru=r"общ\w+|раздел\w+|одн[аои]\w* и т\w+ же|одинаков\w+",
    zh="共享|共用|相同|同一|一样",
    ja="共有|共通|同じ|同一",
)
TIME = Words(
    "words for time, over which weights are shared by custom",
    en=r"(?:time[- ]?)?steps?|times?|moments?",
    de=r"\w*schritt\w*|zeit\w*",
    fr=r"pas|temps|instants?",
    es=r"pasos?|tiempos?|instantes?",
    ru=r"шаг\w*|врем\w*|момент\w*",
    zh="时刻|时间|步",
    ja="時刻|時間|ステップ",
)
DATA_NOUNS = Words(
    "words for what comes into a network from outside",
    en="inputs?|features?|embeddings?|data|observations?|input (?:vectors?|sequence)|sequence",
    de=r"eingaben?|eingänge?|eingang|merkmale?|daten|beobachtungen?|einbettungen?",
    fr=r"entrées?|données|observations?|plongements?",
    es=r"entradas?|datos|observaciones|características",
    ru=r"вход\w*|данн\w+|наблюдени\w+|признак\w*",
    zh="输入|数据|特征|观测|嵌入",
    ja="入力|データ|特徴|観測|埋め込み",
)
OWN_PARAMETERS = Words(
    "words that say of a function that it has more in it than its argument",
    en=r"parametri[sz]ed|parameteri[sz]ed|(?:has|have|with|whose|its|learned|own) (?:\w+ ){0,2}?"
    r"(?:parameters?|slopes?|weights?|coefficients?)|depends? (?:also |itself |further )?on|involves?|contains?|"
    r"built from|(?:comput|deriv|obtain|construct|generat)\w+ from|function of (?!its)|uses?",
    de=r"parametrisiert\w*|parameter\w*|häng(?:t|en)|abhängig|enthält|(?:berechnet|erzeugt|gewonnen) \w+|benutzt",
    fr=r"paramétrée?s?|paramètres?|dépend\w*|contient|(?:calculée?s?|obtenue?s?) \w+|utilise",
    es=r"parametrizad\w+|parámetros?|depende\w*|contiene|(?:calculad|obtenid)\w+ de|usa",
    ru=r"параметр\w*|завис\w+|содерж\w+",
    zh="参数|依赖|取决于|含有|包含",
    ja="パラメータ|依存|含む",
)
ONLY_THROUGH = Words(
    "words that say that something is only in the argument of a function",
    en=r"only through|through its (?:\w+ )?(?:argument|input)|only via|via its (?:argument|input)|applied to|acts? on",
    de=r"nur (?:über|durch)|angewend\w+|angewandt\w*|wirkt",
    fr=r"seulement (?:par|à travers)|appliquée?s?|agit",
    es=r"sólo a través|solo a través|aplicad\w+|actúa",
    ru=r"только через|применя\w+|действует",
    zh="仅通过|只通过|作用于|应用于",
    ja="を通じてのみ|に適用|作用",
)
SUPPOSED_OF = Words(
    "words that give a letter a property for the whole page",
    en=r"suppose|assume|assuming|supposing|postulate|require|consider",
    de=r"angenommen|(?:wir )?nehmen (?:wir )?an|vorausgesetzt|gelte|fordern",
    fr=r"supposons|on suppose|nous supposons|admettons|on impose",
    es=r"supongamos|suponemos|se supone|asumimos",
    ru=r"предположим|допустим|предполагаем",
    zh="假设|假定|要求",
    ja="仮定",
)
TREATED = Words(
    "words before what is held fixed on a whole page",
    en=r"treat(?:s|ed|ing)?|regard(?:s|ed|ing)?|view(?:s|ed|ing)?|detach(?:es|ed|ing)?|freez(?:e|es|ing)|frozen|"
    r"considered|hold|held|keep|kept",
    de=r"behandeln?|behandelt|betrachten?|betrachtet|halten|gehalten|ansehen|angesehen|einfrieren|eingefroren",
    fr=r"trait(?:e|ons|ée?s?|ant)|considér(?:e|ons|ée?s?|ant)|gel(?:e|ons|ée?s?)|tenue?s?",
    es=r"trat(?:amos|a|ad[oa]s?)|consider(?:amos|a|ad[oa]s?)|congel\w+|mantien\w+",
    ru=r"считаем|считается|рассматрива\w+|полагаем|заморо\w+",
    zh="视为|看作|当作|当成|看成|冻结",
    ja="みなす|みなし|扱う|扱い|凍結",
)
OF_DERIVATIVES = Words(
    "words of a sentence that is about derivatives",
    en=r"deriv\w+|partials?|gradients?|jacobians?|differentiat\w+",
    de=r"\w*ableit\w*|\w*gradient\w*|jacobi\w*|differen\w+",
    fr=r"dériv\w+|gradients?|jacobienn?e?s?|différen\w+",
    es=r"deriv\w+|gradientes?|jacobian\w+|diferenc\w+",
    ru=r"производн\w+|градиент\w*|якобиан\w*|дифференц\w+",
    zh="导数|偏导|梯度|雅可比|求导|微分",
    ja="微分|導関数|勾配|ヤコビ",
)

# --------------------------------------------------------------------------------------------------- what is changed

HEDGED = Words(
    "words of a sentence about what others do, or what may be done: it changes nothing on the page",
    en=r"often|sometimes|usually|typically|commonly|frequently|in practice|practical\w*|can|could|may|might|would|"
    r"e\.g|for (?:example|instance)|to (?:avoid|prevent|combat|mitigate|counter|fight|tame|stabili[sz]e|speed)|if|"
    r"unless|"
    r"popular|proposed|introduced|et al|help(?:s|ed)?|allow(?:s|ed)?|eas(?:es|ier)|alleviat\w+|solv(?:e|es|ed)|"
    r"frameworks?|pytorch|tensorflow|keras|jax|unlike|in contrast|compared? (?:to|with) (?:other|the usual)|"
    r"alternatives?|variants?|extensions?|exercises?|train(?:ed|ing)?|optimi[sz]\w+|learning rate|before (?:the|each|"
    r"every) update|"
    r"epochs?|iterations?|initiali[sz]\w+|at (?:test|inference) time|inference|authors?|others?|literature|history|"
    r"history|historically|tricks?|recall that|in general|algorithms?|methods?|approach\w*|known as|called|so-called|"
    r"problem|unstable|vanish\w*|explod\w*|papers?|section|chapter",
    de=r"oft|häufig|manchmal|meist\w*|üblich\w*|gewöhnlich|in der praxis|kann|können|könnte\w*|würde\w*|z\. ?b|etwa|"
    r"wenn|"
    r"falls|um zu|trainier\w*|training\w*|optimier\w*|lernrate|gradientenabstieg|initialis\w*|andere\w*|literatur|"
    r"verfahren",
    fr=r"souvent|parfois|généralement|habituellement|en pratique|peut|peuvent|pourrait|par exemple|si|afin|pour éviter|"
    r"entraîn\w*|apprentissage|optimis\w*|initialis\w*|d['’]autres|littérature|méthodes?",
    es=r"a menudo|a veces|normalmente|habitualmente|en la práctica|puede\w*|podría\w*|por ejemplo|si|para evitar|"
    r"entrena\w*|optimiz\w*|inicializ\w*|otros|literatura|métodos?",
    ru=r"часто|иногда|обычно|на практике|может|могут|можно|например|если|чтобы|обуч\w*|оптимиз\w*|инициализ\w*|"
    r"други[ех]|литератур\w*|метод\w*",
    zh="常常?|往往|通常|有时|实践中|实际中|可以|可能|例如|比如|如果|为了|训练|优化|初始化|其他|文献|方法|算法",
    ja="しばしば|時々|通常|実際には|できる|可能|例えば|もし|ために|訓練|学習|最適化|初期化|他の|文献|手法",
)
OF_A_LOSS = Words(
    "words for a loss and for what it is made of, step by step",
    en=r"loss(?:es)?|costs?|objectives?|criterion|errors?|(?:time )?steps?|padding|positions|outputs?|predictions?|"
    r"read-?outs?|targets?|labels?|logits?",
    de=r"\w*verlust\w*|kosten\w*|zielfunktion|fehler|\w*schritte?n?|ausgaben?|vorhersagen?|ziele?|zielwerte?",
    fr=r"pertes?|coûts?|objectif|erreurs?|pas|étapes?|sorties?|prédictions?|cibles?",
    es=r"pérdidas?|costes?|costos?|objetivos?|error(?:es)?|pasos?|salidas?|predicci\w+",
    ru=r"потер\w+|функци\w+ потерь|ошибк\w+|шаг\w*|выход\w*|предсказани\w+|цел\w+",
    zh="损失|代价|目标|误差|时间步|时刻|填充|输出|预测|标签",
    ja="損失|コスト|目的関数|誤差|ステップ|時刻|出力|予測|目標|ラベル",
)
CHANGES_LOSS = Words(
    "words of what is done to a loss, to its errors or to the outputs before it, beside what is displayed",
    en=r"(?:loss(?:es)?|costs?|objectives?|criterion|errors?|terms?|steps?|padding|positions)\b[^.;:]{0,50}?"
    r"(?:is|are|gets?|be|being|been|and|we|not) (?:[\w-]+ ){0,3}?(?:averaged|masked|weighted|weighed|re-?weighted|"
    r"re-?scaled|"
    r"scaled|divided|normali[sz]ed|clipped|capped|cut (?:off|to|at)|smoothed|discounted|excluded|discarded|doubled|"
    r"halved|"
    r"squashed|square-?rooted|logarithmed|raised)|"
    r"(?:outputs?|predictions?|read-?outs?|targets?|logits?|they)\b[^.;:]{0,50}?(?:is|are|gets?|be|being|been|and|we) "
    r"(?:[\w-]+ ){0,3}?(?:standardi[sz]ed|normali[sz]ed|whitened|cent(?:e)?red|clipped|clamped|rounded|quanti[sz]ed|"
    r"rectified|"
    r"thresholded|doubled|halved|tripled|negated|delayed|shifted|lagged|permuted|reversed|smoothed|re-?scaled|scaled|"
    r"amplified|attenuated|averaged|squared|(?:passed|sent|fed|run|put|routed) (?:\w+ )?through|added|summed|mixed|"
    r"blended)|"
    r"(?:we|one) (?:[\w-]+ ){0,2}?(?:average|mask|re-?weight|weight|discount|re-?scale|normali[sz]e|standardi[sz]e|"
    r"whiten|"
    r"clip|clamp|round|rectify|double|halve|smooth|exclude|discard|shift|delay) (?:the |all |every |each |our |its |"
    r"out )*"
    r"(?:\w+ ){0,3}?(?:loss(?:es)?|costs?|objectives?|errors?|outputs?|predictions?|logits?|steps?|padding)|"
    r"only [^.;]{0,40}?(?:contributes? to|scored|counts? towards)|(?:loss(?:es)?|costs?|"
    r"errors?) [^.;]{0,30}multiplied by "
    r"(?:zero|an? (?:weight|factor)|weights|its weight|two|three)|counted (?:§|◆|twice|double|several)|"
    r"decays? geometrically|"
    r"arrives? [^.;]{0,20}late|(?:loss|cost|objective) is (?:linear|quadratic) (?:for|beyond)|we average(?! the grad)|"
    r"(?:outputs?|labels?|steps) (?:is|are) (?:thrown away|skipped)|on their errors|inverse variance|for large errors|"
    r"weighs? (?:more|less|by|as|twice)|counts? (?:for )?(?:more|less|twice|double|half|once)|"
    r"enters? (?:[\w ]{0,20}?)(?:with (?:an? )?(?:weight|factor|minus|sign)|twice|squared|only)|"
    r"(?:do|does|did)(?: not|n['’]t) (?:enter|count|contribute)|(?:un|not |never |only )scored|not (?:\w+ )?(?:scored|"
    r"counted)|"
    r"(?:is|are) scored|burn-?in|warm-?up (?:phase|steps?|period)|huber|log-?cosh|grow(?:s|ing)? linearly|hinge|"
    r"compared (?:with|to|against) [^.;]*(?:later|earlier|ahead|behind|next|previous|following|preceding|before it)|"
    r"(?:is|are|as|means?|denotes?) (?:an?|the|its|our)? ?(?:running |moving |rolling )?(?:means?|averages?|median|"
    r"maximum|minimum|geometric mean|"
    r"root|logarithm) (?:over|of|across|squared)|(?:is|are) means? over|over (?:a |the |each )?mini-?batch(?:es)?|"
    r"(?:an? |the )?gain (?:of|is)|keep (?:calling|writing|the name)|"
    r"(?:every|each) (?:second|other|third|fourth|odd|even|tenth) (?:\w+ )?(?:is|are|counts?|enters?|step)|"
    r"only (?:the )?(?:odd|even|last|first|final)\b[^.;]{0,30}(?:scored|counts?|counted|enters?|contributes?|matters?)",
    de=r"(?:wird|werden|ist|sind) (?:[\w-]+ ){0,5}?(?:gemittelt|maskiert|gewichtet|skaliert|normiert|normalisiert|"
    r"abgeschnitten|begrenzt|verdoppelt|halbiert|ausgeschlossen|nicht gezählt|verschoben|geglättet|standardisiert|"
    r"gerundet)|"
    r"(?:zählt|zählen|geht|gehen) (?:\w+ ){0,4}?(?:nicht|doppelt|halb|mehr|weniger|mit gewicht)",
    fr=r"(?:est|sont) (?:[\w-]+ ){0,3}?(?:moyennée?s?|masquée?s?|pondérée?s?|normalisée?s?|tronquée?s?|doublée?s?|"
    r"divisée?s?|"
    r"exclue?s?|décalée?s?|lissée?s?|arrondie?s?|standardisée?s?)|ne (?:compten?t?|contribuent|entrent?) pas|"
    r"(?:est|sont) (?:une |des |la )?moyennes? (?:sur|de)",
    es=r"(?:se|es|son|está|están) (?:[\w-]+ ){0,3}?(?:promedia\w*|enmascara\w*|pondera\w*|normaliza\w*|recorta\w*|"
    r"duplica\w*|"
    r"divide\w*|excluy\w*|excluid\w*|desplaza\w*|suaviza\w*|redondea\w*|estandariza\w*)|no (?:cuentan?|contribuyen?|"
    r"entran?)",
    ru=r"усредня\w+|усреднен\w*|усреднён\w*|маскиру\w+|взвешива\w+|взвешен\w*|нормиру\w+|обрезан\w*|обреза\w+|"
    r"удваива\w+|"
    r"сдвинут\w*|сглажива\w+|не (?:учитыва\w+|входят|входит)",
    zh="(?:被|取|先|再|要)?(?:平均|均值|加权|掩码|屏蔽|归一化|标准化|截断|裁剪|加倍|平移|平滑|舍入)|不计入|不参与|不算",
    ja="平均され|平均をとる|平均を取|重み付けされ|マスクされ|正規化され|標準化され|クリップされ|二倍|除外され|数えな|含めな",
)
PENALISING = Words(
    "words for what is added to a loss to keep weights or states small",
    en=r"weight decay|ridge|lasso|tikhonov|regulari[sz](?:e|es|ed|er|ers|ation|ing)|penali[sz](?:e|es|ed|ing)|"
    r"penalt(?:y|ies)|"
    r"shrinkage|sparsity|activity cost|(?:gaussian|laplace) prior|l[12] (?:term|norm of)|entropy bonus|"
    r"auxiliary loss\w*",
    de=r"gewichtszerfall|regularisier\w*|strafterm\w*|bestraf\w*",
    fr=r"régularis\w*|pénalis\w*|pénalité\w*",
    es=r"regulariz\w*|penaliz\w*",
    ru=r"регуляриза\w*|штраф\w*",
    zh="正则|权重衰减|惩罚",
    ja="正則化|重み減衰|罰則",
)
OF_A_NETWORK = Words(
    "words for what a network is made of",
    en=r"units?|neurons?|states?|activations?|weights?|matri(?:x|ces)|entr(?:y|ies)|parameters?|networks?|cells?|"
    r"layers?|"
    r"connections?|synapses?|rows?|columns?|gates?|quantities|letters|variables|recurrence|nonlinearity|read-?outs?|"
    r"components?",
    de=r"einheiten|neuron\w*|zust\w+|gewichte?|matri\w+|einträge|netz\w*|zellen?|schicht\w*|größen",
    fr=r"unités?|neurones?|états?|poids|matrices?|coefficients?|réseau\w*|cellules?|couches?|grandeurs",
    es=r"unidad(?:es)?|neuronas?|estados?|pesos?|matri\w+|redes|red|celdas?|capas?",
    ru=r"нейрон\w*|состояни\w+|вес\w*|матриц\w*|сет[иь]\w*|ячейк\w*|сло[йяёе]\w*",
    zh="单元|神经元|状态|权重|矩阵|网络|层|参数",
    ja="ユニット|ニューロン|状態|重み|行列|ネットワーク|層|パラメータ",
)
CHANGES_NETWORK = Words(
    "words of what is done to states, units or weights beside what is displayed",
    en=r"(?:is|are|gets?|be|being|been|and|we|then) (?:[\w-]+ ){0,3}?(?:(?:switch|turn|shut)(?:ed)? (?:off|on)|"
    r"drop(?:ped)? (?:out|at random)|silenced?|mask(?:ed)?|zeroed|normali[sz]ed?|standardi[sz]ed?|rescaled?|clipped|"
    r"clamped|"
    r"rounded|quanti[sz]ed|binari[sz]ed|discreti[sz]ed|thresholded|rectified|delayed|rewritten|overwritten|"
    r"symmetri[sz]ed|projected (?:back )?(?:onto|to|on)|perturbed?|corrupted|jittered|permuted|smoothed|pruned|damped|"
    r"low-pass\w*|complex(?:-valued)?(?= *(?:[.,;]|and|\Z))|multiplied by (?:an? )?(?:random|noise|mask|gain|scalar)|"
    r"copied(?! (?:to|into))|skipped|wrapped in|divided by (?:its|their)|scaled to|preceded by|passed through an?\b|"
    r"stored with|re-?drawn|re-?sampled|(?:sampled|drawn) (?:anew|again|at (?:each|every)))|"
    r"(?:outputs?|predictions?|read-?outs?)\b[^.;:]{0,30}fed back|set to (?:zero|0|one|1) (?:at random|"
    r"with probability|at (?:each|every)|in (?:each|every))|"
    r"(?:units?|neurons?|states?|gates?|cells?|nonlinearity)\b[^.;]{0,20} (?:is|are) (?:dead|stochastic|random|noisy)|"
    r"dead zone|direct (?:path|connection|link)|(?:depends?|acts?|reads?) (?:also )?directly|(?:receives?|gets?|"
    r"hears?) [^.;]{0,40}steps "
    r"(?:ago|earlier|back)|opposite sign|(?:twice|several times) per step|is a residual|residual one|"
    r"(?:negative|small|large) states? are|(?:random|binary) masks?|by its sign|by their signs?|"
    r"fires? (?:only )?(?:with probability|at random|stochastically)|always (?:one|1|zero|0|on|off|equal)|"
    r"(?:with|at|in|to|of) \w+[- ]bits?|enters? (?:[\w ]{0,20}?)(?:twice|with a minus|negatively|squared)|"
    r"(?:weights?|matri(?:x|ces)|parameters?|connections?|synapses?|◆)[^.;§◆]{0,60}?(?:updated|changed?|adapted|"
    r"refreshed|"
    r"modified|re-?learned|drifts?|evolves?|moves?|decays?|grows?)[^.;§◆]{0,20}(?:after|at|in|with|between|from|on|"
    r"during) "
    r"(?:each|every|one) (?:single )?(?:time[- ]?)?(?:steps?|use|symbol|input|moment|tick)|"
    r"(?:after|at|between|with) (?:each|every) (?:time[- ]?)?(?:step|use|tick)[^.;]{0,40}(?:weights?|matri(?:x|ces)|"
    r"parameters?|◆)"
    r"[^.;]{0,30}(?:updated|rewritten|changed|drawn|sampled|adapted|modified|set)|fast weights?|hebbian|"
    r"(?:kept|constrained|forced|restricted) (?:to be |to |on )?(?:symmetric|orthogonal|unitary|positive|non-?negative|"
    r"normali[sz]ed|the|a)|spectral(?:ly)? norm\w*|weight norm\w*|"
    r"except (?:for |in |at |that )?(?:the|one|some|a) [^.;]{0,40}?(?:units?|entr(?:y|ies)|components?|rows?|columns?|"
    r"layers?|"
    r"neurons?|steps?|cells?)|"
    r"skip[- ]connections?|short-?cuts?|residual (?:connection|link|branch|path|stream)s?|"
    r"(?:identity|bypass|by-pass) (?:path|branch|connection)s?|bypass(?:es)?|highway|leaky|leaks?|peepholes?|"
    r"feedback (?:connection|loop)s?|(?:additive|gaussian|injected|white|multiplicative|random) noise|noise (?:is|"
    r"added)|"
    r"noisy|jumps? (?:over|from)|lateral|attention weights",
    de=r"(?:wird|werden|ist|sind) (?:[\w-]+ ){0,5}?(?:abgeschaltet|ausgeschaltet|maskiert|normiert|normalisiert|"
    r"gerundet|"
    r"quantisiert|abgeschnitten|überschrieben|zurückgeführt|verrauscht|gestört|geglättet|binarisiert)|"
    r"überbrückung\w*|kurzschlussverbindung\w*|residual\w*verbindung\w*|leck\w*|rauschen wird",
    fr=r"(?:est|sont) (?:[\w-]+ ){0,3}?(?:éteinte?s?|désactivée?s?|masquée?s?|normalisée?s?|arrondie?s?|quantifiée?s?|"
    r"tronquée?s?|réécrite?s?|bruitée?s?|lissée?s?|binarisée?s?)|connexions? (?:résiduelle|directe)s?|court-circuit|"
    r"à fuite",
    es=r"(?:se|es|son|está|están) (?:[\w-]+ ){0,3}?(?:apaga\w*|desactiva\w*|enmascara\w*|normaliza\w*|redondea\w*|"
    r"cuantiza\w*|"
    r"recorta\w*|reescri\w*|suaviza\w*|binariza\w*)|conexi(?:ón|ones) residual\w*|con fuga",
    ru=r"отключа\w+|обнуля\w+|маскиру\w+|нормиру\w+|нормализу\w+|округля\w+|квантова\w+|обреза\w+|перезаписыва\w+|"
    r"зашумля\w+|остаточн\w+ (?:связ\w+|соединени\w+)|с утечкой",
    zh="随机关闭|随机失活|置零|归一化|标准化|舍入|量化|截断|裁剪|重写|加噪|噪声|二值化|残差连接|跳跃连接|捷径|泄漏",
    ja="ランダムに(?:無効|オフ)|ゼロにされ|正規化され|丸められ|量子化され|クリップされ|書き換えられ|ノイズが|残差接続|スキップ接続|漏れ",
)
CHANGES_BACKWARD = Words(
    "words of what is done to derivatives on their way back, which then are no derivatives",
    en=r"(?:gradients?|errors?|error signals?|deltas?|sensitivit\w+|derivatives?|signals?|back-?prop\w*|unrolling|"
    r"backward pass)\b[^.;:]{0,50}?(?:(?:is|are|gets?|be|being|and) (?:[\w-]+ ){0,2}?(?:truncated|cut|stopped|blocked|"
    r"halted|symmetri[sz]ed|zeroed|averaged with|projected|limited)|"
    r"(?:not|never|nowhere) (?:\w+ )?(?:passed|propagated|sent|carried|handed|let|followed|flow\w*|backpropagated|"
    r"go(?:es)?|cross\w*|reach\w*|leave)|(?:stops?|ends?|halts?) (?:after|at|there|behind|one|two)|"
    r"(?:taken|computed|understood) on (?:that|the|this|a) |goes? (?:only )?(?:one|two|three|\d+|a few) steps? back|"
    r"(?:only|just) (?:one|two|three|\d+|a few) steps? back)|"
    r"(?:errors?|error signals?|deltas?|sensitivit\w+|signals?)\b[^.;:]{0,50}?(?:is|are|gets?|be|being|and) "
    r"(?:[\w-]+ ){0,2}?(?:clipped|capped|rounded|quanti[sz]ed|thresholded)|"
    r"(?:we|one) (?:[\w-]+ ){0,2}?(?:truncate|cut|stop|block|halt) (?:the |all |every |our |off )*(?:gradients?|"
    r"errors?|"
    r"back-?prop\w*|unrolling|derivatives?)|(?:we|one) (?:clip|cap|round) (?:the |all |every )*(?:error|delta|"
    r"signal)s?|"
    r"no (?:gradients?|errors?|error signals?|signals?) (?:is|are|may|can) (?:passed|propagated|sent|carried|let)|"
    r"nothing flows back|"
    r"(?:flows?|goes?|go) back (?:only )?(?:one|two|three|\d+) steps? only|surrogate|feedback alignment|on (?:the|"
    r"a) sphere|"
    r"(?:ignored|dropped|constants?|replaced|identity|skipped)[^.;]{0,20}(?:in|for|on) (?:the|its|"
    r"their) (?:backward pass|way back)|"
    r"cut the backward pass|(?:error signals?|deltas?|errors?) (?:is|are) bounded by|gradient is the natural|"
    r"tape is cleared|"
    r"derivative of the nonlinearity is (?:taken|set)|only the direct (?:influence|path|effect) is|"
    r"straight-through|(?:riemannian|natural|covariant|wirtinger) gradients?|"
    r"gradients?[^.;]{0,60}(?:metric|fisher)|on (?:that|this|the) manifold",
    de=r"(?:gradient\w*|fehler\w*|rückwärts\w*|backpropagation) (?:wird|werden) (?:[\w-]+ ){0,4}?(?:abgebrochen|"
    r"abgeschnitten|"
    r"gestoppt|begrenzt|gekürzt|nicht (?:\w+ )?(?:weitergegeben|zurückgeführt))",
    fr=r"(?:gradients?|erreurs?|rétropropagation) (?:est|sont|n['’]est pas|"
    r"ne sont pas) (?:[\w-]+ ){0,2}?(?:tronquée?s?|coupée?s?|"
    r"arrêtée?s?|limitée?s?|écrêtée?s?|transmise?s?|propagée?s?)",
    es=r"(?:gradientes?|error(?:es)?|retropropagación) (?:no )?(?:se|es|son|está) (?:[\w-]+ ){0,2}?(?:trunca\w*|"
    r"corta\w*|"
    r"detien\w*|limita\w*|recorta\w*|propaga\w*|transmit\w*)",
    ru=r"(?:градиент\w*|ошибк\w*|распространени\w*) (?:не )?(?:[\w-]+ ){0,2}?(?:обреза\w+|усека\w+|останавлива\w+|"
    r"ограничива\w+|"
    r"переда\w+|пропуска\w+)",
    zh="(?:梯度|误差|反向传播)[^，。]{0,8}(?:被?截断|裁剪|停止|不再?(?:回传|传递|反传))",
    ja="(?:勾配|誤差|逆伝播)[^、。]{0,8}(?:打ち切|切り詰め|止め|クリップ|伝えな|伝播しな)",
)
SELF_MADE = Words(
    "words for what a network makes itself, which is no data",
    en=r"(?:targets?|labels?|inputs?|data)\b[^.;:]{0,60}?(?:network|model)(?:['’]s)? (?:own )?(?:earlier |previous |"
    r"next |last )?(?:predictions?|outputs?|samples?|guess\w*)|"
    r"(?:its|their|our) own (?:\w+ )?(?:predictions?|outputs?|samples?|guess\w*)|bootstrap\w*|self-(?:generated|made|"
    r"labell?ed)|"
    r"(?:predicted|produced|generated|chosen|labell?ed) by the (?:same )?(?:network|model)(?: itself)?|"
    r"(?:is|are) (?:an? )?(?:embeddings?|look-?ups?)[^.;]{0,30}(?:table|matrix|weights?|rows?|columns?)[^.;]{0,20}◆|"
    r"(?:targets?|labels?|inputs?|data)\b[^.;:]{0,40}?(?:(?:the )?(?:previous|preceding|last|own|next) (?:outputs?|"
    r"predictions?)|"
    r"outputs? of the (?:step|network|model)|predictions? of the (?:step|network|model)|come from the (?:network|"
    r"model)|"
    r"what the (?:network|model) (?:\w+ )?(?:said|says|wrote|writes|predicts|produces))|"
    r"(?:looked up in|embedded (?:with|by|in)|encoded (?:with|by))[^.;]{0,20}◆|reads what it (?:has )?(?:wrote|"
    r"written|writes)|"
    r"◆ (?:is|are) [^.;§◆]{0,30}?(?:an? |the )?softmax of",
    de=r"eigenen? (?:vorhersagen?|ausgaben?)|vom (?:netz|modell) (?:selbst )?(?:vorhergesagt|erzeugt)\w*",
    fr=r"propres? (?:prédictions?|sorties?)|(?:prédite?s?|produite?s?|engendrée?s?) par le (?:réseau|modèle)",
    es=r"propias? (?:predicciones|salidas?)|(?:predich\w+|producid\w+|generad\w+) por (?:la red|el modelo)",
    ru=r"собственн\w+ (?:предсказани\w+|выход\w*)|(?:предсказан\w*|порожд\w+) (?:самой )?сетью",
    zh="网络自身的(?:预测|输出)|模型自己的(?:预测|输出)|自己生成|自身预测",
    ja="自身の(?:予測|出力)|ネットワークが生成し",
)

# --------------------------------------------------------------------------------------------------- signs in words

ROW_MAJOR = Words(
    "words that say that a matrix is stacked row by row, where vec stacks columns here",
    en=r"row[- ]major|row[- ]order|stack(?:s|ed|ing)? (?:up )?(?:the |its |all |of )*rows|row by row|row after row|"
    r"rows (?:are |is )?(?:stacked|one (?:behind|after|below|above)|first)|row[- ]?wise|by rows|"
    r"(?:list|concatenat|read|string|append|join)\w* (?:the |its |all )*rows|c[- ]order",
    de=r"zeilenweise\w*|zeile für zeile|zeilen (?:\w+ )?(?:hintereinander|untereinander|aneinander)\w*|"
    r"stapelt (?:die )?zeilen",
    fr=r"par lignes?|ligne par ligne|lignes? (?:les? unes? )?(?:à la suite|après)|empile (?:les )?lignes",
    es=r"por filas|fila por fila|apila (?:las )?filas",
    ru=r"по строкам|построчн\w*|строка за строкой",
    zh="按行|逐行|行优先|行主序|行展开",
    ja="行優先|行ごと|行順|行を並べ",
)
STACKING = Words(
    "words of a sentence about how a matrix is written as a column",
    en=r"vec|vectori[sz]\w+|flatten\w*|kronecker|stack\w*|row[- ]major|unroll(?:s|ed)? (?:a|the) matri\w+|reshap\w+",
    de=r"vektorisier\w*|kronecker\w*|stapelt|vec",
    fr=r"vectoris\w+|kronecker|empil\w+|vec",
    es=r"vectoriza\w*|kronecker|apila\w*|vec",
    ru=r"векторизац\w*|кронекер\w*|vec",
    zh="向量化|拉直|展开|克罗内克|行优先|行主序|vec",
    ja="ベクトル化|クロネッカー|行優先|vec",
)
EMPTY_PRODUCT = Words(
    "words for a product without factors, which is the identity here",
    en="empty products?|products? (?:of|with|over) (?:no|zero|an empty) \\w+",
    de=r"leere[nsr]? produkte?\w*",
    fr="produits? vides?",
    es="productos? vacíos?",
    ru=r"пуст\w+ произведени\w+",
    zh="空乘积|空积|空的乘积",
    ja="空積|空の積",
)
EMPTY_SUM = Words(
    "words for a sum without terms, which is zero here",
    en="empty sums?|sums? (?:of|with|over) (?:no|zero|an empty) \\w+",
    de=r"leere[nr]? summen?",
    fr="sommes? vides?",
    es="sumas? vacías?",
    ru=r"пуст\w+ сумм\w+",
    zh="空和|空的和|空求和",
    ja="空和|空の和",
)
ZERO = Words(
    "words for zero",
    en="zero|0|null|vanish(?:es)?|nothing",
    de="null|0|verschwindet",
    fr="nul(?:le)?s?|zéro|0",
    es="cero|nul[oa]s?|0",
    ru=r"нул\w*|ноль|0",
    zh="零|为0|为 0",
    ja="ゼロ|零|0",
)
NEUTRAL_ELEMENT = Words(
    "words for what leaves a factor as it is",
    en="identity|one|unity|1",
    de=r"einheitsmatrix|identität|eins|1",
    fr="identité|un|1",
    es="identidad|uno|1",
    ru=r"единиц\w*|единичн\w*|1",
    zh="单位|一|1",
    ja="単位|1",
)
PRIME = Words(
    "words for the sign of a derivative behind a function",
    en=r"(?:the|a|each|every) (?:prime|dash|apostrophe)(?! (?:number|factor|importance)s?)|primes|dashes|apostrophes",
    de="(?:der|ein|jeder) (?:hoch)?strich|striche|apostroph",
    fr="(?:le|un|chaque) prime|l['’]apostrophe|primes",
    es="(?:la|una|cada) (?:prima|comilla)|el apóstrofo|primas",
    ru="штрихи?",
    zh="撇号|一撇|撇",
    ja="プライム|ダッシュ記号",
)
SLOPE_NOUNS = Words(
    "words for the derivative of a function",
    en=r"deriv\w+|slopes?|differentiat\w+",
    de=r"\w*ableitung\w*|steigung",
    fr=r"dérivée?s?|pente",
    es=r"derivadas?|pendiente",
    ru=r"производн\w+",
    zh="导数|微商|求导",
    ja="導関数|微分|傾き",
)
MARKS = Words(
    "words between a sign and what it means",
    en=r"denotes?|means?|marks?|stands? for|indicates?|signif(?:y|ies)|is|are|refers? to|labels?|distinguish\w*",
    de=r"bezeichne\w*|bedeutet?|steht für|ist|sind|kennzeichnet|markiert",
    fr=r"désigne\w*|signifie\w*|est|sont|indique\w*|marque\w*",
    es=r"denota\w*|significa\w*|es|son|indica\w*|marca\w*",
    ru=r"обозначает|означает|это|значит",
    zh="表示|代表|是|指",
    ja="表す|意味|示す|である",
)
ANOTHER = Words(
    "words that say of something that it is another one",
    en="another|other|different|second|new|separate|unrelated|independent",
    de=r"andere\w*|zweite\w*|neue\w*|eigene\w*|weitere\w*",
    fr="autre|deuxième|seconde?|nouvelle|différente",
    es="otr[oa]|segund[oa]|nuev[oa]|distint[oa]",
    ru=r"друг\w+|втор\w+|нов\w+|ин(?:ая|ой)",
    zh="另一|别的|其他|第二|新的|不同",
    ja="別の|他の|第二の|新しい|異なる",
)
OTHER_LOGARITHM = Words(
    "words that say that a logarithm is not the natural one",
    en=r"(?:log|logs|logarithms?)[^,;:]{0,50}?(?:\bbase|\bbasis)(?! (?:of the natural|e\b|\\?(?:mathrm)?\{?e\b))|"
    r"(?:binary|dyadic|decimal|common|base[- ](?:2|two|10|ten)) logs?(?:arithms?)?|(?:measured|given|counted) in bits",
    de=r"(?:log|logarithm\w*)[^,;:]{0,50}?basis(?! e\b)|(?:zweier|zehner)logarithm\w*|"
    r"(?:dual|dekadisch\w*|binär\w*)[ -]?logarithm\w*|in bits? gemessen",
    fr=r"(?:log|logarithmes?)[^,;:]{0,50}?(?:en|de|à|la) base(?! e\b)|logarithmes? (?:binaires?|décima\w+)|en bits",
    es=r"(?:log|logaritmos?)[^,;:]{0,50}?(?:en|de) base(?! e\b)|logaritmos? (?:binari\w+|decimal\w*)|en bits",
    ru=r"логарифм\w*[^,;:]{0,50}?основани\w+(?! e\b)|(?:двоичн\w+|десятичн\w+) логарифм\w*|в битах",
    zh="以[^,，。e]{0,6}为底|常用对数",
    ja="底を[^、。e]{0,6}|底[がは](?!e)|常用対数|二進対数",
)
OTHER_SOFTMAX = Words(
    "words that say that a softmax is not that of the entries as they stand",
    en=r"softmax[^,;:]{0,60}?(?:temperature|over (?:the )?(?:time|steps|batch|examples))|"
    r"(?:scores?|logits?|exponents?|exponentials?)\b[^.;]{0,40}(?:are|is|get|we) (?:\w+ )?(?:divided|scaled|"
    r"multiplied|shifted|"
    r"re-?scaled|raised|tempered|clipped|sharpened|softened|masked)|"
    r"temperature[^,;:]{0,30}? softmax",
    de=r"softmax[^,;:]{0,60}?temperatur\w*|temperatur\w*[^,;:]{0,30}? softmax",
    fr=r"softmax[^,;:]{0,60}?température|température[^,;:]{0,30}? softmax",
    es=r"softmax[^,;:]{0,60}?temperatura|temperatura[^,;:]{0,30}? softmax",
    ru=r"softmax[^,;:]{0,60}?температур\w*",
    zh="softmax[^，。]{0,30}?温度|温度[^，。]{0,20}?softmax",
    ja="softmax[^、。]{0,30}?温度|温度[^、。]{0,20}?softmax",
)
NOT_A_POWER = Words(
    "words that say of a number above a letter that it is no exponent",
    en=r"not (?:as )?(?:an? |the |to be )?(?:square|power|exponent)\w*|no (?:square|power|exponent)s?|"
    r"rather than (?:an? )?(?:square|power|exponent)|instead of (?:an? )?(?:square|power|exponent)",
    de=r"kein(?:e|en)? (?:quadrat|potenz|exponent)|nicht (?:das|ein) quadrat|nicht quadriert",
    fr=r"(?:pas|non) (?:un |une |le |la |d['’])?(?:carré|puissance|exposant)",
    es="no (?:es )?(?:un |una |el |la )?(?:cuadrado|potencia|exponente)",
    ru="не (?:квадрат|степень|показатель)|а не (?:квадрат|степень)",
    zh="不是(?:平方|幂|乘方|指数)|非平方|不表示(?:平方|幂)|而非(?:平方|幂)",
    ja="(?:二乗|2乗|平方|べき乗|冪)(?:では|を表さ)な",
)
SQUARE_SIGN = Words(
    "words for the sign of a square",
    en="(?:an? |the |each |every )?squares?(?: of an? (?:vector|column|state|matrix))?|(?:the )?(?:exponent|"
    "superscript) (?:2|two)",
    de="(?:ein|das|jedes) quadrat|(?:der )?exponent 2|hoch 2",
    fr="(?:un|le|chaque) carré|l['’]exposant 2",
    es="(?:un|el|cada) cuadrado|el exponente 2",
    ru="квадрат",
    zh="平方|上标2",
    ja="二乗|2乗",
)
NORM_SIGN = Words(
    "words for the bars of a norm",
    en="norms?|(?:the )?(?:double|vertical) bars",
    de="norm(?:en)?|doppelstriche?",
    fr="normes?|(?:les )?doubles? barres?",
    es="normas?",
    ru="норма",
    zh="范数",
    ja="ノルム",
)
PLUS_SIGN = Words(
    "words for a plus or a dagger above a letter",
    en="(?:superscript|upper|raised) (?:plus|\\+|dagger)|(?:plus|dagger)(?: sign)? above|(?:a|the) dagger",
    de="hochgestelltes plus|(?:ein )?plus oben",
    fr="(?:le |un )?plus en exposant",
    es="(?:el |un )?más en superíndice",
)
SUM_SIGN = Words(
    "words for the sign of a sum",
    en="(?:all |the |every |each )?sums?(?: over (?:§|◆|time|the steps))?",
    de="(?:alle |die )?summen?",
    fr="(?:toutes les |les |la )?sommes?",
    es="(?:todas las |las |la )?sumas?",
    ru="сумм[аы]",
    zh="求和|和号",
    ja="総和|和",
)
OTHER_SUM = Words(
    "words for what a sum is not: a mean, or one of some terms only",
    en="odd|even|every (?:second|other|third)|means?|averages?|only|skip\\w*|leav\\w+ out|except|weighted|random\\w*|"
    "sampled|mini-?batch\\w*|end of|next|first (?:term|factor)|everything|twice|alternat\\w+|signed|maximum|max|"
    "median|products?|distinct",
    de="ungerade\\w*|gerade\\w*|mittel\\w*|nur|außer|gewichtet\\w*|zufällig\\w*|jede[nrs]? zweite\\w*",
    fr="impairs?|pairs?|moyennes?|seulement|sauf|pondérée?s?|aléatoires?",
    es="impares?|pares|medias?|promedios?|sólo|solo|salvo|ponderad\\w+|aleatori\\w+",
    ru="нечётн\\w+|чётн\\w+|средн\\w+|только|кроме|взвешенн\\w+",
    zh="奇数|偶数|平均|均值|仅|只|除",
    ja="奇数|偶数|平均|のみ|だけ",
)
TOTAL_SIGN = Words(
    "words for the upright sign of a derivative",
    en="(?:the )?(?:straight|upright|roman|latin) d",
    de="(?:das )?(?:gerade|aufrechte) d",
    fr="(?:le )?d droit",
    es="(?:la )?d recta",
)
IN_DEGREES = Words(
    "words that say that angles are not measured by their arcs",
    en=r"(?:angles?|arguments?|phases?|sines?|cosines?)[^.;]{0,40}(?:degrees?|gradians?|full turns?|revolutions?)|"
    r"in degrees",
    de=r"(?:winkel|argumente?)[^.;]{0,40}grad(?!i)|in grad",
    fr=r"(?:angles?|arguments?)[^.;]{0,40}(?:degrés?|grades?)|en degrés",
    es=r"(?:ángulos?|argumentos?)[^.;]{0,40}grados?|en grados",
    ru="в градусах",
    zh="角度制|以度为单位",
    ja="度数法|度で測",
)
DOT = Words(
    "words for the dot of a product",
    en="dots?(?! products?)",
    de="(?:mal)?punkte?",
    fr="points? (?:médian|centré)|le point",
    es="punto",
    ru="точка",
    zh="点号|圆点|中点",
    ja="中黒|ドット",
)
STAR_SIGN = Words(
    "words for the star of a product",
    en="stars?|asterisks?",
    de="stern(?:chen)?s?",
    fr="étoiles?|astérisques?",
    zh="星号",
    ja="アスタリスク|星印",
)
OTHER_PRODUCT = Words(
    "words for what else a star may be than a product entry by entry",
    en=r"matri(?:x|ces)[- ](?:product|multipl)\w*|matmul|convol\w*|inner product|dot product|conjugat\w*|adjoint",
    de=r"matri(?:x|zen)[- ]?(?:produkt|multipl)\w*|falt\w*|skalarprodukt\w*|konjugier\w*|adjungier\w*",
    fr=r"(?:produit|multiplication) (?:matriciel\w*|scalaire)|convol\w*|conjugué\w*|adjoint\w*",
    zh="矩阵乘(?:法|积)|卷积|内积|共轭",
    ja="行列積|畳み込み|内積|共役",
)
EACH_ENTRY = Words(
    "words for a product that takes entry by entry",
    en=r"(?:element|entry|component|coordinate|point)[- ]?wise|entry by entry|element by element|"
    "component by component|hadamard|schur",
    de=r"element\w*weise\w*|komponentenweise\w*|eintragsweise|hadamard\w*|gliedweise",
    fr="élément par élément|terme à terme|composante par composante|hadamard",
    es="elemento a elemento|elemento por elemento|componente a componente|hadamard",
    ru=r"поэлементн\w*|покомпонентн\w*|адамар\w*",
    zh="逐元素|逐元|按元素|逐分量|哈达玛",
    ja="要素ごと|成分ごと|アダマール",
)
SEVERAL_ONES = Words(
    "words that say that targets do not sum to one",
    en=r"multi-?labels?|multi-?hot|k-hot|n-hot|(?:any|arbitrary|variable) number of (?:ones|labels|classes)|"
    r"(?:several|many|multiple|more than one|two or more|both|some|any number)(?: of (?:them|these|the entries))?"
    r" (?:may|can|might|could) (?:be|equal) (?:1|one)\b|(?:targets?|labels?|entries|§|◆)[^.;]{0,20}\b(?:is|"
    r"are) (?:\w+ )?"
    r"(?:counts|frequencies|multiplicities|real-valued|arbitrary numbers)|"
    r"(?:several|many|multiple|more than one|two or more) (?:ones|labels?|classes|entries|targets?)"
    r"(?: (?:may|can|are|is|at once|being|on|active|set))+|"
    r"(?:need not|not necessarily|does not have to|do not have to|not required to|not assumed to) (?:be )?"
    r"(?:one-hot|sum to one|normali[sz]ed|a distribution)|unnormali[sz]ed targets?|"
    r"(?:no|several|more than one) (?:or several |or more )?labels? (?:may|can) be",
    de=r"multi-?label\w*|multi-?hot\w*|mehrere (?:einsen|klassen|labels?|einträge)|beliebig viele (?:einsen|klassen)|"
    r"mehr als eine (?:eins|klasse)|nicht (?:notwendig\w*|unbedingt|zwingend) (?:one-hot|normiert)",
    fr=r"multi-?labels?|multi-?étiquettes?|multi-?hot|plusieurs (?:uns|classes|étiquettes|1)|"
    r"(?:pas|non) (?:nécessairement|forcément) (?:one-hot|normalisée?s?)|nombre quelconque de",
    es=r"multi-?etiqueta\w*|multi-?hot|varios unos|varias (?:clases|etiquetas)|"
    r"no necesariamente (?:one-hot|normalizad\w+)|cualquier número de unos",
    ru=r"multi-?hot|несколько (?:единиц|классов|меток)|не обязательно (?:one-hot|нормирован\w*)|многометочн\w*",
    zh="多标签|多热|multi-hot|多个(?:1|一|标签|类别)|任意多个|不一定(?:是)?(?:one-hot|独热|归一)|未必(?:是)?(?:one-hot|独热)",
    ja="マルチラベル|マルチホット|multi-hot|複数の(?:1|ラベル|クラス)|one-hot とは限ら|ワンホットとは限ら",
)
ONE_STEP = Words(
    "words of a page on which every sequence has one step",
    en=r"(?:(?:all|every|each|the|our|any) )?(?:sequences?|series|chains?|inputs?|examples?) (?:\w+ )?(?:has|have|is|"
    r"are) "
    r"(?:\w+ )?(?:of )?(?:length (?:one|1)|(?:a )?(?:single|one|only one|just one) (?:time )?steps?|one (?:symbol|"
    r"item) long)|"
    r"there is (?:only|just|but|exactly) (?:one|a single) (?:time )?step",
    de=r"(?:alle )?(?:folgen|sequenzen) haben (?:die )?länge (?:eins|1)|es gibt nur einen (?:zeit)?schritt",
    fr=r"(?:toutes les )?(?:suites|séquences) (?:sont de|ont (?:la|une)) longueur (?:un|1)|"
    r"il n['’]y a qu['’]un (?:seul )?pas",
    es=r"(?:todas las )?(?:sucesiones|secuencias) tienen longitud (?:uno|1)|hay un solo paso",
    ru=r"(?:все )?последовательности имеют длину (?:один|1)|есть только один шаг",
    zh="所有序列(?:的)?长度(?:都)?为[1一]|只有一个时间步",
    ja="(?:すべて|全て)の系列の長さは[1一]",
)
COUNTED_FROM_ZERO = Words(
    "words of a page on which step 0 is the first",
    en=r"(?:count|number|index)(?:s|ed|ing)?[^,;:]{0,30}? (?:from|at|with) (?:zero|0|t=0)|zero-based|0-based|"
    r"(?:time )?(?:steps?|indices|index|time) (?:starts?|begins?|runs?|counts?) (?:at|from|with) (?:zero|0|t=0)|"
    r"first (?:time )?step is (?:t=0|step 0|number 0|0|zero)",
    de=r"(?:ge)?zähl\w*[^,;:]{0,30}? (?:ab|von|bei|mit) (?:null|0|t=0)|zählung beginnt (?:bei|mit) (?:null|0|t=0)|"
    r"(?:zeit)?schritte? (?:beginn\w*|lauf\w*|läuft) (?:bei|ab|von|mit) (?:null|0|t=0)",
    fr=r"(?:compt|numérot|index)\w*[^,;:]{0,30}? (?:à partir de|depuis|de|à) (?:zéro|0|t=0)",
    es=r"(?:cont|numer|index)\w*[^,;:]{0,30}? (?:desde|a partir de|en) (?:cero|0|t=0)",
    ru=r"(?:счита|отсчит|нумер)\w*[^,;:]{0,30}? с (?:нуля|0|t=0)",
    zh="从(?:零|0|t=0)(?:开始)?(?:计数|计|数|编号)|(?:时间步|下标|计数)从 ?(?:零|0|t=0) ?开始",
    ja="(?:ゼロ|0|t=0)から(?:数え|始ま)",
)
TUNED = Words(
    "words for a number that one chooses: a hyperparameter",
    en=r"hyper-?parameters?|tuning parameter|tunable constant|penalty (?:weight|strength|factor)|"
    r"regulari[sz]ation (?:strength|parameter|constant|weight)|temperature|discount factor|step size",
    de=r"hyperparameter\w*|regularisierungsparameter|temperatur|diskontfaktor|schrittweite",
    fr=r"hyper-?paramètres?|température|facteur d['’]actualisation",
    es=r"hiperparámetros?|temperatura|factor de descuento",
    ru=r"гиперпараметр\w*|температур\w*|коэффициент дисконтирования",
    zh="超参数|温度|折扣因子|正则化系数",
    ja="ハイパーパラメータ|温度|割引率|正則化係数",
)

# --------------------------------------------------------------------------------------------------- derivatives

IMMEDIATE = Words(
    "words beside a derivative that make it the immediate one",
    en=r"direct|imm(?:ed|ediate)?|expl(?:icit)?|inst(?:ant|antaneous)?|one[- ]step|local",
    de=r"(?:direkt|unmittelbar|explizit|lokal)(?:e[nrsm]?)?",
    fr="directe?|immédiate?|explicite|locale?",
    es="direct[oa]|inmediat[oa]|explícit[oa]|local",
    ru="прям\\w*|непосредственн\\w*|явн\\w*",
    zh="直接|显式|即时",
    ja="直接|陽",
)
TOTAL = Words(
    "words beside a derivative that make it the total one",
    en="tot(?:al)?|full",
    de="gesamt|vollständig(?:e[nrsm]?)?|totale?[nrsm]?",
    fr="totale?",
    es="total",
    ru="полн\\w*",
    zh="全|总",
    ja="全",
)
HELD = Words(
    "words that say of a letter beside a bar that it stays what it is",
    en="fixed|const(?:ant)?|held(?: fixed| constant)?|given",
    de="fest|fix|konstant|konst",
    fr="fix(?:e|ée?)s?|constante?s?|cste?",
    es="fij[oa]s?|constantes?",
    ru="фикс\\w*|пост\\w*|const",
    zh="固定|不变|给定",
    ja="固定|一定",
)
GOING_THROUGH = Words(
    "words that say of a derivative on which paths it goes",
    en=r"(?:counts?|takes?|sums?|adds?|includes?|follows?) (?:every|all|each) (?:the )?(?:paths?|ways?|routes?)|"
    r"one and the same|the same derivative|through (?:all|every|everything|earlier|previous|past|both|whatever|"
    r"the (?!network|graph|chain|unrolled|loss|"
    r"time))\w*|along (?:all|every|each) paths?|(?:all|whole|entire) (?:the )?(?:past|history)|"
    r"includ\w+ (?:\w+ )?(?:indirect|earlier|past|previous)|indirect|(?:of|in) (?:its|the) own (?:step|equation|"
    r"definition)|own step (?:only|alone)|ignor\w+ (?:the )?(?:past|earlier|previous|recurrence)",
    de=r"durch (?:alle|sämtliche|frühere|die ganze)\w*|entlang aller|über alle (?:früheren |vorigen )?\w+|indirekt\w*|"
    r"einschließlich|ganze vergangenheit|nur (?:innerhalb|im) \w*schritt\w*",
    fr=r"(?:à travers|par) (?:tous|toutes|tout)|le long de tous|indirecte?s?|tout le passé|y compris|"
    "étapes antérieures",
    es=r"a través de tod\w+|por tod\w+|a lo largo de tod\w+|indirect\w+|incluyendo|pasos anteriores|todo el pasado",
    ru=r"через все|по всем путям|косвенн\w+|включая|предыдущ\w+ шаг\w*|всё прошлое",
    zh="经过(?:所有|全部|之前)|沿(?:所有|全部)|通过(?:所有|全部|之前)|间接|包括(?:之前|以前|所有)|此前所有",
    ja="すべての(?:経路|過去)|全ての(?:経路|過去)|過去の(?:すべて|全て)|間接|を通じて|を含む",
)
EVERY_DERIVATIVE = Words(
    "words for all derivatives of a page",
    en=r"(?:all|every|each|any|both) (?:of )?(?:the |our )?(?:plain |partial |printed |written )*derivatives?|"
    r"(?:curly|round|plain) (?:d|derivatives?)|derivatives? (?:on this page|here|below|throughout)",
    de=r"(?:alle|jede[rs]?|sämtliche) (?:partiellen? )?ableitung(?:en)?|(?:rundes|geschwungenes) d",
    fr=r"(?:toutes les|chaque) dérivées?(?: partielles?)?|d rond",
    es=r"(?:todas las|cada) derivadas?(?: parciales| parcial)?",
    ru=r"(?:все|каждая) (?:частн\w+ )?производн\w+",
    zh="(?:所有|全部|每个|每一个)的?(?:偏)?导数",
    ja="(?:すべて|全て|全|各)の?(?:偏)?(?:微分|導関数)",
)
GOES_ON = Words(
    "words behind a display with which its formula goes on",
    en=r"(?:plus|minus|times|multiplied by|divided by|added to|scaled by)(?! (?:one|two|three|\d) of)",
    de="plus|minus|mal|multipliziert mit|geteilt durch|dividiert durch",
    fr="plus|moins|fois|multiplié par|divisé par",
    es="más|menos|multiplicado por|dividido (?:por|entre)",
    pt="menos|vezes|multiplicado por|dividido por",
    it="più|meno|moltiplicato per|diviso per",
    ru="плюс|минус|умноженное на|умножить на|делённое на",
    zh="加上|减去|乘以|除以",
    ja="を足した|を引いた|を掛けた|で割った",
)
LEADS_ON = Words(
    "words before a display with which its formula begins",
    en=r"(?:(?:one|two|three|four|\w+teen|ten|\d+) times|twice|thrice|half(?: of)?|a (?:half|third|quarter)(?: of)?|"
    r"plus|minus|the (?:negative|opposite|inverse|reciprocal|square|transpose)(?: of)?(?: the)?(?: \w+){0,2}?"
    r"(?: (?:is|equals|reads|becomes))?|up to (?:an?|some|irrelevant|constant)[^.]*|"
    r"proportional to[^.]*|apart from (?:an?|some|the) (?:\w+ )?(?:constant|factor|sign)[^.]*)",
    de=r"(?:zwei|drei|\d+)mal|zweimal|die hälfte(?: von)?|minus|plus|der negative gradient ist|bis auf [^.]*|"
    "abgesehen von [^.]*(?:faktor|vorzeichen|konstante)[^.]*",
    fr=r"(?:deux|trois) fois|la moitié de|moins|plus|le gradient négatif est|à (?:un|une) [^.]*près[^.]*",
    es=r"(?:dos|tres) veces|la mitad de|menos|más|el gradiente negativo es|salvo [^.]*",
    pt=r"(?:duas|três) vezes|a metade de|menos|mais|a menos de [^.]*",
    it=r"(?:due|tre) volte|la metà di|meno|più|a meno di [^.]*",
    ru=r"дважды|половина|минус|плюс|с точностью до [^.]*",
    zh="两倍|一半|负梯度为?|相差一个[^。]*",
    ja="二倍|半分|負の勾配は",
)
DROPPED = Words(
    "words for a term that is left out",
    en="negligible|neglected|ignored|dropped|omitted|cancels|disappears",
    de=r"vernachlässig\w*|entfällt|fällt weg|hebt sich weg",
    fr=r"néglig\w+|s['’]annule|disparaît",
    es="despreciable|se anula|desaparece",
    ru=r"пренебреж\w*|исчезает|сокращается",
    zh="忽略|消失|消去",
    ja="無視|消える",
)
_MODEL = r"(?:[A-Z]|\d+|[ivx]+|%s)"
MODELS = Words(
    "words of a heading below which another model stands",
    en=r"(?:models?|networks?|parts?|cases?|variants?|versions?|exercises?|examples?|problems?|questions?|settings?) "
    rf"{_MODEL % 'one|two|three'}|(?:an)?other|alternatives?|instead|second|third|new|modified|linear|nonlinear|"
    "without|variants?",
    de=rf"(?:modell|netz|teil|fall|variante|aufgabe|beispiel) {_MODEL % 'eins|zwei|drei'}|ander\w+|zweite\w*|neue\w*|"
    "ohne",
    fr=rf"(?:modèle|réseau|partie|cas|variante|exercice|exemple) {_MODEL % 'un|deux|trois'}|autres?|second\w*|"
    r"nouve\w+|sans",
    es=rf"(?:modelo|red|parte|caso|variante|ejercicio|ejemplo) {_MODEL % 'uno|dos|tres'}|otr[oa]s?|segund[oa]|"
    "nuev[oa]|sin",
    ru=r"(?:модель|сеть|часть|случай|вариант|задача|пример) (?:[A-ZА-Я]|\d+)|друг\w+|втор\w+|нов\w+|без",
    zh="模型.?[二三两2B]|另一|其他|其它|第二|例.?[2二]",
    ja="モデル.?[二2B]|別の|他の|第二|例.?[2二]",
)
