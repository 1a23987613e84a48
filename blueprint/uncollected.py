"""A pause of Python's collector of cycles, for work that makes very many objects which all stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the collector; it goes on afterwards if it was on.

    The collector looks at all living objects again each time their number has grown by a quarter. While a book of
    tens of thousands of nodes is being read nothing dies, and looking costs a third of the time. What was made is
    handed straight to the oldest generation (by way of the frozen ones, unless someone keeps objects there), so that
    it is not looked at three times as soon as the pause is over.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
