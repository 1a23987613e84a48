"""The sandbox of paths: whatever a model asks for, nothing outside its folder is read or written."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.errors import PathRefused, ToolError
from agents.workspace import MAX_LISTED, MAX_WRITTEN, Workspace
from checker import Policy

if TYPE_CHECKING:
    from pathlib import Path

OWN = "Arithmetic/Logic/AndComm.lean"
WRITABLE = (OWN, "Arithmetic/Helpers/")
BUILDER = cast("Any", None)  # no Lean is asked here


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    base, folder = tmp_path / "base", tmp_path / "folder"
    (base / "Arithmetic/Logic").mkdir(parents=True)
    (base / OWN).write_text("module\n")
    (base / "Arithmetic/Logic/Or.lean").write_text("module -- ∎\n")
    (base / ".git").mkdir()
    (base / ".git/config").write_text("secret")
    shutil.copytree(base, folder)
    (tmp_path / "outside.lean").write_text("outside")
    return Workspace(base, folder, BUILDER)


def test_either_side_of_a_conflict_is_read_whole_and_neither_is_written(workspace: Workspace, tmp_path: Path) -> None:
    branch = tmp_path / "branch"
    shutil.copytree(workspace.base, branch)
    (branch / OWN).write_text("module -- theirs\n")
    (branch / "Arithmetic/Logic/Or.lean").unlink()
    sided = Workspace(workspace.base, workspace.folder, BUILDER, branch=branch)
    sided.write(OWN, "module -- joined\n", WRITABLE)
    assert sided.read_side(OWN, "main") == "module\n"
    assert sided.read_side(OWN, "branch") == "module -- theirs\n"
    with pytest.raises(PathRefused, match="on the side of branch it is gone or never was"):
        sided.read_side("Arithmetic/Logic/Or.lean", "branch")
    with pytest.raises(PathRefused):
        sided.read_side("../outside.lean", "branch")
    with pytest.raises(PathRefused, match="There is no branch"):
        workspace.read_side(OWN, "branch")


ATTACKS = [
    "",
    ".",
    "..",
    "/etc/passwd",
    "../outside.lean",
    "Arithmetic/../../outside.lean",
    "Arithmetic/./Logic/AndComm.lean",
    "Arithmetic//Logic/AndComm.lean",
    ".git/config",
    "Arithmetic/.hidden.lean",
    "Arithmetic\\Logic\\AndComm.lean",
    "Arithmetic/Logic/AndComm.lean\0.txt",
    "Arithmetic/Logic/AndComm.lean\n",
    "Arithmetic/Logic/\u202eAndComm.lean",
    "A/" * 400 + "a.lean",
]


@pytest.mark.parametrize("path", ATTACKS)
def test_paths_that_are_not_plainly_inside_are_refused(workspace: Workspace, path: str) -> None:
    with pytest.raises(PathRefused):
        workspace.read(path)
    with pytest.raises(PathRefused):
        workspace.write(path, "x", (*WRITABLE, path))
    assert workspace.changed() == ()


@pytest.mark.parametrize(
    "path",
    [
        "Arithmetic/Logic/Or.lean",
        "lakefile.lean",
        "Arithmetic/Helpers.lean",
        "Arithmetic/Helpers/run.sh",
        "Arithmetic/Helpers/A.olean",
        "Arithmetic/Helpers/a b.lean",
        "Arithmetic/Helpers/«x».lean",
        "Arithmetic/Helpers/.lean",
        "Arithmetic/HelpersToo/A.lean",
    ],
)
def test_only_the_own_file_and_helpers_may_be_written(workspace: Workspace, path: str) -> None:
    with pytest.raises(PathRefused):
        workspace.write(path, "x", WRITABLE)


def test_links_are_neither_read_nor_written_nor_listed(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.folder / "Arithmetic/Helpers").symlink_to(tmp_path)
    (workspace.folder / OWN).unlink()
    (workspace.folder / OWN).symlink_to(tmp_path / "outside.lean")
    for path in ("Arithmetic/Helpers/outside.lean", OWN):
        with pytest.raises(PathRefused, match="link"):
            workspace.read(path)
        with pytest.raises(PathRefused, match="link"):
            workspace.write(path, "mine", WRITABLE)
    assert workspace.files() == (["Arithmetic/Logic/Or.lean"], 1)
    assert (tmp_path / "outside.lean").read_text() == "outside"


def test_what_is_no_regular_file_is_refused_and_does_not_hang(workspace: Workspace) -> None:
    os.mkfifo(workspace.folder / "Arithmetic/pipe.lean")
    for path in ("Arithmetic/pipe.lean", "Arithmetic/Logic", "Arithmetic/Nothing.lean"):
        with pytest.raises(PathRefused):
            workspace.read(path)
    assert "Arithmetic/pipe.lean" not in workspace.files()[0]
    with pytest.raises(PathRefused, match="folder"):
        workspace.write("Arithmetic/Logic", "x", ("Arithmetic/Logic",))
    with pytest.raises(PathRefused):
        workspace.write("Arithmetic/Logic/Or.lean/A.lean", "x", ("Arithmetic/Logic/Or.lean/",))


def test_a_file_shared_with_another_tree_is_replaced_not_overwritten(workspace: Workspace) -> None:
    own = workspace.folder / OWN
    own.unlink()
    own.hardlink_to(workspace.base / OWN)
    workspace.write(OWN, "changed\n", WRITABLE)
    assert (workspace.base / OWN).read_text() == "module\n"
    assert workspace.changed() == (OWN,)


def test_large_strange_and_countless_files_are_refused(workspace: Workspace) -> None:
    small = Workspace(workspace.base, workspace.folder, BUILDER, Policy(file_bytes=10))
    for text in ("x" * 11, "∀∀∀∀", "a\0b", "\ud800"):
        with pytest.raises(ToolError):
            small.write(OWN, text, WRITABLE)
    (workspace.folder / OWN).write_bytes(b"\xff\xfe")
    with pytest.raises(ToolError, match="UTF-8"):
        small.read(OWN)
    with pytest.raises(ToolError, match="larger"):
        small.read("Arithmetic/Logic/Or.lean")
    for number in range(MAX_WRITTEN):
        workspace.write(f"Arithmetic/Helpers/A{number}.lean", "x", WRITABLE)
    workspace.write("Arithmetic/Helpers/A0.lean", "y", WRITABLE)
    with pytest.raises(ToolError, match="already"):
        workspace.write("Arithmetic/Helpers/B.lean", "x", WRITABLE)


def test_long_listings_are_cut_and_counted(workspace: Workspace) -> None:
    for number in range(MAX_LISTED):
        (workspace.folder / f"Arithmetic/Logic/N{number}.lean").write_text("")
    names, count = workspace.files("Arithmetic/Logic/")
    assert len(names) == MAX_LISTED
    assert count == MAX_LISTED + 2
    assert workspace.files("Arithmetic/Logic") == (names, count)
    with pytest.raises(PathRefused):
        workspace.files("Arithmetic/Nothing")


def test_what_is_written_back_as_it_was_is_no_change(workspace: Workspace) -> None:
    workspace.write(OWN, "other\n", WRITABLE)
    workspace.write("Arithmetic/Helpers/New.lean", "module ∎\n", WRITABLE)
    assert workspace.changed() == ("Arithmetic/Helpers/New.lean", OWN)
    workspace.write(OWN, "module\n", WRITABLE)
    assert workspace.changed() == ("Arithmetic/Helpers/New.lean",)
    assert workspace.read("Arithmetic/Helpers/New.lean") == "module ∎\n"
    assert list((workspace.folder / "Arithmetic/Helpers").glob(".*")) == []


PIECES = st.sampled_from(["..", ".", "", "Arithmetic", "Logic", "AndComm.lean", "Helpers", "a", "/", "\\", "~", "\0"])


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=8).map("/".join) | st.text(max_size=30))
def test_no_path_leads_outside(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    root = tmp_path_factory.getbasetemp() / "nowhere"
    folder = root / "folder"
    folder.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(folder, folder, BUILDER)
    try:
        workspace.write(path, "x", (path,))
    except ToolError:
        return
    inside = folder / path
    assert inside.resolve().is_relative_to(folder)
    assert workspace.read(path) == "x"
    inside.unlink()
    assert list(root.iterdir()) == [folder]
