"""What can go wrong while an agent works.

The tree::

    AgentError
    ├── AssignmentInvalid      the JSON that should be an assignment or an outcome is none
    ├── ModelError             the model could not answer
    │   ├── MissingKey         no API key for a service that needs one
    │   ├── UnknownModel       a model without a price: its cost could not be limited
    │   ├── ModelRefused       the service will not answer this request, however often it is sent
    │   ├── ModelUnavailable   retries are used up
    │   └── WentSilent         it keeps answering without using a tool
    ├── ToolError              the model used a tool wrongly; told to the model, the attempt goes on
    │   └── PathRefused        a path leads out of the workspace, or may not be written
    ├── TemplateMissing        a prompt is not where the package keeps it
    └── RehearsalError         the rehearsal's script or answers cannot be used

How an attempt ends is told by another, separate tree (see `endings.py`): ending is no error.
"""

from __future__ import annotations


class AgentError(Exception):
    """Root of everything this package raises; the message is one sentence with place and remedy."""

    cause = "agent"
    """One stable word for records of failure."""


class AssignmentInvalid(AgentError):
    """The JSON that should be an assignment or an outcome is none."""

    cause = "assignment"


class ModelError(AgentError):
    """The model could not answer."""

    cause = "model"


class MissingKey(ModelError):
    """No API key for a service that needs one."""

    cause = "key"


class UnknownModel(ModelError):
    """A model without a price: its cost could not be limited."""

    cause = "price"


class ModelRefused(ModelError):
    """The service will not answer this request, however often it is sent."""

    cause = "refused"


class ModelUnavailable(ModelError):
    """The service did not answer, and the retries are used up."""

    cause = "unavailable"


class WentSilent(ModelError):
    """The model keeps answering without using a tool."""

    cause = "silent"


class ToolError(AgentError):
    """The model used a tool wrongly; the message goes back to the model and the attempt goes on."""

    cause = "tool"


class PathRefused(ToolError):
    """A path leads out of the workspace, or may not be written."""


class TemplateMissing(AgentError):
    """A prompt is not where the package keeps it."""

    cause = "prompt"


class RehearsalError(AgentError):
    """The rehearsal's script or answers cannot be used."""

    cause = "rehearsal"
