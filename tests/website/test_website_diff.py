"""Unified diffs are read as git prints them, and anything else is shown as it is."""

from __future__ import annotations

import difflib

from hypothesis import given, settings
from hypothesis import strategies as st

from website.diff_view import files_of

CHANGED = """\
diff --git a/Book/A.lean b/Book/A.lean
index 1111111..2222222 100644
--- a/Book/A.lean
+++ b/Book/A.lean
@@ -1,3 +1,3 @@ theorem a
 module
--- a comment that looks like a head
+++ an addition that looks like a head
 end
\\ No newline at end of file
diff --git a/Book/B b.lean b/Book/B b.lean
new file mode 100644
--- /dev/null
+++ b/Book/B b.lean
@@ -0,0 +1 @@
+module
diff --git a/C.lean b/C.lean
deleted file mode 100644
--- a/C.lean
+++ /dev/null
@@ -1 +0,0 @@
-module
diff --git a/D.lean b/E.lean
similarity index 100%
rename from D.lean
rename to E.lean
diff --git a/F.olean b/F.olean
Binary files a/F.olean and b/F.olean differ
"""


def test_files_changes_and_counts() -> None:
    found = [(file.path, file.change, file.added, file.removed) for file in files_of(CHANGED)]
    assert found == [
        ("Book/A.lean", "changed", 1, 1),
        ("Book/B b.lean", "added", 1, 0),
        ("C.lean", "deleted", 0, 1),
        ("D.lean → E.lean", "renamed", 0, 0),
        ("F.olean", "changed", 0, 0),
    ]


def test_lines_are_numbered_on_both_sides() -> None:
    rows = files_of(CHANGED)[0].rows
    assert [(row.kind, row.before, row.after) for row in rows] == [
        ("hunk", None, None),
        ("context", 1, 1),
        ("removed", 2, None),
        ("added", None, 2),
        ("context", 3, 3),
    ]
    assert rows[2].text == "-- a comment that looks like a head"


def test_a_diff_without_git_heads_is_read_too() -> None:
    diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n"
    assert [(file.path, file.added) for file in files_of(diff)] == [("x", 1), ("y", 1)]


def test_text_that_is_no_diff_becomes_notes() -> None:
    (file,) = files_of("the branch is gone\n")
    assert [(row.kind, row.text) for row in file.rows] == [("note", "the branch is gone")]


def test_lean_is_coloured_across_lines() -> None:
    diff = "diff --git a/A.lean b/A.lean\n@@ -1,2 +1,2 @@\n /- one\n-two -/\n+2 -/\n"
    rows = files_of(diff)[0].rows
    assert rows[2].html == '<span class="lean-comment">two -/</span>'
    assert rows[3].html == '<span class="lean-comment">2 -/</span>'


LINES = st.lists(st.text(alphabet=st.sampled_from("ab-+@ \\"), max_size=6), max_size=12)


@given(LINES, LINES)
@settings(deadline=None)
def test_every_real_diff_is_read_completely(before: list[str], after: list[str]) -> None:
    diff = "\n".join(difflib.unified_diff(before, after, "a/x.lean", "b/x.lean", lineterm=""))
    rows = [row for file in files_of(diff) for row in file.rows]
    matcher = difflib.ndiff(before, after)
    changes = [line[2:] for line in matcher if line[:2] == "+ "]
    assert len([row for row in rows if row.kind == "added"]) >= len(after) - len(before)
    assert all(after[row.after - 1] == row.text for row in rows if row.after is not None)
    assert all(before[row.before - 1] == row.text for row in rows if row.before is not None)
    assert bool(rows) == (before != after)
    assert changes is not None


@given(st.text(max_size=200))
@settings(deadline=None)
def test_anything_is_read_and_shows_only_what_the_text_says(text: str) -> None:
    rows = [row for file in files_of(text) for row in file.rows]
    assert all(row.text in text for row in rows if row.kind != "hunk")
    if not any(mark in text for mark in ("diff --git ", "--- ", "+++ ", "@@ ", "index ", "\\ ")):
        assert [row.text for row in rows] == [line for line in text.split("\n") if line]
