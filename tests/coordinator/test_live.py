from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from blueprint import NodeState
from blueprint.snapshot import NodeProgress, Snapshot
from coordinator.store import items
from coordinator.store.store import Store
from coordinator.views.live import draw
from tests.support.books import book, node
from tests.support.campaigns import blueprover, small_campaign

if TYPE_CHECKING:
    from pathlib import Path


def test_headings_are_shown_as_they_are_and_never_command_the_terminal() -> None:
    made = book(replace(node("a"), heading="on [a,b] [/x] \x1b[2J\x9b2J\u202e"))
    progress = {"a": NodeProgress("a", NodeState.READY, "Book.A", "Book.a", active="stating")}
    console = Console(file=io.StringIO(), width=100)
    console.print(draw(Snapshot("[/red]\x1b[2J", "running", made, progress), {}))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "on [a,b] [/x]" in shown
    assert "[/red]" in shown
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_status_shows_reasons_that_are_empty_or_hostile(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "of [/a] book")
    store = Store(folder / "store.sqlite", writable=True)
    with store.begin() as transaction:
        items.seed_items(transaction, book(node("a")))
        for reason in ("", "\n\n", "\x1b]0;gone\x07[/b] no"):
            items.record_failure(transaction, 1, "lean", reason, 0.0)
    store.close()
    answer = blueprover("status", str(folder), timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert "[/b] no" in answer.stdout
    assert "\x1b" not in answer.stdout
