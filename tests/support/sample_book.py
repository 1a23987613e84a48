"""A small book and what a campaign made of it, for tests of the site."""

from __future__ import annotations

import difflib

from blueprint.book import Blueprint, Chapter, Passage
from blueprint.node import Marks, Node, Place, Proof
from blueprint.problem import Problem
from blueprint.snapshot import FailureRecord, NodeProgress, PullRequestRecord, VerdictRecord
from blueprint.status import NodeState, Stage

START = 1_790_000_000.0

CHAPTERS = (
    Chapter("1", "The natural numbers", "chap:numbers"),
    Chapter("2", r"Addition, and why $m + n = n + m$", "chap:addition"),
    Chapter("3", "Order"),
)


def node(
    label: str,
    number: str,
    title: str,
    tex: str,
    *,
    kind: str = "theorem",
    uses: tuple[str, ...] = (),
    proof: str = "",
    proof_uses: tuple[str, ...] = (),
    lean: str = "",
    notready: bool = False,
) -> Node:
    """Return a node of the sample book; its chapter is the first part of its number."""
    place = Place(f"chapter/{number.split('.', maxsplit=1)[0]}.tex", 10 * int(number.split(".")[1]))
    return Node(
        label=label,
        labels=(label,),
        kind=kind,
        number=number,
        title=title,
        tex=tex,
        chapter=int(number.split(".", maxsplit=1)[0]) - 1,
        uses=uses,
        lean=(lean,) if lean else (),
        marks=Marks(notready=notready),
        proof=Proof(place, proof, proof_uses) if proof else None,
        place=place,
    )


NODES = (
    node(
        "def:nat",
        "1.1",
        "Natural numbers",
        r"The type $\mathbb{N}$ of \emph{natural numbers} is generated freely by $0 : \mathbb{N}$ and the successor "
        r"$S : \mathbb{N} \to \mathbb{N}$.",
        kind="definition",
        lean="Arithmetic.N",
    ),
    node(
        "thm:succ_inj",
        "1.2",
        "The successor is injective",
        r"For all $m, n : \mathbb{N}$, if $S(m) = S(n)$ then $m = n$.",
        uses=("def:nat",),
        proof=r"Apply the predecessor, which takes $S(k)$ to $k$, to both sides of the equation.",
        lean="Arithmetic.succ_inj",
    ),
    node(
        "thm:zero_ne_succ",
        "1.3",
        "Zero is no successor",
        r"For every $n : \mathbb{N}$ we have $0 \neq S(n)$.",
        uses=("def:nat",),
        proof="Different constructors give different elements.",
        lean="Arithmetic.zero_ne_succ",
    ),
    node(
        "def:add",
        "2.1",
        "Addition",
        r"Addition is defined by recursion on its second argument: \[ m + 0 = m, \qquad m + S(n) = S(m + n). \]",
        kind="definition",
        uses=("def:nat",),
        lean="Arithmetic.add",
    ),
    node(
        "thm:zero_add",
        "2.2",
        "Zero on the left",
        r"For every $n$ we have $0 + n = n$.",
        kind="lemma",
        uses=("def:add",),
        proof=r"By induction on $n$. The step is $0 + S(n) = S(0 + n) = S(n)$.",
        lean="Arithmetic.zero_add",
    ),
    node(
        "thm:succ_add",
        "2.3",
        "Successor on the left",
        r"For all $m, n$ we have $S(m) + n = S(m + n)$.",
        kind="lemma",
        uses=("def:add",),
        proof=r"By induction on $n$.",
        lean="Arithmetic.succ_add",
    ),
    node(
        "thm:add_comm",
        "2.4",
        "Addition commutes",
        r"For all $m, n : \mathbb{N}$, \[ m + n = n + m. \]",
        uses=("def:add",),
        proof=r"By induction on $n$: the base is Lemma~\ref{thm:zero_add}, and the step is Lemma~\ref{thm:succ_add}.",
        proof_uses=("thm:zero_add", "thm:succ_add"),
        lean="Arithmetic.add_comm",
    ),
    node(
        "thm:cancel",
        "2.5",
        "Cancellation on the right, for every pair of natural numbers",
        r"If $m + k = n + k$ then $m = n$.",
        uses=("def:add",),
        proof=r"By induction on $k$, with Theorem~\ref{thm:succ_inj} for the step.",
        proof_uses=("thm:succ_inj",),
        lean="Arithmetic.add_right_cancel",
    ),
    node(
        "def:le",
        "3.1",
        "At most",
        r"We write $m \le n$ when there is $k$ with $m + k = n$.",
        kind="definition",
        uses=("def:add",),
        lean="Arithmetic.le",
    ),
    node(
        "thm:le_refl",
        "3.2",
        "",
        r"For every $n$ we have $n \le n$.",
        uses=("def:le",),
        proof="Take $k = 0$.",
        lean="Arithmetic.le_refl",
    ),
    node(
        "thm:le_antisymm",
        "3.3",
        "Antisymmetry",
        r"If $m \le n$ and $n \le m$ then $m = n$.",
        uses=("def:le",),
        proof="From $m + k = n$ and $n + l = m$ we get $m + (k + l) = m$, and cancel.",
        proof_uses=("thm:cancel", "thm:add_comm", "thm:zero_ne_succ"),
        lean="Arithmetic.le_antisymm",
    ),
    node(
        "thm:le_total",
        "3.4",
        "Any two are comparable",
        r"For all $m, n$ either $m \le n$ or $n \le m$.",
        uses=("def:le",),
        proof="By induction on $m$.",
        proof_uses=("thm:le_refl",),
        lean="Arithmetic.le_total",
    ),
    node(
        "thm:well_founded",
        "3.5",
        "Every set that is not empty has a least element",
        r"Let $A \subseteq \mathbb{N}$ have an element. Then there is $a \in A$ with $a \le b$ for all $b \in A$.",
        uses=("def:le",),
        lean="Arithmetic.least",
        notready=True,
    ),
    node("thm:lonely", "3.6", "A remark that stands alone", r"$1 = 1$.", kind="remark", lean="Arithmetic.lonely"),
)

