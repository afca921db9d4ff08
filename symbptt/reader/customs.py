r"""The customs of the field that reading rests on: which letters are losses, inputs, indices, weights, and which sizes.

A page rarely says them. What it does say goes first: a custom decides only where a letter's use on the page leaves it
open. Every list of names that the reader has stands here, one row a custom, with its reason; the likeliest name first.

>>> "ell" in LOSSES, LOSSES.reason
(True, 'a loss: a quantity with one entry')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symbptt.functions import TABLE
from symbptt.page.conventions import DENOMINATOR, MIXED, NUMERATOR, TURNED, Convention
from symbptt.page.notation import NOW
from symbptt.text import vocabulary


@dataclass(frozen=True, slots=True)
class Custom:
    """Names that mean one thing by custom, and the reason to read them so."""

    names: tuple[str, ...]
    reason: str

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


class _Losses(Custom):
    """The letters that are losses by custom, and those that the words of a note call so."""

    def __contains__(self, name: object) -> bool:
        return name in self.names or (isinstance(name, str) and name.endswith(CALLED_LOSS))


def _custom(names: str | Iterable[str], reason: str) -> Custom:
    return Custom(tuple(names.split() if isinstance(names, str) else names), reason)


# --------------------------------------------------------------------------------------------------- indices

STEP, LAST = "t", "T"
"""The index of the steps, and the last step."""
WIDTH = "Deltat"
"""The width of a step, printed as \\Delta t."""
TRANSPOSE = "T"
"""The transpose, alone above a letter; on a page of numbers that end at the step T it is a power."""
TOP = "⊤"
"""The sign that is the transpose and nothing else."""
COUNTERS = _custom("i j k l m r s tau T", "an index, below a letter that has a step elsewhere")
ROW, COLUMN = "i", "j"
"""What counts the rows and the columns of a matrix that is written out with dots."""
INDEX_WORDS = _custom(
    ("tau", "ell", "kappa", "nu", "mu", NOW), "an index although its name has several letters, as in h_{\\tau-1}"
)
LAYERS = _custom("l ell", "a layer, where it varies beside a step; any other letter where the words speak of layers")
CLASS_COUNTERS = _custom("k i j m r s l", "the index that a sum over classes runs over, the first that is free")
ONE_HOT = _custom("onehot one-hot OneHot", "the function from a class to its one-hot column")
SPARE_CLASSES = _custom("c y g q r v", "the class of a step that a note calls by a counter, the first that is free")
UNITS = _custom("e 1", "with a class below it, its one-hot column")
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
    "max min det argmax argmin tr Tr trace rank norm mean clip concat",
    "a function that is neither arbitrary nor entry by entry, and that the notation lacks",
)
SOFTMAX = "softmax"
"""The softmax of a column, which is composed of exponentials."""
ROOT = "sqrt"
"""The square root, entry by entry, of what stands in the braces of \\sqrt."""
CAPITAL_WORDS = {
    **dict.fromkeys(("Diag", "DIAG"), "diag"),
    **dict.fromkeys(("Softmax", "SoftMax", "SOFTMAX"), SOFTMAX),
    **{name.capitalize(): name for name in ("tanh", "sigmoid", "softplus", "relu")},
    "RELU": "relu",
}
"""Words for functions that some write with a capital letter, which makes no other function of them."""
FROBENIUS = _custom("F Fro fro", "below a norm: the root of the sum of the squares of all entries")
ASSUMED_STEP = "f"
"""The function that is assumed for a recurrence that the page leaves out."""
ASSUMED_LOSS = "ell"
"""The function that is assumed for a loss that the page leaves out."""
SPARE_ARGUMENTS = _custom("a z s v q r c b", "the argument of a function where it is defined, those that are free")
SPARE_FUNCTIONS = _custom("ell g k F G phi psi", "the name of a function that is assumed, the first that is free")

# --------------------------------------------------------------------------------------------------- quantities

CALLED_LOSS = "ᴸ"
"""Behind the name of a letter that the words of a note call a loss, which is shown without it."""
LOSSES = _Losses(tuple("L l ell E J C loss Loss cost".split()), "a loss: a quantity with one entry")
NO_LOSS = "°"
"""Behind the name of a letter that is a loss by custom and a state on its page, which is shown without it."""
INPUTS = _custom("x X u", "an input: data that is put in, and no target")
ASSUMED_INPUTS = _custom("x u v z", "the input of a step that is assumed, the first that is free")
OUTPUTS = _custom("o y z", "an output, where the page differentiates in one and leaves open which letter it is")
PARAMETERS = _custom(
    "w b v theta vartheta omega beta gamma alpha lambda eta", "a weight, where a network has no steps to tell data by"
)
NUMBERS = _custom(
    ("alpha", "beta", "gamma", "eta", "epsilon", "varepsilon", "lambda", "mu", "kappa", "rho", WIDTH),
    "a number such as a rate or a width, where that composes and nothing is differentiated in it",
)
ASSUMED_WEIGHT = "w"
"""The weight of an assumed step where the page names none."""
SPARE_ACCENTS = _custom(
    "tilde check breve bar hat", "an accent for data that a target is made of, the first that is free"
)
ANY_WEIGHT = _custom("theta vartheta Theta w omega", "whichever weight there is, where no definition contains it")
VARIED = _custom("delta Delta", "a letter, or the sign of a variation before another letter")
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
_A_LOSS = r"\\partial\s*(?:\\(?:mathcal|mathrm|mathbf)\s*\{?\s*)?(?:[LEJC]|\\ell)\b"
_SHAPED = (
    r"[^.;]{0,60}(?:\b(?:is|are|be|as)\b|\$\s*,)\s*"
    r"(?:(?:an?|the|always|all|(?:taken|written|treated|understood) (?:as|to be))\s+)*\**"
)
_JACOBIAN_ALONE = r"(?=[^.;]*\bjacobians?\b)(?![^.;]*(?:gradient|derivative|scalar))"
_LAID = r"(?:convention|disposition|convención|disposición|convenzione)"
_SPACES = r"\\mathbb\s*\{?R\}?\s*\^\s*\{?(\w)\}?\s*\\(?:right)?(?:to|arrow)\s*\\mathbb\s*\{?R\}?\s*\^\s*\{?(\w)\}?"
"""f: R^n → R^m, the number of inputs before that of outputs."""
_ENTRY = (
    r"(\(|\[)\s*\\[dt]?frac\s*\{\\partial (\w)\}\{\\partial (\w)\}\s*(?:\\right\s*)?[)\]]_\s*\{?ij\}?\s*=\s*"
    r"\\[dt]?frac\s*\{\\partial "
)
_PLACED = (
    r"\brow \$?(?P<row>\w)\$?(?: and|,|, and) (?:in )?column \$?(?P<column>\w)\$?[^.;]*?"
    r"(?:is|are|stands|has|holds|entry|:)[^.;\\]*?"
    r"(?:\\[dt]?frac\s*\{\s*)?"
)
LAYOUTS = (
    Layout(
        rf"\A(?!{_JACOBIAN_ALONE})[^.;]*numerator[- ]layout|jacobian formulation",
        (NUMERATOR, TURNED),
        "the name of the convention",
    ),
    Layout(
        rf"\A{_JACOBIAN_ALONE}[^.;]*numerator[- ]layout",
        (NUMERATOR, TURNED, MIXED),
        "the name of the convention, of a Jacobian alone",
    ),
    Layout(r"denominator[- ]layout|hessian formulation", (DENOMINATOR,), "the name of the convention"),
    Layout(
        rf"{_LAID} (?:du |en |al |de )?(?:numérateur|numerador|numeratore)|zähler[- ]?(?:layout|konvention|"
        rf"schreibweise)|"
        "分子(?:布局|约定|记法)|(?:分子|ぶんし)レイアウト",
        (NUMERATOR, TURNED),
        "the name of the convention in other languages",
    ),
    Layout(
        rf"{_LAID} (?:du |en |al |de )?(?:dénominateur|denominador|denominatore)|nenner[- ]?(?:layout|konvention|"
        rf"schreibweise)|"
        "分母(?:布局|约定|记法)|分母レイアウト",
        (DENOMINATOR,),
        "the name of the convention in other languages",
    ),
    Layout(
        r"jacobians?\b[^.;]*\b(?:outputs?|results?) (?:down|along|in) the rows|"
        rf"{_SPACES}[^.;]*(?:derivative|jacobian)[^.;]*\2\s*(?:\\times|×)\s*\1(?!\w)",
        (NUMERATOR, TURNED, MIXED),
        "a Jacobian with a row for each output",
    ),
    Layout(
        r"jacobians?\b[^.;]*\binputs? (?:down|along|in) the rows|jacobians? (?:here )?(?:is|are) (?:all |"
        r"always )?transposed|"
        rf"{_SPACES}[^.;]*(?:derivative|jacobian)[^.;]*\1\s*(?:\\times|×)\s*\2(?!\w)",
        (DENOMINATOR,),
        "a Jacobian with a row for each input",
    ),
    Layout(rf"{_ENTRY}\2_\{{?j\}}?\}}\{{\\partial \3_\{{?i", (DENOMINATOR,), "an entry of a Jacobian"),
    Layout(rf"{_ENTRY}\2_\{{?i\}}?\}}\{{\\partial \3_\{{?j", (NUMERATOR, TURNED, MIXED), "an entry of a Jacobian"),
    Layout(rf"{_PLACED}\\partial\s*\w_\{{?(?P=column)\b", (DENOMINATOR,), "an entry of a Jacobian, by its place"),
    Layout(
        rf"{_PLACED}\\partial\s*\w_\{{?(?P=row)\b", (NUMERATOR, TURNED, MIXED), "an entry of a Jacobian, by its place"
    ),
    Layout(
        r"(?:gradient|derivative)s?\b[^.;]*\b(?:like|of|as) (?:the |its |their )?(?:transposes?|transposed)\b",
        (NUMERATOR, TURNED),
        "a gradient in the shape of the transpose of what it is taken in",
    ),
    Layout(r"mixed[- ]layout", (MIXED,), "the name of the convention"),
    Layout(
        r"(?:gradient|derivative)s?\b(?![^.;]*transpos)[^.;]*\b(?:shapes?|dimensions?) (?:of|as)\b|"
        r"shaped like(?! the transp)",
        (MIXED, DENOMINATOR),
        "a gradient in the shape of what it is taken in",
    ),
    Layout(rf"{_GRADIENT}columns?\b(?! for)|columns everywhere", (MIXED, DENOMINATOR), "a gradient that is a column"),
    Layout(rf"{_GRADIENT}rows?\b(?! for)", (NUMERATOR, TURNED), "a gradient that is a row"),
    Layout(
        rf"{_A_LOSS}{_SHAPED}columns?\b(?! (?:for|of|by))|\bcolumn(?:\s+vectors?)?\s+\$(?:[^$=]*=)?[^$=+]*{_A_LOSS}",
        (MIXED, DENOMINATOR),
        "a gradient that is a column",
    ),
    Layout(
        rf"{_A_LOSS}{_SHAPED}rows?\b(?! (?:for|of|by))|\brow(?:\s+vectors?)?\s+\$(?:[^$=]*=)?[^$=+]*{_A_LOSS}",
        (NUMERATOR, TURNED),
        "a gradient that is a row",
    ),
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

# --------------------------------------------------------------------------------------------------- signs


@dataclass(frozen=True, slots=True)
class Meaning:
    """A sign that sentences explain: a formula that shows it, how it is used, the words for what it means, and why."""

    alone: str
    used: str
    meant: str
    reason: str


_EACH_ENTRY = (
    r"element|entr(?:y|ies)|component|coordinate|point|hadamard|schur|glied|komponente|eintr[aä]g|"
    r"terme à terme|composante|élément|逐|要素|アダマール"
)
_NO_OTHER = (
    rf"(?!.*(?:{vocabulary.ANY_FUNCTION.anywhere}|\bbase\b|\bbasis\b|binary|dua(?:l|ire)|zweier|decimal|"
    rf"dekadisch|common|"
    r"temperature|temperatur|rescaled|scaled|hard\b|approximat|modified|shifted|底))"
)
"""What none of the words in a sentence may be that says what a named function is."""


def _of_function(names: tuple[str, ...], words: tuple[str, ...]) -> Meaning:
    """The name of a function, which is that function whatever a note takes it for."""
    called = "|".join(names)
    return Meaning(
        rf"\\?(?:(?:mathrm|text\w*|operatorname)\s*\{{)?\s*(?P<sign>{called})\s*\}}?(?:\s*\(.*\))?",
        rf"(?<![A-Za-z])(?:{called})(?![A-Za-z])",
        rf"\A{_NO_OTHER}.*(?:{'|'.join((*names, *words))}|activation|non-?linearity|{_EACH_ENTRY})",
        "a function that is the same one everywhere",
    )


_OF_ANOTHER = (
    r"\b(?:direct|immediate|local|explicit|instantaneous|partial)\b|unmittelbar|direkt|immédiat|直接|"
    r"\$(?!\s*\\?(?:mathcal\s*\{)?[A-Za-z]+\}?(?:_\{?\w+\}?)?\s*\$)[^$]*\$"
)
"""Words beside the derivative of a loss that make another of it: a direct one, or one that is written otherwise."""
STARS = r"(?<!\^)(?<!\^\{)(?:\*|\\ast(?![A-Za-z])|\\star(?![A-Za-z]))"
"""A star between factors, as a pattern."""
SIGNS = (
    Meaning(r"\w?\s*(?:\\odot|⊙)\s*\w?", r"\\odot(?![A-Za-z])|⊙", _EACH_ENTRY, "a product entry by entry"),
    Meaning(r"\w?\s*(?:\\circ|∘)\s*\w?", r"(?<![\^{])\s*(?:\\circ(?![A-Za-z])|∘)", _EACH_ENTRY, "the same"),
    Meaning(
        r"\w?\s*(?:\*|\\ast|\\star)\s*\w?",
        STARS,
        rf"{_EACH_ENTRY}|product|multipl|produkt|produit",
        "a product of two, entry by entry where both are columns",
    ),
    Meaning(
        r"\w?\s*(?:\\otimes|⊗)\s*\w?",
        r"\\otimes(?![A-Za-z])|⊗",
        "kronecker|outer|tensor|dyad|äußer|extérieur|外积|克罗内克",
        "a Kronecker product; of two columns the outer one",
    ),
    Meaning(
        r"\\?(?:operatorname|mathrm|text|mathop)?\*?\s*\{?\s*[dD]iag\s*\}?(?:\s*(?:\\left)?[({\[].*)?",
        r"[dD]iag(?![a-z])",
        r"(?<!anti)(?<!anti-)(?<!off-)(?<!off)(?<!sub)(?<!super)diagonal",
        "the diagonal matrix of a column",
    ),
    Meaning(
        r"(?P<sign>\\?[A-Za-z]+\s*')(?:\s*\([^()]*\))?",
        "",
        "deriv|ableitung|dérivée|slope|导数|導関数",
        "the first derivative",
    ),
    Meaning(
        r"\w?\s*\^?\s*\{?\s*\\(?:top|intercal)\s*\}?", r"\\(?:top|intercal)(?![A-Za-z])", "transpos|转置|転置", "it"
    ),
    Meaning(
        r"\\partial\s*\^\s*\{?\s*\+\s*\}?|\\[dt]?frac\s*\{\s*\\partial\s*\^\s*\{?\s*\+.*",
        r"\\partial\s*\^\s*\{?\s*\+",
        "immediate|direct|explicit|partial|local|unmittelbar|direkt|immédiat|partiell",
        "the derivative inside a step",
    ),
    Meaning(
        r"\\nabla(?:\s*_\s*(?:\{[^{}]*\}|\S+))?(?:\s*\\?[A-Za-z]+)?",
        r"\\nabla(?![A-Za-z])",
        "gradient|deriv|nabla|ableitung|dérivée|梯度|勾配|column|row|vector|matrix|shape",
        "a gradient, in the shape of what it is taken in",
    ),
    Meaning(
        r"(?P<sign>\\[dt]?frac\s*\{\s*(?:\\partial|\\mathrm\s*\{?\s*d\s*\}?|d)\s*"
        r"(?:\\mathcal\s*\{?\s*)?(?:[LEJC]|\\ell)\s*\}?\s*\}"
        r"\s*\{\s*(?:\\partial|\\mathrm\s*\{?\s*d\s*\}?|d)[^{}=+]*(?:\{[^{}]*\}[^{}=+]*)*\})",
        "",
        rf"\A(?!(?!.*(?:{_EACH_ENTRY})).*(?:{_OF_ANOTHER})).*(?:gradient|deriv|jacobi|differential|sensitiv|ableitung|"
        r"dérivée|梯度|导数|勾配|微分|change|vari|matrix|error|sum|total|contribution|effect|influence)",
        "the derivative of what stands above in what stands below",
    ),
    Meaning(
        r"(?:\\left)?\[\s*\\?\w+\s*(?:\\right)?\](?:_\{?\w+\}?)?",
        r"(?<!\\)\[",
        rf"{_EACH_ENTRY}|bracket|group|step|value at",
        "a bracket, or with an index below it an entry",
    ),
    Meaning(
        "I",
        r"(?<![A-Za-z\\])I(?![A-Za-z])",
        r"identi|einheit|unit matrix|input|current|data|image|number|index|set|单位|単位",
        "the identity matrix, or a letter that the page uses otherwise",
    ),
    Meaning("1", r"(?<![_^{\d.])1\s*[-+]", r"\bones?\b|number|unit|einsen|uns\b|一|全1", "one, or the column of ones"),
    Meaning(
        r"\\sum(?:\s*_\s*(?:\{[^{}]*\}|\w))?(?:\s*\^\s*(?:\{[^{}]*\}|\w))?",
        r"\\sum(?![A-Za-z])",
        r"\bsum|total|add|summe|somme|和",
        "a sum",
    ),
    *(_of_function(row.called, row.words) for row in TABLE.values() if row.called),
    _of_function(("softmax",), ("normali[sz]ed exponentials?", "softmaxfunktion")),
)
"""Signs that a note may explain in words, with the only meaning in which they are read."""
OF_ASCENDING = (
    r"\b(?:earliest|oldest|smallest)\b[^.;]*\bfirst\b|left to right[^.;]*\$\s*(\w+)\s*,\s*\1\s*\+\s*1|"
    r"\b(?:earliest|first|oldest|smallest)\b[^.;]*\bleft\b|\b(?:latest|last|newest|largest)\b[^.;]*\bright\b|"
    r"\b(?:ascending|increasing)\b[^.;]*\b(?:left to right|order)\b"
)
"""Words for products whose first factor stands on the left."""
OTHERWISE = (
    r"second|third|inverse|zweite|seconde|twice|negative|negated|half|minus|clipped|clip\b|scaled|averaged?\b|mean\b|"
    r"truncated|approximat|normali[sz]ed (?!exponential)|stochastic|surrogate|opposite|sign of|abgeschnitten|gemittelt|"
    r"négati|opposé|tronqué|moyenne|负梯度|裁剪|平均|截断|近似"
)
"""Words beside those by which a sign means something else after all."""
