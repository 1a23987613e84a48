"""Lean as evidence. Where lake is used, it is the stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coordinator.verify.lean_reading import read_lean
from tests.support.lake_books import FILES, MODULE, PROOF, TARGET, host_project, write
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_a_project_of_lake_is_read_with_its_own_lean_and_packages_with_the_stand_in(
    tmp_path: Path, elan_with_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELAN_HOME", str(elan_with_library.parent.parent))
    folder = host_project(tmp_path / "book", elan_with_library)
    (folder / MODULE).write_text(PROOF)
    found = read_lean(folder, any_sandbox().name)
    assert found.failures == {}
    assert list(found.evidence.declarations) == [TARGET]
    assert "More.same" in found.evidence.declarations[TARGET].value_uses


@pytest.mark.parametrize("wanted", ["leanprover/lean4:v4.9.0", "leanprover/lean4:v4.35.0"])
def test_where_the_lean_it_asks_for_is_not_installed_the_embedded_one_reads_it(
    wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    text = "module\nprelude\npublic axiom Book.thing : Type\n"
    folder = write(tmp_path / "book", {"lean-toolchain": wanted, "lakefile.toml": FILES["lakefile.toml"], MODULE: text})
    assert list(read_lean(folder, any_sandbox().name).evidence.declarations) == ["Book.thing"]
