"""What must hold of a campaign whatever befalls it, looked at from outside: its hub, its store, the host it ran on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coordinator.git import Repository
from coordinator.simulation.book import LIBRARY
from coordinator.simulation.lean import flaw_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = {
    "one_state": "every node is in exactly one state, and no proof landed before its statement",
    "landed_once": "no item landed twice",
    "nothing_lost": "what was once on main stays there, and what counts as landed is there",
    "certified": "main is certified at every commit: each module is whole, and so is all it imports",
    "within_budget": "spend is within the limit by at most one call per running attempt",
    "spent_stays": "no job that had cost money is forgotten, and a restored store counts no less than was spent",
    "told_counts": "no agent whose job ended cost less than heartbeats had told of it",
    "lost_leases": "no job on a lost lease changed anything",
    "nothing_left": "no files, processes or worktrees are left over",
    "speaks": "a coordinator that cannot go on says why in a sentence",
    "ends": "left in peace, the campaign comes to its end",
}
"""Invariants by name."""

_STATES = {"open", "landed", "failed"}
_CENT = 0.01
_IMPORT = re.compile(r"^(?:public )?(?:meta )?import (?:all )?(\S+)", re.MULTILINE)
_OPEN = re.compile(r"\bsorry\b")


class Invariants:
    """Checks one campaign again and again.

    Args:
        folder: the campaign's.
        budget_usd: what it may spend.
        call_usd: what one call of a model may cost.
        library: name of its Lean library.

    Attributes:
        checked: how often each invariant was checked.
        broken: what was found, by invariant.
    """

    def __init__(self, folder: Path, budget_usd: float, call_usd: float, library: str = LIBRARY) -> None:
        self.checked: Counter[str] = Counter()
        self.broken: dict[str, list[str]] = {name: [] for name in NAMES}
        self._folder = folder
        self._budget, self._call = budget_usd, call_usd
        self._hub = Repository(folder / "hub.git")
        self._known: list[str] = []
        self._landed: list[tuple[str, str]] = []
        self._library = library
        self._last: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._costly: set[tuple[int, float]] = set()

    def expect(self, name: str, finding: str) -> None:
        """Counts a check; `finding` says what is wrong, and is empty when nothing is."""
        self.checked[name] += 1
        if finding:
            self.broken[name].append(finding)

    def look(self) -> int:
        """Checks what is new on ``main``, and the store where anything is; how many landings there are."""
        tip = self._hub.head()
        if tip is None or (self._known and tip == self._known[-1]):
            return len(self._landed)
        history = list(reversed(self._hub.log(tip, 100_000)))
        kept = history[: len(self._known)] == self._known
        self.expect("nothing_lost", "" if kept else f"main left {self._known[-1][:10]} behind")
        for commit in history[len(self._known) :] if kept else history:
            self._look_at_commit(commit)
        self._known = history
        self._look_at_store()
        return len(self._landed)

    def _look_at_commit(self, commit: str) -> None:
        item = _landed_item(self._hub.message(commit))
        blobs = self._modules_of(commit)
        texts = {name: self._text(blob) for name, blob in blobs.items()}
        flawed = [name for name, text in texts.items() if flaw_of(text)]
        absent = [name for text in texts.values() for name in self._imports_of(text) if name not in texts]
        self.expect("certified", f"{commit[:10]}: {flawed} flawed, {absent} missing" if flawed or absent else "")
        changed = [name for name, blob in blobs.items() if self._last.get(name) != blob]
        self._last = blobs
        if item is None:
            return
        self.expect("landed_once", f"{item} landed again as {commit[:10]}" if item in self._landed else "")
        label, stage = item
        early = stage == "proof" and (label, "statement") not in self._landed
        self.expect("one_state", f"the proof of {label} landed before its statement" if early else "")
        still_open = stage == "proof" and any(_OPEN.search(texts[name]) for name in changed)
        self.expect("certified", f"{commit[:10]}: the proof of {label} is open" if still_open else "")
        self._landed.append(item)

    def _modules_of(self, commit: str) -> dict[str, str]:
        """Object names of a commit's modules, by module."""
        return {
            path.removesuffix(".lean").replace("/", "."): blob
            for path, blob in self._hub.blobs(commit).items()
            if path.startswith(f"{self._library}/") and path.endswith(".lean")
        }

    def _imports_of(self, text: str) -> list[str]:
        return [name for name in _IMPORT.findall(text) if name.startswith(f"{self._library}.")]

    def _text(self, blob: str) -> str:
        if blob not in self._texts:
            self._texts[blob] = self._hub.read_blob(blob).decode()
        return self._texts[blob]

    def _look_at_store(self) -> None:
        with _reading(self._folder / "store.sqlite") as store:
            if store is None:
                return
            rows = store.execute("select label, stage, state from items").fetchall()
            twice = [key for key, count in Counter((label, stage) for label, stage, _ in rows).items() if count > 1]
            odd = [f"{label}: {state}" for label, _, state in rows if state not in _STATES]
            self.expect("one_state", f"{twice} twice, {odd}" if twice or odd else "")
            ahead = {(label, stage) for label, stage, state in rows if state == "landed"} - set(self._now_landed())
            self.expect("nothing_lost", f"{sorted(ahead)} landed, but not on main" if ahead else "")
            spent, running = store.execute(
                "select coalesce(sum(cost_usd), 0), sum(state != 'ended' and kind in ('attempt', 'review')) from jobs"
            ).fetchone()
            limit = self._budget + (running or 0) * self._call + _CENT
            self.expect("within_budget", f"${spent:.2f} of ${self._budget:.2f} is spent" if spent > limit else "")
            cheap = store.execute(
                "select id from jobs where state = 'ended' and cost_usd < told_usd - 0.000001"  # rounded sums
            ).fetchall()
            self.expect("told_counts", f"jobs {[job for (job,) in cheap]}" if cheap else "")
            paid = set(store.execute("select id, sent_at from jobs where cost_usd > 0 or told_usd > 0"))
            forgotten = sorted(self._costly - paid)
            self._costly |= paid
            self.expect("spent_stays", f"jobs {forgotten} are forgotten" if forgotten else "")
            astray = store.execute(
                "select pull_requests.number from pull_requests join jobs on jobs.id = pull_requests.job"
                " where jobs.ending != 'submitted'"
                " union select verdicts.pull_request from verdicts join jobs on jobs.kind = 'review'"
                " and jobs.pull_request = verdicts.pull_request and jobs.number = verdicts.seat group by verdicts.id"
                " having max(jobs.ending = 'verdict') = 0"
            ).fetchall()
            self.expect("lost_leases", f"pull requests {[number for (number,) in astray]}" if astray else "")

    def _now_landed(self) -> Iterator[tuple[str, str]]:
        """Items on ``main``, those that landed since it was looked at among them: the store is read later than git."""
        yield from self._landed
        tip = self._hub.head()
        for commit in self._hub.log(tip, 100_000) if tip else ():
            if commit in self._known:
                return
            item = _landed_item(self._hub.message(commit))
            if item is not None:
                yield item

    def state(self) -> str:
        """The campaign's state, as its store has it."""
        with _reading(self._folder / "store.sqlite") as store:
            row = store.execute("select value from meta where key = 'state'").fetchone() if store else None
        return str(json.loads(row[0])) if row else "unknown"

    def spent(self) -> float:
        """What the store counts as spent, with what workers have told of jobs under way."""
        with _reading(self._folder / "store.sqlite") as store:
            known = "select sum(case state when 'ended' then cost_usd else coalesce(told_usd, 0) end) from jobs"
            return float(store.execute(known).fetchone()[0] or 0.0) if store is not None else 0.0

    def look_at_end(self, leftovers: Mapping[str, Any]) -> None:
        """Checks what must hold when everything has ended.

        Args:
            leftovers: processes and files that should not be there, by what they are.
        """
        self.look()
        with _reading(self._folder / "store.sqlite") as store:
            if store is not None:
                self._look_at_modules(store)
        self.expect("nothing_left", "" if not any(leftovers.values()) else json.dumps(leftovers))

    def _look_at_modules(self, store: sqlite3.Connection) -> None:
        tip = self._hub.head() or ""
        recorded = dict(store.execute("select name, source_digest from modules").fetchall())
        found = {
            name: hashlib.sha256(self._text(blob).encode()).hexdigest() for name, blob in self._modules_of(tip).items()
        }
        self.expect("certified", "" if found == recorded else "the store's modules are not those of main")
        rows = store.execute("select label, stage from items where state = 'landed'").fetchall()
        missing = set(self._landed) - set(rows)
        self.expect("nothing_lost", f"{sorted(missing)} on main do not count as landed" if missing else "")


