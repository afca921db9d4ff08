"""Explanations: read like a proof on the board, true line by line, the same on every run."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from symbptt import Derivation, Product, Sum, copy_at, d, function, indices, partial, sizes, state, weight
from symbptt.judging.claims import prove
from symbptt.judging.methods import METHODS
from symbptt.page.derivation import Equation
from symbptt.page.expansion import first_step
from symbptt.page.notation import Expr, Identity, IndexValue, Number, Zero, free_indices
from symbptt.printing.documents import document
from symbptt.printing.tex import latex
from symbptt.proofs.induction import induct
from symbptt.proofs.words import Step
from symbptt.show.explain import explanation, explanation_latex
from symbptt.verdicts import Question, Tried, Verdict
from tests.commands import asked, run_here
from tests.pages import NOTE, jacobian, needs_tex, note
from tests.test_tex import compiled

PAGE = note()
RAW = re.compile(r"#|(?<![\w.])[a-z]\.(\d|[,\]])")
"""Letters of the kernel and of the entries that SymPy differentiates: i.2, #0, k.1, a., none of a page's own."""

BOX = """\
(box) d h_t/d w_h = ∂⁺h_t/∂w_h
    + Σ_{i=1..t-1} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)
proved by induction, for every t >= 1, any sizes, any differentiable functions.
Shown in w_h; proved in W_xh, W_hh, b_h likewise.
d is the total derivative, ∂⁺ holds the earlier states fixed. Π has its largest
index on the left. An empty Σ is 0, an empty Π is I.

1. One step of h_t = phi_h(W_xh · X_t + W_hh · h_{t-1} + b_h), which is (2): one
   entry, and its differential by SymPy, phi_h' at the same place,
      h_t[a] = phi_h(Σ_{k=1..d} W_xh[a,k] X_t[k]
          + Σ_{k=1..n} W_hh[a,k] h_{t-1}[k] + b_h[a])
      dh_t[a] = phi_h'(…) · (Σ_{k=1..d} dW_xh[a,k] X_t[k]
          + Σ_{k=1..n} (W_hh[a,k] dh_{t-1}[k] + dW_hh[a,k] h_{t-1}[k])
          + db_h[a])
   What comes from the weights is ∂⁺, from a state its Jacobian, for t >= 1:
      d h_t/d w_h = ∂⁺h_t/∂w_h + ∂h_t/∂h_{t-1} · d h_{t-1}/d w_h

2. Start: ∂⁺h_0/∂w_h = 0, because h_0 is given, whatever the weights.

3. Closed form, for k >= 0, by induction over k:
      d h_k/d w_h = Σ_{i=1..k} ((Π_{j=i+1..k} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)
   First, k = 0: both sides are 0, as Σ_{i=1..0} (…) is empty.
   Next, from k-1 to k, where k >= 1: by 1 and the form at k-1
      d h_k/d w_h = ∂⁺h_k/∂w_h
          + ∂h_k/∂h_{k-1} · Σ_{i=1..k-1} ((Π_{j=i+1..k-1} ∂h_j/∂h_{j-1})
          · ∂⁺h_i/∂w_h)
   The products join (k-i-1 >= 0, because i <= k-1):
      ∂h_k/∂h_{k-1} · (Π_{j=i+1..k-1} ∂h_j/∂h_{j-1})
        = (Π_{j=i+1..k} ∂h_j/∂h_{j-1})
   A sum that does not run backwards splits (k-1 >= 0, because k >= 1):
      Σ_{i=1..k-1} ((Π_{j=i+1..k} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)
        = Σ_{i=1..k} ((Π_{j=i+1..k} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h) - ∂⁺h_k/∂w_h
   (Π_{j=k+1..k} ∂h_j/∂h_{j-1}) is I, as k < k+1. This is the form at k.

4. The left side, by 3:
      d h_t/d w_h = Σ_{i=1..t} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)

5. The right side:
      ∂⁺h_t/∂w_h + Σ_{i=1..t-1} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)
   A sum that does not run backwards splits (t-1 >= 0, because t >= 1):
      Σ_{i=1..t-1} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)
        = Σ_{i=1..t} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h) - ∂⁺h_t/∂w_h
   (Π_{j=t+1..t} ∂h_j/∂h_{j-1}) is I, as t < t+1.

6. So both sides are Σ_{i=1..t} ((Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h). ∎
"""


