"""A forge of recorded answers: an HTTP server that says what GitHub and Gitea say, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Said:
    """One recorded answer. One with status 0 never comes."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True)
class Asked:
    """What was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class RecordedForge:
    """Answers requests in the order of the recording; what comes after that is answered with 500.

    Attributes:
        url: where it listens.
        asked: what it was asked so far.
    """

    def __init__(self, *recording: Said) -> None:
        self._left: Iterator[Said] = iter(recording)
        self.asked: list[Asked] = []
        self.over = threading.Event()
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                forge.answer(self)

            def do_POST(self) -> None:
                forge.answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answers one request."""
        sent = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        body = json.loads(sent) if sent else None
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.command, request.path, headers, body))
        said = next(self._left, Said(500, {"message": "The recording is over."}))
        if said.status == 0:
            self.over.wait()
            return
        words = (json.dumps(said.body) if said.text is None else said.text).encode()
        request.send_response(said.status)
        for name, value in {"Content-Type": "application/json", **said.headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(words)))
        request.end_headers()
        request.wfile.write(words)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def github_page(number: int, branch: str, base: str = "main", state: str = "open") -> dict[str, Any]:
    """What GitHub says of a pull request, as far as anybody here looks."""
    return {
        "url": f"https://api.github.com/repos/people/book/pulls/{number}",
        "id": 1_900_000_000 + number,
        "node_id": f"PR_kwDOAAAA{number}",
        "html_url": f"https://github.com/people/book/pull/{number}",
        "number": number,
        "state": state,
        "locked": False,
        "title": "State a",
        "user": {"login": "people-bot", "id": 7, "type": "User"},
        "body": "…",
        "draft": False,
        "merged_at": None,
        "head": {"label": f"people:{branch}", "ref": branch, "sha": "0" * 40},
        "base": {"label": f"people:{base}", "ref": base, "sha": "1" * 40},
    }


def gitea_page(number: int, branch: str, base: str = "main", state: str = "open") -> dict[str, Any]:
    """What Gitea says of a pull request, as far as anybody here looks."""
    return {
        "id": 40 + number,
        "url": f"https://git.example.org/people/book/pulls/{number}",
        "number": number,
        "user": {"id": 3, "login": "people-bot"},
        "title": "State a",
        "body": "…",
        "labels": [],
        "state": state,
        "is_locked": False,
        "html_url": f"https://git.example.org/people/book/pulls/{number}",
        "mergeable": True,
        "merged": False,
        "head": {"label": branch, "ref": branch, "sha": "0" * 40, "repo_id": 5},
        "base": {"label": base, "ref": base, "sha": "1" * 40, "repo_id": 5},
    }


GITHUB_EXISTS = Said(
    422,
    {
        "message": "Validation Failed",
        "errors": [
            {
                "resource": "PullRequest",
                "code": "custom",
                "message": "A pull request already exists for people:blueprover/1-a.",
            }
        ],
        "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
        "status": "422",
    },
)
GITHUB_NO_BASE = Said(
    422,
    {
        "message": "Validation Failed",
        "errors": [{"resource": "PullRequest", "field": "base", "code": "invalid"}],
        "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
        "status": "422",
    },
)
GITHUB_BAD_TOKEN = Said(
    401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"}
)
GITHUB_NOT_FOUND = Said(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})
GITHUB_FORBIDDEN = Said(
    403,
    {
        "message": "Resource not accessible by personal access token",
        "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
        "status": "403",
    },
    {"x-ratelimit-remaining": "4999"},
)
GITHUB_LIMITED = Said(
    403,
    {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
    {"Retry-After": "60"},
)
GITHUB_SPENT = Said(
    403,
    {"message": "API rate limit exceeded for user ID 7."},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"},
)
GITHUB_MOVED = Said(
    301,
    {"message": "Moved Permanently", "url": "https://api.github.com/repositories/1/pulls"},
    {"Location": "https://api.github.com/repositories/1/pulls"},
)
GITEA_NONE = Said(
    404, {"errors": [], "message": "The target couldn't be found.", "url": "https://git.example.org/api/swagger"}
)
GITEA_EXISTS = Said(
    409,
    {
        "message": "pull request already exists for these targets [id: 41, issue_id: 52, head_repo_id: 5, "
        "base_repo_id: 5, head_branch: blueprover/1-a, base_branch: main]",
        "url": "https://git.example.org/api/swagger",
    },
)
GITEA_BAD_TOKEN = Said(401, {"message": "invalid username, password or token", "url": "https://git.example.org"})
GITEA_LIMITED = Said(429, {"message": "too many requests"}, {"Retry-After": "17"})
