from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coordinator.store.kept import get_meta, set_meta
from coordinator.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["two words", "50%41", "a#b", "a?mode=memory", "é"])
def test_a_store_is_the_file_it_is_said_to_be_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    store = Store(folder / "store.sqlite", writable=True)
    with store.begin() as connection:
        set_meta(connection, "key", "kept")
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == [name]
    again = Store(folder / "store.sqlite", writable=False)
    with again.begin() as connection:
        assert get_meta(connection, "key") == "kept"
    again.close()
