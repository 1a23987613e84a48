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
from coordinator.full_disk import if_there_is_room

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from blueprint.snapshot import Snapshot
    from coordinator.views.under_way import RunningJob, UnderWay

_REDRAW_SECONDS = 0.5
_LINE_SECONDS = 5.0

_ROWS = 12
"""Jobs that are named at most."""

_RECENT = 3
"""Landings, and failures, that are named at most."""

_TALL = 30
"""Lines that a terminal has at least for all that; on a lower one less is shown, and without air."""

_LINES_BESIDES, _LINES_BESIDES_IF_LOW = 27, 21
"""Lines that do not name jobs, and one that stays free below."""

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

_DOING = {
    "review": "reviewing",
    "resolve": "resolving",
    "build": "building",
    "joint": "building several",
    "audit": "auditing",
    "background_audit": "auditing in the background",
}

_ATTEMPTING = {"statement": "stating", "proof": "proving"}


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

    def show(self, snapshot: Snapshot, under_way: UnderWay) -> None:
        """Shows a snapshot, with what is under way."""
        self._shown_at = time.monotonic()
        with if_there_is_room():
            self._show(snapshot, under_way)

    def _show(self, snapshot: Snapshot, under_way: UnderWay) -> None:
        if self._live is not None:
            self._live.update(draw(snapshot, under_way, self._console.height), refresh=True)
            return
        line = one_line(snapshot, under_way)
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


def one_line(snapshot: Snapshot, under_way: UnderWay | None = None) -> str:
    """The campaign in one line."""
    counts = count_states(snapshot)
    ready = len(snapshot.progress) - counts[NodeState.NOT_READY]
    states = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in counts.items() if number)
    jobs = {} if under_way is None else under_way.counts
    busy = ", ".join(f"{number} {kind}" for kind, number in sorted(jobs.items())) or "nothing"
    paused = "; paused" if snapshot.paused else ""
    return (
        f"{counts[NodeState.PROVED]}/{ready} proved ({states}); under way: {busy}; "
        f"{sum(snapshot.landings.values())} landings; ${snapshot.cost_usd:.2f}{paused}"
    )


def draw(snapshot: Snapshot, under_way: UnderWay, height: int = 0) -> RenderableType:
    """The campaign as a panel.

    Args:
        snapshot: the campaign now.
        under_way: what it does right now.
        height: lines of a terminal on which it is redrawn: it then takes as many each time, so that it stands still.
            0 takes as many as there is something to say, and leaves out failures.
    """
    low = 0 < height < _TALL
    recent = 1 if low else _RECENT
    rows = min(_ROWS, max(height - (_LINES_BESIDES_IF_LOW if low else _LINES_BESIDES), 1)) if height else 0
    lines_of = {
        "landed last": _landings(snapshot, recent),
        "failed last": _failures(snapshot, recent) if height else [],
    }
    counts = count_states(snapshot)
    ready = len(snapshot.progress) - counts[NodeState.NOT_READY]
    parts: list[RenderableType] = [
        _progress(counts, ready),
        Text(),
        _States(counts, 2 if height else 1),
        Text(),
        _figures(snapshot, under_way),
        *_section("now", _jobs_at_work(snapshot, under_way.jobs, rows or _ROWS), rows),
    ]
    for heading, lines in lines_of.items():
        parts += _section(heading, lines, recent if height else 0)
    return Panel(Group(*parts), title=_title(snapshot), title_align="left", padding=(0 if low else 1, 2))


def _title(snapshot: Snapshot) -> Text:
    title = Text(plain(snapshot.campaign))
    if snapshot.paused:
        title.append(" (paused)", style="bold yellow")
    if snapshot.rehearsal:
        title.append(" (scripted model: no money is spent)", style="dim")
    if snapshot.sandbox == "none":
        title.append(" (agents' Lean runs WITHOUT a sandbox)", style="bold red")
    return title


def _progress(counts: dict[NodeState, int], ready: int) -> Table:
    proved = counts[NodeState.PROVED]
    line = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=max(ready, 1), completed=proved, width=50, complete_style="green", finished_style="green")
    line.add_row(bar, f"{proved} of {ready} proved")
    return line


