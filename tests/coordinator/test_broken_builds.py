"""Builders that break over a pull request, before the real loop: tried again later each time, then told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agents import Usage
from coordinator.git import Contribution, Identity
from coordinator.schedule.scheduler import MAX_TRIES
from coordinator.views.failing import failing_items
from coordinator.work.orders import AgentOrder, BuildOrder
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded
from tests.support.loops import Loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ERROR = "RuntimeError: the disk is gone"
PATIENCE, WAIT = 0.01, 2.0
"""Seconds, after which the first build is not yet, and is surely, made again: the demo waits 0.2 s for an attempt."""


@pytest.fixture
def loop(tmp_path: Path, broker: str) -> Iterator[Loop]:
    """A campaign whose builders have just been sent its first pull request."""
    made = Loop(tmp_path / "campaign", broker)
    made.step()
    made.report(AuditEnded(made.jobs[0], ""))
    made.step()
    author = next(order for order in made.orders() if isinstance(order, AgentOrder))
    envelope = author.envelope
    identity = Identity("agent (rehearsal)", "agent@blueprover.invalid")
    files = {"Arithmetic/Logic/New.lean": b"module\n"}
    head = made.campaign.hub.contribute(Contribution(envelope.base, files, "Done", identity, author.ref))
    made.report(AttemptEnded(envelope.job, "submitted", "Stated.", Usage(), head))
    made.step()
    yield made
    made.close()


def builds(loop: Loop) -> list[BuildOrder]:
    return [order for order in loop.orders() if isinstance(order, BuildOrder)]


@pytest.mark.parametrize("broker", ["valkey"], indirect=True)
def test_a_build_that_broke_is_made_again_later_each_time_and_failures_shows_what_it_said(loop: Loop) -> None:
    for tries in range(MAX_TRIES):
        (order,) = builds(loop)
        loop.report(BuildEnded(order.envelope.job, accepted=False, error=ERROR))
        loop.step()
        assert not builds(loop), "what broke is left alone for a while"
        loop.step(PATIENCE)
        assert not builds(loop)
        for _ in range(2**tries):
            loop.step(WAIT)
    assert not builds(loop)
    with loop.store.begin() as transaction:
        (failing,) = failing_items(transaction, "infrastructure")
    assert not failing.given_up
    assert failing.summary.endswith(f"The last said: {ERROR}")
