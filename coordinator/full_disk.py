"""A full disk: work that could not be written is an error; words that tell of it may be lost."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: BaseException | None) -> bool:
    """Whether something could not be written because there is no room for it: on the disk, or in what is allowed."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


@contextmanager
def if_there_is_room() -> Iterator[None]:
    """Writes words if there is room for them, and lets them be lost if not: what they tell of goes on.

    Raises:
        OSError: it is something else that keeps them from being written.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
