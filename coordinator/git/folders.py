"""Trees of git as plain folders, through an index of their own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from coordinator.git.names import checked_oid
from coordinator.temporary import temporary_folder

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


def export(runner: Runner, commit: str, folder: Path, leave_out: str | None) -> None:
    """Writes the files of a commit below `folder`; `Repository.export` tells more."""
    folder.mkdir(parents=True, exist_ok=True)
    there = f"--prefix={folder.resolve()}/"
    with _index(folder) as environment:
        runner.run("read-tree", checked_oid(commit), environment=environment)
        if leave_out is None:
            runner.run("checkout-index", "--all", there, environment=environment)
            return
        paths = runner.run("ls-files", "-z", environment=environment).output.split(b"\0")
        wanted = b"".join(path + b"\0" for path in paths if path and not path.endswith(leave_out.encode()))
        runner.run("checkout-index", "-z", "--stdin", there, given=wanted, environment=environment)


def bring(runner: Runner, commit: str, folder: Path, index: Path) -> None:
    """Makes a folder hold the files of a commit and nothing else, whatever was done in it since it was last brought.

    Args:
        runner: for the repository.
        commit: which.
        folder: the folder.
        index: what git remembers of the folder; kept from one time to the next, so that only what differs is written.
    """
    environment = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder)}
    runner.run("read-tree", "--reset", "-u", checked_oid(commit), environment=environment, folder=folder)
    runner.run("clean", "--quiet", "-ffdx", environment=environment, folder=folder)


def write_brought(runner: Runner, folder: Path, index: Path) -> str:
    """Stores every file below a folder that `bring` filled, reading only what was changed, and returns the tree."""
    environment = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(folder)}
    runner.run("add", "--all", "--force", "--", ".", environment=environment, folder=folder)
    return runner.run("write-tree", environment=environment).text


@contextmanager
def _index(folder: Path) -> Iterator[dict[str, str]]:
    with temporary_folder("index") as scratch:
        yield {"GIT_INDEX_FILE": f"{scratch}/index", "GIT_WORK_TREE": str(folder)}
