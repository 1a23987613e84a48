"""Where certificates are kept: a folder and a broker are held to the same, and a broker's are believed when sealed."""

from __future__ import annotations

import itertools
import os
import zlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import Builder, Certificate, CertificateStore, find_lean
from checker.errors import CertificateDamaged
from checker.gate.replay import replay_module
from coordinator.campaign.settings import Settings
from coordinator.errors import CoordinatorError
from coordinator.work import shared_certificates
from coordinator.work.carrier import connect
from coordinator.work.host import HostSettings
from coordinator.work.orders import Envelope
from coordinator.work.services import Services
from coordinator.work.shared_certificates import (
    SharedCertificates,
    Sharing,
    name_of,
    open_certificates,
    seal,
    unsealed,
)
from coordinator.work.workshop import Workshop
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from checker import Certificates

PROJECT = Path(__file__).parent.parent / "checker" / "project"
SECRET = b"a key that only builders hold, and no test forges"
MOST = 64 << 20
KEY = "ab" * 32


def made(data: bytes = b"compiled", key: str = KEY) -> tuple[Certificate, dict[str, bytes]]:
    """A certificate with two artefacts."""
    artefacts = {".olean": data, ".ilean": b"index of " + data}
    digests = {suffix: sha256(each).hexdigest() for suffix, each in artefacts.items()}
    return Certificate("Book.A", key, "s", "i", "p", {}, (), {}, artefacts=digests), artefacts


class Place(Protocol):
    """Somewhere certificates are kept, and what may happen to them there."""

    def open(self) -> Certificates:
        """As another process would, with nothing in memory."""

    def rewrite(self, digest: str, data: bytes | None) -> None:
        """Write over what is kept under a digest; None takes it away."""

    def move(self, digest: str, to: str) -> None:
        """Put what is kept under a digest under another, too."""


class FolderPlace:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> Certificates:
        return CertificateStore(self._folder)

    def rewrite(self, digest: str, data: bytes | None) -> None:
        (path,) = self._folder.rglob(digest)
        path.unlink() if data is None else path.write_bytes(data)

    def move(self, digest: str, to: str) -> None:
        (path,) = self._folder.rglob(digest)
        target = path.parent.parent / to[:2] / to
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())