BOOK = Blueprint(
    title="Arithmetic from nothing",
    chapters=CHAPTERS,
    nodes=NODES,
    passages=(
        Passage(
            0, tex="We begin where Dedekind and Peano began: with a first number, and a next one for every number."
        ),
        *(Passage(0, label=found.label) for found in NODES if found.chapter == 0),
        Passage(1, tex=r"Everything in this chapter is proved by induction on the \emph{second} argument."),
        *(Passage(1, label=found.label) for found in NODES if found.chapter == 1),
        *(Passage(2, label=found.label) for found in NODES if found.chapter == 2),
    ),
    references={found.label: found.number for found in NODES},
    aliases={found.label: found.label for found in NODES},
    problems=(
        Problem(Place("chapter/3.tex", 61), "BP301", "warning", "This remark uses nothing and nothing uses it."),
    ),
)

SUCC_INJ = """\
module
prelude
public import Arithmetic.Base.Core
public import Arithmetic.TheNaturalNumbers.N

namespace Arithmetic

/-- Taking the successor off again. -/
private def pred (n : N) : N :=
  match n with
  | N.zero => N.zero
  | N.succ k => k

/-- The successor is injective. -/
public theorem succ_inj {m n : N} (h : N.succ m = N.succ n) : m = n :=
  congrArg pred h

end Arithmetic
"""

ADD_COMM = """\
module
prelude
public import Arithmetic.Addition.ZeroAdd
public import Arithmetic.Addition.SuccAdd

/-- Addition commutes. -/
public theorem Arithmetic.add_comm (m n : N) : add m n = add n m := sorry
"""

DEF_NAT = """\
module
prelude
public import Arithmetic.Base.Core

/-- The natural numbers, freely generated by zero and the successor. -/
public inductive Arithmetic.N : Type where
  | zero : N
  | succ (n : N) : N
"""

LEAN = {"def:nat": DEF_NAT, "thm:succ_inj": SUCC_INJ, "thm:add_comm": ADD_COMM}

STATES = {
    "def:nat": NodeState.PROVED,
    "thm:succ_inj": NodeState.PROVED,
    "thm:zero_ne_succ": NodeState.PROVED,
    "def:add": NodeState.PROVED,
    "thm:zero_add": NodeState.PROVED,
    "thm:succ_add": NodeState.STATED,
    "thm:add_comm": NodeState.STATED,
    "thm:cancel": NodeState.FAILED,
    "def:le": NodeState.READY,
    "thm:le_refl": NodeState.BLOCKED,
    "thm:le_antisymm": NodeState.BLOCKED,
    "thm:le_total": NodeState.BLOCKED,
    "thm:well_founded": NodeState.NOT_READY,
    "thm:lonely": NodeState.CONDITIONAL,
}


