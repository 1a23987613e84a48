"""Git's merge of lines, for texts that are in no repository."""

from __future__ import annotations

from coordinator.errors import GitError
from coordinator.git.runner import Runner
from coordinator.temporary import temporary_folder

_MOST_CONFLICTS = 127
"""The largest count that the exit code tells; what is above it is an error."""


def merge_lines(
    base: bytes, ours: bytes, theirs: bytes, *, mark_length: int, names: tuple[str, str, str]
) -> tuple[bytes, bool]:
    """Merges three versions of a text by lines.

    Args:
        base: the version both sides began with.
        ours: ours.
        theirs: theirs.
        mark_length: how many characters a mark of a conflict begins with.
        names: what the marks call ours, the base and theirs.

    Returns:
        The text, and whether it is without conflict; with one, all three versions stand between marks.

    Raises:
        GitError: git is missing, or cannot merge them, as when one is binary.
    """
    with temporary_folder("merge") as scratch:
        paths = [scratch / name for name in ("ours", "base", "theirs")]
        for path, data in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(data)
        labels = [word for name in names for word in ("-L", name)]
        answer = Runner(scratch, discover=True).attempt(
            "merge-file", "-p", "--diff3", f"--marker-size={mark_length}", *labels, *map(str, paths)
        )
    if not 0 <= answer.status <= _MOST_CONFLICTS:
        raise GitError(f"git cannot merge the three versions: {answer.complaint or f'exit {answer.status}'}")
    return answer.output, answer.status == 0
