"""Projects of elan and lake. Each test's id says which lake it used: the stand-in, or the real one of this host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import (
    Builder,
    CertificateStore,
    EmbeddedLean,
    LakeFailed,
    LakeProject,
    LakeToolchain,
    LeanMissing,
    Limits,
    find_lean,
    toolchain_of,
)
from checker.build.environment import Environment
from checker.errors import UnreadableModule
from checker.gate.replay import replay_all
from checker.lean.lake import installed_toolchain, lake_messages
from tests.support.sandboxes import any_sandbox, needs_bubblewrap
from tests.support.toolchains import real_toolchain, stand_in_toolchain

if TYPE_CHECKING:
    from pathlib import Path

LAKEFILE = 'name = "book"\n\n[[lean_lib]]\nname = "Book"\n'
BASIC = "module\nprelude\n\npublic inductive Book.Unit where\n  | unit\n"
USES = "module\nprelude\npublic import Book.Basic\n\npublic def Book.one : Book.Unit := .unit\n"


@pytest.fixture(scope="session")
def elan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Elan's folder, with the stand-in in it."""
    folder = tmp_path_factory.mktemp("elan")
    stand_in_toolchain(folder)
    return folder


@pytest.fixture
def stand_in(elan: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Elan's folder, where toolchains are sought; no other lake is on the path."""
    monkeypatch.setenv("ELAN_HOME", str(elan))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return elan


@pytest.fixture(params=["stand-in", "real"])
def toolchain(request: pytest.FixtureRequest, elan: Path) -> LakeToolchain:
    """Each toolchain there is."""
    if request.param == "stand-in":
        return installed_toolchain(elan / "toolchains" / "leanprover--lean4---v4.35.0")
    root = real_toolchain()
    if root is None:
        pytest.skip("no lake is installed on this host")
    return installed_toolchain(root)


def project(folder: Path, wanted: str | None = "leanprover/lean4:v4.35.0", lakefile: str | None = LAKEFILE) -> Path:
    """A project of two modules."""
    (folder / "Book").mkdir(parents=True)
    (folder / "Book" / "Basic.lean").write_text(BASIC)
    (folder / "Book" / "Uses.lean").write_text(USES)
    if wanted is not None:
        (folder / "lean-toolchain").write_text(wanted + "\n")
    if lakefile is not None:
        (folder / "lakefile.toml").write_text(lakefile)
    return folder


def lake(folder: Path, toolchain: LakeToolchain) -> LakeProject:
    return LakeProject(folder, toolchain, any_sandbox())


@pytest.mark.parametrize("wanted", ["leanprover/lean4:v4.35.0", "v4.35.0", "leanprover/lean4:4.35.0", "4.35.0"])
def test_a_lakefile_and_an_installed_toolchain_make_it_lake_with_the_stand_in(
    wanted: str, stand_in: Path, tmp_path: Path
) -> None:
    found = toolchain_of(project(tmp_path / "book", wanted))
    assert isinstance(found, LakeToolchain)
    assert found.kind == "lake"
    assert found.root == (stand_in / "toolchains" / "leanprover--lean4---v4.35.0").resolve()
    assert found.identity.startswith("Lean 4.35.0 eb6cafb7 lake ")


@pytest.mark.parametrize(
    ("wanted", "lakefile"),
    [("leanprover/lean4:v4.35.0", None), (None, None), (None, LAKEFILE)],
)
@pytest.mark.usefixtures("stand_in")
def test_without_a_lakefile_or_a_named_toolchain_it_is_the_embedded_lean(
    wanted: str | None, lakefile: str | None, tmp_path: Path
) -> None:
    assert isinstance(toolchain_of(project(tmp_path / "book", wanted, lakefile)), EmbeddedLean)


@pytest.mark.usefixtures("stand_in")
def test_people_have_the_last_word_with_the_stand_in(tmp_path: Path) -> None:
    folder = project(tmp_path / "book")
    assert toolchain_of(folder, "embedded").kind == "embedded"
    assert toolchain_of(folder, "lake").kind == "lake"
    with pytest.raises(LeanMissing, match=r"is no project of lake: add a lakefile\.lean or lakefile\.toml\.$"):
        toolchain_of(project(tmp_path / "plain", lakefile=None), "lake")
    with pytest.raises(LeanMissing, match=r"names no toolchain to have lake run; add a lean-toolchain"):
        toolchain_of(project(tmp_path / "unnamed", None), "lake")


@pytest.mark.usefixtures("stand_in")
def test_a_toolchain_that_is_not_here_is_named_with_what_installs_it(tmp_path: Path) -> None:
    folder = project(tmp_path / "book", "leanprover/lean4:v4.9.0")
    for choice in ("auto", "lake"):
        with pytest.raises(LeanMissing, match=r"elan toolchain install leanprover/lean4:v4\.9\.0"):
            toolchain_of(folder, choice)
    assert toolchain_of(folder, "embedded").version == find_lean().version


@pytest.mark.parametrize("text", ["", "..", "../../etc", "a/b/c:d", "-rf", "two words", "x" * 5000 + " y", "über"])
@pytest.mark.usefixtures("stand_in")
def test_a_toolchain_file_that_names_none_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(LeanMissing, match=r"lean-toolchain names no toolchain; it holds one line such as"):
        toolchain_of(project(tmp_path / "book", text))


def test_a_folder_that_is_no_toolchain_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(LeanMissing, match=r"is no Lean toolchain: it has no bin/lean; install it anew\.$"):
        installed_toolchain(tmp_path)


def test_lake_builds_a_project_and_tells_where_its_modules_are(toolchain: LakeToolchain, tmp_path: Path) -> None:
    folder = project(tmp_path / "book", lakefile=LAKEFILE + 'globs = ["Book.+"]\n')
    built = lake(folder, toolchain).build(["Book"])
    assert (built.ok, built.detail, built.messages) == (True, "", ())
    assert (folder / ".lake/build/lib/lean/Book/Uses.olean").is_file()
    assert (folder / ".lake/build/lib/lean").resolve() in [
        each.resolve() for each in lake(folder, toolchain).search_path()
    ]


def test_what_lean_says_comes_with_file_and_position(toolchain: LakeToolchain, tmp_path: Path) -> None:
    folder = project(tmp_path / "book", lakefile=LAKEFILE + 'globs = ["Book.+"]\n')
    (folder / "Book" / "Uses.lean").write_text(USES + "\npublic def Book.two : Book.Unit := nothing\n")
    built = lake(folder, toolchain).build(["Book.Uses"])
    assert not built.ok
    assert built.detail == "Lean reports 1 errors."
    (message,) = built.messages
    assert message.file == "Book/Uses.lean"
    assert (message.diagnostic.severity, message.diagnostic.line) == ("error", 7)
    assert "nothing" in message.diagnostic.message


def test_a_target_that_is_none_and_a_folder_that_is_no_project_are_refused(
    toolchain: LakeToolchain, tmp_path: Path
) -> None:
    folder = project(tmp_path / "book")
    with pytest.raises(LakeFailed, match=r"'--update' is no target of lake"):
        lake(folder, toolchain).build(["--update"])
    built = lake(folder, toolchain).build(["Elsewhere"])
    assert not built.ok
    assert "unknown target" in built.detail
    with pytest.raises(LakeFailed, match=r"lake cannot load .*; does `lake env true` work there\?$"):
        lake(project(tmp_path / "plain", lakefile=None), toolchain).search_path()


def test_packages_are_on_the_search_path_with_the_stand_in(elan: Path, tmp_path: Path) -> None:
    folder = project(tmp_path / "book")
    package = project(folder / ".lake" / "packages" / "more", lakefile='name = "more"\n')
    found = lake(folder, installed_toolchain(elan / "toolchains" / "leanprover--lean4---v4.35.0")).search_path()
    assert found == tuple((each / ".lake/build/lib/lean").resolve() for each in (folder, package))


@needs_bubblewrap
def test_lake_sees_no_key_and_no_home_with_the_stand_in(
    elan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    folder = project(tmp_path / "book")
    found = lake(folder, installed_toolchain(elan / "toolchains" / "leanprover--lean4---v4.35.0"))
    run = found.sandbox.run(
        [str(found.toolchain.root / "bin" / "lake"), "env", "env"], folder, found.toolchain.reads, Limits()
    )
    assert b"LEAN_SYSROOT=" in run.output
    assert b"secret" not in run.output
    assert os.environ["HOME"].encode() + b"\n" not in run.output


def test_the_builder_certifies_with_an_installed_lean_as_with_the_embedded_one(
    toolchain: LakeToolchain, builder: Builder, tmp_path: Path
) -> None:
    folder = project(tmp_path / "book")
    made = Builder(toolchain, any_sandbox(), CertificateStore(tmp_path / "store"))
    try:
        build = made.certify(folder, ["Book.Uses"])
    finally:
        made.close()
    assert build.ok, build.failures
    embedded = builder.certify(folder, ["Book.Uses"])
    for module, certificate in build.certificates.items():
        assert certificate.interface_digest == embedded.certificates[module].interface_digest
        assert certificate.key != embedded.certificates[module].key


def package(folder: Path, more: str) -> LakeProject:
    """A project whose package declares an axiom, built with the stand-in."""
    book = project(folder / "book")
    within = project(book / ".lake" / "packages" / "more", lakefile='name = "more"\n\n[[lean_lib]]\nname = "More"\n')
    (within / "More").mkdir()
    (within / "More" / "Deep.lean").write_text("module\nprelude\npublic axiom More.Thing : Type\n" + more)
    (within / "More" / "Basic.lean").write_text("module\nprelude\npublic import More.Deep\nimport all More.Deep\n")
    (book / "Book" / "Uses.lean").write_text(
        "module\nprelude\npublic import Book.Basic\npublic import More.Basic\n"
        "public axiom Book.of : Book.Unit → More.Thing\npublic theorem Book.same (p : Prop) (h : p) : p := h\n"
    )
    elan = folder / "elan"
    root = elan / "toolchains" / "leanprover--lean4---v4.35.0"
    return lake(book, installed_toolchain(root if root.is_dir() else stand_in_toolchain(elan)))


def test_what_packages_declare_is_read_from_what_lake_compiled_with_the_stand_in(tmp_path: Path) -> None:
    found = package(tmp_path, "")
    assert found.build(["Book"]).ok
    store = CertificateStore(tmp_path / "store")
    made = Builder(found.with_packages(), any_sandbox(), store)
    try:
        first = made.certify(found.folder, ["Book.Uses"])
        again = made.certify(found.folder, ["Book.Uses"])
        axioms, replayed = Environment(first).axioms("Book.of"), replay_all(first, made)
        (found.folder / ".lake/packages/more/More/Deep.lean").write_text(
            "module\nprelude\npublic axiom More.Thing : Type\npublic axiom More.other : More.Thing\n"
        )
        assert found.build(["Book"]).ok
        changed = made.certify(found.folder, ["Book.Uses"])
    finally:
        made.close()
    assert first.ok, first.failures
    assert list(first.built) == ["More.Deep", "More.Basic", "Book.Basic", "Book.Uses"]
    deep, basic = first.built["More.Deep"], first.built["More.Basic"]
    assert deep.header.is_module
    assert [(each.module, each.public, each.all, each.meta) for each in basic.header.imports] == [
        ("More.Deep", True, False, False),
        ("More.Deep", False, True, False),
    ]
    assert (axioms, replayed) == (("Book.of", "More.Thing"), "")
    assert again.compiled == ()
    assert changed.compiled == ("Book.Uses",)
    assert changed.outside.find("More.other") is not None
    with pytest.raises(UnreadableModule, match=r"Deep\.olean was changed while it was used; build again\.$"):
        again.outside.find("More.Thing")


def test_packages_that_are_not_whole_fail_by_name_with_the_stand_in(tmp_path: Path) -> None:
    found = package(tmp_path, "")
    made = Builder(found.with_packages(), any_sandbox(), CertificateStore(tmp_path / "store"))
    compiled = found.folder / ".lake/packages/more/.lake/build/lib/lean/More"
    try:
        assert made.certify(found.folder, ["Book.Uses"]).failures["Book.Uses"].failure == "missing-import"
        assert found.build(["Book"]).ok
        (compiled / "Deep.olean").rename(compiled / "Elsewhere.olean")
        lost = made.certify(found.folder, ["Book.Uses"]).failures
        (compiled / "Deep.olean").write_bytes(b"olean" * 100)
        damaged = made.certify(found.folder, ["Book.Uses"]).failures
    finally:
        made.close()
    assert lost["More.Basic"].detail.endswith("which is not compiled outside the tree; run `lake build More.Basic`.")
    assert {module: each.failure for module, each in damaged.items()} == {
        "More.Deep": "unreadable", "More.Basic": "import-failed", "Book.Uses": "import-failed",
    }  # fmt: skip


def test_messages_go_on_until_the_next_line_of_log() -> None:
    printed = (
        "⚠ [1/2] Building A\nwarning: A.lean:3:4: first\n  second\n\ninfo: A.lean:5:0-5:9: told\n"
        "✖ [2/2] Building B\nerror: src/B.lean:1:2: wrong\nerror: Lean exited with code 1\nloose\n"
        "Some required targets logged failures:\n- B\n"
    )
    assert [(each.file, str(each.diagnostic), each.diagnostic.end_column) for each in lake_messages(printed)] == [
        ("A.lean", "3:4: warning: first\n  second", 4),
        ("A.lean", "5:0: information: told", 9),
        ("src/B.lean", "1:2: error: wrong", 2),
    ]


@given(st.text())
def test_whatever_is_printed_becomes_messages_or_nothing(printed: str) -> None:
    for message in lake_messages("error: A.lean:1:0: " + printed):
        assert message.diagnostic.line >= 0
