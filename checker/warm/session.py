"""One file in one Lean server, which is started when needed and replaced when it fails."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from checker.build.compilation import RESERVED_BYTES, STACK_KILOBYTES, setup_of
from checker.census import tasks_inside
from checker.errors import ServerFailed
from checker.sandbox import end
from checker.source.header import path_of
from checker.warm.client import Client
from checker.warm.memory import proportional_bytes, resident_bytes
from checker.warm.report import Goal, Lines, Report, diagnostics_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from checker.build.builder import Builder
    from checker.build.compilation import Order
    from checker.sandbox import Limits

    Start = Callable[[Callable[[], Popen[bytes]]], Popen[bytes]]

SERVER_RESERVED_BYTES: Final = RESERVED_BYTES + (12 << 30)
"""Address space a server reserves beyond a compilation's, mostly arenas and stacks of its threads."""
START_SECONDS: Final = 10.0
"""A server speaks as soon as it knows its imports, after a fifth of a second.

On a loaded machine one fresh server did not finish a small check within a minute; at what it hung is not known.
"""
_CPU_SECONDS: Final = 4 * 3600.0
"""CPU time of a server's life; then it is replaced."""
_SOURCES: Final = "sources"
"""Folder below which Lean looks for the file's path, to learn its module's name; the file itself stays empty."""
_SCRIPT: Final = "#!/bin/sh\nexec cat setup.json\n"
"""What stands where Lean looks for lake: it tells name, options and artefacts, the same as for a cold compilation."""
_AT_ONCE: Final = "-Dserver.reportDelayMs=0"
"""By default a server waits a fifth of a second before it says anything, for the eyes of people who type."""


