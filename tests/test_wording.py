"""What the words around a formula make of it, in four languages: what denies or limits beside what does not."""

from __future__ import annotations

import re

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.note import read
from symbptt.reader.wording import judge_words, lead_in
from symbptt.text import vocabulary
from symbptt.text.document import split_document
from tests.pages import ROOT, UNEXPLAINED

CELL = r"$$h_t = \phi(W h_{t-1} + U x_t)$$"
STEP = r"""$$\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}
+ \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W}$$"""
CUT = r"$$\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}$$"


def last_word(*parts: str) -> str:
    rows = list(judge_note(read(split_document("\n\n".join(parts), "note.md")), question=UNEXPLAINED))
    return rows[-1].word


DISPLAYS = [
    ("Das Fehlersignal ist", "", ""),
    ("Ein Denkfehler ist", "", "denied"),
    ("**Fehler:**", "", "denied"),
    ("**Erreur :**", "", "denied"),
    ("L'erreur est d'écrire", "", "denied"),
    ("Ошибка:", "", "denied"),
    ("L'erreur se propage en arrière,", "", ""),
    ("Ошибка на выходе равна", "", ""),
    ("Частая ошибка — писать", "", "denied"),
    ("The exact gradient is", "while", ""),
    ("The exact gradient is", "while the input vanishes.", "limited"),
    # English
    ("**Bad:**", "", "denied"),
    ("Old version (deprecated)", "", "denied"),
    ("**Good:**", "", ""),
    ("The threshold is old news to us, and", "", ""),
    ("If we stop the gradient there, then", "", "limited"),
    ("When we detach the last state, we get", "", "limited"),
    ("If we apply the chain rule, we get", "", ""),
    ("When we now differentiate, we get", "", ""),
    ("In the special case of no inputs", "", "limited"),
    ("In the linear case", "", "limited"),
    ("In the general case", "", ""),
    # German
    ("Damit gilt", "", ""),
    ("Man erhält durch Ableiten", "", ""),
    ("Wenn wir ableiten, erhalten wir", "", ""),
    ("Im Allgemeinen gilt nicht", "", "denied"),
    ("Es ist falsch, dass", "", "denied"),
    ("Ein häufiger Fehler ist", "", "denied"),
    ("Es gilt", "ist falsch.", "denied"),
    ("Der Gradient hängt nicht von der Zukunft ab. Es gilt", "", ""),
    ("Unter der Annahme, dass die Eingabe verschwindet, gilt", "", "limited"),
    ("Falls die Eingabe verschwindet:", "", "limited"),
    ("Es gilt", "falls die Eingabe verschwindet.", "limited"),
    ("Für lineare Netze gilt im Spezialfall", "", "limited"),
    # French
    ("On obtient alors", "", ""),
    ("Si on dérive, on obtient", "", ""),
    ("Il est faux que", "", "denied"),
    ("En général on n'a pas", "", "denied"),
    ("Une erreur courante est d'écrire", "", "denied"),
    ("On lit", "ce qui est faux.", "denied"),
    ("La règle ne vaut pas que pour une étape. On obtient", "", ""),
    ("À chaque pas de temps on a", "", ""),
    ("Si l'entrée est nulle, on a seulement si elle est constante", "", "limited"),
    ("À condition que les entrées soient nulles", "", "limited"),
    ("On obtient", "sauf à la première étape.", "limited"),
    # Chinese
    ("因此我们得到", "", ""),
    ("当前时刻的梯度为", "", ""),
    ("注意，下式并不成立：", "", "denied"),
    ("一个常见的错误是", "", "denied"),
    ("有人误以为", "", "denied"),
    ("于是", "上式不成立。", "denied"),
    ("假设输入为零，则", "", "limited"),
    ("如果输入为零", "", "limited"),
    ("于是", "仅当输入为零时成立。", "limited"),
    # Japanese
    ("したがって次式を得る。", "", ""),
    ("よって", "となる。", ""),
    ("因此", "一个常见的错误是忽略第二项。", ""),
    ("よくある間違いは", "", "denied"),
    ("一般には次式は正しくない：", "", "denied"),
    ("すると", "とは限らない。", "denied"),
    ("入力が零の場合", "", "limited"),
    ("もし入力が零ならば", "", "limited"),
]


@pytest.mark.parametrize(("before", "after", "how"), DISPLAYS)
def test_words_of_four_languages_deny_or_limit_a_display_or_leave_it(before: str, after: str, how: str) -> None:
    assert lead_in(f"{before}\n\n", f"\n\n{after}").how == how


