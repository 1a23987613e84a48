"""What the manual says of `export` and `log` is what they print."""

from __future__ import annotations

import re
from pathlib import Path

from coordinator.store.store import Store
from coordinator.views.export import lists, state_as_json
from coordinator.views.history import Happening

COMMANDS = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
JOBS = {"reviews", "resolutions", "builds", "joint_builds", "audits", "background_audits"}


def part(heading: str) -> str:
    return re.split(r"^## ", COMMANDS.partition(f"## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_key_of_the_export_is_documented_and_no_other() -> None:
    page = part("blueprover export")
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", page, re.MULTILINE))
    assert list(rows) == ["format", "campaign", *lists(), "costs"]
    for name, records in lists().items():
        for column in records.selected_columns:
            assert name in JOBS or f"`{column.key}`" in rows[name], f"`{column.key}` of {name}"
    assert all("with the same keys" in rows[name] for name in JOBS)


def test_every_key_about_the_campaign_and_its_costs_is_documented() -> None:
    store = Store(None, writable=True)
    with store.begin() as transaction:
        first = "".join(state_as_json(transaction, "x")).splitlines()[2]
    store.close()
    for key in re.findall(r'"([a-z]+)": (?:null|"x")', first):
        assert f"`{key}`" in part("blueprover export")


def test_every_key_of_a_line_of_the_log_is_documented() -> None:
    for key in Happening._fields:
        assert f"`{key}`" in part("blueprover log")
