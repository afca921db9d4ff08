"""What stands around a formula: colours and boxes say nothing, words are conditions, remarks or denials."""

from __future__ import annotations

import pytest

from symbptt.text.document import split_document
from symbptt.text.dress import undressed
from tests.pages import words

CELL = r"s_t = \tanh(R s_{t-1} + K u_t)"
STEP = (
    r"\frac{d s_t}{d R} = \frac{\partial^+ s_t}{\partial R}"
    r" + \frac{\partial s_t}{\partial s_{t-1}} \frac{d s_{t-1}}{d R}"
)
CUT = r"\frac{d s_t}{d R} = \frac{\partial^+ s_t}{\partial R}"


# --------------------------------------------------------------------------------------------------- looks


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\large a = b", "a = b"),
        (r"\boxed{a = b}", "a = b"),
        (r"\bbox[yellow, 5px]{a = b}", "a = b"),
        (r"\fbox{$a = b$}", "a = b"),
        (r"\color{blue}{a} = \color{red}{b}", "a = b"),
        (r"\textcolor[rgb]{1,0,0}{a} = {\color{red} b}", "a = b"),
        (r"a = \boxed{b + c} d", "a = {b + c} d"),
        (r"a = \color{red}{b + c} d", "a = b + c d"),
        (r"a_{\color{red}{t}} = \class{x}{b}^2", "a_{t} = {b}^2"),
        (r"\sum_{\mathclap{k}} a \phantom{+ c} = b", r"\sum_{k} a = b"),
        ("a（t）＝b，c", "a(t)=b,c"),
    ],
)
def test_what_only_changes_how_a_formula_looks_is_left_out(written: str, meant: str) -> None:
    assert len(undressed(written)) == len(written)
    assert "".join(undressed(written).split()) == "".join(meant.split())


@pytest.mark.parametrize("written", [r"a = \cancel{b} + c", r"a = \text{b} + c", r"a = \foo{b}", r"\mbox{if $t = 1$}"])
def test_what_says_something_stays(written: str) -> None:
    assert undressed(written) == written


@pytest.mark.parametrize(
    "dress", [r"\boxed{%s}", r"\bbox[5px]{%s}", r"\color{blue}{%s}", r"{\color{blue} %s}", r"\small %s"]
)
def test_a_claim_is_judged_as_if_it_were_not_dressed_and_so_is_a_false_one(dress: str) -> None:
    assert words(CELL, dress % STEP, dress % CUT) == ["definition", "proved", "refuted"]


def test_a_colour_groups_nothing_and_a_term_crossed_out_is_not_read() -> None:
    one = r"\frac{\partial s_t}{\partial s_{t-1}} = \operatorname{diag}(%s) R"
    assert words(CELL, one % r"1 - s_t^2", one % r"\color{red}{1 - s_t} s_t") == ["definition", "proved", "ill-typed"]
    assert words(CELL, STEP.replace("+ ", r"+ \cancel{", 1) + "}") == ["definition", "unread"]


def test_text_between_the_rows_of_an_alignment_is_said_of_them() -> None:
    rows = (
        rf"\begin{{align}} {STEP.replace('=', '&=', 1)} \\ \intertext{{%s}} {CUT.replace('=', '&=', 1)} \end{{align}}"
    )
    assert words(CELL, rows % "and without the state before") == ["definition", "proved", "refuted"]
    assert words(CELL, rows % "which is false. It is wrong that") == ["definition", "unread", "unread"]


# --------------------------------------------------------------------------------------------------- words behind


REMARKS = [
    *("(Kettenregel)", "(Rekursion)", "für alle Zeitschritte", "nach der Kettenregel", "(totale Ableitung)"),
    *(
        "(pré-activation)",
        "(règle de la chaîne)",
        "pour tout pas de temps",
        "d'où la récurrence",
        "(dérivée totale)",
        "par linéarité",
    ),
    *("(regla de la cadena)", "para todo paso", "(правило цепочки)", "для всех шагов"),
    *("（链式法则）", "(递推)", "对所有时间步成立", "由链式法则", "（連鎖律より）", "(漸化式)", "すべての時刻について"),
    *("(chain rule)", "for every step", "by the chain rule", "(recursion)"),
]
LIMITS = [
    *("im linearen Fall", "falls das Netz stabil ist", "(falsch)", "nur für den letzten Schritt", "gilt nicht"),
    *("dans le cas linéaire", "si les poids sont fixés", "(faux)", "sauf au dernier pas", "n'est pas vrai"),
    *("en el caso lineal", "(falso)", "если сеть линейна", "неверно"),
    *("（线性情形）", "(错误)", "如果输入已知", "仅在最后一步成立", "線形の場合", "（誤り）", "成り立たない", "近似"),
    *("in the linear case", "if the weights are fixed", "(wrong)", "for the last step", "approximately"),
]


