r"""The book as leanblueprint reads it, where that differs: what it loses, and which proof it takes for which.

A second ``\uses`` or ``\lean`` replaces the first; a mark in an item or another inner environment is lost; of several
proofs the last one counts; a proof belongs to the theorem-like environment before it, remark or not, whatever its
title says, and a proof inside its statement to nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.node import Marks, Node, Proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blueprint.latex.drafts import MarkedDraft, ProofDraft, StatementDraft
    from blueprint.latex.state import Book


def nodes_read_otherwise(book: Book, read: Iterable[tuple[StatementDraft, Node]]) -> dict[str, Node]:
    """Return the nodes that leanblueprint reads otherwise, by label, as it reads them."""
    proofs = _proofs(book)
    found: dict[str, Node] = {}
    for draft, node in read:
        proof = proofs.get(id(draft))
        if draft.reread is None or draft.reread[0] is not node or draft.reread[1] is not proof:
            draft.reread = (node, proof, _reread(draft, node, proof))
        other = draft.reread[2]
        if other is not node:
            found[node.label] = other
    return found


def formalized_asides(book: Book) -> frozenset[str]:
    r"""Return the labels of remarks and the like that are marked ``\leanok``: no nodes, and yet they count as done."""
    asides = (statement for statement in book.statements if not statement.is_node)
    return frozenset(label for each in asides if _is_marked(each) for label in each.labels)


def _reread(draft: StatementDraft, node: Node, proof: ProofDraft | None) -> Node:
    own = draft.direct
    uses, lean = _names(draft, "uses"), _names(draft, "lean")
    marks = Marks("leanok" in own, "mathlibok" in own, "notready" in own)
    proved = _reread_proof(proof, node.proof) if proof is not None else None
    if (uses, lean, marks, proved) == (node.uses, node.lean, node.marks, node.proof):
        return node
    return replace(node, uses=uses, lean=lean, marks=marks, proof=proved)


def _reread_proof(draft: ProofDraft, known: Proof | None) -> Proof:
    uses, lean, leanok = _names(draft, "uses"), _names(draft, "lean"), _is_marked(draft)
    if known and (known.place, known.uses, known.lean, known.leanok) == (draft.place, uses, lean, leanok):
        return known
    return Proof(draft.place, draft.tex, uses, leanok, draft.title, lean, tuple(draft.tags), tuple(draft.equations))


def _names(draft: MarkedDraft, mark: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(draft.direct.get(mark, ())))


def _is_marked(draft: MarkedDraft) -> bool:
    return "leanok" in draft.direct or "mathlibok" in draft.direct


def _proofs(book: Book) -> dict[int, ProofDraft]:
    """Return the proof that leanblueprint gives to each statement, by the statement's identity in memory."""
    found: dict[int, ProofDraft] = {}
    for proof in book.proofs:
        target = book.labels.targets.get(proof.proves.name) if proof.proves else None
        if target is not None:
            statement = target.statement if target.kind in {"node", "aside"} else None
        elif proof.enclosing is not None:
            statement = None
        else:
            statement = proof.aside or proof.statement
        if statement is not None:
            found[id(statement)] = proof
    return found