def module_of(found: Node) -> str:
    """Return a module name that looks real."""
    return "Arithmetic.Chapter." + found.lean[0].rpartition(".")[2].title().replace("_", "")


def plain_lean(found: Node) -> str:
    """Return a module that looks real."""
    word = "def" if found.is_definition else "theorem"
    name = found.lean[0]
    return f"module\nprelude\n\n/-- {found.title} -/\npublic {word} {name} (n : Arithmetic.N) : n = n :=\n  Eq.refl n\n"


def progress_of(found: Node) -> NodeProgress:
    """Return where a node of the sample book stands."""
    state = STATES[found.label]
    has_lean = state in {NodeState.PROVED, NodeState.CONDITIONAL, NodeState.STATED}
    return NodeProgress(
        label=found.label,
        state=state,
        module=module_of(found),
        declaration=found.lean[0],
        lean=LEAN.get(found.label, plain_lean(found)) if has_lean else None,
        axioms=("propext", "Quot.sound") if found.label == "thm:zero_ne_succ" else (),
        assumes=("thm:succ_add",) if state is NodeState.CONDITIONAL else (),
        attempts=0 if state in {NodeState.BLOCKED, NodeState.NOT_READY} else 2,
        cost_usd=0.0 if state in {NodeState.BLOCKED, NodeState.NOT_READY} else 0.0315,
        active="proving" if found.label == "thm:succ_add" else "",
        reason="All three attempts ended without a proof that Lean accepts." if state is NodeState.FAILED else "",
    )


def diff_of(path: str, before: str, after: str) -> str:
    """Return a diff as git prints it."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = f"diff --git a/{path} b/{path}\n" + ("" if before else "new file mode 100644\n")
    source = f"a/{path}" if before else "/dev/null"
    return head + "".join(difflib.unified_diff(old, new, source, f"b/{path}"))


def pull_request(number: int, label: str, stage: Stage, state: str, diff: str, reason: str = "") -> PullRequestRecord:
    """Return a pull request with one verdict on an earlier commit and one on its head."""
    head = f"{number:040x}"
    landed = state == "landed"
    return PullRequestRecord(
        number=number,
        label=label,
        stage=stage,
        state=state,
        attempt=1 + number % 2,
        head=head,
        landed_as=f"{number + 0xABC:040x}" if landed else "",
        reason=reason,
        diff=diff,
        verdicts=(
            VerdictRecord("reviewer-1", "request_changes", "The statement has a hypothesis the book lacks.", "0" * 40),
            VerdictRecord("reviewer-1", "approve", "It says what the book says.\nNothing is assumed.", head),
        ),
        opened_at=START + 30 * number,
        closed_at=START + 30 * number + 20 if state in {"landed", "bounced", "closed"} else None,
    )


PULL_REQUESTS = (
    pull_request(1, "def:nat", "statement", "landed", diff_of("Arithmetic/TheNaturalNumbers/N.lean", "", DEF_NAT)),
    pull_request(
        2,
        "thm:succ_inj",
        "statement",
        "bounced",
        diff_of("Arithmetic/TheNaturalNumbers/SuccInj.lean", "", SUCC_INJ.replace("congrArg pred h", "sorry")),
        "The statement it was written against has changed; it was written again.",
    ),
    pull_request(
        3,
        "thm:succ_inj",
        "proof",
        "landed",
        diff_of("Arithmetic/TheNaturalNumbers/SuccInj.lean", SUCC_INJ.replace("congrArg pred h", "sorry"), SUCC_INJ),
    ),
    pull_request(4, "thm:add_comm", "statement", "landed", diff_of("Arithmetic/Addition/AddComm.lean", "", ADD_COMM)),
    pull_request(5, "thm:succ_add", "proof", "reviewing", "", ""),
)

FAILURES = (
    FailureRecord("thm:succ_inj", "proof", "lean", "Lean rejected the proof: type mismatch at line 15.", START + 50),
    FailureRecord("thm:succ_inj", "statement", "conflict", "Another branch landed first.", START + 70),
    FailureRecord(
        "thm:cancel", "proof", "attempts", "Three attempts were made, and none was accepted.", START + 90, final=True
    ),
)
