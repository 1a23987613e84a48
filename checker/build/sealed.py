"""Small files that are worked out once and read often: each under a seal, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path


def write_whole(path: Path, data: bytes, scratch: Path) -> None:
    """Write a file so that others see it complete or not at all.

    Args:
        path: where; its folder is made.
        data: the content.
        scratch: a folder on the same disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, temporary = tempfile.mkstemp(dir=scratch)
    with os.fdopen(number, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)


class SealedFolder:
    """A folder of such files by key. Several processes may share it; the last to write a key is read.

    What is damaged counts as missing.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._folder = folder
        self._scratch = scratch

    def get(self, key: str) -> bytes | None:
        """The content under a key of hexadecimal digits; None when there is none that can be trusted."""
        try:
            seal, _, data = self._path(key).read_bytes().partition(b"\n")
        except OSError:
            return None
        return data if sha256(data).hexdigest().encode() == seal else None

    def put(self, key: str, data: bytes) -> None:
        """Keep a content under a key."""
        write_whole(self._path(key), sha256(data).hexdigest().encode() + b"\n" + data, self._scratch)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key
