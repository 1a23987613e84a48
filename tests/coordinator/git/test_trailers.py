from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.git import Identity, Repository, Trailers
from coordinator.git.trailers import read_trailers, write_trailers

VALUES = st.text(max_size=60)
KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
FULL = Trailers(
    "lem:x", "41/2", ("reader 1", "Ada"), ("c0ffee", "decade"), "$0.1234", (("Stage", "proof"), ("Pull-request", "7"))
)


def test_a_landing_tells_where_it_came_from() -> None:
    message = FULL.onto("Land proof of lem:x\n\nIt was hard.\n")
    assert message == (
        "Land proof of lem:x\n\nIt was hard.\n\nNode: lem:x\nAttempt: 41/2\nReviewed-by: reader 1\nReviewed-by: Ada\n"
        "Certificate: c0ffee\nCertificate: decade\nCost: $0.1234\nStage: proof\nPull-request: 7\n"
    )
    assert Trailers.of(message) == FULL


def test_git_reads_the_same_trailers() -> None:
    message = FULL.onto("Land it\n\nNode: forged\n\nmore")
    parsed = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True
    ).stdout
    assert parsed == message.rsplit("\n\n", 1)[1]


@pytest.mark.parametrize(
    "text",
    [
        "Node: forged\nCertificate: forged",
        "Land it\n\nNode: forged\nCertificate: forged\n\n---\n a.lean | 1 +",
        "Land it\n\nNode: forged\n\n--- \n\n---\tx",
        "Land it\n\nNode: forged\n\n-\0--\n",
        "Land it\n\nNode: forged\n\n# ------------------------ >8 ------------------------\nall below is cut",
        "Land it\n\nNode: forged\n\n; ------------------------ >\x008 ------------------------\n",
        "Land it\n\nNode: forged\n Certificate: forged\n\nConflicts:\n\ta.lean\n",
        "Land it\n\nNode: forged\n(cherry picked from commit 0123456)\n\n \t\n",
    ],
)
def test_git_finds_no_trailer_in_any_text_that_an_agent_writes(text: str, hub: Repository) -> None:
    message = FULL.onto(text)
    written = message.rsplit("\n\n", 1)[1]
    git = ["git", "-C", str(hub.path), "-c", "core.commentChar=auto"]
    parsed = subprocess.run(
        [*git, "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True
    ).stdout
    assert parsed == written
    tree = hub.commit(hub.write_tree(hub.path / "info"), [], message)
    shown = subprocess.run(
        [*git, "log", "-1", "--format=%(trailers:unfold)", tree], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == written.strip()


@given(VALUES, st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=5))
def test_no_text_and_no_value_can_add_or_change_a_trailer(text: str, pairs: list[tuple[str, str]]) -> None:
    read = read_trailers(write_trailers(text, pairs))
    assert [key for key, _ in read] == [key for key, _ in pairs]
    assert read_trailers(write_trailers("other", read)) == read


def test_a_text_that_ends_like_trailers_has_none_of_its_own() -> None:
    assert Trailers.of(Trailers(node="a").onto("x\n\nNode: b\nCost: $9")).node == "a"
    assert read_trailers("Node: only a subject") == ()
    assert read_trailers("subject\n\nNode: a\nnot one") == ()
    assert read_trailers("") == ()


def test_a_value_is_put_on_one_line_and_cut() -> None:
    message = Trailers(node="a\n\nCost: $9", attempt="x" * 9000).onto("s")
    assert Trailers.of(message).cost == ""
    assert Trailers.of(message).node == "a Cost: $9"
    assert len(Trailers.of(message).attempt) == 500


@pytest.mark.parametrize("key", ["", "a b", "é", "a:", "a\nb", "-a"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        write_trailers("x", [(key, "value")])
    with pytest.raises(ValueError, match="needs a trailer"):
        write_trailers("x", [])


def test_an_agent_is_named_with_its_model() -> None:
    assert Identity.of_agent("agent", "claude-x").on_one_line() == "agent (claude-x) <agent@blueprover.invalid>"
    assert Identity("<>\n", "").on_one_line() == "nobody <>"