def explained(*arguments: str) -> subprocess.CompletedProcess[str]:
    return asked("check", str(NOTE), *arguments, known=True)


def told(page: Derivation, equation: Equation, method: str | None = None) -> tuple[Verdict | None, list[str]]:
    question = Question(method=method)
    verdict = None if equation.kind == "definition" else prove(page, equation, question)
    return verdict, explanation(page, equation, verdict, question)


# --------------------------------------------------------------------------------------------------- the note


def test_the_box_is_proved_on_one_page() -> None:
    done = explained("--explain", "box")
    assert (done.returncode, done.stdout, done.stderr) == (0, BOX, "")
    assert len(BOX.splitlines()) <= 45


@pytest.mark.parametrize("tag", [equation.tag for equation in PAGE])
def test_every_equation_of_the_note_is_explained_with_its_verdict_and_in_letters_of_a_person(tag: str) -> None:
    verdict, lines = told(PAGE, PAGE[tag])
    assert lines[0].startswith(f"({tag}) ")
    assert ("definition" if verdict is None else verdict.word) in "\n".join(lines)
    assert not [line for line in lines if len(line) > 80]
    assert not [line for line in lines[1:] if RAW.search(line)]
    assert "j_" not in re.sub(r"h_j|X_j", "", "\n".join(lines))
    latex = explanation_latex(PAGE, PAGE[tag], verdict, Question())
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}")
    assert not RAW.search(latex.replace(tag, ""))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_explained_whatever_it_says(method: str) -> None:
    for tag in ("1b", "4", "10b", "box", "concat-xh", "terms", "box-total", "box-index", "box-order"):
        verdict, lines = told(PAGE, PAGE[tag], method)
        text = "\n".join(lines)
        assert verdict is not None
        assert verdict.word in text
        assert not [line for line in lines[1:] if RAW.search(line) or len(line) > 100], text


def test_a_premise_that_the_claim_is_already_ends_the_proof() -> None:
    assert told(PAGE, PAGE["6"])[1][-1] == "2. The claim is 1, word for word. ∎"
    assert told(PAGE, PAGE["7"])[1][-1] == "2. The claim is 1 with t-1 in place of t, word for word. ∎"
    assert "Closed form" not in "\n".join(told(PAGE, PAGE["6"])[1])


def test_what_a_proof_does_not_need_is_left_out() -> None:
    assert "∂h_k/∂h_b" not in BOX
    page = recurrence()
    over_several = page.claim("several", partial(h[t], h[i]), chain(t, i + 1), for_each=[(i, 0, t)])
    assert "∂h_k/∂h_b = (Π_{j=b+1..k} ∂h_j/∂h_{j-1})" in "\n".join(told(page, over_several)[1])


def test_a_refuted_misreading_shows_both_sides_at_its_step_and_the_values() -> None:
    text = "\n".join(told(PAGE, PAGE["box-order"])[1])
    assert "refuted at t = 3, n = 2, d = 1." in text
    assert "It misreads (box): the Jacobians in ascending order" in text
    assert (
        "      d h_3/d w_h = ∂⁺h_3/∂w_h + ∂h_3/∂h_2 · ∂⁺h_2/∂w_h\n          + ∂h_2/∂h_1 · ∂h_3/∂h_2 · ∂⁺h_1/∂w_h\n"
    ) in text
    assert "phi_h(a) = a + a², and W_hh[1,2] = 1" in text
    assert re.search(r"left side +1\n +right side +65\n +difference +-64\n", text)


def test_a_proof_by_unrolling_says_how_many_entries_were_compared() -> None:
    text = "\n".join(told(PAGE, PAGE["box"], "unrolled")[1])
    # Rows n = 2, columns 8, 4, 4 and 2 of the four weights, five steps.
    assert "Compared: 180 entries over t = 1..5, in each of w_h, W_xh, W_hh, b_h." in text


