"""Lean files by their declarations: an outline to read, and changes of one declaration that touch nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from agents.errors import ToolError
from checker.errors import SurgeryRefused, UnknownDeclaration
from checker.source.lexer import Kind, LexicalError, all_tokens
from checker.source.outline import outline_of
from checker.source.surgery import (
    insert_after,
    insert_at_end,
    insert_before,
    remove_declaration,
    replace_proof,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.source.command import Command
    from checker.source.outline import Outline

MAX_DECLARATIONS = 300
"""Most declarations one outline names."""
_MAX_NAME = 200
_PROOF_STARTS = (":=", "where", "|")


def outline_text(text: str, from_line: int = 1) -> str:
    """The declarations of a file, one a line: its lines, its kind, its full names, and whether it is open.

    Raises:
        ToolError: the file cannot be cut.
    """
    outline = _outline(text)
    found = [each for each in outline.declarations() if each.span.last_line >= from_line]
    lines = [_line(outline, each) for each in found[:MAX_DECLARATIONS]]
    if len(found) > MAX_DECLARATIONS:
        more = found[MAX_DECLARATIONS]
        lines.append(
            f"[… and {len(found) - MAX_DECLARATIONS} more: outline from_line={more.span.line} goes on with them …]"
        )
    return "\n".join(lines) or f"It declares nothing (from line {from_line} on)."


def with_proof(text: str, name: str, proof: str) -> str:
    """The file with another proof of a declaration.

    Raises:
        ToolError: it is not there, or more than its proof would change.
    """
    if not proof.lstrip().startswith(_PROOF_STARTS):
        raise ToolError("A proof begins with `:=`, `where` or `|`: write it with its beginning.")
    with _told():
        return replace_proof(text, name, proof)


def with_declarations(text: str, added: str, above: str, below: str, namespace: str) -> str:
    """The file with more declarations.

    Raises:
        ToolError: there is no such place, or more than declarations would be added.
    """
    if bool(above) + bool(below) + bool(namespace) > 1:
        raise ToolError("Give one place: `above`, `below` or `namespace`.")
    with _told():
        if above:
            return insert_before(text, above, added)
        return insert_after(text, below, added) if below else insert_at_end(text, namespace, added)


def without(text: str, name: str) -> str:
    """The file without a declaration.

    Raises:
        ToolError: it is not there, or cannot be taken out alone.
    """
    with _told():
        return remove_declaration(text, name)


def open_places(text: str) -> list[tuple[int, int]]:
    """Where a ``sorry`` stands in the code of a text: 1-based lines and 0-based columns, none if it cannot be cut."""
    try:
        found = [token for token in all_tokens(text) if token.kind is Kind.WORD and token.text == "sorry"]
    except LexicalError:
        return []
    return [(token.line, token.start - text.rfind("\n", 0, token.start) - 1) for token in found]


def _outline(text: str) -> Outline:
    try:
        return outline_of(text)
    except LexicalError as error:
        raise ToolError(_cannot_cut(error)) from error


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the surgery refuses into words for the model."""
    try:
        yield
    except UnknownDeclaration as error:
        raise ToolError(f"{error} `outline` names what the file declares.") from error
    except SurgeryRefused as error:
        raise ToolError(f"{error} Nothing was written; send one declaration, whole and alone.") from error
    except LexicalError as error:
        raise ToolError(f"{_cannot_cut(error)} Nothing was written.") from error


def _cannot_cut(error: LexicalError) -> str:
    return f"The file cannot be cut into declarations (line {error.line}): {error} Use read_file and write_file for it."


def _line(outline: Outline, command: Command) -> str:
    span = command.span
    names = ", ".join(command.names) or "(without a name)"
    shown = names if len(names) <= _MAX_NAME else f"{names[:_MAX_NAME]}…"
    words = " ".join([*command.modifiers, command.keyword, shown])
    is_open = bool(open_places(span.of(outline.text)))
    return f"{span.line}-{span.last_line}: {words}{' (open: sorry)' if is_open else ''}"
