"""Work of many threads, gathered: whoever comes while others are at it goes with the next lot.

Alone a thread waits for nobody. With hundreds of them, one write to the broker, or one git process, does for all.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GLANCE = 0.25
"""Seconds between two looks at whether whoever waits has left."""

_LAST_MOMENT = 0.75
"""Seconds for which a wish that is nobody's any more may still be granted: most take less."""

Wish = TypeVar("Wish")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Place(Generic[Wish, Answer]):
    """What one thread wants, whether it is to see to all who wait, and what became of its wish."""

    wish: Wish
    leads: bool = False
    woken: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None
    error: BaseException | None = None


class Gathering(Generic[Wish, Answer]):
    """Grants wishes in lots. Safe for many threads.

    Args:
        grant: does what a lot wishes, in order, and returns an answer for each; what it raises, all of the lot get.
    """

    def __init__(self, grant: Callable[[Sequence[Wish]], Sequence[Answer]]) -> None:
        self._grant = grant
        self._guard = threading.Lock()
        self._waiting: list[_Place[Wish, Answer]] = []
        self._under_way = False

    def wish(self, wish: Wish) -> Answer:
        """Waits until `wish` is granted, and returns the answer or raises what granting it raised."""
        place: _Place[Wish, Answer] = _Place(wish)
        with self._guard:
            self._waiting.append(place)
            place.leads, self._under_way = not self._under_way, True
        if not place.leads:
            place.woken.wait()
        if place.leads:
            self._lead()
        if place.error is not None:
            raise place.error
        return cast("Answer", place.answer)

    def _lead(self) -> None:
        """Grants what waits, one's own wish among it, and appoints the first of those who came meanwhile."""
        with self._guard:
            places, self._waiting = self._waiting, []
        self._grant_lot(places)
        with self._guard:
            self._under_way = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].woken.set()

    def _grant_lot(self, places: Sequence[_Place[Wish, Answer]]) -> None:
        try:
            answers = self._grant([place.wish for place in places])
            for place, answer in zip(places, answers, strict=True):
                place.answer = answer
        except BaseException as error:  # noqa: BLE001 - those who wait are told, whatever it was
            for place in places:
                place.error = error
        for place in places:
            place.woken.set()


class Left(Exception):
    """Whoever waited for a wish has left. It may be granted all the same."""


class LeavableGathering(Gathering[Wish, Answer]):
    """Grants wishes in a thread of its own, so that whoever waits may leave while one takes long."""

    def wish(self, wish: Wish, is_off: Callable[[], bool] = lambda: False) -> Answer:
        """Waits until `wish` is granted, and returns the answer or raises what granting it raised.

        Args:
            wish: what is wished.
            is_off: asked often whether to leave; what is nearly granted is waited for a moment longer.

        Raises:
            Left: it was not granted before `is_off` said so, or within a second afterwards.
        """
        place: _Place[Wish, Answer] = _Place(wish)
        with self._guard:
            is_first, self._under_way = not self._under_way, True
            if not is_first:
                self._waiting.append(place)
        if is_first:
            self._begin([place])
        self._await(place, is_off)
        if place.error is not None:
            raise place.error
        return cast("Answer", place.answer)

    def _await(self, place: _Place[Wish, Answer], is_off: Callable[[], bool]) -> None:
        until: float | None = None
        while not place.woken.wait(_GLANCE):
            if until is None and is_off():
                until = time.monotonic() + _LAST_MOMENT
            if until is None or time.monotonic() < until:
                continue
            with self._guard:
                if place in self._waiting:
                    self._waiting.remove(place)
            raise Left

    def _begin(self, places: Sequence[_Place[Wish, Answer]]) -> None:
        granting = threading.Thread(target=self._grant_all, args=(places,), name="gathering", daemon=True)
        try:
            granting.start()
        except RuntimeError:  # the host has no thread left: then whoever came first cannot leave, and nobody hangs
            self._grant_all(places)

    def _grant_all(self, places: Sequence[_Place[Wish, Answer]]) -> None:
        """Grants a lot, and then all that has come meanwhile, until nobody waits."""
        while places:
            self._grant_lot(places)
            with self._guard:
                places, self._waiting = self._waiting, []
                self._under_way = bool(places)
