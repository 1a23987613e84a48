"""One transaction of a store, and the events that go into its log with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVarTuple, overload

from sqlalchemy import insert

from coordinator.store.portable import insert_or_replace
from coordinator.store.schema import events, meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, CursorResult
    from sqlalchemy.sql import Executable
    from sqlalchemy.sql.selectable import TypedReturnsRows

    from coordinator.queue import ModuleRecord

_LOG = insert(events)

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a line of the campaign's log.

    Attributes:
        kind: what, in a word or two.
        at: seconds since the epoch.
        data: the ids of all records it changed (``item``, ``job``, ``pull_request``), and what else is of interest.
    """

    kind: str
    at: float
    data: Mapping[str, Any]


@dataclass(slots=True)
class Transaction:
    """One transaction under way: all of it is kept, or none.

    Attributes:
        connection: to the database.
        events: what happened in it so far; appended to the campaign's log with it.
        meta: values kept by name that it set; written at its end.
        modules: what it set as certified of modules of ``main``, by name; ``None`` where one is gone.
        replaced_modules: whether these are all there are.
    """

    connection: Connection
    events: list[Event] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    modules: dict[str, ModuleRecord | None] = field(default_factory=dict)
    replaced_modules: bool = False

    @overload
    def execute(self, statement: TypedReturnsRows[*Columns], *parameters: Any) -> CursorResult[*Columns]: ...

    @overload
    def execute(self, statement: Executable, *parameters: Any) -> CursorResult[*tuple[Any, ...]]: ...

    def execute(self, statement: Executable, *parameters: Any) -> CursorResult[*tuple[Any, ...]]:
        """Runs a statement."""
        return self.connection.execute(statement, *parameters)

    def log(self, kind: str, at: float, **data: Any) -> None:
        """Appends to the campaign's log.

        Invariant: a transition logs an event that names every item, job and pull request it changed; the state in
        memory is kept in step by that (see `Ledger`).
        """
        self.events.append(Event(kind, at, data))

    def write_out(self) -> None:
        """Writes what is gathered until the end: what happened, and the values kept by name."""
        kept = [{"key": key, "value": value} for key, value in self.meta.items()]
        insert_or_replace(self.connection, meta, "key", kept)
        if self.events:
            rows = [{"at": each.at, "kind": each.kind, "data": each.data} for each in self.events]
            self.connection.execute(_LOG, rows)
