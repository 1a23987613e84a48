"""Warm checks: the same verdicts as the cold build, much faster, and nothing left behind. Real Lean, real sandbox."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import Builder, CheckerError, Limits
from checker.warm import session
from checker.warm.memory import family, proportional_bytes, resident_bytes
from checker.warm.pool import WarmPool
from checker.warm.report import Lines
from tests.checker.desk import HEAD, PROJECT, PROOF, ZERO_ADD
from tests.checker.drafts import drafts
from tests.checker.test_checker_builder import ENDLESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker import Diagnostic
    from checker.warm.report import Report

DRAFT = "Book.Nodes.Draft"
WRONG = PROOF.replace("congr_succ h", "rfl")


@pytest.fixture(scope="module")
def pool(builder: Builder) -> Iterator[WarmPool]:
    with WarmPool(builder) as made:
        yield made


def check(pool: WarmPool, text: str, module: str = DRAFT) -> Report:
    return pool.check(PROJECT, module, text)


def said(diagnostics: tuple[Diagnostic, ...], module: str = DRAFT) -> list[tuple[object, ...]]:
    """Everything but the kind, which a server does not tell, in one order; the module's own name as that of drafts."""
    return sorted(
        (d.line, d.column, d.end_line, d.end_column, d.severity, d.message.replace(f".{module}.", f".{DRAFT}."))
        for d in diagnostics
    )


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def gone(processes: list[int], seconds: float = 5.0) -> bool:
    """Whether none of these processes is left, soon."""
    until = time.monotonic() + seconds
    while any(map(alive, processes)):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def processes(pool: WarmPool) -> list[int]:
    return [each for held in pool.processes().values() for each in family(held)]


def test_two_hundred_drafts_get_the_cold_build_s_verdict_and_its_messages(pool: WarmPool, builder: Builder) -> None:
    texts = {f"Book.Drafts.D{n}": text for n, text in enumerate(drafts(20261126, 200))}
    cold = builder.certify(PROJECT, list(texts), {name: text.encode() for name, text in texts.items()})
    verdicts = set()
    for name, text in texts.items():
        warm, certificate = check(pool, text), cold.certificates[name]
        assert (warm.ok, warm.failure) == (certificate.ok, certificate.failure), text
        assert said(warm.diagnostics) == said(certificate.diagnostics, name), text
        verdicts.add(warm.ok)
    assert verdicts == {True, False}


SLOW = HEAD + (
    "noncomputable def walk : Book.Num → (Book.Num → Book.Num) → Bool\n"
    "  | .zero, _ => .true\n"
    "  | .succ n, w => cond (walk n (fun a => w (.succ a))) (walk n (fun a => .succ (w a))) .false\n"
    "set_option maxHeartbeats 0\n"
)
"""Each further step doubles the work."""


def slow(steps: int, theorems: int) -> str:
    """A text whose first theorems take long."""
    number = ".succ (" * steps + ".zero" + ")" * steps
    return SLOW + "".join(
        f"theorem slow{n} : Eq (walk ({number}) (fun a => a)) Bool.true := rfl\n" for n in range(theorems)
    )


def test_only_what_changed_is_elaborated_again(pool: WarmPool, builder: Builder) -> None:
    first = slow(11, 8)
    last = "theorem last (a : Book.Num) : Eq a a := "
    cold = builder.certify(PROJECT, [DRAFT], {DRAFT: (first + last + "rfl\n").encode()}).certificates[DRAFT]
    assert cold.ok, cold
    assert check(pool, first + last + "rfl\n").ok
    changed = check(pool, first + last + "missing\n")
    assert changed.warm
    assert "Unknown identifier `missing`" in [each.message for each in changed.errors]
    assert changed.seconds * 5 < cold.seconds, (changed.seconds, cold.seconds)


def test_the_tree_is_not_touched(pool: WarmPool, tmp_path: Path) -> None:
    (tmp_path / "Book").symlink_to(PROJECT / "Book")
    before = sorted(each.stat().st_mtime_ns for each in PROJECT.rglob("*"))
    assert pool.check(tmp_path, DRAFT, PROOF).ok
    assert sorted(each.stat().st_mtime_ns for each in PROJECT.rglob("*")) == before
    assert [each.name for each in tmp_path.iterdir()] == ["Book"]


