"""What is needed to speak with a forge, and how it is asked: one request, one answer, one sentence where it refuses."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import httpx2

from coordinator.errors import ForgeAway, ForgeRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

ForgeKind = Literal["github", "gitea"]

_NAMES: dict[ForgeKind, str] = {"github": "GitHub", "gitea": "Gitea"}
_PATHS: dict[ForgeKind, str] = {"github": "", "gitea": "/api/v1"}
_HEADERS: dict[ForgeKind, dict[str, str]] = {
    "github": {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    "gitea": {"Accept": "application/json"},
}
_SCHEMES: dict[ForgeKind, str] = {"github": "Bearer", "gitea": "token"}

_PATIENCE = 30.0
_LARGEST = 4 << 20
_WORDS = 200
_NO_CONTENT = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Access:
    """A repository on a forge, and the right to use it.

    Attributes:
        kind: which API it has.
        url: where that is, without ``/api/v1``.
        repository: ``OWNER/NAME``.
        token: shown to the forge and to nobody else.
        token_env: the variable it came from, for people.
        patience: seconds to wait for an answer.
    """

    kind: ForgeKind
    url: str
    repository: str
    token: str = field(repr=False)
    token_env: str = ""
    patience: float = _PATIENCE

    @property
    def owner(self) -> str:
        """Whose repository it is."""
        return self.repository.partition("/")[0]

    @property
    def name(self) -> str:
        """The forge and the repository, for people."""
        return f"{_NAMES[self.kind]} ({self.repository})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a forge said.

    Attributes:
        status: HTTP's.
        data: the body, where that was JSON; ``None`` otherwise.
    """

    status: int
    data: Any

    @property
    def complaint(self) -> str:
        """What it says is wrong, on one line and not at length."""
        if not isinstance(self.data, dict):
            return ""
        details = self.data.get("errors")
        parts = [self.data.get("message"), *(_detail(each) for each in (details if isinstance(details, list) else []))]
        return _on_one_line("; ".join(str(part) for part in parts if part))


def ask(
    access: Access,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    expected: tuple[int, ...] = (),
) -> Answer:
    """Asks a forge something about its repository, once.

    Args:
        access: the forge.
        method: HTTP's.
        path: below the repository's own.
        query: what is asked for.
        body: what is told.
        expected: refusals that the caller understands; others are errors.

    Raises:
        ForgeAway: it does not answer, or asks to be left alone for a while.
        ForgeRefused: it does not allow that, or is none.
    """
    url = f"{access.url.rstrip('/')}{_PATHS[access.kind]}/repos/{access.repository}{path}"
    headers = {
        **_HEADERS[access.kind],
        "Authorization": f"{_SCHEMES[access.kind]} {access.token}",
        "User-Agent": "blueprover",
    }
    try:
        with (
            httpx2.Client(headers=headers, timeout=access.patience) as client,
            client.stream(method, url, params=query, json=body) as response,
        ):
            answer = Answer(response.status_code, _read(response))
            told = response.headers
    except httpx2.TimeoutException as error:
        raise ForgeAway(f"{access.name} gave no answer within {access.patience:g} s; try again later.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ForgeAway(
            f"{access.name} cannot be reached at {access.url}: {_on_one_line(str(error)) or type(error).__name__}; "
            f"look at `forge.url`, or try again later."
        ) from error
    if answer.status not in expected:
        _require_success(access, answer, told)
    return answer


def _require_success(access: Access, answer: Answer, headers: Mapping[str, str]) -> None:
    """Raises what an answer means, unless it is the one that was hoped for."""
    status, words = answer.status, f" ({answer.complaint})" if answer.complaint else ""
    if status in {200, 201}:
        if answer.data is None:
            raise ForgeRefused(f"{access.name} answers what is no JSON: is {access.url} (`forge.url`) its address?")
        return
    wait = _asked_to_wait(status, headers)
    if wait is not None:
        raise ForgeAway(f"{access.name} has had too many requests{words}; try again {wait}.")
    if status >= 500:  # noqa: PLR2004
        raise ForgeAway(f"{access.name} has trouble of its own ({status}); try again later.")
    if status == 401:  # noqa: PLR2004
        raise ForgeRefused(f"{access.name} does not take the token in {access.token_env}{words}; make a new one.")
    if status == 403:  # noqa: PLR2004
        raise ForgeRefused(
            f"{access.name} does not allow this with the token in {access.token_env}{words}; give it the right to "
            f"write pull requests."
        )
    if status == 404:  # noqa: PLR2004
        raise ForgeRefused(
            f"{access.name} is not at {access.url}, or the token in {access.token_env} may not see it; look at "
            f"`forge.repository` and `forge.url`."
        )
    if status in _NO_CONTENT:
        raise ForgeRefused(f"{access.name} has moved; put its new name into `forge.repository` or `forge.url`.")
    raise ForgeRefused(f"{access.name} refuses this ({status}){words}.")


def _asked_to_wait(status: int, headers: Mapping[str, str]) -> str | None:
    """When to come again, where a forge has had too many requests; ``None`` where that is not what it said."""
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    limited = status == 429 or (  # noqa: PLR2004
        status == 403 and (bool(after) or headers.get("x-ratelimit-remaining") == "0")  # noqa: PLR2004
    )
    if not limited:
        return None
    if after.isdecimal():
        return f"in {int(after[:9])} s"
    if reset.isdecimal():
        return f"in {max(0, int(reset[:12]) - int(time.time()))} s"
    return "later"


def _read(response: httpx2.Response) -> Any:
    """The body as JSON, or ``None``: an answer of any size and kind may come."""
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > _LARGEST:
            return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _detail(each: object) -> object:
    return each.get("message") or each.get("code") if isinstance(each, dict) else each


def _on_one_line(text: str) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _WORDS]).split())
    return words if len(words) <= _WORDS else f"{words[: _WORDS - 1]}…"
