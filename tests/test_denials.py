"""What a page takes back is never accepted: before a display, behind it, and by its number elsewhere on the page."""

from __future__ import annotations

import pytest

from symbptt.judging.pages import judge_note
from symbptt.reader.denials import spoken_of
from symbptt.reader.note import read
from symbptt.reader.wording import lead_in
from symbptt.text.document import split_document
from tests.pages import words_of

CELL = r"$$h_t = \tanh(W h_{t-1} + U x_t) \tag{1}$$"
SLOPE = r"$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) W \tag{2}$$"
CHAIN = r"""$$\frac{d h_t}{d W} = \frac{\partial^+ h_t}{\partial W}
+ \frac{\partial h_t}{\partial h_{t-1}} \frac{d h_{t-1}}{d W} \tag{3}$$"""


def words(*parts: str) -> list[str]:
    return words_of(read(split_document("\n".join(parts), "note.md")))


@pytest.mark.parametrize(
    "before",
    [
        "It is tempting, but not correct, to write",
        "It is tempting, though wrong, to write",
        "One might be inclined, wrongly, to write",
        "Nobody should believe that",
        "No one would claim that",
        "The printed version has a typo:",
        "The equation that is printed there is garbled:",
        "It is a popular error to write",
        "It is a mistake to think that, in general,",
        "A frequent mistake, made by many, is to write",
        "Wrongly, one often reads",
        "It is anything but true that",
        "It is not hard to see that it is not true that",
        "It is tempting, but not\ncorrect, to\nwrite",
        "Il serait tentant, mais incorrect, d'écrire",
        "Personne ne devrait croire que",
        "Es wäre verlockend, aber falsch, zu schreiben",
        "Niemand sollte glauben, dass",
        "Sería tentador, pero incorrecto, escribir",
        "Nadie debe creer que",
        "Никто не должен думать, что",
        "没有人应该相信",
        "印刷版有笔误：",
        "次式には誤植がある：",
    ],
)
def test_a_display_that_the_words_before_it_deny_is_unread(before: str) -> None:
    assert lead_in(f"{before}\n\n", "").how == "denied"
    assert words(CELL, before, SLOPE) == ["definition", "unread"]


@pytest.mark.parametrize(
    "before",
    [
        "It is not hard to see that",
        "Not only that, we also have",
        "Not surprisingly, we get",
        "Nothing but the chain rule gives",
        "To avoid clutter, we write",
        "The error signal is",
        "Since $h_0$ does not depend on $W$, write",
        "Although the formula looks wrong at first sight, we have",
        "Contrary to popular belief, we have",
        "The gradient, which is not a row but a column, is",
        "Es ist nicht schwer zu sehen, dass",
        "Il n'est pas difficile de voir que",
        "No es difícil ver que",
        "Не трудно видеть, что",
        "并不难看出",
    ],
)
def test_words_that_only_sound_like_a_denial_leave_a_display(before: str) -> None:
    assert lead_in(f"{before}\n\n", "").how == ""


@pytest.mark.parametrize(
    "behind",
    [
        "but the order is the wrong way round.",
        "has a mistake in it.",
        "must be rejected.",
        "contains an error.",
        "turns out to be wrong.",
        "(which is wrong).",
        "lacks a term.",
        "is, of course, wrong.",
        "and this is not true.",
        "But the order of the factors is wrong.",
        "However, it fails.",
        "enthält einen Fehler.",
        "aber die Reihenfolge ist falsch.",
        "mais l'ordre des facteurs est faux.",
        "doit être rejetée.",
        "contiene un error.",
        "pero el orden es incorrecto.",
        "но порядок неверен.",
        "содержит ошибку.",
        "但顺序写反了。",
        "有误。",
        "しかし順序が間違っている。",
    ],
)
def test_a_display_that_the_words_behind_it_deny_is_unread(behind: str) -> None:
    assert words(CELL, "The formula", SLOPE, behind) == ["definition", "unread"]


