"""Certificates: what is proved by the chain rule, and what is false, as files that Coq checks."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import runpy
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from symbptt import (
    Derivation,
    Product,
    Sum,
    copy_at,
    d,
    data,
    function,
    hadamard,
    indices,
    ones,
    partial,
    sizes,
    state,
    weight,
)
from symbptt.__main__ import main
from symbptt.emit.certificates import Certificate, Writer, certificate, file_of
from symbptt.emit.coqc import INSTALL, checked, found_coqc
from symbptt.emit.counterexamples import certificate_of, refutation
from symbptt.emit.gallina import Gallina
from symbptt.errors import Undecided
from symbptt.judging.pages import judged_rows
from symbptt.page.equations import Equation
from symbptt.page.notation import Expr, Index
from symbptt.proofs.induction import induct, reader_of
from symbptt.proofs.words import Step
from symbptt.reader.sources import read_all
from symbptt.show.board import Board
from symbptt.workers import Crew
from tests.pages import W, box, h, recurrence, t
from tests.soundness.changes import slips
from tests.soundness.evaluator import Evaluator
from tests.soundness.pages import SIZES

ROOT = Path(__file__).parents[1]
needs_coq = pytest.mark.skipif(found_coqc() is None, reason=INSTALL)
(U,) = sizes("u")
Z, THETA = state("z", U), weight("theta", U, U)
FORBIDDEN = re.compile(r"\b(Admitted|admit|Axiom|Parameter|Conjecture|Abort)\b")


@functools.cache
def note() -> Derivation:
    page: Derivation = runpy.run_path(str(ROOT / "derivations" / "bptt.py"))["bptt"]
    return page


def tagged(page: Derivation, tag: str) -> Equation:
    (equation,) = (one for one in page if one.tag == tag)
    return equation


def of(tag: str) -> Certificate:
    return certificate(note(), tagged(note(), tag))


def alone(*made: Certificate) -> str:
    """A file of these certificates that asks nothing of what they rest on."""
    return file_of("page", b"", made).replace("Print Assumptions certified.", "")


def stopped(text: str, sentence: str, name: str = "Stopped") -> str:
    """The claims of a file as a module up to the last sentence that begins so, which Coq has to refuse."""
    start, place = text.index("Module Claims1."), text.rindex(sentence)
    end = re.compile(r"\.\s").search(text, place)
    before = text[start:place].removeprefix("Module Claims1.")
    assert end is not None
    opened, ended = (set(re.findall(rf"^{word} (\w+)\.$", before, re.MULTILINE)) for word in ("Section", "End"))
    (section,) = opened - ended
    return f"Module {name}.{before}Fail {text[place : end.start()]}.\nAbort.\nEnd {section}.\nEnd {name}.\n"


@functools.cache
def other() -> Derivation:
    """The same network with other letters, and more that is said of it."""
    (s, k, m, r), z, theta, g = indices("s k m r"), Z, THETA, function("g")
    page = Derivation("other letters")
    page.define("1", z[s], g(theta @ z[s - 1]))

    def chain(low: Index, high: Index) -> Product:
        return Product(partial(z[m], z[m - 1]), (m, low, high))

    def term(at: Index) -> Expr:
        return chain(at + 1, s) @ partial(z[at], theta)

    page.claim("box", d(z[s], theta), partial(z[s], theta) + Sum(term(k), (k, 1, s - 1)))
    page.claim("merged", d(z[s], theta), Sum(term(k), (k, 1, s)))
    page.claim("from 0", d(z[s], theta), Sum(term(k), (k, 0, s)))
    page.claim("back", d(z[s], theta), Sum(chain(s - k + 1, s) @ partial(z[s - k], theta), (k, 0, s - 1)))
    page.claim("moved", d(z[s], theta), partial(z[s], theta) + Sum(term(k + 1), (k, 0, s - 2)))
    page.claim("copies", d(z[s], theta), Sum(d(z[s], copy_at(theta, k)), (k, 1, s)))
    page.claim("jacobians", d(z[s], theta), Sum(partial(z[s], z[k]) @ partial(z[k], theta), (k, 1, s)))
    rest = chain(s - r + 1, s) @ d(z[s - r], theta)
    page.claim(
        "remainder",
        d(z[s], theta),
        Sum(chain(s - k + 1, s) @ partial(z[s - k], theta), (k, 0, r - 1)) + rest,
        for_each=[(r, 0, s)],
    )
    page.misread("short", d(z[s], theta), Sum(term(k), (k, 2, s)), of=tagged(page, "box"), why="a term is left out")
    return page


@functools.cache
def loss() -> Derivation:
    """A loss over all steps: its gradient as sums, forward and downwards."""
    (t, i, j, T), (n, q) = indices("t i j T"), sizes("n q")
    h, o, l, L, y = state("h", n), state("o", q), state("l"), state("L"), data("y", q)
    W, V, phi, ell = weight("W", n, n), weight("V", q, n), function("phi"), function("ell", 1)
    page = Derivation("a loss")
    page.define("1", h[t], phi(W @ h[t - 1]))
    page.define("2", o[t], V @ h[t])
    page.define("3", l[t], ell(o[t], y[t]))
    page.define("4", L, 1 / T * Sum(l[t], (t, 1, T)))
    chain = Product(partial(h[j], h[j - 1]), (j, i + 1, t))
    inner = partial(h[t], W) + Sum(chain @ partial(h[i], W), (i, 1, t - 1))
    page.claim("sum", d(L, W), 1 / T * Sum(partial(l[t], o[t]) @ partial(o[t], h[t]) @ inner, (t, 1, T)))
    page.claim("forward", d(L, W), 1 / T * Sum(partial(l[t], h[t]) @ d(h[t], W), (t, 1, T)))
    page.claim("by states", d(L, W), Sum(partial(L, h[t]) @ partial(h[t], W), (t, 1, T)))
    page.claim("output", d(L, V), 1 / T * Sum(partial(l[t], o[t]) @ partial(o[t], V), (t, 1, T)))
    later = Sum(partial(l[i], h[i]) @ Product(partial(h[j], h[j - 1]), (j, t + 1, i)), (i, t, T))
    page.claim("later", partial(L, h[t]), 1 / T * later, for_each=[(t, 1, T)])
    for tag, jacobian in (("down", partial(h[t + 1], h[t])), ("slipped", partial(h[t], h[t - 1]))):
        behind = partial(L, h[t + 1]) @ jacobian
        page.claim(tag, partial(L, h[t]), 1 / T * partial(l[t], h[t]) + behind, for_each=[(t, 1, T - 1)])
    return page


# --------------------------------------------------------------------------------------------------- statements


def test_the_statement_of_the_box_is_the_sum_that_the_page_writes() -> None:
    assert of("box").statement.splitlines()[-3:] == [
        "forall t : nat, (1 <= t)%N ->",
        "  d_h_w_h t",
        r"    = (p_h_w_h t) + (\sum_(1 <= i < t) ((\desc_(i.+1 <= j < t.+1) (J_h j)) *m (p_h_w_h i)))",
    ]


def test_two_notations_of_one_claim_give_one_statement() -> None:
    (_, page), *_ = read_all([ROOT / "derivations" / "islam.md"], Crew(1, 60, None), None)
    (read,) = judged_rows(page, [entry for entry in page if entry.tag == "box"])
    assert read.equation is not None
    assert read.page is not None
    statements = {
        certificate(page, equation, plain=False).statement
        for page, equation in (
            (note(), tagged(note(), "box")),
            (other(), tagged(other(), "box")),
            (read.page, read.equation),
        )
    }
    assert len(statements) == 1
    assert certificate(other(), tagged(other(), "merged"), plain=False).statement not in statements

    rows = judged_rows(page, [entry for entry in page if entry.tag in ("6", "7", "8", "9", "10b")])
    for row in rows:
        claim = row.explained  # as read, where it holds as read
        assert row.page is not None
        assert claim is not None
        printed = certificate(note(), tagged(note(), row.tag), plain=False)
        assert certificate(row.page, claim, plain=False).statement == printed.statement, row.tag


def test_an_index_that_may_be_negative_is_never_a_natural_number() -> None:
    (t, i), (n,) = indices("t i"), sizes("n")
    h, w, phi = state("h", n), weight("w", n, n), function("phi")
    page = Derivation("early")
    page.define("1", h[t], phi(w @ h[t - 1]))
    gallina = Gallina(reader_of(page))
    assert gallina.term(d(h[t - 1], w), (t - 1,)) == "d_h_w (t - 1)%N"
    assert gallina.term(Sum(d(h[i], w), (i, 1, t - 1)), (t,)) == r"\sum_(1 <= i < t) (d_h_w i)"
    for node in (d(h[t - 1], w), Sum(d(h[i], w), (i, 1, t - 2)), Sum(d(h[i - 1], w), (i, 0, t))):
        with pytest.raises(Undecided, match="natural number is never negative"):
            gallina.term(node, (t,))


def test_a_letter_of_the_page_is_no_word_of_coq_and_no_bracket_ends_a_comment() -> None:
    (t,), (n,) = indices("t"), sizes("n")
    h, w, phi = state("forall", n), weight("end", n, n), function("phi")
    page = Derivation("words")
    page.define("1", h[t], phi(w @ h[t - 1]))
    step = page.claim("1*) x", d(h[t], w), partial(h[t], w) + partial(h[t], h[t - 1]) @ d(h[t - 1], w))
    text = file_of('page *) " (*', b"", [certificate(page, step)])
    assert text.count("(*") == text.count("*)")
    assert text.count('"') % 2 == 0


def test_no_certificate_takes_what_it_states_for_granted() -> None:
    made = [of(tag) for tag in ("4", "box", "terms")]
    assert not FORBIDDEN.search(file_of("page", b"", made))
    assert file_of("page", b"", made) == file_of("page", b"", [of(tag) for tag in ("4", "box", "terms")])
    assert file_of("page", b"other", made) != file_of("page", b"", made)


def told(board: Board, steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        if step.rule != "closed form" or board.is_needed(step):
            yield step
            yield from told(board, step.inner)


@pytest.mark.parametrize("tag", ["box", "back", "remainder", "copies"])
def test_each_equation_that_explain_tells_is_a_lemma_of_the_certificate(tag: str) -> None:
    page, claim = other(), tagged(other(), tag)
    text = re.sub(r"\s+", "", file_of("page", b"", [certificate(page, claim)]))
    gallina, shown = Gallina(reader_of(page)), 0
    for step in told(Board(page, claim), induct(page, claim, 1).steps):
        if isinstance(step.at, Expr) and isinstance(step.result, Expr) and step.rule in ("merge", "boundary", "shift"):
            left, right = (gallina.term(side, step.known) for side in (step.at, step.result))
            assert re.sub(r"\s+", "", f"{left} = {right}.Proof") in text
            assert re.sub(r"\s+", "", f"{right} = {left}.Proof") not in text
            shown += 1
    assert shown >= 1


# --------------------------------------------------------------------------------------------------- what Coq says


@needs_coq
def test_coq_accepts_what_the_chain_rule_proves_and_what_follows_from_the_definitions() -> None:
    theorems = [of(tag) for tag in ("4", "6", "10b", "terms")]
    theorems += [certificate(other(), one) for one in other() if one.kind == "claim"]
    assert [made.theorem for made in theorems if made.defined] == [
        "claim_6", "claim_10b",
        "claim_box", "claim_merged", "claim_from_0", "claim_back", "claim_moved", "claim_remainder",
    ]  # fmt: skip
    text = file_of("page", b"", theorems)
    assert text.count("\nTheorem claim_") == len(theorems) + 8
    heard = checked(text)
    assert (heard.error, heard.assumptions) == ("", ())
    assert heard.checker.startswith("coq 8.")


@needs_coq
def test_coq_accepts_the_gradient_of_a_loss_forward_and_downwards() -> None:
    *true, slipped = (certificate(loss(), one, anyway=True) for one in loss() if one.kind == "claim")
    with pytest.raises(Undecided, match="its sides are not one"):
        certificate(loss(), tagged(loss(), "slipped"))
    heard = checked(file_of("page", b"", true) + stopped(alone(slipped), "by move=>"))
    assert (heard.error, heard.assumptions) == ("", ())


def gated() -> Derivation:
    """A gate that is used twice, ones beside it, a transposed weight, and a layer above."""
    (t, i, j), (n, m) = indices("t i j"), sizes("n m")
    h, z, k, o, x = state("h", n), state("z", n), state("k", n), state("o", m), data("x", m)
    W, V, Q = (weight(name, n, n) for name in "WVQ")
    U, phi, sigma = weight("U", n, m), function("phi"), function("sigma")
    page = Derivation("a gate")
    page.define("1", z[t], sigma(V @ h[t - 1] + U @ x[t]))
    page.define("2", h[t], hadamard(ones(z[t]) - z[t], h[t - 1]) + hadamard(z[t], phi(W @ h[t - 1] - U @ x[t])))
    page.define("3", k[t], phi(Q @ k[t - 1] + U @ x[t] + h[t - 1]))
    page.define("4", o[t], sigma(U.T @ k[t]))
    chain = Product(partial(h[j], h[j - 1]), (j, i + 1, t))
    for letter in (W, V, U):
        inner = Sum(chain @ partial(h[i], letter), (i, 1, t - 1))
        page.claim(f"in {letter}", d(h[t], letter), partial(h[t], letter) + inner)
    page.claim("in Q", d(k[t], Q), partial(k[t], Q) + partial(k[t], k[t - 1]) @ d(k[t - 1], Q))
    page.claim("in Q above", d(o[t], Q), partial(o[t], k[t]) @ d(k[t], Q))
    return page


def letters() -> Certificate:
    """A page with the letters that a definition binds."""
    (s,), (n,) = indices("s"), sizes("n")
    j, k, a, b = state("j", n), data("unit", n), weight("a", n, n), function("t")
    page = Derivation("letters")
    page.define("1", j[s], b(a @ j[s - 1] + k[s]))
    made = certificate(page, page.claim("2", d(j[s], a), partial(j[s], a) + partial(j[s], j[s - 1]) @ d(j[s - 1], a)))
    assert made.beyond == ""
    return made


MODEL = """
(* Polynomials, their derivative, and squaring: all that is assumed holds, and something moves. *)
From mathcomp Require Import poly.
Section Model.
Notation P := [comRingType of {poly int}].
Definition square (a : P) : P := a * a.
Fixpoint states (t : nat) : 'M[P]_(1, 1) := if t is u.+1 then map_mx square ('X%:M *m states u) else 1%:M.
Definition along_x (k : 'I_1) : P -> P := @deriv _.
Example model := @Claims1.claim_box_defined P 1 1 states square (fun a => a + a) 'X%:M along_x.
Lemma rules k : derivation (along_x k).
Proof. by split=> a b; rewrite /along_x (derivD, derivM). Qed.
Lemma chain k a : along_x k (square a) = (a + a) * along_x k a.
Proof. by rewrite /along_x /square derivM mulrDl [a * deriv a]mulrC. Qed.
Goal forall k a, along_x k (square a) = a * along_x k a.
Fail by move=> k a; rewrite /along_x /square derivM mulrDl [a * deriv a]mulrC.
Abort.
Lemma defined t : (1 <= t)%N -> states t = map_mx square ('X%:M *m states (t - 1)%N).
Proof. by case: t => // t _; rewrite subSS subn0. Qed.
Lemma start k : map_mx (along_x k) (states 0%N) = 0.
Proof. by apply/matrixP => i j; rewrite !mxE !ord1 /along_x derivC. Qed.
Example holds := model rules chain defined start.
Lemma moves : Claims1.d_z_theta states along_x 1%N ord0 ord0 = 'X + 'X.
Proof. by rewrite !mxE big_ord_recl big_ord0 !mxE /square /along_x /= addr0 mulr1 derivM derivX mulr1 mul1r. Qed.
End Model.
"""


@needs_coq
def test_the_relation_of_one_step_follows_from_definitions_and_what_these_assume_holds_of_polynomials() -> None:
    page = gated()
    made = [certificate(page, one) for one in page if one.kind == "claim"]
    assert [one.beyond for one in made] == [""] * 5
    # The twins: a slope that is the function itself, and another function in the definition.
    text, twins = alone(made[3]), list[str]()
    for old, new in (("apply phi phi_slope", "apply phi phi"), ("map_mx phi", "map_mx phi_slope")):
        assert old in text
        twins.append(stopped(text.replace(old, new), "by move=> k; rewrite k_defined", f"Twin{len(twins)}"))
    # Of the first of these, all that is assumed holds of polynomials.
    box = certificate(other(), tagged(other(), "box"))
    heard = checked("\n".join([alone(box, *made, letters()), MODEL, *twins]))
    assert not heard.error, heard.error
    assert box.of_definitions is not None
    still = [line for line in box.of_definitions.premises if "map_mx (D k) theta" in line]
    assert still == []


def recurrence_solved() -> Iterator[Certificate]:
    """A recurrence from any start, solved, and without the first of its factors."""
    (t, i, j), a, b, c = indices("t i j"), state("a"), data("b"), data("c")
    page = Derivation("a recurrence")
    page.define("9.7.4", a[t], b[t] + c[t] @ a[t - 1])

    def claimed(tag: str, low: int) -> Equation:
        rest = Sum(Product(c[j], (j, i + 1, t)) @ b[i], (i, 1, t - 1))
        return page.claim(tag, a[t], b[t] + rest + Product(c[j], (j, low, t)) @ a[0])

    yield certificate(page, claimed("from any start", 1))
    yield certificate(page, claimed("without the first factor", 2), anyway=True)


def sum_over_steps() -> Iterator[Certificate]:
    """A false gradient of a sum over steps, denied, and the true one."""
    (t, T), (n,) = indices("t T"), sizes("n")
    h, l, L, W, phi, ell = state("h", n), state("l"), state("L"), weight("W", n, n), function("phi"), function("ell", 1)
    page = Derivation("a sum")
    page.define("1", h[t], phi(W @ h[t - 1]))
    page.define("2", l[t], ell(h[t]))
    page.define("3", L, Sum(l[t], (t, 1, T)))
    false = page.claim("4", d(L, W), Sum(d(l[t], W), (t, 1, T - 1)))
    yield refutation(page, false)
    yield certificate(page, page.claim("5", d(L, W), Sum(d(l[t], W), (t, 1, T))))


def of_note(name: str, *tags: str) -> Iterator[Certificate]:
    """The certificates of displays of a note."""
    (_, page), *_ = read_all([ROOT / "derivations" / name], Crew(1, 60, None), None)
    for row in judged_rows(page, [entry for entry in page if entry.tag in tags]):
        for claim in (link for link in row.links or (row,) if link.verdict is not None):
            made = certificate_of(claim)
            assert isinstance(made, Certificate)
            yield made


@needs_coq
def test_coq_accepts_that_misreadings_are_false_and_of_sums_and_recurrences_that_what_is_true_is_true() -> None:
    misread = [refutation(note(), one) for one in note() if one.kind == "misreading"]
    solved, unsolved = recurrence_solved()
    # Of false claims whose signs may mean several things one meaning is denied; in the second a letter is made of one
    # that is found out before it. The third one says of both sides what one formula says.
    denied, another = of_note("errata.md", "431", "A2")
    assert "   Read as: " in alone(denied)
    (same,) = of_note("islam.md", "1")
    affirmed = alone(denied).replace(": ~ (", ": (")
    assert affirmed != alone(denied)
    text = file_of("page", b"", [*misread, solved, *sum_over_steps(), denied, another, same])
    # The twins: what is false as a theorem.
    twins = stopped(alone(unsolved), "by move=>", "Unsolved") + stopped(affirmed, "have := claim", "Affirmed")
    heard = checked(text + twins)
    assert (heard.error, heard.assumptions) == ("", ())


def test_what_is_true_has_no_counterexample() -> None:
    for page, tag in ((note(), "box"), (other(), "back"), (other(), "merged")):
        with pytest.raises(Undecided, match="no counterexample"):
            refutation(page, tagged(page, tag))


@needs_coq
def test_coq_accepts_no_slip_of_the_box_as_proved() -> None:
    page = recurrence()
    true, truth = certificate(page, page.claim("box", d(h[t], W), box())), Evaluator(page)
    goals, apart = [attempt(statement_of(page, "box")[0])], list[str]()
    for number, (_, right) in enumerate(slips(page, box())):
        claim = page.claim(str(number), d(h[t], W), right)
        if not truth.truth(claim, range(1, 5), SIZES).differs:
            continue
        with contextlib.suppress(Undecided):
            statement, declared = statement_of(page, claim.tag)
            if declared <= set(true.claim.premises):
                # Of the premises of the box, by the tactic that proves it.
                goals.append(attempt(statement, "Fail"))
            else:
                apart.append(stopped(alone(certificate(page, claim, anyway=True)), "settle", f"Slip{number}"))
    whole = alone(true)
    place = whole.index("End Claim.")
    heard = checked("\n".join([whole[:place], *goals, whole[place:], *apart]))
    assert not heard.error, heard.error
    assert len(goals) > 20
    assert apart


def statement_of(page: Derivation, tag: str) -> tuple[str, set[str]]:
    """The statement of a claim, true or not, and the letters in it."""
    writer = Writer(page, tagged(page, tag), Gallina(reader_of(page)), is_proved=False)
    return writer.stated().statement, set(writer.declared())


def attempt(statement: str, ahead: str = "") -> str:
    """A proof that Coq has to accept, or, with ``Fail`` ahead of it, has to refuse."""
    return f"Goal {statement}.\n{ahead} solve [move=> t *; count t 1%N; settle]. Abort."


# --------------------------------------------------------------------------------------------------- the command


def test_what_another_method_proved_says_that_it_has_no_certificate() -> None:
    (_, page), *_ = read_all([ROOT / "derivations" / "pascanu.tex"], Crew(1, 60, None), None)
    (row,) = judged_rows(page, [entry for entry in page if entry.tag == "5b"])
    said = certificate_of(row)
    assert said == "it was proved by the method adjoint, and one is written of the chain rule alone"


@needs_coq
def test_the_word_of_coq_stands_in_the_table_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, report = tmp_path / "ten.v", tmp_path / "ten.json"
    asked = ["certify", str(ROOT / "derivations" / "bptt.py"), "--tag", "4", "--tag", "box-order"]
    assert main([*asked, "--check", "-o", str(file), "--json", str(report)]) == 0
    assert "resting on nothing but its hypotheses" in " ".join(capsys.readouterr().out.split())
    four, order = json.loads(report.read_text())["sources"][0]["equations"]
    assert four["certificate"]["theorem"] == "claim_4"
    assert order["certificate"]["theorem"] == "refuted_box_order"
    for entry in (four, order):
        assert entry["certificate"]["checker"].startswith("coq 8.")
        assert entry["certificate"]["assumptions"] == []


def test_what_is_said_of_one_step_alone_has_no_certificate() -> None:
    page = other.__wrapped__()
    third = page.claim("third", d(Z[3], THETA), partial(Z[3], THETA) + partial(Z[3], Z[2]) @ d(Z[2], THETA))
    with pytest.raises(Undecided, match="about step 3 alone"):
        certificate(page, third)
    with pytest.raises(Undecided, match="about step 3 alone"):
        refutation(page, page.claim("false", d(Z[3], THETA), partial(Z[3], THETA)))


def test_without_coq_the_file_is_written_and_says_how_to_check_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    file = tmp_path / "six.v"
    asked = ["certify", str(ROOT / "derivations" / "bptt.py"), "--tag", "6", "-o", str(file)]
    assert main(asked) == 0
    assert f"to check it: coqc {file}" in "".join(capsys.readouterr().out.splitlines())
    assert main([*asked, "--check"]) == 2
    assert "coqc is not installed" in capsys.readouterr().err


def test_a_report_says_of_each_claim_where_its_certificate_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    page, file = tmp_path / "report.html", tmp_path / "all.v"
    asked = ["report", str(ROOT / "derivations" / "pascanu.tex"), "-o", str(page), "--certificates", str(file)]
    assert main(asked) == 0
    said = page.read_text(encoding="utf-8")
    assert said.count("certificate: claim_") == 2
    assert "no certificate: it was proved by the method adjoint" in said
    assert "Theorem claim_4" in file.read_text(encoding="utf-8")
