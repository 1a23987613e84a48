from __future__ import annotations

import contextlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker import Builder, CertificateStore, find_lean
from checker.build.environment import Environment
from coordinator.cli.plain import printable
from coordinator.errors import InputError
from coordinator.verify.inspection import LARGEST_MODULE, inspect_module
from tests.checker.desk import PROJECT
from tests.support.campaigns import blueprover
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from checker import Build


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Build]:
    """The checker's small project, compiled into a folder as Lean lays it out."""
    folder = tmp_path_factory.mktemp("compiled")
    builder = Builder(find_lean(), any_sandbox(), CertificateStore(folder / "store"))
    build = builder.certify(PROJECT)
    for module, certificate in build.certificates.items():
        for suffix, digest in certificate.artefacts.items():
            file = folder / "lib" / (module.replace(".", "/") + suffix)
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(builder.store.artefact(digest), file)
    builder.close()
    return folder / "lib", build


def shown(*arguments: str) -> dict[str, Any]:
    answer = blueprover("inspect", *arguments, "--json")
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_every_promised_key_is_there_and_says_what_the_certificate_says(compiled: tuple[Path, Build]) -> None:
    lib, build = compiled
    found = shown(str(lib / "Book/Nodes/Add.olean"))
    certificate = build.certificates["Book.Nodes.Add"]
    assert found["interface_digest"] == certificate.interface_digest
    assert [each["name"] for each in found["constants"]] == sorted(certificate.declarations)
    for each in found["constants"]:
        declaration = certificate.declarations[each["name"]]
        assert each["kind"] == declaration.kind
        assert each["type_digest"] == declaration.type_digest
        assert each["value_digest"] == declaration.value_digest
        assert each["uses"] == list(declaration.uses)
        assert len(each["meaning_digest"]) == 64
        assert each["axioms"] == []
    assert ".olean.private" in found["parts"]
    assert "Book.Num" in found["elsewhere"]


@pytest.mark.parametrize("module", ["Book.Base.Logic", "Book.Nodes.Add", "Book.Nodes.SuccAdd", "Book.Helpers.Shared"])
def test_with_all_imports_at_hand_meanings_and_axioms_are_the_gates(compiled: tuple[Path, Build], module: str) -> None:
    lib, build = compiled
    environment = Environment(build)
    found = inspect_module(lib / (module.replace(".", "/") + ".olean"), [lib])
    assert found.module == module
    assert found.elsewhere == ()
    assert found.constants
    for each in found.constants:
        assert each.meaning_digest == environment.meaning(each.name)
        assert each.axioms == environment.axioms(each.name)


def test_an_open_proof_is_seen_in_the_private_part_only(compiled: tuple[Path, Build], tmp_path: Path) -> None:
    lib, _ = compiled
    file = lib / "Book/Nodes/SuccAdd.olean"
    [whole] = shown(str(file))["constants"]
    assert (whole["kind"], whole["axioms"]) == ("theorem", ["sorryAx"])
    shutil.copy(file, tmp_path)
    [public] = shown(str(tmp_path / "SuccAdd.olean"))["constants"]
    assert public["kind"] == "axiom"


def test_people_read_a_table(compiled: tuple[Path, Build]) -> None:
    lib, _ = compiled
    answer = blueprover("inspect", str(lib / "Book/Nodes/SuccAdd.olean"))
    assert answer.returncode == 0
    assert "Book.succ_add" in answer.stdout
    assert "followed by name only" in answer.stdout


def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(compiled: tuple[Path, Build], tmp_path: Path) -> None:
    lib, _ = compiled
    whole = (lib / "Book/Nodes/Num.olean").read_bytes()
    (tmp_path / "short.olean").write_bytes(whole[:400])
    (tmp_path / "text.olean").write_text("theorem")
    (tmp_path / "empty.olean").touch()
    (tmp_path / "other.olean").write_bytes(whole[:5] + b"\x09" + whole[6:])
    (tmp_path / "folder.olean").mkdir()
    (tmp_path / "endless.olean").symlink_to("/dev/zero")
    with (tmp_path / "huge.olean").open("wb") as file:
        file.truncate(LARGEST_MODULE + 8)
    for name in ("short", "text", "empty", "other", "folder", "endless", "huge", "missing"):
        answer = blueprover("inspect", str(tmp_path / f"{name}.olean"))
        assert answer.returncode == 2, name
        assert answer.stderr.startswith("error: ")
        assert answer.stderr.count("\n") == 1
        assert f"{name}.olean" in answer.stderr
    assert blueprover("inspect", str(tmp_path / "short")).returncode == 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_ends_in_an_answer_or_in_a_sentence(
    compiled: tuple[Path, Build], tmp_path: Path, data: st.DataObject
) -> None:
    lib, _ = compiled
    content = bytearray((lib / "Book/Nodes/SuccAdd.olean").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path / "Damaged.olean"
    file.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    with contextlib.suppress(InputError):
        inspect_module(file, [lib])


@given(st.text())
def test_nothing_that_is_printed_moves_a_terminals_cursor(text: str) -> None:
    assert printable(text).replace("\n", "").isprintable()
    assert printable(printable(text)) == printable(text)