@pytest.mark.parametrize(
    "behind",
    [
        "which is the claim.",
        "where no term is missing.",
        "and no term is missing.",
        "which must be computed first.",
        "It must be evaluated backwards.",
        "The usual error is to forget the second term.",
        "which is the backpropagated error.",
        "If we forgot this, the result would be wrong.",
        "This is without error.",
        "此即误差的递推。",
    ],
)
def test_words_behind_a_display_that_deny_nothing_of_it_leave_it(behind: str) -> None:
    assert lead_in("We have\n\n", f"\n{behind}").how == ""


@pytest.mark.parametrize(
    ("before", "how"),
    [
        ("Is it true that", "limited"),
        ("But does it follow that", "limited"),
        ("Who would believe that", "limited"),
        ("One may ask whether", "limited"),
        ("Gilt etwa", "limited"),
        ("Est-ce que", "limited"),
        ("是否有", "limited"),
        ("Whether or not it is large, we have", ""),
        ("It is true that", ""),
        ("As it is, we have", ""),
    ],
)
def test_what_is_asked_is_not_stated(before: str, how: str) -> None:
    assert lead_in(f"{before}\n\n", "").how == how


def test_words_that_lead_on_to_the_next_display_deny_that_one() -> None:
    assert words(CELL, SLOPE, "but it would be wrong to write", CHAIN) == ["definition", "proved", "unread"]


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("Equation (2) is false.", "2"),
        ("Of these, (2) does not hold, and neither does (3).", "23"),
        ("Equations (2) and (3) are wrong.", "23"),
        ("There is a typo in (3).", "3"),
        ("We find an error in equation (2).", "2"),
        ("(2) is wrong. The same goes for (3).", "23"),
        ("None of (2) and (3) holds.", "23"),
        ("(3), however, is incorrect.", "3"),
        ("Clearly it is wrong that (2) and it is right that (3).", "2"),
        ("Gleichung (2) ist falsch, ebenso (3).", "23"),
        ("L'équation (2) est fausse.", "2"),
        ("La ecuación (2) es incorrecta.", "2"),
        ("Формула (2) неверна.", "2"),
        ("式(2)不成立。", "2"),
        ("(2)式和(3)式都不成立。", "23"),
        ("Neither (2) nor (3) is true.", "23"),
        ("Equations (1)-(3) of an earlier print: (2)-(3) are wrong.", "23"),
        ("Do not use (3).", "3"),
        ("In (3) steckt ein Fehler.", "3"),
        ("By (2) it is wrong to drop the factor.", ""),
        ("(2) is not only right but useful.", ""),
        ("式(2)は正しくない。", "2"),
        ("Equation (2) is right.", ""),
        ("By (2), the wrong sign does not occur.", ""),
        ("Without the second term (3) would be wrong.", ""),
        ("There is no mistake in (2).", ""),
        ("(2) does not depend on the loss.", ""),
        ("Equation (2) is not hard to see, and neither is it new.", ""),
        ("By (2) and (3) the wrong rule is avoided.", ""),
        ("The usual mistake is to forget the second term; see (3).", ""),
        ("`(2) is wrong.`", ""),
        ("Nicht nur (2) ist richtig.", ""),
    ],
)
def test_a_display_that_is_denied_by_its_number_is_unread(said: str, denied: str) -> None:
    expected = ["unread" if number in denied else "proved" for number in "23"]
    assert words(CELL, "", SLOPE, "", CHAIN, "", said) == ["definition", *expected]


def test_a_display_is_found_by_its_label_and_the_line_that_denies_it_is_said() -> None:
    labelled = SLOPE.replace(r"\tag{2}", r"\tag{2} \label{eq:slope}")
    document = split_document("\n".join([CELL, "", labelled, "", r"Equation \eqref{eq:slope} is wrong."]), "note.md")
    row = list(judge_note(read(document)))[-1]
    assert row.word == "unread"
    assert "line 5 takes it back" in str(row.reason)


