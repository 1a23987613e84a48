"""Certificates that builders on several hosts share through the broker, each with a folder of its own before it.

The broker is reached by many and believed by nobody: whatever is read from it was sealed with a key that only builders
hold, for the name it is read under. Anything else (unsealed, sealed with another key, sealed for another name, cut off,
too large) counts as absent, as does what has expired or was evicted. So do all answers while the broker is away: then
each host works from its folder, and compiles what is not there.
"""

from __future__ import annotations

import hmac
import os
import time
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

import redis
import structlog

from checker import Certificate, CertificateStore
from checker.errors import CertificateDamaged
from coordinator.errors import CoordinatorError
from coordinator.work.carrier import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from checker import Certificates

Kind = Literal["certificate", "artefact", "note"]
T = TypeVar("T")

_PREFIX: Final = "blueprover:certificates:1"
"""Before every name; the number is that of the format."""
_SEAL_BYTES: Final = 32
_LARGEST: Final[Mapping[Kind, int]] = {"certificate": 16 << 20, "artefact": 64 << 20, "note": 0}
"""Bytes of a thing of each kind, packed and unpacked: what is larger is not shared."""
_LIFE_SECONDS: Final = 14 * 24 * 3600
"""After so long without use a thing is forgotten."""
_SILENCE_SECONDS: Final = 30.0
"""After the broker failed, it is asked nothing for so long."""

_KEEP: Final = """
local index, total, name = KEYS[1], KEYS[2], KEYS[3]
local value, now, life, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local member = string.len(value) .. ' ' .. name
redis.call('SET', name, value, 'EX', life)
local held = tonumber(redis.call('GET', total) or '0')
if redis.call('ZADD', index, now, member) == 1 then held = held + string.len(value) end
while held > most do
  local oldest = redis.call('ZPOPMIN', index)[1]
  if not oldest then held = 0 break end
  local size, gone = string.match(oldest, '^(%d+) (.*)$')
  redis.call('DEL', gone)
  held = held - tonumber(size)
end
redis.call('SET', total, held, 'EX', life)
redis.call('EXPIRE', index, life)
"""
"""Keeps a value, and forgets what was written or used longest ago until all together are no more than allowed.

Sizes stand in the index, so what expired is still reckoned with until its turn comes: the bound holds all the same.
"""

_SHORTEST_KEY: Final = 32
"""Characters of a key that nobody guesses."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a host shares certificates through the broker.

    Attributes:
        key_env: name of the environment variable that holds the key of the seals.
        most_bytes: what all certificates and artefacts may take in the broker.
    """

    key_env: str
    most_bytes: int

    def secret(self) -> bytes:
        """The key of the seals.

        Raises:
            CoordinatorError: when the environment has none, or one that is too short.
        """
        found = os.environ.get(self.key_env, "")
        if len(found) < _SHORTEST_KEY:
            raise CoordinatorError(
                f"Certificates are shared through the broker, and {self.key_env} holds no key of at least "
                f"{_SHORTEST_KEY} characters; set it to the same one wherever workers run, such as what "
                "`openssl rand -hex 32` prints."
            )
        return found.encode()


def open_certificates(folder: Path, broker: str, sharing: Sharing | None) -> Certificates:
    """The certificates of a host: those of a folder, before those of the broker where they are shared.

    Raises:
        CoordinatorError: when they are to be shared and there is no key.
    """
    local = CertificateStore(folder)
    return SharedCertificates(local, broker, sharing.secret(), sharing.most_bytes) if sharing else local


