"""The real Lean, shared by all tests of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker.build.builder import Builder
from checker.build.store import CertificateStore
from checker.lean.toolchain import find_lean
from tests.support.agent_desk import Desk
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    store = CertificateStore(tmp_path_factory.mktemp("certificates"))
    made = Builder(find_lean(), any_sandbox(), store)
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path, builder: Builder) -> Desk:
    return Desk(tmp_path, builder)
