"""Runs a command where it can do no harm: no network, no home, no keys, nothing to write but one folder."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from checker.census import Guard
from checker.errors import SandboxFailed, SandboxMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

Ending = Literal["exit", "timeout", "output", "processes"]
"""How a command may end: by itself, or at a limit by its name."""

ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
"""All a command sees of the environment: no keys, no names."""

_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/lib32", "/libx32", "/bin", "/sbin")
_SETTINGS: Final = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr")
"""What lies below /proc and belongs to the whole machine. The kernel lets root write there whatever capabilities it
has dropped, and a sandbox that root starts is root to the kernel: so it is bound again, to be read only."""
_TETHER: Final = ("/usr/bin/setpriv", "--pdeathsig", "KILL", "--")
"""Without walls, what bubblewrap does too: the command ends when the thread that started it does."""
_CHUNK: Final = 1 << 16
_GRACE_SECONDS: Final = 60.0
"""How long the kernel may take to end what was killed: thousands of processes end one after another."""
_PAUSE_SECONDS: Final = 0.001
_MORE_PROCESSES: Final = 64
"""How far the kernel's own limit lies above the counted one, so that the latter is passed, seen and named."""
_BACKOFF_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Pauses before a start that failed for want of what others may give back is tried again."""
_PASSING: Final = "Resource temporarily unavailable"
"""What the kernel says when a process cannot be had just now."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may use.

    Attributes:
        memory_bytes: address space of each process.
        seconds: wall time of the whole; each process may use as many CPU seconds a core, on two cores.
        processes: processes and threads at once. They are counted fifty times a second, so for a blink there may be
            more; without bubblewrap the kernel alone counts, and not those of root.
        output_bytes: what it may print.
        file_bytes: the size of each file it writes.
    """

    memory_bytes: int = 4 << 30
    seconds: float = 120.0
    processes: int = 256
    output_bytes: int = 8 << 20
    file_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended.

    Attributes:
        ended: by itself, by the clock, by printing too much, or by having too many processes.
        code: its exit code; negative for a signal; meaningless unless it ended by itself.
        output: what it printed, up to the limit.
        errors: what it printed to standard error, up to the limit.
        seconds: wall time.
    """

    ended: Ending
    code: int
    output: bytes
    errors: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A way to run commands: bubblewrap, or nothing at all.

    Attributes:
        name: ``bubblewrap`` or ``none``; shown to people.
        program: path of ``bwrap``; empty for none.
    """

    name: Literal["bubblewrap", "none"]
    program: str = ""

    @classmethod
    def bubblewrap(cls) -> Sandbox:
        """The real one.

        Raises:
            SandboxMissing: when bubblewrap is not installed.
            SandboxFailed: when it is, and cannot start here.
        """
        return _bubblewrap()

    @classmethod
    def none(cls) -> Sandbox:
        """No sandbox, only limits: for those who ask for it in so many words."""
        return cls("none")

    def run(self, command: Sequence[str], folder: Path, reads: Sequence[Path], limits: Limits) -> Run:
        """Run a command to its end, or to a limit; nothing it started outlives the call.

        Args:
            command: program and arguments.
            folder: the only place it may write, and where it starts.
            reads: files and folders it may read, beside the system's programs and libraries.
            limits: what it may use.

        Raises:
            SandboxFailed: when the sandbox did not start, tried again where the host was short of something.
        """
        limited = [*self._limiter(limits), *command]
        walls = [self.program, *_walls(folder, reads), "--"] if self.program else _TETHER
        started = [*walls, *limited]
        began = time.monotonic()
        for pause in (*_BACKOFF_SECONDS, None):
            run = self._run(started, folder, limits, began)
            said = run.errors.decode("utf-8", "replace").strip()
            if not self.program or run.code != 1 or not said.startswith("bwrap: "):
                return run
            if pause is None or not said.endswith(_PASSING) or time.monotonic() > began + limits.seconds:
                break
            time.sleep(pause)
        raise SandboxFailed(f"The sandbox did not start ({said}); see `blueprover doctor`.")

    def _run(self, command: Sequence[str], folder: Path, limits: Limits, began: float) -> Run:
        process = _launched(command, folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            guard = Guard(process.pid, began + limits.seconds, limits.processes if self.program else None)
            ended, output, errors = _collect(process, guard, limits.output_bytes)
        finally:
            end(process)
        return Run(ended, process.returncode, output, errors, time.monotonic() - began)

    def start(
        self, command: Sequence[str], folder: Path, reads: Sequence[Path], limits: Limits
    ) -> subprocess.Popen[bytes]:
        """Start a command that is spoken to through its pipes, within the same walls, but with nothing to write.

        It dies with the *thread* that started it. Whoever starts it bounds its time and its output, and ends it
        with `end`; of the limits, seconds bound its CPU time alone. What it prints to standard error is dropped.

        Args:
            command: program and arguments.
            folder: where it starts; it may read it.
            reads: files and folders it may read, beside the system's programs and libraries.
            limits: what it may use.
        """
        limited = [*self._limiter(limits), *command]
        walls = [self.program, *_walls(folder, reads, bind="--ro-bind"), "--"] if self.program else _TETHER
        return _launched([*walls, *limited], folder, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _limiter(self, limits: Limits) -> list[str]:
        """The prefix that sets limits after the walls stand: code between fork and exec is unsafe here."""
        cpu = int(2 * limits.seconds) + 1
        processes = limits.processes + (_MORE_PROCESSES if self.program else 0)
        return [
            "/usr/bin/prlimit", f"--as={limits.memory_bytes}", f"--cpu={cpu}", f"--nproc={processes}",
            f"--fsize={limits.file_bytes}", "--nofile=1024", "--core=0", "--",
        ]  # fmt: skip


@cache
def _bubblewrap() -> Sandbox:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxMissing(
            "bubblewrap (the program bwrap) is not installed, and Lean code written by agents is not run without "
            "it; install the package bubblewrap, or set `sandbox: none` to run without protection."
        )
    sandbox = Sandbox("bubblewrap", program)
    run = sandbox.run(["/usr/bin/true"], Path("/usr"), (), Limits(seconds=10.0))
    if run.code:
        raise SandboxFailed(f"bubblewrap cannot start here (exit code {run.code}); allow user namespaces.")
    return sandbox


def _launched(command: Sequence[str], folder: Path, *, stdin: int, stderr: int) -> subprocess.Popen[bytes]:
    """Start a process of its own session, again and again while the host lets no further one start.

    Raises:
        SandboxFailed: when it never did.
    """
    for pause in (*_BACKOFF_SECONDS, None):
        try:
            return subprocess.Popen(
                command, cwd=folder, env=ENVIRONMENT, stdin=stdin,
                stdout=subprocess.PIPE, stderr=stderr, start_new_session=True,
            )  # fmt: skip
        except BlockingIOError as error:
            if pause is None:
                raise SandboxFailed(
                    "This host lets no further process start; raise its limit of processes, or run fewer at once."
                ) from error
            time.sleep(pause)
    raise AssertionError("the loop returns or raises")


def _walls(folder: Path, reads: Sequence[Path], bind: str = "--bind") -> list[str]:
    walls = [
        "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session",
        "--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox",
    ]  # fmt: skip
    for name, value in ENVIRONMENT.items():
        walls += ["--setenv", name, value]
    for path in _SYSTEM:
        if Path(path).is_symlink():
            walls += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            walls += ["--ro-bind", path, path]
    walls += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    walls += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - its own, empty one
    for name in _SETTINGS:
        walls += ["--ro-bind-try", f"/proc/{name}", f"/proc/{name}"]
    for each in dict.fromkeys(reads):
        if not each.is_relative_to("/usr"):
            walls += ["--ro-bind", str(each), str(each)]
    bind = "--ro-bind" if folder.is_relative_to("/usr") else bind
    return [*walls, bind, str(folder), "/here", "--chdir", "/here"]


def _collect(process: subprocess.Popen[bytes], guard: Guard, cap: int) -> tuple[Ending, bytes, bytes]:
    """Read both outputs until they close, or a limit is passed."""
    assert process.stdout is not None
    assert process.stderr is not None
    texts = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    output, errors = texts.values()
    with selectors.DefaultSelector() as selector:
        for number in texts:
            selector.register(number, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(guard.patience)
            breach = guard.breach()
            if breach:
                return breach, bytes(output), bytes(errors)
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fd)
                texts[key.fd] += chunk
            if len(output) + len(errors) > cap:
                return "output", bytes(output[:cap]), bytes(errors[:cap])
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        breach = guard.breach()
        if breach:
            return breach, bytes(output), bytes(errors)
        time.sleep(_PAUSE_SECONDS)
    return "exit", bytes(output), bytes(errors)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group (and, with bubblewrap, the whole process namespace), and close what it held."""
    # The process is not waited for yet, so its number still names its group and nobody else's.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(_GRACE_SECONDS)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
