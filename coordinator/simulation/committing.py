"""Commits whose changes are known as texts: one git process each, and no file is written out."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from coordinator.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PERSON = "simulated agent <agent@blueprover.invalid> now"
_SECONDS = 120.0


def commit_onto(repository: Path, base: str, files: Mapping[str, bytes], message: str, ref: str) -> str:
    """Commits what `base` holds with `files` over it, sets `ref` to the commit and returns it.

    Raises:
        GitError: git refused or took too long.
    """
    words = message.encode()
    stream = [
        f"commit {ref}\nmark :1\nauthor {_PERSON}\ncommitter {_PERSON}\n".encode(),
        b"data %d\n%s\nfrom %s\n" % (len(words), words, base.encode()),
    ]
    stream += [
        b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(content), content)
        for path, content in files.items()
    ]
    command = ["git", "fast-import", "--quiet", "--done", "--force", "--date-format=now"]
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    try:
        ended = subprocess.run(
            command,
            cwd=repository,
            env={**environment, "GIT_DIR": str(repository)},
            input=b"".join([*stream, b"get-mark :1\ndone\n"]),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitError(f"git fast-import did not run: {error}") from error
    if ended.returncode:
        raise GitError(f"git fast-import failed in {repository}: {ended.stderr.decode(errors='replace').strip()}")
    return ended.stdout.decode().strip()
