"""A git process that is talked to: bytes go in, lines and counted bytes come out, each within a time limit.

Writing and reading happen together, so that neither side can wait for the other with full pipes. The process is
a group of its own and ends with its owner: when it is closed, when nobody holds it any more, when the program ends;
and when the program is killed, because its input ends then.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
import weakref
from typing import TYPE_CHECKING, Any

from coordinator.errors import GitDied, GitError
from coordinator.git.ending import close_streams, end
from coordinator.git.environment import ENVIRONMENT, git_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CHUNK = 1 << 16
_COMPLAINT = 8_192
_LINE = 1 << 16
_LIVE: weakref.WeakSet[Conversation] = weakref.WeakSet()


class Conversation:
    """One running git process. Not for several threads at once.

    Args:
        arguments: the git command.
        environment: what is added to the clean environment.
        folder: where it runs; any, if ``GIT_DIR`` is set.
        seconds: how long the process may take to answer what it was last told.
        farewell: what makes it end in good order, for one that is kept running.

    Raises:
        GitError: git is not installed.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str],
        folder: Path | None,
        seconds: float,
        farewell: bytes | None = None,
    ) -> None:
        self._name = f"git {arguments[0]}"
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._process = _start(arguments, environment, folder)
        self._finalizer = weakref.finalize(self, end, self._process, farewell)
        self._outgoing = memoryview(b"")
        self._incoming = bytearray()
        self._complaint = b""
        self._hung_up = False
        self._poll = select.poll()
        self._in, self._out, self._err = (
            stream.fileno() if stream is not None else -1
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        os.set_blocking(self._in, False)
        for stream in (self._out, self._err):
            self._poll.register(stream, select.POLLIN)
        _LIVE.add(self)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process may still be talked to."""
        return self._finalizer.alive and self._process.poll() is None

    @property
    def complaint(self) -> str:
        """The end of what it wrote on standard error so far."""
        return self._complaint.decode("utf-8", "replace").strip()

    def say(self, words: bytes) -> None:
        """Adds to what the process is to read, and starts its time again. Whether it reads shows when it is asked."""
        self._until = time.monotonic() + self._seconds
        if words:
            self._outgoing = memoryview(bytes(self._outgoing) + words)
            self._poll.register(self._in, select.POLLOUT)

    def hang_up(self) -> None:
        """Ends the process's input once it has read everything."""
        self._hung_up = True
        if not self._outgoing:
            self._end_input()

    def line(self) -> bytes:
        """The next line, without its end.

        Raises:
            GitDied: the process ended instead.
            GitError: it took too long, or the line is longer than any that git writes.
        """
        searched = 0
        while (end := self._incoming.find(b"\n", searched)) < 0:
            searched = len(self._incoming)
            if searched > _LINE:
                self.close()
                raise GitError(f"{self._name} wrote a line longer than {_LINE} bytes.")
            self._receive()
        found = bytes(self._incoming[:end])
        del self._incoming[: end + 1]
        return found

    def take(self, size: int) -> bytes:
        """The next `size` bytes.

        Raises:
            GitDied: the process ended before.
            GitError: it took too long.
        """
        while len(self._incoming) < size:
            self._receive()
        found = bytes(memoryview(self._incoming)[:size])
        del self._incoming[:size]
        return found

    def rest(self, limit: int) -> bytes:
        """All that is still to come, cut after `limit` bytes, at which the process is ended.

        Raises:
            GitError: it took too long.
        """
        while len(self._incoming) <= limit and self._pump():
            pass
        if len(self._incoming) > limit:
            self.close()
        return bytes(self._incoming[:limit])

    def end(self) -> int:
        """Waits until the process, whose output has ended, has ended too; its exit code, negative for a signal.

        Raises:
            GitError: it took too long.
        """
        try:
            return self._process.wait(max(self._until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            raise self._too_slow() from None
        finally:
            self.close()

    def close(self) -> None:
        """Ends the process and all it started, and leaves no zombie. Harmless when it has ended."""
        self._finalizer()

    def let_go(self) -> None:
        """Forgets the process without ending it: in a process forked from the owner, which does not own it."""
        self._finalizer.detach()
        self._process.returncode = 0  # else Popen, which cannot wait for it here, would complain
        close_streams(self._process)

    def _receive(self) -> None:
        if not self._pump():
            self.close()
            raise GitDied(f"{self._name} ended in the middle of its work: {self.complaint or 'it was killed'}")

    def _pump(self) -> bool:
        """Moves some bytes in any direction; ``False`` once the output has ended."""
        if not self._finalizer.alive:
            return False
        ready = self._poll.poll(max(self._until - time.monotonic(), 0) * 1000)
        if not ready:
            raise self._too_slow()
        for stream, _ in ready:
            if stream == self._in:
                self._write()
            elif stream == self._err:
                self._hear()
            elif not self._read():
                return False
        return True

    def _read(self) -> bool:
        chunk = os.read(self._out, _CHUNK)
        self._incoming += chunk
        if not chunk:
            self._poll.unregister(self._out)
            self._hear_out()
        return bool(chunk)

    def _hear(self) -> bool:
        chunk = os.read(self._err, _CHUNK)
        self._complaint = (self._complaint + chunk)[-_COMPLAINT:]
        if not chunk:
            self._poll.unregister(self._err)
        return bool(chunk)

    def _hear_out(self) -> None:
        """Reads what standard error still holds."""
        os.set_blocking(self._err, False)
        with contextlib.suppress(BlockingIOError, KeyError):
            while self._hear():
                pass

    def _write(self) -> None:
        try:
            self._outgoing = self._outgoing[os.write(self._in, self._outgoing[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it ended; the end of its output tells so
            self._outgoing = memoryview(b"")
        if not self._outgoing:
            self._poll.unregister(self._in)
            if self._hung_up:
                self._end_input()

    def _end_input(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _too_slow(self) -> GitError:
        self._finalizer.detach()
        end(self._process, None)
        return GitError(f"{self._name} took longer than {self._seconds:g} seconds and was stopped.")


def _start(arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path | None) -> subprocess.Popen[bytes]:
    # Not before: it takes as long to load as many a command that looks at a store only needs for all it does.
    from git.cmd import Git  # noqa: PLC0415
    from git.exc import GitCommandNotFound  # noqa: PLC0415

    try:
        handle: Any = Git(str(folder) if folder else None).execute(
            git_command(*arguments, told=environment.keys()),
            istream=subprocess.PIPE,  # handed on to Popen as it is
            as_process=True,
            env={**ENVIRONMENT, **environment},
            start_new_session=True,
        )
    except GitCommandNotFound as error:
        raise GitError("git is not installed; install git 2.38 or later.") from error
    process: subprocess.Popen[bytes] = handle.proc
    handle.proc = None  # its wrapper would end the process when the wrapper is forgotten, and knows nothing of groups
    return process


def _let_go_of_all() -> None:
    for conversation in list(_LIVE):
        conversation.let_go()


# A forked process holds the other ends of the pipes too: git would not notice that its owner was killed.
os.register_at_fork(after_in_child=_let_go_of_all)
