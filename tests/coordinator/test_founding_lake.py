from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.campaign.founding import find_project, found_from_project
from coordinator.campaign.settings import load_settings
from tests.support.lake_books import FILES, write

if TYPE_CHECKING:
    from pathlib import Path

BOOK = (
    "\\documentclass{article}\\begin{document}\n"
    "\\begin{theorem}\\label{thm:a}\\lean{Book.same}A.\\end{theorem}\n\\end{document}\n"
)


def test_a_campaign_of_a_project_with_packages_knows_where_they_are(tmp_path: Path) -> None:
    files = {key: text for key, text in FILES.items() if key != "campaign.yaml"}
    project = write(tmp_path / "project", {**files, "blueprint/src/web.tex": BOOK})
    found_from_project(tmp_path / "without", find_project(project))
    assert load_settings(tmp_path / "without").workers.packages is None
    write(project, {".lake/packages/more/lakefile.toml": 'name = "more"\n'})
    found_from_project(tmp_path / "with", find_project(project))
    assert load_settings(tmp_path / "with").workers.packages == str(project.resolve())
