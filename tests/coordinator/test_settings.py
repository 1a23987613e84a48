from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import pytest
from pydantic import BaseModel

from coordinator.campaign.settings import SETTINGS_FILE, Settings, load_settings
from coordinator.errors import NotACampaign, SettingsError

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, text: str) -> Path:
    (folder / SETTINGS_FILE).write_text(text)
    return folder


def test_defaults_fill_what_is_left_out(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "name: A book\nlibrary: Lib\n"))
    assert settings.helper_folders == ("Lib/Helpers",)
    assert settings.workers.sandbox == "bubblewrap"


def test_a_folder_without_settings_is_no_campaign(tmp_path: Path) -> None:
    with pytest.raises(NotACampaign, match="holds no campaign"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("budgte_usd: 3\n", "`budgte_usd` is no setting"),
        ("workers: {agentz: 3}\n", "`workers.agentz` is no setting"),
        ("budget_usd: -1\n", "`budget_usd`"),
        ("budget_usd: lots\n", "`budget_usd`"),
        ("- a\n- b\n", "must hold settings by name"),
        ("name: [unclosed\n", "is not YAML"),
        ("lease: {seconds: 4, heartbeat_seconds: 3}\n", "at most half"),
        ("model: {rehearsal: x.yaml, base_url: 'http://x'}\n", "leave out `base_url`"),
        ("library: ../escape\n", "`library`"),
        ("attempt: {wall_seconds: .inf}\n", "`attempt.wall_seconds`"),
        ("budget_usd: .nan\n", "`budget_usd`"),
        ("broker: {url: 'localhost:6379'}\n", "`broker.url`"),
        ("broker: {url: 'amqp://localhost'}\n", "`broker.url`"),
        ("1: 2\n", "`1`"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def sections(model: type[BaseModel]) -> list[type[BaseModel]]:
    found = [model]
    for each in model.model_fields.values():
        kind = each.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += sections(kind)
    return found


def test_every_setting_says_what_it_is() -> None:
    for section in sections(Settings):
        body = cast("ast.ClassDef", ast.parse(inspect.getsource(section)).body[0]).body
        said = {
            cast("ast.Name", field.target).id
            for field, words in pairwise(body)
            if isinstance(field, ast.AnnAssign)
            and isinstance(words, ast.Expr)
            and isinstance(words.value, ast.Constant)
        }
        for name in section.model_fields.keys() - {"model_config"}:
            assert name in said, f"{section.__name__}.{name} has no description"
