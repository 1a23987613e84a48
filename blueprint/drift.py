r"""Drift: where the marks of a book and the Lean it speaks of tell different stories."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from blueprint.reality import names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blueprint.book import Blueprint
    from blueprint.evidence import Evidence
    from blueprint.node import Node, Place


class DriftKind(StrEnum):
    r"""What a drift finding is about. The first four say that a mark claims too much, the last two too little."""

    NO_NAME = "no-name"
    r"""Marked ``\leanok``, and no ``\lean`` says which declaration it is."""
    NO_DECLARATION = "no-declaration"
    r"""Marked ``\leanok``, and Lean has no declaration of a name in ``\lean``."""
    OPEN = "open"
    r"""Marked ``\leanok``, and ``sorryAx`` is below it."""
    AXIOM = "axiom"
    r"""The proof is marked ``\leanok``, and Lean takes the statement as an axiom."""
    STATEMENT_UNMARKED = "statement-unmarked"
    r"""Lean has the statement, and ``\leanok`` is missing."""
    PROOF_UNMARKED = "proof-unmarked"
    r"""Lean has the whole proof, and its ``\leanok`` is missing."""

    @property
    def claims_too_much(self) -> bool:
        """Whether the mark says more than Lean does."""
        return self not in {DriftKind.STATEMENT_UNMARKED, DriftKind.PROOF_UNMARKED}


@dataclass(frozen=True, slots=True)
class Drift:
    """One finding.

    Attributes:
        label: the node.
        place: of its statement or proof.
        kind: what is the matter.
        declaration: the Lean name it is about; empty where there is none.
        message: one sentence, with the remedy.
    """

    label: str
    place: Place
    kind: DriftKind
    declaration: str
    message: str


def drifts(book: Blueprint, evidence: Evidence) -> tuple[Drift, ...]:
    r"""Return where marks and Lean differ, in the order of the book.

    A node with ``\mathlibok`` is only looked at where the evidence has its declarations: Mathlib may lie outside it. A
    statement is open when what it mentions is, a proof or a definition when anything below it is.

    Args:
        book: the book.
        evidence: what Lean says.
    """
    return tuple(finding for node in book.nodes for finding in _of_node(node, evidence))


def _of_node(node: Node, evidence: Evidence) -> Iterator[Drift]:
    names = names_of(node)
    there = [name for name in names if name in evidence.declarations]
    if node.marks.mathlibok and len(there) < len(names):
        return
    yield from _of_statement(node, names, there, evidence)
    if node.proof is not None and there and not node.is_definition:
        yield from _of_proof(node, node.proof.place, there, evidence, complete=len(there) == len(names))


def _of_statement(node: Node, names: tuple[str, ...], there: list[str], evidence: Evidence) -> Iterator[Drift]:
    if not node.marks.leanok and not node.marks.mathlibok:
        vague = evidence.open if node.is_definition else evidence.vague
        if names and len(there) == len(names) and not vague.intersection(there):
            message = f"Lean has `{there[0]}`; mark the statement with \\leanok."
            yield Drift(node.label, node.place, DriftKind.STATEMENT_UNMARKED, there[0], message)
    elif not names and node.marks.leanok:
        message = "The statement is marked \\leanok without a name; name its declaration with \\lean."
        yield Drift(node.label, node.place, DriftKind.NO_NAME, "", message)
    else:
        for name in names:
            if name not in evidence.declarations:
                message = (
                    f"The statement is marked \\leanok, and Lean has no `{name}`; mend the name or take the mark out."
                )
                yield Drift(node.label, node.place, DriftKind.NO_DECLARATION, name, message)
            elif name in (evidence.open if node.is_definition else evidence.vague):
                message = (
                    f"The statement is marked \\leanok, and what `{name}` says rests on sorryAx; take the mark out."
                )
                yield Drift(node.label, node.place, DriftKind.OPEN, name, message)


def _of_proof(node: Node, place: Place, there: list[str], evidence: Evidence, *, complete: bool) -> Iterator[Drift]:
    assert node.proof is not None, "the caller looks"
    axioms = [name for name in there if evidence.declarations[name].kind == "axiom"]
    unproved = [name for name in there if name in evidence.open]
    if node.proof.leanok:
        for name in axioms:
            message = f"The proof is marked \\leanok, and `{name}` is an axiom in Lean; prove it or take the mark out."
            yield Drift(node.label, place, DriftKind.AXIOM, name, message)
        for name in unproved:
            message = (
                f"The proof is marked \\leanok, and sorryAx is below `{name}`; take the mark out until it is proved."
            )
            yield Drift(node.label, place, DriftKind.OPEN, name, message)
    elif complete and not axioms and not unproved:
        message = f"Lean has the whole proof of `{there[0]}`; mark the proof with \\leanok."
        yield Drift(node.label, place, DriftKind.PROOF_UNMARKED, there[0], message)
