"""Snapshots: a campaign's state as plain data, for the site, the live view and ``blueprover status``."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.snapshot import Snapshot
from coordinator.git import Repository
from coordinator.views.progress import progress_of, with_details
from coordinator.views.recorded import read_recorded
from coordinator.views.tallies import count_all
from coordinator.views.under_way import look_at_jobs

if TYPE_CHECKING:
    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.store.store import Store
    from coordinator.views.recorded import Recorded
    from coordinator.views.tallies import Tallies
    from coordinator.views.under_way import UnderWay

_DIFF_SHOWN = 100_000
_MEMORY = 4096


def look_once(campaign: Campaign, store: Store) -> tuple[Snapshot, UnderWay]:
    """The campaign in brief and what it does, for whoever has not read its book: that is read while the store counts.

    Raises:
        StoreError: the store cannot be read.
        BlueprintError, BookError, GitError: the book cannot; see `Campaign.read_book`.
    """
    with ThreadPoolExecutor(max_workers=1) as counting:
        tallies, under_way = counting.submit(count_all, store), counting.submit(look_at_jobs, store)
        book = campaign.read_book()
        snapshot = _compose(campaign, book, read_recorded(store, brief=True), tallies.result())
        return snapshot, under_way.result()


def take_snapshot(campaign: Campaign, book: Book, store: Store, *, sources: bool) -> Snapshot:
    """The campaign as it stands.

    Args:
        campaign: which.
        book: its book.
        store: its store.
        sources: whether to read Lean sources and diffs from the hub too, as the site needs them; without them the
            snapshot is brief: of what landed and what failed it names the last only.
    """
    snapshot = _compose(campaign, book, read_recorded(store, brief=not sources), count_all(store))
    return _with_sources(snapshot, campaign) if sources else snapshot


def _compose(campaign: Campaign, book: Book, recorded: Recorded, tallies: Tallies) -> Snapshot:
    progress = progress_of(book, recorded.stages)
    if recorded.details is not None:
        progress = with_details(progress, book, recorded.stages, recorded.details.records, recorded.details.spent)
    # A coordinator that died without a word has left `running` behind.
    died = recorded.state == "running" and not campaign.is_running()
    return Snapshot(
        campaign=campaign.settings.name,
        state="stopped" if died else recorded.state,
        paused=recorded.paused,
        skipped=tuple(label for label in book.homes if label in recorded.stages.skipped),
        reason=recorded.reason,
        blueprint=book.blueprint,
        progress=progress,
        attempts=tallies.attempts,
        pull_requests=recorded.pull_requests,
        requests=tallies.requests,
        landings=tallies.landings,
        rungs=tallies.rungs,
        failures=recorded.failures,
        issues=recorded.issues,
        input_tokens=tallies.use.input_tokens,
        output_tokens=tallies.use.output_tokens,
        cost_usd=tallies.use.cost_usd,
        retries=tallies.use.retries,
        models=tallies.use.models,
        sandbox=campaign.settings.workers.sandbox,
        rehearsal=bool(campaign.settings.model.rehearsal),
        lean=recorded.lean,
        taken_at=time.time(),
    )


def _with_sources(snapshot: Snapshot, campaign: Campaign) -> Snapshot:
    """Adds what the hub knows: each stated node's module on ``main``, each pull request's diff."""
    hub, blobs = str(campaign.hub_path), campaign.hub.blobs(campaign.main())
    progress = {
        label: replace(each, lean=_source(hub, blobs[path]) if (path := _path(each.module)) in blobs else None)
        for label, each in snapshot.progress.items()
    }
    requests = tuple(
        replace(request, diff=_diff(hub, request.base, request.head)) for request in snapshot.pull_requests
    )
    return replace(snapshot, progress=progress, pull_requests=requests)


def _path(module: str) -> str:
    return module.replace(".", "/") + ".lean"


@lru_cache(maxsize=_MEMORY)
def _source(hub: str, blob: str) -> str:
    return _repository(hub).read_blob(blob).decode("utf-8", "replace")


@lru_cache(maxsize=_MEMORY)
def _diff(hub: str, base: str, head: str) -> str:
    return _repository(hub).diff(base, head, _DIFF_SHOWN)


@lru_cache(maxsize=1)
def _repository(hub: str) -> Repository:
    """One for all sources: it reads them through one process."""
    return Repository(Path(hub))
