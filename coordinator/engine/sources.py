"""Digests of sources as they stand in a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from coordinator.git import Entry, Repository


def source_digests(
    hub: Repository, commit: str, paths: Iterable[str], written: Mapping[str, Entry | None]
) -> dict[str, str]:
    """SHA-256 of the files at some paths of a commit; empty where there is none.

    Args:
        hub: the repository.
        commit: a commit, or one that lacks nothing but what is `written`.
        paths: where to look.
        written: what is known to stand at some paths, and need not be looked up in trees.

    Raises:
        GitError: git fails, or a file is larger than any that is read.
    """
    found = {path: _file(written[path]) if path in written else hub.file_at(commit, path) for path in paths}
    files = {path: oid for path, oid in found.items() if oid}
    return dict.fromkeys(found, "") | dict(zip(files, hub.digests(list(files.values())), strict=True))


def _file(entry: Entry | None) -> str | None:
    return entry.oid if entry is not None and entry.is_file else None
