"""Changes one declaration of a Lean file, and shows that nothing else was changed.

What is put in comes from agents. After each operation the result is cut again and compared with what was there: a
proof that ends its namespace and states another theorem is refused, not pasted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import SurgeryRefused, UnknownDeclaration
from checker.source.changes import PROVED, Changes, changes_between, words_of
from checker.source.outline import follow, outline_of
from checker.source.scope import Scopes

if TYPE_CHECKING:
    from checker.source.command import Command
    from checker.source.outline import Outline


def find_declaration(outline: Outline, name: str) -> Command:
    """The declaration with a full name; a constructor's is that of its type.

    Raises:
        UnknownDeclaration: when there is none, or more than one.
    """
    found = [each for each in outline.declarations() if name in each.names]
    if len(found) != 1:
        lines = ", ".join(str(each.line) for each in found)
        told = f"is declared more than once, on lines {lines}" if found else "is not declared in this file"
        raise UnknownDeclaration(f"{name} {told}.")
    return found[0]


def replace_proof(text: str, name: str, proof: str) -> str:
    """Put another proof (or value) in the place of a declaration's.

    Args:
        text: the file.
        name: the declaration's full name.
        proof: the new value with its beginning: ``:= …``, ``where …`` or equations, and what shows termination.

    Raises:
        UnknownDeclaration: when it is not there.
        SurgeryRefused: when more than its value would change.
        LexicalError: when the file, before or after, cannot be cut with certainty.
    """
    before = outline_of(text)
    command = find_declaration(before, name)
    if command.body is None or command.body.value is None:
        raise SurgeryRefused(f"{name} (line {command.line}) has no value to replace.")
    value, rest = command.body.value, command.body.rest
    keeps = rest is None or rest.of(text).startswith("deriving")
    end = value.end if rest is None or keeps else rest.end
    after = text[: value.start] + _in_style(text, proof.strip()) + text[end:]
    cut = outline_of(after)
    own = command.names[:1]
    expected = Changes(reproved=own) if command.keyword in PROVED else Changes(redefined=own)
    alone = changes_between(before, cut) in (expected, Changes(), Changes(respelled=own))
    if not alone or (new := find_declaration(cut, name).body) is None or new.value is None:
        raise SurgeryRefused(f"The new proof of {name} (line {command.line}) changes more than the proof.")
    return after


def insert_before(text: str, name: str, declaration: str) -> str:
    """Put a declaration above another, or above the ``mutual`` block that one is in.

    Raises:
        UnknownDeclaration: when the other is not there.
        SurgeryRefused: when what is inserted is more or less than declarations.
        LexicalError: when the file, before or after, cannot be cut with certainty.
    """
    before = outline_of(text)
    return _inserted(before, _whole(before, name).span.start, declaration)


def insert_after(text: str, name: str, declaration: str) -> str:
    """Put a declaration below another, or below the ``mutual`` block that one is in.

    Raises:
        UnknownDeclaration: when the other is not there.
        SurgeryRefused: when what is inserted is more or less than declarations.
        LexicalError: when the file, before or after, cannot be cut with certainty.
    """
    before = outline_of(text)
    return _inserted(before, _whole(before, name).span.end, declaration)


def insert_at_end(text: str, namespace: str, declaration: str) -> str:
    """Put a declaration last in a namespace, or, for an empty one, last in the file.

    Raises:
        UnknownDeclaration: when the file does not open that namespace, or ends inside another.
        SurgeryRefused: when what is inserted is more or less than declarations.
        LexicalError: when the file, before or after, cannot be cut with certainty.
    """
    before = outline_of(text)
    return _inserted(before, _end_of(before, namespace), declaration)


def remove_declaration(text: str, name: str) -> str:
    """Take a declaration out, with the comments that belong to it and the blank line it leaves.

    Raises:
        UnknownDeclaration: when it is not there.
        SurgeryRefused: when something else would change.
        LexicalError: when the file, before or after, cannot be cut with certainty.
    """
    before = outline_of(text)
    command = find_declaration(before, name)
    block = next((each for each in before.commands if command in each.members), None)
    gone = block.span if block is not None and len(block.members) == 1 else command.span
    head, tail = text[: gone.start], text[gone.end :]
    after = head + (tail.lstrip("\r\n") if not head or head.endswith("\n") else tail)
    if not tail.strip():
        after = head.rstrip() + tail
    changes = changes_between(before, outline_of(after))
    if changes != Changes(removed=command.names[:1]):
        raise SurgeryRefused(f"Removing {name} (line {command.line}) would change more than that.")
    return after


def _whole(outline: Outline, name: str) -> Command:
    """The declaration of that name, or the ``mutual`` block it is in."""
    command = find_declaration(outline, name)
    return next((each for each in outline.commands if command in each.members), command)


def _inserted(before: Outline, at: int, declaration: str) -> str:
    text, new_line = before.text, "\r\n" if "\r\n" in before.text else "\n"
    head, tail = text[:at].rstrip(), text[at:].lstrip()
    indent = text[text.rfind("\n", 0, len(text) - len(tail)) + 1 : len(text) - len(tail)]
    tail = f"{indent}{tail}" if tail and indent.isspace() else tail
    middle = _in_style(text, declaration.strip())
    after = (head + 2 * new_line if head else "") + middle + new_line + (new_line + tail if tail else "")
    changes = changes_between(before, outline_of(after))
    if not changes.added or changes != Changes(added=changes.added):
        line = text.count("\n", 0, at) + 1
        raise SurgeryRefused(f"What would be inserted after line {line} is more or less than a declaration.")
    return after


def _in_style(text: str, piece: str) -> str:
    """A piece with the line ends of a file."""
    lines = piece.replace("\r\n", "\n")
    return lines.replace("\n", "\r\n") if "\r\n" in text else lines


def _end_of(outline: Outline, namespace: str) -> int:
    """Offset of the last place inside a namespace: where it is closed, or the end of the file."""
    scopes, place, last = Scopes(), None, outline.header.end
    for command in outline.commands:
        name = (words_of(command.code.of(outline.text)) or ("",))[-1]
        if command.keyword != "mutual":
            follow(scopes, command.keyword, name if name != command.keyword else "", command.line)
        if command.keyword == "end" and command.namespace == namespace != scopes.namespace:
            place = last
        last = command.span.end
    if scopes.namespace == namespace:
        return len(outline.text)
    if place is None:
        raise UnknownDeclaration(f"The file has no place inside the namespace {namespace or 'outside all others'}.")
    return place
