"""A real browser shows the pages without a complaint, straight from the disk."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from website import build_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blueprint.snapshot import Snapshot

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(name="browse")
def _browse(tmp_path: Path) -> Callable[..., tuple[str, list[str]]]:
    """Return a function that opens an address and returns what standard output says, and the console's lines."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing: install Debian's chromium.")
        pytest.skip("no Chromium here")

    def browse(address: str, *options: str) -> tuple[str, list[str]]:
        command = [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=3000",
            "--enable-logging=stderr",
            *options,
            address,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]

    return browse


@pytest.fixture(name="site")
def _site(sample: Snapshot, tmp_path: Path) -> Path:
    return build_site(sample, tmp_path / "a site").index.parent


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("index.html", 'data-follow-button="" aria-pressed="false">Follow live'),
        ("chapters/1-the-natural-numbers.html", 'data-copy="">Copy'),
        ("graph.html", '<g class="vertices">'),
        ("nodes.html", '<th scope="col"><button type="button">Node</button>'),
        ("pull-requests/3.html", "lean-sorry"),
    ],
)
def test_pages_open_without_complaint_and_scripts_run(
    page: str, shown: str, site: Path, browse: Callable[..., tuple[str, list[str]]]
) -> None:
    dom, console = browse((site / page).as_uri(), "--dump-dom")
    assert console == []
    assert shown in dom


def test_an_address_with_a_node_keeps_it_in_view(site: Path, browse: Callable[..., tuple[str, list[str]]]) -> None:
    dom, console = browse((site / "graph.html").as_uri() + "#thm:add_comm", "--dump-dom")
    assert console == []
    assert 'class="graph chosen"' in dom
    assert "rests on 4; carries 1" in dom


def test_hostile_text_runs_nothing(
    hostile: Snapshot, tmp_path: Path, browse: Callable[..., tuple[str, list[str]]]
) -> None:
    index = build_site(hostile, tmp_path / "site").index
    for page in ("index.html", "graph.html", "pull-requests/2.html"):
        dom, console = browse((index.parent / page).as_uri(), "--dump-dom")
        assert console == []
        assert "<script>alert" not in dom
        assert "<img" not in dom


def test_a_chapter_can_be_seen(site: Path, tmp_path: Path, browse: Callable[..., tuple[str, list[str]]]) -> None:
    picture = tmp_path / "chapter.png"
    page = site / "chapters/1-the-natural-numbers.html"
    _, console = browse(page.as_uri(), "--window-size=1400,1000", f"--screenshot={picture}")
    assert console == []
    data = picture.read_bytes()
    assert struct.unpack(">II", data[16:24]) == (1400, 1000)
    assert len(data) > 20_000
