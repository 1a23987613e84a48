"""Repositories for tests."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from coordinator.git.merging import merge

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.git import Merge, Repository


def commit_files(
    repository: Repository, scratch: Path, files: dict[str, str], ref: str | None = None, parent: str | None = None
) -> str:
    """Commits `files` over what `parent` holds, moves `ref` there when given, and returns the commit."""
    folder = scratch / f"tree-{secrets.token_hex(4)}"
    folder.mkdir()
    if parent is not None:
        repository.export(parent, folder)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    commit = repository.commit(repository.write_tree(folder), [parent] if parent else [], "test")
    if ref is not None:
        repository.move(ref, commit, parent)
    return commit


def join(hub: Repository, ours: str, theirs: str) -> Merge:
    """Joins two commits in memory, as git does it by itself."""
    return merge(hub._runner, ours, theirs)
