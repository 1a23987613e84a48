"""What can go wrong when a site is built.

WebsiteError
├── SnapshotIncomplete   the snapshot speaks of a node, and does not say where it stands
└── FolderUnusable       the site's folder cannot be read or written
"""

from __future__ import annotations


class WebsiteError(Exception):
    """A site could not be built; the message is one sentence with place and remedy."""


class SnapshotIncomplete(WebsiteError):
    """The snapshot lacks something every snapshot carries, such as the progress of a node."""


class FolderUnusable(WebsiteError):
    """The folder the site goes to cannot be made, read or written."""