class BrokerPlace:
    """Each process has a folder of its own: what one kept, another has from the broker."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folders = (folder / str(number) for number in itertools.count())
        self._url = url
        self.client: redis.Redis = connect(url, text=False)
        self._opened: list[SharedCertificates] = []

    def open(self, secret: bytes = SECRET, most_bytes: int = MOST) -> SharedCertificates:
        opened = SharedCertificates(CertificateStore(next(self._folders)), self._url, secret, most_bytes)
        self._opened.append(opened)
        return opened

    def clear(self) -> None:
        for name in self.client.scan_iter("blueprover:certificates:*"):
            self.client.delete(name)

    def names(self) -> list[str]:
        found = (name.decode() for name in self.client.scan_iter("blueprover:certificates:*"))
        return [name for name in found if name.count(":") > 3]

    def name(self, digest: str) -> str:
        (name,) = (each for each in self.names() if each.endswith(digest))
        return name

    def rewrite(self, digest: str, data: bytes | None) -> None:
        name = self.name(digest)
        self.client.delete(name) if data is None else self.client.set(name, data)

    def move(self, digest: str, to: str) -> None:
        name = self.name(digest)
        self.client.copy(name, name.replace(digest, to))

    def close(self) -> None:
        for each in self._opened:
            each.close()
        self.client.close()


@pytest.fixture
def shared(tmp_path: Path, broker: str) -> Iterator[BrokerPlace]:
    opened = BrokerPlace(tmp_path / "shared", broker)
    opened.clear()
    yield opened
    opened.close()


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(find_lean(), any_sandbox(), CertificateStore(tmp_path / "own"))


@pytest.fixture(params=["folder", "broker"])
def place(request: pytest.FixtureRequest, tmp_path: Path, shared: BrokerPlace) -> Place:
    return FolderPlace(tmp_path / "folder") if request.param == "folder" else shared


# ---- what holds of both


def test_what_one_process_kept_another_finds_with_its_artefacts_on_disk(place: Place) -> None:
    certificate, artefacts = made()
    place.open().put(certificate, artefacts)
    other = place.open()
    assert other.get(KEY) == certificate
    for suffix, digest in certificate.artefacts.items():
        path = other.artefact(digest)
        assert path.read_bytes() == artefacts[suffix]
        assert path.is_relative_to(other.objects)


def test_what_nobody_kept_is_absent(place: Place) -> None:
    store = place.open()
    assert store.get(KEY) is None
    assert not store.noted(KEY)
    with pytest.raises(CertificateDamaged):
        store.artefact(KEY)


def test_what_one_process_noted_another_knows(place: Place) -> None:
    place.open().note(KEY)
    assert place.open().noted(KEY)
    assert not place.open().noted("cd" * 32)


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"compiled", None])
def test_a_damaged_or_lost_certificate_is_absent_and_can_be_kept_again(place: Place, data: bytes | None) -> None:
    place.open().put(*made())
    place.rewrite(KEY, data)
    store = place.open()
    assert store.get(KEY) is None
    store.put(*made())
    assert place.open().get(KEY) == made()[0]


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"compiled ", None])
def test_a_damaged_or_lost_artefact_is_never_handed_out_and_can_be_kept_again(place: Place, data: bytes | None) -> None:
    certificate, artefacts = made()
    digest = certificate.artefacts[".olean"]
    place.open().put(certificate, artefacts)
    place.rewrite(digest, data)
    with pytest.raises(CertificateDamaged):
        place.open().artefact(digest)
    place.open().put(certificate, artefacts)
    assert place.open().artefact(digest).read_bytes() == b"compiled"


def test_a_certificate_in_the_place_of_another_is_absent(place: Place) -> None:
    place.open().put(*made())
    other = "cd" * 32
    place.move(KEY, other)
    assert place.open().get(other) is None


def test_memory_that_was_dropped_is_read_again(place: Place) -> None:
    store = place.open()
    store.put(*made())
    store.forget()
    assert store.get(KEY) == made()[0]


# ---- what is asked of a broker's alone


def test_a_certificate_sealed_with_another_key_is_absent(shared: BrokerPlace) -> None:
    shared.open(secret=b"the key of somebody else, quite long enough").put(*made())
    assert shared.client.strlen(name_of("certificate", KEY))
    assert shared.open().get(KEY) is None


def test_a_note_sealed_with_another_key_is_absent(shared: BrokerPlace) -> None:
    shared.open(secret=b"the key of somebody else, quite long enough").note(KEY)
    assert shared.client.strlen(name_of("note", KEY))
    assert not shared.open().noted(KEY)


def test_a_certificate_without_a_seal_is_absent(shared: BrokerPlace) -> None:
    honest, artefacts = made()
    shared.open().put(honest, artefacts)
    forged = replace(honest, module="Book.Forged").to_json().encode()
    packed = zlib.compress(forged)
    seal_of_another = seal(SECRET, name_of("certificate", KEY), honest.to_json().encode())[:32]
    for value in (forged, packed, sha256(packed).digest() + packed, b"\0" * 32 + packed, seal_of_another + packed):
        shared.rewrite(KEY, value)
        assert shared.open().get(KEY) is None


def test_a_certificate_whose_artefacts_were_evicted_is_absent(shared: BrokerPlace) -> None:
    certificate, artefacts = made()
    shared.open().put(certificate, artefacts)
    shared.rewrite(certificate.artefacts[".ilean"], None)
    assert shared.open().get(KEY) is None


def test_an_artefact_that_is_damaged_on_this_disk_is_fetched_again(shared: BrokerPlace) -> None:
    certificate, artefacts = made()
    store = shared.open()
    store.put(certificate, artefacts)
    digest = certificate.artefacts[".olean"]
    store.artefact(digest).write_bytes(b"scratched")
    store.forget()
    assert store.artefact(digest).read_bytes() == b"compiled"


def test_what_is_too_large_stays_on_its_host(shared: BrokerPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_certificates, "_LARGEST", {"certificate": 4096, "artefact": 1000, "note": 0})
    store = shared.open()
    large = made(b"x" * 1001)
    store.put(*large)
    assert store.get(KEY) == large[0]
    assert shared.names() == []


def test_what_others_wrote_too_large_is_neither_read_whole_nor_unpacked(
    shared: BrokerPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = name_of("note", KEY)
    shared.client.set(name, seal(SECRET, name, b"x" * 1_000_000))
    assert not shared.open().noted(KEY)
    monkeypatch.setattr(shared_certificates, "_LARGEST", {"certificate": 100, "artefact": 1000, "note": 0})
    place = name_of("certificate", KEY)
    shared.client.set(place, seal(SECRET, place, os.urandom(5000)))
    (answer,) = shared.open()._answers([place])
    assert len(answer) < 2000
    assert shared.open().get(KEY) is None


def test_all_together_take_no_more_than_allowed_and_what_is_used_stays_longest(shared: BrokerPlace) -> None:
    most = 40_000
    store = shared.open(most_bytes=most)
    keys = [f"{number:064x}" for number in range(20)]
    for key in keys:
        store.put(*made(os.urandom(4000), key))
        assert sum(shared.client.strlen(name) for name in shared.names()) <= most
        assert shared.open(most_bytes=most).get(keys[0]) is not None
    assert shared.open(most_bytes=most).get(keys[1]) is None
    assert shared.open(most_bytes=most).get(keys[-1]) is not None


def test_nothing_stays_in_the_broker_for_ever(shared: BrokerPlace) -> None:
    shared.open().put(*made())
    shared.open().note(KEY)
    assert all(shared.client.ttl(name) > 0 for name in shared.client.scan_iter("blueprover:certificates:*"))


def test_while_the_broker_is_away_a_host_works_from_its_folder(tmp_path: Path) -> None:
    store = SharedCertificates(CertificateStore(tmp_path), "redis://127.0.0.1:1/0", SECRET, MOST)
    assert store.get(KEY) is None
    certificate, artefacts = made()
    store.put(certificate, artefacts)
    store.note(KEY)
    assert store.get(KEY) == certificate
    assert store.noted(KEY)
    with pytest.raises(CertificateDamaged):
        store.artefact("cd" * 32)
    store.close()


names = st.sampled_from([name_of("certificate", KEY), name_of("artefact", KEY), name_of("certificate", "cd" * 32)])


@given(data=st.binary(max_size=300), name=names, other=names, cut=st.integers(min_value=1, max_value=40))
def test_only_what_was_sealed_for_its_name_with_its_key_opens(data: bytes, name: str, other: str, cut: int) -> None:
    value = seal(SECRET, name, data)
    assert unsealed(SECRET, name, value) == data
    assert (unsealed(SECRET, other, value) == data) is (other == name)
    assert unsealed(SECRET + b"x", name, value) is None
    assert unsealed(SECRET, name, value[:-cut]) is None
    assert unsealed(SECRET, name, value + b"x") is None


# ---- workers


def test_a_second_host_compiles_nothing_and_checks_nothing_again(
    tmp_path: Path, shared: BrokerPlace, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET.decode())
    module = "Book.Nodes.Num"
    compiled = []
    for name in ("first", "second"):
        host = HostSettings(tmp_path / name, sandbox="none", sharing=Sharing("SOME_KEY", MOST))
        builder = Workshop(host, broker)._leans.builder_of(Envelope(7, "key", "", "", "Book", (), ()), PROJECT)
        build = builder.certify(PROJECT, [module])
        assert build.ok
        compiled.append(build.compiled)
        if name == "second":
            monkeypatch.setattr(type(builder.sandbox), "run", None)  # nothing is to be run any more
        assert replay_module(build, module, builder) == ""
    assert compiled == [("Book.Base.Logic", module), ()]
    assert shared.names()


def test_a_builder_compiles_itself_what_somebody_else_says_compiles(shared: BrokerPlace, builder: Builder) -> None:
    texts = {"X": b"module\nprelude\npublic theorem x : Nothing := nothing\n"}
    wrong = builder.certify(PROJECT, ["X"], texts).certificates["X"]
    right = builder.certify(PROJECT, ["X"], {"X": b"module\nprelude\n"}).certificates["X"]
    files = {suffix: builder.store.artefact(digest).read_bytes() for suffix, digest in right.artefacts.items()}
    forged = replace(right, key=wrong.key, source_digest=wrong.source_digest)
    for secret, ok in ((b"the key of somebody else, quite long enough", False), (SECRET, True)):
        shared.open(secret).put(forged, files)
        build = Builder(builder.lean, builder.sandbox, shared.open()).certify(PROJECT, ["X"], texts)
        assert (build.ok, build.compiled) == (ok, () if ok else ("X",))


def test_without_a_key_certificates_are_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(CoordinatorError, match=r"SOME_KEY holds no key of at least 32 characters; set it"):
        open_certificates(tmp_path, "redis://127.0.0.1:1/0", Sharing("SOME_KEY", MOST))
    monkeypatch.setenv("SOME_KEY", "short")
    with pytest.raises(CoordinatorError, match="32 characters"):
        open_certificates(tmp_path, "redis://127.0.0.1:1/0", Sharing("SOME_KEY", MOST))


def test_certificates_are_shared_only_where_a_setting_says_so(tmp_path: Path) -> None:
    assert isinstance(open_certificates(tmp_path, "", None), CertificateStore)
    command = Services(Settings(), tmp_path)._worker("builds", 1).command
    assert command[command.index("--certificates") + 1] == "folder"
    workers = {"certificates": "broker", "certificates_key_env": "SOME_KEY", "certificates_mb": 5}
    command = Services(Settings.model_validate({"workers": workers}), tmp_path)._worker("builds", 1).command
    at = command.index("--certificates")
    assert command[at : at + 6] == [
        *("--certificates", "broker", "--certificates-key-env", "SOME_KEY", "--certificates-mb", "5"),
    ]


def test_certificates_are_not_shared_by_workers_without_a_sandbox() -> None:
    with pytest.raises(ValueError, match="could read the key"):
        Settings.model_validate({"workers": {"certificates": "broker", "sandbox": "none"}})
