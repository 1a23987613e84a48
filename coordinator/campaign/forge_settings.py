"""The section of the settings about the forge on which people read pull requests."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from coordinator.campaign.section import Section

_GITHUB = "https://api.github.com"


class ForgeSettings(Section):
    """The forge on which people read pull requests."""

    kind: Literal["github", "gitea"] = "github"
    """Which API it speaks."""
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")] | None = None
    """``OWNER/NAME`` of the repository there; left out, the campaign has no forge."""
    url: Annotated[str, Field(pattern=r"^https?://[^@\s?#]+$")] = _GITHUB
    """Address of its API: ``https://HOST/api/v3`` for a GitHub of one's own, ``https://HOST`` for a Gitea."""
    remote: Annotated[str, Field(pattern=r"^[^-\s]")] | None = None
    """Address under which git pushes branches there, without a password; made from the others when left out."""
    base: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = "main"
    """The branch there for which pull requests are opened."""
    token_env: str = "BLUEPROVER_FORGE_TOKEN"  # noqa: S105 - the name of a variable
    """Name of the environment variable that holds the token. Tokens are never written to disk."""

    @property
    def git_address(self) -> str:
        """`remote`, or the address that the forge gives its repository."""
        if self.remote is not None:
            return self.remote
        host = "https://github.com" if self.url == _GITHUB else self.url.removesuffix("/api/v3")
        return f"{host.rstrip('/')}/{self.repository}.git"

    @field_validator("remote")
    @classmethod
    def _no_password(cls, remote: str | None) -> str | None:
        if remote is not None and "://" in remote and urlsplit(remote).password is not None:
            raise ValueError("it holds a password: name the variable that holds the token in `token_env`")
        return remote

    @model_validator(mode="after")
    def _own_address(self) -> ForgeSettings:
        if self.kind == "gitea" and self.url == _GITHUB:
            raise ValueError("`url` is to be the address of the Gitea")
        return self
