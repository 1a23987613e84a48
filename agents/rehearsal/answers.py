"""The finished formalization as a book of answers: whole files, statements alone, single lemmas.

It relies on the strict shape of the files under `lean_project`: header, `namespace`, one documented declaration with
`:=` at the end of its statement's last line, `end`.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from agents.errors import RehearsalError
from checker.source.changes import PROVED
from checker.source.lexer import LexicalError
from checker.source.outline import outline_of

if TYPE_CHECKING:
    from pathlib import Path

    from checker.source.command import Command

_PRIVATE_IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
_THEOREM = re.compile(r"^(?:public )?theorem (?:[^\n]+\n)*?[^\n]*:=\n(?P<proof>(?:[^\n]+\n)+)(?=\nend )", re.MULTILINE)
_LEMMA = re.compile(r"^/--(?:(?!-/).)*-/\npublic theorem .*?\n(?=\n)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"/-.*?-/|--[^\n]*", re.DOTALL)


class Answers:
    """Answers by path.

    Args:
        folder: the finished project.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def finished(self, path: str) -> str:
        """The whole file.

        Raises:
            RehearsalError: the formalization has no such file.
        """
        try:
            return (self._folder / path).read_text(encoding="utf-8")
        except OSError as error:
            raise RehearsalError(f"the rehearsal knows no answer for {path}: {error.strerror}") from error

    def statement(self, path: str) -> str:
        """The file as the statement stage leaves it: proofs open, and nothing imported for them; a definition whole."""
        text = self.finished(path)
        if not _THEOREM.search(text):
            return text
        stated = self.proved(path, "sorry")
        return _PRIVATE_IMPORT.sub("", stated) if text.startswith("module") else stated

    def proved(self, path: str, proof: str) -> str:
        """The file with another proof of its theorem.

        Args:
            path: the file.
            proof: the lines after ``:=``, without their indentation.

        Raises:
            RehearsalError: the file holds no theorem in the shape of the book.
        """
        text = self.finished(path)
        found = _THEOREM.search(text)
        if found is None:
            raise RehearsalError(f"{path} holds no theorem in the shape of the book, so its proof cannot be changed")
        proof = textwrap.indent(proof.strip(), "  ")
        return f"{text[: found.start('proof')]}{proof}\n{text[found.end('proof') :]}"

    def proof_among_others(self, path: str, declaration: str) -> str | None:
        """The proof of one declaration, with its beginning, where its file holds others too; else ``None``.

        Raises:
            RehearsalError: the file does not declare it, or cannot be cut.
        """
        text = self.finished(path)
        commands = _declarations(text, path)
        if len(commands) == 1:
            return None
        for command in commands:
            if declaration in command.names and command.body is not None and command.body.value is not None:
                return command.body.value.of(text)
        raise RehearsalError(f"{path} does not declare {declaration}")

    def lemma(self, path: str, name: str, words: str = "") -> str:
        """One documented theorem of a helper file, its doc comment first, in other `words` where they are given.

        Raises:
            RehearsalError: the file has no such theorem.
        """
        for found in _LEMMA.finditer(self.finished(path)):
            if re.search(rf"^public theorem {re.escape(name)}\b", found[0], re.MULTILINE):
                _, _, rest = found[0].partition("-/")
                return f"/-- {words} -/{rest}" if words else found[0]
        raise RehearsalError(f"{path} has no theorem {name}")

    def around(self, path: str) -> tuple[str, str]:
        """What stands before the first and after the last theorem of a helper file.

        Raises:
            RehearsalError: the file has no theorems.
        """
        text = self.finished(path)
        lemmas = list(_LEMMA.finditer(text))
        if not lemmas:
            raise RehearsalError(f"{path} has no theorems")
        return text[: lemmas[0].start()], text[lemmas[-1].end() :]


def _declarations(text: str, path: str) -> list[Command]:
    try:
        return list(outline_of(text).declarations())
    except LexicalError as error:
        raise RehearsalError(f"{path} cannot be cut into declarations: {error}") from error


def claims(text: str) -> dict[str, str]:
    """What each declaration of a file with many states, by name."""
    stated = {}
    for command in _declarations(text, "the file"):
        value = command.body.value if command.body is not None else None
        end = command.code.end if value is None or command.keyword not in PROVED else value.start
        stated.update(dict.fromkeys(command.names, " ".join(text[command.code.start : end].split())))
    return stated


def claim(text: str) -> str:
    """What a file states: its text without comments, proofs and private imports, in single spaces."""
    bare = _COMMENT.sub("", _PRIVATE_IMPORT.sub("", text))
    found = re.search(r"(?:public )?theorem .*?:=\n", bare, re.DOTALL)
    if found is not None:
        bare = bare[: found.end()]
    return " ".join(bare.split())


def sentence(text: str) -> str:
    """The declaration alone, without what stands before it: for telling an author what a file says."""
    stated = claim(text)
    at = stated.find("public ")
    while (later := stated.find("public ", at + 1)) != -1:
        at = later
    return stated[max(at, 0) :].removesuffix(":=").strip()