@pytest.mark.parametrize(("before", "after", "how"), [row for row in DISPLAYS if row[0].count(" ") < 4])
def test_what_is_denied_or_limited_is_unread_and_all_else_is_judged(before: str, after: str, how: str) -> None:
    assert last_word(CELL, before, STEP, after) == ("unread" if how else "proved")


@pytest.mark.parametrize("said", ["一个常见的错误是", "假设输入为零，则", "よくある間違いは", "もし入力が零ならば"])
def test_words_that_lead_on_to_the_next_display_say_nothing_of_the_one_before(said: str) -> None:
    first, second = judge_note(read(split_document("\n\n".join([CELL, said, STEP]), "note.md")), question=UNEXPLAINED)
    assert (first.word, second.word) == ("definition", "unread")


@pytest.mark.parametrize(
    ("before", "conditions"),
    [
        ("Für $t = 1$ gilt", ["t = 1"]),
        ("Pour $t = 1$ on a", ["t = 1"]),
        ("当 $t = 1$ 时，有", ["t = 1"]),
        ("对于 $t = 1$，有", ["t = 1"]),
        ("$t = 1$ のとき、", ["t = 1"]),
        ("$t = 1$ の場合は", ["t = 1"]),
        ("Mit der Definition von $h_t = 1$ gilt", []),
        ("根据 $h_t = 1$ 得到", []),
        (r"With $g_t = 2 h_t$ for a loss $E = \sum_t E_t$,", []),
        (r"With $g_t = 2 h_t$ for an input $x_t = 0$,", ["x_t = 0"]),
    ],
)
def test_a_condition_in_the_sentence_is_found_in_each_language(before: str, conditions: list[str]) -> None:
    assert [*lead_in(f"{before}\n\n", "").conditions] == conditions


@pytest.mark.parametrize("before", ["Für $t = 1$ gilt", "Pour $t = 1$ on a", "当 $t = 1$ 时，有", "$t = 1$ のとき、"])
def test_what_holds_at_one_step_is_judged_there_and_refuted_without_its_condition(before: str) -> None:
    assert last_word(CELL, before, CUT) == "proved"
    assert last_word(CELL, re.sub(r"\$.*\$", "$h_t$", before).replace("$h_t$", ""), CUT) in ("refuted", "unread")
    assert last_word(CELL, CUT) == "refuted"


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        ("wobei ", " ist.", "introduced"),
        ("Ein häufiger Fehler ist ", ".", "denied"),
        ("Es gilt nicht ", ".", "denied"),
        ("statt ", ".", "denied"),
        ("Der Verlust verschwindet, wenn ", ".", "supposed"),
        ("Der Verlust verschwindet für ", ".", "supposed"),
        ("où ", ".", "introduced"),
        ("On note ", ".", "introduced"),
        ("Note that ", ".", ""),
        ("Il est faux que ", ".", "denied"),
        ("On n'écrit pas ", ".", "denied"),
        ("au lieu de ", ".", "denied"),
        ("La perte est nulle lorsque ", ".", "supposed"),
        ("其中 ", "。", "introduced"),
        ("设 ", "。", "introduced"),
        ("常见的错误是写成 ", "。", "denied"),
        ("状态不是 ", "。", "denied"),
        ("如果 ", "，损失为零。", "supposed"),
        ("损失在 ", " 时为零。", "supposed"),
        ("ここで ", " とする。", "introduced"),
        ("状態を ", " とおく。", "introduced"),
        ("よくある誤りは ", " と書くことである。", "denied"),
        ("", " ではない。", "denied"),
        ("損失は ", " のとき零である。", "supposed"),
    ],
)
def test_words_of_four_languages_introduce_a_formula_or_deny_it(before: str, after: str, how: str) -> None:
    assert judge_words(before, after).how == how


def test_the_guide_has_every_row_of_the_table_with_examples_that_are_in_it() -> None:
    page = (ROOT / "derivations/guide/words.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE))
    rows = [row for row in vars(vocabulary).values() if isinstance(row, vocabulary.Words)]
    assert len(rows) > 20
    for row in rows:
        examples = re.findall(r"`([^`]+)`", shown[row.reason])
        assert examples, row.reason
        assert all(re.fullmatch(row.anywhere, said, re.IGNORECASE) for said in examples), row.reason
    assert all(name in page.replace("\n", " ") for name in vocabulary.LANGUAGES.values())
