r"""Which statement each proof proves.

In this order: what ``\proves`` names; the statement whose environment the proof stands in; the one node that the
proof's title refers to (“Proof of Theorem 3.2”); the nearest theorem-like environment before it in the same section.
leanblueprint knows the first and the last of these; where the outcome differs from its, a problem says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blueprint.latex.drafts import ProofDraft, StatementDraft
    from blueprint.latex.state import Book

_REFERENCE = re.compile(r"\\(?:[cC]ref|ref|autoref|nameref|hyperref)\*?\s*[\[{]([^\[\]{}]*)[\]}]")


def attach_proofs(book: Book) -> None:
    """Give every proof to its statement, in the order of the book; those of no node stay in the prose."""
    for each in book.statements:
        each.proofs = []
    for proof in book.proofs:
        proof.proved = None
    for proof in book.proofs:
        statement = _proved_by(book, proof)
        if statement is None or not statement.is_node:
            _check_lost_marks(book, proof)
            continue
        if statement.proofs:
            message = (
                f"A second proof of “{statement.identity}”: leanblueprint keeps the last one; they are joined here."
            )
            book.report(
                proof.place, "BP163", "warning", f"{message} Name another statement with \\proves if it is not."
            )
        statement.proofs.append(proof)
        proof.proved = statement


def _proved_by(book: Book, proof: ProofDraft) -> StatementDraft | None:
    if proof.proves is not None:
        return _named(book, proof)
    if proof.enclosing is not None:
        return proof.enclosing
    titled = _titled(book, proof)
    nearest = _nearest(book, proof, quiet=titled is not None)
    if titled is not None:
        if titled is not nearest:
            message = (
                f"The proof is given to “{titled.identity}”, which its title names; leanblueprint does not see that."
            )
            book.report(proof.place, "BP164", "info", f"{message} Write \\proves{{{titled.identity}}}.")
        return titled
    return nearest


def _named(book: Book, proof: ProofDraft) -> StatementDraft | None:
    assert proof.proves is not None
    target = book.labels.targets.get(proof.proves.name)
    if target is None or target.kind not in {"node", "aside"}:
        what = "is no label of the book" if target is None else f"names {describe(target.kind)}"
        message = f"\\proves{{{proof.proves.name}}} {what}; name the statement that is proved."
        book.report(proof.proves.place, "BP153", "error", message)
        return None
    return target.statement


def _titled(book: Book, proof: ProofDraft) -> StatementDraft | None:
    if "\\" not in proof.title:
        return None
    names = {name.strip() for match in _REFERENCE.finditer(proof.title) for name in match[1].split(",")}
    targets = [target for name in names if (target := book.labels.targets.get(name))]
    nodes = {id(target.statement): target.statement for target in targets if target.kind == "node"}
    return next(iter(nodes.values())) if len(nodes) == 1 else None


def _nearest(book: Book, proof: ProofDraft, *, quiet: bool) -> StatementDraft | None:
    statement, aside = proof.statement, proof.aside
    if aside is not None:
        if statement is None or statement.proofs or not aside.is_aside:
            return aside
        message = f"A {aside.kind} stands between this proof and “{statement.identity}”, so that leanblueprint takes it"
        if not quiet:
            advice = f"Write \\proves{{{statement.identity}}} in the proof."
            book.report(proof.place, "BP161", "warning", f"{message} for the proof of the {aside.kind}. {advice}")
        return statement
    if statement is None and not quiet:
        message = "No statement stands before this proof in its section; say what it proves with \\proves{label}."
        book.report(proof.place, "BP162", "warning", message)
    return statement


def _check_lost_marks(book: Book, proof: ProofDraft) -> None:
    if proof.seen or proof.leanok:
        message = "The marks of this proof are lost, for what it proves is no node"
        book.report(proof.place, "BP154", "warning", f"{message}; say which node it proves with \\proves{{label}}.")


def describe(kind: str) -> str:
    """Return what kind of thing a label names, for a sentence."""
    return {
        "aside": "a remark or the like, which is no node",
        "proof": "a proof",
        "equation": "an equation",
        "item": "an item of a list",
        "float": "a figure or table",
        "division": "a chapter or section",
    }.get(kind, "no node")
