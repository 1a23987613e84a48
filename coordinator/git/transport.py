"""What goes to another repository and comes from it, many commits at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git.names import MAIN, checked_oid, checked_ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.git.runner import Runner

_REFUSED = "!"


def fetch(runner: Runner, remote: str, commits: Sequence[str]) -> None:
    """Gets `commits` from `remote`, and its ``main``, which is remembered as a ref.

    Of what no ref reaches git does not know that it has it: it would get the whole history anew each time.

    Raises:
        GitError: the remote is away, or does not have one of them.
    """
    wanted = [f"+{MAIN}:{_followed(remote)}", *(checked_oid(commit) for commit in commits)]
    runner.run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, *wanted)


def push_all(runner: Runner, remote: str, branches: Sequence[tuple[str, str]]) -> list[GitError | None]:
    """Sends commits to refs of `remote`, over whatever they held, through one connection.

    Args:
        runner: for the repository that holds the commits.
        remote: where they are to go.
        branches: each commit with its ref; no ref twice.

    Returns:
        Of each, why it was refused; ``None`` for what is there now.

    Raises:
        GitError: none is there: all were refused, the remote is away, or a commit is missing here, which git lays at
            the door of all.
    """
    wishes = [f"{checked_oid(commit)}:{checked_ref(ref)}" for commit, ref in branches]
    answer = runner.attempt("push", "--porcelain", "--no-progress", "--force", remote, *wishes)
    told = _told(answer.text)
    if all(sign == _REFUSED for sign, _ in told.values()):
        raise GitError(f"git push failed in {runner.path}: {answer.complaint or f'exit {answer.status}'}")
    return [_refusal(ref, told) for _, ref in branches]


def _followed(remote: str) -> str:
    """The ref under which a repository remembers the ``main`` of a remote."""
    return f"refs/heads/followed/{hashlib.sha256(remote.encode()).hexdigest()[:16]}"


def _told(output: str) -> dict[str, tuple[str, str]]:
    """What git says of each ref it pushed to: a sign, and in words how it went."""
    told = {}
    for line in output.splitlines():
        sign, _, rest = line.partition("\t")
        pair, tab, words = rest.partition("\t")
        if tab:
            told[pair.partition(":")[2]] = sign, words
    return told


def _refusal(ref: str, told: dict[str, tuple[str, str]]) -> GitError | None:
    sign, words = told.get(ref, (_REFUSED, "git does not say how it went"))
    return GitError(f"git push failed for {ref}: {words}") if sign == _REFUSED else None
