"""What workers know to be locked, told through real brokers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.errors import LocksMissing
from coordinator.work.carrier import Carrier, connect
from coordinator.work.locks import Lock, LockBook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture
def carrier(broker: str) -> Iterator[Carrier]:
    made = Carrier(broker, f"campaign-{time.time_ns()}")
    yield made
    made.close()


@pytest.fixture
def book(broker: str) -> Iterator[LockBook]:
    made = LockBook(connect(broker))
    yield made
    made.close()


STATED, PROVED, LATER = Lock(1, "L.a", "aa", True), Lock(2, "L.a", "aa", False), Lock(5, "L.b", "bb", False)


def test_an_order_sees_what_was_locked_when_it_was_written(carrier: Carrier, book: LockBook) -> None:
    carrier.tell_locks([STATED, PROVED, LATER])
    assert book.as_of(carrier.campaign, 1).open_statements == {"L.a": "aa"}
    assert book.as_of(carrier.campaign, 1).open_besides("L.a") == {}
    assert book.as_of(carrier.campaign, 2).open_statements == {}
    assert book.as_of(carrier.campaign, 4).locked == {"L.a": "aa"}
    assert book.as_of(carrier.campaign, 5).locked == {"L.a": "aa", "L.b": "bb"}
    assert book.as_of(carrier.campaign, 0).locked == {}


def test_a_worker_reads_on_from_what_it_knows(carrier: Carrier, book: LockBook) -> None:
    carrier.tell_locks([STATED])
    assert book.as_of(carrier.campaign, 1).locked == {"L.a": "aa"}
    carrier.tell_locks([PROVED])
    assert book.as_of(carrier.campaign, 2).open_statements == {}


def test_a_broker_that_lost_the_locks_is_told_them_anew_and_until_then_nothing_is_done(
    carrier: Carrier, book: LockBook
) -> None:
    with pytest.raises(LocksMissing, match="as of landing 2"):
        book.as_of(carrier.campaign, 2)
    carrier.tell_locks([STATED])
    carrier.tell_locks([STATED, PROVED], anew=True)
    assert book.as_of(carrier.campaign, 2).locked == {"L.a": "aa"}
    assert carrier.last_lock() == 2


class _Stream:
    """A stream of locks in memory, with the one command a lock book uses."""

    def __init__(self, locks: Sequence[Lock]) -> None:
        self._locks = locks

    def xrange(self, _key: str, *, min: str, count: int) -> list[tuple[str, dict[str, str]]]:  # noqa: A002
        after = int(min.strip("(").partition("-")[0])
        return [(f"{lock.landing}-0", lock.fields()) for lock in self._locks if lock.landing > after][:count]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12), st.data())
def test_locks_as_of_any_landing_are_those_of_the_landings_up_to_it(
    drawn: list[tuple[str, bool]], data: st.DataObject
) -> None:
    landings: list[Lock] = []
    for name, definition in drawn:
        known = [lock for lock in landings if lock.declaration == name]
        if not known:
            landings.append(Lock(len(landings) + 1, name, f"digest of {name}", not definition))
        elif known[-1].is_open:
            landings.append(Lock(len(landings) + 1, name, f"digest of {name}", is_open=False))
    made = LockBook(_Stream(landings))  # type: ignore[arg-type]  # it is asked for one command only
    for at in data.draw(st.permutations(range(len(landings) + 1))):
        seen = landings[:at]
        proved = {lock.declaration for lock in seen if not lock.is_open}
        found = made.as_of("key", at)
        assert set(found.locked) == {lock.declaration for lock in seen}
        assert set(found.open_statements) == set(found.locked) - proved
