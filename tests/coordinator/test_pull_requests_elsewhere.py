"""Pull requests that leave the hub and come back: on a forge, changed by people, certified and reviewed anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.settings import Settings
from coordinator.campaign.wishes import Publish, Revise, Skip
from coordinator.engine.wishing import Granter, ask
from coordinator.git import Repository
from coordinator.queue import ModuleRecord
from coordinator.schedule.actions import Capacity, StartBuild, StartReview
from coordinator.schedule.scheduler import decide
from coordinator.store import reports
from coordinator.store.kept import set_meta
from coordinator.store.landings import intend_landing
from coordinator.store.requests import approve
from coordinator.work.reports import BuildEnded
from tests.support.commands import refused, said
from tests.support.landing_desk import RETRY, Desk, digest
from tests.support.recorded_forge import (
    GITHUB_BAD_TOKEN,
    RecordedForge,
    Said,
    github_page,
)
from tests.support.requested import Requested

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

TOKEN = "BLUEPROVER_FORGE_TOKEN"
BRANCH = "blueprover/1-a"
REF = f"refs/heads/{BRANCH}"
MINE = {"Book/Main/A.lean": "theorem a : True := by trivial\n"}


@pytest.fixture
def requested(tmp_path: Path) -> Requested:
    return Requested(tmp_path)


def shown(requested: Requested, number: int) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(said("pr", "show", str(requested.folder), str(number), "--json"))
    return told


def fetch(requested: Requested, number: int = 1, *options: str) -> str:
    return said("pr", "fetch", str(requested.folder), str(number), *options)


def exported(requested: Requested) -> str:
    """Exports its pull request to a branch of the hub and returns the head."""
    said("pr", "export", str(requested.folder), "1")
    return requested.hub.head(REF) or ""


def test_a_pull_request_is_opened_on_the_forge_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "secret-token")
    there = Repository.create(tmp_path / "there.git")
    with RecordedForge(Said(200, []), Said(201, github_page(7, BRANCH)), Said(200, [github_page(7, BRANCH)])) as forge:
        settings = {"repository": "people/book", "url": forge.url, "remote": str(there.path)}
        requested = Requested(tmp_path, forge=settings)
        command = ("pr", "open", str(requested.folder), "1")
        assert said(*command) == "Opened https://github.com/people/book/pull/7\n"
        assert said(*command) == "It is open already: https://github.com/people/book/pull/7\n"
        opened = forge.asked[1].body
    assert (opened["head"], opened["base"], opened["title"]) == (BRANCH, "main", "State a")
    assert "Fine." in opened["body"]
    assert there.head(REF) == requested.head
    told = shown(requested, 1)
    assert told["forge"] == {"number": 7, "url": "https://github.com/people/book/pull/7", "head": requested.head}
    assert [each["kind"] for each in told["events"]].count("published") == 1
    assert b"secret-token" not in (requested.folder / "store.sqlite").read_bytes()
    edited = requested.edit(there, MINE, REF, requested.head)
    assert "has new commits" in fetch(requested)
    assert shown(requested, 1)["head"] == shown(requested, 1)["forge"]["head"] == edited


def test_what_the_forge_lacks_is_said_before_anything_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Repository.create(tmp_path / "there.git")
    with RecordedForge(GITHUB_BAD_TOKEN) as forge:
        settings = {"repository": "people/book", "url": forge.url, "remote": str(there.path)}
        requested = Requested(tmp_path, forge=settings)
        monkeypatch.delenv(TOKEN, raising=False)
        assert "BLUEPROVER_FORGE_TOKEN holds no token" in refused("pr", "open", str(requested.folder), "1")[1]
        assert there.head(REF) is None
        monkeypatch.setenv(TOKEN, "secret-token")
        assert refused("pr", "open", str(requested.folder), "1")[0] == 8
    assert shown(requested, 1)["forge"] is None


def test_a_campaign_without_a_forge_says_so(requested: Requested) -> None:
    code, words = refused("pr", "open", str(requested.folder), "1")
    assert (code, "The campaign has no forge" in words) == (2, True)


def test_what_nobody_changed_changes_nothing(requested: Requested) -> None:
    exported(requested)
    assert fetch(requested) == "Pull request 1 has no new commits on the branch blueprover/1-a.\n"
    assert shown(requested, 1)["state"] == "approved"


def test_a_persons_commits_become_the_head_and_are_judged_anew(requested: Requested) -> None:
    edited = requested.edit(requested.hub, MINE, REF, exported(requested))
    assert "it is certified and reviewed anew" in fetch(requested)
    told = shown(requested, 1)
    assert (told["state"], told["head"], told["base"]) == ("checking", edited, requested.hub.head())
    assert [each["counts"] for each in told["verdicts"]] == [False]
    assert (told["certificates"]["tip"], told["certificates"]["modules"]) == ("", {})
    assert fetch(requested) == "Pull request 1 has no new commits on the branch blueprover/1-a.\n"


def test_a_branch_that_was_begun_anew_is_judged_from_where_it_left_main(requested: Requested) -> None:
    main = requested.hub.head() or ""
    exported(requested)
    edited = requested.edit(requested.hub, MINE, REF, main)
    fetch(requested)
    assert (shown(requested, 1)["head"], shown(requested, 1)["base"]) == (edited, main)


def test_after_a_revision_builders_and_all_seats_are_asked_again(requested: Requested) -> None:
    requested.edit(requested.hub, MINE, REF, exported(requested))
    fetch(requested)
    with requested.desk() as desk:
        assert StartBuild(1) in _decided(desk)
        with desk.ledger.begin() as transaction:
            build = desk._send(transaction, "build", requested.hub.head() or "", 1, 1)
            reports.end_build(transaction, BuildEnded(build, accepted=True, lock="lock", modules={}), RETRY, 5.0)
        assert [action.seat for action in _decided(desk) if isinstance(action, StartReview)] == [0, 1]


def _decided(desk: Desk) -> list[Any]:
    with desk.ledger.begin() as transaction:
        set_meta(transaction, "audited", desk.hub.head())
    return [*decide(desk.ledger.state, desk.ledger.readiness, Settings(), Capacity(4, 4), 5.0)]


def test_a_build_that_was_under_way_for_the_old_commits_says_nothing_of_the_new(requested: Requested) -> None:
    head = exported(requested)
    with requested.desk() as desk, desk.ledger.begin() as transaction:
        build = desk._send(transaction, "build", requested.hub.head() or "", 1, 1)
    requested.edit(requested.hub, MINE, REF, head)
    fetch(requested)
    with requested.desk() as desk:
        assert desk.ledger.state.jobs == ()
        with desk.ledger.begin() as transaction:
            assert not reports.end_build(transaction, BuildEnded(build, accepted=True, lock="old"), RETRY, 5.0)
        assert desk.state_of(1) == "checking"


def test_what_came_back_after_the_pull_request_was_sent_away_is_a_new_one_by_a_person(requested: Requested) -> None:
    head = exported(requested)
    requested.bounce("It says nothing.")
    edited = requested.edit(requested.hub, MINE, REF, head)
    assert fetch(requested).startswith("They are pull request 2 now")
    told = shown(requested, 2)
    assert (told["state"], told["author"], told["head"], told["branch"]) == ("checking", "a person", edited, BRANCH)
    assert shown(requested, 1)["state"] == "bounced"
    assert fetch(requested) == "Pull request 2 holds these commits already.\n"
    with requested.desk() as desk:
        item = desk.ledger.state.by_id[1]
        assert (item.sent, item.attempts) == (2, 1)
    again = requested.edit(requested.hub, {"NOTES": "more\n"}, REF, edited)
    assert "Pull request 2 has new commits" in fetch(requested, 2)
    assert shown(requested, 2)["head"] == again
    requested.edit(requested.hub, {"NOTES": "yet more\n"}, REF, again)
    code, words = refused("pr", "fetch", str(requested.folder), "1")
    assert (code, "Pull request 2 of the same item is open" in words) == (1, True)


def test_a_persons_pull_request_lands_like_any_other_and_the_attempt_under_way_is_taken_back(
    requested: Requested,
) -> None:
    head = exported(requested)
    requested.bounce("No.")
    with requested.desk() as desk, desk.ledger.begin() as transaction:
        attempt = desk._send(transaction, "attempt", requested.hub.head() or "", 1)
    requested.edit(requested.hub, MINE, REF, head)
    fetch(requested)
    with requested.desk() as desk:
        assert desk.ledger.state.job(attempt) is None
        with desk.ledger.begin() as transaction:
            build = desk._send(transaction, "build", requested.hub.head() or "", 1, 2)
            certified = {"Book.Main.A": ModuleRecord(digest(MINE["Book/Main/A.lean"]), "i-a", {})}
            ended = BuildEnded(build, accepted=True, lock="lock", modules=certified)
            reports.end_build(transaction, ended, RETRY, 5.0)
            approve(transaction, 2, 6.0)
        desk.lander.land([2], 7.0)
        assert desk.landed(2)
        assert desk.ledger.state.by_id[1].state == "landed"
    requested.edit(requested.hub, {"NOTES": "late\n"}, REF, requested.hub.head(REF) or "")
    code, words = refused("pr", "fetch", str(requested.folder), "1")
    assert (code, "has landed; push to main" in words) == (1, True)


def test_a_landing_that_a_killed_coordinator_left_is_looked_at_first(requested: Requested) -> None:
    head = exported(requested)
    with requested.desk() as desk, desk.ledger.begin() as transaction:
        intend_landing(transaction, 1, requested.hub.head() or "", head, 2.0)
    requested.edit(requested.hub, MINE, REF, head)
    code, words = refused("pr", "fetch", str(requested.folder), "1")
    assert (code, "run the campaign, then ask again" in words) == (1, True)


def test_a_branch_that_proposes_nothing_is_refused(requested: Requested, tmp_path: Path) -> None:
    folder = str(requested.folder)
    assert "has no branch blueprover/1-a" in refused("pr", "fetch", folder, "1")[1]
    requested.hub.put("refs/heads/same", requested.hub.head() or "")
    assert "nothing that is not on main" in refused("pr", "fetch", folder, "1", "--branch", "same")[1]
    other = Repository.create(tmp_path / "other.git")
    lone = other.commit(other.write_tree(requested.folder / "hub.git" / "refs"), [], "lone")
    other.put("refs/heads/lone", lone)
    answer = refused("pr", "fetch", folder, "1", "--from", str(other.path), "--branch", "lone")
    assert (answer[0], "shares no commit with main" in answer[1]) == (2, True)
    assert refused("pr", "fetch", folder, "1", "--from", str(tmp_path / "nowhere"))[0] == 4


@pytest.mark.parametrize("wish", [Publish(9, BRANCH, "a" * 40, "https://x", 1), Revise(9, "a" * 40, "b" * 40, BRANCH)])
def test_wishes_about_a_pull_request_that_is_not_there_are_refused(
    requested: Requested, wish: Publish | Revise
) -> None:
    answer = ask(requested.campaign, wish)
    assert (answer.exit_code, answer.words) == (2, "There is no pull request 9.")


def test_a_running_coordinator_takes_a_persons_commits_itself(requested: Requested) -> None:
    edited = requested.edit(requested.hub, MINE, REF, exported(requested))
    campaign = requested.campaign
    name = campaign.inbox.put(Revise(1, edited, requested.hub.head() or "", BRANCH))
    campaign.inbox.put(Skip("b"))
    with requested.desk() as desk:
        granter = Granter(campaign, campaign.read_book(), desk.ledger.begin)
        assert [wish.kind for wish in granter.grant_waiting()] == ["revise", "skip"]
        request = desk.ledger.state.request(1)
        assert request is not None
        assert (request.head, request.state, request.certified) == (edited, "checking", "")
    answer = campaign.inbox.fetch_answer(name)
    assert answer is not None
    assert "has new commits" in answer.words
