from __future__ import annotations

import os
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.store.backups import back_up_beside
from coordinator.store.store import Store
from coordinator.views.campaign_check import examine_campaign
from coordinator.views.doctor import examine
from tests.support.campaigns import blueprover, small_campaign
from tests.support.sandboxes import needs_bubblewrap
from tests.support.toolchains import stand_in_toolchain

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from coordinator.views.finding import Finding

PRICE = {"input": 3.0, "output": 15.0}


def test_this_host_has_what_a_campaign_needs() -> None:
    findings = {finding.subject: finding for finding in examine()}
    for subject in ("Python", "git", "Lean", "broker"):
        assert findings[subject].level == "ok", findings[subject]
    assert "4.35.0" in findings["Lean"].message


def test_another_distribution_with_a_package_of_the_same_name_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.packages_distributions()
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {**real, "agents": ["blueprover", "openai-agents"]})
    (warning,) = [finding for finding in examine() if finding.level == "warning"]
    assert "`agents` is also provided by openai-agents" in warning.message


def test_the_command_prints_a_line_a_finding() -> None:
    answer = blueprover("doctor", timeout=60)
    assert "Lean 4.35.0" in answer.stdout
    assert answer.stderr == ""


def test_a_folder_is_told_which_lean_compiles_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "elan"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    book = tmp_path / "book"
    assert list(examine(book))[-1].message == "There is no such folder; name that of a Lean project or a campaign."
    book.mkdir()
    assert list(examine(book))[-1].message == "compiled with the embedded Lean 4.35.0"
    (book / "lean-toolchain").write_text("leanprover/lean4:v4.9.0\n")
    found = list(examine(book))[-1]
    assert (found.subject, found.level) == (str(book), "error")
    assert "elan toolchain install leanprover/lean4:v4.9.0" in found.message
    assert list(examine(book, "embedded"))[-1].level == "ok"


@needs_bubblewrap
def test_a_project_that_lake_loads_is_told_with_its_toolchain_with_the_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = stand_in_toolchain(tmp_path / "elan")
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "elan"))
    book = tmp_path / "book"
    book.mkdir()
    (book / "lean-toolchain").write_text("leanprover/lean4:v4.35.0\n")
    (book / "lakefile.toml").write_text('name = "book"\n')
    found = list(examine(book))[-1]
    assert found.level == "ok", found
    assert found.message.startswith(f"lake loads it, with Lean 4.35.0 of {root} and 1 folders of compiled modules")


def told_of(folder: Path) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine_campaign(folder)}


def test_a_campaign_that_can_be_run_here_is_told_part_by_part(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c", workers={"sandbox": "none"})
    before = told_of(folder)
    assert set(before) == {"campaign", "book", "store", "Lean of main", "model", "disk"}
    assert {finding.level for subject, finding in before.items() if subject != "disk"} == {"ok"}
    assert before["store"].message == f"none yet; `blueprover run {folder}` makes it"
    assert "nodes, as main of" in before["book"].message
    assert "4.35.0" in before["Lean of main"].message
    Store(folder / "store.sqlite", writable=True).close()
    assert (told_of(folder)["store"].level, told_of(folder)["backup"].level) == ("ok", "warning")
    back_up_beside(folder / "store.sqlite", now=0.0, keep=1)
    assert told_of(folder)["backup"].level == "ok"
    campaign = Campaign.open(folder)
    with campaign.lock():
        assert f"is run by process {os.getpid()}" in told_of(folder)["campaign"].message


def test_what_keeps_a_campaign_from_running_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    folder = small_campaign(tmp_path / "c", model={"name": "claude-opus-4-5", "prices": {"claude-opus-4-5": PRICE}})
    assert (told_of(folder)["model"].level, told_of(folder)["model"].message[:23]) == (
        "error",
        "there is no API key: se",
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a key")
    assert told_of(folder)["model"].level == "ok"
    (folder / "store.sqlite").write_bytes(b"no database, but long enough to be taken for one" * 100)
    assert told_of(folder)["store"].level == "error"
    assert "put a copy of your own in its place" in told_of(folder)["store"].message
    (folder / SETTINGS_FILE).write_text("budget: a lot\n")
    (only,) = told_of(folder).values()
    assert (only.subject, only.level) == ("campaign", "error")


def test_no_finding_is_cut_off_where_the_terminal_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert sys.executable in blueprover("doctor", timeout=60).stdout.splitlines()[0]
