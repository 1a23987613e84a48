"""Commits of agents: a few files over a base, those of many agents through one process; or a whole tree."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.gathering import Gathering
from coordinator.git.changes import Entry
from coordinator.git.fast_import import FastImport, opening
from coordinator.git.identity import BLUEPROVER, Identity
from coordinator.git.names import MAIN, checked_oid, checked_ref
from coordinator.git.paths import hostile, quoted
from coordinator.git.refs import put_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coordinator.git.runner import Runner


@dataclass(frozen=True, slots=True)
class Contribution:
    """A commit to be made: what `base` holds, with `files` over it: their contents, or what git has already.

    ``None`` stands for a file that is removed.

    Attributes:
        ref: the branch that is set to it, whatever it holds; empty for none.
        merged: a second parent; empty for none.
    """

    base: str
    files: Mapping[str, bytes | Entry | None]
    message: str
    author: Identity
    ref: str = ""
    merged: str = ""


class Authors:
    """Writes the commits of many agents, without a process for each. Safe for many threads, whose work is gathered."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._writer = FastImport(runner)
        self._gathering: Gathering[Contribution, str | GitError] = Gathering(self._grant)

    @property
    def pid(self) -> int | None:
        """The process that is kept running, if one is."""
        return self._writer.pid

    def commit(self, contribution: Contribution) -> str:
        """Stores a commit, sets its branch and returns its name.

        Raises:
            GitError: a path could leave the tree, the base is missing, git refuses the branch or took too long.
        """
        _check(contribution)
        answer = self._gathering.wish(contribution)
        if isinstance(answer, GitError):
            raise answer
        return answer

    def commit_all(self, contributions: Sequence[Contribution]) -> list[str | GitError]:
        """Stores commits, sets their branches and returns their names; in place of one that git refuses, why.

        Raises:
            GitError: a path could leave the tree, or a branch may not be set.
        """
        for contribution in contributions:
            _check(contribution)
        return self._grant(contributions) if contributions else []

    def close(self) -> None:
        """Ends the process. Whoever commits again starts another."""
        self._writer.close()

    def _grant(self, contributions: Sequence[Contribution]) -> list[str | GitError]:
        """Writes all at once or, where one of them stops git, each for itself."""
        try:
            return [*self._write(contributions)]
        except GitError as error:
            if len(contributions) == 1:
                return [error]
        return [answer for each in contributions for answer in self._grant([each])]

    def _write(self, contributions: Sequence[Contribution]) -> list[str]:
        when = int(time.time())
        names = self._writer.write(b"".join(_words(each, mark, when)) for mark, each in enumerate(contributions, 1))
        branches = [(each.ref, name) for each, name in zip(contributions, names, strict=True) if each.ref]
        put_all(self._runner, branches)
        return names


def commit_tree(runner: Runner, tree: str, parents: Sequence[str], message: str, author: Identity) -> str:
    """Stores one commit by a process of its own; `Repository.commit` tells more."""
    environment = {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_COMMITTER_NAME": BLUEPROVER.name,
        "GIT_COMMITTER_EMAIL": BLUEPROVER.email,
    }
    flags = [flag for parent in parents for flag in ("-p", checked_oid(parent))]
    text = f"{message}\n".replace("\0", "").encode("utf-8", "replace")
    return runner.run("commit-tree", checked_oid(tree), *flags, given=text, environment=environment).text


def _check(contribution: Contribution) -> None:
    checked_oid(contribution.base)
    if contribution.merged:
        checked_oid(contribution.merged)
    if contribution.ref and checked_ref(contribution.ref) == MAIN:
        raise GitError("main moves by compare-and-set only.")
    bad = [path for path in contribution.files if hostile(path)]
    if bad:
        raise GitError(f"{bad[0]!r} is no path a commit may hold.")


def _words(contribution: Contribution, mark: int, when: int) -> Iterator[bytes]:
    yield opening(mark, contribution.author, contribution.message, when)
    yield f"from {contribution.base}\n".encode()
    if contribution.merged:
        yield f"merge {contribution.merged}\n".encode()
    for path, content in contribution.files.items():
        if content is None:
            yield b"D " + quoted(path) + b"\n"
    for path, content in contribution.files.items():
        if isinstance(content, Entry):
            yield f"M {content.mode} {content.oid} ".encode() + quoted(path) + b"\n"
        elif content is not None:
            yield b"M 100644 inline " + quoted(path) + b"\ndata %d\n%s\n" % (len(content), content)
    yield b"\n"
