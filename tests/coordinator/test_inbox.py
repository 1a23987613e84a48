from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.campaign import inbox as inbox_module
from coordinator.campaign.inbox import Inbox
from coordinator.campaign.wishes import Answer, Boost, Pause, Retry, Skip, read_wish, write_wish
from coordinator.errors import InputError

if TYPE_CHECKING:
    from coordinator.campaign.wishes import Wish


def test_wishes_wait_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    wishes: list[Wish] = [Pause(), Skip("a"), Boost("b", 3.0)]
    names = [inbox.put(wish) for wish in wishes]
    assert inbox.waiting() == names
    assert [read_wish(inbox.read(name)) for name in names] == wishes


def test_an_answered_wish_waits_no_more_and_its_answer_is_fetched_once(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    name = inbox.put(Pause())
    assert inbox.fetch_answer(name) is None
    inbox.answer(name, Answer("Done.", 0))
    assert inbox.waiting() == []
    assert inbox.fetch_answer(name) == Answer("Done.", 0)
    assert inbox.fetch_answer(name) is None


def test_half_written_files_and_other_things_in_the_folder_are_no_wishes(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    name = inbox.put(Pause())
    (tmp_path / f"{name}.wish.new").write_bytes(b'{"kind": "pau')
    (tmp_path / "notes.txt").write_text("remember the milk")
    (tmp_path / f"{'0' * 20}-{'a' * 32}.wish").mkdir()
    assert inbox.waiting() == [name]


def test_a_wish_is_on_the_disk_with_its_name_before_it_counts_as_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, list[str]]] = []
    flush = os.fsync

    def note(handle: int) -> None:
        flush(handle)
        place = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append((place, [each.name for each in place.iterdir()] if place.is_dir() else []))

    monkeypatch.setattr(os, "fsync", note)
    inbox = Inbox(tmp_path / "inbox")
    name = inbox.put(Pause())
    assert [place for place, _ in synced] == [tmp_path, tmp_path / "inbox" / f"{name}.wish.new", tmp_path / "inbox"]
    assert synced[0][1] == ["inbox"]
    assert synced[-1][1] == [f"{name}.wish"]
    inbox.answer(name, Answer("Done."))
    assert f"{name}.answer" in synced[-1][1]


def test_a_full_inbox_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MOST_WAITING", 2)
    inbox = Inbox(tmp_path / "inbox")
    inbox.put(Pause())
    inbox.put(Pause())
    with pytest.raises(InputError, match="2 wishes wait"):
        inbox.put(Pause())


def test_old_answers_that_nobody_fetched_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MOST_ANSWERS", 1)
    inbox = Inbox(tmp_path / "inbox")
    first, second = inbox.put(Pause()), inbox.put(Pause())
    for name in (first, second):
        inbox.answer(name, Answer("Done."))
    inbox.tidy()
    assert (inbox.fetch_answer(first), inbox.fetch_answer(second)) == (None, Answer("Done."))


@pytest.mark.parametrize(
    "wish", [Retry("a", hint="x" * 8001), Retry("a", max_cost_usd=0.0), Boost("a", -1), Skip("a" * 501)]
)
def test_what_is_too_long_or_out_of_range_is_refused_before_it_is_left(wish: Wish, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be asked"):
        Inbox(tmp_path / "inbox").put(wish)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_whatever_lies_in_the_inbox_is_a_wish_or_refused_in_a_sentence(written: bytes) -> None:
    try:
        wish = read_wish(written)
    except InputError:
        return
    assert read_wish(write_wish(wish)) == wish
