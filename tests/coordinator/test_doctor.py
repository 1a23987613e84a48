from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from coordinator.doctor import examine
from tests.support.campaigns import blueprover

if TYPE_CHECKING:
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
