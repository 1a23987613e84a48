"""Paths inside a commit: those that no program may be given, and how they are written down for git."""

from __future__ import annotations

import re

_LONGEST_PATH = 4_096
_LONGEST_NAME = 255
_INVISIBLE = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_PLAIN = frozenset(range(0x20, 0x7F)) - {0x22, 0x5C}


def hostile(path: str) -> bool:
    """Whether a path could leave the folder it is written to, or be taken for git's own folder.

    Some file systems do not tell ``.GIT`` from ``.git``, or overlook dots and spaces at the end, or invisible
    characters; Windows also knows the folder as ``git~1``.
    """
    if not path or len(path.encode("utf-8", "surrogateescape")) > _LONGEST_PATH or "\0" in path:
        return True
    return any(_hostile_name(name) for name in path.split("/"))


def _hostile_name(name: str) -> bool:
    if name in ("", ".", "..") or len(name.encode("utf-8", "surrogateescape")) > _LONGEST_NAME:
        return True
    plain = _INVISIBLE.sub("", name).casefold().replace("\\", "/").split("/")
    return any(part.split(":")[0].rstrip(". ") in (".git", "git~1") or part == ".." for part in plain)


def quoted(path: str) -> bytes:
    """A path as ``git fast-import`` reads it, whatever bytes it holds."""
    raw = path.encode("utf-8", "surrogateescape")
    return b'"' + b"".join(bytes([byte]) if byte in _PLAIN else b"\\%03o" % byte for byte in raw) + b'"'


def decoded(path: bytes) -> str:
    """A path from git. Bytes that are not UTF-8 survive the way back."""
    return path.decode("utf-8", "surrogateescape")


def folders_of(path: str) -> list[str]:
    """The folders a path lies in, outermost first, without the top."""
    found, start = [], 0
    while (slash := path.find("/", start)) >= 0:
        found.append(path[:slash])
        start = slash + 1
    return found
