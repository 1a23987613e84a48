"""The corpus of merges: `merges/*.merge`, each three versions of a Lean file and what they must make.

A file begins with what it shows. Then come the versions, each below a line such as ``== ours crlf``; the words behind
the name say that lines end as on Windows (``crlf``), that the last one does not end (``unended``), or that the version
has a header of its own (``own``): the others get `HEADER`. The last such line says what the outcome is: ``== merged``,
with the text below it, ``== conflict`` with the names that are told (``*`` for the file as a whole), or
``== unreadable``. Behind ``Lines:`` stands what git's own merge of lines makes of it, and behind ``Union:`` what its
union driver does: ``right``, ``conflict`` or ``wrong``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "merges"
HEADER = "module\nprelude\npublic import Book.Nodes.Add\n\n@[expose] public section\n\n"


@dataclass(frozen=True)
class Case:
    """Three versions and their outcome.

    Attributes:
        name: the file's.
        base, ours, theirs: the versions.
        merged: what they make; None where that is a conflict.
        conflicts: what must be told to be in conflict, by name.
        readable: whether each version can be cut.
        own_header: whether the versions have headers of their own.
        lines, union: what git makes of it.
    """

    name: str
    base: bytes
    ours: bytes
    theirs: bytes
    merged: bytes | None
    conflicts: tuple[str, ...]
    readable: bool
    own_header: bool
    lines: str
    union: str


def read_cases() -> list[Case]:
    return [read_case(path) for path in sorted(FOLDER.glob("*.merge"))]


def read_case(path: Path) -> Case:
    intro, *parts = re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts, words = {}, {}
    for part in parts:
        heading, _, text = part.partition("\n")
        name, *options = heading.split()
        texts[name], words[name] = text, options
    told = dict(re.findall(r"^(Lines|Union): (\w+)$", intro, re.MULTILINE))
    outcome = list(texts)[-1]
    versions = {name: _version(texts[name], words[name]) for name in texts if name not in ("conflict", "unreadable")}
    return Case(
        path.stem, versions["base"], versions["ours"], versions["theirs"], versions.get("merged"),
        tuple(words.get("conflict", ())), outcome != "unreadable", "own" in words["base"], told["Lines"], told["Union"],
    )  # fmt: skip


def _version(text: str, words: list[str]) -> bytes:
    whole = text if "own" in words else HEADER + text
    if "unended" in words:
        whole = whole.removesuffix("\n")
    return (whole.replace("\n", "\r\n") if "crlf" in words else whole).encode()
