"""How many Lean processes run at once, by count and by memory."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import Builder, CertificateStore, Limits, MemoryBudget, Sandbox
from tests.checker.desk import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.sandbox import Run

amounts = st.integers(min_value=1, max_value=1 << 44)


@given(total=amounts, each=amounts, wanted=st.integers(min_value=1, max_value=512))
def test_processes_never_exceed_the_budget_nor_what_is_wanted(total: int, each: int, wanted: int) -> None:
    budget = MemoryBudget(total)
    limits = budget.fit(Limits(memory_bytes=each))
    processes = budget.processes(wanted, limits)
    assert 1 <= processes <= wanted
    assert processes * limits.memory_bytes <= total
    assert processes == wanted or (processes + 1) * limits.memory_bytes > total


@pytest.mark.parametrize("total", [0, -1])
def test_a_budget_without_memory_is_refused(total: int) -> None:
    with pytest.raises(ValueError, match="lets no Lean run"):
        MemoryBudget(total)


@pytest.mark.parametrize(("said", "binds"), [("1048576\n", True), ("max\n", False), ("0\n", False), (None, False)])
def test_a_container_may_use_less_than_the_machine_has(tmp_path: Path, said: str | None, binds: bool) -> None:
    control_group = tmp_path / "memory.max"
    if said is not None:
        control_group.write_text(said, encoding="ascii")
    found = MemoryBudget.of_this_machine(control_group).total_bytes
    assert (found == 1 << 20) is binds
    assert found >= 1 << 20


@dataclass
class Crowd:
    """How many were inside at once, at most."""

    most: int = 0
    inside: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> None:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.05)  # a process that ends at once would meet no other

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1


@dataclass(frozen=True)
class CountingSandbox(Sandbox):
    """A real sandbox that counts its guests."""

    crowd: Crowd = field(default_factory=Crowd)

    def run(self, command: Sequence[str], folder: Path, reads: Sequence[Path], limits: Limits) -> Run:
        with self.crowd:
            return super().run(command, folder, reads, limits)


@pytest.mark.parametrize(("budget", "most"), [(700 << 20, 1), (1100 << 20, 2), (100 << 30, 3)])
def test_only_so_many_leans_run_at_once_as_fit_the_budget(
    builder: Builder, tmp_path: Path, budget: int, most: int
) -> None:
    sandbox = CountingSandbox(builder.sandbox.name, builder.sandbox.program)
    limits = Limits(memory_bytes=512 << 20)
    made = Builder(
        builder.lean, sandbox, CertificateStore(tmp_path), jobs=3, limits=limits, memory=MemoryBudget(budget)
    )
    extra = {f"X{number}": b"module\nprelude\n" for number in range(9)}
    assert made.certify(PROJECT, list(extra), extra).ok
    assert sandbox.crowd.most == made.jobs == most


def test_a_process_that_would_exceed_the_whole_budget_gets_the_budget(builder: Builder, tmp_path: Path) -> None:
    made = Builder(builder.lean, builder.sandbox, CertificateStore(tmp_path), memory=MemoryBudget(300 << 20))
    assert (made.jobs, made.limits.memory_bytes) == (1, 300 << 20)
