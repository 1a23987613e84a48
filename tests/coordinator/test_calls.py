"""Commands of many threads, gathered into few writes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import redis

from coordinator.work.calls import Calls
from coordinator.work.carrier import connect

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client(broker: str) -> Iterator[redis.Redis]:
    made = connect(broker)
    yield made
    made.close()


def test_every_thread_gets_its_own_answers(client: redis.Redis) -> None:
    calls, key = Calls(client), f"key-{time.time_ns()}"

    def add(number: int) -> tuple[int, list[int]]:
        return number, calls.make(("SADD", key, number), ("SISMEMBER", key, number), ("SISMEMBER", key, -number))

    with ThreadPoolExecutor(32) as pool:
        for _, answers in pool.map(add, range(1, 1001)):
            assert answers == [1, 1, 0]
    assert client.scard(key) == 1000


def test_a_refused_command_is_told_to_whoever_sent_it_and_to_nobody_else(client: redis.Redis) -> None:
    calls, key = Calls(client), f"key-{time.time_ns()}"
    with pytest.raises(redis.ResponseError):
        calls.make(("SET", key, "text"), ("SADD", key, "member"))
    assert calls.make(("GET", key)) == ["text"]


def test_a_broker_that_is_away_is_told_to_all_and_forgotten_when_it_is_back(client: redis.Redis) -> None:
    away = Calls(connect("redis://127.0.0.1:1/0", tries=0))
    with ThreadPoolExecutor(4) as pool:
        for answer in [pool.submit(away.make, ("PING",)) for _ in range(8)]:
            with pytest.raises(redis.ConnectionError):
                answer.result(20)
    assert Calls(client).make(("PING",)) == [True]