class _States:
    """Numbers of nodes by state, none torn apart at a line's end, on at least so many lines."""

    def __init__(self, counts: Mapping[NodeState, int], lines: int) -> None:
        self._counts = counts
        self._lines = lines

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [Text()]
        for state, number in self._counts.items():
            if not number:
                continue
            words = f"{number} {state.replace('_', ' ')}"
            if lines[-1] and lines[-1].cell_len + 2 + len(words) > options.max_width:
                lines.append(Text())
            lines[-1].append("  " if lines[-1] else "")
            lines[-1].append(f"{number} ", style=f"bold {STYLES[state]}")
            lines[-1].append(words.partition(" ")[2], style=STYLES[state])
        yield from lines
        yield from (Text() for _ in range(self._lines - len(lines)))


def _figures(snapshot: Snapshot, under_way: UnderWay) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_row("under way", _counts(under_way.counts) or "nothing")
    table.add_row("pull requests", _counts(snapshot.requests) or "none yet")
    table.add_row("landings", _counts(snapshot.landings) or "none yet")
    table.add_row("tokens", f"{snapshot.input_tokens:,} in   {snapshot.output_tokens:,} out")
    rate = f"   ${under_way.dollars_an_hour:,.2f} an hour" if snapshot.state == "running" else ""
    table.add_row("cost", f"${snapshot.cost_usd:,.2f}{rate}")
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return "   ".join(f"{number} {name}" for name, number in sorted(counts.items()) if number)


def _section(heading: str, lines: Sequence[Sequence[Text]], rows: int) -> Iterable[RenderableType]:
    """Lines below a heading, and empty ones up to so many; nothing where there are neither."""
    if not lines and not rows:
        return
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", min_width=15, max_width=22)
    table.add_column(no_wrap=True, overflow="ellipsis", min_width=9, max_width=14)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, justify="right")
    for line in lines:
        table.add_row(*line)
    for _ in range(rows - len(lines)):
        table.add_row("", "", "", "")
    yield Text()
    yield Text(heading, style="dim")
    yield table


def _jobs_at_work(snapshot: Snapshot, running: Sequence[RunningJob], rows: int) -> list[tuple[Text, ...]]:
    """The jobs that a worker holds, the oldest first; where there are more than rows, the last row says so."""
    shown = running if len(running) <= rows else running[: rows - 1]
    lines: list[tuple[Text, ...]] = [
        (
            _name(snapshot, job.label) if job.label else Text("main"),
            Text(_DOING[job.kind] if job.kind != "attempt" else _ATTEMPTING[job.stage or "proof"], style="cyan"),
            _declaration(snapshot, job.label),
            Text(_duration(job.seconds)),
        )
        for job in shown
    ]
    if len(shown) < len(running):
        lines.append((Text(f"and {len(running) - len(shown)} more", style="dim"), Text(), Text(), Text()))
    return lines


def _landings(snapshot: Snapshot, most: int) -> list[tuple[Text, ...]]:
    """The items that landed last, the latest first."""
    landed = [request for request in snapshot.pull_requests if request.state == "landed"]
    landed.sort(key=lambda request: (request.closed_at or 0.0, request.number), reverse=True)
    return [
        (
            _name(snapshot, request.label),
            Text(request.stage, style="green"),
            _declaration(snapshot, request.label),
            _ago(snapshot, request.closed_at or 0.0),
        )
        for request in landed[:most]
    ]


def _failures(snapshot: Snapshot, most: int) -> list[tuple[Text, ...]]:
    """What went wrong last, the latest first."""
    return [
        (
            _name(snapshot, failure.label),
            Text(plain("given up" if failure.final else failure.cause.replace("_", " ")), style="red"),
            Text(plain(" ".join(failure.reason.split())), style="dim"),
            _ago(snapshot, failure.at),
        )
        for failure in reversed(snapshot.failures[-most:])
    ]


def _name(snapshot: Snapshot, label: str) -> Text:
    node = snapshot.blueprint.by_label.get(label)
    return Text(plain(label if node is None else node.name))


def _declaration(snapshot: Snapshot, label: str) -> Text:
    progress = snapshot.progress.get(label)
    return Text("" if progress is None else plain(progress.declaration), style="dim")


def _ago(snapshot: Snapshot, at: float) -> Text:
    return Text(f"{_duration(max(snapshot.taken_at - at, 0.0))} ago", style="dim")


def _duration(seconds: float) -> str:
    """Such as ``0:07``, ``12:30`` or ``3:05:00``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
