"""The demo, whole, as ``make demo`` runs it: every promise of its page in the manual."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from checker import Builder, CertificateStore, audit, find_lean
from coordinator.campaign.campaign import Campaign
from coordinator.store.opening import open_to_read
from coordinator.store.schema import items, jobs, pull_requests
from coordinator.views.planning import read_plan
from tests.support.campaigns import blueprover, status
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    """A finished demo: its folder, what it printed, and the seconds it took."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    began = time.monotonic()
    answer = blueprover("demo", str(folder))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return folder, answer.stdout, time.monotonic() - began


@pytest.fixture(scope="module")
def now(demo: tuple[Path, str, float]) -> dict[str, Any]:
    return status(demo[0])


def test_it_says_first_that_the_model_is_a_script_and_last_where_to_look(demo: tuple[Path, str, float]) -> None:
    folder, output, _ = demo
    lines = output.strip().splitlines()
    assert "script" in lines[0]
    assert lines[-1] == f"The site: {folder / 'site' / 'index.html'}"


def test_it_was_planned_before_and_says_after_how_far_off_that_was(demo: tuple[Path, str, float]) -> None:
    folder, output, _ = demo
    plan = read_plan(folder)
    assert plan is not None
    assert plan.lessons == 0
    assert any(line.startswith("Planned, as a guess from the settings: $") for line in output.splitlines())


def test_it_takes_under_two_minutes(demo: tuple[Path, str, float]) -> None:
    assert demo[2] < 120


def test_every_ready_node_is_proved_and_the_other_one_left_alone(now: dict[str, Any]) -> None:
    assert now["state"] == "done"
    assert now["nodes"] == {**dict.fromkeys(now["nodes"], 0), "proved": 49, "not_ready": 1}
    assert now["rehearsal"] is True
    assert now["tokens"]["input"] > now["tokens"]["output"] > 0
    assert now["cost_usd"] > 0


def test_every_planned_mistake_happened_and_was_mended(demo: tuple[Path, str, float], now: dict[str, Any]) -> None:
    seen = {(failure["node"], failure["stage"], failure["cause"]) for failure in now["failures"]}
    assert ("thm:eq_decided", "proof", "gave_up") in seen
    assert ("lem:le_trans", "statement", "review") in seen
    assert ("thm:mul_add", "statement", "review") in seen
    assert now["rungs"]["declarations"] >= 1
    assert now["retries"] >= 2
    transcripts = "".join(file.read_text() for file in (demo[0] / "work" / "agents" / "transcripts").rglob("*.jsonl"))
    assert "429" in transcripts
    assert "Lean refuses Arithmetic.Logic.AndComm" in transcripts
    assert "`Arithmetic.Natural.zero_mul` rests on `sorry`" in transcripts


def test_one_lemma_in_two_authors_words_is_joined_by_a_resolver(
    demo: tuple[Path, str, float], now: dict[str, Any]
) -> None:
    campaign = Campaign.open(demo[0])
    with closing(open_to_read(campaign)) as store, store.begin() as transaction:
        its = items.c.label.in_(("thm:le_antisymm", "thm:lt_irrefl")), items.c.stage == "proof"
        made = select(pull_requests.c.rung, jobs.c.base).join(items, items.c.id == pull_requests.c.item)
        rows = transaction.execute(made.join(jobs, jobs.c.id == pull_requests.c.job).where(*its)).all()
    began_with_it = [row for row in rows if campaign.hub.read(row.base, "Arithmetic/Helpers/Shared.lean")]
    assert ("resolver" in {row.rung for row in rows}) == (not began_with_it), "on a slow host one may come too late"
    assert now["rungs"].get("resolver", 0) == (not began_with_it)


def test_main_tells_the_story_and_nothing_landed_twice(demo: tuple[Path, str, float], now: dict[str, Any]) -> None:
    campaign = Campaign.open(demo[0])
    messages = [campaign.hub.message(commit) for commit in campaign.hub.log(campaign.main())]
    landed = [message.splitlines()[0].split(" (")[0] for message in messages if message.startswith("Land ")]
    assert len(landed) == len(set(landed)) == now["landings"]["total"] == 86
    assert all("Node: " in message and "Meaning: " in message for message in messages if message.startswith("Land "))


