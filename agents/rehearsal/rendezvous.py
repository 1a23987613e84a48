"""A meeting point: the authors of some nodes wait for one another, so that they start from the same base."""

from __future__ import annotations

import threading


class Rendezvous:
    """Lets the first turns of some proofs through together, or alone when the others do not come.

    Each node waits once only: a later attempt on it, which finds the others' work on `main`, is not held up.

    Args:
        labels: the nodes that wait for one another.
        seconds: how long, at most.
    """

    def __init__(self, labels: frozenset[str] = frozenset(), seconds: float = 20.0) -> None:
        self._missing = set(labels)
        self._seconds = seconds
        self._changed = threading.Condition()

    def meet(self, label: str) -> bool:
        """Arrive, and wait for the others.

        Returns:
            Whether all have come; True at once for nodes that wait for nobody, or have waited before.
        """
        with self._changed:
            if label not in self._missing:
                return True
            self._missing.discard(label)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._missing, self._seconds)
