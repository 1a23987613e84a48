"""Opening a pull request on a forge, once: what is open already is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from coordinator.errors import ForgeRefused
from coordinator.forge.access import ask

if TYPE_CHECKING:
    from coordinator.forge.access import Access

_NOT_FOUND = 404
_EXISTS = {"github": 422, "gitea": 409}
"""How a forge says that a pull request from this branch is open already; GitHub says so of other things too."""

_LONGEST_URL = 500


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pull request to be opened.

    Attributes:
        branch: where its commits are, in the same repository.
        base: the branch that they are proposed for.
        title: plain words.
        body: Markdown.
    """

    branch: str
    base: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Page:
    """A pull request on a forge.

    Attributes:
        number: the forge's.
        url: where people read it.
        is_new: whether it was opened just now.
    """

    number: int
    url: str
    is_new: bool


def open_once(access: Access, proposal: Proposal) -> Page:
    """Opens a pull request, or finds the one that is open from the same branch to the same base.

    What stands on the page of one that is found is left alone: people may have changed it.

    Raises:
        ForgeAway: the forge does not answer, or asks to be left alone for a while.
        ForgeRefused: it does not allow that.
    """
    if (found := _find(access, proposal)) is not None:
        return found
    exists = _EXISTS[access.kind]
    told = {"title": proposal.title, "head": proposal.branch, "base": proposal.base, "body": proposal.body}
    answer = ask(access, "POST", "/pulls", body=told, expected=(exists,))
    if answer.status != exists:
        return _page(access, answer.data, is_new=True)
    if (found := _find(access, proposal)) is not None:  # somebody was faster
        return found
    words = f": {answer.complaint}" if answer.complaint else ""
    raise ForgeRefused(f"{access.name} refuses a pull request from {proposal.branch} to {proposal.base}{words}.")


def _find(access: Access, proposal: Proposal) -> Page | None:
    """The pull request that is open from this branch to this base."""
    if access.kind == "gitea":
        path = f"/pulls/{quote(proposal.base, safe='')}/{quote(proposal.branch)}"
        answer = ask(access, "GET", path, expected=(_NOT_FOUND,))
        return None if answer.status == _NOT_FOUND else _page(access, answer.data, is_new=False)
    query = {"state": "open", "head": f"{access.owner}:{proposal.branch}", "base": proposal.base}
    listed = ask(access, "GET", "/pulls", query=query).data
    return _page(access, listed[0], is_new=False) if isinstance(listed, list) and listed else None


def _page(access: Access, told: Any, *, is_new: bool) -> Page:
    """A pull request as a forge tells of it.

    Raises:
        ForgeRefused: that is none.
    """
    number = told.get("number") if isinstance(told, dict) else None
    url = told.get("html_url") if isinstance(told, dict) else None
    if not isinstance(number, int) or not isinstance(url, str) or not _is_page(url):
        raise ForgeRefused(f"{access.name} answers what is no pull request: is {access.url} (`forge.url`) its address?")
    return Page(number, url, is_new)


def _is_page(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"} and len(url) <= _LONGEST_URL and url.isprintable()
