"""The demo: the book *Arithmetic from nothing*, formalized from its logic base by scripted agents.

Everything is real but the model: a server on this host answers from a script, mistakes included.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from checker import CheckerError, Sandbox
from coordinator.campaign.campaign import Campaign
from coordinator.campaign.founding import commit_folder, settings_text, write_settings
from coordinator.campaign.settings import SETTINGS_FILE, load_settings
from coordinator.errors import CampaignBusy, CoordinatorError
from coordinator.store.kept import get_meta
from coordinator.store.opening import has_store, open_to_read

SOURCES = Path(__file__).resolve().parents[2]
BOOK = SOURCES / "lean_project"
SCRIPT = BOOK / "rehearsal.yaml"
NAME = "Arithmetic from nothing"

_FINISHED = frozenset({"done", "stuck", "out_of_budget"})


def prepare_demo(folder: Path, *, fresh: bool) -> bool:
    """Makes the demo's campaign in `folder`; says whether it is a new one.

    A demo that was interrupted goes on; a finished one is made anew.

    Raises:
        CoordinatorError: the book is not installed, or `folder` holds something else than a demo.
    """
    if not SCRIPT.is_file():
        raise CoordinatorError(
            f"The demo needs its book, {BOOK}, which only a checkout of the sources has: clone them."
        )
    if (folder / SETTINGS_FILE).is_file():
        if not fresh and not _is_over(folder):
            return False
        _remove(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise CoordinatorError(f"{folder} is not empty and holds no demo; name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="blueprover-demo-") as scratch:
        files = Path(scratch) / "project"
        lay_out(files)
        commit_folder(folder / "hub.git", files, "Arithmetic from nothing: the book, and its logic base only")
    write_settings(folder, _settings(available_sandbox()))
    return True


def lay_out(files: Path) -> None:
    """Writes what the campaign starts from below `files`: the book, the logic base, the build file. No answers."""
    shutil.copytree(BOOK / "blueprint", files / "blueprint")
    shutil.copytree(BOOK / "Arithmetic" / "Base", files / "Arithmetic" / "Base")
    shutil.copy(SOURCES / "lean-toolchain", files)
    lakefile = (SOURCES / "lakefile.lean").read_text(encoding="utf-8")
    (files / "lakefile.lean").write_text(lakefile.replace("lean_project", "."), encoding="utf-8")


def _is_over(folder: Path) -> bool:
    campaign = Campaign(folder.resolve(), load_settings(folder))
    if not has_store(campaign):
        return False
    opened = open_to_read(campaign)
    try:
        with opened.begin() as connection:
            return str(get_meta(connection, "state")) in _FINISHED
    finally:
        opened.close()


def _remove(folder: Path) -> None:
    settings = load_settings(folder)
    if not settings.model.rehearsal or settings.name != NAME:
        raise CoordinatorError(f"{folder} holds a campaign that is not the demo's; name another folder.")
    if Campaign(folder.resolve(), settings).is_running():
        raise CampaignBusy(f"The demo in {folder} is running; stop it first.")
    shutil.rmtree(folder)


def available_sandbox() -> str:
    """``bubblewrap`` where this host has it, ``none`` otherwise.

    Only a demo may choose by itself: its agents are a script.
    """
    try:
        Sandbox.bubblewrap()
    except CheckerError:
        return "none"
    return "bubblewrap"


def _settings(sandbox: str) -> str:
    return settings_text(
        "The demo's campaign. Its model is a script that answers from the finished book; give a real model's name\n"
        "and a key instead of `rehearsal`, and the same campaign runs for real.",
        {
            "name": NAME,
            "book": "blueprint/src/web.tex",
            "library": "Arithmetic",
            "base": ["Arithmetic/Base"],
            "helpers": ["Arithmetic/Helpers"],
            "budget_usd": 20.0,
            "model": {"name": "rehearsal", "rehearsal": str(SCRIPT)},
            "attempt": {"max_calls": 30, "max_output_tokens": 4096, "max_cost_usd": 1.0, "wall_seconds": 120.0},
            "retry": {"backoff_seconds": 0.2},
            "reviews": {"statement": 2, "proof": 1},
            "lease": {"seconds": 15.0, "heartbeat_seconds": 2.0},
            "workers": {"sandbox": sandbox},
        },
    )
