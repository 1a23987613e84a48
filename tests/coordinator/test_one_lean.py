"""One Lean a campaign. Where lake is used, it is the stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agents import Usage
from checker.build.environment import Environment
from checker.build.lean_choice import MANIFEST
from coordinator.engine import one_lean
from coordinator.git import MAIN, Repository
from coordinator.store.kept import get_meta, set_meta
from coordinator.work.host import HostSettings
from coordinator.work.orders import AuditOrder, BuildOrder, Envelope
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded
from coordinator.work.workshop import Workshop
from tests.support.lake_books import FILES, MODULE, PROOF, TARGET, host_project, write

if TYPE_CHECKING:
    from pathlib import Path

    from coordinator.store.store import Store
    from coordinator.work.reports import End

OURS, OTHER = "Lean 4.35.0 ours", "Lean 4.36.0 other"


def vouched(store: Store, report: End) -> End:
    with store.begin() as connection:
        return one_lean.vouched(connection, report, 1.0)


def begin(store: Store, identity: str = "") -> None:
    with store.begin() as connection:
        one_lean.begin_run(connection, identity, 1.0)


def test_a_build_or_an_audit_by_another_lean_is_no_answer_and_says_why_in_one_sentence(store: Store) -> None:
    begin(store, OURS)
    build = BuildEnded(7, accepted=True, lock="l", lean=OURS)
    assert vouched(store, build) is build
    for lean, named in ((OTHER, OTHER), ("", "a Lean it does not name")):
        refused = vouched(store, BuildEnded(7, accepted=True, lock="l", lean=lean))
        assert isinstance(refused, BuildEnded)
        assert not refused.accepted
        assert refused.error == (
            f"A worker answered with {named}, and the campaign is built with {OURS}; "
            "give every host of the campaign the same Lean."
        )
        audit = vouched(store, AuditEnded(8, "", {"a": ()}, lean=lean))
        assert isinstance(audit, AuditEnded)
        assert audit.error == refused.error
        assert not audit.axioms


def test_answers_that_decide_nothing_count_whatever_lean_they_are_from(store: Store) -> None:
    begin(store, OURS)
    attempt = AttemptEnded(7, "gave_up", "too hard", Usage(cost_usd=1.0), lean=OTHER)
    failed = BuildEnded(7, accepted=False, error="git is gone")
    assert vouched(store, attempt) is attempt
    assert vouched(store, failed) is failed


def test_without_workers_here_the_first_answer_says_which_lean_the_run_uses(store: Store) -> None:
    begin(store)
    first = AuditEnded(1, "", lean=OTHER)
    assert vouched(store, first) is first
    refused = vouched(store, AuditEnded(2, "", lean=OURS))
    assert isinstance(refused, AuditEnded)
    assert OTHER in refused.error
    begin(store)
    assert vouched(store, AuditEnded(3, "", lean=OTHER)) == AuditEnded(3, "", lean=OTHER)


def test_with_another_lean_than_in_the_run_before_main_is_audited_anew(store: Store) -> None:
    begin(store, OURS)
    with store.begin() as connection:
        set_meta(connection, "certified", "abc")
        set_meta(connection, "audited", "abc")
    begin(store, OURS)
    with store.begin() as connection:
        assert get_meta(connection, "certified") == "abc"
    begin(store, OTHER)
    with store.begin() as connection:
        assert (get_meta(connection, "certified"), get_meta(connection, "audited")) == ("", "")


@pytest.fixture
def hub(tmp_path: Path) -> Repository:
    """A hub with a book of lake, proved."""
    hub = Repository.create(tmp_path / "hub.git")
    tree = write(tmp_path / "tree", {**FILES, MODULE: PROOF})
    hub.move(MAIN, hub.commit(hub.write_tree(tree), [], "a book of lake"), None)
    return hub


def test_a_worker_uses_the_lean_of_the_tree_and_says_which_with_the_stand_in(
    tmp_path: Path, hub: Repository, elan_with_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELAN_HOME", str(elan_with_library.parent.parent))
    packages = host_project(tmp_path / "host", elan_with_library)
    workshop = Workshop(HostSettings(tmp_path / "worker", sandbox="none", packages=packages))
    envelope = Envelope(7, "key", str(hub.path), hub.head() or "", "Book", (), ())
    report = workshop.carry_out(AuditOrder(envelope, ("Book.same",)), lambda: False)
    assert isinstance(report, AuditEnded)
    assert (report.error, report.problem) == ("", "")
    assert report.axioms == {"Book.same": ()}
    assert report.lean.startswith("Lean 4.35.0 eb6cafb7 lake ")
    other = Envelope(8, "key", str(hub.path), hub.head() or "", "Book", (), (), identity=OTHER)
    refused = workshop.carry_out(AuditOrder(other, ("Book.same",)), lambda: False)
    assert isinstance(refused, AuditEnded)
    assert refused.error.startswith(f"This host has {report.lean}, and the campaign is built with {OTHER};")
    (packages / MANIFEST).write_text("{}")
    outdated = workshop.carry_out(AuditOrder(envelope, ("Book.same",)), lambda: False)
    assert isinstance(outdated, AuditEnded)
    assert "lake-manifest.json is not that of the project" in outdated.error
    embedded = Envelope(9, "key", str(hub.path), hub.head() or "", "Book", (), (), lean="embedded")
    without = workshop.carry_out(AuditOrder(embedded, ("Book.same",)), lambda: False)
    assert isinstance(without, AuditEnded)
    assert without.problem == "Book.Nodes.Same does not build."


def test_a_build_by_a_worker_counts_modules_of_the_tree_alone_with_the_stand_in(
    tmp_path: Path, hub: Repository, elan_with_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELAN_HOME", str(elan_with_library.parent.parent))
    packages = host_project(tmp_path / "host", elan_with_library)
    base = hub.commit(hub.write_tree(write(tmp_path / "open", FILES)), [], "a book of lake, open")
    hub.put("refs/attempts/open", base)
    workshop = Workshop(HostSettings(tmp_path / "worker", sandbox="none", packages=packages))
    envelope = Envelope(7, "key", str(hub.path), base, "Book", (), ())
    builder = workshop._leans.builder_of(envelope, tmp_path / "open")
    lock = Environment(builder.certify(tmp_path / "open")).meaning(TARGET)
    order = BuildOrder(envelope, hub.head() or "", "proof", TARGET, "Book.Nodes.Same", is_definition=False, lock=lock)
    report = workshop.carry_out(order, lambda: False)
    assert isinstance(report, BuildEnded)
    assert (report.accepted, report.reasons, report.error) == (True, (), "")
    assert list(report.modules) == ["Book.Nodes.Same"]
    assert dict(report.modules["Book.Nodes.Same"].imports) == {}
    assert report.lean == builder.lean.identity
