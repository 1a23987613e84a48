"""Which Lean a tree gets, and the packages beside it. Every test here uses the stand-in for lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import Builder, CertificateStore, LakeFailed, LakeToolchain, LeanChoice, LeanMissing
from checker.build.lean_choice import MANIFEST, fingerprint
from tests.support.lake_books import FILES, host_project, write
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, elan_with_library: Path) -> Path:
    """A host's project with a compiled package."""
    return host_project(tmp_path_factory.mktemp("host"), elan_with_library)


@pytest.fixture(autouse=True)
def only_the_stand_in(elan_with_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other lake is found."""
    monkeypatch.setenv("ELAN_HOME", str(elan_with_library.parent.parent))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_a_tree_out_of_git_is_compiled_with_the_packages_of_the_host_with_the_stand_in(
    packages: Path, tmp_path: Path
) -> None:
    tree = write(tmp_path / "tree", FILES)
    lean = LeanChoice(packages=packages).toolchain(tree, any_sandbox())
    assert isinstance(lean, LakeToolchain)
    builder = Builder(lean, any_sandbox(), CertificateStore(tmp_path / "store"))
    try:
        build = builder.certify(tree)
    finally:
        builder.close()
    assert build.ok, build.failures
    assert list(build.built) == ["Init.Prelude", "Init", "More.Deep", "More.Basic", "Book.Nodes.Same"]
    assert build.compiled == ("Book.Nodes.Same",)


def test_packages_of_another_manifest_are_refused_with_the_stand_in(packages: Path, tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {**FILES, MANIFEST: '{"packages": []}\n'})
    with pytest.raises(LakeFailed, match=r"lake-manifest\.json is not that of the project.* run `lake build` there\.$"):
        LeanChoice(packages=packages).toolchain(tree, any_sandbox())


@pytest.mark.parametrize("manifest", [FILES[MANIFEST], "no JSON", "[]"])
def test_packages_that_are_nowhere_are_asked_for_with_the_stand_in(manifest: str, tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {**FILES, MANIFEST: manifest})
    with pytest.raises(LakeFailed, match=r"name the folder of a project with them, as `workers\.packages`"):
        LeanChoice().toolchain(tree, any_sandbox())
    (tree / MANIFEST).write_text('{"packages": []}')
    assert LeanChoice().toolchain(tree, any_sandbox()).kind == "lake"


def test_packages_without_an_installed_lean_are_no_work_for_the_embedded_one_unless_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "none"))
    tree = write(tmp_path / "tree", FILES)
    with pytest.raises(LeanMissing, match=r"install the project's own with elan, or choose `embedded`"):
        LeanChoice().toolchain(tree, any_sandbox())
    assert LeanChoice("embedded").toolchain(tree, any_sandbox()).kind == "embedded"


@pytest.mark.parametrize("changed", ["lean-toolchain", MANIFEST, "lakefile.toml"])
def test_trees_that_may_get_another_lean_have_another_fingerprint(changed: str, tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", FILES)
    before = fingerprint(tree)
    write(tree, {"Book/Nodes/Other.lean": "module\n"})
    assert fingerprint(tree) == before
    (tree / changed).unlink()
    assert fingerprint(tree) != before
