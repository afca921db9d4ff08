"""Every one-slip mutant of true claims is judged as numbers that know nothing of the proof judge it."""

from __future__ import annotations

from collections import Counter

from symbptt.judging.claims import prove
from symbptt.judging.comparison import crosscheck
from symbptt.judging.methods import Bench
from symbptt.verdicts import Question
from tests.mutants import CLAIMS, mutants, page


def test_every_false_one_slip_mutant_is_refuted_with_a_witness_and_every_true_one_is_proved() -> None:
    made = page()
    bench = Bench(made)
    slips = {}
    for name, (left, right) in CLAIMS.items():
        assert prove(made, made.claim(name, left, right), bench=bench).word == "proved"
        for place, (slip, mutant) in enumerate(mutants(right)):
            slips[made.claim(f"{name} {place}", left, mutant)] = slip
    question = Question(steps=(1, 2, 3, 4))
    against, asked = set(), Counter[str]()
    for row in crosscheck(made, slips, question, every_step=True):
        asked[row.tag] += row.outcome != "no oracle"
        if row.outcome == "disagree":
            against.add(row.tag)
    words = Counter[str]()
    for claim, slip in slips.items():
        found = prove(made, claim, question, bench)
        words[found.word] += 1
        if claim.tag in against:
            assert found.word == "refuted", (slip, str(claim), found.reason)
            assert found.witness is not None
        elif asked[claim.tag]:
            assert found.word == "proved", (slip, str(claim), found.reason)
        else:
            assert found.word in ("ill-typed", "not-stated"), (slip, str(claim), found.reason)
    assert set(slips.values()) == {
        "sign", "lower bound", "upper bound", "order", "dropped term", "dropped factor", "swapped neighbours", "step",
        "total for immediate", "immediate for total", "transposed", "other weight",
    }  # fmt: skip
    # The two that are true let a sum begin at 0, where the derivative of the given h_0 is 0.
    assert words == {"refuted": 137, "ill-typed": 23, "proved": 2, "not-stated": 2}
