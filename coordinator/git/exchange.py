"""Branches that go to another repository and come back: never over what somebody else has put there."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coordinator.errors import GitError
from coordinator.git.names import checked_oid, checked_ref, is_oid
from coordinator.git.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Exchange:
    """The exchange of branches between a repository on this host and another one.

    Args:
        path: the repository on this host.
        remote: the other one: a path, or an address that git understands.
        token: what the remote's host asks for, where `remote` is an address of the web; git is told it by its
            environment, so that it is neither on a command line nor in a file.
    """

    def __init__(self, path: Path, remote: str, token: str = "") -> None:
        if not remote or remote.startswith("-") or "\0" in remote or "::" in remote:
            raise GitError(f"{remote!r} is no address of a git repository.")
        self.remote = remote
        self._runner = Runner(path)
        self._environment = _authorization(remote, token)

    def tip(self, branch: str) -> str | None:
        """The commit that a branch of the remote holds; ``None`` where it has no such branch.

        Raises:
            GitError: the remote is away, or refuses.
        """
        ref = _branch_ref(branch)
        for line in self._run("ls-remote", "--quiet", self.remote, ref).splitlines():
            oid, _, name = line.partition("\t")
            if name == ref and is_oid(oid):
                return oid
        return None

    def send(self, commit: str, branch: str, expected: str | None) -> None:
        """Sets a branch of the remote to a commit.

        Args:
            commit: which.
            branch: the branch.
            expected: what the branch must hold; ``None`` when there must be none.

        Raises:
            GitError: it holds something else, or the remote is away or refuses.
        """
        ref = _branch_ref(branch)
        lease = f"--force-with-lease={ref}:{checked_oid(expected) if expected else ''}"
        self._run("push", "--quiet", lease, self.remote, f"{checked_oid(commit)}:{ref}")

    def fetch(self, branch: str) -> None:
        """Gets a branch of the remote, and keeps it here under the same name, whatever that holds.

        Raises:
            GitError: the remote is away or does not have it.
        """
        ref = _branch_ref(branch)
        self._run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.remote, f"+{ref}:{ref}")

    def _run(self, *arguments: str) -> str:
        return self._runner.run(*arguments, environment=self._environment).text


def _branch_ref(branch: str) -> str:
    """The ref of a branch, which is never ``main``.

    Raises:
        GitError: it is no name of a branch that this program may touch.
    """
    ref = checked_ref(f"refs/heads/{branch}")
    if ref == "refs/heads/main":
        raise GitError("main is no branch of a pull request.")
    return ref


def _authorization(remote: str, token: str) -> Mapping[str, str]:
    """What tells git the token, for the host of `remote` alone."""
    address = urlsplit(remote)
    if not token or address.scheme not in {"http", "https"}:
        return {}
    told = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{address.scheme}://{address.netloc}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {told}",
    }
