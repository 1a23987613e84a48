from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.engine.demo import prepare_demo
from coordinator.errors import CoordinatorError

if TYPE_CHECKING:
    from pathlib import Path


def test_an_unfinished_demo_goes_on_and_a_fresh_one_is_made_when_asked(tmp_path: Path) -> None:
    assert prepare_demo(tmp_path / "demo", fresh=False)
    assert not prepare_demo(tmp_path / "demo", fresh=False)
    (tmp_path / "demo" / "store.sqlite").write_bytes(b"")
    assert prepare_demo(tmp_path / "demo", fresh=True)
    assert not (tmp_path / "demo" / "store.sqlite").exists()


@pytest.mark.parametrize("settings", ["name: Mine\n", "name: Mine\nmodel: {rehearsal: mine.yaml}\n"])
def test_a_campaign_that_is_no_demo_is_never_removed(tmp_path: Path, settings: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(settings)
    with pytest.raises(CoordinatorError, match="not the demo's"):
        prepare_demo(tmp_path, fresh=True)
    assert (tmp_path / SETTINGS_FILE).read_text() == settings


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(CoordinatorError, match="not empty"):
        prepare_demo(tmp_path, fresh=True)