def _landed_item(message: str) -> tuple[str, str] | None:
    """The item that a landing's message names; ``None`` for other commits."""
    label = re.search(r"^Node: (\S+)$", message, re.MULTILINE)
    stage = re.search(r"^Stage: (\S+)$", message, re.MULTILINE)
    return (label.group(1), stage.group(1)) if label and stage else None


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[sqlite3.Connection | None]:
    """The store, in one transaction of reading; ``None`` before there is one."""
    if not file.exists():
        yield None
        return
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=30)
    try:
        connection.execute("begin")
        has_tables = connection.execute("select count(*) from sqlite_master where name = 'items'").fetchone()[0]
        yield connection if has_tables else None
    finally:
        connection.close()


def leftovers(folder: Path, temporary: Path) -> dict[str, list[str]]:
    """What a campaign that has ended has left on this host."""
    needle = str(folder).encode()
    processes = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and needle in (entry / "cmdline").read_bytes():
                processes.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    scratch = [str(path) for path in folder.glob("work/*/scratch/*/*")]
    locks = [str(path) for path in (folder / "hub.git").rglob("*.lock")]
    worktrees = [str(path) for path in (folder / "hub.git").glob("worktrees/*")]
    files = [str(path) for path in temporary.rglob("*") if path.parent != temporary or not path.is_dir()]
    return {"processes": processes, "files": files + scratch, "locks": locks, "worktrees": worktrees}
