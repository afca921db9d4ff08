"""Certificates: what is proved by the chain rule, as files that Coq checks."""

from __future__ import annotations

import functools
import re
import runpy
from pathlib import Path

import pytest

from symbptt.emit.certificates import Certificate, certificate, file_of
from symbptt.emit.coqc import INSTALL, checked, found_coqc
from symbptt.page.derivation import Derivation

ROOT = Path(__file__).parents[1]
needs_coq = pytest.mark.skipif(found_coqc() is None, reason=INSTALL)


@functools.cache
def note() -> Derivation:
    page: Derivation = runpy.run_path(str(ROOT / "derivations" / "bptt.py"))["bptt"]
    return page


def of(tag: str) -> Certificate:
    (equation,) = (one for one in note() if one.tag == tag)
    return certificate(note(), equation)


def refused(*made: Certificate) -> list[bool]:
    """Which of them Coq does not accept, each by itself."""
    return [bool(checked(file_of("page", b"", [one])).error) for one in made]


def test_the_statement_of_the_box_is_the_sum_that_the_page_writes() -> None:
    assert of("box").statement.splitlines()[-3:] == [
        "forall t : nat, (1 <= t)%N ->",
        "  d_h_w_h t",
        r"    = (p_h_w_h t) + (\sum_(1 <= i < t) ((\desc_(i.+1 <= j < t.+1) (J_h j)) *m (p_h_w_h i)))",
    ]


@needs_coq
def test_coq_accepts_the_box_and_what_leads_to_it() -> None:
    made = [of(tag) for tag in ("5", "9", "10b", "box", "terms")]
    heard = checked(file_of("page", b"", made))
    assert (heard.error, heard.assumptions) == ("", ((),) * 5)
    assert heard.checker.startswith("coq 8.")


@needs_coq
@pytest.mark.parametrize("tag", ["box-bound", "box-order", "5-immediate", "10-immediate"])
def test_coq_accepts_no_misreading(tag: str) -> None:
    assert refused(of(tag)) == [True]


def test_no_certificate_takes_what_it_states_for_granted() -> None:
    text = file_of("page", b"", [of(tag) for tag in ("4", "box", "terms")])
    assert not re.search(r"\b(Admitted|admit|Axiom|Parameter|Conjecture|Abort)\b", text)
