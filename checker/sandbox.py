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

from checker.errors import SandboxFailed, SandboxMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

ENVIRONMENT: Final = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
"""All a command sees of the environment: no keys, no names."""

_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/lib32", "/libx32", "/bin", "/sbin")
_SETTINGS: Final = ("sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr")
"""What lies below /proc and belongs to the whole machine. The kernel lets root write there whatever capabilities it
has dropped, and a sandbox that root starts is root to the kernel: so it is bound again, to be read only."""
_CHUNK: Final = 1 << 16
_GRACE_SECONDS: Final = 60.0
"""How long the kernel may take to end what was killed: thousands of processes end one after another."""
_PAUSE_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may use.

    Attributes:
        memory_bytes: address space of each process.
        seconds: wall time of the whole; each process may use as many CPU seconds a core, on two cores.
        processes: processes and threads at once. The kernel does not count those of root.
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
        ended: by itself, by the clock, or by printing too much.
        code: its exit code; negative for a signal; meaningless unless it ended by itself.
        output: what it printed, up to the limit.
        errors: what it printed to standard error, up to the limit.
        seconds: wall time.
    """

    ended: Literal["exit", "timeout", "output"]
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
            SandboxFailed: when the sandbox did not start.
        """
        limited = [*_limiter(limits), *command]
        started = [self.program, *_walls(folder, reads), "--", *limited] if self.program else limited
        began = time.monotonic()
        process = subprocess.Popen(
            started, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            ended, output, errors = _collect(process, began + limits.seconds, limits.output_bytes)
        finally:
            end(process)
        if self.program and process.returncode == 1 and errors.startswith(b"bwrap: "):
            said = errors.decode("utf-8", "replace").strip()
            raise SandboxFailed(f"The sandbox did not start ({said}); see `blueprover doctor`.")
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
        limited = [*_limiter(limits), *command]
        walls = [self.program, *_walls(folder, reads, bind="--ro-bind"), "--"] if self.program else []
        return subprocess.Popen(
            [*walls, *limited], cwd=folder, env=ENVIRONMENT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip


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


def _limiter(limits: Limits) -> list[str]:
    """The prefix that sets limits after the walls stand: `prlimit`, since code between fork and exec is unsafe here."""
    cpu = int(2 * limits.seconds) + 1
    return [
        "/usr/bin/prlimit", f"--as={limits.memory_bytes}", f"--cpu={cpu}", f"--nproc={limits.processes}",
        f"--fsize={limits.file_bytes}", "--nofile=1024", "--core=0", "--",
    ]  # fmt: skip


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


def _collect(
    process: subprocess.Popen[bytes], deadline: float, cap: int
) -> tuple[Literal["exit", "timeout", "output"], bytes, bytes]:
    """Read both outputs until they close, the clock runs out, or the cap is reached."""
    assert process.stdout is not None
    assert process.stderr is not None
    texts = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    output, errors = texts.values()
    with selectors.DefaultSelector() as selector:
        for number in texts:
            selector.register(number, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(max(0.0, left))
            if left <= 0 or not ready:
                return "timeout", bytes(output), bytes(errors)
            for key, _ in ready:
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fd)
                texts[key.fd] += chunk
            if len(output) + len(errors) > cap:
                return "output", bytes(output[:cap]), bytes(errors[:cap])
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            return "timeout", bytes(output), bytes(errors)
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
