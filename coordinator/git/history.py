"""Whether a branch is what it says: commits of its own on top of a commit that ``main`` had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.git.names import checked_oid, is_oid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.git.objects import Objects
    from coordinator.git.runner import Runner

_LONGEST_BRANCH = 64


class History:
    """The commits ``main`` went through, read once and carried on with each landing. Not for several threads."""

    def __init__(self, runner: Runner, objects: Objects) -> None:
        self._runner = runner
        self._objects = objects
        self._tip = ""
        self._passed: set[str] = set()

    def advance(self, tip: str, commits: Sequence[str]) -> None:
        """Notes that `commits` were put onto `tip`, the last of them being the tip now."""
        self._read(tip)
        self._passed.update(commits)
        self._tip = commits[-1] if commits else tip

    def starts(self, tip: str, branches: Sequence[tuple[str, str]]) -> list[bool]:
        """For each base and head: whether the base is where the branch and `tip` parted, as a few reads can tell.

        It is, when `tip` went through the base and each commit from the head back to the base has one parent and is
        not among those `tip` went through. Longer and merged branches are left to git.
        """
        self._read(tip)
        found = [False] * len(branches)
        walking = {
            number: head
            for number, (base, head) in enumerate(branches)
            if base in self._passed and is_oid(head) and head not in self._passed
        }
        for _ in range(_LONGEST_BRANCH):
            if not walking:
                break
            parents = self._only_parents(list(walking.values()))
            before, walking = walking, {}
            for number, parent in zip(before, parents, strict=True):
                if parent == branches[number][0]:
                    found[number] = True
                elif parent is not None and parent not in self._passed:
                    walking[number] = parent
        return found

    def _read(self, tip: str) -> None:
        if tip != self._tip:
            self._passed = set(self._runner.run("rev-list", "--first-parent", checked_oid(tip)).text.split())
            self._tip = tip

    def _only_parents(self, commits: list[str]) -> list[str | None]:
        return [_only_parent(content) for content in self._objects.commits(commits)]


def _only_parent(content: bytes | None) -> str | None:
    header = (content or b"").split(b"\n\n", 1)[0]
    parents = [line[len(b"parent ") :].decode("latin-1") for line in header.split(b"\n") if line.startswith(b"parent ")]
    return parents[0] if len(parents) == 1 and is_oid(parents[0]) else None