def test_what_is_not_decided_shows_every_method_that_was_tried_and_what_is_stuck() -> None:
    text = "\n".join(told(PAGE, PAGE["box-order"], "induction")[1])
    assert "undecided" in text
    assert "no counterexample" in text
    assert "- (ascending Π_{j=i+1..t} ∂h_j/∂h_{j-1}) · ∂⁺h_i/∂w_h)" in text
    said = {"induction": "it stops; here", "words": "at t = 1: it stops", "unrolled": "too large"}
    both = Verdict("undecided", tried=tuple(Tried(method, "undecided", reason) for method, reason in said.items()))
    lines = explanation(PAGE, PAGE["box"], both, Question())
    assert [line for line in lines if re.match(r"\d\.", line)] == [
        "1. Induction: it stops; here.",
        "2. Words: at t = 1: it stops.",
        "3. Unrolled: too large.",
    ]


def test_what_has_no_meaning_or_is_not_stated_says_why() -> None:
    page = recurrence()
    wrong = page.claim("wrong", d(h[t], W), d(h[t], u))
    assert told(page, wrong)[1] == [
        "(wrong) d h_t/d W = d h_t/d u",
        "ill-typed.",
        "The left side is n×nn and the right side n×n.",
    ]
    late = page.claim("late", d(h[t], W), d(h[t], W), start=9)
    assert told(page, late)[1][1:] == ["not-stated.", "It is stated from t = 9 on."]


# --------------------------------------------------------------------------------------------------- true lines


t, i, j, k, tau = indices("t i j k tau")
(n,) = sizes("n")
h, a, W, u, phi = state("h", n), state("a", n), weight("W", n, n), weight("u", n), function("phi")


def recurrence() -> Derivation:
    page = Derivation("A recurrence and its running sum")
    page.define("h", h[t], phi(W @ h[t - 1] + u))
    page.define("a", a[t], a[t - 1] + h[t])
    return page


def chain(high: Expr | object, low: Expr | object) -> Expr:
    return Product(partial(h[j], h[j - 1]), (j, low, high))  # type: ignore[arg-type]  # indices


def claims() -> Iterator[tuple[Derivation, Equation]]:
    for equation in PAGE:
        if equation.kind == "claim":
            yield PAGE, equation
    page = recurrence()
    total = d(h[t], W)
    page.claim("low", total, Sum(chain(t, i + 1) @ partial(h[i], W), (i, 0, t)))
    page.claim("shifted", total, Sum(chain(t, i) @ partial(h[i - 1], W), (i, 2, t + 1)))
    page.claim("reversed", total, Sum(chain(t, t - i + 1) @ partial(h[t - i], W), (i, 0, t - 1)))
    page.claim("copies", total, Sum(d(h[t], copy_at(W, k)), (k, 1, t)))
    page.claim("jacobians", total, Sum(partial(h[t], h[i]) @ partial(h[i], W), (i, 1, t)))
    page.claim("sum", a[t], a[0] + Sum(h[i], (i, 1, t)))
    rest = chain(t, t - tau + 1) @ d(h[t - tau], W)
    cut = Sum(chain(t, i + 1) @ partial(h[i], W), (i, t - tau + 1, t))
    page.claim("cut", total, cut + rest, for_each=[(tau, 0, t)])
    yield from ((page, equation) for equation in page if equation.kind == "claim")