def test_what_an_import_imports_in_private_is_found_and_stays_unseen(
    pool: WarmPool, builder: Builder, tmp_path: Path
) -> None:
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    (tmp_path / ZERO_ADD).write_text(PROOF)
    above = "module\nprelude\npublic import Book.Nodes.ZeroAdd\n"
    seen, unseen = f"{above}#check @Book.zero_add\n", f"{above}#check @Book.congr_succ\n"
    for text in (seen, unseen):
        cold = builder.certify(tmp_path, [DRAFT], {DRAFT: text.encode()}).certificates[DRAFT]
        assert said(pool.check(tmp_path, DRAFT, text).diagnostics) == said(cold.diagnostics)
        assert cold.ok is (text == seen)


def test_changed_imports_are_seen_as_the_cold_build_sees_them(pool: WarmPool) -> None:
    assert check(pool, PROOF).ok
    assert not check(pool, PROOF.replace("import Book.Helpers.Shared\n", "")).ok
    assert check(pool, PROOF).ok
    assert check(pool, PROOF.replace("import Book.Helpers", "/- here -/ import Book.Helpers")).ok
    assert check(pool, "module\nprelude\nimport Book.Absent\n").failure == "missing-import"
    assert check(pool, "module\nprelude\nimport " + DRAFT + "\n").failure == "import-cycle"
    assert check(pool, "module\nprelude\nimport\n").failure == "header"


def test_the_goal_at_a_position_is_told(pool: WarmPool) -> None:
    column = PROOF.splitlines()[8].index("congr")
    goal = pool.goal(PROJECT, DRAFT, PROOF, 9, column)
    assert goal.failure is None
    assert goal.text.splitlines()[-1] == "⊢ Eq (add Num.zero x✝.succ) x✝.succ"
    assert pool.goal(PROJECT, DRAFT, PROOF, 1, 0).text == ""
    assert pool.goal(PROJECT, DRAFT, PROOF, 10**6, 10**6).text == ""
    assert pool.goal(PROJECT, DRAFT, "module\nprelude\nimport Book.Absent\n", 1, 0).failure == "missing-import"


def test_a_tactic_s_goal_is_told(pool: WarmPool) -> None:
    text = HEAD + "theorem t (a : Book.Num) : Eq a a := by\n  exact rfl\n"
    assert pool.goal(PROJECT, DRAFT, text, 5, 2).text == "a : Book.Num\n⊢ Eq a a"


def test_a_check_outlives_the_thread_that_began_it(pool: WarmPool) -> None:
    thread = threading.Thread(target=check, args=(pool, PROOF, "Book.Nodes.Threaded"))
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert check(pool, WRONG, "Book.Nodes.Threaded").warm


