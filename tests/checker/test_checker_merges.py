"""The corpus of merges: each outcome is as it should be, and what is merged says to Lean what each side said."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from checker import Build
from checker.build.environment import Environment
from checker.source.lexer import LexicalError
from checker.source.merge import merge_sources
from tests.checker.desk import PROJECT
from tests.checker.merge_cases import HEADER, Case, read_cases

if TYPE_CHECKING:
    from pathlib import Path

    from checker import Builder

CASES = read_cases()
MERGED = [case for case in CASES if case.merged is not None]

Digests = dict[str, tuple[str, str, str]]
"""By name: of the type, of the value or proof, and of the meaning."""


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_outcome_is_as_the_corpus_says(case: Case) -> None:
    if not case.readable:
        with pytest.raises(LexicalError):
            merge_sources(case.base, case.ours, case.theirs)
        return
    merge = merge_sources(case.base, case.ours, case.theirs)
    assert sorted(each.name or "*" for each in merge.conflicts) == sorted(case.conflicts)
    if case.merged is not None:
        assert merge.data == case.merged
    else:
        assert merge.data.count(b"\n<<<<<<< ours\n") + merge.data.startswith(b"<<<<<<<") >= 1


def test_the_corpus_is_large_and_has_what_lines_get_wrong() -> None:
    assert len(CASES) >= 60
    assert sum(case.lines == "wrong" for case in CASES) >= 20
    assert sum(case.lines == "conflict" and case.merged is not None for case in CASES) >= 20
    assert sum(case.union == "wrong" for case in CASES) >= 40


def test_what_the_corpus_says_of_lines_is_true(tmp_path: Path) -> None:
    for case in CASES:
        assert of_lines(case, tmp_path) == case.lines, case.name
        assert of_lines(case, tmp_path, "--union") == case.union, case.name


def of_lines(case: Case, folder: Path, *options: str) -> str:
    """What git's merge of lines makes of a case: right, wrong, or a conflict."""
    paths = [folder / name for name in ("ours", "base", "theirs")]
    for path, data in zip(paths, (case.ours, case.base, case.theirs), strict=True):
        path.write_bytes(data)
    ended = subprocess.run(["git", "merge-file", "-p", *options, *paths], capture_output=True, check=False)
    if ended.returncode:
        return "conflict"
    return "right" if ended.stdout == case.merged else "wrong"


def test_what_is_merged_compiles_and_says_what_each_side_said(builder: Builder) -> None:
    base, ours, theirs, merged = (compiled(builder, version) for version in ("base", "ours", "theirs", "merged"))
    assert len(merged) >= 100
    for name, digests in merged.items():
        mine, other = ours.get(name), theirs.get(name)
        assert digests in (mine, other), name
        if mine is not None and other is not None:
            assert digests == (other if mine == base.get(name) else mine), name
    assert set(merged) == (set(ours) | set(theirs)) - (set(base) - set(ours)) - (set(base) - set(theirs))


def compiled(builder: Builder, version: str) -> Digests:
    """What one version of each case declares.

    All cases with the common header are one module, each in a namespace of its own: a Lean process for each of four
    hundred files would take minutes.
    """
    texts = {case.name: getattr(case, version).decode().replace("\r\n", "\n") for case in MERGED}
    pieces = [
        f"namespace {case.name}\nopen Book\n{texts[case.name].removeprefix(HEADER)}\nend {case.name}\n"
        for case in MERGED
        if not case.own_header
    ]
    modules = {"Merges": HEADER + "\n".join(pieces)}
    modules |= {f"Merge_{case.name}": texts[case.name] or "prelude\n" for case in MERGED if case.own_header}
    build = builder.certify(PROJECT, list(modules), {module: text.encode() for module, text in modules.items()})
    assert build.ok, {module: each.errors for module, each in build.failures.items()}
    found: Digests = {}
    for module in modules:
        others = {each for each in modules if each != module}
        environment = Environment(Build({name: each for name, each in build.built.items() if name not in others}, ()))
        for name, declaration in build.certificates[module].declarations.items():
            # a sorry knows on which line it stands
            value = "open" if "sorryAx" in declaration.value_uses else declaration.value_digest
            found[f"{module}: {name}"] = declaration.type_digest, value, environment.meaning(name)
    return found
