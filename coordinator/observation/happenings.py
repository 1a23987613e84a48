"""What happened, with the node and the attempt that it concerns: events name records, people want names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coordinator.schedule.state import OPEN_STATES
from coordinator.store.schema import jobs, pull_requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from coordinator.schedule.state import CampaignState
    from coordinator.store.transaction import Event, Transaction

_RECORDS = frozenset({"item", "job", "pull_request", "number", "of", "node"})


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened.

    Attributes:
        kind: what, as the store's log has it.
        at: seconds since the epoch.
        node: label of the node it concerns; empty where it concerns none.
        stage: of the node; empty likewise.
        attempt: number of the attempt at the item, from 1; 0 where it concerns none.
        origin: job of that attempt; 0 likewise.
        job: that it is about; 0 where it is about none.
        of: kind of that job; empty likewise.
        pull_request: number; 0 likewise.
        data: what else is known.
    """

    kind: str
    at: float
    node: str = ""
    stage: str = ""
    attempt: int = 0
    origin: int = 0
    job: int = 0
    of: str = ""
    pull_request: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Origin:
    """The attempt a pull request came from: its job and its number at the item."""

    job: int
    number: int


class Chronicle:
    """Tells of each event what it concerns. It learns from the events themselves, so show it all of them, in order."""

    def __init__(self, transaction: Transaction, state: CampaignState) -> None:
        """Reads which attempts the pull requests that are open came from."""
        self._state = state
        still_open = pull_requests.c.state.in_(OPEN_STATES)
        rows = transaction.execute(
            select(pull_requests.c.number, jobs.c.id, jobs.c.number.label("attempt"))
            .join(jobs, jobs.c.id == pull_requests.c.job)
            .where(still_open)
        )
        self._origins = {row[0]: _Origin(row[1], row[2]) for row in rows}

    @property
    def under_way(self) -> set[int]:
        """Jobs of the attempts whose outcome is open: they run, or their pull requests wait."""
        running = {job.id for job in self._state.jobs if job.kind == "attempt"}
        return running | {origin.job for origin in self._origins.values()}

    def tell(self, events: Iterable[Event]) -> Iterator[Happening]:
        """Happenings, one an event."""
        for event in events:
            yield self._tell(event)

    def _tell(self, event: Event) -> Happening:
        data = event.data
        request, job, item = data.get("pull_request") or 0, data.get("job") or 0, data.get("item") or 0
        live = self._state.job(job)
        if live is not None:
            request, item = request or live.pull_request or 0, item or live.item or 0
        open_request = self._state.request(request)
        if not item and open_request is not None:
            item = open_request.item
        if event.kind == "pull_request_opened":
            self._origins[request] = _Origin(job, int(data["number"]))
        kind = str(data.get("of") or (live.kind if live is not None else event.kind.partition("_")[0] if job else ""))
        origin = self._origins.get(request) if request else self._attempt_itself(event, job, kind)
        if event.kind in {"landed", "bounced", "withdrawn"}:
            self._origins.pop(request, None)
        subject = self._state.by_id.get(item)
        return Happening(
            kind=event.kind,
            at=event.at,
            node=subject.label if subject is not None else str(data.get("node", "")),
            stage=subject.stage if subject is not None else "",
            attempt=origin.number if origin is not None else 0,
            origin=origin.job if origin is not None else 0,
            job=job,
            of=kind,
            pull_request=request,
            data={name: value for name, value in data.items() if name not in _RECORDS},
        )

    def _attempt_itself(self, event: Event, job: int, kind: str) -> _Origin | None:
        """The attempt that an event is about, where it is about one and no pull request."""
        live = self._state.job(job)
        number = event.data.get("number") or (live.number if live is not None else 0)
        return _Origin(job, int(number)) if kind == "attempt" and number else None
