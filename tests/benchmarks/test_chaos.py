"""Chaos, in short: one campaign that is killed, cut and lied to; and that what looks for damage would see it."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
import redis
from hypothesis import example, find, given, settings
from sqlalchemy import insert, update

from benchmarks.chaos import QUICK_NODES, run_campaign
from benchmarks.faults import FAULTS
from benchmarks.invariants import Invariants
from benchmarks.schedules import AWAY_SECONDS, Fault, Schedule, draw_schedule, read_schedule
from benchmarks.unreliable import Mischief, UnreliableBroker
from coordinator.git import MAIN, Repository
from coordinator.store.schema import items, jobs
from coordinator.store.store import Store
from coordinator.work.services import embedded_broker
from tests.support.repositories import commit_files
from tests.support.schedules import schedules
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Insert, Update

GOOD = "theorem Simulated.n0 : True := trivial\n"


@example(
    Schedule(
        (Fault(0, "restore_backup"), Fault(1, "take_hub_away"), Fault(2, "restore_backup"), Fault(3, "kill_agents")),
        QUICK_NODES,
        seed=2,
    )
)
@given(schedules(tuple(FAULTS), QUICK_NODES, fewest=2))
@settings(max_examples=1, database=None)
def test_a_campaign_survives_what_hypothesis_thinks_up(schedule: Schedule) -> None:
    ended = run_campaign(schedule)
    assert not ended.broken
    assert ended.landings > QUICK_NODES
    assert all(ended.invariants.checked[name] for name in ended.invariants.broken if name != "speaks")


def test_a_schedule_that_breaks_a_campaign_shrinks_to_what_breaks_it() -> None:
    """With a stand-in for the campaign, which no broker's death after two landings would survive."""

    def breaks(schedule: Schedule) -> bool:
        return any(fault.name == "kill_broker" and fault.landings >= 2 for fault in schedule.faults)

    found = find(schedules(tuple(FAULTS), 25), breaks, settings=settings(max_examples=500, database=None))
    assert found == Schedule((Fault(2, "kill_broker"),), 25)
    assert read_schedule(found.written()) == found


@pytest.mark.parametrize("written", ["{}", "[]", '{"faults": [{"nam": 1}], "nodes": 3}', "x"])
def test_what_is_no_schedule_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is no schedule|Expecting value"):
        read_schedule(written)


def test_schedules_come_from_their_seed_and_hold_every_fault() -> None:
    drawn = [draw_schedule(seed, 25, tuple(FAULTS), is_long=True) for seed in range(20)]
    assert drawn == [draw_schedule(seed, 25, tuple(FAULTS), is_long=True) for seed in range(20)]
    assert {fault.name for schedule in drawn for fault in schedule.faults} == set(FAULTS)
    for schedule in drawn:
        away = [fault.seconds for fault in schedule.faults if fault.name == "take_hub_away"]
        assert away[:1] in ([], [AWAY_SECONDS])
        assert all(seconds < 3 for seconds in away[1:])


# ---- the broker that lies


