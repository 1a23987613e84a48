"""Opening a pull request on a forge, against recorded answers of GitHub and Gitea."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from coordinator.campaign.settings import Settings
from coordinator.errors import ForgeAway, ForgeRefused, GitError
from coordinator.forge import Access, ForgeKind, Page, Proposal, open_once
from coordinator.git import Exchange, Repository
from tests.support.recorded_forge import (
    GITEA_BAD_TOKEN,
    GITEA_EXISTS,
    GITEA_LIMITED,
    GITEA_NONE,
    GITHUB_BAD_TOKEN,
    GITHUB_EXISTS,
    GITHUB_FORBIDDEN,
    GITHUB_LIMITED,
    GITHUB_MOVED,
    GITHUB_NO_BASE,
    GITHUB_NOT_FOUND,
    GITHUB_SPENT,
    RecordedForge,
    Said,
    gitea_page,
    github_page,
)

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = "blueprover/1-a"
PROPOSAL = Proposal(BRANCH, "main", "State a", "Words.")


def access(kind: ForgeKind, url: str, patience: float = 20.0) -> Access:
    return Access(kind, url, "people/book", "secret-token", "THE_TOKEN", patience)


def test_github_is_asked_whether_it_is_open_and_then_to_open_it() -> None:
    with RecordedForge(Said(200, []), Said(201, github_page(12, BRANCH))) as forge:
        page = open_once(access("github", forge.url), PROPOSAL)
    assert page == Page(12, "https://github.com/people/book/pull/12", is_new=True)
    looked, opened = forge.asked
    assert looked.path == "/repos/people/book/pulls?state=open&head=people%3Ablueprover%2F1-a&base=main"
    assert (opened.method, opened.path) == ("POST", "/repos/people/book/pulls")
    assert opened.body == {"title": "State a", "head": BRANCH, "base": "main", "body": "Words."}
    assert opened.headers["authorization"] == "Bearer secret-token"
    assert opened.headers["accept"] == "application/vnd.github+json"


def test_gitea_is_asked_by_its_own_paths() -> None:
    with RecordedForge(GITEA_NONE, Said(201, gitea_page(12, BRANCH))) as forge:
        page = open_once(access("gitea", f"{forge.url}/"), PROPOSAL)
    assert page == Page(12, "https://git.example.org/people/book/pulls/12", is_new=True)
    assert [each.path for each in forge.asked] == [
        "/api/v1/repos/people/book/pulls/main/blueprover/1-a",
        "/api/v1/repos/people/book/pulls",
    ]
    assert forge.asked[1].headers["authorization"] == "token secret-token"


@pytest.mark.parametrize(("kind", "found"), [("github", [github_page(12, BRANCH)]), ("gitea", gitea_page(12, BRANCH))])
def test_what_is_open_already_is_found_and_left_alone(kind: ForgeKind, found: object) -> None:
    with RecordedForge(Said(200, found)) as forge:
        page = open_once(access(kind, forge.url), PROPOSAL)
    assert (page.number, page.is_new) == (12, False)
    assert [each.method for each in forge.asked] == ["GET"]


@pytest.mark.parametrize(
    ("kind", "recording"),
    [
        ("github", (Said(200, []), GITHUB_EXISTS, Said(200, [github_page(12, BRANCH)]))),
        ("gitea", (GITEA_NONE, GITEA_EXISTS, Said(200, gitea_page(12, BRANCH)))),
    ],
)
def test_where_somebody_was_faster_theirs_is_found(kind: ForgeKind, recording: tuple[Said, ...]) -> None:
    with RecordedForge(*recording) as forge:
        assert open_once(access(kind, forge.url), PROPOSAL).number == 12


@pytest.mark.parametrize(
    ("kind", "answer", "error", "words"),
    [
        ("github", GITHUB_BAD_TOKEN, ForgeRefused, r"does not take the token in THE_TOKEN \(Bad credentials\)"),
        ("gitea", GITEA_BAD_TOKEN, ForgeRefused, "does not take the token in THE_TOKEN"),
        ("github", GITHUB_FORBIDDEN, ForgeRefused, "does not allow this with the token in THE_TOKEN"),
        ("github", GITHUB_NOT_FOUND, ForgeRefused, "look at `forge.repository` and `forge.url`"),
        ("github", GITHUB_MOVED, ForgeRefused, "has moved"),
        ("github", GITHUB_LIMITED, ForgeAway, r"too many requests .*; try again in 60 s\."),
        ("github", GITHUB_SPENT, ForgeAway, r"try again in 0 s\."),
        ("gitea", GITEA_LIMITED, ForgeAway, r"try again in 17 s\."),
        ("gitea", Said(429, {}), ForgeAway, r"try again later\."),
        ("github", Said(502, text="<html>Bad Gateway</html>"), ForgeAway, r"trouble of its own \(502\)"),
        ("github", Said(200, text="<html>Sign in</html>"), ForgeRefused, "answers what is no JSON"),
        ("github", Said(200, text="[" * 100_000), ForgeRefused, "answers what is no JSON"),
        ("gitea", Said(200, {"number": "12"}), ForgeRefused, "answers what is no pull request"),
        ("gitea", Said(200, {"number": 1, "html_url": "javascript:x"}), ForgeRefused, "what is no pull request"),
        ("github", Said(418, {"message": "a\x1b[31m\nb" + "c" * 999}), ForgeRefused, r"\(418\) \(a \[31m bc+…\)\.$"),
    ],
)
def test_each_refusal_is_one_sentence(kind: ForgeKind, answer: Said, error: type[Exception], words: str) -> None:
    with RecordedForge(answer) as forge, pytest.raises(error, match=words) as raised:
        open_once(access(kind, forge.url), PROPOSAL)
    told = str(raised.value)
    assert told.startswith(("GitHub (people/book)", "Gitea (people/book)"))
    assert "\n" not in told
    assert "secret-token" not in told


def test_a_base_that_the_forge_does_not_have_is_said() -> None:
    recording = (Said(200, []), GITHUB_NO_BASE, Said(200, []))
    with RecordedForge(*recording) as forge, pytest.raises(ForgeRefused, match=r"to main: Validation Failed; invalid"):
        open_once(access("github", forge.url), PROPOSAL)


def test_a_forge_that_does_not_answer_is_given_up() -> None:
    with RecordedForge(Said(0)) as forge, pytest.raises(ForgeAway, match=r"no answer within 0\.2 s"):
        open_once(access("github", forge.url, patience=0.2), PROPOSAL)


def test_a_forge_that_is_not_there_is_said() -> None:
    with RecordedForge() as forge:
        gone = forge.url
    with pytest.raises(ForgeAway, match="cannot be reached at"):
        open_once(access("gitea", gone), PROPOSAL)


def test_exit_codes_tell_what_may_work_later_from_what_will_not() -> None:
    assert (ForgeAway.exit_code, ForgeRefused.exit_code) == (6, 8)


def test_the_token_is_in_no_record_that_could_be_printed() -> None:
    assert "secret-token" not in repr(replace(access("github", "http://127.0.0.1:1"), patience=1.0))


def test_git_shows_the_token_to_the_forges_host_and_writes_it_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")  # a person's own, which git must not be told
    repository = Repository.create(tmp_path / "hub.git")
    with RecordedForge(Said(404, {})) as forge, pytest.raises(GitError) as raised:
        Exchange(repository.path, f"{forge.url}/people/book.git", "secret-token").tip(BRANCH)
    assert forge.asked[0].path == "/people/book.git/info/refs?service=git-upload-pack"
    told = base64.b64decode(forge.asked[0].headers["authorization"].removeprefix("Basic ")).decode()
    assert told == "x-access-token:secret-token"
    assert "secret-token" not in str(raised.value)
    held = [file.read_bytes() for file in repository.path.rglob("*") if file.is_file()]
    assert not any(b"secret-token" in each or b"xtaHRva" in each for each in held)
    assert "secret-token" not in "".join(os.environ.values())


@pytest.mark.parametrize(
    ("forge", "address"),
    [
        ({"repository": "people/book"}, "https://github.com/people/book.git"),
        ({"repository": "people/book", "url": "https://ghe.org/api/v3"}, "https://ghe.org/people/book.git"),
        ({"repository": "p/b", "kind": "gitea", "url": "http://h:3000/git/"}, "http://h:3000/git/p/b.git"),
        ({"repository": "p/b", "remote": "git@github.com:p/b.git"}, "git@github.com:p/b.git"),
    ],
)
def test_git_finds_the_forges_repository(forge: dict[str, str], address: str) -> None:
    assert Settings.model_validate({"forge": forge}).forge.git_address == address


@pytest.mark.parametrize(
    "forge",
    [
        {"kind": "gitea", "repository": "p/b"},
        {"repository": "no-owner"},
        {"repository": "p/b", "remote": "https://me:secret@host/p/b.git"},
        {"repository": "p/b", "remote": "--upload-pack=x"},
        {"repository": "p/b", "url": "ftp://host"},
        {"repository": "p/b", "url": "https://me:secret@host"},
    ],
)
def test_settings_that_name_no_usable_forge_are_refused(forge: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"forge": forge})
