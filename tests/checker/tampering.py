"""Changes terms of a module after Lean compiled it: what no source can say, and whoever writes to a disk can do."""

from __future__ import annotations

import struct
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from checker.build.compilation import INDEX
from checker.kernel.compiled import PRIVATE, PUBLIC, SERVER, read_compiled
from checker.kernel.constants import KINDS, MODULE_FIELDS
from checker.kernel.olean import Part, Space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker import Certificate, CertificateStore

THEOREM = KINDS.index("theorem")


def exchange_proof(store: CertificateStore, certificate: Certificate, name: str, other: str) -> None:
    """Give a theorem of a stored module the proof of another, and a certificate that is true of what came out.

    Of the two, the one that stands later in the file gets the other's: pointers lead backwards.
    """
    files = {suffix: store.artefact(digest).read_bytes() for suffix, digest in certificate.artefacts.items()}
    source, value = sorted(_value_of(files, each) for each in (name, other))
    private = bytearray(files[PRIVATE])
    private[value : value + 8] = private[source : source + 8]
    files[PRIVATE] = bytes(private)
    compiled = read_compiled({suffix: data for suffix, data in files.items() if suffix != INDEX})
    changed = replace(
        certificate,
        interface_digest=compiled.interface_digest,
        private_digest=compiled.private_digest,
        declarations=compiled.declarations,
        extensions=compiled.extensions,
        artefacts={suffix: sha256(data).hexdigest() for suffix, data in files.items()},
    )
    store.put(changed, files)
    store.forget()


def _value_of(files: Mapping[str, bytes], name: str) -> int:
    """Where in the private part the pointer to a theorem's proof stands."""
    parts = [Part(files[suffix], suffix) for suffix in (PUBLIC, SERVER, PRIVATE)]
    space, private = Space(parts), parts[-1]
    constants = space.fields(private.root, 0, MODULE_FIELDS)[2]
    for address in space.array(constants):
        (theorem,) = space.object(address).pointers
        named = space.fields(space.object(theorem).pointers[0], 0, 3)[0]
        if space.object(address).tag == THEOREM and space.name(named) == name:
            return theorem - private.base + struct.calcsize("<QQ")
    raise AssertionError(f"{name} is no theorem of this module")
