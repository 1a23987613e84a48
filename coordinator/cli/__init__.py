"""The command line: ``blueprover``."""

from coordinator.cli.app import app, main

__all__ = ["app", "main"]
