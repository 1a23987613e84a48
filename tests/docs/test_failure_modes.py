"""The page of what goes wrong elsewhere names tests: they are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "design" / "failure-modes.md"
NAMED = re.findall(r"`(tests/[\w/.]+)::(\w+)`", PAGE.read_text(encoding="utf-8"))
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\|(?! -|.* test \|$)", line)]


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_every_row_names_one() -> None:
    assert len(NAMED) == len(ROWS) > 30
