"""Sessions by tree and module, with ceilings: what was not used for longest is closed first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from checker.build.certificate import Certificate
from checker.errors import CheckerError
from checker.sandbox import Limits
from checker.source.tree import source_of
from checker.warm.report import Goal, Report
from checker.warm.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import Popen
    from types import TracebackType

    from checker.build.builder import Builder


@dataclass
class _Kept:
    """A session, its lock, and how many threads are at it."""

    session: Session
    lock: threading.Lock
    users: int = 0


class WarmPool:
    """Checks drafts with servers that keep what has not changed. Many threads may share it.

    Nothing is written to the tree. While a server works it holds one of the builder's slots, so cold and warm work
    share the machine; idle servers hold memory alone, and that has ceilings.
    """

    def __init__(
        self, builder: Builder, sessions: int = 64, memory_bytes: int = 4 << 30, limits: Limits | None = None
    ) -> None:
        """Make a pool; nothing is started yet.

        Args:
            builder: compiles the imports; its Lean, sandbox, store and slots are used.
            sessions: servers kept at most, beside those at work.
            memory_bytes: what they may hold together, shared pages divided among those who map them.
            limits: of one check: its seconds, its output, and its server's memory.
        """
        self._builder = builder
        self._limits = limits or Limits(memory_bytes=2 << 30, seconds=60.0)
        self._most, self._most_bytes = sessions, memory_bytes
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = threading.Lock()
        # The sandbox dies with the thread that started it, and callers' threads come and go.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="warm")
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self, tree: Path, module: str, text: str) -> Report:
        """What Lean says about a text as a module of a tree, in place of what the tree has.

        Raises:
            CheckerError: when the pool is closed, the sandbox does not start, or the store is damaged.
        """
        order = self._builder.order(tree, source_of(module, text.encode()))
        if isinstance(order, Certificate):
            return Report(order.diagnostics, order.failure, order.detail)
        with self._session(tree, module) as session:
            return session.check(order, text)

    def goal(self, tree: Path, module: str, text: str, line: int, column: int) -> Goal:
        """What is to be proved at a 1-based line and a 0-based column in characters of a text.

        Raises:
            CheckerError: as `check`.
        """
        order = self._builder.order(tree, source_of(module, text.encode()))
        if isinstance(order, Certificate):
            return Goal("", order.failure, order.detail)
        with self._session(tree, module) as session:
            return session.goal(order, text, line, column)

    def processes(self) -> dict[tuple[str, str], int]:
        """Numbers of the processes that hold servers, by tree and module, the least lately used first."""
        with self._lock:
            return {key: each.session.process for key, each in self._kept.items() if each.session.process}

    def memory_bytes(self) -> int:
        """What all servers held when each was last used."""
        with self._lock:
            return self._held()

    def forget(self, tree: Path) -> None:
        """End the servers of a tree that nobody needs any more; checks under way are waited for."""
        self._end_those_of(lambda key: key[0] == str(tree))

    def close(self) -> None:
        """End every server; checks under way, each bounded in time, are waited for, and no more are taken."""
        with self._lock:
            self._closed = True
        self._end_those_of(lambda _: True)
        self._starter.shutdown()

    def _end_those_of(self, wanted: Callable[[tuple[str, str]], bool]) -> None:
        with self._lock:
            ending = [self._kept.pop(key) for key in list(self._kept) if wanted(key)]
        for each in ending:
            with each.lock:
                each.session.close()

    @contextmanager
    def _session(self, tree: Path, module: str) -> Iterator[Session]:
        key = (str(tree), module)
        with self._builder.slot(self._limits):
            kept = self._take(key)
            try:
                with kept.lock:
                    if self._kept.get(key) is not kept:
                        raise CheckerError(f"The Lean server of {module} was closed before its turn came; ask again.")
                    yield kept.session
            finally:
                self._give_back(key, kept)

    def _take(self, key: tuple[str, str]) -> _Kept:
        with self._lock:
            if self._closed:
                raise CheckerError("The pool of warm Lean servers is closed; open another.")
            if key not in self._kept:
                self._kept[key] = _Kept(Session(self._builder, self._limits, self._started), threading.Lock())
            kept = self._kept[key]
            kept.users += 1
            return kept

    def _give_back(self, key: tuple[str, str], kept: _Kept) -> None:
        with self._lock:
            kept.users -= 1
            if key in self._kept:
                self._kept.move_to_end(key)
            closing = self._surplus()
        for each in closing:
            each.session.close()

    def _surplus(self) -> list[_Kept]:
        """Take out the least lately used until the ceilings hold; those at work stay."""
        out = []
        for key, each in list(self._kept.items()):
            if len(self._kept) <= self._most and self._held() <= self._most_bytes:
                break
            if not each.users:
                out.append(self._kept.pop(key))
        return out

    def _held(self) -> int:
        return sum(each.session.memory_bytes for each in self._kept.values())

    def _started(self, start: Callable[[], Popen[bytes]]) -> Popen[bytes]:
        return self._starter.submit(start).result()
