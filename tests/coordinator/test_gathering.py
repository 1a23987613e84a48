"""Wishes of many threads, granted in lots."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from coordinator.gathering import Gathering, LeavableGathering, Left
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


def test_whoever_leaves_takes_a_wish_along_that_nobody_is_at_yet_and_keeps_nobody_else_waiting() -> None:
    granted: list[int] = []
    gate, leaves = threading.Event(), threading.Event()

    def grant(wishes: Sequence[int]) -> list[int]:
        granted.extend(wishes)
        gate.wait(20)
        return [-wish for wish in wishes]

    gathering = LeavableGathering(grant)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(gathering.wish, 1, leaves.is_set)
        wait_for(lambda: granted)
        second, third = pool.submit(gathering.wish, 2, leaves.is_set), pool.submit(gathering.wish, 3)
        wait_for(lambda: len(gathering._waiting) == 2)
        leaves.set()
        for wish in (first, second):
            with pytest.raises(Left):
                wish.result(20)
        gate.set()
        assert third.result(20) == -3
    assert granted == [1, 3]


def test_what_granting_raises_goes_to_whoever_wished_and_later_wishes_are_granted() -> None:
    def grant(wishes: Sequence[int]) -> list[int]:
        if 0 in wishes:
            raise ValueError("nothing for nothing")
        return list(wishes)

    gathering = LeavableGathering(grant)
    with pytest.raises(ValueError, match="nothing"):
        gathering.wish(0)
    assert gathering.wish(1) == 1


def test_where_no_thread_can_be_had_wishes_are_granted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    gathering: LeavableGathering[int, int] = LeavableGathering(lambda wishes: [2 * wish for wish in wishes])
    assert [gathering.wish(number) for number in range(3)] == [0, 2, 4]
