"""Pull requests as people see them: listed, shown, described, written to a branch."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.errors import GitError, InputError
from coordinator.git import Exchange, Repository
from coordinator.views.description import fenced, inline
from coordinator.views.pull_requests import branch_name
from tests.support.commands import refused, said
from tests.support.requested import Requested

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def requested(tmp_path: Path) -> Requested:
    return Requested(tmp_path)


def test_pull_requests_are_listed_by_state_and_by_node(requested: Requested) -> None:
    folder = str(requested.folder)
    listed = said("pr", "list", folder)
    assert re.fullmatch(r"1  approved  a \(statement\)  by attempt 1  at [0-9a-f]{10}\n", listed)
    assert said("pr", "list", folder, "--state", "landed") == "There is no such pull request.\n"
    told = said("pr", "list", folder, "--node", "b")
    assert told == "There is no such pull request; `--state all` lists those that are over too.\n"
    found = json.loads(said("pr", "list", folder, "--node", "a", "--json"))["pull_requests"]
    assert [(each["number"], each["node"], each["head"]) for each in found] == [(1, "a", requested.head)]
    assert json.loads(said("pr", "list", folder, "--node", "b", "--json")) == {"pull_requests": []}


def test_all_that_is_known_of_a_pull_request_is_shown(requested: Requested) -> None:
    requested.bounce("It says nothing.\x1b[31m")
    told = json.loads(said("pr", "show", str(requested.folder), "1", "--json"))
    assert (told["state"], told["reason"], told["forge"]) == ("bounced", "It says nothing.\x1b[31m", None)
    assert [commit["title"] for commit in told["commits"]] == ["test"]
    assert "+theorem a : True := trivial" in told["diff"]
    assert [(each["decision"], each["counts"]) for each in told["verdicts"]] == [("approve", True)]
    assert list(told["certificates"]["modules"]) == ["Book.Main.A"]
    assert [each["proposed"] for each in told["attempts"]] == [True]
    assert [each["kind"] for each in told["events"]][-1] == "bounced"
    shown = said("pr", "show", str(requested.folder), "1")
    assert "\x1b" not in shown
    for words in ("Sent back:", "seat 0, reviewer (m-1): approve", "+theorem a : True := trivial", "test"):
        assert words in shown


def test_what_is_not_there_is_said_in_a_sentence(requested: Requested) -> None:
    code, words = refused("pr", "show", str(requested.folder), "7")
    assert (code, "There is no pull request 7" in words) == (2, True)


def test_a_pull_request_is_written_to_a_branch_of_the_hub_and_of_another_repository(
    requested: Requested, tmp_path: Path
) -> None:
    exported = said("pr", "export", str(requested.folder), "1")
    assert requested.hub.head("refs/heads/blueprover/1-a") == requested.head
    assert "What its author says:\n\n```text\nwords\n```" in exported
    other, page = Repository.create(tmp_path / "other.git"), tmp_path / "page.md"
    command = ("pr", "export", str(requested.folder), "1", "--to", str(other.path), "--description", str(page))
    assert "Written to the branch blueprover/1-a" in said(*command)
    assert other.head("refs/heads/blueprover/1-a") == requested.head
    assert page.read_text().startswith("Pull request 1 of a Blueprover campaign: the statement of `a`.")
    assert "It is the branch" in said(*command)


def test_a_branch_that_somebody_went_on_with_is_not_overwritten(requested: Requested, tmp_path: Path) -> None:
    other = Repository.create(tmp_path / "other.git")
    command = ("pr", "export", str(requested.folder), "1", "--to", str(other.path))
    said(*command)
    edited = requested.edit(other, {"NOTES": "mine\n"}, "refs/heads/blueprover/1-a", requested.head)
    code, words = refused(*command)
    assert (code, "holds commits that pull request 1 does not have" in words) == (2, True)
    assert other.head("refs/heads/blueprover/1-a") == edited


def test_a_branch_moves_only_from_what_it_was_seen_to_hold(requested: Requested, tmp_path: Path) -> None:
    other = Repository.create(tmp_path / "other.git")
    exchange = Exchange(requested.hub.path, str(other.path))
    main = requested.hub.head() or ""
    exchange.send(main, "blueprover/1-a", None)
    with pytest.raises(GitError, match="push failed"):
        exchange.send(requested.head, "blueprover/1-a", None)
    exchange.send(requested.head, "blueprover/1-a", main)
    assert exchange.tip("blueprover/1-a") == requested.head
    assert exchange.tip("blueprover/1") is None
    for branch in ("main", "../x", "a b", "x.lock"):
        with pytest.raises(GitError):
            exchange.send(main, branch, None)
    with pytest.raises(GitError, match="no address"):
        Exchange(requested.hub.path, "ext::sh -c whoami")


@given(st.text(max_size=300))
def test_what_others_wrote_cannot_leave_its_block(text: str) -> None:
    lines = fenced(text).split("\n")
    fence = lines[0].removesuffix("text")
    assert set(fence) == {"`"}
    assert lines[-1] == fence
    assert not any(re.match(rf" *{fence}`* *$", line) for line in lines[1:-1])


@given(st.text(max_size=300))
def test_words_of_others_stay_code_within_their_line(text: str) -> None:
    told = inline(text)
    assert "\n" not in told
    if told == "(none)":
        return
    ticks = re.match("`+", told)
    assert ticks is not None
    inner = told[len(ticks[0]) : -len(ticks[0])]
    assert told.endswith(ticks[0])
    assert len(ticks[0]) not in {len(run) for run in re.findall("`+", inner)}


@given(st.integers(1, 10**6), st.text(max_size=200))
def test_any_label_makes_a_branch_that_git_takes(number: int, label: str) -> None:
    assert re.fullmatch(r"blueprover/[0-9]+-[A-Za-z0-9]+(-[A-Za-z0-9]+)*", branch_name(number, label))


def test_a_pull_request_of_a_campaign_that_was_never_run_is_not_there(tmp_path: Path) -> None:
    requested = Requested(tmp_path)
    (requested.folder / "store.sqlite").unlink()
    code, words = refused("pr", "show", str(requested.folder), "1")
    assert (code, "There is no store" in words) == (InputError.exit_code, True)
