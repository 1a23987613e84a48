"""`blueprover merge-file` and the driver: git's own merges of Lean files go declaration by declaration."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from coordinator.cli import app
from coordinator.errors import GitError, InputError
from coordinator.git.driver import RULE, install_driver, remove_driver
from coordinator.git.lines import merge_lines
from tests.checker.merge_cases import Case, read_cases
from tests.support.campaigns import blueprover

if TYPE_CHECKING:
    from pathlib import Path

CASES = {case.name: case for case in read_cases()}
JOINED, TORN, UNREADABLE = (CASES[name] for name in ("both_add_a_lemma", "proofs_of_both", "unreadable"))
GIT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b",
}  # fmt: skip


def versions(folder: Path, case: Case) -> list[str]:
    """The three versions as files, in the order of the command."""
    for name, data in (("base", case.base), ("ours", case.ours), ("theirs", case.theirs)):
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in ("base", "ours", "theirs")]


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=folder, env=GIT, capture_output=True, text=True, check=False)


def commit(folder: Path, files: dict[str, bytes], message: str) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert git(folder, "add", "--all").returncode == 0
    assert git(folder, "commit", "--quiet", "-m", message).returncode == 0


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    """A repository with two branches, each with its side of two files; ours is checked out."""
    folder = tmp_path / "with % and 'space"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=ours", ".")
    commit(folder, {"Joined one.lean": JOINED.base, "Torn.lean": TORN.base}, "base")
    git(folder, "checkout", "--quiet", "-b", "theirs")
    commit(folder, {"Joined one.lean": JOINED.theirs}, "theirs")
    git(folder, "branch", "torn")
    git(folder, "checkout", "--quiet", "ours")
    commit(folder, {"Joined one.lean": JOINED.ours, "Torn.lean": TORN.ours}, "ours")
    git(folder, "checkout", "--quiet", "torn")
    commit(folder, {"Torn.lean": TORN.theirs}, "torn")
    git(folder, "checkout", "--quiet", "ours")
    return folder


def test_a_merge_is_written_over_ours_with_its_permissions(tmp_path: Path) -> None:
    paths = versions(tmp_path, JOINED)
    (tmp_path / "ours").chmod(0o640)
    answer = blueprover("merge-file", *paths)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert (tmp_path / "ours").read_bytes() == JOINED.merged
    assert (tmp_path / "ours").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "ours", "theirs"]


def test_a_conflict_exits_with_1_and_is_told_by_name_and_line(tmp_path: Path) -> None:
    answer = CliRunner().invoke(
        app, ["merge-file", *versions(tmp_path, TORN), "--path", "Book/A.lean", "--marker-size", "11"]
    )
    assert answer.exit_code == 1
    assert answer.stderr == "Book/A.lean: conflict: Book.a (line 9): both sides change it\n"
    merged = (tmp_path / "ours").read_text()
    for mark in ("<" * 11 + " ours", "|" * 11 + " base", "=" * 11, ">" * 11 + " theirs"):
        assert f"\n{mark}\n" in merged


def test_a_version_that_is_missing_exits_with_2_and_leaves_ours_alone(tmp_path: Path) -> None:
    paths = versions(tmp_path, JOINED)
    (tmp_path / "theirs").unlink()
    answer = blueprover("merge-file", *paths)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "theirs cannot be read: No such file or directory." in answer.stderr.replace("\n", "")
    assert (tmp_path / "ours").read_bytes() == JOINED.ours


def test_a_folder_that_cannot_be_written_leaves_ours_alone(tmp_path: Path) -> None:
    paths = versions(tmp_path, JOINED)
    (tmp_path / "ours").unlink()
    (tmp_path / "ours").mkdir()
    answer = CliRunner().invoke(app, ["merge-file", *paths])
    assert isinstance(answer.exception, InputError)


def test_what_is_no_text_cannot_be_merged_and_is_left_alone(tmp_path: Path) -> None:
    paths = versions(tmp_path, JOINED)
    (tmp_path / "theirs").write_bytes(b"\0\1\2\n\xff")
    answer = CliRunner().invoke(app, ["merge-file", *paths])
    assert isinstance(answer.exception, InputError)
    assert answer.exception.exit_code == 2
    assert (tmp_path / "ours").read_bytes() == JOINED.ours


def test_what_cannot_be_cut_is_merged_by_lines_and_says_why(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["merge-file", *versions(tmp_path, UNREADABLE), "--path", "A.lean"])
    assert answer.exit_code == 1
    assert answer.stderr == "A.lean: conflict, by lines: line 12: `end Bok` does not close what is open.\n"
    by_lines, clean = merge_lines(
        UNREADABLE.base, UNREADABLE.ours, UNREADABLE.theirs, mark_length=7, names=("ours", "base", "theirs")
    )
    assert not clean
    assert (tmp_path / "ours").read_bytes() == by_lines
    assert b"<<<<<<< ours\n" in by_lines


def test_what_is_no_lean_file_is_merged_by_lines(tmp_path: Path) -> None:
    for name, text in (("base", "a\nm\nn\nb\n"), ("ours", "A\nm\nn\nb\n"), ("theirs", "a\nm\nn\nB\n")):
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in ("base", "ours", "theirs")]
    answer = CliRunner().invoke(app, ["merge-file", *paths, "--path", "notes.txt"])
    assert answer.exit_code == 0
    assert answer.stderr == "notes.txt: merged, by lines: it is no Lean file\n"
    assert (tmp_path / "ours").read_text() == "A\nm\nn\nB\n"


def test_names_from_the_text_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    for name, value in (("base", 0), ("ours", 1), ("theirs", 2)):
        (tmp_path / name).write_text(f"def «a\x1b[31m» := {value}\n")
    paths = [str(tmp_path / name) for name in ("base", "ours", "theirs")]
    answer = CliRunner().invoke(app, ["merge-file", *paths, "--path", "A\x1b]0;x\x07.lean"])
    assert answer.exit_code == 1
    assert answer.stderr.isprintable() is False
    assert "\x1b" not in answer.stderr
    assert "\x07" not in answer.stderr


def test_a_merge_of_branches_joins_what_lines_cannot(work_tree: Path) -> None:
    assert git(work_tree, "merge", "--quiet", "theirs").returncode == 1
    git(work_tree, "merge", "--abort")
    assert blueprover("merge-driver", str(work_tree)).returncode == 0
    (work_tree / "coordinator").mkdir()  # must not be taken for the program's
    (work_tree / "coordinator" / "__init__.py").write_text("raise SystemExit(9)\n")
    merged = git(work_tree, "merge", "--quiet", "-m", "joined", "theirs")
    assert merged.returncode == 0, merged.stderr
    assert (work_tree / "Joined one.lean").read_bytes() == JOINED.merged
    torn = git(work_tree, "merge", "--quiet", "torn")
    assert torn.returncode == 1
    assert git(work_tree, "diff", "--name-only", "--diff-filter=U").stdout == "Torn.lean\n"
    assert "Torn.lean: conflict: Book.a (line 9): both sides change it" in torn.stderr
    assert b"<<<<<<< ours\n" in (work_tree / "Torn.lean").read_bytes()


def test_a_bare_repository_merges_in_memory_with_the_driver(work_tree: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(work_tree), "hub")
    hub = tmp_path / "hub"
    assert git(hub, "merge-tree", "--write-tree", "ours", "theirs").returncode == 1
    assert blueprover("merge-driver", str(hub)).returncode == 0
    joined = git(hub, "merge-tree", "--write-tree", "ours", "theirs")
    assert joined.returncode == 0, joined.stderr
    tree = joined.stdout.splitlines()[0]
    assert git(hub, "cat-file", "blob", f"{tree}:Joined one.lean").stdout.encode() == JOINED.merged


def test_the_driver_is_set_up_once_and_taken_out_again(work_tree: Path) -> None:
    attributes = work_tree / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.png binary\n")
    for _ in range(2):
        assert install_driver(work_tree, "x", shared=False).attributes == attributes
    assert attributes.read_text() == f"*.png binary\n{RULE}\n"
    assert git(work_tree, "config", "merge.blueprover.driver").stdout == "x\n"
    for _ in range(2):
        remove_driver(work_tree)
    assert attributes.read_text() == "*.png binary\n"
    assert git(work_tree, "config", "merge.blueprover.driver").returncode == 1


def test_the_rule_can_be_shared_with_others(work_tree: Path) -> None:
    answer = CliRunner().invoke(app, ["merge-driver", str(work_tree), "--shared"])
    assert answer.exit_code == 0
    assert (work_tree / ".gitattributes").read_text() == f"{RULE}\n"
    assert "Commit it" in answer.output


def test_attributes_that_are_a_link_are_left_alone(work_tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    (work_tree / ".gitattributes").symlink_to(outside)
    with pytest.raises(GitError, match="is a link"):
        install_driver(work_tree, "x", shared=True)
    assert outside.read_text() == "mine\n"


def test_a_folder_without_repository_or_work_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is in no git repository"):
        install_driver(tmp_path, "x", shared=False)
    git(tmp_path, "init", "--quiet", "--bare", "hub")
    with pytest.raises(GitError, match="has no work tree"):
        install_driver(tmp_path / "hub", "x", shared=True)
