"""One builder for all the checker's tests: real Lean, real sandbox, one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import Builder, CertificateStore, Limits, find_lean
from tests.checker.desk import Desk
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    store = CertificateStore(tmp_path_factory.mktemp("store"))
    made = Builder(find_lean(), any_sandbox(), store, limits=Limits(seconds=20.0, memory_bytes=1 << 30))
    yield made
    made.close()


@pytest.fixture
def desk(builder: Builder, tmp_path: Path) -> Desk:
    return Desk(builder, tmp_path)
