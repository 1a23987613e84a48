"""How much memory all Lean processes may use together: those of a builder, and those of all builders of a host."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.build.host_memory import HostMemory, runtime_folder

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from checker.sandbox import Limits

_CONTROL_GROUP: Final = Path("/sys/fs/cgroup/memory.max")
"""What a container may use, in bytes, or the word ``max``."""


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """Memory for all Lean processes of a builder, shared out by what each may use at most.

    Reckoned by the limit of a process and not by what it happens to use: then no file an agent writes can make the
    host run out of memory, only its own process.

    Attributes:
        total_bytes: for all processes together; at least 1.
        shared: folder of the locks by which all builders on this host share it; None when it is one builder's own.
    """

    total_bytes: int
    shared: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a budget in which nothing can run.

        Raises:
            ValueError: when there are no bytes in it.
        """
        if self.total_bytes < 1:
            raise ValueError(f"A memory budget of {self.total_bytes} bytes lets no Lean run; give at least one.")

    @classmethod
    def of_this_machine(cls, control_group: Path = _CONTROL_GROUP) -> MemoryBudget:
        """All the memory there is, or all that the container may use, shared with this user's other builders.

        Args:
            control_group: file that says the latter; it may be absent.
        """
        present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        try:
            allowed = control_group.read_text(encoding="ascii").strip()
        except OSError:
            allowed = ""
        total = min(present, int(allowed)) if allowed.isdigit() and int(allowed) else present
        return cls(total, runtime_folder())

    def fit(self, limits: Limits) -> Limits:
        """Limits of one process, its memory lowered to the budget where it is more."""
        return replace(limits, memory_bytes=min(limits.memory_bytes, self.total_bytes))

    def processes(self, wanted: int, limits: Limits) -> int:
        """How many processes of these limits may run at once: as many as wanted, or as fit; at least one."""
        return max(1, min(wanted, self.total_bytes // limits.memory_bytes))

    def room(self, limits: Limits) -> AbstractContextManager[None]:
        """Hold what a process of these limits may use, for as long as other builders have to leave it."""
        if self.shared is None:
            return nullcontext()
        return HostMemory(self.shared, self.total_bytes).room(limits.memory_bytes)
