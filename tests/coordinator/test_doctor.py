from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from coordinator.views.doctor import examine
from tests.support.campaigns import blueprover
from tests.support.sandboxes import needs_bubblewrap
from tests.support.toolchains import stand_in_toolchain

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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
    assert list(examine(book))[-1].message == "There is no such folder; name that of a Lean project."
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
