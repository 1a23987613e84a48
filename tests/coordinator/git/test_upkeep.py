from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.many_branches import Draft, write_drafts
from coordinator.git import BLUEPROVER, Branch, Contribution, Repository, upkeep

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def land_one(hub: Repository, number: int) -> None:
    tip = hub.head() or ""
    head = write_drafts(hub, [Draft((tip,), {f"f{number}": b"x\n"})])[0]
    hub.land(hub.batch(tip, [Branch(tip, head, "x")], 0))


def packs(hub: Repository) -> set[Path]:
    return set((hub.path / "objects" / "pack").glob("*.pack"))


def graph(hub: Repository) -> str:
    chain = hub.path / "objects" / "info" / "commit-graphs" / "commit-graph-chain"
    return chain.read_text() if chain.exists() else ""


def test_the_commit_graph_is_written_at_the_first_landing_and_every_so_often(
    hub: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "GRAPH_EVERY", 2)
    hub = Repository(hub.path)
    land_one(hub, 0)
    first = graph(hub)
    land_one(hub, 1)
    assert graph(hub) == first
    land_one(hub, 2)
    assert graph(hub) not in ("", first)
    assert hub._runner.attempt("commit-graph", "verify").status == 0


def test_refs_of_branches_that_stay_are_packed_once_they_are_many(
    hub: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "GRAPH_EVERY", 2)
    monkeypatch.setattr(upkeep, "LOOSE_REFS", 4)
    hub = Repository(hub.path)
    head, names = hub.head() or "", [f"refs/attempts/n/{number}" for number in range(5)]
    hub.put_all([(name, head) for name in names[:3]])
    land_one(hub, 0)
    assert not (hub.path / "packed-refs").exists(), "few are left alone"
    hub.put_all([(name, head) for name in names[3:]])
    for number in (1, 2):
        land_one(hub, number)
    packed = (hub.path / "packed-refs").read_text()
    assert all(name in packed for name in names)
    assert {hub.head(name) for name in names} == {head}


def test_packs_are_joined_while_landings_go_on(hub: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PACK_EVERY", 4)
    hub = Repository(hub.path)
    (hub.path / "objects" / "pack" / "pack-killed.keep").write_text("fast-import\n")
    (hub.path / "objects" / "pack" / "pack-mine.keep").write_text("mine\n")
    (hub.path / "fast_import_crash_1").write_text("report\n")
    for number in range(3):
        land_one(hub, number)
    many = packs(hub)
    assert len(many) >= 3
    land_one(hub, 3)
    assert len(packs(hub)) < len(many)
    assert not (hub.path / "objects" / "pack" / "pack-killed.keep").exists()
    assert (hub.path / "objects" / "pack" / "pack-mine.keep").exists()
    assert not (hub.path / "fast_import_crash_1").exists()
    land_one(hub, 4)
    assert set(hub.blobs(hub.head() or "")) == {"README", "f0", "f1", "f2", "f3", "f4"}
    assert hub._runner.attempt("fsck", "--strict").status == 0


def test_packs_of_commits_that_never_land_are_joined_too(hub: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PACK_EVERY", 8)
    hub, of_agents, tip = Repository(hub.path), Repository(hub.path), hub.head() or ""

    def commit(number: int) -> Contribution:
        files = {f"f{number}": b"x\n"}
        return Contribution(tip, files, "x", BLUEPROVER, ref=f"refs/attempts/n{number}/1")

    for number in range(0, 40, 2):
        hub.contribute_all([commit(number)])
        of_agents.contribute(commit(number + 1))
    assert len(packs(hub)) < 20
    assert hub._runner.attempt("fsck", "--strict").status == 0
    for number in range(40):
        assert hub.read(hub.head(f"refs/attempts/n{number}/1") or "", f"f{number}") == b"x\n"
    of_agents.close()
    hub.close()


def test_a_landing_is_a_landing_even_if_tidying_up_fails(hub: Repository) -> None:
    before = graph(hub)
    (hub.path / "objects" / "info" / "commit-graphs" / "commit-graph-chain.lock").write_text("somebody's")
    hub = Repository(hub.path)
    land_one(hub, 0)
    assert graph(hub) == before
    assert hub.read(hub.head() or "", "f0") == b"x\n"
