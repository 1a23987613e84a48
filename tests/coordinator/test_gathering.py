"""Wishes of many threads, granted in lots."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from coordinator.gathering import Gathering
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_whoever_comes_while_others_are_at_it_goes_with_the_next_lot() -> None:
    lots: list[int] = []
    gate = threading.Event()

    def grant(wishes: Sequence[int]) -> list[int]:
        lots.append(len(wishes))
        gate.wait(20)
        return [-wish for wish in wishes]

    gathering = Gathering(grant)
    with ThreadPoolExecutor(9) as pool:
        answers = [pool.submit(gathering.wish, 1)]
        wait_for(lambda: lots)
        answers += [pool.submit(gathering.wish, number) for number in range(2, 10)]
        wait_for(lambda: len(gathering._waiting) == 8)
        gate.set()
        assert [answer.result(20) for answer in answers] == [-number for number in range(1, 10)]
    assert lots == [1, 8]


def test_every_thread_gets_its_own_answer() -> None:
    gathering: Gathering[int, int] = Gathering(lambda wishes: [2 * wish for wish in wishes])
    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(gathering.wish, range(5000))) == list(range(0, 10000, 2))


def test_what_granting_raises_all_of_the_lot_get_and_the_next_lot_does_not() -> None:
    def grant(wishes: Sequence[int]) -> list[int]:
        if 1 in wishes:
            raise ValueError("not this one")
        return list(wishes)

    gathering = Gathering(grant)
    with pytest.raises(ValueError, match="not this one"):
        gathering.wish(1)
    assert gathering.wish(2) == 2