@pytest.mark.parametrize("said", REMARKS)
def test_a_remark_behind_an_equation_changes_nothing(said: str) -> None:
    behind = rf" \quad \text{{{said}}}"
    assert words(CELL, STEP + behind, CUT + behind) == ["definition", "proved", "refuted"]


@pytest.mark.parametrize("said", LIMITS)
def test_what_denies_or_limits_an_equation_leaves_it_unread(said: str) -> None:
    assert words(CELL, rf"{STEP} \quad \text{{{said}}}", rf"{CUT} \text{{ {said}}}") == [
        "definition",
        "unread",
        "unread",
    ]


CONDITIONS = [
    r"\quad \text{für } t %s",
    r"\quad (\text{falls } t %s)",
    r"\text{ pour } t %s",
    r",\; \text{si } t %s",
    r"\quad \text{para } t %s",
    r"\quad \text{при } t %s",
    r"，\text{其中 } t %s",
    r"\quad \text{当 } t %s \text{ 时}",
    r"\quad (t %s \text{ のとき})",
    r"\quad t %s \text{ に対して}",
    r"\quad \text{for } t %s",
]


@pytest.mark.parametrize("behind", CONDITIONS)
def test_a_condition_behind_an_equation_says_where_it_is_judged(behind: str) -> None:
    assert words(CELL, STEP + behind % r"\ge 2", CUT + behind % r"\ge 2", CUT + behind % "= 1") == [
        *("definition", "proved", "refuted", "proved")
    ]


@pytest.mark.parametrize("behind", [row for row in CONDITIONS if "其中" not in row])
def test_a_condition_on_a_value_is_not_read(behind: str) -> None:
    behind = behind.replace(r"t %s", "R = 0")
    assert words(CELL, CUT + behind)[-1] == "unread"


# --------------------------------------------------------------------------------------------------- words before


@pytest.mark.parametrize(
    "lead",
    [
        *(r"\text{したがって}\quad ", r"\text{Daraus folgt } ", r"\text{donc}\quad ", r"\text{por lo tanto } "),
        *(r"\text{因此，}", r"\text{Следовательно, }", r"\text{Hence}\quad ", r"\text{für } t \ge 1 \text{ gilt } "),
        *(r"\text{对于 } t \ge 1 \text{ 有 }", r"t \ge 1 \text{ に対して } ", r"\text{pour } t \ge 1 : \quad "),
    ],
)
def test_words_before_an_equation_leave_it_as_it_is(lead: str) -> None:
    assert words(CELL, lead + STEP, lead + CUT) == ["definition", "proved", "refuted"]


@pytest.mark.parametrize(
    "lead",
    [
        *(r"\text{Falsch ist:}\quad ", r"\text{ce qui est faux : } ", r"\text{错误的写法：}", r"\text{誤り：}"),
        *(r"\text{Неверно, что } ", r"\text{Es falso que } ", r"\text{It is wrong that }", r"\text{si } R = 0, \quad "),
    ],
)
def test_words_before_an_equation_that_deny_it_leave_it_unread(lead: str) -> None:
    assert words(CELL, lead + STEP, lead + CUT) == ["definition", "unread", "unread"]


# --------------------------------------------------------------------------------------------------- names of functions


@pytest.mark.parametrize(
    "said",
    [
        *("wobei $g$ die Sigmoidfunktion ist.", "où $g$ est la sigmoïde.", "donde $g$ es la función sigmoide."),
        *(
            "其中 $g$ 是 sigmoid 函数。",
            "ここで $g$ はシグモイド関数である。",
            "где $g$ это сигмоида.",
            "where $g$ is the sigmoid.",
        ),
    ],
)
def test_a_function_is_named_in_each_language_in_the_text_and_in_a_display(said: str) -> None:
    slope = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(h_t \odot (1 %s h_t)) A"
    before, letter, behind = said.rstrip(".。").split("$")
    boxed = rf"h_t = g(A h_{{t-1}} + B x_t) \quad \text{{{before}}} {letter} \text{{{behind}}}"
    expected = ["definition", "proved", "refuted"]
    assert words(r"h_t = g(A h_{t-1} + B x_t)", slope % "-", slope % "+", text=said) == expected
    assert words(boxed, slope % "-", slope % "+") == expected


@pytest.mark.parametrize(
    "said",
    ["wobei $g$ meist die Sigmoidfunktion ist.", "où $g$ n'est pas la sigmoïde.", "其中 $g$ 通常是 sigmoid 函数。"],
)
def test_a_function_that_is_only_spoken_of_as_one_is_no_such_function(said: str) -> None:
    slope = r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(h_t \odot (1 - h_t)) A"
    assert words(r"h_t = g(A h_{t-1} + B x_t)", slope, text=said)[-1] not in ("proved", "holds-as-read")


def test_the_place_of_what_is_read_stays_that_of_the_page() -> None:
    note = split_document("$$\n\\color{red}{a} = \\text{because } b\n$$\n", "note.md")
    assert [str(display.place) for display in note.displays] == ["note.md:2:1"]
