"""Commits of many agents through one process."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from coordinator.errors import GitError
from coordinator.git import MAIN, Branch, Contribution, Identity, Refusal

if TYPE_CHECKING:
    from coordinator.git import Repository

AGENT = Identity("agent", "agent@blueprover.invalid")


def contribution(hub: Repository, number: int, **files: bytes | None) -> Contribution:
    base = hub.head() or ""
    return Contribution(base, files, f"attempt {number}\0\n", AGENT, f"refs/attempts/a/{number}")


def test_agents_at_once_get_a_branch_each_over_the_base_they_name(hub: Repository) -> None:
    base = hub.head()

    def contribute(number: int) -> str:
        return hub.contribute(contribution(hub, number, **{f"{number}.lean": b"%d\n\0" % number}))

    with ThreadPoolExecutor(16) as pool:
        heads = list(pool.map(contribute, range(1, 65)))
    assert len(set(heads)) == 64
    for number, head in enumerate(heads, start=1):
        assert hub.head(f"refs/attempts/a/{number}") == head
        assert hub.log(head) == (head, base)
        assert set(hub.blobs(head)) == {"README", f"{number}.lean"}
        assert hub.read(head, f"{number}.lean") == b"%d\n\0" % number
    assert hub.message(heads[0]) == "attempt 1"
    assert hub.head("refs/heads/authors") is None
    assert hub.head(MAIN) == base


def test_a_file_is_removed_and_another_takes_its_place_as_a_folder(hub: Repository) -> None:
    head = hub.contribute(contribution(hub, 1, README=None, **{"README/more": b"text"}))
    assert set(hub.blobs(head)) == {"README/more"}


def test_what_git_may_not_be_told_is_refused_and_spoils_no_other(hub: Repository) -> None:
    for bad in (
        contribution(hub, 1, **{"../outside": b""}),
        contribution(hub, 1, **{".git/config": b""}),
        Contribution(hub.head() or "", {"a": b""}, "m", AGENT, MAIN),
        Contribution("main", {"a": b""}, "m", AGENT),
        Contribution("0" * 39 + "1", {"a": b""}, "m", AGENT),
    ):
        with pytest.raises(GitError):
            hub.contribute(bad)
    assert hub.contribute(contribution(hub, 2, a=b"a")) == hub.head("refs/attempts/a/2")


def test_the_process_may_die_between_two_commits(hub: Repository) -> None:
    first = hub.contribute(contribution(hub, 1, a=b"a"))
    for pid in hub.processes:
        os.kill(pid, signal.SIGKILL)
    second = hub.contribute(contribution(hub, 2, b=b"b"))
    assert (hub.head("refs/attempts/a/1"), hub.head("refs/attempts/a/2")) == (first, second)
    hub.close()
    assert hub.processes == ()


def test_a_join_is_stored_with_what_git_has_already(hub: Repository) -> None:
    base = hub.head() or ""
    one = hub.contribute(contribution(hub, 1, a=b"a"))
    other = hub.contribute(contribution(hub, 2, b=b"b", README=None))
    clash = hub.contribute(contribution(hub, 3, a=b"another a"))
    branches = [Branch(base, other, ""), Branch(base, clash, ""), Branch(base, "1" * 40, "")]
    fit, conflict, missing = hub.changes_on(one, branches)
    assert isinstance(conflict, Refusal)
    assert conflict.conflicts == ("a",)
    assert isinstance(missing, Refusal)
    assert not missing.conflicts
    assert not isinstance(fit, Refusal)
    files = {change.path: change.after for change in fit}
    joined = Contribution(one, files, "Join", AGENT, "refs/candidates/7", merged=other)
    lost = Contribution("1" * 40, {}, "Join", AGENT)
    head, refused = hub.contribute_all([joined, lost])
    assert isinstance(refused, GitError)
    assert hub.head("refs/candidates/7") == head
    assert isinstance(head, str)
    assert set(hub.blobs(head)) == {"a", "b"}
    assert hub.log(head) == (head, one, base)
    assert hub.is_ancestor(other, head)
    assert hub.contribute_all([]) == []
