# ruff: noqa: RUF001 - Greek letters are Lean
"""Reading Lean source: headers, names of modules, and tokens as Lean cuts them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker import HeaderError, Policy, imports_of, module_of, path_of
from checker.gate.syntax import FORBIDDEN_WORDS, syntax_reasons
from checker.source.lexer import Kind, LexicalError, tokens
from checker.source.tree import SourceTree

if TYPE_CHECKING:
    from pathlib import Path


def test_headers_are_read_through_comments() -> None:
    header = imports_of(
        b"/- a /- nested -/ comment -/ module -- yes\nprelude\n"
        b"public import A.B\nimport all C public meta import D\n"
        b"meta import \xc2\xabE-f\xc2\xbb.\xc2\xabG\xc2\xbb /-- doc -/ import NotThis\n"
    )
    assert header.is_module
    assert header.prelude
    assert [(i.module, i.public, i.all, i.meta, i.line) for i in header.imports] == [
        ("A.B", True, False, False, 3),
        ("C", False, True, False, 4),
        ("D", True, False, True, 4),
        ("«E-f».G", False, False, True, 5),
    ]


def test_without_prelude_init_is_imported() -> None:
    header = imports_of(b"import A\ntheorem x : True")
    assert [i.module for i in header.imports] == ["Init", "Init", "A"]
    assert [(i.public, i.meta) for i in header.imports[:2]] == [(True, False), (True, True)]
    assert [i.module for i in header.written] == ["A"]
    assert imports_of(b"import A\n").written[0].public, "without `module` every import is seen by importers"
    assert [i.module for i in imports_of(b"").imports] == ["Init", "Init"]


@pytest.mark.parametrize(
    "source", [b"import", b"prelude import ", b"import 5", "import «..».A".encode(), b"\xff", b"/- open"]
)
def test_headers_that_cannot_be_read(source: bytes) -> None:
    with pytest.raises(HeaderError):
        imports_of(source)


@pytest.mark.parametrize("word", ["modules", "module.x", "imports A", "preludes", "moduleé"])
def test_words_that_only_begin_like_keywords(word: str) -> None:
    header = imports_of(word.encode())
    assert not header.is_module or word == "moduleé"
    assert header.written == ()
    assert [i.module for i in header.imports] == ["Init", "Init"]


NAMES = st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_'-]{0,8}", fullmatch=True), min_size=1, max_size=4)


@given(NAMES)
def test_modules_and_paths_are_one_to_one(parts: list[str]) -> None:
    path = "/".join(parts) + ".lean"
    assert path_of(module_of(path)) == path


@pytest.mark.parametrize(
    "path", ["A.txt", "/A.lean", "A/../B.lean", "A/.lean", "1/B.lean", "A B.lean", "A/B.C.lean", ".lean"]
)
def test_paths_that_are_no_modules(path: str) -> None:
    with pytest.raises(HeaderError):
        module_of(path)


@pytest.mark.parametrize("module", ["../A", "A..B", "", "A/B", "«..».A"])
def test_names_that_are_no_paths(module: str) -> None:
    with pytest.raises(HeaderError):
        path_of(module)


def test_a_tree_orders_modules_and_finds_circles(tmp_path: Path) -> None:
    files = {
        "A.lean": "prelude\nimport B\nimport C",
        "B.lean": "prelude\nimport C",
        "C.lean": "prelude\nimport D",
        "D.lean": "prelude\n",
        "E.lean": "prelude\nimport F",
        "F.lean": "prelude\nimport E\nimport Gone",
        "lakefile.lean": "import Lake",
        ".hidden/H.lean": "prelude",
        "not a module.lean": "",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    tree = SourceTree(tmp_path)
    assert tree.names() == ["A", "B", "C", "D", "E", "F"]
    order = tree.order(tree.names())
    assert order.modules == ("D", "C", "B", "A")
    assert order.missing == {"Gone": "F"}
    assert order.cycles == dict.fromkeys("EF", "E imports F imports E")


def texts(source: str) -> list[str]:
    return [token.text for token in tokens(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.b c", ["a.b", "c"]),
        ("«a b».c", ["«a b».c"]),
        ("x -- y\nz", ["x", "z"]),
        ("x /- y /- z -/ -/ w", ["x", "w"]),
        ('"a\\"b" c', ['"a\\"b"', "c"]),
        ('r#"a"b"# c', ['r#"a"b"#', "c"]),
        ("'a' 'b'", ["'a'", "'b'"]),
        ("h' h''", ["h'", "h''"]),
        (r"'\n' '\x41' '\'' '\\'", [r"'\n'", r"'\x41'", r"'\''", r"'\\'"]),
        ('"-- no" -- yes', ['"-- no"']),
        ('"/- no" x', ['"/- no"', "x"]),
        ("/-- doc -/ x", ["/-- doc -/", "x"]),
        ("12axiom", ["12axiom"]),
        ("αaxiom", ["α", "axiom"]),
        ("λaxiom", ["λ", "axiom"]),
        ("f₁.x₂", ["f₁.x₂"]),
    ],
)
def test_tokens(source: str, expected: list[str]) -> None:
    assert texts(source) == expected


@pytest.mark.parametrize(
    "source", ["/- open", '"open', 'r"open', "«open", "' ", "x <-- y", "/--/ x -/", 's!"x"', "a//-b-/"]
)
def test_texts_that_are_refused_rather_than_guessed(source: str) -> None:
    with pytest.raises(LexicalError):
        tokens(source)


@given(st.text(alphabet="ab.«»\"'-/! \n\\#r1λ{}", max_size=40))
def test_tokens_cover_the_text_in_order(source: str) -> None:
    try:
        found = tokens(source)
    except LexicalError:
        return
    at = 0
    for token in found:
        assert source[token.start : token.start + len(token.text)] == token.text
        assert token.start >= at
        assert token.line == source.count("\n", 0, token.start) + 1
        at = token.start + len(token.text)


@given(
    st.sampled_from(sorted(FORBIDDEN_WORDS)),
    st.sampled_from(["{}", "\n{} x", "( {})", "α{}", "/- a -/ {}", "1{}", "x.1 {}", "@[simp] {}", "\t{}\r\n"]),
)
def test_forbidden_words_are_seen_wherever_they_are_code(word: str, around: str) -> None:
    assert syntax_reasons("X.lean", around.format(word), Policy())
    if around != "1{}":
        assert not syntax_reasons("X.lean", around.format(word), Policy(allowed=frozenset({word})))


@given(
    st.sampled_from(sorted(FORBIDDEN_WORDS)),
    st.sampled_from(["-- {}", "/- {} -/", '"{}"', "«{}»", "x.{}", "{}s", "a{}", "/-- {} -/ x"]),
)
def test_forbidden_words_are_free_where_they_are_none(word: str, around: str) -> None:
    text = around.format(word)
    if re.fullmatch(r"(\w+)", text) and text in FORBIDDEN_WORDS:
        return
    assert not syntax_reasons("X.lean", text, Policy())


def test_documentation_is_kept_as_such() -> None:
    assert [token.kind for token in tokens("/-! module -/ /-- doc -/")] == [Kind.DOCUMENT, Kind.DOCUMENT]
