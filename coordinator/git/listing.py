"""All that stands in one tree, in memory: whether changes made elsewhere fit onto it, and how it looks with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from coordinator.git.changes import Entry
from coordinator.git.paths import decoded, folders_of

if TYPE_CHECKING:
    from coordinator.git.changes import Changes
    from coordinator.git.runner import Runner


class Listing:
    """The entries of a tree by path. It changes with each `apply`."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self.folders = Counter(folder for path in entries for folder in folders_of(path))

    @classmethod
    def read(cls, runner: Runner, tree: str) -> Listing:
        """The entries of a tree or commit.

        Raises:
            GitError: there is no such tree.
        """
        rows = (row.partition(b"\t") for row in runner.run("ls-tree", "-r", "-z", tree).output.split(b"\0") if row)
        return cls({decoded(path): _entry(about) for about, _, path in rows})

    def fits(self, changes: Changes) -> bool:
        """Whether at each changed path stands what stood there before, and each added one finds a place.

        A file finds no place where a folder is, nor a folder where a file is, unless the same changes clear it.
        """
        if any(self.entries.get(change.path) != change.before for change in changes):
            return False
        gone = {change.path for change in changes if change.after is None}
        emptied = Counter(folder for path in gone for folder in folders_of(path))
        return all(
            self.folders[change.path] == emptied[change.path]
            and all(folder not in self.entries or folder in gone for folder in folders_of(change.path))
            for change in changes
            if change.after is not None
        )

    def apply(self, changes: Changes) -> None:
        """Makes changes that fit."""
        for change in changes:
            if change.before is not None:
                del self.entries[change.path]
                self.folders.subtract(folders_of(change.path))
        for change in changes:
            if change.after is not None:
                self.entries[change.path] = change.after
                self.folders.update(folders_of(change.path))


def _entry(about: bytes) -> Entry:
    mode, _, oid = about.decode().split(" ")
    return Entry(mode, oid)
