"""The live view of a running campaign: a table that redraws itself on a terminal, plain lines anywhere else."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from blueprint import NodeState

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console, RenderableType

    from blueprint.snapshot import Snapshot

_REDRAW_SECONDS = 0.5
_LINE_SECONDS = 5.0
_ROWS = 12
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

STYLES = {
    NodeState.PROVED: "green",
    NodeState.CONDITIONAL: "cyan",
    NodeState.STATED: "blue",
    NodeState.READY: "yellow",
    NodeState.BLOCKED: "bright_black",
    NodeState.NOT_READY: "magenta",
    NodeState.FAILED: "red",
}
"""Colour of each state, the same on every screen."""


class LiveView:
    """Shows snapshots as they come. Use as a context."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._shown_at = 0.0
        self._last_line = ""

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def due(self) -> bool:
        """Whether it is time for another snapshot."""
        wait = _REDRAW_SECONDS if self._live is not None else _LINE_SECONDS
        return time.monotonic() - self._shown_at >= wait

    def show(self, snapshot: Snapshot, running: dict[str, int]) -> None:
        """Shows a snapshot.

        Args:
            snapshot: the campaign now.
            running: jobs under way by kind.
        """
        self._shown_at = time.monotonic()
        if self._live is not None:
            self._live.update(draw(snapshot, running, _ROWS), refresh=True)
            return
        line = one_line(snapshot, running)
        if line != self._last_line:
            self._console.print(line, highlight=False, soft_wrap=True)
            self._last_line = line


def plain(text: str) -> str:
    """`text` without the characters that command a terminal: books and agents' words are not to be trusted."""
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text)


def count_states(snapshot: Snapshot) -> dict[NodeState, int]:
    """Nodes by state, in the order of `NodeState`."""
    counts = dict.fromkeys(NodeState, 0)
    for each in snapshot.progress.values():
        counts[each.state] += 1
    return counts


def one_line(snapshot: Snapshot, running: dict[str, int]) -> str:
    """The campaign in one line."""
    counts = count_states(snapshot)
    ready = len(snapshot.progress) - counts[NodeState.NOT_READY]
    states = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in counts.items() if number)
    under_way = ", ".join(f"{number} {kind}" for kind, number in sorted(running.items())) or "nothing"
    return (
        f"{counts[NodeState.PROVED]}/{ready} proved ({states}); under way: {under_way}; "
        f"{sum(snapshot.landings.values())} landings; ${snapshot.cost_usd:.2f}"
    )


def draw(snapshot: Snapshot, running: dict[str, int], rows: int = 0) -> RenderableType:
    """The campaign as a panel.

    Args:
        snapshot: the campaign now.
        running: jobs under way by kind.
        rows: lines kept for the nodes something is going on at, so that a screen that redraws itself stands still;
            0 takes as many as there are nodes, up to a screenful.
    """
    counts = count_states(snapshot)
    ready = len(snapshot.progress) - counts[NodeState.NOT_READY]
    parts: list[RenderableType] = [
        _progress(counts, ready),
        Text(),
        _states(counts),
        Text(),
        _figures(snapshot, running),
        Text(),
        _busy(snapshot, rows),
    ]
    return Panel(Group(*parts), title=_title(snapshot), title_align="left", padding=(1, 2))


def _title(snapshot: Snapshot) -> Text:
    title = Text(plain(snapshot.campaign))
    if snapshot.rehearsal:
        title.append(" (scripted model: no money is spent)", style="dim")
    if snapshot.sandbox == "none":
        title.append(" (agents' Lean runs WITHOUT a sandbox)", style="bold red")
    return title


def _progress(counts: dict[NodeState, int], ready: int) -> Table:
    proved = counts[NodeState.PROVED]
    line = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=max(ready, 1), completed=proved, width=60, complete_style="green", finished_style="green")
    line.add_row(bar, f"{proved} of {ready} proved")
    return line


def _states(counts: dict[NodeState, int]) -> Text:
    line = Text()
    for state, number in counts.items():
        if number:
            line.append(f"{number} ", style=f"bold {STYLES[state]}")
            line.append(f"{state.replace('_', ' ')}   ", style=STYLES[state])
    return line


def _figures(snapshot: Snapshot, running: dict[str, int]) -> Table:
    requests: dict[str, int] = {}
    for request in snapshot.pull_requests:
        requests[request.state] = requests.get(request.state, 0) + 1
    table = Table.grid(padding=(0, 3))
    table.add_row("under way", _counts(running) or "nothing")
    table.add_row("pull requests", _counts(requests) or "none yet")
    table.add_row("landings", _counts(dict(snapshot.landings)) or "none yet")
    tokens = f"{snapshot.input_tokens:,} in, {snapshot.output_tokens:,} out"
    table.add_row("tokens", f"{tokens}   cost ${snapshot.cost_usd:.2f}")
    return table


def _counts(counts: dict[str, int]) -> str:
    return "   ".join(f"{number} {name}" for name, number in sorted(counts.items()) if number)


def _busy(snapshot: Snapshot, rows: int) -> Table:
    """The nodes something is going on at."""
    table = Table.grid(padding=(0, 2))
    active = [each for each in snapshot.progress.values() if each.active]
    for each in active[:_ROWS]:
        node = snapshot.blueprint.by_label[each.label]
        table.add_row(
            Text(plain(node.name)), Text(plain(each.declaration), style="dim"), Text(each.active, style="cyan")
        )
    for _ in range(rows - len(active)):
        table.add_row("", "", "")
    return table
