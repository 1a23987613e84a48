"""Which sources declare a book's nodes already: people may have written them, many in one file, before the campaign."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from coordinator.git import Repository

_LAKEFILE = "lakefile.lean"
"""Lake's own file, which is no module."""

_LARGEST = 4 << 20
"""Bytes of a source that is looked into; a change of one a quarter as large is refused anyway."""

_NAMES = re.compile(r"[^\W\d][\w'!?]*")
_DECLARING = re.compile(
    r"\b(?:theorem|lemma|def|abbrev|structure|inductive|class|instance)\s+((?:[^\W\d][\w'!?]*\.)*[^\W\d][\w'!?]*)"
)


def declared_in(text: str, wanted: Collection[str]) -> frozenset[str]:
    """Those of some full names that a Lean source declares.

    A source that cannot be cut with certainty is searched for the words that declare something: there a name counts
    as declared where its last parts are, whatever namespace is open.
    """
    from checker.source.lexer import LexicalError  # noqa: PLC0415 - most who read a book look into no source
    from checker.source.outline import outline_of  # noqa: PLC0415

    words = set(_NAMES.findall(text))
    likely = {name for name in wanted if name.rpartition(".")[2] in words}
    if not likely:
        return frozenset()
    try:
        found = {name for command in outline_of(text).declarations() for name in command.names}
    except (LexicalError, RecursionError):
        endings = {f".{name}" for name in _DECLARING.findall(text)}
        return frozenset(name for name in likely if any(f".{name}".endswith(ending) for ending in endings))
    return frozenset(likely & found)


def find_declared(
    hub: Repository, blobs: Mapping[str, str], wanted: Collection[str], besides: Collection[str]
) -> dict[str, str]:
    """The modules of a commit that declare some full names, by name; the first by path where several do.

    Args:
        hub: the repository.
        blobs: object names of the commit's files, by path.
        wanted: the names.
        besides: paths that need not be looked into.
    """
    found: dict[str, str] = {}
    left = set(wanted)
    for module, text in _sources(hub, blobs, besides) if left else ():
        for name in declared_in(text, left):
            found[name] = module
        left -= found.keys()
    return found


def _sources(hub: Repository, blobs: Mapping[str, str], besides: Collection[str]) -> Iterator[tuple[str, str]]:
    paths = sorted(path for path in blobs if path.endswith(".lean") and path != _LAKEFILE and path not in besides)
    if not paths:
        return
    from checker import HeaderError, module_of  # noqa: PLC0415 - as above

    for path in paths:
        try:
            yield module_of(path), hub.read_blob(blobs[path], _LARGEST).decode("utf-8")
        except (GitError, HeaderError, UnicodeDecodeError):
            continue  # no module, or no source that anybody could change here
