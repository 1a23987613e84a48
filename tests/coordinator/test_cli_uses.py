from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.campaigns import blueprover
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2] / "lean_project"
SANDBOX = ("--sandbox", any_sandbox().name)

BOOK = r"""\documentclass{article}
\usepackage{blueprint}
\newtheorem{theorem}{Theorem}
\newtheorem{definition}[theorem]{Definition}
\begin{document}
\begin{definition}\label{def:truth}\lean{True}\leanok A.\end{definition}
\begin{definition}\label{def:both}\lean{And}\leanok B.\end{definition}
\begin{theorem}\label{thm:truth}\lean{truth}\leanok\uses{def:truth, def:both} C.\end{theorem}
\begin{proof}\leanok\end{proof}
\begin{theorem}\label{thm:both}\lean{both}\uses{def:both, def:truth} D.\end{theorem}
\begin{proof}\leanok\end{proof}
\begin{theorem}\label{thm:gone}\lean{gone}\leanok E.\end{theorem}
\begin{theorem}\label{thm:later}\lean{later}\leanok\uses{def:truth, def:both} F.\end{theorem}
\begin{proof}\leanok\uses{thm:truth}\end{proof}
\end{document}
"""

MAIN = """module
prelude

public import Arithmetic.Base.Foundation

public theorem truth : True := .intro

public theorem pair (P : Prop) (p : P) : And P True := .intro p truth

public theorem both (P : Prop) (p : P) : And P True := pair P p

public theorem later : True := sorry
"""

BROKEN = """module
prelude

public import Arithmetic.Base.Foundation

public theorem broken : True := nothing
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def compared(tmp_path: Path, certificates: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Compares the book above with the Lean above, and files besides."""

    def compare(*arguments: str, **files: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "web.tex").write_text(BOOK, encoding="utf-8")
        lean = tmp_path / "lean"
        shutil.copytree(PROJECT / "Arithmetic" / "Base", lean / "Arithmetic" / "Base")
        for name, text in {"Main": MAIN, **files}.items():
            (lean / f"{name}.lean").write_text(text, encoding="utf-8")
        common = ("--compare", str(lean), "--certificates", certificates, *SANDBOX)
        return blueprover("uses", str(tmp_path), *common, *arguments, timeout=120)

    return compare


def test_the_demo_book_names_what_its_lean_uses(certificates: str) -> None:
    answer = blueprover(
        "uses", str(PROJECT), "--compare", str(PROJECT), "--certificates", certificates, *SANDBOX, "--json"
    )
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    assert (found["compared"], found["missing"], found["unused"], found["failures"]) == (49, [], [], [])
    assert found["silent"] == ["thm:exists_prime_gt"]
    assert {each["kind"] for each in found["drift"]} == {"statement-unmarked", "proof-unmarked"}
    assert any((Path(certificates) / "certificates").iterdir()), "they are kept"


def test_differences_are_told_with_their_places(compared: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    answer = compared("--json")
    assert answer.returncode == 1, answer.stderr
    found = json.loads(answer.stdout)
    assert found["failures"] == []
    assert found["missing"] == [
        {"node": "thm:both", "uses": "thm:truth", "in": "proof", "through": ["pair"], "file": "web.tex", "line": 10}
    ]
    assert found["unused"] == [
        {"node": "thm:truth", "uses": "def:both", "in": "statement", "found": "nowhere", "file": "web.tex", "line": 8}
    ]
    assert [(each["node"], each["kind"], each["declaration"], each["line"]) for each in found["drift"]] == [
        ("thm:both", "statement-unmarked", "both", 10),
        ("thm:gone", "no-declaration", "gone", 12),
        ("thm:later", "open", "later", 14),
    ]
    assert {"from": "thm:truth", "to": "thm:both", "in": "proof", "origin": "lean"} in found["edges"]


def test_people_read_sentences(compared: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    lines = compared().stdout.splitlines()
    assert lines[0] == (
        "web.tex:10: missing: the proof of “thm:both” uses “thm:truth”, through pair; "
        "add it to the \\uses of the proof."
    )
    assert lines[-1] == "5 nodes compared: 1 missing, 1 unused, 3 drifted; Lean says nothing of 1 nodes."


def test_a_module_that_does_not_compile_is_named(compared: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    answer = compared("--json", Broken=BROKEN)
    assert answer.returncode == 1
    [failure] = json.loads(answer.stdout)["failures"]
    assert failure["module"] == "Broken"
    assert failure["reason"].startswith("line 6: ")


def test_wrong_input_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "web.tex").write_text(BOOK, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for arguments, words in (
        (("--compare", str(tmp_path / "absent")), "is no folder"),
        (("--compare", str(tmp_path / "empty"), *SANDBOX), "holds no Lean module"),
        (("--compare", str(tmp_path / "empty"), "--sandbox", "walls"), "no sandbox"),
    ):
        answer = blueprover("uses", str(tmp_path), *arguments, timeout=60)
        assert answer.returncode != 0
        assert words in " ".join(answer.stderr.split())
        assert "Traceback" not in answer.stderr


def test_the_graph_joins_what_lean_uses_and_changes_no_status(
    compared: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, certificates: str
) -> None:
    compared(Broken=BROKEN)
    alone = json.loads(blueprover("graph", str(tmp_path), "--json", timeout=60).stdout)
    lean = ("--lean", str(tmp_path / "lean"), "--certificates", certificates, *SANDBOX)
    answer = blueprover("graph", str(tmp_path), "--json", *lean, timeout=120)
    assert (answer.returncode, answer.stderr.partition(": line 6: ")[0]) == (1, "Broken does not compile")
    joined = json.loads(answer.stdout)
    new = [edge for edge in joined["edges"] if edge not in alone["edges"]]
    assert new == [{"from": "thm:truth", "to": "thm:both", "in": "proof", "origin": "lean"}]
    assert {edge["origin"] for edge in alone["edges"]} == {"author"}
    assert [node["status"] for node in joined["nodes"]] == [node["status"] for node in alone["nodes"]]
    assert [node["level"] for node in joined["nodes"]] == [0, 0, 1, 2, 0, 2]