def test_a_long_text_is_searched_in_parts() -> None:
    assert [name for name, *_ in spoken_of("if " * 50_000 + ". (2) is wrong.", ["2"])] == ["2"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (r"Here $e_t = \partial L/\partial h_t$.", "proved"),
        (r"Here $e_t = \partial L/\partial h_t$ (the *error*).", "proved"),
        (r"Here $e_t = \partial L/\partial h_t$ **only through the loss of step $t$**.", "unread"),
        (r"Here $e_t = \partial L/\partial h_t$ (only at the last step).", "unread"),
    ],
)
def test_what_limits_a_formula_may_be_emphasised_or_stand_in_brackets(said: str, word: str) -> None:
    page = (r"h_t = \tanh(W h_{t-1})", r"L = \sum_{t=1}^T \tfrac12 \|h_t\|^2")
    claim = r"e_t = h_t + W^\top \operatorname{diag}(1 - h_{t+1}^2) e_{t+1}, \quad t < T"
    cell, loss, last = (f"$$\n{one}\n$$\n" for one in (*page, claim))
    assert words(cell, loss, f"{said}\n", last)[2:] == [word]


@pytest.mark.parametrize(
    "before",
    [
        "Deze formule klopt niet:",
        "Ten wzór jest błędny:",
        "Tento vztah neplatí:",
        "Bu denklem yanlıştır:",
        "Denna formel gäller inte:",
        "아래 식은 성립하지 않는다:",
        "المعادلة أدناه غير صحيحة:",
        "הנוסחה הבאה שגויה:",
        "Η σχέση αυτή δεν ισχύει:",
        "Persamaan berikut salah:",
    ],
)
def test_a_sentence_in_a_language_that_is_not_read_leaves_the_display_beside_it_unread(before: str) -> None:
    assert words(CELL, "", before, SLOPE, "", CHAIN) == ["definition", "unread", "proved"]
    assert words(CELL, "", SLOPE, before.replace(":", "."), "", CHAIN) == ["definition", "unread", "proved"]


@pytest.mark.parametrize(
    "before",
    [
        "By the rule of Erdős and Łukasiewicz:",
        "The Schrödinger-like form reads",
        "Squared slopes first:",
        "Somit gilt",
        "Не трудно видеть, что",
    ],
)
def test_names_and_short_remarks_are_in_any_language(before: str) -> None:
    assert words(CELL, "", before, SLOPE) == ["definition", "proved"]


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("Right or wrong?", ""),
        ("Where is the mistake?", ""),
        ("Had the cell been linear, we would find", ""),
        ("For no matrix do we have", ""),
        ("A student hands in", ""),
        ("TODO: check the sign.", ""),
        ("✗", ""),
        ("#### Find the error", ""),
        ("", "Answer: no."),
        ("", "(FIXME)"),
        ("", "\nMinus two points."),
        ("", "Spot the slip!"),
        ("", "The reviewer refuted it."),
        ("", "Trouvez l'erreur !"),
        ("", "Finde den Fehler!"),
        ("", "Nothing is further from the truth."),
        ("", "A factor of two got lost."),
    ],
)
def test_a_remark_that_takes_back_what_it_stands_beside_leaves_it_unread(before: str, behind: str) -> None:
    assert words(CELL, "", before, SLOPE, behind) == ["definition", "unread"]


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("✓", ""),
        ("What is to be done? We differentiate:", ""),
        ("The factor of two cancels:", ""),
        ("", "Students find this surprising."),
        ("", "Nothing is lost here."),
        ("", "No points of the sequence are left out."),
    ],
)
def test_a_remark_that_only_sounds_like_it_leaves_it(before: str, behind: str) -> None:
    assert words(CELL, "", before, SLOPE, behind) == ["definition", "proved"]


@pytest.mark.parametrize(
    ("footnote", "word"),
    [
        ("Erratum: the factor is wrong.", "unread"),
        ("The right side must be transposed.", "unread"),
        ("See the appendix.", "proved"),
    ],
)
def test_a_footnote_beside_a_display_is_said_of_it(footnote: str, word: str) -> None:
    note = f"{CELL}\n\nWe have\n{SLOPE} [^a]\n\n" + "More of this is said elsewhere. " * 20 + f"\n\n[^a]: {footnote}\n"
    assert words(note) == ["definition", word]


def test_what_got_lost_is_said_of_a_display_by_its_number() -> None:
    said = "In the first print a minus sign was lost in equation (3)."
    assert words(CELL, "", SLOPE, "", CHAIN, "", "It goes on. " * 40, "", said) == ["definition", "proved", "unread"]
