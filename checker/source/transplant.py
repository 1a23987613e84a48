"""Puts one version's proof of a declaration into another version of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import SurgeryRefused, UnknownDeclaration
from checker.source.changes import PROVED, words_of
from checker.source.merge_pieces import pieces_of
from checker.source.surgery import replace_proof

if TYPE_CHECKING:
    from checker.source.command import Command


def transplant_proof(tip: str, branch: str, name: str) -> str:
    """The tip's file with the branch's proof of one declaration, and nothing else of the branch.

    Args:
        tip: the file that is kept.
        branch: the file that the proof comes from.
        name: the declaration's full name.

    Raises:
        UnknownDeclaration: when one of them does not declare it.
        SurgeryRefused: when it says something else in the other, by its words or by what is in force there, or has no
            proof; or when more than the proof would change.
        LexicalError: when one of them cannot be cut with certainty.
    """
    here, there = _Stated(tip, name, "the tip"), _Stated(branch, name, "the branch")
    if here.statement != there.statement:
        raise SurgeryRefused(
            f"{name} says something else on the tip (line {here.line}) than on the branch; prove that."
        )
    if here.force != there.force:
        raise SurgeryRefused(
            f"Something else is in force at {name} on the tip (line {here.line}) than on the branch; prove it there."
        )
    return replace_proof(tip, name, there.proof)


class _Stated:
    """A declaration's statement, what is in force there, and its proof."""

    def __init__(self, text: str, name: str, where: str) -> None:
        pieces = pieces_of(text)
        if name not in pieces.named or name in pieces.twice:
            raise UnknownDeclaration(f"{name} is not declared, or more than once, on {where}.")
        piece = pieces.pieces[pieces.named[name]]
        command = next((each for each in _commands(piece.command) if name in each.names), None)
        body = None if command is None else command.body
        if command is None or body is None or body.value is None or command.keyword not in PROVED:
            raise SurgeryRefused(f"{name} has no proof on {where} (line {piece.line}).")
        head = text[command.code.start : body.signature.start]
        for span in reversed(command.attributes):
            head = head[: span.start - command.code.start] + head[span.end - command.code.start :]
        self.line = command.line
        self.force = piece.force
        self.statement = (words_of(head), words_of(text[body.signature.start : body.value.start]))
        self.proof = text[body.value.start : command.code.end]


def _commands(command: Command | None) -> tuple[Command, ...]:
    if command is None:
        return ()
    return command.members or (command,)
