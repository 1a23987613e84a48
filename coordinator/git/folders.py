"""Trees of git as plain folders, through an index of their own."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from coordinator.git.refs import checked_oid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coordinator.git.runner import Runner


def write_tree(runner: Runner, folder: Path, base: str | None) -> str:
    """Stores every file below `folder` and returns the tree; `Repository.write_tree` tells more."""
    with _index(folder) as environment:
        if base is not None:
            runner.run("read-tree", checked_oid(base), environment=environment)
        runner.run("add", "--all", "--force", "--", ".", environment=environment, folder=folder)
        return runner.run("write-tree", environment=environment).text


def export(runner: Runner, commit: str, folder: Path) -> None:
    """Writes the files of a commit below `folder`, which must be empty or missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with _index(folder) as environment:
        runner.run("read-tree", checked_oid(commit), environment=environment)
        runner.run("checkout-index", "--all", f"--prefix={folder.resolve()}/", environment=environment)


@contextmanager
def _index(folder: Path) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="blueprover-index-") as scratch:
        yield {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(folder)}