def within(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from within(step.inner)


def test_what_a_sum_of_equal_terms_runs_over_stands_in_brackets() -> None:
    page = recurrence()
    term = jacobian(t) @ partial(h[t], W)
    claim = page.claim("count", Sum(term, (i, 1, t - 1)), IndexValue(t - 1) * term)
    counted = "Σ_{i=1..t-1} (∂h_t/∂h_{t-1} · ∂⁺h_t/∂W) = (t-1) · ∂h_t/∂h_{t-1} · ∂⁺h_t/∂W"
    assert f"      {counted}" in told(page, claim)[1]


def test_every_formula_that_a_proof_shows_is_itself_proved() -> None:
    """A shown equation is read again as a claim of the page: what is written is what was reduced."""
    checked: Counter[str] = Counter()
    for page, equation in claims():
        start = first_step(page, equation)
        for step in within(induct(page, equation, start).steps):
            left, right = step.at, step.result
            if not isinstance(left, Expr) or not isinstance(right, Expr) or isinstance(right, (Number, Zero, Identity)):
                continue
            ranged = {index.name() for index, _, _ in equation.for_each}
            # What stands inside a sum has its index free, and is no claim by itself.
            if step.rule == "definition" or not free_indices(left) | free_indices(right) <= {"t", "T", "k"} | ranged:
                continue
            shown = Equation("shown", "claim", left, right, equation.place, for_each=equation.for_each)
            assert induct(page, shown, start).proved, (equation.tag, str(step))
            checked[step.rule] += 1
    assert set(checked) >= {"one step", "closed form", "as read", "normal form", "boundary", "shift", "block", "linear"}
    assert sum(checked.values()) > 150


# --------------------------------------------------------------------------------------------------- the option


def test_one_tag_may_name_the_lines_of_a_display() -> None:
    done = explained("--explain", "10")
    assert done.returncode == 0
    assert [line[:5] for line in done.stdout.splitlines() if line.startswith("(1")] == ["(10a)", "(10b)"]


def test_the_status_is_that_of_checking_the_equation_alone() -> None:
    assert explained("--explain", "box-order").returncode == 0
    assert explained("--explain", "box-order", "--hidden", "1").returncode == 1
    definition = explained("--explain", "2")
    assert definition.returncode == 0
    assert "nothing to prove" in definition.stdout


def test_a_tag_that_is_not_there_and_json_are_one_line() -> None:
    for arguments, said in (
        (("--explain", "nope"), "symbptt: no equation is tagged nope: expected one of 1, l, 1b"),
        (("--explain", "box", "--json", "-"), "symbptt: --explain prints one equation as text: leave out --json"),
        (("--explain", "box", "--tag", "box"), "symbptt: --explain prints one equation as text: leave out --tag"),
    ):
        done = explained(*arguments)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.startswith(said)
        assert done.stderr.count("\n") == 1


# --------------------------------------------------------------------------------------------------- LaTeX


def written(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_here("latex", str(NOTE), *arguments, known=True)


def test_the_command_line_writes_what_is_left_where_induction_is_stuck_as_latex() -> None:
    stuck = written("--explain", "box-order", "--method", "induction")
    assert (stuck.returncode, stuck.stderr) == (0, "")
    residue = induct(PAGE, PAGE["box-order"], 1).residue
    assert residue is not None
    assert latex(residue) in stuck.stdout
    assert r"\overset{\rightarrow}{\prod}" in stuck.stdout
    assert "undecided" in stuck.stdout
    proved = written("--explain", "box")
    assert "proved by induction" in proved.stdout
    assert latex(residue) not in proved.stdout


def test_an_explanation_as_latex_takes_no_other_choice_of_equations() -> None:
    for arguments, said in (
        (("--explain", "nope"), "symbptt: no equation is tagged nope"),
        (("--explain", "box", "--tag", "box"), "leave out --tag"),
        (("--explain", "box", "--steps", "3"), "leave out --steps"),
        (("--method", "words"), "it needs --explain TAG"),
    ):
        done = written(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


@needs_tex
def test_a_stuck_residue_from_the_command_line_compiles(tmp_path: Path) -> None:
    arguments = ("--explain", "box-order", "--method", "induction", "--standalone", "-o", str(tmp_path / "stuck.tex"))
    assert written(*arguments).returncode == 0
    compiled((tmp_path / "stuck.tex").read_text(), tmp_path)


@needs_tex
def test_the_latex_of_every_explanation_compiles(tmp_path: Path) -> None:
    made = []
    for equation in PAGE:
        verdict = None if equation.kind == "definition" else prove(PAGE, equation)
        made.append(explanation_latex(PAGE, equation, verdict, Question()))
    compiled(document(PAGE.title, made), tmp_path)


def test_a_loss_without_an_index_has_none_in_its_proof() -> None:
    t, T = indices("t T")
    (n,) = sizes("n")
    h, L, w, phi, ell = state("h", n), state("L"), weight("w", n, n), function("phi"), function("ell", 1)
    page = Derivation("A loss over all steps")
    page.define("h", h[t], phi(w @ h[t - 1]))
    page.define("L", L, Sum(ell(h[t]), (t, 1, T)))
    claim = page.claim("c", d(L, w), Sum(d(ell(h[t]), h[t]) @ d(h[t], w), (t, 1, T)))
    said = "\n".join(told(page, claim)[1])
    assert "d L/d w = " in said
    assert "L_" not in said
