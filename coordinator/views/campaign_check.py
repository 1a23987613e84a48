"""What a campaign lacks to be run on this host, found out without changing anything or asking anybody."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

from checker import LeanChoice, Sandbox
from checker.build.lean_choice import MANIFEST
from checker.lean.project import LAKEFILES, TOOLCHAIN_FILE
from coordinator.campaign.campaign import Campaign
from coordinator.errors import CoordinatorError
from coordinator.store.backups import damage_of, newest_good
from coordinator.store.connecting import open_file
from coordinator.store.migrating import is_older, refusal, version_of
from coordinator.store.opening import has_store, open_to_read
from coordinator.store.schema import REVISION
from coordinator.store.trouble import broken
from coordinator.temporary import temporary_folder
from coordinator.views.finding import Finding, look_at
from coordinator.work.shared_certificates import Sharing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from coordinator.views.finding import Level

_PATIENCE = 2.0
"""Seconds to wait for a store that is locked."""

_MEGABYTE = 1 << 20
_GIGABYTE = 1 << 30
_LEAST_FREE = 2 * _GIGABYTE
"""Bytes of disk below which there is a warning: transcripts, certificates and the hub grow by gigabytes."""


def examine_campaign(folder: Path) -> Iterator[Finding]:
    """Looks at everything of a campaign that could keep it from running on this host.

    Args:
        folder: the campaign's.
    """
    try:
        campaign = Campaign.open(folder)
    except CoordinatorError as error:
        yield Finding("campaign", "error", str(error))
        return
    yield Finding("campaign", "ok", _who_runs(campaign))
    yield look_at("book", lambda: _book(campaign))
    yield from _store(campaign)
    if campaign.settings.workers.agents or campaign.settings.workers.builds:
        yield look_at("Lean of main", lambda: _lean(campaign))
    yield look_at("model", lambda: _model(campaign))
    if campaign.settings.workers.certificates == "broker":
        yield look_at("certificates", lambda: _certificates(campaign))
    yield _disk(folder)


def _who_runs(campaign: Campaign) -> str:
    runs = f"is run by process {campaign.runner()}" if campaign.is_running() else "is not being run"
    return f"{campaign.settings.name}, which {runs}"


def _book(campaign: Campaign) -> str:
    book, tip = campaign.read_book(), campaign.main()
    return f"{len(book.blueprint.nodes):,} nodes, as main of {campaign.hub_path} has them at {tip[:10]}"


def _lean(campaign: Campaign) -> str:
    """Which Lean compiles ``main`` here; the few files at its top that decide are all that is read of it."""
    workers, main = campaign.settings.workers, campaign.main()
    sandbox = Sandbox.bubblewrap() if workers.sandbox == "bubblewrap" else Sandbox.none()
    with temporary_folder("lean") as scratch:
        for name in (TOOLCHAIN_FILE, MANIFEST, *LAKEFILES):
            content = campaign.hub.read(main, name)
            if content is not None:
                (scratch / name).write_bytes(content)
        return LeanChoice(campaign.settings.lean, campaign.packages).toolchain(scratch, sandbox).identity


def _model(campaign: Campaign) -> str:
    settings = campaign.settings.model
    names = ", ".join(settings.names)
    if settings.rehearsal:
        return "a script, which needs no key"
    prices = settings.price_table()
    for name in settings.names:
        prices.price(name)
    if not campaign.settings.workers.agents:
        return f"{names}; agents work on other hosts, so this one needs no key"
    from agents import AnthropicModel  # noqa: PLC0415 - it takes most of a second to load

    AnthropicModel(os.environ.get(settings.api_key_env), settings.base_url, prices).close()
    return f"{names}, with a known price and a key; whether the service takes it is asked by `blueprover run`"


def _certificates(campaign: Campaign) -> str:
    Sharing(campaign.settings.workers.certificates_key_env, 0).secret()
    return "shared through the broker, sealed with a key"


def _store(campaign: Campaign) -> Iterator[Finding]:
    file = campaign.store_path
    if not has_store(campaign):
        yield Finding("store", "ok", f"none yet; `blueprover run {campaign.folder}` makes it")
    elif campaign.settings.store.url:
        yield look_at("store", lambda: _server(campaign))
    elif damage := damage_of(file):
        yield Finding("store", "error", str(broken(file, damage)))
    else:
        yield look_at("store", lambda: _version(file))
        yield _backup(file)


def _server(campaign: Campaign) -> str:
    with closing(open_to_read(campaign)) as store:
        return f"{store.name}, of version {REVISION}"


def _version(file: Path) -> str:
    engine = open_file(file, writable=False, patience=_PATIENCE)
    try:
        with engine.connect() as connection:
            version = version_of(connection) or ""
    finally:
        engine.dispose()
    size = sum(each.stat().st_size for each in (file, file.with_name(f"{file.name}-wal")) if each.exists())
    told = f"{file} of version {version}, {size / _MEGABYTE:,.1f} MB, of which all can be read"
    if version == REVISION:
        return told
    if not is_older(version):
        raise refusal(str(file), version)
    return f"{told}; `blueprover run` brings it up to version {REVISION}, after a backup"


def _backup(file: Path) -> Finding:
    newest = newest_good(file)
    if newest is None:
        remedy = f"`blueprover backup {file.parent}` makes one, and so does running the campaign"
        return Finding("backup", "warning", f"There is no good backup of the store: {remedy}.")
    return Finding("backup", "ok", f"the newest good one is {newest}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    level: Level = "ok" if free >= _LEAST_FREE else "warning"
    return Finding("disk", level, f"{free / _GIGABYTE:,.1f} GB are free where the campaign's folder is")
