"""Whether one side moved a folder into which the other puts files, which only git's own merge can judge.

Git takes a folder that is gone on one side, and whose files stand elsewhere now, as moved. What the other side adds to
it is then reported or moved along. That concerns paths that nobody else touched.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from coordinator.git.paths import folders_of

if TYPE_CHECKING:
    from coordinator.git.changes import Changes
    from coordinator.git.listing import Listing
    from coordinator.git.objects import Objects


def moves_a_folder(listing: Listing, objects: Objects, changes: Changes, before: str, after: str) -> bool:
    """Whether a folder may have been moved, by `changes` or away from under them.

    Args:
        listing: what they are to be put onto.
        objects: where to look folders up.
        changes: the changes.
        before: the commit or tree they start from.
        after: the commit or tree they lead to.
    """
    missing = {
        next((folder for folder in folders_of(change.path) if not listing.folders[folder]), None)
        for change in changes
        if change.before is None
    } - {None}
    if any(_is_folder(objects, before, folder) for folder in missing if folder is not None):
        return True
    gone = [change.path for change in changes if change.after is None]
    emptied = Counter(folder for path in gone for folder in folders_of(path))
    return any(
        listing.folders[folder] > count and not _is_folder(objects, after, folder) for folder, count in emptied.items()
    )


def _is_folder(objects: Objects, commit: str, path: str) -> bool:
    found = objects.at(commit, path)
    return found is not None and found.kind == "tree"