@pytest.fixture
def unreliable(tmp_path: Path) -> Iterator[tuple[UnreliableBroker, redis.Redis, redis.Redis]]:
    """The proxy, a client of it, and one of the broker behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([embedded_broker(), "--port", str(port), "--save", "", "--dir", str(tmp_path)])
    behind = redis.Redis(port=port, decode_responses=True)
    wait_for(lambda: answers(behind))
    proxy = UnreliableBroker(port, seed=1)
    client = redis.Redis(port=proxy.port, decode_responses=True)
    yield proxy, client, behind
    client.close()
    behind.close()
    proxy.close()
    process.terminate()
    process.wait(20)


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_messages_are_dropped_doubled_and_delayed_and_their_senders_notice_nothing(
    unreliable: tuple[UnreliableBroker, redis.Redis, redis.Redis],
) -> None:
    proxy, client, behind = unreliable
    assert client.lpush("agents", "a", "b") == 2
    assert client.xadd("blueprover:c:reports", {"report": "1"})
    proxy.mischief = Mischief(dropped=1.0)
    with client.pipeline(transaction=True) as pipe:
        pipe.lpush("agents", "c")
        pipe.xadd("blueprover:c:reports", {"report": "2"})
        pipe.set("key", "value")
        assert len(pipe.execute()) == 3
    assert behind.lrange("agents", 0, -1) == ["b", "a"]
    assert behind.xlen("blueprover:c:reports") == 1
    assert behind.get("key") == "value"
    proxy.mischief = Mischief(doubled=1.0, late=0.1)
    client.lpush("agents", "d")
    wait_for(lambda: behind.lrange("agents", 0, -1) == ["d", "d", "b", "a"])
    proxy.mischief = Mischief(delayed=1.0, late=0.1)
    client.xadd("blueprover:c:reports", {"report": "3"})
    wait_for(lambda: behind.xlen("blueprover:c:reports") == 2)
    assert proxy.counts == {"dropped": 2, "doubled": 1, "delayed": 1}


def test_a_cut_connection_is_made_again(unreliable: tuple[UnreliableBroker, redis.Redis, redis.Redis]) -> None:
    proxy, client, _ = unreliable
    assert client.ping()
    proxy.cut()
    wait_for(lambda: answers(client))


# ---- those who look


class Scene:
    """A hub and a store on which damage can be done."""

    def __init__(self, folder: Path) -> None:
        self.scratch = folder
        self.hub = Repository.create(folder / "hub.git")
        self.store = Store(folder / "store.sqlite", writable=True)
        self.store.close()
        self.tip = commit_files(self.hub, folder, {"README": "hello\n"}, MAIN)
        self.invariants = Invariants(folder, budget_usd=1.0, call_usd=0.1)

    def land(self, label: str, stage: str, **files: str) -> None:
        """Puts a landing on main whose commit says what it is."""
        folder = self.scratch / "tree"
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        self.hub.export(self.tip, folder)
        for name, text in files.items():
            (folder / "Simulated").mkdir(exist_ok=True)
            (folder / "Simulated" / f"{name}.lean").write_text(text)
        message = f"Land {stage} of {label}\n\nNode: {label}\nStage: {stage}\n"
        tip = self.hub.commit(self.hub.write_tree(folder, self.tip), [self.tip], message)
        self.hub.move(MAIN, tip, self.tip)
        self.tip = tip

    def broken(self) -> set[str]:
        self.invariants.look()
        return {name for name, found in self.invariants.broken.items() if found}

    def write(self, *rows: Insert | Update) -> None:
        store = Store(self.scratch / "store.sqlite", writable=True)
        with store.begin() as transaction:
            for row in rows:
                transaction.execute(row)
        store.close()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_good_history_breaks_nothing(scene: Scene) -> None:
    scene.land("n0", "statement", N0=GOOD)
    scene.land("n0", "proof", N0=GOOD + "-- proved\n")
    assert scene.broken() == set()


def test_a_second_landing_of_an_item_is_seen(scene: Scene) -> None:
    scene.land("n0", "statement", N0=GOOD)
    scene.land("n0", "statement", N0=GOOD + "-- again\n")
    assert scene.broken() == {"landed_once"}


def test_a_proof_before_its_statement_is_seen(scene: Scene) -> None:
    scene.land("n0", "proof", N0=GOOD)
    assert scene.broken() == {"one_state"}


def test_a_flaw_a_hole_and_an_open_proof_are_seen(scene: Scene) -> None:
    for label, source in (("a", "-- flaw: refused\n"), ("b", "import Simulated.Nowhere\n")):
        scene.land(label, "statement", N0=source)
        assert scene.broken() == {"certified"}
        scene.invariants.broken["certified"].clear()
    scene.land("n0", "statement", N0="theorem Simulated.n0 : True := sorry\n")
    scene.land("n0", "proof", N0="theorem Simulated.n0 : True := sorry -- soon\n")
    assert scene.broken() == {"certified"}


def test_a_main_that_was_set_back_is_seen(scene: Scene) -> None:
    before = scene.tip
    scene.land("n0", "statement", N0=GOOD)
    assert scene.broken() == set()
    scene.hub.move(MAIN, before, scene.tip)
    assert scene.broken() == {"nothing_lost"}


def test_what_counts_as_landed_and_is_not_on_main_is_seen_and_so_is_overspending(scene: Scene) -> None:
    scene.land("n0", "statement", N0=GOOD)
    spent = {"id": 1, "kind": "attempt", "item": 1, "number": 1, "state": "ended", "lease_until": 0, "sent_at": 0}
    scene.write(
        insert(items).values(id=1, label="n1", stage="statement", state="landed"),
        insert(jobs).values(**spent, cost_usd=1.2, told_usd=1.2),
    )
    assert scene.broken() == {"nothing_lost", "within_budget"}


def test_what_heartbeats_told_and_does_not_count_is_seen(scene: Scene) -> None:
    scene.land("n0", "statement", N0=GOOD)
    lost = {"kind": "attempt", "item": 1, "state": "ended", "ending": "expired", "lease_until": 0, "sent_at": 0}
    scene.write(
        insert(items).values(id=1, label="n0", stage="statement", state="landed"),
        insert(jobs).values(**lost, id=1, number=1, cost_usd=0.5, told_usd=0.25),
        insert(jobs).values(**lost, id=2, number=2, cost_usd=0.5),
    )
    assert scene.broken() == set()
    scene.write(insert(jobs).values(**lost, id=3, number=3, cost_usd=0.0, told_usd=0.25))
    scene.land("n0", "proof", N0=GOOD + "-- proved\n")
    assert scene.broken() == {"told_counts"}


def test_a_job_that_had_cost_money_and_is_forgotten_is_seen(scene: Scene) -> None:
    scene.land("n0", "statement", N0=GOOD)
    paid = {"id": 1, "kind": "attempt", "item": 1, "number": 1, "state": "ended", "lease_until": 0, "cost_usd": 0.5}
    scene.write(
        insert(items).values(id=1, label="n0", stage="statement", state="landed"),
        insert(jobs).values(**paid, sent_at=1.5),
    )
    assert scene.broken() == set()
    assert scene.invariants.spent() == 0.5
    scene.write(update(jobs).values(sent_at=2.5))
    scene.land("n0", "proof", N0=GOOD + "-- proved\n")
    assert scene.broken() == {"spent_stays"}


def test_processes_and_files_that_are_left_are_seen(scene: Scene) -> None:
    scene.invariants.look_at_end({"processes": ["valkey"], "files": []})
    assert scene.invariants.broken["nothing_left"]