class SharedCertificates:
    """The `checker.Certificates` of a broker, behind those of a folder.

    Attributes:
        local: those of the folder.
        objects: folder of the artefacts.
        scratch: folder for what is being made.
    """

    def __init__(self, local: CertificateStore, url: str, secret: bytes, most_bytes: int) -> None:
        """Nothing is asked yet.

        Args:
            local: the folder, trusted as far as this host is.
            url: of the broker.
            secret: the key of the seals.
            most_bytes: what all certificates and artefacts may take in the broker.

        Raises:
            ServiceError: no broker can have such a URL.
        """
        self.objects, self.scratch = local.objects, local.scratch
        self.local = local
        self._secret = secret
        self._most_bytes = most_bytes
        self._client = connect(url, text=False)
        self._keep = self._client.register_script(_KEEP)
        self._silent_until = 0.0

    def get(self, key: str) -> Certificate | None:
        """The certificate of a key, fetched with its artefacts where the folder lacks it; None when there is none."""
        return self.local.get(key) or self._fetched(key)

    def put(self, certificate: Certificate, artefacts: Mapping[str, bytes]) -> Certificate:
        """Keep a certificate and its artefacts in the folder, and in the broker where each is small enough."""
        kept = self.local.put(certificate, artefacts)
        packed = {name_of("artefact", digest): artefacts[suffix] for suffix, digest in certificate.artefacts.items()}
        packed[name_of("certificate", certificate.key)] = certificate.to_json().encode()
        if all(len(data) <= _LARGEST[_kind_of(name)] for name, data in packed.items()):
            self._asked(lambda: self._publish(packed))
        return kept

    def artefact(self, digest: str) -> Path:
        """Path of an artefact in the folder, fetched where it is missing there.

        Raises:
            CertificateDamaged: when it is nowhere as it was.
        """
        try:
            return self.local.artefact(digest)
        except CertificateDamaged:
            (found,) = self._read([name_of("artefact", digest)])
            if found is None or sha256(found).hexdigest() != digest:
                raise
            return self.local.keep(digest, found)

    def note(self, digest: str) -> None:
        """Note that something, named by a digest of all it depends on, was found true."""
        self.local.note(digest)
        self._asked(lambda: self._publish({name_of("note", digest): b""}))

    def noted(self, digest: str) -> bool:
        """Whether something was noted before, here or elsewhere."""
        if self.local.noted(digest):
            return True
        (found,) = self._read([name_of("note", digest)])
        if found is None:
            return False
        self.local.note(digest)
        return True

    def forget(self) -> None:
        """Drop what is kept in memory; folder and broker stay."""
        self.local.forget()

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _fetched(self, key: str) -> Certificate | None:
        (text,) = self._read([name_of("certificate", key)])
        certificate = Certificate.recognised(text, key) if text is not None else None
        if certificate is None:
            return None
        artefacts = self._artefacts(certificate)
        return None if artefacts is None else self.local.put(certificate, artefacts)

    def _artefacts(self, certificate: Certificate) -> dict[str, bytes] | None:
        """All artefacts of a certificate by suffix; None when one is missing or is not what the certificate says."""
        suffixes = list(certificate.artefacts)
        found = self._read([name_of("artefact", certificate.artefacts[each]) for each in suffixes])
        artefacts = {suffix: data for suffix, data in zip(suffixes, found, strict=True) if data is not None}
        sound = {suffix: sha256(data).hexdigest() for suffix, data in artefacts.items()}
        return artefacts if sound == certificate.artefacts else None

    def _publish(self, things: Mapping[str, bytes]) -> None:
        """Keep things under their names, in their order: a certificate after its artefacts."""
        with self._client.pipeline(transaction=False) as pipe:
            for name, data in things.items():
                self._keep(
                    keys=[f"{_PREFIX}:index", f"{_PREFIX}:total", name],
                    args=[seal(self._secret, name, data), time.time(), _LIFE_SECONDS, self._most_bytes],
                    client=pipe,
                )
            pipe.execute()

    def _read(self, names: list[str]) -> list[bytes | None]:
        """What was sealed under each name; None for what is not there as it should be."""
        answers = self._asked(lambda: self._answers(names)) if names else []
        if answers is None:
            return [None] * len(names)
        return [unsealed(self._secret, name, value) for name, value in zip(names, answers, strict=True)]

    def _answers(self, names: list[str]) -> list[bytes]:
        with self._client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.getrange(name, 0, _most_packed(name))
                pipe.expire(name, _LIFE_SECONDS)
            values = cast("list[bytes]", pipe.execute()[::2])
            self._renew(pipe, {name: len(value) for name, value in zip(names, values, strict=True) if value})
        return values

    def _renew(self, pipe: redis.client.Pipeline, sizes: Mapping[str, int]) -> None:
        """Tell the index that these were used just now."""
        now = time.time()
        for name, size in sizes.items():
            pipe.zadd(f"{_PREFIX}:index", {f"{size} {name}": now}, xx=True)
        pipe.execute()

    def _asked(self, question: Callable[[], T]) -> T | None:
        """The broker's answer; None when it has none, now or a moment ago."""
        if time.monotonic() < self._silent_until:
            return None
        try:
            return question()
        except redis.RedisError as error:
            log.warning("certificates_not_shared", error=str(error), silent_seconds=_SILENCE_SECONDS)
            self._silent_until = time.monotonic() + _SILENCE_SECONDS
            return None


def name_of(kind: Kind, digest: str) -> str:
    """How a thing is called in the broker."""
    return f"{_PREFIX}:{kind}:{digest}"


def seal(secret: bytes, name: str, data: bytes) -> bytes:
    """A thing as it is kept under a name: packed, after its HMAC-SHA256."""
    packed = zlib.compress(data, 1)
    return _hmac(secret, name, packed) + packed


def unsealed(secret: bytes, name: str, value: bytes) -> bytes | None:
    """What was kept under a name; None unless it was sealed for this name with this key."""
    mark, packed = value[:_SEAL_BYTES], value[_SEAL_BYTES:]
    if not hmac.compare_digest(mark, _hmac(secret, name, packed)):
        return None
    most = _LARGEST[_kind_of(name)]
    opener = zlib.decompressobj()
    try:
        data = opener.decompress(packed, most + 1)
    except zlib.error:
        return None
    return data if opener.eof and len(data) <= most else None


def _hmac(secret: bytes, name: str, packed: bytes) -> bytes:
    return hmac.digest(secret, name.encode() + b"\0" + packed, "sha256")


def _kind_of(name: str) -> Kind:
    return cast("Kind", name.split(":")[-2])


def _most_packed(name: str) -> int:
    """The last byte that is read: what does not fit was not written by `seal`, or is too large."""
    return _LARGEST[_kind_of(name)] + (_LARGEST[_kind_of(name)] >> 8) + (1 << 10)