@dataclass
class _Server:
    """A running server.

    Attributes:
        process: what to end.
        client: whom to talk to.
        folder: what it reads.
        uri: how the file is called.
        setup: what it was told of name, options and artefacts.
        numbers: of requests.
        versions: of the text.
    """

    process: Popen[bytes]
    client: Client
    folder: Path
    uri: str
    setup: str
    numbers: itertools.count[int]
    versions: itertools.count[int]

    def ask(self, method: str, params: dict[str, Any], deadline: float, *, keep: str = "") -> tuple[Any, list[Any]]:
        """Ask, and answer the result and the notifications named ``keep`` that came before it."""
        number = next(self.numbers)
        kept: list[Any] = []
        self.client.send(method, params, number)
        while True:
            message = self.client.receive(deadline)
            if message.get("id") == number and "method" not in message:
                return message.get("result"), kept
            if keep and message.get("method") == keep:
                kept.append(message.get("params"))

    def close(self) -> None:
        """End it with all it started, and forget its folder."""
        end(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Session:
    """One file's server. One thread at a time may use it.

    Attributes:
        memory_bytes: what the server held after its last check, shared pages divided; 0 without a server.
    """

    def __init__(self, builder: Builder, limits: Limits, start: Start) -> None:
        """Make a session; the server is started by its first check.

        Args:
            builder: whose Lean, sandbox and store.
            limits: of one check; memory is the server's.
            start: calls what it is given on a thread that lives as long as the server may.
        """
        self._builder = builder
        self._limits = limits
        self._start = start
        self._server: _Server | None = None
        self.memory_bytes = 0

    @property
    def process(self) -> int:
        """Number of the process that holds the server; 0 without one."""
        return self._server.process.pid if self._server else 0

    def check(self, order: Order, text: str) -> Report:
        """Check a text, with what the cold build would give Lean for it.

        A failure of a server that had served before is not believed: another, fresh one is asked.
        """
        began = time.monotonic()
        warm = False
        try:
            warm, diagnostics = self._checked(order, text, began + self._limits.seconds)
            errors = sum(each.severity == "error" for each in diagnostics)
            failure, detail = ("errors", f"Lean reports {errors} errors.") if errors else (None, "")
            made = Report(diagnostics, failure, detail)  # type: ignore[arg-type]
        except ServerFailed as error:
            self.close()
            made = Report((), error.failure, str(error))
        return replace(made, warm=warm, seconds=round(time.monotonic() - began, 4))

    def goal(self, order: Order, text: str, line: int, column: int) -> Goal:
        """What is to be proved at a 1-based line and a 0-based column in characters of a text."""
        deadline = time.monotonic() + self._limits.seconds
        try:
            self._checked(order, text, deadline)
            return Goal(self._goal(Lines(text).place(line, column), deadline))
        except ServerFailed as error:
            self.close()
            return Goal("", error.failure, str(error))

    def close(self) -> None:
        """End the server."""
        server, self._server, self.memory_bytes = self._server, None, 0
        if server is not None:
            server.close()

    def _goal(self, place: dict[str, int], deadline: float) -> str:
        assert self._server is not None
        at = {"textDocument": {"uri": self._server.uri}, "position": place}
        tactic, _ = self._server.ask("$/lean/plainGoal", at, deadline)
        if isinstance(tactic, dict) and tactic.get("goals"):
            return "\n\n".join(str(each) for each in tactic["goals"])
        term, _ = self._server.ask("$/lean/plainTermGoal", at, deadline)
        return str(term["goal"]) if isinstance(term, dict) and term.get("goal") else ""

    def _checked(self, order: Order, text: str, deadline: float) -> tuple[bool, Any]:
        """Whether a running server was used, and the diagnostics."""
        setup = setup_of(order)
        if self._server is not None and self._server.setup != setup:
            self.close()
        warm = self._server is not None
        try:
            return warm, self._told(order, setup, text, deadline)
        except ServerFailed as error:
            if not warm or error.failure != "crash":
                raise
            # A server ends by itself when the words of the header change, and may have been killed since.
            self.close()
            return False, self._told(order, setup, text, deadline)

    def _told(self, order: Order, setup: str, text: str, deadline: float) -> Any:
        if self._server is None:
            self._server, version = self._started(order, setup, text, deadline)
        else:
            version = next(self._server.versions)
            document = {"uri": self._server.uri, "version": version}
            change = {"textDocument": document, "contentChanges": [{"text": text}]}
            self._server.client.send("textDocument/didChange", change)
        server = self._server
        server.client.heard_bytes = 0
        waited = {"uri": server.uri, "version": version}
        result, kept = server.ask(
            "textDocument/waitForDiagnostics", waited, deadline, keep="textDocument/publishDiagnostics"
        )
        last = [each for each in kept if isinstance(each, dict) and each.get("version") == version]
        if result is None or not last or not isinstance(last[-1].get("diagnostics"), list):
            raise ServerFailed("crash", "Lean's server did not say what it found.")
        self.memory_bytes = proportional_bytes(server.process.pid)
        return diagnostics_of(last[-1]["diagnostics"], Lines(text))

    def _started(self, order: Order, setup: str, text: str, deadline: float) -> tuple[_Server, int]:
        """Start a server and give it the text; one that stays silent is replaced once."""
        server = self._open(order.source.module, setup)
        version = self._begin(server, text)
        try:
            server.client.listen(min(deadline, time.monotonic() + START_SECONDS))
        except ServerFailed as error:
            server.close()
            if error.failure != "timeout" or time.monotonic() >= deadline:
                raise
            server = self._open(order.source.module, setup)
            version = self._begin(server, text)
        return server, version

    def _open(self, module: str, setup: str) -> _Server:
        """Start a server that knows everything but the text."""
        builder, limits = self._builder, self._limits
        path = path_of(module)
        folder = Path(tempfile.mkdtemp(dir=builder.store.scratch))
        seen = Path("/here") if builder.sandbox.program else folder
        command = [
            "/usr/bin/env", "LAKE=./lake", f"LEAN_SRC_PATH={seen / _SOURCES}",
            *builder.lean.command(
                "--worker", f"--memory={limits.memory_bytes >> 20}", f"--tstack={STACK_KILOBYTES}", _AT_ONCE
            ),
        ]  # fmt: skip
        walls = replace(limits, memory_bytes=limits.memory_bytes + SERVER_RESERVED_BYTES, seconds=_CPU_SECONDS)
        reads = (*builder.lean.reads, builder.store.objects)
        try:
            _furnish(folder, path, setup)
            process = self._start(lambda: builder.sandbox.start(command, folder, reads, walls))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        client = Client(process, limits.output_bytes, lambda: self._watch(process.pid))
        uri = (seen / _SOURCES / path).as_uri()
        return _Server(process, client, folder, uri, setup, itertools.count(1), itertools.count(1))

    def _begin(self, server: _Server, text: str) -> int:
        version = next(server.versions)
        abilities: dict[str, Any] = {"processId": None, "rootUri": None, "capabilities": {}}
        document = {"uri": server.uri, "languageId": "lean", "version": version, "text": text}
        server.client.send("initialize", abilities, 0)
        server.client.send("textDocument/didOpen", {"textDocument": document, "dependencyBuildMode": "never"})
        return version

    def _watch(self, process: int) -> None:
        if resident_bytes(process) > self._limits.memory_bytes:
            raise ServerFailed("memory", f"Lean needed over {self._limits.memory_bytes >> 20} MB of memory.")
        most = self._limits.processes
        if tasks_inside(process, most) > most:
            raise ServerFailed("processes", f"Lean had over {most} processes and threads.")


def _furnish(folder: Path, path: str, setup: str) -> None:
    """Put into a server's folder all it reads."""
    source = folder / _SOURCES / path
    source.parent.mkdir(parents=True)
    source.touch()
    (folder / "setup.json").write_text(setup, encoding="utf-8")
    (folder / "lake").write_text(_SCRIPT, encoding="ascii")
    (folder / "lake").chmod(0o555)
