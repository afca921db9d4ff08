r"""The customs of the field that reading rests on: which letters are losses, inputs, indices, weights, and which sizes.

A page rarely says them. What it does say goes first: a custom decides only where a letter's use on the page leaves it
open. Every list of names that the reader has stands here, one row a custom, with its reason; the likeliest name first.

>>> "ell" in LOSSES, LOSSES.reason
(True, 'a loss: a quantity with one entry')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbptt.functions import TABLE
from symbptt.page.conventions import DENOMINATOR, MIXED, NUMERATOR, TURNED, Convention

_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Custom:
    """Names that mean one thing by custom, and the reason to read them so."""

    names: tuple[str, ...]
    reason: str

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


def _custom(names: str | Iterable[str], reason: str) -> Custom:
    return Custom(tuple(names.split() if isinstance(names, str) else names), reason)


def is_unspaced(text: str) -> bool:
    """Whether signs of Chinese or Japanese are in a text."""
    return _UNSPACED.search(text) is not None


def words_of(*rows: Custom) -> str:
    """A pattern for the words of some rows: whole words, but in Chinese and Japanese, which put no spaces there.

    >>> re.findall(words_of(DENYING, DENYING_ELSEWHERE), "it cannot hold; 上式并不成立; not")
    ['cannot', '并不', 'not']
    """
    names = [name for row in rows for name in row]
    spaced = "|".join(name for name in names if not is_unspaced(name))
    unspaced = [name for name in names if is_unspaced(name)]
    return "|".join(([rf"(?<![\w-])(?:{spaced})(?![\w-])"] if spaced else []) + unspaced)


# --------------------------------------------------------------------------------------------------- indices

STEP, LAST = "t", "T"
"""The index of the steps, and the last step."""
WIDTH = "Deltat"
"""The width of a step, printed as \\Delta t."""
TRANSPOSE = "T"
"""The transpose, alone above a letter."""
COUNTERS = _custom("i j k l m r s tau T", "an index, below a letter that has a step elsewhere")
INDEX_WORDS = _custom("tau ell kappa nu", "an index although its name has several letters, as in h_{\\tau-1}")
DOTS_COUNTERS = _custom("k s i j m r", "the index that \\dots run over, the first that is free")

# --------------------------------------------------------------------------------------------------- functions

NAMED = _custom(
    (
        *(name for row in TABLE.values() for name in row.called),
        *"sinh cosh coth tan sech csch arctan arcsin arccos artanh arsinh arcosh sgn erf".split(),
    ),
    "a function that is the same one everywhere; any other is arbitrary",
)
SIGMA = "sigma"
"""The activation that many pages use for the logistic function without saying so."""
ACTIVATIONS = _custom(("phi", "varphi", "Phi", "psi", "Psi", SIGMA, "varsigma", "act"), "an activation: any function")
ENTRYWISE = _custom((*NAMED, *ACTIVATIONS), "a function that acts on each entry of its argument")
MAPS = _custom("f g F G", "an activation where it is primed or applied to a sum or a product, else one of wholes")
WHOLE = _custom((*MAPS, "softmax"), "a function of its arguments as wholes, which makes a state of them")
LOSS_FUNCTIONS = _custom("ell loss Loss", "a function that has a loss for its value")
FUNCTIONS = _custom((*ENTRYWISE, *WHOLE, *LOSS_FUNCTIONS), "a name that is applied where a parenthesis follows")
APPLIED_LOSSES = _custom("L J E", "a loss that is applied where a parenthesis follows a name without scripts")
WITHOUT_NOTATION = _custom(
    "max min det argmax argmin tr Tr trace vec rank norm mean clip concat",
    "a function that is neither arbitrary nor entry by entry, and that the notation lacks",
)
SOFTMAX = "softmax"
"""The softmax of a column, which is composed of exponentials."""
FROBENIUS = _custom("F Fro fro", "below a norm: the root of the sum of the squares of all entries")
ASSUMED_STEP = "f"
"""The function that is assumed for a recurrence that the page leaves out."""
ASSUMED_LOSS = "ell"
"""The function that is assumed for a loss that the page leaves out."""
SPARE_FUNCTIONS = _custom("ell g k F G phi psi", "the name of a function that is assumed, the first that is free")

# --------------------------------------------------------------------------------------------------- quantities

LOSSES = _custom("L l ell E J C loss Loss cost", "a loss: a quantity with one entry")
INPUTS = _custom("x X u", "an input: data that is put in, and no target")
ASSUMED_INPUTS = _custom("x u v z", "the input of a step that is assumed, the first that is free")
OUTPUTS = _custom("o y z", "an output, where the page differentiates in one and leaves open which letter it is")
NUMBERS = _custom(
    ("alpha", "beta", "gamma", "eta", "epsilon", "varepsilon", WIDTH),
    "a number such as a rate or a width, where that composes and nothing is differentiated in it",
)
ASSUMED_WEIGHT = "w"
"""The weight of an assumed step where the page names none."""
SPARE_ACCENTS = _custom(
    "tilde check breve bar hat", "an accent for data that a target is made of, the first that is free"
)
ANY_WEIGHT = _custom("theta vartheta Theta w omega", "whichever weight there is, where no definition contains it")
VARIED = _custom("delta Delta", "a letter, or the sign of a variation before another letter")
LOOKALIKES = _custom(("D", *VARIED), "a letter that some pages write for the sign of a derivative")
IDENTITY = "I"
"""The identity matrix, where nothing defines the letter."""
ONES = "1"
"""The column of ones, where the 1 stands in a font of its own."""
DIAGONAL = "diag"
"""The diagonal matrix of a column."""
VEC = "vec"
"""The entries of a matrix below each other, column by column."""
EXPECTATION = "E"
"""An expectation, in the font ``mathbb``."""

# --------------------------------------------------------------------------------------------------- sizes

STATE_SIZE, INPUT_SIZE, OUTPUT_SIZE, OTHER_SIZE = "n", "d", "q", "p"
"""The size of a state that recurs, of data, of another state, and of anything else."""
SPARE_SIZES = _custom("m p r s u v", "a size whose own letter is taken already")

# --------------------------------------------------------------------------------------------------- fonts

PLAIN_FONTS = _custom(
    "mathrm mathit mathsf textsf mathbf textbf boldsymbol pmb",
    "a font that changes no meaning; an accent makes another quantity",
)
VECTOR_FONTS = _custom("mathbf bm boldsymbol pmb", "a font of vectors and matrices")
ONES_FONTS = _custom("mathbf boldsymbol mathbb pmb", "a font in which a 1 is the column of ones")
WORD_FONTS = _custom("mathsf textsf textbf", "a font that sets a letter apart, where \\mathrm only makes a word")

# --------------------------------------------------------------------------------------------------- layouts


@dataclass(frozen=True, slots=True)
class Layout:
    """Words that say where the entries of a derivative stand, the conventions that they leave open, and the reason."""

    pattern: str
    leaves: tuple[Convention, ...]
    reason: str


_OF_SCALAR = r"(?:gradients?|\\nabla|derivatives? of (?:the loss|a scalar))\b"
_GRADIENT = _OF_SCALAR + r"[^.;]{0,60}\b(?:is|are|as|be|has|have)\b[^.;]{0,30}\b"
_ROWS = r"\brows? (?:for|of|per) (?:each|every|all)? ?(?:entry|component|element|coordinate) of "
LAYOUTS = (
    Layout(r"numerator[- ]layout|jacobian formulation", (NUMERATOR, TURNED), "the name of the convention"),
    Layout(r"denominator[- ]layout|hessian formulation", (DENOMINATOR,), "the name of the convention"),
    Layout(r"mixed[- ]layout", (MIXED,), "the name of the convention"),
    Layout(
        r"(?:gradient|derivative)s?\b[^.;]*\b(?:shapes?|dimensions?) (?:of|as)\b|shaped like",
        (MIXED, DENOMINATOR),
        "a gradient in the shape of what it is taken in",
    ),
    Layout(rf"{_GRADIENT}columns?\b(?! for)|columns everywhere", (MIXED, DENOMINATOR), "a gradient that is a column"),
    Layout(rf"{_GRADIENT}rows?\b(?! for)", (NUMERATOR, TURNED), "a gradient that is a row"),
    Layout(
        _ROWS + r"(?:the (?:upper|numerator)|\$?(?P<above>[^$.;,]+))",
        (NUMERATOR, TURNED, MIXED),
        "a Jacobian with a row for each entry of what is differentiated",
    ),
    Layout(
        _ROWS + r"(?:the (?:lower|denominator)|\$?(?P<below>[^$.;,]+))",
        (DENOMINATOR,),
        "a Jacobian with a row for each entry of what is differentiated in",
    ),
)
"""What a sentence about derivatives states; ``above`` and ``below`` are the letter in ∂above/∂below of the sentence."""

# --------------------------------------------------------------------------------------------------- words

INTRODUCING = _custom(
    "where with let denote denotes denoted define defines defined write written writing call called put set setting "
    "take taken taking is are be being namely by as has have given use used using here equals becomes assume assumed "
    "means stands says reads state states output outputs input inputs loss losses cost error objective weight weights "
    "gate gates cell activation activations function functions network recurrence recursion relation form model layer "
    "unit vector matrix target targets bias sequence equation definition rule dynamics prediction jacobian gradient "
    "shorthand notation",
    "words that say what a letter is: a formula behind them may define it",
)
DENYING = _custom(
    (
        r"not(?! (?:only|yet|depend|vary|change|contain|involve|affect|matter|enter|appear|need|require))",
        *r"\w+n't never neither cannot mist\w* wrong\w* false\w* incorrect\w* erroneous\w* naive\w* naïve\w*".split(),
        *r"fallac\w* misconcept\w* pitfall\w* tempt\w* unlike contrary fail\w* untrue invalid forget\w*".split(),
        *r"confus\w* counterexample\w* absurd impossible contradict\w* den(?:y|ies) doubt\w* disprove\w*".split(),
        *("(?:might|may|could) think", "instead of", "rather than", "no longer", "as opposed to"),
    ),
    "words that take back what they stand beside",
)
DENYING_ELSEWHERE = _custom(
    (
        r"nicht(?! (?:nur|von|vom|ab|mehr als))|keine?\w*|niemals|nie|falsch\w*|fälschlich\w*|irrtümlich\w*|irrig\w*",
        r"irrtum|\w*fehler\w*|unmöglich|unzulässig|ungültig|statt|anstatt|anstelle|widersprüch\w*|gegenbeispiel\w*",
        r"n(?:e |['’])(?:\w+ ){0,2}\w+ (?:pas|jamais|plus)(?! (?:que|seulement))|jamais|faux|fausses?|faussement",
        r"à tort|erreurs?|erroné\w*|incorrecte?s?|inexacte?s?|contre-exemple\w*|au lieu d\w*|plutôt que|contrairement",
        r"(?:könnte|mag) (?:meinen|denken|glauben)|pourrait (?:croire|penser)",
        *"不成立 不正确 不对 不是 不等于 不相等 不能 不可 不再 不应 不得 并不 并非 绝非 而非 错误 错了 有误".split(),
        *"误以为 误认为 误写 不同于 反例 矛盾 勿 成り立たな 成立しな 成立せず 正しくな 等しくな ではな でない".split(),
        *"ではありません とは限ら 誤り 誤って 誤った 誤解 間違 かもしれない".split(),
    ),
    "words of German, French, Chinese and Japanese that take back what they stand beside",
)
LIMITING = _custom(
    (
        r"unless|provided|suppos\w+|imagine|pretend\w*|except\w*|assuming|in case|only (?:if|when|for|at|in)",
        r"(?:if|when|whenever|while)(?! (?:we|you|one) (?!assume|ignore|drop|neglect|set |take|restrict|replace|forget|"
        r"let|treat|hold|fix|freeze|detach|have|suppose)\w+| (?!assuming|ignoring|dropping|neglecting|setting|taking|"
        r"restricting|replacing|holding|fixing|freezing)\w+ing| (?:unrolled|unfolded|written|expanded|applied|put |"
        r"solved|summed|differentiated|iterated|repeated))",
    ),
    "words that say that something holds under a condition; not those of what one does, as in: if we differentiate",
)
LIMITING_ELSEWHERE = _custom(
    (
        r"(?:falls|wenn|sofern|solange)(?! (?:wir|man)\b)|außer|ausgenommen|angenommen|vorausgesetzt",
        r"nur (?:für|wenn|falls|bei|im)|unter der (?:annahme|bedingung|voraussetzung)|im falle?|im spezialfall",
        r"(?:si|lorsque|lorsqu['’]|quand)(?! (?:on|nous|l['’]on)\b)|sauf|à moins|à condition|pourvu",
        r"suppos(?:ons|ant|é\w*)",
        r"seulement (?:si|pour|quand|lorsque)|uniquement (?:si|pour|quand|lorsque)|dans le cas|cas particulier",
        *"如果 若(?!干) 假如 假设 假定 倘若 除非 除了 仅当 只有 只要 只在 仅在 当(?!前|然|作|成|于)".split(),
        *"情况下 情形下 特例 特殊情况 もし 場合 のとき ならば であれば 仮定 限り に限 のみ を除".split(),
    ),
    "words of German, French, Chinese and Japanese that say that something holds under a condition",
)
SUPPOSING_ELSEWHERE = _custom(
    (
        *"für bei falls wenn sofern pour si lorsque quand".split(),
        *"对于 如果 假如 假设 当(?!前|然|作|成|于) 若(?!干)".split(),
    ),
    "words of German, French and Chinese before what is a condition: for t = 1",
)
SUPPOSED_ELSEWHERE = _custom(
    "时 的情况 のとき のとき、 の場合 ならば なら に対して において について".split(),
    "words of Chinese and Japanese behind what is a condition",
)
BACK_REFERRING = _custom(
    "上式 上述 上面 以上 这 此 该 これ この 上の は が と".split(),
    "words of Chinese and Japanese that speak of the formula before them",
)
INTRODUCING_ELSEWHERE = _custom(
    (
        *"wobei sei seien ist sind mit bezeichne bezeichnet bezeichnen definiere definiert definieren setze".split(),
        *"setzen schreibe schreiben nennen heißt zustand ausgabe verlust rekursion gleichung lautet durch".split(),
        *"où avec soit soient est sont notons noté désigne définit définissons défini définie posons".split(),
        *("on note", "on pose"),
        *"écrivons appelons état sortie perte définition récurrence équation".split(),
        *"其中 设 令 记 定义 表示 称 写作 即 由 ここで ただし 定義".split(),
    ),
    "words of German, French, Chinese and Japanese that say what a letter is: a formula behind them may define it",
)
INTRODUCED_ELSEWHERE = _custom(
    "とする とおく とし、 と定義 で定義 と書く と表す".split(), "words of Japanese behind a formula that defines"
)
CASES = _custom("case first last linear special scalar initial only single", "words of some steps or networks only")
STRAY = _custom(
    "not false true if or and unless when whenever where for else otherwise iff then is except only",
    "words that are no letters: among the factors of a formula they say something of it",
)
NEUTRAL = _custom(
    "for all every each any where and with such that holds hold valid true times time step steps index indices from to "
    "on up the of in here is are runs ranging over general both as before arbitrary so hence thus then we have",
    "words behind an equation that limit it in no way of their own",
)
REASONS = _custom("by using see as from because recall note cf via since follows", "words that begin a reason")
DESCRIPTIONS = _custom(
    "a an the is are be denotes denote its their our and or of at in to step steps time each every input inputs output "
    "outputs hidden state states weight weights bias biases matrix matrices vector vectors activation function "
    "functions target targets loss losses error cost learning rate parameter parameters gate gates cell prediction "
    "label labels data previous current next initial last network layer some any arbitrary differentiable nonlinear "
    "nonlinearity sum product number length sequence size unit units derivative jacobian gradient total immediate "
    "recurrent column row columns rows called index indices",
    "words that say of what kind a letter is, and nothing of its value",
)
GIVEN = _custom(
    "one-hot symmetric orthogonal unitary diagonal invertible skew-symmetric antisymmetric triangular idempotent "
    "stochastic normalized normalised linear positive",
    "a property that stands before its letter, as in: the symmetric matrix W",
)
PROPERTIES = _custom(
    (*GIVEN, *"probability probabilities distribution identity zero constant".split()),
    "a property that a page may give to a letter, which makes true what is false of any other",
)
FUNCTION_KINDS = _custom(
    "the a an our usual standard element-wise elementwise entry-wise entrywise pointwise component-wise componentwise "
    "scalar smooth",
    "words between a letter and the name of the function that it is: σ is the usual element-wise sigmoid",
)
FUNCTION_NOUNS = _custom("function activation nonlinearity non-linearity map unit", "words behind such a name")
HEDGES = _custom(
    r"e\.g example instance or say perhaps typically usually often sometimes such replaced exchanged if when except "
    "unless but not approximately of".split(),
    "words with which a sentence names a function and does not say that the letter is that one",
)
ACTS_WHOLE = _custom(
    (
        r"(?:layer|batch|group|unit)[- ]?norm\w*|normali[sz]\w*|standardi[sz]\w*|mixes|attention|pooling",
        r"whole (?:vector|argument|state|input)|all (?:its |the )?(?:entries|components|units) (?:together|at once)",
        r"not (?:an? )?(?:activation|element-?wise|entry-?wise|component-?wise|pointwise)",
        r"not (?:act|applied|work) (?:entry|element|component|on each|entry by entry)",
    ),
    "words that say of a function that it needs its argument as a whole",
)
ACTS_ENTRYWISE = _custom(
    (
        "(?:element|entry|component|coordinate|point)[- ]?wise",
        "entry by entry",
        "(?:to|on) each entry",
        "activation(?: function)?",
        "non-?linearity",
        "nonlinear function",
    ),
    "words that say of a function that it acts on each entry of its argument",
)
