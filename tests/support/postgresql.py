"""A PostgreSQL server of the tests' own: in a folder of its own, on a socket of its own, as no privileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEBIAN = Path("/usr/lib/postgresql")


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``; Debian keeps each version's apart, and none on the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def postgresql_server(programs: Path) -> Iterator[str]:
    """Starts a server; gives the URL of its database, and stops it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="blueprover-pg-"))
    user = None
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        user = "postgres" if _exists("postgres") else "nobody"
        shutil.chown(folder, user)

    def call(*arguments: str) -> None:
        groups: list[int] | None = [] if user else None
        command = [str(programs / arguments[0]), "-D", str(folder / "data"), *arguments[1:]]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, user=user, extra_groups=groups, cwd=folder, timeout=120
        )

    try:
        call("initdb", "-U", "coordinator", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=40 -c shared_buffers=16MB"
        call("pg_ctl", "-w", "-t", "100", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://coordinator@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
