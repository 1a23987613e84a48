"""``python -m coordinator`` is ``blueprover``."""

from coordinator.cli import main

if __name__ == "__main__":
    main()
