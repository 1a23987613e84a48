"""The site's folder: written once, kept when right, swept only of what the site wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from website.errors import FolderUnusable
from website.output import MANIFEST, OutputFolder, digest

if TYPE_CHECKING:
    from pathlib import Path


def build(folder: Path, files: dict[str, str]) -> OutputFolder:
    output = OutputFolder(folder)
    for name, text in files.items():
        output.put(name, digest(text), lambda text=text: text)  # type: ignore[misc]
    output.finish()
    return output


def test_files_are_written_then_kept(tmp_path: Path) -> None:
    files = {"a.html": "A", "deep/er/b.html": "B"}
    assert build(tmp_path / "site", files).written == list(files)
    stamps = [(tmp_path / "site" / name).stat().st_mtime_ns for name in files]
    again = build(tmp_path / "site", files)
    assert (again.written, again.kept) == ([], list(files))
    assert stamps == [(tmp_path / "site" / name).stat().st_mtime_ns for name in files]
    assert (tmp_path / "site/deep/er/b.html").read_text() == "B"


def test_unchanged_ingredients_are_not_rendered_again(tmp_path: Path) -> None:
    build(tmp_path, {"a.html": "A"})
    output = OutputFolder(tmp_path)
    output.put("a.html", digest("A"), lambda: pytest.fail("rendered again"))
    assert output.kept == ["a.html"]


def test_new_ingredients_with_the_same_page_do_not_touch_the_file(tmp_path: Path) -> None:
    build(tmp_path, {"a.html": "A"})
    stamp = (tmp_path / "a.html").stat().st_mtime_ns
    output = OutputFolder(tmp_path)
    output.put("a.html", "other", lambda: "A")
    assert (output.kept, (tmp_path / "a.html").stat().st_mtime_ns) == (["a.html"], stamp)


def test_edited_and_missing_files_are_mended(tmp_path: Path) -> None:
    build(tmp_path, {"a.html": "A", "b.html": "B"})
    (tmp_path / "a.html").write_text("vandalised")
    (tmp_path / "b.html").unlink()
    assert build(tmp_path, {"a.html": "A", "b.html": "B"}).written == ["a.html", "b.html"]


def test_stale_pages_go_with_their_folders(tmp_path: Path) -> None:
    build(tmp_path, {"a.html": "A", "deep/er/b.html": "B"})
    assert build(tmp_path, {"a.html": "A"}).removed == ["deep/er/b.html"]
    assert not (tmp_path / "deep").exists()


def test_what_the_site_did_not_write_stays(tmp_path: Path) -> None:
    build(tmp_path, {"deep/a.html": "A", "deep/b.html": "B"})
    (tmp_path / "deep/a.html").write_text("a note of mine")
    (tmp_path / "deep/own.txt").write_text("mine too")
    assert build(tmp_path, {"c.html": "C"}).removed == ["deep/b.html"]
    assert (tmp_path / "deep/a.html").read_text() == "a note of mine"
    assert (tmp_path / "deep/own.txt").exists()


def test_a_manifest_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("V")
    site = tmp_path / "site"
    site.mkdir()
    entry = [digest("V"), digest("V")]
    files = {"../victim.txt": entry, str(victim): entry}
    (site / MANIFEST).write_text(json.dumps({"format": 1, "files": files}))
    assert build(site, {}).removed == []
    assert victim.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 99, "files": {}}', '{"format": 1, "files": {"a": 1}}']
)
def test_a_broken_manifest_costs_time_and_removes_nothing(tmp_path: Path, text: str) -> None:
    build(tmp_path, {"a.html": "A", "b.html": "B"})
    (tmp_path / MANIFEST).write_text(text)
    again = build(tmp_path, {"a.html": "A"})
    assert (again.kept, again.removed) == (["a.html"], [])


def test_leftovers_of_a_killed_build_are_swept(tmp_path: Path) -> None:
    build(tmp_path, {"deep/a.html": "A"})
    (tmp_path / "deep/.writing-x").write_text("half")
    build(tmp_path, {"deep/a.html": "A"})
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["a.html"]


def test_a_file_in_the_folders_place_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    with pytest.raises(FolderUnusable, match=r"site: cannot make the site's folder"):
        OutputFolder(tmp_path / "site")


def test_a_folder_in_a_pages_place_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.html").mkdir()
    with pytest.raises(FolderUnusable, match=r"a\.html: cannot write this page"):
        build(tmp_path, {"a.html": "A"})


def test_a_page_that_cannot_be_rendered_leaves_the_old_one(tmp_path: Path) -> None:
    build(tmp_path, {"a.html": "A"})
    output = OutputFolder(tmp_path)
    with pytest.raises(ZeroDivisionError):
        output.put("a.html", "new", lambda: str(1 // 0))
    assert (tmp_path / "a.html").read_text() == "A"