def test_main_builds_from_nothing_without_sorry(demo: tuple[Path, str, float], tmp_path: Path) -> None:
    campaign = Campaign.open(demo[0])
    campaign.hub.export(campaign.main(), tmp_path / "main")
    builder = Builder(find_lean(), any_sandbox(), CertificateStore(tmp_path / "certificates"))
    build = builder.certify(tmp_path / "main")
    assert build.ok
    book = campaign.read_book()
    ready = [book.homes[node.label].declaration for node in book.blueprint.nodes if not node.marks.notready]
    assert len(ready) == 49
    assert all(axioms == () for axioms in audit(tmp_path / "main", builder, ready).values())
    builder.close()


def test_agents_never_had_the_answers(demo: tuple[Path, str, float]) -> None:
    hub = Campaign.open(demo[0]).hub
    first = hub.log(Campaign.open(demo[0]).main())[-1]
    lean = [path for path in hub.blobs(first) if path.endswith(".lean") and path != "lakefile.lean"]
    assert lean
    assert all(path.startswith("Arithmetic/Base/") for path in lean)


def test_the_site_shows_book_and_lean_side_by_side(demo: tuple[Path, str, float]) -> None:
    site = demo[0] / "site"
    assert "49 of 49" in (site / "index.html").read_text()
    page = (site / "chapters" / "4-addition.html").read_text()
    assert "Addition is commutative" in page
    assert "add_comm" in page
    assert "<math" in page
    assert not [page for page in site.rglob("*.html") if "rests on sorryAx" in page.read_text()]
    assert (site / "graph.html").read_text().count("<ellipse") > 30
    assert len(list((site / "pull-requests").iterdir())) >= 86


def test_running_it_again_does_nothing_twice(demo: tuple[Path, str, float], now: dict[str, Any]) -> None:
    again = blueprover("run", str(demo[0]))
    assert again.returncode == 0, again.stdout + again.stderr
    assert status(demo[0])["landings"] == now["landings"]
    assert status(demo[0])["attempts"] == now["attempts"]


def test_status_without_json_is_for_people(demo: tuple[Path, str, float]) -> None:
    answer = blueprover("status", str(demo[0]))
    assert answer.returncode == 0
    assert "49 of 49 proved" in answer.stdout


def test_a_campaign_is_made_beside_an_existing_blueprint(demo: tuple[Path, str, float], tmp_path: Path) -> None:
    project = tmp_path / "project"
    campaign = Campaign.open(demo[0])
    campaign.hub.export(campaign.hub.log(campaign.main())[-1], project)
    answer = blueprover("init", str(tmp_path / "new"), "--blueprint", str(project))
    assert answer.returncode == 0, answer.stderr
    made = Campaign.open(tmp_path / "new")
    assert made.settings.library == "Arithmetic"
    assert made.settings.base == ("Arithmetic/Base",)
    assert status(tmp_path / "new")["state"] == "new"
    again = blueprover("init", str(tmp_path / "new"), "--blueprint", str(project))
    assert again.returncode == 1
    assert "is a campaign already" in again.stderr


def test_init_takes_the_history_of_a_project_in_git(demo: tuple[Path, str, float], tmp_path: Path) -> None:
    project = tmp_path / "project"
    campaign = Campaign.open(demo[0])
    subprocess.run(["git", "clone", "-q", str(campaign.hub_path), str(project)], check=True)
    answer = blueprover("init", str(project / "campaign"), "--blueprint", str(project / "blueprint" / "src"))
    assert answer.returncode == 0, answer.stderr
    assert Campaign.open(project / "campaign").main() == campaign.main()


def test_check_prints_stable_json(demo: tuple[Path, str, float], tmp_path: Path) -> None:
    campaign = Campaign.open(demo[0])
    campaign.hub.export(campaign.main(), tmp_path / "main")
    answer = blueprover("check", str(tmp_path / "main"), "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert (found["nodes"], found["proofs"], found["edges"], found["problems"]) == (50, 38, 132, [])
