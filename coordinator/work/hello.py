"""Hello: what a worker and a campaign tell one another before they work together, and what keeps them from it.

Both speak through the broker. Orders and reports are JSON of one shape; a worker of another version would misread them,
and one without a sandbox would run agents' code unprotected where the campaign promises protection.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from typing import Literal

from coordinator.errors import OtherVersion
from coordinator.work.reports import message_schemas

Sandboxing = Literal["bubblewrap", "none"]


@dataclass(frozen=True, slots=True)
class Hello:
    """How one side introduces itself.

    Attributes:
        version: of Blueprover.
        wire: digest of the shapes of all orders and reports, which tells two states of a development version apart.
        sandbox: a worker: what it runs Lean in. A campaign: what it asks for.
    """

    version: str
    wire: str
    sandbox: Sandboxing

    def to_text(self) -> str:
        """As the broker holds it."""
        return json.dumps(asdict(self), sort_keys=True)


def hello(sandbox: Sandboxing) -> Hello:
    """How this process introduces itself."""
    return Hello(version("blueprover"), wire_digest(), sandbox)


@cache
def wire_digest() -> str:
    """Digest of the shapes of all orders and reports."""
    return hashlib.sha256(json.dumps(message_schemas(), sort_keys=True).encode()).hexdigest()[:16]


def read_hello(text: str) -> Hello:
    """A hello as the broker holds it; one that cannot be read is that of an unknown version."""
    try:
        found = json.loads(text)
        return Hello(str(found["version"]), str(found["wire"]), found["sandbox"])
    except (ValueError, KeyError, TypeError):
        return Hello("an unknown version", "", "none")


def check_hello(worker: Hello, campaign: Hello, name: str) -> None:
    """Lets a worker serve a campaign.

    Args:
        worker: how the worker introduces itself.
        campaign: how the campaign does.
        name: the campaign's key.

    Raises:
        OtherVersion: they cannot work together.
    """
    if worker.version != campaign.version:
        raise OtherVersion(
            f"This worker is Blueprover {worker.version}, and campaign {name} is run by {campaign.version}; "
            "install the same version on every host."
        )
    if worker.wire != campaign.wire:
        raise OtherVersion(
            f"This worker and the coordinator of campaign {name} are two different states of Blueprover "
            f"{worker.version}; install the same one on every host."
        )
    if campaign.sandbox == "bubblewrap" and worker.sandbox == "none":
        raise OtherVersion(
            f"Campaign {name} asks for a sandbox (`workers.sandbox: bubblewrap`), and this worker was started with "
            "`--sandbox none`; leave that option out."
        )