def test_many_threads_share_one_file(pool: WarmPool) -> None:
    found: list[tuple[bool, bool]] = []
    threads = [
        threading.Thread(target=lambda text: found.append((text == PROOF, check(pool, text).ok)), args=(text,))
        for text in (PROOF, WRONG) * 8
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert all(right == ok for right, ok in found)


def test_an_endless_check_is_a_timeout_and_the_next_one_works(builder: Builder) -> None:
    with WarmPool(builder, limits=Limits(seconds=1.5, memory_bytes=1 << 30)) as hurried:
        assert check(hurried, PROOF).ok
        held = processes(hurried)
        report = check(hurried, ENDLESS)
        assert (report.ok, report.failure) == (False, "timeout")
        assert gone(held)
        assert check(hurried, PROOF).ok


def test_a_server_that_hangs_is_a_timeout_and_is_replaced(builder: Builder) -> None:
    with WarmPool(builder, limits=Limits(seconds=1.5, memory_bytes=1 << 30)) as hurried:
        assert check(hurried, PROOF).ok
        for each in processes(hurried)[-1:]:
            os.kill(each, signal.SIGSTOP)
        assert check(hurried, PROOF + "-- more\n" * 20_000).failure == "timeout"
        assert check(hurried, PROOF).ok


def test_a_server_that_never_speaks_is_replaced(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "START_SECONDS", 0.0)
    with WarmPool(builder) as made:
        assert check(made, PROOF).ok
        assert len(made.processes()) == 1


def test_a_server_killed_between_two_checks_is_replaced(pool: WarmPool) -> None:
    assert check(pool, PROOF).ok
    held = family(pool.processes()[str(PROJECT), DRAFT])
    os.kill(held[-1], signal.SIGKILL)
    report = check(pool, WRONG)
    assert (report.failure, report.warm) == ("errors", False)
    assert gone(held)


def test_a_server_killed_at_work_is_a_crash_when_its_successor_dies_too(builder: Builder) -> None:
    with WarmPool(builder, limits=Limits(seconds=20, memory_bytes=1 << 30)) as made:
        reports: list[Report] = []
        thread = threading.Thread(target=lambda: reports.append(check(made, ENDLESS)))
        thread.start()
        until = time.monotonic() + 10
        while not processes(made) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1)
        os.kill(processes(made)[-1], signal.SIGKILL)
        thread.join(10)
        assert [each.failure for each in reports] == ["crash"]
        assert "ended" in reports[0].detail


def test_too_little_memory_is_a_failure_with_that_name(builder: Builder) -> None:
    with WarmPool(builder, limits=Limits(seconds=20, memory_bytes=20 << 20)) as poor:
        report = check(poor, PROOF)
        assert report.failure == "memory"
        assert "20 MB" in report.detail
        assert not poor.processes()


def test_too_much_output_is_a_failure_with_that_name(builder: Builder) -> None:
    with WarmPool(builder, limits=Limits(output_bytes=5000, memory_bytes=1 << 30, seconds=20)) as terse:
        assert check(terse, HEAD + "#check Nat\n" * 100).failure == "output"


def test_the_least_lately_used_is_closed_when_there_are_too_many(builder: Builder) -> None:
    with WarmPool(builder, sessions=2) as small:
        for module in ("Book.A", "Book.B", "Book.A", "Book.C"):
            assert check(small, PROOF, module).ok
        assert [module for _, module in small.processes()] == ["Book.A", "Book.C"]


def test_the_least_lately_used_is_closed_when_they_hold_too_much(builder: Builder) -> None:
    with WarmPool(builder, memory_bytes=1) as small:
        assert check(small, PROOF).ok
        assert not small.processes()
        assert small.memory_bytes() == 0


def test_nothing_is_left_when_the_pool_is_closed(builder: Builder) -> None:
    folders = set(builder.store.scratch.iterdir())
    made = WarmPool(builder)
    for module in ("Book.A", "Book.B"):
        assert check(made, PROOF, module).ok
    held = processes(made)
    assert len(held) >= 2
    made.close()
    assert gone(held)
    assert set(builder.store.scratch.iterdir()) == folders
    with pytest.raises(CheckerError, match="closed"):
        check(made, PROOF)


def test_a_process_that_goes_while_it_is_looked_at_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone_meanwhile(folder: str) -> list[str]:
        raise ProcessLookupError(3, "No such process", folder)

    monkeypatch.setattr(os, "listdir", gone_meanwhile)
    monkeypatch.setattr(os, "scandir", gone_meanwhile)
    assert family(os.getpid()) == [os.getpid()]


def test_memory_is_read_from_the_kernel(pool: WarmPool) -> None:
    assert check(pool, PROOF).ok
    process = pool.processes()[str(PROJECT), DRAFT]
    assert 1 << 20 < proportional_bytes(process) <= resident_bytes(process)
    assert resident_bytes(2**22 + 1) == proportional_bytes(2**22 + 1) == 0


@given(st.text(), st.data())
def test_columns_go_to_the_server_and_back(text: str, data: st.DataObject) -> None:
    lines = text.split("\n")
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(0, len(lines[line - 1])))
    assert Lines(text).position(Lines(text).place(line, column)) == (line, column)
