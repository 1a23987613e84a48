"""Reading compiled modules: right ones fast, broken ones with an error, never for ever."""

from __future__ import annotations

import contextlib
import struct
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.errors import UnreadableModule
from checker.gate.replay import replay_module
from checker.kernel.compiled import PRIVATE, PUBLIC, SERVER, read_compiled
from tests.checker.desk import PROJECT
from tests.checker.tampering import exchange_proof

if TYPE_CHECKING:
    from pathlib import Path

    from checker import Build, Builder


def artefacts(builder: Builder, module: str = "Book.Nodes.Add") -> dict[str, bytes]:
    certificate = builder.certify(PROJECT, [module]).certificates[module]
    return {
        suffix: builder.store.artefact(digest).read_bytes()
        for suffix, digest in certificate.artefacts.items()
        if suffix != ".ilean"
    }


def test_it_reads_kinds_and_uses(builder: Builder) -> None:
    found = read_compiled(artefacts(builder, "Book.Base.Logic")).declarations
    assert found["Eq"].kind == "inductive"
    assert found["Eq.refl"].kind == "constructor"
    assert found["Eq.rec"].kind == "recursor"
    assert found["Eq.symm"].kind == "theorem"
    assert found["propext"].kind == "axiom"
    assert found["Nat.add"].kind == "definition"
    assert found["lcErased"].flags == ("unsafe",)
    assert found["Eq.symm"].type_uses == ("Eq",)
    assert set(found["Eq.symm"].value_uses) == {"Eq", "Eq.ndrec", "rfl"}


def test_it_reads_five_megabytes_a_second(builder: Builder) -> None:
    files = artefacts(builder, "Book.Base.Logic")
    best = min(_timed(files) for _ in range(5))
    # A quarter of what is asked of an idle machine, since tests share theirs.
    assert sum(map(len, files.values())) / best > 5e6 / 4


def _timed(files: dict[str, bytes]) -> float:
    began = time.process_time()
    read_compiled(files)
    return time.process_time() - began


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: b"", "no compiled Lean module"),
        (lambda data: b"elf" + data[3:], "no compiled Lean module"),
        (lambda data: data[:5] + b"\x03" + data[6:], "format 3"),
        (lambda data: data[:-8], "over its end|damaged|outside|no array|shape"),
        (lambda data: data + b"\0" * 3, "bytes"),
        (lambda data: data[:88] + b"\xff" * 8 + data[96:], "outside itself|shape"),
        (lambda data: data[:80] + b"\0" * 8 + data[88:], "outside|fit together|points"),
    ],
)
def test_files_of_another_kind_are_refused(builder: Builder, change: object, words: str) -> None:
    files = artefacts(builder)
    assert callable(change)
    with pytest.raises(UnreadableModule, match=words):
        read_compiled({**files, PUBLIC: change(files[PUBLIC])})


def test_a_loop_is_refused(builder: Builder) -> None:
    """Every pointer of the root made to lead to the root."""
    files = artefacts(builder)
    data = bytearray(files[PRIVATE])
    base, root = struct.unpack_from("<2Q", data, 80)
    for at in range(5):
        struct.pack_into("<Q", data, root - base + 8 + 8 * at, root)
    with pytest.raises(UnreadableModule, match="forwards"):
        read_compiled({**files, PRIVATE: bytes(data)})


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_bits_end_in_an_answer_or_an_error(builder: Builder, data: st.DataObject) -> None:
    files = artefacts(builder)
    suffix = data.draw(st.sampled_from([PUBLIC, SERVER, PRIVATE]))
    damaged = bytearray(files[suffix])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    began = time.process_time()
    with contextlib.suppress(UnreadableModule):
        read_compiled({**files, suffix: bytes(damaged)})
    assert time.process_time() - began < 5


def tampered(builder: Builder, folder: Path) -> tuple[Build, Builder]:
    """A build in which one theorem's proof was exchanged for another's, inside the compiled module."""
    from checker import Builder as Maker  # noqa: PLC0415
    from checker import CertificateStore  # noqa: PLC0415 - only here

    text = (
        b"module\nprelude\npublic import Book.Base.Logic\n"
        b"public theorem a : True := .intro\npublic theorem b (p : Prop) (h : p) : p := h\n"
    )
    store = CertificateStore(folder / "store")
    other = Maker(builder.lean, builder.sandbox, store)
    build = other.certify(PROJECT, ["X"], {"X": text})
    exchange_proof(store, build.certificates["X"], "b", "a")
    return other.certify(PROJECT, ["X"], {"X": text}), other


def test_the_kernel_refuses_an_exchanged_proof(builder: Builder, tmp_path: Path) -> None:
    build, other = tampered(builder, tmp_path)
    assert build.compiled == (), "the forged certificate stands in the store"
    problem = replay_module(build, "X", other)
    assert "declaration type mismatch" in problem


def test_the_kernel_accepts_honest_modules_and_remembers(builder: Builder) -> None:
    build = builder.certify(PROJECT)
    for module in build.built:
        assert replay_module(build, module, builder) == ""


def test_a_proof_that_computes_with_an_imported_quotient_is_accepted_by_the_replay(builder: Builder) -> None:
    logic = (PROJECT / "Book" / "Base" / "Logic.lean").read_text()
    text = (
        "module\nprelude\npublic import Quotients\n"
        "public theorem lifted {A B : Type} (r : A → A → Prop) (f : A → B)\n"
        "    (h : (a b : A) → r a b → Eq (f a) (f b)) (a : A) : Eq (Quot.lift f h (Quot.mk r a)) (f a) := rfl\n"
    )
    extra = {"Quotients": f"{logic}\ninit_quot\n".encode(), "Uses": text.encode()}
    build = builder.certify(PROJECT, ["Uses"], extra)
    assert build.ok, build.failures
    assert replay_module(build, "Uses", builder) == ""
