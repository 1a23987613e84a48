"""A campaign's book is read once for each state of its sources, by whoever looks first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import blueprint
from coordinator.campaign.campaign import Campaign
from coordinator.git import MAIN
from tests.support.campaigns import small_campaign
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHAPTER = "blueprint/src/chapter/logic.tex"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The readings of sources since the test began."""
    made: list[object] = []
    read: Callable[..., blueprint.Blueprint] = blueprint.read_blueprint

    def counted(root: Path) -> blueprint.Blueprint:
        made.append(root)
        return read(root)

    monkeypatch.setattr(blueprint, "read_blueprint", counted)
    return made


def test_a_book_is_read_anew_when_its_sources_change_and_not_when_lean_does(
    tmp_path: Path, readings: list[object]
) -> None:
    campaign = Campaign.open(small_campaign(tmp_path / "campaign"))
    first = campaign.read_book()
    assert Campaign.open(campaign.folder).read_book().blueprint == first.blueprint
    assert len(readings) == 1
    lean = commit_files(campaign.hub, tmp_path, {"Elsewhere.lean": "-- nothing\n"}, MAIN, campaign.main())
    assert campaign.read_book().blueprint == first.blueprint
    assert len(readings) == 1
    chapter = (campaign.hub.read(lean, CHAPTER) or b"").decode()
    words = r"\begin{lemma}\label{lem:new}\lean{new} New. \end{lemma}"
    commit_files(campaign.hub, tmp_path, {CHAPTER: chapter + words}, MAIN, lean)
    assert {*campaign.read_book().blueprint.by_label} == {*first.blueprint.by_label, "lem:new"}
    assert len(readings) == 2


def test_a_kept_book_that_is_damaged_or_cannot_be_written_is_as_if_it_were_not_there(
    tmp_path: Path, readings: list[object]
) -> None:
    campaign = Campaign.open(small_campaign(tmp_path / "campaign"))
    first = campaign.read_book()
    place = campaign.folder / "book.kept"
    place.write_bytes(place.read_bytes()[:-1])
    assert campaign.read_book().blueprint == first.blueprint
    assert len(readings) == 2
    place.unlink()
    place.mkdir()
    assert campaign.read_book().blueprint == first.blueprint
    assert len(readings) == 3
    assert [each.name for each in campaign.folder.iterdir() if each.name.startswith("book.kept.")] == []
