"""Forges: the web services on which people read pull requests. This package speaks their APIs and nothing else."""

from coordinator.forge.access import Access, ForgeKind
from coordinator.forge.opening import Page, Proposal, open_once

__all__ = ["Access", "ForgeKind", "Page", "Proposal", "open_once"]
