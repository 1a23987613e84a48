"""What the commits that ``main`` went through say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.git.names import checked_oid

if TYPE_CHECKING:
    from coordinator.git.runner import Runner


@dataclass(frozen=True, slots=True)
class Told:
    """One commit's own words.

    Attributes:
        commit: which.
        parents: of it, the one that ``main`` was at first.
        message: what it says.
    """

    commit: str
    parents: tuple[str, ...]
    message: str


def read_first_parents(runner: Runner, tip: str, since: str | None) -> list[Told]:
    """The commits that `tip` went through and `since` had not, oldest first; all of them where `since` is none."""
    hidden = [f"^{checked_oid(since)}"] if since else []
    told = ("log", "--first-parent", "--reverse", "-z", "--format=%H%n%P%n%B", checked_oid(tip), *hidden, "--")
    text = runner.run(*told).text
    return [_read(record) for record in text.split("\0") if record.strip()]


def message_in(content: bytes | None) -> str:
    """What a commit says, given what git stores of it; empty where it is not there."""
    return (content or b"").partition(b"\n\n")[2].decode("utf-8", "replace").strip()


def _read(record: str) -> Told:
    commit, parents, message = record.split("\n", 2)
    return Told(commit, tuple(parents.split()), message.strip())
