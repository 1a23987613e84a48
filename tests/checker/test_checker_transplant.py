"""The tip's file with the branch's proof: only when it proves what the tip says."""

from __future__ import annotations

import pytest

from checker.errors import SurgeryRefused, UnknownDeclaration
from checker.source.transplant import transplant_proof

BRANCH = """import A

namespace N

theorem helper : P := x

@[simp] theorem a (n : Nat) :
    n = n := by
  induction n
  termination_by n

mutual
theorem c : C := by
  exact d'
theorem d : D := sorry
end

def e : Nat := 1

end N
"""
TIP = """import A
import B

namespace N

/-- Of a. -/
theorem a (n : Nat) : n = n := sorry -- open

theorem b : Q := y

mutual
theorem c : C := sorry
theorem d : D := z
end

def e : Nat := 0

end N
"""


def test_the_proof_comes_from_the_branch_and_all_else_from_the_tip() -> None:
    proof = ":= by\n  induction n\n  termination_by n"
    assert transplant_proof(TIP, BRANCH, "N.a") == TIP.replace(":= sorry -- open", f"{proof} -- open")


def test_a_member_of_a_mutual_block_is_transplanted_alone() -> None:
    assert transplant_proof(TIP, BRANCH, "N.c") == TIP.replace("C := sorry", "C := by\n  exact d'")


@pytest.mark.parametrize(
    ("tip", "told"),
    [
        (TIP.replace("n = n", "n = n + 0"), "says something else on the tip (line 7)"),
        (TIP.replace("theorem a", "private theorem a"), "says something else"),
        (
            TIP.replace("namespace N\n", "namespace N\nopen Q\n"),
            "Something else is in force at N.a on the tip (line 8)",
        ),
        (TIP.replace("namespace N\n", "variable (n : Int)\nnamespace N\n"), "Something else is in force"),
        (TIP.replace(" := sorry -- open", ""), "N.a has no proof on the tip (line 7)"),
    ],
)
def test_a_proof_of_something_else_is_refused(tip: str, told: str) -> None:
    assert tip != TIP
    with pytest.raises(SurgeryRefused) as refused:
        transplant_proof(tip, BRANCH, "N.a")
    assert told in str(refused.value)


def test_a_definition_has_no_proof_to_transplant() -> None:
    with pytest.raises(SurgeryRefused, match="has no proof on the tip"):
        transplant_proof(TIP, BRANCH, "N.e")


def test_what_a_side_does_not_declare_is_named_with_the_side() -> None:
    with pytest.raises(UnknownDeclaration, match=r"N\.b is not declared, or more than once, on the branch"):
        transplant_proof(TIP, BRANCH, "N.b")
    with pytest.raises(UnknownDeclaration, match=r"N\.helper is not declared, or more than once, on the tip"):
        transplant_proof(TIP, BRANCH, "N.helper")


def test_a_proof_that_would_state_more_is_refused() -> None:
    smuggling = BRANCH.replace("  induction n\n  termination_by n", "  induction n\n\naxiom more : False")
    assert "axiom" not in transplant_proof(TIP, smuggling, "N.a")
