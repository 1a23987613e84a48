"""Where a process's own Python spends its CPU: a timer that runs only while CPU is used looks at the stack."""

from __future__ import annotations

import collections
import signal
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from types import FrameType

_INTERVAL = 0.004
_SHOWN = 30


class Sampler:
    """Samples the main thread of this process while the context lasts."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._own: collections.Counter[str] = collections.Counter()
        self._with_callees: collections.Counter[str] = collections.Counter()
        self._count = 0

    def __enter__(self) -> Self:
        if self._enabled:
            signal.signal(signal.SIGPROF, self._look)
            signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)
        return self

    def __exit__(self, *_: object) -> None:
        if self._enabled:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, signal.SIG_IGN)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        self._count += 1
        seen: set[str] = set()
        top = True
        while frame is not None:
            name = f"{frame.f_globals.get('__name__', '?')}.{frame.f_code.co_qualname}"
            if top:
                self._own[name] += 1
                top = False
            if name not in seen:
                seen.add(name)
                self._with_callees[name] += 1
            frame = frame.f_back

    def tell(self, out: TextIO) -> None:
        """Writes which functions were on the stack most often, as a share of all samples."""
        for title, counts in (("with what they call", self._with_callees), ("alone", self._own)):
            print(f"coordinator, CPU of functions {title}, {self._count} samples:", file=out)
            for name, count in counts.most_common(_SHOWN):
                print(f"  {count / max(self._count, 1):6.1%}  {name}", file=out)
