"""People push to main, a real audit looks, and the graph follows."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import redis

from coordinator.engine.demo import BOOK
from coordinator.git import MAIN
from coordinator.work.host import HostSettings
from coordinator.work.locks import LockBook
from coordinator.work.reports import AuditEnded
from coordinator.work.workshop import Workshop
from tests.support.loops import Loop
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coordinator.schedule.state import CampaignState

LOGIC = "Arithmetic/Logic"
AND_COMM, NOT_NOT_INTRO, NOT_NOT_NOT = (
    (BOOK / LOGIC / f"{name}.lean").read_text() for name in ("AndComm", "NotNotIntro", "NotNotNot")
)
CONTRAPOSITIVE = (BOOK / LOGIC / "Contrapositive.lean").read_text().partition(":=\n")[
    0
] + ":=\n  sorry\n\nend Arithmetic\n"
ELSEWHERE = "Arithmetic/Logic/ByHand.lean"
"""Where no rule would look for it."""


class Pushed(Loop):
    """A coordinator's loop whose audits are carried out."""

    def __init__(self, folder: Path, broker: str) -> None:
        super().__init__(folder, broker)
        self.workshop = Workshop(HostSettings(folder / "worker", sandbox="none"), broker)
        self.book = LockBook(redis.Redis.from_url(broker, decode_responses=True))

    def push(self, files: dict[str, str], *gone: str) -> None:
        """Does as a person who commits files to main, and removes some."""
        hub, tip = self.campaign.hub, self.campaign.main()
        commit = commit_files(hub, self.campaign.folder, files, parent=tip)
        if gone:
            work = self.campaign.folder / f"without-{commit}"
            hub.export(commit, work)
            for path in gone:
                (work / path).unlink()
            commit = hub.commit(hub.write_tree(work), [commit], "Take away")
        hub.move(MAIN, commit, tip)

    def audit(self) -> AuditEnded:
        """Has the audit that is asked for carried out, and its report applied."""
        self.step()
        dispatcher, state = self.coordinator._performer.dispatcher, self.coordinator._ledger.state
        job = next(job for job in state.jobs if job.kind == "audit")
        report = self.workshop.carry_out(dispatcher.audit(job.id, job.base, state), lambda: False)
        assert isinstance(report, AuditEnded)
        assert (report.error, report.problem) == ("", "")
        self.report(report)
        self.step()
        return report

    def close(self) -> None:
        self.workshop.close()
        self.book.close()
        super().close()

    @property
    def landed(self) -> dict[str, str]:
        """What is landed, by label, as the letters of its stages."""
        kept, loaded = self.coordinator._ledger.state, self.state
        assert _told(kept) == _told(loaded)
        return {label: "".join(sorted(stage[0] for stage in stages)) for label, stages in kept.landed.items() if stages}

    def locked(self) -> tuple[set[str], set[str]]:
        """What workers know to be locked, and what of it to be open."""
        locks = self.book.as_of(self.key, self.coordinator._ledger.state.landings)
        return set(locks.locked), set(locks.open_statements)


def _told(state: CampaignState) -> object:
    return state.by_id, [job.id for job in state.jobs], state.pull_requests, state.certified, state.landings


@pytest.fixture
def pushed(tmp_path: Path, broker: str) -> Iterator[Pushed]:
    with closing(Pushed(tmp_path / "campaign", broker)) as made:
        made.audit()
        yield made


@pytest.mark.parametrize("broker", ["valkey"], indirect=True)
def test_what_people_push_lands_and_what_they_take_away_is_open_again(pushed: Pushed) -> None:
    assert pushed.landed == {}
    at_work = {job.item for job in pushed.state.jobs if job.kind == "attempt"}
    assert pushed.state.items["thm:and_comm", "statement"].id in at_work
    pushed.push(
        {
            f"{LOGIC}/AndComm.lean": AND_COMM,
            f"{LOGIC}/NotNotIntro.lean": NOT_NOT_INTRO,
            f"{LOGIC}/NotNotNot.lean": NOT_NOT_NOT.replace("Logic.Contrapositive", "Logic.ByHand"),
            ELSEWHERE: CONTRAPOSITIVE,
        }
    )
    pushed.audit()
    assert pushed.landed == {
        "thm:and_comm": "ps",
        "lem:not_not_intro": "ps",
        "thm:not_not_not": "ps",
        "lem:contrapositive": "s",
    }
    items = pushed.state.items
    assert items["thm:not_not_not", "proof"].assumes == ("Arithmetic.contrapositive",)
    assert items["thm:and_comm", "proof"].lock == items["thm:and_comm", "statement"].lock != ""
    assert pushed.locked() == (
        {f"Arithmetic.{name}" for name in ("and_comm", "not_not_intro", "not_not_not", "contrapositive")},
        {"Arithmetic.contrapositive"},
    )
    home = pushed.coordinator._performer.dispatcher.book.homes["lem:contrapositive"]
    assert home.path == ELSEWHERE
    still_at_work = {job.item for job in pushed.state.jobs if job.kind == "attempt"}
    assert items["thm:and_comm", "statement"].id not in still_at_work
    assert items["lem:contrapositive", "proof"].id in still_at_work

    pushed.push(
        {f"{LOGIC}/NotNotIntro.lean": NOT_NOT_INTRO.partition(":=\n")[0] + ":=\n  sorry\n\nend Arithmetic\n"},
        f"{LOGIC}/AndComm.lean",
    )
    pushed.audit()
    assert pushed.landed == {"lem:not_not_intro": "s", "thm:not_not_not": "ps", "lem:contrapositive": "s"}
    locked, still_open = pushed.locked()
    assert "Arithmetic.and_comm" not in locked
    assert still_open == {"Arithmetic.contrapositive", "Arithmetic.not_not_intro"}
    pushed.step()
    at_work = {job.item for job in pushed.state.jobs if job.kind == "attempt"}
    assert items["thm:and_comm", "statement"].id in at_work
    assert pushed.state.items["thm:and_comm", "statement"].attempts == 1

    pushed.push({f"{LOGIC}/AndComm.lean": AND_COMM})
    pushed.audit()
    assert pushed.landed["thm:and_comm"] == "ps"
    assert "Arithmetic.and_comm" in pushed.locked()[0]
