"""What a worker's host allows, as its command line says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.work.shared_certificates import Sharing

SANDBOXES = ("bubblewrap", "none")
"""What `HostSettings.sandbox` may be."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What a worker's host allows.

    Attributes:
        folder: where mirror, certificates, transcripts and scratch folders live.
        lean_jobs: Lean processes at once.
        lean_memory_bytes, lean_seconds: limits of one Lean process.
        sandbox: ``bubblewrap``, or ``none`` in so many words.
        packages: a project on this host whose packages were fetched and compiled; ``None`` where there is none.
        sharing: how certificates are shared with other hosts; None when they are not.
        warm_servers: Lean servers kept for agents' drafts; 0 for none.
        warm_memory_bytes: what they may hold together; never more than a quarter of the machine's memory.
    """

    folder: Path
    lean_jobs: int = 2
    lean_memory_bytes: int = 4 << 30
    lean_seconds: float = 120.0
    sandbox: str = "bubblewrap"
    packages: Path | None = None
    sharing: Sharing | None = None
    warm_servers: int = 16
    warm_memory_bytes: int = 2 << 30
